"""The admin's modal, from the word to every page, in the whole bot."""

from dataclasses import replace

import pytest

from bot.connection import Need
from bot.integration import AuthorizationType, Credential, Integration, Policy, Role
from bot.profile import SYSTEM
from bot.trail import Action
from sandbox.person import words
from tests.handlers.admin_stage import ACME, ADA, BOB, ROBOT, Desk

PAGES = (
    ("admin_authorization", "Whose consent is used"),
    ("admin_profiles", "System"),
    ("admin_policy", "To read and search"),
    ("admin_people", "Who may write pages"),
    ("admin_connections", "Connections"),
    ("admin_audit", "Nothing was recorded yet"),
    ("admin_keys", "Nothing is sealed here"),
)


@pytest.fixture
def desk(stage):
    return Desk(stage)


async def integration(stage):
    return await stage.stores.integrations.find(ACME)


async def installation(stage):
    found = await stage.stores.installations.find(ACME)
    assert found
    return found


async def rows(stage):
    await stage.quiet()
    return [each.entry async for each in stage.bot.recording.auditor.list_newest(ACME)]


@pytest.mark.parametrize(("action", "said"), PAGES)
async def test_every_page_is_a_press_away_and_leads_back(desk, action, said):
    assert "available" in await desk.opens()
    assert said in await desk.presses(action)
    assert "available" in await desk.presses("admin_root")


async def test_the_home_tab_has_it_for_admins_alone(stage, desk):
    await desk.person.opens_home()
    await stage.quiet()
    assert "For admins" in words(await desk.person.home())
    assert "available" in await desk.presses("admin_open")
    bob = stage.person("U0BOB")
    await bob.opens_home()
    await stage.quiet()
    assert "For admins" not in words(await bob.home())


async def test_anybody_else_is_told_who_the_admins_are(stage):
    named = Policy(roles=((Role.ADMINISTER, ("U0CY", "S0EDITORS")),))
    await stage.stores.integrations.replace(
        await integration(stage), Integration(ACME, policy=named)
    )
    await stage.stores.installations.save(await installation(stage), by="U0ADA")
    said = await Desk(stage, "U0BOB").opens()
    assert "Only admins" in said
    assert "in Slack, and <@U0ADA> <@U0CY> <!subteam^S0EDITORS>." in said
    assert "available" in await Desk(stage, "U0CY").opens()
    gus = Desk(stage, "U0GUS")
    assert "Only admins" in await gus.opens()
    await gus.person.closes(everything=True)
    demote(stage, "U0ADA")
    await stage.stores.integrations.replace(await integration(stage), Integration(ACME))
    assert "admins and owners of this workspace in Slack. Ask" in await gus.opens()


def demote(stage, user):
    """Have Slack say that somebody is an admin no more."""
    person = stage.slack.workspace.person(user)
    person["roles"]["T0ACME"] = person["role"] = "member"
    stage.forget_people()


@pytest.mark.parametrize("kind", ["500", "timeout", "429"])
async def test_where_slack_cant_say_who_is_an_admin_nobody_is(stage, desk, kind):
    await desk.opens()
    stage.forget_people()
    await stage.post("slack/faults", {"method": "users.info", "kind": kind, "times": 99})
    said = await desk.presses("admin_read_only")
    assert "Writing is" not in said
    assert not (await integration(stage)).policy.is_read_only
    await desk.person.closes(everything=True)
    said = await desk.opens()
    assert "State:" not in said
    assert "Slack" in said


