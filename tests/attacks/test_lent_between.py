"""What the organisation's connection may is looked at when it acts, not when it was shown.

Pages move, get restricted and go to the trash between a preview and its confirmation, and
between two calls of one action; policies and people change as well. What was right a moment
ago writes nothing now.
"""

from dataclasses import replace

import pytest

from bot.connection import organisation
from bot.content import PageId
from bot.integration import AuthorizationType, Role
from bot.principal import Principal
from sandbox.person import words
from tests.attacks.lending import CLOUD, DATA_CENTER, MARKS, TITLE, Lender, allowed, lender
from tests.attacks.scene import press, rich
from tests.stage import staged
from tests.ways import ACME

MINE = "A page of Bob's"
SEEN = f"{TITLE} seen"


@pytest.fixture(params=[CLOUD, DATA_CENTER], ids=lambda way: way.name)
async def world(request, logs):
    async with staged() as stage:
        yield await lender(stage, request.param)


@pytest.fixture
async def cloud(logs):
    async with staged() as stage:
        yield await lender(stage, CLOUD)


@pytest.fixture
async def parent(world):
    """A page that Bob may see, below another that he may see."""
    return await seen_below(world)


async def seen_below(world):
    above = await world.make("above", title=f"{TITLE} above")
    below = await world.make("seen", title=SEEN)
    await world.stage.post(f"{world.world}/pages/move", {"id": below, "parent": above})
    return below


async def previewed(world: Lender, title: str = MINE, below: str = "") -> None:
    bob = world.stage.person("U0BOB")
    await bob.types("/confluence create")
    await world.stage.quiet()
    [space] = await bob.suggests("create_space", "ENG")
    values = {
        "space": {"create_space": space},
        "title": {"title": title},
        "body": {"body": rich("Hello, all")},
    }
    if below:
        await bob.presses("create_space", space)
        found = await bob.suggests("create_parent", below)
        [named] = [each for each in found if each["text"]["text"] == below]
        values["parent"] = {"create_parent": named}
    await bob.submits(values)
    await world.stage.quiet()


async def confirmed(world: Lender) -> str:
    bob = world.stage.person("U0BOB")
    await bob.submits()
    await world.stage.quiet()
    return words(await bob.modal())


async def of_title(world: Lender, title: str) -> list[dict]:
    return [each for each in await world.pages() if each["title"] == title]


def moved(world, page):
    return world.move(page, "OPS")


def restricted(world, page):
    return world.restrict(page)


async def below_a_restricted_one(world, page):
    [above] = await of_title(world, f"{TITLE} above")
    await world.restrict(above["id"])


async def trashed(world, page):
    await world.stage.post(f"{world.world}/pages/delete", {"id": page})


async def not_writable(world, page):
    await world.allow(writable=())


async def other_space_writable(world, page):
    ops = allowed(world.site, await world.space("OPS"))
    await world.allow(writable=(ops,), readable=(ops,))


async def without_audience(world, page):
    await world.allow(audience="")


async def read_only(world, page):
    await world.allow(is_read_only=True)


async def not_a_writer(world, page):
    await world.allow(roles=((Role.WRITE, ("U0CY",)),))


async def users_authorize(world, page):
    seen = await world.stage.stores.integrations.find(ACME)
    changed = replace(seen, authorization=AuthorizationType.USERS)
    assert await world.stage.stores.integrations.replace(seen, changed)


async def disconnected(world, page):
    connections = world.stage.stores.connections
    assert await connections.remove(organisation(ACME), world.robot.profile)


async def a_guest(world, page):
    change = {"user": "U0BOB", "role": "guest"}
    await world.stage.post("slack/people/change", change)
    await world.stage.quiet()


CHECK = r"permission/check|/permissions|/restriction"


async def unanswered(world, page, *kinds, **more):
    for kind in kinds:
        fault = {"kind": kind, "path": CHECK, "times": 9} | more
        await world.stage.post(f"{world.world}/faults", fault)


async def broken(world, page):
    await unanswered(world, page, "500")


async def cut_off(world, page):
    await unanswered(world, page, "truncated")


async def silent(world, page):
    await unanswered(world, page, "drop-before")


async def gone(world, page):
    await world.stage.post("atlassian/gone", {"operations": ["permission-check"]})


async def no_administrator(world, page):
    change = {"group": "confluence-admins", "remove": ["service"]}
    await world.stage.post("atlassian/groups", change)


CHANGES = (
    *(moved, restricted, below_a_restricted_one, trashed, not_writable, other_space_writable),
    *(without_audience, read_only, not_a_writer, users_authorize, disconnected, a_guest),
    *(broken, cut_off, silent),
)


def named(change):
    return change.__name__


async def nothing_came_of_it(world: Lender, before: list[dict], told: str) -> None:
    assert await of_title(world, MINE) == []
    assert await world.pages() == before
    assert "Published" not in told
    assert "Added" not in told
    assert [mark for mark in MARKS if mark in told.casefold()] == []


@pytest.mark.parametrize("change", CHANGES, ids=named)
async def test_nothing_is_written_below_what_may_no_longer_be_seen(world, parent, change):
    await previewed(world, below=SEEN)
    await change(world, parent)
    before = await world.pages()
    told = await confirmed(world)
    await nothing_came_of_it(world, before, told)


