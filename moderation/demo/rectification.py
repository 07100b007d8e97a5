"""The rectification ledger of 云岭县: an invented plan read from its text, a task in every state, a campaign, some pages public."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from moderation.demo.rectification_plan import battles, campaign_text, plan_text
from moderation.demo.stage import Stage
from moderation.evidence import evidence_store
from moderation.publication import disclosures
from moderation.publication.disclosures import CHECKLIST, Disclosure
from moderation.rectification import closing, keeping, look_backs
from moderation.rectification.applying import write
from moderation.rectification.disclosure import refresh
from moderation.rectification.evidence_files import publish_file
from moderation.rectification.importing import PlanHead
from moderation.rectification.plan_reader import read_plan
from moderation.rectification.progress import ReportDraft, file_report, month_of
from moderation.rectification.tasks import RectificationTask, TaskEvidence
from moderation.rectification.words import CreditKind, EvidenceKind, PlanKind, Rhythm, VisitVerdict
from moderation.staff import SignedIn
from portal.core.clock import day_of
from portal.core.vocabulary import PollutionType

TITLE = "整改台账：每种状态都有"
CODE = "yunling-2026"
BEGAN = 150
PUBLIC = (1, 2, 3, 4, 5, 6, 7, 9, 10, 14, 15)
CAMPAIGN_PUBLIC = (1, 2, 3)


def load(stage: Stage) -> None:
    """Imports the plan 150 days ago and lets the cast work on it month by month until today."""
    walk = Walk(stage)
    with stage.office.office.transaction() as session:
        walk.begin(session)
    chosen: list[TaskEvidence] = []
    for number, deeds in STORIES.items():
        with stage.office.office.transaction() as session:
            task = session.get_one(RectificationTask, f"{CODE}-{number:03d}")
            for deed in deeds:
                deed(walk, session, task)
            chosen += [evidence for evidence in task.evidence if evidence.publish and evidence.file]
    for evidence in chosen:
        publish_file(stage.office, evidence)
    with stage.office.office.transaction() as session:
        walk.campaign(session)
    _publish(walk)


@dataclass
class Walk:
    """Who acts, and when: ``ago(30)`` is noon thirty days before the demo's present."""

    stage: Stage

    def ago(self, days: int) -> datetime:
        return self.stage.at - timedelta(days=days)

    def day(self, days: int) -> date:
        return day_of(self.ago(days))

    def who(self, login: str) -> SignedIn:
        return self.stage.cast[login]

    def begin(self, session: Session) -> None:
        """The plan as an official text, read like any other; the one unclear deadline stays a question."""
        head = PlanHead(
            code=CODE,
            title="云岭县生态环境保护督察反馈问题整改方案",
            document_number="云政发〔2026〕12号",
            programme="第三轮省级督察（演示）",
            region_code="990121",
        )
        write(session, read_plan(plan_text(self.day(BEGAN), self.day)), head, by=self.who("zhenggai"), at=self.ago(BEGAN))

    def campaign(self, session: Session) -> None:
        """三场硬仗 as a plan: dated quantities, progress, late ones named."""
        head = PlanHead(
            code=f"{CODE}-campaign",
            title="云岭县污染防治三场硬仗",
            programme="秋冬攻坚（演示）",
            region_code="990121",
            kind=PlanKind.CAMPAIGN,
        )
        write(session, read_plan(campaign_text(self.day)), head, by=self.who("zhenggai"), at=self.ago(90))
        for number, row in enumerate(battles(), start=1):
            task = session.get_one(RectificationTask, f"{CODE}-campaign-{number:03d}")
            keeper = self.who("zhenggai")
            keeping.add_quantity(
                session, task, label=row.counted, total=row.total, unit=row.unit, due_on=task.due_on, by=keeper, at=self.ago(88)
            )
            draft = ReportDraft(month_of(self.day(20)), row.said, quantities={0: row.done})
            file_report(session, task, draft, by=keeper, at=self.ago(20))


