"""Under the organisation's connection nothing shows, and nothing is written, but what it allows.

Every word, button, menu and form, with the ids, links, titles and words of pages that its
account sees and that whoever asks may not: nothing of them is told, not even that they are
there, and Confluence is left as it was.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from tests.attacks.lending import (
    CLOUD,
    DATA_CENTER,
    MARKS,
    TITLE,
    Lender,
    bare,
    command,
    lender,
)
from tests.attacks.scene import Json, press, rich, submit, suggest
from tests.stage import staged

Probe = Callable[[Lender, str, str, str], Awaitable[Json]]
"""Lender, who asks, a page's id, and a channel."""

PEOPLE = (
    ("U0BOB", "C0GENERAL"),  # a member
    ("U0ADA", "C0GENERAL"),  # an admin, whose own account would see it all
    ("U0GUS", "C0GENERAL"),  # a guest
    ("U0EVE", "C0PARTNERS"),  # somebody of another company, in a shared channel
)


def typed(form: str) -> Probe:
    async def probe(world: Lender, who: str, page: str, channel: str) -> Json:
        site = world.site.wiki_url
        name = world.site.name
        text = form.format(page=page, site=site, title=TITLE, name=name)
        return await command(world.stage, who, text, channel)

    return probe


def pressed(action: str, value: str = "") -> Probe:
    async def probe(world: Lender, who: str, page: str, channel: str) -> Json:
        named = value.replace("PAGE", page).replace("SITE", world.site.cloud_id)
        return await press(world.stage, who, action, named, channel=channel)

    return probe


def chosen(value: str, text: str = "") -> Json:
    label = {"type": "plain_text", "text": text or value}
    return {"selected_option": {"value": value, "text": label}}


def form_of(space: str, parent: str, title: str) -> Json:
    return {
        "space": {"create_space": chosen(space)},
        "parent": {"create_parent": chosen(parent)} if parent else {"create_parent": {}},
        "title": {"title": {"value": title}},
        "body": {"body": {"rich_text_value": rich("Written by somebody")}},
    }


def submitted(space: str, *, below: bool) -> Probe:
    async def probe(world: Lender, who: str, page: str, channel: str) -> Json:
        del channel
        metadata = json.dumps({"site": world.site.cloud_id, "note": ""})
        chosen_space = await world.space(space)
        values = form_of(f"{chosen_space.id}:ENG", page if below else "", "A page of mine")
        return await submit(world.stage, who, "create_form", metadata, values=values)

    return probe


def made_default(space: str, *, below: bool) -> Probe:
    async def probe(world: Lender, who: str, page: str, channel: str) -> Json:
        metadata = json.dumps({"site": world.site.cloud_id, "channel": channel})
        chosen_space = await world.space(space)
        values = form_of(f"{chosen_space.id}:ENG", page if below else "", "")
        return await submit(world.stage, who, "here_form", metadata, values=values)

    return probe


def suggested(menu: str, words: str, space: str = "ENG") -> Probe:
    async def probe(world: Lender, who: str, page: str, channel: str) -> Json:
        del channel
        chosen_space = await world.space(space)
        view = {
            "id": "V0FORGED",
            "type": "modal",
            "callback_id": "create_form",
            "private_metadata": json.dumps({"site": world.site.cloud_id, "note": ""}),
            "state": {"values": {"space": {"create_space": chosen(f"{chosen_space.id}:ENG")}}},
        }
        typed = words.replace("PAGE", page)
        return await suggest(world.stage, who, menu, typed, view=view)

    return probe


