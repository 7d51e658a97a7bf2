"""What an admin may type into a profile, and what it comes to."""

import asyncio
import socket
from dataclasses import fields, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.connection import Connection, Grant
from bot.content import Account
from bot.errors import BadInput, BotError, Unavailable
from bot.principal import Principal, Tenant
from bot.profile import (
    AuthorizationProfile,
    ClientAuthentication,
    Credentials,
    Mechanism,
    Provider,
    TokenBody,
)
from bot.providers.consent import ConsentServers
from bot.providers.identity_wire import site_at
from bot.providers.oauth_wire import Metadata
from bot.providers.outgoing import Outgoing
from bot.providers.profile_rules import filled, published, require_endpoints
from sandbox.issuer.places import NAMES, PRIVATE
from tests.fakes import NOON, FakeClock
from tests.providers.provider import steady

AUTH = "https://auth.atlassian.com"
INSIDE = ("http://127.0.0.1:8090",)
CLOUD, CENTER = Provider.CLOUD, Provider.DATA_CENTER
URLS = (
    "base_url",
    "issuer",
    "authorization_url",
    "token_url",
    "refresh_url",
    "revocation_url",
)


def profile(provider=CENTER, mechanism=Mechanism.OAUTH2, **given):
    return AuthorizationProfile(
        "p1",
        "Acme ID",
        provider=provider,
        mechanism=mechanism,
        **({"client_id": "c", "base_url": "https://wiki.example.com"} | given),
    )


def fill(*args, **given):
    return filled(profile(*args, **given), AUTH, INSIDE)


def refused(*args, **given):
    with pytest.raises(BadInput) as caught:
        fill(*args, **given)
    return caught.value


# The address of Confluence


@pytest.mark.parametrize(
    "typed",
    [
        "https://acme.atlassian.net",
        " https://acme.atlassian.net/ ",
        "HTTPS://Acme.Atlassian.NET/wiki",
        "https://acme.atlassian.net/wiki/",
        "https://acme.atlassian.net/wiki/home",
        "https://acme.atlassian.net/wiki/spaces/ENG/overview?homepageId=98310",
        "https://acme.atlassian.net/wiki/spaces/ENG/pages/98310/Release+checklist#Before-you-start",
        "https://acme.atlassian.net/wiki/x/AbCd",
        "https://acme.atlassian.net/wiki/spaces/ENG/pages/1/Überblick im März",
        "https://acme.atlassian.net/jira/your-work",
        "https://acme.atlassian.net:443/wiki",
        "https://acme.atlassian.net./wiki",
        "https://acme.atlassian.net?x=https://evil.example",
    ],
)
def test_any_address_of_a_cloud_site_is_the_sites(typed):
    assert fill(CLOUD, Mechanism.API_TOKEN, base_url=typed).base_url == "https://acme.atlassian.net"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://wiki.example.com", ""),
        ("https://wiki.example.com/", ""),
        ("https://wiki.example.com/confluence", "/confluence"),
        ("https://wiki.example.com/confluence/", "/confluence"),
        ("https://wiki.example.com/confluence/pages/viewpage.action?pageId=98310", "/confluence"),
        ("https://wiki.example.com/confluence/display/ENG/Release+checklist", "/confluence"),
        ("https://wiki.example.com/confluence/display/ENG/Überblick", "/confluence"),
        ("https://wiki.example.com/confluence/spaces/ENG/pages/98310/Release", "/confluence"),
        ("https://wiki.example.com/confluence/x/AbCd", "/confluence"),
        ("https://wiki.example.com/confluence/dashboard.action#all-updates", "/confluence"),
        ("https://wiki.example.com/confluence/login.action?os_destination=%2F", "/confluence"),
        ("https://wiki.example.com/confluence/rest/api/content", "/confluence"),
        ("https://wiki.example.com/pages/viewpage.action?pageId=1", ""),
        ("https://wiki.example.com/display/ENG", ""),
        ("https://wiki.example.com/index.action", ""),
        ("https://wiki.example.com/wiki/display/ENG/Home", "/wiki"),
        ("https://wiki.example.com/wiki", "/wiki"),
        ("https://wiki.example.com/tools/wiki/x/AbCd", "/tools/wiki"),
        # A context path may be called so; what follows it would tell.
        ("https://wiki.example.com/display", "/display"),
        ("https://wiki.example.com/spaces/", "/spaces"),
        ("HTTPS://WIKI.Example.com/Confluence", "/Confluence"),
        ("http://127.0.0.1:8090/confluence/display/ENG/Home", "/confluence"),
    ],
)
def test_of_a_pages_address_on_data_center_the_context_path_is_kept(typed, kept):
    found = fill(mechanism=Mechanism.PAT, base_url=typed).base_url
    origin = "http://127.0.0.1:8090" if "8090" in typed else "https://wiki.example.com"
    assert found == origin + kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://api.example.com/cloud", "https://api.example.com/cloud"),
        ("https://api.example.com/cloud/wiki", "https://api.example.com/cloud"),
        (
            "https://api.example.com/cloud/wiki/api/v2/pages?limit=1",
            "https://api.example.com/cloud",
        ),
    ],
)
def test_another_server_with_clouds_api_keeps_its_path(typed, kept):
    assert fill(CLOUD, base_url=typed).base_url == kept


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("http://wiki.example.com", "must begin with https://"),
        ("wiki.example.com", "must begin with https://"),
        ("https://wiki.bücher.example", "xn--"),
        ("https://wıki.example.com", "ASCII"),
        ("https://10.0.0.5/confluence", "private address"),
        ("https://localhost/pages/viewpage.action", "private address"),
        ("https://wiki.example.com:22", "443 and 8443"),
        ("https://ada:secret@wiki.example.com/x/AbCd", "user name"),
        ("https://wiki.example.com/a/../b", "in its path"),
        ("https://acme.atlassian.net/wiki", "choose Confluence Cloud"),
        ("https://acme.atlassian-us-gov-mod.net", "choose Confluence Cloud"),
        ("https://api.atlassian.com/ex/confluence/1", "choose Confluence Cloud"),
        ("", "Type the address"),
        ("   ", "Type the address"),
        ("?", "must begin with https://"),
    ],
)
def test_an_address_that_cant_be_used_says_what_to_type(typed, words):
    error = refused(mechanism=Mechanism.PAT, base_url=typed)
    assert error.field == "base_url"
    assert words in str(error) or "isn't an address" in str(error)


