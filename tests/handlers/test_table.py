"""Every listener in one table, and the table equal to what Slack is told."""

import asyncio
import re
from pathlib import Path

import pytest
import yaml

from handlers.ask import Kind, Route, Suggestions
from handlers.edge import Listeners, Table
from handlers.help import WORDS
from handlers.slack_http import PATH

ROOT = Path(__file__).parent.parent.parent
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))


def names(stage, kind):
    return {name for (of, name) in stage.bot.table.routes if of is kind}


async def test_shortcuts_are_the_manifests(stage):
    declared = {each["callback_id"] for each in MANIFEST["features"]["shortcuts"]}
    assert names(stage, Kind.SHORTCUT) == declared


async def test_events_are_the_manifests(stage):
    declared = set(MANIFEST["settings"]["event_subscriptions"]["bot_events"])
    assert names(stage, Kind.EVENT) == declared


async def test_help_lists_every_word_of_the_command(stage):
    assert names(stage, Kind.COMMAND) | {"help"} == {words.word for words in WORDS} | {""}


def test_the_command_is_the_default_of_the_setting():
    [command] = MANIFEST["features"]["slash_commands"]
    assert command["command"] == "/confluence"
    assert command["url"].endswith(PATH)
    assert command["should_escape"]


async def test_every_action_that_a_view_names_has_a_listener(stage):
    source = "".join(path.read_text("utf-8") for path in (ROOT / "handlers").glob("*.py"))
    named = set(re.findall(r'(?:link_button|button)\(\s*"[^"]*",\s*"([a-z_]+)"', source))
    assert named
    assert named <= names(stage, Kind.PRESS)


async def nothing(_ask):
    return None


def test_two_listeners_cannot_claim_one_name():
    route = Route(Kind.COMMAND, "x", nothing)
    with pytest.raises(ValueError, match="two listeners"):
        Table((route, route))


class Rest:
    """Listeners that come later."""

    def __init__(self):
        self.times = 0
        self.press = Route(Kind.PRESS, "later", nothing)
        self.menu = Suggestions("later", nothing)
        self.others = Route(Kind.COMMAND, "", nothing)

    async def __call__(self):
        self.times += 1
        await asyncio.sleep(0)
        return Listeners((self.press, self.menu), self.others)


async def test_the_rest_comes_with_the_first_that_nobody_claims_and_only_then():
    first, rest = Route(Kind.COMMAND, "first", nothing), Rest()
    table = Table((first,), rest)

    assert await table.find(Kind.COMMAND, "first") is first
    assert rest.times == 0
    found = await asyncio.gather(
        table.find(Kind.PRESS, "later"),
        table.find_menu("later"),
        table.find(Kind.COMMAND, "unknown"),
    )
    assert found == [rest.press, rest.menu, None]
    assert table.others is rest.others
    assert await table.find(Kind.COMMAND, "first") is first

    times = rest.times
    assert await table.find_menu("unknown") is None
    assert rest.times == times


async def test_a_name_of_the_rest_can_not_be_claimed_before_it_either():
    rest = Rest()
    with pytest.raises(ValueError, match="two listeners"):
        await Table((rest.press,), rest).complete()
