"""The gallery shows what the catalogue has: every template, with a small picture of its form."""

import re
import struct
import zlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.catalogue import read_shipped
from bot.template_gallery import gallery
from sandbox.gallery import shipped
from sandbox.png import SIGNATURE, read, shrink

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "templates" / "gallery.md").read_text("utf-8")
PICTURES = DOCS / "images" / "templates"
LARGEST = 40_000
EMOJI = Path(__file__).parents[1] / "sandbox" / "screen" / "static" / "js" / "emoji.js"


def test_the_gallery_is_that_of_the_catalogue():
    assert gallery() == PAGE, "run make reference"
    assert CliRunner().invoke(cli, ["templates", "gallery"]).stdout == PAGE


def test_every_template_has_its_name_its_words_and_what_is_said():
    for each in read_shipped():
        template = each.template
        assert f"### {template.name}\n" in PAGE
        assert " ".join(template.description.split()) in PAGE
        assert f"({'../images/templates'}/{template.id}.png)" in PAGE
        for said in template.utterances[:1]:
            assert said.replace("{", "‹").replace("}", "›") in PAGE


def test_every_template_has_a_small_picture_and_no_picture_is_left_over():
    wanted = {f"{each.template.id}.png" for each in read_shipped()}
    assert {each.name for each in PICTURES.iterdir()} == wanted, "run make screenshots"
    for each in PICTURES.iterdir():
        raw = each.read_bytes()
        assert raw.startswith(SIGNATURE)
        assert len(raw) < LARGEST, each


def test_links_within_the_gallery_lead_somewhere():
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    there = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
    assert set(re.findall(r"\(#([^)]+)\)", PAGE)) <= there


def test_the_one_who_takes_the_pictures_knows_the_same_templates():
    catalogue = {(each.template.id, each.template.name) for each in read_shipped()}
    assert set(shipped()) == catalogue


def test_the_sandbox_knows_the_icons():
    known = EMOJI.read_text("utf-8")
    for each in read_shipped():
        assert f"{each.template.icon.strip(':')} " in known, each.template.icon


def png(width, height, rows, kind=2):
    def chunk(name, held):
        checksum = zlib.crc32(name + held)
        return struct.pack(">I", len(held)) + name + held + struct.pack(">I", checksum)

    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    body = zlib.compress(b"".join(rows))
    half = len(body) // 2
    pieces = chunk(b"IDAT", body[:half]) + chunk(b"IDAT", body[half:])
    return SIGNATURE + chunk(b"IHDR", head) + pieces + chunk(b"IEND", b"")


def test_pixels_are_read_whatever_filter_a_line_has():
    red, dim = b"\xff\x00\x00", b"\x10\x20\x30"
    lines = [
        b"\0" + red + dim,
        b"\1" + red + bytes((d - r) & 255 for d, r in zip(dim, red, strict=True)),
        b"\2" + bytes(6),
        b"\3" + bytes((r - r // 2) & 255 for r in red)
        + bytes((d - (r + d) // 2) & 255 for d, r in zip(dim, red, strict=True)),
        b"\4" + bytes(3) + bytes(3),
    ]  # fmt: skip
    width, height, pixels = read(png(2, 5, lines))
    assert (width, height) == (2, 5)
    assert pixels[:8] == [red, dim] * 4
    assert pixels[8:] == [red, dim]


def test_a_picture_of_few_colours_stays_as_it_is_and_gets_smaller(tmp_path):
    path = tmp_path / "a.png"
    rows = [b"\0" + bytes((y % 3 * 40, 7, 9, 255)) * 50 for y in range(60)]
    path.write_bytes(png(50, 60, rows, kind=6))
    before = read(path.read_bytes())
    shrink(path)
    raw = path.read_bytes()
    palette = raw.index(b"PLTE") + 4
    colours = {raw[palette + at : palette + at + 3] for at in (0, 3, 6)}
    assert colours == set(before[2])
    with pytest.raises(ValueError, match="true colour"):
        read(raw)


def test_many_colours_become_the_nearest(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png(3, 1, [b"\0" + b"\0\0\0" + b"\0\0\0" + b"\1\1\1"]))
    shrink(path, colours=1)
    assert zlib.decompress(path.read_bytes().split(b"IDAT")[1][:-16]) == b"\0\0\0\0"
