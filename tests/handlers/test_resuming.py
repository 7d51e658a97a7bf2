"""What is taken up again once somebody is connected, or has chosen a site."""

from dataclasses import replace

import pytest

from bot.connect import Connected
from bot.connection import Need, organisation
from bot.errors import NotAllowed, Unavailable
from bot.pending import Parked, Purpose
from handlers.ask import Kind, Reply, Route
from handlers.edge import Table
from handlers.offers import Afterwards, Resumption, said
from tests.fakes import ACME, ADA, NOON, FakeVoice, connection


class Scene:
    """A bot with two words, whose listeners show what they were asked."""

    def __init__(self):
        self.asked = []
        self.voice = FakeVoice()
        self.refusal = None
        routes = (
            Route(Kind.COMMAND, "search", self.listen),
            Route(Kind.COMMAND, "site", self.listen, for_guests=True),
            Route(Kind.COMMAND, "here", self.listen, opens=lambda _: {}),
        )
        afterwards = Afterwards(self.nothing, self.nothing, self.require_member)
        self.resumption = Resumption(lambda: Table(routes), self.voice, None, None, afterwards)

    async def nothing(self, _):
        return None

    async def require_member(self, _):
        if self.refusal:
            raise self.refusal

    async def listen(self, ask):
        self.asked.append(ask)
        return Reply("Here you are.")

    async def resume(self, command):
        await self.resumption.resume(ADA, Parked(command, "C0ENG", NOON))


@pytest.fixture
def scene():
    return Scene()


async def test_it_goes_on_where_it_was_asked(scene):
    await scene.resume("search plan in:ENG")

    [ask] = scene.asked
    assert (ask.command, ask.text, ask.channel_id) == ("search", "plan in:ENG", "C0ENG")


async def test_who_became_a_guest_meanwhile_goes_on_with_what_guests_may_alone(scene):
    scene.refusal = NotAllowed("Not you.")

    await scene.resume("search plan")
    assert scene.asked == []
    assert "Not you." in str(scene.voice.said)

    await scene.resume("site")
    assert len(scene.asked) == 1


async def test_what_opens_another_form_than_a_pages_is_asked_for_again(scene):
    await scene.resume("here")

    assert scene.asked == []
    assert "`here`" in str(scene.voice.said)
    assert "write" not in str(scene.voice.said)


@pytest.mark.parametrize(("need", "is_told"), [(Need.LEND, False), (Need.WRITE, True)])
def test_an_admin_is_told_what_the_organisations_connection_lacks(need, is_told):
    kept = connection(organisation(ADA.tenant))
    kept = replace(kept, grant=replace(kept.grant, scopes=need.scopes))
    done = Connected(kept, ACME, None, None, ADA, Purpose.ORGANISATION)
    shown = str(said(done).blocks)
    assert ("It lacks" in shown) is is_told
    assert ("`read:content.permission:confluence`" in shown) is is_told


class Quiet:
    """A home tab and tasks that do at once what they are asked."""

    def __init__(self):
        self.started = []

    def start(self, work):
        self.started.append(work)
        return True

    async def refresh(self, _):
        return None


async def test_an_admin_is_told_although_what_was_replaced_could_not_be_tidied_up(scene):
    async def fails(_):
        raise Unavailable("the database")

    quiet = Quiet()
    afterwards = Afterwards(scene.nothing, fails, scene.require_member)
    resumption = Resumption(lambda: Table(()), scene.voice, quiet, quiet, afterwards)
    kept = connection(organisation(ADA.tenant))
    await resumption.connected(Connected(kept, ACME, None, None, ADA, Purpose.ORGANISATION))
    await quiet.started[0]

    assert "The organisation is connected" in str(scene.voice.said)
