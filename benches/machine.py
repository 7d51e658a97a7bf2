"""What the operating system knows of a process, and on which core it runs.

Linux is asked through ``/proc``, macOS through ``ps``; cores are chosen on Linux alone.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
KB: Final = 1024
MB: Final = 1024 * KB


def _cores() -> list[int]:
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else []


CORES: Final = _cores()
"""The cores that we may use; the first is for whatever is measured, the last for the load."""


@contextlib.contextmanager
def on_core(place: int) -> Iterator[None]:
    """Keep to one core, and with us every process that is started meanwhile."""
    if not CORES:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORES[place]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process up to now."""
    if (PROC / "self").exists():
        # proc(5): the name stands in parentheses and may hold anything; utime and stime are 14, 15.
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return _clock(_ps(pid, "time"))


def resident_bytes(pid: int) -> int:
    """The memory that a process holds."""
    if (PROC / "self").exists():
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return int(_ps(pid, "rss")) * KB


def _ps(pid: int, column: str) -> str:
    return subprocess.run(  # noqa: S603 - a number and our own words
        ["/bin/ps", "-o", f"{column}=", "-p", str(pid)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def _clock(text: str) -> float:
    """Read ``[[hours:]minutes:]seconds``."""
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds
