import asyncio
import base64
import csv
import io
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs
from typer.testing import CliRunner

from bot import chain as chaining
from bot.__main__ import cli
from bot.audit import Auditor
from bot.auditing import read_log, verify, words_of
from bot.chain import Chainer, Known, Verdict, Verifier
from bot.connection import Connection, Grant, organisation
from bot.content import CloudId, PageId, SpaceKey
from bot.errors import BotError, NotAllowed, ScopeMissing, TitleTaken, Unavailable, Unclear
from bot.export import COLUMNS, export_csv, export_jsonl
from bot.logs import redact
from bot.principal import Tenant
from bot.settings import Settings, variable
from bot.trail import (
    OPERATOR,
    Action,
    AuditRow,
    ChainKey,
    Entry,
    Link,
    Outcome,
    Part,
    Person,
    PersonId,
    Role,
    RowId,
    SealedRow,
    Used,
    outcome_of,
)
from store.database import open_database
from store.keyring import KeyRing
from store.memory import MemoryLeases
from store.memory.audit import MemoryAudit
from store.preparation import prepare
from store.stores import mongo_stores
from tests.bot.test_settings import GOOD
from tests.bot.test_settings import KEY as SETTINGS_KEY
from tests.embedded import running_database
from tests.fakes import ACME, ADA, BOB, ENG, LOVELACE, NOON, FakeClock

KEY = ChainKey(SecretStr(base64.b64encode(b"k" * 32).decode()))
ENTRY = Entry.by(ADA, Action.PUBLISH, "Ada").on(ACME, ENG, PageId("9")).of("page", "Plan")


class Office:
    """Where rows are written and chained, by as many replicas as one likes."""

    def __init__(self):
        self.clock = FakeClock()
        self.store = MemoryAudit()
        self.leases = MemoryLeases(self.clock)
        self.works, self.lost, self.has_room = [], [], True
        self.auditor = Auditor(self.store, KEY, self.clock, self.start, self.lost.append)
        self.verifier = Verifier(self.store, KEY)

    def start(self, work):
        if not self.has_room:
            work.close()
            return False
        self.works.append(work)
        return True

    async def finish(self):
        while self.works:
            await self.works.pop(0)

    def chainer(self):
        return Chainer(self.store, KEY, self.leases, self.clock)

    async def chain_and_die(self):
        """Do as a chainer does that dies before it has numbered what it has linked."""
        last = await self.store.find_last(ADA.tenant)
        if last is not None:
            await self.store.number(last)
        rows = await self.store.list_waiting(ADA.tenant, 2)
        if rows:
            await self.store.add(KEY.extend(ADA.tenant, last, rows))

    async def rows(self, tenant=ADA.tenant):
        return [row async for row in self.auditor.list_newest(tenant)]

    async def problems(self):
        return (await self.verifier.verify(ADA.tenant)).problems


class Away(MemoryAudit):
    """An audit whose database is away."""

    async def insert(self, row):
        raise Unavailable("the database")


@pytest.fixture
def office():
    return Office()


def connection(principal=ADA, owner=""):
    grant = Grant(SecretStr("access-secret"), None, NOON, frozenset())
    return Connection(principal, "system", LOVELACE, (ACME,), grant, NOON, owner=owner)


def test_an_entry_is_put_together_from_what_is_at_hand():
    entry = ENTRY.under(connection()).to("U0BOB", "Bob").ended()
    assert entry == Entry(
        ADA.tenant,
        "publish",
        Person("U0ADA", "Ada"),
        outcome="done",
        credential="own",
        profile="system",
        account=LOVELACE,
        subject=Person("U0BOB", "Bob"),
        kind="page",
        title="Plan",
        site=ACME.cloud_id,
        site_name="Acme",
        space=SpaceKey("ENG"),
        page=PageId("9"),
    )


def test_the_organisations_account_is_its_owners():
    theirs = connection(organisation(ADA.tenant), owner="U0BOB")
    entry = ENTRY.under(theirs)
    assert (entry.credential, entry.account_of) == (Used.ORGANISATION, "U0BOB")
    assert ENTRY.under(replace(theirs, owner="")).account_of == "organisation"


