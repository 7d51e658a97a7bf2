import re
from pathlib import Path

import pytest
from multidict import CIMultiDict

from bot.connect import End
from bot.connection import READ, WRITE, Need
from bot.content import Account, AccountId
from bot.errors import Unavailable
from bot.pending import Obtained, Parked, Step
from bot.public_address import PublicAddress
from handlers.browser import Pages, redirect_targets
from handlers.browser import pages as browser_pages
from handlers.browser.words import ASKED, ENDS, asked_in_words
from tests.bot.fakes_connect import (
    ACME,
    ADA,
    BYRON,
    LABS,
    LOVELACE,
    NOON,
    granted,
    installed,
)
from tests.handlers.browsing import browsing, serving


@pytest.fixture
async def world():
    async with serving() as world:
        yield world


@pytest.fixture
async def ada(world):
    async with browsing(world) as visitor:
        yield visitor


@pytest.fixture
def several(world):
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LABS))


@pytest.fixture
def unproven(world):
    world.sign_in.configured = False


async def test_the_start_page_says_who_what_and_where(ada):
    page = await ada.open()

    assert page.status == 200
    assert page.heading == "Connect your Confluence to Slack"
    for words in ("Ada", "Acme Inc", "Search and read", "Stay connected", "encrypted"):
        assert words in page.words
    assert "Create and change pages" not in page.words


async def test_the_start_page_names_writing_only_where_it_is_asked_for(ada):
    page = await ada.open(need=Need.WRITE)

    assert "Create and change pages" in page.words
    assert "Move pages to the trash" in page.words
    assert "write:page:confluence" in page.words


@pytest.mark.parametrize("need", Need)
def test_every_scope_that_is_asked_for_is_in_words(need):
    groups = asked_in_words(need.scopes)

    assert frozenset().union(*(each.scopes for each in groups)) >= need.scopes
    assert all(each.means for each in groups)


def test_each_scope_is_in_one_group():
    scopes = [scope for each in ASKED for scope in each.scopes]

    assert len(scopes) == len(set(scopes))


def test_every_end_has_words_of_its_own():
    assert set(ENDS) == set(End)
    assert len({words.title for words in ENDS.values()}) == len(End)


async def test_opening_a_link_any_number_of_times_changes_nothing(ada, world):
    invitation = await world.invite()
    before = world.pendings.changes
    for _ in range(3):
        await ada.get(invitation.link)
        async with ada.session.head(invitation.link) as answer:
            assert answer.status == 200

    assert world.pendings.changes == before


async def test_the_cookie_names_the_browser_and_not_the_flow(ada, world):
    first = await ada.open()
    second = await ada.open()

    cookie = first.headers["Set-Cookie"]
    assert re.fullmatch(r"confab=[\w-]{43}; HttpOnly; Path=/; SameSite=Lax", cookie)
    assert "Set-Cookie" not in second.headers


@pytest.mark.parametrize("forged", ["", "x", "a" * 42, "a" * 44, "a" * 42 + "!"])
async def test_a_cookie_that_isnt_ours_is_replaced(ada, world, forged):
    page = await ada.get((await world.invite()).link, headers={"Cookie": f"confab={forged}"})

    assert "Set-Cookie" in page.headers


