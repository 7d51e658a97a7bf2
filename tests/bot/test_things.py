from dataclasses import replace

import pytest

from bot.content import CloudId, Site
from bot.things import NOBODY, made_thing, page_thing, person_thing, space_thing
from tests.fakes import ACME, ENG, LOVELACE, page

SERVER = Site(CloudId("dc"), "Wiki", "https://wiki.test", api_url="https://wiki.test")


@pytest.mark.parametrize(
    ("site", "url"),
    [(ACME, f"{ACME.url}/wiki/spaces/ENG"), (SERVER, "https://wiki.test/display/ENG")],
)
def test_a_space_is_where_its_product_shows_it(site, url):
    assert space_thing(ENG, site).fields["url"] == url
    held = page_thing(page(), site, ENG).fields["space"]
    assert held == space_thing(ENG, site)


def test_a_page_that_is_yet_to_be_made_has_all_but_what_making_brings():
    there = page_thing(page(), ACME, ENG).fields
    made = made_thing(page().title, page().kind, ACME, ENG).fields
    assert there.keys() - made.keys() == {"id", "url", "version"}
    assert {name: there[name] for name in made} == made


def test_who_has_no_name_is_somebody():
    assert person_thing(user="U1").label == NOBODY
    assert person_thing(account=LOVELACE).label == LOVELACE.name
    assert person_thing(account=replace(LOVELACE, name="")).label == NOBODY
    assert person_thing("Ada", account=LOVELACE).label == "Ada"
