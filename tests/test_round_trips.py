"""What each command, press and form costs: database operations and requests to others.

Counted where they leave and where they arrive: PyMongo tells of each command that it sends,
and the sandbox keeps a log of what it was asked. Everything is done twice, and the second
time counts: installation, person and data key are known by then, as they mostly are.
"""

import itertools
import secrets
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr
from pymongo.monitoring import CommandListener

from bot.app import utc_now
from bot.metrics import Metrics
from bot.principal import Tenant
from handlers.ask import Kind
from sandbox.person import Person
from store.database import open_database
from store.keyring import KeyRing
from store.preparation import prepare
from store.stores import mongo_stores
from tests import dialog_steps
from tests.embedded import running_database
from tests.stage import Stage, link_in, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACME = Tenant("T0ACME")
DOCS = Path(__file__).parents[1] / "docs" / "costs.md"
HELLO = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "Hello, all"}]}
    ],
}


@dataclass(frozen=True)
class Cost:
    """What the listeners *of* these names take: before the ack, and in all."""

    of: tuple[str, ...] = ()
    database: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    before_ack: tuple[str, ...] = ()


LIFECYCLE = {
    "event app_uninstalled",
    "event channel_id_changed",
    "event team_access_granted",
    "event team_access_revoked",
    "event team_join",
    "event tokens_revoked",
    "event user_change",
}
"""What Slack tells of the installation, of people and channels: nobody waits for it."""

CHANGED_BY_ADMINS = {
    *(f"press admin_{name}" for name in (
        *("profile", "new_profile", "edit_profile", "profile_provider", "profile_mechanism"),
        *("type_secret", "try_profile", "use_profile", "delete_profile", "lend", "hand_over"),
        *("disconnect", "revoke", "revoke_all", "export"),
    )),
    *(f"press audit_{name}" for name in ("action", "everybody", "next", "person", "previous")),
    *(f"options admin_{name}" for name in ("audience", "readable", "writable")),
    *(f"submission admin_{name}_form" for name in (
        *("authorization", "hand_over", "lend", "people", "policy", "profile"),
    )),
}  # fmt: skip
"""What admins press inside of their pages: the page's cost, what is changed, and a record."""

LOOKED_AFTER = {
    *(f"press task_{name}" for name in (
        *("edit", "roll_back", "roll_back_now", "switch_off", "switch_on"),
        *("uninstall", "uninstall_now", "upgrade", "upgrade_now"),
    )),
    *(f"press template_{name}" for name in (
        *("approve", "export", "share", "unshare", "withdraw"),
    )),
    "submission task_edit_form",
    "options task_default",
}  # fmt: skip
"""What is pressed on the pages of tasks and templates: the page's cost, and what is changed."""

SELDOM = {
    "press explore_not",
    *(f"press dialog_{name}" for name in ("do_it", "is_done", "stop", "drop")),
}
"""What is said once; of a write whose outcome is unclear; of what isn't wanted any more."""

