"""Promise 11: sharing shows with one person's rights nothing that the channel may not see."""

import json

import pytest

from sandbox.person import words
from tests.attacks.scene import seen_by

pytestmark = pytest.mark.usefixtures("unhurt")

TEXT = "The merger is called Kingfisher"
TITLE = "Osprey plan"


@pytest.fixture
async def ada(stage):
    return await stage.connect()


async def page(stage, readers=(), parent=None, space="ENG"):
    made = await stage.post(
        "atlassian/pages/create",
        {"space": space, "account": "ada", "title": TITLE, "body": f"<p>{TEXT}</p>"},
    )
    if parent:
        await stage.post("atlassian/pages/move", {"id": made["id"], "parent": parent})
    await restrict(stage, made["id"], readers)
    return made["id"]


async def restrict(stage, page_id, readers):
    await stage.post(
        "atlassian/pages/restrict", {"id": page_id, "readers": list(readers), "editors": []}
    )


async def share(stage, ada, page_id, channel="general"):
    """Share a page by the buttons; return what stands in the channel for everybody."""
    await ada.types(f"/confluence page {page_id}", channel=channel)
    await stage.quiet()
    await ada.presses("share")
    await stage.quiet()
    await ada.presses("share_now")
    await stage.quiet()
    shown = [m for m in await ada.messages(channel) if m["bot"] and not m["ephemeral"]]
    return shown[-1] if shown else None


async def test_a_page_without_restrictions_shows_its_beginning(stage, ada):
    shared = await share(stage, ada, await page(stage))
    assert TITLE in words(shared)
    assert TEXT in words(shared)
    assert "Engineering" in words(shared)


async def test_a_restricted_page_shows_title_space_and_link_alone(stage, ada):
    shared = await share(stage, ada, await page(stage, readers=["ada"]))
    assert TITLE in words(shared)
    assert "Engineering" in words(shared)
    assert TEXT not in json.dumps(shared)


async def test_a_page_below_a_restricted_one_shows_no_beginning(stage, ada):
    above = await page(stage, readers=["ada", "bob"])
    await stage.post("atlassian/pages/change", {"id": above, "account": "ada", "title": "Above"})
    shared = await share(stage, ada, await page(stage, parent=above))
    assert TEXT not in json.dumps(shared)


async def test_of_a_blog_post_nobody_is_told_who_may_read_it_so_no_beginning_is_shown(stage, ada):
    asked = {"space": "ENG", "account": "ada", "title": TITLE, "body": f"<p>{TEXT}</p>"}
    made = await stage.post("atlassian/pages/create", {**asked, "kind": "blogpost"})
    link = f"{stage.url}/atlassian/sites/acme/wiki/spaces/ENG/blog/2026/11/23/{made['id']}"
    await ada.types(f"/confluence page {link}")
    await stage.quiet()
    assert TEXT in words(await ada.last())
    shared = await share(stage, ada, made["id"])
    assert TITLE in words(shared)
    assert TEXT not in json.dumps(shared)


@pytest.mark.parametrize("space", ["SECRET", "~ada"])
async def test_a_page_of_a_space_for_a_few_people_shows_no_beginning(stage, ada, space):
    shared = await share(stage, ada, await page(stage, space=space))
    assert TITLE in words(shared)
    assert TEXT not in json.dumps(shared)


@pytest.mark.parametrize("kind", ["500", "html", "missing-fields", "truncated", "429-burst"])
async def test_nothing_is_shown_where_confluence_will_not_tell_who_may_read(stage, ada, kind):
    page_id = await page(stage)
    await stage.post(
        "atlassian/faults", {"kind": kind, "path": "permissions", "times": 99, "retry_after": 0}
    )
    shared = await share(stage, ada, page_id)
    assert TITLE in words(shared)
    assert TEXT not in json.dumps(shared)


@pytest.mark.parametrize("channel", ["partners", "eng"])
async def test_where_strangers_may_read_or_we_cannot_tell_no_beginning_is_shown(
    stage, ada, channel
):
    shared = await share(stage, ada, await page(stage), channel)
    assert TITLE in words(shared)
    assert TEXT not in json.dumps(shared)


async def test_nothing_is_shown_that_slack_will_not_tell_about(stage, ada):
    await stage.post(
        "slack/faults", {"method": "conversations.info", "times": 9, "error": "fatal_error"}
    )
    shared = await share(stage, ada, await page(stage))
    assert TEXT not in json.dumps(shared)


@pytest.mark.parametrize("kind", ["500", "html", "missing-fields", "truncated", "429-burst"])
async def test_nothing_is_shown_where_confluence_will_not_tell_of_restrictions(stage, ada, kind):
    page_id = await page(stage, readers=["ada"])
    await ada.types(f"/confluence page {page_id}")
    await stage.quiet()
    await ada.presses("share")
    await stage.quiet()
    await stage.post(
        "atlassian/faults", {"kind": kind, "path": "restriction", "times": 99, "retry_after": 0}
    )
    await ada.presses("share_now")
    await stage.quiet()
    shown = [m for m in await ada.messages() if m["bot"] and not m["ephemeral"]]
    assert TEXT not in json.dumps(shown)


async def test_what_was_shared_carries_open_and_nothing_that_acts(stage, ada):
    shared = await share(stage, ada, await page(stage))
    acting = [
        element["action_id"]
        for block in shared["blocks"]
        for element in [*block.get("elements", ()), block.get("accessory", {})]
        if "action_id" in element
    ]
    assert acting == ["opened"]


async def test_what_will_be_seen_is_shown_first_and_to_the_sharer_alone(stage, ada):
    await ada.types(f"/confluence page {await page(stage)}")
    await stage.quiet()
    await ada.presses("share")
    await stage.quiet()
    assert "everybody in this conversation will see" in words(await ada.last())
    assert TITLE not in await seen_by(stage.person("U0BOB"))


async def test_a_page_restricted_between_question_and_answer_shows_no_beginning(stage, ada):
    page_id = await page(stage)
    await ada.types(f"/confluence page {page_id}")
    await stage.quiet()
    await ada.presses("share")
    await stage.quiet()
    await restrict(stage, page_id, ["ada"])
    await ada.presses("share_now")
    await stage.quiet()
    shown = [m for m in await ada.messages() if m["bot"] and not m["ephemeral"]]
    assert TEXT not in json.dumps(shown)
