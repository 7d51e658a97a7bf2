"""What one authorization server gave is good at no other, and nothing that's wrong is kept.

Two profiles stand side by side, one of which an attacker may have made, or may run the server
of (RFC 9207 and RFC 9700 §4.4, §4.5: mix-up and code injection).
"""

import json
import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from bot.app import utc_now
from bot.connect import Wanted
from bot.connection import Need
from bot.pending import Purpose
from bot.profile import SYSTEM
from tests.attacks.ways import connector
from tests.stage import Stage, staged
from tests.ways import ACME, ADA, FIXED, PEOPLE, ROTATING, Way, callback

ISSUER, CLOUD, INCOMING = Way("issuer", ROTATING), PEOPLE[1], PEOPLE[5]
WITHOUT_ISS = Way("issuer without iss", FIXED)
SECRETS = re.compile(r"s3cr\+t|acmes-secret|[?&](?:code|state)=|rival")


@pytest.fixture
async def stage(logs):
    async with staged() as stage:
        yield stage


async def add(stage: Stage, way: Way, profile_id: str, *, is_tried: bool = True) -> str:
    profile, _ = await way.profile(stage, profile_id)
    named = replace(profile, name=profile_id, callback_url=callback(stage, profile_id))
    complete = await stage.outside.consent.complete(named)
    tried_at = utc_now() if is_tried else None
    assert await stage.stores.profiles.add(replace(complete, tried_at=tried_at))
    return profile_id


async def link_for(stage: Stage, profile: str, purpose: Purpose = Purpose.OWN) -> str:
    wanted = Wanted(Need.READ, purpose, profile)
    return (await connector(stage).start(ADA, "Ada", "Acme", wanted)).link


async def come_back(stage: Stage, profile: str, who: str = "U0ADA", **how: object) -> dict:
    """Go until the provider sends the browser back, and no further."""
    link = await link_for(stage, profile)
    walked = await stage.walk(link, who, stop_at="/connect/callback/", **how)
    assert "/connect/callback/" in (walked["stopped"] or ""), walked["pages"][-1]
    return walked


def with_query(url: str, *more: tuple[str, str], **changed: str | None) -> str:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | changed
    pairs = [(name, value) for name, value in query.items() if value is not None]
    return parts._replace(query=urlencode([*pairs, *more])).geturl()


def query_of(walked: dict) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(walked["stopped"]).query))


async def goes_on(stage: Stage, walked: dict, url: str) -> dict:
    """Open *url* in the browser that came back, and return the page."""
    after = await stage.walk(url, "U0ADA", cookies=walked["cookies"])
    await stage.quiet()
    return after["pages"][-1]


async def nothing_came_of_it(stage: Stage, page: dict) -> None:
    assert page["status"] >= 400, page["text"]
    assert page["title"]
    assert [each async for each in stage.stores.connections.list_all(ACME)] == []
    assert SECRETS.findall(page["text"]) == []
    assert "Traceback" not in page["text"]
    said = await stage.get("slack/log")
    told = json.dumps([each["args"] for each in said["calls"]] + said["hooks"])
    assert SECRETS.findall(told) == []


async def redeemed(stage: Stage) -> list[dict]:
    """Return the codes that any server was asked to trade in."""
    issuer = await stage.get("issuer/log")
    atlassian = await stage.get("atlassian/log")
    datacenter = await stage.get("datacenter/log")
    asked = [*issuer, *atlassian, *datacenter]
    return [each for each in asked if re.search(r"/(?:oauth/)?token$", each["path"])]


PAIRS = [(ISSUER, CLOUD), (CLOUD, ISSUER), (ISSUER, INCOMING), (INCOMING, WITHOUT_ISS)]