COSTS = {
    "`help`": Cost(),
    "an unknown word": Cost(
        database=(
            "find tasks",
            "find tasks",
            "find tasks",
            "delete parked_requests",
        ),
        requests=("Slack response URL",),
    ),
    "`/confluence` alone": Cost(
        of=("command ",),
        database=("find integrations", "find connections", "find preferences"),
        requests=("Slack response URL",),
    ),
    "`connect`": Cost(
        of=("command connect", "press connect", "press reconnect"),
        database=(
            "find integrations",
            "find connections",
            "delete parked_requests",
            "find integrations",
            "find connections",
            "update pending_connections",
        ),
        requests=("Slack response URL",),
    ),
    "open the way to consent": Cost(
        of=("press connect_opened",), database=("update pending_connections",)
    ),
    "`status`": Cost(
        of=("command status", "press status"),
        database=(
            "find integrations",
            "find connections",
            "find preferences",
            "find connections",
            "find integrations",
            "find integrations",
        ),
        requests=("Atlassian accessible-resources", "Atlassian me", "Slack response URL"),
    ),
    "`doctor`": Cost(
        of=("command doctor",),
        database=(
            "find integrations",
            "find connections",
            "find preferences",
            "find connections",
            "find connections",
        ),
        requests=(
            "Atlassian accessible-resources",
            "Atlassian me",
            "Confluence GET search",
            "Slack auth.test",
            "Slack response URL",
            "Slack response URL",
        ),
    ),
    "`site`": Cost(
        of=("command site", "press switch_site"),
        database=("find integrations", "find connections", "find preferences"),
        requests=("Slack response URL",),
    ),
    "choose a site": Cost(
        of=("press choose_site",),
        database=(
            "find integrations",
            "find connections",
            "update preferences",
            "find integrations",
            "find connections",
            "find preferences",
            "find tasks",
            "find dialogs",
            "find integrations",
            "find profiles",
            "find integrations",
            "find connections",
            "find data_keys",
            "findAndModify parked_requests",
        ),
        requests=(
            "Slack response URL",
            "Slack views.publish",
        ),
    ),
    "`disconnect`": Cost(
        of=("command disconnect",), database=("find connections",), requests=("Slack response URL",)
    ),
    "disconnect, confirmed": Cost(
        of=("press disconnect",),
        database=(
            "delete pending_connections",
            "find connections",
            "findAndModify connections",
            "delete preferences",
            "find person_keys",
            "insert audit_rows",
            "delete parked_requests",
            "find integrations",
            "find connections",
            "find integrations",
            "find tasks",
            "find dialogs",
            "find integrations",
        ),
        requests=(
            "Slack response URL",
            "Slack views.publish",
        ),
    ),
    "open the home tab": Cost(
        of=("event app_home_opened",),
        database=(
            "insert deliveries",
            "find integrations",
            "find connections",
            "find preferences",
            "find tasks",
            "find dialogs",
            "find integrations",
            "find profiles",
            "find integrations",
            "find connections",
            "find data_keys",
        ),
        requests=("Slack views.publish",),
    ),
    "`search`": Cost(
        of=("command search",),
        database=(
            "find channels",
            "find preferences",
            "find integrations",
            "find connections",
            "delete parked_requests",
        ),
        requests=("Confluence GET search", "Slack response URL"),
    ),
    "next page": Cost(
        of=("press search_next", "press search_author"),
        database=("find integrations", "find connections"),
        requests=("Confluence GET search", "Slack response URL"),
    ),
    "previous page": Cost(
        of=("press search_previous",),
        database=("find integrations", "find connections"),
        requests=("Confluence GET search", "Slack response URL"),
    ),
    "open a page": Cost(),
    "`page` by id": Cost(
        of=("command page",),
        database=(
            "find channels",
            "find preferences",
            "find integrations",
            "find connections",
            "delete parked_requests",
        ),
        requests=("Confluence GET pages/{id}", "Slack response URL"),
    ),
    "`page` by title": Cost(
        of=("command page",),
        database=(
            "find channels",
            "find preferences",
            "find integrations",
            "find connections",
            "delete parked_requests",
        ),
        requests=("Confluence GET search", "Slack response URL"),
    ),
    "one of several pages": Cost(
        of=("press page_choice",),
        database=("find integrations", "find connections"),
        requests=("Confluence GET pages/{id}", "Slack response URL"),
    ),
    "preview of a hit": Cost(
        of=("press preview",),
        database=("find integrations", "find connections"),
        requests=("Confluence GET pages/{id}", "Slack views.open", "Slack views.update"),
    ),
    "share here: what would be seen": Cost(
        of=("press share",),
        database=("find integrations", "find connections"),
        requests=(
            "Confluence GET content/{id}/restriction",
            "Confluence GET content/{id}/restriction",
            "Confluence GET pages/{id}",
            "Confluence GET pages/{id}",
            "Confluence GET pages/{id}",
            "Slack conversations.info",
            "Slack response URL",
        ),
    ),
    "share it": Cost(
        of=("press share_now",),
        database=("find integrations", "find connections"),
        requests=(
            "Confluence GET content/{id}/restriction",
            "Confluence GET content/{id}/restriction",
            "Confluence GET pages/{id}",
            "Confluence GET pages/{id}",
            "Confluence GET pages/{id}",
            "Slack conversations.info",
            "Slack response URL",
            "Slack response URL",
        ),
    ),
    "don't share it": Cost(of=("press share_not",), requests=("Slack response URL",)),
    "`create`": Cost(
        of=(
            "command create",
            "press create",
            "press continue_create",
            "shortcut create_page",
            "shortcut create_page_from_message",
        ),
        database=(
            "find channels",
            "find integrations",
            "find preferences",
            "find connections",
            "delete parked_requests",
        ),
        requests=("Slack views.open", "Slack views.update"),
    ),
    "type a space": Cost(
        of=("options create_space",),
        before_ack=("find integrations", "find connections", "Confluence GET search"),
        database=("find integrations", "find connections"),
        requests=("Confluence GET search",),
    ),
    "type a parent page": Cost(
        of=("options create_parent",),
        before_ack=("find integrations", "find connections", "Confluence GET search"),
        database=("find integrations", "find connections"),
        requests=("Confluence GET search",),
    ),
    "submit the form": Cost(
        of=("submission create_form",),
        database=("find integrations", "find connections", "update due_work", "update drafts"),
        requests=("Confluence GET pages", "Confluence GET search", "Slack views.update"),
    ),
    "next free title": Cost(
        of=("press create_retitle",),
        database=(
            "find drafts",
            "find integrations",
            "find connections",
            "update due_work",
            "update drafts",
        ),
        requests=("Confluence GET pages", "Confluence GET search", "Slack views.update"),
    ),
    "add to that page": Cost(
        of=("press create_append",),
        database=(
            "find drafts",
            "find integrations",
            "find connections",
            "update due_work",
            "update drafts",
        ),
        requests=("Confluence GET pages", "Slack views.update"),
    ),
    "close the preview": Cost(
        of=("closed create_confirm",),
        database=("find receipts", "delete drafts", "delete due_work"),
    ),
    "confirm what was previewed": Cost(
        of=("submission create_confirm",),
        before_ack=("insert receipts",),
        database=(
            "insert receipts",
            "find receipts",
            "findAndModify receipts",
            "find integrations",
            "find connections",
            "findAndModify receipts",
            "find integrations",
            "find connections",
            "findAndModify receipts",
            "update preferences",
            "find person_keys",
            "findAndModify receipts",
            "insert audit_rows",
            "delete drafts",
            "delete due_work",
        ),
        requests=(
            "Confluence POST pages",
            "Confluence PUT pages/{id}",
            "Slack response URL",
            "Slack views.update",
        ),
    ),
    "edit again, after a refusal": Cost(
        of=("press edit_again",),
        database=("find drafts", "find integrations", "find connections"),
        requests=("Slack views.open", "Slack views.update"),
    ),
    "undo": Cost(
        of=("press undo",),
        database=(
            "find receipts",
            "find integrations",
            "find connections",
            "findAndModify receipts",
            "find person_keys",
            "insert audit_rows",
        ),
        requests=(
            "Confluence DELETE pages/{id}",
            "Confluence GET pages/{id}",
            "Slack response URL",
        ),
    ),
    "`here`": Cost(
        of=("command here",),
        database=(
            "find channels",
            "find integrations",
            "find preferences",
            "find connections",
            "delete parked_requests",
        ),
        requests=("Slack conversations.info", "Slack views.open", "Slack views.update"),
    ),
    "choose where a channel writes": Cost(
        of=("submission here_form",),
        database=(
            "find integrations",
            "find connections",
            "update channels",
            "find person_keys",
            "insert audit_rows",
        ),
        requests=("Slack conversations.info", "Slack views.update"),
    ),
    "have no default for a channel": Cost(
        of=("press here_forget",),
        database=(
            "find integrations",
            "find connections",
            "delete channels",
            "find person_keys",
            "insert audit_rows",
        ),
        requests=("Slack conversations.info", "Slack views.update"),
    ),
    "`forget-me`": Cost(
        of=("command forget-me",),
        database=(
            "find connections",
            "find receipts",
            "aggregate installations",
            "aggregate pending_connections",
            "aggregate connections",
            "aggregate parked_requests",
            "aggregate preferences",
            "aggregate drafts",
            "aggregate receipts",
            "aggregate person_keys",
            "aggregate dialogs",
            "find profiles",
            "find channels",
            "find integrations",
            "find templates",
            "find tasks",
            "find receipts",
            "find dialogs",
            "aggregate due_work",
            "find connections",
            "find person_keys",
            "find audit_rows",
            "find person_keys",
            "aggregate dialogs",
        ),
        requests=(
            "Slack views.open",
            "Slack views.update",
        ),
    ),
    "forget-me, confirmed": Cost(
        of=("submission forget_me",),
        database=(
            "find connections",
            "update due_work",
            "delete dialogs",
            "delete drafts",
            "delete pending_connections",
            "delete parked_requests",
            "find receipts",
            "aggregate dialogs",
            "find connections",
            "find person_keys",
            "find audit_rows",
            "find person_keys",
            "find connections",
            "find integrations",
            "findAndModify connections",
            "find person_keys",
            "insert audit_rows",
            "delete dialogs",
            "delete drafts",
            "delete pending_connections",
            "delete parked_requests",
            "find connections",
            "delete installations",
            "delete pending_connections",
            "delete connections",
            "delete parked_requests",
            "delete preferences",
            "delete drafts",
            "delete receipts",
            "delete dialogs",
            "find profiles",
            "find channels",
            "find integrations",
            "find templates",
            "find tasks",
            "find receipts",
            "find dialogs",
            "delete due_work",
            "delete person_keys",
            "find integrations",
            "find connections",
            "find integrations",
            "find tasks",
            "find dialogs",
            "find integrations",
            "delete due_work",
        ),
        requests=(
            "Slack users.info",
            "Slack views.publish",
            "Slack views.update",
        ),
    ),
    "explore what can be done": Cost(
        of=("press explore",),
        database=(
            "find templates",
            "find tasks",
        ),
        requests=(
            "Slack views.open",
            "Slack views.update",
        ),
    ),
    "`templates`": Cost(
        of=(
            "command templates",
            "press templates_list",
            "press templates_search",
            "press templates_category",
            "submission templates_search_form",
        ),
        database=("find templates", "find tasks", "delete parked_requests"),
        requests=("Slack views.open", "Slack views.update"),
    ),
    "a template's page": Cost(
        of=("press template_details",),
        database=("find tasks", "find templates"),
        requests=("Slack views.update",),
    ),
    "a template's form, to look at": Cost(
        of=("press template_look",),
        database=("find tasks", "find templates"),
        requests=("Slack views.push", "Slack views.update"),
    ),
    "close what was only looked at": Cost(
        of=("submission template_picture",),
    ),
    "try a template": Cost(
        of=("press template_try",),
        database=(
            "find tasks",
            "find templates",
            "find preferences",
            "find integrations",
            "find connections",
            "insert dialogs",
        ),
        requests=("Slack views.push", "Slack views.update"),
    ),
    "how it would be installed": Cost(
        of=("press template_install",),
        database=("find tasks", "find templates", "find integrations"),
        requests=("Slack views.update",),
    ),
    "install it": Cost(
        of=("submission template_install_form",),
        database=(
            "find tasks",
            "find templates",
            "find tasks",
            "find templates",
            "find tasks",
            "find integrations",
            "find templates",
            "insert tasks",
            "find person_keys",
            "find integrations",
            "find preferences",
            "find connections",
            "find integrations",
            "find preferences",
            "find connections",
            "insert audit_rows",
        ),
        requests=("Slack views.update",),
    ),
    "paste a template": Cost(
        of=("press template_bring", "press template_example", "press template_upload"),
        requests=("Slack views.update",),
    ),
    "keep what was pasted": Cost(
        of=("submission template_bring_form", "submission template_upload_form"),
        database=(
            "find templates",
            "find templates",
            "find tasks",
            "find templates",
            "insert templates",
            "find person_keys",
            "insert audit_rows",
        ),
        requests=("Slack views.update",),
    ),
    "`tasks`": Cost(
        of=("command tasks", "press tasks_list"),
        database=("find tasks", "delete parked_requests"),
        requests=("Slack views.open", "Slack views.update"),
    ),
    "a task's page": Cost(
        of=("press task_details",),
        database=(
            "find tasks",
            "find tasks",
            "find templates",
            "find dialogs",
            "aggregate dialogs",
        ),
        requests=("Slack views.update",),
    ),
    "`run`, with answers": Cost(
        of=(
            "command run",
            "press task_run_line",
            "shortcut run_task",
            "shortcut run_task_on_message",
            "submission task_on_message",
        ),
        database=(
            "find tasks",
            "find integrations",
            "find preferences",
            "find connections",
            "find preferences",
            "find integrations",
            "find connections",
            "insert dialogs",
            "delete parked_requests",
        ),
        requests=("Confluence GET spaces", "Slack views.open", "Slack views.update"),
    ),
    "a task's own word": Cost(
        of=(
            "press task_run_0",
            "press task_run_1",
            "press task_run_2",
            "press task_run_3",
            "press task_run_4",
            "press task_run_menu",
        ),
        database=(
            "find tasks",
            "find tasks",
            "find integrations",
            "find preferences",
            "find connections",
            "insert dialogs",
            "delete parked_requests",
        ),
        requests=("Slack views.open", "Slack views.update"),
    ),
    "send a dialog's form: its plan": Cost(
        of=("submission dialog_form",),
        database=(
            "find dialogs",
            "update dialogs",
            "find tasks",
            "find integrations",
            "find connections",
            "find integrations",
            "find connections",
            "find integrations",
            "find connections",
            "find integrations",
            "find connections",
            "find integrations",
            "find connections",
            "update due_work",
            "update dialogs",
        ),
        requests=("Confluence GET pages", "Confluence GET search", "Slack views.update"),
    ),
    "type a space in it": Cost(
        of=("options dialog_field",),
        database=(
            "find dialogs",
            "find tasks",
            "find integrations",
            "find preferences",
            "find connections",
        ),
        requests=("Confluence GET search",),
        before_ack=(
            "find dialogs",
            "find tasks",
            "find integrations",
            "find preferences",
            "find connections",
            "Confluence GET search",
        ),
    ),
    "confirm a plan of two writes": Cost(
        of=("submission dialog_confirm", "press dialog_confirm"),
        database=(
            "update dialogs",
            "find dialogs",
            "find tasks",
            "find integrations",
            "find connections",
            "find integrations",
            "find connections",
            "update dialogs",
            "insert receipts",
            "findAndModify receipts",
            "find integrations",
            "find connections",
            "findAndModify receipts",
            "find integrations",
            "find connections",
            "findAndModify receipts",
            "update preferences",
            "update dialogs",
            "find person_keys",
            "insert audit_rows",
            "find integrations",
            "find connections",
            "find integrations",
            "find connections",
            "find integrations",
            "find connections",
            "update dialogs",
            "find integrations",
            "find connections",
            "update dialogs",
            "find person_keys",
            "insert audit_rows",
            "update dialogs",
            "find tasks",
            "update dialogs",
            "find tasks",
        ),
        requests=(
            "Confluence GET pages/{id}",
            "Confluence GET pages/{id}/labels",
            "Confluence POST content/{id}/label",
            "Confluence POST pages",
            "Confluence PUT pages/{id}",
            "Slack response URL",
            "Slack views.update",
        ),
        before_ack=("update dialogs",),
    ),
    "take them back": Cost(
        of=("press dialog_undo",),
        database=(
            "find dialogs",
            "find tasks",
            "find integrations",
            "find connections",
            "find receipts",
            "find integrations",
            "find connections",
            "findAndModify receipts",
            "find person_keys",
            "insert audit_rows",
            "update dialogs",
            "update dialogs",
            "find tasks",
            "update due_work",
            "update dialogs",
            "update dialogs",
        ),
        requests=(
            "Confluence DELETE pages/{id}",
            "Confluence GET pages/{id}",
            "Slack response URL",
        ),
    ),
    "a turn of a conversation": Cost(
        of=("event message.im",),
        database=("find dialogs", "update dialogs"),
        requests=("Slack chat.postMessage",),
        before_ack=("find dialogs", "update dialogs", "Slack chat.postMessage"),
    ),
    "begin by saying so": Cost(
        database=(
            "find tasks",
            "find integrations",
            "find preferences",
            "find connections",
            "find integrations",
            "find preferences",
            "find connections",
            "insert dialogs",
        ),
        requests=("Confluence GET spaces", "Slack chat.postMessage"),
        before_ack=(
            "find tasks",
            "find integrations",
            "find preferences",
            "find connections",
            "find integrations",
            "find preferences",
            "find connections",
            "insert dialogs",
            "Confluence GET spaces",
            "Slack chat.postMessage",
        ),
    ),
    "begin by a mention": Cost(
        of=("event app_mention",),
        database=(
            "insert deliveries",
            "find tasks",
            "find preferences",
            "find integrations",
            "find connections",
            "find integrations",
            "find preferences",
            "find connections",
            "insert dialogs",
            "find dialogs",
            "update dialogs",
        ),
        requests=(
            "Confluence GET spaces",
            "Slack chat.getPermalink",
            "Slack chat.postEphemeral",
            "Slack chat.postMessage",
            "Slack chat.postMessage",
        ),
    ),
    "skip a question, or choose an answer": Cost(
        of=(
            "press dialog_skip",
            "press dialog_field",
            "press dialog_answer_0",
            "press dialog_answer_1",
            "press dialog_answer_2",
            "press dialog_answer_3",
            "press dialog_answer_4",
        ),
        database=("find dialogs", "update dialogs"),
        requests=("Slack chat.postMessage", "Slack response URL"),
    ),
    "go back by a button": Cost(
        of=("press dialog_back", "press dialog_cancel"),
        database=("find dialogs", "update dialogs"),
        requests=("Slack chat.postMessage",),
    ),
    "go on in the form": Cost(
        of=("press dialog_to_form", "press dialog_change"),
        database=("find dialogs", "update dialogs"),
        requests=("Slack views.open", "Slack views.update"),
    ),
    "go on in a conversation": Cost(
        of=("press dialog_talk",),
        database=(
            "find dialogs",
            "update dialogs",
            "find dialogs",
            "update dialogs",
        ),
        requests=(
            "Slack chat.getPermalink",
            "Slack chat.postMessage",
            "Slack chat.postMessage",
            "Slack views.update",
        ),
    ),
    "`resume`": Cost(
        of=("command resume",),
        database=("find dialogs", "delete parked_requests"),
        requests=("Slack response URL",),
    ),
    "resume one": Cost(
        of=("press dialog_resume", "press dialog_again"),
        database=("find dialogs",),
        requests=("Slack views.open", "Slack views.update"),
    ),
    "`admin`": Cost(
        of=("command admin", "press admin_open", "press admin_root"),
        database=(
            "find integrations",
            "find profiles",
            "find integrations",
            "find connections",
            "find data_keys",
        ),
        requests=("Slack views.open", "Slack views.update"),
    ),
    "`admin`: authorization": Cost(
        of=("press admin_authorization",),
        database=(
            "find integrations",
            "find profiles",
            "find integrations",
            "find connections",
            "find data_keys",
        ),
        requests=("Slack views.update",),
    ),
    "`admin`: profiles": Cost(
        of=("press admin_profiles",),
        database=("find integrations", "find connections", "find profiles"),
        requests=("Slack views.update",),
    ),
    "`admin`: policy": Cost(
        of=("press admin_policy",),
        database=(
            "find integrations",
            "find profiles",
            "find integrations",
            "find connections",
            "find data_keys",
        ),
        requests=("Slack views.update",),
    ),
    "`admin`: people": Cost(
        of=("press admin_people",),
        database=("find integrations",),
        requests=("Slack views.update",),
    ),
    "`admin`: connections": Cost(
        of=("press admin_connections",),
        database=("find connections", "find profiles"),
        requests=("Slack views.update",),
    ),
    "`admin`: audit": Cost(
        of=("press admin_audit",),
        database=("find audit_rows", "find person_keys"),
        requests=("Slack views.update",),
    ),
    "`admin`: keys": Cost(
        of=("press admin_keys",), database=("find data_keys",), requests=("Slack views.update",)
    ),
    "switch writing off, or on": Cost(
        of=("press admin_read_only",),
        database=(
            "find integrations",
            "update integrations",
            "find profiles",
            "find integrations",
            "find person_keys",
            "find profiles",
            "insert audit_rows",
            "find integrations",
            "find connections",
            "find data_keys",
        ),
        requests=("Slack views.update",),
    ),
}


