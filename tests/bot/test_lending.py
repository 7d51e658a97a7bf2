"""What the organisation's connection shows and writes: nothing that its admins didn't allow."""

import inspect
from dataclasses import replace

import pytest

from bot.connection import Lent
from bot.content import AllowedSpace, Hit, Hits, PageId, PageStatus, Space, SpaceId, SpaceKey
from bot.document import Document
from bot.errors import NotAllowed, NotFound
from bot.lending import UNSEEN, LentConfluence
from bot.ports import Confluence
from tests.fakes import ACME, ADA, ENG, NOON, FakeConfluence, connection, page

OPS = Space(SpaceId("22"), SpaceKey("OPS"), "Operations")
SECRET = Space(SpaceId("33"), SpaceKey("SECRET"), "Secret")
STAFF = "staff"
OPEN, HIDDEN, ELSEWHERE, NOWHERE = (PageId(each) for each in ("1", "2", "3", "404"))
TEXT = Document(())
WRITES = {
    "create_draft",
    "publish_draft",
    "create_page",
    "append",
    "update_page",
    "trash_page",
    "add_comment",
    "attach",
    "add_labels",
    "remove_label",
    "note",
}


def allowed(space):
    return AllowedSpace(ACME.cloud_id, space.id, space.key, space.name)


def lent(account=None, **given):
    fields = {
        "asker": ADA,
        "name": "Ada",
        "people_profile": "system",
        "account": account,
        "audience": STAFF,
        "audience_name": "All staff",
        "readable": (allowed(ENG), allowed(OPS)),
        "writable": (allowed(ENG),),
    }
    return replace(connection(), lent=Lent(**{**fields, **given}))


class Desk:
    """A site with one page that staff may see, one that they mayn't, and one in another space."""

    def __init__(self):
        self.site = FakeConfluence(spaces=[ENG, OPS, SECRET])
        self.site.add(page(1, "Open"), TEXT)
        self.site.add(page(2, "Hidden"), TEXT)
        self.site.add(replace(page(3, "Elsewhere"), space_id=SECRET.id), TEXT)
        self.site.allowed = {
            (OPEN, "read", STAFF),
            (OPEN, "update", STAFF),
            (ELSEWHERE, "read", STAFF),
            (ELSEWHERE, "update", STAFF),
        }
        self.wall = LentConfluence(self.site)

    def call(self, method, which, connection=None):
        """Call *method* with page *which* where it takes a page, and with what else it needs."""
        found = self.site.pages.get(which)
        head = found.page if found else page(int(which), "Nowhere")
        given = {
            "connection": connection or lent(),
            "site": ACME,
            "page": which,
            "draft": head,
            "space": SECRET.id if method in {"get_space", "create_draft"} else SECRET,
            "parent": None,
            "title": "Plan",
            "body": TEXT,
            "message": "by Ada",
            "base": 1,
            "name": "file.txt",
            "content": b"x",
            "kind": "text/plain",
            "labels": ["a"],
            "label": "a",
            "words": "",
            "key": "k",
            "value": {"a": "b"},
            "cql": "type = page",
            "since": NOON,
            "operation": "read",
            "account": None,
            "group": STAFF,
        }
        if method == "find_page_by_title":
            given["space"] = SECRET.id
        bound = getattr(self.wall, method)
        names = inspect.signature(bound).parameters
        wanted = {name: given[name] for name in names if name in given}
        if names.get("draft") and names["draft"].annotation in {bool, "bool"}:
            wanted.pop("draft", None)
        return bound(**wanted)


@pytest.fixture
def desk():
    return Desk()


def methods():
    return sorted(Confluence.__abstractmethods__)


BY_PAGE = sorted(
    name for name in methods() if "page" in inspect.signature(getattr(Confluence, name)).parameters
)
ABOUT_NOBODY = {"may", "is_restricted"}
"""What tells a stranger nothing: an answer of yes or no that is always the same, or none."""


