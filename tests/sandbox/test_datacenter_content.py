"""Data Center's REST v1: pages, comments, files, labels, properties, restrictions."""

import pytest
import pytest_asyncio

from sandbox.atlassian.contract import load_contract
from sandbox.datacenter.world import DOCUMENT
from tests.sandbox.datacenter_stage import NO_CHECK, body, page, stage

described = pytest.mark.skipif(
    load_contract(DOCUMENT, prefix="") is None,
    reason="the contract documents are not there: set CONTRACT_SPECS",
)


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


async def test_a_page_is_made_and_read_back(ada):
    made = (await ada.create()).json
    read = (await ada.get(f"/content/{made['id']}", expand="body.storage,version,space")).json

    assert made["id"].isdigit()
    assert read["body"]["storage"]["value"] == "<p>Hello.</p>"
    assert (read["version"]["number"], read["space"]["key"]) == (1, "ENG")
    assert read["version"]["by"]["username"] == "ada"


async def test_nobody_has_an_account_id_or_an_e_mail(ada):
    answer = await ada.get("/content/search", cql="type = page", expand="version,history")

    assert "accountId" not in answer.text
    assert "@" not in answer.text


async def test_an_answer_without_expand_has_what_is_usual(ada, dc):
    read = (await ada.get(f"/content/{dc.page_id('Incident runbook')}")).json

    assert {"history", "space", "version"} <= set(read)
    assert "body" not in read


async def test_a_page_below_another(ada, dc):
    above = dc.page_id("Rocket engine manual")
    made = (await ada.create(ancestors=[{"id": above}])).json

    assert [each["title"] for each in made["ancestors"]] == [
        "Engineering Home",
        "Rocket engine manual",
    ]
    listed = await ada.get(f"/content/{above}/child/page")
    assert "A new page" in listed.titles


async def test_a_page_without_a_parent_stands_at_the_top(ada):
    made = (await ada.create()).json

    assert made["ancestors"] == []


async def test_a_title_is_taken_in_any_case(ada):
    answer = await ada.create("release CHECKLIST")

    assert answer.status == 400
    assert answer.json["message"].startswith("A page with this title already exists: ")


async def test_a_title_is_looked_up_letter_by_letter(ada):
    right = await ada.get("/content", spaceKey="ENG", title="Release checklist")
    wrong = await ada.get("/content", spaceKey="ENG", title="release checklist")

    assert (right.titles, wrong.titles) == (["Release checklist"], [])


async def test_the_same_title_in_another_space_is_free(ada):
    assert (await ada.create("Release checklist", space={"key": "OPS"})).status == 200


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"title": ""}, 400),
        ({"title": "x" * 256}, 400),
        ({"title": None}, 400),
        ({"type": "attachment"}, 400),
        ({"type": "whiteboard"}, 400),
        ({"space": {}}, 400),
        ({"space": {"id": 98305}}, 400),
        ({"space": {"key": "NOWHERE"}}, 403),
        ({"id": "1"}, 400),
        ({"status": "draft"}, 400),
        ({"body": {}}, 400),
        ({"body": body("<p>open")}, 400),
        ({"body": body("<p>&nbsp;</p>")}, 400),
        ({"body": body("<input disabled />")}, 400),
        ({"body": body("h1. Wiki", "wiki")}, 400),
        ({"body": {"atlas_doc_format": {"value": "{}"}}}, 400),
        ({"ancestors": [{"id": "999999"}]}, 404),
        ({"ancestors": [{}]}, 400),
    ],
)
async def test_a_page_that_can_not_be_kept(ada, dc, changed, status):
    before = len(dc.world.site.contents)
    answer = await ada.post("/content", page("Strange") | changed)

    assert answer.status == status, answer.text
    assert answer.json["statusCode"] == status
    assert len(dc.world.site.contents) == before


async def test_a_parent_in_another_space_is_refused(ada, dc):
    answer = await ada.create(ancestors=[{"id": dc.page_id("Operations Home")}])

    assert answer.status == 400


