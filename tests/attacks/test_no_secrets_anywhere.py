"""A scanner over all that is kept, told and logged, after everybody authorized in every way.

The whole bot runs over the embedded database. Whatever secret there was by then (typed, minted
by a server, sent through a browser, or ours) is looked for in each log line, metric, message,
modal, home tab, row of the audit and its exports, and every raw document, as text and as bytes.
"""

import base64
import io
import json
import re
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import structlog
from pydantic import SecretStr
from pymongo import MongoClient

from bot import logs as our_logs
from bot.app import utc_now
from bot.connect import Wanted
from bot.connection import Need
from bot.dialog import Phase
from bot.export import export_csv, export_jsonl
from bot.metrics import Metrics
from bot.pending import Purpose
from bot.trail import Wanted as Rows
from bot.written import Written
from store.database import open_database
from store.keyring import KeyRing
from store.preparation import prepare
from store.stores import mongo_stores
from tests.attacks.installing import Author, template
from tests.attacks.scene import fill, press, rich, seen_by
from tests.attacks.ways import connector, lent, set_up
from tests.embedded import running_database
from tests.stage import link_in, staged
from tests.ways import ACME, ADA, PEOPLE, SERVICE

KEY, AUDIT_KEY = bytes(range(32)), bytes(range(32, 64))
RING = f"k1={base64.b64encode(KEY).decode()}"
TEXT = "Kingfisher is what the merger is called"
PASSED = ("code", "state", "nonce", "code_verifier", "id_token", "access_token")


@pytest.fixture
def written():
    stream = io.StringIO()
    before = structlog.get_config()
    our_logs.configure("json", stream)
    structlog.configure(cache_logger_on_first_use=False)
    yield stream
    structlog.configure(**before)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_database(tmp_path_factory.mktemp("scanned")) as uri:
        yield uri


class Hoard:
    """Every secret that there was."""

    def __init__(self):
        self.found = set()

    def add(self, *secrets):
        self.found.update(each for each in secrets if each and len(each) > 7)

    def walked(self, walked):
        """Take what went through the browser's addresses and cookies."""
        for page in walked["pages"]:
            urls = [page["url"], page["headers"].get("Location", "")]
            for url in urls:
                query = dict(parse_qsl(urlsplit(url).query))
                self.add(*(query.get(name, "") for name in PASSED))
                self.add(*re.findall(r"T0ACME\.[\w-]{43}", url))
        for cookies in walked["cookies"].values():
            self.add(*cookies.values())

    def world(self, stage):
        """Take what the servers minted, and what is ours."""
        settings, state = stage.settings, stage.slack.workspace.state
        for each in type(settings).model_fields:
            value = getattr(settings, each)
            if hasattr(value, "get_secret_value"):
                self.add(value.get_secret_value())
        held = stage.atlassian.grants
        self.add(*held.access, *held.refresh, *held.codes)
        held = stage.issuer.issuer.tokens
        self.add(*held.access, *held.refresh, *held.codes)
        self.add(*strings(vars(stage.datacenter.grants)))
        self.add(*state.hooks, *state.user_tokens, *state.tokens)


def strings(node):
    """Return the long random keys that a world holds."""
    if isinstance(node, dict):
        own = [key for key in node if isinstance(key, str) and re.fullmatch(r"[\w.~-]{20,}", key)]
        return own + [each for value in node.values() for each in strings(value)]
    return []


def dressed(secret):
    """Return the ways in which *secret* might stand somewhere."""
    plain = secret.encode()
    return {
        plain,
        quote(secret, safe="").encode(),
        base64.b64encode(plain).rstrip(b"=")[:-1],
        base64.urlsafe_b64encode(plain).rstrip(b"=")[:-1],
        json.dumps(secret)[1:-1].encode(),
    }


