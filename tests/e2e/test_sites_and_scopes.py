"""Several sites at once, and scopes that are asked for when they are first needed."""

import re
from typing import Any

import pytest

from bot.connection import Need
from bot.principal import Principal, Tenant
from sandbox.person import words
from tests.e2e.test_every_way import BODY, PEOPLE, Way, create, lent, made, opens, searched, set_up
from tests.handlers.admin_stage import Desk
from tests.stage import Stage, link_in, staged

ADA = Principal(Tenant("T0ACME"), "U0ADA")
WAYS = {way.name: way for way in PEOPLE}


@pytest.fixture(name="stage")
async def fresh_stage():
    async with staged() as stage:
        yield stage


async def says(stage: Stage, text: str, channel: str = "general") -> str:
    """Have Ada type *text*, and return what she is answered there."""
    ada = stage.person("U0ADA")
    await ada.types(text, channel)
    await stage.quiet()
    return words(await ada.last(channel))


async def globex(stage: Stage, title: str) -> str:
    """Return the address of a page at the site that isn't in use."""
    ada = stage.person("U0ADA")
    await ada.types(f'/confluence search "{title}" site:globex')
    await stage.quiet()
    [link] = set(re.findall(r"http[^\"'|>]+/globex/wiki/[^\"'|>]+", str(await ada.last())))
    return link


class TestSites:
    @pytest.fixture(autouse=True)
    async def connected(self, stage):
        await stage.connect_to_write()
        assert "acme" in await says(stage, "/confluence status")

    async def test_a_site_is_named_per_action(self, stage):
        there = await says(stage, "/confluence search getting started site:globex")
        assert "on *globex*" in there
        assert "Install the agent" in there
        assert "Nothing on *acme*" in await says(stage, "/confluence search Globex documentation")
        assert "Globex Docs" in await says(
            stage, "/confluence page site:globex Globex documentation"
        )
        ada = stage.person("U0ADA")
        await ada.types("/confluence create site:globex Manual")
        await stage.quiet()
        form = await ada.modal()
        assert "on *globex*" in words(form)
        assert "'initial_value': 'Manual'" in str(form)
        [docs] = await ada.suggests("create_space", "DOCS")
        assert "Globex Docs" in str(docs)

    async def test_a_link_to_another_site_of_theirs_just_works(self, stage):
        link = await globex(stage, "Getting started")
        assert "Install the agent" in await says(stage, f"/confluence page {link}")
        ada = stage.person("U0ADA")
        await ada.presses("preview")
        await stage.quiet()
        assert "Install the agent" in words(await ada.modal())
        await ada.closes(everything=True)
        assert "on *acme*" in await says(stage, "/confluence search release checklist")

    async def test_what_was_found_there_is_shown_from_there(self, stage):
        await says(stage, "/confluence search getting started site:globex")
        ada = stage.person("U0ADA")
        await ada.presses("preview")
        await stage.quiet()
        assert "Install the agent" in words(await ada.modal())

    async def test_one_that_is_not_theirs_is_named_with_those_that_are(self, stage):
        said = await says(stage, "/confluence search release site:initech")
        assert "a site called “initech”" in said
        assert "acme" in said
        assert "globex" in said

    async def test_a_channel_has_its_own(self, stage):
        ada = stage.person("U0ADA")
        await ada.types("/confluence here site:globex")
        await stage.quiet()
        [docs] = await ada.suggests("create_space", "DOCS")
        await ada.submits({"space": {"create_space": docs}})
        await stage.quiet()
        assert "*Globex Docs* on *globex*" in words(await ada.modal())
        await ada.closes(everything=True)

        assert "on *globex*" in await says(stage, "/confluence search getting started")
        elsewhere = await says(stage, "/confluence search release checklist", "partners")
        assert "on *acme*" in elsewhere
        await ada.types("/confluence create Manual")
        await stage.quiet()
        form = words(await ada.modal())
        assert "This channel writes to *Globex Docs* on *globex*" in form
        await ada.submits({"body": {"body": BODY}})
        await stage.quiet()
        preview = words(await ada.modal())
        assert "*Globex Docs* on *globex*" in preview
        assert "your own account" in preview
        await ada.submits()
        await stage.quiet()
        assert "*Globex Docs* on *globex*" in words(await ada.modal())

    async def test_a_channel_that_is_shared_has_none(self, stage):
        ada = stage.person("U0ADA")
        await ada.types("/confluence here", "partners")
        await stage.quiet()
        assert "shared with another organisation" in words(await ada.modal())
        assert await stage.stores.integrations.find_channel(ADA.tenant, "C0PARTNERS") is None

    async def test_a_default_is_forgotten_again(self, stage):
        ada = stage.person("U0ADA")
        for _ in range(2):
            await ada.types("/confluence here")
            await stage.quiet()
            [eng] = await ada.suggests("create_space", "ENG")
            await ada.submits({"space": {"create_space": eng}})
            await stage.quiet()
            await ada.closes(everything=True)
        await ada.types("/confluence here")
        await stage.quiet()
        assert "as <@U0ADA> chose" in words(await ada.modal())
        await ada.presses("here_forget")
        await stage.quiet()
        assert "has no default any more" in words(await ada.modal())
        await ada.closes(everything=True)
        await ada.types("/confluence create")
        await stage.quiet()
        assert "This channel writes" not in words(await ada.modal())


