"""`disclosure demo` as a newcomer treats it: cut off, started again, stopped in every way, started beside something else."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120


def words(data: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "moderation.cli", "demo", "--data", str(data), *more]


def once(data: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words(data, *more), cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


def until(condition: object, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def processes_of(data: Path) -> list[str]:
    """Command lines of the machine's processes that name this data folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            environment = (each.parent / "environ").read_bytes()
        except OSError:
            continue
        if str(data) in line or f"DISCLOSURE_DATA={data}".encode() in environment:
            found.append(line)
    return found


@contextmanager
def serving(data: Path, ports: tuple[int, int]) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A demo that has said its addresses, and the file with all it said."""
    said = data.parent / f"said-{ports[0]}"
    # As from a terminal, even where the tests themselves run under nohup.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with said.open("wb") as out:
            command = words(data, "--port", str(ports[0]), "--console-port", str(ports[1]))
            process = subprocess.Popen(command, cwd=PROJECT, stdout=out, stderr=out, start_new_session=True)
    finally:
        signal.signal(signal.SIGHUP, before)
    try:
        until(lambda: process.poll() is not None or "Ctrl-C" in said.read_text(encoding="utf-8"), "no address was said")
        assert process.poll() is None, said.read_text(encoding="utf-8")
        yield process, said
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's data, made by the run after one that was killed half-way."""
    place = tmp_path_factory.mktemp("demo") / "data"
    first = subprocess.Popen(words(place, "--no-serve"), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until((place / "office" / "office.db").exists, "the first run made nothing")
    first.kill()
    first.wait()
    (place / "left-by-the-first").touch()

    second = once(place, "--no-serve")

    assert second.returncode == 0, second.stderr
    assert not (place / "left-by-the-first").exists()
    return place


def secrets_of(data: Path) -> list[Path]:
    return sorted(
        path for place in (data / "keys", data / "intake" / "keys") for path in place.rglob("*") if path.suffix in {".key", ".pem"}
    )


def content(data: Path) -> dict[str, bytes]:
    """What must be the same after a second start: the cast, the keys, the moment it was made."""
    kept = [data / "demo" / "sign-in.json", data / "demo" / "ready", *secrets_of(data)]
    assert len(kept) > 3
    return {str(path.relative_to(data)): path.read_bytes() for path in kept}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
def test_a_second_run_keeps_the_data_and_ends_with_all_it_started(data: Path, how: signal.Signals) -> None:
    before, ports = content(data), free_ports()
    with serving(data, ports) as (process, said):
        for port in ports:
            assert urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20).status == 200
        assert len(processes_of(data)) >= 4

        os.killpg(process.pid, how)

        assert process.wait(60) == 0, said.read_text(encoding="utf-8")
    assert processes_of(data) == []
    assert before.items() <= content(data).items()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", ports[0])) != 0


def test_when_one_of_its_processes_dies_it_names_the_log_and_ends_the_others(data: Path) -> None:
    with serving(data, free_ports()) as (process, said):
        console = next(
            int(each.parent.name)
            for each in Path("/proc").glob("[0-9]*/cmdline")
            if str(data).encode() in (line := each.read_bytes()) and b"\0console\0" in line
        )
        os.kill(console, signal.SIGKILL)

        assert process.wait(60) == 1
        assert "console.log" in said.read_text(encoding="utf-8")
    assert processes_of(data) == []


def test_what_it_has_published_fills_three_months_of_the_home_page_and_the_log_runs_forward(data: Path) -> None:
    home = (data / "current" / "index.html").read_text(encoding="utf-8")
    with closing(sqlite3.connect(data / "office" / "office.db")) as store:
        records = [json.loads(row[0]) for row in store.execute("select record from press_item order by number")]
    days = [record["published_on"] for record in records]

    assert len(set(re.findall(r"lists/month/(\d{4}-\d{2})/", home))) >= 3
    assert days == sorted(days)


def test_a_process_that_writes_tasks_and_letters_keeps_what_lists_read_of_them(data: Path) -> None:
    """The demo is filled without the console, as the worker and the commands write: pace and search must follow all the same."""
    with closing(sqlite3.connect(data / "office" / "office.db")) as store:
        late = store.execute("select count(*) from rectification_task where overdue_from < ?", [time.strftime("%Y-%m-%d")])
        unfound = "select count(*) from letter_text where letter_id not in (select letter_id from letter_search)"

        assert late.fetchone()[0] >= 2
        assert store.execute(unfound).fetchone()[0] == 0


def test_its_keys_and_sign_in_are_readable_by_nobody_else(data: Path) -> None:
    secret = [*secrets_of(data), data / "demo" / "sign-in.json"]

    assert len(secret) > 3
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in secret} == {"0o600"}


def test_everybody_of_the_cast_is_said_with_a_way_to_sign_in(data: Path) -> None:
    with serving(data, free_ports()) as (_, said):
        told = said.read_text(encoding="utf-8")
    book = json.loads((data / "demo" / "sign-in.json").read_text(encoding="utf-8"))

    assert len(book) >= 20
    assert all(person["login"] in told and person["card_codes"][0] in told for person in book)


def test_a_busy_port_is_named_and_nothing_is_started(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        answer = once(data, "--port", port)

    assert answer.returncode == 1
    assert port in answer.stderr
    assert processes_of(data) == []


def test_it_does_not_touch_the_data_of_a_real_office(tmp_path: Path) -> None:
    real = tmp_path / "office" / "office.db"
    real.parent.mkdir()
    real.write_bytes(b"letters")

    answers = [once(tmp_path), once(tmp_path, "--reset")]

    assert [each.returncode for each in answers] == [1, 1]
    assert real.read_bytes() == b"letters"


def test_reset_begins_with_nothing(data: Path) -> None:
    """Last in this file: it spoils the data."""
    (data / "demo" / "of-the-first").touch()
    process = subprocess.Popen(words(data, "--reset", "--no-serve"), cwd=PROJECT, stdout=subprocess.DEVNULL)

    until(lambda: not (data / "demo" / "of-the-first").exists(), "the old data stayed")

    process.kill()
    process.wait()
