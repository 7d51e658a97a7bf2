"""What people see when something went wrong: what happened, what is safe, what to do."""

from bot.errors import (
    BotError,
    Changed,
    ConsentRequired,
    ProfileBroken,
    ProviderFault,
    QuotaSpent,
    ScopeMissing,
    Unavailable,
    Unclear,
    UserError,
)
from bot.mrkdwn import escape
from handlers import blocks
from handlers.ask import Reply, View

BUSY = "Confab has its hands full just now. Nothing was done. Try again in a minute."
NOT_INSTALLED = (
    "Confab isn't installed in this workspace any more, so nothing was done. "
    "Ask whoever looks after Slack's apps here to install it again."
)


def words_for(error: Exception) -> str:
    """Return the words for *error* as plain text; nothing internal leaks into them."""
    match error:
        case Changed():
            return f"{error} Nothing was changed. Look at it as it is now, then try again."
        case UserError():
            return str(error)
        case QuotaSpent():
            return _quota(error, f"{error.until:%H:%M} UTC")
        case Unavailable():
            return _unavailable(error)
        case Unclear():
            return (
                f"{error.provider} didn't say whether the last step went through. "
                "It won't be repeated by itself. Look in Confluence before you try again."
            )
        case _:
            return _WORDS.get(type(error), _UNEXPECTED)


_WORDS: dict[type[Exception], str] = {
    **dict.fromkeys(
        (ConsentRequired, ScopeMissing),
        "Confluence needs your consent for that. Nothing was done. Connect, then ask again.",
    ),
    ProfileBroken: (
        "Confluence refuses this bot's own credentials, so nothing was done. "
        "Your connection is safe. Whoever runs the bot has to mend it: "
        "“confab check” tells them how."
    ),
    ProviderFault: (
        "Confluence answered in a way I don't understand. Nothing of yours was lost. "
        "Try again; if it stays so, tell whoever runs the bot the code below."
    ),
}
_UNEXPECTED = (
    "Something broke on my side. Nothing of yours was lost. "
    "Try again; if it stays so, tell whoever runs the bot the code below."
)


def _quota(error: QuotaSpent, at: str) -> str:
    return (
        f"{error.provider} limits how much we may ask, and our share is used up until {at}. "
        "Nothing was changed. Ask again then."
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
    return f"{error.provider} isn't answering just now. Nothing was changed. Try again {wait}."


def apology(error: Exception, correlation: str) -> Reply:
    """Return the message for *error*, with the code and id that an operator can look up."""
    shown = blocks.section(_shown(error)), blocks.context(_trace(error, correlation))
    return Reply(words_for(error), shown)


def failed_view(error: Exception, correlation: str) -> View:
    """Return the modal for *error*, pushed over the form that it leaves open."""
    words = apology(error, correlation)
    return blocks.modal("That didn't work", words.blocks, close="Back")


def _trace(error: Exception, correlation: str) -> str:
    code = error.code if isinstance(error, BotError) else "unexpected"
    return f"{code} · {correlation}"
