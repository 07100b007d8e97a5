"""What follows when a year's days off are announced: every 暂定 day that this makes certain is counted again, at every desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from moderation import holidays
from moderation.accountability import exposures
from moderation.publication import disclosures
from portal.core.workflow import Actor


def announce_year(session: Session, year: int, document_number: str, *, by: Actor, at: datetime) -> None:
    """Says that the calendar of ``year`` is official, and settles what waited for it. Rewards settle by their own job.

    Letters are many, so their deadlines are settled one by one (:mod:`moderation.casework.calendar_change`, a long work).
    """
    holidays.publish_year(session, year, document_number, by=by, at=at)
    for settle in (disclosures.settle_provisional, exposures.settle_provisional):
        settle(session, by=by, at=at)
