"""``rich_text``: what may stand in what."""

from sandbox.slack.blockkit.rules import Bool, ByType, Exactly, Int, Items, OneOf, Rule, Shape, Str

_STYLES = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight")
_STYLE = Shape({}, dict.fromkeys((*_STYLES, "unlink"), Bool()))
_ANY = 100_000  # bounded by the size of the payload alone


def _part(kind: str, required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Shape:
    return Shape({"type": Exactly(kind), **required}, {"style": _STYLE, **(optional or {})})


_PARTS = {
    "text": _part("text", {"text": Str(_ANY)}),
    "link": _part("link", {"url": Str(_ANY)}, {"text": Str(_ANY), "unsafe": Bool()}),
    "user": _part("user", {"user_id": Str(255)}),
    "usergroup": _part("usergroup", {"usergroup_id": Str(255)}),
    "channel": _part("channel", {"channel_id": Str(255)}),
    "team": _part("team", {"team_id": Str(255)}),
    "emoji": _part(
        "emoji",
        {"name": Str(255)},
        {"unicode": Str(255), "skin_tone": Int(1, 6), "url": Str(3000), "display_url": Str(3000)},
    ),
    "broadcast": _part("broadcast", {"range": OneOf(("here", "channel", "everyone"))}),
    "color": _part("color", {"value": Str(32)}),
    "date": _part(
        "date",
        {"timestamp": Int(0, 99_999_999_999), "format": Str(_ANY)},
        {"url": Str(_ANY), "fallback": Str(_ANY)},
    ),
}
_INLINE = Items(ByType(_PARTS, frozenset(_PARTS)), _ANY, 0)
_IN_CODE = Items(ByType(_PARTS, frozenset({"text", "link"})), _ANY, 0)
_BORDER = {"border": Int(0, 1)}
_SECTION = Shape({"type": Exactly("rich_text_section"), "elements": _INLINE})
_LIST = Shape(
    {
        "type": Exactly("rich_text_list"),
        "style": OneOf(("bullet", "ordered")),
        "elements": Items(
            ByType({"rich_text_section": _SECTION}, frozenset({"rich_text_section"})), _ANY, 0
        ),
    },
    {"indent": Int(0, 8), "offset": Int(0, 1_000_000), **_BORDER},
)
_PREFORMATTED = Shape(
    {"type": Exactly("rich_text_preformatted"), "elements": _IN_CODE},
    {"language": Str(255), **_BORDER},
)
_QUOTE = Shape({"type": Exactly("rich_text_quote"), "elements": _INLINE}, _BORDER)
_ELEMENTS = {
    "rich_text_section": _SECTION,
    "rich_text_list": _LIST,
    "rich_text_preformatted": _PREFORMATTED,
    "rich_text_quote": _QUOTE,
}
ELEMENTS = Items(ByType(_ELEMENTS, frozenset(_ELEMENTS)), _ANY, 0)
DOCUMENT = Shape({"type": Exactly("rich_text"), "elements": ELEMENTS}, {"block_id": Str(255)})
