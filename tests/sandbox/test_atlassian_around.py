"""Page templates, watching, likes, files and comments: what stands around pages."""

import pytest
from aiohttp import FormData

from sandbox.atlassian.gateway import HANDLERS
from sandbox.atlassian.operations import operations
from sandbox.atlassian.people import BY_NAME
from tests.sandbox.atlassian_stage import Visitor, basic, stage, storage


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


@pytest.fixture
async def ada(atlassian):
    return await atlassian.person("ada")


@pytest.fixture
async def cy(atlassian):
    return await atlassian.person("cy")


async def templates(person, **query):
    return await person.v1("GET", "/template/page", params=query)


def names(answer):
    return [each["name"] for each in answer.json["results"]]


async def test_templates_of_the_site_and_of_a_space_are_listed_apart(ada):
    assert names(await templates(ada)) == ["Decision record", "Standing agenda"]
    assert names(await templates(ada, spaceKey="ENG")) == ["Release notes"]
    assert names(await templates(ada, spaceKey="OPS")) == []
    assert names(await templates(ada, start=1, limit=1)) == ["Standing agenda"]


async def test_a_template_has_its_body_where_that_is_asked_for(ada):
    listed = (await templates(ada, spaceKey="ENG")).json["results"][0]
    path = f"/template/{listed['templateId']}"
    bare = (await ada.v1("GET", path)).json
    full = (await ada.v1("GET", path, params={"expand": "body"})).json

    assert "body" not in listed
    assert "body" not in bare
    assert (full["name"], full["space"]["key"]) == ("Release notes", "ENG")
    value = full["body"]["storage"]["value"]
    assert value.startswith('<at:declarations><at:string at:name="Version" /><at:textarea ')
    assert '<at:option at:value="Customers" />' in value
    assert '<at:var at:name="Changes" />' in value


async def test_a_template_that_is_not_there_or_may_not_be_seen_is_refused(atlassian, ada):
    dee = await atlassian.person("dee")
    await atlassian.control("spaces/permit", space="ENG", group="all-staff", rights=[])
    path = f"/template/{(await templates(ada, spaceKey='ENG')).json['results'][0]['templateId']}"

    assert (await dee.v1("GET", path)).status == 403
    assert (await templates(dee, spaceKey="ENG")).status == 403
    assert (await templates(ada, spaceKey="NOWHERE")).status == 403
    assert (await ada.v1("GET", "/template/1")).status == 403


async def test_templates_are_read_at_the_site_with_a_token_too(atlassian):
    made = await atlassian.control("tokens", account="ada")
    visitor = Visitor(atlassian, "", "acme", basic(made["email"], made["token"]))

    assert names(await visitor.get("/rest/api/template/page")) == [
        "Decision record",
        "Standing agenda",
    ]


async def test_templates_have_a_scope_of_their_own(atlassian):
    reader = await atlassian.person("ada", "read:page:confluence read:content-details:confluence")

    assert (await templates(reader)).status == 401


async def test_a_template_is_made_at_the_side_door_and_outlives_a_restart(atlassian, ada):
    made = await atlassian.control("templates", name="Odd", space="OPS", body="<p>{{x}}</p>")
    saved = atlassian.world.dump()

    assert names(await templates(ada, spaceKey="OPS")) == ["Odd"]
    assert made["id"] in {each["id"] for each in await atlassian.look("templates")}
    held = saved["wikis"][ada.site]["templates"]
    assert made["id"] in {each["id"] for each in held}


async def test_watching_what_one_may_not_see_is_refused(atlassian, cy, ada):
    hidden = f"/user/watch/content/{atlassian.page_id('Salary bands of engineering')}"
    open_page = f"/user/watch/content/{atlassian.page_id('Price list')}"
    bob = {"accountId": BY_NAME["bob"].account_id}

    assert [(await cy.v1(each, hidden)).status for each in ("GET", "POST", "DELETE")] == [403] * 3
    assert (await cy.v1("POST", "/user/watch/content/999999")).status == 403
    assert (await cy.v1("POST", open_page, params=bob)).status == 403
    assert (await ada.v1("POST", open_page, params=bob)).status == 204
    assert (await ada.v1("GET", open_page, params=bob)).json == {"watching": True}


