"""Accountability in 云岭县: a case in every state, exposed cases, registers and a bulletin. All invented."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.accountability import bulletins, decisions, exposures, investigations, polluters, records, registers, worksheet
from moderation.accountability.decisions import MeasureGiven, NewParty
from moderation.accountability.exposures import ExposedCase
from moderation.accountability.pictures import Box
from moderation.accountability.polluters import Polluter
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import (
    AccidentPoint,
    CheckAnswer,
    Dimension,
    Factor,
    Level,
    Naming,
    Origin,
    PartyKind,
    PenaltyKind,
    Procedure,
    Rank,
    Rectified,
    RegisterKind,
    Tenure,
    YearGrade,
)
from moderation.accountability.worksheet import NewCase
from moderation.demo.stage import Stage
from moderation.evidence import evidence_store
from moderation.holidays import office_calendar
from moderation.publication import disclosures
from moderation.publication.disclosures import CHECKLIST, Disclosure
from moderation.publication.machine import DisclosureState
from moderation.publication.pressing import press_of
from moderation.staff import SignedIn, Unit
from portal.core.clock import day_of
from portal.core.public_record import PublicRecord, Region
from portal.core.vocabulary import RecordKind

TITLE = "问责和曝光：案件、决定、登记簿"
COUNTY, TOWN, COUNTY_NAME = "990121", "990121101", "云岭县"
BUREAU = "县生态环境局"
BODY = "县纪委监委"
# Codes beginning with 99 belong to no real register office.
FIRMS = (
    ("云岭县青岩石料有限公司（虚构）", "9199012100000001", "990121101"),
    ("云岭县白鹭食品有限公司（虚构）", "9199012100000002", "990121200"),
    ("云岭县北渠汽修厂（虚构）", "9199012100000003", "990121001"),
)
BACKGROUND, PILE, NET, PERSON = (196, 204, 210), (126, 118, 108), (70, 110, 84), (168, 120, 96)


class Scene:
    """One fixture's working things: session, people, and days counted back from the demo's present."""

    def __init__(self, stage: Stage, session: Session) -> None:
        self.stage, self.session = stage, session
        self.officer, self.liaison = stage.cast["wenze"], stage.cast["jijian"]

    def on(self, days_ago: int) -> datetime:
        return self.stage.at - timedelta(days=days_ago)

    def day(self, days_ago: int) -> date:
        return day_of(self.on(days_ago))


def load(stage: Stage) -> None:
    """Fills the accountability desk, and brings an outcome, two exposed cases, a bulletin and the year's figures to the public."""
    with stage.office.office.transaction() as session:
        scene = Scene(stage, session)
        firms = _firms(scene)
        closed = _closed_case(scene, firms[0])
        _repeated_case(scene, firms[0], closed)
        _open_case(scene)
        _handed_over_case(scene)
        _accident_case(scene, firms[1])
        exposed = [_stone_yard(scene, firms[0], closed), _food_firm(scene, firms[1])]
        _draft_exposure(scene, firms[2])
        _registers(scene, firms)
        _to_the_public(scene, closed, exposed)


def _firms(scene: Scene) -> list[Polluter]:
    return [_firm(scene, name, head + "0", region) for name, head, region in FIRMS]


def _firm(scene: Scene, name: str, code: str, region: str) -> Polluter:
    uscc = code + polluters.uscc_check_character(code)
    return polluters.register_polluter(scene.session, name=name, uscc=uscc, region_code=region, by=scene.officer, at=scene.on(70))


def _first_record(scene: Scene, kind: RecordKind) -> str | None:
    """A record of another desk to link to, where the demo has one on its way to the site."""
    going = Disclosure.state.in_((DisclosureState.SIGNED, DisclosureState.PUBLISHED))
    return scene.session.scalar(select(Disclosure.id).where(Disclosure.kind == kind, going).order_by(Disclosure.id).limit(1))


def _answer(scene: Scene, case: AccountabilityCase, days_ago: int, **failed: tuple[str, str, str]) -> None:
    """Answers all four checks; ``failed``: dimension → (finding, offices, evidence)."""
    for dimension in Dimension:
        found = failed.get(dimension.value)
        finding, offices, evidence = found or ("查了分工文件、巡查记录和整改回复，没有发现失职", "", "")
        answer = CheckAnswer.FAILED if found else CheckAnswer.NOT_FAILED
        worksheet.answer_check(
            scene.session, case, dimension, answer, finding=finding, offices=offices, evidence=evidence,
            by=scene.officer, at=scene.on(days_ago),
        )  # fmt: skip


