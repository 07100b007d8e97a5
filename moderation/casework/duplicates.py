"""Finds letters that may be about the same thing, and says why. Compares keyed digests; opens nothing."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from moderation.casework.letter_lists import visible
from moderation.casework.letters import Letter, LetterFingerprint
from moderation.casework.machine import LetterState
from moderation.casework.redaction import original_words, plain
from moderation.staff import SignedIn
from portal.core.datums import WGS84, converted
from portal.core.report_content import ReportContent

SKETCH = 64
_PART = 4
LOOK_BACK_DAYS = 180
LOOK_AT = 400
SHOWN = 8
# On 42 real messages with four known pairs: three found, none of 857 others (0.1 to 0.15 alike).
ALIKE = 0.12
NEAR_METRES = 500
_METRES_PER_THOUSANDTH = 111.0


def _digest(words: str, key: bytes, size: int = 16) -> bytes:
    return hashlib.blake2b(words.encode(), key=key, digest_size=size).digest() if words else b""


def sketch(text: str, key: bytes) -> bytes:
    """The 64 smallest keyed digests of the text's bigrams: two sketches tell how much two texts overlap, and nothing else."""
    words = plain(text)
    bigrams = {words[at : at + 2] for at in range(len(words) - 1)}
    return b"".join(sorted(_digest(bigram, key, _PART) for bigram in bigrams)[:SKETCH])


def overlap(one: bytes, other: bytes) -> float:
    """Estimated share of bigrams that two texts have in common, 0 to 1."""
    left = {one[at : at + _PART] for at in range(0, len(one), _PART)}
    right = {other[at : at + _PART] for at in range(0, len(other), _PART)}
    smallest = sorted(left | right)[:SKETCH]
    return len([part for part in smallest if part in left and part in right]) / len(smallest) if smallest else 0.0


def fingerprint(letter: Letter, content: ReportContent, key: bytes) -> LetterFingerprint:
    """What is kept of a report to find its like."""
    words = "".join(original_words(content))
    point = converted(content.point, WGS84) if content.point else None
    return LetterFingerprint(
        letter_id=letter.id, region_code=content.region_code, received_on=letter.received_on,
        exact=_digest(plain(words), key), target=_digest(plain(content.who), key),
        sketch=sketch(f"{words}{content.place}{content.who}", key),
        longitude=round(point.longitude * 1000) if point else None, latitude=round(point.latitude * 1000) if point else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A letter that may be about the same thing. ``why``: reasons in words; ``likeness``: 0 to 1, for the order only."""

    letter: Letter
    why: tuple[str, ...]
    likeness: float


def candidates(session: Session, letter: Letter, person: SignedIn) -> tuple[Candidate, ...]:
    """The likeliest duplicates among the letters this person may know of, the likeliest first."""
    mine = session.get(LetterFingerprint, letter.id)
    if mine is None:
        return ()
    same = [LetterFingerprint.exact == mine.exact]
    if mine.target:
        same.append(LetterFingerprint.target == mine.target)
    since = mine.received_on - timedelta(days=LOOK_BACK_DAYS)
    conditions = (or_(*same), LetterFingerprint.region_code == mine.region_code)
    found = {
        trace.letter_id: (trace, other)
        for condition in conditions
        for trace, other in _others(session, letter, condition, since, person)
    }
    compared = (_compared(mine, trace, other) for trace, other in found.values())
    kept = [candidate for candidate in compared if candidate.why]
    return tuple(sorted(kept, key=lambda c: (-c.likeness, c.letter.received_on))[:SHOWN])


def _others(
    session: Session, letter: Letter, condition: ColumnElement[bool], since: date, person: SignedIn
) -> Iterable[tuple[LetterFingerprint, Letter]]:
    query = (
        select(LetterFingerprint, Letter)
        .join(Letter, Letter.id == LetterFingerprint.letter_id)
        .where(condition, LetterFingerprint.received_on >= since, Letter.id != letter.id)
        .where(Letter.state.not_in((LetterState.MERGED, LetterState.WITHDRAWN)))
    )
    newest = visible(query, person).order_by(LetterFingerprint.received_on.desc()).limit(LOOK_AT)
    return session.execute(newest)


def _compared(mine: LetterFingerprint, other: LetterFingerprint, letter: Letter) -> Candidate:
    share = overlap(mine.sketch, other.sketch)
    reasons, likeness = [], share
    if mine.exact == other.exact and mine.exact:
        reasons.append("文字完全相同（可能是群发）")
        likeness += 2
    if mine.target and mine.target == other.target:
        reasons.append("反映的是同一对象")
        likeness += 1
    if share >= ALIKE:
        reasons.append(f"用词约 {share:.0%} 相同")
    metres = _metres(mine, other)
    if metres is not None and metres <= NEAR_METRES:
        reasons.append(f"相距约 {max(100, round(metres, -2)):.0f} 米")
        likeness += 0.5
    if reasons and mine.received_on == other.received_on:
        reasons.append("同一天收到")
    return Candidate(letter, tuple(reasons), likeness)


def _metres(mine: LetterFingerprint, other: LetterFingerprint) -> float | None:
    if mine.longitude is None or mine.latitude is None or other.longitude is None or other.latitude is None:
        return None
    east = (mine.longitude - other.longitude) * math.cos(math.radians(mine.latitude / 1000))
    return math.hypot(east, mine.latitude - other.latitude) * _METRES_PER_THOUSANDTH


def history_of_target(session: Session, letter: Letter, person: SignedIn) -> tuple[Letter, ...]:
    """Earlier letters about the same named polluter, newest first, closed ones too."""
    mine = session.get(LetterFingerprint, letter.id)
    if mine is None or not mine.target:
        return ()
    query = (
        select(Letter)
        .join(LetterFingerprint, LetterFingerprint.letter_id == Letter.id)
        .where(LetterFingerprint.target == mine.target, Letter.id != letter.id)
    )
    return tuple(session.scalars(visible(query, person).order_by(Letter.received_on.desc()).limit(20)))
