"""What a template's steps need of a grant, and the scopes that it says it takes."""

import re
from collections.abc import Mapping
from typing import Final

from bot.checking.parts import Complaints
from bot.connection import IDENTITY, READ, Need, scopes_of
from bot.template import (
    ActionTemplate,
    AskVariablesStep,
    CreateStep,
    HttpStep,
    Source,
    Step,
    action_of,
    walk,
)

_NEEDS: Final[Mapping[str, Need]] = {
    "create": Need.PUBLISH,
    "update": Need.PUBLISH,
    "append": Need.PUBLISH,
    "update_section": Need.PUBLISH,
    "move": Need.PUBLISH,
    "copy": Need.PUBLISH,
    "trash": Need.PUBLISH,
    "restore": Need.PUBLISH,
    "comment": Need.COMMENT,
    "reply": Need.COMMENT,
    "comments": Need.READ_COMMENTS,
    "label": Need.LABEL,
    "attach": Need.ATTACH,
    "restrict": Need.RESTRICT,
    "watch": Need.WATCH,
}
_ALL: Final = scopes_of(Need)
# https://developer.atlassian.com/cloud/confluence/scopes-for-oauth-2-3LO-and-forge-apps/
_SCOPE: Final = re.compile(
    r"(?:read|write|delete|manage|search|readonly):(?:[a-z.-]+:)?confluence(?:-[a-z.-]+|[a-z.-]*)"
)


def needs_of(template: ActionTemplate) -> frozenset[Need]:
    """Return what a grant is wanted for by the steps and by the choices of the entities."""
    steps = frozenset().union(*(needs_of_step(step) for step in walk(template.steps)))
    sources = {each.choices_from.source for each in template.entities if each.choices_from}
    looked_up = {Source.COMMENTS: Need.READ_COMMENTS, Source.PAGE_TEMPLATES: Need.TEMPLATES}
    return steps | {looked_up.get(source, Need.READ) for source in sources}


def needs_of_step(step: Step) -> frozenset[Need]:
    """Return what a grant is wanted for by *step* itself, without those inside of it."""
    if isinstance(step, CreateStep):
        needs = {Need.WRITE if step.create.draft is True else Need.PUBLISH}
        of = step.create.of
        return frozenset(needs | ({Need.TEMPLATES} if of is not None and of.template else set()))
    if isinstance(step, AskVariablesStep):
        return frozenset({Need.TEMPLATES if step.ask_variables.template else Need.READ})
    if isinstance(step, HttpStep):
        return frozenset({Need.WRITE if step.writes else Need.READ})
    return frozenset({_NEEDS.get(action_of(step), Need.READ)})


def scopes_needed(template: ActionTemplate) -> frozenset[str]:
    """Return the scopes that *template* must name: those beyond what every connection holds."""
    return scopes_of(needs_of(template)) - READ


def check_scopes(template: ActionTemplate, complaints: Complaints) -> None:
    """Complain of scopes that are missing, unknown, or for nothing."""
    named = frozenset(template.scopes)
    needed = scopes_needed(template)
    if needed - named:
        known = {each for each in named if each in _ALL or _SCOPE.fullmatch(each)}
        line = ", ".join(sorted((needed | known) - READ))
        told = f"the steps take scopes that aren't named; the whole line is `scopes: [{line}]`"
        complaints.add(("scopes",), told)
    calls = any(isinstance(step, HttpStep) for step in walk(template.steps))
    for number, scope in enumerate(template.scopes):
        if scope not in _ALL and not _SCOPE.fullmatch(scope):
            told = f"Confluence has no scope `{scope[:60]}`"
        elif scope not in needed | READ | IDENTITY and not calls:
            told = f"nothing here takes the scope `{scope}`: leave it out"
        else:
            continue
        complaints.add(("scopes", number), told)
    if calls and not named:
        told = "`http` calls what we don't know: name in `scopes` what it takes"
        complaints.add(("scopes",), told)
