"""The embedded database: a process of its own, never imported (its licence is GPL-2.0)."""

import shutil
import sys
from pathlib import Path

from sandbox.processes import Child, DoesNotStart, wait_for_port

_SERVER = "secantusd-py"


def database_uri(port: int) -> str:
    """Where a database on *port* is found."""
    return f"mongodb://127.0.0.1:{port}/confab?directConnection=true"


async def start_database(home: Path, port: int) -> Child:
    """Start the database with its files under *home*, and return once it listens.

    Raises:
        DoesNotStart: it isn't installed, or its log says why.
    """
    child = await Child.start(
        [
            _server(),
            *("--host", "127.0.0.1"),
            *("--port", str(port)),
            *("--storage-path", str((home / "database").absolute())),
            # Without it, acknowledged writes are lost to a SIGKILL.
            "--sync-on-commit",
            *("--log-level", "WARNING"),
        ],
        {},
        home / "database.log",
    )
    try:
        await wait_for_port(child, port, "The embedded database")
    except BaseException:
        await child.kill()
        raise
    return child


def _server() -> str:
    beside = Path(sys.executable).parent / _SERVER
    found = str(beside) if beside.exists() else shutil.which(_SERVER)
    if found is None:
        raise DoesNotStart("The embedded database isn't installed: pip install 'confab[embedded]'")
    return found
