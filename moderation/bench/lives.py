"""Letters lived through by the real verbs, once for each state and kind, as the rows they left in both stores.

A report is sealed and sent, pulled by the worker, and taken through the desks by the demo's cast; then the timers look at all of
them. Nothing is written by hand: what a verb writes today is what ``bench queue`` copies a million times.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Table, literal_column, select, text
from sqlalchemy.orm import Session

from moderation import models, stores, unsealing
from moderation.casework import arrival, screening
from moderation.casework.letters import NEVER, Letter
from moderation.casework.machine import LetterState
from moderation.demo.casework import WAYS, Walk
from moderation.demo.casework_stories import Story, stories
from moderation.demo.stage import Stage, set_stage
from moderation.office import Office, open_office
from moderation.rewards.letters import take_from_tray
from moderation.supervision import ladder
from portal.core import reports
from portal.core.db import IntakeBase, OfficeBase
from portal.core.intake_keys import load_intake_keys
from portal.core.vocabulary import Channel, PollutionType, Role, Term

S = LetterState
# Which ways of the demo's letters end in which state.
ENDS: dict[LetterState, tuple[str, ...]] = {
    S.RECEIVED: ("received",), S.SCREENING: ("screening",), S.AWAITING_SUPPLEMENT: ("awaiting_supplement",),
    S.REFUSAL_PROPOSED: ("refusal_declined", "refusal_transferred"), S.ACCEPTED: ("accepted",), S.ASSIGNED: ("assigned",),
    S.HANDLING: ("handling",), S.EXTENSION_ASKED: ("extension_asked",), S.UNDER_REVIEW: ("under_review",),
    S.RETURN_DISPUTED: ("return_disputed",), S.SETTLED_FOR_NOW: ("settled_for_now",), S.FOLLOW_UP: ("follow_up",),
    S.MERGED: ("merged",), S.NOT_ACCEPTED: ("not_accepted",), S.TRANSFERRED: ("transferred",), S.ARCHIVED: ("archived",),
}  # fmt: skip
MAY_BE_LATE = frozenset({S.ASSIGNED, S.HANDLING, S.UNDER_REVIEW})
MAY_BE_KEY = frozenset({S.HANDLING, S.UNDER_REVIEW, S.ARCHIVED})
LATE_AGO, FRESH_AGO = 95, 4
# Kept by the database itself; made by the loader from all letters at once.
DERIVED = frozenset({"letter_count"})
# Of the audit log no page of letters reads a line; with it a million letters would be eight gigabytes more.
NOT_READ = DERIVED | {"intake_audit", "office_audit"}
# One for many letters: made when the first of them needs it.
SHARED = frozenset({"letter_batch", "rectification_plan"})
AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """One row as the verbs left it. ``values``: plain ones, words of closed lists as they are stored."""

    table: Table
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Life:
    """One letter. ``span``: days from its coming to the last thing that happened. ``late``: past its day when the timers looked."""

    state: LetterState
    late: bool
    key: bool
    several: bool
    span: int
    rows: tuple[Row, ...]

    @property
    def letter(self) -> Mapping[str, Any]:
        return next(row.values for row in self.rows if row.table.name == Letter.__tablename__)


@dataclass(frozen=True)
class Lives:
    """All of them, and who is who: the first role of every person they name."""

    lives: tuple[Life, ...]
    roles: Mapping[str, Role]
    shared: tuple[Row, ...]


@cache
def lived() -> Lives:
    """Lives every letter, in an office of its own that is thrown away. Takes a few seconds, once a process."""
    models.load_all()
    with tempfile.TemporaryDirectory(prefix="bench-lives-") as name:
        office = open_office(Path(name) / "data", {})
        try:
            stores.migrate(office)
            return _Living(office, set_stage(office, AT, fixtures=())).all()
        finally:
            office.close()


class _Living:
    def __init__(self, office: Office, stage: Stage) -> None:
        self.office, self.stage = office, stage
        self.keys = load_intake_keys(unsealing.public_side_folder(office))
        self.guard = arrival.guard_key(office)
        self.opening = unsealing.opening_key(office, "office"), unsealing.opening_key(office, "guard")
        self.ends: list[tuple[LetterState, Story, dict[str, int]]] = []

    def all(self) -> Lives:
        begun = self._last_rows()
        lead = ""
        for number, (state, ends, story) in enumerate(_stories()):
            lead = self._live(replace(story, ends=ends, place=f"{story.place}{number}"), lead) or lead
            self.ends.append((state, story, self._last_rows()))
        ladder.run(self.office, AT)
        return self._read(begun)

    def _live(self, story: Story, lead: str) -> str:
        """One letter on its way. Returns its id if others may be merged into it."""
        walk = Walk(self.stage, story, self.guard)
        at, content = walk.on(0), walk.content()
        sealed = reports.seal_report(content, story.identity, nonce=reports.new_nonce(), keys=self.keys, at=at)
        with self.office.intake.transaction() as intake:
            reports.submit_report(intake, sealed, at=at)
        key, guard = self.opening
        arrival.take_report(self.office, sealed.id, key=key, guard=guard, at=at)
        with self.office.office.transaction() as session:
            letter = session.scalars(select(Letter).where(Letter.report_id == sealed.id)).one()
            for act in WAYS[story.ends]:
                act(walk, session, letter)
            if story.ends == "merged":
                screening.merge(session, letter, session.get_one(Letter, lead), by=walk.who("shenhe"), at=walk.on(0.1))
            if story.ends == "archived":
                # A proposer looks at what is closed within weeks: else years of letters would wait for a reward.
                take_from_tray(session, [letter.id])
            return letter.id if story.ends == "archived" else ""

    def _last_rows(self) -> dict[str, int]:
        """The newest row of every table: one question a store."""
        found: dict[str, int] = {}
        for register, base in ((self.office.intake, IntakeBase), (self.office.office, OfficeBase)):
            names = [table.name for table in base.metadata.sorted_tables if table.name not in NOT_READ]
            newest = ", ".join(f"(SELECT max(rowid) FROM {name})" for name in names)
            with register.reading() as session:
                found |= zip(names, (last or 0 for last in session.execute(text(f"SELECT {newest}")).one()), strict=True)
        return found

    def _read(self, begun: dict[str, int]) -> Lives:
        """Each life is what was written between the one before and it, and what the timers wrote of it afterwards."""
        every = {name: rows for name, rows in self._all_rows().items() if len(rows)}
        last = self.ends[-1][2]
        after = [row for name, rows in every.items() for at, row in rows if at > last[name]]
        lives, shared, since = [], [], begun
        for state, story, until in self.ends:
            own = [row for name, rows in every.items() for at, row in rows if since[name] < at <= until[name]]
            shared += [row for row in own if row.table.name in SHARED]
            mine = tuple(row for row in own if row.table.name not in SHARED)
            lives.append(_life(state, story, (*mine, *_about(mine, after))))
            since = until
        roles = {member.id: next(iter(sorted(member.roles))) for member in self.stage.cast.values()}
        return Lives(tuple(lives), roles, tuple(shared))

    def _all_rows(self) -> dict[str, list[tuple[int, Row]]]:
        found: dict[str, list[tuple[int, Row]]] = {}
        for register, base in ((self.office.intake, IntakeBase), (self.office.office, OfficeBase)):
            with register.reading() as session:
                found |= {
                    table.name: list(_rows(session, table)) for table in base.metadata.sorted_tables if table.name not in NOT_READ
                }
        return found


def _stories() -> Iterator[tuple[LetterState, str, Story]]:
    """The letters to live: of each state a plain one, one of several types and units, a 重点件, and a late one where one may be."""
    told = [story for story in stories() if story.channel is not Channel.HANDED_DOWN and story.claims and story.summary]
    whole = [story for story in told if story.finding]
    order = sorted(ENDS, key=lambda each: each is S.MERGED)
    for state, ends in ((each, ends) for each in order for ends in ENDS[each]):
        kind = [story for story in told if story.ends == ends] or whole
        plain = replace(kind[0], key=False, joint="", must_not_know=(), types=kind[0].types[:1], quarantined=False)
        if state in MAY_BE_LATE:
            plain = replace(plain, ago=FRESH_AGO)
        yield state, ends, plain
        second = PollutionType.NOISE if plain.types[0] is not PollutionType.NOISE else PollutionType.AIR
        yield state, ends, replace(plain, types=(*plain.types, second), unit="urban", joint="housing")
        if state in MAY_BE_KEY:
            yield state, ends, replace(plain, key=True)
        if state in MAY_BE_LATE:
            yield state, ends, replace(plain, ago=LATE_AGO)


def _rows(session: Session, table: Table) -> Iterator[tuple[int, Row]]:
    """Every row with its place in the table."""
    for at, *values in session.execute(select(literal_column("rowid"), table).order_by(literal_column("rowid"))):
        plain = (value.value if isinstance(value, Term) else value for value in values)
        yield at, Row(table, dict(zip((column.name for column in table.columns), plain, strict=True)))


def _about(own: tuple[Row, ...], others: list[Row]) -> Iterator[Row]:
    """Of the others, what speaks of this letter, or of what was opened about it."""
    known = {row.values["letter_id"] for row in own if row.values.get("letter_id")}
    for row in others:
        spoken = [value for value in row.values.values() if isinstance(value, str)]
        if any(each in value for each in known for value in spoken):
            known |= {row.values["id"]} if isinstance(row.values.get("id"), str) else set()
            yield row


def _life(state: LetterState, story: Story, rows: tuple[Row, ...]) -> Life:
    letter = next(row.values for row in rows if row.table.name == "letter")
    assert letter["state"] == state.value, (letter["state"], state)
    begun = letter["received_on"]
    days = chain.from_iterable(_days(row) for row in rows)
    span = max((day - begun).days for day in days)
    return Life(state, letter["due_on"] < AT.date(), story.key, len(story.types) > 1, span, rows)


def _days(row: Row) -> Iterator[date]:
    """When things happened; days that are due are not among them."""
    for name, value in row.values.items():
        if isinstance(value, datetime):
            yield value.date()
        elif isinstance(value, date) and "due" not in name and name != "anchor_on" and value != NEVER:
            yield value
