"""Expressions as people read them: by the names in them; nothing is worked out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from jinja2 import nodes

from bot.errors import ExpressionRefused
from bot.expressions import source
from bot.expressions.closures import path_of, tree_of
from bot.expressions.compiled import compile_expression, compile_text
from bot.frozen import frozen

_MUTE: Final = frozenset({"title", "name", "label", "key", "url", "id", "results"})
"""Fields that are meant anyway where the thing is named."""
_IS: Final = {
    "eq": "is",
    "ne": "isn't",
    "lt": "is less than",
    "gt": "is more than",
    "lteq": "is at most",
    "gteq": "is at least",
    "in": "is among",
    "notin": "isn't among",
}
_PICKS: Final = {"first": "the first of", "last": "the last of", "count": "the number of"}


@frozen
class Called:
    """What names are called in front of people; one that isn't here as it is written.

    *labels* are what the values of a choice are called, by its name.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def spoken_text(text: str, called: Called) -> str:
    """Return a text with what its holes stand for in marks: ‹Title or Note›, ‹today›."""
    try:
        compile_text(text, allows_token=True)
    except ExpressionRefused:
        return text
    normal = source.normal(text)
    return "".join(
        part if isinstance(part, str) else _hole(tree_of(normal, part), called)
        for part in source.split(normal)
    )


def spoken_expression(text: str, called: Called) -> str:
    """Return in marks what an expression stands for; it has its braces or hasn't."""
    tree = _tree(text)
    return text if tree is None else _hole(tree, called)


def spoken_condition(text: str, called: Called) -> str:
    """Return what has to be so for an expression to hold; it has its braces or hasn't."""
    tree = _tree(text)
    return text if tree is None else _condition(tree, called)


def _tree(text: str) -> nodes.Expr | None:
    try:
        compile_expression(text)
    except ExpressionRefused:
        return None
    normal = source.normal(text)
    if not normal.lstrip().startswith("{{"):
        return tree_of(normal, source.whole(normal))
    [hole] = [each for each in source.split(normal) if isinstance(each, source.Hole)]
    return tree_of(normal, hole)


def _hole(node: nodes.Node, called: Called) -> str:
    """Return what a hole may come to, in marks; as it will stand there, if it is one text."""
    leaves = list(_leaves(node))
    if len(leaves) == 1 and isinstance(leaves[0], nodes.Const):
        return str(leaves[0].value)
    return f"‹{_either(leaves, called)}›" if leaves else ""


def _either(leaves: Iterable[nodes.Node], called: Called) -> str:
    return " or ".join(dict.fromkeys(_leaf(each, called) for each in leaves))


def _words(node: nodes.Node, called: Called) -> str:
    return _either(_leaves(node), called) or "nothing"


def _leaves(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield what *node* may come to, whatever filters do to it; not what can't be read."""
    match node:
        case nodes.Const():
            if node.value is not None and any(map(str.isalnum, str(node.value))):
                yield node
        case nodes.CondExpr():
            yield from _leaves(node.expr1)
            yield from _leaves(node.expr2) if node.expr2 else ()
        case nodes.Or():
            yield from _leaves(node.left)
            yield from _leaves(node.right)
        case nodes.And():
            yield from _leaves(node.right)
        case nodes.Filter(node=nodes.Node() as of) if node.name not in _PICKS and not _joins(node):
            yield from _leaves(of)
            yield from _leaves(node.args[0]) if node.name == "default" else ()
        case _:
            yield node


def _joins(node: nodes.Filter) -> bool:
    return node.name == "join" and isinstance(node.node, nodes.List)


def _leaf(node: nodes.Node, called: Called) -> str:
    if path := path_of(node):
        return _path(path, called)
    if isinstance(node, nodes.Const):
        return f"“{node.value.strip()}”" if isinstance(node.value, str) else str(node.value)
    say = _SAID.get(type(node), _condition)
    return say(node, called)


def _list(node: Any, called: Called) -> str:  # noqa: ANN401  # each of its own kind, as in the table
    return ", ".join(filter(None, (_either(_leaves(each), called) for each in node.items)))


def _picked(node: Any, called: Called) -> str:  # noqa: ANN401
    return f"{_PICKS.get(node.name, '')} {_words(node.node, called)}".lstrip()


def _field(node: Any, called: Called) -> str:  # noqa: ANN401
    return _words(node.node, called)


def _sum(node: Any, called: Called) -> str:  # noqa: ANN401
    sign = "+" if isinstance(node, nodes.Add) else "-"
    return f"{_words(node.left, called)} {sign} {_words(node.right, called)}"


_SAID: Final[Mapping[type[nodes.Node], Callable[[Any, Called], str]]] = {
    nodes.List: _list,
    nodes.Filter: _picked,
    nodes.Getitem: _field,
    nodes.Getattr: _field,
    nodes.Add: _sum,
    nodes.Sub: _sum,
    nodes.Neg: lambda node, called: f"-{_words(node.node, called)}",
}


def _path(path: Sequence[str], called: Called) -> str:
    """Return ``found.results`` in words; what its fields say besides stands before."""
    words = called.names.get(path[0], path[0])
    for each in path[1:]:
        if each == "count":
            words = f"{_PICKS[each]} {words}"
        elif each not in _MUTE:
            words = f"{each.replace('_', ' ')} of {words}"
    return words


def _condition(node: nodes.Node, called: Called) -> str:
    match node:
        case nodes.And():
            return f"{_condition(node.left, called)} and {_condition(node.right, called)}"
        case nodes.Or():
            return f"{_condition(node.left, called)} or {_condition(node.right, called)}"
        case nodes.Not():
            return _opposite(node.node, called)
        case nodes.Test():
            is_so = "is missing" if node.name == "none" else "is there"
            return f"{_marked(node.node, called)} {is_so}"
        case nodes.Compare():
            labels = called.labels.get(".".join(path_of(node.expr)), {})
            others = (f"{_IS[each.op]} {_against(each.expr, labels, called)}" for each in node.ops)
            return f"{_marked(node.expr, called)} {' and '.join(others)}"
        case _:
            return f"{_marked(node, called)} is given"


def _opposite(node: nodes.Node, called: Called) -> str:
    if isinstance(node, nodes.And | nodes.Or | nodes.Not | nodes.Test | nodes.Compare):
        return f"it isn't so that {_condition(node, called)}"
    return f"{_marked(node, called)} isn't given"


def _marked(node: nodes.Node, called: Called) -> str:
    words = _words(node, called)
    return words if isinstance(node, nodes.Const) else f"‹{words}›"


def _against(node: nodes.Node, labels: Mapping[str, str], called: Called) -> str:
    """Return what something is compared to; a choice by its label."""
    if isinstance(node, nodes.List):
        return ", ".join(_against(each, labels, called) for each in node.items) or "nothing"
    if isinstance(node, nodes.Const):
        label = labels.get(str(node.value))
        return f"“{label}”" if label else _leaf(node, called)
    return _marked(node, called)