async def test_a_closed_space_and_an_unknown_one_look_the_same(cy):
    closed = await cy.create(space={"key": "SECRET"})
    unknown = await cy.create(space={"key": "NOWHERE"})

    assert (closed.status, closed.json) == (unknown.status, unknown.json)


async def test_an_update_counts_the_version(ada):
    made = (await ada.create()).json["id"]
    version = {"number": 2, "message": "Say more", "minorEdit": True}
    changed = await ada.update(made, 2, version=version)

    assert changed.json["version"] | {"message": "", "by": None, "when": ""} == {
        "number": 2,
        "message": "",
        "minorEdit": True,
        "hidden": False,
        "by": None,
        "when": "",
    }
    old = await ada.get(f"/content/{made}", version="1", status="historical", expand="body.storage")
    assert old.json["body"]["storage"]["value"] == "<p>Hello.</p>"


@pytest.mark.parametrize("number", [1, 3, 99])
async def test_a_stale_update_is_a_conflict(ada, number):
    made = (await ada.create()).json["id"]
    answer = await ada.update(made, number)

    assert answer.status == 409
    words = "Version must be incremented on update. Current version is: 1"
    assert answer.json["message"] == words


@pytest.mark.parametrize(
    "changed",
    [
        {"version": {}},
        {"version": None},
        {"type": "blogpost"},
        {"type": None},
        {"title": ""},
        {"title": "Release checklist"},
        {"status": "trashed"},
        {"space": {"key": "OPS"}},
        {"body": body("<b>")},
    ],
)
async def test_an_update_that_can_not_be_kept(ada, changed):
    made = (await ada.create()).json["id"]
    answer = await ada.update(made, 2, **changed)

    assert answer.status == 400, answer.text
    assert (await ada.get(f"/content/{made}")).json["version"]["number"] == 1


async def test_an_update_without_a_body_keeps_it(ada, dc):
    made = (await ada.create()).json["id"]
    sent = {"type": "page", "title": "Other", "version": {"number": 2}}
    sent["ancestors"] = [{"id": dc.page_id("Engineering Home")}]
    changed = (await ada.put(f"/content/{made}", sent)).json

    assert changed["body"]["storage"]["value"] == "<p>Hello.</p>"
    assert [each["title"] for each in changed["ancestors"]] == ["Engineering Home"]


async def test_a_page_does_not_stand_below_itself(ada, dc):
    manual = dc.page_id("Rocket engine manual")
    sent = {"type": "page", "title": "Rocket engine manual", "version": {"number": 2}}
    sent["ancestors"] = [{"id": dc.page_id("Ignition sequence")}]

    assert (await ada.put(f"/content/{manual}", sent)).status == 400


async def test_who_only_reads_does_not_write(gus, dc):
    home = dc.page_id("Engineering Home")
    changed = await gus.update(home, 2, title="Mine")
    removed = await gus.delete(f"/content/{home}")
    made = await gus.create()

    assert [changed.status, removed.status, made.status] == [403, 403, 403]


async def test_who_only_reads_hangs_nothing_on_a_page(gus, dc):
    home = dc.page_id("Engineering Home")
    path = f"/content/{home}"
    comment = {"type": "comment", "container": {"id": home, "type": "page"}}
    answers = [
        await gus.post("/content", comment | {"body": body("<p>x</p>")}),
        await gus.upload(home, **NO_CHECK),
        await gus.post(f"{path}/label", [{"name": "mine"}]),
        await gus.post(f"{path}/property", {"key": "mine", "value": 1}),
    ]

    assert [each.status for each in answers] == [403] * 4


async def test_the_trash(ada):
    made = (await ada.create()).json["id"]
    removed = await ada.delete(f"/content/{made}")

    assert (removed.status, removed.data) == (204, b"")
    assert (await ada.get(f"/content/{made}")).status == 404
    assert (await ada.get(f"/content/{made}", status="trashed")).json["status"] == "trashed"
    assert (await ada.search('title = "A new page"')).titles == []
    assert (await ada.create()).status == 200


