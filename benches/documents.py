"""Measures the converters against their peers and against themselves on more input.

All sides of a line run in this process, taking turns; a ratio is one of medians. Memory that
only the collector frees is freed between the turns.
"""

import gc
import json
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Final

import marklas
import md_adf

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


def taking_turns(*sides: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median CPU seconds of each of *sides*, which alternate."""
    for side in sides:
        side()
    turns = [[seconds(side) for side in sides] for _ in range(rounds)]
    return [median(side) for side in zip(*turns, strict=True)]


def documents() -> str:
    """Markdown to ADF, kB a second, against md-adf without its slow validation."""
    text = PAGE * 16
    ours, peer = taking_turns(
        lambda: docs.to_adf(docs.from_markdown(text)),
        lambda: md_adf.markdown_to_adf(text, {"validate_adf": False}),
    )
    return _speeds("documents", len(text), ours, peer)


def documents_read() -> str:
    """ADF to Slack blocks, kB a second, against marklas' plain Markdown.

    The page is small enough for nothing of it to be cut.
    """
    page = docs.to_adf(docs.from_markdown(PAGE * 5))
    blocks = docs.to_blocks(docs.from_adf(page))
    assert blocks[-1]["type"] != "context", "cut: the sides would do unequal work"
    ours, peer = taking_turns(
        lambda: docs.to_blocks(docs.from_adf(page)),
        lambda: marklas.to_md(page, plain=True),
        rounds=4 * ROUNDS,
    )
    return _speeds("documents_read", len(json.dumps(page)), ours, peer)


def documents_growth() -> str:
    """Time per kB at 1 MB against 10 kB, of the converter that fares worst."""
    growths = {name: _growth(prepare) for name, prepare in _CONVERTERS.items()}
    worst = max(growths, key=lambda name: growths[name][0])
    ratio, large, small = growths[worst]
    for name, (growth, *_) in sorted(growths.items()):
        print(f"      documents_growth {name} ratio={growth:.2f}")
    return (
        f"BENCH documents_growth ours={large:.1f}us/kB peer={small:.1f}us/kB "
        f"ratio={ratio:.2f} goal=1.2"
    )


def _speeds(name: str, size: int, ours: float, peer: float) -> str:
    mine, theirs = size / KB / ours, size / KB / peer
    return (
        f"BENCH {name} ours={mine:.0f}kB/s peer={theirs:.0f}kB/s ratio={mine / theirs:.2f} goal=1.0"
    )


def _growth(prepare: Prepare) -> tuple[float, float, float]:
    """Return the ratio, and microseconds per kB of source for much and for little.

    The small side works through as many kilobytes, in as many documents, and keeps what it
    made for as long: the processor's caches and the collector shall see no difference.
    """
    much, little = _source(1024), _source(10)
    times = len(much) // len(little)
    large, small = [prepare(much)], [prepare(little) for _ in range(times)]
    big, tenth = taking_turns(
        lambda: [convert() for convert in large],
        lambda: [convert() for convert in small],
        rounds=5,
    )
    large_kb, small_kb = len(much) / KB / 1e6, len(little) * times / KB / 1e6
    return big / large_kb / (tenth / small_kb), big / large_kb, tenth / small_kb


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


def main() -> None:
    """Print the three lines."""
    print(documents())
    print(documents_read())
    print(documents_growth())


if __name__ == "__main__":
    main()
