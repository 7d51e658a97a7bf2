"""Every way to authorize, put into the store as an admin's save would, for attackers to use."""

from dataclasses import replace
from typing import Any

from bot.app import utc_now
from bot.connect import Wanted
from bot.connection import Need, organisation
from bot.content import AllowedSpace
from bot.integration import AuthorizationType, Credential, Integration, Policy
from bot.pending import Purpose
from bot.profile import AuthorizationProfile
from handlers.ask import Kind
from tests.stage import Stage
from tests.ways import ACME, ADA, Json, Way, callback


async def set_up(stage: Stage, way: Way, **choice: Any) -> tuple[AuthorizationProfile, Json]:
    """Keep the way's profile as an admin's save does, and choose it for people."""
    profile, typed = await way.profile(stage, "p0test")
    if profile.id == "system":
        return profile, typed
    kept = replace(profile, callback_url=callback(stage, profile.id))
    complete = await stage.outside.consent.complete(kept)
    tried = replace(complete, tried_at=utc_now())
    assert await stage.stores.profiles.add(tried)
    seen = await stage.stores.integrations.find(ACME)
    given = {"people_profile": profile.id, **choice}
    assert await stage.stores.integrations.replace(seen, replace(Integration(ACME), **given))
    return tried, typed


def connector(stage: Stage) -> Any:
    listener: Any = stage.bot.table.routes[Kind.COMMAND, "connect"].listener
    return listener.__self__._parts.connect  # noqa: SLF001 - an admin's press leads there


async def lent(stage: Stage, way: Way, **policy: Any) -> AuthorizationProfile:
    """Authorize for the organisation as its admin, and lend it in ENG."""
    profile, typed = await set_up(stage, way, people_profile="system")
    invited = await connector(stage).start(
        ADA, "Ada", "Acme", Wanted(Need.LEND, Purpose.ORGANISATION, profile.id, "Robot")
    )
    walked = await stage.walk(invited.link, typed=typed)
    await stage.quiet()
    assert walked["pages"][-1]["status"] == 200, walked["pages"][-1]["text"]
    robot = await stage.stores.connections.find(organisation(ACME), profile.id)
    assert robot is not None
    site = next(each for each in robot.sites if "globex" not in each.url)
    eng = await stage.outside.confluence.find_space(robot, site, "ENG")
    assert eng is not None
    await stage.stores.preferences.choose_site(organisation(ACME), site.cloud_id)
    allowed = (AllowedSpace(site.cloud_id, eng.id, eng.key, eng.name),)
    groups = await stage.outside.confluence.find_groups(robot, site, "staff")
    given: Json = {
        "read": Credential.OWN_ELSE_ORGANISATION,
        "write": Credential.OWN_ELSE_ORGANISATION,
        "readable": allowed,
        "writable": allowed,
        "audience": groups[0].id,
        "audience_name": groups[0].name,
    }
    seen = await stage.stores.integrations.find(ACME)
    assert seen.authorization is AuthorizationType.PRE_AUTHORIZED
    changed = replace(seen, policy=Policy(**{**given, **policy}))
    assert await stage.stores.integrations.replace(seen, changed)
    return profile
