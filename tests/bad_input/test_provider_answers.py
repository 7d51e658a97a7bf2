"""Every answer of Confluence, Atlassian and Slack, broken: words for people, and another try."""

import re

import pytest

from sandbox.person import words
from tests.attacks.scene import fill, pages, rich, seen_by

FAULTS = (
    {"kind": "missing-fields"},
    {"kind": "missing-fields", "fields": ["results", "id", "title", "status", "version", "key"]},
    {"kind": "html"},
    {"kind": "truncated"},
    {"kind": "endless"},
    {"kind": "500"},
    {"kind": "502"},
    {"kind": "503", "retry_after": 0},
    {"kind": "429-burst", "retry_after": 0},
    {"kind": "429-burst", "retry_after": 3_600},
    {"kind": "429-quota", "retry_after": 600},
    {"kind": "drop-before"},
    {"kind": "drop-after"},
    {"kind": "expire-access"},
)
IDS = [f"{each['kind']}-{each.get('retry_after', len(each.get('fields', '')))}" for each in FAULTS]
broken = pytest.mark.parametrize("fault", FAULTS, ids=IDS)
DUMPS = re.compile(
    r"Traceback|File \"|\w+Error\b|NoneType|object at 0x|\{'|pydantic|<html|<!doctype",
    re.IGNORECASE,
)
READS = (
    ("search release", "/search"),
    ("search release by:bob", "search/user|/search"),
    ("page Release checklist", "/search"),
    ("page Release checklist", "/pages/"),
    ("page Release checklist", "/spaces/"),
    ("status", "accessible-resources"),
)


def reads_as_words(text):
    assert DUMPS.search(text) is None, DUMPS.search(text)


@pytest.fixture
async def sound(stage, logs):
    """A stage on which nothing is our mistake, whatever the others do."""
    yield stage
    await stage.quiet()
    ours = [each for each in logs.events if each["event"] != "consent_ended"]
    assert [each for each in ours if "exception" in each] == []


@broken
@pytest.mark.parametrize(("command", "path"), READS, ids=[f"{c}{p}" for c, p in READS])
async def test_a_read_is_answered_in_words_and_works_again(sound, command, path, fault):
    stage = sound
    ada = await stage.connect()
    await stage.post("atlassian/faults", {"path": path, "times": 9} | fault)
    before = len(await ada.messages())
    await ada.types(f"/confluence {command}")
    await stage.quiet()
    said = (await ada.messages())[before:]
    assert said
    reads_as_words(words(said[-1]))
    await stage.post("atlassian/faults/clear", {})
    if fault.get("retry_after"):
        return  # It isn't asked again before the time that it named.
    before = len(await ada.messages())
    await ada.types(f"/confluence {command}")
    await stage.quiet()
    assert "isn't answering" not in words((await ada.messages())[-1])
    assert len(await ada.messages()) > before


@broken
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/pages"), ("PUT", "/pages"), ("GET", "/pages")]
)
async def test_a_write_keeps_its_text_and_makes_no_second_page(sound, method, path, fault):
    stage = sound
    ada = await stage.connect_to_write()
    await fill(stage, ada, "Osprey plan", rich("Kingfisher"))
    await stage.post("atlassian/faults", {"method": method, "path": path, "times": 9} | fault)
    await ada.submits()
    await stage.quiet()
    modal = await ada.modal()
    reads_as_words(words(modal))
    current = [page for page in await pages(stage, "Osprey plan") if page["status"] == "current"]
    assert len(current) <= 1
    if modal["title"]["text"] == "Published":
        assert len(current) == 1
        return
    assert "kept" in words(modal)
    await stage.post("atlassian/faults/clear", {})
    await ada.closes()
    assert (await ada.modal())["callback_id"] == "create_form"
    assert "Kingfisher" in await seen_by(ada)


@broken
async def test_a_preview_that_fails_leaves_the_form_with_its_text(sound, fault):
    stage = sound
    ada = await stage.connect_to_write()
    await ada.types("/confluence create")
    await stage.quiet()
    [space] = await ada.suggests("create_space", "ENG")
    await stage.post("atlassian/faults", {"path": "ex/confluence", "times": 9} | fault)
    values = {
        "space": {"create_space": space},
        "title": {"title": "Osprey plan"},
        "body": {"body": rich("Kingfisher")},
    }
    await ada.submits(values)
    await stage.quiet()
    modal = await ada.modal()
    reads_as_words(words(modal))
    await stage.post("atlassian/faults/clear", {})
    await ada.closes()
    assert "Kingfisher" in await seen_by(ada)
    assert await pages(stage, "Osprey plan") == []


@broken
async def test_a_menu_stays_empty_rather_than_broken(sound, fault):
    stage = sound
    ada = await stage.connect_to_write()
    await ada.types("/confluence create")
    await stage.quiet()
    await stage.post("atlassian/faults", {"path": "ex/confluence", "times": 9} | fault)
    assert isinstance(await ada.suggests("create_space", "ENG"), list)
    await stage.post("atlassian/faults/clear", {})
    if not fault.get("retry_after"):
        assert await ada.suggests("create_space", "HR")


@broken
@pytest.mark.parametrize("path", ["oauth/token$", "accessible-resources", "/me"])
async def test_a_consent_that_fails_ends_on_a_page_and_can_be_begun_anew(sound, path, fault):
    stage = sound
    ada = stage.person("U0ADA")
    await stage.post("atlassian/faults", {"path": path, "times": 9} | fault)
    walked = await stage.connect()
    for channel in ("general", "@app"):
        for message in await ada.messages(channel):
            reads_as_words(words(message))
    await stage.post("atlassian/faults/clear", {})
    await stage.connect()
    await ada.types("/confluence")
    assert "You are" in words(await ada.waits_for_message("You are"))
    assert walked


@broken
async def test_a_refresh_that_fails_costs_nobody_the_connection(sound, fault):
    stage = sound
    ada = await stage.connect()
    await stage.post("atlassian/expire-access", {})
    await stage.post("atlassian/faults", {"path": "oauth/token", "times": 2} | fault)
    await ada.types("/confluence search release")
    await stage.quiet()
    reads_as_words(words(await ada.last()))


SLACK = (
    {"error": "fatal_error"},
    {"error": "ratelimited"},
    {"error": "something_new"},
    {"status": 500},
    {"status": 503},
    {"drop": True},
    {"drop": True, "after": True},
)


@pytest.mark.parametrize("fault", SLACK, ids=str)
@pytest.mark.parametrize(
    "method", ["users.info", "conversations.info", "views.open", "views.update", "response_url"]
)
async def test_a_slack_that_fails_breaks_nothing_and_works_again(sound, method, fault):
    stage = sound
    ada = await stage.connect_to_write()
    stage.forget_people()
    await stage.post("slack/faults", {"method": method, "times": 2} | fault)
    for command in ("search release", "create", "page Release checklist", "status"):
        await ada.types(f"/confluence {command}")
        await stage.quiet()
    reads_as_words(await seen_text(ada))
    await stage.post("slack/faults", {"clear": True})
    await ada.closes(everything=True) if await ada.modal() else None
    await ada.types("/confluence search release")
    await stage.quiet()
    assert "found" in words(await ada.last())


async def seen_text(person):
    screen = await person.screen()
    shown = [m for c in screen["channels"] for m in c["messages"]] + screen["modal"]
    return "\n".join(words(each) for each in shown)
