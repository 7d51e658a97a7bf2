"""Data Center's REST v1: restrictions, watching, templates, and the way out of the trash."""

import pytest
import pytest_asyncio

from tests.sandbox.datacenter_stage import NO_CHECK, stage

JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture
async def dc():
    async with stage() as ready:
        yield ready


@pytest_asyncio.fixture
async def ada(dc):
    return await dc.person("ada")


@pytest_asyncio.fixture
async def cy(dc):
    return await dc.person("cy")


@pytest_asyncio.fixture
async def gus(dc):
    return await dc.person("gus")


@pytest.fixture
def path(dc):
    return f"/content/{dc.page_id('Rocket engine manual')}"


def only(operation, *people, **held):
    users = [{"type": "known", "username": each} for each in people]
    return {"operation": operation, "restrictions": {"user": users} | held}


def named(answer):
    return {
        each["operation"]: [
            held.get("username") or held["name"]
            for kind in ("user", "group")
            for held in each["restrictions"][kind]["results"]
        ]
        for each in answer.json["results"]
    }


async def test_who_is_not_named_finds_neither_the_page_nor_what_is_below_it(ada, cy, dc, path):
    done = await ada.put(f"{path}/restriction", [only("read", "ada", "bob")])
    below = f"/content/{dc.page_id('Ignition sequence')}"

    assert (done.status, named(done)) == (200, {"read": ["ada", "bob"], "update": []})
    assert [(await cy.get(each)).status for each in (path, below)] == [404, 404]
    assert (await ada.get(below)).status == 200


async def test_what_is_left_out_stays_and_an_empty_array_lifts(ada, path):
    await ada.put(f"{path}/restriction", [only("read", "ada"), only("update", "ada")])
    group = {"operation": "read", "restrictions": {"group": [{"type": "group", "name": "staff"}]}}
    added = await ada.put(f"{path}/restriction", [group])
    lifted = await ada.put(f"{path}/restriction", [only("read", group=[])])

    assert named(added) == {"read": ["ada", "staff"], "update": ["ada"]}
    assert named(lifted) == {"read": [], "update": ["ada"]}


async def test_what_a_get_shows_may_be_sent_back(ada, path):
    await ada.put(f"{path}/restriction", [only("read", "ada", "bob")])
    shown = (await ada.get(f"{path}/restriction/byOperation")).json
    again = await ada.put(f"{path}/restriction", [shown["read"], shown["update"]])

    assert named(again) == {"read": ["ada", "bob"], "update": []}


@pytest.mark.parametrize(
    "sent",
    [
        [only("read", "bob")],
        [only("update", "bob")],
        [only("delete", "ada")],
        [only("read", "ada"), only("read", "ada")],
        [only("read", "ada", "nobody")],
        [only("read", "ada", group=[{"type": "group", "name": "nobody"}])],
        [{"operation": "read"}],
        [],
    ],
)
async def test_restrictions_that_can_not_be(ada, path, sent):
    assert (await ada.put(f"{path}/restriction", sent)).status == 400
    assert (await ada.get(f"{path}/restriction/byOperation/read")).json["restrictions"]["user"][
        "results"
    ] == []


async def test_restricting_takes_the_right_to_edit(gus, cy, dc, path):
    hidden = f"/content/{dc.page_id('Salaries of the engine team')}/restriction"

    assert (await gus.put(f"{path}/restriction", [only("read", "gus")])).status == 403
    assert (await cy.put(hidden, [only("read", "cy")])).status == 404


async def watch(person, method, page_id, **query):
    headers = {**JSON, **NO_CHECK}
    return await person.api(method, f"/user/watch/content/{page_id}", headers=headers, params=query)


async def test_watching(ada, cy, dc):
    page_id = dc.page_id("Rocket engine manual")
    before = (await watch(cy, "GET", page_id)).json
    done = await watch(cy, "POST", page_id)
    listed = await ada.get(f"/content/{page_id}/watchers")

    assert before == {"watching": False}
    assert (done.status, done.json["watcher"]["username"]) == (200, "cy")
    assert (await watch(cy, "GET", page_id)).json == {"watching": True}
    assert [each["username"] for each in listed.json["results"]] == ["cy"]
    assert (await cy.get(f"/content/{page_id}/watchers")).status == 403
    assert (await watch(cy, "DELETE", page_id)).status == 204
    assert (await watch(cy, "GET", page_id)).json == {"watching": False}


async def test_others_are_made_to_watch_by_administrators(ada, cy, dc):
    page_id = dc.page_id("Rocket engine manual")

    assert (await watch(cy, "POST", page_id, username="bob")).status == 404
    assert (await watch(ada, "POST", page_id, username="bob")).status == 200
    assert (await watch(ada, "GET", page_id, username="bob")).json == {"watching": True}
    assert (await watch(ada, "POST", page_id, username="nobody")).status == 404
    hidden = dc.page_id("Salaries of the engine team")
    assert [(await watch(cy, each, hidden)).status for each in ("GET", "POST", "DELETE")] == [
        404
    ] * 3


def back(number, **more):
    return {"status": "current", "version": {"number": number}} | more


async def test_the_way_out_of_the_trash(ada, cy, path):
    await ada.delete(path)
    assert (await cy.get(path)).status == 404
    words = {"title": "Not this", "body": {"storage": {"value": "<p>Nor this</p>"}}}
    done = await ada.put(path, back(2, type="page", **words))

    assert (done.status, done.json["title"]) == (200, "Rocket engine manual")
    assert (done.json["version"]["number"], done.json["status"]) == (2, "current")
    assert "Nor this" not in done.json["body"]["storage"]["value"]
    assert (await cy.get(path)).status == 200


