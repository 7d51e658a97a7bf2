"""What people read in the end, and where its buttons lead."""

from bot.checking.parts import Complaints
from bot.template import ActionTemplate, Button


def check_reply(template: ActionTemplate, complaints: Complaints) -> None:
    """Complain of a reply that says nothing, and of buttons that lead nowhere."""
    if not template.reply.text.strip():
        complaints.add(("reply", "text"), "say in the end what was done")
    for number, button in enumerate(template.reply.buttons):
        told = _wrong(button, template)
        if told:
            complaints.add(("reply", "buttons", number), told)


def _wrong(button: Button, template: ActionTemplate) -> str:
    if bool(button.url) == (button.task is not None):
        return "a button leads to a `task` or to a `url`: to one of them"
    if button.task == template.id:
        return "a button leads to another task, not to the same once more"
    if button.values and button.task is None:
        return "`values` are for the entities of a `task`"
    return ""
