"""What a tenant's admins and channels chose: profiles, the integration, channels' defaults."""

import asyncio
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.integration import AuthorizationType, Integration
from bot.profile import SYSTEM, AuthorizationProfile
from store.preparation import SHAPES

NAMES = [
    "Wiki of Acme",
    "wiki of acme",
    "  Wiki\tof  Acme ",
    "WIKI OF ACME",
    "Wiki\N{NO-BREAK SPACE}of Acme",
    "\N{FULLWIDTH LATIN CAPITAL LETTER W}iki of Acme",
]


def untouched(value):
    """Return the names of the fields that stand at their default."""
    return {each.name for each in fields(value) if getattr(value, each.name) == each.default}


def test_what_is_kept_has_nothing_left_at_its_default(world):
    assert untouched(world.custom) == {"version"}
    assert untouched(world.integration) == set()
    assert untouched(world.integration.policy) == set()
    assert untouched(world.channel) == set()


class TestProfiles:
    @pytest.fixture
    def profiles(self, stores):
        return stores.profiles

    @pytest.fixture
    def custom(self, world):
        return replace(world.custom, name=NAMES[0])

    @pytest.fixture
    def second(self, custom):
        return replace(custom, version=2, client_secret=SecretStr("client-secret-2"))

    async def listed(self, profiles, tenant):
        return [each async for each in profiles.list_all(tenant)]

    async def test_finds_it_whole(self, profiles, custom, tenant):
        assert await profiles.add(custom)
        assert await profiles.find(tenant, custom.id) == custom
        assert await profiles.find(tenant, custom.id, 1) == custom

    async def test_nothing_is_there_at_first(self, profiles, custom, tenant):
        assert await profiles.find(tenant, custom.id) is None
        assert await self.listed(profiles, tenant) == []

    async def test_finds_the_newest_or_the_one_that_is_named(
        self, profiles, custom, second, tenant
    ):
        for each in (second, custom):
            assert await profiles.add(each)
        assert await profiles.find(tenant, custom.id) == second
        assert await profiles.find(tenant, custom.id, 1) == custom
        assert await profiles.find(tenant, custom.id, 3) is None

    async def test_a_version_is_added_by_one_of_ten(self, profiles, custom):
        each = [replace(custom, client_id=f"client {number}") for number in range(10)]
        added = await asyncio.gather(*map(profiles.add, each))
        assert added.count(True) == 1
        kept = each[added.index(True)]
        assert await profiles.find(custom.tenant, custom.id) == kept

    @pytest.mark.parametrize("name", NAMES)
    async def test_no_two_are_called_alike(self, profiles, custom, name, tenant):
        assert await profiles.add(custom)
        assert not await profiles.add(replace(custom, id="p2", name=name))
        assert await profiles.find(tenant, "p2") is None

    async def test_of_ten_of_one_name_one_is_added(self, profiles, custom, tenant):
        each = [
            replace(custom, id=f"p{number}", name=NAMES[number % len(NAMES)])
            for number in range(10)
        ]
        added = await asyncio.gather(*map(profiles.add, each))
        assert added.count(True) == 1
        assert len(await self.listed(profiles, tenant)) == 1

    async def test_a_name_is_free_again_once_its_profile_is_gone(self, profiles, custom, tenant):
        await profiles.add(custom)
        await profiles.remove(tenant, custom.id)
        assert await profiles.add(replace(custom, id="p2"))

    async def test_another_tenant_has_names_of_its_own(self, profiles, custom, their_world):
        theirs = replace(custom, tenant=their_world.ada.tenant, client_id="theirs")
        assert await profiles.add(custom)
        assert await profiles.add(theirs)
        assert await profiles.find(custom.tenant, custom.id) == custom
        assert await profiles.find(theirs.tenant, custom.id) == theirs

    async def test_lists_the_newest_of_each_by_name(self, profiles, custom, second, tenant):
        beta = replace(custom, id="p0", name="beta")
        alpha = replace(custom, id="p9", name="Alpha")
        for each in (custom, beta, second, alpha):
            assert await profiles.add(each)
        assert await self.listed(profiles, tenant) == [alpha, beta, second]

    async def test_lists_all_whatever_the_number_of_versions(self, profiles, custom, tenant):
        several = [replace(custom, id=f"p{one}", name=f"{one}") for one in range(2)]
        for each in several:
            for version in range(1, 106):
                assert await profiles.add(replace(each, version=version))
        newest = [replace(each, version=105) for each in several]
        assert await self.listed(profiles, tenant) == newest

    async def test_replaces_only_what_is_there(self, profiles, custom, second, tenant):
        assert not await profiles.replace(custom)
        await profiles.add(custom)
        tried = replace(custom, client_secret=SecretStr("typed"), tried_at=None)
        assert await profiles.replace(tried)
        assert await profiles.find(tenant, custom.id) == tried
        assert not await profiles.replace(second)
        assert not await profiles.replace(replace(custom, id="p2"))
        assert await self.listed(profiles, tenant) == [tried]

    async def test_keeps_its_name(self, profiles, custom, tenant):
        await profiles.add(custom)
        assert not await profiles.replace(replace(custom, name="Another"))
        respelt = replace(custom, name=NAMES[1])
        assert await profiles.replace(respelt)
        assert await profiles.find(tenant, custom.id) == respelt
        assert await profiles.add(replace(custom, id="p2", name="Another"))

    async def test_removes_every_version_and_no_other_profile(
        self, profiles, custom, second, tenant
    ):
        other = replace(custom, id="p2", name="Another")
        for each in (custom, second, other):
            await profiles.add(each)
        assert await profiles.remove(tenant, custom.id)
        assert not await profiles.remove(tenant, custom.id)
        assert await profiles.find(tenant, custom.id, 1) is None
        assert await self.listed(profiles, tenant) == [other]

    @pytest.mark.parametrize("change", ["add", "replace"])
    async def test_the_systems_own_is_kept_by_the_settings(self, profiles, change):
        with pytest.raises(ValueError, match="settings"):
            await getattr(profiles, change)(AuthorizationProfile(SYSTEM, "Confab"))


