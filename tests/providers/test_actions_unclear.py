"""What the actions' writes say when nobody knows what became of them, and what odd answers do."""

from contextlib import suppress
from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.connection import NEVER, Grant
from bot.content import (
    AccountId,
    CloudId,
    CommentId,
    ContentKind,
    PageId,
    Site,
    SpaceId,
    SpaceKey,
    TemplateId,
)
from bot.document import Document, Paragraph, Placement, Storage, Text
from bot.errors import BotError, NotAllowed, NotOffered, Unavailable, Unclear
from bot.profile import Mechanism, Provider
from bot.providers.confluence import ConfluenceApi
from bot.providers.datacenter import DataCenterApi
from bot.providers.dialects import either
from bot.providers.gateway import Gateway, Pace
from bot.providers.outgoing import Outgoing
from bot.quota import Quota
from tests.fakes import ACME, connection
from tests.providers import contract
from tests.providers.ledger import IdleLedger
from tests.providers.provider import breaks_off, hangs_up, html, says

ID, OTHER = PageId("1"), PageId("2")
BODY = Document((Paragraph((Text("x"),)),))
NAMED = {"user": {"results": []}, "group": {"results": []}}
THERE = {
    "id": "1",
    "type": "page",
    "status": "current",
    "title": "T",
    "spaceId": "11",
    "pageId": "1",
    "templateId": "1",
    "watching": True,
    "space": {"id": 11, "key": "ENG", "name": "Engineering"},
    "container": {"id": "1", "type": "page"},
    "version": {"number": 1, "message": "", "authorId": "ada"},
    "body": {"storage": {"value": "<h1>S</h1><p>y</p>", "representation": "storage"}},
    "results": [{"operation": each, "restrictions": NAMED} for each in ("read", "update")],
    "restrictions": NAMED,
    "_links": {"webui": "/x"},
}
SECTION = {"base": 1, "message": "", "placement": Placement.END}
WRITES = {
    "update_section": ((ID, "S", BODY), SECTION),
    "reply": ((CommentId("1"), BODY), {}),
    "move_page": ((ID, OTHER), {}),
    "copy_page": ((ID, "Copy", OTHER), {}),
    "move_to_top": ((ID, SpaceId("11")), {}),
    "delete_comment": ((CommentId("1"),), {}),
    "restrict": ((ID, "read", [AccountId("bob")], ["staff"]), {}),
    "watch": ((ID,), {"on": True}),
    "restore_version": ((ID, 1), {"base": 1, "message": ""}),
    "restore_page": ((ID,), {}),
    "update_page": ((ID, "T", Storage("<p />")), {"base": 1, "message": ""}),
    "add_comment": ((ID, BODY), {"kind": ContentKind.BLOG}),
    "trash_page": ((ID,), {"kind": ContentKind.BLOG}),
}
READS = {
    "get_storage": (ID,),
    "list_comments": (ID,),
    "get_comment": (CommentId("1"),),
    "find_restrictions": (ID,),
    "is_watching": (ID,),
    "list_spaces": (),
    "list_versions": (ID,),
    "get_version": (ID, 1),
    "list_page_templates": (SpaceKey("ENG"),),
    "get_page_template": (TemplateId("1"),),
}
BARE = {
    *("watch", "move_page", "trash_page", "restrict"),
    *("move_to_top", "delete_comment"),
}
"""The answers to these aren't read."""


class Desk:
    """A client whose reads are all answered alike, and whose writes as a test says."""

    def __init__(self, confluence, given, provider):
        self.confluence, self.given, self.provider = confluence, given, provider
        self.reads, self.writes = says(THERE), hangs_up
        provider.says = self

    def get(self, _path):
        """Say how the server answers, whatever the path."""

        async def answer(request):
            found = self.reads if request.method == "GET" else self.writes
            return await found(request)

        return answer

    def do(self, method, *arguments, **named):
        if method == "restore_page":
            self.reads = says(THERE | {"status": "trashed", "type": "page"})
        elif method == "delete_comment":
            self.reads = says(THERE | {"type": "comment", "results": []})
        elif method == "move_to_top":
            self.reads = says({"results": [{"id": "9"}]})
        elif method == "get_comment" or (method == "reply" and self.is_data_center):
            self.reads = says(THERE | {"type": "comment"})
        site = self.given.sites[0]
        return getattr(self.confluence, method)(self.given, site, *arguments, **named)

    @property
    def is_data_center(self):
        return self.given.provider is Provider.DATA_CENTER

    @property
    def written(self):
        return [each for each in self.provider.asked if each.method != "GET"]


@pytest.fixture
async def outgoing(provider):
    async with Outgoing([provider.url], internal=[provider.url]) as outgoing:
        yield outgoing


