"""Batches (第N批): what stands in one, its rows for the public table, and the link back once it is published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.accountability.links import links_to
from moderation.casework import letter_lists, review
from moderation.casework.assignment import claims_of, units_named
from moderation.casework.guards import CLOSED_STATES, assignments
from moderation.casework.handling import measures_of
from moderation.casework.letters import Letter, LetterBatch, LetterClaim, LetterLink, LetterText, LetterType, MeasureKind
from moderation.casework.machine import LetterState
from moderation.casework.status import mark_untold
from moderation.holidays import office_calendar
from moderation.publication import disclosures
from moderation.publication.disclosures import Disclosure, draft_of
from moderation.publication.leak_guard import DisclosureLetter, check, link_letter
from moderation.publication.machine import DisclosureState
from moderation.settings import public_settings
from moderation.staff import SignedIn, Unit
from portal.core.clock import SHANGHAI, day_of, spoken_day
from portal.core.errors import Refusal
from portal.core.outgoing import PublishedResult, StatusSnapshot
from portal.core.public_record import LetterRow, PublicRecord, Region
from portal.core.regions import RegionTree
from portal.core.vocabulary import RecordKind
from portal.core.workflow import SystemActor

SOURCE = "letter_batch"
PRESS = SystemActor("press")
S = LetterState
# In the table from the day they are assigned; before that they are in no batch.
IN_THE_TABLE = (
    S.ASSIGNED,
    S.RETURN_DISPUTED,
    S.HANDLING,
    S.EXTENSION_ASKED,
    S.UNDER_REVIEW,
    S.REPORTED_UP,
    S.REOPENED,
    *CLOSED_STATES,
)
_PEOPLE = (
    MeasureKind.TALK,
    MeasureKind.ACCOUNTABILITY,
    MeasureKind.ADMINISTRATIVE_DETENTION,
    MeasureKind.CRIMINAL_DETENTION,
)


@dataclass(frozen=True)
class BatchLine:
    """One batch in the list. Counts are of the letters this person may know of."""

    id: str
    name: str
    day: date
    letters: int
    closed: int
    disclosure_id: str | None
    disclosure_state: str


def name_of(batch: LetterBatch) -> str:
    """As people say it: 第 12 批, with the round where there is one."""
    return f"{batch.round_name}第 {batch.number} 批" if batch.round_name else f"{batch.origin.zh}第 {batch.number} 批"


def batch_lines(session: Session, person: SignedIn, limit: int = 100) -> tuple[BatchLine, ...]:
    """The latest batches, newest first."""
    found = list(session.scalars(select(LetterBatch).order_by(LetterBatch.day.desc(), LetterBatch.number.desc()).limit(limit)))
    counted = (
        select(Letter.batch_id, func.count(), func.count(Letter.closed_on))
        .where(
            Letter.batch_id.in_([batch.id for batch in found]), Letter.state.in_(IN_THE_TABLE), Letter.discipline_only.is_(False)
        )
        .where(letter_lists.is_unbarred(Letter.id, person))
        .group_by(Letter.batch_id)
    )
    numbers = {row[0]: (row[1], row[2]) for row in session.execute(counted)}
    drafts = {row.source_id: row for row in session.scalars(select(Disclosure).where(Disclosure.source_kind == SOURCE))}
    return tuple(
        BatchLine(batch.id, name_of(batch), batch.day, *numbers[batch.id], drafts[batch.id].id if batch.id in drafts else None,
                  drafts[batch.id].state.zh if batch.id in drafts else "")
        for batch in found
        if batch.id in numbers
    )  # fmt: skip


def letters_of_batch(session: Session, batch: LetterBatch, person: SignedIn) -> tuple[Letter, ...]:
    """The letters of a batch that stand in the public table, by number; none this person must not know of."""
    query = select(Letter).where(Letter.batch_id == batch.id, Letter.state.in_(IN_THE_TABLE), Letter.discipline_only.is_(False))
    return tuple(session.scalars(letter_lists.unbarred(query, person).order_by(Letter.upstream_number, Letter.number)))


def public_row(session: Session, letter: Letter, regions: RegionTree) -> LetterRow:
    """One row of the official table, from the office's own words. Findings stand in it once the letter is closed."""
    text = session.get_one(LetterText, letter.id)
    kinds = session.scalars(select(LetterType.type).where(LetterType.letter_id == letter.id)).all()
    parts = assignments(session, letter)
    known = units_named(session, (part.unit_id for part in parts))
    closed = letter.state in CLOSED_STATES
    claims = claims_of(session, letter) if closed else ()
    return LetterRow(
        problem=text.summary, number=letter.spoken_number, region=regions.name(letter.region_code),
        pollution="、".join(kind.zh for kind in kinds or [letter.main_type]), finding=_joined(claims, "finding"),
        verdict=letter.verdict.zh if closed and letter.verdict else "", handling=_joined(claims, "measures"),
        status=_status(letter), accountability=_people(session, letter) if closed else "",
        unit="、".join(known[part.unit_id] for part in parts if part.unit_id in known), key=letter.key_letter,
    )  # fmt: skip


