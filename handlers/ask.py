"""One request from a person, freed of Slack's payloads, and what goes back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any

from pydantic import SecretStr

from bot.errors import BadInput
from bot.frozen import frozen
from bot.principal import Principal

View = dict[str, Any]
"""A modal or home view as Slack's ``views.*`` methods take it."""

Block = dict[str, Any]
"""One Block Kit block."""


MOST_MODALS = 3
"""So many may lie over each other: https://docs.slack.dev/surfaces/modals"""

EXTERNAL = "external:"
"""Marks a modal that is known by its external id, since its ack made it."""


class Kind(StrEnum):
    """The ways in which Slack hands us a request."""

    COMMAND = "command"
    PRESS = "press"
    OPTIONS = "options"
    SUBMISSION = "submission"
    CLOSED = "closed"
    SHORTCUT = "shortcut"
    EVENT = "event"


@frozen
class Shown:
    """The view that a press or a form came from. *values* is Slack's state, by block.

    *level* is 1 for a modal that lies over nothing else, `MOST_MODALS` for the last that can.
    """

    id: str
    is_modal: bool = True
    metadata: str = ""
    values: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    level: int = 1


@frozen
class Ask:
    """What somebody wants, and how to answer them.

    *command* is the word of a command, *text* what was typed: after it, or into a menu.
    *value* is the pressed button's or the chosen option's, *action* the whole pressed element,
    or the menu that wants options, with its ``block_id``. *team_id* is the workspace in which
    it was said, for words and for Slack's methods, never for whose it is. *thread* is the time
    stamp of the message under which it was said, or to be answered. *source* is the
    message that a shortcut was used on. *modal* is the id of the modal that was opened for
    this request, or EXTERNAL and the external id of the view that its ack showed. *event_time*
    is in Unix seconds; *retried* is why Slack told of the event again, *event_id* the same for all
    tellings of it. *found* is what was found out for the ack. *parks* are the command's
    words by which the request can be resumed.
    """

    principal: Principal
    correlation: str
    command: str = ""
    text: str = ""
    value: str = ""
    action: Mapping[str, Any] = field(default_factory=dict)
    team_id: str = ""
    channel_id: str = ""
    thread: str = ""
    trigger_id: str = ""
    response_url: SecretStr | None = None
    view: Shown | None = None
    source: Mapping[str, Any] | None = None
    modal: str | None = None
    event: Mapping[str, Any] = field(default_factory=dict)
    event_time: int = 0
    retried: str = ""
    event_id: str = ""
    found: str = ""
    parks: str = ""

    def required_text(self, wanted: str) -> str:
        """Return what was typed, or ask for it by name."""
        text = self.text.strip()
        if not text:
            raise BadInput(f"Tell me {wanted}.")
        return text

    def element(self, block: str) -> Mapping[str, Any]:
        """Return the state of the one input in *block*; empty where there is none."""
        elements = self.view.values.get(block, {}) if self.view else {}
        return next(iter(elements.values()), {})

    def typed(self, block: str) -> str:
        """Return what was typed into *block*."""
        value = self.element(block).get("value")
        return value if isinstance(value, str) else ""

    def chosen(self, block: str) -> tuple[str, str]:
        """Return the (value, label) chosen in *block*; empty strings where none is."""
        option = self.element(block).get("selected_option")
        if not isinstance(option, Mapping):
            return "", ""
        text = option.get("text")
        label = text.get("text", "") if isinstance(text, Mapping) else ""
        return str(option.get("value", "")), str(label)


@frozen
class Reply:
    """One message; *text* is what notifications and screen readers get.

    It may *replace* the message that was pressed, or that one *ends*: it is taken away.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    in_channel: bool = False
    replace: bool = False
    ends: bool = False


@frozen
class Modal:
    """A view that takes the place of the modal at hand, or is opened if there is none."""

    view: View


@frozen
class Ack:
    """The answer to a submission, within three seconds.

    Either *errors* by block id, or a *view* that updates or is pushed on the form; with
    neither, the form closes. *goes_on* says whether the listener is to run; it is told what was
    *found*.
    """

    errors: Mapping[str, str] = field(default_factory=dict)
    view: View | None = None
    found: str = ""
    push: bool = False
    clear: bool = False
    goes_on: bool = True


Answer = Reply | Modal | None
Listener = Callable[[Ask], Awaitable[Answer]]
Suggester = Callable[[Ask], Awaitable[Sequence[Block]]]


@frozen
class Route:
    """One line of the table: what arrives, and who answers it.

    *opens* builds the modal that is shown at once, before any slow call, unless *opens_if* says
    no, after one read of what is remembered. *submitted*
    judges a form in its ack (no I/O but the one write of what is confirmed); of a press it is
    the same, but for errors and views, for which there is no place. *unsure* is shown of a form
    that may or may not have been written down in time. *resumes*
    says, in a command's words, what to go on with once a consent that is missing is given.
    What is done *before_ack* comes again from Slack where it fails, and must be fit for that.
    *by_person* says of an event that somebody asks for something by it, as by a command.
    One that *holds_ack* is acked once it is done; where that takes long, it goes on, and Slack
    sends the event again. Those in a thread must tell a repetition by themselves.
    """

    kind: Kind
    name: str
    listener: Listener
    opens: Callable[[Ask], View] | None = None
    opens_if: Callable[[Ask], Awaitable[bool]] | None = None
    submitted: Callable[[Ask], Awaitable[Ack]] | None = None
    for_guests: bool = False
    resumes: Callable[[Ask], str] | None = None
    before_ack: bool = False
    unsure: Callable[[], View] | None = None
    by_person: bool = False
    holds_ack: bool = False


@frozen
class Suggestions:
    """One line of the table for a menu with type-ahead."""

    name: str
    suggester: Suggester


@frozen
class Words:
    """A word of the command: how it is used, and what for, as help shows it."""

    word: str
    usage: str
    purpose: str
