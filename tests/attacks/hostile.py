"""Text that wants to be more than text."""

import re
from typing import Final

from tests.attacks.scene import Json, rich

HOSTILE: Final = {
    "channel": "<!channel> <!here> <!everyone>",
    "member": "<@U0ADA> and <@U0BOB|bob> <!subteam^S01>",
    "place": "<#C0GENERAL|general>",
    "date": "<!date^0^{date_long}^https://evil.example|now>",
    "link": "<https://evil.example|Log in> [x](javascript:alert(1))",
    "marks": "*bold* _slanted_ ~gone~ `code` ```fence``` > quote",
    "entities": "&lt;!channel&gt; &amp;lt;!here&gt; &nbsp; &#60;!channel&#62;",
    "template": "{{7*7}} ${7*7} #{7*7} %(x)s {0} {user.id}",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>",
    "cdata": ']]><ac:structured-macro ac:name="html"/>',
    "cql": '" or type = page or text ~ "x\\" AND (space = SECRET) order by created --',
    "soql": "' OR Name LIKE '%",
    "rtl": "\u202eabc\u2066def\u2069\u200f",
    "control": "a\x00b\x07c\x1b[31md\x7f\u0085\u2028e",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇬🇧é̂̃:smile:",
    "highlight": "@@@hl@@@ *x* @@@endhl@@@ @@@hl@@@",
    "nothing seen": "\u200b\u200c\u2060",
}
SURROGATE: Final = "a\ud800b\udfff"
LONG: Final = 100_000

ALL: Final = tuple(HOSTILE.values())
IDS: Final = tuple(HOSTILE)

LIVE: Final = (
    *("<!", "<@", "<#", "<https://evil", "<javascript:"),
    *("*bold*", "_slanted_", "~gone~", "`code`", "```fence```"),
)
"""What would be markup in mrkdwn; each of these texts has it only as itself."""


_OURS: Final = re.compile(
    r"<!date\^1\d+|<http://(?:127\.0\.0\.1|localhost):[^|>]*|(?<=brought by )<@U0[A-Z]+>"
)


def markup_in(node: object) -> list[str]:
    """Return what Slack would take for markup in what the bot showed, dates of ours aside."""
    if isinstance(node, list):
        return [found for each in node for found in markup_in(each)]
    if not isinstance(node, dict):
        return []
    if node.get("type") == "mrkdwn":
        text = _OURS.sub("", node["text"])
        return [f"{live} in {text}" for live in LIVE if live in text]
    own = [str(node["url"])] if str(node.get("url", "")).startswith(LIVE) else []
    return own + markup_in(list(node.values()))


def shapes() -> dict[str, Json]:
    """Return bodies that Slack's editor makes, or never would."""
    deep: Json = {"type": "text", "text": "deep"}
    for _ in range(200):
        deep = {"type": "rich_text_section", "elements": [deep]}
    section = {"type": "rich_text_section"}
    text = {"type": "text", "text": "kept"}
    return {
        "mention": {
            "type": "rich_text",
            "elements": [
                section
                | {
                    "elements": [
                        text,
                        {"type": "user", "user_id": "U0BOB"},
                        {"type": "broadcast", "range": "channel"},
                        {"type": "usergroup", "usergroup_id": "S1"},
                        {"type": "channel", "channel_id": "C1"},
                    ]
                }
            ],
        },
        "links": {
            "type": "rich_text",
            "elements": [
                section
                | {
                    "elements": [
                        text,
                        {"type": "link", "url": "javascript:alert(1)", "text": "x"},
                        {"type": "link", "url": 'https://a.example/?a=1&b="<>', "text": "y"},
                        {"type": "link", "url": "data:text/html,x"},
                        {"type": "link"},
                    ]
                }
            ],
        },
        "unknown": {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_hologram", "elements": [text]},
                section | {"elements": [text, {}]},
                None,
                7,
                {"type": None},
                {"type": []},
            ],
        },
        "wrong types": {
            "type": "rich_text",
            "elements": [
                section
                | {
                    "elements": [
                        text,
                        {"type": "text", "text": 7},
                        {"type": "text"},
                        {"type": "emoji", "name": {}},
                        {"type": "emoji", "name": "x", "unicode": "zzzz"},
                        {"type": "color", "value": "#fff"},
                        {"type": "date", "timestamp": "x", "format": {}},
                        {"type": "date", "timestamp": 10**30},
                        {"type": "text", "text": "s", "style": {"bold": "yes"}},
                    ]
                }
            ],
        },
        "list": {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "indent": 99,
                    "elements": [section | {"elements": [text]}],
                },
                {"type": "rich_text_list", "style": "none", "indent": -3, "elements": []},
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "indent": "a",
                    "elements": [section | {"elements": [text]}],
                },
            ],
        },
        "deep": {"type": "rich_text", "elements": [section | {"elements": [text]}, deep]},
        "code": {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_preformatted",
                    "elements": [{"type": "text", "text": "kept ]]> ```<!channel>"}],
                },
                {"type": "rich_text_quote", "elements": [text]},
            ],
        },
        "many": rich(*["kept"] * 3_000),
    }
