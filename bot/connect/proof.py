"""Whose browser it is: proved by Slack's own sign-in before the provider is asked."""

import hmac
import secrets
from dataclasses import replace

from pydantic import SecretStr

from bot.connect.ends import End, Ended, end_of
from bot.connect.outcome import Returned
from bot.connect.parts import Services, Stores
from bot.connect.rate import Rate
from bot.connect.steps import Steps
from bot.errors import BotError
from bot.installation import Installation, SlackPerson
from bot.pending import PendingConnection, Step
from bot.ports import Proven
from bot.principal import Digest, Principal

NOBODY_YET = ""
"""The user id of a flow that was begun anew, until its browser has proved whose it is."""


class Proof:
    """Asks browsers whose they are, and gives flows to their owners."""

    def __init__(self, stores: Stores, services: Services, steps: Steps, anew: Rate) -> None:
        self._installations = stores.installations
        self._sign_in = services.sign_in
        self._people = services.people
        self._may_administer = services.may_administer
        self._steps = steps
        self._anew = anew

    @property
    def is_possible(self) -> bool:
        """Tell whether Sign in with Slack is set up."""
        return self._sign_in.is_configured

    async def ask(self, pending: PendingConnection) -> str:
        """Return where the browser goes to prove whose it is."""
        installation = await self.installation(pending)
        if pending.principal.user_id == NOBODY_YET and not self._anew.allows(pending.tenant):
            raise Ended(End.TOO_MANY, pending)
        nonce = secrets.token_urlsafe(32)
        state = await self._steps.open(Step.PROOF, replace(pending, nonce=SecretStr(nonce)))
        return self._sign_in.sign_in_url(state, nonce, installation.team_id)

    async def check(self, pending: PendingConnection, returned: Returned) -> PendingConnection:
        """Return the flow with its owner, if that is who Slack says the browser belongs to."""
        proven = await self._redeem(pending, returned)
        installation = await self.installation(pending)
        is_housed = await self._is_housed(pending, installation, proven)
        if pending.principal.user_id == NOBODY_YET:
            if not is_housed:
                raise Ended(End.OUTSIDER, pending)
            return await self._give(pending, installation, proven)
        is_same = hmac.compare_digest(proven.user_id.encode(), pending.principal.user_id.encode())
        if not (is_same and is_housed):
            raise Ended(End.SOMEONE_ELSE, pending)
        return pending

    async def _is_housed(
        self, pending: PendingConnection, installation: Installation, proven: Proven
    ) -> bool:
        is_housed = installation.houses(proven.team_id, proven.enterprise_id)
        if is_housed is not None:
            return is_housed
        person = await self._person(pending, installation, proven.user_id)
        return installation.welcomes(person)

    async def require_person(self, pending: PendingConnection) -> Installation:
        """Return the flow's installation, if its person still belongs to it.

        Somebody may have been deactivated since their browser proved whose it is.
        """
        installation = await self.installation(pending)
        person = await self._person(pending, installation, pending.principal.user_id)
        if not installation.welcomes(person):
            raise Ended(End.OUTSIDER, pending)
        return installation

    async def require_admin(self, pending: PendingConnection) -> None:
        """Raise ``Ended`` unless its person may do, now, for everybody what this is for."""
        if pending.purpose.is_admins and not await self._may_administer(pending.principal):
            raise Ended(End.NOT_ADMIN, pending)

    async def installation(self, pending: PendingConnection) -> Installation:
        """Return the flow's installation. Raises ``Ended`` if it is gone."""
        installation = await self._installations.find(pending.tenant)
        if installation is None:
            raise Ended(End.NOT_INSTALLED, pending)
        return installation

    async def _redeem(self, pending: PendingConnection, returned: Returned) -> Proven:
        if returned.code is None:
            raise Ended(
                returned.refusal(End.SIGN_IN_DENIED, End.SLACK_DOWN, End.SIGN_IN_REFUSED), pending
            )
        nonce = pending.nonce.get_secret_value() if pending.nonce else ""
        try:
            return await self._sign_in.redeem(returned.code, nonce)
        except BotError as error:
            end = end_of(error, refused=End.SIGN_IN_REFUSED, down=End.SLACK_DOWN)
            raise Ended(end, pending) from error

    async def _give(
        self, pending: PendingConnection, installation: Installation, proven: Proven
    ) -> PendingConnection:
        """Give a flow that was begun anew to the proven person."""
        person = await self._person(pending, installation, proven.user_id)
        if person.is_bot or person.is_stranger or person.is_deleted:
            raise Ended(End.OUTSIDER, pending)
        principal = Principal(pending.tenant, proven.user_id)
        return replace(
            pending,
            principal=principal,
            person=person.name,
            workspace=installation.name,
        )

    async def _person(
        self, pending: PendingConnection, installation: Installation, user_id: str
    ) -> SlackPerson:
        try:
            return await self._people.get(installation, user_id)
        except BotError as error:
            end = end_of(error, refused=End.OUTSIDER, down=End.SLACK_DOWN)
            raise Ended(end, pending) from error


def require_browser(pending: PendingConnection, browser: Digest | None) -> None:
    """Raise ``Ended`` unless *browser* is the one that the flow was begun in."""
    if browser is None:
        raise Ended(End.COOKIE_MISSING, pending)
    if not is_browser(pending, browser):
        raise Ended(End.WRONG_BROWSER, pending)


def is_browser(pending: PendingConnection, browser: Digest | None) -> bool:
    """Tell whether *browser* is the one that the flow was begun in."""
    if pending.browser is None or browser is None:
        return False
    return hmac.compare_digest(pending.browser, browser)
