"""The few methods of Slack's Web API that the bot calls unasked, and response URLs."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError

from bot.cutting import cut_bytes
from bot.errors import (
    BotError,
    InstallationBroken,
    NotAllowed,
    NotFound,
    ProviderFault,
    Unavailable,
)
from bot.fitting import fitting
from bot.installation import SlackPerson, UserGroup, is_place
from bot.mrkdwn import escape
from bot.providers.outgoing import Answer, Request
from bot.providers.rate_wire import retry_after

PROVIDER: Final = "Slack"
MOST_BYTES: Final = 1024 * 1024
# https://docs.slack.dev/reference/methods/chat.postMessage: 4,000 is what shows well, and
# an ephemeral message has so many bytes at most.
LONGEST_TEXT: Final = 4000
UNKNOWN: Final = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
# The bot's own token is no good any more.
ENDED: Final = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
)
# A group that isn't there, or that Slack doesn't show us:
# https://docs.slack.dev/reference/methods/usergroups.users.list#errors
UNSEEN: Final = frozenset(
    {
        "access_denied",
        "missing_argument",
        "missing_scope",
        "no_permission",
        "no_such_subteam",
        "not_allowed_token_type",
        "paid_teams_only",
        "permission_denied",
        "plan_upgrade_required",
        "subteam_disabled",
        "team_access_not_granted",
        "team_not_found",
    }
)
# What no second try changes: https://docs.slack.dev/reference/methods/chat.postMessage#errors
DEAF: Final = frozenset(
    {
        "cannot_dm_bot",
        "channel_not_found",
        "is_archived",
        "messages_tab_disabled",
        "restricted_action",
        "user_disabled",
        "user_is_restricted",
    }
)
OURS: Final = frozenset(
    {
        "blocks_too_large",
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
    }
)
JSON: Final = "application/json; charset=utf-8"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _flag(value: object) -> bool:
    return value is True


def _texts(value: object) -> object:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else ()


def _part(value: object) -> object:
    return value if isinstance(value, dict) else {}


Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class _Theirs(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )


class ProfileBody(_Theirs):
    """What people call themselves."""

    display_name: Text = ""
    real_name: Text = ""


class EnterpriseBody(_Theirs):
    """Which organisation somebody belongs to, and by which of its workspaces."""

    enterprise_id: Text = ""
    is_admin: Flag = False
    is_owner: Flag = False
    teams: Texts = ()


class UserBody(_Theirs):
    """A member as ``users.info`` describes one."""

    id: str
    name: Text = ""
    real_name: Text = ""
    team_id: Text = ""
    is_bot: Flag = False
    is_admin: Flag = False
    is_owner: Flag = False
    is_primary_owner: Flag = False
    is_restricted: Flag = False
    is_ultra_restricted: Flag = False
    is_stranger: Flag = False
    deleted: Flag = False
    tz: Text = ""
    profile: Annotated[ProfileBody, BeforeValidator(_part)] = ProfileBody()
    enterprise_user: Annotated[EnterpriseBody, BeforeValidator(_part)] = EnterpriseBody()


class GroupBody(_Theirs):
    """A user group; *date_delete* is when it was disabled, or 0."""

    id: Text = ""
    handle: Text = ""
    name: Text = ""
    date_delete: int = 0


class _Answered(_Theirs):
    ok: Flag = False
    error: Text = ""
    user: UserBody | None = None
    users: Texts = ()
    usergroups: tuple[GroupBody, ...] = ()


def users_info(api_url: str, token: SecretStr, user_id: str) -> Request:
    """Ask who somebody is."""
    url = f"{api_url.rstrip('/')}/users.info"
    return Request(PROVIDER, "GET", url, {"user": user_id}, _headers(token), most_bytes=MOST_BYTES)


def list_group_users(api_url: str, token: SecretStr, group_id: str, team_id: str = "") -> Request:
    """Ask who is in a user group; an organisation's token must say of which workspace."""
    return _usergroups(api_url, token, "users.list", {"usergroup": group_id}, team_id)


def list_groups(api_url: str, token: SecretStr, team_id: str = "") -> Request:
    """Ask for the user groups of a workspace."""
    return _usergroups(api_url, token, "list", {}, team_id)


def _usergroups(
    api_url: str, token: SecretStr, method: str, asked: Mapping[str, str], team_id: str
) -> Request:
    url = f"{api_url.rstrip('/')}/usergroups.{method}"
    query = {**asked, **({"team_id": team_id} if is_place(team_id) else {})}
    return Request(PROVIDER, "GET", url, query, _headers(token), most_bytes=MOST_BYTES)


