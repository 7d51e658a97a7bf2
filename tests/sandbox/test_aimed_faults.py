"""Faults aimed at one write among several: lost, held up, refused; and how often it was done."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest

from sandbox.atlassian.people import BY_NAME
from tests.sandbox import atlassian_stage, datacenter_stage
from tests.sandbox.atlassian_stage import storage


@asynccontextmanager
async def once_only(stage):
    """The same world, asked by a client that never sends a lost PUT again by itself."""
    async with stage() as made:
        made.session._retry_connection = False  # noqa: SLF001 -- as aiohttp's TestClient does
        yield made


@pytest.fixture
async def atlassian():
    async with once_only(atlassian_stage.stage) as made:
        yield made


@pytest.fixture
async def ada(atlassian):
    return await atlassian.person("ada")


@pytest.fixture
async def dc():
    async with once_only(datacenter_stage.stage) as made:
        yield made


def writes(stage):
    """Every kind of write: method, path below `/wiki`, body, and by which pattern it is hit."""
    page, other = stage.page_id("Price list"), stage.page_id("Vendors")
    post = stage.page_id("We launched!")
    mine = {"type": "known", "accountId": BY_NAME["ada"].account_id}
    only = [{"operation": "read", "restrictions": {"user": [mine]}}]
    update = {
        "id": page,
        "status": "current",
        "title": "Price list",
        "body": storage("<p>x</p>"),
        "version": {"number": 2},
    }
    new = {"spaceId": stage.space_id("ENG"), "title": "New", "body": storage("")}
    rest, v2 = "/wiki/rest/api", "/wiki/api/v2"
    restore = {"operationKey": "restore", "params": {"versionNumber": 1, "message": ""}}
    release = stage.page_id("Release checklist")
    return {
        "page": ("POST", f"{v2}/pages", new, "/pages$"),
        "post": ("POST", f"{v2}/blogposts", new, "/blogposts$"),
        "update": ("PUT", f"{v2}/pages/{page}", update, r"/pages/\d+$"),
        "trash": ("DELETE", f"{v2}/blogposts/{post}", None, r"/blogposts/\d+$"),
        "comment": (
            "POST",
            f"{v2}/footer-comments",
            {"pageId": page, "body": storage("<p>x</p>")},
            "/footer-comments$",
        ),
        "property": ("POST", f"{v2}/pages/{page}/properties", {"key": "k", "value": 1}, "/prop"),
        "move": ("PUT", f"{rest}/content/{page}/move/append/{other}", None, "/move/"),
        "copy": (
            "POST",
            f"{rest}/content/{page}/copy",
            {"destination": {"type": "space", "value": "OPS"}},
            "/copy$",
        ),
        "restore": ("POST", f"{rest}/content/{release}/version", restore, "/version$"),
        "restrict": ("PUT", f"{rest}/content/{page}/restriction", only, "/restriction$"),
        "watch": ("POST", f"{rest}/user/watch/content/{page}", None, "/user/watch/"),
        "label": (
            "POST",
            f"{rest}/content/{page}/label",
            [{"name": "x", "prefix": "global"}],
            "/label$",
        ),
    }


KINDS = (
    "page post update trash comment property move copy restore restrict watch label".split()  # noqa: SIM905 -- a word list
)
HEADERS = {"X-Atlassian-Token": "no-check"}


async def send(person, method, path, sent):
    more = {} if sent is None else {"json": sent}
    return await person.ask(method, path, headers=HEADERS, **more)


async def counted(stage, path):
    return [(each["done"], each["refused"]) for each in await stage.look("writes", path=path)]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_write_is_done_and_its_answer_is_lost(atlassian, ada, kind):
    method, path, sent, pattern = writes(atlassian)[kind]
    await atlassian.control("faults", kind="drop-after", method=method, path=pattern)

    with pytest.raises(aiohttp.ClientError):
        await send(ada, method, path, sent)

    assert await counted(atlassian, path) == [(1, 0)]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_write_is_lost_before_it_is_done(atlassian, ada, kind):
    method, path, sent, pattern = writes(atlassian)[kind]
    await atlassian.control("faults", kind="drop-before", method=method, path=pattern)

    with pytest.raises(aiohttp.ClientError):
        await send(ada, method, path, sent)

    assert await counted(atlassian, path) == []
    assert (await send(ada, method, path, sent)).status < 300
    assert await counted(atlassian, path) == [(1, 0)]


@pytest.mark.parametrize("status", [403, 404, 409])
async def test_a_write_is_refused_in_the_shape_of_its_interface(atlassian, ada, status):
    said = writes(atlassian)
    await atlassian.control("faults", kind=str(status), times=2)
    old = await send(ada, *said["move"][:3])
    new = await send(ada, *said["update"][:3])

    assert (old.json["statusCode"], new.json["errors"][0]["status"]) == (status, status)
    assert await counted(atlassian, "/content/") == [(0, 1)]


async def test_some_matching_requests_may_pass_first(atlassian, ada):
    await atlassian.control("faults", kind="500", method="POST", path="/pages$", skip=2)
    found = [(await ada.create(f"Page {number}")).status for number in range(4)]

    assert found == [200, 200, 500, 200]
    assert await counted(atlassian, "/api/v2/pages") == [(3, 0), (0, 1)]


async def hanging(stage):
    for _ in range(1000):
        if found := (await stage.look("faults"))["hanging"]:
            return found
        await asyncio.sleep(0.01)
    raise TimeoutError


async def test_a_write_hangs_before_it_is_done_until_it_is_let_go(atlassian, ada):
    await atlassian.control("faults", kind="hang-before", method="POST", path="/pages$")
    task = asyncio.create_task(ada.create("Held up"))
    found = await hanging(atlassian)
    before = await counted(atlassian, "/api/v2/pages")
    released = await atlassian.control("faults/release")

    assert [each.partition(" ")[0] for each in found] == ["POST"]
    assert (before, released) == ([], {"released": 1})
    assert (await task).status == 200
    assert await counted(atlassian, "/api/v2/pages") == [(1, 0)]


async def test_a_write_that_hangs_is_never_done_when_the_faults_are_cleared(atlassian, ada):
    await atlassian.control("faults", kind="hang-before", method="POST", path="/pages$")
    task = asyncio.create_task(ada.create("Held up"))
    await hanging(atlassian)
    await atlassian.control("faults/clear")

    with pytest.raises(aiohttp.ClientError):
        await task
    assert await atlassian.look("pages", title="Held up") == []


async def test_a_write_is_done_and_its_answer_hangs(atlassian, ada):
    await atlassian.control("faults", kind="hang-after", method="POST", path="/pages$")
    task = asyncio.create_task(ada.create("Held up"))
    await hanging(atlassian)

    assert await counted(atlassian, "/api/v2/pages") == [(1, 0)]
    await atlassian.control("faults/release")
    assert (await task).status == 200


async def test_a_write_is_done_at_once_and_told_late(atlassian, ada):
    await atlassian.control("faults", kind="slow-after", ms=1, method="POST", path="/pages$")

    assert (await ada.create("Told late")).status == 200


async def test_what_was_answered_in_confluences_place_was_not_done(atlassian, ada):
    await atlassian.control("faults", kind="html", method="POST", path="/pages$")
    await ada.create("Never")

    assert await counted(atlassian, "/pages") == []


async def test_data_center_has_them_too(dc):
    ada = await dc.person("ada")
    page_id = dc.page_id("Rocket engine manual")
    only = [{"operation": "read", "restrictions": {"user": [{"username": "ada"}]}}]
    path = f"/content/{page_id}/restriction"
    await dc.control("faults", kind="drop-after", method="PUT", path="/restriction$")
    await dc.control("faults", kind="409", method="PUT", path=rf"/content/{page_id}$")
    with pytest.raises(aiohttp.ClientError):
        await ada.put(path, only)
    stale = await ada.update(page_id, 2)

    assert (stale.status, stale.json["reason"]) == (409, "Conflict")
    assert await counted(dc, path) == [(1, 0)]
    await dc.control("faults", kind="hang-before", method="POST", path="/content$")
    task = asyncio.create_task(ada.create("Held up"))
    await hanging(dc)
    assert await dc.control("faults/release") == {"released": 1}
    assert (await task).status == 200


async def test_a_download_of_data_center_can_fail_too(dc):
    ada = await dc.person("ada")
    page_id = dc.page_id("Release checklist")
    await dc.control("faults", kind="503", path="/download/")
    path = f"/download/attachments/{page_id}/release-dates.csv"

    assert (await ada.ask("GET", path)).status == 503
    assert (await ada.ask("GET", path)).status == 200