Deed = Callable[[Walk, Session, RectificationTask], None]


def reports(
    *percents: int, last: int = 20, by: str = "zhenggai", said: str = "按方案推进，现场查看并记录。", difficulties: str = ""
) -> Deed:
    """One report a month, the last one ``last`` days ago; every measure moves alike."""

    def deed(walk: Walk, session: Session, task: RectificationTask) -> None:
        for back, percent in zip(range(len(percents) - 1, -1, -1), percents, strict=True):
            ago = last + 30 * back
            draft = ReportDraft(
                month_of(walk.day(ago)),
                said,
                percent=percent,
                measures={m.place: percent for m in task.measures},
                difficulties=difficulties,
                next_steps="对照时限倒排，逐周核对。",
            )
            file_report(session, task, draft, by=walk.who(by), at=walk.ago(ago))

    return deed


def quantity(label: str, total: str, unit: str, done: tuple[str, ...]) -> Deed:
    """A countable part, reported month by month."""

    def deed(walk: Walk, session: Session, task: RectificationTask) -> None:
        keeper = walk.who("zhenggai")
        keeping.add_quantity(session, task, label=label, total=total, unit=unit, by=keeper, at=walk.ago(BEGAN - 1))
        place = task.quantities[-1].place
        for back, count in zip(range(len(done) - 1, -1, -1), done, strict=True):
            ago = 20 + 30 * back
            draft = ReportDraft(
                month_of(walk.day(ago)),
                f"累计完成 {count}{unit}。",
                quantities={place: count},
                measures={m.place: round(100 * int(count) / int(total)) for m in task.measures},
            )
            file_report(session, task, draft, by=keeper, at=walk.ago(ago))

    return deed


def photos(after: int) -> Deed:
    """A picture before and one ``after`` days ago, drawn, chosen for the public page."""
    return lambda walk, session, task: _add_photos(walk, session, task, after)


def _add_photos(walk: Walk, session: Session, task: RectificationTask, after: int) -> None:
    keeper = walk.who("zhenggai")
    for kind, caption, colours, ago in (
        (EvidenceKind.BEFORE, "整改前现场（示意图）", ("#8b7a5a", "#5d5240"), BEGAN - 5),
        (EvidenceKind.AFTER, "整改后现场（示意图）", ("#7fa58c", "#3f7a5c"), after),
    ):
        data = _drawn(*colours, number=task.number)
        file = evidence_store(walk.stage.office).put(data)
        evidence = keeping.add_evidence(
            session,
            task,
            kind=kind,
            caption=caption,
            taken_on=walk.day(ago),
            file=file,
            file_name=f"{kind.zh}.jpg",
            file_kind="jpeg",
            size=len(data),
            by=keeper,
            at=walk.ago(ago),
        )
        keeping.choose_evidence(session, task, evidence, publish=True, by=keeper, at=walk.ago(ago))


def _drawn(sky: str, ground: str, *, number: int) -> bytes:
    picture = Image.new("RGB", (960, 600), sky)
    pen = ImageDraw.Draw(picture)
    pen.polygon([(0, 600), (0, 380 + 7 * number), (320, 300), (640, 420 - 5 * number), (960, 340), (960, 600)], fill=ground)
    pen.line([(0, 470), (320, 430), (640, 500), (960, 450)], fill="#dfe9ee", width=18)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def monitoring(caption: str, value: str) -> Deed:
    def deed(walk: Walk, session: Session, task: RectificationTask) -> None:
        keeper = walk.who("zhenggai")
        evidence = keeping.add_evidence(
            session,
            task,
            kind=EvidenceKind.MONITORING,
            caption=caption,
            value=value,
            taken_on=walk.day(50),
            by=keeper,
            at=walk.ago(50),
        )
        keeping.choose_evidence(session, task, evidence, publish=True, by=keeper, at=walk.ago(50))

    return deed


