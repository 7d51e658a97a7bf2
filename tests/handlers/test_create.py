"""Writing a page, from the form to the receipt, in this process, over loopback."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app import utc_now
from bot.errors import Unavailable
from bot.integration import ChannelDefaults
from bot.ports import SETTLE
from bot.principal import Principal
from bot.receipt import DraftId, Stage
from handlers import forms
from handlers.ask import Kind
from sandbox.person import words
from store.memory import MemoryReceipts
from store.stores import memory_stores
from tests.stage import staged

HELLO = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "Hello, all"}]}
    ],
}
ENG = "ENG"


@pytest.fixture
async def ada(stage):
    return await stage.connect_to_write()


async def fill(stage, ada, title, body=HELLO, act=None):
    """Open the form, fill it and submit it; return its ack."""
    await ada.types("/confluence create")
    await stage.quiet()
    [space] = await ada.suggests("create_space", ENG)
    values = {
        "space": {"create_space": space},
        "title": {"title": title},
        "body": {"body": body},
    }
    if act:
        values["act"] = {"act": act}
    ack = await ada.submits(values)
    await stage.quiet()
    return ack


async def pages(stage, title):
    return [page for page in await all_pages(stage) if page["title"] == title]


async def all_pages(stage):
    found = await stage.get("atlassian/pages")
    return found["pages"] if isinstance(found, dict) else found


async def test_shows_exactly_what_will_be_written(stage, ada):
    await fill(stage, ada, "Plan")
    modal = await ada.modal()
    assert "A new page in *Engineering* on *acme*, as *Ada Lindqvist*" in words(modal)
    assert "Hello, all" in str(modal)
    assert await pages(stage, "Plan") == []


async def test_writes_once_and_gives_a_receipt(stage, ada):
    await fill(stage, ada, "Plan")
    await ada.submits()
    await stage.quiet()
    assert (await ada.modal())["title"]["text"] == "Published"
    [page] = await pages(stage, "Plan")
    assert page["status"] == "current"
    assert "Published" in words(await ada.waits_for_message("Published"))


async def test_a_double_press_writes_one_page(stage, ada):
    await fill(stage, ada, "Plan")
    view = await ada.modal()
    first = await ada.submits(view_id=view["id"])
    assert first["error"] is None
    deliveries = (await stage.get("slack/log"))["deliveries"]
    [confirmed] = [d for d in deliveries if "create_confirm" in d["body"]][-1:]
    again = await stage.post(
        "slack/deliver",
        {
            "body": confirmed["body"],
            "content_type": "application/x-www-form-urlencoded",
            "timestamp": int(time.time()) - 5,
        },
    )
    await stage.quiet()
    assert again["status"] == 200
    assert len(await pages(stage, "Plan")) == 1


async def test_undo_moves_it_to_the_trash(stage, ada):
    await fill(stage, ada, "Plan")
    await ada.submits()
    await stage.quiet()
    await ada.closes()
    await ada.presses("undo")
    await stage.quiet()
    [page] = await pages(stage, "Plan")
    assert page["status"] == "trashed"


async def test_undo_leaves_a_page_that_somebody_changed(stage, ada):
    await fill(stage, ada, "Plan")
    await ada.submits()
    await stage.quiet()
    [page] = await pages(stage, "Plan")
    await stage.post(
        "atlassian/pages/change", {"id": page["id"], "account": "bob", "title": "Bob's plan"}
    )
    await ada.closes()
    await ada.presses("undo")
    await stage.quiet()
    [page] = await pages(stage, "Bob's plan")
    assert page["status"] == "current"


async def test_saves_a_draft(stage, ada):
    await fill(stage, ada, "Plan", act="draft")
    await ada.submits()
    await stage.quiet()
    [page] = await pages(stage, "Plan")
    assert page["status"] == "draft"
    assert (await ada.modal())["title"]["text"] == "Saved as a draft"


async def test_offers_ways_round_a_title_that_exists(stage, ada):
    await fill(stage, ada, "Release checklist")
    assert (await ada.modal())["title"]["text"] == "That title exists"
    await ada.presses("create_retitle")
    await stage.quiet()
    assert "Release checklist (2)" in words(await ada.modal())
    await ada.submits()
    await stage.quiet()
    assert len(await pages(stage, "Release checklist (2)")) == 1


async def test_appends_to_the_page_that_has_the_title(stage, ada):
    [before] = [p for p in await pages(stage, "Release checklist") if p["space"] == ENG]
    await fill(stage, ada, "Release checklist")
    await ada.presses("create_append")
    await stage.quiet()
    assert "More text at the end of" in words(await ada.modal())
    await ada.submits()
    await stage.quiet()
    [after] = [p for p in await pages(stage, "Release checklist") if p["space"] == ENG]
    assert after["id"] == before["id"]
    assert len(after["versions"]) == len(before["versions"]) + 1
    assert "Hello, all" in after["text"]


async def test_names_each_field_that_is_missing(stage, ada):
    await ada.types("/confluence create")
    await stage.quiet()
    [space] = await ada.suggests("create_space", ENG)
    blank = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": " "}]}],
    }
    answer = await ada.submits(
        {"space": {"create_space": space}, "title": {"title": "  "}, "body": {"body": blank}}
    )
    assert set(answer["errors"]) == {"title", "body"}


async def test_a_failure_keeps_the_text_and_the_way_back(stage, ada):
    await fill(stage, ada, "Plan")
    await stage.post("atlassian/faults", {"kind": "429-burst", "method": "POST", "path": "/pages"})
    await ada.submits()
    await stage.quiet()
    modal = await ada.modal()
    assert "your text is kept here" in words(modal)
    assert await pages(stage, "Plan") == []
    await ada.closes()
    assert (await ada.modal())["callback_id"] == "create_form"


async def test_after_a_refusal_the_form_beneath_is_previewed_again(stage, ada):
    await fill(stage, ada, "Plan")
    await stage.post("atlassian/faults", {"kind": "429-burst", "method": "POST", "path": "/pages"})
    await ada.submits()
    await stage.quiet()
    assert "edit_again" not in str(await ada.modal())
    await ada.closes()
    await ada.submits({"title": {"title": "Plan B"}})
    await stage.quiet()
    assert "Plan B" in words(await ada.modal())
    await ada.submits()
    await stage.quiet()
    assert [page["status"] for page in await pages(stage, "Plan B")] == ["current"]


async def refused_below(stage, ada, parent, title):
    """Have a draft below *parent* refused, and close everything."""
    await ada.types("/confluence create")
    await stage.quiet()
    [space] = await ada.suggests("create_space", ENG)
    await ada.submits({"space": {"create_space": space}, "title": {"title": " "}})
    [above] = await ada.suggests("create_parent", parent)
    filled = {"parent": {"create_parent": above}, "title": {"title": title}}
    await ada.submits({**filled, "body": {"body": HELLO}, "act": {"act": "draft"}})
    await stage.quiet()
    await stage.post("atlassian/faults", {"kind": "429-burst", "method": "POST", "path": "/pages"})
    await ada.submits()
    await stage.quiet()
    await ada.closes(everything=True)


async def elements(ada):
    modal = await ada.modal()
    return {each["block_id"]: each["element"] for each in modal["blocks"] if "element" in each}


async def test_a_text_handed_back_comes_with_all_that_was_chosen(stage, ada):
    await refused_below(stage, ada, "Release checklist", "Plan")
    await ada.types("/confluence site")
    await stage.quiet()
    await ada.presses("choose_site:1")
    await ada.waits_for_message("You now work on globex")
    await ada.presses("edit_again")
    await stage.quiet()
    form = await elements(ada)
    assert "on *acme*" in words(await ada.modal())
    assert form["space"]["initial_option"]["text"]["text"] == "Engineering"
    assert form["parent"]["initial_option"]["text"]["text"] == "Release checklist"
    assert form["act"]["initial_option"]["value"] == "draft"
    await ada.submits()
    await stage.quiet()
    assert "A draft in *Engineering* under *Release checklist* on *acme*" in words(
        await ada.modal()
    )


async def test_a_text_is_handed_back_even_where_its_site_is_not_open_any_more(stage, ada):
    await refused_below(stage, ada, "Release checklist", "Plan")
    await stage.connect(only_sites=["globex"], site=None)
    await ada.presses("edit_again")
    await stage.quiet()
    form = await elements(ada)
    assert "on *globex*" in words(await ada.modal())
    assert form["title"]["initial_value"] == "Plan"
    assert "initial_option" not in form["space"]
    assert "initial_option" not in form["parent"]


async def test_an_unclear_answer_makes_no_second_page(stage, ada):
    await fill(stage, ada, "Plan")
    await stage.post("atlassian/faults", {"kind": "drop-after", "method": "POST", "path": "/pages"})
    await ada.submits()
    await stage.quiet()
    found = await pages(stage, "Plan")
    assert [page["status"] for page in found].count("current") == 1
    assert "second draft" in words(await ada.modal())


async def test_an_unclear_publishing_is_settled_by_its_id(stage, ada):
    await fill(stage, ada, "Plan")
    await stage.post("atlassian/faults", {"kind": "drop-after", "method": "PUT", "path": "/pages"})
    await ada.submits()
    await stage.quiet()
    [page] = await pages(stage, "Plan")
    assert page["status"] == "current"
    assert (await ada.modal())["title"]["text"] == "Published"


async def test_mentions_people_by_the_account_they_connected(stage, ada):
    await stage.connect("U0BOB")
    mention = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "user", "user_id": "U0BOB"},
                    {"type": "text", "text": " and "},
                    {"type": "user", "user_id": "U0CY"},
                ],
            }
        ],
    }
    await fill(stage, ada, "Plan", body=mention)
    await ada.submits()
    await stage.quiet()
    [page] = await pages(stage, "Plan")
    body = str(page["versions"][-1])
    assert "mention" in body
    assert "Bob Okafor" in body
    assert "@cy" in body.lower()
    assert "U0CY" not in body


async def test_offers_recent_spaces_then_favourites_before_anything_is_typed(stage, ada):
    await ada.types("/confluence create")
    await stage.quiet()
    offered = [option["text"]["text"] for option in await ada.suggests("create_space", "")]
    assert offered[0] == "Operations"
    await ada.closes(everything=True)
    await fill(stage, ada, "Plan")
    await ada.submits()
    await stage.quiet()
    await ada.closes(everything=True)
    await ada.types("/confluence create")
    await stage.quiet()
    offered = [option["text"]["text"] for option in await ada.suggests("create_space", "")]
    assert offered[:2] == ["Engineering", "Operations"]


class Stumbling(MemoryReceipts):
    """Doesn't answer the first claim, though it records it if *records*."""

    def __init__(self, *, records):
        super().__init__(utc_now)
        self.records = records
        self.claims = 0

    async def claim(self, receipt):
        self.claims += 1
        if self.claims > 1:
            return await super().claim(receipt)
        if self.records:
            await super().claim(receipt)
        raise Unavailable("the database")


