"""Every bench runs, at its smallest, and prints what it is said to print."""

import os
import re

import pytest

from benches.__main__ import BENCHES, main
from benches.acks import acks
from benches.documents import documents
from benches.expressions import expressions
from benches.line import Line, summary
from benches.lookups import lookups
from benches.machine import CORES, cpu_seconds, on_core, resident_bytes
from benches.refresh_storm import refresh_storm
from benches.seal import seals
from benches.searches import searches
from benches.starting import starting
from benches.turns import open_dialogs, turns

SHAPE = re.compile(r"BENCH (\w+) ours=[\d.]+\S+ peer=[\d.]+\S+ ratio=\d+\.\d\d goal=\d\.\d")


def smallest(names, lines):
    found = [SHAPE.fullmatch(str(line)) for line in lines]
    assert all(found), lines
    assert [match[1] for match in found] == names


async def test_acks(tmp_path, capsys):
    smallest(["ack", "ack_rps"], await acks(tmp_path, requests=1_000, rounds=2))
    beside = capsys.readouterr().out
    assert all(f"ack {name}: " in beside for name in ("ours", "bolt", "bare"))
    assert beside.count("p99=") == 3


async def test_searches(tmp_path):
    smallest(["search_overhead"], await searches(tmp_path, rounds=1))


async def test_a_storm_of_refreshes(tmp_path):
    [line] = await refresh_storm(tmp_path, people=3, actions=4, processes=2)
    assert str(line) == "BENCH refresh_storm ours=3.00 peer=3.00 ratio=1.00 goal=1.0"


async def test_a_storm_in_which_somebody_is_not_answered_fails(tmp_path, monkeypatch):
    monkeypatch.setattr("benches.refresh_storm.WORD", "site")
    with pytest.raises(RuntimeError, match="an action failed"):
        await refresh_storm(tmp_path, people=1, actions=1, processes=1)


async def test_starting(tmp_path):
    smallest(["start", "rss"], await starting(tmp_path, rounds=1, idle=0))


async def test_lookups(tmp_path):
    smallest(["lookup_growth"], await lookups(tmp_path, many=100, rounds=1, lookups=2))


async def test_seals(tmp_path):
    smallest(["seal"], await seals(tmp_path, rounds=1, times=10))


async def test_expressions(tmp_path):
    smallest(["expression"], await expressions(tmp_path, rounds=1, times=20))


async def test_turns_of_a_conversation(tmp_path, capsys):
    smallest(["dialog_turn"], await turns(tmp_path, rounds=1, questions=2))
    assert capsys.readouterr().out.count("us CPU") == 2


async def test_open_dialogs(tmp_path):
    smallest(["dialogs_open"], await open_dialogs(tmp_path, many=50, rounds=1, questions=2))


async def test_documents(tmp_path):
    names = ["documents", "documents_read", "documents_growth"]
    smallest(names, await documents(tmp_path, rounds=1, kilobytes=10))


def test_the_goals_are_those_that_were_set():
    assert list(BENCHES) == [
        "ack",
        "search_overhead",
        "start",
        "documents",
        "lookup_growth",
        "refresh_storm",
        "seal",
        "expression",
        "dialog_turn",
        "dialogs_open",
    ]


def test_a_line_says_what_it_compares_and_whether_its_goal_is_met():
    less = Line("ack", 150.0, 100.0, "us", 1.0)
    more = Line("ack_rps", 150.0, 100.0, "/s", 1.0, more_is_better=True)
    assert str(less) == "BENCH ack ours=150us peer=100us ratio=1.50 goal=1.0"
    assert not less.is_met
    assert more.is_met
    assert summary([less, more]) == "1 of 2 goals are met; missed: ack (1.50, goal 1.0)."
    assert summary([more]) == "All 1 goals are met."


def test_an_unknown_bench_is_refused_with_the_names_there_are():
    assert main(["akc"]) == f"no bench is called akc; there are {', '.join(BENCHES)}"


@pytest.mark.skipif(not CORES, reason="this system doesn't let a process choose its core")
def test_a_core_is_given_back():
    with on_core(0):
        pass
    with on_core(-1):
        pass
    assert sorted(os.sched_getaffinity(0)) == CORES


def test_a_process_has_used_time_and_memory():
    own = os.getpid()
    assert cpu_seconds(own) > 0
    assert resident_bytes(own) > 1_000_000
