"""REST v1: pages moved, copied, brought back; REST v2: out of the trash."""

import pytest

from tests.sandbox.atlassian_stage import GLOBEX, stage, storage


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


@pytest.fixture
async def ada(atlassian):
    return await atlassian.person("ada")


@pytest.fixture
async def bob(atlassian):
    return await atlassian.person("bob")


@pytest.fixture
async def cy(atlassian):
    return await atlassian.person("cy")


async def move(person, page, position, target):
    ids = person.stage.page_id(page), person.stage.page_id(target)
    return await person.v1("PUT", f"/content/{ids[0]}/move/{position}/{ids[1]}")


async def children(person, title):
    path = f"/api/v2/pages/{person.stage.page_id(title)}/direct-children"
    return [each["title"] for each in (await person.get(path)).json["results"]]


async def space_of(person, title):
    page = await person.get(f"/api/v2/pages/{person.stage.page_id(title)}")
    return page.json["spaceId"]


async def test_a_page_becomes_the_last_child(ada, atlassian):
    done = await move(ada, "Price list", "append", "Onboarding")

    assert done.json == {"pageId": atlassian.page_id("Price list")}
    assert await children(ada, "Onboarding") == [
        "Onboarding: tools",
        "Onboarding: people",
        "Price list",
    ]


@pytest.mark.parametrize(
    ("position", "order"),
    [
        ("before", ["Onboarding: tools", "Price list", "Onboarding: people"]),
        ("after", ["Onboarding: tools", "Onboarding: people", "Price list"]),
    ],
)
async def test_a_page_stands_next_to_another(ada, position, order):
    assert (await move(ada, "Price list", position, "Onboarding: people")).status == 200
    assert await children(ada, "Onboarding") == order


async def test_siblings_change_their_order(ada):
    await move(ada, "Onboarding: people", "before", "Onboarding: tools")

    assert await children(ada, "Onboarding") == ["Onboarding: people", "Onboarding: tools"]


async def test_a_page_goes_to_another_space_with_all_that_is_below_and_on_it(ada, atlassian):
    assert (await move(ada, "Onboarding", "append", "Vendors")).status == 200

    ops = atlassian.space_id("OPS")
    assert [await space_of(ada, each) for each in ("Onboarding", "Onboarding: tools")] == [ops, ops]
    assert await ada.titles('space = OPS and title ~ "Onboarding" order by title') == [
        "Onboarding",
        "Onboarding: people",
        "Onboarding: tools",
    ]


async def test_moving_makes_no_version(ada, atlassian):
    path = f"/api/v2/pages/{atlassian.page_id('Price list')}"
    before = (await ada.get(path)).json["version"]["number"]
    await move(ada, "Price list", "append", "Onboarding")

    assert (await ada.get(path)).json["version"]["number"] == before


@pytest.mark.parametrize(
    ("page", "position", "target", "status"),
    [
        ("Onboarding", "append", "Onboarding", 400),
        ("Onboarding", "append", "Onboarding: tools", 400),
        ("Onboarding", "after", "Onboarding: tools", 400),
        ("Ada's home", "append", "Vendors", 400),
        ("Price list", "below", "Onboarding", 400),
        ("Price list", "append", "Old build system", 400),
        ("Price list", "append", "Thrown away", 404),
        ("Ideas that aren't ready", "append", "Onboarding", 404),
        ("We launched!", "append", "Onboarding", 404),
    ],
)
async def test_moves_that_can_not_be(ada, page, position, target, status):
    assert (await move(ada, page, position, target)).status == status


async def test_a_title_that_is_taken_there_holds_the_page_back(ada, atlassian):
    ours = atlassian.page_id("Release checklist")
    target = atlassian.page_id("Vendors")
    refused = await ada.v1("PUT", f"/content/{ours}/move/append/{target}")

    assert refused.status == 400
    assert "title already exists" in refused.json["message"]
    assert (await ada.get(f"/api/v2/pages/{ours}")).json["spaceId"] == atlassian.space_id("ENG")


async def test_a_taken_title_further_down_holds_the_page_back(ada):
    await ada.create("Vendors", parentId=ada.stage.page_id("Onboarding"))

    assert (await move(ada, "Onboarding", "append", "Operations home")).status == 400


async def test_rights_in_both_spaces_are_needed(atlassian, ada, cy):
    gus = await atlassian.person("gus")

    assert (await move(cy, "Price list", "append", "People home")).status == 403
    assert (await move(cy, "Price list", "append", "Project Nightfall")).status == 404
    assert (await move(cy, "Salary bands: details", "append", "Onboarding")).status == 404
    assert (await move(gus, "Price list", "append", "People home")).status == 403
    assert (await move(gus, "Price list", "append", "Onboarding")).status == 403


