"""What people are told, and what their screens look like afterwards."""

import json

import pytest

from sandbox.person import words


async def test_going_on_after_consent_begins_with_the_title_that_was_typed(stage):
    ada = await stage.connect(word="create Café & crane")
    await ada.closes(everything=True)
    offer = await ada.waits_for_message("You were about to write", "@app")
    assert "“Café &amp; crane”" in words(offer)
    await ada.presses("continue_create")
    await stage.quiet()
    fields = {each["block_id"]: each for each in (await ada.modal())["blocks"]}
    assert fields["title"]["element"]["initial_value"] == "Café & crane"
    assert "initial_value" not in fields["body"]["element"]


async def test_a_button_opens_an_empty_form(stage):
    ada = await stage.connect_to_write()
    await ada.types("/confluence")
    await stage.quiet()
    await ada.presses("create")
    await stage.quiet()
    assert "initial_value" not in json.dumps(await ada.modal())


async def test_rights_that_are_missing_are_named_in_words(stage):
    ada = await stage.connect()
    await ada.types("/confluence create")
    await stage.quiet()
    asked = words(await ada.modal())
    assert "to create and change pages and move pages to the trash" in asked
    assert "I'll go on with what you asked, in a message of mine. You can close this." in asked


async def test_only_what_will_go_on_is_promised_to(stage):
    ada = await stage.connect()
    await ada.types("/confluence search release in:ENG type:page")
    await stage.quiet()
    await ada.types("/confluence disconnect")
    await stage.quiet()
    await ada.presses("disconnect")
    await stage.quiet()
    await ada.presses("share")
    await stage.quiet()
    asked = words(await ada.last())
    assert "Connect, and then do that again." in asked
    assert "I'll go on" not in asked


async def test_a_question_goes_once_it_is_answered(stage):
    ada = await stage.connect()
    await ada.types("/confluence search release in:ENG type:page")
    await stage.quiet()
    for answer, left in (("share_not", "Nothing was shared."), ("share_now", "shared by")):
        await ada.presses("share")
        await stage.quiet()
        await ada.presses(answer)
        await stage.quiet()
        assert left in words(await ada.last())
        assert not any("will see" in words(each) for each in await ada.messages())


async def test_what_disconnecting_does_is_not_called_more_than_it_is(stage):
    ada = stage.person("U0ADA")
    await ada.types("/confluence help")
    told = words(await ada.last())
    assert "delete what connects you here" in told
    assert "take your consent back" not in told


async def test_what_is_shown_in_full_is_counted_not_guessed(stage):
    ada = await stage.connect()
    for query, told in (
        ("release in:ENG type:page", ": 1 found\n"),
        ("service", "found, page 1\n"),
    ):
        await ada.types(f"/confluence search {query}")
        await stage.quiet()
        assert told in words(await ada.last())


async def written(stage, ada, title, act="publish", body="Hello"):
    """Take a page through form, preview and receipt; return the receipt's modal."""
    await ada.types("/confluence create")
    await stage.quiet()
    [space] = await ada.suggests("create_space", "ENG")
    filled = {"space": {"create_space": space}, "title": {"title": title}}
    await ada.submits({**filled, "body": {"body": body}, "act": {"act": act}})
    await stage.quiet()
    preview = words(await ada.modal())
    await ada.submits()
    await stage.quiet()
    return preview, words(await ada.modal())


async def test_undoing_a_draft_deletes_it(stage):
    ada = await stage.connect_to_write()
    _, receipt = await written(stage, ada, "Plan", act="draft")
    assert "You'll find *Undo* beside this" in receipt
    await ada.closes(everything=True)
    await ada.presses("undo")
    await stage.quiet()
    assert "The draft “Plan” in *Engineering* is deleted" in words(await ada.last())
    found = await stage.get("atlassian/pages?title=Plan")
    assert [page for page in found if page["status"] == "draft"] == []


@pytest.mark.parametrize(("act", "told"), [("publish", "is in the trash"), ("draft", "is deleted")])
async def test_an_undo_whose_answer_was_lost_is_told_when_it_is_pressed_again(stage, act, told):
    ada = await stage.connect_to_write()
    await written(stage, ada, "Plan", act=act)
    await ada.closes(everything=True)
    fault = {"kind": "drop-after", "method": "DELETE", "path": "/pages"}
    await stage.post("atlassian/faults", fault)
    await ada.presses("undo")
    await stage.quiet()
    assert not [each for each in await ada.messages() if told in words(each)]
    await ada.presses("undo")
    await stage.quiet()
    assert [each for each in await ada.messages() if told in words(each)]


async def test_the_longest_title_is_previewed_in_full(stage):
    ada = await stage.connect_to_write()
    preview, _ = await written(stage, ada, "x" * 255)
    assert "x" * 255 in preview


async def test_a_preview_too_long_to_be_shown_says_how_much_more_is_written(stage):
    ada = await stage.connect_to_write()
    preview, _ = await written(stage, ada, "Long", body="x" * 40_000)
    assert "… and about 28,000 characters more, which are written too." in preview
    assert "Open the page" not in preview


async def test_the_site_in_use_is_named_where_one_chooses(stage):
    ada = await stage.connect()
    await ada.types("/confluence site")
    await stage.quiet()
    assert "Now it is acme." in words(await ada.last())


async def test_the_space_of_a_draft_is_offered_next_time(stage):
    ada = await stage.connect_to_write()
    await written(stage, ada, "Plan", act="draft")
    await ada.closes(everything=True)
    await ada.types("/confluence create")
    await stage.quiet()
    [space] = [each for each in (await ada.modal())["blocks"] if each["block_id"] == "space"]
    assert space["element"]["initial_option"]["text"]["text"] == "Engineering"
