"""A larger office keeps its sealed reports in PostgreSQL; everything a reporter can do is the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from moderation import intake_care, unsealing
from moderation.bench.intake import Client, form_body
from moderation.office import Office
from portal import app as portal_app
from portal.core import clock, reports
from portal.core.audit import verify_chain
from portal.core.workflow import SystemActor
from portal.settings import IntakeSettings
from tests.effort import times
from tests.intake.conftest import Visitor, set_up
from tests.intake.test_crashes import TOWN, killed_at_random, require_all_kept, served

pytestmark = pytest.mark.postgres


@pytest.fixture
def visitor(postgres_office: Office) -> Iterator[Visitor]:
    """Somebody at a public process whose store is PostgreSQL."""
    set_up(postgres_office)
    environment = {"DISCLOSURE_DATA": str(postgres_office.data), "DISCLOSURE_INTAKE_URL": postgres_office.intake.url}
    app = portal_app.create_app(IntakeSettings.from_env(environment))
    yield Visitor(app)
    app.extensions["intake"].close()


def test_reports_are_kept_found_followed_and_taken_back(postgres_office: Office, visitor: Visitor) -> None:
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


def test_several_public_processes_keep_every_report_once_in_one_unbroken_chain(postgres_office: Office, visitor: Visitor) -> None:
    tokens = [visitor.token() for _ in range(96)]
    answers: list[int] = []

    def send(share: list[str], number: int) -> None:
        with Client(port, number) as client:
            for token in share:
                answers.append(client.ask("POST", "/r/", form_body(token, number, TOWN))[0])

    with served(postgres_office, processes=3) as (port, _process):
        # Each form is sent by two visitors at once, who reach different processes.
        threads = [threading.Thread(target=send, args=(tokens[part % 6 :: 6], part % 6)) for part in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == [201] * 192, sorted(set(answers))
    with postgres_office.intake.reading() as session:
        report = verify_chain(session)
        assert report.broken_at is None
        assert report.lines == 96
        assert session.query(reports.Report).count() == 96


def test_on_postgresql_too_what_was_acknowledged_is_found_after_kill_nine(postgres_office: Office, visitor: Visitor) -> None:
    codes, seed = killed_at_random(postgres_office, visitor, rounds=times(2, 50), processes=3)

    require_all_kept(postgres_office, codes, seed)