PROBES: dict[str, Probe] = {
    "page id": typed("page {page}"),
    "page link": typed("page {site}/spaces/ENG/pages/{page}/x"),
    "page link by id": typed("page {site}/pages/viewpage.action?pageId={page}"),
    "page link by draft": typed("page {site}/pages/resumedraft.action?draftId={page}"),
    "page link by title": typed("page {site}/display/OPS/{title}"),
    "page title": typed("page {title}"),
    "page at a site": typed('page site:"{name}" {page}'),
    "search": typed("search {title}"),
    "search release": typed("search release"),
    "search title": typed("search title:{title}"),
    "search spaces": typed("search {title} in:OPS,SECRET,ENG"),
    "search a space": typed("search release in:SECRET"),
    "search author": typed('search {title} by:"ada"'),
    "search me": typed("search {title} by:me"),
    "search account": typed("search {title} by:account=ada"),
    "search kind": typed("search {title} type:comment"),
    "search dates": typed("search {title} since:2020-01-01"),
    "search cql": typed("search cql:space = OPS or id = {page}"),
    "search id": typed('search "{page}" or id = {page}'),
    "search out of its brackets": typed('search x") or id = {page} or (title ~ "x'),
    "next": pressed("search_next", '{"q": "Quokka", "c": "PAGE", "b": [null]}'),
    "previous": pressed("search_previous", '{"q": "Quokka", "c": null, "b": ["PAGE"]}'),
    "next of cql": pressed("search_next", '{"q": "cql:id = PAGE", "c": null, "b": []}'),
    "author": pressed("search_author:0", '{"q": "Quokka by:ada", "c": null, "b": []}'),
    "choice": pressed("page_choice", '{"c": "SITE", "p": "PAGE"}'),
    "preview": pressed("preview", '{"c": "SITE", "p": "PAGE"}'),
    "share": pressed("share", '{"c": "SITE", "p": "PAGE"}'),
    "share now": pressed("share_now", '{"c": "SITE", "p": "PAGE"}'),
    "undo": pressed("undo", "PAGE"),
    "edit again": pressed("edit_again", "PAGE"),
    "retitle": pressed("create_retitle", "PAGE"),
    "append": pressed("create_append", "PAGE"),
    "forget here": pressed("here_forget"),
    "create below": submitted("ENG", below=True),
    "create in a forbidden space": submitted("OPS", below=False),
    "create below in a forbidden space": submitted("OPS", below=True),
    "create in a private space": submitted("SECRET", below=False),
    "here below": made_default("ENG", below=True),
    "here in a forbidden space": made_default("OPS", below=False),
    "here below in a forbidden space": made_default("SECRET", below=True),
    "spaces": suggested("create_space", "OPS"),
    "private spaces": suggested("create_space", "secret"),
    "parents": suggested("create_parent", TITLE),
    "parents by id": suggested("create_parent", "PAGE"),
    "parents of a forbidden space": suggested("create_parent", TITLE, "OPS"),
    "parents of a private space": suggested("create_parent", "", "SECRET"),
}
SHOWN: Final = frozenset(
    {
        *("page id", "page link", "page link by id", "page link by draft", "page title"),
        *("page at a site", "search", "search release", "search title", "search spaces"),
        *("search dates", "next", "previous", "choice", "preview", "create below"),
        *("create below in a forbidden space", "here below", "parents"),
    }
)
"""Which of these tell of a page that may be seen, so that silence of the others means a thing."""

BY_ID: Final = (
    *("page id", "page link", "page link by id", "page link by draft", "page at a site"),
    *("choice", "preview", "share", "share now", "undo", "edit again", "create below"),
    *("here below", "search id", "next", "parents by id", "search cql"),
)


@pytest.fixture(params=[CLOUD, DATA_CENTER], ids=lambda way: way.name)
async def world(request, logs):
    async with staged() as stage:
        yield await lender(stage, request.param)


def shown_of(told: str) -> list[str]:
    return [mark for mark in MARKS if mark in told.casefold()]


@pytest.mark.parametrize(("who", "channel"), PEOPLE)
async def test_no_word_button_menu_or_form_tells_of_a_hidden_page(world, logs, who, channel):
    before = await world.pages()
    for name, probe in PROBES.items():
        for kind, page in world.hidden.items():
            told = await world.hears(probe(world, who, page, channel))
            assert shown_of(told) == [], (name, kind, told)
    assert await world.pages() == before
    assert await world.written() == []
    assert logs.stumbles() == []


async def test_a_page_that_may_be_seen_is_told_of_by_the_same_words_and_buttons(world):
    page = await world.make("seen")
    told = {}
    for name, probe in PROBES.items():
        told[name] = await world.hears(probe(world, "U0BOB", page, "C0GENERAL"))
    shown = {name for name, each in told.items() if shown_of(each)}
    assert shown - {"search account"} == SHOWN  # an account's id is its name at Data Center
    for name in ("share", "share now"):
        assert "for you alone" in told[name]
    for name, each in told.items():
        if name.startswith(("create in a", "here in a", "here below in a")):
            assert "isn't among what" in each


async def test_a_hidden_page_is_answered_as_one_that_never_was(world):
    nothing = "999999"
    for name in BY_ID:
        probe = PROBES[name]
        never = bare(await world.hears(probe(world, "U0BOB", nothing, "C0GENERAL")), nothing)
        for kind, page in world.hidden.items():
            told = await world.hears(probe(world, "U0BOB", page, "C0GENERAL"))
            assert bare(told, page) == never, (name, kind)
