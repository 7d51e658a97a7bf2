"""Whose consent is used: the type, the profiles, the organisation's connection; pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.administration import Overview, fingerprint_of
from bot.administration.choices import TYPES, is_for_people
from bot.administration.parts import name_of
from bot.connection import Connection
from bot.frozen import frozen
from bot.integration import AuthorizationType
from bot.mrkdwn import escape
from bot.profile import AuthorizationProfile
from handlers import blocks
from handlers.admin import kit, names
from handlers.admin.kit import Problem
from handlers.admin.root_views import connection_in_words
from handlers.ask import Ask, Block, View
from handlers.offers import CONNECT_OPENED

TYPE: Final = "type"
PEOPLE_PROFILE: Final = "people_profile"
LENT_PROFILE: Final = "lent_profile"
NAME: Final = "name"
OWNER: Final = "owner"
_DESCRIBED: Final = {
    AuthorizationType.USERS: "Everybody consents for themselves, when an action needs it",
    AuthorizationType.PRE_AUTHORIZED: "One connection for all, within the policy",
}


@frozen
class Chosen:
    """What the form says."""

    kind: str
    people_profile: str

    @staticmethod
    def of(overview: Overview) -> "Chosen":
        """Begin with what stands."""
        integration = overview.integration
        return Chosen(integration.authorization, integration.people_profile)

    @staticmethod
    def typed(ask: Ask) -> "Chosen":
        """Return what was chosen."""
        return Chosen(ask.chosen(TYPE)[0], ask.chosen(PEOPLE_PROFILE)[0])

    @property
    def type(self) -> AuthorizationType:
        """Whose consent; people's own unless the other was chosen."""
        is_other = self.kind == AuthorizationType.PRE_AUTHORIZED
        return AuthorizationType.PRE_AUTHORIZED if is_other else AuthorizationType.USERS


def authorization_view(overview: Overview, chosen: Chosen, problem: Problem | None = None) -> View:
    """Return the form, the organisation's connection above it."""
    types = [
        blocks.option(TYPES[each].capitalize(), each, _DESCRIBED[each])
        for each in AuthorizationType
    ]
    theirs = [each for each in overview.profiles if is_for_people(each)]
    usable = profile_options(theirs, keep=chosen.people_profile)
    shown = [
        *_organisations(overview),
        blocks.divider(),
        blocks.field(TYPE, "Whose consent is used", kit.radio(TYPE, types, chosen.kind)),
        blocks.field(
            PEOPLE_PROFILE,
            "Profile for people",
            kit.select(PEOPLE_PROFILE, usable, chosen.people_profile),
            hint="Under it people connect their own accounts. Only profiles that were tried.",
        ),
    ]
    metadata = {"seen": fingerprint_of(overview.integration)}
    return kit.form_page(shown, names.AUTHORIZATION_FORM, metadata, problem)


def profile_options(profiles: Sequence[AuthorizationProfile], keep: str = "") -> list[Block]:
    """Return those that may be used as a menu's choices; *keep* is one of them in any case."""
    usable = [each for each in profiles if each.is_usable or each.id == keep]
    usable.sort(key=lambda each: each.id != keep)
    return [
        blocks.option(name_of(each), each.id, mechanism_in_words(each))
        for each in usable[: kit.MOST_OPTIONS]
    ]


def mechanism_in_words(profile: AuthorizationProfile) -> str:
    """Return the provider and the mechanism, for people."""
    return f"{PROVIDERS[profile.provider]}, {MECHANISMS[profile.mechanism]}"


PROVIDERS: Final[Mapping[str, str]] = {
    "confluence_cloud": "Confluence Cloud",
    "confluence_data_center": "Confluence Data Center",
}
MECHANISMS: Final[Mapping[str, str]] = {
    "oauth2": "OAuth 2.0",
    "client_credentials": "service account",
    "api_token": "API token",
    "basic": "user name and password",
    "pat": "personal access token",
}


def _organisations(overview: Overview) -> list[Block]:
    lend = blocks.button("Authorize for the organisation", names.LEND)
    if overview.organisations is None:
        words = (
            "*The organisation's connection:* none. One account for all, that people without a "
            "connection of their own can use within the policy."
        )
        return [blocks.section(words), kit.back_row(names.ROOT, "", lend)]
    end = blocks.confirmed(
        blocks.button("Disconnect", names.DISCONNECT, style="danger"),
        "Disconnect the organisation?",
        "Its tokens are deleted here, and whoever has no connection of their own has none.",
        "Disconnect",
    )
    return [
        blocks.section(f"*The organisation's connection:* {connection_in_words(overview)}"),
        kit.back_row(
            names.ROOT,
            "",
            blocks.button("Replace it", names.LEND),
            blocks.button("Name and owner", names.HAND_OVER),
            end,
        ),
    ]


def lend_view(overview: Overview, profile: str, name: str, problem: Problem | None = None) -> View:
    """Return the form before the link: under which profile, and what it is to be called."""
    options = profile_options(overview.profiles)
    shown = [
        kit.back_row(names.AUTHORIZATION),
        blocks.section(
            "You authorize one account for everybody in this workspace. What it may be used for "
            "stands under *Policy*: until spaces are allowed there, it shows nothing."
        ),
        blocks.field(
            LENT_PROFILE,
            "Profile",
            kit.select(LENT_PROFILE, options, profile),
            hint="A service account is the best choice: it is nobody's own.",
        ),
        blocks.field(NAME, "Name of the connection", kit.line(NAME, name, most=80)),
    ]
    view = kit.form_page(shown, names.LEND_FORM, {}, problem)
    return view | {"submit": blocks.plain("Get the link", 24)}


def hand_over_view(
    connection: Connection, name: str, owner: str, problem: Problem | None = None
) -> View:
    """Return the form for its name and who answers for it."""
    people: Block = {"type": "users_select", "action_id": OWNER}
    if owner:
        people["initial_user"] = owner
    shown = [
        kit.back_row(names.AUTHORIZATION),
        blocks.section(f"The connection as *{escape(connection.account.name)}*."),
        blocks.field(NAME, "Name", kit.line(NAME, name, most=80)),
        blocks.field(
            OWNER,
            "Owner",
            people,
            hint="Who is told when it fails. Confluence itself goes on to show its account.",
        ),
    ]
    return kit.form_page(shown, names.HAND_OVER_FORM, {}, problem)


def link_view(words: str, label: str, link: str, flow: str, back: Mapping[str, Any]) -> View:
    """Return the page with a link for one person's eyes; *back* is the way on without it."""
    button = blocks.link_button(label, CONNECT_OPENED, link, flow, style="primary")
    small = "The link is for you alone, works once and for ten minutes. This page can be closed."
    return kit.page(
        [blocks.section(words), blocks.actions(button), blocks.context(small)],
        back=str(back.get("action", names.ROOT)),
        value=str(back.get("value", "")),
    )
