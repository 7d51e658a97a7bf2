from bot.ports import QuotaLedger, Spent


class IdleLedger(QuotaLedger):
    """A ledger in which this process is alone."""

    async def add(self, app, tenant, points, hour):
        return Spent(points, points)

    async def correct(self, app, remaining, hour):
        pass
