"""Any document, any JSON and any text, for the property tests of documents."""

from datetime import date
from typing import get_args

from hypothesis import settings
from hypothesis import strategies as st

from bot import document as d

# The same examples each time, however busy the machine is.
steady = settings(max_examples=60, deadline=None, derandomize=True)

AWKWARD = (
    "",
    " ",
    "a",
    "]]>",
    "<!channel>",
    "<@U0123ABC>",
    "<#C0123ABC|x>",
    "<b>&nbsp;&amp;</b>",
    "*_~`*",
    "```",
    "\0\x01\x1f\x85\u2028",
    "\ud800",
    "👩‍👩‍👧‍👦🇩🇪",
    "שלום עולם\u200f",
    "{{7*7}}",
    "日本語の文章",
    "\n\n",
    "e\u0301" * 3,
)
texts = st.sampled_from(AWKWARD) | st.text(alphabet=st.characters(codec=None), max_size=12)
hrefs = st.sampled_from(
    (
        "https://example.com/a?b=c&d=\"e'",
        "javascript:alert(1)",
        "mailto:a@b.c",
        "http://",
        "data:,x",
    )
) | st.builds("https://example.com/{}".format, texts)
marks = st.frozensets(st.sampled_from(get_args(d.Mark)), max_size=3)

inline = st.one_of(
    st.builds(d.Text, texts, marks),
    st.builds(d.Link, hrefs, texts, marks),
    st.builds(d.Mention, texts, texts, st.sampled_from(("", "U0123ABC", "<!here>"))),
    st.builds(d.Emoji, texts, texts),
    st.builds(d.HardBreak),
    st.builds(d.Date, st.dates(min_value=date(1, 1, 1))),
    st.builds(d.Status, texts, st.sampled_from(get_args(d.Colour))),
    st.builds(d.Unknown, texts, texts),
)
inlines = st.lists(inline, max_size=4).map(tuple)
tasks = st.recursive(
    st.builds(d.Task, st.booleans(), inlines),
    lambda inner: st.builds(d.TaskList, st.lists(inner, max_size=3).map(tuple)),
    max_leaves=4,
)
leaf = st.one_of(
    st.builds(d.Paragraph, inlines),
    st.builds(d.Heading, st.integers(-1, 9), inlines),
    st.builds(d.TaskList, st.lists(tasks, max_size=3).map(tuple)),
    st.builds(d.CodeBlock, texts, texts),
    st.builds(d.Rule),
    st.builds(d.UnknownBlock, texts, texts),
)


def _nesting(inner):
    blocks = st.lists(inner, max_size=3).map(tuple)
    items = st.lists(st.builds(d.Item, blocks), max_size=3).map(tuple)
    cells = st.lists(st.builds(d.Cell, blocks, st.booleans()), max_size=3).map(tuple)
    return st.one_of(
        st.builds(d.BulletList, items),
        st.builds(d.OrderedList, items, st.integers(-2, 9)),
        st.builds(d.Quote, blocks),
        st.builds(d.Panel, st.sampled_from(get_args(d.PanelKind)), blocks),
        st.builds(d.Expand, texts, blocks),
        st.builds(d.Table, st.lists(cells, max_size=3).map(tuple)),
    )


block = st.recursive(leaf, _nesting, max_leaves=6)
documents = st.builds(d.Document, st.lists(block, max_size=4).map(tuple))

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def nodes(types, attributes):
    """JSON that looks like the nodes of a format, with anything in any field."""

    def node(inner):
        fields = {
            **dict.fromkeys(attributes, anything | st.sampled_from((1, 5, "x", True))),
            "type": st.sampled_from(types) | texts,
            "text": texts | anything,
            "content": st.lists(inner, max_size=3) | anything,
            "elements": st.lists(inner, max_size=3) | anything,
        }
        kind = fields.pop("type")
        return st.fixed_dictionaries({"type": kind}, optional=fields)

    return st.recursive(anything, node, max_leaves=8)


def deep(depth, kind="blockquote"):
    """JSON nested deeper than anybody writes, with a word at its bottom."""
    node = {"type": "paragraph", "content": [{"type": "text", "text": "bottom"}]}
    for _ in range(depth):
        node = {"type": kind, "content": [node]}
    return node
