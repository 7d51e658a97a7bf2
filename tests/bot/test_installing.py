"""Installing templates: who may, by which words, at which version, and what becomes of it."""

import asyncio
import itertools
from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.catalogue import Catalogue, Shelf
from bot.errors import BadInput, Changed, NotAllowed, NotFound, TemplateRefused
from bot.installation import Installation, SlackPerson
from bot.installing import Aides, Books, Installer, Offers, Wish, between
from bot.integration import Integration, Policy, Role
from bot.principal import Principal
from bot.roles import Roles
from bot.task import MOST_OWN, Audience, Event, Reach
from bot.written import write
from store.stores import memory_stores
from tests.fakes import ADA, NOON, FakeClock, FakeSlackPeople, auditor

BOB = Principal(ADA.tenant, "U1BOB")
ADMIN = Principal(ADA.tenant, "U2ADMIN")
INSTALLED = Installation(
    ADA.tenant, "T0ACME", None, "Acme", SecretStr("xoxb-1"), "B", "U", "A", frozenset(), NOON
)
WORDS = ("search", "create", "status", "help")
FOR_ALL = Audience(Reach.WORKSPACE)

OWN = """
id: standup
version: {version}
name: Stand-up
description: Notes of a stand-up.
category: Meet and decide
change_note: {note}
utterances: [write up the stand-up]
scopes: ["write:page:confluence", "delete:page:confluence"]
policy: {{credentials: {credentials}}}
entities:
  - {{name: space, type: space, prompt: Which space?}}
{more}steps:
  - id: page
    create: {{space: "{{{{ space }}}}", title: Stand-up, body: "Notes"}}
{steps}reply: {{text: Done.}}
"""


def own(version="1.0.0", note="First", more="", steps="", credentials="own only"):
    return OWN.format(version=version, note=note, more=more, steps=steps, credentials=credentials)


CALLS = """  - http: {method: POST, path: /wiki/api/v2/pages, body: {}, does: Makes a page}
"""


class Workshop:
    """Installing, for three people of one tenant."""

    def __init__(self):
        self.clock = FakeClock()
        self.stores = memory_stores(self.clock)
        people = FakeSlackPeople(
            {
                ADA.user_id: SlackPerson(ADA.user_id, "Ada", "T0ACME", None),
                BOB.user_id: SlackPerson(BOB.user_id, "Bob", "T0ACME", None),
                ADMIN.user_id: SlackPerson(ADMIN.user_id, "Cy", "T0ACME", None, is_admin=True),
            }
        )

        async def installation_of(_):
            return INSTALLED

        numbers = itertools.count(1)
        roles = Roles(self.stores.integrations, people, installation_of)
        books = Books(
            self.stores.templates,
            self.stores.tasks,
            self.stores.dialogs,
            Catalogue(),
            Shelf(self.stores.templates, self.clock),
        )
        aides = Aides(roles, auditor(), self.clock, WORDS, lambda: f"t{next(numbers)}")
        self.offers = Offers(books, aides)
        self.installer = Installer(books, aides, self.offers)

    async def reserve_installing(self):
        policy = Policy(roles=((Role.INSTALL, (BOB.user_id,)),))
        seen = Integration(ADA.tenant)
        await self.stores.integrations.replace(seen, replace(seen, policy=policy))

    async def bring(self, source=None, by=ADA):
        return await self.offers.bring(by, source or own(), "standup.yml")

    async def install(self, by=ADA, template="search-pages", version=None, **wish):
        wanted = Wish(**{"word": "look-up", **wish})
        return await self.installer.install(by, template, version, wanted)


@pytest.fixture
def shop():
    return Workshop()


