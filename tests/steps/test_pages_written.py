"""Steps that write pages, on both products: what was shown, what stands there, and back again."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

HANDBOOK = "Observatory handbook"


async def test_creates_a_page(scene, is_cloud):
    done = await scene.does(
        """
        entities: [{name: title, type: text, prompt: Title?}]
        steps:
          - id: made
            create: {space: ENG, title: "{{ title }}", body: "Is **new**."}
        reply: {text: "Made {{ made }} of version {{ made.version }}."}
        """,
        'title="Comet list"',
    )
    assert "1. Create the page “Comet list” in Engineering (ENG) (2 words)" in done.preview
    page = await scene.one(title="Comet list", status="current")
    assert (page["text"].strip(), page["space"]) == ("Is new.", "ENG")
    assert "Made Comet list of version 1." in " ".join(done.end.split())
    assert "Create the page" in done.end
    made = {path.rpartition("/")[0] for path in done.writes}
    assert done.writes.total() == (2 if is_cloud else 1), made
    assert ("publish", "done") in await scene.audited()
    assert "was taken back" in await scene.takes_back()
    assert (await scene.one(id=page["id"]))["status"] == "trashed"


async def test_creates_a_page_below_another(scene):
    parent = await scene.page("Meteors")
    await scene.does(
        f'steps: [{{create: {{space: ENG, title: Bolide, body: x, parent: "{parent}"}}}}]'
    )
    assert (await scene.one(title="Bolide", status="current"))["parent"] == parent


async def test_creates_a_blog_post(scene):
    done = await scene.does("steps: [{create: {space: ENG, title: News, body: x, kind: blog}}]")
    assert "Create the blog post “News”" in done.preview
    assert (await scene.one(title="News", status="current"))["kind"] == "blogpost"
    await scene.takes_back()
    assert (await scene.one(title="News"))["status"] == "trashed"


async def test_creates_a_draft(scene, is_cloud):
    shown = await scene.begins("steps: [{create: {space: ENG, title: Mine, body: x, draft: true}}]")
    if not is_cloud:
        assert "draft" in shown
        return
    done = await scene.confirms(shown)
    assert "Create a draft of the page “Mine”" in done.preview
    assert (await scene.one(title="Mine"))["status"] == "draft"


async def test_creates_a_page_of_a_page_template(scene):
    templates = await scene.stage.get(f"{scene.world}/templates")
    decision = next(each for each in templates if each["name"] == "Decision record")
    shown = await scene.begins(
        f"""
        steps:
          - id: answers
            ask_variables: {{template: "{decision["id"]}"}}
          - create:
              space: ENG
              title: From a template
              of: {{template: "{decision["id"]}", values: "{{{{ answers }}}}"}}
        """
    )
    assert "Decision" in shown
    view = await scene.person.modal()
    blocks = {each["label"]["text"]: each for each in view["blocks"] if "label" in each}
    assert list(blocks) == ["Decision", "Context", "Status"]
    statuses = blocks["Status"]["element"]["options"]
    assert [each["text"]["text"] for each in statuses] == ["Proposed", "Accepted", "Rejected"]
    values = {
        blocks["Decision"]["block_id"]: {"dialog_field": "Use <b>Mongo</b> & co"},
        blocks["Context"]["block_id"]: {"dialog_field": "It is\nslow"},
        blocks["Status"]["block_id"]: {"dialog_field": statuses[1]},
    }
    await scene.confirms(await scene.submits(values))
    page = await scene.one(title="From a template", status="current")
    assert "Use <b>Mongo</b> & co" in page["text"]
    assert "Accepted" in page["text"]
    assert "at:var" not in await scene.storage(page["id"])


async def test_creates_a_page_of_any_page_with_variables(scene):
    book = await scene.one(title="Runbook template")
    shown = await scene.begins(
        f"""
        steps:
          - id: answers
            ask_variables: {{page: "{book["id"]}"}}
          - create:
              space: ENG
              title: "Runbook of {{{{ answers.service }}}}"
              of: {{page: "{book["id"]}", values: "{{{{ answers }}}}"}}
        """
    )
    assert "service" in shown.casefold()
    view = await scene.person.modal()
    fields = {each["label"]["text"]: each["block_id"] for each in view["blocks"] if "label" in each}
    values = {block: {"dialog_field": f"the {name}"} for name, block in fields.items()}
    await scene.confirms(await scene.submits(values))
    made = await scene.one(title="Runbook of the service", status="current")
    assert "the owner" in made["text"]
    assert "{{" not in made["text"]


async def test_updates_a_page_and_its_title(scene):
    page = await scene.page("Zenith")
    step = f'update: {{page: "{page}", title: Nadir, body: "All is new."}}'
    done = await scene.does(f"steps: [{{{step}}}]")
    now = await scene.one(id=page)
    assert (now["title"], now["text"].strip(), len(now["versions"])) == ("Nadir", "All is new.", 2)
    assert done.writes.total() == 1
    await scene.takes_back()
    now = await scene.one(id=page)
    assert (now["title"], now["text"].strip()) == ("Zenith", "Old.")


async def test_appends_to_a_page(scene):
    page = await scene.page("Equinox")
    done = await scene.does(f'steps: [{{append: {{page: "{page}", body: "- more"}}}}]')
    assert "Add at the end of the page “Equinox”" in done.preview
    assert (await scene.one(id=page))["text"].split() == ["Old.", "more"]
    assert done.writes.total() == 1
    await scene.takes_back()
    assert (await scene.one(id=page))["text"].split() == ["Old."]


CHANGES = {
    "append": ('append: {{page: "{0}", section: Risks, body: "New line."}}', "end"),
    "replace": ('update_section: {{page: "{0}", section: Risks, body: "New line."}}', "replace"),
    "start": (
        'update_section: {{page: "{0}", section: Risks, body: "New line.", place: start}}',
        "start",
    ),
    "end": (
        'update_section: {{page: "{0}", section: Risks, body: "New line.", place: end}}',
        "end",
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
async def test_changes_a_section_and_nothing_else_to_the_byte(scene, kind):
    step, place = CHANGES[kind]
    page = (await scene.one(title=HANDBOOK))["id"]
    before = await scene.storage(page)
    await scene.does(f"steps: [{{{step.format(page)}}}]")
    after = await scene.storage(page)
    at, end = section(before, "Risks")
    new = "<p>New line.</p>"
    expected = {
        "replace": before[:at] + new + before[end:],
        "start": before[:at] + new + before[at:],
        "end": before[:end] + new + before[end:],
    }[place]
    assert after == expected
    await scene.takes_back()
    assert await scene.storage(page) == before


def section(markup, heading):
    """Where that stands which is below *heading*."""
    at = markup.index("</h2>", markup.index(f">{heading}</h2>")) + len("</h2>")
    return at, markup.index("<h2", at)


async def test_restores_a_version(scene):
    page = await scene.page("Perigee")
    await scene.changes(page)
    done = await scene.does(f'steps: [{{restore: {{page: "{page}", version: "1"}}}}]')
    assert "Restore version 1 of the page “Perigee”" in done.preview
    assert await scene.storage(page) == "<p>Old.</p>"
    await scene.takes_back()
    assert await scene.storage(page) == "<p>Theirs.</p>"


WRITTEN = {
    "update": 'update: {{page: "{0}", body: "All is new."}}',
    "append": 'append: {{page: "{0}", body: "More."}}',
    "section": 'update_section: {{page: "{0}", section: Old, body: "More."}}',
}


@pytest.mark.parametrize("kind", WRITTEN)
async def test_what_somebody_changed_since_stays(scene, kind):
    page = await scene.page(f"Changed after {kind}", "<h1>Old</h1><p>Old.</p>")
    await scene.does(f"steps: [{{{WRITTEN[kind].format(page)}}}]")
    await scene.changes(page)
    told = await scene.takes_back()
    assert "changed since, so it stays" in told
    assert await scene.storage(page) == "<p>Theirs.</p>"


@pytest.mark.parametrize("kind", [*WRITTEN, "create", "blog"])
async def test_a_lost_answer_makes_no_second_write(scene, kind):
    title = f"Lost {kind}"
    if kind in WRITTEN:
        page = await scene.page(title, "<h1>Old</h1><p>Old.</p>")
        shown = await scene.begins(f"steps: [{{{WRITTEN[kind].format(page)}}}]")
    else:
        more = ", kind: blog" if kind == "blog" else ""
        shown = await scene.begins(
            f"steps: [{{create: {{space: ENG, title: {title}, body: x{more}}}}}]"
        )
    await scene.faults("drop-after", method="PUT|POST", path="/(pages|blogposts|content)")
    done = await scene.confirms(shown)
    assert "Done." in done.end
    page = await scene.one(title=title, status="current")
    assert len(page["versions"]) == (2 if kind in WRITTEN else 1)
