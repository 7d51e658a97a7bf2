"""Templates to try the checks on, each of a few lines."""

import textwrap

from bot.checking import check
from bot.errors import TemplateRefused
from bot.template_files import read_with_places

_BEGIN = """\
id: a-note
version: 1.0.0
name: A note
description: Writes a note.
category: Write
"""
_TITLE = '- {name: title, type: text, prompt: "What about?"}'
HEAD = f"{_BEGIN}entities:\n  {_TITLE}\n"
TEMPLATE = f"""\
{HEAD}steps:
  - id: found
    search: {{text: "{{{{ title }}}}"}}
reply:
  text: "{{{{ found.count }}}} found."
"""


def with_steps(steps, entities=_TITLE, reply="{{ title }}", scopes="", preview=""):
    lines = [_BEGIN.rstrip(), "entities:", _indented(entities), "steps:", _indented(steps)]
    if scopes:
        lines.append(f"scopes: {scopes}")
    if preview:
        lines.append(f'preview: "{preview}"')
    quoted = reply if reply[0] in "'|" else f'"{reply}"'
    return "\n".join([*lines, "reply:", f"  text: {quoted}", ""])


def with_entities(entities):
    return with_steps("- fail: x", f"{_TITLE}\n{_indented(entities).strip()}")


def _indented(text):
    return textwrap.indent(textwrap.dedent(text).strip("\n"), "  ")


def told_of(source, taken=(), *, column=False):
    """Every problem of a template as ``line: message``, its mistakes in form included."""
    try:
        template, places = read_with_places(source)
    except TemplateRefused as refused:
        raise AssertionError(f"{refused.problems} in\n{source}") from None
    return [
        f"{each.line}:{each.column}:{each.message}" if column else f"{each.line}: {each.message}"
        for each in check(template, places, taken)
    ]
