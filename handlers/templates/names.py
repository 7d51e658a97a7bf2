"""The names by which Slack brings templates' pages back, and what their buttons carry."""

import json
from collections.abc import Mapping
from typing import Final

from bot.errors import BadInput
from bot.task import TaskId
from bot.template import TemplateId, Version
from handlers.dialogs import names as dialogs

TITLE: Final = "Templates"
TASKS_TITLE: Final = "Dialog tasks"

LIST: Final = "templates_list"
SEARCH: Final = "templates_search"
SEARCH_FORM: Final = "templates_search_form"
CATEGORY: Final = "templates_category"
DETAILS: Final = "template_details"
LOOK: Final = "template_look"
TRY: Final = "template_try"
INSTALL: Final = "template_install"
INSTALL_FORM: Final = "template_install_form"
APPROVE: Final = "template_approve"
SHARE: Final = "template_share"
UNSHARE: Final = "template_unshare"
EXPORT: Final = "template_export"
WITHDRAW: Final = "template_withdraw"
BRING: Final = "template_bring"
EXAMPLE: Final = "template_example"
BRING_FORM: Final = "template_bring_form"
UPLOAD: Final = "template_upload"
UPLOAD_FORM: Final = "template_upload_form"
DEFAULT: Final = "task_default"
TASK: Final = dialogs.TASK
EDIT: Final = "task_edit"
EDIT_FORM: Final = "task_edit_form"
UPGRADE: Final = "task_upgrade"
UPGRADE_NOW: Final = "task_upgrade_now"
ROLL_BACK: Final = "task_roll_back"
ROLL_BACK_NOW: Final = "task_roll_back_now"
SWITCH_ON: Final = "task_switch_on"
SWITCH_OFF: Final = "task_switch_off"
UNINSTALL: Final = "task_uninstall"
UNINSTALL_NOW: Final = "task_uninstall_now"

OUT_OF_DATE: Final = "That button is out of date, so nothing was done. Open the list anew."


def of_template(template: str, version: str = "") -> str:
    """Return the value of a button about a template."""
    return json.dumps({"t": template, "v": version}, separators=(",", ":"))


def read_value(value: str) -> Mapping[str, str]:
    """Read what a button or a form carries. Raises ``BadInput`` for any that isn't ours."""
    try:
        return dialogs.read_value(value)
    except BadInput:
        raise BadInput(OUT_OF_DATE) from None


def template_in(value: str) -> tuple[TemplateId, Version | None]:
    """Return the template that a button is about, and its version where it names one."""
    found = read_value(value)
    return TemplateId(found.get("t", "")), Version(found["v"]) if found.get("v") else None


def task_in(value: str) -> TaskId:
    """Return the task that a button is about."""
    return TaskId(read_value(value).get("k", ""))


def version_in(value: str) -> Version:
    """Return the version that a button about a task names."""
    return Version(read_value(value).get("v", ""))
