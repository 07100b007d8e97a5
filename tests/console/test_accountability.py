"""The accountability desk, as staff use it: one case from opening to the publication desk, and every page of it."""

from __future__ import annotations

import io
import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from PIL import Image

from moderation.accountability.polluters import uscc_check_character
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import CaseState, Dimension
from moderation.demo.stage import Stage
from moderation.publication.disclosures import find_by_source
from portal.core.clock import day_of, now
from tests.console.desk_client import signed_in_client

TODAY = day_of(now()).isoformat()
CODE = "91990121000000009"
USCC = CODE + uscc_check_character(CODE)


class Page(HTMLParser):
    """What a browser would find on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.labelled: set[str] = set()
        self.inputs: list[dict[str, str | None]] = []
        self.inside_label = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.tags[tag] += 1
        self.inside_label += tag == "label"
        if said.get("id"):
            self.ids[str(said["id"])] += 1
        if tag == "label" and said.get("for"):
            self.labelled.add(str(said["for"]))
        if tag in {"input", "select", "textarea"} and said.get("type") != "hidden":
            self.inputs.append(said | {"_in_label": "yes" if self.inside_label else None})
        assert not any(name.startswith("on") or name == "style" for name in said), (tag, said)

    def handle_endtag(self, tag: str) -> None:
        self.inside_label -= tag == "label"


def require_sound(text: str) -> None:
    page = Page(text)
    assert page.tags["h1"] == 1
    assert page.tags["title"] >= 1
    assert [name for name, count in page.ids.items() if count > 1] == []
    unlabelled = [one for one in page.inputs if not one["_in_label"] and one.get("id") not in page.labelled]
    assert unlabelled == []


def get(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    require_sound(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


def send(client: FlaskClient, path: str, **data: object) -> str:
    answer = client.post(path, data=data)
    assert answer.status_code == 303, (
        path,
        answer.status_code,
        re.findall(r'class="error[^>]*>([^<]+)', answer.get_data(as_text=True)),
    )
    return answer.location


def open_case(client: FlaskClient, **said: object) -> str:
    plain = {
        "title": "柳溪镇石料厂扬尘",
        "facts_text": "露天堆放没有覆盖。",
        "region_code": "990121101",
        "unit_id": "liuxi",
        "origin": "task",
        "ruleset": "luoyang-2017",
    }
    return send(client, "/accountability/cases/new", **(plain | said))


def answer_checks(client: FlaskClient, case: str, *failed: str) -> None:
    for dimension in Dimension:
        answer = "failed" if dimension.value in failed else "not_failed"
        send(client, f"{case}/checks/{dimension.value}", answer=answer, finding="查过", offices="镇长", evidence="督查记录")


def party(**said: object) -> dict[str, object]:
    plain = {
        "kind": "person",
        "name": "靳大山",
        "unit_name": "柳溪镇人民政府",
        "office": "环保办主任",
        "rank": "ordinary",
        "tenure": "present",
        "subject": "direct",
        "dimension": "territorial",
        "measures": ["停职检查"],
        "deciding_body": "县纪委监委",
        "decided_on": TODAY,
        "basis": "一案四查通知 一（二）",
    }
    return plain | said


def test_a_case_goes_from_opening_to_the_publication_desk(stage: Stage):
    officer, liaison = signed_in_client(stage, "wenze"), signed_in_client(stage, "jijian")
    case = open_case(officer)
    assert "还没有查清" in get(officer, case)
    assert officer.post(f"{case}/steps/finish_checks").status_code == 409
    answer_checks(officer, case, "territorial")
    send(officer, f"{case}/facts", signs=["slow", "unrectified"], impact="larger", grade="")
    assert "LYQ.T2" in get(officer, case)
    send(officer, f"{case}/steps/finish_checks")

    send(officer, f"{case}/parties/new", **party())
    assert "分管（分包）负责同志" in get(officer, case)
    send(officer, f"{case}/waivers/LYQ.T2/deputy_in_charge", reason="岗位空缺")
    assert officer.post(f"{case}/steps/confirm_decision").status_code == 403
    send(liaison, f"{case}/steps/confirm_decision")

    assert liaison.post(f"{case}/hand-over").status_code == 409
    naming = re.search(rf"{case}/parties/\w+/naming", get(liaison, case))
    assert naming
    send(liaison, naming[0], naming="surname", rule="乡科级以下", reason="基层人员")
    send(liaison, f"{case}/hand-over")

    with stage.office.office.reading() as session:
        found = session.get_one(AccountabilityCase, case.rpartition("/")[2])
        assert found.state is CaseState.DECIDED
        disclosure = find_by_source(session, "accountability_case", found.id)
        assert disclosure is not None
        assert "靳某某" in disclosure.draft
        assert "靳大山" not in disclosure.draft
    assert "送到公开台" not in get(officer, case)


def test_a_decision_below_the_standard_comes_back_with_what_was_typed(stage: Stage):
    officer = signed_in_client(stage, "wenze")
    case = open_case(officer)
    answer_checks(officer, case, "territorial")
    send(officer, f"{case}/facts", grade="serious", impact="", grade_reason="影响大")
    send(officer, f"{case}/steps/finish_checks")

    answer = officer.post(f"{case}/parties/new", data=party(measures=["诫勉"]))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    require_sound(page)
    assert "低于规则建议" in page
    assert 'value="靳大山"' in page
    send(officer, f"{case}/parties/new", **party(measures=["诫勉"], below_reason="任职仅十天"))
    assert "低于标准" in get(officer, case)


def test_facts_are_added_kind_by_kind_and_can_be_taken_away(stage: Stage):
    officer = signed_in_client(stage, "wenze")
    case = open_case(officer)
    assert "被督查通报" in get(officer, f"{case}/facts/kinds")
    get(officer, f"{case}/facts/new/notice")

    send(officer, f"{case}/facts/new/notice", by="municipal_team", times="1", year="2026")
    assert "LY8.2" in get(officer, case)
    send(officer, f"{case}/facts/0/remove")
    assert "LY8.2" not in get(officer, case)
    assert officer.post(f"{case}/facts/new/notice", data={"by": "municipal_team", "times": "-1"}).status_code == 422


def test_why_the_rules_suggest_it_is_said_without_the_names_of_a_facts_file(stage: Stage):
    officer = signed_in_client(stage, "wenze")
    case = open_case(officer)
    answer_checks(officer, case, "territorial")
    send(officer, f"{case}/facts/new/notice", by="municipal_team", times="1", year="2026")
    send(officer, f"{case}/facts/new/exposure", problem="general", source="media", times="1")

    for facts in ({"signs": ["slow"]}, {"signs": ["slow", "unrectified"], "impact": "larger", "circumstances": ["fraud"]}):
        send(officer, f"{case}/facts", grade="", **facts)
        why = _why(get(officer, case))
        assert re.findall(r"[a-z]{3,}", why) == [], why

    assert "被督查通报（谁通报的：市委市政府环保督察组" in why
    assert "属地管理；情节较重、影响较大 已列入建议" in why


def _why(page: str) -> str:
    """What is folded under 为什么这样建议, as text."""
    folded = page[page.index("为什么这样建议") :].split("</details>", 1)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", folded))


def test_a_suggestion_about_ones_own_unit_is_not_shown(stage: Stage):
    officer = signed_in_client(stage, "wenze")
    case = open_case(officer, unit_id="discipline")

    assert officer.get(case).status_code == 404
    assert case not in officer.get("/accountability/cases").get_data(as_text=True)
    assert signed_in_client(stage, "lingdao").get(case).status_code == 200


@pytest.mark.parametrize("login", ["shenhe", "huanbao", "jiangli"])
def test_people_without_an_accountability_role_see_nothing_of_it(stage: Stage, login: str):
    client = signed_in_client(stage, login)

    assert client.get("/accountability/cases").status_code == 403
    assert client.get("/accountability/registers").status_code == 403
    assert client.get("/accountability/exposures").status_code == 403


def test_only_the_officer_opens_cases(stage: Stage):
    assert signed_in_client(stage, "shenji").get("/accountability/cases/new").status_code == 403
    assert signed_in_client(stage, "shenji").get("/accountability/cases").status_code == 200


def photo() -> io.BytesIO:
    out = io.BytesIO()
    Image.effect_noise((120, 90), 80).convert("RGB").save(out, "JPEG")
    out.seek(0)
    return out


def test_an_exposed_case_is_drafted_with_picture_and_goes_to_the_publication_desk(stage: Stage):
    officer = signed_in_client(stage, "wenze")
    assert (
        officer.post("/accountability/polluters/new", data={"name": "石料厂", "uscc": "1", "region_code": "990121"}).status_code
        == 422
    )
    polluter = send(officer, "/accountability/polluters/new", name="云岭县石料厂（虚构）", uscc=USCC, region_code="990121")
    exposed = send(
        officer,
        "/accountability/exposures/new",
        polluter_id=polluter.rpartition("/")[2],
        title="石料厂露天堆放被罚",
        facts_text="没有覆盖。",
        law="大气污染防治法 第七十二条",
        unit_name="县生态环境局",
        region_code="990121101",
    )
    assert officer.post(f"{exposed}/steps/make_ready").status_code == 409
    send(officer, f"{exposed}/penalties/new", kind="fine", document="云环罚〔2026〕5号", decided_on=TODAY, fine_yuan="80000")
    send(officer, f"{exposed}/pictures/new", picture=(photo(), "a.jpg"), alt="石料堆", boxes="0 0 40 40")
    page = get(officer, exposed)
    picture = re.search(rf"{exposed}/pictures/(?!new)\w+", page)
    assert picture
    assert officer.get(f"{picture[0]}.jpg").mimetype == "image/jpeg"
    send(officer, f"{picture[0]}/boxes", boxes="0 0 50 50")
    send(officer, f"{picture[0]}/confirm")
    send(officer, f"{exposed}/steps/make_ready")
    send(officer, f"{exposed}/hand-over")

    penalty = re.search(rf"{exposed}/penalties/\w+/quash", get(officer, exposed))
    assert penalty
    send(officer, penalty[0], on=TODAY, reason="复议撤销")
    assert "最迟" in get(officer, "/accountability/exposures")
    assert "最迟" in get(officer, exposed)


def test_a_file_that_is_no_picture_is_refused_beside_its_field(stage: Stage):
    officer = signed_in_client(stage, "wenze")
    polluter = send(officer, "/accountability/polluters/new", name="石料厂（虚构）", uscc=USCC, region_code="990121")
    exposed = send(
        officer,
        "/accountability/exposures/new",
        polluter_id=polluter.rpartition("/")[2],
        title="案例",
        facts_text="事实",
        law="大气法",
        unit_name="县生态环境局",
        region_code="990121101",
    )

    answer = officer.post(f"{exposed}/pictures/new", data={"picture": (io.BytesIO(b"MZ"), "a.jpg"), "alt": "图"})

    assert answer.status_code == 422
    assert "打不开" in answer.get_data(as_text=True)


def test_the_blacklist_is_entered_and_left(stage: Stage):
    officer = signed_in_client(stage, "wenze")
    polluter = send(officer, "/accountability/polluters/new", name="石料厂（虚构）", uscc=USCC, region_code="990121")
    send(
        officer,
        f"{polluter}/blacklist",
        ground="拒不整改",
        clause="通知 三（三）",
        effect="加密检查",
        exit_conditions="一年不再犯",
        on=TODAY,
    )
    assert "拒不整改" in get(officer, "/accountability/polluters")
    leave = re.search(r"/accountability/blacklist/\w+/leave", get(officer, polluter))
    assert leave
    send(officer, leave[0], on=TODAY, reason="复查合格")
    assert "复查合格" in get(officer, polluter)


def test_an_investigation_is_led_to_the_published_report(stage: Stage):
    officer, leader = signed_in_client(stage, "wenze"), signed_in_client(stage, "lingdao")
    case = open_case(officer, ruleset="changji-2016")
    found = send(officer, f"{case}/investigation/new", started_by="县人民政府", why="发生较大事件")
    assert officer.post(f"{found}/steps/approve_team").status_code == 409
    send(officer, f"{found}/team", team="县生态环境局", team_approved_by="县人民政府", team_approved_on=TODAY)
    send(officer, f"{found}/steps/approve_team")
    points = re.findall(r'name="(\w+)" rows', get(officer, f"{found}/findings"))
    send(officer, f"{found}/findings", **dict.fromkeys(points, "已查清"))
    send(officer, f"{found}/steps/conclude")
    send(officer, f"{found}/report", discipline_opinion="建议诫勉", report_text="调查报告")
    send(officer, f"{found}/steps/submit_report")
    send(leader, f"{found}/approval", report_approved_by="县委、县政府", report_approved_on=TODAY)
    send(leader, f"{found}/steps/approve_report")
    page = get(leader, found)
    assert "前公开" in page
    assert "20 个工作日" in page
    send(leader, f"{found}/hand-over")
    assert "公开台" in get(leader, "/accountability/cases/" + found.split("/")[3])
    get(leader, "/accountability/investigations")


def test_registers_feed_the_yearly_assessment(stage: Stage):
    keeper = signed_in_client(stage, "xuncha")
    send(
        keeper,
        "/accountability/registers/new",
        kind="summons",
        unit_id="liuxi",
        on=TODAY,
        body="省生态环境厅",
        level="province",
        reason="空气变差",
    )
    send(
        keeper,
        "/accountability/registers/new",
        kind="copied_result",
        unit_id="liuxi",
        on=TODAY,
        body="督查组",
        reason="综合督查结果",
        document="云督〔2026〕1号",
        recipients="县纪委、县委组织部",
    )
    page = get(keeper, "/accountability/registers")
    assert "待签收" in page
    receipt = re.search(r"/accountability/registers/\w+/receipt", page)
    assert receipt
    send(keeper, receipt[0], on=TODAY, received_by="组织部")
    year = TODAY[:4]
    send(keeper, "/accountability/years/new", unit_id="liuxi", year=year, grade="pass", decided_by="县考核办", decided_on=TODAY)
    page = get(keeper, "/accountability/years")
    assert "QH18.4" in page
    assert "取消评先评优资格" in page


def test_a_bulletin_is_made_downloaded_and_handed_over(stage: Stage):
    officer, liaison = signed_in_client(stage, "wenze"), signed_in_client(stage, "jijian")
    case = open_case(officer)
    answer_checks(officer, case, "territorial")
    send(officer, f"{case}/steps/finish_checks")
    send(officer, f"{case}/parties/new", **party(measures=["诫勉"]))
    send(liaison, f"{case}/steps/confirm_decision")
    naming = re.search(rf"{case}/parties/\w+/naming", get(liaison, case))
    assert naming
    send(liaison, naming[0], naming="office", rule="乡科级以下", reason="基层")
    bulletin = send(
        officer,
        "/accountability/bulletins/new",
        title="问责通报",
        number="云督通〔2026〕2号",
        issuer="县督察整改办",
        issued_on=TODAY,
        opening="移交问题 1 个。",
        cases=[case.rpartition("/")[2]],
    )
    assert "问责 1 人" in get(officer, bulletin)
    assert officer.get(f"{case}/notice.docx").status_code == 200
    assert "问责" in officer.get(f"{case}/list.txt").get_data(as_text=True)
    assert officer.get(f"{case}/secret.docx").status_code == 404
    paper = officer.get(f"{bulletin}.docx")
    assert paper.status_code == 200
    assert paper.data.startswith(b"PK")
    send(officer, f"{bulletin}/hand-over")
    assert "1" in get(officer, "/accountability/figures")
    year = TODAY[:4]
    send(officer, f"/accountability/figures/{year}/hand-over")
    send(officer, f"/accountability/figures/{year}/hand-over")
    change = re.search(rf"{case}/measures/\w+/change", get(officer, case))
    assert change
    send(officer, f"{case}/hand-over")
    send(officer, change[0], kind="quashed", on=TODAY, reason="复核认定无责")
    with stage.office.office.reading() as session:
        disclosure = find_by_source(session, "accountability_case", case.rpartition("/")[2])
        assert disclosure is not None
        assert "复核认定无责" in disclosure.draft


def test_every_form_and_list_of_the_desk_is_sound(stage: Stage):
    officer = signed_in_client(stage, "wenze")
    case = open_case(officer, accident="y", handed_over="y")
    send(officer, "/accountability/polluters/new", name="石料厂（虚构）", uscc=USCC, region_code="990121")
    tails = (
        "checks/territorial",
        "facts",
        "facts/new/exposure",
        "parties/new",
        "procedure",
        "consent",
        "agreement",
        "accident/cause",
        "factors/post",
        "steps/close/words",
        "investigation/new",
        "waivers/LYQ.T1/direct",
    )
    for tail in tails:
        get(officer, f"{case}/{tail}")
    for path in (
        "cases",
        "cases?state=closed",
        "cases/new",
        "exposures",
        "exposures/new",
        "polluters",
        "polluters/new",
        "investigations",
        "registers",
        "registers?kind=listed",
        "registers/new?kind=listed",
        "years",
        "years/new",
        "bulletins",
        "bulletins/new",
        "figures",
        "figures?year=2020",
        "rules",
        "rules?ruleset=qinhuangdao",
        "rules?ruleset=changji-2016",
    ):
        get(officer, f"/accountability/{path}")
    for path in ("cases/none", "exposures/none", "polluters/none", "bulletins/none", "rules?ruleset=none"):
        assert officer.get(f"/accountability/{path}").status_code == 404


def test_a_leader_confirms_whether_the_rules_are_in_force(stage: Stage):
    leader, officer = signed_in_client(stage, "lingdao"), signed_in_client(stage, "wenze")
    case = open_case(officer)
    assert "未核定" in get(officer, "/accountability/rules")
    assert "规则现行效力未核定" in get(officer, case)
    assert officer.get("/accountability/rules/luoyang-2017/validity").status_code == 403
    get(leader, "/accountability/rules/luoyang-2017/validity")

    send(leader, "/accountability/rules/luoyang-2017/validity", in_force="no", document="市委办复函〔2026〕1号")

    assert "已失效" in get(officer, "/accountability/rules")
    assert "规则已失效" in get(officer, case)
    assert "未核定" in get(officer, "/accountability/rules?ruleset=lishui")
