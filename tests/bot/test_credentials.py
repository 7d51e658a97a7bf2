"""Whose connection somebody acts with, by the tenant's policy as it stands at that moment."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.act import Actor
from bot.authorize import Authorizer
from bot.compose import Composer, Form
from bot.connection import Need, organisation
from bot.content import Account, AccountId, AllowedSpace, CloudId, Hits, Site
from bot.credentials import Books, CredentialPolicy
from bot.document import Document, Mention, Paragraph
from bot.errors import (
    BadInput,
    ConsentRequired,
    NotAllowed,
    NotFound,
    OrganisationBroken,
    ReadOnly,
    ScopeMissing,
    SiteRequired,
    Unavailable,
)
from bot.installation import Installation, SlackPerson
from bot.integration import AuthorizationType, Credential, Integration, Policy, Role
from bot.profile import Provider
from bot.receipt import Act
from bot.roles import Roles
from bot.search import Searcher
from store.memory import MemoryConnections, MemoryIntegrations, MemoryPreferences
from store.stores import memory_stores
from tests.fakes import (
    ACME,
    ADA,
    BOB,
    ENG,
    NOON,
    FakeClock,
    FakeConfluence,
    FakeConsentServer,
    FakeSlackPeople,
    auditor,
    connection,
    issuers,
)

ROBOT = Account(AccountId("robot"), "Robot")
SHARED = "p1"
READS, WRITES = Need.READ, Need.WRITE


class Office:
    """A tenant that lends its robot, where Ada has an account of her own and Bob has none."""

    def __init__(self):
        self.clock = FakeClock()
        self.connections = MemoryConnections(self.clock)
        self.integrations = MemoryIntegrations()
        self.people = FakeSlackPeople(
            {
                "U0ADA": SlackPerson("U0ADA", "Ada", "T0ACME", is_admin=True),
                "U0BOB": SlackPerson("U0BOB", "Bob", "T0ACME"),
            }
        )
        self.preferences = MemoryPreferences()
        books = Books(self.integrations, self.connections, self.people, self.installation)
        self.roles = Roles(self.integrations, self.people, self.installation)
        self.policy = CredentialPolicy(books, self.roles)
        authorizer = Authorizer(self.connections, issuers(FakeConsentServer()), self.clock)
        self.actor = Actor(authorizer, self.connections, self.preferences, self.policy)

    async def installation(self, tenant):
        return Installation(
            tenant=tenant,
            team_id=tenant,
            enterprise_id=None,
            name="Acme",
            bot_token=SecretStr("xoxb"),
            bot_id="B",
            bot_user_id="UB",
            app_id="A",
            scopes=frozenset(),
            installed_at=NOON,
        )

    async def open(self):
        await self.connections.save(connection())
        robot = replace(
            connection(organisation(ADA.tenant)), profile=SHARED, account=ROBOT, owner="U0ADA"
        )
        await self.connections.save(robot)
        await self.decide()
        return self

    async def decide(self, **policy):
        seen = await self.integrations.find(ADA.tenant)
        allowed = (AllowedSpace(ACME.cloud_id, ENG.id, ENG.key, ENG.name),)
        given = {"readable": allowed, "writable": allowed, "audience": "staff", **policy}
        changed = Integration(
            ADA.tenant,
            AuthorizationType.PRE_AUTHORIZED,
            organisation_profile=SHARED,
            policy=Policy(**given),
        )
        assert await self.integrations.replace(seen, changed)

    async def account(self, principal, need=READS):
        async def look(acting):
            return acting.connection.account.name

        return await self.actor.run(principal, need, look)


@pytest.fixture
async def office():
    return await Office().open()


LENT = {"read": Credential.OWN_ELSE_ORGANISATION, "write": Credential.OWN_ELSE_ORGANISATION}


async def test_people_act_as_themselves_unless_the_policy_says_otherwise(office):
    assert await office.account(ADA) == "Ada Lovelace"
    with pytest.raises(ConsentRequired):
        await office.account(BOB)


async def test_else_means_has_no_connection(office):
    await office.decide(**LENT)

    assert await office.account(ADA, WRITES) == "Ada Lovelace"
    assert await office.account(BOB, WRITES) == "Robot"


async def test_reading_and_writing_are_decided_apart(office):
    await office.decide(read=Credential.ORGANISATION, write=Credential.OWN)

    assert await office.account(ADA, READS) == "Robot"
    assert await office.account(ADA, WRITES) == "Ada Lovelace"
    with pytest.raises(ConsentRequired):
        await office.account(BOB, WRITES)


async def test_a_connection_that_ended_is_one_that_was_had(office):
    await office.decide(**LENT)
    await office.connections.end(connection(), NOON)

    with pytest.raises(ConsentRequired):
        await office.account(ADA)


@pytest.mark.parametrize(
    "refusal",
    [NotFound("not there"), NotAllowed("not yours"), ScopeMissing("system", frozenset({"x"}))],
)
async def test_a_refusal_under_ones_own_account_is_never_tried_under_the_organisations(
    office, refusal
):
    await office.decide(**LENT)
    tried = []

    async def refuse(acting):
        tried.append(acting.connection.account.name)
        raise refusal

    with pytest.raises(type(refusal)):
        await office.actor.run(ADA, READS, refuse)

    assert tried == ["Ada Lovelace"]


async def test_while_users_authorize_nothing_is_lent(office):
    await office.decide(**LENT)
    seen = await office.integrations.find(ADA.tenant)
    await office.integrations.replace(seen, replace(seen, authorization=AuthorizationType.USERS))

    with pytest.raises(ConsentRequired):
        await office.account(BOB)


@pytest.mark.parametrize("how", ["is_guest", "is_stranger", "is_deleted", "is_bot"])
async def test_nobody_but_a_full_member_acts_with_the_organisations_connection(office, how):
    await office.decide(**LENT)
    bob = office.people.people["U0BOB"]
    office.people.people["U0BOB"] = replace(bob, **{how: True})

    with pytest.raises(NotAllowed):
        await office.account(BOB)


@pytest.mark.parametrize("how", ["is_guest", "is_stranger", "is_deleted"])
async def test_who_is_a_full_member_no_more_writes_nothing_that_was_confirmed(office, how):
    ada = office.people.people["U0ADA"]
    office.people.people["U0ADA"] = replace(ada, **{how: True})

    with pytest.raises(NotAllowed, match="full members"):
        await office.account(ADA, WRITES)
    assert await office.account(ADA, READS) == "Ada Lovelace"


async def test_slacks_silence_holds_up_nobodys_own_write(office):
    async def silent(*_, **__):
        raise Unavailable("Slack")

    await office.decide(**LENT)
    office.people.get = silent

    assert await office.account(ADA, WRITES) == "Ada Lovelace"
    with pytest.raises(Unavailable):
        await office.account(BOB, WRITES)


async def test_somebody_of_another_workspace_never_does(office):
    await office.decide(**LENT)
    bob = office.people.people["U0BOB"]
    office.people.people["U0BOB"] = replace(bob, team_id="T0OTHER")

    with pytest.raises(NotAllowed):
        await office.account(BOB)


async def test_read_only_holds_at_once_and_for_everybody(office):
    await office.decide(**LENT, is_read_only=True)

    for principal in (ADA, BOB):
        with pytest.raises(ReadOnly):
            await office.account(principal, WRITES)
    assert await office.account(ADA, READS) == "Ada Lovelace"


async def test_what_was_written_before_can_still_be_looked_up(office):
    await office.decide(**LENT, is_read_only=True)

    async def look(acting):
        return acting.connection.lent.looks

    assert await office.actor.run(BOB, WRITES, look, looks=True) is True


async def test_only_writers_write(office):
    await office.decide(**LENT, roles=((Role.WRITE, ("U0ADA", "S0WRITERS")),))

    assert await office.account(ADA, WRITES) == "Ada Lovelace"
    with pytest.raises(NotAllowed):
        await office.account(BOB, WRITES)
    office.people.groups = {"S0WRITERS": {"U0BOB"}}
    assert await office.account(BOB, WRITES) == "Robot"


async def test_only_publishers_publish_and_others_save_drafts(office):
    await office.decide(**LENT, roles=((Role.PUBLISH, ("U0ADA",)),))

    assert await office.account(ADA, Need.PUBLISH) == "Ada Lovelace"
    assert await office.account(BOB, Need.WRITE) == "Robot"
    with pytest.raises(NotAllowed):
        await office.account(BOB, Need.PUBLISH)


async def test_a_broken_connection_of_the_organisation_sends_nobody_to_consent(office):
    await office.decide(**LENT)
    robot = await office.connections.find(organisation(ADA.tenant), SHARED)
    await office.connections.end(robot, NOON)

    with pytest.raises(OrganisationBroken) as caught:
        await office.account(BOB)

    assert caught.value.cause_code == "consent_required"


async def test_the_asker_and_the_audience_go_along(office):
    await office.decide(read=Credential.ORGANISATION)

    ada = (await office.policy.choose(ADA, READS)).lent
    bob = (await office.policy.choose(BOB, READS)).lent

    assert (ada.name, ada.account) == ("Ada", "ada")
    assert (bob.name, bob.account, bob.audience) == ("Bob", None, "staff")


async def test_a_connection_of_ones_own_tells_whose_account_it_is_when_its_token_is_old_as_well(
    office,
):
    await office.decide(read=Credential.ORGANISATION)
    office.clock.now += timedelta(hours=2)

    ada = (await office.policy.choose(ADA, READS)).lent

    assert ada.account == "ada"


async def test_admins_are_slacks_admins_and_those_they_name(office):
    assert await office.roles.may_administer(ADA)
    assert not await office.roles.may_administer(BOB)
    await office.decide(roles=((Role.ADMINISTER, ("U0BOB",)),))
    assert await office.roles.may_administer(BOB)
    office.people.people["U0BOB"] = replace(office.people.people["U0BOB"], is_guest=True)
    assert not await office.roles.may_administer(BOB)


async def test_whoever_slack_does_not_know_is_no_admin(office):
    office.people.people.clear()

    assert not await office.roles.may_administer(ADA)


WIKI = Site(CloudId("dc"), "Wiki", "https://wiki.example", "https://wiki.example")
INTRANET = Site(CloudId("dc2"), "Intranet", "https://intranet.example", "https://intranet.example")


async def elsewhere(office, principal, site, profile="system"):
    """Have *principal* be connected to a server of one's own instead."""
    known = await office.connections.find(principal, profile)
    moved = replace(known, sites=(site,), provider=Provider.DATA_CENTER)
    await office.connections.save(moved)


