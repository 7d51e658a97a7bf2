"""A run that dies at any moment, and whoever takes it up: each step once, and always an end."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.course import TakenUp
from bot.dialog import Fate, Phase
from bot.errors import Unclear
from tests.bot.steps_stage import SPACE, Bench, page_value, template_of
from tests.fakes import page

FIVE = """
entities:
  - {name: title, type: text, prompt: What is it called?}
  - {name: space, type: space, prompt: Which space?}
  - {name: page, type: page, prompt: Which page?}
steps:
  - id: made
    create: {space: "{{ space }}", title: "{{ title }}", body: "About {{ title }}"}
  - append: {page: "{{ page }}", body: "See {{ title }}."}
  - label: {page: "{{ made }}", add: [decision]}
  - comment: {page: "{{ page }}", body: "There is {{ title }} now."}
  - watch: {page: "{{ page }}"}
"""
ANSWERS = {"title": "Use Mongo", "space": SPACE, "page": page_value()}
WRITES = frozenset(
    {
        *("create_draft", "publish_draft", "append", "add_labels", "add_comment", "watch"),
        *("replace", "claim", "take_up"),
    }
)


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """Something that may be the last that a process does: before or after its *last* write."""

    writes = WRITES

    def __init__(self, inner, fate):
        self._inner, self._fate = inner, fate

    def __getattr__(self, name):
        method = getattr(self._inner, name)
        if name not in self.writes:
            return method

        async def mortal(*args, **how):
            self._fate.one_more()
            answer = await method(*args, **how)
            self._fate.one_more()
            return answer

        return mortal


class Life:
    """Counts moments, and ends at one of them."""

    def __init__(self, last=None):
        self.moments, self.last = 0, last

    def one_more(self):
        self.moments += 1
        if self.moments == self.last:
            raise Killed


async def opened():
    bench = await Bench().open()
    bench.confluence.add(page())
    return bench


def dying(bench, life, kind=Mortal):
    receipts = bench.stores.receipts
    bench.stores = replace(bench.stores, receipts=kind(receipts, life))
    try:
        return bench.engine_of(kind(bench.confluence, life), kind(bench.dialogs, life))
    finally:
        bench.stores = replace(bench.stores, receipts=receipts)


def held(bench):
    """Tell what stands in Confluence: pages made, additions, comments, labels."""
    made = [each for key, each in bench.confluence.pages.items() if key != "1"]
    current = [each for each in made if each.page.status == "current"]
    added = bench.confluence.pages["1"].page.version - 1
    labels = [label for each in bench.confluence.labels.values() for label in each]
    return len(current), added, len(bench.confluence.comments), labels


async def finished(bench, template):
    """Go on as another process, and as a person who looks before they say what became of it."""
    engine = bench.engine_of()
    for _ in range(20):
        dialog = await bench.kept()
        if dialog.phase.is_final:
            return dialog
        bench.clock.pass_by(seconds=61)
        if dialog.phase is Phase.UNCLEAR:
            [record] = [each for each in dialog.journal if each.fate is Fate.UNCLEAR]
            verdict = "done" if bench.confluence.comments else "do it"
            await engine.verdict(dialog, template, None, (record.key, verdict))
        elif dialog.phase is Phase.CONFIRMING:
            await engine.advance(await bench.confirm(), template, None)
        elif dialog.phase is Phase.RUNNING:
            await engine.settle(dialog, template, None)
        else:
            await engine.advance(dialog, template, None)
    raise AssertionError("it never ends")


async def lived(last=None):
    """Run until the process dies, and return what is left."""
    bench, template, life = await opened(), template_of(FIVE), Life(last)
    await bench.engine.advance(await bench.begin(template, **ANSWERS), template, None)
    dialog = await bench.confirm()
    engine = dying(bench, life)
    try:
        await engine.advance(dialog, template, None)
    except Killed:
        return bench, template, False
    return bench, template, life.moments


MOMENTS = asyncio.run(lived())[2]


def test_there_are_as_many_moments_as_two_for_each_write():
    assert MOMENTS >= 40


@pytest.mark.parametrize("last", range(1, MOMENTS + 1))
async def test_killed_at_any_moment_each_step_is_done_once(last):
    bench, template, survived = await lived(last)
    assert survived is False
    done = await finished(bench, template)
    assert (done.phase, done.failure) == (Phase.DONE, "")
    assert held(bench) == (1, 1, 1, ["decision"])
    assert [each.fate for each in done.journal] == [Fate.DONE] * 5


@pytest.mark.parametrize("last", range(1, MOMENTS + 1, 3))
async def test_killed_twice_each_step_is_done_once(last):
    bench, template, _ = await lived(last)
    bench.clock.pass_by(seconds=61)
    dialog = await bench.kept()
    if dialog.phase is Phase.RUNNING:
        with suppress(Killed):
            await dying(bench, Life(3)).settle(dialog, template, None)
    done = await finished(bench, template)
    assert done.phase is Phase.DONE
    assert held(bench) == (1, 1, 1, ["decision"])


async def test_two_who_go_on_at_once_write_once():
    bench, template = await opened(), template_of(FIVE)
    await bench.engine.advance(await bench.begin(template, **ANSWERS), template, None)
    dialog = await bench.confirm()
    engines = [bench.engine_of() for _ in range(2)]
    ends = await asyncio.gather(
        *(engine.advance(dialog, template, None) for engine in engines), return_exceptions=True
    )
    assert [type(each) for each in ends].count(TakenUp) == 1
    assert held(bench) == (1, 1, 1, ["decision"])
    assert (await bench.kept()).phase is Phase.DONE


async def test_a_write_that_somebody_is_at_is_left_alone():
    bench, template, _ = await lived(12)
    dialog = await bench.kept()
    assert any(each.fate is Fate.SENT for each in dialog.journal)
    with pytest.raises(TakenUp):
        await bench.engine_of().settle(dialog, template, None)


async def test_a_comment_that_went_unanswered_is_asked_about_and_never_repeated():
    bench, template = await opened(), template_of(FIVE)
    bench.confluence.fails_after["add_comment"] = Unclear("Confluence")
    dialog = await bench.run(template, **ANSWERS)
    assert dialog.phase is Phase.UNCLEAR
    [record] = [each for each in dialog.journal if each.fate is Fate.UNCLEAR]
    assert record.url == page().url
    assert await bench.engine.advance(dialog, template, None) == dialog
    done = await bench.engine.verdict(dialog, template, None, (record.key, "done"))
    assert done.phase is Phase.DONE
    assert held(bench) == (1, 1, 1, ["decision"])


async def test_stopped_at_what_is_unclear_the_rest_stays_undone():
    bench, template = await opened(), template_of(FIVE)
    bench.confluence.fails["add_comment"] = Unclear("Confluence")
    dialog = await bench.run(template, **ANSWERS)
    stopped = await bench.engine.verdict(dialog, template, None, ("3", "stop"))
    assert stopped.phase is Phase.FAILED
    assert bench.confluence.watched == set()
    assert [each.fate for each in stopped.journal] == [Fate.DONE] * 3 + [Fate.UNCLEAR]


async def test_what_wasnt_done_is_done_once_its_person_says_so():
    bench, template = await opened(), template_of(FIVE)
    bench.confluence.fails["add_comment"] = Unclear("Confluence")
    dialog = await bench.run(template, **ANSWERS)
    bench.confluence.fails.clear()
    bench.clock.pass_by(seconds=60)
    done = await bench.engine.verdict(dialog, template, None, ("3", "do it"))
    assert done.phase is Phase.DONE
    assert held(bench) == (1, 1, 1, ["decision"])
    with pytest.raises(TakenUp):  # pressed once more, on what stood before
        await bench.engine.verdict(dialog, template, None, ("3", "do it"))
    assert held(bench) == (1, 1, 1, ["decision"])
