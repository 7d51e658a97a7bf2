"""The Confluence client against a server that says what each test tells it to.

Every call that a test makes it send is held against Atlassian's own description of the
gateway. The numbers in comments, here and in the other tests of this folder, of
`bot.authorize` and of `bot.cql`, are those of 26 faults that other clients had. Two of them
can't happen here: 15 is about attachments that are fetched, which the client never does; 26 is
about a library for Confluence, which it doesn't use.
"""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.authorize import TokenRefused
from bot.connection import READ, WRITE
from bot.content import Account, CloudId, Page, PageId, PageStatus, Site, SpaceId
from bot.document import Document, Paragraph, Text
from bot.documents import to_adf
from bot.errors import (
    BadInput,
    Changed,
    NotAllowed,
    NotFound,
    ProviderFault,
    QuotaSpent,
    ScopeMissing,
    TitleTaken,
    Unavailable,
    Unclear,
)
from bot.providers.confluence import ConfluenceApi
from bot.providers.gateway import Gateway, Pace
from bot.quota import Quota
from tests.fakes import ACME, ENG, NOON, connection
from tests.providers import contract
from tests.providers.ledger import IdleLedger
from tests.providers.provider import breaks_off, hangs_up, html, says

WIKI = f"/ex/confluence/{ACME.cloud_id}/wiki"
PAGE = f"{WIKI}/api/v2/pages/98319"
PAGES = f"{WIKI}/api/v2/pages"
SPACES = f"{WIKI}/api/v2/spaces"
SEARCH = f"{WIKI}/rest/api/search"
PEOPLE = f"{WIKI}/rest/api/search/user"
ID = PageId("98319")
HELLO = Document((Paragraph((Text("Hello"),)),))
GOODBYE = Document((Paragraph((Text("Goodbye"),)),))
ADF = to_adf(HELLO)
BODY = {
    "id": "98319",
    "status": "current",
    "title": "VPN setup",
    "spaceId": "11",
    "parentId": "7",
    "parentType": "page",
    "authorId": "ada",
    "version": {
        "number": 4,
        "message": "typo",
        "createdAt": "2026-01-02T03:04:05.000Z",
        "authorId": "bob",
    },
    "body": {"atlas_doc_format": {"representation": "atlas_doc_format", "value": json.dumps(ADF)}},
    "_links": {
        "base": "https://acme.example/wiki",
        "webui": "/spaces/ENG/pages/98319/VPN+setup",
        "editui": "/pages/resumedraft.action?draftId=98319",
    },
}
SPACE = {"id": "11", "key": "ENG", "name": "Engineering", "type": "global", "status": "current"}
HIT = {
    "content": {
        "id": "98319",
        "type": "page",
        "status": "current",
        "title": "VPN setup",
        "history": {"latest": True, "createdBy": {"type": "known", "displayName": "Ada Lovelace"}},
    },
    "title": "@@@hl@@@VPN@@@endhl@@@ setup",
    "excerpt": "How to set up the @@@hl@@@VPN@@@endhl@@@ &amp; more",
    "url": "/spaces/ENG/pages/98319/VPN+setup",
    "resultGlobalContainer": {"title": "Engineering", "displayUrl": "/spaces/ENG"},
    "entityType": "content",
    "lastModified": "2026-01-02T03:04:05.000Z",
}
OPEN = {"operation": "read", "restrictions": {"user": {"results": []}, "group": {"results": []}}}


def hits(*results, next_link=None, **given):
    links = {"base": "https://acme.example/wiki", "context": "/wiki"}
    if next_link:
        links["next"] = next_link
    return says({"results": list(results), "totalSize": len(results), "_links": links, **given})


def v2_error(status, title, code="BAD_REQUEST"):
    body = {"errors": [{"status": status, "code": code, "title": title, "detail": None}]}
    return says(body, status)


def v1_error(status, message):
    return says({"statusCode": status, "data": {"authorized": True}, "message": message}, status)


@pytest.fixture
def quota(clock):
    return Quota(IdleLedger(), clock)


@pytest.fixture
def counted():
    return []


@pytest.fixture
def slept():
    return []


@pytest.fixture
def confluence(provider, outgoing, quota, clock, counted, slept):
    """The client; whatever a test makes it send is held against the contract at the end."""

    async def sleep(seconds):
        slept.append(seconds)

    pace = Pace(sleep, lambda: 1.0, lambda *said: counted.append(said[:3]))
    yield ConfluenceApi(Gateway(outgoing, provider.url, quota, clock, pace), clock)
    assert [problem for asked in provider.asked for problem in contract.problems(asked)] == []


@pytest.fixture
def ada():
    return connection()


def test_the_contract_was_there_to_hold_the_calls_against():
    if contract.load() is None:
        pytest.skip(f"{contract.DOCUMENT} is not in {contract.specs()} (CONTRACT_SPECS names it)")


# Whose time to write is up