def named(value: object) -> str:
    return value.name if isinstance(value, Way) else str(value)


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=named)
async def test_what_one_server_answers_is_not_taken_on_anothers_path(stage, one, other):
    first, second = await add(stage, one, "p0one"), await add(stage, other, "p0two")
    walked = await come_back(stage, first)
    await stage.post("issuer/log/clear", {})
    for path in (second, SYSTEM, "p0none", "P0ONE", f"{first}%2f..%2f{second}"):
        url = walked["stopped"].replace(f"/callback/{first}", f"/callback/{path}")
        await nothing_came_of_it(stage, await goes_on(stage, walked, url))
    # The state was used up by the first of them.
    await nothing_came_of_it(stage, await goes_on(stage, walked, walked["stopped"]))
    assert [each["client"] for each in await redeemed(stage) if each.get("client")] == []


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=named)
async def test_a_code_of_one_server_is_no_good_with_a_state_of_another(stage, one, other):
    first, second = await add(stage, one, "p0one"), await add(stage, other, "p0two")
    ours, theirs = await come_back(stage, first), await come_back(stage, second)
    url = with_query(ours["stopped"], code=query_of(theirs)["code"])
    await nothing_came_of_it(stage, await goes_on(stage, ours, url))


@pytest.mark.parametrize("way", [ISSUER, WITHOUT_ISS, INCOMING], ids=named)
async def test_a_code_of_another_session_is_no_good(stage, way):
    """The attacker's own code, for the same app and path, and its verifier isn't ours."""
    profile = await add(stage, way, "p0one")
    ours, theirs = await come_back(stage, profile), await come_back(stage, profile)
    url = with_query(ours["stopped"], code=query_of(theirs)["code"])
    await nothing_came_of_it(stage, await goes_on(stage, ours, url))


async def test_a_state_of_one_session_is_no_good_in_anothers_browser(stage):
    profile = await add(stage, ISSUER, "p0one")
    ours, theirs = await come_back(stage, profile), await come_back(stage, profile)
    await nothing_came_of_it(stage, await goes_on(stage, ours, theirs["stopped"]))


async def test_a_server_that_sends_people_on_to_another_is_found_out(stage):
    """The first server forwards the browser to the second, asking in that one's app's name."""
    await add(stage, ISSUER, "p0one")
    await add(stage, CLOUD, "p0two")
    elsewhere = urlencode({
        "client_id": "acmes-own",
        "redirect_uri": callback(stage, "p0two"),
        "audience": "api.atlassian.com",
        "scope": "read:me offline_access search:confluence",
        "prompt": "consent",
    })  # fmt: skip
    value = f"{stage.url}/atlassian/auth/authorize?{elsewhere}"
    await stage.post("issuer/faults", {"kind": "mix-up", "value": value, "times": 1})
    walked = await stage.walk(await link_for(stage, "p0one"))
    await stage.quiet()
    await nothing_came_of_it(stage, walked["pages"][-1])


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": None},
        {"iss": ""},
        {"iss": "https://evil.example"},
        {"iss": "ISSUER/"},
        {"iss": "ISSUER?"},
        {"iss": "ISSUER".lower()},
        {"code": None},
        {"code": ""},
        {"code": "no such code"},
        {"error": "access_denied"},
        {"error": "server_error"},
        {"error": "<script>alert(1)</script>"},
        {"state": None},
        {"state": ""},
        {"state": "T0ACME.x"},
        {"state": "T0OTHER." + "x" * 43},
    ],
    ids=lambda changed: "-".join(f"{name}={value}" for name, value in changed.items()),
)
async def test_an_answer_that_isnt_whole_or_isnt_its_own_is_not_taken(stage, changed):
    profile = await add(stage, ISSUER, "p0one")
    walked = await come_back(stage, profile)
    own = query_of(walked)["iss"]
    given = {
        name: value and (value.replace("ISSUER", own) if "ISSUER" in value else value)
        for name, value in changed.items()
    }
    page = await goes_on(stage, walked, with_query(walked["stopped"], **given))
    await nothing_came_of_it(stage, page)
    assert "<script>alert" not in page["text"]


