"""Any value, for the property tests of expressions and of bodies."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from bot.values import Thing
from tests.bot import documents_given as any_

HOSTILE = (
    "**bold** _em_ ~~s~~ `code`",
    "# heading",
    "- item\n- [ ] task\n1. one",
    "| a | b |\n|---|---|\n| c | d |",
    "[x](https://evil.example) ![i](https://evil.example/i.png)",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]><b>x</b><![CDATA[",
    "{{ secret }} {% for x in y %} {# c #}",
    "{{secret}}",
    '<ac:structured-macro ac:name="html"/>',
    "<ri:user ri:account-id='x'/>",
    "<!channel> <@U0ADA> <https://evil.example|x>",
    "&lt;b&gt; &amp; &nbsp;",
    "javascript:alert(1)",
    "https://evil.example/\u202e",
    "hole0z0x https://hole0z0u.hole hole0z1x",
    "```\ncode\n```",
    "> quote\n\n> more",
    "a\nb\n\nc\r\nd\u2028e\x85f",
    "\t\x00\x0b\ud800",
    "../..",
    "@evil.example",
)
texts = st.sampled_from(HOSTILE) | any_.texts
zones = st.sampled_from((UTC, timezone(timedelta(hours=-3)), None))
times = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).flatmap(  # noqa: DTZ001
    lambda time: zones.map(lambda zone: time.replace(tzinfo=zone, fold=0))
)
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    texts,
    st.dates(),
    times,
)
names = st.sampled_from(("id", "title", "url", "account", "user", "space", "name"))


def _within(inner):
    held = st.dictionaries(names, inner, max_size=4)
    kinds = st.sampled_from(("page", "person", "space"))
    return st.lists(inner, max_size=4).map(tuple) | st.builds(Thing, kinds, texts, held)


values = st.recursive(plain | any_.documents, _within, max_leaves=8)
