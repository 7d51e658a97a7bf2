"""A request that has no action of its own, on the wire: where it goes, and what comes back."""

import base64
import json
from dataclasses import replace

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.authorize import TokenRefused
from bot.connection import NEVER, Grant
from bot.content import CloudId, Site
from bot.errors import BadInput, NotAllowed, NotFound, QuotaSpent, Unavailable, Unclear
from bot.profile import Mechanism, Provider
from bot.providers.confluence import ConfluenceApi
from bot.providers.datacenter import DataCenterApi
from bot.providers.dialects import either
from bot.providers.gateway import Gateway, Pace
from bot.providers.outgoing import Answer, Outgoing
from bot.providers.rest_wire import BLACKED_OUT, blacked_out, called
from bot.quota import Quota
from bot.rest import MOST_ANSWERED, TOKEN, Call
from tests.fakes import ACME, connection
from tests.providers.ledger import IdleLedger
from tests.providers.provider import breaks_off, goes_on_for_ever, hangs_up, html, says, steady

SECRET = "s3cret/token+with=signs"
PATH = "/wiki/rest/api/settings/theme"
GATEWAY = f"/ex/confluence/{ACME.cloud_id}{PATH}"
THERE = {"cloud": GATEWAY, "own address": PATH, "data center": "/confluence/rest/api/x"}


def grant(secret=SECRET, kind="Bearer"):
    return Grant(SecretStr(secret), None, NEVER, frozenset(), kind)


class Desk:
    """A connection to one kind of site, whose server says what a test tells it to."""

    def __init__(self, kind, provider, gateway, clock):
        self.kind, self.provider = kind, provider
        self.confluence = either(ConfluenceApi(gateway, clock), DataCenterApi(gateway, clock))
        url = provider.url
        self.site = {
            "cloud": ACME,
            "own address": Site(CloudId("own"), "Own", url, f"{url}/wiki"),
            "data center": Site(CloudId("dc"), "DC", f"{url}/confluence", f"{url}/confluence"),
        }[kind]
        of = Provider.DATA_CENTER if kind == "data center" else Provider.CLOUD
        way = Mechanism.OAUTH2 if kind == "cloud" else Mechanism.PAT
        self.given = replace(
            connection(given=grant()), sites=(self.site,), provider=of, mechanism=way
        )
        self.path = "/rest/api/x" if kind == "data center" else PATH

    def call(self, method="GET", path="", query=None, headers=None, body=None, given=None):
        call = Call(method, path or self.path, query or {}, headers or {}, body)
        return self.confluence.call(given or self.given, self.site, call)

    def answers(self, answer):
        self.provider.says[THERE[self.kind]] = answer


@pytest.fixture
async def outgoing(provider):
    async with Outgoing([provider.url], internal=[provider.url]) as outgoing:
        yield outgoing


@pytest.fixture
def ledger():
    return IdleLedger()


@pytest.fixture(params=sorted(THERE))
def desk(request, provider, outgoing, clock, ledger):
    async def sleep(_seconds):
        pass

    quota = Quota(ledger, clock, person=300)
    gateway = Gateway(outgoing, provider.url, quota, clock, Pace(sleep, lambda: 1.0))
    return Desk(request.param, provider, gateway, clock)


# How it is sent


