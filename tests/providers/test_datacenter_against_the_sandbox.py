"""The client for Data Center against the sandbox's, which is as strict as it can be.

Each request and each answer there is held against Atlassian's own description of the API.
"""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot import cql
from bot.authorize import TokenRefused
from bot.connection import NEVER, Connection, Grant
from bot.content import Account, AccountId, CloudId, PageId, PageStatus, Site, SpaceId
from bot.document import CodeBlock, Document, Mention, Paragraph, Text
from bot.documents import text_of
from bot.errors import (
    BadInput,
    CaptchaRequired,
    Changed,
    CredentialRefused,
    NoApiThere,
    NoLicence,
    NotAllowed,
    NotFound,
    ProviderFault,
    ScopeMissing,
    TitleTaken,
    Unavailable,
    Unclear,
)
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile, Mechanism, Provider
from bot.providers.confluence import ConfluenceApi
from bot.providers.consent import ConsentServers
from bot.providers.datacenter import DataCenterApi
from bot.providers.dialects import either
from bot.providers.gateway import Gateway
from bot.providers.outgoing import Outgoing
from bot.quota import Quota
from sandbox.datacenter.people import BY_NAME, PASSWORDS
from tests.providers.ledger import IdleLedger
from tests.sandbox.datacenter_stage import CALLBACK, VERIFIER, stage

AUTH = "https://auth.atlassian.com"
HELLO = Document((Paragraph((Text("Hello, ]]> & <b>you</b> 👩‍👩‍👧"),)),))
MORE = Document((Paragraph((Text("More of it"),)),))


class Bench:
    """The client, wired as the bot wires it, around one sandbox."""

    def __init__(self, world, outgoing):
        self.world = world
        url = world.world.url
        self.site = Site(CloudId("dc"), "Acme", url, url)
        gateway = Gateway(outgoing, "http://127.0.0.1:1", Quota(IdleLedger(), self.now), self.now)
        self.confluence = either(ConfluenceApi(gateway, self.now), DataCenterApi(gateway, self.now))
        own = (AUTH, AUTH, self.now, (world.base,))
        self.server = ConsentServers(outgoing, *own)

    def now(self):
        return datetime.fromtimestamp(self.world.clock.now(), UTC)

    def connection(self, name, token, mechanism=Mechanism.PAT, kind="Bearer"):
        who = BY_NAME[name]
        return Connection(
            Principal(Tenant("T0ACME"), f"U0{name.upper()}"),
            "dc",
            Account(AccountId(who.account_id), who.display_name),
            (self.site,),
            Grant(SecretStr(token), None, NEVER, frozenset(), kind),
            self.now(),
            provider=Provider.DATA_CENTER,
            mechanism=mechanism,
        )

    async def connect(self, name="ada"):
        made = await self.world.control("tokens", account=name)
        return self.connection(name, made["token"])

    def by_password(self, name="ada", password=None):
        pair = f"{name}:{password or PASSWORDS[name]}".encode()
        token = base64.b64encode(pair).decode()
        return self.connection(name, token, Mechanism.BASIC, "Basic")

    async def profile(self, client, mechanism=Mechanism.OAUTH2, **more):
        typed = AuthorizationProfile(
            "dc",
            "Acme's Confluence",
            Provider.DATA_CENTER,
            mechanism,
            client_id=client["client_id"],
            client_secret=SecretStr(client["client_secret"]),
            base_url=self.site.url,
            callback_url=CALLBACK,
            **more,
        )
        return await self.server.complete(typed)

    async def space(self, given, key="ENG"):
        return await self.confluence.find_space(given, self.site, key)

    async def make(self, given, title="Plans for spring", body=HELLO, parent=None):
        space = await self.space(given)
        return await self.confluence.create_page(
            given, self.site, space, title, body, parent, "Written in Slack"
        )

    def page(self, title):
        return PageId(self.world.page_id(title))


@pytest.fixture
async def bench():
    async with stage() as world, Outgoing([], internal=[world.base]) as outgoing:
        yield Bench(world, outgoing)
        refused = [each for each in await world.look("log") if each.get("contract")]
        assert refused == []


# Who asks


