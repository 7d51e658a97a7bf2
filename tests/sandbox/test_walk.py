from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.cookies import Jar
from sandbox.walk import walk
from tests.sandbox.atlassian_stage import CALLBACK, GLOBEX, stage

SITES = """<form method="post" action="/chosen">
<label><input type="radio" name="site" value="s1" checked> Acme Rockets</label>
<label><input type="radio" name="site" value="s2"> Globex Labs</label>
<button name="do" value="cancel">Cancel</button>
<button class="primary" name="do" value="go">Use this site</button></form>"""
SLACK = """<form method="post"><select name="user"><option value="U0ADA" selected>Ada
<option value="U0BOB">Bob</select><button name="decision" value="allow">Allow</button></form>"""


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


@asynccontextmanager
async def site_of(routes):
    """A small bot: paths, and what each answers."""
    app = web.Application()
    got = []

    def answering(answer):
        async def handle(request):
            form = dict(await request.post())
            got.append((request.method, request.path, form, dict(request.cookies), request.headers))
            return answer(request, form) if callable(answer) else page(answer)

        return handle

    for path, answer in routes.items():
        app.router.add_route("*", path, answering(answer))
    server = TestServer(app, host="localhost")
    await server.start_server()
    try:
        yield f"http://localhost:{server.port}", got
    finally:
        await server.close()


def page(body, status=200):
    return web.Response(text=body, status=status, content_type="text/html")


def going(location, **cookies):
    def answer(_request, _form):
        response = web.Response(status=302, headers={"Location": location})
        for name, value in cookies.items():
            response.set_cookie(name, value, samesite="Lax", httponly=True)
        return response

    return answer


async def go(url, **more):
    said = {"slack_person": "U0BOB", "atlassian_account": "bob", "site": None} | more
    return await walk(url, **said)


async def test_consent_is_given_and_the_walk_stops_where_it_is_told(atlassian):
    walked = await go(atlassian.authorize_url(), stop_at=CALLBACK)

    assert walked.stopped.startswith(CALLBACK + "?code=")
    assert "state=a-state" in walked.stopped
    assert walked.pages[0].title == "Confab is requesting access"
    (grant,) = await atlassian.look("grants")
    assert (grant["account"], grant["level"]) == ("bob", "account")


async def test_consent_can_be_given_for_some_sites_only(atlassian):
    await go(
        atlassian.authorize_url(),
        atlassian_account="ada",
        only_sites=("globex",),
        stop_at=CALLBACK,
    )

    (grant,) = await atlassian.look("grants")
    assert (grant["level"], grant["sites"]) == ("resource", [GLOBEX])


async def test_consent_can_be_refused(atlassian):
    walked = await go(atlassian.authorize_url(), decision="cancel", stop_at=CALLBACK)

    assert "error=access_denied" in walked.stopped
    assert await atlassian.look("grants") == []


async def test_an_error_page_is_not_pressed(atlassian):
    walked = await go(atlassian.authorize_url(scopes="nosuch"))

    assert (walked.last.status, len(walked.pages)) == (400, 1)
    assert "nosuch" in walked.last.text


async def test_the_primary_button_is_pressed_and_the_site_is_chosen():
    routes = {"/sites": SITES, "/chosen": "<title>Done</title><p>All set"}
    async with site_of(routes) as (base, got):
        walked = await go(base + "/sites", site="globex")

    assert got[1][:3] == ("POST", "/chosen", {"site": "s2", "do": "go"})
    assert got[1][4]["Origin"] == base
    assert (walked.last.title, walked.last.text) == ("Done", "All set")


@pytest.mark.parametrize(("decision", "sent"), [("accept", "allow"), ("cancel-slack", "cancel")])
async def test_in_slack_one_is_the_person_and_allows_or_not(decision, sent):
    path = "/slack/openid/connect/authorize"

    def authorize(request, _form):
        return page("<p>done" if request.method == "POST" else SLACK)

    async with site_of({path: authorize}) as (base, got):
        await go(base + path, decision=decision)

    assert got[1][2] == {"user": "U0BOB", "decision": sent}


