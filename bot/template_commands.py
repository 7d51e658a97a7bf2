"""``confab templates``: for those who keep their templates in files."""
# ruff: noqa: PLC0415  # each command imports what it needs when it runs, see `bot.__main__`

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.errors import Problem, TemplateRefused
from bot.template_starter import STARTER

if TYPE_CHECKING:
    from bot.template import ActionTemplate

_ID = re.compile(r"^id:.*$", re.MULTILINE)
_NAME = re.compile(r"^name:.*$", re.MULTILINE)
_EDITOR = re.compile(r"^# yaml-language-server:.*\n", re.MULTILINE)

templates = typer.Typer(
    help="Action templates in files: check them, begin one, show what one does.",
    no_args_is_help=True,
)


@templates.command("check")
def check_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", exists=True, dir_okay=False)],
) -> None:
    """Say what keeps templates from being installed, by line."""
    is_well = True
    for file in files:
        problems = _problems(file)
        is_well = is_well and not problems
        for each in problems:
            typer.echo(_line(str(file), each))
        if not problems:
            typer.echo(f"{file}: can be installed")
    if not is_well:
        raise typer.Exit(1)


@templates.command("new")
def new_file(
    name: Annotated[str, typer.Argument(metavar="ID", help="As in weekly-report.")],
    like: Annotated[
        str, typer.Option("--from", metavar="ID", help="Begin with a copy of one that ships.")
    ] = "",
) -> None:
    """Write ID.yml, a template that works, to begin with."""
    file = Path(f"{name}.yml")
    source = _like(like, name) if like else _begun(name)
    problems = _problems_of(source, file.name)
    if problems:
        _fail(f"{name} can't be the id of a template: {problems[0].message}")
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(source)
    except FileExistsError:
        _fail(f"{file} is there already, and stays as it is.")
    typer.echo(f"{file} is written. `confab templates check {file}` says whether it works.")


@templates.command("show")
def show_one(
    name: Annotated[str, typer.Argument(metavar="ID|FILE", help="One that ships, or a file.")],
) -> None:
    """Say what a template asks for, what it does, and what it takes."""
    from bot.template_files import read_template

    path = Path(name)
    source = _read(path) if path.is_file() else _shipped(name).encode()
    try:
        template = read_template(source, name)
    except TemplateRefused as refused:
        _fail(
            "\n".join(
                f"{name}:{each.line}:{each.column}: {each.message}" for each in refused.problems
            )
        )
    for line in _lines(template):
        typer.echo(line)


@templates.command("schema")
def print_schema() -> None:
    """Print the format's JSON Schema, for editors."""
    from bot.template_reference import schema

    typer.echo(schema(), nl=False)


@templates.command("reference")
def print_reference() -> None:
    """Print the format's reference, as the docs have it."""
    from bot.template_reference import reference

    typer.echo(reference(), nl=False)


@templates.command("gallery")
def print_gallery() -> None:
    """Print the catalogue as a page, as the docs have it."""
    from bot.template_gallery import gallery

    typer.echo(gallery(), nl=False)


def _problems(file: Path) -> tuple[Problem, ...]:
    return _problems_of(_read(file), str(file))


def _read(file: Path) -> bytes:
    """Return what *file* holds; of one that is too large no more than tells that it is."""
    from bot.plain_yaml import MOST_BYTES

    with file.open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def _problems_of(source: str | bytes, name: str) -> tuple[Problem, ...]:
    from bot.checking import read_checked
    from handlers.help import WORDS

    try:
        read_checked(source, name, [words.word for words in WORDS])
    except TemplateRefused as refused:
        return refused.problems
    return ()


def _line(name: str, problem: Problem) -> str:
    return f"{name}:{problem.line}:{problem.column}: {problem.message}"


def _begun(name: str) -> str:
    """Return the file of ten lines, under another id and name."""
    return _called(name, STARTER)


def _like(shipped: str, name: str) -> str:
    """Return the file of one that ships, under another id and name."""
    return _called(name, _EDITOR.sub("", _shipped(shipped)))


def _called(name: str, source: str) -> str:
    title = name.replace("-", " ").capitalize()
    with_id = _ID.sub(lambda _: f"id: {name}", source, count=1)
    return _NAME.sub(lambda _: f"name: {title}", with_id, count=1)


def _shipped(name: str) -> str:
    from bot.catalogue import shipped_sources

    sources = {file.removesuffix(".yml"): source for file, source in shipped_sources()}
    if name not in sources:
        _fail(f"There is no file and no template called {name}. There are: {', '.join(sources)}.")
    return sources[name]


def _lines(template: "ActionTemplate") -> list[str]:
    from bot.checking import scopes_needed
    from bot.template_words import entity_in_words, policy_in_words, steps_in_words

    asks = [f"  {entity_in_words(each)}: {each.prompt}" for each in template.entities]
    does = [f"  {'  ' * each.deep}{each.words}" for each in steps_in_words(template)]
    scopes = ", ".join(sorted(scopes_needed(template))) or "none beyond those for reading"
    return [
        f"{template.name} ({template.id} {template.version}): {template.description.strip()}",
        "Asks for:" if asks else "Asks for nothing.",
        *asks,
        "Does:",
        *does,
        f"Scopes: {scopes}",
        f"Runs {policy_in_words(template)}.",
        *[f"Begins with: {each}" for each in template.utterances],
    ]


def _fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
