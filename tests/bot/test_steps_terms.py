"""Whose connection a run uses, what bounds it, and what becomes of one that can't go on."""

from contextlib import suppress
from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.connection import READ, Need, organisation, scopes_of
from bot.content import Account, AccountId, AllowedSpace, CloudId, PageId, Site
from bot.credentials import Books, CredentialPolicy
from bot.dialog import Fate, Phase
from bot.dialogs.filling import Rules
from bot.document import Document, Paragraph, Text
from bot.documents import text_of
from bot.errors import (
    ConsentRequired,
    NotFound,
    QuotaSpent,
    ScopeMissing,
    SiteRequired,
    TitleTaken,
    Unavailable,
)
from bot.installation import Installation, SlackPerson
from bot.integration import AuthorizationType, Credential, Integration, Policy, Role
from bot.lending import LentConfluence
from bot.rest import Called
from bot.roles import Roles
from bot.task import DialogTask, TaskId
from bot.trail import Used, Wanted
from bot.written import read
from tests.bot.steps_stage import SPACE, Bench, page_value, template_of
from tests.fakes import ACME, ADA, NOON, FakeSlackPeople, connection, grant, page

ROBOT = Account(AccountId("robot"), "Robot")
SHARED = "p1"
WRITES = """
policy: {credentials: organisation allowed}
steps:
  - id: made
    create: {space: ENG, title: New, body: Hello.}
  - label: {page: "{{ made }}", add: [a]}
  - comment: {page: "{{ made }}", body: Hello.}
"""


class Lending(Bench):
    """A tenant that lends its robot to everybody, whoever has an account of their own or not."""

    async def open(self, **changes):
        await super().open(**changes)
        people = FakeSlackPeople({"U0ADA": SlackPerson("U0ADA", "Ada L.", "T0ACME")})
        stores = self.stores
        books = Books(stores.integrations, stores.connections, people, self.installation)
        self.credentials = CredentialPolicy(
            books, Roles(stores.integrations, people, self.installation)
        )
        given = replace(grant("robot"), scopes=scopes_of(Need))
        robot = connection(organisation(ADA.tenant), given)
        await stores.connections.save(replace(robot, profile=SHARED, account=ROBOT, owner="U0BOB"))
        allowed = tuple(
            AllowedSpace(ACME.cloud_id, each.id, each.key, each.name)
            for each in self.confluence.spaces
        )
        seen = await stores.integrations.find(ADA.tenant)
        policy = Policy(
            read=Credential.ORGANISATION,
            write=Credential.ORGANISATION,
            readable=allowed,
            writable=allowed,
            audience="staff",
        )
        changed = Integration(
            ADA.tenant,
            AuthorizationType.PRE_AUTHORIZED,
            organisation_profile=SHARED,
            policy=policy,
        )
        assert await stores.integrations.replace(seen, changed)
        self.engine = self.engine_of()
        return self

    async def installation(self, tenant):
        return Installation(
            tenant=tenant,
            team_id=tenant,
            enterprise_id=None,
            name="Acme",
            bot_token=SecretStr("xoxb"),
            bot_id="B",
            bot_user_id="UB",
            app_id="A",
            scopes=frozenset(),
            installed_at=NOON,
        )


def task_of(**changes):
    task = DialogTask(
        TaskId("task-1"), ADA.tenant, "try-out", "Try-out", "try-out", "1.0.0", "U0BOB"
    )
    return replace(task, by_admin=True, lends=True, **changes)


@pytest.fixture
async def bench():
    bench = await Bench().open()
    bench.confluence.add(page())
    return bench


@pytest.fixture
async def lending():
    bench = await Lending().open()
    bench.confluence.add(page())
    return bench


async def planned(bench, template, task=None, **values):
    return await bench.engine.advance(await bench.begin(template, **values), template, task)


