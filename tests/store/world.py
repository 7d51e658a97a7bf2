"""One person's things, all of them; another tenant's namesake has the very same."""

from dataclasses import astuple, dataclass, field
from datetime import timedelta

from pydantic import SecretStr

from bot.connection import Connection, Grant, Need
from bot.content import (
    Account,
    AccountId,
    AllowedSpace,
    CloudId,
    PageId,
    Site,
    Space,
    SpaceId,
    SpaceKey,
)
from bot.dialog import Answer, Dialog, DialogId, Fate, Phase, Plan, PlanId, Record, Write
from bot.document import BulletList, Document, Item, Mention, Paragraph, Text
from bot.installation import BotTokens, Installation, PendingInstall
from bot.integration import (
    AuthorizationType,
    ChannelDefaults,
    Credential,
    Integration,
    Policy,
    Role,
)
from bot.pending import Obtained, Parked, PendingConnection, Purpose, Step
from bot.ports import Due, settling
from bot.principal import Principal, digest
from bot.profile import (
    AuthorizationProfile,
    ClientAuthentication,
    Mechanism,
    Provider,
    TokenBody,
)
from bot.receipt import Act, Decision, DecisionId, Draft, DraftId, Receipt, Stage
from bot.task import Audience, DialogTask, Event, Reach, TaskId, TemplateVersion
from bot.template import TemplateId, Version
from bot.trail import Action, AuditRow, Entry, Link, Links, RowId
from bot.written import Written

PROFILE = "system"

# What nobody may read in a stolen database, as it stands in the objects below.
SECRETS = (
    "access-secret",
    "refresh-secret",
    "xoxb-secret",
    "xoxe-secret",
    "verifier-secret",
    "nonce-secret",
    "hooks.example",
    "typed by Ada",
    "Secret plans",
    "what Ada searched",
    "Ada Lovelace",
    "Ada of Slack",
    "Acme Limited",
    "acme.example",
    "Engineering",
    "client-secret",
    "client-id",
    "wiki.example",
    "Wiki of Acme",
    "All of staff",
    "U1ADMIN",
    "how Ada decides",
    "Ada's plan",
)


