import itertools
import json
import re
import textwrap
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alike import slips
from bot.catalogue import shipped_sources
from bot.checking import check, needs_of, read_checked, scopes_needed, too_near
from bot.checking.parts import Complaints
from bot.checking.scope import ScopeWalk
from bot.connection import Need
from bot.errors import TemplateRefused
from bot.plain_yaml import MOST_PROBLEMS
from bot.template import Part
from bot.template_files import did_you_mean, read_template, read_with_places
from handlers.help import WORDS
from tests.bot.templates_given import HEAD, TEMPLATE, told_of, with_entities, with_steps

TAKEN = [each.word for each in WORDS]


@pytest.mark.parametrize(("name", "source"), shipped_sources())
def test_what_ships_can_be_installed(name, source):
    template, places = read_with_places(source, name)

    assert [str(each) for each in check(template, places, TAKEN)] == []


def test_a_good_template_has_no_problems():
    assert told_of(TEMPLATE) == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{{ titel }}", "nothing is called `titel` here; did you mean `title`?"),
        ("{{ title.length }}", "`title` is text and has no `length`"),
        ("{{ space.kye }}", "`space` has no `kye`; did you mean `key`?"),
        ("{{ found.results.title }}", "take one of it first, as in `found.results[0]`"),
        ("{{ found.result }}", "did you mean `results`?"),
        ("{{ page.title }}", "`page` isn't known here: that step comes later"),
        ("{{ late }}", "`late` isn't known here: a step asks for it later"),
        ("{{ each }}", "`each` isn't known here: it stands for each of a `for_each`, inside of it"),
        ("{{ title", "never closed"),
        ("{% if title %}x{% endif %}", "no statements"),
        ("{{ title.upper() }}", "no calls"),
        ("{{ connections.confluence.access_token }}", "may stand in a header"),
        ("{{ me.acount }}", "did you mean `account`?"),
        ("{{ title|uper }}", "perhaps “upper” is meant"),
    ],
)
def test_names_are_there_where_they_are_used(expression, expected):
    source = with_steps(
        f"""
        - id: found
          search: {{text: "{{{{ title }}}}"}}
        - let: {{x: '{expression}'}}
        - for_each: "{{{{ found.results }}}}"
          item: each
          steps:
            - get: {{page: "{{{{ each }}}}"}}
        - ask: [late]
        - id: page
          get: {{page: "{{{{ late }}}}"}}
        """,
        entities="""
        - {name: space, type: space, prompt: x}
        - {name: title, type: text, prompt: "{space}"}
        - {name: late, type: page, prompt: x}
        """,
        reply="{{ space.key }}",
    )

    (told,) = told_of(source)
    assert expected in told
    assert source.split("\n")[int(told.split(":")[0]) - 1].strip().startswith("- let")


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ('- id: a\n  list_spaces: {}\n- let: {b: "{{ a[0].key }}"}', None),
        ('- id: a\n  list_spaces: {}\n- let: {b: "{{ a.key }}"}', "list of spaces"),
        ('- let: {a: "1", b: "{{ a }}"}', None),
        ('- let: {b: "{{ a }}", a: "1"}', "`a` isn't known here: a later step gives it"),
        ('- let: {b: "1"}\n  when: a\n- let: {a: "1"}', "`a` isn't known here: a later"),
        ('- for_each: title\n  steps: [{let: {a: "{{ item.x }}"}}]', "`item` is text"),
        ('- let: {me: "1"}', "`me` means something in expressions"),
        ('- let: {None: "1"}', "`None` means something in expressions"),
        ('- let: {a: "1"}\n- let: {a: "2"}', "`a` is the name of something else already"),
        ('- let: {title: "1"}', "`title` is the name of something else already"),
        ('- when: title\n  steps: [{let: {a: "1"}}]\n  otherwise: [{let: {a: "2"}}]', None),
        ('- for_each: today\n  steps: [{watch: {page: "{{ item }}"}}]', "this is date"),
        ("- ask: [title, title]", "only once"),
        ("- ask: [titel]", "there is no entity `titel`; did you mean `title`?"),
        ("- ask: [title]\n- ask: [title]", "only once"),
        ("- when: title\n  steps: [{ask: [title]}]", "`title` isn't known here: a step asks for"),
    ],
)
def test_names_come_before_their_use_and_only_once(steps, line):
    told = told_of(
        with_steps(
            steps, reply="Done.", scopes="[read:watcher:confluence, write:watcher:confluence]"
        )
    )

    relevant = [each for each in told if "scope" not in each and "uses it" not in each]
    assert (line is None and not relevant) or any(line in each for each in relevant), told


