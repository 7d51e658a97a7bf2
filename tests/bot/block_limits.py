"""Holds Block Kit payloads against Slack's limits, without a look at the code that made them."""

import json

RICH = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}
STYLES = {"bold", "italic", "strike", "code"}


def complaints(blocks):
    """Every limit that *blocks* break, in words."""
    found = []
    if len(blocks) > 50:
        found.append(f"{len(blocks)} blocks")
    if len(json.dumps(blocks)) > 250_000:
        found.append("more than 250 kB")
    for block in blocks:
        check = CHECKS.get(block.get("type"))
        found += check(block) if check else [f"unknown block {block}"]
    return found


def _only(node, *keys):
    extra = set(node) - {"type", *keys}
    return [f"unexpected {extra} in {node['type']}"] if extra else []


def _plain(text, most):
    good = text.get("type") == "plain_text" and 1 <= len(text.get("text", "")) <= most
    return [] if good else [f"bad plain text {text}"]


def _header(block):
    return _only(block, "text") + _plain(block["text"], 150)


def _context(block):
    found = _only(block, "elements")
    if not 1 <= len(block["elements"]) <= 10:
        found.append("context elements")
    for element in block["elements"]:
        found += _plain(element, 3000)
    return found


def _rich_text(block):
    found = _only(block, "elements")
    if not block["elements"]:
        found.append("empty rich_text")
    for element in block["elements"]:
        found += _element(element)
    return found


def _element(element):
    kind = element.get("type")
    if kind not in RICH:
        return [f"unknown element {kind}"]
    if not element["elements"]:
        return [f"empty {kind}"]
    if kind != "rich_text_list":
        return _only(element, "elements") + [
            complaint for part in element["elements"] for complaint in _inline(part)
        ]
    found = _only(element, "elements", "style", "indent", "border", "offset")
    if element["style"] not in {"bullet", "ordered"} or not 0 <= element["indent"] <= 8:
        found.append("bad list")
    for item in element["elements"]:
        found += _element(item) if item["type"] == "rich_text_section" else ["no section in list"]
    return found


def _inline(part):
    kind = part.get("type")
    if kind in {"text", "link"}:
        found = _only(part, "text", "style", *(("url",) if kind == "link" else ()))
        if not part["text"] or set(part.get("style", ())) - STYLES:
            found.append(f"bad text {part}")
        if kind == "link" and not part["url"].lower().startswith(
            ("http://", "https://", "mailto:")
        ):
            found.append(f"bad link {part}")
        if len(part["text"]) > 200_000 or len(part.get("url", "")) > 3000:
            found.append("too long")
        return found
    if kind == "emoji":
        return _only(part, "name") + ([] if part["name"] else ["no name"])
    if kind == "user":
        return _only(part, "user_id") + ([] if part["user_id"].isalnum() else ["no user"])
    return [f"unknown inline {part}"]


CHECKS = {
    "header": _header,
    "divider": _only,
    "context": _context,
    "rich_text": _rich_text,
}