@given(st.text(), st.text(" \t\n\N{NO-BREAK SPACE}", min_size=1))
def test_white_space_and_case_tell_no_names_apart(name, space):
    folded = AuthorizationProfile("p1", name).folded_name
    spaced = space + space.join(name.split()) + space
    assert AuthorizationProfile("p1", spaced).folded_name == folded


class TestIntegrations:
    @pytest.fixture
    def integrations(self, stores):
        return stores.integrations

    @pytest.fixture
    async def chosen(self, integrations, world):
        return await integrations.replace(Integration(world.ada.tenant), world.integration)

    async def test_nobody_has_chosen_at_first(self, integrations, tenant):
        assert await integrations.find(tenant) == Integration(tenant)
        assert not (await integrations.find(tenant)).is_configured

    async def test_finds_the_choice_whole(self, integrations, chosen, world, tenant):
        assert chosen == world.integration
        assert await integrations.find(tenant) == chosen

    async def test_each_change_is_a_generation(self, integrations, chosen, tenant):
        changed = replace(chosen, authorization=AuthorizationType.USERS, generation=99)
        stored = await integrations.replace(chosen, changed)
        assert stored == replace(changed, generation=2)
        assert await integrations.find(tenant) == stored

    async def test_of_ten_first_choices_one_is_kept(self, integrations, tenant):
        nobodys = await integrations.find(tenant)
        each = [replace(nobodys, people_profile=f"p{number}") for number in range(10)]
        kept = await asyncio.gather(*(integrations.replace(nobodys, one) for one in each))
        [stored] = [one for one in kept if one]
        assert stored.generation == 1
        assert await integrations.find(tenant) == stored

    async def test_of_ten_changes_at_once_one_is_kept(self, integrations, chosen, tenant):
        each = [replace(chosen, people_profile=f"p{number}") for number in range(10)]
        kept = await asyncio.gather(*(integrations.replace(chosen, one) for one in each))
        [stored] = [one for one in kept if one]
        assert stored.generation == 2
        assert await integrations.find(tenant) == stored

    async def test_what_somebody_has_changed_meanwhile_stays(self, integrations, chosen, tenant):
        changed = await integrations.replace(chosen, replace(chosen, people_profile="p3"))
        assert await integrations.replace(chosen, chosen) is None
        assert await integrations.replace(Integration(tenant), chosen) is None
        assert await integrations.find(tenant) == changed

    async def test_what_nobody_has_chosen_can_not_be_changed(self, integrations, world, tenant):
        assert await integrations.replace(world.integration, world.integration) is None
        assert await integrations.find(tenant) == Integration(tenant)

    async def test_the_tenant_is_that_of_the_choice_that_was_seen(
        self, integrations, chosen, their_world
    ):
        theirs = Integration(their_world.ada.tenant)
        stored = await integrations.replace(theirs, chosen)
        assert stored == replace(chosen, tenant=their_world.ada.tenant)
        assert await integrations.find(chosen.tenant) == chosen
        assert await integrations.find(their_world.ada.tenant) == stored


