"""Expressions in action templates: Jinja2's syntax, our own meaning, bounded by their input."""

from bot.expressions.compiled import HIDDEN, Compiled, compile_expression, compile_text
from bot.expressions.filters import FILTERS, Filter

__all__ = ["FILTERS", "HIDDEN", "Compiled", "Filter", "compile_expression", "compile_text"]
