"""The form of a profile: what it holds, which fields it shows, and what it makes; pure."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from bot.administration.profiles import is_profile_id, mint_profile_id
from bot.errors import BadInput
from bot.frozen import frozen
from bot.profile import (
    AuthorizationProfile,
    ClientAuthentication,
    Mechanism,
    Provider,
    TokenBody,
)
from bot.scopes import read_scopes
from bot.typed_urls import deployment_of
from handlers import blocks
from handlers.admin import kit, names
from handlers.admin.authorization_views import MECHANISMS, PROVIDERS
from handlers.admin.kit import Problem
from handlers.admin.scopes import offered
from handlers.ask import Ask, Block, View

LONGEST_NAME: Final = 80
_TYPED: Final = (
    *("base_url", "client_id", "issuer", "authorization_url", "token_url", "refresh_url"),
    *("revocation_url", "scopes_typed"),
)
_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "base_url": (
        "Address of Confluence",
        "As in https://wiki.example.com/confluence, with the context path.",
    ),
    "client_id": ("Client id", "Not the secret: that is typed on our own page afterwards."),
    "issuer": ("Issuer", "If it publishes its metadata, the URLs below are found there."),
    "authorization_url": ("Authorization URL", "Where browsers consent."),
    "token_url": ("Token request URL", "Where codes are traded for tokens."),
    "refresh_url": ("Refresh token URL", "Only where it isn't the token request URL."),
    "revocation_url": ("Revocation URL", "Only where there is one (RFC 7009)."),
    "scopes_typed": ("Other scopes", "Classic or granular, with spaces or commas between them."),
}
_GIVEN: Final = "Leave it empty for Atlassian's own."
_RECOGNISED: Final = "That address is a Confluence Cloud site's, so this is Confluence Cloud."
_PROVIDER: Final = "provider"
_MOST_HELD: Final = 2_800
"""Of the 3,000 characters that a view carries unseen."""


@frozen
class ProfileForm:
    """What stands in the form. *seen* is the version it began with, 0 for a new profile."""

    id: str
    seen: int = 0
    name: str = ""
    provider: str = Provider.CLOUD
    mechanism: str = Mechanism.OAUTH2
    base_url: str = ""
    client_id: str = ""
    issuer: str = ""
    authorization_url: str = ""
    token_url: str = ""
    refresh_url: str = ""
    revocation_url: str = ""
    scopes_chosen: tuple[str, ...] = ()
    scopes_typed: str = ""
    client_authentication: str = ClientAuthentication.POST
    token_body: str = TokenBody.FORM
    pkce: str = "yes"

    @staticmethod
    def new() -> "ProfileForm":
        """Begin one, under an id of its own: its callback URL is needed before it is saved."""
        return ProfileForm(mint_profile_id())

    @staticmethod
    def of(profile: AuthorizationProfile) -> "ProfileForm":
        """Begin with what is kept."""
        known = offered(profile.provider)
        return ProfileForm(
            id=profile.id,
            seen=profile.version,
            name=profile.name,
            provider=profile.provider,
            mechanism=profile.mechanism,
            base_url=profile.base_url,
            client_id=profile.client_id,
            issuer=profile.issuer,
            authorization_url=profile.authorization_url,
            token_url=profile.token_url,
            refresh_url=profile.refresh_url,
            revocation_url=profile.revocation_url,
            scopes_chosen=tuple(each for each in known if each in profile.scopes),
            scopes_typed=" ".join(sorted(profile.scopes - known.keys())),
            client_authentication=profile.client_authentication,
            token_body=profile.token_body,
            pkce="yes" if profile.offers_pkce else "no",
        )

    @staticmethod
    def typed(ask: Ask) -> "ProfileForm":
        """Return what was typed, and of the fields that aren't shown what they held.

        An address of Confluence Cloud's tells the provider, whatever was chosen.
        """
        carried = kit.metadata_of(ask)
        held = carried.get("held")
        held = held if isinstance(held, dict) else {}
        shown = ask.view.values if ask.view else {}
        seen = carried.get("seen")
        unverified_id = kit.carried(ask, "id")

        def text(name: str) -> str:
            return ask.typed(name) if name in shown else str(held.get(name, ""))

        def pick(name: str, otherwise: str) -> str:
            return ask.chosen(name)[0] if name in shown else str(held.get(name, otherwise))

        block = next((each for each in shown if each.startswith(_PROVIDER)), _PROVIDER)
        form = ProfileForm(
            id=unverified_id if is_profile_id(unverified_id) else mint_profile_id(),
            seen=seen if isinstance(seen, int) else 0,
            name=text("name"),
            provider=pick(block, Provider.CLOUD),
            mechanism=pick("mechanism", Mechanism.OAUTH2),
            scopes_chosen=tuple(value for value, _ in kit.several(ask, "scopes_chosen")),
            client_authentication=pick("client_authentication", ClientAuthentication.POST),
            token_body=pick("token_body", TokenBody.FORM),
            pkce=pick("pkce", "yes"),
            **{name: text(name) for name in _TYPED},
        )
        return replace(form, provider=Provider.CLOUD) if form.is_at_cloud else form

    @property
    def is_at_cloud(self) -> bool:
        """Tell whether the address is one of Confluence Cloud's, by the exact end of its host."""
        try:
            return bool(self.base_url.strip()) and (
                deployment_of(self.base_url.strip()) is Provider.CLOUD
            )
        except BadInput:  # half an address, or none
            return False

    @property
    def provider_block(self) -> str:
        """How the provider's field is called: Slack keeps what was chosen in one of that name."""
        return f"{_PROVIDER}:{self.provider}"

    def profile(self) -> AuthorizationProfile:
        """Return the profile that it makes.

        Raises:
            BadInput: a field can't be read; it names the field.
        """
        mechanism = _one_of(Mechanism, self.mechanism, "mechanism")
        profile = AuthorizationProfile(
            id=self.id,
            name=self.name,
            provider=_one_of(Provider, self.provider, "mechanism"),
            mechanism=mechanism,
            base_url=self.base_url.strip(),
        )
        if mechanism.is_typed:
            return profile
        goes_there = mechanism is Mechanism.OAUTH2
        return replace(
            profile,
            client_id=self.client_id.strip(),
            issuer=self.issuer.strip(),
            authorization_url=self.authorization_url.strip() if goes_there else "",
            token_url=self.token_url.strip(),
            refresh_url=self.refresh_url.strip() if goes_there else "",
            revocation_url=self.revocation_url.strip(),
            scopes=self._scopes(profile.provider),
            client_authentication=_one_of(
                ClientAuthentication, self.client_authentication, "client_authentication"
            ),
            token_body=_one_of(TokenBody, self.token_body, "token_body"),
            offers_pkce=self.pkce != "no",
        )

    def _scopes(self, provider: Provider) -> frozenset[str]:
        known = offered(provider).keys()
        chosen = frozenset(each for each in self.scopes_chosen if each in known)
        return chosen | read_scopes(self.scopes_typed, field="scopes_typed")

    def shown(self) -> tuple[str, ...]:
        """Return the fields that provider and mechanism call for, in order."""
        if self.mechanism in {Mechanism.API_TOKEN, Mechanism.PAT, Mechanism.BASIC}:
            return ("base_url",)
        if self.mechanism == Mechanism.CLIENT_CREDENTIALS:
            return ("base_url", "client_id", "issuer", "token_url", "revocation_url")
        return _TYPED[:-1]


