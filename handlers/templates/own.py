"""Templates of one's own: brought as a file or pasted, shared, exported, withdrawn, approved."""

import re
from collections.abc import Iterator
from typing import Final

from bot.cutting import cut
from bot.errors import BadInput, TemplateRefused
from bot.frozen import frozen
from bot.installing import Offer
from bot.mrkdwn import escape
from bot.template import TemplateId, Version
from bot.template_starter import EDITORS_LINE, STARTER
from handlers import blocks
from handlers.ask import Ack, Ask, Block, Kind, Modal, Route, View
from handlers.dialogs import names as dialog_names
from handlers.dialogs.fields import files_in
from handlers.dialogs.paragraphs import paragraphs
from handlers.templates import names, views
from handlers.templates.explore import page
from handlers.templates.parts import TemplateParts, shown

SOURCE: Final = "source"
FILE: Final = "file"
LONGEST: Final = 3_000
MOST_PROBLEMS: Final = 30
LONGEST_LINE: Final = 300
READS_FILES: Final = "files:read"
_SHOWN_AT_ONCE: Final = 2_800
_EDITORS: Final = re.compile(r"\A# yaml-language-server:.*\n")
"""What says where the schema is: another place than where it will be kept."""
_QUOTED: Final = re.compile(r"`([^`]*)`")


@frozen
class Own:
    """Bringing templates, and deciding about those that were brought."""

    parts: TemplateParts

    def routes(self) -> tuple[Route, ...]:
        """Claim this feature's names."""
        return (
            Route(Kind.PRESS, names.BRING, self.bring),
            Route(Kind.SUBMISSION, names.BRING_FORM, self.take, submitted=_pasted),
            Route(Kind.PRESS, names.EXAMPLE, self.show_example),
            Route(Kind.PRESS, names.UPLOAD, self.upload),
            Route(Kind.SUBMISSION, names.UPLOAD_FORM, self.take_file, submitted=_uploaded),
            Route(Kind.PRESS, names.SHARE, self.share),
            Route(Kind.PRESS, names.UNSHARE, self.unshare),
            Route(Kind.PRESS, names.APPROVE, self.approve),
            Route(Kind.PRESS, names.WITHDRAW, self.withdraw),
            Route(Kind.PRESS, names.EXPORT, self.export),
        )

    async def bring(self, ask: Ask) -> Modal:
        """Show the form for pasting, with the way to the one for a file."""
        return shown(ask, _paste_form(takes_files=await self._reads_files(ask)))

    async def show_example(self, ask: Ask) -> Modal:
        """Show the same form with a template of ten lines in it, to begin with."""
        example = STARTER.removeprefix(EDITORS_LINE)
        return shown(ask, _paste_form(example, takes_files=await self._reads_files(ask)))

    async def _reads_files(self, ask: Ask) -> bool:
        installation = await self.parts.tenants.get(ask.principal.tenant)
        return installation is not None and READS_FILES in installation.scopes

    async def upload(self, ask: Ask) -> Modal:
        """Show the form for a file."""
        return shown(ask, _upload_form())

    async def take(self, ask: Ask) -> Modal:
        """Keep what was pasted, if it would work."""
        return await self._taken(ask, ask.typed(SOURCE), "")

    async def take_file(self, ask: Ask) -> Modal:
        """Keep the file, if it would work."""
        given = files_in(ask.element(FILE).get("files"), ask.principal.user_id)
        file = next(iter(given), None)
        if file is None:
            raise BadInput("There was no file in the form. Give it once more.")
        found = await self.parts.files.fetch(ask.principal.tenant, file.id)
        return await self._taken(ask, found.content, found.name)

    async def _taken(self, ask: Ask, source: str | bytes, name: str) -> Modal:
        try:
            offer = await self.parts.offers.bring(ask.principal, source, name)
        except TemplateRefused as refused:
            return shown(ask, _problems(refused, source))
        template, version = TemplateId(offer.template.id), Version(offer.template.version)
        kept = await self.parts.offers.get(ask.principal, template, version)
        return shown(ask, _kept(kept.seen_by(ask.principal.user_id)))

    async def share(self, ask: Ask) -> Modal:
        """Let everybody in the workspace find it."""
        return await self._shared(ask, is_shared=True)

    async def unshare(self, ask: Ask) -> Modal:
        """Let nobody else find it any more."""
        return await self._shared(ask, is_shared=False)

    async def _shared(self, ask: Ask, *, is_shared: bool) -> Modal:
        template, version = _named(ask)
        await self.parts.offers.share(ask.principal, template, version, is_shared=is_shared)
        return shown(ask, await page(self.parts, ask, template, version))

    async def approve(self, ask: Ask) -> Modal:
        """Approve the REST calls of this very version."""
        template, version = _named(ask)
        await self.parts.offers.approve(ask.principal, template, version)
        return shown(ask, await page(self.parts, ask, template, version))

    async def withdraw(self, ask: Ask) -> Modal:
        """Drop this version."""
        template, version = _named(ask)
        await self.parts.offers.withdraw(ask.principal, template, version)
        found = await self.parts.offers.list_all(ask.principal)
        offers = [each.seen_by(ask.principal.user_id) for each in found]
        left = f"Version {version} of `{template}` is withdrawn."
        return shown(ask, views.listed(offers, left=left))

    async def export(self, ask: Ask) -> Modal:
        """Show the file, to be copied."""
        template, version = _named(ask)
        offer = await self.parts.offers.get(ask.principal, template, version)
        return shown(ask, _exported(offer))


