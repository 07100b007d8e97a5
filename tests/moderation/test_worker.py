"""The worker keeps its times: a publication waits for no other job, and what must follow it within a minute does."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from itertools import pairwise

import pytest

from moderation import worker
from moderation.office import Office
from moderation.worker import JOBS, Job

SLOW = threading.Event()
PRESSED: list[float] = []
LIVE_WITHIN_S = 1.0
FOLLOW_WITHIN_S = 60


def slow(_office: Office, _at: datetime) -> None:
    """A job that takes its time, as a delivery over a thin line does."""
    SLOW.set()
    time.sleep(2)


def press(_office: Office, _at: datetime) -> None:
    PRESSED.append(time.monotonic())


def failing(_office: Office, _at: datetime) -> None:
    raise ZeroDivisionError


def table(*rows: tuple[str, float, str]) -> tuple[Job, ...]:
    return tuple(Job(name, every, f"{__name__}:{name}", lane) for name, every, lane in rows)


def test_a_publication_waits_for_no_other_job(empty_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "JOBS", table(("slow", 60, ""), ("failing", 0.1, "press"), ("press", 0.1, "press")))
    PRESSED.clear()
    SLOW.clear()
    stop = threading.Event()
    running = threading.Thread(target=worker.run, args=(empty_office, stop))
    running.start()
    assert SLOW.wait(5)
    begun = time.monotonic()
    time.sleep(1.5)
    stop.set()
    running.join(5)

    during = [moment for moment in PRESSED if moment > begun]
    assert not running.is_alive()
    assert len(during) > 3
    assert max(later - sooner for sooner, later in pairwise(during)) < LIVE_WITHIN_S


def test_the_table_keeps_what_the_site_promises() -> None:
    every = {job.name: job for job in JOBS}

    assert every["press"].every_seconds < LIVE_WITHIN_S / 2
    assert every["press"].lane == every["timed publication"].lane == "press"
    assert {job.name for job in JOBS if job.lane == "press"} == {"press", "timed publication"}
    assert every["feeds and datasets"].every_seconds <= FOLLOW_WITHIN_S / 2
    # Making the base of 100,000 records anew takes 45 seconds.
    assert every["search base"].every_seconds + 45 <= FOLLOW_WITHIN_S
