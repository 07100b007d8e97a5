"""What reporters sent, at the desks: every field that was filled, files of supplements, a recording to be typed up."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from moderation import unsealing
from moderation.casework import arrival, handling, messages
from moderation.casework.letters import EvidenceRole, Letter, LetterMessage
from moderation.clean_copies import clean_copy
from moderation.demo import county_map
from moderation.demo.intake import photo_with_position, voice_message
from moderation.demo.stage import Stage
from moderation.evidence import evidence_store
from moderation.settings import write_snapshot
from portal.core import clock, reports
from portal.core.clock import day_of
from portal.core.datums import CGCS2000, GCJ02, converted
from portal.core.intake_keys import load_intake_keys
from portal.core.outgoing import Attachment
from portal.core.receipts import ReceiptKeys
from portal.core.report_content import Identity, MessageKind, PaperTrail, Point, ReporterMessage
from portal.core.staging import StagedFile
from portal.core.vocabulary import Channel
from tests.console.desk_client import signed_in_client
from tests.console.test_letters_desks import report
from tests.moderation.casework.office_work import CONTENT

PHOTO = photo_with_position()


@pytest.fixture
def desk(stage: Stage) -> Stage:
    unsealing.make_keys(stage.office)
    return stage


def locked(stage: Stage, name: str, data: bytes) -> Attachment:
    staged = StagedFile(unsealing.files_folder(stage.office), len(data))
    staged.write(data)
    taken = staged.finish(name)
    assert isinstance(taken, Attachment)
    return taken


def supplement(stage: Stage, kind: MessageKind, attachment: Attachment) -> str:
    """A message with a file, sent and pulled; its id."""
    keys, at = load_intake_keys(unsealing.public_side_folder(stage.office)), clock.now()
    with stage.office.intake.transaction() as intake:
        row = intake.scalars(select(reports.Report)).one()
        message = ReporterMessage("", kind, "新拍的", attachments=(attachment,))
        sealed = reports.seal_message(row, message, nonce=reports.new_nonce(), keys=keys, at=at)
        reports.post_message(intake, sealed, at=at)
    arrival.pull(stage.office, at)
    with stage.office.office.reading() as session:
        return session.scalars(select(LetterMessage.message_id)).one() or ""


def test_a_photo_sent_as_a_supplement_is_seen_as_a_clean_copy_and_noted(desk: Stage) -> None:
    report(desk)
    message_id = supplement(desk, MessageKind.SUPPLEMENT, locked(desk, "新照片.jpg", PHOTO))
    client = signed_in_client(desk, "zuyuan")

    page = client.post(f"/mail/{message_id}").get_data(as_text=True)
    found = re.search(rf'action="(/mail/{message_id}/files/[^"]+)"', page)
    assert found, page
    copy = client.post(found.group(1), data={"which": "clean"})
    original = client.post(found.group(1), data={"which": "original"})

    assert "新照片.jpg" in page
    assert b"SN-0000-0000" not in copy.get_data()
    assert original.get_data() == PHOTO
    with desk.office.office.reading() as session:
        model = session.info["audit"]
        lines = session.scalars(select(model).where(model.act == "report.unseal_message", model.by != "worker")).all()
    assert len(lines) == 3


def test_a_file_that_tells_of_retaliation_is_for_the_guardians_alone(desk: Stage) -> None:
    report(desk)
    message_id = supplement(desk, MessageKind.RETALIATION, locked(desk, "a.jpg", PHOTO))
    page = signed_in_client(desk, "jijian").post(f"/mail/{message_id}").get_data(as_text=True)
    found = re.search(rf'action="(/mail/{message_id}/files/[^"]+)"', page)
    assert found, page

    assert signed_in_client(desk, "jijian").post(found.group(1), data={"which": "clean"}).status_code == 200
    for login in ("shenhe", "zuyuan"):
        assert signed_in_client(desk, login).post(found.group(1), data={"which": "clean"}).status_code == 404
    assert signed_in_client(desk, "jijian").post(f"/mail/{message_id}/files/{'0' * 26}", data={"which": "clean"}).status_code == 404


def test_a_voice_message_is_a_report_that_the_office_types_up_and_never_passes_on(desk: Stage) -> None:
    voice = locked(desk, "录音.wav", voice_message())
    letter_id = report(desk, story="", attachments=(voice,))
    client = signed_in_client(desk, "shenhe")

    page = client.get(f"/screening/{letter_id}").get_data(as_text=True)
    heard = client.post(f"/screening/{letter_id}/files/{voice.id}", data={"which": "original"})

    assert "听了以后把内容写进工作摘要" in page
    assert heard.get_data() == voice_message()
    assert "attachment" in heard.headers["Content-Disposition"]
    with pytest.raises(Exception, match="不做预览"):
        clean_copy(voice_message(), "wav")
    for login in ("zuyuan", "qingshi"):
        assert signed_in_client(desk, login).post(f"/screening/{letter_id}/files/{voice.id}").status_code == 403


def test_the_screener_reads_every_field_the_reporter_filled(desk: Stage) -> None:
    letter_id = report(
        desk,
        when_on="2026-11-03",
        when="后半夜",
        stops=("official_conduct",),
        wants_reward=False,
        point=Point(111.61, 33.79, "GCJ-02"),
        channel=Channel.POST,
        paper=PaperTrail(postmark_on=day_of(clock.now()), received_note="信封已破"),
        likely_twin="/records/exposure/pg-2026-001/",
    )

    page = signed_in_client(desk, "shenhe").get(f"/screening/{letter_id}").get_data(as_text=True)

    for told in ("2026-11-03", "后半夜", "干部失职", "不要奖励", "111.61, 33.79（GCJ-02）", "信封已破", "pg-2026-001", "来信"):
        assert told in page, told


def test_the_office_sends_a_photo_with_its_reply_and_only_the_receipt_opens_it(desk: Stage) -> None:
    keys, at = load_intake_keys(unsealing.public_side_folder(desk.office)), clock.now()
    sealed = reports.seal_report(CONTENT, Identity(), nonce=reports.new_nonce(), keys=keys, at=at)
    with desk.office.intake.transaction() as intake:
        reports.submit_report(intake, sealed, at=at)
    arrival.pull(desk.office, at)
    store = evidence_store(desk.office)
    with desk.office.office.transaction() as session:
        letter = session.query(Letter).one()
        digest = handling.put_file(store, PHOTO)
        row = handling.add_evidence(session, letter, digest=digest, name="现场.jpg", kind="image/jpeg", role=EvidenceRole.OTHER,
                                    by=desk.cast["zuyuan"], at=at)  # fmt: skip
        letter_id, evidence_id, version = letter.id, row.id, letter.version
    client = signed_in_client(desk, "shenhe")
    form = client.get(f"/letters/{letter_id}/acts/write").get_data(as_text=True)
    values = {"text": "已经去看过，照片附后。", "evidence": evidence_id, "version": str(version)}
    forged = client.post(f"/letters/{letter_id}/acts/write", data={**values, "evidence": "0" * 26})
    assert client.post(f"/letters/{letter_id}/acts/write", data=values).status_code == 303

    for _ in range(2):
        messages.send_replies(desk.office, at)

    assert "现场.jpg" in form
    assert forged.status_code == 422
    with desk.office.intake.reading() as intake:
        report_row = reports.find_by_receipt(intake, sealed.code, keys)
        assert report_row is not None
        box = reports.open_mailbox(intake, report_row, ReceiptKeys(sealed.code))
    (letter_sent,) = box.letters
    (item,) = letter_sent.attachments
    assert item.name == "现场.jpg"
    assert b"".join(unsealing.original_file(desk.office, item)) == PHOTO
    for path in unsealing.files_folder(desk.office).iterdir():
        assert PHOTO[:64] not in path.read_bytes()


def test_the_screener_sees_the_pin_on_the_office_s_own_map(desk: Stage) -> None:
    county_map.load(desk)
    write_snapshot(desk.office)
    letter_id = report(desk, point=converted(Point(111.6212, 33.7350, CGCS2000), GCJ02))
    client = signed_in_client(desk, "shenhe")

    page = client.get(f"/screening/{letter_id}").get_data(as_text=True)
    found = re.search(r'src="(/screening/map/[0-9a-f]{12}/2-\d+-\d+\.(?:png|jpg))"', page)
    assert found
    piece = client.get(found.group(1))

    assert 'class="pin"' in page
    assert "在“镇小学”北约 210 米" in page
    assert piece.status_code == 200
    assert piece.mimetype in {"image/png", "image/jpeg"}
    piece.close()
    assert client.get("/screening/map/000000000000/0-0-0.png").status_code == 404
    assert signed_in_client(desk, "qingshi").get(found.group(1)).status_code == 403
