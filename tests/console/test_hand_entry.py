"""来电、来信、来访: written down by staff, sealed like any other report, with a receipt to be read out."""

from __future__ import annotations

import io
import re

import pytest

from moderation import unsealing
from moderation.casework import arrival
from moderation.casework.letters import Letter
from moderation.demo.intake import photo_with_position
from moderation.demo.stage import Stage
from moderation.settings import write_snapshot
from portal.core import clock, reports
from portal.core.vocabulary import Channel
from tests.console.desk_client import signed_in_client

STORY = "料场半夜装卸不盖篷布，灰飘进教室。"


@pytest.fixture
def desk(stage: Stage) -> Stage:
    unsealing.make_keys(stage.office)
    write_snapshot(stage.office)
    return stage


def filled(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "channel": "phone",
        "acts": ["uncovered_dust"],
        "region": "990121100",
        "place": "镇小学北边的料场",
        "when_kind": "recurring",
        "story": STORY,
        "datum": "WGS-84",
        "contact": "nobody",
        "identity_level": "anonymous",
    }
    return {**fields, **changes}


def receipt_on(page: str) -> str:
    groups = re.findall(r'receipt-code">(\d{5})<', page)
    assert len(groups) == 8, page
    return " ".join(groups)


def test_a_call_is_written_down_sealed_and_gets_a_receipt_to_read_out(desk: Stage) -> None:
    client = signed_in_client(desk, "shenhe")

    answer = client.post("/hand-entry/", data=filled())
    code = receipt_on(answer.get_data(as_text=True))
    told = client.post("/hand-entry/look-up", data={"code": code})

    assert answer.status_code == 201
    assert told.status_code == 200
    assert "已收到" in told.get_data(as_text=True)


def test_a_letter_by_post_keeps_its_postmark_and_the_scan_of_its_envelope_sealed(desk: Stage) -> None:
    client = signed_in_client(desk, "shenhe")
    scan = (io.BytesIO(b"%PDF-1.4\n%envelope"), "信封.pdf")

    answer = client.post(
        "/hand-entry/", data=filled(channel="post", postmark_on="2026-11-18", files=scan), content_type="multipart/form-data"
    )

    assert answer.status_code == 201, answer.get_data(as_text=True)
    with desk.office.intake.reading() as session:
        (report,) = reports.waiting_reports(session)
    key = unsealing.opening_key(desk.office, "office")
    content = unsealing.unseal(desk.office, report, key=key, by="test", reason="test", at=clock.now())
    assert content.channel is Channel.POST
    assert content.paper is not None
    assert str(content.paper.postmark_on) == "2026-11-18"
    assert content.attachments[0].name == "信封.pdf"


def test_a_letter_without_its_postmark_is_asked_for_it_and_keeps_what_was_typed(desk: Stage) -> None:
    answer = signed_in_client(desk, "shenhe").post("/hand-entry/", data=filled(channel="post"))
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert "邮戳日期" in page
    assert STORY in page


def test_what_was_told_becomes_a_letter_like_any_other(desk: Stage) -> None:
    signed_in_client(desk, "shenhe").post("/hand-entry/", data=filled(channel="visit"))

    arrival.pull(desk.office, clock.now())

    with desk.office.office.reading() as session:
        letter = session.query(Letter).one()
        assert letter.channel is Channel.VISIT


def test_a_mistyped_code_names_its_group_and_an_unknown_one_is_not_found(desk: Stage) -> None:
    client = signed_in_client(desk, "shenhe")

    typo = client.post("/hand-entry/look-up", data={"code": "1" * 40})
    wrong_length = client.post("/hand-entry/look-up", data={"code": "123"})

    assert typo.status_code == 422
    assert "组有错" in typo.get_data(as_text=True)
    assert wrong_length.status_code == 422


def test_a_handling_unit_cannot_open_this_door(desk: Stage) -> None:
    assert signed_in_client(desk, "qingshi").get("/hand-entry/").status_code == 403


def test_the_screener_sees_a_clean_copy_and_takes_the_original_by_a_button_of_its_own(desk: Stage) -> None:
    client = signed_in_client(desk, "shenhe")
    photo = photo_with_position()
    client.post("/hand-entry/", data=filled(files=(io.BytesIO(photo), "料场.jpg")), content_type="multipart/form-data")
    arrival.pull(desk.office, clock.now())
    with desk.office.office.reading() as session:
        letter = session.query(Letter).one()
        letter_id = letter.id

    page = client.get(f"/screening/{letter_id}").get_data(as_text=True)
    found = re.search(rf'action="(/screening/{letter_id}/files/[^"]+)"', page)
    assert found, page
    copy = client.post(found.group(1), data={"which": "clean"})
    original = client.post(found.group(1), data={"which": "original"})

    assert copy.mimetype == "image/jpeg"
    assert b"SN-0000-0000" not in copy.get_data()
    assert original.get_data() == photo
    assert "attachment" in original.headers["Content-Disposition"]