async def test_nothing_is_written_once_somebody_else_may_look_what_became_of_it(
    confluence, provider, ada, clock
):
    provider.says[PAGES] = says({**BODY, "status": "draft", "version": {"number": 1}})
    provider.says[PAGE] = says(BODY)
    timed = replace(ada, writes_until=clock() + timedelta(seconds=40))
    clock.pass_by(seconds=39)
    await confluence.create_draft(timed, ACME, ENG.id, "VPN setup", HELLO)
    clock.pass_by(seconds=1)
    with pytest.raises(Unavailable):
        await confluence.create_draft(timed, ACME, ENG.id, "VPN setup", HELLO)
    await confluence.get_page(timed, ACME, ID)
    assert [each.method for each in provider.asked] == ["POST", "GET"]


# Reading


async def test_a_page_is_read_with_its_text(confluence, provider, ada):
    provider.says[PAGE] = says(BODY)
    read = await confluence.get_page(ada, ACME, ID)
    assert read.page == Page(
        ID,
        "VPN setup",
        "https://acme.example/wiki/spaces/ENG/pages/98319/VPN+setup",
        SpaceId("11"),
        PageStatus.CURRENT,
        4,
        "typo",
        PageId("7"),
        NOON.replace(year=2026, day=2, hour=3, minute=4, second=5),
    )
    assert read.document == HELLO
    assert provider.last.query == {"body-format": "atlas_doc_format"}
    assert provider.last.headers["Authorization"] == "Bearer access-first"


async def test_a_head_is_read_without_the_text(confluence, provider, ada):
    provider.says[PAGE] = says({name: value for name, value in BODY.items() if name != "body"})
    assert (await confluence.get_page_head(ada, ACME, ID)).version == 4
    assert provider.last.query == {}


async def test_a_draft_is_asked_for_as_one(confluence, provider, ada):
    provider.says[PAGE] = says({**BODY, "status": "draft", "version": {"number": 1}})
    head = await confluence.get_page_head(ada, ACME, ID, draft=True)
    assert (head.status, provider.last.query) == (PageStatus.DRAFT, {"get-draft": "true"})


async def test_the_trash_is_looked_into_only_where_it_is_wanted(confluence, provider, ada):
    provider.says[PAGE] = says({**BODY, "status": "trashed"})
    head = await confluence.get_page_head(ada, ACME, ID, trashed=True)
    assert (head.status, provider.last.query) == (PageStatus.TRASHED, {"status": "current,trashed"})


async def test_pages_come_from_v2_through_the_gateway(confluence, provider, ada):
    # 1, 4: no v1 content path, /wiki exactly once, the cloud id in front
    provider.says[PAGE] = says(BODY)
    provider.says[PAGES] = says({"results": [BODY], "_links": {}})
    await confluence.get_page(ada, ACME, ID)
    await confluence.find_page_by_title(ada, ACME, ENG.id, "VPN setup")
    for asked in provider.asked:
        assert asked.path.startswith(f"/ex/confluence/{ACME.cloud_id}/wiki/api/v2/")
        assert asked.path.count("/wiki") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"body": None},
        {"body": {}},
        {"body": {"atlas_doc_format": {"value": "not json"}}},
        {"body": {"atlas_doc_format": {"value": None}}},
        {"body": {"storage": {"value": "<p/>"}}},
        {"body": {"atlas_doc_format": {"value": "[" * 50_000}}},
    ],
)
async def test_a_page_without_a_readable_body_is_an_empty_one(confluence, provider, ada, changed):
    # 22
    provider.says[PAGE] = says({**BODY, **changed})
    assert (await confluence.get_page(ada, ACME, ID)).document == Document(())


@pytest.mark.parametrize(
    ("changed", "field", "value"),
    [
        ({"status": "frozen"}, "status", PageStatus.OTHER),
        ({"status": None}, "status", PageStatus.OTHER),
        ({"title": None}, "title", ""),
        ({"id": 98319}, "id", "98319"),
        ({"version": {"number": 2, "createdAt": "yesterday"}}, "changed_at", None),
        ({"surprise": {"deep": [1]}}, "version", 4),
        ({"_links": None}, "url", f"{ACME.url}/wiki/pages/viewpage.action?pageId=98319"),
    ],
)
async def test_what_confluence_adds_or_leaves_out_is_tolerated(
    confluence, provider, ada, changed, field, value
):
    # 22
    provider.says[PAGE] = says({**BODY, **changed})
    assert getattr(await confluence.get_page_head(ada, ACME, ID), field) == value


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"id": None}, {"id": "1", "version": {"number": "many"}}]
)
async def test_what_is_no_page_is_a_fault(confluence, provider, ada, body):
    provider.says[PAGE] = says(body)
    with pytest.raises(ProviderFault):
        await confluence.get_page_head(ada, ACME, ID)


@pytest.mark.parametrize("page", ["", "x", "1/../2", "1?a=b", "١٢", "9" * 20, "-1"])
async def test_what_cannot_be_an_id_is_not_found_and_not_asked_for(confluence, provider, ada, page):
    with pytest.raises(NotFound):
        await confluence.get_page(ada, ACME, PageId(page))
    assert provider.asked == []


