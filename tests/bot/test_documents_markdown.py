import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot import documents as docs
from bot.document import (
    BulletList,
    CodeBlock,
    Document,
    Link,
    Paragraph,
    Table,
    Task,
    TaskList,
    Text,
)
from tests.bot.documents_given import steady

PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
snippets = st.lists(
    st.sampled_from(
        [
            "*",
            "**",
            "`",
            "``",
            "~~",
            "_",
            "a",
            "b",
            "c d",
            " ",
            "  ",
            "\n",
            "\n\n",
            "- ",
            "1. ",
            "> ",
            "# ",
            "===",
            "---",
            "|",
            "|-|-|",
            "[",
            "]",
            "(",
            ")",
            "\\",
            "&amp;",
            "    ",
            "é",
            "-",
            "[x](https://e.org/a)",
            "[y]: https://e.org\n",
            "<https://e.org>",
            "```",
            ":",
            "+ ",
            "=",
        ]
    ),
    max_size=30,
).map("".join)


def letters(markup):
    """Each character of *markup* that isn't space, with the marks that stand around it."""
    found = []
    open_marks = []
    for piece in re.split(r"(<[^>]*>)", markup):
        if (name := piece.strip("</>")) not in {"strong", "em", "del", "s", "code"}:
            text = "" if piece.startswith("<") else html.unescape(piece)
            found += [(letter, set(open_marks)) for letter in text if not letter.isspace()]
        elif piece.startswith("</"):
            open_marks.remove(name.replace("del", "s"))
        else:
            open_marks.append(name.replace("del", "s"))
    return found


@settings(steady, max_examples=400)
@given(snippets)
def test_shortcuts_read_what_the_parser_reads(text):
    theirs = re.sub(r"<pre><code[^>]*>|</code></pre>", " ", PARSER.render(text))
    ours = docs.to_storage(docs.from_markdown(text))
    ours = re.sub(
        r"<ac:parameter.*?</ac:parameter>|<!\[CDATA\[(.*?)\]\]>", _as_text, ours, flags=re.DOTALL
    )
    assert letters(ours) == letters(theirs)


def _as_text(cdata):
    return html.escape(cdata[1] or "")


def test_a_list_of_boxes_is_a_task_list():
    document = docs.from_markdown("- [ ] one\n- [x] **two** words\n  - [ ] three")
    assert document.blocks == (
        TaskList(
            (
                Task(done=False, content=(Text("one"),)),
                Task(
                    done=True,
                    content=(Text("two", frozenset({"strong"})), Text(" words")),
                ),
                TaskList((Task(done=False, content=(Text("three"),)),)),
            )
        ),
    )


def test_a_list_with_one_box_stays_a_list():
    assert isinstance(docs.from_markdown("- [ ] one\n- two").blocks[0], BulletList)


def test_a_bare_address_is_a_link_and_its_full_stop_is_not():
    (paragraph,) = docs.from_markdown("See https://example.com/a.").blocks
    link = Link("https://example.com/a", "https://example.com/a")
    assert paragraph == Paragraph((Text("See "), link, Text(".")))


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_an_address_of_another_kind_becomes_its_text(href):
    (paragraph,) = docs.from_markdown(f"[press me]({href})").blocks
    assert paragraph == Paragraph((Text("press me"),))


def test_html_stays_text():
    (paragraph,) = docs.from_markdown("<script>alert(1)</script>").blocks
    assert paragraph == Paragraph((Text("<script>alert(1)</script>"),))


def test_a_name_explained_later_is_a_link():
    document = docs.from_markdown("[docs]\n\n[docs]: https://example.com/d")
    assert document.blocks == (Paragraph((Link("https://example.com/d", "docs"),)),)


def test_a_long_address_can_not_be_multiplied_by_a_short_name():
    text = "[a] " * 20_000 + f"\n\n[a]: https://example.com/{'x' * 1900}"
    assert len(docs.to_storage(docs.from_markdown(text))) < 5 * len(text)


def test_code_keeps_its_language_and_every_character():
    document = docs.from_markdown("```python extra\nif a < b:\n    *x*\n```")
    assert document.blocks == (CodeBlock("if a < b:\n    *x*", "python"),)


def test_a_table_of_three_thousand_rows_is_read():
    text = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 3000
    (table,) = docs.from_markdown(text).blocks
    assert isinstance(table, Table)
    assert len(table.rows) == 3001
    assert docs.to_blocks(Document((table,)))


def test_a_table_isnt_filled_up_with_thousands_of_cells_that_nobody_wrote():
    head = "|a" * 100 + "\n" + "|-" * 100 + "\n"
    (kept,) = docs.from_markdown(head + "|x\n" * 9_000).blocks
    assert isinstance(kept, Paragraph)
    (table,) = docs.from_markdown(head + "|x\n" * 9).blocks
    assert [len(row) for row in table.rows] == [100] * 10
