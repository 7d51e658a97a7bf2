"""Steps that read, and names that depend on what isn't written yet."""

from dataclasses import replace

import pytest

from bot.content import Comment, CommentId, Hit, Hits, PageId
from bot.dialog import Phase
from bot.document import Document, Heading, Paragraph, Text
from bot.documents import text_of
from bot.rest import Called
from bot.written import read
from tests.bot.steps_stage import Bench, page_value, template_of
from tests.fakes import ACME, LOVELACE, page

SAID = Document((Heading(1, (Text("Plan"),)), Paragraph((Text("Old plan."),))))


@pytest.fixture
async def bench():
    bench = await Bench().open()
    bench.confluence.add(page(), SAID)
    bench.confluence.add(replace(page(2, "Child"), parent_id=PageId("1")))
    return bench


async def told(bench, steps, reply, **values):
    """Return what a template says in the end."""
    entities = "".join(f"  - {{name: {name}, type: text, prompt: What?}}\n" for name in values)
    head = f"entities:\n{entities}" if entities else ""
    template = template_of(f"{head}steps:\n{steps}\nreply:\n  text: {reply!r}\n")
    ended = await bench.run(template, **values)
    assert ended.phase is Phase.DONE, (ended.phase, ended.failure)
    assert ended.said, "the reply couldn't be made"
    return text_of(read(ended.said).fields["text"])


async def test_gets_a_page_with_what_it_says(bench):
    steps = '  - id: page\n    get: {page: "1"}'
    said = await told(bench, steps, "{{ page }}: {{ page.text }} v{{ page.version }}")
    assert said == "Release checklist: Plan\nOld plan. v1"
    assert bench.sent("list_labels") == 0


async def test_gets_labels_and_author_where_the_template_uses_them(bench):
    bench.confluence.labels[PageId("1")] = ["a", "b"]
    steps = '  - id: page\n    get: {page: "1"}'
    said = await told(bench, steps, "{{ page.labels|join(' ') }} by {{ page.author.name }}")
    assert said.startswith("a b by ")


async def test_lists_spaces_children_sections_and_versions(bench):
    steps = """
  - id: spaces
    list_spaces: {most: 5}
  - id: below
    children: {page: "1"}
  - id: parts
    sections: {page: "1"}
  - id: past
    versions: {page: "1"}
"""
    reply = "{{ spaces|join }} / {{ below|join }} / {{ parts|join }} / {{ past|join }}"
    assert await told(bench, steps, reply) == "Engineering, Operations / Child / Plan / version 1"


async def test_lists_comments(bench):
    about = Comment(CommentId("7"), PageId("1"), LOVELACE, SAID, f"{ACME.url}/c7")
    bench.confluence.threads[about.id] = about
    steps = '  - id: said\n    comments: {page: "1"}'
    assert await told(bench, steps, "{{ said|join }} {{ said[0].author.name }}") == (
        "Plan Old plan. Ada Lovelace"
    )


async def test_tells_what_changed_in_words(bench):
    new = Document((Heading(1, (Text("Plan"),)), Paragraph((Text("New plan."),))))
    bench.confluence.add(replace(page(), version=2), new)
    steps = '  - id: diff\n    diff: {page: "1"}'
    said = await told(bench, steps, "{{ diff.changes|join }} (+{{ diff.added|join }})")
    assert said == "Changed: “Old plan.” is now “New plan.” (+New plan.)"


async def test_reads_by_a_rest_call(bench):
    bench.confluence.answers.append(Called(200, {"results": [{"name": "x"}, {"name": "y"}]}))
    steps = (
        '  - id: got\n    http: {path: "/wiki/api/v2/spaces/{{ key }}", query: {a: "{{ key }}"}}'
    )
    template = "{{ got.status }} {{ got.body.results|map('name')|join }}"
    assert await told(bench, steps, template, key="a b&c=d") == "200 x, y"
    [call] = [what for name, what in bench.confluence.asked if name == "call"]
    assert call.path == "/wiki/api/v2/spaces/a%20b%26c%3Dd"


