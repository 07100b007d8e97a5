"""Retention (保存与销毁): classes with their years, legal holds, destruction by two people. Carried out twice, it does no harm.

Working records of the office stay; what is destroyed is what a reporter entrusted: identity, or original and files.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources

from sqlalchemy import ColumnElement, delete, exists, func, select, text, update
from sqlalchemy.orm import Session

from moderation.casework.letters import Letter, LetterGuard
from moderation.custody.tables import DestructionItem, DestructionList, LegalHold, ListState, RetentionDue
from moderation.office import Office
from moderation.settings import Setting, change_setting, setting
from moderation.unsealing import files_folder
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.ids import new_id
from portal.core.reports import LockedFile, Message, Report
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, Machine, Step, SystemActor, move

CLAUSE = "个人信息保护法 第四十七条；本单位档案管理规定（两人销毁）"
TIMER = SystemActor("timer")
MOST_AT_ONCE = 5000
GONE = "已销毁"
HELD = "依法暂停销毁，未动"
OPEN_AGAIN = "已重开，未动"
S = ListState


@dataclass(frozen=True)
class RetentionClass:
    """One class, as it applies now. ``confirmed`` False: 未核定, nothing may be destroyed by it."""

    code: str
    label: str
    what: str
    years: int
    clause: str
    source: str
    confirmed: bool


@cache
def shipped() -> tuple[RetentionClass, ...]:
    """The classes as shipped: none confirmed."""
    raw = tomllib.loads((resources.files("portal.core") / "rules" / "retention.toml").read_text("utf-8"))
    return tuple(RetentionClass(**row) for row in raw["class"])


def classes(session: Session) -> tuple[RetentionClass, ...]:
    """The classes with what the office confirmed."""
    return tuple(_as_set(session, row) for row in shipped())


def _as_set(session: Session, row: RetentionClass) -> RetentionClass:
    known = session.get(Setting, f"retention.{row.code}")
    if known is None:
        return row
    years = int(setting(session, f"retention.{row.code}"))
    return RetentionClass(row.code, row.label, row.what, years, known.clause, known.source, known.confirmed)


def class_named(session: Session, code: str) -> RetentionClass:
    """The class of that code. Raises Mendable."""
    found = next((row for row in classes(session) if row.code == code), None)
    if found is None:
        raise Mendable("没有这个保存类别", field="retention_class")
    return found


def confirm_class(session: Session, code: str, years: int, *, clause: str, source: str, by: Actor, at: datetime) -> None:
    """Sets how long a class is kept, with where that stands."""
    class_named(session, code)
    if not 1 <= years <= 100:
        raise Mendable("年限请填 1 到 100", field="years")
    if not clause.strip() or not source.strip():
        raise Mendable("请写明年限的依据和出处", field="clause")
    change_setting(session, f"retention.{code}", years, clause=clause.strip()[:200], source=source.strip()[:400], confirmed=True,
                   by=by, at=at)  # fmt: skip
    session.flush()
    count_due(session, at=at)


# ---- holds ----


def hold(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> LegalHold:
    """Keeps everything of a letter until the hold is lifted."""
    if not reason.strip():
        raise Mendable("请写明为什么暂停销毁", field="reason")
    row = LegalHold(id=new_id(), letter_id=letter.id, reason=reason.strip(), set_by=by.id, set_at=at)
    session.add(row)
    session.flush()
    count_due(session, at=at)
    audit.record(session, by=by.id, act="legal_hold.set", subject=letter.id, at=at, detail={"reason": reason.strip()})
    return row


def lift(session: Session, row: LegalHold, reason: str, *, by: Actor, at: datetime) -> None:
    """Ends a hold, by another person than the one who set it."""
    if row.lifted_at is not None:
        raise Refusal("已经解除过了", clause=CLAUSE)
    if row.set_by == by.id:
        raise Refusal("解除人不能是设置人", clause=CLAUSE)
    if not reason.strip():
        raise Mendable("请写明解除的理由", field="reason")
    row.lifted_by, row.lifted_at, row.lifted_why = by.id, at, reason.strip()
    session.flush()
    count_due(session, at=at)
    audit.record(session, by=by.id, act="legal_hold.lift", subject=row.letter_id, at=at, detail={"reason": reason.strip()})


def holds(session: Session) -> tuple[tuple[LegalHold, str], ...]:
    """Holds in force, each with the number of its letter."""
    query = select(LegalHold, Letter).join(Letter, Letter.id == LegalHold.letter_id).where(LegalHold.lifted_at.is_(None))
    return tuple((row, letter.spoken_number) for row, letter in session.execute(query.order_by(LegalHold.set_at)))


def _is_held() -> ColumnElement[bool]:
    return exists().where(LegalHold.letter_id == Letter.id, LegalHold.lifted_at.is_(None))


# ---- lists ----


def due_before(row: RetentionClass, today: date) -> date:
    """Letters closed before this day have served their time."""
    try:
        return today.replace(year=today.year - row.years)
    except ValueError:  # 29 February
        return today.replace(year=today.year - row.years, day=28)


def due(session: Session, row: RetentionClass, today: date) -> int:
    """How many letters of a class have served their time and are on no list."""
    return session.scalar(select(func.count()).select_from(Letter).where(*_due(row, due_before(row, today)))) or 0


def _due(row: RetentionClass, before: date) -> Iterable[ColumnElement[bool]]:
    listed = (
        exists()
        .where(DestructionItem.letter_id == Letter.id, DestructionList.id == DestructionItem.list_id)
        .where(
            DestructionList.retention_class == row.code, DestructionList.state != S.REFUSED, DestructionItem.outcome.in_((GONE, ""))
        )
    )
    return (Letter.closed_on < before, Letter.report_id.is_not(None), ~_is_held(), ~listed)


def count_due(session: Session, *, at: datetime) -> None:
    """Counts anew what has served its time, class by class, for the desk that is asked to propose it, or to settle the years."""
    today = day_of(at)
    for row in classes(session):
        letters, known = due(session, row, today), session.get(RetentionDue, row.code)
        if known is None:
            session.add(RetentionDue(retention_class=row.code, letters=letters, since=today, counted_on=today))
            continue
        known.since = known.since if known.letters and letters else today
        known.letters, known.counted_on = letters, today


def count_due_daily(office: Office, at: datetime) -> None:
    """The worker's job: once a day, for counting walks every closed letter."""
    with office.office.reading() as session:
        done = select(func.count()).where(RetentionDue.counted_on == day_of(at))
        if (session.scalar(done) or 0) >= len(shipped()):
            return
    with office.office.transaction() as session:
        count_due(session, at=at)


