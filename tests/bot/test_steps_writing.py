"""Every step that writes: what it says it will do, what it does, and how it is taken back."""

from dataclasses import replace

import pytest

from bot.content import (
    Account,
    AccountId,
    Comment,
    CommentId,
    ContentKind,
    Group,
    PageId,
    PageStatus,
    PageTemplate,
    PageTemplateText,
    Restriction,
    TemplateId,
    Variable,
    VariableKind,
)
from bot.course import TakenUp
from bot.dialog import Answer, Fate, Phase
from bot.document import Document, Heading, Paragraph, Storage, Text
from bot.documents import text_of
from bot.errors import Changed, NotAllowed, Unclear
from bot.ports import FileContent
from bot.rest import Called
from bot.steps import stays, writes_of
from bot.steps.asking import variables_in
from bot.trail import Action, Wanted
from bot.values import Thing
from bot.written import read, write
from tests.bot.steps_stage import SPACE, Bench, page_value, template_of
from tests.fakes import ACME, ADA, LOVELACE, page

PAGE = "  - {name: page, type: page, prompt: Which page?}"
SAID = Document(
    (
        Heading(1, (Text("Plan"),)),
        Paragraph((Text("Old plan."),)),
        Heading(1, (Text("Risks"),)),
        Paragraph((Text("None."),)),
    )
)


def one_step(step, entities=PAGE):
    return template_of(f"entities:\n{entities}\nsteps:\n  - {step}\n")


@pytest.fixture
async def bench():
    bench = await Bench().open()
    bench.confluence.add(page(), SAID)
    bench.confluence.add(page(2, "Archive"))
    return bench


async def planned(bench, template, **values):
    values.setdefault("page", page_value())
    dialog = await bench.engine.advance(await bench.begin(template, **values), template, None)
    assert dialog.phase is Phase.CONFIRMING, dialog.failure
    return dialog.plan.writes[-1].words


async def done(bench, template):
    dialog = await bench.engine.advance(await bench.confirm(), template, None)
    assert dialog.phase is Phase.DONE, (dialog.phase, dialog.failure)
    return dialog


async def undone(bench, template):
    return await bench.engine.undo(await bench.kept(), template, None)


def texts(bench):
    return [text_of(each.document) for each in bench.confluence.pages.values()]


def said(bench, number="1"):
    return str(bench.confluence.pages[PageId(number)].document)


async def test_updates_a_page_and_puts_back_what_it_said_and_was_called(bench):
    template = one_step('update: {page: "{{ page }}", title: New, body: "All is new."}')
    words = await planned(bench, template)
    assert words == (
        "Replace the whole text of the page “Release checklist” in Engineering (ENG), called "
        "“New” from then on (3 words)"
    )
    await done(bench, template)
    assert bench.confluence.pages["1"].page.title == "New"
    assert "All is new." in said(bench)
    back = await undone(bench, template)
    assert back.journal[0].is_undone
    assert bench.confluence.pages["1"].page.title == "Release checklist"
    assert "Old plan." in said(bench)


async def test_appends_to_a_page_and_takes_it_back(bench):
    template = one_step('append: {page: "{{ page }}", body: "More."}')
    assert await planned(bench, template) == (
        "Add at the end of the page “Release checklist” in Engineering (ENG) (1 word)"
    )
    await done(bench, template)
    assert "More." in said(bench)
    await undone(bench, template)
    assert "More." not in said(bench)


async def test_changes_one_section_and_says_what_goes(bench):
    step = 'update_section: {page: "{{ page }}", section: plan, body: "New plan."}'
    template = one_step(step)
    assert await planned(bench, template) == (
        "Replace what stands under “plan” of the page “Release checklist” in Engineering (ENG) "
        "(2 words)"
    )
    await done(bench, template)
    assert "New plan." in said(bench)
    assert "Old plan." not in said(bench)
    assert "None." in said(bench)
    await undone(bench, template)
    assert "Old plan." in said(bench)


async def test_appends_to_a_section(bench):
    step = 'append: {page: "{{ page }}", section: Plan, body: "And more."}'
    template = one_step(step)
    words = await planned(bench, template)
    assert words.startswith("Add at the end of what stands under “Plan” of the page")
    await done(bench, template)
    assert said(bench).index("And more.") < said(bench).index("Risks")