async def test_a_consent_is_renewed_again_and_again(bench):
    client = await bench.world.client()
    profile = await bench.profile(client)
    code = SecretStr((await bench.world.decide(client))["code"])
    given = await bench.server.redeem(profile, code, SecretStr(VERIFIER))
    assert given.account.name == "Ada Lindqvist"
    kept = given.grant
    for _ in range(3):
        renewed = await bench.server.renew(profile, kept)
        assert renewed.refresh_token != kept.refresh_token
        kept = renewed
    assert await bench.server.renew(profile, given.grant) is None


@pytest.mark.parametrize(("scopes", "most"), [((), "WRITE"), (("READ",), "READ")])
async def test_a_service_account_lets_the_organisation_in(bench, scopes, most):
    client = await bench.world.control("clients", service="confab", scope=most)
    service = Mechanism.CLIENT_CREDENTIALS
    profile = await bench.profile(client, service, scopes=frozenset(scopes))
    given = await bench.server.present(profile)
    assert (given.account.name, given.grant.scopes) == ("Confab Service", {most})
    assert given.grant.refresh_token is None
    assert (await bench.server.renew(profile, given.grant)).scopes == {most}


async def test_a_token_and_a_password_both_let_their_person_in(bench):
    for given in (await bench.connect(), bench.by_password()):
        assert (await bench.space(given)).name == "Engineering"


async def test_a_revoked_token_is_refused(bench):
    given = replace(await bench.connect(), grant=bench.connection("ada", "x" * 44).grant)
    with pytest.raises(TokenRefused):
        await bench.space(given)


async def test_a_wrong_password_is_refused_and_then_a_picture_is_wanted(bench):
    given = bench.by_password(password="wrong")
    for _ in range(3):
        with pytest.raises(TokenRefused):
            await bench.space(given)
    with pytest.raises(CaptchaRequired):
        await bench.space(given)
    with pytest.raises(CaptchaRequired):
        await bench.space(bench.by_password())


async def test_basic_that_is_switched_off_says_so(bench):
    await bench.world.control("basic", allowed=False)
    with pytest.raises(CredentialRefused):
        await bench.space(bench.by_password())


async def test_who_has_no_licence_is_told_so(bench):
    with pytest.raises(NoLicence):
        await bench.space(await bench.connect("lee"))


async def test_a_consent_to_read_alone_misses_the_scope_to_write(bench):
    client = await bench.world.client()
    tokens = await bench.world.tokens(client, scope="READ")
    given = bench.connection("ada", tokens["access_token"], Mechanism.OAUTH2)
    assert await bench.space(given)
    with pytest.raises(ScopeMissing) as missing:
        await bench.make(given)
    assert missing.value.scopes == {"WRITE"}


async def test_an_address_without_its_context_path_is_no_api(bench):
    given = await bench.connect()
    site = replace(bench.site, api_url=f"{bench.world.base}/_sandbox", url=bench.world.base)
    given = replace(given, sites=(site,))
    with pytest.raises((NoApiThere, ProviderFault, NotFound)):
        await bench.confluence.search(given, site, "type = page")


async def test_a_login_page_with_200_is_no_api(bench):
    given = await bench.connect()
    await bench.world.control("faults", kind="html")
    with pytest.raises(NoApiThere):
        await bench.confluence.search(given, bench.site, "type = page")


# Reading


async def test_search_pages_on_by_a_start_that_is_nobodys_business(bench):
    given = await bench.connect()
    seen, cursor = [], None
    for _ in range(20):
        hits = await bench.confluence.search(given, bench.site, "type = page", cursor, 2)
        seen += [hit.page_id for hit in hits.results]
        cursor = hits.cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == hits.total
    assert all(hit.url.startswith(bench.site.url) for hit in hits.results)


async def test_what_is_found_is_marked_and_says_where_it_lies(bench):
    given = await bench.connect()
    query = str(cql.raw('siteSearch ~ "checklist"'))
    hit = (await bench.confluence.search(given, bench.site, query)).results[0]
    assert "@@@hl@@@" in hit.title
    assert (hit.kind, hit.space_name, hit.author) == ("page", "Engineering", "Ada Lindqvist")