async def test_what_an_admin_installed_may_run_under_the_organisations_connection(lending):
    template = template_of(WRITES)
    dialog = await planned(lending, template, task_of())
    plan = dialog.plan
    assert (plan.account, plan.is_lent, plan.asker) == ("Robot", True, "Ada L.")
    done = await lending.engine.advance(await lending.confirm(), template, task_of())
    assert done.phase is Phase.DONE, done.failure
    [made] = [each for each in lending.confluence.pages.values() if each.page.title == "New"]
    assert "for Ada L." in made.page.version_message
    assert lending.confluence.notes[made.page.id, "confab-asked-by"]["asked_by"] == "Ada L."
    [(_, comment)] = lending.confluence.comments
    assert "Written for Ada L." in text_of(comment)
    rows = [each.entry async for each in lending.rows.list_newest(ADA.tenant, Wanted(), None)]
    assert {each.credential for each in rows} == {Used.ORGANISATION}
    assert sorted(each.outcome for each in rows) == ["begun"] * 3 + ["done"] * 3


@pytest.mark.parametrize(
    ("policy", "task"),
    [
        ("organisation allowed", replace(task_of(), by_admin=False)),
        ("organisation allowed", replace(task_of(), lends=False)),
        ("own only", task_of()),
        ("organisation allowed", replace(task_of(), channels=("C0OTHER",))),
        ("organisation allowed", None),
    ],
)
async def test_anything_else_runs_under_ones_own(lending, policy, task):
    template = template_of(WRITES.replace("organisation allowed", policy))
    dialog = await planned(lending, template, task)
    assert (dialog.plan.account, dialog.plan.is_lent) == ("Ada Lovelace", False)
    done = await lending.engine.advance(await lending.confirm(), template, task)
    assert done.phase is Phase.DONE, done.failure


async def test_without_an_account_of_ones_own_it_asks_for_consent_and_lends_nothing(lending):
    await lending.stores.connections.remove(ADA, connection().profile)
    template = template_of(WRITES.replace("organisation allowed", "own only"))
    with pytest.raises(ConsentRequired):
        await planned(lending, template, task_of())
    assert lending.confluence.asked == []


async def test_a_template_that_makes_calls_of_its_own_is_never_lent(lending):
    template = template_of(
        "policy: {credentials: organisation allowed}\n"
        "steps:\n  - http: {path: /wiki/api/v2/spaces}\n"
        '  - label: {page: "1", add: [a]}\n'
    )
    lending.confluence.answers.append(Called(200, {}))
    dialog = await planned(lending, template, task_of())
    assert not dialog.plan.is_lent


async def test_a_task_lends_in_its_own_spaces_alone(lending):
    lending.engine = lending.engine_of(LentConfluence(lending.confluence))
    template = template_of(
        "policy: {credentials: organisation allowed, spaces: [OPS, ENG]}\n"
        "steps:\n  - create: {space: ENG, title: New, body: Hello.}\n"
    )
    failed = await planned(lending, template, task_of(spaces=("OPS",)))
    assert failed.phase is Phase.FAILED
    assert "I can't see a space “ENG”" in failed.failure
    assert lending.sent("create_draft") == 0
    lending.stores.dialogs._kept.clear()  # noqa: SLF001
    lent = await planned(lending, template, task_of())
    assert lent.plan.is_lent


async def test_a_members_template_reads_nothing_that_isnt_theirs_to_read(lending):
    lending.engine = lending.engine_of(LentConfluence(lending.confluence))
    lending.confluence.fails["get_page_head"] = NotFound("not for you")
    template = template_of(
        'policy: {credentials: organisation allowed}\nsteps:\n  - get: {page: "1"}\n'
    )
    failed = await planned(lending, template, replace(task_of(), by_admin=False))
    assert failed.phase is Phase.FAILED
    assert ("get_page", PageId("1")) not in lending.confluence.asked


