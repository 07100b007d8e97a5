"""The papers an office hands out, opened and read: they say what the record holds, and nothing of the reporter."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from docx import Document
from openpyxl import load_workbook
from sqlalchemy import select

from moderation.casework import clocks, handling, review
from moderation.casework.handling import Measure
from moderation.casework.letters import EvidenceRole, LetterBatch, LetterText, MeasureKind
from moderation.casework.review import OnSite
from moderation.demo.stage import Stage
from moderation.letter_tables import official
from moderation.supervision import documents, ladder
from moderation.supervision.tables import Supervision, SupervisionPaper
from portal.core.clock import now, spoken_day
from portal.core.report_content import Identity
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import STORY, SUMMARY, Work

if TYPE_CHECKING:
    from flask.testing import FlaskClient

NAME, PHONE = "田大山", "13800001234"
WHO = Identity(name=NAME, phone=PHONE)


def _read(data: bytes) -> list[str]:
    """Every paragraph and every row of every table of a DOCX, in order of kind."""
    document = Document(io.BytesIO(data))
    lines = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
    return lines + ["｜".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]


def _opened(client: FlaskClient, path: str, *, post: bool = False) -> list[str]:
    answer = client.post(path) if post else client.get(path)
    assert answer.status_code == 200, answer.text
    return _read(answer.data)


def _nothing_of_the_reporter(lines: list[str]) -> None:
    said = "".join("".join(lines).split())
    runs = [STORY[at : at + 12] for at in range(len(STORY) - 11)]
    assert [run for run in runs if run in said] == []
    assert not any(word in said for word in (NAME, PHONE))


@pytest.mark.parametrize(
    ("days", "kind", "asks"),
    [("urge", "催办单", "请三日内反馈办理情况"), ("supervise", "督办单", "请单位负责人督促办理")],
)
def test_the_ladder_s_papers_say_which_letter_how_late_what_is_asked_and_by_whom(
    stage: Stage, days: str, kind: str, asks: str
) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.handling(identity=WHO)
        limits = ladder.thresholds_for(ladder.subjects.find(session, ladder.SubjectKind.LETTER, letter.id))  # type: ignore[arg-type]
        late = getattr(limits, days)
        due = clocks.running_of(session, letter, "handling")
        assert due
        number, due_on = letter.spoken_number, due.due_on
        at = work.at + timedelta(days=(due_on - work.at.date()).days + late)
    ladder.run(stage.office, at)

    with stage.office.office.reading() as session:
        row = session.scalars(select(Supervision)).one()
        paper = session.scalars(select(SupervisionPaper)).one()
        path, printed = f"/supervision/{row.id}/papers/{paper.id}.docx", documents.number_of(paper)
    lines = _opened(signed_in_client(stage, "chengguan"), path)

    said = "\n".join(lines)
    assert printed == f"{kind}〔{at.year}〕1号"
    assert lines[0] == printed
    assert lines[1] == kind
    assert lines[2] == "县城市管理局："
    assert f"信访件 {number}：{SUMMARY}" in said
    assert f"办理期限 {spoken_day(due_on)}，至今逾期 {late} 天" in said
    assert asks in said
    assert lines[-2:] == ["县生态环境保护督察整改工作领导小组办公室（演示）", spoken_day(at.date())]
    _nothing_of_the_reporter(lines)


def test_the_slip_says_what_the_unit_must_know_and_no_more(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.assigned("urban", "qingshi", identity=WHO)
        due = clocks.running_of(session, letter, "handling")
        assert due
        letter_id, number, arithmetic = letter.id, letter.spoken_number, due.arithmetic

    lines = _opened(signed_in_client(stage, "chengguan"), f"/letters/{letter_id}/slip.docx")

    table = dict(line.split("｜", 1) for line in lines if "｜" in line)
    assert lines[0] == "信访件交办单"
    assert table["受理编号"] == number
    assert (table["承办单位"], table["会同单位"]) == ("县城市管理局", "青石镇人民政府")
    assert table["基本情况"] == SUMMARY
    assert table["反映的问题"] == "1. 夜间装卸扬尘，未遮盖；2. 未洒水降尘"
    assert arithmetic in table["办理期限"]
    assert "不得打听、推断举报人" in "".join(lines)
    _nothing_of_the_reporter(lines)


def _brief_figures(lines: list[str]) -> dict[str, str]:
    return dict(line.split("｜", 1) for line in lines if line.count("｜") == 1)


def test_the_brief_of_a_week_and_of_a_batch_say_the_figures_with_their_formulas(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = now()
        work.settled(identity=WHO)
        review.settle_for_now(session, work.reported(), "继续整改", "已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)
        with_fine = work.handling()
        work.report(with_fine, "chengguan", (Measure(MeasureKind.FINE, 20000),))
        work.refusal_proposed()
        batch = session.scalars(select(LetterBatch.id)).one()
        day = work.at.date()
    client = signed_in_client(stage, "xuncha")
    first = day - timedelta(days=6)

    week = _opened(client, f"/letter-statistics/brief.docx?first_on={first}&last_on={day + timedelta(days=1)}")
    of_batch = _opened(client, f"/letter-statistics/brief.docx?batch={batch}")

    figures = _brief_figures(week)
    assert (figures["收到"], figures["受理"], figures["办结"], figures["阶段性办结"], figures["还在初审"]) == (
        "4",
        "3",
        "1",
        "1",
        "1",
    )
    assert _brief_figures(of_batch)["收到"] == "3"
    assert _brief_figures(week)["罚款（元）"] == "20000"
    rates = [line.split("｜") for line in week if line.count("｜") == 2]
    assert any("÷" in formula for _label, _value, formula in rates)
    units = next(line for line in week if line.startswith("县城市管理局｜"))
    assert units.split("｜")[1:3] == ["3", "2"]
    assert any("共 4 件，受理 3 件，办结 1 件，阶段性办结 1 件" in line for line in week)
    _nothing_of_the_reporter([*week, *of_batch])


def test_the_case_file_holds_findings_clocks_history_and_files_but_not_the_original(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.handling(identity=WHO)
        handling.add_evidence(session, letter, digest="ab" * 32, name="整改后.jpg", kind="image/jpeg", role=EvidenceRole.AFTER,
                              by=work.who("chengguan"), at=work.at)  # fmt: skip
        handling.add_evidence(session, letter, digest="cd" * 32, name=f"{NAME}来信.jpg", kind="image/jpeg",
                              role=EvidenceRole.OTHER, by=work.who("chengguan"), at=work.at)  # fmt: skip
        work.report(letter, "chengguan", (Measure(MeasureKind.FINE, 20000),))
        seen = OnSite({"反映的行为已经停止": "是", "治污设施在运行": "否"}, "料堆已盖好", passed=True)
        review.check_on_site(session, letter, seen, by=work.who("zuyuan"), at=work.at)
        review.settle(session, letter, STORY[:30], "您反映的扬尘已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)
        session.get_one(LetterText, letter.id).reply = f"{NAME}您好"
        letter_id, number = letter.id, letter.spoken_number

    lines = _opened(signed_in_client(stage, "zuyuan"), f"/letters/{letter_id}/case-file.docx", post=True)

    said = "\n".join(lines)
    assert f"信访件案卷（{number}）" in lines
    for words in (
        "现场检查，料堆未覆盖，喷淋未开启。",
        "第 1 轮：罚款（元） 20000",
        "现场核查：通过。料堆已盖好",
        "治污设施在运行：否",
    ):
        assert words in said
    assert any(line.startswith("办理：") and "60 日" in line for line in lines)
    assert any(line.startswith("1｜整改后.jpg｜整改后照片｜abababab") for line in lines)
    assert "已受理｜沈青禾" in said
    assert said.count("〔此处与来信原文相同，案卷中不印〕") >= 3  # the opinion, the reply and the name of a file
    _nothing_of_the_reporter(lines)


FORMULAS = ("=HYPERLINK(1)", "+1+1", "-2", "@SUM(A1)", "\t=1")


def test_the_official_table_says_the_same_in_every_form_and_no_cell_is_a_formula(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.settled(identity=WHO)
        session.get_one(LetterText, letter.id).summary = FORMULAS[0]
        for claim, words in zip(handling.claims_of(session, letter), FORMULAS[1:3], strict=True):
            claim.finding = words
        batch, number = letter.batch_id, letter.spoken_number
    client = signed_in_client(stage, "zuyuan")

    sheet = load_workbook(io.BytesIO(client.get(f"/batches/{batch}/table.xlsx").data)).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]  # type: ignore[union-attr]
    lines = list(csv.reader(io.StringIO(client.get(f"/batches/{batch}/table.csv").data.decode("utf-8-sig"))))
    page = client.get(f"/batches/{batch}/table.html").text
    docx = "\n".join(_opened(client, f"/batches/{batch}/table.docx"))
    plain = client.get(f"/batches/{batch}/table.txt").text

    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert [cell.value for cell in cells if str(cell.value).startswith(("=", "+", "-", "@"))].count(FORMULAS[0]) == 1
    assert [cell for line in lines for cell in line if cell[:1] in "=+-@\t" and cell] == []
    heads = ("受理编号", "交办问题基本情况", "行政区域", "污染类型", "调查核实情况", "是否属实", "办结目标", "处理和整改情况",
             "是否办结", "责任人被处理情况")  # fmt: skip
    for words in (number, "交办问题基本情况：=HYPERLINK(1)", "是否属实：属实", "是否办结：已办结"):
        assert words in plain
    for text in (docx, page, "\n".join(",".join(line) for line in lines), "\n".join(str(cell.value) for cell in cells)):
        for words in (*heads, number, "属实", "已办结", "大气"):
            assert words in text, words
        _nothing_of_the_reporter([text, plain])
    assert re.search(r"<table", page)
    assert "<script" not in page


def test_what_was_written_as_xlsx_and_csv_reads_back_cell_by_cell(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.settled()
        batch, number = letter.batch_id, letter.spoken_number
    client = signed_in_client(stage, "zuyuan")

    for kind in ("xlsx", "csv"):
        (row,) = official.read(client.get(f"/batches/{batch}/table.{kind}").data).rows
        assert row.get("number") == number
        assert row.get("problem") == SUMMARY
        assert row.get("verdict") == "属实"
        assert row.get("finding") == "现场检查，料堆未覆盖，喷淋未开启。"
        assert "加装喷淋" in row.get("handling")
