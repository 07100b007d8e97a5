"""Phone numbers for phone credit: sealed to the payer's key on arrival, opened by the payer alone, erased after reconciliation."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from sqlalchemy.orm import Session

from moderation.office import Office
from moderation.settings import change_setting, setting
from portal.core.intake_keys import read_key_file, write_key_file
from portal.core.sealing import OpeningKey, SealingKey, opened_padded, seal_padded
from portal.core.workflow import SystemActor

PAYER_KEY = "payer.key"
PURPOSE = b"phone for credit 1"
WORKER = SystemActor("worker")
SETTING = "rewards.payer_public_key"


def make_payer_key(office: Office, at: datetime) -> None:
    """Makes the payer's key where it is missing; its public half goes into the settings, where the worker finds it."""
    path = office.keys / PAYER_KEY
    with office.office.reading() as session:
        if path.exists() and setting(session, SETTING):
            return
    if not path.exists():
        with suppress(FileExistsError):
            write_key_file(path, OpeningKey.generate().seed)
    public = OpeningKey(read_key_file(path)).public().to_bytes().hex()
    with office.office.transaction() as session:
        change_setting(session, SETTING, public, by=WORKER, at=at, source="本机生成", confirmed=True)


def seal_phone(session: Session, number: str) -> bytes:
    """Seals a number to the payer. Raises KeyError where no payer's key was made."""
    public = setting(session, SETTING)
    if not public:
        raise KeyError(SETTING)
    return seal_padded(number.encode("ascii"), SealingKey.from_bytes(bytes.fromhex(public)).loaded(), PURPOSE, step=64)


def open_phone(office: Office, box: bytes) -> str:
    """The number, for the payer. The caller has written the audit line and committed it."""
    return opened_padded(box, OpeningKey(read_key_file(office.keys / PAYER_KEY)).loaded(), PURPOSE).decode("ascii")