def test_on_https_the_cookie_is_bound_to_the_host():
    pages = Pages(PublicAddress("https://confab.example"))
    response = pages.problem(404, "r1")
    pages.name_browser(response)

    cookie = response.cookies["__Host-confab"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert response.headers["Strict-Transport-Security"] == "max-age=63072000"


async def test_the_whole_way_ends_with_a_way_back(ada, world):
    to_slack = await ada.begin(parked=Parked("search x", "C1", NOON))
    assert (to_slack.status, to_slack.location) == (
        303,
        f"{world.sign_in.url}?state={to_slack.state}&team=T1",
    )
    to_atlassian = await ada.back_from_slack(to_slack.state)
    assert to_atlassian.status == 303
    assert to_atlassian.location.startswith(world.provider.url)
    done = await ada.back_from_atlassian(to_atlassian.state)

    assert (done.status, done.heading) == (200, "You’re connected")
    assert "Ada Lovelace" in done.words
    assert "https://acme.example" in done.words
    assert "goes on in Slack" in done.words
    assert done.tree.xpath("//a/@href") == [
        "slack://app?team=T1&id=A1",
        "https://app.slack.com/client/T1",
    ]
    assert world.connection_of().account == LOVELACE


@pytest.mark.usefixtures("several")
async def test_with_several_sites_a_page_asks_and_can_be_reloaded(ada, world):
    to_choice = await ada.consent()
    assert to_choice.status == 303
    for _ in range(2):
        page = await ada.get(to_choice.location)
        assert page.heading == "Which site do you want to use?"
    assert page.tree.xpath("//input[@checked]") == []
    done = await ada.submit(page, "connect", site="c2")

    assert done.heading == "You’re connected"
    assert await world.site_of() == LABS.cloud_id


@pytest.mark.usefixtures("several")
async def test_a_form_without_a_site_comes_back_with_the_reason(ada):
    page = await ada.get((await ada.consent()).location)
    again = await ada.submit(page, "connect")

    assert again.status == 400
    assert again.tree.xpath("//*[@role='alert']")[0].text == "Please choose a site."
    assert (await ada.submit(again, "connect", site="c1")).heading == "You’re connected"


async def test_another_account_is_asked_about_and_both_are_named(ada, world):
    await ada.consent()
    world.provider.obtained = Obtained(granted(), BYRON, (ACME,))
    page = await ada.get((await ada.consent()).location)

    assert page.heading == "Replace the account that is connected?"
    assert "Connected now Ada Lovelace You just chose Augusta Byron" in page.words
    assert (await ada.submit(page, "connect")).heading == "You’re connected"
    assert world.connection_of().account == BYRON


async def test_the_other_account_can_be_kept(ada, world):
    await ada.consent()
    world.provider.obtained = Obtained(granted(), BYRON, (ACME,))
    page = await ada.get((await ada.consent()).location)
    kept = await ada.submit(page, "keep")

    assert kept.heading == "You kept your other account"
    assert kept.tree.xpath("//a/@href") == ["https://id.atlassian.com/manage-profile/apps"]
    assert world.connection_of().account == LOVELACE


@pytest.mark.usefixtures("unproven")
async def test_without_slack_sign_in_the_last_page_shows_the_code(ada, world):
    page = await ada.back_from_atlassian((await ada.begin()).state)

    assert page.heading == "One more step, in Slack"
    [code] = page.tree.xpath("//*[@class='code']/text()")
    assert re.fullmatch(r"[B-DF-HJ-NP-TV-Z2-9]{4}-[B-DF-HJ-NP-TV-Z2-9]{4}", code)
    assert "Ada in Acme Inc alone" in page.words
    assert (await world.connect.confirm_code(ADA, code)).site == ACME


async def test_denying_says_so_and_offers_to_begin_anew(ada, world):
    denied = await ada.back_from_atlassian((await ada.prove()).state, error="access_denied")

    assert (denied.status, denied.heading) == (403, "You didn’t allow it")
    assert "Nothing was connected" in denied.words
    assert re.search(r"Reference [0-9a-f]{8}", denied.text)
    anew = await ada.submit(denied)
    assert anew.location.startswith(world.sign_in.url)
    to_atlassian = await ada.back_from_slack(anew.state)
    assert (await ada.back_from_atlassian(to_atlassian.state)).heading == "You’re connected"


async def test_an_expired_link_begins_anew_in_the_same_browser(ada, world):
    link = (await world.invite(need=Need.WRITE)).link
    world.clock.pass_by(minutes=11)
    expired = await ada.get(link)
    assert (expired.status, expired.heading) == (410, "This link has expired")
    to_atlassian = await ada.back_from_slack((await ada.submit(expired)).state)
    world.provider.obtained = Obtained(granted(WRITE), LOVELACE, (ACME,))
    await ada.back_from_atlassian(to_atlassian.state)

    assert world.provider.sent[-1][1] == WRITE
    assert world.connection_of().grant.scopes == WRITE


async def test_a_used_link_says_so_and_begins_anew(ada, world):
    link = (await world.invite()).link
    await ada.submit(await ada.get(link))
    used = await ada.get(link)

    assert (used.status, used.heading) == (410, "This link has been used")
    assert (await ada.submit(used)).location.startswith(world.sign_in.url)


@pytest.mark.usefixtures("unproven")
async def test_without_slack_sign_in_a_dead_link_leads_back_to_slack(ada, world):
    link = (await world.invite()).link
    world.clock.pass_by(minutes=11)
    expired = await ada.get(link)

    assert expired.tree.xpath("//form") == []
    assert "Type /confluence connect in Slack" in expired.words


async def test_a_browser_without_cookies_is_told(ada):
    page = await ada.open()
    ada.session.cookie_jar.clear()
    refused = await ada.submit(page)

    assert (refused.status, refused.heading) == (400, "Your browser didn’t send our cookie")
    assert (await ada.submit(refused)).status == 303


async def test_the_provider_being_down_offers_a_fresh_start(ada, world):
    state = (await ada.prove()).state
    world.provider.obtained = Unavailable("Atlassian")
    down = await ada.back_from_atlassian(state)

    assert (down.status, down.heading) == (503, "Atlassian isn’t answering")
    assert (await ada.submit(down)).location.startswith(world.sign_in.url)


async def test_missing_scopes_are_named_in_words(ada, world):
    state = (await ada.prove()).state
    world.provider.obtained = Obtained(granted(READ - {"read:me"}), LOVELACE, (ACME,))
    page = await ada.back_from_atlassian(state)

    assert page.heading == "Atlassian allowed less than we need"
    assert "Know whose account it is" in page.words
    assert "Search and read" not in page.words


async def test_reloading_the_last_page_never_exchanges_twice(ada, world):
    state = (await ada.prove()).state
    await ada.back_from_atlassian(state)
    again = await ada.back_from_atlassian(state)

    assert again.heading == "This link has been used"
    assert len(world.provider.redeemed) == 1


@pytest.mark.parametrize("path", ["/connect/slack", "/connect/callback/system"])
async def test_a_head_request_uses_nothing_up(ada, world, path):
    state = (await ada.begin()).state
    async with ada.session.head(
        world.address.link(path), params={"state": state, "code": "code"}
    ) as answer:
        assert answer.status == 405
    assert world.pendings.of(Step.PROOF)[0].consumed_at is None


SHOWN = (
    "/connect/T1.nonsense",
    "/connect/slack",
    "/connect/callback/system",
    "/connect/choice/T1.x",
    "/connect/broken/bug",
    "/connect/a/b/c",
    "/",
    "/favicon.ico",
)


@pytest.mark.parametrize("path", SHOWN)
async def test_every_page_carries_the_strict_headers(ada, path):
    page = await ada.get(path)

    headers = CIMultiDict(page.headers)
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'; base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    assert page.status >= 400


@pytest.mark.parametrize("path", SHOWN)
async def test_every_page_is_whole_by_itself(ada, path):
    tree = (await ada.get(path)).tree

    assert tree.get("lang") == "en"
    assert len(tree.xpath("//h1")) == len(tree.xpath("//main")) == 1
    assert tree.xpath("//title")[0].text.endswith(" · Confab")
    assert tree.xpath("//script | //link | //img | //*[@style] | //*[@onclick]") == []


async def test_redirects_carry_the_headers_too(ada):
    page = await ada.begin()

    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"


async def test_a_bug_is_our_fault_and_shows_no_trace(ada):
    page = await ada.get("/connect/broken/bug")

    assert (page.status, page.heading) == (500, "Something went wrong")
    assert "xoxb" not in page.text
    assert "RuntimeError" not in page.text


async def test_a_database_that_doesnt_answer_is_our_fault_too(ada, world):
    page = await ada.open()
    world.pendings.fails = Unavailable("MongoDB")
    refused = await ada.submit(page)

    assert (refused.status, refused.heading) == (503, "We can’t do this right now")
    assert "Wait a minute." in refused.words


async def test_wrong_methods_and_types_get_pages(ada, world):
    wrong = await ada.post("/connect/slack")
    assert wrong.heading == "That isn’t how this works"
    assert wrong.headers["Allow"] == "GET"
    link = (await world.invite()).link
    assert (await ada.post(link, json={}, data=None)).status == 415


async def test_what_other_parts_answer_is_left_alone(ada):
    page = await ada.post("/slack/events")

    assert (page.status, page.text) == (401, "no")
    assert "Set-Cookie" not in page.headers


async def test_labels_and_the_group_are_read_to_those_who_listen(ada, world):
    world.provider.obtained = Obtained(granted(), Account(AccountId("a1"), "Ada"), (ACME, LABS))
    tree = (await ada.get((await ada.consent()).location)).tree

    assert len(tree.xpath("//fieldset/legend")) == 1
    assert len(tree.xpath("//label[.//input[@type='radio'][@required]]")) == 2


def test_forms_may_lead_to_the_servers_and_their_siblings():
    targets = redirect_targets(
        "https://slack.com/openid/connect/authorize",
        "https://auth.atlassian.com/authorize",
        "http://127.0.0.1:8000/atlassian/auth/authorize",
    )

    assert targets == (
        "https://slack.com",
        "https://*.slack.com",
        "https://auth.atlassian.com",
        "https://*.atlassian.com",
        "http://127.0.0.1:8000",
    )


STYLE = Path(browser_pages.__file__).parents[1] / "templates" / "style.css"
READ_ON = [
    ("ink", "ground"),
    ("ink", "sheet"),
    ("ink", "tint"),
    ("quiet", "ground"),
    ("quiet", "sheet"),
    ("quiet", "tint"),
    ("brand", "sheet"),
    ("brand", "tint"),
    ("on-brand", "brand"),
    ("on-brand", "brand-deep"),
    ("good", "good-tint"),
    ("warn", "warn-tint"),
]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("words", "ground"), READ_ON)
def test_words_stand_out_in_light_and_in_dark(words, ground):
    # WCAG 2.2, 1.4.3: 4.5 to 1.
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part))
        for part in STYLE.read_text().split("prefers-color-scheme: dark")
    )
    for colours in (light, dark):
        low, high = sorted((luminance(colours[words]), luminance(colours[ground])))
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_the_way_back_needs_no_app_id():
    ours = installed(app_id="", bot_user_id="U9")
    assert browser_pages.ways_back(ours)[0] == "slack://user?team=T1&id=U9"
