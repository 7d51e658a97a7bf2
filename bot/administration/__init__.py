"""What a tenant's admins change and look at; who may is asked before anything in here."""

from bot.administration.choices import Choices, changes_of, fingerprint_of
from bot.administration.connections import (
    ConnectionPage,
    Kept,
    Listed,
    Revoked,
    Standing,
    standing_of,
)
from bot.administration.directory import Directory
from bot.administration.organisation import OrganisationConnection
from bot.administration.overview import Overview, Overviews
from bot.administration.parts import Aides, Books
from bot.administration.profiles import CustomProfiles, ProfileUse, Saved, mint_profile_id

__all__ = [
    "Aides",
    "Books",
    "Choices",
    "ConnectionPage",
    "CustomProfiles",
    "Directory",
    "Kept",
    "Listed",
    "OrganisationConnection",
    "Overview",
    "Overviews",
    "ProfileUse",
    "Revoked",
    "Saved",
    "Standing",
    "changes_of",
    "fingerprint_of",
    "mint_profile_id",
    "standing_of",
]