async def test_a_section_that_isnt_there_is_told_before_anything_is_planned(bench):
    template = one_step('append: {page: "{{ page }}", section: Costs, body: "More."}')
    dialog = await bench.begin(template, page=page_value())
    failed = await bench.engine.advance(dialog, template, None)
    assert failed.phase is Phase.FAILED
    assert "“Risks”" in failed.failure


async def test_restores_a_version(bench):
    second = Document((Paragraph((Text("Second."),)),))
    bench.confluence.add(replace(page(), version=2), second)
    template = one_step('restore: {page: "{{ page }}", version: "1"}')
    assert await planned(bench, template) == (
        "Restore version 1 of the page “Release checklist” in Engineering (ENG)"
    )
    [shown] = (await bench.kept()).plan.contents
    assert "Old plan." in text_of(read(shown.body)), "as it will read"
    await done(bench, template)
    assert "Old plan." in said(bench)
    await undone(bench, template)
    assert "Second." in said(bench)


async def test_comments_and_takes_the_comment_back(bench):
    template = one_step('comment: {page: "{{ page }}", body: "Well *done*."}')
    assert await planned(bench, template) == (
        "Comment on the page “Release checklist” in Engineering (ENG): “Well done.”"
    )
    await done(bench, template)
    assert len(bench.confluence.comments) == 1
    await undone(bench, template)
    assert bench.confluence.comments == []


async def test_of_a_comment_that_only_its_person_knows_of_it_is_said_that_it_stays(bench):
    template = one_step('comment: {page: "{{ page }}", body: "Well done."}')
    await planned(bench, template)
    bench.confluence.fails_after["add_comment"] = Unclear("Confluence")
    unclear = await bench.engine.advance(await bench.confirm(), template, None)
    ended = await bench.engine.verdict(unclear, template, None, ("0", "done"))
    assert not bench.engine.can_undo(ended)
    assert "delete it in Confluence" in stays(writes_of(ended)[0])
    with pytest.raises(NotAllowed):
        await undone(bench, template)


async def test_answers_a_comment_naming_whose_it_is(bench):
    about = Comment(
        CommentId("77"), PageId("1"), Account(AccountId("bob"), "Bob"), SAID, f"{ACME.url}/c77"
    )
    bench.confluence.threads[about.id] = about
    step = 'reply: {page: "{{ page }}", comment: "{{ comment }}", body: "Yes."}'
    entities = f"{PAGE}\n  - {{name: comment, type: text, prompt: Which?}}"
    template = one_step(step, entities)
    words = await planned(bench, template, comment="77")
    assert words.startswith("Answer the comment “Plan Old plan. Risks None.” of Bob on the page")
    await done(bench, template)
    assert len(bench.confluence.threads) == 2


async def test_a_comment_of_another_page_isnt_answered(bench):
    about = Comment(CommentId("77"), PageId("2"), LOVELACE, SAID, f"{ACME.url}/c77")
    bench.confluence.threads[about.id] = about
    template = one_step('reply: {page: "{{ page }}", comment: "77", body: "Yes."}')
    dialog = await bench.begin(template, page=page_value())
    failed = await bench.engine.advance(dialog, template, None)
    assert (failed.phase, len(bench.confluence.threads)) == (Phase.FAILED, 1)


async def test_labels_and_takes_off_what_it_really_gave(bench):
    bench.confluence.labels[PageId("1")] = ["kept", "old"]
    step = 'label: {page: "{{ page }}", add: [kept, new], remove: [old, never]}'
    template = one_step(step)
    assert await planned(bench, template) == (
        "Give the page “Release checklist” in Engineering (ENG) the labels “kept” and “new” "
        "and take “old” and “never” off"
    )
    await done(bench, template)
    assert bench.confluence.labels["1"] == ["kept", "new"]
    await undone(bench, template)
    assert sorted(bench.confluence.labels["1"]) == ["kept", "old"]


def file_value(file="F1", name="plan.txt"):
    return Thing("attachment", name, {"file": file, "name": name, "type": "text/plain", "size": 5})


FILE = f"{PAGE}\n  - {{name: file, type: attachment, prompt: Which file?}}"


async def test_attaches_a_file_that_was_given(bench):
    bench.files.held["F1"] = FileContent("plan.txt", "text/plain", b"hello")
    template = one_step('attach: {page: "{{ page }}", file: "{{ file }}"}', FILE)
    words = await planned(bench, template, file=file_value())
    assert words == (
        "Attach the file “plan.txt” to the page “Release checklist” in Engineering (ENG)"
    )
    await done(bench, template)
    assert bench.confluence.attachments["1"] == {"plan.txt": b"hello"}


