"""Pictures and papers of a disclosure: clean copies named by their bytes. What an original's metadata or name says never leaves."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from moderation.clean_copies import CLEANED, NoCleanCopy, clean_copy
from portal.core.errors import Mendable, NotThere
from portal.core.evidence_kinds import HEAD_BYTES, kind_of
from portal.core.public_record import PublicRecord

MOST_BYTES = 20 * 1024 * 1024
ACCEPT = "image/jpeg,image/png,image/webp,image/heic,.heic,.heif,application/pdf"
SECTION = {"anchor": "pictures", "heading": "图片"}
_MEDIA = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{2,5}")

Plain = dict[str, Any]


@dataclass(frozen=True)
class PublicFile:
    """A clean copy in the media folder. ``width`` and ``height``: pixels, 0 for a paper; ``size``: bytes."""

    name: str
    size: int
    width: int = 0
    height: int = 0

    @property
    def is_picture(self) -> bool:
        return self.width > 0


def keep(media: Path, original: bytes) -> PublicFile:
    """Makes the clean copy and lays it into the press's media folder. Raises Mendable for what is no picture and no PDF."""
    kind = kind_of(original[:HEAD_BYTES])
    if not original or len(original) > MOST_BYTES:
        raise Mendable("请选择一个文件，不超过 20 MB", field="file")
    if kind is None or kind.code not in CLEANED:
        raise Mendable("只能加照片（JPEG、PNG、WebP、HEIC）或 PDF", field="file")
    try:
        copy = clean_copy(original, kind.code)
    except NoCleanCopy as bad:
        raise Mendable("这个文件打不开，请换一个", field="file") from bad
    name = f"{hashlib.sha256(copy.data).hexdigest()}.{copy.extension}"
    media.mkdir(parents=True, exist_ok=True)
    draft = media / f".{name}.half"
    draft.write_bytes(copy.data)
    draft.replace(media / name)
    if copy.mime == "application/pdf":
        return PublicFile(name, len(copy.data))
    with Image.open(io.BytesIO(copy.data)) as picture:
        return PublicFile(name, len(copy.data), picture.width, picture.height)


def with_file(fields: Mapping[str, Any], file: PublicFile, words: str, caption: str = "") -> Plain:
    """The draft with the file in it: a picture at the end of the body, a paper among the attachments.

    ``words``: what the picture shows, for those who do not see it; of a paper its name. Raises Mendable when they are missing.
    """
    said = words.strip()
    if not said:
        raise Mendable("请写清楚图片上是什么（给看不见图片的人）；附件请写名称", field="words")
    plain = dict(fields)
    if not file.is_picture:
        plain["attachments"] = [*plain.get("attachments", []), {"file": file.name, "label": said, "size": file.size}]
        return plain
    block = {"file": file.name, "alt": said, "width": file.width, "height": file.height}
    block |= {"caption": caption.strip()} if caption.strip() else {}
    sections = [dict(section) for section in plain.get("sections", [])] or [dict(SECTION)]
    sections[-1]["blocks"] = [*sections[-1].get("blocks", []), block]
    plain["sections"] = sections
    return plain


def file_of(media: Path, name: str) -> bytes | None:
    """The clean copy of that name; None: no such file."""
    found = media / name
    return found.read_bytes() if _MEDIA.fullmatch(name) and found.is_file() else None


def shown(media: Path, record: PublicRecord, path: str) -> bytes | None:
    """A picture of a draft, asked for at the place where its page will lie; None: the path names no such file."""
    name = path.rpartition("/")[2]
    if path != f"{record.path}{name}" or not _MEDIA.fullmatch(name) or name not in record.media():
        return None
    data = file_of(media, name)
    if data is None:
        raise NotThere("没有这个文件")
    return data
