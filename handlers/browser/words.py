"""What pages say: every end of consent, every refused request, every group of scopes."""

from dataclasses import replace
from typing import Final

from bot.connect import End
from bot.connection import (
    ATTACH,
    COMMENT,
    DATA_CENTER_READ,
    DATA_CENTER_WRITE,
    IDENTITY,
    LABEL,
    READ,
    TEMPLATES,
    WATCH,
)
from bot.frozen import frozen

NOTHING: Final = (
    "Nothing was connected, and nothing was kept. If you were connected before, you still are."
)


@frozen
class Words:
    """What happened, what is safe and what to do.

    *leads_on* offers to start again, *names_person* says whom the link is for, and
    *at_atlassian* leads to where a consent is taken back.
    """

    title: str
    happened: str
    safe: str
    do: str
    status: int = 200
    leads_on: bool = True
    names_person: bool = False
    at_atlassian: bool = False


ENDS: Final = {
    End.DENIED: Words(
        "You didn’t allow it",
        "You cancelled at Atlassian, so Confab wasn’t given access.",
        NOTHING,
        "If that was by mistake, start again and choose “Accept” at Atlassian.",
        403,
    ),
    End.EXPIRED: Words(
        "This link has expired",
        "Connect links don’t work for long, and this one is too old.",
        "Nobody can use it any more.",
        "Start again with a fresh one.",
        410,
    ),
    End.USED: Words(
        "This link has been used",
        "Every connect link works once, and this one has done its work.",
        "It can’t be used again, by anybody. If you saw “Connected”, you are connected.",
        "If you didn’t get to the end, start again with a fresh one.",
        410,
    ),
    End.UNKNOWN: Words(
        "We don’t know this link",
        "It is incomplete, or so old that we have forgotten it.",
        "Nothing was changed.",
        "Ask for a fresh one in Slack.",
        404,
    ),
    End.SOMEONE_ELSE: Words(
        "This link is for someone else",
        "Only the person who asked for it in Slack can use it.",
        "Nothing was connected: neither to you nor to them. The link is used up.",
        "To connect your own account, ask for a link of your own.",
        403,
        names_person=True,
    ),
    End.OUTSIDER: Words(
        "You aren’t in this workspace",
        "Slack says that you belong to another workspace, or may not use apps in this one.",
        NOTHING,
        "Sign in to the right workspace in Slack, then start again.",
        403,
    ),
    End.WRONG_BROWSER: Words(
        "This began in another browser",
        "Connecting has to end in the browser in which it began, and this is a different one.",
        f"{NOTHING} The link is used up.",
        "Start again, and stay in one browser.",
        403,
    ),
    End.COOKIE_MISSING: Words(
        "Your browser didn’t send our cookie",
        "It tells us that you are still in the browser in which you began.",
        NOTHING,
        "Allow cookies for this site, leave private browsing if it blocks them, then start again.",
        400,
    ),
    End.SIGN_IN_DENIED: Words(
        "You didn’t sign in with Slack",
        "You cancelled, so we can’t tell who you are.",
        NOTHING,
        "Start again and allow it: Slack tells us your member id and your workspace.",
        403,
    ),
    End.SIGN_IN_REFUSED: Words(
        "Slack couldn’t confirm who you are",
        "Slack refused to finish signing you in, or took too long over it.",
        NOTHING,
        "Start again. If it happens twice, tell whoever runs Confab here.",
        403,
    ),
    End.SLACK_DOWN: Words(
        "Slack isn’t answering",
        "Slack’s sign-in is down or slow at the moment.",
        NOTHING,
        "Wait a minute, then start again.",
        503,
    ),
    End.PROVIDER_DOWN: Words(
        "Atlassian isn’t answering",
        "You did your part, but Atlassian is down or slow at the moment.",
        NOTHING,
        "Wait a minute, then start again.",
        503,
    ),
    End.CODE_REFUSED: Words(
        "Atlassian refused to finish",
        "What Atlassian sent us along with you, it wouldn’t accept from us.",
        NOTHING,
        "Start again. If it happens twice, tell whoever runs Confab here.",
        403,
    ),
    End.NO_SITE: Words(
        "Atlassian gave us no site",
        "Your consent opens none of your sites, so there is nothing to search or read.",
        "Nothing was kept.",
        "Start again and choose a site with Confluence when Atlassian asks for one.",
        403,
    ),
    End.NO_CONFLUENCE: Words(
        "There is no Confluence on that site",
        "Your consent opens a site, but none on which we may use Confluence for you.",
        "Nothing was kept.",
        "Start again and choose a site with Confluence, or ask its admin whether you have it.",
        403,
    ),
    End.NO_API: Words(
        "Something else answers there",
        "At the address in the profile a web page answers, and not Confluence.",
        NOTHING,
        "Tell an admin: the context path belongs to that address, as in"
        " https://wiki.example.com/confluence. Starting again won’t help until then.",
        502,
        leads_on=False,
    ),
    End.BLOCKED: Words(
        "Your organisation blocks this app",
        "Its policy at Atlassian doesn’t let Confab into Confluence. You did nothing wrong.",
        NOTHING,
        "Ask whoever administers your organisation at Atlassian to allow the app. Starting again"
        " won’t help until then.",
        403,
        leads_on=False,
    ),
    End.SCOPE_MISSING: Words(
        "Atlassian allowed less than we need",
        "Some of what was asked for is missing from what Atlassian gave us.",
        "Nothing was kept.",
        "Start again. If it happens twice, the Atlassian app that Confab uses lacks permissions:"
        " tell whoever runs Confab here.",
        403,
    ),
    End.OFFLINE_REFUSED: Words(
        "Atlassian didn’t let us stay connected",
        "Without that, your connection would end within the hour.",
        "Nothing was kept.",
        "Start again. If it happens twice, tell whoever runs Confab here.",
        403,
    ),
    End.PROFILE_BROKEN: Words(
        "Confab isn’t set up properly",
        "Atlassian refuses Confab itself. You did nothing wrong.",
        NOTHING,
        "Tell whoever runs Confab here: its Atlassian app needs mending."
        " Starting again won’t help until then.",
        502,
        leads_on=False,
    ),
    End.NOT_ADMIN: Words(
        "Only admins can do this",
        "It would authorize Confab for everybody in your workspace, and you aren’t one of its"
        " admins, or aren’t any more.",
        "Nothing was changed.",
        "Ask an admin of your workspace to do it.",
        403,
        leads_on=False,
    ),
    End.SIGN_IN_NEEDED: Words(
        "This can’t be done here yet",
        "We take secrets, and hand out files, only once Slack has confirmed whose browser it is,"
        " and Sign in with Slack isn’t set up here.",
        "Nothing was changed.",
        "Ask whoever runs Confab here to set up Sign in with Slack.",
        403,
        leads_on=False,
    ),
    End.UNTRIED: Words(
        "This way to connect hasn’t been tried",
        "Your workspace’s authorization profile hasn’t worked yet since it was made, and an admin"
        " goes first.",
        NOTHING,
        "Ask an admin of your workspace to try it, then connect from Slack.",
        403,
        leads_on=False,
    ),
    End.WRONG_ISSUER: Words(
        "Another server answered",
        "The answer that your browser brought us comes from another server than the one that we"
        " asked, so we didn’t use it.",
        NOTHING,
        "Start again. If it happens twice, tell an admin: somebody may be meddling.",
        403,
    ),
    End.TOO_MANY_TRIES: Words(
        "That was refused five times",
        "What was typed didn’t work, and this link has ended so that nobody can go on guessing.",
        "Nothing was kept.",
        "Check it where it was made, then ask for a fresh link in Slack.",
        403,
        leads_on=False,
    ),
    End.KEPT: Words(
        "You kept your other account",
        "You chose not to replace the Atlassian account that is connected.",
        "Nothing was changed here. Atlassian still lists Confab for the account that you"
        " didn’t connect; you can remove it there.",
        "You can close this page.",
        leads_on=False,
        at_atlassian=True,
    ),
    End.NOT_INSTALLED: Words(
        "Confab isn’t in this workspace any more",
        "It was removed from the Slack workspace that this link came from.",
        NOTHING,
        "Ask whoever looks after your workspace’s apps.",
        410,
        leads_on=False,
    ),
    End.TOO_MANY: Words(
        "Too many start again just now",
        "More people of your workspace are starting again than we take in a minute.",
        NOTHING,
        "Wait a minute, then start again; or ask for a fresh link in Slack, which works at once.",
        429,
    ),
    End.FAULT: Words(
        "Something went wrong",
        "We got an answer that we didn’t expect. It has been noted.",
        NOTHING,
        "Start again. If it happens twice, tell whoever runs Confab here.",
        502,
    ),
}


