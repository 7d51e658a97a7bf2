"""What fits together in an authorization profile, and what an address tells of the rest."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.errors import BadInput
from bot.profile import AuthorizationProfile, Mechanism, Provider, TokenBody
from bot.typed_urls import check_typed_url, deployment_of

BASIC_ON_CLOUD: Final = (
    "Confluence Cloud takes no passwords: Atlassian has switched that off. "
    "Choose an API token or OAuth 2.0."
)
_CLOUD_ONLY: Final = {Mechanism.API_TOKEN}
_DATA_CENTER_ONLY: Final = {Mechanism.PAT, Mechanism.BASIC}
# https://developer.atlassian.com/server/confluence/confluence-oauth2-provider-api
DATA_CENTER_OAUTH: Final = "/rest/oauth2/latest"


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
        return check_typed_url(typed, internal, field=field)

    checked = replace(
        profile,
        base_url=spelt("base_url", profile.base_url),
        issuer=spelt("issuer", profile.issuer),
        authorization_url=spelt("authorization_url", profile.authorization_url),
        token_url=spelt("token_url", profile.token_url),
        refresh_url=spelt("refresh_url", profile.refresh_url),
        revocation_url=spelt("revocation_url", profile.revocation_url),
    )
    if checked.base_url:
        base_url = checked.base_url.removesuffix("/wiki")
        checked = replace(checked, base_url=base_url)
        _require_deployment(checked)
    require_fit(checked)
    if checked.mechanism.is_typed:
        return checked
    if not checked.client_id:
        raise BadInput("Type the client id.", field="client_id")
    if checked.is_atlassians:
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


def _require_deployment(profile: AuthorizationProfile) -> None:
    is_cloud = deployment_of(profile.base_url) is Provider.CLOUD
    if not is_cloud or profile.provider is Provider.CLOUD:
        return
    if profile.mechanism is Mechanism.BASIC:
        raise BadInput(BASIC_ON_CLOUD, field="mechanism")
    raise BadInput(
        "That is a Confluence Cloud site: choose Confluence Cloud for it.", field="base_url"
    )


def _is_atlassians_own(url: str, auth_url: str) -> bool:
    """Tell whether *url* lies at the server of our settings, which nobody need judge again."""
    return url == auth_url or url.startswith(f"{auth_url}/")
