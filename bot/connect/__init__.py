"""Connecting an account: from a link in Slack, through the browser, to a connection.

Whoever consents in the browser must be whoever asked in Slack. So each step is a record
that is used up once, before anything else is done with what came along with its token.
"""

from bot.connect.connect import Connect
from bot.connect.ends import APPS_URL, End, Ended
from bot.connect.outcome import (
    Anew,
    Asked,
    CodeShown,
    Connected,
    Decided,
    Done,
    Export,
    Invitation,
    Next,
    OnConnected,
    Question,
    Returned,
    SecretKept,
    ToChoose,
    ToExport,
    ToType,
    Wanted,
)
from bot.connect.parts import Services, Stores, Terms

__all__ = [
    "APPS_URL",
    "Anew",
    "Asked",
    "CodeShown",
    "Connect",
    "Connected",
    "Decided",
    "Done",
    "End",
    "Ended",
    "Export",
    "Invitation",
    "Next",
    "OnConnected",
    "Question",
    "Returned",
    "SecretKept",
    "Services",
    "Stores",
    "Terms",
    "ToChoose",
    "ToExport",
    "ToType",
    "Wanted",
]
