"""From the sealed report to the letter, and back to the receipt: real sealing, real stores, no opened word left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import func, select

from moderation.casework import arrival, messages, review, screening, status
from moderation.casework.letters import BarReason, Letter, LetterBar, LetterEvent, LetterMessage, LetterText
from moderation.casework.machine import LetterState
from moderation.demo.stage import Stage
from moderation.unsealing import make_keys, public_side_folder
from portal.core import reports
from portal.core.intake_keys import load_intake_keys
from portal.core.receipts import ReceiptKeys
from portal.core.report_content import Identity, MessageKind, ReporterMessage
from portal.core.reports import SealedReport
from tests.moderation.casework.office_work import CONTENT, NOBODY, STORY, Work

S = LetterState
MARK = "标记词甲乙丙丁戊己庚辛"


@pytest.fixture
def office(stage: Stage) -> Stage:
    make_keys(stage.office)
    return stage


def send(stage: Stage, content=CONTENT, identity: Identity = NOBODY) -> SealedReport:
    keys = load_intake_keys(public_side_folder(stage.office))
    sealed = reports.seal_report(content, identity, nonce=reports.new_nonce(), keys=keys, at=stage.at)
    with stage.office.intake.transaction() as intake:
        reports.submit_report(intake, sealed, at=stage.at)
    return sealed


def write(stage: Stage, sealed: SealedReport, message: ReporterMessage) -> None:
    keys = load_intake_keys(public_side_folder(stage.office))
    with stage.office.intake.transaction() as intake:
        row = reports.find_by_receipt(intake, sealed.code, keys)
        assert row is not None
        done = reports.seal_message(row, message, nonce=reports.new_nonce(), keys=keys, at=stage.at)
        if message.kind is MessageKind.WITHDRAWAL:
            reports.withdraw(intake, row, done, at=stage.at)
        else:
            reports.post_message(intake, done, at=stage.at)


def mailbox(stage: Stage, sealed: SealedReport) -> reports.Mailbox:
    keys = load_intake_keys(public_side_folder(stage.office))
    with stage.office.intake.reading() as intake:
        row = reports.find_by_receipt(intake, sealed.code, keys)
        assert row is not None
        return reports.open_mailbox(intake, row, ReceiptKeys(sealed.code))


def the_letter(stage: Stage) -> Letter:
    with stage.office.office.reading() as session:
        return session.scalars(select(Letter)).one()


def message_of(kind: MessageKind, text: str = "", **more: object) -> ReporterMessage:
    return ReporterMessage("", kind, text, **more)  # type: ignore[arg-type]


def test_a_report_becomes_one_letter_however_often_the_worker_pulls(office: Stage) -> None:
    send(office)
    for _ in range(3):
        arrival.pull(office.office, office.at)

    with office.office.office.reading() as session:
        assert session.scalar(select(func.count()).select_from(Letter)) == 1
    assert the_letter(office).state is S.RECEIVED


def test_a_crash_between_registering_and_marking_repeats_and_doubles_nothing(office: Stage, monkeypatch) -> None:
    send(office)
    with monkeypatch.context() as patch:
        patch.setattr(reports, "mark_taken", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            arrival.pull(office.office, office.at)
    arrival.pull(office.office, office.at)

    with office.office.office.reading() as session:
        assert session.scalar(select(func.count()).select_from(Letter)) == 1
        model = session.info["audit"]
        opened = session.scalars(select(model).where(model.act == "report.unseal")).all()
    assert len(opened) == 1


def test_the_audit_line_of_an_opening_stands_even_when_the_box_is_broken(office: Stage) -> None:
    sealed = send(office)
    with office.office.intake.transaction() as intake:
        intake.get_one(reports.Report, sealed.id).body = b"x" * 5000
    arrival.pull(office.office, office.at)

    letter = the_letter(office)
    assert letter.quarantined
    with office.office.office.reading() as session:
        assert "打不开" in session.get_one(LetterText, letter.id).note


def test_the_reporters_words_and_name_are_nowhere_in_the_office_store(office: Stage) -> None:
    send(office, replace(CONTENT, story=f"{STORY}{MARK}"), Identity(name="司马无痕", phone="13812345678"))
    arrival.pull(office.office, office.at)
    status.tell(office.office, office.at)

    stored = b"".join(path.read_bytes() for path in (office.office.data / "office").iterdir())
    for secret in (MARK, STORY[:12], "司马无痕", "13812345678"):
        assert secret.encode() not in stored


def test_people_and_units_the_reporter_lists_are_barred(office: Stage) -> None:
    send(office, replace(CONTENT, must_not_know=("许一鸣", "县水利局")))
    arrival.pull(office.office, office.at)

    with office.office.office.reading() as session:
        bars = {(row.staff_id, row.unit_id): row.reason for row in session.scalars(select(LetterBar))}
    assert bars[office.cast["chengguan"].id, ""] is BarReason.REPORTER_LISTED
    assert bars["", "water"] is BarReason.REPORTER_LISTED


def test_where_no_screener_may_know_the_discipline_liaison_gets_the_letter(office: Stage) -> None:
    send(office, replace(CONTENT, must_not_know=("沈青禾", "方知微")))
    arrival.pull(office.office, office.at)

    letter = the_letter(office)
    assert letter.state is S.WITH_DISCIPLINE
    assert letter.discipline_only


def test_the_receipt_shows_each_state_in_plain_words(office: Stage) -> None:
    sealed = send(office)
    arrival.pull(office.office, office.at)
    status.tell(office.office, office.at)
    assert mailbox(office, sealed).status.state == "已收到"  # type: ignore[union-attr]

    with office.office.office.transaction() as session:
        work = Work(office, session)
        letter = session.scalars(select(Letter)).one()
        screening.start_screening(session, letter, by=work.who("shenhe"), at=work.at)
        screening.ask_supplement(session, letter, "请告诉我们是哪一段路。", by=work.who("shenhe"), at=work.at)
    status.tell(office.office, office.at)
    messages.send_replies(office.office, office.at)

    seen = mailbox(office, sealed)
    assert seen.status is not None
    assert seen.status.state == "等您补充"
    assert seen.status.asks == "请告诉我们是哪一段路。"
    assert [letter.text for letter in seen.letters] == ["请告诉我们是哪一段路。"]
    messages.send_replies(office.office, office.at)
    assert len(mailbox(office, sealed).letters) == 1


def test_a_supplement_brings_the_letter_back_and_its_words_stay_sealed(office: Stage) -> None:
    sealed = send(office)
    arrival.pull(office.office, office.at)
    with office.office.office.transaction() as session:
        work = Work(office, session)
        letter = session.scalars(select(Letter)).one()
        screening.start_screening(session, letter, by=work.who("shenhe"), at=work.at)
        screening.ask_supplement(session, letter, "是哪一段？", by=work.who("shenhe"), at=work.at)
    write(office, sealed, message_of(MessageKind.SUPPLEMENT, f"北段。{MARK}"))
    arrival.pull(office.office, office.at)
    arrival.pull(office.office, office.at)

    assert the_letter(office).state is S.SCREENING
    with office.office.office.reading() as session:
        assert session.scalar(select(func.count()).select_from(LetterMessage).where(LetterMessage.message_id.is_not(None))) == 1
    assert MARK.encode() not in b"".join(path.read_bytes() for path in (office.office.data / "office").iterdir())


def test_a_withdrawn_report_ends_before_assignment_and_is_pursued_after(office: Stage) -> None:
    sealed = send(office)
    arrival.pull(office.office, office.at)
    write(office, sealed, message_of(MessageKind.WITHDRAWAL, demanded="yes"))
    arrival.pull(office.office, office.at)

    letter = the_letter(office)
    assert letter.state is S.WITHDRAWN
    with office.office.office.transaction() as session:
        assert session.scalars(select(LetterMessage.demanded)).one() == "yes"
        work = Work(office, session)
        letter = session.get_one(Letter, letter.id)
        screening.pursue(session, letter, "违法行为仍在", by=work.who("shenhe"), at=work.at)
        assert letter.state is S.SCREENING


def test_merging_does_not_show_on_the_receipts(office: Stage) -> None:
    first, second = send(office), send(office)
    arrival.pull(office.office, office.at)
    with office.office.office.transaction() as session:
        work = Work(office, session)
        one, two = (session.scalars(select(Letter).where(Letter.report_id == sealed.id)).one() for sealed in (first, second))
        for letter in (one, two):
            screening.start_screening(session, letter, by=work.who("shenhe"), at=work.at)
        screening.merge(session, two, one, by=work.who("shenhe"), at=work.at)
    status.tell(office.office, office.at)

    seen = mailbox(office, second).status
    assert seen is not None
    told = seen.to_bytes().decode()
    assert "并" not in told
    assert seen.state == "正在初审"


def test_both_receipts_read_of_the_end_of_a_merged_matter(office: Stage) -> None:
    first, second = send(office), send(office)
    arrival.pull(office.office, office.at)
    with office.office.office.transaction() as session:
        work = Work(office, session)
        lead = work.reported()
        two = session.scalars(select(Letter).where(Letter.report_id == second.id)).one()
        screening.start_screening(session, two, by=work.who("shenhe"), at=work.at)
        screening.merge(session, two, lead, by=work.who("shenhe"), at=work.at)
    status.tell(office.office, office.at)
    assert mailbox(office, second).status.state == "正在核查"  # type: ignore[union-attr]
    with office.office.office.transaction() as session:
        work = Work(office, session)
        letter = session.get_one(Letter, lead.id)
        review.settle(session, letter, "属实", "您反映的扬尘已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)
    status.tell(office.office, office.at)
    status.tell(office.office, office.at)
    messages.send_replies(office.office, office.at)

    seen = mailbox(office, second)
    assert seen.status is not None
    assert seen.status.state == "已办结"
    assert [letter.text for letter in seen.letters] == ["您反映的扬尘已查处。"]
    assert mailbox(office, first).status is not None


def test_a_score_counts_only_when_it_is_asked_for(office: Stage) -> None:
    sealed = send(office)
    arrival.pull(office.office, office.at)
    write(office, sealed, message_of(MessageKind.SATISFACTION, score=2))
    arrival.pull(office.office, office.at)

    with office.office.office.reading() as session:
        assert session.scalars(select(LetterMessage.score)).one() == 2
        assert session.scalar(select(func.count()).select_from(LetterEvent)) == 0


def test_opening_an_original_again_writes_a_line_with_reader_and_reason(office: Stage) -> None:
    send(office)
    arrival.pull(office.office, office.at)
    letter = the_letter(office)
    content = screening_original(office, letter, office.at)

    assert content.story == STORY
    with office.office.office.reading() as session:
        model = session.info["audit"]
        line = session.scalars(select(model).where(model.act == "report.unseal").order_by(model.number.desc())).first()
    assert line is not None
    assert line.by == office.cast["shenhe"].id
    assert STORY not in line.detail


def screening_original(office: Stage, letter: Letter, at: datetime):
    from moderation.casework.originals import open_original

    return open_original(office.office, letter, by=office.cast["shenhe"], reason="初审", at=at)