@pytest.mark.parametrize(
    ("base", "webui", "url"),
    [
        ("https://acme.example/wiki", "/x/abc", "https://acme.example/wiki/x/abc"),
        ("https://evil.example/wiki", "/x/abc", "https://acme.example/wiki/x/abc"),
        ("http://acme.example/wiki", "/x/abc", "https://acme.example/wiki/x/abc"),
        ("javascript:alert(1)//", "/x", "https://acme.example/wiki/x"),
        ("https://acme.example@evil.example", "/x", "https://acme.example/wiki/x"),
        ("https://acme.example/wiki", "https://evil.example/x", "https://acme.example/wiki"),
        (
            "https://acme.example/wiki",
            "//evil.example/x",
            "https://acme.example/wiki/evil.example/x",
        ),
        ("https://acme.example/wiki", "/a b|c", "https://acme.example/wiki"),
        ("https://[", "/x", "https://acme.example/wiki/x"),
        ("", "/x", "https://acme.example/wiki/x"),
    ],
)
async def test_a_link_always_leads_to_the_site(confluence, provider, ada, base, webui, url):
    # 2, 14
    provider.says[PAGE] = says({**BODY, "_links": {"base": base, "webui": webui}})
    assert (await confluence.get_page_head(ada, ACME, ID)).url == url


# Searching


async def test_a_search_asks_with_cql_and_reads_the_hits(confluence, provider, ada):
    provider.says[SEARCH] = hits(HIT)
    found = await confluence.search(ada, ACME, 'text ~ "vpn & co"', limit=5)
    assert provider.last.query == {
        "cql": 'text ~ "vpn & co"',
        "limit": "5",
        "excerpt": "highlight",
        "expand": "content.history",
    }
    [hit] = found.results
    assert (hit.kind, hit.page_id, hit.author) == ("page", "98319", "Ada Lovelace")
    assert hit.space_name == "Engineering"
    assert hit.url == "https://acme.example/wiki/spaces/ENG/pages/98319/VPN+setup"
    assert hit.title == "@@@hl@@@VPN@@@endhl@@@ setup"
    assert (found.total, found.cursor) == (1, None)


async def test_a_hit_without_content_is_a_hit_all_the_same(confluence, provider, ada):
    # 19
    space = {
        "space": {"id": 11, "key": "ENG", "name": "Engineering"},
        "title": "Engineering",
        "url": "/spaces/ENG",
        "entityType": "space",
    }
    person = {"user": {"accountId": "ada"}, "title": "Ada", "url": "/x", "entityType": "user"}
    provider.says[SEARCH] = hits(space, person, {"content": None}, {})
    found = await confluence.search(ada, ACME, "type = space")
    assert [each.kind for each in found.results] == ["space", "user", "", ""]
    assert [each.page_id for each in found.results] == [None] * 4


@pytest.mark.parametrize(
    "next_link",
    [
        "/rest/api/search?cql=x&limit=5&cursor=a%2Bb%3D&start=5",
        "/wiki/rest/api/search?cursor=a%2Bb%3D",
        "https://acme.example/wiki/rest/api/search?cursor=a%2Bb%3D",
        "https://evil.example/?cursor=a%2Bb%3D",
    ],
)
async def test_only_the_cursor_of_a_next_link_is_used(confluence, provider, ada, next_link):
    # 2, 3, 14
    provider.says[SEARCH] = hits(HIT, next_link=next_link)
    first = await confluence.search(ada, ACME, "x")
    assert first.cursor == "a+b="
    await confluence.search(ada, ACME, "x", first.cursor)
    assert provider.last.path == SEARCH
    assert provider.last.query["cursor"] == "a+b="
    assert "start" not in provider.last.query


async def test_a_cursor_that_leads_back_to_itself_ends_the_list(confluence, provider, ada):
    # 3
    provider.says[SEARCH] = hits(HIT, next_link="/rest/api/search?cursor=again")
    assert (await confluence.search(ada, ACME, "x", "again")).cursor is None


@pytest.mark.parametrize("next_link", ["/rest/api/search?start=5", "", "http://[", 7])
async def test_a_next_link_without_a_cursor_ends_the_list(confluence, provider, ada, next_link):
    # 3
    provider.says[SEARCH] = hits(HIT, next_link=next_link)
    assert (await confluence.search(ada, ACME, "x")).cursor is None


async def test_cql_that_confluence_cannot_read_is_bad_input(confluence, provider, ada):
    provider.says[SEARCH] = v1_error(400, "Could not parse cql : ((")
    with pytest.raises(BadInput):
        await confluence.search(ada, ACME, "((")


async def test_people_are_looked_up_where_people_are(confluence, provider, ada):
    provider.says[PEOPLE] = hits(
        {"user": {"type": "known", "accountId": "ada", "displayName": "Ada Lovelace"}},
        {"user": {"type": "known", "accountId": "bot", "accountType": "app"}},
        {"user": {"accountId": "", "displayName": "Nobody"}},
        {},
    )
    people = await confluence.find_people(ada, ACME, 'Ada "x')
    assert list(people) == [Account("ada", "Ada Lovelace")]
    assert provider.last.query == {"cql": 'user.fullname ~ "Ada x"', "limit": "10"}


