"""The site's side door: see everything, link apps, make tokens, break things."""

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.atlassian.control import answered, page_shown
from sandbox.atlassian.faults import PLAYS
from sandbox.atlassian.people import Account
from sandbox.atlassian.wiki import FULL, Content, Space, Version, id_of
from sandbox.datacenter import bodies, people
from sandbox.datacenter.clients import Client, new_secret
from sandbox.datacenter.seed import NAME

if TYPE_CHECKING:
    from sandbox.datacenter.world import DataCenterWorld

ROOT = "/_sandbox/datacenter"
Said = dict[str, Any]
Action = Callable[[Said], object]


class BadControl(ValueError):
    """A control request that makes no sense."""


class Control:
    """What tests and the panel use; the sandbox's guard keeps foreign pages out."""

    def __init__(self, world: "DataCenterWorld") -> None:
        self._world = world

    def attach(self, app: web.Application) -> None:
        """Serve under `/_sandbox/datacenter/`."""
        reads: dict[str, Action] = {
            "people": self.people,
            "spaces": self.spaces,
            "groups": self.groups,
            "clients": self.clients,
            "tokens": self.tokens,
            "grants": self.grants,
            "pages": self.pages,
            "log": lambda said: self._world.log.find(**said),
            "faults": self.faults,
            "defects": lambda _said: self._world.log.defects,
        }
        writes: dict[str, Action] = {
            "tokens": self.make_token,
            "tokens/expire": self.expire_tokens,
            "tokens/revoke": self.revoke_token,
            "clients": self.add_client,
            "expire-access": self.expire_access,
            "expire-refresh": self.expire_refresh,
            "revoke": self.revoke,
            "basic": self.switch_basic,
            "captcha/solve": self.solve_captcha,
            "groups": self.change_group,
            "spaces/permit": self.permit,
            "pages/create": self.create_page,
            "pages/change": self.change_page,
            "pages/restrict": self.restrict_page,
            "pages/move": self.move_page,
            "pages/delete": self.delete_page,
            "faults": lambda said: asdict(self._world.faults.set(said)),
            "faults/clear": self.clear_faults,
            "log/clear": self.clear_log,
            "commit": lambda _said: {"committed": self._world.faults.commit_held()},
        }
        for name, read in reads.items():
            app.router.add_get(f"{ROOT}/{name}", reading(read))
        for name, write in writes.items():
            app.router.add_post(f"{ROOT}/{name}", writing(write))

    def people(self, _said: Said) -> object:
        """GET people: with their passwords, groups and whether a picture is asked of them."""
        return [
            {
                "username": each.name,
                "key": each.account_id,
                "name": each.display_name,
                "password": people.PASSWORDS[each.name],
                "groups": [held.name for held in self._world.site.groups_of(each.account_id)],
                "challenged": self._world.credentials.is_challenged(each.name),
            }
            for each in people.PEOPLE
        ]

    def spaces(self, _said: Said) -> object:
        """GET spaces."""
        return [
            {"id": str(each.id), "key": each.key, "name": each.name}
            for each in self._world.site.spaces.values()
        ]

    def clients(self, _said: Said) -> object:
        """GET clients, without their secrets."""
        return [
            {key: value for key, value in asdict(each).items() if key != "client_secret"}
            for each in self._world.clients.held.values()
        ]

    def tokens(self, _said: Said) -> object:
        """GET tokens of everybody, without their secrets."""
        return [
            {key: value for key, value in asdict(each).items() if key != "raw"}
            for who in people.PEOPLE
            for each in self._world.tokens.of(who.name)
        ]

    def grants(self, _said: Said) -> object:
        """GET grants: consents, with the number of living tokens and no token."""
        held, now = self._world.grants, self._world.clock.now()
        return [
            {
                **asdict(consent),
                **{
                    f"{kind}_tokens": sum(
                        token.consent == consent.id
                        and token.kind == kind
                        and not token.ended
                        and token.expires > now
                        for token in held.tokens.values()
                    )
                    for kind in ("access", "refresh")
                },
            }
            for consent in held.consents.values()
        ]

    def pages(self, said: Said) -> object:
        """GET pages: everything, the trash too; by space, kind, status, title or id."""
        found = [self._shown(each) for each in self._world.site.contents.values()]
        names = [name for name in said if name in ("space", "kind", "status", "title", "id")]
        return [each for each in found if all(each[name] == said[name] for name in names)]

    def _shown(self, content: Content) -> Said:
        return page_shown(NAME, self._world.site, content)

    def faults(self, _said: Said) -> object:
        """GET faults, those that are set and the kinds that there are."""
        return {"set": self._world.faults.dump(), "kinds": sorted(PLAYS)}

    def make_token(self, said: Said) -> object:
        """POST tokens {account, name?, days?}: a personal access token, with its secret."""
        days = said.get("days")
        made = self._world.tokens.make(
            required_person(said).name,
            str(said.get("name", "sandbox")),
            None if days is None else int(days),
        )
        return {"id": made.id, "token": made.raw, "expires": made.expires}

    def expire_tokens(self, said: Said) -> object:
        """POST tokens/expire {account?}."""
        return {"ended": self._world.tokens.expire(username(said))}

    def revoke_token(self, said: Said) -> object:
        """POST tokens/revoke {account, id}."""
        name = required_person(said).name
        return {"revoked": self._world.tokens.revoke(name, id_of(said.get("id")))}

    def add_client(self, said: Said) -> object:
        """POST clients {redirect_uris, scope?, name?, client_id?, client_secret?}."""
        client = Client(
            str(said.get("client_id") or secrets.token_hex(16)),
            str(said.get("client_secret") or new_secret()),
            tuple(str(each) for each in said["redirect_uris"]),
            str(said.get("scope", "WRITE")),
            str(said.get("name", "Confab")),
        )
        return asdict(self._world.clients.add(client))

    def expire_access(self, said: Said) -> object:
        """POST expire-access {account?}: OAuth access tokens."""
        return {"ended": self._world.grants.expire_access(username(said))}

    def expire_refresh(self, said: Said) -> object:
        """POST expire-refresh {account?}."""
        return {"ended": self._world.grants.expire_refresh(username(said))}

    def revoke(self, said: Said) -> object:
        """POST revoke {account}: the person takes every consent back."""
        return {"revoked": self._world.grants.revoke(required_person(said).name)}

    def switch_basic(self, said: Said) -> object:
        """POST basic {allowed}."""
        if not isinstance(said.get("allowed"), bool):
            raise BadControl("allowed is true or false")
        self._world.credentials.basic_allowed = said["allowed"]
        return {"allowed": said["allowed"]}

    def solve_captcha(self, said: Said) -> object:
        """POST captcha/solve {account}: as though they had signed in with the picture."""
        name = required_person(said).name
        return {"solved": self._world.credentials.failures.pop(name, 0) > 0}

    def _find(self, said: Said) -> Content:
        content = self._world.site.contents.get(id_of(said.get("id")))
        if content is None:
            raise BadControl("there is no such content")
        return content

    def _space(self, said: Said) -> Space:
        space = self._world.site.space_by_key(str(said["space"]))
        if space is None:
            raise BadControl("there is no such space")
        return space

    def _group(self, name: object) -> str:
        if name not in self._world.site.groups:
            raise BadControl("there is no such group")
        return str(name)

    def groups(self, _said: Said) -> object:
        """GET groups, with their members' usernames."""
        return {
            each.name: [people.BY_KEY[key].name for key in each.members]
            for each in self._world.site.groups.values()
        }

    def change_group(self, said: Said) -> object:
        """POST groups {group, add?, remove?}: usernames."""
        group = self._world.site.groups[self._group(said.get("group"))]
        added, removed = keys(said.get("add", [])), keys(said.get("remove", []))
        kept = [each for each in group.members if each not in removed]
        group.members = list(dict.fromkeys([*kept, *added]))
        return self.groups(said)

    def permit(self, said: Said) -> object:
        """POST spaces/permit {space, account or group, rights}: no others than these."""
        space, rights = self._space(said), [str(each) for each in said["rights"]]
        if not set(rights) <= set(FULL):
            raise BadControl(f"rights are of: {', '.join(FULL)}")
        if "group" in said:
            space.groups[self._group(said["group"])] = rights
        else:
            space.rights[required_person(said).account_id] = rights
        return {"rights": space.rights, "groups": space.groups}

    def create_page(self, said: Said) -> object:
        """POST pages/create {space, account, title, body?, parent?}."""
        space, who = self._space(said), required_person(said).account_id
        body = bodies.accepted({"storage": {"value": str(said.get("body", ""))}})
        now, site = self._world.clock.now(), self._world.site
        first = Version(1, who, now, str(said["title"]), body)
        parent = id_of(said.get("parent")) or space.homepage
        content = Content(
            site.new_id(), "page", space.id, "current", who, now, [first], parent=parent
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
                self._world.clock.now(),
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
        content, site = self._find(said), self._world.site
        parent = site.contents.get(id_of(said.get("parent")))
        if parent is None and "parent" in said:
            raise BadControl("there is no such parent")
        if parent is not None and (parent is content or content in site.ancestors(parent)):
            raise BadControl("it can't stand there")
        space = site.spaces[parent.space] if parent is not None else self._space(said)
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

    def clear_faults(self, _said: Said) -> object:
        """POST faults/clear."""
        self._world.faults.clear()
        return {}

    def clear_log(self, _said: Said) -> object:
        """POST log/clear."""
        self._world.log.entries.clear()
        return {}


Handle = Callable[[web.Request], Awaitable[web.Response]]


def reading(read: Action) -> Handle:
    """A GET with a query."""

    async def handle(request: web.Request) -> web.Response:
        return answered(read, dict(request.query))

    return handle


def writing(write: Action) -> Handle:
    """A POST with a JSON object, or nothing."""

    async def handle(request: web.Request) -> web.Response:
        try:
            said = json.loads(await request.read() or b"{}")
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            return web.json_response({"error": "a JSON object is expected"}, status=400)
        return answered(write, said)

    return handle


def required_person(said: Said) -> Account:
    """The person that was named."""
    found = people.find_person(str(said.get("account", "")))
    if found is None:
        raise BadControl("there is no such person")
    return found


def username(said: Said) -> str | None:
    """The person that was named, None for all."""
    return required_person(said).name if said.get("account") else None


def keys(names: list[str]) -> list[str]:
    """User keys of usernames."""
    return [required_person({"account": each}).account_id for each in names]