def _say(scene: Scene, case: AccountabilityCase, days_ago: int, **said: object) -> None:
    worksheet.say_facts(scene.session, case, said, by=scene.officer, at=scene.on(days_ago))


def _step(
    scene: Scene, case: AccountabilityCase, verb: str, days_ago: int, by: SignedIn | None = None, text: str | None = None
) -> None:
    worksheet.take_step(scene.session, case, verb, by=by or scene.officer, at=scene.on(days_ago), text=text)


def _person(scene: Scene, days_ago: int, name: str, office: str, subject: str, *words: str, rank: Rank, **more: object) -> NewParty:
    plain: dict[str, object] = {
        "kind": PartyKind.PERSON, "unit_name": "柳溪镇人民政府", "subject": subject, "deciding_body": BODY,
        "decided_on": scene.day(days_ago), "basis": "一案四查通知 一（二）", "name": name, "office": office, "rank": rank,
        "measures": tuple(MeasureGiven(*word.split("/")) for word in words), "tenure": Tenure.PRESENT,
        "dimension": Dimension.TERRITORIAL,
    }  # fmt: skip
    return NewParty(**(plain | more))  # type: ignore[arg-type]


def _closed_case(scene: Scene, firm: Polluter) -> AccountabilityCase:
    """Decided, carried out and closed: three persons and one township."""
    session = scene.session
    case = worksheet.open_case(
        session,
        NewCase(
            title="柳溪镇石料场扬尘整改不力",
            facts_text="柳溪镇一处石料场两千多吨石料露天堆放，没有覆盖，也没有喷淋。\n县里两次检查指出，镇里只作了口头要求，没有复查，扬尘一直没有停。",
            region_code=TOWN,
            unit_id="liuxi",
            origin=Origin.TASK,
            polluter_id=firm.id,
            letter_batch=_first_record(scene, RecordKind.LETTER_BATCH),
            task_record=_first_record(scene, RecordKind.RECTIFICATION),
        ),
        by=scene.officer,
        at=scene.on(60),
    )
    _say(scene, case, 58, signs=["slow", "unrectified"], impact="larger",
         facts=[{"kind": "notice", "by": "municipal_team", "times": 1, "year": scene.day(60).year}])  # fmt: skip
    _answer(
        scene, case, 55,
        territorial=("镇里没有复查，巡查记录是补写的", "副镇长（分管）\n环保办主任", "巡查记录\n谈话笔录"),
        polluter=("没有覆盖，没有喷淋", "石料场负责人", "现场检查笔录"),
    )  # fmt: skip
    _step(scene, case, "finish_checks", 54)
    parties = (
        _person(scene, 50, "靳大山", "环保办主任", "direct", "停职检查", rank=Rank.ORDINARY),
        _person(scene, 50, "卢小河", "环保办工作人员", "direct", "党政纪处分/政务警告", rank=Rank.ORDINARY, tenure=Tenure.THEN),
        _person(scene, 50, "邓平川", "副镇长", "deputy_in_charge", "诫勉", "通报", rank=Rank.TOWNSHIP),
        NewParty(
            kind=PartyKind.UNIT, unit_name="柳溪镇人民政府", subject="unit", deciding_body="县整改工作领导小组",
            decided_on=scene.day(50), basis="责任追究办法 第三条（一）", measures=(MeasureGiven("通报"),),
        ),
    )  # fmt: skip
    for new in parties:
        decisions.record_party(session, case, new, by=scene.officer, at=scene.on(49))
    worksheet.note_factor(session, case, Factor.POST, text="分工文件写明由副镇长分管", by=scene.officer, at=scene.on(52))
    for procedure, days, body in (
        (Procedure.LIST_DRAFTED, 53, "追责问责组"),
        (Procedure.LIST_APPROVED, 52, "县整改工作领导小组"),
        (Procedure.HANDED_OVER, 51, BODY),
    ):
        worksheet.add_procedure(session, case, procedure, on=scene.day(days), body=body, by=scene.officer, at=scene.on(days))
    _step(scene, case, "confirm_decision", 48, by=scene.liaison)
    for party in case.parties:
        if party.kind is PartyKind.PERSON:
            naming = Naming.SURNAME if party.rank is Rank.TOWNSHIP else Naming.OFFICE
            decisions.decide_naming(
                session, party, naming, rule="乡科级以下人员不写全名", reason="基层人员，写到能说清责任为止",
                by=scene.liaison, at=scene.on(47),
            )  # fmt: skip
    worksheet.agree_to_show(session, case, agreed_by=BODY, by=scene.liaison, at=scene.on(47))
    _step(scene, case, "report_execution", 40, text="处分决定已宣布，处理均已执行")
    _step(scene, case, "close", 38)
    return case