async def test_nobody_is_called_nothing(confluence, provider, ada):
    assert list(await confluence.find_people(ada, ACME, "***")) == []
    assert provider.asked == []


# Titles


async def test_a_title_is_looked_up_exactly_first(confluence, provider, ada):
    provider.says[PAGES] = says(
        {"results": [BODY], "_links": {"base": "https://acme.example/wiki"}}
    )
    found = await confluence.find_page_by_title(ada, ACME, ENG.id, "VPN setup")
    assert found.id == ID
    assert provider.last.query == {
        "space-id": "11",
        "title": "VPN setup",
        "status": "current",
        "limit": "5",
    }
    assert len(provider.asked) == 1


async def test_a_title_in_another_case_is_found_all_the_same(confluence, provider, ada):
    # 20
    provider.says |= {
        PAGES: says({"results": []}),
        f"{SPACES}/11": says(SPACE),
        SEARCH: hits({**HIT, "content": {**HIT["content"], "title": "VPN: Setup"}}),
        PAGE: says({**BODY, "title": "VPN: Setup"}),
    }
    found = await confluence.find_page_by_title(ada, ACME, ENG.id, "vpn:  setup")
    assert found.title == "VPN: Setup"
    searched = next(each for each in provider.asked if each.path == SEARCH)
    assert searched.query["cql"] == (
        'type in ("page") and space in ("ENG") and title ~ "vpn setup"'
    )


@pytest.mark.parametrize("title", ["vpn", "vpn setup 2", "!!!"])
async def test_another_title_is_another_page(confluence, provider, ada, title):
    provider.says |= {PAGES: says({"results": []}), SEARCH: hits(HIT), f"{SPACES}/11": says(SPACE)}
    assert await confluence.find_page_by_title(ada, ACME, ENG.id, title) is None


# Spaces and suggestions


async def test_a_space_is_found_by_its_key_in_any_case(confluence, provider, ada):
    # 18
    provider.says[SPACES] = says({"results": [SPACE]})
    assert await confluence.find_space(ada, ACME, "eng") == ENG
    assert provider.last.query == {"keys": "eng,ENG", "limit": "2"}


@pytest.mark.parametrize("key", ["", "a,b", "a b", 'x"', "é", "~", "a" * 300])
async def test_what_cannot_be_a_key_is_not_asked_for(confluence, provider, ada, key):
    assert await confluence.find_space(ada, ACME, key) is None
    assert provider.asked == []


async def test_spaces_are_suggested_by_name_and_key_and_each_once(confluence, provider, ada):
    design = {"id": 12, "key": "DES", "name": "Engineering design"}
    provider.says[SPACES] = says({"results": [SPACE]})
    provider.says[SEARCH] = hits(
        {"space": {"id": 11, "key": "ENG", "name": "Engineering"}}, {"space": design}
    )
    found = await confluence.suggest_spaces(ada, ACME, "eng")
    assert [each.key for each in found] == ["ENG", "DES"]


async def test_suggestions_are_kept_for_a_minute_and_for_one_account(
    confluence, provider, ada, clock
):
    provider.says[SPACES] = says({"results": [SPACE]})
    for _ in range(3):
        await confluence.suggest_spaces(ada, ACME, "")
    assert len(provider.asked) == 2
    bob = replace(ada, account=Account("bob", "Bob"))
    await confluence.suggest_spaces(bob, ACME, "")
    assert len(provider.asked) == 4
    clock.pass_by(seconds=61)
    await confluence.suggest_spaces(ada, ACME, "")
    assert len(provider.asked) == 6


async def test_favourite_spaces_come_first(confluence, provider, ada):
    provider.next = [
        says({"results": [{**SPACE, "id": "9", "key": "FAV", "name": "Favourite"}]}),
        says({"results": [SPACE]}),
    ]
    offered = await confluence.suggest_spaces(ada, ACME, "")
    assert [space.key for space in offered] == ["FAV", "ENG"]
    assert provider.asked[0].query["favorited-by"] == ada.account.id


async def test_pages_are_suggested_inside_the_space(confluence, provider, ada):
    provider.says[SEARCH] = hits(HIT, {"content": {"id": "5", "type": "blogpost"}})
    [found] = await confluence.suggest_pages(ada, ACME, ENG, "vpn se")
    assert (found.id, found.title, found.space_id) == (ID, "VPN setup", ENG.id)
    assert provider.last.query["cql"] == (
        'type in ("page") and space in ("ENG") and title ~ "vpn" and title ~ "se*"'
    )


async def test_without_words_the_latest_pages_are_suggested(confluence, provider, ada):
    provider.says[PAGES] = says({"results": [BODY]})
    [found] = await confluence.suggest_pages(ada, ACME, ENG, "")
    assert found.id == ID
    assert provider.last.query["sort"] == "-modified-date"


async def test_a_space_is_read_once(confluence, provider, ada):
    provider.says[f"{SPACES}/11"] = says(SPACE)
    for _ in range(2):
        assert await confluence.get_space(ada, ACME, ENG.id) == ENG
    assert len(provider.asked) == 1


