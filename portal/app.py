"""The public process as a Flask app: the intake, and the built site under the same host. Registers; does not decide."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from flask import Flask, Response, current_app, redirect, request, send_from_directory
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse

from portal.core.clock import spoken_day
from portal.core.public_settings import read_public_settings
from portal.intake import base_map, mail, paper, pieces, rewards, views
from portal.intake.context import Intake, intake, open_intake
from portal.intake.posted import IntakeRequest
from portal.settings import IntakeSettings, require_memory_backed
from portal.web import compressed, errors, language, look, security

# So that nobody can tell a reader from a reporter by the host: the site and the intake share one.
SITE_METHODS = ["GET", "HEAD"]


class IntakeApp(Flask):
    """Flask with the request that locks files as they arrive."""

    request_class = IntakeRequest


def create_app(settings: IntakeSettings) -> Flask:
    """The public process. Refuses to start when its temporary folder is on a disk or a key is missing or readable by others."""
    require_memory_backed(settings.temporary_folder)
    desk = open_intake(settings)
    app = IntakeApp(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.limits.request_bytes
    app.extensions["intake"] = desk
    security.register_same_origin(app)
    security.register_headers(app)
    compressed.register_compression(app, "site", "web.static")
    language.register_language(app)
    look.register_look(
        app, look.LiveBrand(settings.public_settings_path, partial(read_public_settings, settings.public_settings_path))
    )
    errors.register_error_pages(app, layout="layout.html")
    app.register_error_handler(DBAPIError, store_failed)
    app.register_error_handler(OSError, store_failed)
    app.jinja_env.filters["spoken_day"] = spoken_day
    app.context_processor(_leave)
    # Modules of routes on shared blueprints; each blueprint is registered once.
    for blueprint in dict.fromkeys(module.bp for module in (views, pieces, base_map, mail, paper, rewards)):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "site", site, methods=SITE_METHODS, defaults={"path": ""})
    app.add_url_rule("/<path:path>", "site", site, methods=SITE_METHODS)
    return app


def _leave() -> dict[str, str]:
    extra = intake().public().settings.extra
    return {"leave_url": str(extra.get("leave_url", "/"))}


def store_failed(error: Exception) -> Response:
    """Disk full, store locked: said plainly, as nothing was received. The log gets the kind of error, no words."""
    current_app.logger.error("store: %s", errors.outline(error))
    return current_app.make_response(current_app.handle_http_exception(ServiceUnavailable()))


def site(path: str) -> AnyResponse:
    """A file of the built site. Folders answer with their index page, like any web server."""
    desk: Intake = intake()
    root = desk.settings.site_folder.resolve()
    wanted = f"{request.script_root}/{path}".lstrip("/")
    if (root / wanted).is_dir() and _inside(root, root / wanted):
        if wanted and not wanted.endswith("/"):
            return redirect(f"/{wanted}/", 308)
        wanted = f"{wanted}index.html"
    response = send_from_directory(root, wanted)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _inside(root: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(root)
