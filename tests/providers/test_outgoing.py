import socket

import pytest
from aiohttp.abc import AbstractResolver
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ProviderFault, Unavailable, Unclear
from bot.hosts import is_private_name, is_public
from bot.providers.addresses import GuardedResolver
from bot.providers.outgoing import Answer, OffLimits, Outgoing, Request
from tests.providers.provider import breaks_off, goes_on_for_ever, hangs_up, says, steady


def get(url, **given):
    return Request("Somebody", "GET", url, **given)


def post(url, **given):
    return Request("Somebody", "POST", url, body=b"{}", writes=True, **given)


class Names(AbstractResolver):
    """A name server that says what it is told, and changes its mind when told."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked.append(host)
        addresses = self.answers.pop(0)
        return [
            {
                "hostname": host,
                "host": each,
                "port": port,
                "family": family,
                "proto": 0,
                "flags": 0,
            }
            for each in addresses
        ]

    async def close(self):
        pass


async def test_what_is_asked_arrives_and_the_answer_comes_back(provider, outgoing):
    provider.next = [says({"a": 1}, headers={"X-Left": "7"})]
    answer = await outgoing.send(get(f"{provider.url}/x", query={"q": "a b&c=%"}))
    assert (answer.status, answer.json(), answer.headers["x-left"]) == (200, {"a": 1}, "7")
    assert provider.last.query == {"q": "a b&c=%"}


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/x",
        "http://127.0.0.1:1/x",
        "http://localhost/x",
        "http://169.254.169.254/latest/meta-data",
        "https://api.atlassian.com.evil.example/x",
        "https://api.atlassian.com@evil.example/x",
        "https://user:pass@api.atlassian.com/x",
        "http://api.atlassian.com/x",
        "https://api.atlassian.com:8443/x",
        "file:///etc/passwd",
        "//api.atlassian.com/x",
        "not a url",
        "https://[::1",
    ],
)
async def test_no_other_place_is_called(url):
    # 14
    async with Outgoing(["https://api.atlassian.com"]) as outgoing:
        assert not outgoing.allows(url)
        with pytest.raises(ProviderFault):
            await outgoing.send(get(url))


async def test_the_same_place_written_otherwise_is_the_same_place():
    async with Outgoing(["https://api.atlassian.com/"]) as outgoing:
        assert outgoing.allows("https://API.Atlassian.com:443/x?y#z")


async def test_a_redirect_is_not_followed(provider, outgoing):
    # 14
    provider.next = [says(status=302, headers={"Location": "http://evil.example/"})]
    answer = await outgoing.send(get(f"{provider.url}/x"))
    assert answer.status == 302
    assert len(provider.asked) == 1


async def test_a_client_that_follows_redirects_is_stopped_at_the_border(provider, outgoing):
    # 14
    provider.next = [says(status=302, headers={"Location": "http://127.0.0.1:1/secret"})]
    with pytest.raises(OffLimits):
        await outgoing.session.get(f"{provider.url}/x")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.5.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 (nothing is bound)
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "not an address",
    ],
)
def test_a_private_address_is_known_in_every_dress(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["104.192.142.9", "2a05:d018::1", "64:ff9b::808:808"])
def test_a_public_address_is_public(address):
    assert is_public(address)


@steady
@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_bare_and_wrapped(address):
    assert is_public(str(address)) == is_public(f"::ffff:{address}")


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("104.192.142.9", False),
        ("api.atlassian.com", False),
        ("localhost.evil.example", False),
    ],
)
def test_a_name_that_says_it_is_private_is_believed(host, private):
    assert is_private_name(host) is private


async def test_a_name_that_leads_inside_is_refused(provider):
    # 14: a public name with a private address
    names = Names(["127.0.0.1"])
    port = provider.server.port
    async with Outgoing([f"http://wiki.example:{port}"], resolver=lambda: names) as outgoing:
        with pytest.raises(Unavailable):
            await outgoing.send(get(f"http://wiki.example:{port}/x"))
    assert names.asked == ["wiki.example"]
    assert provider.asked == []


async def test_of_several_addresses_the_public_ones_are_kept():
    resolver = GuardedResolver(Names(["10.0.0.1", "104.192.142.9", "::1"]), ())
    assert [each["host"] for each in await resolver.resolve("a.example")] == ["104.192.142.9"]


async def test_the_address_that_was_checked_is_the_one_connected_to(provider):
    # 14: DNS rebinding: one answer for the check, another for the connection
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    url = f"http://localhost:{provider.server.port}"
    provider.next = [says({})]
    async with Outgoing([url], resolver=lambda: names) as outgoing:
        await outgoing.send(get(f"{url}/x"))
    assert len(names.asked) == 1


def beyond(url, **given):
    return get(url, beyond=url, **given)


async def test_a_place_that_a_profile_names_is_called_where_the_settings_allow_it(provider):
    provider.next = [says({"a": 1})]
    async with Outgoing([], internal=[provider.url]) as outgoing:
        answer = await outgoing.send(beyond(f"{provider.url}/x", query={"q": "1"}))
        assert answer.json() == {"a": 1}
        assert not outgoing.allows(provider.url)
        with pytest.raises(ProviderFault):  # nobody's profile named it for this request
            await outgoing.send(get(f"{provider.url}/x"))
    assert provider.last.query == {"q": "1"}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/x",
        "http://localhost:{port}/x",
        "https://127.0.0.1:{port}/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/x",
        "https://2130706433/x",
        "https://0177.0.0.1/x",
        "https://user@wiki.example/x",
        "https://localhost./x",
        "https://wiki.example:22/x",
        "http://wiki.example/x",
    ],
)
async def test_no_private_place_is_called_because_a_profile_names_it(provider, url):
    # 14
    url = url.format(port=provider.server.port)
    names = Names()
    async with Outgoing([], resolver=lambda: names) as outgoing:
        with pytest.raises(ProviderFault):
            await outgoing.send(beyond(url))
    assert provider.asked == names.asked == []


async def test_a_request_beyond_goes_to_the_very_place_that_was_named(provider):
    async with Outgoing([], internal=[provider.url]) as outgoing:
        for named in ("https://wiki.example", f"http://localhost:{provider.server.port}", "?"):
            with pytest.raises(ProviderFault):
                await outgoing.send(get(f"{provider.url}/x", beyond=named))
    assert provider.asked == []


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "fe80::1"])
async def test_a_public_name_of_a_profile_that_leads_inside_is_refused(address):
    # 14
    names = Names([address])
    async with Outgoing([], resolver=lambda: names) as outgoing:
        with pytest.raises(Unavailable):
            await outgoing.send(beyond("https://wiki.example/x"))
    assert names.asked == ["wiki.example"]


async def test_a_name_that_changes_its_mind_after_it_was_looked_at_leads_nowhere():
    # 14: DNS rebinding: a good answer while an admin saves, a bad one when it is called
    names = Names(["104.192.142.9"], ["127.0.0.1"])
    resolver = GuardedResolver(names)
    assert [each["host"] for each in await resolver.resolve("a.example", 443)] == ["104.192.142.9"]
    with pytest.raises(OSError, match="no public address"):
        await resolver.resolve("a.example", 443)


async def test_an_internal_name_is_let_in_at_its_own_port_alone():
    names = Names(["10.0.0.1"], ["10.0.0.1"])
    resolver = GuardedResolver(names, (), [("wiki.corp", 8443)])
    assert [each["host"] for each in await resolver.resolve("wiki.corp", 8443)] == ["10.0.0.1"]
    with pytest.raises(OSError, match="no public address"):
        await resolver.resolve("wiki.corp", 443)


async def test_a_redirect_from_beyond_is_not_followed(provider):
    # 14
    provider.next = [says(status=302, headers={"Location": "http://169.254.169.254/"})]
    async with Outgoing([], internal=[provider.url]) as outgoing:
        answer = await outgoing.send(beyond(f"{provider.url}/x"))
    assert answer.status == 302
    assert len(provider.asked) == 1


async def test_netrc_and_proxies_of_the_environment_are_not_read(
    provider, outgoing, monkeypatch, tmp_path
):
    # 13
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    provider.next = [says({})]
    await outgoing.send(get(f"{provider.url}/x", headers={"Authorization": "Bearer ours"}))
    assert provider.last.headers["Authorization"] == "Bearer ours"


async def test_cookies_of_one_answer_are_not_sent_with_the_next_request(provider):
    url = f"http://localhost:{provider.server.port}"  # nobody keeps cookies of bare addresses
    provider.next = [says({}, headers={"Set-Cookie": "session=ada"}), says({})]
    async with Outgoing([url]) as outgoing:
        for _ in range(2):
            await outgoing.send(get(f"{url}/x"))
    assert "Cookie" not in provider.last.headers


async def test_nobody_listening_means_that_nothing_was_sent():
    async with Outgoing(["http://127.0.0.1:1"]) as outgoing:
        for request in (get("http://127.0.0.1:1/x"), post("http://127.0.0.1:1/x")):
            with pytest.raises(Unavailable):
                await outgoing.send(request)


async def test_a_name_nobody_knows_means_that_nothing_was_sent():
    async with Outgoing(["http://wiki.example"], resolver=lambda: Names([])) as outgoing:
        with pytest.raises(Unavailable):
            await outgoing.send(post("http://wiki.example/x"))


async def test_a_server_that_speaks_no_tls_means_that_nothing_was_sent(provider):
    url = provider.url.replace("http:", "https:")
    async with Outgoing([url]) as outgoing:
        with pytest.raises(Unavailable):
            await outgoing.send(post(f"{url}/x"))
    assert provider.asked == []


@pytest.mark.parametrize("broken", [hangs_up, breaks_off, goes_on_for_ever])
async def test_a_write_without_a_whole_answer_is_unclear(provider, outgoing, broken):
    provider.next = [broken]
    with pytest.raises(Unclear):
        await outgoing.send(post(f"{provider.url}/x", most_bytes=100_000))
    assert len(provider.asked) == 1


async def test_a_write_that_takes_too_long_is_unclear(provider, outgoing):
    provider.next = [goes_on_for_ever]
    with pytest.raises(Unclear):
        await outgoing.send(post(f"{provider.url}/x", seconds=0.05, most_bytes=1 << 60))


@pytest.mark.parametrize("broken", [hangs_up, breaks_off])
async def test_a_read_without_a_whole_answer_changed_nothing(provider, outgoing, broken):
    provider.says["/x"] = broken
    with pytest.raises(Unavailable):
        await outgoing.send(get(f"{provider.url}/x"))


async def test_an_answer_without_end_is_cut_off(provider, outgoing):
    provider.next = [goes_on_for_ever]
    with pytest.raises(ProviderFault):
        await outgoing.send(get(f"{provider.url}/x", most_bytes=100_000))


async def test_a_put_is_never_sent_twice_over_a_connection_that_died(provider, outgoing):
    provider.next = [says({})]
    await outgoing.send(Request("S", "PUT", f"{provider.url}/x", writes=True))
    provider.next = [hangs_up, says({})]
    with pytest.raises(Unclear):
        await outgoing.send(Request("S", "PUT", f"{provider.url}/x", writes=True))
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>", "text/html"),
        (b"{", "application/json"),
        (b"", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"a": 1}', "application/octet-stream"),
    ],
)
def test_what_is_not_json_is_not_read_as_json(body, kind):
    # 25
    with pytest.raises(ValueError):  # noqa: PT011 (whatever its words)
        Answer(200, {"content-type": kind}, body).json()


def test_what_is_sent_and_what_comes_back_is_not_shown_by_repr():
    # 24
    request = get("https://a.example", headers={"Authorization": "Bearer secret"})
    answer = Answer(200, {"set-cookie": "secret"}, b"secret")
    assert "secret" not in repr(request) + repr(answer)
