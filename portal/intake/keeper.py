"""Puts reports into the store, several in one transaction where several arrive at once. The receipt comes after the commit."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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


class _Waiting:
    """One report on its way. ``outcome`` None once it is kept. ``called`` is a lock that whoever wakes us releases."""

    __slots__ = ("at", "called", "done", "outcome", "sealed")

    def __init__(self, sealed: SealedReport, at: datetime) -> None:
        self.sealed, self.at = sealed, at
        self.done = False
        self.outcome: Exception | None = None
        self.called = threading.Lock()
        self.called.acquire()


class Keeper:
    """Group commit: one writes for all who wait, with one disk sync, then calls the next of those who came meanwhile to write.

    Processes take turns by a file lock: SQLite's own waiting sleeps in growing steps, which left 8 clients idle half the time.
    """

    def __init__(self, register: Register, files_folder: Path, turn_file: Path) -> None:
        self._register, self._files = register, files_folder
        self._queue: list[_Waiting] = []
        self._queue_lock = threading.Lock()
        self._somebody_writes = False
        self._turn_file: IO[bytes] | None = turn_file.open("ab") if register.is_sqlite else None

    def keep(self, sealed: SealedReport, at: datetime) -> None:
        """Returns when the report is durably in the store.

        Raises FormAlreadySent; or NotReceived when the store is full, locked or broken, and then nothing of it is there.
        """
        mine = _Waiting(sealed, at)
        with self._queue_lock:
            self._queue.append(mine)
            is_mine_to_write, self._somebody_writes = not self._somebody_writes, True
        if not is_mine_to_write:
            mine.called.acquire()
        if not mine.done:
            self._write_all_who_wait(mine)
        if mine.outcome is not None:
            raise mine.outcome

    def _write_all_who_wait(self, mine: _Waiting) -> None:
        with self._queue_lock:
            batch, self._queue = self._queue, []
        try:
            self._write(batch)
        finally:
            with self._queue_lock:
                following = self._queue[0] if self._queue else None
                self._somebody_writes = following is not None
            for each in batch:
                if each is not mine:
                    each.called.release()
            if following is not None:
                following.called.release()

    def _write(self, batch: list[_Waiting]) -> None:
        # The same order everywhere: two machines with the same forms in hand would else each wait for the other's row.
        batch.sort(key=lambda each: each.sealed.values["form_digest"])
        # Whatever goes wrong, nobody is told “received” unless the commit returned.
        for each in batch:
            each.outcome = NotReceived()
        try:
            self._write_together(batch)
        except IntegrityError:
            # One of the forms was sent before: each is looked at by itself.
            for each in batch:
                self._write_one(each)
        except (DBAPIError, OSError) as error:
            _blame(batch, error)
        finally:
            for each in batch:
                each.done = True

    def _write_together(self, batch: list[_Waiting]) -> None:
        for each in batch:
            settle_times(self._files, each.sealed.attachments, day_of(each.at))
        with self._our_turn(), self._register.transaction() as session:
            reports.submit_new_reports(session, [each.sealed for each in batch], at=max(each.at for each in batch))
        for each in batch:
            each.outcome = None

    def _write_one(self, each: _Waiting) -> None:
        # Twice: another machine may keep the same form between our look and our writing.
        for _ in range(2):
            try:
                with self._our_turn(), self._register.transaction() as session:
                    reports.submit_report(session, each.sealed, at=each.at)
                each.outcome = None
            except FormAlreadySent as refused:
                each.outcome = refused
            except IntegrityError as error:
                _blame([each], error)
                continue
            except (DBAPIError, OSError) as error:
                _blame([each], error)
            return

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


def _blame(batch: list[_Waiting], error: Exception) -> None:
    for each in batch:
        each.outcome = NotReceived()
        each.outcome.__cause__ = error
