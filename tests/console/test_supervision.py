"""The supervision desk with real requests: raise, request, inspect, conclude; samples and figures; papers to hand out."""

from __future__ import annotations

import re

from sqlalchemy import select

from moderation.casework.handling import Measure
from moderation.casework.letters import BarReason, Letter, LetterBar, MeasureKind
from moderation.demo.stage import Stage
from moderation.supervision.machine import Rung
from moderation.supervision.tables import Supervision
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import Work


def handled(stage: Stage, **changes: object) -> str:
    with stage.office.office.transaction() as session:
        return Work(stage, session).handling(**changes).id  # type: ignore[arg-type]


def begun(stage: Stage, letter_id: str, login: str = "zuyuan") -> str:
    with stage.office.office.reading() as session:
        number = session.get_one(Letter, letter_id).spoken_number
    answer = signed_in_client(stage, login).post("/supervision", data={"number": number})
    assert answer.status_code == 303
    return answer.location


def rung(stage: Stage, letter_id: str) -> Rung:
    with stage.office.office.reading() as session:
        return session.scalars(select(Supervision.state).where(Supervision.subject_id == letter_id)).one()


def test_a_request_becomes_an_inspection_that_ends_in_writing(stage: Stage) -> None:
    letter_id = handled(stage)
    page = begun(stage, letter_id)
    group, inspectors = signed_in_client(stage, "zuyuan"), signed_in_client(stage, "duban")

    assert group.post(f"{page}/steps/urge").status_code == 303
    assert group.post(f"{page}/request", data={"ground": "late", "text": "催了不动"}).status_code == 303
    assert "有监察申请" in inspectors.get("/supervision").text
    assert inspectors.post(f"{page}/steps/inspect", data={"ground": "late", "text": "查办理过程"}).status_code == 303
    assert rung(stage, letter_id) is Rung.INSPECTED
    refused = inspectors.post(f"{page}/steps/conclude", data={"text": " "})
    assert refused.status_code == 409
    assert "书面结论" in refused.text
    assert inspectors.post(f"{page}/steps/conclude", data={"text": "机制已理顺"}).status_code == 303
    assert rung(stage, letter_id) is Rung.NORMAL

    shown = inspectors.get(page).text
    for word in ("催办单", "督办监察通知书", "督办监察结论"):
        assert f"{word}〔" in shown
    paper = re.search(rf"{page}/papers/\w+\.docx", shown)
    assert paper is not None
    assert inspectors.get(paper.group()).data[:2] == b"PK"
    assert signed_in_client(stage, "chengguan").get(paper.group()).status_code == 200
    assert signed_in_client(stage, "zhujian").get(paper.group()).status_code == 404


def test_a_unit_finds_what_was_written_to_it_in_its_menu(stage: Stage) -> None:
    letter_id = handled(stage)
    page = begun(stage, letter_id)
    unit, other = signed_in_client(stage, "chengguan"), signed_in_client(stage, "zhujian")
    assert "没有写给本单位的" in unit.get("/unit/papers").text

    signed_in_client(stage, "zuyuan").post(f"{page}/steps/urge")

    assert "/unit/papers" in unit.get("/").text
    listed = unit.get("/unit/papers").text
    paper = re.search(rf"{page}/papers/\w+\.docx", listed)
    assert paper is not None
    assert "催办单〔" in listed
    assert f"/letters/{letter_id}" in listed
    assert unit.get(paper.group()).data[:2] == b"PK"
    assert "催办单〔" not in other.get("/unit/papers").text
    assert signed_in_client(stage, "zuyuan").get("/unit/papers").status_code == 403


def test_what_is_written_to_a_unit_about_a_letter_it_must_not_know_is_not_listed(stage: Stage) -> None:
    letter_id = handled(stage)
    page = begun(stage, letter_id)
    signed_in_client(stage, "zuyuan").post(f"{page}/steps/urge")
    with stage.office.office.transaction() as session:
        session.add(LetterBar(id="b", letter_id=letter_id, unit_id="urban", reason=BarReason.UNIT_NAMED))

    assert "催办单〔" not in signed_in_client(stage, "chengguan").get("/unit/papers").text


def test_a_barred_person_finds_no_supervision_by_number_list_or_address(stage: Stage) -> None:
    letter_id = handled(stage, must_not_know=("郑巡舟",))
    page = begun(stage, letter_id)
    signed_in_client(stage, "zuyuan").post(f"{page}/steps/urge")
    client = signed_in_client(stage, "xuncha")
    with stage.office.office.reading() as session:
        number = session.get_one(Letter, letter_id).spoken_number

    assert client.get(page).status_code == 404
    assert number not in client.get("/supervision").text
    assert client.post("/supervision", data={"number": number}).status_code == 404


def test_samples_and_figures_are_worked_through(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        closed = work.settled().id
        letter = work.handling()
        work.report(letter, "chengguan", (Measure(MeasureKind.ACCOUNTABILITY, 2),))
        day, counted = work.at.date().isoformat(), letter.id
    client = signed_in_client(stage, "duban")

    empty = client.post(
        "/supervision/samples", data={"kind": "spot_check", "first_on": "2020-01-01", "last_on": "2020-01-02", "size": "3"}
    )
    assert empty.status_code == 422
    drawn = client.post("/supervision/samples", data={"kind": "spot_check", "first_on": day, "last_on": day, "size": "3"})
    assert drawn.status_code == 303
    assert client.post(f"{drawn.location}/{closed}", data={"result": "passed", "text": "已覆盖"}).status_code == 303
    assert "已覆盖" in client.get(drawn.location).text
    assert client.get("/supervision/samples").status_code == 200
    assert client.post(f"/supervision/figures/{counted}", data={"found": "1"}).status_code == 422
    assert client.post(f"/supervision/figures/{counted}", data={"found": "1", "text": "一人未下文"}).status_code == 303
    assert "一人未下文" in client.get("/supervision/figures").text


def test_listing_is_recorded_and_released(stage: Stage) -> None:
    page = begun(stage, handled(stage), "duban")
    client = signed_in_client(stage, "duban")
    form = {"what": "料场", "why": "逾期", "by_whom": "省厅", "from_on": "2026-11-20", "until_on": ""}

    assert client.post(f"{page}/listing", data={**form, "from_on": "x"}).status_code == 422
    assert client.post(f"{page}/listing", data=form).status_code == 303
    release = re.search(rf"{page}/listing/\w+/release", client.get(page).text)
    assert release is not None
    assert client.post(release.group(), data={"text": "验收意见"}).status_code == 303
    assert "验收意见" in client.get(page).text
