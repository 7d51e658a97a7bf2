"""Which scopes are asked for, and how they are read where somebody types them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.connection import COMMENT, LABEL, READ, WRITE, Need, scopes_of
from bot.errors import BadInput
from bot.profile import AuthorizationProfile, Provider
from bot.scopes import MOST_ON_CLOUD, read_scopes, require_few, scopes_to_ask
from tests.fakes import connection, grant

steady = settings(max_examples=100, deadline=None, derandomize=True)

CLOUD = AuthorizationProfile("system", "system")
CENTER = replace(CLOUD, provider=Provider.DATA_CENTER, base_url="https://wiki.example.com")


def held(*scopes):
    return connection(given=replace(grant(), scopes=frozenset(scopes)))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", set()),
        (" , ,\n", set()),
        ("read:me", {"read:me"}),
        ("read:me offline_access", {"read:me", "offline_access"}),
        ("read:me,offline_access", {"read:me", "offline_access"}),
        (" read:me ,\n\toffline_access,read:me ", {"read:me", "offline_access"}),
        ("https://example.com/scope!#$%&'()*+-./;<=>?@[]^_`{|}~", None),
    ],
)
def test_scopes_are_read_with_spaces_or_commas_between_them(typed, read):
    assert read_scopes(typed) == (read if read is not None else {typed})


@pytest.mark.parametrize(
    "typed", ['read:"me"', "read\\me", "lire:é", "read:me\u200b", "a\x00b", "a\x7f"]
)
def test_a_character_that_no_scope_has_is_refused_with_the_field(typed):
    with pytest.raises(BadInput, match="isn't a scope") as caught:
        read_scopes(f"read:me {typed}")
    assert caught.value.field == "scopes"
    with pytest.raises(BadInput) as caught:
        read_scopes(typed, field="scopes_typed")
    assert caught.value.field == "scopes_typed"


@steady
@given(st.text(max_size=60))
def test_any_text_is_scopes_of_rfc_6749_or_refused(text):
    try:
        found = read_scopes(text)
    except BadInput as error:
        assert len(str(error)) < 250  # noqa: PT017 - either way is in order
        return
    assert read_scopes(" ".join(sorted(found))) == found
    assert all(each.isascii() and each.isprintable() for each in found)
    assert not any(letter in each for each in found for letter in ' ,"\\')


def test_cloud_takes_fewer_than_fifty_with_the_one_that_makes_it_stay():
    many = frozenset(f"read:{number}:confluence" for number in range(MOST_ON_CLOUD - 1))
    require_few(Provider.CLOUD, many)
    require_few(Provider.CLOUD, many | {"offline_access"})
    one_more = many | {"write:page:confluence"}
    require_few(Provider.DATA_CENTER, one_more)
    with pytest.raises(BadInput, match="at most 49") as caught:
        require_few(Provider.CLOUD, one_more)
    assert caught.value.field == "scopes"


@pytest.mark.parametrize("need", Need)
def test_what_an_action_takes_is_asked_for_with_all_that_is_held(need):
    before = held(*COMMENT, "something:of:theirs")
    assert scopes_to_ask(CLOUD, need, before) == need.scopes | COMMENT | {"something:of:theirs"}
    assert scopes_to_ask(CLOUD, need, None) == need.scopes
    assert "offline_access" in scopes_to_ask(CLOUD, need, None)


@pytest.mark.parametrize("need", Need)
def test_what_several_actions_lack_is_asked_for_in_one_consent(need):
    assert scopes_to_ask(CLOUD, need, None, LABEL | COMMENT) == need.scopes | LABEL | COMMENT


@pytest.mark.parametrize("need", Need)
def test_a_profile_that_names_its_scopes_asks_for_those_alone(need):
    named = frozenset({"read:page:confluence"})
    ours = replace(CLOUD, scopes=named)
    assert scopes_to_ask(ours, need, held(*WRITE)) == named | {"offline_access"}
    theirs = replace(ours, base_url="https://api.example.com")
    assert scopes_to_ask(theirs, need, held(*WRITE)) == named
    assert scopes_to_ask(replace(CENTER, scopes=named), need, None) == named


@pytest.mark.parametrize(
    ("need", "before", "asked"),
    [
        (Need.READ, None, "READ"),
        (Need.READ, held("READ"), "READ"),
        (Need.READ, held("WRITE"), "WRITE"),
        (Need.READ, held(*READ), "READ"),
        (Need.WRITE, None, "WRITE"),
        (Need.COMMENT, held("READ"), "WRITE"),
        (Need.LABEL, held("WRITE"), "WRITE"),
    ],
)
def test_data_center_knows_reading_and_writing_and_writing_stays(need, before, asked):
    assert scopes_to_ask(CENTER, need, before) == {asked}


def test_several_needs_take_the_scopes_of_each():
    assert scopes_of([Need.COMMENT, Need.WATCH]) == Need.COMMENT.scopes | Need.WATCH.scopes
    assert scopes_of([]) == frozenset()
    require_few(Provider.CLOUD, scopes_of(Need))


@pytest.mark.parametrize("need", Need)
def test_whoever_only_reads_asks_a_data_center_for_no_more(need):
    asked = scopes_to_ask(CENTER, need, None)

    only_reads = need in {Need.READ, Need.READ_COMMENTS, Need.TEMPLATES}
    assert asked == ({"READ"} if only_reads else {"WRITE"})
    assert need.writes is not (only_reads or need is Need.LEND)
