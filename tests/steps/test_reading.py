"""Steps that read, and those that decide, on both products: what a reply says of what they gave."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

HANDBOOK = "Observatory handbook"
WEEKLY = "Mirror cleaning log"


def flat(text):
    return " ".join(text.split())


async def read(scene, steps, reply, line="", entities=""):
    """What a template of these steps replies; it writes nothing, so nothing is confirmed."""
    shown = await scene.begins(
        f"{entities}\nsteps:\n{steps}\nreply: {{text: '{reply}'}}".strip(), line
    )
    assert not await scene.writes()
    return flat(shown)


async def test_searches_by_words_label_space_and_author(scene):
    page = await scene.page("Quokka sightings")
    await scene.does(f'steps: [{{label: {{page: "{page}", add: [quokkas]}}}}]')
    reply = "{{ found.count }}: {{ found.results|bullets }}"
    said = await read(
        scene, "  - {id: found, search: {text: quokka, label: quokkas, space: ENG, by: me}}", reply
    )
    assert "1:" in said
    assert "Quokka sightings" in said
    none = await read(scene, "  - {id: found, search: {text: quokka, space: OPS}}", reply)
    assert "0:" in none


async def test_searches_by_date_kind_and_cql_with_holes_quoted(scene):
    await scene.page('Say "hello"')
    said = await read(
        scene,
        "  - {id: found, search: {cql: 'title = {{ words }} and type = page'}}",
        "{{ found.results|bullets }}",
        'words="Say \\"hello\\""',
        "entities: [{name: words, type: text, prompt: What?}]",
    )
    assert "Say “hello”" in said or 'Say "hello"' in said
    posts = await read(
        scene,
        "  - {id: found, search: {kind: blog, changed_since: 30d, order: newest, most: 5}}\n"
        "  - for_each: found.results\n"
        "    id: whole\n"
        "    steps: [{get: {page: '{{ item }}'}}]",
        "{{ found.results|join }} {{ whole|join }}",
    )
    assert posts.count("First light") == 2, "what is found can be read"


async def test_gets_a_page_with_all_that_is_known_of_it(scene):
    page = await scene.page("Wombat", "<p>It <strong>digs</strong>.</p>")
    await scene.does(f'steps: [{{label: {{page: "{page}", add: [marsupial]}}}}]')
    said = await read(
        scene,
        f'  - {{id: p, get: {{page: "{page}"}}}}',
        "{{ p.title }}|{{ p.text }}|{{ p.version }}|{{ p.space.key }}|{{ p.labels|join }}|"
        "{{ p.author.name }}|{{ p.kind }}|{{ p.updated|date }}",
    )
    assert "Wombat|It digs.|1|ENG|marsupial|Ada" in said
    assert "|page|" in said


async def test_gets_a_page_by_its_link(scene):
    found = await scene.one(title=HANDBOOK)
    page = scene.held(found["id"])
    link = (await scene.link(page.id)).replace("'", "")
    assert "Rollout" in await read(
        scene, f'  - {{id: p, sections: {{page: "{link}"}}}}', "{{ p|join }}"
    )


async def test_lists_spaces_children_sections_versions_and_comments(scene):
    page = await scene.page("Parent of two")
    for title in ("First child", "Second child"):
        await scene.page(title, parent=page)
        if scene.world == "atlassian":
            child = (await scene.one(title=title))["id"]
            await scene.stage.post("atlassian/pages/move", {"id": child, "parent": page})
    await scene.does(f'steps: [{{comment: {{page: "{page}", body: "Noted"}}}}]')
    await scene.changes(page)
    handbook = (await scene.one(title=HANDBOOK))["id"]
    said = await read(
        scene,
        f"""
  - {{id: spaces, list_spaces: {{most: 50}}}}
  - {{id: kids, children: {{page: "{page}"}}}}
  - {{id: heads, sections: {{page: "{handbook}"}}}}
  - {{id: past, versions: {{page: "{page}"}}}}
  - {{id: said, comments: {{page: "{page}"}}}}
""",
        "{{ spaces|join }}|{{ kids|join }}|{{ heads|join }}|{{ past|join }}|{{ said|join }}",
    )
    for part in ("Engineering", "First child, Second child", "Overview, ", "version 2, version 1"):
        assert part in said, (part, said)
    assert said.endswith("Noted")


async def test_tells_what_changed_between_two_versions(scene):
    page = await scene.page("Diary", "<p>Kept.</p><p>Monday.</p>")
    await scene.changes(page, "<p>Kept.</p><p>Tuesday.</p>")
    said = await read(
        scene,
        f'  - {{id: d, diff: {{page: "{page}"}}}}',
        "{{ d.older }}-{{ d.newer }} +{{ d.added|join }} -{{ d.removed|join }}",
    )
    assert "1-2" in said
    assert "Tuesday" in said
    assert "Kept" not in said


async def test_reads_by_a_rest_call(scene):
    page = await scene.page("Numbat")
    path = (
        f"/wiki/api/v2/pages/{page}" if scene.world == "atlassian" else f"/rest/api/content/{page}"
    )
    said = await read(
        scene, f'  - {{id: a, http: {{path: "{path}"}}}}', "{{ a.status }} {{ a.body.title }}"
    )
    assert "200 Numbat" in said


FLOW = """
entities:
  - {name: count, type: number, prompt: How many?}
steps:
  - let: {some: "{{ ['a', 'b', 'c'] }}", big: "{{ count > 2 }}"}
  - id: which
    when: big
    steps: [{let: {said: many}}]
    otherwise: [{let: {said: few}}]
  - when: count == 0
    fail: "Nothing to do for {{ me.name }}."
  - id: made
    for_each: some
    most: 3
    item: letter
    steps: [{label: {page: "PAGE", add: ["{{ said }}-{{ letter }}"]}}]
  - {when: big, label: {page: "PAGE", add: [big]}}
reply: {text: "{{ said }}"}
"""


async def test_when_for_each_let_and_fail(scene):
    page = await scene.page("Loops")
    done = await scene.does(FLOW.replace("PAGE", page), "count=3")
    assert done.preview.count("Give the page “Loops”") == 4
    assert (await scene.one(id=page))["labels"] == ["many-a", "many-b", "many-c", "big"]
    assert done.end.count(":white_check_mark:") == 4
    await scene.takes_back()
    assert (await scene.one(id=page))["labels"] == []
    done = await scene.does(FLOW.replace("PAGE", page), "count=1")
    assert (await scene.one(id=page))["labels"] == ["few-a", "few-b", "few-c"]
    failed = await scene.begins(FLOW.replace("PAGE", page), "count=0")
    assert "Nothing to do for Ada" in failed
    assert not await scene.writes()


async def test_asks_on_the_way_for_what_depends_on_what_was_made(scene):
    shown = await scene.begins(
        """
        entities:
          - {name: title, type: text, prompt: Title?}
          - {name: remark, type: text, prompt: "What of it?", default: "About {{ title }}"}
        steps:
          - id: made
            create: {space: ENG, title: "{{ title }}", body: x}
          - ask: [remark]
          - comment: {page: "{{ made }}", body: "{{ remark }}"}
        """,
        "title=Quoll",
    )
    assert "What follows from these is shown to you before it is written." in shown
    asked = await scene.submits()
    page = (await scene.one(title="Quoll", status="current"))["id"]
    assert "Comment on the page “Quoll” in Engineering (ENG): “About Quoll”" in asked
    end = await scene.submits()
    assert "Done." in end
    assert [
        scene.text(each)
        for each in scene.contents()
        if each.kind == "footer-comment" and str(scene.container(each)) == page
    ] == ["About Quoll"]
