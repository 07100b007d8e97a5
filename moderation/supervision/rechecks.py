"""After a round every letter is re-checked item by item (逐件复核): claims, penalties, tasks, what was told and what is public.

A letter found not done is handled again and comes back to the list. The end is written when nothing is left. Who must not know of
a letter meets it neither in the list nor in a number: for them the re-check has ended when theirs has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from moderation.casework import letter_lists, review
from moderation.casework.assignment import claims_of
from moderation.casework.guards import CLOSED_STATES, LETTER
from moderation.casework.handling import measures_of
from moderation.casework.letters import BatchOrigin, Letter, LetterBatch, LetterText
from moderation.casework.machine import LetterState
from moderation.office import Office
from moderation.publication.disclosures import Disclosure
from moderation.staff import SignedIn
from moderation.supervision.recheck_tables import ItemKind, Outcome, Recheck, RecheckEnd, RecheckLetter, RecheckResult
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotAllowed, NotThere, Refusal
from portal.core.ids import new_id
from portal.core.vocabulary import Channel, Role
from portal.core.workflow import SystemActor

CLAUSE = "本办公室办理规程（轮次结束后逐件复核）"
RECHECK = SystemActor("recheck")
CHECKERS = frozenset({Role.GROUP_MEMBER, Role.GROUP_LEAD, Role.SUPERVISION_INSPECTOR})
OPENERS = frozenset({Role.GROUP_LEAD, Role.SUPERVISION_INSPECTOR})
PAGE = 50
# Nothing more comes: the letter can be looked at again.
OVER = (*CLOSED_STATES, LetterState.RETURNED_UPWARD)
_LEFT_OUT = (LetterState.MERGED, LetterState.WITHDRAWN)


@dataclass(frozen=True)
class Item:
    """One thing to look at. ``said``: what is recorded of it; ``result``: the last finding of this round, None: not looked at."""

    key: str
    kind: ItemKind
    said: str
    result: RecheckResult | None


@dataclass(frozen=True)
class Found:
    """What somebody found of one item. Anything but 核对无误 needs words."""

    outcome: Outcome
    text: str = ""


@dataclass(frozen=True)
class Counts:
    """Letters of a re-check that one person may know of. ``open``: of those left, how many are still being handled."""

    letters: int
    left: int
    open: int
    reopened: int

    @property
    def done(self) -> int:
        return self.letters - self.left


# ---- beginning ----


def begin(
    session: Session, origin: BatchOrigin, round_name: str, first_on: date, last_on: date, *, by: SignedIn, at: datetime
) -> Recheck:
    """Opens the re-check of a round that is over, with every letter of it. ``round_name`` empty: our own letters by their days."""
    _require(by, OPENERS)
    if last_on < first_on:
        raise Mendable("结束日不能早于开始日", field="last_on")
    if last_on >= day_of(at):
        raise Mendable("这一轮还没有结束，结束后再复核", field="last_on")
    same = (Recheck.origin == origin, Recheck.round_name == round_name, Recheck.first_on == first_on, Recheck.last_on == last_on)
    if session.scalar(select(Recheck.id).where(*same)):
        raise Refusal("这一轮已经在复核", clause=CLAUSE)
    made = Recheck(id=new_id(), origin=origin, round_name=round_name, first_on=first_on, last_on=last_on, opened_by=by.id,
                   opened_at=at)  # fmt: skip
    session.add(made)
    session.flush()
    if not gather(session, made):
        raise Mendable("这段时间没有已受理的信访件", field="first_on")
    audit.record(session, by=by.id, act="letter_recheck.begin", subject=made.id, at=at, detail={"origin": origin.value})
    return made


def gather(session: Session, recheck: Recheck) -> int:
    """Enters every letter of the round that is not entered yet; returns how many."""
    known = select(RecheckLetter.letter_id).where(RecheckLetter.recheck_id == recheck.id)
    ids = list(session.scalars(_letters_of(recheck).where(Letter.id.not_in(known))))
    session.add_all(RecheckLetter(recheck_id=recheck.id, letter_id=letter_id) for letter_id in ids)
    session.flush()
    return len(ids)


def _letters_of(recheck: Recheck) -> Select[str]:
    query = select(Letter.id).where(
        Letter.accepted_on.is_not(None), Letter.state.not_in(_LEFT_OUT), Letter.discipline_only.is_(False)
    )
    if recheck.origin is BatchOrigin.OWN:
        return query.where(Letter.channel != Channel.HANDED_DOWN, Letter.accepted_on.between(recheck.first_on, recheck.last_on))
    batch = (LetterBatch.origin == recheck.origin, LetterBatch.round_name == recheck.round_name)
    days = LetterBatch.day.between(recheck.first_on, recheck.last_on)
    return query.join(LetterBatch, LetterBatch.id == Letter.batch_id).where(*batch, days)


def rounds_known(session: Session, person: SignedIn) -> tuple[tuple[BatchOrigin, str], ...]:
    """The rounds this person knows a letter of, the latest first."""
    query = select(LetterBatch.origin, LetterBatch.round_name).group_by(LetterBatch.origin, LetterBatch.round_name)
    found = session.execute(query.order_by(func.max(LetterBatch.day).desc()).limit(50)).all()
    return tuple((origin, name) for origin, name in found if _knows_one(session, origin, name, person))


def _knows_one(session: Session, origin: BatchOrigin, name: str, person: SignedIn) -> bool:
    query = select(Letter.id).join(LetterBatch, LetterBatch.id == Letter.batch_id)
    query = query.where(LetterBatch.origin == origin, LetterBatch.round_name == name)
    return session.scalar(letter_lists.visible(query, person).limit(1)) is not None


# ---- item by item ----


def items_of(session: Session, recheck: Recheck, letter: Letter) -> tuple[Item, ...]:
    """Everything to look at of a letter as it stands, with what was found of it in this round of the letter."""
    query = select(RecheckResult).where(
        RecheckResult.recheck_id == recheck.id, RecheckResult.letter_id == letter.id, RecheckResult.round == letter.round
    )
    found = {row.item: row for row in session.scalars(query.order_by(RecheckResult.id))}
    return tuple(Item(key, kind, said, found.get(key)) for key, kind, said in _recorded(session, letter))


def _recorded(session: Session, letter: Letter) -> list[tuple[str, ItemKind, str]]:
    rows = [
        (f"claim:{claim.id}", ItemKind.CLAIM,
         f"{claim.text}。{claim.verdict.zh if claim.verdict else '没有结论'}。{claim.measures or '没有写处理和整改情况'}")
        for claim in claims_of(session, letter)
    ]  # fmt: skip
    rows += [
        (
            f"measure:{row.unit_id}:{row.kind.value}",
            ItemKind.MEASURE,
            " · ".join(filter(None, (row.kind.zh, str(row.number or ""), row.text))),
        )
        for row in measures_of(session, letter)
    ]
    rows += [(f"task:{task_id}", ItemKind.TASK, task_id) for task_id in review.linked(session, letter, "task")]
    text = session.get(LetterText, letter.id)
    rows.append(("reply", ItemKind.REPLY, text.reply if text and text.reply else "没有书面答复"))
    rows.append(("publication", ItemKind.PUBLICATION, _published(session, letter)))
    return rows


def _published(session: Session, letter: Letter) -> str:
    ids = review.linked(session, letter, "disclosure")
    titles = session.scalars(select(Disclosure.title).where(Disclosure.id.in_(ids)).order_by(Disclosure.title))
    return "；".join(titles) or "没有公开"


def check(
    session: Session, recheck: Recheck, letter: Letter, found: Mapping[str, Found], *, by: SignedIn, at: datetime
) -> RecheckLetter:
    """Records what was found of some items, or all. What was not done sends the letter back to be handled again."""
    row = _row(session, recheck, letter)
    _require(by, CHECKERS)
    refused = LETTER.guards["other_hand"](letter, by)
    if refused is not None:
        raise Refusal(refused, clause=CLAUSE)
    if letter.state not in OVER:
        raise Refusal("这件还没有办结，办结后才能复核", clause=CLAUSE)
    if not found:
        raise Mendable("请至少核对一项")
    items = {item.key: (place, item) for place, item in enumerate(items_of(session, recheck, letter), 1)}
    for key, each in found.items():
        place, item = items.get(key, (0, None))
        _keep(session, recheck, letter, item, place, each, by, at)
    session.flush()
    _settle(session, recheck, row, letter, at)
    letter.version += 1
    facts = {"recheck": recheck.id, "items": len(found), "done": row.done_round == letter.round}
    audit.record(session, by=by.id, act="letter_recheck.note", subject=letter.id, at=at, detail=facts)
    return row


def _keep(
    session: Session, recheck: Recheck, letter: Letter, item: Item | None, place: int, found: Found, by: SignedIn, at: datetime
) -> None:
    if item is None:
        raise Mendable("这件的内容已有变化，请重新打开再核对")
    if found.outcome is not Outcome.RIGHT and not found.text.strip():
        raise Mendable(f"第 {place} 项请写明看到了什么", field=f"text-{item.key}")
    session.add(RecheckResult(recheck_id=recheck.id, letter_id=letter.id, round=letter.round, item=item.key, said=item.said,
                              outcome=found.outcome, text=found.text.strip(), by=by.id, at=at))  # fmt: skip


def _settle(session: Session, recheck: Recheck, row: RecheckLetter, letter: Letter, at: datetime) -> None:
    """The letter is done when every item was looked at, and handled again when one was not done."""
    items = items_of(session, recheck, letter)
    undone = [item for item in items if item.result and item.result.outcome is Outcome.UNDONE]
    row.failed_round = letter.round if undone else None
    row.done_round = letter.round if not undone and all(item.result for item in items) else None
    if undone:
        _reopen(session, letter, "；".join(item.result.text for item in undone if item.result), at)
    session.flush()


def _reopen(session: Session, letter: Letter, why: str, at: datetime) -> None:
    """Where the letter's state allows; one that was just closed is reopened by the timer, once its reporter is asked."""
    if LETTER.step(letter.state, "reopen") is not None:
        review.reopen(session, letter, f"轮次复核没有办到位：{why}", by=RECHECK, at=at)


