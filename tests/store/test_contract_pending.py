import asyncio
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.pending import Step
from bot.principal import digest
from store.pending import SHAPE, MongoPendingConnections

MINUTE = timedelta(minutes=1)


@pytest.fixture
def steps(stores):
    return stores.pending


@pytest.fixture
def code(consent):
    return replace(consent, step=Step.CODE, key=digest("code"))


UNUSED = {"consumed_at", "tries_left"}
"""What changes only as a step is used."""


def test_the_step_that_is_kept_has_nothing_left_at_its_default(consent):
    defaults = {each.name: each.default for each in fields(consent)}

    assert {name for name, value in defaults.items() if getattr(consent, name) == value} == UNUSED


async def test_finds_the_step_whole(steps, consent):
    await steps.save(consent)
    assert await steps.find(consent.tenant, Step.CONSENT, consent.key) == consent


async def test_finds_a_step_under_its_own_name_and_key_alone(steps, consent):
    await steps.save(consent)
    assert await steps.find(consent.tenant, Step.START, consent.key) is None
    assert await steps.find(consent.tenant, Step.CONSENT, digest("other")) is None


async def test_uses_a_step_up_once_among_twenty(steps, consent, clock):
    await steps.save(consent)
    key = consent.tenant, consent.step, consent.key
    found = await asyncio.gather(*(steps.consume(*key, clock()) for _ in range(20)))
    assert [one for one in found if one] == [replace(consent, consumed_at=clock())]


async def test_leaves_a_tombstone_without_secrets(steps, consent, clock):
    await steps.save(consent)
    await steps.consume(consent.tenant, consent.step, consent.key, clock())
    tombstone = await steps.find(consent.tenant, consent.step, consent.key)
    assert tombstone.consumed_at == clock()
    assert tombstone.browser == consent.browser
    assert (tombstone.verifier, tombstone.nonce, tombstone.obtained) == (None, None, None)
    assert (tombstone.response_url, tombstone.person) == (None, "")


async def test_a_step_that_was_used_up_stays_used_up(steps, consent, clock):
    await steps.save(consent)
    await steps.consume(consent.tenant, consent.step, consent.key, clock())
    await steps.save(consent)
    assert await steps.consume(consent.tenant, consent.step, consent.key, clock()) is None


async def test_an_expired_step_is_shown_and_not_used(steps, consent, clock):
    await steps.save(consent)
    at = consent.expires_at
    assert await steps.consume(consent.tenant, consent.step, consent.key, at) is None
    assert await steps.find(consent.tenant, consent.step, consent.key) == consent


async def test_a_step_can_be_kept_again_while_it_is_unused(steps, consent):
    await steps.save(consent)
    again = replace(consent, response_url=SecretStr("https://hooks.example/newer"))
    await steps.save(again)
    assert await steps.find(consent.tenant, consent.step, consent.key) == again


async def test_counts_five_tries_of_a_code_even_at_once(steps, code, clock):
    await steps.save(code)
    found = await asyncio.gather(*(steps.find_code(code.principal, clock()) for _ in range(20)))
    assert sorted(one.tries_left for one in found if one) == [0, 1, 2, 3, 4]


async def test_only_the_newest_code_counts(steps, code, clock):
    newest = replace(code, key=digest("newer"), expires_at=code.expires_at + MINUTE, tries_left=1)
    await steps.save(newest)
    await steps.save(code)
    assert (await steps.find_code(code.principal, clock())).key == newest.key
    assert await steps.find_code(code.principal, clock()) is None


async def test_a_code_is_looked_up_under_its_person(steps, code, clock):
    await steps.save(code)
    assert await steps.find_code(replace(code.principal, user_id="U2"), clock()) is None


async def test_expired_and_used_codes_count_for_nothing(steps, code, clock):
    await steps.save(code)
    assert await steps.find_code(code.principal, code.expires_at) is None
    await steps.consume(code.tenant, code.step, code.key, clock())
    assert await steps.find_code(code.principal, clock()) is None


async def test_forgets_what_somebody_has_obtained_and_nothing_else(steps, consent, code, clock):
    choice = replace(consent, step=Step.CHOICE)
    another = replace(code.principal, user_id="U2")
    bobs = replace(code, principal=another, key=digest("bob's"))
    for each in (consent, code, choice, bobs):
        await steps.save(each)
    await steps.forget_obtained(code.principal)
    assert await steps.find_code(code.principal, clock()) is None
    assert await steps.consume(choice.tenant, Step.CHOICE, choice.key, clock()) is None
    assert await steps.find(consent.tenant, consent.step, consent.key) == consent
    assert (await steps.find_code(another, clock())).key == bobs.key


@pytest.mark.parametrize(("user_id", "kept"), [("", timedelta(0)), ("U1", timedelta(hours=24))])
async def test_what_nobody_began_is_kept_no_longer_than_it_lasts(
    database, vault, consent, user_id, kept
):
    whose = replace(consent.principal, user_id=user_id)
    key = digest(f"of {user_id}")
    await MongoPendingConnections(database, vault).save(
        replace(consent, principal=whose, step=Step.PROOF, key=key)
    )
    stored = await database.collection(SHAPE).find({"tenant": whose.tenant, "key": key})
    assert stored["purge_at"] == consent.expires_at + kept
