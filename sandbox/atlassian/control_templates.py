"""The side door to page templates."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from sandbox.atlassian import sites
from sandbox.atlassian.page_templates import Template
from sandbox.atlassian.said import BadControl, Said, named_site

if TYPE_CHECKING:
    from sandbox.atlassian.world import AtlassianWorld


class TemplatesControl:
    """Looks at the templates of every site and makes new ones, which the interface can't."""

    def __init__(self, world: "AtlassianWorld") -> None:
        self._world = world

    def list_all(self, _said: Said) -> object:
        """GET templates."""
        return [
            {"site": sites.BY_CLOUD_ID[cloud_id].slug, **asdict(each)}
            for cloud_id, wiki in self._world.wikis.items()
            for each in wiki.templates.values()
        ]

    def add(self, said: Said) -> object:
        """POST templates {name, body, space?, description?, site?}: any text is taken as body."""
        wiki = self._world.wikis[named_site(said).cloud_id]
        space = wiki.space_by_key(str(said["space"])) if "space" in said else None
        if "space" in said and space is None:
            raise BadControl("there is no such space")
        made = Template(
            str(wiki.new_id()),
            str(said["name"]),
            str(said["body"]),
            str(said.get("description", "")),
            space.id if space is not None else None,
        )
        wiki.templates[made.id] = made
        return asdict(made)