async def test_no_file_is_attached_that_nobody_gave(bench):
    bench.files.held["F2"] = FileContent("secret.txt", "text/plain", b"secret")
    for file in ('"F2"', '"{{ page }}"'):
        template = one_step(f'attach: {{page: "{{{{ page }}}}", file: {file}}}')
        bench.stores.dialogs._kept.clear()  # noqa: SLF001
        dialog = await bench.begin(template, page=page_value())
        failed = await bench.engine.advance(dialog, template, None)
        assert failed.phase is Phase.FAILED
    assert bench.files.asked == []


async def test_moves_a_page_and_back(bench):
    bench.confluence.add(replace(page(3, "Child"), parent_id=PageId("1")))
    template = one_step('move: {page: "{{ page }}", parent: "2"}')
    words = await planned(bench, template, page=page_value(3, "Child"))
    assert words == (
        "Move the page “Child” in Engineering (ENG), with all that is below it, below the page "
        "“Archive” in Engineering (ENG)"
    )
    await done(bench, template)
    assert bench.confluence.pages["3"].page.parent_id == "2"
    await undone(bench, template)
    assert bench.confluence.pages["3"].page.parent_id == "1"


async def test_copies_a_page_and_trashes_the_copy(bench):
    template = one_step('copy: {page: "{{ page }}", parent: "2", title: "Copy of {{ page }}"}')
    words = await planned(bench, template)
    assert words.endswith(
        "to “Copy of Release checklist”, below the page “Archive” in Engineering (ENG), with its "
        "files, labels and restrictions, and without its comments"
    )
    ended = await done(bench, template)
    made = read(ended.journal[0].result)
    assert bench.confluence.pages[made.fields["id"]].page.title == "Copy of Release checklist"
    await undone(bench, template)
    assert bench.confluence.pages[made.fields["id"]].page.status is PageStatus.TRASHED


async def test_restricts_a_page_to_people_and_groups(bench):
    bench.confluence.groups.append(Group("g1", "staff"))
    before = Restriction((Account(AccountId("old"), "Old"),), ())
    bench.confluence.restrictions[PageId("1")] = {"update": before}
    person = Thing("person", "Bob", {"user": "U0BOB", "account": "bob", "name": "Bob"})
    entities = f"{PAGE}\n  - {{name: who, type: person, prompt: Who?}}"
    step = 'restrict: {page: "{{ page }}", people: ["{{ who }}"], groups: [staff]}'
    template = one_step(step, entities)
    assert await planned(bench, template, who=person) == (
        "From then on, let these alone change the page “Release checklist” in Engineering "
        "(ENG): you, “Bob”, the group “staff”"
    )
    await done(bench, template)
    now = bench.confluence.restrictions["1"]["update"]
    assert [each.id for each in now.accounts] == ["ada", "bob"]
    await undone(bench, template)
    now = bench.confluence.restrictions["1"]["update"]
    assert [each.id for each in now.accounts] == ["old"]


async def test_watches_and_stops_watching(bench):
    template = one_step('watch: {page: "{{ page }}", on: true}')
    assert (await planned(bench, template)).startswith("Watch the page")
    await done(bench, template)
    assert bench.confluence.watched == {"1"}
    await undone(bench, template)
    assert bench.confluence.watched == set()


async def test_trashes_a_page_and_takes_it_out_again(bench):
    template = one_step('trash: {page: "{{ page }}"}')
    assert await planned(bench, template) == (
        "Move the page “Release checklist” in Engineering (ENG) to the trash"
    )
    await done(bench, template)
    assert bench.confluence.pages["1"].page.status is PageStatus.TRASHED
    await undone(bench, template)
    assert bench.confluence.pages["1"].page.status is PageStatus.CURRENT


async def test_takes_a_page_out_of_the_trash(bench):
    await bench.confluence.trash_page(None, ACME, PageId("1"))
    template = one_step('restore: {page: "{{ page }}"}')
    assert (await planned(bench, template)).startswith("Take the page “Release checklist”")
    await done(bench, template)
    assert bench.confluence.pages["1"].page.status is PageStatus.CURRENT


