"""Fills an office with letters as in life: rows that real verbs left of a letter of each state, copied with other ids and words.

Bodies of reports have the size of real ones and cannot be opened. Days due are drawn anew, so that letters of all ages wait on
every desk. The audit log is left as it is.
"""

from __future__ import annotations

import random
import secrets
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Table, select, text

from moderation import models, staff, stores
from moderation.bench.bulk import Loader, loading
from moderation.bench.lives import Life, Lives, lived
from moderation.bench.stamps import Stamp, Wanted, columns_of, day_number, fresh_id
from moderation.casework import search
from moderation.casework.letters import BarReason, LetterBatch
from moderation.casework.machine import LetterState
from moderation.keys import symmetric_key
from moderation.office import Office
from moderation.rectification.tasks import RectificationPlan
from moderation.settings import PUBLIC, change_setting
from moderation.staff import Unit
from moderation.unsealing import make_keys
from portal.core.clock import day_of, now
from portal.core.db import IntakeBase, OfficeBase
from portal.core.public_settings import PublicSettings
from portal.core.vocabulary import PollutionType, Role
from portal.core.workflow import SystemActor

FILLER = SystemActor("bench")
CHUNK = 5_000
UNITS, REGIONS = 120, 40
YEARS_OF_DAYS = 1_500
S = LetterState
# Where letters stand in a busy office: nine in ten are done.
SHARES: dict[LetterState, float] = {
    S.RECEIVED: 0.006, S.SCREENING: 0.004, S.AWAITING_SUPPLEMENT: 0.004, S.REFUSAL_PROPOSED: 0.002, S.ACCEPTED: 0.006,
    S.ASSIGNED: 0.01, S.HANDLING: 0.05, S.EXTENSION_ASKED: 0.002, S.UNDER_REVIEW: 0.008, S.RETURN_DISPUTED: 0.002,
    S.SETTLED_FOR_NOW: 0.02, S.FOLLOW_UP: 0.03, S.MERGED: 0.05, S.NOT_ACCEPTED: 0.06, S.TRANSFERRED: 0.04, S.ARCHIVED: 0.706,
}  # fmt: skip
KEY_SHARE, SEVERAL_SHARE, LATE_SHARE, BARRED_SHARE, COMMON_SHARE = 0.03, 0.3, 0.25, 0.002, 0.3
COMMON = "扬尘"
_PLACES = ("料场", "工地", "河道", "养殖场", "喷漆房", "餐馆", "砖厂", "矿山", "垃圾点", "码头")
_ACTS = ("夜间装卸", "未覆盖", "直排污水", "焚烧垃圾", "噪声扰民", "油烟直排", "倾倒废渣", "冒黑烟", "异味刺鼻", "破坏林地")
_TAILS = ("影响附近居民。", "靠近学校。", "多次反映未改。", "村民担心饮水。", "雨天污水横流。")


def people(office: Office) -> None:
    """Units, regions and one person a role, whose sign-in name is the role's."""
    rows = "\n".join(f"99{number:04d},第{number}县,990000,县" for number in range(1, REGIONS + 1))
    settings = PublicSettings(
        office_name="测量", short_name="测量", regions_csv=f"code,name,parent,level\n990000,云山省,,省\n{rows}\n"
    )
    with office.office.transaction() as session:
        change_setting(session, PUBLIC, vars(settings), by=FILLER, at=now(), source="bench")
        session.add_all(Unit(id=f"u{number:03d}", name=f"第{number}单位", kind="department") for number in range(UNITS))
        session.add(Unit(id="office", name="督察办", kind="office"))
    ready_for_work(office)


def ready_for_work(office: Office) -> None:
    """Makes keys and takes on somebody of every role, where they are missing: an office kept from earlier may have fewer."""
    make_keys(office)
    at, key = now(), symmetric_key(office.keys, "staff.key")
    with office.office.transaction() as session:
        there = set(session.scalars(select(staff.StaffMember.login)))
        shared = staff.hash_password(secrets.token_urlsafe(12))
        for role in (role for role in Role if role.value not in there):
            unit = session.get_one(Unit, "u000" if role is Role.UNIT_OFFICER else "office")
            staff.enrol(session, login=role.value, name=role.zh, unit=unit, roles=frozenset({role}), key=key, by=FILLER,
                                 at=at, password_hash=shared)  # fmt: skip