@pytest.mark.parametrize("which", [HIDDEN, ELSEWHERE, NOWHERE])
@pytest.mark.parametrize("method", [name for name in BY_PAGE if name not in ABOUT_NOBODY])
async def test_a_page_that_may_not_be_shown_is_as_if_it_were_not_there(desk, method, which):
    # What was written here is taken back and noted by its space alone: nobody else knows its id.
    if method in {"trash_page", "note"} and which == HIDDEN:
        return
    with pytest.raises(NotFound) as caught:
        await desk.call(method, which)

    assert str(caught.value) == UNSEEN
    assert not WRITES & {name for name, _ in desk.site.asked}


@pytest.mark.parametrize("method", [name for name in BY_PAGE if name not in ABOUT_NOBODY])
async def test_a_page_that_may_be_shown_is(desk, method):
    await desk.call(method, OPEN)

    assert method in {name for name, _ in desk.site.asked}


@pytest.mark.parametrize("method", sorted(set(methods()) - set(BY_PAGE) - {"publish_draft"}))
async def test_what_lies_in_another_space_is_neither_shown_nor_written(desk, method):
    try:
        shown = await desk.call(method, ELSEWHERE)
    except (NotFound, NotAllowed):
        shown = ()

    assert "SECRET" not in repr(shown)
    assert "Elsewhere" not in repr(shown)
    assert not WRITES & {name for name, _ in desk.site.asked}


async def test_a_draft_that_was_moved_is_not_published(desk):
    draft = await desk.wall.create_draft(lent(), ACME, ENG.id, "Plan", TEXT)
    moved = replace(desk.site.pages[draft.id].page, space_id=SECRET.id)
    desk.site.add(moved, TEXT)

    with pytest.raises((NotFound, NotAllowed)):
        await desk.wall.publish_draft(lent(), ACME, draft, TEXT, "by Ada")

    assert desk.site.pages[draft.id].page.status is PageStatus.DRAFT


async def test_a_page_that_was_moved_after_it_was_checked_is_not_shown(desk):
    async def moves(*_, **__):
        desk.site.add(replace(page(1, "Open"), space_id=SECRET.id), TEXT)
        return True

    desk.site.may = moves

    with pytest.raises(NotFound):
        await desk.wall.get_page(lent(), ACME, OPEN)


@pytest.mark.parametrize("which", [HIDDEN, ELSEWHERE])
async def test_nothing_is_written_below_a_page_that_may_not_be_seen(desk, which):
    with pytest.raises((NotFound, NotAllowed)):
        await desk.wall.create_draft(lent(), ACME, ENG.id, "Plan", TEXT, which)

    assert "create_draft" not in {name for name, _ in desk.site.asked}


async def test_a_readable_space_is_not_a_writable_one(desk):
    with pytest.raises(NotAllowed):
        await desk.wall.create_draft(lent(), ACME, OPS.id, "Plan", TEXT)


async def test_a_search_is_held_by_its_query_and_by_every_hit(desk):
    hits = [
        Hit("page", "Open", "u", page_id=OPEN),
        Hit("page", "Hidden", "u", page_id=HIDDEN),
        Hit("page", "Elsewhere", "u", page_id=ELSEWHERE),
        Hit("comment", "A comment", "u"),
    ]
    desk.site.hits = {None: Hits(tuple(hits), cursor="next", total=4)}

    found = await desk.wall.search(lent(), ACME, 'text ~ "x" or space = SECRET', "cursor")

    assert [hit.title for hit in found.results] == ["Open"]
    assert (found.cursor, found.total) == (None, None)
    [(_, (cql, cursor, _limit))] = [each for each in desk.site.asked if each[0] == "search"]
    assert cql == '(text ~ "x" or space = SECRET) and space in ("ENG", "OPS") and type in ("page")'
    assert cursor is None


def held_back(cursor):
    return Hits((Hit("page", "Hidden", "u", page_id=HIDDEN),) * 15, cursor=cursor, total=99)


