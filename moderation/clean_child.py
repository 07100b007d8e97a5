"""The child that makes clean copies: no key, no settings, few resources. Started by `moderation.clean_copies` alone.

It is run as a file, in isolated mode, and imports nothing of the project but its cage (`clean_cage`): once that is shut it can
open no file, start no program and reach no network. Reads an original from standard input, writes the copy to standard output.
"""

from __future__ import annotations

import importlib
import io
import os
import resource
import sys
import warnings
from typing import Any

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 30
MOST_PIXELS = 64_000_000
LONGEST_SIDE = 4032
MOST_PAGES = 400
PLUGINS = ("MpoImage", "WebPImage", "TiffImage")
ACTIVE_OR_TELLING = (
    *("/AA", "/OpenAction", "/JS", "/JavaScript", "/EmbeddedFiles"),
    *("/Metadata", "/PieceInfo", "/LastModified"),
)


def limit_resources() -> None:
    """No more memory, time and files than one picture needs. After the imports, before the first hostile byte."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def clean_picture(data: bytes, kind: str) -> bytes:
    """Decodes the picture and writes its pixels anew: no EXIF, position, serial number, thumbnail, profile or trailing bytes."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    formats = {"jpeg": ["JPEG", "MPO"], "png": ["PNG"], "webp": ["WEBP"], "heic": ["HEIF"]}[kind]
    with Image.open(io.BytesIO(data), formats=formats) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        if kind == "jpeg" and max(picture.size) > LONGEST_SIDE:
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        # In place: each copy of twelve megapixels costs as much in fresh memory as decoding them.
        ImageOps.exif_transpose(picture, in_place=True)
        if max(picture.size) > LONGEST_SIDE:
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), reducing_gap=2.0)
        return _written(picture, keep_png=kind == "png")


def _written(picture: Any, *, keep_png: bool) -> bytes:
    from PIL import Image

    transparent = picture.mode in {"RGBA", "LA", "PA"} or (picture.mode == "P" and "transparency" in picture.info)
    plain = picture.convert("RGBA" if transparent else "RGB") if picture.mode != "RGB" or transparent else picture
    if transparent and not keep_png:
        ground = Image.new("RGB", plain.size, "white")
        ground.paste(plain, mask=plain.getchannel("A"))
        plain = ground
    # The pixels alone: nothing that hung on the picture comes along, whatever a format's writer would look for.
    plain.info = {}
    nothing: dict[str, Any] = {"exif": b"", "icc_profile": None}
    out = io.BytesIO()
    if keep_png and plain.width * plain.height <= 8_000_000:
        plain.save(out, "PNG", compress_level=3, **nothing)
    else:
        (plain if plain.mode == "RGB" else plain.convert("RGB")).save(out, "JPEG", quality=85, **nothing)
    return out.getvalue()


def clean_pdf(data: bytes) -> bytes:
    """The pages alone: no script, action, attachment, form, annotation, author, XMP or producer's trace; pictures without EXIF."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import NameObject

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        raise ValueError("encrypted")
    if len(reader.pages) > MOST_PAGES:
        raise ValueError("too many pages")
    writer = PdfWriter()
    for page in reader.pages:
        for name in ("/AA", "/Annots", "/Metadata", "/PieceInfo", "/Thumb", "/AF", "/B", "/StructParents"):
            page.pop(NameObject(name), None)
        writer.add_page(page)
    for thing in writer._objects:
        _strip(thing)
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _strip(thing: Any) -> None:
    from pypdf.generic import DictionaryObject, NameObject, StreamObject

    if not isinstance(thing, DictionaryObject):
        return
    for name in ACTIVE_OR_TELLING:
        thing.pop(NameObject(name), None)
    if isinstance(thing, StreamObject) and thing.get("/Filter") in ("/DCTDecode", ["/DCTDecode"]):
        thing._data = without_segments(thing._data)


def without_segments(jpeg: bytes) -> bytes:
    """A JPEG stream without its APP1–APP15 and comment segments (EXIF, XMP, profiles of makers), Adobe's colour mark apart."""
    if jpeg[:2] != b"\xff\xd8":
        return jpeg
    out, place = bytearray(b"\xff\xd8"), 2
    while place + 4 <= len(jpeg) and jpeg[place] == 0xFF and jpeg[place + 1] != 0xDA:
        marker, size = jpeg[place + 1], int.from_bytes(jpeg[place + 2 : place + 4], "big") + 2
        if not (0xE1 <= marker <= 0xEF and marker != 0xEE) and marker != 0xFE:
            out += jpeg[place : place + size]
        place += size
    return bytes(out + jpeg[place:])


def rehearse(kind: str) -> None:
    """Cleans a harmless file of this kind first: what the libraries load only when needed must be loaded before the cage shuts."""
    if kind == "pdf":
        from pypdf import PdfWriter

        writer, out = PdfWriter(), io.BytesIO()
        writer.add_blank_page(10, 10)
        writer.add_metadata({"/Author": "\u4e2d"})
        writer.write(out)
        clean_pdf(out.getvalue())
        return
    from PIL import Image

    Image.preinit()
    for name in PLUGINS:
        importlib.import_module(f"PIL.{name}Plugin")
    if kind == "heic":
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False, decode_threads=1)
        importlib.import_module("pillow_heif.as_plugin")
        return
    form = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}[kind]
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, form, exif=Image.Exif())
    clean_picture(out.getvalue(), kind)


def main() -> int:
    """`clean_child.py KIND`: exit 0 and the copy on standard output; 1 and nothing; 3 where there is no cage on this machine."""
    cage = importlib.import_module("clean_cage")  # beside this file, which is no part of a package while it runs
    kind = sys.argv[1]
    warnings.simplefilter("error")
    rehearse(kind)
    limit_resources()
    try:
        cage.lock_in()
    except cage.NoCage:
        return 3
    try:
        data = sys.stdin.buffer.read()
        copy = clean_pdf(data) if kind == "pdf" else clean_picture(data, kind)
    except BaseException:
        # Whatever it was: the original stays sealed, and the console says that there is no clean copy.
        return 1
    sys.stdout.buffer.write(copy)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    code = main()
    sys.stdout.flush()
    os._exit(code)
