"""Signing in and speaking, against the sandbox's Slack."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from bot.errors import NotAllowed, ProfileBroken
from bot.installation import Installation
from bot.ports import Proven
from bot.principal import Principal, Tenant
from bot.providers.outgoing import Outgoing
from bot.providers.slack import SlackDirectory, SlackVoice
from bot.providers.slack_sign_in import SlackOpenId
from sandbox.slack import data
from store.memory.installations import MemoryInstallations
from tests.sandbox.slack_stage import stage

CALLBACK = "http://localhost:1/connect/slack"
SECRET = SecretStr("client-secret")


def now():
    return datetime.now(UTC)  # noqa: TID251 (the sandbox's Slack goes by the real time)


@pytest.fixture
async def slack():
    async with stage() as slack:
        yield slack


@pytest.fixture
async def outgoing(slack):
    async with Outgoing([slack.base_url]) as outgoing:
        yield outgoing


@pytest.fixture
def installation():
    return Installation(
        Tenant(data.TEAM),
        data.TEAM,
        None,
        "Acme",
        SecretStr(data.BOT_TOKEN),
        data.BOT_ID,
        data.BOT_USER,
        "A1",
        frozenset(),
        now(),
    )


def sign_in(slack, outgoing, secret=SECRET):
    return SlackOpenId(outgoing, f"{slack.base_url}/slack", "1.2", secret, CALLBACK, now)


async def code_of(slack, client, nonce="n-1"):
    location = await slack.ada.signs_in(client.sign_in_url("T0ACME.state", nonce, data.TEAM))
    answered = parse_qs(urlsplit(location).query)
    assert answered["state"] == ["T0ACME.state"]
    return SecretStr(answered["code"][0])


async def test_a_browser_proves_whose_it_is(slack, outgoing):
    client = sign_in(slack, outgoing)
    code = await code_of(slack, client)
    proven = await client.redeem(code, "n-1")
    assert proven == Proven("U0ADA", data.TEAM, proven.enterprise_id)
    with pytest.raises(NotAllowed):
        await client.redeem(code, "n-1")


async def test_a_proof_for_another_sign_in_proves_nothing(slack, outgoing):
    client = sign_in(slack, outgoing)
    with pytest.raises(NotAllowed):
        await client.redeem(await code_of(slack, client), "n-2")


async def test_a_wrong_client_secret_is_the_apps_fault(slack, outgoing):
    code = await code_of(slack, sign_in(slack, outgoing))
    with pytest.raises(ProfileBroken):
        await sign_in(slack, outgoing, SecretStr("wrong")).redeem(code, "n-1")


async def test_people_are_who_they_are(slack, outgoing, installation):
    directory = SlackDirectory(outgoing, f"{slack.base_url}/slack/api", now)
    ada = await directory.get(installation, "U0ADA")
    assert ada.name.casefold().startswith("ada")
    assert ada.team_id == data.TEAM
    assert (await directory.get(installation, "U0GUS")).is_guest
    assert (await directory.get(installation, "U0EVE")).is_stranger
    with pytest.raises(NotAllowed):
        await directory.get(installation, "U0NOBODY")


async def test_a_direct_message_arrives(slack, outgoing, installation):
    installations = MemoryInstallations(now)
    await installations.save(installation)
    api, hooks = f"{slack.base_url}/slack/api", f"{slack.base_url}/slack/hooks"
    voice = SlackVoice(outgoing, api, hooks, installations, now)
    gone = SecretStr(f"{hooks}/T0ACME/never/was")
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*Connected*"}}
    ada = Principal(Tenant(data.TEAM), "U0ADA")
    await voice.tell(ada, "Connected", [section], response_url=gone)
    assert "Connected" in str(await slack.log())
