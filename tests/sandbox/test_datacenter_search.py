"""Data Center's CQL, paging, spaces, people and groups."""

from html import escape

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from sandbox.atlassian.refusals import Refusal
from sandbox.datacenter import bodies
from sandbox.datacenter.people import BY_NAME
from tests.sandbox.datacenter_stage import stage


@pytest_asyncio.fixture
async def dc():
    async with stage() as ready:
        yield ready


@pytest_asyncio.fixture
async def ada(dc):
    return await dc.person("ada")


@pytest_asyncio.fixture
async def cy(dc):
    return await dc.person("cy")


@pytest.mark.parametrize(
    ("cql", "titles"),
    [
        ('title = "Incident runbook"', ["Incident runbook"]),
        ('title ~ "engine" and type = page and space = "ENG"', ["Rocket engine manual"]),
        ('siteSearch ~ "runbook"', ["Incident runbook", "Runbook template"]),
        ('label = "manual"', ["Rocket engine manual"]),
        ('creator = "cy" and type = page', ["Ignition sequence"]),
        (
            f'creator = "{BY_NAME["cy"].account_id}" and type = page',
            ["Ignition sequence"],
        ),
        ('creator = currentUser() and type = page and space = "OPS"', []),
        ('type = space and title ~ "Operations"', ["Operations"]),
        ('type = attachment and title = "release-dates.csv"', ["release-dates.csv"]),
        ('type = blogpost and space = "ENG"', ["We moved to our own ground", "First light"]),
    ],
)
async def test_what_a_query_finds(cy, cql, titles):
    assert (await cy.search(cql)).titles == titles


async def test_a_search_is_trimmed_to_what_is_seen(ada, cy):
    query = 'type = page and (space = "SECRET" or title ~ "Salaries" or title ~ "notes")'

    assert len((await ada.search(query)).titles) == 4
    seen = await cy.search(query)
    assert (seen.titles, seen.json["totalSize"]) == ([], 0)


async def test_pages_of_results_follow_each_other(ada):
    query = "type = page order by title"
    every = (await ada.search(query, limit="100")).titles
    found, start, path = [], 0, "/search"
    while path:
        answer = await ada.search(query, limit="4", start=str(start))
        found += answer.titles
        path = answer.json["_links"].get("next", "")
        assert not path or path.startswith("/rest/api/search?")
        start += 4

    assert found == every
    assert (answer.json["_links"]["context"], answer.json["totalSize"]) == (
        "/confluence",
        len(every),
    )


async def test_the_next_link_leads_on_below_the_base(ada):
    first = (await ada.search("type = page order by title", limit="3")).json
    onward = await ada.ask("GET", first["_links"]["next"])

    assert onward.json["start"] == 3
    assert set(onward.titles).isdisjoint(each["title"] for each in first["results"])


@pytest.mark.parametrize(
    "cql",
    [
        "",
        "title = ",
        "nonsense = 1",
        "title ~ select",
        'text ~ "*x"',
        'text ~ "a:b"',
        "type = page order by nothing",
        'user.fullname = "Bob"',
        'user.fullname ~ "Bob" and space = ENG',
        "type = user and label = x",
        'user.fullname ~ "a:b"',
    ],
)
async def test_a_query_that_is_refused(ada, cql):
    answer = await ada.search(cql)

    assert answer.status == 400
    assert answer.json["statusCode"] == 400


@pytest.mark.parametrize(
    ("cql", "names"),
    [
        ('user.fullname ~ "okafor"', ["bob"]),
        ('type = user and user.fullname ~ "a* l*"', ["ada"]),
        ('user.fullname ~ "ada" or user.fullname ~ "cy"', ["ada", "cy"]),
        ('user = "bob"', ["bob"]),
        (f'user.userkey = "{BY_NAME["bob"].account_id}"', ["bob"]),
        ("user = currentUser()", ["ada"]),
        ('type = user and user.fullname ~ "nolicence"', []),
        ('type = user and not user.fullname ~ "a*"', ["bob", "cy", "gus", "confab"]),
    ],
)
async def test_people_are_found_by_the_same_search(ada, cql, names):
    found = (await ada.search(cql)).json["results"]

    assert [each["user"]["username"] for each in found] == names


async def test_content_search_has_no_people_and_expands_without_a_prefix(ada):
    found = await ada.get("/content/search", cql="type = page", expand="body.storage", limit="1")

    assert "value" in found.json["results"][0]["body"]["storage"]
    assert (await ada.get("/content/search", cql='user = "ada"')).status == 400


async def test_search_expands_with_a_prefix_alone(ada):
    bare = await ada.search('title = "On-call rota"', expand="version")
    named = await ada.search('title = "On-call rota"', expand="content.version")

    assert "version" not in bare.json["results"][0]["content"]
    assert named.json["results"][0]["content"]["version"]["number"] == 1


