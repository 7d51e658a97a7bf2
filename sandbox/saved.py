"""What survives a restart of the sandbox, in one file."""

import fcntl
import hashlib
import json
from pathlib import Path
from typing import IO, Any

_FORM = 2


class Unreadable(Exception):
    """The saved state is of another version, or damaged."""


class InUse(Exception):
    """Another sandbox has this folder."""


class Saved:
    """One folder's state, read once and then written whenever it has changed."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(home)
        self._path = home / "sandbox.json"
        self._digest = b""

    def read(self) -> dict[str, Any]:
        """Return what was saved, or nothing.

        Raises:
            Unreadable: it can't be used.
        """
        if not self._path.exists():
            return {}
        try:
            state = json.loads(self._path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise Unreadable(str(error)) from error
        if not isinstance(state, dict) or state.pop("form", None) != _FORM:
            raise Unreadable("it was saved by another version")
        return state

    def write(self, state: dict[str, Any]) -> None:
        """Save *state* whole or not at all, unless it is what was saved last."""
        text = json.dumps({"form": _FORM, **state}, ensure_ascii=False)
        digest = hashlib.blake2b(text.encode()).digest()
        if digest == self._digest:
            return
        fresh = self._path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._path)
        self._digest = digest

    def close(self) -> None:
        """Let others have the folder."""
        self._lock.close()


def _locked(home: Path) -> IO[str]:
    lock = (home / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise InUse(f"another sandbox is using {home}") from None
    return lock
