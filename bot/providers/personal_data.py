"""Atlassian's personal data reporting over the network."""

from collections.abc import Sequence

from bot.connection import Connection
from bot.content import Account
from bot.ports import Clock, Judged, Known, PersonalData
from bot.providers import personal_data_wire as wire
from bot.providers.outgoing import Outgoing


class AtlassianPersonalData(PersonalData):
    """Keeps nothing, so that any task and replica may use it."""

    def __init__(self, outgoing: Outgoing, api_url: str, clock: Clock) -> None:
        self._outgoing = outgoing
        self._api_url = api_url
        self._clock = clock

    async def report(self, connection: Connection, accounts: Sequence[Known]) -> Judged:
        """See `PersonalData.report`."""
        answer = await self._outgoing.send(wire.report(self._api_url, connection, accounts))
        return wire.read_report(connection, answer, self._clock())

    async def fetch(self, connection: Connection) -> Account:
        """See `PersonalData.fetch`."""
        answer = await self._outgoing.send(wire.who(self._api_url, connection))
        return wire.read_who(connection, answer, self._clock())
