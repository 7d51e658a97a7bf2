"""Who would be notified by a text, and how Slack escapes what people type."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_SPECIAL = re.compile(
    r"<!(channel|here|everyone)(?:\|[^>]*)?>"
    r"|<(?:@|!subteam\^)([UWS][A-Z0-9]+)(?:\|[^>]*)?>"
)
_LITERAL = re.compile(r"@(channel|here|everyone)\b")


def pings(text: str, blocks: Iterable[object], *, link_names: bool = False) -> list[str]:
    """Ids of people and groups, ``channel``, ``here``, ``everyone``: who is notified, each once."""
    found: dict[str, None] = dict.fromkeys(_in_text(text))
    if link_names:
        found |= dict.fromkeys(_LITERAL.findall(text))
    for block in blocks:
        found |= dict.fromkeys(_in_node(block))
    return list(found)


def _in_text(text: str) -> Iterable[str]:
    return (special or user for special, user in _SPECIAL.findall(text))


def _in_node(node: object) -> Iterable[str]:
    if isinstance(node, Mapping):
        yield from _in_mapping(node)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from _in_node(each)


def _in_mapping(node: Mapping[str, Any]) -> Iterable[str]:
    match node.get("type"):
        case "mrkdwn" | "markdown":
            yield from _in_text(str(node.get("text", "")))
        case "user":
            yield str(node.get("user_id"))
        case "usergroup":
            yield str(node.get("usergroup_id"))
        case "broadcast":
            yield str(node.get("range"))
        case _:
            for each in node.values():
                yield from _in_node(each)


def escaped(text: str) -> str:
    """`&`, `<` and `>` as Slack sends and expects them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


#: what is typed for an address, a person's name and a channel's; a sentence may end behind them
URL = r"https?://[^\s<>]*[^\s<>.,;:!?'\")\]]"
USER = r"[A-Za-z][\w-]*(?:\.[\w-]+)*"
CHANNEL = r"[a-z0-9][\w-]*"
_TYPED = re.compile(rf"(?P<url>{URL})|@(?P<user>{USER})|#(?P<channel>{CHANNEL})")


def linked(
    text: str, people: Iterable[Mapping[str, Any]], channels: Iterable[Mapping[str, Any]]
) -> str:
    """What a person typed, with mentions and addresses as Slack writes them down."""
    by_name = {each["name"]: each["id"] for each in people}
    by_channel = {each["name"]: each for each in channels if each["kind"] != "im"}

    def link(found: re.Match[str]) -> str:
        if found["url"]:
            return f"<{found[0]}>"
        user = by_name.get((found["user"] or "").lower())
        if user:
            return f"<@{user}>"
        return _channel_link(by_channel.get(found["channel"])) or found[0]

    return _TYPED.sub(link, escaped(text))


def _channel_link(channel: Mapping[str, Any] | None) -> str | None:
    if channel is None:
        return None
    # Slack names public channels only: <#C123|general>, <#C987|>.
    return f"<#{channel['id']}|{channel['name'] if channel['kind'] == 'public' else ''}>"