async def test_spaces_by_key_and_kind(ada, cy):
    seen = {each["key"] for each in (await cy.get("/space")).json["results"]}
    named = (await ada.get("/space", spaceKey="OPS")).json["results"]
    own = (await ada.get("/space", type="personal")).json["results"]

    assert seen == {"ENG", "OPS", "HR"}
    assert [(each["key"], each["name"]) for each in named] == [("OPS", "Operations")]
    assert [each["key"] for each in own] == ["~ada"]


async def test_a_space_with_its_home_page(ada, cy):
    eng = (await ada.get("/space/ENG", expand="homepage,description.plain")).json

    assert eng["homepage"]["title"] == "Engineering Home"
    assert eng["description"]["plain"]["value"] == "The space Engineering."
    assert (await cy.get("/space/SECRET")).status == (await cy.get("/space/NO")).status == 404


async def test_the_pages_of_a_space(ada):
    every = await ada.get("/space/ENG/content/page")
    top = await ada.get("/space/ENG/content/page", depth="root")

    assert "Ignition sequence" in every.titles
    assert top.titles == ["Engineering Home"]


async def test_permissions_of_a_space_are_for_its_administrators(ada, cy):
    every = (await ada.get("/space/ENG/permissions")).json
    staff = (await ada.get("/space/ENG/permissions/group/staff")).json
    users = (await ada.get("/space/ENG/permissions/group/confluence-users")).json
    gus = (await ada.get(f"/space/HR/permissions/user/{BY_NAME['gus'].account_id}")).json

    assert {each["operation"]["operationKey"] for each in users} == {"read"}
    assert {each["operation"]["operationKey"] for each in staff} == {"read", "create", "delete"}
    assert {each["subject"]["username"] for each in gus} == {"gus"}
    assert len(every) > len(staff) + len(users)
    assert (await cy.get("/space/ENG/permissions/group/staff")).status == 403
    assert (await ada.get("/space/ENG/permissions/group/none")).status == 404


async def test_people_and_groups(ada):
    bob = BY_NAME["bob"]
    by_name = (await ada.get("/user", username="bob")).json
    by_key = (await ada.get("/user", key=bob.account_id)).json
    groups = (await ada.get("/user/memberof", username="bob")).json["results"]
    members = (await ada.get("/group/staff/member")).json["results"]
    every = (await ada.get("/group")).json["results"]

    assert by_name == by_key
    assert (by_name["username"], by_name["displayName"]) == ("bob", "Bob Okafor")
    assert [each["name"] for each in groups] == ["confluence-users", "staff"]
    assert [each["username"] for each in members] == ["ada", "bob", "cy"]
    assert "confluence-administrators" in [each["name"] for each in every]


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/user", {"username": "nobody"}, 404),
        ("/user", {"key": "ada"}, 404),
        ("/user", {}, 400),
        ("/user", {"accountId": "x"}, 400),
        ("/group/nobody", {}, 404),
        ("/group/nobody/member", {}, 404),
    ],
)
async def test_people_and_groups_that_are_not_there(ada, path, query, status):
    assert (await ada.get(path, **query)).status == status


async def test_the_server_says_what_it_is(ada, dc):
    told = (await ada.get("/server-information")).json

    assert told["version"].startswith("9.2")
    assert told["baseUrl"] == dc.world.url
    assert (await ada.get("/accessmode")).json == "READ_WRITE"


async def test_a_page_moves_to_another_space_with_what_is_below(ada, cy, dc):
    manual, below = dc.page_id("Rocket engine manual"), dc.page_id("Ignition sequence")
    await dc.control("pages/move", id=manual, space="SECRET")

    assert (await ada.get(f"/content/{below}")).json["space"]["key"] == "SECRET"
    assert [(await cy.get(f"/content/{each}")).status for each in (manual, below)] == [404, 404]


WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")))
PIECES = st.one_of(
    WORDS.map(escape),
    WORDS.map(lambda each: f"<p>{escape(each)}</p>"),
    st.sampled_from(["<p>", "</p>", "&nbsp;", "<br />", "<br>", "<ac:x />", "<y:z />", "]]>"]),
    st.just(bodies.mention("bob")),
)


@given(st.lists(PIECES).map("".join))
def test_a_body_is_kept_as_it_is_or_refused_with_400(value):
    kept, status = None, 400
    try:
        kept = bodies.accepted({"storage": {"value": value}})
    except Refusal as refused:
        status = refused.status
    assert status == 400
    if kept is not None:
        assert kept.value == value
        assert bodies.written(value, "storage") == value
        assert bodies.written(value, "view").count("@Bob Okafor") == value.count("<ri:user")
