import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.connect import Anew, CodeShown, Decided, Done, End, Ended, Returned, ToChoose
from bot.connection import Need
from bot.content import AccountId, CloudId
from bot.errors import (
    AppBlocked,
    BadInput,
    NoApiThere,
    NoLicence,
    NotAllowed,
    NotFound,
    ProfileBroken,
    ProviderFault,
    Unavailable,
)
from bot.installation import SlackPerson
from bot.pending import Obtained, Parked, Step
from bot.ports import Proven
from bot.principal import Digest, Principal, Tenant, digest
from tests.bot.fakes_connect import (
    ACME,
    ADA,
    BOB,
    BYRON,
    LABS,
    LAPTOP,
    LOVELACE,
    NOON,
    PHONE,
    REPLY_URL,
    World,
    came_back,
    granted,
    installed,
    state_of,
    token_of,
)

SEARCH = Parked("search release notes", "C1", NOON)


@pytest.fixture
async def world():
    return await World().open()


@pytest.fixture
def unproven(world):
    world.sign_in.configured = False
    return world


@pytest.fixture
async def choosing(world):
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LABS))
    return (await world.consent()).token


async def ending(awaitable):
    with pytest.raises(Ended) as caught:
        await awaitable
    return caught.value.end


async def test_a_whole_flow_connects_the_person_who_asked(world):
    done = await world.consent()

    connection = world.connection_of()
    assert isinstance(done, Done)
    assert (connection.account, connection.sites, connection.profile) == (
        LOVELACE,
        (ACME,),
        "system",
    )
    assert await world.site_of() == ACME.cloud_id
    assert done.installation == installed()
    assert [each.site for each in world.connected] == [ACME]


async def test_tokens_are_kept_as_digests_under_their_tenant(world):
    link = await world.link()

    [start] = world.pendings.of(Step.START)
    assert link.startswith("T1.")
    assert start.key == digest(link)
    assert link not in repr(world.pendings.all)


async def test_the_link_is_absolute_on_the_public_address(world):
    assert (await world.invite()).link.startswith("https://confab.example/connect/T1.")


async def test_a_connection_takes_up_what_was_parked_and_the_message_to_replace(world):
    invitation = await world.invite(parked=SEARCH)
    await world.connect.remember_reply(ADA, invitation.flow, REPLY_URL)
    state = state_of(await world.connect.begin(token_of(invitation.link), LAPTOP))
    state = state_of(await world.connect.prove(came_back(state), LAPTOP))
    await world.connect.consent("system", came_back(state), LAPTOP)

    [connected] = world.connected
    assert (connected.parked, connected.reply_url) == (SEARCH, REPLY_URL)


async def test_what_was_parked_is_let_go_after_ten_minutes(world):
    state = await world.begin(parked=SEARCH)
    world.clock.pass_by(minutes=9)
    state = state_of(await world.connect.prove(came_back(state), LAPTOP))
    world.clock.pass_by(minutes=9)
    await world.connect.consent("system", came_back(state), LAPTOP)

    assert world.connected[0].parked is None


async def test_connecting_for_its_own_sake_drops_what_was_parked_before(world):
    await world.invite(parked=SEARCH)
    await world.invite()

    assert await world.parked.consume(ADA, world.clock()) is None


async def test_a_response_url_is_forgotten_after_thirty_minutes(world):
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LABS))
    invitation = await world.invite()
    await world.connect.remember_reply(ADA, invitation.flow, REPLY_URL)
    world.clock.pass_by(minutes=9)
    state = state_of(await world.connect.begin(token_of(invitation.link), LAPTOP))
    world.clock.pass_by(minutes=9)
    state = state_of(await world.connect.prove(came_back(state), LAPTOP))
    world.clock.pass_by(minutes=9)
    asked = await world.connect.consent("system", came_back(state), LAPTOP)
    world.clock.pass_by(minutes=9)
    await world.connect.choose(asked.token, LAPTOP, Decided(ACME.cloud_id))

    assert world.connected[0].reply_url is None


async def test_the_newest_press_is_the_one_that_is_remembered(world):
    invitation = await world.invite()
    newer = SecretStr("https://hooks.slack.example/actions/2")
    await world.connect.remember_reply(ADA, invitation.flow, REPLY_URL)
    await world.connect.remember_reply(ADA, invitation.flow, newer)

    [reply] = world.pendings.of(Step.REPLY)
    assert (reply.response_url, reply.response_url_at) == (newer, NOON)