def test_the_preview_sees_what_is_known_before_anything_is_written():
    steps = """
    - id: found
      search: {text: "{{ title }}"}
    - id: made
      create: {space: ENG, title: "{{ title }}", body: x}
    - id: after
      get: {page: "{{ made }}"}
    """
    scopes = "[write:page:confluence, delete:page:confluence]"

    assert told_of(with_steps(steps, scopes=scopes, preview="{{ found.count }}{{ title }}")) == []
    for name in ("made", "after"):
        (told,) = told_of(with_steps(steps, scopes=scopes, preview=f"{{{{ {name}.title }}}}"))
        assert f"`{name}` isn't known before anything is written" in told


def test_a_mistake_is_told_where_it_stands_in_a_block():
    source = with_steps("- fail: x", reply="|\n    one {{ title }}\n    two {{ titel }}")

    (told,) = told_of(source, column=True)
    line, column, _ = told.split(":", 2)
    assert source.split("\n")[int(line) - 1][int(column) - 1 :].startswith("titel")


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("get: {page: '{{ space }}'}", "`page` is for a page, and this is space"),
        ("get: {page: '{{ space.key }}'}", None),
        ("get: {page: '{{ page }}'}", None),
        ("get: {page: '{{ found.results[0] }}'}", None),
        ("children: {page: '{{ me }}'}", "`page` is for a page, and this is person"),
        ("move: {page: '{{ page }}', parent: '{{ space }}'}", "`parent` is for a page"),
        ("create: {space: '{{ page }}', title: x, body: y}", "`space` is for a space"),
        ("create: {space: '{{ page.space }}', title: x, body: y}", None),
        ("attach: {page: '{{ page }}', file: '{{ title }}'}", "`file` is for an attachment"),
        ("restrict: {page: '{{ page }}', people: ['{{ title }}']}", "`people` is for a person"),
        ("restrict: {page: '{{ page }}', people: ['{{ people }}', '{{ me }}']}", None),
        ("reply: {page: '{{ page }}', comment: '{{ page }}', body: x}", "is for a comment"),
        ("diff: {page: '{{ page }}', older: '{{ found }}'}", "is for a version"),
        ("search: {space: '{{ page }}', text: x}", "`space` is for a space"),
    ],
)
def test_a_step_is_given_what_it_wants(step, expected):
    source = with_steps(
        f"- id: found\n  search: {{text: '{{{{ title }}}}'}}\n- {step}",
        entities="""
        - {name: title, type: text, prompt: x}
        - {name: space, type: space, prompt: x}
        - {name: page, type: page, prompt: x}
        - {name: people, type: person, many: true, prompt: x}
        """,
        reply="{{ [title, space, page, people]|count }}",
    )
    told = [each for each in told_of(source) if "scopes" not in each]

    assert (expected is None and not told) or any(expected in each for each in told), told


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("- fail: x\n- get: {page: x}", "never reached: a step before it always ends"),
        ("- fail: x\n  when: title\n- get: {page: x}", None),
        ("- when: title\n  steps: [{fail: x}]\n- get: {page: x}", None),
        ("- fail: x\n  when: 1 == 1\n- get: {page: x}", "never reached: a step before it"),
        ("- when: 1 == 2\n  get: {page: x}", "never true"),
        ("- when: true\n  steps: [{get: {page: x}}]\n  otherwise: [{get: {page: y}}]", "always"),
        (
            "- when: title\n  steps: [{fail: x}]\n  otherwise: [{fail: y}]\n- get: {page: x}",
            "never reached: a step before it",
        ),
        ("- steps: [{get: {page: x}}]", "wants a `when`"),
        ("- search: {}", "looks for nothing"),
        ("- search: {text: x, cql: y}", "`cql` says all by itself"),
        ("- search: {cql: 'title ~ \"{{ title }}\"'}", "take the quotes off"),
        ("- search: {cql: 'title ~ {{ title }} and label = \"x\"'}", None),
        ("- search: {cql: \"title ~ 'it\\\\'s' and text ~ {{ title }}\"}", None),
        ("- ask_variables: {}", "one of them"),
        (
            (
                "- for_each: '[1]'\n  most: 50\n  steps:\n"
                "  - for_each: '[1]'\n    most: 50\n    steps: [{get: {page: x}}]"
            ),
            "250 times in all, not 2500",
        ),
        ("- when: title\n  steps:\n" + "  - get: {page: x}\n" * 60, "50 are the most"),
    ],
)
def test_every_step_can_be_reached_and_says_enough(steps, expected):
    told = told_of(with_steps(steps, reply="{{ title }}"))

    assert (expected is None and not told) or any(expected in each for each in told), told


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ("{name: a, type: number, prompt: x, pattern: x}", "`pattern` means nothing for number"),
        ("{name: a, type: text, prompt: x, range: {most: 1}}", "`range` means nothing for text"),
        ("{name: a, type: page, prompt: x, length: {most: 1}}", "`length` means nothing for page"),
        ("{name: a, type: text, prompt: x, choices: [a]}", "`choices` means nothing for text"),
        ("{name: a, type: text, prompt: x, many: true}", "`many` means nothing for text"),
        ("{name: a, type: choice, prompt: x}", "one of them"),
        ("{name: a, type: choice, prompt: x, choices: [a, A]}", "stands there before"),
        (
            "{name: a, type: choice, prompt: x, choices: [a], choices_from: {source: spaces}}",
            "one of them",
        ),
        ("{name: a, type: choice, prompt: x, choices_from: {source: children}}", "of a page"),
        (
            "{name: a, type: choice, prompt: x, choices_from: {source: children, of: title}}",
            "of a page, and `title` is text",
        ),
        (
            "{name: a, type: choice, prompt: x, choices_from: {source: spaces, of: title}}",
            "of nothing",
        ),
        (
            "{name: a, type: choice, prompt: x, choices_from: {source: pages, of: late}}",
            "`late` isn't known before this one",
        ),
        (
            "{name: a, type: page, prompt: x, choices_from: {source: labels, of: title}}",
            "a page is chosen from children or pages, not from labels",
        ),
        (
            "{name: a, type: label, prompt: x, choices_from: {source: spaces}}",
            "a label is chosen from labels, not from spaces",
        ),
        ("{name: a, type: text, prompt: x, length: {}}", "say `least`"),
        ("{name: a, type: number, prompt: x, range: {least: 2, most: 1}}", "nothing is allowed"),
        ("{name: a, type: text, prompt: x, length: {least: 0.5}}", "whole number"),
        ("{name: a, type: text, prompt: x, pattern: '('}", "no regular expression"),
        ("{name: a, type: text, prompt: x, length: {most: 0}}", "nothing is allowed"),
        ("{name: a, type: date, prompt: x, range: {least: -1e15}}", "days from today"),
        ("{name: Title, type: text, prompt: x}", "in capital or in small letters"),
        *(
            (f"{{name: a, type: text, prompt: x, complaint: y, pattern: '{each}'}}", "no regular")
            for each in (
                *("(?:(?:a{999}){999}){9}", "(?:a{999}){3}", "(?x)(?:a {99} ) {99}", "(?R)"),
                *("(a(?1)?)+", "(?<n>a(?&n))", "(?:ab){e<=9}", "(?a)(?u)b", "(?|(a)|(b))"),
                *("a{99999999999}", "(*PRUNE)a", "a{", "(?V1)[[a]--[b]]", "(?(1)a|b)"),
            )
        ),
        ("{name: a, type: text, prompt: x, pattern: x}", "say in `complaint`"),
        (
            "{name: a, type: text, prompt: x, pattern: '[A-Z]+', complaint: c, examples: [ab]}",
            "isn't taken as an answer: c.",
        ),
        ("{name: a, type: number, prompt: x, examples: [1, two]}", "“two” isn't a number"),
        ("{name: a, type: number, prompt: x, range: {most: 3}, default: 4}", "too large"),
        ("{name: a, type: number, prompt: x, default: false}", "isn't a number"),
        ("{name: a, type: boolean, prompt: x, default: maybe}", "neither yes nor no"),
        ("{name: a, type: date, prompt: x, default: someday}", "isn't taken as an answer"),
        ("{name: a, type: date-time, prompt: x, examples: [soon]}", "isn't taken as an answer"),
        ("{name: a, type: URL, prompt: x, examples: [wiki]}", "isn't taken as an answer"),
        ("{name: a, type: label, prompt: x, examples: ['a b']}", "isn't taken as an answer"),
        ("{name: a, type: text, prompt: x, length: {most: 1}, default: ab}", "shorter"),
        ("{name: a, type: choice, prompt: x, choices: [b, c], default: d}", "Choose “b” or “c”"),
        ("{name: a, type: choices, prompt: x, choices: [b, c], examples: ['b, d']}", "Choose"),
        ("{name: a, type: space, prompt: x, default: true}", "a default of space is text"),
        ("{name: a, type: text, prompt: x, ask: never}", "never asked for"),
        ("{name: a, type: text, prompt: x, when: 1 == 2}", "nobody is asked"),
        ("{name: a, type: text, prompt: x, when: late}", "`late` isn't known before this one"),
        ("{name: a, type: text, prompt: x, default: '{{ a }}'}", "`a` isn't known before this"),
        ("{name: a, type: text, prompt: 'Hi {{ title }}'}", "shown as it stands"),
        ("{name: title, type: text, prompt: x}", "name of something else"),
        ("{name: today, type: text, prompt: x}", "means something in expressions"),
    ],
)
def test_entities_can_be_asked_for(entity, expected):
    entities = f"""
        - {{name: title, type: text, prompt: x}}
        - {entity}
        - {{name: late, type: page, prompt: x}}
        """
    told = told_of(with_steps('- let: {x: "{{ [title, a, late] }}"}', entities=entities))

    assert any(expected in each for each in told), told


