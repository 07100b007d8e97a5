"""What the views of the intake work with: store, keys, limits, throttles, and the public snapshot, read again when it changes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, cast

from flask import current_app
from sqlalchemy import event

from portal.core.audit import IntakeAuditEntry
from portal.core.db import Register
from portal.core.intake_keys import load_intake_keys
from portal.core.public_settings import PublicSettings, read_public_settings
from portal.core.questions import QuestionSet, questions_on
from portal.core.regions import RegionTree
from portal.core.report_content import RewardShown
from portal.core.reports import IntakeKeys
from portal.core.reward_schedule import Schedule
from portal.core.reward_schedule_reader import read_schedule
from portal.intake.keeper import Keeper
from portal.intake.similar import PublishedCases
from portal.intake.throttle import Throttle
from portal.settings import IntakeSettings
from portal.web.language import N_

SNAPSHOT_SECONDS = 2.0
NOT_SURE_WHERE = N_("（不清楚哪里）")
FLOOD = "*"


@dataclass(frozen=True)
class PublicView:
    """The public snapshot, made ready for the form. ``schedule`` None: the office has adopted no reward rule.

    ``frames``: pages that are the same for all but for a few digits, by language. No digit of anybody is in them.
    ``promises``: what is said about the reward for a choice of acts; the rule's words, nobody's.
    """

    settings: PublicSettings
    regions: RegionTree
    region_choices: tuple[tuple[str, str], ...]
    schedule: Schedule | None
    frames: dict[str, str] = field(default_factory=dict)
    promises: dict[tuple[tuple[str, ...], str, str], RewardShown] = field(default_factory=dict)


@dataclass
class Intake:
    """One public process. Throttles live in its memory only."""

    settings: IntakeSettings
    register: Register
    keys: IntakeKeys
    # 30 people behind one address in a quarter of an hour must all get through; a guesser must not.
    lookups: Throttle = field(default_factory=lambda: Throttle(burst=60, per_minute=30))
    forms: Throttle = field(default_factory=lambda: Throttle(burst=120, per_minute=60))
    # Ten files of fifty pieces each, at once, and again.
    pieces: Throttle = field(default_factory=lambda: Throttle(burst=1200, per_minute=600))
    usual: Throttle = field(init=False)
    keeper: Keeper = field(init=False)
    published: PublishedCases = field(init=False)
    _view: PublicView | None = None
    _stamp: int = -1
    _looked: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        rate = self.settings.usual_per_minute
        self.usual = Throttle(burst=rate, per_minute=rate)
        self.published = PublishedCases(self.settings.records_folder)
        files = self.settings.files_folder
        files.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.keeper = Keeper(self.register, files, files.parent / ".turn")

    def close(self) -> None:
        """Gives back the store."""
        self.keeper.close()
        self.register.close()

    def public(self) -> PublicView:
        """The snapshot as of at most two seconds ago."""
        with self._lock:
            if self._view is None or time.monotonic() - self._looked > SNAPSHOT_SECONDS:
                self._look_again()
            assert self._view is not None
            return self._view

    def _look_again(self) -> None:
        path = self.settings.public_settings_path
        stamp = path.stat().st_mtime_ns if path.exists() else 0
        if self._view is None or stamp != self._stamp:
            self._view = make_view(read_public_settings(path))
            self._stamp = stamp
        self._looked = time.monotonic()


def open_intake(settings: IntakeSettings) -> Intake:
    """Opens the store and loads the keys of the public process. Raises Refusal when a key is missing."""
    register = Register(settings.intake_url, audit=IntakeAuditEntry)
    if register.is_sqlite:
        event.listen(register.engine, "connect", _checkpoint_less_often)
    return Intake(settings, register, load_intake_keys(settings.keys_folder))


def _checkpoint_less_often(connection: Any, _record: Any) -> None:
    # A report fills a dozen pages: at the usual 1,000 pages every eightieth waited for the whole journal to be copied.
    connection.execute("PRAGMA wal_autocheckpoint=8000").close()


def make_view(settings: PublicSettings) -> PublicView:
    """Reads regions and reward rule out of the snapshot."""
    regions = settings.regions()
    schedule = read_schedule(settings.reward_schedule_toml) if settings.reward_schedule_toml else None
    return PublicView(settings, regions, region_choices(regions), schedule)


def region_choices(tree: RegionTree) -> tuple[tuple[str, str], ...]:
    """Every region as one choice, in tree order, named from below the office's own: “青石镇”, then “云岭县（不清楚哪里）”."""
    top = ""
    while len(children := tree.children(top)) == 1 and tree.children(children[0].code):
        top = children[0].code
    chosen: list[tuple[str, str]] = []
    _add_below(tree, top, "", chosen)
    if top:
        chosen.append((top, f"{tree.name(top)}{NOT_SURE_WHERE}"))
    return tuple(chosen)


def _add_below(tree: RegionTree, code: str, above: str, chosen: list[tuple[str, str]]) -> None:
    for region in tree.children(code):
        name = f"{above} {region.name}".strip()
        chosen.append((region.code, f"{name}{NOT_SURE_WHERE}" if tree.children(region.code) else name))
        _add_below(tree, region.code, name, chosen)


@cache
def questions_of(day: date) -> QuestionSet:
    """The questions of a day, read once."""
    return questions_on(day)


def intake() -> Intake:
    """The intake of the present process."""
    return cast(Intake, current_app.extensions["intake"])
