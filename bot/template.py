"""An action template: one file of the catalogue, or of somebody's own, as it is read.

Every text that may have holes is kept as it was written; `bot.expressions` reads the holes.
The format's reference in the docs is made from these models.
"""

import re
from collections.abc import Iterator
from enum import Enum, StrEnum
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from bot.template_id import TemplateId as TemplateId  # noqa: PLC0414 - also known from here
from bot.template_id import Version as Version  # noqa: PLC0414

MOST_ENTITIES: Final = 40
MOST_STEPS: Final = 50
MOST_NAMED: Final = 40
"""Lines of one mapping, and texts of one list."""
MOST_TIMES: Final = 50
"""As often as a ``for_each`` goes round."""


class Holes(Enum):
    """How a text is read before it is used: a mark on the fields that hold one."""

    TEXT = "text with holes"
    MARKDOWN = "Markdown with holes"
    EXPRESSION = "an expression"


Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][a-zA-Z0-9_]{0,39}$")]
LONGEST_SLUG: Final = 40
_SLUG: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Filled = Annotated[str, StringConstraints(max_length=4_000), Holes.TEXT]
"""Text with holes: ``Decision: {{ title }}``."""
Markdown = Annotated[str, StringConstraints(max_length=20_000), Holes.MARKDOWN]
"""GitHub's Markdown with holes; what fills them is never read as markup."""
Expression = Annotated[str, StringConstraints(min_length=1, max_length=1_000), Holes.EXPRESSION]
"""One expression, with or without its braces."""


class Part(BaseModel):
    """A part of a template."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class EntityType(StrEnum):
    """What kind of information an entity is."""

    TEXT = "text"
    LONG_TEXT = "long text"
    RICH_TEXT = "rich text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"
    DATE_TIME = "date-time"
    PERSON = "person"
    CHANNEL = "channel"
    SPACE = "space"
    PAGE = "page"
    LABEL = "label"
    SITE = "site"
    ATTACHMENT = "attachment"
    URL = "URL"


class Asked(StrEnum):
    """When an entity is asked for."""

    WHEN_MISSING = "when missing"
    ALWAYS = "always"
    NEVER = "never"


class Source(StrEnum):
    """Where the choices of an entity come from, when they aren't written in the template."""

    SPACES = "spaces"
    PAGES = "pages"
    CHILDREN = "children"
    SECTIONS = "sections"
    LABELS = "labels"
    VERSIONS = "versions"
    COMMENTS = "comments"
    PAGE_TEMPLATES = "page templates"


class Choice(Part):
    """One thing to choose: what it is to expressions, and what people read."""

    value: Line
    """What expressions see."""
    label: Line
    """What people read."""


class Dynamic(Part):
    """Choices that are looked up, *of* what another entity holds: a page, a space."""

    source: Source
    """What is looked up."""
    of: Name | None = None
    """The entity whose pages, sections … they are."""


class Between(Part):
    """Bounds, both included; either may be missing."""

    least: float | None = None
    """The lowest."""
    most: float | None = None
    """The highest."""


class Entity(Part):
    """A piece of information that a dialog needs."""

    name: Name
    """By this expressions know it, and people who type ``title=…``."""
    type: EntityType
    """What kind of information it is."""
    label: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None
    """Above the field in a form; without it the name in words."""
    prompt: Words
    """The question in a conversation."""
    help: Annotated[str, StringConstraints(max_length=1_000)] = ""
    """Said to whoever asks for help, and below the field in a form."""
    examples: Annotated[tuple[Line, ...], Field(max_length=5)] = ()
    """Shown beside the question; each must be an answer that is taken."""
    required: bool = True
    """Whether it must be given; what may be skipped is nothing then."""
    many: bool = False
    """Several are allowed: of people, pages, labels and attachments."""
    default: Filled | bool | int | float | None = None
    """Held until something else is given."""
    ask: Asked = Asked.WHEN_MISSING
    """Whether it is asked for; *never* is for what commands, buttons and defaults give."""
    when: Expression | None = None
    """It is asked for only if this is true; it may name entities that come before it."""
    length: Between | None = None
    """In characters."""
    pattern: Annotated[str, StringConstraints(max_length=200)] | None = None
    """A regular expression for the whole of it; *complaint* says in words what is expected."""
    complaint: Annotated[str, StringConstraints(max_length=200)] = ""
    """What is said when the pattern doesn't fit."""
    range: Between | None = None
    """Of numbers; of dates in days from today."""
    choices: Annotated[tuple[Choice | Line, ...], Field(max_length=100)] = ()
    """Each a text, or a *value* with its *label*; up to 100."""
    choices_from: Dynamic | None = None
    """Where the choices are looked up, instead of *choices*."""

    @property
    def title(self) -> str:
        """What it is called in front of people."""
        return self.label or in_words(self.name)