def ask_for_check(ago: int) -> Deed:
    def deed(walk: Walk, session: Session, task: RectificationTask) -> None:
        closing.request_check(
            session,
            task,
            self_check="逐条对照方案核对，措施全部完成，材料齐全。",
            result="方案所列措施全部完成，现场查看没有发现同类问题。",
            mechanism="列入日常巡查，每月查一次，发现反弹当日报告。",
            by=walk.who("zhenggai"),
            at=walk.ago(ago),
        )

    return deed


def check(ago: int, *, by: str = "duban", conclude: bool = True) -> Deed:
    def deed(walk: Walk, session: Session, task: RectificationTask) -> None:
        closing.take_up(session, task, by=walk.who(by), at=walk.ago(ago + 1))
        if conclude:
            findings = "现场查看，与申请材料一致，抽查三处均已整改。"
            closing.settle_check(session, task, passed=True, findings=findings, by=walk.who(by), at=walk.ago(ago))

    return deed


def close(ago: int) -> Deed:
    def deed(walk: Walk, session: Session, task: RectificationTask) -> None:
        closing.close_out(
            session, task, approval="同意销号。", notice_place="县政府网站公告栏（演示）", by=walk.who("lingdao"), at=walk.ago(ago)
        )

    return deed


def visit(planned: int, *, verdict: VisitVerdict | None, findings: str = "") -> Deed:
    def deed(walk: Walk, session: Session, task: RectificationTask) -> None:
        patrol = walk.who("xuncha")
        row = look_backs.plan_visit(session, task, on=walk.day(planned), reason="销号后抽查", by=patrol, at=walk.ago(planned + 8))
        if verdict is not None:
            look_backs.record_visit(session, task, row, verdict=verdict, findings=findings, by=patrol, at=walk.ago(planned))

    return deed


def objection(walk: Walk, session: Session, task: RectificationTask) -> None:
    closing.receive_objection(
        session, task, summary="反映雨后仍有异味，请再查。", received_on=walk.day(1), by=walk.who("zhenggai"), at=walk.ago(1)
    )


def listed(walk: Walk, session: Session, task: RectificationTask) -> None:
    keeping.list_for_supervision(
        session,
        task,
        what="工地扬尘整治",
        why="到期没有完成",
        body="县整改工作领导小组",
        number="云督挂〔2026〕1号",
        until_on=walk.day(-30),
        by=walk.who("zhenggai"),
        at=walk.ago(10),
    )


def extended(walk: Walk, session: Session, task: RectificationTask) -> None:
    keeping.extend(
        session,
        task,
        to_on=walk.day(-120),
        document_number="云政函〔2026〕7号",
        body="县人民政府",
        reason="汛期不能施工",
        by=walk.who("zhenggai"),
        at=walk.ago(40),
    )


def road_checks(walk: Walk, session: Session, task: RectificationTask) -> None:
    keeper = walk.who("zhenggai")
    duty = keeping.add_duty(
        session, task, label="渣土车路检", rhythm=Rhythm.WEEKLY, times=2, from_on=walk.day(42), by=keeper, at=walk.ago(42)
    )
    for ago in (41, 38, 34, 31, 20, 18, 13, 6, 4):
        keeping.enter_duty(
            session, task, duty, on=walk.day(ago), text="夜查 2 小时，检查渣土车 6 辆。", by=keeper, at=walk.ago(ago)
        )


def credit(walk: Walk, session: Session, task: RectificationTask) -> None:
    keeping.record_credit(
        session,
        task,
        kind=CreditKind.CREDIT_DEDUCTION,
        subject="云岭某建材有限公司（虚构）",
        points="5",
        document_number="云环信〔2026〕3号",
        by=walk.who("zhenggai"),
        at=walk.ago(30),
    )


