"""The pages on which a person allows an app to know who they are, or to be in a workspace."""

from collections.abc import Iterable, Mapping
from html import escape

from aiohttp import web

from sandbox.slack import data
from sandbox.slack.scopes import in_words
from sandbox.slack.state import Json

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | Slack (sandbox)</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
main {{ max-width: 32rem; margin: 10vh auto; padding: 0 1rem }}
button, select {{ font: inherit; padding: .5rem 1rem }}
fieldset {{ margin: 1rem 0; border: 1px solid color-mix(in srgb, currentcolor 30%, transparent);
  border-radius: .5rem }}
fieldset label {{ display: block; padding: .25rem 0 }}
#allow {{ border: 0; border-radius: .25rem; background: #007a5a; color: #fff; font-weight: 700 }}
.who {{ display: flex; gap: .5rem; align-items: center; flex-wrap: wrap; opacity: .85 }}
</style></head><body><main>{body}</main></body></html>"""
_FORM = """<h1>{app} is asking to know who you are</h1>
<p>Your name, your workspace and your e-mail address in Slack.</p>
<form method="post" action="/slack/openid/connect/authorize">{hidden}
<p><label>You are signed in as <select name="user" id="user">{options}</select></label></p>
<p><button name="decision" value="allow" id="allow">Allow</button>
<button name="decision" value="cancel" id="cancel">Cancel</button></p></form>"""
_SWITCH = """<form class="who" method="get" action="/slack/oauth/v2/authorize">{hidden}
<label>You are signed in as <select name="as" id="as">{options}</select></label>
<button>Switch</button></form>"""
_INSTALL = """<h1>{app} is requesting permission to access {place}</h1>
{switch}
<form method="post" action="/slack/oauth/v2/authorize">{hidden}
<fieldset><legend>Where</legend>{homes}</fieldset>
<h2>What will {app} be able to do?</h2><ul id="scopes">{scopes}</ul>
<p><button name="decision" value="cancel" id="cancel">Cancel</button>
<button name="decision" value="allow" id="allow" class="primary">Allow</button></p></form>"""
#: fields of the form: that one may leave scopes out, and the optional ones that were left in
CHOOSES, OPTIONAL = "chooses", "optional"
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def consent_page(
    app: str, people: Iterable[Json], signed_in: Json | None, asked: Mapping[str, str]
) -> web.Response:
    """Who you are, and what is asked."""
    hidden = _hidden(asked, "decision", "user")
    options = "".join(_option(each, signed_in) for each in people)
    body = _FORM.format(app=escape(app), hidden=hidden, options=options)
    return _html("Sign in", body, 200)


def install_page(
    app: str,
    people: Iterable[Json],
    choice: tuple[Json, Iterable[str]],
    scopes: Iterable[tuple[str, bool]],
    asked: Mapping[str, str],
) -> web.Response:
    """What the app will be able to do, and where; *choice* is who is there, and their places.

    Of each of *scopes* it is said whether it can be left out.
    """
    person, homes = choice
    named = [data.team_named(each) for each in homes]
    options = "".join(_option(each, person) for each in people)
    switch = _SWITCH.format(hidden=_hidden(asked, "as"), options=options)
    hidden = _hidden(asked, "as") + _hidden({"user": person["id"], CHOOSES: "1"})
    body = _INSTALL.format(
        app=escape(app),
        place=escape(named[0]["name"] if len(named) == 1 else "Slack"),
        switch=switch,
        hidden=hidden,
        homes="".join(_home(each, checked=each is named[0]) for each in named)
        or "<p>You can install it nowhere.</p>",
        scopes="".join(_scope(each, optional=optional) for each, optional in scopes),
    )
    return _html("Install", body, 200)


def _hidden(asked: Mapping[str, str], *left_out: str) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">'
        for key, value in asked.items()
        if key not in left_out
    )


def _scope(scope: str, *, optional: bool) -> str:
    words = f"{escape(in_words(scope))} <code>{escape(scope)}</code>"
    if not optional:
        return f"<li>{words}</li>"
    box = f'<input type="checkbox" name="{OPTIONAL}" value="{escape(scope)}" checked>'
    return f"<li><label>{box} {words} (optional)</label></li>"


def _home(home: Mapping[str, str], *, checked: bool) -> str:
    whole = home["id"] in data.ORGANISATIONS
    label = f"{home['name']}, the whole organisation" if whole else home["name"]
    mark = " checked" if checked else ""
    radio = f'<input type="radio" name="workspace" value="{home["id"]}"{mark}>'
    return f"<label>{radio} {escape(label)}</label>"


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