async def test_all_scopes_are_asked_for_before_anything_is_done():
    bench = Bench()
    await bench.stores.connections.save(connection(given=replace(grant(), scopes=READ)))
    template = template_of(
        "scopes: [write:page:confluence, write:label:confluence]\n"
        'steps:\n  - get: {page: "1"}\n  - label: {page: "1", add: [a]}\n'
    )
    with pytest.raises(ScopeMissing) as missing:
        await planned(bench, template)
    assert missing.value.scopes >= {"write:page:confluence", "write:label:confluence"}
    assert bench.confluence.asked == []


async def test_a_site_must_be_chosen_first(bench):
    other = Site(CloudId("22222222-2222-4222-8222-222222222222"), "Other", "https://o.example")
    await bench.stores.connections.remove(ADA, connection().profile)
    await bench.open(sites=(ACME, other))
    template = template_of('steps:\n  - label: {page: "1", add: [a]}\n')
    with pytest.raises(SiteRequired):
        await planned(bench, template)
    chosen = replace(await bench.kept(), site=ACME.cloud_id)
    stored = await bench.dialogs.replace(await bench.kept(), chosen)
    assert (await bench.engine.advance(stored, template, None)).phase is Phase.CONFIRMING


async def test_what_was_given_tells_the_site(bench):
    other = Site(CloudId("22222222-2222-4222-8222-222222222222"), "Other", "https://o.example")
    await bench.stores.connections.remove(ADA, connection().profile)
    await bench.open(sites=(other, ACME))
    template = template_of(
        "entities:\n  - {name: page, type: page, prompt: Which?}\n"
        'steps:\n  - label: {page: "{{ page }}", add: [a]}\n'
    )
    dialog = await planned(bench, template, page=page_value())
    assert (dialog.plan.site_name, dialog.site) == ("Acme", ACME.cloud_id)
    await bench.stores.connections.remove(ADA, connection().profile)
    await bench.open(sites=(other,))
    failed = await bench.engine.advance(await bench.confirm(), template, None)
    assert failed.phase is Phase.FAILED
    assert "doesn't open the site" in failed.failure


async def test_what_cant_be_recorded_isnt_sent(lending):
    template = template_of(WRITES)
    await planned(lending, template, task_of())
    confirmed = await lending.confirm()
    full = Unavailable("MongoDB")

    async def refuse(_row):
        raise full

    lending.rows.insert = refuse
    with suppress(Unavailable):
        await lending.engine.advance(confirmed, template, task_of())
    assert lending.confluence.comments == []
    assert lending.sent("create_draft") == lending.sent("add_labels") == 0


async def test_who_may_not_publish_is_told_before_the_preview(lending):
    seen = await lending.stores.integrations.find(ADA.tenant)
    publishers = ((Role.PUBLISH, ("U0BOB",)),)
    changed = replace(seen, policy=replace(seen.policy, roles=publishers))
    assert await lending.stores.integrations.replace(seen, changed)
    failed = await planned(lending, template_of(WRITES), task_of())
    assert failed.phase is Phase.FAILED
    assert "only certain people publish" in failed.failure


UNAVAILABLE = Unavailable("Confluence")


@pytest.mark.parametrize("error", [UNAVAILABLE, QuotaSpent("Confluence", NOON, retry_after=60.0)])
@pytest.mark.parametrize("method", ["create_draft", "add_labels", "add_comment"])
async def test_what_wasnt_sent_can_be_confirmed_once_more(bench, error, method):
    template = template_of(WRITES)
    await planned(bench, template)
    bench.confluence.fails[method] = error
    first = await bench.confirm()
    parked = await bench.engine.advance(first, template, None)
    assert parked.phase is Phase.CONFIRMING
    assert "nothing more was written" in parked.failure
    assert parked.plan.id != first.plan.id
    assert not await bench.dialogs.confirm(ADA, parked.id, first.plan.id)
    bench.confluence.fails.clear()
    done = await bench.engine.advance(await bench.confirm(), template, None)
    assert (done.phase, done.failure) == (Phase.DONE, "")
    titles = [each.page.title for each in bench.confluence.pages.values()]
    assert titles.count("New") == 1
    assert len(bench.confluence.comments) == 1


