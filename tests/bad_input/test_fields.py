"""Whatever is put into a text field gets a clear answer, and nothing of it is lost."""

import json

import pytest

from sandbox.person import words
from sandbox.slack.workspace import Content
from tests.attacks.hostile import ALL, IDS, LONG, SURROGATE, shapes
from tests.attacks.scene import (
    fill,
    pages,
    press,
    rich,
    submit,
)
from tests.attacks.test_strangers import FILLED, command

pytestmark = pytest.mark.usefixtures("unhurt")

WORDS = ("", "help", "connect", "status", "site", "disconnect", "search", "page", "create", "zzz")
SIZES = {
    "nothing": "",
    "blank": " \n\t ",
    "one": "x",
    "long": "x" * LONG,
    "wide": "漢" * 3_900,
    "long emoji": "👩‍👩‍👧‍👦" * 9_000,
    "long entities": "&<>" * 30_000,
    "many words": "a " * 50_000,
    "quotes": '"' * LONG,
    "marks": "*_~`" * 25_000,
    "lines": "x\n" * 20_000,
}
size = pytest.mark.parametrize("text", SIZES.values(), ids=SIZES)


@pytest.mark.parametrize("word", WORDS)
async def test_every_command_answers(stage, word):
    ada = await stage.connect()
    for text in SIZES.values():
        before = len(await ada.messages())
        answer = await command(stage, "U0ADA", f"{word} {text}", channel_id="C0GENERAL")
        assert answer["status"] == 200
        assert answer["body"] or await ada.modal() or len(await ada.messages()) > before


@pytest.mark.parametrize("separator", ["\n", "\t", "\u00a0", "  "])
async def test_a_words_end_is_any_white_space(stage, separator):
    await stage.connect()
    await command(stage, "U0ADA", f"search{separator}checklist", channel_id="C0GENERAL")
    assert "found" in words(await stage.person("U0ADA").last())


@pytest.mark.parametrize("key", ["in", "by", "label", "title", "type", "since", "cql", "nope"])
async def test_every_filter_answers(stage, key):
    ada = await stage.connect()
    for text in SIZES.values():
        before = len(await ada.messages())
        await command(stage, "U0ADA", f'search {key}:"{text}"', channel_id="C0GENERAL")
        assert len(await ada.messages()) > before


async def test_a_search_that_is_too_long_says_so(stage):
    ada = await stage.connect()
    await command(stage, "U0ADA", "search " + "word " * 200, channel_id="C0GENERAL")
    seen = words(await ada.last())
    assert "400 characters at most" in seen
    assert "Nothing was searched" in seen


@pytest.mark.parametrize("text", ["漢" * 390, '"' * 390, "\\" * 390, "👍🏽" * 190])
async def test_a_search_that_is_almost_too_long_can_be_paged(stage, text):
    ada = await stage.connect()
    value = json.dumps({"q": f"release {text}", "c": None, "b": [None] * 50}, ensure_ascii=False)
    await press(stage, "U0ADA", "search_next", value)
    assert (await ada.messages("general"))[-1]["bot"]


async def test_by_somebody_goes_with_since(stage):
    ada = await stage.connect()
    await ada.types("/confluence search release by:@bob since:7d")
    await stage.quiet()
    assert "takes days" not in words(await ada.last())