async def test_likes_are_counted_and_named(atlassian, ada, cy):
    path = f"/api/v2/pages/{atlassian.page_id('Release checklist')}"

    assert (await ada.get(f"{path}/likes/count")).json == {"count": 2}
    users = (await ada.get(f"{path}/likes/users")).json["results"]
    assert [each["accountId"] for each in users] == [
        BY_NAME[each].account_id for each in ("bob", "cy")
    ]
    shown = (await ada.get(path, **{"include-likes": "true"})).json["likes"]["results"]
    assert shown == users
    post = atlassian.page_id("We launched!")
    assert (await ada.get(f"/api/v2/blogposts/{post}/likes/count")).json == {"count": 0}
    hidden = atlassian.page_id("Salary bands of engineering")
    assert (await cy.get(f"/api/v2/pages/{hidden}/likes/count")).status == 404


async def test_a_file_goes_to_the_trash_and_makes_room_for_its_name(atlassian, ada):
    page_id = atlassian.page_id("Release checklist")
    held = (await ada.get(f"/api/v2/pages/{page_id}/attachments")).json["results"][0]
    gus = await atlassian.person("gus")
    path = f"/api/v2/attachments/{held['id'].removeprefix('att')}"

    assert (await ada.delete(f"/api/v2/attachments/{held['id']}")).status == 400
    assert (await gus.delete(path)).status == 404
    assert (await ada.delete(path)).status == 204
    assert [(await ada.get(path)).status, (await ada.delete(path)).status] == [404, 404]
    left = (await ada.get(f"/api/v2/pages/{page_id}/attachments")).json["results"]
    assert held["title"] not in [each["title"] for each in left]
    assert (await ada.delete(path, purge="true")).status == 204
    assert (await ada.delete(path, purge="true")).status == 404


async def test_versions_of_a_comment_and_of_a_file(atlassian, ada):
    made = await ada.post(
        "/api/v2/footer-comments",
        {"pageId": atlassian.page_id("Price list"), "body": storage("<p>One</p>")},
    )
    path = f"/api/v2/footer-comments/{made.json['id']}"
    await ada.put(path, {"version": {"number": 2}, "body": storage("<p>Two</p>")})
    listed = (await ada.get(f"{path}/versions", **{"body-format": "storage"})).json["results"]
    file = (await ada.get("/api/v2/attachments")).json["results"][0]

    assert [each["comment"]["body"]["storage"]["value"] for each in listed] == [
        "<p>Two</p>",
        "<p>One</p>",
    ]
    assert (await ada.get(f"{path}/versions/1")).json["nextVersion"] == 2
    of_file = await ada.get(f"/api/v2/attachments/{file['id']}/versions")
    assert [each["number"] for each in of_file.json["results"]] == [1]
    assert (await ada.get(f"/api/v2/attachments/{file['id']}/versions/1")).json["number"] == 1
    # What the interface description leaves out isn't taken for a slip of the sandbox.
    assert (await ada.get("/api/v2/pages/1/children")).status == 404
    assert (await ada.get("/rest/api/group", limit="201")).status == 400


async def test_a_blog_post_from_draft_to_trash_and_back(atlassian, ada, cy):
    new = {"spaceId": atlassian.space_id("OPS"), "status": "draft", "title": "Night shift"}
    made = (await ada.post("/api/v2/blogposts", new | {"body": storage("<p>News</p>")})).json
    path = f"/api/v2/blogposts/{made['id']}"
    sent = {
        "id": made["id"],
        "status": "current",
        "title": "Night shift",
        "body": storage("<p>News</p>"),
        "version": {"number": 1, "message": "For all"},
    }

    assert (await ada.get(path)).status == 404
    assert (await ada.get(path, **{"get-draft": "true"})).json["status"] == "draft"
    assert (await cy.get(path, **{"get-draft": "true"})).status == 404
    assert (await ada.put(path, sent)).json["version"]["message"] == "For all"
    where = {"title": "Night shift", "space-id": atlassian.space_id("OPS")}
    found = (await cy.get("/api/v2/blogposts", **where)).json["results"]
    assert [each["id"] for each in found] == [made["id"]]
    assert (await ada.put(path, sent)).status == 409
    listed = (await ada.get(f"{path}/versions", **{"body-format": "storage"})).json["results"]
    assert listed[0]["blogpost"]["body"]["storage"]["value"] == "<p>News</p>"
    assert (await ada.delete(path)).status == 204
    assert (await cy.get(path)).status == 404
    assert (await ada.put(path, sent | {"version": {"number": 2}})).status == 200
    assert (await cy.get(path)).status == 200


