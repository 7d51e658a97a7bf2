"""What holds for any document and any input."""

import json
import os
import sys
from functools import cache
from pathlib import Path

import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bot import documents as docs
from bot.document import Document, Heading, Paragraph, Quote, Text
from tests.bot import documents_given as any_
from tests.bot.block_limits import complaints
from tests.bot.documents_given import steady

SPECS = Path(
    os.environ.get("CONTRACT_SPECS")  # noqa: TID251  # where contract documents are is no setting
    or Path(__file__).parents[3] / "shared" / "specs"
)
PLACES = (Path(__file__).parents[2] / "sandbox" / "atlassian", SPECS)
SCHEMA = next((p / "adf-schema.json" for p in PLACES if (p / "adf-schema.json").exists()), None)
needs_schema = pytest.mark.skipif(
    SCHEMA is None, reason="adf-schema.json is in none of the places; CONTRACT_SPECS names one"
)

ADF_TYPES = (
    "doc",
    "paragraph",
    "text",
    "heading",
    "bulletList",
    "orderedList",
    "listItem",
    "taskList",
    "taskItem",
    "blockTaskItem",
    "codeBlock",
    "blockquote",
    "panel",
    "rule",
    "expand",
    "nestedExpand",
    "table",
    "tableRow",
    "tableCell",
    "tableHeader",
    "mention",
    "emoji",
    "date",
    "status",
    "inlineCard",
    "blockCard",
    "mediaSingle",
    "media",
    "layoutSection",
    "layoutColumn",
    "decisionList",
    "decisionItem",
    "extension",
    "bodiedExtension",
    "inlineExtension",
    "hardBreak",
    "placeholder",
    "link",
    "strong",
    "code",
)
RICH_TYPES = (
    "rich_text",
    "rich_text_section",
    "rich_text_list",
    "rich_text_quote",
    "rich_text_preformatted",
    "text",
    "link",
    "emoji",
    "user",
    "usergroup",
    "channel",
    "broadcast",
    "color",
    "date",
    "message_link",
)
adf_nodes = any_.nodes(ADF_TYPES, ("attrs", "marks"))
rich_nodes = any_.nodes(
    RICH_TYPES,
    ("style", "indent", "border", "offset", "url", "user_id", "name", "unicode", "timestamp"),
)
markup = st.lists(
    st.sampled_from(
        (
            "* ",
            "- [x] ",
            "> ",
            "# ",
            "|",
            "---",
            "\n",
            "```",
            "`",
            "**",
            "_",
            "~~",
            "[",
            "](",
            ")",
            "<p>",
            "</p>",
            "<ac:",
            "<![CDATA[",
            "]]>",
            "&nbsp;",
            "<",
            ">",
            "\t",
            "1. ",
            "a",
            "b c",
            "https://example.com",
            "<ul><li>",
            "</li></ul>",
            '<a href="javascript:x">',
            "</a>",
        )
    )
    | any_.texts,
    max_size=25,
).map("".join)


@cache
def schema():
    return fastjsonschema.compile(json.loads(SCHEMA.read_text()))


def parsed_storage(text):
    root = f'<r xmlns:ac="urn:ac" xmlns:ri="urn:ri">{text}</r>'
    return etree.fromstring(root.encode(), etree.XMLParser(resolve_entities=False))


def hold(document):
    """Every emitter keeps its promise for *document*."""
    json.dumps(docs.to_adf(document)).encode()
    if SCHEMA:
        schema()(docs.to_adf(document))
    parsed_storage(docs.to_storage(document))
    assert complaints(docs.to_blocks(document)) == []
    assert complaints([docs.to_rich_text(document)]) == []
    docs.text_of(document).encode(errors="surrogatepass")
    assert len(docs.digest_of(document)) == 64


@needs_schema
@steady
@given(any_.documents)
def test_adf_obeys_the_schema_for_any_document(document):
    schema()(docs.to_adf(document))


@steady
@given(any_.documents)
def test_storage_is_well_formed_for_any_document(document):
    parsed_storage(docs.to_storage(document))


@steady
@given(any_.documents, st.integers(1, 50))
def test_blocks_are_within_every_limit_for_any_document(document, most):
    blocks = docs.to_blocks(document, most=most)
    assert complaints(blocks) == []
    assert len(blocks) <= most


@steady
@given(any_.documents)
def test_rich_text_is_within_every_limit_for_any_document(document):
    assert complaints([docs.to_rich_text(document)]) == []