@dataclass
class World:
    """Everything that can be stored of one principal."""

    ada: Principal
    now: object
    hook: SecretStr = field(default_factory=lambda: SecretStr("https://hooks.example/1"))
    note: str = ""
    number: str = "1"

    @property
    def profile(self):
        return PROFILE if self.number == "1" else "custom"

    @property
    def soon(self):
        return self.now + timedelta(minutes=10)

    @property
    def site(self):
        return Site(CloudId("c1"), "Acme Limited", "https://acme.example")

    @property
    def account(self):
        return Account(AccountId("712020:a"), "Ada Lovelace")

    @property
    def grant(self):
        secrets = SecretStr("access-secret"), SecretStr("refresh-secret")
        return Grant(*secrets, self.soon, frozenset({"read:me", "offline_access"}))

    @property
    def connection(self):
        return Connection(self.ada, self.profile, self.account, (self.site,), self.grant, self.now)

    @property
    def consent(self):
        return PendingConnection(
            tenant=self.ada.tenant,
            step=Step.CONSENT,
            key=digest(f"state {self.number}"),
            flow="flow-1",
            principal=self.ada,
            profile=self.profile,
            need=Need.WRITE,
            expires_at=self.soon,
            browser=digest("cookie"),
            verifier=SecretStr("verifier-secret"),
            nonce=SecretStr("nonce-secret"),
            response_url=self.hook,
            response_url_at=self.now,
            person="Ada of Slack",
            workspace="Acme Limited",
            obtained=Obtained(self.grant, self.account, (self.site,)),
            purpose=Purpose.ORGANISATION,
            profile_version=3,
            scopes=frozenset({"read:me"}),
            name="The robot",
            server="Wiki of Acme",
        )

    @property
    def code(self):
        return PendingConnection(
            tenant=self.ada.tenant,
            step=Step.CODE,
            key=digest(f"code {self.number}"),
            flow="flow-1",
            principal=self.ada,
            profile=self.profile,
            need=Need.READ,
            expires_at=self.soon,
        )

    @property
    def parked(self):
        return Parked("search what Ada searched", "C1", self.now)

    @property
    def space(self):
        return Space(SpaceId(f"7{self.number}"), SpaceKey("ENG"), "Engineering")

    @property
    def body(self):
        words = Paragraph((Text("typed by Ada", frozenset({"strong"})), Mention("712020:b", "Bob")))
        return Document((words, BulletList((Item((words,)),))))

    @property
    def decision(self):
        return Decision(
            id=DecisionId(f"d{self.number}"),
            act=Act.PUBLISH,
            principal=self.ada,
            profile=self.profile,
            account=self.account,
            site=self.site,
            space=self.space,
            title="Secret plans",
            body=self.body,
            parent_id=PageId("5"),
            parent_title="Secret plans of 2025",
        )

    @property
    def draft(self):
        expires = self.now + timedelta(hours=1)
        return Draft(DraftId(f"d{self.number}"), self.decision, expires, self.hook, self.now)

    @property
    def receipt(self):
        return Receipt(
            decision=self.decision,
            stage=Stage.CLAIMED,
            claimed_at=self.now,
            touched_at=self.now,
            page_url="https://acme.example/1",
            response_url=self.hook,
            response_url_at=self.now,
            correlation="abc",
        )

    @property
    def audit_row(self):
        entry = Entry.by(self.ada, Action.PUBLISH, "Ada of Slack").under(self.connection)
        entry = entry.on(self.site, self.space).of("page", "Secret plans").to("U1CY", "Cy of Slack")
        return AuditRow(entry, RowId(f"row-{self.number}"), self.now)

    @property
    def links(self):
        return Links(self.ada.tenant, int(self.number), (self.audit_row.id,), (Link("link"),))

    @property
    def due(self):
        return settling(self.decision, self.soon)

    @property
    def other_due(self):
        return Due("other", self.ada.tenant, "1", self.now)

    @property
    def custom(self):
        server = f"https://wiki.example/{self.number}"
        return AuthorizationProfile(
            id=f"p{self.number}",
            name=f"Wiki of Acme {self.number}",
            provider=Provider.DATA_CENTER,
            mechanism=Mechanism.CLIENT_CREDENTIALS,
            tenant=self.ada.tenant,
            client_id="client-id",
            client_secret=SecretStr("client-secret"),
            authorization_url=f"{server}/authorize",
            token_url=f"{server}/token",
            refresh_url=f"{server}/refresh",
            revocation_url=f"{server}/revoke",
            scopes=frozenset({"READ", "WRITE"}),
            callback_url="https://bot.example/callback",
            base_url=server,
            issuer=server,
            sends_issuer=True,
            client_authentication=ClientAuthentication.BASIC,
            token_body=TokenBody.JSON,
            offers_pkce=False,
            made_by="U1ADMIN",
            made_at=self.now,
            tried_at=self.soon,
        )

    @property
    def allowed(self):
        return AllowedSpace(self.site.cloud_id, *astuple(self.space))

    @property
    def integration(self):
        policy = Policy(
            read=Credential.OWN_ELSE_ORGANISATION,
            write=Credential.ORGANISATION,
            readable=(self.allowed,),
            writable=(self.allowed,),
            audience="g1",
            audience_name="All of staff",
            roles=((Role.WRITE, ("S1STAFF",)), (Role.ADMINISTER, ("U1ADMIN",))),
            is_read_only=True,
        )
        return Integration(
            tenant=self.ada.tenant,
            authorization=AuthorizationType.PRE_AUTHORIZED,
            people_profile="p1",
            organisation_profile="p2",
            policy=policy,
            configured_at=self.now,
            announced_at=self.soon,
            generation=1,
        )

    @property
    def channel(self):
        return ChannelDefaults(
            self.ada.tenant,
            f"C{self.number}",
            self.site.cloud_id,
            self.site.name,
            *astuple(self.space),
            set_by="U1ADMIN",
            set_at=self.now,
            parent_id="5",
            parent_title="Secret plans of 2025",
        )

    @property
    def template(self):
        return TemplateVersion(
            self.ada.tenant,
            TemplateId(f"decision-{self.number}"),
            Version("1.0.0"),
            source="name: how Ada decides",
            by=self.ada.user_id,
            added_at=self.now,
            is_own=True,
            approved_by="U1ADMIN",
        )

    @property
    def task(self):
        task = DialogTask(
            TaskId(f"t{self.number}"),
            self.ada.tenant,
            word=f"decide{self.number * 3}",  # no two are near
            title="how Ada decides",
            template=self.template.id,
            version=self.template.version,
            owner=self.ada.user_id,
            audience=Audience(Reach.CHANNEL, "C1", "Secret plans"),
            aliases=(f"d{self.number * 3}",),
            defaults=(("space", Written('"typed by Ada"')),),
        )
        return task.after(Event.INSTALLED, self.ada.user_id, self.now)

    @property
    def dialog(self):
        write = Write("0", "create", "Create the page “Secret plans”", "digest", DecisionId("d9"))
        site = self.site
        return Dialog(
            id=DialogId(f"g{self.number}"),
            principal=self.ada,
            task=self.task.id,
            word=self.task.word,
            title=self.task.title,
            template=self.template.id,
            version=self.template.version,
            began_at=self.now,
            touched_at=self.now,
            expires_at=self.now + timedelta(days=30),
            now=self.now,
            phase=Phase.CONFIRMING,
            answers=(Answer("title", Written('"typed by Ada"'), "typed by Ada", said_at="1.1"),),
            order=("title",),
            channel="D1",
            thread=f"1.{self.number}",
            plan=Plan(
                PlanId(f"p{self.number}"), (write,), "Ada Lovelace", "712020:a", site.cloud_id,
                site.name,
            ),
            journal=(Record("x", "search", Fate.DONE, Written('"Ada\'s plan"')),),
            response_url=self.hook,
            response_url_at=self.now,
        )  # fmt: skip

    @property
    def install(self):
        return PendingInstall(digest(f"install {self.ada}"), digest("cookie"), self.soon)

    @property
    def installation(self):
        return Installation(
            tenant=self.ada.tenant,
            team_id=self.ada.tenant,
            enterprise_id=None,
            name="Acme Limited",
            bot_token=SecretStr("xoxb-secret"),
            bot_id="B1",
            bot_user_id="U0",
            app_id="A1",
            scopes=frozenset({"commands", "chat:write"}),
            installed_at=self.now,
            refresh_token=SecretStr("xoxe-secret"),
            token_expires_at=self.now + timedelta(hours=12),
        )

    @property
    def tokens(self):
        until = self.now + timedelta(hours=24)
        return BotTokens(SecretStr("xoxb-secret-2"), SecretStr("xoxe-secret-2"), until)