def _named(ask: Ask) -> tuple[TemplateId, Version]:
    template, version = names.template_in(ask.value)
    if version is None:
        raise BadInput(names.OUT_OF_DATE)
    return template, version


def _paste_form(example: str = "", *, takes_files: bool) -> View:
    element: Block = {
        "type": "plain_text_input",
        # Slack keeps what was typed into a field of the same name.
        "action_id": names.EXAMPLE if example else SOURCE,
        "multiline": True,
        "max_length": LONGEST,
    }
    element |= {"initial_value": example} if example else {}
    row = [] if example else [blocks.button("Begin with an example", names.EXAMPLE)]
    back = blocks.button("Back to the list", names.LIST)
    shown: list[Block] = [
        blocks.section(
            "A template is a YAML file: what it asks for, and what it does with that. It runs "
            "on the connection of whoever runs it, and does nothing before it is installed."
        ),
        blocks.field(
            SOURCE, "The file", element, hint=f"Up to {LONGEST:,} characters; longer as a file."
        ),
    ]
    if takes_files:
        row.append(blocks.button("Give it as a file", names.UPLOAD))
    shown.append(blocks.actions(*row, back))
    if not takes_files:
        told = "To take files, the app needs the scope `files:read`: an admin can add it."
        shown.append(blocks.context(told))
    return blocks.form(blocks.modal("Your own template", shown), names.BRING_FORM, "Check it")


def _upload_form() -> View:
    element: Block = {
        "type": "file_input",
        "action_id": FILE,
        "filetypes": ["yml", "yaml", "text", "txt"],
        "max_files": 1,
    }
    back = blocks.actions(blocks.button("Back", names.BRING))
    shown = [blocks.field(FILE, "The file", element, hint="YAML, up to 200 kB."), back]
    return blocks.form(blocks.modal("Your own template", shown), names.UPLOAD_FORM, "Check it")


def _problems(refused: TemplateRefused, source: str | bytes) -> View:
    """Return what is wrong, by line; what was typed waits beneath."""
    number = len(refused.problems)
    told = "One thing keeps" if number == 1 else f"{number} things keep"
    shown = [
        blocks.section(f":warning: {told} it from working. Nothing was kept; your file is safe."),
    ]
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
    lines = text.splitlines()
    for problem in refused.problems[:MOST_PROBLEMS]:
        words = f"*Line {problem.line}*: {_in_words(problem.message)}"
        shown += paragraphs([words])
        # The field in which it was pasted has no numbers by its lines.
        line = "".join(lines[problem.line - 1 :][:1])
        shown += [blocks.preformatted(cut(line, LONGEST_LINE))] if line.strip() else []
    if number > MOST_PROBLEMS:
        shown.append(blocks.context(f"… and {number - MOST_PROBLEMS} more."))
    return blocks.modal("Not yet", shown, close="Back")


def _in_words(message: str) -> str:
    """Return *message* with the quotes of people instead of those of programs.

    What has colons in it stays code: Slack would show a part of it as an emoji.
    """
    return escape(_QUOTED.sub(lambda each: each[0] if ":" in each[1] else f"“{each[1]}”", message))


def _kept(offer: Offer) -> View:
    template = offer.template
    value = names.of_template(template.id, template.version)
    told = (
        f"{template.icon} *{escape(template.name)}* {template.version} is here. Only you and the "
        "workspace's admins see it until you share it."
    )
    older = [task for task in offer.tasks if task.version != template.version][:2]
    return views.said(
        told,
        *(
            blocks.button(f"Upgrade “{task.title}”", names.TASK, dialog_names.of_task(task.id))
            for task in older
        ),
        blocks.button("Details", names.DETAILS, value, style="primary"),
        blocks.button("Try it", names.TRY, value),
        blocks.button("Install", names.INSTALL, value),
    )


def _exported(offer: Offer) -> View:
    """Return the file in as many pieces as Slack takes, cut between lines where that goes."""
    source = _EDITORS.sub("", offer.source)
    shown = [blocks.preformatted(piece) for piece in [*_pieces(source)][:90]]
    value = names.of_template(offer.template.id, offer.template.version)
    back = blocks.actions(blocks.button("Back", names.DETAILS, value))
    return blocks.modal("The file", [*shown, back])


def _pieces(source: str) -> Iterator[str]:
    rest = source
    while len(rest) > _SHOWN_AT_ONCE:
        at = rest.rfind("\n", 0, _SHOWN_AT_ONCE) + 1 or _SHOWN_AT_ONCE
        yield rest[:at]
        rest = rest[at:]
    yield rest


async def _pasted(ask: Ask) -> Ack:
    if not ask.typed(SOURCE).strip():
        return Ack(errors={SOURCE: "Paste the file here."})
    return Ack(view=_checking(), push=True)


async def _uploaded(ask: Ask) -> Ack:
    if not files_in(ask.element(FILE).get("files")):
        return Ack(errors={FILE: "Choose a file."})
    return Ack(view=_checking(), push=True)


def _checking() -> View:
    return blocks.modal("Your own template", [blocks.section("Checking…")], close="Back")
