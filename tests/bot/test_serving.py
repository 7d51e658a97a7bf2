"""Beginning and ending: what a signal, a job that breaks and a lost socket lead to."""

import asyncio
import os
import signal

import pytest
import structlog
from slack_sdk.errors import SlackApiError

from bot.errors import Unavailable
from bot.serving import CannotStart, _answering, _Deadline, _job, _Readiness, _Socket, serve
from bot.settings import Settings, load_settings
from tests.bot.test_settings import GOOD


class Database:
    """A database that is there, or away."""

    def __init__(self):
        self.away = False

    async def ready(self):
        if self.away:
            raise Unavailable("the database")


class Client:
    """The client of a socket."""

    def __init__(self):
        self.connected = True

    async def is_connected(self):
        return self.connected


class Socket:
    """A socket to Slack."""

    def __init__(self):
        self.client = Client()


class Answer:
    """What Slack's Web API answered, as its SDK holds it."""

    def __init__(self, data):
        self.data = data


@pytest.fixture
def unprepared(monkeypatch, tmp_path):
    """Settings whose database doesn't answer."""
    monkeypatch.chdir(tmp_path)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return load_settings(Settings, {"mongodb_uri": "mongodb://127.0.0.1:1/confab"})


@pytest.fixture
def signals():
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_while_it_starts_ends_it_at_once(unprepared, signals, number):
    serving = asyncio.create_task(serve(unprepared))
    for _ in range(9):
        await asyncio.sleep(0)
    os.kill(os.getpid(), number)
    async with asyncio.timeout(10):
        await serving
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL


async def test_ready_is_what_listens_and_is_not_stopping():
    stopping, database = asyncio.Event(), Database()
    ready = _Readiness(database, stopping)
    assert not await ready()
    ready.is_listening = True
    assert await ready()
    database.away = True
    assert not await ready()
    database.away = False
    stopping.set()
    assert not await ready()


async def test_without_its_socket_it_is_not_ready():
    ready = _Readiness(Database(), asyncio.Event())
    ready.is_listening, ready.socket = True, Socket()
    assert await ready()
    ready.socket.client.connected = False
    assert not await ready()


async def test_a_job_that_breaks_is_logged_and_stops_nothing():
    async def break_down():
        raise ValueError("a bug of ours")

    with structlog.testing.capture_logs() as logged:
        async with _job(break_down):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert [(line["event"], line["log_level"]) for line in logged] == [("a job has ended", "error")]
    assert isinstance(logged[0]["exc_info"], ValueError)


async def test_a_job_is_told_to_end():
    ended = asyncio.Event()

    async def work():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with _job(work):
        await asyncio.sleep(0)
    assert ended.is_set()


async def test_every_step_of_the_end_has_a_moment_and_all_have_one_deadline():
    deadline = _Deadline(25)
    assert deadline.left() == 25
    assert 24 < deadline.left() < 25
    assert _Deadline(0).left() == 1


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"ok": False, "error": "invalid_auth"}, CannotStart),
        ("upstream connect error", Unavailable),
        (b"<html>", Unavailable),
        ({}, Unavailable),
    ],
)
def test_an_outage_of_slacks_is_no_refusal(data, kind):
    with pytest.raises(kind), _answering("CONFAB_SLACK_BOT_TOKEN"):
        raise SlackApiError("no", Answer(data))


def test_json_of_slacks_that_is_none_is_an_outage():
    # There the client's error holds a response of aiohttp's, which has no data.
    with pytest.raises(Unavailable), _answering("CONFAB_SLACK_BOT_TOKEN"):
        raise SlackApiError("no", object())


async def test_what_a_socket_has_taken_is_answered_before_it_is_closed():
    held, answered = asyncio.Event(), []

    class Held(_Socket):
        def __init__(self):
            self._taken, self._answered = 0, asyncio.Condition()
            self.client = type("Client", (), {"socket_mode_request_listeners": [self.handle]})

        async def answer(self, client, request):
            await held.wait()
            answered.append(request)

    socket = Held()
    taking = asyncio.create_task(socket.handle(None, "one"))
    await asyncio.sleep(0)
    ending = asyncio.create_task(socket.finish())
    await asyncio.sleep(0)
    assert socket.client.socket_mode_request_listeners == []
    assert not ending.done()
    held.set()
    await asyncio.gather(taking, ending)
    assert answered == ["one"]
