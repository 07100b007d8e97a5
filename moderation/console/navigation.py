"""The menu of the console: one table of entries, each with its roles and its count of what waits there."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation.staff import SignedIn
from portal.core.vocabulary import Role

Count = Callable[[Session, SignedIn], int]


@dataclass(frozen=True)
class Entry:
    """One line of the menu. ``count``: what waits there for this person (None: nothing is counted)."""

    section: str
    label: str
    endpoint: str
    roles: frozenset[Role]
    count: Count | None = None
    urgent: bool = False


@dataclass(frozen=True)
class Counted:
    """An entry with its count as it stands."""

    entry: Entry
    waiting: int | None


# Modules under moderation.console that hold ``bp`` and ``ENTRIES``, in the order of the menu. A new desk is a new row.
DESKS: tuple[str, ...] = ()


def entries() -> tuple[Entry, ...]:
    """Every entry of every desk, in order."""
    modules = (importlib.import_module(f"moderation.console.{name}") for name in DESKS)
    return tuple(entry for module in modules for entry in module.ENTRIES)


def desk_counts(session: Session, person: SignedIn) -> tuple[Counted, ...]:
    """The entries this person may open, with what waits in each."""
    return tuple(
        Counted(entry, entry.count(session, person) if entry.count else None)
        for entry in entries()
        if entry.roles & person.roles
    )