@pytest.mark.parametrize(
    "entity",
    [
        "{name: a, type: date, prompt: x, range: {least: 0}, examples: [tomorrow, 2020-01-01]}",
        "{name: a, type: date, prompt: x, examples: [next friday, 3 March]}",
        "{name: a, type: number, prompt: x, range: {least: 0}, default: 0, examples: ['2.5']}",
        "{name: a, type: boolean, prompt: x, default: false, examples: [yes, no]}",
        "{name: a, type: choices, prompt: x, choices: [b, c], default: 'b, c'}",
        "{name: a, type: space, prompt: x, default: ENG, examples: [ENG]}",
        "{name: a, type: text, prompt: x, length: {most: 1}, default: '{{ title }}'}",
        "{name: a, type: person, prompt: x, many: true, default: '{{ me }}'}",
    ],
)
def test_examples_and_defaults_that_are_taken_are_no_problem(entity):
    source = with_steps(
        '- let: {x: "{{ [title, a] }}"}',
        entities=f"- {{name: title, type: text, prompt: x}}\n- {entity}",
    )
    assert told_of(source) == []


ON_THE_WAY = """
- {name: title, type: text, prompt: x}
- {name: found, type: text, prompt: x, default: "{{ known.count }}"}
- {name: other, type: text, prompt: x, default: "{{ found }}", when: known.count}
"""


