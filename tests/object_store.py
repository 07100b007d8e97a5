"""A real S3-compatible server on this machine (moto) for the tests that need one; they skip where it is not installed."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

BESIDE = Path(sys.executable).with_name("moto_server")
SERVER = str(BESIDE) if BESIDE.exists() else shutil.which("moto_server")
BUCKET = "yunling"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def object_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server with one empty bucket; the usual AWS_* variables point to it."""
    if SERVER is None:
        pytest.skip("no S3-compatible server on this machine: install moto[server]")
    pytest.importorskip("obstore")
    port = _free_port()
    running = subprocess.Popen([SERVER, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "office", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    _make_bucket(port)
    yield port
    running.terminate()
    running.wait()


def _make_bucket(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("PUT", f"/{BUCKET}")
    assert connection.getresponse().status == 200
    connection.close()
