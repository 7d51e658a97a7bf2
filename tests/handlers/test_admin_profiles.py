"""Custom profiles by mouse: made, given a secret, tried, used, changed, deleted."""

from dataclasses import replace

import pytest

from bot.profile import SYSTEM, Mechanism, Provider, TokenBody
from bot.trail import Action
from sandbox.person import words
from tests.attacks.scene import press
from tests.handlers.admin_stage import ACME, ADA, BOB, Desk

SECRET = "s3cr+t/of%the:app é"


@pytest.fixture
def desk(stage):
    return Desk(stage)


async def kept(stage):
    return [each async for each in stage.stores.profiles.list_all(ACME)]


async def rows(stage):
    await stage.quiet()
    return [each.entry async for each in stage.bot.recording.auditor.list_newest(ACME)]


async def makes(desk, provider, mechanism, **typed):
    """Fill in the form of a new profile, and save it."""
    await desk.opens("admin_profiles", "admin_new_profile")
    await desk.presses("admin_profile_provider", provider)
    await desk.presses("admin_profile_mechanism", mechanism)
    return await desk.saves({name: {_action(name): value} for name, value in typed.items()})


def _action(name):
    return {"scopes_chosen": "scopes_confluence_cloud"}.get(name, name)


async def pats(stage, desk, name="Personal tokens"):
    return await makes(
        desk, "confluence_data_center", "pat", name=name, base_url=stage.datacenter.url
    )


async def token(stage, account="ada"):
    made = await stage.post("datacenter/tokens", {"account": account, "days": 30})
    return made.get("rawToken") or made["token"]


async def tried(stage, desk, name="Personal tokens"):
    """Make a profile, and try it."""
    await pats(stage, desk, name)
    await desk.presses("admin_try_profile")
    last = await desk.goes(typed={"secret": await token(stage)})
    assert "works" in last["text"]
    [profile] = [each for each in await kept(stage) if each.name == name]
    return profile


async def opens(desk, profile):
    if await desk.person.modal():
        await desk.person.closes(everything=True)
    await desk.opens("admin_profiles")
    return await desk.presses_in("admin_profile", profile.name)


