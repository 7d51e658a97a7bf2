"""Text of one line and of several, with formatting, and addresses."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.document import BulletList, Document, HardBreak, Link, Mention, Paragraph, Text
from bot.documents import text_of
from bot.entities import Given, WrongAnswer, read
from bot.entities.typed import line
from tests.bot.asking import Desk, entity, values


@pytest.fixture
def desk():
    return Desk()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("  Use   Mongo  ", "Use Mongo"),
        ("R&amp;D &lt;draft&gt;", "R&D <draft>"),
        ("&amp;lt; is written so", "&lt; is written so"),
        ("ask <@U0BOB> in <#C0GEN|general>", "ask @Bob in #general"),
        ("ask <@U0BOB|bobby>", "ask @bobby"),
        ("ask <@U0NOBODY>", "ask @somebody"),
        ("in <#C0HIDDEN|>", "in #C0HIDDEN"),
        ("<!channel> hello", "@channel hello"),
        ("<!subteam^S123|@ops>", "@ops"),
        ("due <!date^1796310000^{date}|3 Dec>", "due 3 Dec"),
        ("see <https://a.example/x>", "see https://a.example/x"),
        ("see <http://a.example|a.example>", "see a.example"),
        ("see <https://a.example/x|the plan>", "see the plan (https://a.example/x)"),
        ("mail <mailto:a@b.example|a@b.example>", "mail a@b.example"),
        ("one\u202e\u200btwo\u2066", "onetwo"),
        ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
        ("\ntrailing\n\n", "trailing"),
    ],
)
async def test_a_line_reads_as_its_person_saw_it(desk, text, read):
    assert await desk.typed("text", text) == read


async def test_a_field_of_a_form_holds_no_entities(desk):
    assert await desk.filled("text", "a &lt; b <@U0BOB>") == "a &lt; b <@U0BOB>"


async def test_several_lines_are_offered_as_one(desk):
    error = await desk.refused("text", "Use Mongo\nfor all")
    assert "2 lines" in str(error)
    assert values(error) == ["Use Mongo for all"]
    assert await desk.chosen("text", "Use Mongo for all") == "Use Mongo for all"


@pytest.mark.parametrize("kind", ["text", "long text", "rich text"])
@pytest.mark.parametrize("text", ["\u200b\u202e", "\x00\x07", "\ud800"])
async def test_what_nobody_sees_is_no_answer(desk, kind, text):
    assert "nothing" in str(await desk.refused(kind, text))


@pytest.mark.parametrize("kind", ["text", "long text", "rich text"])
async def test_too_long_a_text_is_refused_by_its_length(desk, kind):
    assert "100,000 characters" in str(await desk.refused(kind, "x" * 100_000))


async def test_long_text_stays_as_it_was_typed(desk):
    text = "*bold*\n\n  indented &amp; `code`\n- one <@U0BOB>"
    assert await desk.typed("long text", text) == "*bold*\n\n  indented & `code`\n- one @Bob"


async def test_rich_text_comes_as_a_document_or_as_mrkdwn(desk):
    document = Document((Paragraph((Text("Hi"),)),))
    rich = entity("rich text")
    assert await read(rich, Given(document=document, text="other"), desk.context) == document
    assert await read(rich, Given(value=document), desk.context) == document
    found = await desk.typed("rich text", "*Hi* <@U0BOB>\n• one\n• <https://a.example|two>")
    assert isinstance(found.blocks[1], BulletList)
    assert Mention(member="U0BOB") in found.blocks[0].content
    assert found.blocks[1].items[1].content[0].content == (Link("https://a.example", "two"),)


async def test_rich_text_typed_into_a_plain_field_has_paragraphs_and_no_marks(desk):
    found = await desk.filled("rich text", "*Hi*\nthere\n\n<b>")
    assert found.blocks == (
        Paragraph((Text("*Hi*"), HardBreak(), Text("there"))),
        Paragraph((Text("<b>"),)),
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://a.example/plan?x=1&amp;y=2", "https://a.example/plan?x=1&y=2"),
        ("<https://a.example/plan?x=1&amp;y=2>", "https://a.example/plan?x=1&y=2"),
        ("<https://a.example/plan|the plan>", "https://a.example/plan"),
        ("<http://a.example|a.example>", "http://a.example"),
        ("HTTP://[::1]:8080/x", "HTTP://[::1]:8080/x"),
        ("  https://a.example/ü ", "https://a.example/ü"),
    ],
)
async def test_an_address_is_read_from_links_and_words(desk, text, read):
    assert await desk.typed("URL", text) == read


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "mailto:a@b.example",
        "<mailto:a@b.example|a@b.example>",
        "ftp://a.example",
        "https://",
        "https:///x",
        "http://[::1",
        "http://a.example:99999999/",
        "see https://a.example",
        "https://a.example/\u202e/x y",
        "hello",
        "https://a.example/" + "x" * 3_000,
    ],
)
async def test_what_is_no_address_is_refused(desk, text):
    assert await desk.refused("URL", text)


async def test_an_address_with_a_password_is_refused_without_repeating_it(desk):
    error = await desk.refused("URL", "https://ada:hunter2@a.example/")
    assert "password" in str(error)
    assert "hunter2" not in str(error)


async def test_an_address_without_its_beginning_is_offered_whole(desk):
    assert values(await desk.refused("URL", "a.example/x")) == ["https://a.example/x"]


async def test_length_counts_characters(desk):
    bounds = {"length": {"least": 3, "most": 5}}
    assert await desk.typed("text", "four", **bounds) == "four"
    assert "at least 3" in str(await desk.refused("text", "no", **bounds))
    assert "at most 5" in str(await desk.refused("text", "too long", **bounds))
    assert "at most 5" in str(await desk.refused("rich text", "*too* long", **bounds))


async def test_a_pattern_complains_in_its_authors_words(desk):
    pattern = {
        "pattern": "INC-[0-9]+",
        "complaint": "An incident is INC and a number.",
        "examples": ("INC-7",),
    }
    assert await desk.typed("text", "INC-12", **pattern) == "INC-12"
    error = await desk.refused("text", "INC-12 or so", **pattern)
    assert str(error) == "An incident is INC and a number. Give it in another way, as in INC-7."


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(a*)*b", "(x+x+)+y", "(?:a{1,99}){1,99}b"])
async def test_no_pattern_holds_the_process(desk, pattern):
    began = time.process_time()
    text = ("a" * 900 + "!") if "a" in pattern else "x" * 900
    assert await desk.refused("text", text, pattern=pattern)
    assert time.process_time() - began < 5


async def test_a_pattern_that_takes_too_long_is_told_as_that(desk):
    error = await desk.refused("text", "a" * 900 + "!", pattern="(a|aa)+$")
    assert "takes too long" in str(error)


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
async def test_a_line_has_nothing_unseen(text):
    try:
        found = await Desk().typed("text", text)
    except WrongAnswer:
        assert not line(text) or len(text.splitlines()) > 1
    else:
        assert found == line(found)
        assert "\n" not in found
        assert await Desk().filled("text", found) == found


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
async def test_a_long_text_of_a_form_stays_to_the_letter(text):
    try:
        found = await Desk().filled("long text", text)
    except WrongAnswer:
        assert not line(text)
    else:
        assert await Desk().filled("long text", found) == found
        if text.isprintable():
            assert found == text


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
async def test_rich_text_says_what_was_typed(text):
    try:
        found = await Desk().filled("rich text", text)
    except WrongAnswer:
        return
    assert (
        text_of(found).split() == text_of(await Desk().filled("rich text", text_of(found))).split()
    )