async def test_the_trash_is_emptied_for_good(ada, dc):
    made = (await ada.create()).json["id"]
    await ada.delete(f"/content/{made}")
    purged = await ada.delete(f"/content/{made}", status="trashed")

    assert purged.status == 204
    assert (await ada.get(f"/content/{made}", status="any")).status == 404


@pytest.mark.parametrize(
    "title",
    ["Salaries of the engine team", "Bonus plan", "Moon base budget", "Ada’s notes"],
)
async def test_what_may_not_be_seen_is_not_there(cy, dc, title):
    hidden, nowhere = dc.page_id(title), "424242"
    for path in ("", "/child/page", "/child/comment", "/label", "/history", "/property"):
        answer = await cy.get(f"/content/{hidden}{path}")
        there = await cy.get(f"/content/{nowhere}{path}")
        assert answer.status == there.status == 404
        assert answer.text.replace(hidden, nowhere) == there.text


async def test_a_group_lets_its_members_in(ada, cy, gus, dc):
    rota = dc.page_id("Staff canteen rota")

    assert (await cy.get(f"/content/{rota}")).status == 200
    assert (await gus.get(f"/content/{rota}")).status == 404
    await dc.control("groups", group="staff", add=["gus"])
    assert (await gus.get(f"/content/{rota}")).status == 200
    await dc.control("groups", group="staff", remove=["gus"])
    assert (await gus.get(f"/content/{rota}")).status == 404


async def test_a_space_is_opened_and_closed(cy, gus, dc):
    await dc.control("spaces/permit", space="SECRET", account="cy", rights=["read"])
    await dc.control("spaces/permit", space="ENG", group="confluence-users", rights=[])
    budget, home = dc.page_id("Moon base budget"), dc.page_id("Engineering Home")

    assert (await cy.get(f"/content/{budget}")).status == 200
    assert (await cy.create(space={"key": "SECRET"})).status == 403
    assert (await gus.get(f"/content/{home}")).status == 404
    assert (await cy.get(f"/content/{home}")).status == 200


async def test_a_comment_and_its_answer(ada, cy, dc):
    home = dc.page_id("Engineering Home")
    sent = {
        "type": "comment",
        "container": {"id": home, "type": "page"},
        "body": body("<p>Well said.</p>"),
    }
    first = (await cy.post("/content", sent)).json
    again = await ada.post("/content", sent | {"ancestors": [{"id": first["id"]}]})

    assert again.status == 200
    top = await ada.get(f"/content/{home}/child/comment", expand="body.storage")
    every = await ada.get(f"/content/{home}/child/comment", depth="all")
    assert [each["body"]["storage"]["value"] for each in top.json["results"]] == [
        "<p>Well said.</p>"
    ]
    assert len(every.json["results"]) == 2


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"container": None}, 400),
        ({"container": {"id": "424242", "type": "page"}}, 404),
        ({"container": {"id": "HOME", "type": "blogpost"}}, 400),
        ({"extensions": {"location": "inline"}}, 400),
        ({"body": body("<p>")}, 400),
    ],
)
async def test_a_comment_that_can_not_be_kept(ada, dc, changed, status):
    home = dc.page_id("Engineering Home")
    sent = {"type": "comment", "container": {"id": home, "type": "page"}, "body": body("<p>x</p>")}
    sent |= changed
    if isinstance(sent["container"], dict) and sent["container"]["id"] == "HOME":
        sent["container"] = {"id": home, "type": "blogpost"}

    assert (await ada.post("/content", sent)).status == status


async def test_a_comment_is_changed_by_its_author_alone(ada, cy, dc):
    home = dc.page_id("Engineering Home")
    sent = {"type": "comment", "container": {"id": home, "type": "page"}, "body": body("<p>x</p>")}
    made = (await cy.post("/content", sent)).json["id"]
    change = {"type": "comment", "version": {"number": 2}, "body": body("<p>y</p>")}

    assert (await ada.put(f"/content/{made}", change)).status == 403
    assert (await cy.put(f"/content/{made}", change)).status == 200
    assert (await cy.delete(f"/content/{made}")).status == 204


