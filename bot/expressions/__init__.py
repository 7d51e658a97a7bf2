"""Expressions in action templates: Jinja2's syntax, our own meaning, bounded by their input."""

from bot.expressions.bodies import CompiledBody, compile_body, filled
from bot.expressions.closures import LITTLE_WORK, Effort, Scope
from bot.expressions.compiled import HIDDEN, Compiled, Hole, compile_expression, compile_text
from bot.expressions.filters import FILTERS, Filter
from bot.expressions.spoken import Called, spoken_condition, spoken_expression, spoken_text

__all__ = [
    "FILTERS",
    "HIDDEN",
    "LITTLE_WORK",
    "Called",
    "Compiled",
    "CompiledBody",
    "Effort",
    "Filter",
    "Hole",
    "Scope",
    "compile_body",
    "compile_expression",
    "compile_text",
    "filled",
    "spoken_condition",
    "spoken_expression",
    "spoken_text",
]
