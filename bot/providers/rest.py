"""Any request to Confluence's REST API over the network."""

from typing import Final

from bot.connection import Connection
from bot.content import Site
from bot.errors import BadInput, ProviderFault
from bot.profile import Provider
from bot.providers.gateway import Gateway
from bot.providers.outgoing import TooLarge
from bot.providers.rest_wire import called, wire_call
from bot.rest import Call, Called, check_call

ROOTS: Final = {
    Provider.CLOUD: ("/wiki/rest/", "/wiki/api/"),
    Provider.DATA_CENTER: ("/rest/",),
}
_NOT_SENT: Final = (
    "That path isn't part of Confluence's REST API, so nothing was sent. "
    "Choose one that begins with {roots}."
)
_TOO_LONG: Final = (
    "Confluence answered with more than 64 kB, so nothing of it is used. "
    "Ask for less, as with “limit” or “fields”."
)


async def send_typed(gateway: Gateway, connection: Connection, site: Site, call: Call) -> Called:
    """See ``Confluence.call``."""
    check_call(call)
    roots = ROOTS[connection.provider]
    if not call.path.startswith(roots):
        raise BadInput(_NOT_SENT.format(roots=" or ".join(f"“{root}”" for root in roots)))
    try:
        answer = await gateway.send(connection, site, wire_call(call))
    except ProviderFault as error:
        if isinstance(error.__cause__, TooLarge):
            raise BadInput(_TOO_LONG) from error
        raise
    return called(answer, writes=call.writes)
