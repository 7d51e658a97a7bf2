import asyncio
import threading

import pytest

from bot.later import Later


class Made:
    """Makes a part, as slowly as the test wants."""

    def __init__(self):
        self.times = 0
        self.may = threading.Event()

    def __call__(self):
        self.may.wait(5)
        self.times += 1
        return self

    async def called(self, word):
        return f"{word}, {self.times}"


async def test_nothing_is_made_before_it_is_needed_and_then_once():
    make = Made()
    later = Later(make)
    make.may.set()
    await asyncio.sleep(0)
    assert make.times == 0

    assert await asyncio.gather(later.get(), later.get(), later.get()) == [make] * 3
    assert await later.get() is make
    assert make.times == 1


async def test_the_loop_goes_on_and_who_gives_up_leaves_it_to_the_others():
    make = Made()
    later = Later(make)
    impatient, patient = (asyncio.ensure_future(later.get()) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    make.may.set()

    assert await patient is make
    assert impatient.cancelled()


async def test_what_is_called_through_it_is_made_for_it():
    make = Made()
    make.may.set()
    call = Later(make).calling(lambda made: made.called)

    assert await call("called") == "called, 1"


async def test_what_can_not_be_made_is_told_to_all_who_need_it():
    def broken():
        raise ImportError("no such module")

    later = Later(broken)
    for _ in range(2):
        with pytest.raises(ImportError, match="no such module"):
            await later.get()