OPEN_HITS = Hits((Hit("page", "Open", "u", page_id=OPEN),) * 7, cursor="4", total=99)


@pytest.mark.parametrize(
    ("pages", "shown", "asked"),
    [
        ({None: held_back("2"), "2": OPEN_HITS}, 5, [None, "2"]),
        ({None: held_back("2"), "2": held_back("3"), "3": OPEN_HITS}, 5, [None, "2", "3"]),
        ({None: held_back("2"), "2": held_back("3"), "3": held_back("4")}, 0, [None, "2", "3"]),
        ({None: held_back("2"), "2": held_back(None)}, 0, [None, "2"]),
        ({None: OPEN_HITS}, 5, [None]),
    ],
)
async def test_a_search_goes_on_behind_what_is_held_back_but_not_for_ever(
    desk, pages, shown, asked
):
    desk.site.hits = pages

    found = await desk.wall.search(lent(), ACME, "type = page", limit=5)

    assert [hit.title for hit in found.results] == ["Open"] * shown
    assert (found.cursor, found.total) == (None, None)
    assert [what[1] for name, what in desk.site.asked if name == "search"] == asked


async def test_a_search_where_nothing_is_allowed_asks_nobody(desk):
    found = await desk.wall.search(lent(readable=()), ACME, "type = page")

    assert found == Hits(())
    assert desk.site.asked == []


async def test_an_account_of_ones_own_is_judged_in_place_of_the_audience(desk):
    desk.site.allowed = {(HIDDEN, "read", "ada")}

    shown = await desk.wall.get_page(lent(account="ada"), ACME, HIDDEN)

    assert shown.page.title == "Hidden"
    with pytest.raises(NotFound):
        await desk.wall.get_page(lent(account="ada"), ACME, OPEN)


async def test_without_an_audience_nothing_is_shown(desk):
    with pytest.raises(NotFound):
        await desk.wall.get_page(lent(audience=""), ACME, OPEN)


async def test_a_write_is_checked_anew(desk):
    await desk.wall.get_page(lent(), ACME, OPEN)
    desk.site.allowed.clear()

    with pytest.raises(NotFound):
        await desk.wall.append(lent(), ACME, OPEN, TEXT, base=1, message="by Ada")


async def test_spaces_are_suggested_from_what_is_allowed(desk):
    reading = await desk.wall.suggest_spaces(lent(), ACME, "")
    writing = await desk.wall.suggest_spaces(lent(writes=True), ACME, "")

    assert [each.key for each in reading] == ["ENG", "OPS"]
    assert [each.key for each in writing] == ["ENG"]
    assert await desk.wall.suggest_spaces(lent(), ACME, "secret") == []
    assert desk.site.asked == []


@pytest.mark.parametrize("method", methods())
async def test_ones_own_connection_passes_through(desk, method):
    desk.site.add(page(9, "Draft", PageStatus.DRAFT), TEXT)

    await desk.call(method, PageId("9") if method == "publish_draft" else ELSEWHERE, connection())

    assert [name for name, _ in desk.site.asked] == [method]


async def test_what_one_wrote_is_looked_up_whoever_may_see_it(desk):
    found = await desk.wall.get_page_head(lent(looks=True), ACME, HIDDEN)

    assert found.id == HIDDEN
    with pytest.raises((NotFound, NotAllowed)):
        await desk.wall.get_page_head(lent(looks=True), ACME, ELSEWHERE)


async def test_the_trash_is_looked_into_by_whoever_asks_for_it_alone(desk):
    desk.site.add(replace(page(9, "Gone"), status=PageStatus.TRASHED), TEXT)
    head = desk.site.get_page_head

    async def tells_of_everything(*where, draft=False, **_):
        return await head(*where, draft=draft, trashed=True)

    desk.site.get_page_head = tells_of_everything

    with pytest.raises(NotFound):
        await desk.wall.get_page_head(lent(), ACME, PageId("9"))
    assert await desk.wall.get_page_head(lent(), ACME, PageId("9"), trashed=True)