def test_the_account_of_whoever_it_was_done_to_is_theirs():
    entry = Entry.by(BOB, Action.REVOKE).under(connection(ADA)).to("U0ADA")
    assert entry.account_of == "U0ADA"
    assert Entry(ADA.tenant, Action.GRANT_ENDED).under(connection(ADA)).account_of == "U0ADA"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (TitleTaken("taken"), Outcome.REFUSED),
        (ScopeMissing("system", frozenset()), Outcome.REFUSED),
        (Unavailable("Confluence"), Outcome.FAILED),
        (Unclear("Confluence"), Outcome.UNCLEAR),
        (BotError(), Outcome.FAILED),
    ],
)
def test_an_error_says_what_became_of_it(error, outcome):
    assert outcome_of(error) is outcome
    assert ENTRY.ended(error).code == error.code


async def test_recording_waits_for_nothing(office):
    office.auditor.record(ENTRY)
    assert await office.rows() == []
    await office.finish()
    [row] = await office.rows()
    assert row.entry == ENTRY
    assert row.at == NOON


async def test_a_row_has_the_correlation_of_what_is_under_way(office):
    with structlog.contextvars.bound_contextvars(correlation="abc"):
        office.auditor.record(ENTRY)
        office.auditor.record(replace(ENTRY, correlation="its own"))
    await office.finish()
    assert {row.entry.correlation for row in await office.rows()} == {"abc", "its own"}


async def test_a_time_is_as_exact_as_it_is_kept(office):
    office.clock.now = NOON.replace(microsecond=123_987)
    await office.auditor.write(ENTRY)
    [row] = await office.rows()
    assert row.at == NOON.replace(microsecond=123_000)


async def test_what_can_not_be_recorded_is_logged_and_counted_and_fails_nothing(office):
    away = Auditor(Away(), KEY, office.clock, office.start, office.lost.append)
    with capture_logs() as logs:
        away.record(ENTRY.under(connection()))
        await office.finish()
        await away.write(ENTRY)
        office.has_room = False
        office.auditor.record(ENTRY)
    assert office.lost == ["unavailable", "unavailable", "no_room"]
    assert [line["event"] for line in logs] == ["audit lost"] * 3
    assert logs[0]["code"] == "audit_lost"
    assert (logs[0]["action"], logs[0]["page"], logs[0]["credential"]) == ("publish", "9", "own")
    for name in ("Ada", "U0ADA", "Plan", "Lovelace", "secret"):
        assert name not in str(logs)


async def test_what_must_be_recorded_before_is_not_done_otherwise(office):
    away = Auditor(Away(), KEY, office.clock, office.start)
    done = []
    with pytest.raises(Unavailable):
        async with away.around(ENTRY):
            done.append("written")
    assert not done
    assert not office.works


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [(None, "done"), (NotAllowed("no"), "refused"), (ValueError("a bug"), "unclear")],
)
async def test_what_was_begun_is_recorded_as_it_ended(office, raised, outcome):
    with suppress(BotError, ValueError):
        async with office.auditor.around(ENTRY):
            [begun] = await office.rows()
            office.clock.pass_by(seconds=1)
            if raised:
                raise raised
    await office.finish()
    ended, first = await office.rows()
    assert first == begun
    assert (begun.entry.outcome, ended.entry.outcome) == ("begun", outcome)
    assert begun.id == f"{ended.id}.begun"


async def test_a_decision_that_two_replicas_settle_is_recorded_once(office):
    decision = replace(ENTRY, key="d1")
    for _ in range(2):
        begun = await office.auditor.begin(decision)
        office.auditor.record(begun.ended(page=PageId("10")))
    await office.finish()
    assert {(row.id, row.entry.page) for row in await office.rows()} == {
        ("d1.begun", "9"),
        ("d1", "10"),
    }


async def test_the_operator_has_a_chain_of_their_own(office):
    await office.auditor.write(Entry(OPERATOR, Action.ROTATE_KEYS).of("key", "k2"))
    await office.chainer().chain_all()
    assert (await office.verifier.verify(OPERATOR)).number == 1
    assert (await office.rows(OPERATOR))[0].entry.title == "k2"


