"""The public app with one endpoint more, a post that commits one row: what the intake is compared with. Imports nothing else."""

from __future__ import annotations

from flask import Flask, current_app
from sqlalchemy import text

from portal.app import create_app
from portal.settings import IntakeSettings


def bench_app(settings: IntakeSettings) -> Flask:
    """The app that `disclosure bench intake` serves. Its table is made by the bench in a store of its own."""
    app = create_app(settings)
    app.add_url_rule("/bare", "bare", bare, methods=["POST"])
    return app


def bare() -> str:
    """Commits one row through the same engine and the same settings."""
    with current_app.extensions["intake"].register.transaction() as session:
        session.execute(text("INSERT INTO bench_row (day) VALUES ('2026-11-24')"))
    return "ok"