@pytest.mark.parametrize(
    "host",
    [
        "acme.atlassian.net.evil.example",
        "evil-atlassian.net",
        "atlassian.net.example",
        "xatlassian.net",
    ],
)
def test_only_the_exact_end_of_a_host_makes_it_clouds(host):
    found = fill(mechanism=Mechanism.PAT, base_url=f"https://{host}/wiki/x/AbCd")
    assert found.base_url == f"https://{host}/wiki"


@pytest.mark.parametrize("mechanism", [Mechanism.OAUTH2, Mechanism.CLIENT_CREDENTIALS])
def test_a_cloud_sites_own_address_takes_no_oauth_tokens(mechanism):
    error = refused(CLOUD, mechanism, base_url="https://acme.atlassian.net")
    assert (error.field, "Leave this empty" in str(error)) == ("base_url", True)


def test_the_gateways_address_is_no_sites():
    error = refused(
        CLOUD, Mechanism.API_TOKEN, base_url="https://api.atlassian.com/ex/confluence/1"
    )
    assert (error.field, "gateway" in str(error)) == ("base_url", True)


@steady
@given(
    st.text(max_size=60), st.sampled_from(Provider), st.sampled_from(["", "https://", "http://"])
)
def test_any_text_is_one_address_or_a_reason(text, provider, scheme):
    given = replace(profile(provider, Mechanism.BASIC), base_url=scheme + text)
    try:
        found = filled(given, AUTH, ())
    except BadInput:
        return
    assert found.base_url.startswith("https://")
    assert filled(found, AUTH, ()) == found
    assert site_at(found).url == found.base_url


path = st.lists(st.sampled_from(["confluence", "tools", "Wiki", "a-b", "x1"]), max_size=2)
page = st.sampled_from(
    [
        "pages/viewpage.action?pageId=1",
        "display/ENG/Home",
        "spaces/ENG/pages/1/T",
        "x/AbCd",
        "index.action",
        "",
    ]
)


@steady
@given(path, page)
def test_the_context_path_is_found_whatever_page_was_pasted(context, below):
    root = "/".join(["https://wiki.example.com", *context])
    assert fill(mechanism=Mechanism.PAT, base_url=f"{root}/{below}").base_url == root


# What goes together


@pytest.mark.parametrize(
    ("provider", "mechanism", "field"),
    [
        (CLOUD, Mechanism.BASIC, "mechanism"),
        (CLOUD, Mechanism.PAT, "mechanism"),
        (CENTER, Mechanism.API_TOKEN, "mechanism"),
    ],
)
def test_a_mechanism_of_the_other_deployment_is_refused(provider, mechanism, field):
    assert refused(provider, mechanism).field == field


def test_passwords_on_cloud_are_refused_with_the_reason():
    error = refused(CENTER, Mechanism.BASIC, base_url="https://acme.atlassian.net")
    assert "takes no passwords" in str(error)


