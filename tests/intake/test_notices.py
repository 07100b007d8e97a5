"""Who asked to be told is told two words, once a day at most, and nothing else about anything."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from moderation import reporter_notices
from moderation.office import Office
from moderation.settings import change_setting
from portal.core import clock, reports
from portal.core.outgoing import StatusSnapshot
from portal.core.workflow import SystemActor
from portal.intake.context import Intake
from tests.intake.conftest import Visitor

RECEIVED: list[dict[str, str]] = []


class Gateway(BaseHTTPRequestHandler):
    """An SMS gateway that writes down what it is given."""

    def do_POST(self) -> None:
        RECEIVED.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def gateway(office: Office) -> Iterator[None]:
    RECEIVED.clear()
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with office.office.transaction() as session:
        url = f"http://127.0.0.1:{server.server_port}/send"
        change_setting(session, "sms_gateway", {"url": url}, by=SystemActor("test"), at=clock.now())
    yield
    server.shutdown()
    server.server_close()


def told(desk: Intake) -> None:
    with desk.register.transaction() as session:
        for report in session.query(reports.Report).all():
            reports.put_status(session, report.id, StatusSnapshot(date(2026, 11, 24), "正在核查", "承办单位在查。"))


@pytest.mark.usefixtures("gateway")
def test_only_who_asked_is_told_and_only_two_words(visitor: Visitor, desk: Intake, office: Office) -> None:
    visitor.send(notice_address="13800000000")
    visitor.send()
    at = clock.now()

    reporter_notices.send_due(office, at)
    assert RECEIVED == []
    told(desk)
    reporter_notices.send_due(office, at)
    reporter_notices.send_due(office, at)

    assert RECEIVED == [{"number": "13800000000", "text": "有新进展"}]


@pytest.mark.usefixtures("gateway")
def test_more_news_on_the_same_day_waits_for_the_next(visitor: Visitor, desk: Intake, office: Office) -> None:
    visitor.send(notice_address="13800000000")
    at = clock.now()

    for _ in range(3):
        told(desk)
        reporter_notices.send_due(office, at)
    assert len(RECEIVED) == 1
    reporter_notices.send_due(office, at + timedelta(days=1))

    assert len(RECEIVED) == 2


def test_without_a_gateway_what_is_due_stays_due(visitor: Visitor, desk: Intake, office: Office) -> None:
    visitor.send(notice_address="13800000000")
    told(desk)

    reporter_notices.send_due(office, clock.now())

    with desk.register.reading() as session:
        assert session.query(reports.Report).one().notice_due is True
