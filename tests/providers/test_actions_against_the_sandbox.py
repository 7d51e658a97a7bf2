"""What is done beyond finding and writing pages, on both products, against the sandbox."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.connection import RESTRICT, TEMPLATES, WATCH, scopes_of
from bot.connection import Need as Needs
from bot.content import (
    AccountId,
    CommentId,
    ContentKind,
    PageId,
    PageStatus,
    Restriction,
    TemplateId,
    VariableKind,
)
from bot.document import (
    Document,
    Heading,
    Paragraph,
    Placement,
    Storage,
    Task,
    TaskList,
    Text,
)
from bot.documents import digest_of, text_of
from bot.errors import (
    Ambiguous,
    BadInput,
    Changed,
    NoSuchSection,
    NotAllowed,
    NotFound,
    NotOffered,
    ScopeMissing,
    TitleTaken,
)
from bot.page_template import fill, fill_braces, variables_in
from bot.providers.outgoing import Outgoing
from bot.rest import TOKEN, Call
from sandbox.atlassian import people
from sandbox.datacenter.people import BY_NAME as DC_PEOPLE
from tests.providers.test_around_pages import ALL
from tests.providers.test_around_pages import Bench as CloudBench
from tests.providers.test_datacenter_against_the_sandbox import Bench as DataCenterBench
from tests.sandbox import atlassian_stage, datacenter_stage

EVERYTHING = ALL | RESTRICT | TEMPLATES | WATCH
RICH = (
    '<ac:structured-macro ac:name="toc" /><h1>Plan &amp; scope</h1><p>Old '
    '<ac:inline-comment-marker ac:ref="11111111-1111-4111-8111-111111111111">text'
    "</ac:inline-comment-marker>&#160;é</p>"
    "<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>incomplete</ac:task-status>"
    "<ac:task-body>Ask</ac:task-body></ac:task></ac:task-list>"
    '<ac:structured-macro ac:name="info"><ac:rich-text-body><h1>Plan &amp; scope</h1>'
    "</ac:rich-text-body></ac:structured-macro><h2>Details</h2><p>Kept</p>"
    "<h1>Risks</h1><p>None   yet</p>"
)
NEW = Document((Paragraph((Text("New <text>"),)), TaskList((Task(done=False, content=()),))))


def says(words):
    return Document((Paragraph((Text(words),)),))


class Side:
    """One product: its client, a connection of Ada's, and where she writes."""

    def __init__(self, bench, given, others):
        self.bench, self.given, self.site = bench, given, given.sites[0]
        self.confluence = bench.confluence
        self.others = others

    @property
    def is_cloud(self):
        return isinstance(self.bench, CloudBench)

    def do(self, method, *arguments, **named):
        return getattr(self.confluence, method)(self.given, self.site, *arguments, **named)

    async def make(self, title, body=None, parent=None, key="ENG", **named):
        space = await self.do("find_space", key)
        body = body or says("Hello")
        return await self.do("create_page", space, title, body, parent, "by us", **named)

    async def connect(self, name):
        given = await self.bench.connect(name)
        return Side(self.bench, given, self.others)

    async def moves_across(self):
        if not self.is_cloud:
            await self.bench.world.control("moves", across=True)

    def account(self, name):
        return AccountId(self.others[name].account_id)

    @property
    def pages(self):
        return "/wiki/api/v2/pages" if self.is_cloud else "/rest/api/content"

    @property
    def api(self):
        return "/wiki/rest/api" if self.is_cloud else "/rest/api"


@pytest.fixture(params=["cloud", "data center"])
async def side(request):
    if request.param == "cloud":
        async with atlassian_stage.stage() as world, Outgoing([world.base]) as outgoing:
            bench = CloudBench(world, outgoing)
            yield Side(bench, await bench.connect(scopes=EVERYTHING), people.BY_NAME)
            refused = [each for each in await world.look("log") if each.get("contract")]
    else:
        async with (
            datacenter_stage.stage() as world,
            Outgoing([], internal=[world.base]) as outgoing,
        ):
            bench = DataCenterBench(world, outgoing)
            yield Side(bench, await bench.connect(), DC_PEOPLE)
            refused = [each for each in await world.look("log") if each.get("contract")]
    assert refused == []


