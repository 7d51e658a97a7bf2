"""Who can sign in at the issuer; the names are those of the products behind it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Somebody in the issuer's directory; a *service* acts for a client, never on a page."""

    name: str
    full_name: str
    service: bool = False


PEOPLE = (
    Person("ada", "Ada Lindqvist"),
    Person("bob", "Bob Okafor"),
    Person("cy", "Cy Tanaka"),
    Person("gus", "Gus Petit"),
    Person("zoe", "Zoe Noseat"),
    Person("service", "Confab Service", service=True),
)
"""Zoe is known here, and in no Confluence."""

BY_NAME = {person.name: person for person in PEOPLE}