async def test_makes_a_blog_post_and_a_draft(bench):
    entities = "  - {name: space, type: space, prompt: Where?}"
    step = 'create: {space: "{{ space }}", title: News, body: Hello., kind: blog}'
    template = one_step(step, entities)
    words = await planned(bench, template, space=SPACE)
    assert words == "Create the blog post “News” in Engineering (ENG) (1 word)"
    ended = await done(bench, template)
    made = read(ended.journal[0].result)
    assert made.fields["kind"] == "blog"
    kinds = {each.page.kind for each in bench.confluence.pages.values()}
    assert ContentKind.BLOG in kinds
    draft = one_step("create: {space: ENG, title: Mine, body: Hello., draft: true}")
    bench.stores.dialogs._kept.clear()  # noqa: SLF001
    words = await planned(bench, draft)
    assert words == "Create a draft of the page “Mine” in Engineering (ENG) (1 word)"
    ended = await done(bench, draft)
    [mine] = [each for each in bench.confluence.pages.values() if each.page.title == "Mine"]
    assert mine.page.status is PageStatus.DRAFT


async def test_a_page_is_made_below_another(bench):
    template = one_step('create: {space: "", title: Child, body: Hello., parent: "{{ page }}"}')
    words = await planned(bench, template)
    assert words == (
        "Create the page “Child” in Engineering (ENG), below “Release checklist” (1 word)"
    )
    await done(bench, template)
    [child] = [each for each in bench.confluence.pages.values() if each.page.title == "Child"]
    assert child.page.parent_id == "1"


TEMPLATED = """
entities:
  - {name: space, type: space, prompt: Where?}
steps:
  - id: answers
    ask_variables: {template: "55"}
  - create:
      space: "{{ space }}"
      title: From a template
      of: {template: "55", values: "{{ answers }}"}
"""
MARKUP = (
    '<at:declarations><at:string at:name="Owner"/><at:list at:name="State"><at:option '
    'at:value="open"/><at:option at:value="shut"/></at:list></at:declarations>'
    '<p><at:var at:name="Owner"/> says <at:var at:name="State"/></p>'
)


async def test_a_page_template_asks_for_its_own_variables(bench):
    variables = (
        Variable("Owner"),
        Variable("State", VariableKind.LIST, ("open", "shut")),
    )
    head = PageTemplate(TemplateId("55"), "Report")
    bench.confluence.templates[head.id] = PageTemplateText(head, Storage(MARKUP), variables)
    template = template_of(TEMPLATED)
    dialog = await bench.begin(template, space=SPACE)
    asked = await bench.engine.advance(dialog, template, None)
    assert asked.phase is Phase.ASKING
    owner, state = bench.engine.missing(template, asked)
    assert (owner.title, state.title) == ("Owner", "State")
    assert [each.value for each in state.choices] == ["open", "shut"]
    given = {owner.name: "<b>Ada</b> & co", state.name: "open"}
    for name, value in given.items():
        asked = asked.with_answer(Answer(name, write(value), value))
    answered = await bench.dialogs.replace(await bench.kept(), asked)
    planned_now = await bench.engine.advance(answered, template, None)
    assert planned_now.phase is Phase.CONFIRMING, planned_now.failure
    await done(bench, template)
    [made] = [text for text in texts(bench) if "says" in text]
    assert made == "<b>Ada</b> & co says open"


def test_what_a_variable_is_called_turns_no_question_around():
    held = {"name": "v0_0", "type": "text", "options": ()}
    [(entity, name)] = variables_in((Thing("variable", "Sta\u202e te\u200b", held),))
    assert (entity.title, entity.prompt) == ("Sta te", "What is to stand for “Sta te”?")
    assert name == "Sta\u202e te\u200b"


CALL = """
steps:
  - id: called
    http:
      method: PUT
      path: "/wiki/api/v2/pages/{{ me.account }}/likes"
      headers: {Authorization: "Bearer {{ connections.confluence.access_token }}"}
      body: {"likes": ["{{ today }}", 3]}
      does: Like a page
scopes: [write:page:confluence]
reply: {text: "It said {{ called.status }}: {{ called.body.name }}"}
"""


async def test_a_call_that_changes_something_takes_an_admins_approval(bench):
    template = template_of(CALL)
    dialog = await bench.begin(template)
    failed = await bench.engine.advance(dialog, template, None)
    assert failed.phase is Phase.FAILED
    assert "no admin" in failed.failure
    assert bench.sent("call") == 0


