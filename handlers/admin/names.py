"""How the admin's pages, buttons and fields are called in Slack's payloads."""

from typing import Final

from handlers.offers import ADMINISTRATION, ADMINISTRATION_AUTHORIZATION

OPEN: Final = ADMINISTRATION
"""Opens the modal, from a message or the home tab; all others are pressed inside it."""

ROOT: Final = "admin_root"
AUTHORIZATION: Final = ADMINISTRATION_AUTHORIZATION
PROFILES: Final = "admin_profiles"
PROFILE: Final = "admin_profile"
POLICY: Final = "admin_policy"
PEOPLE: Final = "admin_people"
CONNECTIONS: Final = "admin_connections"
AUDIT: Final = "admin_audit"
KEYS: Final = "admin_keys"

READ_ONLY: Final = "admin_read_only"
LEND: Final = "admin_lend"
HAND_OVER: Final = "admin_hand_over"
DISCONNECT: Final = "admin_disconnect"
NEW_PROFILE: Final = "admin_new_profile"
EDIT_PROFILE: Final = "admin_edit_profile"
DELETE_PROFILE: Final = "admin_delete_profile"
TYPE_SECRET: Final = "admin_type_secret"  # noqa: S105 - a word
TRY_PROFILE: Final = "admin_try_profile"
USE_PROFILE: Final = "admin_use_profile"
REVOKE: Final = "admin_revoke"
REVOKE_ALL: Final = "admin_revoke_all"
EXPORT: Final = "admin_export"

PROVIDER: Final = "admin_profile_provider"
MECHANISM: Final = "admin_profile_mechanism"
READABLE: Final = "admin_readable"
WRITABLE: Final = "admin_writable"
AUDIENCE: Final = "admin_audience"

AUTHORIZATION_FORM: Final = "admin_authorization_form"
LEND_FORM: Final = "admin_lend_form"
HAND_OVER_FORM: Final = "admin_hand_over_form"
PROFILE_FORM: Final = "admin_profile_form"
POLICY_FORM: Final = "admin_policy_form"
PEOPLE_FORM: Final = "admin_people_form"