@pytest.mark.parametrize(
    "doubled",
    [
        ("iss", "https://evil.example"),
        ("code", "another"),
        ("state", "T0ACME." + "x" * 43),
        ("error", "access_denied"),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
async def test_what_is_said_twice_is_not_taken(stage, doubled, is_first):
    profile = await add(stage, ISSUER, "p0one")
    walked = await come_back(stage, profile)
    name, value = doubled
    url = with_query(walked["stopped"], doubled)
    if is_first:
        url = url.replace("?", f"?{urlencode([(name, value)])}&", 1).rpartition("&")[0]
    await nothing_came_of_it(stage, await goes_on(stage, walked, url))


AT_AUTHORIZE = (
    {"kind": "wrong-iss", "value": "https://evil.example"},
    *({"kind": kind} for kind in ("no-iss", "wrong-state", "no-state", "no-code")),
    {"kind": "code-of-another-client"},
    *(
        {"kind": "error", "at": "authorize", "value": value}
        for value in ("access_denied", "server_error", "invalid_request", "unauthorized_client")
    ),
)
AT_CODE = tuple(
    {"at": "code", **fault}
    for fault in (
        {"kind": "echo-secret"},
        {"kind": "error", "value": "invalid_grant"},
        {"kind": "error", "value": "invalid_client", "status": 401},
        {"kind": "error-with-200", "value": "invalid_grant"},
        *({"kind": kind} for kind in ("html", "empty", "truncated", "broken", "endless")),
        *({"kind": kind} for kind in ("drop-before", "drop-after", "redirect")),
        {"kind": "redirect", "status": 307},
        {"kind": "redirect", "status": 308, "value": "http://169.254.169.254/latest"},
        {"kind": "wrong-shape", "body": "[]"},
        {"kind": "wrong-shape", "body": '{"access_token": 7, "token_type": "Bearer"}'},
        {"kind": "wrong-shape", "body": '{"access_token": "a\\r\\nX: y", "token_type": "Bearer"}'},
        {"kind": "wrong-shape", "body": '{"access_token": "stolen", "token_type": "mac"}'},
    )
)
FAULTS = [
    *((Purpose.OWN, fault) for fault in AT_AUTHORIZE),
    *((Purpose.TRIAL, fault) for fault in AT_CODE),
]


def called(value: object) -> str:
    return "-".join(map(str, value.values()))[:60] if isinstance(value, dict) else str(value)


@pytest.mark.parametrize(("purpose", "fault"), FAULTS, ids=called)
async def test_a_server_that_answers_wrongly_leaves_nothing_behind(stage, purpose, fault, logs):
    profile = await add(stage, ISSUER, "p0one", is_tried=purpose is Purpose.OWN)
    before = await stage.stores.profiles.find(ACME, profile)
    link = await link_for(stage, profile, purpose)
    await stage.post("issuer/faults", fault)
    walked = await stage.walk(link)
    await stage.quiet()
    await nothing_came_of_it(stage, walked["pages"][-1])
    assert await stage.stores.profiles.find(ACME, profile) == before
    assert await stage.get("issuer/trap") == []
    assert SECRETS.findall(json.dumps(logs.events, default=str)) == []


@pytest.mark.parametrize("fault", AT_CODE, ids=called)
async def test_a_renewal_that_is_answered_wrongly_tells_nothing(stage, fault, logs):
    profile = await add(stage, ISSUER, "p0one")
    seen = await stage.stores.integrations.find(ACME)
    assert await stage.stores.integrations.replace(seen, replace(seen, people_profile=profile))
    await stage.walk(await link_for(stage, profile))
    await stage.quiet()
    await stage.post("issuer/expire-access", {})
    await stage.post("issuer/faults", fault | {"at": "refresh"})
    logs.events.clear()
    ada = stage.person("U0ADA")
    await ada.types("/confluence search release")
    await stage.quiet()
    told = json.dumps(await ada.last(), ensure_ascii=False)
    assert SECRETS.findall(told) == []
    assert "Release checklist" not in told
    assert await stage.get("issuer/trap") == []
    assert SECRETS.findall(json.dumps(logs.events, default=str)) == []