class Tally(CommandListener, Metrics):
    """Counts what is sent to the database, and takes note of what was done by the ack."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.at_ack: list[str] | None = None
        self.requests: Callable[[], list[str]] = list

    def started(self, event: Any) -> None:
        where = event.command[event.command_name]
        self.sent.append(f"{event.command_name} {where}")

    def succeeded(self, event: Any) -> None:
        pass

    def failed(self, event: Any) -> None:
        pass

    def acked(self, kind: str, outcome: str, seconds: float) -> None:
        super().acked(kind, outcome, seconds)
        if self.at_ack is None:  # what comes later answers something else, as the bot's own words
            self.at_ack = [*self.sent, *self.requests()]


@dataclass
class Scene:
    """The stage with the real stores, and Ada, who may write."""

    stage: Stage
    tally: Tally
    ada: Person
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    tenant: Tenant = ACME
    thread: str | None = None
    has_consented: bool = False

    def begin(self) -> None:
        """Count from here."""
        self.tally.sent.clear()
        self.tally.at_ack = None
        self.stage.slack.ledger.clear()
        self.stage.atlassian.log.entries.clear()

    def cost(self) -> Cost:
        """Return what was counted."""
        return Cost(
            before_ack=tuple(self.tally.at_ack or ()),
            database=tuple(self.tally.sent),
            requests=tuple(self.requests()),
        )

    def requests(self) -> list[str]:
        asked = self.stage.slack.ledger.read()
        return sorted(
            [f"Slack {each['method']}" for each in asked["calls"]]
            + ["Slack response URL" for _ in asked["hooks"]]
            + [_request(each) for each in self.stage.atlassian.log.entries]
        )

    async def clear(self) -> None:
        """Close whatever is open."""
        if await self.ada.modal():
            await self.ada.closes(everything=True)
            await self.stage.quiet()

    async def goes_back(self) -> None:
        """Close what is on top."""
        await self.ada.closes()
        await self.stage.quiet()

    async def types(self, text: str) -> None:
        await self.ada.types(f"/confluence {text}")
        await self.stage.quiet()

    async def presses(self, action: str, value: object = None) -> None:
        await self.ada.presses(action, value)
        await self.stage.quiet()

    async def presses_in(self, action: str, part: str) -> None:
        """Press the button of the block that says *part*."""
        view = await self.ada.modal()
        assert view
        block = next(each for each in view["blocks"] if part in str(each.get("text")))
        await self.ada.presses(action, block_id=block["block_id"])
        await self.stage.quiet()

    async def submits(self, **values: object) -> None:
        await self.ada.submits({name: {name: value} for name, value in values.items()})
        await self.stage.quiet()

    async def opens_home(self) -> None:
        await self.ada.opens_home()
        await self.stage.quiet()

    def word(self) -> str:
        """Return a word that nobody has typed."""
        return f"eng {next(self.numbers)}"

    def title(self) -> str:
        """Return a title that nobody has used."""
        return f"Plan {next(self.numbers)}"


def _request(entry: Any) -> str:
    """Name a request as people would: the rest of its path is the same for all."""
    path = (entry.operation or f"{entry.method} {entry.path}").partition(" ")[2]
    if path.endswith("/accessible-resources"):
        return "Atlassian accessible-resources"
    if path.endswith("/api/me"):
        return "Atlassian me"
    path = path.removeprefix("/wiki/api/v2/").removeprefix("/wiki/rest/api/")
    return f"Confluence {entry.method} {path.partition('/byOperation')[0]}"


def rendered() -> str:
    """Return the table as docs/costs.md shows it."""
    head = "| What | Before the ack | Database, in all | Requests, in all |\n|---|---|---|---|\n"
    return head + "".join(
        f"| {what} | {_counted(cost.before_ack)} | {_counted(cost.database)} "
        f"| {_counted(cost.requests)} |\n"
        for what, cost in COSTS.items()
    )


def _counted(names: tuple[str, ...]) -> str:
    if not names:
        return "0"
    each = (f"{count} × {name}" if count > 1 else name for name, count in Counter(names).items())
    return f"**{len(names)}**: {', '.join(each)}"


Step = Callable[[Scene], Awaitable[object]]


async def nothing(_scene: Scene) -> None:
    """Need no preparation."""


def typing(text: str) -> Step:
    return lambda scene: scene.types(text)


def pressing(action: str) -> Step:
    return lambda scene: scene.presses(action)


async def opened(scene: Scene) -> None:
    await scene.types("create")


async def space_chosen(scene: Scene) -> None:
    """Send a form back for want of a title: what was chosen stays."""
    await scene.types("create")
    [space] = await scene.ada.suggests("create_space", "ENG")
    await scene.ada.submits({"space": {"create_space": space}, "title": {"title": " "}})


async def submitted(scene: Scene) -> None:
    await scene.submits(title=scene.title(), body=HELLO)


async def confirmed(scene: Scene) -> None:
    await scene.submits()


async def previewed(scene: Scene) -> None:
    await space_chosen(scene)
    await submitted(scene)


async def clashed(scene: Scene) -> None:
    await space_chosen(scene)
    await scene.submits(title="Release checklist", body=HELLO)


async def published(scene: Scene) -> None:
    await previewed(scene)
    await scene.submits()
    await scene.clear()


async def refused(scene: Scene) -> None:
    await previewed(scene)
    fault = {"kind": "429-burst", "method": "POST", "path": "/pages"}
    await scene.stage.post("atlassian/faults", fault)
    await scene.submits()
    await scene.clear()


async def page_named(scene: Scene) -> None:
    found = await scene.stage.get("atlassian/pages")
    page = next(each["id"] for each in found if each["title"] == "Release checklist")
    await scene.types(f"page {page}")


async def asked_to_share(scene: Scene) -> None:
    await scene.types("search release")
    await scene.presses("share")


async def second_page(scene: Scene) -> None:
    await scene.types("search type:page")
    await scene.presses("search_next")


async def bob_disconnecting(scene: Scene) -> None:
    await bob_connected(scene)
    await scene.stage.person("U0BOB").types("/confluence disconnect")
    await scene.stage.quiet()


async def bob_confirms(scene: Scene) -> None:
    await scene.stage.person("U0BOB").presses("disconnect")
    await scene.stage.quiet()


async def here_asked(scene: Scene) -> None:
    await scene.types("here")


async def here_filled_in(scene: Scene) -> None:
    await here_asked(scene)
    await scene.ada.suggests("create_space", "ENG")


async def here_chosen(scene: Scene) -> None:
    await scene.ada.submits({"space": {"create_space": "Engineering"}})
    await scene.stage.quiet()


async def here_set(scene: Scene) -> None:
    await here_filled_in(scene)
    await here_chosen(scene)
    await scene.clear()
    await here_asked(scene)


async def bob_connected(scene: Scene) -> None:
    bob = scene.stage.person("U0BOB")
    if await bob.modal():
        await bob.closes(everything=True)
    await bob.types("/confluence connect")
    await scene.stage.quiet()
    await scene.stage.walk(link_in(await bob.last()), "U0BOB")
    await scene.stage.quiet()


async def bob_asking_to_be_forgotten(scene: Scene) -> None:
    await bob_connected(scene)
    await scene.stage.person("U0BOB").types("/confluence forget-me")
    await scene.stage.quiet()


async def bob_is_forgotten(scene: Scene) -> None:
    await scene.stage.person("U0BOB").submits()
    await scene.stage.quiet()


STEPS: dict[str, tuple[Step, Step]] = {
    "`help`": (nothing, typing("help")),
    "an unknown word": (nothing, typing("serach")),
    "`/confluence` alone": (nothing, typing("")),
    "`connect`": (nothing, typing("connect")),
    "`status`": (nothing, typing("status")),
    "`doctor`": (nothing, typing("doctor")),
    "`site`": (nothing, typing("site")),
    "choose a site": (typing("site"), pressing("choose_site:0")),
    "`disconnect`": (nothing, typing("disconnect")),
    "`search`": (nothing, typing("search release")),
    "next page": (typing("search type:page"), pressing("search_next")),
    "previous page": (second_page, pressing("search_previous")),
    "`page` by id": (nothing, page_named),
    "`page` by title": (nothing, typing("page Release checklist")),
    "one of several pages": (typing("page Release checklist"), pressing("page_choice")),
    "share it": (asked_to_share, pressing("share_now")),
    "don't share it": (asked_to_share, pressing("share_not")),
    "open the home tab": (nothing, lambda scene: scene.opens_home()),
    "open the way to consent": (typing("connect"), pressing("connect_opened")),
    "open a page": (typing("search release"), pressing("opened")),
    "type a space": (opened, lambda scene: scene.ada.suggests("create_space", scene.word())),
    "type a parent page": (
        space_chosen,
        lambda scene: scene.ada.suggests("create_parent", scene.word()),
    ),
    "edit again, after a refusal": (refused, pressing("edit_again")),
    "close the preview": (previewed, lambda scene: scene.goes_back()),
    "disconnect, confirmed": (bob_disconnecting, bob_confirms),
    "preview of a hit": (typing("search release"), pressing("preview")),
    "share here: what would be seen": (typing("search release"), pressing("share")),
    "`create`": (nothing, typing("create")),
    "submit the form": (space_chosen, submitted),
    "confirm what was previewed": (previewed, confirmed),
    "undo": (published, pressing("undo")),
    "next free title": (clashed, pressing("create_retitle")),
    "add to that page": (clashed, pressing("create_append")),
    "`here`": (nothing, here_asked),
    "choose where a channel writes": (here_filled_in, here_chosen),
    "have no default for a channel": (here_set, pressing("here_forget")),
    "`forget-me`": (nothing, typing("forget-me")),
    "forget-me, confirmed": (bob_asking_to_be_forgotten, bob_is_forgotten),
    "explore what can be done": (lambda scene: scene.opens_home(), pressing("explore")),
    "`admin`": (nothing, typing("admin")),
    **{
        f"`admin`: {page}": (typing("admin"), pressing(f"admin_{page}"))
        for page in (
            *("authorization", "profiles", "policy", "people", "connections", "audit", "keys"),
        )
    },
    "switch writing off, or on": (typing("admin"), pressing("admin_read_only")),
    **dialog_steps.STEPS,
}


async def here_forgotten(scene: Scene) -> None:
    await scene.clear()
    await here_asked(scene)
    await scene.presses("here_forget")


UNDONE: dict[str, Step] = {"choose where a channel writes": here_forgotten}
"""What is undone afterwards, since everything else would cost more for it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory):
    tally = Tally()
    with running_database(tmp_path_factory.mktemp("database")) as uri:
        database = open_database(uri, "costs", watching=[tally])
        await prepare(database)
        key = b64encode(secrets.token_bytes(32)).decode()
        stores = mongo_stores(database, KeyRing.parse(SecretStr(f"k1={key}")), utc_now)
        async with staged(stores=stores, metrics=tally, person_points=1_000_000) as stage:
            scene = Scene(stage, tally, await stage.connect_to_write())
            tally.requests = scene.requests
            yield scene
        database.close()


