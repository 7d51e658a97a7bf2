import pytest

from sandbox.atlassian import people
from sandbox.walk import walk
from tests.sandbox.atlassian_stage import (
    ACME,
    ACME2,
    CALLBACK,
    CLIENT,
    GLOBEX,
    HOOLI,
    Person,
    stage,
)

SEARCH = "search:confluence offline_access"


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


async def traded(atlassian, app, **said):
    secrets = {"client_id": app.client_id, "client_secret": app.client_secret}
    return await atlassian.token(**secrets, **said)


async def test_each_app_has_grants_of_its_own(atlassian):
    app = await atlassian.app(scopes=SEARCH)
    system = await atlassian.tokens("ada", "read:me offline_access")
    theirs = await atlassian.tokens("ada", SEARCH, app=app)

    _, renewed = await atlassian.token(
        grant_type="refresh_token", refresh_token=system["refresh_token"]
    )
    grants = await atlassian.look("grants")

    assert set(renewed["scope"].split()) == {"read:me", "offline_access"}
    assert set(theirs["scope"].split()) == {"search:confluence", "offline_access"}
    assert [(each["client_id"], each["account"]) for each in grants] == [
        ("the-app", "ada"),
        ("theirs", "ada"),
    ]


async def test_another_apps_code_and_refresh_token_are_unknown(atlassian):
    app = await atlassian.app()
    code, held = await atlassian.code(), await atlassian.tokens("bob", "offline_access")

    stolen_code = await traded(
        atlassian, app, grant_type="authorization_code", code=code, redirect_uri=CALLBACK
    )
    stolen_token = await traded(
        atlassian, app, grant_type="refresh_token", refresh_token=held["refresh_token"]
    )
    own = await atlassian.token(grant_type="refresh_token", refresh_token=held["refresh_token"])

    assert (stolen_code[0], stolen_code[1]["error"]) == (403, "invalid_grant")
    assert (stolen_token[0], stolen_token[1]["error"]) == (403, "invalid_grant")
    assert own[0] == 200


async def test_an_apps_secret_and_callback_are_its_own(atlassian):
    app = await atlassian.app()
    code = await atlassian.code(app=app)
    said = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri}

    with_ours = await atlassian.token(client_id=app.client_id, **said)
    url = atlassian.authorize_url("read:me", client_id=app.client_id)
    async with atlassian.session.get(url, allow_redirects=False) as answer:
        elsewhere = answer.status

    assert (with_ours[0], with_ours[1]["error"]) == (401, "access_denied")
    assert elsewhere == 400
    assert (await traded(atlassian, app, **said))[0] == 200


async def test_a_private_app_lets_in_its_owner_alone(atlassian):
    app = await atlassian.app(owner="bob")

    stranger = await atlassian.consent("ada", app=app)
    owner = await atlassian.consent("bob", app=app)
    await atlassian.control("apps", client_id="theirs", distributed=True)
    later = await atlassian.consent("ada", app=app)

    assert (stranger.status, owner.status, later.status) == (403, 302, 302)
    assert "Only the owner of this app may grant it access" in stranger.text
    assert "Location" not in stranger.headers


async def test_a_walk_ends_where_an_app_is_not_shared_or_blocked(atlassian):
    app = await atlassian.app(owner="bob")
    private = atlassian.authorize_url(client_id=app.client_id, redirect_uri=app.redirect_uri)

    for url, account in ((private, "ada"), (atlassian.authorize_url(), "ivy")):
        walked = await walk(url, slack_person="U0ADA", atlassian_account=account, site=None)
        assert (walked.stopped, walked.last.status) == (None, 403)


async def test_a_walk_goes_on_as_whoever_consented_in_its_browser(atlassian):
    said = {"slack_person": "U0BOB", "site": None, "stop_at": CALLBACK}
    first = await walk(atlassian.authorize_url(), atlassian_account="bob", **said)

    later = await walk(
        atlassian.authorize_url(), atlassian_account="", cookies=first.cookies, **said
    )
    nobody = await walk(atlassian.authorize_url(), atlassian_account="", **said)

    assert first.cookies["127.0.0.1"] == {"sandbox_atlassian_account": "bob"}
    assert later.stopped.startswith(CALLBACK + "?code=")
    assert (nobody.stopped, nobody.last.status) == (None, 400)


async def test_the_page_names_the_app_that_asks(atlassian):
    app = await atlassian.app(name="Rocket Bot")
    changed = {"client_id": app.client_id, "redirect_uri": app.redirect_uri}

    async with atlassian.session.get(atlassian.authorize_url(**changed)) as answer:
        assert "Rocket Bot is requesting access" in await answer.text()


async def test_an_app_can_be_given_another_secret_or_other_scopes(atlassian):
    await atlassian.control("apps", client_id=CLIENT.client_id, client_secret="rotated")
    await atlassian.control("apps", client_id=CLIENT.client_id, scopes=["read:me"])

    old = await atlassian.token(grant_type="refresh_token", refresh_token="x")
    new = await atlassian.token(
        grant_type="refresh_token", refresh_token="x", client_secret="rotated"
    )

    assert (old[1]["error"], new[1]["error"]) == ("access_denied", "invalid_grant")
    assert (await atlassian.consent(scopes="read:me offline_access")).status == 400
    assert "its-secret" not in str(await atlassian.look("apps"))


async def test_a_removed_app_is_nothing_any_more(atlassian):
    app = await atlassian.app(scopes=SEARCH)
    held = await atlassian.tokens("ada", SEARCH, app=app)

    await atlassian.control("apps/remove", client_id="theirs")
    answer = await Person(atlassian, held["access_token"]).search("type = page")
    status, body = await traded(
        atlassian, app, grant_type="refresh_token", refresh_token=held["refresh_token"]
    )

    assert answer.status == 401
    assert (status, body["error"]) == (401, "access_denied")
    assert (await atlassian.consent("ada", SEARCH, app=app)).status == 400