class TestForm:
    @pytest.fixture
    async def ada(self, stage):
        return await stage.connect_to_write()

    async def filled(self, stage, title, body):
        """Submit the form with values that Slack itself would hold back, and look at the ack."""
        return await submit(
            stage,
            "U0ADA",
            "create_form",
            json.dumps({"site": "11111111-aaaa-4bbb-8ccc-000000000001", "note": ""}),
            values={
                "space": {
                    "create_space": {
                        "selected_option": {"value": "1:ENG", "text": {"text": "Engineering"}}
                    }
                },
                "title": {"title": {"value": title}},
                "body": {"body": {"rich_text_value": body}},
            },
        )

    @size
    async def test_a_title_is_judged_in_the_ack(self, stage, ada, text):
        answer = json.loads((await self.filled(stage, text, rich("x")))["body"])
        if not 0 < len(text.strip()) <= 255:
            assert set(answer["errors"]) == {"title"}
        else:
            assert answer["response_action"] == "push"

    @pytest.mark.parametrize(
        "body",
        [
            None,
            {},
            [],
            "x",
            7,
            {"type": "rich_text"},
            {"type": "rich_text", "elements": None},
            {"type": "rich_text", "elements": [None, 1, "x", {}]},
            rich(),
            rich("", " ", "\u200b"),
        ],
    )
    async def test_an_empty_body_is_refused_in_the_ack(self, stage, ada, body):
        answer = json.loads((await self.filled(stage, "T", body))["body"])
        assert set(answer["errors"]) == {"body"}

    @pytest.mark.parametrize(
        "text",
        [t for t in SIZES.values() if t.strip()],
        ids=[k for k, t in SIZES.items() if t.strip()],
    )
    async def test_a_body_of_any_size_is_written_or_kept(self, stage, ada, text):
        await fill(stage, ada, "Kestrel", rich(text))
        modal = await ada.modal()
        assert modal["callback_id"] == "create_confirm", words(modal)
        await ada.submits()
        await stage.quiet()
        [page] = await pages(stage, "Kestrel")
        assert page["status"] == "current"
        assert page["text"].count(text.split()[0][0]) >= text.count(text.split()[0][0])

    @pytest.mark.parametrize("shape", shapes())
    async def test_a_body_of_any_shape_is_written(self, stage, ada, shape):
        await ada.types("/confluence create")
        await stage.quiet()
        [space] = await ada.suggests("create_space", "ENG")
        view = await ada.modal()
        kept = stage.slack.views.get(view["id"], "U0ADA").values
        kept["body"] = {"body": {"type": "rich_text_input", "rich_text_value": shapes()[shape]}}
        await ada.submits({"space": {"create_space": space}, "title": {"title": "Kestrel"}})
        await stage.quiet()
        await ada.submits()
        await stage.quiet()
        [page] = await pages(stage, "Kestrel")
        assert page["status"] == "current"
        assert "kept" in page["text"]
        assert "javascript" not in json.dumps(page)

    @pytest.mark.parametrize("text", ALL, ids=IDS)
    async def test_every_menu_answers_in_time(self, stage, ada, text):
        await ada.types("/confluence create")
        await stage.quiet()
        for typed in (text, text * 1_000, ""):
            for menu in ("create_space", "create_parent"):
                answer = await suggest(stage, menu, typed)
                assert len(json.loads(answer["body"])["options"]) <= 10

    @size
    async def test_every_size_of_what_is_typed_into_a_menu_is_answered(self, stage, ada, text):
        answer = await suggest(stage, "create_space", text)
        assert len(json.loads(answer["body"])["options"]) <= 10

    @pytest.mark.parametrize(
        "metadata", ["", "{", "[]", "null", "7", '{"site": 7, "note": []}', "x" * 3_000, SURROGATE]
    )
    async def test_a_form_whose_metadata_is_not_ours_writes_nothing(self, stage, ada, metadata):
        for callback in ("create_form", "create_confirm"):
            answer = await submit(stage, "U0ADA", callback, metadata, values=FILLED)
            assert answer["status"] == 200
        found = await stage.get("atlassian/pages")
        assert [page for page in found if page["title"] == "x"] == []


async def suggest(stage, menu, typed):
    """Type into a menu of the form, as Slack would tell of it."""
    chosen = {
        "space": {"create_space": {"selected_option": {"value": "1:ENG", "text": {"text": "E"}}}}
    }
    view = {
        "id": "V0",
        "type": "modal",
        "private_metadata": "{}",
        "state": {"values": chosen},
        "app_installed_team_id": "T0ACME",
    }
    asked = {"type": "block_suggestion", "action_id": menu, "block_id": "b", "value": typed}
    return await press(stage, "U0ADA", menu, view=view, **asked)


@pytest.mark.parametrize(
    "code",
    ["ABCDEFGH", "ABCD-EFGH", "<!ch-ann", "\u202e" * 8, "0" * 8, "x" * 100_000, "漢字漢字漢字漢字"],
)
async def test_a_code_that_nobody_was_shown_connects_nobody(stage, code):
    await command(stage, "U0ADA", f"connect {code}", channel_id="C0GENERAL")
    ada = stage.person("U0ADA")
    assert (await ada.last())["bot"]
    await ada.types("/confluence")
    await ada.waits_for_message("aren't connected yet")


NOT_OURS = [
    "",
    "{",
    "[]",
    "null",
    "7",
    '{"q": {}}',
    '{"c": 1, "p": {}}',
    "x" * 2_000,
    "{" * 2_000,
    SURROGATE,
    '{"q":"x","c":"../../x?a=b","b":[]}',
    '{"q":"x","c":7,"b":{}}',
    '{"c":"11111111-aaaa-4bbb-8ccc-000000000001","p":"../../../oauth"}',
    '{"c":"11111111-aaaa-4bbb-8ccc-000000000001","p":"\\ud800"}',
    "[" * 1_000 + "]" * 1_000,
]


@pytest.mark.parametrize(
    "action",
    [
        "preview",
        "share",
        "share_now",
        "page_choice",
        "search_next",
        "search_previous",
        "search_author:3",
        "undo",
        "edit_again",
        "choose_site:2",
        "connect_opened",
        "create_retitle",
        "create_append",
        "continue_create",
        "create",
        "opened",
    ],
)
async def test_a_button_whose_value_is_not_ours_answers(stage, action):
    ada = await stage.connect_to_write()
    for value in NOT_OURS:
        before = len(await ada.messages())
        answer = await press(stage, "U0ADA", action, value)
        assert answer["status"] == 200
        if action not in {"connect_opened", "opened"}:
            assert await ada.modal() or len(await ada.messages()) > before
    log = await stage.get("atlassian/log")
    assert all("oauth" not in each["path"] for each in log if "ex/confluence" in each["path"])


@pytest.mark.parametrize("callback", ["create_page", "create_page_from_message"])
@size
async def test_every_message_can_begin_a_page(stage, callback, text):
    ada = await stage.connect_to_write()
    if not text.strip():
        return
    stage.slack.workspace.post("C0GENERAL", "U0BOB", Content(text[:40_000]), None)
    message = (await ada.messages())[-1]
    await ada.uses_shortcut(callback, message if "from" in callback else None)
    await stage.quiet()
    assert (await ada.modal())["callback_id"] == "create_form"
