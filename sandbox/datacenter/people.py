"""The site's people, their passwords, and the groups that they are in on the first day."""

from sandbox.atlassian.people import Account

USERS = "confluence-users"
STAFF = "staff"
ADMINISTRATORS = "confluence-administrators"


def person(number: int, name: str, display_name: str, *, licensed: bool = True) -> Account:
    """Somebody by username; the account id is their user key."""
    key = f"8a8181a46e1f{number:04d}016e1f8f7d4a0000"
    return Account(name, key, display_name, f"{name}@acme.example", licensed=licensed)


PEOPLE = (
    person(1, "ada", "Ada Lindqvist"),
    person(2, "bob", "Bob Okafor"),
    person(3, "cy", "Cy Tanaka"),
    person(4, "gus", "Gus Petit"),
    person(5, "lee", "Lee Nolicence", licensed=False),
    person(6, "confab", "Confab Service"),
)
PASSWORDS = {each.name: f"{each.name}-password" for each in PEOPLE}
GROUPS = {
    ADMINISTRATORS: ("ada",),
    USERS: ("ada", "bob", "cy", "gus", "confab"),
    STAFF: ("ada", "bob", "cy"),
}
BY_NAME = {each.name: each for each in PEOPLE}
BY_KEY = {each.account_id: each for each in PEOPLE}


def find_person(word: str) -> Account | None:
    """The person with this username or user key."""
    return BY_NAME.get(word.casefold()) or BY_KEY.get(word)
