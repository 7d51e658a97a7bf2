"""What comes into a dialog, and what comes out of a turn of it."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from pydantic import SecretStr

from bot.content import CloudId
from bot.dialog import Answer, Dialog, Filling
from bot.document import Document
from bot.entities import Question, SlackFile
from bot.frozen import frozen
from bot.task import DialogTask
from bot.template import ActionTemplate, Choice, Entity
from bot.values import Value


@frozen
class Heard:
    """A message in a dialog's thread; *at* is its time stamp in Slack's form.

    *document* is its rich text. *is_edit* tells a message that was changed from a new one.
    """

    at: str
    text: str
    document: Document | None = None
    files: tuple[SlackFile, ...] = ()
    is_edit: bool = False


@frozen
class Start:
    """How a dialog begins.

    *line* is what stood behind the task's word in a command, as in ``title="Use Mongo"``.
    *known* are entities' words, as an utterance held them; *values* those that are read already,
    or picked. *began_in* is the channel in which it was begun. *by* names what began it, where
    that may be told of twice: there is one dialog of it. *thread*, in *channel*, is where it is
    to be held, where that is known.
    """

    line: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    filling: Filling = Filling.FORM
    began_in: str = ""
    site: CloudId | None = None
    response_url: SecretStr | None = None
    correlation: str = ""
    is_trial: bool = False
    by: str = ""
    channel: str = ""
    thread: str = ""


class Move(StrEnum):
    """What a button or a menu does; SKIP keeps an answer that stands already."""

    ANSWER = "answer"
    SKIP = "skip"
    BACK = "back"
    HELP = "help"
    LEFT = "left"
    CANCEL = "cancel"
    TO_FORM = "to form"
    TO_CONVERSATION = "to conversation"
    CHANGE = "change"
    RESUME = "resume"
    TRY_AGAIN = "try again"


class Verdict(StrEnum):
    """What its person says of a step whose outcome can't be read back."""

    DONE = "done"
    DO_IT = "do it"
    STOP = "stop"


class Saying(StrEnum):
    """What is said besides the next question."""

    NOTHING = "nothing"
    COMPLAINT = "complaint"  # an answer was none; *words* say what is expected
    HELP = "help"  # *words* say more of the entity
    FORM = "form"  # a button beside the question opens it
    LEFT = "left"  # `Turn.missing` is what's left
    CANCELLED = "cancelled"
    HEARD = "heard"  # once more, and nothing came of it: nothing is said
    ANSWERED = "answered"  # a press on a question that has its answer
    CHANGED = "changed"  # an earlier answer was changed; *emptied* must be asked again
    LEFT_OUT = "left out"  # there is nothing to say to what is optional
    NEEDED = "needed"  # what is required can't be skipped
    NO_WAY_BACK = "no way back"  # nothing was answered yet
    STALE = "stale"  # what was pressed isn't what stands there by now
    ONLY_BUTTON = "only the button"  # a typed yes confirms nothing
    NOT_UNDERSTOOD = "not understood"  # nothing is asked, and it changes nothing
    UNDER_WAY = "under way"  # it runs: what is said changes nothing
    ENDED = "ended"
    FIXED = "fixed"  # it was used in what is written already
    LATE = "late"  # a message came after what followed it: *words* are its own


@frozen
class Says:
    """What to say besides the next question; *entity* is whose it is, where it is one's.

    *suggestions* are what may have been meant. *emptied* are the entities whose answers went
    because another's changed. *wrong* are complaints by entity, where several are. *is_by_name*
    tells what was changed by its name, beside the question at hand, from an answer to it.
    """

    saying: Saying = Saying.NOTHING
    words: str = ""
    entity: str = ""
    suggestions: tuple[Choice, ...] = ()
    emptied: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)
    is_by_name: bool = False


@frozen
class Turn:
    """Where a dialog stands after a turn.

    *asks* is the next question and *question* how to ask it; *offer* the answer that it has
    already, for going back or as its default. *missing* is all that will be asked yet, as far
    as it is known. *entities* are all that it has, in their order. *task* is known where the
    turn needed it.
    """

    dialog: Dialog
    template: ActionTemplate
    entities: tuple[Entity, ...]
    missing: tuple[Entity, ...] = ()
    asks: Entity | None = None
    question: Question | None = None
    offer: Answer | None = None
    says: Says = Says()
    offers_form: bool = False
    task: DialogTask | None = None

    def entity(self, name: str) -> Entity | None:
        """Return the entity of that name."""
        return next((entity for entity in self.entities if entity.name == name), None)


@frozen
class Match:
    """A task that words may mean, and what they say of its entities."""

    task: DialogTask
    known: Mapping[str, str]


@frozen
class Matched:
    """The tasks whose utterances fit best: none, one, or several to choose from."""

    matches: tuple[Match, ...] = ()

    @property
    def only(self) -> Match | None:
        """The one that is meant, if it is clear."""
        return self.matches[0] if len(self.matches) == 1 else None
