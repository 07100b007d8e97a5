"""Whoever seizes the public side learns nothing: no words, no identity, no receipt, no file name, no moment, no address."""

from __future__ import annotations

import hashlib
import hmac
import io
import itertools
import logging
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from moderation import intake_care, unsealing
from moderation.office import Office
from portal import app as portal_app
from portal.core import clock, reports
from portal.core.errors import Refusal
from portal.core.receipts import derived_key
from portal.core.sealing import CannotOpen
from portal.core.workflow import SystemActor
from portal.intake.context import Intake
from portal.settings import IntakeSettings, filesystem_of, require_memory_backed
from tests.intake.conftest import Visitor

STORY_MARK, NAME_MARK, FILE_MARK = "蓝色卡车记号甲乙丙", "欧阳记号丁", "证据记号戊己.jpg"
PHONE_MARK, ADDRESS_MARK, AGENT_MARK = "13912345678", "203.0.113.77", "MarkerBrowser/9.9"
CLERK = SystemActor("test")


def send_marked(visitor: Visitor) -> str:
    """A report full of marks; its receipt."""
    visitor.address = ADDRESS_MARK
    page = visitor.send(
        story=STORY_MARK,
        who=STORY_MARK,
        must_not_know=NAME_MARK,
        identity_level="named",
        name=NAME_MARK,
        phone=PHONE_MARK,
        files=(io.BytesIO(b"\xff\xd8\xff" + STORY_MARK.encode() * 400), FILE_MARK),
    )
    assert page.status == 201, page.text
    return page.code()


def seized(office: Office) -> dict[Path, bytes]:
    """Everything the public process can read: its store with every journal, its keys and files, the public folder."""
    folders = (office.data / "intake", office.data / "public")
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def forms_of(text: str) -> list[bytes]:
    """A mark as it might lie in a file."""
    return [text.encode(), text.encode("utf-16-le"), text.encode().hex().encode(), repr(text)[1:-1].encode("unicode_escape")]


def test_a_seized_server_holds_no_word_no_identity_no_receipt_and_no_file_name(visitor: Visitor, office: Office) -> None:
    code = send_marked(visitor)
    marks = [STORY_MARK, NAME_MARK, PHONE_MARK, FILE_MARK, ADDRESS_MARK, AGENT_MARK, code, code.replace(" ", "")]

    for path, data in seized(office).items():
        for mark in itertools.chain.from_iterable(map(forms_of, marks)):
            assert mark not in data, path.name
        assert int(code.replace(" ", "")).to_bytes(17, "big") not in data


def test_no_key_on_the_public_side_opens_a_report(visitor: Visitor, office: Office, desk: Intake) -> None:
    send_marked(visitor)
    with desk.register.reading() as session:
        (report,) = reports.waiting_reports(session)

    for path, data in seized(office).items():
        if path.suffix != ".key" or len(data) != 96:
            continue
        pytest.fail(f"{path.name} could be an opening key")
    boxes = (report.key_for_office, report.key_for_receipt, report.identity_for_custodian, report.identity_for_guard)
    for secret, box in itertools.product(desk.keys.receipt_keys, boxes):
        with pytest.raises(CannotOpen):
            reports.unlock(secret[:32], box, reports.BODY)


def test_nothing_stored_can_be_tested_against_a_dictionary_of_telephone_numbers(
    visitor: Visitor, office: Office, desk: Intake
) -> None:
    send_marked(visitor)
    everything = b"".join(seized(office).values())
    keys = [b"", *desk.keys.receipt_keys, *(derived_key(desk.keys.receipt_keys[0], p) for p in (b"form digest", b"repeat box"))]

    for word in (PHONE_MARK, NAME_MARK, STORY_MARK):
        for key in keys:
            for name in ("sha256", "sha1", "md5", "blake2b", "sha512"):
                digest = hmac.digest(key, word.encode(), name) if key else hashlib.new(name, word.encode()).digest()
                assert digest[:16] not in everything
                assert digest[:16].hex().encode() not in everything


