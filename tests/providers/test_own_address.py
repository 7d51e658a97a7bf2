"""Sites with an address of their own, and what is sent there and taken from there.

The server says what each test tells it to. Numbers in comments: see `test_confluence`.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.authorize import TokenRefused
from bot.connection import NEVER, Grant
from bot.content import Account, AccountId, CloudId, PageId, Site, SpaceId, file_name
from bot.document import CodeBlock, Document, Mention, Paragraph, Text
from bot.documents import digest_of, from_storage, to_storage
from bot.errors import (
    AppBlocked,
    BadInput,
    BotError,
    CaptchaRequired,
    Changed,
    CredentialRefused,
    NoApiThere,
    NoLicence,
    NotAllowed,
    NotFound,
    ProviderFault,
    ScopeMissing,
    TitleTaken,
    Unavailable,
    Unclear,
)
from bot.profile import Mechanism, Provider
from bot.providers import datacenter_around_wire as around_wire
from bot.providers import datacenter_wire as wire
from bot.providers.confluence import ConfluenceApi
from bot.providers.confluence_bodies_wire import read
from bot.providers.confluence_wire import Upload, form_of, was_made_since
from bot.providers.datacenter import DataCenterApi
from bot.providers.dialects import either
from bot.providers.gateway import Gateway, Pace
from bot.providers.outgoing import Answer, Outgoing
from bot.quota import Quota
from tests.bot.documents_given import documents
from tests.fakes import ACME, ENG, NOON, connection
from tests.providers.ledger import IdleLedger
from tests.providers.provider import breaks_off, hangs_up, html, says, steady

ID = PageId("98319")
HELLO = Document((Paragraph((Text("Hello"),)),))
CONTEXT = "/confluence"
PAGE = f"{CONTEXT}/rest/api/content/98319"
SEARCH = f"{CONTEXT}/rest/api/search"
SPACE = {"id": 11, "key": "ENG", "name": "Engineering"}
BODY = {
    "id": "98319",
    "type": "page",
    "status": "current",
    "title": "VPN setup",
    "space": SPACE,
    "version": {"number": 4, "message": "typo", "when": "2026-01-02T03:04:05.000+01:00"},
    "ancestors": [{"id": "5"}, {"id": "7"}],
    "history": {
        "createdBy": {"type": "known", "username": "ada", "userKey": "key-of-ada"},
        "createdDate": "2029-12-31T23:00:00.000Z",
    },
    "body": {"storage": {"value": "<p>Hello</p>", "representation": "storage"}},
    "_links": {"webui": "/spaces/ENG/pages/98319/VPN+setup", "base": "https://elsewhere.example"},
}


@pytest.fixture
def site(provider):
    url = provider.url + CONTEXT
    return Site(CloudId("dc"), "Acme", url, url)


@pytest.fixture
async def outgoing(provider):
    """Nothing of the settings leads to the server: the profile of the connection does."""
    async with Outgoing([], internal=[provider.url]) as outgoing:
        yield outgoing


@pytest.fixture
def confluence(outgoing, clock):
    async def sleep(_seconds):
        pass

    quota = Quota(IdleLedger(), clock, person=3)
    gateway = Gateway(outgoing, "https://gateway.example", quota, clock, Pace(sleep, lambda: 1.0))
    return either(ConfluenceApi(gateway, clock), DataCenterApi(gateway, clock))


def connect(site, mechanism=Mechanism.PAT, kind="Bearer", **more):
    grant = Grant(SecretStr("secret-token"), None, NEVER, frozenset(), kind)
    account = Account(AccountId("key-of-ada"), "Ada")
    return replace(
        connection(given=grant),
        **{
            "sites": (site,),
            "account": account,
            "mechanism": mechanism,
            "provider": Provider.DATA_CENTER,
            **more,
        },
    )


@pytest.fixture
def ada(site):
    return connect(site)


# How it is sent


async def test_a_call_goes_to_the_sites_own_address_with_its_context_path(
    confluence, provider, ada, site
):
    provider.says[PAGE] = says(BODY)
    found = await confluence.get_page(ada, site, ID)
    assert provider.last.headers["Authorization"] == "Bearer secret-token"
    assert (found.document, found.page.parent_id, found.page.space_id) == (HELLO, "7", "11")
    # What the server takes for its own address isn't believed.
    assert found.page.url == f"{site.url}/spaces/ENG/pages/98319/VPN+setup"


async def test_a_pair_of_user_and_password_goes_as_basic(confluence, provider, site):
    provider.says[PAGE] = says(BODY)
    await confluence.get_page(connect(site, Mechanism.BASIC, "Basic"), site, ID)
    assert provider.last.headers["Authorization"] == "Basic secret-token"


async def test_a_classic_token_speaks_clouds_dialect_at_the_site(confluence, provider):
    url = f"{provider.url}/acme"
    site = Site(CloudId("c"), "Acme", url, f"{url}/wiki")
    body = {"id": "98319", "title": "VPN", "spaceId": "11", "_links": {"webui": "/x"}}
    provider.says["/acme/wiki/api/v2/pages/98319"] = says(body)
    cloud = connect(site, Mechanism.API_TOKEN, "Basic", provider=Provider.CLOUD)
    head = await confluence.get_page_head(cloud, site, ID)
    assert head.url == f"{url}/wiki/x"


async def test_only_what_counts_against_an_apps_points_is_held_to_them(
    confluence, provider, ada, site
):
    headers = {"X-RateLimit-Limit": "65000", "X-RateLimit-Remaining": "0"}
    provider.says[PAGE] = says(BODY, headers=headers)
    for _ in range(9):  # a person's three points would be spent by the second
        await confluence.get_page(ada, site, ID)


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "1200", "RateLimit-Reason": "confluence-quota-tenant-based"},
        {"X-RateLimit-Limit": "65000", "X-RateLimit-Remaining": "0", "Retry-After": "1200"},
    ],
)
async def test_what_one_token_may_not_ask_any_more_is_nobody_elses(
    confluence, provider, ada, site, headers
):
    provider.next = [says({}, 429, headers), says(BODY), says({"id": "98319"})]
    with pytest.raises(Unavailable):
        await confluence.get_page(ada, site, ID)
    assert await confluence.get_page(ada, site, ID)
    apps = connect(site, Mechanism.OAUTH2, provider=Provider.CLOUD)
    assert apps.has_points
    assert await confluence.get_page(apps, site, ID)


async def test_every_write_says_that_it_is_no_forged_one(confluence, provider, ada, site):
    # 16
    provider.says[PAGE] = says(None, 204)
    await confluence.trash_page(ada, site, ID)
    assert provider.last.headers["X-Atlassian-Token"] == "no-check"


async def test_a_file_is_posted_and_put_under_its_own_id_the_next_time(
    confluence, provider, ada, site
):
    # 16: Data Center has no PUT for it, and refuses a name that is there
    files, file = f"{PAGE}/child/attachment", {"id": "att77", "title": "a.txt"}
    provider.next = [says({"results": []}), says({"results": [file]})]
    await confluence.attach(ada, site, ID, "a.txt", b"one", "text/plain")
    assert (provider.last.method, provider.last.path) == ("POST", files)
    provider.next = [says({"results": [file]}), says(file)]
    await confluence.attach(ada, site, ID, "a.txt", b"two", "text/plain")
    assert (provider.last.method, provider.last.path) == ("POST", f"{files}/77/data")
    assert provider.last.headers["X-Atlassian-Token"] == "no-check"


async def test_an_address_inside_that_is_not_allowed_any_more_is_not_called(provider, clock, site):
    # 14
    async with Outgoing([]) as outgoing:
        gateway = Gateway(outgoing, "https://gateway.example", Quota(IdleLedger(), clock), clock)
        with pytest.raises(ProviderFault):
            await DataCenterApi(gateway, clock).get_page(connect(site), site, ID)
    assert provider.asked == []


# What comes back


def page(words, status, headers=None):
    return says({"statusCode": status, "message": words}, status, headers)


CAPTCHA = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x/login.action"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says({}, 401), TokenRefused),
        (html(401), TokenRefused),
        (says({}, 401, CAPTCHA), CaptchaRequired),
        (says({}, 403, CAPTCHA), CaptchaRequired),
        (page("Basic Authentication with passwords is deprecated.", 401), CredentialRefused),
        (page("Failed to parse Connect Session Auth Token", 403), CredentialRefused),
        (page("Basic authentication has been disabled on this instance.", 403), CredentialRefused),
        (page("Current user not permitted to use Confluence", 403), NoLicence),
        (page("Your organization's admin has blocked this app", 403), AppBlocked),
        (page("no", 403, {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}), ScopeMissing),
        (page("The token doesn't have the scope WRITE", 403), ScopeMissing),
        (page("You may not", 403), NotAllowed),
        (html(403), NotAllowed),
        (page("No content found", 404), NotFound),
        (html(404), NoApiThere),
        (html(200), NoApiThere),
        (says({}, 302, {"Location": "/login.action"}), NoApiThere),
        (html(503), Unavailable),
        (page("oops", 500), Unavailable),
        (page("strange", 418), ProviderFault),
    ],
)
async def test_each_no_to_a_reader_has_a_name(confluence, provider, ada, site, answer, error):
    # 10, 25
    provider.says[PAGE] = answer
    with pytest.raises(error) as caught:
        await confluence.get_page(ada, site, ID)
    assert type(caught.value) is error


async def test_what_nobody_in_particular_was_told_is_no_answer(confluence, provider, ada, site):
    provider.says[PAGE] = says(BODY, headers={"X-AUSERNAME": "anonymous"})
    with pytest.raises(TokenRefused):
        await confluence.get_page(ada, site, ID)
    provider.says[PAGE] = says(BODY, headers={"X-AUSERNAME": "ada"})
    assert await confluence.get_page(ada, site, ID)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (page("A page with this title already exists: A page already exists", 400), TitleTaken),
        (page("Version must be incremented on update. Current version is: 5", 409), Changed),
        (html(413), NoApiThere),
        (page("too much", 413), BadInput),
        (says({}, 302, {"Location": "/login.action"}), NoApiThere),
        (html(200), Unclear),
        (page("oops", 500), Unclear),
        (hangs_up, Unclear),
        (breaks_off, Unclear),
    ],
)
async def test_each_no_to_a_writer_has_a_name(confluence, provider, ada, site, answer, error):
    # 17, 20, 21
    provider.says[PAGE] = answer
    with pytest.raises(error) as caught:
        await confluence.update_page(ada, site, ID, "VPN", HELLO, base=4, message="m")
    assert type(caught.value) is error
    assert len(provider.asked) == 1


async def test_a_search_falls_back_where_the_products_own_is_unknown(
    confluence, provider, ada, site
):
    refused = page("Could not parse cql", 400)
    provider.next = [refused, says({"results": []})]
    query = 'siteSearch ~ "siteSearch ~ x" and space in ("ENG")'
    await confluence.search(ada, site, query)
    assert provider.last.query["cql"] == 'text ~ "siteSearch ~ x" and space in ("ENG")'
    provider.next = [refused]
    with pytest.raises(BadInput):
        await confluence.search(ada, site, "text ~ x")


@pytest.mark.parametrize("start", ["0", "-5", "x", "", "5", "99999999999", "٥"])
async def test_a_next_page_that_leads_nowhere_is_the_end(confluence, provider, ada, site, start):
    # 2, 3
    links = {"next": f"/rest/api/search?cql=x&start={start}"}
    provider.says[SEARCH] = says({"results": [], "_links": links})
    assert (await confluence.search(ada, site, "x", "5")).cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "-1", "9" * 30, "../", "٥"])
async def test_a_cursor_that_was_tampered_with_begins_anew(confluence, provider, ada, site, cursor):
    provider.says[SEARCH] = says({"results": []})
    await confluence.search(ada, site, "x", cursor)
    assert provider.last.query["start"] == "0"


async def test_a_space_is_known_by_its_number_whatever_the_server_makes_of_the_question(
    confluence, provider, ada, site
):
    others = [{"id": 9, "key": "OPS", "name": "Operations"}, SPACE]
    provider.says[f"{CONTEXT}/rest/api/space"] = says({"results": others})
    assert (await confluence.get_space(ada, site, SpaceId("11"))).key == "ENG"
    with pytest.raises(NotFound):
        await confluence.get_space(ada, site, SpaceId("10"))


async def test_nobody_may_where_any_part_of_the_answer_is_unknown(confluence, provider, ada, site):
    open_ = {"restrictions": {"user": {"results": []}, "group": {"results": []}}}
    right = {"operation": {"operationKey": "read", "targetType": "space"}}
    restricted = [
        f"{CONTEXT}/rest/api/content/{n}/restriction/byOperation/read" for n in (98319, 5, 7)
    ]
    good = {PAGE: BODY, f"{CONTEXT}/rest/api/space/ENG/permissions/group/staff": [right]}
    good |= dict.fromkeys(restricted, open_)

    async def may():
        return await confluence.may(ada, site, ID, "read", account=None, group="staff", fresh=True)

    for path, body in good.items():
        provider.says[path] = says(body)
    assert await may()
    for path, body in good.items():
        for broken in (says({}, 403), says({}, 404), says({}, 410), html(), says({}), hangs_up):
            provider.says[path] = broken
            assert not await may(), path
        provider.says[path] = says(body)
    assert await may()
    provider.says[PAGE] = says({}, 401)
    with pytest.raises(TokenRefused):
        await may()


@pytest.mark.parametrize("skew", [timedelta(0), timedelta(hours=3), timedelta(hours=-3)])
@pytest.mark.parametrize(("age", "is_ours"), [(5, True), (100, False)])
async def test_who_wrote_a_page_when_is_told_whatever_the_servers_clock_says(
    confluence, provider, ada, site, skew, age, is_ours
):
    made = {**BODY["history"], "createdDate": (NOON + skew - timedelta(seconds=age)).isoformat()}
    date = format_datetime((NOON + skew).astimezone(UTC), usegmt=True)
    provider.says[f"{CONTEXT}/rest/api/space"] = says({"results": [SPACE]})
    provider.says[f"{CONTEXT}/rest/api/content"] = says(
        {"results": [{**BODY, "history": made}]}, headers={"Date": date}
    )
    since = NOON - timedelta(seconds=30)
    found = await confluence.find_written(ada, site, ENG, "VPN setup", since)
    assert (found is not None) is is_ours
    other = replace(ada, account=Account(AccountId("key-of-bob"), "Bob"))
    assert await confluence.find_written(other, site, ENG, "VPN setup", since) is None


async def test_the_same_is_told_on_cloud(confluence, provider):
    url = f"{provider.url}/acme"
    site = Site(CloudId("c"), "Acme", url, f"{url}/wiki")
    cloud = connect(site, Mechanism.API_TOKEN, "Basic", provider=Provider.CLOUD)
    body = {"id": "98319", "title": "VPN setup", "spaceId": "11", "authorId": "key-of-ada"}
    pages = "/acme/wiki/api/v2/pages"
    provider.says[f"{pages}/98319"] = says(body)
    headers = {"Date": format_datetime(NOON, usegmt=True)}
    for age, is_ours in ((5, True), (100, False)):
        created = (NOON - timedelta(seconds=age)).isoformat()
        listed = {"results": [{**body, "createdAt": created}]}
        provider.says[pages] = says(listed, headers=headers)
        since = NOON - timedelta(seconds=30)
        found = await confluence.find_written(cloud, site, ENG, "VPN setup", since)
        assert (found is not None) is is_ours


# Pure


times = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@steady
@given(times, st.timedeltas(timedelta(days=-2), timedelta(days=2)), st.integers(0, 10**6))
def test_what_was_made_after_a_moment_is_never_taken_for_older(since, skew, later):
    """Whatever the server's clock is off by, and however its date is cut."""
    made = since + timedelta(microseconds=later)
    answered = made + timedelta(milliseconds=300)
    date = format_datetime((answered + skew).replace(microsecond=0), usegmt=True)
    assert was_made_since(made + skew, since, {"date": date}, answered)
    earlier = since - timedelta(seconds=2) - timedelta(microseconds=later)
    assert not was_made_since(earlier + skew, since, {"date": date}, answered)


