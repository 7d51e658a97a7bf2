"""Bot tokens: those that last, and those that rotate."""

import secrets

from sandbox.clock import Clock
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Installation, Json, Refresh, State, Token

EXPIRES_IN = 43_200
#: how long a refresh token that was traded in may come again; Slack says "a short grace period"
GRACE_SECONDS = 60.0
#: access tokens of one installation that are good at a time
MOST_ACTIVE = 2


class Tokens:
    """Mints them, knows them again, and lets them end."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def known(self, token: str) -> Installation | None:
        """The installation whose token this is, None where it is nobody's.

        Raises:
            Refused: it was good once.
        """
        found = self._state.tokens.get(token)
        if found is None:
            return None
        app = self._state.installations[found.home]
        if not app.installed:
            raise Refused("account_inactive")
        if found.revoked:
            raise Refused("token_revoked")
        if found.expires is not None and self._clock.now() >= found.expires:
            raise Refused("token_expired")
        return app

    def issue(self, home: str) -> Json:
        """A token as an install answers it: the one that lasts again, where there is one."""
        if self._state.rotation:
            return self._rotating(home)
        lasting = [t for t, row in self._active(home) if row.expires is None]
        return {"access_token": lasting[-1] if lasting else self._minted(home, "xoxb-", None)}

    def refresh(self, refresh_token: str) -> tuple[str, Json]:
        """Another pair for a refresh token: whose it is, and what is answered."""
        found, now = self._state.refreshes.get(refresh_token), self._clock.now()
        if found is None or found.revoked or not self._state.installations[found.home].installed:
            raise Refused("invalid_refresh_token")
        if found.used is not None and now > found.used + GRACE_SECONDS:
            raise Refused("invalid_refresh_token")
        found.used = now if found.used is None else found.used
        return found.home, self._rotating(found.home)

    def exchange(self, token: str) -> tuple[str, Json]:
        """A rotating pair for a token that lasts, which ends."""
        if not self._state.rotation:
            raise Refused("token_rotation_not_enabled")
        app = self.known(token)
        if app is None or self._state.tokens[token].expires is not None:
            raise Refused("invalid_token")
        self.revoke(token)
        return app.id, self._rotating(app.id)

    def revoke(self, token: str) -> None:
        """End one token."""
        self._state.tokens[token].revoked = True

    def revoke_all(self, home: str) -> None:
        """End every token of an installation."""
        for token in self._state.tokens.values():
            token.revoked = token.revoked or token.home == home
        for refresh in self._state.refreshes.values():
            refresh.revoked = refresh.revoked or refresh.home == home

    def revive(self, home: str) -> None:
        """Have the newest token of an installation be good again."""
        ours = [token for token in self._state.tokens.values() if token.home == home]
        if ours:
            ours[-1].revoked = False

    def any_left(self, home: str) -> bool:
        """Whether a token of this installation is good, or can be refreshed."""
        unused = (r for r in self._state.refreshes.values() if r.home == home and r.used is None)
        return bool(self._active(home)) or any(not each.revoked for each in unused)

    def _rotating(self, home: str) -> Json:
        access = self._minted(home, "xoxe.xoxb-1-", self._clock.now() + EXPIRES_IN)
        rotating = [token for token, row in self._active(home) if row.expires is not None]
        for token in rotating[:-MOST_ACTIVE]:
            self.revoke(token)
        refresh = f"xoxe-1-{secrets.token_urlsafe(48)}"
        self._state.refreshes[refresh] = Refresh(home)
        return {"access_token": access, "refresh_token": refresh, "expires_in": EXPIRES_IN}

    def _minted(self, home: str, prefix: str, expires: float | None) -> str:
        token = f"{prefix}{secrets.token_urlsafe(36)}"
        self._state.tokens[token] = Token(home, expires)
        return token

    def _active(self, home: str) -> list[tuple[str, Token]]:
        """The oldest first."""
        now = self._clock.now()
        return [
            (token, row)
            for token, row in self._state.tokens.items()
            if row.home == home and not row.revoked and (row.expires is None or row.expires > now)
        ]
