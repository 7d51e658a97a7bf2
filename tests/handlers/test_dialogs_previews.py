"""What will be written is shown before it is: whole where it fits, within Slack's limits always."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cutting import shares
from bot.dialog import Dialog, Phase, Plan, Write
from bot.dialogs import Turn
from bot.document import Document, Paragraph, Text
from bot.documents import from_markdown, text_of
from bot.steps.contents import MOST_SHOWN, contents_of
from bot.steps.writing import Puts
from bot.written import read, write
from handlers import blocks
from handlers.dialogs import messages, views
from handlers.dialogs.shown import ended
from sandbox.slack.blockkit import check_blocks
from tests.bot.dialogs_given import template
from tests.bot.documents_given import documents, steady
from tests.fakes import ADA, NOON

SLACK_TAKES = 13_200
"""Characters of JSON in a message's blocks."""
EVIL = "<!channel> *b* `c` & <https://evil.example|here>"
sizes = st.sampled_from([0, 1, 40, 3_000, 70_000])
words = st.tuples(st.text(min_size=1, max_size=3), sizes)
titles = st.text(max_size=255) | st.just("&" * 255)


def turn_of(*put, preview="", phase=Phase.CONFIRMING, is_trial=False):
    """A dialog that would write those (title, text)."""
    keys = [str(number) for number in range(len(put))]
    writes = tuple(
        Write(key, "create", f"Create the page “{title}” in Engineering (ENG)", "digest")
        for key, (title, _) in zip(keys, put, strict=True)
    )
    puts = [(key, Puts(title, text)) for key, (title, text) in zip(keys, put, strict=True)]
    plan = Plan("plan", writes, "Ada", "ada", "site", "Acme", contents=contents_of(puts))
    plan = replace(plan, preview=write(from_markdown(preview)))
    times = dict.fromkeys(("began_at", "touched_at", "expires_at", "now"), NOON)
    dialog = Dialog(
        "T.d", ADA, "task", "note", "Note", "note", "1.0.0", **times, plan=plan, phase=phase
    )
    return Turn(replace(dialog, is_trial=is_trial), template(), ())


def words_in(node):
    """All that can be read, in its order."""
    if isinstance(node, list | tuple):
        return " ".join(map(words_in, node))
    if not isinstance(node, dict):
        return ""
    text = node.get("text")
    own = text if isinstance(text, str) else words_in(text)
    return f"{own} {words_in(node.get('elements'))}"


def weight(parts):
    return sum(len(json.dumps(each, ensure_ascii=False, separators=(",", ":"))) for each in parts)


@settings(steady, max_examples=15)
@given(st.lists(st.tuples(titles, documents, words), min_size=1, max_size=6), words, st.booleans())
def test_slack_takes_every_preview(given_, preview, is_trial):
    put = [
        (title, Document((*document.blocks, Paragraph((Text(word * size),)))))
        for title, document, (word, size) in given_
    ]
    turn = turn_of(*put, preview=preview[0] * preview[1], is_trial=is_trial)
    view = views.preview(turn)
    assert not check_blocks(view["blocks"], "modal")
    assert len(json.dumps(view)) < 250_000
    reply = messages.preview(turn)
    assert not check_blocks([*reply.blocks])
    assert weight(reply.blocks) <= SLACK_TAKES
    for number in range(1, len(put) + 1):
        assert f"{number}. Create the page" in words_in(reply.blocks)


@pytest.mark.parametrize("many", [2, 20, 50])
def test_many_long_texts_are_all_shown_in_part(many):
    put = [
        (f"Page {n:02}", from_markdown(f"Begins {n:02} " + "word " * 4_000)) for n in range(many)
    ]
    turn = turn_of(*put, preview="So the author says. " * 2_000)
    for shown in (views.preview(turn)["blocks"], messages.preview(turn).blocks):
        told = words_in(shown)
        for number in range(many):
            assert f"Begins {number:02}" in told
    assert weight(messages.preview(turn).blocks) <= SLACK_TAKES
    assert len(messages.preview(turn).blocks) <= blocks.MOST_IN_MESSAGE