def meeting(walk: Walk, session: Session, task: RectificationTask) -> None:
    keeping.hold_consultation(
        session,
        title="工地扬尘整治会商",
        held_on=walk.day(12),
        attended="住建、城管、环境三个部门和青石镇",
        minutes="听取进展，逐个工地过堂，六个工地仍缺喷淋。",
        decisions="十日内补齐喷淋，逾期停工。",
        task_ids=[task.id],
        by=walk.who("zhenggai"),
        at=walk.ago(12),
    )


def letters(walk: Walk, session: Session, task: RectificationTask) -> None:
    keeper = walk.who("zhenggai")
    numbers = ["D3HA202606010007", "X3HA202606030002", "D3HA202606040019"]
    keeping.list_letters_for_recheck(session, task, numbers, by=keeper, at=walk.ago(60))
    keeping.recheck_letter(
        session, task, task.rechecks[0], held=True, text="现场无异味，排口封堵完好。", by=keeper, at=walk.ago(30)
    )


def serious(kind: PollutionType) -> Deed:
    return lambda walk, session, task: keeping.set_type(session, task, kind, severity=2, by=walk.who("zhenggai"), at=walk.ago(140))


DONE = reports(30, 60, 85, 100)
STORIES: dict[int, tuple[Deed, ...]] = {
    1: (quantity("封堵直排口", "18", "个", ("3", "7", "10", "14")), photos(22), letters),
    2: (reports(10, 25, 40, difficulties="六个工地喷淋设备没有到位。"), listed, meeting, credit, serious(PollutionType.AIR)),
    3: (
        reports(40, 100, last=82),
        photos(81),
        ask_for_check(75),
        check(73),
        close(62),
        visit(20, verdict=VisitVerdict.STABLE, findings="原址已改为绿地，未见燃煤设施。"),
    ),
    4: (reports(30, 60, 85, 100, last=12), photos(11), ask_for_check(8), check(3), objection),
    5: (reports(5, 10, 15), extended),
    6: (reports(30, 40, 55), road_checks),
    7: (
        reports(60, 100, last=86),
        photos(84),
        ask_for_check(80),
        check(78),
        close(68),
        visit(15, verdict=VisitVerdict.RELAPSE, findings="作业面覆盖不到一半，渗滤液收集池外溢。"),
    ),
    8: (DONE, monitoring("油气回收检测合格站数", "11 座"), ask_for_check(2)),
    9: (DONE, monitoring("在线设备联网", "36 台"), ask_for_check(6), check(2, conclude=False)),
    10: (reports(10, 30, 45),),
    11: (reports(20),),
    12: (),
    13: (),
    14: (reports(50, 100, last=66), photos(64), ask_for_check(60), check(57), close(48)),
    15: (reports(5, 12),),
}

NONE_FOUND = {question.id: "none" for question in CHECKLIST}


def _publish(walk: Walk) -> None:
    """Takes the drafts of most tasks through four pairs of hands; the worker publishes them when it first runs."""
    wanted = [f"{CODE}-{number:03d}" for number in PUBLIC] + [f"{CODE}-campaign-{number:03d}" for number in CAMPAIGN_PUBLIC]
    drafter, at = walk.who("nigao"), walk.ago(0)
    for task_id in wanted:
        with walk.stage.office.office.transaction() as session:
            task = session.get_one(RectificationTask, task_id)
            made = refresh(session, task, reason="", by=drafter, at=at)
            _sign(walk, session, made)


def _sign(walk: Walk, session: Session, made: Disclosure) -> None:
    drafter = walk.who("nigao")
    made.drafted_by = drafter.id
    disclosures.answer_checklist(session, made, NONE_FOUND, by=drafter, at=walk.stage.at)
    hands = (("hand_in", "nigao"), ("redacted", "nigao"), ("pass", "shengao1"), ("pass", "shengao2"), ("sign", "qianfa"))
    for verb, login in hands:
        disclosures.take_step(session, made, verb, by=walk.who(login), at=walk.stage.at)
    made.publish_at = walk.stage.at
