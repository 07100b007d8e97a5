"""`disclosure bench intake`: the real servers with protections on, real forms fetched first and aged, from many addresses."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import queue
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sqlalchemy import text

from moderation import stores, unsealing
from moderation.clean_copies import clean_copy
from moderation.office import Office, open_office
from portal.core.public_settings import PublicSettings, write_public_settings
from portal.core.reward_schedule_reader import shipped_schedules
from portal.intake.tokens import TOO_FAST
from portal.server import PROCESSES, THREADS

T = TypeVar("T")

REGIONS = "code,name,parent,level\n990121,云岭县,,县\n990121100,青石镇,990121,乡\n990121101,柳溪镇,990121,乡\n"
ADDRESSES = 250
STALLED = 150
STORY = "每天夜里十一点以后，料场装卸不盖不洒水，灰飘到学校里，已经半个多月。白天有洒水车，夜里没有人管。" * 3


def intake_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sequential", type=int, default=500, help="逐个发送的份数 / reports one after another")
    parser.add_argument("--parallel", type=int, default=1000, help="每档并发的份数 / reports at each number of clients")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--threads", type=int, default=THREADS)


@dataclass
class Figures:
    """Seconds each request took, and answers that were not what they should be."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    elapsed: float = 0.0

    @property
    def per_s(self) -> float:
        return round(len(self.seconds) / self.elapsed, 1) if self.elapsed else 0.0

    @property
    def p95(self) -> float:
        return round(statistics.quantiles(self.seconds, n=20)[-1], 4) if len(self.seconds) > 1 else 0.0


class Client:
    """One visitor with a connection of its own, from an address of its own."""

    def __init__(self, port: int, number: int) -> None:
        self.port = port
        self.address = f"127.1.{number // 250 + 1}.{number % 250 + 1}"
        self._socket: socket.socket | None = None

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """One request; the connection is kept."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nSec-Fetch-Site: same-origin\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), 60, source_address=(self.address, 0))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(head.encode() + body)
        return self._answer(self._socket)

    def _answer(self, connection: socket.socket) -> tuple[int, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                raise ConnectionError("closed")
            data += part
        head, _, rest = data.partition(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        length = int(found.group(1)) if found else 0
        parts = [rest]
        left = length - len(rest)
        while left > 0:
            part = connection.recv(65536)
            if not part:
                raise ConnectionError("closed")
            parts.append(part)
            left -= len(part)
        return int(head.split(b" ", 2)[1]), b"".join(parts)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def form_body(token: str, number: int, region: str = "990121100") -> bytes:
    """A filled form as the preview page sends it."""
    fields = [
        ("f", token),
        ("acts", "uncovered_dust"),
        ("acts", "construction_noise"),
        ("region", region),
        ("place", f"镇小学北边约{number}米的料场"),
        ("datum", "WGS-84"),
        ("when_kind", "recurring"),
        ("when", "夜里十一点以后"),
        ("who", "某某石料厂"),
        ("story", STORY),
        ("must_not_know", "村主任某某"),
        ("contact", "phone"),
        ("identity_level", "named"),
        ("name", "某某某"),
        ("phone", "13800000000"),
        ("q-dust_covered", "都没有"),
        ("go", "send"),
    ]
    return urllib.parse.urlencode(fields).encode()


def prefetch(port: int, count: int) -> list[bytes]:
    """Opens ``count`` forms as browsers would and fills them."""
    bodies: list[bytes] = []
    lock = threading.Lock()

    def work(client: Client, number: int) -> bool:
        status, page = client.ask("GET", "/r/")
        token = re.search(rb'name="f" value="([^"]+)"', page)
        if status != 200 or token is None:
            return False
        with lock:
            bodies.append(form_body(token.group(1).decode(), number))
        return True

    figures = run(port, 8, list(range(count)), work)
    if figures.errors:
        raise RuntimeError(f"{figures.errors} forms could not be opened")
    return bodies


def run(port: int, clients: int, jobs: Sequence[T], work: Callable[[Client, T], bool]) -> Figures:
    """Shares ``jobs`` out among ``clients`` at once. Each job of a client comes from an address of its own."""
    waiting: queue.SimpleQueue[tuple[int, T]] = queue.SimpleQueue()
    for pair in enumerate(jobs):
        waiting.put(pair)
    figures = Figures()
    lock = threading.Lock()

    def visit(first: int) -> None:
        client = Client(port, first)
        while True:
            try:
                number, job = waiting.get_nowait()
            except queue.Empty:
                break
            if number % 16 == 15:  # another visitor: another address, another connection
                client.close()
                client = Client(port, (first + number) % ADDRESSES)
            started = time.perf_counter()
            try:
                good = work(client, job)
            except OSError:
                good = False
                client.close()
            with lock:
                figures.seconds.append(time.perf_counter() - started)
                figures.errors += not good
        client.close()

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures.elapsed = time.perf_counter() - started
    return figures


def send(client: Client, body: bytes) -> bool:
    """Sends one form; True when a receipt came back."""
    status, page = client.ask("POST", "/r/", body)
    return status == 201 and b"receipt-code" in page


def bare(client: Client, _number: int) -> bool:
    """The bare endpoint."""
    return client.ask("POST", "/bare", b"x=1")[0] == 200


@contextlib.contextmanager
def stalled_uploads(port: int, count: int) -> Iterator[None]:
    """Connections that announce five megabytes, send a little, and then say nothing more."""
    head = (
        f"POST /r/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000000\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
    ).encode() + bytes(20_000)
    connections = []
    try:
        for number in range(count):
            connection = socket.create_connection(("127.0.0.1", port), 20, source_address=(Client(port, number).address, 0))
            connection.sendall(head)
            connections.append(connection)
        yield
    finally:
        for connection in connections:
            connection.close()


@contextlib.contextmanager
def served(office: Office, args: argparse.Namespace) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The real server on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-P", "-m", "portal.server", "--data", str(office.data), "--port", str(port)),
        *("--processes", str(args.processes), "--threads", str(args.threads), "--app", "moderation.bench.bare:bench_app"),
    ]
    process = subprocess.Popen(command, env=os.environ)
    try:
        _wait_for(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        with contextlib.suppress(OSError), Client(port, 0) as client:
            if client.ask("GET", "/r/c/")[0] == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not answer within 20 seconds")


def rss_mb(process: subprocess.Popen[bytes]) -> float:
    """Resident memory of the parent and all its workers."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    total = 0
    for pid in (str(process.pid), *children):
        status = Path(f"/proc/{pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        total += int(found.group(1)) if found else 0
    return round(total / 1024, 1)


def server_cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Processor time of the workers so far: says what a report costs also on a machine that others use."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    ticks = 0
    for pid in children:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def photo_cpu_s() -> float:
    """Processor time of the child that makes the clean copy of a photo of 12 megapixels."""
    from PIL import Image

    picture = Image.effect_noise((1000, 750), 40).resize((4000, 3000)).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    small = io.BytesIO()
    picture.resize((40, 30)).save(small, "JPEG")
    clean_copy(small.getvalue(), "jpeg")  # the libraries come from the disk once
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clean_copy(out.getvalue(), "jpeg")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 3)