def _repeated_case(scene: Scene, firm: Polluter, earlier: AccountabilityCase) -> None:
    """The same matter again: a decision that is not stricter, waiting for another hand."""
    case = worksheet.open_case(
        scene.session,
        NewCase(
            title="柳溪镇石料场扬尘反弹",
            facts_text="整改销号后回头看，同一处石料场又出现露天堆放。",
            region_code=TOWN,
            unit_id="liuxi",
            origin=Origin.TASK,
            polluter_id=firm.id,
            previous_id=earlier.id,
        ),
        by=scene.officer,
        at=scene.on(9),
    )
    _say(scene, case, 8, signs=["recurring"], impact="major", circumstances=["repeat_offender"])
    _answer(scene, case, 7, territorial=("销号后没有再去看过", "环保办主任", "回头看记录"))
    _step(scene, case, "finish_checks", 6)
    new = _person(
        scene, 4, "靳大山", "环保办主任", "direct", "诫勉", rank=Rank.ORDINARY, basis="一案四查通知 一（三）",
        below_reason="停职期间由他人代管，到岗仅一周",
    )  # fmt: skip
    decisions.record_party(scene.session, case, new, by=scene.officer, at=scene.on(3))


def _open_case(scene: Scene) -> None:
    """Two of the four checks are still open."""
    case = worksheet.open_case(
        scene.session,
        NewCase(
            title="青石镇夜间作业噪声反复被举报",
            facts_text="三封信访件都查实夜间作业，处理后又出现。",
            region_code="990121100",
            unit_id="qingshi",
            origin=Origin.LETTER,
        ),
        by=scene.officer,
        at=scene.on(5),
    )
    for dimension, finding in ((Dimension.TERRITORIAL, "镇里接到后当晚到场，有记录"), (Dimension.SECTOR, "已约谈施工单位")):
        worksheet.answer_check(
            scene.session, case, dimension, CheckAnswer.NOT_FAILED, finding=finding, by=scene.officer, at=scene.on(2)
        )


def _handed_over_case(scene: Scene) -> None:
    """Handed over by an inspection: its consent is missing."""
    case = worksheet.open_case(
        scene.session,
        NewCase(
            title="北渠街道污水直排问题",
            facts_text="省级督察发现一处排口污水直排，街道上报“已完成整改”与现场不符。",
            region_code="990121001",
            unit_id="beiqu",
            origin=Origin.INSPECTION,
            handed_over=True,
        ),
        by=scene.officer,
        at=scene.on(14),
    )
    facts = [{"kind": "notice", "by": "provincial_team", "times": 1, "year": scene.day(14).year}]
    _say(scene, case, 13, signs=["slow", "unrectified"], impact="larger", circumstances=["fraud"], facts=facts)
    _answer(scene, case, 12, territorial=("没有到现场就上报完成", "街道办副主任\n经办人", "上报材料\n现场照片"))
    _step(scene, case, "finish_checks", 11)
    worksheet.add_procedure(
        scene.session, case, Procedure.NOTICE, on=scene.day(10), body="北渠街道办事处", due_on=scene.day(1),
        by=scene.officer, at=scene.on(10),
    )  # fmt: skip


def _accident_case(scene: Scene, firm: Polluter) -> None:
    """An accident with one of four points open, and an approved report that should be public by now."""
    session = scene.session
    case = worksheet.open_case(
        session,
        NewCase(
            title="白鹭乡食品厂污水池破裂",
            facts_text="食品厂污水池破裂，约四十吨污水流入水渠，下游两个村停水一天。",
            region_code="990121200",
            unit_id="bailu",
            origin=Origin.ACCIDENT,
            ruleset="changji-2016",
            polluter_id=firm.id,
            accident=True,
        ),
        by=scene.officer,
        at=scene.on(80),
    )
    _say(scene, case, 79, facts=[{"kind": "CJ6.2", "year": scene.day(80).year}])
    _answer(scene, case, 60)
    for point in (AccidentPoint.CAUSE, AccidentPoint.PERSONS, AccidentPoint.EDUCATION):
        worksheet.settle_accident_point(session, case, point, text="已办完，材料在卷", by=scene.officer, at=scene.on(45))
    found = investigations.start_investigation(
        session, case, started_by="县人民政府", why="发生较大环境污染事件（第六条（二））", by=scene.officer, at=scene.on(78)
    )
    _investigate(scene, found)


