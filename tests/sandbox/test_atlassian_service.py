import pytest

from tests.sandbox.atlassian_stage import ACME, CLIENT, GLOBEX, Person, stage

SEEDED = {"client_id": "confab-service", "client_secret": "sandbox-service-secret"}
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


async def me(atlassian, token):
    url = f"{atlassian.base}/atlassian/api/me"
    async with atlassian.session.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize("form", [True, False])
async def test_a_service_account_gets_a_token_for_an_hour_and_nothing_to_renew_it(atlassian, form):
    status, body = await atlassian.token(form=form, **GRANT, **SEEDED)

    assert (status, body["expires_in"], body["token_type"]) == (200, 3600, "Bearer")
    assert "read:content.permission:confluence" in body["scope"].split()
    assert "refresh_token" not in body


async def test_its_token_opens_the_gateway_until_the_hour_is_over(atlassian):
    _, body = await atlassian.token(**GRANT, **SEEDED)
    service = Person(atlassian, body["access_token"])

    fresh = await service.titles('title = "Takeover talks"')
    atlassian.clock.advance(3601)

    assert fresh == ["Takeover talks"]
    assert (await service.search("type = page")).status == 401


async def test_it_has_its_sites_and_is_an_app(atlassian):
    _, body = await atlassian.token(**GRANT, **SEEDED)

    _, listed = await atlassian.sites_of(body["access_token"])
    status, profile = await me(atlassian, body["access_token"])

    assert [each["id"] for each in listed] == [ACME]
    assert "read:page:confluence" in listed[0]["scopes"]
    assert (status, profile["account_type"], profile["name"]) == (200, "app", "Confab Service")
    assert (
        await Person(atlassian, body["access_token"], GLOBEX).get("/api/v2/pages")
    ).status == 404


async def test_a_credential_has_the_scopes_that_it_was_made_with(atlassian):
    said = {"client_id": "narrow", "client_secret": "n"}
    await atlassian.control("credentials", account="plain", scopes="read:page:confluence", **said)

    _, body = await atlassian.token(**GRANT, **said, scope="search:confluence")
    plain = Person(atlassian, body["access_token"])

    assert body["scope"] == "read:page:confluence"
    assert (await plain.get("/api/v2/pages")).status == 200
    refused = await plain.search("type = page")
    assert (refused.status, refused.json["message"]) == (401, "Unauthorized; scope does not match")
    assert (await me(atlassian, body["access_token"]))[0] == 403


@pytest.mark.parametrize(
    "said",
    [
        GRANT | SEEDED | {"client_secret": "wrong"},
        GRANT | {"client_id": "nobody", "client_secret": "x"},
    ],
)
async def test_a_wrong_secret_is_access_denied(atlassian, said):
    status, body = await atlassian.token(**said)

    assert (status, body["error"]) == (401, "access_denied")


@pytest.mark.parametrize(
    "said",
    [
        GRANT,
        SEEDED | {"grant_type": "refresh_token", "refresh_token": "x"},
        SEEDED | {"grant_type": "authorization_code", "code": "x", "redirect_uri": "x"},
    ],
)
async def test_apps_and_service_accounts_have_each_their_own_grants(atlassian, said):
    status, body = await atlassian.token(**said)

    assert (status, body["error"]) == (403, "unauthorized_client")


async def test_a_credential_asks_nobody_for_consent(atlassian):
    url = atlassian.authorize_url(client_id=SEEDED["client_id"])

    async with atlassian.session.get(url) as answer:
        assert answer.status == 400


async def test_another_audience_is_refused(atlassian):
    status, body = await atlassian.token(**GRANT, **SEEDED, audience="elsewhere")
    good, _ = await atlassian.token(**GRANT, **SEEDED, audience="api.atlassian.com")

    assert (status, body["error"], good) == (403, "access_denied", 200)


async def test_a_revoked_credential_ends_with_its_tokens(atlassian):
    _, body = await atlassian.token(**GRANT, **SEEDED)
    service = Person(atlassian, body["access_token"])

    await atlassian.control("credentials/revoke", client_id=SEEDED["client_id"])

    assert (await service.get("/api/v2/pages")).status == 401
    assert (await atlassian.token(**GRANT, **SEEDED))[1]["error"] == "access_denied"


async def test_a_site_that_blocks_apps_has_its_service_account_all_the_same(atlassian):
    await atlassian.control("policy", site="acme", blocked=True)
    _, body = await atlassian.token(**GRANT, **SEEDED)

    assert (await Person(atlassian, body["access_token"]).get("/api/v2/pages")).status == 200
    assert len((await atlassian.sites_of(body["access_token"]))[1]) == 1


@pytest.mark.parametrize(
    "changed", [{"account": "ada"}, {"client_id": CLIENT.client_id}, {"sites": ["nowhere"]}]
)
async def test_a_credential_that_makes_no_sense_is_refused(atlassian, changed):
    said = {"account": "service", "client_id": "c", "client_secret": "s", "scopes": "read:me"}

    assert await atlassian.refused("credentials", **(said | changed)) == 400


async def test_credentials_are_listed_without_secrets_and_survive_a_dump(atlassian):
    _, body = await atlassian.token(**GRANT, **SEEDED)
    listed = await atlassian.look("credentials")
    saved = atlassian.world.dump()

    world = type(atlassian.world)(atlassian.base, atlassian.clock, CLIENT, saved)

    assert [(each["client_id"], each["account"]) for each in listed] == [
        ("confab-service", "service")
    ]
    assert SEEDED["client_secret"] not in str(listed)
    assert world.grants.find_access(body["access_token"]).level == "service"
