"""An embedded MongoDB-compatible server of one's own, for as long as a test needs it."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sandbox.processes import free_port

_PROGRAM = Path(sys.executable).with_name("secantusd-py")
_PATIENCE = 30.0


@contextlib.contextmanager
def running_database(path: Path, port: int | None = None) -> Iterator[str]:
    """Run the server with its files in *path*, and yield its URI (without a database's name).

    Whatever was acknowledged is on the disk: the server is run as it would be for people.
    """
    port = port or free_port()
    server = subprocess.Popen([  # noqa: S603  # our own environment's program, fixed arguments
        str(_PROGRAM),
        "--host", "127.0.0.1",
        "--port", str(port),
        "--storage-path", str(path),
        "--sync-on-commit",
        "--log-level", "WARNING",
    ])  # fmt: skip
    try:
        _wait_for(server, port)
        yield f"mongodb://127.0.0.1:{port}/"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(server: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError("the embedded database didn't start")
