"""The page on which a person allows an app to know who they are."""

from collections.abc import Iterable, Mapping
from html import escape

from aiohttp import web

from sandbox.slack import data
from sandbox.slack.state import Json

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | Slack (sandbox)</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
main {{ max-width: 32rem; margin: 10vh auto; padding: 0 1rem }}
button, select {{ font: inherit; padding: .5rem 1rem }}
</style></head><body><main>{body}</main></body></html>"""
_FORM = """<h1>{app} is asking to know who you are</h1>
<p>Your name, your workspace and your e-mail address in Slack.</p>
<form method="post" action="/slack/openid/connect/authorize">{hidden}
<p><label>You are signed in as <select name="user" id="user">{options}</select></label></p>
<p><button name="decision" value="allow" id="allow">Allow</button>
<button name="decision" value="cancel" id="cancel">Cancel</button></p></form>"""
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def consent_page(
    app: str, people: Iterable[Json], signed_in: Json | None, asked: Mapping[str, str]
) -> web.Response:
    """Who you are, and what is asked."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">'
        for key, value in asked.items()
        if key not in ("decision", "user")
    )
    options = "".join(_option(each, signed_in) for each in people)
    body = _FORM.format(app=escape(app), hidden=hidden, options=options)
    return _html("Sign in", body, 200)


def refusal_page(error: str) -> web.Response:
    """Slack shows no consent for this address, and goes back nowhere."""
    return _html(
        "Something went wrong", f"<h1>Something went wrong</h1><p>{escape(error)}</p>", 400
    )


def _option(person: Json, signed_in: Json | None) -> str:
    chosen = " selected" if signed_in and signed_in["id"] == person["id"] else ""
    label = f"{person['real_name']} ({data.TEAMS[person['team']]['name']})"
    return f'<option value="{person["id"]}"{chosen}>{escape(label)}</option>'


def _html(title: str, body: str, status: int) -> web.Response:
    page = _PAGE.format(title=escape(title), body=body)
    return web.Response(text=page, status=status, content_type="text/html", headers=_HEADERS)