async def test_consent_that_ended_is_asked_for_and_the_rest_waits(bench):
    template = template_of(WRITES)
    await planned(bench, template)
    bench.confluence.fails["add_labels"] = ConsentRequired("system", ended=True)
    confirmed = await bench.confirm()
    with pytest.raises(ConsentRequired):
        await bench.engine.advance(confirmed, template, None)
    waiting = await bench.kept()
    assert waiting.phase is Phase.CONFIRMING
    assert [each.key for each in waiting.plan.writes] == ["1", "2"]


@pytest.mark.parametrize("error", [UNAVAILABLE, ConsentRequired("system", ended=True)])
async def test_what_is_read_after_the_last_write_is_gone_on_with(bench, error):
    template = template_of(
        "steps:\n"
        "  - append: {page: '1', body: More.}\n"
        "  - {id: now, get: {page: '1'}}\n"
        "reply: {text: '{{ now.version }}'}\n"
    )
    await planned(bench, template)
    bench.confluence.fails["get_page"] = error
    failed = await bench.engine.advance(await bench.confirm(), template, None)
    assert failed.phase is Phase.FAILED
    assert not failed.is_told
    assert "is written" in failed.failure
    bench.confluence.fails.clear()
    rules = Rules(template, bench.engine)
    kept = await bench.dialogs.replace(failed, rules.onward(rules.tried_again(failed)))
    done = await bench.engine.advance(kept, template, None)
    assert (done.phase, done.failure) == (Phase.DONE, "")
    assert bench.sent("append") == 1


async def test_a_title_that_is_taken_is_told_before_the_preview(bench):
    bench.confluence.add(page(5, "New"))
    template = template_of(WRITES)
    failed = await planned(bench, template)
    assert failed.phase is Phase.FAILED
    assert "“New” in Engineering already" in failed.failure


async def test_a_title_taken_meanwhile_ends_the_run(bench):
    template = template_of(WRITES)
    await planned(bench, template)
    bench.confluence.fails["publish_draft"] = TitleTaken("taken")
    failed = await bench.engine.advance(await bench.confirm(), template, None)
    assert failed.phase is Phase.FAILED
    assert failed.journal[0].code == "title_taken"
    assert "title" in failed.failure


async def test_what_differs_from_what_was_shown_is_shown_again(bench):
    template = template_of('steps:\n  - update: {page: "1", body: "All new."}\n')
    shown = await planned(bench, template)
    text = Document((Paragraph((Text("By Bob."),)),))
    await bench.confluence.append(None, ACME, PageId("1"), text, base=1, message="by Bob")
    again = await bench.engine.advance(await bench.confirm(), template, None)
    assert again.phase is Phase.CONFIRMING
    assert again.plan.id != shown.plan.id
    assert bench.sent("update_page") == 0


async def test_another_account_is_shown_again(bench):
    template = template_of(WRITES)
    await planned(bench, template)
    confirmed = await bench.confirm()
    await bench.stores.connections.remove(ADA, connection().profile)
    await bench.open(account=Account(AccountId("other"), "Ada's other"))
    again = await bench.engine.advance(confirmed, template, None)
    assert again.phase is Phase.CONFIRMING
    assert again.plan.account == "Ada's other"
    assert bench.sent("create_draft") == 0


async def test_a_second_write_to_a_page_builds_on_the_first(bench):
    template = template_of(
        'steps:\n  - update: {page: "1", body: "One."}\n  - update: {page: "1", body: "Two."}\n'
    )
    done = await bench.run(template)
    assert done.phase is Phase.DONE
    assert text_of(bench.confluence.pages["1"].document) == "Two."
    assert [each.fate for each in done.journal] == [Fate.DONE] * 2


