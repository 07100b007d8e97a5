"""The console holds what citizens wrote in memory only, also when it is large: scans on their way in never wait on a disk."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.office import Office
from portal.settings import MEMORY_FILESYSTEMS, filesystem_of

ROOT = Path(__file__).parents[2]
MARK = b"\xe7\xba\xa2\xe8\x89\xb2\xe5\x8d\xa1\xe8\xbd\xa6" * 100


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def console(office: Office, port: int, **environment: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-m", "moderation.cli", "console", "--data", str(office.data), "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def connected(port: int) -> socket.socket:
    for _ in range(300):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), 10)
        time.sleep(0.1)
    raise AssertionError("the console does not answer")


def open_files(process: subprocess.Popen[str]) -> list[str]:
    found = []
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(os.readlink(link))
    return found


def test_a_large_scan_on_its_way_in_lies_in_memory_backed_storage(empty_office: Office) -> None:
    port = free_port()
    head = (
        f"POST /hand-entry/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        'Content-Length: 9000000\r\n\r\n--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'
    ).encode()
    with console(empty_office, port) as process, connected(port) as visitor:
        visitor.sendall(head + MARK * 1500)
        waiting: list[str] = []
        for _ in range(100):
            waiting = [name for name in open_files(process) if "(deleted)" in name]
            if waiting:
                break
            time.sleep(0.05)
        ours = f"/dev/shm/console-{process.pid}-"

    assert waiting, "beyond half a megabyte a body waits in a file"
    assert all(name.startswith(ours) for name in waiting), waiting
    assert not list(Path("/dev/shm").glob(f"console-{process.pid}-*")), "nothing is left when it stops"


@pytest.fixture
def on_disk() -> Iterator[Path]:
    """A folder that outlives a restart: the tests' own may lie in memory."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        yield Path(name)


def test_a_folder_on_a_disk_refuses_the_start_and_says_which_setting(empty_office: Office, on_disk: Path) -> None:
    if filesystem_of(on_disk, Path("/proc/mounts").read_text(encoding="utf-8")) in MEMORY_FILESYSTEMS:
        pytest.skip("no folder of this machine is on a disk")
    command = [
        sys.executable,
        "-P",
        "-m",
        "moderation.cli",
        "console",
        "--data",
        str(empty_office.data),
        "--port",
        str(free_port()),
    ]
    environment = {**os.environ, "DISCLOSURE_CONSOLE_TMP": str(on_disk)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 1
    assert "DISCLOSURE_CONSOLE_TMP" in done.stdout
    assert "不在内存里" in done.stdout
