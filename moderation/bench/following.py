"""How soon after the button a record is on the site, and how soon feeds, data sets and search follow: with the real worker.

Everything is timed from the moment a revision is queued in the office store until a file of the live site says so, as a
reader would find it, by the wall clock.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from moderation import stores
from moderation.bench.press import PROJECT, invented
from moderation.office import Office, open_office
from moderation.press.paths import PressPaths
from moderation.publication import disclosures
from moderation.publication.disclosures import Disclosure, PressItem
from portal.core.calendar import WorkdayCalendar
from portal.core.clock import now
from portal.core.public_record import PublicRecord, new_salt
from portal.core.vocabulary import RecordKind
from portal.core.workflow import SystemActor

CLERK = SystemActor("bench")
ROUNDS = 20
LONGEST_S = 120
LOOK_EVERY_S = 0.1


def following(data: Path, records: int) -> dict[str, Any]:
    """The figures, on a data directory whose site is built; ``records``: how many stand in it."""
    office = open_office(data, {})
    stores.migrate(office)
    try:
        with _worker(data) as worker, _Together(worker.pid) as together:
            desk = Desk(office)
            desk.publish(next(desk.fresh))
            live = [desk.publish(next(desk.fresh)) for _ in range(ROUNDS)]
            follow = desk.until_followed()
            compaction, meanwhile = _compaction(desk, records)
            return {
                "live_ms": round(statistics.median(live) * 1000),
                "live_p95_ms": round(sorted(live)[int(len(live) * 0.95)] * 1000),
                "live_while_compacting_ms": round(max(meanwhile) * 1000),
                "published_while_compacting": len(meanwhile),
                "compaction_s": round(compaction, 1),
                "feeds_follow_s": round(max(follow, desk.until_followed()), 1),
                "worker_rss_mb": _most_memory(worker.pid),
                "worker_tree_mb": together.most_mb,
            }
    finally:
        office.close()


@contextmanager
def _worker(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", "moderation.cli", "worker", "--data", str(data)]
    running = subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.terminate()
        running.wait()


class Desk:
    """Queues revisions as the publish button does, and looks at the site as a reader does."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.paths = PressPaths(office.data)
        # Other records each time the same data directory is measured.
        self.fresh = map(invented, count(-1_000 * self.logged() - 1, -1))

    def publish(self, record: PublicRecord) -> float:
        """Seconds until the revision's page is live."""
        page = self.paths.current / record.path / "record.json"
        begun = time.monotonic()
        self.queue(record)
        _wait(lambda: page.read_bytes() == record.canonical())
        return time.monotonic() - begun

    def queue(self, record: PublicRecord) -> None:
        moment = now()
        with self.office.office.transaction() as session:
            if session.get(Disclosure, record.id) is None:
                fields = disclosures.draft_of(invented(0))  # what is pressed stands in the queue, not in the draft
                calendar = WorkdayCalendar()
                kind = RecordKind(record.kind)  # type: ignore[call-arg]
                disclosures.draft(
                    session,
                    kind=kind,
                    fields=fields,
                    calendar=calendar,
                    by=CLERK,
                    at=moment,
                    record_id=record.id,
                    made_on=date(2026, 11, 20),
                )
            canonical = record.canonical().decode()
            session.add(PressItem(disclosure_id=record.id, revision=record.revision, record=canonical, queued_at=moment))

    def public(self, number: int) -> PublicRecord:
        """A record as it is public now, the first from ``number`` on that is not withdrawn."""
        made = map(invented, count(number))
        read = (PublicRecord.from_json(self.paths.record(each.kind, each.id).read_bytes()) for each in made)
        return next(each for each in read if not each.is_withdrawn)

    def logged(self) -> int:
        """Entries in the log."""
        return int((self.paths.log / "checkpoint").read_bytes().split(b"\n")[1])

    def searched(self) -> int:
        """Entries the base of the search covers."""
        return int(json.loads((self.paths.current / "search" / "index.json").read_bytes())["log_size"])

    def until_followed(self) -> float:
        """Seconds until feeds and data sets name the log position that is the latest now."""
        begun, size = time.monotonic(), self.logged()
        files = [self.paths.current / path for path in ("feeds/all/feed.json", "datasets/index.json")]
        _wait(lambda: all(int(re.findall(rb'"_?log_size": (\d+)', file.read_bytes())[0]) >= size for file in files))
        return time.monotonic() - begun


def _compaction(desk: Desk, records: int) -> tuple[float, list[float]]:
    """Seconds from a correction and a withdrawal until no shard holds the old words, and of the publications meanwhile."""
    old, other = desk.public(records // 3), desk.public(records // 2)
    moment = now()
    desk.publish(old.revised(reason="补充进展", at=moment, salt=new_salt(), title="更正后的标题"))
    desk.publish(other.withdrawn(reason="处罚决定已撤销", at=moment + timedelta(seconds=1), salt=new_salt()))
    begun, size, live = time.monotonic(), desk.logged(), []
    while desk.searched() < size:
        if time.monotonic() - begun > LONGEST_S:
            raise TimeoutError("the search base was not made anew")
        live.append(desk.publish(next(desk.fresh)))
        time.sleep(0.3)
    return time.monotonic() - begun, live


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_S
    while time.monotonic() < end:
        with suppress(FileNotFoundError):
            if done():
                return
        time.sleep(0.005)
    raise TimeoutError("the worker did not follow")


class _Together(threading.Thread):
    """The most that a process and those it has started held at one moment; what they share is counted once."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.most_mb = 0.0

    def __enter__(self) -> _Together:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            self.most_mb = max(self.most_mb, round(sum(map(_share, _family(self._pid))) / 1024, 1))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in path.read_text().split():
                yield from _family(int(child))


def _share(pid: int) -> int:
    """kB of a process; of a page that several hold, its part."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return int(re.findall(r"(?m)^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text())[0])
    return 0


def _most_memory(pid: int) -> float:
    """The largest memory of a process so far, in MB."""
    said = Path(f"/proc/{pid}/status").read_text()
    return round(int(re.findall(r"VmHWM:\s+(\d+)", said)[0]) / 1024, 1)