async def test_the_newest_link_is_logged_with_its_date(office):
    chainer = office.chainer()
    await office.auditor.write(ENTRY)
    await chainer.chain_all()  # the first round logs all that stands, too
    await office.auditor.write(ENTRY)
    with capture_logs() as logs:
        await chainer.chain_all()
        await chainer.chain_all()
    verdict = await office.verifier.verify(ADA.tenant)
    assert [redact(None, "", line) for line in logs] == [
        {
            "event": "audit chained",
            "tenant": "T0ACME",
            "number": 2,
            "link": verdict.link,
            "at": "2030-01-01T12:00:00+00:00",
            "log_level": "info",
        }
    ]


async def test_a_link_that_stands_is_logged_again_every_day_and_at_the_start(office):
    await office.auditor.write(ENTRY)
    await office.chainer().chain_all()
    office.clock.pass_by(minutes=1)
    chainer = office.chainer()
    counts = []
    for hours in (0, 1, 22, 1):
        office.clock.pass_by(hours=hours)
        with capture_logs() as logs:
            await chainer.chain_all()
        counts.append(len(logs))
    assert counts == [1, 0, 0, 1]


class Holding(MemoryLeases):
    """Leases whose holder dies, silently, after so many times."""

    dies_after = None

    async def hold(self, name, holder, lasts):
        if self.dies_after == holder:
            raise asyncio.CancelledError
        return await super().hold(name, holder, lasts)

    async def release(self, name, holder):
        if self.dies_after != holder:
            await super().release(name, holder)


async def test_when_one_replica_is_killed_the_other_goes_on_and_each_row_is_chained_once(office):
    office.leases = Holding(office.clock)
    first, second = office.chainer(), office.chainer()
    await office.auditor.write(ENTRY)
    await first.chain_all()
    office.leases.dies_after = first._shift._holder  # noqa: SLF001
    for _ in range(3):
        await office.auditor.write(ENTRY)
    with pytest.raises(asyncio.CancelledError):
        await first.chain_all()
    await second.chain_all()
    assert await office.store.count_waiting(ADA.tenant) == 3
    office.clock.pass_by(seconds=chaining.LASTS.total_seconds() + 1)
    await second.chain_all()
    assert sorted(row.number for row in await office.rows()) == [1, 2, 3, 4]
    assert await office.problems() == []


class Overtaken(MemoryAudit):
    """A store in which somebody else is at work between a look and what comes of it."""

    meanwhile = None

    async def list_waiting(self, tenant, most):
        rows = await super().list_waiting(tenant, most)
        work, self.meanwhile = self.meanwhile, None
        if work is not None:
            await work(tenant)
        return rows


async def test_a_replica_that_was_overtaken_numbers_nothing_twice(office):
    office.store = Overtaken()
    office.auditor = Auditor(office.store, KEY, office.clock, office.start)
    late = office.chainer()
    for _ in range(2):
        await office.auditor.write(ENTRY)

    async def overtake(tenant):
        office.clock.pass_by(seconds=-1)  # another replica's
        await office.auditor.write(ENTRY)
        await office.chain_and_die()

    office.store.meanwhile = overtake
    await late.chain(ADA.tenant)
    await office.auditor.write(ENTRY)
    await late.chain(ADA.tenant)
    verdict = await Verifier(office.store, KEY).verify(ADA.tenant)
    assert (verdict.number, verdict.problems) == (4, [])
    assert sorted(row.number for row in await office.rows()) == [1, 2, 3, 4]


class Fragile(MemoryAudit):
    """A store that fails at every second call of the job."""

    def __init__(self):
        super().__init__()
        self.calls = 0
        self.looked = asyncio.Event()

    async def find_waiting(self, after=None):
        self.calls += 1
        if self.calls == 1:
            raise Unavailable("the database")
        if self.calls == 2:
            raise ValueError("a bug of ours")
        self.looked.set()
        return await super().find_waiting(after)