def test_what_is_asked_for_on_the_way_sees_what_is_known_there():
    steps = """
    - id: known
      search: {text: "{{ title }}"}
    - ask: [found, other]
    """
    before = steps.replace("found, other", "other, found")

    reply = "{{ [found, other]|count }}"
    assert told_of(with_steps(steps, ON_THE_WAY, reply)) == []
    (told,) = told_of(with_steps(before, ON_THE_WAY, reply))
    assert "`found` isn't known before this one" in told
    (first, *_) = told_of(
        with_steps("- ask: [found]\n" + textwrap.dedent(steps), ON_THE_WAY, reply)
    )
    assert "`known` isn't known before this one" in first


IN_ROUNDS = """
- for_each: title|lines
  steps:
    - ask: [found, other]
    - let: {x: "{{ [item, found, other] }}"}
"""
ASKED_IN_ROUNDS = """
- {name: title, type: text, prompt: x}
- {name: found, type: text, prompt: x, default: "{{ item }}"}
- {name: other, type: text, prompt: x}
"""


def test_what_is_asked_for_in_each_round_is_known_there_alone():
    told = told_of(with_steps(IN_ROUNDS, ASKED_IN_ROUNDS))
    assert told == []
    goes_by_it = ASKED_IN_ROUNDS.replace("{name: other", '{name: other, when: "found"')
    (told,) = told_of(with_steps(IN_ROUNDS, goes_by_it))
    assert "in each round of a `for_each`, whose steps know it, and nothing else" in told
    (told,) = told_of(with_steps(IN_ROUNDS, ASKED_IN_ROUNDS, "{{ other }}"))
    assert "`other` isn't known here: it is asked for in each round" in told


def test_an_entity_that_nothing_uses_is_asked_for_in_vain():
    (told,) = told_of(with_entities("- {name: other, type: text, prompt: x}"))

    assert "`other` is asked for, and nothing uses it" in told


