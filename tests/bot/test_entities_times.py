"""Days, and days with a time."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.entities import WrongAnswer, ask, element, shown
from bot.entities.days import any_day, read_days
from bot.entities.moments import read_moments
from bot.values import dump_value, load_value, words_of_day
from tests.bot.asking import Desk, entity, labels, values

MONDAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 27)
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def desk():
    return Desk()


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("today", 0),
        ("Tomorrow", 1),
        ("yesterday", -1),
        ("the day after tomorrow", 2),
        ("in 3 days", 3),
        ("in two weeks", 14),
        ("in a week", 7),
        ("a week from now", 7),
        ("3 days ago", -3),
        ("friday", 4),
        ("on Friday", 4),
        ("this fri", 4),
        ("next monday", 7),
        ("Friday next week", 11),
        ("next week on friday", 11),
        ("last friday", -3),
        ("3 dec", 10),
        ("3rd of December", 10),
        ("Dec 3", 10),
        ("Dec 3rd, 2026", 10),
        ("december the 3rd 2026", 10),
        ("3. Dec. 2026", 10),
        ("Thursday, 3 December 2026", 10),
        ("thu 3 dec", 10),
        ("2026-12-03", 10),
        ("2026/12/3", 10),
        ("03.12.2026", 10),
        ("3.12.", 10),
        ("25/11/2026", 2),
        ("11-25-2026", 2),
        ("3 nov", -20),
        ("“2026-12-03”", 10),
    ],
)
async def test_a_day_is_read_as_people_say_it(desk, text, days):
    assert await desk.typed("date", text) == MONDAY + timedelta(days=days)


def test_months_end_when_they_end():
    assert read_days("in a month", date(2027, 1, 31)) == (date(2027, 2, 28),)
    assert read_days("in 2 years", date(2024, 2, 29)) == (date(2026, 2, 28),)
    assert read_days("29 Feb 2028", MONDAY) == (date(2028, 2, 29),)


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("03/04/2026", ["2026-04-03", "2026-03-04"]),
        ("next friday", ["2026-11-27", "2026-12-04"]),
        ("monday", ["2026-11-23", "2026-11-30"]),
        ("3 june", ["2026-06-03", "2027-06-03"]),
        ("29 feb", ["2028-02-29", "2024-02-29"]),
    ],
)
async def test_what_may_be_two_days_is_neither(desk, text, readings):
    error = await desk.refused("date", text)
    assert values(error) == readings
    assert "Say which" in str(error)
    for value in readings:
        assert await desk.chosen("date", value) == date.fromisoformat(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "31.2.2026",
        "30 feb",
        "2026-13-01",
        "32 dec",
        "fri 3 dec",
        "Friday, 3 December 2026",
        "3/4",
        "3/4/26",
        "12",
        "in 9999 years",
        "9999 weeks ago",
        "0000-00-00",
        "3 dec 0001",
        "٣ dec",
        "next week",
        "in 3 days or so",
        "tomorrow " * 30_000,
        "<!channel>",
        '" or type = "page',
    ],
)
async def test_what_is_no_day_is_refused_with_an_example(desk, text):
    error = await desk.refused("date", text)
    assert "2026-12-03" in str(error) or "longer" in str(error)
    assert error.suggestions == ()


async def test_today_is_where_the_person_is(desk):
    desk.zoned(ZoneInfo("Pacific/Auckland"))  # ten in the evening there
    assert await desk.typed("date", "today") == MONDAY
    desk.zoned(ZoneInfo("Pacific/Kiritimati"))  # half past eleven in the evening
    assert await desk.typed("date", "tomorrow") == date(2026, 11, 24)
    desk.zoned(ZoneInfo("Pacific/Honolulu"))  # half past eleven the day before
    assert await desk.typed("date", "today") == date(2026, 11, 22)


async def test_slacks_own_days_are_read(desk):
    assert await desk.chosen("date", "2026-12-03") == date(2026, 12, 3)
    assert await desk.typed("date", "<!date^1796310000^{date}|whenever>") == date(2026, 12, 3)
    assert await desk.chosen("date", datetime(2026, 12, 3, 23, 30, tzinfo=UTC)) == date(2026, 12, 3)
    assert await desk.chosen("date", date(2026, 12, 3)) == date(2026, 12, 3)


async def test_a_range_counts_days_from_today_and_settles_what_may_be_two(desk):
    coming = {"range": {"least": 0, "most": 30}}
    assert await desk.typed("date", "tomorrow", **coming) == date(2026, 11, 24)
    assert str(await desk.refused("date", "yesterday", **coming)) == (
        "22 November 2026 is too early. Give a day from 23 November 2026 to 23 December 2026."
    )
    assert "too late" in str(await desk.refused("date", "in 31 days", **coming))
    past = {"range": {"most": 0}}
    assert await desk.typed("date", "friday", **past) == FRIDAY - timedelta(days=7)
    assert await desk.typed("date", "3 june", **past) == date(2026, 6, 3)
    assert await desk.typed("date", "3 nov", range={"least": 0}) == date(2027, 11, 3)


def test_a_day_is_shown_with_its_weekday():
    assert shown(entity("date"), date(2026, 12, 3)) == "Thursday, 3 December 2026"
    assert element(entity("date"), date(2026, 12, 3)).text == "2026-12-03"
    assert "2026-12-03" in ask(entity("date"), Desk().context).hint


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
@settings(max_examples=100, deadline=None)
async def test_a_day_that_is_shown_reads_as_itself(day):
    for words in (shown(entity("date"), day), words_of_day(day), f"{day}", f"{day:%d.%m.%Y}"):
        assert await Desk().typed("date", words) == day


@given(
    st.dates(date(1902, 1, 1), date(2190, 1, 1)),
    st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
)
def test_a_weekday_is_that_weekday(today, name):
    wanted = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(name)
    for words in (name, f"next {name}", f"last {name}", f"this {name}", f"{name} next week"):
        found = read_days(words, today)
        assert 1 <= len(found) <= 2
        assert all(each.weekday() == wanted for each in found)
    assert min(read_days(name, today)) >= today
    assert min(read_days(f"next {name}", today)) > today
    assert max(read_days(f"last {name}", today)) < today
    (in_next,) = read_days(f"{name} next week", today)
    assert in_next.isocalendar()[:2] == (today + timedelta(days=7)).isocalendar()[:2]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("tomorrow at 15:30", "2026-11-24T15:30+01:00"),
        ("tomorrow 3pm", "2026-11-24T15:00+01:00"),
        ("3 pm tomorrow", "2026-11-24T15:00+01:00"),
        ("15:30 on friday", "2026-11-27T15:30+01:00"),
        ("friday, 9:05 a.m.", "2026-11-27T09:05+01:00"),
        ("tomorrow at 12 am", "2026-11-24T00:00+01:00"),
        ("tomorrow at 12pm", "2026-11-24T12:00+01:00"),
        ("noon tomorrow", "2026-11-24T12:00+01:00"),
        ("tomorrow at 15", "2026-11-24T15:00+01:00"),
        ("3 July 2027 at 15:30", "2027-07-03T15:30+02:00"),
        ("2026-12-03T15:30", "2026-12-03T15:30+01:00"),
        ("2026-12-03 15:30:59", "2026-12-03T15:30+01:00"),
        ("2026-12-03T15:30Z", "2026-12-03T15:30+00:00"),
        ("2026-12-03T15:30:00.000+05:30", "2026-12-03T15:30+05:30"),
        ("tomorrow at 15:30 UTC-8", "2026-11-24T15:30-08:00"),
        ("now", "2026-11-23T10:30+01:00"),
        ("in 2 hours", "2026-11-23T12:30+01:00"),
        ("half an hour ago", "2026-11-23T10:00+01:00"),
        ("Thursday, 3 December 2026 at 15:30 (UTC+01:00)", "2026-12-03T15:30+01:00"),
    ],
)
async def test_a_moment_is_read_by_the_clock_where_the_person_is(desk, text, moment):
    desk.zoned(BERLIN)
    found = await desk.typed("date-time", text)
    assert found == datetime.fromisoformat(moment)
    assert found.utcoffset() == datetime.fromisoformat(moment).utcoffset()
    assert load_value(dump_value(found)) == found


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("tomorrow at 3", ["2026-11-24T03:00+01:00", "2026-11-24T15:00+01:00"]),
        ("31 Oct 2027 at 02:30", ["2027-10-31T02:30+02:00", "2027-10-31T02:30+01:00"]),
        ("next friday at 15:30", ["2026-11-27T15:30+01:00", "2026-12-04T15:30+01:00"]),
    ],
)
async def test_what_may_be_two_moments_is_neither(desk, text, readings):
    desk.zoned(BERLIN)
    error = await desk.refused("date-time", text)
    found = [await desk.chosen("date-time", each) for each in values(error)]
    assert [each.isoformat("T", "minutes") for each in found] == readings
    assert len(set(labels(error))) == 2


async def test_an_hour_that_is_skipped_is_no_time(desk):
    desk.zoned(BERLIN)
    assert "no 02:30" in str(await desk.refused("date-time", "28 March 2027 at 02:30"))
    desk.zoned(NEW_YORK)
    assert await desk.typed("date-time", "28 March 2027 at 02:30")
    assert "no 02:30" in str(await desk.refused("date-time", "14 March 2027 at 02:30"))


async def test_hours_pass_while_clocks_are_put_back():
    now = datetime(2026, 11, 1, 5, 30, tzinfo=UTC).astimezone(NEW_YORK)  # 1:30, for the first time
    (found,) = read_moments("in an hour", now, any_day)
    assert found.astimezone(UTC) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert found.hour == 1


async def test_a_time_without_a_day_is_offered_with_one(desk):
    error = await desk.refused("date-time", "15:30")
    assert values(error) == ["today at 15:30", "tomorrow at 15:30"]
    assert await desk.chosen("date-time", "today at 15:30") == datetime(
        2026, 11, 23, 15, 30, tzinfo=UTC
    )
    assert values(await desk.refused("date-time", "08:00")) == ["tomorrow at 08:00"]


async def test_a_day_without_a_time_wants_one(desk):
    assert "tomorrow at 15:30" in str(await desk.refused("date-time", "tomorrow"))
    assert "no time" in str(await desk.refused("date-time", "2026-12-03"))
    with pytest.raises(WrongAnswer):
        await desk.chosen("date-time", date(2026, 12, 3))


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow at 25:00",
        "tomorrow at 3:75",
        "tomorrow at 13pm",
        "soon at 15:30",
        "at at 3",
        "in -2 hours",
        "2 hours",
        "tomorrow at 15:30 UTC+99",
        "15:30 15:30",
        ":",
        "x" * 100_000,
    ],
)
async def test_what_is_no_moment_is_refused(desk, text):
    assert await desk.refused("date-time", text)


async def test_slacks_seconds_are_read(desk):
    desk.zoned(BERLIN)
    moment = datetime(2026, 12, 3, 15, 0, tzinfo=UTC)
    assert await desk.chosen("date-time", 1796310000) == moment
    assert await desk.chosen("date-time", "1796310000") == moment
    assert await desk.typed("date-time", "<!date^1796310000^{date}|x>") == moment
    for far in (10**10, 10**30, -1):
        with pytest.raises(WrongAnswer, match="too far"):
            await desk.chosen("date-time", far)


async def test_a_moments_range_counts_days(desk):
    coming = {"range": {"least": 0}}
    assert "too early" in str(await desk.refused("date-time", "yesterday at 15:30", **coming))


@given(
    st.integers(2 * 24 * 60, 110_000_000),
    st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
@settings(max_examples=100, deadline=None)
async def test_a_moment_that_is_shown_reads_as_itself(minutes, zone):
    moment = datetime.fromtimestamp(60 * minutes, zone)
    found = await Desk().typed("date-time", shown(entity("date-time"), moment))
    assert found == moment
    held = element(entity("date-time"), moment).text
    assert await Desk().chosen("date-time", int(held)) == moment


PIECES = ["in", "3", "days", "at", "pm", "12:30", "fri", "next", ",", "/", ".", "-", "dec", "utc"]


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES)).map(" ".join))
@settings(max_examples=200, deadline=None)
async def test_whatever_is_typed_is_a_day_or_a_wrong_answer(text):
    for kind in ("date", "date-time"):
        try:
            found = await Desk().typed(kind, text)
        except WrongAnswer as error:
            refused = str(error)
            assert refused
        else:
            assert isinstance(found, date)