# Restrictions


def tree(provider, *levels, restricted=()):
    """A page under others: ids from the page upwards."""
    for page, parent in zip(levels, (*levels[1:], None), strict=True):
        provider.says[f"{PAGES}/{page}"] = says({**BODY, "id": page, "parentId": parent})
        names = {"user": {"results": [{"accountId": "bob"}] if page in restricted else []}}
        body = {"operation": "read", "restrictions": {"group": {"results": []}, **names}}
        provider.says[f"{WIKI}/rest/api/content/{page}/restriction/byOperation/read"] = says(body)


@pytest.mark.parametrize(
    ("restricted", "expected"), [((), False), (("1",), True), (("2",), True), (("3",), True)]
)
async def test_a_restriction_counts_wherever_it_stands_above(
    confluence, provider, ada, restricted, expected
):
    tree(provider, "1", "2", "3", restricted=restricted)
    assert await confluence.is_restricted(ada, ACME, PageId("1")) is expected


async def test_a_page_that_is_its_own_ancestor_counts_as_restricted(confluence, provider, ada):
    tree(provider, "1")
    provider.says[f"{PAGES}/1"] = says({**BODY, "id": "1", "parentId": "1"})
    assert await confluence.is_restricted(ada, ACME, PageId("1"))


@pytest.mark.parametrize(
    "answer",
    [
        says({}, 403),
        says({}, 404),
        says({}, 410),
        says({"operation": "read"}),
        says({"restrictions": {}}),
        says({"restrictions": {"user": {"results": []}}}),
        says({"restrictions": {"user": {"results": []}, "group": {"results": None}}}),
        html(),
    ],
)
async def test_what_is_not_known_to_be_open_counts_as_restricted(confluence, provider, ada, answer):
    tree(provider, "1")
    provider.says[f"{WIKI}/rest/api/content/1/restriction/byOperation/read"] = answer
    assert await confluence.is_restricted(ada, ACME, PageId("1"))


async def test_a_page_in_a_folder_counts_as_restricted(confluence, provider, ada):
    tree(provider, "1")
    provider.says[f"{PAGES}/1"] = says({**BODY, "id": "1", "parentId": "2", "parentType": "folder"})
    assert await confluence.is_restricted(ada, ACME, PageId("1"))


# Open spaces

PERMISSIONS = f"{SPACES}/11/permissions"


def assigned(*assignments):
    """Permissions, each as ``kind id operation target``."""
    results = []
    for number, each in enumerate(assignments):
        kind, holder, key, target = each.split()
        results.append(
            {
                "id": str(number),
                "principal": {"type": kind, "id": holder},
                "operation": {"key": key, "targetType": target},
            }
        )
    return says({"results": results, "_links": {"base": "https://acme.example/wiki"}})


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["group g1 read space"], True),
        (["role r1 read space"], True),
        (["user ada administer space", "user ada read space", "group g1 read space"], True),
        (["user ada read space", "user bob read space"], False),
        (["group g1 create page", "group g1 read page"], False),
        (["group admins read space", "group admins administer space"], False),
        (["somebody s1 read space"], False),
        ([], False),
    ],
)
async def test_a_space_is_open_where_many_may_read_it(
    confluence, provider, ada, assignments, expected
):
    provider.says[PERMISSIONS] = assigned(*assignments)
    assert await confluence.is_open_space(ada, ACME, ENG) is expected
    assert provider.last.query["limit"] == "25"


async def test_a_personal_space_is_not_open_and_not_asked_about(confluence, provider, ada):
    assert not await confluence.is_open_space(ada, ACME, replace(ENG, key="~ada"))
    assert provider.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        says({}, 403),
        says({}, 404),
        says({}, 410),
        says({}, 429),
        says({}, 500),
        says({}, 501),
        says({"results": None}),
        says({"results": [None, {}, {"principal": "g1", "operation": []}]}),
        says({"results": [{"principal": {"type": "group"}, "operation": {"key": "read"}}]}),
        html(),
    ],
)
async def test_a_space_not_known_to_be_open_counts_as_closed(confluence, provider, ada, answer):
    provider.says[PERMISSIONS] = answer
    assert not await confluence.is_open_space(ada, ACME, ENG)


async def test_who_may_read_a_space_is_asked_once_in_ten_minutes(confluence, provider, ada, clock):
    provider.says[PERMISSIONS] = assigned("group g1 read space")
    for _ in range(2):
        assert await confluence.is_open_space(ada, ACME, ENG)
    assert len(provider.asked) == 1
    clock.pass_by(minutes=11)
    provider.says[PERMISSIONS] = assigned("user ada read space")
    assert not await confluence.is_open_space(ada, ACME, ENG)


async def test_a_space_that_could_not_be_judged_is_asked_about_again(confluence, provider, ada):
    provider.says[PERMISSIONS] = says({}, 500)
    assert not await confluence.is_open_space(ada, ACME, ENG)
    provider.says[PERMISSIONS] = assigned("group g1 read space")
    assert await confluence.is_open_space(ada, ACME, ENG)


