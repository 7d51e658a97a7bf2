"""The policy, and who may do what; pure."""

from collections.abc import Sequence
from typing import Final

from bot.administration import fingerprint_of
from bot.administration.choices import CREDENTIALS
from bot.administration.directory import allowed_key, space_key
from bot.content import AllowedSpace, Group, Site, Space
from bot.frozen import frozen
from bot.installation import UserGroup
from bot.integration import MOST_SPACES, Credential, Integration, Role
from handlers import blocks
from handlers.admin import kit, names
from handlers.admin.kit import Problem
from handlers.ask import Ask, Block, View

READ: Final = "read"
WRITE: Final = "write"
READABLE: Final = "readable"
WRITABLE: Final = "writable"
AUDIENCE: Final = "audience"
_MEANS: Final = {
    Credential.OWN: "Whoever has no connection is asked to make one",
    Credential.OWN_ELSE_ORGANISATION: "Whoever has no connection uses the organisation's",
    Credential.ORGANISATION: "Nobody's own connection is used",
}
ROLES: Final = {
    Role.WRITE: ("write pages", "Nobody chosen: every full member may."),
    Role.INSTALL: (
        "install templates for others",
        "Everybody may install for themselves. Nobody chosen: every full member may.",
    ),
    Role.PUBLISH: (
        "publish pages",
        "Others save drafts of their own, on Cloud. Nobody chosen: whoever may write pages.",
    ),
    Role.ADMINISTER: ("administer", "Slack's own admins and owners always may."),
}
Chosen = tuple[tuple[str, str], ...]
"""The (value, label) of each choice in a menu of several."""


@frozen
class PolicyForm:
    """What the form says."""

    read: str
    write: str
    readable: Chosen
    writable: Chosen
    audience: tuple[str, str]

    @staticmethod
    def of(integration: Integration) -> "PolicyForm":
        """Begin with what stands."""
        policy = integration.policy
        return PolicyForm(
            policy.read,
            policy.write,
            _allowed(policy.readable),
            _allowed(policy.writable),
            (policy.audience, policy.audience_name),
        )

    @staticmethod
    def typed(ask: Ask) -> "PolicyForm":
        """Return what was chosen."""
        return PolicyForm(
            ask.chosen(READ)[0],
            ask.chosen(WRITE)[0],
            kit.several(ask, READABLE),
            kit.several(ask, WRITABLE),
            ask.chosen(AUDIENCE),
        )


def policy_view(
    integration: Integration,
    form: PolicyForm,
    problem: Problem | None = None,
    *,
    is_connected: bool,
) -> View:
    """Return the form; spaces and groups are looked up with the organisation's connection."""
    credentials = [
        blocks.option(CREDENTIALS[each].capitalize(), each, _MEANS[each]) for each in Credential
    ]
    shown = [
        kit.back_row(names.ROOT),
        *_explained(integration, form, is_connected=is_connected),
        blocks.field(READ, "To read and search", kit.select(READ, credentials, form.read)),
        blocks.field(WRITE, "To write", kit.select(WRITE, credentials, form.write)),
    ]
    if is_connected or form.readable or form.writable or form.audience[0]:
        shown += [
            _spaces(READABLE, "Spaces it may read", names.READABLE, form.readable),
            _spaces(WRITABLE, "Spaces it may write in", names.WRITABLE, form.writable),
            _audience(form.audience),
        ]
    metadata = {"seen": fingerprint_of(integration)}
    return kit.form_page(shown, names.POLICY_FORM, metadata, problem)


def _explained(integration: Integration, form: PolicyForm, *, is_connected: bool) -> list[Block]:
    told = [
        blocks.context(
            "*Else* means: has no connection. A refusal under one's own account is final, and is "
            "never tried again under the organisation's."
        )
    ]
    if not is_connected:
        told.append(
            blocks.section(
                "There is no organisation's connection, so everybody uses their own, whatever "
                "stands here. Under *Authorization* it is made; then spaces can be allowed."
            )
        )
    elif not integration.lends:
        told.append(
            blocks.section(
                "*Users authorize* is chosen under *Authorization*, so everybody uses their own."
            )
        )
    if not form.audience[0]:
        told.append(
            blocks.section(
                "*Without an audience* the organisation's connection shows a page only to people "
                "whose own Confluence account is known from a connection of theirs and may see "
                "it. Everybody else is shown nothing."
            )
        )
    return told