@steady
@given(st.text(max_size=40), st.binary(max_size=200), st.text(max_size=30))
def test_any_file_is_sent_as_one_part_under_its_name(name, content, kind):
    known = file_name(name)
    form = form_of(Upload(known, content, kind, is_minor=True), "b" * 32)
    head = b'Content-Type: multipart/form-data; boundary="' + b"b" * 32 + b'"\r\n\r\n'
    parts = message_from_bytes(head + form).get_payload()
    names = [part.get_param("name", header="content-disposition") for part in parts]
    assert names == ["minorEdit", "file"]
    assert f'filename="{known}"\r\n'.encode() in form
    assert content in form
    assert not set('"\\/\r\n') & set(known)
    assert known


@steady
@given(st.text(max_size=60), st.text(max_size=60))
def test_a_product_search_is_made_plain_outside_quotes_alone(words, value):
    quoted = json.dumps(value)
    assert around_wire.without_site_search(f"siteSearch ~ {quoted}") == f"text ~ {quoted}"
    assert around_wire.without_site_search(quoted) == quoted
    around_wire.without_site_search(words)


@steady
@given(st.text(max_size=60), st.from_regex(r"[A-Za-z0-9:-]{1,40}", fullmatch=True))
def test_people_are_named_by_user_key_and_nothing_else_is_touched(code, account):
    code = f'{code}<ri:user ri:account-id="1" />'
    document = Document((Paragraph((Mention(account, "Ada"),)), CodeBlock(code)))
    stored = wire.storage_of(document)
    assert f'<ri:user ri:userkey="{account}"' in stored
    assert from_storage(stored) == from_storage(to_storage(document))


