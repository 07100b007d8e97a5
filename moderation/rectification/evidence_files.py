"""Files of the ledger's evidence: recognised by their first bytes, pictures re-made without what a camera hides in them."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from moderation.evidence import evidence_store
from moderation.office import Office
from moderation.press.paths import PressPaths, write_whole
from moderation.rectification.disclosure import media_name
from moderation.rectification.tasks import TaskEvidence
from portal.core.errors import Mendable
from portal.core.evidence_kinds import BY_CODE, HEAD_BYTES, JPEG, SPOKEN, kind_of
from portal.core.typed_text import clean_file_name

LONGEST_SIDE = 2000
MOST_PIXELS = 60_000_000


@dataclass(frozen=True)
class CleanFile:
    """``kind``: a code of portal.core.evidence_kinds. ``width`` and ``height`` are 0 for what is no picture."""

    data: bytes
    kind: str
    name: str
    width: int = 0
    height: int = 0


def clean_upload(data: bytes, name: str) -> CleanFile:
    """The file as it is kept. Raises Mendable for what is no file we take."""
    kind = kind_of(data[:HEAD_BYTES])
    if kind is None:
        raise Mendable(f"不能识别这个文件。可以上传：{SPOKEN}", field="file")
    if kind.family != "picture":
        return CleanFile(data, kind.code, clean_file_name(name))
    picture, width, height = clean_picture(data)
    stem = clean_file_name(name).rsplit(".", 1)[0] or "照片"
    return CleanFile(picture, JPEG.code, f"{stem}.jpg", width, height)


def clean_picture(data: bytes) -> tuple[bytes, int, int]:
    """The picture as JPEG without place, time or device, turned upright, at most 2,000 pixels a side."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Mendable("照片太大，请缩小后再传", field="file")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as fault:
        raise Mendable("照片打不开，可能已损坏。请换一张", field="file") from fault
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=86, optimize=True)
    return out.getvalue(), upright.width, upright.height


def publish_file(office: Office, evidence: TaskEvidence) -> None:
    """Lays a chosen file into the press's media folder, under its digest. It is on the site only where a record names it."""
    paths = PressPaths(office.data)
    paths.make()
    target = paths.media / media_name(evidence)
    if not target.exists():
        write_whole(paths, target, evidence_store(office).get(evidence.file))


def mime_of(code: str) -> tuple[str, bool]:
    """(type, may be shown in the page) of a kept file; anything but pictures is a download."""
    kind = BY_CODE.get(code)
    if kind is None:
        return "application/octet-stream", False
    return kind.mime, kind.family == "picture"