async def test_looking_at_the_start_page_changes_nothing(world):
    link = await world.link()
    before = dict(world.pendings.all)

    seen = [await world.connect.look_at_start(link) for _ in range(3)]

    assert {pending.person for pending, _ in seen} == {"Ada"}
    assert world.pendings.all == before


async def test_slack_is_asked_for_the_installations_own_workspace(world):
    await world.begin()

    [(state, nonce, team)] = world.sign_in.sent
    assert team == "T1"
    assert nonce not in state


async def test_the_nonce_of_the_flow_is_checked_and_not_another(world):
    await world.prove()

    assert world.sign_in.nonces == [world.sign_in.sent[0][1]]


async def test_slack_and_the_provider_get_states_of_their_own_and_the_verifier_is_the_flows(world):
    await world.consent()

    [(profile, scopes, state, verifier)] = world.provider.sent
    assert state != world.sign_in.sent[0][0]
    assert (profile, scopes) == ("system", Need.READ.scopes)
    assert 43 <= len(verifier) <= 128
    assert world.provider.redeemed == [("system", "code", verifier)]


async def test_each_flow_has_a_verifier_a_nonce_and_a_state_of_its_own(world):
    await world.consent()
    await world.consent()

    first, second = world.provider.sent
    assert first[3] != second[3]
    assert world.sign_in.sent[0] != world.sign_in.sent[1]


async def test_two_tabs_of_one_browser_both_arrive(world):
    one, other = await world.begin(), await world.begin()
    one = state_of(await world.connect.prove(came_back(one), LAPTOP))
    other = state_of(await world.connect.prove(came_back(other), LAPTOP))

    results = await asyncio.gather(
        world.connect.consent("system", came_back(other), LAPTOP),
        world.connect.consent("system", came_back(one), LAPTOP),
    )

    assert [type(each) for each in results] == [Done, Done]


async def test_of_two_presses_of_one_button_the_second_finds_the_link_used(world):
    link = await world.link()
    await world.connect.begin(link, LAPTOP)

    assert await ending(world.connect.begin(link, LAPTOP)) is End.USED


async def test_a_link_expires_after_ten_minutes(world):
    link = await world.link()
    world.clock.pass_by(minutes=10)

    assert await ending(world.connect.look_at_start(link)) is End.EXPIRED
    assert await ending(world.connect.begin(link, LAPTOP)) is End.EXPIRED


@pytest.mark.parametrize(
    "token", ["", "T1", "T1.", ".x", "T1.x", "T9.x", "T1.é", "💥.x", "\ud800.x"]
)
async def test_a_token_that_never_was_is_unknown(world, token):
    assert await ending(world.connect.look_at_start(token)) is End.UNKNOWN
    assert await ending(world.connect.begin(token, LAPTOP)) is End.UNKNOWN
    assert await ending(world.connect.prove(came_back(token), LAPTOP)) is End.UNKNOWN


async def test_without_a_cookie_the_link_stays_good(world):
    link = await world.link()

    assert await ending(world.connect.begin(link, None)) is End.COOKIE_MISSING
    assert await world.connect.begin(link, LAPTOP)


@pytest.mark.parametrize(
    ("proven", "end"),
    [
        (NotAllowed("no"), End.SIGN_IN_REFUSED),
        (Unavailable("Slack"), End.SLACK_DOWN),
        (ProviderFault("odd"), End.FAULT),
    ],
)
async def test_slacks_failures_end_the_flow_and_are_told(world, proven, end):
    state = await world.begin()
    world.sign_in.proven = proven

    assert await ending(world.connect.prove(came_back(state), LAPTOP)) is end
    assert [each.principal for each in world.voice.said] == [ADA]


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (NotAllowed("no"), End.CODE_REFUSED),
        (NotFound("no"), End.NO_CONFLUENCE),
        (NoLicence("no"), End.NO_CONFLUENCE),
        (AppBlocked("no"), End.BLOCKED),
        (NoApiThere("no"), End.NO_API),
        (ProfileBroken("no"), End.PROFILE_BROKEN),
        (Unavailable("Atlassian"), End.PROVIDER_DOWN),
        (ProviderFault("odd"), End.FAULT),
        (Obtained(granted(), LOVELACE, ()), End.NO_SITE),
        (Obtained(granted(refresh=None), LOVELACE, (ACME,)), End.OFFLINE_REFUSED),
        (Obtained(granted({"read:me"}), LOVELACE, (ACME,)), End.SCOPE_MISSING),
    ],
)
async def test_the_providers_failures_end_the_flow_and_are_told(world, answer, end):
    state = await world.prove()
    world.provider.obtained = answer

    assert await ending(world.connect.consent("system", came_back(state), LAPTOP)) is end
    [told] = world.voice.said
    assert told.principal == ADA
    assert told.text
    assert world.connection_of() is None


