"""A taking back that dies at any moment, or is pressed twice: once, and always to an end."""

import asyncio
from dataclasses import replace

import pytest

from bot.content import PageId, Restriction
from bot.course import TakenUp
from bot.dialog import Phase
from bot.errors import Changed, ConsentRequired, NotAllowed, Unavailable
from bot.steps import stays, writes_of
from tests.bot.steps_stage import UNDO_FOR, Bench, template_of
from tests.bot.test_steps_killed import Killed, Life, Mortal, dying
from tests.fakes import ADA, page

SEVEN = """
steps:
  - create: {space: ENG, title: New, body: Hello.}
  - append: {page: "1", body: More.}
  - label: {page: "1", add: [seen]}
  - restrict: {page: "1"}
  - move: {page: "3", parent: "2"}
  - comment: {page: "1", body: Well done.}
  - trash: {page: "2"}
"""


class TakingBack(Mortal):
    """The same, of what taking back writes."""

    writes = frozenset(
        {
            *("trash_page", "restore_version", "remove_label", "restrict", "move_page"),
            *("delete_comment", "restore_page", "replace", "take_up"),
        }
    )


async def run():
    """Have everything written."""
    bench, template = await Bench().open(), template_of(SEVEN)
    bench.confluence.add(page())
    bench.confluence.add(page(2, "Archive"))
    bench.confluence.add(replace(page(3, "Child"), parent_id=PageId("1")))
    before = stand(bench)
    done = await bench.run(template)
    assert done.phase is Phase.DONE, done.failure
    assert stand(bench) != before
    bench.confluence.asked.clear()
    return bench, template, before


def stand(bench):
    """Tell what stands in Confluence; of a page's text how long it is."""
    site = bench.confluence
    pages = {
        (each.page.title, each.page.parent_id, len(each.document.blocks))
        for each in site.pages.values()
        if each.page.status == "current"
    }
    alone = [each for held in site.restrictions.values() for each in held.values()]
    restricted = [each for each in alone if each != Restriction()]
    labels = [label for each in site.labels.values() for label in each]
    return pages, labels, restricted, len(site.comments)


def times(bench):
    """Tell how often each was done that would be seen if it were done twice."""
    site = bench.confluence
    return site.pages["1"].page.version, site.pages["2"].page.version


async def left(last=None):
    """Have the process die over taking back, and return what is left."""
    bench, template, before = await run()
    life = Life(last)
    try:
        await dying(bench, life, TakingBack).undo(await bench.kept(), template, None)
    except Killed:
        return bench, template, before
    return life.moments


MOMENTS = asyncio.run(left())


def test_there_are_as_many_moments_as_two_for_each_write():
    assert MOMENTS >= 30


@pytest.mark.parametrize("last", range(1, MOMENTS + 1))
async def test_killed_at_any_moment_all_is_taken_back_once(last):
    bench, template, before = await left(last)
    dialog = await bench.kept()
    if last == 1:  # whoever asked for it asks again
        assert dialog.undo_asked is None
        ended = await bench.engine_of().undo(dialog, template, None)
    else:
        assert (dialog.undo_asked is None) == (last == MOMENTS)
        bench.clock.pass_by(seconds=61 if last % 2 else UNDO_FOR.total_seconds())
        ended = await bench.engine_of().settle(dialog, template, None)
        assert ended.undo_asked is None
    assert [each.code for each in ended.journal if not each.is_undone] == []
    assert stand(bench) == before
    assert times(bench) == (3, 2)


@pytest.mark.parametrize("last", range(3, MOMENTS + 1, 4))
async def test_what_is_pressed_again_while_it_goes_on_is_left_to_who_is_at_it(last):
    bench, template, before = await left(last)
    dialog = await bench.kept()
    if dialog.undo_asked is None:
        assert await bench.engine_of().undo(dialog, template, None) == dialog
        return
    for does in (bench.engine_of().undo, bench.engine_of().settle):
        with pytest.raises(TakenUp):
            await does(dialog, template, None)
    bench.clock.pass_by(seconds=61)
    await bench.engine_of().undo(dialog, template, None)
    assert stand(bench) == before


async def test_two_who_take_it_back_at_once_do_it_once():
    bench, template, before = await run()
    dialog = await bench.kept()
    ends = await asyncio.gather(
        *(bench.engine_of().undo(dialog, template, None) for _ in range(2)),
        return_exceptions=True,
    )
    assert [type(each) for each in ends].count(TakenUp) == 1
    assert stand(bench) == before
    assert times(bench) == (3, 2)


async def test_what_isnt_taken_back_for_long_stays_and_it_is_said():
    bench, template, _ = await left(3)
    bench.confluence.fails["restore_page"] = Unavailable("Confluence")
    bench.clock.pass_by(seconds=61)
    with pytest.raises(Unavailable):
        await bench.engine_of().settle(await bench.kept(), template, None)
    bench.clock.pass_by(minutes=10)
    ended = await bench.engine_of().settle(await bench.kept(), template, None)
    assert (ended.undo_asked, ended.is_told) == (None, False)
    assert {stays(each) for each in writes_of(ended)} == {"it stays: Confluence wasn't answering"}
    with pytest.raises(NotAllowed):
        await bench.engine_of().undo(ended, template, None)


async def test_who_has_disconnected_meanwhile_is_told_that_the_rest_stays():
    bench, template, _ = await left(3)
    await bench.stores.connections.remove(ADA, "system")
    bench.clock.pass_by(seconds=61)
    ended = await bench.engine_of().settle(await bench.kept(), template, None)
    assert ended.undo_asked is None
    assert "connect again" in stays(writes_of(ended)[0])


@pytest.mark.parametrize("error", [Unavailable("Confluence"), ConsentRequired("system")])
async def test_who_hears_that_it_didnt_work_can_press_again(error):
    bench, template, before = await run()
    bench.confluence.fails["delete_comment"] = error
    with pytest.raises(type(error)):
        await bench.engine.undo(await bench.kept(), template, None)
    assert (await bench.kept()).undo_asked is None
    bench.confluence.fails.clear()
    await bench.engine.undo(await bench.kept(), template, None)
    assert stand(bench) == before


async def test_of_what_was_partly_taken_back_the_rest_can_be_tried_again():
    bench, template, before = await run()
    bench.confluence.fails["remove_label"] = Changed("no")
    first = await bench.engine.undo(await bench.kept(), template, None)
    assert [each.key for each in writes_of(first) if not each.is_undone] == ["2"]
    bench.confluence.fails.clear()
    await bench.engine.undo(first, template, None)
    assert stand(bench) == before