class TestInstalling:
    async def test_anybody_installs_for_themselves(self, shop):
        await shop.reserve_installing()
        task = await shop.install()
        assert (task.owner, task.audience.reach, task.by_admin) == (ADA.user_id, Reach.ME, False)
        assert task.history[0].event is Event.INSTALLED
        assert await shop.stores.tasks.find_by_word(ADA.tenant, "look-up") == task

    async def test_its_version_stays_as_it_was_installed(self, shop):
        task = await shop.install()
        kept = await shop.stores.templates.find(ADA.tenant, task.template, task.version)
        assert kept.source == (await shop.offers.get(ADA, "search-pages")).source

    async def test_for_others_install_those_whom_the_policy_lets(self, shop):
        await shop.reserve_installing()
        with pytest.raises(NotAllowed, match="Install it for yourself"):
            await shop.install(audience=FOR_ALL)
        assert (await shop.install(BOB, audience=FOR_ALL)).audience == FOR_ALL

    @pytest.mark.parametrize(
        "word",
        ["search", "SEARCH", "seach", "serach", "searсh", "h3lp", "", "two words", "-x", "é"],
    )
    async def test_no_word_can_be_taken_for_a_built_in_one(self, shop, word):
        with pytest.raises(BadInput) as refused:
            await shop.install(word=word)
        assert refused.value.field == "word"
        assert list(await shop.stores.tasks.list_all(ADA.tenant)) == []

    async def test_no_alias_can_be_taken_for_another_tasks_word(self, shop):
        await shop.install(word="decide", aliases=("verdict",))
        for word in ("decide", "decidе", "verdicts"):
            with pytest.raises(BadInput, match=r"taken|typed"):
                await shop.install(BOB, word="other", aliases=(word,))

    async def test_of_two_near_words_at_one_moment_one_is_taken(self, shop):
        both = (shop.install(ADA, word="verdict"), shop.install(BOB, word="verdlct"))
        done = await asyncio.gather(*both, return_exceptions=True)
        assert len([each for each in done if isinstance(each, BadInput)]) == 1
        assert len(await shop.stores.tasks.list_all(ADA.tenant)) == 1

    async def test_nobody_uses_up_what_all_have(self, shop):
        for number in range(MOST_OWN):
            first, second = divmod(number, 4)
            await shop.install(word=f"{'abcdefg'[first] * 6}{'stux'[second] * 6}")
        with pytest.raises(BadInput, match="as many as one person has"):
            await shop.install(word="another")
        assert await shop.install(BOB, word="another")
        assert await shop.install(word="for-all", audience=FOR_ALL)

    async def test_what_is_not_there_is_not_installed(self, shop):
        with pytest.raises(NotFound):
            await shop.install(template="nothing")

    async def test_defaults_of_unknown_entities_are_dropped(self, shop):
        task = await shop.install(
            template="create-page", defaults=(("nothing", write("x")), ("title", write("Plan")))
        )
        assert [name for name, _ in task.defaults] == ["title"]


class TestChannels:
    async def test_a_task_follows_its_channel_to_a_new_id(self, shop):
        there = Audience(Reach.CHANNEL, "C1", "<#C1>")
        task = await shop.install(audience=there)
        mine = await shop.install(word="of-mine", audience=Audience(Reach.GROUP, "C1"))
        await shop.installer.move_channel(ADA.tenant, "C1", "C2")
        assert (await shop.stores.tasks.find(ADA.tenant, task.id)).audience.id == "C2"
        assert await shop.stores.tasks.find(ADA.tenant, mine.id) == mine


class TestWhoseConnection:
    async def test_only_what_an_admin_installs_may_lend(self, shop):
        assert not (await shop.install(lends=True)).lends
        task = await shop.install(ADMIN, word="find-it", lends=True)
        offer = await shop.offers.get(ADMIN, "search-pages")
        assert task.lends == (offer.template.policy.credentials == "organisation allowed")

    async def test_what_a_member_wrote_never_lends(self, shop):
        offer = await shop.bring(own(credentials="organisation allowed"))
        await shop.offers.share(ADA, "standup", offer.kept.version, is_shared=True)
        task = await shop.install(ADMIN, "standup", word="stand-up", lends=True)
        assert (task.by_admin, task.lends) == (True, False)

    async def test_what_an_admin_wrote_lends_until_a_member_upgrades_it(self, shop):
        await shop.bring(own(credentials="organisation allowed"), ADMIN)
        task = await shop.install(ADMIN, "standup", word="stand-up", lends=True, audience=FOR_ALL)
        assert task.lends
        given = replace(task, owner=ADA.user_id)
        task = await shop.stores.tasks.replace(task, given)
        offer = await shop.bring(own("1.1.0", credentials="organisation allowed"), ADMIN)
        await shop.offers.share(ADMIN, "standup", offer.kept.version, is_shared=True)
        upgraded = await shop.installer.upgrade(ADA, task, offer.kept.version)
        assert (upgraded.by_admin, upgraded.lends) == (False, False)


