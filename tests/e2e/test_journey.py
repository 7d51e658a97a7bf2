"""The whole way of one person, with the real processes, over HTTP and over a socket."""

import pytest
import pytest_asyncio

from sandbox.person import words
from sandbox.server import Plan
from tests.e2e.trip import QUICK, link_in, setting_out

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["http", "socket"])
async def trip(request, tmp_path_factory):
    home = tmp_path_factory.mktemp(request.param)
    plan = Plan(home, socket_mode=request.param == "socket", settings=QUICK)
    async with setting_out(plan) as started:
        yield started


async def test_from_connecting_to_disconnecting(trip):
    ada = trip.person("U0ADA")
    await helped(ada)
    await connected_by_searching(ada)
    await previewed(ada)
    await known(ada)
    await published(trip, ada)
    await undone(trip, ada)
    await disconnected(ada)


async def helped(ada):
    await ada.person.types("/confluence help")
    assert "search &lt;words&gt;" in words(await ada.person.last())
    await ada.person.types("/confluence")
    await ada.hears("aren't connected yet")


async def connected_by_searching(ada):
    await ada.person.types("/confluence search release checklist")
    link = await ada.person.waits_for(link_in)
    walked = await ada.walk(link)
    assert walked["pages"][-1]["status"] == 200
    assert "Release checklist" in words(await ada.hears("Release checklist", "@app"))


async def previewed(ada):
    await ada.person.types("/confluence search release checklist")
    await ada.hears("Release checklist")
    await ada.person.presses("preview")
    await ada.sees("Release checklist")
    await ada.person.closes()


async def known(ada):
    await ada.person.types("/confluence status")
    assert "Ada Lindqvist" in words(await ada.hears("Account"))
    for place, name in ((1, "globex"), (0, "acme")):
        await ada.person.types("/confluence site")
        await ada.hears("Which Confluence site")
        await ada.person.presses(f"choose_site:{place}")
        await ada.hears(f"You now work on {name}")


async def published(trip, ada):
    await ada.person.types("/confluence create Travel notes")
    await ada.walk(await ada.person.waits_for(lambda seen: link_in(seen["modal"])))
    await ada.hears("You were about to write “Travel notes”", "@app")
    await ada.person.closes(everything=True)
    await ada.person.presses("continue_create")
    await ada.sees("Type two letters")
    await ada.previews("Travel notes", "Packed, & gone")
    await ada.person.submits()
    await ada.sees("Published")
    await ada.person.closes()
    await ada.hears("Published", "@app")
    [page] = await trip.pages("Travel notes")
    assert (page["status"], page["text"]) == ("current", "Packed, & gone")
    [ours] = [each for each in await trip.get("atlassian/accounts") if each["name"] == "ada"]
    assert page["author"] == ours["account_id"]


async def undone(trip, ada):
    await ada.person.presses("undo")
    await ada.hears("is in the trash", "@app")
    assert await trip.statuses("Travel notes") == ["trashed"]


async def disconnected(ada):
    await ada.person.types("/confluence disconnect")
    await ada.hears("Disconnect")
    await ada.person.presses("disconnect")
    await ada.hears("What remains at Atlassian")
    await ada.person.types("/confluence search anything")
    await ada.hears("I need your consent")
