"""`/confluence doctor` as people meet it: each layer fails in turn, and is named."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app import utc_now
from bot.connection import organisation
from bot.errors import NoLicence, ProfileBroken, Unavailable
from bot.integration import AuthorizationType, Credential, Policy, Role
from bot.principal import Principal, Tenant
from bot.profile import SYSTEM
from handlers.ask import Kind
from sandbox.person import words

ACME = Tenant("T0ACME")
ADA = Principal(ACME, "U0ADA")


async def report(stage, user="U0ADA", typed=""):
    """Ask, and return the report that follows the first words."""
    person = stage.person(user)
    await person.types(f"/confluence doctor {typed}")
    await stage.quiet()
    return await person.last()


def raising(error):
    async def refuse(*_args, **_kwargs):
        raise error

    return refuse


async def decide(stage, **changes):
    integrations = stage.stores.integrations
    seen = await integrations.find(ACME)
    assert await integrations.replace(seen, replace(seen, **changes))


async def test_it_says_first_that_it_looks_and_only_to_whoever_asks(stage):
    ada = await stage.connect_to_write()
    message = await report(stage)
    assert message["ephemeral"]
    assert "Looking at each layer" in words(await ada.waits_for_message("Looking"))
    assert "I found nothing that fails, for" in words(message)


async def test_all_is_well_with_somebody_who_works(stage):
    await stage.connect_to_write()
    seen = words(await report(stage))
    assert "✗" not in seen
    for name in ("Database", "Slack", "Workspace", "Profile", "Consent", "Site", "App", "Quota"):
        assert f"✓ *{name}*" in seen


async def test_rights_that_are_asked_for_when_needed_are_no_failure(stage):
    await stage.connect()
    seen = words(await report(stage))
    assert "I found nothing that fails" in seen
    assert "! *Rights*: not given yet, and asked for when needed: to write" in seen


async def test_an_app_that_the_organisation_blocks_is_named_with_a_message_to_send(stage):
    await stage.connect()
    await stage.post("atlassian/policy", {"site": "acme", "blocked": True})
    seen = words(await report(stage))
    assert "✗ *App*: the organisation's policy at Atlassian shuts this app out" in seen
    assert "Could you allow the app for Confluence, under Connected apps?" in seen


async def test_a_licence_that_is_gone_is_named(stage):
    await stage.connect()
    stage.outside.confluence.search = raising(NoLicence("no licence"))
    seen = words(await report(stage))
    assert "✗ *Licence*: the account has no licence for Confluence on this site." in seen
    assert "Who can mend it: *whoever runs the Confluence site*." in seen


async def test_rights_that_were_lost_elsewhere_are_named_so(stage):
    await stage.connect()
    await stage.post(
        "atlassian/narrow", {"account": "ada", "scopes": ["read:me", "read:page:confluence"]}
    )
    seen = words(await report(stage))
    assert "✗ *Rights*: rights that were given are missing now: search:confluence." in seen


async def test_who_never_connected_gets_the_button_that_mends_it(stage):
    message = await report(stage)
    assert "✗ *Consent*: no account is connected yet." in words(message)
    assert "Who can mend it: *you*." in words(message)
    assert '"action_id": "reconnect"' in json.dumps(message["blocks"])


async def test_guests_get_it_for_themselves(stage):
    assert "no account is connected yet" in words(await report(stage, "U0GUS"))


async def test_a_revoked_consent_is_named_with_its_server(stage):
    await stage.connect()
    await stage.post("atlassian/revoke", {"account": "ada"})
    seen = words(await report(stage))
    assert "✗ *Site*: the consent doesn't open these sites any more: acme, globex." in seen
    kept = await stage.stores.connections.find(ADA, SYSTEM)
    await stage.stores.connections.end(kept, utc_now())
    seen = words(await report(stage))
    assert "✗ *Consent*: Atlassian has ended the consent." in seen
    assert "Who can mend it: *you*." in seen


async def test_a_grant_that_fails_to_renew_is_named_since_when(stage):
    await stage.connect()
    kept = await stage.stores.connections.find(ADA, SYSTEM)
    claim = await stage.stores.connections.claim_refresh(kept, timedelta(seconds=30))
    await stage.stores.connections.note_failure(kept, claim, utc_now())
    seen = words(await report(stage))
    assert "! *Consent*: renewing the consent has failed since" in seen


async def test_a_refused_client_is_named_with_a_message_to_send(stage):
    await stage.connect()
    kept = await stage.stores.connections.find(ADA, SYSTEM)
    ended = replace(kept.grant, expires_at=utc_now() - timedelta(hours=1))
    await stage.stores.connections.save(replace(kept, grant=ended))
    stage.outside.consent.renew = raising(ProfileBroken("invalid_client"))
    seen = words(await report(stage))
    assert "✗ *Profile*: the server refuses the client id or secret" in seen
    assert "Who can mend it: *an admin of this workspace, or whoever runs Confab*." in seen
    assert "```Hello! Confab" in seen
    assert "doesn't work for me in the Slack workspace Acme" in seen


async def test_a_token_that_slack_refuses_is_named(stage):
    class Refusing:
        async def is_good(self, installation):
            return False

    doctor = doctor_of(stage)
    doctor._with = replace(doctor._with, slack=Refusing())  # noqa: SLF001
    seen = words(await report(stage))
    assert "✗ *Slack*: Slack refuses Confab's token" in seen
    assert "install Confab again?" in seen


async def test_a_right_that_slack_has_not_given_is_named(stage):
    installation = await stage.stores.installations.find(ACME)
    less = replace(installation, scopes=installation.scopes - {"chat:write"})
    await stage.stores.installations.save(replace(less, installed_at=utc_now()))
    stage.bot.tenants._kept.clear()  # noqa: SLF001 - time alone does it
    assert "Slack hasn't given Confab these rights: chat:write." in words(await report(stage))


async def test_our_own_database_is_named_and_nothing_else_is_looked_at(stage):
    stage.stores.integrations.find = raising(Unavailable("the database"))
    seen = words(await report(stage))
    assert "✗ *Database*: Confab's own database doesn't answer." in seen
    assert "Who can mend it: *whoever runs Confab*." in seen
    assert "*Slack*" not in seen


async def test_a_workspace_that_writes_nothing_is_noted(stage):
    await stage.connect_to_write()
    await decide(stage, policy=Policy(is_read_only=True))
    assert "! *Workspace*: writing is switched off for everybody" in words(await report(stage))


async def test_who_may_not_write_is_told_so(stage):
    await stage.connect_to_write("U0BOB")
    await decide(stage, policy=Policy(roles=((Role.WRITE, ("U0ADA",)),)))
    assert "! *Workspace*: only certain people may write" in words(await report(stage, "U0BOB"))


async def test_a_missing_organisations_connection_is_named(stage):
    await decide(
        stage,
        authorization=AuthorizationType.PRE_AUTHORIZED,
        organisation_profile=SYSTEM,
        policy=Policy(read=Credential.ORGANISATION, write=Credential.ORGANISATION),
    )
    seen = words(await report(stage))
    assert "✗ *Organisation*: the organisation's connection doesn't work." in seen
    assert "*Consent*" not in seen
    assert "Who can mend it: *an admin of this workspace*." in seen


async def test_an_organisations_connection_that_works_is_well(stage):
    await stage.connect()
    kept = await stage.stores.connections.find(ADA, SYSTEM)
    lent = replace(kept, principal=organisation(ACME), name="Staff", owner="U0ADA")
    await stage.stores.connections.save(lent)
    await decide(stage, authorization=AuthorizationType.PRE_AUTHORIZED, organisation_profile=SYSTEM)
    assert "✓ *Organisation*" in words(await report(stage))


@pytest.mark.parametrize("place", ["ENG", "Release checklist"])
async def test_a_page_or_a_space_that_can_be_seen_is_well(stage, place):
    await stage.connect()
    assert "✓ *Page or space*: the account can see it" in words(await report(stage, typed=place))


@pytest.mark.parametrize("place", ["NOSUCH", "999999999"])
async def test_a_page_or_a_space_that_can_not_be_seen_is_named(stage, place):
    await stage.connect()
    seen = words(await report(stage, typed=place))
    assert f"✗ *Page or space*: “{place}” isn't there, or the account may not see it." in seen
    assert "Who can mend it: *whoever looks after that page or its space*." in seen


async def test_a_spent_quota_is_named_with_its_end(stage):
    await stage.connect()
    await stage.post("atlassian/points", {"left": 0})
    seen = words(await report(stage))
    assert "✗ *Quota*: the share of Atlassian's quota is used up until" in seen
    assert "nobody: it passes by itself" in seen


async def test_what_answers_with_trouble_is_unknown_and_no_failure(stage):
    await stage.connect()
    await stage.post("atlassian/faults", {"kind": "503", "path": "/search", "times": 9})
    seen = words(await report(stage))
    assert "? *Confluence*: I couldn't find out just now (unavailable)" in seen
    assert "✗" not in seen


async def test_an_admin_gets_it_for_somebody_else_without_their_account(stage):
    await stage.connect("U0BOB")
    message = await report(stage, typed="@bob")
    seen = words(message)
    assert "I found nothing that fails, for Bob Babbage." in seen
    kept = await stage.stores.connections.find(Principal(ACME, "U0BOB"), SYSTEM)
    assert kept.account.name not in seen.replace("Bob Babbage", "")
    assert "@" not in json.dumps(message["blocks"])


async def test_an_admin_gets_a_message_for_whom_it_is_about(stage):
    seen = words(await report(stage, typed="@bob"))
    assert "Who can mend it: *Bob Babbage*." in seen
    assert "doesn't work for you in the Slack workspace Acme: no account is connected yet" in seen


async def test_what_somebody_else_can_see_is_not_an_admins_to_know(stage):
    await stage.connect("U0BOB")
    seen = words(await report(stage, typed="@bob ENG"))
    assert "is theirs to ask: nothing was looked at" in seen


@pytest.mark.parametrize("user", ["U0BOB", "U0GUS"])
async def test_nobody_else_gets_it_for_others(stage, user):
    await stage.connect()
    seen = words(await report(stage, user, "@ada"))
    assert "Only admins can look into somebody else's connection." in seen
    assert "*Consent*" not in seen


async def test_admins_get_it_for_their_own_people_alone(stage):
    ada = stage.person("U0ADA")
    await ada.types("/confluence doctor @eve", "partners")
    await ada.waits_for_message("They aren't in this workspace, so nothing was looked", "partners")


async def test_a_name_that_nobody_has_is_refused(stage):
    assert "Nobody here is called @nobody" in words(await report(stage, typed="@nobody"))


async def test_it_changes_nothing(stage):
    await stage.connect()
    before = await stage.stores.connections.find(ADA, SYSTEM)
    decided = await stage.stores.integrations.find(ACME)
    await stage.post("atlassian/log/clear", {})
    await report(stage, typed="ENG")
    assert await stage.stores.connections.find(ADA, SYSTEM) == before
    asked = await stage.get("atlassian/log")
    assert {each["method"] for each in asked} == {"GET"}
    assert await stage.stores.integrations.find(ACME) == decided


def doctor_of(stage):
    route = stage.bot.table.routes[Kind.COMMAND, "doctor"]
    return route.listener.__self__._parts.doctor  # noqa: SLF001
