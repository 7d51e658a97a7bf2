"""Bot tokens that end: renewed once, in time, and by nobody who has no claim to it."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.errors import ProfileBroken, Unavailable
from bot.installation import BotTokens, Installation
from bot.ports import SlackInstalls
from bot.principal import Tenant
from bot.rotation import EARLY, SOON, FreshInstallations
from store.memory.installations import MemoryInstallations
from tests.fakes import NOON, FakeClock

ACME = Tenant("T0ACME")
LIFE = timedelta(hours=12)


@dataclass
class FakeSlackInstalls(SlackInstalls):
    """Slack's tokens, each good for one renewal; *answers* come instead where there are any."""

    clock: FakeClock
    good: str = "xoxe-0"
    renewed: int = 0
    answers: list[object] = field(default_factory=list)
    gate: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def install_url(self, state, team_id):
        raise NotImplementedError

    async def redeem(self, code):
        raise NotImplementedError

    async def is_good(self, installation):
        raise NotImplementedError

    async def renew(self, installation):
        self.renewed += 1
        self.asked.set()
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if installation.refresh_token.get_secret_value() != self.good:
            return None
        self.good = f"xoxe-{self.renewed}"
        token = SecretStr(f"xoxb-{self.renewed}")
        return BotTokens(token, SecretStr(self.good), self.clock() + LIFE)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def slack(clock):
    return FakeSlackInstalls(clock)


@pytest.fixture
def stored(clock):
    return MemoryInstallations(clock)


@pytest.fixture
def broken():
    return []


@pytest.fixture
def make(stored, slack, clock, broken):
    async def tell(installation):
        broken.append(installation.tenant)

    async def sleep(seconds):
        clock.pass_by(seconds=seconds)
        await asyncio.sleep(0)

    return lambda: FreshInstallations(stored, slack, clock, tell, sleep)


@pytest.fixture
def fresh(make):
    return make()


def installation(**changed):
    return replace(
        Installation(
            ACME,
            "T0ACME",
            None,
            "Acme",
            SecretStr("xoxb-0"),
            "B1",
            "UB",
            "A1",
            frozenset(),
            NOON,
            refresh_token=SecretStr("xoxe-0"),
            token_expires_at=NOON + LIFE,
        ),
        **changed,
    )


async def settled(fresh):
    await asyncio.gather(*fresh._flights.values(), return_exceptions=True)  # noqa: SLF001


def token(found):
    return found.bot_token.get_secret_value()


async def test_what_is_not_installed_is_not_found(fresh):
    assert await fresh.find(ACME) is None


async def test_a_token_that_does_not_rotate_is_left_alone(fresh, stored, slack, clock):
    lasting = installation(refresh_token=None, token_expires_at=None)
    await stored.save(lasting)
    clock.pass_by(days=365)
    assert await fresh.find(ACME) == lasting
    assert slack.renewed == 0


async def test_a_young_token_is_left_alone(fresh, stored, slack, clock):
    await stored.save(installation())
    clock.now += LIFE - EARLY - timedelta(seconds=1)
    assert token(await fresh.find(ACME)) == "xoxb-0"
    assert slack.renewed == 0


async def test_two_hours_before_its_end_it_is_renewed_and_nobody_waits(fresh, stored, slack, clock):
    await stored.save(installation())
    clock.now += LIFE - EARLY
    slack.gate = asyncio.Event()
    assert token(await fresh.find(ACME)) == "xoxb-0"
    slack.gate.set()
    await settled(fresh)
    assert token(await fresh.find(ACME)) == "xoxb-1"
    assert slack.renewed == 1


async def test_once_it_has_ended_everybody_waits_for_the_new_one(fresh, stored, slack, clock):
    await stored.save(installation())
    clock.now += LIFE
    found = await asyncio.gather(*(fresh.find(ACME) for _ in range(10)))
    assert {token(each) for each in found} == {"xoxb-1"}
    assert slack.renewed == 1


async def test_of_one_process_one_task_goes_and_the_others_wait_for_it(
    fresh, stored, clock, monkeypatch
):
    await stored.save(installation())
    clock.now += LIFE
    claims, claim = [], stored.claim_refresh

    async def counted(kept, lasts):
        claims.append(kept)
        return await claim(kept, lasts)

    monkeypatch.setattr(stored, "claim_refresh", counted)
    await asyncio.gather(*(fresh.find(ACME) for _ in range(10)))
    assert len(claims) == 1


async def test_two_processes_send_it_once(make, stored, slack, clock):
    await stored.save(installation())
    clock.now += LIFE
    processes = make(), make()
    found = await asyncio.gather(*(each.find(ACME) for each in processes for _ in range(5)))
    assert {token(each) for each in found} == {"xoxb-1"}
    assert slack.renewed == 1


async def test_it_is_kept_before_it_is_used(fresh, stored, clock):
    await stored.save(installation())
    clock.now += LIFE
    found = await fresh.find(ACME)
    assert await stored.find(ACME) == found
    assert found.generation == 1
    assert found.refresh_token.get_secret_value() == "xoxe-1"


