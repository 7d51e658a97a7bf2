"""The catalogue as a page of the docs: each template with a picture of its form."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from bot.catalogue import Shipped, read_shipped
from bot.template import ActionTemplate, Asked, Category
from bot.template_words import entity_in_words, steps_in_words

_INTRO: Final = """\
# The gallery

The templates that come with Confab: `/confluence templates` shows them in Slack, where each can be
looked at, tried without anything being written, and installed. What is said to begin one stands
in quotes, with what is yours in ‹marks›; whatever isn't said is asked for, in a form or in a
conversation. This page is made from the catalogue (`confab templates gallery`), and its pictures
are taken of the sandbox by `make screenshots`. To write one of your own, begin with
[the guide](guide.md).
"""
PICTURES: Final = "../images/templates"
MOST_SAID: Final = 3


def gallery() -> str:
    """Return the page."""
    order = list(Category)
    shipped = sorted(
        read_shipped(), key=lambda each: (order.index(each.template.category), each.template.name)
    )
    parts = [_INTRO, _contents(shipped)]
    for category, group in groupby(shipped, key=lambda each: each.template.category):
        parts.append(f"## {category.value}\n")
        parts += ["\n".join(_lines(each.template)) for each in group]
    return "\n".join(parts)


def _contents(shipped: Sequence[Shipped]) -> str:
    names = [each.template.name for each in shipped]
    return " · ".join(f"[{name}](#{_anchor(name)})" for name in names) + "\n"


def _anchor(name: str) -> str:
    """Return the address of a heading as GitHub makes it."""
    kept = "".join(each for each in name.casefold() if each.isalnum() or each in " -_")
    return kept.replace(" ", "-")


def _lines(template: ActionTemplate) -> Iterator[str]:
    yield f"### {template.name}\n"
    yield f"{' '.join(template.description.split())}\n"
    yield f"![The form of {template.name}]({PICTURES}/{template.id}.png)\n"
    said = [_spoken(each) for each in template.utterances[:MOST_SAID]]
    if said:
        yield f"Say {', '.join(f'“{each}”' for each in said)}.\n"
    yield f"Or type `/confluence {template.id}`.\n"
    asked = [each for each in template.entities if each.ask is not Asked.NEVER]
    yield f"It asks for: {', '.join(map(entity_in_words, asked)) or 'nothing'}.\n"
    yield "It does:\n"
    for told in steps_in_words(template):
        yield f"{'  ' * told.deep}- {told.words}"
    yield ""


def _spoken(utterance: str) -> str:
    return utterance.replace("{", "‹").replace("}", "›")
