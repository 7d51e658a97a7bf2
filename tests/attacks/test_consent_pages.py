"""The same walls as a browser, or somebody who pretends to be one, meets them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.content import Account, AccountId, CloudId, Site
from bot.pending import Obtained, Step
from bot.ports import Proven
from tests.bot.fakes_connect import LABS, granted
from tests.handlers.browsing import OUR_FORM, browsing, serving

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=80)
HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(1)>{{7*7}}{person}"""


@pytest.fixture
async def world():
    async with serving() as world:
        yield world


@pytest.fixture
async def ada(world):
    async with browsing(world) as visitor:
        yield visitor


@pytest.fixture
async def bob(world):
    async with browsing(world) as visitor:
        yield visitor


async def test_someone_elses_link_names_them_and_tells_nobody(ada, world):
    to_slack = await ada.begin()
    world.sign_in.proven = Proven("U2", "T1", None)
    page = await ada.back_from_slack(to_slack.state)

    assert (page.status, page.heading) == (403, "This link is for someone else")
    assert "The link is for Ada Acme Inc in Slack" in page.words
    assert world.voice.said == []
    assert world.connections.all == {}


async def test_a_callback_opened_in_another_browser_connects_nobody(ada, bob, world):
    to_atlassian = await ada.prove()
    await bob.open()
    page = await bob.back_from_atlassian(to_atlassian.state)

    assert page.heading == "This began in another browser"
    assert world.provider.redeemed == []


async def test_a_callback_opened_without_any_cookie_connects_nobody(ada, bob, world):
    to_atlassian = await ada.prove()
    page = await bob.back_from_atlassian(to_atlassian.state)

    assert page.heading == "Your browser didn’t send our cookie"
    assert world.provider.redeemed == []


async def test_a_state_is_refused_on_another_profiles_path(ada, world):
    to_atlassian = await ada.prove()
    page = await ada.back_from_atlassian(to_atlassian.state, profile="custom")

    assert page.heading == "We don’t know this link"
    assert world.provider.redeemed == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": ""},
    ],
)
async def test_a_form_from_another_site_is_ignored(ada, world, headers):
    invitation = await world.invite()
    await ada.get(invitation.link)
    before = world.pendings.changes
    page = await ada.post(invitation.link, headers=headers)
    again = await ada.post("/connect/again", {"tenant": "T1"}, headers=headers)

    assert (page.status, again.status) == (403, 403)
    assert page.heading == "This form came from somewhere else"
    assert world.pendings.changes == before


@pytest.mark.parametrize("fetched", [{}, {"Sec-Fetch-Site": "same-origin"}])
async def test_our_own_forms_are_taken_from_old_browsers_and_new(ada, world, fetched):
    invitation = await world.invite()
    await ada.get(invitation.link)

    headers = {"Origin": world.address.url, **fetched}
    assert (await ada.post(invitation.link, headers=headers)).status == 303


async def test_a_poisoned_host_changes_no_link(ada, world):
    poison = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"}
    page = await ada.get((await world.invite()).link, headers=poison)

    assert "evil" not in page.text
    [form] = page.tree.xpath("//form")
    assert form.action.startswith(world.address.url)
    sent = await ada.post(form.action, headers={**OUR_FORM, **poison})
    assert "evil" not in str(sent.headers)


async def test_a_poisoned_host_is_not_an_origin(ada, world):
    invitation = await world.invite()
    await ada.get(invitation.link)

    headers = {"Host": "evil.example", "Origin": "http://evil.example"}
    assert (await ada.post(invitation.link, headers=headers)).status == 403


async def test_names_are_words_and_never_markup(ada, world):
    start = await ada.open(person=HOSTILE)
    sites = (Site(CloudId(HOSTILE), HOSTILE, HOSTILE), LABS)
    world.provider.obtained = Obtained(granted(), Account(AccountId(HOSTILE), HOSTILE), sites)
    choice = await ada.get((await ada.consent(person=HOSTILE)).location)
    done = await ada.submit(choice, "connect", site=HOSTILE)

    for page in (start, choice, done):
        assert page.tree.xpath("//script | //img | //*[@onerror]") == []
        assert HOSTILE in page.tree.text_content()
        assert "{{7*7}}" in page.text


async def test_headers_cant_be_injected(ada):
    for path in (
        "/connect/T1.x%0d%0aSet-Cookie:%20a=b",
        "/connect/callback/x%0d%0aSet-Cookie:a=b?state=T1.%0d%0aX",
        "/connect/slack?state=%0d%0aX&code=%00",
    ):
        page = await ada.get(path)
        assert page.status == 404
        assert "a=b" not in str(page.headers)


@pytest.mark.parametrize("path", ["/connect/T1.x", "/connect/again", "/connect/choice/T1.x"])
async def test_an_oversized_form_is_refused(ada, path):
    page = await ada.post(path, {"tenant": "T" * 5000})

    assert (page.status, page.heading) == (413, "That was too much")


async def test_an_endless_form_is_cut_off(ada):
    async def endless():
        for _ in range(1000):
            yield b"a=" + b"b" * 4000

    headers = {**OUR_FORM, "Content-Type": "application/x-www-form-urlencoded"}
    page = await ada.post("/connect/again", data=endless(), headers=headers)

    assert page.status == 413


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join(b"a=1" for _ in range(99)), b"a=%ff"])
async def test_a_malformed_form_is_refused_or_read_as_nothing(ada, body):
    headers = {**OUR_FORM, "Content-Type": "application/x-www-form-urlencoded"}

    assert (await ada.post("/connect/again", data=body, headers=headers)).status in {400, 404}


@pytest.mark.parametrize("tenant", ["", "T9", "../T1", "T1\n", "💥", "$ne", "E" * 999])
async def test_nobody_begins_anew_where_we_arent_installed(ada, world, tenant):
    await ada.open()
    page = await ada.post("/connect/again", {"tenant": tenant})

    assert page.status in {404, 410}
    assert world.pendings.of(Step.PROOF) == []


async def test_codes_and_states_stay_out_of_pages_and_logs(ada, capsys):
    state = (await ada.prove()).state
    page = await ada.back_from_atlassian(state, code="c0de-secret", error="access_denied")
    written = "".join(capsys.readouterr())

    for secret in (state, "c0de-secret"):
        assert secret not in page.text
        assert secret not in written


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(error=WORDS, state=WORDS, code=WORDS)
async def test_whatever_a_redirect_brings_gets_a_page(ada, error, state, code):
    page = await ada.get(
        "/connect/callback/system", params={"error": error, "state": state, "code": code}
    )

    assert page.status == 404
    assert page.heading == "We don’t know this link"