async def test_cql_that_cannot_be_read_is_the_persons_to_mend(bench):
    with pytest.raises(BadInput):
        await bench.confluence.search(await bench.connect(), bench.site, "bogus ~ 1")


async def test_people_are_found_by_name_and_named_by_user_key(bench):
    given = await bench.connect()
    people = await bench.confluence.find_people(given, bench.site, "Bob")
    assert people == (Account(AccountId(BY_NAME["bob"].account_id), "Bob Okafor"),)
    found = cql.both(cql.of_type("page"), cql.by(people[0].id))
    hits = await bench.confluence.search(given, bench.site, found.text)
    assert {hit.author for hit in hits.results} == {"Bob Okafor"}
    assert await bench.confluence.find_people(given, bench.site, "!!") == ()


async def test_a_page_is_read_with_its_text_and_place(bench):
    given = await bench.connect()
    page = bench.page("Release checklist")
    read = await bench.confluence.get_page(given, bench.site, page)
    assert "Freeze the branch" in text_of(read.document)
    space = await bench.space(given)
    assert (read.page.space_id, read.page.status) == (space.id, PageStatus.CURRENT)
    assert read.page.url == f"{bench.site.url}/spaces/ENG/pages/{page}/Release+checklist"
    children = await bench.confluence.list_children(given, bench.site, read.page.parent_id)
    assert read.page.id in [child.id for child in children]


async def test_a_page_that_is_not_to_be_seen_is_not_there(bench):
    given = await bench.connect("gus")
    for page in (bench.page("Moon base budget"), PageId("1"), PageId("x/../y")):
        with pytest.raises(NotFound):
            await bench.confluence.get_page(given, bench.site, page)


async def test_a_title_is_found_in_whatever_case(bench):
    given = await bench.connect()
    space = await bench.space(given)
    for title in ("Release checklist", "release CHECKLIST"):
        found = await bench.confluence.find_page_by_title(given, bench.site, space.id, title)
        assert found.title == "Release checklist"
    assert not await bench.confluence.find_page_by_title(given, bench.site, space.id, "No such")


async def test_spaces_are_suggested_and_found_by_number_and_key(bench):
    given = await bench.connect()
    suggested = await bench.confluence.suggest_spaces(given, bench.site, "")
    assert {"ENG", "OPS"} <= {space.key for space in suggested}
    assert len(suggested) == len({space.id for space in suggested})
    by_name = await bench.confluence.suggest_spaces(given, bench.site, "Engin")
    assert [space.key for space in by_name] == ["ENG"]
    eng = await bench.space(given, "eng")
    fresh = replace(given, profile="dc2")
    assert await bench.confluence.get_space(fresh, bench.site, eng.id) == eng
    assert await bench.space(given, "NOPE") is None
    with pytest.raises(NotFound):
        await bench.confluence.get_space(given, bench.site, SpaceId("999"))


async def test_pages_are_suggested(bench):
    given = await bench.connect()
    space = await bench.space(given)
    by_words = await bench.confluence.suggest_pages(given, bench.site, space, "releas")
    assert [page.title for page in by_words] == ["Release checklist"]
    assert await bench.confluence.suggest_pages(given, bench.site, space, "")


# Writing


async def test_a_page_is_made_changed_added_to_and_taken_back(bench):
    given = await bench.connect()
    parent = bench.page("Engineering Home")
    made = await bench.make(given, parent=parent)
    assert (made.version, made.parent_id, made.title) == (1, parent, "Plans for spring")
    where = given, bench.site, made.id
    grown = await bench.confluence.append(*where, MORE, base=1, message="more")
    assert (grown.version, grown.version_message) == (2, "more")
    read = await bench.confluence.get_page(*where)
    assert read.document.blocks == (*HELLO.blocks, *MORE.blocks)
    changed = await bench.confluence.update_page(
        *where, "Plans for summer", MORE, base=2, message="new"
    )
    assert (changed.version, changed.title) == (3, "Plans for summer")
    for stale in (
        bench.confluence.append(*where, MORE, base=1, message=""),
        bench.confluence.update_page(*where, "x", MORE, base=2, message=""),
    ):
        with pytest.raises(Changed):
            await stale
    await bench.confluence.trash_page(*where)
    with pytest.raises(NotFound):
        await bench.confluence.get_page_head(*where)
    head = await bench.confluence.get_page_head(*where, trashed=True)
    assert head.status is PageStatus.TRASHED


