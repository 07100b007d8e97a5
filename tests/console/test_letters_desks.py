"""The desks of a letter over real requests: screening, queue, unit and review, with what each may not see."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from moderation.casework import arrival, assignment, batches, letter_lists, messages, status
from moderation.casework.letter_lists import is_barred
from moderation.casework.letters import Letter, LetterBatch, LetterEvent, LetterEvidence, LetterFinding, LetterMessage
from moderation.casework.machine import LetterState
from moderation.console import paging, reporter_messages
from moderation.custody import requests
from moderation.custody.tables import Purpose
from moderation.demo.stage import Stage
from moderation.publication import disclosures
from moderation.unsealing import make_keys, public_side_folder
from portal.core import clock, reports
from portal.core.clock import day_of
from portal.core.intake_keys import load_intake_keys
from portal.core.report_content import Identity, MessageKind, ReporterMessage
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import CONTENT, QINGSHI, STORY, SUMMARY, WORKING, Work

S = LetterState


@pytest.fixture
def desk(stage: Stage) -> Stage:
    make_keys(stage.office)
    return stage


def report(stage: Stage, **changes: object) -> str:
    """A report sent and pulled; the id of its letter."""
    keys = load_intake_keys(public_side_folder(stage.office))
    content = replace(CONTENT, **changes)  # type: ignore[arg-type]
    at = clock.now()
    sealed = reports.seal_report(content, Identity(), nonce=reports.new_nonce(), keys=keys, at=at)
    with stage.office.intake.transaction() as intake:
        reports.submit_report(intake, sealed, at=at)
    arrival.pull(stage.office, at)
    with stage.office.office.reading() as session:
        return session.scalars(select(Letter.id).where(Letter.report_id == sealed.id)).one()


def made(stage: Stage, how: str, *args: str, **changes: object) -> str:
    """A letter taken as far as ``how`` says; its id."""
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = clock.now()
        letter: Letter = getattr(work, how)(*args, **changes)
        return letter.id


def the(stage: Stage, letter_id: str) -> Letter:
    with stage.office.office.reading() as session:
        return session.get_one(Letter, letter_id)


def summary_form(stage: Stage, letter_id: str, **changes: object) -> dict[str, object]:
    return {
        "version": the(stage, letter_id).version, "summary": SUMMARY, "place": "东大路北段", "target": "宏达料场",
        "region_code": QINGSHI,
        "types": ["air"], "claims": "夜间扬尘\n未洒水", "track": "report", "severity": "1", "then": "accept", **changes,
    }  # fmt: skip


def test_the_screener_reads_the_original_marked_with_name_and_time_beside_the_summary(desk: Stage) -> None:
    letter_id = report(desk, story=f"{STORY}我叫王小明，电话13812345678。")
    page = signed_in_client(desk, "shenhe").get(f"/screening/{letter_id}").text

    assert STORY in re.sub(r"</?mark[^>]*>", "", page)
    assert "沈青禾" in page
    assert '<mark class="phone" title="手机号">13812345678</mark>' in page
    assert '<mark class="name" title="自报姓名">王小明</mark>' in page
    assert the(desk, letter_id).state is S.SCREENING


def test_a_plain_letter_is_accepted_as_it_is_suggested(desk: Stage) -> None:
    letter_id, following = report(desk), report(desk)
    client = signed_in_client(desk, "shenhe")
    page = client.get(f"/screening/{letter_id}").text
    suggested = re.search(r'<textarea id="summary"[^>]*>\s*([^<]+)</textarea>', page)
    assert suggested

    answer = client.post(f"/screening/{letter_id}", data=summary_form(desk, letter_id, summary=suggested.group(1)))

    assert answer.status_code == 303
    assert answer.location == f"/screening/{following}"
    assert the(desk, letter_id).state is S.ACCEPTED


def test_a_copied_summary_comes_back_with_what_was_typed(desk: Stage) -> None:
    letter_id = report(desk)
    client = signed_in_client(desk, "shenhe")
    client.get(f"/screening/{letter_id}")

    answer = client.post(
        f"/screening/{letter_id}", data=summary_form(desk, letter_id, summary=f"据称{STORY[:20]}", note="我写了很久")
    )

    assert answer.status_code == 422
    assert "12 个字与原文相同" in answer.text
    assert STORY[:20] in answer.text
    assert "我写了很久" in answer.text
    assert the(desk, letter_id).state is S.SCREENING


def test_duplicates_are_offered_with_the_reason(desk: Stage) -> None:
    first = report(desk)
    signed_in_client(desk, "shenhe").get(f"/screening/{first}")
    second = report(desk, story=f"{STORY}请管一管。")
    page = signed_in_client(desk, "shenhe").get(f"/screening/{second}").text

    assert "可能重复" in page
    assert "反映的是同一对象" in page
    assert "同一天收到" in page


def test_nobody_but_a_screener_opens_the_original(desk: Stage) -> None:
    letter_id = report(desk)
    for login in ("zuzhang", "zuyuan", "chengguan", "lingdao", "shenji", "guanli", "duban", "jiangli"):
        assert signed_in_client(desk, login).get(f"/screening/{letter_id}").status_code == 403


def test_a_barred_screener_gets_the_same_answer_as_for_a_letter_that_is_not_there(desk: Stage) -> None:
    letter_id = report(desk, must_not_know=("沈青禾",))
    client = signed_in_client(desk, "shenhe")

    barred, absent = client.get(f"/screening/{letter_id}"), client.get("/screening/0000000000000000")

    assert barred.status_code == absent.status_code == 404
    assert letter_id not in client.get("/screening").text
    assert letter_id in signed_in_client(desk, "shenhe2").get("/screening").text


def test_the_second_person_decides_in_the_daily_list(desk: Stage) -> None:
    letter_id = made(desk, "refusal_proposed")
    own = signed_in_client(desk, "shenhe").get("/screening/refusals").text
    assert "等另一位同事复核" in own
    assert 'value="agree"' not in own
    version = the(desk, letter_id).version

    by_herself = signed_in_client(desk, "shenhe").post(
        f"/screening/refusals/{letter_id}", data={"version": version, "decision": "agree"}
    )
    by_another = signed_in_client(desk, "shenhe2").post(
        f"/screening/refusals/{letter_id}", data={"version": version, "decision": "agree"}
    )

    assert by_herself.status_code == 409
    assert by_another.status_code == 303
    assert the(desk, letter_id).state is S.NOT_ACCEPTED


def test_the_queue_assigns_by_rule_and_says_why(desk: Stage) -> None:
    letter_id = made(desk, "accepted")
    client = signed_in_client(desk, "zuyuan")
    form = client.get(f"/letters/{letter_id}/acts/assign").text
    assert re.search(r'<option value="urban" selected>', form)
    assert "由城管部门牵头" in form

    client.post("/letters/assign", data={"letter": [letter_id]})

    page = client.get(f"/letters/{letter_id}").text
    assert the(desk, letter_id).unit_id == "urban"
    assert "为什么在这里" in page


def test_lists_filter_search_and_count(desk: Stage) -> None:
    air, other = made(desk, "accepted"), made(desk, "accepted", region_code="990121101")
    client = signed_in_client(desk, "zuyuan")

    assert {air, other} <= set(re.findall(r"/letters/([0-9a-z]{16})", client.get("/letters/to-assign").text))
    assert "没有符合条件" in client.get("/letters/to-assign?type=soil").text
    assert air in client.get("/letters/to-assign?q=夜间作业").text
    assert "没有符合条件" in client.get("/letters/to-assign?q=百分%").text
    with desk.office.office.reading() as session:
        assert letter_lists.count_in(session, (S.ACCEPTED,), desk.cast["zuyuan"]) == 2
    assert "<b>2</b>" in client.get("/letters/to-assign").text


def test_the_second_of_two_people_keeps_the_text_and_is_told(desk: Stage) -> None:
    letter_id = made(desk, "reported")
    version = the(desk, letter_id).version
    first, second = signed_in_client(desk, "zuzhang"), signed_in_client(desk, "zuyuan")
    first.post(f"/letters/{letter_id}/acts/send-back", data={"version": version, "text": "缺照片"})

    late = second.post(
        f"/letters/{letter_id}/acts/settle", data={"version": version, "text": "我写的审核意见", "reply": "已查处。"}
    )

    assert late.status_code == 409
    assert "已有新进展" in late.text
    assert "我写的审核意见" in late.text
    assert the(desk, letter_id).state is S.HANDLING


def test_a_unit_reads_the_slip_and_nothing_of_the_reporter(desk: Stage) -> None:
    letter_id = made(desk, "handling", must_not_know=("县水利局",))
    client = signed_in_client(desk, "chengguan")
    page, slip = client.get(f"/letters/{letter_id}").text, client.get(f"/letters/{letter_id}/slip").text
    docx = client.get(f"/letters/{letter_id}/slip.docx").data

    for text in (page, slip):
        assert SUMMARY in text
        for hidden in ("匿名", "须回避", "水利局", "网上举报", "初审中", STORY[:12], "宏达料场每天"):
            assert hidden not in text
    assert docx.startswith(b"PK")


def test_a_unit_cannot_open_another_units_letter(desk: Stage) -> None:
    letter_id = made(desk, "handling")
    other = signed_in_client(desk, "zhujian")

    for path in ("", "/slip", "/slip.docx", "/findings", "/acts/take-up", "/acts/return"):
        assert other.get(f"/letters/{letter_id}{path}").status_code == 404
    assert letter_id not in other.get("/unit/all").text


def test_a_unit_reports_findings_with_photos(desk: Stage) -> None:
    letter_id = made(desk, "handling")
    client = signed_in_client(desk, "chengguan")
    form = client.get(f"/letters/{letter_id}/findings").text
    claims = re.findall(r'name="verdict-([0-9a-z]+)"', form)
    assert len(claims) == 2
    data: dict[str, object] = {"version": the(desk, letter_id).version, "measure-fine": "20000"}
    for claim in claims:
        data |= {f"verdict-{claim}": "substantiated", f"finding-{claim}": "现场检查，料堆未覆盖，喷淋未开启。",
                 f"measures-{claim}": "责令当日覆盖。"}  # fmt: skip
    photo = (io.BytesIO(b"\xff\xd8\xff\xe0" + b"0" * 100), "整改后.jpg")

    before = (io.BytesIO(b"\xff\xd8\xff\xe0" + b"1" * 100), "整改前.jpg")
    record = (io.BytesIO(b"%PDF-1.4"), "检查记录.pdf")
    files = {"before": [before], "after": [photo], "file": [record], "role": "on_site"}

    answer = client.post(f"/letters/{letter_id}/findings", data={**data, **files}, content_type="multipart/form-data")

    assert answer.status_code == 303
    assert the(desk, letter_id).state is S.UNDER_REVIEW
    with desk.office.office.reading() as session:
        roles = {row.role.value: row.name for row in session.scalars(select(LetterEvidence))}
        assert roles == {"before": "整改前.jpg", "after": "整改后.jpg", "on_site": "检查记录.pdf"}
        file = session.scalars(select(LetterEvidence).where(LetterEvidence.name == "整改后.jpg")).one()
        assert session.scalars(select(LetterFinding.unit_id)).all() == ["urban", "urban"]
    shown = client.get(f"/letters/{letter_id}/evidence/{file.id}")
    assert shown.mimetype == "image/jpeg"
    assert signed_in_client(desk, "zhujian").get(f"/letters/{letter_id}/evidence/{file.id}").status_code == 404


def test_what_a_unit_ticked_on_the_spot_stands_in_the_history_and_is_no_check_of_the_groups(desk: Stage) -> None:
    letter_id = made(desk, "handling", working=replace(WORKING, key_letter=True))
    client = signed_in_client(desk, "chengguan")
    page = client.get(f"/letters/{letter_id}/findings").text
    assert "到场逐项核对" in page
    data: dict[str, object] = {"version": the(desk, letter_id).version, "item-seen": "yes", "item-stopped": "no"}

    short = client.post(f"/letters/{letter_id}/findings", data=data)
    assert short.status_code == 422
    assert re.search(r'name="item-seen"[^>]*value="yes"[^>]*checked', short.text)
    assert re.search(r"<details class=.on-site. open>", short.text)
    for claim in re.findall(r'name="verdict-([0-9a-z]+)"', page):
        data |= {f"verdict-{claim}": "substantiated", f"finding-{claim}": "现场检查，料堆未覆盖，喷淋未开启。",
                 f"measures-{claim}": "责令当日覆盖。"}  # fmt: skip
    assert client.post(f"/letters/{letter_id}/findings", data=data).status_code == 303

    said = "承办单位到场逐项核对：到了现场，看到了反映的地点：是；反映的行为已经停止：否"
    for login in ("chengguan", "zuzhang"):
        assert said in signed_in_client(desk, login).get(f"/letters/{letter_id}").text
    closing = {"version": the(desk, letter_id).version, "text": "属实", "reply": "您反映的扬尘已查处。"}
    refused = signed_in_client(desk, "zuzhang").post(f"/letters/{letter_id}/acts/settle", data=closing)
    assert refused.status_code == 409
    assert "重点件须由督办组现场核查" in refused.text


def test_an_incomplete_report_keeps_its_words_and_names_the_claim(desk: Stage) -> None:
    letter_id = made(desk, "handling")
    client = signed_in_client(desk, "chengguan")
    claims = re.findall(r'name="verdict-([0-9a-z]+)"', client.get(f"/letters/{letter_id}/findings").text)
    data = {"version": the(desk, letter_id).version, f"finding-{claims[0]}": "写到一半的核实情况"}

    answer = client.post(f"/letters/{letter_id}/findings", data=data)

    assert answer.status_code == 422
    assert "第 1 项还没有选结论" in answer.text
    assert "写到一半的核实情况" in answer.text


def test_acts_that_are_not_offered_are_refused(desk: Stage) -> None:
    letter_id = made(desk, "accepted")
    client = signed_in_client(desk, "zuyuan")

    answer = client.get(f"/letters/{letter_id}/acts/settle")

    assert answer.status_code == 409
    assert "已受理" in answer.text
    assert client.get(f"/letters/{letter_id}/acts/no-such-act").status_code == 404


def test_a_letter_handed_down_is_entered_with_its_number(desk: Stage) -> None:
    client = signed_in_client(desk, "zuyuan")
    form = {"upstream_number": "D3HA202611200017*", "origin": "province", "day": "2026-11-20", "region_code": QINGSHI,
            "types": ["air"], "summary": "群众反映料场扬尘", "claims": "料场扬尘", "severity": "1", "batch": "3"}  # fmt: skip

    wrong = client.post("/handed-down/new", data={**form, "day": "昨天"})
    answer = client.post("/handed-down/new", data=form)

    assert wrong.status_code == 422
    assert "2026-11-20 这样的日期" in wrong.text
    assert "群众反映料场扬尘" in wrong.text
    assert answer.status_code == 303
    assert "D3HA202611200017*" in client.get(answer.location).text


def test_a_letter_passed_to_discipline_leaves_every_other_desk(desk: Stage) -> None:
    letter_id = made(desk, "screened")
    version = the(desk, letter_id).version
    client = signed_in_client(desk, "shenhe")
    client.post(f"/letters/{letter_id}/acts/to-discipline", data={"version": version, "text": "反映干部失职"})

    assert client.get(f"/letters/{letter_id}").status_code == 404
    assert letter_id in signed_in_client(desk, "jijian").get("/letters/discipline").text
    assert letter_id not in signed_in_client(desk, "zuzhang").get("/letters").text


def test_hostile_words_are_printed_as_words(desk: Stage) -> None:
    hostile = "<script>alert(1)</script>{{7*7}}\u202e=cmd|' /C calc'!A0"
    letter_id = report(desk, story=f"{hostile}{STORY}", place=hostile, who=hostile)
    page = signed_in_client(desk, "shenhe").get(f"/screening/{letter_id}").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_history_of_every_desk_step_is_kept(desk: Stage) -> None:
    letter_id = made(desk, "settled")
    with desk.office.office.reading() as session:
        verbs = session.scalars(select(LetterEvent.verb).where(LetterEvent.letter_id == letter_id)).all()
    assert {"start_screening", "accept", "assign", "take_up", "report", "settle"} <= set(verbs)


def mail(stage: Stage, letter_id: str, kind: MessageKind, text: str, demanded: str = "") -> str:
    """A message of the reporter, sealed, sent and pulled; its id."""
    keys, at = load_intake_keys(public_side_folder(stage.office)), clock.now()
    report_id = the(stage, letter_id).report_id
    with stage.office.intake.transaction() as intake:
        row = intake.get_one(reports.Report, report_id)
        sealed = reports.seal_message(
            row, ReporterMessage("", kind, text, demanded=demanded), nonce=reports.new_nonce(), keys=keys, at=at
        )
        reports.post_message(intake, sealed, at=at)
    arrival.pull(stage.office, at)
    with stage.office.office.reading() as session:
        return session.scalars(select(LetterMessage.message_id).order_by(LetterMessage.position.desc())).first() or ""


def test_mail_of_reporters_is_opened_at_the_desk_and_marked_read(desk: Stage) -> None:
    letter_id = report(desk)
    message_id = mail(desk, letter_id, MessageKind.MESSAGE, "昨天夜里又开工了")
    client = signed_in_client(desk, "shenhe")
    assert "昨天夜里又开工了" not in client.get("/mail").text

    opened = client.post(f"/mail/{message_id}")

    assert "昨天夜里又开工了" in opened.text
    assert message_id not in client.get("/mail").text
    assert signed_in_client(desk, "chengguan").post(f"/mail/{message_id}").status_code == 403


@pytest.mark.parametrize(("kind", "demanded"), [(MessageKind.RETALIATION, ""), (MessageKind.WITHDRAWAL, "yes")])
def test_retaliation_goes_to_discipline_and_the_supervision_group_alone(desk: Stage, kind: MessageKind, demanded: str) -> None:
    letter_id = report(desk)
    message_id = mail(desk, letter_id, kind, "厂里的人找到我家", demanded)

    for login in ("shenhe", "zuzhang", "zuyuan"):
        client = signed_in_client(desk, login)
        assert message_id not in client.get("/mail").text
        assert message_id not in client.get(f"/letters/{letter_id}").text
        assert client.post(f"/mail/{message_id}").status_code == 404
    for login in ("jijian", "duban"):
        client = signed_in_client(desk, login)
        assert message_id in client.get("/retaliation").text
        assert "厂里的人找到我家" in client.post(f"/mail/{message_id}").text


def test_a_guardian_who_is_barred_reads_nothing_of_it(desk: Stage) -> None:
    letter_id = report(desk, must_not_know=("柏守正",))
    message_id = mail(desk, letter_id, MessageKind.RETALIATION, "厂里的人找到我家")
    client = signed_in_client(desk, "jijian")

    assert message_id not in client.get("/retaliation").text
    assert client.post(f"/mail/{message_id}").status_code == 404


def test_the_publicity_clerk_drafts_the_table_of_a_batch(desk: Stage) -> None:
    made(desk, "settled")
    client = signed_in_client(desk, "nigao")
    page = client.get("/batches").text
    batch_id = re.search(r"/batches/([0-9a-z]+)/draft", page)
    assert batch_id

    answer = client.post(f"/batches/{batch_id.group(1)}/draft")

    assert answer.status_code == 303
    assert "信访件办理情况" in client.get(answer.location).text
    assert not re.search(r"/batches/\w+/draft", signed_in_client(desk, "zuzhang").get("/batches").text)


def test_the_screener_may_name_another_act_and_the_rules_follow(desk: Stage) -> None:
    letter_id = report(desk)
    client = signed_in_client(desk, "shenhe")
    client.get(f"/screening/{letter_id}")
    client.post(f"/screening/{letter_id}", data=summary_form(desk, letter_id, act="livestock_waste"))

    form = signed_in_client(desk, "zuyuan").get(f"/letters/{letter_id}/acts/assign").text

    assert re.search(r'<option value="farming" selected>', form)


def test_words_about_an_official_point_to_the_discipline_channel(desk: Stage) -> None:
    letter_id = report(desk, story=f"{STORY}有人通风报信。")
    page = signed_in_client(desk, "shenhe").get(f"/screening/{letter_id}").text

    assert "原文提到“通风报信”" in page


def test_a_letter_settled_for_now_leads_to_its_rectification_task(desk: Stage) -> None:
    letter_id = made(desk, "reported")
    client = signed_in_client(desk, "zuzhang")
    version = the(desk, letter_id).version
    client.post(
        f"/letters/{letter_id}/acts/settle-for-now", data={"version": version, "text": "继续整改", "reply": "已查处，还在整改。"}
    )
    page = client.get(f"/letters/{letter_id}").text

    task = re.search(r"/rectification-tasks/(xf-\d{4}-001)", page)
    assert task
    assert SUMMARY in signed_in_client(desk, "zhenggai").get(f"/rectification-tasks/{task.group(1)}").text


def test_the_daily_list_counts_all_that_wait_for_this_person_and_shows_the_first_due(desk: Stage) -> None:
    with desk.office.office.transaction() as session:
        work = Work(desk, session)
        for _number in range(53):
            work.refusal_proposed()
    second, first = signed_in_client(desk, "shenhe2"), signed_in_client(desk, "shenhe")
    page = second.get("/screening/refusals").text

    assert '<b class="num">53</b>' in page
    assert page.count('value="agree"') == 50
    assert "先列最早到期的 50 件" in page
    assert re.search(r"不予受理、转送复核</span><b>53</b>", page)
    assert re.search(r"不予受理、转送复核</span><b>0</b>", first.get("/").text)


def test_mail_and_questions_are_counted_whole_when_only_the_first_are_shown(desk: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (paging, reporter_messages):
        monkeypatch.setattr(place, "PAGE", 3)
    monkeypatch.setattr(requests, "MOST", 3)
    with desk.office.office.transaction() as session:
        work = Work(desk, session)
        for number in range(5):
            letter = work.accepted()
            sent = ReporterMessage("", MessageKind.MESSAGE, "")
            messages.take_message(session, letter, f"m{number}", day_of(work.at), sent, at=work.at)
            requests.ask(session, letter, purpose=Purpose.VERIFY, reason="须当面核对取证地点", by=work.who("zuyuan"), at=work.at)
    mail, asked = (
        signed_in_client(desk, "zuzhang").get("/mail").text,
        signed_in_client(desk, "baoguan").get("/identity-requests").text,
    )

    assert '<b class="num">5</b>' in mail
    assert mail.count("打开来信（记入审计日志）") == 3
    assert 'href="/mail?page=2"' in mail
    assert '<b class="num">5</b>' in asked
    assert "查看身份待决定</span><b" in asked
    assert re.search(r"查看身份待决定</span><b[^>]*>5</b>", asked)


def test_a_reviewer_who_must_not_know_of_a_letter_does_not_meet_it_in_the_drafted_table(desk: Stage) -> None:
    with desk.office.office.transaction() as session:
        work = Work(desk, session)
        letter = work.settled(must_not_know=(work.who("shengao1").name,))
        batch = session.get_one(LetterBatch, letter.batch_id)
        draft = batches.draft_batch(session, batch, by=work.who("nigao"), at=work.at)
        disclosures.take_step(session, draft, "hand_in", by=work.who("nigao"), at=work.at)
        disclosures.answer_checklist(
            session, draft, {question.id: "none" for question in disclosures.CHECKLIST}, by=work.who("nigao"), at=work.at
        )
        disclosures.take_step(session, draft, "redacted", by=work.who("nigao"), at=work.at)
        identity = draft.id
    barred, other = signed_in_client(desk, "shengao1"), signed_in_client(desk, "shengao2")

    for tab in ("mine", "review"):
        assert identity not in barred.get(f"/publication/?tab={tab}").text
        assert identity in other.get(f"/publication/?tab={tab}").text
    assert re.search(r"公开稿</span><b[^>]*>0</b>", barred.get("/").text)
    absent = barred.get("/publication/there-is-none")
    there = barred.get(f"/publication/{identity}")
    assert (there.status_code, absent.status_code) == (404, 404)
    assert other.get(f"/publication/{identity}").status_code == 200


def test_whom_the_screener_finds_must_not_know_neither_sees_nor_gets_the_letter(desk: Stage) -> None:
    letter_id = made(desk, "screened")
    client = signed_in_client(desk, "shenhe")
    form = {"who": "unit:urban", "text": "摘要里说的车队归它管"}

    page = client.get(f"/letters/{letter_id}/acts/enter-bar").text
    entered = client.post(f"/letters/{letter_id}/acts/enter-bar", data=form | {"version": the(desk, letter_id).version})

    assert "谁不能知道" in page
    assert entered.status_code == 303
    with desk.office.office.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert "urban" not in {unit.id for unit in assignment.may_handle(session, letter)}
        assert is_barred(session, letter_id, desk.cast["chengguan"])
    nobody = client.post(
        f"/letters/{letter_id}/acts/enter-bar", data={"who": "", "text": "x", "version": the(desk, letter_id).version}
    )
    assert nobody.status_code == 422
    everybody = {"who": "unit:office", "text": "都不能知道", "version": the(desk, letter_id).version}
    assert client.post(f"/letters/{letter_id}/acts/enter-bar", data=everybody).status_code == 409
    assert client.get(f"/letters/{letter_id}").status_code == 200


@pytest.mark.parametrize("how", ["screened", "accepted", "assigned", "handling"])
def test_staff_and_reporter_read_the_same_sum_of_a_deadline(desk: Stage, how: str) -> None:
    letter_id = made(desk, how)
    with desk.office.office.reading() as session:
        told = status.snapshot(session, session.get_one(Letter, letter_id), at=clock.now()).next_dates
    page = html.unescape(signed_in_client(desk, "shenhe").get(f"/letters/{letter_id}").text)

    assert told
    for line in told:
        arithmetic, clause = line.computed.removesuffix("）").split("（", 1)
        assert f"{arithmetic}。{clause}" in page
        assert f'datetime="{line.on}"' in page
