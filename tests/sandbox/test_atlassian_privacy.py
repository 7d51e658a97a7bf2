import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.atlassian.privacy import BadReport, reported_in
from tests.sandbox.atlassian_stage import stage

CLOSED = "5be24ba3f91c106033269289"
ACTIVE = "5be24ad8b1653240376955d2"


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


@pytest.fixture
async def ids(atlassian):
    return {each["name"]: each["account_id"] for each in await atlassian.look("accounts")}


async def report(atlassian, token, rows, **more):
    url = f"{atlassian.base}/atlassian/api/app/report-accounts/"
    headers = {"Authorization": f"Bearer {token}"}
    sent = {"data": rows} if isinstance(rows, bytes) else {"json": {"accounts": rows}}
    async with atlassian.session.post(url, headers=headers, **sent, **more) as answer:
        body = await answer.json() if answer.status != 204 else None
        return answer.status, body, answer.headers


def row(atlassian, account_id):
    at = datetime.fromtimestamp(atlassian.clock.now(), UTC).isoformat()
    return {"accountId": account_id, "updatedAt": at.replace("+00:00", "Z")}


async def able(atlassian, scopes="report:personal-data"):
    return (await atlassian.tokens("ada", scopes))["access_token"]


async def test_nothing_is_to_be_done_while_nobody_changes(atlassian, ids):
    status, _, headers = await report(
        atlassian, await able(atlassian), [row(atlassian, ids["bob"]), row(atlassian, ACTIVE)]
    )

    assert (status, headers["Cycle-Period"]) == (204, "P7D")


async def test_closed_accounts_are_to_be_erased_and_changed_ones_fetched_again(atlassian, ids):
    token = await able(atlassian)
    rows = [row(atlassian, each) for each in (ids["bob"], ids["cy"], ids["gus"], CLOSED)]
    atlassian.clock.advance(60)
    await atlassian.control("accounts/change", account="bob", status="closed")
    await atlassian.control("accounts/change", account="cy", status="updated")

    status, body, headers = await report(atlassian, token, rows)
    again = await report(atlassian, token, [row(atlassian, ids["cy"])])

    assert (status, headers["Cycle-Period"]) == (200, "P7D")
    assert body["accounts"] == [
        {"accountId": ids["bob"], "status": "closed"},
        {"accountId": ids["cy"], "status": "updated"},
        {"accountId": CLOSED, "status": "closed"},
    ]
    assert again[0] == 204


async def test_a_closed_account_can_nothing_any_more(atlassian):
    bob = await atlassian.person("bob")
    await atlassian.control("tokens", account="bob")

    await atlassian.control("accounts/change", account="bob", status="closed")

    assert (await bob.get("/api/v2/pages")).status == 401
    assert [each["revoked"] for each in await atlassian.look("tokens")] == [True]
    assert (await atlassian.consent("bob")).status == 400


async def test_a_report_needs_its_scope_and_an_apps_token(atlassian, ids):
    rows = [row(atlassian, ids["bob"])]
    said = {"client_id": "reporting", "client_secret": "r"}
    await atlassian.control("credentials", account="service", scopes="report:personal-data", **said)
    _, service = await atlassian.token(grant_type="client_credentials", **said)

    unable = await report(atlassian, await able(atlassian, "read:me"), rows)
    unknown = await report(atlassian, "x", rows)
    of_service = await report(atlassian, service["access_token"], rows)

    assert (unable[0], unable[1]["message"]) == (401, "Unauthorized; scope does not match")
    assert (unknown[0], of_service[0]) == (401, 401)


@pytest.mark.parametrize("count", [0, 91])
async def test_a_report_has_one_to_ninety_accounts(atlassian, count):
    rows = [row(atlassian, f"id-{number}") for number in range(count)]

    assert (await report(atlassian, await able(atlassian), rows))[0] == 400


async def test_ninety_accounts_are_fine_and_are_remembered_as_reported(atlassian):
    rows = [row(atlassian, f"id-{number}") for number in range(90)]

    status, _, _ = await report(atlassian, await able(atlassian), rows)

    (kept,) = await atlassian.look("reports")
    assert (status, kept["client_id"], len(kept["accounts"])) == (204, "the-app", 90)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"accounts": 7}', b'{"accounts": [{}]}', b"[" * 100_000]
    + [
        json.dumps({"accounts": [{"accountId": "a", "updatedAt": at}]}).encode()
        for at in ("yesterday", "2026-01-01T00:00:00", None, 7)
    ],
)
async def test_what_is_no_report_is_refused(atlassian, body):
    assert (await report(atlassian, await able(atlassian), body))[0] == 400
    assert await atlassian.look("reports") == []


async def test_a_report_can_come_too_often(atlassian, ids):
    fault = {"kind": "429-burst", "path": "report-accounts", "retry_after": 30}
    await atlassian.control("faults", **fault)

    status, _, headers = await report(atlassian, await able(atlassian), [row(atlassian, ids["cy"])])

    assert (status, headers["Retry-After"]) == (429, "30")


async def test_changes_and_reports_survive_a_dump(atlassian, ids):
    await report(atlassian, await able(atlassian), [row(atlassian, ids["bob"])])
    await atlassian.control("accounts/change", account="bob", status="closed")
    saved = json.loads(json.dumps(atlassian.world.dump()))

    world = type(atlassian.world)(atlassian.base, atlassian.clock, atlassian.world.client, saved)

    assert world.dump() == saved
    assert world.privacy.judged(ids["bob"], atlassian.clock.now() + 1) == "closed"


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode))
def test_anything_is_a_report_or_refused(body):
    with contextlib.suppress(BadReport):
        assert reported_in(body)


@given(st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 -- hypothesis wants naive ends
def test_a_moment_is_read_in_any_zone(at):
    there = at.replace(tzinfo=UTC)
    for said in (there.isoformat(), there.isoformat().replace("+00:00", "Z")):
        body = json.dumps({"accounts": [{"accountId": "a", "updatedAt": said}]}).encode()
        read = datetime.fromtimestamp(reported_in(body)["a"], UTC)
        assert abs(read - there) < timedelta(milliseconds=1)
