"""The office's name, emblem and footer marks, and the files of the look: one design for intake and console."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, url_for

from portal.core.public_settings import PublicSettings

HERE = Path(__file__).parent
STATIC = HERE / "static"

# /look, not /static: the site, the intake and their proxy share one host, and the site has folders of its own.
bp = Blueprint("web", __name__, static_folder=str(STATIC), static_url_path="/look", template_folder=str(HERE / "templates"))


@dataclass(frozen=True)
class Brand:
    """How the office presents itself. Every field is a setting; an empty mark is not printed.

    ``home_url`` ends with a slash: the public site. ``emblem`` is a file of the look (portal/web/static).
    """

    name: str = "生态环境督察公开"
    short_name: str = "督察公开"
    host_unit: str = ""
    undertaking_unit: str = ""
    site_code: str = ""
    icp_number: str = ""
    police_number: str = ""
    home_url: str = "/"
    emblem: str = "emblem.svg"

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
        emblem=str(settings.extra.get("emblem", "emblem.svg")),
    )


@cache
def digest(filename: str) -> str:
    """Twelve characters that change with the file, so that browsers may keep it for a year."""
    return hashlib.sha256((STATIC / filename).read_bytes()).hexdigest()[:12]


def look(filename: str) -> str:
    """The address of a file of the look."""
    return url_for("web.static", filename=filename, v=digest(filename))


def register_look(app: Flask, brand: Brand) -> None:
    """Gives the app the templates of this folder, the files under /look and ``brand`` and ``look()`` in every template.

    Create the app with ``Flask(__name__, static_folder=None)``: it needs no static folder of its own.
    """
    app.register_blueprint(bp)
    app.jinja_env.globals["look"] = look
    app.context_processor(lambda: {"brand": brand})
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