async def test_cookies_go_along_on_redirects_and_into_the_next_walk():
    routes = {"/": going("/next", flow="1"), "/next": "<p>here"}
    async with site_of(routes) as (base, got):
        first = await go(base + "/")
        await go(base + "/next", cookies=first.cookies)
        await go(base + "/next")

    assert [each[3] for each in got] == [{}, {"flow": "1"}, {"flow": "1"}, {}]
    assert first.cookies == {"localhost": {"flow": "1"}}


async def test_what_leaves_this_machine_is_not_visited():
    for place in ("https://app.slack.com/client", "slack://open", "http://10.0.0.1/"):
        async with site_of({"/": going(place)}) as (base, _):
            walked = await go(base + "/")

        assert walked.stopped == place


async def test_a_circle_ends():
    async with site_of({"/": going("/")}) as (base, got):
        await go(base + "/")

    assert len(got) == 40


def test_localhost_and_127_0_0_1_are_two_sites():
    jar = Jar()
    jar.receive("http://localhost:1/", ["lax=1; SameSite=Lax", "strict=1; SameSite=Strict"])
    here, there = "http://localhost:2/", "http://127.0.0.1:2/"

    assert jar.send(here, "GET", here) == "lax=1; strict=1"
    assert jar.send(here, "GET", there) == "lax=1"
    assert jar.send(here, "POST", there) == ""
    assert jar.send(there, "GET", there) == ""


@pytest.mark.parametrize(
    "header",
    [
        "a=1; Secure",
        "__Host-a=1; Path=/",
        "a=1; SameSite=None",
        "a=1; Domain=example.com",
        "a=1; Max-Age=0",
        "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ],
)
def test_cookies_that_a_browser_refuses_are_not_kept(header):
    jar = Jar()

    jar.receive("http://localhost/", [header])

    assert jar.held() == {}


def test_secure_cookies_travel_over_https():
    jar = Jar()
    jar.receive("https://localhost/", ["__Host-a=1; Path=/; Secure; SameSite=Lax"])

    assert jar.send("https://localhost/x", "GET", "") == "__Host-a=1"


def test_a_path_bounds_a_cookie():
    jar = Jar()
    jar.receive("http://localhost/oauth/start", ["a=1", "b=2; Path=/"])

    assert jar.send("http://localhost/oauth/callback", "GET", "") == "a=1; b=2"
    assert jar.send("http://localhost/oauthx", "GET", "") == "b=2"


async def test_a_walk_can_be_asked_for_by_http(atlassian):
    said = {
        "url": atlassian.authorize_url(),
        "slack_person": "U0ADA",
        "atlassian_account": "ada",
        "site": None,
        "stop_at": CALLBACK,
    }

    async with atlassian.session.post(f"{atlassian.base}/_sandbox/walk", json=said) as answer:
        walked = await answer.json()

    assert answer.status == 200
    assert walked["stopped"].startswith(CALLBACK)
    assert walked["pages"][0]["status"] == 200


@pytest.mark.parametrize(
    "said", [{}, [], {"url": 1, "slack_person": "x", "atlassian_account": "y"}, {"nosuch": 1}]
)
async def test_a_walk_that_makes_no_sense_is_refused(atlassian, said):
    async with atlassian.session.post(f"{atlassian.base}/_sandbox/walk", json=said) as answer:
        assert answer.status == 400


async def test_a_walk_to_nowhere_says_that_it_broke_off(atlassian):
    said = {"url": "http://localhost:9/", "slack_person": "x", "atlassian_account": "y"}

    async with atlassian.session.post(f"{atlassian.base}/_sandbox/walk", json=said) as answer:
        assert answer.status == 502
