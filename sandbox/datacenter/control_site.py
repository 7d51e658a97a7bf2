"""The side door to what the site holds: pages, spaces, groups."""

from dataclasses import asdict

from sandbox.atlassian.control import page_shown
from sandbox.atlassian.page_templates import Template
from sandbox.atlassian.said import BadControl, required_kind
from sandbox.atlassian.wiki import FULL, Content, Space, Version, id_of
from sandbox.clock import Clock
from sandbox.datacenter import bodies, people
from sandbox.datacenter.said import Action, Said, keys, required_person
from sandbox.datacenter.seed import NAME
from sandbox.datacenter.site import Site


class SiteControl:
    """Looks at the site and changes it, as somebody else would."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self._site = site
        self._clock = clock

    @property
    def reads(self) -> dict[str, Action]:
        """By the name under which each is asked."""
        return {
            "spaces": self.spaces,
            "groups": self.groups,
            "pages": self.pages,
            "templates": self.templates,
        }

    @property
    def writes(self) -> dict[str, Action]:
        """By the name under which each is told."""
        return {
            "groups": self.change_group,
            "templates": self.add_template,
            "moves": self.let_move,
            "spaces/permit": self.permit,
            "pages/create": self.create_page,
            "pages/change": self.change_page,
            "pages/restrict": self.restrict_page,
            "pages/move": self.move_page,
            "pages/delete": self.delete_page,
        }

    def spaces(self, _said: Said) -> object:
        """GET spaces."""
        return [
            {"id": str(each.id), "key": each.key, "name": each.name}
            for each in self._site.spaces.values()
        ]

    def pages(self, said: Said) -> object:
        """GET pages: everything, the trash too; by space, kind, status, title or id."""
        found = [self._shown(each) for each in self._site.contents.values()]
        names = [name for name in said if name in ("space", "kind", "status", "title", "id")]
        return [each for each in found if all(each[name] == said[name] for name in names)]

    def templates(self, _said: Said) -> object:
        """GET templates."""
        return [asdict(each) for each in self._site.templates.values()]

    def let_move(self, said: Said) -> object:
        """POST moves {across}: whether an update takes a page to another space; not kept."""
        self._site.moves_across = bool(said["across"])
        return {"across": self._site.moves_across}

    def add_template(self, said: Said) -> object:
        """POST templates {name, body, space?, description?}: any text is taken as body."""
        made = Template(
            str(self._site.new_id()),
            str(said["name"]),
            str(said["body"]),
            str(said.get("description", "")),
            self._find_space(said).id if "space" in said else None,
        )
        self._site.templates[made.id] = made
        return asdict(made)

    def _shown(self, content: Content) -> Said:
        return page_shown(NAME, self._site, content)

    def _find(self, said: Said) -> Content:
        content = self._site.contents.get(id_of(said.get("id")))
        if content is None:
            raise BadControl("there is no such content")
        return content

    def _find_space(self, said: Said) -> Space:
        space = self._site.space_by_key(str(said["space"]))
        if space is None:
            raise BadControl("there is no such space")
        return space

    def _group(self, name: object) -> str:
        if name not in self._site.groups:
            raise BadControl("there is no such group")
        return str(name)

    def groups(self, _said: Said) -> object:
        """GET groups, with their members' usernames."""
        return {
            each.name: [people.BY_KEY[key].name for key in each.members]
            for each in self._site.groups.values()
        }

    def change_group(self, said: Said) -> object:
        """POST groups {group, add?, remove?}: usernames."""
        group = self._site.groups[self._group(said.get("group"))]
        added, removed = keys(said.get("add", [])), keys(said.get("remove", []))
        kept = [each for each in group.members if each not in removed]
        group.members = list(dict.fromkeys([*kept, *added]))
        return self.groups(said)

    def permit(self, said: Said) -> object:
        """POST spaces/permit {space, account or group, rights}: no others than these."""
        space, rights = self._find_space(said), [str(each) for each in said["rights"]]
        if not set(rights) <= set(FULL):
            raise BadControl(f"rights are of: {', '.join(FULL)}")
        if "group" in said:
            space.groups[self._group(said["group"])] = rights
        else:
            space.rights[required_person(said).account_id] = rights
        return {"rights": space.rights, "groups": space.groups}

    def create_page(self, said: Said) -> object:
        """POST pages/create {space, account, title, body?, parent?, kind?}."""
        space, who = self._find_space(said), required_person(said).account_id
        body = bodies.accepted({"storage": {"value": str(said.get("body", ""))}})
        now, site = self._clock.now(), self._site
        first = Version(1, who, now, str(said["title"]), body)
        parent, kind = id_of(said.get("parent")) or space.homepage, required_kind(said)
        content = Content(
            site.new_id(),
            kind,
            space.id,
            "current",
            who,
            now,
            [first],
            parent=parent if kind == "page" else None,
        )
        return self._shown(site.add(content))

    def change_page(self, said: Said) -> object:
        """POST pages/change {id, account, title?, body?, message?}."""
        content = self._find(said)
        latest = content.latest
        body = latest.body
        if "body" in said:
            body = bodies.accepted({"storage": {"value": str(said["body"])}})
        content.versions.append(
            Version(
                latest.number + 1,
                required_person(said).account_id,
                self._clock.now(),
                str(said.get("title", latest.title)),
                body,
                str(said.get("message", "")),
            )
        )
        return self._shown(content)

    def restrict_page(self, said: Said) -> object:
        """POST pages/restrict {id, readers?, editors?, reader_groups?, editor_groups?}."""
        content = self._find(said)
        content.readers = keys(said.get("readers", []))
        content.editors = keys(said.get("editors", []))
        content.reader_groups = [self._group(each) for each in said.get("reader_groups", [])]
        content.editor_groups = [self._group(each) for each in said.get("editor_groups", [])]
        return self._shown(content)

    def move_page(self, said: Said) -> object:
        """POST pages/move {id, parent} or {id, space}, with all that is below and on it."""
        content, site = self._find(said), self._site
        parent = site.contents.get(id_of(said.get("parent")))
        if parent is None and "parent" in said:
            raise BadControl("there is no such parent")
        if parent is not None and (parent is content or content in site.ancestors(parent)):
            raise BadControl("it can't stand there")
        space = site.spaces[parent.space] if parent is not None else self._find_space(said)
        content.parent = parent.id if parent is not None else space.homepage
        moved = {content.id, *(each.id for each, _ in site.descendants(content))}
        for each in site.contents.values():
            if each.id in moved or each.extra.get("container") in moved:
                each.space = space.id
        return self._shown(content)

    def delete_page(self, said: Said) -> object:
        """POST pages/delete {id}: to the trash."""
        content = self._find(said)
        content.status = "trashed"
        return self._shown(content)
