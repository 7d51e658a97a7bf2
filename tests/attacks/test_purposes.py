"""Whatever a link is for, only its person goes through with it, in one browser, and once.

The attack is always the same: somebody begins, has somebody else go on, and one of the two
ends up with what the other gave away. Here it is tried at every step of every purpose.
"""

from dataclasses import dataclass

import aiohttp
import pytest

from bot.connect import Wanted
from bot.connection import Need
from bot.pending import Purpose
from bot.principal import Principal
from bot.trail import Wanted as Rows
from tests.attacks.ways import connector, set_up
from tests.stage import Stage, staged
from tests.ways import ACME, ADA, PEOPLE, SERVICE, Way

BOB = Principal(ACME, "U0BOB")
CLOUD_CUSTOM, PAT, INCOMING, BASIC = PEOPLE[1], PEOPLE[4], PEOPLE[5], PEOPLE[6]


@dataclass(frozen=True)
class Case:
    """A purpose, and the steps at which somebody else might go on."""

    purpose: Purpose
    way: Way
    steps: tuple[str, ...]
    need: Need = Need.READ


CONSENTED = ("/connect/slack?", "/connect/callback/")
TYPED = ("/connect/slack?", "/connect/typed/")
CASES = (
    Case(Purpose.OWN, CLOUD_CUSTOM, CONSENTED),
    Case(Purpose.OWN, INCOMING, CONSENTED),
    Case(Purpose.OWN, PAT, TYPED),
    Case(Purpose.OWN, BASIC, TYPED),
    Case(Purpose.ORGANISATION, CLOUD_CUSTOM, CONSENTED, Need.LEND),
    Case(Purpose.ORGANISATION, PAT, TYPED, Need.LEND),
    Case(Purpose.ORGANISATION, SERVICE, ("/connect/slack?",), Need.LEND),
    Case(Purpose.TRIAL, INCOMING, CONSENTED),
    Case(Purpose.TRIAL, BASIC, TYPED),
    Case(Purpose.SECRET, CLOUD_CUSTOM, TYPED),
    Case(Purpose.EXPORT, CLOUD_CUSTOM, ("/connect/slack?", "/connect/export/")),
)
STEPS = [(case, step) for case in CASES for step in case.steps]


def named(value: object) -> str:
    if isinstance(value, Case):
        return f"{value.purpose}-{value.way.name}"
    return str(value).strip("/?").rpartition("/")[2]


@dataclass
class Scene:
    """A link of Ada's for one purpose, and what there was before anybody opened it."""

    stage: Stage
    case: Case
    typed: dict[str, str]
    link: str
    before: object

    async def kept(self) -> object:
        """Return all that a link could change."""
        return await kept(self.stage)

    async def walk(self, link: str, who: str, **how: object) -> dict:
        """Go on from *link* as somebody else would, or the same."""
        return await self.stage.walk(link, who, **{"typed": self.typed, **how})


async def kept(stage: Stage) -> object:
    stores = stage.stores
    rows = stores.audit.list_newest(ACME, Rows())
    return (
        [each async for each in stores.connections.list_all(ACME)],
        [each async for each in stores.profiles.list_all(ACME)],
        await stores.integrations.find(ACME),
        [row.entry.action async for row in rows],
    )


async def begun(stage: Stage, case: Case, who: Principal = ADA) -> Scene:
    choice = {} if case.purpose is Purpose.OWN else {"people_profile": "system"}
    profile, typed = await set_up(stage, case.way, **choice)
    if case.purpose is Purpose.SECRET:
        typed = {"secret": "a-new-client-secret"}
    wanted = Wanted(case.need, case.purpose, profile.id, "Robot")
    invited = await connector(stage).start(who, "Ada", "Acme", wanted)
    return Scene(stage, case, typed, invited.link, await kept(stage))


@pytest.fixture
async def stage():
    async with staged() as stage:
        yield stage


async def changed_nothing(scene: Scene) -> None:
    await scene.stage.quiet()
    assert await scene.kept() == scene.before


@pytest.mark.parametrize("case", CASES, ids=named)
async def test_each_goes_through_for_its_own_person(stage, case):
    scene = await begun(stage, case)
    walked = await scene.walk(scene.link, "U0ADA")
    await stage.quiet()
    assert walked["pages"][-1]["status"] == 200, walked["pages"][-1]["text"]
    assert await scene.kept() != scene.before


@pytest.mark.parametrize("case", CASES, ids=named)
async def test_a_forwarded_link_gives_neither_of_the_two_anything(stage, case):
    scene = await begun(stage, case)
    walked = await scene.walk(scene.link, "U0BOB")
    page = walked["pages"][-1]
    assert (page["status"], "for someone else" in page["title"]) == (403, True)
    # It is used up, for its own person too.
    again = await scene.walk(scene.link, "U0ADA")
    assert again["pages"][-1]["status"] == 410
    await changed_nothing(scene)


