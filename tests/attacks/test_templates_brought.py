"""Templates that are brought to do harm: refused at their lines, and nothing is kept."""

import json
from dataclasses import replace

import pytest

from bot.app import utc_now
from bot.errors import BadInput, NotAllowed, NotFound, TemplateRefused
from bot.installing import Wish
from bot.installing.parts import MOST_BROUGHT
from bot.integration import Role
from bot.task import Audience, Reach, TemplateVersion
from bot.template import TemplateId, Version
from tests.attacks.hostile import ALL, markup_in
from tests.attacks.installing import ACME, Author, template
from tests.attacks.scene import press, submit

pytestmark = pytest.mark.usefixtures("unhurt")

GET = 'steps:\n  - id: got\n    get: {page: "1"}'
CALLS = (
    "steps:\n  - http: {method: POST, path: /wiki/rest/api/content, body: {a: b}, does: A page}\n"
)
TRY_OUT = TemplateId("try-out")
ONE = Version("1.0.0")
SCOPES = 6
"""The line of the scopes, of which there is always something to complain here."""


@pytest.fixture
def bob(stage):
    return Author(stage)


@pytest.fixture
def ada(stage):
    return Author(stage, "U0ADA")


async def kept(stage):
    return await stage.stores.templates.list_own(ACME)


def bomb():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for one, next_ in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{next_}: &{next_} [*{one}, *{one}, *{one}, *{one}, *{one}, *{one}, *{one}]")
    return "\n".join(lines)


YAML = {
    "billion laughs": bomb(),
    "an anchor": f"{template(GET)}x: &a 1\ny: *a\n",
    "merged": f"base: &b {{id: x}}\n<<: *b\n{template(GET)}",
    "python": template(GET).replace(
        "description: Tries things out.", 'description: !!python/object/apply:os.system ["ls"]'
    ),
    "python name": template(GET).replace("Try-out", "!!python/name:os.system ''"),
    "a tag of its own": template(GET).replace("Tries", "!include /etc/passwd #"),
    "binary": template(GET).replace("Try-out", "!!binary aGVsbG8="),
    "two documents": f"{template(GET)}---\n{template(GET)}",
    "twice the same": f"{template(GET)}name: Another\n",
    "deep": "[" * 2_900,
    "deep mappings": "{a: " * 700,
    "deep lines": "\n".join(f"{' ' * at}a:" for at in range(70)),
    "a number": "9" * 2_900,
    "a date": "2001-01-01",
    "nothing": "# nothing",
    "text": "hello",
    "an unknown field": f"{template(GET)}admin: true\n",
    "an approval": f"{template(GET)}approved_by: U0ADA\nis_own: false\nby_admin: true\n",
    "hostile keys": "\n".join(f"{each!r}: x" for each in ALL),
    "hostile values": template(GET).replace("category: Write", f"category: {ALL!r}"),
}


@pytest.mark.parametrize("source", YAML.values(), ids=YAML.keys())
async def test_what_is_no_template_is_refused_in_words(stage, bob, source):
    told = await bob.pastes(source)
    assert "Nothing was kept" in told
    assert "*Line " in told
    assert await kept(stage) == []
    assert markup_in((await bob.person.screen())["modal"]) == []


FILES = {
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "zeros": b"\x00" * 5_000,
    "no UTF-8": b"id: \xff\xfe\xfd",
    "UTF-16": template(GET).encode("utf-16"),
    "too much": b"# much\n" * 40_000,
    "much of nothing": b"a: [" + b"[], " * 30_000 + b"]",
    "one long line": b"id: " + b"x" * 150_000,
    "a bomb": bomb().encode(),
}


async def uploads(bob, content):
    await bob.types("/confluence templates")
    await bob.presses("template_bring")
    await bob.presses("template_upload")
    file = await bob.person.uploads("own.yml", content, "text/yaml")
    await bob.person.submits({"file": {"file": [file["id"]]}})
    return await bob.sees()


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
async def test_a_file_that_is_no_template_is_refused_in_words(stage, bob, content):
    told = await uploads(bob, content)
    assert "Nothing was kept" in told
    assert await kept(stage) == []


