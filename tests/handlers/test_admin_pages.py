"""What the browser's pages say of each purpose, and of servers that aren't Atlassian's."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.profile import AuthorizationProfile, Mechanism, Provider
from bot.trail import Action
from handlers.browser.words import ENDS, words_for
from tests.handlers.admin_stage import ACME, Desk
from tests.stage import link_in, staged

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


class TestTheFile:
    async def page(self, stage, desk):
        """Go as far as the page from which the file is taken."""
        await desk.opens("admin_audit", "admin_export:csv")
        link = link_in(await desk.person.modal())
        walked = await stage.walk(link, stop_at="/connect/export/")
        return walked["stopped"], walked["cookies"]

    async def taken(self, stage):
        await stage.quiet()
        rows = [each.entry async for each in stage.bot.recording.auditor.list_newest(ACME)]
        return [each for each in rows if each.action == Action.EXPORT_AUDIT]

    async def test_looking_takes_nothing_and_it_is_taken_once(self, stage, desk):
        url, cookies = await self.page(stage, desk)
        walked = await stage.walk(url, cookies=cookies, stop_at="nowhere")
        assert walked["pages"][0]["title"].startswith("The audit")
        assert walked["pages"][-1]["headers"]["Content-Disposition"].startswith("attachment")
        assert len(await self.taken(stage)) == 1
        again = await stage.walk(url, cookies=cookies)
        assert again["pages"][-1]["status"] == 410
        assert len(await self.taken(stage)) == 1

    async def test_the_address_alone_is_of_no_use(self, stage, desk):
        url, _ = await self.page(stage, desk)
        stolen = await stage.walk(url)
        assert stolen["pages"][-1]["status"] in {400, 403}
        async with stage.session.post(url, data={}) as answer:
            assert answer.status == 403
        assert await self.taken(stage) == []

    async def test_whoever_is_no_admin_any_more_takes_nothing(self, stage, desk):
        url, cookies = await self.page(stage, desk)
        stage.slack.workspace.person("U0ADA")["roles"]["T0ACME"] = "member"
        stage.slack.workspace.person("U0ADA")["role"] = "member"
        stage.forget_people()
        walked = await stage.walk(url, cookies=cookies)
        assert "Only admins can do this" in walked["pages"][-1]["text"]
        assert await self.taken(stage) == []


async def test_without_sign_in_with_slack_no_file_and_no_secret_is_handed_over():
    async with staged(slack_client_id=None, slack_client_secret=None) as stage:
        desk = Desk(stage)
        await desk.opens("admin_audit", "admin_export:csv")
        last = await desk.goes()
        assert "This can’t be done here yet" in last["text"]
