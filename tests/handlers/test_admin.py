"""The admin's modal, from the word to every page, in the whole bot."""

import pytest

from sandbox.person import words
from tests.stage import staged

PAGES = (
    ("admin_authorization", "Whose consent is used"),
    ("admin_profiles", "System"),
    ("admin_policy", "To read and search"),
    ("admin_people", "Who may write pages"),
    ("admin_connections", "Connections"),
    ("admin_audit", "Nothing was recorded yet"),
    ("admin_keys", "Nothing is sealed here"),
)


async def opened(stage, user="U0ADA"):
    person = stage.person(user)
    await person.types("/confluence admin")
    await stage.quiet()
    return person


async def seen(person):
    return words(await person.modal())


@pytest.mark.parametrize(("action", "said"), PAGES)
async def test_every_page_is_a_press_away_and_leads_back(stage, action, said):
    ada = await opened(stage)
    assert "available" in await seen(ada)
    await ada.presses(action)
    await stage.quiet()
    assert said in await seen(ada)
    await ada.presses("admin_root")
    await stage.quiet()
    assert "available" in await seen(ada)