@pytest.mark.parametrize(
    ("error", "end"),
    [
        ("access_denied", End.DENIED),
        ("", End.DENIED),
        ("temporarily_unavailable", End.PROVIDER_DOWN),
        ("server_error", End.PROVIDER_DOWN),
        ("invalid_scope", End.PROFILE_BROKEN),
        ("<b>", End.PROFILE_BROKEN),
    ],
)
async def test_the_providers_refusals_by_redirect_end_the_flow(world, error, end):
    state = await world.prove()

    assert (
        await ending(world.connect.consent("system", Returned(state, error=error), LAPTOP)) is end
    )
    assert world.provider.redeemed == []


@pytest.mark.parametrize(
    ("error", "end"),
    [
        ("access_denied", End.SIGN_IN_DENIED),
        ("server_error", End.SLACK_DOWN),
        ("invalid_team_for_non_distributed_app", End.SIGN_IN_REFUSED),
    ],
)
async def test_slacks_refusals_by_redirect_end_the_flow(world, error, end):
    state = await world.begin()

    assert await ending(world.connect.prove(Returned(state, error=error), LAPTOP)) is end
    assert world.sign_in.nonces == []


async def test_an_end_replaces_the_private_message_whose_link_is_dead(world):
    invitation = await world.invite()
    await world.connect.remember_reply(ADA, invitation.flow, REPLY_URL)
    state = state_of(await world.connect.begin(token_of(invitation.link), LAPTOP))
    await ending(world.connect.prove(Returned(state, error="access_denied"), LAPTOP))

    [told] = world.voice.said
    assert (told.principal, told.replace) == (ADA, True)
    assert told.response_url == REPLY_URL.get_secret_value()
    assert "`/confluence connect`" in told.text


async def test_an_expired_link_is_told_once_and_only_in_place_of_its_message(world):
    invitation = await world.invite()
    await world.connect.remember_reply(ADA, invitation.flow, REPLY_URL)
    world.clock.pass_by(minutes=11)
    for _ in range(3):
        await ending(world.connect.begin(token_of(invitation.link), LAPTOP))

    assert [each.response_url for each in world.voice.said] == [REPLY_URL.get_secret_value()]


async def test_an_end_stands_also_when_nobody_can_be_told(world):
    state = await world.prove()
    world.voice.fails = Unavailable("Slack")

    returned = Returned(state, error="access_denied")
    assert await ending(world.connect.consent("system", returned, LAPTOP)) is End.DENIED


async def test_a_connection_stands_also_when_slack_cant_be_told(world):
    world.hook_error = Unavailable("Slack")

    assert isinstance(await world.consent(), Done)
    assert world.connection_of() is not None


async def test_offline_access_needs_only_its_token(world):
    scopes = Need.READ.scopes - {"offline_access"}
    world.provider.obtained = Obtained(granted(scopes), LOVELACE, (ACME,))

    assert isinstance(await world.consent(), Done)


async def test_reconnecting_never_loses_what_was_given_before(world):
    world.provider.obtained = Obtained(granted(Need.WRITE.scopes), LOVELACE, (ACME,))
    await world.consent(need=Need.WRITE)
    link = await world.link(need=Need.READ)

    pending, _ = await world.connect.look_at_start(link)

    assert pending.scopes >= Need.WRITE.scopes


async def test_a_new_grant_is_a_new_generation(world):
    await world.consent()
    await world.consent()

    assert world.connection_of().generation == 2


