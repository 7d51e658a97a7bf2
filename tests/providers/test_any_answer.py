"""Whatever a provider sends, it is read or refused in our own words: never with a traceback."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import BotError
from bot.providers import confluence_bodies_wire as bodies
from bot.providers import confluence_permissions_wire as permissions_wire
from bot.providers import confluence_search_wire as search_wire
from bot.providers import confluence_wire as wire
from bot.providers import rate_wire, slack_sign_in_wire, slack_wire
from bot.providers.confluence_refusals_wire import check
from bot.providers.outgoing import Answer
from tests.fakes import ACME, ENG, NOON
from tests.providers.provider import steady

NAMES = sorted(
    {
        field.alias or name
        for shape in (
            wire.PageBody,
            wire.PageList,
            wire.SpaceBody,
            wire.VersionBody,
            bodies.Links,
            search_wire.HitBody,
            search_wire.HitList,
            search_wire.ContentBody,
            search_wire.HistoryBody,
            search_wire.PersonBody,
            search_wire.Restricted,
            slack_wire.UserBody,
            slack_sign_in_wire.Discovery,
        )
        for name, field in shape.model_fields.items()
    }
    | {"atlas_doc_format", "value", "user", "group", "ok", "error", "errors", "message"}
    | {"keys", "kty", "kid", "n", "e", "use", "id_token"}
)
WORDS = ("page", "current", "https://acme.example/wiki", "2026-01-02T03:04:05Z", "RSA", "sig", "1")
scalars = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(WORDS)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=20,
)
pages = st.fixed_dictionaries(
    {"id": scalars, "title": scalars, "status": scalars, "version": values, "_links": values}
    | {"body": values, "parentId": scalars, "parentType": scalars, "spaceId": scalars}
)
found = st.fixed_dictionaries(
    {"content": values, "space": values, "user": values, "url": scalars, "lastModified": scalars}
)


def answered(value, status=200):
    return Answer(status, {"content-type": "application/json"}, json.dumps(value).encode())


def read_or_refused(*readers):
    for read in readers:
        try:
            read()
        except BotError:
            continue


@steady
@given(values | pages)
def test_any_page_is_read_or_refused(value):
    def page():
        body = bodies.read(answered(value), wire.PageBody)
        assert wire.page_of(body, ACME).url.startswith(f"{ACME.url}/wiki")
        wire.document_of(body)
        wire.parent_of(body)

    def listed():
        body = bodies.read(answered({"results": [value]}), wire.PageList)
        [wire.page_of(each, ACME, body.links.base) for each in body.results]

    read_or_refused(
        page, listed, lambda: wire.space_of(bodies.read(answered(value), wire.SpaceBody))
    )


@steady
@given(values | st.fixed_dictionaries({"results": st.lists(found, max_size=4), "_links": values}))
def test_any_search_result_is_read_or_refused(value):
    def read():
        body = bodies.read(answered(value), search_wire.HitList)
        hits = search_wire.hits_of(body, ACME, None)
        assert all(each.url.startswith(f"{ACME.url}/wiki") for each in hits.results)
        list(search_wire.pages_of(body, ACME, ENG.id))
        list(search_wire.spaces_of(body))
        search_wire.people_of(body)

    read_or_refused(read)


@steady
@given(values)
def test_restrictions_are_open_only_where_two_empty_lists_say_so(value):
    def read():
        body = bodies.read(answered(value), search_wire.Restricted)
        if not search_wire.is_restricted(body):
            assert body.restrictions["user"]["results"] == []
            assert body.restrictions["group"]["results"] == []

    read_or_refused(read)


@steady
@given(values | st.fixed_dictionaries({"results": st.lists(values, max_size=4)}))
def test_any_permissions_are_read_and_open_nothing_that_they_do_not_name(value):
    def read():
        body = bodies.read(answered(value), permissions_wire.Assignments)
        named = {each.principal.type for each in body.results}
        assert not permissions_wire.is_open(body) or named & {"group", "role"}

    read_or_refused(read)


@steady
@given(values, st.integers(200, 599), st.sampled_from(["GET", "POST"]))
def test_any_refusal_is_one_of_ours(value, status, method):
    call = wire.Call("test", method, "/", frozenset(), 1)
    read_or_refused(lambda: check(answered(value, status), call, "system", NOON))


@steady
@given(values, st.sampled_from([200, 400, 403, 500]))
def test_any_answer_of_slack_is_read_or_refused(value, status):
    answer = answered(value, status)
    read_or_refused(
        lambda: slack_wire.read_person(answer, NOON),
        lambda: slack_wire.require_ok(answer, NOON),
        lambda: slack_sign_in_wire.read_discovery(answer, "https://slack.com", NOON),
        lambda: slack_sign_in_wire.read_keys(answer, NOON),
        lambda: slack_sign_in_wire.read_id_token(answer, NOON),
    )


@steady
@given(st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9_\-]*\.[A-Za-z0-9_\-]*\.[A-Za-z0-9_\-]*"))
def test_any_token_is_read_or_refused(token):
    read_or_refused(lambda: slack_sign_in_wire.key_id(token))


@steady
@given(st.text(max_size=60), st.text(alphabet='"global;r=1234,tw-quo ', max_size=60))
def test_any_header_is_read_or_let_be(anything, nearly):
    for text in (anything, nearly):
        seconds = rate_wire.retry_after({"retry-after": text}, NOON)
        assert seconds is None or 1 <= seconds <= 3600
        names = ("ratelimit", "x-ratelimit-limit", "x-ratelimit-remaining", "ratelimit-reason")
        left = rate_wire.points_left(dict.fromkeys(names, text))
        assert left is None or left >= 0


@steady
@given(st.text(max_size=60), st.text(max_size=20))
def test_any_next_link_gives_a_cursor_or_none(link, cursor):
    for each in (link, f"/x?cursor={link}", f"https://[{link}"):
        assert wire.cursor_of(each, cursor) != cursor


@steady
@given(st.text(max_size=40), st.text(max_size=40))
@example("?", "")
@example("#", "/x")
def test_any_link_leads_to_the_site(base, path):
    for start in (base, f"{ACME.url}{base}", f"{ACME.url}/wiki"):
        link = wire.absolute(ACME, start, path)
        assert link.startswith(f"{ACME.url}/")
        assert link.isprintable()
        assert " " not in link
