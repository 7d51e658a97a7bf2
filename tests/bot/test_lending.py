"""What the organisation's connection shows and writes: nothing that its admins didn't allow."""

import inspect
from dataclasses import replace

import pytest

from bot.connection import Lent
from bot.content import (
    AllowedSpace,
    Comment,
    CommentId,
    ContentKind,
    Hit,
    Hits,
    PageId,
    PageStatus,
    PageTemplate,
    PageTemplateText,
    Space,
    SpaceId,
    SpaceKey,
    TemplateId,
)
from bot.document import Document, Placement, Storage
from bot.errors import NotAllowed, NotFound
from bot.lending import LentConfluence
from bot.lending_wall import UNSEEN
from bot.ports import Confluence
from bot.rest import Call
from tests.fakes import ACME, ADA, ENG, LOVELACE, NOON, FakeConfluence, connection, page

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
    "update_section",
    "reply",
    "move_page",
    "copy_page",
    "restrict",
    "watch",
    "restore_version",
    "restore_page",
    "call",
    "delete_comment",
    "move_to_top",
}
REFUSED = {"find_restrictions", "restrict", "watch", "is_watching", "call"}
"""What is never done with the organisation's connection, wherever."""


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
        for which in (OPEN, HIDDEN, ELSEWHERE):
            self.site.storages[which] = "<h1>Plan</h1>"
            said = CommentId(f"c{which}")
            self.site.threads[said] = Comment(said, which, LOVELACE, TEXT, f"{ACME.url}/{which}")
        for key in (ENG.key, SECRET.key, None):
            head = PageTemplate(TemplateId(f"t{key}"), f"Template of {key}")
            text = PageTemplateText(head, Storage("<p />"), (), key)
            self.site.templates[head.id] = text
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
            "kind": ContentKind.PAGE,
            "media": "text/plain",
            "labels": ["a"],
            "label": "a",
            "words": "",
            "key": "k",
            "value": {"a": "b"},
            "cql": "type = page",
            "since": NOON,
            "operation": "read",
            "section": "Plan",
            "placement": Placement.END,
            "comment": CommentId(f"c{which}"),
            "number": 1,
            "accounts": [],
            "groups": [],
            "on": True,
            "template": TemplateId("tSECRET"),
            "call": Call("GET", "/wiki/api/v2/pages"),
            "account": None,
            "group": STAFF,
        }
        if method == "find_page_by_title":
            given["space"] = SECRET.id
        if method in {"list_page_templates", "get_page_template"}:
            given["space"] = SECRET.key
        if method in {"move_page", "copy_page"}:
            given["parent"] = OPEN
        if method == "move_to_top":
            given["space"] = ENG.id
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
    if method in {"trash_page", "note", "restore_page"} and which == HIDDEN:
        return
    with pytest.raises((NotFound, NotAllowed)) as caught:
        await desk.call(method, which)

    told = str(caught.value)
    assert told == UNSEEN if method not in REFUSED else "organisation's connection" in told
    assert not WRITES & {name for name, _ in desk.site.asked}


@pytest.mark.parametrize("method", sorted(set(BY_PAGE) - ABOUT_NOBODY - REFUSED - {"restore_page"}))
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
    desk.site.add(page(10, "Gone", PageStatus.TRASHED), TEXT)
    which = {"publish_draft": PageId("9"), "restore_page": PageId("10")}.get(method, ELSEWHERE)

    await desk.call(method, which, connection())

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


# Beyond finding and writing pages


@pytest.mark.parametrize("method", sorted(REFUSED))
async def test_what_would_act_as_the_shared_account_itself_is_refused_in_words(desk, method):
    with pytest.raises(NotAllowed, match="Connect an account of your own"):
        await desk.call(method, OPEN)

    assert desk.site.asked == []


@pytest.mark.parametrize("which", [HIDDEN, ELSEWHERE, NOWHERE])
@pytest.mark.parametrize("method", ["move_page", "copy_page"])
async def test_nothing_is_put_below_a_page_that_may_not_be_seen(desk, method, which):
    arguments = {"move_page": (OPEN, which), "copy_page": (OPEN, "Copy", which)}[method]

    with pytest.raises(NotFound, match=UNSEEN[:20]):
        await getattr(desk.wall, method)(lent(), ACME, *arguments)

    assert not WRITES & {name for name, _ in desk.site.asked}


async def test_a_page_leaves_no_space_that_may_only_be_read(desk):
    desk.site.add(replace(page(4, "Runbook"), space_id=OPS.id), TEXT)
    desk.site.allowed |= {(PageId("4"), "read", STAFF), (PageId("4"), "update", STAFF)}

    with pytest.raises(NotAllowed):
        await desk.wall.move_page(lent(), ACME, PageId("4"), OPEN)
    with pytest.raises(NotAllowed):
        await desk.wall.copy_page(lent(), ACME, OPEN, "Copy", PageId("4"))

    made = await desk.wall.copy_page(lent(), ACME, PageId("4"), "Copy", OPEN)
    assert made.space_id == ENG.id


