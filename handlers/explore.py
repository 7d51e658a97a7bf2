"""What can be done now that it works: each with what it asks for, and a button that starts it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bot.errors import NotAllowed
from bot.integration import Role
from bot.ports import Voice
from bot.roles import Roles
from handlers import blocks
from handlers.ask import Ack, Ask, Block, Kind, Modal, Reply, Route, View
from handlers.edge import Table
from handlers.home import CREATE, EXPLORE
from handlers.offers import EXPLORE_NOT

SEARCH: Final = "explore_search"
PAGE: Final = "explore_page"
MESSAGE: Final = "explore_message"
SEARCH_FORM: Final = "explore_search_form"
PAGE_FORM: Final = "explore_page_form"
WORDS: Final = "words"
LONGEST: Final = 400
TITLE: Final = "What you can do now"
NOT_YOURS: Final = (
    "Your workspace lets only certain people explore templates, and you aren't among them, so "
    "nothing was done. The commands work for you as before. Ask an admin of the workspace for it."
)
SAMPLE: Final = (
    "The release is on Friday at ten. Ada writes the notes, Bob tells the customers.\n"
    "_This is a message to try it on: open its menu (⋯), choose *Save to Confluence*, and look "
    "at the page before anything is written._"
)


@dataclass(frozen=True, slots=True)
class _Template:
    name: str
    asks: str
    action: str
    label: str


_TEMPLATES: Final = (
    _Template(
        "Search", "Asks for a few words; `in:ENG`, `by:me` and others narrow it.", SEARCH, "Search"
    ),
    _Template("Show a page", "Asks for its link, its id or its title.", PAGE, "Show a page"),
    _Template(
        "Create a page",
        "Asks for a space, a title and the text; shows exactly what will be written first.",
        CREATE,
        "Create a page",
    ),
    _Template(
        "Save a message as a page",
        "Asks for a message: its menu has *Save to Confluence*. Then for a space and a title.",
        MESSAGE,
        "Send me one to try",
    ),
)


class Explore:
    """The modal of what can be done, and what starts each; for whoever has `Role.INSTALL`."""

    def __init__(self, table: Callable[[], Table], voice: Voice, roles: Roles) -> None:
        self._table = table
        self._voice = voice
        self._roles = roles

    def routes(self) -> tuple[Route, ...]:
        """Claim the buttons and forms."""
        return (
            Route(Kind.PRESS, EXPLORE, self.show, opens=_opens),
            Route(Kind.PRESS, EXPLORE_NOT, self.skip),
            Route(Kind.PRESS, SEARCH, self.ask_for_words, opens=_search_form),
            Route(Kind.SUBMISSION, SEARCH_FORM, self.search, submitted=_asked),
            Route(Kind.PRESS, PAGE, self.ask_for_page, opens=_page_form),
            Route(Kind.SUBMISSION, PAGE_FORM, self.page, submitted=_asked),
            Route(Kind.PRESS, MESSAGE, self.send_sample),
        )

    async def show(self, ask: Ask) -> Modal:
        """List what can be started."""
        await self._require_role(ask)
        return Modal(_listed())

    async def skip(self, ask: Ask) -> Reply:
        """Take the buttons away."""
        del ask
        return Reply(
            "Integration successful. The home tab and the command's help list what can be done.",
            replace=True,
        )

    async def ask_for_words(self, ask: Ask) -> None:
        """Leave the form as it is."""
        await self._require_role(ask)

    async def ask_for_page(self, ask: Ask) -> None:
        """Leave the form as it is."""
        await self._require_role(ask)

    async def search(self, ask: Ask) -> Modal:
        """Search, and answer by message."""
        return await self._started(ask, "search")

    async def page(self, ask: Ask) -> Modal:
        """Show the page, by message."""
        return await self._started(ask, "page")

    async def send_sample(self, ask: Ask) -> Modal:
        """Send a message to save."""
        await self._require_role(ask)
        await self._voice.tell(ask.principal, SAMPLE)
        words = "It is among your messages with me. Its menu (⋯) has *Save to Confluence*."
        return Modal(blocks.modal(TITLE, [blocks.section(words)]))

    async def _started(self, ask: Ask, word: str) -> Modal:
        """Do what the command does; where consent is missing, it is offered in the modal."""
        await self._require_role(ask)
        route = self._table().routes[Kind.COMMAND, word]
        answer = await route.listener(replace(ask, command=word, text=ask.typed(WORDS)))
        if isinstance(answer, Reply):
            await self._voice.tell(ask.principal, answer.text, blocks.shown(answer))
        words = "The answer is among your messages with me. You can close this."
        return Modal(blocks.modal(TITLE, [blocks.section(words)], close="Back"))

    async def _require_role(self, ask: Ask) -> None:
        if not await self._roles.may(ask.principal, Role.INSTALL):
            raise NotAllowed(NOT_YOURS)


def _opens(_: Ask) -> View:
    return blocks.modal(TITLE, [blocks.section("One moment…")])


def _listed() -> View:
    shown: list[Block] = []
    for each in _TEMPLATES:
        button = blocks.button(each.label, each.action)
        shown.append(blocks.section(f"*{each.name}*\n{each.asks}", button))
    return blocks.modal(TITLE, shown)


def _search_form(_: Ask) -> View:
    return _form(SEARCH_FORM, "Search", "What to look for", "Search")


def _page_form(_: Ask) -> View:
    return _form(PAGE_FORM, "Show a page", "Its link, id or title", "Show it")


def _form(callback: str, title: str, label: str, submit: str) -> View:
    element: Block = {"type": "plain_text_input", "action_id": WORDS, "max_length": LONGEST}
    view = blocks.modal(title, [blocks.field(WORDS, label, element)], close="Back")
    return blocks.form(view, callback, submit)


async def _asked(ask: Ask) -> Ack:
    if not ask.typed(WORDS).strip():
        return Ack(errors={WORDS: "Type something here."})
    return Ack(view=blocks.modal(TITLE, [blocks.section("One moment…")], close="Back"))
