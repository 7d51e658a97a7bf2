import asyncio
import base64
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.embedded import DatabaseMissing, EmbeddedDatabase
from bot.settings import Settings, SettingsWrong, load_settings, variable
from tests.bot.test_settings import GOOD

ROOT = Path(__file__).parents[2]
REAL = "https://confab.acme.example"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The command line, in an empty folder, with an environment of its own."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)

    def run_it(*arguments, env=None):
        return CliRunner().invoke(cli, arguments, env=env or {})

    return run_it


def test_help_names_every_command(run):
    result = run("--help")

    assert result.exit_code == 0
    for command in ("serve", "dev", "check", "manifest", "keys"):
        assert command in result.output


@pytest.mark.parametrize("command", [[], ["serve"], ["dev"], ["check"]])
def test_wrong_settings_stop_it_with_one_message_and_no_traceback(run, command):
    result = run(*command, env={"CONFAB_KEYS": "k1=s3cret", "CONFAB_PUBLIC_URL": "ftp://x"})

    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "s3cret" not in result.output
    for name in ("PUBLIC_URL", "KEYS", "SLACK_BOT_TOKEN", "ATLASSIAN_CLIENT_SECRET"):
        assert f"CONFAB_{name} " in result.output


def test_development_needs_no_database_of_ones_own(run):
    result = run("dev")

    assert "CONFAB_MONGODB_URI" not in result.output
    assert "CONFAB_SLACK_APP_TOKEN is missing" in result.output


def test_as_a_module_it_serves(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "bot"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert result.returncode == 2
    assert result.stderr.startswith("Confab can't start.")


def test_the_manifest_is_printed_as_slack_takes_it(run):
    result = run("manifest", "--url", REAL, env={"CONFAB_COMMAND": "/wiki"})

    manifest = yaml.safe_load(result.output)
    (command,) = manifest["features"]["slash_commands"]
    assert (command["command"], command["url"]) == ("/wiki", f"{REAL}/slack/events")


def test_the_command_can_be_named_for_the_manifest_alone(run):
    result = run("manifest", "--url", REAL, "--command", "/docs", env={"CONFAB_COMMAND": "/wiki"})

    assert "command: /docs" in result.output


def test_slack_can_not_reach_this_machine(run):
    assert run("manifest", "--url", "http://localhost:3000").exit_code == 1
    assert run("manifest", "--url", "http://localhost:3000", "--socket-mode").exit_code == 0


def test_a_manifest_for_an_address_that_can_not_be_is_refused(run):
    result = run("manifest", "--url", "http://confab.acme.example")

    assert (result.exit_code, "CONFAB_PUBLIC_URL" in result.output) == (2, True)


@pytest.mark.parametrize(("given", "threads"), [(None, "64"), ("8", "8")])
def test_the_databases_threads_do_not_depend_on_the_machine(run, monkeypatch, given, threads):
    monkeypatch.setenv("MOTOR_MAX_WORKERS", given or "")
    if given is None:
        monkeypatch.delenv("MOTOR_MAX_WORKERS")
    run("keys", "new")

    assert os.environ["MOTOR_MAX_WORKERS"] == threads  # noqa: TID251  # where Motor reads it


def test_new_keys_differ_and_fit(run):
    one, other = run("keys", "new").output.strip(), run("keys", "new", "--id", "k2").output.strip()

    assert one.startswith("k1=")
    assert other.startswith("k2=")
    assert one[3:] != other[3:]
    assert len(base64.b64decode(one[3:], validate=True)) == 32
    with pytest.raises(SettingsWrong) as wrong:
        load_settings(Settings, {"keys": f"{one},{other}"})
    assert not any(line.startswith("CONFAB_KEYS") for line in wrong.value.problems)


def test_an_address_that_can_not_be_read_is_said_in_a_sentence(run):
    env = {**GOOD, "CONFAB_MONGODB_URI": "mongodb://bot:s3cret@@127.0.0.1/confab"}
    result = run("keys", "rotate", env=env)

    assert result.exit_code == 1
    assert result.output.startswith("Confab stopped: CONFAB_MONGODB_URI can't be read")
    assert "s3cret" not in result.output


async def test_the_embedded_database_runs_inside_the_block(tmp_path):
    database = EmbeddedDatabase(tmp_path)
    port = int(database.uri.rpartition(":")[2].partition("/")[0])
    async with database.running():
        socket.create_connection(("127.0.0.1", port)).close()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()


async def test_a_database_that_does_not_start_says_where_its_log_is(tmp_path):
    (tmp_path / "database").write_text("not a folder")

    with pytest.raises(DatabaseMissing, match=r"database\.log"):
        async with EmbeddedDatabase(tmp_path).running():
            pass


@pytest.mark.crash
async def test_the_embedded_database_does_not_outlive_its_parent(tmp_path):
    script = """
import asyncio, sys
from pathlib import Path
from bot.embedded import EmbeddedDatabase

async def main():
    database = EmbeddedDatabase(Path(sys.argv[1]))
    async with database.running():
        print(database.uri, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, str(tmp_path)),
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
        stdout=asyncio.subprocess.PIPE,
    )
    uri = (await parent.stdout.readline()).decode()
    port = int(uri.rpartition(":")[2].partition("/")[0])

    parent.send_signal(signal.SIGKILL)
    await parent.wait()

    async with asyncio.timeout(10):
        while await listens(port):  # noqa: ASYNC110  # nothing tells us of its end
            await asyncio.sleep(0)


async def listens(port):
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True
    return False


def test_the_settings_of_these_tests_are_good(run, monkeypatch):
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)

    assert load_settings(Settings).public_url == REAL