async def test_a_trial_plans_to_the_end_and_writes_nothing(bench):
    template = template_of(
        """
preview: "Will make {{ made.title }}."
steps:
  - id: made
    create: {space: ENG, title: New, body: Hello.}
  - id: again
    get: {page: "{{ made }}"}
  - id: below
    children: {page: "{{ made }}"}
  - append: {page: "1", body: "See {{ made.url }}, {{ again.text }}, {{ below|join }}."}
  - id: said
    comment: {page: "{{ made }}", body: Hello.}
  - label: {page: "{{ made }}", add: ["{{ said.url|slug }}"]}
reply: {text: "At {{ made.url }}"}
"""
    )
    tried = await planned(bench, template, is_trial=True)
    assert tried.phase is Phase.CONFIRMING, tried.failure
    assert [each.key for each in tried.plan.writes] == ["0", "3", "4", "5"]
    assert not tried.plan.more
    assert text_of(read(tried.plan.preview)) == "Will make New."
    assert not await bench.dialogs.confirm(ADA, tried.id, tried.plan.id)
    forced = replace(tried, phase=Phase.RUNNING, confirmed=tried.plan.writes)
    stored = await bench.dialogs.replace(tried, forced)
    assert (await bench.engine.advance(stored, template, None)).phase is Phase.CONFIRMING
    assert list(bench.confluence.pages) == ["1"]
    assert bench.confluence.comments == []


async def test_a_preview_that_lies_hides_nothing(bench):
    template = template_of('preview: "Nothing will be changed."\nsteps:\n  - trash: {page: "1"}\n')
    dialog = await planned(bench, template)
    assert [each.words for each in dialog.plan.writes] == [
        "Move the page “Release checklist” in Engineering (ENG) to the trash"
    ]


async def test_loops_within_loops_end(bench):
    template = template_of(
        """
steps:
  - let: {all: "{{ ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', 'a', 'b', 'c', 'd', 'e'] }}"}
  - for_each: all
    steps:
      - for_each: all
        item: other
        steps:
          - let: {x: "{{ other }}"}
"""
    )
    failed = await planned(bench, template)
    assert failed.phase is Phase.FAILED
    assert "more than 200 steps" in failed.failure


async def test_a_loop_over_too_many_does_none_of_them(bench):
    template = template_of(
        """
steps:
  - for_each: "['1', '1', '1']"
    most: 2
    steps:
      - label: {page: "{{ item }}", add: [a]}
"""
    )
    failed = await planned(bench, template)
    assert failed.phase is Phase.FAILED
    assert "There are 3 to go through" in failed.failure


async def test_giant_answers_are_cut_and_too_many_of_them_refused(bench):
    bench.confluence.answers += [Called(200, {"x": "é" * 50_000})] * 30
    template = template_of("steps:\n  - http: {path: /wiki/api/v2/spaces}\n")
    done = await bench.run(template)
    assert len(done.journal[0].result.encode()) < 70_000
    bench.stores.dialogs._kept.clear()  # noqa: SLF001
    rounds = ", ".join(f"'{number}'" for number in range(20))
    many = template_of(
        f'steps:\n  - for_each: "[{rounds}]"\n    steps:\n'
        '      - http: {path: "/wiki/api/v2/spaces/{{ item }}"}\n'
    )
    failed = await bench.run(many)
    assert failed.phase is Phase.FAILED
    assert "more than can be kept" in failed.failure


async def test_slow_reads_end(bench):
    class Slow(type(bench.confluence)):
        async def get_page(self, *args, **how):
            bench.clock.pass_by(seconds=20)
            return await super().get_page(*args, **how)

    bench.confluence.__class__ = Slow
    template = template_of(
        "steps:\n  - for_each: \"['a', 'b', 'c', 'd', 'e']\"\n"
        '    steps:\n      - get: {page: "1"}\n'
    )
    failed = await planned(bench, template)
    assert failed.phase is Phase.FAILED
    assert "more than 60 seconds" in failed.failure


