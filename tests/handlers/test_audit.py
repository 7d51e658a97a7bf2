import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content import Account, AccountId, CloudId, SpaceKey
from bot.errors import BadInput
from bot.trail import Action, AuditRow, Entry, Outcome, Person, Place, Role, RowId, Used
from handlers import audit
from handlers.ask import Ask, Shown
from handlers.audit import AuditPage, AuditTurn, audit_view, page_of, words_of
from sandbox.slack.blockkit import check_view
from tests.fakes import ADA, NOON

ENTRY = Entry(
    ADA.tenant,
    Action.PUBLISH,
    Person("U0ADA", "Ada"),
    credential=Used.OWN,
    account=Account(AccountId("a"), "Ada L."),
    kind="page",
    title="Launch *plan*",
    site=CloudId("c"),
    site_name="Acme",
    space=SpaceKey("ENG"),
)
ROW = AuditRow(ENTRY, RowId("r1"), NOON, number=7)
DOCS = Path(__file__).parents[2] / "docs" / "audit.md"
ODD = ['["a","b",[1],[]]', '["a","b",[1e99,"x"],[]]', "[" * 9999, "null", '["a","b",null,7]']
names = st.text(max_size=300)
times = st.datetimes(datetime(1999, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001  # given a zone beside
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
places = st.builds(Place, times, st.text("abc.0", min_size=1, max_size=60).map(RowId))


def row(number=1, **changes):
    return AuditRow(replace(ENTRY, **changes), RowId(f"r{number}"), NOON, number)


def test_a_row_says_who_did_what_where_as_whom_and_when():
    assert words_of(ROW) == (
        "*Ada* published page “Launch ∗plan∗” in *ENG*, *Acme*, as *Ada L.*\n"
        "<!date^1893499200^{date_short_pretty} {time_secs}|2030-01-01 12:00:00 UTC> · done · no. 7"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"credential": Used.ORGANISATION}, ", under the organisation's connection (*Ada L.*)"),
        ({"outcome": Outcome.REFUSED, "code": "not_allowed"}, "· refused (not_allowed) ·"),
        ({"outcome": Outcome.BEGUN}, "· begun ·"),
        ({"action": Action.REVOKE, "subject": Person("U2", "Bob")}, "the connection of *Bob*"),
        ({"action": Action.FORGET, "account": None}, "had everything about *themselves* forgotten"),
        ({"actor": None}, "*Confab* published"),
        ({"action": Action.SAVE_PROFILE, "kind": "profile"}, "*Ada* saved the profile “Launch"),
        ({"action": Action.CHANGE_POLICY}, "changed the policy: “Launch"),
        ({"action": Action.CHANGE_POLICY, "title": ""}, "changed the policy in *ENG*"),
        ({"actor": Person("U0ADA")}, "*<@U0ADA>* published"),
        ({"actor": Person("<!channel>")}, "*&lt;!channel&gt;* published"),
        (
            {"action": Action.CHANGE_CHANNEL, "kind": "channel", "title": "C0GENERAL"},
            "defaults of a channel: <#C0GENERAL>",
        ),
        (
            {"action": Action.CHANGE_CHANNEL, "kind": "channel", "title": "!here> C0"},
            "defaults of a channel: “!here&gt; C0”",
        ),
        ({"action": "brew_{0}"}, "brew"),
    ],
)
def test_what_is_different_is_said(changes, said):
    assert said in words_of(row(**changes))


def test_whoever_was_forgotten_is_named_so_and_the_rest_stays():
    gone = replace(
        row(actor=None, account=None, title="", site_name=""),
        forgotten=frozenset({Role.ACTOR, Role.ACCOUNT}),
    )
    assert words_of(gone).startswith(
        "*forgotten* published page (forgotten) in *ENG*, as *forgotten*"
    )
    changed = replace(gone, forgotten=frozenset(), broken=frozenset({Role.ACTOR}))
    assert words_of(changed).startswith("*unreadable* published")


def test_a_row_without_a_number_waits():
    assert words_of(replace(ROW, number=None)).endswith("not chained yet")


def test_every_action_has_words_and_a_choice_and_stands_in_the_docs():
    told = set(re.findall(r"`(\w+)`", DOCS.read_text().partition("Each row has")[0]))
    assert audit._WORDS.keys() == audit._CHOICES.keys() == set(Action)  # noqa: SLF001
    assert {str(action) for action in Action} <= told