async def authorize_in_every_way(stage, hoard):
    """Connect, search, write, lose and leave, by each way in turn."""
    for number, way in enumerate(PEOPLE):
        await tidy(stage)
        profile, typed = await set_up(stage, way)
        hoard.add(typed.get("secret"), profile.client_secret.get_secret_value())
        ada = stage.person("U0ADA")
        await ada.types("/confluence create")
        await stage.quiet()
        hoard.walked(await stage.walk(await ada.waits_for(link_in), typed=typed))
        await stage.quiet()
        await ada.closes(everything=True)
        await ada.types("/confluence search release")
        await stage.quiet()
        await fill(stage, ada, f"By {way.name} {number}", rich(TEXT))
        await ada.submits()
        await stage.quiet()
        await ada.closes(everything=True)
        hoard.world(stage)
        await way.expire(stage)
        for word in ("search release", "status", "disconnect"):
            await ada.types(f"/confluence {word}")
            await stage.quiet()


async def tidy(stage):
    """Make room for the next profile of the same id."""
    await stage.stores.connections.remove(ADA, "p0test")
    await stage.stores.profiles.remove(ACME, "p0test")


async def type_wrongly(stage, hoard, way):
    """Have a secret refused, and a client's secret typed."""
    await tidy(stage)
    profile, typed = await set_up(stage, way, people_profile="system")
    for purpose, given in (
        (Purpose.TRIAL, typed | {"secret": "a-wrong-secret-that-was-typed"}),
        (Purpose.SECRET, {"secret": "a-new-secret-that-was-typed"}),
    ):
        hoard.add(given["secret"])
        wanted = Wanted(Need.READ, purpose, profile.id)
        invited = await connector(stage).start(ADA, "Ada", "Acme", wanted)
        hoard.walked(await stage.walk(invited.link, typed=given))
        await stage.quiet()


async def lend(stage, hoard):
    """Authorize for everybody, and have somebody else search and write."""
    await tidy(stage)
    await lent(stage, SERVICE)
    hoard.add("sandbox-service-secret")
    bob = stage.person("U0BOB")
    await bob.types("/confluence search release")
    await stage.quiet()
    await fill(stage, bob, "Lent", rich(TEXT))
    await bob.submits()
    await stage.quiet()
    await bob.closes(everything=True)


async def administer(stage):
    """Look at every page that admins have."""
    ada = stage.person("U0ADA")
    await ada.opens_home()
    await stage.quiet()
    await ada.types("/confluence admin")
    await stage.quiet()
    pages = ("authorization", "profiles", "policy", "people", "connections", "audit", "keys")
    for page in pages:
        await ada.presses(f"admin_{page}")
        await stage.quiet()
        await ada.presses("admin_root")
        await stage.quiet()
    await ada.closes(everything=True)


def dumped(uri, name):
    """Return every raw document of every collection, as the server keeps it."""
    with MongoClient(uri) as client:
        database = client[name]
        return {
            each: b"\n".join(flat(document) for document in database[each].find())
            for each in database.list_collection_names()
        }


def flat(node):
    if isinstance(node, dict):
        return b" ".join(flat(key) + b"=" + flat(value) for key, value in node.items())
    if isinstance(node, list):
        return b" ".join(flat(each) for each in node)
    return bytes(node) if isinstance(node, bytes) else str(node).encode("utf-8", "replace")


@asynccontextmanager
async def over(server, name, metrics):
    """The whole bot, with its stores in the embedded database."""
    database = open_database(server, name)
    await prepare(database)
    stores = mongo_stores(database, KeyRing.parse(SecretStr(RING)), utc_now)
    audit_key = base64.b64encode(AUDIT_KEY).decode()
    try:
        async with staged(stores=stores, metrics=metrics, keys=RING, audit_key=audit_key) as stage:
            yield stage
    finally:
        database.close()


async def shown_by(stage):
    """Return what people and admins have seen, by place."""
    log = await stage.get("slack/log")
    told = [each["args"] for each in log["calls"]] + [each["body"] for each in log["hooks"]]
    places = {
        "ada's screen": (await seen_by(stage.person("U0ADA"))).encode(),
        "bob's screen": (await seen_by(stage.person("U0BOB"))).encode(),
        "told to Slack": json.dumps(told, ensure_ascii=False).encode(),
    }
    rows = [row async for row in stage.stores.audit.list_newest(ACME, Rows())]
    assert len(rows) > 10
    for export in (export_csv, export_jsonl):
        places[export.__name__] = b"".join([part async for part in export(listed(rows))])
    return places | {"audit": repr(rows).encode()}


