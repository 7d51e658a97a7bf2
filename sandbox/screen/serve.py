"""Serves the screen: one page and its own files, which may talk to the sandbox alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

STATIC = Path(__file__).parent / "static"
MANIFEST = Path(__file__).parents[2] / "manifest.yml"
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
# Trusted Types make the browser itself refuse to read any text as HTML.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def attach_screen(
    app: web.Application, manifest: Mapping[str, Any] | None = None, base_url: str | None = None
) -> None:
    """Add the page at ``/`` and what it needs under ``/screen/``.

    The commands and shortcuts that it offers are those of *manifest*: the repository's, where
    none is given. Whoever comes by another name than *base_url* is sent there: the bot's pages
    are the site ``localhost``, and the screen has to be another.
    """
    offered = _offered(yaml.safe_load(MANIFEST.read_text()) if manifest is None else manifest)
    files = {f"/screen/{each.relative_to(STATIC)}": each for each in STATIC.rglob("*.*")}

    async def page(request: web.Request) -> web.Response:
        if base_url and f"http://{request.host}" != base_url:
            raise web.HTTPFound(f"{base_url}{request.path_qs}")
        return _file(STATIC / "index.html")

    async def part(request: web.Request) -> web.Response:
        # Only what was there at the start is served, so no path can climb out.
        found = files.get(request.path)
        if found is None:
            raise web.HTTPNotFound
        return _file(found)

    async def icon(_request: web.Request) -> web.Response:
        return _file(STATIC / "icon.svg")

    async def features(_request: web.Request) -> web.Response:
        return web.json_response(offered, headers=HEADERS)

    app.router.add_get("/", page)
    # Browsers ask for it from every page that names none, such as those of consent.
    app.router.add_get("/favicon.ico", icon)
    app.router.add_get("/screen/app.json", features)
    app.router.add_get("/screen/{path:.+}", part)


def _file(path: Path) -> web.Response:
    kind = TYPES.get(path.suffix, "application/octet-stream")
    return web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8", headers=HEADERS)


def _offered(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What of the app a person can call up: its name, commands and shortcuts."""
    features = manifest.get("features", {})
    commands = ("command", "description", "usage_hint")
    shortcuts = ("name", "type", "callback_id", "description")
    home = features.get("app_home", {})
    return {
        "name": manifest.get("display_information", {}).get("name", "App"),
        "bot": features.get("bot_user", {}).get("display_name", ""),
        "about": manifest.get("display_information", {}).get("description", ""),
        "commands": [_only(each, commands) for each in features.get("slash_commands", ())],
        "shortcuts": [_only(each, shortcuts) for each in features.get("shortcuts", ())],
        "home_tab": bool(home.get("home_tab_enabled")),
        "install_url": manifest.get("app_directory", {}).get("direct_install_url"),
        "writable": not home.get("messages_tab_read_only_enabled", False),
    }


def _only(row: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: row[key] for key in keys if key in row}
