"""The two commands, the lock and what ships: what a fresh clone promises."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import aiohttp
import pytest
import yaml

from bot.manifest import read_manifest
from bot.metrics import Metrics
from bot.settings import Settings, load_settings, variable
from tests.bot.test_settings import GOOD

ROOT = Path(__file__).parents[1]
MAKE = shutil.which("make") or "make"
LOCK = ROOT / "requirements.lock"
BOT_LOCK = ROOT / "requirements.bot.lock"


def pins(lock):
    """Every requirement of a lock with its hashes; its marker depends on who asks."""
    text = lock.read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if match := re.match(r"([\w.-]+==[^ ;]+)( ;[^-]*?)? +(--hash.*)", line):
            found[match[1]] = tuple(sorted(match[3].split()))
    return found


def make(*arguments, folder=ROOT, path=os.defpath):
    return subprocess.run(  # noqa: S603  # our own Makefile
        [MAKE, "--no-print-directory", *arguments],
        cwd=folder,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_make_alone_lists_what_can_be_done():
    shown = make().stdout

    for target in ("demo", "demo-reset", "test", "check", "lock", "bench", "screenshots", "clean"):
        assert f"make {target} " in shown


def test_without_a_fitting_python_one_sentence_says_what_to_install(tmp_path):
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text("")

    result = make("test", folder=tmp_path, path=str(tmp_path))

    assert result.returncode == 2
    assert "Confab needs CPython 3.11, 3.12 or 3.13 with its venv module" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 2  # the sentence, and make's own line


@pytest.mark.parametrize("lock", [LOCK, BOT_LOCK])
def test_everything_is_pinned_with_hashes_and_without_an_index(lock):
    text = lock.read_text()
    names = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)

    assert len(names) == len(pins(lock)) > 40
    assert all(hashes for hashes in pins(lock).values())
    assert not re.search(r"https?://|file:|--index|--find-links|--extra-index", text)
    assert not re.search(r"\s/\w", text)


def test_what_is_locked_is_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {*project["dependencies"], *chain(*project["optional-dependencies"].values())}
    locked = {name.partition("==")[0].lower() for name in pins(LOCK)}

    assert {re.split(r"[>\[]", each)[0].lower() for each in asked} - locked == {"confab"}


def test_the_image_gets_the_same_pins_without_the_embedded_database():
    everything, image = pins(LOCK), pins(BOT_LOCK)

    assert image.items() <= everything.items()
    names = {name.partition("==")[0] for name in image}
    assert not names & {"secantusdb", "pytest", "mypy", "hypothesis"}


def test_what_the_bot_imports_is_what_it_depends_on():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[>\[]", each)[0].lower() for each in project["dependencies"]}
    sources = [
        p.read_text() for f in ("bot", "handlers", "store") for p in (ROOT / f).rglob("*.py")
    ]
    found = {name for text in sources for name in IMPORTED.findall(text)}
    providers = metadata.packages_distributions()
    needed = {
        frozenset(re.sub(r"[_.]", "-", each).lower() for each in providers[name])
        for name in found - {"bot", "handlers", "store"} - sys.stdlib_module_names
    }

    assert [names for names in needed if not names & declared] == []
    assert declared - frozenset().union(*needed) == set()


IMPORTED = re.compile(
    r"^ *(?:from(?= [\w.]+ import )|import(?= [\w.]+(?: as \w+)?$)) (\w+)", re.MULTILINE
)


# The licences that are taken for granted; anything else is looked at, and named here.
PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Unlicense|CC0|HPND|Zlib)\b",
    re.IGNORECASE,
)
LOOKED_AT = {"secantusdb": "GPL-2.0: a process of its own, never imported"}


def licence_of(distribution):
    fields = distribution.metadata
    classifiers = [c for c in fields.get_all("Classifier") or [] if c.startswith("License ::")]
    return " ".join(
        filter(
            None,
            [fields.get("License-Expression"), *classifiers, (fields.get("License") or "")[:200]],
        )
    )


def test_no_dependency_has_a_licence_that_would_bind_the_bot():
    locked = {name.partition("==")[0].lower() for name in pins(LOCK)}
    for distribution in metadata.distributions():
        name = distribution.name.lower().replace("_", "-")
        if name in locked and name not in LOOKED_AT:
            licence = licence_of(distribution)
            assert PERMISSIVE.search(licence), (name, licence)
            assert not re.search(r"\b(A?GPL|Affero)\b", licence), (name, licence)


def test_the_embedded_database_is_imported_by_nobody():
    for folder in ("bot", "handlers", "store", "sandbox"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(r"^\s*(import|from) secantus", path.read_text(), re.MULTILINE), (
                path
            )


class Image:
    """A Dockerfile, read instruction by instruction."""

    def __init__(self, text):
        lines = re.sub(
            r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
        ).splitlines()
        self.steps = [tuple(line.split(None, 1)) for line in lines if line.strip()]
        last = max(n for n, (word, _) in enumerate(self.steps) if word == "FROM")
        self.final = self.steps[last:]

    def all(self, word, *, final=True):
        return [rest for each, rest in (self.final if final else self.steps) if each == word]


IMAGE = Image((ROOT / "Dockerfile").read_text())
COMPOSE = yaml.safe_load((ROOT / "compose.yml").read_text())


def test_the_image_is_slim_and_runs_as_nobody_in_particular():
    assert all("-slim" in rest for rest in IMAGE.all("FROM", final=False) if "python" in rest)
    (user,) = IMAGE.all("USER")
    assert user not in {"root", "0"}
    assert not any("pip install" in run for run in IMAGE.all("RUN"))
    assert IMAGE.all("HEALTHCHECK")


def test_the_image_installs_from_the_lock_with_hashes():
    runs = " ".join(IMAGE.all("RUN", final=False))

    assert "--require-hashes" in runs
    assert "requirements.bot.lock" in runs
    assert "embedded" not in runs


def test_what_the_image_copies_is_there():
    for copied in IMAGE.all("COPY", final=False):
        if not copied.startswith("--from"):
            for source in copied.split()[:-1]:
                assert (ROOT / source).exists(), source


def test_the_image_is_built_without_secrets_and_leftovers():
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert {".env", ".git", ".venv", ".confab"} <= set(ignored)


def test_what_compose_sets_are_settings():
    known = {variable(field) for field in Settings.model_fields}
    bot = COMPOSE["services"]["bot"]

    assert set(bot["environment"]) <= known
    assert bot["deploy"]["replicas"] == 2
    assert "env_file" in bot


def test_compose_and_an_env_file_make_settings_that_can_be_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in (GOOD | COMPOSE["services"]["bot"]["environment"]).items():
        monkeypatch.setenv(name, str(value))

    settings = load_settings(Settings)
    ports = [str(port) for port in COMPOSE["services"]["bot"].get("expose", [])]
    assert str(settings.addr.port) in ports


def test_compose_starts_a_replica_set_before_the_bot():
    services = COMPOSE["services"]
    uri = services["bot"]["environment"]["CONFAB_MONGODB_URI"]
    name = re.search(r"replicaSet=(\w+)", uri)[1]

    assert f"--replSet {name}" in " ".join(services["mongodb"]["command"])
    assert services["bot"]["depends_on"]["mongodb"]["condition"] == "service_healthy"
    assert "volumes" in services["mongodb"]
    assert "ports" not in services["mongodb"]


async def started(*arguments):
    """A running ``python -m sandbox``, and the address that it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
    assert line.startswith("Confab sandbox: http://127.0.0.1:"), line
    return process, line.removeprefix("Confab sandbox: ")


