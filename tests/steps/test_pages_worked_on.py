"""Steps that do something to a page: what stands there, back again, and after a lost answer."""

import pytest

from tests.steps.scene import CLOUD
from tests.time_passed import arrived

pytestmark = pytest.mark.asyncio(loop_scope="module")

LABEL = '{label: {page: "%s", add: [seen]}}'
PERSON = "entities: [{{name: who, type: person, prompt: Who?}}]\n"


def likes(page, scene):
    """A call that changes something, for which there is no step: a property of the page."""
    if scene.world == CLOUD:
        return f"/wiki/api/v2/pages/{page}/properties"
    return f"/rest/api/content/{page}/property"


def call(page, scene):
    return (
        f'http: {{method: POST, path: "{likes(page, scene)}", does: Set a mark, '
        "body: {key: mark, value: {at: 7}}}"
    )


async def test_comments(scene):
    page = await scene.page("Aphelion")
    done = await scene.does(
        f'steps: [{{id: c, comment: {{page: "{page}", body: "Well **done**"}}}}]'
    )
    assert "1. Comment on the page “Aphelion” in Engineering (ENG): “Well done”" in done.preview
    assert comments(scene, page) == ["Well done"]
    assert done.writes.total() == 1
    assert ("comment", "done") in await scene.audited()
    assert "Comment on the page “Aphelion”" in await scene.takes_back()
    assert comments(scene, page) == []
    assert ("undo", "done") in await scene.audited()


@pytest.mark.parametrize("since", ["answered", "edited", "deleted"])
async def test_what_was_said_stays_once_somebody_has_taken_it_up(scene, since):
    page = await scene.page(f"Perihelion {since}")
    await scene.does(f'steps: [{{comment: {{page: "{page}", body: "Well done"}}}}]')
    [(said, _)] = talk(scene, page)
    if since == "deleted":
        [wiki] = [each for each in scene.wikis() if said in each.contents]
        wiki.remove(wiki.contents[said])
    else:
        (scene.answers if since == "answered" else scene.edits)(said)
    end = await scene.takes_back()
    assert ("changed since, so it stays" in end) == (since != "deleted")
    assert ("was taken back" in end) == (since == "deleted")
    assert (said in dict(talk(scene, page))) == (since != "deleted")


def comments(scene, page):
    """What comments say at the foot of a page."""
    return [each for _, each in talk(scene, page)]


def talk(scene, page):
    return sorted(
        (each.id, scene.text(each))
        for each in scene.contents()
        if each.kind == "footer-comment" and str(scene.container(each)) == page
    )


async def test_answers_a_comment(scene):
    page = await scene.page("Solstice")
    await scene.does(f'steps: [{{comment: {{page: "{page}", body: "First"}}}}]')
    [(first, _)] = talk(scene, page)
    done = await scene.does(
        f'steps: [{{reply: {{page: "{page}", comment: "{first}", body: Yes}}}}]'
    )
    assert "Answer the comment “First” of Ada" in done.preview
    assert [text for _, text in talk(scene, page)] == ["First", "Yes"]
    assert done.writes.total() == 1
    assert ("reply", "done") in await scene.audited()
    assert "was taken back" in await scene.takes_back()
    assert talk(scene, page) == [(first, "First")]


async def test_labels(scene):
    page = await scene.page("Nova")
    await scene.does(f'steps: [{{label: {{page: "{page}", add: [kept, old]}}}}]')
    done = await scene.does(
        f'steps: [{{label: {{page: "{page}", add: [kept, new], remove: [old, never]}}}}]'
    )
    assert (await scene.one(id=page))["labels"] == ["kept", "new"]
    assert ("label", "done") in await scene.audited()
    assert "was taken back" in await scene.takes_back()
    assert sorted((await scene.one(id=page))["labels"]) == ["kept", "old"]
    assert "label" in str(done.writes)


