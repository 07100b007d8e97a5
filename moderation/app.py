"""The staff console as a Flask app. Registers; does not decide."""

from __future__ import annotations

import importlib
import logging
import secrets
from pathlib import Path

from flask import Flask, g, render_template
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined
from werkzeug.exceptions import HTTPException

from moderation import stores
from moderation.console import access, desk
from moderation.console.navigation import DESKS, desk_counts
from moderation.keys import symmetric_key
from moderation.office import Office
from portal.core.clock import now, spoken_day
from portal.core.errors import Refusal

log = logging.getLogger("disclosure.console")
MAX_UPLOAD_BYTES = 200 * 1024 * 1024


def create_app(office: Office) -> Flask:
    """The console of ``office``. Refuses a store of another version and a route without a role."""
    stores.require_current(office)
    app = Flask(__name__, static_folder=None)
    app.secret_key = symmetric_key(office.keys, "console-cookie.key")
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_NAME="desk-form",
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["office"] = office
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(Path(__file__).parent / "console" / "templates"), PackageLoader("portal.web", "templates")]
    )
    app.jinja_env.undefined = StrictUndefined
    CSRFProtect(app)
    app.before_request(access.look_up_staff)
    _register_web(app)
    app.register_blueprint(desk.bp)
    for name in DESKS:
        app.register_blueprint(importlib.import_module(f"moderation.console.{name}").bp)
    app.context_processor(_menu)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(Exception, _failed)
    access.require_declared_roles(app)
    return app


def _register_web(app: Flask) -> None:
    """Manners both apps share: headers, language, style sheets."""
    from portal.web import language, security, static_files

    security.register(app)
    language.register(app)
    static_files.register(app)
    app.jinja_env.filters["spoken_day"] = spoken_day


def _menu() -> dict[str, object]:
    """What every page of the console shows around it."""
    person = g.get("staff")
    if person is None:
        return {"staff": None, "nav": ()}
    with access.office().office.reading() as session:
        return {"staff": person, "nav": desk_counts(session, person), "today": now()}


def _refused(refusal: Refusal) -> tuple[str, int]:
    """A rule said no: the sentence, and the clause under it."""
    return render_template("desk/refused.html", refusal=refusal), refusal.status


def _failed(error: Exception) -> tuple[str, int] | HTTPException:
    """We failed: a reference number for the person, the fault for our log, no personal data in either."""
    if isinstance(error, HTTPException):
        return error
    reference = secrets.token_hex(4)
    log.exception("console failure %s", reference)
    return render_template("desk/failed.html", reference=reference), 500
