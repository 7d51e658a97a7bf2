import pytest

from sandbox.atlassian.contract import load_contract
from tests.sandbox.atlassian_stage import GLOBEX, Person, Visitor, basic, stage

ALL_STAFF = "5f0c1d52-9a3e-4c1b-8a55-000000000001"
LEADS = "5f0c1d52-9a3e-4c1b-8a55-000000000003"
SERVICE = {"client_id": "confab-service", "client_secret": "sandbox-service-secret"}


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


@pytest.fixture
async def ada(atlassian):
    return await atlassian.person("ada")


@pytest.fixture
async def service(atlassian):
    _, body = await atlassian.token(grant_type="client_credentials", **SERVICE)
    return Person(atlassian, body["access_token"])


@pytest.fixture
async def ids(atlassian):
    return {each["name"]: each["account_id"] for each in await atlassian.look("accounts")}


async def check(person, page_id, identifier, operation="read", kind="user"):
    subject = {"type": kind, "identifier": identifier}
    sent = {"subject": subject, "operation": operation}
    return await person.v1("POST", f"/content/{page_id}/permission/check", json=sent)


async def allowed(person, title, identifier, operation="read", kind="user"):
    answer = await check(person, person.stage.page_id(title), identifier, operation, kind)
    assert answer.status == 200, answer.text
    errors = [each["translation"] for each in answer.json["errors"]]
    return errors[0] if errors else answer.json["hasPermission"]


async def test_groups_are_listed_by_name_and_found_by_a_part_of_it(ada):
    listed = await ada.get("/rest/api/group")
    admins = await ada.get("/rest/api/group", accessType="admin")
    picked = await ada.get("/rest/api/group/picker", query="STAFF", shouldReturnTotalSize="true")
    part = await ada.get("/rest/api/group", start=1, limit=1)

    names = [each["name"] for each in listed.json["results"]]
    assert names == ["all-staff", "confluence-admins", "engineering-leads"]
    assert [each["name"] for each in admins.json["results"]] == ["confluence-admins"]
    assert [each["id"] for each in picked.json["results"]] == [ALL_STAFF]
    assert picked.json["totalSize"] == 1
    assert [each["name"] for each in part.json["results"]] == names[1:2]


async def test_a_group_is_told_with_its_members(ada, ids):
    group = await ada.get("/rest/api/group/by-id", id=LEADS)
    members = await ada.get(f"/rest/api/group/{LEADS}/membersByGroupId")
    memberships = await ada.get("/rest/api/user/memberof", accountId=ids["bob"])
    missing = await ada.get("/rest/api/group/by-id", id="nosuch")

    assert group.json["name"] == "engineering-leads"
    assert [each["displayName"] for each in members.json["results"]] == [
        "Ada Lindqvist",
        "Bob Okafor",
    ]
    assert [each["name"] for each in memberships.json["results"]] == [
        "all-staff",
        "engineering-leads",
    ]
    assert missing.status == 404


@pytest.mark.parametrize(
    ("scopes", "status"),
    [("read:group:confluence", 200), ("read:confluence-groups", 200), ("search:confluence", 401)],
)
async def test_groups_need_a_scope_of_their_own(atlassian, scopes, status):
    person = await atlassian.person("ada", scopes)

    assert (await person.get("/rest/api/group")).status == status


async def test_each_site_has_its_own_groups(atlassian):
    ada = await atlassian.person("ada", site=GLOBEX)

    listed = await ada.get("/rest/api/group")

    assert [each["name"] for each in listed.json["results"]] == ["globex-users"]
    assert (await ada.get("/rest/api/group/by-id", id=LEADS)).status == 404


@pytest.mark.parametrize(
    ("title", "bob", "cy"),
    [
        ("Price list", True, True),
        ("Takeover talks", "content", "content"),
        ("Takeover talks: the price", "content", "content"),
        ("Who is to be promoted", True, "content"),
        ("Parking rota", True, True),
        ("Project Nightfall", True, "space"),
    ],
)
async def test_a_person_may_read_what_space_and_restrictions_allow(service, ids, title, bob, cy):
    def said(which):
        return which if which is True else f"User does not have permission to the {which}"

    assert await allowed(service, title, ids["bob"]) == said(bob)
    assert await allowed(service, title, ids["cy"]) == said(cy)


@pytest.mark.parametrize(
    ("title", "staff", "leads"),
    [
        ("Price list", True, "space"),
        ("Takeover talks", "content", "space"),
        ("Takeover talks: the price", "content", "space"),
        ("Who is to be promoted", "content", "space"),
        ("Parking rota", True, "space"),
        ("Project Nightfall", "space", "space"),
    ],
)
async def test_a_group_may_read_what_all_of_it_may(service, title, staff, leads):
    def said(which):
        return which if which is True else f"Group does not have permission to the {which}"

    assert await allowed(service, title, ALL_STAFF, kind="group") == said(staff)
    assert await allowed(service, title, LEADS, kind="group") == said(leads)


