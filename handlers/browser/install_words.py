"""What the pages of an install say: every end, every refused request, every scope."""

from collections.abc import Mapping
from typing import Final

from bot.slack_install import InstallEnd
from handlers.browser.words import Asked, Words

NOTHING: Final = (
    "Nothing was installed by this. If Confab was in your workspace before, it still is, unchanged."
)

ENDS: Final[Mapping[InstallEnd, Words]] = {
    InstallEnd.DENIED: Words(
        "You didn’t allow it",
        "You cancelled in Slack, or your workspace wants an admin’s approval first.",
        NOTHING,
        "If you cancelled by mistake, start again and choose “Allow”."
        " If you asked an admin for approval, start again once you have it.",
        403,
    ),
    InstallEnd.EXPIRED: Words(
        "That took too long",
        "An install has to be finished within ten minutes, and this one wasn’t.",
        NOTHING,
        "Start again.",
        410,
    ),
    InstallEnd.USED: Words(
        "This has been used",
        "What Slack sent along with you works once, and has done its work.",
        "It can’t be used again, by anybody. If you saw that Confab is installed, it is.",
        "If you didn’t get to the end, start again.",
        410,
    ),
    InstallEnd.UNKNOWN: Words(
        "We don’t know this install",
        "It didn’t begin here, or so long ago that we have forgotten it.",
        NOTHING,
        "Start again, from our own page.",
        404,
    ),
    InstallEnd.WRONG_BROWSER: Words(
        "This began in another browser",
        "An install has to end in the browser in which it began, and this is a different one.",
        f"{NOTHING} The link is used up.",
        "If it was you who began it, start again, and stay in one browser."
        " If somebody sent you a link to this page, tell whoever looks after your apps.",
        403,
    ),
    InstallEnd.COOKIE_MISSING: Words(
        "Your browser didn’t send our cookie",
        "It tells us that you are still in the browser in which you began.",
        NOTHING,
        "Allow cookies for this site, leave private browsing if it blocks them, then start again.",
        400,
    ),
    InstallEnd.CODE_REFUSED: Words(
        "Slack refused to finish",
        "What Slack sent us along with you, it wouldn’t accept from us.",
        NOTHING,
        "Start again. If it happens twice, tell whoever runs Confab.",
        403,
    ),
    InstallEnd.CLIENT_REFUSED: Words(
        "Confab isn’t set up properly",
        "Slack refuses Confab itself. You did nothing wrong.",
        NOTHING,
        "Tell whoever runs Confab: “confab check” says what to mend."
        " Starting again won’t help until then.",
        502,
        leads_on=False,
    ),
    InstallEnd.SLACK_DOWN: Words(
        "Slack isn’t answering",
        "You did your part, but Slack is down or slow at the moment.",
        "Slack may show Confab as installed already; it doesn’t work yet, and harms nothing.",
        "Wait a minute, then start again.",
        503,
    ),
    InstallEnd.NOT_KEPT: Words(
        "We couldn’t keep it",
        "Slack has let us in, but our own database isn’t answering.",
        "Slack shows Confab as installed already; it doesn’t work yet, and harms nothing.",
        "Wait a minute, then start again: that mends it.",
        503,
    ),
    InstallEnd.TOO_MANY: Words(
        "Too many begin just now",
        "More people are installing Confab than we take in a minute.",
        NOTHING,
        "Wait a minute, then start again.",
        429,
    ),
    InstallEnd.FAULT: Words(
        "Something went wrong",
        "We got an answer that we didn’t expect. It has been noted.",
        NOTHING,
        "Start again. If it happens twice, tell whoever runs Confab.",
        502,
    ),
}

BROKEN: Final = Words(
    "Something went wrong",
    "It is our fault, and it has been noted.",
    "If you weren’t told that Confab is installed, it isn’t.",
    "Wait a minute, then start again.",
    500,
)
AWAY: Final = Words(
    "We can’t do this right now",
    "Something that we need isn’t answering.",
    NOTHING,
    "Wait a minute, then start again.",
    503,
)
FOREIGN: Final = Words(
    "This form came from somewhere else",
    "It wasn’t sent from a page of ours, so we ignored it.",
    NOTHING,
    "Start again, from our own page.",
    403,
)
UNREAD: Final = Words(
    "We can’t read this",
    "Your browser sent something that we don’t understand.",
    NOTHING,
    "Start again, from our own page.",
    400,
)

ASKS: Final = (
    Asked(
        "Answer commands and shortcuts",
        "So that people can ask for something. It reads no conversations.",
        frozenset({"commands"}),
    ),
    Asked(
        "Send messages",
        "Answers and receipts, privately to whoever asked, and what people choose to share.",
        frozenset({"chat:write"}),
    ),
    Asked(
        "Know who people are",
        "Their names, and whether they are guests, admins or of another company:"
        " that decides what they may do.",
        frozenset({"users:read"}),
    ),
    Asked(
        "Know who is in a user group",
        "So that admins can let groups, and nobody else, do certain things.",
        frozenset({"usergroups:read"}),
    ),
    Asked(
        "Know which channels are shared with other companies",
        "So that nothing is shown there by mistake. It doesn’t read what is said in them.",
        frozenset({"channels:read", "groups:read"}),
    ),
    Asked(
        "Read what people write to it in its own messages",
        "So that a task can be done in a conversation. You can leave this out; forms do it too.",
        frozenset({"im:history"}),
    ),
    Asked(
        "Hear when somebody names it",
        "It gets that one message, and no other of the channel. You can leave this out.",
        frozenset({"app_mentions:read"}),
    ),
    Asked(
        "Fetch files that people give it",
        "To attach them to pages, and for templates of your own. You can leave this out.",
        frozenset({"files:read"}),
    ),
)
"""What Slack is asked for, in words; together they hold every scope of the manifest."""


def asked(scopes: frozenset[str]) -> tuple[Asked, ...]:
    """Return the groups of which something is among *scopes*."""
    return tuple(each for each in ASKS if each.scopes & scopes)
