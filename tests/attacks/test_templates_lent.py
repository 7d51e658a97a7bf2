"""No template gets more out of the organisation's connection than an admin let it have."""

import json
from dataclasses import replace

import pytest

from bot.dialog import Phase
from bot.installing import Wish
from bot.task import Audience, Reach
from bot.template import TemplateId, Version
from tests.attacks.installing import ACME, Author, template
from tests.attacks.lending import CLOUD, DATA_CENTER, MARKS, TITLE, lender
from tests.attacks.scene import press, submit, suggest

pytestmark = pytest.mark.usefixtures("unhurt")

WORKSPACE = Audience(Reach.WORKSPACE)
LENDS = """
policy: {credentials: organisation allowed}
utterances: [read it out]
entities:
  - {name: page, type: page, prompt: Which page?}
steps:
  - id: got
    get: {page: "{{ page }}"}
  - id: below
    children: {page: "{{ page }}"}
  - id: found
    search: {text: Quokka}
  - id: changes
    versions: {page: "{{ page }}"}
reply:
  text: "Read out {{ got.title }}: {{ got.text }} {{ below|bullets }} {{ found.results|bullets }}"
"""
DIRECT = """
policy: {credentials: organisation allowed}
steps:
  - id: got
    get: {page: "PAGE"}
reply:
  text: "Read out {{ got.title }}: {{ got.text }} {{ got.labels|bullets }} {{ got.author }}"
"""
RESTORES = """
policy: {credentials: organisation allowed}
steps:
  - restore: {page: "PAGE"}
reply: {text: "Brought back"}
"""
MINE = TemplateId("mine")
ONE, TWO = Version("1.0.0"), Version("2.0.0")


@pytest.fixture(params=[CLOUD, DATA_CENTER], ids=lambda way: way.name)
async def lent(stage, request):
    return await lender(stage, request.param)


@pytest.fixture
async def cloud(stage):
    return await lender(stage, CLOUD)


@pytest.fixture
def ada(stage):
    return Author(stage, "U0ADA")


@pytest.fixture
def bob(stage):
    """Somebody without an account of their own."""
    return Author(stage, "U0BOB")


async def reading(lent):
    """What the connection asked Confluence for."""
    return [each for each in await lent.stage.get(f"{lent.world}/log") if "Quokka" in str(each)]


def tells(text):
    return [mark for mark in MARKS if mark in text]


