"""The issuer's tokens at the Confluence behind it, and nowhere else."""

import pytest

from sandbox.atlassian.sites import ACME
from tests.sandbox.atlassian_stage import adf
from tests.sandbox.issuer_stage import stage

SEARCH = "search:confluence read:confluence-user"
SPACES = "/wiki/api/v2/spaces"


@pytest.fixture
async def issuer():
    async with stage() as made:
        yield made


async def ask(issuer, token, method, path, **more):
    headers = {"Authorization": f"Bearer {token}", "X-Atlassian-Token": "no-check"}
    return await issuer.ask(method, f"/issuer/cloud{path}", headers=headers, **more)


async def token_of(issuer, person="ada", scope=SEARCH):
    return (await issuer.tokens(person, scope=scope))["access_token"]


async def test_a_token_searches_as_the_account_of_the_same_name(issuer):
    found = {}
    for person in ("bob", "cy"):
        token = await token_of(issuer, person)
        answer = await ask(
            issuer, token, "GET", "/wiki/rest/api/search", params={"cql": "space = SECRET"}
        )
        found[person] = answer.json["totalSize"]

    assert found["bob"] > 0
    assert found["cy"] == 0


async def test_a_token_writes_as_the_account_of_the_same_name(issuer):
    token = await token_of(issuer, "bob", "read:space:confluence write:page:confluence")
    spaces = await ask(issuer, token, "GET", SPACES, params={"keys": "ENG"})
    sent = {
        "spaceId": spaces.json["results"][0]["id"],
        "status": "current",
        "title": "By way of the issuer",
        "body": adf(),
    }

    made = await ask(issuer, token, "POST", "/wiki/api/v2/pages", json=sent)

    assert made.status == 200, made.text
    assert made.json["authorId"] == "5b10a2844c20165700ede21b"


async def test_it_is_the_site_acme_alone(issuer):
    token = await token_of(issuer, "ada", "read:space:confluence")

    answer = await ask(issuer, token, "GET", SPACES)

    assert "ENG" in {each["key"] for each in answer.json["results"]}
    assert "DOCS" not in {each["key"] for each in answer.json["results"]}


async def test_a_scope_that_wasn_t_consented_to_is_missing(issuer):
    token = await token_of(issuer, scope="read:me")

    answer = await ask(issuer, token, "GET", SPACES)

    assert (answer.status, answer.json["message"]) == (401, "Unauthorized; scope does not match")


async def test_whoever_isn_t_there_may_nothing(issuer):
    token = await token_of(issuer, "zoe", "read:space:confluence")

    answer = await ask(issuer, token, "GET", SPACES)

    assert await issuer.works(token)
    assert answer.status == 403


async def test_a_token_that_ended_opens_nothing(issuer):
    token = await token_of(issuer, scope="read:space:confluence")
    assert (await ask(issuer, token, "GET", SPACES)).status == 200
    await issuer.control("expire-access")

    for each in (token, "guessed", ""):
        answer = await ask(issuer, each, "GET", SPACES)
        assert answer.status == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


async def test_a_token_is_worth_nothing_at_atlassian_s_own_door(issuer):
    token = await token_of(issuer, scope="read:space:confluence")
    headers = {"Authorization": f"Bearer {token}"}

    answer = await issuer.ask(
        "GET", f"/atlassian/api/ex/confluence/{ACME}{SPACES}", headers=headers
    )

    assert answer.status == 401


async def test_it_costs_atlassian_s_app_no_points(issuer):
    token, pool = await token_of(issuer, scope="read:space:confluence"), issuer.atlassian.pool
    before = pool.left

    await ask(issuer, token, "GET", SPACES)

    assert pool.left == before


async def test_it_can_be_broken_like_any_other_api(issuer):
    token = await token_of(issuer, scope="read:space:confluence")
    await issuer.control("faults", kind="redirect", at="api", value="http://10.0.0.5/")

    answer = await ask(issuer, token, "GET", SPACES)

    assert (answer.status, answer.headers["Location"]) == (302, "http://10.0.0.5/")
