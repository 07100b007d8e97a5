"""Looking again: drawn samples (抽查, 回头看) of closed letters, and the check of accountability figures."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from moderation import letter_notices
from moderation.casework import letter_lists, review
from moderation.casework.guards import CLOSED_STATES, LETTER
from moderation.casework.letters import Letter, LetterMeasure, MeasureKind
from moderation.staff import SignedIn
from moderation.supervision.tables import FigureCheck, Sample, SampleItem, SampleKind
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable, Refusal
from portal.core.ids import new_id
from portal.core.vocabulary import Role
from portal.core.workflow import SystemActor

LARGEST = 200
INSPECTION = SystemActor("look-back")
_PEOPLE = (MeasureKind.TALK, MeasureKind.ACCOUNTABILITY)


def drawn(ids: list[str], seed: str, size: int) -> list[str]:
    """The sample that ``seed`` draws: everyone who has the ids and the seed gets the same letters."""
    return sorted(ids, key=lambda letter_id: hashlib.sha256(f"{seed} {letter_id}".encode()).digest())[:size]


def draw(
    session: Session, kind: SampleKind, first_on: date, last_on: date, size: int, *, key_only: bool, by: SignedIn, at: datetime
) -> Sample:
    """Draws ``size`` letters closed on these days, among those this person may know of."""
    if last_on < first_on:
        raise Mendable("结束日不能早于开始日", field="last_on")
    if not 1 <= size <= LARGEST:
        raise Mendable(f"件数请填 1 到 {LARGEST}", field="size")
    query = select(Letter.id).where(Letter.closed_on.between(first_on, last_on), Letter.state.in_(CLOSED_STATES))
    if key_only:
        query = query.where(Letter.key_letter.is_(True))
    ids = list(session.scalars(letter_lists.visible(query, by)))
    if not ids:
        raise Mendable("这段时间没有办结的信访件", field="first_on")
    made = Sample(id=new_id(), kind=kind, seed=secrets.token_hex(8), first_on=first_on, last_on=last_on, key_only=key_only,
                  population=len(ids), drawn_by=by.id, drawn_at=at)  # fmt: skip
    session.add(made)
    session.flush()
    session.add_all(SampleItem(sample_id=made.id, letter_id=letter_id) for letter_id in drawn(ids, made.seed, size))
    session.flush()
    facts = {"kind": kind.value, "seed": made.seed, "population": len(ids), "size": min(size, len(ids))}
    audit.record(session, by=by.id, act="supervision_sample.draw", subject=made.id, at=at, detail=facts)
    return made


def note(session: Session, item: SampleItem, *, passed: bool, text: str, by: SignedIn, at: datetime) -> None:
    """What was found. A look-back that fails reopens the letter, where its state allows."""
    if not text.strip():
        raise Mendable("请写明看到了什么", field="text")
    if item.passed is not None:
        raise Refusal("这件已经有结果")
    sample = session.get_one(Sample, item.sample_id)
    item.passed, item.text, item.by, item.on = passed, text.strip(), by.id, day_of(at)
    audit.record(session, by=by.id, act="supervision_sample.note", subject=item.letter_id, at=at, detail={"passed": passed})
    letter = session.get_one(Letter, item.letter_id)
    if not passed and sample.kind is SampleKind.LOOK_BACK and LETTER.step(letter.state, "reopen") is not None:
        review.reopen(session, letter, f"回头看未通过：{text.strip()}", by=INSPECTION, at=at)


@dataclass(frozen=True)
class SampleLine:
    """A sample in the list."""

    sample: Sample
    size: int
    looked: int
    failed: int


def samples(session: Session, limit: int = 50) -> tuple[SampleLine, ...]:
    """The latest samples with how far they are."""
    rows = session.scalars(select(Sample).order_by(Sample.drawn_at.desc()).limit(limit)).all()
    found: dict[str, list[bool | None]] = {}
    for sample_id, passed in session.execute(
        select(SampleItem.sample_id, SampleItem.passed).where(SampleItem.sample_id.in_([row.id for row in rows]))
    ):
        found.setdefault(sample_id, []).append(passed)
    return tuple(
        SampleLine(row, len(found.get(row.id, ())), sum(p is not None for p in found.get(row.id, ())),
                   sum(p is False for p in found.get(row.id, ())))
        for row in rows
    )  # fmt: skip


def items_of(session: Session, sample: Sample, person: SignedIn) -> tuple[tuple[SampleItem, Letter], ...]:
    """The letters of a sample, in the order drawn; none this person must not know of."""
    query = letter_lists.visible(select(SampleItem, Letter).join(Letter, Letter.id == SampleItem.letter_id), person)
    rows = session.execute(query.where(SampleItem.sample_id == sample.id)).all()
    order: Mapping[str, int] = {
        each: place for place, each in enumerate(drawn([row[1].id for row in rows], sample.seed, len(rows)))
    }
    return tuple(sorted(((row[0], row[1]) for row in rows), key=lambda pair: order[pair[1].id]))


# ---- figures ----


@dataclass(frozen=True)
class FigureLine:
    """People held accountable as a letter reports them, beside what the inspectors found (None: not checked)."""

    letter: Letter
    reported: int
    check: FigureCheck | None


def reported_people(session: Session, letter: Letter) -> int:
    """How many people the letter says were talked to or held accountable, in its present round."""
    query = select(func.coalesce(func.sum(LetterMeasure.number), 0)).where(
        LetterMeasure.letter_id == letter.id, LetterMeasure.round == letter.round, LetterMeasure.kind.in_(_PEOPLE)
    )
    return int(session.scalar(query) or 0)


def checks_known_to(person: SignedIn) -> Select[FigureCheck]:
    """Checks of letters' present rounds, as far as this person may know of the letters. Reads no letter: a check knows its own."""
    return select(FigureCheck).where(FigureCheck.past.is_(False), letter_lists.is_known(FigureCheck.letter_id, person))


