"""The scopes that the issuer knows: those of the APIs behind it."""

from sandbox.atlassian.scopes import WORDS

IN_WORDS = {**WORDS, "READ": "View what you can view", "WRITE": "Change what you can change"}
"""Cloud's, and the two of Data Center's that a person may give."""


def scopes_in(text: str) -> list[str]:
    """The scopes of a parameter, each once (RFC 6749 §3.3: a single space between them)."""
    return list(dict.fromkeys(text.split(" ")))
