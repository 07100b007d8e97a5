"""Review (审核) by another hand: on-site check, send back, settle, report upward, ask the reporter, archive, reopen."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import answers, clocks, messages
from moderation.casework.guards import LETTER, assignments
from moderation.casework.letters import Letter, LetterClaim, LetterLink, LetterOnSiteCheck, LetterText
from moderation.casework.machine import LetterState, Track
from moderation.casework.screening import require_own_words
from portal.core import audit
from portal.core.clock import day_of
from portal.core.ids import new_id
from portal.core.workflow import Actor, SystemActor, move

# What is looked at on the spot, item by item.
CHECKLIST = (
    ("seen", "到了现场，看到了反映的地点"),
    ("stopped", "反映的行为已经停止"),
    ("cleaned", "污染物已经清理"),
    ("equipped", "治污设施在运行"),
    ("neighbours", "问过周边群众（不提举报人）"),
    ("photos", "拍了整改前后对比照片"),
)
# Rectification tasks open here when a letter is settled for now: "module:function" taking (session, letter, by, at).
ON_SETTLED_FOR_NOW: list[str] = ["moderation.casework.onward:open_task"]
# What else begins when a letter is closed: the reward proposal.
ON_CLOSED: list[str] = ["moderation.rewards.letters:put_in_tray"]


@dataclass(frozen=True)
class OnSite:
    """The group's own check: item → yes, no or not looked at; in words; passed or not."""

    items: Mapping[str, str]
    text: str
    passed: bool


def check_on_site(session: Session, letter: Letter, found: OnSite, *, by: Actor, at: datetime, key: str = "") -> LetterOnSiteCheck:
    """现场核查 by the group itself. A 重点件 is closed only with one that passed in this round. ``key``: its id, if any."""
    move(session, LETTER, letter, "check_on_site", by=by, at=at, text=found.text, detail={"passed": found.passed})
    row = LetterOnSiteCheck(id=key or new_id(), letter_id=letter.id, round=letter.round, by=by.id, at=at, passed=found.passed,
                            items=json.dumps(dict(found.items), ensure_ascii=False), text=found.text.strip())  # fmt: skip
    session.add(row)
    session.flush()
    return row


def checks_of(session: Session, letter: Letter) -> tuple[LetterOnSiteCheck, ...]:
    """Every on-site check, the oldest first."""
    query = select(LetterOnSiteCheck).where(LetterOnSiteCheck.letter_id == letter.id)
    return tuple(session.scalars(query.order_by(LetterOnSiteCheck.at)))


