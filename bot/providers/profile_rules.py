"""What fits together in an authorization profile, and what an address tells of the rest."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.errors import BadInput, Unavailable
from bot.profile import AuthorizationProfile, Mechanism, Provider, TokenBody
from bot.providers.oauth_wire import DATA_CENTER_OAUTH, Metadata, described
from bot.typed_urls import check_typed_url, deployment_of, is_gateway

BASIC_ON_CLOUD: Final = (
    "Confluence Cloud takes no passwords: Atlassian has switched that off. "
    "Choose an API token or OAuth 2.0."
)
_CLOUD_ONLY: Final = {Mechanism.API_TOKEN}
_DATA_CENTER_ONLY: Final = {Mechanism.PAT, Mechanism.BASIC}
# What follows the context path in Data Center's addresses: of its pages and of its API.
_BELOW_CONTEXT: Final = frozenset(
    {"admin", "display", "download", "pages", "people", "plugins", "rest", "s", "spaces", "x"}
)
_ENDPOINTS: Final = ("authorization_url", "token_url", "refresh_url", "revocation_url")
_NAMES: Final = {
    "authorization_url": "authorization URL",
    "token_url": "token request URL",
    "refresh_url": "refresh token URL",
    "revocation_url": "revocation URL",
}
# RFC 6749 appendix A.1
_CLIENT_ID: Final = re.compile(r"[\x20-\x7e]+")
_AUTHORITY: Final = re.compile(r"(https?://[^/?#]*)([^?#]*)", re.IGNORECASE)


def require_fit(profile: AuthorizationProfile) -> None:
    """Raise ``BadInput`` where provider, mechanism and address don't go together."""
    is_cloud = profile.provider is Provider.CLOUD
    if profile.mechanism is Mechanism.BASIC and is_cloud:
        raise BadInput(BASIC_ON_CLOUD, field="mechanism")
    if profile.mechanism in _DATA_CENTER_ONLY and is_cloud:
        raise BadInput(
            "Personal access tokens are Data Center's; on Cloud it is an API token.",
            field="mechanism",
        )
    if profile.mechanism in _CLOUD_ONLY and not is_cloud:
        raise BadInput(
            "API tokens are Cloud's; on Data Center it is a personal access token.",
            field="mechanism",
        )
    needs_address = profile.mechanism.is_typed or not is_cloud
    if needs_address and not profile.base_url:
        raise BadInput("Type the address of your Confluence.", field="base_url")


def filled(
    profile: AuthorizationProfile, auth_url: str, internal: Sequence[str]
) -> AuthorizationProfile:
    """Return *profile* with each address in its one spelling, and what follows from them.

    Raises:
        BadInput: an address can't be used, or doesn't fit; it names the field.
    """

    def spelt(field: str, value: str) -> str:
        typed = value.strip()
        if not typed or _is_atlassians_own(typed, auth_url):
            return typed
        return _checked(typed, internal, field)

    checked = replace(
        profile,
        base_url=spelt("base_url", _site_in(profile.base_url.strip(), profile.provider)),
        issuer=_with_its_slash(spelt("issuer", profile.issuer), profile.issuer),
        authorization_url=spelt("authorization_url", profile.authorization_url),
        token_url=spelt("token_url", profile.token_url),
        refresh_url=spelt("refresh_url", profile.refresh_url),
        revocation_url=spelt("revocation_url", profile.revocation_url),
    )
    if checked.base_url:
        _require_deployment(checked)
    require_fit(checked)
    if checked.mechanism.is_typed:
        return checked
    _require_client(checked)
    if checked.is_atlassians:
        _require_atlassians(checked, auth_url)
        return replace(
            checked,
            authorization_url=checked.authorization_url or f"{auth_url}/authorize",
            token_url=checked.token_url or f"{auth_url}/oauth/token",
            token_body=TokenBody.JSON,
        )
    is_its_own = checked.provider is Provider.DATA_CENTER and not (
        checked.issuer or checked.authorization_url or checked.token_url
    )
    if is_its_own:
        oauth = f"{checked.base_url}{DATA_CENTER_OAUTH}"
        return replace(
            checked,
            authorization_url=f"{oauth}/authorize",
            token_url=f"{oauth}/token",
            revocation_url=f"{oauth}/revoke",
        )
    return checked


def published(
    profile: AuthorizationProfile, found: Metadata, auth_url: str, internal: Sequence[str]
) -> AuthorizationProfile:
    """Return *profile* with what its server publishes, judged as though it had been typed.

    Raises:
        BadInput: the server names an address that can't be used, or none where one is needed.
    """
    known = described(profile, found)
    for field in _ENDPOINTS:
        if getattr(known, field) == getattr(profile, field):
            continue
        try:
            _checked(getattr(known, field), internal, field)
        except BadInput as error:
            raise BadInput(
                f"The server's own description names a {_NAMES[field]} that I may not call. "
                f"{error}",
                field="issuer" if profile.issuer else field,
            ) from None
    require_endpoints(known, None)
    # As it spells itself: that is what `iss` is compared with, letter by letter (RFC 9207 §2.4).
    return replace(filled(known, auth_url, internal), issuer=found.issuer)


