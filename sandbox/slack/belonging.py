"""Who and what belongs to which workspace."""

from collections.abc import Iterable

from sandbox.slack import data
from sandbox.slack.state import Installation, Json

OUTSIDER = "outsider"
GUESTS = ("guest", "multi_guest")
OWNERS = ("owner", "primary_owner")
ADMINS = ("admin", *OWNERS)


def teams_of(person: Json) -> list[str]:
    """The workspaces that *person* is a member of, their home first."""
    return list(person["roles"])


def teams_in(channel: Json) -> list[str]:
    """The workspaces that have this channel; of direct messages, those where the app is at home."""
    if channel["kind"] == "im":
        return data.teams_under(channel["teams"][0])
    return list(channel["teams"])


def is_in(person: Json, team: str) -> bool:
    """Whether *person* is a member of this workspace."""
    return team in person["roles"]


def is_of(person: Json, app: Installation) -> bool:
    """Whether *person* is a member of a workspace in which the app is."""
    return any(team in person["roles"] for team in app.teams)


def is_akin(person: Json, app: Installation) -> bool:
    """Whether *person* is of the workspace or, where it has one, of its organisation."""
    ours = data.organisation_of(app.id)
    if ours is None:
        return is_in(person, app.id)
    return data.organisation_of(person["team"]) == ours


def seen_in(person: Json, teams: Iterable[str]) -> Json:
    """*person* with the role that they have in these workspaces: an outsider's where none."""
    role = next((person["roles"][each] for each in teams if each in person["roles"]), OUTSIDER)
    return {**person, "role": role}


def told_team(person: Json) -> str:
    """The ``team_id`` of an interaction's user: the organisation where their id is of its kind."""
    owner = data.organisation_of(person["team"])
    return owner["id"] if owner and person["id"].startswith("W") else person["team"]
