"""`disclosure demo`: from nothing to a running product in one command, on invented records."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portal.core.clock import now
from portal.core.places import DATA

if TYPE_CHECKING:
    from moderation.demo.stage import Stage

READY = Path("demo") / "ready"
START_SECONDS = 90
STOP_SECONDS = 8
# What the worker says in its log when it is ready; not imported, because that would load the worker here.
WORKER_RUNS = "后台任务已启动"
BAR = 28


def demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=DATA, help="数据目录，默认 var / data directory")
    parser.add_argument("--reset", action="store_true", help="清空演示数据重来 / start afresh")
    parser.add_argument("--port", type=int, default=8700, help="公众网站和举报的端口 / public site and reporting")
    parser.add_argument("--console-port", type=int, default=8701, help="工作台端口 / staff console")
    parser.add_argument("--no-serve", action="store_true", help="只生成数据和网站，不启动 / make data and site only")


def demo(args: argparse.Namespace) -> int:
    """Makes the demo's data once, builds the site, serves everything until Ctrl-C."""
    began = time.monotonic()
    data: Path = args.data.resolve()
    if args.reset or _half_made(data):
        _clear(data)
    if (data / "office").exists() and not (data / READY).exists():
        print(f"{data} 里是一个正式办公室的数据，演示不会碰它。请用 --data 另选一个目录。", file=sys.stderr)
        return 1
    busy = [port for port in (args.port, args.console_port) if not args.no_serve and not _free(port)]
    if busy:
        print(f"端口 {'、'.join(map(str, busy))} 已被占用，请用 --port、--console-port 换一个。", file=sys.stderr)
        return 1
    if not (data / READY).exists():
        make_demo(data)
    if args.no_serve:
        print(f"演示数据和网站已在 {data}")
        return 0
    return _serve(data, args.port, args.console_port, began)


def _half_made(data: Path) -> bool:
    return (data / "demo").exists() and not (data / READY).exists()


def _clear(data: Path) -> None:
    """Removes a demo's data, and nothing but a demo's."""
    if (data / "demo").exists():
        shutil.rmtree(data)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _progress(what: str, done: int, total: int) -> None:
    filled = BAR * done // total
    bar = "█" * filled + "░" * (BAR - filled)
    end = "\n" if done == total or not sys.stdout.isatty() else ""
    print(f"\r\033[K{bar} {done}/{total} {what}" if sys.stdout.isatty() else f"{done}/{total} {what}", end=end, flush=True)


def make_demo(data: Path) -> None:
    """Fills a data directory with the invented county and builds its site."""
    # Imported here: a second run, which makes nothing, starts its processes without waiting for all this.
    from moderation import stores
    from moderation.demo.stage import set_stage
    from moderation.office import open_office

    (data / "demo").mkdir(parents=True, mode=0o700, exist_ok=True)
    office = open_office(data)
    try:
        stores.migrate(office)
        stage = set_stage(office, now(), _progress)
        _first_site(stage)
    finally:
        office.close()
    (data / READY).write_text(now().isoformat(), encoding="ascii")


def _first_site(stage: Stage) -> None:
    """Runs the worker's jobs once, so that what is signed is on the site, then builds it whole."""
    from moderation import worker
    from moderation.publication.pressing import build_whole_site, press_queue

    failed = worker.run_once(stage.office, at=stage.at)
    if failed:
        raise RuntimeError(f"worker jobs failed while the demo was made: {', '.join(failed)}")
    press_queue(stage.office, stage.at)  # what was taken down again is a second revision
    build_whole_site(stage.office, _progress)


@dataclass(frozen=True)
class Running:
    """One process of the demo."""

    name: str
    process: subprocess.Popen[bytes]


def _start(name: str, command: Sequence[str], environment: dict[str, str], log: Path) -> Running:
    with log.open("ab") as out:
        # A session of its own: the terminal's Ctrl-C reaches only us, and we stop the others in order.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", *command],
            env=environment,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Running(name, process)