class TestCallsThatChangeSomething:
    async def test_wait_for_an_admins_approval_of_this_very_version(self, shop):
        scopes = own(steps=CALLS)
        await shop.bring(scopes)
        with pytest.raises(NotAllowed, match="approve"):
            await shop.install(template="standup", word="stand-up", approves=True)
        kept = await shop.offers.get(ADA, "standup")
        with pytest.raises(NotAllowed):
            await shop.offers.approve(ADA, "standup", kept.kept.version)
        await shop.offers.approve(ADMIN, "standup", kept.kept.version)
        task = await shop.install(template="standup", word="stand-up")
        await shop.bring(own("1.1.0", steps=CALLS))
        with pytest.raises(NotAllowed, match="approve"):
            await shop.installer.upgrade(ADA, task, "1.1.0")


class TestOnesOwn:
    async def test_are_seen_by_their_owner_and_admins_until_shared(self, shop):
        offer = await shop.bring()
        for principal, sees in ((ADA, True), (BOB, False), (ADMIN, True)):
            listed = await shop.offers.list_all(principal)
            assert ("standup" in [each.template.id for each in listed]) is sees
        with pytest.raises(NotFound):
            await shop.install(BOB, "standup", word="stand-up")
        await shop.offers.share(ADA, "standup", offer.kept.version, is_shared=True)
        assert (await shop.install(BOB, "standup", word="stand-up")).owner == BOB.user_id

    async def test_are_shared_and_withdrawn_by_their_owner_or_an_admin_alone(self, shop):
        offer = await shop.bring()
        await shop.offers.share(ADA, "standup", offer.kept.version, is_shared=True)
        with pytest.raises(NotAllowed):
            await shop.offers.share(BOB, "standup", offer.kept.version, is_shared=False)
        with pytest.raises(NotAllowed):
            await shop.offers.withdraw(BOB, "standup", offer.kept.version)
        await shop.offers.withdraw(ADMIN, "standup", offer.kept.version)
        with pytest.raises(NotFound):
            await shop.offers.get(ADA, "standup")

    async def test_nobody_is_told_of_a_decision_that_wasnt_kept(self, shop):
        offer = await shop.bring()
        templates = shop.stores.templates
        inner = templates.replace

        async def after_somebody_else(seen, changed):
            found = await templates.find(seen.tenant, seen.id, seen.version)
            await inner(found, replace(found, is_shared=True))
            return await inner(seen, changed)

        templates.replace = after_somebody_else
        which = offer.kept.id, offer.kept.version
        with pytest.raises(Changed):
            await shop.offers.withdraw(ADA, *which)
        with pytest.raises(Changed):
            await shop.offers.approve(ADMIN, *which)
        templates.replace = inner
        await shop.offers.withdraw(ADA, *which)
        with pytest.raises(NotFound):
            await shop.offers.get(BOB, *which)

    async def test_a_version_that_a_task_is_made_of_stays(self, shop):
        offer = await shop.bring()
        await shop.install(template="standup", word="stand-up")
        with pytest.raises(BadInput, match="Uninstall"):
            await shop.offers.withdraw(ADA, "standup", offer.kept.version)

    async def test_one_that_cant_be_read_any_more_hides_no_other(self, shop):
        offer = await shop.bring()
        older = replace(offer.kept, id="odd", source="id: odd\nsteps: [{sing: loud}]\n")
        await shop.stores.templates.add(older)
        listed = [each.template.id for each in await shop.offers.list_all(ADA)]
        assert "standup" in listed
        assert "odd" not in listed

    async def test_a_version_never_changes(self, shop):
        await shop.bring()
        await shop.bring()
        with pytest.raises(BadInput, match="never changes"):
            await shop.bring(own(note="Second"))

    async def test_what_would_not_work_is_refused_with_its_lines(self, shop):
        with pytest.raises(TemplateRefused) as refused:
            await shop.bring(own().replace("{{ space }}", "{{ spice }}"))
        assert refused.value.problems[0].line > 1

    async def test_nobody_takes_the_place_of_the_catalogues_or_anothers(self, shop):
        with pytest.raises(BadInput, match="catalogue"):
            await shop.bring(own().replace("id: standup", "id: decision-record"))
        await shop.bring()
        with pytest.raises(BadInput, match="Somebody else"):
            await shop.bring(own("2.0.0"), BOB)

    async def test_of_one_persons_files_no_more_is_kept_than_two_megabytes(self, shop):
        filling = "# " + "x" * 190_000 + "\n"
        for number in range(10):
            await shop.bring(own(f"1.0.{number}") + filling)
        for _ in range(2):
            with pytest.raises(BadInput, match="2 MB together"):
                await shop.bring(own("2.0.0") + filling)
        assert (await shop.bring(own("1.0.3") + filling)).template.version == "1.0.3"