class TestChannels:
    @pytest.fixture
    def channels(self, stores):
        return stores.integrations

    async def test_nothing_is_chosen_at_first(self, channels, tenant):
        assert await channels.find_channel(tenant, "C1") is None

    async def test_finds_the_defaults_whole_in_place_of_the_last(self, channels, world, tenant):
        await channels.save_channel(replace(world.channel, parent_id="", parent_title=""))
        await channels.save_channel(world.channel)
        assert await channels.find_channel(tenant, "C1") == world.channel

    async def test_two_first_choices_at_once_leave_one(self, channels, world, tenant):
        each = [replace(world.channel, set_by=f"U{number}") for number in range(10)]
        await asyncio.gather(*map(channels.save_channel, each))
        assert await channels.find_channel(tenant, "C1") in each
        assert await channels.remove_channel(tenant, "C1")
        assert await channels.find_channel(tenant, "C1") is None

    async def test_removes_one_channels_alone(self, channels, world, tenant):
        other = replace(world.channel, channel_id="C2")
        for each in (world.channel, other):
            await channels.save_channel(each)
        assert await channels.remove_channel(tenant, "C1")
        assert not await channels.remove_channel(tenant, "C1")
        assert await channels.find_channel(tenant, "C2") == other

    async def test_moves_them_to_the_channels_new_id(self, channels, world, tenant):
        await channels.save_channel(world.channel)
        await channels.move_channel(tenant, "C1", "G7")
        moved = replace(world.channel, channel_id="G7")
        assert await channels.find_channel(tenant, "G7") == moved
        assert await channels.find_channel(tenant, "C1") is None
        # Slack tells of it again.
        await channels.move_channel(tenant, "C1", "G7")
        assert await channels.find_channel(tenant, "G7") == moved

    async def test_a_channel_that_kept_its_id_keeps_its_defaults(self, channels, world, tenant):
        await channels.save_channel(world.channel)
        await channels.move_channel(tenant, "C1", "C1")
        assert await channels.find_channel(tenant, "C1") == world.channel

    async def test_a_move_that_was_cut_off_is_made_at_the_next(self, channels, world, tenant):
        await channels.save_channel(world.channel)
        await channels.save_channel(replace(world.channel, channel_id="G7"))
        await channels.move_channel(tenant, "C1", "G7")
        assert await channels.find_channel(tenant, "C1") is None

    async def test_another_tenants_channel_of_that_id_is_another(
        self, channels, world, their_world, tenant
    ):
        await channels.save_channel(their_world.channel)
        await channels.move_channel(tenant, "C1", "C2")
        assert not await channels.remove_channel(tenant, "C1")
        found = await channels.find_channel(their_world.ada.tenant, "C1")
        assert found == their_world.channel


def test_the_collections_of_the_integration_seal_all_but_ids_and_digests():
    plain = {"tenant", "profile", "version", "name", "generation", "channel_id"}
    for shape in SHAPES:
        if shape.name in {"profiles", "integrations", "channels"}:
            assert set(shape.required) - plain == {"sealed"}
            assert not shape.optional
