"""The worlds around connecting, in memory: each keeps its port's promise and records."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from bot.connect import Connect, Returned, Services, Stores, Terms
from bot.connection import Grant, Need, Preferences
from bot.content import Account, AccountId, CloudId, Site
from bot.installation import Installation, SlackPerson
from bot.pending import Obtained, Step
from bot.ports import (
    Connections,
    ConsentServer,
    Installations,
    ParkedRequests,
    PendingConnections,
    PreferencesStore,
    Proven,
    SlackPeople,
    SlackSignIn,
    Voice,
)
from bot.principal import Principal, Tenant, digest
from bot.public_address import PublicAddress

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ADA = Principal(Tenant("T1"), "U1")
BOB = Principal(Tenant("T1"), "U2")
LAPTOP = digest("laptop")
PHONE = digest("phone")
ACME = Site(CloudId("c1"), "Acme", "https://acme.example")
LABS = Site(CloudId("c2"), "Acme Labs", "https://labs.example")
LOVELACE = Account(AccountId("a1"), "Ada Lovelace")
BYRON = Account(AccountId("a2"), "Augusta Byron")
REPLY_URL = SecretStr("https://hooks.slack.example/actions/1")


class FakeClock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now

    def pass_by(self, **passed):
        self.now += timedelta(**passed)


def installed(tenant="T1", name="Acme Inc", **given):
    fields = {
        "tenant": Tenant(tenant),
        "team_id": tenant,
        "enterprise_id": None,
        "name": name,
        "bot_token": SecretStr("xoxb-1"),
        "bot_id": "B1",
        "bot_user_id": "UB",
        "app_id": "A1",
        "scopes": frozenset(),
        "installed_at": NOON,
    }
    return Installation(**{**fields, **given})


class FakeInstallations(Installations):
    def __init__(self):
        self.all = {Tenant("T1"): installed(), Tenant("T2"): installed("T2", "Umbrella")}

    async def find(self, tenant):
        return self.all.get(tenant)

    async def save(self, installation):
        self.all[installation.tenant] = installation

    async def remove(self, tenant, *, before):
        return self.all.pop(tenant, None) is not None


class FakeConnections(Connections):
    def __init__(self):
        self.all = {}

    async def find(self, principal, profile):
        return self.all.get((principal, profile))

    async def save(self, connection):
        self.all[connection.principal, connection.profile] = connection

    async def remove(self, principal, profile):
        return self.all.pop((principal, profile), None)

    async def claim_refresh(self, connection, lasts):
        raise NotImplementedError

    async def replace_grant(self, connection, claim, grant):
        raise NotImplementedError

    async def release_refresh(self, connection, claim):
        raise NotImplementedError

    async def end(self, connection, at):
        raise NotImplementedError

    async def find_account(self, tenant, user_id, profile):
        raise NotImplementedError


class FakePendings(PendingConnections):
    def __init__(self):
        self.all = {}
        self.changes = 0

    async def save(self, pending):
        key = (pending.tenant, pending.step, pending.key)
        self.changes += 1
        if key not in self.all or self.all[key].consumed_at is None:
            self.all[key] = pending

    async def find(self, tenant, step, key):
        return self.all.get((tenant, step, key))

    async def consume(self, tenant, step, key, now):
        self.changes += 1
        found = self.all.get((tenant, step, key))
        if found is None or found.consumed_at is not None or found.expires_at <= now:
            return None
        used = replace(found, consumed_at=now)
        secrets = {"verifier": None, "nonce": None, "response_url": None, "obtained": None}
        self.all[tenant, step, key] = replace(used, person="", workspace="", **secrets)
        return used

    async def find_code(self, principal, now):
        live = [each for each in self.all.values() if self._is_live_code(each, principal, now)]
        if not live:
            return None
        newest = max(live, key=lambda each: each.expires_at)
        if newest.tries_left <= 0:
            return None
        tried = replace(newest, tries_left=newest.tries_left - 1)
        self.all[tried.tenant, tried.step, tried.key] = tried
        return tried

    def _is_live_code(self, pending, principal, now):
        is_theirs = pending.step is Step.CODE and pending.principal == principal
        return is_theirs and pending.consumed_at is None and pending.expires_at > now

    def of(self, step):
        return [each for each in self.all.values() if each.step is step]


class FakeParked(ParkedRequests):
    def __init__(self):
        self.all = {}

    async def save(self, principal, parked, until):
        self.all[principal] = (parked, until)

    async def consume(self, principal, now):
        parked, until = self.all.pop(principal, (None, now))
        return parked if until > now else None

    async def forget(self, principal):
        self.all.pop(principal, None)


class FakePreferences(PreferencesStore):
    def __init__(self):
        self.sites = {}

    async def find(self, principal):
        return Preferences(self.sites.get(principal))

    async def choose_site(self, principal, site):
        self.sites[principal] = site

    async def add_recent_space(self, principal, site, space):
        raise NotImplementedError

    async def remove(self, principal):
        self.sites.pop(principal, None)


def granted(scopes=Need.READ.scopes, refresh="r1"):
    token = SecretStr(refresh) if refresh else None
    return Grant(SecretStr("g1"), token, NOON + timedelta(hours=1), frozenset(scopes))


class FakeConsent(ConsentServer):
    """Answers every code with *answer*, or raises it."""

    url = "https://auth.example/authorize"

    def __init__(self):
        self.answer = Obtained(granted(), LOVELACE, (ACME,))
        self.asked = []
        self.redeemed = []

    def consent_url(self, profile, scopes, state, verifier):
        self.asked.append((profile, scopes, state, verifier))
        return f"{self.url}?state={state}"

    async def redeem(self, profile, code, verifier):
        self.redeemed.append((profile, code.get_secret_value(), verifier.get_secret_value()))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def renew(self, profile, grant):
        raise NotImplementedError

    async def list_sites(self, grant):
        raise NotImplementedError


class FakeSignIn(SlackSignIn):
    """Says that the browser belongs to *proven*, or raises it."""

    url = "https://slack.example/openid/connect/authorize"

    def __init__(self):
        self.configured = True
        self.proven = Proven("U1", "T1", None)
        self.asked = []
        self.redeemed = []

    @property
    def is_configured(self):
        return self.configured

    def sign_in_url(self, state, nonce, team_id):
        self.asked.append((state, nonce, team_id))
        return f"{self.url}?state={state}&team={team_id}"

    async def redeem(self, code, nonce):
        self.redeemed.append((code.get_secret_value(), nonce))
        if isinstance(self.proven, Exception):
            raise self.proven
        return self.proven


class FakePeople(SlackPeople):
    def __init__(self):
        self.answer = SlackPerson("U2", "Bob", "T1")

    async def get(self, installation, user_id):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class FakeVoice(Voice):
    def __init__(self):
        self.said = []
        self.error = None

    async def tell(self, principal, text, blocks=(), *, response_url=None, replace=False):
        if self.error:
            raise self.error
        self.said.append((principal, text, response_url))


class World:
    """Everything around one ``Connect``."""

    def __init__(self, address="https://confab.example"):
        self.clock = FakeClock()
        self.installations = FakeInstallations()
        self.connections = FakeConnections()
        self.pendings = FakePendings()
        self.parked = FakeParked()
        self.preferences = FakePreferences()
        self.provider = FakeConsent()
        self.sign_in = FakeSignIn()
        self.people = FakePeople()
        self.voice = FakeVoice()
        self.connected = []
        self.hook_error = None
        self.address = PublicAddress(address)
        stores = Stores(
            self.installations, self.connections, self.pendings, self.parked, self.preferences
        )
        services = Services(self.provider, self.sign_in, self.people, self.voice, self.on_connected)
        self.connect = Connect(stores, services, Terms(self.address), self.clock)

    async def on_connected(self, connected):
        if self.hook_error:
            raise self.hook_error
        self.connected.append(connected)

    async def invite(self, principal=ADA, need=Need.READ, parked=None, person="Ada"):
        return await self.connect.start(principal, person, "Acme Inc", need, parked)

    async def link(self, **given):
        return token_of((await self.invite(**given)).link)

    async def begin(self, browser=LAPTOP, **given):
        return state_of(await self.connect.begin(await self.link(**given), browser))

    async def prove(self, browser=LAPTOP, **given):
        state = await self.begin(browser, **given)
        return state_of(await self.connect.prove(came_back(state), browser))

    async def consent(self, browser=LAPTOP, **given):
        state = await self.prove(browser, **given)
        return await self.connect.consent("system", came_back(state), browser)

    def connection_of(self, principal=ADA):
        return self.connections.all.get((principal, "system"))


def token_of(link):
    return link.rsplit("/", 1)[1]


def state_of(url):
    return url.split("state=", 1)[1].split("&", 1)[0]


def came_back(state, code="code"):
    return Returned(state, SecretStr(code))
