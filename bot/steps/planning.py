"""What a step that writes would write, as far as it is known now."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from bot.act import Acting
from bot.connection import Need
from bot.content import Comment, CommentId, ContentKind, Operation, file_name
from bot.document import Document
from bot.documents import text_of
from bot.entities import read_label
from bot.errors import BadInput, NotAllowed
from bot.steps import page_planning, saying
from bot.steps import place_writings as places
from bot.steps import small_writings as small
from bot.steps import talk_writings as talk
from bot.steps.calls import call_of
from bot.steps.page_planning import page_only, require_free, text_for, title_of
from bot.steps.plot import Plot
from bot.steps.things import texts_in
from bot.steps.writing import Writing
from bot.template import (
    AppendStep,
    AttachStep,
    CommentStep,
    CopyStep,
    CreateStep,
    HttpStep,
    LabelStep,
    MoveStep,
    ReplyStep,
    RestoreStep,
    RestrictStep,
    SectionStep,
    Step,
    TrashStep,
    UpdateStep,
    WatchStep,
)
from bot.things import made_thing
from bot.values import Thing, Value, text_of_value

MOST_GIVEN: Final = 50
TOO_MANY: Final = (
    "There are {count:,} labels, people or groups for one step, and {most} are the most. Nothing "
    "was written: choose fewer."
)
BELOW_ITSELF: Final = (
    "{title} can't go below itself. Nothing was written: choose another page for it to go below."
)
NO_LABELS: Final = "There is no label to give or to take off. Nothing was written: give one."


async def plan(step: Step, plot: Plot) -> Writing:
    """Return what *step* would write.

    Raises:
        NotYet: that depends on what a planned write will bring.
        UserError: it can't be written; says why in words.
    """
    return await _PLANS[type(step)](step, plot)


async def _comment(step: CommentStep, plot: Plot) -> Writing:
    target = await plot.target(step.comment.page)
    body = await text_for(plot, step.comment.body, target)
    return talk.Commenting(target, await plot.page(target), body, _plain(body))


async def _reply(step: ReplyStep, plot: Plot) -> Writing:
    target = await plot.target(step.reply.page)
    body = await text_for(plot, step.reply.body, target)
    comment = await _find_comment(plot, plot.names.value(step.reply.comment))
    if comment.page_id and target.head is not None and comment.page_id != target.head.id:
        raise BadInput("That comment is on another page. Nothing was written: choose another.")
    said = _plain(comment.text)
    page = await plot.page(target)
    by = comment.author.name
    return talk.Replying(target, page, body, _plain(body), comment.id, said, by)


async def _find_comment(plot: Plot, value: Value) -> Comment:
    held = value.fields.get("id") if isinstance(value, Thing) else text_of_value(value)
    comment = str(held or "").strip()
    if not (comment.isascii() and comment.isalnum()):
        raise BadInput("That is no comment that can be answered. Nothing was written: choose one.")

    async def look(acting: Acting) -> Comment:
        return await plot.lookup.hands.tools.confluence.get_comment(
            acting.connection, acting.site, CommentId(comment)
        )

    return await plot.lookup.hands.run(Need.READ_COMMENTS, look)


def _plain(body: Document) -> str:
    return " ".join(text_of(body).split())[:2_000]


async def _label(step: LabelStep, plot: Plot) -> Writing:
    target = await plot.target(step.label.page)
    add, remove = (_labels(plot, given) for given in (step.label.add, step.label.remove))
    if not (add or remove):
        raise BadInput(NO_LABELS)
    _require_few([*add, *remove])
    return small.Labelling(target, await plot.page(target), add, remove)


def _labels(plot: Plot, sources: tuple[str, ...]) -> tuple[str, ...]:
    """Return labels as Confluence keeps them, each once. Raises ``WrongAnswer``."""
    words = (word for each in sources for word in texts_in(plot.names.value(each)))
    return tuple(dict.fromkeys(map(read_label, words)))


async def _attach(step: AttachStep, plot: Plot) -> Writing:
    target = await plot.target(step.attach.page)
    value = plot.names.value(step.attach.file)
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    file = value.fields.get("file") if isinstance(value, Thing) else None
    if not isinstance(value, Thing) or not isinstance(file, str) or file not in plot.files:
        raise NotAllowed(saying.NOT_YOUR_FILE)
    size = value.fields.get("size")
    known = size if isinstance(size, int) else 0
    return small.Attaching(target, await plot.page(target), file, file_name(value.label), known)


async def _move(step: MoveStep, plot: Plot) -> Writing:
    target = page_only(await plot.target(step.move.page), "move")
    parent = page_only(await plot.target(step.move.parent), "below")
    if target.name == parent.name:
        raise BadInput(BELOW_ITSELF.format(title=saying.named(target.title)))
    return places.Moving(target, await plot.page(target), parent)


async def _copy(step: CopyStep, plot: Plot) -> Writing:
    wanted = step.copy_page
    target = page_only(await plot.target(wanted.page), "copy")
    parent = page_only(await plot.target(wanted.parent), "below")
    title = title_of(plot.names.text(wanted.title))
    site = plot.facts.site
    copy = made_thing(title, ContentKind.PAGE, site, parent.space, made_by=plot.key)
    if parent.space is not None:
        await require_free(plot, parent.space, title, ContentKind.PAGE)
    is_whole = plot.facts.connection.provider.copies_whole
    return places.Copying(target, await plot.page(target), parent, title, copy, is_whole)


async def _restrict(step: RestrictStep, plot: Plot) -> Writing:
    wanted, lookup = step.restrict, plot.lookup
    target = await plot.target(wanted.page)
    persons = _all(plot, wanted.people)
    named = [word for each in _all(plot, wanted.groups) for word in texts_in(each)]
    _require_few([*persons, *named])
    people = [await lookup.account(each) for each in persons]
    groups = [await lookup.group(word) for word in named]
    page = await plot.page(target)
    operation: Operation = wanted.operation
    own = plot.facts.account.name if plot.facts.is_lent else "you"
    return small.Restricting(target, page, operation, tuple(people), tuple(groups), own)


def _all(plot: Plot, sources: tuple[str, ...]) -> list[Value]:
    found: list[Value] = []
    for source in sources:
        value = plot.names.value(source)
        found += value if isinstance(value, tuple) else [value]
    return [each for each in found if each not in {None, ""}]


def _require_few(given: Sequence[object]) -> None:
    if len(given) > MOST_GIVEN:
        raise BadInput(TOO_MANY.format(count=len(given), most=MOST_GIVEN))


async def _watch(step: WatchStep, plot: Plot) -> Writing:
    target = await plot.target(step.watch.page)
    return small.Watching(target, await plot.page(target), step.watch.on)


async def _trash(step: TrashStep, plot: Plot) -> Writing:
    target = await plot.target(step.trash.page)
    return places.Trashing(target, await plot.page(target), plot.base(target))


async def _http(step: HttpStep, plot: Plot) -> Writing:
    if not plot.terms.may_call:
        raise NotAllowed(saying.NO_CALLS)
    return small.Calling(call_of(step, plot.names), step.http.does or "")


_PLANS: Final[Mapping[type[Step], Callable[[Any, Plot], Awaitable[Writing]]]] = {
    CreateStep: page_planning.create,
    UpdateStep: page_planning.update,
    AppendStep: page_planning.append,
    SectionStep: page_planning.section,
    CommentStep: _comment,
    ReplyStep: _reply,
    LabelStep: _label,
    AttachStep: _attach,
    MoveStep: _move,
    CopyStep: _copy,
    RestrictStep: _restrict,
    WatchStep: _watch,
    TrashStep: _trash,
    RestoreStep: page_planning.restore,
    HttpStep: _http,
}
