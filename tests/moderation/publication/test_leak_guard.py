"""What would give a person away is stopped before it is public, and the writer learns nothing but where to look."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import outbox
from moderation.demo.stage import Stage
from moderation.office import Office
from moderation.publication import disclosures, exceptions, leak_guard, wording
from moderation.publication.disclosures import Disclosure
from moderation.publication.leak_guard import MESSAGE, check, findings
from moderation.settings import change_setting
from portal.core.errors import Mendable, Refusal
from portal.core.report_content import Identity
from portal.core.vocabulary import RecordKind
from tests.conftest import NOON
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import Work
from tests.moderation.publication.test_disclosures import CALENDAR, FIELDS, LI, NONE_FOUND, QIAN, SUN, WU, drafted, signed

PHONE = "13912345678"


def _fields(**more: Any) -> dict[str, Any]:
    return {**FIELDS, **more}


@pytest.mark.parametrize(
    "words",
    [
        "请打 13912345678", "１３９１２３４５６７８", "139 1234 5678", "139-1234-5678", "1\u200b3912345678",
        "身份证 11010519491231002X",
        "豫A12345 渣土车", "联系人：张三丰", "李老板的厂", "3号楼2单元501室",
    ],
)  # fmt: skip
def test_personal_data_is_found_however_it_is_written(words: str) -> None:
    assert findings(_fields(summary=words))


@pytest.mark.parametrize(
    "words",
    [
        "2026年11月20日前完成 66 台锅炉",
        "云环督〔2026〕3号",
        "青石镇镇长牵头",
        "县委书记和镇长共同负责",
        "党支部书记签字",
        "PM2.5 为 37 微克",
        "统一社会信用代码已核",
        "石料厂长期露天堆放",
    ],
)
def test_ordinary_official_words_pass(words: str) -> None:
    assert not findings(_fields(summary=words))


def _in_block(**block: Any) -> dict[str, Any]:
    return _fields(sections=[{"anchor": "a", "heading": "经过", "blocks": [block]}])


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        (_in_block(prose=f"电话 {PHONE}"), "sections.0.blocks.0.prose"),
        (_in_block(file="x", alt=f"电话 {PHONE}"), "sections.0.blocks.0.alt"),
        (_in_block(header=["电话"], rows=[[PHONE]]), "sections.0.blocks.0.rows.0.0"),
        (_fields(attachments=[{"file": "x", "label": f"{PHONE}.pdf", "size": 1}]), "attachments.0.label"),
    ],
)
def test_the_place_is_named_wherever_it_hides(fields: dict[str, Any], where: str) -> None:
    assert where in {finding.field for finding in findings(fields)}


@given(st.integers(10**8, 10**9 - 1), st.sampled_from(["", " ", "-"]), st.text(st.sampled_from("的了在，。 ")), st.booleans())
def test_no_mobile_number_slips_through(rest: int, gap: str, around: str, wide: bool) -> None:
    number = f"13{rest}"
    number = number[:3] + gap + number[3:7] + gap + number[7:]
    if wide:
        number = number.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})

    assert findings(_fields(summary=f"{around}{number}{around}"))


def test_a_listed_name_may_stand_and_a_listed_phone_may_not() -> None:
    assert not findings(_fields(summary="张三丰局长"), persons=frozenset({"张三丰"}))
    assert findings(_fields(summary=PHONE), persons=frozenset({PHONE}))


def test_a_held_text_does_not_reach_review(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = disclosures.draft(session, kind=RecordKind.NOTICE, fields=_fields(summary=PHONE), calendar=CALENDAR, by=LI, at=NOON)
        disclosures.answer_checklist(session, made, NONE_FOUND, by=LI, at=NOON)
        leak_guard.check(session, made, at=NOON)
        disclosures.take_step(session, made, "hand_in", by=LI, at=NOON)

        with pytest.raises(Refusal) as refused:
            disclosures.take_step(session, made, "redacted", by=LI, at=NOON)

    assert refused.value.reason == MESSAGE


def _compared(stage: Stage, summary: str) -> Disclosure:
    """A signed text about a named reporter's letter, after the worker has compared it."""
    named = Identity(name="欧阳静好", phone=PHONE)
    with stage.office.office.transaction() as session:
        letter = Work(stage, session).arrived(identity=named)
        made = drafted(session)
        disclosures.edit(session, made, _fields(summary=summary), seen=made.version, by=LI, at=NOON)
        leak_guard.link_letter(session, made, letter.id)
        signed(session, made)
        made.compared_version = 0
    leak_guard.compare_with_sealed(stage.office, NOON)
    return made


