"""What lies around pages on Cloud, and typed tokens, against the sandbox's Atlassian."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from bot.authorize import TokenRefused
from bot.connection import ATTACH, COMMENT, LABEL, LENDING, NEVER, Connection, Grant
from bot.content import Account, AccountId, CloudId, PageId, Site
from bot.document import Document, Paragraph, Text
from bot.errors import (
    AppBlocked,
    BadInput,
    Changed,
    CredentialRefused,
    NoApiThere,
    NoLicence,
    NotFound,
    ScopeMissing,
    TitleTaken,
)
from bot.principal import Principal, Tenant
from bot.profile import Mechanism
from bot.providers.confluence import ConfluenceApi
from bot.providers.gateway import Gateway
from bot.providers.outgoing import Outgoing
from bot.quota import Quota
from sandbox.atlassian import people
from tests.providers.ledger import IdleLedger
from tests.sandbox.atlassian_stage import ACME as CLOUD_ID
from tests.sandbox.atlassian_stage import stage

ALL = LENDING | COMMENT | ATTACH | LABEL | {"read:group:confluence"}
HELLO = Document((Paragraph((Text("Hello, ]]> & <b>you</b>"),)),))
MORE = Document((Paragraph((Text("More of it"),)),))


class Bench:
    """The client around one sandbox; the ledger tells what was spent."""

    def __init__(self, world, outgoing):
        self.world = world
        self.url = f"{world.base}/atlassian/sites/acme"
        self.gateway_site = Site(CloudId(CLOUD_ID), "Acme", self.url)
        self.own_site = replace(self.gateway_site, api_url=f"{self.url}/wiki")
        api = f"{world.base}/atlassian/api"
        self.ledger = IdleLedger()
        gateway = Gateway(outgoing, api, Quota(self.ledger, self.now, person=10_000), self.now)
        self.confluence = ConfluenceApi(gateway, self.now)

    def now(self):
        return datetime.fromtimestamp(self.world.clock.now(), UTC)

    def connection(self, name, grant, mechanism, site):
        who = people.BY_NAME[name]
        return Connection(
            Principal(Tenant("T0ACME"), f"U0{name.upper()}"),
            "system",
            Account(AccountId(who.account_id), who.display_name),
            (site,),
            grant,
            self.now(),
            mechanism=mechanism,
        )

    async def connect(self, name="ada", scopes=ALL):
        tokens = await self.world.tokens(name, " ".join(sorted(scopes)))
        grant = Grant(SecretStr(tokens["access_token"]), None, NEVER, frozenset())
        return self.connection(name, grant, Mechanism.OAUTH2, self.gateway_site)

    async def by_token(self, name="ada", scopes=None, site=None):
        made = await self.world.control(
            "tokens", account=name, **({"scopes": " ".join(sorted(scopes))} if scopes else {})
        )
        own = self.gateway_site if scopes else self.own_site
        return self.by_basic(name, made["email"], made["token"], site or own)

    def by_basic(self, name, user, secret, site):
        pair = base64.b64encode(f"{user}:{secret}".encode()).decode()
        grant = Grant(SecretStr(pair), None, NEVER, frozenset(), "Basic")
        return self.connection(name, grant, Mechanism.API_TOKEN, site)

    async def make(self, given, title="Plans for spring", parent=None):
        site = given.sites[0]
        space = await self.confluence.find_space(given, site, "ENG")
        return await self.confluence.create_page(given, site, space, title, HELLO, parent, "by us")

    def page(self, title):
        return PageId(self.world.page_id(title))


@pytest.fixture
async def bench():
    async with stage() as world, Outgoing([world.base]) as outgoing:
        yield Bench(world, outgoing)
        refused = [each for each in await world.look("log") if each.get("contract")]
        assert refused == []


@pytest.fixture(params=["consent", "scoped token", "classic token"])
async def given(bench, request):
    if request.param == "consent":
        return await bench.connect()
    tree = {"read:hierarchical-content:confluence"}
    scopes = ALL - tree if request.param == "scoped token" else None
    return await bench.by_token(scopes=scopes)


# The same by every way in


async def test_children_are_listed_also_where_the_scope_for_it_cannot_be_had(bench, given):
    parent = await bench.make(given, "Above")
    child = await bench.make(given, "Below", parent.id)
    (found,) = await bench.confluence.list_children(given, given.sites[0], parent.id)
    assert (found.id, found.title, found.parent_id) == (child.id, "Below", parent.id)
    assert found.url.startswith(f"{bench.url}/wiki/")


async def test_a_page_is_made_in_two_steps_and_changed(bench, given):
    made = await bench.make(given)
    assert (made.version, made.version_message) == (1, "by us")
    where = given, given.sites[0], made.id
    changed = await bench.confluence.update_page(*where, "Summer", MORE, base=1, message="new")
    assert (changed.version, changed.title) == (2, "Summer")
    assert (await bench.confluence.get_page(*where)).document == MORE
    with pytest.raises(Changed):
        await bench.confluence.update_page(*where, "Autumn", MORE, base=1, message="")
    other = await bench.make(given)
    with pytest.raises(TitleTaken):
        await bench.confluence.update_page(
            given, given.sites[0], other.id, "Summer", MORE, base=1, message=""
        )


async def test_a_comment_a_file_labels_and_a_note(bench, given):
    where = given, given.sites[0], (await bench.make(given)).id
    said = await bench.confluence.add_comment(*where, HELLO)
    assert said.url.startswith(f"{bench.url}/wiki/")
    for content in (b"one\r\n--x", b"\x00two"):
        put = await bench.confluence.attach(*where, "ü.txt", content, "text/plain")
        assert (put.name, put.size, put.kind) == ("ü.txt", len(content), "text/plain")
    (held,) = await bench.confluence.list_attachments(*where)
    assert (held.name, held.size) == ("ü.txt", 4)
    await bench.confluence.add_labels(*where, ["How-To", "vpn"])
    for _ in range(2):
        await bench.confluence.remove_label(*where, "vpn")
    assert await bench.confluence.list_labels(*where) == ("how-to",)
    with pytest.raises(BadInput):
        await bench.confluence.add_labels(*where, ["two words"])
    for name in ("Ada", "Bob"):
        await bench.confluence.note(*where, "confab", {"asker": name})
    notes = bench.world.world.wikis[CLOUD_ID].contents[int(where[2])].properties
    assert [each.value for each in notes] == [{"asker": "Bob"}]
    assert await bench.confluence.find_note(*where, "confab") == {"asker": "Bob"}
    assert await bench.confluence.find_note(*where, "other") is None


# Who may see what


async def may(bench, given, page, account=None, group="", operation="read", **more):
    site = given.sites[0]
    return await bench.confluence.may(
        given, site, page, operation, account=account, group=group, **more
    )


async def group_of(bench, given, name):
    (found,) = await bench.confluence.find_groups(given, given.sites[0], name)
    return found.id


async def test_confluence_tells_what_an_account_or_a_group_may(bench, given):
    page = await bench.make(given)
    staff = await group_of(bench, given, "staff")
    bob, cy = (AccountId(people.BY_NAME[name].account_id) for name in ("bob", "cy"))
    secret = bench.page("Takeover talks")
    assert await may(bench, given, page.id, bob)
    assert not await may(bench, given, secret, cy)
    assert not await may(bench, given, secret, cy, staff)  # the account's answer counts
    assert await may(bench, given, page.id, group=staff)
    assert not await may(bench, given, secret, group=staff)
    assert not await may(bench, given, page.id, group="no-such-group")
    assert not await may(bench, given, PageId("1"), bob)
    assert not await may(bench, given, page.id)


async def test_a_yes_is_kept_for_a_while_and_a_fresh_look_is_believed(bench):
    given = await bench.connect()
    page = (await bench.make(given)).id
    bob = AccountId(people.BY_NAME["bob"].account_id)
    assert await may(bench, given, page, bob)
    await bench.world.control("pages/restrict", id=page, readers=["ada"])
    assert await may(bench, given, page, bob)
    assert not await may(bench, given, page, bob, operation="update")
    assert not await may(bench, given, page, bob, fresh=True)
    assert not await may(bench, given, page, bob)


async def test_a_yes_is_forgotten_after_five_minutes(bench):
    given = await bench.connect()
    page = (await bench.make(given)).id
    bob = AccountId(people.BY_NAME["bob"].account_id)
    assert await may(bench, given, page, bob)
    await bench.world.control("pages/restrict", id=page, readers=["ada"])
    bench.world.clock.advance(301)
    assert not await may(bench, given, page, bob)


async def test_nobody_may_where_the_check_is_gone_or_not_allowed_or_not_consented_to(bench):
    given = await bench.connect()
    page = (await bench.make(given)).id
    bob = AccountId(people.BY_NAME["bob"].account_id)
    without = await bench.connect(scopes=ALL - {"read:content.permission:confluence"})
    assert not await may(bench, without, page, bob, fresh=True)
    assert not await may(bench, await bench.connect("bob"), page, given.account.id)
    bench.world.world.gone.set(frozenset({"permission-check"}))
    assert not await may(bench, given, page, bob)
    await bench.world.control("faults", kind="503", times=9)
    assert not await may(bench, given, page, bob)


async def test_a_refused_token_is_no_answer_about_a_page(bench):
    given = await bench.connect()
    page = (await bench.make(given)).id
    await bench.world.control("expire-access")
    with pytest.raises(TokenRefused):
        await may(bench, given, page, given.account.id)


async def test_groups_are_found_by_a_part_of_their_name(bench, given):
    site = given.sites[0]
    everything = await bench.confluence.find_groups(given, site, " ")
    some = await bench.confluence.find_groups(given, site, "STAFF")
    assert set(some) < set(everything)
    assert some
    assert all("staff" in each.name for each in some)


# Credentials of the wrong kind


async def space(bench, given):
    return await bench.confluence.find_space(given, given.sites[0], "ENG")


async def test_a_classic_token_is_refused_at_the_gateway_and_a_scoped_one_at_the_site(bench):
    for given in (
        await bench.by_token(site=bench.gateway_site),
        await bench.by_token(
            scopes=ALL - {"read:hierarchical-content:confluence"}, site=bench.own_site
        ),
    ):
        with pytest.raises(TokenRefused):
            await space(bench, given)


async def test_a_password_is_told_from_a_token(bench):
    ada = people.BY_NAME["ada"]
    given = bench.by_basic("ada", ada.email, ada.password, bench.own_site)
    with pytest.raises(CredentialRefused):
        await space(bench, given)


async def test_a_classic_token_that_came_as_a_bearer_is_of_the_wrong_kind(bench):
    made = await bench.world.control("tokens", account="ada")
    grant = Grant(SecretStr(made["token"]), None, NEVER, frozenset())
    given = bench.connection("ada", grant, Mechanism.API_TOKEN, bench.own_site)
    with pytest.raises(CredentialRefused):
        await space(bench, given)


async def test_a_scope_that_a_token_lacks_is_named(bench):
    given = await bench.by_token(scopes={"read:page:confluence"})
    with pytest.raises(ScopeMissing) as missing:
        await space(bench, given)
    assert missing.value.scopes == {"read:space:confluence"}


async def test_an_account_without_a_licence_is_told_so(bench):
    with pytest.raises(NoLicence):
        await space(bench, await bench.by_token("nolicence"))


async def test_an_app_that_an_organisation_blocks_is_told_so(bench):
    given = await bench.connect()
    bench.world.world.apps.blocking.add(CLOUD_ID)
    with pytest.raises(AppBlocked):
        await space(bench, given)


async def test_a_site_that_is_none_is_not_there(bench):
    given = await bench.connect()
    nowhere = replace(bench.gateway_site, cloud_id=CloudId("22222222-2222-4222-8222-222222222222"))
    with pytest.raises((NotFound, NoApiThere)):
        await space(bench, replace(given, sites=(nowhere,)))
