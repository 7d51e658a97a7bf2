import asyncio

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError

from sandbox.slack import elements
from sandbox.slack.data import BOT_TOKEN
from sandbox.slack.refusals import Refused
from tests.sandbox.slack_stage import conversing, modal, plain, stage

TEMPLATE = "id: note\nversion: 1.0.0\n"


@pytest.fixture
async def slack():
    async with stage(change=conversing) as made:
        made.heard = asyncio.Queue()

        async def receive(request):
            if request.content_type == "application/json":
                made.heard.put_nowait((await request.json())["event"])
            return web.Response()

        made.raw = receive
        yield made


async def heard(slack):
    async with asyncio.timeout(5):
        return await slack.heard.get()


async def fetched(slack, url, token=BOT_TOKEN, **how):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with slack.session.get(url, headers=headers, **how) as got:
        return got.status, got.content_type, await got.text()


def form(**element):
    asked = {"type": "file_input", "action_id": "upload", **element}
    return modal({"type": "input", "block_id": "up", "label": plain("File"), "element": asked})


async def has(slack, person, view):
    """Open *view* for *person*, as the app does at a command."""
    trigger = slack.world.workspace.mint_trigger(person.user)
    await slack.client.views_open(trigger_id=trigger, view=view)


async def test_a_file_in_the_messages_tab_is_told_with_its_address(slack):
    file = await slack.ada.uploads("My note.yml", TEMPLATE)
    done = await slack.ada.says("", files=[file])
    event = await heard(slack)
    assert (event["subtype"], event["ts"], event["text"]) == ("file_share", done["ts"], "")
    (told,) = event["files"]
    assert told == file
    assert (told["name"], told["filetype"], told["mimetype"]) == (
        "My note.yml",
        "yaml",
        "text/plain",
    )
    assert told["size"] == len(TEMPLATE)
    assert told["url_private_download"] == (
        f"{slack.base_url}/slack/files-pri/T0ACME-{file['id']}/download/my_note.yml"
    )
    assert (await slack.client.files_info(file=file["id"]))["file"] == file


async def test_a_file_is_fetched_with_the_bots_token(slack):
    file = await slack.ada.uploads("note.yml", TEMPLATE)
    await slack.ada.says("look", files=[file])
    for url in (file["url_private"], file["url_private_download"]):
        assert await fetched(slack, url) == (200, "text/plain", TEMPLATE)


@pytest.mark.parametrize("token", [None, "xoxb-nobodys"])
async def test_whoever_has_no_token_gets_the_page_to_sign_in(slack, token):
    file = await slack.ada.uploads("note.yml", TEMPLATE)
    await slack.ada.says("look", files=[file])
    status, kind, text = await fetched(slack, file["url_private_download"], token)
    assert (status, kind) == (200, "text/html")
    assert "Sign in to Acme" in text


async def test_what_is_not_shared_with_the_app_is_not_there_for_it(slack):
    file = await slack.ada.uploads("note.yml", TEMPLATE)
    with pytest.raises(SlackApiError, match="file_not_found"):
        await slack.client.files_info(file=file["id"])
    assert (await fetched(slack, file["url_private_download"]))[1] == "text/html"
    await slack.ada.types("for us", "eng", files=[file["id"]])
    with pytest.raises(SlackApiError, match="file_not_found"):
        await slack.client.files_info(file=file["id"])


async def test_without_the_scope_nothing_is_fetched_and_no_form_asks():
    def change(manifest):
        conversing(manifest)
        manifest["oauth_config"]["scopes"]["bot"].remove("files:read")

    async with stage(change=change) as slack:
        file = await slack.ada.uploads("note.yml", TEMPLATE)
        await slack.ada.says("look", files=[file])
        with pytest.raises(SlackApiError, match="missing_scope"):
            await slack.client.files_info(file=file["id"])
        assert (await fetched(slack, file["url_private_download"]))[1] == "text/html"
        with pytest.raises(SlackApiError, match="missing_scope"):
            await has(slack, slack.ada, form())


async def test_a_pdf_is_elsewhere_but_for_its_download(slack):
    file = await slack.ada.uploads("plan.pdf", b"%PDF-1.7")
    await slack.ada.says("look", files=[file])
    status, _, _ = await fetched(slack, file["url_private"], allow_redirects=False)
    assert status == 302
    assert await fetched(slack, file["url_private_download"]) == (
        200,
        "application/pdf",
        "%PDF-1.7",
    )