@pytest.mark.parametrize(
    ("theirs", "organisations", "is_known"),
    [(None, None, True), (WIKI, WIKI, True), (WIKI, INTRANET, False), (WIKI, None, False)],
)
async def test_a_colleagues_account_counts_where_it_is_known(
    office, theirs, organisations, is_known
):
    """An id means nobody, or somebody else, at a server that didn't give it."""
    if theirs is not None:
        await elsewhere(office, ADA, theirs)
    if organisations is not None:
        await elsewhere(office, organisation(ADA.tenant), organisations, SHARED)
    site = organisations or ACME
    space = AllowedSpace(site.cloud_id, ENG.id, ENG.key, ENG.name)
    await office.decide(**LENT, readable=(space,), writable=(space,))
    confluence = FakeConfluence()
    searcher = Searcher(office.actor, confluence, auditor(), office.clock)
    composer = Composer(office.actor, confluence, memory_stores(office.clock).drafts, office.clock)

    said = Document((Paragraph((Mention("", "", "U0ADA"),)),))
    form = Form(site.cloud_id, ENG, "Plan", said, Act.PUBLISH, names={"U0ADA": "Ada L."})
    composed = await composer.compose(BOB, form)
    [paragraph] = composed.draft.decision.body.blocks
    [mention] = paragraph.content

    assert (mention.account, mention.name) == (
        ("ada", "Ada Lovelace") if is_known else ("", "Ada L.")
    )
    confluence.hits = {None: Hits(())}
    if is_known:
        await searcher.search(BOB, "x by:<@U0ADA>", None, "Ada L.")
        assert 'creator = "ada"' in confluence.asked[-1][1][0]
    else:
        with pytest.raises(BadInput, match="look people up by name"):
            await searcher.search(BOB, "x by:<@U0ADA>", None, "Ada L.")


