"""Runs that were left with a write under way, where nobody can look any more: they always end."""

from dataclasses import replace

import pytest

from bot.course import TakenUp
from bot.dialog import Fate, Phase
from bot.errors import ConsentRequired
from bot.rest import Called
from tests.bot.steps_stage import Bench, template_of
from tests.fakes import ADA, page

CALL = "http: {method: POST, path: /wiki/rest/x, body: {a: 1}, does: Posts}"
LABELS = 'steps:\n  - label: {page: "1", add: [seen]}\n  - watch: {page: "1"}\n'


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
async def bench():
    bench = await Bench().open()
    bench.confluence.add(page())
    return bench


async def left(bench, template):
    """Have the process die with the first write under way."""
    await bench.engine.advance(await bench.begin(template), template, None)
    bench.confluence.fails["add_labels"] = Killed()
    with pytest.raises(Killed):
        await bench.engine.advance(await bench.confirm(), template, None)
    bench.confluence.fails.clear()
    bench.clock.pass_by(seconds=61)
    return await bench.kept()


async def test_who_has_disconnected_is_asked_in_the_end(bench):
    template = template_of(LABELS)
    dialog = await left(bench, template)
    await bench.stores.connections.remove(ADA, "system")
    with pytest.raises(ConsentRequired):
        await bench.engine.settle(dialog, template, None)
    bench.clock.pass_by(minutes=10)
    ended = await bench.engine.settle(await bench.kept(), template, None)
    assert ended.phase is Phase.UNCLEAR
    assert ended.journal[-1].fate is Fate.UNCLEAR
    assert not ended.is_told


async def test_what_may_be_out_hasnt_failed_for_who_may_no_longer_write(bench):
    template = template_of(LABELS)
    dialog = await left(bench, template)
    integration = await bench.stores.integrations.find(ADA.tenant)
    policy = replace(integration.policy, is_read_only=True)
    await bench.stores.integrations.replace(integration, replace(integration, policy=policy))
    ended = await bench.engine.settle(dialog, template, None)
    assert ended.phase is Phase.UNCLEAR
    stopped = await bench.engine.verdict(ended, template, None, ("0", "stop"))
    assert stopped.phase is Phase.FAILED


@pytest.mark.parametrize("answer", ["half \ud800", {"\ud800": "a"}, {"a" * 2_000_000: "b"}])
async def test_whatever_a_call_answers_it_is_kept_that_it_was_done(bench, answer):
    template = template_of(f"steps:\n  - {CALL}\n")
    await bench.approve(template)
    bench.confluence.answers.append(Called(200, answer))
    ended = await bench.run(template)
    assert ended.phase is Phase.DONE
    assert len(ended.journal[0].result.encode()) < 70_000


async def test_nothing_is_sent_whose_answer_couldnt_be_kept(bench):
    rounds = "\n".join(map(str, range(40)))
    template = template_of(
        f"""
entities:
  - {{name: rounds, type: long text, prompt: How often?}}
steps:
  - for_each: rounds
    most: 40
    steps:
      - {CALL}
"""
    )
    await bench.approve(template)
    bench.confluence.answers = [Called(200, None, "x" * 60_000) for _ in range(40)]
    ended = await bench.run(template, rounds=rounds)
    assert ended.phase is Phase.FAILED
    assert "more than can be kept" in ended.failure
    assert all(each.fate is Fate.DONE for each in ended.journal)
    assert bench.sent("call") == len(ended.journal) < 40


async def test_a_page_that_a_slow_process_is_still_writing_is_left_to_it(bench):
    template = template_of("steps:\n  - create: {space: ENG, title: New, body: Hello.}\n")
    await bench.engine.advance(await bench.begin(template), template, None)
    bench.confluence.fails["publish_draft"] = Killed()
    with pytest.raises(Killed):
        await bench.engine.advance(await bench.confirm(), template, None)
    bench.confluence.fails.clear()
    bench.clock.pass_by(seconds=59)
    [record] = (await bench.kept()).journal
    receipt = await bench.stores.receipts.find(ADA, record.decision)
    assert await bench.stores.receipts.replace(receipt, receipt) is not None  # it goes on
    bench.clock.pass_by(seconds=2)
    with pytest.raises(TakenUp):
        await bench.engine.settle(await bench.kept(), template, None)
    bench.clock.pass_by(seconds=58)
    ended = await bench.engine.settle(await bench.kept(), template, None)
    assert ended.phase is Phase.DONE
    assert bench.sent("publish_draft") == 2