@pytest.mark.parametrize(
    "said",
    [
        {"client_id": "new"},
        {"client_id": "confab-service", "scopes": "read:me"},
        {"client_id": "the-app", "owner": "nobody"},
        {"client_id": "the-app", "client_secret": 7},
        {"client_id": "the-app", "redirect_uri": None},
        {"client_id": "the-app", "scopes": 7},
    ],
)
async def test_an_app_that_makes_no_sense_is_refused(atlassian, said):
    assert await atlassian.refused("apps", **said) == 400


async def test_consent_is_taken_back_from_one_app_alone(atlassian):
    app = await atlassian.app(scopes=SEARCH)
    ours, theirs = await atlassian.person("ada", SEARCH), None
    theirs = Person(atlassian, (await atlassian.tokens("ada", SEARCH, app=app))["access_token"])
    url = f"{atlassian.base}/atlassian/auth/manage-profile/apps"

    async with atlassian.session.post(url, data={"account": "ada", "client_id": "theirs"}) as page:
        assert page.status == 200

    assert (await ours.search("type = page")).status == 200
    assert (await theirs.search("type = page")).status == 401


async def test_a_consent_for_less_elsewhere_narrows_the_tokens_that_are_out(atlassian):
    person = await atlassian.person("ada", SEARCH)
    before = await person.search("type = page")

    await atlassian.code("ada", "read:page:confluence offline_access")
    after = await person.search("type = page")
    pages = await person.get("/api/v2/pages")

    assert (before.status, after.status, pages.status) == (200, 401, 200)
    assert after.json["message"] == "Unauthorized; scope does not match"


async def test_a_grant_can_be_narrowed_from_the_side(atlassian):
    person = await atlassian.person("ada", SEARCH)

    done = await atlassian.control("narrow", account="ada", scopes="read:me")
    none = await atlassian.control("narrow", account="bob", scopes="read:me")

    assert (done, none) == ({"narrowed": True}, {"narrowed": False})
    answer = await person.search("type = page")
    assert answer.json["message"] == "Unauthorized; scope does not match"


async def test_a_site_that_blocks_apps_is_not_given(atlassian):
    blocked = await atlassian.consent("ivy")

    assert blocked.status == 403
    assert "admin has blocked apps that people install on Hooli" in blocked.text
    assert "Location" not in blocked.headers
    assert await atlassian.look("grants") == []


async def test_only_the_sites_that_do_not_block_apps_are_given(atlassian):
    await atlassian.control("policy", site="globex", blocked=True)

    tokens = await atlassian.tokens("ada", SEARCH)
    chosen = await atlassian.consent("ada", SEARCH, sites=[GLOBEX])

    _, listed = await atlassian.sites_of(tokens["access_token"])
    assert {each["id"] for each in listed} == {ACME}
    assert chosen.status == 403


async def test_a_block_that_comes_later_ends_what_was_given_until_it_goes(atlassian):
    person = await atlassian.person("bob", SEARCH)

    await atlassian.control("policy", site="acme", blocked=True)
    refused = await person.search("type = page")
    _, listed = await atlassian.sites_of(person.token)
    await atlassian.control("policy", site="acme", blocked=False)

    assert (refused.status, listed) == (403, [])
    assert refused.json["message"] == "Your organization's admin has blocked this app"
    assert (await person.search("type = page")).status == 200


async def test_accounts_have_one_site_several_or_none(atlassian):
    held = {each.name: each.sites for each in people.ACCOUNTS}

    assert (held["bob"], held["nosite"]) == ((ACME,), ())
    assert (held["ada"], held["dee"]) == ((ACME, GLOBEX), (ACME, ACME2))
    assert held["ivy"] == (HOOLI,)
    dee = await atlassian.person("dee", SEARCH, site=ACME2)
    assert await dee.titles('title = "Release checklist"') == ["Release checklist"]


async def test_nobody_is_chosen_until_somebody_consented_in_this_browser(atlassian):
    async with atlassian.session.get(atlassian.authorize_url()) as answer:
        fresh = await answer.text()
    nobody = await atlassian.consent("")

    given = await atlassian.consent("bob")
    cookie = given.headers["Set-Cookie"].partition(";")[0]
    async with atlassian.session.get(
        atlassian.authorize_url(), headers={"Cookie": cookie}
    ) as answer:
        later = await answer.text()

    assert "checked required" not in fresh
    assert (nobody.status, "Choose an account." in nobody.text) == (400, True)
    assert 'value="bob" checked' in later
    assert later.count("checked required") == 1


async def test_a_service_account_cannot_sign_in(atlassian):
    async with atlassian.session.get(atlassian.authorize_url()) as answer:
        assert "Confab Service" not in await answer.text()

    assert (await atlassian.consent("service")).status == 400


async def test_apps_survive_a_dump_but_for_the_systems(atlassian):
    await atlassian.app(scopes=SEARCH)
    await atlassian.control("apps", client_id=CLIENT.client_id, client_secret="rotated")
    await atlassian.control("policy", site="acme", blocked=True)
    saved = atlassian.world.dump()

    world = type(atlassian.world)(atlassian.base, atlassian.clock, CLIENT, saved)

    assert world.apps.find("theirs").scopes == frozenset(SEARCH.split())
    assert world.apps.find(CLIENT.client_id) == CLIENT
    assert world.apps.blocking == {ACME, HOOLI}
