"""Atlassian accounts, and the sites in which each has a place."""

from dataclasses import dataclass

from sandbox.atlassian.sites import ACME, ACME2, GLOBEX, HOOLI


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in; *sites* are those that list this account."""

    name: str
    account_id: str
    display_name: str
    email: str
    sites: tuple[str, ...] = ()
    licensed: bool = True
    kind: str = "atlassian"
    zone: str = "Etc/UTC"

    @property
    def password(self) -> str:
        """With which somebody signs in, and which no interface takes any more."""
        return f"password-of-{self.name}"


ACCOUNTS = (
    Account("ada", "5b10a2844c20165700ede21a", "Ada Lindqvist", "ada@acme.example", (ACME, GLOBEX)),
    Account("bob", "5b10a2844c20165700ede21b", "Bob Okafor", "bob@acme.example", (ACME,)),
    Account("cy", "5b10a2844c20165700ede21c", "Cy Tanaka", "cy@acme.example", (ACME,)),
    Account("gus", "5b10a2844c20165700ede21d", "Gus Petit", "gus@guests.example", (ACME,)),
    Account("nosite", "5b10a2844c20165700ede21e", "Nia Nosite", "nia@nowhere.example"),
    Account(
        "nolicence",
        "5b10a2844c20165700ede21f",
        "Lee Nolicence",
        "lee@acme.example",
        (ACME,),
        licensed=False,
    ),
    Account(
        "service",
        "712020:1f0c6a52-6f0e-4c53-9d0a-000000000001",
        "Confab Service",
        "confab@serviceaccount.example",
        (ACME,),
        kind="app",
    ),
    Account(
        "plain",
        "712020:1f0c6a52-6f0e-4c53-9d0a-000000000002",
        "Plain Service",
        "plain@serviceaccount.example",
        (ACME,),
        kind="app",
    ),
    Account("dee", "5b10a2844c20165700ede220", "Dee Marsh", "dee@acme.example", (ACME, ACME2)),
    Account("ivy", "5b10a2844c20165700ede221", "Ivy Moreau", "ivy@hooli.example", (HOOLI,)),
)

BY_NAME = {account.name: account for account in ACCOUNTS}
BY_ID = {account.account_id: account for account in ACCOUNTS}


def find_account(word: str) -> Account | None:
    """The account with this short name or account id."""
    return BY_NAME.get(word) or BY_ID.get(word)