# Blog posts, and bodies that are ready


async def test_a_blog_post_is_written_found_changed_and_thrown_away(side):
    blog = {"kind": ContentKind.BLOG}
    post = await side.make("Good news", says("It works"), **blog)
    assert (post.kind, post.parent_id) == (ContentKind.BLOG, None)
    found = await side.do("find_page_by_title", post.space_id, "good NEWS", **blog)
    assert (found.id, found.kind) == (post.id, ContentKind.BLOG)
    assert await side.do("find_page_by_title", post.space_id, "Good news") is None
    text = await side.do("get_page", post.id, **blog)
    assert digest_of(text.document) == digest_of(says("It works"))
    with pytest.raises(NotFound):
        await side.do("get_page", post.id)
    assert await side.do("add_comment", post.id, says("Fine"), **blog)
    (comment,) = await side.do("list_comments", post.id, **blog)
    assert text_of(comment.text) == "Fine"
    await side.do("note", post.id, "confab", {"by": "Ada"}, **blog)
    assert await side.do("find_note", post.id, "confab", **blog) == {"by": "Ada"}
    with pytest.raises(TitleTaken):
        await side.make("Good news", **blog)
    await side.do("trash_page", post.id, **blog)
    head = await side.do("get_page_head", post.id, trashed=True, **blog)
    assert head.status is PageStatus.TRASHED
    assert (await side.do("restore_page", post.id, **blog)).status is PageStatus.CURRENT


async def test_a_post_is_drafted_first_where_there_are_drafts(side):
    space = await side.do("find_space", "ENG")
    blog = {"kind": ContentKind.BLOG}
    if not side.is_cloud:
        with pytest.raises(NotAllowed):
            await side.do("create_draft", space.id, "Soon", says("x"), **blog)
        return
    draft = await side.do("create_draft", space.id, "Soon", says("x"), PageId("1"), **blog)
    assert (draft.kind, draft.status) == (ContentKind.BLOG, PageStatus.DRAFT)
    made = await side.do("publish_draft", draft, says("y"), "by us")
    assert (made.kind, made.status, made.id) == (ContentKind.BLOG, PageStatus.CURRENT, draft.id)
    again = await side.do("create_draft", space.id, "Later", says("x"), **blog)
    await side.do("trash_page", again.id, draft=True, **blog)
    with pytest.raises(NotFound):
        await side.do("get_page_head", again.id, draft=True, **blog)


async def test_what_was_written_is_found_as_what_it_is(side):
    since = datetime(2000, 1, 1, tzinfo=UTC)
    post = await side.make("Good news", says("It works"), kind=ContentKind.BLOG)
    space = await side.do("find_space", "ENG")
    found = await side.do("find_written", space, "Good news", since, kind=ContentKind.BLOG)
    assert found.page.id == post.id
    assert await side.do("find_written", space, "Good news", since) is None


async def test_a_ready_body_is_written_to_the_letter(side):
    made = await side.make("Rich", Storage(RICH))
    stored = await side.do("get_storage", made.id)
    assert stored.storage.markup == RICH
    where = made.id, "Rich", Storage("<p>Plain</p>")
    await side.do("update_page", *where, base=made.version, message="")
    assert (await side.do("get_storage", made.id)).storage.markup == "<p>Plain</p>"


# Sections


@pytest.mark.parametrize("placement", list(Placement))
async def test_a_section_is_changed_and_nothing_else(side, placement):
    made = await side.make("Rich", Storage(RICH))
    how = {"base": made.version, "message": "new", "placement": placement}
    changed = await side.do("update_section", made.id, "details", NEW, **how)
    assert (changed.version, changed.version_message) == (made.version + 1, "new")
    markup = (await side.do("get_storage", made.id)).storage.markup
    before, after = RICH.split("<p>Kept</p>")
    assert markup.startswith(before)
    assert markup.endswith(after)
    inner = markup[len(before) : len(markup) - len(after)]
    assert "New &lt;text&gt;" in inner
    assert "<ac:task-id>8</ac:task-id>" in inner
    kept = {Placement.REPLACE: "", Placement.START: inner[-11:], Placement.END: inner[:11]}
    assert kept[placement] in {"", "<p>Kept</p>"}
    assert ("<p>Kept</p>" in inner) == (placement is not Placement.REPLACE)