async def test_with_several_sites_the_person_picks(world, choosing):
    question = await world.connect.look_at_choice(choosing, LAPTOP)
    assert (question.sites, question.other, question.in_use) == ((ACME, LABS), None, None)
    assert world.connection_of() is None

    done = await world.connect.choose(choosing, LAPTOP, Decided(LABS.cloud_id))

    assert done.connected.site == LABS
    assert world.connection_of().sites == (ACME, LABS)
    assert await world.site_of() == LABS.cloud_id


@pytest.mark.parametrize("site", [None, CloudId("c9"), CloudId("")])
async def test_a_form_without_one_of_the_sites_can_be_sent_again(world, choosing, site):
    with pytest.raises(BadInput):
        await world.connect.choose(choosing, LAPTOP, Decided(site))

    assert await world.connect.choose(choosing, LAPTOP, Decided(ACME.cloud_id))


async def test_the_site_in_use_is_marked(world, choosing):
    await world.preferences.choose_site(ADA, LABS.cloud_id)

    assert (await world.connect.look_at_choice(choosing, LAPTOP)).in_use == LABS.cloud_id


async def test_another_account_asks_first_and_names_both(world):
    await world.consent()
    world.provider.obtained = Obtained(granted(), BYRON, (ACME,))
    asked = await world.consent()

    question = await world.connect.look_at_choice(asked.token, LAPTOP)
    assert (question.account, question.other) == (BYRON, LOVELACE)
    assert world.connection_of().account == LOVELACE

    await world.connect.choose(asked.token, LAPTOP, Decided(instead_of=LOVELACE.id))
    assert world.connection_of().account == BYRON


async def test_keeping_the_other_account_changes_nothing(world):
    await world.consent()
    before = world.connection_of()
    world.provider.obtained = Obtained(granted(), BYRON, (ACME, LABS))
    asked = await world.consent()

    keep = world.connect.choose(asked.token, LAPTOP, Decided(keeps_other=True))
    assert await ending(keep) is End.KEPT
    assert world.connection_of() == before


@pytest.mark.parametrize("named", ["", "a9"])
async def test_an_account_that_the_page_didnt_name_is_asked_about_again(world, named, choosing):
    world.provider.obtained = Obtained(granted(), BYRON, (ACME,))
    await world.consent()

    again = await world.connect.choose(
        choosing, LAPTOP, Decided(ACME.cloud_id, instead_of=AccountId(named))
    )
    assert isinstance(again, ToChoose)
    assert (await world.connect.look_at_choice(again.token, LAPTOP)).other == BYRON
    assert world.connection_of().account == BYRON


async def test_an_app_that_was_removed_meanwhile_connects_nobody(world):
    state = await world.prove()
    await world.installations.remove(Tenant("T1"), before=NOON + timedelta(days=1))

    assert (
        await ending(world.connect.consent("system", came_back(state), LAPTOP)) is End.NOT_INSTALLED
    )
    assert world.connection_of() is None


async def test_beginning_anew_connects_whoever_the_browser_proves_to_belong_to(world):
    state = state_of(await world.connect.begin_anew(Anew(Tenant("T1"), Need.READ), LAPTOP))
    world.sign_in.proven = Proven("U2", "T1", None)
    state = state_of(await world.connect.prove(came_back(state), LAPTOP))
    await world.connect.consent("system", came_back(state), LAPTOP)

    assert set(world.connections.all) == {(BOB, "system")}
    assert world.pendings.of(Step.CONSENT)[0].principal == BOB


async def test_beginning_anew_keeps_what_was_given_before(world):
    world.provider.obtained = Obtained(granted(Need.WRITE.scopes), LOVELACE, (ACME,))
    await world.consent(need=Need.WRITE)
    state = state_of(await world.connect.begin_anew(Anew(Tenant("T1"), Need.READ), LAPTOP))
    await world.connect.prove(came_back(state), LAPTOP)

    assert world.provider.sent[-1][1] == Need.WRITE.scopes


@pytest.mark.parametrize(
    "person",
    [
        SlackPerson("U2", "Bob", is_stranger=True),
        SlackPerson("U2", "Bob", is_deleted=True),
        SlackPerson("U2", "Bob", is_bot=True),
        SlackPerson("U3", "Somebody whom Slack doesn't know here"),
    ],
)
async def test_outsiders_cant_begin_anew(world, person):
    state = state_of(await world.connect.begin_anew(Anew(Tenant("T1"), Need.READ), LAPTOP))
    world.people.people = {person.user_id: person}
    world.sign_in.proven = Proven("U2", "T1", None)

    assert await ending(world.connect.prove(came_back(state), LAPTOP)) is End.OUTSIDER
    assert world.voice.said == []


