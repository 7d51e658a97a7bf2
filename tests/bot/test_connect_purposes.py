"""Consent for more than oneself: the organisation's, a profile's trial, secrets that are typed."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.connect import Anew, CodeShown, Decided, Done, End, Ended, Returned, SecretKept, ToType
from bot.connection import Need, organisation
from bot.errors import NotAllowed, NotFound
from bot.integration import AuthorizationType
from bot.pending import Obtained, Purpose, Step
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile, Credentials, Mechanism, Provider
from tests.bot.fakes_connect import (
    ACME,
    ADA,
    BOB,
    LABS,
    LAPTOP,
    LOVELACE,
    PHONE,
    World,
    came_back,
    granted,
    state_of,
)

CUSTOM = AuthorizationProfile(
    "p1",
    "Our server",
    tenant=ADA.tenant,
    client_id="client",
    client_secret=SecretStr("hush"),
    authorization_url="https://id.example/authorize",
    token_url="https://id.example/token",
    callback_url="https://confab.example/connect/callback/p1",
    base_url="https://wiki.example",
    provider=Provider.DATA_CENTER,
    issuer="https://id.example",
    sends_issuer=True,
)
PAT = replace(CUSTOM, id="p2", name="Tokens", mechanism=Mechanism.PAT)
SERVICE = replace(
    CUSTOM,
    id="p3",
    name="Service",
    provider=Provider.CLOUD,
    base_url="",
    issuer="",
    mechanism=Mechanism.CLIENT_CREDENTIALS,
)
TYPED = Credentials(SecretStr("token"))


@pytest.fixture
async def world():
    """A world where an admin has tried each profile."""
    world = await World().open()
    for profile in (CUSTOM, PAT, SERVICE):
        assert await world.profiles.add(replace(profile, tried_at=world.clock.now))
    return world


@pytest.fixture
async def untried():
    """A world where nobody has."""
    world = await World().open()
    for profile in (CUSTOM, PAT, SERVICE):
        assert await world.profiles.add(profile)
    return world


async def proved(world, browser=LAPTOP, **wanted):
    """Go as far as the browser has proved whose it is."""
    state = await world.begin(browser, **wanted)
    return await world.connect.prove(came_back(state), browser)


async def typing(world, **wanted):
    onward = await proved(world, **wanted)
    assert isinstance(onward, ToType)
    return onward.token


def answer(onward, issuer="https://id.example"):
    return Returned(state_of(onward), SecretStr("code"), issuer=issuer)


async def test_an_admin_authorizes_for_the_organisation(world):
    onward = await proved(
        world, need=Need.LEND, purpose=Purpose.ORGANISATION, profile="p1", name="The robot"
    )
    done = await world.connect.consent("p1", answer(onward), LAPTOP)

    kept = await world.connections.find(organisation(ADA.tenant), "p1")
    integration = await world.integrations.find(ADA.tenant)
    assert (kept.name, kept.owner, kept.account) == ("The robot", "U1", LOVELACE)
    assert integration.authorization is AuthorizationType.PRE_AUTHORIZED
    assert integration.organisation_profile == "p1"
    assert await world.connections.find(ADA, "p1") is None
    assert isinstance(done, Done)
    assert done.connected.is_first


async def test_a_member_cannot_authorize_for_the_organisation(world):
    world.sign_in.proven = replace(world.sign_in.proven, user_id="U2")
    with pytest.raises(Ended) as caught:
        await proved(world, principal=BOB, purpose=Purpose.ORGANISATION, profile="p1")

    assert caught.value.end is End.NOT_ADMIN


async def test_an_admin_who_is_none_any_more_at_the_end_authorizes_nothing(world):
    onward = await proved(world, purpose=Purpose.ORGANISATION, profile="p1")
    world.admins.clear()

    with pytest.raises(Ended) as caught:
        await world.connect.consent("p1", answer(onward), LAPTOP)

    assert caught.value.end is End.NOT_ADMIN
    assert world.connections.all == {}


async def test_an_admin_who_is_none_any_more_at_the_choice_authorizes_nothing(world):
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LABS))
    onward = await proved(world, purpose=Purpose.ORGANISATION, profile="p1")
    chosen = await world.connect.consent("p1", answer(onward), LAPTOP)
    world.admins.clear()

    with pytest.raises(Ended) as caught:
        await world.connect.choose(chosen.token, LAPTOP, decided(ACME))

    assert caught.value.end is End.NOT_ADMIN
    assert world.connections.all == {}


def decided(site):
    return Decided(site.cloud_id)


@pytest.mark.parametrize("path", ["system", "p2", "p3"])
async def test_a_state_is_good_on_its_own_profiles_path_alone(world, path):
    onward = await proved(world, profile="p1")

    with pytest.raises(Ended) as caught:
        await world.connect.consent(path, answer(onward), LAPTOP)

    assert caught.value.end is End.UNKNOWN
    assert world.provider.redeemed == []


@pytest.mark.parametrize("issuer", ["https://evil.example", "", "https://id.example/"])
async def test_an_answer_of_another_server_is_not_used(world, issuer):
    onward = await proved(world, profile="p1")

    with pytest.raises(Ended) as caught:
        await world.connect.consent("p1", answer(onward, issuer), LAPTOP)

    assert caught.value.end is End.WRONG_ISSUER
    assert world.provider.redeemed == []


async def test_a_trial_keeps_nothing_but_that_it_worked(untried):
    await untried.profiles.replace(replace(CUSTOM, revocation_url="https://id.example/revoke"))
    onward = await proved(untried, purpose=Purpose.TRIAL, profile="p1")
    done = await untried.connect.consent("p1", answer(onward), LAPTOP)

    assert (await untried.profiles.find(ADA.tenant, "p1")).is_usable
    assert untried.connections.all == {}
    assert [profile for profile, _ in untried.provider.revoked] == ["p1"]
    assert done.connected.purpose is Purpose.TRIAL


async def test_without_slack_sign_in_a_trial_waits_for_a_code_too(untried):
    untried.sign_in.configured = False
    onward = await untried.connect.begin(
        await untried.link(purpose=Purpose.TRIAL, profile="p1"), LAPTOP
    )
    shown = await untried.connect.consent("p1", answer(onward), LAPTOP)

    assert isinstance(shown, CodeShown)
    assert not (await untried.profiles.find(ADA.tenant, "p1")).is_usable
    with pytest.raises(NotFound):
        await untried.connect.confirm_code(BOB, shown.code.get_secret_value())
    done = await untried.connect.confirm_code(ADA, shown.code.get_secret_value())
    assert done.purpose is Purpose.TRIAL
    assert untried.connections.all == {}
    assert (await untried.profiles.find(ADA.tenant, "p1")).is_usable


async def test_nobody_has_a_service_account_for_their_own(world):
    with pytest.raises(NotAllowed, match="service account"):
        await world.link(profile="p3")

    seen = await world.integrations.find(ADA.tenant)
    await world.integrations.replace(seen, replace(seen, people_profile="p3"))
    sign_in = await world.connect.begin_anew(Anew(ADA.tenant, Need.READ), LAPTOP)
    with pytest.raises(Ended):
        await world.connect.prove(came_back(state_of(sign_in)), LAPTOP)

    assert world.provider.presented == []
    assert world.connections.all == {}


async def test_a_typed_token_becomes_a_connection(world):
    token = await typing(world, profile="p2")
    asked = await world.connect.look_at_typing(token, LAPTOP)
    done = await world.connect.take_typed(token, LAPTOP, TYPED)

    assert asked.profile.id == "p2"
    assert world.provider.presented == [("p2", TYPED)]
    assert done.connected.connection.mechanism is Mechanism.PAT
    assert await world.connections.find(ADA, "p2")


async def test_a_refused_token_is_asked_for_again_a_few_times(world):
    world.provider.obtained = NotAllowed("That token is refused.")
    token = await typing(world, profile="p2")
    for _ in range(4):
        again = await world.connect.take_typed(token, LAPTOP, TYPED)
        assert (again.problem, again.token != token) == ("That token is refused.", True)
        token = again.token

    with pytest.raises(Ended) as caught:
        await world.connect.take_typed(token, LAPTOP, TYPED)

    assert caught.value.end is End.TOO_MANY_TRIES
    assert len(world.provider.presented) == 5


@pytest.mark.parametrize("browser", [PHONE, None])
async def test_a_secret_is_typed_in_the_browser_that_was_proved_alone(world, browser):
    token = await typing(world, profile="p2")

    with pytest.raises(Ended):
        await world.connect.look_at_typing(token, browser)
    with pytest.raises(Ended):
        await world.connect.take_typed(token, browser, TYPED)
    assert world.provider.presented == []


async def test_a_page_for_a_secret_works_once(world):
    token = await typing(world, profile="p2")
    await world.connect.take_typed(token, LAPTOP, TYPED)

    with pytest.raises(Ended) as caught:
        await world.connect.take_typed(token, LAPTOP, TYPED)

    assert caught.value.end is End.USED


async def test_where_nobody_can_prove_themselves_no_secret_is_typed(world):
    world.sign_in.configured = False
    link = await world.link(profile="p2")

    with pytest.raises(Ended) as caught:
        await world.connect.begin(link, LAPTOP)

    assert caught.value.end is End.SIGN_IN_NEEDED


async def test_a_client_secret_is_kept_and_never_tried_by_itself(untried):
    await untried.profiles.replace(replace(CUSTOM, client_secret=SecretStr("")))
    token = await typing(untried, purpose=Purpose.SECRET, profile="p1")
    kept = await untried.connect.take_typed(token, LAPTOP, Credentials(SecretStr("new")))

    stored = await untried.profiles.find(ADA.tenant, "p1")
    assert isinstance(kept, SecretKept)
    assert stored.client_secret.get_secret_value() == "new"
    assert untried.provider.presented == []


async def test_a_profile_that_has_issued_a_grant_goes_on_as_a_new_version(world):
    await world.profiles.replace(replace(CUSTOM, tried_at=world.clock.now))
    token = await typing(world, purpose=Purpose.SECRET, profile="p1")
    await world.connect.take_typed(token, LAPTOP, Credentials(SecretStr("new")))

    old, new = [await world.profiles.find(ADA.tenant, "p1", version) for version in (1, 2)]
    assert old.client_secret.get_secret_value() == "hush"
    assert (new.client_secret.get_secret_value(), new.is_usable) == ("new", False)


async def test_client_credentials_need_nobodys_consent(world):
    done = await proved(
        world, need=Need.LEND, purpose=Purpose.ORGANISATION, profile="p3", name="Robot"
    )

    assert isinstance(done, Done)
    assert world.provider.presented == [("p3", None)]
    assert await world.connections.find(organisation(ADA.tenant), "p3")


async def test_a_service_account_without_a_site_is_none_to_connect(world):
    world.provider.obtained = Obtained(granted(), LOVELACE, ())

    with pytest.raises(Ended) as caught:
        await proved(world, need=Need.LEND, purpose=Purpose.ORGANISATION, profile="p3")

    assert caught.value.end is End.NO_SITE
    assert world.connections.all == {}


async def test_what_a_new_consent_has_lost_is_told(world):
    world.provider.obtained = Obtained(granted(Need.WRITE.scopes), LOVELACE, (ACME,))
    await world.consent(need=Need.WRITE)
    world.provider.obtained = Obtained(granted(Need.WRITE.scopes), LOVELACE, (LABS,))

    done = await world.consent(need=Need.WRITE)

    assert done.connected.lost_sites == (ACME,)


async def test_a_profile_of_another_tenant_is_not_to_be_had(world):
    stranger = Principal(Tenant("T2"), "U1")
    with pytest.raises(Exception, match="no authorization profile"):
        await world.invite(principal=stranger, profile="p1")


async def test_every_secret_that_waits_is_in_a_sealed_step(world):
    await typing(world, profile="p2")

    [step] = world.pendings.of(Step.TYPED)
    assert step.consumed_at is None
    assert "token" not in repr(step.obtained)


async def test_nobody_but_an_admin_is_the_first_to_try_a_profile(untried):
    with pytest.raises(NotAllowed, match="hasn't been tried"):
        await untried.link(profile="p1")

    seen = await untried.integrations.find(ADA.tenant)
    await untried.integrations.replace(seen, replace(seen, people_profile="p1"))
    sign_in = await untried.connect.begin_anew(Anew(ADA.tenant, Need.READ), LAPTOP)
    with pytest.raises(Ended) as caught:
        await untried.connect.prove(came_back(state_of(sign_in)), LAPTOP)

    assert caught.value.end is End.UNTRIED
    assert untried.connections.all == {}
    assert await untried.link(profile="system")
    assert await untried.link(profile="p1", purpose=Purpose.TRIAL)


async def test_a_data_center_is_asked_for_none_of_atlassians_scopes(world):
    link = await world.link(need=Need.LABEL, profile="p1", missing=Need.LABEL.scopes)

    pending, _ = await world.connect.look_at_start(link)
    assert pending.scopes == {"WRITE"}


async def test_a_profile_that_names_its_scopes_is_asked_for_no_others(world):
    named = replace(SERVICE, id="p4", name="Named", mechanism=Mechanism.OAUTH2)
    named = replace(named, scopes=Need.READ.scopes - {"report:personal-data"})
    assert await world.profiles.add(replace(named, tried_at=world.clock.now))

    await world.begin(profile="p4", missing=Need.READ.scopes)
    with pytest.raises(NotAllowed, match="write:label:confluence"):
        await world.begin(profile="p4", missing=Need.LABEL.scopes)