def test_what_a_text_uses_that_cant_be_read_isnt_called_unused():
    steps = """
- let: {said: "{{ title }} {{ title|nonesuch }}"}
- fail: "{{ said }}"
"""
    (told,) = told_of(with_steps(steps, reply="Done."))

    assert "nonesuch" in told


def test_a_pattern_that_takes_for_ever_is_found_out_in_time():
    example = "a" * 60
    slow = f"pattern: '(a|aa|aaa)+b+', examples: [{example}]"
    told = told_of(with_entities(f"- {{name: a, type: text, prompt: x, complaint: c, {slow}}}"))

    assert any("too long to compare" in each for each in told), told


@pytest.mark.parametrize(
    ("utterance", "expected"),
    [
        ("write about {title}", None),
        ("{title} please", None),
        ("write about {titel}", "did you mean `title`?"),
        ("write {title", "a brace without"),
        ("{title}", "no words of its own"),
        ("write {title} {space}", "no word between"),
        ("write {title}, {space}", "no word between"),
        ("write about{title}", "isn't a word of its own"),
        ("write {title} for {title}", "twice"),
        ("help", "the command's own word"),
        ("HELP", "the command's own word"),
        ("hеlp", "the command's own word"),
        ("write {text}", "can't be said in words"),
    ],
)
def test_utterances_can_be_matched(utterance, expected):
    entities = """
        - {name: title, type: text, prompt: x}
        - {name: space, type: space, prompt: x}
        - {name: text, type: rich text, prompt: x}
        """
    source = with_steps('- let: {x: "{{ [title, space, text] }}"}', entities=entities)
    told = told_of(source + f"utterances: ['{utterance}']\n", taken=TAKEN)

    assert (expected is None and not told) or any(expected in each for each in told), told


def test_utterances_differ():
    told = told_of(TEMPLATE + "utterances: ['write {title}', 'Write  {title}']\n")

    assert "says the same as utterance 1" in told[0]


@pytest.mark.parametrize(
    "word",
    [
        *("search", "serach", "seach", "searchh", "sarch", "Search", "s-e-a-r-c-h", "seаrch"),
        *("hel", "help", "he1p", "heIp", "hélp", "h\u200belp", "adrnin", "adm1n", "forgetme"),
        *("forget_me", "pаge", "ｐａｇｅ", "c0nnect", "conect", "stаtus", "slte"),
    ],
)
def test_a_word_that_passes_for_a_built_in_one_is_too_near(word):
    assert too_near(word, TAKEN) is not None


@pytest.mark.parametrize("word", ["decision-record", "note", "create-page", "blog", "weekly"])
def test_other_words_are_free(word):
    assert too_near(word, TAKEN) is None


@given(st.text(min_size=1, max_size=12), st.data())
def test_one_slip_is_too_near_whichever_way(word, data):
    place = data.draw(st.integers(0, len(word) - 1))
    slips = [
        word[:place] + word[place + 1 :],
        word[:place] + "q" + word[place + 1 :],
        word[:place] + "q" + word[place:],
    ]
    plain = word.isascii() and word.isalpha() and "rn" not in word and "vv" not in word
    for slip in slips:
        assert (too_near(slip, [word]) is None) == (too_near(word, [slip]) is None)
        if plain:
            assert too_near(slip, [word]) is not None or "r" in word.lower() or "v" in word.lower()


NEAR = st.text("abrnm-", min_size=1, max_size=6)


@given(NEAR, NEAR)
def test_what_two_words_share_says_whether_they_are_near(one, other):
    shares = not slips(one).isdisjoint(slips(other))
    assert shares == (too_near(one, [other]) is not None)


def test_an_id_is_no_built_in_word():
    assert any(
        "`help`" in each for each in told_of(TEMPLATE.replace("a-note", "helq"), taken=TAKEN)
    )


def test_a_scope_that_confluence_lacks_is_not_in_the_line_to_write():
    source = with_steps("- create: {space: ENG, title: x, body: '{{ title }}'}")

    told = told_of(source.replace("steps:", "scopes: [write:pages]\nsteps:", 1))

    (line,) = (each for each in told if "the whole line" in each)
    assert "write:pages" not in line


def test_what_a_slip_of_the_pen_meant_is_not_called_unused_besides():
    (told,) = told_of(TEMPLATE.replace("{{ title }}", "{{ titel }}"))

    assert "did you mean `title`?" in told