class TestAuthorization:
    async def test_it_is_pre_authorized_from_the_first_press_to_the_message(self, stage, desk):
        assert "organisation is connected" in (await desk.lends(atlassian_account="ada"))["text"]
        now = await integration(stage)
        assert now.authorization is AuthorizationType.PRE_AUTHORIZED
        assert (now.organisation_profile, now.is_configured) == (SYSTEM, True)
        robot = await stage.stores.connections.find(ROBOT, SYSTEM)
        assert (robot.name, robot.owner) == ("Robot", "U0ADA")
        assert robot.grant.scopes >= Need.LEND.scopes - {"offline_access"}
        said = str(await desk.person.messages("@app"))
        assert "*Robot* works" in said
        assert "Integration successful" in said
        assert "*Robot*, as *Ada" in await desk.opens()

    async def test_the_choice_is_kept_only_for_what_can_be_used(self, stage, desk):
        await desk.opens("admin_authorization")
        said = await desk.saves({"type": {"type": "pre_authorized"}})
        assert "no organisation's connection yet" in said
        assert (await integration(stage)).generation == 0
        await desk.saves({"type": {"type": "users_authorize"}})
        assert (await integration(stage)).generation == 0
        await desk.lends()
        await desk.opens("admin_authorization")
        await desk.saves({"type": {"type": "users_authorize"}})
        assert (await integration(stage)).authorization is AuthorizationType.USERS
        told = [each for each in await rows(stage) if each.action == Action.CHANGE_INTEGRATION]
        assert "pre-authorized → users authorize" in told[0].title

    async def test_a_name_is_asked_for(self, desk):
        await desk.opens("admin_authorization", "admin_lend")
        await desk.saves({"name": {"name": "   "}})
        assert "name" in desk.answer["errors"]

    async def test_it_is_handed_over_to_a_member_alone(self, stage, desk):
        await desk.lends()
        await desk.opens("admin_authorization", "admin_hand_over")
        said = await desk.saves({"name": {"name": "Wiki robot"}, "owner": {"owner": "U0GUS"}})
        assert "Only a full member" in said
        assert "Wiki robot" in str(await desk.view())
        said = await desk.saves({"owner": {"owner": "U0BOB"}})
        assert "*Wiki robot*" in said
        robot = await stage.stores.connections.find(ROBOT, SYSTEM)
        assert (robot.name, robot.owner, robot.generation) == ("Wiki robot", "U0BOB", 1)

    async def test_disconnecting_says_what_remains_and_lets_people_authorize(self, stage, desk):
        await desk.lends()
        await desk.opens("admin_authorization")
        said = await desk.presses("admin_disconnect")
        assert "Deleted here" in said
        assert "What remains at Atlassian" in said
        now = await integration(stage)
        assert (now.authorization, now.organisation_profile) == (AuthorizationType.USERS, "")
        assert await stage.stores.connections.find(ROBOT, SYSTEM) is None
        assert Action.DISCONNECT_ORGANISATION in {each.action for each in await rows(stage)}

    async def test_whoever_is_no_admin_any_more_gets_no_further(self, stage, desk):
        await desk.opens("admin_authorization", "admin_lend")
        demote(stage, "U0ADA")
        assert "Only admins" in await desk.saves({"name": {"name": "Robot"}})


