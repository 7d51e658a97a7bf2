"""Letting time pass for what is kept, where the bot's own clock can't be moved."""

from dataclasses import replace
from datetime import timedelta

from bot.principal import Principal
from store.stores import Stores

A_WHILE = timedelta(minutes=3)
"""Longer than anything that was sent may be on its way."""


async def arrived(stores: Stores, principal: Principal) -> None:
    """Make what the principal's open dialogs have sent so old that it can't arrive any more."""
    for dialog in await stores.dialogs.list_open(principal):
        journal = tuple(
            replace(each, at=each.at - A_WHILE) if each.at else each for each in dialog.journal
        )
        await stores.dialogs.replace(dialog, replace(dialog, journal=journal))
