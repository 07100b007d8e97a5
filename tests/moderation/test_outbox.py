"""Notices: kept with what causes them, sent by a real server, never with content, not twice."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from moderation import outbox
from moderation.office import Office
from moderation.outbox import SENTENCES, Notice, To
from moderation.settings import change_setting
from moderation.staff import SignedIn
from portal.core.vocabulary import Role
from portal.core.workflow import SystemActor
from tests.conftest import NOON
from tests.mail_server import PASSWORD, USER, MailServer, certificate, serving


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with serving(MailServer()) as server:
        yield server


def _use(office: Office, server: MailServer, **how: object) -> None:
    with office.office.transaction() as session:
        host = {"host": "127.0.0.1", "port": server.server_address[1], "from": "office@example.org", **how}
        change_setting(session, "mail", host, by=SystemActor("init"), at=NOON)


def _tell(office: Office, to: To, cause: str = "cause", sentence: str = "letter_assigned") -> None:
    with office.office.transaction() as session:
        outbox.tell(session, to, sentence, cause=cause, at=NOON, number="W-1")


def test_a_mail_is_sent_once_and_says_only_that_something_waits(empty_office: Office, mail: MailServer) -> None:
    _use(empty_office, mail)
    _tell(empty_office, To.mail("unit@example.org"))

    outbox.deliver(empty_office, NOON)
    outbox.deliver(empty_office, NOON + timedelta(hours=1))

    assert len(mail.mails) == 1
    assert "unit@example.org" in mail.mails[0]


def test_the_same_cause_told_twice_is_one_notice(empty_office: Office) -> None:
    for _ in range(2):
        _tell(empty_office, To.mail("unit@example.org"))

    with empty_office.office.reading() as session:
        assert session.query(Notice).count() == 1


def test_a_notice_of_a_deed_that_failed_is_never_sent(empty_office: Office, mail: MailServer) -> None:
    _use(empty_office, mail)

    def deed() -> None:
        with empty_office.office.transaction() as session:
            outbox.tell(session, To.mail("a@example.org"), "letter_assigned", cause="c", at=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deed()
    outbox.deliver(empty_office, NOON)

    assert not mail.mails


def test_a_refused_mail_is_tried_again_later_and_not_at_once(empty_office: Office, mail: MailServer) -> None:
    _use(empty_office, mail)
    mail.refuse = True
    _tell(empty_office, To.mail("unit@example.org"))
    outbox.deliver(empty_office, NOON)
    mail.refuse = False

    outbox.deliver(empty_office, NOON + timedelta(seconds=30))
    too_early = len(mail.mails)
    outbox.deliver(empty_office, NOON + timedelta(minutes=2))

    assert (too_early, len(mail.mails)) == (0, 1)


def test_what_a_dead_worker_had_claimed_is_sent_by_the_next(empty_office: Office, mail: MailServer) -> None:
    _use(empty_office, mail)
    _tell(empty_office, To.mail("unit@example.org"))
    outbox._claim(empty_office, NOON)  # and the worker dies here

    outbox.deliver(empty_office, NOON + timedelta(seconds=10))
    during_lease = len(mail.mails)
    outbox.deliver(empty_office, NOON + timedelta(seconds=61))

    assert (during_lease, len(mail.mails)) == (0, 1)


def test_two_workers_never_send_the_same(empty_office: Office, mail: MailServer) -> None:
    _use(empty_office, mail)
    for number in range(40):
        _tell(empty_office, To.mail("unit@example.org"), cause=str(number))
    workers = [threading.Thread(target=outbox.deliver, args=(empty_office, NOON)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(_ids(mail)) == len(set(_ids(mail))) == 40


DELIVERING = """
import sys
from datetime import datetime
from pathlib import Path
from moderation import outbox
from moderation.office import open_office
office = open_office(Path(sys.argv[1]), {})
print("ready", flush=True)
outbox.deliver(office, datetime.fromisoformat(sys.argv[2]))
"""


def _ids(mail: MailServer) -> list[str]:
    return [line for text in mail.mails for line in text.splitlines() if line.startswith("Message-ID")]


@pytest.fixture(params=["plain", "encrypted"])
def any_mail(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A server without encryption, and one with STARTTLS and a login."""
    if request.param == "plain":
        with serving(MailServer()) as server:
            yield server
        return
    path = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with serving(MailServer(path, login=True)) as server:
        yield server


