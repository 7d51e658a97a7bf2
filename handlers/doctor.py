"""``/confluence doctor``: which layer fails, who can mend it, and what to write to them."""

import re
from datetime import datetime
from typing import Final

from bot.doctor import Doctor, Finding, Layer, State
from bot.errors import BadInput, BotError, NotAllowed
from bot.frozen import frozen
from bot.mrkdwn import escape
from bot.ports import Clock, SlackPeople
from bot.principal import Principal
from bot.roles import Roles
from handlers import blocks
from handlers.ask import Ask, Block, Kind, Reply, Route
from handlers.slack_api import SlackApi
from handlers.tenants import Tenants

LOOKING: Final = "Looking at each layer between you and Confluence. That takes a few seconds …"
_SOMEBODY: Final = re.compile(r"\s*<@(?P<id>[UW][A-Z0-9]+)(?:\|[^>]*)?>\s*(?P<place>.*)", re.DOTALL)

PERSON: Final = ""
SLACK_ADMIN: Final = "whoever looks after Slack's apps in this workspace"
ADMIN: Final = "an admin of this workspace"
OPERATOR: Final = "whoever runs Confab"
BOTH: Final = "an admin of this workspace, or whoever runs Confab"
ATLASSIAN_ADMIN: Final = "whoever administers your organisation at Atlassian"
SITE_ADMIN: Final = "whoever runs the Confluence site"
SPACE_ADMIN: Final = "whoever looks after that page or its space"
TIME: Final = "nobody: it passes by itself"


@frozen
class Remedy:
    """What is wrong in words, who can mend it, and how."""

    wrong: str
    mender: str
    mend: str