@pytest.mark.parametrize("records", [True, False])
async def test_a_silent_database_leaves_the_preview_to_be_confirmed_again(records):
    receipts = Stumbling(records=records)
    stores = replace(memory_stores(utc_now), receipts=receipts)
    async with staged(stores=stores) as stage:
        ada = await stage.connect_to_write()
        await fill(stage, ada, "Plan")
        await ada.submits()
        assert "can't tell whether" in words(await ada.modal())
        await ada.closes()
        await ada.submits()
        await stage.quiet()
        assert len(await pages(stage, "Plan")) == (0 if records else 1)


class Fading(MemoryReceipts):
    """Doesn't answer its *method* any more once a decision is claimed."""

    def __init__(self, method):
        super().__init__(utc_now)
        self.method = method

    async def find(self, principal, decision):
        if self.method == "find":
            raise Unavailable("the database")
        return await super().find(principal, decision)

    async def replace(self, seen, changed):
        if self.method == "replace" and changed.stage is Stage.DONE:
            raise Unavailable("the database")
        return await super().replace(seen, changed)


@pytest.mark.parametrize("method", ["find", "replace"])
async def test_what_was_claimed_is_never_called_unchanged(method):
    stores = replace(memory_stores(utc_now), receipts=Fading(method))
    async with staged(stores=stores) as stage:
        ada = await stage.connect_to_write()
        await fill(stage, ada, "Plan")
        await ada.submits()
        await stage.quiet()
        assert "The receipt will come by message" in words(await ada.modal())
        assert "Nothing was changed" not in words(await ada.modal())
        assert len(await pages(stage, "Plan")) == (method == "replace")