@pytest.mark.parametrize("after", [0, 1, 7])
def test_a_worker_killed_with_signal_9_loses_no_notice_and_repeats_at_most_the_one_in_its_hand(
    empty_office: Office, any_mail: MailServer, after: int
) -> None:
    mail = any_mail
    _use(empty_office, mail, **({"starttls": True, "user": USER, "password": PASSWORD} if mail.login else {}))
    for number in range(12):
        _tell(empty_office, To.mail("unit@example.org"), cause=str(number))
    mail.slow = 0.05
    command = [sys.executable, "-c", DELIVERING, str(empty_office.data), NOON.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
        assert worker.stdout
        worker.stdout.readline()
        while len(mail.mails) < after:
            time.sleep(0.01)
        worker.kill()
    before = len(mail.mails)

    for minutes in range(2, 6):
        outbox.deliver(empty_office, NOON + timedelta(minutes=minutes))

    assert before < 12
    assert len(set(_ids(mail))) == 12
    assert len(_ids(mail)) <= 13
    with empty_office.office.reading() as session:
        assert session.query(Notice).filter(Notice.sent_at.is_(None)).count() == 0


def test_a_slow_mail_server_does_not_outlast_the_lease(
    empty_office: Office, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(empty_office, mail)
    for number in range(5):
        _tell(empty_office, To.mail("unit@example.org"), cause=str(number))
    clock = iter(range(0, 10_000, 20))
    monkeypatch.setattr(outbox, "time", SimpleNamespace(monotonic=lambda: next(clock)))

    outbox.deliver(empty_office, NOON)
    sent_first = len(mail.mails)
    outbox.deliver(empty_office, NOON)

    assert sent_first == 1
    assert len(_ids(mail)) == len(set(_ids(mail))) == 2
    with empty_office.office.reading() as session:
        assert {row.attempts for row in session.query(Notice).filter(Notice.sent_at.is_(None))} == {0}


def test_a_webhook_gets_the_sentence_and_an_idempotency_key(empty_office: Office) -> None:
    seen: list[tuple[str | None, dict[str, str]]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.headers["Idempotency-Key"], body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _tell(empty_office, To.webhook(f"http://127.0.0.1:{server.server_address[1]}/hook"))

    outbox.deliver(empty_office, NOON)
    server.shutdown()
    server.server_close()

    assert len(seen) == 1
    assert seen[0][0] == seen[0][1]["id"]
    assert "W-1" in seen[0][1]["text"]


def test_a_webhook_over_plain_http_elsewhere_is_refused(empty_office: Office) -> None:
    _tell(empty_office, To.webhook("http://example.org/hook"))

    outbox.deliver(empty_office, NOON)

    with empty_office.office.reading() as session:
        assert session.query(Notice).one().failure == "ValueError"


def test_a_notice_at_the_console_reaches_the_role_of_the_unit_and_nobody_else(empty_office: Office) -> None:
    officer = SignedIn("许", "许", frozenset({Role.UNIT_OFFICER}), "urban", "城管")
    other = SignedIn("宋", "宋", frozenset({Role.UNIT_OFFICER}), "housing", "住建")
    _tell(empty_office, To.role(Role.UNIT_OFFICER, "urban"))

    with empty_office.office.transaction() as session:
        mine = outbox.unread(session, officer)
        outbox.mark_read(session, other, [notice.id for notice in mine], at=NOON)
        assert [outbox.words(notice) for notice in mine] == ["有一件信访件交您单位办理：W-1。请登录工作台查看。"]
        assert not outbox.unread(session, other)
        assert outbox.unread(session, officer)
        outbox.mark_read(session, officer, [notice.id for notice in mine], at=NOON)
        assert not outbox.unread(session, officer)


def test_a_notice_can_say_nothing_but_its_sentence() -> None:
    slots = {name for sentence in SENTENCES.values() for name in ("number",) if "{" + name + "}" in sentence}

    assert slots == {"number"}
    assert all(sentence.count("{") == sentence.count("{number}") for sentence in SENTENCES.values())