class TestPolicy:
    async def test_spaces_and_audience_are_chosen_with_the_organisations_connection(
        self, stage, desk
    ):
        await desk.lends()
        await desk.opens("admin_policy")
        assert "Without an audience" in await desk.sees()
        [eng] = await desk.person.suggests("admin_readable", "ENG")
        groups = await desk.person.suggests("admin_audience", "staff")
        said = await desk.saves(
            {
                "read": {"read": "own_else_organisation"},
                "write": {"write": "own"},
                "readable": {"admin_readable": [eng]},
                "audience": {"admin_audience": groups[0]},
            }
        )
        policy = (await integration(stage)).policy
        assert (policy.read, policy.write) == (Credential.OWN_ELSE_ORGANISATION, Credential.OWN)
        assert [each.key for each in policy.readable] == ["ENG"]
        assert policy.writable == ()
        assert policy.audience == groups[0]["value"]
        assert "Without an audience" not in said
        told = next(each for each in await rows(stage) if each.action == Action.CHANGE_POLICY)
        assert "reading: own connection only → own, else the organisation's" in told.title
        await stage.person("U0BOB").types("/confluence search release")
        await stage.quiet()
        assert "organisation's account" in words(await stage.person("U0BOB").last())

    async def test_a_space_that_it_doesnt_open_is_refused_and_nothing_is_lost(self, stage, desk):
        await desk.lends()
        await desk.opens("admin_policy")
        [eng] = await desk.person.suggests("admin_readable", "ENG")
        forged = {**eng, "value": eng["value"].partition(":")[0] + ":999999"}
        view = stage.slack.views.top("U0ADA")
        values = {"admin_readable": {"type": "multi_external_select", "selected_options": [forged]}}
        view.values["readable"] = values
        await desk.saves({"read": {"read": "organisation"}})
        assert (await integration(stage)).policy.readable == ()
        assert "own connection" not in str((await integration(stage)).policy.read)
        assert "organisation's only" in str((await desk.view())["blocks"])

    async def test_writing_is_switched_off_at_once(self, stage, desk):
        await desk.opens()
        assert "Writing is off" in await desk.presses("admin_read_only")
        assert (await integration(stage)).policy.is_read_only
        assert "Writing is on" in await desk.presses("admin_read_only")
        assert not (await integration(stage)).policy.is_read_only
        assert len([each for each in await rows(stage) if each.action == Action.CHANGE_POLICY]) == 2

    async def test_roles_are_given_to_people_and_groups(self, stage, desk):
        await desk.opens("admin_people")
        await desk.saves(
            {
                "people_write": {"people_write": ["U0CY"]},
                "groups_write": {"groups_write": ["S0WRITERS"]},
                "people_administer": {"people_administer": ["U0BOB"]},
            }
        )
        policy = (await integration(stage)).policy
        assert policy.members(Role.WRITE) == ("U0CY", "S0WRITERS")
        assert "available" in await Desk(stage, "U0BOB").opens()
        await desk.opens("admin_people")
        await desk.saves({"groups_write": {"groups_write": []}})
        assert (await integration(stage)).policy.members(Role.WRITE) == ("U0CY",)
        told = [each for each in await rows(stage) if each.action == Action.CHANGE_POLICY]
        given = {(each.subject.user_id, each.title) for each in told if each.subject}
        assert given == {("U0CY", "may write: given"), ("U0BOB", "may administer: given")}
        assert not any("U0" in each.title for each in told)

    @pytest.mark.parametrize("page", ["admin_policy", "admin_people", "admin_authorization"])
    async def test_the_later_of_two_admins_is_told_and_loses_nothing(self, stage, desk, page):
        await desk.opens(page)
        seen = await integration(stage)
        theirs = replace(seen, policy=Policy(write=Credential.ORGANISATION))
        await stage.stores.integrations.replace(seen, theirs)
        typed = {
            "admin_policy": {"read": {"read": "organisation"}},
            "admin_people": {"people_write": {"people_write": ["U0CY"]}},
            "admin_authorization": {},
        }
        said = await desk.saves(typed[page])
        assert "Somebody else changed this" in said
        assert (await integration(stage)).policy == theirs.policy
        shown = str((await desk.view())["blocks"])
        assert {"admin_policy": "'organisation'", "admin_people": "U0CY"}.get(page, "") in shown
        await desk.saves()
        assert "Somebody else" not in await desk.sees()


class TestConnections:
    async def test_each_is_listed_with_whose_and_how_it_stands(self, stage, desk):
        await stage.connect("U0BOB")
        cy = await stage.connect("U0CY")
        await desk.lends()
        connection = await stage.stores.connections.find(BOB, SYSTEM)
        await stage.stores.connections.end(connection, connection.connected_at)
        stage.slack.workspace.person(cy.user)["deleted"] = True
        stage.forget_people()
        said = await desk.opens("admin_connections")
        assert "2 live" in said
        assert "organisation's*, “Robot”, owned by <@U0ADA>" in said
        assert ":red_circle: ended" in said
        assert ":ghost: orphaned (deactivated in Slack)" in said

    async def test_one_is_revoked_and_its_person_told(self, stage, desk):
        await stage.connect("U0BOB")
        await desk.opens("admin_connections")
        said = await desk.presses("admin_revoke")
        assert "Deleted here" in said
        assert "They were told" in said
        assert await stage.stores.connections.find(BOB, SYSTEM) is None
        told = words(await stage.person("U0BOB").last("@app"))
        assert "An admin of your workspace, <@U0ADA>, has ended your connection" in told
        entry = next(each for each in await rows(stage) if each.action == Action.REVOKE)
        assert (entry.actor.user_id, entry.subject.user_id) == ("U0ADA", "U0BOB")

    async def test_ending_the_organisations_lets_people_authorize_and_tells_its_owner(
        self, stage, desk
    ):
        await desk.lends()
        await desk.opens("admin_authorization", "admin_hand_over")
        await desk.saves({"owner": {"owner": "U0BOB"}})
        await desk.presses("admin_root")
        await desk.presses("admin_connections")
        assert "They were told" in await desk.presses("admin_revoke")
        now = await integration(stage)
        assert (now.authorization, now.organisation_profile) == (AuthorizationType.USERS, "")
        told = words(await stage.person("U0BOB").last("@app"))
        assert "has ended the organisation's connection" in told

    async def test_all_are_revoked(self, stage, desk):
        await stage.connect("U0BOB")
        await stage.connect("U0ADA")
        await desk.lends()
        await desk.opens("admin_connections")
        assert "3 connections" in await desk.presses("admin_revoke_all")
        assert [each async for each in stage.stores.connections.list_all(ACME)] == []
        assert "ended your connection" in words(await stage.person("U0BOB").last("@app"))

    async def test_the_list_is_paged(self, stage, desk):
        await stage.connect("U0ADA")
        one = await stage.stores.connections.find(ADA, SYSTEM)
        for number in range(45):
            whose = replace(ADA, user_id=f"U0X{number}")
            await stage.stores.connections.save(replace(one, principal=whose))
        await desk.opens("admin_connections")
        await desk.presses("admin_connections:on")
        await desk.presses("admin_connections:on")
        view = await desk.view()
        assert len([each for each in view["blocks"] if "accessory" in each]) == 6


