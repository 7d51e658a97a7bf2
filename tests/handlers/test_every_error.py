"""Promise 18, for every error that there is and every place that raises one for people."""

import ast
import importlib
import pkgutil
import re
from datetime import timedelta
from pathlib import Path

import pytest

import bot
import handlers
import store
from bot import errors
from bot.connect import End, Ended
from handlers.replies import apology
from tests.fakes import NOON

SAFE = ("nothing was", "nothing of yours was", "nothing more was", " safe", "won't be repeated")
TO_DO = (
    *("ask", "choose", "connect", "give", "go back", "look", "press", "put it", "reconnect", "say"),
    *("search", "tell", "try", "type", "wait", "you can"),
)
FOR_OPERATORS = {"CannotStart", "DatabaseMissing", "AddressWrong"}
"""Nobody is there yet to be told in Slack."""

GIVEN = {
    errors.SiteRequired: ((("1", "One"),),),
    errors.ScopeMissing: ("system", frozenset({"write"})),
    errors.QuotaSpent: ("Confluence", NOON + timedelta(hours=1)),
    Ended: (End.UNKNOWN,),
    errors.ReadOnly: (),
    errors.TemplateRefused: ((errors.Problem(1, 1, "", "it is empty"),),),
    errors.WrongEntities: ({"space": "There is no space OPS."},),
    errors.OrganisationBroken: (errors.Unavailable("Confluence"),),
    errors.OrganisationLacks: (errors.ScopeMissing("system", frozenset({"write"})),),
}
OF_THEMSELVES = {
    *(errors.SiteRequired, errors.ReadOnly, errors.TemplateRefused),
    *(errors.OrganisationBroken, errors.OrganisationLacks, errors.WrongEntities),
}
"""Those whose words are always the same."""


def modules():
    for package in (bot, handlers, store):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


MODULES = tuple(modules())


def kinds(kind):
    for each in kind.__subclasses__():
        yield each
        yield from kinds(each)


OURS = sorted(
    {
        each
        for each in (errors.BotError, *kinds(errors.BotError))
        if each.__module__.split(".")[0] in {"bot", "handlers", "store"}
        and each.__name__ not in FOR_OPERATORS
    },
    key=lambda kind: kind.__name__,
)
FOR_PEOPLE = {each.__name__: each for each in (errors.UserError, *kinds(errors.UserError))}


def made(kind, words):
    if kind in GIVEN:
        keywords = {"retry_after": 9.0} if kind is errors.QuotaSpent else {}
        return kind(*GIVEN[kind], **keywords)
    # Whatever else it is made with, its words are what is shown.
    return kind.__new__(kind, words) if issubclass(kind, errors.UserError) else kind(words)


def has_three_parts(error):
    words = apology(error, "c0ffee").text
    sentences = [each.strip() for each in words.replace(": ", ". ").split(". ")]
    happened = [each for each in sentences if not each.casefold().startswith(TO_DO)]
    told = words.casefold()
    return (
        bool(happened and happened[0])
        and any(each in told for each in SAFE)
        and any(f" {each} " in told or f"“{each} " in told for each in TO_DO)
        and words[0] == words[0].upper()
        and "None" not in words
    )


@pytest.mark.parametrize("kind", OURS, ids=[each.__name__ for each in OURS])
def test_every_error_says_what_happened_what_is_safe_and_what_to_do(kind):
    error = made(kind, "That didn't go well.")
    assert has_three_parts(error), apology(error, "").text


def test_every_error_has_a_code_of_its_own():
    codes = [kind.code for kind in OURS if "code" in vars(kind)]
    assert len(codes) == len(set(codes))


def parsed(module):
    return ast.parse(Path(module.__file__).read_text("utf-8"))


def raised_in(module):
    tree = parsed(module)
    for node in ast.walk(tree):
        call = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            kind = FOR_PEOPLE.get(call.func.id)
            if kind is not None and kind not in OF_THEMSELVES:
                for words in read(call.args[0], tree, module):
                    yield kind, words


def read(node, tree, module):
    """Return each text that *node*, an error's message, may amount to."""
    match node:
        case ast.Constant(value=str(words)):
            found = [words]
        case ast.JoinedStr(values=parts):
            found = ["".join(_part(each) for each in parts)]
        case ast.Name(id=name):
            found = named(name, tree, module)
        case ast.Attribute(value=ast.Name(id=where), attr=name):
            found = [getattr(getattr(module, where), name)]
        case ast.Subscript(value=ast.Name(id=name)):
            found = list(getattr(module, name).values())
        case ast.Call(func=called):
            found = list(_made_by(called, tree, module))
        case _:
            found = []
    if found:
        return found
    raise AssertionError(f"{module.__name__}:{node.lineno} can't be read")


def _made_by(called, tree, module):
    match called:
        case ast.Attribute(value=words, attr="format"):
            return [re.sub(r"{.*?}", "Something", each) for each in read(words, tree, module)]
        case ast.Name(id=name):
            return returned_by(name, tree, module)
        case ast.Attribute(value=ast.Name(id=where), attr=name):
            there = getattr(module, where)
            return returned_by(name, parsed(there), there)
    raise AssertionError(f"{module.__name__}:{called.lineno} can't be read")


def named(name, tree, module):
    """Return what goes by *name*: in the whole module, or wherever a function calls it so."""
    if hasattr(module, name):
        return [getattr(module, name)]
    assigned = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and [getattr(each, "id", "") for each in node.targets] == [name]
    ]
    assert assigned, f"{module.__name__}: nothing is called {name}"
    return [words for each in assigned for words in read(each, tree, module)]


def _part(node):
    return node.value if isinstance(node, ast.Constant) else "Something"


def returned_by(name, tree, module):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            for each in ast.walk(node):
                if isinstance(each, ast.Return):
                    yield from read(each.value, tree, module)


RAISED = [(module.__name__, *each) for module in MODULES for each in raised_in(module)]


def test_the_places_are_found():
    assert len(RAISED) > 40
    assert {"bot.cql", "handlers.ask", "bot.providers.confluence_refusals_wire"} <= {
        where for where, _, _ in RAISED
    }


@pytest.mark.parametrize(
    ("kind", "words"),
    [each[1:] for each in RAISED],
    ids=[f"{where}-{words[:40]}" for where, _, words in RAISED],
)
def test_every_place_that_raises_one_says_all_three(kind, words):
    error = made(kind, words)
    assert has_three_parts(error), apology(error, "").text
