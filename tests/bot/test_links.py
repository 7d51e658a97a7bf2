import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import CloudId, ContentKind, PageId, Site
from bot.links import Reference, read_reference, read_tiny
from sandbox.atlassian import tiny

ACME = Site(CloudId("c1"), "acme", "https://acme.atlassian.net")
CORP = Site(CloudId("c3"), "corp", "https://wiki.corp/confluence", "https://wiki.corp/confluence")
BARE = Site(CloudId("c4"), "bare", "http://wiki.lan:8090", "http://wiki.lan:8090")
TOKEN = Site(
    CloudId("c5"), "token", "https://token.atlassian.net", "https://token.atlassian.net/wiki"
)
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


@pytest.mark.parametrize(
    "path",
    [
        "/spaces/ENG/pages/327701/Release+checklist",
        "/pages/viewpage.action?pageId=327701",
        "/pages/viewpage.action?pageId=327701&focusedCommentId=5#comment-5",
        "/x/FQAF",
        "/spaces/~ada/pages/327701",
    ],
)
@pytest.mark.parametrize("site", [CORP, BARE])
def test_reads_every_form_of_a_data_centers_link(path, site):
    sites = [ACME, BARE, CORP, TOKEN]
    assert read_reference(site.url + path, sites) == Reference(PageId("327701"), site=site)


@pytest.mark.parametrize(
    "typed",
    [
        "https://wiki.corp/confluence/display/ENG/Release+checklist",
        "wiki.corp/confluence/display/ENG/Release+checklist/",
        "WIKI.corp/confluence/pages/viewpage.action?spaceKey=ENG&title=Release+checklist",
    ],
)
def test_reads_a_data_centers_title_in_a_space(typed):
    wanted = Reference(title="Release checklist", space_key="ENG", site=CORP)
    assert read_reference(typed, [ACME, CORP]) == wanted


@pytest.mark.parametrize(
    "url",
    [
        "https://wiki.corp/spaces/ENG/pages/1",
        "https://wiki.corp/confluence2/spaces/ENG/pages/1",
        "https://wiki.corp/confluence/wiki/spaces/ENG/pages/1",
        "https://wiki.corp:8443/confluence/spaces/ENG/pages/1",
        "http://wiki.lan/spaces/ENG/pages/1",
        "https://acme.atlassian.net/spaces/ENG/pages/1",
        "https://token.atlassian.net/spaces/ENG/pages/1",
    ],
)
def test_a_link_beside_the_context_path_is_no_page_of_ours(url):
    assert read_reference(url, [ACME, CORP, BARE, TOKEN]).page is None


def test_a_site_below_another_sites_address_is_told_from_it():
    inner = Site(CloudId("c6"), "inner", "http://wiki.lan:8090/it", "http://wiki.lan:8090/it")
    url = f"{inner.url}/pages/viewpage.action?pageId=7"
    assert read_reference(url, [BARE, inner]).site == inner


def test_a_cloud_site_of_a_typed_token_has_the_links_of_any_cloud_site():
    url = "https://token.atlassian.net/wiki/spaces/ENG/pages/327701"
    assert read_reference(url, [TOKEN]) == Reference(PageId("327701"), site=TOKEN)


@given(st.text())
def test_never_raises_for_a_data_center_either(text):
    for site in (CORP, BARE):
        read_reference(f"{site.url}/{text}", [CORP, BARE, ACME])
        read_reference(f"{site.url.partition('://')[2]}/{text}", [CORP, BARE, ACME])


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/spaces/ENG/blog/2026/11/23/327701/First+light", {"page": PageId("327701")}),
        ("/spaces/ENG/blog/327701", {"page": PageId("327701")}),
        ("/display/ENG/2026/11/23/First+light", {"title": "First light", "space_key": "ENG"}),
    ],
)
@pytest.mark.parametrize("site", [CORP, BARE])
def test_reads_a_blog_posts_link_as_one(path, found, site):
    wanted = Reference(site=site, kind=ContentKind.BLOG, **found)
    assert read_reference(site.url + path, [site]) == wanted


def test_a_page_that_is_called_like_a_day_is_a_page():
    found = read_reference(f"{CORP.url}/display/ENG/2026", [CORP])
    assert (found.title, found.kind) == ("2026", ContentKind.PAGE)
