"""What the operator decides, read once from the environment and from ``.env``.

The only reader of the environment. Nothing that names a server has a default:
``.env.example`` carries the real addresses, each with its reason.
"""

import base64
import binascii
import difflib
import os
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import BadInput
from bot.frozen import frozen
from bot.public_address import is_loopback
from bot.typed_urls import origin_of

PREFIX = "CONFAB_"
# Read by the tests, not by the bot.
_FOREIGN = "CONFAB_TEST_"
_KEY_BYTES = 32
_MOST_PORT = 65535


@frozen
class Address:
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        """As it was written: ``host:port``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def _read_address(value: object) -> object:
    if not isinstance(value, str):
        return value
    host, colon, port = value.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > _MOST_PORT:
        raise ValueError("must be host:port, as in 127.0.0.1:3000")
    return Address(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104  # as asked: no host, every interface


def _read_seconds(value: object) -> object:
    seconds = _read_any_seconds(value)
    if not seconds:
        raise ValueError("must be a number of seconds, as in 60 or 0.5")
    return seconds


def _read_any_seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", value, re.ASCII):
        raise ValueError("must be a number of seconds, as in 60 or 0.5")
    return timedelta(seconds=float(value))


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("isn't an address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must begin with https://")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must have no user, no ? and no #")
    return parts


def _check_url(value: str) -> str:
    parts = _split(value)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must begin with https:// (http:// is for this machine alone)")
    return value.rstrip("/")


def _check_any_url(value: str) -> str:
    _split(value)
    return value.rstrip("/")


def _check_public_url(value: str) -> str:
    value = _check_url(value)
    if _split(value).path:
        raise ValueError("must have no path: the bot's own paths follow it")
    return value


def _read_origins(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_read_origin(each.strip()) for each in value.split(",") if each.strip())


def _read_origin(text: str) -> str:
    try:
        return origin_of(_check_public_url(text))
    except BadInput:
        raise ValueError("must be origins, as in https://wiki.corp:8443") from None


def _check_mongodb(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("must begin with mongodb:// or mongodb+srv://")
    return value


def _check_database(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,38}", value):
        raise ValueError("must be letters, digits, - and _ (38 at most)")
    return value


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == _KEY_BYTES
    except binascii.Error:
        return False


def _read_keys(file: Path) -> str:
    try:
        return ",".join(file.read_text("ascii").split())
    except (OSError, UnicodeDecodeError):
        raise ValueError("can't be read from the file that CONFAB_KEYS_FILE names") from None


def _check_keys(value: SecretStr) -> SecretStr:
    seen: set[str] = set()
    for entry in value.get_secret_value().split(","):
        key_id, _, text = entry.strip().partition("=")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key_id) or not _is_key(text):
            raise ValueError(
                "must be id=key, or several with commas between them, each key 32 bytes in "
                "base64: `confab keys new` makes one"
            )
        if key_id in seen:
            raise ValueError("names a key twice")
        seen.add(key_id)
    return value


def _check_audit_key(value: SecretStr) -> SecretStr:
    if not _is_key(value.get_secret_value()):
        raise ValueError("must be 32 bytes in base64: `confab audit key` makes one")
    return value


def _check_command(value: str) -> str:
    # Slack: 32 characters with the slash (app manifest); lower case is what people can type.
    if not re.fullmatch(r"/[a-z0-9][a-z0-9_-]{0,30}", value):
        raise ValueError(
            "must be a slash, then lower-case letters, digits, - or _ (32 in all), as in /wiki"
        )
    return value


def _prefixed(prefix: str, whose: str) -> AfterValidator:
    def check(value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(prefix):
            raise ValueError(f"must begin with {prefix}: {whose}")
        return value

    return AfterValidator(check)


Listening = Annotated[Address, BeforeValidator(_read_address)]
BaseUrl = Annotated[str, AfterValidator(_check_url)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_read_origins)]
Seconds = Annotated[timedelta, BeforeValidator(_read_seconds)]
SecondsOrNone = Annotated[timedelta, BeforeValidator(_read_any_seconds)]


class AppSettings(BaseSettings):
    """What the Slack app's manifest depends on; a field ``x`` is the variable ``CONFAB_X``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        enable_decoding=False,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        defer_build=True,  # of three kinds of settings a process reads one
    )

    public_url: Annotated[str, AfterValidator(_check_public_url)]
    command: Annotated[str, AfterValidator(_check_command)] = "/confluence"

    @property
    def is_local(self) -> bool:
        """Tell whether the public address is this machine's alone."""
        return self.public_url.startswith("http://")


