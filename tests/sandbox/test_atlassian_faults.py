import json

import aiohttp
import pytest

from sandbox.atlassian.contract import load_contract
from tests.sandbox.atlassian_stage import stage, storage

PAGES = "/wiki/api/v2/pages"


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


@pytest.fixture
async def ada(atlassian):
    return await atlassian.person("ada")


async def written(atlassian, title):
    return len(await atlassian.look("pages", title=title))


@pytest.mark.parametrize(
    ("kind", "status"), [("500", 500), ("502", 502), ("503", 503), ("429-burst", 429)]
)
async def test_a_status_comes_for_as_many_requests_as_asked_and_nothing_is_done(
    atlassian, ada, kind, status
):
    await atlassian.control("faults", kind=kind, path=PAGES, method="POST", times=2, retry_after=7)

    answers = [await ada.create("Tried") for _ in range(3)]

    assert [each.status for each in answers] == [status, status, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert await written(atlassian, "Tried") == 1


async def test_a_quota_refusal_says_when_the_hour_is_over(atlassian, ada):
    await atlassian.control("faults", kind="429-quota")
    left = (await atlassian.look("points"))["seconds_left"]

    answer = await ada.search("type = page")

    assert answer.headers["RateLimit-Reason"] == "confluence-quota-global-based"
    assert answer.headers["Retry-After"] == str(left)


async def test_a_dropped_answer_leaves_the_page_written(atlassian, ada):
    await atlassian.control("faults", kind="drop-after", method="POST", path=PAGES)

    with pytest.raises(aiohttp.ClientError):
        await ada.create("Unclear")

    assert await written(atlassian, "Unclear") == 1


async def test_a_dropped_connection_leaves_nothing(atlassian, ada):
    await atlassian.control("faults", kind="drop-before", method="POST", path=PAGES)

    with pytest.raises(aiohttp.ClientError):
        await ada.create("Lost")

    assert await written(atlassian, "Lost") == 0


async def test_a_late_commit_happens_when_it_is_told_to(atlassian, ada):
    await atlassian.control("faults", kind="late-commit", method="POST", path=PAGES)
    with pytest.raises(aiohttp.ClientError):
        await ada.create("Late")
    before = await written(atlassian, "Late")

    told = await atlassian.control("commit")

    assert (before, told, await written(atlassian, "Late")) == (0, {"committed": 1}, 1)


async def test_html_with_200(atlassian, ada):
    await atlassian.control("faults", kind="html")

    answer = await ada.search("type = page")

    assert (answer.status, answer.headers["Content-Type"][:9]) == (200, "text/html")


async def test_truncated_json(atlassian, ada):
    await atlassian.control("faults", kind="truncated")

    answer = await ada.search("type = page")

    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json


async def test_an_endless_body_ends_when_nobody_listens(atlassian, ada):
    await atlassian.control("faults", kind="endless")
    url = f"{atlassian.base}/atlassian/api/ex/confluence/{ada.site}/wiki/api/v2/pages"
    headers = {"Authorization": f"Bearer {ada.token}"}

    async with atlassian.session.get(url, headers=headers) as answer:
        got = await answer.content.readexactly(1_000_000)
        answer.close()

    assert got.startswith(b'{"results": [')


async def test_missing_fields(atlassian, ada):
    await atlassian.control("faults", kind="missing-fields", fields=["title", "_links"])

    answer = await ada.search("type = page")

    assert "_links" not in answer.json
    assert all("title" not in each for each in answer.json["results"])


async def test_slow_answers(atlassian, ada):
    await atlassian.control("faults", kind="slow", ms=1)

    assert (await ada.search("type = page")).status == 200


async def test_a_fault_can_hit_the_token_endpoint_after_the_rotation(atlassian):
    tokens = await atlassian.tokens(scopes="offline_access")
    said = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    await atlassian.control("faults", kind="drop-after", path="/oauth/token$")

    with pytest.raises(aiohttp.ClientError):
        await atlassian.token(**said)
    status, _ = await atlassian.token(**said)

    assert status == 200


async def test_tokens_expire_in_the_middle(atlassian, ada):
    await atlassian.control("faults", kind="expire-access", path="search")

    assert (await ada.search("type = page")).json["message"] == "Unauthorized"


@pytest.mark.parametrize(
    "said", [{}, {"kind": "meteor"}, {"kind": "500", "path": "("}, {"kind": "500", "nosuch": 1}]
)
async def test_a_fault_that_makes_no_sense_is_refused(atlassian, said):
    url = f"{atlassian.base}/_sandbox/atlassian/faults"

    async with atlassian.session.post(url, json=said) as answer:
        assert answer.status == 400


async def test_faults_are_listed_and_cleared(atlassian, ada):
    await atlassian.control("faults", kind="500", times=9)
    listed = (await atlassian.look("faults"))["set"]
    await atlassian.control("faults/clear")

    assert [each["kind"] for each in listed] == ["500"]
    assert (await ada.search("type = page")).status == 200


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
)
@pytest.mark.parametrize("path", ["/_sandbox/atlassian/pages", "/_sandbox/walk"])
async def test_the_side_door_answers_only_to_its_own_host_and_origin(atlassian, headers, path):
    method = "POST" if path.endswith("walk") else "GET"

    async with atlassian.session.request(
        method, atlassian.base + path, headers=headers, json={}
    ) as answer:
        assert answer.status == 403


