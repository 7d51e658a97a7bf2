"""Chromium on a string: the few words of its DevTools protocol that these tests speak.

https://chromedevtools.github.io/devtools-protocol/
"""

import asyncio
import json
import tempfile
from contextlib import asynccontextmanager

from aiohttp import ClientSession

SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-port=0",
)
PATIENCE = 20


class Tab:
    """One page of the browser."""

    def __init__(self, socket):
        self._socket = socket
        self._asked = 0
        self._loads = asyncio.Queue()

    async def tell(self, method, **params):
        """Say it and return the answer; what happens meanwhile is kept."""
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "method": method, "params": params})
        while True:
            heard = await self._hear()
            if heard.get("id") == self._asked:
                assert "error" not in heard, heard
                return heard["result"]

    async def _hear(self):
        message = await asyncio.wait_for(self._socket.receive(), PATIENCE)
        heard = json.loads(message.data)
        if heard.get("method") == "Page.loadEventFired":
            self._loads.put_nowait(heard)
        return heard

    async def loaded(self):
        """Wait for the next page that is there in full."""
        while self._loads.empty():
            await self._hear()
        self._loads.get_nowait()

    async def open(self, url):
        await self.tell("Page.navigate", url=url)
        await self.loaded()

    async def ask(self, expression):
        """Return what a line of script says."""
        answer = await self.tell("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    async def press(self, selector):
        await self.ask(f"document.querySelector({selector!r}).click()")
        await self.loaded()

    async def be_wide(self, width):
        await self.tell(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def be_dark(self):
        dark = [{"name": "prefers-color-scheme", "value": "dark"}]
        await self.tell("Emulation.setEmulatedMedia", features=dark)


@asynccontextmanager
async def tab(chromium):
    """A fresh browser with one tab."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            chromium,
            *SWITCHES,
            f"--user-data-dir={profile}",
            stdout=quiet,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with ClientSession() as session, await _attach(session, process) as socket:
                opened = Tab(socket)
                await opened.tell("Page.enable")
                yield opened
        finally:
            process.kill()
            await process.communicate()


async def _attach(session, process):
    async def address():
        async for line in process.stderr:
            if b"DevTools listening on" in line:
                return line.decode().split("ws://", 1)[1].split("/", 1)[0]
        raise AssertionError("Chromium didn't start")

    place = await asyncio.wait_for(address(), PATIENCE)
    async with session.get(f"http://{place}/json") as answer:
        targets = await answer.json()
    [page] = [each for each in targets if each["type"] == "page"]
    return await session.ws_connect(page["webSocketDebuggerUrl"])
