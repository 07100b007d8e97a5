"""The letters of 云岭县: real sealed reports, pulled and taken through the desks by the cast, a letter in every state."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from moderation import unsealing
from moderation.casework import answers, arrival, assignment, handling, messages, review, screening, status
from moderation.casework.arrival import Opened
from moderation.casework.letters import BatchOrigin, Letter, MeasureKind, RefusalKind
from moderation.casework.review import OnSite
from moderation.casework.screening import Claim, WorkingSummary
from moderation.demo.casework_stories import Story, stories
from moderation.demo.stage import Stage, keep_private
from moderation.staff import SignedIn
from portal.core import reports
from portal.core.clock import day_of
from portal.core.intake_keys import load_intake_keys
from portal.core.receipts import in_groups
from portal.core.report_content import ContactPermission, MessageKind, ReportContent, ReporterMessage, WhenKind
from portal.core.reports import IntakeKeys, Tray
from portal.core.vocabulary import Channel, Role, Verdict

TITLE = "信访件：每种状态都有"
QUESTIONS = "2026-11"
OFFICERS = {
    "urban": "chengguan",
    "housing": "zhujian",
    "bureau": "huanbao",
    "farming": "nongye",
    "water": "shuili",
    "land": "ziran",
}
PAPER = "zuyuan"


def load(stage: Stage) -> None:
    """Sends every story through sealing and desks, and keeps the receipts of the demo for whoever wants to look in."""
    receipts: list[dict[str, str]] = []
    intake_keys = load_intake_keys(unsealing.public_side_folder(stage.office))
    guard = arrival.guard_key(stage.office)
    walks = [Walk(stage, story, guard) for story in stories()]
    with stage.office.intake.transaction() as intake:
        for walk in walks:
            if walk.story.channel is not Channel.HANDED_DOWN:
                receipts.append(walk.send(intake, intake_keys))
    taken: dict[str, str] = {}
    with stage.office.office.transaction() as session:
        for walk in walks:
            walk.take(session, taken)
    keep_private(stage.office.data / "demo" / "receipts.json", json.dumps(receipts, ensure_ascii=False, indent=1))
    messages.send_replies(stage.office, stage.at)
    status.tell(stage.office, stage.at)


@dataclass
class Walk:
    """One story on its way through the desks. ``on(0.5)`` is halfway between its coming and now."""

    stage: Stage
    story: Story
    key: bytes
    report_id: str = ""

    def on(self, share: float) -> datetime:
        # Hours of the working day; the last step is earlier today, never after the present moment.
        begun = self.stage.at - timedelta(days=self.story.ago)
        return begun + timedelta(days=round(self.story.ago * share))

    def who(self, login: str) -> SignedIn:
        return self.stage.cast[login]

    def content(self) -> ReportContent:
        s = self.story
        return ReportContent(
            sent_at="", questions_version=QUESTIONS, acts=(s.act,), pollution_types=s.types, region_code=s.region, place=s.place,
            when_kind=WhenKind.RECURRING, when=s.when, who=s.who, story=s.story, must_not_know=s.must_not_know,
            contact=ContactPermission.PHONE if s.identity.phone else ContactPermission.NOBODY, identity_level=s.level,
            channel=s.channel, suspicion="同一文字反复出现" if s.quarantined else "", wants_reward=True,
        )  # fmt: skip

    def send(self, intake: Session, keys: IntakeKeys) -> dict[str, str]:
        """Seals and submits the report; what the demo keeps of its receipt."""
        sealed = reports.seal_report(
            self.content(), self.story.identity, nonce=reports.new_nonce(), keys=keys, at=self.on(0),
            tray=Tray.QUARANTINE if self.story.quarantined else Tray.FIRST,
        )  # fmt: skip
        reports.submit_report(intake, sealed, at=self.on(0))
        reports.mark_taken(intake, intake.get_one(reports.Report, sealed.id))
        self.report_id = sealed.id
        return {"summary": self.story.summary or self.story.place, "receipt": " ".join(in_groups(sealed.code))}

    def take(self, session: Session, taken: dict[str, str]) -> None:
        """Registers the letter and walks it to where its story ends. ``taken``: place → id of the first letter about it."""
        if self.story.channel is Channel.HANDED_DOWN:
            letter = self._handed_down(session)
        else:
            opened = Opened(self.report_id, day_of(self.on(0)), self.story.quarantined, self.content(), self.story.identity)
            letter = arrival.register_letter(session, opened, key=self.key, at=self.on(0))
        lead = taken.setdefault(self.story.place, letter.id)
        for act in WAYS[self.story.ends]:
            act(self, session, letter)
        if self.story.ends == "merged":
            screening.merge(session, letter, session.get_one(Letter, lead), by=self.who("shenhe"), at=self.on(0.1))

    def working(self) -> WorkingSummary:
        s = self.story
        return WorkingSummary(
            summary=s.summary, place=s.place, target=s.who, region_code=s.region, types=s.types,
            claims=tuple(Claim(claim, s.act) for claim in s.claims), key_letter=s.key, severity=2 if s.key else 1,
        )  # fmt: skip

    def _handed_down(self, session: Session) -> Letter:
        day = day_of(self.on(0))
        number = f"D3HA{day:%Y%m%d}{self.story.ago:04d}{'*' if self.story.key else ''}"
        row = assignment.HandedDown(number, self.working(), BatchOrigin.PROVINCE, "第三轮省级督察", None, day)
        return assignment.enter_handed_down(session, row, by=self.who("zuyuan"), at=self.on(0))


Deed = Callable[[Walk, Session, Letter], None]


def _start(w: Walk, session: Session, letter: Letter) -> None:
    screening.start_screening(session, letter, by=w.who("shenhe"), at=w.on(0))


def _summary(w: Walk, session: Session, letter: Letter) -> None:
    screening.write_summary(session, letter, w.working(), key=w.key, by=w.who("shenhe"), at=w.on(0))


def _accept(w: Walk, session: Session, letter: Letter) -> None:
    screening.accept(session, letter, by=w.who("shenhe"), at=w.on(0))


def _ask(w: Walk, session: Session, letter: Letter) -> None:
    question = answers.of_kind("question")[0].body
    screening.ask_supplement(session, letter, question, by=w.who("shenhe"), at=w.on(0.2))


def _refuse(kind: RefusalKind, template: str, filled: dict[str, str]) -> Deed:
    def deed(w: Walk, session: Session, letter: Letter) -> None:
        body = answers.template(template).body
        for slot, words in filled.items():
            body = body.replace(slot, words)
        screening.propose_refusal(
            session, letter, kind=kind, template=template, reply=body, reason="不在受理范围", key=w.key, by=w.who("shenhe"),
            at=w.on(0.3),
        )  # fmt: skip

    return deed


def _confirm(w: Walk, session: Session, letter: Letter) -> None:
    screening.decide_refusal(session, letter, agree=True, by=w.who("shenhe2"), at=w.on(0.5))


def _to_discipline(w: Walk, session: Session, letter: Letter) -> None:
    screening.to_discipline(session, letter, "反映公职人员通风报信", by=w.who("shenhe"), at=w.on(0.2))


def _withdraw(w: Walk, session: Session, letter: Letter) -> None:
    sent = ReporterMessage("", MessageKind.WITHDRAWAL, "", demanded="no")
    messages.take_message(session, letter, f"demo-{letter.id}", day_of(w.on(0.5)), sent, at=w.on(0.5))


def _assign(w: Walk, session: Session, letter: Letter) -> None:
    found = assignment.suggestion(session, letter)
    suggested = found.unit.id if found.unit else ""
    lead = w.story.unit or suggested
    why = "\n".join(found.trace) if lead == suggested else "情况集中在该单位职责范围，由组里决定"
    units = tuple(unit for unit in (lead, w.story.joint) if unit)
    assignment.assign(session, letter, unit_ids=units, why=why, by=w.who("zuyuan"), at=w.on(0.1))


def _officer(w: Walk, unit_id: str) -> SignedIn:
    login = next(
        (name for name, each in w.stage.cast.items() if each.unit_id == unit_id and Role.UNIT_OFFICER in each.roles), PAPER
    )
    return w.who(OFFICERS.get(unit_id, login))


def _take_up(w: Walk, session: Session, letter: Letter) -> None:
    handling.take_up(session, letter, by=_officer(w, letter.unit_id), at=w.on(0.15))


def _return(w: Walk, session: Session, letter: Letter) -> None:
    assignment.return_to_group(
        session, letter, "明沟由城管部门管养，不属于水利设施。", by=_officer(w, letter.unit_id), at=w.on(0.5)
    )


def _ask_extension(w: Walk, session: Session, letter: Letter) -> None:
    handling.ask_extension(session, letter, "监测须排期，预计两周出报告。", by=_officer(w, letter.unit_id), at=w.on(0.95))


def _report(w: Walk, session: Session, letter: Letter) -> None:
    s = w.story
    done = "" if s.verdict is Verdict.UNSUBSTANTIATED else s.done
    findings = tuple(handling.Finding(claim.id, s.verdict, s.finding, done) for claim in assignment.claims_of(session, letter))
    measures = tuple(handling.Measure(MeasureKind(kind), number) for kind, number in s.measures.items())  # type: ignore[call-arg]
    for unit_id in (letter.unit_id, s.joint):
        if unit_id:
            by = _officer(w, unit_id)
            handling.report_findings(session, letter, findings, measures, key=w.key, by=by, at=w.on(0.5))


def _check(w: Walk, session: Session, letter: Letter) -> None:
    if w.story.key:
        items = {label: "是" for _, label in review.CHECKLIST}
        review.check_on_site(
            session, letter, OnSite(items, "到现场看过，与报告一致。", passed=True), by=w.who("zuyuan"), at=w.on(0.55)
        )


def _settle(w: Walk, session: Session, letter: Letter) -> None:
    last = w.on(1.0) if w.story.ends == "settled" else w.on(0.6)
    reply = f"您反映的问题已核查：{w.story.verdict.zh}。{w.story.done or '没有发现违法行为。'}"
    review.settle(session, letter, "情况清楚，处理到位", reply, key=w.key, by=w.who("zuzhang"), at=last)


def _settle_for_now(w: Walk, session: Session, letter: Letter) -> None:
    reply = f"您反映的问题已核查：{w.story.verdict.zh}。已处理的和还要整改的，会继续公开。"
    review.settle_for_now(session, letter, "已查处，整改继续", reply, key=w.key, by=w.who("zuzhang"), at=w.on(0.6))


def _report_up(w: Walk, session: Session, letter: Letter) -> None:
    review.report_up(session, [letter], by=w.who("zuzhang"), at=w.on(0.8))


def _ask_satisfaction(w: Walk, session: Session, letter: Letter) -> None:
    review.ask_satisfaction(session, letter, by=w.who("zuyuan"), at=w.on(0.7))


def _archive(w: Walk, session: Session, letter: Letter) -> None:
    if w.story.score:
        sent = ReporterMessage("", MessageKind.SATISFACTION, "", score=w.story.score)
        messages.take_message(session, letter, f"demo-{letter.id}", day_of(w.on(0.8)), sent, at=w.on(0.8))
    review.archive(session, letter, f"评价 {w.story.score} 分" if w.story.score else "未作评价", by=w.who("zuyuan"), at=w.on(0.9))


def _reopen(w: Walk, session: Session, letter: Letter) -> None:
    review.reopen(session, letter, "抽查发现喷淋塔未运行，异味反复。", by=w.who("zuzhang"), at=w.on(1.0))


def _return_upward(w: Walk, session: Session, letter: Letter) -> None:
    assignment.return_upward(session, letter, "排口在邻县境内，建议转属地。", by=w.who("zuzhang"), at=w.on(0.5))


_DECLINE = _refuse(RefusalKind.DECLINE, "out_of_duty", {"{事项}": "民事和征地补偿事项", "{渠道}": "乡镇司法所或者县人民政府"})
_TRANSFER = _refuse(RefusalKind.TRANSFER, "noise_authority", {"{渠道}": "县公安局"})
_SCREENED: tuple[Deed, ...] = (_start, _summary)
_QUEUED = (*_SCREENED, _accept)
_GIVEN = (*_QUEUED, _assign)
_WORKED = (*_GIVEN, _take_up)
_DONE = (*_WORKED, _report)
_CLOSED = (*_DONE, _check, _settle)
WAYS: dict[str, tuple[Deed, ...]] = {
    "received": (),
    "screening": _SCREENED,
    "awaiting_supplement": (*_SCREENED, _ask),
    "refusal_declined": (*_SCREENED, _DECLINE),
    "refusal_transferred": (*_SCREENED, _TRANSFER),
    "not_accepted": (*_SCREENED, _DECLINE, _confirm),
    "transferred": (*_SCREENED, _TRANSFER, _confirm),
    "with_discipline": (*_SCREENED, _to_discipline),
    "withdrawn": (_start, _withdraw),
    "merged": _SCREENED,
    "accepted": _QUEUED,
    "assigned": _GIVEN,
    "return_disputed": (*_GIVEN, _return),
    "handling": _WORKED,
    "extension_asked": (*_WORKED, _ask_extension),
    "under_review": _DONE,
    "reported_up": (_assign, _take_up, _report, _check, _report_up),
    "settled": _CLOSED,
    "settled_for_now": (*_DONE, _check, _settle_for_now),
    "follow_up": (*_CLOSED, _ask_satisfaction),
    "archived": (*_CLOSED, _ask_satisfaction, _archive),
    "reopened": (*_CLOSED, _ask_satisfaction, _archive, _reopen),
    "handed_down": (),
    "returned_upward": (_return_upward,),
}