async def test_a_title_is_taken_once_whatever_its_case(bench):
    given = await bench.connect()
    await bench.make(given)
    with pytest.raises(TitleTaken):
        await bench.make(given, "PLANS for spring")


async def test_where_one_may_not_write_nothing_is_written(bench):
    given = await bench.connect("gus")
    with pytest.raises(NotAllowed):
        await bench.make(given)


async def test_there_are_no_drafts(bench):
    given = await bench.connect()
    space = await bench.space(given)
    with pytest.raises(NotAllowed):
        await bench.confluence.create_draft(given, bench.site, space.id, "x", HELLO, None)


async def test_people_are_mentioned_by_user_key_and_code_stays_as_it_is(bench):
    given = await bench.connect()
    bob = BY_NAME["bob"]
    code = '<ri:user ri:account-id="x" />]]> <ri:user ri:account-id="y"'
    body = Document((Paragraph((Mention(bob.account_id, "Bob"),)), CodeBlock(code)))
    made = await bench.make(given, body=body)
    await bench.confluence.append(given, bench.site, made.id, body, base=1, message="")
    stored = bench.world.world.site.contents[int(made.id)].latest.body.value
    assert stored.count(f'ri:userkey="{bob.account_id}"') == 2
    read = await bench.confluence.get_page(given, bench.site, made.id)
    codes = [block for block in read.document.blocks if isinstance(block, CodeBlock)]
    assert [block.text for block in codes] == [code, code]


async def test_what_was_written_is_found_by_whoever_wrote_it(bench):
    given = await bench.connect()
    space = await bench.space(given)
    began = bench.now()

    async def find(who=given, title="Plans for spring", since=began):
        found = await bench.confluence.find_written(who, bench.site, space, title, since)
        return found and found.page.title

    assert await find() is None
    bench.world.clock.advance(5)
    made = await bench.make(given)
    found = await bench.confluence.find_written(given, bench.site, space, made.title, began)
    assert (found.page.id, found.document) == (made.id, HELLO)
    assert await find(title="plans for spring") is None
    assert await find(who=await bench.connect("bob")) is None


@pytest.mark.parametrize("fault", ["drop-after", "late-commit"])
async def test_a_write_whose_answer_is_lost_is_unclear_and_found_afterwards(bench, fault):
    given = await bench.connect()
    space = await bench.space(given)
    await bench.world.control("faults", kind=fault, method="POST")
    began = bench.now() - timedelta(seconds=1)
    with pytest.raises(Unclear):
        await bench.make(given)
    await bench.world.control("commit")
    found = await bench.confluence.find_written(given, bench.site, space, "Plans for spring", began)
    assert found.document == HELLO


async def test_a_comment_is_written_and_linked(bench):
    given = await bench.connect()
    page = bench.page("Release checklist")
    said = await bench.confluence.add_comment(given, bench.site, page, HELLO)
    assert said.url.startswith(f"{bench.site.url}/spaces/ENG/pages/{page}/")
    assert f"focusedCommentId={said.id}" in said.url


async def test_a_file_is_put_there_and_again(bench):
    given = await bench.connect()
    page = (await bench.make(given)).id
    name = 'a "b"; ü.txt'
    for content in (b"one\r\n--x", b"\x00two"):
        put = await bench.confluence.attach(given, bench.site, page, name, content, "text/plain")
        assert put.size == len(content)
    (held,) = await bench.confluence.list_attachments(given, bench.site, page)
    assert (held.id, held.kind, held.size) == (put.id, "text/plain", 4)
    assert held.name == "a _b_; ü.txt"


async def test_labels_are_given_and_taken(bench):
    given = await bench.connect()
    where = given, bench.site, (await bench.make(given)).id
    await bench.confluence.add_labels(*where, ["How-To", "how-to", "vpn"])
    assert await bench.confluence.list_labels(*where) == ("how-to", "vpn")
    for _ in range(2):
        await bench.confluence.remove_label(*where, "vpn")
    assert await bench.confluence.list_labels(*where) == ("how-to",)
    with pytest.raises(BadInput):
        await bench.confluence.add_labels(*where, ["two words"])