async def test_a_preview_that_is_closed_leaves_nothing_behind(stage, ada):
    await fill(stage, ada, "Plan")
    soon = utc_now() + timedelta(hours=1)
    [due] = await stage.stores.due.list_due(SETTLE, soon, 9)
    await ada.closes()
    await stage.quiet()
    draft = DraftId(due.id.partition("/")[2])
    assert await stage.stores.due.list_due(SETTLE, soon, 9) == []
    assert await stage.stores.drafts.find(Principal(due.tenant, "U0ADA"), draft) is None


async def test_a_preview_whose_claim_may_stand_is_settled_although_it_is_closed():
    receipts = Stumbling(records=True)
    stores = replace(memory_stores(utc_now), receipts=receipts)
    async with staged(stores=stores) as stage:
        ada = await stage.connect_to_write()
        await fill(stage, ada, "Plan")
        await ada.submits()
        for _ in ("the words", "the preview"):
            await ada.closes()
            await stage.quiet()
        assert len(await stores.due.list_due(SETTLE, utc_now() + timedelta(hours=1), 9)) == 1


async def test_a_silent_slack_costs_a_name_and_no_preview(stage, ada):
    mention = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [{"type": "user", "user_id": "U0CY"}, {"type": "text", "text": " did"}],
            }
        ],
    }
    await stage.post("slack/faults", {"method": "users.info", "kind": "500", "times": 9})
    await fill(stage, ada, "Plan", body=mention)
    await ada.submits()
    await stage.quiet()
    [page] = await pages(stage, "Plan")
    assert "@somebody did" in page["text"]


