"""What one person sees."""

from dataclasses import asdict

from sandbox.slack import belonging, data
from sandbox.slack.files import fields_of
from sandbox.slack.payloads import view_fields
from sandbox.slack.state import Json, Message, View
from sandbox.slack.views import Views
from sandbox.slack.workspace import Workspace


def screen(workspace: Workspace, views: Views, user: str, team: str) -> Json:
    """Everything on this person's screen in this workspace, as JSON."""
    person = workspace.person(user)
    home = views.home_in(user, team)
    app = workspace.installs.app_in(team)
    return {
        "seq": workspace.changes.seq(user),
        "user": person,
        "team": data.TEAMS[team],
        "app": app.id if app else None,
        "channels": [_channel(workspace, each, user) for each in _joined(workspace, user, team)],
        "modal": [_view(view, person) for view in views.stack(user)],
        "home": _view(home, person) if home else None,
        "notices": [asdict(each) for each in workspace.state.notices if each.user == user],
    }


def _joined(workspace: Workspace, user: str, team: str) -> list[Json]:
    app = workspace.installs.app_in(team)
    return [
        each
        for each in workspace.state.channels.values()
        if user in each["members"] and _is_here(each, team, app.id if app else team)
    ]


def _is_here(channel: Json, team: str, home: str) -> bool:
    if channel["kind"] == "im":
        return bool(channel["teams"] == [home])
    return team in belonging.teams_in(channel)


def _channel(workspace: Workspace, channel: Json, user: str) -> Json:
    here = (m for m in workspace.state.messages if m.channel == channel["id"])
    shown = [_message(workspace, each) for each in here if workspace.sees(user, each)]
    name = workspace.manifest.name if channel["kind"] == "im" else channel["name"]
    return {**channel, "name": name, "messages": shown}


def _message(workspace: Workspace, message: Message) -> Json:
    made = asdict(message)
    for own in ("only_for", "hidden_from", "client_msg_id"):
        del made[own]
    known = workspace.state.files
    made["files"] = [fields_of(known[f["id"]], workspace.base_url) for f in message.files]
    author = workspace.state.people[message.user]
    name = workspace.manifest.name if message.bot else author["real_name"]
    return {**made, "name": name, "bot": message.bot, "ephemeral": message.only_for is not None}


def _view(view: View, person: Json) -> Json:
    return {**view_fields(view, person), "errors": view.errors, "notice": view.notice}