def _row(session: Session, recheck: Recheck, letter: Letter) -> RecheckLetter:
    row = session.get(RecheckLetter, (recheck.id, letter.id))
    if row is None:
        raise NotThere("这件不在这一轮复核里")
    return row


def _require(by: SignedIn, roles: frozenset[Role]) -> None:
    if not by.roles & roles:
        raise NotAllowed("您的岗位不能进行这项操作", clause=CLAUSE)


# ---- lists and the end ----

_DONE: ColumnElement[bool] = and_(RecheckLetter.done_round.is_not(None), RecheckLetter.done_round == Letter.round)
_LEFT: ColumnElement[bool] = or_(RecheckLetter.done_round.is_(None), RecheckLetter.done_round != Letter.round)


def _joined(recheck: Recheck, person: SignedIn) -> Select[RecheckLetter, Letter]:
    joined = select(RecheckLetter, Letter).join(Letter, Letter.id == RecheckLetter.letter_id)
    return letter_lists.visible(joined.where(RecheckLetter.recheck_id == recheck.id), person)


def counts(session: Session, recheck: Recheck, person: SignedIn) -> Counts:
    """How far the re-check is, of the letters this person may know of."""
    rows = _joined(recheck, person)
    left = rows.where(_LEFT)

    def number(query: Select[RecheckLetter, Letter]) -> int:
        return session.scalar(query.with_only_columns(func.count())) or 0

    return Counts(
        number(rows), number(left), number(left.where(Letter.state.not_in(OVER))),
        number(rows.where(RecheckLetter.failed_round.is_not(None))),
    )  # fmt: skip