async def test_changing_and_deleting_take_more_than_reading(atlassian, service, ids):
    lacking = "User does not have permission to the space"
    asked = [
        (await allowed(service, "Price list", ids["cy"], each)) for each in ("update", "delete")
    ]
    gus = [await allowed(service, "Price list", ids["gus"], each) for each in ("read", "update")]
    group = await allowed(service, "Price list", ALL_STAFF, "update", kind="group")
    await atlassian.control(
        "spaces/permit", space="ENG", group="all-staff", rights=["read", "create"]
    )

    assert asked == [True, True]
    assert gus == [True, lacking]
    assert group == "Group does not have permission to the space"
    assert await allowed(service, "Price list", ALL_STAFF, "update", kind="group") is True
    assert await allowed(service, "Price list", ALL_STAFF, "delete", kind="group") is not True


async def test_an_editors_list_keeps_others_from_changing(atlassian, service, ids):
    page_id = atlassian.page_id("Price list")
    await atlassian.control("pages/restrict", id=page_id, editor_groups=["engineering-leads"])

    assert await allowed(service, "Price list", ids["bob"], "update") is True
    assert await allowed(service, "Price list", ids["cy"], "read") is True
    assert await allowed(service, "Price list", ids["cy"], "update") is not True


async def test_those_without_confluence_and_without_a_name_may_nothing(service, ids):
    words = "User is not allowed to use Confluence"

    assert await allowed(service, "Price list", ids["nosite"]) == words
    assert await allowed(service, "Price list", ids["nolicence"]) == words
    said = await allowed(service, "Price list", "anonymous")
    assert said == "Anonymous users are not allowed to use Confluence"


async def test_only_an_administrator_checks_for_others(atlassian, ids):
    bob = await atlassian.person("bob")
    page_id = atlassian.page_id("Price list")

    own = await check(bob, page_id, ids["bob"])
    other = await check(bob, page_id, ids["ada"])
    group = await check(bob, page_id, ALL_STAFF, kind="group")

    assert (own.json["hasPermission"], other.status, group.status) == (True, 403, 403)


async def test_a_service_account_that_is_no_administrator_checks_for_nobody(atlassian, ids):
    said = {"client_id": "weak", "client_secret": "w"}
    scopes = "read:content.permission:confluence"
    await atlassian.control("credentials", account="plain", scopes=scopes, **said)
    _, body = await atlassian.token(grant_type="client_credentials", **said)
    plain = Person(atlassian, body["access_token"])

    answer = await check(plain, atlassian.page_id("Operations home"), ids["bob"])

    assert answer.status == 403


@pytest.mark.parametrize(("kind", "who"), [("user", "nobody"), ("group", "nosuch")])
async def test_a_subject_that_is_nobody_is_refused(atlassian, service, kind, who):
    page_id = atlassian.page_id("Price list")

    assert (await check(service, page_id, who, kind=kind)).status == 400
    assert (await check(service, page_id, ALL_STAFF, "publish", "group")).status == 400


async def test_a_page_that_the_caller_does_not_see_is_not_there(atlassian, service, ids):
    page_id = atlassian.page_id("Performance cases")

    assert (await check(service, page_id, ids["ada"])).status == 404


async def test_a_check_needs_its_scope_and_its_header(atlassian, ids):
    ada = await atlassian.person("ada", "read:page:confluence")
    allowed_one = await atlassian.person("bob", "read:content.permission:confluence")
    page_id = atlassian.page_id("Price list")
    path = f"/wiki/rest/api/content/{page_id}/permission/check"
    sent = {"subject": {"type": "user", "identifier": ids["bob"]}, "operation": "read"}

    assert (await check(ada, page_id, ids["ada"])).status == 401
    assert (await check(allowed_one, page_id, ids["bob"])).status == 200
    assert (await allowed_one.ask("POST", path, json=sent)).status == 403


async def test_who_leaves_a_group_loses_what_it_opened(atlassian, ids):
    bob = await atlassian.person("bob")
    path = f"/api/v2/pages/{atlassian.page_id('Who is to be promoted')}"
    before = (await bob.get(path)).status

    await atlassian.control("groups", group="engineering-leads", remove=["bob"])
    after = (await bob.get(path)).status
    await atlassian.control("groups", group=LEADS, add=["bob"])

    assert (before, after, (await bob.get(path)).status) == (200, 404, 200)
    members = {each["name"]: each["members"] for each in await atlassian.look("groups")}
    assert members["engineering-leads"] == ["ada", "bob"]


async def test_search_keeps_to_the_restrictions_of_groups(atlassian, ada):
    cy = await atlassian.person("cy")
    query = 'title in ("Who is to be promoted", "Parking rota", "Takeover talks") order by title'

    assert await cy.titles(query) == ["Parking rota"]
    assert len(await ada.titles(query)) == 3