async def test_an_end_before_anybody_is_proven_is_told_to_nobody(world):
    state = state_of(await world.connect.begin_anew(Anew(Tenant("T1"), Need.READ), LAPTOP))

    returned = Returned(state, error="access_denied")
    assert await ending(world.connect.prove(returned, LAPTOP)) is End.SIGN_IN_DENIED
    assert world.voice.said == []


async def test_nobody_begins_anew_without_a_proof_a_cookie_or_an_installation(world):
    anew = Anew(Tenant("T1"), Need.READ)
    assert await ending(world.connect.begin_anew(anew, None)) is End.COOKIE_MISSING
    nowhere = Anew(Tenant("T9"), Need.READ)
    assert await ending(world.connect.begin_anew(nowhere, LAPTOP)) is End.NOT_INSTALLED
    world.sign_in.configured = False
    assert await ending(world.connect.begin_anew(anew, LAPTOP)) is End.UNKNOWN
    assert world.pendings.all == {}


async def test_without_slack_sign_in_the_grant_waits_for_a_code(unproven):
    shown = await consented(unproven)

    assert isinstance(shown, CodeShown)
    assert len(shown.code.get_secret_value()) == 8
    assert unproven.connection_of() is None
    assert shown.code.get_secret_value() not in repr(unproven.pendings.all)

    connected = await unproven.connect.confirm_code(ADA, shown.code.get_secret_value())

    assert connected.connection == unproven.connection_of()
    assert unproven.connected == [connected]


async def consented(world, **given):
    state = await world.begin(**given)
    return await world.connect.consent("system", came_back(state), LAPTOP)


@pytest.mark.parametrize("spelt", ["{0}-{1}", " {0} {1} ", "{0}{1}", "{0} - {1}"])
async def test_a_code_may_be_spaced_and_written_small(unproven, spelt):
    code = (await consented(unproven)).code.get_secret_value()

    assert await unproven.connect.confirm_code(ADA, spelt.format(code[:4].lower(), code[4:]))


async def test_a_code_keeps_the_site_that_was_chosen(unproven):
    unproven.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LABS))
    asked = await consented(unproven)
    shown = await unproven.connect.choose(asked.token, LAPTOP, Decided(LABS.cloud_id))
    connected = await unproven.connect.confirm_code(ADA, shown.code.get_secret_value())

    assert connected.site == LABS
    assert set(connected.connection.sites) == {ACME, LABS}


async def test_a_code_expires_after_five_minutes(unproven):
    code = (await consented(unproven)).code.get_secret_value()
    unproven.clock.pass_by(minutes=5)

    with pytest.raises(NotFound):
        await unproven.connect.confirm_code(ADA, code)


async def test_a_code_works_once(unproven):
    code = (await consented(unproven)).code.get_secret_value()
    await unproven.connect.confirm_code(ADA, code)

    with pytest.raises(NotFound):
        await unproven.connect.confirm_code(ADA, code)


async def test_of_two_confirmations_at_once_one_connects(unproven):
    code = (await consented(unproven)).code.get_secret_value()
    results = await asyncio.gather(
        *(unproven.connect.confirm_code(ADA, code) for _ in range(2)), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in results) == ["Connected", "NotFound"]


async def test_an_organisation_houses_the_people_of_its_workspaces(world):
    org = installed("E1", team_id=None, enterprise_id="E1")
    await world.installations.save(org)
    world.people.people["U1"] = SlackPerson("U1", "Ada", "T5", "E1")
    world.sign_in.proven = Proven("U1", "T5", "E1")

    assert isinstance(await world.consent(principal=Principal(Tenant("E1"), "U1")), Done)


async def test_a_step_without_a_browser_belongs_to_no_browser(world):
    state = await world.begin()
    [proof] = world.pendings.of(Step.PROOF)
    await world.pendings.save(replace(proof, browser=None))

    assert await ending(world.connect.prove(came_back(state), PHONE)) is End.WRONG_BROWSER


async def test_an_empty_browser_digest_isnt_a_browser(world):
    state = await world.begin()

    assert await ending(world.connect.prove(came_back(state), Digest(""))) is End.WRONG_BROWSER