def _investigate(scene: Scene, found: investigations.Investigation) -> None:
    session, calendar = scene.session, office_calendar(scene.session)

    def write(days_ago: int, **papers: object) -> None:
        given = investigations.Papers(**papers)  # type: ignore[arg-type]
        investigations.write_papers(session, found, given, by=scene.officer, at=scene.on(days_ago))

    def step(verb: str, days_ago: int, by: SignedIn) -> None:
        investigations.take_step(session, found, verb, calendar=calendar, by=by, at=scene.on(days_ago))

    write(
        77,
        team="县生态环境局（组长单位）\n县公安局\n县水利局\n专家两人",
        team_approved_by="县人民政府",
        team_approved_on=scene.day(77),
    )
    step("approve_team", 77, scene.officer)
    texts = {
        "course": "池壁开裂后两小时才报告，水渠下游四公里受影响。",
        "casualties": "没有人员伤亡。",
        "direct_loss": "直接损失约十二万元。",
        "indirect_loss": "停水造成的间接损失约三万元。",
        "ecological_damage": "水渠底泥超标，一个月后恢复。",
        "direct_cause": "污水池超期使用，池壁老化。",
        "indirect_cause": "检查只看台账，没有看池体。",
        "history": "2019 年验收后再没有检测过池体。",
        "responsibility": "企业负主体责任，乡里负属地管理责任。",
        "proposals": "对企业依法处罚，对乡分管负责人诫勉谈话。",
    }
    investigations.write_findings(session, found, texts, by=scene.officer, at=scene.on(60))
    step("conclude", 60, scene.officer)
    write(
        56,
        discipline_opinion="监察机关单独调查，建议诫勉谈话",
        report_text="经查，污水池超期使用是直接原因，乡里检查不到位是间接原因。",
    )
    step("submit_report", 56, scene.officer)
    write(52, report_approved_by="县委、县人民政府", report_approved_on=scene.day(52))
    step("approve_report", 52, scene.stage.cast["lingdao"])


def _drawing(covered: bool) -> bytes:
    """An invented scene: a heap, a net when covered, a person to black out."""
    image = Image.new("RGB", (960, 600), BACKGROUND)
    draw = ImageDraw.Draw(image)
    draw.polygon([(80, 520), (400, 160), (720, 520)], fill=NET if covered else PILE)
    draw.ellipse([780, 300, 850, 370], fill=PERSON)
    draw.rectangle([785, 370, 845, 520], fill=(60, 70, 90))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _exposure(
    scene: Scene, firm: Polluter, title: str, facts: str, law: str, *, case: AccountabilityCase | None = None
) -> ExposedCase:
    new = exposures.NewExposure(
        title=title, facts_text=facts, law=law, unit_name=BUREAU, region_code=firm.region_code, case_id=case.id if case else None,
        letter_batch=_first_record(scene, RecordKind.LETTER_BATCH) if case else None,
    )  # fmt: skip
    return exposures.draft_exposure(scene.session, firm, new, by=scene.officer, at=scene.on(45))


def _penalty(scene: Scene, exposed: ExposedCase, kind: PenaltyKind, number: int, days_ago: int, yuan: int | None = None) -> None:
    exposures.add_penalty(
        scene.session, exposed, kind, document=f"云环{'罚' if yuan else '改'}〔{scene.day(days_ago).year}〕{number}号",
        decided_on=scene.day(days_ago), fine_yuan=yuan, by=scene.officer, at=scene.on(days_ago),
    )  # fmt: skip