async def test_a_forms_files_come_with_its_submission(slack):
    await has(slack, slack.ada, form(filetypes=["yml"], max_files=1))
    assert (await slack.ada.submits())["errors"] == {"up": "Please complete this required field."}
    file = await slack.ada.uploads("note.yml", TEMPLATE)
    await slack.ada.submits({"upload": [file]})
    payload = (await slack.log())["deliveries"][-1]["payload"]
    assert payload["view"]["state"]["values"]["up"]["upload"] == {
        "type": "file_input",
        "files": [file],
    }
    assert (await fetched(slack, file["url_private_download"]))[2] == TEMPLATE


@pytest.mark.parametrize(
    ("name", "times", "error"),
    [("note.txt", 1, "file_type_not_allowed"), ("note.yml", 2, "too_many_selected")],
)
async def test_a_form_takes_the_files_that_it_says(slack, name, times, error):
    await has(slack, slack.ada, form(filetypes=["yml"], max_files=1))
    file = await slack.ada.uploads(name, TEMPLATE)
    assert (await slack.ada.presses("upload", [file] * times))["error"] == error


def test_a_forms_file_has_ten_million_bytes():
    file = {"id": "F1", "name": "a.yml", "size": 10_000_000}
    assert elements.chosen({"type": "file_input"}, "F1", [file]) == {"files": [file]}
    with pytest.raises(Refused, match="file_too_large"):
        elements.chosen({"type": "file_input"}, "F1", [{**file, "size": 10_000_001}])


async def test_a_large_file_goes_up_and_down(slack):
    content = "x" * 2_000_000
    file = await slack.ada.uploads("large.txt", content)
    await slack.ada.says("look", files=[file])
    assert (await fetched(slack, file["url_private_download"]))[2] == content


async def test_nobody_shares_somebody_elses_file(slack):
    file = await slack.bob.uploads("note.yml", TEMPLATE)
    assert (await slack.ada.says("mine", files=[file]))["error"] == "file_not_found"
    await has(slack, slack.ada, form())
    assert (await slack.ada.presses("upload", [file]))["error"] == "file_not_found"


async def test_in_a_shared_channel_the_app_has_to_ask_for_the_file(slack):
    file = await slack.ada.uploads("note.yml", TEMPLATE)
    await slack.ada.types("@confab look", "partners", files=[file["id"]])
    (told,) = (await heard(slack))["files"]
    assert told["file_access"] == "check_file_info"
    assert "url_private" not in told
    assert (await slack.client.files_info(file=file["id"]))["file"] == file


async def test_an_edit_keeps_the_files(slack):
    file = await slack.ada.uploads("note.yml", TEMPLATE)
    await slack.ada.says("look", files=[file])
    await slack.ada.edits(await slack.ada.last("@app"), "look here")
    assert (await slack.ada.last("@app"))["files"] == [file]


async def test_people_see_the_files_that_they_see_the_messages_of(slack):
    file = await slack.ada.uploads("note.yml", TEMPLATE)
    await slack.ada.says("look", files=[file])
    side = f"{slack.base_url}/_sandbox/slack/people"
    assert (await fetched(slack, f"{side}/U0ADA/files/{file['id']}"))[2] == TEMPLATE
    assert (await fetched(slack, f"{side}/U0BOB/files/{file['id']}"))[0] == 404


async def test_the_files_host_fails_on_request(slack):
    file = await slack.ada.uploads("note.yml", TEMPLATE)
    await slack.ada.says("look", files=[file])
    await slack.post("faults", method="files-pri", status=503)
    assert (await fetched(slack, file["url_private_download"]))[0] == 503
    assert (await fetched(slack, file["url_private_download"]))[0] == 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.text(min_size=1, max_size=30), st.text(max_size=30))
async def test_whatever_a_file_is_called_it_is_fetched(slack, name, mimetype):
    if not name.strip():
        return
    file = await slack.ada.uploads(name, TEMPLATE, mimetype)
    await slack.ada.says("look", files=[file])
    for url in (file["url_private_download"], file["url_private"]):
        status, _, text = await fetched(slack, url, allow_redirects=False)
        assert (status, text) in ((200, TEMPLATE), (302, ""))
    assert (await slack.client.files_info(file=file["id"]))["file"]["name"] == name


async def test_nonsense_is_no_file(slack):
    async def upload(**sent):
        return (await slack.post("people/U0ADA/upload", **sent))["error"]

    assert await upload(name="x", content="") == "file_upload_failed"
    assert await upload(name="x", content="?") == "bad_request"


async def test_files_come_back_from_what_was_saved(slack):
    file = await slack.ada.uploads("note.yml", TEMPLATE)
    await slack.ada.says("look", files=[file])
    async with stage(change=conversing, saved=slack.world.dump()) as later:
        url = (await later.client.files_info(file=file["id"]))["file"]["url_private_download"]
        assert (await fetched(later, url))[2] == TEMPLATE