async def test_a_file_goes_up_and_comes_down(ada, dc):
    home = dc.page_id("Engineering Home")
    made = (await ada.upload(home, data=b"\x00\xffbytes", **NO_CHECK)).json["results"][0]
    down = await ada.ask("GET", made["_links"]["download"])

    assert (down.status, down.data) == (200, b"\x00\xffbytes")
    assert made["extensions"] == {"mediaType": "text/plain", "fileSize": 7, "comment": "as it is"}
    listed = await ada.get(f"/content/{home}/child/attachment", filename="notes.txt")
    assert listed.titles == ["notes.txt"]


@pytest.mark.parametrize("name", ["Maße.txt", "予定 表.txt", "a%20b.txt", "it’s.txt"])
async def test_a_file_keeps_its_name(ada, dc, name):
    home = dc.page_id("Engineering Home")
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    sent = f"--b\r\n{head}\r\n\r\nx\r\n--b--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    path = f"/content/{home}/child/attachment"
    made = await ada.api("POST", path, data=sent.encode(), headers=NO_CHECK | kind)

    assert made.titles == [name]
    download = made.json["results"][0]["_links"]["download"]
    assert (await ada.ask("GET", download)).data == b"x"


@pytest.mark.parametrize("headers", [{}, {"X-Atlassian-Token": "nocheck"}])
async def test_a_form_without_the_header_is_taken_for_a_foreign_page(ada, dc, headers):
    answer = await ada.upload(dc.page_id("Engineering Home"), **headers)

    assert answer.status == 403
    assert "XSRF check failed" in answer.text


async def test_a_file_of_the_same_name_needs_its_own_address(ada, dc):
    home = dc.page_id("Engineering Home")
    made = (await ada.upload(home, **NO_CHECK)).json["results"][0]["id"]
    again = await ada.upload(home, data=b"more", **NO_CHECK)
    version = await ada.upload(home, data=b"more", path=f"/{made}/data", **NO_CHECK)

    assert again.status == 400
    assert "same file name as an existing attachment" in again.json["message"]
    assert (version.json["id"], version.json["version"]["number"]) == (made, 2)


async def test_files_are_not_put(ada, dc):
    path = f"/content/{dc.page_id('Engineering Home')}/child/attachment"
    answer = await ada.api("PUT", path, data=b"x", headers=NO_CHECK)

    assert answer.status == 405


async def test_a_file_is_as_hidden_as_its_page(ada, cy, dc):
    hidden = dc.page_id("Moon base budget")
    made = (await ada.upload(hidden, **NO_CHECK)).json["results"][0]

    assert (await cy.ask("GET", made["_links"]["download"])).status == 404
    assert (await cy.upload(hidden, **NO_CHECK)).status == 404


async def test_labels(ada, dc):
    path = f"/content/{dc.page_id('Engineering Home')}/label"
    added = await ada.post(path, [{"prefix": "global", "name": "Rockets"}, {"name": "home"}])
    await ada.delete(f"{path}/home")

    assert [each["name"] for each in added.json["results"]] == ["rockets", "home"]
    assert [each["name"] for each in (await ada.get(path)).json["results"]] == ["rockets"]
    assert (await ada.delete(f"{path}/home")).status == 404
    assert (await ada.delete(path, name="rockets")).status == 204


@pytest.mark.parametrize("name", ["two words", "", "a!", "x" * 256])
async def test_a_label_that_can_not_be_kept(ada, dc, name):
    path = f"/content/{dc.page_id('Engineering Home')}/label"

    assert (await ada.post(path, [{"prefix": "global", "name": name}])).status == 400


async def test_a_property_has_versions_of_its_own(ada, dc):
    path = f"/content/{dc.page_id('Engineering Home')}/property"
    made = await ada.post(path, {"key": "confab", "value": {"who": "Ada"}})
    twice = await ada.post(path, {"key": "confab", "value": {}})
    stale = await ada.put(f"{path}/confab", {"value": {}, "version": {"number": 1}})
    changed = await ada.put(f"{path}/confab", {"value": {"who": "Bob"}, "version": {"number": 2}})

    assert [made.status, twice.status, stale.status, changed.status] == [200, 400, 409, 200]
    assert (await ada.get(f"{path}/confab")).json["value"] == {"who": "Bob"}
    assert (await ada.delete(f"{path}/confab")).status == 204
    assert (await ada.get(f"{path}/confab")).status == 404


