import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.atlassian import adf, documents, storage
from sandbox.atlassian.wiki import Body
from tests.sandbox.atlassian_stage import stage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = ("spaceId", "status", "title", "parentId", "body", "version", "id")
AWKWARD = [
    *("\0", "\x01", "\x1f", "\ud83d", "\u202e", "👩🏽‍🚀", "]]>", "&nbsp;", "<!channel>", "{{7*7}}"),
    *("<script>", "*_~`", '" or 1=1', "\\", "٣", "²", "9" * 5000, "-1", "null"),
]


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


@pytest.fixture
async def ada(atlassian):
    return await atlassian.person("ada")


@pytest.mark.parametrize("word", AWKWARD)
async def test_an_awkward_word_is_taken_or_refused_everywhere(atlassian, ada, word):
    home = atlassian.page_id("Price list")
    document = json.dumps(
        {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": word}]}],
        }
    )
    body = {"representation": "atlas_doc_format", "value": document}
    answers = [
        await ada.create(f"t {word}"[:255], body=body),
        await ada.create(spaceId=word),
        await ada.create("u", parentId=word),
        await ada.post(f"/api/v2/pages/{home}/properties", {"key": word[:250], "value": word}),
        await ada.v1("POST", f"/content/{home}/label", json=[{"prefix": "global", "name": word}]),
        await ada.post("/api/v2/content/convert-ids-to-types", {"contentIds": [word]}),
        await ada.post("/api/v2/users-bulk", {"accountIds": [word]}),
        await ada.search("type = page"),
        await ada.search('text ~ "t"'),
    ]

    assert {each.status for each in answers} <= {200, 400, 404}
    assert answers[-1].status == 200
    page = await ada.get(f"/api/v2/spaces/{atlassian.space_id('ENG')}/pages", limit=250)
    assert page.status == 200


@pytest.mark.parametrize("word", ["²", "٣", "9" * 5000, "-1", "%00", "..%2f", "a b"])
async def test_an_awkward_path_or_query_is_refused(ada, word):
    paths = [
        f"/api/v2/pages/{word}",
        f"/api/v2/pages/1/versions/{word}",
        f"/api/v2/attachments/{word}",
        f"/rest/api/content/{word}/restriction",
        f"/rest/api/content/1/child/attachment/{word}/download",
    ]
    answers = [await ada.get(path) for path in paths]
    answers += [await ada.get("/api/v2/pages", limit=word)]
    answers += [await ada.get("/rest/api/search/user", cql="type = user", start=word)]

    assert {each.status for each in answers} <= {400, 401, 404, 410}


async def test_any_json_is_taken_or_refused(ada):
    @settings(max_examples=40, deadline=None)
    @given(st.dictionaries(st.sampled_from(FIELDS), JSON))
    def collect(sent):
        made.append(sent)

    made = []
    collect()
    for sent in made:
        for answer in (
            await ada.post("/api/v2/pages", sent),
            await ada.put("/api/v2/pages/327690", sent),
            await ada.post("/api/v2/footer-comments", sent),
        ):
            assert answer.status in (200, 201, 400, 404, 409, 500)


@given(st.text(max_size=60))
def test_any_words_in_adf_can_be_read_back_as_storage(words):
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": words or "x"}]}
    value = json.dumps({"type": "doc", "version": 1, "content": [paragraph]})
    adf.parse(value)

    kept = documents.storage_of(Body("atlas_doc_format", value))

    storage.parse(kept)
    adf.parse(documents.adf_of(Body("storage", kept)))
