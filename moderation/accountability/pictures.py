"""Pictures for the public: a clean copy without metadata, with hand-placed boxes burnt in over faces and plates."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image, ImageOps, ImageStat

from portal.core.errors import Mendable

MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2000
JPEG_QUALITY = 82


@dataclass(frozen=True)
class Box:
    """A box in pixels of the upright picture; ``left`` < ``right``, ``top`` < ``bottom``."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class PublicPicture:
    """The copy that may be shown: JPEG bytes and its size in pixels."""

    data: bytes
    width: int
    height: int


def read_boxes(text: str) -> tuple[Box, ...]:
    """Boxes as stored: a JSON list of [left, top, right, bottom]."""
    return tuple(Box(*box) for box in json.loads(text or "[]"))


def write_boxes(boxes: Iterable[Box]) -> str:
    return json.dumps([[box.left, box.top, box.right, box.bottom] for box in boxes])


def typed_boxes(text: str) -> tuple[Box, ...]:
    """Boxes as typed: one a line, four whole numbers 左 上 右 下. Raises Mendable naming the line."""
    boxes = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.replace(",", " ").replace("，", " ").split()
        if not parts:
            continue
        if len(parts) != 4 or not all(part.isdecimal() for part in parts):
            raise Mendable(f"第 {number} 个遮挡框应写四个整数：左 上 右 下", field="boxes")
        boxes.append(Box(*(int(part) for part in parts)))
    return tuple(boxes)


def upright(data: bytes) -> Image.Image:
    """The picture as people see it, in plain colours. Raises Mendable for what is no picture or is too large."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Mendable("图片太大，请缩小后再上传", field="picture")
            turned = ImageOps.exif_transpose(opened)
            return turned.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Mendable("这个文件打不开，请上传 JPG 或 PNG 图片", field="picture") from error


def _require_inside(box: Box, picture: Image.Image) -> None:
    inside = 0 <= box.left < box.right <= picture.width and 0 <= box.top < box.bottom <= picture.height
    if not inside:
        size = f"{picture.width}×{picture.height}"
        raise Mendable(f"遮挡框 {box.left} {box.top} {box.right} {box.bottom} 不在图片里（图片 {size}）", field="boxes")


def burnt(data: bytes, boxes: Iterable[Box]) -> PublicPicture:
    """A copy with every box (pixels of the original) filled by one flat colour: nothing under it can be brought back."""
    picture = upright(data)
    for box in boxes:
        _require_inside(box, picture)
        area = (box.left, box.top, box.right, box.bottom)
        mean = tuple(int(value) for value in ImageStat.Stat(picture.crop(area)).mean)
        picture.paste(mean, area)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return PublicPicture(out.getvalue(), picture.width, picture.height)
