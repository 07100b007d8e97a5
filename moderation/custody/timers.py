"""The worker's part of custody: questions nobody used become void, agreed destruction is carried out, what is due is counted."""

from __future__ import annotations

from datetime import datetime

from moderation.custody import requests, retention
from moderation.office import Office


def run(office: Office, at: datetime) -> None:
    """One round."""
    with office.office.transaction() as session:
        requests.expire(session, at=at)
    retention.carry_out(office, at)
    retention.count_due_daily(office, at)
