"""Slack takes the admin's pages whatever the names and numbers, and forms come back whole."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.administration import (
    ConnectionPage,
    Listed,
    Overview,
    ProfileUse,
    Revoked,
    Saved,
    Standing,
    changes_of,
    fingerprint_of,
    mint_profile_id,
)
from bot.administration.organisation import Ended
from bot.connection import Need
from bot.content import AllowedSpace, CloudId, Group, Site, Space, SpaceId, SpaceKey
from bot.errors import BadInput
from bot.installation import UserGroup
from bot.integration import Credential, Integration, Policy, Role
from bot.ports import TenantKey
from bot.profile import AuthorizationProfile, ClientAuthentication, Mechanism, Provider, TokenBody
from handlers.admin import authorization_views, kit, policy_views, profile_views, root_views
from handlers.admin.connection_views import all_revoked_view, connections_view, read_revoke
from handlers.admin.gate import admins_only
from handlers.admin.kit import Problem
from handlers.admin.profile_fields import ProfileForm, profile_form_view
from handlers.admin.scopes import CLOUD
from handlers.ask import Ask, Shown
from sandbox.slack import elements
from sandbox.slack.blockkit import check_view
from tests.fakes import ADA, NOON, SYSTEM_PROFILE
from tests.fakes import connection as made_connection

names = st.text(max_size=300)
ids = st.from_regex(r"[UWS][A-Z0-9]{2,10}", fullmatch=True)
profiles = st.builds(
    AuthorizationProfile,
    id=st.builds(mint_profile_id),
    name=st.text(min_size=1, max_size=80),
    provider=st.sampled_from(Provider),
    mechanism=st.sampled_from(Mechanism),
    version=st.integers(1, 10**6),
    client_id=names,
    token_url=st.text(max_size=2_000),
    base_url=st.text(max_size=2_000),
    authorization_url=st.text(max_size=2_000),
    scopes=st.frozensets(st.text("abc:.-_", min_size=1, max_size=60), max_size=60),
    callback_url=st.just("https://confab.example/connect/callback/x"),
    tried_at=st.none() | st.just(NOON),
    client_authentication=st.sampled_from(ClientAuthentication),
    token_body=st.sampled_from(TokenBody),
    offers_pkce=st.booleans(),
)
spaces = st.builds(
    AllowedSpace,
    st.just(CloudId("c1")),
    st.integers(1, 10**12).map(lambda each: SpaceId(str(each))),
    names.map(SpaceKey),
    names,
)
policies = st.builds(
    Policy,
    read=st.sampled_from(Credential),
    write=st.sampled_from(Credential),
    readable=st.lists(spaces, max_size=100, unique_by=lambda each: each.id).map(tuple),
    audience=st.text(max_size=200),
    audience_name=names,
    roles=st.lists(ids, max_size=100, unique=True).map(
        lambda members: tuple((role, tuple(members)) for role in Role)
    ),
    is_read_only=st.booleans(),
)
integrations = st.builds(
    Integration,
    tenant=st.just(ADA.tenant),
    policy=policies,
    people_profile=names,
    configured_at=st.none() | st.just(NOON),
)


def taken(view):
    assert check_view(view, "modal") == []
    assert "<!channel>" not in json.dumps(view)
    assert len(view.get("private_metadata", "")) <= 3_000
    return view


@settings(max_examples=60, deadline=None)
@given(integrations, st.lists(profiles, max_size=101), names, st.booleans())
def test_the_first_pages_are_taken(integration, found, name, has_connection):
    connection = replace(made_connection(), name=name, owner="U0ADA") if has_connection else None
    keys = (TenantKey(1, NOON, name, is_current=True, is_lost=True),) * 30
    overview = Overview(
        integration, (SYSTEM_PROFILE, *found), connection, dict.fromkeys(Standing, 9), keys, name
    )
    taken(root_views.root_view(overview))
    taken(root_views.keys_view(keys, name))
    chosen = authorization_views.Chosen.of(overview)
    taken(authorization_views.authorization_view(overview, chosen, Problem(name, "type")))
    taken(authorization_views.lend_view(overview, "system", name, Problem(name)))
    taken(admins_only(integration))


@settings(max_examples=60, deadline=None)
@given(st.lists(profiles, min_size=1, max_size=101), st.integers(0, 9), names)
def test_profiles_are_taken(found, number, problem):
    held = {1: ("organisation", *(f"U0{number:09}" for number in range(40)))}
    uses = [
        ProfileUse(each, {1: 41, each.version: 1}, is_peoples=True, holders=held) for each in found
    ]
    taken(profile_views.profiles_view(uses, number))
    saved = Saved(found[0], {1: 5, 2: 1}, lost_secret=True)
    taken(profile_views.profile_view(uses[0], saved))
    form = ProfileForm.of(found[0])
    for field in ("base_url", "mechanism", ""):
        taken(profile_form_view(form, found[0].callback_url, Problem(problem, field)))


@settings(max_examples=60, deadline=None)
@given(integrations, st.booleans(), st.lists(ids, max_size=120, unique=True), names)
def test_policies_and_roles_are_taken(integration, is_connected, group_ids, name):
    form = policy_views.PolicyForm.of(integration)
    shown = policy_views.policy_view(integration, form, Problem(name), is_connected=is_connected)
    taken(shown)
    groups = [UserGroup(each, name, name) for each in group_ids]
    members = policy_views.members_of(integration)
    taken(policy_views.people_view(integration, members, groups, Problem(name)))
    site = Site(CloudId("c1"), name, "https://a.example")
    option = policy_views.space_option(
        site, Space(SpaceId("1"), SpaceKey(name), name), is_one_of_several=True
    )
    assert 0 < len(option["text"]["text"]) <= 75
    offered = policy_views.group_options([Group(name, name), Group("1", name)])
    assert all(0 < len(each["value"]) <= 150 for each in offered)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(names, st.sampled_from(Standing)), max_size=20), names)
def test_connections_are_taken(found, why):
    one = made_connection()
    rows = tuple(
        Listed(replace(one, name=name), standing, name, name, why) for name, standing in found
    )
    taken(connections_view(ConnectionPage(rows, 1, 3, dict.fromkeys(Standing, 7))))
    ended = [Ended(each.connection, None, is_revoked=False) for each in rows]
    taken(all_revoked_view([Revoked(each, is_told=False) for each in ended] * 9))


@given(st.text() | st.sampled_from(["[1]", "[1,2,{}]", "[" * 9_999, "[1,2,1e999]"]))
def test_a_strange_button_is_out_of_date(value):
    with pytest.raises(BadInput):
        read_revoke(value)


@settings(max_examples=80, deadline=None)
@given(profiles)
def test_a_form_comes_back_as_it_was(profile):
    named = {name: " ".join(getattr(profile, name).split()) for name in ("base_url", "client_id")}
    profile = replace(
        profile,
        **named,
        token_url=profile.token_url.strip(),
        authorization_url=profile.authorization_url.strip(),
    )
    form = ProfileForm.of(profile)
    view = profile_form_view(form, profile.callback_url)
    values = elements.values_of(view["blocks"], {})
    ask = Ask(ADA, "c", view=Shown("V1", metadata=view["private_metadata"], values=values))
    back = ProfileForm.typed(ask)
    assert (back.id, back.seen) == (profile.id, profile.version)
    made = back.profile()
    assert (made.provider, made.mechanism) == (profile.provider, profile.mechanism)
    assert made.base_url == profile.base_url
    if not profile.mechanism.is_typed:
        assert made.scopes == profile.scopes
        assert made.token_url == profile.token_url
        assert made.client_authentication == profile.client_authentication


def test_all_scopes_of_ours_are_offered():
    assert len(CLOUD) <= kit.MOST_OPTIONS
    for need in Need:
        assert need.scopes <= CLOUD.keys()


@given(integrations, integrations)
def test_a_change_is_told_and_seen(one, other):
    told = changes_of(one, other)
    if fingerprint_of(one) == fingerprint_of(other):
        assert told == []
    without_people = [replace(each, policy=replace(each.policy, roles=())) for each in (one, other)]
    assert bool(changes_of(*without_people)) == (
        fingerprint_of(without_people[0]) != fingerprint_of(without_people[1])
    )
    assert changes_of(one, one) == []
    only_happened = replace(one, configured_at=datetime(2031, 1, 1, tzinfo=UTC), generation=9)
    assert fingerprint_of(only_happened) == fingerprint_of(one)
