"""Sites, spaces, pages and labels."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content import CloudId, ContentKind, PageId, Site, SpaceId
from bot.credentials import Limits
from bot.entities import Given, WrongAnswer, default, depends, element, read, shown, suggest
from bot.entities.labels import read_label
from bot.errors import ConsentRequired, NotFound, SiteRequired, Unavailable
from bot.things import page_thing, site_thing, space_thing
from tests.bot.asking import OPS, Desk, entity, labels, values
from tests.fakes import ACME, ENG, page

OTHER = Site(CloudId("22222222-2222-4222-8222-222222222222"), "Beta", "https://beta.example")
WIKI = f"{ACME.url}/wiki"


@pytest.fixture
async def desk():
    desk = await Desk().connect()
    desk.put(7, "Release checklist")
    desk.put(8, "Release notes", OPS)
    desk.put(9, "Release checklist", OPS)
    return desk


@pytest.fixture
async def two():
    return await Desk().connect(ACME, OTHER)


@pytest.mark.parametrize(
    "text",
    [
        "ENG",
        "eng",
        "`ENG`",
        "Engineering",
        "“engineering”",
        f"{WIKI}/spaces/ENG/overview",
        f"<{WIKI}/spaces/ENG/pages/7|Engineering>",
        f"<{WIKI}/display/ENG>",
    ],
)
async def test_a_space_is_found_by_key_name_or_link(desk, text):
    found = await desk.typed("space", text)
    assert found == space_thing(ENG, ACME)
    assert found.fields["site"] == ACME.cloud_id
    assert shown(entity("space"), found) == "Engineering"


async def test_a_personal_space_has_a_key_like_any_other(desk):
    mine = replace(ENG, id=SpaceId("99"), key="~712020abc", name="Ada Lovelace")
    desk.wiki.spaces.append(mine)
    assert (await desk.typed("space", "~712020abc")).label == "Ada Lovelace"


async def test_a_space_that_isnt_there_offers_what_is_near(desk):
    error = await desk.refused("space", "Engin")
    assert values(error) == ["ENG"]
    assert labels(error) == ["Engineering · ENG"]
    assert (await desk.chosen("space", "ENG")).label == "Engineering"
    assert (await desk.refused("space", "ZZZ")).suggestions == ()


async def test_a_space_of_a_foreign_link_is_refused(desk):
    error = await desk.refused("space", "<https://evil.example/wiki/spaces/ENG>")
    assert "isn't to a space" in str(error)


async def test_a_space_that_is_handed_over_is_looked_up_again(desk):
    held = space_thing(replace(ENG, name="Trust me"), ACME)
    assert (await desk.chosen("space", held)).label == "Engineering"
    gone = space_thing(replace(ENG, key="GONE"), ACME)
    with pytest.raises(WrongAnswer):
        await desk.chosen("space", gone)
    of_page = page_thing(page(7), ACME, ENG)
    assert (await desk.chosen("space", of_page)).label == "Engineering"


async def test_spaces_are_suggested_as_they_are_typed(desk):
    found = await suggest(entity("space"), "oper", desk.context)
    assert [(each.value, each.label) for each in found] == [("OPS", "Operations · OPS")]
    assert element(entity("space"), space_thing(OPS, ACME)).chosen == found


@pytest.mark.parametrize(
    "text",
    [
        "7",
        f"{WIKI}/spaces/ENG/pages/7/Release",
        f"<{WIKI}/pages/viewpage.action?pageId=7&amp;x=1>",
        f"this one: <{WIKI}/spaces/ENG/pages/7|it>",
    ],
)
async def test_a_page_is_found_by_id_or_link(desk, text):
    found = await desk.typed("page", text)
    assert found == page_thing(page(7), ACME, ENG)
    assert found.fields["space"].fields["key"] == "ENG"


async def test_a_page_is_found_by_its_whole_title(desk):
    desk.finds("Other", "Another")
    desk.put(2, "Another")
    assert (await desk.typed("page", "another")).fields["id"] == "2"
    assert (await desk.typed("page", "“Another”")).fields["id"] == "2"


async def test_several_pages_of_a_title_are_offered(desk):
    desk.finds("Plan", "plan", "Plans")
    error = await desk.refused("page", "plan")
    assert labels(error) == ["Plan · Engineering", "plan · Engineering"]
    desk.put(2, "plan")
    found = await desk.chosen("page", values(error)[1])
    assert found.fields["id"] == "2"


async def test_a_part_of_a_title_offers_what_has_it(desk):
    desk.finds("Release checklist")
    error = await desk.refused("page", "Rel")
    assert labels(error) == ["Release checklist · Engineering"]
    assert "Choose one of those" in str(error)


async def test_a_title_may_be_a_number(desk):
    desk.finds("2026")
    desk.put(1, "2026")
    assert (await desk.typed("page", "2026")).fields["id"] == "1"


async def test_a_blog_post_is_a_page_too(desk):
    heads = desk.wiki.get_page_head

    async def get(connection, site, page_id, *, kind=ContentKind.PAGE, **how):
        if kind is not ContentKind.BLOG:
            raise NotFound("no such page")
        return replace(await heads(connection, site, page_id, **how), kind=kind)

    desk.wiki.get_page_head = get
    found = await desk.typed("page", f"{WIKI}/spaces/ENG/blog/2026/11/23/7/x")
    assert found.fields["kind"] == "blog"
    assert (await desk.chosen("page", found)).fields["kind"] == "blog"


@pytest.mark.parametrize(
    "text",
    [
        "<https://evil.example/wiki/spaces/ENG/pages/7>",
        f"{WIKI}/spaces/ENG/pages/404",
        "404",
        '" or type = "page',
        "*",
        "<!channel>",
        "x" * 100_000,
    ],
)
async def test_what_is_no_page_is_refused(desk, text):
    assert await desk.refused("page", text)


async def test_what_is_typed_never_gets_out_of_cqls_quotes(desk):
    assert await desk.refused("page", '" or space = "SECRET" \\')
    (query,) = [what[0] for name, what in desk.wiki.asked if name == "search"]
    assert query == ('title ~ "or" and title ~ "space" and title ~ "SECRET*" and type in ("page")')


async def test_a_page_that_is_chosen_is_looked_up_again(desk):
    desk.finds("Release checklist")
    option = (await suggest(entity("page"), "", desk.context)) or await suggest(
        entity("page"), "rel", desk.context
    )
    assert option[0].value == f"1@{ACME.cloud_id}"
    with pytest.raises(WrongAnswer, match="can't see"):
        await desk.chosen("page", option[0].value)
    for unknown in ("7@elsewhere", page_thing(page(7), OTHER, None)):
        with pytest.raises(WrongAnswer, match="can't see"):
            await desk.chosen("page", unknown)
    with pytest.raises(WrongAnswer):
        await desk.chosen("page", page_thing(page(404), ACME, None))
    with pytest.raises(WrongAnswer, match="isn't a page"):
        await desk.chosen("page", space_thing(ENG, ACME))


IN_SPACE = {"choices_from": {"source": "pages", "of": "where"}}
BELOW = {"choices_from": {"source": "children", "of": "parent"}}


async def test_a_page_is_looked_for_in_the_space_that_is_held(desk):
    desk.knows(where=space_thing(OPS, ACME))
    assert (await desk.typed("page", "release checklist", **IN_SPACE)).fields["id"] == "9"
    assert labels(await desk.refused("page", "release", **IN_SPACE)) == [
        "Release notes · Operations",
        "Release checklist · Operations",
    ]
    assert "isn't in “Operations”" in str(await desk.refused("page", "7", **IN_SPACE))
    found = await suggest(entity("page", **IN_SPACE), "notes", desk.context)
    assert [each.value for each in found] == [f"8@{ACME.cloud_id}"]


async def test_a_whole_title_is_found_among_however_many_that_begin_so(desk):
    desk.knows(where=space_thing(OPS, ACME))
    for number in range(30, 50):
        desk.put(number, f"Plan {number}", OPS)
    desk.put(50, "Plan", OPS)
    assert (await desk.typed("page", "plan", **IN_SPACE)).fields["id"] == "50"


async def test_a_page_is_one_right_below_the_one_that_is_held(desk):
    desk.put(20, "Below", parent_id=PageId("7"))
    desk.knows(parent=page_thing(page(7), ACME, ENG))
    found = await suggest(entity("page", **BELOW), "bel", desk.context)
    assert [(each.value, each.label) for each in found] == [(f"20@{ACME.cloud_id}", "Below")]
    assert (await desk.chosen("page", found[0].value, **BELOW)).label == "Below"
    assert "isn't right below" in str(await desk.refused("page", "8", **BELOW))


async def test_several_pages_are_lines_or_links(desk):
    desk.finds("Plan, in short")
    desk.put(1, "Plan, in short")
    text = f"<{WIKI}/spaces/ENG/pages/7> and <{WIKI}/spaces/OPS/pages/8|x>\nPlan, in short"
    found = await desk.typed("page", text, many=True)
    assert [each.fields["id"] for each in found] == ["7", "8", "1"]
    again = await desk.chosen("page", ("7", "8", "7"), many=True)
    assert [each.fields["id"] for each in again] == ["7", "8"]
    assert len(element(entity("page", many=True), found).chosen) == 3
    assert "at most 20" in str(
        await desk.refused("page", "\n".join("abcdefghijklmnopqrstuvwxyz"), many=True)
    )


async def test_what_lies_at_another_site_than_the_dialog_is_refused(two):
    two.put(7, "Plan")
    two.knows(site=site_thing(OTHER))
    for kind in ("page", "space"):
        error = await two.refused(kind, f"{WIKI}/spaces/ENG/pages/7")
        assert "another site" in str(error)


async def test_where_no_site_is_chosen_it_is_that_of_what_was_answered(two):
    two.put(7, "Plan")
    with pytest.raises(SiteRequired):
        await two.typed("space", "ENG")
    link = f"{WIKI}/spaces/ENG/pages/7"
    found = await two.typed("page", link)
    two.knows(plan=found)
    assert (await two.typed("space", "ENG")).fields["site"] == ACME.cloud_id
    # An answer may be changed to one of another site.
    elsewhere = f"{OTHER.url}/wiki/spaces/ENG/pages/7"
    assert (await two.typed("page", elsewhere, name="plan")).fields["site"] == OTHER.cloud_id
    assert await two.refused("page", elsewhere)


@pytest.mark.parametrize(
    "text",
    ["Beta", "beta.example", "<https://beta.example/wiki/spaces/ENG|b>", "beta", OTHER.cloud_id],
)
async def test_a_site_is_found_by_name_or_address(two, text):
    assert await two.typed("site", text) == site_thing(OTHER)


async def test_a_site_that_isnt_theirs_offers_those_that_are(two):
    error = await two.refused("site", "Gamma")
    assert labels(error) == ["Acme", "Beta"]
    assert await two.chosen("site", values(error)[1]) == site_thing(OTHER)
    assert await two.refused("site", "https://evil.example/")
    found = await suggest(entity("site"), "bet", two.context)
    assert [each.label for each in found] == ["Beta"]
    assert element(entity("site"), site_thing(OTHER)).chosen == found


@pytest.mark.parametrize(
    ("text", "label"),
    [("how-to", "how-to"), ("Team_A", "team_a"), ("#plan", "plan"), ("ÉTÉ", "été")],
)
async def test_a_label_is_kept_as_confluence_keeps_it(desk, text, label):
    assert await desk.typed("label", text) == label


@pytest.mark.parametrize(
    ("text", "near"), [("how to", "how-to"), ("R&amp;D", "r-d"), ("a.b", "a-b"), ("(x)", "x")]
)
async def test_a_label_that_cant_be_offers_one_that_can(desk, text, near):
    assert values(await desk.refused("label", text)) == [near]
    assert await desk.chosen("label", near) == near


@pytest.mark.parametrize("text", ["!!!", "x" * 256, "?"])
async def test_what_is_no_label_is_refused(desk, text):
    assert await desk.refused("label", text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a, b", ("a", "b")),
        ("a b", ("a", "b")),
        ("a, a", ("a",)),
        ("Decision", ("decision",)),
        ("a\nb", ("a", "b")),
    ],
)
async def test_several_labels_have_commas_or_spaces_between(desk, text, found):
    assert await desk.typed("label", text, many=True) == found
    assert element(entity("label", many=True), found).text == ", ".join(found)
    assert await desk.filled("label", ", ".join(found), many=True) == found


async def test_among_commas_a_label_with_a_space_is_told(desk):
    assert values(await desk.refused("label", "plan, how to", many=True)) == ["how-to"]
    assert await desk.refused("label", "x," * 50_000, many=True)


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_a_label_reads_as_itself_or_not_at_all(text):
    try:
        label = read_label(text)
    except WrongAnswer as error:
        for each in error.suggestions:
            read_label(each.value)
    else:
        assert read_label(label) == label


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
async def test_whatever_is_typed_is_a_place_or_a_wrong_answer(text):
    desk = await Desk().connect()
    for kind in ("site", "space", "page", "label"):
        for many in (False, True):
            try:
                await desk.typed(kind, text, many=many and kind in {"page", "label"})
            except WrongAnswer as error:
                words = str(error)
                assert len(words) < 400


async def test_what_confluence_cant_answer_comes_through(desk):
    desk.wiki.fails["find_space"] = Unavailable("Confluence")
    with pytest.raises(Unavailable):
        await desk.typed("space", "ENG")
    with pytest.raises(ConsentRequired):
        await Desk().typed("space", "ENG")


async def test_a_template_gives_what_it_can_by_itself(desk):
    where = space_thing(ENG, ACME)
    assert await default(entity("space", default="ops"), {}, desk.context) == space_thing(OPS, ACME)
    held = entity("space", default="{{ where }}")
    assert await default(held, {"where": where}, desk.context) == where
    titled = entity("text", default="Notes of {{ where.name }}")
    assert await default(titled, {"where": where}, desk.context) == "Notes of Engineering"
    assert await default(entity("number", default=3), {}, desk.context) == 3
    assert await default(entity("boolean", default=False), {}, desk.context) is False
    assert await default(entity("date", default="tomorrow"), {}, desk.context)
    assert await default(entity("text"), {}, desk.context) is None


@pytest.mark.parametrize("default_", ["ZZZ", "{{ nothing }}", "{{ where.nothing }}", ""])
async def test_a_default_that_cant_be_read_is_none(desk, default_):
    held = {"where": space_thing(ENG, ACME)}
    assert await default(entity("space", default=default_), held, desk.context) is None


def test_what_an_entity_depends_on():
    one = entity("page", when="kind == 'x' and not where.key", **BELOW)
    assert depends(one) == {"kind", "where", "parent"}
    assert depends(entity("page")) == set()


async def test_a_tasks_limits_hold_for_whatever_is_looked_up(desk):
    asked = []
    choose = desk.context.actor._credentials.choose  # noqa: SLF001 - nothing else sees them

    async def seen(principal, need, **how):
        asked.append(how["limits"])
        return await choose(principal, need, **how)

    desk.context.actor._credentials.choose = seen  # noqa: SLF001
    limits = Limits(own_only=True)

    async def limits_of():
        return limits

    desk.context = replace(desk.context, limits_of=limits_of)
    desk.finds("Plan")
    await suggest(entity("page"), "plan", desk.context)
    await desk.typed("space", f"{WIKI}/spaces/ENG")
    assert await read(entity("page"), Given(text="7"), desk.context)
    assert len(asked) >= 4
    assert set(asked) == {limits}