async def test_it_goes_to_the_sites_own_api_with_the_connections_token(desk):
    desk.answers(says({"ok": True}))
    found = await desk.call(
        query={"limit": "5", "q": "a&b"}, headers={"X-Note": "n", "accept": "*/*"}
    )
    assert (found.status, found.json, found.text) == (200, {"ok": True}, "")
    asked = desk.provider.last
    assert (asked.path, asked.query) == (THERE[desk.kind], {"limit": "5", "q": "a&b"})
    assert asked.headers["Authorization"] == f"Bearer {SECRET}"
    assert (asked.headers["X-Note"], asked.headers.getall("Accept")) == ("n", ["*/*"])
    assert (asked.method, asked.body) == ("GET", b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_what_it_sends_is_json(desk, method):
    desk.answers(says({}, 201))
    for body in ({"a": "é"}, [1, None], "text", 0, False):
        assert (await desk.call(method, body=body)).status == 201
        asked = desk.provider.last
        assert (asked.method, asked.json) == (method, body)
        assert asked.headers["Content-Type"] == "application/json"
        assert asked.headers["X-Atlassian-Token"] == "no-check"
    await desk.call(method)
    assert desk.provider.last.body == b""


async def test_the_token_is_put_into_headers_at_the_last_moment(desk):
    desk.answers(says({}))
    headers = {"AUTHORIZATION": f"Basic {TOKEN}", "X-Token": f"<{TOKEN}>"}
    await desk.call(headers=headers)
    asked = desk.provider.last.headers
    assert asked.getall("Authorization") == [f"Bearer {SECRET}"]
    assert asked["X-Token"] == f"<{SECRET}>"


@pytest.mark.parametrize(
    "path",
    [
        "/rest/../admin",
        "//evil.example/rest/api",
        "/download/x",
        "/wiki/login",
        "/",
        "/wiki/restless/",
    ],
)
async def test_nothing_leaves_the_api(desk, path):
    with pytest.raises(BadInput):
        await desk.call(path=path)
    other = PATH if desk.kind == "data center" else "/rest/api/x"
    with pytest.raises(BadInput, match="begins with"):
        await desk.call(path=other)
    assert desk.provider.asked == []


# What comes back


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_redirect_is_not_followed(desk, status, method):
    async def elsewhere(_request):
        return web.Response(status=status, headers={"Location": f"{desk.provider.url}/else"})

    desk.answers(elsewhere)
    with pytest.raises(BadInput, match=str(status)):
        await desk.call(method)
    assert [each.path for each in desk.provider.asked] == [THERE[desk.kind]]


async def test_an_answer_is_blacked_out_wherever_the_token_is_in_it(desk):
    async def echo(request):
        told = request.headers["X-Token"]
        escaped = "".join(f"\\u{ord(each):04x}" for each in told)
        text = json.dumps({told: [told, {"a": f"x{told}y"}]})[:-1] + f', "e": "{escaped}"}}'
        return web.Response(text=text, content_type="application/json")

    desk.answers(echo)
    found = await desk.call(headers={"X-Token": TOKEN})
    assert SECRET not in repr(found)
    assert found.json == {
        BLACKED_OUT: [BLACKED_OUT, {"a": f"x{BLACKED_OUT}y"}],
        "e": BLACKED_OUT,
    }


@pytest.mark.parametrize("status", [200, 400, 403, 404, 409, 415, 418])
async def test_neither_text_nor_errors_nor_logs_tell_of_the_token(desk, status, capsys):
    async def echo(request):
        said = f"Authorization: {request.headers['Authorization']}"
        if status == 200:
            return web.Response(text=said)
        return web.json_response({"message": f"no {said}"}, status=status)

    desk.answers(echo)
    try:
        told = repr(await desk.call())
        assert BLACKED_OUT in told
    except (BadInput, NotAllowed, NotFound) as error:
        told = repr(error) + repr(error.__cause__)
    assert SECRET not in told
    assert SECRET.lower() not in told.lower()
    captured = capsys.readouterr()
    assert SECRET not in captured.out + captured.err


async def test_a_password_is_blacked_out_too(desk):
    pair = base64.b64encode(b"ada@acme.example:hunter-2").decode()
    given = replace(desk.given, grant=grant(pair, "Basic"))
    desk.answers(says({"a": "hunter-2", "b": pair, "c": "ada@acme.example:hunter-2"}))
    found = await desk.call(given=given)
    assert "hunter-2" not in repr(found)
    assert pair not in repr(found)
    assert desk.provider.last.headers["Authorization"] == f"Basic {pair}"


async def test_more_than_is_read_is_an_error_of_a_read_and_none_of_a_write(desk):
    desk.answers(says("x" * (MOST_ANSWERED - 2)))
    assert len((await desk.call()).json) == MOST_ANSWERED - 2
    desk.answers(says("x" * MOST_ANSWERED))
    with pytest.raises(BadInput, match="64 kB"):
        await desk.call()
    found = await desk.call("POST")
    assert (found.status, found.is_whole, found.json, found.text) == (200, False, None, "")
    desk.answers(goes_on_for_ever)
    with pytest.raises(BadInput, match="64 kB"):
        await desk.call()


async def test_what_is_neither_json_nor_text_is_an_error_of_a_read_alone(desk):
    async def picture(_request):
        return web.Response(body=b"\x89PNG\xff", content_type="image/png")

    for answer in (picture, html()):
        desk.answers(answer)
        with pytest.raises(BadInput, match="neither JSON nor text"):
            await desk.call()
        assert not (await desk.call("PUT")).is_whole


async def test_nothing_at_all_is_an_answer(desk):
    async def nothing(_request):
        return web.Response(status=204)

    desk.answers(nothing)
    for method in ("GET", "DELETE"):
        found = await desk.call(method)
        assert (found.status, found.json, found.text, found.is_whole) == (204, None, "", True)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("answer", [hangs_up, breaks_off, says({}, 500), says({}, 503)])
async def test_a_write_without_an_answer_is_unclear_and_never_sent_again(desk, method, answer):
    desk.answers(answer)
    with pytest.raises(Unclear):
        await desk.call(method)
    assert len(desk.provider.asked) == 1


async def test_a_read_without_an_answer_is_unavailable(desk):
    desk.answers(hangs_up)
    with pytest.raises(Unavailable):
        await desk.call()


async def test_a_refused_token_is_told_apart(desk):
    desk.answers(says({"message": "Unauthorized"}, 401))
    with pytest.raises(TokenRefused):
        await desk.call()
    desk.answers(says({"message": "Unauthorized; scope does not match"}, 401))
    with pytest.raises(NotAllowed, match="scope does not match"):
        await desk.call()


async def test_it_is_counted_by_what_it_may_list(desk, ledger):
    if desk.kind != "cloud":
        return
    desk.answers(says({}))
    for _ in range(3):
        await desk.call(query={"limit": "100"})
    with pytest.raises(QuotaSpent):
        await desk.call(query={"limit": "100"})


async def test_what_a_list_does_not_hold_is_given_back(desk, ledger):
    if desk.kind != "cloud":
        return
    desk.answers(says({"results": []}))
    for _ in range(20):
        await desk.call(query={"limit": "100"})


# What is blacked out


@settings(steady, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just(SECRET),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=5) | st.just(f"a{SECRET}"), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.booleans(),
)
def test_no_json_hides_the_token(value, escapes):
    body = json.dumps(value, ensure_ascii=escapes).encode("utf-8", "surrogatepass")
    answer = Answer(200, {"content-type": "application/json"}, body)
    try:
        shown = called(blacked_out(answer, grant()), writes=False)
    except BadInput:
        return  # not UTF-8, so nothing of it is used
    assert SECRET not in repr(shown)
    if SECRET not in body.decode("utf-8", "replace") and "\\" not in body.decode(
        "utf-8", "replace"
    ):
        assert shown.json == value


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"a{SECRET}b",
        "s3cret%2Ftoken%2Bwith%3Dsigns",
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_no_way_of_writing_it_is_shown(text):
    answer = Answer(200, {"content-type": "text/plain"}, f"<{text}>".encode())
    assert called(blacked_out(answer, grant()), writes=False).text.count("█") >= 8
    assert text not in called(blacked_out(answer, grant()), writes=False).text