def test_missing_scopes_are_told_as_the_line_to_write():
    source = with_steps("- create: {space: ENG, title: x, body: '{{ title }}'}")

    (told,) = told_of(source)
    line = told.partition("the whole line is `")[2].removesuffix("`")
    assert line == "scopes: [delete:page:confluence, write:page:confluence]"
    assert told_of(source + line + "\n") == []


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ("[write:page:confluence]", "nothing here takes the scope"),
        ("[write:pages]", "has no scope"),
        ("[read:page:confluence, offline_access]", None),
    ],
)
def test_scopes_are_known_and_for_something(scopes, expected):
    told = told_of(TEMPLATE + f"scopes: {scopes}\n")

    assert (expected is None and not told) or any(expected in each for each in told), told


@pytest.mark.parametrize(
    ("step", "need"),
    [
        ("get: {page: x}", Need.READ),
        ("create: {space: x, title: y, body: z, draft: true}", Need.WRITE),
        ("create: {space: x, title: y, body: z}", Need.PUBLISH),
        ("create: {space: x, title: y, of: {template: z}}", Need.TEMPLATES),
        ("ask_variables: {template: x}", Need.TEMPLATES),
        ("comment: {page: x, body: y}", Need.COMMENT),
        ("comments: {page: x}", Need.READ_COMMENTS),
        ("label: {page: x, add: [y]}", Need.LABEL),
        ("attach: {page: x, file: y}", Need.ATTACH),
        ("restrict: {page: x}", Need.RESTRICT),
        ("watch: {page: x}", Need.WATCH),
        ("http: {path: /rest/x}", Need.READ),
        ("http: {path: /rest/x, method: POST, does: y}", Need.WRITE),
        (
            "for_each: '[1]'\n  steps: [{when: x, steps: [{label: {page: x, add: [y]}}]}]",
            Need.LABEL,
        ),
    ],
)
def test_every_action_has_its_need(step, need):
    template = read_template(with_steps(f"- {step}"))

    assert need in needs_of(template)
    assert scopes_needed(template) <= need.scopes | Need.PUBLISH.scopes


@pytest.mark.parametrize(
    ("http", "expected"),
    [
        ("path: '/wiki/rest/api/content/{{ title }}'", None),
        ("path: '/wiki/../admin'", "without `.` or `..`"),
        ("path: '/wiki/./admin'", "without `.` or `..`"),
        ("path: '/wiki/%2e%2e/admin'", "without `.` or `..`"),
        ("path: '/wiki//evil.example'", "single slashes"),
        ("path: '/\\evil.example'", "single slashes"),
        ("path: '/wiki?x=1'", "`query`"),
        ("path: '/wiki#x'", "`query`"),
        ("path: '/user@evil.example'", "single slashes"),
        ("path: '/ä'", "beyond ASCII"),
        ("{method: POST, path: /x}", "say in `does`"),
        ("{path: /x, body: {a: b}}", "GET sends no body"),
        ("path: '/wiki/a;b'", "can't be a path"),
        ("path: '/wiki/%00'", "leads somewhere else"),
        ("{path: /x, headers: {Host: evil.example}}", "sets it itself"),
        ("{path: /x, headers: {X-HTTP-Method-Override: DELETE}}", "sets it itself"),
        ("{path: /x, headers: {X_HTTP_Method_Override: DELETE}}", "sets it itself"),
        ("{path: /x, headers: {Authorization: Basic x}}", "own access token alone"),
        (
            "{path: /x, headers: {AUTHORIZATION: 'Basic {{connections.confluence.access_token}}'}}",
            None,
        ),
        ("{path: /x, headers: {Accept: a, accept: b}}", "stands once"),
        ("{path: /x, headers: {X: é}}", "printable ASCII"),
        ("{path: /x, headers: {'X Y': z}}", "printable ASCII"),
        ('{path: /x, headers: {X: "a\\nb"}}', "one line"),
        (
            "{path: /x, headers: {X: 'Bearer {{ connections.confluence.access_token }}'}}",
            None,
        ),
        ("{path: /x, query: {x: '{{ connections.confluence.access_token }}'}}", "in a header"),
        ("{path: '/x/{{ connections.confluence.access_token }}'}", "in a header"),
        ("{path: /x, headers: {X: '{{ connections.confluence.refresh_token }}'}}", "in a header"),
        (
            (
                "{method: POST, does: x, path: /x, body: {a: [{b: '{{ "
                "connections.confluence.access_token }}'}]}}"
            ),
            "in a header",
        ),
        ("{method: POST, does: x, path: /x, body: {a: ['{{ titel }}']}}", "did you mean `title`?"),
    ],
)
def test_calls_stay_on_the_host_and_say_what_they_do(http, expected):
    inner = http if http.startswith("{") else "{" + http + "}"
    scopes = "[write:page:confluence, delete:page:confluence, read:content:confluence]"
    told = told_of(with_steps(f"- http: {inner}", scopes=scopes, reply="{{ title }}"))

    assert (expected is None and not told) or any(expected in each for each in told), told


