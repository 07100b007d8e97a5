"""Screening (初审): the working summary that will travel, then accept, ask, merge, propose a refusal, or pass to discipline."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from moderation.casework import answers, clocks, messages, redaction, undo_notes
from moderation.casework.guards import LETTER, open_refusal
from moderation.casework.letters import (
    Letter,
    LetterClaim,
    LetterGuard,
    LetterRefusal,
    LetterText,
    LetterType,
    RefusalKind,
)
from moderation.casework.machine import LetterState, Track
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable, Refusal
from portal.core.ids import new_id
from portal.core.vocabulary import Channel, PollutionType
from portal.core.workflow import Actor, move

NUMBER_PREFIX = {Channel.WEB: "W", Channel.PHONE: "D", Channel.POST: "X", Channel.VISIT: "F", Channel.HANDED_DOWN: "S"}
SEVERITIES = (1, 2, 3)
LONGEST_SUMMARY = 2000
# Once a unit has it, the summary it works by stands.
SUMMARY_STATES = (LetterState.SCREENING, LetterState.ACCEPTED, LetterState.REOPENED, LetterState.RETURN_DISPUTED)


@dataclass(frozen=True)
class Claim:
    """One thing the letter asks to be looked into, in the office's words. ``act``: code of the act, "" when none fits."""

    text: str
    act: str = ""


@dataclass(frozen=True)
class WorkingSummary:
    """What screening writes of a letter: the words that travel, and how it is sorted."""

    summary: str
    place: str
    target: str
    region_code: str
    types: tuple[PollutionType, ...]
    claims: tuple[Claim, ...]
    track: Track = Track.REPORT
    key_letter: bool = False
    severity: int = 1
    note: str = ""


def require_own_words(session: Session, letter: Letter, text: str, *, key: bytes, field: str) -> None:
    """Raises Mendable when ``text`` copies 12 characters of the original, or names the reporter.

    The rule for everything that travels or is published: summaries, slips, answers, public records.
    """
    guard = session.get(LetterGuard, letter.id)
    if guard is None:
        return
    if redaction.names_reporter(text, guard.identity, key):
        raise Mendable("文字里有举报人的身份信息，请删去", field=field, clause="信访工作条例 第三十条")
    run = redaction.copied_run(text, guard.runs, key)
    if run:
        said = f"有 {redaction.RUN} 个字与原文相同：“{run}”。请改用自己的话"
        raise Mendable(said, field=field, clause="本办公室办理规程（不外传原话）")


def write_summary(session: Session, letter: Letter, found: WorkingSummary, *, key: bytes, by: Actor, at: datetime) -> None:
    """Writes the working summary and how the letter is sorted. Refused when it carries the reporter's words or identity."""
    require_whole(found)
    if letter.state not in SUMMARY_STATES:
        raise Refusal(f"“{letter.state.zh}”状态下不能改摘要", clause="本办公室办理规程")
    for field, text in (("summary", found.summary), ("place", found.place), ("target", found.target)):
        require_own_words(session, letter, text, key=key, field=field)
    for claim in found.claims:
        require_own_words(session, letter, claim.text, key=key, field="claims")
    before = before_writing(session, letter)
    keep_summary(session, letter, found)
    facts = {"key": found.key_letter, "severity": found.severity, "track": found.track.value, "claims": len(found.claims)}
    audit.record(session, by=by.id, act="letter.write_summary", subject=letter.id, at=at, detail=facts)
    if before is not None:
        undo_notes.note(session, letter, "write_summary", before, by=by, at=at)


def keep_summary(session: Session, letter: Letter, found: WorkingSummary) -> None:
    """Puts a summary that was checked in the place of the one that stands, and raises the letter's version."""
    text_row = session.get(LetterText, letter.id) or LetterText(letter_id=letter.id)
    text_row.summary, text_row.place, text_row.target = found.summary.strip(), found.place.strip(), found.target.strip()
    text_row.note, text_row.acts = found.note.strip(), " ".join(dict.fromkeys(c.act for c in found.claims if c.act))
    session.add(text_row)
    letter.region_code, letter.track, letter.key_letter = found.region_code, found.track, found.key_letter
    letter.severity, letter.main_type = found.severity, found.types[0]
    letter.act = next((claim.act for claim in found.claims if claim.act), "")
    letter.version += 1
    replace_types(session, letter, found.types)
    replace_claims(session, letter, found.claims)