async def test_a_file_that_is_one_is_kept(stage, bob):
    assert "is here" in await uploads(bob, template(GET).encode())
    assert [each.by for each in await kept(stage)] == ["U0BOB"]


HOLES = {
    "a call": "{{ ''.__class__() }}",
    "an attribute": "{{ me.__class__ }}",
    "an item": "{{ me['__class__'] }}",
    "a power": "{{ 10**9000000 }}",
    "a statement": "{% for x in [1] %}{{ x }}{% endfor %}",
    "an import": "{% import 'os' as os %}",
    "a comment": "{# secret #}",
    "a range": "{{ range(10**9) }}",
    "a format": "{{ '%099999999d'|format(1) }}",
    "an unknown filter": "{{ me|attr('__class__') }}",
    "a test": "{{ me is callable }}",
    "repeated": "{{ 'a' * 1000000000 }}",
    "joined": "{{ me ~ me }}",
    "a slice": "{{ 'abc'[0:1000000000] }}",
    "a mapping": "{{ {'a': 1} }}",
    "an unknown name": "{{ config.secret_key }}",
    "the token": "{{ connections.confluence.access_token }}",
    "another connection's": "{{ connections.slack.access_token }}",
    "deep": "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
    "a lambda": "{{ (lambda: 1)() }}",
    "unclosed": "{{ me",
}
PLACES = {
    "a title": "steps:\n  - create: {{space: ENG, title: {0}, body: x}}",
    "a body": "steps:\n  - create: {{space: ENG, title: x, body: {0}}}",
    "a space": "steps:\n  - create: {{space: {0}, title: x, body: x}}",
    "CQL": "steps:\n  - search: {{cql: {0}}}",
    "a path": "steps:\n  - http: {{path: {1}}}",
    "a query": "steps:\n  - http: {{path: /wiki/api/v2/spaces, query: {{q: {0}}}}}",
    "JSON": "steps:\n  - http: {{method: POST, path: /wiki/api/v2/x, does: x, body: {{a: [{0}]}}}}",
    "a condition": "steps:\n  - when: {0}\n    steps:\n      - fail: x",
    "a loop": "steps:\n  - for_each: {0}\n    steps:\n      - fail: x",
    "a let": "steps:\n  - let: {{x: {0}}}\n  - fail: x",
    "a fail": "steps:\n  - fail: {0}",
    "a label": 'steps:\n  - label: {{page: "1", add: [{0}]}}',
    "a group": 'steps:\n  - restrict: {{page: "1", groups: [{0}]}}',
    "the preview": 'steps:\n  - label: {{page: "1", add: [a]}}\npreview: {0}',
    "the reply": "steps:\n  - list_spaces: {{}}\nreply:\n  text: {0}",
    "a card": "steps:\n  - list_spaces: {{}}\nreply:\n  text: x\n  card: {{title: {0}}}",
    "a card's fact": "steps:\n  - list_spaces: {{}}\nreply:\n  text: x\n"
    "  card: {{title: x, facts: {{a: {0}}}}}",
    "a button": "steps:\n  - list_spaces: {{}}\nreply:\n  text: x\n"
    "  buttons: [{{label: x, task: search-pages, values: {{words: {0}}}}}]",
    "a default": "entities: [{{name: a, type: text, prompt: x, default: {0}}}]\n"
    "steps:\n  - fail: x",
}


def with_hole(place, hole):
    head = template(GET).partition("steps:")[0]
    quoted, path = json.dumps(hole), json.dumps(f"/wiki/api/v2/{hole}")
    text = place.format(quoted, path)
    return f"{head}{text}\n{'' if 'reply:' in text else 'reply: {text: x}'}\n"


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
async def test_what_is_more_than_an_expression_is_refused_wherever_it_stands(stage, bob, place):
    for name, hole in HOLES.items():
        with pytest.raises(TemplateRefused) as refused:
            await bob.offers.bring(bob.principal, with_hole(place, hole), "own.yml")
        assert [each for each in refused.value.problems if each.line > SCOPES], name
    assert await kept(stage) == []


