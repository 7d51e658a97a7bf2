"""Every way to authorize, from an admin's first press to disconnecting, by mouse alone."""

import re
from typing import Any

import pytest

from bot.principal import Principal
from bot.profile import (
    SYSTEM,
    AuthorizationProfile,
)
from sandbox.person import words
from tests.handlers.admin_stage import Desk
from tests.stage import Stage, link_in, staged
from tests.ways import ACME, ADA, CLIENTS, PEOPLE, SERVICE, Json, Way, system

BODY = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "Hello, all"}]}
    ],
}

CALLBACK = re.compile(r"/connect/callback/([0-9A-Za-z]+)")


@pytest.fixture(name="stage")
async def fresh_stage():
    async with staged() as stage:
        yield stage


async def made(
    stage: Stage, way: Way, secret: str | None = None
) -> tuple[Desk, AuthorizationProfile, Json]:
    """Fill in an admin's form of the way's profile, and type its secret; stop at its page."""
    desk = Desk(stage)
    await desk.opens("admin_profiles", "admin_new_profile")
    [profile_id] = CALLBACK.findall(await desk.sees())
    profile, typed = await way.profile(stage, profile_id)
    await desk.presses("admin_profile_provider", profile.provider)
    await desk.presses("admin_profile_mechanism", profile.mechanism)
    said = await desk.saves(fields(profile))
    assert "Saved as version 1" in said, said
    if not profile.mechanism.is_typed:
        await desk.presses("admin_type_secret")
        right = profile.client_secret.get_secret_value()
        kept = await desk.goes(typed={"secret": secret or right})
        assert "kept" in kept["text"], kept
        await opens(desk, profile)
    return desk, profile, typed


def fields(profile: AuthorizationProfile) -> Json:
    """Return what an admin types into the form of *profile*."""
    given: Json = {"name": profile.name, "base_url": profile.base_url}
    if not profile.mechanism.is_typed:
        given |= {
            "client_id": profile.client_id,
            "issuer": profile.issuer,
            "client_authentication": profile.client_authentication,
            "token_body": profile.token_body,
        }
    return {name: {name: value} for name, value in given.items() if value}


async def opens(desk: Desk, profile: AuthorizationProfile) -> None:
    await desk.person.closes(everything=True)
    await desk.opens("admin_profiles")
    await desk.presses_in("admin_profile", profile.name)


async def set_up(stage: Stage, way: Way, *, for_people: bool = True) -> tuple[str, Json]:
    """Make the way's profile, try it and choose it, by an admin's hands; System is there."""
    if way.profile is system:
        return SYSTEM, {}
    desk, profile, typed = await made(stage, way)
    await desk.presses("admin_try_profile")
    last = await desk.goes(typed=typed)
    assert "works" in last["text"], last
    if for_people:
        await opens(desk, profile)
        await desk.presses("admin_use_profile")
    await desk.person.closes(everything=True)
    return profile.id, typed


async def connect(stage: Stage, typed: Json) -> Any:
    ada = stage.person("U0ADA")
    await ada.types("/confluence create")
    await stage.quiet()
    link = await ada.waits_for(link_in)
    walked = await stage.walk(link, typed=typed)
    await stage.quiet()
    await ada.closes(everything=True)
    return ada, walked


async def create(stage: Stage, person: Any, title: str, world: str) -> Json:
    """Write a page from the form to the receipt, and return it as the world has it."""
    await person.types("/confluence create")
    await stage.quiet()
    [space] = await person.suggests("create_space", "ENG")
    await person.submits(
        {
            "space": {"create_space": space},
            "title": {"title": title},
            "body": {"body": BODY},
        }
    )
    await stage.quiet()
    preview = words(await person.modal())
    assert "Hello, all" in preview
    await person.submits()
    await stage.quiet()
    done = words(await person.modal())
    assert "Published" in done, done
    await person.closes(everything=True)
    found = await stage.get(f"{world}/pages")
    pages = found["pages"] if isinstance(found, dict) else found
    [page] = [each for each in pages if each["title"] == title]
    return {**page, "preview": preview, "receipt": done}


async def searched(stage: Stage, person: Any) -> str:
    await person.types("/confluence search release")
    await stage.quiet()
    return words(await person.last())


