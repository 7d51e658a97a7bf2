"""Response URLs: five uses, thirty minutes, and what they may replace."""

import json

from aiohttp import web

from sandbox.slack import content, data
from sandbox.slack.ledger import Ledger
from sandbox.slack.rates import Faults
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Hook, Json, Message
from sandbox.slack.workspace import Content, Workspace

USES = 5


class Hooks:
    """Answers ``/slack/hooks/…``."""

    def __init__(self, workspace: Workspace, ledger: Ledger, faults: Faults) -> None:
        self._workspace = workspace
        self._ledger = ledger
        self._faults = faults

    async def serve(self, request: web.Request) -> web.Response:
        """One use of a response URL."""
        return await self._faults.around("response_url", request, lambda: self._answer(request))

    async def _answer(self, request: web.Request) -> web.Response:
        error, status, said = None, 200, {}
        try:
            hook = self._spend(request.match_info["hook"])
            said = await _said(request)
            self._use(hook, said)
        except Refused as refused:
            error = refused.error
            lost = error in ("expired_url", "used_url", "no_service", "message_not_found")
            status = 404 if lost else 400
        self._ledger.write(
            "hooks", at=self._workspace.clock.now(), body=said, error=error, status=status
        )
        if error:
            return web.json_response({"ok": False, "error": error}, status=status)
        return web.Response(text="ok")

    def _spend(self, hook_id: str) -> Hook:
        hook = self._workspace.state.hooks.get(hook_id)
        if hook is None:
            raise Refused("no_service")
        if self._workspace.clock.now() > hook.expires:
            raise Refused("expired_url")
        if hook.uses >= USES:
            raise Refused("used_url")
        hook.uses += 1
        return hook

    def _use(self, hook: Hook, said: Json) -> None:
        replaces, deletes = said.get("replace_original"), said.get("delete_original")
        if said.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
            raise Refused("invalid_arguments")
        if said.get("thread_ts") and replaces is not False:
            raise Refused("invalid_arguments")
        if deletes is True:
            self._workspace.delete(self._original(hook))
            return
        says = content.read(said)
        # A command's URL has nothing to replace: what it says is a message of its own.
        if replaces is True and hook.original is not None:
            self._replace(self._original(hook), says)
        else:
            self._post(hook, says, private=said.get("response_type") != "in_channel")

    def _replace(self, message: Message, says: Content) -> None:
        # An ephemeral message stays one, whatever response_type says.
        if message.only_for is not None:
            content.hold_ephemeral(says)
        self._workspace.rewrite(message, says)

    def _post(self, hook: Hook, says: Content, *, private: bool) -> None:
        if private:
            content.hold_ephemeral(says)
        only_for = hook.user if private else None
        self._workspace.post(hook.channel, data.BOTS[hook.home][0], says, only_for)

    def _original(self, hook: Hook) -> Message:
        found = hook.original and self._workspace.find_message(hook.channel, hook.original)
        if not found:
            raise Refused("message_not_found")
        return found


async def _said(request: web.Request) -> Json:
    body: str | bytes = await request.read()
    if request.content_type == "application/x-www-form-urlencoded":
        body = str((await request.post()).get("payload", ""))
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("invalid_payload") from None
    if not isinstance(said, dict):
        raise Refused("invalid_payload")
    return said
