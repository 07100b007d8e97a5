"""Between desk and press: the worker hands what was published to the press, in order, and notes what stands in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from moderation import outbox
from moderation.office import Office
from moderation.outbox import To
from moderation.press.following import follow_beside, follow_late, is_large
from moderation.press.hand_over import log_reader
from moderation.press.paths import PressPaths, lock
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from moderation.press.searching import compact_search, compact_search_beside
from moderation.publication import disclosures
from moderation.publication.disclosures import Disclosure, PressItem
from moderation.publication.machine import DisclosureState
from portal.core.errors import Refusal
from portal.core.public_record import PublicRecord
from portal.core.publication_log import Entry
from portal.core.workflow import SystemActor

log = logging.getLogger("disclosure.press")
TIMER = SystemActor("publication-timer")
BATCH = 200

Progress = Callable[[str, int, int], None]


@cache
def _warm_press(data: str) -> Press:
    """One press a process and data directory: it keeps the log's edge, the catalogue and the shells in memory."""
    return Press(PressPaths(Path(data)))


def press_of(office: Office) -> Press:
    """The warm press of this office."""
    return _warm_press(str(office.data))


def publish_what_is_due(office: Office, at: datetime) -> None:
    """The worker's job: publishes signed disclosures whose time has come. A refusal is told to the desk, and stops no other."""
    with office.office.reading() as session:
        due = (Disclosure.state == DisclosureState.SIGNED, Disclosure.publish_at.is_not(None), Disclosure.publish_at <= at)
        waiting = list(session.scalars(select(Disclosure.id).where(*due).order_by(Disclosure.publish_at, Disclosure.id)))
    for identity in waiting:
        with office.office.transaction() as session:
            disclosure = session.get_one(Disclosure, identity)
            try:
                disclosures.publish(session, disclosure, by=TIMER, at=at)
            except Refusal as refusal:
                log.warning("disclosure %s was not published by the timer: %s", identity, refusal.reason)
                disclosure.publish_at = None
                _tell_drafter(session, disclosure, "publication_failed", at)


def press_queue(office: Office, at: datetime) -> None:
    """The worker's job: presses what is queued, in order. Idempotent: a revision already in the log is only noted.

    A revision of a disclosure that fails holds back later revisions of the same disclosure, never others.
    """
    with office.office.reading() as session:
        queued = select(PressItem).where(PressItem.pressed_at.is_(None)).order_by(PressItem.number).limit(BATCH)
        items = list(session.scalars(queued))
    if not items:
        return
    try:
        pressed = _press(office, items)
    except Refusal:
        # One of them is at fault: each for itself, so that the others go.
        pressed = _press_singly(office, items, at)
    with office.office.transaction() as session:
        session.execute(update(PressItem).where(PressItem.number.in_(pressed)).values(pressed_at=at, failure=""))


def _press(office: Office, items: list[PressItem]) -> list[int]:
    newest = _one_revision_each(items)
    press_of(office).publish([PublicRecord.from_json(item.record.encode()) for item in newest])
    return [item.number for item in newest]


def _one_revision_each(items: list[PressItem]) -> list[PressItem]:
    """The first waiting revision of each disclosure: every revision gets its own place in the log."""
    first: dict[str, PressItem] = {}
    for item in items:
        first.setdefault(item.disclosure_id, item)
    return list(first.values())


def _press_singly(office: Office, items: list[PressItem], at: datetime) -> list[int]:
    pressed = []
    for item in _one_revision_each(items):
        try:
            pressed += _press(office, [item])
        except Refusal as refusal:
            log.warning("revision %s of %s was not pressed: %s", item.revision, item.disclosure_id, refusal.reason)
            _note_failure(office, item, refusal.reason, at)
    return pressed


def _note_failure(office: Office, item: PressItem, reason: str, at: datetime) -> None:
    with office.office.transaction() as session:
        session.execute(update(PressItem).where(PressItem.number == item.number).values(failure=reason))
        _tell_drafter(session, session.get_one(Disclosure, item.disclosure_id), "publication_failed", at)


def _tell_drafter(session: Session, disclosure: Disclosure, sentence: str, at: datetime) -> None:
    cause = f"{disclosure.id}:{disclosure.live_revision}:{disclosure.version}"
    outbox.tell(session, To.person(disclosure.drafted_by), sentence, cause=cause, at=at, number=disclosure.id)


def follow_up(office: Office, at: datetime) -> None:  # noqa: ARG001
    """The worker's job: feeds and datasets follow what was published."""
    paths = PressPaths(office.data)
    if is_large(paths):
        follow_beside(paths)
    else:
        follow_late(press_of(office))


def renew_search(office: Office, at: datetime) -> None:  # noqa: ARG001
    """The worker's job: the search base follows, in a process of its own."""
    compact_search_beside(PressPaths(office.data))


def failures(session: Session) -> list[PressItem]:
    """What the press could not take, for the desk."""
    return list(session.scalars(select(PressItem).where(PressItem.pressed_at.is_(None), PressItem.failure != "")))


def audit_and_log_differ(office: Office) -> list[str]:
    """Ids and revisions where office store and publication log disagree; empty when they agree.

    Every revision noted as pressed must stand in the log, and the log must hold no other.
    """
    with office.office.reading() as session:
        rows = session.execute(select(PressItem.disclosure_id, PressItem.revision).where(PressItem.pressed_at.is_not(None)))
        noted = {f"{identity}@{revision}" for identity, revision in rows}
    return sorted(noted ^ logged_revisions(office))


def logged_revisions(office: Office) -> set[str]:
    """Every "id@revision" of a record in the publication log."""
    paths, press = PressPaths(office.data), press_of(office)
    with lock(paths, "press"):
        press.ready()
    entries = (Entry.parse(data) for _, data in log_reader(paths, press.log_size()).entries())
    return {f"{entry.id}@{entry.revision}" for entry in entries if entry.is_record}


def build_whole_site(office: Office, progress: Progress) -> None:
    """Builds the whole site into a fresh release and switches to it."""
    progress("生成网站", 0, 1)
    full_build(PressPaths(office.data), press=press_of(office))
    compact_search(press_of(office))
    progress("生成网站", 1, 1)