class Step(Part):
    """What every step may say besides what it does."""

    id: Name | None = None
    """Later steps see its result under this name."""
    when: Expression | None = None
    """It is left out unless this is true."""

    @property
    def writes(self) -> bool:
        """Tell whether it changes anything in Confluence."""
        return False


class WritingStep(Step):
    """A step that changes something."""

    @property
    def writes(self) -> bool:
        """Tell whether it changes anything in Confluence."""
        return True


class Search(Part):
    """Find pages: by words, or by CQL, whose holes are quoted."""

    text: Filled = ""
    """Words that stand in the title or the text."""
    cql: Filled = ""
    """Instead of all the others."""
    space: Filled = ""
    """A space's key."""
    label: Filled = ""
    """A label that they have."""
    by: Literal["anybody", "me"] = "anybody"
    """Whose they are."""
    kind: Literal["page", "blog", "any"] = "page"
    """What is looked for."""
    changed_since: Filled = ""
    """A date; or a span that ends now, as in 7d."""
    changed_before: Filled = ""
    """The same, for the other end."""
    order: Literal["relevance", "newest", "oldest"] = "relevance"
    """Which come first."""
    most: Annotated[int, Field(ge=1, le=50)] = 10
    """How many at most."""


class SearchStep(Step):
    """Find pages; gives ``results`` and ``count``."""

    search: Search


class OfPage(Part):
    """A page."""

    page: Filled
    """A page, its id or its link."""


class GetStep(Step):
    """Read a page; gives it with ``body``, ``text``, ``labels``, ``version``."""

    get: OfPage


class Template(Part):
    """A page template of Confluence's, or any page that holds ``{{variables}}``."""

    template: Filled = ""
    """The id of one of Confluence's page templates."""
    page: Filled = ""
    """A page whose variables are filled instead."""
    values: Annotated[dict[Line, Filled], Field(max_length=MOST_NAMED)] | Filled = Field(
        default_factory=dict
    )
    """By the variables' names; or what an ``ask_variables`` gave."""


class Create(Part):
    """A page or a blog post to be made; *body*, or what is made *of* a Confluence template."""

    space: Filled
    """A space, or its key."""
    title: Filled
    """Free in that space."""
    body: Markdown = ""
    """What it says."""
    of: Template | None = None
    """Out of what it is made, instead of *body*."""
    parent: Filled = ""
    """The page below which it goes; without it the space's top."""
    kind: Filled = "page"
    """``page`` or ``blog``."""
    draft: Filled | bool = False
    """Whether it stays one that its author alone sees."""


class CreateStep(WritingStep):
    """Make a page or a blog post; gives it."""

    create: Create


class Update(OfPage):
    """A page's whole text, and its title where one is given."""

    body: Markdown
    """The new text."""
    title: Filled = ""
    """A new title, if it gets one."""


class UpdateStep(WritingStep):
    """Put a text in place of a page's; gives the page."""

    update: Update


class Append(OfPage):
    """Text behind what the page says, or behind what one section of it says."""

    body: Markdown
    """What is added."""
    section: Filled = ""
    """The heading behind whose text it goes."""


class AppendStep(WritingStep):
    """Add to a page; gives the page."""

    append: Append


class Section(OfPage):
    """What stands under one heading; all else of the page stays as it is to the letter."""

    section: Filled
    """The heading."""
    body: Markdown
    """What stands below it then."""
    place: Literal["replace", "start", "end"] = "replace"
    """In place of what stands there, before it, or behind it."""


class SectionStep(WritingStep):
    """Change one section of a page; gives the page."""

    update_section: Section


class Comment(OfPage):
    """A comment at the foot of a page."""

    body: Markdown
    """What it says."""


class CommentStep(WritingStep):
    """Comment on a page; gives ``url``."""

    comment: Comment


class ReplyTo(OfPage):
    """An answer to a comment of the page."""

    comment: Filled
    """A comment, or its id."""
    body: Markdown
    """What the answer says."""


class ReplyStep(WritingStep):
    """Answer a comment; gives ``url``."""

    reply: ReplyTo


class Label(OfPage):
    """Labels to give and to take off: each one label, or an expression that gives several."""

    add: Annotated[tuple[Filled, ...], Field(max_length=MOST_NAMED)] = ()
    """Labels to give."""
    remove: Annotated[tuple[Filled, ...], Field(max_length=MOST_NAMED)] = ()
    """Labels to take off."""


