"""The files that people give in Slack, from Slack's own file host."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from bot.errors import BadInput, InstallationBroken, NotFound, ProviderFault, Unavailable
from bot.ports import Clock, FileContent, Files, InstallationSource
from bot.principal import Tenant
from bot.providers.outgoing import Answer, Outgoing, Request
from bot.providers.rate_wire import retry_after
from bot.providers.slack_wire import ENDED, PROVIDER

MOST_BYTES: Final = 25 * 1024 * 1024
"""As much as is passed on: Confluence takes 100 MB by default, a replica's memory less."""
SECONDS: Final = 60.0
_INFO_BYTES: Final = 1024 * 1024
_UNSEEN: Final = frozenset({"file_not_found", "file_deleted", "access_denied", "not_visible"})
_LACKING: Final = frozenset({"missing_scope", "not_allowed_token_type"})
GONE: Final = (
    "That file isn't in Slack any more, or isn't shown to me, so it wasn't passed on. "
    "Give it to me again."
)
NO_SCOPE: Final = (
    "I may not read files in this workspace, so nothing was passed on. An admin can allow it: "
    "the scope is called files:read, and comes with installing the app again."
)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _size(value: object) -> int:
    return value if isinstance(value, int) else 0


Text = Annotated[str, BeforeValidator(_text)]


class FileBody(BaseModel):
    """A file as ``files.info`` describes it: https://docs.slack.dev/reference/objects/file-object."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )

    name: Text = ""
    mimetype: Text = ""
    mode: Text = ""
    url_private_download: Text = ""
    url_private: Text = ""
    size: Annotated[int, BeforeValidator(_size)] = 0


class _Info(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )

    ok: bool = False
    error: Text = ""
    file: FileBody | None = None


class SlackFiles(Files):
    """Asks ``files.info`` where a file is, and fetches it there with the bot's token.

    *files_url* is the origin of Slack's file host: a file that lies elsewhere isn't fetched, so
    that the token goes nowhere else (promise 13).
    """

    def __init__(
        self,
        outgoing: Outgoing,
        api_url: str,
        files_url: str,
        installations: InstallationSource,
        clock: Clock,
    ) -> None:
        self._outgoing = outgoing
        self._api_url = api_url.rstrip("/")
        self._files = f"{files_url.rstrip('/')}/"
        self._installations = installations
        self._clock = clock

    async def fetch(self, tenant: Tenant, file: str) -> FileContent:
        """See `Files.fetch`."""
        installation = await self._installations.find(tenant)
        if installation is None:
            raise Unavailable(PROVIDER)
        headers = {"Authorization": f"Bearer {installation.bot_token.get_secret_value()}"}
        found = await self._find(file, headers)
        answer = await self._outgoing.send(self._download(found, headers))
        self._require_file(answer, found)
        return FileContent(found.name or "file", found.mimetype or _KIND, answer.body)

    async def _find(self, file: str, headers: Mapping[str, str]) -> FileBody:
        url = f"{self._api_url}/files.info"
        request = Request(PROVIDER, "GET", url, {"file": file}, headers, most_bytes=_INFO_BYTES)
        return _read_info(await self._outgoing.send(request), self._clock)

    def _download(self, found: FileBody, headers: Mapping[str, str]) -> Request:
        if found.size > MOST_BYTES:
            raise BadInput(
                f"“{found.name}” is larger than the {MOST_BYTES // 1024**2} MB that I pass on. "
                "Attach it in Confluence itself, or give me a smaller one."
            )
        url = found.url_private_download or found.url_private
        if not url.startswith(self._files):
            raise NotFound(GONE)
        return Request(
            PROVIDER, "GET", url, headers=headers, most_bytes=MOST_BYTES, seconds=SECONDS
        )

    def _require_file(self, answer: Answer, found: FileBody) -> None:
        """Tell the file from the page to sign in, which Slack answers with 200."""
        if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.FOUND}:
            raise NotFound(GONE)
        if answer.status != HTTPStatus.OK:
            raise Unavailable(PROVIDER, retry_after=retry_after(answer.headers, self._clock()))
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_page = kind == "text/html" and not found.mimetype.startswith("text/html")
        if is_page or len(answer.body) != found.size:
            raise NotFound(GONE)


_KIND: Final = "application/octet-stream"


def _read_info(answer: Answer, clock: Clock) -> FileBody:
    if answer.status != HTTPStatus.OK:
        raise Unavailable(PROVIDER, retry_after=retry_after(answer.headers, clock()))
    try:
        info = _Info.model_validate(answer.json())
    except ValidationError as error:
        raise ProviderFault("Slack described a file in an unknown shape") from error
    except ValueError as error:
        raise Unavailable(PROVIDER) from error
    if info.ok and info.file is not None and info.file.mode != "tombstone":
        return info.file
    if info.ok or info.error in _UNSEEN:
        raise NotFound(GONE)
    if info.error in _LACKING:
        raise BadInput(NO_SCOPE)
    if info.error in ENDED:
        raise InstallationBroken(f"Slack refuses the bot's token ({info.error})")
    raise Unavailable(PROVIDER)