async def test_the_way_out_of_the_trash_has_conditions(ada, gus, path):
    await ada.delete(path)

    assert (await ada.put(path, back(1))).status == 409
    assert (await ada.put(path, {"status": "current"})).status == 400
    assert (await ada.put(path, {"version": {"number": 2}, "type": "page"})).status == 404
    assert (await gus.put(path, back(2))).status == 403
    await ada.create("Rocket engine manual")
    assert (await ada.put(path, back(2))).status == 400


async def test_a_homepage_stays_where_it_is(ada, dc):
    home, below = dc.page_id("Engineering Home"), dc.page_id("Release checklist")
    made = (await ada.create("Apart")).json["id"]
    sent = {"type": "page", "title": "Engineering Home", "version": {"number": 2}}

    assert (await ada.put(f"/content/{home}", sent | {"ancestors": [{"id": made}]})).status == 400
    assert (await ada.put(f"/content/{home}", sent | {"ancestors": [{"id": below}]})).status == 400


async def test_a_file_goes_to_the_trash(ada, gus, dc):
    page_id = dc.page_id("Release checklist")
    files = f"/content/{page_id}/child/attachment"
    held = (await ada.get(files)).json["results"][0]["id"]

    assert (await gus.delete(f"{files}/{held}")).status == 400
    assert (await ada.delete(f"{files}/{held}")).status == 204
    assert (await ada.get(files)).json["results"] == []
    assert (await ada.delete(f"{files}/{held}")).status == 404


async def templates(person, path="/page", **query):
    return await person.ask("GET", f"/rest/experimental/template{path}", params=query)


async def test_templates_are_in_the_experimental_half(ada):
    listed = await templates(ada)
    space = (await templates(ada, spaceKey="ENG")).json["results"]
    path = f"/{space[0]['templateId']}"

    assert [each["name"] for each in listed.json["results"]] == [
        "Decision record",
        "Standing agenda",
    ]
    assert [each["name"] for each in space] == ["Release notes"]
    assert "body" not in space[0]
    full = (await templates(ada, path, spaceKey="ENG", expand="body")).json
    assert full["body"]["storage"]["value"].startswith("<at:declarations>")
    assert (await templates(ada, path, expand="body")).status == 404
    assert (await ada.get("/template/page")).status == 404


async def test_a_template_that_is_not_there_or_may_not_be_seen_is_refused(ada, gus, dc):
    path = f"/{(await templates(ada, spaceKey='ENG')).json['results'][0]['templateId']}"
    await dc.control("spaces/permit", space="ENG", group="confluence-users", rights=[])

    assert (await templates(gus, path, spaceKey="ENG")).status == 403
    assert (await templates(gus, spaceKey="ENG")).status == 404
    assert (await templates(ada, "/1")).status == 403
    assert (await templates(ada, "/1/2")).status == 404


async def test_a_template_is_made_at_the_side_door(ada, dc):
    made = await dc.control("templates", name="Odd", space="OPS", body="<p>{{x}}</p>")
    full = await templates(ada, f"/{made['id']}", spaceKey="OPS", expand="body.storage")

    assert full.json["body"]["storage"]["value"] == "<p>{{x}}</p>"
    assert made["id"] in {each["id"] for each in await dc.look("templates")}


def post(title, **more):
    body = {"storage": {"value": "<p>News</p>", "representation": "storage"}}
    return {"type": "blogpost", "title": title, "space": {"key": "OPS"}, "body": body} | more


async def test_a_blog_post_from_first_word_to_trash_and_back(ada, cy):
    made = (await ada.post("/content", post("Night shift"))).json
    path = f"/content/{made['id']}"
    found = await cy.get("/content", type="blogpost", spaceKey="OPS", title="Night shift")
    changed = await ada.put(path, post("Night shift", version={"number": 2, "message": "More"}))

    assert found.titles == ["Night shift"]
    assert changed.json["version"]["message"] == "More"
    assert (await ada.put(path, post("Night shift", version={"number": 2}))).status == 409
    assert (await ada.delete(path)).status == 204
    assert (await ada.put(path, back(3))).json["version"]["number"] == 3
    assert (await cy.get(path)).json["type"] == "blogpost"


def moved(dc, space="OPS", parent="Operations Home", title="Rocket engine manual"):
    return {
        "type": "page",
        "title": title,
        "version": {"number": 2},
        "space": {"key": space},
        "ancestors": [{"id": dc.page_id(parent)}],
    }


async def test_an_update_leaves_the_space_only_where_that_was_switched_on(ada, dc, path):
    assert (await ada.put(path, moved(dc))).status == 400
    await dc.control("moves", across=True)
    assert (await ada.put(path, moved(dc, space="ENG"))).status == 400
    done = await ada.put(path, moved(dc))
    below = await ada.get(f"/content/{dc.page_id('Ignition sequence')}", expand="space")

    assert (done.status, done.json["space"]["key"]) == (200, "OPS")
    assert below.json["space"]["key"] == "OPS"


async def test_leaving_the_space_takes_rights_and_a_free_title(ada, cy, dc, path):
    await dc.control("moves", across=True)
    checklist = f"/content/{dc.page_id('Release checklist')}"
    await ada.create("Release checklist", space={"key": "OPS"})
    taken = moved(dc, title="Release checklist") | {"version": {"number": 3}}
    there = moved(dc, "HR", "People and Culture Home")

    assert (await ada.put(checklist, taken)).status == 400
    assert (await cy.put(path, there)).status == 403
    assert (await cy.put(path, moved(dc, "SECRET", "Nightfall Home"))).status == 404
    assert (await ada.get(path, expand="space")).json["space"]["key"] == "ENG"
