"""Block Kit as Slack checks it: every payload against every documented limit."""

from sandbox.slack.blockkit.check import (
    check_attachments,
    check_blocks,
    check_option_groups,
    check_options,
    check_view,
)
from sandbox.slack.blockkit.rules import Complaint

__all__ = [
    "Complaint",
    "check_attachments",
    "check_blocks",
    "check_option_groups",
    "check_options",
    "check_view",
]
