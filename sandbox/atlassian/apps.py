"""The developer console: every 3LO app, and the sites whose organisation lets none in."""

from dataclasses import asdict, replace
from typing import Any

from sandbox.atlassian.client import OAuthClient
from sandbox.atlassian.sites import HOOLI

FIELDS = ("client_secret", "redirect_uri", "scopes", "name", "owner", "distributed")


class Apps:
    """The *system* app, and those registered later.

    *blocking* holds the cloud ids of sites that block apps which people install.
    """

    def __init__(self, system: OAuthClient) -> None:
        self._system = system
        self._apps = {system.client_id: system}
        self.blocking = {HOOLI}

    def find(self, client_id: str) -> OAuthClient | None:
        """The app with this id."""
        return self._apps.get(client_id)

    def all(self) -> list[OAuthClient]:
        """Every app, the system's first."""
        return list(self._apps.values())

    def register(self, said: dict[str, Any]) -> OAuthClient:
        """A new app, private unless told otherwise, or one that is changed where something is said.

        Raises:
            KeyError: a new app lacks what it must have.
            TypeError: something said isn't what it must be.
        """
        given = {name: said[name] for name in FIELDS if name in said}
        if "scopes" in given:
            held = given["scopes"]
            given["scopes"] = frozenset(held.split() if isinstance(held, str) else map(str, held))
        client_id = str(said["client_id"])
        earlier = self._apps.get(client_id)
        if earlier is None:
            needed = {name: given.pop(name) for name in ("client_secret", "redirect_uri", "scopes")}
            earlier = OAuthClient(client_id, **needed, name=client_id, distributed=False)
        app = replace(earlier, **given)
        words = (app.client_secret, app.redirect_uri, app.name)
        if not all(isinstance(each, str) for each in words):
            raise TypeError("client_secret, redirect_uri and name are text")
        self._apps[client_id] = app
        return app

    def remove(self, client_id: str) -> bool:
        """Delete an app; whether there was one."""
        return self._apps.pop(client_id, None) is not None

    def dump(self) -> dict[str, Any]:
        """Everything but the system app, which comes with each start."""
        kept = [each for each in self.all() if each.client_id != self._system.client_id]
        apps = [{**asdict(each), "scopes": sorted(each.scopes)} for each in kept]
        return {"apps": apps, "blocking": sorted(self.blocking)}

    def load(self, saved: dict[str, Any]) -> None:
        """What `dump` gave."""
        for each in saved["apps"]:
            self.register(each)
        self.blocking = set(saved["blocking"])
