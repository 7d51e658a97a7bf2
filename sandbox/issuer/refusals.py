"""How the issuer says no."""


class OAuthRefusal(Exception):
    """An error of RFC 6749 §4.1.2.1 or §5.2; *status* counts where it isn't carried by a redirect.

    *challenge* is set where the client used the header Authorization, which then asks for
    ``WWW-Authenticate`` (§5.2).
    """

    def __init__(
        self, error: str, description: str, *, status: int = 400, challenge: bool = False
    ) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.challenge = challenge
        self.body = {"error": error, "error_description": description}


class NoRedirect(Exception):
    """An authorization request that is shown as an error page and never redirected (§4.1.2.1)."""


class BadControl(ValueError):
    """A request at the side door that makes no sense."""
