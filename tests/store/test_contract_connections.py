import asyncio
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.connection import Lent, organisation
from bot.content import Account, AccountId
from bot.profile import Mechanism, Provider

LONG = timedelta(seconds=30)
OVER = timedelta(seconds=-1)


@pytest.fixture
def connections(stores):
    return stores.connections


@pytest.fixture
def renewed(grant):
    return replace(grant, access_token=SecretStr("access-secret-2"))


async def test_finds_what_was_saved(connections, connection, ada):
    await connections.save(connection)
    assert await connections.find(ada, "system") == connection


async def test_finds_every_field_that_was_saved(connections, connection, clock):
    whole = replace(
        connection,
        principal=organisation(connection.principal.tenant),
        generation=7,
        ended_at=clock(),
        profile_version=2,
        provider=Provider.DATA_CENTER,
        mechanism=Mechanism.PAT,
        name="The robot",
        owner="U1",
        account_at=clock(),
    )
    defaults = {each.name: each.default for each in fields(whole)}
    set_elsewhere = {"failures", "failing_since", "lent", "writes_until"}
    assert set_elsewhere == {name for name in defaults if getattr(whole, name) == defaults[name]}

    await connections.save(whole)

    assert await connections.find(whole.principal, whole.profile) == whole


async def test_counts_failures_until_a_grant_is_renewed(connections, connection, clock, renewed):
    await connections.save(connection)
    claim = await connections.claim_refresh(connection, timedelta(seconds=30))
    assert await connections.note_failure(connection, claim, clock()) == 1
    claim = await connections.claim_refresh(connection, timedelta(seconds=30))
    assert await connections.note_failure(connection, claim, clock() + timedelta(hours=1)) == 2
    failing = await connections.find(connection.principal, connection.profile)
    assert (failing.failures, failing.failing_since) == (2, clock())

    claim = await connections.claim_refresh(connection, timedelta(seconds=30))
    assert await connections.replace_grant(connection, claim, renewed)
    mended = await connections.find(connection.principal, connection.profile)
    assert (mended.failures, mended.failing_since) == (0, None)


async def test_lists_a_tenants_connections_and_a_persons(connections, connection, ada):
    others = [
        replace(connection, principal=replace(ada, user_id=f"U{number:03}"))
        for number in range(205)
    ]
    second = replace(connection, profile="other")
    stranger = replace(connection, principal=replace(ada, tenant="T9"))
    for each in (connection, second, stranger, *others):
        await connections.save(each)

    listed = [each async for each in connections.list_all(ada.tenant)]

    assert len(listed) == 207
    assert stranger not in listed
    assert [each.profile for each in await connections.list_of(ada)] == sorted(
        [connection.profile, "other"]
    )


async def test_counts_no_failure_of_what_has_moved_on(connections, connection, clock, renewed):
    assert await connections.note_failure(connection, "claim", clock()) == 0
    await connections.save(connection)
    lost = await connections.claim_refresh(connection, OVER)
    claim = await connections.claim_refresh(connection, LONG)
    assert await connections.note_failure(connection, lost, clock()) == 0
    assert await connections.claim_refresh(connection, LONG) is None
    await connections.replace_grant(connection, claim, renewed)
    assert await connections.note_failure(connection, claim, clock()) == 0
    found = await connections.find(connection.principal, connection.profile)
    assert (found.failures, found.failing_since) == (0, None)


async def test_the_first_failure_since_the_last_grant_is_remembered(connections, connection, clock):
    await connections.save(connection)
    for hours in (1, 0, 2):  # replicas' clocks differ
        claim = await connections.claim_refresh(connection, LONG)
        await connections.note_failure(connection, claim, clock() + timedelta(hours=hours))
    found = await connections.find(connection.principal, connection.profile)
    assert (found.failures, found.failing_since) == (3, clock())


