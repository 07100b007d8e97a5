"""With the receipt: the state, letters both ways, and every right the reporter has."""

from __future__ import annotations

import io
from datetime import date

import pytest

from moderation import unsealing
from moderation.custody import retention
from moderation.office import Office
from portal.core import clock, reports
from portal.core.outgoing import (
    HistoryLine,
    IdentityOpening,
    NextDate,
    OfficeMessage,
    PublishedResult,
    RewardStatus,
    StatusSnapshot,
)
from portal.core.report_content import MessageKind, ReporterMessage
from portal.core.reports import Report
from portal.intake.context import Intake
from tests.intake.conftest import Page, Visitor

SNAPSHOT = StatusSnapshot(
    as_of=date(2026, 11, 24),
    state="正在核查",
    explained="承办单位正在现场核查。",
    next_step="承办单位报告结果。",
    number="云信〔2026〕14号",
    next_dates=(NextDate("办结期限", date(2026, 12, 15), "受理日 + 15 个工作日", provisional=True),),
    history=(HistoryLine(date(2026, 11, 21), "信访督办组已受理。"),),
    openings=(IdentityOpening(date(2026, 11, 22), "身份保管员", "核对联系方式"),),
    reward=RewardStatus("拟奖励 50 元，等您领取。", 50, "第五条", may_collect=True, may_decline=True, id="rw1"),
    published=(PublishedResult("第 14 批办理情况", "/records/letter-batch/b14/"),),
    may_withdraw=True,
    may_evaluate=True,
)


def report_of(desk: Intake) -> Report:
    with desk.register.reading() as session:
        (report,) = reports.waiting_reports(session)
    return report


def told(desk: Intake, **changes: object) -> None:
    """The worker tells the receipt how things stand."""
    from dataclasses import replace

    with desk.register.transaction() as session:
        assert reports.put_status(session, report_of(desk).id, replace(SNAPSHOT, **changes))  # type: ignore[arg-type]


def said(office: Office, desk: Intake) -> list[ReporterMessage]:
    """What the office reads of the reporter's letters."""
    with desk.register.transaction() as session:
        reports.mark_taken(session, session.query(Report).one())
    with desk.register.reading() as session:
        waiting = reports.waiting_messages(session)
    key = unsealing.opening_key(office, "office")
    return [unsealing.unseal_message(office, each, key=key, by="t", reason="t", at=clock.now()) for each in waiting]


def act(visitor: Visitor, code: str, do: str, **more: object) -> Page:
    return visitor.post("/r/c/", {"code": code, "do": do, "f": visitor.token(), **more})


@pytest.fixture
def code(visitor: Visitor) -> str:
    return visitor.send().code()


def test_the_state_is_told_in_plain_words_with_its_dates_and_how_they_were_computed(
    visitor: Visitor, desk: Intake, code: str
) -> None:
    told(desk)

    page = visitor.post("/r/c/", {"code": code})

    for words in ("正在核查", "承办单位正在现场核查。", "云信〔2026〕14号", "2026年12月15日", "受理日 + 15 个工作日", "暂定",
                  "信访督办组已受理。", "身份保管员", "核对联系方式", "拟奖励 50 元", "/records/letter-batch/b14/"):  # fmt: skip
        assert words in page.text, words


def test_letters_go_both_ways_with_files(visitor: Visitor, desk: Intake, office: Office, code: str) -> None:
    photo = b"\xff\xd8\xff" + bytes(500)

    page = act(visitor, code, "supplement", text="昨晚又运了三车。", files=(io.BytesIO(photo), "新.jpg"))
    with desk.register.transaction() as session:
        reports.put_reply(session, report_of(desk).id, OfficeMessage(date(2026, 11, 24), "请补充时间。"), reference="r1")
    box = visitor.post("/r/c/", {"code": code})

    assert page.status == 201
    assert "昨晚又运了三车。" in box.text
    assert "请补充时间。" in box.text
    (message,) = said(office, desk)
    assert message.kind is MessageKind.SUPPLEMENT
    file_id = message.attachments[0].id
    sent_back = visitor.post("/r/c/a", {"code": code, "file": file_id})
    assert sent_back.response.get_data() == photo
    assert "attachment" in sent_back.response.headers["Content-Disposition"]


def test_a_reply_told_twice_is_shown_once(visitor: Visitor, desk: Intake, code: str) -> None:
    for _ in range(2):
        with desk.register.transaction() as session:
            reports.put_reply(session, report_of(desk).id, OfficeMessage(date(2026, 11, 24), "只说一次。"), reference="r1")

    assert visitor.post("/r/c/", {"code": code}).text.count("只说一次。") == 1