async def test_a_page_has_twenty_rows_and_knows_of_more():
    async def rows(count):
        for number in range(count):
            yield row(number)

    assert await page_of(rows(20)) == AuditPage(tuple(row(n) for n in range(20)))
    full = await page_of(rows(21))
    assert (len(full.rows), full.has_more) == (20, True)


def pressed(view, action):
    for block in view["blocks"]:
        for element in block.get("elements", ()):
            if element.get("action_id") == action:
                return AuditTurn.read(element["value"])
    return None


def test_next_and_previous_lead_there_and_back():
    first = AuditTurn("U0ADA", "publish")
    page = AuditPage((ROW,), has_more=True)
    second = pressed(audit_view(page, first), audit.NEXT)
    assert second == AuditTurn("U0ADA", "publish", ROW.place, (None,))
    assert pressed(audit_view(page, first), audit.PREVIOUS) is None
    assert pressed(audit_view(page, second), audit.PREVIOUS) == first
    last = audit_view(AuditPage((ROW,)), second)
    assert pressed(last, audit.NEXT) is None


def test_everybody_is_offered_where_one_person_is_wanted():
    view = audit_view(AuditPage(()), AuditTurn("U0ADA", "publish"))
    assert pressed(view, audit.EVERYBODY) == AuditTurn(action="publish")
    assert pressed(audit_view(AuditPage(()), AuditTurn()), audit.EVERYBODY) is None


def test_the_menus_show_what_is_wanted():
    people, kinds = audit_view(AuditPage(()), AuditTurn("U0ADA", "publish"))["blocks"][:2]
    assert people["elements"][0]["initial_user"] == "U0ADA"
    assert kinds["elements"][0]["initial_option"]["value"] == "publish"


@pytest.mark.parametrize(
    ("user", "action", "turn"),
    [
        ("U0ADA", "publish", AuditTurn("U0ADA", "publish")),
        (None, "any", AuditTurn()),
        (7, "", AuditTurn()),
    ],
)
def test_the_menus_are_read_from_the_newest_row_on(user, action, turn):
    option = {"value": action, "text": {"text": "x"}} if action else None
    values = {
        audit.PERSON: {audit.PERSON: {"selected_user": user}},
        audit.ACTION: {audit.ACTION: {"selected_option": option}},
    }
    assert AuditTurn.chosen(Ask(ADA, "c", view=Shown("V1", values=values))) == turn


def test_where_there_is_nothing_it_says_so():
    assert "Nothing was recorded yet" in str(audit_view(AuditPage(()), AuditTurn()))
    assert "Nothing more of that" in str(audit_view(AuditPage(()), AuditTurn("U1")))


@given(places, st.lists(st.none() | places, max_size=60))
def test_a_turn_fits_into_a_button_and_comes_back(after, before):
    turn = AuditTurn("U0ADA", "publish", after, tuple(before))
    read = AuditTurn.read(turn.value())
    assert len(turn.value()) <= 2000
    assert (read.user_id, read.action, read.after) == ("U0ADA", "publish", after)
    assert read.before == tuple(before)[len(before) - len(read.before) :]


@given(
    st.text() | st.sampled_from(['["a","b",[1],[]]', '["a","b",[1e99,"x"],[]]', "[" * 9999, "null"])
)
def test_any_other_value_is_out_of_date(value):
    with pytest.raises(BadInput):
        AuditTurn.read(value)


@settings(max_examples=60)
@given(names, names, names, st.integers(0, 20), st.sampled_from([*Action, "<!channel>", "{x}"]))
def test_slack_takes_every_page_whatever_the_names(who, title, site, count, action):
    one = replace(ROW, entry=replace(
        ENTRY, action=action, actor=Person("U1", who), title=title, site_name=site,
        account=Account(AccountId("a"), who), space=SpaceKey(title), code=site, kind=who,
        subject=Person("U2", title),
    ))  # fmt: skip
    page = AuditPage((one,) * count, has_more=count == 20)
    turn = AuditTurn("U1", str(action), ROW.place, (ROW.place,) * 100)
    view = audit_view(page, turn)
    assert check_view(view, "modal") == []
    assert "<!channel>" not in "".join(words_of(each) for each in page.rows)
