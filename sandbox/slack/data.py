"""The workspaces, people, channels, groups and tokens that the sandbox's Slack starts with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

TEAM = "T0ACME"
OTHER_TEAM = "T0OTHER"
NORTH, SOUTH = "T0NORTH", "T0SOUTH"
ORGANISATION = "E0GLOBE"
TEAMS: dict[str, dict[str, str]] = {
    TEAM: {"id": TEAM, "name": "Acme", "domain": "acme"},
    OTHER_TEAM: {"id": OTHER_TEAM, "name": "Other", "domain": "other"},
    NORTH: {"id": NORTH, "name": "Globe North", "domain": "globe-north"},
    SOUTH: {"id": SOUTH, "name": "Globe South", "domain": "globe-south"},
}
ORGANISATIONS: dict[str, dict[str, str]] = {
    ORGANISATION: {"id": ORGANISATION, "name": "Globe", "domain": "globe"},
}
#: workspace → the organisation that it belongs to
_ORGANISATION_OF = {NORTH: ORGANISATION, SOUTH: ORGANISATION}
APP_ID = "A0CONFAB"
BOT_USER = "U0BOT"
BOT_ID = "B0BOT"
#: where the app can be installed → its bot user and bot there, the same at every install
BOTS = {
    TEAM: (BOT_USER, BOT_ID),
    OTHER_TEAM: ("U0BOTOTHER", "B0BOTOTHER"),
    NORTH: ("U0BOTNORTH", "B0BOTNORTH"),
    SOUTH: ("U0BOTSOUTH", "B0BOTSOUTH"),
    ORGANISATION: ("U0BOTGLOBE", "B0BOTGLOBE"),
}
#: bot user → where it is the app's
HOME_OF_BOT = {user: home for home, (user, _) in BOTS.items()}
BOT_TOKEN = "xoxb-0000-sandbox-acme"
# Slack still sends this deprecated field with every delivery.
VERIFICATION_TOKEN = "sandbox-verification-token"


@dataclass(frozen=True, slots=True)
class _Person:
    id: str
    real_name: str
    role: str
    team: str
    also_in: tuple[tuple[str, str], ...] = ()
    org_role: str | None = None

    def row(self) -> dict[str, Any]:
        """As it is kept: *roles* by workspace, *team* the one that they call home."""
        name = "confab" if self.role == "bot" else self.real_name.split()[0].lower()
        return {
            "id": self.id,
            "name": name,
            "real_name": self.real_name,
            "role": self.role,
            "team": self.team,
            "roles": {self.team: self.role, **dict(self.also_in)},
            "org_role": self.org_role,
            "deleted": False,
        }


_PEOPLE = (
    _Person("U0ADA", "Ada Lovelace", "admin", TEAM),
    _Person("U0BOB", "Bob Babbage", "member", TEAM),
    _Person("U0CY", "Cy Somerville", "member", TEAM),
    _Person("U0GUS", "Gus Guest", "guest", TEAM),
    _Person("U0EVE", "Eve Outsider", "member", OTHER_TEAM),
    _Person("U0OLA", "Ola Owner", "primary_owner", OTHER_TEAM),
    _Person("U0MAX", "Max Member", "member", OTHER_TEAM),
    _Person("W0IRIS", "Iris Globe", "owner", NORTH, ((SOUTH, "owner"),), "owner"),
    _Person("W0PAT", "Pat Both", "member", NORTH, ((SOUTH, "member"),)),
    _Person("U0KIM", "Kim North", "admin", NORTH, ((SOUTH, "member"),)),
    _Person("U0NED", "Ned North", "member", NORTH),
    _Person("U0SAL", "Sal South", "member", SOUTH),
    _Person("U0VIC", "Vic Visitor", "multi_guest", SOUTH),
)
_BOTS = tuple(_Person(bot, "Confab", "bot", home) for home, (bot, _) in BOTS.items())
_CHANNELS: tuple[tuple[str, str, str, list[str], list[str]], ...] = (
    ("C0GENERAL", "general", "public", [TEAM], ["U0ADA", "U0BOB", "U0CY", "U0GUS", BOT_USER]),
    ("C0ENG", "eng", "private", [TEAM], ["U0ADA", "U0BOB", "U0CY"]),
    ("C0PARTNERS", "partners", "public", [TEAM, OTHER_TEAM], ["U0ADA", "U0BOB", "U0EVE", BOT_USER]),
    ("C0OTHER", "general", "public", [OTHER_TEAM], ["U0EVE", "U0OLA", "U0MAX"]),
    ("C0NORTH", "general", "public", [NORTH], ["W0IRIS", "W0PAT", "U0KIM", "U0NED"]),
    ("C0SOUTH", "general", "public", [SOUTH], ["W0IRIS", "W0PAT", "U0KIM", "U0SAL", "U0VIC"]),
    ("C0BOARD", "board", "private", [NORTH], ["W0IRIS", "U0KIM"]),
    (
        "C0GLOBE",
        "all-globe",
        "public",
        [NORTH, SOUTH],
        ["W0IRIS", "W0PAT", "U0KIM", "U0NED", "U0SAL"],
    ),
    ("C0SUPPLY", "supply", "public", [SOUTH, OTHER_TEAM], ["W0PAT", "U0SAL", "U0OLA", "U0MAX"]),
)
#: where the app's bot is invited as soon as it is installed
INVITED = {
    OTHER_TEAM: ("C0OTHER", "C0PARTNERS"),
    NORTH: ("C0NORTH", "C0GLOBE"),
    SOUTH: ("C0SOUTH", "C0SUPPLY"),
}
_GROUPS = (
    ("S0WRITERS", "writers", "Writers", TEAM, ["U0BOB"]),
    ("S0EDITORS", "editors", "Editors", TEAM, ["U0ADA", "U0CY"]),
    ("S0OTHERS", "writers", "Writers", OTHER_TEAM, ["U0MAX"]),
    ("S0NORTHERN", "northern", "Northern writers", NORTH, ["W0PAT", "U0NED"]),
    ("S0SOUTHERN", "southern", "Southern writers", SOUTH, ["U0SAL"]),
)


def organisation_of(home: str) -> dict[str, str] | None:
    """The organisation that *home*, a workspace or an organisation, belongs to."""
    return ORGANISATIONS.get(_ORGANISATION_OF.get(home, home))


def team_named(home: str) -> dict[str, str]:
    """Id, name and domain of a workspace or an organisation; an unknown one has its id alone."""
    known = TEAMS.get(home) or ORGANISATIONS.get(home)
    return known or {"id": home, "name": home, "domain": home.lower()}


def teams_under(home: str) -> list[str]:
    """The workspaces of an organisation, or the one workspace."""
    return [team for team in TEAMS if home in (team, _ORGANISATION_OF.get(team))]


def people() -> dict[str, dict[str, Any]]:
    """Everybody by id, the app's bots included."""
    return {each.id: each.row() for each in (*_PEOPLE, *_BOTS)}