def _stone_yard(scene: Scene, firm: Polluter, case: AccountabilityCase) -> ExposedCase:
    exposed = _exposure(
        scene, firm, "石料露天堆放，罚款八万元", "检查时约两千吨石料露天堆放，没有覆盖，没有喷淋，大风天扬尘明显。",
        "大气污染防治法 第七十二条", case=case,
    )  # fmt: skip
    _penalty(scene, exposed, PenaltyKind.ORDER, 31, 57)
    _penalty(scene, exposed, PenaltyKind.FINE, 12, 44, 80_000)
    store = evidence_store(scene.stage.office)
    for covered, alt in ((False, "整改前：石料露天堆放（绘制的演示图）"), (True, "整改后：石料已覆盖（绘制的演示图）")):
        picture = exposures.add_picture(
            scene.session,
            exposed,
            store,
            _drawing(covered),
            alt=alt,
            boxes=(Box(770, 290, 860, 530),),
            by=scene.officer,
            at=scene.on(40),
        )
        exposures.confirm_picture(scene.session, picture, by=scene.officer, at=scene.on(40))
    exposures.set_rectified(
        scene.session, exposed, Rectified.DONE, text="已全部覆盖并装上喷淋，复查合格。", by=scene.officer, at=scene.on(36)
    )
    exposures.take_step(scene.session, exposed, "make_ready", by=scene.officer, at=scene.on(35))
    return exposed


def _food_firm(scene: Scene, firm: Polluter) -> ExposedCase:
    exposed = _exposure(
        scene, firm, "污水池破裂致水渠污染，停产整治", "污水池超期使用破裂，约四十吨污水流入水渠。", "水污染防治法 第八十五条"
    )
    _penalty(scene, exposed, PenaltyKind.STOP, 33, 50)
    _penalty(scene, exposed, PenaltyKind.FINE, 14, 42, 160_000)
    exposures.take_step(scene.session, exposed, "make_ready", by=scene.officer, at=scene.on(34))
    return exposed


def _draft_exposure(scene: Scene, firm: Polluter) -> None:
    """Ready, then quashed: it is on top of the desk until it is down."""
    exposed = _exposure(scene, firm, "露天喷漆，责令改正", "没有密闭，没有收集废气。", "大气污染防治法 第四十五条")
    exposures.add_penalty(
        scene.session, exposed, PenaltyKind.ORDER, document=f"云环改〔{scene.day(20).year}〕40号", decided_on=scene.day(20),
        by=scene.officer, at=scene.on(20),
    )  # fmt: skip
    exposures.take_step(scene.session, exposed, "make_ready", by=scene.officer, at=scene.on(15))
    exposures.quash_penalty(
        scene.session,
        exposed,
        exposed.penalties[0],
        on=scene.day(0),
        reason="复议认定事实不清，撤销决定",
        by=scene.officer,
        at=scene.on(0),
    )


def _registers(scene: Scene, firms: list[Polluter]) -> None:
    session, keeper = scene.session, scene.stage.cast["xuncha"]

    def enter(kind: RegisterKind, days_ago: int, body: str, reason: str, **more: object) -> None:
        plain: dict[str, object] = {"kind": kind, "on": scene.day(days_ago), "body": body, "reason": reason}
        registers.enter(session, registers.NewEntry(**(plain | more)), by=keeper, at=scene.on(days_ago))  # type: ignore[arg-type]

    year = scene.day(60).year
    enter(
        RegisterKind.RESPONSIBILITY_LETTER, 68, "县人民政府", "年度环保目标责任书", unit_id="liuxi", document=f"云政责〔{year}〕4号"
    )
    enter(RegisterKind.HALF_YEAR_CHECK, 66, "县考核办", "半年检查：三项进度落后", unit_id="liuxi")
    enter(RegisterKind.SUMMONS, 64, "省生态环境厅", "空气指标连月变差", unit_id="liuxi", level=Level.PROVINCE)
    enter(
        RegisterKind.LISTED,
        62,
        "市政府",
        "北渠黑臭水体",
        unit_id="beiqu",
        level=Level.CITY,
        until=scene.day(3),
        document=f"州督〔{year}〕2号",
    )
    enter(
        RegisterKind.COPIED_RESULT,
        20,
        "综合巡查组",
        "本轮综合督查结果",
        unit_id="liuxi",
        recipients="县纪委、县委组织部",
        document="云督抄1号",
    )
    enter(RegisterKind.ACCIDENT_FILE, 45, BUREAU, "污水池破裂，社会影响大", polluter_id=firms[1].id, grave=True)
    enter(
        RegisterKind.JOINT_LIMIT, 44, "县发改局等四部门", "限制项目审批、用地、融资", polluter_id=firms[1].id, until=scene.day(-300)
    )
    registers.grade_year(
        session, session.get_one(Unit, "liuxi"), year, YearGrade.PASS, disqualifiers=[("QH18.8", "责任书两项重点工作没有完成")],
        decided_by="县考核办", decided_on=scene.day(5), by=keeper, at=scene.on(5),
    )  # fmt: skip
    registers.grade_year(
        session, session.get_one(Unit, "yunmen"), year, YearGrade.EXCELLENT, disqualifiers=[],
        decided_by="县考核办", decided_on=scene.day(5), by=keeper, at=scene.on(5),
    )  # fmt: skip
    polluters.enter_blacklist(
        session, firms[0], ground="整改后再次露天堆放", clause="一案四查通知 三（三）", effect="加密检查，一年内不得申请环保补助",
        exit_conditions="连续一年没有再犯，复查合格", expires_on=scene.day(-360), on=scene.day(5), by=scene.officer, at=scene.on(5),
    )  # fmt: skip


