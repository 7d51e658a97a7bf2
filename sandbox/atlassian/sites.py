"""The sites: their ids and names."""

from dataclasses import dataclass

ACME = "11111111-aaaa-4bbb-8ccc-000000000001"
GLOBEX = "22222222-aaaa-4bbb-8ccc-000000000002"
ACME2 = "33333333-aaaa-4bbb-8ccc-000000000003"
HOOLI = "44444444-aaaa-4bbb-8ccc-000000000004"


@dataclass(frozen=True)
class Site:
    """One Atlassian site; *slug* stands where the subdomain of atlassian.net would."""

    cloud_id: str
    slug: str
    name: str
    has_jira: bool


SITES = (
    Site(ACME, "acme", "Acme Rockets", has_jira=True),
    Site(GLOBEX, "globex", "Globex Labs", has_jira=False),
    Site(ACME2, "acme2", "Acme Rockets Testing", has_jira=False),
    Site(HOOLI, "hooli", "Hooli", has_jira=False),
)

BY_CLOUD_ID = {site.cloud_id: site for site in SITES}
BY_SLUG = {site.slug: site for site in SITES}


def find_site(word: str) -> Site | None:
    """The site with this cloud id or slug."""
    return BY_CLOUD_ID.get(word) or BY_SLUG.get(word)