WORDS = ["help", "helo", "hepl", "heelp", "hel", "searhc", "create1", "c0nnect", "stat-us", "tasks"]
NO_WORDS = [
    "сreate",
    "help\u200b",
    "HELP",
    "ｈｅｌｐ",
    "he lp",
    "-help",
    "help-",
    "hélp",
    "",
    "x" * 41,
]


@pytest.mark.parametrize("word", [*WORDS, *NO_WORDS])
async def test_no_task_is_called_as_if_it_were_the_commands_own(stage, bob, word):
    await bob.offers.bring(bob.principal, template(GET), "own.yml")
    for wish in (Wish(word), Wish("harmless", aliases=(word or "x" * 41,))):
        with pytest.raises(BadInput) as refused:
            await bob.installer.install(bob.principal, TRY_OUT, ONE, wish)
        assert "word" in str(refused.value)
    assert await stage.stores.tasks.list_all(ACME) == []


@pytest.mark.parametrize(
    "word", ["decision-record", "decision-recrod", "decislon-record", "rfc", "rfd"]
)
async def test_no_task_is_called_as_if_it_were_anothers(stage, ada, bob, word):
    await ada.installs(template(GET, "decision-record-2"), "decision-record", aliases=("rfc",))
    with pytest.raises(BadInput, match="taken"):
        await bob.installs(template(GET), word)
    assert len(await stage.stores.tasks.list_all(ACME)) == 1


async def test_a_template_of_somebody_elses_is_looked_at_by_nobody(stage, bob):
    await bob.installs(template(GET, name="Osprey"))
    cy = Author(stage, "U0CY")
    value = '{"t":"try-out","v":"1.0.0"}'
    for action in ("details", "look", "try", "install", "share", "export", "withdraw", "approve"):
        await press(stage, "U0CY", f"template_{action}", value)
        assert "Osprey" not in await cy.screen()
    [task] = await stage.stores.tasks.list_all(ACME)
    for action in ("details", "edit", "upgrade", "upgrade_now", "roll_back_now", "switch_off"):
        await press(stage, "U0CY", f"task_{action}", f'{{"k":"{task.id}","v":"1.0.0"}}')
        assert "Osprey" not in await cy.screen()
    await press(stage, "U0CY", "task_uninstall_now", f'{{"k":"{task.id}"}}')
    await submit(stage, "U0CY", "template_install_form", value, values=form("mine"))
    assert await stage.stores.tasks.list_all(ACME) == [task]


def form(word, audience="me"):
    return {
        "word": {"value": {"type": "plain_text_input", "value": word}},
        "title": {"value": {"type": "plain_text_input", "value": word}},
        "audience": {
            "value": {
                "type": "radio_buttons",
                "selected_option": {"value": audience, "text": {"text": "x"}},
            }
        },
    }


async def test_a_task_of_everybodys_is_changed_by_its_owner_and_the_admins_alone(stage, ada):
    task = await ada.installs(template(GET), audience=Audience(Reach.WORKSPACE))
    value = f'{{"k":"{task.id}","v":"1.0.0"}}'
    for action in ("switch_off", "uninstall_now", "upgrade_now", "roll_back_now"):
        await press(stage, "U0BOB", f"task_{action}", value)
    await submit(stage, "U0BOB", "task_edit_form", f'{{"k":"{task.id}"}}', values=form("mine"))
    assert await stage.stores.tasks.list_all(ACME) == [task]


