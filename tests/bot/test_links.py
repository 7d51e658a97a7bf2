import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import CloudId, PageId, Site
from bot.links import Reference, read_reference, read_tiny
from sandbox.atlassian import tiny

ACME = Site(CloudId("c1"), "acme", "https://acme.atlassian.net")
DEEP = Site(CloudId("c2"), "deep", "http://127.0.0.1:8700/atlassian/sites/deep")


@pytest.mark.parametrize(
    "path",
    [
        "/wiki/spaces/ENG/pages/327701/Release+checklist",
        "/wiki/spaces/ENG/pages/327701",
        "/wiki/spaces/~ada/pages/edit-v2/327701?draftShareId=1",
        "/wiki/pages/327701",
        "/wiki/pages/viewpage.action?pageId=327701",
        "/wiki/x/FQAF",
        "/wiki/pages/resumedraft.action?draftId=327701",
        "/wiki/spaces/ENG/overview?homepageId=327701",
    ],
)
@pytest.mark.parametrize("site", [ACME, DEEP])
def test_reads_every_form_of_a_link(path, site):
    assert read_reference(site.url + path, [ACME, DEEP]) == Reference(PageId("327701"), site=site)


@pytest.mark.parametrize(
    "typed",
    [
        "acme.atlassian.net/wiki/spaces/ENG/pages/327701",
        "http://acme.atlassian.net/wiki/spaces/ENG/pages/327701",
        "https://ACME.atlassian.net:443/wiki/spaces/ENG/pages/327701/",
    ],
)
def test_reads_a_link_as_people_type_it(typed):
    assert read_reference(typed, [ACME]).page == "327701"


def test_reads_a_title_in_a_space():
    url = f"{ACME.url}/wiki/display/ENG/Release+checklist%21"
    wanted = Reference(title="Release checklist!", space_key="ENG", site=ACME)
    assert read_reference(url, [ACME]) == wanted


def test_reads_an_id():
    assert read_reference(" 327701 ", [ACME]).page == "327701"


def test_takes_anything_else_for_a_title():
    assert read_reference("Release checklist", [ACME]).title == "Release checklist"


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.atlassian.net.evil.example/wiki/spaces/ENG/pages/1",
        "https://evil.example/wiki/spaces/ENG/pages/1",
        "https://acme.atlassian.net:8443/wiki/spaces/ENG/pages/1",
        "acme.atlassian.net.evil.example/wiki/spaces/ENG/pages/1",
        "https://acme.atlassian.net@evil.example/wiki/spaces/ENG/pages/1",
    ],
)
def test_a_foreign_link_is_no_page_of_ours(url):
    assert read_reference(url, [ACME]).page is None


@given(st.text())
def test_never_raises(text):
    read_reference(text, [ACME, DEEP])
    read_reference(f"{ACME.url}/wiki/{text}", [ACME, DEEP])


@given(st.integers(min_value=1, max_value=2**62))
def test_reads_the_tiny_links_that_confluence_makes(number):
    assert read_tiny(tiny.encode(number)) == str(number)
