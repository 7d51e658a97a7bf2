import re

import pytest

from sandbox.atlassian.contract import load_contract
from sandbox.atlassian.gateway import HANDLERS
from sandbox.atlassian.operations import operations
from tests.sandbox.atlassian_stage import ACME, GLOBEX, Person, stage, storage


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


@pytest.fixture
async def ada(atlassian):
    return await atlassian.person("ada")


async def test_an_unknown_or_expired_token_is_told_apart_from_a_missing_scope(atlassian):
    nobody = Person(atlassian, "unknown")
    narrow = await atlassian.person("bob", "read:page:confluence")
    expired = await atlassian.person("cy")
    await atlassian.control("expire-access", account="cy")

    answers = [await each.search("type = page") for each in (nobody, narrow, expired)]

    assert [each.status for each in answers] == [401, 401, 401]
    assert [each.json["message"] for each in answers] == [
        "Unauthorized",
        "Unauthorized; scope does not match",
        "Unauthorized",
    ]


async def test_an_access_token_lives_an_hour(atlassian, ada):
    atlassian.clock.advance(3599)
    assert (await ada.search("type = page")).status == 200
    atlassian.clock.advance(2)

    assert (await ada.search("type = page")).status == 401


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        ("search:confluence", 200),
        ("read:content-details:confluence", 200),
        ("read:confluence-content.all", 401),
    ],
)
async def test_any_documented_way_opens_search(atlassian, scopes, status):
    person = await atlassian.person("ada", scopes)

    assert (await person.search("type = page")).status == status


async def test_every_scope_of_a_way_is_needed(atlassian):
    person = await atlassian.person("ada", "write:label:confluence")
    path = f"/content/{atlassian.page_id('Price list')}/label"
    sent = [{"prefix": "global", "name": "x"}]

    half = await person.v1("POST", path, json=sent)
    whole = await (
        await atlassian.person("ada", "write:label:confluence read:label:confluence")
    ).v1("POST", path, json=sent)

    assert (half.status, whole.status) == (401, 200)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/content"),
        ("GET", "/content/327686"),
        ("POST", "/content"),
        ("PUT", "/content/327686"),
        ("GET", "/content/327686/child/page"),
        ("GET", "/space"),
        ("GET", "/space/ENG"),
        ("GET", "/content/327686/label"),
    ],
)
async def test_the_dead_part_of_v1_is_gone(ada, method, path):
    answer = await ada.v1(method, path)

    assert answer.status == 410
    assert "GoneException: This deprecated endpoint has been removed" in answer.json["message"]


async def test_without_wiki_the_scope_does_not_match(ada):
    for path in ("/rest/api/search?cql=type=page", "/api/v2/pages", "/wikiapi/v2/pages"):
        answer = await ada.ask("GET", path)

        assert answer.status == 401
        assert answer.json["message"] == "Unauthorized; scope does not match"


async def test_wiki_twice_is_nothing(ada):
    assert (await ada.get("/wiki/api/v2/pages")).status == 404


async def test_what_is_not_stood_for_cannot_be_mistaken(ada):
    answer = await ada.get("/api/v2/tasks")

    assert answer.status == 501
    assert answer.headers["X-Sandbox-Not-Implemented"] == "GET /wiki/api/v2/tasks"


async def test_a_site_that_was_not_granted_is_not_there(atlassian):
    bob = await atlassian.person("bob")
    tokens = await atlassian.tokens("ada", sites=[GLOBEX])

    elsewhere = await Person(atlassian, bob.token, GLOBEX).get("/api/v2/pages")
    unchosen = await Person(atlassian, tokens["access_token"], ACME).get("/api/v2/pages")
    unknown = await Person(atlassian, bob.token, "nowhere").get("/api/v2/pages")

    assert (elsewhere.status, unchosen.status, unknown.status) == (404, 404, 404)


async def test_a_v1_write_needs_its_header(atlassian, ada):
    path = f"/wiki/rest/api/content/{atlassian.page_id('Price list')}/label"

    answer = await ada.ask("POST", path, json=[{"prefix": "global", "name": "x"}])

    assert answer.status == 403
    assert answer.json["message"] == "XSRF check failed"


async def test_points_are_charged_by_the_table_and_reset_on_the_hour(atlassian, ada):
    limit = (await atlassian.look("points"))["limit"]
    await ada.search("type = page", limit=25)
    await ada.get(f"/api/v2/pages/{atlassian.page_id('Price list')}")
    await ada.get("/rest/api/user/current")
    await ada.create()

    spent = limit - (await atlassian.look("points"))["left"]
    atlassian.clock.advance((await atlassian.look("points"))["seconds_left"])

    assert spent == 26 + 2 + 3 + 1
    assert (await atlassian.look("points"))["left"] == limit


