"""The command line: ``confab``, and ``python -m bot``, which serves.

Each command imports what it needs when it runs, so that ``confab --help`` is quick and
``confab keys new`` needs no settings.
"""
# ruff: noqa: PLC0415  # as said above

import asyncio
import base64
import gc
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.errors import BotError
from bot.settings import (
    AnySettings,
    AppSettings,
    Settings,
    SettingsWrong,
    SocketModeSettings,
    is_given,
    load_settings,
)
from bot.template_commands import templates

if TYPE_CHECKING:
    from bot.audit import Auditor
    from bot.trail import ChainKey, Entry
    from store.key_rotation import KeyRotation
    from store.stores import Stores

_WRONG_SETTINGS = 2
_DAYS = ["%Y-%m-%d"]
_DATABASE_THREADS = "64"


class AuditForm(StrEnum):
    """How the audit is written."""

    CSV = "csv"
    JSONL = "jsonl"


cli = typer.Typer(
    name="confab",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys = typer.Typer(help="Keys that seal what the bot remembers.", no_args_is_help=True)
cli.add_typer(keys, name="keys")
audit = typer.Typer(help="What was done, by whom, in whose name.", no_args_is_help=True)
cli.add_typer(audit, name="audit")
cli.add_typer(templates, name="templates")


@cli.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Use Confluence from Slack, in your own name."""
    # Motor's own default is five threads a core. It reads this once, when it is imported.
    os.environ.setdefault("MOTOR_MAX_WORKERS", _DATABASE_THREADS)  # noqa: TID251  # no setting of ours
    if context.invoked_subcommand is None:
        serve()


@cli.command()
def serve() -> None:
    """Run the bot until it is told to stop (the same as `python -m bot`)."""
    with _importing():
        from bot.logs import configure as configure_logs
        from bot.serving import serve as serve_app

    settings = _settings(Settings)
    configure_logs(settings.log_format)
    _run(serve_app(settings))


@cli.command()
def dev(
    home: Annotated[Path, typer.Option(help="Where the embedded database keeps its files.")] = Path(
        ".confab/dev"
    ),
) -> None:
    """Run the bot in Socket Mode, on an embedded database that it starts itself."""
    from bot.embedded import EmbeddedDatabase
    from bot.logs import configure as configure_logs
    from bot.serving import serve as serve_app

    database = EmbeddedDatabase(home)
    kept = {} if is_given("audit_key") else {"audit_key": _kept_key(home / "audit.key")}
    settings = _settings(SocketModeSettings, mongodb_uri=database.uri, log_format="console", **kept)
    configure_logs(settings.log_format)

    async def develop() -> None:
        async with database.running():
            await serve_app(settings)

    _run(develop())


@cli.command()
def check() -> None:
    """Prove the settings against the real services, step by step."""
    from bot.diagnosis import diagnose

    settings = _settings(Settings)
    if not asyncio.run(diagnose(settings, typer.echo)):
        raise typer.Exit(1)


@cli.command()
def manifest(
    url: Annotated[
        str, typer.Option(help="The bot's public address, as in https://confab.acme.example")
    ],
    command: Annotated[
        str | None, typer.Option(help="The command's word; CONFAB_COMMAND where it isn't given.")
    ] = None,
    *,
    socket_mode: Annotated[
        bool, typer.Option("--socket-mode", help="For an app that Slack reaches over a socket.")
    ] = False,
) -> None:
    """Print the Slack app manifest for an address."""
    from bot.manifest import manifest_for, to_yaml

    fixed = {"public_url": url} | ({"command": command} if command else {})
    app = _settings(AppSettings, **fixed)
    if app.is_local and not socket_mode:
        _fail("Slack can't reach this machine: add --socket-mode, or give an https address.")
    typer.echo(
        to_yaml(manifest_for(app.public_url, app.command, socket_mode=socket_mode)), nl=False
    )


@keys.command("new")
def new_key(
    name: Annotated[
        str, typer.Option("--id", help="The key's name, kept in all that it seals.")
    ] = "k1",
) -> None:
    """Print a new key for CONFAB_KEYS."""
    typer.echo(f"{name}={_fresh_key()}")


@keys.command("status")
def key_status() -> None:
    """Say which keys are in use, for what, and which may go."""
    from bot.keys import show

    _on_keys(lambda rotation: show(rotation, typer.echo))


@keys.command("rotate")
def rotate_keys() -> None:
    """Make new data keys under the first key of CONFAB_KEYS, and seal everything anew."""
    from bot.keys import rotate
    from bot.trail import OPERATOR, Action, Entry

    entry = Entry(OPERATOR, Action.ROTATE_KEYS)
    _on_keys(lambda rotation: rotate(rotation, typer.echo), entry)


@keys.command("retire")
def retire_key(
    name: Annotated[str, typer.Argument(metavar="ID", help="The key's name in CONFAB_KEYS.")],
) -> None:
    """Delete data keys that seal nothing, and say whether a key of CONFAB_KEYS may go."""
    from bot.keys import retire
    from bot.trail import OPERATOR, Action, Entry

    now = datetime.now(UTC)  # noqa: TID251  # the command's own moment
    entry = Entry(OPERATOR, Action.RETIRE_KEY).of("key", name)
    _on_keys(lambda rotation: retire(rotation, name, now, typer.echo), entry)


def _on_keys(
    work: Callable[["KeyRotation"], Awaitable[bool]], entry: "Entry | None" = None
) -> None:
    """Do *work* on the keys of the settings; what it leaves undone is exit status 1.

    What *entry* says of it is recorded.
    """
    from bot.app_parts import utc_now
    from bot.keys import recorded
    from bot.trail import ChainKey
    from store.database import open_database
    from store.key_rotation import KeyRotation
    from store.keyring import KeyRing
    from store.preparation import SHAPES, prepare
    from store.stores import mongo_stores

    settings = _settings(Settings)

    async def work_on_them() -> None:
        database = open_database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database)
        try:
            await prepare(database)
            ring = KeyRing.parse(settings.keys)
            rotation = KeyRotation(database, ring, SHAPES, settings.key_age)
            auditor = _auditor(mongo_stores(database, ring, utc_now), ChainKey(settings.audit_key))
            done = recorded(auditor, entry, lambda: work(rotation)) if entry else work(rotation)
            is_well = await done
        finally:
            database.close()
        if not is_well:
            raise typer.Exit(1)

    _run(work_on_them())


@audit.command("key")
def new_audit_key() -> None:
    """Print a new key for CONFAB_AUDIT_KEY."""
    typer.echo(_fresh_key())


@audit.command("verify")
def verify_audit(
    tenant: Annotated[
        list[str] | None, typer.Option(help="A workspace's id (T…); all of them without it.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:LINK", help="Begin behind a link that is known; with one --tenant."
        ),
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option(help="A log in JSON: every link that it has must be there.", exists=True),
    ] = None,
) -> None:
    """Say whether anybody changed, removed or cut off what was recorded."""
    from bot.auditing import read_log, verify
    from bot.chain import Known, Verifier
    from bot.principal import Tenant
    from bot.trail import ChainKey

    tenants = [Tenant(each) for each in tenant or ()]
    if since and len(tenants) != 1:
        _fail("--since is a link of one workspace: add --tenant.")
    try:
        known = Known.parse(since) if since else None
    except ValueError as error:
        _fail(f"--since {error}.")

    async def work(stores: "Stores", key: ChainKey) -> None:
        verifier = Verifier(stores.chain, key)
        logged = read_log(_lines(log or ()))
        if not await verify(verifier, tenants, typer.echo, since=known, logged=logged):
            raise typer.Exit(1)

    _on_audit(work)


@audit.command("export")
def export_audit(  # noqa: PLR0913, PLR0917  # what a command line may say
    tenant: Annotated[str, typer.Option(help="The workspace's id (T…).")],
    form: Annotated[AuditForm, typer.Option("--format", help="For people, or for machines.")] = (
        AuditForm.CSV
    ),
    person: Annotated[str, typer.Option(help="Only what names this person (U…).")] = "",
    action: Annotated[str, typer.Option(help="Only this action, as in publish.")] = "",
    since: Annotated[datetime | None, typer.Option(formats=_DAYS, help="From this day on.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=_DAYS, help="Before this day.")] = None,
) -> None:
    """Write what was recorded to standard output, the newest first."""
    from bot.export import export_csv, export_jsonl
    from bot.principal import Tenant
    from bot.trail import OPERATOR, Action, ChainKey, Entry, Wanted

    start, end = (day.replace(tzinfo=UTC) if day else None for day in (since, until))
    export = export_csv if form is AuditForm.CSV else export_jsonl

    async def work(stores: "Stores", key: ChainKey) -> None:
        wanted = Wanted(person, action, start, end)
        # Before the first byte: whoever has it has taken it.
        entry = Entry(OPERATOR, Action.EXPORT_AUDIT).of("workspace", tenant)
        await _auditor(stores, key).write(entry)
        async for part in export(stores.audit.list_newest(Tenant(tenant), wanted)):
            sys.stdout.buffer.write(part)

    _on_audit(work)


def _on_audit(work: Callable[["Stores", "ChainKey"], Awaitable[None]]) -> None:
    """Do *work* on what is stored, with the audit's key."""
    from bot.app_parts import utc_now
    from bot.trail import ChainKey
    from store.database import open_database
    from store.keyring import KeyRing
    from store.stores import mongo_stores

    settings = _settings(Settings)

    async def work_on_it() -> None:
        database = open_database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database)
        try:
            stores = mongo_stores(database, KeyRing.parse(settings.keys), utc_now)
            await work(stores, ChainKey(settings.audit_key))
        finally:
            database.close()

    _run(work_on_it())


