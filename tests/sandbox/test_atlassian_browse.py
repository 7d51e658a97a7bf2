import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.atlassian import adf, documents, seed, storage_blocks, tiny, view
from sandbox.atlassian.storage import NotStorage
from sandbox.atlassian.wiki import Body
from tests.sandbox.atlassian_stage import stage

SEEDED = [
    pytest.param(each.latest.body, id=each.title)
    for wiki in seed.build(1_767_610_000.0).values()
    for each in wiki.contents.values()
    if each.kind in ("page", "blogpost")
]
PANEL = """<ac:structured-macro ac:name="info"><ac:rich-text-body><h2>x</h2></ac:rich-text-body>
</ac:structured-macro>"""
CODE = """<ac:structured-macro ac:name="code"><ac:plain-text-body>c</ac:plain-text-body>
</ac:structured-macro>"""
NESTED = """<blockquote><h1>q</h1><ul><li><table><tr><td><ul><li/></ul></td></tr></table></li></ul>
</blockquote>"""
TASKS = """<ac:task-list><ac:task><ac:task-status>complete</ac:task-status></ac:task>
</ac:task-list>"""
SCRAPS = st.sampled_from(
    [
        *("<p>", "</p>", "<ul>", "<li>x</li>", "</ul>", "<strong>", "</strong>", "text ", "<br/>"),
        *("<table><tbody><tr><td>1</td></tr></tbody></table>", "<h1>h</h1>", "<hr/>", "&amp;"),
        *(PANEL, CODE, NESTED, TASKS, "<code><strong>x</strong></code>"),
        '<a href="javascript:alert(1)">a</a>',
        '<a href="https://example.com/?a=1&amp;b">a</a>',
        '<p onclick="x()"><script>alert(1)</script></p>',
        '<ac:link><ri:user ri:account-id="u" /></ac:link>',
    ]
)


@pytest.fixture
async def atlassian():
    async with stage() as made:
        yield made


async def visit(atlassian, path, viewer="ada", site="acme"):
    url = f"{atlassian.base}/atlassian/sites/{site}{path}"
    async with atlassian.session.get(url, params={"viewer": viewer}) as answer:
        return answer.status, str(answer.url.path), await answer.text()


async def test_spaces_and_tree_show_what_the_viewer_sees(atlassian):
    _, _, spaces = await visit(atlassian, "/wiki", "cy")
    _, _, mine = await visit(atlassian, "/wiki/spaces/ENG/overview", "ada")
    _, _, theirs = await visit(atlassian, "/wiki/spaces/ENG/overview", "cy")

    assert "Engineering" in spaces
    assert "Nightfall" not in spaces
    assert "Salary bands" in mine
    assert "Ideas that aren&#39;t ready" in mine
    assert "Salary bands" not in theirs
    assert "Ideas that aren" not in theirs
    assert "Thrown away" in theirs


async def test_a_page_is_shown_safely(atlassian):
    page_id = atlassian.page_id('Awkward characters: <b> & "quotes"')

    status, _, text = await visit(atlassian, f"/wiki/spaces/ENG/pages/{page_id}/x")

    assert status == 200
    assert "&lt;script&gt;alert(" in text
    assert "<script" not in text


@pytest.mark.parametrize(
    "form",
    [
        "/wiki/spaces/ENG/pages/{id}",
        "/wiki/spaces/ENG/pages/{id}/Release+checklist",
        "/wiki/pages/viewpage.action?pageId={id}",
        "/wiki/x/{tiny}",
        "/wiki/display/ENG/Release+checklist",
    ],
)
async def test_every_form_of_address_leads_to_the_page(atlassian, form):
    page_id = atlassian.page_id("Release checklist")
    path = form.format(id=page_id, tiny=tiny.encode(int(page_id)))
    url = f"{atlassian.base}/atlassian/sites/acme{path}"

    async with atlassian.session.get(url) as answer:
        text = await answer.text()

    assert answer.status == 200
    assert f"/pages/{page_id}" in str(answer.url)
    assert '<h1 dir="auto">Release checklist</h1>' in text


@pytest.mark.parametrize(
    "path",
    [
        "/wiki/spaces/NOSUCH/overview",
        "/wiki/spaces/ENG/pages/1",
        "/wiki/pages/viewpage.action",
        "/wiki/pages/viewpage.action?pageId=x",
        "/wiki/x/!!!",
        "/wiki/display/ENG/Nothing",
        "/wiki/spaces/ENG/pages/99999999999999999999999999",
    ],
)
async def test_what_is_not_there_is_missing(atlassian, path):
    async with atlassian.session.get(f"{atlassian.base}/atlassian/sites/acme{path}") as answer:
        assert answer.status == 404


async def test_a_restricted_page_is_missing_for_others(atlassian):
    path = f"/wiki/spaces/ENG/pages/{atlassian.page_id('Salary bands of engineering')}"

    assert (await visit(atlassian, path, "bob"))[0] == 200
    assert (await visit(atlassian, path, "cy"))[0] == 404


async def test_one_can_be_somebody_else(atlassian):
    url = f"{atlassian.base}/atlassian/sites/acme/viewer"

    async with atlassian.session.post(url, data={"viewer": "cy"}, allow_redirects=False) as answer:
        assert answer.cookies["sandbox_viewer"].value == "cy"


async def test_the_addresses_in_answers_are_pages(atlassian):
    ada = await atlassian.person("ada")
    (hit,) = (await ada.search('title = "Price list"')).json["results"]
    page = (await ada.get(f"/api/v2/pages/{hit['content']['id']}")).json
    base = page["_links"]["base"]

    for path in (hit["url"], page["_links"]["webui"], page["_links"]["tinyui"]):
        async with atlassian.session.get(base + path) as answer:
            assert answer.status == 200


@given(st.integers(min_value=1, max_value=2**62))
def test_a_tiny_link_leads_back(content_id):
    assert tiny.decode(tiny.encode(content_id)) == content_id


def test_a_tiny_link_is_spelt_as_confluence_spells_it():
    assert tiny.encode(327_686) == "BgAF"
    assert tiny.encode(98_319) == "D4AB"


@given(st.text(max_size=20))
def test_any_tiny_text_is_an_id_or_none(text):
    assert tiny.decode(text) is None or tiny.decode(text) >= 0


@pytest.mark.parametrize("body", SEEDED)
def test_every_seeded_page_can_be_read_in_every_form(body):
    adf.parse(documents.adf_of(body))
    as_storage = documents.storage_of(body)
    adf.parse(documents.adf_of(Body("storage", as_storage)))

    assert documents.text_of(body)
    assert "<ac:" not in documents.html_of(body)


@given(st.lists(SCRAPS, max_size=8).map("".join))
def test_whatever_parses_as_storage_is_valid_adf_and_safe_html(value):
    try:
        document = storage_blocks.to_adf(value)
    except NotStorage:
        return

    adf.schema()(document)
    shown = view.to_html(value)
    assert "<script" not in shown
    assert "javascript:" not in shown
    assert "onclick" not in shown
