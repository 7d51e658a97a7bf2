"""The seeded pages that are there to be worked on: a history, placeholders, markers, stale ones."""

import json
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.atlassian import adf, documents
from sandbox.atlassian.markers import with_marker
from sandbox.atlassian.people import BY_NAME
from sandbox.atlassian.seed_handbook import DUSK, MIRROR, STATES, TITLE
from sandbox.atlassian.storage import parse
from sandbox.atlassian.wiki import Body
from tests.sandbox import atlassian_stage, datacenter_stage
from tests.sandbox.atlassian_stage import storage

AUTHORS = ["bob", "cy", "ada", "bob", "cy", "ada"]


@pytest.fixture
async def atlassian():
    async with atlassian_stage.stage() as made:
        yield made


@pytest.fixture
async def ada(atlassian):
    return await atlassian.person("ada")


@pytest.fixture
async def dc():
    async with datacenter_stage.stage() as made:
        yield made


def handbook(stage):
    return f"/api/v2/pages/{stage.page_id(TITLE)}"


async def test_the_handbook_has_a_history_by_several_people(atlassian, ada):
    listed = await ada.get(
        f"{handbook(atlassian)}/versions", **{"sort": "modified-date", "body-format": "storage"}
    )
    found = listed.json["results"]

    assert [each["number"] for each in found] == [1, 2, 3, 4, 5, 6]
    assert [each["message"] for each in found] == [each.message for each in STATES]
    assert [each["authorId"] for each in found] == [account(each) for each in AUTHORS]
    assert [each["page"]["body"]["storage"]["value"] for each in found] == [
        each.body for each in STATES
    ]
    moments = [each["createdAt"] for each in found]
    assert moments == sorted(set(moments))


def account(name):
    return BY_NAME[name].account_id


async def test_an_earlier_version_is_read_in_both_representations(atlassian, ada):
    old = await ada.get(handbook(atlassian), **{"version": "2", "body-format": "atlas_doc_format"})
    new = await ada.get(handbook(atlassian), **{"body-format": "storage"})

    assert (old.json["status"], old.json["version"]["number"]) == ("historical", 2)
    assert "2.1 m" in old.json["body"]["atlas_doc_format"]["value"]
    assert new.json["body"]["storage"]["value"] == STATES[-1].body


def test_every_state_of_the_handbook_is_adf_too():
    for each in STATES:
        document = adf.parse(documents.adf_of(Body("storage", each.body)))
        again = documents.storage_of(Body("atlas_doc_format", json.dumps(document)))
        assert f'<ac:inline-comment-marker ac:ref="{DUSK}">at dusk<' in again


async def test_inline_comments_hang_on_their_markers(atlassian, ada):
    path = handbook(atlassian)
    before = (await ada.get(f"{path}/inline-comments")).json["results"]
    changed = STATES[-1].body.replace(MIRROR, "gone")
    sent = {
        "id": atlassian.page_id(TITLE),
        "status": "current",
        "title": TITLE,
        "body": storage(changed),
        "version": {"number": 7},
    }
    assert (await ada.put(path, sent)).status == 200
    after = (await ada.get(f"{path}/inline-comments")).json["results"]

    assert [each["properties"]["inlineMarkerRef"] for each in before] == [DUSK, MIRROR]
    assert [each["resolutionStatus"] for each in before] == ["open", "open"]
    assert [each["resolutionStatus"] for each in after] == ["open", "dangling"]


@pytest.mark.parametrize(
    ("title", "words", "index"),
    [
        (TITLE, "dome", 1),
        ("Rocket engine manual", "oxygen", 0),
        ("Deployment guide", "deploy", 1),
    ],
)
async def test_a_new_inline_comment_puts_its_marker_into_the_text(
    atlassian, ada, title, words, index
):
    page_id = atlassian.page_id(title)
    path = f"/api/v2/pages/{page_id}"
    before = (await ada.get(path, **{"body-format": "storage"})).json
    count = documents.text_of(Body("storage", before["body"]["storage"]["value"])).count(words)
    place = {
        "textSelection": words,
        "textSelectionMatchCount": count,
        "textSelectionMatchIndex": index,
    }
    sent = {
        "pageId": page_id,
        "body": storage("<p>?</p>"),
        "inlineCommentProperties": place,
    }
    made = (await ada.post("/api/v2/inline-comments", sent)).json
    after = (await ada.get(path, **{"body-format": "storage"})).json

    ref = made["properties"]["inlineMarkerRef"]
    marker = f'<ac:inline-comment-marker ac:ref="{ref}">{words}</ac:inline-comment-marker>'
    old, new = before["body"]["storage"]["value"], after["body"]["storage"]["value"]
    assert new.replace(marker, words) == old
    assert new.partition(marker)[0].count(words) == index
    assert after["version"] == before["version"]


