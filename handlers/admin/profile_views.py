"""The list of profiles, and the page of each; pure."""

from collections.abc import Sequence
from typing import Final

from bot.administration import ProfileUse, Saved
from bot.administration.choices import is_for_people
from bot.administration.parts import name_of
from bot.administration.profiles import used_by
from bot.connection import ORGANISATION
from bot.mrkdwn import escape
from bot.profile import AuthorizationProfile, Mechanism
from handlers import blocks
from handlers.admin import kit, names
from handlers.admin.authorization_views import mechanism_in_words
from handlers.ask import Block, View

AT_ONCE: Final = 20
MOST_NAMED: Final = 20


def profiles_view(uses: Sequence[ProfileUse], number: int = 0) -> View:
    """Return twenty of them, each with the way to its page; pages count from 0."""
    pages = max(1, -(-len(uses) // AT_ONCE))
    number = min(max(0, number), pages - 1)
    shown = [
        blocks.section(_row(use), blocks.button("Open", names.PROFILE, use.profile.id))
        for use in uses[number * AT_ONCE : (number + 1) * AT_ONCE]
    ]
    if pages > 1:
        shown.append(_turns(number, pages))
    new = blocks.button("New profile", names.NEW_PROFILE, style="primary")
    return kit.page(shown, new)


def _turns(number: int, pages: int) -> Block:
    buttons = []
    if number:
        buttons.append(blocks.button("Previous", f"{names.PROFILES}:back", str(number - 1)))
    if number + 1 < pages:
        buttons.append(blocks.button("Next", f"{names.PROFILES}:on", str(number + 1)))
    return blocks.actions(*buttons)


def _row(use: ProfileUse) -> str:
    profile = use.profile
    name = escape(name_of(profile))
    version = "" if profile.is_system else f", version {profile.version}"
    lines = [f"*{name}*{version}", f"{mechanism_in_words(profile)}; {_state(profile)}"]
    counted = _counted(use)
    return "\n".join([*lines, counted] if counted else lines)


def _state(profile: AuthorizationProfile) -> str:
    if profile.is_system:
        return "from the settings"
    if profile.needs_secret:
        return "its client secret hasn't been typed"
    return f"tried {kit.day(profile.tried_at)}" if profile.tried_at else "not tried yet"


def _counted(use: ProfileUse) -> str:
    parts = [
        f"{kit.plural(count, 'connection')} on version {number}"
        for number, count in use.connections.items()
    ]
    if use.profile.is_system:
        parts = [kit.plural(count, "connection") for count in use.connections.values()]
    return ", ".join(parts)


def profile_view(use: ProfileUse, saved: Saved | None = None) -> View:
    """Return the page of one: what it holds, whom it touches, what can be done with it."""
    profile = use.profile
    shown = [blocks.header(name_of(profile))]
    if saved is not None:
        shown.append(blocks.section(saved_in_words(saved)))
    shown.append(blocks.section("\n".join(_facts(profile))))
    if profile.mechanism is Mechanism.OAUTH2:
        shown.append(blocks.section(f"*Callback URL*\n`{escape(profile.callback_url)}`"))
    if profile.scopes:
        scopes = " ".join(f"`{escape(each)}`" for each in sorted(profile.scopes))
        shown.append(blocks.section(f"*Scopes:* {scopes}"))
    used = used_by(use)
    if used:
        shown.append(blocks.section(f"*Used by:* {escape(used)}"))
    if use.behind:
        shown.append(blocks.context(stay_in_words(use)))
    return kit.page(shown, *_buttons(use), back=names.PROFILES)


def stay_in_words(use: ProfileUse) -> str:
    """Say whom a newer version hasn't reached."""
    return " ".join(
        f"{kit.plural(count, 'connection stays', 'connections stay')} on version {number} until "
        f"{'its person renews' if count == 1 else 'their people renew'} the consent: "
        f"{_holders(use.holders.get(number, ()))}."
        for number, count in use.behind.items()
    )


def _holders(user_ids: Sequence[str]) -> str:
    """Name them: the organisation first, then the first of the people."""
    people = [each for each in user_ids if each != ORGANISATION]
    named = ["the organisation's"] if len(people) < len(user_ids) else []
    named += [kit.mention(each) for each in people[:MOST_NAMED]]
    if len(people) > MOST_NAMED:
        named.append(f"{len(people) - MOST_NAMED} more")
    return ", ".join(named)


def saved_in_words(saved: Saved) -> str:
    """Say what saving came to, and what comes next."""
    profile = saved.profile
    if not saved.is_changed:
        return "Nothing was different, so nothing was saved."
    lines = [f":white_check_mark: Saved as version {profile.version}."]
    touched = sum(saved.stays.values())
    if touched:
        versions = ", ".join(str(number) for number in saved.stays)
        lines.append(
            f"{kit.plural(touched, 'connection stays', 'connections stay')} on version {versions} "
            "until the consent is renewed."
        )
    if saved.lost_secret:
        lines.append(
            "The address has another host now, so the client secret was forgotten: type it again."
        )
    elif profile.needs_secret:
        lines.append("Next: type the client secret.")
    if not profile.needs_secret:
        lines.append("Next: try it. It can be used once somebody has been authorized under it.")
    return " ".join(lines)


def _facts(profile: AuthorizationProfile) -> list[str]:
    named = (
        ("Address", profile.base_url),
        ("Client id", profile.client_id),
        ("Issuer", profile.issuer),
        ("Authorization URL", profile.authorization_url),
        ("Token request URL", profile.token_url),
        ("Refresh token URL", profile.refresh_url),
        ("Revocation URL", profile.revocation_url),
    )
    lines = [f"{mechanism_in_words(profile)}; {_state(profile)}"]
    lines += [f"*{label}:* {escape(value[:300])}" for label, value in named if value]
    if profile.client_id and not profile.is_system:
        kept = "not typed yet" if profile.needs_secret else "kept, never shown"
        lines.append(f"*Client secret:* {kept}")
    return lines


def _buttons(use: ProfileUse) -> list[Block]:
    profile = use.profile
    found = []
    if not use.is_peoples and profile.is_usable and is_for_people(profile):
        found.append(blocks.button("Use it", names.USE_PROFILE, profile.id, style="primary"))
    if profile.is_system:
        return found
    if not profile.needs_secret:
        style = None if profile.is_usable else "primary"
        label = "Try it again" if profile.is_usable else "Try it"
        found.append(
            blocks.button(label, names.TRY_PROFILE, profile.id)
            | ({"style": style} if style else {})
        )
    if not profile.mechanism.is_typed:
        label = "Type the client secret" if profile.needs_secret else "Replace the client secret"
        found.append(blocks.button(label, names.TYPE_SECRET, profile.id))
    gone = blocks.button("Delete", names.DELETE_PROFILE, profile.id, style="danger")
    asked = "Every version of it is forgotten. One that is used stays."
    return [
        *found,
        blocks.button("Edit", names.EDIT_PROFILE, profile.id),
        blocks.confirmed(gone, "Delete this profile?", asked, "Delete"),
    ]