async def test_restrictions_of_its_own_and_inherited(ada, dc):
    bonus = dc.page_id("Bonus plan")
    own = (await ada.get(f"/content/{bonus}/restriction/byOperation")).json
    relevant = (await ada.get(f"/content/{bonus}/restriction/relevantViewRestrictions")).json

    assert own["read"]["restrictions"]["user"]["size"] == 0
    (above,) = relevant["viewContentRestrictions"]["results"]
    named = [each["username"] for each in above["restrictions"]["user"]["results"]]
    assert (above["content"]["title"], named) == ("Salaries of the engine team", ["ada", "bob"])


async def test_a_restriction_that_names_a_group(ada, dc):
    rota = dc.page_id("Staff canteen rota")
    own = (await ada.get(f"/content/{rota}/restriction/byOperation/read")).json

    assert [each["name"] for each in own["restrictions"]["group"]["results"]] == ["staff"]


async def test_children_are_trimmed_to_what_is_seen(ada, cy, dc):
    path = f"/content/{dc.page_id('Engineering Home')}"
    all_of_them = (await ada.get(f"{path}/child/page")).titles
    seen = (await cy.get(f"{path}/child/page")).titles

    assert set(all_of_them) - set(seen) == {"Salaries of the engine team"}
    below = (await cy.get(f"{path}/descendant/page")).titles
    assert "Ignition sequence" in below
    assert "Bonus plan" not in below


async def test_history_says_who_changed_it_last(ada, dc):
    path = f"/content/{dc.page_id('Release checklist')}/history"
    told = (await ada.get(path)).json

    assert told["createdBy"]["username"] == "ada"
    assert (told["lastUpdated"]["by"]["username"], told["lastUpdated"]["message"]) == (
        "bob",
        "Add the tag",
    )


async def test_a_mention_is_a_name_in_the_view(ada, dc):
    path = f"/content/{dc.page_id('Ignition sequence')}"
    shown = (await ada.get(path, expand="body.view,body.storage")).json["body"]

    assert "@Bob Okafor" in shown["view"]["value"]
    assert "ri:userkey" in shown["storage"]["value"]


@described
async def test_what_is_not_stood_for_says_so(ada):
    answer = await ada.get("/webhooks")

    assert answer.status == 501
    assert answer.headers["X-Sandbox-Not-Implemented"] == "GET /rest/api/webhooks"


@pytest.mark.parametrize("path", ["/api/v2/pages", "/rest/api/nothing", "/rest/api"])
async def test_what_data_center_does_not_have_is_not_found(ada, path):
    assert (await ada.ask("GET", path)).status == 404


async def test_only_json_is_taken(ada):
    answer = await ada.api("POST", "/content", data=b"{}", headers={"Content-Type": "text/xml"})

    assert answer.status == 415


@pytest.mark.parametrize(
    "sent", [b"{", b"[]", b"null", b'"x"', b'{"title": "\\ud800"}', b"[" * 9999]
)
async def test_a_body_that_is_no_object(ada, sent):
    kind = {"Content-Type": "application/json"}
    answer = await ada.api("POST", "/content", data=sent, headers=kind)

    assert answer.status == 400


@described
async def test_an_answer_that_breaks_the_contract_is_a_defect(ada, dc):
    dc.world.site.space_by_key("ENG").name = 7
    await ada.get("/space/ENG")
    (defect,) = await dc.look("defects")
    dc.world.log.entries.clear()

    assert defect.startswith("GET /rest/api/space/{spaceKey}: ")


@described
async def test_a_query_parameter_that_is_not_described_is_refused(ada):
    answer = await ada.get("/search", cql="type = page", cursor="x")

    assert answer.status == 400
    assert "cursor" in answer.json["message"]