def _spaces(block: str, label: str, action: str, chosen: Chosen) -> Block:
    menu: Block = {
        "type": "multi_external_select",
        "action_id": action,
        "placeholder": blocks.plain("None: nothing is allowed", 150),
        "min_query_length": 0,
        "max_selected_items": MOST_SPACES,
    }
    initial = [blocks.option(name, value) for value, name in chosen[:MOST_SPACES]]
    if initial:
        menu["initial_options"] = initial
    return blocks.field(block, label, menu, hint="Type to find one.", optional=True)


def _audience(chosen: tuple[str, str]) -> Block:
    menu: Block = {
        "type": "external_select",
        "action_id": names.AUDIENCE,
        "placeholder": blocks.plain("Nobody", 150),
        "min_query_length": 1,
    }
    group_id, name = chosen
    if group_id and len(group_id) <= kit.LONGEST_VALUE:
        menu["initial_option"] = blocks.option(name or group_id, group_id)
    hint = "One Confluence group that stands for everybody else, as all staff. Type to find it."
    return blocks.field(AUDIENCE, "Audience", menu, hint=hint, optional=True)


def space_option(site: Site, space: Space, *, is_one_of_several: bool) -> Block:
    """Return a space as a menu's choice."""
    where = f"{space.key} · {site.name}" if is_one_of_several else space.key
    return blocks.option(space.name, space_key(site, space.id), where)


def group_options(groups: Sequence[Group]) -> list[Block]:
    """Return groups as a menu's choices; one whose id is too long for a menu isn't offered."""
    return [
        blocks.option(group.name, group.id)
        for group in groups[: kit.MOST_OPTIONS]
        if 0 < len(group.id) <= kit.LONGEST_VALUE
    ]


def _allowed(spaces: Sequence[AllowedSpace]) -> Chosen:
    return tuple((allowed_key(each), each.name) for each in spaces)


Members = dict[Role, tuple[tuple[str, ...], tuple[str, ...]]]
"""By role: the people, and the user groups."""


def members_of(integration: Integration) -> Members:
    """Return who has which role by name."""
    found: Members = {}
    for role in Role:
        named = integration.policy.members(role)
        groups = tuple(each for each in named if kit.is_group(each))
        found[role] = tuple(each for each in named if each not in groups), groups
    return found


def members_typed(ask: Ask) -> Members:
    """Return who was chosen."""
    return {
        role: (
            kit.people_in(ask, f"people_{role}"),
            tuple(value for value, _ in kit.several(ask, f"groups_{role}")),
        )
        for role in Role
    }


def people_view(
    integration: Integration,
    members: Members,
    groups: Sequence[UserGroup],
    problem: Problem | None = None,
) -> View:
    """Return the form of roles: people and user groups for each."""
    shown = [
        kit.back_row(names.ROOT),
        blocks.context(
            "Guests, and people of other companies in shared channels, never have a role."
        ),
    ]
    for role in Role:
        people, chosen = members[role]
        what, hint = ROLES[role]
        menu: Block = {
            "type": "multi_users_select",
            "action_id": f"people_{role}",
            "max_selected_items": 100,
        }
        if people:
            menu["initial_users"] = list(people[:100])
        label = f"Who may {what}"
        shown.append(blocks.field(f"people_{role}", label, menu, hint=hint, optional=True))
        options = _group_options(groups, chosen)
        if options:
            picked = kit.many(f"groups_{role}", options, chosen, "User groups")
            shown.append(
                blocks.field(f"groups_{role}", "… and these user groups", picked, optional=True)
            )
    metadata = {"seen": fingerprint_of(integration)}
    return kit.form_page(shown, names.PEOPLE_FORM, metadata, problem)


def _group_options(groups: Sequence[UserGroup], chosen: Sequence[str]) -> list[Block]:
    """Return the groups as choices: those that are chosen first, also if Slack lists them not."""
    known = {group.id: group for group in groups}
    ids = [*dict.fromkeys(chosen), *(each for each in known if each not in chosen)]
    return [
        blocks.option(known[each].name, each, f"@{known[each].handle}")
        if each in known
        else blocks.option(f"A group that is gone ({each})", each)
        for each in ids[: kit.MOST_OPTIONS]
    ]
