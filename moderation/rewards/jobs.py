"""What the worker does for rewards, again and again: each job may be cut off anywhere and repeated."""

from __future__ import annotations

from datetime import datetime

from moderation.office import Office
from moderation.rewards import collection, figures, phone_box, schedules
from portal.core.clock import day_of
from portal.core.workflow import SystemActor

WORKER = SystemActor("worker")


def run(office: Office, at: datetime) -> None:
    """Tells reporters, opens and ends claim windows, and takes phone numbers out of messages."""
    phone_box.make_payer_key(office, at)
    collection.blank_phone_messages(office, at)
    collection.tell_approved(office, at)
    collection.start_windows(office, at)
    collection.expire_due(office, at)


def refresh_page(office: Office, at: datetime) -> None:
    """Keeps the public page of the reward rule equal to what applies today, totals included. Writes only what changed."""
    with office.office.reading() as session:
        current = schedules.page_is_current(session, day_of(at)) and figures.totals_are_current(session, day_of(at))
    if not current:
        with office.office.transaction() as session:
            schedules.show_on_page(session, by=WORKER, at=at)
            figures.show_totals(session, by=WORKER, at=at)
