"""Whatever is sent to Data Center's API is answered, and what is kept can be written down."""

import json

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.datacenter_stage import CALLBACK, page, stage
from tests.sandbox.test_atlassian_hostile import AWKWARD, JSON

FIELDS = ("type", "status", "title", "ancestors", "body", "version", "id", "space", "container")
REFUSED = {400, 403, 404, 409}


@pytest_asyncio.fixture
async def dc():
    async with stage() as made:
        yield made
        json.dumps(made.world.dump(), ensure_ascii=False).encode()


@pytest_asyncio.fixture
async def ada(dc):
    return await dc.person("ada")


@pytest.mark.parametrize("word", AWKWARD)
async def test_an_awkward_word_is_taken_or_refused_everywhere(dc, ada, word):
    home = f"/content/{dc.page_id('Engineering Home')}"
    answers = [
        await ada.create(f"t {word}"[:255]),
        await ada.create(space={"key": word}),
        await ada.create("u", ancestors=[{"id": word}]),
        await ada.create("v", body={"storage": {"value": word}}),
        await ada.post("/content", page("w", type="comment", container={"id": word})),
        await ada.post(f"{home}/property", {"key": word[:250], "value": word}),
        await ada.post(f"{home}/label", [{"prefix": "global", "name": word}]),
        await ada.search("type = page"),
        await ada.search('text ~ "t"'),
    ]
    made = await ada.ask("POST", "/rest/pat/latest/tokens", json={"name": word})

    assert {each.status for each in answers} <= {200, *REFUSED}
    assert answers[-1].status == 200
    assert made.status in {201, 400}
    assert (await ada.get("/space/ENG/content/page", limit="200")).status == 200


@pytest.mark.parametrize("word", ["²", "٣", "9" * 5000, "-1", "%00", "..%2f", "a b", "att1"])
async def test_an_awkward_path_or_query_is_refused(ada, word):
    paths = [
        f"/content/{word}",
        f"/content/{word}/child/page",
        f"/content/{word}/restriction/byOperation",
        f"/content/98400/property/{word}",
        f"/space/{word}",
        f"/group/{word}",
    ]
    answers = [await ada.get(path) for path in paths]
    answers += [await ada.get("/content", limit=word), await ada.get("/search", start=word)]
    answers += [await ada.get("/user", key=word), await ada.get("/user", username=word)]
    answers += [await ada.ask("GET", f"/download/attachments/{word}/{word}")]

    assert {each.status for each in answers} <= REFUSED


async def test_any_json_is_taken_or_refused(dc, ada):
    @settings(max_examples=40, deadline=None)
    @given(st.dictionaries(st.sampled_from(FIELDS), JSON))
    def collect(sent):
        made.append(sent)

    made = []
    collect()
    home = dc.page_id("Engineering Home")
    for sent in made:
        for answer in (
            await ada.post("/content", page("x") | sent),
            await ada.post("/content", {"type": "comment"} | sent),
            await ada.put(f"/content/{home}", {"type": "page", "title": "x"} | sent),
            await ada.post(f"/content/{home}/label", sent),
            await ada.put(f"/content/{home}/property/x", sent),
        ):
            assert answer.status in {200, *REFUSED}, (sent, answer.text)


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !", "Basic gA==", "Bearer", "Bearer é", "x y"]
)
async def test_any_credential_is_refused_in_good_order(dc, header):
    answer = await dc.ask(
        "GET",
        "/rest/api/user/current",
        headers={"Authorization": header.encode().decode("latin-1")},
    )

    assert answer.status == 401


@pytest.mark.parametrize("word", AWKWARD)
async def test_any_form_is_refused_or_taken_at_the_token_endpoint(dc, word):
    client = await dc.client()
    names = ("client_id", "grant_type", "code", "refresh_token", "code_verifier", "client_secret")
    for name in names:
        said = {"grant_type": "authorization_code", "code": "x", "client_id": client["client_id"]}
        said |= {name: word.encode("utf-8", "replace").decode(), "redirect_uri": CALLBACK}
        answer = await dc.ask("POST", "/rest/oauth2/latest/token", data=said)
        assert answer.status in {400, 401}
