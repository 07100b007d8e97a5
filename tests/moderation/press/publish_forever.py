"""A press that is meant to be killed: publishes, corrects and withdraws until it is. Run by test_kill.py."""

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from portal.core.public_record import PublicRecord
from portal.site import catalogue
from tests.site.records import record, salt_of


def story(name: str) -> Iterator[PublicRecord]:
    """The life of one record, the same each time."""
    first = record(name, "notice", date(2026, 4, 15))
    yield first
    second = first.revised(reason="补充", at=first.updated_at + timedelta(days=1), salt=salt_of(name, 2), unit="县水利局")
    yield second
    yield second.withdrawn(reason="撤回", at=second.updated_at + timedelta(days=1), salt=salt_of(name, 3))


def main(data: str, start: int) -> None:
    catalogue.PAGE_ROWS = 2  # type: ignore[misc]
    press = Press(PressPaths(Path(data), durable=False), followers=())
    for number in range(start, start + 1000):
        for step in story(f"k-{number}"):
            press.publish([step])
            print(number, step.revision, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
