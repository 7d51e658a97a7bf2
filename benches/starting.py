"""``start`` and ``rss``: to listening, and idle memory, beside an empty Bolt app.

The peer imports every module of other people's that the bot has imported once it is built,
so that what is compared is what we do ourselves.
"""

import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benches.line import Line, of_medians
from benches.machine import MB, on_core, resident_bytes
from benches.scene import LOAD, MEASURED, ROOT, sandboxed
from sandbox.processes import Child, free_port
from sandbox.server import Sandbox

ROUNDS: Final = 7
PATIENCE: Final = 60.0
LOOKS_EVERY: Final = 0.005
IDLE: Final = 1.0
"""Seconds after which the memory is looked at."""

_IMPORTED: Final = """
import json, sys
import bot.__main__, bot.serving, bot.logs
ours = {"bot", "handlers", "store", "__main__"}
def is_theirs(name):
    top = name.partition(".")[0]
    return top not in sys.stdlib_module_names and top not in ours
# Some make modules up at run time, which have no file.
print(json.dumps([name for name, module in list(sys.modules.items())
    if is_theirs(name) and getattr(module, "__file__", None)]))
"""


async def starting(home: Path, rounds: int = ROUNDS, idle: float = IDLE) -> list[Line]:
    """Start both, in turns, each into the same surroundings."""
    seconds: dict[str, list[float]] = defaultdict(list)
    memory: dict[str, list[float]] = defaultdict(list)
    async with sandboxed(home) as sandbox:
        await sandbox.bots.stop()
        imports = await _imports_of_the_bot()
        for _ in range(rounds):
            for name in ("ours", "peer"):
                took, held = await _started(name, sandbox, home, imports, idle)
                seconds[name].append(took)
                memory[name].append(held / MB)
    return [
        of_medians("start", seconds["ours"], seconds["peer"], "s", 1.2),
        of_medians("rss", memory["ours"], memory["peer"], "MB", 1.2),
    ]


async def _imports_of_the_bot() -> list[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _IMPORTED), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    names: list[str] = json.loads(out)
    return names


async def _started(
    name: str, sandbox: Sandbox, home: Path, imports: list[str], idle: float
) -> tuple[float, int]:
    """Return the seconds to listening, and the bytes held a moment later."""
    port = free_port()
    if name == "ours":
        command, environment = ["-m", "bot"], _environment(sandbox, port)
    else:
        facts = json.dumps({"port": port, "secret": "s", "imports": imports})
        command = ["-m", "benches.peers", "bolt_with_imports", facts]
        environment = {"PYTHONPATH": str(ROOT)}
    return await _timed([sys.executable, *command], environment, home / f"{name}.log", port, idle)


def _environment(sandbox: Sandbox, port: int) -> dict[str, str]:
    ports = {
        "CONFAB_ADDR": f"127.0.0.1:{port}",
        "CONFAB_OPS_ADDR": f"127.0.0.1:{free_port()}",
        "PYTHONPATH": str(ROOT),
    }
    return sandbox.bot_settings() | ports


async def _timed(
    command: list[str], environment: Mapping[str, str], log: Path, port: int, idle: float
) -> tuple[float, int]:
    with on_core(MEASURED):
        began = time.perf_counter()
        child = await Child.start(command, environment, log)
    try:
        with on_core(LOAD):
            await _listens(child, port)
            took = time.perf_counter() - began
            await asyncio.sleep(idle)
        return took, resident_bytes(child.pid)
    finally:
        await child.stop()


async def _listens(child: Child, port: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while child.is_running:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(LOOKS_EVERY)
            else:
                writer.close()
                await writer.wait_closed()
                return
    raise child.failure("A side of the bench")