_WELL: Final = {
    Layer.DATABASE: "Confab's own database answers",
    Layer.SLACK: "Slack takes Confab's token, with all the rights it needs",
    Layer.POLICY: "reading and writing are allowed here",
    Layer.PROFILE: "the way to connect is set up",
    Layer.GRANT: "connected, and the consent works",
    Layer.SITE: "the site is granted",
    Layer.APP: "the app is let in",
    Layer.LICENCE: "the account may use Confluence",
    Layer.SCOPE: "all rights are given",
    Layer.QUOTA: "there is quota left",
    Layer.CONFLUENCE: "Confluence answers",
    Layer.CONTENT: "the account can see it",
    Layer.ORGANISATION: "the organisation's connection works",
}
_NAMES: Final = {
    Layer.DATABASE: "Database",
    Layer.SLACK: "Slack",
    Layer.POLICY: "Workspace",
    Layer.PROFILE: "Profile",
    Layer.GRANT: "Consent",
    Layer.SITE: "Site",
    Layer.APP: "App",
    Layer.LICENCE: "Licence",
    Layer.SCOPE: "Rights",
    Layer.QUOTA: "Quota",
    Layer.CONFLUENCE: "Confluence",
    Layer.CONTENT: "Page or space",
    Layer.ORGANISATION: "Organisation",
}
_RECONNECT: Final = "connect again, by `{command} connect`"
_REMEDIES: Final = {
    (Layer.DATABASE, ""): Remedy(
        "Confab's own database doesn't answer", OPERATOR, "look at Confab's database and its log"
    ),
    (Layer.SLACK, "gone"): Remedy(
        "Confab isn't installed in this workspace any more", SLACK_ADMIN, "install Confab again"
    ),
    (Layer.SLACK, "refused"): Remedy(
        "Slack refuses Confab's token: it was revoked, or the app was removed",
        SLACK_ADMIN,
        "install Confab again",
    ),
    (Layer.SLACK, "scopes"): Remedy(
        "Slack hasn't given Confab these rights: {about}", SLACK_ADMIN, "install Confab again"
    ),
    (Layer.SLACK, "ends"): Remedy(
        "Slack won't renew Confab's token, which ends soon", SLACK_ADMIN, "install Confab again"
    ),
    (Layer.POLICY, "read_only"): Remedy(
        "writing is switched off for everybody; reading goes on",
        ADMIN,
        "switch writing on again, under `{command} admin`",
    ),
    (Layer.POLICY, "writers"): Remedy(
        "only certain people may write from here, and this person isn't among them",
        ADMIN,
        "add this person to those who may write, under `{command} admin`",
    ),
    (Layer.PROFILE, ""): Remedy(
        "the server refuses the client id or secret of the authorization profile",
        BOTH,
        "look at the client id and secret of the authorization profile",
    ),
    (Layer.PROFILE, "no_api_there"): Remedy(
        "a web page answers where Confluence's API should be",
        ADMIN,
        "look at the address in the authorization profile, under `{command} admin`",
    ),
    (Layer.PROFILE, "secret"): Remedy(
        "the authorization profile “{about}” has no client secret yet",
        ADMIN,
        "type its client secret, under `{command} admin`",
    ),
    (Layer.PROFILE, "untried"): Remedy(
        "the authorization profile “{about}” hasn't been tried yet",
        ADMIN,
        "try it, under `{command} admin`",
    ),
    (Layer.GRANT, ""): Remedy("the consent doesn't work", PERSON, _RECONNECT),
    (Layer.GRANT, "none"): Remedy(
        "no account is connected yet", PERSON, "connect, by `{command} connect`"
    ),
    (Layer.GRANT, "ended"): Remedy("{server} has ended the consent", PERSON, _RECONNECT),
    (Layer.GRANT, "failing"): Remedy(
        "renewing the consent has failed since {at}; it is tried again", TIME, ""
    ),
    (Layer.GRANT, "credential_refused"): Remedy(
        "Confluence doesn't take the kind of credential that the connection uses",
        ADMIN,
        "choose another way to connect, under `{command} admin`",
    ),
    (Layer.GRANT, "captcha_required"): Remedy(
        "after several failed logins Confluence wants to see its person by browser first",
        PERSON,
        "log in to Confluence in a browser once",
    ),
    (Layer.SITE, "not_granted"): Remedy(
        "the consent doesn't open these sites any more: {about}",
        PERSON,
        f"{_RECONNECT}, and choose the site there",
    ),
    (Layer.SITE, "not_chosen"): Remedy(
        "the consent opens several sites, and none is chosen",
        PERSON,
        "choose one, by `{command} site`",
    ),
    (Layer.APP, ""): Remedy(
        "the organisation's policy at Atlassian shuts this app out, or its owner hasn't shared it",
        ATLASSIAN_ADMIN,
        "allow the app for Confluence, under Connected apps",
    ),
    (Layer.LICENCE, ""): Remedy(
        "the account has no licence for Confluence on this site",
        SITE_ADMIN,
        "give the account access to Confluence on this site",
    ),
    (Layer.SCOPE, ""): Remedy("these rights aren't given: {about}", PERSON, _RECONNECT),
    (Layer.SCOPE, "narrowed"): Remedy(
        "rights that were given are missing now: {about}. The same account was connected "
        "elsewhere with fewer, and the last consent counts everywhere",
        PERSON,
        _RECONNECT,
    ),
    (Layer.SCOPE, "not_given"): Remedy(
        "not given yet, and asked for when needed: to {about}", TIME, ""
    ),
    (Layer.QUOTA, ""): Remedy("the share of {server}'s quota is used up until {at}", TIME, ""),
    (Layer.CONFLUENCE, ""): Remedy(
        "Confluence doesn't let the account search on this site",
        SITE_ADMIN,
        "look at what the account may do on this site",
    ),
    (Layer.CONTENT, ""): Remedy(
        "“{about}” isn't there, or the account may not see it",
        SPACE_ADMIN,
        "let the account see it: its restrictions, and the space's permissions",
    ),
    (Layer.ORGANISATION, ""): Remedy(
        "the organisation's connection doesn't work",
        ADMIN,
        "connect the organisation's account again, under `{command} admin`",
    ),
    (Layer.ORGANISATION, "failing"): Remedy(
        "renewing the organisation's connection has failed since {at}; it is tried again", TIME, ""
    ),
}
_MARKS: Final = {State.WELL: "✓", State.NOTED: "!", State.ILL: "✗", State.UNKNOWN: "?"}


@frozen
class DoctorParts:
    """What the word works with."""

    doctor: Doctor
    roles: Roles
    people: SlackPeople
    tenants: Tenants
    slack: SlackApi
    clock: Clock
    command: str


@frozen
class _Subject:
    """Whom it is about: whoever asks, or somebody of whom an admin does."""

    principal: Principal
    name: str
    workspace: str
    is_self: bool