def before_writing(session: Session, letter: Letter) -> dict[str, object] | None:
    """The summary and the sorting that stand, as JSON takes them; None before the first summary."""
    text = session.get(LetterText, letter.id)
    if text is None or not text.summary:
        return None
    types = session.scalars(select(LetterType.type).where(LetterType.letter_id == letter.id)).all()
    claims = session.scalars(select(LetterClaim).where(LetterClaim.letter_id == letter.id).order_by(LetterClaim.position))
    first = sorted(types, key=lambda kind: kind is not letter.main_type)
    return {
        "summary": text.summary, "place": text.place, "target": text.target, "note": text.note,
        "region_code": letter.region_code, "types": [kind.value for kind in first], "track": letter.track.value,
        "claims": [[claim.text, claim.act] for claim in claims], "key_letter": letter.key_letter, "severity": letter.severity,
    }  # fmt: skip


def require_whole(found: WorkingSummary) -> None:
    """Raises Mendable, naming the field, when something that must travel is missing."""
    if not found.summary.strip():
        raise Mendable("请写工作摘要", field="summary")
    if len(found.summary) > LONGEST_SUMMARY:
        raise Mendable(f"工作摘要请控制在 {LONGEST_SUMMARY} 字以内", field="summary")
    if not found.region_code:
        raise Mendable("请选择行政区域", field="region_code")
    if not found.types:
        raise Mendable("请至少选一个污染类型", field="types")
    if not [claim for claim in found.claims if claim.text.strip()]:
        raise Mendable("请至少列出一项反映的问题", field="claims")
    if found.severity not in SEVERITIES:
        raise Mendable("请选择严重程度", field="severity")


def replace_types(session: Session, letter: Letter, types: tuple[PollutionType, ...]) -> None:
    """Sets the pollution types of a letter."""
    session.execute(delete(LetterType).where(LetterType.letter_id == letter.id))
    session.add_all(LetterType(letter_id=letter.id, type=kind) for kind in dict.fromkeys(types))


def replace_claims(session: Session, letter: Letter, claims: tuple[Claim, ...]) -> None:
    """Before acceptance claims are free; afterwards findings hang on them and they stay."""
    if letter.accepted_on is not None:
        return
    session.execute(delete(LetterClaim).where(LetterClaim.letter_id == letter.id))
    written = [claim for claim in claims if claim.text.strip()]
    session.add_all(
        LetterClaim(id=new_id(), letter_id=letter.id, position=place, text=claim.text.strip(), act=claim.act)
        for place, claim in enumerate(written, 1)
    )
    session.flush()


def start_screening(session: Session, letter: Letter, *, by: Actor, at: datetime) -> None:
    """Takes a letter from the tray; a second time changes nothing."""
    if letter.state is LetterState.RECEIVED:
        move(session, LETTER, letter, "start_screening", by=by, at=at)


def new_number(session: Session, letter: Letter, day: date) -> str:
    """A number whose last digits are random: nobody reads from it how many letters there are, or that one is missing."""
    while True:
        number = f"{NUMBER_PREFIX[letter.channel]}{day:%Y-%m%d}-{secrets.randbelow(10_000):04d}"
        if session.scalar(select(Letter.id).where(Letter.number == number)) is None:
            return number


def accept(session: Session, letter: Letter, *, by: Actor, at: datetime) -> None:
    """受理: number assigned, acceptance clock stops, handling clock starts. The letter enters the 信访督办组 queue."""
    move(session, LETTER, letter, "accept", by=by, at=at)
    letter.accepted_on = day_of(at)
    if letter.number is None:
        letter.number = new_number(session, letter, letter.accepted_on)
    clocks.stop(session, letter, "acceptance", at=at, why="已受理")
    clocks.start(session, letter, "handling", on=letter.accepted_on, at=at)


def ask_supplement(session: Session, letter: Letter, question: str, *, by: Actor, at: datetime) -> None:
    """待补正: asks the reporter through the receipt; the acceptance clock stands still."""
    answers.require_filled(question, field="text")
    move(session, LETTER, letter, "ask_supplement", by=by, at=at, text=question)
    messages.write_to_reporter(session, letter, question, by=by, at=at, kind="question")
    clocks.pause(session, letter, "acceptance", at=at)
    clocks.start(session, letter, "supplement", on=day_of(at), at=at)


