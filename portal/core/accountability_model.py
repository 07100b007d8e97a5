"""What an accountability rule looks like: rulesets, rows, measures, words. Frozen values; reading and printing lie beside."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

IN_FORCE = {"yes": "现行有效", "no": "已失效", "unconfirmed": "未核定"}
ADJUSTMENTS = {
    "heavier": "应当从重",
    "lighter_allowed": "可以从轻",
    "exempt_or_lighter_allowed": "可以免责或减轻",
    "one_step_up": "上提一档",
}
FIELD_TYPES = ("word", "count", "flag", "year", "text")


class RulesFault(ValueError):
    """The rule files cannot be used. ``faults`` lists every fault found, one line each, with file, row and field."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Words:
    """The shared words, each identifier with its Chinese label.

    ``bands``: measure → (lowest, highest), 1 mildest to 4; None: not comparable.
    """

    subjects: Mapping[str, str]
    dimensions: Mapping[str, str]
    grades: Mapping[str, str]
    impacts: Mapping[str, str]
    signs: Mapping[str, str]
    bands: Mapping[str, tuple[int, int] | None]


@dataclass(frozen=True)
class Field:
    """One thing that can be said in a fact. ``words`` only for type "word"."""

    name: str
    type: str
    label: str
    required: bool
    words: Mapping[str, str]


@dataclass(frozen=True)
class Kind:
    """A kind of fact a person can state, with the fields it takes."""

    name: str
    label: str
    fields: Mapping[str, Field]


@dataclass(frozen=True)
class Trigger:
    """One way to meet a row: facts of ``kind`` whose words and flags fit, reaching ``at_least``.

    ``count`` None: one fitting fact is enough. ``added_within_year``: counts of one year are added.
    ``conditions``: alternatives, each a list of groups of which one flag must hold; looked at only when a fact answers any of them.
    """

    kind: str
    words: Mapping[str, tuple[str, ...]]
    flags: tuple[str, ...]
    count: str | None
    at_least: int
    added_within_year: bool
    conditions: tuple[tuple[tuple[str, ...], ...], ...]
    interpretation: str | None


@dataclass(frozen=True)
class Measure:
    """What is suggested for one subject: one of ``any_of`` or every one of ``all_of``.

    ``state_owned`` is added for a state-owned polluter.
    ``floor`` raises the lowest comparable band where the clause says more than the word.
    """

    subject: str
    any_of: tuple[str, ...]
    all_of: tuple[str, ...]
    or_stricter: bool
    state_owned: tuple[str, ...]
    floor: int | None
    clause: str

    @property
    def words(self) -> tuple[str, ...]:
        return self.any_of or self.all_of


@dataclass(frozen=True)
class Row:
    """One row: its clause and source, how it is met, what it suggests. Ids are ours, clauses are theirs."""

    id: str
    article: str | None
    clause: str
    source: str
    effective_from: datetime.date | None
    situation: str
    triggers: tuple[Trigger, ...]
    dimension: str | None
    grade: str | None
    general: bool
    crime: bool
    circumstance: str | None
    adjustment: str | None
    with_articles: tuple[str, ...]
    needs_circumstances: tuple[str, ...]
    measures: tuple[Measure, ...]
    decide: bool
    interpretation: str | None
    note: str | None


@dataclass(frozen=True)
class Presumption:
    """Which signs and impacts usually mean which grade; a person may rebut it."""

    grade: str
    clause: str
    source: str
    all_signs: tuple[str, ...]
    any_signs: tuple[str, ...]
    impacts: tuple[str, ...]
    interpretation: str | None


@dataclass(frozen=True)
class Standing:
    """A clause that always holds and is not matched by facts: who is covered, who decides, what must be published."""

    id: str
    topic: str
    clause: str
    source: str
    effective_from: datetime.date | None
    says: str


@dataclass(frozen=True)
class Ruleset:
    """One place's rules. ``in_force``: a key of IN_FORCE; "unconfirmed" (未核定) until an office says otherwise."""

    id: str
    name: str
    place: str
    region_code: str
    in_force: str
    notes: tuple[str, ...]
    strictest_in_articles: tuple[str, ...]
    one_step_up_articles: tuple[str, ...]
    one_step_up_interpretation: str | None
    lifted_polluter_interpretation: str | None
    grave_note: str | None
    repeat_note: str | None
    repeat_words: tuple[str, ...]
    applies_from_year: int | None
    applies_from_clause: str | None
    kinds: Mapping[str, Kind]
    rows: tuple[Row, ...]
    presumptions: tuple[Presumption, ...]
    standing: tuple[Standing, ...]
    circumstances: Mapping[str, str]
    condition_labels: Mapping[str, str]

    def row(self, row_id: str) -> Row:
        return next(row for row in self.rows if row.id == row_id)


@dataclass(frozen=True)
class Rulebook:
    """All rulesets, and the words they share."""

    words: Words
    rulesets: Mapping[str, Ruleset]