def left_anywhere(session: Session, person: SignedIn, *, most: int = 1000) -> int:
    """Letters left in all re-checks, to ``most``: for a menu that is printed on every page."""
    known = letter_lists.is_known(RecheckLetter.letter_id, person)
    query = select(RecheckLetter.letter_id).where(RecheckLetter.done_round.is_(None), known)
    return session.scalar(select(func.count()).select_from(query.limit(most).subquery())) or 0


def lines(
    session: Session, recheck: Recheck, person: SignedIn, *, done: bool, number: int = 1
) -> tuple[tuple[RecheckLetter, Letter], ...]:
    """A page of letters left, or done; closed ones first, then by day of receipt."""
    query = _joined(recheck, person).where(_DONE if done else _LEFT)
    order = (Letter.state.not_in(OVER), Letter.received_on, Letter.id)
    return tuple((row[0], row[1]) for row in session.execute(query.order_by(*order).offset((number - 1) * PAGE).limit(PAGE)))


def end(session: Session, recheck: Recheck, text: str, *, by: SignedIn, at: datetime) -> None:
    """Writes what came of it. Refused while a letter of the round is left."""
    _require(by, OPENERS)
    if not text.strip():
        raise Mendable("请写明复核的结论", field="text")
    gather(session, recheck)
    left = counts(session, recheck, by).left
    if left:
        raise Refusal(f"还有 {left} 件没有复核完", clause=CLAUSE)
    session.add(RecheckEnd(recheck_id=recheck.id, text=text.strip(), by=by.id, at=at))
    recheck.ended_at = recheck.ended_at or at
    session.flush()
    audit.record(session, by=by.id, act="letter_recheck.end", subject=recheck.id, at=at)