def _joined(claims: tuple[LetterClaim, ...], what: str) -> str:
    words = list(dict.fromkeys(getattr(claim, what) for claim in claims if getattr(claim, what)))
    return words[0] if len(words) == 1 else "\n".join(f"{place}. {word}" for place, word in enumerate(words, 1))


def _status(letter: Letter) -> str:
    if letter.state is S.SETTLED_FOR_NOW:
        return "阶段性办结"
    return "已办结" if letter.state in CLOSED_STATES else "未办结"


def _people(session: Session, letter: Letter) -> str:
    rows = [row for row in measures_of(session, letter) if row.kind in _PEOPLE]
    return "，".join(f"{row.kind.zh.split('（')[0]} {row.number} 人" for row in rows)


def draft_batch(session: Session, batch: LetterBatch, *, by: SignedIn, at: datetime) -> Disclosure:
    """Drafts the public table of a batch, or brings its draft up to date. A published one begins a correction."""
    letters = letters_of_batch(session, batch, by)
    if not letters:
        raise Refusal("这一批还没有可以公开的信访件")
    fields = draft_of(_record(session, batch, letters, at))
    found = session.scalar(select(Disclosure).where(Disclosure.source_kind == SOURCE, Disclosure.source_id == batch.id))
    if found is None:
        found = disclosures.draft(
            session, kind=RecordKind.LETTER_BATCH, fields=fields, calendar=office_calendar(session), by=by, at=at,
            source=(SOURCE, batch.id),
        )  # fmt: skip
    else:
        if found.state is DisclosureState.PUBLISHED:
            disclosures.correct(session, found, reason="补充新办结的信访件", by=by, at=at)
        disclosures.edit(session, found, fields, seen=found.version, by=by, at=at)
    for letter in letters:
        for each in (letter, *review.followers(session, letter)):
            link_letter(session, found, each.id)
    check(session, found, at=at)
    return found


def _record(session: Session, batch: LetterBatch, letters: tuple[Letter, ...], at: datetime) -> PublicRecord:
    settings = public_settings(session)
    regions, day = settings.regions(), day_of(at)
    home = session.scalar(select(Unit.region_code).where(Unit.kind == "office").limit(1)) or letters[0].region_code[:6]
    rows = tuple(public_row(session, letter, regions) for letter in letters)
    closed = sum(row.status != "未办结" for row in rows)
    redone = sum(letter.redos for letter in letters)
    sent_back = f"审核退回重办 {redone} 次。" if redone else ""
    return PublicRecord(
        id="letter-batch", kind=RecordKind.LETTER_BATCH.value, revision=1, salt="0" * 32, first_published_on=day, published_on=day,
        updated_at=at.astimezone(SHANGHAI).replace(microsecond=0), title=f"{name_of(batch)}信访件办理情况"[:120],
        region=Region(home, regions.name(home)), unit=(settings.undertaking_unit or settings.office_name or "信访督办组")[:60],
        summary=f"{spoken_day(batch.day)}交办 {len(rows)} 件，已办结和阶段性办结 {closed} 件。" + sent_back,
        item_number=f"第 {batch.number} 批", programme=batch.round_name[:60], letters=rows,
        related=links_to(session, letter_batch=public_id(session, batch)),
    )  # fmt: skip


def public_id(session: Session, batch: LetterBatch) -> str | None:
    """The id of the batch's public record, once there is one."""
    return session.scalar(select(Disclosure.id).where(Disclosure.source_kind == SOURCE, Disclosure.source_id == batch.id))


# ---- back to the reporter ----


def note_published(session: Session, *, at: datetime) -> int:
    """Notes with every letter that its batch is public, so that the receipt shows where. Once a letter and record."""
    query = (
        select(DisclosureLetter)
        .join(Disclosure, Disclosure.id == DisclosureLetter.disclosure_id)
        .where(Disclosure.live_revision > 0)
        .where(
            ~select(LetterLink)
            .where(
                LetterLink.letter_id == DisclosureLetter.letter_id,
                LetterLink.kind == "disclosure",
                LetterLink.target_id == DisclosureLetter.disclosure_id,
            )
            .exists()
        )
    )
    done = 0
    for row in session.scalars(query.limit(500)):
        letter = session.get(Letter, row.letter_id)
        if letter is not None:
            review.link(session, letter, "disclosure", row.disclosure_id, by=PRESS, at=at)
            mark_untold(letter)
            done += 1
    return done


def contribute(session: Session, letter: Letter, snapshot: StatusSnapshot) -> StatusSnapshot:
    """Adds the public pages that speak of this letter to what its receipt shows."""
    ids = review.linked(session, letter, "disclosure")
    rows = session.scalars(select(Disclosure).where(Disclosure.id.in_(ids), Disclosure.state == DisclosureState.PUBLISHED))
    results = tuple(PublishedResult(row.title, f"/records/{row.kind.value}/{row.id}/") for row in rows)
    return replace(snapshot, published=(*snapshot.published, *results))
