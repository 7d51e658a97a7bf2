"""REST calls that templates make: to the site's own API, with a token that nobody gets to see."""

import base64
import json
from dataclasses import replace

import pytest

from bot.errors import TemplateRefused
from bot.export import export_jsonl
from bot.task import Audience, Reach
from bot.trail import Wanted
from tests.attacks.installing import ACME, HEAD, Author, template
from tests.attacks.scene import press, seen_by

TOKEN = "{{ connections.confluence.access_token }}"
API = ("/wiki", "/rest", "/jira", "/x", "/oauth/token", "/@")
ENDS = '\nreply: {text: "Said {{ got.status }}: {{ got.body }}"}'
SCOPES = frozenset({"read:space:confluence", "write:page:confluence", "delete:page:confluence"})


def calling(http, slug="calls", more="", ends=ENDS, **how):
    given = f"{more}\nsteps:\n  - id: got\n    http: {http}{ends}"
    return template(given, slug, scopes=SCOPES, **how)


@pytest.fixture
def ada(stage):
    return Author(stage, "U0ADA")


@pytest.fixture
async def bob(stage, ada):
    bob = Author(stage)
    await bob.installs(calling("{path: /wiki/api/v2/spaces}", "consents"))
    await bob.consents("/confluence consents")
    await stage.post("atlassian/log/clear", {})
    return bob


async def asked(stage):
    return [each for each in await stage.get("atlassian/log") if each["path"].startswith(API)]


PATHS = {
    "another host": "//evil.example/wiki/api/v2/spaces",
    "a whole address": "https://evil.example/x",
    "credentials": "/@evil.example/x",
    "up": "/wiki/api/v2/../../../x",
    "up, hidden": "/wiki/api/v2/%2e%2e/%2E%2e/x",
    "up, hidden twice": "/wiki/api/v2/%252e%252e/x",
    "a backslash": "/wiki/api/v2/..\\\\..\\\\x",
    "a backslash, hidden": "/wiki/api/v2/%5c%2e%2e",
    "a query": "/wiki/api/v2/spaces?limit=1",
    "a fragment": "/wiki/api/v2/spaces#x",
    "a parameter": "/wiki/api/v2/spaces;x=1",
    "another API": "/rest/api/latest/user",
    "another product": "/jira/rest/api/2/issue",
    "the token endpoint": "/oauth/token",
    "a line": "/wiki/api/v2/spaces\\r\\nX-Evil: 1",
    "a line, hidden": "/wiki/api/v2/spaces%0d%0aX-Evil:1",
    "a nothing": "/wiki/api/v2/spaces%00",
    "unicode": "/wiki/api/v2/spaces／..／x",
    "a full stop": "/wiki/api/v2/．．/x",
    "a slash, hidden": "/wiki/api/v2/a%2fb",
}


@pytest.mark.usefixtures("unhurt")
class TestAPath:
    @pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
    async def test_leads_nowhere_else(self, stage, bob, path):
        try:
            await bob.installs(calling(f'{{path: "{path}"}}'))
        except TemplateRefused:
            return
        told = await bob.types("/confluence calls")
        assert "Said" not in told
        assert "Call" in told or "path" in told or "stopped" in told
        assert await asked(stage) == []

    @pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
    async def test_is_led_nowhere_else_by_what_fills_it(self, stage, bob, path):
        entity = "entities: [{name: what, type: text, prompt: What?}]"
        await bob.installs(calling('{path: "/wiki/api/v2/pages/{{ what }}"}', more=entity))
        filling = json.loads(f'"{path}"').removeprefix("/")
        await bob.types("/confluence calls")
        await bob.submits(await fields_of(bob, filling))
        for each in await asked(stage):
            below = each["path"].partition("/wiki/api/v2/pages/")[2]
            assert below, each
            assert "/" not in below
            assert "evil" not in each["path"].partition("/wiki/")[0]


async def fields_of(bob, text):
    """Fill the one field of the modal on top."""
    modal = await bob.person.modal()
    [block] = [each["block_id"] for each in modal["blocks"] if each["type"] == "input"]
    return {block: {"dialog_field": " ".join(text.split())}}


HEADERS = {
    "Host": "evil.example",
    "X-HTTP-Method-Override": "DELETE",
    "Cookie": "x=1",
    "Transfer-Encoding": "chunked",
    "Content-Length": "0",
    "X-Forwarded-Host": "evil.example",
    "Connection": "close",
    "Authorization": "Bearer mine",
    "X-Line": "a\\r\\nX-Evil: 1",
    "X Space": "a",
    "X-Ünicode": "a",
    "Proxy-Authorization": "Basic x",
}


@pytest.mark.usefixtures("unhurt")
@pytest.mark.parametrize("header", HEADERS.items(), ids=HEADERS.keys())
async def test_a_header_makes_nothing_else_of_it(stage, bob, header):
    name, value = header
    source = calling(f'{{path: /wiki/api/v2/spaces, headers: {{"{name}": "{value}"}}}}')
    try:
        await bob.installs(source)
    except TemplateRefused:
        return
    assert "Said" not in await bob.types("/confluence calls")
    assert await asked(stage) == []


