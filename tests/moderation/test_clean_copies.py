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

from moderation import clean_cage, clean_copies
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


# ---- the cage ----


def saved(mode: str, form: str, **more: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((96, 64)).convert(mode).save(out, form, **more)
    return out.getvalue()


def two_in_one() -> bytes:
    """What many telephones write: a second picture behind the first."""
    out = io.BytesIO()
    one = Image.new("RGB", (64, 48), "green")
    one.save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (32, 24), "red")], exif=exif())
    return out.getvalue()


def moving() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48)).save(out, "WEBP", save_all=True, append_images=[Image.new("RGB", (64, 48), "red")])
    return out.getvalue()


SHAPES = {
    "grey": (saved("L", "JPEG"), "jpeg"),
    "print colours": (saved("CMYK", "JPEG"), "jpeg"),
    "progressive": (saved("RGB", "JPEG", progressive=True), "jpeg"),
    "two in one": (two_in_one(), "jpeg"),
    "palette": (saved("P", "PNG"), "png"),
    "see-through palette": (saved("P", "PNG", transparency=0), "png"),
    "see-through grey": (saved("LA", "PNG"), "png"),
    "see-through": (saved("RGBA", "PNG"), "png"),
    "black and white": (saved("1", "PNG"), "png"),
    "sixteen bits": (saved("I;16", "PNG"), "png"),
    "lossless": (saved("RGBA", "WEBP", lossless=True), "webp"),
    "moving": (moving(), "webp"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "kind"), SHAPES.values(), ids=SHAPES)
def test_every_shape_of_a_picture_is_cleaned_inside_the_cage(data: bytes, kind: str) -> None:
    copy = clean_copy(data, kind)

    assert MARK not in copy.data
    with Image.open(io.BytesIO(copy.data)) as shown:
        shown.load()
        assert shown.size in {(96, 64), (64, 48)}


def test_a_pdf_with_compressed_objects_pictures_and_chinese_words_is_cleaned_inside_the_cage() -> None:
    first = io.BytesIO()
    Image.linear_gradient("L").save(first, "PDF", title="检查报告", author=MARK.decode())
    writer = PdfWriter(clone_from=PdfReader(first))
    writer.compress_identical_objects()
    writer.add_outline_item(title="第一页", page_number=0)
    out = io.BytesIO()
    writer.write(out)

    copy = clean_copy(out.getvalue(), "pdf")

    assert len(PdfReader(io.BytesIO(copy.data)).pages) == 1
    assert MARK not in copy.data


ATTEMPTS = {
    "read a key": "print(open(sys.argv[2]).read())",
    "write a file": "print(os.open(sys.argv[2] + 'x', os.O_CREAT | os.O_WRONLY))",
    "remove a file": "print(os.unlink(sys.argv[2]))",
    "start a program": "print(os.execv('/bin/echo', ['echo', 'out']))",
    "start a process": "print(os.fork())",
    "reach a network": "print(__import__('socket').socket())",
    "reach a daemon": "print(__import__('socket').socket(1))",
    "signal its parent": "print(os.kill(os.getppid(), 0))",
    "look into its parent": "print(libc.ptrace(16, os.getppid(), 0, 0) or 'attached')",
    "open its own memory": "print(os.open('/proc/self/mem', os.O_RDWR))",
    "read its parent's environment": "print(open(f'/proc/{os.getppid()}/environ').read())",
    "leave by another door": "libc.syscall(437, -100, sys.argv[2].encode(), b'' * 24, 24) >= 0 and print('opened')",
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_whatever_a_hostile_file_makes_the_child_do_the_cage_holds(tmp_path: Path, attempt: str) -> None:
    secret = tmp_path / "office.key"
    secret.write_text("the opening key")
    code = (
        "import ctypes,os,socket,sys;sys.path.insert(0,sys.argv[1]);import clean_cage,clean_child\n"
        "libc=ctypes.CDLL(None,use_errno=True);clean_child.rehearse('jpeg');clean_child.limit_resources();clean_cage.lock_in()\n"
        f"try:\n {attempt}\nexcept OSError:\n pass\nos.write(1,b'held');os._exit(0)\n"
    )
    command = [sys.executable, "-I", "-u", "-c", code, str(clean_copies.CHILD.parent), str(secret)]
    done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout in {"held", "-1\nheld"}, done.stdout + done.stderr
    assert secret.read_text() == "the opening key"
    assert list(tmp_path.iterdir()) == [secret]


def test_a_machine_without_a_cage_gives_no_copy_and_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("clean_child.py", "clean_cage.py"):
        text = (clean_copies.CHILD.parent / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("os.uname().machine", "'abacus'"), encoding="utf-8")
    monkeypatch.setattr(clean_copies, "CHILD", tmp_path / "clean_child.py")

    with pytest.raises(NoCleanCopy, match="关不住转换程序"):
        clean_copy(picture("JPEG"), "jpeg")


@pytest.mark.parametrize("machine", sorted(clean_cage.MACHINES))
def test_a_filter_ends_in_a_verdict_for_every_call(machine: str) -> None:
    """Walks the filter as the kernel does, for every number a call may have."""
    code = clean_cage.filter_for(machine)
    lines = [struct.unpack_from("=HBBI", code, place) for place in range(0, len(code), 8)]
    number, column = clean_cage.MACHINES[machine]
    verdicts = {call: walked(lines, number, call) for call in range(600)}

    assert {call for call, verdict in verdicts.items() if verdict == 0x7FFF0000} == {
        pair[column] for pair in clean_cage.ALLOWED.values() if pair[column] is not None
    }
    assert verdicts[clean_cage.CLONE3[column]] == 0x00050026
    assert walked(lines, number, clean_cage.CLONE[column], clean_cage.CLONE_THREAD) == 0x7FFF0000
    assert walked(lines, 0x40000003, 0) == 0x80000000, "another machine's calls end the process"


def walked(lines: list[tuple[int, int, int, int]], machine: int, call: int, argument: int = 0) -> int:
    place, held = 0, 0
    while True:
        code, yes, no, value = lines[place]
        if code == 0x06:
            return value
        if code == 0x20:
            held = {0: call, 4: machine, 16: argument}[value]
            place += 1
            continue
        hit = held == value if code == 0x15 else bool(held & value)
        place += 1 + (yes if hit else no)
