"""What the pages say is what the code does: names, numbers, lists and links."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from aiohttp import web

from bot import serving
from bot.__main__ import cli
from bot.catalogue import read_shipped
from bot.connection import READ, WRITE, Need
from bot.course import AccountChanged, TakenUp
from bot.embedded import DatabaseMissing
from bot.errors import BotError
from bot.manifest import read_manifest
from bot.settings import Settings, variable
from handlers.help import WORDS
from sandbox.atlassian.client import OAuthClient
from sandbox.atlassian.world import AtlassianWorld
from sandbox.bots import Bots
from sandbox.clock import Clock
from sandbox.control import attach_control
from sandbox.issuer import IssuerWorld
from sandbox.slack.delivery import AppUnderTest
from sandbox.slack.world import SlackWorld
from sandbox.walk import attach_walk
from store.codec import Unreadable
from store.collection import DatabaseRefused
from store.database import AddressWrong
from store.preparation import SHAPES, LeaseLost

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    str(page.relative_to(ROOT))
    for folder in (ROOT, ROOT / "docs", ROOT / "docs" / "templates", ROOT / "sandbox" / "atlassian")
    for page in folder.glob("*.md")
)
FOLDERS = "bot|handlers|store|sandbox|tests|benches|docs"
# Asked for by the authorization server itself; no box in Atlassian's console.
UNTICKED = {"offline_access"}
# An installed template's word, unless somebody chose another.
TEMPLATES = {each.template.id for each in read_shipped()}
# The errors that can reach a log: those of `bot.errors`, and these.
ELSEWHERE = (
    AccountChanged,
    AddressWrong,
    DatabaseMissing,
    DatabaseRefused,
    LeaseLost,
    TakenUp,
    serving.CannotStart,
    Unreadable,
)


def read(page):
    return (ROOT / page).read_text("utf-8")


def section(page, heading):
    """What stands under a heading, up to the next of its rank or above."""
    rank, text = heading.count("#"), read(page)
    assert f"\n{heading}\n" in text, f"{page} has no heading “{heading}”"
    rest = text.partition(f"\n{heading}\n")[2]
    return re.split(rf"^#{{1,{rank}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text):
    """The cells of every row of the tables in *text*, without heads and rules."""
    lines = re.sub(r"^ *\|.*\n *\|[-|]+\n", "", text, flags=re.MULTILINE).splitlines()
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        for line in lines
        if line.strip().startswith("|")
    ]


def named(cell):
    return re.findall(r"`([^`]+)`", cell)


def prose(page):
    return re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)


def anchors(page):
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def subclasses(kind):
    return {kind}.union(*(subclasses(each) for each in kind.__subclasses__()))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_what_is_there(page):
    for target, anchor in re.findall(r"\]\((?!\w+:)([^)#\s]*)#?([^)]*)\)", read(page)):
        linked = (ROOT / page).parent / target if target else ROOT / page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked.read_text("utf-8")), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_is_named_is_there(page):
    for path in re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", read(page)):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_that_is_named_is_there(page):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))

    assert set(re.findall(r"(?:`|^|= )make ([a-z-]+)", read(page), re.MULTILINE)) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_word_of_the_command_that_is_named_is_known(page):
    known = {words.word for words in WORDS} | TEMPLATES

    assert set(re.findall(r"`/confluence ([a-z-]+)", read(page))) <= known


def test_the_first_page_names_every_word_of_the_command():
    table = section("README.md", "## In the demo")

    assert {words.word for words in WORDS} <= set(re.findall(r"[a-z-]+", " ".join(named(table))))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_line_that_is_named_is_there(page):
    known = set(typer.main.get_command(cli).commands)

    assert set(re.findall(r"(?:`|^)confab ([a-z]+)", read(page), re.MULTILINE)) <= known


def test_every_command_line_is_explained():
    told = " ".join(
        cells[0] for cells in rows(section("docs/operation.md", "### The command line"))
    )

    assert set(re.findall(r"confab ([a-z]+)", told)) == set(typer.main.get_command(cli).commands)


def default(field):
    """A default as an operator would write it."""
    value = field.default
    if field.is_required():
        return "required"
    if isinstance(value, timedelta):
        return f"`{value.total_seconds():g}`"
    return "none" if value in (None, ()) else f"`{value}`"


def test_every_setting_is_explained_with_its_default():
    told = {
        named(cells[0])[0]: cells[1] for cells in rows(section("docs/operation.md", "### Settings"))
    }

    assert told == {variable(name): default(field) for name, field in Settings.model_fields.items()}


def test_every_setting_that_is_named_is_one():
    known = {variable(name) for name in Settings.model_fields} | {"CONFAB_TEST_MONGODB_URI"}
    for page in PAGES:
        assert set(re.findall(r"\b(?:CONFAB|OTEL)_[A-Z_]*[A-Z]\b", read(page))) <= known, page


def test_the_scopes_to_tick_at_atlassian_are_those_that_are_asked_for():
    table = rows(section("docs/setup.md", "## 3. The Atlassian app"))
    ticked = {scope for cells in table for scope in named(cells[2])}

    assert ticked == frozenset().union(*(need.scopes for need in Need)) - UNTICKED


def test_the_scopes_of_writing_are_told_from_those_of_reading():
    told = section("docs/setup.md", "## 3. The Atlassian app")

    assert len(WRITE - READ) == 2
    assert "the two for writing only when somebody first writes" in told


def test_every_slack_scope_has_a_reason_and_no_other_is_named():
    table = rows(section("docs/operation.md", "### Slack scopes"))

    assert all(cells[1] for cells in table)
    asked = read_manifest()["oauth_config"]["scopes"]["bot"]
    assert {scope for cells in table for scope in named(cells[0])} == set(asked)


def test_the_setup_names_the_slack_scopes_of_the_manifest():
    told = section("docs/setup.md", "## 2. The Slack app").partition("the bot scopes")[2]

    asked = read_manifest()["oauth_config"]["scopes"]["bot"]
    assert sorted(named(told.partition(", and for no user scope")[0])) == sorted(asked)
    assert "user" not in read_manifest()["oauth_config"]["scopes"]


def test_every_code_in_a_log_says_who_acts():
    table = rows(section("docs/operation.md", "## Seeing what it does"))
    told = [code for cells in table for code in named(cells[0]) if "{" not in code]
    ours = {
        kind.code
        for kind in subclasses(BotError)
        if kind.__module__ == "bot.errors" or kind in ELSEWHERE
    }
    literal = {
        code
        for folder in ("bot", "handlers", "store")
        for path in (ROOT / folder).rglob("*.py")
        for code in re.findall(r'log(?:ger)?\.\w+\([^)]*code="(\w+)"', path.read_text("utf-8"))
    }

    assert sorted(told) == sorted(ours | literal)


def test_every_collection_says_for_how_long():
    table = rows(section("docs/operation.md", "### What is kept, and for how long"))

    assert all(cells[2] for cells in table)
    told = [name for cells in table for name in named(cells[0])]
    assert sorted(told) == sorted(shape.name for shape in SHAPES)


def test_what_the_promises_name_as_kept_and_attacked_is_all_there():
    promises = section("docs/security.md", "## The promises")
    numbers = [int(number) for number in re.findall(r"^\*\*(\d+)\. ", promises, re.MULTILINE)]

    assert numbers == list(range(1, 19))
    for promise in re.split(r"^\*\*\d+\. ", promises, flags=re.MULTILINE)[1:]:
        assert re.search(r"`(bot|handlers|store)/", promise), promise[:60]
        assert re.search(r"`tests/", promise), promise[:60]


def side_doors(home):
    """Every address by which the sandbox is driven, as its page writes them."""
    app, url, clock = web.Application(), "http://127.0.0.1:1", Clock()
    SlackWorld(url, clock, read_manifest(), AppUnderTest(url, "s", "c", "s")).attach(app)
    atlassian = AtlassianWorld(url, clock, OAuthClient("c", "s", url, WRITE))
    atlassian.attach(app)
    IssuerWorld(url, clock, atlassian).attach(app)
    attach_walk(app, url)
    attach_control(app, Bots(home, {}, ()), dict)
    paths = (resource.canonical for resource in app.router.resources())
    return {path for path in paths if path.startswith("/_sandbox/")}


def test_every_way_to_drive_the_sandbox_is_described(tmp_path):
    described = set(re.findall(r"[\w{}/-]+", " ".join(named(prose(read("docs/sandbox.md"))))))
    doors = side_doors(tmp_path)

    assert len(doors) > 30
    for door in doors:
        short = re.sub(r"^/_sandbox/(slack|atlassian|issuer)/", "", door)
        assert {short, f"BASE{door}"} & described, door


def test_the_pages_speak_of_the_project_alone():
    for page in PAGES:
        assert not re.search(r"(?<![\w.])/(?:tmp|work|home|root|Users)/", read(page)), page
