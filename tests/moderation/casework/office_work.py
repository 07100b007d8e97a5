"""A working day in the invented county: makes letters and takes them as far as a test needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from moderation.casework import arrival, assignment, handling, review, screening
from moderation.casework.arrival import Opened
from moderation.casework.letters import Letter, RefusalKind
from moderation.casework.machine import LetterState
from moderation.casework.screening import Claim, WorkingSummary
from moderation.demo.stage import Stage
from moderation.staff import SignedIn
from portal.core.clock import day_of
from portal.core.ids import new_id
from portal.core.report_content import Answer, ContactPermission, Identity, ReportContent, WhenKind
from portal.core.vocabulary import IdentityLevel, PollutionType, Verdict

S = LetterState
NOBODY = Identity()
QINGSHI = "990121100"
STORY = "料场每天夜里十一点以后装卸石子，不盖篷布也不洒水，灰一直飘到学校操场上，孩子们天天咳嗽。"
SUMMARY = "反映一料场夜间作业扬尘，未采取遮盖、洒水措施，影响附近学校。"

CONTENT = ReportContent(
    sent_at="2026-11-20T04:00:00+00:00",
    questions_version="2026-11",
    acts=("uncovered_dust",),
    pollution_types=(PollutionType.AIR,),
    region_code=QINGSHI,
    place="石子料场，东大路北段",
    when_kind=WhenKind.RECURRING,
    when="夜里十一点以后",
    who="宏达料场",
    story=STORY,
    must_not_know=(),
    contact=ContactPermission.NOBODY,
    identity_level=IdentityLevel.ANONYMOUS,
    answers=(Answer("盖了吗", "没有盖"),),
)

WORKING = WorkingSummary(
    summary=SUMMARY,
    place="青石镇东大路北段料场",
    target="宏达料场",
    region_code=QINGSHI,
    types=(PollutionType.AIR,),
    claims=(Claim("夜间装卸扬尘，未遮盖", "uncovered_dust"), Claim("未洒水降尘", "uncovered_dust")),
)


@dataclass
class Work:
    """A session with the cast at hand. ``at`` moves on by hand."""

    stage: Stage
    session: Session
    at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.stage.at
        self.key = arrival.guard_key(self.stage.office)

    def who(self, login: str) -> SignedIn:
        return self.stage.cast[login]

    def days_later(self, days: int) -> None:
        self.at += timedelta(days=days)

    def arrived(self, content: ReportContent = CONTENT, identity: Identity = NOBODY, **changes: object) -> Letter:
        """A letter as the worker registers it. ``changes`` replace fields of the report."""
        changed = replace(content, **changes)  # type: ignore[arg-type]
        opened = Opened(new_id(), day_of(self.at), False, changed, identity)
        return arrival.register_letter(self.session, opened, key=self.key, at=self.at)

    def screened(self, working: WorkingSummary = WORKING, **changes: object) -> Letter:
        letter = self.arrived(**changes)  # type: ignore[arg-type]
        screening.start_screening(self.session, letter, by=self.who("shenhe"), at=self.at)
        screening.write_summary(self.session, letter, working, key=self.key, by=self.who("shenhe"), at=self.at)
        return letter

    def accepted(self, working: WorkingSummary = WORKING, **changes: object) -> Letter:
        letter = self.screened(working, **changes)
        screening.accept(self.session, letter, by=self.who("shenhe"), at=self.at)
        return letter

    def assigned(self, *units: str, **changes: object) -> Letter:
        letter = self.accepted(**changes)  # type: ignore[arg-type]
        chosen = units or ("urban",)
        assignment.assign(self.session, letter, unit_ids=chosen, why="按职责", by=self.who("zuzhang"), at=self.at)
        return letter

    def handling(self, *units: str, **changes: object) -> Letter:
        letter = self.assigned(*units, **changes)
        handling.take_up(self.session, letter, by=self.who("chengguan"), at=self.at)
        return letter

    def findings(self, letter: Letter, verdict: Verdict = Verdict.SUBSTANTIATED) -> tuple[handling.Finding, ...]:
        return tuple(
            handling.Finding(claim.id, verdict, "现场检查，料堆未覆盖，喷淋未开启。", "责令当日覆盖，加装喷淋，立案处罚。")
            for claim in assignment.claims_of(self.session, letter)
        )

    def reported(self, *units: str, **changes: object) -> Letter:
        letter = self.handling(*units, **changes)
        self.report(letter, "chengguan")
        return letter

    def report(self, letter: Letter, login: str, measures: tuple[handling.Measure, ...] = ()) -> None:
        found = self.findings(letter)
        handling.report_findings(self.session, letter, found, measures, key=self.key, by=self.who(login), at=self.at)

    def settled(self, *units: str, **changes: object) -> Letter:
        letter = self.reported(*units, **changes)
        review.settle(
            self.session, letter, "情况属实，已办到位", "您反映的扬尘已查处。", key=self.key, by=self.who("zuzhang"), at=self.at
        )
        return letter

    def refusal_proposed(self, kind: RefusalKind = RefusalKind.DECLINE) -> Letter:
        letter = self.screened()
        template = "too_vague" if kind is RefusalKind.DECLINE else "other_authority"
        screening.propose_refusal(
            self.session, letter, kind=kind, template=template, reply="缺少地点，请补充后再举报。", reason="情况不清", key=self.key,
            by=self.who("shenhe"), at=self.at,
        )  # fmt: skip
        return letter
