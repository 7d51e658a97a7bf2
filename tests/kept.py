"""What the bot and the sandbox's worlds must have kept to, whatever a test was about."""

from typing import Any

from sandbox.atlassian.log import Log
from sandbox.slack.ledger import Ledger

# Slack's words for what is wrong with what the app said, and not with when or where.
OURS = frozenset(
    {
        "duplicate_external_id",
        "invalid_arguments",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_json",
        "invalid_payload",
        "invalid_post_type",
        "json_not_object",
        "markdown_text_conflict",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "push_limit_reached",
        "unknown_method",
        "view_too_large",
    }
)


def broken(slack: Ledger, *atlassians: Log) -> list[str]:
    """Return what the bot said against Slack's rules, or either side against the contract.

    The contract is looked at where its documents are: see `sandbox.atlassian.contract`.
    """
    found = [
        f"{each.method} {each.path}: {each.contract or each.defects}"
        for log in atlassians
        for each in log.entries
        if each.contract or each.defects
    ]
    said = slack.read()
    found += [_call(each) for each in said["calls"] if each["error"] in OURS]
    found += [f"response url: {each['error']}" for each in said["hooks"] if each["error"] in OURS]
    return found + [f"ack: {each['error']} {each['messages']}" for each in said["refused"]]


def _call(call: dict[str, Any]) -> str:
    return f"{call['method']}: {call['error']} {call['messages']}"
