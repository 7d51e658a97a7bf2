import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot import catalogue
from bot.catalogue import MOST_PARSED, Catalogue, Shelf, Shipped, ranked, shipped_sources
from bot.errors import TemplateRefused
from bot.principal import Tenant
from bot.task import TemplateVersion
from bot.template import Category
from bot.template_files import read_template
from tests.bot.templates_given import TEMPLATE
from tests.fakes import NOON, FakeClock

ACME, OTHER = Tenant("T1"), Tenant("T2")
IDS = sorted(name.removesuffix(".yml") for name, _ in shipped_sources())


class KeptTemplates:
    """Those of one tenant, by id and version; counts how often they were read."""

    def __init__(self, *kept):
        self.kept = {(each.tenant, each.id, each.version): each for each in kept}
        self.reads = 0

    async def find(self, tenant, template, version):
        self.reads += 1
        return self.kept.get((tenant, template, version))


def version(number, source=TEMPLATE):
    text = source.replace("1.0.0", f"1.0.{number}")
    return TemplateVersion(ACME, "a-note", f"1.0.{number}", text, "U1", NOON)


async def test_the_catalogue_has_what_ships_in_the_order_of_its_categories():
    shipped = await Catalogue().list_all()

    assert sorted(each.template.id for each in shipped) == IDS
    places = [list(Category).index(each.template.category) for each in shipped]
    assert places == sorted(places)
    assert all(read_template(each.source) == each.template for each in shipped)


async def test_a_template_is_found_by_its_id_and_category():
    ours = Catalogue()

    found = await ours.find("decision-record")
    assert found.template.name == "Decision record"
    assert found in [
        each for each in await ours.list_all() if each.template.category is Category.MEET
    ]
    assert await ours.find("nothing") is None


async def test_files_are_read_once_however_many_ask(monkeypatch):
    read = []
    sources = shipped_sources()
    monkeypatch.setattr(catalogue, "shipped_sources", lambda: read.append(1) or sources)
    ours = Catalogue()
    assert read == []

    await asyncio.gather(*(ours.list_all() for _ in range(5)))
    assert len(read) == 1


async def test_a_file_that_can_not_be_read_is_left_out_and_logged(monkeypatch):
    sources = [("bad.yml", "id: bad"), ("a-note.yml", TEMPLATE)]
    monkeypatch.setattr(catalogue, "shipped_sources", lambda: sources)
    with capture_logs() as logs:
        shipped = await Catalogue().list_all()

    assert [each.template.id for each in shipped] == ["a-note"]
    assert [(each["file"], each["code"]) for each in logs] == [("bad.yml", "template_refused")]


def shelved(name, description, utterance):
    source = TEMPLATE.replace("a-note", name.lower().replace(" ", "-")).replace("A note", name)
    source = source.replace("Writes a note.", description) + f"utterances: [{utterance}]\n"
    return Shipped(read_template(source), source)


RECORD = shelved("Decision record", "Says what was decided and why.", "record a decision")
MINUTES = shelved("Meeting notes", "Keeps every decision.", "write up a meeting")
PAGE = shelved("Create a page", "Makes a page.", "record it on a page")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("decision", [RECORD, MINUTES]),
        ("DECISION record", [RECORD]),
        ("deci", [RECORD, MINUTES]),
        ("why", [RECORD]),
        ("record", [RECORD, PAGE]),
        ("page", [PAGE]),
        ("write meeting", [MINUTES]),
    ],
)
def test_the_best_match_comes_first(words, found):
    scored = ranked([PAGE, MINUTES, RECORD], words)

    assert {each.template.id for each in scored} == {each.template.id for each in found}
    assert scored[0] == found[0]


async def test_the_catalogue_is_searched():
    assert "decision-record" in [each.template.id for each in await Catalogue().search("decision")]


@pytest.mark.parametrize("words", ["", "  ", "xyzzy", "decision xyzzy", "%", "…"])
async def test_what_matches_nothing_finds_nothing(words):
    assert await Catalogue().search(words) == []


async def test_a_version_is_parsed_once():
    shelf = Shelf(KeptTemplates(version(1)), FakeClock())

    first = await shelf.get(ACME, "a-note", "1.0.1")
    assert first.version == "1.0.1"
    assert await shelf.get(ACME, "a-note", "1.0.1") is first


async def test_another_tenants_version_and_one_that_it_has_not_are_none():
    shelf = Shelf(KeptTemplates(version(1)), FakeClock())
    await shelf.get(ACME, "a-note", "1.0.1")

    assert await shelf.get(OTHER, "a-note", "1.0.1") is None
    assert await shelf.get(ACME, "a-note", "1.0.2") is None


async def test_a_version_that_was_read_of_late_is_not_read_again():
    kept, clock = KeptTemplates(version(1)), FakeClock()
    shelf = Shelf(kept, clock)
    first = await shelf.get(ACME, "a-note", "1.0.1")

    clock.pass_by(minutes=4)
    assert await shelf.get(ACME, "a-note", "1.0.1") is first
    assert kept.reads == 1
    clock.pass_by(minutes=1)
    assert await shelf.get(ACME, "a-note", "1.0.1") is first
    assert kept.reads == 2


async def test_what_went_with_its_tenant_is_gone_after_a_while_and_what_came_anew_is_the_new_one():
    kept, clock = KeptTemplates(version(1)), FakeClock()
    shelf = Shelf(kept, clock)
    await shelf.get(ACME, "a-note", "1.0.1")
    (key,) = kept.kept

    kept.kept[key] = replace(version(1), source=version(1).source.replace("A note", "Another"))
    clock.pass_by(minutes=5)
    assert (await shelf.get(ACME, "a-note", "1.0.1")).name == "Another"
    kept.kept.clear()
    clock.pass_by(minutes=5)
    assert await shelf.get(ACME, "a-note", "1.0.1") is None


@pytest.mark.parametrize(
    ("limit", "most"), [("MOST_PARSED", 2), ("MOST_BYTES", 2 * len(version(1).source.encode()))]
)
async def test_the_shelf_forgets_what_was_not_used_for_longest(monkeypatch, limit, most):
    monkeypatch.setattr(catalogue, limit, most)
    shelf = Shelf(KeptTemplates(*(version(number) for number in (1, 2, 3))), FakeClock())
    first = await shelf.get(ACME, "a-note", "1.0.1")
    second = await shelf.get(ACME, "a-note", "1.0.2")
    assert await shelf.get(ACME, "a-note", "1.0.1") is first
    await shelf.get(ACME, "a-note", "1.0.3")

    assert await shelf.get(ACME, "a-note", "1.0.1") is first
    assert await shelf.get(ACME, "a-note", "1.0.2") is not second
    assert MOST_PARSED == 256


async def test_a_kept_file_that_is_read_no_more_is_refused_by_its_name():
    shelf = Shelf(KeptTemplates(version(1, "id: 1.0.0")), FakeClock())

    with pytest.raises(TemplateRefused, match=r"a-note\.yml"):
        await shelf.get(ACME, "a-note", "1.0.1")
