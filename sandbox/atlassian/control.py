"""The sandbox's own side door: see everything, break things, act as somebody else."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.atlassian import documents, people, sites, tiny
from sandbox.atlassian.control_access import AccessControl
from sandbox.atlassian.control_templates import TemplatesControl
from sandbox.atlassian.faults import PLAYS, BadFault
from sandbox.atlassian.refusals import Refusal
from sandbox.atlassian.said import (
    BadControl,
    Said,
    account_id,
    named_site,
    required_account,
    required_kind,
)
from sandbox.atlassian.wiki import Content, Version, Wiki, id_of

if TYPE_CHECKING:
    from sandbox.atlassian.world import AtlassianWorld

ROOT = "/_sandbox/atlassian"
Action = Callable[[Said], object]


class Control:
    """What tests and the panel use; it answers only to the sandbox's own Host and Origin."""

    def __init__(self, world: "AtlassianWorld") -> None:
        self._world = world

    def attach(self, app: web.Application) -> None:
        """Serve under `/_sandbox/atlassian/`."""
        access, templates = AccessControl(self._world), TemplatesControl(self._world)
        reads = {
            "accounts": self.accounts,
            "sites": self.sites,
            "grants": self.grants,
            "pages": self.pages,
            "log": self.log,
            "writes": self.writes,
            "faults": self.faults,
            "points": self.points,
            "defects": self.defects,
            "templates": templates.list_all,
            **access.reads,
        }
        writes = {
            "faults": self.set_fault,
            "faults/clear": self.clear_faults,
            "faults/release": self.release_faults,
            "log/clear": self.clear_log,
            "commit": self.commit,
            "expire-access": self.expire_access,
            "expire-refresh": self.expire_refresh,
            "revoke": self.revoke,
            "pages/change": self.change_page,
            "pages/restrict": self.restrict_page,
            "pages/move": self.move_page,
            "move-page": self.rehouse_page,
            "pages/create": self.create_page,
            "pages/delete": self.delete_page,
            "points": self.set_points,
            "clock": self.advance,
            "templates": templates.add,
            **access.writes,
        }
        for name, read in reads.items():
            app.router.add_get(f"{ROOT}/{name}", self._reading(read))
        for name, write in writes.items():
            app.router.add_post(f"{ROOT}/{name}", self._writing(write))

    def _refused(self, request: web.Request) -> web.Response | None:
        own = self._world.base_url
        origin = request.headers.get("Origin", own)
        if request.host == own.partition("://")[2] and origin == own:
            return None
        return web.json_response({"error": "this is the sandbox's own door"}, status=403)

    def _reading(self, read: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return self._refused(request) or answered(read, dict(request.query))

        return handle

    def _writing(self, write: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            refused = self._refused(request)
            if refused is not None:
                return refused
            try:
                said = json.loads(await request.read() or b"{}")
            except (ValueError, RecursionError):
                said = None
            if not isinstance(said, dict):
                return web.json_response({"error": "a JSON object is expected"}, status=400)
            return answered(write, said)

        return handle

    def accounts(self, _said: Said) -> object:
        """GET accounts."""
        return [{**asdict(each), "password": each.password} for each in people.ACCOUNTS]

    def sites(self, _said: Said) -> object:
        """GET sites, with their spaces."""
        return [
            {
                **asdict(site),
                "url": f"{self._world.base_url}/atlassian/sites/{site.slug}",
                "spaces": [
                    {"id": str(each.id), "key": each.key, "name": each.name}
                    for each in self._world.wikis[site.cloud_id].spaces.values()
                ],
            }
            for site in sites.SITES
        ]

    def grants(self, _said: Said) -> object:
        """GET grants: consents, with the number of living tokens and no token."""
        now, held = self._world.clock.now(), self._world.grants
        return [
            {
                **asdict(grant),
                "account": people.BY_ID[grant.account_id].name,
                "access_tokens": sum(
                    key == (each.client_id, each.account_id) and each.expires > now
                    for each in held.access.values()
                ),
                "refresh_tokens": sum(
                    key == (each.client_id, each.account_id) and not each.dead and each.used is None
                    for each in held.refresh.values()
                ),
            }
            for key, grant in held.grants.items()
        ]

    def pages(self, said: Said) -> object:
        """GET pages: everything, drafts and trash too; by site, status, title, id or kind."""
        found = [
            page_shown(site.slug, wiki, each)
            for site in sites.SITES
            for wiki in (self._world.wikis[site.cloud_id],)
            for each in wiki.contents.values()
        ]
        names = [
            name for name in said if name in ("site", "status", "title", "id", "kind", "space")
        ]
        return [each for each in found if all(each[name] == said[name] for name in names)]

    def log(self, said: Said) -> object:
        """GET log: by part of path or query, by method, account, status or `contract=true`."""
        return self._world.log.find(**said)

    def writes(self, said: Said) -> object:
        """GET writes: how often each was done and refused, filtered as the log is."""
        return self._world.log.writes(**said)

    def faults(self, _said: Said) -> object:
        """GET faults: those that are set, the kinds that there are, and what hangs."""
        faults = self._world.faults
        return {"set": faults.dump(), "kinds": sorted(PLAYS), "hanging": faults.hanging}

    def points(self, _said: Said) -> object:
        """GET points."""
        pool = self._world.pool
        return {"left": pool.left, "limit": pool.limit, "seconds_left": pool.seconds_left()}

    def defects(self, _said: Said) -> object:
        """GET defects: answers of the sandbox that broke the contract; there should be none."""
        return self._world.log.defects

    def set_fault(self, said: Said) -> object:
        """POST faults {kind, method?, path?, times?, skip?, ms?, retry_after?, fields?}."""
        return asdict(self._world.faults.set(said))

    def clear_faults(self, _said: Said) -> object:
        """POST faults/clear."""
        self._world.faults.clear()
        return {}

    def release_faults(self, _said: Said) -> object:
        """POST faults/release: what hangs goes on."""
        return {"released": self._world.faults.release()}

    def clear_log(self, _said: Said) -> object:
        """POST log/clear."""
        self._world.log.entries.clear()
        return {}

    def commit(self, _said: Said) -> object:
        """POST commit: the writes that `late-commit` holds happen now."""
        return {"committed": self._world.faults.commit_held()}

    def expire_access(self, said: Said) -> object:
        """POST expire-access {account?, client_id?}."""
        ended = self._world.grants.expire_access(account_id(said), said.get("client_id"))
        return {"ended": ended}

    def expire_refresh(self, said: Said) -> object:
        """POST expire-refresh {account?, client_id?}."""
        ended = self._world.grants.expire_refresh(account_id(said), said.get("client_id"))
        return {"ended": ended}

    def revoke(self, said: Said) -> object:
        """POST revoke {account, client_id?}."""
        account = required_account(said)
        return {"revoked": self._world.grants.revoke(account, said.get("client_id"))}

    def _find(self, said: Said) -> tuple[Wiki, Content]:
        for wiki in self._world.wikis.values():
            content = wiki.contents.get(id_of(said.get("id")))
            if content is not None:
                return wiki, content
        raise BadControl("there is no such content")

    def change_page(self, said: Said) -> object:
        """POST pages/change {id, account, title?, body?, representation?, message?}."""
        wiki, content = self._find(said)
        latest = content.latest
        body = latest.body
        if "body" in said:
            body = documents.accepted(said.get("representation", "storage"), str(said["body"]))
        number = latest.number + 1
        title, message = str(said.get("title", latest.title)), str(said.get("message", ""))
        now = self._world.clock.now()
        content.versions.append(Version(number, required_account(said), now, title, body, message))
        return page_shown("", wiki, content)

    def restrict_page(self, said: Said) -> object:
        """POST pages/restrict {id, readers?, editors?, reader_groups?, editor_groups?}: lists."""
        wiki, content = self._find(said)
        content.readers = [required_account({"account": each}) for each in said.get("readers", [])]
        content.editors = [required_account({"account": each}) for each in said.get("editors", [])]
        content.reader_groups = [required_group(wiki, e) for e in said.get("reader_groups", [])]
        content.editor_groups = [required_group(wiki, e) for e in said.get("editor_groups", [])]
        return page_shown("", wiki, content)

    def move_page(self, said: Said) -> object:
        """POST pages/move {id, parent}."""
        wiki, content = self._find(said)
        parent = wiki.contents.get(id_of(said["parent"]))
        if parent is None or parent is content or content in wiki.ancestors(parent):
            raise BadControl("it can't stand there")
        content.parent = parent.id
        wiki.rehouse(content, parent.space)
        return page_shown("", wiki, content)

    def rehouse_page(self, said: Said) -> object:
        """POST move-page {page, space}: below the homepage of another space of its site."""
        wiki, content = self._find({"id": said.get("page")})
        space = wiki.space_by_key(str(said["space"]))
        if space is None or content.kind != "page":
            raise BadControl("it can't stand there")
        if wiki.title_taken(space.id, content.title, content.kind, but=content.id):
            raise BadControl("a page with this title is there")
        content.parent = space.homepage
        wiki.rehouse(content, space.id)
        return page_shown("", wiki, content)

    def create_page(self, said: Said) -> object:
        """POST pages/create {space, account, title, body?, representation?, site?, kind?}."""
        site = named_site(said)
        wiki = self._world.wikis[site.cloud_id]
        space = wiki.space_by_key(str(said["space"]))
        if space is None:
            raise BadControl("there is no such space")
        body = documents.accepted(said.get("representation", "storage"), str(said.get("body", "")))
        who, now = required_account(said), self._world.clock.now()
        first = Version(1, who, now, str(said["title"]), body)
        kind = required_kind(said)
        parent = space.homepage if kind == "page" else None
        content = Content(wiki.new_id(), kind, space.id, "current", who, now, [first], parent)
        return page_shown(site.slug, wiki, wiki.add(content))

    def delete_page(self, said: Said) -> object:
        """POST pages/delete {id}: to the trash."""
        wiki, content = self._find(said)
        content.status = "trashed"
        return page_shown("", wiki, content)

    def set_points(self, said: Said) -> object:
        """POST points {left?, burst?, beta?}."""
        pool = self._world.pool
        if "left" in said:
            pool.set_left(int(said["left"]))
        pool.burst = int(said.get("burst", pool.burst))
        pool.beta = bool(said.get("beta", pool.beta))
        return self.points(said)

    def advance(self, said: Said) -> object:
        """POST clock {advance}."""
        self._world.clock.advance(float(said.get("advance", 0)))
        return {"now": self._world.clock.now()}


def answered(action: Action, said: Said) -> web.Response:
    """What an action gives, or why it can't."""
    try:
        return web.json_response(action(said))
    except (BadControl, BadFault, KeyError, ValueError, TypeError) as error:
        return web.json_response({"error": str(error)[:300]}, status=400)
    except Refusal as refused:
        return web.json_response(refused.body, status=refused.status)


def required_group(wiki: Wiki, word: object) -> str:
    """The id of the group that was named."""
    group = wiki.find_group(str(word))
    if group is None:
        raise BadControl("there is no such group")
    return group.id


def page_shown(site: str, wiki: Wiki, content: Content) -> Said:
    """Everything about a piece of content, but for the bytes of a file."""
    container = wiki.container(content)
    return {
        "site": site or sites.BY_CLOUD_ID[wiki.cloud_id].slug,
        "id": str(content.id),
        "kind": content.kind,
        "space": wiki.spaces[content.space].key,
        "status": content.status,
        "title": content.title,
        "author": content.author,
        "parent": None if content.parent is None else str(content.parent),
        "container": None if container is content else str(container.id),
        "labels": content.labels,
        "readers": content.readers,
        "editors": content.editors,
        "reader_groups": content.reader_groups,
        "editor_groups": content.editor_groups,
        "properties": [asdict(each) for each in content.properties],
        "tiny": tiny.encode(content.id),
        "text": documents.text_of(content.latest.body),
        "versions": [asdict(each) for each in content.versions],
    }
