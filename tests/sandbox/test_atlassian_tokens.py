import aiohttp
import pytest

from tests.sandbox.atlassian_stage import ACME, GLOBEX, Person, Visitor, basic, stage, storage

PAGES = "/api/v2/pages"
DAY = 86_400
EMAIL = "ada@acme.example"


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


async def classic(atlassian, account="ada", **more):
    return await atlassian.control("tokens", account=account, **more)


async def scoped(atlassian, account="ada", scopes="read:page:confluence search:confluence"):
    return await atlassian.control("tokens", account=account, scopes=scopes)


def at_site(atlassian, made, site="acme"):
    return Visitor(atlassian, "", site, basic(made["email"], made["token"]))


def at_gateway(atlassian, made, site=ACME):
    return Person(atlassian, "", site, basic(made["email"], made["token"]))


async def test_the_site_tells_its_cloud_id_to_anybody(atlassian):
    root = f"{atlassian.base}/atlassian/sites"
    async with atlassian.session.get(f"{root}/acme/_edge/tenant_info") as answer:
        assert await answer.json() == {"cloudId": ACME}
    async with atlassian.session.get(f"{root}/nowhere/_edge/tenant_info") as answer:
        assert answer.status == 404


async def test_a_classic_token_opens_the_site_and_not_the_gateway(atlassian):
    made = await classic(atlassian)

    spaces = await at_site(atlassian, made).get("/api/v2/spaces", limit=1)
    gateway = await at_gateway(atlassian, made).get("/api/v2/spaces", limit=1)

    assert (spaces.status, gateway.status) == (200, 401)
    assert spaces.json["_links"]["next"].startswith("/wiki/api/v2/spaces?")


async def test_a_token_with_scopes_opens_the_gateway_and_not_the_site(atlassian):
    made = await scoped(atlassian)

    site = await at_site(atlassian, made).get(PAGES)
    gateway = await at_gateway(atlassian, made).get(PAGES)
    spaces = await at_gateway(atlassian, made).get("/api/v2/spaces")

    assert (site.status, gateway.status, spaces.status) == (401, 200, 401)
    assert spaces.json["message"] == "Unauthorized; scope does not match"


async def test_both_kinds_look_alike(atlassian):
    one, other = await classic(atlassian), await scoped(atlassian)

    assert one["token"][:7] == other["token"][:7]
    assert len(one["token"]) == len(other["token"])


async def test_a_token_opens_only_its_persons_sites(atlassian):
    made = await scoped(atlassian, "bob")
    plain = await classic(atlassian, "bob")

    elsewhere = await at_gateway(atlassian, made, GLOBEX).get(PAGES)
    stranger = await at_site(atlassian, plain, "globex").get(PAGES)

    assert (elsewhere.status, stranger.status) == (404, 403)
    assert stranger.title == "Current user not permitted to use Confluence"


async def test_a_token_sees_what_its_person_sees(atlassian):
    cy, ada = at_site(atlassian, await classic(atlassian, "cy")), await classic(atlassian)
    path = f"{PAGES}/{atlassian.page_id('Takeover talks')}"

    assert (await cy.get(path)).status == 404
    assert (await at_site(atlassian, ada).get(path)).status == 200


async def test_the_old_interface_answers_at_the_site(atlassian):
    ada = at_site(atlassian, await classic(atlassian))
    page_id = atlassian.page_id("Price list")

    one = await ada.get(f"/rest/api/content/{page_id}", expand="body.storage,version,space")
    listed = await ada.get("/rest/api/content", spaceKey="ENG", title="Price list")
    space = await ada.get("/rest/api/space/ENG")
    hidden = await at_site(atlassian, await classic(atlassian, "cy")).get("/rest/api/space/SECRET")
    spaces = await ada.get("/rest/api/space", limit=1)
    searched = await ada.search("type = page", limit=1)
    written = await ada.v1("POST", "/content", json={"type": "page"})

    assert (one.status, one.json["space"]["key"]) == (200, "ENG")
    assert [each["id"] for each in listed.json["results"]] == [page_id]
    assert (space.status, hidden.status, spaces.json["size"]) == (200, 404, 1)
    assert (searched.status, written.status) == (200, 501)


async def test_pages_are_written_at_the_site_under_the_same_rules(atlassian):
    ada = at_site(atlassian, await classic(atlassian))
    sent = {"spaceId": atlassian.space_id("ENG"), "title": "By token", "body": storage("<p>x</p>")}

    made = await ada.post(PAGES, {**sent, "status": "current"})
    again = await ada.post(PAGES, {**sent, "status": "current"})
    label = f"/wiki/rest/api/content/{made.json['id']}/label"
    forged = await ada.ask("POST", label, json=[{"prefix": "global", "name": "x"}])

    assert (made.status, again.status, forged.status) == (200, 400, 403)


@pytest.mark.parametrize(
    ("path", "words"),
    [("/api/v2/pages", "title"), ("/rest/api/search?cql=type=page", "message")],
)
async def test_passwords_are_not_taken_any_more(atlassian, path, words):
    visitor = Visitor(atlassian, "", "acme", basic(EMAIL, "password-of-ada"))
    wrong = Visitor(atlassian, "", "acme", basic(EMAIL, "guess"))

    refused, unknown = await visitor.get(path), await wrong.get(path)

    said = refused.title if words == "title" else refused.json["message"]
    assert (refused.status, unknown.status) == (401, 401)
    assert said == "Basic authentication with passwords is deprecated"
    assert "password" not in unknown.text


