"""The rectification ledger at the desk: import beside the document, list, task, 月报, 销号, papers."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import select

from moderation.console import ledger, ledger_import, ledger_overview, ledger_reports
from moderation.demo.stage import Stage
from moderation.publication.disclosures import Disclosure
from moderation.rectification.tasks import RectificationTask
from moderation.rectification.words import TaskState
from portal.core.clock import SHANGHAI, day_of, now, start_of
from tests.console.desk_client import signed_in_client

PLAN = """云岭县整改方案
1.北渠有直排口。
整改目标：2030年12月底前封堵直排口10个。
整改措施：（1）排查。（2）封堵直排口10个。
责任领导：甲一山
牵头单位：县水利局
责任单位：青石镇人民政府
责任人：局长
整改时限：2030年12月底前
2.工地扬尘。
整改目标：不起尘。
整改措施：（1）洒水。
责任领导：乙二水
牵头单位：县住房城乡建设局
责任单位：县城市管理局
责任人：局长
整改时限：2030年8月前
"""
TASK = "yl-2030-001"


def begin(client: FlaskClient, text: str = PLAN, code: str = "yl-2030") -> str:
    answer = client.post(
        "/rectification-plans/import",
        data={"text": text, "code": code, "region": "990121", "kind": "inspection", "title": "云岭县整改方案"},
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


@pytest.fixture
def keeper(stage: Stage) -> FlaskClient:
    return signed_in_client(stage, "zhenggai")


@pytest.fixture
def applied(stage: Stage, keeper: FlaskClient) -> FlaskClient:
    """The plan in the ledger; the client is the ledger keeper's."""
    page = begin(keeper)
    assert keeper.post(f"{page}/apply").status_code == 303
    return keeper


def test_the_document_stands_beside_its_tasks_and_each_field_is_linked_to_its_place(keeper: FlaskClient) -> None:
    page = keeper.get(begin(keeper)).text

    assert "读出 2 项" in page
    assert 'id="line-2"' in page
    assert 'href="#line-2"' in page
    assert 'href="#item-1"' in page
    assert "可以有两种理解" in page
    assert "2030-07-31 或 2030-08-31" in page


def test_an_item_is_corrected_before_it_is_applied_and_an_unclear_date_is_settled_by_a_person(
    stage: Stage, keeper: FlaskClient
) -> None:
    page = begin(keeper)

    saved = keeper.post(f"{page}/items/2", data={"problem-2": "东街工地扬尘。", "due-2": "2030-08-31"})
    applied = keeper.post(f"{page}/apply")

    assert (saved.status_code, applied.status_code) == (303, 303)
    with stage.office.office.reading() as session:
        task = session.get_one(RectificationTask, "yl-2030-002")
        assert (task.problem, task.due_on, task.deadline_text) == ("东街工地扬尘。", day_of_text("2030-08-31"), "2030年8月前")
        assert session.scalars(select(Disclosure.id).order_by(Disclosure.id)).all() == ["yl-2030-001", "yl-2030-002"]
    assert keeper.post(f"{page}/apply").status_code == 409


def day_of_text(text: str) -> object:
    from datetime import date

    return date.fromisoformat(text)


