"""Nothing that an admin types, and nothing that a server answers, leads where it mustn't.

Every address of a profile is tried, on saving and on use: by name, by number, by what a name
resolves to, by redirect, and by what a server publishes of itself.
"""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.app import utc_now
from bot.connect import Wanted
from bot.connection import Need
from bot.errors import BadInput, BotError
from bot.pending import Purpose
from bot.profile import AuthorizationProfile, Mechanism, Provider
from tests.attacks.ways import connector
from tests.stage import staged
from tests.ways import ACME, ADA, ROTATING, Way, callback

PUBLIC = "https://confluence.example.com"
GOOD = {
    "base_url": PUBLIC,
    "authorization_url": "https://id.example.com/authorize",
    "token_url": "https://id.example.com/token",
}
FIELDS = (
    *("base_url", "issuer", "authorization_url", "token_url", "refresh_url", "revocation_url"),
)
PRIVATE = (
    *(
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://localhost./x",
        "https://a.localhost/x",
    ),
    *("https://10.0.0.8/x", "https://172.16.3.4/x", "https://192.168.1.1/x", "https://0.0.0.0/x"),
    *("https://169.254.169.254/latest", "https://metadata.google.internal/x", "https://[::1]/x"),
    *("https://[::ffff:127.0.0.1]/x", "https://[::ffff:a9fe:a9fe]/x", "https://[fd00::1]/x"),
    *("https://[fe80::1%25eth0]/x", "https://[64:ff9b::7f00:1]/x", "https://2130706433/x"),
    *("https://0x7f000001/x", "https://0177.0.0.1/x", "https://127.1/x", "https://0/x"),
    *("https://127.0.0.1.:443/x", "https://100.64.0.1/x", "https://[2002:7f00:1::]/x"),
)
ODD = (
    *("http://id.example.com/x", "https://id.example.com:22/x", "https://id.example.com:6379/x"),
    *(
        "https://user@id.example.com/x",
        "https://good.example:x@10.0.0.1/x",
        "ftp://id.example.com/",
    ),
    *("file:///etc/passwd", "gopher://id.example.com/", "javascript:alert(1)", "//10.0.0.1/x"),
    *("https://id.example.com\\@10.0.0.1/x", "https:///x"),
    *(
        "https://id.example.com/x\r\nHost: evil",
        "https://id.example.com /x",
        "https://ıd.example/x",
    ),
    *("https://example.com\t.evil.example/", "https://①②⑦.⓪.⓪.①/x", "https://127。0。0。1/x"),
)


@pytest.fixture
async def stage(logs):
    async with staged() as stage:
        yield stage


@pytest.fixture
async def strict(logs):
    """As it is where the operator lets nothing internal in."""
    async with staged(internal_origins="") as stage:
        yield stage


def profile_with(stage, **changed) -> AuthorizationProfile:
    return AuthorizationProfile(
        "p0addr",
        "Addresses",
        tenant=ACME,
        made_by="U0ADA",
        provider=Provider.DATA_CENTER,
        client_id="confab",
        client_secret=SecretStr("a-secret-of-ours"),
        callback_url=callback(stage, "p0addr"),
        **GOOD | changed,
    )


@pytest.mark.parametrize("field", FIELDS)
async def test_no_field_takes_an_address_that_leads_inside_or_can_be_read_in_two_ways(
    strict, field
):
    for url in (*PRIVATE, *ODD):
        with pytest.raises(BadInput) as refused:
            await strict.outside.consent.complete(profile_with(strict, **{field: url}))
        assert refused.value.field == field, url
    assert await strict.get("issuer/log") == []


@pytest.mark.parametrize(
    "mechanism", [Mechanism.PAT, Mechanism.BASIC, Mechanism.CLIENT_CREDENTIALS]
)
async def test_nor_does_any_other_mechanism(strict, mechanism):
    for url in (*PRIVATE, *ODD):
        profile = profile_with(strict, mechanism=mechanism, base_url=url)
        with pytest.raises(BadInput):
            await strict.outside.consent.complete(profile)


async def used(stage, profile, **how):
    """Keep *profile* past all that saving checks, and go the way that uses its addresses."""
    assert await stage.stores.profiles.add(replace(profile, tried_at=utc_now()))
    wanted = Wanted(Need.READ, Purpose.OWN, profile.id)
    link = (await connector(stage).start(ADA, "Ada", "Acme", wanted)).link
    walked = await stage.walk(link, **how)
    await stage.quiet()
    assert [each async for each in stage.stores.connections.list_all(ACME)] == []
    return walked["pages"][-1]


async def of_the_issuer(stage):
    profile, _ = await Way("issuer", ROTATING).profile(stage, "p0addr")
    named = replace(profile, callback_url=callback(stage, "p0addr"))
    return await stage.outside.consent.complete(named)


@pytest.mark.parametrize(
    "url", ["https://10.0.0.8/token", "https://169.254.169.254/token", "ELSEWHERE"]
)
async def test_an_address_that_came_to_lead_inside_after_it_was_saved_is_not_called(stage, url):
    # Another name of this machine, where a server waits that gives a token to anybody.
    elsewhere = (await stage.get("issuer"))["elsewhere"]
    profile = await of_the_issuer(stage)
    page = await used(stage, replace(profile, token_url=url.replace("ELSEWHERE", elsewhere)))
    assert page["status"] >= 400
    assert "a-secret" not in page["text"]
    assert await stage.get("issuer/trap") == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("at", ["code", "refresh", "revoke", "metadata", "api"])
async def test_no_redirect_is_followed(stage, status, at):
    await stage.post("issuer/faults", {"kind": "redirect", "at": at, "status": status})
    try:
        profile = await of_the_issuer(stage)
    except BotError:
        assert at == "metadata"
    else:
        assert await stage.stores.profiles.add(replace(profile, tried_at=utc_now()))
        seen = await stage.stores.integrations.find(ACME)
        changed = replace(seen, people_profile=profile.id)
        assert await stage.stores.integrations.replace(seen, changed)
        wanted = Wanted(Need.READ, Purpose.OWN, profile.id)
        await stage.walk((await connector(stage).start(ADA, "Ada", "Acme", wanted)).link)
        await stage.post("issuer/expire-access", {})
        for word in ("search release", "status", "disconnect"):
            await stage.person("U0ADA").types(f"/confluence {word}")
            await stage.quiet()
    assert await stage.get("issuer/trap") == []


@pytest.mark.parametrize("value", [None, "https://10.0.0.8/", "https://localhost/"])
async def test_metadata_that_names_private_endpoints_is_refused(stage, value):
    told = {} if value is None else {"value": value}
    await stage.post("issuer/faults", {"kind": "other-endpoints", "at": "metadata", **told})
    with pytest.raises(BadInput):
        await of_the_issuer(stage)


async def test_metadata_of_another_issuer_is_not_believed(stage):
    fault = {"kind": "wrong-issuer", "at": "metadata", "value": "https://evil.example"}
    await stage.post("issuer/faults", fault)
    with pytest.raises(BotError):
        await of_the_issuer(stage)
