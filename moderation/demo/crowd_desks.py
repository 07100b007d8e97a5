"""The same worst morning on the desks beside the letters: supervision, custody, rewards, texts, ledger, accountability, notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import outbox
from moderation.accountability import exposures, investigations, polluters, worksheet
from moderation.accountability.exposures import NewExposure
from moderation.accountability.words import CheckAnswer, Dimension, Origin, PenaltyKind
from moderation.accountability.worksheet import NewCase
from moderation.casework import letter_lists
from moderation.casework.letters import BatchOrigin, Letter
from moderation.casework.machine import LetterState
from moderation.custody import requests
from moderation.custody.tables import IdentityRequest, Purpose
from moderation.demo.publication import STEPS
from moderation.demo.rectification import Walk, ask_for_check, check, close, monitoring, reports, visit
from moderation.demo.stage import Stage
from moderation.holidays import office_calendar
from moderation.keys import symmetric_key
from moderation.publication import disclosures
from moderation.publication.disclosures import CHECKLIST
from moderation.rectification import closing
from moderation.rectification.applying import write
from moderation.rectification.importing import PlanHead
from moderation.rectification.plan_reader import read_plan
from moderation.rectification.tasks import RectificationTask
from moderation.rectification.words import TaskState
from moderation.rewards import collection, lives, payments, proposals
from moderation.rewards.calculation import OrderProof, ProvenAct
from moderation.rewards.codes import code_digest, new_code
from moderation.rewards.letters import Standing, SubstantiatedLetter
from moderation.rewards.machine import SecondHandKind
from moderation.rewards.proposals import LetterFacts
from moderation.rewards.records import CollectionCode, Reward, RewardShare
from moderation.supervision import ladder, rechecks, samples, subjects
from moderation.supervision.machine import Ground, Rung, SubjectKind
from moderation.supervision.tables import SampleKind, Supervision
from portal.core.clock import day_of
from portal.core.ids import new_id
from portal.core.reward_schedule import Means
from portal.core.vocabulary import Channel, IdentityLevel, RecordKind, Verdict

CODE = "yunling-crowd"


def fill(stage: Stage, each: int) -> None:
    """Lets ``each`` records wait on every desk beside the letters'. The letters must be there already."""
    for filler in (_supervision, _round, _identities, _rewards, _texts, _tasks, _cases, _exposed, _notices):
        with stage.office.office.transaction() as session:
            filler(stage, session, each)


def _letters(stage: Stage, session: Session, state: LetterState, most: int, *known_to: str) -> Iterator[Letter]:
    query = select(Letter).where(Letter.state == state)
    for login in known_to:
        query = letter_lists.unbarred(query, stage.cast[login])
    return iter(session.scalars(query.order_by(Letter.id).limit(most)).all())


# ---- supervision and custody ----


def _supervision(stage: Stage, session: Session, each: int) -> None:
    """Requests for the inspectors, public listings at their end, and samples they have not looked at."""
    for letter in _letters(stage, session, LetterState.HANDLING, each, "zuyuan", "duban"):
        subject = subjects.find(session, SubjectKind.LETTER, letter.id)
        if subject is not None:
            row = ladder.row_of(session, subject, at=stage.at)
            if row.state is not Rung.INSPECTED and ladder.open_request(session, row) is None:
                ladder.request(session, row, Ground.LATE, "多次催办仍未反馈", by=stage.cast["zuyuan"], at=stage.at)
    today, left = day_of(stage.at), each
    for row in session.scalars(select(Supervision).where(Supervision.state == Rung.SUPERVISED).limit(each)):
        ladder.list_publicly(
            session, row, what=f"{row.number}：久拖不办", why="逾期三十天", by_whom="市整改办", document_number="云政督〔2026〕3号",
            from_on=today - timedelta(days=60), until_on=today - timedelta(days=1), by=stage.cast["duban"], at=stage.at,
        )  # fmt: skip
    while left > 0:
        size = min(left, samples.LARGEST)
        by = stage.cast["duban"]
        samples.draw(session, SampleKind.SPOT_CHECK, today - timedelta(days=730), today, size, key_only=False, by=by, at=stage.at)
        left -= size


def _round(stage: Stage, session: Session, each: int) -> None:  # noqa: ARG001
    """The round that ended yesterday, whose closed letters are looked at once more."""
    today = day_of(stage.at)
    first, last = today - timedelta(days=60), today - timedelta(days=1)
    rechecks.begin(session, BatchOrigin.OWN, "", first, last, by=stage.cast["zuzhang"], at=stage.at)


def _identities(stage: Stage, session: Session, each: int) -> None:
    """Questions at each of the three: the custodian, the second person, and back with who asked."""
    custodian, second = stage.cast["baoguan"], stage.cast["lingdao"]
    people = ("zuyuan", "baoguan", "lingdao")
    for state, steps in ((LetterState.UNDER_REVIEW, 0), (LetterState.HANDLING, 1), (LetterState.ACCEPTED, 2)):
        for letter in _letters(stage, session, state, each, *people):
            made = _question(stage, session, letter)
            if steps > 0:
                requests.agree(session, made, by=custodian, at=stage.at)
            if steps > 1:
                requests.consent(session, made, by=second, at=stage.at)


