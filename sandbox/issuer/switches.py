"""How this server is set up: what servers in the field differ in, each of it in order."""

from dataclasses import dataclass, fields, replace
from typing import Any

from sandbox.issuer.refusals import BadControl

BASIC = "client_secret_basic"
POST = "client_secret_post"
CHOICES = {
    "client_authentication": (BASIC, POST),
    "body": ("form", "json"),
    "pkce": ("required", "offered", "absent"),
    "rotation": ("rotating", "fixed"),
    "expires_in": ("number", "text", "none"),
    "discovery": ("oauth", "openid", "none"),
    "refresh_at": ("token", "refresh"),
}


@dataclass(frozen=True)
class Switches:
    """One way to be an OAuth 2.0 server; *leeway* and *access_seconds* are seconds.

    *client_authentication* and *body* are the only ones accepted at the token endpoint.
    *pkce* `absent` knows nothing of RFC 7636. A *fixed* refresh token comes once and stays.
    *leeway* is for how long a rotated token may come again. *iss* is RFC 9207. *refresh_at*
    says which of the two endpoints takes refresh tokens.
    """

    client_authentication: str = BASIC
    body: str = "form"
    pkce: str = "offered"
    plain: bool = False
    rotation: str = "rotating"
    leeway: float = 0
    access_seconds: int = 3_600
    expires_in: str = "number"
    scope: bool = True
    refresh_token: bool = True
    token_type: str = "Bearer"
    iss: bool = True
    discovery: str = "oauth"
    revocation: bool = True
    refresh_at: str = "token"

    def changed(self, said: dict[str, Any]) -> "Switches":
        """With what was said.

        Raises:
            BadControl: a switch is unknown, or can't be set to this.
        """
        kinds = {each.name: type(getattr(self, each.name)) for each in fields(self)}
        for name, value in said.items():
            if name not in kinds:
                raise BadControl(f"there is no switch {name}")
            allowed = (int, float) if kinds[name] in (int, float) else kinds[name]
            is_bool = isinstance(value, bool)
            if not isinstance(value, allowed) or is_bool != (kinds[name] is bool):
                raise BadControl(f"{name} can't be {value!r}")
            if name in CHOICES and value not in CHOICES[name]:
                raise BadControl(f"{name} is one of: {', '.join(CHOICES[name])}")
        if said.get("token_type", "bearer").casefold() != "bearer":
            raise BadControl("token_type is bearer, in any case")
        return replace(self, **said)
