"""What the app is told: the fields of every kind of delivery."""

from sandbox.slack import belonging, data
from sandbox.slack.state import Installation, Json, Message, View
from sandbox.slack.workspace import Workspace

#: the app in the workspace that it is in from the start
FIRST = Installation(data.TEAM, [data.TEAM])


def team_fields(team: str) -> Json:
    """The ``team`` object."""
    made: Json = {"id": team, "domain": data.team_named(team)["domain"]}
    owner = data.organisation_of(team)
    if owner:
        made |= {"enterprise_id": owner["id"], "enterprise_name": owner["name"]}
    return made


def user_fields(person: Json) -> Json:
    """The ``user`` object of an interaction."""
    name, team = person["name"], belonging.told_team(person)
    return {"id": person["id"], "username": name, "name": name, "team_id": team}


def interaction(
    kind: str, person: Json, app: Installation = FIRST, team: str | None = data.TEAM
) -> Json:
    """What every interactive payload begins with; in no *team*, Slack says null."""
    owner = data.organisation_of(app.id)
    return {
        "type": kind,
        "token": data.VERIFICATION_TOKEN,
        "api_app_id": data.APP_ID,
        "team": None if team is None else team_fields(team),
        "enterprise": {"id": owner["id"], "name": owner["name"]} if owner else None,
        "is_enterprise_install": app.is_org,
        "user": user_fields(person),
    }


def channel_fields(channel: Json) -> Json:
    """The ``channel`` object; a private channel's name is withheld."""
    names = {"private": "privategroup", "im": "directmessage"}
    return {"id": channel["id"], "name": names.get(channel["kind"], channel["name"])}


def command(
    workspace: Workspace,
    person: Json,
    channel: Json,
    typed: tuple[str, str],
    at: tuple[Installation, str],
) -> Json:
    """The form fields of a slash command; *typed* is its word and text, *at* app and workspace."""
    (word, text), (app, team) = typed, at
    where, owner = channel_fields(channel), data.organisation_of(team)
    made = {
        "token": data.VERIFICATION_TOKEN,
        "team_id": team,
        "team_domain": data.team_named(team)["domain"],
        "channel_id": where["id"],
        "channel_name": where["name"],
        "user_id": person["id"],
        "user_name": person["name"],
        "command": word,
        "text": text,
        "api_app_id": data.APP_ID,
        "is_enterprise_install": "true" if app.is_org else "false",
        "response_url": workspace.mint_hook(person["id"], channel["id"], home=app.id),
        "trigger_id": workspace.mint_trigger(person["id"], home=app.id, channel=channel["id"]),
    }
    if owner:
        made |= {"enterprise_id": owner["id"], "enterprise_name": owner["name"]}
    return made


def message_fields(message: Message) -> Json:
    """A message as the app sees it."""
    made: Json = {
        "type": "message",
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
        "team": message.team,
        "blocks": message.blocks,
    }
    if message.attachments:
        made["attachments"] = message.attachments
    if message.client_msg_id:
        made["client_msg_id"] = message.client_msg_id
    if message.files:
        shown = {"files": message.files, "upload": False, "display_as_bot": False}
        made |= {"subtype": "file_share", **shown}
    if message.edited:
        made["edited"] = {"user": message.user, "ts": message.edited_ts or message.ts}
    if message.bot:
        home = data.HOME_OF_BOT[message.user]
        made |= {"bot_id": data.BOTS[home][1], "app_id": data.APP_ID}
    return made | _thread_fields(message)


def _thread_fields(message: Message) -> Json:
    if message.thread_ts is None:
        return {}
    made: Json = {"thread_ts": message.thread_ts}
    if message.is_reply:
        return made | {"parent_user_id": message.parent_user}
    return made | {
        "reply_count": message.reply_count,
        "reply_users_count": len(message.reply_users),
        "latest_reply": message.latest_reply,
        "reply_users": message.reply_users,
        "is_locked": False,
    }


def tombstone_fields(message: Message) -> Json:
    """What is left of a deleted message that has replies."""
    made = {"type": "message", "subtype": "tombstone", "ts": message.ts, "user": "USLACKBOT"}
    return {
        **made,
        "text": "This message was deleted.",
        "hidden": True,
        **_thread_fields(message),
    }


def in_message(workspace: Workspace, person: Json, message: Message, home: str) -> Json:
    """What an interaction in a message adds: where it was, and how to answer."""
    channel = workspace.state.channels[message.channel]
    made: Json = {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": message.only_for is not None,
        },
        "channel": channel_fields(channel),
        "state": {"values": message.values},
    }
    if message.thread_ts:
        made["container"]["thread_ts"] = message.thread_ts
    # Slack doesn't keep ephemeral messages, so it can't send them along.
    if message.only_for is None:
        made["message"] = message_fields(message)
    made["response_url"] = workspace.mint_hook(person["id"], message.channel, message.ts, home)
    return made


def view_fields(view: View, person: Json) -> Json:
    """A view as the app sees it."""
    body = {"callback_id": "", "external_id": "", "private_metadata": "", **view.body}
    return {
        "title": None,
        "submit": None,
        "close": None,
        "clear_on_close": False,
        "notify_on_close": False,
        **body,
        "id": view.id,
        "team_id": belonging.told_team(person),
        "state": {"values": view.values},
        "hash": view.hash,
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "app_id": data.APP_ID,
        "app_installed_team_id": view.home,
        "bot_id": data.BOTS[view.home][1],
    }


def in_view(view: View, person: Json) -> Json:
    """What an interaction in a modal or home tab adds."""
    made: Json = {"view": view_fields(view, person)}
    made["container"] = {"type": "view", "view_id": view.id}
    # Bolt reads the installation from `view.app_installed_team_id`; `team` is the actor's, and
    # null where a whole organisation has the app (slackapi/bolt-python pull request 23).
    org = view.home in data.ORGANISATIONS
    made["team"] = None if org else team_fields(person["team"])
    return made
