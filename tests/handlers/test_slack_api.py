"""Slack's answers to what we say, broken: each becomes an error of ours that fits it."""

from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr

from bot.errors import ProviderFault, Unavailable
from bot.installation import Installation
from handlers.ask import Ask, Reply
from handlers.slack_api import SlackApi
from tests.fakes import ADA, NOON, FakeClock

INSTALLED = Installation(
    ADA.tenant, "T0ACME", None, "Acme", SecretStr("xoxb-1"), "B", "U", "A", frozenset(), NOON
)
OUTAGES = {
    "HTML": lambda: web.Response(status=503, text="<h1>x</h1>", content_type="text/html"),
    "text": lambda: web.Response(status=503, text="upstream down"),
    "text, called a success": lambda: web.Response(text="upstream down"),
    "broken JSON": lambda: web.Response(status=502, text="{", content_type="application/json"),
    "a list": lambda: web.json_response([1]),
    "an error without a word": lambda: web.json_response({"ok": False}),
    "a word that is none": lambda: web.json_response({"ok": False, "error": ["x"]}),
    "an expired trigger": lambda: web.json_response({"ok": False, "error": "expired_trigger_id"}),
}


class Slack:
    """Answers as told, by path; it hangs up where it was told nothing."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        self.url = ""

    async def answer(self, request):
        self.asked.append(request.path)
        if request.path in self.answers:
            return self.answers[request.path]()
        request.transport.close()
        return web.Response()


@asynccontextmanager
async def served(slack):
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", slack.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await runner.cleanup()


@pytest.fixture
async def slack():
    slack = Slack()
    async with served(slack):
        yield slack


@pytest.fixture
async def api(slack):
    async with ClientSession() as session:
        yield SlackApi(session, f"{slack.url}/api/", slack.url, FakeClock().sleep)


def asking(slack):
    return Ask(ADA, "c", trigger_id="1", response_url=SecretStr(f"{slack.url}/hook"))


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
async def test_what_stands_before_slack_is_an_outage_and_no_refusal(slack, api, outage):
    for method in ("views.open", "views.update", "views.publish"):
        slack.answers[f"/api/{method}"] = outage
    with pytest.raises(Unavailable, match="Slack"):
        await api.open_modal(INSTALLED, asking(slack), {})
    with pytest.raises(Unavailable, match="Slack"):
        await api.update_modal(INSTALLED, "V1", {})
    with pytest.raises(Unavailable, match="Slack"):
        await api.publish_home(INSTALLED, "U0ADA", {})


async def test_a_refusal_of_slacks_is_called_slacks(slack, api):
    refusal = {"ok": False, "error": "invalid_blocks", "response_metadata": ["odd"]}
    slack.answers["/api/views.open"] = lambda: web.json_response(refusal)
    with pytest.raises(ProviderFault) as raised:
        await api.open_modal(INSTALLED, asking(slack), {})
    assert raised.value.provider == "Slack"


def limited(seconds, *later):
    """Slack's answers where there are too many of us: first to wait, and then these."""
    body, headers = {"ok": False, "error": "ratelimited"}, {"Retry-After": seconds}
    answers = iter([web.json_response(body, status=429, headers=headers), *later])
    return lambda: next(answers)


async def test_a_message_waits_a_little_where_slack_asks_for_it(slack, api):
    said = web.json_response({"ok": True, "channel": "D1", "ts": "1.1"})
    slack.answers["/api/chat.postMessage"] = limited("1", said)
    assert await api.post(INSTALLED, Reply("Hello"), "U0ADA") == ("D1", "1.1")
    assert len(slack.asked) == 2


@pytest.mark.parametrize("seconds", ["6", "30", "0", "-1", "soon", "9" * 5000, ""])
async def test_a_message_waits_no_longer_than_somebody_who_looks_on(slack, api, seconds):
    slack.answers["/api/chat.postMessage"] = limited(seconds)
    with pytest.raises(Unavailable):
        await api.post(INSTALLED, Reply("Hello"), "U0ADA")


async def test_a_trigger_waits_for_nothing(slack, api):
    slack.answers["/api/views.open"] = limited("1")
    with pytest.raises(Unavailable):
        await api.open_modal(INSTALLED, asking(slack), {})


async def test_a_channel_of_an_unknown_shape_counts_as_one_with_strangers(slack, api):
    odd = {"ok": True, "channel": ["C1"]}
    slack.answers["/api/conversations.info"] = lambda: web.json_response(odd)
    assert (await api.find_channel(INSTALLED, "C1")).has_strangers


async def test_a_private_answer_goes_by_message_where_its_url_hangs_up(slack, api):
    slack.answers["/api/chat.postMessage"] = lambda: web.json_response({"ok": True})
    await api.deliver(INSTALLED, asking(slack), Reply("Hello"))
    assert slack.asked == ["/hook", "/api/chat.postMessage"]


async def test_what_a_channel_may_have_read_is_not_said_again(slack, api):
    with pytest.raises(Unavailable):
        await api.deliver(INSTALLED, asking(slack), Reply("Hello", in_channel=True))
    assert slack.asked == ["/hook"]