def _question(stage: Stage, session: Session, letter: Letter) -> IdentityRequest:
    why = "情况复杂，须当面核对取证地点"
    return requests.ask(session, letter, purpose=Purpose.VERIFY, reason=why, by=stage.cast["zuyuan"], at=stage.at)


# ---- rewards ----


def _rewards(stage: Stage, session: Session, each: int) -> None:
    """Proposed; approved with a name; paid by name, with a correction asked for; paid by code, not looked at yet."""
    key = symmetric_key(stage.office.keys, collection.CODE_KEY)
    for number in range(each):
        proposed_reward(stage, session, 4 * number, named=True)
        _told(stage, session, 4 * number + 1, named=True)
        for share in _told(stage, session, 4 * number + 2, named=True):
            paid = payments.pay_named(
                session, share, means=Means.BANK_TRANSFER, reference=f"演示{number}", by=stage.cast["duifu"], at=stage.at
            )
            why = "户名填错，要重付"
            payments.ask_second_hand(session, SecondHandKind.VOID_PAYMENT, paid.id, reason=why, by=stage.cast["duifu"], at=stage.at)
        for share in _told(stage, session, 4 * number + 3, named=False):
            word = new_code()
            session.add(CollectionCode(share_id=share.id, issued_at=stage.at, digest=code_digest(word, key)))
            session.flush()
            payments.pay_by_code(session, word, key=key, by=stage.cast["duifu"], at=stage.at)


def _told(stage: Stage, session: Session, number: int, *, named: bool) -> list[RewardShare]:
    shares = approve(stage, session, proposed_reward(stage, session, number, named=named))
    for share in shares:
        lives.notify(session, share, by=stage.cast["duifu"], at=stage.at)
    return shares


def approve(stage: Stage, session: Session, reward: Reward) -> list[RewardShare]:
    """The second person approves; its shares, whose people no receipt tells."""
    proposals.approve(session, reward, by=stage.cast["shenpi"], at=stage.at)
    return list(proposals.shares_of(session, reward))


def proposed_reward(stage: Stage, session: Session, number: int, *, named: bool) -> Reward:
    letter, by = _closed_letter(stage, number, named=named), stage.cast["jiangli"]
    facts = [LetterFacts(standing, OrderProof.SYSTEM) for standing in letter.standings]
    reward = proposals.verify(
        session, letter, letter.acts, facts, place=letter.place, target=letter.target, by=by, at=stage.at
    )  # fmt: skip
    proposals.propose(session, reward, by=by, at=stage.at)
    return reward


def _closed_letter(stage: Stage, number: int, *, named: bool) -> SubstantiatedLetter:
    """A case of last month that left only its books."""
    closed_on, place = day_of(stage.at) - timedelta(days=20), f"滨河路 {number + 1} 号"
    standing = Standing(
        letter_id=new_id(), number=f"云督〔{closed_on.year}〕9{number:05d}", report_id=None,
        received_on=closed_on - timedelta(days=12), accepted_on=closed_on - timedelta(days=11),
        identity=IdentityLevel.NAMED if named else IdentityLevel.ANONYMOUS, channel=Channel.WEB, proof=OrderProof.SYSTEM,
        wants_reward=True,
    )  # fmt: skip
    return SubstantiatedLetter(
        letter_id=standing.letter_id, number=standing.number, region_code="990121001", place=place,
        target=f"北渠汽修（{place}）", summary="办结件", verdict=Verdict.SUBSTANTIATED, closed_on=closed_on,
        acts=(ProvenAct("uncovered_dust"),), standings=(standing,),
    )  # fmt: skip


# ---- texts for the public ----


def _texts(stage: Stage, session: Session, each: int) -> None:
    """As many texts in each hand: drafter, first, second and final reviewer, publisher."""
    calendar, by = office_calendar(session), stage.cast["nigao"]
    answers = {question.id: "none" for question in CHECKLIST}
    for steps in range(len(STEPS) + 1):
        for number in range(each):
            at = stage.at - timedelta(days=number % 30)
            fields = _notice_fields(f"第 {steps * each + number + 1} 次扬尘检查安排")
            made = disclosures.draft(session, kind=RecordKind.NOTICE, fields=fields, calendar=calendar, by=by, at=at)
            disclosures.answer_checklist(session, made, answers, by=by, at=at)
            for verb, login in STEPS[:steps]:
                disclosures.take_step(session, made, verb, by=stage.cast[login], at=at)


def _notice_fields(title: str) -> dict[str, object]:
    return {
        "title": title, "unit": "县整改工作领导小组办公室", "region": {"code": "990121", "name": "云岭县"},
        "summary": "工地、料场和渣土车，每周检查两次，结果按月公开。",
    }  # fmt: skip


# ---- the ledger ----


