"""People, channels and files."""

from dataclasses import replace

import pytest

from bot.content import Account, AccountId
from bot.entities import (
    Given,
    SlackFile,
    WrongAnswer,
    ask,
    default,
    element,
    read,
    shown,
    suggest,
)
from bot.entities.things import channel_thing, file_thing
from bot.things import person_thing
from tests.bot.asking import Desk, entity, labels, values
from tests.fakes import LOVELACE, lending

GRACE = Account(AccountId("712020:grace"), "Grace Hopper")
GREGORY = Account(AccountId("712020:gregory"), "Gregory Peck")
PDF = SlackFile("F0PDF", "report.pdf", "application/pdf", 2_000)


@pytest.fixture
async def desk():
    desk = await Desk().connect()
    desk.wiki.people = [LOVELACE, GRACE, GREGORY]
    return desk


@pytest.mark.parametrize("text", ["<@U0ADA>", "<@U0ADA|Ada Lovelace>", " me ", "Myself"])
async def test_a_mention_is_a_member_with_their_account(desk, text):
    found = await desk.typed("person", text)
    assert found == person_thing("Ada Lovelace", "U0ADA", LOVELACE)


async def test_a_member_without_an_account_is_one_all_the_same(desk):
    found = await desk.typed("person", "<@U0BOB>")
    assert found == person_thing("Bob", "U0BOB")
    assert found.fields["account"] == ""
    assert (await desk.typed("person", "<@U0NOBODY>")).label == "somebody"


async def test_slacks_menu_gives_an_id(desk):
    assert (await desk.chosen("person", "U0BOB")).label == "Bob"
    assert await desk.refused("person", "U0BOB")  # typed, it is no name


@pytest.mark.parametrize("text", ["Grace Hopper", "@grace hopper", "grace", "hop gr"])
async def test_a_name_is_looked_up_in_confluence(desk, text):
    desk.wiki.people = [GRACE, GREGORY]
    desk.wiki.find_people = everybody(desk.wiki.people)
    assert await desk.typed("person", text) == person_thing("Grace Hopper", account=GRACE)


def everybody(people):
    async def find(connection, site, name):
        return people

    return find


async def test_several_of_a_name_are_offered_and_looked_up_again(desk):
    error = await desk.refused("person", "gr")
    assert "Several" in str(error)
    assert labels(error) == ["Grace Hopper", "Gregory Peck"]
    found = await desk.chosen("person", values(error)[1])
    assert found == person_thing("Gregory Peck", account=GREGORY)
    desk.wiki.people = []
    with pytest.raises(WrongAnswer, match="isn't found any more"):
        await desk.chosen("person", values(error)[1])


async def test_namesakes_are_told_apart_by_their_accounts(desk):
    other = replace(GRACE, id=AccountId("712020:other"))
    desk.wiki.people = [GRACE, other]
    error = await desk.refused("person", "Grace Hopper")
    assert await desk.chosen("person", values(error)[1]) == person_thing(
        "Grace Hopper", account=other
    )


async def test_nobody_of_that_name(desk):
    assert "Mention them" in str(await desk.refused("person", "Zoe"))
    assert "I know nobody" in str(await desk.refused("person", "@"))


async def test_the_organisations_connection_names_nobody(desk):
    lending(desk.context.actor)
    desk.wiki.people = []
    assert "Mention them" in str(await desk.refused("person", "Grace Hopper"))


async def test_several_people_have_commas_or_and_between(desk):
    found = await desk.typed("person", "<@U0BOB>, me and Grace Hopper", many=True)
    assert [each.label for each in found] == ["Bob", "Ada Lovelace", "Grace Hopper"]
    assert shown(entity("person", many=True), found) == "Bob, Ada Lovelace, Grace Hopper"
    beside = await desk.typed("person", "<@U0BOB> <@U0ADA|x>", many=True)
    assert [each.fields["user"] for each in beside] == ["U0BOB", "U0ADA"]
    assert len(await desk.chosen("person", ("U0BOB", "U0ADA"), many=True)) == 2
    assert "at most 20" in str(await desk.refused("person", "a," * 21, many=True))
    assert "2 people" in str(await desk.refused("person", "<@U0BOB> <@U0ADA>"))
    assert (await desk.typed("person", "let it be <@U0BOB>, please")).label == "Bob"


def test_a_form_shows_slacks_menu_where_that_can_show_whom_is_held():
    one, several = entity("person"), entity("person", many=True)
    ada, grace = person_thing("Ada", "U0ADA"), person_thing("Grace", account=GRACE)
    assert (element(one).look, element(several).look) == ("user", "users")
    assert element(one, ada).text == "U0ADA"
    assert [each.value for each in element(several, (ada,)).chosen] == ["U0ADA"]
    assert element(one, grace).look == "external menu"
    assert element(one, grace).chosen[0].label == "Grace"
    assert element(several, (ada, grace)).look == "multi external menu"


