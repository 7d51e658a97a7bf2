import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import mrkdwn
from bot.documents import from_mrkdwn, text_of
from tests.bot.documents_given import hrefs, steady, texts

MARKS = "∗*ˍ_∼~ˋ`"
excerpts = st.lists(
    st.sampled_from(
        ["@@@hl@@@", "@@@endhl@@@", "a", "b c", " ", "*", "&lt;", "&amp;lt;", "<!here>"]
    )
    | texts,
    max_size=12,
).map("".join)


def formatted(text):
    """Whether Slack would find a pair of marks in *text*."""
    return re.search(r"`[^`]+`|(?<!\w)([*_~])(?=\S).*?(?<=\S)\1(?!\w)", text)


@steady
@given(texts | st.text())
def test_no_text_becomes_an_entity_or_a_style(text):
    escaped = mrkdwn.escape(text)
    assert "<" not in escaped
    assert ">" not in escaped
    assert not re.search(r"&(?!amp;|lt;|gt;)", escaped)
    assert not formatted(escaped)


@steady
@given(st.text(alphabet="*_~`ab <"))
def test_no_text_breaks_out_of_the_style_around_it(text):
    escaped = mrkdwn.escape(text)
    for mark in "*_~":
        assert not re.search(rf"(?<=\S)[{mark}](?!\w)", escaped)
    assert "`" not in escaped


@steady
@given(hrefs, texts)
def test_a_link_is_one_link_or_only_words(url, label):
    built = mrkdwn.link(url, label)
    assert built.count("<") == built.count(">") <= 1
    if built.startswith("<"):
        assert re.fullmatch(r"<(https?://|mailto:)[^<>|\s]+(\|[^<>\n]*)?>", built)


@steady
@given(excerpts)
def test_an_excerpt_has_no_entities_and_no_marks_left(excerpt):
    shown = mrkdwn.highlighted(excerpt)
    assert "<" not in shown
    assert "\n" not in shown
    assert "@@@hl@@@" not in shown
    assert shown.count("*") % 2 == 0 or "*" in html.unescape(excerpt)


@pytest.mark.parametrize(
    ("excerpt", "shown"),
    [
        ("the @@@hl@@@plan@@@endhl@@@ for May", "the *plan* for May"),
        ("@@@hl@@@plan@@@endhl@@@", "*plan*"),
        ("re@@@hl@@@plan@@@endhl@@@ning", "replanning"),
        ("@@@hl@@@a@@@endhl@@@@@@hl@@@b@@@endhl@@@", "ab"),
        ("@@@hl@@@a@@@endhl@@@ @@@hl@@@b@@@endhl@@@", "*a* *b*"),
        ("@@@hl@@@ a@@@endhl@@@", " a".strip()),
        ("open @@@hl@@@never closed", "open never closed"),
        ("a &lt;b&gt; &amp;amp; c", "a &lt;b&gt; &amp;amp; c"),
        ("one\n  two", "one two"),
        ("", ""),
    ],
)
def test_what_was_found_is_bold_where_it_can_be(excerpt, shown):
    assert mrkdwn.highlighted(excerpt).strip() == shown


@pytest.mark.parametrize("text", ["snake_case_name", "2 * 3 * 4", "a ~ b", "شلום", "👩‍👩‍👧"])
def test_marks_that_do_nothing_stay(text):
    assert mrkdwn.escape(text) == text


def test_marks_that_would_act_get_a_lookalike():
    assert mrkdwn.escape("*bold* `code`") == "∗bold∗ ˋcodeˋ"


def test_a_bar_in_an_address_does_not_begin_the_label():
    assert mrkdwn.link("https://e.org/a|b", "x") == "<https://e.org/a%7Cb|x>"


@pytest.mark.parametrize(
    ("label", "url", "shown"),
    [
        ("https://acme.atlassian.net/x", "https://evil.example/x", "evil.example"),
        ("acme.atlassian.net", "https://evil.example/x", "evil.example"),
        ("at www.acme.com", "https://acme.com.evil.example", "acme.com.evil.example"),
        ("https://acme.net", "https://acme.net@evil.example/", "evil.example"),
        ("https://acme.net@evil.example", "https://acme.net/", "acme.net"),
        ("https://acme.net", "https://аcme.net/", "xn--cme-5cd.net"),
        ("https://аcme.net", "https://acme.net/", "acme.net"),
        ("https://acme.net", "mailto:a@b.example", "mailto:a@b.example"),
        ("https://acme.net/x?y", "https://ACME.net:8443/z", ""),
        ("example.com", "https://www.example.com/", ""),
        ("atlassian.net/wiki", "https://acme.atlassian.net/", ""),
        ("Release 1.2 of README.md", "https://acme.net/", ""),
        ("Notes", "https://evil.example/", ""),
    ],
)
def test_a_label_that_names_another_place_says_where_it_leads(label, url, shown):
    assert mrkdwn.link(url, label).partition("|")[2] == f"{label}{shown and f' ({shown})'}>"


@pytest.mark.parametrize(
    ("url", "built"),
    [
        ("HTTPS://E.org/x", "<https://E.org/x|x>"),
        ("http://evil.example\\@acme.net/", "x"),
        ("https:///evil.example", "x"),
        ("https://?evil.example", "x"),
        ("javascript:alert(1)", "x"),
    ],
)
def test_an_address_leads_where_it_seems_to_lead_or_nowhere(url, built):
    assert mrkdwn.link(url, "x") == built


@steady
@given(st.text(alphabet="ab <>&!@#|", max_size=20))
def test_what_was_escaped_reads_back(text):
    assert text_of(from_mrkdwn("x" + mrkdwn.escape(text) + "x")).split() == f"x{text}x".split()