async def test_leaving_a_space_takes_the_right_to_delete_there(atlassian, bob):
    rights = ["read", "create"]
    await atlassian.control("spaces/permit", space="ENG", account="bob", rights=rights)

    assert (await move(bob, "Price list", "append", "Vendors")).status == 403
    assert (await move(bob, "Price list", "append", "Onboarding")).status == 200


async def test_moving_takes_the_header_and_the_scope(atlassian, ada):
    path = f"/content/{atlassian.page_id('Vendors')}/move/append/{atlassian.page_id('Runbooks')}"

    assert (await ada.put(f"/rest/api{path}", None)).status == 403
    reader = await atlassian.person("ada", "read:page:confluence")
    assert (await reader.v1("PUT", path)).status == 401


async def copy(person, title, kind, value, **more):
    sent = {"destination": {"type": kind, "value": value}} | more
    return await person.v1("POST", f"/content/{person.stage.page_id(title)}/copy", json=sent)


async def test_a_copy_below_a_page_is_the_callers(bob, atlassian):
    target = atlassian.page_id("Onboarding")
    made = await copy(bob, "Release checklist", "parent_page", target, pageTitle="Ours")
    page = (
        await bob.get(
            f"/api/v2/pages/{made.json['id']}",
            **{"body-format": "atlas_doc_format", "include-labels": "true"},
        )
    ).json

    assert (made.status, made.json["title"]) == (200, "Ours")
    assert {"space", "history", "version"} <= set(made.json)
    assert (page["parentId"], page["version"]["number"]) == (target, 1)
    assert page["authorId"] == "5b10a2844c20165700ede21b"
    assert "Build the rocket." in page["body"]["atlas_doc_format"]["value"]
    assert page["labels"]["results"] == []
    files = await bob.get(f"/api/v2/pages/{made.json['id']}/attachments")
    assert files.json["results"] == []


async def test_labels_files_and_properties_come_along_where_that_is_asked(ada, atlassian):
    page_id = atlassian.page_id("Release checklist")
    await ada.post(f"/api/v2/pages/{page_id}/properties", {"key": "k", "value": 1})
    wanted = dict.fromkeys(("copyLabels", "copyAttachments", "copyProperties"), True)
    made = (await copy(ada, "Release checklist", "space", "HR", **wanted)).json
    path = f"/api/v2/pages/{made['id']}"

    labels = (await ada.get(f"{path}/labels")).json["results"]
    files = (await ada.get(f"{path}/attachments")).json["results"]
    properties = (await ada.get(f"{path}/properties")).json["results"]
    assert [each["name"] for each in labels] == ["release", "checklist"]
    assert [each["title"] for each in files] == ["launch-plan.txt", "notes.csv"]
    assert [(each["key"], each["value"]) for each in properties] == [("k", 1)]
    fetched = await ada.v1(
        "GET", f"/content/{made['id']}/child/attachment/{files[0]['id']}/download"
    )
    assert fetched.status == 302


async def test_a_copy_at_the_top_of_a_space_has_no_parent(ada, atlassian):
    made = (await copy(ada, "Price list", "space", "OPS")).json
    page = (await ada.get(f"/api/v2/pages/{made['id']}")).json

    assert "parentId" not in page
    assert page["spaceId"] == atlassian.space_id("OPS")


async def test_a_body_may_be_sent_along(ada):
    body = {"storage": {"value": "<p>Other words</p>", "representation": "storage"}}
    made = (await copy(ada, "Price list", "space", "OPS", body=body)).json
    page = await ada.get(f"/api/v2/pages/{made['id']}", **{"body-format": "storage"})

    assert page.json["body"]["storage"]["value"] == "<p>Other words</p>"


async def test_a_copy_over_a_page_is_its_next_version(ada, atlassian):
    target = atlassian.page_id("Vendors")
    made = await copy(ada, "Price list", "existing_page", target, pageTitle="Vendors")

    assert (made.json["id"], made.json["version"]["number"]) == (target, 2)


@pytest.mark.parametrize(
    ("kind", "value", "more", "status"),
    [
        ("space", "ENG", {}, 400),
        ("space", "OPS", {"pageTitle": "vendors"}, 400),
        ("space", "NOWHERE", {}, 404),
        ("space", "OPS", {"pageTitle": "x" * 256}, 400),
        ("parent_page", "999999", {}, 404),
        ("parent_page", "x", {}, 404),
        ("elsewhere", "ENG", {}, 400),
        (
            "space",
            "OPS",
            {"body": {"storage": {"value": "<p>", "representation": "storage"}}},
            400,
        ),
    ],
)
async def test_copies_that_can_not_be(ada, atlassian, kind, value, more, status):
    before = len(atlassian.world.wikis[GLOBEX].contents)
    wiki = next(iter(atlassian.world.wikis.values()))
    held = len(wiki.contents)

    assert (await copy(ada, "Price list", kind, value, **more)).status == status
    assert (len(wiki.contents), len(atlassian.world.wikis[GLOBEX].contents)) == (held, before)


