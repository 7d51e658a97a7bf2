"""The audit as a file, streamed to the admin's browser once they pressed the button."""

from collections.abc import AsyncIterator
from typing import Final

import structlog
from aiohttp import web

from bot.audit import Auditor
from bot.connect import Connect
from bot.export import export_csv, export_jsonl
from bot.pending import PendingConnection
from bot.trail import Action, Entry
from handlers.browser.pages import Pages
from handlers.browser.requests import browser_of, read_form, require_own_page

log = structlog.get_logger(__name__)

_KINDS: Final = {"csv": "text/csv", "jsonl": "application/jsonl"}


def export_routes(connect: Connect, pages: Pages, auditor: Auditor) -> list[web.RouteDef]:
    """Return what to mount. GET changes nothing; POST uses the step up."""
    exporting = _Exporting(connect, pages, auditor)
    return [
        web.get("/connect/export/{token}", exporting.show),
        web.post("/connect/export/{token}", exporting.take),
    ]


class _Exporting:
    def __init__(self, connect: Connect, pages: Pages, auditor: Auditor) -> None:
        self._connect = connect
        self._pages = pages
        self._auditor = auditor

    async def show(self, request: web.Request) -> web.Response:
        browser = browser_of(request, self._pages.address)
        token = request.match_info["token"]
        return self._pages.export(await self._connect.look_at_export(token, browser))

    async def take(self, request: web.Request) -> web.StreamResponse:
        require_own_page(request, self._pages.address)
        await read_form(request)
        browser = browser_of(request, self._pages.address)
        export = await self._connect.take_export(request.match_info["token"], browser)
        pending = export.pending
        form = pending.name if pending.name in _KINDS else "csv"
        # Before the first byte: whoever has it has taken it.
        entry = Entry.by(pending.principal, Action.EXPORT_AUDIT, pending.person)
        await self._auditor.write(entry.of("file", form))
        response = web.StreamResponse()
        response.content_type = _KINDS[form]
        response.charset = "utf-8"
        name = f"confab-audit-{pending.tenant}.{form}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        self._pages.guard(response)
        await response.prepare(request)
        try:
            async for part in self._parts(pending, form):
                await response.write(part)
            await response.write_eof()
        except ConnectionResetError:
            log.info("audit export cut off", tenant=pending.tenant)
        return response

    def _parts(self, pending: PendingConnection, form: str) -> AsyncIterator[bytes]:
        rows = self._auditor.list_newest(pending.tenant)
        return export_csv(rows) if form == "csv" else export_jsonl(rows)
