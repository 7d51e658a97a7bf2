"""The app as Slack must see it, for one address and one command word."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import yaml

_NAME: Final = "manifest.yml"
# Written in C where the package has it, as its wheels have: the bot waits for it when it starts.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_manifest() -> dict[str, Any]:
    """Return the manifest as it ships, for an address that nobody has."""
    # Inside the installed package; in a checkout it stands at the top, where people look for it.
    shipped = resources.files("bot").joinpath(_NAME)
    if not shipped.is_file():
        shipped = Path(__file__).parent.parent / _NAME
    manifest: dict[str, Any] = yaml.load(shipped.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe one
    return manifest


def slack_scopes() -> frozenset[str]:
    """Return what the app asks of a workspace that installs it."""
    return _scopes("bot")


def required_scopes() -> frozenset[str]:
    """Return those without which the bot doesn't work; the others an installer may leave out."""
    return _scopes("bot") - _scopes("bot_optional")


@cache
def _scopes(whose: str) -> frozenset[str]:
    return frozenset(read_manifest()["oauth_config"]["scopes"][whose])


def manifest_for(public_url: str, command: str, *, socket_mode: bool = False) -> dict[str, Any]:
    """Return the manifest for *public_url* and *command*.

    In Socket Mode Slack calls no address of ours. Sign in with Slack takes https alone,
    so that an http address (this machine) has none to come back to.
    """
    manifest = read_manifest()
    deliveries = f"{public_url}/slack/events"
    (slash,) = manifest["features"]["slash_commands"]
    settings = manifest["settings"]
    slash["command"] = command
    settings["socket_mode_enabled"] = socket_mode
    for place, key in (
        (slash, "url"),
        (settings["event_subscriptions"], "request_url"),
        (settings["interactivity"], "request_url"),
        (settings["interactivity"], "message_menu_options_url"),
    ):
        _point(place, key, None if socket_mode else deliveries)
    paths = ("/connect/slack", "/slack/oauth_redirect")
    redirects = [f"{public_url}{path}" for path in paths]
    redirect = redirects if public_url.startswith("https://") else None
    _point(manifest["oauth_config"], "redirect_urls", redirect)
    return manifest


def to_yaml(manifest: dict[str, Any]) -> str:
    """Write *manifest* as Slack's form takes it."""
    return yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=120)


def _point(place: dict[str, Any], key: str, value: object) -> None:
    if value is None:
        place.pop(key, None)
    else:
        place[key] = value