async def test_somebody_else_changes_restricts_and_moves_a_page(atlassian, ada):
    bob = await atlassian.person("bob")
    page_id = (await ada.create("Shared")).json["id"]
    path = f"/api/v2/pages/{page_id}"

    await atlassian.control("pages/change", id=page_id, account="bob", body="<p>New.</p>")
    changed = await ada.get(path)
    parent = atlassian.page_id("Services")
    await atlassian.control("pages/move", id=page_id, parent=parent)
    moved = await ada.get(path)
    await atlassian.control("pages/restrict", id=page_id, readers=["ada"])

    assert changed.json["version"]["number"] == 2
    assert moved.json["parentId"] == parent
    assert ((await ada.get(path)).status, (await bob.get(path)).status) == (200, 404)


async def test_every_page_is_counted_with_drafts_trash_and_versions(atlassian, ada):
    await ada.create("Counted", status="draft")

    (page,) = await atlassian.look("pages", title="Counted")
    trash = await atlassian.look("pages", status="trashed")

    assert (page["status"], page["text"], len(page["versions"])) == ("draft", "Hello.", 1)
    assert [each["title"] for each in trash] == ["Thrown away"]


async def test_grants_are_told_without_tokens(atlassian):
    tokens = await atlassian.tokens("bob", "offline_access read:me")

    (grant,) = await atlassian.look("grants")

    assert (grant["account"], grant["access_tokens"], grant["refresh_tokens"]) == ("bob", 1, 1)
    assert tokens["access_token"] not in str(grant)


async def test_time_moves_forward_only(atlassian):
    before = atlassian.clock.now()
    url = f"{atlassian.base}/_sandbox/atlassian/clock"

    async with atlassian.session.post(url, json={"advance": -5}) as answer:
        assert answer.status == 400
    await atlassian.control("clock", advance=60)

    assert atlassian.clock.now() == before + 60


async def test_without_the_contract_the_sandbox_still_refuses_by_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("CONTRACT_SPECS", str(tmp_path))
    load_contract.cache_clear()
    try:
        async with stage() as atlassian:
            ada = await atlassian.person("ada")
            page_id = atlassian.page_id("Price list")
            path = f"/api/v2/pages/{page_id}"
            put = {"id": page_id, "status": "current", "title": "x", "body": storage("")}
            answers = [
                await ada.create(version={"number": 1}),
                await ada.create(status="archived"),
                await ada.create(body="World"),
                await ada.create(body={"value": "x"}),
                await ada.create(spaceId="ENG"),
                await ada.create(title=7),
                await ada.put(path, put),
                await ada.put(path, {**put, "version": {"number": "2"}}),
                await ada.get("/api/v2/pages/abc"),
                await ada.get("/api/v2/pages", limit="many"),
                await ada.search(""),
                await ada.v1("POST", f"/content/{page_id}/permission/check", json={}),
                await ada.v1("POST", "/contentbody/convert/async/export_view", json={}),
            ]
    finally:
        load_contract.cache_clear()

    statuses = [each.status for each in answers]
    assert statuses == [400, 400, 500, 400, 404, 400, 400, 400, 400, 400, 400, 400, 400]