async def test_a_new_connection_has_not_failed_and_is_lent_to_nobody(connections, connection):
    lent = Lent(connection.principal, "Ada", "system", None, "", "", (), ())
    failing = replace(connection, failures=3, failing_since=connection.connected_at, lent=lent)
    await connections.save(failing)
    assert await connections.find(connection.principal, connection.profile) == connection


async def test_lists_a_persons_connections_whatever_their_number(connections, connection, ada):
    profiles = [f"p{number:03}" for number in range(205)]
    for profile in reversed(profiles):
        await connections.save(replace(connection, profile=profile))
    namesake = replace(connection, principal=replace(ada, user_id=ada.user_id + "X"))
    await connections.save(namesake)

    assert [each.profile for each in await connections.list_of(ada)] == profiles
    listed = [each async for each in connections.list_all(ada.tenant)]
    assert [each.profile for each in listed] == [*profiles, namesake.profile]


async def test_lists_nothing_of_strangers(connections, connection, namesake):
    await connections.save(connection)
    assert [each async for each in connections.list_all(namesake.tenant)] == []
    assert await connections.list_of(namesake) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda s, one, at: s.hand_over(one, "For all", "U2"),
        lambda s, one, at: s.replace_account(one, Account(AccountId("712020:b"), "Ada King"), at),
    ],
    ids=["hand_over", "replace_account"],
)
async def test_what_is_said_of_a_connection_leaves_its_grant_and_claim(
    connections, connection, ada, clock, renewed, change
):
    assert not await change(connections, connection, clock())
    await connections.save(connection)
    claim = await connections.claim_refresh(connection, LONG)
    assert await change(connections, connection, clock())
    assert await connections.claim_refresh(connection, LONG) is None
    assert await connections.replace_grant(connection, claim, renewed)
    changed = await connections.find(ada, "system")
    assert (changed.grant, changed.generation) == (renewed, 2)
    assert {changed.name, changed.account.name} & {"For all", "Ada King"}

    anew = replace(connection, connected_at=clock() + LONG)
    await connections.save(anew)
    assert not await change(connections, connection, clock())
    assert await connections.find(ada, "system") == anew


async def test_finds_nothing_for_strangers(connections, ada):
    assert await connections.find(ada, "system") is None


async def test_keeps_profiles_apart(connections, connection, ada):
    await connections.save(connection)
    assert await connections.find(ada, "custom") is None


async def test_keeps_one_connection_a_person_and_profile(connections, connection, ada, clock):
    await connections.save(connection)
    later = replace(connection, connected_at=clock() + LONG, sites=())
    await connections.save(later)
    assert await connections.find(ada, "system") == later


async def test_returns_what_it_removed(connections, connection, ada):
    await connections.save(connection)
    assert await connections.remove(ada, "system") == connection
    assert await connections.find(ada, "system") is None
    assert await connections.remove(ada, "system") is None


async def test_tells_whose_account_somebody_connected(connections, connection, ada):
    await connections.save(connection)
    found = await connections.find_account(ada.tenant, ada.user_id, "system")
    assert found == connection.account
    assert await connections.find_account(ada.tenant, "U2", "system") is None


async def test_grants_one_claim_to_ten_at_once(connections, connection):
    await connections.save(connection)
    claims = await asyncio.gather(*(connections.claim_refresh(connection, LONG) for _ in range(10)))
    assert sum(claim is not None for claim in claims) == 1


async def test_takes_a_claim_over_only_after_its_time(connections, connection):
    await connections.save(connection)
    first = await connections.claim_refresh(connection, OVER)
    second = await connections.claim_refresh(connection, LONG)
    assert None not in {first, second}
    assert first != second
    assert await connections.claim_refresh(connection, LONG) is None


async def test_swaps_the_grant_under_its_claim_and_counts_it(connections, connection, ada, renewed):
    await connections.save(connection)
    claim = await connections.claim_refresh(connection, LONG)
    assert await connections.replace_grant(connection, claim, renewed)
    found = await connections.find(ada, "system")
    assert found == replace(connection, grant=renewed, generation=2)
    assert await connections.claim_refresh(found, LONG)