async def test_a_section_that_is_not_there_or_there_twice_or_has_moved_on(side):
    made = await side.make("Rich", Storage(f"{RICH}<h3>Details</h3>"))
    how = {"base": made.version, "message": "", "placement": Placement.END}
    with pytest.raises(NoSuchSection) as caught:
        await side.do("update_section", made.id, "Detail", NEW, **how)
    assert caught.value.headings == ("Plan & scope", "Details", "Risks", "Details")
    with pytest.raises(Ambiguous):
        await side.do("update_section", made.id, "Details", NEW, **how)
    with pytest.raises(Changed):
        await side.do("update_section", made.id, "Risks", NEW, **how | {"base": 9})
    assert (await side.do("get_page_head", made.id)).version == made.version


# Talk


async def test_comments_are_listed_and_answered(side):
    made = await side.make("Talk")
    await side.do("add_comment", made.id, says("First"))
    await side.do("add_comment", made.id, says("Second"))
    first, second = await side.do("list_comments", made.id)
    assert (text_of(first.text), text_of(second.text)) == ("First", "Second")
    assert (first.author.id, first.author.name) == (side.given.account.id, side.given.account.name)
    assert (first.page_id, first.at is not None) == (made.id, True)
    assert first.url.startswith(side.site.url)
    said = await side.do("reply", first.id, says("Indeed"))
    assert said.url.startswith(side.site.url)
    assert len(await side.do("list_comments", made.id)) == 2
    assert (await side.do("get_comment", second.id)).text == second.text
    answer = await side.do("get_comment", said.id)
    assert (text_of(answer.text), answer.page_id) == ("Indeed", made.id)
    assert await side.do("reply", said.id, says("And again"))
    for unknown in (CommentId("404404"), CommentId("../1"), CommentId(made.id)):
        with pytest.raises(NotFound):
            await side.do("reply", unknown, says("?"))


async def test_a_comment_that_nobody_has_answered_is_deleted(side):
    made = await side.make("Short talk")
    said = await side.do("add_comment", made.id, says("First"))
    answer = await side.do("reply", said.id, says("Second"))
    with pytest.raises(Changed):
        await side.do("delete_comment", said.id)
    assert len(await side.do("list_comments", made.id)) == 1
    for each in (answer.id, said.id):
        await side.do("delete_comment", each)
        with pytest.raises(NotFound):
            await side.do("delete_comment", each)
    assert await side.do("list_comments", made.id) == ()


# Places


async def test_a_page_is_put_where_none_is_above_it_where_that_is_possible(side):
    made = await side.make("Rising")
    if not side.given.provider.moves_to_top:
        with pytest.raises(NotOffered):
            await side.do("move_to_top", made.id, made.space_id)
        return
    for _ in range(2):
        await side.do("move_to_top", made.id, made.space_id)
        assert (await side.do("get_page_head", made.id)).parent_id is None


async def test_a_page_is_moved_with_all_below_it_to_another_space(side):
    await side.moves_across()
    made = await side.make("Moving", Storage(RICH))
    below = await side.make("Below it", parent=made.id)
    target = await side.make("Target", key="OPS")
    await side.do("move_page", made.id, target.id)
    moved = await side.do("get_page_head", made.id)
    assert (moved.space_id, moved.parent_id) == (target.space_id, target.id)
    assert (await side.do("get_storage", made.id)).storage.markup == RICH
    assert (await side.do("get_page_head", below.id)).parent_id == made.id
    with pytest.raises(NotFound):
        await side.do("move_page", made.id, PageId("404404"))


async def test_a_title_that_is_taken_over_there_stops_a_move_and_a_copy(side):
    await side.moves_across()
    made, target = await side.make("Same"), await side.make("Target", key="OPS")
    await side.make("Same", key="OPS")
    with pytest.raises(TitleTaken):
        await side.do("move_page", made.id, target.id)
    with pytest.raises(TitleTaken):
        await side.do("copy_page", made.id, "Same", target.id)


