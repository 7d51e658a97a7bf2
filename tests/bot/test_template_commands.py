import copy
import functools
import json
from pathlib import Path

import fastjsonschema
import pytest
import yaml
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.catalogue import shipped_sources
from bot.errors import TemplateRefused
from bot.plain_yaml import data_of, read_yaml
from bot.template import STEP_KINDS
from bot.template_files import read_template
from bot.template_words import steps_in_words
from tests.bot.templates_given import TEMPLATE

SHIPPED = [name.removesuffix(".yml") for name, _ in shipped_sources()]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run_it(*arguments):
        return CliRunner().invoke(cli, ["templates", *arguments])

    return run_it


def test_a_good_file_can_be_installed(run):
    Path("good.yml").write_text(TEMPLATE, "utf-8")
    result = run("check", "good.yml")

    assert (result.exit_code, result.output) == (0, "good.yml: can be installed\n")


def test_every_problem_of_every_file_is_told_with_its_place(run):
    Path("good.yml").write_text(TEMPLATE, "utf-8")
    Path("bad.yml").write_text(TEMPLATE.replace("title }}", "titel }}"), "utf-8")
    Path("worse.yml").write_text(TEMPLATE.replace("steps", "stpes"), "utf-8")
    result = run("check", "bad.yml", "good.yml", "worse.yml")

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "bad.yml:10:24: nothing is called `titel` here; did you mean `title`?",
        "good.yml: can be installed",
        "worse.yml:1:1: `steps` is missing here",
        "worse.yml:8:1: `stpes` isn't known here; did you mean `steps`?",
    ]


def test_an_id_that_passes_for_a_word_of_the_command_is_told(run):
    Path("x.yml").write_text(TEMPLATE.replace("a-note", "serach"), "utf-8")

    assert "x.yml:1:1: `serach` could be taken for" in run("check", "x.yml").output


def test_what_isnt_text_at_all_is_told_too(run):
    Path("x.yml").write_bytes(b"\x00\xff\xfe")

    result = run("check", "x.yml")
    assert (result.exit_code, "isn't UTF-8" in result.output) == (1, True)


def test_of_a_file_without_end_no_more_is_read_than_tells_so(run):
    with Path("x.yml").open("wb") as file:
        file.truncate(2**40)
    for command in ("check", "show"):
        result = run(command, "x.yml")
        assert (result.exit_code, "too large" in result.output) == (1, True)


def test_a_new_file_has_ten_lines_and_works(run):
    result = run("new", "who-wrote-this")

    assert result.exit_code == 0
    lines = Path("who-wrote-this.yml").read_text("utf-8").splitlines()
    assert len([line for line in lines if not line.startswith("#")]) == 10
    assert run("check", "who-wrote-this.yml").exit_code == 0
    assert yaml.safe_load("\n".join(lines))["id"] == "who-wrote-this"
    template = read_template(Path("who-wrote-this.yml").read_bytes())
    assert (template.id, template.name) == ("who-wrote-this", "Who wrote this")


@pytest.mark.parametrize("shipped", SHIPPED)
def test_a_new_file_may_begin_as_one_that_ships(run, shipped):
    assert run("new", "our-own", "--from", shipped).exit_code == 0
    assert run("check", "our-own.yml").exit_code == 0
    written = Path("our-own.yml").read_text("utf-8")
    source = dict(shipped_sources())[f"{shipped}.yml"]
    theirs = read_template(source)
    assert read_template(written) == theirs.model_copy(update={"id": "our-own", "name": "Our own"})


def test_a_file_that_is_there_stays_as_it_is(run):
    Path("mine.yml").write_text("mine", "utf-8")
    result = run("new", "mine")

    assert (result.exit_code, Path("mine.yml").read_text("utf-8")) == (1, "mine")


@pytest.mark.parametrize("name", ["../x", "Big", "a b", "x/y", "help", "a\nb: c", r"x\1y"])
def test_a_name_that_no_template_may_have_makes_no_file(run, name):
    result = run("new", name)

    assert result.exit_code == 1
    assert "can't be the id of a template" in result.output
    assert list(Path().iterdir()) == []


def test_of_what_isnt_there_those_that_are_are_named(run):
    for arguments in (["new", "x", "--from", "nothing"], ["show", "nothing"]):
        result = run(*arguments)
        assert result.exit_code == 1
        assert "decision-record" in result.output


RECORD = """\
id: a-record
version: 1.2.0
name: A record
description: Writes one down.
category: Write
utterances: ["record {title}"]
scopes: [write:page:confluence, delete:page:confluence]
policy: {credentials: organisation allowed, spaces: [ENG]}
entities:
  - {name: space, type: space, prompt: "In which space?"}
  - {name: title, type: text, label: Decision, prompt: "What was decided?"}
  - {name: others, type: person, many: true, prompt: "Who else?", required: false}
steps:
  - when: others
    steps:
      - id: page
        create: {space: "{{ space }}", title: "Decision: {{ title }}", body: "{{ others }}"}
    otherwise:
      - fail: Somebody must have decided.
reply: {text: Done.}
"""