async def test_an_approved_call_is_shown_as_what_it_is(bench):
    template = template_of(CALL)
    await bench.approve(template)
    bench.confluence.answers.append(Called(200, {"name": "Ada & co"}))
    dialog = await bench.engine.advance(await bench.begin(template), template, None)
    [planned_call] = dialog.plan.writes
    assert planned_call.words.startswith(
        "Make a REST call that may change anything you may change: "
        "“PUT /wiki/api/v2/pages/ada/likes”"
    )
    assert planned_call.words.endswith("Its author says: “Like a page”")
    ended = await done(bench, template)
    assert text_of(read(ended.said).fields["text"]) == "It said 200: Ada & co"
    assert "access-first" not in repr(ended)


async def test_every_write_is_recorded(bench):
    steps = [
        'append: {page: "1", body: "More."}',
        'comment: {page: "1", body: "More."}',
        'label: {page: "1", add: [a]}',
        'watch: {page: "1"}',
        'trash: {page: "2"}',
    ]
    template = template_of("steps:\n" + "\n".join(f"  - {each}" for each in steps))
    await bench.run(template)
    found = [each.entry async for each in bench.rows.list_newest(ADA.tenant, Wanted(), None)]
    assert {each.action for each in found} == {
        Action.APPEND,
        Action.COMMENT,
        Action.LABEL,
        Action.WATCH,
        Action.TRASH,
    }
    assert {each.outcome for each in found} == {"done"}
    assert len(found) == 5


async def test_undo_takes_back_a_whole_run_its_last_write_first(bench):
    template = template_of(
        """
steps:
  - id: made
    create: {space: ENG, title: New page, body: Hello.}
  - append: {page: "{{ made }}", body: More.}
  - label: {page: "{{ made }}", add: [a]}
  - comment: {page: "{{ made }}", body: Hello.}
  - append: {page: "1", body: "One."}
  - append: {page: "1", body: "Two."}
"""
    )
    ended = await bench.run(template)
    assert ended.phase is Phase.DONE, ended.failure
    assert bench.confluence.pages["1"].page.version == 3
    back = await undone(bench, template)
    assert all(each.is_undone for each in back.journal)
    [made] = [each for each in bench.confluence.pages.values() if each.page.title == "New page"]
    assert made.page.status is PageStatus.TRASHED
    assert "One." not in said(bench)


async def test_what_somebody_changed_since_stays(bench):
    template = template_of(
        'steps:\n  - append: {page: "1", body: "One."}\n  - label: {page: "2", add: [a]}\n'
    )
    await bench.run(template)
    await bench.confluence.append(None, ACME, PageId("1"), SAID, base=2, message="by Bob")
    back = await undone(bench, template)
    assert [each.is_undone for each in back.journal] == [False, True]
    assert back.journal[0].code == Changed.code
    assert "changed since" in stays(back.journal[0])
    assert "One." in said(bench)


async def test_undo_is_offered_for_ten_minutes(bench):
    template = one_step('append: {page: "{{ page }}", body: "More."}')
    ended = await bench.run(template, page=page_value())
    assert bench.engine.can_undo(ended)
    bench.clock.pass_by(minutes=10)
    assert not bench.engine.can_undo(ended)
    with pytest.raises(NotAllowed):
        await undone(bench, template)


async def test_a_refused_write_ends_the_run_and_can_be_gone_on_with(bench):
    template = template_of(
        'steps:\n  - append: {page: "1", body: "One."}\n  - label: {page: "2", add: [a]}\n'
    )
    bench.confluence.fails["add_labels"] = NotAllowed("You may not label it.")
    failed = await bench.run(template)
    assert failed.phase is Phase.FAILED
    assert "You may not label it." in failed.failure
    assert [each.fate for each in failed.journal] == [Fate.DONE, Fate.REFUSED]
    bench.confluence.fails.clear()
    journal = tuple(each for each in failed.journal if each.fate is not Fate.REFUSED)
    tried = replace(failed, phase=Phase.ASKING, journal=journal, confirmed=())
    tried = await bench.dialogs.replace(failed, tried)
    again = await bench.engine.advance(tried, template, None)
    assert [each.key for each in again.plan.writes] == ["1"]
    await done(bench, template)
    assert bench.confluence.pages["1"].page.version == 2


async def test_two_pages_of_one_title_are_refused_before_either_is_written(bench):
    step = "create: {space: ENG, title: Same, body: Hello.}"
    template = template_of(f"steps:\n  - {step}\n  - {step}\n")
    failed = await bench.run(template)
    assert failed.phase is Phase.FAILED
    assert "would be called “Same”" in failed.failure
    assert bench.sent("create_draft") == 0