@pytest.mark.parametrize("which", [HIDDEN, ELSEWHERE])
@pytest.mark.parametrize("method", ["get_comment", "reply"])
async def test_a_comment_is_as_hidden_as_what_it_is_about(desk, method, which):
    with pytest.raises(NotFound) as caught:
        await desk.call(method, which)

    assert str(caught.value) == UNSEEN
    assert not WRITES & {name for name, _ in desk.site.asked}


async def test_a_comment_on_what_may_be_shown_is_answered(desk):
    assert (await desk.call("get_comment", OPEN)).page_id == OPEN
    assert await desk.call("reply", OPEN)


async def test_a_comment_on_a_blog_post_is_judged_by_the_post(desk):
    post = replace(page(5, "News"), kind=ContentKind.BLOG, space_id=SECRET.id)
    desk.site.add(post, TEXT)
    desk.site.threads[CommentId("c5")] = replace(
        desk.site.threads[CommentId("c1")], page_id=post.id, kind=ContentKind.BLOG
    )

    with pytest.raises(NotFound):
        await desk.call("reply", post.id)


async def test_the_spaces_that_are_listed_are_the_allowed_ones(desk):
    assert [each.key for each in await desk.wall.list_spaces(lent(), ACME)] == ["ENG", "OPS"]
    assert [each.key for each in await desk.wall.list_spaces(lent(), ACME, most=1)] == ["ENG"]
    assert desk.site.asked == []


async def test_page_templates_are_those_of_allowed_spaces(desk):
    listed = await desk.wall.list_page_templates(lent(), ACME, ENG.key)

    assert [each.name for each in listed] == ["Template of ENG"]
    assert not await desk.wall.list_page_templates(lent(), ACME, None)
    found = await desk.wall.get_page_template(lent(), ACME, TemplateId("tENG"), ENG.key)
    assert found.space_key == ENG.key


@pytest.mark.parametrize("template", ["tSECRET", "tNone", "t404"])
async def test_another_spaces_template_is_hidden_whatever_space_is_claimed(desk, template):
    with pytest.raises(NotFound) as caught:
        await desk.wall.get_page_template(lent(), ACME, TemplateId(template), ENG.key)

    assert str(caught.value) == UNSEEN


@pytest.mark.parametrize("method", ["get_storage", "get_version"])
async def test_what_was_moved_after_it_was_checked_is_not_shown_either(desk, method):
    async def moves(*_, **__):
        desk.site.add(replace(page(1, "Open"), space_id=SECRET.id), TEXT)
        return True

    desk.site.may = moves

    with pytest.raises(NotFound):
        await desk.call(method, OPEN)


@pytest.mark.parametrize(("space", "is_back"), [(ENG, True), (OPS, False), (SECRET, False)])
async def test_only_a_space_that_may_be_written_in_gets_its_pages_back(desk, space, is_back):
    gone = replace(page(9, "Gone", PageStatus.TRASHED), space_id=space.id)
    desk.site.add(gone, TEXT)

    if is_back:
        assert await desk.call("restore_page", gone.id)
        return
    with pytest.raises((NotFound, NotAllowed)):
        await desk.call("restore_page", gone.id)
    assert "restore_page" not in {name for name, _ in desk.site.asked}


async def test_of_what_is_in_the_trash_no_name_is_told(desk):
    gone = replace(page(9, "Gone with Quokka", PageStatus.TRASHED), version_message="Quokka")
    desk.site.add(gone, TEXT)

    head = await desk.wall.get_page_head(lent(), ACME, gone.id, trashed=True)

    assert (head.id, head.status, head.version) == (gone.id, PageStatus.TRASHED, gone.version)
    assert "Quokka" not in repr(head)
    assert gone.url not in repr(head)


async def test_a_page_goes_to_the_top_of_no_space_that_may_not_be_written_in(desk):
    with pytest.raises((NotFound, NotAllowed)):
        await desk.wall.move_to_top(lent(), ACME, OPEN, OPS.id)

    assert "move_to_top" not in {name for name, _ in desk.site.asked}


async def test_a_post_is_asked_for_as_a_post(desk):
    post = replace(page(5, "News"), kind=ContentKind.BLOG)
    desk.site.add(post, TEXT)
    desk.site.allowed |= {(post.id, "read", STAFF)}
    kinds = []
    head = desk.site.get_page_head

    async def noted(*where, kind=ContentKind.PAGE, **how):
        kinds.append(kind)
        return await head(*where, kind=kind, **how)

    desk.site.get_page_head = noted
    for call in ("get_page", "add_comment", "note", "find_note", "trash_page", "list_comments"):
        kinds.clear()
        given = {"add_comment": (TEXT,), "note": ("k", {}), "find_note": ("k",)}.get(call, ())
        await getattr(desk.wall, call)(lent(), ACME, post.id, *given, kind=ContentKind.BLOG)
        assert kinds == [ContentKind.BLOG], call
        desk.site.add(post, TEXT)
