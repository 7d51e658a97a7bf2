import io
import json

import pytest

from tests.sandbox.atlassian_stage import GLOBEX, adf, stage, storage


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


async def test_a_published_page_is_there_for_everybody_who_may_see_the_space(atlassian, ada, bob):
    made = await ada.create("Hello there")
    page = made.json

    seen = await bob.get(f"/api/v2/pages/{page['id']}", **{"body-format": "storage"})

    assert made.status == 200
    assert page["version"]["number"] == 1
    assert page["_links"]["base"] == f"{atlassian.base}/atlassian/sites/acme/wiki"
    assert page["parentId"] == atlassian.page_id("Engineering home")
    assert seen.json["body"]["storage"]["value"] == "<p>Hello.</p>"


async def test_a_draft_is_seen_by_its_author_alone_and_only_when_asked_for(ada, bob):
    draft = (await ada.create("In the making", status="draft")).json
    path = f"/api/v2/pages/{draft['id']}"

    assert (await ada.get(path)).status == 404
    assert (await ada.get(path, **{"get-draft": "true"})).json["status"] == "draft"
    assert (await bob.get(path, **{"get-draft": "true"})).status == 404
    assert (await ada.get("/api/v2/pages", title="In the making")).json["results"] == []
    assert await ada.titles('title = "In the making"') == []


async def test_a_draft_is_published_by_put_with_version_one_and_a_message(ada, bob):
    draft = (await ada.create("In the making", status="draft")).json
    sent = {
        "id": draft["id"],
        "status": "current",
        "title": "Made",
        "body": storage("<p>Done.</p>"),
        "version": {"number": 1, "message": "by Confab"},
    }

    published = await ada.put(f"/api/v2/pages/{draft['id']}", sent)

    assert published.status == 200
    assert published.json["version"]["number"] == 1
    assert published.json["version"]["message"] == "by Confab"
    assert (await bob.get(f"/api/v2/pages/{draft['id']}")).json["title"] == "Made"


async def test_publishing_a_draft_with_version_two_is_a_conflict(ada):
    draft = (await ada.create("x", status="draft")).json
    sent = {"id": draft["id"], "status": "current", "title": "x", "body": storage("")}

    answer = await ada.put(f"/api/v2/pages/{draft['id']}", {**sent, "version": {"number": 2}})

    assert answer.status == 409


async def test_a_create_may_not_carry_a_version(ada):
    answer = await ada.create(version={"number": 1})

    assert answer.status == 400


@pytest.mark.parametrize(
    "title", ["release CHECKLIST", "Old build system", " Release checklist ", "Release checklist"]
)
async def test_a_taken_title_is_refused_in_any_case_and_when_archived(ada, title):
    answer = await ada.create(title)

    assert answer.status == 400
    assert answer.json == {
        "errors": [
            {
                "status": 400,
                "code": "BAD_REQUEST",
                "title": "A page with this title already exists: "
                "A page already exists with the same TITLE in this space",
                "detail": None,
            }
        ]
    }


async def test_a_title_is_taken_by_a_page_that_one_cannot_see(atlassian):
    cy = await atlassian.person("cy")

    assert (await cy.create("Salary bands of engineering")).status == 400


@pytest.mark.parametrize("title", ["Ideas that aren't ready", "Thrown away"])
async def test_drafts_and_the_trash_take_no_title(ada, title):
    assert (await ada.create(title)).status == 200


async def test_a_draft_may_have_a_taken_title_until_it_is_published(ada):
    draft = await ada.create("Release checklist", status="draft")
    sent = {
        "id": draft.json["id"],
        "status": "current",
        "title": "Release checklist",
        "body": storage(""),
        "version": {"number": 1},
    }

    answer = await ada.put(f"/api/v2/pages/{draft.json['id']}", sent)

    assert draft.status == 200
    assert answer.status == 400
    assert "already exists" in answer.title


@pytest.mark.parametrize("title", ["", "   ", "x" * 256])
async def test_a_title_has_one_to_255_characters(ada, title):
    assert (await ada.create(title)).status == 400


async def test_a_title_of_255_characters_is_fine(ada):
    assert (await ada.create("x" * 255)).status == 200


async def test_a_draft_needs_no_title(ada):
    assert (await ada.create("", status="draft")).status == 200