WORDS = st.text("ab<&>]\"' \n", min_size=1, max_size=4)


@example(parts=["&"], words="a", index=0)
@given(parts=st.lists(WORDS, min_size=1, max_size=6), words=WORDS, index=st.integers(0, 8))
def test_a_marker_leaves_every_other_letter_as_it_is(parts, words, index):
    value = "".join(
        f"<p>{escape(each, quote=False)}</p><ac:plain-text-body><![CDATA[{cdata(each)}]]>"
        "</ac:plain-text-body>"
        for each in parts
    )
    spelt = escape(words, quote=False)
    count = sum(each.count(words) for each in parts)
    marked = with_marker(Body("storage", value), words, index, "ref").value
    marker = f'<ac:inline-comment-marker ac:ref="ref">{spelt}</ac:inline-comment-marker>'

    assert marked.count(marker) == (index < count)
    assert marked.replace(marker, spelt) == value
    parse(marked)


def cdata(text):
    return text.replace("]]>", "]]]]><![CDATA[>")


@given(parts=st.lists(WORDS, min_size=1, max_size=6), words=WORDS, index=st.integers(0, 8))
def test_an_annotation_leaves_every_word_as_it_is(parts, words, index):
    texts = [{"type": "text", "text": each} for each in parts]
    document = {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [each]} for each in texts],
    }
    count = sum(each.count(words) for each in parts)
    body = with_marker(Body("atlas_doc_format", json.dumps(document)), words, index, "ref")
    nodes = [node for each in adf.parse(body.value)["content"] for node in each["content"]]

    assert "".join(each["text"] for each in nodes) == "".join(parts)
    assert [each["text"] for each in nodes if "marks" in each] == [words] * (index < count)


async def test_words_in_pieces_get_no_marker(atlassian, ada):
    page_id = atlassian.page_id(TITLE)
    words = "The dome opens at dusk"
    place = {
        "textSelection": words,
        "textSelectionMatchCount": 1,
        "textSelectionMatchIndex": 0,
    }
    sent = {"pageId": page_id, "body": storage("<p>?</p>"), "inlineCommentProperties": place}
    made = await ada.post("/api/v2/inline-comments", sent)

    assert made.status == 201
    assert "inlineMarkerRef" not in made.json["properties"]


async def test_what_ada_has_changed_this_week(ada):
    mine = 'contributor = currentUser() and lastmodified >= now("-7d") and type in (page, blogpost)'
    found = await ada.titles(f"{mine} order by lastmodified desc")

    assert {TITLE, "Mirror cleaning log", "Dome weather log", "First light"} <= set(found)
    assert await ada.titles(f'{mine} and label = "weekly" order by lastmodified desc') == [
        "Dome weather log",
        "Mirror cleaning log",
    ]


async def test_stale_pages_of_a_space(ada):
    stale = 'space = OPS and type = page and lastmodified < now("-1y") order by lastmodified'

    assert await ada.titles(stale) == ["Fax gateway", "Telex directory", "Paper archive"]


async def test_data_center_holds_the_same_page(dc):
    ada = await dc.person("ada")
    path = f"/content/{dc.page_id(TITLE)}"
    now = (await ada.get(path, expand="body.storage,version,metadata.labels")).json
    old = (
        await ada.get(path, status="historical", version="3", expand="body.storage,version")
    ).json
    inline = (await ada.get(f"{path}/child/comment", location="inline")).json["results"]

    assert (now["version"]["number"], now["body"]["storage"]["value"]) == (6, STATES[-1].body)
    assert old["body"]["storage"]["value"] == STATES[2].body
    assert (old["version"]["message"], old["version"]["by"]["username"]) == (
        "Name the risks",
        "ada",
    )
    refs = [each["extensions"]["inlineProperties"]["markerRef"] for each in inline]
    assert refs == [DUSK, MIRROR]


async def test_data_center_has_stale_pages_and_pages_of_this_week(dc):
    ada = await dc.person("ada")
    stale = await ada.search('space = "OPS" and type = page and lastmodified < now("-1y")')
    mine = await ada.search('contributor = currentUser() and lastmodified > now("-7d")')

    assert set(stale.titles) == {"Fax gateway", "Telex directory"}
    assert {TITLE, "Dome weather log"} <= set(mine.titles)


async def test_the_runbook_template_has_placeholders(atlassian, ada):
    page = await ada.get(
        f"/api/v2/pages/{atlassian.page_id('Runbook template')}", **{"body-format": "storage"}
    )
    value = page.json["body"]["storage"]["value"]

    assert [value.count(f"{{{{{each}}}}}") for each in ("service", "owner", "steps")] == [2, 2, 1]
