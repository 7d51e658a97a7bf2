"""Page templates: their blanks are found, and filled with values that stay values."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bot.content import PageTemplate, SpaceKey, TemplateId, Variable, VariableKind
from bot.documents import from_storage, text_of
from bot.documents.offsets import Unreadable
from bot.documents.text import clean
from bot.page_template import fill, fill_braces, read_template, variables_in
from tests.providers.provider import steady

DECLARED = (
    '<at:declarations> <at:string at:name="Who" /><at:textarea at:columns="9" at:name="What">'
    '</at:textarea><at:list at:name="Mood"><at:option at:value="good &amp; fine" />'
    '<at:option at:value="bad" ></at:option></at:list></at:declarations >'
)
VAR = '<at:var at:name="{}" />'
CONTEXTS = [
    "{}",
    "<p>{}</p>",
    "<h2>a {} b</h2>",
    "<table><tbody><tr><td>{}</td></tr></tbody></table>",
]
CONTEXTS += ["<ul><li>x {}</li></ul>", "<ac:layout><ac:layout-section><ac:layout-cell>{}"]
CONTEXTS[-1] += "</ac:layout-cell></ac:layout-section></ac:layout>"
MACRO = '<ac:structured-macro ac:name="x"><ac:parameter ac:name="t">{}</ac:parameter>'
CONTEXTS += [MACRO + "</ac:structured-macro>"]
values = st.text(max_size=40) | st.text("<>&\"'{}]![\n\r ab", max_size=40)


def template(markup):
    return read_template(PageTemplate(TemplateId("1"), "T"), markup, SpaceKey("ENG"))


def is_well_formed(markup):
    parser = etree.XMLParser(resolve_entities=False)
    text = f'<r xmlns:ac="a" xmlns:ri="r" xmlns:at="t">{markup}</r>'
    return etree.fromstring(text.encode("utf-8", "replace"), parser) is not None


def said(value):
    return "".join(clean(value).split())


def test_what_is_declared_is_told_in_its_order_and_what_is_only_used_behind_it():
    used = template(DECLARED + VAR.format("Other") + VAR.format("Who")).variables

    assert used == (
        Variable("Who"),
        Variable("What", VariableKind.LONG_TEXT),
        Variable("Mood", VariableKind.LIST, ("good & fine", "bad")),
        Variable("Other"),
    )


def test_a_list_that_offers_nothing_is_asked_for_in_words():
    empty = '<at:list at:name="Who"><at:option at:value=" " /></at:list>'
    declared = f"<at:declarations>{empty}</at:declarations>"

    assert template(declared).variables == (Variable("Who"),)


@steady
@given(st.sampled_from(CONTEXTS), values)
def test_any_value_stays_a_value_wherever_it_stands(context, value):
    markup = context.format(VAR.format("Who"))
    made = fill(template(DECLARED + markup), {"Who": value, "Nobody": "<x>"}).markup

    assert is_well_formed(made)
    assert "at:" not in made
    tags = {"<p>", "</p>", "<br />"}
    before, after = context.split("{}")
    inner = made[len(before) : len(made) - len(after)]
    assert made == before + inner + after
    for tag in tags:
        inner = inner.replace(tag, "\n")
    assert "<" not in inner
    if "ac:parameter" not in context:
        words = said(text_of(from_storage(made))).removeprefix("x").removeprefix("•")
        assert said(value) in words or said(value) in said(etree_text(made))


def etree_text(made):
    parser = etree.XMLParser(resolve_entities=False)
    root = f'<r xmlns:ac="a" xmlns:ri="r">{made}</r>'.encode("utf-8", "replace")
    return "".join(etree.fromstring(root, parser).itertext())


@pytest.mark.parametrize(
    ("context", "made"),
    [
        ("{}", "<p>a</p><p>b<br />c</p>"),
        ("<p>{}</p>", "<p>a<br /><br />b<br />c</p>"),
        ("<td>{}</td>", "<td>a<br /><br />b<br />c</td>"),
        ("<h1>{}</h1>", "<h1>a  b c</h1>"),
    ],
)
def test_new_lines_become_what_may_stand_there(context, made):
    text = template(context.format(VAR.format("What")))

    assert fill(text, {"What": "a\r\n\nb\nc\n"}).markup == made


def test_what_lies_around_the_blanks_stays_to_the_byte():
    around = '<p a="&lt;b>">&nbsp; é</p>\r\n<![CDATA[<at:var at:name="Who" />]]><!-- x -->'
    text = template(DECLARED + around + VAR.format("Who") + around)

    assert fill(text, {}).markup == around + around
    assert fill(text, {"Who": "x"}).markup == f"{around}<p>x</p>{around}"


def test_a_value_that_looks_like_a_blank_is_not_filled_again():
    text = template("<p>" + VAR.format("Who") + "</p>")

    made = fill(text, {"Who": VAR.format("What"), "What": "secret"}).markup

    assert "secret" not in made
    braces = fill_braces("<p>{{a}} {{b}}</p>", {"a": "{{b}}", "b": "{{a}}"}).markup
    assert braces == "<p>{{b}} {{a}}</p>"


names = (
    st.text(string.ascii_letters + "é漢 &'\"0-9", min_size=1, max_size=12)
    .map(lambda each: " ".join(each.split()))
    .filter(bool)
)


@steady
@given(st.dictionaries(names, values, max_size=4), st.sampled_from(CONTEXTS))
def test_braces_in_any_page_are_filled_and_escaped(given_values, context):
    written = [each.replace("&", "&amp;") for each in given_values]
    blanks = " | ".join(f"{{{{ {each} }}}}" for each in written)
    markup = context.format(blanks.replace("{", "{").replace("}", "}"))

    assert [each.name for each in variables_in(markup)] == list(given_values)
    made = fill_braces(markup, given_values).markup

    assert is_well_formed(made)
    before, after = context.split("{}")
    inner = made[len(before) : len(made) - len(after)].replace("<br />", "\n")
    assert made.startswith(before)
    assert made.endswith(after)
    assert "<" not in inner


def test_a_name_that_is_a_whole_paragraph_may_stand_for_several_lines():
    markup = (
        "<h2>{{ name }}</h2><p>By {{who &amp; when}}</p>"
        '<ol><li>{{steps}}</li></ol><p class="x"> {{ who  &amp; when }} </p><p>{{name}}!</p>'
    )

    assert [(each.name, each.kind) for each in variables_in(markup)] == [
        ("name", VariableKind.TEXT),
        ("who & when", VariableKind.LONG_TEXT),
        ("steps", VariableKind.LONG_TEXT),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        "<p>{{a<strong>b</strong>}}</p>",
        '<p title="{{a}}">x</p>',
        "<![CDATA[{{a}}]]>",
        "<!-- {{a}} -->",
        "<p>{{}} {{ }} {a} {{a\nb}}</p>",
        "<p>{{&nbsp;}}</p>",
    ],
)
def test_what_is_no_name_in_text_is_left_as_it_is(markup):
    assert variables_in(markup) == ()
    assert fill_braces(markup, {"a": "x", "": "y", "ab": "z"}).markup == markup


def test_a_name_without_a_value_stays():
    assert fill_braces("<p>{{a}} {{b}}</p>", {"a": ""}).markup == "<p> {{b}}</p>"


@pytest.mark.parametrize("markup", ["<p>", "a & b", '<!DOCTYPE a [<!ENTITY b "c">]>'])
def test_what_is_not_well_formed_is_not_filled(markup):
    for attempt in (
        lambda: template(markup),
        lambda: variables_in(markup),
        lambda: fill_braces(markup, {"a": "b"}),
    ):
        with pytest.raises(Unreadable):
            attempt()
