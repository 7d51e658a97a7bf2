"""Promise 11: every button acts for whoever presses it, and answers nobody else."""

import json

import pytest

from sandbox.person import words
from tests.attacks.scene import fill, pages, press, rich, seen_by, submit, values_of
from tests.stage import link_in

pytestmark = pytest.mark.usefixtures("unhurt")

TEXT = "The merger is called Kingfisher"
TITLE = "Osprey plan"
ACME = "11111111-aaaa-4bbb-8ccc-000000000001"
GLOBEX = "22222222-aaaa-4bbb-8ccc-000000000002"


@pytest.fixture
async def ada(stage):
    return await stage.connect_to_write("U0ADA")


@pytest.fixture
async def bob(stage):
    return await stage.connect_to_write("U0BOB")


async def hidden_page(stage):
    """A page that Ada sees, and Cy doesn't."""
    made = await stage.post(
        "atlassian/pages/create",
        {"space": "ENG", "account": "ada", "title": TITLE, "body": f"<p>{TEXT}</p>"},
    )
    await stage.post(
        "atlassian/pages/restrict", {"id": made["id"], "readers": ["ada"], "editors": ["ada"]}
    )
    return json.dumps({"c": ACME, "p": made["id"]})


class TestWriting:
    async def previewed(self, stage, ada, title=TITLE):
        await fill(stage, ada, title, rich(TEXT))
        modal = await ada.modal()
        return modal["private_metadata"] or values_of(modal, "create_retitle")[0]

    async def published(self, stage, ada):
        draft = await self.previewed(stage, ada)
        await ada.submits()
        await stage.quiet()
        return draft

    async def test_undo_leaves_somebody_elses_page(self, stage, ada, bob):
        decision = await self.published(stage, ada)
        await press(stage, "U0BOB", "undo", decision)
        [page] = await pages(stage, TITLE)
        assert page["status"] == "current"
        assert TITLE not in await seen_by(bob)

    async def test_confirming_somebody_elses_preview_writes_nothing(self, stage, ada, bob):
        draft = await self.previewed(stage, ada)
        answer = await submit(stage, "U0BOB", "create_confirm", draft)
        assert "nothing was written" in answer["body"]
        assert TITLE not in answer["body"]
        assert await pages(stage, TITLE) == []
        assert TITLE not in await seen_by(bob)

    async def test_confirming_somebody_elses_written_page_shows_no_receipt(self, stage, ada, bob):
        draft = await self.published(stage, ada)
        answer = await submit(stage, "U0BOB", "create_confirm", draft)
        assert TITLE not in answer["body"]
        assert len(await pages(stage, TITLE)) == 1

    @pytest.mark.parametrize("action", ["edit_again", "create_retitle", "create_append"])
    async def test_somebody_elses_text_is_shown_to_nobody(self, stage, ada, bob, action):
        draft = await self.previewed(stage, ada, "Release checklist")
        await press(stage, "U0BOB", action, draft)
        seen = await seen_by(bob)
        assert TEXT not in seen
        assert "isn't kept here" in seen

    async def test_closing_somebody_elses_preview_forgets_nothing(self, stage, ada, bob):
        draft = await self.previewed(stage, ada)
        await submit(stage, "U0BOB", "create_confirm", draft, type="view_closed")
        await ada.submits()
        await stage.quiet()
        assert len(await pages(stage, TITLE)) == 1


class TestReading:
    @pytest.mark.parametrize("action", ["preview", "share", "share_now", "page_choice"])
    async def test_a_page_is_looked_up_with_the_pressers_rights(self, stage, action):
        place = await hidden_page(stage)
        cy = await stage.connect("U0CY")
        await press(stage, "U0CY", action, place)
        bob = stage.person("U0BOB")
        for seen in (await seen_by(cy), await seen_by(bob)):
            assert TITLE not in seen
            assert TEXT not in seen

    @pytest.mark.parametrize("action", ["preview", "share_now", "search_next", "search_author:0"])
    async def test_a_stranger_to_confluence_is_asked_to_consent(self, stage, action):
        await hidden_page(stage)
        ada = await stage.connect()
        await ada.types("/confluence search checklist")
        await ada.waits_for_message("found")
        found = values_of(await ada.screen(), action)
        anything = json.dumps({"q": "x", "c": ACME, "b": [], "p": "1"})
        value = found[0] if found else anything
        await press(stage, "U0BOB", action, value)
        bob = stage.person("U0BOB")
        assert link_in(await bob.screen()) is not None
        assert "checklist" not in (await seen_by(bob)).lower()

    async def test_the_next_page_of_somebody_elses_search_holds_ones_own_results(self, stage):
        await hidden_page(stage)
        ada, cy = await stage.connect(), await stage.connect("U0CY")
        value = json.dumps({"q": "merger", "c": None, "b": []})
        await press(stage, "U0ADA", "search_next", value)
        assert TITLE in await seen_by(ada)
        await press(stage, "U0CY", "search_next", value)
        assert TITLE not in await seen_by(cy)

    async def test_results_are_seen_by_whoever_searched_alone(self, stage):
        ada = await stage.connect()
        await ada.types("/confluence search release checklist")
        await ada.waits_for_message("found")
        await ada.types("/confluence page Release checklist")
        await stage.quiet()
        for other in ("U0BOB", "U0CY", "U0GUS"):
            assert "Release checklist" not in await seen_by(stage.person(other))

    @pytest.mark.parametrize("action", ["choose_site:0", "choose_site:1", "choose_site:24"])
    async def test_nobody_chooses_a_site_that_they_may_not_use(self, stage, action):
        bob = await stage.connect("U0BOB")
        await press(stage, "U0BOB", action, GLOBEX)
        assert "doesn't open that site" in await seen_by(bob)
        place = json.dumps({"c": GLOBEX, "p": "1"})
        await press(stage, "U0BOB", "preview", place)
        log = await stage.get("atlassian/log")
        assert [each for each in log if GLOBEX in each["path"]] == []


class TestConnecting:
    async def test_somebody_elses_link_takes_no_reply_of_mine(self, stage):
        ada, bob = stage.person("U0ADA"), stage.person("U0BOB")
        await ada.types("/confluence connect")
        await stage.quiet()
        screen = await ada.screen()
        [flow] = values_of(screen, "connect_opened")
        await press(stage, "U0BOB", "connect_opened", flow)
        await stage.walk(link_in(screen))
        await stage.quiet()
        assert "Lindqvist" not in await seen_by(bob)
        assert any("Connected as" in words(each) for each in await ada.messages("@app"))

    async def test_disconnecting_disconnects_the_presser(self, stage):
        ada, bob = await stage.connect("U0ADA"), await stage.connect("U0BOB")
        await ada.types("/confluence disconnect")
        await ada.waits_for_message("Disconnect")
        await press(stage, "U0BOB", "disconnect")
        assert "Bob Okafor" in await seen_by(bob)
        await ada.types("/confluence search checklist")
        await ada.waits_for_message("found")

    async def test_status_is_ones_own(self, stage):
        await stage.connect("U0ADA")
        bob = await stage.connect("U0BOB")
        await press(stage, "U0BOB", "status")
        seen = await seen_by(bob)
        assert "Bob Okafor" in seen
        assert "Lindqvist" not in seen
