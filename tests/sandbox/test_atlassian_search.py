from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from sandbox.atlassian import cql, cql_fields, lucene
from sandbox.atlassian.call import Call
from sandbox.atlassian.excerpts import CLOSE, OPEN
from sandbox.atlassian.operations import find_operation
from sandbox.atlassian.paging import read_cursor
from sandbox.atlassian.people import BY_NAME
from sandbox.atlassian.refusals import Refusal
from sandbox.atlassian.wiki import Wiki
from tests.sandbox.atlassian_stage import stage

PIECES = st.sampled_from(
    [
        *("type", "space", "title", "text", "created", "user", "nosuch", "label", "order by"),
        *("=", "!=", "~", "!~", ">=", "<", "in", "not in", "and", "or", "not", "(", ")", ","),
        *('"page"', "page", "ENG", '"x*"', '"*x"', '"2026-01-01"', 'now("-7d")', "desc", '"'),
        *("\\", "'", "\0", "日本", "\u202e", "startOfDay()", '"\\"a b\\""', "}}", "-", "now("),
    ]
)


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


@pytest.fixture
async def ada(atlassian):
    return await atlassian.person("ada")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('title = "release checklist" and space = ENG', ["Release checklist"]),
        (
            'title ~ "launch*" and type = page',
            ["Launch scheduler", "Incident 2033: launch window missed"],
        ),
        (
            "type = blogpost and space = ENG order by created desc",
            ["First light", "We launched!", "New faces in March"],
        ),
        ("type = space and space = ENG", ["Engineering"]),
        ('label in ("prices", "news") order by title', ["Price list", "We launched!"]),
        (
            'text ~ "\\"deploy to staging\\"" and type = page',
            ["Deployment guide", "Release checklist"],
        ),
        ('siteSearch ~ "checklist" and space = ENG and type = page', ["Release checklist"]),
        ('text ~ "打ち上げ"', ["Greetings from everywhere"]),
        ('text ~ "بالعالم"', ["Greetings from everywhere"]),
        ('text ~ "oxygen AND burns" and not type = comment', ["Rocket engine manual"]),
        ('text ~ "oxygen -burns" and type = page', []),
        ('lastmodified >= now("-36h") and type = page', ["Deployment guide"]),
        ('created > "2020-01-01" and title = "Price list"', ["Price list"]),
        ("type = attachment order by title", ["launch-plan.txt", "notes.csv"]),
        ('not (space in (ENG, OPS, HR, SECRET, "~ada")) and type = page', []),
    ],
)
async def test_a_query_finds_what_it_says(ada, query, found):
    titles = await ada.titles(query)

    assert sorted(titles) == sorted(found)
    if "order by" in query:
        assert titles == found


async def test_pages_are_found_by_person_parent_and_ancestor(atlassian, ada):
    home, services = atlassian.page_id("Engineering home"), atlassian.page_id("Services")

    mine = await ada.titles("creator = currentUser() and parent = " + home, limit=50)
    below = await ada.titles(f"ancestor = {home} and parent = {services}")
    by_id = await ada.titles(f"id in ({home}, {services})")
    helped = await ada.titles('contributor = "5b10a2844c20165700ede21b" and space = ENG')

    assert "Services" in mine
    assert len(below) == 8
    assert sorted(by_id) == ["Engineering home", "Services"]
    assert "Release checklist" in helped


async def test_what_one_watches_and_ones_favourite_spaces_are_found(atlassian, ada):
    watch = f"/user/watch/content/{atlassian.page_id('Price list')}"
    assert (await ada.v1("POST", watch)).status == 204

    assert await ada.titles("watcher = currentUser() and type = page") == ["Price list"]
    assert await ada.titles("favourite = currentUser() and type = space") == ["Operations"]


@pytest.mark.parametrize(
    "query",
    [
        "   ",
        "type",
        "type =",
        "type = page and",
        "(type = page",
        "space = and",
        "space = order",
        "space = A-B",
        "created > 2026-01-01",
        'created > "yesterday"',
        'created > later("-7d")',
        'created ~ "2026"',
        'nosuch = "x"',
        'user = "x"',
        'user.fullname ~ "ada"',
        "type = gadget",
        'title = "unclosed',
        'title = "a\\qb"',
        "type = page order by nosuch",
        "type = page order by",
        'space ~ "ENG"',
        "type in ()",
        "not " * 5000 + "type = page",
        "(" * 5000,
    ],
)
async def test_a_bad_query_is_refused_in_the_documented_shape(ada, query):
    answer = await ada.search(query[:6000])

    assert answer.status == 400
    assert answer.json["statusCode"] == 400
    assert "Could not parse cql" in answer.json["message"]


@pytest.mark.parametrize(
    "text", ["*rocket", "?rocket", "a:b", "(x", "x)", "[a]", "{", "a^2", "a/b", "!", "&&", "", "-"]
)
async def test_what_the_index_refuses_says_so(ada, text):
    answer = await ada.search(f'text ~ "{text}"')

    assert answer.status == 400
    assert "search manager was unable to execute" in answer.json["message"]


async def test_a_result_is_shaped_as_documented(atlassian, ada):
    answer = await ada.search('title = "Release checklist" and space = ENG')
    (hit,) = answer.json["results"]

    assert hit["content"]["id"] == atlassian.page_id("Release checklist")
    assert hit["url"].startswith("/spaces/ENG/pages/")
    assert hit["resultGlobalContainer"] == {
        "title": "Engineering",
        "displayUrl": "/spaces/ENG",
    }
    assert answer.json["_links"]["base"].endswith("/atlassian/sites/acme/wiki")
    assert (answer.json["size"], answer.json["totalSize"]) == (1, 1)


