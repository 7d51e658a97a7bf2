"""Whoever consents in the browser must be whoever asks in Slack: ways around it that fail."""

import asyncio

import pytest

from bot.connect import Anew, Decided, Done, End, Ended
from bot.connect.steps import CODE_ALPHABET
from bot.connection import Need
from bot.errors import BadInput, NotFound
from bot.pending import Obtained, Step
from bot.ports import Proven
from bot.principal import Principal, Tenant
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


@pytest.fixture
async def world():
    return await World().open()


@pytest.fixture
async def code(world):
    world.sign_in.configured = False
    state = await world.begin()
    shown = await world.connect.consent("system", came_back(state), LAPTOP)
    return shown.code.get_secret_value()


async def ending(awaitable):
    with pytest.raises(Ended) as caught:
        await awaitable
    return caught.value.end


async def test_a_forwarded_link_is_useless_to_whoever_opens_it(world):
    link = await world.link(principal=BOB, person="Bob")
    state = state_of(await world.connect.begin(link, LAPTOP))

    # Ada's browser proves to be Ada's, and the link is Bob's.
    assert await ending(world.connect.prove(came_back(state), LAPTOP)) is End.SOMEONE_ELSE
    assert world.provider.sent == []
    assert world.voice.said == []
    assert await ending(world.connect.look_at_start(link)) is End.USED


async def test_a_forwarded_link_gives_its_sender_nothing_without_slack_sign_in(world, code):
    # Bob sent his link to somebody else and guesses at the code that only they see; Ada's
    # consent lies under Ada, so even the right code is no good to him.
    with pytest.raises(NotFound):
        await world.connect.confirm_code(BOB, code)
    assert world.connections.all == {}


@pytest.mark.parametrize(
    "proven",
    [
        Proven("U2", "T1", None),
        Proven("u1", "T1", None),
        Proven("", "T1", None),
        Proven("U1", "T2", None),
        Proven("U1", None, "E1"),
        Proven("U1", None, None),
        Proven("U1", "E1", "T1"),
    ],
)
async def test_the_same_id_elsewhere_and_another_id_here_are_somebody_else(world, proven):
    state = await world.begin()
    world.sign_in.proven = proven

    assert await ending(world.connect.prove(came_back(state), LAPTOP)) is End.SOMEONE_ELSE
    assert world.provider.sent == []


async def test_login_csrf_a_proof_begun_elsewhere_is_refused_here(world):
    # The attacker begins in his browser and has the victim's browser open his callback.
    state = await world.begin(PHONE)

    assert await ending(world.connect.prove(came_back(state), LAPTOP)) is End.WRONG_BROWSER
    assert world.sign_in.nonces == []


async def test_a_stolen_state_is_no_good_in_another_browser_nor_afterwards(world):
    state = await world.prove()

    stolen = world.connect.consent("system", came_back(state), PHONE)
    assert await ending(stolen) is End.WRONG_BROWSER
    assert await ending(world.connect.consent("system", came_back(state), LAPTOP)) is End.USED
    assert world.provider.redeemed == []


@pytest.mark.parametrize("browser", [None, PHONE])
async def test_a_code_of_the_attackers_own_consent_cant_be_planted(world, browser):
    # He stops his own flow at the provider and hands the victim the callback with his code.
    state = await world.prove()

    assert await ending(world.connect.consent("system", came_back(state), browser)) in {
        End.COOKIE_MISSING,
        End.WRONG_BROWSER,
    }
    assert world.connections.all == {}


async def test_a_state_is_redeemed_once_however_many_come_at_once(world):
    state = await world.prove()
    results = await asyncio.gather(
        *(world.connect.consent("system", came_back(state), LAPTOP) for _ in range(10)),
        return_exceptions=True,
    )

    ends = [each.end for each in results if isinstance(each, Ended)]
    assert ends == [End.USED] * 9
    assert len(world.provider.redeemed) == len(world.connected) == 1


async def test_a_replayed_proof_is_redeemed_once(world):
    state = await world.begin()
    await world.connect.prove(came_back(state), LAPTOP)

    assert await ending(world.connect.prove(came_back(state), LAPTOP)) is End.USED
    assert len(world.sign_in.nonces) == 1


@pytest.mark.parametrize("profile", ["other", "", "SYSTEM", "system/..", "System"])
async def test_a_state_is_good_on_its_own_profiles_path_alone(world, profile):
    state = await world.prove()

    assert await ending(world.connect.consent(profile, came_back(state), LAPTOP)) is End.UNKNOWN
    assert world.provider.redeemed == []


async def test_each_state_is_good_at_its_own_step_alone(world):
    link = await world.link()
    proof = state_of(await world.connect.begin(link, LAPTOP))
    consent = await world.prove()

    assert await ending(world.connect.prove(came_back(link), LAPTOP)) is End.UNKNOWN
    assert await ending(world.connect.prove(came_back(consent), LAPTOP)) is End.UNKNOWN
    skipped = world.connect.consent("system", came_back(proof), LAPTOP)
    assert await ending(skipped) is End.UNKNOWN
    assert await ending(world.connect.begin(proof, LAPTOP)) is End.UNKNOWN
    assert await ending(world.connect.look_at_choice(consent, LAPTOP)) is End.UNKNOWN


async def test_a_choice_belongs_to_the_browser_that_consented(world):
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LABS))
    token = (await world.consent()).token

    assert await ending(world.connect.look_at_choice(token, PHONE)) is End.WRONG_BROWSER
    chosen = world.connect.choose(token, PHONE, Decided(ACME.cloud_id))
    assert await ending(chosen) is End.WRONG_BROWSER
    assert world.connections.all == {}