def channels() -> dict[str, dict[str, Any]]:
    """Every channel by id; direct messages appear as they are opened."""
    made = {row[0]: _channel(*row) for row in _CHANNELS}
    for person in people().values():
        if person["team"] == TEAM and person["id"] != BOT_USER:
            dm = direct_messages(person["id"])
            made[dm["id"]] = dm
    return made


def groups() -> dict[str, dict[str, Any]]:
    """Every user group by id."""
    keys = ("id", "handle", "name", "team", "users")
    made = {row[0]: dict(zip(keys, row, strict=True)) for row in _GROUPS}
    return {name: {**row, "disabled": False} for name, row in made.items()}


def direct_messages(user: str, home: str = TEAM) -> dict[str, Any]:
    """The channel in which *user* and the app, as it is installed at *home*, talk."""
    bot = BOTS[home][0]
    name = f"D{user[1:]}{bot.removeprefix(BOT_USER)}"
    members = [user, bot]
    return {
        "id": name,
        "name": "directmessage",
        "kind": "im",
        "shared": False,
        "members": members,
        "teams": [home],
    }


def _channel(
    name: str, title: str, kind: str, teams: list[str], members: list[str]
) -> dict[str, Any]:
    return {
        "id": name,
        "name": title,
        "kind": kind,
        "shared": spans_owners(teams),
        # Each world's own: people and bots come into channels.
        "members": list(members),
        "teams": list(teams),
    }


def spans_owners(teams: Iterable[str]) -> bool:
    """Whether these workspaces are not all of one customer of Slack's."""
    return len({_ORGANISATION_OF.get(each, each) for each in teams}) > 1
