"""Writes are done by the very account that was shown, and taken back by no other."""

import pytest

from bot.content import Account, AccountId, PageId
from bot.dialog import Fate, Phase
from bot.errors import Unclear
from bot.ports import FileContent
from bot.steps import stays
from tests.bot.steps_stage import Bench, page_value, template_of
from tests.bot.test_steps_writing import FILE, file_value, one_step
from tests.fakes import ADA, page

OTHER = Account(AccountId("other"), "Ada's other")
STEPS = {
    "comment": 'comment: {page: "1", body: "Seen."}',
    "label": 'label: {page: "1", add: [seen]}',
    "watch": 'watch: {page: "1"}',
    "trash": 'trash: {page: "1"}',
    "copy": 'copy: {page: "1", title: Twin, parent: "2"}',
}


@pytest.fixture
async def bench():
    bench = await Bench().open()
    bench.confluence.add(page())
    bench.confluence.add(page(2, "Archive"))
    return bench


async def swap(bench):
    await bench.stores.connections.remove(ADA, "system")
    await bench.open(account=OTHER)


def swapping_behind(bench, method):
    """Have another account connected as soon as *method* was called."""
    inner = getattr(bench.confluence, method)

    async def called(*args, **how):
        answer = await inner(*args, **how)
        await swap(bench)
        return answer

    setattr(bench.confluence, method, called)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
async def test_what_follows_in_a_run_isnt_written_by_another_account(bench, step):
    template = template_of(f'steps:\n  - append: {{page: "2", body: "One."}}\n  - {step}\n')
    swapping_behind(bench, "append")
    ended = await bench.run(template)
    assert ended.phase is Phase.FAILED
    assert "connected as Ada's other now" in ended.failure
    assert not bench.confluence.comments
    assert not bench.confluence.labels.get(PageId("1"))
    assert bench.confluence.pages["1"].page.status == "current"


async def test_what_may_be_out_is_settled_by_no_other_account(bench):
    template = template_of(f"steps:\n  - {STEPS['label']}\n")
    await bench.engine.advance(await bench.begin(template), template, None)
    swapping_behind(bench, "add_labels")
    bench.confluence.fails["add_labels"] = Unclear("Confluence")
    inner = bench.confluence.add_labels

    async def lost(*args, **how):
        await swap(bench)
        return await inner(*args, **how)

    bench.confluence.add_labels = lost
    ended = await bench.engine.advance(await bench.confirm(), template, None)
    assert ended.phase is Phase.UNCLEAR
    assert bench.sent("add_labels") == 1


async def test_a_file_that_may_be_out_is_looked_for_by_no_other_account(bench):
    bench.files.held["F1"] = FileContent("plan.txt", "text/plain", b"hello")
    template = one_step('attach: {page: "{{ page }}", file: "{{ file }}"}', FILE)
    begun = await bench.begin(template, page=page_value(), file=file_value())
    await bench.engine.advance(begun, template, None)
    running = await bench.confirm()
    bench.confluence.fails_after["attach"] = Unclear("Confluence")
    inner = bench.confluence.attach

    async def lost(*args, **how):
        await swap(bench)
        return await inner(*args, **how)

    bench.confluence.attach = lost
    ended = await bench.engine.advance(running, template, None)
    assert ended.phase is Phase.UNCLEAR
    assert ended.journal[0].fate is Fate.UNCLEAR


async def test_another_account_takes_nothing_back(bench):
    template = template_of(f"steps:\n  - {STEPS['label']}\n")
    await bench.run(template)
    await swap(bench)
    back = await bench.engine.undo(await bench.kept(), template, None)
    assert "another connection now" in stays(back.journal[0])
    assert bench.confluence.labels[PageId("1")]
