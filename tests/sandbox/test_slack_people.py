import pytest

from tests.sandbox.slack_stage import actions, button, modal, section, stage, text_input


@pytest.fixture
async def slack():
    async with stage() as made:
        yield made


async def test_a_command_answered_in_the_ack_is_seen_by_its_person_alone(slack):
    @slack.bolt.command("/confluence")
    async def listen(ack, command):
        await ack(response_type="ephemeral", text=f"you said {command['text']}")

    done = await slack.ada.types("/confluence help", channel="eng")

    assert done["ack"]["status"] == 200
    assert done["error"] is None
    (message,) = await slack.ada.messages("eng")
    assert (message["text"], message["ephemeral"]) == ("you said help", True)
    assert await slack.bob.messages("eng") == []


async def test_a_button_opens_a_modal_and_its_form_posts_a_message(slack):
    @slack.bolt.command("/confluence")
    async def listen(ack):
        await ack(text="hi", blocks=[actions(button("create"))], response_type="ephemeral")

    @slack.bolt.action("create")
    async def pressed(ack, body, client):
        await ack()
        await client.views_open(
            trigger_id=body["trigger_id"],
            view=modal(section("hello"), text_input("title"), callback_id="form"),
        )

    @slack.bolt.view("form")
    async def submitted(ack, body, client, view):
        title = view["state"]["values"]["title"]["title"]["value"]
        await ack()
        await client.chat_postMessage(channel=body["user"]["id"], text=f"made {title}")

    await slack.ada.types("/confluence")
    await slack.ada.presses("create")
    done = await slack.ada.submits({"title": "Minutes"})

    assert done["errors"] == {}
    assert await slack.ada.modal() is None
    assert (await slack.ada.waits_for_message("made Minutes", "@app"))["channel"] == "D0ADA"
