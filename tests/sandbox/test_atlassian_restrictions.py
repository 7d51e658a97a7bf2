"""REST v1: who alone may read or update, changed."""

import pytest

from sandbox.atlassian.people import BY_NAME
from tests.sandbox.atlassian_stage import stage

LEADS = "5f0c1d52-9a3e-4c1b-8a55-000000000003"


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


@pytest.fixture
async def ada(atlassian):
    return await atlassian.person("ada")


@pytest.fixture
async def cy(atlassian):
    return await atlassian.person("cy")


@pytest.fixture
def path(atlassian):
    return f"/content/{atlassian.page_id('Onboarding')}/restriction"


def only(operation, *people, groups=()):
    users = [{"type": "known", "accountId": BY_NAME[each].account_id} for each in people]
    named = [{"type": "group", "id": each} for each in groups]
    return {"operation": operation, "restrictions": {"user": users, "group": named}}


def named(answer):
    """Who is named, by operation."""
    return {
        each["operation"]: [
            held.get("displayName") or held["name"]
            for kind in ("user", "group")
            for held in each["restrictions"][kind]["results"]
        ]
        for each in answer.json["results"]
    }


async def reads(person, title):
    return (await person.get(f"/api/v2/pages/{person.stage.page_id(title)}")).status


async def test_who_is_not_named_finds_neither_the_page_nor_what_is_below_it(ada, cy, path):
    done = await ada.v1("PUT", path, json=[only("read", "ada", "bob")])

    assert named(done) == {"read": ["Ada Lindqvist", "Bob Okafor"], "update": []}
    assert [await reads(cy, each) for each in ("Onboarding", "Onboarding: tools")] == [404, 404]
    assert await cy.titles('title ~ "Onboarding"') == []
    assert await reads(ada, "Onboarding: tools") == 200


async def test_a_group_is_let_in(ada, cy, atlassian, path):
    bob = await atlassian.person("bob")
    await ada.v1("PUT", path, json={"results": [only("read", "ada", groups=[LEADS])]})

    assert (await reads(bob, "Onboarding"), await reads(cy, "Onboarding")) == (200, 404)


async def test_what_a_put_does_not_name_is_lifted(ada, cy, path):
    await ada.v1("PUT", path, json=[only("read", "ada")])
    after = await ada.v1("PUT", path, json=[only("update", "ada")])

    assert named(after) == {"read": [], "update": ["Ada Lindqvist"]}
    assert await reads(cy, "Onboarding") == 200


async def test_who_may_only_read_can_not_change(ada, cy, atlassian, path):
    page_id = atlassian.page_id("Onboarding")
    await ada.v1("PUT", path, json=[only("update", "ada")])
    sent = {
        "id": page_id,
        "status": "current",
        "title": "Onboarding",
        "body": {"representation": "storage", "value": ""},
        "version": {"number": 2},
    }

    assert (await cy.put(f"/api/v2/pages/{page_id}", sent)).status == 404
    assert (await cy.v1("PUT", path, json=[only("read", "cy")])).status == 404
    assert (await cy.v1("POST", path, json=[only("read", "cy")])).status == 404
    assert (await cy.v1("DELETE", path)).status == 403
    label = {"prefix": "global", "name": "x"}
    assert (await cy.v1("POST", f"/content/{page_id}/label", json=[label])).status == 403


async def test_adding_keeps_those_that_are_there(ada, path):
    await ada.v1("PUT", path, json=[only("read", "ada")])
    after = await ada.v1("POST", path, json=[only("read", "bob", "ada")])

    assert named(after)["read"] == ["Ada Lindqvist", "Bob Okafor"]


async def test_lifting_all_of_them(ada, cy, path):
    await ada.v1("PUT", path, json=[only("read", "ada"), only("update", "ada")])
    after = await ada.v1("DELETE", path)

    assert named(after) == {"read": [], "update": []}
    assert await reads(cy, "Onboarding") == 200


@pytest.mark.parametrize("operation", ["read", "update"])
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_nobody_locks_themselves_out(ada, path, operation, method):
    refused = await ada.v1(method, path, json=[only(operation, "bob")])

    assert refused.status == 400
    assert named(await ada.v1("GET", path)) == {"read": [], "update": []}


async def test_a_group_of_ones_own_keeps_one_in(ada, path):
    assert (await ada.v1("PUT", path, json=[only("read", groups=[LEADS])])).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        [only("delete", "ada")],
        [only("read", "ada"), only("read", "ada")],
        [only("read", "ada", "ivy")],
        [only("read", "ada", groups=["nobody"])],
        [{"operation": "read", "restrictions": {}}],
        [{"operation": "read"}],
        {"operation": "read"},
    ],
)
async def test_restrictions_that_can_not_be(ada, path, sent):
    assert (await ada.v1("PUT", path, json=sent)).status == 400
    assert named(await ada.v1("GET", path)) == {"read": [], "update": []}


async def test_one_person_and_one_group_at_a_time(ada, path):
    read = f"{path}/byOperation/read"
    bob = {"accountId": BY_NAME["bob"].account_id}
    me = {"accountId": BY_NAME["ada"].account_id}

    assert (await ada.v1("PUT", f"{read}/user", params=bob)).status == 400
    assert (await ada.v1("PUT", f"{read}/user", params=me)).status == 200
    assert (await ada.v1("PUT", f"{read}/user", params=bob)).status == 200
    assert (await ada.v1("GET", f"{read}/user", params=bob)).json is True
    assert (await ada.v1("DELETE", f"{read}/user", params=bob)).status == 200
    assert (await ada.v1("DELETE", f"{read}/user", params=bob)).status == 404
    assert (await ada.v1("PUT", f"{read}/byGroupId/{LEADS}")).status == 200
    assert (await ada.v1("GET", f"{read}/byGroupId/{LEADS}")).json is True
    assert (await ada.v1("DELETE", f"{read}/byGroupId/{LEADS}")).status == 200
    assert (await ada.v1("DELETE", f"{read}/byGroupId/{LEADS}")).status == 404
    assert (await ada.v1("PUT", f"{path}/byOperation/copy/user", params=me)).status == 404
    assert named(await ada.v1("GET", path))["read"] == ["Ada Lindqvist"]


async def test_the_scope_is_asked_for(atlassian, path):
    reader = await atlassian.person("ada", "read:page:confluence read:content-details:confluence")

    assert (await reader.v1("GET", path)).status == 200
    assert (await reader.v1("PUT", path, json=[only("read", "ada")])).status == 401


async def test_a_page_that_one_may_not_see_has_no_restrictions(ada, cy, atlassian):
    path = f"/content/{atlassian.page_id('Salary bands of engineering')}/restriction"

    assert [(await cy.v1(each, path, json=[])).status for each in ("GET", "PUT", "DELETE")] == [
        404,
        404,
        404,
    ]