def ends_of(session: Session, recheck: Recheck) -> tuple[RecheckEnd, ...]:
    """What was written at the end, the latest last."""
    return tuple(session.scalars(select(RecheckEnd).where(RecheckEnd.recheck_id == recheck.id).order_by(RecheckEnd.id)))


def find(session: Session, recheck_id: str) -> Recheck:
    """The re-check. Raises NotThere."""
    found = session.get(Recheck, recheck_id)
    if found is None:
        raise NotThere("没有这一轮复核")
    return found


def every(session: Session, limit: int = 50) -> tuple[Recheck, ...]:
    """The latest re-checks."""
    return tuple(session.scalars(select(Recheck).order_by(Recheck.opened_at.desc(), Recheck.id).limit(limit)))


def run(office: Office, at: datetime) -> None:
    """The timer: letters that came to a round late are entered, and what was found not done is reopened when it can be."""
    with office.office.reading() as session:
        late = [recheck.id for recheck in every(session) if _late(session, recheck)]
        again = session.execute(_handled_again()).all()
        failed = session.execute(_failed()).all()
        waiting = [(row.recheck_id, letter.id) for row, letter in failed if LETTER.step(letter.state, "reopen") is not None]
    for recheck_id in late:
        with office.office.transaction() as session:
            gather(session, find(session, recheck_id))
    for recheck_id, letter_id in again:
        with office.office.transaction() as session:
            session.get_one(RecheckLetter, (recheck_id, letter_id)).done_round = None
    for recheck_id, letter_id in waiting:
        with office.office.transaction() as session:
            recheck, letter = find(session, recheck_id), session.get_one(Letter, letter_id)
            row = _row(session, recheck, letter)
            if row.failed_round == letter.round:
                _settle(session, recheck, row, letter, at)


def _late(session: Session, recheck: Recheck) -> bool:
    known = select(RecheckLetter.letter_id).where(RecheckLetter.recheck_id == recheck.id)
    return session.scalar(_letters_of(recheck).where(Letter.id.not_in(known)).limit(1)) is not None


def _handled_again() -> Select[str, str]:
    """Letters that were done and have begun another round since: a relapse, a dissatisfied reporter."""
    query = select(RecheckLetter.recheck_id, RecheckLetter.letter_id).join(Letter, Letter.id == RecheckLetter.letter_id)
    return query.where(RecheckLetter.done_round.is_not(None), RecheckLetter.done_round != Letter.round)


def _failed() -> Select[RecheckLetter, Letter]:
    query = select(RecheckLetter, Letter).join(Letter, Letter.id == RecheckLetter.letter_id)
    return query.where(RecheckLetter.failed_round == Letter.round)