# Writing


async def test_a_draft_is_created_without_a_version(confluence, provider, ada):
    provider.says[PAGES] = says({**BODY, "status": "draft", "version": {"number": 1}})
    made = await confluence.create_draft(ada, ACME, ENG.id, "VPN setup", HELLO, PageId("7"))
    assert made.status is PageStatus.DRAFT
    assert (provider.last.method, provider.last.path) == ("POST", PAGES)
    assert provider.last.json == {
        "spaceId": "11",
        "status": "draft",
        "title": "VPN setup",
        "parentId": "7",
        "body": {"representation": "atlas_doc_format", "value": json.dumps(ADF)},
    }


async def test_a_body_is_always_text_and_any_text_arrives(confluence, provider, ada):
    # 22, 23: ADF as JSON text has no markup to break
    said = 'a ]]> </p> &nbsp; "quoted" \u202e 👩‍👩‍👧 \u2028 end'
    provider.says[PAGES] = says(BODY)
    await confluence.create_draft(ada, ACME, ENG.id, said, Document((Paragraph((Text(said),)),)))
    value = provider.last.json["body"]["value"]
    assert isinstance(value, str)
    assert json.loads(value)["content"][0]["content"][0]["text"] == said
    assert provider.last.json["title"] == said


async def test_publishing_makes_the_draft_version_one(confluence, provider, ada):
    provider.says[PAGE] = says({**BODY, "version": {"number": 1}})
    draft = Page(ID, "VPN setup", "", ENG.id, PageStatus.DRAFT, 1)
    published = await confluence.publish_draft(ada, ACME, draft, HELLO, "for Ada")
    assert published.version == 1
    assert provider.last.method == "PUT"
    assert provider.last.json["version"] == {"number": 1, "message": "for Ada"}
    assert provider.last.json["status"] == "current"


async def test_appending_keeps_what_stands_there_to_the_letter(confluence, provider, ada):
    macro = {"type": "extension", "attrs": {"extensionType": "x", "extensionKey": "toc"}}
    existing = {"version": 1, "type": "doc", "content": [macro, *ADF["content"]]}
    body = {"atlas_doc_format": {"value": json.dumps(existing)}}
    provider.next = [says({**BODY, "body": body}), says({**BODY, "version": {"number": 5}})]
    await confluence.append(ada, ACME, ID, GOODBYE, base=4, message="added")
    sent = json.loads(provider.last.json["body"]["value"])
    assert sent["content"][:2] == existing["content"]
    assert "Goodbye" in json.dumps(sent["content"][2:])
    assert provider.last.json["version"] == {"number": 5, "message": "added"}
    assert provider.last.json["title"] == "VPN setup"


@pytest.mark.parametrize("changed", [{"version": {"number": 5}}, {"status": "trashed"}])
async def test_nothing_is_appended_to_a_page_that_has_moved_on(confluence, provider, ada, changed):
    provider.next = [says({**BODY, **changed})]
    with pytest.raises(Changed):
        await confluence.append(ada, ACME, ID, GOODBYE, base=4, message="")
    assert len(provider.asked) == 1


async def test_nothing_is_appended_to_a_body_that_cannot_be_read(confluence, provider, ada):
    provider.next = [says({**BODY, "body": {}})]
    with pytest.raises(ProviderFault):
        await confluence.append(ada, ACME, ID, GOODBYE, base=4, message="")
    assert len(provider.asked) == 1


async def test_a_page_is_moved_to_the_trash_and_not_purged(confluence, provider, ada):
    provider.next = [says(None, 204)]
    await confluence.trash_page(ada, ACME, ID)
    assert (provider.last.method, provider.last.query) == ("DELETE", {})


async def test_a_draft_is_deleted_as_one(confluence, provider, ada):
    provider.next = [says(None, 204)]
    await confluence.trash_page(ada, ACME, ID, draft=True)
    assert (provider.last.method, provider.last.query) == ("DELETE", {"draft": "true"})


async def write(confluence, ada):
    await confluence.create_draft(ada, ACME, ENG.id, "VPN setup", HELLO)


@pytest.mark.parametrize(
    "answer",
    [
        hangs_up,
        breaks_off,
        html(200),
        html(502),
        says({}, 500),
        says({}, 503, {"Retry-After": "0"}),
        says({"id": None}),
        says([]),
    ],
)
async def test_a_write_is_sent_once_and_then_unclear(confluence, provider, ada, answer):
    # 17
    provider.says[PAGES] = answer
    with pytest.raises(Unclear):
        await write(confluence, ada)
    assert len(provider.asked) == 1


async def test_a_write_that_never_left_is_not_unclear(confluence, provider, ada):
    await provider.server.close()
    with pytest.raises(Unavailable):
        await write(confluence, ada)