@pytest.fixture(params=["cloud", "data center"])
def desk(request, provider, outgoing, clock):
    async def sleep(_seconds):
        pass

    gateway = Gateway(
        outgoing, provider.url, Quota(IdleLedger(), clock), clock, Pace(sleep, lambda: 1.0)
    )
    confluence = either(ConfluenceApi(gateway, clock), DataCenterApi(gateway, clock))
    given = connection(given=Grant(SecretStr("token"), None, NEVER, frozenset()))
    if request.param == "data center":
        url = f"{provider.url}/confluence"
        site = Site(CloudId("dc"), "DC", url, url)
        of = {"provider": Provider.DATA_CENTER, "mechanism": Mechanism.PAT}
        given = replace(given, sites=(site,), **of)
    yield Desk(confluence, given, provider)
    found = {f"{each.method} {each.path}": contract.problems(each) for each in provider.asked}
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("answer", [hangs_up, breaks_off, says({}, 500), says({}, 503)])
@pytest.mark.parametrize("method", sorted(WRITES))
async def test_a_write_without_an_answer_is_unclear_and_never_sent_again(desk, method, answer):
    arguments, named = WRITES[method]
    desk.writes = answer
    is_offered = method != "move_to_top" or not desk.is_data_center
    with pytest.raises(Unclear if is_offered else NotOffered):
        await desk.do(method, *arguments, **named)
    assert len(desk.written) == is_offered


@pytest.mark.parametrize("answer", [html(), says([]), says({"id": None})])
@pytest.mark.parametrize("method", sorted(set(WRITES) - BARE - {"reply", "add_comment"}))
async def test_a_write_that_was_taken_with_words_nobody_reads_is_unclear(desk, method, answer):
    arguments, named = WRITES[method]
    desk.writes = answer
    with pytest.raises(Unclear):
        await desk.do(method, *arguments, **named)


@pytest.mark.parametrize("method", sorted(READS))
async def test_a_read_is_tried_again_and_then_unavailable(desk, method):
    desk.reads = hangs_up
    with pytest.raises(Unavailable):
        await getattr(desk.confluence, method)(desk.given, desk.given.sites[0], *READS[method])
    assert len(desk.provider.asked) >= 3


@pytest.mark.parametrize(
    "answer",
    [
        *(says([]), says({}), says("x"), says(None), html(), says({"results": None})),
        *(says({}, 400), says({}, 404), says({}, 410), says({}, 302), says({}, 403)),
        says({"id": "1", "type": "attachment"}),
        says({"results": [{}], "version": {"number": "x"}, "body": []}),
    ],
)
@pytest.mark.parametrize("method", sorted(READS))
async def test_whatever_is_answered_is_read_or_an_error_of_ours(desk, method, answer):
    desk.reads = answer
    with suppress(BotError):
        await getattr(desk.confluence, method)(desk.given, desk.given.sites[0], *READS[method])
    assert desk.written == []


async def test_what_was_asked_before_a_write_says_that_nothing_was_written(desk):
    for method in ("update_section", "restore_version", "restore_page"):
        arguments, named = WRITES[method]
        desk.reads, site = hangs_up, desk.given.sites[0]
        with pytest.raises(Unavailable):
            await getattr(desk.confluence, method)(desk.given, site, *arguments, **named)
    assert desk.written == []


async def test_restrictions_that_were_cut_are_not_dropped(desk):
    if desk.is_data_center:
        return  # what isn't sent stays as it is there
    many = {"user": {"results": [{"accountId": f"a{each}"} for each in range(200)]}}
    listed = [{"operation": each, "restrictions": many} for each in ("read", "update")]
    desk.reads = says({"results": listed})
    with pytest.raises(NotAllowed, match="more people"):
        await desk.do("restrict", ID, "read", [], [])
    assert desk.written == []


async def test_what_is_gone_or_was_never_there_names_the_other_way(desk):
    for answer in (says({"message": "gone"}, 410), says({"message": "no such path"}, 404)):
        desk.reads = answer
        with pytest.raises(NotOffered, match=r"\{\{variables\}\}"):
            await desk.do("list_page_templates", None)


async def test_a_thread_that_never_ends_is_not_followed_for_ever(desk):
    if desk.is_data_center:
        return  # a comment knows its page there
    round_and_round = {"id": "1", "parentCommentId": "1", "version": {}, "body": {}}
    desk.reads = says(round_and_round)
    with pytest.raises(BotError):
        await desk.confluence.get_comment(desk.given, ACME, CommentId("1"))
    assert len(desk.provider.asked) < 20


async def test_an_older_data_center_is_restricted_by_the_experimental_half_of_its_api(desk):
    if not desk.is_data_center:
        return
    old, new = "/confluence/rest/experimental/content/1/restriction", says({"results": []})
    desk.provider.says = {old.replace("experimental", "api"): says({}, 405), old: new}
    await desk.confluence.restrict(
        desk.given, desk.given.sites[0], ID, "read", [AccountId("bob")], ["staff"]
    )
    assert [each.path.split("/")[3] for each in desk.written] == ["api", "experimental"]
    (sent,) = desk.written[1].json
    assert [each["userKey"] for each in sent["restrictions"]["user"]] == ["bob"]
    assert sent["restrictions"]["group"] == [{"type": "group", "name": "staff"}]
