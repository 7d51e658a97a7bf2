"""An admin with the modal open: pressing, filling in, and going to the browser from it."""

from typing import Any

from bot.connection import organisation
from bot.principal import Principal, Tenant
from sandbox.person import Person, words
from tests.stage import Stage, link_in

ACME = Tenant("T0ACME")
ADA = Principal(ACME, "U0ADA")
BOB = Principal(ACME, "U0BOB")
ROBOT = organisation(ACME)


class Desk:
    """Somebody at the admin's modal."""

    def __init__(self, stage: Stage, user: str = "U0ADA") -> None:
        self.stage = stage
        self.user = user
        self.person: Person = stage.person(user)

    async def opens(self, *presses: str) -> str:
        """Open the modal and go to a page."""
        await self.person.types("/confluence admin")
        await self.stage.quiet()
        for action in presses:
            await self.presses(action)
        return await self.sees()

    async def presses(self, action: str, value: object = None, **ids: str) -> str:
        """Press, and read what comes."""
        await self.person.presses(action, value, **ids)
        await self.stage.quiet()
        return await self.sees()

    async def presses_in(self, action: str, part: str) -> str:
        """Press the button of the block that says *part*."""
        view = await self.person.modal()
        assert view
        block = next(each for each in view["blocks"] if part in str(each.get("text")))
        return await self.presses(action, block_id=block["block_id"])

    async def saves(self, values: dict[str, Any] | None = None) -> str:
        """Submit the form, and read what comes."""
        self.answer = await self.person.submits(values or {})
        await self.stage.quiet()
        return await self.sees()

    async def sees(self) -> str:
        """Every word of the modal on top."""
        view = await self.person.modal()
        return words(view) if view else ""

    async def view(self) -> dict[str, Any]:
        """The modal on top."""
        view = await self.person.modal()
        assert view
        return view

    async def goes(self, **how: Any) -> dict[str, Any]:
        """Follow the link of the modal to wherever it ends."""
        link = link_in(await self.person.modal())
        assert link
        walked = await self.stage.walk(link, self.user, **how)
        await self.stage.quiet()
        last: dict[str, Any] = walked["pages"][-1]
        return last

    async def hears(self) -> str:
        """The newest message of the app's."""
        return words(await self.person.last("@app"))

    async def lends(self, profile: str | None = None, **how: Any) -> dict[str, Any]:
        """Authorize for the organisation."""
        await self.opens("admin_authorization", "admin_lend")
        chosen = {"lent_profile": {"lent_profile": profile}} if profile else {}
        await self.saves({**chosen, "name": {"name": "Robot"}})
        last = await self.goes(**how)
        await self.person.closes(everything=True)
        return last