def _other_person(found: DestructionList, by: Actor) -> str | None:
    return "批准人不能是提出人" if by.id == found.proposed_by else None


LIST = Machine(
    "destruction_list",
    "销毁清单",
    (
        Step(S.PROPOSED, "approve", S.APPROVED, CLAUSE, frozenset({Role.LEADER}), guard="other_person"),
        Step(S.PROPOSED, "refuse", S.REFUSED, CLAUSE, frozenset({Role.LEADER}), guard="other_person", text="不批准的理由"),
        Step(S.APPROVED, "finish", S.DONE, CLAUSE, by_system=True),
    ),
    {"other_person": _other_person},
)


def propose(session: Session, code: str, *, by: Actor, at: datetime) -> DestructionList:
    """Lists everything of a class that has served its time. Refused while the years are 未核定, or nothing is due."""
    row = class_named(session, code)
    if Role.CUSTODIAN not in by.roles:
        raise Refusal("只有身份保管员可以提出销毁清单", clause=CLAUSE)
    if not row.confirmed:
        raise Refusal(f"“{row.label}”的保存年限未核定，不能销毁", clause=row.clause)
    before = due_before(row, day_of(at))
    # Two at once would list the same letters twice.
    audit.one_writer_at_a_time(session)
    found = session.scalars(
        select(Letter).where(*_due(row, before)).order_by(Letter.closed_on, Letter.id).limit(MOST_AT_ONCE)
    ).all()
    if not found:
        raise Refusal("没有到期的材料", clause=row.clause)
    made = DestructionList(id=new_id(), state=S.PROPOSED, retention_class=code, closed_before=before, years=row.years,
                           clause=row.clause, proposed_by=by.id, proposed_at=at)  # fmt: skip
    session.add(made)
    session.flush()
    session.add_all(DestructionItem(list_id=made.id, letter_id=letter.id, report_id=letter.report_id or "") for letter in found)
    session.flush()
    count_due(session, at=at)
    facts = {"class": code, "letters": len(found), "closed_before": before.isoformat()}
    audit.record(session, by=by.id, act="destruction_list.propose", subject=made.id, at=at, detail=facts)
    return made


def find_list(session: Session, list_id: str) -> DestructionList:
    """The list, locked where the engine locks rows, so that of two who decide it one waits. Raises NotThere."""
    found = session.get(DestructionList, list_id, with_for_update=True)
    if found is None:
        raise NotThere("没有这份销毁清单")
    return found


def decide(session: Session, found: DestructionList, *, approve: bool, reason: str = "", by: Actor, at: datetime) -> None:
    """The second person approves, or sends it back with a reason."""
    move(session, LIST, found, "approve" if approve else "refuse", by=by, at=at, text=reason or None)
    session.flush()
    count_due(session, at=at)