@steady
@given(documents)
def test_a_text_is_known_again_when_it_is_read_back(document):
    """As the publisher compares it: what this dialect writes reads as what storage carries."""
    found, sent = from_storage(wire.storage_of(document)), from_storage(to_storage(document))
    assert digest_of(found) == digest_of(sent)


@steady
@given(st.text(max_size=60), st.integers(0, 10**6))
def test_any_next_link_leads_on_or_nowhere(link, sent):
    for each in (link, f"/x?start={link}", f"https://[{link}"):
        start = wire.offset_in(each, sent)
        assert start is None or int(start) > sent
        assert wire.offset_of(link) >= 0


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["ENG", "1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*BODY, "results", "operation", "subject", "restrictions", "user"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@steady
@given(anything)
def test_any_answer_is_read_or_refused(value):
    given_ = [value, {**BODY, "body": value, "version": value}, {"results": [value]}, [value]]
    site = replace(ACME, api_url=ACME.url)
    for each in given_:
        answer = Answer(200, {"content-type": "application/json"}, json.dumps(each).encode())
        for shape, use in (
            (wire.ContentBody, lambda body: (wire.page_of(body, site), wire.document_of(body))),
            (wire.ContentList, lambda body: [wire.page_of(one, site) for one in body.results]),
            (wire.SpaceList, lambda body: [wire.space_of(one) for one in body.results]),
            (around_wire.Permissions, lambda body: around_wire.lets_group(body, "update")),
            (around_wire.Permissions, around_wire.is_open),
            (around_wire.Restricted, lambda body: around_wire.lets_through(body, "staff")),
        ):
            try:
                use(read(answer, shape))
            except BotError:
                continue
