"""Which requests to Confluence's API are never sent, whoever wrote them."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.errors import BadInput
from bot.rest import MOST_HEADERS, TOKEN, Call, check_call
from tests.providers.provider import steady

GOOD = "/wiki/rest/api/content/1"
pieces = st.sampled_from(
    [
        *(
            "/",
            "//",
            "..",
            ".",
            "%2e",
            "%2F",
            "%5c",
            "%25",
            "\\",
            "?",
            "#",
            ";",
            "@",
            ":",
            "a",
            "é",
        ),
        *(
            "%C3%A9",
            "\n",
            "\0",
            "%00",
            "%",
            "rest",
            "http:",
            "evil.example",
            "%ff",
            "%3b",
            "~",
            "+",
        ),
    ]
)


@pytest.mark.parametrize(
    "path",
    [
        *("", "wiki/rest", "//evil.example/x", "/wiki//x", "https://evil.example/", "\\\\evil\\x"),
        *("/wiki/../x", "/wiki/..", "/wiki/./x", "/wiki/%2e%2e/x", "/wiki/%2E./x", "/wiki/.%2e"),
        *("/wiki/%2fevil", "/wiki/%5c..", "/wiki/%252e%252e/x", "/wiki/..;/x", "/wiki/x;a=b"),
        *("/wiki/x?a=b", "/wiki/x#y", "/wiki/x%3fa", "/wiki/x%23", "/wiki/ x", "/wiki/\tx"),
        *("/wiki/x\r\nHost: evil", "/wiki/%0d%0aHost:", "/wiki/%00", "/wiki/é", "/wiki/%zz"),
        *("/wiki/%", "/wiki/%ff", "/wiki/%c0%ae", f"/wiki/{TOKEN}", "/wiki/" + "a" * 2000),
        *("/wiki/%3b", "@evil.example/", "/wiki/\u2024\u2024/", "/wiki/%E2%80%AE"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path):
    with pytest.raises(BadInput):
        check_call(Call("GET", path))


@pytest.mark.parametrize(
    "path", ["/wiki/rest/api/content/1/", "/wiki/a%20b/%C3%A9", "/rest/x.y/~z/a:b@c,d+e=f", "/..a"]
)
def test_an_ordinary_path_is_not(path):
    check_call(Call("GET", path))


@steady
@given(st.lists(pieces, max_size=8).map("".join))
def test_no_path_that_is_let_through_leaves_the_host_or_climbs(path):
    try:
        check_call(Call("GET", f"/wiki{path}"))
    except BadInput:
        return
    url = URL(f"https://acme.example/wiki{path}")
    assert (url.host, url.query_string, url.fragment) == ("acme.example", "", "")
    assert url.path.startswith("/wiki")
    whole = f"/wiki{path}"
    for read in (whole, unquote(whole), unquote(unquote(whole))):
        assert not {"..", "."} & set(read.split("/"))
        assert "//" not in read
        assert "\\" not in read


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "host", "Cookie", "Content-Length", "Connection", "Transfer-Encoding", "TE"),
        *("Upgrade", "Keep-Alive", "Trailer", "Proxy-Authorization", "Proxy-X", "Expect"),
        *("X-HTTP-Method-Override", "X-Method-Override", "X-Forwarded-For", "Forwarded"),
        *("X_HTTP_Method_Override", "x_forwarded_host", "User-Agent", "X-Original-Method"),
        *("Accept-Encoding", "Sec-Fetch-Mode", "Bad Name", "", "Ünicode", "A:b", "A\r\nB"),
    ],
)
def test_a_header_of_our_own_is_refused(name):
    with pytest.raises(BadInput):
        check_call(Call("GET", GOOD, headers={name: "x"}))


@pytest.mark.parametrize(
    "value", ["a\r\nHost: b", "a\nb", "\x00", "é", "x" * 2001, "\ue000", "\x7f"]
)
def test_a_header_that_breaks_out_of_its_line_is_refused(value):
    for name in ("X-Note", "Accept"):
        with pytest.raises(BadInput):
            check_call(Call("GET", GOOD, headers={name: value}))


@pytest.mark.parametrize(
    "value",
    ["Bearer abc", "Basic YTpi", TOKEN, f"Bearer {TOKEN} x", f"Bearer x{TOKEN}", "", "Digest"],
)
def test_nobody_elses_credentials_are_sent(value):
    with pytest.raises(BadInput):
        check_call(Call("GET", GOOD, headers={"AUTHORIZATION": value}))


@pytest.mark.parametrize(
    "call",
    [
        Call("GET", GOOD, {"a": TOKEN}),
        Call("GET", GOOD, {f"x{TOKEN}": "a"}),
        Call("POST", GOOD, json={"a": [1, {"b": f"x{TOKEN}y"}]}),
        Call("POST", GOOD, json={TOKEN: 1}),
        Call("POST", GOOD, json=TOKEN),
        Call("GET", GOOD, headers={TOKEN: "x"}),
    ],
)
def test_the_token_stands_in_a_headers_value_alone(call):
    with pytest.raises(BadInput):
        check_call(call)


@pytest.mark.parametrize("method", ["get", "HEAD", "TRACE", "CONNECT", "OPTIONS", "", "GET\r\nX"])
def test_other_methods_are_refused(method):
    with pytest.raises(BadInput):
        check_call(Call(method, GOOD))


def test_what_is_in_order_is_let_through():
    headers = {"Authorization": f"bearer {TOKEN}", "X-Token": f"a {TOKEN} b", "Accept": "*/*"}
    check_call(Call("PATCH", GOOD, {"limit": "5"}, headers, {"a": [None, 1.5, "b"]}))
    many = {f"X-{number}": "a" for number in range(MOST_HEADERS + 1)}
    with pytest.raises(BadInput):
        check_call(Call("GET", GOOD, headers=many))


def test_a_get_sends_nothing():
    for sent in ({}, [], "", 0, False):
        with pytest.raises(BadInput):
            check_call(Call("GET", GOOD, json=sent))


def test_only_a_get_changes_nothing():
    assert [each for each in ("GET", "POST", "PUT", "DELETE") if not Call(each, GOOD).writes] == [
        "GET"
    ]