def stop_waiting(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> None:
    """Goes on without an answer; the acceptance clock runs again."""
    move(session, LETTER, letter, "stop_waiting", by=by, at=at, text=reason)
    clocks.stop(session, letter, "supplement", at=at, why="不再等待")
    clocks.resume(session, letter, "acceptance", at=at)


def propose_refusal(
    session: Session, letter: Letter, *, kind: RefusalKind, template: str, reply: str, reason: str, key: bytes, by: Actor,
    at: datetime,
) -> LetterRefusal:  # fmt: skip
    """Proposes 不予受理 or 转送. A second person decides it in the daily list; only then is the reporter told."""
    found = answers.template(template)
    if found.kind != kind.value:
        raise Mendable(f"这个模板不是用于{kind.zh}的", field="template")
    words = answers.require_filled(reply)
    require_own_words(session, letter, words, key=key, field="reply")
    move(session, LETTER, letter, "propose_refusal", by=by, at=at, text=reason, detail={"kind": kind.value})
    proposal = LetterRefusal(
        id=new_id(), letter_id=letter.id, kind=kind, template=template, reply=words, clause=found.clause, proposed_by=by.id,
        proposed_at=at,
    )  # fmt: skip
    session.add(proposal)
    session.flush()
    undo_notes.note(session, letter, "propose_refusal", {}, by=by, at=at)
    return proposal


def decide_refusal(session: Session, letter: Letter, *, agree: bool, reason: str = "", by: Actor, at: datetime) -> None:
    """The second person agrees, and the reporter is told reason and right channel; or sends it back to screening."""
    proposal = open_refusal(session, letter)
    if proposal is None:
        raise Refusal("这件没有等待复核的提议")
    if not agree:
        move(session, LETTER, letter, "refuse_proposal", by=by, at=at, text=reason)
    else:
        verb = "confirm_decline" if proposal.kind is RefusalKind.DECLINE else "confirm_transfer"
        move(session, LETTER, letter, verb, by=by, at=at, text=reason or None)
        clocks.stop_all(session, letter, at=at, why=proposal.kind.zh)
        letter.closed_on = day_of(at)
        messages.write_to_reporter(session, letter, f"{proposal.reply}\n依据：{proposal.clause}", by=by, at=at)
    proposal.decided_by, proposal.decided_at, proposal.agreed = by.id, at, agree


def to_discipline(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> None:
    """About an official's conduct: to the discipline liaison alone. From here on nobody else here sees the letter."""
    move(session, LETTER, letter, "to_discipline", by=by, at=at, text=reason)
    letter.discipline_only = True
    clocks.stop_all(session, letter, at=at, why="移送纪检监察")


def hand_back(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> None:
    """The discipline liaison gives back what is an environmental matter."""
    move(session, LETTER, letter, "hand_back", by=by, at=at, text=reason)
    letter.discipline_only = False
    clocks.start(session, letter, "acceptance", on=day_of(at), at=at)


def conclude(session: Session, letter: Letter, outcome: str, *, by: Actor, at: datetime) -> None:
    """The discipline liaison closes it; the letter stays theirs alone."""
    move(session, LETTER, letter, "conclude", by=by, at=at, text=outcome)
    letter.closed_on = day_of(at)


def merge(session: Session, letter: Letter, into: Letter, *, by: Actor, at: datetime) -> None:
    """并案: the letter follows another. Receipts, contact and the order of arrival stay; a receipt shows nothing of it."""
    if into.id == letter.id:
        raise Refusal("不能并入自己")
    if into.state is LetterState.MERGED:
        raise Refusal("那一件已经并入别的信访件，请并入那一件", clause="本办公室办理规程（重复件）")
    if into.state in (LetterState.WITHDRAWN, LetterState.NOT_ACCEPTED, LetterState.TRANSFERRED) or into.discipline_only:
        raise Refusal(f"“{into.state.zh}”的信访件不能作为主件", clause="本办公室办理规程（重复件）")
    deadlines = [row.id for row in clocks.running(session, letter)]
    along = _take_followers_along(session, letter, into)
    move(session, LETTER, letter, "merge", by=by, at=at, detail={"into": into.id})
    letter.duplicate_of = into.id
    letter.number = letter.number or new_number(session, letter, day_of(at))
    clocks.stop_all(session, letter, at=at, why="并案")
    undo_notes.note(session, letter, "merge", {"followers": along, "deadlines": deadlines}, by=by, at=at)


def _take_followers_along(session: Session, letter: Letter, into: Letter) -> list[str]:
    followers = list(session.scalars(select(Letter).where(Letter.duplicate_of == letter.id)))
    for follower in followers:
        follower.duplicate_of = into.id
    return [follower.id for follower in followers]


def unmerge(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> None:
    """Undoes a merging; the letter is screened again and its clock starts from its own day of receipt."""
    into = letter.duplicate_of
    move(session, LETTER, letter, "unmerge", by=by, at=at, text=reason, detail={"from": into})
    letter.duplicate_of = None
    clocks.start(session, letter, "acceptance", on=letter.received_on, at=at)


def pursue(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> None:
    """A withdrawn letter may still be pursued: the offence does not end with the report."""
    move(session, LETTER, letter, "pursue", by=by, at=at, text=reason)
    letter.duplicate_of = None
    clocks.start(session, letter, "acceptance", on=day_of(at), at=at)