class LabelStep(WritingStep):
    """Label a page."""

    label: Label


class Attach(OfPage):
    """A file that somebody gave to the dialog."""

    file: Filled
    """An attachment entity."""


class AttachStep(WritingStep):
    """Attach a file; gives the attachment."""

    attach: Attach


class Move(OfPage):
    """Below which page it goes."""

    parent: Filled
    """The page below which it goes."""


class MoveStep(WritingStep):
    """Move a page with all below it; a blog post has no place."""

    move: Move


class Copy(OfPage):
    """Below which page, and under which title."""

    parent: Filled
    """The page below which the copy goes."""
    title: Filled
    """The copy's title."""


class CopyStep(WritingStep):
    """Copy a page; gives the copy.

    On Cloud its files, labels and restrictions go along, on Data Center its text alone.
    """

    copy_page: Copy = Field(alias="copy")


class Restrict(OfPage):
    """Who alone may read or change a page, besides whoever restricts it."""

    operation: Literal["read", "update"] = "update"
    """What only they may do."""
    people: Annotated[tuple[Filled, ...], Field(max_length=MOST_NAMED)] = ()
    """Persons."""
    groups: Annotated[tuple[Filled, ...], Field(max_length=MOST_NAMED)] = ()
    """Names or ids of groups."""


class RestrictStep(WritingStep):
    """Restrict a page."""

    restrict: Restrict


class Watch(OfPage):
    """Whether the person is told of changes."""

    on: bool = True
    """Whether to watch, or to stop."""


class WatchStep(WritingStep):
    """Watch a page, or stop."""

    watch: Watch


class Most(Part):
    """How many at most."""

    most: Annotated[int, Field(ge=1, le=50)] = 25
    """How many at most."""


class ListSpacesStep(Step):
    """List the spaces that the person sees."""

    list_spaces: Most


class ChildrenStep(Step):
    """List the pages right below a page; a blog post has none."""

    children: OfPage


class CommentsStep(Step):
    """List the comments at the foot of a page."""

    comments: OfPage


class SectionsStep(Step):
    """List the headings of a page."""

    sections: OfPage


class Versions(OfPage):
    """How many versions at most."""

    most: Annotated[int, Field(ge=1, le=50)] = 10
    """How many at most."""


class VersionsStep(Step):
    """List the versions of a page, newest first."""

    versions: Versions


class Diff(OfPage):
    """Two versions; without *older* the one before *newer*, without *newer* the current one."""

    older: Filled = ""
    """A version, or its number."""
    newer: Filled = ""
    """A version, or its number."""


class DiffStep(Step):
    """Tell what changed between two versions; gives ``added``, ``removed``, ``changes``."""

    diff: Diff


class TrashStep(WritingStep):
    """Move a page to the trash."""

    trash: OfPage


class Restore(OfPage):
    """A page from the trash; or, with a *version*, what it said then."""

    version: Filled = ""
    """A version, or its number."""


class RestoreStep(WritingStep):
    """Restore a page, or one of its versions.

    The organisation's connection takes none out of the trash.
    """

    restore: Restore


class Http(Part):
    """A REST call on the connection's own host, for what has no action.

    Holes in *path* and *query* are percent-encoded. In *headers* alone
    ``{{ connections.confluence.access_token }}`` may stand.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """All but GET are writes, and need an admin's approval of the version."""
    path: Annotated[str, StringConstraints(pattern=r"^/[^/]", max_length=2_000), Holes.TEXT]
    """Below the site's own host."""
    query: Annotated[dict[Line, Filled], Field(max_length=MOST_NAMED)] = Field(default_factory=dict)
    """What stands behind the ``?``."""
    headers: Annotated[dict[Line, Filled], Field(max_length=MOST_NAMED)] = Field(
        default_factory=dict
    )
    """One line each."""
    body: Annotated[Any, Holes.TEXT] = None
    """JSON; every text in it may have holes."""
    does: Line | None = None
    """What it does, in its author's words; needed for anything but GET."""


class HttpStep(Step):
    """Make a REST call; gives ``status`` and ``body``."""

    http: Http

    @property
    def writes(self) -> bool:
        """Tell whether it may change anything: all but GET."""
        return self.http.method != "GET"


class AskStep(Step):
    """Ask for more entities on the way: those that are named are asked for here, not before.

    Inside of a ``for_each`` they are asked for in each round, which the question names.
    """

    ask: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10)]
    """Names of entities."""


