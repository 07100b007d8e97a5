"""When clean copies of pictures and papers leave the office as well, after they have left the site.

A withdrawn or corrected record takes its pictures off the site at once and out of kept releases within a minute. The copy
in the media folder, which no reader ever sees, stays while somebody may still need it: see ``needed_files``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from moderation.custody.tables import LegalHold
from moderation.office import Office
from moderation.press.paths import PressPaths, lock
from moderation.publication.disclosures import Disclosure
from moderation.publication.leak_guard import GUARD, DisclosureLetter
from moderation.publication.machine import DisclosureState
from portal.core import audit

KEPT = timedelta(days=183)
"""Half a year after a withdrawal, or after a file was added that nothing uses: as long as the matter can be taken to court.

Source: 行政诉讼法 第四十六条 (six months).
"""

_NAME = re.compile(r"[0-9a-f]{64}\.[a-z]{3,4}")


def sweep(office: Office, at: datetime) -> None:
    """The worker's job, daily: takes away copies that neither the site nor a desk needs."""
    paths = PressPaths(office.data)
    old = [path for path in paths.media.glob("*") if path.stat().st_mtime < (at - KEPT).timestamp()]
    if not old:
        return
    with office.office.transaction() as session, lock(paths, "press"):
        needed = {*needed_files(session, at), *_public_files(paths)}
        gone = [path for path in old if path.name.removeprefix(".").removesuffix(".half") not in needed]
        for path in gone:
            path.unlink(missing_ok=True)
        if gone:
            audit.record(session, by=GUARD.id, act="pictures.swept", subject="media", at=at, detail={"files": len(gone)})


def needed_files(session: Session, at: datetime) -> Iterator[str]:
    """Files of every disclosure that is not withdrawn, was so lately, or speaks of a letter whose destruction is paused."""
    held = exists().where(
        DisclosureLetter.disclosure_id == Disclosure.id,
        LegalHold.letter_id == DisclosureLetter.letter_id,
        LegalHold.lifted_at.is_(None),
    )
    wanted = or_(Disclosure.state != DisclosureState.WITHDRAWN, Disclosure.changed_at > at - KEPT, held)
    rows = session.execute(select(Disclosure.draft, Disclosure.live_record).where(wanted).execution_options(yield_per=200))
    for draft, live in rows:
        yield from _NAME.findall(f"{draft} {live or ''}")


def _public_files(paths: PressPaths) -> Iterator[str]:
    """Files of every public record, whoever published it."""
    for path in paths.records.glob("*/*.json"):
        yield from _NAME.findall(path.read_text(encoding="utf-8"))