class Settings(AppSettings):
    """Every setting of the bot."""

    addr: Listening = Address("0.0.0.0", 3000)  # noqa: S104  # a container's port is published by its host
    ops_addr: Listening = Address("127.0.0.1", 9090)

    mongodb_uri: Annotated[SecretStr, AfterValidator(_check_mongodb)]
    mongodb_database: Annotated[str, AfterValidator(_check_database)] | None = None
    keys_file: Path | None = None
    keys: Annotated[SecretStr, AfterValidator(_check_keys)] = Field(
        default=None, validate_default=True
    )
    key_age: Seconds = timedelta(seconds=30)
    audit_key: Annotated[SecretStr, AfterValidator(_check_audit_key)]

    slack_app_token: Annotated[SecretStr | None, _prefixed("xapp-", "an app-level token")] = None
    slack_signing_secret: SecretStr | None = Field(default=None, validate_default=True)
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = Field(default=None, validate_default=True)
    slack_bot_token: Annotated[
        SecretStr | None, _prefixed("xoxb-", "the bot's token, not a person's")
    ] = Field(default=None, validate_default=True)
    slack_api_url: BaseUrl
    slack_url: BaseUrl
    slack_hooks_url: BaseUrl
    slack_files_url: BaseUrl

    atlassian_client_id: str
    atlassian_client_secret: SecretStr
    atlassian_auth_url: BaseUrl
    atlassian_api_url: BaseUrl
    internal_origins: Origins = ()

    log_format: Literal["json", "console"] = "json"
    # OpenTelemetry's own name for it; a collector is often a neighbour without TLS.
    otel_endpoint: Annotated[str, AfterValidator(_check_any_url)] | None = Field(
        default=None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT"
    )

    consent_lifetime: Seconds = timedelta(minutes=10)
    parked_lifetime: Seconds = timedelta(minutes=10)
    undo_for: Seconds = timedelta(minutes=10)
    settle_after: Seconds = timedelta(seconds=60)
    settle_every: Seconds = timedelta(seconds=5)
    linger: SecondsOrNone = timedelta(seconds=3)
    drain: Seconds = timedelta(seconds=25)
    person_points: int = Field(default=300, gt=0)
    delete_after: int = Field(default=30, ge=0, le=3650)

    @property
    def takes_installs(self) -> bool:
        """Tell whether workspaces install the bot themselves, rather than that one is given."""
        return self.slack_bot_token is None

    @property
    def socket_mode(self) -> bool:
        """Tell whether Slack is reached over a socket that we open."""
        return self.slack_app_token is not None

    @field_validator("keys", mode="before")
    @classmethod
    def _from_their_file(cls, value: object, info: ValidationInfo) -> object:
        if "keys_file" not in info.data:
            raise ValueError("can't be known while CONFAB_KEYS_FILE is wrong")
        file = info.data["keys_file"]
        if value is None and file is None:
            raise ValueError("is missing (it isn't needed only where CONFAB_KEYS_FILE is set)")
        if value is not None and file is not None:
            raise ValueError("and CONFAB_KEYS_FILE can't both be set")
        return value if file is None else _read_keys(file)

    @field_validator("slack_signing_secret")
    @classmethod
    def _signed_over_http(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("slack_app_token", "wrong") is None:
            raise ValueError(
                "is missing (it isn't needed only where CONFAB_SLACK_APP_TOKEN is set)"
            )
        return value

    @field_validator("slack_client_secret")
    @classmethod
    def _pair(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (info.data.get("slack_client_id") is None):
            raise ValueError("and CONFAB_SLACK_CLIENT_ID are set together or not at all")
        return value

    @field_validator("slack_bot_token")
    @classmethod
    def _one_or_many(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and not info.data.get("slack_client_secret", "wrong"):
            raise ValueError(
                "is missing (it isn't needed only where CONFAB_SLACK_CLIENT_ID and "
                "CONFAB_SLACK_CLIENT_SECRET are set: then workspaces install the bot themselves)"
            )
        return value


class SocketModeSettings(Settings):
    """The same, where Slack is always reached over a socket."""

    slack_app_token: Annotated[SecretStr, _prefixed("xapp-", "an app-level token")]


AnySettings = TypeVar("AnySettings", bound=AppSettings)


class SettingsWrong(Exception):
    """The settings can't be used; *problems* is one line for each that is missing or wrong."""

    def __init__(self, problems: Iterable[str]) -> None:
        """Keep the lines in the settings' own order."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def load_settings(
    kind: type[AnySettings],
    fixed: Mapping[str, Any] = MappingProxyType({}),
    env_file: Path = Path(".env"),
) -> AnySettings:
    """Read the settings; what is *fixed* overrules the environment.

    Raises:
        SettingsWrong: with all that is missing or wrong.
    """
    problems = [_unknown(name) for name in _unknown_names(env_file)]
    try:
        settings = kind(_env_file=env_file, **fixed)
    except ValidationError as wrong:
        problems = [*(_problem(error) for error in wrong.errors()), *problems]
    if problems:
        raise SettingsWrong(problems) from None
    return settings


def is_given(field: str, env_file: Path = Path(".env")) -> bool:
    """Tell whether the environment, or *env_file*, says anything of *field*."""
    given = {**dotenv_values(env_file), **os.environ}  # noqa: TID251  # this module is the one reader
    return any(value and name.upper() == variable(field) for name, value in given.items())


def variable(field: str) -> str:
    """Return the name of the environment's variable for *field*."""
    alias = (
        Settings.model_fields[field].validation_alias if field in Settings.model_fields else None
    )
    return alias if isinstance(alias, str) else PREFIX + field.upper()


def _problem(error: Mapping[str, Any]) -> str:
    """Say what is wrong with one setting, never what its value was."""
    name = str(error["loc"][0]) if error["loc"] else ""
    name = variable(name) if name.islower() else name
    if error["type"] == "missing":
        return f"{name} is missing"
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"{name} {message}"


def _unknown_names(env_file: Path) -> list[str]:
    names = {*os.environ, *dotenv_values(env_file)}  # noqa: TID251  # this module is the one reader
    known = {variable(field) for field in Settings.model_fields}
    ours = (name.upper() for name in names)
    return sorted(
        name
        for name in ours
        if name.startswith(PREFIX) and not name.startswith(_FOREIGN) and name not in known
    )


def _unknown(name: str) -> str:
    known = [variable(field) for field in Settings.model_fields]
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return f"{name} is no setting{hint}"
