"""Sign in with Slack over the network."""

from datetime import timedelta
from typing import Final

from joserfc.jwk import RSAKey
from pydantic import SecretStr

from bot.errors import NotAllowed
from bot.ports import Clock, Proven, SlackSignIn
from bot.providers import slack_sign_in_wire as wire
from bot.providers.outgoing import Outgoing
from bot.recent import Recent

DISCOVERED: Final = timedelta(hours=1)
KEYS: Final = timedelta(hours=6)
# Anybody can name a key that doesn't exist; they don't make us ask more often than this.
ASKED_AGAIN: Final = timedelta(minutes=1)


class SlackOpenId(SlackSignIn):
    """Speaks ``slack_sign_in_wire``; keeps Slack's keys until it signs with another one."""

    def __init__(  # noqa: PLR0913, PLR0917 (the client's four names are one thing at Slack)
        self,
        outgoing: Outgoing,
        slack_url: str,
        client_id: str | None,
        client_secret: SecretStr | None,
        redirect_uri: str,
        clock: Clock,
    ) -> None:
        """*slack_url* is the issuer as well as where its pages are."""
        self._outgoing = outgoing
        self._slack_url = slack_url.rstrip("/")
        self._client_id = client_id or ""
        self._client_secret = client_secret or SecretStr("")
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._discovered: Recent[str, wire.Discovery] = Recent(clock, DISCOVERED)
        self._keys: Recent[str, dict[str, RSAKey]] = Recent(clock, KEYS)
        self._asked: Recent[str, bool] = Recent(clock, ASKED_AGAIN)

    @property
    def is_configured(self) -> bool:
        """See ``SlackSignIn.is_configured``."""
        return bool(self._client_id and self._client_secret.get_secret_value())

    def sign_in_url(self, state: str, nonce: str, team_id: str | None) -> str:
        """See ``SlackSignIn.sign_in_url``."""
        asked = {
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "state": state,
            "nonce": nonce,
        }
        return wire.sign_in_url(self._slack_url, asked, team_id)

    async def redeem(self, code: SecretStr, nonce: str) -> Proven:
        """See ``SlackSignIn.redeem``."""
        discovery = await self._discover()
        fields = {
            "client_id": self._client_id,
            "client_secret": self._client_secret.get_secret_value(),
            "code": code.get_secret_value(),
            "redirect_uri": self._redirect_uri,
        }
        request = wire.redeem_code(discovery.token_endpoint, fields)
        token = wire.read_id_token(await self._outgoing.send(request), self._clock())
        key = await self._key(discovery, wire.key_id(token))
        expected = {"iss": discovery.issuer, "aud": self._client_id}
        return wire.verify(token, key, expected, nonce, self._clock())

    async def _discover(self) -> wire.Discovery:
        found = self._discovered.find(self._slack_url)
        if found is None:
            request = wire.get(f"{self._slack_url}/.well-known/openid-configuration")
            answer = await self._outgoing.send(request)
            found = wire.read_discovery(answer, self._slack_url, self._clock())
            self._discovered.keep(self._slack_url, found)
        return found

    async def _key(self, discovery: wire.Discovery, key_id: str) -> RSAKey:
        keys = self._keys.find(discovery.jwks_uri)
        if keys is None or (key_id not in keys and self._asked.find(discovery.jwks_uri) is None):
            answer = await self._outgoing.send(wire.get(discovery.jwks_uri))
            keys = self._keys.keep(discovery.jwks_uri, wire.read_keys(answer, self._clock()))
            self._asked.keep(discovery.jwks_uri, value=True)
        if key_id not in keys:
            raise NotAllowed("Slack's proof of who you are is signed by nobody we know.")
        return keys[key_id]