def _auditor(stores: "Stores", key: "ChainKey") -> "Auditor":
    """Return who records, for a command that waits for each row."""
    from bot.app_parts import utc_now
    from bot.audit import Auditor

    return Auditor(stores.audit, key, utc_now, lambda _: False)


def _lines(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from lines


def _fresh_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _kept_key(file: Path) -> str:
    """Return the key in *file*, made now if there is none."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(_fresh_key(), "ascii")
    return file.read_text("ascii").strip()


@contextmanager
def _importing() -> Iterator[None]:
    """Keep the collector away from what is being imported, then and later: it all stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _settings(kind: type[AnySettings], **fixed: str) -> AnySettings:
    try:
        return load_settings(kind, fixed)
    except SettingsWrong as wrong:
        lines = "\n".join(f"  {problem}" for problem in wrong.problems)
        typer.echo(
            f"Confab can't start. Of its settings, these are missing or wrong:\n{lines}\n"
            "They are read from the environment and from .env; .env.example explains each.",
            err=True,
        )
        raise typer.Exit(_WRONG_SETTINGS) from None


def _run(work: Coroutine[None, None, None]) -> None:
    """Run *work*; what an operator can put right is a sentence, not a traceback."""
    try:
        asyncio.run(work)
    except (BotError, OSError) as error:
        _fail(f"Confab stopped: {error}")


def _fail(sentence: str) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    cli()