async def test_restrictions_name_groups(atlassian, ada):
    page_id = atlassian.page_id("Who is to be promoted")

    one = await ada.get(f"/rest/api/content/{page_id}/restriction/byOperation/read")

    groups = one.json["restrictions"]["group"]
    assert [(each["id"], each["name"]) for each in groups["results"]] == [
        (LEADS, "engineering-leads")
    ]
    assert one.json["restrictions"]["user"]["size"] == 1


async def test_a_space_is_given_and_taken(atlassian):
    cy = await atlassian.person("cy")
    path = f"/api/v2/spaces/{atlassian.space_id('SECRET')}"
    before = (await cy.get(path)).status

    await atlassian.control("spaces/permit", space="SECRET", account="cy", rights=["read"])
    given = (await cy.get(path)).status
    await atlassian.control("spaces/permit", space="SECRET", account="cy", rights=[])

    assert (before, given, (await cy.get(path)).status) == (404, 200, 404)


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("spaces/permit", {"space": "ENG", "group": "nosuch", "rights": ["read"]}),
        ("spaces/permit", {"space": "ENG", "account": "ada", "rights": ["fly"]}),
        ("spaces/permit", {"space": "NOSUCH", "account": "ada", "rights": []}),
        ("groups", {"group": "nosuch"}),
        ("groups", {"group": "all-staff", "add": ["nobody"]}),
        ("gone", {"operations": ["search"]}),
        ("policy", {"site": "nowhere", "blocked": True}),
        ("move-page", {"page": "1", "space": "OPS"}),
    ],
)
async def test_a_control_that_makes_no_sense_is_refused(atlassian, control, said):
    assert await atlassian.refused(control, **said) == 400


async def test_what_nobody_has_seen_can_be_gone_from_the_gateway_alone(atlassian, service, ids):
    page_id = atlassian.page_id("Price list")
    await atlassian.control("gone", operations=["permission-check", "watch"])

    check_gone = await check(service, page_id, ids["bob"])
    ada = await atlassian.person("ada")
    watch_gone = await ada.v1("GET", f"/user/watch/content/{page_id}")
    label = await ada.v1(
        "POST", f"/content/{page_id}/label", json=[{"name": "x", "prefix": "global"}]
    )
    made = await atlassian.control("tokens", account="ada")
    at_site = Visitor(atlassian, "", "acme", basic(made["email"], made["token"]))

    assert (check_gone.status, watch_gone.status, label.status) == (410, 410, 200)
    assert "GoneException" in check_gone.json["message"]
    assert (await check(at_site, page_id, ids["bob"])).status == 200
    await atlassian.control("gone", operations=[])
    assert (await check(service, page_id, ids["bob"])).status == 200


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("template", "GET", "/template/page"),
        ("copy", "POST", "/content/327686/copy"),
        ("copy", "POST", "/content/327686/pagehierarchy/copy"),
        ("move", "PUT", "/content/327686/move/append/327687"),
        ("version-restore", "POST", "/content/327686/version"),
    ],
)
async def test_each_of_them_can_be_gone(atlassian, ada, name, method, path):
    before = await ada.v1(method, path)
    known = (await atlassian.look("gone"))["known"]
    await atlassian.control("gone", operations=[name])

    assert name in known
    assert before.status != 410
    assert (await ada.v1(method, path)).status == 410


async def test_a_page_is_moved_to_another_space_with_all_below_it(atlassian, service):
    page_id, child = (
        atlassian.page_id(each) for each in ("Takeover talks", "Takeover talks: the price")
    )
    await atlassian.control("move-page", page=page_id, space="SECRET")

    moved = (await service.get(f"/api/v2/pages/{page_id}")).json
    below = (await service.get(f"/api/v2/pages/{child}")).json
    comments = await service.get(f"/api/v2/pages/{page_id}/footer-comments")

    secret = atlassian.space_id("SECRET")
    assert (moved["spaceId"], below["spaceId"], below["parentId"]) == (secret, secret, page_id)
    assert moved["parentId"] == atlassian.page_id("Project Nightfall")
    assert [len(comments.json["results"]), moved["version"]["number"]] == [1, 1]


async def test_a_page_does_not_move_where_its_title_is_taken(atlassian):
    page_id = atlassian.page_id("Price list")
    sent = {"space": "OPS", "account": "ada", "title": "Price list"}
    await atlassian.control("pages/create", **sent)

    assert await atlassian.refused("move-page", page=page_id, space="OPS") == 400


async def test_the_contract_describes_all_of_this():
    contract = load_contract()
    if contract is None:
        pytest.skip("the contract documents are not there: set CONTRACT_SPECS")
    root = "/ex/confluence/{cloudId}/wiki/rest/api"

    assert {f"GET {root}/group/picker", f"POST {root}/content/{{id}}/permission/check"} <= (
        contract.operations
    )