# ---- to the public ----


def _to_the_public(scene: Scene, closed: AccountabilityCase, exposed: list[ExposedCase]) -> None:
    session, calendar = scene.session, office_calendar(scene.session)
    drafter = scene.stage.cast["nigao"]

    def hand_over(record: PublicRecord, source: tuple[str, str], days_ago: int, place: int = 0) -> None:
        disclosure = records.hand_over(
            session, record, source=source, made_on=scene.day(days_ago), calendar=calendar, by=drafter, at=scene.on(days_ago)
        )
        _through_review(scene, disclosure, days_ago, place)

    closed.record_id = records.case_record_id(closed)
    hand_over(records.outcome_record(session, closed, region_name="柳溪镇", at=scene.on(34)), (records.CASE_SOURCE, closed.id), 34)
    media = press_of(scene.stage.office).paths.media
    for place, one in enumerate(reversed(exposed)):
        one.record_id = records.exposed_record_id(one)
        records.lay_out_pictures(one, evidence_store(scene.stage.office), media)
        case = closed if one.case_id else None
        name = "柳溪镇" if case else "白鹭乡"
        record = records.exposure_record(session, one, region_name=name, at=scene.on(33), case=case)
        hand_over(record, (records.EXPOSED_SOURCE, one.id), 33, place)
    bulletin = bulletins.make_bulletin(
        session,
        bulletins.NewBulletin(
            title="关于两起生态环境问题查处和问责情况的通报",
            number=f"云督通〔{scene.day(30).year}〕2号",
            issuer="县整改工作领导小组办公室",
            issued_on=scene.day(30),
            opening="近期检查移交的问题中，下列两起已经查清并作出处理，现予通报。",
            closing="各乡镇、各部门要对照检查，发现问题马上改，不要等督查。",
            region_code=COUNTY,
        ),
        cases=[closed],
        exposed=exposed,
        by=scene.officer,
        at=scene.on(30),
    )
    record = records.bulletin_record(bulletin, region_name=COUNTY_NAME, at=scene.on(30))
    hand_over(record, (records.BULLETIN_SOURCE, bulletin.id), 30)
    year = scene.day(30).year
    figures = records.figures_record(
        session, year=year, region=Region(COUNTY, COUNTY_NAME), unit="县整改工作领导小组办公室", at=scene.on(2)
    )
    hand_over(figures, (records.FIGURES_SOURCE, str(year)), 2)


def _through_review(scene: Scene, disclosure: Disclosure, days_ago: int, place: int) -> None:
    """Drafter and three reviewers; published like any other, this month, in the order of ``place``."""
    session, cast, at = scene.session, scene.stage.cast, scene.on(days_ago)
    answers = {question.id: "none" for question in CHECKLIST}
    disclosures.answer_checklist(session, disclosure, answers, by=cast["nigao"], at=at)
    steps = (("hand_in", "nigao"), ("redacted", "nigao"), ("pass", "shengao1"), ("pass", "shengao2"), ("sign", "qianfa"))
    for verb, login in steps:
        disclosures.take_step(session, disclosure, verb, by=cast[login], at=at)
    assert disclosure.state is DisclosureState.SIGNED
    disclosure.publish_at = scene.stage.at - timedelta(hours=1, minutes=days_ago) + timedelta(seconds=place)