def test_a_page_is_shown_as_it_will_read_between_the_list_and_its_author():
    text = from_markdown(f"## Why\n\n- **slow**\n- {EVIL}")
    told = words_in(views.preview(turn_of((EVIL, text), preview="Says the author."))["blocks"])
    order = [told.index(each) for each in ("This will be written", "Why", "slow", "Says the")]
    assert order == sorted(order)
    assert EVIL in told, "in rich text nothing of it acts"
    assert "characters more" not in told


def test_what_is_cut_says_how_much_is_missing():
    text = from_markdown("word " * 20_000)
    turn = turn_of(("Long", text))
    [content] = turn.dialog.plan.contents
    assert len(text_of(read(content.body))) <= MOST_SHOWN + 1
    for shown in (views.preview(turn)["blocks"], messages.preview(turn).blocks):
        told = words_in(shown).partition("… and about ")[2].split()[0].replace(",", "")
        assert len(text_of(text)) - int(told) == pytest.approx(MOST_SHOWN, abs=MOST_SHOWN * 0.9)
        assert "which are written too" in words_in(shown)


def test_links_are_shown_as_far_as_there_is_room_for_their_addresses():
    links = (f"- [Item {n:02}](https://acme.example/{'x' * 150}/{n})" for n in range(25))
    turn = turn_of(("Linked", from_markdown("\n".join(links))), preview="The author. " * 500)
    told = words_in(messages.preview(turn).blocks)
    assert all(f"Item {number:02}" in told for number in range(25))
    assert weight(messages.preview(turn).blocks) <= SLACK_TAKES


def test_the_same_text_for_several_is_shown_once():
    same = from_markdown("The same for all.")
    turn = turn_of(*(("", same) for _ in range(3)), ("Other", from_markdown("Another.")))
    told = words_in(views.preview(turn)["blocks"])
    assert "What 1, 2 and 3 will say:" in told
    assert "What 4 will say:" in told
    assert told.count("The same for all.") == 1
    assert "in 4 steps" in told


@pytest.mark.parametrize(
    ("said", "times"), [("Opens *at five*.", 0), ("Opens at five. Ask Ada.", 1)]
)
def test_an_author_repeats_nothing_that_stands_above(said, times):
    turn = turn_of(("Hours", from_markdown("Opens at\n\nfive.")), preview=said)
    assert words_in(views.preview(turn)["blocks"]).count("says of it") == times


def test_what_is_written_already_isnt_shown_again():
    turn = turn_of(("First", from_markdown("One.")), ("Second", from_markdown("Two.")))
    plan = replace(turn.dialog.plan, writes=turn.dialog.plan.writes[1:])
    left = replace(turn, dialog=replace(turn.dialog, plan=plan))
    told = words_in(messages.preview(left).blocks)
    assert "Two." in told
    assert "One." not in told


def test_an_empty_page_says_so():
    assert "No text." in words_in(views.preview(turn_of(("Empty", Document())))["blocks"])


@given(st.lists(st.integers(0, 5_000), max_size=60), st.integers(-10, 12_000))
def test_shares_are_fair(wanted, room):
    given_ = shares(wanted, room)
    assert sum(given_) <= max(room, 0)
    assert all(got <= size for got, size in zip(given_, wanted, strict=True))
    cut = [got for got, size in zip(given_, wanted, strict=True) if got < size]
    assert not cut or max(cut) - min(cut) <= len(wanted)
    if sum(wanted) <= room:
        assert given_ == wanted


def test_an_end_that_is_too_long_for_a_message_is_cut():
    turn = turn_of(("Long", Document()), phase=Phase.DONE)
    said = write(from_markdown("\n\n".join("word " * 100 for _ in range(200))))
    done = replace(turn, dialog=replace(turn.dialog, said=said))
    assert weight(messages.of(done).blocks) <= SLACK_TAKES
    assert weight(ended(done)) > weight(messages.of(done).blocks), "a modal holds more"