def require_endpoints(profile: AuthorizationProfile, down: Unavailable | None) -> None:
    """Raise ``BadInput`` for an address that is neither typed nor published.

    *down* is raised in its place: the server may publish it when it answers again.
    """
    needed = ["token_url"]
    if profile.mechanism is Mechanism.OAUTH2:
        needed.insert(0, "authorization_url")
    for field in needed:
        if getattr(profile, field):
            continue
        if down is not None:
            raise down
        raise BadInput(
            f"The server doesn't publish its {_NAMES[field]}, so it has to be typed.", field=field
        )


def _site_in(typed: str, provider: Provider) -> str:
    """Return where the API is, of an address that may be that of any page there.

    A page's address is what people have at hand: whatever follows the host of a Cloud site, or
    the context path of a Data Center, isn't part of it.
    """
    found = _AUTHORITY.match(typed)
    if found is None:
        return typed
    origin, path = found.groups()
    segments = path.split("/")[1:]
    if provider is Provider.CLOUD:
        if _is_cloud(origin) and not _is_at_gateway(origin):
            return origin
        kept = segments[: segments.index("wiki")] if "wiki" in segments else segments
    else:
        kept = segments[: _context_ends(segments)]
    return "/".join([origin, *kept]).rstrip("/")


def _context_ends(segments: Sequence[str]) -> int:
    """Return how many segments the context path takes."""
    for at, segment in enumerate(segments):
        is_last = not any(segments[at + 1 :])
        if segment.endswith(".action") or (segment in _BELOW_CONTEXT and not is_last):
            return at
    return len(segments)


def _is_cloud(url: str) -> bool:
    try:
        return deployment_of(url) is Provider.CLOUD
    except BadInput:
        return False


def _is_at_gateway(url: str) -> bool:
    try:
        return is_gateway(url)
    except BadInput:
        return False


def _checked(typed: str, internal: Sequence[str], field: str) -> str:
    if not typed.isascii():
        raise BadInput(
            "Type the address in ASCII alone: a name such as bücher.example is "
            "xn--bcher-kva.example.",
            field=field,
        )
    return check_typed_url(typed, internal, field=field)


def _with_its_slash(issuer: str, typed: str) -> str:
    """Keep a lone slash at the end: it is a part of the server's name for itself."""
    is_cut = typed.strip().endswith("/") and not issuer.endswith("/")
    return f"{issuer}/" if issuer and is_cut else issuer


def _require_client(profile: AuthorizationProfile) -> None:
    if not profile.client_id:
        raise BadInput("Type the client id.", field="client_id")
    if not _CLIENT_ID.fullmatch(profile.client_id):
        raise BadInput(
            "That client id has a character that none has: they are of ASCII. Copy it again.",
            field="client_id",
        )


def _require_atlassians(profile: AuthorizationProfile, auth_url: str) -> None:
    """Raise ``BadInput`` where another server's tokens would go to Atlassian's gateway."""
    for field in ("issuer", *_ENDPOINTS):
        url = getattr(profile, field)
        if url and not _is_atlassians_own(url, auth_url):
            raise BadInput(
                "Atlassian's API takes tokens of Atlassian's own server alone. Leave this empty, "
                "or type above the address of the API that takes this server's.",
                field=field,
            )


def _require_deployment(profile: AuthorizationProfile) -> None:
    if deployment_of(profile.base_url) is not Provider.CLOUD:
        return
    if profile.provider is not Provider.CLOUD:
        if profile.mechanism is Mechanism.BASIC:
            raise BadInput(BASIC_ON_CLOUD, field="mechanism")
        raise BadInput(
            "That is a Confluence Cloud site: choose Confluence Cloud for it.", field="base_url"
        )
    if is_gateway(profile.base_url):
        raise BadInput(
            "That is Atlassian's gateway. Type the site's own address, as in "
            "https://acme.atlassian.net.",
            field="base_url",
        )
    if not profile.mechanism.is_typed:
        # 3LO's tokens and service accounts' are refused at *.atlassian.net.
        raise BadInput(
            "Leave this empty for Confluence Cloud: consent, or the service account, says which "
            "sites it opens.",
            field="base_url",
        )


def _is_atlassians_own(url: str, auth_url: str) -> bool:
    """Tell whether *url* lies at the server of our settings, which nobody need judge again."""
    return url == auth_url or url.startswith(f"{auth_url}/")