async def test_what_is_left_is_told_only_above_eighty_percent(atlassian, ada):
    early = await ada.search("type = page", limit=1)
    await atlassian.control("points", left=12_000)
    late = await ada.search("type = page", limit=1)

    assert re.fullmatch(r'"global-app-quota";t=\d+', early.headers["RateLimit"])
    assert early.headers["RateLimit-Policy"] == '"global-app-quota";q=65000;w=3600'
    assert re.fullmatch(r'"global-app-quota";r=1199\d;t=\d+', late.headers["RateLimit"])
    assert late.headers["X-RateLimit-NearLimit"] == "true"


async def test_before_enforcement_the_headers_are_beta(atlassian, ada):
    await atlassian.control("points", beta=True)

    answer = await ada.search("type = page", limit=1)

    assert "Beta-RateLimit-Policy" in answer.headers
    assert "RateLimit-Policy" not in answer.headers


async def test_an_empty_pool_refuses_everybody_until_the_hour(atlassian, ada):
    bob = await atlassian.person("bob")
    await atlassian.control("points", left=0)

    for person in (ada, bob):
        answer = await person.search("type = page")
        assert answer.status == 429
        assert answer.headers["RateLimit-Reason"] == "confluence-quota-global-based"
        assert answer.headers["X-RateLimit-Remaining"] == "0"
    atlassian.clock.advance(int(answer.headers["Retry-After"]))

    assert (await (await atlassian.person("ada")).search("type = page")).status == 200


async def test_a_burst_is_turned_away_for_a_second(atlassian, ada):
    await atlassian.control("points", burst=2)

    statuses = [(await ada.search("type = page")).status for _ in range(3)]
    atlassian.clock.advance(1)

    assert statuses == [200, 200, 429]
    assert (await ada.search("type = page")).status == 200


async def test_the_current_user_and_others_are_told_without_mail(ada):
    me = (await ada.get("/rest/api/user/current")).json
    bob = (await ada.get("/rest/api/user", accountId="5b10a2844c20165700ede21b")).json
    nobody = await ada.get("/rest/api/user", accountId="5b10a2844c20165700ede21e")

    assert (me["displayName"], me["email"]) == ("Ada Lindqvist", "")
    assert bob["displayName"] == "Bob Okafor"
    assert nobody.status == 404


async def test_restrictions_and_permissions_are_told(atlassian, ada):
    page_id = atlassian.page_id("Salary bands: details")
    parent_id = atlassian.page_id("Salary bands of engineering")

    async def may(name, operation):
        subject = {"type": "user", "identifier": atlassian.world_ids[name]}
        sent = {"subject": subject, "operation": operation}
        answer = await ada.v1("POST", f"/content/{page_id}/permission/check", json=sent)
        return answer.json["hasPermission"]

    atlassian.world_ids = {
        each["name"]: each["account_id"] for each in await atlassian.look("accounts")
    }
    own = await ada.get(f"/rest/api/content/{page_id}/restriction/byOperation/read")
    above = await ada.get(f"/rest/api/content/{parent_id}/restriction")

    assert own.json["restrictions"]["user"]["size"] == 0
    assert above.json["results"][0]["restrictions"]["user"]["size"] == 2
    assert [await may(name, "read") for name in ("bob", "cy", "nosite")] == [True, False, False]
    assert await may("bob", "delete") is True


async def test_who_may_use_a_space_is_told_of_groups_and_people(atlassian, ada):
    async def holders(key):
        [space] = (await ada.get("/api/v2/spaces", keys=key)).json["results"]
        answer = await ada.get(f"/api/v2/spaces/{space['id']}/permissions", limit="25")
        return {
            each["principal"]["type"]
            for each in answer.json["results"]
            if each["operation"] == {"key": "read", "targetType": "space"}
        }

    assert await holders("ENG") == {"group", "user"}
    assert await holders("SECRET") == {"user"}
    assert await holders("~ada") == {"user"}


async def test_labels_are_added_and_removed(atlassian, ada):
    path = f"/content/{atlassian.page_id('Price list')}/label"

    added = await ada.v1("POST", path, json=[{"prefix": "global", "name": "Dear"}])
    bad = await ada.v1("POST", path, json=[{"prefix": "global", "name": "two words"}])
    gone = await ada.v1("DELETE", f"{path}/dear")
    again = await ada.v1("DELETE", path, params={"name": "dear"})

    assert [each["name"] for each in added.json["results"]] == ["prices", "dear"]
    assert (bad.status, gone.status, again.status) == (400, 204, 404)