class Variables(Part):
    """A page template of Confluence's, or any page that holds ``{{variables}}``."""

    template: Filled = ""
    """The id of one of Confluence's page templates."""
    page: Filled = ""
    """A page that holds them instead."""


class AskVariablesStep(Step):
    """Ask for each variable of it, by its type; gives what was answered, by their names."""

    ask_variables: Variables


class LetStep(Step):
    """Give names to what expressions give."""

    let: Annotated[dict[Name, Filled], Field(min_length=1, max_length=MOST_NAMED)]
    """By the names that they get; of one hole and nothing else its value."""


class FailStep(Step):
    """End the dialog, saying why."""

    fail: Filled
    """What is said."""


class WhenStep(Step):
    """Do some steps if something is true, and others if not."""

    steps: Annotated[tuple["AnyStep", ...], Field(min_length=1)]
    """What is done then."""
    otherwise: tuple["AnyStep", ...] = ()
    """What is done if not."""


class ForEachStep(Step):
    """Do steps for each of a list; gives the list of what the last of them gave."""

    for_each: Expression
    """An expression that gives a list."""
    item: Name = "item"
    """What each is called inside."""
    most: Annotated[int, Field(ge=1, le=MOST_TIMES)] = 20
    """How many rounds at most; where there are more to do, none is done, and that is said."""
    steps: Annotated[tuple["AnyStep", ...], Field(min_length=1)]
    """What is done for each."""


STEP_KINDS: Final[dict[str, type[Step]]] = {
    "search": SearchStep,
    "get": GetStep,
    "create": CreateStep,
    "update": UpdateStep,
    "append": AppendStep,
    "update_section": SectionStep,
    "comment": CommentStep,
    "reply": ReplyStep,
    "label": LabelStep,
    "attach": AttachStep,
    "move": MoveStep,
    "copy": CopyStep,
    "restrict": RestrictStep,
    "watch": WatchStep,
    "list_spaces": ListSpacesStep,
    "children": ChildrenStep,
    "comments": CommentsStep,
    "sections": SectionsStep,
    "versions": VersionsStep,
    "diff": DiffStep,
    "trash": TrashStep,
    "restore": RestoreStep,
    "http": HttpStep,
    "ask": AskStep,
    "ask_variables": AskVariablesStep,
    "let": LetStep,
    "fail": FailStep,
    "for_each": ForEachStep,
    "steps": WhenStep,
}
"""What a step is, by the word that says what it does."""
ACTIONS: Final = tuple(STEP_KINDS)
"""The words by which a step says what it does; a step has exactly one, ``steps`` last."""


def action_of(step: Step) -> str:
    """Return the word that says what *step* does."""
    return next(word for word, kind in STEP_KINDS.items() if isinstance(step, kind))


def _kind_of(found: object) -> str | None:
    if isinstance(found, Step):
        return action_of(found)
    if not isinstance(found, dict):
        return None
    return next((word for word in STEP_KINDS if word in found), None)


AnyStep = Annotated[
    Annotated[SearchStep, Tag("search")]
    | Annotated[GetStep, Tag("get")]
    | Annotated[CreateStep, Tag("create")]
    | Annotated[UpdateStep, Tag("update")]
    | Annotated[AppendStep, Tag("append")]
    | Annotated[SectionStep, Tag("update_section")]
    | Annotated[CommentStep, Tag("comment")]
    | Annotated[ReplyStep, Tag("reply")]
    | Annotated[LabelStep, Tag("label")]
    | Annotated[AttachStep, Tag("attach")]
    | Annotated[MoveStep, Tag("move")]
    | Annotated[CopyStep, Tag("copy")]
    | Annotated[RestrictStep, Tag("restrict")]
    | Annotated[WatchStep, Tag("watch")]
    | Annotated[ListSpacesStep, Tag("list_spaces")]
    | Annotated[ChildrenStep, Tag("children")]
    | Annotated[CommentsStep, Tag("comments")]
    | Annotated[SectionsStep, Tag("sections")]
    | Annotated[VersionsStep, Tag("versions")]
    | Annotated[DiffStep, Tag("diff")]
    | Annotated[TrashStep, Tag("trash")]
    | Annotated[RestoreStep, Tag("restore")]
    | Annotated[HttpStep, Tag("http")]
    | Annotated[AskStep, Tag("ask")]
    | Annotated[AskVariablesStep, Tag("ask_variables")]
    | Annotated[LetStep, Tag("let")]
    | Annotated[FailStep, Tag("fail")]
    | Annotated[ForEachStep, Tag("for_each")]
    | Annotated[WhenStep, Tag("steps")],
    Discriminator(_kind_of),
]