def post_message(api_url: str, token: SecretStr, user_id: str, said: Mapping[str, Any]) -> Request:
    """Send a direct message: a user's id for a channel opens the conversation."""
    body: dict[str, object] = {"channel": user_id, "unfurl_links": False, "unfurl_media": False}
    body |= said
    if blocks := said.get("blocks"):
        body["blocks"] = fitting(blocks)
    return Request(
        PROVIDER,
        "POST",
        f"{api_url.rstrip('/')}/chat.postMessage",
        headers=_headers(token) | {"Content-Type": JSON},
        body=json.dumps(body).encode(),
        most_bytes=MOST_BYTES,
    )


def respond(response_url: SecretStr, said: Mapping[str, object], *, replace: bool) -> Request:
    """Answer at a response URL, which is a secret: for whoever has it may speak."""
    body = {"response_type": "ephemeral", "replace_original": replace, **said}
    return Request(
        PROVIDER,
        "POST",
        response_url.get_secret_value(),
        headers={"Content-Type": JSON},
        body=json.dumps(body).encode(),
        most_bytes=MOST_BYTES,
    )


def said(text: str, blocks: Sequence[object]) -> dict[str, Any]:
    """Put words and blocks as Slack takes them; blocks may be the SDK's objects."""
    if not blocks:
        return {"text": cut_bytes(text, LONGEST_TEXT)}
    plain = cut_bytes(escape(text[:LONGEST_TEXT]), LONGEST_TEXT)
    return {"text": plain, "blocks": [_plain(block) for block in blocks]}


def _plain(block: object) -> Any:  # noqa: ANN401 (a block's JSON)
    to_dict = getattr(block, "to_dict", None)
    return to_dict() if callable(to_dict) else block


def _headers(token: SecretStr) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.get_secret_value()}"}


def seconds_to_wait(answer: Answer, now: datetime) -> float | None:
    """Return for how long Slack has us wait before the same again, if it does."""
    if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    return retry_after(answer.headers, now)


def require_ok(answer: Answer, now: datetime) -> None:
    """Raise unless Slack did it."""
    _read(answer, now)


def read_group_users(answer: Answer, now: datetime) -> frozenset[str]:
    """Read who is in a group. Raises ``NotFound`` for a group that isn't shown to us."""
    return frozenset(_read(answer, now).users)


def read_groups(answer: Answer, now: datetime) -> tuple[UserGroup, ...]:
    """Read the groups that stand, by name. Raises ``NotFound`` if none are shown to us."""
    standing = [each for each in _read(answer, now).usergroups if each.id and not each.date_delete]
    groups = (UserGroup(each.id, each.handle, each.name or each.handle) for each in standing)
    return tuple(sorted(groups, key=lambda each: (each.name.casefold(), each.id)))


def read_person(answer: Answer, now: datetime, *, of_organisation: bool = False) -> SlackPerson:
    """Read who somebody is.

    An admin of one workspace is none of the organisation, where that installed us.
    """
    user = _read(answer, now).user
    if user is None:
        raise ProviderFault("Slack described nobody")
    return SlackPerson(
        user.id,
        # The full name first: Confluence knows people by theirs, and a nickname may be anybody's.
        user.profile.real_name or user.real_name or user.profile.display_name or user.name,
        user.team_id or None,
        user.enterprise_user.enterprise_id or None,
        is_bot=user.is_bot or user.id == "USLACKBOT",
        is_guest=user.is_restricted or user.is_ultra_restricted,
        is_stranger=user.is_stranger,
        is_deleted=user.deleted,
        is_admin=_is_admin(user, of_organisation=of_organisation),
        teams=frozenset(user.enterprise_user.teams),
        zone=user.tz,
    )


def _is_admin(user: UserBody, *, of_organisation: bool) -> bool:
    if user.deleted or user.is_bot or user.is_restricted or user.is_ultra_restricted:
        return False
    above = user.enterprise_user.is_admin or user.enterprise_user.is_owner
    here = user.is_admin or user.is_owner or user.is_primary_owner
    return not user.is_stranger and (above or (here and not of_organisation))


def _read(answer: Answer, now: datetime) -> _Answered:
    if answer.status != HTTPStatus.OK:
        raise Unavailable(PROVIDER, retry_after=retry_after(answer.headers, now))
    try:
        body = _Answered.model_validate(answer.json())
    except ValidationError as error:
        raise ProviderFault("Slack sent an answer of an unknown shape") from error
    except ValueError as error:
        raise Unavailable(PROVIDER) from error
    if not body.ok:
        raise _refused(body.error)
    return body


def _refused(error: str) -> BotError:
    """Say in our words what Slack's word for its refusal means."""
    means: tuple[tuple[frozenset[str], BotError], ...] = (
        (UNKNOWN, NotAllowed("Slack doesn't know that person, or won't say.")),
        (DEAF, NotAllowed("Slack lets nobody speak to that person here.")),
        (UNSEEN, NotFound("Slack shows us no such group.")),
        (ENDED, InstallationBroken(f"Slack refuses the bot's token ({error})")),
        (OURS, ProviderFault(f"Slack refuses what was said ({error})")),
    )
    return next((meant for words, meant in means if error in words), Unavailable(PROVIDER))
