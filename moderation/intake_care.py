"""Looking after the intake store: sweeping staged files, entering each day's receipts in the publication log, changing keys."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.office import Office
from moderation.press.paths import PressPaths, lock
from moderation.press.publishing import Press
from moderation.unsealing import files_folder, public_side_folder
from portal.core import audit
from portal.core.clock import day_of, start_of
from portal.core.errors import Refusal
from portal.core.intake_keys import RECEIPT_KEY, SEALING_KEYS, read_key_file, receipt_key_files, write_key_file
from portal.core.publication_log import Entry
from portal.core.reports import BODY, IDENTITY, MESSAGE, NOTICE, LockedFile, Message, ReceiptDay, Report
from portal.core.sealing import WRAPPED_BYTES, CannotOpen, OpeningKey, new_key, opened, rewrapped
from portal.core.staging import sweep
from portal.core.statements import Statement, day_root
from portal.core.workflow import Actor

# A report sealed in the last second of a day may be committed in the first of the next.
AFTER_MIDNIGHT = timedelta(minutes=15)
AT_ONCE = 200


def sweep_staged_files(office: Office, at: datetime) -> None:
    """Worker's job: removes files that were staged and never sent, and evens out the times of those that were kept."""
    folder = files_folder(office)
    if not folder.exists():
        return
    with office.intake.reading() as session:
        rows = session.execute(select(LockedFile.id, LockedFile.kept_on))
        kept = {row[0]: row[1] for row in rows}
    sweep(folder, frozenset(kept), now=at.timestamp())
    _even_out_times(folder, kept, day_of(at))


def _even_out_times(folder: Path, kept: dict[str, date], today: date) -> None:
    """Setting a file's times once its day is over also moves the time of last change, which a report must not leave behind."""
    for name, day in kept.items():
        path = folder / name
        midnight = start_of(day).timestamp()
        if day < today and path.exists() and path.stat().st_ctime < start_of(day + timedelta(days=1)).timestamp():
            os.utime(path, (midnight, midnight))


# ---- receipts in the publication log ----


def enter_receipts(office: Office, at: datetime) -> None:
    """Worker's job: enters the root over each past day's receipts in the publication log, once."""
    for day in _days_to_enter(office, at):
        with office.intake.reading() as session:
            root = day_root(leaves_of(session, day))
        _append(PressPaths(office.data), Entry(root.hex(), day=day.isoformat()))
        with office.intake.transaction() as session:
            session.add(ReceiptDay(day=day, root=root))
            audit.record(session, by="worker", act="receipts.enter", subject=day.isoformat(), at=at)


def _days_to_enter(office: Office, at: datetime) -> list[date]:
    over = day_of(at - AFTER_MIDNIGHT)
    with office.intake.reading() as session:
        entered = select(ReceiptDay.day)
        query = select(Report.received_on).where(Report.received_on < over, Report.received_on.not_in(entered))
        return sorted(session.scalars(query.distinct()))


def leaves_of(session: Session, day: date) -> list[bytes]:
    """The leaves of a day's statements."""
    columns = select(Report.statement_id, Report.received_on, Report.statement_digest).where(Report.received_on == day)
    return [Statement(name, on, digest.hex()).leaf() for name, on, digest in session.execute(columns)]


def _append(paths: PressPaths, entry: Entry) -> None:
    paths.make()
    with lock(paths, "press"):
        log, catalogue = Press(paths).ready()
        log.append([entry.canonical()])
        catalogue.size = log.size


# ---- changing keys ----


@contextmanager
def all_stopped(office: Office) -> Iterator[None]:
    """Holds the intake alone: public process and worker must be stopped, or what they seal meanwhile could not be opened."""
    with (office.data / "intake" / ".in-use").open("ab") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal("请先停止公众进程和后台任务，再换密钥") from None
        yield


def change_key(office: Office, name: str, *, by: Actor, at: datetime) -> int:
    """Makes a new key and wraps everything again for it; no report, message or identity is opened. Returns how many boxes.

    The old opening key stays beside the new one (``office-before-20261124.key``) until somebody has checked and removes it.
    """
    if name == "receipt":
        return _change_receipt_key(office, by=by, at=at)
    if name not in SEALING_KEYS:
        raise Refusal(f"没有“{name}”这种密钥。可以换的有：{'、'.join((*SEALING_KEYS, 'receipt'))}")
    old_file, public_file = office.keys / f"{name}.key", public_side_folder(office) / f"{name}.pub"
    old, new = OpeningKey(read_key_file(old_file)), OpeningKey.generate()
    # Both lie on disk before the first box is wrapped: a crash in the middle can be taken up with either.
    draft = office.keys / f"{name}-next.key"
    if draft.exists():
        new = OpeningKey(read_key_file(draft))
    else:
        write_key_file(draft, new.seed)
    count = _wrap_all(office, name, old.loaded(), new)
    os.replace(old_file, office.keys / f"{name}-before-{day_of(at):%Y%m%d}.key")
    os.replace(draft, old_file)
    public_file.unlink()
    write_key_file(public_file, new.public().to_bytes())
    with office.intake.transaction() as session:
        audit.record(session, by=by.id, act="key.change", subject=name, at=at, detail={"boxes": count})
    return count


def _change_receipt_key(office: Office, *, by: Actor, at: datetime) -> int:
    """Receipts cannot be made again, so their digests cannot either: the old key stays, and look-ups try both."""
    folder = public_side_folder(office)
    number = len(receipt_key_files(folder))
    os.replace(folder / RECEIPT_KEY, folder / f"receipt-{number}.key")
    write_key_file(folder / RECEIPT_KEY, new_key())
    with office.intake.transaction() as session:
        audit.record(session, by=by.id, act="key.change", subject="receipt", at=at)
    return 0


# What each key opens: table, column, purpose.
BOXES: dict[str, tuple[tuple[type[Any], str, bytes], ...]] = {
    "office": ((Report, "key_for_office", BODY), (Message, "key_for_office", MESSAGE)),
    "custodian": ((Report, "identity_for_custodian", IDENTITY),),
    "guard": ((Report, "identity_for_guard", IDENTITY),),
    "notice": ((Report, "notice_box", NOTICE),),
}


def _wrap_all(office: Office, name: str, old: MLKEM768X25519PrivateKey, new: OpeningKey) -> int:
    count = 0
    public, private = new.public().loaded(), new.loaded()
    for model, column, purpose in BOXES[name]:
        with office.intake.reading() as session:
            ids = list(session.scalars(select(model.id).where(getattr(model, column).is_not(None))))
        for start in range(0, len(ids), AT_ONCE):
            with office.intake.transaction() as session:
                for row in session.scalars(select(model).where(model.id.in_(ids[start : start + AT_ONCE]))):
                    setattr(row, column, _for_new(getattr(row, column), old, public, private, purpose))
                    count += 1
    return count


def _for_new(
    box: bytes,
    old: MLKEM768X25519PrivateKey,
    public: MLKEM768X25519PublicKey,
    private: MLKEM768X25519PrivateKey,
    purpose: bytes,
) -> bytes:
    try:
        return rewrapped(box, old, public, purpose)
    except CannotOpen:
        opened(box[:WRAPPED_BYTES], private, purpose)  # wrapped before a crash already; anything else rises
        return box