async def settle_in(stores, world):
    """Store everything of the person."""
    await stores.installations.save(world.installation, by=world.ada.user_id)
    await stores.connections.save(world.connection)
    await stores.pending.save(world.consent)
    await stores.pending.save(world.code)
    await stores.parked.save(world.ada, world.parked, world.soon)
    await stores.preferences.choose_site(world.ada, world.site.cloud_id)
    await stores.preferences.add_recent_space(world.ada, world.site.cloud_id, world.space)
    await stores.drafts.save(world.draft)
    await stores.receipts.claim(world.receipt)
    await stores.due.add(world.other_due)
    await stores.deliveries.is_first(world.ada.tenant, "Ev1", world.now)
    await stores.quota.add("app", world.ada.tenant, 3, world.now)
    await stores.templates.add(world.template)
    await stores.tasks.add(world.task)
    await stores.dialogs.begin(world.dialog)
    world.note = await stores.notes.seal(world.ada, "typed by Ada")
    await stores.audit.insert(await stores.audit.seal(world.audit_row))
    await stores.chain.add(world.links)


async def settle_whole(stores, world):
    """Store everything of *world*, and how its tenant authorizes."""
    await settle_in(stores, world)
    await stores.profiles.add(world.custom)
    await stores.integrations.replace(Integration(world.ada.tenant), world.integration)
    await stores.integrations.save_channel(world.channel)
    await stores.installs.save(world.install)