def test_anonymous_and_named_reports_look_alike_from_outside(visitor: Visitor, desk: Intake) -> None:
    visitor.send()
    visitor.send(identity_level="named", name="欧阳某某", phone=PHONE_MARK)

    with desk.register.reading() as session:
        one, other = reports.waiting_reports(session)
    for column in ("body", "identity_for_custodian", "identity_for_guard", "key_for_office"):
        assert len(getattr(one, column)) == len(getattr(other, column))
    assert one.notice_box is other.notice_box is None


def test_the_store_knows_days_only(visitor: Visitor, office: Office, desk: Intake) -> None:
    send_marked(visitor)

    with desk.register.engine.connect() as connection:
        names = [row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'")]
        rows = [row for name in names for row in connection.exec_driver_sql(f"SELECT * FROM {name}")]
    words = " ".join(str(value) for row in rows for value in row if isinstance(value, str))
    assert not re.search(r"\d\d:\d\d", words)
    for path in (office.data / "intake" / "files").iterdir():
        assert (path.stat().st_mtime - 16 * 3600) % 86_400 == 0, "midnight in China, to the second"


def test_the_day_after_even_the_time_of_last_change_is_gone(visitor: Visitor, office: Office) -> None:
    send_marked(visitor)
    (path,) = (office.data / "intake" / "files").iterdir()
    before = path.stat().st_ctime_ns

    intake_care.sweep_staged_files(office, clock.now() + timedelta(days=1))

    assert path.exists()
    assert path.stat().st_ctime_ns > before


def test_staged_files_nobody_sent_are_gone_after_a_day(visitor: Visitor, office: Office) -> None:
    visitor.post("/r/", visitor.filled(files=(io.BytesIO(b"\xff\xd8\xff" + bytes(100)), "a.jpg"), go="keep"))
    folder = office.data / "intake" / "files"
    assert len(list(folder.iterdir())) == 1

    intake_care.sweep_staged_files(office, clock.now() + timedelta(hours=23))
    assert len(list(folder.iterdir())) == 1
    intake_care.sweep_staged_files(office, clock.now() + timedelta(hours=25))
    assert list(folder.iterdir()) == []


def test_no_log_line_says_what_was_sent_or_by_whom(visitor: Visitor, caplog: pytest.LogCaptureFixture, desk: Intake) -> None:
    caplog.set_level(logging.DEBUG)
    code = send_marked(visitor)
    visitor.post("/r/c/", {"code": code})
    desk.register.engine.dispose()

    for mark in (STORY_MARK, NAME_MARK, PHONE_MARK, FILE_MARK, ADDRESS_MARK, code, code.replace(" ", "")):
        assert mark not in caplog.text


def test_a_crash_says_its_place_and_not_its_words(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError(STORY_MARK)

    monkeypatch.setattr("portal.intake.views.sealed_from", broken)
    page = visitor.post("/r/", visitor.filled(go="send", story=STORY_MARK))

    assert page.status == 500
    assert STORY_MARK not in caplog.text
    assert "RuntimeError" in caplog.text


def test_no_page_sets_a_cookie_names_another_host_or_puts_a_code_in_an_address(visitor: Visitor) -> None:
    preview = visitor.post("/r/", visitor.filled())
    sent = visitor.send()
    box = visitor.post("/r/c/", {"code": sent.code()})
    paper = visitor.post("/r/c/p", {"code": sent.code()})

    for page in (visitor.get("/r/"), preview, sent, box, paper, visitor.get("/r/c/")):
        assert "Set-Cookie" not in page.response.headers
        assert page.response.headers["Cache-Control"] == "no-store"
        assert "script-src 'self'" in page.response.headers["Content-Security-Policy"]
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text)
        addresses = " ".join(re.findall(r'(?:src|href|action)="(/[^"]*)"', page.text))
        assert not any(group in addresses for group in sent.code().split())
        assert "<script>" not in page.text
        assert " style=" not in page.text
        title = re.search(r"<title>([^<]*)</title>", page.text)
        assert title
        assert "举报" not in title.group(1)


def test_a_temporary_folder_on_a_disk_refuses_the_start(intake_settings: IntakeSettings, tmp_path: Path) -> None:
    from dataclasses import replace

    assert filesystem_of(tmp_path, f"/dev/vda {tmp_path} ext4 rw 0 0\n") == "ext4"
    with pytest.raises(Refusal, match="不在内存里"):
        require_memory_backed(tmp_path, mounts=f"tmpfs / tmpfs rw 0 0\n/dev/vda {tmp_path} ext4 rw 0 0\n")
    with pytest.raises(Refusal, match="不能启动"):
        portal_app.create_app(replace(intake_settings, temporary_folder=tmp_path / "missing"))


def test_a_key_that_others_can_read_refuses_the_start(intake_settings: IntakeSettings) -> None:
    os.chmod(intake_settings.keys_folder / "receipt.key", 0o644)

    with pytest.raises(Refusal, match=r"receipt\.key"):
        portal_app.create_app(intake_settings)


@pytest.mark.parametrize("name", ["office", "custodian", "guard", "notice"])
def test_a_change_of_keys_opens_nothing_and_loses_nothing(visitor: Visitor, office: Office, desk: Intake, name: str) -> None:
    code = visitor.send(identity_level="named", name=NAME_MARK, phone=PHONE_MARK, notice_address="a@b.example").code()
    old = unsealing.opening_key(office, "office" if name == "office" else name)

    intake_care.change_key(office, name, by=CLERK, at=clock.now())

    with desk.register.reading() as session:
        (report,) = reports.waiting_reports(session)
    new = {each: unsealing.opening_key(office, each) for each in ("office", "custodian", "guard", "notice")}
    at = clock.now()
    assert unsealing.unseal(office, report, key=new["office"], by="t", reason="t", at=at).story
    assert unsealing.unseal_identity(office, report, key=new["custodian"], by="t", reason="t", at=at).name == NAME_MARK
    assert unsealing.identity_for_guard(report, key=new["guard"]).phone == PHONE_MARK
    assert unsealing.notice_address(report, key=new["notice"]) == "a@b.example"
    assert visitor.post("/r/c/", {"code": code}).status == 200
    attempts = {
        "office": lambda: unsealing.unseal(office, report, key=old, by="t", reason="t", at=at),
        "custodian": lambda: unsealing.unseal_identity(office, report, key=old, by="t", reason="t", at=at),
        "guard": lambda: unsealing.identity_for_guard(report, key=old),
        "notice": lambda: unsealing.notice_address(report, key=old),
    }
    with pytest.raises(CannotOpen):
        attempts[name]()


def test_a_change_of_the_receipt_key_keeps_every_receipt_good(
    visitor: Visitor, office: Office, desk: Intake, intake_settings: IntakeSettings
) -> None:
    code = visitor.send().code()

    intake_care.change_key(office, "receipt", by=CLERK, at=clock.now())
    fresh = portal_app.create_app(intake_settings)

    later = Visitor(fresh)
    assert later.post("/r/c/", {"code": code}).status == 200
    assert later.send().status == 201
    fresh.extensions["intake"].close()


def test_a_change_of_keys_waits_until_the_servers_are_stopped(office: Office) -> None:
    import fcntl

    with (office.data / "intake" / ".in-use").open("ab") as mark:
        fcntl.flock(mark, fcntl.LOCK_SH)
        with pytest.raises(Refusal, match="请先停止"), intake_care.all_stopped(office):
            pass
    with intake_care.all_stopped(office):
        pass


def test_opening_a_report_is_noted_before_it_is_opened(visitor: Visitor, office: Office, desk: Intake) -> None:
    from portal.core.audit import verify_chain

    visitor.send()
    with desk.register.reading() as session:
        (report,) = reports.waiting_reports(session)
    wrong = unsealing.opening_key(office, "guard")

    with pytest.raises(CannotOpen):
        unsealing.unseal(office, report, key=wrong, by="curious", reason="try", at=clock.now())

    with office.office.reading() as session:
        assert verify_chain(session).lines == 1