def test_a_sealed_name_is_stopped_at_signing_and_only_custodian_and_auditor_are_told(stage: Stage) -> None:
    made = _compared(stage, "感谢欧阳静好的举报")

    with stage.office.office.reading() as session:
        assert session.get_one(Disclosure, made.id).leak_notice == MESSAGE
        assert [notice.sentence for notice in outbox.unread(session, stage.cast["baoguan"])] == ["leak_stopped"]
        assert [notice.sentence for notice in outbox.unread(session, stage.cast["shenji"])] == ["leak_stopped"]
        assert "leak_stopped" not in {notice.sentence for notice in outbox.unread(session, LI)}
    with stage.office.office.transaction() as session, pytest.raises(Refusal, match="不能公开"):
        disclosures.publish(session, session.get_one(Disclosure, made.id), by=SUN, at=NOON)


def test_a_sealed_name_in_letters_is_stopped_with_the_same_message(stage: Stage) -> None:
    made = _compared(stage, "Thanks to OUYANG Jing-hao。")

    with stage.office.office.reading() as session:
        assert session.get_one(Disclosure, made.id).leak_notice == MESSAGE
        assert leak_guard.hits(session, made) == 1


def test_a_new_look_at_the_draft_does_not_free_what_the_worker_stopped(stage: Stage) -> None:
    """Answering the checklist, or an exception for other words, looks through the draft again; the worker does so as well."""
    made = _compared(stage, "感谢欧阳静好的举报")
    with stage.office.office.transaction() as session:
        check(session, session.get_one(Disclosure, made.id), at=NOON)

    with stage.office.office.transaction() as session, pytest.raises(Refusal, match="最后核对"):
        disclosures.publish(session, session.get_one(Disclosure, made.id), by=SUN, at=NOON)
    leak_guard.compare_with_sealed(stage.office, NOON)

    with stage.office.office.transaction() as session, pytest.raises(Refusal, match="不能公开"):
        disclosures.publish(session, session.get_one(Disclosure, made.id), by=SUN, at=NOON)
    with stage.office.office.reading() as session:
        assert leak_guard.hits(session, session.get_one(Disclosure, made.id)) == 2