def test_a_call_names_its_scopes():
    assert (
        "name in `scopes` what it takes"
        in told_of(with_steps("- http: {path: /x}", reply="{{ title }}"))[0]
    )


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0",
        "ATATT3xFfGF0abcdefgh_ijk",
        "xoxb-123456789-abcdef",
        "xapp-1-A1-123456",
        "password=hunter2hunter2",
        "client_secret: s3cr3ts3cr3t",
        "api_key=abcdef123456",
        "-----BEGIN RSA PRIVATE KEY-----",
        "https://ada:hunter2@wiki.example/",
        "ghp_abcdefghijklmnop1234",
        "x.eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
    ],
)
def test_what_looks_like_a_credential_is_found_wherever_it_stands(text):
    places = (
        with_steps("- fail: x", reply=f"'{text} {{{{ title }}}}'"),
        with_entities(f"- {{name: a, type: text, prompt: 'x', help: '{text}'}}"),
        with_steps(f"- http: {{path: /x, headers: {{X: '{text}'}}}}"),
        with_steps(f"- http: {{path: /x, method: POST, body: {{a: [{{b: '{text}'}}]}}}}"),
    )
    for source in places:
        assert any("looks like a password" in each for each in told_of(source)), source


def test_a_credential_as_a_key_and_its_value_is_found():
    told = told_of(with_steps("- http: {path: /x, headers: {X-Api-Token: x, api_key: abcdef12}}"))

    assert any("looks like a password" in each for each in told)


@pytest.mark.parametrize(
    "text",
    ["Say the password policy", "token: {{ title }}", "the secret of success", "basic rules"],
)
def test_words_about_secrets_are_no_secrets(text):
    assert told_of(with_steps("- fail: x", reply=f"'{text} {{{{ title }}}}'")) == []


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("{text: ' '}", "say in the end"),
        ("{text: x, buttons: [{label: x}]}", "to one of them"),
        ("{text: x, buttons: [{label: x, task: other, url: y}]}", "to one of them"),
        ("{text: x, buttons: [{label: x, task: a-note}]}", "to another task"),
        ("{text: x, buttons: [{label: x, url: y, values: {a: b}}]}", "are for the entities"),
        ("{text: x, buttons: [{label: x, task: other, values: {a: '{{ b }}'}}]}", "called `b`"),
        ("{text: x, card: {title: '{{ b }}'}}", "called `b`"),
        ("{text: x, buttons: [{label: x, task: not-installed-yet, values: {a: b}}]}", None),
    ],
)
def test_replies_say_something_and_lead_somewhere(reply, expected):
    source = HEAD + "steps:\n  - let: {x: '{{ title }}'}\n" + f"reply: {reply}\n"
    told = told_of(source)

    assert (expected is None and not told) or any(expected in each for each in told), told


def test_a_checked_file_is_read_or_refused_with_its_name():
    assert read_checked(TEMPLATE).id == "a-note"
    with pytest.raises(TemplateRefused, match=r"my\.yml can't be used"):
        read_checked(TEMPLATE.replace("title }}", "titel }}"), "my.yml")


def test_without_places_problems_are_told_all_the_same():
    template = read_template(TEMPLATE.replace("title }}", "titel }}"))

    assert any("titel" in each.message for each in check(template))