@pytest.mark.parametrize("lost", ["", "drop-before", "drop-after"])
async def test_attaches_a_file(scene, lost):
    page = await scene.page(f"Pulsar {lost}")
    shown = await scene.begins(
        f"""
        entities: [{{name: file, type: attachment, prompt: Which file?}}]
        steps: [{{id: put, attach: {{page: "{page}", file: "{{{{ file }}}}"}}}}]
        reply: {{text: "Put {{{{ put.name }}}}"}}
        """
    )
    assert "Which file?" in shown
    file = await scene.person.uploads("plan.txt", "the plan")
    view = await scene.person.modal()
    [block] = [each["block_id"] for each in view["blocks"] if "element" in each]
    shown = await scene.submits({block: {"dialog_field": [file["id"]]}})
    if lost:
        await scene.faults(lost, method="POST|PUT", path="/attachment")
    done = await scene.confirms(shown)
    assert "Attach the file “plan.txt” to the page “Pulsar" in done.preview
    held = [
        (each.title, len(each.versions))
        for each in scene.contents()
        if each.kind == "attachment" and str(scene.container(each)) == page
    ]
    if lost == "drop-before":  # it may be on its way yet: it is looked for later
        assert "It is under way" in done.end
        assert held == []
        return
    assert held == [("plan.txt", 1)]
    assert "Put plan.txt" in done.end
    assert done.writes.total() == 1


async def test_moves_a_page_and_back(scene):
    page, parent = await scene.page("Comet"), await scene.page("Orbit")
    before = (await scene.one(id=page))["parent"]
    done = await scene.does(f'steps: [{{move: {{page: "{page}", parent: "{parent}"}}}}]')
    assert "below the page “Orbit” in Engineering (ENG)" in done.preview
    assert (await scene.one(id=page))["parent"] == parent
    assert done.writes.total() == 1
    await scene.takes_back()
    assert (await scene.one(id=page))["parent"] == before


async def test_a_page_goes_back_to_where_none_is_above_it(scene, is_cloud):
    page, parent = await scene.page("Zenith"), await scene.page("Nadir")
    scene.held(page).parent = None
    await scene.does(f'steps: [{{move: {{page: "{page}", parent: "{parent}"}}}}, {LABEL % page}]')
    end = await scene.takes_back()
    assert (await scene.one(id=page))["parent"] == (None if is_cloud else parent)
    assert ("doesn't let apps put it back there" in end) != is_cloud
    assert (await scene.one(id=page))["labels"] == []


async def test_what_stays_is_said_of_each_beside_what_was_taken_back(scene):
    page = await scene.page("Umbra")
    await scene.does(
        f"steps: [{LABEL % page}, {{{call(page, scene)}}}, "
        f'{{comment: {{page: "{page}", body: Seen}}}}, {{append: {{page: "{page}", body: More}}}}]',
        approves=True,
    )
    await scene.changes(page)
    told = [each for each in (await scene.takes_back()).splitlines() if " — " in each]
    ends = [each.rpartition(" — ")[2] for each in told]
    stays = "it has been changed since, so it stays as it is"
    assert ends == ["taken back", "what a REST call did stays", "taken back", stays]
    assert (await scene.one(id=page))["labels"] == []
    assert comments(scene, page) == []


async def test_a_page_that_somebody_moved_since_stays(scene):
    page, parent = await scene.page("Halo"), await scene.page("Ring")
    other = await scene.page("Belt")
    await scene.does(f'steps: [{{move: {{page: "{page}", parent: "{parent}"}}}}]')
    await scene.stage.post(f"{scene.world}/pages/move", {"id": page, "parent": other})
    assert "changed since, so it stays" in await scene.takes_back()
    assert (await scene.one(id=page))["parent"] == other


async def test_copies_a_page_and_trashes_the_copy(scene, is_cloud):
    page, parent = await scene.page("Mirror"), await scene.page("Hall")
    done = await scene.does(
        f'steps: [{{id: c, copy: {{page: "{page}", parent: "{parent}", title: "Copy of it"}}}}]\n'
        'reply: {text: "See {{ c.title }}"}'
    )
    along = "with its files, labels and restrictions" if is_cloud else "its text alone: without"
    assert along in done.preview
    copy = await scene.one(title="Copy of it", status="current")
    assert (copy["parent"], copy["text"].strip()) == (parent, "Old.")
    assert "See Copy of it" in done.end
    assert done.writes.total() == 1
    await scene.takes_back()
    assert (await scene.one(id=copy["id"]))["status"] == "trashed"


async def test_a_copy_that_somebody_changed_since_stays(scene):
    page, parent = await scene.page("Glass"), await scene.page("Frame")
    await scene.does(f'steps: [{{copy: {{page: "{page}", parent: "{parent}", title: Glassier}}}}]')
    copy = await scene.one(title="Glassier")
    await scene.changes(copy["id"])
    assert "changed since, so it stays" in await scene.takes_back()
    assert (await scene.one(id=copy["id"]))["status"] == "current"


