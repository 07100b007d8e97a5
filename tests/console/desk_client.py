"""A browser at a desk: a test client signed in as one of the cast."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from moderation import staff
from moderation.app import create_app
from moderation.console.access import COOKIE
from moderation.demo.stage import Stage
from portal.core.clock import now

_APPS: dict[str, Flask] = {}


def console_app(stage: Stage) -> Flask:
    """The console of this stage, once made, without the form token (it has tests of its own)."""
    data = str(stage.office.data)
    if data not in _APPS:
        _APPS[data] = create_app(stage.office)
        _APPS[data].config.update(WTF_CSRF_ENABLED=False)
    return _APPS[data]


def signed_in_client(stage: Stage, login: str) -> FlaskClient:
    """A client that holds a session of ``login``."""
    client = console_app(stage).test_client()
    with stage.office.office.transaction() as session:
        token = staff.open_session(session, stage.cast[login].id, at=now())
    client.set_cookie(COOKIE, token)
    return client