OR_LENT = (
    "Runs under the connection of whoever runs it, or, where an admin installs it so, the "
    "organisation's, in ENG."
)


def test_one_is_shown_in_words(run):
    Path("x.yml").write_text(RECORD, "utf-8")

    assert run("show", "x.yml").output.splitlines() == [
        "A record (a-record 1.2.0): Writes one down.",
        "Asks for:",
        "  Space: In which space?",
        "  Decision (text): What was decided?",
        "  Others (person, several, optional): Who else?",
        "Does:",
        "  If ‹Others› is given:",
        "    Makes a page called “Decision: ‹Decision›” in ‹Space›.",
        "  Otherwise:",
        "    Ends, saying “Somebody must have decided”.",
        "Scopes: delete:page:confluence, write:page:confluence",
        OR_LENT,
        "Begins with: record {title}",
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_shown_by_its_id(run, name):
    result = run("show", name)

    assert result.exit_code == 0
    assert f"({name} " in result.output


def test_a_file_is_shown_too_or_its_mistakes(run):
    Path("x.yml").write_text(TEMPLATE, "utf-8")
    Path("y.yml").write_text("id: 1", "utf-8")

    assert "Looks for pages about ‹Title›, 10 at most." in run("show", "x.yml").output
    result = run("show", "y.yml")
    assert (result.exit_code, "y.yml:1:1: " in result.output) == (1, True)


EVERY = {
    "search": "{label: x}",
    "get": "{page: x}",
    "create": "{space: x, title: y, of: {template: z}, draft: true}",
    "update": "{page: x, body: y}",
    "append": "{page: x, body: y}",
    "update_section": "{page: x, section: y, body: z}",
    "comment": "{page: x, body: y}",
    "reply": "{page: x, comment: y, body: z}",
    "label": "{page: x, add: [y], remove: [z]}",
    "attach": "{page: x, file: y}",
    "move": "{page: x, parent: y}",
    "copy": "{page: x, parent: y, title: z}",
    "restrict": "{page: x, people: [y]}",
    "watch": "{page: x, on: no}",
    "list_spaces": "{}",
    "children": "{page: x}",
    "comments": "{page: x}",
    "sections": "{page: x}",
    "versions": "{page: x}",
    "diff": "{page: x}",
    "trash": "{page: x}",
    "restore": "{page: x, version: y}",
    "http": "{path: /x, method: PUT, does: z}",
    "ask": "[x]",
    "ask_variables": "{page: x}",
    "let": "{x: y}",
    "fail": "x",
    "for_each": "x, steps: [{get: {page: x}}]",
    "steps": "[{get: {page: x}}], when: y, otherwise: [{fail: z}]",
}


@pytest.mark.parametrize("word", STEP_KINDS)
def test_every_step_is_told_in_words(word):
    step = f"{{{word}: {EVERY[word]}}}"
    head = TEMPLATE.partition("steps:")[0]
    template = read_template(f"{head}steps: [{step}]\nreply: {{text: x}}")

    told = steps_in_words(template)
    assert all(each.words[0].isupper() and each.words[-1] in ".:" for each in told)
    assert any(each.writes for each in told) == template.steps[0].writes


def test_the_schema_takes_what_ships_and_refuses_what_is_wrong(run):
    validate = fastjsonschema.compile(json.loads(run("schema").output))
    for _, source in shipped_sources():
        validate(data_of(read_yaml(source)[0]))

    wrong = yaml.safe_load(TEMPLATE)
    wrong["steps"][0]["serach"] = wrong["steps"][0].pop("search")
    with pytest.raises(fastjsonschema.JsonSchemaException):
        validate(wrong)


def places_in(held, path=()):
    yield path
    keys = held if isinstance(held, dict) else range(len(held) if isinstance(held, list) else 0)
    for key in keys:
        yield from places_in(held[key], (*path, key))


WRONG = ([1, {"a": "b"}], {"zz": "b"}, 10**7, "", None, "x" * 30_000)


@pytest.mark.parametrize("name", ["append-to-page", "label-pages"])
def test_what_the_reader_refuses_in_shape_the_schema_refuses_as_well(run, name):
    validate = fastjsonschema.compile(json.loads(run("schema").output))
    (source,) = [source for called, source in shipped_sources() if called.startswith(name)]
    whole = data_of(read_yaml(source)[0])
    for *path, last in filter(None, places_in(whole)):
        for wrong in ("gone", *WRONG):
            changed = copy.deepcopy(whole)
            around = functools.reduce(lambda held, key: held[key], path, changed)
            if wrong == "gone":
                del around[last]
            else:
                around[last] = wrong
            try:
                read_template(json.dumps(changed))
            except TemplateRefused:
                with pytest.raises(fastjsonschema.JsonSchemaException):
                    validate(changed)