RESTRICT = (
    PERSON + 'steps: [{{restrict: {{page: "{0}", people: ["{{{{ who }}}}"], operation: {1}}}}}]'
)


async def test_restricts_a_page(scene):
    page = await scene.page("Vault")
    before = scene.rights(page)
    done = await scene.does(RESTRICT.format(page, "read"), "who=@bob")
    assert "let these alone read the page “Vault”" in done.preview
    assert scene.rights(page)["read"] == {"ada", "bob"}
    assert done.writes.total() == 1
    assert before["read"] == set()
    assert ("restrict", "done") in await scene.audited()
    assert "was taken back" in await scene.takes_back()
    assert scene.rights(page) == before


async def test_names_nobody_who_wasnt_named_before(scene, is_cloud):
    page, staff = await scene.page("Strongbox"), "all-staff" if is_cloud else "staff"
    await scene.restricts(page, reader_groups=[staff])
    before = scene.rights(page), [*scene.held(page).reader_groups]
    step = f'restrict: {{page: "{page}", groups: [{staff}], operation: read}}'
    await scene.does(f"steps: [{{{step}}}]")
    assert scene.rights(page)["read"] == {"ada"}
    assert "was taken back" in await scene.takes_back()
    assert (scene.rights(page), scene.held(page).reader_groups) == before


async def test_lifts_no_more_than_the_restriction_that_it_made(scene):
    page = await scene.page("Casket")
    await scene.restricts(page, readers=["ada", "cy"])
    await scene.does(RESTRICT.format(page, "update"), "who=@bob")
    assert "was taken back" in await scene.takes_back()
    assert scene.rights(page) == {"read": {"ada", "cy"}, "update": set()}


async def test_takes_a_restriction_back_to_the_one_before(scene):
    page = await scene.page("Safe")
    await scene.restricts(page, readers=["ada", "cy"])
    await scene.does(RESTRICT.format(page, "read"), "who=@bob")
    assert scene.rights(page)["read"] == {"ada", "bob"}
    await scene.takes_back()
    assert scene.rights(page)["read"] == {"ada", "cy"}


async def test_a_restriction_that_somebody_changed_since_stays(scene):
    page = await scene.page("Chest")
    await scene.restricts(page, readers=["ada", "cy"])
    await scene.does(RESTRICT.format(page, "read"), "who=@bob")
    await scene.restricts(page, readers=["ada"])
    assert "changed since, so it stays" in await scene.takes_back()
    assert scene.rights(page)["read"] == {"ada"}


async def test_watches_and_stops_watching(scene):
    page = await scene.page("Telescope")
    scene.held(page).watchers.clear()
    done = await scene.does(f'steps: [{{watch: {{page: "{page}"}}}}]')
    assert "Watch the page “Telescope”" in done.preview
    assert len(scene.held(page).watchers) == 1
    assert done.writes.total() == 1
    await scene.takes_back()
    assert scene.held(page).watchers == []
    await scene.does(f'steps: [{{watch: {{page: "{page}"}}}}]')
    done = await scene.does(f'steps: [{{watch: {{page: "{page}", on: false}}}}]')
    assert "Stop watching" in done.preview
    assert scene.held(page).watchers == []


async def test_trashes_a_page_and_takes_it_out_again(scene):
    page = await scene.page("Debris")
    done = await scene.does(f'steps: [{{trash: {{page: "{page}"}}}}]')
    assert (await scene.one(id=page))["status"] == "trashed"
    assert done.writes.total() == 1
    await scene.takes_back()
    assert (await scene.one(id=page))["status"] == "current"


async def test_restores_a_page_from_the_trash_and_trashes_it_again(scene):
    page = await scene.page("Relic")
    await scene.does(f'steps: [{{trash: {{page: "{page}"}}}}]')
    done = await scene.does(f'steps: [{{restore: {{page: "{page}"}}}}]')
    assert "Take the page “Relic” in Engineering (ENG) out of the trash" in done.preview
    assert (await scene.one(id=page))["status"] == "current"
    await scene.takes_back()
    assert (await scene.one(id=page))["status"] == "trashed"


