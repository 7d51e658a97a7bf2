"""Any run, under any faults, deaths and repeats: nothing twice, nothing lost, always an end."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from bot.dialog import Fate, Phase
from bot.errors import BotError, ConsentRequired, NotAllowed, Unavailable, Unclear
from tests.bot.steps_stage import Bench, template_of
from tests.bot.test_steps_killed import Killed, Life, dying
from tests.fakes import page

STEPS = {
    "create": "create: {space: ENG, title: T%d, body: Hello.}",
    "append": 'append: {page: "1", body: "added-%d."}',
    "update": 'update: {page: "2", body: "body-%d."}',
    "comment": 'comment: {page: "1", body: "said-%d."}',
    "label": 'label: {page: "1", add: [l%d]}',
    "watch": 'watch: {page: "1"}',
    "get": 'get: {page: "1"}',
    "search": "search: {text: x%d}",
}
METHODS = {
    "create": ("create_draft", "publish_draft"),
    "append": ("append",),
    "update": ("update_page",),
    "comment": ("add_comment",),
    "label": ("add_labels", "list_labels"),
    "watch": ("watch",),
    "get": ("get_page", "get_page_head"),
    "search": ("search",),
}
READS = {"list_labels", "get_page", "get_page_head", "search"}
ERRORS = (
    Unavailable("Confluence"),
    Unclear("Confluence"),
    NotAllowed("You may not."),
    ConsentRequired("system"),
)
MOMENT = some.tuples(
    some.sampled_from(["fails after", "dies", "fails", "two at once", "goes on"]),
    some.integers(0, 40),
    some.sampled_from(ERRORS),
)


class Run:
    """One run of some steps, and a person who looks before they say what became of something."""

    def __init__(self, words):
        steps = [STEPS[word] for word in words]
        lines = [step % number if "%" in step else step for number, step in enumerate(steps)]
        self.words = words
        self.template = template_of("steps:\n" + "".join(f"  - {line}\n" for line in lines))
        self.refused = False

    async def open(self):
        self.bench = await Bench().open()
        self.bench.confluence.add(page())
        self.bench.confluence.add(page(2, "Two"))
        await self.bench.begin(self.template)
        return self

    async def moment(self, kind, number, error):
        confluence = self.bench.confluence
        methods = [each for word in self.words for each in METHODS[word]]
        method = methods[number % len(methods)]
        confluence.fails.clear()
        confluence.fails_after.clear()
        if kind == "fails":
            confluence.fails[method] = error
        elif kind == "fails after" and method not in READS:
            confluence.fails_after[method] = Unclear("Confluence")
        engines = [self.bench.engine_of()] * (2 if kind == "two at once" else 1)
        if kind == "dies":
            engines = [dying(self.bench, Life(number + 1))]
        await asyncio.gather(*map(self.go_on, engines))

    async def go_on(self, engine):
        dialog = await self.bench.kept()
        with suppress(BotError, Killed):
            await self._go_on(engine, dialog)
        self.bench.clock.pass_by(seconds=61)

    async def _go_on(self, engine, dialog):
        template = self.template
        match dialog.phase:
            case Phase.CONFIRMING:
                plan = dialog.plan.id
                if await self.bench.dialogs.confirm(dialog.principal, dialog.id, plan):
                    await engine.advance(await self.bench.kept(), template, None)
            case Phase.RUNNING:
                await engine.settle(dialog, template, None)
            case Phase.UNCLEAR:
                [record] = [each for each in dialog.journal if each.fate is Fate.UNCLEAR]
                verdict = "done" if self.is_there(record) else "do it"
                await engine.verdict(dialog, template, None, (record.key, verdict))
            case Phase.FAILED:
                journal = tuple(each for each in dialog.journal if each.fate is not Fate.REFUSED)
                again = replace(dialog, phase=Phase.ASKING, journal=journal, confirmed=())
                await self.bench.dialogs.replace(dialog, again)
            case Phase.ASKING:
                await engine.advance(dialog, template, None)

    def is_there(self, record):
        number = int(record.key)
        return self.count(number) > 0

    def count(self, number):
        """Tell how often the step at that place was done; of a read it is always once."""
        confluence = self.bench.confluence
        texts = {key: str(each.document) for key, each in confluence.pages.items()}
        pages = [each.page for each in confluence.pages.values()]
        past = [str(text) for text, _ in confluence.past.get("2", {}).values()]
        done = {
            "create": [each for each in pages if _is_called(each, f"T{number}")],
            "append": texts["1"].split(f"added-{number}.")[1:],
            "update": [text for text in past if f"body-{number}." in text],
            "comment": [body for _, body in confluence.comments if f"said-{number}." in str(body)],
            "label": [each for each in confluence.labels.get("1", []) if each == f"l{number}"],
            "watch": confluence.watched,
        }
        return len(done.get(self.words[number], ["read"]))


def _is_called(head, title):
    return (head.title, head.status) == (title, "current")


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    some.lists(some.sampled_from(sorted(STEPS)), min_size=1, max_size=6),
    some.lists(MOMENT, max_size=8),
)
def test_each_step_is_done_at_most_once_and_every_run_ends(words, moments):
    asyncio.run(_lived(words, moments))


async def _lived(words, moments):
    run = await Run(words).open()
    await run.moment("goes on", 0, ERRORS[0])
    for moment in moments:
        await run.moment(*moment)
        assert all(run.count(number) <= 1 for number in range(len(words)))
    for _ in range(30):
        dialog = await run.bench.kept()
        if dialog.phase is Phase.DONE:
            break
        await run.moment("goes on", 0, ERRORS[0])
    assert dialog.phase is Phase.DONE, (dialog.phase, dialog.failure)
    assert [run.count(number) for number in range(len(words))] == [1] * len(words)