async def test_a_fail_step_says_why(bench):
    template = template_of("steps:\n  - fail: \"Not on {{ today|date('iso') }}.\"\n")
    failed = await planned(bench, template)
    assert (failed.phase, failed.failure) == (Phase.FAILED, "Not on 2030-01-01.")


@pytest.mark.parametrize(
    "path",
    [
        "/wiki/{{ '../../admin' }}",
        "/wiki/rest/api//evil.example",
        "/wiki/rest/..%2f..%2fsecret",
        "/wiki/rest/api?x={{ 'y' }}",
        "/\\\\evil.example/x",
    ],
)
async def test_a_call_stays_within_the_sites_own_api(bench, path):
    template = template_of(f"steps:\n  - http: {{path: {path!r}}}\n")
    ended = await bench.run(template)
    assert ended.phase is Phase.FAILED or _is_tame(bench)


def _is_tame(bench):
    [call] = [what for name, what in bench.confluence.asked if name == "call"]
    return ".." not in call.path and "//" not in call.path


async def test_the_token_is_never_known_to_the_run(bench):
    template = template_of(
        """
steps:
  - id: got
    http:
      path: /wiki/api/v2/spaces
      headers: {X-Token: "{{ connections.confluence.access_token }}"}
reply: {text: "{{ got.status }}"}
"""
    )
    bench.confluence.answers.append(Called(200, {}))
    done = await bench.run(template)
    assert "access-first" not in repr(done)
    [call] = [what for name, what in bench.confluence.asked if name == "call"]
    assert "access-first" not in repr(call)


@pytest.mark.parametrize(
    "step",
    [
        'http: {path: "/wiki/x", query: {a: "{{ connections.confluence.access_token }}"}}',
        'comment: {page: "1", body: "{{ connections.confluence.access_token }}"}',
        'let: {x: "{{ connections.confluence.access_token }}"}',
        'http: {path: "/wiki/{{ connections.confluence.access_token }}"}',
    ],
)
async def test_the_token_stands_in_a_header_and_nowhere_else(bench, step):
    template = template_of(f"steps:\n  - {step}\n")
    failed = await bench.run(template)
    assert failed.phase is Phase.FAILED
    assert "access-first" not in repr(failed)
    assert bench.sent("call") == bench.sent("add_comment") == 0


async def test_a_change_of_somebody_elses_is_kept_while_a_run_goes_on(bench):
    class Meddled(type(bench.dialogs)):
        meddles = True

        async def replace(self, seen, changed):
            if self.meddles:
                self.meddles = False
                kept = await self.find(seen.principal, seen.id)
                await super().replace(kept, replace(kept, thread="123.4"))
            return await super().replace(seen, changed)

    template = template_of(WRITES)
    await planned(bench, template)
    confirmed = await bench.confirm()
    bench.dialogs.__class__ = Meddled
    done = await bench.engine.advance(confirmed, template, None)
    assert (done.phase, done.thread) == (Phase.DONE, "123.4")


async def test_values_of_every_kind_come_into_a_body_as_text(bench):
    template = template_of(
        """
entities:
  - {name: title, type: text, prompt: What?}
  - {name: space, type: space, prompt: Where?}
  - {name: page, type: page, prompt: Which?}
steps:
  - create: {space: "{{ space }}", title: "{{ title }}", body: "# {{ title }}\\n\\n{{ page }}"}
"""
    )
    hostile = "<script>*x*</script> <!channel> {{ 7 }} ]]> |"
    done = await bench.run(template, title=hostile, space=SPACE, page=page_value())
    assert done.phase is Phase.DONE, done.failure
    [made] = [each for each in bench.confluence.pages.values() if each.page.id != "1"]
    assert text_of(made.document) == f"{hostile}\nRelease checklist"
