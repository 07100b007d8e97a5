"""A marked report through nginx and the real servers: every byte written meanwhile is searched for its marks."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.bench.intake import Client, form_body
from moderation.office import Office

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "portal" / "nginx-example.conf"
TOWN = "411900001"
STORY, PHONE, AGENT, REFERRER = "紫色卡车记号庚辛", "13987654321", "MarkedAgent/7.7", "marked-referrer.example"
VISITOR = "127.77.66.55"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        started = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True, cwd=ROOT)
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGTERM)
        started.wait(20)


def example_for(folder: Path, front: int, back: int) -> Path:
    """The example as it is shipped, on free ports and in a folder of this test."""
    text = EXAMPLE.read_text(encoding="utf-8")
    # The folders in memory first: the test's own folder may lie there too.
    text = text.replace("/dev/shm/", f"{folder}/memory-").replace("/run/nginx-disclosure.pid", str(folder / "nginx.pid"))
    text = text.replace("127.0.0.1:8700", f"127.0.0.1:{back}").replace("127.0.0.1:8080", f"127.0.0.1:{front}")
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    return folder / "nginx.conf"


def wait_for(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), Client(port, 0) as client:
            if client.ask("GET", "/r/c/")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing answers on {port}")


def ask(port: int, path: str, fields: list[tuple[str, str]] | None, *, headers: str = "") -> bytes:
    """One request of the marked visitor; the answer's body."""
    body = urllib.parse.urlencode(fields or []).encode()
    head = (
        f"{'POST' if fields else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n"
        f"User-Agent: {AGENT}\r\nReferer: https://{REFERRER}/\r\nX-Forwarded-For: 198.51.100.99\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), 30, source_address=(VISITOR, 0)) as connection:
        connection.sendall(head.encode() + body)
        parts = iter(lambda: connection.recv(65536), b"")
        return b"".join(parts)


def test_nothing_written_during_a_marked_run_names_the_visitor_or_the_words(office: Office, tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed: the example configuration is not tried")
    front, back, memory = free_port(), free_port(), tmp_path / "nginx"
    memory.mkdir()
    config = example_for(memory, front, back)
    server = [sys.executable, "-P", "-m", "portal.server", "--data", str(office.data), "--port", str(back)]
    environment = {**os.environ, "DISCLOSURE_TRUSTED_PROXY": "127.0.0.1"}
    shared_before = set(Path("/dev/shm").iterdir())

    with (
        process(server, environment, tmp_path / "server.log") as public,
        process([nginx, "-c", str(config), "-g", "daemon off;"], dict(os.environ), tmp_path / "nginx.log"),
    ):
        wait_for(back)
        wait_for(front)
        page = ask(front, "/r/", None)
        found = re.search(rb'name="f" value="([^"]+)"', page)
        assert found, page[:500]
        fields = urllib.parse.parse_qsl(form_body(found.group(1).decode(), 1, TOWN).decode())
        changed = {"story": STORY * 40, "phone": PHONE, "place": STORY}
        marked = [(name, changed.get(name, value)) for name, value in fields]
        time.sleep(3.2)
        sent = ask(front, "/r/", marked)
        groups = re.search(rb'receipt-code"[^>]*>([\d ]+)<', sent)
        assert groups, sent[:500]
        code = groups.group(1).decode()
        assert b"200 OK" in ask(front, "/r/c/", [("code", code)])[:200]
        ask(front, "/r/nowhere?x=" + urllib.parse.quote(STORY), None)
        ours = set(Path("/dev/shm").iterdir()) - shared_before
        environments = {Path(f"{pid} environ"): Path(f"/proc/{pid}/environ").read_bytes() for pid in below(public.pid)}
        written = [*files_below(office.data), *files_below(memory), tmp_path / "server.log", tmp_path / "nginx.log"]
        written += [path for folder in ours if folder.name.startswith("intake-") for path in files_below(folder)]
        contents = {path: path.read_bytes() for path in written if path.is_file() and path != config} | environments

    marks = (STORY, PHONE, AGENT, REFERRER, VISITOR, "198.51.100.99", code, code.replace(" ", ""))
    for path, data in contents.items():
        for mark in marks:
            assert mark.encode() not in data, f"{mark} in {path.name}"
            assert urllib.parse.quote(mark).encode() not in data, f"{mark} in {path.name}"
    assert any(path.name == "intake.db" for path in contents)
    assert len(environments) == 3
    for key in ("office.key", "custodian.key", "guard.key", "notice.key"):
        secret = (office.data / "keys" / key).read_bytes()
        assert all(secret[:16] not in data for path, data in contents.items() if path.parent.name != "keys"), key


def below(pid: int) -> list[int]:
    """The public process: its parent and its workers."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
