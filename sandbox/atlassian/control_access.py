"""The side door, as far as it lets in or keeps out: apps, credentials, tokens, groups, policy."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from sandbox.atlassian import people, sites
from sandbox.atlassian.gone import NOT_SEEN
from sandbox.atlassian.grants import Credential, Grant
from sandbox.atlassian.said import (
    BadControl,
    Said,
    account_id,
    named_site,
    required_account,
    scopes_of,
)
from sandbox.atlassian.wiki import FULL

if TYPE_CHECKING:
    from sandbox.atlassian.world import AtlassianWorld

Action = Callable[[Said], object]


class AccessControl:
    """What can be seen and changed, by the name of its address."""

    def __init__(self, world: "AtlassianWorld") -> None:
        self._world = world
        self.reads: dict[str, Action] = {
            "apps": self.apps,
            "credentials": self.credentials,
            "tokens": self.tokens,
            "groups": self.groups,
            "gone": self.gone,
            "reports": self.reports,
        }
        self.writes: dict[str, Action] = {
            "apps": self.register_app,
            "apps/remove": self.remove_app,
            "narrow": self.narrow,
            "policy": self.set_policy,
            "credentials": self.keep_credential,
            "credentials/revoke": self.revoke_credential,
            "tokens": self.create_token,
            "tokens/expire": self.expire_tokens,
            "tokens/revoke": self.revoke_tokens,
            "groups": self.change_group,
            "spaces/permit": self.permit,
            "gone": self.set_gone,
            "accounts/change": self.change_account,
        }

    def apps(self, _said: Said) -> object:
        """GET apps, without their secrets."""
        return [
            {
                "client_id": each.client_id,
                "name": each.name,
                "owner": each.owner,
                "distributed": each.distributed,
                "redirect_uri": each.redirect_uri,
                "scopes": sorted(each.scopes),
            }
            for each in self._world.apps.all()
        ]

    def register_app(self, said: Said) -> object:
        """POST apps {client_id, client_secret, redirect_uri, scopes, name?, owner?, distributed?}.

        Of an app that is there, only what is said changes.
        """
        if said["client_id"] in self._world.grants.credentials:
            raise BadControl("a credential has this client_id")
        owner = people.find_account(str(said.get("owner", "ada")))
        if owner is None:
            raise BadControl("there is no such account")
        self._world.apps.register(said | ({"owner": owner.name} if "owner" in said else {}))
        return self.apps(said)

    def remove_app(self, said: Said) -> object:
        """POST apps/remove {client_id}: its consents go with it."""
        client_id = str(said["client_id"])
        self._world.grants.revoke(None, client_id)
        return {"removed": self._world.apps.remove(client_id)}

    def narrow(self, said: Said) -> object:
        """POST narrow {account, scopes, client_id?}: the consent is given again, for these."""
        client_id = str(said.get("client_id", self._world.client.client_id))
        account, scopes = required_account(said), scopes_of(said)
        return {"narrowed": self._world.grants.narrow(client_id, account, scopes)}

    def set_policy(self, said: Said) -> object:
        """POST policy {site, blocked}: whether the site blocks apps that people install."""
        cloud_id = named_site({"site": said["site"]}).cloud_id
        change = self._world.apps.blocking.add if said["blocked"] else self._drop_block
        change(cloud_id)
        return {"blocking": [sites.BY_CLOUD_ID[e].slug for e in sorted(self._world.apps.blocking)]}

    def _drop_block(self, cloud_id: str) -> None:
        self._world.apps.blocking.discard(cloud_id)

    def credentials(self, _said: Said) -> object:
        """GET credentials of service accounts, without their secrets."""
        held = (each.grant for each in self._world.grants.credentials.values())
        return [{**asdict(each), "account": people.BY_ID[each.account_id].name} for each in held]

    def keep_credential(self, said: Said) -> object:
        """POST credentials {account, client_id, client_secret, scopes, sites?}."""
        account = people.BY_ID[required_account(said)]
        if account.kind != "app":
            raise BadControl("only a service account has credentials")
        client_id, secret = str(said["client_id"]), str(said["client_secret"])
        if self._world.apps.find(client_id) is not None:
            raise BadControl("an app has this client_id")
        named = said.get("sites", account.sites)
        ids = [named_site({"site": each}).cloud_id for each in named]
        now = self._world.clock.now()
        grant = Grant(client_id, account.account_id, scopes_of(said), ids, "service", now)
        self._world.grants.keep_credential(Credential(secret, grant))
        return self.credentials(said)

    def revoke_credential(self, said: Said) -> object:
        """POST credentials/revoke {client_id}: its tokens end with it."""
        client_id = str(said["client_id"])
        if client_id not in self._world.grants.credentials:
            raise BadControl("there is no such credential")
        return {"revoked": self._world.grants.revoke(None, client_id)}

    def tokens(self, _said: Said) -> object:
        """GET tokens, without their secrets."""
        return [
            {**asdict(each), "account": people.BY_ID[each.account_id].name}
            for each in self._world.api_tokens.held.values()
        ]

    def create_token(self, said: Said) -> object:
        """POST tokens {account, scopes?, days?}: classic without scopes; the one look at it."""
        account = people.BY_ID[required_account(said)]
        scopes = scopes_of(said) if said.get("scopes") is not None else None
        days = float(said.get("days", 365))
        secret, made = self._world.api_tokens.create(account, scopes, days)
        return {**asdict(made), "email": account.email, "token": secret}

    def expire_tokens(self, said: Said) -> object:
        """POST tokens/expire {id?, account?}."""
        found = self._world.api_tokens.named(said.get("id"), account_id(said))
        for each in found:
            each.expires = min(each.expires, self._world.clock.now())
        return {"ended": len(found)}

    def revoke_tokens(self, said: Said) -> object:
        """POST tokens/revoke {id?, account?}."""
        found = self._world.api_tokens.named(said.get("id"), account_id(said))
        for each in found:
            each.revoked = True
        return {"revoked": len(found)}

    def groups(self, _said: Said) -> object:
        """GET groups of every site, with who is in them."""
        return [
            {
                **asdict(group),
                "members": [people.BY_ID[each].name for each in group.members],
                "site": sites.BY_CLOUD_ID[wiki.cloud_id].slug,
            }
            for wiki in self._world.wikis.values()
            for group in wiki.groups.values()
        ]

    def change_group(self, said: Said) -> object:
        """POST groups {group, add?, remove?, site?}: people join and leave."""
        wiki = self._world.wikis[named_site(said).cloud_id]
        group = wiki.find_group(str(said["group"]))
        if group is None:
            raise BadControl("there is no such group")
        joining = [required_account({"account": each}) for each in said.get("add", [])]
        leaving = [required_account({"account": each}) for each in said.get("remove", [])]
        kept = [each for each in group.members if each not in leaving]
        group.members = list(dict.fromkeys([*kept, *joining]))
        return asdict(group)

    def permit(self, said: Said) -> object:
        """POST spaces/permit {space, account | group, rights: [], site?}: these, and no others."""
        wiki = self._world.wikis[named_site(said).cloud_id]
        space = wiki.space_by_key(str(said["space"]))
        group = wiki.find_group(str(said.get("group", "")))
        rights = [str(each) for each in said["rights"]]
        if space is None or not set(rights) <= set(FULL) or ("group" in said and group is None):
            raise BadControl(f"a space, an account or a group, and rights of: {', '.join(FULL)}")
        if group is not None:
            space.groups[group.id] = rights
        else:
            space.rights[required_account(said)] = rights
        return {"rights": space.rights, "groups": space.groups}

    def gone(self, _said: Said) -> object:
        """GET gone: the operations that answer 410 for now, and those that can."""
        return {"gone": sorted(self._world.gone.names), "known": sorted(NOT_SEEN)}

    def set_gone(self, said: Said) -> object:
        """POST gone {operations: []}: these answer 410 at the gateway, and no others."""
        self._world.gone.set(frozenset(map(str, said["operations"])))
        return self.gone(said)

    def reports(self, _said: Said) -> object:
        """GET reports of personal data: when, by which app, of whom."""
        return self._world.privacy.reports

    def change_account(self, said: Said) -> object:
        """POST accounts/change {account, status: closed | updated}: closed for good."""
        account, status = required_account(said), said.get("status")
        if status not in ("closed", "updated"):
            raise BadControl("status is closed or updated")
        self._world.privacy.change(account, status, self._world.clock.now())
        if status == "closed":
            self._world.grants.revoke(account)
            self.revoke_tokens({"account": account})
        return {"account": account, "status": status}
