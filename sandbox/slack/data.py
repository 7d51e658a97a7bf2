"""The people, channels and tokens that the sandbox's Slack starts with."""

from typing import Any

TEAM = "T0ACME"
OTHER_TEAM = "T0OTHER"
TEAMS: dict[str, dict[str, str]] = {
    TEAM: {"id": TEAM, "name": "Acme", "domain": "acme"},
    OTHER_TEAM: {"id": OTHER_TEAM, "name": "Other", "domain": "other"},
}
APP_ID = "A0CONFAB"
BOT_USER = "U0BOT"
BOT_ID = "B0BOT"
BOT_TOKEN = "xoxb-0000-sandbox-acme"
# Slack still sends this deprecated field with every delivery.
VERIFICATION_TOKEN = "sandbox-verification-token"

_PEOPLE = (
    ("U0ADA", "ada", "Ada Lovelace", "admin", TEAM),
    ("U0BOB", "bob", "Bob Babbage", "member", TEAM),
    ("U0CY", "cy", "Cy Somerville", "member", TEAM),
    ("U0GUS", "gus", "Gus Guest", "guest", TEAM),
    ("U0EVE", "eve", "Eve Outsider", "outsider", OTHER_TEAM),
    (BOT_USER, "confab", "Confab", "bot", TEAM),
)
_CHANNELS: tuple[tuple[str, str, str, bool, list[str]], ...] = (
    ("C0GENERAL", "general", "public", False, ["U0ADA", "U0BOB", "U0CY", "U0GUS", BOT_USER]),
    ("C0ENG", "eng", "private", False, ["U0ADA", "U0BOB", "U0CY"]),
    ("C0PARTNERS", "partners", "public", True, ["U0ADA", "U0BOB", "U0EVE", BOT_USER]),
)


def people() -> dict[str, dict[str, Any]]:
    """Everybody by id, the bot's user included."""
    keys = ("id", "name", "real_name", "role", "team")
    return {row[0]: dict(zip(keys, row, strict=True)) for row in _PEOPLE}


def channels() -> dict[str, dict[str, Any]]:
    """Every channel by id; direct messages appear as they are opened."""
    keys = ("id", "name", "kind", "shared", "members")
    made = {row[0]: dict(zip(keys, row, strict=True)) for row in _CHANNELS}
    for person in people().values():
        if person["team"] == TEAM and person["id"] != BOT_USER:
            dm = direct_messages(person["id"])
            made[dm["id"]] = dm
    return made


def direct_messages(user: str) -> dict[str, Any]:
    """The channel in which *user* and the app talk."""
    name = f"D{user[1:]}"
    members = [user, BOT_USER]
    return {"id": name, "name": "directmessage", "kind": "im", "shared": False, "members": members}