async def test_a_page_to_be_made_may_be_named_in_a_title_and_a_comment_waits_for_nothing(bench):
    template = template_of(
        """
steps:
  - id: made
    create: {space: ENG, title: New, body: Hello.}
  - let: {called: "About {{ made }}"}
  - create: {space: OPS, title: "{{ called }}", body: "{{ called }}"}
"""
    )
    dialog = await bench.engine.advance(await bench.begin(template), template, None)
    assert [each.key for each in dialog.plan.writes] == ["0", "2"]
    assert not dialog.plan.more
    assert (await done(bench, template)).phase is Phase.DONE


async def test_what_isnt_in_the_trash_isnt_taken_out(bench):
    template = one_step('restore: {page: "{{ page }}"}')
    failed = await bench.run(template, page=page_value())
    assert "isn't in the trash" in failed.failure


async def test_of_a_page_that_may_have_been_made_it_is_said_where_to_look(bench):
    template = one_step("create: {space: ENG, title: New, body: Hello.}")
    bench.confluence.fails["create_draft"] = Unclear("Confluence")
    dialog = await bench.run(template, page=page_value())
    assert dialog.phase is Phase.UNCLEAR
    assert dialog.journal[0].url == f"{ACME.url}/wiki/spaces/ENG"
    bench.confluence.fails.clear()
    bench.clock.pass_by(seconds=60)
    ended = await bench.engine.verdict(dialog, template, None, ("0", "do it"))
    assert ended.phase is Phase.DONE
    assert [each for each in texts(bench) if each == "Hello."] == ["Hello."]


@pytest.mark.parametrize(
    ("step", "method"),
    [
        ('move: {page: "1", parent: "2"}', "move_page"),
        ('trash: {page: "1"}', "trash_page"),
    ],
)
async def test_what_twice_is_as_good_as_once_is_settled_by_looking(bench, step, method):
    template = template_of(f"steps:\n  - {step}\n")
    bench.confluence.fails_after[method] = Unclear("Confluence")
    ended = await bench.run(template)
    assert ended.phase is Phase.DONE
    assert bench.sent(method) == 1


async def test_a_file_that_may_have_been_attached_is_looked_for(bench):
    bench.files.held["F1"] = FileContent("plan.txt", "text/plain", b"hello")
    template = one_step('attach: {page: "{{ page }}", file: "{{ file }}"}', FILE)
    bench.confluence.fails_after["attach"] = Unclear("Confluence")
    ended = await bench.run(template, page=page_value(), file=file_value())
    assert ended.phase is Phase.DONE
    assert bench.sent("attach") == 1


async def test_a_file_like_one_that_was_there_is_asked_about(bench):
    bench.confluence.attachments[PageId("1")] = {"plan.txt": b"older"}
    bench.files.held["F1"] = FileContent("plan.txt", "text/plain", b"hello")
    template = one_step('attach: {page: "{{ page }}", file: "{{ file }}"}', FILE)
    bench.confluence.fails["attach"] = Unclear("Confluence")
    ended = await bench.run(template, page=page_value(), file=file_value())
    assert ended.phase is Phase.UNCLEAR


async def test_a_run_that_failed_and_was_taken_back_isnt_gone_on_with(bench):
    template = template_of(
        'steps:\n  - append: {page: "1", body: "One."}\n  - label: {page: "2", add: [a]}\n'
    )
    bench.confluence.fails["add_labels"] = NotAllowed("You may not label it.")
    failed = await bench.run(template)
    assert bench.engine.can_undo(failed)
    back = await undone(bench, template)
    assert back.phase is Phase.CANCELLED
    assert "One." not in said(bench)


async def test_a_run_under_way_isnt_taken_back(bench):
    template = one_step('append: {page: "{{ page }}", body: "More."}')
    ended = await bench.run(template, page=page_value())
    assert bench.engine.can_undo(ended)
    assert not bench.engine.can_undo(replace(ended, phase=Phase.RUNNING))


