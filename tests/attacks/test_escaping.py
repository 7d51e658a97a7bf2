"""Promise 12: whatever comes from people or from Confluence is text, wherever it is shown."""

import json
import re
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from sandbox.atlassian import people, sites
from tests.attacks.hostile import ALL, IDS, markup_in
from tests.attacks.scene import fill, pages, pinged, rich

pytestmark = pytest.mark.usefixtures("unhurt")

INVISIBLE = "\u200b\u200c\u200d\u200f\u202e\u2028\u2060\u2066\u2069"
each_text = pytest.mark.parametrize("text", ALL, ids=IDS)


async def no_markup(person, *also):
    """What *person* sees of the bot notifies nobody and links nowhere."""
    screen = await person.screen()
    shown = [m for c in screen["channels"] for m in c["messages"] if m["bot"]]
    shown += screen["modal"] + [screen["home"] or {}]
    assert await pinged(person) - {*also} == set()
    for each in shown:
        text = json.dumps(each)
        for member in also:
            text = text.replace(f"<@{member}>", "")
        assert markup_in(json.loads(text)) == []
        assert "<!" not in each.get("text", "")
        assert "<@" not in each.get("text", "")


async def made(stage, title, body="<p>hello</p>", **more):
    page = {"space": "ENG", "account": "ada", "title": title, "body": body} | more
    return (await stage.post("atlassian/pages/create", page))["id"]


def seen(text):
    """What can stand in a document: control characters can't."""
    return "".join(each for each in text if each.isprintable() or each in INVISIBLE)


def adf_text(node):
    own = node.get("text", "") + node.get("attrs", {}).get("text", "")
    return own + "".join(adf_text(each) for each in node.get("content", ()))


class TestFromConfluence:
    @each_text
    async def test_a_title_is_a_title_in_results_cards_previews_and_shares(self, stage, text):
        ada = await stage.connect()
        page = await made(stage, f"kestrel {text}")
        await ada.types("/confluence search kestrel")
        await ada.waits_for_message("found")
        await ada.types(f"/confluence page {page}")
        await stage.quiet()
        await ada.presses("preview")
        await stage.quiet()
        await no_markup(ada)
        await ada.closes(everything=True)
        await ada.presses("share")
        await stage.quiet()
        await ada.presses("share_now")
        await stage.quiet()
        await no_markup(ada, "U0ADA")
        await no_markup(stage.person("U0BOB"), "U0ADA")

    @each_text
    async def test_a_body_is_text_in_excerpts_and_previews(self, stage, text):
        ada = await stage.connect()
        adf = {
            "version": 1,
            "type": "doc",
            "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": f"kestrel {text}"}]},
                {"type": "codeBlock", "content": [{"type": "text", "text": text}]},
            ],
        }
        page = await made(stage, "Birds", json.dumps(adf), representation="atlas_doc_format")
        await ada.types("/confluence search kestrel")
        await ada.waits_for_message("found")
        await ada.types(f"/confluence page {page}")
        await stage.quiet()
        await ada.presses("preview")
        await stage.quiet()
        await no_markup(ada)

    @each_text
    async def test_names_are_names_in_status_forms_previews_and_receipts(
        self, stage, text, monkeypatch
    ):
        account = people.BY_NAME["ada"]
        named = replace(account, display_name=text)
        monkeypatch.setitem(people.BY_ID, account.account_id, named)
        [acme] = [site for site in sites.SITES if site.slug == "acme"]
        monkeypatch.setitem(sites.BY_CLOUD_ID, acme.cloud_id, replace(acme, name=text))
        for wiki in stage.atlassian.wikis.values():
            for space in wiki.spaces.values():
                object.__setattr__(space, "name", text)
        ada = await stage.connect_to_write()
        for word in ("", "status", "connect", "site", "disconnect", "search checklist"):
            await ada.types(f"/confluence {word}".strip())
            await stage.quiet()
        await ada.opens_home()
        await stage.quiet()
        await fill(stage, ada, "Kestrel", rich("hello"))
        await no_markup(ada)
        await ada.submits()
        await stage.quiet()
        await no_markup(ada)
        assert (await pages(stage, "Kestrel"))[0]["status"] == "current"


class TestFromSlack:
    @each_text
    async def test_a_slack_name_is_a_name(self, stage, text):
        stage.slack.workspace.state.people["U0ADA"] |= {"real_name": text, "name": text}
        ada = stage.person("U0ADA")
        await ada.types("/confluence connect")
        await stage.quiet()
        await no_markup(ada)

    @each_text
    async def test_words_typed_are_words_for_every_command(self, stage, text):
        ada = await stage.connect()
        for word in ("", "search ", "page ", "connect ", "status ", "site ", "help "):
            await ada.types(f"/confluence {word}{text}")
            await stage.quiet()
        for key in ("in", "by", "label", "title", "type", "since", "cql"):
            await ada.types(f"/confluence search {key}:{text}")
            await ada.types(f'/confluence search {key}:"{text}"')
            await stage.quiet()
        await no_markup(ada)

    @each_text
    async def test_a_page_holds_exactly_what_was_written(self, stage, text):
        ada = await stage.connect_to_write()
        await fill(stage, ada, f"Kestrel {text}", rich(text, "and on"))
        assert (await ada.modal())["callback_id"] == "create_confirm"
        await no_markup(ada)
        await ada.submits()
        await stage.quiet()
        [page] = [p for p in await stage.get("atlassian/pages") if p["title"].startswith("Kestrel")]
        assert page["status"] == "current"
        assert page["title"] == seen(" ".join(f"Kestrel {text}".split()))
        written = json.loads(page["versions"][-1]["body"]["value"])
        first, second = written["content"]
        assert adf_text(first) == seen(text)
        assert adf_text(second) == "and on"
        await no_markup(ada)

    @each_text
    async def test_a_clash_names_the_title(self, stage, text):
        ada = await stage.connect_to_write()
        await made(stage, f"Kestrel {text}".strip())
        await fill(stage, ada, f"Kestrel {text}", rich("x"))
        await no_markup(ada)
        await ada.submits()
        await stage.quiet()
        await no_markup(ada)


class TestCql:
    @pytest.mark.parametrize(
        "text", [*ALL, 'x" or title ~ "*', "x\\", 'x\\" or type=page', "'", '"']
    )
    async def test_no_operator_gets_out_of_its_quotes(self, stage, text):
        ada = await stage.connect()
        for query in (text, f'"{text}"', f"in:{text}", f"label:{text}", f"title:{text} x"):
            await ada.types(f"/confluence search {query}")
            await stage.quiet()
        await ada.types(f"/confluence page {text}")
        await stage.quiet()
        asked = [each for each in await stage.get("atlassian/log") if "cql=" in each["query"]]
        for each in asked:
            cql = dict(parse_qsl(each["query"]))["cql"]
            assert each["status"] == 200, cql
            bare = re.sub(r'"(?:\\.|[^"\\])*"', "", cql)
            assert re.fullmatch(r"(?:\w+ (?:~|=|in) |[(), ]|and )*", bare), cql
