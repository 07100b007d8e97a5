"""Serves the public process: a small parent that holds the port, and some worker processes that answer. `python -m portal.server`.

Two waitress processes by default: one alone falls to 30–87 reports/s with 64 clients, because its loop holds the interpreter.
The parent imports nothing of the portal, so that it weighs little; it starts a worker again when one dies.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from portal.core.places import DATA
from portal.memory_folder import USUAL_PLACE, private_memory_folder

PROCESSES = 2
THREADS = 8
DEFAULT_APP = "portal.serving:public_app"
STOP_SECONDS = 5
SOON = 5
# How a worker ends that may not serve with these settings.
REFUSED = 78
MEMORY_FOLDER = "intake-"


def serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=DATA, help="数据目录，默认 var / data directory")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址 / address to listen on")
    parser.add_argument("--port", type=int, default=8700, help="端口 / port")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="进程数 / processes")
    parser.add_argument("--threads", type=int, default=THREADS, help="每个进程的线程数 / threads of each")
    parser.add_argument("--stagger", type=float, default=0, help="每隔几秒启动一个进程 / seconds between their starts")
    parser.add_argument("--app", default=DEFAULT_APP, help=argparse.SUPPRESS)


def serve(args: argparse.Namespace) -> int:
    """Holds the port, keeps the workers running, and leaves nothing in memory-backed storage when it stops."""
    signal.signal(signal.SIGTERM, _interrupt)
    with (
        _listening(args.host, args.port) as door,
        private_memory_folder(_memory_place(), MEMORY_FOLDER) as memory,
        _in_use(args.data),
    ):
        workers: list[subprocess.Popen[bytes]] = []
        try:
            return _watch(args, door, memory, workers)
        except KeyboardInterrupt:
            return 0
        finally:
            _stop(workers)


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        door.listen(1024)
        door.set_inheritable(True)
        yield door


@contextlib.contextmanager
def _in_use(data: Path) -> Iterator[None]:
    """Says to a change of keys that somebody is sealing."""
    (data / "intake").mkdir(parents=True, exist_ok=True)
    with (data / "intake" / ".in-use").open("ab") as mark:
        fcntl.flock(mark, fcntl.LOCK_SH)
        yield


def _memory_place() -> Path:
    return Path(os.environ.get("DISCLOSURE_INTAKE_TMP") or USUAL_PLACE)


def _start(args: argparse.Namespace, door: socket.socket, memory: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DISCLOSURE_DATA": str(args.data.resolve()),
        "DISCLOSURE_INTAKE_TMP": str(memory),
        "TMPDIR": str(memory),
        # Fewer arenas: threads that seal and parse otherwise keep 64 MB heaps each.
        "MALLOC_ARENA_MAX": "2",
    }
    command = [sys.executable, "-P", "-m", "portal.serving", str(door.fileno()), str(args.threads), args.app]
    return subprocess.Popen(command, env=environment, pass_fds=[door.fileno()])


def _watch(args: argparse.Namespace, door: socket.socket, memory: Path, workers: list[subprocess.Popen[bytes]]) -> int:
    """Starts what is missing, for ever; gives up, with its code, when a worker itself ends soon after its start."""
    began = time.monotonic()
    started: list[float] = []
    while True:
        if len(workers) < args.processes and time.monotonic() >= began + len(workers) * args.stagger:
            workers.append(_start(args, door, memory))
            started.append(time.monotonic())
            continue
        for place, worker in enumerate(workers):
            code = worker.poll()
            if code is None:
                continue
            # Below zero it was killed, which says nothing against another.
            if code == REFUSED or (code >= 0 and time.monotonic() - started[place] < SOON):
                return code or 1  # the reason stands above
            workers[place] = _start(args, door, memory)
            started[place] = time.monotonic()
        time.sleep(0.2)


def _stop(workers: list[subprocess.Popen[bytes]]) -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        try:
            worker.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """`python -m portal.server`."""
    parser = argparse.ArgumentParser(prog="portal.server", description=__doc__)
    serve_arguments(parser)
    return serve(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