def test_the_same_letter_sent_twice_is_kept_once(visitor: Visitor, desk: Intake, office: Office, code: str) -> None:
    data = {"code": code, "do": "message", "f": visitor.token(), "text": "在吗？"}
    visitor.post("/r/c/", data)
    visitor.post("/r/c/", data)

    assert len(said(office, desk)) == 1


def test_retaliation_and_satisfaction_reach_the_office_as_what_they_are(
    visitor: Visitor, desk: Intake, office: Office, code: str
) -> None:
    told(desk)
    warned = act(visitor, code, "retaliation", text="有人来家里威胁。")
    act(visitor, code, "satisfaction", score="2", text="没有改")
    act(visitor, code, "reward_claim", reward="rw1", collection="到窗口")

    kinds = {message.kind: message for message in said(office, desk)}
    assert "110" in warned.text
    assert kinds[MessageKind.RETALIATION].text == "有人来家里威胁。"
    assert kinds[MessageKind.SATISFACTION].score == 2
    assert kinds[MessageKind.REWARD_CLAIM].reference == "rw1"


@pytest.mark.parametrize("score", ["", "0", "6", "五", "1e9"])
def test_a_score_nobody_offered_is_asked_again(visitor: Visitor, code: str, score: str) -> None:
    assert act(visitor, code, "satisfaction", score=score).status == 422


def test_an_empty_letter_is_not_sent(visitor: Visitor, code: str, desk: Intake, office: Office) -> None:
    assert act(visitor, code, "message", text="  \u200b ").status == 422
    assert said(office, desk) == []


def test_withdrawing_asks_whether_somebody_demanded_it_and_ends_the_receipt(
    visitor: Visitor, desk: Intake, office: Office, code: str
) -> None:
    unsure = act(visitor, code, "withdraw", demanded="yes")
    done = act(visitor, code, "withdraw", demanded="yes", sure="y", text="有人找我")

    assert unsure.status == 422
    assert done.status == 200
    assert visitor.post("/r/c/", {"code": code}).status == 404
    (message,) = said(office, desk)
    assert message.kind is MessageKind.WITHDRAWAL
    assert message.demanded == "yes"


def test_an_old_page_keeps_the_text_and_asks_once_more(visitor: Visitor, code: str) -> None:
    page = visitor.post("/r/c/", {"code": code, "do": "message", "f": visitor.token(minutes_ago=60 * 13), "text": "写了很久"})

    assert page.status == 422
    assert "写了很久" in page.text


def test_a_file_of_somebody_else_is_not_there(visitor: Visitor, code: str) -> None:
    for name in ("", "../../keys/office.key", "0" * 26, "/etc/passwd"):
        assert visitor.post("/r/c/a", {"code": code, "file": name}).status == 404


def test_a_typing_slip_names_the_group_and_keeps_what_was_typed(visitor: Visitor, code: str) -> None:
    groups = code.split()
    groups[2] = f"{(int(groups[2]) + 1) % 100_000:05d}"

    page = visitor.post("/r/c/", {"code": " ".join(groups)})

    assert page.status == 422
    assert "第 3 组有错" in page.text
    assert " ".join(groups) in page.text


def test_the_printable_page_has_a_code_for_the_eye_and_for_a_camera_but_no_address(visitor: Visitor, code: str) -> None:
    page = visitor.post("/r/c/p", {"code": code})

    assert page.status == 200
    assert 'src="data:image/png;base64,' in page.text
    assert "disclosure-receipt-1" in page.text
    assert code.split(maxsplit=1)[0] in page.text


def test_after_the_original_was_destroyed_the_receipt_still_opens_and_says_so(
    visitor: Visitor, office: Office, desk: Intake, code: str
) -> None:
    told(desk)
    act(visitor, code, "supplement", text="昨晚又排了一次")
    with desk.register.transaction() as session:
        report_id = session.query(Report).one().id
        reports.put_reply(session, report_id, OfficeMessage(date(2026, 11, 25), "请放心"), reference="r1")
    assert 'id="destroyed"' not in visitor.post("/r/c/", {"code": code}).text

    retention.DESTROY["original"](office, report_id)
    page = visitor.post("/r/c/", {"code": code})

    assert page.status == 200
    assert "已经按规定销毁" in page.text
    assert "正在核查" in page.text
    assert "昨晚又排了一次" not in page.text
    after = act(visitor, code, "supplement", text="又有新的情况了")
    assert after.status == 201
    assert "又有新的情况了" in visitor.post("/r/c/", {"code": code}).text