RULES = (
    *(not_writable, other_space_writable, read_only, not_a_writer, users_authorize),
    *(disconnected, a_guest),
)


@pytest.mark.parametrize("change", RULES, ids=named)
async def test_nothing_is_written_where_nothing_may_be_written_any_more(world, change):
    await previewed(world)
    await change(world, "")
    before = await world.pages()
    told = await confirmed(world)
    await nothing_came_of_it(world, before, told)


@pytest.mark.parametrize("change", CHANGES, ids=named)
async def test_nothing_is_added_to_what_may_no_longer_be_changed(world, parent, change):
    await previewed(world, SEEN)
    bob = world.stage.person("U0BOB")
    await bob.presses("create_append")
    await world.stage.quiet()
    assert "Hello, all" in words(await bob.modal())
    await change(world, parent)
    before = await world.pages()
    told = await confirmed(world)
    await nothing_came_of_it(world, before, told)


@pytest.mark.parametrize("change", [gone, no_administrator], ids=named)
async def test_nothing_is_written_where_the_check_has_gone(cloud, change):
    parent = await seen_below(cloud)
    await previewed(cloud, below=SEEN)
    await change(cloud, parent)
    before = await cloud.pages()
    told = await confirmed(cloud)
    await nothing_came_of_it(cloud, before, told)


@pytest.mark.parametrize("change", [gone, no_administrator, broken, silent], ids=named)
async def test_nothing_is_shown_where_the_check_has_gone(cloud, change):
    page = await cloud.make("unchecked")
    await change(cloud, page)
    for action in ("preview", "page_choice", "share_now"):
        value = cloud.place(page)
        told = await cloud.hears(press(cloud.stage, "U0BOB", action, value))
        assert [mark for mark in MARKS if mark in told.casefold()] == []


@pytest.mark.parametrize("change", [moved, not_writable, other_space_writable], ids=named)
async def test_what_stands_elsewhere_by_now_is_not_undone(world, change):
    await previewed(world)
    assert "Published" in await confirmed(world)
    [page] = await of_title(world, MINE)
    bob = world.stage.person("U0BOB")
    await bob.closes(everything=True)
    await change(world, page["id"])
    await bob.presses("undo")
    await world.stage.quiet()
    [page] = await of_title(world, MINE)
    assert page["status"] == "current"


async def test_what_was_written_is_undone_by_whoever_wrote_it_alone(world):
    await previewed(world)
    await confirmed(world)
    bob = world.stage.person("U0BOB")
    await bob.closes(everything=True)
    kept = world.stage.stores.receipts
    [receipt] = [each async for each in kept.list_of(Principal(ACME, "U0BOB"))]
    for who in ("U0ADA", "U0CY", "U0GUS"):
        await press(world.stage, who, "undo", receipt.decision.id)
    [page] = await of_title(world, MINE)
    assert page["status"] == "current"


async def test_a_parent_that_is_restricted_after_the_draft_keeps_it_from_being_published(cloud):
    parent = await seen_below(cloud)
    await previewed(cloud, below=SEEN)
    inner = cloud.stage.outside.confluence._inner  # noqa: SLF001 - amid one action
    made = inner.create_draft

    async def create_draft(*given, **named):
        draft = await made(*given, **named)
        await cloud.restrict(parent)
        return draft

    inner.create_draft = create_draft
    told = await confirmed(cloud)
    assert "Published" not in told
    assert [page["status"] for page in await of_title(cloud, MINE)] == ["draft"]


@pytest.mark.parametrize("space", ["OPS", "SECRET"])
async def test_a_draft_that_was_moved_after_it_was_made_is_not_published(cloud, space):
    await previewed(cloud)
    inner = cloud.stage.outside.confluence._inner  # noqa: SLF001 - amid one action
    made = inner.create_draft

    async def create_draft(*given, **named):
        draft = await made(*given, **named)
        await cloud.move(draft.id, space)
        return draft

    inner.create_draft = create_draft
    assert "Published" not in await confirmed(cloud)
    assert [page["status"] for page in await of_title(cloud, MINE)] == ["draft"]


async def test_a_page_that_moves_between_the_check_and_the_reading_is_not_shown(world):
    page = PageId(await world.make("seen"))
    asked = world.stage.outside.confluence._inner  # noqa: SLF001 - amid one action
    checked = asked.may

    async def may(*given, **how):
        answer = await checked(*given, **how)
        await world.move(page, "SECRET")
        return answer

    asked.may = may
    for action in ("preview", "page_choice", "share"):
        told = await world.hears(press(world.stage, "U0BOB", action, world.place(page)))
        assert "isn't among what" in told
        assert [mark for mark in MARKS if mark in told.casefold()] == []


async def test_a_found_page_that_moved_meanwhile_is_not_listed(world):
    page = await world.make("seen")
    asked = world.stage.outside.confluence._inner  # noqa: SLF001 - amid one action
    found = asked.search

    async def search(*given):
        hits = await found(*given)
        await world.move(page, "SECRET")
        return hits

    asked.search = search
    bob = world.stage.person("U0BOB")
    await bob.types(f"/confluence search {TITLE}")
    await world.stage.quiet()
    told = words(await bob.last()).casefold()
    assert [mark for mark in MARKS if mark in told] == []