async def test_a_choice_is_acted_on_once(world):
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LABS))
    token = (await world.consent()).token
    results = await asyncio.gather(
        *(world.connect.choose(token, LAPTOP, Decided(LABS.cloud_id)) for _ in range(5)),
        return_exceptions=True,
    )

    assert sum(isinstance(each, Done) for each in results) == 1
    assert world.connection_of().generation == 1


async def test_a_site_that_the_grant_doesnt_open_cant_be_chosen(world):
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME,))
    await world.consent()
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LABS))
    token = (await world.consent()).token

    with pytest.raises(BadInput):
        await world.connect.choose(token, LAPTOP, Decided("https://evil.example"))


async def test_a_token_is_looked_up_under_its_own_tenant_alone(world):
    link = await world.link()
    moved = link.replace("T1.", "T2.", 1)

    assert await ending(world.connect.look_at_start(moved)) is End.UNKNOWN
    assert await ending(world.connect.begin(moved, LAPTOP)) is End.UNKNOWN
    assert await world.connect.begin(link, LAPTOP)


async def test_every_tampered_token_is_unknown(world):
    link = await world.link()
    for at in range(len(link)):
        tampered = link[:at] + ("A" if link[at] != "A" else "B") + link[at + 1 :]
        assert await ending(world.connect.begin(tampered, LAPTOP)) is End.UNKNOWN
    for tampered in (link[:-1], link + "A", link.lower(), f" {link}", f"{link}\n"):
        assert await ending(world.connect.begin(tampered, LAPTOP)) is End.UNKNOWN


async def test_the_same_person_id_in_another_tenant_gets_nothing(world):
    namesake = Principal(Tenant("T2"), "U1")
    await world.consent()

    assert world.connection_of(namesake) is None
    state = await world.begin(principal=namesake)
    # The browser belongs to U1 of T1.
    assert await ending(world.connect.prove(came_back(state), LAPTOP)) is End.SOMEONE_ELSE


async def test_beginning_anew_gives_the_flow_to_the_proven_person_of_that_tenant_alone(world):
    state = state_of(await world.connect.begin_anew(Anew(Tenant("T2"), Need.READ), LAPTOP))

    assert await ending(world.connect.prove(came_back(state), LAPTOP)) is End.OUTSIDER
    assert world.provider.sent == []


async def test_somebody_elses_press_doesnt_get_the_flows_message(world):
    invitation = await world.invite()
    await world.connect.remember_reply(BOB, invitation.flow, "https://hooks.slack.example/bob")
    state = state_of(await world.connect.begin(invitation.link.rsplit("/", 1)[1], LAPTOP))
    state = state_of(await world.connect.prove(came_back(state), LAPTOP))
    await world.connect.consent("system", came_back(state), LAPTOP)

    assert world.connected[0].reply_url is None


async def test_a_code_can_be_tried_five_times(world, code):
    wrong = "".join(CODE_ALPHABET[CODE_ALPHABET.index(each) - 1] for each in code)
    for _ in range(5):
        with pytest.raises(BadInput):
            await world.connect.confirm_code(ADA, wrong)
    with pytest.raises(NotFound):
        await world.connect.confirm_code(ADA, code)
    assert world.connections.all == {}


async def test_the_fifth_try_may_be_the_right_one(world, code):
    for guess in ("", "0" * 8, code[:-1], "💥"):
        with pytest.raises(BadInput):
            await world.connect.confirm_code(ADA, guess)

    assert await world.connect.confirm_code(ADA, code)


async def test_guesses_at_once_count_as_many(world, code):
    results = await asyncio.gather(
        *(world.connect.confirm_code(ADA, "WRONGGGG") for _ in range(20)), return_exceptions=True
    )

    assert sum(isinstance(each, BadInput) for each in results) == 5
    assert sum(isinstance(each, NotFound) for each in results) == 15


async def test_a_grant_in_waiting_isnt_a_connection(world, code):
    assert world.connections.all == {}
    assert world.connected == []
    assert [each.obtained for each in world.pendings.of(Step.CODE)] != [None]


async def test_nothing_secret_is_in_a_representation(world):
    world.provider.obtained = Obtained(granted(refresh="r-secret"), LOVELACE, (ACME, LABS))
    await world.consent()

    kept = repr(world.pendings.all)
    assert "r-secret" not in kept
    for _, nonce, _ in world.sign_in.sent:
        assert nonce not in kept
    for _, _, state, verifier in world.provider.sent:
        assert state not in kept
        assert verifier not in kept


async def test_what_waits_in_a_tab_connects_nobody_after_disconnecting(world, code):
    await world.connect.forget(ADA)
    with pytest.raises(NotFound):
        await world.connect.confirm_code(ADA, code)
    assert world.connections.all == {}


async def test_a_choice_left_open_connects_nobody_after_disconnecting(world):
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LABS))
    choice = await world.consent()
    await world.connect.forget(ADA)
    decided = world.connect.choose(choice.token, LAPTOP, Decided(ACME.cloud_id))
    assert await ending(decided) is End.UNKNOWN
    assert world.pendings.of(Step.CHOICE) == []
    assert world.connections.all == {}


async def test_whoever_knows_a_workspace_has_little_kept_in_its_name(world):
    world.sign_in.configured = True
    anew = Anew(Tenant("T1"), Need.READ)
    for _ in range(60):
        await world.connect.begin_anew(anew, LAPTOP)
    assert await ending(world.connect.begin_anew(anew, LAPTOP)) is End.TOO_MANY
    assert len(world.pendings.of(Step.PROOF)) == 60
    assert world.voice.said == []

    # Links from Slack go on working, and a minute later so does this.
    await world.begin()
    world.clock.pass_by(minutes=1)
    await world.connect.begin_anew(anew, LAPTOP)
