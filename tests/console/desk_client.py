"""A browser at a desk: a test client signed in as one of the cast."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask
from flask.testing import FlaskClient

from moderation import staff
from moderation.app import create_app
from moderation.console.access import COOKIE
from moderation.demo.stage import Stage
from moderation.office import Office
from portal.core.clock import now


@lru_cache(maxsize=2)
def _made(office: Office) -> Flask:
    """Two are kept: an office with its console of every test would stay in memory until the last one."""
    app = create_app(office)
    app.config.update(WTF_CSRF_ENABLED=False)
    return app


def console_app(stage: Stage) -> Flask:
    """The console of this stage, once made, without the form token (it has tests of its own)."""
    return _made(stage.office)


def signed_in_client(stage: Stage, login: str) -> FlaskClient:
    """A client that holds a session of ``login``."""
    client = console_app(stage).test_client()
    with stage.office.office.transaction() as session:
        token = staff.open_session(session, stage.cast[login].id, at=now())
    client.set_cookie(COOKIE, token)
    return client
