"""The REST call that a step makes."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.rest import TOKEN, Call, check_call
from bot.steps.names import Names
from bot.template import HttpStep
from bot.values import Value, text_of_value


def call_of(step: HttpStep, names: Names) -> Call:
    """Return the call that an ``http`` step makes.

    Raises:
        BadInput: it is never sent, whatever the site.
    """
    wanted = step.http
    call = Call(
        wanted.method,
        names.text(wanted.path, lambda value: quote(text_of_value(value), safe="")),
        {name: names.text(source) for name, source in wanted.query.items()},
        {name: names.text(source, token=TOKEN) for name, source in wanted.headers.items()},
        _json(wanted.body, names),
    )
    check_call(call)
    return call


def _json(body: object, names: Names) -> Any:  # noqa: ANN401 - JSON
    if isinstance(body, str):
        return _plain_json(names.value(body))
    if isinstance(body, Mapping):
        return {str(name): _json(each, names) for name, each in body.items()}
    if isinstance(body, list | tuple):
        return [_json(each, names) for each in body]
    return body


def _plain_json(value: Value) -> Any:  # noqa: ANN401 - JSON
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return [_plain_json(each) for each in value]
    return text_of_value(value)
