from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.errors import InstallationBroken, NotAllowed, ProviderFault, Unavailable
from bot.installation import Installation, SlackPerson, UserGroup
from bot.principal import Tenant
from bot.providers.slack import SlackDirectory, SlackVoice
from store.memory.installations import MemoryInstallations
from tests.fakes import ADA, NOON
from tests.providers.provider import hangs_up, html, says

USER = {
    "id": "U0ADA",
    "name": "ada",
    "real_name": "Ada Lovelace",
    "team_id": "T0ACME",
    "profile": {"display_name": "countess"},
    "is_bot": False,
    "tz": "Europe/London",
}


@pytest.fixture
def installation():
    return Installation(
        Tenant("T0ACME"),
        "T0ACME",
        None,
        "Acme",
        SecretStr("xoxb-1"),
        "B1",
        "UB",
        "A1",
        frozenset(),
        NOON,
    )


@pytest.fixture
def directory(provider, outgoing, clock):
    provider.says["/api/users.info"] = says({"ok": True, "user": USER})
    return SlackDirectory(outgoing, f"{provider.url}/api", clock)


@pytest.fixture
async def voice(provider, outgoing, clock, installation):
    installations = MemoryInstallations(clock)
    await installations.save(installation)
    provider.says["/api/chat.postMessage"] = says({"ok": True, "ts": "1.1"})
    provider.says["/hooks/1"] = says("ok")
    url = provider.url
    hooks = f"{url}/hooks"
    return SlackVoice(outgoing, f"{url}/api", hooks, installations, clock, sleep=clock.sleep)


@pytest.fixture
def response_url(provider):
    return SecretStr(f"{provider.url}/hooks/1")


def paths(provider):
    return [each.path for each in provider.asked]


async def test_a_person_is_described_in_our_words(directory, installation, provider):
    assert await directory.get(installation, "U0ADA") == SlackPerson(
        "U0ADA", "Ada Lovelace", "T0ACME", zone="Europe/London"
    )
    assert provider.last.query == {"user": "U0ADA"}
    assert provider.last.headers["Authorization"] == "Bearer xoxb-1"


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        ({"is_restricted": True}, "is_guest"),
        ({"is_ultra_restricted": True}, "is_guest"),
        ({"is_stranger": True}, "is_stranger"),
        ({"deleted": True}, "is_deleted"),
        ({"is_bot": True}, "is_bot"),
        ({"id": "USLACKBOT"}, "is_bot"),
    ],
)
async def test_what_somebody_is_matters(directory, installation, provider, given, flag):
    provider.says["/api/users.info"] = says({"ok": True, "user": USER | given})
    assert getattr(await directory.get(installation, "U1"), flag)


async def test_somebody_with_half_a_description_has_a_name_all_the_same(
    directory, installation, provider
):
    user = {"id": "U1", "name": "cy", "profile": None, "enterprise_user": {"enterprise_id": "E1"}}
    provider.says["/api/users.info"] = says({"ok": True, "user": user})
    assert await directory.get(installation, "U1") == SlackPerson("U1", "cy", None, "E1")


async def test_people_are_remembered_for_a_few_minutes(directory, installation, provider, clock):
    for _ in range(3):
        await directory.get(installation, "U0ADA")
    assert len(provider.asked) == 1
    clock.pass_by(minutes=6)
    await directory.get(installation, "U0ADA")
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says({"ok": False, "error": "user_not_found"}), NotAllowed),
        (says({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "3"}), Unavailable),
        (says({"ok": False, "error": "invalid_auth"}), InstallationBroken),
        (says({"ok": False, "error": "token_expired"}), InstallationBroken),
        (says({"ok": True}), ProviderFault),
        (says([]), ProviderFault),
        (html(), Unavailable),
        (hangs_up, Unavailable),
    ],
)
async def test_whom_slack_does_not_describe_is_not_let_in(
    directory, installation, provider, answer, error
):
    provider.says["/api/users.info"] = answer
    with pytest.raises(error):
        await directory.get(installation, "U0ADA")


async def test_what_only_admins_may_do_is_asked_for_anew_within_a_minute(
    directory, installation, provider, clock
):
    minute = timedelta(seconds=60)
    await directory.get(installation, "U0ADA")
    clock.pass_by(seconds=59)
    await directory.get(installation, "U0ADA", fresh_for=minute)
    assert len(provider.asked) == 1
    clock.pass_by(seconds=1)
    await directory.get(installation, "U0ADA", fresh_for=minute)
    assert len(provider.asked) == 2
    await directory.get(installation, "U0ADA", fresh_for=timedelta(0))
    assert len(provider.asked) == 3