@pytest.mark.parametrize("mechanism", [Mechanism.OAUTH2, Mechanism.CLIENT_CREDENTIALS])
@pytest.mark.parametrize("client_id", ["", "client\u200b", "cl\nient", "Kündin"])
def test_a_client_id_is_of_printed_ascii(mechanism, client_id):
    assert refused(mechanism=mechanism, client_id=client_id).field == "client_id"


def test_atlassians_own_addresses_needn_t_be_typed():
    found = fill(CLOUD, base_url="")
    assert found.authorization_url == f"{AUTH}/authorize"
    assert (found.token_url, found.token_body) == (f"{AUTH}/oauth/token", TokenBody.JSON)
    assert filled(found, AUTH, ()) == found


@pytest.mark.parametrize("field", URLS[1:])
def test_another_servers_tokens_are_never_sent_to_atlassian(field):
    error = refused(CLOUD, base_url="", **{field: "https://login.example.com/x"})
    assert error.field == field


def test_an_incoming_links_addresses_follow_from_the_base():
    found = fill(base_url="https://wiki.example.com/confluence/display/ENG/Home")
    root = "https://wiki.example.com/confluence/rest/oauth2/latest"
    assert (found.authorization_url, found.token_url, found.revocation_url) == (
        f"{root}/authorize",
        f"{root}/token",
        f"{root}/revoke",
    )


# What its server publishes

ISSUER = "https://login.example.com"
TYPED = profile(issuer=ISSUER)


def described(typed=TYPED, **said):
    found = {
        "issuer": typed.issuer,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
    } | said
    return published(filled(typed, AUTH, ()), Metadata.model_validate(found), AUTH, ())


@pytest.mark.parametrize("issuer", ["https://login.example.com/", "https://login.example.com/a/"])
def test_a_slash_at_the_end_belongs_to_the_name_that_iss_must_say(issuer):
    assert fill(issuer=issuer).issuer == issuer
    assert (
        described(replace(TYPED, issuer=issuer.removesuffix("/")), issuer=issuer).issuer == issuer
    )


@pytest.mark.parametrize(
    ("typed", "named", "used"),
    [
        ("client_secret_post", None, "client_secret_post"),
        ("client_secret_basic", None, "client_secret_basic"),
        ("client_secret_post", [], "client_secret_post"),
        ("client_secret_post", ["client_secret_basic"], "client_secret_basic"),
        ("client_secret_basic", ["client_secret_post", "none"], "client_secret_post"),
        ("client_secret_post", ["client_secret_basic", "client_secret_post"], "client_secret_post"),
    ],
)
def test_the_secret_is_sent_as_typed_unless_the_server_takes_another_way(typed, named, used):
    given = replace(TYPED, client_authentication=ClientAuthentication(typed))
    said = {} if named is None else {"token_endpoint_auth_methods_supported": named}
    assert described(given, **said).client_authentication == used


def test_a_server_that_takes_no_secret_that_we_can_send_is_refused():
    with pytest.raises(BadInput) as caught:
        described(token_endpoint_auth_methods_supported=["private_key_jwt"])
    assert caught.value.field == "client_authentication"


@pytest.mark.parametrize(
    ("typed", "named", "used"),
    [
        (True, None, True),
        (True, ["S256", "plain"], True),
        (True, ["plain"], False),
        (False, None, False),
        (False, ["S256"], False),
    ],
)
def test_pkce_is_used_where_nobody_says_otherwise(typed, named, used):
    said = {} if named is None else {"code_challenge_methods_supported": named}
    assert described(replace(TYPED, offers_pkce=typed), **said).offers_pkce is used


@pytest.mark.parametrize("field", ["token_url", "authorization_url"])
def test_an_address_that_nobody_knows_is_asked_for_unless_its_server_is_down(field):
    known = {"authorization_url": f"{ISSUER}/a", "token_url": f"{ISSUER}/t"}
    given = replace(TYPED, **(known | {field: ""}))
    with pytest.raises(BadInput) as caught:
        require_endpoints(given, None)
    assert caught.value.field == field
    down = Unavailable("Acme ID")
    with pytest.raises(Unavailable) as raised:
        require_endpoints(given, down)
    assert raised.value is down


def test_a_service_needs_nowhere_to_send_a_browser():
    given = replace(TYPED, mechanism=Mechanism.CLIENT_CREDENTIALS, token_url=f"{ISSUER}/t")
    require_endpoints(given, None)


said = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=30)
    | st.sampled_from([*PRIVATE.values()]),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@steady
@given(st.dictionaries(st.sampled_from([*Metadata.model_fields]), said, max_size=6))
def test_whatever_is_published_is_taken_or_refused_in_our_own_words(document):
    try:
        found = Metadata.model_validate({"issuer": ISSUER} | document)
    except ValueError:
        return
    assume(found.issuer == ISSUER)
    try:
        complete = published(filled(TYPED, AUTH, ()), found, AUTH, ())
    except BadInput:
        return
    for field in URLS[1:]:
        url = getattr(complete, field)
        assert not url or url.startswith("https://")