async def test_what_is_confirmed_is_remembered_no_longer(stage, ada):
    create = stage.bot.table.routes[Kind.SUBMISSION, forms.CONFIRM].listener.__self__
    kept = create._parts.recent._kept  # noqa: SLF001  # nothing else shows it
    await fill(stage, ada, "Plan")
    assert len(kept) == 1
    await ada.submits()
    await stage.quiet()
    assert len(kept) == 0


async def test_what_a_guest_confirmed_is_refused_and_not_taken_up_later():
    async with staged(settle_after=timedelta(milliseconds=1)) as stage:
        ada = await stage.connect_to_write()
        await fill(stage, ada, "Plan")
        await stage.post("slack/people/change", {"user": "U0ADA", "role": "guest"})
        stage.forget_people()
        await ada.submits()
        await stage.quiet()
        assert "nothing was done" in words(await ada.modal())
        [due] = await stage.stores.due.list_due(SETTLE, utc_now() + timedelta(hours=1), 9)
        await stage.stores.due.replace(due, utc_now())
        await stage.bot.settler.settle_due()
        await stage.quiet()
        assert await pages(stage, "Plan") == []
        assert "Not published: Plan. Your text is safe." in str(await ada.screen())


async def default_of(stage, **changed):
    """Have C0GENERAL write to Engineering under a page, but for what is *changed*."""
    connection = await stage.stores.connections.find(Principal("T0ACME", "U0ADA"), "system")
    [there, *_] = await all_pages(stage)
    found = {"space_id": "327681", "parent_id": str(there["id"]), **changed}
    defaults = ChannelDefaults(
        tenant="T0ACME",
        channel_id="C0GENERAL",
        site_name="acme",
        space_key=ENG,
        space_name="Engineering",
        set_by="U0BOB",
        set_at=utc_now(),
        parent_title="Roadmap",
        **{"site": connection.sites[0].cloud_id, **found},
    )
    await stage.stores.integrations.save_channel(defaults)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "This channel writes to *Engineering* under *Roadmap* on *acme*"),
        ({"parent_id": "999999999"}, "that you may not see: choose a space."),
        ({"space_id": "999999999"}, "that you may not see: choose a space."),
        ({"site": "another"}, "writes to *acme*, which you aren't connected to: choose a space."),
    ],
)
async def test_a_channels_default_is_named_to_whoever_may_see_it(stage, ada, changed, told):
    await default_of(stage, **changed)
    await ada.types("/confluence create", channel="C0GENERAL")
    await stage.quiet()
    shown = words(await ada.modal())
    assert told in shown
    assert ("Roadmap" in shown) is (changed == {})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "go to *Engineering* under *Roadmap* on *acme*, as <@U0BOB> chose."),
        ({"parent_id": "999999999"}, "or that you may not see, as <@U0BOB> chose."),
        ({"space_id": "999999999"}, "or that you may not see, as <@U0BOB> chose."),
        ({"site": "another"}, "go to *acme*, which you aren't connected to, as <@U0BOB> chose."),
    ],
)
async def test_the_standing_default_is_shown_to_whoever_may_see_it(stage, ada, changed, told):
    await default_of(stage, **changed)
    await ada.types("/confluence here", channel="C0GENERAL")
    await stage.quiet()
    modal = await ada.modal()
    assert told in words(modal)
    assert ("Roadmap" in str(modal)) is ("Engineering" in str(modal)) is (changed == {})
