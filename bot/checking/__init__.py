"""Says before a template is installed whether it would work, and what it would take."""

from collections.abc import Collection

from bot.alike import skeleton, too_near
from bot.checking.calls import check_calls, check_secrets
from bot.checking.entities import check_entities
from bot.checking.flow import check_count, check_flow
from bot.checking.needs import check_scopes, needs_of, needs_of_step, scopes_needed
from bot.checking.parts import Complaints
from bot.checking.reply import check_reply
from bot.checking.scope import ScopeWalk, check_used
from bot.checking.utterances import check_id, check_utterances
from bot.errors import Problem, TemplateRefused
from bot.plain_yaml import Places
from bot.template import ActionTemplate
from bot.template_files import in_order, read_with_places

__all__ = [
    "check",
    "needs_of",
    "needs_of_step",
    "read_checked",
    "scopes_needed",
    "skeleton",
    "too_near",
]


def check(
    template: ActionTemplate, places: Places | None = None, taken: Collection[str] = ()
) -> tuple[Problem, ...]:
    """Return what keeps *template* from being installed: the first 20, from top to bottom.

    *places* are those of its file; *taken* are the command's own words.
    """
    complaints = Complaints(places)
    if not check_count(template, complaints):
        return in_order(complaints.found)
    walked = ScopeWalk(template, complaints)
    walked.go()
    check_used(template, walked.used, complaints)
    check_entities(template, complaints)
    check_flow(template, complaints)
    check_calls(template, complaints)
    check_secrets(template, complaints)
    check_scopes(template, complaints)
    check_reply(template, complaints)
    check_utterances(template, taken, complaints)
    check_id(template, taken, complaints)
    return in_order(complaints.found)


def read_checked(
    source: str | bytes, name: str = "", taken: Collection[str] = ()
) -> ActionTemplate:
    """Return the template that the file *source* holds, if it can be installed.

    Raises:
        TemplateRefused: with every problem, up to 20, from top to bottom.
    """
    template, places = read_with_places(source, name)
    problems = check(template, places, taken)
    if problems:
        raise TemplateRefused(problems, name)
    return template