@pytest.mark.parametrize(
    ("way", "reads", "writes"),
    [
        (WAYS["cloud_system"], Need.READ.scopes, Need.WRITE.scopes),
        (WAYS["cloud_custom"], Need.READ.scopes, Need.WRITE.scopes),
        (WAYS["datacenter_oauth"], {"READ"}, {"WRITE"}),
    ],
    ids=["system", "custom", "datacenter"],
)
async def test_scopes_are_asked_for_when_first_needed_with_all_that_is_held(
    stage: Stage, way: Way, reads: frozenset[str], writes: frozenset[str]
) -> None:
    profile, _ = await set_up(stage, way)
    await stage.connect("U0ADA")
    kept = await stage.stores.connections.find(ADA, profile)
    assert kept is not None
    assert kept.grant.scopes == reads

    ada = stage.person("U0ADA")
    await ada.types("/confluence create A first page")
    await stage.quiet()
    said = words(await ada.modal())
    assert "rights that you haven't given yet" in said
    assert "write" in said or "create and change pages" in said
    link = link_in(await ada.modal())
    assert link
    await stage.walk(link)
    await stage.quiet()
    await ada.closes(everything=True)

    kept = await stage.stores.connections.find(ADA, profile)
    assert kept is not None
    assert kept.grant.scopes == writes
    assert kept.grant.refresh_token is not None
    await create(stage, ada, "A first page", way.world)


async def test_what_was_narrowed_elsewhere_is_said_and_mended_by_the_same_button(stage):
    ada = await stage.connect_to_write()
    await stage.post("atlassian/narrow", {"account": "ada", "scopes": "read:me"})

    said = await says(stage, "/confluence search release checklist")
    assert "the same account was connected elsewhere with fewer rights" in said
    link = link_in(await ada.last())
    assert link
    await stage.walk(link)
    await stage.quiet()

    assert "Release checklist" in words(await ada.last("@app"))
    kept = await stage.stores.connections.find(ADA, "system")
    assert kept.grant.scopes == Need.WRITE.scopes


async def test_a_write_that_was_narrowed_meanwhile_is_mended_from_its_receipt(stage):
    ada = await stage.connect_to_write()
    narrow = " ".join(sorted(Need.READ.scopes))
    await stage.post("atlassian/narrow", {"account": "ada", "scopes": narrow})
    await previewed(stage, ada)
    await ada.submits()
    await stage.quiet()
    assert "your consent doesn't cover writing" in words(await ada.modal())
    await ada.closes(everything=True)

    await ada.presses("reconnect")
    await stage.quiet()
    await stage.walk(link_in(await ada.screen()))
    await stage.quiet()
    await ada.presses("edit_again")
    await stage.quiet()
    await ada.submits()
    await stage.quiet()
    await ada.submits()
    await stage.quiet()
    assert "Published *" in words(await ada.modal()), words(await ada.modal())