@pytest.mark.parametrize("what", STEPS)
async def test_costs_what_it_is_said_to_cost(scene, what):
    prepare_it, do_it = STEPS[what]
    for _ in range(2):
        await scene.clear()
        await prepare_it(scene)
        scene.begin()
        await do_it(scene)

    found, said = scene.cost(), COSTS[what]
    await UNDONE.get(what, nothing)(scene)
    assert sorted(found.database) == sorted(said.database)
    assert sorted(found.requests) == sorted(said.requests)
    assert sorted(found.before_ack) == sorted(said.before_ack)


async def test_who_may_read_a_space_is_asked_once_for_all_that_is_shared_of_it(scene):
    asked = []
    for _ in range(2):
        await scene.clear()
        await scene.types("search incident in:OPS")
        scene.begin()
        await scene.presses("share")
        asked.append(scene.cost().requests.count("Confluence GET spaces/{id}/permissions"))
    assert asked == [1, 0]


async def test_the_cost_of_every_listener_is_stated(scene):
    table = scene.stage.bot.table
    listeners = {f"{kind} {name.partition(':')[0]}" for kind, name in table.routes}
    listeners |= {f"{Kind.OPTIONS} {name}" for name in table.menus}

    stated = {name for cost in COSTS.values() for name in cost.of}

    unstated = LIFECYCLE | CHANGED_BY_ADMINS | LOOKED_AFTER | SELDOM
    assert stated == listeners - unstated
    assert listeners >= unstated - LIFECYCLE


async def test_a_turn_costs_a_read_a_write_and_a_call():
    turn = COSTS["a turn of a conversation"]

    assert turn.database == ("find dialogs", "update dialogs")
    assert turn.requests == ("Slack chat.postMessage",)


async def test_nobody_waits_for_an_ack_but_for_menus_and_one_write():
    waited_for = {what: cost.before_ack for what, cost in COSTS.items() if cost.before_ack}

    # What people say to the bot is an event: Slack alone waits, and tells again what isn't acked.
    assert waited_for.pop("a turn of a conversation")
    assert waited_for.pop("begin by saying so")
    assert waited_for.pop("confirm what was previewed") == ("insert receipts",)
    assert waited_for.pop("confirm a plan of two writes") == ("update dialogs",)
    assert all(of.startswith("options ") for what in waited_for for of in COSTS[what].of)


async def test_the_docs_show_the_table():
    assert rendered() in DOCS.read_text("utf-8")