async def test_a_page_that_was_restored_and_changed_since_stays(scene):
    page = await scene.page("Fossil")
    await scene.does(f'steps: [{{trash: {{page: "{page}"}}}}]')
    await scene.does(f'steps: [{{restore: {{page: "{page}"}}}}]')
    await scene.changes(page)
    assert "changed since, so it stays" in await scene.takes_back()
    assert (await scene.one(id=page))["status"] == "current"


async def test_makes_an_approved_call(scene):
    page = await scene.page("Beacon")
    done = await scene.does(
        f"steps: [{{id: a, {call(page, scene)}}}]\nreply: {{text: '{{{{ a.status }}}}'}}",
        approves=True,
    )
    assert "Make a REST call that may change anything you may change" in done.preview
    assert "Its author says: “Set a mark”" in done.preview
    assert [(each.key, each.value) for each in scene.held(page).properties] == [("mark", {"at": 7})]
    assert done.writes.total() == 1
    assert ("call", "done") in await scene.audited()
    assert "Undo" not in done.end


AGAIN = {
    "label": 'label: {{page: "{0}", add: [a, b]}}',
    "move": 'move: {{page: "{0}", parent: "{1}"}}',
    "restrict": 'restrict: {{page: "{0}", operation: update}}',
    "watch": 'watch: {{page: "{0}"}}',
    "trash": 'trash: {{page: "{0}"}}',
    "restore": 'restore: {{page: "{0}"}}',
    "version": 'restore: {{page: "{0}", version: "1"}}',
}


@pytest.mark.parametrize("kind", AGAIN)
async def test_after_a_lost_answer_it_is_done_and_done_once(scene, kind):
    page, other = await scene.page(f"Lost at {kind}"), await scene.page(f"Above {kind}")
    if kind == "version":
        await scene.changes(page)
    if kind == "restore":
        await scene.does(f'steps: [{{trash: {{page: "{page}"}}}}]')
    shown = await scene.begins(f"steps: [{{{AGAIN[kind].format(page, other)}}}]")
    await scene.faults("drop-after", method="POST|PUT|DELETE")
    done = await scene.confirms(shown)
    assert "Done." in done.end
    now = await scene.one(id=page)
    held = {
        "label": now["labels"] == ["a", "b"],
        "move": now["parent"] == other,
        "restrict": scene.rights(page)["update"] == {"ada"},
        "watch": len(scene.held(page).watchers) == 1,
        "trash": now["status"] == "trashed",
        "restore": now["status"] == "current",
        "version": len(now["versions"]) == 3,
    }
    assert held[kind]
    if kind in {"move", "trash", "restore", "version"}:
        assert done.writes.total() == 1


def unclear(kind, page, other, comment, scene):
    return {
        "comment": f'comment: {{page: "{page}", body: "Once"}}',
        "reply": f'reply: {{page: "{page}", comment: "{comment}", body: "Once"}}',
        "copy": f'copy: {{page: "{page}", parent: "{other}", title: "Copy {page}"}}',
        "http": call(page, scene),
    }[kind]


def counted(kind, page, scene):
    """How often it was done."""
    if kind in {"comment", "reply"}:
        return comments(scene, page).count("Once")
    if kind == "copy":
        return len([each for each in scene.contents() if each.title == f"Copy {page}"])
    return len(scene.held(page).properties)


@pytest.mark.parametrize("verdict", ["done", "do_it", "stop"])
@pytest.mark.parametrize("kind", ["comment", "reply", "copy", "http"])
async def test_what_cant_be_read_back_is_asked_about(scene, kind, verdict):
    page, other = await scene.page(f"{kind} then {verdict}"), await scene.page(f"{verdict} {kind}")
    await scene.does(f'steps: [{{comment: {{page: "{page}", body: "First"}}}}]')
    [(first, _)] = talk(scene, page)
    step = unclear(kind, page, other, first, scene)
    shown = await scene.begins(
        f'steps: [{{{step}}}, {{label: {{page: "{other}", add: [after]}}}}]', approves=True
    )
    is_lost = "before" if verdict == "do_it" else "after"
    await scene.faults(f"drop-{is_lost}", method="POST", times=9 if is_lost == "before" else 1)
    done = await scene.confirms(shown)
    assert "Confluence didn't say what became of this" in done.end
    for label in ("It was done", "It wasn't: do it now", "Stop here"):
        assert label in done.end
    assert "open it in Confluence" in done.end
    assert (await scene.one(id=other))["labels"] == []
    await scene.stage.post(f"{scene.world}/faults/clear", {})
    await arrived(scene.stage.stores, scene.principal)
    end = await scene.judges(
        {"done": "dialog_is_done", "do_it": "dialog_do_it"}.get(verdict, "dialog_stop")
    )
    assert counted(kind, page, scene) == 1
    assert (await scene.one(id=other))["labels"] == ([] if verdict == "stop" else ["after"])
    assert ("stopped" if verdict == "stop" else "Done.") in end


