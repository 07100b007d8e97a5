"""What a person is told before sending: the reward, what may give the writer away, where else to turn, what is already public."""

from __future__ import annotations

import json

import pytest

from moderation.office import Office
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