TAKEN = (
    "A page with this title already exists: A page already exists with the same TITLE in this space"
)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (v2_error(400, TAKEN), TitleTaken),
        (v1_error(400, f"com.atlassian.BadRequestException: {TAKEN}"), TitleTaken),
        (v2_error(409, TAKEN), TitleTaken),
        (v1_error(409, "Version must be incremented on update. Current version is: 5"), Changed),
        (v2_error(409, "OptimisticLockException", "CONFLICT"), Changed),
        (v2_error(400, "Version must be incremented on update"), Changed),
        (v2_error(413, "Request too large"), BadInput),
        (v2_error(403, "Forbidden"), NotAllowed),
        (v2_error(404, "Not found"), NotFound),
        (v2_error(400, "Error parsing xhtml"), ProviderFault),
        (says({}, 429, {"Retry-After": "30"}), Unavailable),
        (says({}, 418), ProviderFault),
        (says({}, 302, {"Location": "/login"}), ProviderFault),
    ],
)
async def test_a_refused_write_says_why(confluence, provider, ada, answer, error):
    # 20, 21
    provider.says[PAGE] = answer
    draft = Page(ID, "VPN setup", "", ENG.id, PageStatus.DRAFT, 1)
    with pytest.raises(error):
        await confluence.publish_draft(ada, ACME, draft, HELLO, "")
    assert len(provider.asked) == 1


# Refusals


@pytest.mark.parametrize(
    "message", ["Unauthorized; scope does not match", "Unauthorized; Scope does not match"]
)
async def test_a_scope_is_named_and_not_taken_for_expiry(confluence, provider, ada, message):
    # 10
    provider.says[PAGE] = says({"code": 401, "message": message}, 401)
    with pytest.raises(ScopeMissing) as caught:
        await confluence.get_page(ada, ACME, ID)
    assert caught.value.scopes == {"read:page:confluence"}
    assert caught.value.profile == "system"


@pytest.mark.parametrize("body", [{"code": 401, "message": "Unauthorized"}, {}, None])
async def test_any_other_401_refuses_the_token(confluence, provider, ada, body):
    # 10
    provider.says[PAGE] = says(body, 401)
    with pytest.raises(TokenRefused):
        await confluence.get_page(ada, ACME, ID)
    assert len(provider.asked) == 1


async def test_every_call_names_a_scope_that_is_asked_for(confluence, provider, ada):
    refused = says({"code": 401, "message": "scope does not match"}, 401)
    draft = Page(ID, "x", "", ENG.id, PageStatus.DRAFT, 1)
    calls = (
        lambda: confluence.search(ada, ACME, "x"),
        lambda: confluence.find_people(ada, ACME, "x"),
        lambda: confluence.get_page(ada, ACME, ID),
        lambda: confluence.find_space(ada, ACME, "x"),
        lambda: confluence.suggest_pages(ada, ACME, ENG, "x"),
        lambda: confluence.create_draft(ada, ACME, ENG.id, "x", HELLO),
        lambda: confluence.publish_draft(ada, ACME, draft, HELLO, ""),
        lambda: confluence.trash_page(ada, ACME, ID),
    )
    for call in calls:
        provider.next = [refused]
        with pytest.raises(ScopeMissing) as caught:
            await call()
        allowed = WRITE if provider.last.method != "GET" else READ
        assert caught.value.scopes <= allowed


async def test_an_account_without_a_licence_is_told_so(confluence, provider, ada):
    provider.says[SEARCH] = v1_error(403, "Current user not permitted to use Confluence")
    with pytest.raises(NotAllowed, match="may not use Confluence"):
        await confluence.search(ada, ACME, "x")


async def test_a_removed_endpoint_is_a_fault_with_its_name(confluence, provider, ada):
    # 1
    provider.says[SEARCH] = v1_error(
        410, "GoneException: This deprecated endpoint has been removed"
    )
    with pytest.raises(ProviderFault, match="410 to search"):
        await confluence.search(ada, ACME, "x")


async def test_a_login_page_is_a_fault_and_no_empty_result(confluence, provider, ada):
    # 25
    provider.says[SEARCH] = html(200)
    with pytest.raises(ProviderFault):
        await confluence.search(ada, ACME, "x")


async def test_a_site_that_the_connection_does_not_open_is_not_called(confluence, provider, ada):
    other = Site(CloudId("22222222-2222-4222-8222-222222222222"), "Globex", "https://g.example")
    with pytest.raises(ProviderFault):
        await confluence.get_page(ada, other, ID)
    assert provider.asked == []


# Patience


async def test_a_read_is_tried_again_while_confluence_stumbles(confluence, provider, ada, slept):
    provider.next = [says({}, 503), says({}, 502), says(BODY)]
    assert await confluence.get_page(ada, ACME, ID)
    assert slept == [0.2, 0.6]


async def test_a_read_is_tried_three_times_at_most(confluence, provider, ada, slept):
    provider.says[PAGE] = says({}, 503)
    with pytest.raises(Unavailable):
        await confluence.get_page(ada, ACME, ID)
    assert len(provider.asked) == 3
    assert sum(slept) <= 1.5


async def test_a_connection_that_breaks_is_tried_again(confluence, provider, ada):
    provider.next = [hangs_up, hangs_up, hangs_up, says(BODY)]  # aiohttp tries once more by itself
    assert await confluence.get_page(ada, ACME, ID)