@pytest.mark.parametrize("error", [Unavailable("Slack"), ProfileBroken("no")])
async def test_where_slack_fails_the_old_one_is_used_while_it_lives(
    fresh, stored, slack, clock, error
):
    await stored.save(installation())
    clock.now += LIFE - EARLY
    slack.answers = [error]
    for _ in range(3):
        assert token(await fresh.find(ACME)) == "xoxb-0"
        await settled(fresh)
    # One that has just failed isn't tried again at once.
    assert slack.renewed == 1
    clock.pass_by(seconds=31)
    await fresh.find(ACME)
    await settled(fresh)
    assert token(await fresh.find(ACME)) == "xoxb-2"


async def test_where_slack_fails_and_it_has_ended_they_are_told_to_wait(
    fresh, stored, slack, clock
):
    await stored.save(installation())
    clock.now += LIFE
    slack.answers = [Unavailable("Slack")]
    with pytest.raises(Unavailable):
        await fresh.find(ACME)
    failed_at = clock()
    assert token(await fresh.find(ACME)) == "xoxb-2"
    assert clock() == failed_at  # nobody waits for a claim that was given back


async def test_a_refused_renewal_breaks_it_and_is_told_once(fresh, stored, slack, clock, broken):
    await stored.save(installation())
    clock.now += LIFE - EARLY
    slack.answers = [None]
    for _ in range(3):
        await fresh.find(ACME)
        await settled(fresh)
    found = await fresh.find(ACME)
    assert (token(found), found.broken_at) == ("xoxb-0", clock())
    assert broken == [ACME]
    assert slack.renewed == 1


async def test_a_broken_one_is_found_after_its_end_as_well(fresh, stored, slack, clock):
    # Its own end has still to be noted, and no token is needed for that.
    await stored.save(installation(broken_at=NOON))
    clock.now += LIFE
    assert (await fresh.find(ACME)).broken_at == NOON
    assert slack.renewed == 0


async def test_who_cannot_be_told_does_not_mend_it(make, stored, slack, clock):
    async def tell(_installation):
        raise Unavailable("Slack")

    fresh = FreshInstallations(stored, slack, clock, tell, clock.sleep)
    await stored.save(installation())
    clock.now += LIFE
    slack.answers = [None]
    assert (await fresh.find(ACME)).broken_at


async def test_what_was_installed_anew_meanwhile_stays(fresh, stored, slack, clock):
    await stored.save(installation())
    clock.now += LIFE
    slack.gate = asyncio.Event()
    waiting = asyncio.ensure_future(fresh.find(ACME))
    await slack.asked.wait()
    newer = installation(
        bot_token=SecretStr("xoxb-new"), installed_at=clock(), token_expires_at=clock() + LIFE
    )
    await stored.save(newer)
    slack.gate.set()
    assert await waiting == newer
    assert await stored.find(ACME) == newer


async def test_a_refusal_breaks_no_newer_installation(fresh, stored, slack, clock, broken):
    await stored.save(installation())
    clock.now += LIFE
    slack.gate, slack.answers = asyncio.Event(), [None]
    waiting = asyncio.ensure_future(fresh.find(ACME))
    await slack.asked.wait()
    newer = installation(
        bot_token=SecretStr("xoxb-new"), installed_at=clock(), token_expires_at=clock() + LIFE
    )
    await stored.save(newer)
    slack.gate.set()
    assert (await waiting).broken_at is None
    assert broken == []


async def test_what_was_removed_meanwhile_stays_removed(fresh, stored, slack, clock):
    await stored.save(installation())
    clock.now += LIFE
    slack.gate = asyncio.Event()
    waiting = asyncio.ensure_future(fresh.find(ACME))
    await slack.asked.wait()
    await stored.remove(ACME, before=clock())
    slack.gate.set()
    assert await waiting is None
    assert await stored.find(ACME) is None


async def test_a_claim_left_behind_is_taken_over_when_its_time_is_up(fresh, stored, slack, clock):
    kept = installation()
    await stored.save(kept)
    clock.now += LIFE
    await stored.claim_refresh(kept, timedelta(seconds=30))
    assert token(await fresh.find(ACME)) == "xoxb-1"
    assert slack.renewed == 1


async def test_a_claim_of_somebody_elses_is_waited_for_no_longer_than_the_token_lives(
    fresh, stored, slack, clock
):
    kept = installation()
    await stored.save(kept)
    clock.now += LIFE - SOON - timedelta(minutes=1)
    await stored.claim_refresh(kept, timedelta(hours=1))
    assert token(await fresh.find(ACME)) == "xoxb-0"
    await settled(fresh)
    assert slack.renewed == 0


async def test_whoever_slept_believes_no_refusal(fresh, stored, slack, clock, broken):
    await stored.save(installation())
    clock.now += LIFE

    async def sleeps(_installation):
        clock.pass_by(seconds=25)

    slack.renew = sleeps
    with pytest.raises(Unavailable):
        await fresh.find(ACME)
    assert broken == []


async def test_what_was_sent_is_kept_although_whoever_asked_is_gone(fresh, stored, slack, clock):
    await stored.save(installation())
    clock.now += LIFE
    slack.gate = asyncio.Event()
    waiting = asyncio.ensure_future(fresh.find(ACME))
    await slack.asked.wait()
    waiting.cancel()
    slack.gate.set()
    await fresh.drain(5)
    assert token(await stored.find(ACME)) == "xoxb-1"