async def test_what_only_its_person_says_was_done_cant_be_taken_back(bench):
    template = template_of(
        "steps:\n  - create: {space: ENG, title: New, body: Hello.}\n"
        '  - label: {page: "1", add: [a]}\n'
    )
    bench.confluence.fails["create_draft"] = Unclear("Confluence")
    await bench.run(template)
    ended = await bench.engine.verdict(await bench.kept(), template, None, ("0", "done"))
    assert ended.phase is Phase.DONE
    back = await undone(bench, template)
    assert [each.is_undone for each in back.journal] == [False, True]
    assert "isn't known here" in stays(back.journal[0])


async def test_a_page_that_another_account_wrote_stays_and_says_why(bench):
    template = one_step('append: {page: "{{ page }}", body: "More."}')
    await bench.run(template, page=page_value())
    await bench.stores.connections.remove(ADA, "system")
    await bench.open(account=Account(AccountId("other"), "Ada's other"))
    back = await undone(bench, template)
    assert "another connection now" in stays(back.journal[0])
    assert "More." in said(bench)


def changed_by_somebody(bench):
    stored = bench.confluence.pages[PageId("1")]
    newer = replace(stored.page, version=stored.page.version + 1)
    bench.confluence.pages[PageId("1")] = replace(stored, page=newer)


@pytest.mark.parametrize(
    ("step", "phase"),
    [
        ('update_section: {page: "1", section: plan, body: New.}', Phase.CONFIRMING),
        ('update_section: {page: "1", section: plan, body: New., place: end}', Phase.DONE),
        ('append: {page: "1", body: New.}', Phase.DONE),
        ('update: {page: "1", body: New.}', Phase.CONFIRMING),
    ],
)
async def test_what_would_replace_what_nobody_was_shown_is_shown_again(bench, step, phase):
    template = template_of(f"steps:\n  - {step}\n")
    await bench.engine.advance(await bench.begin(template), template, None)
    running = await bench.confirm()
    changed_by_somebody(bench)
    after = await bench.engine.advance(running, template, None)
    assert after.phase is phase, after.failure
    if phase is Phase.CONFIRMING:
        ended = await bench.engine.advance(await bench.confirm(), template, None)
        assert ended.phase is Phase.DONE


ATTACH = 'attach: {page: "{{ page }}", file: "{{ file }}"}'


async def attached_unclearly(bench, name="plan.txt"):
    bench.files.held["F1"] = FileContent(name, "text/plain", b"hello")
    template = one_step(ATTACH, FILE)
    begun = await bench.begin(template, page=page_value(), file=file_value(name=name))
    await bench.engine.advance(begun, template, None)
    return template, await bench.engine.advance(await bench.confirm(), template, None)


async def test_a_file_whose_upload_may_go_on_isnt_sent_beside_it(bench):
    bench.confluence.fails["attach"] = Unclear("Confluence")
    template, running = await attached_unclearly(bench)
    assert running.phase is Phase.RUNNING
    bench.confluence.fails.clear()
    bench.clock.pass_by(seconds=61)  # a slow one comes to its end over there
    with pytest.raises(TakenUp):
        await bench.engine.settle(await bench.kept(), template, None)
    bench.clock.pass_by(minutes=3)
    ended = await bench.engine.settle(await bench.kept(), template, None)
    assert ended.phase is Phase.DONE
    assert bench.confluence.attachments["1"] == {"plan.txt": b"hello"}
    assert bench.sent("attach") == 2  # the first came to nothing


async def test_a_file_is_looked_for_by_the_name_that_it_has_over_there(bench):
    bench.confluence.fails_after["attach"] = Unclear("Confluence")
    _, ended = await attached_unclearly(bench, 'plan: "A/B".txt')
    assert ended.phase is Phase.DONE
    assert bench.confluence.attachments["1"] == {"plan_ _A_B_.txt": b"hello"}


async def test_a_file_that_may_be_further_down_a_long_list_is_asked_about(bench):
    bench.confluence.attachments[PageId("1")] = {f"{each}.txt": b"" for each in range(50)}
    bench.confluence.fails["attach"] = Unclear("Confluence")
    _, ended = await attached_unclearly(bench)
    assert ended.phase is Phase.UNCLEAR
    assert bench.sent("attach") == 1


async def test_a_file_that_was_changed_since_it_was_given_isnt_attached(bench):
    bench.files.held["F1"] = FileContent("plan.txt", "text/plain", b"hello, and more")
    ended = await bench.run(one_step(ATTACH, FILE), page=page_value(), file=file_value())
    assert ended.phase is Phase.FAILED
    assert "changed in Slack" in ended.failure
    assert not bench.confluence.attachments