def carry_out(office: Office, at: datetime) -> None:
    """The worker's job: destroys what two people agreed on, letter by letter. Cut off anywhere and run again, it ends the same."""
    with office.office.reading() as session:
        query = (
            select(DestructionItem.list_id, DestructionItem.letter_id)
            .join(DestructionList, DestructionList.id == DestructionItem.list_id)
            .where(DestructionList.state == S.APPROVED, DestructionItem.done_at.is_(None))
        )
        waiting = [(row.list_id, row.letter_id) for row in session.execute(query.limit(200))]
    for list_id, letter_id in waiting:
        _carry_out_one(office, list_id, letter_id, at)
    with office.office.transaction() as session:
        _finish(session, at)


def _carry_out_one(office: Office, list_id: str, letter_id: str, at: datetime) -> None:
    with office.office.reading() as session:
        item, code, reason = _still_due(session, list_id, letter_id)
    if reason == GONE:
        # The intake store first: a crash in between is repeated, and destroying nothing twice is nothing.
        DESTROY[code](office, item.report_id)
    with office.office.transaction() as session:
        row = session.get_one(DestructionItem, (list_id, letter_id))
        if row.done_at is not None:
            return
        row.done_at, row.outcome = at, reason
        if reason == GONE and code == "identity":
            session.execute(update(LetterGuard).where(LetterGuard.letter_id == letter_id).values(identity=b""))
        if reason == GONE and code == "original":
            session.execute(update(LetterGuard).where(LetterGuard.letter_id == letter_id).values(runs=b""))
        facts = {"list": list_id, "class": code, "outcome": reason}
        audit.record(session, by=TIMER.id, act="destruction_list.carry_out", subject=letter_id, at=at, detail=facts)


def _still_due(session: Session, list_id: str, letter_id: str) -> tuple[DestructionItem, str, str]:
    """The item, its class, and what is to become of it: a hold or a reopening since then spares it."""
    item = session.get_one(DestructionItem, (list_id, letter_id))
    made = session.get_one(DestructionList, list_id)
    letter = session.get_one(Letter, letter_id)
    held = session.scalar(select(LegalHold.id).where(LegalHold.letter_id == letter_id, LegalHold.lifted_at.is_(None)).limit(1))
    if held:
        return item, made.retention_class, HELD
    open_again = letter.closed_on is None or letter.closed_on >= made.closed_before
    return item, made.retention_class, OPEN_AGAIN if open_again else GONE


def _finish(session: Session, at: datetime) -> None:
    left = exists().where(DestructionItem.list_id == DestructionList.id, DestructionItem.done_at.is_(None))
    for made in session.scalars(select(DestructionList).where(DestructionList.state == S.APPROVED, ~left)):
        move(session, LIST, made, "finish", by=TIMER, at=at)


# ---- destroying ----


def _overwriting(session: Session) -> None:
    """Freed pages are zeroed on SQLite; on PostgreSQL the rows go with the next VACUUM."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete = ON"))


def _destroy_identity(office: Office, report_id: str) -> None:
    with office.intake.transaction() as intake:
        _overwriting(intake)
        gone = {"identity_for_custodian": b"", "identity_for_guard": b"", "notice_box": None}
        intake.execute(update(Report).where(Report.id == report_id).values(**gone))


def _destroy_original(office: Office, report_id: str) -> None:
    with office.intake.reading() as intake:
        messages = list(intake.scalars(select(Message.id).where(Message.report_id == report_id)))
        files = list(intake.scalars(select(LockedFile.id).where(LockedFile.owner_id.in_((report_id, *messages)))))
    for name in files:
        (files_folder(office) / name).unlink(missing_ok=True)
    with office.intake.transaction() as intake:
        _overwriting(intake)
        intake.execute(delete(LockedFile).where(LockedFile.id.in_(files)))
        intake.execute(update(Message).where(Message.report_id == report_id).values(body=b"", key_for_office=None))
        intake.execute(update(Report).where(Report.id == report_id).values(body=b"", key_for_office=b"", repeat_box=b""))


DESTROY: dict[str, Callable[[Office, str], None]] = {"identity": _destroy_identity, "original": _destroy_original}


def open_lists(session: Session) -> int:
    """How many lists wait for the second person, or are being carried out."""
    return session.scalar(select(func.count()).where(DestructionList.state.in_((S.PROPOSED, S.APPROVED)))) or 0


def lists(session: Session, limit: int = 50) -> tuple[tuple[DestructionList, int, int], ...]:
    """The latest lists, each with letters on it and letters carried out."""
    counted = func.count(DestructionItem.letter_id), func.count(DestructionItem.done_at)
    query = select(DestructionList, *counted).join(DestructionItem, DestructionItem.list_id == DestructionList.id)
    rows = session.execute(query.group_by(DestructionList.id).order_by(DestructionList.proposed_at.desc()).limit(limit))
    return tuple((row[0], row[1], row[2]) for row in rows)