class TestTheForm:
    async def test_its_fields_depend_on_provider_and_mechanism(self, desk):
        await desk.opens("admin_profiles", "admin_new_profile")

        async def fields():
            return {each.get("block_id") for each in (await desk.view())["blocks"]}

        assert {"client_id", "authorization_url", "scopes_chosen", "pkce"} <= await fields()
        assert "Callback URL" in await desk.sees()
        await desk.presses("admin_profile_mechanism", "pat")
        assert {"client_id", "token_url", "scopes_chosen"}.isdisjoint(await fields())
        assert "base_url" in await fields()
        await desk.presses("admin_profile_mechanism", "client_credentials")
        assert {"client_id", "token_url"} <= await fields()
        assert {"authorization_url", "pkce"}.isdisjoint(await fields())

    async def test_nothing_secret_is_asked_for(self, desk):
        await desk.opens("admin_profiles", "admin_new_profile")
        for mechanism in Mechanism:
            await desk.presses("admin_profile_mechanism", mechanism)
            asked = {each.get("block_id", "") for each in (await desk.view())["blocks"]}
            assert not {each for each in asked if "secret" in each or "password" in each}

    async def test_what_was_typed_outlives_another_mechanism(self, desk):
        await desk.opens("admin_profiles", "admin_new_profile")
        view = desk.stage.slack.views.top("U0ADA")
        url = "https://auth.example.com/token"
        view.values["token_url"] = {"token_url": {"type": "plain_text_input", "value": url}}
        await desk.presses("admin_profile_mechanism", "pat")
        assert url not in str((await desk.view())["blocks"])
        await desk.presses("admin_profile_mechanism", "oauth2")
        assert url in str((await desk.view())["blocks"])

    @pytest.mark.parametrize(
        ("provider", "mechanism", "typed", "said", "field"),
        [
            ("confluence_cloud", "basic", {"base_url": "https://a.example"}, "takes no pass", ""),
            ("confluence_cloud", "pat", {"base_url": "https://a.example"}, "Data Center's", ""),
            (
                "confluence_data_center",
                "pat",
                {"base_url": "https://10.0.0.7"},
                "private address",
                "base_url",
            ),
            (
                "confluence_data_center",
                "pat",
                {"base_url": "http://wiki.example.com"},
                "begin with https",
                "base_url",
            ),
            (
                "confluence_data_center",
                "pat",
                {"base_url": "https://acme.atlassian.net"},
                "on Cloud it is an API token",
                "mechanism",
            ),
            (
                "confluence_data_center",
                "oauth2",
                {"base_url": "https://acme.atlassian.net/wiki", "client_id": "c"},
                "consent, or the service account, says which",
                "base_url",
            ),
            (
                "confluence_data_center",
                "basic",
                {"base_url": "https://acme.atlassian.net"},
                "takes no passwords",
                "mechanism",
            ),
            ("confluence_cloud", "oauth2", {"client_id": " "}, "Type the client id", "client_id"),
        ],
    )
    async def test_what_cant_be_is_said_and_nothing_is_lost(
        self, stage, desk, provider, mechanism, typed, said, field
    ):
        told = await makes(desk, provider, mechanism, name="Ours", **typed)
        assert said in told
        assert await kept(stage) == []
        shown = str((await desk.view())["blocks"])
        assert "'Ours'" in shown
        assert next(iter(typed.values())).strip() in shown
        if field:
            assert told.count(said) == 2  # above, and beneath its field

    @pytest.mark.parametrize(
        ("address", "is_cloud"),
        [
            ("https://acme.atlassian.net/wiki/spaces/ENG", True),
            ("https://acme.atlassian.net.example.com", False),
            ("https://wiki.example.com/confluence", False),
        ],
    )
    async def test_the_deployment_is_recognised_from_the_address(self, desk, address, is_cloud):
        await desk.opens("admin_profiles", "admin_new_profile")
        await desk.presses("admin_profile_provider", "confluence_data_center")
        view = desk.stage.slack.views.top("U0ADA")
        view.values["base_url"] = {"base_url": {"type": "plain_text_input", "value": address}}
        said = await desk.presses("admin_profile_mechanism", "client_credentials")
        shown = (await desk.view())["blocks"]
        assert ("so this is Confluence Cloud" in said) is is_cloud
        blocks = {each.get("block_id"): each for each in shown}
        name = "confluence_cloud" if is_cloud else "confluence_data_center"
        chosen = blocks[f"provider:{name}"]["element"]["initial_option"]["value"]
        assert chosen == name
        assert blocks["mechanism"]["element"]["initial_option"]["value"] == "client_credentials"

    @pytest.mark.parametrize("scopes", ['read:"x"', "back\\slash", "umläut"])
    async def test_scopes_are_of_scopes_letters(self, stage, desk, scopes):
        await makes(
            desk, "confluence_cloud", "oauth2", name="A", client_id="c", scopes_typed=scopes
        )
        assert "scopes_typed" in desk.answer["errors"]
        assert await kept(stage) == []

    async def test_atlassian_takes_fewer_than_fifty_scopes(self, stage, desk):
        many = ", ".join(f"read:thing{number}:confluence" for number in range(50))
        said = await makes(
            desk, "confluence_cloud", "oauth2", name="A", client_id="c", scopes_typed=many
        )
        assert "at most 49 scopes" in said
        assert await kept(stage) == []

    async def test_scopes_are_chosen_and_typed_with_spaces_or_commas(self, stage, desk):
        await makes(
            desk,
            "confluence_cloud",
            "oauth2",
            name="Our own app",
            client_id="acmes-own",
            scopes_chosen=["read:me", "search:confluence"],
            scopes_typed="read:page:confluence,  write:thing",
        )
        [profile] = await kept(stage)
        chosen = {"read:me", "search:confluence", "read:page:confluence", "write:thing"}
        assert profile.scopes == chosen
        assert profile.token_body is TokenBody.JSON  # Atlassian's own way
        assert profile.authorization_url == f"{stage.url}/atlassian/auth/authorize"
        assert profile.callback_url == f"{stage.bot_url}/connect/callback/{profile.id}"
        assert profile.id.isalnum()
        assert len(profile.id) >= 16
        said = await desk.sees()
        assert profile.callback_url in said
        assert "Next: type the client secret" in said

    async def test_a_name_is_given_once(self, stage, desk):
        await pats(stage, desk)
        await desk.person.closes(everything=True)
        said = await pats(stage, desk, "personal TOKENS")
        assert "a profile of that name already" in said
        assert len(await kept(stage)) == 1