async def test_a_file_goes_up_gets_versions_and_comes_down_from_another_host(atlassian, ada):
    path = f"/content/{atlassian.page_id('Price list')}/child/attachment"

    def form(data):
        import aiohttp  # noqa: PLC0415 -- a fresh form for each request

        made = aiohttp.FormData()
        made.add_field("file", data, filename="a b.txt", content_type="text/plain")
        made.add_field("minorEdit", "true")
        return made

    made = await ada.v1("PUT", path, data=form(b"one"))
    newer = await ada.v1("PUT", path, data=form(b"two"))
    clash = await ada.v1("POST", path, data=form(b"three"))
    file_id = made.json["results"][0]["id"]
    shown = await ada.get(f"/api/v2/attachments/{file_id}")
    sent_on = await ada.get(f"/rest/api{path}/{file_id}/download")
    place = sent_on.headers["Location"]
    async with atlassian.session.get(place) as answer:
        data = await answer.read()
    async with atlassian.session.get(place, headers={"Authorization": "Bearer x"}) as answer:
        refused = answer.status

    assert (made.status, newer.status, clash.status) == (200, 200, 400)
    assert (shown.json["version"]["number"], shown.json["fileSize"]) == (2, 3)
    assert (sent_on.status, data, refused) == (302, b"two", 400)
    assert place.startswith("http://localhost:")


async def test_a_body_is_converted_in_two_steps(ada):
    sent = {"value": "<p>Hi <strong>there</strong></p>", "representation": "storage"}

    task = (await ada.v1("POST", "/contentbody/convert/async/export_view", json=sent)).json
    path = f"/contentbody/convert/async/{task['asyncId']}"
    first, second = (await ada.v1("GET", path)).json, (await ada.v1("GET", path)).json

    assert first["status"] == "WORKING"
    assert second["value"] == "<p>Hi <strong>there</strong></p>"


async def test_watching(atlassian, ada):
    path = f"/user/watch/content/{atlassian.page_id('Price list')}"

    seen = [(await ada.v1("GET", path)).json["watching"]]
    await ada.v1("POST", path)
    seen.append((await ada.v1("GET", path)).json["watching"])
    await ada.v1("DELETE", path)
    seen.append((await ada.v1("GET", path)).json["watching"])

    assert seen == [False, True, False]


def test_every_handler_stands_in_the_table():
    assert set(HANDLERS) <= {each.name for _, each in operations()}


async def test_the_contract_refuses_what_the_service_would_only_ignore(atlassian, ada):
    if load_contract() is None:
        pytest.skip("the contract documents are not there: set CONTRACT_SPECS")

    unknown = await ada.get("/api/v2/pages", nosuch="1")
    v1_style = await ada.create(space={"key": "ENG"})
    wrong = await ada.create(body={"representation": "markdown", "value": "x"})
    logged = await atlassian.look("log", contract="true")

    assert (unknown.status, v1_style.status, wrong.status) == (400, 400, 400)
    assert "unknown query parameter: nosuch" in unknown.title
    assert len(logged) == 3


async def test_the_table_is_that_of_the_contract():
    contract = load_contract()
    if contract is None:
        pytest.skip("the contract documents are not there: set CONTRACT_SPECS")

    known = {name.replace("/ex/confluence/{cloudId}", "") for name in contract.operations}

    assert {each.name for _, each in operations()} == {each for each in known if " /wiki" in each}


async def test_ids_that_are_no_numbers_are_refused(ada):
    for path in ("/api/v2/pages/abc", "/api/v2/pages/٣", "/api/v2/pages/" + "9" * 40):
        assert (await ada.get(path)).status in (400, 404)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"[" * 50_000])
async def test_a_body_that_is_no_object_is_refused(ada, body):
    headers = {"Content-Type": "application/json"}

    answer = await ada.ask("POST", "/wiki/api/v2/pages", data=body, headers=headers)

    assert answer.status == 400


async def test_the_log_tells_who_asked_what_with_which_scope_and_no_token(atlassian, ada):
    await ada.create(body=storage("<p>secret words</p>"))

    (entry,) = await atlassian.look("log", method="POST", account="ada")

    assert entry["operation"] == "POST /wiki/api/v2/pages"
    assert entry["scopes"] == ["write:page:confluence"]
    assert (entry["status"], entry["points"]) == (200, 1)
    assert ada.token not in str(entry)
    assert "secret" not in str(entry)
