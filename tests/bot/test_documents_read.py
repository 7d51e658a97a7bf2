from datetime import date

import pytest

from bot import documents as docs
from bot.document import (
    BulletList,
    CodeBlock,
    Date,
    Document,
    Emoji,
    Item,
    Link,
    Mention,
    OrderedList,
    Panel,
    Paragraph,
    Quote,
    Status,
    Task,
    TaskList,
    Text,
    UnknownBlock,
)


def text(words):
    return {"type": "text", "text": words}


def section(*elements):
    return {"type": "rich_text_section", "elements": [*elements]}


def rich_list(indent, *words, style="bullet", **more):
    elements = [section(text(word)) for word in words]
    return {"type": "rich_text_list", "style": style, "indent": indent, "elements": elements} | more


def one(words):
    return Paragraph((Text(words),))


def test_indented_lists_nest():
    block = [rich_list(0, "a"), rich_list(1, "b", style="ordered"), rich_list(0, "c")]
    document = docs.from_rich_text({"type": "rich_text", "elements": block})
    inner = OrderedList((Item((one("b"),)),))
    assert document.blocks == (BulletList((Item((one("a"), inner)), Item((one("c"),)))),)


def test_a_bordered_list_is_quoted_and_an_offset_is_kept():
    block = [rich_list(0, "a", style="ordered", offset=4, border=1)]
    assert docs.from_rich_text(block).blocks == (Quote((OrderedList((Item((one("a"),)),), 5),)),)


def test_an_empty_line_ends_a_paragraph():
    document = docs.from_rich_text([section(text("a\n\nb"))])
    assert document.blocks == (one("a"), one("b"))


def test_slack_s_own_elements_are_read():
    parts = (
        {"type": "emoji", "name": "tada", "unicode": "1f389"},
        {"type": "user", "user_id": "U0123ABC"},
        {"type": "link", "url": "javascript:alert(1)", "text": "x"},
        {"type": "date", "timestamp": 1_767_225_600, "format": "{date_short}"},
        {"type": "broadcast", "range": "channel"},
    )
    (paragraph,) = docs.from_rich_text([section(*parts)]).blocks
    assert paragraph.content == (
        Emoji("tada", "🎉"),
        Mention(member="U0123ABC"),
        Text("x"),
        Date(date(2026, 1, 1)),
        Text("@channel"),
    )


def test_what_was_typed_goes_back_as_it_was():
    block = [section(text("a "), {"type": "user", "user_id": "U0123ABC"}), rich_list(0, "b", "c")]
    typed = {"type": "rich_text", "elements": block}
    assert docs.to_rich_text(docs.from_rich_text(typed)) == typed


def test_a_mention_of_confluence_is_only_words_in_slack():
    document = Document((Paragraph((Mention("5f-1", "Ada", "U0123ABC"),)),))
    assert docs.to_blocks(document)[0]["elements"] == [section(text("@Ada"))]


def test_a_link_whose_text_names_another_place_says_where_it_leads():
    lies = docs.from_markdown(
        "[https://acme.net](https://evil.example/x) [x](https://evil.example)"
    )
    shown = docs.to_blocks(lies)[0]["elements"][0]["elements"]
    typed = docs.to_rich_text(lies)["elements"][0]["elements"]
    told = [[each["text"] for each in found if each["type"] == "link"] for found in (shown, typed)]
    assert told == [["https://acme.net (evil.example)", "x"], ["https://acme.net", "x"]]


def test_an_extension_is_named_and_a_layout_opened():
    extension = {"type": "extension", "attrs": {"extensionKey": "jira"}}
    paragraph = {"type": "paragraph", "content": [text("a")]}
    layout = {
        "type": "layoutSection",
        "content": [{"type": "layoutColumn", "content": [paragraph]}],
    }
    document = docs.from_adf({"type": "doc", "content": [layout, extension]})
    assert document.blocks == (one("a"), UnknownBlock("extension", "[jira]"))


def test_storage_s_own_elements_are_read():
    document = docs.from_storage(
        '<ac:structured-macro ac:name="note"><ac:rich-text-body><p>a&nbsp;b</p>'
        "</ac:rich-text-body></ac:structured-macro>"
        '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">py</ac:parameter>'
        "<ac:plain-text-body><![CDATA[a &nbsp; ]]]]><![CDATA[> b]]></ac:plain-text-body>"
        "</ac:structured-macro><ac:task-list><ac:task><ac:task-status>complete</ac:task-status>"
        "<ac:task-body>c</ac:task-body></ac:task></ac:task-list>"
        '<p><ac:link><ri:user ri:account-id="5f-1" /></ac:link>'
        '<ac:structured-macro ac:name="status"><ac:parameter ac:name="title">OK</ac:parameter>'
        '<ac:parameter ac:name="colour">Green</ac:parameter></ac:structured-macro>'
        '<a href="https://example.com"><b>d</b></a></p>'
    )
    assert document.blocks == (
        Panel("warning", (one("a\u00a0b"),)),
        CodeBlock("a &nbsp; ]]> b", "py"),
        TaskList((Task(done=True, content=(Text("c"),)),)),
        Paragraph(
            (
                Mention("5f-1"),
                Status("OK", "green"),
                Link("https://example.com", "d", frozenset({"strong"})),
            )
        ),
    )


def test_storage_that_is_not_well_formed_keeps_its_words():
    assert docs.text_of(docs.from_storage("<p>a <b>b</p><p>c &lt; d")).split() == [
        *list("ab"),
        "c",
        "<",
        "d",
    ]


def test_nothing_is_fetched_or_expanded():
    bomb = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>a &x; b</p>'
    assert "root:" not in docs.text_of(docs.from_storage(bomb))


def test_a_page_without_words_is_empty():
    assert docs.is_empty(docs.from_markdown(" \n\n \u200b"))
    assert not docs.is_empty(docs.from_markdown("a"))


def test_a_page_that_is_too_long_says_so_in_its_last_block():
    document = docs.from_markdown("word " * 10_000)
    assert docs.to_blocks(document)[-1]["type"] == "context"
    assert docs.to_blocks(docs.from_markdown("---\n\n" * 90), most=7)[-1]["type"] == "context"
    assert len(docs.to_blocks(docs.from_markdown("---\n\n" * 90), most=7)) == 7


@pytest.mark.parametrize(("paragraphs", "missing"), [(400, 178 * 22), (600, 378 * 22)])
def test_what_is_cut_counts_what_is_missing(paragraphs, missing):
    document = docs.from_markdown("one two three four five six\n\n" * paragraphs)
    told = []
    docs.to_blocks(document, most=3, ending=lambda left: told.append(left) or "…")
    assert told == [missing]


def test_code_that_would_end_its_cdata_comes_back_whole():
    document = Document((CodeBlock("a ]]> b ]]]]>> c <p>&nbsp;", "x"),))
    assert docs.from_storage(docs.to_storage(document)) == document
