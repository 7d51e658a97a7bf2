"""Installing the app in Slack, and renewing its tokens, over the network."""

from collections.abc import Mapping

from pydantic import SecretStr

from bot.errors import NotAllowed
from bot.installation import BotTokens, Installation
from bot.ports import Clock, Installed, SlackInstalls
from bot.providers import slack_oauth_wire as wire
from bot.providers.outgoing import Outgoing


class SlackOAuth(SlackInstalls):
    """Speaks ``slack_oauth_wire`` over the one session, as one client of Slack's."""

    def __init__(
        self,
        outgoing: Outgoing,
        places: tuple[str, str],
        client: Mapping[str, SecretStr],
        asks: Mapping[str, str],
        clock: Clock,
    ) -> None:
        """*places* are where Slack's pages are and what stands before a method's name.

        *client* is ``client_id`` and ``client_secret``; *asks* what an install asks for:
        ``scope``, with commas, and ``redirect_uri``.
        """
        self._outgoing = outgoing
        self._slack_url, self._api_url = places[0].rstrip("/"), places[1]
        self._client = {name: value.get_secret_value() for name, value in client.items()}
        self._asks = asks
        self._clock = clock

    def install_url(self, state: str, team_id: str | None) -> str:
        """See ``SlackInstalls.install_url``."""
        asked = {"client_id": self._client["client_id"], **self._asks, "state": state}
        return wire.install_url(self._slack_url, asked, team_id)

    async def redeem(self, code: SecretStr) -> Installed:
        """See ``SlackInstalls.redeem``. Two requests: only ``auth.test`` tells the bot's id."""
        fields = {
            "code": code.get_secret_value(),
            "redirect_uri": self._asks["redirect_uri"],
            **self._client,
        }
        request = wire.access(self._api_url, fields)
        issued = wire.read_issued(await self._outgoing.send(request), self._clock())
        itself = await self._self(issued.tokens.bot_token)
        if itself is None:
            raise NotAllowed("Slack took the token back that it had just issued.")
        installation = wire.installation_of(issued, itself, self._clock())
        return Installed(installation, issued.body.authed_user.id)

    async def renew(self, installation: Installation) -> BotTokens | None:
        """See ``SlackInstalls.renew``."""
        if installation.refresh_token is None:
            return None
        fields = {
            "grant_type": "refresh_token",
            "refresh_token": installation.refresh_token.get_secret_value(),
            **self._client,
        }
        answer = await self._outgoing.send(wire.access(self._api_url, fields))
        return wire.read_renewed(answer, self._clock())

    async def is_good(self, installation: Installation) -> bool:
        """See ``SlackInstalls.is_good``."""
        return await self._self(installation.bot_token) is not None

    async def _self(self, token: SecretStr) -> wire.SelfBody | None:
        answer = await self._outgoing.send(wire.auth_test(self._api_url, token))
        return wire.read_self(answer, self._clock())
