import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.cutting import ELLIPSIS, cut, cut_bytes, split_at_graphemes
from tests.bot.documents_given import steady

clusters = st.sampled_from(["👩‍👩‍👧‍👦", "🇩🇪", "e\u0301\u0302", "\r\n", "\u0600x", "क्षि", "각"])
texts = st.lists(clusters | st.text(max_size=3), max_size=20).map("".join)


def boundaries(text):
    return {0, len(text)} | {match.start() for match in regex.finditer(r"\X", text)}


def is_whole(short, text):
    """Whether *short* ends where a character of *text* ends, spaces aside."""
    kept = len(short.removesuffix(ELLIPSIS))
    ends = boundaries(text)
    return any(end >= kept and not text[kept:end].strip() for end in ends)


@steady
@given(texts, st.integers(-1, 60))
def test_no_cut_is_too_long_or_splits_a_character(text, most):
    short = cut(text, most)
    assert short == text or len(short) <= max(most, 0)
    assert short in (text, "") or (short.endswith(ELLIPSIS) and is_whole(short, text))


@steady
@given(texts, st.integers(-1, 90))
def test_no_cut_in_bytes_is_too_long_or_splits_a_character(text, most):
    short = cut_bytes(text, most)
    assert short == text or len(short.encode(errors="surrogatepass")) <= max(most, 0)
    assert short in (text, "") or (short.endswith(ELLIPSIS) and is_whole(short, text))


@steady
@given(texts, st.integers(20, 40))
def test_pieces_make_the_whole_and_split_no_character(text, most):
    pieces = split_at_graphemes(text, most)
    assert "".join(pieces) == text
    assert all(len(piece) <= most for piece in pieces)


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("hello", 5, "hello"),
        ("hello", 4, "hel…"),
        ("hello world", 7, "hello…"),
        ("👩‍👩‍👧‍👦 family", 5, "…"),
        ("🇩🇪🇫🇷🇮🇹", 4, "🇩🇪…"),
        ("e\u0301" * 3, 4, "e\u0301…"),
        ("hello", 1, "…"),
        ("hello", 0, ""),
    ],
)
def test_a_cut_ends_at_a_character_with_an_ellipsis(text, most, short):
    assert cut(text, most) == short


def test_a_cut_fills_its_bytes():
    assert cut_bytes("äöüß", 7) == "äö…"


def test_a_character_of_endless_length_is_left_out():
    assert cut("a" + "\u0301" * 1_000_000, 100) == "…"
