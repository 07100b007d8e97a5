"""The only place that reads the clock. Doors call it; verbs are given ``at``. Instants are UTC, days are Asia/Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

# A fixed offset: China has had no summer time since 1991, and a bare machine may lack the zone database.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def now() -> datetime:
    """This moment, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def day_of(at: datetime) -> date:
    """The calendar day in China of the moment ``at`` (which must carry its zone)."""
    if at.tzinfo is None:
        raise ValueError("a moment without a zone")
    return at.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """The first moment of ``day`` in China, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def spoken_day(day: date) -> str:
    """A day as people read it: 2026年8月1日. A moment is said with its day in China."""
    if isinstance(day, datetime):
        day = day_of(day)
    return f"{day.year}年{day.month}月{day.day}日"