# Nothing that is typed leads inside a network


class Astray:
    """Resolves every name to addresses inside, at the port of a trap."""

    def __init__(self, port):
        self.port = port
        self.asked = set()

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked.add(host)
        hosts = ("127.0.0.1", "::1", "10.0.0.5", "169.254.169.254", "::ffff:127.0.0.1")
        return [
            {
                "hostname": host,
                "host": each,
                "port": self.port,
                "family": socket.AF_INET6 if ":" in each else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for each in hosts
        ]

    async def close(self):
        return


class Trap:
    """A port inside the network; whoever connects is counted."""

    def __init__(self, runner):
        self.caught = 0
        self.runner = runner
        self.server = runner.run(asyncio.start_server(self._catch, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]

    async def _catch(self, _reader, writer):
        self.caught += 1
        writer.close()


@pytest.fixture(scope="module")
def trap():
    with asyncio.Runner() as runner:
        trap = Trap(runner)
        yield trap
        trap.server.close()


@st.composite
def typed_profiles(draw, port):
    hosts = st.sampled_from(
        [
            *NAMES,
            "127.0.0.1",
            "127.1",
            "2130706433",
            "[::1]",
            "[::ffff:7f00:1]",
            "localhost",
            "wiki.example.com",
            "acme.atlassian.net",
            "auth.atlassian.com",
            "api.atlassian.com",
            "auth.atlassian.com@127.0.0.1",
        ]
    )
    schemes = st.sampled_from(["https", "http", "HTTPS", "file", ""])
    ports = st.sampled_from(["", f":{port}", ":443", ":8443", ":"])
    paths = st.sampled_from(["", "/", "/wiki", "/confluence/x/a", "/../..", "?x", "#x"])
    made = st.tuples(schemes, hosts, ports, paths).map(lambda p: f"{p[0]}://{p[1]}{p[2]}{p[3]}")
    url = made | st.sampled_from([*PRIVATE.values()]) | st.text(max_size=20) | st.just("")
    return AuthorizationProfile(
        "p1",
        "Acme",
        provider=draw(st.sampled_from(Provider)),
        mechanism=draw(st.sampled_from(Mechanism)),
        client_id="c",
        client_secret=SecretStr("hush"),
        **{name: draw(url) for name in URLS},
    )


async def use(consent, given):
    """Do everything that a profile is for; what is refused is refused in our own words."""
    grant = Grant(SecretStr("a"), SecretStr("r"), NOON, frozenset())
    principal = Principal(Tenant("T1"), "U1")
    connection = Connection(principal, "p1", Account("a", "Ada"), (site_of(given),), grant, NOON)
    for asked in (
        lambda: consent.redeem(given, SecretStr("code"), SecretStr("v" * 64)),
        lambda: consent.renew(given, grant),
        lambda: consent.revoke(given, grant),
        lambda: consent.present(given, Credentials(SecretStr("secret"), "ada")),
        lambda: consent.list_sites(given, connection),
    ):
        try:
            await asked()
        except BotError:
            continue


def site_of(given):
    return site_at(replace(given, base_url="https://wiki.example.com"))


def test_nothing_typed_leads_inside_however_names_resolve(trap):
    clock, resolver = FakeClock(), Astray(trap.port)

    @settings(steady, max_examples=200)
    @given(typed_profiles(trap.port))
    def walk(typed):
        async def go():
            async with Outgoing([AUTH], resolver=lambda: resolver) as outgoing:
                consent = ConsentServers(outgoing, AUTH, "https://api.atlassian.com", clock, ())
                try:
                    complete = await consent.complete(typed)
                except BotError:
                    complete = typed  # as though it had been kept before there was a rule
                await use(consent, complete)

        trap.runner.run(go())
        assert trap.caught == 0

    walk()
    # Public names were looked up, and led inside; private ones weren't even that.
    assert len(resolver.asked) > 2
    assert not resolver.asked & {"localhost", "127.0.0.1", "metadata.google.internal"}


def test_the_trap_catches_whom_nobody_guards(trap):
    async def go():
        _, writer = await asyncio.open_connection("127.0.0.1", trap.port)
        writer.close()
        await writer.wait_closed()

    before = trap.caught
    trap.runner.run(go())
    trap.runner.run(asyncio.sleep(0))
    assert trap.caught > before
    trap.caught = 0


def test_every_address_of_a_profile_is_among_those_tried():
    names = {each.name for each in fields(AuthorizationProfile) if each.name.endswith("_url")}
    assert names - {"callback_url"} <= set(URLS)
