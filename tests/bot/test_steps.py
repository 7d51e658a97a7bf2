"""A template's steps: what is read, planned, confirmed, written and told."""

import pytest

from bot.content import Hit, Hits, PageId, PageStatus
from bot.dialog import Fate, Phase
from bot.documents import text_of
from bot.written import read
from tests.bot.steps_stage import SPACE, Bench, template_of
from tests.fakes import ACME, page

CREATE = """
entities:
  - {name: title, type: text, prompt: What is it called?}
  - {name: space, type: space, prompt: Which space?}
steps:
  - id: found
    search: {text: "{{ title }}", space: "{{ space }}"}
  - id: made
    create:
      space: "{{ space }}"
      title: "{{ title }}"
      body: |
        # {{ title }}
        {{ found.results|bullets }}
  - label: {page: "{{ made }}", add: [decision, "{{ title|slug }}"]}
reply:
  text: "Made [{{ made.title }}]({{ made.url }})."
"""


@pytest.fixture
async def bench():
    return await Bench().open()


def titles(bench):
    texts = bench.confluence.pages.values()
    return [each.page.title for each in texts if each.page.status is PageStatus.CURRENT]


async def test_what_is_missing_is_asked_for_first(bench):
    template = template_of(CREATE)
    dialog = await bench.begin(template, title="Use Mongo")
    asked = await bench.engine.advance(dialog, template, None)
    assert asked.phase is Phase.ASKING
    assert [each.name for each in bench.engine.missing(template, asked)] == ["space"]
    assert bench.confluence.asked == []


async def test_what_will_be_written_is_planned_together_in_our_words(bench):
    template = template_of(CREATE)
    dialog = await bench.begin(template, title="Use Mongo", space=SPACE)
    planned = await bench.engine.advance(dialog, template, None)
    assert planned.phase is Phase.CONFIRMING
    assert [each.words for each in planned.plan.writes] == [
        "Create the page “Use Mongo” in Engineering (ENG) (2 words)",
        "Give the page “Use Mongo” in Engineering (ENG) the labels “decision” and “use-mongo”",
    ]
    assert (planned.plan.account, planned.plan.site_name) == ("Ada Lovelace", "Acme")
    assert not planned.plan.more
    assert titles(bench) == []


async def test_what_was_confirmed_is_written_and_told(bench):
    template = template_of(CREATE)
    hit = Hit("page", "Mongo notes", f"{ACME.url}/9", page_id=PageId("9"))
    bench.confluence.hits[None] = Hits((hit,))
    done = await bench.run(template, title="Use Mongo", space=SPACE)
    assert (done.phase, done.failure) == (Phase.DONE, "")
    assert titles(bench) == ["Use Mongo"]
    [made] = bench.confluence.pages.values()
    assert bench.confluence.labels[made.page.id] == ["decision", "use-mongo"]
    assert "Mongo notes" in str(made.document)
    reply = read(done.said)
    assert made.page.url in str(reply.fields["text"])
    assert [each.fate for each in done.journal] == [Fate.DONE] * 3


async def test_a_turn_after_another_asks_confluence_nothing_anew(bench):
    template = template_of(CREATE)
    dialog = await bench.begin(template, title="Use Mongo", space=SPACE)
    planned = await bench.engine.advance(dialog, template, None)
    before = bench.sent("search")
    again = await bench.engine.advance(planned, template, None)
    assert again.plan == planned.plan
    assert bench.sent("search") == before == 1


async def test_a_reply_that_cant_be_made_says_so(bench):
    bench.confluence.add(page())
    template = template_of(
        'steps:\n  - id: it\n    get: {page: "1"}\nreply: {text: "{{ it.updated|date }}"}\n'
    )
    done = await bench.run(template)
    assert done.phase is Phase.DONE
    assert "All steps of this template were done" in text_of(read(done.said).fields["text"])


async def test_what_is_said_in_the_end_is_never_too_much_to_be_kept(bench):
    values = ", ".join(f'v{number}: "{{{{ long }}}}"' for number in range(40))
    buttons = f"    - {{label: Next, task: other, values: {{{values}}}}}\n" * 5
    facts = ", ".join(f'f{number}: "{{{{ long }}}}"' for number in range(40))
    template = template_of(
        f"""
entities:
  - {{name: long, type: long text, prompt: Long?}}
steps:
  - let: {{long2: "{"{{ long }}" * 15}"}}
  - let: {{long3: "{"{{ long2 }}" * 20}"}}
reply:
  text: "{"{{ long3 }}" * 15}"
  card: {{title: "{{{{ long3 }}}}", facts: {{{facts.replace("long", "long3")}}}}}
  buttons:
{buttons.replace("long", "long3")}
"""
    )
    done = await bench.run(template, long="x" * 3_990)
    assert done.phase is Phase.DONE
    assert "Next" in done.said
    assert len(done.said) < 600_000


async def test_a_reply_has_a_card_and_buttons_that_lead_on(bench):
    bench.confluence.add(page())
    template = template_of(
        """
steps:
  - id: it
    get: {page: "1"}
reply:
  text: Here.
  card: {title: "{{ it }}", url: "{{ it.url }}", facts: {Version: "{{ it.version }}"}}
  buttons:
    - {label: Comment, task: comment-on-page, values: {page: "{{ it }}"}}
    - {label: Away, url: "javascript:alert(1)"}
    - {label: Open, url: "{{ it.url }}"}
    - {label: Connect again, url: "https://acme.atlassian.net.sign-in.evil.example/x"}
    - {label: Connect, url: "https://acme.example／.evil.example/"}
"""
    )
    done = await bench.run(template)
    reply = read(done.said).fields
    assert (reply["card"].label, reply["card"].fields["url"]) == ("Release checklist", page().url)
    assert reply["card"].fields["facts"][0].fields["value"] == "1"
    first, second, *others = reply["buttons"]
    assert first.fields["task"] == "comment-on-page"
    assert first.fields["values"].fields["page"].fields["id"] == "1"
    assert second.fields["url"] == ""
    away = "Connect again (…sian.net.sign-in.evil.example)"
    assert [each.label for each in others] == ["Open", away, "Connect (elsewhere)"]
