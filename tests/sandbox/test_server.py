"""The composed sandbox: its bots, its guard, what it keeps."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from sandbox import processes
from sandbox.person import Person
from sandbox.processes import Child, DoesNotStart, free_port, wait_for_port
from sandbox.saved import InUse, Saved, Unreadable
from sandbox.server import SCOPES, Plan, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(tmp_path_factory):
    """A sandbox with two bots behind one address."""
    async with Sandbox(Plan(tmp_path_factory.mktemp("sandbox"), bots=2)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def session():
    async with aiohttp.ClientSession() as opened:
        yield opened


async def told(session, sandbox, **asked):
    async with session.post(f"{sandbox.url}/_sandbox/bot", json=asked) as answer:
        return answer.status, await answer.json()


async def health(session, sandbox):
    async with session.get(f"{sandbox.bot_url}/healthz", headers={"Connection": "close"}) as answer:
        return answer.status


async def test_two_bots_answer_at_one_address(session, sandbox):
    assert [await health(session, sandbox) for _ in range(4)] == [200] * 4
    assert len({bot.child.pid for bot in sandbox.bots.all}) == 2


async def test_one_bot_goes_on_when_the_other_is_killed(session, sandbox):
    status, state = await told(session, sandbox, do="kill", bot="bot-1")

    assert status == 200
    assert [bot["running"] for bot in state["bots"]] == [False, True]
    assert [await health(session, sandbox) for _ in range(4)] == [200] * 4

    _, state = await told(session, sandbox, do="start")
    assert [bot["running"] for bot in state["bots"]] == [True, True]


async def test_a_restart_gives_every_bot_a_new_process(session, sandbox):
    before = [bot.child.pid for bot in sandbox.bots.all]
    await told(session, sandbox, do="restart")

    assert not set(before) & {bot.child.pid for bot in sandbox.bots.all}


@pytest.mark.parametrize("asked", [{}, {"do": "explode"}, {"do": "stop", "bot": "bot-9"}])
async def test_what_makes_no_sense_is_refused(session, sandbox, asked):
    status, answer = await told(session, sandbox, **asked)

    assert (status, answer) == (400, {"error": "bad_request"})
    assert all(bot.is_running for bot in sandbox.bots.all)


@pytest.mark.parametrize(
    "path",
    [
        "/_sandbox/state",
        "/_sandbox/slack/people",
        "/_sandbox/atlassian/grants",
        "/_sandbox/datacenter/people",
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_a_foreign_page_can_not_drive_the_sandbox(session, sandbox, path, headers):
    async with session.get(sandbox.url + path, headers=headers) as answer:
        assert (answer.status, await answer.json()) == (403, {"error": "forbidden"})


async def test_the_screen_allows_nothing_but_its_own(session, sandbox):
    async with session.get(sandbox.url) as answer:
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


async def test_the_screen_is_another_site_than_the_bot(session, sandbox):
    elsewhere = sandbox.url.replace("127.0.0.1", "localhost")
    async with session.get(elsewhere, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, sandbox.url)


async def test_the_bots_get_their_settings_and_nothing_else(sandbox):
    names = environment_of(sandbox.bots.all[0].child.pid)

    others = {name for name in names if not name.startswith("CONFAB_")}
    assert others <= {"PATH", "LANG", "PYTHONPATH", "PYTHONUNBUFFERED"}


def environment_of(pid):
    told = Path(f"/proc/{pid}/environ")
    if not told.exists():
        pytest.skip("this system doesn't show a process's environment")
    return {line.partition("=")[0] for line in told.read_text().split("\0") if line}


async def test_the_state_is_saved_while_it_runs(sandbox):
    state = json.loads((sandbox.plan.home / "sandbox.json").read_text())

    assert {"identity", "slack", "atlassian", "datacenter", "skipped"} <= set(state)


async def test_a_second_sandbox_does_not_share_a_folder(sandbox):
    with pytest.raises(InUse):
        Sandbox(sandbox.plan)


async def test_what_is_saved_is_read_back(tmp_path):
    saved = Saved(tmp_path)
    saved.write({"skipped": 3.5, "text": "ärger\u2028"})
    saved.close()

    again = Saved(tmp_path)
    assert again.read() == {"skipped": 3.5, "text": "ärger\u2028"}
    again.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"form": 99}', '{"slack": {}}'])
async def test_a_damaged_state_is_not_taken_for_a_fresh_start(tmp_path, text):
    (tmp_path / "sandbox.json").write_text(text)

    with pytest.raises(Unreadable):
        Sandbox(Plan(tmp_path))
    Saved(tmp_path).close()


async def test_a_failed_write_leaves_the_last_state(tmp_path):
    saved = Saved(tmp_path)
    saved.write({"skipped": 1.0})
    with pytest.raises(TypeError):
        saved.write({"skipped": object()})

    assert saved.read() == {"skipped": 1.0}
    saved.close()


async def test_what_does_not_start_shows_its_last_words(tmp_path):
    child = await Child.start(
        [sys.executable, "-c", "raise SystemExit('no such thing')"], {}, tmp_path / "log"
    )

    with pytest.raises(DoesNotStart, match="no such thing"):
        await wait_for_port(child, free_port(), "It")
    await child.stop()


async def test_what_does_not_stop_is_killed(tmp_path):
    stubborn = "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()"
    child = await Child.start([sys.executable, "-c", stubborn], {}, tmp_path / "log")
    async with asyncio.timeout(10):
        while not (tmp_path / "log").stat().st_size:  # noqa: ASYNC110  # nothing tells us
            await asyncio.sleep(0)
    await child.stop(within=0.05)

    assert not child.is_running


async def test_a_port_that_is_taken_is_left_alone():
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    taken = server.sockets[0].getsockname()[1]

    assert free_port(taken) != taken
    server.close()
    await server.wait_closed()


async def test_a_port_is_given_out_once(monkeypatch):
    first = free_port()
    monkeypatch.setattr(processes, "QUIET_PORTS", range(first, first + 50))
    given = [first]
    with contextlib.suppress(DoesNotStart):
        given.extend(free_port() for _ in range(51))

    assert len(given) == len(set(given)) > 1


async def test_a_port_that_another_process_was_given_is_left_to_it():
    another = "from sandbox.processes import free_port; print(free_port(), flush=True); input()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", another, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    theirs = int(await process.stdout.readline())

    assert free_port(theirs) != theirs
    await process.communicate(b"\n")


async def test_the_app_may_ask_for_what_the_bot_asks_for():
    connection = pytest.importorskip("bot.connection")

    asked = frozenset().union(*(need.scopes for need in connection.Need))
    assert asked == SCOPES


async def test_people_may_install_the_app_themselves(session, tmp_path):
    async with Sandbox(Plan(tmp_path, installs=True, rotates_tokens=True)) as running:
        slack = f"{running.url}/_sandbox/slack"
        async with session.get(f"{slack}/workspaces") as answer:
            [acme] = (await answer.json())["installations"]
        assert acme["installed"] is False

        asked = {
            "url": f"{running.bot_url}/slack/install",
            "slack_person": "W0PAT",
            "atlassian_account": "ada",
            "workspace": "T0SOUTH",
        }
        async with session.post(f"{running.url}/_sandbox/walk", json=asked) as answer:
            walked = await answer.json()

        assert walked["pages"][-1]["status"] == 200
        assert walked["stopped"] is None
        pat = Person(session, running.url, "W0PAT", "T0SOUTH")
        assert (await pat.types("/confluence help"))["ack"]["status"] == 200
        assert "/confluence" in (await pat.last("general"))["text"]
        assert (await pat.last("general"))["user"] == "U0BOTSOUTH"
