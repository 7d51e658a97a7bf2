"""Files that people give, from the sandbox's Slack and from nowhere else."""

from datetime import UTC, datetime

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.errors import BadInput, InstallationBroken, NotFound, Unavailable
from bot.installation import Installation
from bot.principal import Tenant
from bot.providers.outgoing import Outgoing
from bot.providers.slack_files import MOST_BYTES, SlackFiles

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ACME = Tenant("T1")


class OneInstallation:
    def __init__(self, installation):
        self.installation = installation

    async def find(self, tenant):
        return self.installation if tenant == ACME else None


def installation():
    return Installation(
        ACME, "T1", None, "Acme", SecretStr("xoxb-1"), "B1", "U0", "A1", frozenset(), NOW
    )


class Host:
    """Slack's API and its file host, which answer what a test sets."""

    def __init__(self):
        self.info = {}
        self.answer = (200, "text/plain", b"hello")
        self.asked = []
        self.url = ""

    def file(self, **fields):
        place = {"url_private_download": f"{self.url}/files-pri/T1-F1/download/a.txt"}
        told = {"id": "F1", "name": "a.txt", "mimetype": "text/plain", "size": 5, **place, **fields}
        self.info = {"ok": True, "file": told}

    async def tell(self, request):
        self.asked.append((request.path, dict(request.query), request.headers["Authorization"]))
        return web.json_response(self.info)

    async def serve(self, request):
        self.asked.append((request.path, {}, request.headers.get("Authorization")))
        status, kind, body = self.answer
        return web.Response(status=status, body=body, content_type=kind)


@pytest.fixture
async def host(aiohttp_server_on):
    host = Host()
    app = web.Application()
    app.router.add_get("/api/files.info", host.tell)
    app.router.add_get("/{where:.*}", host.serve)
    host.url = await aiohttp_server_on(app)
    host.file()
    return host


@pytest.fixture
async def aiohttp_server_on():
    runners = []

    async def start(app):
        runner = web.AppRunner(app)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def files(host):
    async with Outgoing([host.url]) as outgoing:
        yield SlackFiles(
            outgoing, f"{host.url}/api/", host.url, OneInstallation(installation()), lambda: NOW
        )


async def test_a_file_is_fetched_with_the_bots_token(files, host):
    found = await files.fetch(ACME, "F1")
    assert (found.name, found.kind, found.content) == ("a.txt", "text/plain", b"hello")
    assert host.asked == [
        ("/api/files.info", {"file": "F1"}, "Bearer xoxb-1"),
        ("/files-pri/T1-F1/download/a.txt", {}, "Bearer xoxb-1"),
    ]


@pytest.mark.parametrize(
    "place",
    ["https://evil.example/files-pri/F1", "http://127.0.0.1.evil.example/F1", "", "file:///etc"],
)
async def test_a_file_that_lies_elsewhere_is_not_fetched(files, host, place):
    host.file(url_private_download=place, url_private=place)
    with pytest.raises(NotFound):
        await files.fetch(ACME, "F1")
    assert len(host.asked) == 1


async def test_the_page_to_sign_in_is_no_file(files, host):
    host.answer = (200, "text/html", b"login")
    with pytest.raises(NotFound, match="Give it to me again"):
        await files.fetch(ACME, "F1")


async def test_a_file_that_was_cut_off_is_no_file(files, host):
    host.answer = (200, "text/plain", b"hell")
    with pytest.raises(NotFound):
        await files.fetch(ACME, "F1")


async def test_a_redirect_is_not_followed(files, host):
    host.answer = (302, "text/plain", b"")
    with pytest.raises(NotFound):
        await files.fetch(ACME, "F1")


async def test_a_file_that_is_too_large_is_not_fetched(files, host):
    host.file(size=MOST_BYTES + 1)
    with pytest.raises(BadInput, match="25 MB"):
        await files.fetch(ACME, "F1")
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"ok": False, "error": "file_not_found"}, NotFound),
        ({"ok": False, "error": "missing_scope"}, BadInput),
        ({"ok": False, "error": "token_revoked"}, InstallationBroken),
        ({"ok": False, "error": "fatal_error"}, Unavailable),
        ({"ok": True, "file": {"mode": "tombstone"}}, NotFound),
        ({"ok": True}, NotFound),
    ],
)
async def test_what_slack_says_is_told_in_our_words(files, host, told, error):
    host.info = told
    with pytest.raises(error):
        await files.fetch(ACME, "F1")


async def test_without_an_installation_nothing_is_asked(files, host):
    with pytest.raises(Unavailable):
        await files.fetch(Tenant("T2"), "F1")
    assert host.asked == []
