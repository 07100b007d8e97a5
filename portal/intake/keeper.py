"""Puts reports into the store, several in one transaction where several arrive at once. The receipt comes after the commit."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.core import reports
from portal.core.clock import day_of
from portal.core.db import Register
from portal.core.reports import FormAlreadySent, SealedReport
from portal.core.staging import settle_times


class NotReceived(Exception):
    """The store could not keep the report; nothing of it stays."""


@dataclass
class _Waiting:
    """One report on its way. ``outcome`` None once it is kept."""

    sealed: SealedReport
    at: datetime
    done: bool = False
    outcome: Exception | None = None


class Keeper:
    """Group commit: whoever gets the turn writes for all who wait, with one disk sync.

    Processes take turns by a file lock: SQLite's own waiting sleeps in growing steps, which left 8 clients idle half the time.
    """

    def __init__(self, register: Register, files_folder: Path, turn_file: Path) -> None:
        self._register, self._files = register, files_folder
        self._queue: list[_Waiting] = []
        self._queue_lock = threading.Lock()
        self._turn = threading.Lock()
        self._turn_file: IO[bytes] | None = turn_file.open("ab") if register.is_sqlite else None

    def keep(self, sealed: SealedReport, at: datetime) -> None:
        """Returns when the report is durably in the store.

        Raises FormAlreadySent; or NotReceived when the store is full, locked or broken, and then nothing of it is there.
        """
        mine = _Waiting(sealed, at)
        with self._queue_lock:
            self._queue.append(mine)
        with self._turn:
            if not mine.done:
                with self._queue_lock:
                    batch, self._queue = self._queue, []
                self._write(batch)
        if mine.outcome is not None:
            raise mine.outcome

    def _write(self, batch: list[_Waiting]) -> None:
        try:
            self._write_together(batch)
        except IntegrityError:
            # One of the forms was sent before: each is looked at by itself.
            for each in batch:
                self._write_one(each)
        except (DBAPIError, OSError) as error:
            for each in batch:
                each.outcome = NotReceived()
                each.outcome.__cause__ = error
        finally:
            for each in batch:
                each.done = True

    def _write_together(self, batch: list[_Waiting]) -> None:
        for each in batch:
            settle_times(self._files, each.sealed.attachments, day_of(each.at))
        with self._our_turn(), self._register.transaction() as session:
            reports.submit_new_reports(session, [each.sealed for each in batch], at=batch[-1].at)

    def _write_one(self, each: _Waiting) -> None:
        try:
            with self._our_turn(), self._register.transaction() as session:
                reports.submit_report(session, each.sealed, at=each.at)
        except FormAlreadySent as refused:
            each.outcome = refused
        except (DBAPIError, OSError) as error:
            each.outcome = NotReceived()
            each.outcome.__cause__ = error

    def close(self) -> None:
        """Lets go of the turn file."""
        if self._turn_file is not None:
            self._turn_file.close()

    @contextmanager
    def _our_turn(self) -> Iterator[None]:
        if self._turn_file is None:
            yield
            return
        fcntl.flock(self._turn_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._turn_file, fcntl.LOCK_UN)
