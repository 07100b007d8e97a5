"""What a person is told before sending: the reward, what may give the writer away, where else to turn, what is already public."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from moderation import unsealing
from moderation.office import Office
from portal.core import clock, reports
from portal.core.public_settings import read_public_settings, write_public_settings
from portal.core.questions import questions_on
from portal.core.report_content import ContactPermission, ReportContent
from portal.core.reward_schedule_reader import shipped_schedules
from portal.core.vocabulary import IdentityLevel, PollutionType
from portal.intake.slips import slips
from tests.intake.conftest import Visitor


def publish(office: Office, **changes: object) -> None:
    """A published case, as the press lays it out."""
    record = {
        "id": "pg-2026-001",
        "kind": "exposure",
        "title": "青石镇某料场装卸扬尘未遮盖，被责令改正",
        "summary": "料场夜里装卸不盖篷布，灰飘到小学。",
        "region": {"code": "411900001", "name": "青石镇"},
        "published_on": "2026-11-01",
        "state": "published",
        **changes,
    }
    folder = office.data / "records" / "exposure"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{record['id']}.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")


def test_the_reward_is_shown_with_its_clause(visitor: Visitor) -> None:
    page = visitor.post("/r/", visitor.filled())

    assert "查实" in page.text
    assert "50 元" in page.text
    assert "依据" in page.text


def test_names_and_numbers_typed_by_mistake_are_pointed_out(visitor: Visitor) -> None:
    page = visitor.post("/r/", visitor.filled(story="我叫王小明，电话１３８００１３８０００，夜里装卸。"))

    assert 'id="slips"' in page.text
    assert "13800138000" in page.text
    assert "我叫王小明" in page.text


def test_an_official_s_conduct_is_pointed_to_discipline_and_can_still_be_sent(visitor: Visitor) -> None:
    page = visitor.post("/r/", visitor.filled(stops=["official_conduct"]))

    assert "12388" in page.text
    assert "发送" in page.text
    assert visitor.send(stops=["official_conduct"]).status == 201


def test_a_similar_published_case_is_offered_for_a_supplement(visitor: Visitor, office: Office) -> None:
    publish(office)

    page = visitor.post("/r/", visitor.filled())

    assert "/records/exposure/pg-2026-001/" in page.text
    assert "补充线索" in page.text


@pytest.mark.parametrize(
    "changes",
    [{"state": "withdrawn"}, {"region": {"code": "411900002", "name": "柳河乡"}, "title": "柳河乡料场", "summary": ""}],
    ids=["withdrawn", "another town"],
)
def test_what_is_withdrawn_or_elsewhere_is_not_offered(visitor: Visitor, office: Office, changes: dict[str, object]) -> None:
    publish(office, **changes)

    assert "pg-2026-001" not in visitor.post("/r/", visitor.filled()).text


@pytest.mark.parametrize("text", ["工地离学校200米", "3月1日到5日", "编号13800", "夜里11点到2点", "我是看见的"])
def test_ordinary_words_are_no_slip(text: str) -> None:
    assert slips(text) == ()


def test_an_identity_number_is_pointed_out_only_when_its_check_digit_fits() -> None:
    assert slips("身份证11010519491231002X") == ("11010519491231002X",)
    assert slips("单号110105194912310021") == ()


# ---- what the form asks, and what it promises ----


def opened(office: Office) -> ReportContent:
    with office.intake.reading() as session:
        (report,) = reports.waiting_reports(session)
    key = unsealing.opening_key(office, "office")
    return unsealing.unseal(office, report, key=key, by="t", reason="t", at=clock.now())


def test_acts_are_in_everyday_words_and_one_letter_may_tell_of_several_kinds_of_pollution(visitor: Visitor, office: Office) -> None:
    form = visitor.get("/r/").text
    assert "烟囱冒黑烟" in form
    assert "无组织排放" not in form

    visitor.send(acts=["mine_or_dump_dust", "livestock_waste", "construction_noise"])

    assert [kind.value for kind in opened(office).pollution_types] == [
        kind.value for kind in PollutionType if kind.value in {"air", "ecology", "water", "noise"}
    ]


def test_only_questions_that_fit_are_asked_and_only_answers_that_were_offered_are_kept(visitor: Visitor, office: Office) -> None:
    preview = visitor.post("/r/", visitor.filled(acts=["construction_noise"]))
    data: dict[str, list[str]] = {"go": ["send"], "q-noise_hours": ["整夜"], "q-smell": ["粪臭"], "q-nothing": ["x"]}
    for name, value in preview.hidden():
        data.setdefault(name, []).append(value)
    assert 'name="q-noise_hours"' in preview.text
    assert 'name="q-smell"' not in preview.text

    assert visitor.post("/r/", data).status == 201

    content = opened(office)
    assert [(answer.question, answer.answer) for answer in content.answers] == [("noise_hours", "整夜")]
    assert content.questions_version == questions_on(clock.day_of(clock.now())).version


def test_nobody_may_phone_unless_the_reporter_says_so(visitor: Visitor, office: Office) -> None:
    form = visitor.get("/r/").text
    checked = re.findall(r'name="contact" value="(\w+)" checked', form)
    data = visitor.filled(go="send")
    del data["contact"], data["identity_level"]

    assert checked == ["nobody"]
    assert visitor.post("/r/", data).status == 201
    content = opened(office)
    assert content.contact is ContactPermission.NOBODY
    assert content.identity_level is IdentityLevel.ANONYMOUS
    assert content.must_not_know == ("村主任某某", "青石镇环保所")


def test_whether_an_unnamed_reporter_can_collect_is_told_before_sending_and_kept(visitor: Visitor, office: Office) -> None:
    preview = visitor.post("/r/", visitor.filled())
    shown = re.search(r'<div class="notice" id="reward">.*?<p>(.*?)</p><p class="meta">(.*?)</p>', preview.text, re.DOTALL)
    assert shown
    visitor.send()

    (kept,) = opened(office).reward_shown
    assert kept.text == unescape(shown.group(1))
    assert "不留姓名" in kept.text
    assert kept.clause in unescape(shown.group(2))


def test_a_reward_that_is_not_confirmed_says_so_beside_its_clause(visitor: Visitor, office: Office) -> None:
    real = next(each for each in shipped_schedules() if not each.invented)
    settings = read_public_settings(office.public_settings_path)
    write_public_settings(office.public_settings_path, replace(settings, reward_schedule_toml=real.text))
    visitor.app.extensions["intake"]._looked = -10.0

    page = visitor.post("/r/", visitor.filled())

    assert "未核定" in page.text
    assert "依据" in page.text


def test_where_another_channel_is_right_the_person_is_told_and_may_still_send(visitor: Visitor, office: Office) -> None:
    for stop, told in (("emergency", "119"), ("official_conduct", "12388"), ("other_department", "12345")):
        page = visitor.post("/r/", visitor.filled(acts=[], stops=[stop]))
        assert page.status == 200
        assert told in page.text

    assert visitor.send(acts=[], stops=["emergency"]).status == 201
    assert opened(office).stops == ("emergency",)
