"""Being forgotten as a person meets it, in this process, over loopback."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app import utc_now
from bot.ports import DELETE_TENANT, REPORT, Due
from bot.principal import Principal, Tenant
from bot.receipt import Stage
from bot.uninstalled import ONCE_MORE
from sandbox.person import words
from tests.handlers.test_create import fill
from tests.stage import staged

HOME = Tenant("T0ACME")
ADA, BOB = Principal(HOME, "U0ADA"), Principal(HOME, "U0BOB")
AT_ONCE = timedelta(milliseconds=20)


@pytest.fixture
async def stage():
    async with staged(delete_after=0, settle_every=AT_ONCE) as stage:
        yield stage


async def forgets(stage, person, text=""):
    """Ask to be forgotten, and return what the modal says."""
    await person.types(f"/confluence forget-me {text}".strip())
    await stage.quiet()
    return words(await person.modal())


async def confirms(stage, person, name=None):
    """Confirm it, and return what the modal says then."""
    answer = await person.submits({"name": {"name": name}} if name else None)
    await stage.quiet()
    return words(await person.modal()) if await person.modal() else "", answer


async def errands(stage):
    """Do what is due, as the job does."""
    await stage.bot.errands.run_due()
    await stage.quiet()


async def put(stage, kind, named, tenant=HOME):
    await stage.stores.due.add(Due(kind, tenant, named, utc_now()))


async def counts(stage, who):
    return await stage.stores.forgetting.count(who)


class TestOneself:
    async def test_reads_what_goes_and_what_stays_before_anything_goes(self, stage):
        ada = await stage.connect_to_write()
        await fill(stage, ada, "Plan")
        await ada.submits()
        await stage.quiet()
        await ada.closes(everything=True)
        before = await counts(stage, ADA)
        said = await forgets(stage, ada)
        for part in ("1 connection to Confluence", "1 receipt of", "Plan", "1 page was written"):
            assert part in said
        assert "can't be taken back" in said
        assert await counts(stage, ADA) == before

    async def test_is_gone_once_it_is_confirmed_with_a_receipt(self, stage):
        ada = await stage.connect_to_write()
        await fill(stage, ada, "Plan")
        await ada.submits()
        await stage.quiet()
        await ada.closes(everything=True)
        await forgets(stage, ada)
        said, _ = await confirms(stage, ada)
        assert "You are forgotten here" in said
        assert "1 connection to Confluence" in said
        assert "id.atlassian.com/manage-profile/apps" in said
        assert "/wiki/spaces/" in said
        assert await counts(stage, ADA) == {}
        await ada.closes(everything=True)
        await ada.types("/confluence")
        assert "aren't connected yet" in words(await ada.waits_for_message("aren't connected"))

    async def test_a_guest_can_too(self, stage):
        gus = await stage.connect("U0GUS")
        await forgets(stage, gus)
        said, _ = await confirms(stage, gus)
        assert "You are forgotten here" in said

    async def test_a_stranger_has_nothing_and_reads_that(self, stage):
        said = await forgets(stage, stage.person("U0CY"))
        assert "nothing: there is nothing of that kind" in said

    async def test_by_ones_own_mention(self, stage):
        bob = await stage.connect("U0BOB")
        assert "1 connection to Confluence" in await forgets(stage, bob, "@bob")
        said, _ = await confirms(stage, bob)
        assert "You are forgotten here" in said

    async def test_a_page_under_way_is_waited_for(self, stage):
        ada = await stage.connect_to_write()
        await fill(stage, ada, "Plan")
        await ada.submits()
        await stage.quiet()
        await ada.closes(everything=True)
        [receipt] = [each async for each in stage.stores.forgetting.list_receipts(ADA)]
        stage.stores.receipts._kept.clear()  # noqa: SLF001 - as another process would leave it
        await stage.stores.receipts.claim(replace(receipt, stage=Stage.SENDING))
        assert "settled first" in await forgets(stage, ada)
        said, _ = await confirms(stage, ada)
        assert "goes on by itself" in said
        assert await stage.stores.connections.list_of(ADA)


class TestByAnAdmin:
    async def test_takes_the_name_typed_and_tells_the_person(self, stage):
        await stage.connect("U0BOB")
        ada = stage.person("U0ADA")
        said = await forgets(stage, ada, "@bob")
        assert "Everything about *Bob Babbage*" in said
        _, answer = await confirms(stage, ada, "Bob Cabbage")
        assert "Bob Babbage" in json.dumps(answer)
        assert await counts(stage, BOB) != {}
        said, _ = await confirms(stage, ada, " bob  babbage ")
        assert "<@U0BOB> is forgotten here" in said
        assert await counts(stage, BOB) == {}
        told = words((await stage.person("U0BOB").messages("@app"))[-1])
        assert "An admin of your workspace, <@U0ADA>," in told

    async def test_shows_no_page_of_theirs_but_how_many(self, stage):
        bob = await stage.connect_to_write("U0BOB")
        await fill(stage, bob, "Secret plan")
        await bob.submits()
        await stage.quiet()
        ada = stage.person("U0ADA")
        said = await forgets(stage, ada, "@bob")
        assert "1 page was written" in said
        assert "Secret plan" not in said
        said, _ = await confirms(stage, ada, "Bob Babbage")
        assert "1 page was written" in said
        assert "Secret plan" not in said
        told = words((await bob.messages("@app"))[-1])
        assert "Secret plan" in told

    async def test_is_refused_to_anybody_else(self, stage):
        await stage.connect("U0CY")
        bob = stage.person("U0BOB")
        await bob.types("/confluence forget-me @cy")
        await stage.quiet()
        assert "Only an admin" in words(await bob.modal())
        assert await stage.stores.connections.list_of(Principal(HOME, "U0CY"))

    async def test_a_form_sent_by_somebody_else_deletes_nothing(self, stage):
        await stage.connect("U0BOB")
        ada = stage.person("U0ADA")
        await forgets(stage, ada, "@bob")
        await stage.post("slack/people/change", {"user": "U0ADA", "role": "member"})
        stage.forget_people()
        said, _ = await confirms(stage, ada, "Bob Babbage")
        assert "Only an admin" in said
        assert await stage.stores.connections.list_of(BOB)

    async def test_somebody_who_has_left_is_named_by_their_id(self, stage):
        await stage.connect("U0BOB")
        await stage.post("slack/people/change", {"user": "U0BOB", "deleted": True})
        await stage.quiet()
        ada = stage.person("U0ADA")
        said = await forgets(stage, ada, "U0BOB")
        assert "<@U0BOB>" in said
        said, _ = await confirms(stage, ada, "Bob Babbage")
        assert "is forgotten here" in said
        assert await counts(stage, BOB) == {}

    @pytest.mark.parametrize("text", ["bob", "@bob @cy", "#general", "U", "<script>"])
    async def test_anything_else_names_nobody(self, stage, text):
        assert "I don't know whom you mean" in await forgets(stage, stage.person("U0ADA"), text)


async def test_whoever_is_deactivated_loses_their_connection_at_once(stage):
    await stage.connect("U0BOB")
    await stage.post("slack/people/change", {"user": "U0BOB", "deleted": True})
    await stage.quiet()
    await errands(stage)
    assert await stage.stores.connections.list_of(BOB) == []
    assert (await counts(stage, BOB)).keys() <= {"person_keys", "due_work"}


class TestTheEndOfAWorkspace:
    async def test_everything_of_it_goes(self, stage):
        await stage.connect("U0BOB")
        installation = await stage.stores.installations.find(HOME)
        await stage.stores.installations.remove(HOME, before=utc_now())
        earlier = installation.installed_at - timedelta(seconds=2)  # events tell whole seconds
        await stage.stores.installations.save(replace(installation, installed_at=earlier))
        await stage.post("slack/install", {"installed": False})
        await stage.quiet()
        assert await stage.stores.installations.find(HOME) is None
        await errands(stage)
        assert await counts(stage, BOB) == {}
        [again] = await stage.stores.due.list_due(DELETE_TENANT, utc_now() + ONCE_MORE, 9)
        await put(stage, DELETE_TENANT, again.id)
        await errands(stage)
        assert await stage.stores.due.list_due(DELETE_TENANT, utc_now(), 9) == []

    async def test_but_not_where_it_is_installed_again(self, stage):
        await stage.connect("U0BOB")
        await put(stage, DELETE_TENANT, HOME)
        await errands(stage)
        assert await stage.stores.connections.list_of(BOB)


class TestPersonalData:
    async def test_accounts_are_reported_to_atlassian(self, stage):
        await stage.connect("U0BOB")
        [due] = await stage.stores.due.list_due(REPORT, utc_now() + timedelta(days=8), 9)
        assert (due.tenant, due.id) == (HOME, "system")
        await put(stage, REPORT, "system")
        await errands(stage)
        [mine] = await stage.stores.connections.list_of(BOB)
        [report] = stage.atlassian.privacy.reports
        assert report["accounts"] == [mine.account.id]
        [due] = await stage.stores.due.list_due(REPORT, utc_now() + timedelta(days=8), 9)
        assert due.at > utc_now() + timedelta(days=6)

    async def test_a_closed_account_goes_and_its_person_is_told(self, stage):
        await stage.connect("U0ADA")
        await stage.connect("U0BOB")
        await stage.post("atlassian/accounts/change", {"account": "bob", "status": "closed"})
        await put(stage, REPORT, "system")
        await errands(stage)
        assert await stage.stores.connections.list_of(BOB) == []
        assert await stage.stores.connections.list_of(ADA)
        told = words((await stage.person("U0BOB").messages("@app"))[-1])
        assert "is closed" in told
