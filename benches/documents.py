"""Measures the converters against their peers and against themselves on more input.

All sides of a line run in this process, taking turns; a ratio is one of medians. Memory that
only the collector frees is freed between the turns.
"""

import gc
import json
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time
from typing import Final

import marklas
import md_adf

from benches.line import Line
from benches.machine import on_core
from benches.scene import MEASURED
from bot import documents as docs

PAGE: Final = """# Release 4.2

The team shipped *Release 4.2* on Monday. It brings the new **search page**, a faster `import`
command and a handful of fixes that people had been waiting for since spring. The full list
stands in [the changelog](https://example.com/changelog), and questions go to the channel.

## What changed

Searching used to read every page of a space before it answered, which took minutes in the
larger spaces. It now asks the index, answers in under a second, and says so where the index
is behind. Results carry the space, the author and the age, so that two pages of the same name
can be told apart without opening them.

- Results are grouped by **space**
- Filters can be combined: `in:ENG`, `by:me`, `since:7d`
- Old links keep working
  - also those from mails
  - and those with ~~spaces~~ underscores

1. Back up the database
2. Run `make migrate`
3. Restart the workers, one after the other

> Please read the notes on permissions first, *even if* you have done this before.

```python
async def search(words: str) -> list[Page]:
    hits = await index.find(words)
    return [await pages.get(hit.id) for hit in hits]
```

| Area | Owner | State |
|------|-------|-------|
| Search | Ada | **done** |
| Import | Grace | in review |
| Export | [open](https://example.com/4711) | planned |

- [x] Announce the release
- [ ] Close the old tickets

---

"""
ROUNDS: Final = 15
KB: Final = 1024

Prepare = Callable[[str], Callable[[], object]]


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds that *work* takes once."""
    gc.collect()
    begun = process_time()
    work()
    return process_time() - begun


def taking_turns(*sides: Callable[[], object], rounds: int) -> list[float]:
    """Median CPU seconds of each of *sides*, which alternate."""
    for side in sides:
        side()
    turns = [[seconds(side) for side in sides] for _ in range(rounds)]
    return [median(side) for side in zip(*turns, strict=True)]


async def documents(_home: Path, rounds: int = ROUNDS, kilobytes: int = 1024) -> list[Line]:
    """Measure the three."""
    with on_core(MEASURED):
        return [written(rounds), read(4 * rounds), grown(rounds // 3 or 1, kilobytes)]


def written(rounds: int) -> Line:
    """Markdown to ADF, kB a second, against md-adf without its slow validation."""
    text = PAGE * 16
    ours, peer = taking_turns(
        lambda: docs.to_adf(docs.from_markdown(text)),
        lambda: md_adf.markdown_to_adf(text, {"validate_adf": False}),
        rounds=rounds,
    )
    return _speeds("documents", len(text), ours, peer)


def read(rounds: int) -> Line:
    """ADF to Slack blocks, kB a second, against marklas' plain Markdown.

    The page is small enough for nothing of it to be cut.
    """
    page = docs.to_adf(docs.from_markdown(PAGE * 5))
    blocks = docs.to_blocks(docs.from_adf(page))
    assert blocks[-1]["type"] != "context", "cut: the sides would do unequal work"
    ours, peer = taking_turns(
        lambda: docs.to_blocks(docs.from_adf(page)),
        lambda: marklas.to_md(page, plain=True),
        rounds=rounds,
    )
    return _speeds("documents_read", len(json.dumps(page)), ours, peer)


def grown(rounds: int, kilobytes: int) -> Line:
    """Time per kB at 1 MB against 10 kB, of the converter that fares worst."""
    growths = [_growth(name, prepare, rounds, kilobytes) for name, prepare in _CONVERTERS.items()]
    for growth in growths:
        print(f"      {growth.name} ratio={growth.ratio:.2f}")
    worst = max(growths, key=lambda growth: growth.ratio)
    return Line("documents_growth", worst.ours, worst.peer, worst.unit, worst.goal)


def _speeds(name: str, size: int, ours: float, peer: float) -> Line:
    return Line(name, size / KB / ours, size / KB / peer, "kB/s", 1.0, more_is_better=True)


def _growth(name: str, prepare: Prepare, rounds: int, kilobytes: int) -> Line:
    """Compare microseconds per kB of source, for much and for little.

    The small side works through as many kilobytes, in as many documents, and keeps what it
    made for as long: the processor's caches and the collector shall see no difference.
    """
    much, little = _source(kilobytes), _source(10)
    times = len(much) // len(little)
    large, small = [prepare(much)], [prepare(little) for _ in range(times)]
    big, tenth = taking_turns(
        lambda: [convert() for convert in large],
        lambda: [convert() for convert in small],
        rounds=rounds,
    )
    large_kb, small_kb = len(much) / KB / 1e6, len(little) * times / KB / 1e6
    return Line(f"documents_growth {name}", big / large_kb, tenth / small_kb, "us/kB", 1.2)


def _source(kilobytes: int) -> str:
    return PAGE * round(kilobytes * KB / len(PAGE))


def _of_text(convert: Callable[[str], object]) -> Prepare:
    return lambda text: lambda: convert(text)


def _of_document(convert: Callable[..., object]) -> Prepare:
    def prepare(text: str) -> Callable[[], object]:
        document = docs.from_markdown(text)
        return lambda: convert(document)

    return prepare


def _rich_text(text: str) -> Callable[[], object]:
    pages = len(text) // len(PAGE)
    made = [docs.to_rich_text(docs.from_markdown(PAGE))["elements"] for _ in range(pages)]
    value = {"type": "rich_text", "elements": [element for page in made for element in page]}
    return lambda: docs.from_rich_text(value)


def _adf(text: str) -> Callable[[], object]:
    value = docs.to_adf(docs.from_markdown(text))
    return lambda: docs.from_adf(value)


def _storage(text: str) -> Callable[[], object]:
    value = docs.to_storage(docs.from_markdown(text))
    return lambda: docs.from_storage(value)


_CONVERTERS: Final = {
    "from_markdown": _of_text(docs.from_markdown),
    "from_mrkdwn": _of_text(docs.from_mrkdwn),
    "from_rich_text": _rich_text,
    "from_adf": _adf,
    "from_storage": _storage,
    "to_adf": _of_document(docs.to_adf),
    "to_storage": _of_document(docs.to_storage),
    "to_blocks": _of_document(docs.to_blocks),
    "to_rich_text": _of_document(docs.to_rich_text),
    "text_of": _of_document(docs.text_of),
    "digest_of": _of_document(docs.digest_of),
}
