"""A trial of a template, and what stays of it."""

import pytest

from tests.handlers.dialog_stage import NOTE, Runner, source_of


@pytest.fixture
async def ada(stage):
    await stage.connect_to_write()
    return Runner(stage)


async def test_a_trial_that_came_to_its_end_is_not_among_what_waits(ada):
    await ada.types("templates")
    await ada.presses("template_bring")
    await ada.saves({"source": {"source": source_of("jot-down", NOTE)}})
    await ada.presses("template_try")
    assert "This was a trial" in await ada.sends(Space="ENG", Title="Trial", Body="Text")
    await ada.person.closes(everything=True)

    assert "No dialog of yours is open." in await ada.types("resume")


async def test_a_trial_that_only_reads_leads_back_to_its_template(ada):
    await ada.types("templates search-pages")
    await ada.presses("template_details")
    await ada.presses("template_try")
    assert "This was a trial: nothing was written" in await ada.sends(Words="release")
    await ada.person.closes()
    await ada.person.closes()
    assert "It asks for" in await ada.sees()
