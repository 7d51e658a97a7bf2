"""Every template that ships, as it stands in its file."""

import re

import pytest

from bot.catalogue import shipped_sources
from bot.checking import check, too_near
from bot.template import Asked, Category, Credentials, walk
from bot.template_files import read_with_places
from bot.utterances import compile_utterance, match_all
from handlers.help import WORDS

BUILT_IN = (*(each.word for each in WORDS), "run", "tasks", "templates")
SOURCES = dict(shipped_sources())
READ = {name: read_with_places(source, name) for name, source in SOURCES.items()}
TEMPLATES = {template.id: template for template, _ in READ.values()}
UTTERANCES = {
    each.id: [compile_utterance(said) for said in each.utterances] for each in TEMPLATES.values()
}
SAID = [(each.id, said) for each in TEMPLATES.values() for said in each.utterances]
PROMISED = [
    "append-to-page",
    "attach-file",
    "comment-on-page",
    "create-content",
    "create-page",
    "decision-record",
    "find-and-read",
    "from-any-page",
    "from-page-template",
    "how-to",
    "incident-post-mortem",
    "label-pages",
    "meeting-notes",
    "move-or-copy-page",
    "project-brief",
    "quick-note",
    "retrospective",
    "search-pages",
    "space-overview",
    "stale-pages",
    "update-section",
    "weekly-report",
    "what-changed",
]


def every(name="template"):
    return pytest.mark.parametrize(name, TEMPLATES.values(), ids=list(TEMPLATES))


def test_the_catalogue_has_what_was_promised():
    assert set(PROMISED) <= TEMPLATES.keys()
    content = TEMPLATES["create-content"]
    names = ["contentType", "spaceKey", "contentTitle", "contentBody"]
    assert [each.name for each in content.entities] == names
    assert {each.category for each in TEMPLATES.values()} == set(Category)


@pytest.mark.parametrize("name", READ)
def test_a_template_can_be_installed_by_its_own_id(name):
    template, places = READ[name]

    assert check(template, places, BUILT_IN) == ()
    assert f"{template.id}.yml" == name
    assert SOURCES[name].startswith("# yaml-language-server: $schema=../../docs/templates/")


def test_no_two_templates_can_be_taken_for_one_another():
    names = [each.name.casefold() for each in TEMPLATES.values()]

    assert len(set(names)) == len(TEMPLATES) == len(SOURCES)
    for each in TEMPLATES:
        assert too_near(each, TEMPLATES.keys() - {each}) is None


@every()
def test_a_template_has_what_the_gallery_shows(template):
    assert template.version == "1.0.0"
    assert template.icon != ":page_facing_up:" or template.id == "create-page"
    assert 40 <= len(template.description) <= 200
    assert template.description.endswith(".")
    assert 3 <= len(template.utterances) <= 6
    assert any("{" in said for said in template.utterances)


@every()
def test_every_question_is_one_and_can_be_helped_with(template):
    asked = [each for each in template.entities if each.ask is not Asked.NEVER]

    assert len([each for each in asked if each.required and each.default is None]) <= 7
    for entity in asked:
        assert re.search(r"[?…]|one a line\.$", entity.prompt), entity.name
        is_needed = entity.required and entity.default is None
        assert not is_needed or entity.help or entity.examples or entity.choices, entity.name


@every()
def test_a_template_that_only_reads_may_be_lent_and_one_that_changes_a_page_is_ones_own(template):
    writes = {type(step).__name__ for step in walk(template.steps) if step.writes}

    if not writes:
        assert template.policy.credentials is Credentials.ORGANISATION
        assert template.scopes == ()
    elif "CreateStep" not in writes:
        assert template.policy.credentials is Credentials.OWN
    if writes - {"MoveStep", "CopyStep"}:
        assert template.preview


@every()
def test_what_comes_next_is_there(template):
    assert template.reply.buttons
    for button in template.reply.buttons:
        if button.task is not None:
            known = {each.name for each in TEMPLATES[button.task].entities}
            assert button.values.keys() <= known, button.label


@pytest.mark.parametrize(("template", "said"), SAID, ids=[said for _, said in SAID])
def test_what_begins_a_task_begins_no_other(template, said):
    names = re.findall(r"\{(\w+)\}", said)
    text = re.sub(r"\{(\w+)\}", r"some \1", said)

    [(found, known)] = match_all(text.upper(), UTTERANCES)
    assert found == template
    assert known == {name: f"some {name}".upper() for name in names}