BACK = {
    "label": 'label: {{page: "{0}", add: [a]}}',
    "move": 'move: {{page: "{0}", parent: "{1}"}}',
    "trash": 'trash: {{page: "{0}"}}',
    "append": 'append: {{page: "{0}", body: "y"}}',
    "restrict": 'restrict: {{page: "{0}", operation: read}}',
    "comment": 'comment: {{page: "{0}", body: "y"}}',
}


@pytest.mark.parametrize("kind", BACK)
async def test_what_was_taken_back_unheard_is_taken_back_once(scene, kind):
    page, other = await scene.page(f"Back from {kind}"), await scene.page(f"Beyond {kind}")
    await scene.restricts(page, readers=["ada", "cy"])
    before = await scene.one(id=page)
    await scene.does(f"steps: [{{{BACK[kind].format(page, other)}}}]")
    await scene.faults("drop-after", method="POST|PUT|DELETE")
    await scene.takes_back()
    assert "Look in Confluence before you try again" in await scene.hears()
    after = await scene.one(id=page)
    assert "was taken back" in await scene.takes_back()
    again = await scene.one(id=page)
    assert again["versions"] == after["versions"]
    for each in ("status", "labels", "parent", "readers", "text"):
        assert again[each] == before[each]


async def test_a_label_is_taken_off_as_confluence_keeps_it(scene):
    page = await scene.page("Capitals")
    done = await scene.does(f'steps: [{{label: {{page: "{page}", add: ["Nova"]}}}}]')
    assert "the label “nova”" in done.preview
    assert (await scene.one(id=page))["labels"] == ["nova"]
    await scene.takes_back()
    assert (await scene.one(id=page))["labels"] == []


IMPOSSIBLE = {
    "label": ('label: {{page: "{0}", add: ["two words"]}}', "“two words” can't be a label"),
    "move": ('move: {{page: "{0}", parent: "{0}"}}', "can't go below itself"),
    "version": ('restore: {{page: "{0}", version: "7"}}', "has no version 7"),
    "trash": ('restore: {{page: "{0}"}}', "isn't in the trash"),
    "title": ('update: {{page: "{0}", title: "Observatory handbook", body: x}}', "There is a page"),
    "copy": (
        'copy: {{page: "{0}", parent: "{0}", title: "Observatory handbook"}}',
        "There is a page “Observatory handbook”",
    ),
    "group": ('restrict: {{page: "{0}", groups: [nosuch]}}', "can't see a group “nosuch”"),
    "space": ("create: {{space: NOPE, title: x, body: y}}", "can't see a space “NOPE”"),
    "file": ('attach: {{page: "{0}", file: "x"}}', "Only a file that was given to this dialog"),
    "comment": ('reply: {{page: "{0}", comment: "12345", body: x}}', "isn't in Confluence"),
    "page": ('trash: {{page: "9999999"}}', "isn't in Confluence"),
    "body": ('update: {{page: "{0}", body: ""}}', "There is no text for the page"),
}


@pytest.mark.parametrize("kind", IMPOSSIBLE)
async def test_what_cant_be_is_told_before_it_is_shown_to_be_confirmed(scene, kind):
    step, told = IMPOSSIBLE[kind]
    page = await scene.page(f"Can't {kind}")
    shown = await scene.begins(f"steps: [{{{step.format(page)}}}]")
    assert told in shown
    assert "This will be written" not in shown
    assert not await scene.writes()


async def test_a_page_that_cant_go_there_stays_and_it_is_said(scene):
    page, child = await scene.page("Grandparent"), await scene.page("Grandchild")
    await scene.stage.post(f"{scene.world}/pages/move", {"id": child, "parent": page})
    before = (await scene.one(id=page))["parent"]
    done = await scene.does(f'steps: [{{move: {{page: "{page}", parent: "{child}"}}}}]')
    assert "Confluence doesn't let the page go there" in done.end
    assert (await scene.one(id=page))["parent"] == before