async def test_of_a_rest_call_no_number_is_more_than_can_be_kept(bench):
    held = {"huge": 10**4_000, "id": 2**63 - 1, "none": float("nan"), "far": float("-inf")}
    bench.confluence.answers.append(Called(200, held))
    steps = '  - id: got\n    http: {path: "/wiki/api/v2/spaces"}'
    template = "{{ got.body.huge|cut(9) }} {{ got.body.id }} {{ [got.body.none, got.body.far] }}."
    assert await told(bench, steps, template) == f"10000000… {2**63 - 1} ."


async def test_searches_by_words_and_filters(bench):
    hit = Hit("page", "@@@hl@@@Plan@@@endhl@@@ &amp; more", f"{ACME.url}/1", page_id=PageId("1"))
    bench.confluence.hits[None] = Hits((hit,))
    steps = """
  - id: found
    search:
      text: "{{ words }}"
      space: "ENG"
      label: "a b, c"
      by: me
      changed_since: 7d
      changed_before: "2030-01-01"
      order: oldest
      most: 3
"""
    said = await told(
        bench, steps, "{{ found.count }}: {{ found.results|join }}", words='a "b" OR c'
    )
    assert said == "1: Plan & more"
    [(query, _, most)] = [what for name, what in bench.confluence.asked if name == "search"]
    assert query == (
        'text ~ "a b or c" and space in ("ENG") and label in ("a b, c") and type in ("page") and '
        'creator = "ada" and lastmodified >= "2029-12-25 12:00" and '
        'lastmodified < "2030-01-01 00:00" order by lastmodified'
    )
    assert most == 3


@pytest.mark.parametrize(
    "typed", ['x" or space = "SECRET', "x\\", "') or (type = page", "\n; drop"]
)
async def test_nothing_that_fills_a_hole_gets_out_of_its_string(bench, typed):
    said = await told(bench, '  - search: {cql: "title ~ {{ title }}"}', "Done.", title=typed)
    assert said == "Done."
    [(query, *_)] = [what for name, what in bench.confluence.asked if name == "search"]
    inside = query.removeprefix('(title ~ "').partition('") and type in')[0]
    unescaped = inside.replace("\\\\", "").replace('\\"', "")
    assert '"' not in unescaped


async def test_a_hole_within_quotes_is_refused(bench):
    template = template_of("steps:\n  - search: {cql: 'title ~ \"{{ me.name }}\"'}\n")
    failed = await bench.run(template)
    assert failed.phase is Phase.FAILED
    assert "within quotes" in failed.failure
    assert bench.sent("search") == 0


LATER = """
steps:
  - id: made
    create: {space: ENG, title: New, body: Hello.}
  - id: again
    get: {page: "{{ made }}"}
  - append: {page: "1", body: "See {{ made.url }} and {{ again.text }}."}
  - label: {page: "{{ made }}", add: [a]}
"""


async def test_what_is_known_only_later_is_confirmed_when_it_is_known(bench):
    template = template_of(LATER)
    first = await bench.engine.advance(await bench.begin(template), template, None)
    assert [each.key for each in first.plan.writes] == ["0"]
    assert first.plan.more
    second = await bench.engine.advance(await bench.confirm(), template, None)
    assert second.phase is Phase.CONFIRMING
    assert [each.key for each in second.plan.writes] == ["2", "3"]
    assert not second.plan.more
    assert bench.sent("publish_draft") == 1
    done = await bench.engine.advance(await bench.confirm(), template, None)
    assert done.phase is Phase.DONE
    assert "See https://acme.example" in text_of(bench.confluence.pages["1"].document)


async def test_names_that_are_let_later_wait_with_what_uses_them(bench):
    template = template_of(
        """
steps:
  - id: made
    create: {space: ENG, title: New, body: Hello.}
  - let: {there: "{{ made.url }}", called: "{{ made.title }}", it: "{{ made }}"}
  - label: {page: "{{ it }}", add: ["{{ called|slug }}"]}
  - comment: {page: "1", body: "Look at {{ there }}"}
"""
    )
    first = await bench.engine.advance(await bench.begin(template), template, None)
    assert [each.key for each in first.plan.writes] == ["0", "2"]
    assert first.plan.more