async def test_the_job_outlives_what_goes_wrong_and_gives_its_lease_back(office, monkeypatch):
    monkeypatch.setattr(chaining, "EVERY", timedelta(0))
    store = Fragile()
    chainer = Chainer(store, KEY, office.leases, office.clock)
    job = asyncio.ensure_future(chainer.run())
    async with asyncio.timeout(5):
        await store.looked.wait()
    assert not await office.leases.hold(chaining.LEASE, "somebody else", chaining.LASTS)
    job.cancel()
    with suppress(asyncio.CancelledError):
        await job
    assert await office.leases.hold(chaining.LEASE, "somebody else", chaining.LASTS)


async def test_a_tenant_that_can_not_be_chained_holds_up_no_other(office, monkeypatch):
    other = Tenant("T9OTHER")
    await office.auditor.write(ENTRY)
    await office.auditor.write(replace(ENTRY, tenant=other))
    find_last = office.store.find_last

    async def fails_for_one(tenant):
        if tenant == ADA.tenant:
            raise Unavailable("the database")
        return await find_last(tenant)

    monkeypatch.setattr(office.store, "find_last", fails_for_one)
    with suppress(Unavailable):
        await office.chainer().chain_all()
    assert await office.store.count_waiting(other) == 0


STEPS = st.lists(st.sampled_from(["ada", "bob", "first", "second", "dies", "forget"]), max_size=40)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_whatever_comes_in_between_the_chain_is_whole(steps):
    async def play():
        office = Office()
        chainers = {"first": office.chainer(), "second": office.chainer()}
        count = 0
        for step in steps:
            if step in chainers:
                await chainers[step].chain(ADA.tenant)
            elif step == "dies":
                await office.chain_and_die()
            elif step == "forget":
                await office.auditor.forget(ADA)
            else:
                who = ADA if step == "ada" else BOB
                await office.auditor.write(Entry.by(who, Action.CONNECT).to("U0ADA"))
                office.clock.pass_by(seconds=-1 if count % 3 else 5)  # clocks disagree
                count += 1
        verdict = await office.verifier.verify(ADA.tenant)
        assert verdict.problems == []
        assert verdict.number + verdict.waiting == count
        await chainers["first"].chain(ADA.tenant)
        numbers = sorted(row.number for row in await office.rows())
        assert numbers == list(range(1, count + 1))

    with capture_logs():
        asyncio.run(play())


FIELDS = ["action", "outcome", "credential", "code", "profile", "kind", "site", "space", "page",
          "correlation", "id", "tenant", "proof"]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 9), st.sampled_from(FIELDS), st.text(max_size=8))
def test_whatever_is_put_in_a_rows_field_shows(number, field, value):
    async def play():
        office = Office()
        for _ in range(9):
            await office.auditor.write(ENTRY)
        await office.chainer().chain(ADA.tenant)
        [row] = await office.store.list_numbered(ADA.tenant, number, number, 1)
        kept = office.store._rows  # noqa: SLF001
        kept.pop((row.tenant, row.id))
        changed = replace(row, **{field: value})
        kept[changed.tenant, changed.id] = changed
        assert bool(await office.problems()) == (changed != row)

    with capture_logs():
        asyncio.run(play())


def test_what_an_earlier_version_chained_is_still_whole():
    row = SealedRow(
        tenant=Tenant("T1"), id=RowId("r1"), at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        action="publish", outcome="done", credential="own", code="", profile="system",
        kind="page", site=CloudId("c1"), space=SpaceKey("ENG"), page=PageId("9"), correlation="abc",
        parts=(Part("actor", PersonId("p1"), b"\x01\x02"),),
    )  # fmt: skip
    proof = KEY.prove(row)
    [link] = KEY.extend(Tenant("T1"), None, [row]).links
    assert (proof[:16], link[:16]) == ("27484d6a85f9846e", "a56397372cd25880")


@pytest.mark.parametrize("text", ["", "s3cret", base64.b64encode(b"s3cret").decode(), "é"])
def test_a_key_that_is_none_is_refused_and_not_repeated(text):
    with pytest.raises(ValueError, match="the audit's key isn't") as refused:
        ChainKey(SecretStr(text))
    assert not text or text not in str(refused.value)


def shown(**changes):
    return AuditRow(replace(ENTRY, **changes), RowId("r1"), NOON, 7)