def fill(office: Office, letters: int) -> None:
    """Fills both stores of an office that has its people; what the database itself keeps of letters is made from all at once."""
    models.load_all()
    found = lived()
    with office.office.reading() as session:
        members = {member.login: member.id for member in session.scalars(select(staff.StaffMember))}
    who = {old: members[role.value] for old, role in found.roles.items()}
    tables = _tables(found)
    ours = {name for name in tables if name in OfficeBase.metadata.tables}
    with ExitStack() as opened:
        intake = opened.enter_context(loading(office.intake, set(tables) - ours))
        desk = opened.enter_context(loading(office.office, {*ours, "letter_words"}))
        # One hand writes reports, the other the office's rows, while the next letters are made.
        hands = [opened.enter_context(ThreadPoolExecutor(1)) for _hand in (intake, desk)]
        maker = _Maker(letters, found, who, desk)
        writing: list[Future[None]] = []
        for first in range(0, letters, CHUNK):
            made = maker.chunk(range(first, min(first + CHUNK, letters)))
            for done in writing:
                done.result()
            parts = [(intake, set(tables) - ours), (desk, ours)]
            writing = [
                hand.submit(_write, loader, tables, {name: made[name] for name in names if name in made})
                for hand, (loader, names) in zip(hands, parts, strict=True)
            ]
        for done in writing:
            done.result()
        _derive(desk, postgresql=not office.office.is_sqlite)
    _analyse(office)


def _write(loader: Loader, tables: dict[str, Table], made: dict[str, list[list[Any]]]) -> None:
    for name, rows in made.items():
        loader.write(name, columns_of(tables[name]), rows)


def _tables(found: Lives) -> dict[str, Table]:
    """Every table a life writes to, and those that stand beside it, in an order in which references could hold."""
    rows = {row.table.name for life in found.lives for row in life.rows} | {row.table.name for row in found.shared} | {"letter_bar"}
    every = [*IntakeBase.metadata.sorted_tables, *OfficeBase.metadata.sorted_tables]
    return {table.name: table for table in every if table.name in rows}


def _derive(loader: Loader, *, postgresql: bool) -> None:
    """What triggers keep: the counter of states, and the index of words."""
    key = "state, unit_id, discipline_only"
    loader.run(f"INSERT INTO letter_count ({key}, letters) SELECT {key}, count(*) FROM letter GROUP BY {key}")
    loader.run(search.rebuilding(postgresql=postgresql))


def _analyse(office: Office) -> None:
    """As the worker and the server do it of themselves, once a day."""
    stores.analyse(office, now())
    if office.office.is_sqlite:
        return
    for register in (office.office, office.intake):
        with register.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