async def test_refuses_the_grant_of_a_claim_that_was_taken_over(
    connections, connection, ada, renewed
):
    await connections.save(connection)
    lost = await connections.claim_refresh(connection, OVER)
    assert await connections.claim_refresh(connection, LONG)
    assert not await connections.replace_grant(connection, lost, renewed)
    assert await connections.find(ada, "system") == connection


async def test_keeps_a_late_grant_whose_claim_ran_out_but_nobody_took_it(
    connections, connection, ada, renewed
):
    await connections.save(connection)
    claim = await connections.claim_refresh(connection, OVER)
    assert await connections.replace_grant(connection, claim, renewed)


async def test_leaves_a_removed_connection_removed(connections, connection, ada, renewed):
    await connections.save(connection)
    claim = await connections.claim_refresh(connection, LONG)
    await connections.remove(ada, "system")
    assert not await connections.replace_grant(connection, claim, renewed)
    assert await connections.find(ada, "system") is None


async def test_refuses_the_grant_of_a_connection_made_anew(
    connections, connection, ada, clock, renewed
):
    await connections.save(connection)
    claim = await connections.claim_refresh(connection, LONG)
    anew = replace(connection, connected_at=clock() + LONG)
    await connections.save(anew)
    assert not await connections.replace_grant(connection, claim, renewed)
    assert not await connections.end(connection, clock())
    assert await connections.claim_refresh(connection, LONG) is None
    assert await connections.find(ada, "system") == anew


async def test_grants_no_claim_on_an_older_generation(connections, connection, renewed):
    await connections.save(connection)
    claim = await connections.claim_refresh(connection, LONG)
    await connections.replace_grant(connection, claim, renewed)
    assert await connections.claim_refresh(connection, LONG) is None


async def test_a_claim_given_back_is_free(connections, connection):
    await connections.save(connection)
    claim = await connections.claim_refresh(connection, LONG)
    await connections.release_refresh(connection, "another")
    assert await connections.claim_refresh(connection, LONG) is None
    await connections.release_refresh(connection, claim)
    assert await connections.claim_refresh(connection, LONG)


async def test_ends_a_connection_once(connections, connection, ada, clock):
    await connections.save(connection)
    ended = await asyncio.gather(*(connections.end(connection, clock()) for _ in range(5)))
    assert ended.count(True) == 1
    assert (await connections.find(ada, "system")).ended_at == clock()
    assert await connections.claim_refresh(connection, LONG) is None


async def test_does_not_end_a_newer_generation(connections, connection, ada, clock, renewed):
    await connections.save(connection)
    claim = await connections.claim_refresh(connection, LONG)
    await connections.replace_grant(connection, claim, renewed)
    assert not await connections.end(connection, clock())
    assert (await connections.find(ada, "system")).ended_at is None


async def test_hands_over_without_touching_grant_or_claim(connections, connection, ada, renewed):
    await connections.save(connection)
    claim = await connections.claim_refresh(connection, LONG)
    assert await connections.hand_over(connection, "Robot", "U0BOB")
    kept = await connections.find(ada, "system")
    assert kept == replace(connection, name="Robot", owner="U0BOB")
    assert await connections.claim_refresh(kept, LONG) is None
    assert await connections.replace_grant(connection, claim, renewed)
    # What was renewed meanwhile is the same connection still.
    assert await connections.hand_over(connection, "Wiki robot", "U0CY")
    kept = await connections.find(ada, "system")
    assert (kept.grant, kept.name) == (renewed, "Wiki robot")


async def test_hands_over_nothing_that_is_gone_or_was_made_anew(connections, connection, ada):
    assert not await connections.hand_over(connection, "Robot", "U0BOB")
    await connections.save(connection)
    later = replace(connection, connected_at=connection.connected_at + LONG)
    await connections.save(later)
    assert not await connections.hand_over(connection, "Robot", "U0BOB")
    assert await connections.find(ada, "system") == later
