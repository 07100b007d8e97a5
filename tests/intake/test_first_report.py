"""From the empty form to the receipt and back, without JavaScript."""

from __future__ import annotations

from io import BytesIO

from moderation import unsealing
from moderation.office import Office
from portal.core import reports
from portal.core.clock import now
from portal.core.report_content import ReportContent
from portal.intake.context import Intake
from tests.intake.conftest import STORY, Visitor

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def opened_report(office: Office, desk: Intake) -> ReportContent:
    """The only report, opened by the office."""
    with desk.register.reading() as session:
        (report,) = reports.waiting_reports(session)
    return unsealing.unseal(office, report, key=unsealing.opening_key(office, "office"), by="worker", reason="test", at=now())


def test_a_person_without_javascript_sends_a_report_and_gets_a_receipt(visitor: Visitor) -> None:
    form = visitor.get("/r/")
    receipt = visitor.send()

    assert form.status == 200
    assert receipt.status == 201
    assert len(receipt.code().split()) == 8


def test_the_office_reads_what_was_sent_and_nobody_else_can(visitor: Visitor, office: Office, desk: Intake) -> None:
    visitor.send()

    content = opened_report(office, desk)

    assert content.story == STORY
    assert content.acts == ("uncovered_dust", "construction_noise")
    assert content.must_not_know == ("村主任某某", "青石镇环保所")
    assert content.reward_shown


def test_the_receipt_opens_the_mailbox(visitor: Visitor) -> None:
    code = visitor.send().code()

    box = visitor.post("/r/c/", {"code": code})

    assert box.status == 200
    assert "已收到" in box.text


def test_a_photo_travels_through_the_preview_and_opens_on_the_staff_side(visitor: Visitor, office: Office, desk: Intake) -> None:
    visitor.send(files=(BytesIO(PNG), "证据.png"))

    content = opened_report(office, desk)

    (photo,) = content.attachments
    assert photo.name == "证据.png"
    assert photo.kind == "png"
    assert b"".join(unsealing.original_file(office, photo)) == PNG
