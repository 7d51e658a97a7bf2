"""One world around ``Connect``: the stores in memory, and stand-ins that record."""

from datetime import timedelta

from pydantic import SecretStr

from bot.connect import Connect, Returned, Services, Stores, Terms, Wanted
from bot.connection import Grant, Need
from bot.content import Account, AccountId, CloudId, Site
from bot.installation import Installation, SlackPerson
from bot.pending import Obtained
from bot.ports import Proven
from bot.principal import Principal, Tenant, digest
from bot.public_address import PublicAddress
from store.memory import (
    MemoryConnections,
    MemoryInstallations,
    MemoryIntegrations,
    MemoryParkedRequests,
    MemoryPendingConnections,
    MemoryPreferences,
    MemoryProfiles,
)
from tests.fakes import (
    NOON,
    FakeClock,
    FakeConsentServer,
    FakeSignIn,
    FakeSlackPeople,
    FakeVoice,
    auditor,
    book,
)

ADA = Principal(Tenant("T1"), "U1")
BOB = Principal(Tenant("T1"), "U2")
LAPTOP = digest("laptop")
PHONE = digest("phone")
ACME = Site(CloudId("c1"), "Acme", "https://acme.example")
LABS = Site(CloudId("c2"), "Acme Labs", "https://labs.example")
LOVELACE = Account(AccountId("a1"), "Ada Lovelace")
BYRON = Account(AccountId("a2"), "Augusta Byron")
REPLY_URL = SecretStr("https://hooks.slack.example/actions/1")


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


class WatchedConnections(MemoryConnections):
    """Shows what is kept."""

    @property
    def all(self):
        return dict(self._kept)


class WatchedPendings(MemoryPendingConnections):
    """Shows what is kept, and counts what could have changed it."""

    changes = 0
    fails = None

    @property
    def all(self):
        return dict(self._kept)

    def of(self, step):
        return [each for each in self._kept.values() if each.step is step]

    async def save(self, pending):
        self.changes += 1
        await super().save(pending)

    async def consume(self, tenant, step, key, now):
        self.changes += 1
        if self.fails:
            raise self.fails
        return await super().consume(tenant, step, key, now)


def granted(scopes=Need.READ.scopes, refresh="r1"):
    token = SecretStr(refresh) if refresh else None
    return Grant(SecretStr("g1"), token, NOON + timedelta(hours=1), frozenset(scopes))


class Provider(FakeConsentServer):
    """Answers every code with *obtained*, and records what was asked for."""

    url = "https://auth.example/authorize"

    def __init__(self):
        super().__init__(obtained=Obtained(granted(), LOVELACE, (ACME,)))
        self.sent = []

    def consent_url(self, profile, scopes, state, verifier):
        self.sent.append((profile.id, scopes, state, verifier))
        return f"{self.url}?state={state}"


class SignIn(FakeSignIn):
    """Says that the browser belongs to *proven*, or raises it, and records what was asked."""

    url = "https://slack.example/openid/connect/authorize"

    def __init__(self):
        super().__init__()
        self.proven = Proven("U1", "T1", None)
        self.sent = []

    def sign_in_url(self, state, nonce, team_id):
        self.sent.append((state, nonce, team_id))
        return f"{self.url}?state={state}&team={team_id}"

    async def redeem(self, code, nonce):
        self.proofs = {code.get_secret_value(): self.proven}
        return await super().redeem(code, nonce)


class World:
    """Everything around one ``Connect``."""

    def __init__(self, address="https://confab.example"):
        self.clock = FakeClock()
        self.installations = MemoryInstallations(self.clock)
        self.connections = WatchedConnections(self.clock)
        self.pendings = WatchedPendings()
        self.parked = MemoryParkedRequests()
        self.preferences = MemoryPreferences()
        self.provider = Provider()
        self.sign_in = SignIn()
        self.people = FakeSlackPeople(
            {"U1": SlackPerson("U1", "Ada", "T1"), "U2": SlackPerson("U2", "Bob", "T1")}
        )
        self.voice = FakeVoice()
        self.profiles, self.integrations = MemoryProfiles(), MemoryIntegrations()
        self.admins = {ADA}
        self.connected = []
        self.hook_error = None
        self.address = PublicAddress(address)
        stores = Stores(
            self.installations,
            self.connections,
            self.pendings,
            self.parked,
            self.preferences,
            book(self.profiles),
            self.profiles,
            self.integrations,
        )
        services = Services(
            self.provider,
            self.sign_in,
            self.people,
            self.voice,
            self.on_connected,
            self.may_administer,
            auditor(),
        )
        self.connect = Connect(stores, services, Terms(self.address), self.clock)

    async def open(self):
        """Install the app where it is installed, and return the world."""
        await self.installations.save(installed())
        await self.installations.save(installed("T2", "Umbrella"))
        return self

    async def on_connected(self, connected):
        if self.hook_error:
            raise self.hook_error
        self.connected.append(connected)

    async def may_administer(self, principal):
        return principal in self.admins

    async def invite(self, principal=ADA, need=Need.READ, parked=None, person="Ada", **wanted):
        return await self.connect.start(
            principal, person, "Acme Inc", Wanted(need, **wanted), parked
        )

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

    async def site_of(self, principal=ADA):
        return (await self.preferences.find(principal)).site


def token_of(link):
    return link.rsplit("/", 1)[1]


def state_of(url):
    return url.split("state=", 1)[1].split("&", 1)[0]


def came_back(state, code="code"):
    return Returned(state, SecretStr(code))
