"""Who belongs to a tenant: by what a payload says, and by what Slack says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.installation import Installation, SlackPerson, is_place
from bot.principal import Tenant
from tests.fakes import NOON

ACME = Installation(
    Tenant("T0ACME"), "T0ACME", None, "Acme", SecretStr("x"), "B", "U", "A", frozenset(), NOON
)
NORTH = replace(ACME, tenant=Tenant("T0NORTH"), team_id="T0NORTH", enterprise_id="E0GLOBE")
GLOBE = replace(ACME, tenant=Tenant("E0GLOBE"), team_id=None, enterprise_id="E0GLOBE")
ADA = SlackPerson("U1", "Ada", "T0ACME")
PAT = SlackPerson("W1", "Pat", "T0SOUTH", "E0GLOBE", teams=frozenset({"T0NORTH", "T0SOUTH"}))


@pytest.mark.parametrize(
    ("team", "enterprise", "is_housed"),
    [
        ("T0ACME", None, True),
        ("T0ACME", "E0OTHER", True),
        ("T0OTHER", None, False),
        ("E0GLOBE", "E0GLOBE", False),
        (None, None, False),
        ("", "", False),
    ],
)
def test_a_workspace_houses_whom_it_is_home_to(team, enterprise, is_housed):
    assert ACME.houses(team, enterprise) is is_housed


@pytest.mark.parametrize(
    ("team", "enterprise", "is_housed"),
    [
        ("T0NORTH", "E0GLOBE", None),
        ("T0NORTH", None, None),
        ("E0GLOBE", None, None),
        ("T0OTHER", "E0OTHER", False),
        ("E0OTHER", "E0GLOBE", False),
        ("E0OTHER", None, False),
        (None, None, False),
        ("", None, False),
    ],
)
def test_what_is_said_of_somebody_never_suffices_for_an_organisation(team, enterprise, is_housed):
    assert GLOBE.houses(team, enterprise) is is_housed


@pytest.mark.parametrize(("installation", "person"), [(ACME, ADA), (NORTH, PAT), (GLOBE, PAT)])
def test_ones_own_people_are_welcome(installation, person):
    assert installation.welcomes(person)


@pytest.mark.parametrize("installation", [ACME, NORTH, GLOBE])
@pytest.mark.parametrize("what", ["is_bot", "is_stranger", "is_deleted"])
def test_who_is_no_person_of_theirs_is_not(installation, what):
    person = PAT if installation is not ACME else ADA
    assert not installation.welcomes(replace(person, **{what: True}))


@pytest.mark.parametrize(
    ("installation", "person"),
    [
        (ACME, PAT),
        (ACME, replace(ADA, team_id=None)),
        (NORTH, replace(PAT, teams=frozenset({"T0SOUTH"}))),
        (NORTH, replace(PAT, team_id="E0GLOBE", teams=frozenset())),
        (GLOBE, ADA),
        (GLOBE, replace(PAT, enterprise_id=None)),
        (GLOBE, replace(PAT, enterprise_id="E0OTHER")),
    ],
)
def test_whom_slack_places_elsewhere_is_not(installation, person):
    assert not installation.welcomes(person)


def test_a_token_without_an_end_lives_for_ever():
    assert ACME.lives(NOON + timedelta(days=10_000))
    assert not ACME.rotates


def test_a_token_with_an_end_lives_until_then():
    rotating = replace(ACME, refresh_token=SecretStr("r"), token_expires_at=NOON)
    assert rotating.rotates
    assert rotating.lives(NOON - timedelta(seconds=1))
    assert not rotating.lives(NOON)
    assert not rotating.lives(NOON - timedelta(seconds=1), timedelta(seconds=1))


@pytest.mark.parametrize("place", ["T0ACME", "E0GLOBE", "T123"])
def test_workspaces_and_organisations_are_places(place):
    assert is_place(place)


@pytest.mark.parametrize("text", ["", "T", "t0acme", "C0GENERAL", "T0.A", "T0A\n", "$ne", "T" * 32])
def test_nothing_else_is(text):
    assert not is_place(text)