async def exported(export, *rows):
    async def source():
        for row in rows:
            yield row

    return b"".join([part async for part in export(source())])


async def test_csv_has_a_head_and_a_line_a_row():
    text = (await exported(export_csv, shown(), shown(code="x"))).decode("utf-8-sig")
    head, first, second = csv.reader(io.StringIO(text, newline=""))
    assert tuple(head) == COLUMNS
    row = dict(zip(head, first, strict=True))
    assert (row["number"], row["at"]) == ("7", "2030-01-01T12:00:00.000+00:00")
    assert (row["actor"], row["actor_name"], row["title"]) == ("U0ADA", "Ada", "Plan")
    assert second[head.index("code")] == "x"
    assert text.count("\r\n") == 3


async def test_json_lines_leave_out_what_a_row_lacks():
    [line] = (await exported(export_jsonl, shown())).splitlines()
    row = json.loads(line)
    assert (row["number"], row["actor_name"], row["space"]) == (7, "Ada", "ENG")
    assert "subject" not in row


async def test_whoever_is_forgotten_is_exported_so():
    row = replace(shown(actor=None, title=""), forgotten=frozenset({Role.ACTOR}))
    exported_row = json.loads(await exported(export_jsonl, row))
    assert exported_row["actor"] == exported_row["title"] == "(forgotten)"
    broken = replace(row, forgotten=frozenset(), broken=frozenset({Role.ACTOR}))
    assert json.loads(await exported(export_jsonl, broken))["actor"] == "(unreadable)"


async def test_a_long_export_comes_in_parts():
    async def source():
        for _ in range(450):
            yield shown()

    parts = [part async for part in export_csv(source())]
    assert len(parts) == 4
    assert b"".join(parts).count(b"\r\n") == 451


HOSTILE = st.text() | st.text("=+-@\t\r\n ,;\"'|＝a1")


@given(HOSTILE)
def test_no_cell_is_a_formula_whatever_splits_the_line(title):
    text = asyncio.run(exported(export_csv, shown(title=title))).decode("utf-8-sig")
    body = text.partition("\r\n")[2]
    for delimiter in ",;\t":
        for line in csv.reader(io.StringIO(body, newline=""), delimiter=delimiter):
            for cell in line:
                assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝")), cell


@given(HOSTILE)
def test_a_cell_keeps_its_text_but_for_what_guards_it(title):
    text = asyncio.run(exported(export_csv, shown(title=title))).decode("utf-8-sig")
    _, row = csv.reader(io.StringIO(text, newline=""))
    kept = title.encode("utf-8", "replace").decode()
    assert row[COLUMNS.index("title")].replace("'", "") == kept.replace("'", "")


@given(HOSTILE)
def test_a_json_line_is_one_line_and_keeps_its_text(title):
    lines = asyncio.run(exported(export_jsonl, shown(title=title))).decode("ascii").splitlines()
    assert [json.loads(line).get("title", "") for line in lines] == [title]


LINK = Link("ab" * 32)


def test_a_verdict_is_said_in_lines():
    verdict = Verdict(Tenant("T1"), 12, LINK, NOON, 3)
    assert [*words_of(verdict)] == [
        f"T1: whole up to number 12 (2030-01-01 12:00 UTC, 12:{LINK}); 3 more not chained yet."
    ]
    verdict.blame("Row 4 is missing.")
    problem, whole = words_of(verdict)
    assert problem == "T1: Row 4 is missing."
    assert whole.startswith("T1: not whole up to")
    assert [*words_of(Verdict(Tenant("T2")))] == ["T2: nothing is chained."]


def test_links_are_read_from_a_log_and_all_else_is_passed_over():
    chained = {"event": "audit chained", "tenant": "T1", "link": LINK}
    lines = [
        "not json",
        json.dumps({**chained, "number": 2}),
        "bot-1 | " + json.dumps({**chained, "number": 5}),
        json.dumps({**chained, "number": 2, "link": "cd" * 32}),
        json.dumps({**chained, "number": 0}),
        json.dumps({"event": "audit chained", "number": 3}),
        json.dumps({"event": "other", "about": "audit chained"}),
        "audit chained {",
    ]
    assert read_log(lines) == {"T1": (Known(2, LINK), Known(5, LINK))}