async def test_a_note_is_kept_beside_a_page_in_place_of_the_last(bench):
    given = await bench.connect()
    page = (await bench.make(given)).id
    for name in ("Ada", "Bob"):
        await bench.confluence.note(given, bench.site, page, "confab", {"asker": name})
    held = bench.world.world.site.contents[int(page)].properties
    assert [each.value for each in held] == [{"asker": "Bob"}]
    where = given, bench.site, page
    assert await bench.confluence.find_note(*where, "confab") == {"asker": "Bob"}
    assert await bench.confluence.find_note(*where, "other") is None


# Who may see what


async def may(bench, given, page, group, operation="read", **more):
    return await bench.confluence.may(
        given, bench.site, page, operation, account=None, group=group, **more
    )


async def test_a_group_may_what_its_space_and_its_pages_let_it(bench):
    given = await bench.connect()
    page = bench.page("Release checklist")
    assert await may(bench, given, page, "confluence-users")
    assert not await may(bench, given, page, "confluence-users", "update")
    assert await may(bench, given, page, "staff", "update")
    assert not await may(bench, given, page, "nobody-at-all")
    assert not await may(bench, given, page, "")
    assert not await may(bench, given, bench.page("Moon base budget"), "staff")


async def test_nobody_may_where_it_cannot_be_told(bench):
    """Who doesn't administer a space isn't told whom it is for."""
    given = await bench.connect("bob")
    assert not await may(bench, given, bench.page("Release checklist"), "confluence-users")


async def test_a_restriction_above_holds_below_and_a_fresh_look_sees_it(bench):
    given = await bench.connect()
    parent = await bench.make(given, "Above")
    child = await bench.make(given, "Below", parent=parent.id)
    assert await may(bench, given, child.id, "staff")
    assert not await bench.confluence.is_restricted(given, bench.site, child.id)
    await bench.world.control("pages/restrict", id=parent.id, readers=["ada"])
    assert await may(bench, given, child.id, "staff")  # kept for five minutes, to be shown
    assert not await may(bench, given, child.id, "staff", fresh=True)
    assert not await may(bench, given, child.id, "staff")
    assert await bench.confluence.is_restricted(given, bench.site, child.id)


async def test_a_group_that_a_restriction_names_is_let_through(bench):
    given = await bench.connect()
    above = await bench.make(given, "Above")
    page = (await bench.make(given, parent=above.id)).id
    await bench.world.control("pages/restrict", id=page, readers=["ada"], reader_groups=["staff"])
    assert await may(bench, given, page, "staff", "update")
    assert not await may(bench, given, page, "confluence-users")
    await bench.world.control("pages/restrict", id=above.id, editors=["ada"])
    assert await may(bench, given, page, "staff", "update", fresh=True)
    await bench.world.control("pages/restrict", id=page, editors=["ada"])
    assert await may(bench, given, page, "staff", fresh=True)
    assert not await may(bench, given, page, "staff", "update", fresh=True)


async def test_a_space_is_open_where_a_group_may_read_it(bench):
    given = await bench.connect()
    for key, is_open in (("ENG", True), ("SECRET", False), ("~ada", False)):
        space = await bench.space(given, key)
        assert await bench.confluence.is_open_space(given, bench.site, space) is is_open


async def test_groups_are_found_by_a_part_of_their_name(bench):
    given = await bench.connect()
    found = await bench.confluence.find_groups(given, bench.site, "Users")
    assert [(each.id, each.name) for each in found] == [("confluence-users", "confluence-users")]
    assert len(await bench.confluence.find_groups(given, bench.site, "")) >= 3


# When it goes wrong


async def test_a_server_that_is_down_has_written_nothing_or_nobody_knows(bench):
    given = await bench.connect()
    space = await bench.space(given)
    await bench.world.control("faults", kind="503", times=9)
    with pytest.raises(Unavailable):
        await bench.confluence.suggest_pages(given, bench.site, space, "x")
    with pytest.raises(Unclear):
        await bench.confluence.create_page(given, bench.site, space, "x", HELLO, None, "")
