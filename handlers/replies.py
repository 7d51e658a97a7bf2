"""What people see when something went wrong: what happened, what is safe, what to do."""

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.connect import Ended
from bot.course import TakenUp
from bot.errors import (
    Ambiguous,
    BadInput,
    BotError,
    Changed,
    ConsentRequired,
    ExpressionFailed,
    InstallationBroken,
    NoApiThere,
    NotAllowed,
    NotFound,
    ProfileBroken,
    ProviderFault,
    QuotaSpent,
    TitleTaken,
    Unavailable,
    Unclear,
    UserError,
)
from bot.mrkdwn import escape
from bot.slack_install import InstallEnded
from handlers import blocks
from handlers.ask import Reply, View

BUSY = "Confab has its hands full just now. Nothing was done. Try again in a minute."
LONG_TO_TYPE: Final = 40
"""Characters that are handed back, where nothing came of a command."""
NOT_INSTALLED = (
    "Confab isn't installed in this workspace any more, so nothing was done. "
    "Ask whoever looks after Slack's apps here to install it again."
)


def words_for(error: Exception) -> str:
    """Return the words for *error* as plain text; nothing internal leaks into them."""
    match error:
        case UserError():
            return _completed(error)
        case QuotaSpent():
            return _quota(error, f"{error.until:%H:%M} UTC")
        case Unavailable():
            return _unavailable(error)
        case Unclear():
            return (
                f"{error.provider} didn't say whether the last step went through. "
                "It won't be repeated by itself. Look in Confluence before you try again."
            )
        case ProviderFault():
            return _fault(error)
        case _:
            return _of_its_kind(_WORDS, error, _UNEXPECTED)


_WORDS: dict[type[BotError], str] = {
    ConsentRequired: (
        "Confluence needs your consent for that. Nothing was done. Connect, then ask again."
    ),
    ProfileBroken: (
        "Confluence refuses this bot's own credentials, so nothing was done. "
        "Your connection is safe. Ask whoever runs the bot to mend it: "
        "“confab check” tells them how."
    ),
    NoApiThere: (
        "A web page answers where Confluence's API should be, so nothing was done. "
        "Your connection is safe. Ask an admin to look at the address in its profile: "
        "the context path belongs to it."
    ),
    InstallationBroken: (
        "Slack doesn't let Confab speak in this workspace any more, so nothing was done. "
        "Ask whoever looks after Slack's apps here to install it again: that mends it."
    ),
    InstallEnded: (
        "This install has come to its end. Nothing was installed by it. "
        "Ask whoever began it to start again, from the bot's own page."
    ),
    TakenUp: (
        "That is under way already, and nothing is done twice: nothing was done now. "
        "Wait a minute for the receipt, which comes by message."
    ),
    Ended: (
        "This way of connecting has come to its end. Nothing was connected by it. "
        "Connect anew, with a fresh link."
    ),
}
_ONWARD = "Try again; if it stays so, tell whoever runs the bot the code below."
_UNEXPECTED = f"Something broke on my side. Nothing of yours was lost. {_ONWARD}"

SAFE = re.compile(r"\bnothing (?:more |of yours )?(?:was|is|can be)\b|\bsafe\b", re.IGNORECASE)
"""How a message says what is safe."""

TO_DO = re.compile(
    r"(?:^|[.:;] |, or |\bso |\bthen )(?:please )?"
    r"(?:ask|choose|connect|give|go|look|press|reconnect|say|search|tell|try|type|wait)\b"
    r"|\byou can\b",
    re.IGNORECASE,
)
"""How a message says what to do."""

_SAFE: dict[type[BotError], str] = {
    Changed: "It was left as it is, and nothing of yours was lost.",
}
_TO_DO: dict[type[BotError], str] = {
    BadInput: "Put it differently, then try again.",
    ExpressionFailed: "Tell whoever looks after this template.",
    NotFound: "Look whether it is written as you meant it, then try again.",
    NotAllowed: "Ask whoever looks after it here, if you need it.",
    TitleTaken: "Choose another title, then try again.",
    Changed: "Look at it as it is now, then try again.",
    Ambiguous: "Say it more exactly, then try again.",
}


def _completed(error: UserError) -> str:
    """Return the message with what it leaves unsaid: what happened, is safe, is to be done."""
    said = str(error)
    parts = ["Something is missing.", said] if TO_DO.match(said) else [said]
    if not SAFE.search(said):
        parts.append(_of_its_kind(_SAFE, error, "Nothing was changed."))
    if not TO_DO.search(said):
        parts.append(_of_its_kind(_TO_DO, error, "Try again in another way."))
    return " ".join(parts)


def _of_its_kind(words: Mapping[type[BotError], str], error: Exception, otherwise: str) -> str:
    """Return what there is for the error's class, or the nearest that it is one of."""
    kinds: tuple[type, ...] = type(error).__mro__
    return next((words[kind] for kind in kinds if kind in words), otherwise)


def _fault(error: ProviderFault) -> str:
    what = (
        f"{_capital(error.provider)} answered in a way I don't understand."
        if error.provider
        else "I came upon something that I can't read."
    )
    return f"{what} Nothing of yours was lost. {_ONWARD}"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _quota(error: QuotaSpent, at: str) -> str:
    return (
        f"{_capital(error.provider)} limits how much we may ask, and our share is used up "
        f"until {at}. Nothing was changed. Ask again then."
    )


def _shown(error: Exception) -> str:
    if not isinstance(error, QuotaSpent):
        return escape(words_for(error))
    at = f"<!date^{int(error.until.timestamp())}^{{time}}|{error.until:%H:%M} UTC>"
    return _quota(error, at)


def _unavailable(error: Unavailable) -> str:
    if error.retry_after is None:
        wait = "shortly"
    elif error.retry_after < 90:  # noqa: PLR2004 - below that, minutes would mislead
        wait = f"in {max(1, round(error.retry_after))} seconds"
    else:
        wait = f"in about {round(error.retry_after / 60)} minutes"
    who = _capital(error.provider)
    return f"{who} isn't answering just now. Nothing was changed. Try again {wait}."


def apology(error: Exception, correlation: str) -> Reply:
    """Return the message for *error*, with the code and id that an operator can look up."""
    shown = blocks.section(_shown(error)), blocks.context(_trace(error, correlation))
    return Reply(words_for(error), shown)


def with_what_was_typed(reply: Reply, typed: str) -> Reply:
    """Return *reply* with *typed*, a command's text as Slack sent it, where it is long.

    Slack shows nobody the command that they sent.
    """
    words = html.unescape(typed).strip()
    if len(words) < LONG_TO_TYPE:
        return reply
    shown = blocks.preformatted(words)
    return replace(reply, blocks=(*reply.blocks, blocks.section("What you typed:"), shown))


def failed_view(error: Exception, correlation: str) -> View:
    """Return the modal for *error*, pushed over the form that it leaves open."""
    words = apology(error, correlation)
    return blocks.modal("That didn't work", words.blocks, close="Back")


def _trace(error: Exception, correlation: str) -> str:
    code = error.code if isinstance(error, BotError) else "unexpected"
    return f"{code} · {correlation}"