@pytest.mark.parametrize(("case", "step"), STEPS, ids=named)
async def test_nobody_goes_on_in_another_browser(stage, case, step):
    scene = await begun(stage, case)
    ours = await scene.walk(scene.link, "U0ADA", stop_at=step)
    assert step in ours["stopped"]
    # A browser that has been here before, and one that hasn't:
    visited = await scene.walk(f"{stage.bot_url}/connect/nowhere", "U0BOB")
    for cookies in (visited["cookies"], {}):
        theirs = await scene.walk(ours["stopped"], "U0BOB", cookies=cookies)
        assert theirs["pages"][-1]["status"] >= 400
        await changed_nothing(scene)


@pytest.mark.parametrize(("case", "step"), STEPS, ids=named)
async def test_what_was_used_is_good_for_nothing(stage, case, step):
    scene = await begun(stage, case)
    ours = await scene.walk(scene.link, "U0ADA", stop_at=step)
    done = await scene.walk(ours["stopped"], "U0ADA", cookies=ours["cookies"])
    assert done["pages"][-1]["status"] == 200
    await stage.quiet()
    scene.before = await scene.kept()
    for link in (ours["stopped"], scene.link):
        again = await scene.walk(link, "U0ADA", cookies=done["cookies"])
        assert again["pages"][-1]["status"] in {404, 410}
    await changed_nothing(scene)


@pytest.mark.parametrize(("case", "step"), STEPS, ids=named)
async def test_looking_ahead_uses_nothing_up(stage, case, step):
    scene = await begun(stage, case)
    for method in ("HEAD", "GET", "HEAD"):
        async with aiohttp.request(method, scene.link) as answer:
            assert answer.status == 200
    ours = await scene.walk(scene.link, "U0ADA", stop_at=step)
    is_page = "?" not in ours["stopped"]
    for method in ("HEAD", "OPTIONS", "GET") if is_page else ("HEAD", "OPTIONS", "POST"):
        headers = cookie_header(ours)
        async with aiohttp.request(method, ours["stopped"], headers=headers) as answer:
            assert answer.status == (200 if is_page and method != "OPTIONS" else 405)
    await changed_nothing(scene)
    done = await scene.walk(ours["stopped"], "U0ADA", cookies=ours["cookies"])
    assert done["pages"][-1]["status"] == 200


PAGES = [(case, step) for case, step in STEPS if "?" not in step and "callback" not in step]


@pytest.mark.parametrize(("case", "step"), PAGES, ids=named)
@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {},
    ],
    ids=lambda sent: "-".join(sent.values()) or "none",
)
async def test_another_sites_form_is_not_taken(stage, case, step, sent):
    scene = await begun(stage, case)
    ours = await scene.walk(scene.link, "U0ADA", stop_at=step)
    # The victim's own cookie goes along; what is typed is the attacker's.
    form = {"user": "eve", "secret": "the attacker's own", "expires": ""}
    async with stage.session.post(
        ours["stopped"], data=form, headers=cookie_header(ours) | sent, allow_redirects=False
    ) as answer:
        assert answer.status == 403
    await changed_nothing(scene)
    done = await scene.walk(ours["stopped"], "U0ADA", cookies=ours["cookies"])
    assert done["pages"][-1]["status"] == 200


ADMINS = [case for case in CASES if case.purpose.is_admins]


@pytest.mark.parametrize("case", ADMINS, ids=named)
async def test_whoever_is_no_admin_gets_nowhere(stage, case):
    scene = await begun(stage, case, BOB)
    walked = await scene.walk(scene.link, "U0BOB")
    page = walked["pages"][-1]
    assert (page["status"], page["title"].startswith("Only admins")) == (403, True)
    await changed_nothing(scene)


@pytest.mark.parametrize(("case", "step"), [each for each in STEPS if each[0] in ADMINS], ids=named)
async def test_whoever_is_an_admin_no_longer_gets_no_further(stage, case, step):
    scene = await begun(stage, case)
    ours = await scene.walk(scene.link, "U0ADA", stop_at=step)
    await stage.post("slack/people/change", {"user": "U0ADA", "role": "member"})
    await stage.quiet()
    walked = await scene.walk(ours["stopped"], "U0ADA", cookies=ours["cookies"])
    assert walked["pages"][-1]["status"] == 403
    await changed_nothing(scene)


@pytest.mark.parametrize(("case", "step"), STEPS, ids=named)
async def test_whoever_was_deactivated_meanwhile_gets_no_further(stage, case, step):
    scene = await begun(stage, case)
    ours = await scene.walk(scene.link, "U0ADA", stop_at=step)
    await stage.post("slack/people/change", {"user": "U0ADA", "deleted": True})
    await stage.quiet()
    scene.before = await scene.kept()
    walked = await scene.walk(ours["stopped"], "U0ADA", cookies=ours["cookies"])
    assert walked["pages"][-1]["status"] >= 400
    await changed_nothing(scene)


@pytest.mark.parametrize("case", CASES, ids=named)
async def test_nothing_is_good_for_ever(case):
    async with staged(consent_lifetime=1e-6) as stage:
        scene = await begun(stage, case)
        walked = await scene.walk(scene.link, "U0ADA")
        assert walked["pages"][-1]["status"] == 410
        await changed_nothing(scene)


def cookie_header(walked: dict) -> dict[str, str]:
    held = walked["cookies"].get("localhost", {})
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in held.items())}