async def test_who_is_forgotten_is_asked_for_anew(directory, installation, provider):
    await directory.get(installation, "U0ADA")
    directory.forget(Tenant("T0OTHER"), "U0ADA")
    await directory.get(installation, "U0ADA")
    assert len(provider.asked) == 1
    directory.forget(installation.tenant, "U0ADA")
    directory.forget(installation.tenant, "U0NOBODY")
    await directory.get(installation, "U0ADA")
    assert len(provider.asked) == 2


async def test_whoever_cannot_be_asked_about_is_no_admin(directory, installation, provider, clock):
    provider.says["/api/users.info"] = says({"ok": True, "user": USER | {"is_admin": True}})
    assert (await directory.get(installation, "U0ADA")).is_admin
    clock.pass_by(seconds=61)
    provider.says["/api/users.info"] = hangs_up
    with pytest.raises(Unavailable):
        await directory.get(installation, "U0ADA", fresh_for=timedelta(seconds=60))


ABOVE = {"enterprise_id": "E1", "is_admin": True}


@pytest.mark.parametrize(
    ("given", "here", "above"),
    [
        ({}, False, False),
        ({"is_admin": True}, True, False),
        ({"is_owner": True}, True, False),
        ({"is_primary_owner": True}, True, False),
        ({"enterprise_user": ABOVE}, True, True),
        ({"enterprise_user": {"is_owner": True}}, True, True),
        ({"enterprise_user": {"is_admin": "true"}}, False, False),
        ({"is_admin": 1}, False, False),
        ({"is_admin": True, "deleted": True}, False, False),
        ({"is_admin": True, "is_bot": True}, False, False),
        ({"is_admin": True, "is_restricted": True}, False, False),
        ({"is_admin": True, "is_ultra_restricted": True}, False, False),
        ({"is_admin": True, "is_stranger": True, "enterprise_user": ABOVE}, False, False),
    ],
)
async def test_who_is_an_admin_of_what(directory, installation, provider, given, here, above):
    provider.says["/api/users.info"] = says({"ok": True, "user": USER | given})
    assert (await directory.get(installation, "U0ADA")).is_admin is here
    whole = replace(installation, tenant=Tenant("E1"), team_id=None, enterprise_id="E1")
    assert (await directory.get(whole, "U0ADA")).is_admin is above


MEMBERS, GROUPS = "/api/usergroups.users.list", "/api/usergroups.list"


async def test_who_is_in_a_group_is_known_for_a_minute(directory, installation, provider, clock):
    provider.says[MEMBERS] = says({"ok": True, "users": ["U0ADA"]})
    assert await directory.is_in_group(installation, "S1", "U0ADA")
    assert not await directory.is_in_group(installation, "S1", "U0BOB")
    assert provider.last.query == {"usergroup": "S1"}
    assert len(provider.asked) == 1
    clock.pass_by(seconds=60)
    provider.says[MEMBERS] = says({"ok": True, "users": []})
    assert not await directory.is_in_group(installation, "S1", "U0ADA")


async def test_a_group_is_asked_for_in_its_workspace(directory, installation, provider):
    provider.says[MEMBERS] = says({"ok": True, "users": ["U0ADA"]})
    await directory.is_in_group(installation, "S1", "U0ADA", "T0NORTH")
    assert provider.last.query == {"usergroup": "S1", "team_id": "T0NORTH"}
    await directory.is_in_group(installation, "S1", "U0ADA", "T0SOUTH")
    assert provider.last.query["team_id"] == "T0SOUTH"
    await directory.is_in_group(installation, "S1", "U0ADA", "&team_id=T1")
    assert provider.last.query == {"usergroup": "S1"}


@pytest.mark.parametrize(
    "body",
    [
        {"ok": False, "error": "no_such_subteam"},
        {"ok": False, "error": "subteam_disabled"},
        {"ok": False, "error": "missing_scope"},
        {"ok": True},
        {"ok": True, "users": None},
        {"ok": True, "users": [None, {"id": "U0ADA"}]},
    ],
)
async def test_nobody_is_in_a_group_that_is_not_shown(directory, installation, provider, body):
    provider.says[MEMBERS] = provider.says[GROUPS] = says(body)
    assert not await directory.is_in_group(installation, "S1", "U0ADA")
    assert await directory.list_groups(installation) == ()


async def test_where_slack_is_silent_nobody_is_let_in(directory, installation, provider):
    provider.says[MEMBERS] = provider.says[GROUPS] = hangs_up
    with pytest.raises(Unavailable):
        await directory.is_in_group(installation, "S1", "U0ADA")
    with pytest.raises(Unavailable):
        await directory.list_groups(installation)