def figures_to_show(person: SignedIn) -> Select[FigureCheck]:
    """Checks where people were held accountable. Unchecked ones first, the newest of each on top."""
    wanted = checks_known_to(person).where(or_(FigureCheck.reported > 0, FigureCheck.found.is_not(None)))
    return wanted.order_by(FigureCheck.found.is_not(None), FigureCheck.on.desc(), FigureCheck.letter_id)


def figures(session: Session, person: SignedIn, *, first: int = 0, limit: int = LARGEST) -> tuple[FigureLine, ...]:
    """``limit`` lines of that list after the ``first`` ones, in three statements however many there are."""
    checks = session.scalars(figures_to_show(person).offset(first).limit(limit)).all()
    ids = [check.letter_id for check in checks]
    letters, people = {each.id: each for each in session.scalars(select(Letter).where(Letter.id.in_(ids)))}, _people(session, ids)
    return tuple(
        FigureLine(letters[check.letter_id], people.get(check.letter_id, 0), check if check.found is not None else None)
        for check in checks
    )


def _people(session: Session, letter_ids: Sequence[str]) -> dict[str, int]:
    """Letter → people it says were talked to or held accountable in its present round."""
    query = select(LetterMeasure.letter_id, func.sum(LetterMeasure.number)).join(
        Letter, (Letter.id == LetterMeasure.letter_id) & (Letter.round == LetterMeasure.round)
    )
    wanted = query.where(LetterMeasure.letter_id.in_(letter_ids), LetterMeasure.kind.in_(_PEOPLE))
    return {letter_id: int(total) for letter_id, total in session.execute(wanted.group_by(LetterMeasure.letter_id))}


def ask_for_check(session: Session, letter: Letter, at: datetime) -> None:
    """A unit reported: whom it says it held accountable is for the inspectors to check, once a round. Nobody, nothing to check."""
    session.flush()
    row, people = session.get(FigureCheck, (letter.id, letter.round)), reported_people(session, letter)
    if row is None and people:
        session.add(FigureCheck(letter_id=letter.id, round=letter.round, reported=people, on=day_of(at)))
    elif row is not None and row.found is None:
        row.reported = people
    # Of an earlier round nobody asks any longer.
    session.execute(
        delete(FigureCheck).where(
            FigureCheck.letter_id == letter.id, FigureCheck.round != letter.round, FigureCheck.found.is_(None)
        )
    )
    session.flush()


def check_figure(session: Session, letter: Letter, found: int, text: str, *, by: SignedIn, at: datetime) -> FigureCheck:
    """The inspectors confirm the reported number, or write what they found; a difference is told to the group."""
    if Role.SUPERVISION_INSPECTOR not in by.roles:
        raise Refusal("只有督办监察组可以审核追责数据", clause="综合督查工作方案")
    if found < 0:
        raise Mendable("人数不能是负数", field="found")
    reported = reported_people(session, letter)
    if found != reported and not text.strip():
        raise Mendable("与上报不一致，请写明差在哪里", field="text")
    row = session.get(FigureCheck, (letter.id, letter.round)) or FigureCheck(letter_id=letter.id, round=letter.round)
    if row.found is not None:
        raise Refusal(f"这件的追责数据已经审核过：核实 {row.found} 人", clause="综合督查工作方案")
    row.reported, row.found, row.note, row.by, row.on = reported, found, text.strip(), by.id, day_of(at)
    session.add(row)
    session.flush()
    facts = {"reported": reported, "found": found}
    audit.record(session, by=by.id, act="figure_check.note", subject=letter.id, at=at, detail=facts)
    if found != reported:
        cause = f"figure_check:{letter.id}:{letter.round}:{found}"
        letter_notices.tell_role(session, letter.id, Role.GROUP_LEAD, "conduct_review", cause=cause, at=at,
                                 number=letter.spoken_number, link="/supervision/figures")  # fmt: skip
    return row
