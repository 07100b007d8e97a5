"""What the worker does for accountability: follows what was published, and takes a quashed penalty down on its last day."""

from __future__ import annotations

import logging
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.accountability import exposures, investigations
from moderation.accountability.bulletins import Bulletin
from moderation.accountability.exposures import ExposedCase
from moderation.accountability.investigations import Investigation
from moderation.accountability.records import BULLETIN_SOURCE, CASE_SOURCE, EXPOSED_SOURCE, INVESTIGATION_SOURCE
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import ExposureState, InvestigationState
from moderation.holidays import office_calendar
from moderation.office import Office
from moderation.publication import disclosures
from moderation.publication.disclosures import Disclosure
from moderation.publication.machine import DisclosureState
from portal.core.clock import day_of
from portal.core.errors import Refusal
from portal.core.workflow import SystemActor

log = logging.getLogger("disclosure.worker")
TIMER = SystemActor("accountability timer")


def run(office: Office, at: datetime) -> None:
    """The worker's job. Idempotent: it may be cut off anywhere and run again."""
    with office.office.transaction() as session:
        follow_publications(session, at=at)
        take_down_due(session, at=at)


def follow_publications(session: Session, *, at: datetime) -> None:
    """Notes on each case, exposed case, investigation and bulletin that its record is public, or was withdrawn."""
    sources = (CASE_SOURCE, EXPOSED_SOURCE, BULLETIN_SOURCE, INVESTIGATION_SOURCE)
    chosen = select(Disclosure).where(Disclosure.source_kind.in_(sources), Disclosure.live_revision > 0)
    for disclosure in session.scalars(chosen.order_by(Disclosure.id)):
        if disclosure.source_kind == EXPOSED_SOURCE:
            _follow_exposure(session, disclosure, at)
        elif disclosure.source_kind == INVESTIGATION_SOURCE:
            _follow_investigation(session, disclosure, at)
        else:
            _note_record(session.get(Bulletin, disclosure.source_id), disclosure)
            _note_record(session.get(AccountabilityCase, disclosure.source_id), disclosure)


def _note_record(found: AccountabilityCase | Bulletin | None, disclosure: Disclosure) -> None:
    if found is not None and found.record_id is None:
        found.record_id = disclosure.id


def _follow_exposure(session: Session, disclosure: Disclosure, at: datetime) -> None:
    exposed = session.get(ExposedCase, disclosure.source_id)
    if exposed is None:
        return
    if exposed.state is ExposureState.READY and disclosure.state is not DisclosureState.WITHDRAWN:
        exposed.record_id = disclosure.id
        exposures.take_step(session, exposed, "note_publication", by=TIMER, at=at)
    elif exposed.state is ExposureState.PUBLISHED and disclosure.state is DisclosureState.WITHDRAWN:
        exposures.take_step(session, exposed, "take_down", by=TIMER, at=at, text=exposed.take_down_reason or "公开台已撤回")


def _follow_investigation(session: Session, disclosure: Disclosure, at: datetime) -> None:
    found = session.get(Investigation, disclosure.source_id)
    if found is not None and found.state is InvestigationState.APPROVED:
        found.record_id = disclosure.id
        calendar = office_calendar(session)
        investigations.take_step(session, found, "note_publication", calendar=calendar, by=TIMER, at=at)


def take_down_due(session: Session, *, at: datetime) -> list[ExposedCase]:
    """Takes down what is still up on the last day the law allows; until then a signatory does it (行政处罚法 第四十八条).

    A 暂定 day counts as well: days off not yet announced could only make it later, and to be down early breaks nothing.
    """
    today = day_of(at)
    taken = []
    for exposed in exposures.due_for_take_down(session):
        if (exposed.take_down_by or date.max) <= today and _take_down(session, exposed, at):
            taken.append(exposed)
    return taken


def _take_down(session: Session, exposed: ExposedCase, at: datetime) -> bool:
    reason = f"处罚决定已变更或撤销：{exposed.take_down_reason}"[:300]
    disclosure = disclosures.find_by_source(session, EXPOSED_SOURCE, exposed.id)
    try:
        if disclosure is not None and disclosure.live_revision and disclosure.state is not DisclosureState.WITHDRAWN:
            disclosures.withdraw(session, disclosure, reason=reason, by=TIMER, at=at)
        exposures.take_step(session, exposed, "take_down", by=TIMER, at=at, text=reason)
    except Refusal as refusal:
        log.warning("exposed case %s could not be taken down: %s", exposed.id, refusal.reason)
        return False
    return True
