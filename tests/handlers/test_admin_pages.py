"""What the browser's pages say of each purpose, and of servers that aren't Atlassian's."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.profile import AuthorizationProfile, Mechanism, Provider
from handlers.browser.words import ENDS, words_for
from tests.handlers.admin_stage import ACME, Desk
from tests.stage import link_in

NAME = "The company's <wiki>"


@pytest.fixture
def desk(stage):
    return Desk(stage)


async def kept(stage, **given):
    profile = AuthorizationProfile(
        "p" * 22,
        NAME,
        Provider.DATA_CENTER,
        tenant=ACME,
        client_id="confab: custom",
        callback_url=f"{stage.bot_url}/connect/callback/{'p' * 22}",
        base_url=stage.datacenter.url,
    )
    complete = await stage.outside.consent.complete(replace(profile, **given))
    assert await stage.stores.profiles.add(complete)


async def start_page(stage, desk):
    """Open the link of the modal, and stop at its first page."""
    walked = await stage.walk(link_in(await desk.person.modal()), stop_at="/slack/openid")
    return walked["pages"][0]["text"]


async def test_a_trial_names_the_server_that_asks(stage, desk):
    await kept(stage, client_secret=SecretStr("x"))
    await desk.opens("admin_profiles")
    await desk.presses_in("admin_profile", "company")
    await desk.presses("admin_try_profile")
    said = await start_page(stage, desk)
    assert f"Try “{NAME}”" in said
    assert f"What {NAME} will ask you to allow" in said
    assert "Atlassian" not in said


@pytest.mark.parametrize(
    ("action", "given", "said"),
    [
        ("admin_type_secret", {}, f"Type the client secret of “{NAME}”"),
        ("admin_try_profile", {"mechanism": Mechanism.PAT}, "then you type what"),
    ],
)
async def test_what_is_typed_is_announced(stage, desk, action, given, said):
    await kept(stage, **given)
    await desk.opens("admin_profiles")
    await desk.presses_in("admin_profile", "company")
    await desk.presses(action)
    page = await start_page(stage, desk)
    assert said in page
    assert "ask you to allow" not in page
    assert "Atlassian" not in page


async def test_the_organisations_page_names_it(stage, desk):
    await desk.opens("admin_authorization", "admin_lend")
    await desk.saves({"name": {"name": "The robot"}})
    page = await start_page(stage, desk)
    assert "Authorize Confluence for everybody in Acme" in page
    assert "The robot" in page
    assert "Check who may see a page" in page


async def test_a_refusal_names_the_server_and_leads_back_to_administration(stage, desk):
    await desk.opens("admin_authorization", "admin_lend")
    await desk.saves({"name": {"name": "The robot"}})
    last = await desk.goes(decision="cancel")
    assert "You cancelled at Atlassian" in last["text"]
    assert "/confluence admin" in last["text"]
    assert "/confluence connect" not in last["text"]
    assert "/confluence admin" in await desk.hears()


@pytest.mark.parametrize("end", ENDS)
def test_no_end_at_another_server_speaks_of_atlassian(end):
    assert "Atlassian" not in str(words_for(end, "Wiki"))
    assert words_for(end) == ENDS[end]
