import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.public_address import PublicAddress, is_loopback


@pytest.mark.parametrize(
    ("given_url", "origin"),
    [
        ("https://confab.example", "https://confab.example"),
        ("https://confab.example/", "https://confab.example"),
        ("https://Confab.Example:443", "https://confab.example"),
        ("https://confab.example:8443", "https://confab.example:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://bot.localhost", "http://bot.localhost"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.8.9.1:3000", "http://127.8.9.1:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_address_is_spelt_as_browsers_spell_an_origin(given_url, origin):
    assert PublicAddress(given_url).url == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://confab.example",
        "http://192.168.1.2:3000",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1@127.0.0.1",
        "https://confab.example/bot",
        "https://confab.example?x",
        "https://confab.example#x",
        "https://user:pass@confab.example",
        "https://",
        "ftp://confab.example",
        "confab.example",
        "https://confab.example:port",
        "",
    ],
)
def test_what_cant_be_served_safely_is_refused(url):
    with pytest.raises(ValueError, match=r".+"):
        PublicAddress(url)


def test_cookies_insist_on_https_wherever_it_is_there():
    secure, plain = PublicAddress("https://confab.example"), PublicAddress("http://localhost:1")

    assert (secure.is_secure, secure.cookie) == (True, "__Host-confab")
    assert (plain.is_secure, plain.cookie) == (False, "confab")


@given(st.text())
def test_any_text_is_an_origin_or_refused(text):
    try:
        address = PublicAddress(text)
    except ValueError:
        return
    assert PublicAddress(address.url) == address


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_loopback_is_recognised(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "", "0.0.0.1", "10.0.0.1", "localhost.acme.example", "2130706433", "::"]
)
def test_nothing_else_is_loopback(host):
    assert not is_loopback(host)