def profile_form_view(form: ProfileForm, callback_url: str, problem: Problem | None = None) -> View:
    """Return the form; which fields it shows depends on provider and mechanism."""
    back = (names.PROFILE, form.id) if form.seen else (names.PROFILES, "")
    shown = [
        kit.back_row(*back),
        _name(form),
        _choice(form.provider_block, "Provider", names.PROVIDER, PROVIDERS, form.provider),
        *([blocks.context(_RECOGNISED)] if form.is_at_cloud else []),
        _choice("mechanism", "Mechanism", names.MECHANISM, MECHANISMS, form.mechanism),
    ]
    needs = _needs(form)
    shown += [_field(form, name, is_needed=name in needs) for name in form.shown()]
    if "client_id" in form.shown():
        shown += _oauth(form, callback_url)
    metadata = {"id": form.id, "seen": form.seen, "held": _held(form)}
    return kit.form_page(shown, names.PROFILE_FORM, metadata, problem)


def _needs(form: ProfileForm) -> frozenset[str]:
    needs = {"client_id"}
    if form.provider == Provider.DATA_CENTER or "client_id" not in form.shown():
        needs.add("base_url")
    return frozenset(needs)


def _name(form: ProfileForm) -> Block:
    if form.seen:
        return blocks.header(form.name)
    return blocks.field(
        "name",
        "Name of the identity provider",
        kit.line("name", form.name, most=LONGEST_NAME),
        hint="Each profile has its own, for good.",
    )


