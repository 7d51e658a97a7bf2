"""Storage as HTML for the eye: allow-listed elements, known attributes, safe links."""

from collections.abc import Callable
from html import escape

from lxml import etree

from sandbox.atlassian import people
from sandbox.atlassian.moments import moment
from sandbox.atlassian.storage import attribute, name_of, parameters, parse

PLAIN = frozenset(
    [
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
        *("strong", "em", "b", "i", "u", "del", "s", "sub", "sup", "div", "span"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    ]
)
EMPTY = frozenset({"br", "hr"})
SCHEMES = ("http://", "https://", "mailto:", "/", "#")


def to_html(value: str) -> str:
    """The page as a reader sees it."""
    return inside(parse(value))


def inside(element: etree._Element) -> str:
    """What *element* holds."""
    parts = [escape(element.text or "", quote=False)]
    for child in element:
        parts += [render(child), escape(child.tail or "", quote=False)]
    return "".join(parts)


def render(element: etree._Element) -> str:
    """One element; an unknown one as what it holds, script and style as nothing."""
    name = name_of(element)
    if name in EMPTY:
        return f"<{name}>"
    if name in PLAIN:
        return f"<{name}{spans(element)}>{inside(element)}</{name}>"
    if name in ("script", "style", "") or name == "ac:parameter":
        return ""
    special = SPECIAL.get(name)
    return special(element) if special else inside(element)


def spans(element: etree._Element) -> str:
    """The attributes that are kept: how far a cell reaches."""
    kept = ((name, element.get(name) or "") for name in ("colspan", "rowspan", "start"))
    return "".join(
        f' {name}="{value}"' for name, value in kept if value.isascii() and value.isdigit()
    )


def render_link(element: etree._Element) -> str:
    """A link, if its scheme is harmless."""
    href = (element.get("href") or "").strip()
    if not href.casefold().startswith(SCHEMES):
        return inside(element)
    return f'<a href="{escape(href)}" rel="noopener noreferrer">{inside(element)}</a>'


def render_reference(element: etree._Element) -> str:
    """A mention or a link to a page, in words."""
    for child in element:
        if name_of(child) == "ri:user":
            account = people.BY_ID.get(attribute(child, "ri:account-id"))
            return escape("@" + (account.display_name if account else "Unknown"))
        if name_of(child) == "ri:page":
            return escape("".join(element.itertext()) or attribute(child, "ri:content-title"))
    return inside(element)


def render_macro(element: etree._Element) -> str:
    """A macro: its frame and what it holds."""
    name, said = attribute(element, "ac:name"), parameters(element)
    if name == "code":
        return f"<pre><code>{escape(''.join(own_text(element)), quote=False)}</code></pre>"
    if name == "status":
        return f'<span class="status">{escape(said.get("title", ""))}</span>'
    title = f"<p><strong>{escape(said['title'])}</strong></p>" if said.get("title") else ""
    held = "".join(inside(child) for child in element if name_of(child) == "ac:rich-text-body")
    if held:
        return f'<div class="panel">{title}{held}</div>'
    return f'<div class="macro">{escape(name)} macro</div>'


def own_text(element: etree._Element) -> list[str]:
    """The text of a macro's plain body."""
    bodies = [child for child in element if name_of(child) == "ac:plain-text-body"]
    return ["".join(str(text) for text in body.itertext()) for body in bodies]


def render_task(element: etree._Element) -> str:
    """A task with its box."""
    said = {name_of(child): child for child in element}
    done = said.get("ac:task-status")
    body = said.get("ac:task-body")
    box = "☑" if done is not None and done.text == "complete" else "☐"
    return f"<li>{box} {'' if body is None else inside(body)}</li>"


def render_time(element: etree._Element) -> str:
    """A date."""
    said = element.get("datetime") or ""
    if said.isascii() and said.isdigit() and len(said) < 15:
        said = moment(int(said) / 1000).strftime("%d %b %Y")
    return escape(said)


SPECIAL: dict[str, Callable[[etree._Element], str]] = {
    "a": render_link,
    "ac:link": render_reference,
    "ac:structured-macro": render_macro,
    "ac:task-list": lambda element: f"<ul>{inside(element)}</ul>",
    "ac:task": render_task,
    "ac:emoticon": lambda element: escape(attribute(element, "ac:emoji-fallback")),
    "ac:image": lambda _element: '<span class="quiet">[image]</span>',
    "time": render_time,
}