async def test_a_token_needs_the_mail_of_its_person(atlassian):
    made = await classic(atlassian)

    theirs = Visitor(atlassian, "", "acme", basic("bob@acme.example", made["token"]))
    shouted = Visitor(atlassian, "", "acme", basic(EMAIL.upper(), made["token"]))

    assert ((await theirs.get(PAGES)).status, (await shouted.get(PAGES)).status) == (401, 200)


async def test_a_classic_token_is_no_bearer_token(atlassian):
    made = await classic(atlassian)

    site = await Visitor(atlassian, made["token"], "acme").get("/rest/api/user/current")
    gateway = await Person(atlassian, made["token"]).get(PAGES)

    assert (site.status, gateway.status) == (403, 401)
    assert site.json["message"] == "Failed to parse Connect Session Auth Token"


async def test_an_apps_token_is_refused_at_the_site(atlassian):
    tokens = await atlassian.tokens("ada")

    assert (await Visitor(atlassian, tokens["access_token"], "acme").get(PAGES)).status == 401


@pytest.mark.parametrize("path", ["me", "oauth/token/accessible-resources"])
async def test_what_tells_of_apps_tells_nothing_of_tokens(atlassian, path):
    made = await scoped(atlassian)
    headers = {"Authorization": basic(made["email"], made["token"])}

    async with atlassian.session.get(
        f"{atlassian.base}/atlassian/api/{path}", headers=headers
    ) as answer:
        assert answer.status == 401


async def test_a_file_comes_down_from_the_media_host_for_a_token_too(atlassian):
    ada = at_site(atlassian, await classic(atlassian))
    page_id = atlassian.page_id("Price list")
    form = aiohttp.FormData()
    form.add_field("file", b"one", filename="a.txt", content_type="text/plain")
    form.add_field("minorEdit", "true")

    path = f"/content/{page_id}/child/attachment"
    made = await ada.v1("PUT", path, data=form)
    sent_on = await ada.v1("GET", f"{path}/{made.json['results'][0]['id']}/download")

    assert (made.status, sent_on.status) == (200, 302)
    assert sent_on.headers["Location"].startswith("http://localhost:")


@pytest.mark.parametrize("sent", ["", "Basic", "Basic !!!", "Basic /w==", "Digest x"])
async def test_what_is_no_authorization_is_refused_at_both_doors(atlassian, sent):
    site = Visitor(atlassian, "", "acme", sent or "x")
    gateway = Person(atlassian, "", ACME, sent or "x")

    assert ((await site.get(PAGES)).status, (await gateway.get(PAGES)).status) == (401, 401)


async def test_a_token_ends_with_its_days(atlassian):
    made = await classic(atlassian, days=1)
    atlassian.clock.advance(DAY - 1)
    before = await at_site(atlassian, made).get(PAGES)
    atlassian.clock.advance(2)

    assert (before.status, (await at_site(atlassian, made).get(PAGES)).status) == (200, 401)
    assert made["expires"] - made["created"] == DAY


@pytest.mark.parametrize("ending", ["tokens/expire", "tokens/revoke"])
async def test_a_token_is_ended_by_hand(atlassian, ending):
    first, second = await classic(atlassian), await classic(atlassian)

    await atlassian.control(ending, id=first["id"])

    assert (await at_site(atlassian, first).get(PAGES)).status == 401
    assert (await at_site(atlassian, second).get(PAGES)).status == 200
    await atlassian.control(ending, account="ada")
    assert (await at_site(atlassian, second).get(PAGES)).status == 401


@pytest.mark.parametrize(
    "said",
    [
        {"account": "ada", "days": 366},
        {"account": "ada", "days": 0},
        {"account": "service"},
        {"account": "ada", "scopes": "read:hierarchical-content:confluence"},
        {"account": "nobody"},
    ],
)
async def test_a_token_that_atlassian_does_not_make_is_refused(atlassian, said):
    assert await atlassian.refused("tokens", **said) == 400


async def test_a_service_accounts_token_with_scopes_opens_the_gateway(atlassian):
    made = await scoped(atlassian, "service")

    assert (await at_gateway(atlassian, made).get(PAGES)).status == 200


async def test_tokens_spend_no_points_and_stay_under_the_burst(atlassian):
    ada = at_site(atlassian, await classic(atlassian))
    await atlassian.control("points", left=0, burst=1)

    first, second = await ada.get(PAGES), await ada.get(PAGES)

    assert (first.status, second.status) == (200, 429)
    assert (await atlassian.look("points"))["left"] == 0


async def test_the_site_is_still_to_be_looked_at(atlassian):
    async with atlassian.session.get(f"{atlassian.base}/atlassian/sites/acme/wiki") as answer:
        assert (answer.status, "Engineering" in await answer.text()) == (200, True)


async def test_the_log_tells_the_door_and_the_token_but_not_its_secret(atlassian):
    made = await classic(atlassian)
    await at_site(atlassian, made).get(PAGES)

    (entry,) = await atlassian.look("log", client=made["id"])
    listed = await atlassian.look("tokens")

    assert (entry["door"], entry["account"], entry["points"]) == ("site", "ada", 0)
    assert made["token"] not in str(listed) + str(entry)
    assert type(atlassian.world)(
        atlassian.base, atlassian.clock, atlassian.world.client, atlassian.world.dump()
    ).api_tokens.find(made["token"])