@pytest.mark.parametrize("audience", ["channel", "group", "workspace"])
async def test_who_may_install_for_themselves_alone_installs_for_nobody_else(stage, ada, audience):
    await only_admins_install(stage)
    bob = Author(stage)
    await bob.offers.bring(bob.principal, template(GET), "own.yml")
    values = form("mine", audience) | {
        "group": {
            "value": {
                "type": "static_select",
                "selected_option": {"value": "S0WRITERS", "text": {"text": "x"}},
            }
        }
    }
    metadata = '{"t":"try-out","v":"1.0.0","c":"C0GENERAL"}'
    await submit(stage, "U0BOB", "template_install_form", metadata, values=values)
    assert await stage.stores.tasks.list_all(ACME) == []


@pytest.mark.parametrize("group", ["<!channel>", "", "C0GENERAL", "S0> <!channel", "\ud800"])
async def test_a_group_that_was_never_offered_is_no_audience(stage, ada, group):
    await ada.offers.bring(ada.principal, template(GET), "own.yml")
    chosen = {"value": group, "text": {"text": "<!channel>"}}
    menu = {"value": {"type": "static_select", "selected_option": chosen}}
    values = form("mine", "group") | {"group": menu}
    metadata = '{"t":"try-out","v":"1.0.0"}'
    await submit(stage, "U0ADA", "template_install_form", metadata, values=values)
    assert await stage.stores.tasks.list_all(ACME) == []


async def only_admins_install(stage):
    seen = await stage.stores.integrations.find(ACME)
    policy = replace(seen.policy, roles=((Role.INSTALL, ("U0ADA",)),))
    assert await stage.stores.integrations.replace(seen, replace(seen, policy=policy))


class TestAVersion:
    """What somebody looked at, approved or began stays what it was, whatever its author does."""

    async def test_that_was_withdrawn_never_comes_back_as_another(self, stage, ada, bob):
        await bob.offers.bring(bob.principal, template(CALLS), "own.yml")
        await bob.offers.withdraw(bob.principal, TRY_OUT, ONE)
        for each in (ada, bob):
            with pytest.raises(NotFound):
                await each.offers.get(each.principal, TRY_OUT, ONE)
        other = template(CALLS.replace("content", "user"))
        with pytest.raises(BadInput, match="never changes"):
            await bob.offers.bring(bob.principal, other, "own.yml")
        with pytest.raises(NotFound):
            await ada.offers.approve(ada.principal, TRY_OUT, ONE)
        again = await bob.offers.bring(bob.principal, template(CALLS), "own.yml")
        assert (again.kept.is_withdrawn, again.kept.is_shared) == (False, False)
        assert (await ada.offers.get(ada.principal, TRY_OUT, ONE)).source == template(CALLS)

    async def test_that_was_approved_is_that_one_and_no_other(self, stage, ada, bob):
        await bob.offers.bring(bob.principal, template(CALLS), "own.yml")
        await ada.offers.approve(ada.principal, TRY_OUT, ONE)
        task = await bob.installer.install(bob.principal, TRY_OUT, ONE, Wish("calls"))
        newer = template(CALLS.replace("content", "user"), version="1.0.1")
        await bob.offers.bring(bob.principal, newer, "own.yml")
        with pytest.raises(NotAllowed, match="admin"):
            await bob.installer.upgrade(bob.principal, task, Version("1.0.1"), approves=True)
        with pytest.raises(NotAllowed, match="admin"):
            await bob.installer.install(
                bob.principal, TRY_OUT, Version("1.0.1"), Wish("others", approves=True)
            )
        with pytest.raises(NotAllowed):
            await bob.offers.approve(bob.principal, TRY_OUT, Version("1.0.1"))
        assert await stage.stores.tasks.list_all(ACME) == [task]

    async def test_of_somebody_who_was_forgotten_is_nobodys_to_go_on_with(self, stage, ada, bob):
        await ada.offers.bring(ada.principal, template(GET), "own.yml")
        kept = await stage.stores.templates.find(ACME, TRY_OUT, ONE)
        forgotten = replace(kept, is_shared=True).without("U0ADA")
        assert await stage.stores.templates.replace(kept, forgotten)
        with pytest.raises(BadInput, match="Somebody else"):
            await bob.offers.bring(bob.principal, template(GET, version="2.0.0"), "own.yml")

    async def test_is_installed_as_it_was_shown_or_not_at_all(self, stage, ada, bob):
        # A template of somebody's own that the catalogue came to ship under the same id.
        shipped = await stage_catalogue(ada).find(TemplateId("quick-note"))
        own = shipped.source.replace("name: Quick note", "name: Another")
        mine = TemplateVersion(
            ACME,
            TemplateId(shipped.template.id),
            Version(shipped.template.version),
            own,
            "U0BOB",
            utc_now(),
            is_own=True,
        )
        assert await stage.stores.templates.add(mine)
        with pytest.raises(BadInput, match="Another template"):
            await ada.installer.install(ada.principal, mine.id, mine.version, Wish("quick"))
        assert await stage.stores.tasks.list_all(ACME) == []

    async def test_after_version_fills_nobodys_list(self, stage, bob):
        source = template(GET)
        for number in range(MOST_BROUGHT):
            await stage.stores.templates.add(
                TemplateVersion(
                    ACME, TRY_OUT, Version(f"1.0.{number}"), source, "U0BOB", utc_now(), is_own=True
                )
            )
        with pytest.raises(BadInput, match="as much as"):
            await bob.offers.bring(bob.principal, template(GET, version="2.0.0"), "own.yml")