async def test_a_condition_and_a_loop_take_what_is_there(bench):
    steps = """
  - id: below
    children: {page: "1"}
  - when: below|first
    steps:
      - id: which
        get: {page: "{{ below[0] }}"}
    otherwise:
      - id: other
        get: {page: "1"}
  - id: all
    for_each: below
    steps:
      - id: one
        get: {page: "{{ item }}"}
  - when: other
    fail: "Never."
"""
    assert await told(bench, steps, "{{ which }} {{ all|join }} {{ other }}") == "Child Child"


async def test_a_loop_plans_each_of_its_writes(bench):
    bench.confluence.add(replace(page(3, "Other"), parent_id=PageId("1")))
    template = template_of(
        """
steps:
  - id: below
    children: {page: "1"}
  - for_each: below
    item: child
    steps:
      - label: {page: "{{ child }}", add: [seen]}
      - append: {page: "{{ child }}", body: "Seen."}
"""
    )
    dialog = await bench.engine.advance(await bench.begin(template), template, None)
    assert [each.key for each in dialog.plan.writes] == ["1[0].0", "1[0].1", "1[1].0", "1[1].1"]
    done = await bench.engine.advance(await bench.confirm(), template, None)
    assert done.phase is Phase.DONE
    assert bench.confluence.labels == {"2": ["seen"], "3": ["seen"]}


async def test_entities_are_asked_for_on_the_way(bench):
    template = template_of(
        """
entities:
  - {name: first, type: text, prompt: First?}
  - {name: why, type: text, prompt: Why?}
  - {name: more, type: text, prompt: More?, required: false}
steps:
  - append: {page: "1", body: "{{ first }}"}
  - ask: [why, more]
  - comment: {page: "1", body: "{{ why }} {{ more }}"}
"""
    )
    begun = await bench.begin(template, first="One")
    assert [each.name for each in bench.engine.missing(template, begun)] == []
    first = await bench.engine.advance(begun, template, None)
    assert (len(first.plan.writes), first.plan.more) == (1, True)
    asked = await bench.engine.advance(await bench.confirm(), template, None)
    assert asked.phase is Phase.ASKING
    assert [each.name for each in bench.engine.missing(template, asked)] == ["why", "more"]
    assert [each.name for each in bench.engine.entities_of(template, asked)] == [
        "first",
        "why",
        "more",
    ]


async def test_things_of_two_sites_arent_mixed(bench):
    other = replace_site(page_value(2, "Child"), "22222222-2222-4222-8222-222222222222")
    template = template_of(
        """
entities:
  - {name: one, type: page, prompt: Which?}
  - {name: two, type: page, prompt: Which?}
steps:
  - label: {page: "{{ one }}", add: [a]}
  - label: {page: "{{ two }}", add: [a]}
"""
    )
    failed = await bench.run(template, one=page_value(), two=other)
    assert failed.phase is Phase.FAILED
    assert "another site" in failed.failure
    assert bench.confluence.labels == {}


def replace_site(thing, site):
    return replace(thing, fields={**thing.fields, "site": site})


async def test_a_read_is_done_anew_when_what_it_asks_for_changed(bench):
    template = template_of(
        """
entities:
  - {name: words, type: text, prompt: What?}
steps:
  - id: found
    search: {text: "{{ words }}"}
  - comment: {page: "1", body: "{{ found.count }}"}
"""
    )
    dialog = await bench.engine.advance(await bench.begin(template, words="one"), template, None)
    changed = dialog.with_answer(replace(dialog.answer("words"), value='"two"'))
    changed = await bench.dialogs.replace(dialog, replace(changed, phase=Phase.ASKING, plan=None))
    await bench.engine.advance(changed, template, None)
    assert bench.sent("search") == 2


async def test_a_run_finds_its_space_by_key_or_thing(bench):
    steps = """
  - create: {space: "ops", title: One, body: Hello.}
"""
    template = template_of(f"steps:\n{steps}")
    dialog = await bench.engine.advance(await bench.begin(template), template, None)
    assert dialog.plan.writes[0].words.endswith("in Operations (OPS) (1 word)")