def test_every_text_of_a_template_is_read_for_holes_or_known_to_have_none():
    without = {
        *("Choice.value", "Choice.label", "Button.label", "Button.task", "Http.does"),
        *("Entity.name", "Entity.label", "Entity.prompt", "Entity.help", "Entity.examples"),
        *("Entity.pattern", "Entity.complaint", "Entity.choices", "Dynamic.of"),
        *("Policy.spaces", "Policy.channels", "AskStep.ask", "ForEachStep.item"),
        *("ActionTemplate.id", "ActionTemplate.version", "ActionTemplate.name"),
        *("ActionTemplate.description", "ActionTemplate.icon", "ActionTemplate.change_note"),
        *("ActionTemplate.owner", "ActionTemplate.utterances", "ActionTemplate.scopes"),
    }
    found = set()
    for kind in parts(Part):
        hints = get_type_hints(kind, include_extras=True)
        for name in kind.model_fields:
            hint = repr(hints[name])
            is_text = re.search(r"\bstr\b|\bAny\b", hint)
            if is_text and "Holes." not in hint and name != "id":
                found.add(f"{kind.__name__}.{name}")
    assert found | {"ActionTemplate.id"} == without


def parts(kind):
    for each in kind.__subclasses__():
        yield each
        yield from parts(each)


def many(**parts):
    head = {"id": "a", "version": "1.0.0", "name": "n", "description": "d", "category": "Write"}
    source = json.dumps(head | {"reply": {"text": "x"}} | parts)
    return read_with_places(source)


@pytest.mark.parametrize(
    "parts",
    [
        {
            "steps": [
                {"let": {f"n{i}_{j}": f"{{{{ z{i}{j} }}}}" for j in range(40)}} for i in range(50)
            ]
        },
        {"steps": [{"let": {f"n{i}": "{{ z }}" * 400 for i in range(40)}} for _ in range(1)]},
        {"steps": [{"when": "x", "steps": [{"fail": "x"}] * 2_000}]},
        {"steps": [{"update": {"page": "x", "body": "{{ a }}" * 999}}] * 20},
        {"steps": [{"update": {"page": "x", "body": "> - [" * 3_900}}] * 8},
        {
            "steps": [{"fail": "x"}],
            "entities": [
                {
                    "name": f"e{i}",
                    "type": "text",
                    "prompt": "x",
                    "complaint": "c",
                    "pattern": "(a|aa|aaa)+b+",
                    "examples": ["a" * 90] * 5,
                }
                for i in range(40)
            ],
        },
    ],
    ids=["names", "holes", "steps", "bodies", "markdown", "patterns"],
)
def test_a_template_full_of_mistakes_is_told_of_them_soon(parts):
    template, places = many(**parts)

    assert 1 <= len(check(template, places, TAKEN)) <= MOST_PROBLEMS


def test_one_pattern_that_takes_for_ever_is_enough():
    slow = "type: text, prompt: x, complaint: c, pattern: '(a|aa|aaa)+b+'"
    entities = "\n".join(
        f"- {{name: e{number}, {slow}, examples: [{'a' * 60}]}}" for number in range(3)
    )

    told = told_of(with_steps("- fail: x", entities, reply="{{ [e0, e1, e2]|count }}"))
    assert len([each for each in told if "too long to compare" in each]) == 1


def test_of_a_template_full_of_mistakes_not_all_are_looked_for():
    lets = [{"let": {f"n{i}_{j}": "{{ z }}" for j in range(40)}} for i in range(50)]
    template, places = many(steps=lets)
    complaints = Complaints(places)
    ScopeWalk(template, complaints).go()

    assert MOST_PROBLEMS <= len(complaints.found) < 100


def test_a_mistake_is_compared_with_so_many_words_and_no_more():
    assert did_you_mean("titel", (f"title{number}" for number in itertools.count())) != ""


@pytest.mark.parametrize(
    ("create", "expected"),
    [
        ("body: x, kind: newsletter", "`kind` must be `page` or `blog`"),
        ("body: x, kind: blog", None),
        ("body: x, kind: '{{ title }}'", None),
        ("body: x, of: {page: '1'}", "of one"),
        ("parent: '1'", "of one"),
        ("of: {}", "`template`"),
    ],
)
def test_what_a_page_is_made_of_is_clear(create, expected):
    scopes = "[write:page:confluence, delete:page:confluence]"
    step = f"- create: {{space: ENG, title: '{{{{ title }}}}', {create}}}"
    told = told_of(with_steps(step, scopes=scopes))
    assert bool(told) == (expected is not None)
    assert all(expected in each for each in told[:1])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("[" * 1_001, "more than 1,000 “[”"),
        ("*a* " * 4_900, "too many parts"),
        ("a " * 9_000, None),
    ],
)
def test_a_body_is_no_more_than_a_page(body, expected):
    told = told_of(with_steps("- fail: '{{ title }}'", reply=f"'{body}'"))
    assert [expected in each for each in told] == ([True] if expected else [])