class DoctorWords:
    """The word, for oneself; for admins, of anybody in the workspace."""

    def __init__(self, parts: DoctorParts) -> None:
        self._parts = parts

    def routes(self) -> tuple[Route, ...]:
        """Claim the word."""
        return (Route(Kind.COMMAND, "doctor", self.examine, for_guests=True),)

    async def examine(self, ask: Ask) -> Reply:
        """Say that it takes a moment; then answer with what was found."""
        found = _SOMEBODY.match(ask.text)
        user_id = found["id"] if found else ask.principal.user_id
        place = (found["place"] if found else ask.text).strip()
        if place.startswith("@"):
            raise BadInput(f"Nobody here is called {place}, so nothing was looked at.")
        subject = await self._subject(ask.principal, user_id)
        if place and not subject.is_self:
            raise BadInput(
                "Whether somebody else can see a page or a space is theirs to ask: nothing was "
                "looked at. Ask for the person alone."
            )
        await self._parts.slack.respond(ask.response_url, LOOKING)
        findings = await self._parts.doctor.examine(subject.principal, place)
        return self._report(subject, tuple(findings))

    async def _subject(self, asker: Principal, user_id: str) -> _Subject:
        is_self = user_id == asker.user_id
        if not is_self and not await self._parts.roles.may_administer(asker):
            raise NotAllowed(
                "Only admins can look into somebody else's connection. Nothing was done. "
                "Ask for your own, without a name."
            )
        principal = Principal(asker.tenant, user_id)
        try:
            installation = await self._parts.tenants.get(asker.tenant)
            if installation is None:
                return _Subject(principal, "me", "", is_self)
            person = await self._parts.people.get(installation, user_id)
        except NotAllowed:
            raise
        except BotError:
            # Slack is one of the layers: its silence is found out, not stumbled over.
            return _Subject(principal, "me" if is_self else user_id, "", is_self)
        if not is_self and not installation.welcomes(person):
            raise NotAllowed("They aren't in this workspace, so nothing was looked at.")
        return _Subject(principal, person.name, installation.name, is_self)

    def _report(self, subject: _Subject, findings: tuple[Finding, ...]) -> Reply:
        whose = "you" if subject.is_self else subject.name
        failing = next((each for each in findings if each.state is State.ILL), None)
        lines = "\n".join(self._line(each) for each in findings)
        if failing is None:
            unknown = any(each.state is State.UNKNOWN for each in findings)
            well = "I found nothing that fails" + (
                ", but couldn't look at everything" if unknown else ""
            )
            words = f"{well}, for {whose}."
            return Reply(words, (blocks.section(escape(words)), blocks.section(lines)))
        remedy = _remedy(failing)
        wrong = f"✗ *{_NAMES[failing.layer]}*: {self._filled(remedy.wrong, failing)}."
        mender = remedy.mender or ("you" if subject.is_self else subject.name)
        who = f"Who can mend it: *{escape(mender)}*."
        shown: list[Block] = [blocks.section(f"{wrong}\n{who}"), blocks.section(lines)]
        shown += self._help(subject, failing, remedy)
        return Reply(f"What fails for {whose}: {_NAMES[failing.layer]}", tuple(shown))

    def _help(self, subject: _Subject, failing: Finding, remedy: Remedy) -> list[Block]:
        """Return the button that mends it, or the message to send to whoever can."""
        if remedy.mender == PERSON and subject.is_self:
            mend = blocks.section(f"To mend it, {self._filled(remedy.mend, failing)}.")
            button = "switch_site" if failing.what == "not_chosen" else "reconnect"
            label = "Choose a site" if button == "switch_site" else "Connect"
            return [mend, blocks.actions(blocks.button(label, button, style="primary"))]
        if not remedy.mend:
            return []
        return [
            blocks.section("A message to send them:"),
            blocks.section(f"```{self._letter(subject, failing, remedy)}```"),
        ]

    def _letter(self, subject: _Subject, failing: Finding, remedy: Remedy) -> str:
        now = self._parts.clock()
        where = f" in the Slack workspace {escape(subject.workspace)}" if subject.workspace else ""
        if remedy.mender == PERSON:
            whose = "you"
        else:
            whose = "me" if subject.is_self else escape(subject.name)
        wrong = self._filled(remedy.wrong, failing)
        mend = self._filled(remedy.mend, failing)
        letter = (
            f"Hello! Confab, which connects Slack to Confluence, doesn't work for {whose}{where}: "
            f"{wrong}. Could you {mend}? "
            f"Found on {now:%Y-%m-%d at %H:%M} UTC ({failing.layer}/{failing.what or 'ill'})."
        )
        return letter.replace("`", "")

    def _line(self, finding: Finding) -> str:
        mark, name = _MARKS[finding.state], _NAMES[finding.layer]
        if finding.state is State.WELL:
            return f"{mark} *{name}*: {_WELL[finding.layer]}"
        if finding.state is State.UNKNOWN:
            code = f" ({escape(finding.what)})" if finding.what else ""
            return f"{mark} *{name}*: I couldn't find out just now{code}"
        return f"{mark} *{name}*: {self._filled(_remedy(finding).wrong, finding)}"

    def _filled(self, words: str, finding: Finding) -> str:
        return words.format(
            about=escape(", ".join(finding.about)),
            at=_moment(finding.at),
            server=escape(finding.server or "Confluence"),
            command=self._parts.command,
        )


def _remedy(finding: Finding) -> Remedy:
    return _REMEDIES.get((finding.layer, finding.what)) or _REMEDIES[finding.layer, ""]


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else "a while ago"