async def test_an_upgrade_hides_neither_whose_connection_it_takes_nor_what_it_writes(ada):
    older = "policy: {credentials: organisation allowed, spaces: [ENG]}\n" + GET
    newer = "policy: {credentials: organisation allowed}\n" + GET.replace('"1"', '"2"')
    task = await ada.installs(template(older))
    harmless = template(f"{newer}\n  - list_spaces: {{}}", version="1.1.0")
    await ada.offers.bring(ada.principal, harmless, "own.yml")
    value = f'{{"k":"{task.id}","v":"1.1.0"}}'
    await ada.types("/confluence tasks")
    await press(ada.stage, "U0ADA", "task_upgrade", value, container=await view_of(ada))
    told = await ada.sees()
    assert "or, where an admin installs it so, the organisation's" in told
    assert "What its steps write" in told


async def view_of(author):
    return {"type": "view", "view_id": (await author.person.modal())["id"]}


def stage_catalogue(author):
    return author.offers._books.catalogue  # noqa: SLF001 - what ships, as it is installed


INJECTED = {
    "name": "name: {0}",
    "owner": "owner: {0}",
    "description": "description: {0}",
    "note": "change_note: {0}",
    "label": "entities: [{{name: a, type: text, prompt: x, label: {0}}}]",
    "prompt": "entities: [{{name: a, type: text, prompt: {0}, help: {0}}}]",
    "choice": "entities: [{{name: a, type: choice, prompt: x, "
    "choices: [{{value: a, label: {0}}}]}}]",
}


@pytest.mark.parametrize("field", INJECTED.values(), ids=INJECTED.keys())
async def test_nothing_that_an_author_writes_becomes_markup(stage, ada, bob, field):
    await only_admins_install(stage)
    for number, hostile in enumerate(ALL):
        line = field.format(json.dumps(f"x {hostile}"[:45]))
        name, _, _ = line.partition(":")
        kept = [each for each in template(GET).splitlines() if not each.startswith(f"{name}:")]
        source = "\n".join([*kept, line]).replace("1.0.0", f"1.0.{number}")
        told = await bob.pastes(source)
        if "is here" not in told:
            assert "Nothing was kept" in told
            continue
        for action in ("details", "look", "install", "export"):
            await press(
                stage, "U0BOB", f"template_{action}", f'{{"t":"try-out","v":"1.0.{number}"}}'
            )
            assert markup_in((await bob.person.screen())["modal"]) == []
        await bob.clears()
