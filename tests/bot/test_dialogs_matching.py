from dataclasses import replace

from bot.dialogs.matching import Matching
from bot.errors import TemplateRefused
from bot.principal import Tenant
from bot.task import TaskId
from tests.bot.dialogs_given import TASK
from tests.bot.steps_stage import template_of

SAID = template_of(
    'utterances: ["write a note about {title}"]\n'
    "entities:\n  - {name: title, type: text, prompt: What?}\n"
    "steps:\n  - fail: No.\n"
)


async def test_what_a_version_says_is_read_once_whatever_is_made_of_it():
    asked = []

    async def find(tenant, template, version):
        asked.append((tenant, template, version))
        return SAID if template != "gone" else None

    matching = Matching(find)
    tasks = [replace(TASK, id=TaskId(f"t{number}"), word=f"t{number}") for number in range(200)]
    tasks.append(replace(TASK, id=TaskId("gone"), template="gone"))
    for _ in range(3):
        found = await matching.match("Write a note about Mongo", tasks)
        assert [each.task.id for each in found.matches] == [each.id for each in tasks[:200]]
        tasks = [replace(each, generation=each.generation + 1) for each in tasks]
    assert asked.count((TASK.tenant, TASK.template, TASK.version)) == 1

    elsewhere = replace(TASK, tenant=Tenant("T0OTHER"))
    await matching.match("Write a note about Mongo", [elsewhere])
    assert asked[-1][0] == "T0OTHER"


async def test_a_template_that_cant_be_read_any_more_holds_up_no_other():
    async def find(tenant, template, version):
        if template == "broken":
            raise TemplateRefused(["Line 1: no"], "broken.yml")
        return SAID

    broken = replace(TASK, id=TaskId("broken"), template="broken")
    found = await Matching(find).match("write a note about Mongo", [broken, TASK])
    assert found.only is not None
    assert found.only.task == TASK
    assert found.only.known == {"title": "Mongo"}
