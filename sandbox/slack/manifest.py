"""What the app's manifest allows."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


class Manifest:
    """Questions that Slack asks of an app's manifest."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._features = manifest.get("features", {})
        self._oauth = manifest.get("oauth_config", {})
        self._settings = manifest.get("settings", {})
        name = manifest.get("display_information", {}).get("name", "App")
        self.name: str = name
        scopes = self._oauth.get("scopes", {})
        self.bot_scopes = tuple(scopes.get("bot", ()))
        #: of those, what whoever installs the app may leave out
        self.optional_scopes = tuple(
            s for s in scopes.get("bot_optional", ()) if s in self.bot_scopes
        )
        self.redirect_urls: tuple[str, ...] = tuple(self._oauth.get("redirect_urls", ()))
        #: whether an organisation may install the app as a whole
        self.org_ready = bool(self._settings.get("org_deploy_enabled"))
        self.rotates = bool(self._settings.get("token_rotation_enabled"))
        tabs = self._features.get("app_home", {})
        self.home_tab = bool(tabs.get("home_tab_enabled"))
        self.messages_tab = bool(tabs.get("messages_tab_enabled"))

    def command(self, word: str) -> Mapping[str, Any] | None:
        """The slash command of this word."""
        commands = self._features.get("slash_commands", ())
        return next((each for each in commands if each["command"] == word), None)

    def shortcuts(self) -> tuple[Mapping[str, Any], ...]:
        """All of them, global ones and those on messages."""
        return tuple(self._features.get("shortcuts", ()))

    def subscribes(self, event: str) -> bool:
        """Whether the bot gets events of this name."""
        subscriptions = self._settings.get("event_subscriptions", {})
        return event in subscriptions.get("bot_events", ())

    def can_type_to_app(self) -> bool:
        """Whether people may write in the app's messages tab."""
        read_only = self._features.get("app_home", {}).get("messages_tab_read_only_enabled")
        return self.messages_tab and not read_only

    def registers(self, redirect_uri: str) -> bool:
        """Whether *redirect_uri* equals a registered address or lies below one."""
        return any(_is_below(redirect_uri, each) for each in self.redirect_urls)


def _is_below(uri: str, registered: str) -> bool:
    asked, known = urlsplit(uri), urlsplit(registered)
    if (asked.scheme, asked.netloc) != (known.scheme, known.netloc) or asked.fragment:
        return False
    if ".." in asked.path.split("/"):
        return False
    return asked.path == known.path or asked.path.startswith(f"{known.path.rstrip('/')}/")