async def test_a_request_over_five_megabytes_is_too_large(ada):
    body = io.BytesIO(b'{"title": "' + b"x" * 5_300_000 + b'"}')

    answer = await ada.ask(
        "POST", "/wiki/api/v2/pages", data=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status == 413


@pytest.mark.parametrize(
    "value", ["<p>", "&nbsp;", "<input disabled />x</p>", "<p><![CDATA[ ]]> ]]></p>", "a & b"]
)
async def test_malformed_storage_is_refused(ada, value):
    answer = await ada.create(body=storage(value))

    assert answer.status == 400
    assert answer.title.startswith("Error parsing xhtml")


async def test_adf_that_breaks_the_schema_is_refused(ada):
    answer = await ada.create(body=adf({"type": "paragraph", "content": [{"type": "heading"}]}))

    assert answer.status == 400


async def test_adf_that_is_not_json_is_the_documented_500(ada):
    body = {"representation": "atlas_doc_format", "value": "World"}

    answer = await ada.create(body=body)

    assert answer.status == 500
    assert answer.json["errors"][0]["code"] == "INTERNAL_SERVER_ERROR"


async def test_a_bare_string_as_body_is_the_documented_500(ada):
    assert (await ada.create(body="World")).status == 500


async def test_adf_comes_back_as_it_went_and_as_storage(ada):
    sent = adf({"type": "paragraph", "content": [{"type": "text", "text": "a < b"}]})
    page = (await ada.create(body=sent)).json

    as_adf = await ada.get(f"/api/v2/pages/{page['id']}", **{"body-format": "atlas_doc_format"})
    as_storage = await ada.get(f"/api/v2/pages/{page['id']}", **{"body-format": "storage"})

    assert as_adf.json["body"]["atlas_doc_format"]["value"] == sent["value"]
    assert as_storage.json["body"]["storage"]["value"] == "<p>a &lt; b</p>"


async def test_a_space_that_one_does_not_see_is_not_there(atlassian):
    gus = await atlassian.person("gus")

    secret = await gus.create(spaceId=atlassian.space_id("SECRET"))
    read_only = await gus.create(spaceId=atlassian.space_id("ENG"))

    assert (secret.status, read_only.status) == (404, 404)


async def test_an_update_needs_the_next_version(atlassian, ada):
    page_id = atlassian.page_id("Release checklist")
    now = (await ada.get(f"/api/v2/pages/{page_id}")).json
    sent = {"id": page_id, "status": "current", "title": now["title"], "body": storage("<p>1</p>")}

    stale = await ada.put(f"/api/v2/pages/{page_id}", {**sent, "version": {"number": 3}})
    good = await ada.put(f"/api/v2/pages/{page_id}", {**sent, "version": {"number": 4}})

    assert stale.status == 409
    assert stale.title == "Version must be incremented on update. Current version is: 3"
    assert good.json["version"]["number"] == 4


async def test_a_page_cannot_move_to_another_space(atlassian, ada):
    page_id = atlassian.page_id("Release checklist")
    sent = {
        "id": page_id,
        "status": "current",
        "title": "Release checklist",
        "body": storage(""),
        "version": {"number": 4},
    }

    other = {**sent, "spaceId": atlassian.space_id("OPS")}
    below = {**sent, "parentId": atlassian.page_id("Operations home")}

    assert (await ada.put(f"/api/v2/pages/{page_id}", other)).status == 400
    assert (await ada.put(f"/api/v2/pages/{page_id}", below)).status == 400


async def test_delete_moves_to_the_trash_and_purge_needs_the_trash_first(ada, bob):
    page_id = (await ada.create("Short-lived")).json["id"]
    path = f"/api/v2/pages/{page_id}"

    assert (await ada.delete(path, purge="true")).status == 400
    assert (await ada.delete(path)).status == 204
    assert (await ada.get(path)).status == 404
    assert (await ada.get(path, status="trashed")).json["status"] == "trashed"
    assert (await bob.delete(path, purge="true")).status == 403
    assert (await ada.delete(path, purge="true")).status == 204
    assert (await ada.get(path, status="trashed")).status == 404


async def test_a_draft_is_deleted_only_as_a_draft_and_for_good(ada):
    path = f"/api/v2/pages/{(await ada.create('x', status='draft')).json['id']}"

    assert (await ada.delete(path)).status == 404
    assert (await ada.delete(path, draft="true")).status == 204
    assert (await ada.get(path, **{"get-draft": "true"})).status == 404


async def test_a_restriction_is_inherited(atlassian, ada, bob):
    cy = await atlassian.person("cy")
    path = f"/api/v2/pages/{atlassian.page_id('Salary bands: details')}"

    seen = [(await each.get(path)).status for each in (ada, bob, cy)]

    assert seen == [200, 200, 404]


async def test_a_private_page_is_seen_by_its_maker_alone(atlassian, ada, bob):
    sent = {"spaceId": atlassian.space_id("ENG"), "title": "Mine", "body": storage("")}
    page = (await ada.post("/api/v2/pages", sent, private="true")).json

    assert (await ada.get(f"/api/v2/pages/{page['id']}")).status == 200
    assert (await bob.get(f"/api/v2/pages/{page['id']}")).status == 404


async def test_a_root_page_has_no_parent_and_may_name_none(atlassian, ada):
    sent = {"spaceId": atlassian.space_id("ENG"), "title": "Root", "body": storage("")}

    made = await ada.post("/api/v2/pages", sent, **{"root-level": "true"})
    both = await ada.post(
        "/api/v2/pages",
        {**sent, "title": "Root 2", "parentId": atlassian.page_id("Services")},
        **{"root-level": "true"},
    )

    assert "parentId" not in made.json
    assert both.status == 400


async def test_titles_are_looked_up_in_their_exact_case(ada):
    exact = await ada.get("/api/v2/pages", title="Release checklist")
    other = await ada.get("/api/v2/pages", title="release checklist")

    assert len(exact.json["results"]) == 2
    assert other.json["results"] == []


async def test_a_list_goes_on_by_cursor_until_everything_was_given(ada):
    seen, cursor = [], None
    while cursor != "":
        more = {"cursor": cursor} if cursor else {}
        answer = await ada.get("/api/v2/pages", limit=7, **more)
        seen += [each["id"] for each in answer.json["results"]]
        onward = answer.json["_links"].get("next", "")
        assert not onward or onward.startswith("/wiki/api/v2/pages?")
        assert (f'<{onward}>; rel="next"' == answer.headers.get("Link")) == bool(onward)
        cursor = onward.partition("cursor=")[2].partition("&")[0].replace("%3D", "=")

    assert len(seen) == len(set(seen)) > 50


async def test_another_querys_cursor_is_refused(ada):
    first = await ada.get("/api/v2/pages", limit=1)
    cursor = first.json["_links"]["next"].partition("cursor=")[2].replace("%3D", "=")

    assert (await ada.get("/api/v2/spaces", cursor=cursor)).status == 400
    assert (await ada.get("/api/v2/pages", cursor="no cursor")).status == 400


async def test_a_limit_above_250_is_refused(ada):
    assert (await ada.get("/api/v2/pages", limit=251)).status == 400


async def test_spaces_are_found_by_their_exact_key(ada, bob):
    found = await ada.get("/api/v2/spaces", keys="ENG,SECRET,eng")
    bobs = await bob.get("/api/v2/spaces")

    assert [each["key"] for each in found.json["results"]] == ["ENG", "SECRET"]
    assert "~ada" not in [each["key"] for each in bobs.json["results"]]


async def test_the_tree_can_be_walked_up_and_down(atlassian, ada):
    home = atlassian.page_id("Engineering home")
    service = atlassian.page_id("Billing service")

    children = (await ada.get(f"/api/v2/pages/{home}/direct-children")).json["results"]
    deep = (await ada.get(f"/api/v2/pages/{home}/descendants", depth=5)).json["results"]
    above = (await ada.get(f"/api/v2/pages/{service}/ancestors")).json["results"]

    assert "Services" in [each["title"] for each in children]
    assert service in [each["id"] for each in deep]
    assert [each["id"] for each in above] == [home, atlassian.page_id("Services")]


async def test_versions_labels_and_operations_are_told(atlassian, ada):
    page_id = atlassian.page_id("Release checklist")

    versions = await ada.get(f"/api/v2/pages/{page_id}/versions")
    second = await ada.get(f"/api/v2/pages/{page_id}/versions/2")
    labels = await ada.get(f"/api/v2/pages/{page_id}/labels")
    operations = await ada.get(f"/api/v2/pages/{page_id}/operations")

    assert [each["number"] for each in versions.json["results"]] == [3, 2, 1]
    assert (second.json["message"], second.json["prevVersion"]) == ("Added staging", 1)
    assert [each["name"] for each in labels.json["results"]] == ["release", "checklist"]
    assert "delete" in [each["operation"] for each in operations.json["operations"]]


async def test_a_property_is_kept_versioned_and_unique(atlassian, ada):
    path = f"/api/v2/pages/{atlassian.page_id('Price list')}/properties"
    sent = {"key": "confab", "value": {"by": "U0ADA"}}

    made = await ada.post(path, sent)
    again = await ada.post(path, sent)
    one = f"{path}/{made.json['id']}"
    stale = await ada.put(one, {**sent, "version": {"number": 1}})
    newer = await ada.put(one, {"key": "confab", "value": 2, "version": {"number": 2}})
    listed = await ada.get(path, key="confab")

    assert (made.status, again.status, stale.status, newer.status) == (200, 409, 409, 200)
    assert [each["value"] for each in listed.json["results"]] == [2]
    assert (await ada.delete(one)).status == 204
    assert (await ada.get(one)).status == 404


async def test_a_comment_is_made_answered_changed_and_deleted(atlassian, ada, bob):
    page_id = atlassian.page_id("Price list")
    made = await ada.post(
        "/api/v2/footer-comments", {"pageId": page_id, "body": storage("<p>Dear!</p>")}
    )
    comment_id = made.json["id"]
    one = f"/api/v2/footer-comments/{comment_id}"
    answer = await bob.post(
        "/api/v2/footer-comments", {"parentCommentId": comment_id, "body": storage("<p>No.</p>")}
    )
    changed = {"version": {"number": 2}, "body": storage("<p>Cheap!</p>")}

    assert (made.status, answer.status) == (201, 201)
    assert (await bob.put(one, changed)).status == 404
    assert (await ada.put(one, changed)).status == 200
    replies = await ada.get(f"{one}/children")
    assert [each["id"] for each in replies.json["results"]] == [answer.json["id"]]
    assert (await ada.delete(one)).status == 204


async def test_a_comment_hangs_on_exactly_one_thing(atlassian, ada):
    page_id = atlassian.page_id("Price list")

    none = await ada.post("/api/v2/footer-comments", {"body": storage("")})
    both = await ada.post(
        "/api/v2/footer-comments",
        {"pageId": page_id, "blogPostId": page_id, "body": storage("")},
    )

    assert (none.status, both.status) == (400, 400)


async def test_an_inline_comment_needs_its_selection_to_be_there(atlassian, ada):
    page_id = atlassian.page_id("Rocket engine manual")

    def sent(text, count, index):
        place = {
            "textSelection": text,
            "textSelectionMatchCount": count,
            "textSelectionMatchIndex": index,
        }
        return {"pageId": page_id, "body": storage("?"), "inlineCommentProperties": place}

    there = await ada.post("/api/v2/inline-comments", sent("oxygen", 1, 0))
    missing = await ada.post("/api/v2/inline-comments", sent("helium", 1, 0))
    listed = await ada.get(f"/api/v2/pages/{page_id}/inline-comments")

    assert (there.status, missing.status) == (201, 400)
    assert len(listed.json["results"]) == 2


async def test_blog_posts_are_listed_and_written(atlassian, ada):
    listed = await ada.get(f"/api/v2/spaces/{atlassian.space_id('ENG')}/blogposts")
    sent = {"spaceId": atlassian.space_id("ENG"), "title": "News", "body": storage("<p>!</p>")}
    made = await ada.post("/api/v2/blogposts", sent)

    assert "We launched!" in [each["title"] for each in listed.json["results"]]
    assert made.status == 200
    assert "/blog/" in made.json["_links"]["webui"]


async def test_people_are_looked_up_without_their_mail(atlassian, ada):
    ids = ["5b10a2844c20165700ede21b", "5b10a2844c20165700ede21e", "unknown"]

    answer = await ada.post("/api/v2/users-bulk", {"accountIds": ids})

    found = answer.json["results"]
    assert [(each["displayName"], each["email"]) for each in found] == [("Bob Okafor", "")]


async def test_the_sites_are_apart(atlassian):
    ada = await atlassian.person("ada", site=GLOBEX)

    keys = [each["key"] for each in (await ada.get("/api/v2/spaces")).json["results"]]

    assert keys == ["DOCS"]
    assert (await ada.get(f"/api/v2/pages/{atlassian.page_id('Price list')}")).status == 404


async def test_everything_survives_a_dump(atlassian, ada):
    await ada.create("Kept")
    saved = json.loads(json.dumps(atlassian.world.dump()))

    world = type(atlassian.world)(atlassian.base, atlassian.clock, atlassian.world.client, saved)

    assert world.dump() == saved