class TestVersions:
    async def test_an_upgrade_tells_what_changes_and_can_be_taken_back(self, shop):
        await shop.bring()
        task = await shop.install(template="standup", word="stand-up")
        assert await shop.installer.find_upgrade(ADA, task) is None
        more = "  - {name: blockers, type: long text, prompt: What blocks?, required: false}\n"
        steps = '  - label: {page: "{{ page }}", add: [standup]}\n'
        body = own("1.1.0", "Blockers", more, steps).replace('"Notes"', '"{{ blockers }}"')
        labels = '"read:label:confluence", "write:label:confluence", "write:page'
        await shop.bring(body.replace('"write:page', labels, 1))
        found = await shop.installer.find_upgrade(ADA, task)
        assert (found.older, found.newer, found.note) == ("1.0.0", "1.1.0", "Blockers")
        assert (found.asks, found.does) == (("Blockers",), ("label",))
        assert found.scopes == ("read:label:confluence", "write:label:confluence")
        upgraded = await shop.installer.upgrade(ADA, task, "1.1.0")
        assert (upgraded.version, upgraded.past) == ("1.1.0", ("1.0.0",))
        back = await shop.installer.find_way_back(ADA, upgraded)
        assert (back.newer, back.no_longer_asks) == ("1.0.0", ("Blockers",))
        rolled = await shop.installer.roll_back(ADA, upgraded)
        assert (rolled.version, rolled.past) == ("1.0.0", ())
        events = [line.event for line in rolled.history]
        assert events == [Event.INSTALLED, Event.UPGRADED, Event.ROLLED_BACK]

    async def test_an_upgrade_goes_on_with_its_author_or_with_an_admins_own(self, shop):
        # Bob has been there first, and an admin may take his id over.
        await shop.bring(own("9.0.0"), BOB)
        await shop.bring(own("1.0.0"), ADMIN)
        task = await shop.install(ADMIN, "standup", "1.0.0", word="stand-up", audience=FOR_ALL)
        await shop.offers.share(BOB, "standup", "9.0.0", is_shared=True)
        assert await shop.installer.find_upgrade(ADMIN, task) is None
        theirs = await shop.install(BOB, "standup", "9.0.0", word="quickly")
        assert await shop.installer.find_upgrade(BOB, theirs) is None
        await shop.bring(own("9.0.1"), ADMIN)
        for by, each in ((ADMIN, task), (BOB, theirs)):
            seen = await shop.installer.find_upgrade(by, each)
            assert (seen and seen.newer) == ("9.0.1" if by is ADMIN else None), "it isn't shared"

    async def test_a_name_is_one_line_of_what_can_be_seen(self, shop):
        task = await shop.install(title="  Osprey\u202e\u200b\n*plan* ")
        assert task.title == "Osprey *plan*"
        assert len((await shop.install(word="others", title="x" * 3_000)).title) <= 50

    async def test_of_two_changes_at_once_one_counts(self, shop):
        task = await shop.install()
        await shop.installer.switch(ADA, task, is_on=False)
        with pytest.raises(Changed):
            await shop.installer.switch(ADA, task, is_on=True)

    async def test_only_its_owner_or_an_admin_changes_it(self, shop):
        task = await shop.install(audience=FOR_ALL)
        for act in (
            shop.installer.switch(BOB, task, is_on=False),
            shop.installer.uninstall(BOB, task),
            shop.installer.roll_back(BOB, task),
            shop.installer.edit(BOB, task, Wish("mine-now")),
        ):
            with pytest.raises(NotAllowed):
                await act
        assert await shop.installer.uninstall(ADMIN, task) == 0
        assert list(await shop.stores.tasks.list_all(ADA.tenant)) == []

    async def test_somebody_elses_own_task_is_not_seen(self, shop):
        task = await shop.install()
        assert list(await shop.installer.list_tasks(BOB)) == []
        with pytest.raises(NotFound):
            await shop.installer.get(BOB, task.id)

    async def test_the_same_version_differs_in_nothing(self, shop):
        template = (await shop.offers.get(ADA, "search-pages")).template
        found = between(template, template)
        told = (found.asks, found.does, found.scopes, found.texts)
        assert told == ((), (), (), False)