async def test_a_page_is_copied_to_the_letter(side):
    made, target = await side.make("Source", Storage(RICH)), await side.make("Target", key="OPS")
    copy = await side.do("copy_page", made.id, "Source, again", target.id)
    assert (copy.title, copy.parent_id, copy.version) == ("Source, again", target.id, 1)
    assert (copy.space_id, copy.status) == (target.space_id, PageStatus.CURRENT)
    assert copy.url.startswith(side.site.url)
    assert (await side.do("get_storage", copy.id)).storage.markup == RICH
    assert (await side.do("get_page_head", made.id)).title == "Source"


# Access


async def test_who_alone_may_do_what_is_told_and_set(side):
    made = await side.make("Secret plans")
    nobody = {"read": Restriction(), "update": Restriction()}
    assert await side.do("find_restrictions", made.id) == nobody
    (staff,) = await side.do("find_groups", "staff")
    bob, me = side.account("bob"), side.given.account.id
    await side.do("restrict", made.id, "read", [me, bob, me], [])
    await side.do("restrict", made.id, "update", [me], [staff.id])
    now = await side.do("find_restrictions", made.id)
    assert {each.id for each in now["read"].accounts} == {me, bob}
    assert all(each.name for each in now["read"].accounts)
    assert [each.id for each in now["update"].accounts] == [me]
    assert [each.id for each in now["update"].groups] == [staff.id]
    await side.do("restrict", made.id, "read", [me], [])
    now = await side.do("find_restrictions", made.id)
    assert [each.id for each in now["read"].accounts] == [me]
    assert [each.id for each in now["update"].groups] == [staff.id]
    other = await side.connect("bob")
    with pytest.raises(NotFound):
        await other.do("get_page_head", made.id)
    await side.do("restrict", made.id, "read", [me, bob], [])
    for _ in range(2):
        await side.do("restrict", made.id, "update", [], [])
        now = await side.do("find_restrictions", made.id)
        assert ({each.id for each in now["read"].accounts}, now["update"]) == (
            {me, bob},
            Restriction(),
        )
    await side.do("restrict", made.id, "read", [], [])
    assert await side.do("find_restrictions", made.id) == nobody


async def test_a_page_is_watched_and_no_longer(side):
    made = await side.make("Watched")
    for on in (True, True, False, False):
        await side.do("watch", made.id, on=on)
        assert await side.do("is_watching", made.id) is on


async def test_spaces_are_listed(side):
    found = await side.do("list_spaces")
    assert "ENG" in {each.key for each in found}
    assert len(await side.do("list_spaces", 2)) == 2


# The past


async def versions(side, *bodies):
    made = await side.make("Old", Storage(bodies[0]))
    for number, body in enumerate(bodies[1:], 1):
        given = made.id, "Old", Storage(body)
        await side.do("update_page", *given, base=number, message=f"v{number + 1}")
    return made


async def test_versions_are_listed_newest_first_and_read(side):
    made = await versions(side, "<p>One</p>", "<p>Two</p>", "<p>Three</p>")
    listed = await side.do("list_versions", made.id)
    assert [each.number for each in listed] == [3, 2, 1]
    assert [each.message for each in listed][:2] == ["v3", "v2"]
    assert {each.author.name for each in listed} == {side.given.account.name}
    assert all(each.at for each in listed)
    assert [each.number for each in await side.do("list_versions", made.id, 2)] == [3, 2]
    texts = [await side.do("get_version", made.id, number) for number in (1, 2, 3)]
    assert [text_of(each.document) for each in texts] == ["One", "Two", "Three"]
    assert [each.page.version for each in texts] == [1, 2, 3]
    for number in (0, 4, -1, 2**40):
        with pytest.raises(NotFound):
            await side.do("get_version", made.id, number)


async def test_a_version_is_restored_to_the_letter_on_top_of_the_one_that_was_seen(side):
    made = await versions(side, RICH, "<p>Two</p>")
    with pytest.raises(Changed):
        await side.do("restore_version", made.id, 1, base=1, message="back")
    back = await side.do("restore_version", made.id, 1, base=2, message="back")
    assert (back.version, back.version_message, back.title) == (3, "back", "Old")
    assert (await side.do("get_storage", made.id)).storage.markup == RICH
    with pytest.raises(NotFound):
        await side.do("restore_version", made.id, 9, base=3, message="")