def prepared(folder: Path) -> Office:
    """An office in ``folder`` with stores, keys, regions and a reward rule."""
    office = open_office(folder, {})
    stores.migrate(office)
    unsealing.make_keys(office)
    rule = next(each for each in shipped_schedules() if each.invented)
    settings = PublicSettings(office_name="测量", regions_csv=REGIONS, reward_schedule_toml=rule.text)
    write_public_settings(office.public_settings_path, settings)
    with office.intake.transaction() as session:
        session.execute(text("CREATE TABLE bench_row (number INTEGER PRIMARY KEY, day TEXT)"))
    return office


def kept(office: Office, tray: str = "%") -> int:
    """Reports in the store, of one tray or of all."""
    with office.intake.reading() as session:
        return int(session.execute(text("SELECT count(*) FROM report WHERE tray LIKE :tray"), {"tray": tray}).scalar_one())


def intake(args: argparse.Namespace) -> dict[str, object]:
    """The figures of the intake, on a disk folder of their own, synchronous=FULL throughout."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        office = prepared(Path(folder).resolve())
        try:
            with served(office, args) as (port, process):
                return measured(office, port, process, args)
        finally:
            office.close()


def measured(office: Office, port: int, process: subprocess.Popen[bytes], args: argparse.Namespace) -> dict[str, object]:
    """Runs every measurement against one running server."""
    stalled_jobs = min(400, args.parallel)
    bodies = prefetch(port, args.sequential + 2 * args.parallel + stalled_jobs)
    time.sleep(TOO_FAST.total_seconds() + 1)
    cut = iter(bodies)

    def take(count: int) -> list[bytes]:
        return [next(cut) for _ in range(count)]

    sequential = run(port, 1, take(args.sequential), send)
    before = server_cpu_s(process)
    at8 = run(port, 8, take(args.parallel), send)
    between = server_cpu_s(process)
    bare_at8 = run(port, 8, list(range(args.parallel)), bare)
    after = server_cpu_s(process)
    at64 = run(port, 64, take(args.parallel), send)
    memory = rss_mb(process)
    with stalled_uploads(port, STALLED):
        stalled = run(port, 8, take(stalled_jobs), send)
    photo = photo_cpu_s()
    runs = (sequential, at8, at64, stalled)
    return {
        "sequential_per_s": sequential.per_s,
        "clients8_per_s": at8.per_s,
        "clients64_per_s": at64.per_s,
        "errors": sum(each.errors for each in runs) + bare_at8.errors + (len(bodies) - kept(office)),
        "quarantined": kept(office, "quarantine"),
        "rss_mb": memory,
        "bare_endpoint_per_s": bare_at8.per_s,
        "share_of_bare": round(at8.per_s / bare_at8.per_s, 3) if bare_at8.per_s else 0,
        "photo_cpu_s": photo,
        "stalled150_p95_s": stalled.p95,
        "server_cpu_ms_per_report": round((between - before) / args.parallel * 1000, 2),
        "server_cpu_ms_per_bare_post": round((after - between) / args.parallel * 1000, 2),
        "clients8_p95_s": at8.p95,
        "clients64_p95_s": at64.p95,
        "processes": args.processes,
        "threads": args.threads,
        "reports_kept": kept(office),
        "synchronous": "FULL",
    }