@steady
@given(any_.documents)
def test_text_survives_adf(document):
    assert docs.digest_of(docs.from_adf(docs.to_adf(document))) == docs.digest_of(document)


@steady
@given(any_.documents)
def test_text_survives_storage(document):
    assert docs.digest_of(docs.from_storage(docs.to_storage(document))) == docs.digest_of(document)


@steady
@given(any_.documents)
def test_adf_is_stable_once_it_was_read_back(document):
    once = docs.to_adf(docs.from_adf(docs.to_adf(document)))
    assert docs.to_adf(docs.from_adf(once)) == once


@steady
@given(any_.documents)
def test_adf_read_from_json_says_what_adf_in_memory_says(document):
    adf = docs.to_adf(document)
    assert docs.from_adf(json.loads(json.dumps(adf))) == docs.from_adf(adf)


@steady
@given(adf_nodes | st.lists(adf_nodes, max_size=3))
def test_any_json_can_be_read_as_adf(value):
    hold(docs.from_adf(value))
    hold(docs.from_adf({"type": "doc", "content": value}))


@steady
@given(rich_nodes | st.lists(rich_nodes, max_size=3))
def test_any_json_can_be_read_as_rich_text(value):
    hold(docs.from_rich_text(value))
    hold(docs.from_rich_text({"type": "rich_text", "elements": value}))


@pytest.mark.parametrize("read", [docs.from_markdown, docs.from_mrkdwn, docs.from_storage])
@steady
@given(markup)
def test_any_text_can_be_read(read, text):
    hold(read(text))


@steady
@given(st.text(alphabet="abc xyz.", min_size=1))
def test_plain_words_stay_the_same_words(words):
    for read in (docs.from_markdown, docs.from_mrkdwn, docs.from_storage):
        assert docs.text_of(read(words)).split() == words.split()


@steady
@given(any_.documents, any_.documents)
def test_appending_to_adf_changes_nothing_that_was_there(existing, addition):
    before = docs.to_adf(existing)
    text = json.dumps(before)
    after = docs.append_adf(before, addition)
    assert json.dumps(before) == text
    assert json.dumps({**after, "content": after["content"][: len(before["content"])]}) == text
    ids = [
        found["attrs"]["localId"] for found in _walk(after) if "localId" in found.get("attrs", ())
    ]
    assert len(ids) == len(set(ids))
    if SCHEMA:
        schema()(after)


@steady
@given(any_.documents, any_.documents)
def test_appending_to_storage_changes_nothing_that_was_there(existing, addition):
    before = docs.to_storage(existing)
    after = docs.append_storage(before, addition)
    assert after.startswith(before)
    ids = [found.text for found in parsed_storage(after).iter("{urn:ac}task-id")]
    assert len(ids) == len(set(ids))


def _walk(node):
    yield node
    for child in node.get("content", ()):
        yield from _walk(child)


@pytest.mark.parametrize("depth", [30, 300, 100_000])
@pytest.mark.parametrize("kind", ["blockquote", "bulletList", "taskList", "table", "nobody-knows"])
def test_what_is_nested_too_deep_keeps_its_text(kind, depth):
    document = docs.from_adf({"type": "doc", "content": [any_.deep(depth, kind)]})
    assert "bottom" in docs.text_of(document)
    hold(document)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (docs.from_markdown, ">" * 5000 + " bottom"),
        (docs.from_markdown, "- " * 5000 + "bottom"),
        (docs.from_markdown, "*" * 5000 + "bottom"),
        (docs.from_markdown, "[" * 5000 + "bottom"),
        (docs.from_storage, "<div>" * 5000 + "bottom" + "</div>" * 5000),
        (docs.from_storage, "<b>" * 200 + "bottom" + "</b>" * 200),
        (docs.from_storage, "<ul><li>" * 100 + "bottom" + "</li></ul>" * 100),
        (docs.from_storage, "<b>bottom"),
    ],
)
def test_markup_nested_too_deep_keeps_its_text(read, text):
    document = read(text)
    assert "bottom" in docs.text_of(document)
    hold(document)


def test_a_document_deeper_than_the_stack_can_be_written():
    block = Paragraph((Text("bottom"),))
    for _ in range(sys.getrecursionlimit() * 2):
        block = Quote((block,))
    hold(Document((block,)))
    assert "bottom" in docs.to_storage(Document((block,)))


def test_a_long_heading_is_cut_in_slack():
    blocks = docs.to_blocks(Document((Heading(1, (Text("x" * 400),)),)))
    assert complaints(blocks) == []
    assert blocks[0]["text"]["text"].endswith("…")
