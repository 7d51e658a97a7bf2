"""The issuer's tokens at a Confluence Data Center that takes them."""

import pytest

from tests.sandbox.issuer_stage import stage

ROOT = "/datacenter/confluence/rest/api"


@pytest.fixture
async def issuer():
    async with stage() as made:
        yield made


async def ask(issuer, token, path):
    headers = {"Authorization": f"Bearer {token}"}
    return await issuer.ask("GET", f"{ROOT}{path}", headers=headers)


async def test_a_token_is_the_user_of_the_same_name(issuer):
    token = (await issuer.tokens("bob", scope="READ"))["access_token"]

    answer = await ask(issuer, token, "/user/current")

    assert (answer.status, answer.json["username"]) == (200, "bob")


async def test_whoever_isn_t_there_may_nothing(issuer):
    token = (await issuer.tokens("zoe", scope="READ"))["access_token"]

    assert (await ask(issuer, token, "/user/current")).status == 401


async def test_a_token_that_ended_opens_nothing(issuer):
    token = (await issuer.tokens("ada", scope="READ"))["access_token"]
    assert (await ask(issuer, token, "/user/current")).status == 200

    await issuer.control("revoke", person="ada")

    assert (await ask(issuer, token, "/user/current")).status == 401
