"""The first page, and the page of keys; pure."""

from collections.abc import Sequence
from typing import Final

from bot.administration import Overview, Standing
from bot.administration.choices import CREDENTIALS, TYPES
from bot.integration import AuthorizationType, Integration
from bot.mrkdwn import escape
from bot.ports import TenantKey
from handlers import blocks
from handlers.admin import kit, names
from handlers.ask import Block, View

MOST_KEYS: Final = 20
_PAGES: Final = (
    ("Authorization", names.AUTHORIZATION),
    ("Profiles", names.PROFILES),
    ("Policy", names.POLICY),
    ("People & roles", names.PEOPLE),
    ("Connections", names.CONNECTIONS),
    ("Audit", names.AUDIT),
    ("Keys", names.KEYS),
)


def root_view(overview: Overview) -> View:
    """Return how everything stands, a line each, and the ways to the other pages."""
    return blocks.modal(
        kit.TITLE,
        [
            blocks.section("\n".join(lines_of(overview))),
            _read_only(overview.integration),
            blocks.divider(),
            blocks.actions(*(blocks.button(label, action) for label, action in _PAGES)),
        ],
    )


def lines_of(overview: Overview) -> tuple[str, ...]:
    """Return how everything stands, a line each."""
    return (
        f"*State:* {_state(overview.integration)}",
        f"*Authorization:* {_authorization(overview)}",
        f"*Profile for people:* {_profile(overview)}",
        f"*Policy:* {_policy(overview.integration)}",
        f"*Connections:* {_connections(overview)}",
        f"*Keys:* {_keys(overview)}",
    )


def keys_view(keys: Sequence[TenantKey], active: str) -> View:
    """Return the state of each key under which this workspace's data is sealed."""
    if not active:
        return kit.page([blocks.section("Nothing is sealed here: this bot keeps all in memory.")])
    shown = [
        blocks.section(f"*Key-encryption key:* `{escape(active)}`, active"),
        blocks.section("*Data keys of this workspace*"),
        *(blocks.section(_key(each, active)) for each in keys[:MOST_KEYS]),
    ]
    if len(keys) > MOST_KEYS:
        shown.append(blocks.context(f"… and {len(keys) - MOST_KEYS} earlier ones."))
    if not keys:
        shown.append(blocks.section("None yet: the first thing that is kept makes one."))
    shown.append(
        blocks.context("Whoever runs the bot rotates keys; nobody needs to connect anew for it.")
    )
    return kit.page(shown)


def _key(key: TenantKey, active: str) -> str:
    use = "current, seals" if key.is_current else "earlier, only opens"
    wrapped = f"wrapped by `{escape(key.wrapped_by)}`"
    if key.is_lost:
        wrapped += ", which is *missing*: what this key has sealed can't be opened"
    elif key.wrapped_by != active:
        wrapped += ", an earlier key: the next rotation moves it"
    return f"• number {key.number}, since {kit.day(key.made_at)}: {use}; {wrapped}"


def _state(integration: Integration) -> str:
    if integration.configured_at is None:
        return "available: nobody has connected yet"
    return f"configured since {kit.day(integration.configured_at)}"


def _authorization(overview: Overview) -> str:
    kind = TYPES[overview.integration.authorization]
    connection = overview.organisations
    if overview.integration.authorization is AuthorizationType.USERS:
        return kind
    if connection is None:
        return f"{kind}, but the connection is gone: authorize again"
    return f"{kind}: {connection_in_words(overview)}"


def connection_in_words(overview: Overview) -> str:
    """Return the organisation's connection by name, account and owner."""
    connection = overview.organisations
    if connection is None:
        return "none"
    name = escape(connection.name or "without a name")
    owner = kit.mention(connection.owner) if connection.owner else "nobody"
    under = escape(overview.profile_name(connection.profile))
    account = escape(connection.account.name)
    ended = "; *it has ended*" if connection.ended_at else ""
    return f"*{name}*, as *{account}*, under *{under}*, owned by {owner}{ended}"


def _profile(overview: Overview) -> str:
    return f"*{escape(overview.profile_name(overview.integration.people_profile))}*"


def _policy(integration: Integration) -> str:
    policy = integration.policy
    read, write = CREDENTIALS[policy.read], CREDENTIALS[policy.write]
    spaces = f"{kit.plural(len(policy.readable), 'space')} to read"
    audience = f"audience *{escape(policy.audience_name)}*" if policy.audience else "no audience"
    return f"read: {read}; write: {write}; {spaces}, {len(policy.writable)} to write in; {audience}"


def _connections(overview: Overview) -> str:
    totals = overview.totals
    shown = [f"{totals.get(each, 0)} {each}" for each in Standing if each in totals]
    return ", ".join(shown) or "none"


def _keys(overview: Overview) -> str:
    if not overview.active_key:
        return "nothing is sealed"
    lost = sum(1 for each in overview.keys if each.is_lost)
    told = f"`{escape(overview.active_key)}` is active"
    return f"{told}; *{kit.plural(lost, 'data key')} can't be opened*" if lost else told


def _read_only(integration: Integration) -> Block:
    if integration.policy.is_read_only:
        words = "*Writing is off* for everybody: nothing is written to Confluence from here."
        button = blocks.button("Allow writing again", names.READ_ONLY, "off", style="primary")
        asked = "Everybody may write again, as far as the policy lets them."
        return blocks.section(words, blocks.confirmed(button, "Allow writing?", asked, "Allow"))
    words = "*Writing is on*, as far as the policy lets people."
    button = blocks.button("Switch writing off", names.READ_ONLY, "on", style="danger")
    asked = "From now on nothing is written to Confluence from this workspace, by anybody."
    return blocks.section(words, blocks.confirmed(button, "Read-only?", asked, "Switch it off"))
