"""Files that people upload, and the host from which the app fetches them."""

import base64
import mimetypes
import re
from html import escape
from pathlib import PurePosixPath

from aiohttp import web

from sandbox.slack import data
from sandbox.slack.arguments import required
from sandbox.slack.calls import Call, Method
from sandbox.slack.ledger import Ledger
from sandbox.slack.outcome import Outcome
from sandbox.slack.rates import Faults
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.state import File, Installation, Json
from sandbox.slack.workspace import Workspace

READ = "files:read"
#: bytes of one upload here; Slack takes a gigabyte
MOST_BYTES = 25_000_000
_HOST = "/slack/files-pri"
#: extension → Slack's name for the type, and in words; for text, Slack shows it as a snippet
_TEXTS = {
    "csv": ("csv", "CSV"),
    "html": ("html", "HTML"),
    "json": ("json", "JSON"),
    "md": ("markdown", "Markdown (raw)"),
    "py": ("python", "Python"),
    "txt": ("text", "Plain Text"),
    "xml": ("xml", "XML"),
    "yaml": ("yaml", "YAML"),
    "yml": ("yaml", "YAML"),
}
_MIMETYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}", re.ASCII)
_WORDS = {"docx": "Word Document", "xlsx": "Excel Spreadsheet", "jpeg": "JPEG", "jpg": "JPEG"}
_LOGIN = """<!DOCTYPE html><html><head><title>Sign in | {team} Slack</title></head>
<body><h1>Sign in to {team}</h1><form action="/signin"><input name="email"></form></body></html>"""


class Files:
    """What was uploaded, and who may have it."""

    def __init__(self, workspace: Workspace, ledger: Ledger, faults: Faults) -> None:
        self._workspace = workspace
        self._ledger = ledger
        self._faults = faults

    def attach(self, app: web.Application) -> None:
        """Add the files host."""
        app.router.add_get(f"{_HOST}/{{where}}/{{name}}", self.serve)
        app.router.add_get(f"{_HOST}/{{where}}/download/{{name}}", self.serve)

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {"files.info": Method(self.info, 4, (READ,), json=False)}

    async def upload(self, user: str, fields: Json) -> Outcome:
        """Keep a file that nobody but *user* has seen yet; ``content`` is in Base64."""
        team = self._workspace.team_of(user, fields.get("team"))
        name, content = str(fields["name"]), base64.b64decode(fields["content"], validate=True)
        if not name.strip() or not content or len(content) > MOST_BYTES:
            raise Refused("file_upload_failed")
        file = File(self._workspace.mint_id("F"), user, team, name)
        told = str(fields.get("mimetype"))
        file.mimetype = told if _MIMETYPE.fullmatch(told) else _mimetype(name)
        file.content, file.size = base64.b64encode(content).decode(), len(content)
        file.created = int(self._workspace.clock.now())
        self._workspace.state.files[file.id] = file
        return Outcome(beside={"file": fields_of(file, self._workspace.base_url)})

    def info(self, call: Call) -> Json:
        """One file, where the app has come to see it."""
        required(call.args, "file")
        file = self._workspace.state.files.get(str(call.args["file"]))
        if file is None or not self._sees(call.app, file):
            raise Refused("file_not_found")
        told = fields_of(file, self._workspace.base_url)
        return {"file": told, "comments": [], "response_metadata": {"next_cursor": ""}}

    async def serve(self, request: web.Request) -> web.Response:
        """A download, by whoever has a token; to anybody else, the page to sign in with 200."""
        return await self._faults.around("files-pri", request, lambda: self._answer(request))

    def download(self, user: str, name: str) -> web.Response:
        """A file for a person who sees it."""
        file = self._workspace.state.files.get(name)
        if file is None:
            raise Unknown(f"no file {name}")
        shared = (self._workspace.state.channels[each]["members"] for each in file.channels)
        if user != file.user and not any(user in members for members in shared):
            raise Unknown(f"no file {name}")
        return _content(file, attached=True)

    async def _answer(self, request: web.Request) -> web.Response:
        team, _, name = request.match_info["where"].partition("-")
        file = self._workspace.state.files.get(name)
        error = self._why_not(request, file, team)
        self._ledger.write(
            "calls",
            at=self._workspace.clock.now(),
            method="files-pri",
            args={"file": name, "path": request.path},
            ok=error is None,
            error=error,
            status=200,
        )
        if file is None or error is not None:
            named = escape(data.team_named(team)["name"])
            return web.Response(text=_LOGIN.format(team=named), content_type="text/html")
        download = "/download/" in request.path
        if file.mimetype == "application/pdf" and not download:
            # Slack sends PDF files' `url_private` on to another host (curie-eng/curie, 2718).
            place = f"https://slack-files.com/files-pri/{team}-{file.id}/{_in_url(file.name)}"
            return web.Response(status=302, headers={"Location": place})
        return _content(file, attached=download)

    def _why_not(self, request: web.Request, file: File | None, team: str) -> str | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return "not_authed"
        try:
            app = self._workspace.installs.tokens.known(token)
        except Refused as refused:
            return refused.error
        if app is None:
            return "invalid_auth"
        if READ not in self._workspace.installs.scopes(app):
            return "missing_scope"
        if file is None or file.team != team or not self._sees(app, file):
            return "file_not_found"
        return None

    def _sees(self, app: Installation, file: File) -> bool:
        """Whether it was shared where the bot is, or sent to the app in a form."""
        channels = (self._workspace.state.channels[each] for each in file.channels)
        return app.id in file.sent_to or any(app.bot_user in c["members"] for c in channels)


def fields_of(file: File, base_url: str) -> Json:
    """A file as the app is told of it."""
    end = PurePosixPath(file.name).suffix.removeprefix(".").lower()
    kind, words = _TEXTS.get(end, (end or "binary", _WORDS.get(end, end.upper() or "Binary")))
    place = f"{base_url}{_HOST}/{file.team}-{file.id}"
    domain = data.team_named(file.team)["domain"]
    made: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.name,
        "mimetype": file.mimetype,
        "filetype": kind,
        "pretty_type": words,
        "user": file.user,
        "user_team": file.team,
        "editable": end in _TEXTS,
        "size": file.size,
        "mode": "snippet" if end in _TEXTS else "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": False,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{place}/{_in_url(file.name)}",
        "url_private_download": f"{place}/download/{_in_url(file.name)}",
        "permalink": f"https://{domain}.slack.com/files/{file.user}/{file.id}/{_in_url(file.name)}",
        "has_rich_preview": False,
        "file_access": "visible",
    }
    return made


def unseen_fields(file: File) -> Json:
    """A file in a channel of several workspaces: the app has to ask for the rest."""
    told: Json = {"id": file.id, "created": 0, "timestamp": 0, "user": file.user}
    return told | {"mode": "file_access", "file_access": "check_file_info"}


def _content(file: File, *, attached: bool) -> web.Response:
    headers = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
    if attached:
        headers["Content-Disposition"] = f'attachment; filename="{_in_url(file.name)}"'
    body = base64.b64decode(file.content)
    return web.Response(body=body, content_type=file.mimetype, headers=headers)


def _mimetype(name: str) -> str:
    end = PurePosixPath(name).suffix.removeprefix(".").lower()
    if end in _TEXTS and end not in ("csv", "html", "json"):
        return "text/plain"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _in_url(name: str) -> str:
    """A file's name as it stands in its address."""
    return re.sub(r"[^a-z0-9._-]", "_", name.lower()).strip(".") or "file"
