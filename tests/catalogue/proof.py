"""Runs a case in one way, and looks at what came of it."""

from sandbox.atlassian.seed_handbook import TASKS
from tests.catalogue.cases import HANDBOOK, Case
from tests.catalogue.runs import Json, Run, Runs

HEADING = "<h2>Tasks</h2>"


async def prove(runs: Runs, case: Case, way: str) -> Run:
    """Run it, and hold it to all that the case says."""
    case = case.of(way)
    there = await prepared(runs, case)
    if case.task == "what-changed":
        change = {"id": there[0]["id"], "account": "bob", "body": f"<p>Something {way}</p>"}
        await runs.stage.post(f"{runs.world}/pages/change", change)
    run = await begun(runs, case, way)
    for words in case.shows:
        assert words in run.end, (words, run.end)
    for words in case.previews:
        assert words in run.preview, (words, run.preview)
    assert run.refused == []
    assert run.writes == case.written(runs.world)
    await look(runs, case, there)
    return run


async def prepared(runs: Runs, case: Case) -> list[Json]:
    """Have the pages there that it needs, and not the one that it makes."""
    for each in await runs.pages(title=case.page or "-", status="current"):
        await runs.stage.post(f"{runs.world}/pages/delete", {"id": each["id"]})
    return [await needed(runs, title, body) for title, body in case.needs.items()]


async def begun(runs: Runs, case: Case, way: str) -> Run:
    """Run it in its way; what was said in beginning it isn't asked for."""
    if way == "conversation":
        run = await runs.conversation(case.said, case.answers)
        assert not set(case.known) & set(run.asked), "what was said is asked again"
        return run
    begin = runs.line if way == "line" else runs.form
    return await begin(case.task, case.answers)


async def needed(runs: Runs, title: str, body: str) -> Json:
    """Have a page there before."""
    page = {"space": "ENG", "account": "ada", "title": title, "body": body}
    made: Json = await runs.stage.post(f"{runs.world}/pages/create", page)
    return made


async def look(runs: Runs, case: Case, there: list[Json]) -> None:
    """Look at what stands in Confluence then."""
    if case.hangs:
        kind, said = case.hangs
        hanging = await runs.pages(kind=kind)
        [found] = [each for each in hanging if each["container"] == there[0]["id"]]
        assert said in (found["text"], found["title"])
    if not case.page:
        return
    [page] = await runs.pages(title=case.page, status="current")
    lines = page["text"].split("\n")
    for said in case.says:
        assert any(said in each for each in lines), (said, lines)
    assert sorted(page["labels"]) == sorted(case.labels)
    if case.below:
        [parent] = [each for each in there if each["title"] == case.below]
        assert page["parent"] == parent["id"]
    if case.task == "update-section":
        held_to_the_letter(page["versions"][-1]["body"]["value"])


def held_to_the_letter(body: str) -> None:
    """Hold all but the one section to what it was: macros, comments' markers and all."""
    before, _, behind = HANDBOOK.partition(TASKS)
    assert body.startswith(f"{before}{HEADING}")
    assert body.endswith(behind)
    assert "Nothing is left." in body
    assert "Grease the rails" not in body
