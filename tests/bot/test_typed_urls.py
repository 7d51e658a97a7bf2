"""What an admin types is judged before anything is sent there (promise 13)."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from yarl import URL

from bot.errors import BadInput
from bot.hosts import is_public
from bot.profile import Provider
from bot.typed_urls import check_typed_url, deployment_of, origin_of
from tests.providers.provider import steady

INSIDE = ("https://wiki.corp:8090", "http://127.0.0.1:8090")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://wiki.example.com", "https://wiki.example.com"),
        (" https://Wiki.Example.COM:443/ ", "https://wiki.example.com"),
        ("HTTPS://wiki.example.com/confluence", "https://wiki.example.com/confluence"),
        ("https://wiki.example.com./oauth/token/", "https://wiki.example.com/oauth/token/"),
        ("https://wiki.example.com:8443/x", "https://wiki.example.com:8443/x"),
        ("https://104.192.142.9/x", "https://104.192.142.9/x"),
        ("https://[2A05:D018:0::1]/x", "https://[2a05:d018::1]/x"),
        ("https://wiki.corp:8090/confluence", "https://wiki.corp:8090/confluence"),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090"),
    ],
)
def test_a_good_address_is_kept_in_one_spelling(typed, kept):
    assert check_typed_url(typed, INSIDE, field="base_url") == kept


@pytest.mark.parametrize(
    "typed",
    [
        "https://localhost",
        "https://LOCALHOST.",
        "https://a.localhost/x",
        "https://127.0.0.1",
        "https://10.1.2.3:8443",
        "https://169.254.169.254/latest/meta-data",
        "https://169.254.169.254./latest",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[::ffff:a9fe:a9fe]",
        "https://[::127.0.0.1]",
        "https://[fd00:ec2::254]",
        "https://[fec0::1]",
        "https://[64:ff9b::a9fe:a9fe]",
        "https://metadata.google.internal",
        "https://wiki",
        "https://wiki.local",
        "https://wiki.corp.intranet",
        "https://127.0.0.1:8090",
        "https://100.100.100.200",
    ],
)
def test_a_private_address_is_refused_and_says_so(typed):
    with pytest.raises(BadInput, match=r"private address|443 and 8443") as refused:
        check_typed_url(typed, INSIDE, field="base_url")
    assert refused.value.field == "base_url"


@pytest.mark.parametrize(
    "typed",
    [
        "https://2130706433",
        "https://0177.0.0.1",
        "https://0x7f000001",
        "https://0x7f.0.0.1",
        "https://127.1",
        "https://127.0.0.1.2",
        "https://1.2.3.0x4",
        "https://wiki..example.com",
        "https://wiki.example.com..",
        "https://-wiki.example.com",
        "https://wiki.example.com%2f@evil.example",
        "https://[fe80::1%25eth0]",
        "https://[::1",
        "https://wiki.example.com:99999",
        "https://wiki.example.com:x",
        "https://",
        "https:///x",
        "https:wiki.example.com",
        "//wiki.example.com",
        "wiki.example.com",
        "",
        "https://wiki。example。com",
        "https://①②⑦.⓪.⓪.①",
        "https://wıki.example.com",
        "https://evil.example\\@wiki.example.com",
        "https://wiki.example.com\t/x",
        "https://wiki.exam\nple.com",
        "https://wiki.example.com/a b",
        "https://wiki.example.com/" + "a" * 2000,
        "https://wiki.example.com/a/../b",
        "https://wiki.example.com/./b",
        "file:///etc/passwd",
        "gopher://wiki.example.com",
        "javascript:alert(1)",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(typed):
    with pytest.raises(BadInput):
        check_typed_url(typed, INSIDE, field="base_url")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("http://wiki.example.com", "https://"),
        ("http://127.0.0.1:8091", "https://"),
        ("https://wiki.example.com:22", "443 and 8443"),
        ("https://wiki.example.com:80", "443 and 8443"),
        ("https://wiki.corp:8091", "443 and 8443"),
        ("https://ada:secret@wiki.example.com", "user name"),
        ("https://wiki.example.com@evil.example", "user name"),
        ("https://@wiki.example.com", "user name"),
        ("https://wiki.example.com/?next=x", "no \\?"),
        ("https://wiki.example.com/x?", "no \\?"),
        ("https://wiki.example.com/#x", "no #"),
    ],
)
def test_the_reason_is_said_in_words(typed, reason):
    with pytest.raises(BadInput, match=reason):
        check_typed_url(typed, INSIDE, field="base_url")


@steady
@given(st.ip_addresses())
def test_no_address_that_is_not_public_gets_through(address):
    assume(not is_public(str(address)))
    host = f"[{address}]" if address.version == 6 else str(address)
    with pytest.raises(BadInput):
        check_typed_url(f"https://{host}", (), field=None)


@steady
@given(st.text(max_size=40))
def test_what_gets_through_means_the_same_to_whoever_sends_it(tail):
    try:
        kept = check_typed_url(f"https://{tail}", (), field=None)
    except BadInput:
        return
    sent, parts = URL(kept), urlsplit(kept)
    assert (sent.scheme, sent.host, sent.port) == (
        "https",
        (parts.hostname or "").lower(),
        parts.port or 443,
    )
    assert sent.user is None
    assert check_typed_url(kept, (), field=None) == kept


@steady
@given(st.ip_addresses(v=4))
def test_an_address_written_as_one_number_is_no_host(address):
    with pytest.raises(BadInput):
        check_typed_url(f"https://{int(ip_address(address))}", (), field=None)


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://acme.atlassian.net/wiki", Provider.CLOUD),
        ("https://ACME.atlassian.net.", Provider.CLOUD),
        ("https://acme.atlassian-us-gov-mod.net", Provider.CLOUD),
        ("https://acme.atlassian-us-gov.net", Provider.CLOUD),
        ("https://api.atlassian.com/ex/confluence/1", Provider.CLOUD),
        ("https://atlassian.net", Provider.DATA_CENTER),
        ("https://acme.atlassian.net.evil.example", Provider.DATA_CENTER),
        ("https://evil-atlassian.net", Provider.DATA_CENTER),
        ("https://api.atlassian.com.evil.example", Provider.DATA_CENTER),
        ("https://xapi.atlassian.com", Provider.DATA_CENTER),
        ("https://wiki.example.com/acme.atlassian.net", Provider.DATA_CENTER),
    ],
)
def test_the_deployment_is_told_by_the_exact_end_of_the_host(url, provider):
    # 14
    assert deployment_of(url) is provider


def test_an_origin_has_one_spelling():
    assert origin_of("HTTPS://Wiki.Example.com:443/a/b") == "https://wiki.example.com"
    assert origin_of("http://LOCALHOST:8090") == "http://localhost:8090"