class TestAnAdminsTemplate:
    async def test_reads_out_what_is_allowed(self, stage, lent, ada, bob):
        seen = await stage.post(
            f"{lent.world}/pages/create",
            {"space": "ENG", "account": "ada", "title": "Osprey", "body": "<p>Kingfisher</p>"},
        )
        await ada.installs(template(LENDS, "reads"), audience=WORKSPACE, lends=True)
        told = await bob.types(f"/confluence reads page={seen['id']}")
        assert "Read out Osprey: Kingfisher" in told
        assert tells(await bob.screen()) == []

    async def test_reads_out_nothing_that_is_hidden(self, stage, lent, ada, bob):
        await ada.installs(template(LENDS, "reads"), audience=WORKSPACE, lends=True)
        for why, page in lent.hidden.items():
            source = template(DIRECT.replace("PAGE", page), f"read-{why}")
            await ada.installs(source, f"the-{why}", audience=WORKSPACE, lends=True)
            for command in (f"reads page={page}", f"the-{why}"):
                told = await bob.types(f"/confluence {command}")
                assert "Read out" not in told, why
                assert tells(await bob.screen()) == [], why
                await bob.clears()

    async def test_names_nothing_of_the_trash_and_brings_nothing_back(self, stage, lent, ada, bob):
        restricted = lent.hidden["restricted"]
        await stage.post(f"{lent.world}/pages/delete", {"id": restricted})
        for why, page in (("trashed", lent.hidden["trashed"]), ("restricted", restricted)):
            source = template(RESTORES.replace("PAGE", page), f"restores-{why}")
            await ada.installs(source, f"restores-{why}", audience=WORKSPACE, lends=True)
            told = await bob.types(f"/confluence restores-{why}")
            assert "takes nothing out of the trash" in told
            assert tells(await bob.screen()) == []
            await bob.clears()
        assert await lent.written() == []

    async def test_suggests_nothing_that_is_hidden(self, stage, lent, ada, bob):
        await ada.installs(template(LENDS, "reads"), audience=WORKSPACE, lends=True)
        await bob.types("/confluence reads")
        [dialog] = await bob.dialogs()
        for words in ("", TITLE, "bilby", *lent.hidden.values()):
            options = await suggest(
                stage, "U0BOB", "dialog_field", words, block_id=f"{dialog.id}/page/"
            )
            assert tells(options["body"]) == []

    @pytest.mark.parametrize("where", ["C0GENERAL", "D0BOB"])
    async def test_lends_where_it_was_narrowed_to_and_nowhere_else(
        self, stage, cloud, ada, bob, where
    ):
        page = await cloud.make("allowed")
        await ada.installs(
            template(LENDS, "reads"), audience=WORKSPACE, lends=True, channels=("C0ENG",)
        )
        begin = json.dumps({"t": "reads", "k": {"page": page}})
        await press(stage, "U0BOB", "task_run_0", begin, channel=where)
        assert "Connect to Confluence" in await bob.sees()
        assert tells(await bob.screen()) == []
        await bob.clears()
        told = await bob.types(f"/confluence reads page={page}", "eng")
        assert "Read out Quokka bilby allowed" in told

    async def test_that_is_narrowed_to_a_channel_isnt_begun_by_a_message(
        self, stage, cloud, ada, bob
    ):
        await ada.installs(
            template(LENDS, "reads"), audience=WORKSPACE, lends=True, channels=("C0ENG",)
        )
        page = await cloud.make("allowed")
        begun = await bob.person.says("read it out")
        await stage.quiet()
        await bob.person.says(page, begun["ts"])
        await stage.quiet()
        assert tells(await bob.screen()) == []

    async def test_lends_in_the_spaces_that_it_was_narrowed_to_alone(self, stage, cloud, ada, bob):
        page = await cloud.make("allowed")
        await ada.installs(
            template(LENDS, "reads"), audience=WORKSPACE, lends=True, spaces=("OPS",)
        )
        told = await bob.types(f"/confluence reads page={page}")
        assert "Read out" not in told
        assert tells(await bob.screen()) == []


