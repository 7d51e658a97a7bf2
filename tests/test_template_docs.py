"""The pages for authors say what the models, the checks and the files say."""

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.checking import check, read_checked
from bot.expressions import FILTERS
from bot.template import STEP_KINDS, Category, EntityType
from bot.template_files import read_with_places
from bot.template_reference import reference, schema

PAGES = Path(__file__).parents[1] / "docs" / "templates"
GUIDE = (PAGES / "guide.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
HEAD = """\
id: an-example
version: 1.0.0
name: An example
description: An example of the guide.
category: Write
"""
ENTITIES = """\
entities:
  - {name: space, type: space, prompt: x}
  - {name: title, type: text, prompt: x}
  - {name: status, type: text, prompt: x}
  - {name: context, type: rich text, prompt: x}
  - {name: replaces, type: page, prompt: x, required: false}
"""
PAGE = "  - {name: page, type: page, prompt: x}\n"
USES = '  - let: {all: "{{ [space, title, status, context, replaces, page] }}"}\n'
REPLY = "reply: {text: Done.}\n"


def test_the_schema_is_that_of_the_models():
    assert (PAGES / "schema.json").read_text("utf-8") == schema(), "run make reference"


def test_the_reference_is_that_of_the_models():
    assert (PAGES / "reference.md").read_text("utf-8") == reference(), "run make reference"


def test_the_schema_says_what_it_is():
    made = json.loads(schema())

    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert not made["$id"].startswith(("http", "/"))
    assert made["additionalProperties"] is False


def test_the_reference_names_every_step_type_filter_and_category():
    text = reference()

    for word in (*STEP_KINDS, *EntityType, *FILTERS, *Category):
        assert f"`{word}`" in text, word
    for odd in ("Undefined", "Annotated", "StringConstraints", "``", "<class"):
        assert odd not in text, odd


def test_every_field_says_what_it_is_for():
    tables = re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\|([^|]*)\|$", reference(), re.MULTILINE)

    assert [name for name, says in tables if not says.strip()] == []


def test_the_guide_begins_with_ten_lines_that_can_be_installed():
    assert len(BLOCKS[0].splitlines()) == 10
    assert read_checked(BLOCKS[0]).id == "last-change"


@pytest.mark.parametrize("block", BLOCKS[1:], ids=range(1, len(BLOCKS)))
def test_every_example_of_the_guide_can_be_installed(block):
    source = HEAD + (block if not block.startswith("  -") else f"steps:\n{block}")
    if "entities:" in block:
        names = re.findall(r"name: (\w+)", block)
        source += f'steps:\n  - let: {{all: "{{{{ [{", ".join(names)}] }}}}"}}\n'
    elif "steps:" not in source:
        source += f"{ENTITIES}{PAGE}steps:\n{USES}"
    else:
        entities = ENTITIES if "id: page\n" in block else ENTITIES + PAGE
        uses = USES.replace(", page", "") if "id: page\n" in block else USES
        source = source.replace("steps:\n", f"{entities}steps:\n{uses}", 1)
    if "label:\n" in block or "- label" in block:
        source = with_labels(source)
    read_checked(source + ("" if "reply:" in block else REPLY))


def test_what_the_guide_calls_a_whole_template_is_one():
    head = "".join(BLOCKS[0].splitlines(keepends=True)[:5])
    asks = next(block for block in BLOCKS if block.startswith("entities:"))
    writes = next(block for block in BLOCKS if "create:" in block)

    read_checked(head + asks + writes)


def with_labels(source):
    """Two examples leave out the scopes of labels, of which the guide speaks later."""
    both = "read:label:confluence, write:label:confluence"
    if both in source:
        return source
    if "scopes: [" in source:
        return source.replace("scopes: [", f"scopes: [{both}, ")
    return f"{source}scopes: [{both}]\n"


def test_the_guides_complaint_is_the_checks_own():
    told = re.search(r"last-change\.yml:(\d+):(\d+): (.*)", GUIDE)
    wrong = BLOCKS[0].replace('{{ page }}"}', '{{ pgae }}"}')
    template, places = read_with_places(wrong)
    found = [f"{each.line}:{each.column}: {each.message}" for each in check(template, places)]
    assert told[0].removeprefix("last-change.yml:") in found


def test_what_the_command_writes_is_what_the_guide_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(cli, ["templates", "new", "last-change"])
    written = (tmp_path / "last-change.yml").read_text("utf-8")
    assert yaml.safe_load(written) == yaml.safe_load(BLOCKS[0])