def test_importing_again_shows_what_differs(applied: FlaskClient) -> None:
    page = applied.get(begin(applied, PLAN.replace("2030年12月底前\n2.", "2031年3月底前\n2."))).text

    assert "变更 1 项" in page
    assert "2030年12月底前" in page
    assert "2031年3月底前" in page


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"code": "yl"}, "请选择方案文件"),
        ({"text": PLAN, "code": "云岭"}, "短横线"),
        ({"file": (io.BytesIO(b"x"), "方案.doc"), "code": "yl"}, "另存为"),
    ],
)
def test_a_plan_that_cannot_be_opened_says_so_beside_the_field(keeper: FlaskClient, data: dict[str, object], says: str) -> None:
    answer = keeper.post("/rectification-plans/import", data=data, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert says in answer.text


def test_the_list_filters_by_unit_state_and_words(applied: FlaskClient) -> None:
    assert "共 2 项" in applied.get("/rectification-tasks").text
    assert "共 1 项" in applied.get("/rectification-tasks?unit=water").text
    assert "共 1 项" in applied.get("/rectification-tasks?q=扬尘").text
    assert "共 0 项" in applied.get("/rectification-tasks?state=stable").text
    assert "共 2 项" in applied.get("/rectification-tasks?state=nonsense&page=99").text


def test_a_unit_sees_its_own_tasks_and_no_others(stage: Stage, applied: FlaskClient) -> None:
    water = signed_in_client(stage, "shuili")

    assert "共 1 项" in water.get("/rectification-tasks").text
    assert water.get(f"/rectification-tasks/{TASK}").status_code == 200
    assert water.get("/rectification-tasks/yl-2030-002").status_code == 404
    assert water.get("/rectification-tasks/overview").status_code == 403


def test_the_monthly_report_is_one_page_and_moves_the_task(stage: Stage, applied: FlaskClient) -> None:
    water = signed_in_client(stage, "shuili")
    month = now().astimezone(SHANGHAI).strftime("%Y-%m")
    form = water.get(f"/rectification-tasks/{TASK}/report").text
    assert 'name="measure_0"' in form

    wrong = water.post(f"/rectification-tasks/{TASK}/report", data={"month": month, "text": "", "measure_0": "50"})
    right = water.post(
        f"/rectification-tasks/{TASK}/report", data={"month": month, "text": "排查完", "measure_0": "100", "measure_1": "20"}
    )

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert 'value="50"' in wrong.text
    with stage.office.office.reading() as session:
        task = session.get_one(RectificationTask, TASK)
        assert (task.state, task.reports[0].percent) == (TaskState.UNDER_WAY, 60)
    assert "60%" in water.get(f"/rectification-tasks/{TASK}").text


def test_who_has_not_filed_is_a_page(applied: FlaskClient) -> None:
    assert "报送日未核定" in applied.get("/monthly-reports/missing").text
    assert applied.get("/monthly-reports/missing?month=garbage").status_code == 200


def photo() -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", (40, 30), "green")
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_evidence_is_cleaned_kept_and_chosen_for_publication(stage: Stage, applied: FlaskClient) -> None:
    sent = {"kind": "after", "caption": "封堵后", "file": (io.BytesIO(photo()), "现场.jpg")}
    applied.post(f"/rectification-tasks/{TASK}/evidence", data=sent, content_type="multipart/form-data")

    with stage.office.office.reading() as session:
        (evidence,) = session.get_one(RectificationTask, TASK).evidence
    kept = applied.get(f"/rectification-tasks/{TASK}/evidence/{evidence.id}")
    assert kept.mimetype == "image/jpeg"
    assert b"SecretCamera" not in kept.data
    applied.post(f"/rectification-tasks/{TASK}/evidence/{evidence.id}/choose")
    assert "已选为公开" in applied.get(f"/rectification-tasks/{TASK}").text

    odd = {"kind": "after", "caption": "x", "file": (io.BytesIO(b"MZ..."), "x.exe")}
    answer = applied.post(
        f"/rectification-tasks/{TASK}/evidence", data=odd, content_type="multipart/form-data", follow_redirects=True
    )
    assert "不能识别" in answer.text


def test_close_out_goes_through_three_hands_at_the_desk(stage: Stage, applied: FlaskClient) -> None:
    water, checker, leader = (signed_in_client(stage, name) for name in ("shuili", "huanbao", "lingdao"))
    month = now().astimezone(SHANGHAI).strftime("%Y-%m")
    water.post(f"/rectification-tasks/{TASK}/report", data={"month": month, "text": "完成", "measure_0": "100", "measure_1": "100"})
    act = f"/rectification-tasks/{TASK}/acts"
    words = {"self_check": "逐口检查", "result": "全部封堵", "mechanism": "每月巡河"}
    refused = water.post(f"{act}/request-check", data=words)
    assert refused.status_code == 409
    assert "请先上传" in refused.text
    assert "每月巡河" in water.post(f"{act}/request-check", data={**words, "self_check": ""}).text

    water.post(f"/rectification-tasks/{TASK}/evidence", data={"kind": "monitoring", "caption": "水质", "value": "Ⅲ类"})
    assert water.post(f"{act}/request-check", data=words).status_code == 303
    assert water.get(f"{act}/take-up").status_code == 409
    assert checker.post(f"{act}/take-up").status_code == 303
    assert checker.post(f"{act}/settle-check", data={"passed": "yes", "findings": "现场无水"}).status_code == 303
    early = leader.post(f"{act}/close-out", data={"approval": "同意", "notice_place": "公告栏"})

    assert early.status_code == 409
    assert "公示到" in early.text
    unseen = leader.post(f"{act}/close-out", data={"approval": "同意"})
    assert "还没有在本网站公开" in unseen.text
    assert "公示还没有在网站上公开" in leader.get(f"/rectification-tasks/{TASK}").text
    assert "未核定" in leader.get(f"/rectification-tasks/{TASK}").text


def test_acts_that_are_not_offered_are_refused(stage: Stage, applied: FlaskClient) -> None:
    leader = signed_in_client(stage, "lingdao")

    assert leader.get(f"/rectification-tasks/{TASK}/acts/extend").status_code == 409
    assert applied.get(f"/rectification-tasks/{TASK}/acts/nothing").status_code == 404
    assert signed_in_client(stage, "jiangli").get(f"/rectification-tasks/{TASK}").status_code == 403


def test_the_keeper_extends_lists_counts_and_ties(applied: FlaskClient) -> None:
    def post(slug: str, **data: str) -> int:
        return applied.post(f"/rectification-tasks/{TASK}/acts/{slug}", data=data).status_code

    assert post("extend", to_on="2031-06-30", document_number="云政函〔2030〕1号", body="县政府", reason="汛期") == 303
    assert post("extend", to_on="someday", document_number="1", body="县", reason="x") == 422
    assert post("list", what="直排口", why="进展慢", body="市整改办", until_on="2031-03-01") == 303
    assert post("add-quantity", label="封堵直排口", total="10", unit="个") == 303
    assert post("add-duty", label="巡河", rhythm="weekly", times="2") == 303
    assert post("enter-duty", duty="nothing", text="x") == 422
    assert post("set-type", type="water", severity="2") == 303
    assert post("list-letters", numbers="D3HA1\nX3HA2") == 303
    assert post("tie", kind="letter", reference="D3HA1") == 303
    assert post("refresh-disclosure", reason="") == 303
    page = applied.get(f"/rectification-tasks/{TASK}").text
    for words in ("云政函〔2030〕1号", "挂牌", "封堵直排口", "巡河", "X3HA2", "较重"):
        assert words in page


def test_the_second_of_two_people_is_told_and_keeps_the_words(applied: FlaskClient) -> None:
    page = applied.get(f"/rectification-tasks/{TASK}/acts/extend").text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    words = {"document_number": "云政函〔2030〕1号", "body": "县政府", "reason": "汛期", "version": version[1]}

    first = applied.post(f"/rectification-tasks/{TASK}/acts/extend", data={**words, "to_on": "2031-06-30"})
    second = applied.post(f"/rectification-tasks/{TASK}/acts/extend", data={**words, "to_on": "2031-08-31"})

    assert (first.status_code, second.status_code) == (303, 409)
    assert "别人刚刚动过" in second.text
    assert "2031-08-31" in second.text


def test_leaders_have_a_dashboard_and_papers(stage: Stage, applied: FlaskClient) -> None:
    leader = signed_in_client(stage, "lingdao")

    page = leader.get("/rectification-tasks/overview?plan=yl-2030").text
    assert "整改一览" in page
    assert "县水利局" in page
    for name in ("dispatch", "briefing"):
        paper = leader.get(f"/rectification-tasks/papers/{name}.docx")
        assert paper.data[:2] == b"PK"
    book = load_workbook(io.BytesIO(leader.get("/rectification-tasks/ledger.xlsx").data))
    rows = list(book["整改台账"].iter_rows(values_only=True))
    assert [row[1] for row in rows[3:]] == [1, 2]


def test_a_consultation_is_entered_with_the_tasks_it_spoke_of(applied: FlaskClient) -> None:
    wrong = applied.post("/consultations", data={"title": "会商", "held_on": "", "minutes": "研究"})
    day = (day_of(now()) - timedelta(days=1)).isoformat()
    right = applied.post("/consultations", data={"title": "直排口会商", "held_on": day, "minutes": "研究封堵", "tasks": [TASK]})

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert "直排口会商" in applied.get(f"/rectification-tasks/{TASK}").text
    held = {"title": "第二次会商", "held_on": day, "minutes": "研究"}
    unknown = applied.post("/consultations", data={**held, "others": f"{TASK}、yl-2030-999"})
    known = applied.post("/consultations", data={**held, "others": TASK})
    assert (unknown.status_code, known.status_code) == (422, 303)
    assert "台账里没有编号为 yl-2030-999 的任务" in unknown.text
    assert f'value="{TASK}、yl-2030-999"' in unknown.text
    assert "第二次会商" in applied.get(f"/rectification-tasks/{TASK}").text


PAGES = [
    "/rectification-tasks",
    "/rectification-tasks/late",
    "/rectification-tasks/to-check",
    "/rectification-tasks/to-close",
    "/rectification-tasks/overview",
    "/rectification-tasks/look-back",
    f"/rectification-tasks/{TASK}",
    f"/rectification-tasks/{TASK}/report",
    f"/rectification-tasks/{TASK}/acts/extend",
    "/rectification-plans/import",
    "/monthly-reports",
    "/monthly-reports/missing",
    "/consultations",
]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_a_title_one_heading_labels_and_unique_ids(applied: FlaskClient, address: str) -> None:
    page = applied.get(address)

    assert page.status_code == 200
    assert page.text.count("<h1>") == 1
    ids = re.findall(r'\sid="([^"]+)"', page.text)
    assert len(ids) == len(set(ids))
    for field in re.findall(r"<(?:input|select|textarea)[^>]*>", page.text):
        if 'type="hidden"' in field or 'type="checkbox"' in field:
            continue
        name = re.search(r'\sid="([^"]+)"', field)
        assert (name and f'for="{name[1]}"' in page.text) or re.search(
            r"<label[^>]*>(?:(?!</label>).)*" + re.escape(field), page.text, re.S
        )


def test_every_route_of_the_ledger_declares_its_roles() -> None:
    assert all(module.ENTRIES for module in (ledger, ledger_import, ledger_reports, ledger_overview))
    assert start_of(day_of(now())) <= now()
    assert Path(ledger.__file__).exists()
