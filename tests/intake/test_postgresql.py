"""A larger office keeps its sealed reports in PostgreSQL; everything a reporter can do is the same."""

from __future__ import annotations

import threading

import pytest

from moderation import intake_care, unsealing
from moderation.office import Office
from portal import app as portal_app
from portal.core import clock, reports
from portal.core.audit import verify_chain
from portal.core.workflow import SystemActor
from portal.settings import IntakeSettings
from tests.intake.conftest import Visitor, set_up

pytestmark = pytest.mark.postgres


def test_reports_are_kept_found_followed_and_taken_back(postgres_office: Office) -> None:
    set_up(postgres_office)
    settings = IntakeSettings.from_env(
        {"DISCLOSURE_DATA": str(postgres_office.data), "DISCLOSURE_INTAKE_URL": postgres_office.intake.url}
    )
    app = portal_app.create_app(settings)
    visitor = Visitor(app)

    code = visitor.send().code()
    data = visitor.filled(go="send", story="同时发两次。")
    threads = [threading.Thread(target=visitor.post, args=("/r/", data)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    intake_care.change_key(postgres_office, "office", by=SystemActor("test"), at=clock.now())

    with postgres_office.intake.reading() as session:
        waiting = reports.waiting_reports(session)
        assert verify_chain(session).broken_at is None
    key = unsealing.opening_key(postgres_office, "office")
    opened = [unsealing.unseal(postgres_office, each, key=key, by="t", reason="t", at=clock.now()).story for each in waiting]
    assert len(opened) == 2
    assert "同时发两次。" in opened
    assert visitor.post("/r/c/", {"code": code}).status == 200
    answer = visitor.post("/r/c/", {"code": code, "do": "withdraw", "f": visitor.token(), "sure": "y"})
    assert answer.status == 200
    assert visitor.post("/r/c/", {"code": code}).status == 404
    app.extensions["intake"].close()
