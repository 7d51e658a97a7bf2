"""Every way in which consent can end without a connection."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from bot.errors import (
    AppBlocked,
    BotError,
    NoApiThere,
    NoLicence,
    NotAllowed,
    NotFound,
    ProfileBroken,
    Unavailable,
)
from bot.mrkdwn import escape
from bot.pending import PendingConnection

APPS_URL: Final = "https://id.atlassian.com/manage-profile/apps"
"""Where people take a consent back, which no public method does for them:
https://support.atlassian.com/atlassian-account/
"""


class End(StrEnum):
    """How it ended; the value is the stable code that pages, logs and tests know it by."""

    DENIED = "denied"
    EXPIRED = "expired"
    USED = "used"
    UNKNOWN = "unknown"
    SOMEONE_ELSE = "someone_else"
    OUTSIDER = "outsider"
    WRONG_BROWSER = "wrong_browser"
    COOKIE_MISSING = "cookie_missing"
    SIGN_IN_DENIED = "sign_in_denied"
    SIGN_IN_REFUSED = "sign_in_refused"
    SLACK_DOWN = "slack_down"
    PROVIDER_DOWN = "provider_down"
    CODE_REFUSED = "code_refused"
    NO_SITE = "no_site"
    NO_CONFLUENCE = "no_confluence"
    NO_API = "no_api"
    BLOCKED = "blocked"
    SCOPE_MISSING = "scope_missing"
    OFFLINE_REFUSED = "offline_refused"
    PROFILE_BROKEN = "profile_broken"
    KEPT = "kept"
    NOT_ADMIN = "not_admin"
    SIGN_IN_NEEDED = "sign_in_needed"
    UNTRIED = "untried"
    WRONG_ISSUER = "wrong_issuer"
    TOO_MANY_TRIES = "too_many_tries"
    NOT_INSTALLED = "not_installed"
    TOO_MANY = "too_many"
    FAULT = "fault"


class Ended(BotError):
    """Consent came to an end; *pending* is the step at which it did, where it is known."""

    code = "consent_ended"

    def __init__(
        self, end: End, pending: PendingConnection | None = None, scopes: Iterable[str] = ()
    ) -> None:
        """Say how it ended and, where scopes are missing, which."""
        super().__init__(f"consent ended: {end}")
        self.end = end
        self.pending = pending
        self.scopes = frozenset(scopes)


def end_of(error: BotError, *, refused: End, down: End) -> End:
    """Return the end that *error* means where a code is refused or a server is down."""
    ends = (
        (NoLicence, End.NO_CONFLUENCE),
        (AppBlocked, End.BLOCKED),
        (NotAllowed, refused),
        (NotFound, End.NO_CONFLUENCE),
        (NoApiThere, End.NO_API),
        (ProfileBroken, End.PROFILE_BROKEN),
        (Unavailable, down),
    )
    return next((end for kind, end in ends if isinstance(error, kind)), End.FAULT)


SILENT: Final = frozenset(
    {End.USED, End.UNKNOWN, End.SOMEONE_ELSE, End.OUTSIDER, End.NOT_INSTALLED, End.TOO_MANY}
)
"""Ends that are told to nobody in Slack: nobody waits there, or whoever waits isn't here."""

AGAIN: Final = "Type `{command} connect` when you want to try again."

MESSAGES: Final = {
    End.DENIED: f"You didn't allow Confab at Atlassian, so nothing was connected. {AGAIN}",
    End.EXPIRED: f"That connect link has expired and can't be used any more. {AGAIN}",
    End.WRONG_BROWSER: (
        "Your connect link was continued in another browser than the one it was opened in, so"
        f" nothing was connected. {AGAIN}"
    ),
    End.COOKIE_MISSING: (
        "Your browser didn't send our cookie back, so nothing was connected."
        f" Please allow cookies for our pages. {AGAIN}"
    ),
    End.SIGN_IN_DENIED: f"You cancelled signing in with Slack, so nothing was connected. {AGAIN}",
    End.SIGN_IN_REFUSED: f"Slack couldn't confirm who you are, so nothing was connected. {AGAIN}",
    End.SLACK_DOWN: f"Slack's sign-in didn't answer, so nothing was connected. {AGAIN}",
    End.PROVIDER_DOWN: f"Atlassian didn't answer, so nothing was connected. {AGAIN}",
    End.CODE_REFUSED: f"Atlassian refused to complete the connection. Nothing was kept. {AGAIN}",
    End.NO_SITE: (
        "Atlassian gave us no site, so there is nothing to connect to."
        f" Choose a site with Confluence when Atlassian asks for one. {AGAIN}"
    ),
    End.NO_CONFLUENCE: (
        "There is no Confluence that we may use on the site you chose. Nothing was kept."
        f" Choose a site with Confluence. {AGAIN}"
    ),
    End.NO_API: (
        "Where Confluence should be, something else answers, so nothing was connected."
        " Please tell an admin: the address in the profile needs its context path, as in"
        " https://wiki.example.com/confluence."
    ),
    End.BLOCKED: (
        "Your organisation doesn't let this app into Confluence, so nothing was connected."
        " Please ask whoever administers it at Atlassian to allow the app."
    ),
    End.SCOPE_MISSING: f"Atlassian granted less than was asked for. Nothing was kept. {AGAIN}",
    End.OFFLINE_REFUSED: (
        "Atlassian didn't allow us to stay connected, so the connection would have ended within"
        f" the hour. Nothing was kept. {AGAIN}"
    ),
    End.PROFILE_BROKEN: (
        "Atlassian refused Confab itself, so nothing was connected."
        " Please tell whoever runs Confab here: its Atlassian app needs mending."
    ),
    End.FAULT: f"Something went wrong that we didn't expect. Nothing was connected. {AGAIN}",
    End.NOT_ADMIN: (
        "Only admins of this workspace can authorize for everybody, so nothing was changed."
        " Ask an admin to do it."
    ),
    End.SIGN_IN_NEEDED: (
        "That is done only where Slack confirms whose browser it is, and that isn't set up"
        " here, so nothing was changed. Ask whoever runs Confab to set up Sign in with Slack."
    ),
    End.UNTRIED: (
        "This workspace's authorization profile hasn't been tried since it was made, so nothing was"
        " connected. Ask an admin to try it first."
    ),
    End.WRONG_ISSUER: (
        "The answer came from another server than the one that was asked, so nothing was"
        f" connected. Tell an admin if it happens again. {AGAIN}"
    ),
    End.TOO_MANY_TRIES: (
        f"What was typed was refused five times, so that link has ended. Nothing was kept. {AGAIN}"
    ),
    End.KEPT: "You kept the Atlassian account that was connected before. Nothing was changed.",
}
"""What the person who waits in Slack is told, in mrkdwn; none of it comes from outside."""


def message_of(end: End, pending: PendingConnection, command: str) -> str:
    """Return the words for how *pending* ended, in mrkdwn, about the server that was asked."""
    words = MESSAGES[end]
    if pending.server:
        words = words.replace("Atlassian", "{server}")
    if pending.purpose.is_admins:
        words = words.replace("{command} connect", "{command} admin")
    return words.format(command=command, server=escape(pending.server))