PLACES = {
    "a query": f'http: {{path: /wiki/api/v2/spaces, query: {{a: "{TOKEN}"}}}}',
    "a path": f'http: {{path: "/wiki/api/v2/{TOKEN}"}}',
    "a body": f'http: {{method: POST, does: x, path: /wiki/api/v2/pages, body: {{a: "{TOKEN}"}}}}',
    "a header's name": f'http: {{path: /wiki/api/v2/spaces, headers: {{"{TOKEN}": a}}}}',
    "a header with a filter": "http: {path: /wiki/api/v2/spaces, headers: "
    '{X: "{{ connections.confluence.access_token|upper }}"}}',
    "a header with a slice": "http: {path: /wiki/api/v2/spaces, headers: "
    '{X: "{{ connections.confluence.access_token[0] }}"}}',
    "a header with a condition": "http: {path: /wiki/api/v2/spaces, headers: "
    "{X: \"{{ 'a' if connections.confluence.access_token == 'x' else 'b' }}\"}}",
    "the whole connection": 'http: {path: /wiki/api/v2/spaces, headers: {X: "{{ connections }}"}}',
    "a let": f'let: {{x: "{TOKEN}"}}',
    "a condition": 'fail: x\n    when: "connections.confluence.access_token"',
    "a loop": "for_each: connections.confluence.access_token\n    steps: [{fail: x}]",
    "a label": f'label: {{page: "1", add: ["{TOKEN}"]}}',
    "a comment": f'comment: {{page: "1", body: "{TOKEN}"}}',
    "a title": f'create: {{space: ENG, title: "{TOKEN}", body: x}}',
    "a search": f'search: {{text: "{TOKEN}"}}',
    "a failure": f'fail: "{TOKEN}"',
}


@pytest.mark.usefixtures("unhurt")
@pytest.mark.parametrize("step", PLACES.values(), ids=PLACES.keys())
async def test_the_token_stands_nowhere_but_in_a_header(stage, bob, step):
    head = HEAD.format(id="calls", version="1.0.0", name="Calls")
    named = f"{head}scopes: [{', '.join(sorted(SCOPES))}]\nsteps:\n  - {step}\nreply: {{text: x}}\n"
    told = await bob.pastes(named)
    assert "Nothing was kept" in told
    assert any(each in told for each in ("oken", "connections", "no name of a header"))


def everywhere(secret):
    plain = secret.encode()
    return {
        secret,
        base64.b64encode(plain).decode().rstrip("=")[:-1],
        secret.upper(),
        secret[::-1],
        secret[10:40],
    }


async def test_a_token_that_is_sent_is_seen_by_nobody(stage, bob, logs):
    entity = "entities: [{name: what, type: text, prompt: What?}]"
    held = f'headers: {{X-Token: "{TOKEN}", Authorization: "Bearer {TOKEN}"}}'
    await bob.installs(
        calling(
            f'{{path: "/wiki/api/v2/{{{{ what }}}}", {held}}}',
            more=f'{entity}\nutterances: ["call {{what}}"]',
        )
    )
    tokens = list(stage.atlassian.grants.access)
    assert "Said 200" in await bob.types("/confluence calls what=spaces")
    await bob.clears()
    await bob.types("/confluence calls what=nothing")
    await bob.clears()
    await bob.person.says("call spaces")
    await stage.quiet()
    sent = [each for each in await asked(stage) if each["path"].endswith("/spaces")]
    assert len(sent) == 2
    rows = [row async for row in stage.stores.audit.list_newest(ACME, Wanted())]
    dialogs = stage.stores.dialogs._kept  # noqa: SLF001 - whatever there is
    log = await stage.get("slack/log")
    told = [
        json.dumps(log),
        await seen_by(bob.person),
        repr(rows),
        repr(dialogs),
        repr(logs.events),
    ]
    told += [b"".join([part async for part in export_jsonl(listed(rows))]).decode()]
    assert tokens
    for token in tokens:
        for shape in everywhere(token):
            assert [each[:40] for each in told if shape in each] == []


async def listed(rows):
    for row in rows:
        yield row


@pytest.mark.usefixtures("unhurt")
class TestWhatChanges:
    POST = (
        "{method: POST, path: /wiki/api/v2/pages, query: {private: 'true', serialize: all}, "
        "body: {spaceId: '1', title: Kingfisher, note: 'the very last word'}, does: Nothing at all}"
    )

    async def test_is_sent_by_nobody_without_an_admin(self, stage, ada, bob):
        await bob.offers.bring(bob.principal, calling(self.POST), "own.yml")
        value = '{"t":"calls","v":"1.0.0"}'
        for action in ("details", "install"):
            await bob.types("/confluence templates")
            await press(stage, "U0BOB", f"template_{action}", value)
        told = await bob.submits()
        assert "an admin of the workspace has to approve it first" in told
        assert await stage.stores.tasks.list_all(ACME) != []  # the one to consent by
        await press(stage, "U0BOB", "template_try", value)
        assert [each for each in await asked(stage) if each["method"] != "GET"] == []

    async def test_is_shown_to_its_last_word_before_it_is_sent(self, stage, ada, bob):
        await ada.installs(calling(self.POST), approves=True, audience=everybody())
        told = await bob.types("/confluence calls")
        assert "This will be written" in told
        for part in ("POST", "/wiki/api/v2/pages", "private=true", "serialize=all", "last word"):
            assert part in told
        assert told.index("last word") < told.index("Nothing at all")
        assert [each for each in await asked(stage) if each["method"] != "GET"] == []

    async def test_of_an_upgrade_is_approved_anew(self, stage, ada, bob):
        task = await ada.installs(calling(self.POST), approves=True, audience=everybody())
        newer = calling(self.POST.replace("Kingfisher", "Heron"), version="1.0.1")
        await ada.offers.bring(ada.principal, newer, "own.yml")
        forced = replace(task, version="1.0.1")
        assert await stage.stores.tasks.replace(task, forced)
        told = await bob.types("/confluence calls")
        assert "no admin of your workspace has approved this version" in told
        assert [each for each in await asked(stage) if each["method"] != "GET"] == []


def everybody():
    return Audience(Reach.WORKSPACE)