async def test_a_file_from_upload_to_download(atlassian, ada):
    path = f"/content/{atlassian.page_id('Price list')}/child/attachment"

    async def upload(method, data, **more):
        form = FormData()
        form.add_field("file", data, filename="prices.csv", content_type="text/csv")
        for name, value in more.items():
            form.add_field(name, value)
        return await ada.v1(method, path, data=form)

    first = await upload("PUT", b"a,1", comment="Old prices", minorEdit="false")
    second = await upload("PUT", b"a,2", comment="New prices", minorEdit="true")
    refused = await upload("POST", b"a,3", minorEdit="false")
    held = second.json["results"][0]
    versions = await ada.get(f"/api/v2/attachments/{held['id']}/versions")
    moved = await ada.v1("GET", f"{path}/{held['id']}/download")

    assert [each.status for each in (first, second, refused)] == [200, 200, 400]
    assert held["id"] == first.json["results"][0]["id"]
    assert [(each["message"], each["minorEdit"]) for each in versions.json["results"]] == [
        ("New prices", True),
        ("Old prices", False),
    ]
    async with atlassian.session.get(moved.headers["Location"]) as answer:
        assert (moved.status, await answer.read()) == (302, b"a,2")


async def test_calls_that_no_action_makes(atlassian, ada):
    page_id, space = atlassian.page_id("Price list"), atlassian.space_id("ENG")
    root = f"/api/v2/pages/{page_id}"
    made = await ada.post(f"{root}/properties", {"key": "state", "value": {"step": 3}})

    assert made.json["value"] == {"step": 3}
    assert (await ada.get(f"{root}/properties", key="state")).json["results"] == [made.json]
    assert (await ada.get(f"{root}/likes/count")).json == {"count": 0}
    assert (await ada.get(f"{root}/operations")).status == 200
    assert (await ada.get(f"/api/v2/spaces/{space}/permissions")).status == 200
    assert (await ada.get("/api/v2/tasks")).status == 501


async def test_labels_are_listed_and_what_has_them(atlassian, ada, cy):
    every = (await ada.get("/api/v2/labels", limit=250)).json["results"]
    ids = {each["name"]: each["id"] for each in every}
    eng = atlassian.space_id("ENG")
    in_eng = await ada.get(f"/api/v2/spaces/{eng}/content/labels", limit=250)
    hidden = (await cy.get("/api/v2/labels", limit=250)).json["results"]
    weekly = f"/api/v2/labels/{ids['weekly']}/pages"

    assert len(set(ids.values())) == len(every)
    assert "weekly" in [each["name"] for each in in_eng.json["results"]]
    assert "runbook" not in [each["name"] for each in in_eng.json["results"]]
    assert "confidential" not in [each["name"] for each in hidden]
    titles = [each["title"] for each in (await ada.get(weekly)).json["results"]]
    assert titles == ["Mirror cleaning log", "Dome weather log"]
    narrowed = (await ada.get(weekly, **{"space-id": eng})).json["results"]
    assert [each["title"] for each in narrowed] == ["Mirror cleaning log"]
    posts = await ada.get(f"/api/v2/labels/{ids['telescope']}/blogposts")
    assert [each["title"] for each in posts.json["results"]] == ["First light"]
    one = await ada.get("/api/v2/labels", **{"label-id": ids["weekly"]})
    assert [each["name"] for each in one.json["results"]] == ["weekly"]


async def test_a_comment_and_a_file_have_properties(atlassian, ada, cy):
    comment = await cy.post(
        "/api/v2/footer-comments",
        {"pageId": atlassian.page_id("Price list"), "body": storage("<p>One</p>")},
    )
    path = f"/api/v2/comments/{comment.json['id']}/properties"
    file = (await ada.get("/api/v2/attachments")).json["results"][0]["id"]
    of_file = f"/api/v2/attachments/{file}/properties"
    sent = {"key": "by", "value": "us"}

    assert (await ada.post(path, sent)).status == 404
    made = await cy.post(path, sent)
    assert (await ada.get(path, key="by")).json["results"] == [made.json]
    assert (await cy.post(path, sent)).status == 409
    again = sent | {"value": "all", "version": {"number": 2}}
    assert (await cy.put(f"{path}/{made.json['id']}", again)).json["value"] == "all"
    assert (await cy.delete(f"{path}/{made.json['id']}")).status == 204
    assert (await ada.post(of_file, sent)).json["value"] == "us"
    assert (await ada.get(f"/api/v2/pages/{comment.json['id']}/properties")).status == 404


def test_whatever_is_stood_for_is_an_operation_of_the_gateway():
    known = {each.name for _, each in operations()}

    assert set(HANDLERS) <= known