async def test_all_tries_together_sleep_for_a_moment_only(confluence, provider, ada, slept):
    provider.next = [says({}, 429, {"Retry-After": "1"}), *[hangs_up] * 4]
    with pytest.raises(Unavailable):
        await confluence.get_page(ada, ACME, ID)
    assert slept == [1.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500])
async def test_what_another_try_would_not_change_is_not_tried_again(
    confluence, provider, ada, status
):
    provider.says[PAGE] = says({}, status)
    with pytest.raises(Exception):  # noqa: B017, PT011 (each has a test of its own)
        await confluence.get_page(ada, ACME, ID)
    assert len(provider.asked) == 1


async def test_retry_after_zero_makes_no_storm(confluence, provider, ada, slept):
    # 12
    provider.says[PAGE] = says({}, 429, {"Retry-After": "0"})
    with pytest.raises(Unavailable) as caught:
        await confluence.get_page(ada, ACME, ID)
    assert caught.value.retry_after == 1.0
    assert slept == [1.0]
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("1800", 1800),
        ("99999999", 3600),
        ((NOON + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT"), 90),
        ("soon", None),
        ("", None),
    ],
)
async def test_nobody_is_kept_waiting_longer_than_a_moment(
    confluence, provider, ada, slept, said, seconds
):
    # 11: a rate limit is no refusal of the token
    provider.says[PAGE] = says({}, 429, {"Retry-After": said})
    with pytest.raises(Unavailable) as caught:
        await confluence.get_page(ada, ACME, ID)
    assert caught.value.retry_after == seconds
    assert slept == []


async def test_a_spent_quota_says_until_when_and_closes_it_for_everybody(confluence, provider, ada):
    headers = {"Retry-After": "1200", "RateLimit-Reason": "conf-global-based"}
    provider.says[PAGE] = says({}, 429, headers)
    for _ in range(2):
        with pytest.raises(QuotaSpent) as caught:
            await confluence.get_page(ada, ACME, ID)
        assert caught.value.until == NOON + timedelta(minutes=20)
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Limit": "65000", "X-RateLimit-Remaining": "1"},
        {"RateLimit": '"burst";r=90;t=1, "global-app-quota";r=1;t=1200'},
        {"Beta-RateLimit": '"conf-global-based";t=1200;r=1'},
    ],
)
async def test_what_the_headers_say_is_left_is_believed(confluence, provider, ada, headers):
    provider.says[PAGE] = says(BODY, headers=headers)
    await confluence.get_page(ada, ACME, ID)
    with pytest.raises(QuotaSpent):
        await confluence.get_page(ada, ACME, ID)


async def test_of_a_list_no_more_is_counted_than_it_holds(confluence, provider, ada):
    provider.says[f"{WIKI}/rest/api/template/page"] = says({"results": []})
    for _ in range(20):
        assert await confluence.list_page_templates(ada, ACME, None) == ()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "1"},
        {"RateLimit": '"burst";r=1;t=1'},
        {"RateLimit": ";;r=,=", "X-RateLimit-Limit": "x", "X-RateLimit-Remaining": "-1"},
    ],
)
async def test_a_burst_limit_is_not_taken_for_the_quota(confluence, provider, ada, headers):
    provider.says[PAGE] = says(BODY, headers=headers)
    for _ in range(2):
        await confluence.get_page(ada, ACME, ID)


async def test_nothing_is_asked_for_to_validate_the_token(confluence, provider, ada):
    # 11
    provider.says[PAGE] = says(BODY)
    await confluence.get_page(ada, ACME, ID)
    assert len(provider.asked) == 1


async def test_a_grant_has_four_requests_under_way_and_no_more(confluence, provider, ada):
    under_way, most, gate = 0, 0, asyncio.Event()

    async def slow(request):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 4:
            gate.set()
        await asyncio.wait_for(gate.wait(), 10)
        under_way -= 1
        return await says(BODY)(request)

    provider.says[PAGE] = slow
    await asyncio.gather(*(confluence.get_page_head(ada, ACME, ID) for _ in range(12)))
    assert most == 4


async def test_every_call_is_counted_by_its_name_and_outcome(confluence, provider, ada, counted):
    provider.next = [says(BODY), says({}, 404)]
    await confluence.get_page(ada, ACME, ID)
    with pytest.raises(NotFound):
        await confluence.get_page(ada, ACME, ID)
    assert counted == [("confluence", "get page", "ok"), ("confluence", "get page", "not_found")]


async def test_no_error_shows_the_token_or_the_text(confluence, provider, ada):
    # 24
    for status in (400, 401, 403, 404, 409, 410, 429, 500):
        provider.says[PAGE] = says({"message": "Hello access-first"}, status)
        with pytest.raises(Exception) as caught:  # noqa: PT011 (any of ours)
            await confluence.append(ada, ACME, ID, HELLO, base=4, message="m")
        shown = repr(caught.value) + str(caught.value)
        assert "access-first" not in shown
        assert "Hello" not in shown
