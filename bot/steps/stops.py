"""Where a run stops, and what is kept of that for whoever goes on with it."""

from dataclasses import replace

from bot.dialog import Dialog, Fate, Phase, Plan, PlanId, Write
from bot.errors import BotError, ConsentRequired, QuotaSpent, Unavailable
from bot.principal import Tenant, mint_token
from bot.receipt import DecisionId
from bot.steps import saying
from bot.steps.book import Book
from bot.steps.contents import contents_of
from bot.steps.ending import preview_of, reply_of
from bot.steps.walk import Walk
from bot.written import NOTHING


async def confirm(course: Walk, *, more: bool) -> Dialog:
    """Keep the plan to be confirmed; the same plan keeps its id."""
    facts, book = course.writes, course.book
    before = book.now.plan if book.now.phase is Phase.CONFIRMING else None
    plan = Plan(
        PlanId(mint_token(course.hands.principal.tenant)),
        tuple(course.planned.writes),
        facts.account.name,
        facts.account.id,
        facts.site.cloud_id,
        facts.site.name,
        facts.is_lent,
        facts.asker,
        more,
        preview_of(course.template, course.names),
        contents_of(course.planned.puts),
    )
    if before is not None and _is_same(before, plan):
        plan = replace(plan, id=before.id, writes=before.writes)
    said = reply_of(course.template, course.names) if book.now.is_trial else NOTHING
    return await book.save(
        phase=Phase.CONFIRMING, plan=plan, said=said, failure="", is_told=_is_at_it(book)
    )


async def ask(book: Book) -> Dialog:
    """Keep that something is asked for."""
    if book.now == book.kept and book.kept.phase is Phase.ASKING:
        return book.kept
    return await book.save(phase=Phase.ASKING, failure="", is_told=_is_at_it(book))


async def unclear(book: Book) -> Dialog:
    """Keep that its person is asked what became of a write."""
    is_unclear = any(each.fate is Fate.UNCLEAR for each in book.now.journal)
    if is_unclear and book.now.phase is not Phase.UNCLEAR:
        return await book.save(phase=Phase.UNCLEAR, is_told=False)
    return book.kept


async def fail(book: Book, error: BotError) -> Dialog:
    """Keep that it ended, and why."""
    return await book.save(phase=Phase.FAILED, failure=str(error), is_told=False)


async def park(book: Book, cause: BotError) -> Dialog:
    """Have the rest of what was confirmed confirmed once more: nothing of it was sent.

    Where nothing is left of it, the run ends there, and can be gone on with.

    Raises:
        ConsentRequired: the *cause*, where it waits for its person to connect.
    """
    now = book.now
    rest = tuple(each for each in _latest(now.confirmed) if not _is_done(now, each))
    if not rest or now.plan is None:
        ended = isinstance(cause, ConsentRequired)
        words = saying.WRITTEN_AND_ENDED if ended else saying.WRITTEN_SO_FAR
        return await book.save(phase=Phase.FAILED, failure=words, is_told=False)
    tenant = now.principal.tenant
    writes = tuple(anew(each, each.key) for each in rest)
    plan = replace(now.plan, id=PlanId(mint_token(tenant)), writes=writes)
    kept = await book.save(
        phase=Phase.CONFIRMING,
        plan=plan,
        confirmed=(),
        failure=_words_of(cause),
        is_told=False,
    )
    if isinstance(cause, ConsentRequired):
        raise cause
    return kept


def _is_at_it(book: Book) -> bool:
    """Tell whether a turn of its person's led there, and not a run that they only wait for."""
    return book.kept.phase is not Phase.RUNNING


def _latest(confirmed: tuple[Write, ...]) -> tuple[Write, ...]:
    """Return of each key what was confirmed last, in their order."""
    return tuple({each.key: each for each in confirmed}.values())


def _is_done(dialog: Dialog, write: Write) -> bool:
    record = dialog.record(write.key)
    return record is not None and record.fate is Fate.DONE


def anew(write: Write, key: str) -> Write:
    """Return *write* under a decision of its own, if it is the one at *key*."""
    if write.key != key or write.decision is None:
        return write
    tenant = write.decision.partition(".")[0]
    return replace(write, decision=DecisionId(mint_token(Tenant(tenant))))


def _is_same(before: Plan, now: Plan) -> bool:
    """Tell whether it would be the same to confirm either."""
    held = [[(each.key, each.digest) for each in plan.writes] for plan in (before, now)]
    return held[0] == held[1] and replace(before, id=now.id, writes=now.writes) == now


def _words_of(cause: BotError) -> str:
    match cause:
        case QuotaSpent():
            return saying.SPENT
        case Unavailable():
            return saying.NOT_ANSWERING.format(who=cause.provider)
        case ConsentRequired():
            return saying.CONSENT
        case _:
            return saying.NOT_SENT