def _choice(block: str, label: str, action: str, words: Mapping[str, str], chosen: str) -> Block:
    options = [blocks.option(text[:1].upper() + text[1:], value) for value, text in words.items()]
    return blocks.field(block, label, kit.select(action, options, chosen)) | {
        "dispatch_action": True
    }


def _field(form: ProfileForm, name: str, *, is_needed: bool) -> Block:
    label, hint = _LABELS[name]
    may_be_empty = form.provider == Provider.CLOUD and name in {
        *("base_url", "authorization_url", "token_url"),
    }
    if may_be_empty and not is_needed:
        hint = f"{hint} {_GIVEN}"
    value = getattr(form, name)
    return blocks.field(name, label, kit.line(name, value), hint=hint, optional=not is_needed)


def _oauth(form: ProfileForm, callback_url: str) -> list[Block]:
    provider = next((each for each in Provider if each == form.provider), Provider.CLOUD)
    scopes = [blocks.option(scope, scope, means) for scope, means in offered(provider).items()]
    menu = kit.many("scopes_chosen", scopes, form.scopes_chosen, "Those that each action needs")
    # A menu of another provider is another one: what was chosen there isn't in it.
    label, hint = _LABELS["scopes_typed"]
    parts = [
        blocks.field(
            "scopes_chosen",
            "Scopes",
            menu | {"action_id": f"scopes_{provider}"},
            hint="Without any, each action asks for its own.",
            optional=True,
        ),
        blocks.field(
            "scopes_typed",
            label,
            kit.line("scopes_typed", form.scopes_typed, most=3_000),
            hint=hint,
            optional=True,
        ),
        *_client(form),
    ]
    if form.mechanism == Mechanism.OAUTH2:
        parts.append(blocks.section(f"*Callback URL*, to be registered there:\n`{callback_url}`"))
    return parts


def _client(form: ProfileForm) -> list[Block]:
    ways = (
        blocks.option("In the form (client_secret_post)", ClientAuthentication.POST),
        blocks.option("In the header (client_secret_basic)", ClientAuthentication.BASIC),
    )
    bodies = (blocks.option("Form", TokenBody.FORM), blocks.option("JSON", TokenBody.JSON))
    shown = [
        blocks.field(
            "client_authentication",
            "How the client secret is sent",
            kit.select("client_authentication", ways, form.client_authentication),
        ),
        blocks.field(
            "token_body",
            "How token requests are written",
            kit.select("token_body", bodies, form.token_body),
            hint="Atlassian's own are always JSON.",
        ),
    ]
    if form.mechanism == Mechanism.OAUTH2:
        pkce = (blocks.option("Used (S256)", "yes"), blocks.option("Not used", "no"))
        shown.append(blocks.field("pkce", "PKCE", kit.select("pkce", pkce, form.pkce)))
    return shown


def _held(form: ProfileForm) -> dict[str, Any]:
    """Return what the fields hold that aren't shown, the longest left out if it is too much."""
    shown = {*form.shown(), "provider", "mechanism"}
    if "client_id" in shown:
        shown |= {"scopes_chosen", "scopes_typed", "client_authentication", "token_body"}
    if form.mechanism == Mechanism.OAUTH2:
        shown.add("pkce")
    if not form.seen:
        shown.add("name")
    others = [each.name for each in fields(form) if each.name not in {"id", "seen", *shown}]
    held = {name: getattr(form, name) for name in others if isinstance(getattr(form, name), str)}
    held = {name: value for name, value in held.items() if value}
    while held and len(json.dumps(held, ensure_ascii=False)) > _MOST_HELD:
        del held[max(held, key=lambda name: len(held[name]))]
    return held


def _one_of(kind: Any, value: str, field: str) -> Any:  # noqa: ANN401 - one of our enumerations
    try:
        return kind(value)
    except ValueError:
        raise BadInput("Choose one of these.", field=field) from None
