import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.entities.patterns import BadPattern, compile_pattern, matches

PIECES = st.sampled_from(
    [*"ab()[]^|*+?.,9", "{9}", "{999}", "{1,99}", "(?:", "(?=", "(?i)", "\\d", "\\(", "\\p{L}"]
)


@pytest.mark.parametrize(
    ("pattern", "fits", "other"),
    [
        (r"\d{4}-\d{2}-\d{2}", "2026-11-23", "26-11-23"),
        (r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}", "AB:CD:EF:01:23:45", "AB:CD"),
        (r"(?:\d{1,3}\.){3}\d{1,3}", "127.0.0.1", "127.0.0"),
        (r"\(?\d+\)?", "(12)", "x"),
        (r"[(){*?]{1,9}\{x\}", "((?*{x}", "x"),
        (r"(?i)(?P<key>[a-z]{2,10})-\p{N}{1,6}", "ops-123", "o-1"),
        (r"[\w.+-]{1,255}@(?:[\w-]{1,63}\.){1,7}[a-z]{2,63}", "ada@acme.example", "ada"),
    ],
)
def test_what_people_write_is_taken(pattern, fits, other):
    assert matches(compile_pattern(pattern), fits)
    assert not matches(compile_pattern(pattern), other)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_pattern_is_compiled_or_refused_and_compared_in_time(source):
    try:
        pattern = compile_pattern(source)
    except BadPattern:
        return
    try:
        matches(pattern, "ab9" * 50)
    except TimeoutError:
        return