LABS = Site(CloudId("labs"), "Labs", "https://labs.example")
HIDDEN = Site(CloudId("hidden"), "Hidden", "https://hidden.example")


@pytest.fixture
async def three_sites(office):
    """The organisation's connection opens three sites; what is allowed is to be decided."""
    robot = await office.connections.find(organisation(ADA.tenant), SHARED)
    await office.connections.save(replace(robot, sites=(ACME, LABS, HIDDEN)))

    async def decide(readable, writable=()):
        ways = {"readable": readable, "writable": writable}
        allowed = {
            way: tuple(AllowedSpace(site.cloud_id, ENG.id, ENG.key, ENG.name) for site in sites)
            for way, sites in ways.items()
        }
        await office.decide(**LENT, **allowed)

    return decide


async def used(office, need=READS, **how):
    async def look(acting):
        return acting.site.name

    return await office.actor.run(BOB, need, look, **how)


async def test_only_sites_with_an_allowed_space_are_named(office, three_sites):
    await three_sites((ACME, LABS), (LABS,))

    assert await office.actor.list_sites(BOB, READS) == (ACME, LABS)
    assert await office.actor.list_sites(BOB, WRITES) == (LABS,)
    with pytest.raises(SiteRequired) as caught:
        await used(office)
    assert [name for _, name in caught.value.choices] == ["Acme", "Labs"]
    with pytest.raises(SiteRequired) as caught:
        await used(office, site=CloudId("nowhere"))
    assert [name for _, name in caught.value.choices] == ["Acme", "Labs"]
    assert await used(office, WRITES) == "Labs"


@pytest.mark.parametrize("whose", [BOB, organisation(ADA.tenant)])
async def test_a_site_where_nothing_is_allowed_any_more_is_not_the_one_in_use(
    office, three_sites, whose
):
    await office.preferences.choose_site(whose, HIDDEN.cloud_id)
    await three_sites((HIDDEN, LABS))
    assert await used(office) == "Hidden"
    await three_sites((LABS,))
    assert await used(office) == "Labs"


async def test_where_nothing_is_allowed_no_site_is_asked_for(office, three_sites):
    await three_sites((), (ACME,))

    assert await office.actor.list_sites(BOB, READS) == ()
    with pytest.raises(NotAllowed, match="any space"):
        await used(office)
