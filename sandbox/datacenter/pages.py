"""Pages for the browser, in the look of the other world's."""

from functools import cache
from pathlib import Path

import jinja2
from aiohttp import web

from sandbox.atlassian import pages as atlassian_pages

FOLDERS = [
    Path(__file__).with_name("templates"),
    Path(atlassian_pages.__file__).with_name("templates"),
]


class Pages:
    """Renders the templates of this package, and the other's base and error page."""

    def show(self, template: str, *, status: int = 200, **said: object) -> web.Response:
        """One page."""
        text = _templates().get_template(template).render(**said)
        headers = {
            "Content-Security-Policy": atlassian_pages.POLICY,
            "Cache-Control": "no-store",
        }
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDERS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