def leaks_in(places, hoard):
    """Return where a secret stands that mustn't."""
    found = []
    for place, text in places.items():
        is_slack = place.endswith(("screen", "Slack"))
        for secret in hoard.found:
            # A link of one's own, and the ids of one's drafts, are what Slack is told.
            if not (is_slack and re.fullmatch(r"T0ACME\.[\w-]{43}", secret)):
                found += [(place, secret) for dress in dressed(secret) if dress in text]
    return found


async def test_no_secret_is_anywhere(server, written):
    name, metrics, hoard = "confab-scanned", Metrics(), Hoard()
    async with over(server, name, metrics) as stage:
        await authorize_in_every_way(stage, hoard)
        await type_wrongly(stage, hoard, PEOPLE[4])
        await lend(stage, hoard)
        await administer(stage)
        hoard.world(stage)
        places = await shown_by(stage)
    documents = dumped(server, name)
    places |= {"metrics": metrics.exposition(), "log": written.getvalue().encode()}
    assert len(hoard.found) > 100
    assert {"connections", "profiles", "audit_rows"} <= {*documents}
    assert leaks_in(places | documents, hoard) == []
    for place, text in documents.items():
        assert not [key for key in (KEY, AUDIT_KEY) if key in text], place
    # Nor is what people wrote, outside of what they themselves see.
    for place in (*documents, "log", "audit", "metrics", "export_csv", "export_jsonl"):
        assert TEXT.encode() not in (places | documents)[place], place


TOLD = """
utterances: [tell the numbat]
entities:
  - {name: title, type: text, prompt: What does the bilby want?, help: The quoll knows.}
  - {name: remark, type: long text, prompt: Anything else?}
  - {name: given, type: text, prompt: Given?}
steps:
  - id: got
    http:
      path: /wiki/api/v2/spaces
      headers: {X-Token: "{{ connections.confluence.access_token }}"}
  - id: made
    create: {space: ENG, title: "{{ title }}", body: "{{ remark }} {{ given }} wombat"}
  - comment: {page: "{{ made }}", body: "{{ remark }}"}
preview: "The dunnart previews."
reply: {text: "The potoroo replies {{ remark }}"}
"""
SEALED = ("numbat", "bilby", "quoll", "wombat", "dunnart", "potoroo", "osprey", "heron", "egret")
"""Words of the template, its task, and what was answered."""


async def converse(stage, hoard):
    """Install a template, talk to it to its end, and leave another dialog, and a trial, open."""
    bob = Author(stage)
    given = Written('"An egret was given"')
    task = await bob.installs(template(TOLD), title="Quoll", defaults=(("given", given),))
    assert task.defaults
    await bob.consents("/confluence try-out title=Osprey remark=Heron")
    for answers in (["An osprey", "A heron"], ["Another osprey"]):
        begun = await bob.person.says("tell the numbat")
        await stage.quiet()
        for answer in answers:
            await bob.person.says(answer, begun["ts"])
            await stage.quiet()
    opened = await stage.stores.dialogs.list_open(bob.principal)
    [done, *_] = [each for each in opened if len(each.answers) == 3]
    await press(stage, "U0BOB", "dialog_confirm", json.dumps({"d": done.id, "p": done.plan.id}))
    ended = await stage.stores.dialogs.find(bob.principal, done.id)
    assert ended.phase is Phase.DONE, ended.failure
    await press(stage, "U0BOB", "template_try", '{"t":"try-out","v":"1.0.0"}')
    hoard.world(stage)


async def test_what_is_kept_of_templates_and_dialogs_tells_nothing(server, written):
    name, metrics, hoard = "confab-dialogs", Metrics(), Hoard()
    async with over(server, name, metrics) as stage:
        await converse(stage, hoard)
    documents = dumped(server, name)
    assert {"templates", "tasks", "dialogs"} <= {*documents}
    documents["log"] = written.getvalue().encode()
    documents["metrics"] = metrics.exposition()
    assert leaks_in(documents, hoard) == []
    for place, text in documents.items():
        assert [word for word in SEALED if word.encode() in text.lower()] == [], place


async def listed(rows):
    for row in rows:
        yield row