POSTS = {
    "update": 'update: {{page: "{0}", title: "{1}", body: "All new."}}',
    "append": 'append: {{page: "{0}", body: "More."}}',
    "update_section": 'update_section: {{page: "{0}", section: Plan, body: "Another plan."}}',
    "restore": 'restore: {{page: "{0}", version: "1"}}',
    "label": 'label: {{page: "{0}", add: [seen]}}',
    "comment": 'comment: {{page: "{0}", body: "Well done"}}',
    "restrict": 'restrict: {{page: "{0}", operation: read}}',
    "watch": 'watch: {{page: "{0}"}}',
    "trash": 'trash: {{page: "{0}"}}',
}


async def post(scene, title):
    """Have a blog post in two versions."""
    body = "<h1>Plan</h1><p>Old.</p>"
    made = await scene.page(title, body, kind="blogpost")
    await scene.changes(made, f"{body}<p>Older.</p>")
    return made


async def stands(scene, post):
    """What can be told of a blog post."""
    now, held = await scene.one(id=post), scene.held(post)
    said = now["text"].split(), now["title"], now["labels"], now["status"]
    return said, sorted(held.watchers), scene.rights(post), comments(scene, post)


@pytest.mark.parametrize("kind", POSTS)
async def test_a_blog_post_is_worked_on_by_its_link_and_back(scene, kind):
    made = await post(scene, f"News of {kind}")
    scene.held(made).watchers.clear()
    before = await stands(scene, made)
    step = POSTS[kind].format(await scene.link(int(made), is_post=True), f"Newer {kind}")
    done = await scene.does(f"steps: [{{{step}}}]")
    assert "the blog post “News of" in done.preview
    assert "Done." in done.end
    assert done.writes.total() == 1
    assert await stands(scene, made) != before
    assert "was taken back" in await scene.takes_back()
    assert await stands(scene, made) == before


async def test_a_file_goes_on_a_blog_post(scene):
    made = await post(scene, "News with a file")
    await scene.begins(
        f"""
        entities: [{{name: file, type: attachment, prompt: Which file?}}]
        steps: [{{attach: {{page: "{made}", file: "{{{{ file }}}}"}}}}]
        """
    )
    file = await scene.person.uploads("plan.txt", "the plan")
    view = await scene.person.modal()
    [block] = [each["block_id"] for each in view["blocks"] if "element" in each]
    await scene.confirms(await scene.submits({block: {"dialog_field": [file["id"]]}}))
    held = [each for each in scene.contents() if each.kind == "attachment"]
    assert made in {str(scene.container(each)) for each in held}


async def test_a_blog_post_is_read_like_a_page(scene):
    made = await post(scene, "News to read")
    shown = await scene.begins(
        f"""
        steps:
          - {{id: a, get: {{page: "{made}"}}}}
          - {{id: b, versions: {{page: "{made}"}}}}
          - {{id: c, diff: {{page: "{made}"}}}}
          - {{id: d, sections: {{page: "{made}"}}}}
          - {{id: e, comments: {{page: "{made}"}}}}
          - ask_variables: {{page: "{made}"}}
        reply:
          text: "{{{{ a.kind }}}} {{{{ a.labels|join }}}}{{{{ a.author.name }}}} \
            {{{{ b|count }}}} {{{{ c.added|join }}}} {{{{ d|join }}}} {{{{ e|count }}}}"
        """
    )
    assert "blog Bob" in shown
    assert "2 Older. Plan 0" in shown


NOT_A_POSTS = {
    "move": ('move: {{page: "{0}", parent: "{1}"}}', "lies in its space by its date"),
    "below": ('move: {{page: "{1}", parent: "{0}"}}', "nothing lies below one"),
    "copy": ('copy: {{page: "{0}", parent: "{1}", title: x}}', "lets apps copy pages alone"),
    "children": ('children: {{page: "{0}"}}', "nothing lies below one"),
}


@pytest.mark.parametrize("kind", NOT_A_POSTS)
async def test_what_no_blog_post_can_is_said_with_what_to_do(scene, kind):
    step, told = NOT_A_POSTS[kind]
    made, page = await post(scene, f"News not to {kind}"), await scene.page(f"Beside {kind}")
    shown = await scene.begins(f"steps: [{{{step.format(made, page)}}}]")
    assert told in shown
    assert "choose a page" in shown
    assert not await scene.writes()
