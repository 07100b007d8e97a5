"""What follows when a year's days off are announced: every 暂定 day that this makes certain is counted again, at every desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from moderation import holidays
from moderation.accountability import exposures
from moderation.casework import calendar_change
from moderation.publication import disclosures
from portal.core.workflow import Actor


def announce_year(session: Session, year: int, document_number: str, *, by: Actor, at: datetime) -> None:
    """Says that the calendar of ``year`` is official, and settles what waited for it. Rewards settle by their own job."""
    holidays.publish_year(session, year, document_number, by=by, at=at)
    for settle in (calendar_change.settle_provisional, disclosures.settle_provisional, exposures.settle_provisional):
        settle(session, by=by, at=at)