def send_back(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> None:
    """退回重办: counted and published. Verdicts fall; every unit reports again."""
    move(session, LETTER, letter, "send_back", by=by, at=at, text=reason)
    letter.redos += 1
    _begin_new_round(session, letter, at)


def _begin_new_round(session: Session, letter: Letter, at: datetime) -> None:
    letter.round += 1
    letter.verdict = None
    for part in assignments(session, letter):
        part.reported_at, part.closed = None, False
    for claim in session.scalars(select(LetterClaim).where(LetterClaim.letter_id == letter.id)):
        claim.verdict = None
    clocks.stop(session, letter, "review", at=at, why="退回重办")


def settle(session: Session, letter: Letter, opinion: str, reply: str, *, key: bytes, by: Actor, at: datetime) -> None:
    """办结: closed, and the reporter told the outcome."""
    _close(session, letter, "settle", opinion, reply, key=key, by=by, at=at)


def settle_for_now(session: Session, letter: Letter, opinion: str, reply: str, *, key: bytes, by: Actor, at: datetime) -> None:
    """阶段性办结: dealt with, and what remains becomes a rectification task."""
    _close(session, letter, "settle_for_now", opinion, reply, key=key, by=by, at=at)
    _call(ON_SETTLED_FOR_NOW, session, letter, by, at)


def _close(session: Session, letter: Letter, verb: str, opinion: str, reply: str, *, key: bytes, by: Actor, at: datetime) -> None:
    words = answers.require_filled(reply)
    require_own_words(session, letter, words, key=key, field="reply")
    move(session, LETTER, letter, verb, by=by, at=at, text=opinion)
    _closed(session, letter, words, by, at)


def _closed(session: Session, letter: Letter, reply: str, by: Actor, at: datetime) -> None:
    letter.closed_on = day_of(at)
    for part in assignments(session, letter):
        part.closed = True
    session.get_one(LetterText, letter.id).reply = reply
    if reply:
        for each in (letter, *followers(session, letter)):
            messages.write_to_reporter(session, each, reply, by=by, at=at)
    clocks.stop_all(session, letter, at=at, why="办结")
    if letter.track is Track.PETITION:
        # 信访工作条例 第三十五条: whoever is not content may ask the level above within thirty days of the answer.
        clocks.start(session, letter, "recheck", on=day_of(at), at=at)
    _call(ON_CLOSED, session, letter, by, at)


def _call(hooks: Iterable[str], session: Session, letter: Letter, by: Actor, at: datetime) -> None:
    for name in hooks:
        module, function = name.split(":")
        getattr(importlib.import_module(module), function)(session, letter, by, at)


def followers(session: Session, letter: Letter) -> tuple[Letter, ...]:
    """Letters merged into this one, by day of receipt."""
    query = select(Letter).where(Letter.duplicate_of == letter.id, Letter.state == LetterState.MERGED)
    return tuple(session.scalars(query.order_by(Letter.received_on, Letter.id)))


def finish(session: Session, letter: Letter, outcome: str, *, by: Actor, at: datetime) -> None:
    """A letter settled for now is settled once its rectification task is closed out."""
    move(session, LETTER, letter, "finish", by=by, at=at, text=outcome)
    letter.closed_on = day_of(at)


# ---- the level above ----


def report_up(session: Session, letters: Iterable[Letter], *, by: Actor, at: datetime) -> int:
    """Reports letters that were handed down, with the table pack. All or none; at the desk many go one by one (many.py)."""
    count = 0
    for letter in letters:
        move(session, LETTER, letter, "report_up", by=by, at=at)
        clocks.stop(session, letter, "handling", at=at, why="已上报")
        clocks.stop(session, letter, "review", at=at, why="已上报")
        count += 1
    return count


def answer_from_above(
    session: Session, letter: Letter, *, recognised: bool, for_now: bool = False, reason: str = "", by: Actor, at: datetime
) -> None:
    """上级认可 closes the letter; 上级退回 starts another round."""
    if not recognised:
        move(session, LETTER, letter, "returned_from_above", by=by, at=at, text=reason)
        letter.redos += 1
        _begin_new_round(session, letter, at)
        clocks.start(session, letter, "handling", on=day_of(at), at=at)
        return
    move(session, LETTER, letter, "recognise_for_now" if for_now else "recognise", by=by, at=at, text=reason or None)
    _closed(session, letter, "", by, at)
    if for_now:
        _call(ON_SETTLED_FOR_NOW, session, letter, by, at)


# ---- afterwards ----


def ask_satisfaction(session: Session, letter: Letter, *, by: Actor, at: datetime) -> None:
    """回访: the reporter is asked through the receipt."""
    move(session, LETTER, letter, "ask_satisfaction", by=by, at=at)
    clocks.start(session, letter, "satisfaction", on=day_of(at), at=at)


def ask_those_settled(session: Session, *, at: datetime, after_days: int = 1, limit: int = 100) -> int:
    """The timer's part: asks the reporters of letters settled at least ``after_days`` ago. Returns how many."""
    before = day_of(at) - timedelta(days=after_days)
    query = select(Letter).where(Letter.state == LetterState.SETTLED, Letter.closed_on <= before).limit(limit)
    asked = 0
    for letter in session.scalars(query):
        if not letter.discipline_only:
            ask_satisfaction(session, letter, by=SystemActor("timer"), at=at)
            asked += 1
    return asked


def archive(session: Session, letter: Letter, note: str, *, by: Actor, at: datetime) -> None:
    """归档. Silence is not satisfaction: what was answered, or that nothing was, stays in the record."""
    move(session, LETTER, letter, "archive", by=by, at=at, text=note or None)
    clocks.stop_all(session, letter, at=at, why="归档", but="recheck")


def reopen(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> None:
    """重开: dissatisfaction upheld, look-back failed, or relapse (反弹). Severity rises; the clock starts again."""
    move(session, LETTER, letter, "reopen", by=by, at=at, text=reason)
    letter.severity = min(letter.severity + 1, 3)
    letter.closed_on = None
    _begin_new_round(session, letter, at)
    clocks.stop_all(session, letter, at=at, why="重开")
    clocks.start(session, letter, "handling", on=day_of(at), at=at)


# ---- links ----


def link(session: Session, letter: Letter, kind: str, target_id: str, *, by: Actor, at: datetime) -> None:
    """Ties a letter to what grew out of it: "task", "case", "reward", "disclosure". Twice is once."""
    if session.get(LetterLink, (letter.id, kind, target_id)) is None:
        session.add(LetterLink(letter_id=letter.id, kind=kind, target_id=target_id, at=at, by=by.id))
        session.flush()
        facts = {"kind": kind, "target": target_id}
        audit.record(session, by=by.id, act="letter.link", subject=letter.id, at=at, detail=facts)


def linked(session: Session, letter: Letter, kind: str) -> tuple[str, ...]:
    """Ids of what grew out of the letter, of one kind."""
    return tuple(session.scalars(select(LetterLink.target_id).where(LetterLink.letter_id == letter.id, LetterLink.kind == kind)))


def letters_of(session: Session, kind: str, target_id: str) -> tuple[Letter, ...]:
    """The letters from which a task, case, reward or disclosure grew."""
    query = select(Letter).join(LetterLink, LetterLink.letter_id == Letter.id)
    return tuple(session.scalars(query.where(LetterLink.kind == kind, LetterLink.target_id == target_id)))


def closed_between(session: Session, first: date, last: date) -> tuple[Letter, ...]:
    """Letters closed on these days, for batches and statistics; not those of the discipline liaison."""
    query = select(Letter).where(Letter.closed_on.between(first, last), Letter.discipline_only.is_(False))
    return tuple(session.scalars(query.order_by(Letter.closed_on, Letter.id)))