async def test_groups_that_stand_are_listed_by_name(directory, installation, provider):
    groups = [
        {"id": "S2", "handle": "writers", "name": "Writers", "date_delete": 0},
        {"id": "S1", "handle": "editors", "name": "", "date_delete": 0},
        {"id": "S3", "handle": "gone", "name": "Gone", "date_delete": 1_700_000_000},
    ]
    provider.says[GROUPS] = says({"ok": True, "usergroups": groups})
    assert await directory.list_groups(installation) == (
        UserGroup("S1", "editors", "editors"),
        UserGroup("S2", "writers", "Writers"),
    )
    await directory.list_groups(installation)
    assert len(provider.asked) == 1


async def test_the_response_url_is_answered_privately(voice, provider, response_url):
    block = {"type": "divider"}
    await voice.tell(ADA, "Hello", [block], response_url=response_url, replace=True)
    assert provider.last.path == "/hooks/1"
    assert provider.last.json == {
        "text": "Hello",
        "blocks": [block],
        "response_type": "ephemeral",
        "replace_original": True,
    }


async def test_without_a_response_url_it_is_a_direct_message(voice, provider):
    await voice.tell(ADA, "Hello")
    assert provider.last.path == "/api/chat.postMessage"
    assert provider.last.json == {
        "channel": "U0ADA",
        "text": "Hello",
        "unfurl_links": False,
        "unfurl_media": False,
    }


async def test_a_message_waits_a_little_where_slack_asks_for_it(voice, provider, clock):
    limited = {"ok": False, "error": "ratelimited"}
    provider.next = [says(limited, 429, {"Retry-After": "1"})]
    await voice.tell(ADA, "Hello")
    assert len(provider.asked) == 2
    assert clock.now == NOON + timedelta(seconds=1)
    provider.next = [says(limited, 429, {"Retry-After": "30"})]
    with pytest.raises(Unavailable) as raised:
        await voice.tell(ADA, "Hello")
    assert raised.value.retry_after == 30


@pytest.mark.parametrize("broken", [says({"ok": False}, 404), html(500), hangs_up])
async def test_a_response_url_that_fails_is_followed_by_a_direct_message(
    voice, provider, response_url, broken
):
    provider.says["/hooks/1"] = broken
    await voice.tell(ADA, "Hello", response_url=response_url)
    assert paths(provider) == ["/hooks/1", "/api/chat.postMessage"]


async def test_a_response_url_is_used_five_times(voice, provider, response_url):
    for _ in range(6):
        await voice.tell(ADA, "Hello", response_url=response_url)
    assert paths(provider) == ["/hooks/1"] * 5 + ["/api/chat.postMessage"]


async def test_a_response_url_is_used_for_thirty_minutes(voice, provider, response_url, clock):
    await voice.tell(ADA, "Hello", response_url=response_url)
    clock.pass_by(minutes=30)
    await voice.tell(ADA, "Hello", response_url=response_url)
    assert paths(provider) == ["/hooks/1", "/api/chat.postMessage"]


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/hooks/1", "{url}/api/auth.revoke", "{url}.evil.example/hooks/1", "x"],
)
async def test_no_other_place_is_taken_for_a_response_url(voice, provider, elsewhere):
    # 14
    url = SecretStr(elsewhere.format(url=provider.url))
    await voice.tell(ADA, "Hello", response_url=url)
    assert paths(provider) == ["/api/chat.postMessage"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says({"ok": False, "error": "account_inactive"}), InstallationBroken),
        (says({"ok": False, "error": "internal_error"}), Unavailable),
        (hangs_up, Unavailable),
    ],
)
async def test_when_neither_way_works_it_says_so(voice, provider, answer, error):
    provider.says["/api/chat.postMessage"] = answer
    with pytest.raises(error):
        await voice.tell(ADA, "Hello")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("cannot_dm_bot", NotAllowed),
        ("user_disabled", NotAllowed),
        ("invalid_blocks", ProviderFault),
    ],
)
async def test_what_no_second_try_changes_is_told_from_what_passes(voice, provider, code, error):
    provider.says["/api/chat.postMessage"] = says({"ok": False, "error": code})
    with pytest.raises(error):
        await voice.tell(ADA, "Hello")


async def test_where_the_app_is_gone_nobody_is_told(voice):
    with pytest.raises(Unavailable):
        await voice.tell(replace(ADA, tenant=Tenant("T0GONE")), "Hello")


async def test_a_long_text_is_cut(voice, provider):
    await voice.tell(ADA, "é" * 100_000)
    assert len(provider.last.json["text"]) <= 4000