async def test_people_are_suggested_by_name(desk):
    found = await suggest(entity("person"), "gra", desk.context)
    assert [each.label for each in found] == ["Grace Hopper"]
    assert await suggest(entity("person"), "", desk.context) == ()
    assert (await desk.chosen("person", found[0].value)).label == "Grace Hopper"


async def test_an_account_too_long_for_an_option_isnt_offered(desk):
    desk.wiki.people = [replace(GRACE, id=AccountId("x" * 100)), GREGORY]
    found = await suggest(entity("person"), "gr", desk.context)
    assert [each.label for each in found] == ["Gregory Peck"]


async def test_a_person_who_is_handed_over_is_looked_up_again(desk):
    ada = person_thing("Trust me", "U0ADA", GRACE)
    assert await desk.chosen("person", ada) == person_thing("Ada Lovelace", "U0ADA", LOVELACE)
    grace = person_thing("Grace Hopper", account=GRACE)
    assert await desk.chosen("person", grace) == grace
    with pytest.raises(WrongAnswer):
        await desk.chosen("person", channel_thing("C0GEN", "general"))
    held = entity("person", default="{{ me }}")
    assert (await default(held, {"me": ada}, desk.context)).label == "Ada Lovelace"


@pytest.mark.parametrize("text", ["<#C0GEN|general>", "<#C0GEN>", "<#C0GEN|>"])
async def test_a_channel_is_what_slack_says_it_is(desk, text):
    assert await desk.typed("channel", text) == channel_thing("C0GEN", "general")


async def test_a_channel_may_be_private_or_the_one_at_hand(desk):
    assert (await desk.typed("channel", "<#C0SECRET|>")).label == "#C0SECRET"
    assert "2 channels" in str(await desk.refused("channel", "<#C0GEN|a> or <#C0SECRET|>"))
    assert (await desk.typed("channel", "to <#C0GEN|general>")).label == "#general"
    assert (await desk.chosen("channel", "G0OLD")).fields["id"] == "G0OLD"
    assert (await desk.filled("channel", "C0GEN")).label == "#general"
    assert "by its name" in str(await desk.refused("channel", "here"))
    desk.context = replace(desk.context, channel="C0GEN")
    assert (await desk.typed("channel", "here")).label == "#general"
    desk.context = replace(desk.context, channel="D0ADA")
    assert await desk.refused("channel", "this channel")


@pytest.mark.parametrize("text", ["#general", "general", "C0GEN", "<!channel>", "<@U0ADA>"])
async def test_a_channels_name_alone_tells_nothing(desk, text):
    assert "type #" in str(await desk.refused("channel", text))


async def test_a_channel_is_shown_and_chosen_again(desk):
    general = channel_thing("C0GEN", "general")
    assert shown(entity("channel"), general) == "#general"
    assert element(entity("channel"), general).text == "C0GEN"
    assert await desk.chosen("channel", general) == general
    with pytest.raises(WrongAnswer):
        await desk.chosen("channel", file_thing(PDF))


async def given_files(desk, *files, text="", **more):
    return await read(entity("attachment", **more), Given(text=text, files=files), desk.context)


async def test_a_file_is_kept_by_id_name_type_and_size(desk):
    found = await given_files(desk, PDF, text="here it is")
    assert found == file_thing(PDF)
    assert dict(found.fields) == {
        "file": "F0PDF",
        "name": "report.pdf",
        "type": "application/pdf",
        "size": 2_000,
    }
    assert await desk.chosen("attachment", found) == found


async def test_several_files(desk):
    other = replace(PDF, id="F1", name="b.pdf")
    found = await given_files(desk, PDF, other, many=True)
    assert [each.label for each in found] == ["report.pdf", "b.pdf"]
    assert await desk.chosen("attachment", found, many=True) == found
    with pytest.raises(WrongAnswer, match="2 files, and one is wanted"):
        await given_files(desk, PDF, other)
    with pytest.raises(WrongAnswer, match="at most 20"):
        await given_files(desk, *(replace(PDF, id=f"F{each}") for each in range(21)), many=True)


async def test_a_file_that_is_too_large_or_empty_is_refused(desk):
    most = 25 * 1024 * 1024
    assert await given_files(desk, replace(PDF, size=most))
    with pytest.raises(WrongAnswer, match="at most 25 MB"):
        await given_files(desk, replace(PDF, size=most + 1))
    with pytest.raises(WrongAnswer, match="empty"):
        await given_files(desk, replace(PDF, size=0))


@pytest.mark.parametrize("value", ["F0PDF", person_thing("Ada", "U0ADA"), 3])
async def test_nothing_but_a_file_is_one(desk, value):
    with pytest.raises(WrongAnswer, match="no file"):
        await desk.chosen("attachment", value)
    assert "no file" in str(await desk.refused("attachment", "report.pdf"))


def test_a_file_that_is_held_is_told_beside_its_field():
    files = entity("attachment", many=True)
    shown_ = element(files, (file_thing(PDF), file_thing(replace(PDF, name="b.pdf"))))
    assert (shown_.look, shown_.held) == ("file", "report.pdf, b.pdf")
    assert "25 MB" in ask(files, Desk().context).hint
