"""One Confluence out of two: each connection is spoken for in its provider's own dialect."""

from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from bot.connection import Connection
from bot.ports import Confluence
from bot.profile import Provider


def either(cloud: Confluence, data_center: Confluence) -> Confluence:
    """Return what hands each call to whoever speaks with the connection's provider.

    Of every method of the port the first argument is the connection, so that none needs to be
    repeated here.
    """
    speakers = {Provider.CLOUD: cloud, Provider.DATA_CENTER: data_center}
    methods = {name: _handing(name, speakers) for name in Confluence.__abstractmethods__}
    return cast("Confluence", type("Either", (Confluence,), methods)())


def _handing(
    name: str, speakers: Mapping[Provider, Confluence]
) -> "staticmethod[..., Awaitable[object]]":
    async def hand(connection: Connection, *given: object, **named: object) -> object:
        method: Callable[..., Awaitable[object]] = getattr(speakers[connection.provider], name)
        return await method(connection, *given, **named)

    return staticmethod(hand)
