"""One section of a page is changed, and everything else stays to the byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bot.document import Document, Paragraph, Placement, Task, TaskList, Text
from bot.documents import addition_to
from bot.documents.offsets import Unreadable
from bot.documents.section import Lost, find_section, lost_in, placed, sections_of
from bot.errors import Ambiguous, NoSuchSection
from tests.providers.provider import steady

MACRO = (
    '<ac:structured-macro ac:name="panel"><ac:parameter ac:name="title">T</ac:parameter>'
    "<ac:rich-text-body><h1>In a macro</h1><p>x</p></ac:rich-text-body></ac:structured-macro>"
)
CODE = (
    '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[<h1>In code</h1> ]]]]>'
    "<![CDATA[> &nbsp; </h1>]]></ac:plain-text-body></ac:structured-macro>"
)
MARKED = (
    '<p>a <ac:inline-comment-marker ac:ref="1-2">b</ac:inline-comment-marker>&nbsp;&eacute;</p>'
)
LAYOUT = (
    '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell>{}</ac:layout-cell>'
    "<ac:layout-cell>{}</ac:layout-cell></ac:layout-section></ac:layout>"
)
OPAQUE = [
    MACRO,
    CODE,
    MARKED,
    "<p>plain &amp; 漢字 👩‍👩‍👧 ]]&gt;</p>",
    '<p title="a > b &lt;h1&gt;">x</p>',
    "<table><tbody><tr><td><h1>In a table</h1></td></tr></tbody></table>",
    "<blockquote><h2>In a quote</h2></blockquote>",
    "<ul><li><h3>In a list</h3></li></ul>",
    "<!-- <h1>In a comment</h1> -->",
    '<ac:image><ri:attachment ri:filename="a>b.png" /></ac:image>',
    "<hr />",
    "  \r\n\t ",
    "loose words",
    "<h4 />",
    "<h6></h6 >",
    "<br/>",
]

levels = st.integers(1, 6)
opaque = st.sampled_from([each for each in OPAQUE if not each.startswith("<h")])
blocks = st.lists(st.one_of(opaque, levels), max_size=12)


def headed(blocks, first=0):
    """Return the markup of *blocks*, numbers being headings, and the sections that it has."""
    parts, names = [], []
    for place, block in enumerate(blocks):
        name = f"Heading {first + place}"
        parts.append(f"<h{block}>{name}</h{block}>" if isinstance(block, int) else block)
        names.append(name)
    sections = {}
    for place, block in enumerate(blocks):
        if isinstance(block, int):
            after = range(place + 1, len(blocks))
            end = next(
                (at for at in after if isinstance(blocks[at], int) and blocks[at] <= block),
                len(blocks),
            )
            sections[names[place]] = "".join(parts[place + 1 : end])
    return "".join(parts), sections


@steady
@given(blocks)
def test_a_section_reaches_to_the_next_heading_of_its_level_or_a_higher_one(given_blocks):
    markup, sections = headed(given_blocks)

    assert {each.heading: each.markup for each in sections_of(markup)} == sections
    for each in sections_of(markup):
        assert markup[each.start : each.end] == each.markup


@steady
@given(blocks, blocks)
def test_a_section_ends_with_the_cell_that_it_stands_in(left, right):
    one, in_one = headed(left)
    two, in_two = headed(right, first=100)

    found = {each.heading: each.markup for each in sections_of(LAYOUT.format(one, two))}

    assert found == in_one | in_two


@steady
@given(blocks.filter(lambda each: any(isinstance(one, int) for one in each)), st.data())
def test_whatever_is_put_there_all_around_it_stays_to_the_byte(given_blocks, data):
    markup, sections = headed(given_blocks)
    name = data.draw(st.sampled_from(sorted(sections)))
    placement = data.draw(st.sampled_from(Placement))
    body = Document(
        (Paragraph((Text(data.draw(st.text(max_size=20))),)), TaskList((Task(done=False),)))
    )
    section = find_section(markup, name.upper())
    addition = addition_to(markup, body)

    made = placed(markup, section, addition, placement)

    inner = {
        Placement.REPLACE: addition,
        Placement.START: addition + sections[name],
        Placement.END: sections[name] + addition,
    }[placement]
    assert made == markup[: section.start] + inner + markup[section.end :]
    assert find_section(made, name).markup == inner


@steady
@given(st.text(max_size=60) | st.text("<>h1/& ;![]-cdata'\"", max_size=60))
def test_any_text_is_read_or_called_unreadable(text):
    try:
        found = sections_of(text)
    except Unreadable:
        return
    etree.fromstring(
        f'<r xmlns:ac="a" xmlns:ri="r" xmlns:at="t">{text}</r>',
        etree.XMLParser(resolve_entities=False, recover=True),
    )
    for each in found:
        assert text[each.start : each.end] == each.markup


@pytest.mark.parametrize(
    "markup",
    ["<p>", "</p>", '<!DOCTYPE a [<!ENTITY b "c">]><p/>', "&#0;", "\ud800", "a & b", "<p a=b>"],
)
def test_what_is_not_well_formed_is_left_alone(markup):
    with pytest.raises(Unreadable):
        find_section(markup, "a")


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("<h1>Plan &amp; scope</h1>", "plan & SCOPE"),
        ("<h2>A&nbsp;b  <strong>c</strong></h2>", "a b c"),
        ('<h3 id="x">STRASSE</h3 >', "straße"),
        ("<h1><![CDATA[x]]> y</h1>", "x y"),
    ],
)
def test_a_heading_is_known_by_its_whole_words(heading, name):
    assert find_section(f"{heading}<p>z</p>", name).markup == "<p>z</p>"
    with pytest.raises(NoSuchSection):
        find_section(f"{heading}<p>z</p>", name[:-1])


def test_the_headings_that_there_are_are_named():
    with pytest.raises(NoSuchSection) as caught:
        find_section("<h1>A</h1><h2>B</h2>" + MACRO, "In a macro")
    assert caught.value.headings == ("A", "B")
    assert "“A”, “B”" in str(caught.value)
    with pytest.raises(NoSuchSection) as caught:
        find_section("<h1 /><p>x</p>", "")
    assert caught.value.headings == ()


def test_a_heading_that_stands_there_twice_is_not_guessed():
    with pytest.raises(Ambiguous) as caught:
        find_section("<h1>A</h1><h2>B</h2><h3>a</h3>", "A")
    assert caught.value.choices == (("0", "A"), ("2", "a"))


def test_a_section_ends_before_a_column_that_begins_with_a_higher_heading():
    columns = "<div><p>y</p><h1>B</h1><p>z</p></div>"

    assert find_section(f"<h1>A</h1><p>x</p>{columns}", "A").markup == "<p>x</p>"
    assert find_section(f"<h1>A</h1><p>x</p>{columns}", "B").markup == "<p>z</p>"
    assert find_section(f"<h1>A</h1>{columns.replace('h1', 'h2')}", "A").markup.startswith("<div>")


def test_what_goes_with_a_replaced_section_is_counted():
    markup = f"<h1>A</h1>{MACRO}{CODE}{MARKED}<h1>B</h1>{MACRO}"

    assert lost_in(find_section(markup, "A")) == Lost(macros=2, comments=1)
    assert lost_in(find_section(markup, "B")) == Lost(macros=1)
    assert lost_in(find_section("<h1>C</h1>", "C")) == Lost()


def test_a_page_of_many_headings_takes_no_time():
    markup = "".join(f"<h{number % 6 + 1}>{number}</h{number % 6 + 1}>" for number in range(5000))

    assert find_section(markup, "4999").markup == ""
