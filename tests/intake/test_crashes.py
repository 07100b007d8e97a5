"""Full disk, locked store, killed servers: the person is told plainly, nothing partial stays, what was acknowledged is kept."""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from moderation.bench.intake import Client, form_body
from moderation.office import Office
from portal.core import reports
from portal.core.audit import verify_chain
from portal.core.intake_keys import load_intake_keys
from portal.core.receipts import read_receipt_code
from portal.core.reports import LockedFile, Report
from portal.core.sealing import FileLock
from portal.intake.context import Intake
from tests.effort import times
from tests.intake.conftest import STORY, Visitor

TOWN = "411900001"


def tuned(desk: Intake, pragma: str) -> None:
    """Every new connection of the store gets ``pragma``."""
    desk.register.engine.dispose()

    @event.listens_for(desk.register.engine, "connect")
    def _tune(connection: Any, _record: Any) -> None:
        connection.execute(pragma).close()


def kept(desk: Intake) -> int:
    with desk.register.reading() as session:
        return session.query(Report).count()


def test_when_the_disk_is_full_the_person_is_told_that_nothing_was_received(visitor: Visitor, desk: Intake) -> None:
    with desk.register.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    tuned(desk, f"PRAGMA max_page_count={pages + 2}")

    answers = [visitor.post("/r/", visitor.filled(go="send", story=f"{STORY}{number}")) for number in range(4)]

    failed = [page for page in answers if page.status == 503]
    assert failed
    assert "没有收到" in failed[0].text
    assert STORY in failed[0].text, "what was written is still on the page"
    assert kept(desk) == sum(page.status == 201 for page in answers)


def test_when_the_store_is_locked_the_person_is_told_and_can_send_again(visitor: Visitor, desk: Intake, office: Office) -> None:
    tuned(desk, "PRAGMA busy_timeout=100")
    data = visitor.filled(go="send")
    blocker = sqlite3.connect(office.data / "intake" / "intake.db", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")

    locked = visitor.post("/r/", data)
    blocker.execute("ROLLBACK")
    blocker.close()
    freed = visitor.post("/r/", data)

    assert locked.status == 503
    assert "没有收到" in locked.text
    assert STORY in locked.text
    assert freed.status == 201
    assert kept(desk) == 1


def test_when_a_file_cannot_be_written_nothing_of_it_stays(visitor: Visitor, desk: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileLock, "_put", full)
    page = visitor.post("/r/", visitor.filled(files=(io.BytesIO(b"\xff\xd8\xff" + bytes(600_000)), "a.jpg")))

    assert page.status == 503
    assert "没有收到" in page.text
    assert list(desk.settings.files_folder.iterdir()) == []
    assert kept(desk) == 0


def test_an_upload_that_breaks_off_leaves_nothing(visitor: Visitor, desk: Intake) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n' + bytes(400_000)

    page = visitor.post("/r/", body, content_type="multipart/form-data; boundary=x")

    assert page.status in {400, 422}
    assert list(desk.settings.files_folder.iterdir()) == []


# ---- killed servers ----


@contextlib.contextmanager
def served(office: Office, processes: int = 2) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The real server in a process group of its own, on the store of ``office`` whatever its engine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-P", "-m", "portal.server", "--data", str(office.data), "--port", str(port)]
    command += ["--processes", str(processes)]
    environment = {**os.environ, "DISCLOSURE_INTAKE_URL": office.intake.url}
    process = subprocess.Popen(command, start_new_session=True, cwd=Path(__file__).parents[2], env=environment)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), Client(port, 0) as client:
                if client.ask("GET", "/r/c/")[0] == 200:
                    break
            time.sleep(0.05)
        yield port, process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def send_until_killed(port: int, tokens: list[str], codes: list[str]) -> None:
    """Sends forms until the server is gone; keeps the receipts that were acknowledged."""
    with Client(port, len(tokens)) as client:
        for number, token in enumerate(tokens):
            try:
                status, page = client.ask("POST", "/r/", form_body(token, number, TOWN))
            except OSError:
                return
            found = re.search(rb'receipt-code"[^>]*>([\d ]+)<', page)
            if status == 201 and found:
                codes.append(found.group(1).decode())


def killed_at_random(office: Office, visitor: Visitor, *, rounds: int, processes: int = 2) -> tuple[list[str], int]:
    """Servers killed in the middle of sending, again and again: the receipts that were acknowledged, and the seed."""
    codes: list[str] = []
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    for _ in range(rounds):
        tokens = [[visitor.token() for _ in range(200)] for _ in range(4)]
        with served(office, processes) as (port, process):
            threads = [threading.Thread(target=send_until_killed, args=(port, each, codes)) for each in tokens]
            for thread in threads:
                thread.start()
            answered, until = len(codes), time.monotonic() + 20
            while len(codes) == answered and time.monotonic() < until:  # on a busy machine the first answer takes its time
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.7))
            os.killpg(process.pid, signal.SIGKILL)
            for thread in threads:
                thread.join()
    return codes, seed


def require_all_kept(office: Office, codes: list[str], seed: int) -> None:
    """Every acknowledged receipt answers, the chain of audit lines holds, and nothing half written is there."""
    keys = load_intake_keys(office.data / "intake" / "keys")
    assert codes, f"seed {seed}"
    with office.intake.reading() as session:
        for code in codes:
            assert reports.find_by_receipt(session, read_receipt_code(code), keys) is not None, f"seed {seed}"
        assert verify_chain(session).broken_at is None, f"seed {seed}"
        assert session.query(Report).count() == verify_chain(session).lines, f"seed {seed}"
        assert session.query(LockedFile).count() == 0


def test_what_was_acknowledged_is_found_after_kill_nine_at_a_random_moment(visitor: Visitor, office: Office) -> None:
    codes, seed = killed_at_random(office, visitor, rounds=times(2, 100))

    require_all_kept(office, codes, seed)
    with office.intake.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_a_worker_that_dies_is_started_again_and_nobody_notices(visitor: Visitor, office: Office) -> None:
    with served(office) as (port, process):
        time.sleep(3.2)
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(workers[0]), signal.SIGKILL)
        answers = []
        for number in range(12):
            with contextlib.suppress(OSError), Client(port, number) as client:
                answers.append(client.ask("POST", "/r/", form_body(visitor.token(), number, TOWN))[0])
            time.sleep(0.1)
        after = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()

    assert answers.count(201) >= 11
    assert len(after) == len(workers)


def test_what_a_killed_server_left_in_memory_is_gone_when_the_next_one_starts(office: Office) -> None:
    with served(office) as (_port, process):
        (left_in_memory,) = Path("/dev/shm").glob(f"intake-{process.pid}-*")
        (left_in_memory / "body").write_bytes(b"words")
    assert left_in_memory.exists(), "it was killed with -9 and could not tidy up"

    with served(office):
        assert not left_in_memory.exists()