def _answers(port: int) -> bool:
    """Whether a page comes back. An open port alone says little: the public side's is open before anything is loaded."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.3) as connection:
            connection.sendall(f"GET / HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            return connection.recv(16).startswith(b"HTTP/1")
    except OSError:
        return False


def _says(log: Path, since: int, words: str) -> bool:
    """Whether ``words`` were added to a log that was ``since`` bytes long."""
    return log.exists() and words.encode() in log.read_bytes()[since:]


def _serve(data: Path, port: int, console_port: int, began: float) -> int:
    logs = data / "demo"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    where = ("--data", str(data))
    log = logs / "worker.log"
    since = log.stat().st_size if log.exists() else 0
    # The console takes longest and goes first. On two cores a third start at once would cost it a second, so the public
    # side begins with one of its processes, and the worker follows that one.
    running = [
        _start("console", ("moderation.cli", "console", *where, "--port", str(console_port)), environment, logs / "console.log"),
        _start("public", ("portal.server", *where, "--port", str(port), "--stagger", "4"), environment, logs / "public.log"),
    ]
    # The others are in sessions of their own and would live on. A shell that starts us with & lets us ignore Ctrl-C; a
    # closed terminal (SIGHUP) stays ignored where somebody asked for that with nohup.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        if not _wait(running, logs, lambda: _answers(port)):
            return 1
        running.append(_start("worker", ("moderation.cli", "worker", *where), environment, log))
        if not _wait(running, logs, lambda: _answers(console_port) and _says(log, since, WORKER_RUNS)):
            return 1
        _welcome(data, port, console_port, time.monotonic() - began)
        while all(each.process.poll() is None for each in running):
            time.sleep(0.3)
        dead = next(each for each in running if each.process.poll() is not None)
        print(f"{dead.name} 停了，日志在 {logs / (dead.name + '.log')}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n正在停止……", flush=True)
        return 0
    finally:
        _stop(running)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _wait(running: list[Running], logs: Path, until: Callable[[], bool]) -> bool:
    """Waits ``until``; says so and is False when one of ``running`` ends first, or nothing comes for too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        dead = [each for each in running if each.process.poll() is not None]
        if dead:
            print(f"{dead[0].name} 没有启动，日志在 {logs / (dead[0].name + '.log')}", file=sys.stderr)
            return False
        if until():
            return True
        time.sleep(0.05)
    print(f"{START_SECONDS} 秒内没有全部启动，日志在 {logs}", file=sys.stderr)
    return False


def _stop(running: list[Running]) -> None:
    for each in running:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGTERM)
    for each in running:
        try:
            each.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait()


def _welcome(data: Path, port: int, console_port: int, seconds: float) -> None:
    book = json.loads((data / "demo" / "sign-in.json").read_text(encoding="utf-8"))
    print(f"\n云岭县（虚构）已在运行，启动用了 {seconds:.1f} 秒。\n")
    print(f"  公众网站和举报   http://127.0.0.1:{port}/")
    print(f"  工作人员工作台   http://127.0.0.1:{console_port}/\n")
    print("先点这里：\n  1. 打开公众网站，点“我要举报”，写一件事发出去，记下查询码。")
    print("  2. 打开工作台，在登录页点“沈青禾”进入，初审您刚发的那一件。")
    print("  3. 换成“周行简”（信访督办组组长）分办，再用查询码看进展。\n")
    print(f"登录也可以用密码和动态码。全部人员的密码都是 {book[0]['password']}，动态码用下面的密码卡（每个一次）：")
    for person in book:
        print(f"  {person['login']:<10} {person['name']}  {person['roles']}  {person['card_codes'][0]} {person['card_codes'][1]}")
    print(f"\n验证器密钥和其余密码卡在 {data / 'demo' / 'sign-in.json'}。按 Ctrl-C 停止。", flush=True)
