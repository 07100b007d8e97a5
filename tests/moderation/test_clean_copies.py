"""Clean copies: made anew by a child without keys, from files that may be hostile."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from moderation import clean_copies
from moderation.clean_child import without_segments
from moderation.clean_copies import NoCleanCopy, clean_copy

MARK = b"SERIAL-MARK-4711"


def exif() -> Image.Exif:
    found = Image.Exif()
    found[0x010F], found[0xA431] = MARK.decode(), MARK.decode()
    found.get_ifd(0x8825).update({1: "N", 2: (33.0, 44.0, 12.0), 3: "E", 4: (111.0, 36.0, 30.0)})
    return found


def picture(form: str, size: tuple[int, int] = (64, 48), **more: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, form, exif=exif(), **more)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "form"), [("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")])
def test_a_clean_picture_shows_the_same_and_carries_nothing(kind: str, form: str) -> None:
    original = picture(form) + MARK

    copy = clean_copy(original, kind)

    assert MARK in original
    assert MARK not in copy.data
    assert b"Exif" not in copy.data
    with Image.open(io.BytesIO(copy.data)) as shown:
        assert shown.size == (64, 48)
        assert not shown.getexif()


def test_a_heic_photo_becomes_a_jpeg_anybody_can_see() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()

    copy = clean_copy(picture("HEIF"), "heic")

    assert copy.mime == "image/jpeg"
    assert MARK not in copy.data


def test_a_photo_taken_sideways_stands_upright() -> None:
    turned = exif()
    turned[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (80, 40)).save(out, "JPEG", exif=turned)

    with Image.open(io.BytesIO(clean_copy(out.getvalue(), "jpeg").data)) as shown:
        assert shown.size == (40, 80)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be enormous."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


CIRCLE = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]/Count 9>>endobj\ntrailer<</Root 1 0 R>>"
HOSTILE = {
    "a pixel bomb": (bomb(60_000, 60_000), "png"),
    "a cut photo": (picture("JPEG")[:200], "jpeg"),
    "another kind than it says": (picture("PNG"), "jpeg"),
    "a page called a photo": (b"\xff\xd8\xff<script>alert(1)</script>", "jpeg"),
    "an empty PDF": (b"%PDF-1.7\n", "pdf"),
    "a PDF that leads in a circle": (CIRCLE, "pdf"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "kind"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_gives_no_copy_and_one_plain_sentence(data: bytes, kind: str) -> None:
    with pytest.raises(NoCleanCopy, match="原件已密封保存"):
        clean_copy(data, kind)


@pytest.mark.parametrize("kind", ["mp4", "office", "office_old", "mp3", "nothing"])
def test_kinds_that_are_never_rendered_stay_sealed(kind: str) -> None:
    with pytest.raises(NoCleanCopy, match="原件密封保存"):
        clean_copy(b"data", kind)


def test_a_clean_pdf_keeps_its_pages_and_loses_script_attachment_and_author() -> None:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    script = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(4711)")})
    writer._root_object[NameObject("/OpenAction")] = writer._add_object(script)
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): script})
    writer.add_metadata({"/Author": MARK.decode()})
    writer.add_attachment("a.txt", MARK)
    out = io.BytesIO()
    writer.write(out)

    copy = clean_copy(out.getvalue(), "pdf")

    assert MARK in out.getvalue()
    for trace in (MARK, b"alert", b"JavaScript", b"EmbeddedFile", b"pypdf"):
        assert trace not in copy.data
    assert len(PdfReader(io.BytesIO(copy.data)).pages) == 1


def test_a_photo_inside_a_pdf_loses_its_position_too() -> None:
    inside = picture("JPEG")

    assert MARK in inside
    assert MARK not in without_segments(inside)
    with Image.open(io.BytesIO(without_segments(inside))) as shown:
        shown.load()


def test_the_child_has_no_environment_and_no_way_to_write(tmp_path: Path) -> None:
    code = (
        "import os,sys;sys.path.insert(0,sys.argv[1]);import clean_child as c;c.limit_resources()\n"
        "try:\n os.write(os.open(sys.argv[2],os.O_CREAT|os.O_WRONLY),b'x')\n print('wrote')\n"
        "except OSError:\n print('could not')\n"
        "print(sorted(k for k in os.environ if k!='LC_CTYPE'))\n"
    )
    folder = str(clean_copies.CHILD.parent)
    command = [sys.executable, "-I", "-c", code, folder, str(tmp_path / "x")]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False)

    assert "wrote" not in done.stdout, done.stdout
    assert "KEY" not in done.stdout.upper()
