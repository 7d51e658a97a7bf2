import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.authorize import Authorizer, TokenRefused, Witnesses
from bot.connection import IDENTITY, READ, Need
from bot.errors import ConsentRequired, ProfileBroken, ScopeMissing, Unavailable
from bot.principal import Principal, Tenant
from store.memory.connections import MemoryConnections
from store.memory.integrations import MemoryProfiles
from tests.fakes import ADA, NOON, FakeClock, FakeConsentServer, connection, grant, issuers

EXPIRED = grant("old", until=NOON - timedelta(hours=1))
RENEWED = grant("new", until=NOON + timedelta(hours=2))


class Replica:
    """One process: an authorizer of its own, on the store and the server that all share."""

    def __init__(self, store, server, clock):
        self.told, self.counted = [], []
        self.used, self.failing, self.broken = [], [], []
        witnesses = Witnesses(
            self.tell,
            self.counted.append,
            self.used.append,
            self.hears_of(self.failing),
            self.hears_of(self.broken),
        )
        self.authorizer = Authorizer(store, issuers(server), clock, self.sleep, witnesses)
        self.clock = clock
        self.pause = 0.0

    async def tell(self, ended):
        self.told.append(ended)

    def hears_of(self, heard):
        async def hear(connection):
            heard.append(connection)

        return hear

    async def sleep(self, seconds):
        self.clock.pass_by(seconds=self.pause or seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def server():
    return FakeConsentServer(renewals=[RENEWED])


@pytest.fixture
def store(clock):
    return MemoryConnections(clock)


@pytest.fixture
def replica(store, server, clock):
    return Replica(store, server, clock)


@pytest.fixture
async def expired(store):
    kept = connection(given=EXPIRED)
    await store.save(kept)
    return kept


async def test_a_fresh_grant_is_used_as_it_is(replica, store, server):
    kept = connection()
    await store.save(kept)
    assert await replica.authorizer.authorize(ADA, Need.READ) == kept
    assert server.asked == []


async def test_without_a_connection_consent_is_required(replica):
    with pytest.raises(ConsentRequired) as caught:
        await replica.authorizer.authorize(ADA, Need.READ)
    assert not caught.value.ended


async def test_a_namesake_in_another_tenant_has_no_connection(replica, expired):
    with pytest.raises(ConsentRequired):
        await replica.authorizer.authorize(Principal(Tenant("T0OTHER"), "U0ADA"), Need.READ)


async def test_a_missing_scope_is_named_and_never_refreshed(replica, store, server):
    await store.save(connection(given=replace(EXPIRED, scopes=READ)))
    with pytest.raises(ScopeMissing) as caught:
        await replica.authorizer.authorize(ADA, Need.WRITE)
    assert caught.value.scopes == {"write:page:confluence", "delete:page:confluence"}
    assert server.asked == []


async def test_scopes_that_no_call_takes_are_not_missed(replica, store):
    kept = connection(given=replace(grant(), scopes=READ - IDENTITY))
    await store.save(kept)
    assert await replica.authorizer.authorize(ADA, Need.READ) == kept


async def test_an_expired_grant_is_renewed_and_stored_before_it_is_used(replica, store, expired):
    # 5, 9: the rotated refresh token is what the next refresh sends.
    renewed = await replica.authorizer.authorize(ADA, Need.READ)
    assert renewed.grant == RENEWED
    assert await store.find(ADA, "system") == renewed
    assert renewed.generation == expired.generation + 1


async def test_a_grant_about_to_expire_is_renewed_before_the_call(replica, store):
    await store.save(connection(given=grant("old", until=NOON + timedelta(seconds=30))))
    assert (await replica.authorizer.authorize(ADA, Need.READ)).grant == RENEWED


async def test_two_hundred_tasks_renew_once(replica, server, expired):
    # 6
    asked = [replica.authorizer.authorize(ADA, Need.READ) for _ in range(200)]
    renewed = await asyncio.gather(*asked)
    assert len(server.asked) == 1
    assert {each.grant.access_token.get_secret_value() for each in renewed} == {"access-new"}


async def test_five_processes_renew_once(store, server, clock, expired):
    # 6
    replicas = [Replica(store, server, clock) for _ in range(5)]
    asked = [each.authorizer.authorize(ADA, Need.READ) for each in replicas for _ in range(10)]
    renewed = await asyncio.gather(*asked)
    assert len(server.asked) == 1
    assert {each.generation for each in renewed} == {2}


async def test_whoever_gives_up_waiting_does_not_stop_the_refresh(replica, store, server, expired):
    sent, held = asyncio.Event(), asyncio.Event()

    async def slow():
        sent.set()
        await held.wait()

    server.meanwhile = slow
    impatient = asyncio.create_task(replica.authorizer.authorize(ADA, Need.READ))
    await sent.wait()
    impatient.cancel()
    held.set()
    await replica.authorizer.drain(1)
    assert (await store.find(ADA, "system")).grant == RENEWED


async def test_the_others_never_send_while_a_claim_stands(replica, store, server, clock, expired):
    await store.claim_refresh(expired, timedelta(minutes=5))
    with pytest.raises(Unavailable):
        await replica.authorizer.authorize(ADA, Need.READ)
    assert server.asked == []


async def test_a_claim_is_taken_over_once_its_time_is_up(replica, store, server, clock, expired):
    # The holder died between the server's answer and the write; the same token goes again.
    await store.claim_refresh(expired, timedelta(seconds=30))
    renewed = await replica.authorizer.authorize(ADA, Need.READ)
    assert renewed.grant == RENEWED
    assert server.asked == [EXPIRED]
    assert clock() - NOON >= timedelta(seconds=30)


async def test_a_lost_answer_changes_nothing_and_the_same_token_is_sent_again(
    replica, store, server, expired
):
    server.renewals = [Unavailable("Atlassian"), RENEWED]
    with pytest.raises(Unavailable):
        await replica.authorizer.authorize(ADA, Need.READ)
    failing = replace(expired, failures=1, failing_since=replica.clock())
    assert await store.find(ADA, "system") == failing
    assert (await replica.authorizer.authorize(ADA, Need.READ)).grant == RENEWED
    assert server.asked == [EXPIRED, EXPIRED]
    assert replica.clock() == NOON  # nobody had to wait for a claim left behind


async def test_a_grant_still_good_for_a_moment_is_used_while_the_server_is_down(
    replica, store, server
):
    kept = connection(given=grant("old", until=NOON + timedelta(seconds=30)))
    await store.save(kept)
    server.renewals = [Unavailable("Atlassian")]
    assert await replica.authorizer.authorize(ADA, Need.READ) == kept


async def test_a_refused_token_ends_the_grant_and_its_person_is_told_once(
    replica, store, server, expired
):
    server.renewals = [None]
    for _ in range(3):
        with pytest.raises(ConsentRequired) as caught:
            await replica.authorizer.authorize(ADA, Need.READ)
        assert caught.value.ended
    assert replica.told == [expired]
    assert len(server.asked) == 1


async def test_a_refusal_of_a_token_that_is_no_longer_stored_ends_nothing(
    replica, store, server, expired
):
    # 6: the loser of a race doesn't delete the winner's grant.
    async def reconnected():
        await store.save(replace(expired, grant=RENEWED, generation=2))

    server.renewals, server.meanwhile = [None], reconnected
    assert (await replica.authorizer.authorize(ADA, Need.READ)).grant == RENEWED
    assert replica.told == []


async def test_a_sender_that_slept_through_its_claim_believes_no_refusal(
    replica, store, server, clock, expired
):
    async def asleep():
        clock.pass_by(seconds=40)

    server.renewals, server.meanwhile = [None], asleep
    with pytest.raises(Unavailable):
        await replica.authorizer.authorize(ADA, Need.READ)
    assert (await store.find(ADA, "system")).ended_at is None


async def test_a_sender_that_slept_through_its_claim_overwrites_nobody(
    replica, store, server, clock, expired
):
    theirs = grant("theirs", until=NOON + timedelta(hours=3))

    async def asleep():
        clock.pass_by(seconds=31)
        claim = await store.claim_refresh(expired, timedelta(seconds=30))
        await store.replace_grant(expired, claim, theirs)

    server.meanwhile = asleep
    assert (await replica.authorizer.authorize(ADA, Need.READ)).grant == theirs
    assert replica.counted == ["lost"]


class Drowsy(MemoryConnections):
    """A store whose first answer finds its process asleep, until after the claim has run out."""

    def __init__(self, clock, theirs):
        super().__init__(clock)
        self.clock, self.theirs = clock, theirs

    async def claim_refresh(self, connection, lasts):
        claim = await super().claim_refresh(connection, lasts)
        if self.theirs is not None:
            theirs, self.theirs = self.theirs, None
            self.clock.pass_by(seconds=31)
            taken_over = await super().claim_refresh(connection, lasts)
            await self.replace_grant(connection, taken_over, theirs)
        return claim


async def test_a_sender_that_wakes_up_after_its_claim_has_run_out_sends_nothing(server, clock):
    theirs = grant("theirs", until=NOON + timedelta(hours=3))
    store = Drowsy(clock, theirs)
    await store.save(connection(given=EXPIRED))

    renewed = await Replica(store, server, clock).authorizer.authorize(ADA, Need.READ)

    assert renewed.grant == theirs
    assert server.asked == []


async def test_a_connection_deleted_meanwhile_stays_deleted(replica, store, server, expired):
    async def disconnected():
        await store.remove(ADA, "system")

    server.meanwhile = disconnected
    with pytest.raises(ConsentRequired):
        await replica.authorizer.authorize(ADA, Need.READ)
    assert await store.find(ADA, "system") is None


async def test_a_bad_client_secret_ends_nothing_and_tells_no_person(
    replica, store, server, expired
):
    server.renewals = [ProfileBroken("access_denied")]
    with pytest.raises(ProfileBroken):
        await replica.authorizer.authorize(ADA, Need.READ)
    failing = replace(expired, failures=1, failing_since=replica.clock())
    assert await store.find(ADA, "system") == failing
    assert replica.told == []
    assert replica.counted == ["profile_broken"]


async def test_a_grant_without_refresh_token_ends_when_it_expires(replica, store, server):
    # 7
    await store.save(connection(given=replace(EXPIRED, refresh_token=None)))
    with pytest.raises(ConsentRequired) as caught:
        await replica.authorizer.authorize(ADA, Need.READ)
    assert caught.value.ended
    assert len(replica.told) == 1
    assert server.asked == []


async def test_a_refused_access_token_is_renewed_once_and_the_call_made_again(
    replica, store, server
):
    await store.save(connection())
    used = []

    async def action(given):
        used.append(given.grant.access_token.get_secret_value())
        if len(used) == 1:
            raise TokenRefused("system")
        return "done"

    assert await replica.authorizer.call(ADA, Need.READ, action) == "done"
    assert used == ["access-first", "access-new"]


async def test_a_token_refused_although_it_is_new_asks_for_consent(replica, store, server):
    await store.save(connection())

    async def action(given):
        raise TokenRefused("system")

    with pytest.raises(ConsentRequired) as caught:
        await replica.authorizer.call(ADA, Need.READ, action)
    assert caught.value.ended
    assert len(server.asked) == 1


async def test_a_scope_that_a_call_lacks_is_not_refreshed(replica, store, server):
    # 10
    await store.save(connection())

    async def action(given):
        raise ScopeMissing("system", frozenset({"read:page:confluence"}))

    with pytest.raises(ScopeMissing):
        await replica.authorizer.call(ADA, Need.READ, action)
    assert server.asked == []


async def test_a_refused_token_is_not_used_again_while_the_server_is_down(replica, store, server):
    await store.save(connection(given=grant("old", until=NOON + timedelta(seconds=70))))
    sent, held = asyncio.Event(), asyncio.Event()

    async def slow():
        sent.set()
        await held.wait()

    server.renewals, server.meanwhile = [Unavailable("Atlassian")], slow
    used = []

    async def action(given):
        used.append(given)
        replica.clock.pass_by(seconds=20)  # by now it is about to expire, too
        other = asyncio.create_task(replica.authorizer.authorize(ADA, Need.READ))
        await sent.wait()
        asyncio.get_running_loop().call_soon(held.set)
        others.append(other)
        raise TokenRefused("system")

    others = []
    with pytest.raises(Unavailable):
        await replica.authorizer.call(ADA, Need.READ, action)
    assert len(used) == 1
    assert await others[0] == used[0]


async def test_many_calls_refused_at_once_renew_once(replica, store, server):
    await store.save(connection())

    async def action(given):
        await asyncio.sleep(0)
        if given.generation == 1:
            raise TokenRefused("system")
        return given.generation

    calls = [replica.authorizer.call(ADA, Need.READ, action) for _ in range(50)]
    assert set(await asyncio.gather(*calls)) == {2}
    assert len(server.asked) == 1


async def test_a_grant_that_is_still_good_can_be_renewed_ahead_of_its_time(replica, store, server):
    kept = connection()
    await store.save(kept)
    renewed = await replica.authorizer.renew(kept)
    assert renewed.grant == RENEWED
    assert await store.find(ADA, "system") == renewed
    assert replica.used == []


async def test_whoever_comes_late_to_renew_gets_what_is_there(replica, store, server, expired):
    renewed = await replica.authorizer.authorize(ADA, Need.READ)
    assert await replica.authorizer.renew(expired) == renewed
    assert len(server.asked) == 1


async def test_renewing_ahead_is_no_success_while_the_server_is_down(replica, store, server):
    kept = connection()
    await store.save(kept)
    server.renewals = [Unavailable("Atlassian")]
    with pytest.raises(Unavailable):
        await replica.authorizer.renew(kept)
    assert await replica.authorizer.authorize(ADA, Need.READ)


async def test_what_was_disconnected_is_not_renewed(replica, store, server):
    with pytest.raises(ConsentRequired):
        await replica.authorizer.renew(connection())
    assert server.asked == []


async def test_each_use_is_told_of_with_the_grant_that_was_used(replica, store, expired):
    renewed = await replica.authorizer.authorize(ADA, Need.READ)
    await replica.authorizer.authorize(ADA, Need.READ)
    assert replica.used == [renewed, renewed]


async def test_the_first_failure_is_told_of_and_a_new_grant_takes_all_back(
    replica, store, server, expired
):
    server.renewals = [Unavailable("Atlassian"), Unavailable("Atlassian"), RENEWED]
    for _ in range(2):
        with pytest.raises(Unavailable):
            await replica.authorizer.authorize(ADA, Need.READ)
        replica.clock.pass_by(seconds=60)
    failing = await store.find(ADA, "system")
    assert (failing.failures, failing.failing_since) == (2, NOON)
    assert len(replica.failing) == 1
    renewed = await replica.authorizer.authorize(ADA, Need.READ)
    assert (renewed.failures, renewed.failing_since) == (0, None)
    assert await store.find(ADA, "system") == renewed


async def test_a_failure_of_our_own_database_counts_for_nothing(store, server, clock, expired):
    class Away(MemoryProfiles):
        async def find(self, tenant, profile, version=None):
            raise Unavailable("the database")

    await store.save(replace(expired, profile="p1"))
    authorizer = Authorizer(store, issuers(server, Away()), clock)
    with pytest.raises(Unavailable):
        await authorizer.authorize(ADA, Need.READ, "p1")
    kept = await store.find(ADA, "p1")
    assert kept.failures == 0
    assert await store.claim_refresh(kept, timedelta(seconds=30))


@pytest.mark.parametrize("profile", ["system", "gone"])
async def test_a_profile_that_is_refused_or_gone_is_told_of(
    replica, store, server, expired, profile
):
    await store.save(replace(expired, profile=profile))
    server.renewals = [ProfileBroken("access_denied")]
    with pytest.raises(ProfileBroken):
        await replica.authorizer.authorize(ADA, Need.READ, profile)
    assert [each.profile for each in replica.broken] == [profile]
    assert (await store.find(ADA, profile)).failures == 1


async def test_a_connection_that_is_given_up_is_told_of_once(replica, store, expired):
    for _ in range(2):
        await replica.authorizer.end(expired)
    assert replica.told == [expired]
    assert (await store.find(ADA, "system")).ended_at == NOON


async def test_what_was_renewed_meanwhile_is_not_given_up(replica, store, expired):
    await replica.authorizer.authorize(ADA, Need.READ)
    await replica.authorizer.end(expired)
    assert replica.told == []
    assert (await store.find(ADA, "system")).ended_at is None


async def test_nothing_of_a_flight_is_kept_once_it_has_landed(replica, expired):
    await replica.authorizer.authorize(ADA, Need.READ)
    await asyncio.sleep(0)
    assert replica.authorizer._flights == {}  # noqa: SLF001 (a leak shows nowhere else)


async def test_an_ending_process_does_not_wait_for_somebody_elses_refresh(
    store, server, clock, expired
):
    assert await store.claim_refresh(expired, timedelta(seconds=30))
    authorizer = Authorizer(store, issuers(server), clock, lambda _: asyncio.Event().wait())
    asking = asyncio.create_task(authorizer.authorize(ADA, Need.READ))
    for _ in range(9):
        await asyncio.sleep(0)
    await asyncio.wait_for(authorizer.drain(60), 10)
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_an_ending_process_waits_no_longer_than_it_may(replica, server, expired):
    sent = asyncio.Event()

    async def never():
        sent.set()
        await asyncio.Event().wait()

    server.meanwhile = never
    asking = asyncio.create_task(replica.authorizer.authorize(ADA, Need.READ))
    await sent.wait()
    await asyncio.wait_for(replica.authorizer.drain(0.01), 10)
    assert not asking.done()
    asking.cancel()
