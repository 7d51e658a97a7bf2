"""Makes pictures of screens small: what is on them has few colours.

https://www.w3.org/TR/png-3/
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 32
"""As many are kept; every other becomes the nearest of them."""
_CHANNELS = {2: 3, 6: 4}


def shrink(path: Path, colours: int = COLOURS) -> None:
    """Write the picture at *path* anew, with at most that many colours."""
    width, height, pixels = read(path.read_bytes())
    counted = Counter(pixels)
    palette = [colour for colour, _ in counted.most_common(colours)]
    nearest = {each: _nearest(each, palette) for each in counted}
    rows = bytes(nearest[each] for each in pixels)
    lines = b"".join(b"\0" + rows[at : at + width] for at in range(0, len(rows), width))
    path.write_bytes(
        SIGNATURE
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", b"".join(palette))
        + _chunk(b"IDAT", zlib.compress(lines, 9))
        + _chunk(b"IEND", b"")
    )


def read(raw: bytes) -> tuple[int, int, list[bytes]]:
    """Return width, height and the red, green and blue of each pixel, as Chromium writes them.

    Raises:
        ValueError: it is of another kind.
    """
    chunks = dict(_chunks(raw))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if depth != 8 or kind not in _CHANNELS or interlaced:
        raise ValueError("a picture of eight bits, in true colour and not interlaced, is wanted")
    size = _CHANNELS[kind]
    plain = _unfiltered(zlib.decompress(chunks[b"IDAT"]), width * size, size)
    return width, height, [plain[at : at + 3] for at in range(0, len(plain), size)]


def _chunks(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk's name and what it holds; those of the pixels as one, at the end."""
    at, pixels = len(SIGNATURE), b""
    while at < len(raw):
        length, name = struct.unpack(">I4s", raw[at : at + 8])
        held = raw[at + 8 : at + 8 + length]
        if name == b"IDAT":
            pixels += held
        else:
            yield name, held
        at += length + 12
    yield b"IDAT", pixels


def _unfiltered(raw: bytes, length: int, size: int) -> bytes:
    above = bytearray(length)
    lines = bytearray()
    for at in range(0, len(raw), length + 1):
        line = bytearray(raw[at + 1 : at + 1 + length])
        _FILTERS[raw[at]](line, above, size)
        lines += line
        above = line
    return bytes(lines)


def _none(line: bytearray, above: bytearray, size: int) -> None:
    del line, above, size


def _sub(line: bytearray, above: bytearray, size: int) -> None:
    del above
    for at in range(size, len(line)):
        line[at] = (line[at] + line[at - size]) & 255


def _up(line: bytearray, above: bytearray, size: int) -> None:
    del size
    line[:] = bytes((here + there) & 255 for here, there in zip(line, above, strict=True))


def _average(line: bytearray, above: bytearray, size: int) -> None:
    for at in range(len(line)):
        left = line[at - size] if at >= size else 0
        line[at] = (line[at] + (left + above[at]) // 2) & 255


def _paeth(line: bytearray, above: bytearray, size: int) -> None:
    for at in range(len(line)):
        left, corner = (line[at - size], above[at - size]) if at >= size else (0, 0)
        up = above[at]
        guess = left + up - corner
        to_left, to_up, to_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
        if to_left <= to_up and to_left <= to_corner:
            best = left
        else:
            best = up if to_up <= to_corner else corner
        line[at] = (line[at] + best) & 255


_FILTERS = (_none, _sub, _up, _average, _paeth)


def _nearest(colour: bytes, palette: list[bytes]) -> int:
    def distance(place: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(colour, palette[place], strict=True))

    return min(range(len(palette)), key=distance)


def _chunk(name: bytes, held: bytes) -> bytes:
    checksum = zlib.crc32(name + held)
    return struct.pack(">I", len(held)) + name + held + struct.pack(">I", checksum)
