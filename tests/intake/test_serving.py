"""The parent of the public process: what it starts, starts again, and when it gives up."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SMALL_APP = """
def answer(environ, start_response):
    import os
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]

def app(settings):
    return answer

def refuse(settings):
    from portal.core.errors import Refusal
    raise Refusal("no")
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "small_app.py").write_text(SMALL_APP)
    return tmp_path


@contextlib.contextmanager
def served(place: Path, *words: str, app: str = "app") -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The real parent with a small app behind it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*(sys.executable, "-P", "-m", "portal.server", "--data", str(place / "data")), "--port", str(port), *words]
    environment = os.environ | {"PYTHONPATH": f"{PROJECT}:{place}", "DISCLOSURE_INTAKE_TMP": "/dev/shm"}
    process = subprocess.Popen([*command, "--app", f"small_app:{app}"], cwd=place, env=environment, start_new_session=True)
    try:
        yield f"http://127.0.0.1:{port}/", process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def children(process: subprocess.Popen[bytes]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def answered_by(address: str) -> int:
    """The number of the process that answers; waits for one."""
    for _ in range(200):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=20) as page:
            return int(page.read())
        time.sleep(0.1)
    raise AssertionError("nobody answers")


def test_processes_that_are_killed_at_once_are_all_started_again(place: Path) -> None:
    with served(place) as (address, parent):
        assert answered_by(address)
        killed = set(children(parent))
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        time.sleep(1)  # until the parent has looked
        assert answered_by(address) not in killed
        assert parent.poll() is None
        assert len(set(children(parent)) - killed) == len(killed) == 2


def test_a_process_that_refuses_to_start_ends_the_parent(place: Path) -> None:
    with served(place, app="refuse") as (_, parent):
        assert parent.wait(60) == 78


@pytest.mark.parametrize(("seconds", "processes"), [("600", 1), ("0.5", 2)])
def test_a_small_machine_may_start_one_process_after_the_other(place: Path, seconds: str, processes: int) -> None:
    with served(place, "--stagger", seconds) as (address, parent):
        assert answered_by(address)
        for _ in range(300):
            if len(children(parent)) == processes:
                break
            time.sleep(0.1)
        assert len(children(parent)) == processes
