"""What the reward engine needs to know of a closed letter, and how it is read from the casework tables. The only link to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy import text as text_sql
from sqlalchemy.orm import Session

from moderation.casework.letters import Letter, LetterBar, LetterClaim, LetterMeasure, LetterText, MeasureKind
from moderation.casework.machine import LetterState
from moderation.rewards.calculation import OrderProof, ProvenAct
from moderation.rewards.records import RewardTray
from portal.core.errors import NotThere, Refusal
from portal.core.vocabulary import Channel, IdentityLevel, Verdict
from portal.core.workflow import Actor

CLOSED = (LetterState.SETTLED, LetterState.SETTLED_FOR_NOW, LetterState.FOLLOW_UP, LetterState.ARCHIVED)
PROVEN = (Verdict.SUBSTANTIATED, Verdict.MOSTLY_SUBSTANTIATED, Verdict.PARTLY_SUBSTANTIATED)
_PROOF = {
    Channel.WEB: OrderProof.SYSTEM,
    Channel.PHONE: OrderProof.CALL_LOG,
    Channel.POST: OrderProof.POSTMARK,
    Channel.VISIT: OrderProof.SYSTEM,
    Channel.HANDED_DOWN: OrderProof.UPSTREAM,
}


@dataclass(frozen=True)
class Standing:
    """One letter about the matter: when it came, how that is proven, how its reporter wants to be known. Holds no name."""

    letter_id: str
    number: str
    report_id: str | None
    received_on: date
    accepted_on: date
    identity: IdentityLevel
    channel: Channel
    proof: OrderProof
    wants_reward: bool
    received_at: datetime | None = None


@dataclass(frozen=True)
class SubstantiatedLetter:
    """A closed, substantiated letter with everything merged into it. ``standings``: itself and its duplicates, by day."""

    letter_id: str
    number: str
    region_code: str
    place: str
    target: str
    summary: str
    verdict: Verdict | None
    closed_on: date
    acts: tuple[ProvenAct, ...]
    standings: tuple[Standing, ...] = field(default=())

    @property
    def first_day(self) -> date:
        """The first day anybody reported it."""
        return min(standing.received_on for standing in self.standings)


def _standing(letter: Letter) -> Standing:
    return Standing(
        letter_id=letter.id,
        number=letter.spoken_number,
        report_id=letter.report_id,
        received_on=letter.received_on,
        # A duplicate is merged before it is accepted: it counts as accepted with the letter it went into.
        accepted_on=letter.accepted_on or letter.received_on,
        identity=letter.identity_level,
        channel=letter.channel,
        proof=_PROOF[letter.channel],
        wants_reward=letter.wants_reward,
    )


def substantiated(session: Session, letter_id: str) -> SubstantiatedLetter:
    """Reads one letter. Raises Refusal unless it is closed and something in it was found true."""
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise NotThere("没有这件信访件")
    text = session.get(LetterText, letter_id)
    acts = _proven_acts(session, letter, text)
    if letter.state not in CLOSED or letter.closed_on is None:
        raise Refusal(f"这件{letter.state.zh}，办结以后才能认定奖励", clause="奖励以查证属实为前提")
    merged = session.scalars(select(Letter).where(Letter.duplicate_of == letter_id))
    standings = sorted((_standing(row) for row in (letter, *merged)), key=lambda row: (row.received_on, row.letter_id))
    return SubstantiatedLetter(
        letter_id=letter.id,
        number=letter.spoken_number,
        region_code=letter.region_code,
        place=text.place if text else "",
        target=text.target if text else "",
        summary=text.summary if text else "",
        verdict=letter.verdict,
        closed_on=letter.closed_on,
        acts=acts,
        standings=tuple(standings),
    )


def _proven_acts(session: Session, letter: Letter, text: LetterText | None) -> tuple[ProvenAct, ...]:
    """Acts whose own claim was found true; where claims name no act, those of the letter, if it was found true as a whole."""
    case = session.scalar(
        select(LetterMeasure.id)
        .where(LetterMeasure.letter_id == letter.id, LetterMeasure.kind == MeasureKind.PENALTY_CASE)
        .limit(1)
    )
    claims = session.scalars(select(LetterClaim).where(LetterClaim.letter_id == letter.id).order_by(LetterClaim.position)).all()
    acts = [claim.act for claim in claims if claim.act and claim.verdict in PROVEN]
    if not acts and not any(claim.act for claim in claims) and letter.verdict in PROVEN:
        acts = [*(text.acts.split() if text else ()), letter.act]
    return tuple(ProvenAct(act, case_opened=case is not None) for act in dict.fromkeys(acts) if act)


def put_in_tray(session: Session, letter: Letter, _by: Actor, _at: datetime) -> None:
    """A letter was closed: where something in it was found true, it waits for a proposer. Closed again, it stays as it was."""
    wanted = letter.verdict in PROVEN and not letter.discipline_only and letter.closed_on is not None
    if wanted and session.get(RewardTray, letter.id) is None:
        ready = letter.state in CLOSED and letter.duplicate_of is None
        session.add(RewardTray(letter_id=letter.id, closed_on=letter.closed_on, decided=False, ready=ready))
        session.flush()


def take_from_tray(session: Session, letter_ids: Iterable[str]) -> None:
    """The offence of these letters is verified."""
    session.execute(update(RewardTray).where(RewardTray.letter_id.in_(list(letter_ids))).values(decided=True))


def tray(by: Actor) -> Select[RewardTray]:
    """What waits for a proposer, without letters this person must not know of. Asks no letter: the tray knows which are closed."""
    unit_id = getattr(by, "unit_id", "")
    barred = select(LetterBar.letter_id).where(
        or_(
            and_(LetterBar.staff_id == by.id, LetterBar.staff_id != ""),
            and_(LetterBar.unit_id == unit_id, LetterBar.unit_id != ""),
        )
    )
    # As the index says it: other words for the same would not find it.
    return select(RewardTray).where(text_sql("reward_tray.ready AND NOT reward_tray.decided"), RewardTray.letter_id.not_in(barred))


def waiting(session: Session, by: Actor, *, first: int = 0, limit: int = 200) -> Sequence[Letter]:
    """Closed letters with something found true about which nobody has decided a reward, oldest closing first."""
    wanted = tray(by).with_only_columns(RewardTray.letter_id).order_by(RewardTray.closed_on, RewardTray.letter_id)
    ids = list(session.scalars(wanted.offset(first).limit(limit)))
    found = {letter.id: letter for letter in session.scalars(select(Letter).where(Letter.id.in_(ids)))}
    return [found[each] for each in ids]
