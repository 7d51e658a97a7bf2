"""Logs: facts with keys, JSON in production, and no secret in them."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from pydantic import SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "…"
_DEPTH = 6
# It logs whole bodies and signatures of whatever it refuses.
_SILENCED = ("slack_bolt.AsyncRequestVerification", "slack_bolt.RequestVerification")
_SECRET_KEY = re.compile(
    r"token|secret|password|authorization|cookie|verifier|signature|response_url", re.IGNORECASE
)
_SECRETS = re.compile(
    r"""
    \bx(?:ox|app)[\w.]*-[\w.-]+                                     # Slack's tokens
    | \beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?                          # JWT
    | (?P<scheme>\b(?:Bearer|Basic)\s+)[^\s"',;]+
    | (?P<query>[?&"'\s](?:code|state|nonce|code_verifier|client_secret
        |access_token|refresh_token|id_token)
        ["']?\s*[=:]\s*["']?)[^&\s"',}]+
    | (?P<hook>hooks\.slack\.com/|/slack/hooks/)[\w/.-]+              # response URLs
    | (?P<link>/connect/(?:[a-z]+/)?)[\w~.-]{24,}                      # links that are keys
    | (?P<user>mongodb(?:\+srv)?://)[^@/\s]+(?=@)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def configure(form: Literal["json", "console"], stream: TextIO = sys.stderr) -> None:
    """Send our logs, and what libraries warn of, to *stream*."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                _renderer(form),
            ],
        )
    )
    _route(handler)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide what is secret, or looks as if it were, wherever it stands in *event*."""
    return {key: _redacted(value, key, _DEPTH) for key, value in event.items()}


def hide_secrets(text: str) -> str:
    """Return *text* without whatever looks like a secret."""
    return _SECRETS.sub(lambda found: f"{next(filter(None, found.groups()), '')}{HIDDEN}", text)


def _renderer(form: Literal["json", "console"]) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=repr)
    return structlog.dev.ConsoleRenderer(colors=False)


def _route(handler: logging.Handler) -> None:
    handler.addFilter(_is_wanted)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


def _is_wanted(record: logging.LogRecord) -> bool:
    # Asked of each record: Bolt gives every logger of its own the root's level.
    if isinstance(record.msg, dict):
        return True
    return record.levelno >= logging.WARNING and record.name not in _SILENCED


def _redacted(value: Any, key: str, depth: int) -> Any:  # noqa: ANN401  # whatever was logged
    if isinstance(value, SecretStr) or (_SECRET_KEY.search(key) and not isinstance(value, bool)):
        return HIDDEN
    if isinstance(value, str):
        return hide_secrets(value)
    if depth and isinstance(value, Mapping):
        return {inner: _redacted(item, str(inner), depth - 1) for inner, item in value.items()}
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [_redacted(item, key, depth - 1) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return hide_secrets(str(value))
