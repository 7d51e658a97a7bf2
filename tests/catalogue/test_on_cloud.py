"""Every template of the catalogue, on Cloud, in each way."""

import pytest
import pytest_asyncio

from bot.catalogue import read_shipped
from sandbox.person import words
from tests.catalogue.cases import CASES, CLOUD, WAYS
from tests.catalogue.proof import needed, prepared, prove
from tests.catalogue.runs import Runs
from tests.stage import staged

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs():
    async with staged(person_points=1_000_000) as stage:
        made = Runs(stage, CLOUD)
        await made.install(read_shipped())
        await made.consent_to_all()
        yield made


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_it_does_what_it_says(runs, case, way):
    await prove(runs, case, way)


async def test_labels_are_taken_off_again(runs):
    await needed(runs, "Marked", "<p>x</p>")
    await runs.line("label-pages", {"pages": "Marked", "add": "new, newer"})
    run = await runs.line("label-pages", {"pages": "Marked", "remove": "new"})

    assert run.writes == {"DELETE rest/api/content/{id}/label": 1}
    [page] = await runs.pages(title="Marked")
    assert page["labels"] == ["newer"]


async def test_nothing_to_give_and_nothing_to_take_off_is_told(runs):
    await needed(runs, "Unmarked", "<p>x</p>")
    run = await runs.line("label-pages", {"pages": "Unmarked"})

    assert "You named no label to give and none to take off" in run.end
    assert not run.writes


async def test_what_is_not_there_is_told(runs):
    run = await runs.line("find-and-read", {"words": "xyzzy"})

    assert "I found nothing about “xyzzy”" in run.end


async def test_a_button_leads_on_with_what_was_made(runs):
    run = await runs.line("quick-note", {"note": "Leads on", "space": "ENG"})
    assert run.buttons["Add to it"]["t"] == "append-to-page"

    await runs.begin_next("Add to it")
    form = words(await runs.ada.modal())
    assert "*Page*: Leads on" in form
    assert "What shall be added?" in form


async def test_a_button_leads_on_with_all_that_was_found(runs):
    run = await runs.line("stale-pages", {"space": "OPS"})
    assert len(run.buttons["Label them"]["k"]["pages"].splitlines()) == 3

    await runs.begin_next("Label them")
    assert "*Pages*: Fax gateway, Telex directory, Paper archive" in words(await runs.ada.modal())


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_trial_shows_all_and_writes_nothing(runs, case):
    case = case.of("trial")
    await prepared(runs, case)
    named = {each.template.id: each.template.name for each in read_shipped()}
    run = await runs.trial(named[case.task], case.answers)

    if case.writes:
        assert "This was a trial: nothing was written, and nothing will be." in run.end
        assert "This would be written" in run.end
        for words_ in case.previews:
            assert words_ in run.end
    else:
        assert case.shows[0] in run.end
    assert not run.writes


async def test_what_was_found_is_offered_whole(runs):
    for number in range(4):
        await needed(runs, f"Changed by me this week, page number {number}", "<p>x</p>")
    began = await runs.ada.says("report on my week in ENG")
    await runs.stage.quiet()

    asked = words((await runs.ada.thread(began))[-1])
    assert "What did you get done?" in asked
    for number in range(4):
        assert f"Changed by me this week, page number {number}" in asked
