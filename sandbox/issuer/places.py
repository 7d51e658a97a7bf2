"""Addresses and names that no request may be sent to, for tests to point things at."""

from typing import Final

PRIVATE: Final = {
    "loopback": "http://127.0.0.1:8080/",
    "loopback-v6": "http://[::1]:8080/",
    "mapped": "http://[::ffff:127.0.0.1]/",
    "decimal": "http://2130706433/",
    "octal": "http://0177.0.0.1/",
    "short": "http://127.1/",
    "any": "http://0.0.0.0/",
    "private-10": "http://10.0.0.5/",
    "private-172": "http://172.16.0.1/",
    "private-192": "http://192.168.1.1/",
    "carrier": "http://100.64.0.1/",
    "link-local": "http://169.254.1.1/",
    "link-local-v6": "http://[fe80::1]/",
    "unique-local": "http://[fd00:ec2::254]/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "nat64": "http://[64:ff9b::a9fe:a9fe]/",
    "6to4": "http://[2002:7f00:1::]/",
}
"""By what is special about each."""
NAMES: Final = {
    "login.rebound.example": ["203.0.113.7", "127.0.0.1"],
    "login.inside.example": ["10.0.0.5"],
    "metadata.google.internal": ["169.254.169.254"],
    "localtest.example": ["127.0.0.1", "::1"],
    "mixed.example": ["203.0.113.7", "192.168.1.1"],
    "trailing.example.": ["127.0.0.1"],
}
"""What a resolver may answer for each, in turn or at once; none of them is looked up here."""