class TestRecords:
    async def test_the_audit_is_narrowed(self, stage, desk):
        await desk.opens()
        await desk.presses("admin_read_only")
        assert "changed the policy" in await desk.presses("admin_audit")
        assert "Nothing more" in await desk.presses("audit_person", "U0BOB")
        assert "changed the policy" in await desk.presses("audit_everybody")

    @pytest.mark.parametrize(("form", "head"), [("csv", "number"), ("jsonl", '"action"')])
    async def test_the_audit_is_taken_as_a_file_once(self, stage, desk, form, head):
        await desk.opens()
        await desk.presses("admin_read_only")
        await desk.presses("admin_audit")
        await desk.presses(f"admin_export:{form}")
        link = str(await desk.view())
        last = await desk.goes()
        assert last["status"] == 200
        assert "attachment" in last["headers"]["Content-Disposition"]
        assert head in last["text"]
        assert "change_policy" in last["text"]
        assert Action.EXPORT_AUDIT in {each.action for each in await rows(stage)}
        assert "connect" in link

    async def test_a_file_is_for_the_admin_who_asked(self, stage, desk):
        await desk.opens("admin_audit", "admin_export:csv")
        last = await desk.goes(slack_person="U0BOB")
        assert last["status"] == 403
        assert Action.EXPORT_AUDIT not in {each.action for each in await rows(stage)}


class TestExploring:
    async def test_what_there_is_to_install_is_listed_and_tried(self, stage, desk):
        await stage.connect("U0ADA")
        assert "Integration successful" in await desk.hears()
        said = await desk.presses("explore")
        assert all(each in said for each in (":mag: *Search*", "Decision record"))
        said = await desk.presses_in("template_details", "*Search*")
        assert "Finds pages and blog posts by words" in said
        assert "Decision record" not in said
        await desk.presses("template_try")
        assert (await desk.view())["callback_id"] == "dialog_form"

    async def test_everybody_explores_and_installs_for_themselves(self, stage, desk):
        await stage.connect("U0BOB")
        bob = Desk(stage, "U0BOB")
        await bob.person.opens_home()
        await stage.quiet()
        assert ":mag: *Search*" in await bob.presses("explore")
        await desk.opens("admin_people")
        said = await desk.saves({"people_install": {"people_install": ["U0CY"]}})
        assert "Who may install templates for others" in said

        await bob.presses_in("template_details", "*Search*")
        await bob.presses("template_install")
        assert "Everybody in the workspace" not in str(await bob.view())
        assert "installed" in await bob.saves()

    async def test_only_whom_the_admins_chose_installs_for_others(self, stage, desk):
        bob = Desk(stage, "U0BOB")
        await stage.connect("U0BOB")
        await bob.person.types("/confluence templates search pages")
        await stage.quiet()
        await bob.presses_in("template_details", "*Search*")
        await bob.presses("template_install")
        assert "workspace" in str(await bob.view())
        await desk.opens("admin_people")
        await desk.saves({"people_install": {"people_install": ["U0CY"]}})

        said = await bob.saves({"audience": {"value": "workspace"}})
        assert "lets only certain people install templates for others" in said

    async def test_it_is_said_once_and_can_be_skipped(self, stage, desk):
        await stage.connect("U0ADA")
        await desk.person.presses("explore_not")
        await stage.quiet()
        assert "explore_not" not in str(await desk.person.messages("@app"))
        await stage.connect("U0ADA")
        assert str(await desk.person.messages("@app")).count("Integration successful.*") == 0

    async def test_a_member_who_is_first_leaves_it_to_an_admin(self, stage):
        bob = await stage.connect("U0BOB")
        assert "Integration successful" not in str(await bob.messages("@app"))
        ada = await stage.connect("U0ADA")
        assert "Integration successful" in str(await ada.messages("@app"))