def _tasks(stage: Stage, session: Session, each: int) -> None:
    """As many tasks of one unit near their date without a report, up for a check, in public notice, and to be visited again."""
    walk, today, by = Walk(stage), day_of(stage.at), stage.cast["zhenggai"]
    done = (reports(40, 100, last=82), monitoring("现场复查", "达标"), ask_for_check(75))
    ways: tuple[tuple[Callable[[Walk, Session, RectificationTask], None], ...], ...] = (
        (),
        done,
        (*done, check(3)),
        (*done, check(73), close(62), visit(-5, verdict=None)),
    )
    # A plan a way: the numbers of official plans have three digits at most.
    for place, deeds in enumerate(ways):
        head = PlanHead(code=f"{CODE}-{place}", title="云岭县乡村小散问题整改清单", document_number=f"云政发〔2026〕{31 + place}号",
                        programme="日常巡查（演示）", region_code="990121")  # fmt: skip
        write(session, read_plan(_plan_of(each, walk)), head, by=by, at=walk.ago(100))
        for task in session.scalars(select(RectificationTask).where(RectificationTask.plan_id == head.code)).all():
            for deed in deeds:
                deed(walk, session, task)
            if task.state is TaskState.PUBLIC_NOTICE:
                closing.receive_objection(session, task, summary="沟底还有一堆没有清走", received_on=today, by=by, at=stage.at)


def _plan_of(size: int, walk: Walk) -> str:
    """A list of small things, alike but for place and day, as an official paper prints it."""
    lines = ["云政发〔2026〕31号", "云岭县乡村小散问题整改清单", "（虚构，仅供演示）", f"经梳理，共{size}个问题："]
    for number in range(1, size + 1):
        due = walk.day(30 - number * 7 % 60)
        lines += [
            f"{number}.沟渠边乱倒建筑垃圾。第{number}处，约{number % 9 + 2}立方米。",
            "整改目标：清运干净，设牌看管。",
            "整改措施：（1）清运建筑垃圾。（2）落实看管。",
            "责任领导：分管领导（虚构）",
            "牵头单位：县生态环境局",
            "责任单位：北渠街道办事处",
            f"整改时限：{due.year}年{due.month}月{due.day}日前完成",
        ]
    return "\n\n".join(lines)


# ---- accountability ----


def _cases(stage: Stage, session: Session, each: int) -> None:
    """Cases still being checked, cases that wait for who decides, and investigations that wait for their team."""
    by, at = stage.cast["wenze"], stage.at - timedelta(days=9)
    for number in range(2 * each):
        new = NewCase(title=f"第 {number + 1} 处料场反复扬尘", facts_text="两次检查指出，镇里没有复查。", region_code="990121101",
                      unit_id="liuxi", origin=Origin.TASK)  # fmt: skip
        case = worksheet.open_case(session, new, by=by, at=at)
        if number % 2:
            continue
        for dimension in Dimension:
            worksheet.answer_check(session, case, dimension, CheckAnswer.NOT_FAILED, finding="查了记录，没有发现失职", by=by, at=at)
        worksheet.take_step(session, case, "finish_checks", by=by, at=at)
        why = "群众反映强烈（第六条）"
        investigations.start_investigation(session, case, started_by="县人民政府", why=why, by=by, at=at)


def _exposed(stage: Stage, session: Session, each: int) -> None:
    """Exposed cases whose penalty was quashed: they must come down."""
    by, at, today = stage.cast["wenze"], stage.at, day_of(stage.at)
    for number in range(each):
        head = f"91990121{7000000 + number:09d}"
        firm = polluters.register_polluter(
            session, name=f"云岭县第 {number + 1} 汽修厂（虚构）", uscc=head + polluters.uscc_check_character(head),
            region_code="990121001", by=by, at=at,
        )  # fmt: skip
        new = NewExposure(title=f"第 {number + 1} 起露天喷漆", facts_text="没有密闭，没有收集废气。", law="大气法 第四十五条",
                          unit_name="县生态环境局", region_code="990121001")  # fmt: skip
        made = exposures.draft_exposure(session, firm, new, by=by, at=at)
        document = f"云环改〔{today.year}〕{number + 1000}号"
        exposures.add_penalty(
            session, made, PenaltyKind.ORDER, document=document, decided_on=today - timedelta(days=20), by=by, at=at
        )
        exposures.take_step(session, made, "make_ready", by=by, at=at)
        exposures.quash_penalty(session, made, made.penalties[0], on=today, reason="复议撤销决定", by=by, at=at)


def _notices(stage: Stage, session: Session, each: int) -> None:
    """Notices that no mail server took."""
    for number in range(each):
        session.add(
            outbox.Notice(
                id=new_id(), key=f"crowd-{number}", channel=outbox.Channel.MAIL, address=f"duty{number % 7}@yunling.example",
                sentence="letter_overtaken", number=f"云督〔2026〕{number + 1}", created_at=stage.at, not_before=stage.at,
                attempts=outbox.MAX_ATTEMPTS, failure="没有连上邮件服务器",
            )
        )  # fmt: skip
