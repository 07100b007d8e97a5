"""The menu of the console: one table of entries, each with its roles and its count of what waits there."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from moderation.staff import SignedIn
from portal.core.clock import day_of, now
from portal.core.vocabulary import Role

Count = Callable[[Session, SignedIn], int]
FIRST = "待我处理"


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
DESKS: tuple[str, ...] = (
    "drafts",
    "undo",
    "long_work",
    "letters",
    "on_site",
    "units",
    "reporter_messages",
    "notices",
    "letter_batches",
    "letter_tables",
    "letter_statistics",
    "screening",
    "custody",
    "supervision",
    "waiting",
    "rechecks",
    "hand_entry",
    "rewards",
    "rewards_counter",
    "rewards_books",
    "rewards_adoption",
    "publication",
    "publication_exceptions",
    "publication_remarks",
    "administration",
    "ledger",
    "ledger_reports",
    "ledger_overview",
    "ledger_import",
    "accountability",
    "accountability_exposures",
    "accountability_registers",
)


def entries() -> tuple[Entry, ...]:
    """Every entry of every desk, in order."""
    modules = (importlib.import_module(f"moderation.console.{name}") for name in DESKS)
    return tuple(entry for module in modules for entry in module.ENTRIES)


def desk_counts(session: Session, person: SignedIn) -> tuple[Counted, ...]:
    """The entries this person may open, with what waits in each: what is asked of them there, else what the entry counts."""
    # Imported here: the sources of what waits are about the desks, which import this.
    from moderation.console import needs, what_waits

    look = needs.Look(session, person, day_of(now()))
    asked = needs.counts(look, what_waits.SOURCES)
    return tuple(
        Counted(entry, asked[entry.endpoint] if entry.endpoint in asked else entry.count(session, person) if entry.count else None)
        for entry in entries()
        if entry.roles & person.roles
    )


@dataclass(frozen=True)
class MenuItem:
    """One line as the layout prints it."""

    label: str
    url: str
    count: int | None
    current: bool
    bad: bool


@dataclass(frozen=True)
class MenuGroup:
    """A titled group of lines. The layout reads ``title`` and ``items``."""

    title: str
    items: tuple[MenuItem, ...]

    def __getitem__(self, name: str) -> tuple[MenuItem, ...]:
        # Jinja's group["items"] must not find a dict's method.
        return self.items if name == "items" else ()


def menu_groups(counted: tuple[Counted, ...], endpoint: str) -> tuple[MenuGroup, ...]:
    """The menu in its groups; ``endpoint`` is the page that is open."""
    groups: dict[str, list[MenuItem]] = {}
    for line in counted:
        entry = line.entry
        bad = entry.urgent and bool(line.waiting)
        item = MenuItem(entry.label, url_for(entry.endpoint), line.waiting, entry.endpoint == endpoint, bad)
        groups.setdefault(entry.section, []).append(item)
    # What waits for this person stands on top, whichever desk brings it.
    in_order = sorted(groups.items(), key=lambda group: group[0] != FIRST)
    return tuple(MenuGroup(title, tuple(items)) for title, items in in_order)
