"""The worker: pulls reports, runs timers, sends the outbox, presses the site. One loop over a table of jobs in each lane."""

from __future__ import annotations

import argparse
import fcntl
import importlib
import logging
import signal
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from moderation import stores
from moderation.office import Office, open_office
from portal.core.clock import now
from portal.core.places import DATA

log = logging.getLogger("disclosure.worker")
RUNNING = "后台任务已启动 / the worker runs"


@dataclass(frozen=True)
class Job:
    """``target`` is "module:function" taking (office, at). It is run every ``every_seconds``, never twice at once.

    Jobs of one ``lane`` follow one another; lanes run beside each other, so that no slow job keeps a publication waiting.
    """

    name: str
    every_seconds: float
    target: str
    lane: str = ""

    def run(self, office: Office, at: datetime) -> None:
        """Runs the job once."""
        module, function = self.target.split(":")
        getattr(importlib.import_module(module), function)(office, at)


# Each job is idempotent: it may be cut off anywhere and run again. A new capability adds its row.
JOBS: tuple[Job, ...] = (
    Job("public settings", 60, "moderation.worker:refresh_snapshot"),
    Job("notices", 2, "moderation.outbox:deliver"),
    Job("long work of the desks", 0.2, "moderation.long_work:run"),
    Job("sealed letters and signed texts", 1, "moderation.publication.leak_guard:compare_with_sealed"),
    Job("timed publication", 5, "moderation.publication.pressing:publish_what_is_due", lane="press"),
    Job("days of disclosure duties", 3600, "moderation.publication.notices:remind_of_days"),
    Job("press", 0.2, "moderation.publication.pressing:press_queue", lane="press"),
    Job("site as its sources are", 30, "moderation.press.jobs:keep_built"),
    Job("checkpoint of the day", 900, "moderation.press.checkpoints:keep_checkpoint_of_the_day"),
    Job("pictures no longer needed", 86_400, "moderation.publication.old_pictures:sweep"),
    Job("delivery", 30, "moderation.delivery:deliver_as_set"),
    Job("feeds and datasets", 20, "moderation.publication.pressing:follow_up"),
    Job("search base", 5, "moderation.publication.pressing:renew_search"),
    Job("reports", 2, "moderation.casework.arrival:pull"),
    Job("notices to reporters", 60, "moderation.reporter_notices:send_due"),
    Job("staged files", 600, "moderation.intake_care:sweep_staged_files"),
    Job("receipts in the log", 900, "moderation.intake_care:enter_receipts"),
    Job("replies to reporters", 2, "moderation.casework.messages:send_replies"),
    Job("states for receipts", 2, "moderation.casework.status:tell"),
    Job("rewards", 5, "moderation.rewards.jobs:run"),
    Job("public page of rewards", 300, "moderation.rewards.jobs:refresh_page"),
    Job("unsent drafts", 3600, "moderation.drafts:sweep"),
    Job("offers to undo", 3600, "moderation.undoing:sweep"),
    Job("letter timers", 60, "moderation.casework.timers:run"),
    Job("supervision", 60, "moderation.supervision.ladder:run"),
    Job("re-checks after a round", 60, "moderation.supervision.rechecks:run"),
    Job("custody", 60, "moderation.custody.timers:run"),
    Job("rectification ledger", 60, "moderation.rectification.watch:run"),
    Job("accountability timers", 60, "moderation.accountability.timers:run"),
    Job("how tables are filled", 86_400, "moderation.stores:analyse"),
)


def refresh_snapshot(office: Office, at: datetime) -> None:  # noqa: ARG001
    """Keeps the public snapshot of settings equal to the office's."""
    from moderation.settings import write_snapshot

    write_snapshot(office)


def run_once(office: Office, *, at: datetime) -> list[str]:
    """Runs every job once, in order; returns the names of those that failed (each failure is logged, none stops the others)."""
    failed = []
    for job in JOBS:
        try:
            job.run(office, at)
        except Exception:
            log.exception("job %s failed", job.name)
            failed.append(job.name)
    return failed


def run(office: Office, stop: threading.Event) -> None:
    """Runs jobs as they fall due until ``stop`` is set."""
    lanes: dict[str, list[Job]] = {}
    for job in JOBS:
        lanes.setdefault(job.lane, []).append(job)
    beside = [threading.Thread(target=_run_lane, args=(jobs, office, stop), name=lane) for lane, jobs in lanes.items() if lane]
    for thread in beside:
        thread.start()
    _run_lane(lanes.get("", []), office, stop)
    for thread in beside:
        thread.join()


def _run_lane(jobs: list[Job], office: Office, stop: threading.Event) -> None:
    due = dict.fromkeys(jobs, 0.0)
    while not stop.is_set():
        for job in jobs:
            if time.monotonic() < due[job]:
                continue
            try:
                job.run(office, now())
            except Exception:
                log.exception("job %s failed", job.name)
            due[job] = time.monotonic() + job.every_seconds
        stop.wait(0.2)


def worker_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=DATA, help="数据目录 / data directory")
    parser.add_argument("--once", action="store_true", help="各项任务执行一遍后退出 / run every job once and stop")


def worker(args: argparse.Namespace) -> int:
    """`disclosure worker`: runs until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    office = open_office(args.data)
    stores.require_current(office)
    if args.once:
        return 1 if run_once(office, at=now()) else 0
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with (office.data / "intake" / ".in-use").open("ab") as mark:
        fcntl.flock(mark, fcntl.LOCK_SH)  # a change of keys waits until we are stopped
        log.info(RUNNING)
        run(office, stop)
    office.close()
    return 0