async def test_a_typed_token_that_lacks_scopes_is_replaced_by_one_that_has_those_it_was_told(stage):
    await set_up(stage, WAYS["cloud_scoped_token"])
    ada = stage.person("U0ADA")
    await ada.types("/confluence search release")
    await stage.quiet()
    first = await types_a_token(stage, ada, Need.READ)
    await previewed(stage, ada)
    await ada.submits()
    await stage.quiet()
    assert "your consent doesn't cover writing" in words(await ada.modal())
    await ada.closes(everything=True)

    await ada.presses("reconnect")
    await stage.quiet()
    page = await types_a_token(stage, ada, Need.WRITE)
    for told in (first, page):
        assert all(scope in told for scope in ("search:confluence", "write:page:confluence"))
        assert "hierarchical" not in told
        assert "offline_access" not in told
    assert "to write pages as well: delete:page:confluence , write:page" in first
    assert "to write pages as well" not in page
    await ada.presses("edit_again")
    await stage.quiet()
    await ada.submits()
    await stage.quiet()
    await ada.submits()
    await stage.quiet()
    assert "Published *" in words(await ada.modal())


async def types_a_token(stage: Stage, person: Any, need: Need) -> str:
    """Make a token with what the page asks for, type it there, and return what the page said."""
    left_out = {"offline_access", "read:hierarchical-content:confluence"}
    asked = {"account": "ada", "days": 90, "scopes": sorted(need.scopes - left_out)}
    made = await stage.post("atlassian/tokens", asked)
    typed = {"user": made["email"], "secret": made["token"]}
    walked = await stage.walk(link_in(await person.screen()), typed=typed)
    await stage.quiet()
    [page] = [each["text"] for each in walked["pages"] if "E-mail address" in each["text"]]
    return str(page)


async def previewed(stage: Stage, person: Any) -> None:
    await person.types("/confluence create")
    await stage.quiet()
    [space] = await person.suggests("create_space", "ENG")
    await person.submits(
        {"space": {"create_space": space}, "title": {"title": "Plan"}, "body": {"body": BODY}}
    )
    await stage.quiet()


async def test_what_the_organisations_connection_lacks_is_named_and_asked_for_again(stage):
    await lent(stage, WAYS["cloud_system"])
    bob = stage.person("U0BOB")
    narrow = sorted(Need.LEND.scopes - {"write:page:confluence"})
    await stage.post("atlassian/narrow", {"account": "ada", "scopes": " ".join(narrow)})
    assert "Release checklist" in await searched(stage, bob)

    await previewed(stage, bob)
    await bob.submits()
    await stage.quiet()
    said = words(await bob.modal())
    assert "the organisation's connection isn't allowed to write" in said
    assert "/connect/" not in str(await bob.modal())
    await bob.closes(everything=True)

    last = await Desk(stage).lends()
    assert last["status"] == 200
    await create(stage, bob, "Plan", "atlassian")


async def test_a_consent_that_opens_fewer_sites_is_told(stage):
    await stage.connect_to_write()
    ada = stage.person("U0ADA")
    await ada.types("/confluence connect")
    await stage.quiet()
    await stage.walk(link_in(await ada.last()), only_sites=["acme"])
    await stage.quiet()
    assert "no longer gives the site *globex*" in words(await ada.last("@app"))


async def test_a_consent_that_gives_fewer_rights_is_told(stage):
    desk, profile, _ = await made(stage, WAYS["cloud_custom"])
    await desk.presses("admin_try_profile")
    await desk.goes()
    await opens(desk, profile)
    await desk.presses("admin_use_profile")
    await desk.person.closes(everything=True)
    ada = await stage.connect_to_write()
    await reads_alone(desk, profile)

    await ada.types("/confluence connect")
    await stage.quiet()
    await stage.walk(link_in(await ada.last()))
    await stage.quiet()
    said = words(await ada.last("@app"))
    assert "no longer gives the right to" in said
    assert "create and change pages" in said


async def reads_alone(desk: Desk, profile) -> None:
    """Have the profile ask for reading alone, and try it as it is now."""
    await desk.opens("admin_profiles")
    await desk.presses_in("admin_profile", profile.name)
    await desk.presses("admin_edit_profile")
    typed = " ".join(sorted(Need.READ.scopes))
    await desk.saves({"scopes_typed": {"scopes_typed": typed}})
    await desk.presses("admin_try_profile")
    last = await desk.goes()
    assert "works" in last["text"], last
    await desk.person.closes(everything=True)
