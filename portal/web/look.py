"""The office's name, emblem, colour and footer marks, and the files of the look: one design for intake and console."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, url_for
from werkzeug.exceptions import NotFound

from portal.core.accent import style_sheet, tinted
from portal.core.public_settings import PublicSettings

HERE = Path(__file__).parent
STATIC = HERE / "static"

# /look, not /static: the site, the intake and their proxy share one host, and the site has folders of its own.
bp = Blueprint("web", __name__, static_folder=str(STATIC), static_url_path="/look", template_folder=str(HERE / "templates"))


@dataclass(frozen=True)
class Brand:
    """How the office presents itself. Every field is a setting; an empty mark is not printed.

    ``home_url`` ends with a slash: the public site. ``accent``: #rrggbb, "" for the colour of the product.
    ``emblem_png``: base64, "" for the emblem of the product.
    """

    name: str = "生态环境督察公开"
    short_name: str = "督察公开"
    host_unit: str = ""
    undertaking_unit: str = ""
    site_code: str = ""
    icp_number: str = ""
    police_number: str = ""
    home_url: str = "/"
    accent: str = ""
    emblem_png: str = ""

    @property
    def sponsor_line(self) -> str:
        return f"{self.host_unit} 主办" if self.host_unit else ""

    @property
    def marks(self) -> tuple[str, ...]:
        """The official footer marks, in the order in which government sites print them."""
        labelled = (
            ("主办：", self.host_unit),
            ("承办：", self.undertaking_unit),
            ("网站标识码 ", self.site_code),
            ("", self.icp_number),
            ("", self.police_number),
        )
        return tuple(label + value for label, value in labelled if value)


def brand_of(settings: PublicSettings) -> Brand:
    """The brand an office set; unset names fall back to the words of the product, never to an invented office."""
    return Brand(
        name=settings.office_name or "生态环境督察公开",
        short_name=settings.short_name or settings.office_name or "督察公开",
        host_unit=settings.host_unit,
        undertaking_unit=settings.undertaking_unit,
        site_code=settings.site_code,
        icp_number=settings.icp_number,
        police_number=settings.police_number,
        home_url=(settings.site_url.rstrip("/") + "/") if settings.site_url else "/",
        accent=settings.accent,
        emblem_png=settings.emblem_png,
    )


class LiveBrand:
    """The brand as the office has it now: read again when the snapshot of its public settings changes."""

    def __init__(self, snapshot: Path, read: Callable[[], PublicSettings]) -> None:
        self._snapshot, self._read = snapshot, read
        self._stamp, self._brand = self._now(), brand_of(read())

    def __call__(self) -> Brand:
        stamp = self._now()
        if stamp != self._stamp:
            self._stamp, self._brand = stamp, brand_of(self._read())
        return self._brand

    def _now(self) -> int:
        try:
            return self._snapshot.stat().st_mtime_ns
        except FileNotFoundError:
            return 0


@cache
def digest(filename: str) -> str:
    """Twelve characters that change with the file, so that browsers may keep it for a year."""
    return hashlib.sha256((STATIC / filename).read_bytes()).hexdigest()[:12]


def look(filename: str) -> str:
    """The address of a file of the look."""
    return url_for("web.static", filename=filename, v=digest(filename))


# ---- what an office chose for itself ----


@bp.get("/look/office.css")
def office_style() -> Response:
    """The colour of the office, over the common look."""
    return _kept(style_sheet(_brand().accent).encode(), "text/css")


@bp.get("/look/emblem")
def office_emblem() -> Response:
    """The emblem of the office, or the product's in the office's colour."""
    brand = _brand()
    if brand.emblem_png:
        return _kept(base64.b64decode(brand.emblem_png), "image/png")
    return _kept(tinted((STATIC / "emblem.svg").read_text(encoding="utf-8"), brand.accent).encode(), "image/svg+xml")


def _kept(data: bytes, kind: str) -> Response:
    if not data:
        raise NotFound
    # The address changes with the choice, so a browser may keep the file.
    return Response(data, mimetype=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})


def _brand() -> Brand:
    found: Callable[[], Brand] = current_app.extensions["brand"]
    return found()


def _chosen(brand: Brand) -> str:
    return hashlib.sha256(f"{brand.accent}\0{brand.emblem_png}".encode()).hexdigest()[:12]


def _in_templates() -> dict[str, object]:
    brand = _brand()
    return {
        "brand": brand,
        "emblem_url": url_for("web.office_emblem", v=_chosen(brand)),
        "office_style_url": url_for("web.office_style", v=_chosen(brand)) if brand.accent else "",
    }


def register_look(app: Flask, brand: Callable[[], Brand]) -> None:
    """Gives the app the templates of this folder, the files under /look, and ``brand``, its addresses and ``look()`` in templates.

    Create the app with ``Flask(__name__, static_folder=None)``: it needs no static folder of its own.
    """
    app.register_blueprint(bp)
    app.extensions["brand"] = brand
    app.jinja_env.globals["look"] = look
    app.context_processor(_in_templates)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
