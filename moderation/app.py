"""The staff console as a Flask app. Registers; does not decide."""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path

from flask import Flask, g, request, url_for
from flask import session as visit
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from jinja2 import FileSystemLoader
from sqlalchemy.exc import OperationalError

from moderation import drafts as unsent_drafts
from moderation import stores
from moderation.console import access, desk
from moderation.console import drafts as unsent_forms
from moderation.console.navigation import DESKS, desk_counts, menu_groups
from moderation.keys import symmetric_key
from moderation.office import Office
from moderation.settings import public_settings
from moderation.staff import SignedIn
from portal.core.clock import day_of, now, spoken_day
from portal.core.public_settings import PublicSettings
from portal.web import errors, language, look, security, spoken

MAX_UPLOAD_BYTES = 200 * 1024 * 1024
NOBODY: dict[str, object] = {"staff": None, "nav": ()}


def create_app(office: Office, *, demo_cast: tuple[desk.CastMember, ...] = ()) -> Flask:
    """The console of ``office``. Refuses a store of another version and a route without a role.

    ``demo_cast``: invented people whom the sign-in page of a demo lets in by one press; empty in every real office.
    """
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
    app.extensions["demo_cast"] = demo_cast
    app.jinja_loader = FileSystemLoader(Path(__file__).parent / "console" / "templates")
    _register_manners(app, office)
    app.register_blueprint(desk.bp)
    for name in DESKS:
        app.register_blueprint(importlib.import_module(f"moderation.console.{name}").bp)
    app.context_processor(_menu)
    access.require_declared_roles(app)
    return app


def _register_manners(app: Flask, office: Office) -> None:
    """What both apps share: same-origin posts, headers, language, the look, error pages."""
    security.register_same_origin(app)
    security.register_headers(app)
    language.register_language(app)
    spoken.register_spoken(app)
    look.register_look(app, look.LiveBrand(office.public_settings_path, partial(_told, office)))
    errors.register_error_pages(app, layout="console_layout.html", typed=unsent_forms.what_was_typed)
    app.register_error_handler(CSRFError, desk.without_token)
    app.extensions["late post"] = desk.late_post
    app.after_request(unsent_forms.forget_what_was_sent)
    app.jinja_env.filters["spoken_day"] = spoken_day
    CSRFProtect(app)
    app.before_request(access.look_up_staff)


def _told(office: Office) -> PublicSettings:
    with office.office.reading() as session:
        return public_settings(session)


def _menu() -> dict[str, object]:
    """What every page of the console shows around it."""
    person = g.get("staff")
    if person is None:
        return NOBODY
    try:
        return _frame_of(person)
    except OperationalError:
        # The store is away: the page that says so must not need it.
        return NOBODY


def _frame_of(person: SignedIn) -> dict[str, object]:
    with access.office().office.reading() as session:
        counted = g.pop("counted", None) or desk_counts(session, person)
        groups = menu_groups(counted, request.endpoint or "")
        unsent = unsent_drafts.places(session, by=person)
    return {
        "staff": person,
        "nav": groups,
        "unsent": tuple(request.script_root + place for place in unsent),
        "drafts_url": url_for("drafts.keep"),
        "sign_in_url": url_for("desk.sign_in"),
        "taken": visit.pop(unsent_forms.TAKEN, ""),
        "sign_out_url": url_for("desk.sign_out"),
        "console_home": url_for("desk.home"),
        "today": day_of(now()),
    }
