"""Places, pages and people, looked up at both products of the sandbox."""

from dataclasses import replace

import pytest

from bot.act import Actor
from bot.authorize import Authorizer
from bot.content import ContentKind
from bot.document import Storage
from bot.entities import Context, Given, WrongAnswer, read, suggest
from bot.errors import NotOffered
from store.memory import MemoryConnections
from store.stores import memory_stores
from tests.bot.asking import entity, labels
from tests.fakes import FakeConsentServer, issuers, own_credentials
from tests.providers.test_actions_against_the_sandbox import RICH, side

__all__ = ["side"]

BELOW = {"choices_from": {"source": "children", "of": "parent"}}
IN_SPACE = {"choices_from": {"source": "pages", "of": "where"}}


class Ada:
    """Ada at one of the products."""

    def __init__(self, side, context):
        self.side, self.context = side, context

    async def typed(self, kind, text, **more):
        return await read(entity(kind, **more), Given(text=text), self.context)

    async def refused(self, kind, text, **more):
        with pytest.raises(WrongAnswer) as error:
            await self.typed(kind, text, **more)
        return error.value

    def knows(self, **values):
        self.context = replace(self.context, values={**self.context.values, **values})


@pytest.fixture
async def ada(side):
    connections = MemoryConnections(side.bench.now)
    given = replace(side.given, profile="system")
    await connections.save(given)
    actor = Actor(
        Authorizer(connections, issuers(FakeConsentServer()), side.bench.now),
        connections,
        memory_stores(side.bench.now).preferences,
        own_credentials(connections),
    )
    return Ada(side, Context(given.principal, actor, side.confluence, side.bench.now()))


async def test_places_and_pages_are_found_as_people_name_them(ada):
    where = await ada.typed("space", "eng")
    assert where.fields["key"] == "ENG"
    assert await ada.typed("space", where.label) == where
    assert await ada.typed("space", where.fields["url"]) == where
    assert labels(await ada.refused("space", "Engin"))
    made = await ada.side.make("Plan, with commas", Storage(RICH))
    for text in (made.id, f"<{made.url}|it>", "plan, with commas"):
        ada.knows(where=where)
        found = await ada.typed("page", text, **IN_SPACE)
        assert (found.fields["id"], found.fields["kind"]) == (made.id, "page")
        assert found.fields["space"].fields["key"] == "ENG"
    ada.knows(plan=found)
    section = {"choices_from": {"source": "sections", "of": "plan"}}
    assert await ada.typed("choice", "details", **section) == "Details"
    version = {"choices_from": {"source": "versions", "of": "plan"}}
    assert await ada.typed("choice", "1", **version) == "1"
    below = await ada.side.make("Right below", parent=made.id)
    ada.knows(parent=found)
    assert (await ada.typed("page", below.id, **BELOW)).label == "Right below"
    options = await suggest(entity("page", **BELOW), "", ada.context)
    assert [each.label for each in options] == ["Right below"]
    assert await ada.refused("page", made.id, **BELOW)


async def test_a_blog_post_is_found_by_its_link(ada):
    post = await ada.side.make("News of the day", kind=ContentKind.BLOG)
    found = await ada.typed("page", f"<{post.url}>")
    assert (found.fields["id"], found.fields["kind"]) == (post.id, "blog")


async def test_a_title_is_looked_for_everywhere_and_whatever_is_typed_breaks_no_query(ada):
    for title in ("Quokka: tools", "Quokka: people"):
        await ada.side.make(title)
    assert (await ada.typed("page", "quokka: tools")).label == "Quokka: tools"
    assert len(labels(await ada.refused("page", "Quokka"))) == 2
    for text in ('" or type = "page', "AND OR NOT (", "*", "~", '\\"', "👩\u200d🚀", "[x TO y]"):
        await ada.refused("page", text)
        await ada.refused("space", text)


async def test_people_sites_and_labels(ada):
    bob = await ada.typed("person", "bob")
    assert bob.fields["account"] == ada.side.account("bob")
    options = await suggest(entity("person"), "bob", ada.context)
    again = await read(entity("person"), Given(value=options[0].value), ada.context)
    assert again == bob
    site = ada.side.site
    assert (await ada.typed("site", site.url)).fields["id"] == site.cloud_id
    page = await ada.side.make("Labelled")
    await ada.side.do("add_labels", page.id, ["how-to"])
    ada.knows(page=await ada.typed("page", page.id))
    one = {"choices_from": {"source": "labels", "of": "page"}}
    assert await ada.typed("label", "HOW-TO", **one) == "how-to"


async def test_page_templates_are_offered_where_apps_may_see_them(ada):
    one = entity("choice", choices_from={"source": "page templates"})
    try:
        options = await suggest(one, "", ada.context)
    except NotOffered:
        assert not ada.side.is_cloud
    else:
        assert all(each.label for each in options)