@pytest.mark.parametrize("way", PEOPLE, ids=lambda way: way.name)
async def test_people_connect_search_create_and_disconnect(stage, way):
    profile, typed = await set_up(stage, way)
    ada, walked = await connect(stage, typed)
    assert "connected" in walked["pages"][-1]["text"].casefold(), walked["pages"][-1]
    assert await stage.stores.connections.find(ADA, profile)

    assert "Release checklist" in await searched(stage, ada)
    page = await create(stage, ada, f"Written by {way.name}", way.world)
    assert "your own account" in page["preview"]

    assert way.expire is not None
    await way.expire(stage)
    after = await searched(stage, ada)
    if way.renews:
        assert "Release checklist" in after
    else:
        assert way.ended in after
        assert "Release checklist" not in after

    await ada.types("/confluence disconnect")
    await stage.quiet()
    await ada.presses("disconnect")
    await stage.quiet()
    assert await stage.stores.connections.list_of(ADA) == []


@pytest.mark.parametrize("way", [way for way in PEOPLE if way.wrong], ids=lambda way: way.name)
async def test_a_wrong_credential_is_refused_in_words_that_help(stage, way):
    _, typed = await set_up(stage, way)
    _, walked = await connect(stage, {**typed, **way.wrong})

    page = walked["pages"][-1]
    assert page["status"] == 400
    assert way.refused in page["text"], page["text"]
    assert typed["secret"] not in str(walked)
    assert await stage.stores.connections.list_of(ADA) == []


@pytest.mark.parametrize(
    "way",
    [way for way in (*PEOPLE, SERVICE) if way.name in CLIENTS],
    ids=lambda way: way.name,
)
async def test_a_wrong_client_secret_is_the_profiles_fault_and_said_so(stage, way):
    desk, _, typed = await made(stage, way, "mistyped")
    await desk.presses("admin_try_profile")

    page = await desk.goes(typed=typed)

    assert page["status"] in {403, 502, 503}, page
    assert "needs mending" in page["text"], page["text"]
    assert [each async for each in stage.stores.connections.list_all(ACME)] == []
    assert not any([each.is_usable async for each in stage.stores.profiles.list_all(ACME)])


async def lent(stage: Stage, way: Way) -> None:
    """Authorize for the organisation, and lend it in ENG, by an admin's hands alone."""
    profile, typed = await set_up(stage, way, for_people=False)
    desk = Desk(stage)
    last = await desk.lends(profile, typed=typed)
    assert last["status"] == 200, last["text"]
    await desk.opens("admin_policy")
    [reads] = await desk.person.suggests("admin_readable", "ENG")
    [writes] = await desk.person.suggests("admin_writable", "ENG")
    [staff] = await desk.person.suggests("admin_audience", "staff")
    await desk.saves(
        {
            "read": {"read": "own_else_organisation"},
            "write": {"write": "own_else_organisation"},
            "readable": {"admin_readable": [reads]},
            "writable": {"admin_writable": [writes]},
            "audience": {"admin_audience": staff},
        }
    )
    assert ":warning:" not in await desk.sees()
    said = await desk.presses("admin_root")
    assert "pre-authorized: *Robot*" in said
    assert "1 space to read, 1 to write in" in said, said
    await desk.person.closes(everything=True)


@pytest.mark.parametrize("way", [*PEOPLE, SERVICE], ids=lambda way: way.name)
async def test_the_organisation_lends_its_account_until_it_is_disconnected(stage, way):
    await lent(stage, way)
    bob = stage.person("U0BOB")

    found = await searched(stage, bob)
    assert "Release checklist" in found
    assert "organisation's account" in found
    page = await create(stage, bob, f"Lent by {way.name}", way.world)
    assert "organisation's account" in page["preview"]
    assert "Bob" in page["preview"]
    assert "Bob" in page["receipt"]
    assert await stage.stores.connections.list_of(Principal(ACME, "U0BOB")) == []

    assert way.expire is not None
    await way.expire(stage)
    after = await searched(stage, bob)
    if way.renews:
        assert "Release checklist" in after
    else:
        assert way.ended_lent in after
        assert "/connect/" not in str(await bob.last())

    desk = Desk(stage)
    await desk.opens("admin_authorization")
    assert "Deleted here" in await desk.presses("admin_disconnect")
    assert [each async for each in stage.stores.connections.list_all(ACME)] == []
    assert "I need your consent" in await searched(stage, bob)
