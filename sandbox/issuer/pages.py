"""The issuer's two pages: consent, and a refusal that goes back nowhere. No script."""

from collections.abc import Iterable, Mapping
from html import escape

from aiohttp import web

from sandbox.issuer.people import Person
from sandbox.issuer.scopes import IN_WORDS

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | Acme ID (sandbox)</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
main {{ max-width: 34rem; margin: 8vh auto; padding: 0 1rem; overflow-wrap: anywhere }}
label {{ display: block; padding: .25rem 0 }}
fieldset {{ margin: 0 0 1rem }}
button {{ font: inherit; padding: .5rem 1.2rem }}
:focus-visible {{ outline: 3px solid; outline-offset: 2px }}
</style></head><body><main>{body}</main></body></html>"""
_FORM = """<h1>{app} wants to use your Acme ID</h1>{problem}
<form method="post" action="/issuer/authorize">{hidden}
<fieldset><legend>Who are you?</legend>{people}</fieldset>
<fieldset><legend>{app} would like to</legend><ul>{scopes}</ul></fieldset>
<button class="primary" name="decision" value="allow">Allow</button>
<button name="decision" value="cancel">Cancel</button></form>"""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    # Under "no-referrer" a browser says that its own form comes from nowhere.
    "Referrer-Policy": "same-origin",
}


def consent_page(
    app: str,
    people: Iterable[Person],
    scopes: Iterable[str],
    asked: Mapping[str, str],
    *,
    problem: str = "",
) -> web.Response:
    """Who you are, what is asked, and *problem* if the last try had one."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.items()
    )
    listed = "".join(
        f"<li>{escape(IN_WORDS.get(each, each))} <code>{escape(each)}</code></li>"
        for each in scopes
    )
    told = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    chosen = "".join(_radio(each, first=not n) for n, each in enumerate(people))
    body = _FORM.format(app=escape(app), problem=told, hidden=hidden, people=chosen, scopes=listed)
    return _html("Consent", body, 400 if problem else 200)


def refusal_page(reason: str) -> web.Response:
    """An address that nobody should have been sent to."""
    body = f'<h1>Something went wrong</h1><p role="alert">{escape(reason)}</p>'
    return _html("Something went wrong", body, 400)


def _radio(person: Person, *, first: bool) -> str:
    checked = " checked" if first else ""
    field = f'<input type="radio" name="person" value="{escape(person.name)}"{checked}>'
    return f"<label>{field} {escape(person.full_name)}</label>"


def _html(title: str, body: str, status: int) -> web.Response:
    page = _PAGE.format(title=escape(title), body=body)
    return web.Response(text=page, status=status, content_type="text/html", headers=_HEADERS)
