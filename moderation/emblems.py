"""The emblem of an office, made small and plain: one square PNG without anything the picture carried besides its pixels."""

from __future__ import annotations

import base64
import io

from PIL import Image, UnidentifiedImageError

from portal.core.errors import Mendable

SIDE = 144
"""Pixels: sharp on a phone at 36 points."""
LARGEST_FILE, LARGEST_PIXELS = 2_000_000, 4000 * 4000


def emblem_from(data: bytes) -> str:
    """Base64 of the PNG. Raises Mendable when it is no picture, or one too large to be an emblem."""
    if len(data) > LARGEST_FILE:
        raise Mendable("徽标文件太大，请用 2 MB 以内的图片", field="emblem")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as opened:
            if opened.width * opened.height > LARGEST_PIXELS:
                raise Mendable("徽标图片太大，请缩到 4000 像素以内", field="emblem")
            picture = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError) as fault:
        raise Mendable("徽标请用 PNG、JPEG 或 WebP 图片", field="emblem") from fault
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    square.paste(picture, ((SIDE - picture.width) // 2, (SIDE - picture.height) // 2))
    out = io.BytesIO()
    square.save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode("ascii")