def test_a_grave_form_holds_the_text_until_it_is_mended_or_two_people_let_it_stand(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        change_setting(
            session, wording.OWN, wording.typed_forms("云岭县政府办｜云岭县人民政府办公室｜规范简称｜严重"), by=LI, at=NOON
        )
        made = drafted(session)
        disclosures.edit(session, made, _fields(summary="云岭县政府办已派员到场"), seen=made.version, by=LI, at=NOON)
        assert [finding.field for finding in check(session, made, at=NOON)] == ["summary"]
        assert made.leak_notice == MESSAGE

        asked = exceptions.ask(session, made, "云岭县政府办", "引自原文件", by=LI, at=NOON)
        exceptions.grant(session, asked, by=WU, at=NOON)

        assert made.leak_notice == ""


@pytest.mark.parametrize("line", ["只有一个", "错", "错误｜正确", "错误｜正确｜理由｜很严重", "错误｜正确｜理由｜严重｜多"])
def test_a_line_of_the_word_list_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(Mendable, match="第 2 行"):
        wording.typed_forms(f"甲乙｜丙丁｜理由\n{line}")


def test_a_text_that_names_nobody_is_freed_for_publication(stage: Stage) -> None:
    made = _compared(stage, "举报属实，已经整改")

    with stage.office.office.transaction() as session:
        disclosures.publish(session, session.get_one(Disclosure, made.id), by=SUN, at=NOON)


def test_a_signed_text_is_not_published_before_the_worker_compared_it(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = signed(session)
        made.compared_version = 0
        with pytest.raises(Refusal, match="最后核对"):
            disclosures.publish(session, made, by=SUN, at=NOON)


def test_one_held_row_of_a_batch_waits_and_the_others_go(empty_office: Office) -> None:
    rows = [{"problem": "料场扬尘"}, {"problem": f"请回电 {PHONE}"}, {"problem": "沟渠黑水"}]
    with empty_office.office.transaction() as session:
        fields = _fields(letters=rows)
        made = disclosures.draft(session, kind=RecordKind.LETTER_BATCH, fields=fields, calendar=CALENDAR, by=LI, at=NOON)
        disclosures.answer_checklist(session, made, NONE_FOUND, by=LI, at=NOON)
        leak_guard.check(session, made, at=NOON)
        signed(session, made)

        item = disclosures.publish(session, made, by=SUN, at=NOON)

    assert "料场扬尘" in item.record
    assert "沟渠黑水" in item.record
    assert PHONE not in item.record
    assert PHONE in made.draft


# ---- a sealed identity, half-sentence by half-sentence ----

SEALED = "雾里看花"
"""What the reporter wrote as another contact: no rule of the desk knows it."""


def _about_a_sealed_letter(stage: Stage, *, linked: bool, sign: bool) -> Disclosure:
    with stage.office.office.transaction() as session:
        letter = Work(stage, session).arrived(identity=Identity(name="", phone="", other_contact=SEALED))
        made = drafted(session)
        disclosures.edit(session, made, _fields(summary=f"感谢{SEALED}。"), seen=made.version, by=LI, at=NOON)
        if linked:
            leak_guard.link_letter(session, made, letter.id)
        assert check(session, made, at=NOON) == []
        if sign:
            signed(session, made)
            made.compared_version = 0
    leak_guard.compare_with_sealed(stage.office, NOON)
    return made


@pytest.mark.parametrize(("linked", "sign", "notice"), [(True, True, MESSAGE), (False, True, ""), (True, False, "")])
def test_sealed_words_are_compared_by_the_worker_alone_once_signed_and_with_linked_letters_alone(
    stage: Stage, linked: bool, sign: bool, notice: str
) -> None:
    made = _about_a_sealed_letter(stage, linked=linked, sign=sign)

    with stage.office.office.reading() as session:
        assert session.get_one(Disclosure, made.id).leak_notice == notice
        assert leak_guard.hits(session, made) == (1 if notice else 0)


def test_the_writer_sees_the_usual_message_and_no_place_and_each_try_is_counted_for_custodian_and_auditor(stage: Stage) -> None:
    made = _about_a_sealed_letter(stage, linked=True, sign=True)
    for _again in range(2):
        with stage.office.office.transaction() as session:
            found = session.get_one(Disclosure, made.id)
            disclosures.take_step(session, found, "send_back", by=QIAN, at=NOON, text="再改")
            disclosures.edit(
                session, found, _fields(summary=f"再次感谢{SEALED}！" + "。" * found.version), seen=found.version, by=LI, at=NOON
            )
            disclosures.answer_checklist(session, found, NONE_FOUND, by=LI, at=NOON)
            check(session, found, at=NOON)
            signed(session, found)
            found.compared_version = 0
        leak_guard.compare_with_sealed(stage.office, NOON)

    page = signed_in_client(stage, "nigao").get(f"/publication/{made.id}").text
    assert MESSAGE in page
    assert "不能公开的地方" not in page
    assert "<mark>" not in page
    with stage.office.office.reading() as session:
        for login in ("baoguan", "shenji"):
            numbers = {notice.number for notice in outbox.unread(session, stage.cast[login]) if notice.sentence == "leak_stopped"}
            assert numbers == {f"{made.id}（第 {tries} 次）" for tries in (1, 2, 3)}
        for login in ("nigao", "shengao1", "qianfa", "fabu"):
            assert "leak_stopped" not in {notice.sentence for notice in outbox.unread(session, stage.cast[login])}
