"""A person in the sandbox's Slack, for tests and scripts."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

Json = dict[str, Any]
#: what people write to name the app
APP_NAME = "confab"


class Person:
    """One person's hands and eyes, over HTTP; see ``docs/sandbox.md``."""

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, user: str, team: str | None = None
    ) -> None:
        """Be *user*, in their home or in another workspace of theirs."""
        self.user = user
        self._team = {} if team is None else {"team": team}
        self._session = session
        self._base = f"{base_url}/_sandbox/slack"

    async def screen(self, after: int | None = None, wait: float = 0) -> Json:
        """Everything that this person sees; later than *after*, if that comes within *wait*."""
        newer = {} if after is None else {"after": str(after), "wait": str(wait)}
        query = newer | self._team
        url = f"{self._base}/people/{self.user}/screen"
        async with self._session.get(url, params=query) as response:
            response.raise_for_status()
            seen: Json = await response.json()
        return seen

    async def types(self, text: str, channel: str = "general", **fields: object) -> Json:
        """Type a slash command or a message."""
        return await self._do("type", channel=channel, text=text, **fields)

    async def says(
        self, text: str, thread: Json | str | None = None, files: Iterable[Json] = ()
    ) -> Json:
        """Write in the app's messages, or in that *thread* of theirs (a message, or its ts).

        *files* are those that `uploads` gave.
        """
        shared = [each["id"] for each in files]
        return await self.types(text, "@app", files=shared, **_in_thread(thread))

    async def uploads(self, name: str, content: str | bytes, mimetype: str | None = None) -> Json:
        """Upload a file, to be shared or put into a form; Slack's file object."""
        raw = content.encode() if isinstance(content, str) else content
        sent = {"name": name, "content": b64encode(raw).decode(), "mimetype": mimetype}
        done = await self._do("upload", **sent)
        if done["error"]:
            raise AssertionError(done)
        file: Json = done["file"]
        return file

    async def mentions(
        self, text: str, channel: str = "general", thread: Json | str | None = None
    ) -> Json:
        """Write *text* behind the app's name."""
        return await self.types(f"@{APP_NAME} {text}", channel, **_in_thread(thread))

    async def edits(self, message: Json, text: str) -> Json:
        """Give a message of their own other words."""
        return await self._do("edit", channel=message["channel"], ts=message["ts"], text=text)

    async def deletes(self, message: Json) -> Json:
        """Take back a message of their own."""
        return await self._do("delete", channel=message["channel"], ts=message["ts"])

    async def presses(
        self, action_id: str, value: object = None, *, container: object = None, **ids: str
    ) -> Json:
        """Press or choose; without *container*, the newest element of this id on the screen.

        *container* is a message, ``{"view_id": …}`` or ``"home"``.
        """
        where = container or await self._where(action_id)
        return await self._do("press", container=where, action_id=action_id, value=value, **ids)

    async def fills(self, values: Json) -> None:
        """Put values into the modal on top, by ``action_id``; what dispatches is told.

        Raises:
            AssertionError: one of them isn't taken.
        """
        for action_id, value in values.items():
            done = await self.presses(action_id, value)
            if done["error"]:
                raise AssertionError(f"{action_id}: {done}")

    async def suggests(
        self, action_id: str, typed: str, *, container: object = None, **ids: str
    ) -> list[Json]:
        """The options that a menu offers for what was typed."""
        where = container or await self._where(action_id)
        answer = await self._do("suggest", container=where, action_id=action_id, value=typed, **ids)
        options: list[Json] = answer["options"]
        return options

    async def submits(self, values: Json | None = None, view_id: str | None = None) -> Json:
        """Submit the modal on top with these values."""
        named = {"view_id": view_id} if view_id else {}
        return await self._do("submit", values=values or {}, **named)

    async def closes(self, *, everything: bool = False) -> Json:
        """Close the modal on top, or all of them."""
        return await self._do("close", all=everything)

    async def uses_shortcut(self, callback_id: str, message: Json | None = None) -> Json:
        """Use a shortcut, on *message* where it is one for messages."""
        on = {"channel": message["channel"], "ts": message["ts"]} if message else {}
        return await self._do("shortcut", callback_id=callback_id, **on)

    async def opens_home(self, tab: str = "home") -> Json:
        """Open the app's home tab."""
        return await self._do("open_home", tab=tab)

    async def signs_in(self, url: str, *, allow: bool = True) -> str:
        """Allow or refuse at a *Sign in with Slack* address; where the browser goes then."""
        answer = await self._do("sign_in", url=url, allow=allow)
        if answer["error"]:
            raise AssertionError(answer)
        location: str = answer["location"]
        return location

    async def installs(
        self,
        url: str,
        workspace: str | None = None,
        *,
        allow: bool = True,
        without: Iterable[str] = (),
    ) -> str:
        """Allow or refuse the app in a workspace or organisation; where the browser goes then.

        *without* are optional scopes that are left out.
        """
        how = {"workspace": workspace, "allow": allow, "without": list(without)}
        answer = await self._do("install", url=url, **how)
        if answer["error"]:
            raise AssertionError(answer)
        location: str = answer["location"]
        return location

    async def messages(self, channel: str = "general") -> list[Json]:
        """The messages of a channel (by id or name, ``@app`` for the app's) that aren't deleted."""
        return _messages(await self.screen(), channel)

    async def thread(self, begun_by: Json | str, channel: str = "@app") -> list[Json]:
        """What began a thread (a message, or its ts), and its replies."""
        return in_thread(await self.screen(), begun_by, channel)

    async def last(self, channel: str = "general") -> Json:
        """The newest message of a channel."""
        return (await self.messages(channel))[-1]

    async def modal(self) -> Json | None:
        """The modal on top."""
        stack = (await self.screen())["modal"]
        return stack[-1] if stack else None

    async def home(self) -> Json | None:
        """The home tab."""
        found: Json | None = (await self.screen())["home"]
        return found

    async def waits_for(self, seen: Callable[[Json], object], timeout: float = 15) -> Any:  # noqa: ANN401, ASYNC109 - whatever *seen* returns
        """Wait until *seen* of the screen is true, and return what it returned.

        Raises:
            TimeoutError: it wasn't within *timeout* seconds; the message is the screen.
        """
        deadline = time.monotonic() + timeout
        screen = await self.screen()
        while not (found := seen(screen)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{self.user} saw {screen}")
            screen = await self.screen(screen["seq"], left)
        return found

    async def waits_for_message(
        self,
        part: str,
        channel: str = "general",
        timeout: float = 15,  # noqa: ASYNC109
    ) -> Json:
        """Wait for a message that holds *part* in its text or blocks."""

        def seen(screen: Json) -> Json | None:
            found = _messages(screen, channel)
            return next((m for m in reversed(found) if part in words(m)), None)

        message: Json = await self.waits_for(seen, timeout)
        return message

    async def waits_for_reply(
        self,
        part: str,
        thread: Json | str,
        channel: str = "@app",
        timeout: float = 15,  # noqa: ASYNC109
    ) -> Json:
        """Wait for a reply in *thread* that holds *part* in its text or blocks."""

        def seen(screen: Json) -> Json | None:
            found = in_thread(screen, thread, channel)[1:]
            return next((m for m in reversed(found) if part in words(m)), None)

        message: Json = await self.waits_for(seen, timeout)
        return message

    async def _where(self, action_id: str) -> object:
        found = places(await self.screen(), action_id)
        if not found:
            raise AssertionError(f"{self.user} sees nothing called {action_id}")
        return found[0]

    async def _do(self, act: str, **fields: object) -> Json:
        url = f"{self._base}/people/{self.user}/{act}"
        # As a stream: aiohttp warns of large bodies, and files come this way too.
        body = BytesIO(json.dumps(self._team | fields).encode())
        kind = {"Content-Type": "application/json"}
        async with self._session.post(url, data=body, headers=kind) as response:
            if not response.ok:
                raise AssertionError(f"{act}: {response.status} {await response.text()}")
            done: Json = await response.json()
        return done


def words(shown: Json) -> str:
    """Every text in a message or view, joined by newlines."""
    return "\n".join(_texts({k: shown.get(k) for k in ("title", "text", "blocks")}))


def places(screen: Json, action_id: str) -> list[object]:
    """Where on the screen this action is: in the modal on top, else messages, newest first."""
    if screen["modal"]:
        top = screen["modal"][-1]
        return [{"view_id": top["id"]}] if _has(top["blocks"], action_id) else []
    shown = [m for c in screen["channels"] for m in c["messages"] if not m["deleted"]]
    shown.sort(key=lambda message: float(message["ts"]), reverse=True)
    found: list[object] = [
        {"channel": m["channel"], "ts": m["ts"]} for m in shown if _has(m["blocks"], action_id)
    ]
    if screen["home"] and _has(screen["home"]["blocks"], action_id):
        found.append("home")
    return found


def in_thread(screen: Json, begun_by: Json | str, channel: str = "@app") -> list[Json]:
    """A thread on *screen*, the message that began it first."""
    ts = begun_by if isinstance(begun_by, str) else begun_by["ts"]
    return [m for m in _messages(screen, channel) if ts in (m["ts"], m["thread_ts"])]


def query_of(url: str) -> dict[str, str]:
    """The query of an address."""
    return dict(parse_qsl(urlsplit(url).query))


def _in_thread(thread: Json | str | None) -> Json:
    if thread is None:
        return {}
    return {"thread_ts": thread if isinstance(thread, str) else thread["ts"]}


def _messages(screen: Json, channel: str) -> list[Json]:
    named = channel.removeprefix("#")
    for each in screen["channels"]:
        is_app = channel == "@app" and each["kind"] == "im"
        if is_app or named in (each["id"], each["name"]):
            return [m for m in each["messages"] if not m["deleted"]]
    raise AssertionError(f"{screen['user']['id']} isn't in {channel}")


def _has(node: object, action_id: str) -> bool:
    if isinstance(node, dict):
        return node.get("action_id") == action_id or _has(list(node.values()), action_id)
    return isinstance(node, list) and any(_has(each, action_id) for each in node)


def _texts(node: object) -> list[str]:
    if isinstance(node, str):
        return [node]
    if isinstance(node, list):
        return [text for each in node for text in _texts(each)]
    if isinstance(node, dict):
        held = [node[k] for k in ("title", "text", "label", "hint", "element") if k in node]
        nested = [v for v in node.values() if isinstance(v, list)]
        return [t for each in (*held, *nested) for t in _texts(each)] + _texts(
            node.get("accessory")
        )
    return []