def words_for(end: End, server: str = "") -> Words:
    """Return what to say of *end*, about *server* where it isn't Atlassian's own."""
    words = ENDS[end]
    if not server:
        return words
    named = {
        part: getattr(words, part).replace("Atlassian", server)
        for part in ("title", "happened", "safe", "do")
    }
    return replace(words, **named, at_atlassian=False)


PROBLEMS: Final = {
    400: ("We can’t read this", "Your browser sent something that we don’t understand."),
    403: (
        "This form came from somewhere else",
        "It wasn’t sent from a page of ours, so we ignored it.",
    ),
    404: ("There is nothing here", "The address is incomplete or wrong."),
    405: ("That isn’t how this works", "This address doesn’t take that kind of request."),
    413: ("That was too much", "Your browser sent more than any form of ours holds."),
    415: ("We can’t read this", "Your browser sent a kind of data that we don’t take."),
    503: ("We can’t do this right now", "Something that we need isn’t answering."),
    500: ("Something went wrong", "It is our fault, and it has been noted."),
}
"""By HTTP status: the title, and what happened."""


@frozen
class Asked:
    """A group of scopes, in words."""

    title: str
    means: str
    scopes: frozenset[str]


ASKED: Final = (
    Asked(
        "Search and read",
        "Find and show Confluence pages that you may see, and nothing else.",
        READ - IDENTITY,
    ),
    Asked(
        "Create and change pages",
        "In your name, and only what you have confirmed after a preview in Slack.",
        frozenset({"write:page:confluence", DATA_CENTER_WRITE}),
    ),
    Asked(
        "Move pages to the trash",
        "To undo what you have just created, or where you have confirmed it after a preview.",
        frozenset({"delete:page:confluence"}),
    ),
    Asked(
        "Read, write and delete comments",
        "In your name, as you confirm them; deleted is what you undo.",
        COMMENT - READ,
    ),
    Asked("Read and attach files", "In your name, as you confirm them.", ATTACH - READ),
    Asked("Read and set labels", "In your name, as you confirm them.", LABEL - READ),
    Asked(
        "Read page templates",
        "Confluence’s own, so that you can fill them in from Slack.",
        TEMPLATES - READ,
    ),
    Asked(
        "Watch pages", "Only those that you choose, and no longer when you say so.", WATCH - READ
    ),
    Asked(
        "Restrict pages",
        "Choose who alone may see or change a page, as you confirm it.",
        frozenset({"write:content.restriction:confluence"}),
    ),
    Asked(
        "Check who may see a page",
        "So that nobody is shown more than Confluence would show them.",
        frozenset({"read:content.permission:confluence"}),
    ),
    Asked(
        "Look up groups",
        "To name the one that a page is restricted to, or that may see what is shown.",
        frozenset({"read:group:confluence"}),
    ),
    Asked("Search and read", "Everything that you may see there.", frozenset({DATA_CENTER_READ})),
    Asked(
        "Know whose account it is",
        "Your Atlassian name and account id, so that you can see who you act as.",
        frozenset({"read:me"}),
    ),
    Asked(
        "Stay connected",
        "So that you needn’t agree again every hour, until you disconnect.",
        frozenset({"offline_access"}),
    ),
    Asked(
        "Forget you when you go",
        "Atlassian tells us when an account is closed, so that nothing of it stays here.",
        frozenset({"report:personal-data"}),
    ),
)
"""Every scope that our needs take, in words, each in one group."""


def asked_in_words(scopes: frozenset[str]) -> tuple[Asked, ...]:
    """Return what *scopes* allow; what we have no words for stands by its own name."""
    groups = tuple(each for each in ASKED if each.scopes & scopes)
    known = frozenset[str]().union(*(each.scopes for each in ASKED))
    others = (Asked(scope, "", frozenset({scope})) for scope in sorted(scopes - known))
    return (*groups, *others)