async def test_a_page_comes_back_from_the_trash(side):
    made = await side.make("Gone", Storage(RICH))
    with pytest.raises(NotFound):
        await side.do("restore_page", made.id)
    await side.do("trash_page", made.id)
    back = await side.do("restore_page", made.id)
    assert (back.status, back.title) == (PageStatus.CURRENT, "Gone")
    assert (await side.do("get_storage", made.id)).storage.markup == RICH
    await side.do("trash_page", made.id)
    await side.make("Gone")
    with pytest.raises(TitleTaken):
        await side.do("restore_page", made.id)


# Page templates


async def test_a_template_of_the_site_and_of_a_space_become_pages(side):
    space = await side.do("find_space", "ENG")
    for key, name in ((None, "Decision record"), (space.key, "Release notes")):
        listed = await side.do("list_page_templates", key)
        head = next(each for each in listed if each.name == name)
        text = await side.do("get_page_template", head.id, key)
        assert (text.head, text.space_key) == (head, key)
        values = {each.name: f"<{each.name}> & more" for each in text.variables}
        made = await side.make(f"From {name}", fill(text, values))
        said = text_of((await side.do("get_page", made.id)).document)
        assert all(value in said for value in values.values())
    kinds = [each.kind for each in text.variables]
    assert kinds == [VariableKind.TEXT, VariableKind.LONG_TEXT, VariableKind.LIST]
    assert text.variables[2].options == ("Customers", "Colleagues & friends")


async def test_a_template_that_is_not_there_is_not_found_nor_its_space(side):
    for unknown in (TemplateId("404404"), TemplateId("../page"), TemplateId("")):
        with pytest.raises((NotFound, NotAllowed)):
            await side.do("get_page_template", unknown)


async def test_any_page_with_braces_is_a_template(side):
    made = await side.make("Blank", Storage("<h1>{{name}}</h1><p>{{what &amp; why}}</p>"))
    stored = await side.do("get_storage", made.id)
    assert [each.name for each in variables_in(stored.storage.markup)] == ["name", "what & why"]
    filled = fill_braces(stored.storage.markup, {"name": "N", "what & why": "<a>\n&"})
    copy = await side.make("Filled", filled)
    text = await side.do("get_page", copy.id)
    assert text.document.blocks[0] == Heading(1, (Text("N"),))
    assert text_of(text.document).split() == ["N", "<a>", "&"]


# Any request


async def test_any_request_reads_and_writes(side):
    made = await side.make("Called")
    call = Call("GET", f"{side.api}/content/{made.id}/restriction/byOperation/read")
    found = await side.do("call", call)
    assert (found.status, found.json["operation"]) == (200, "read")
    watch = f"{side.api}/user/watch/content/{made.id}"
    assert (await side.do("call", Call("POST", watch, json={}))).status in {200, 204}
    assert await side.do("is_watching", made.id)
    labels = Call(
        "POST", f"{side.api}/content/{made.id}/label", json=[{"prefix": "global", "name": "a"}]
    )
    assert (await side.do("call", labels)).status == 200
    assert await side.do("list_labels", made.id) == ("a",)


async def test_a_request_with_the_token_in_a_header_acts_as_its_person(side):
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Note": "hello"}
    found = await side.do("call", Call("GET", f"{side.api}/user/current", headers=headers))
    name = found.json["displayName"]
    assert name == side.given.account.name


async def test_a_request_that_is_refused_says_how(side):
    with pytest.raises(NotFound):
        await side.do("call", Call("GET", f"{side.pages}/404404"))
    with pytest.raises(BadInput, match="answered 400"):
        await side.do("call", Call("GET", f"{side.api}/search", {"cql": "title ~"}))
    for path in ("/rest/../x", "//evil.example/rest/api", "/admin", "/wiki/spaces", "/"):
        with pytest.raises(BadInput):
            await side.do("call", Call("GET", path))


# What Cloud alone does


@pytest.fixture
async def cloud():
    async with atlassian_stage.stage() as world, Outgoing([world.base]) as outgoing:
        bench = CloudBench(world, outgoing)
        yield Side(bench, await bench.connect(scopes=EVERYTHING), people.BY_NAME)
        refused = [each for each in await world.look("log") if each.get("contract")]
        assert refused == []