async def get(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


def processes_of(home):
    """The ids of the processes that work in *home* or were told of it."""
    found = []
    for proc in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            told = (proc / "cmdline").read_bytes() + bytes((proc / "cwd").readlink())
            if str(home).encode() in told:
                found.append(int(proc.name))
    return found


@pytest.mark.crash
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_the_sandbox_leaves_no_process_behind(tmp_path, number):
    process, url = await started("--home", str(tmp_path))
    state = json.loads((await get(f"{url}/_sandbox/state"))[1])
    assert [bot["running"] for bot in state["bots"]] == [True]
    assert (await get(f"{state['bot_url']}/healthz")) == (200, "ok\n")

    process.send_signal(number)
    code = await asyncio.wait_for(process.wait(), 40)

    assert code == (-number if number == signal.SIGKILL else 0)
    async with asyncio.timeout(5):
        while processes_of(tmp_path):  # noqa: ASYNC110  # nothing tells us of their end
            await asyncio.sleep(0)


@pytest.mark.crash
async def test_the_sandbox_comes_back_where_it_was(tmp_path):
    process, url = await started("--home", str(tmp_path))
    before = json.loads((await get(f"{url}/_sandbox/state"))[1])
    process.terminate()
    await process.wait()

    process, again = await started("--home", str(tmp_path))
    after = json.loads((await get(f"{again}/_sandbox/state"))[1])
    process.terminate()
    await process.wait()

    assert again == url
    assert after["bot_url"] == before["bot_url"]


def test_operators_are_told_why_each_slack_scope_is_asked_for():
    table = (ROOT / "docs" / "operation.md").read_text().partition("### Slack scopes")[2]
    table = table.partition("###")[0]
    reasons = re.findall(r"^\| (`[a-z_:`, ]+`) \|", table, re.MULTILINE)
    named = {scope for cell in reasons for scope in re.findall(r"`([a-z_:]+)`", cell)}

    assert named == set(read_manifest()["oauth_config"]["scopes"]["bot"])


def test_the_docs_explain_every_number():
    text = (ROOT / "docs" / "operation.md").read_text()
    shown = re.findall(rb"^# TYPE (confab_\w+) (?!gauge$)", Metrics().exposition(), re.MULTILINE)
    families = {name.decode().removesuffix("_created") for name in shown}

    assert families
    assert families <= set(re.findall(r"confab_\w+", text))


@pytest.mark.parametrize("page", ["README.md", "docs/setup.md", "docs/operation.md"])
def test_the_docs_link_to_what_is_there(page):
    text = (ROOT / page).read_text()
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
        linked = ((ROOT / page).parent / target) if target else ROOT / page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
            assert anchor in {
                re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in headings
            }
