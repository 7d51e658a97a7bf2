"""The clients against the sandbox's Atlassian, which is as strict as it can be."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from bot import cql
from bot.authorize import Authorizer, Issuers
from bot.connection import READ, WRITE, Connection, Need
from bot.content import PageStatus
from bot.document import Document, Paragraph, Text
from bot.documents import text_of
from bot.errors import BadInput, Changed, NotAllowed, NotFound, ScopeMissing, TitleTaken, Unclear
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile, TokenBody
from bot.profiles import ProfileBook
from bot.providers.confluence import ConfluenceApi
from bot.providers.consent import ConsentServers
from bot.providers.gateway import Gateway
from bot.providers.outgoing import Outgoing
from bot.quota import Quota
from store.memory import MemoryProfiles
from store.memory.connections import MemoryConnections
from tests.providers.ledger import IdleLedger
from tests.sandbox.atlassian_stage import CALLBACK, CLIENT, stage

VERIFIER = SecretStr("v" * 64)
HELLO = Document((Paragraph((Text("Hello, ]]> & <b>you</b> 👩‍👩‍👧"),)),))
MORE = Document((Paragraph((Text("More of it"),)),))


class Bench:
    """The clients, wired as the bot wires them, around one sandbox."""

    def __init__(self, world, outgoing):
        self.world = world
        self.profile = AuthorizationProfile(
            "system",
            "system",
            client_id=CLIENT.client_id,
            client_secret=SecretStr(CLIENT.client_secret),
            authorization_url=f"{world.base}/atlassian/auth/authorize",
            token_url=f"{world.base}/atlassian/auth/oauth/token",
            callback_url=CALLBACK,
            token_body=TokenBody.JSON,
        )
        api = f"{world.base}/atlassian/api"
        self.consent = ConsentServers(outgoing, f"{world.base}/atlassian/auth", api, self.now, ())
        gateway = Gateway(outgoing, api, Quota(IdleLedger(), self.now, person=10_000), self.now)
        self.confluence = ConfluenceApi(gateway, self.now)
        self.connections = MemoryConnections(self.now)
        book = ProfileBook(self.profile, MemoryProfiles())
        self.authorizer = Authorizer(self.connections, Issuers(self.consent, book), self.now)

    def now(self):
        return datetime.fromtimestamp(self.world.clock.now(), UTC)

    async def connect(self, account="ada", scopes=WRITE, sites=()):
        """Consent as *account*, and its connection, stored."""
        code = await self.world.code(account, " ".join(sorted(scopes)), sites)
        obtained = await self.consent.redeem(self.profile, SecretStr(code), VERIFIER)
        principal = Principal(Tenant("T0ACME"), f"U0{account.upper()}")
        given = Connection(
            principal, "system", obtained.account, obtained.sites, obtained.grant, self.now()
        )
        await self.connections.save(given)
        return given

    async def space(self, given, key="ENG"):
        return await self.confluence.find_space(given, given.sites[0], key)

    async def draft(self, given, title="Plans for spring"):
        space = await self.space(given)
        site = given.sites[0]
        return await self.confluence.create_draft(given, site, space.id, title, HELLO)


@pytest.fixture
async def bench():
    async with stage() as world, Outgoing([world.base]) as outgoing:
        yield Bench(world, outgoing)
        refused = [each for each in await world.look("log") if each.get("contract")]
        assert refused == []


async def test_consent_tells_whose_it_is_and_lists_confluence_sites_once(bench):
    given = await bench.connect()
    assert sorted(each.name.lower() for each in given.sites) == ["acme", "globex"]
    assert given.account.name
    assert given.grant.scopes == WRITE
    assert given.grant.refresh_token is not None


async def test_a_grant_for_one_site_opens_that_one(bench):
    everything = await bench.connect()
    one = next(each for each in everything.sites if each.name.lower() == "acme")
    given = await bench.connect(sites=(one.cloud_id,))
    assert given.sites == (one,)
    assert await bench.consent.list_sites(bench.profile, given) == (one,)


async def test_a_code_is_good_once(bench):
    code = SecretStr(await bench.world.code(scopes=" ".join(READ)))
    await bench.consent.redeem(bench.profile, code, VERIFIER)
    with pytest.raises(NotAllowed):
        await bench.consent.redeem(bench.profile, code, VERIFIER)


async def test_an_expired_grant_is_renewed_and_its_old_token_given_up(bench):
    given = await bench.connect()
    bench.world.clock.advance(7200)
    renewed = await bench.authorizer.authorize(given.principal, Need.READ)
    assert renewed.grant.refresh_token != given.grant.refresh_token
    assert await bench.space(renewed)


async def test_a_spent_refresh_token_is_refused_after_the_leeway(bench):
    given = await bench.connect()
    await bench.consent.renew(bench.profile, given.grant)  # its answer never reached the store
    bench.world.clock.advance(660)
    assert await bench.consent.renew(bench.profile, given.grant) is None


async def test_the_same_refresh_token_may_come_again_for_ten_minutes(bench):
    given = await bench.connect()
    assert await bench.consent.renew(bench.profile, given.grant)
    bench.world.clock.advance(300)
    assert await bench.consent.renew(bench.profile, given.grant)


async def test_a_revoked_consent_ends_the_grant(bench):
    given = await bench.connect()
    await bench.world.control("revoke", account="ada")
    assert await bench.consent.renew(bench.profile, given.grant) is None


async def test_a_token_that_expired_early_is_renewed_in_the_middle_of_a_call(bench):
    given = await bench.connect()
    await bench.world.control("expire-access")

    async def action(connection):
        return await bench.space(connection)

    space = await bench.authorizer.call(given.principal, Need.READ, action)
    assert space.key == "ENG"


async def test_a_scope_that_was_not_granted_is_named(bench):
    given = await bench.connect(scopes=READ)
    with pytest.raises(ScopeMissing) as caught:
        await bench.draft(given)
    assert caught.value.scopes == {"write:page:confluence"}


async def test_a_search_pages_through_everything_once(bench):
    given = await bench.connect()
    site, seen, cursor = given.sites[0], [], None
    query = str(cql.raw("type = page order by title", cql.in_spaces(["ENG"])))
    for _ in range(30):
        found = await bench.confluence.search(given, site, query, cursor, 5)
        seen += [hit.page_id for hit in found.results]
        cursor = found.cursor
        if cursor is None:
            break
    assert cursor is None
    assert len(seen) == len(set(seen)) == found.total > 10
    assert all(hit.url.startswith(f"{site.url}/wiki/") for hit in found.results)


@pytest.mark.parametrize(
    "words", ['a"b\\c', "(((", "AND OR NOT", "* ?", "~ada", "e\u0301 北京", "it's"]
)
async def test_whatever_is_typed_is_a_query_that_confluence_can_read(bench, words):
    given = await bench.connect()
    clause = cql.both(cql.text_matches(words), cql.in_spaces(["ENG", 'X"Y', "~ada"]))
    await bench.confluence.search(given, given.sites[0], clause.text)


async def test_a_query_that_cannot_be_read_is_bad_input(bench):
    given = await bench.connect()
    with pytest.raises(BadInput):
        await bench.confluence.search(given, given.sites[0], "type = = page")


async def test_a_page_is_drafted_published_read_appended_to_and_trashed(bench):
    given = await bench.connect()
    confluence, site = bench.confluence, given.sites[0]
    draft = await bench.draft(given)
    assert draft.status is PageStatus.DRAFT
    assert await confluence.find_page_by_title(given, site, draft.space_id, draft.title) is None
    assert (await confluence.get_page(given, site, draft.id, draft=True)).document == HELLO

    published = await confluence.publish_draft(given, site, draft, HELLO, "for Ada")
    assert (published.status, published.version) == (PageStatus.CURRENT, 1)
    read = await confluence.get_page(given, site, draft.id)
    assert read.page.version_message == "for Ada"
    found = await confluence.find_page_by_title(given, site, draft.space_id, "PLANS for  spring")
    assert found.id == draft.id

    appended = await confluence.append(given, site, draft.id, MORE, base=1, message="more")
    assert appended.version == 2
    text = text_of((await confluence.get_page(given, site, draft.id)).document)
    assert "Hello, ]]> & <b>you</b>" in text
    assert "More of it" in text
    with pytest.raises(Changed):
        await confluence.append(given, site, draft.id, MORE, base=1, message="again")

    await confluence.trash_page(given, site, draft.id)
    with pytest.raises(NotFound):
        await confluence.append(given, site, draft.id, MORE, base=2, message="late")


async def test_a_draft_is_published_once(bench):
    given = await bench.connect()
    draft = await bench.draft(given)
    site = given.sites[0]
    await bench.confluence.publish_draft(given, site, draft, HELLO, "")
    with pytest.raises(Changed):
        await bench.confluence.publish_draft(given, site, draft, HELLO, "")


async def test_a_title_that_is_taken_leaves_the_draft(bench):
    given = await bench.connect()
    site = given.sites[0]
    first, second = await bench.draft(given), await bench.draft(given)
    await bench.confluence.publish_draft(given, site, first, HELLO, "")
    with pytest.raises(TitleTaken):
        await bench.confluence.publish_draft(given, site, second, HELLO, "")
    kept = await bench.confluence.get_page(given, site, second.id, draft=True)
    assert (kept.page.status, kept.document) == (PageStatus.DRAFT, HELLO)


async def test_a_draft_is_its_authors_alone(bench):
    draft = await bench.draft(await bench.connect())
    bob = await bench.connect("bob")
    with pytest.raises(NotFound):
        await bench.confluence.get_page(bob, bob.sites[0], draft.id, draft=True)


async def test_an_answer_dropped_after_the_write_is_unclear_and_can_be_settled_by_id(bench):
    given = await bench.connect()
    site = given.sites[0]
    draft = await bench.draft(given)
    await bench.world.control("faults", kind="drop-after", method="PUT", path="/pages/")
    with pytest.raises(Unclear):
        await bench.confluence.publish_draft(given, site, draft, HELLO, "")
    head = await bench.confluence.get_page_head(given, site, draft.id)
    assert (head.status, head.version) == (PageStatus.CURRENT, 1)


async def test_people_spaces_and_pages_are_suggested(bench):
    given = await bench.connect()
    confluence, site = bench.confluence, given.sites[0]
    people = await confluence.find_people(given, site, given.account.name)
    assert given.account in people
    assert "ENG" in [each.key for each in await confluence.suggest_spaces(given, site, "engin")]
    assert "ENG" in [each.key for each in await confluence.suggest_spaces(given, site, "eng")]
    assert await confluence.suggest_spaces(given, site, "")
    space = await bench.space(given)
    assert await confluence.suggest_pages(given, site, space, "")
    assert await confluence.get_space(given, site, space.id) == space
    assert await confluence.find_space(given, site, "NOSUCH") is None


async def test_restrictions_are_seen_on_the_page_and_above_it(bench):
    given = await bench.connect()
    confluence, site = bench.confluence, given.sites[0]
    space = await bench.space(given)
    parent = await bench.draft(given, "The parent")
    await confluence.publish_draft(given, site, parent, HELLO, "")
    child = await confluence.create_draft(given, site, space.id, "The child", HELLO, parent.id)
    await confluence.publish_draft(given, site, child, HELLO, "")
    assert not await confluence.is_restricted(given, site, child.id)
    await bench.world.control("pages/restrict", id=parent.id, readers=["ada"])
    assert await confluence.is_restricted(given, site, child.id)


async def test_spaces_are_open_where_a_group_may_read_them(bench):
    given = await bench.connect()
    confluence, site = bench.confluence, given.sites[0]
    found = {}
    for key in ("ENG", "OPS", "HR", "SECRET", "~ada"):
        space = await confluence.find_space(given, site, key)
        found[key] = await confluence.is_open_space(given, site, space)
    assert found == {"ENG": True, "OPS": True, "HR": True, "SECRET": False, "~ada": False}


async def test_one_may_create_where_one_has_the_right(bench):
    given = await bench.connect("bob")
    confluence, site = bench.confluence, given.sites[0]
    found = {}
    for key in ("ENG", "HR"):
        space = await confluence.find_space(given, site, key)
        found[key] = await confluence.may_create_in(given, site, space)
    assert found == {"ENG": True, "HR": False}


async def test_the_trash_is_seen_where_it_is_asked_for_and_a_deleted_draft_is_gone(bench):
    given = await bench.connect()
    confluence, site = bench.confluence, given.sites[0]
    draft = await bench.draft(given, "To be published")
    await confluence.publish_draft(given, site, draft, HELLO, "")
    await confluence.trash_page(given, site, draft.id)
    found = await confluence.get_page_head(given, site, draft.id, trashed=True)
    assert found.status is PageStatus.TRASHED
    with pytest.raises(NotFound):
        await confluence.get_page_head(given, site, draft.id)
    other = await bench.draft(given, "To be deleted")
    with pytest.raises(NotFound):
        await confluence.trash_page(given, site, other.id)
    await confluence.trash_page(given, site, other.id, draft=True)
    with pytest.raises(NotFound):
        await confluence.get_page(given, site, other.id, draft=True)


async def test_an_account_without_a_licence_has_no_confluence(bench):
    with pytest.raises(NotFound):
        await bench.connect("nolicence")


async def test_somebody_without_any_site_has_none(bench):
    assert (await bench.connect("nosite")).sites == ()
