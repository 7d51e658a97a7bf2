from bot.catalogue import read_shipped
from tests.catalogue.cases import CASES


def test_every_template_has_its_case():
    assert {case.task for case in CASES} == {each.template.id for each in read_shipped()}