async def test_each_need_asks_for_the_scopes_that_its_calls_take(cloud):
    made = await cloud.make("Scoped")
    await cloud.do("add_comment", made.id, says("x"))
    (said,) = await cloud.do("list_comments", made.id)

    async def with_need(need, method, *arguments, **named):
        narrow = await cloud.bench.connect(scopes=scopes_of([need]))
        where = narrow, narrow.sites[0]
        return await getattr(cloud.confluence, method)(*where, *arguments, **named)

    takes = {
        Needs.READ: [("list_spaces",), ("list_versions", made.id), ("get_storage", made.id)],
        Needs.READ_COMMENTS: [("list_comments", made.id), ("get_comment", said.id)],
        Needs.COMMENT: [("reply", said.id, says("y"))],
        Needs.TEMPLATES: [("list_page_templates", None)],
        Needs.RESTRICT: [
            ("find_groups", "staff"),
            ("restrict", made.id, "update", [], []),
            ("find_restrictions", made.id),
        ],
        Needs.WATCH: [("is_watching", made.id)],
        Needs.PUBLISH: [
            ("move_page", made.id, cloud.bench.page("Decisions")),
            ("copy_page", made.id, "Copy", made.id),
        ],
    }
    for need, calls in takes.items():
        for call in calls:
            await with_need(need, *call)
    await with_need(Needs.WATCH, "watch", made.id, on=True)
    for call in (("is_watching", made.id), ("list_page_templates", None), ("reply", said.id, NEW)):
        with pytest.raises(ScopeMissing):
            await with_need(Needs.READ, *call)


async def test_names_that_cannot_be_had_take_nothing_else_away(cloud):
    made = await cloud.make("Nameless")
    narrow = await cloud.bench.connect(scopes=EVERYTHING - {"read:confluence-user"})
    where = narrow, narrow.sites[0], made.id
    (version,) = await cloud.confluence.list_versions(*where)
    assert (version.author.id, version.number) == (cloud.given.account.id, 1)


async def test_a_copy_is_restricted_like_what_it_was_copied_from(cloud):
    made = await cloud.make("Secret")
    await cloud.do("restrict", made.id, "read", [cloud.given.account.id], [])
    copy = await cloud.do("copy_page", made.id, "Copy", made.id)
    restricted = (await cloud.do("find_restrictions", copy.id))["read"]
    assert [each.id for each in restricted.accounts] == [cloud.given.account.id]


@pytest.mark.parametrize("way", ["api token", "classic"])
async def test_at_the_sites_own_address_the_paths_are_the_same(cloud, way):
    made = await cloud.make("Called")
    own = await cloud.bench.by_token()
    call = Call("GET", f"/wiki/api/v2/pages/{made.id}")
    found = await cloud.confluence.call(own, own.sites[0], call)
    assert found.json["title"] == "Called"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    call = replace(call, path="/wiki/rest/api/user/current", headers=headers)
    assert (await cloud.confluence.call(own, own.sites[0], call)).status == 200


async def test_what_is_gone_from_the_gateway_is_told_with_another_way(cloud):
    made = await cloud.make("Gone")
    names = ["template", "copy"]
    await cloud.bench.world.control("gone", operations=names)
    with pytest.raises(NotOffered, match="variables"):
        await cloud.do("list_page_templates", None)
    with pytest.raises(NotOffered, match="variables"):
        await cloud.do("get_page_template", TemplateId("1"))
    with pytest.raises(NotOffered, match="in Confluence itself"):
        await cloud.do("copy_page", made.id, "Copy", made.id)


# What Data Center alone does


async def test_a_page_that_may_not_leave_its_space_stays_and_its_person_is_told():
    async with (
        datacenter_stage.stage() as world,
        Outgoing([], internal=[world.base]) as outgoing,
    ):
        bench = DataCenterBench(world, outgoing)
        side = Side(bench, await bench.connect(), DC_PEOPLE)
        made, target = await side.make("Moving"), await side.make("Target", key="OPS")
        near = await side.make("Near")
        with pytest.raises(NotOffered, match="another space"):
            await side.do("move_page", made.id, target.id)
        assert (await side.do("get_page_head", made.id)).space_id == made.space_id
        await side.do("move_page", made.id, near.id)
        assert (await side.do("get_page_head", made.id)).parent_id == near.id