class _Maker:
    """Makes the rows of one letter after another, the oldest first."""

    def __init__(self, total: int, found: Lives, who: dict[str, str], loader: Loader) -> None:
        self.random = random.Random(7)
        self.total, self.today, self.loader = total, day_of(now()), loader
        self.stamps = [Stamp(life, who, loader, self.random) for life in found.lives]
        self.states, self.weights = list(SHARES), list(SHARES.values())
        self.leads: deque[str] = deque(maxlen=1_000)
        self.batches: dict[int, str] = {}
        self.plans: set[str] = set()
        self.shared = {row.table.name: row.values for row in found.shared}
        self.chosen = cache(self._kinds)
        self.made: dict[str, list[list[Any]]] = {}

    def chunk(self, numbers: range) -> dict[str, list[list[Any]]]:
        """The rows of these letters, table by table."""
        self.made = {}
        for number in numbers:
            received = self.today - timedelta(days=int((self.total - number) / self.total * YEARS_OF_DAYS))
            stamp = self._stamp((self.today - received).days)
            wanted = self._wanted(stamp, received, number)
            for name, row in stamp.rows(wanted):
                self.made.setdefault(name, []).append(row)
            if stamp.life.state is S.ARCHIVED:
                self.leads.append(stamp.letter_id)
            if self.random.random() < BARRED_SHARE:
                self._bar(stamp.letter_id)
        return self.made

    def _stamp(self, age: int) -> Stamp:
        """A life that fits into the days there were."""
        r = self.random
        while True:
            state = r.choices(self.states, self.weights)[0]
            if state is S.MERGED and not self.leads:
                continue
            kind = (r.random() < LATE_SHARE, r.random() < KEY_SHARE, r.random() < SEVERAL_SHARE)
            for each in (kind, (False, *kind[1:]), (False, False, kind[2]), (False, False, False)):
                if found := self.chosen(state, each, min(age, YEARS_OF_DAYS)):
                    return r.choice(found)

    def _kinds(self, state: LetterState, kind: tuple[bool, bool, bool], age: int) -> list[Stamp]:
        def fits(life: Life) -> bool:
            return life.state is state and (life.late, life.key, life.several) == kind and life.span <= age

        return [stamp for stamp in self.stamps if fits(stamp.life)]

    def _wanted(self, stamp: Stamp, received: date, number: int) -> Wanted:
        r = self.random
        day, today = day_number(received), day_number(self.today)
        region = f"99{min(REGIONS, 1 + int(r.expovariate(0.12))):04d}"
        units = [f"u{each:03d}" for each in r.sample(range(UNITS), len(stamp.units))]
        types = r.sample(_TYPES, len(stamp.types))
        place, target = f"第{r.randrange(900)}号{r.choice(_PLACES)}", f"{r.choice(_PLACES)}{r.randrange(5000)}"
        summary = self._summary()
        grams = " ".join(_grams(part) for part in (*summary, place, target))
        batch = self._batch(day + stamp.batch_after) if stamp.batch_after is not None else ""
        if stamp.task_after is not None:
            self._plan_of(received + timedelta(days=stamp.task_after))
        due = today + (r.randrange(-20, 0) if stamp.life.late else r.randrange(61))
        return Wanted(
            day=day, due=due, region=region, units=units, types=types,
            number=f"W{received:%Y-%m%d}-{r.getrandbits(40):010x}", summary="".join(summary), claim=summary[0], place=place,
            target=target, grams=grams, marks=self._marks(stamp, region, units, types), serial=number + 1, batch=batch,
            lead=r.choice(self.leads) if self.leads else "",
        )  # fmt: skip

    def _summary(self) -> tuple[str, ...]:
        """Three sentences and a place that nothing else has. The common word stands in three of ten."""
        r = self.random
        word = COMMON if r.random() < COMMON_SHARE else r.choice(_ACTS)
        parts = [f"反映{r.choice(_PLACES)}{word}，{r.choice(_ACTS)}，{r.choice(_TAILS)}" for _part in range(3)]
        return *parts, f"第{r.randrange(100_000)}处"

    def _marks(self, stamp: Stamp, region: str, units: list[str], types: list[PollutionType]) -> str:
        letter = stamp.life.letter
        held = [units[stamp.units.index(unit)] for unit in stamp.open_parts]
        return search.marks_of(
            region, letter["state"], units[0] if letter["unit_id"] else "", types, held, key=letter["key_letter"]
        )

    def _batch(self, day: int) -> str:
        """The batch of a day, made when its first letter is."""
        if day not in self.batches:
            self.batches[day] = fresh_id(self.random)
            on = date.fromordinal(day + date(2015, 1, 1).toordinal())
            values = {**self.shared["letter_batch"], "id": self.batches[day], "number": len(self.batches), "day": on}
            self._share(LetterBatch, values)
        return self.batches[day]

    def _plan_of(self, day: date) -> None:
        name = f"xf-{day.year}"
        if name not in self.plans:
            self.plans.add(name)
            self._share(RectificationPlan, {**self.shared["rectification_plan"], "id": name, "title": f"{day.year} 年信访件整改"})

    def _share(self, model: type[Any], values: dict[str, Any]) -> None:
        table: Table = model.__table__
        row = [self._plain(values[name]) for name in columns_of(table)]
        self.made.setdefault(table.name, []).append(row)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S.%f}"
        return value.isoformat() if isinstance(value, date) else self.loader.plain(value)

    def _bar(self, letter_id: str) -> None:
        row = [fresh_id(self.random), letter_id, "", f"u{self.random.randrange(UNITS):03d}", BarReason.UNIT_NAMED.value]
        self.made.setdefault("letter_bar", []).append(row)


_TYPES = list(PollutionType)


@lru_cache(100_000)
def _grams(part: str) -> str:
    return search.grams_of(part)
