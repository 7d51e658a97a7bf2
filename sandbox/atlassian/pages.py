"""Pages for the browser: templates of this package, escaped, without script."""

from functools import cache
from pathlib import Path

import jinja2
from aiohttp import web

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'"


class Pages:
    """Renders the templates."""

    def show(self, template: str, *, status: int = 200, **said: object) -> web.Response:
        """One page."""
        text = _templates().get_template(template).render(**said)
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