async def test_spaces_and_people_are_hits_without_content(ada):
    spaces = (await ada.search("type = space")).json["results"]
    people = (await ada.get("/rest/api/search/user", cql='user.fullname ~ "bob"')).json["results"]

    assert spaces
    assert all("content" not in each and each["space"]["key"] for each in spaces)
    assert [each["user"]["displayName"] for each in people] == ["Bob Okafor"]
    assert "content" not in people[0]


async def test_hits_are_marked_and_escaped(ada):
    answer = await ada.search('text ~ "script alert"')
    (hit,) = [each for each in answer.json["results"] if "Awkward" in each["title"]]

    assert hit["title"].startswith("Awkward characters: &lt;b&gt; &amp; &quot;quotes&quot;")
    assert f"&lt;{OPEN}script{CLOSE}&gt;{OPEN}alert{CLOSE}" in hit["excerpt"]


@pytest.mark.parametrize(
    ("mode", "begins"),
    [
        ("highlight_unescaped", f"<{OPEN}script"),
        ("indexed", "&lt;script"),
        ("indexed_unescaped", "<script"),
        ("none", ""),
    ],
)
async def test_the_other_excerpts(ada, mode, begins):
    answer = await ada.search('text ~ "script alert"', excerpt=mode)

    assert answer.json["results"][0]["excerpt"].startswith(begins)


async def test_search_shows_only_what_one_may_see(atlassian):
    seen = {}
    for name in ("ada", "bob", "cy", "gus"):
        person = await atlassian.person(name)
        seen[name] = set(await person.titles('text ~ "rocket"', limit=200))

    assert "Project Nightfall" in seen["ada"] & seen["bob"]
    assert "Project Nightfall" not in seen["cy"] | seen["gus"]
    assert "Salary bands: details" in seen["bob"]
    assert "Salary bands: details" not in seen["cy"]
    assert "Meeting notes" not in seen["bob"]


async def test_neither_drafts_nor_trash_nor_archive_are_found(ada):
    titles = await ada.titles("type = page", limit=250)

    assert not {"Ideas that aren't ready", "Thrown away", "Old build system"} & set(titles)


async def test_next_is_relative_lacks_wiki_and_takes_its_cursor_alone(ada):
    first = (await ada.search("type = page order by id", limit=10)).json
    onward = first["_links"]["next"]
    cursor = parse_qs(urlsplit(onward).query)["cursor"][0]

    second = await ada.search("type = page order by id", limit=10, cursor=cursor)
    whole = await ada.search("type = page order by id", limit=10, cursor=onward)
    other = await ada.search("type = blogpost order by id", limit=10, cursor=cursor)
    started = await ada.search("type = page order by id", limit=10, start=10)

    ids = [{each["content"]["id"] for each in page["results"]} for page in (first, second.json)]
    assert onward.startswith("/rest/api/search?")
    assert not ids[0] & ids[1]
    assert (whole.status, other.status) == (400, 400)
    assert "Provided value for 'cursor' is not the correct type" in whole.json["message"]
    assert started.json["results"] == first["results"]


async def test_the_limit_is_25_and_stays_25_with_rendered_bodies(ada):
    usual = await ada.search("type = page")
    heavy = await ada.search("type = page", limit=100, expand="content.body.export_view")

    assert (usual.json["limit"], usual.json["size"]) == (25, 25)
    assert heavy.json["size"] == 25
    assert "export_view" in heavy.json["results"][0]["content"]["body"]


async def test_expansions_need_their_prefix(ada):
    query = 'title = "Price list"'

    bare = (await ada.search(query, expand="version")).json["results"][0]["content"]
    full = (await ada.search(query, expand="content.version")).json["results"][0]["content"]

    assert "version" not in bare
    assert full["version"]["number"] == 1


async def test_content_search_gives_content_itself(ada):
    answer = await ada.get("/rest/api/content/search", cql="space = ENG", expand="history,space")

    assert {each["type"] for each in answer.json["results"]} >= {"page"}
    assert answer.json["results"][0]["space"]["key"] == "ENG"


@given(st.lists(PIECES, max_size=12).map(" ".join) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        query = cql.parse(text)
        cql_fields.check(query.where)
    except (cql.BadCql, lucene.CannotExecute):
        return
    assert isinstance(query, cql.Query)


@given(st.text(max_size=80))
def test_any_text_is_a_quoted_value_when_backslash_and_quote_are_escaped(text):
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')

    query = cql.parse(f'title = "{quoted}"')

    assert query.where == cql.Clause("title", "=", (text,))


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_query_is_answered_or_refused(asked, held):
    try:
        query = lucene.parse(asked)
    except lucene.CannotExecute:
        return
    assert query.meets(held) in (True, False)


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_every_word_finds_a_text_that_holds_it(word):
    asked = word if word not in ("AND", "OR", "NOT") else word.casefold()
    try:
        query = lucene.parse(asked)
    except lucene.CannotExecute:
        assert not lucene.tokens_of(word)
        return

    assert query.meets(f"before {word} after")


@given(cursor=st.text(max_size=40) | st.binary(max_size=30).map(lambda raw: raw.hex()))
def test_no_cursor_crashes(cursor):
    operation, _ = find_operation("GET", "/wiki/api/v2/pages")
    query = MultiDict({"cursor": cursor})
    call = Call(Wiki("c", 1), BY_NAME["ada"], operation, {}, query, None, (), 0.0, "http://x")

    assert outcome_of(call) == (400 if cursor else 0)


def outcome_of(call):
    """The place that a cursor names, or the status it is refused with."""
    try:
        return read_cursor(call)
    except Refusal as refused:
        return refused.status
