"""Base maps (底图) for setting a pin: an office's own picture, decoded by the keyless child and cut beside the public settings.

A map that is shown to the public needs a review number (审图号); the office enters it, and the page prints it.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from PIL import Image
from sqlalchemy.orm import Session

from moderation.administration import COMMAND_LINE, add_data, opened, say
from moderation.clean_copies import NoCleanCopy, clean_copy
from moderation.office import Office
from moderation.settings import PUBLIC, change_setting, setting, write_snapshot
from portal.core.base_maps import MOST_STEPS, BaseMap, Label
from portal.core.clock import now
from portal.core.datums import DATUMS
from portal.core.errors import Mendable, Refusal
from portal.core.evidence_kinds import HEAD_BYTES, kind_of
from portal.core.workflow import Actor

PIECE_WIDTH = 720
LEAST_SOURCE_WIDTH = 480
COLOURS = 64
Bounds = tuple[float, float, float, float]


def maps_folder(office: Office) -> Path:
    """Where the pieces lie: public, like the settings beside them."""
    return office.public_settings_path.parent / "maps"


def cut_map(
    office: Office,
    picture: bytes,
    *,
    name: str,
    bounds: Bounds,
    datum: str,
    review_number: str = "",
    source: str = "",
    labels: Iterable[Label] = (),
) -> BaseMap:
    """Cuts a picture (JPEG, PNG, WebP) into pieces and returns the map. ``bounds``: west, south, east, north in degrees.

    Raises Mendable for bounds, datum or a picture that cannot be.
    """
    _require_sound(bounds, datum)
    kind = kind_of(picture[:HEAD_BYTES])
    if kind is None or kind.family != "picture":
        raise Mendable("底图要是 JPEG、PNG 或 WebP 图片", field="picture")
    try:
        whole = Image.open(io.BytesIO(clean_copy(picture, kind.code).data)).convert("RGB")
    except NoCleanCopy as none:
        raise Mendable(none.reason, field="picture") from None
    if whole.width < LEAST_SOURCE_WIDTH or not 0.4 <= whole.height / whole.width <= 1.6:
        raise Mendable("底图太小，或者太长太窄：宽至少 480 像素，高是宽的 0.4 到 1.6 倍", field="picture")
    steps = next(step for step in range(MOST_STEPS, -1, -1) if whole.width / 2**step >= LEAST_SOURCE_WIDTH)
    map_id = hashlib.sha256(picture + repr((bounds, datum)).encode()).hexdigest()[:12]
    height = round(PIECE_WIDTH * whole.height / whole.width)
    extension = _write_pieces(maps_folder(office) / map_id, whole, steps, (PIECE_WIDTH, height))
    west, south, east, north = bounds
    return BaseMap(map_id, name, west, south, east, north, datum, PIECE_WIDTH, height, steps, extension, review_number, source,
                   tuple(labels))  # fmt: skip


def _require_sound(bounds: Bounds, datum: str) -> None:
    west, south, east, north = bounds
    if datum not in DATUMS:
        raise Mendable(f"坐标系只能是 {'、'.join(DATUMS)}", field="datum")
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):
        raise Mendable("范围按“西,南,东,北”写，单位是度，例如 111.30,33.60,111.90,33.97", field="bounds")


def _write_pieces(folder: Path, whole: Image.Image, steps: int, size: tuple[int, int]) -> str:
    """Every half-step window of every step, in one move: readers see no map or a whole one. Returns the kind that is smaller."""
    extension = _smaller_kind(whole.resize(size, Image.Resampling.LANCZOS))
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".cutting-"))
    draft.chmod(0o755)
    for step in range(steps + 1):
        wide, high = whole.width / 2**step, whole.height / 2**step
        for across in range(2 ** (step + 1) - 1):
            for down in range(2 ** (step + 1) - 1):
                box = (across * wide / 2, down * high / 2, across * wide / 2 + wide, down * high / 2 + high)
                piece = whole.resize(size, Image.Resampling.BILINEAR, box=box)
                (draft / f"{step}-{across}-{down}.{extension}").write_bytes(_packed(piece, extension))
    shutil.rmtree(folder, ignore_errors=True)
    draft.replace(folder)
    return extension


def _smaller_kind(piece: Image.Image) -> str:
    return min(("png", "jpg"), key=lambda extension: len(_packed(piece, extension)))


def _packed(piece: Image.Image, extension: str) -> bytes:
    out = io.BytesIO()
    if extension == "png":
        piece.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    else:
        piece.save(out, "JPEG", quality=72, progressive=True)
    return out.getvalue()


def keep_map(session: Session, base: BaseMap, *, by: Actor, at: datetime) -> None:
    """Adds a map to the public settings; one of the same name gives way."""
    public = setting(session, PUBLIC, {})
    others = [row for row in public.get("base_maps", ()) if row["name"] != base.name]
    change_setting(session, PUBLIC, {**public, "base_maps": [*others, base.to_row()]}, by=by, at=at, source=base.source)


def drop_map(session: Session, name: str, *, by: Actor, at: datetime) -> None:
    """Takes a map out of the public settings. Raises Refusal when there is none of this name."""
    public = setting(session, PUBLIC, {})
    left = [row for row in public.get("base_maps", ()) if row["name"] != name]
    if len(left) == len(public.get("base_maps", ())):
        raise Refusal(f"没有叫“{name}”的底图")
    change_setting(session, PUBLIC, {**public, "base_maps": left}, by=by, at=at)


def read_labels(text: str) -> tuple[Label, ...]:
    """Names on a map from CSV lines “name,longitude,latitude”. Raises Mendable naming the line."""
    found = []
    for number, row in enumerate(csv.reader(io.StringIO(text)), 1):
        try:
            name, longitude, latitude = row
            found.append(Label(name.strip(), float(longitude), float(latitude)))
        except ValueError:
            raise Mendable(f"地名第 {number} 行要写成“名称,经度,纬度”", field="labels") from None
    return tuple(found)


# ---- command ----


def base_map_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("name", help="底图名称 / its name")
    parser.add_argument("picture", type=Path, nargs="?", help="图片；不写就是撤下这幅图 / a picture; without it the map is dropped")
    parser.add_argument("--bounds", default="", help="西,南,东,北，单位度 / west,south,east,north in degrees")
    parser.add_argument("--datum", default=DATUMS[-1], choices=DATUMS, help="坐标系 / datum of the bounds")
    parser.add_argument("--review-number", default="", help="审图号 / review number printed below the map")
    parser.add_argument("--source", default="", help="来源 / where the picture comes from")
    parser.add_argument("--labels", type=Path, help="地名 CSV：名称,经度,纬度 / names printed over it")


def base_map(args: argparse.Namespace) -> int:
    """`disclosure base-map NAME [PICTURE]`: keeps or drops a base map, on which people tap where it happened."""
    office = opened(args)
    try:
        if args.picture is None:
            with office.office.transaction() as session:
                drop_map(session, args.name, by=COMMAND_LINE, at=now())
        else:
            base = _cut_as_asked(office, args)
            with office.office.transaction() as session:
                keep_map(session, base, by=COMMAND_LINE, at=now())
        write_snapshot(office)
    except (Refusal, OSError) as fault:
        say(fault.reason if isinstance(fault, Refusal) else str(fault))
        return 1
    finally:
        office.close()
    say(f"已撤下“{args.name}”" if args.picture is None else f"已采用“{args.name}”，可放大 {base.steps} 次。举报页两秒后就能用")
    return 0


def _cut_as_asked(office: Office, args: argparse.Namespace) -> BaseMap:
    try:
        west, south, east, north = (float(number) for number in args.bounds.split(","))
    except ValueError:
        raise Mendable("请用 --bounds 写明范围：西,南,东,北", field="bounds") from None
    labels = read_labels(args.labels.read_text(encoding="utf-8-sig")) if args.labels else ()
    return cut_map(office, args.picture.read_bytes(), name=args.name, bounds=(west, south, east, north), datum=args.datum,
                   review_number=args.review_number, source=args.source, labels=labels)  # fmt: skip