class TestItsLife:
    async def test_it_is_tried_before_it_is_used(self, stage, desk):
        await pats(stage, desk)
        assert "admin_use_profile" not in str(await desk.view())
        assert "not tried yet" in await desk.sees()
        await desk.presses("admin_try_profile")
        last = await desk.goes(typed={"secret": await token(stage)})
        assert "“Personal tokens” works" in last["text"]
        assert [each async for each in stage.stores.connections.list_all(ACME)] == []
        assert "The profile can be used now" in str(await desk.person.messages("@app"))
        [profile] = await kept(stage)
        assert profile.tried_at
        await opens(desk, profile)
        await desk.presses("admin_use_profile")
        assert (await stage.stores.integrations.find(ACME)).people_profile == profile.id
        actions = [each.action for each in await rows(stage)]
        assert {Action.SAVE_PROFILE, Action.CHANGE_INTEGRATION} <= set(actions)

    async def test_a_forged_press_uses_none_that_wasnt_tried(self, stage, desk):
        await pats(stage, desk)
        [profile] = await kept(stage)
        view = stage.slack.views.top("U0ADA")
        for block in view.body["blocks"]:
            for element in block.get("elements", ()):
                if element.get("action_id") == "admin_edit_profile":
                    element["action_id"] = "admin_use_profile"
        assert "hasn't been tried" in await desk.presses("admin_use_profile")
        assert (await stage.stores.integrations.find(ACME)).people_profile == SYSTEM
        assert profile.tried_at is None

    async def test_a_client_secret_is_typed_on_our_page_and_shown_nowhere(self, stage, desk):
        issuer = f"{stage.url}/issuer"
        await makes(
            desk,
            "confluence_data_center",
            "oauth2",
            name="The company's server",
            base_url=stage.datacenter.url,
            client_id="confab: custom",
            issuer=issuer,
            client_authentication="client_secret_basic",
        )
        [profile] = await kept(stage)
        assert profile.token_url.startswith(issuer)  # as it publishes
        assert "admin_try_profile" not in str(await desk.view())
        await desk.presses("admin_type_secret")
        last = await desk.goes(typed={"secret": SECRET})
        assert "kept" in last["text"]
        [profile] = await kept(stage)
        assert profile.client_secret.get_secret_value() == SECRET
        said = await opens(desk, profile)
        assert "kept, never shown" in said
        messages = await desk.person.messages("@app")
        assert "Next: try it" in str(messages)
        await stage.post("issuer/switches", {"client_authentication": "client_secret_basic"})
        client = {"client_id": "confab: custom", "redirect_uris": [profile.callback_url]}
        await stage.post("issuer/clients", client)
        await desk.presses("admin_try_profile")
        assert "works" in (await desk.goes())["text"]
        shown = str([await desk.view(), messages, await rows(stage)])
        assert SECRET not in shown

    async def test_another_host_asks_for_the_secret_again(self, stage, desk):
        given = {"name": "Own", "client_id": "c", "base_url": stage.datacenter.url}
        await makes(desk, "confluence_data_center", "oauth2", **given)
        await desk.presses("admin_type_secret")
        await desk.goes(typed={"secret": SECRET})
        [profile] = await kept(stage)
        await opens(desk, profile)
        await desk.presses("admin_edit_profile")
        said = await desk.saves({"client_id": {"client_id": "other"}})
        [profile] = await kept(stage)
        assert (profile.version, profile.needs_secret) == (2, False)
        assert "forgotten" not in said
        await desk.presses("admin_edit_profile")
        elsewhere = {"revocation_url": {"revocation_url": "https://elsewhere.example/revoke"}}
        said = await desk.saves(elsewhere)
        assert "another host now" in said
        [profile] = await kept(stage)
        assert (profile.version, profile.needs_secret) == (3, True)

    async def test_people_stay_on_the_version_that_they_came_from(self, stage, desk):
        profile = await tried(stage, desk)
        await opens(desk, profile)
        await desk.presses("admin_use_profile")
        await desk.person.closes(everything=True)
        typed = {"secret": await token(stage, "bob")}
        await stage.connect("U0BOB", typed=typed)
        connection = await stage.stores.connections.find(BOB, profile.id)
        assert connection.profile_version == 1
        await opens(desk, profile)
        await desk.presses("admin_edit_profile")
        same = await desk.saves()
        assert "Nothing was different" in same
        await desk.presses("admin_edit_profile")
        said = await desk.saves({"base_url": {"base_url": f"{stage.datacenter.url}/x"}})
        assert "Saved as version 2" in said
        assert "1 connection stays on version 1" in said
        assert "until its person renews the consent: <@U0BOB>." in said
        assert (await stage.stores.connections.find(BOB, profile.id)).profile_version == 1
        await stage.person("U0BOB").types("/confluence search release")
        await stage.quiet()
        assert "Release checklist" in words(await stage.person("U0BOB").last())
        # What hasn't been tried isn't for people: they go on connecting under version 1.
        await stage.connect("U0CY", typed={"secret": await token(stage, "cy")})
        cys = await stage.stores.connections.find(replace(ADA, user_id="U0CY"), profile.id)
        assert cys.profile_version == 1

    async def test_what_is_used_isnt_deleted(self, stage, desk):
        profile = await tried(stage, desk)
        await opens(desk, profile)
        await desk.presses("admin_use_profile")
        assert "used by everybody who connects" in await desk.presses("admin_delete_profile")
        assert len(await kept(stage)) == 1
        await desk.presses("admin_profile")
        await desk.presses("admin_profiles")
        await desk.presses_in("admin_profile", "*System*")
        await desk.presses("admin_use_profile")
        await opens(desk, profile)
        assert "is deleted" in await desk.presses("admin_delete_profile")
        assert await kept(stage) == []
        assert Action.REMOVE_PROFILE in {each.action for each in await rows(stage)}

    async def test_the_later_of_two_admins_is_told_and_loses_nothing(self, stage, desk):
        await pats(stage, desk)
        [profile] = await kept(stage)
        await desk.presses("admin_edit_profile")
        theirs = replace(profile, version=2, base_url="https://theirs.example")
        assert await stage.stores.profiles.add(theirs)
        mine = {"base_url": {"base_url": f"{stage.datacenter.url}/mine"}}
        assert "Somebody else changed this" in await desk.saves(mine)
        assert (await kept(stage))[0].base_url == theirs.base_url
        assert "/mine" in str((await desk.view())["blocks"])
        assert "Saved as version 3" in await desk.saves()

    async def test_a_service_account_is_lent_from_the_first_press(self, stage, desk):
        await makes(
            desk,
            "confluence_cloud",
            "client_credentials",
            name="Robot account",
            client_id="confab-service",
        )
        await desk.presses("admin_type_secret")
        await desk.goes(typed={"secret": "sandbox-service-secret"})
        [profile] = await kept(stage)
        await opens(desk, profile)
        await desk.presses("admin_try_profile")
        last = await desk.goes()
        assert "works" in last["text"], last["text"]
        await opens(desk, profile)
        assert "admin_use_profile" not in str(await desk.view())
        await press(stage, "U0ADA", "admin_use_profile", profile.id)
        assert "nobody's own" in await desk.sees()
        await desk.person.closes(everything=True)
        last = await desk.lends(profile.id)
        assert "organisation is connected" in last["text"], last["text"]
        assert "Robot" in await desk.opens()

    async def test_another_profile_takes_the_place_of_the_organisations(self, stage, desk):
        await desk.lends()
        profile = await tried(stage, desk)
        await desk.person.closes(everything=True)
        await desk.lends(profile.id, typed={"secret": await token(stage)})
        found = [each async for each in stage.stores.connections.list_all(ACME)]
        assert [each.profile for each in found] == [profile.id]
        assert found[0].provider is Provider.DATA_CENTER


async def test_as_many_profiles_as_there_can_be_are_shown(stage, desk):
    await pats(stage, desk)
    [one] = await kept(stage)
    for number in range(98):
        name = f"{number} " + "Ж" * 78
        many = replace(one, id=f"p{number}", name=name, tried_at=one.made_at)
        assert await stage.stores.profiles.add(many)
    await desk.person.closes(everything=True)
    await desk.opens("admin_profiles")
    for _ in range(4):
        await desk.presses("admin_profiles:on")
    assert "admin_profiles:on" not in str(await desk.view())
    await desk.presses("admin_root")
    await desk.presses("admin_authorization")
    assert "Profile for people" in await desk.sees()
    await desk.presses("admin_root")
    await desk.presses("admin_profiles")
    await desk.presses("admin_new_profile")
    await desk.presses("admin_profile_mechanism", "pat")
    named = {"name": {"name": "More"}, "base_url": {"base_url": stage.datacenter.url}}
    assert "99 profiles already" in await desk.saves(named)