async def test_a_tenant_of_which_the_log_alone_knows_is_cut_off(office):
    said = []
    logged = {Tenant("T1"): (Known(5, LINK),)}
    assert not await verify(office.verifier, [], said.append, logged=logged)
    assert said[0] == f"T1: Cut off after number 0: the log has number 5, {LINK}."
    assert await verify(office.verifier, [], said.append)


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)
    return lambda *words, env=None: CliRunner().invoke(cli, ["audit", *words], env=env or {})


def test_a_new_key_fits(command):
    one, other = command("key").output.strip(), command("key").output.strip()
    assert one != other
    assert ChainKey(SecretStr(one))


def test_for_development_a_key_is_made_and_kept(command, tmp_path):
    file = tmp_path / "home" / "audit.key"
    without = {name: value for name, value in GOOD.items() if name != "CONFAB_AUDIT_KEY"}
    kept = set()
    for _ in range(2):
        result = CliRunner().invoke(cli, ["dev", "--home", "home"], env=without)
        assert "CONFAB_SLACK_APP_TOKEN" in result.output
        assert "CONFAB_AUDIT_KEY" not in result.output
        kept.add(file.read_text())
    assert len(kept) == 1
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()
    CliRunner().invoke(cli, ["dev", "--home", "home"], env=GOOD)
    assert not file.exists()


@pytest.mark.parametrize("since", ["12", f"0:{LINK}", "x"])
def test_a_link_that_is_none_is_refused_in_a_sentence(command, since):
    result = command("verify", "--tenant", "T1", "--since", since, env=GOOD)
    assert (result.exit_code, result.output[:16]) == (1, "--since must be ")


def test_a_link_belongs_to_one_workspace(command):
    result = command("verify", "--since", f"1:{LINK}", env=GOOD)
    assert (result.exit_code, "add --tenant" in result.output) == (1, True)


async def with_stores(uri, work):
    database = open_database(f"{uri}confab")
    await prepare(database)
    ring = KeyRing.parse(SecretStr(GOOD["CONFAB_KEYS"]))
    result = await work(mongo_stores(database, ring, lambda: NOON), database)
    database.close()
    return result


async def fill(stores, _):
    key = ChainKey(SecretStr(SETTINGS_KEY))
    auditor = Auditor(stores.audit, key, lambda: NOON, start=bool)
    await auditor.write(ENTRY)
    await auditor.write(replace(ENTRY, action=Action.UNDO))
    with capture_logs() as logs:
        await Chainer(stores.chain, key, stores.leases, lambda: NOON).chain_all()
    return logs


async def cut_off(_, database):
    await database.raw.audit_links.delete_many({})
    await database.raw.audit_rows.delete_many({})


def test_the_command_line_verifies_and_exports_and_sees_a_tail_that_is_cut_off(command, tmp_path):
    with running_database(tmp_path / "database") as uri:
        env = {**GOOD, "CONFAB_MONGODB_URI": f"{uri}confab"}
        logs = asyncio.run(with_stores(uri, fill))
        (tmp_path / "log").write_text("\n".join(map(json.dumps, logs)))
        whole = command("verify", "--log", "log", env=env)
        table = command("export", "--tenant", "T0ACME", "--action", "undo", env=env)
        lines = command("export", "--tenant", "T0ACME", "--format", "jsonl", env=env)
        taken = command("export", "--tenant", "operator", "--format", "jsonl", env=env)
        asyncio.run(with_stores(uri, cut_off))
        unseen = command("verify", env=env)
        cut = command("verify", "--log", "log", env=env)
    assert (whole.exit_code, whole.output[:34]) == (0, "T0ACME: whole up to number 2 (2030")
    assert table.output.count("Plan") == 1
    assert len(lines.output.splitlines()) == 2
    copies = [json.loads(line) for line in taken.output.splitlines()]
    assert {each["action"] for each in copies} == {"export_audit"}
    assert [each["title"] for each in copies].count("T0ACME") == 2
    assert unseen.exit_code == 0
    assert (cut.exit_code, cut.output[:34]) == (1, "T0ACME: Cut off after number 0: th")