async def test_a_copy_takes_the_right_to_create_and_a_page_that_one_sees(cy, atlassian):
    assert (await copy(cy, "Price list", "space", "HR")).status == 403
    assert (await copy(cy, "Price list", "space", "SECRET")).status == 404
    assert (await copy(cy, "Project Nightfall", "space", "ENG")).status == 404
    target = atlassian.page_id("People home")
    assert (await copy(cy, "Price list", "existing_page", target)).status == 403


async def test_an_earlier_version_comes_back_as_the_latest(ada, atlassian):
    page_id = atlassian.page_id("Price list")
    await atlassian.control(
        "pages/change", id=page_id, account="bob", body="<p>Spoilt</p>", title="Prices"
    )
    params = {"versionNumber": 1, "message": "As it was"}
    sent = {"operationKey": "restore", "params": params}
    done = await ada.v1("POST", f"/content/{page_id}/version", json=sent)
    page = (await ada.get(f"/api/v2/pages/{page_id}", **{"body-format": "storage"})).json

    assert (done.json["number"], done.json["message"]) == (3, "As it was")
    assert page["title"] == "Prices"
    assert "Spoilt" not in page["body"]["storage"]["value"]


@pytest.mark.parametrize("number", [0, 3, 4, 99])
async def test_versions_that_can_not_come_back(ada, atlassian, number):
    path = f"/content/{atlassian.page_id('Release checklist')}/version"
    sent = {"operationKey": "restore", "params": {"versionNumber": number, "message": ""}}

    assert (await ada.v1("POST", path, json=sent)).status == 400


async def test_a_version_is_brought_back_by_those_who_may_edit(atlassian, cy):
    gus = await atlassian.person("gus")
    path = f"/content/{atlassian.page_id('Release checklist')}/version"
    sent = {"operationKey": "restore", "params": {"versionNumber": 1, "message": ""}}
    hidden = f"/content/{atlassian.page_id('Project Nightfall')}/version"

    assert (await gus.v1("POST", path, json=sent)).status == 403
    assert (await cy.v1("POST", hidden, json=sent)).status == 400


def put_back(page_id, number, status="current"):
    return {
        "id": page_id,
        "status": status,
        "title": "Not this title",
        "body": storage("<p>Nor these words</p>"),
        "version": {"number": number, "message": "Back"},
    }


@pytest.mark.parametrize(("title", "root"), [("Vendors", "pages"), ("We launched!", "blogposts")])
async def test_what_is_in_the_trash_comes_back_as_it_was(ada, bob, atlassian, title, root):
    page_id = atlassian.page_id(title)
    path = f"/api/v2/{root}/{page_id}"
    assert (await ada.delete(path)).status == 204
    assert (await bob.get(path)).status == 404
    assert (await bob.get(path, status="trashed")).json["status"] == "trashed"

    done = await ada.put(path, put_back(page_id, 2))

    assert (done.status, done.json["title"], done.json["status"]) == (200, title, "current")
    seen = (await bob.get(path, **{"body-format": "storage"})).json
    assert "Nor these" not in seen["body"]["storage"]["value"]
    assert (seen["version"]["number"], seen["version"]["message"]) == (2, "Back")


async def test_what_is_in_the_trash_comes_back_under_conditions(ada, atlassian):
    gus = await atlassian.person("gus")
    page_id = atlassian.page_id("Thrown away")
    path = f"/api/v2/pages/{page_id}"

    assert (await ada.put(path, put_back(page_id, 1))).status == 409
    assert (await ada.put(path, put_back(page_id, 2, "draft"))).status == 400
    assert (await gus.put(path, put_back(page_id, 2))).status == 404
    await ada.create("Thrown away")
    assert (await ada.put(path, put_back(page_id, 2))).status == 400


async def test_a_page_comes_back_below_the_homepage_when_its_parent_is_gone(ada, atlassian):
    page_id, above = atlassian.page_id("Onboarding: tools"), atlassian.page_id("Onboarding")
    await ada.delete(f"/api/v2/pages/{page_id}")
    await ada.delete(f"/api/v2/pages/{above}")
    done = await ada.put(f"/api/v2/pages/{page_id}", put_back(page_id, 2))

    assert done.json["parentId"] == atlassian.page_id("Engineering home")


async def test_these_can_be_gone_at_the_gateway(ada, atlassian):
    await atlassian.control("gone", operations=["move", "copy", "version-restore", "template"])

    assert (await move(ada, "Price list", "append", "Onboarding")).status == 410
    assert (await copy(ada, "Price list", "space", "OPS")).status == 410
    assert (await ada.v1("GET", "/template/page")).status == 410
    path = f"/content/{atlassian.page_id('Price list')}/version"
    assert (await ada.v1("POST", path, json={})).status == 410