class Credentials(StrEnum):
    """Whose connection a template asks to run under; the tenant's policy decides."""

    OWN = "own only"
    ORGANISATION = "organisation allowed"


class Policy(Part):
    """What a template asks for; without spaces or channels, all of them."""

    credentials: Credentials = Credentials.OWN
    """*organisation allowed* counts where an admin installs it."""
    spaces: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    """Keys."""
    channels: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    """Slack's ids."""


class Button(Part):
    """What to do next: another task, with entities filled, or a page to open."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    """What it says."""
    task: Slug | None = None
    """The id or the word of another task."""
    values: Annotated[dict[Name, Filled], Field(max_length=MOST_NAMED)] = Field(
        default_factory=dict
    )
    """What its entities are to hold."""
    url: Filled = ""
    """An address to open instead."""


class Card(Part):
    """A page, or anything with an address, shown with its facts."""

    title: Filled
    """Its heading."""
    url: Filled = ""
    """Where the heading leads."""
    facts: Annotated[dict[Line, Filled], Field(max_length=MOST_NAMED)] = Field(default_factory=dict)
    """By their names."""


class Answer(Part):
    """What the person reads in the end."""

    text: Markdown
    """The sentence or two that say what was done."""
    card: Card | None = None
    """What was made."""
    buttons: Annotated[tuple[Button, ...], Field(max_length=5)] = ()
    """What may come next; up to 5."""


class Category(StrEnum):
    """Under what a template stands in the catalogue."""

    WRITE = "Write"
    MEET = "Meet and decide"
    CHANGE = "Change pages"
    FIND = "Find and read"
    KEEP = "Keep order"


class ActionTemplate(Part):
    """One version of a template."""

    id: Slug
    """By this it is known, and called at first: ``weekly-report``."""
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")]
    """Three numbers; a version never changes, so that every change takes a higher one."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[^\r\n]*$")]
    """What people read in lists; up to 50 characters."""
    description: Words
    """What it is for, in a sentence or two."""
    icon: Annotated[str, StringConstraints(pattern=r"^:[a-z0-9_+\-]{1,40}:$")] = ":page_facing_up:"
    """An emoji of Slack's by its name."""
    category: Category
    """Under what it stands in the catalogue."""
    change_note: Annotated[str, StringConstraints(max_length=500)] = ""
    """What is new in this version, for whoever upgrades."""
    owner: Annotated[str, StringConstraints(max_length=100)] = ""
    """Who looks after it, in words."""
    utterances: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    """What people may say to begin it, with entities in braces: ``write about {title}``."""
    scopes: Annotated[tuple[Line, ...], Field(max_length=40)] = ()
    """The scopes that its steps take beyond those for reading; the check names them."""
    policy: Policy = Policy()
    """Under whose connection it asks to run, and where."""
    entities: Annotated[tuple[Entity, ...], Field(max_length=MOST_ENTITIES)] = ()
    """What it asks for; those of *ask* steps when these are reached, the others at first."""
    steps: Annotated[tuple[AnyStep, ...], Field(min_length=1, max_length=MOST_STEPS)]
    """What it does, one after the other; up to 50 with those inside of others."""
    preview: Markdown = ""
    """What its author says below the list of what will be written."""
    reply: Answer
    """What people read in the end."""

    def entity(self, name: str) -> Entity | None:
        """Return the entity of that name."""
        return next((entity for entity in self.entities if entity.name == name), None)

    @cached_property
    def asked_at_first(self) -> tuple[Entity, ...]:
        """The entities that no step asks for on the way."""
        later = {
            name for step in walk(self.steps) if isinstance(step, AskStep) for name in step.ask
        }
        return tuple(entity for entity in self.entities if entity.name not in later)


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Yield every step, and those inside of it, from the first to the last."""
    for step in steps:
        yield step
        if isinstance(step, WhenStep):
            yield from walk(step.steps)
            yield from walk(step.otherwise)
        elif isinstance(step, ForEachStep):
            yield from walk(step.steps)


def in_words(name: str) -> str:
    """Return an entity's name as people read it: ``contentTitle`` is Content title."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").lower()
    return spaced[:1].upper() + spaced[1:]


def is_slug(word: str) -> bool:
    """Tell whether *word* may be a template's id, or what a task is called by."""
    return len(word) <= LONGEST_SLUG and _SLUG.fullmatch(word) is not None


def order_of(version: str) -> tuple[int, ...]:
    """Return by what versions are ordered."""
    return tuple(int(number) for number in version.split("."))