class TestAMembersTemplate:
    """What a member wrote runs on the runner's own connection, whoever installed it and how."""

    async def asks_for_consent(self, author, word="mine"):
        await author.clears()
        told = await author.types(f"/confluence {word} page=1")
        assert "Connect" in told
        assert "Read out" not in told

    async def test_installed_by_themselves_lends_nothing(self, stage, cloud, ada, bob):
        task = await bob.installs(template(LENDS, "mine"), audience=WORKSPACE, lends=True)
        assert (task.lends, task.by_admin) == (False, False)
        await self.asks_for_consent(bob)
        await self.asks_for_consent(Author(stage, "U0CY"))

    async def test_shared_and_installed_by_an_admin_lends_nothing(self, stage, cloud, ada, bob):
        await bob.offers.bring(bob.principal, template(LENDS, "mine"), "own.yml")
        await bob.offers.share(bob.principal, MINE, ONE, is_shared=True)
        wish = Wish("mine", audience=WORKSPACE, lends=True)
        task = await ada.installer.install(ada.principal, MINE, ONE, wish)
        assert not task.lends
        await self.asks_for_consent(bob)
        edited = await ada.installer.edit(ada.principal, task, wish)
        assert not edited.lends
        await self.asks_for_consent(bob)

    async def test_upgraded_to_by_an_admin_lends_nothing(self, stage, cloud, ada, bob):
        task = await ada.installs(template(LENDS, "mine"), audience=WORKSPACE, lends=True)
        assert task.lends
        newer = await stage.stores.templates.find(ACME, MINE, ONE)
        by_bob = replace(
            newer,
            version=TWO,
            source=template(LENDS, "mine", "2.0.0"),
            by="U0BOB",
            by_admin=False,
            is_shared=True,
        )
        assert await stage.stores.templates.add(by_bob)
        upgraded = await ada.installer.upgrade(ada.principal, task, TWO)
        assert not upgraded.lends
        await self.asks_for_consent(bob)
        back = await ada.installer.roll_back(ada.principal, upgraded)
        assert not back.lends

    async def test_that_was_begun_before_lends_nothing_afterwards(self, stage, cloud, ada, bob):
        # The task is upgraded to an admin's version, which lends; the dialog stays on Bob's.
        page = await cloud.make("allowed")
        task = await bob.installs(template(LENDS, "mine"), audience=WORKSPACE)
        await stage.connect("U0BOB")
        await bob.types("/confluence mine")
        [dialog] = await bob.dialogs()
        for own in await stage.stores.connections.list_of(bob.principal):
            await stage.stores.connections.remove(bob.principal, own.profile)
        await ada.offers.bring(ada.principal, template(LENDS, "mine", "2.0.0"), "own.yml")
        upgraded = await ada.installer.upgrade(ada.principal, task, TWO)
        wish = Wish("mine", audience=WORKSPACE, lends=True)
        assert (await ada.installer.edit(ada.principal, upgraded, wish)).lends
        values = {f"{dialog.id}/page/": {"dialog_field": {"type": "plain_text_input"}}}
        values[f"{dialog.id}/page/"]["dialog_field"]["value"] = page
        await submit(stage, "U0BOB", "dialog_form", json.dumps({"d": dialog.id}), values=values)
        await suggest(stage, "U0BOB", "dialog_field", TITLE, block_id=f"{dialog.id}/page/")
        assert tells(await bob.screen()) == []
        assert "Read out" not in await bob.screen()


async def test_a_dialog_ends_under_the_terms_with_which_it_began(stage, cloud, ada, bob):
    page = await cloud.make("allowed")
    task = await ada.installs(template(LENDS, "mine"), audience=WORKSPACE, lends=True)
    await bob.types("/confluence mine")
    [dialog] = await bob.dialogs()
    await ada.offers.bring(ada.principal, template(LENDS, "mine", "2.0.0"), "own.yml")
    assert (await ada.installer.upgrade(ada.principal, task, TWO)).lends
    values = {f"{dialog.id}/page/": {"dialog_field": {"type": "plain_text_input", "value": page}}}
    await submit(stage, "U0BOB", "dialog_form", json.dumps({"d": dialog.id}), values=values)
    ended = await stage.stores.dialogs.find(bob.principal, dialog.id)
    assert ended.phase is Phase.DONE


async def test_a_members_touch_ends_the_lending(stage, cloud, ada, bob):
    offer = await ada.offers.bring(ada.principal, template(LENDS, "mine"), "own.yml")
    await ada.offers.share(ada.principal, MINE, ONE, is_shared=True)
    task = await bob.installer.install(bob.principal, MINE, ONE, Wish("mine", lends=True))
    assert not task.lends
    lends = await ada.installer.edit(ada.principal, task, Wish("mine", lends=True))
    assert lends.lends
    edited = await bob.installer.edit(bob.principal, lends, Wish("mine", lends=True))
    assert (edited.lends, edited.by_admin) == (False, False)
    assert offer.template.version == edited.version


async def test_calls_of_its_own_are_never_made_under_the_organisations_connection(
    stage, cloud, ada, bob
):
    calls = template(
        """
policy: {credentials: organisation allowed}
steps:
  - id: got
    http: {path: /wiki/api/v2/spaces}
reply: {text: "Read out {{ got.body }}"}
""",
        "calls",
    )
    task = await ada.installs(calls, audience=WORKSPACE, lends=True)
    assert not task.lends
    assert await stage.stores.tasks.replace(task, replace(task, lends=True))
    await stage.post("atlassian/log/clear", {})
    told = await bob.types("/confluence calls")
    assert "Connect" in told
    assert [each for each in await stage.get("atlassian/log") if "/spaces" in each["path"]] == []
