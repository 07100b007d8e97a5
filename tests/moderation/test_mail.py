"""Mail leaves encrypted as the office set it, to the server it named, or not at all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from moderation import outbox, reporter_notices
from moderation.office import Office
from moderation.outbox import Notice, To
from moderation.settings import change_setting
from portal.core.workflow import SystemActor
from tests.conftest import NOON
from tests.mail_server import PASSWORD, USER, MailServer, certificate, serving


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate that this machine trusts."""
    path = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


def _use(office: Office, server: MailServer, **how: object) -> None:
    with office.office.transaction() as session:
        settings = {"host": "127.0.0.1", "port": server.server_address[1], "from": "office@example.org", **how}
        change_setting(session, "mail", settings, by=SystemActor("init"), at=NOON)
        outbox.tell(session, To.mail("unit@example.org"), "letter_assigned", cause="c", at=NOON, number="W-1")


def _failure(office: Office) -> str:
    with office.office.reading() as session:
        notice = session.query(Notice).one()
        return "sent" if notice.sent_at else notice.failure


LOGIN = {"user": USER, "password": PASSWORD}


@pytest.mark.parametrize("how", ["starttls", "smtps"])
def test_a_notice_goes_once_encrypted_and_logged_in(empty_office: Office, trusted: Path, how: str) -> None:
    with serving(MailServer(trusted, login=True, smtps=how == "smtps")) as server:
        _use(empty_office, server, **{how: True}, **LOGIN)
        outbox.deliver(empty_office, NOON)
        outbox.deliver(empty_office, NOON + timedelta(hours=1))

    assert len(server.mails) == 1
    assert "W-1" not in server.mails[0].split("\r\n\r\n", 1)[0]
    in_clear = [line for encrypted, line in server.told if not encrypted]
    assert all(line.split()[0].upper() in ("EHLO", "STARTTLS") for line in in_clear)
    assert _failure(empty_office) == "sent"


@pytest.mark.parametrize("how", ["starttls", "smtps"])
@pytest.mark.parametrize("name", ["localhost", "mail.example.org"])
def test_a_certificate_that_does_not_fit_sends_nothing_and_the_notice_waits(
    empty_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, name: str
) -> None:
    """One that nobody vouches for, and one that is trusted but another server's."""
    path = certificate(tmp_path, name)
    if name != "localhost":
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with serving(MailServer(path, login=True, smtps=how == "smtps")) as server:
        _use(empty_office, server, **{how: True}, **LOGIN)
        outbox.deliver(empty_office, NOON)
        said = " ".join(line for _encrypted, line in server.told).upper()

        assert _failure(empty_office) == "SSLCertVerificationError"
        assert not any(word in said for word in ("AUTH", "MAIL FROM", "DATA"))

        right = tmp_path / "right"
        right.mkdir()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate(right)))
        assert server.context
        server.context.load_cert_chain(right / "localhost.pem")
        outbox.deliver(empty_office, NOON + timedelta(minutes=5))

    assert len(server.mails) == 1
    assert _failure(empty_office) == "sent"


def test_a_server_that_no_longer_offers_encryption_gets_nothing(empty_office: Office, trusted: Path) -> None:
    with serving(MailServer(trusted, login=True, offers=False)) as server:
        _use(empty_office, server, starttls=True, **LOGIN)
        outbox.deliver(empty_office, NOON)

    assert _failure(empty_office) == "SMTPNotSupportedError"
    assert [line.split()[0] for _encrypted, line in server.told if line.split()[0] not in ("ehlo", "QUIT")] == []


def test_a_wrong_password_is_tried_again_later(empty_office: Office, trusted: Path) -> None:
    with serving(MailServer(trusted, login=True)) as server:
        _use(empty_office, server, starttls=True, user=USER, password="falsch")
        outbox.deliver(empty_office, NOON)

    assert not server.mails
    assert _failure(empty_office) == "SMTPAuthenticationError"


def test_a_password_is_not_sent_to_another_machine_without_encryption(empty_office: Office) -> None:
    with serving(MailServer(login=True)) as server:
        _use(empty_office, server, **LOGIN | {"host": "mail.invalid"})
        outbox.deliver(empty_office, NOON)

    assert _failure(empty_office) == "ValueError"
    assert not server.told


@pytest.mark.parametrize("vouched_for", [True, False])
def test_the_notice_to_a_reporter_goes_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, vouched_for: bool) -> None:
    path = certificate(tmp_path)
    if vouched_for:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with serving(MailServer(path, login=True)) as server:
        settings = {"host": "127.0.0.1", "port": server.server_address[1], "from": "o@example.org", "starttls": True, **LOGIN}
        sent = reporter_notices._sent("somebody@example.org", settings, {})

    assert sent is vouched_for
    assert len(server.mails) == int(vouched_for)
