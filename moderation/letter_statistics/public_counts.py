"""Counts for the public: small ones are hidden so that no subtraction brings them back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEAST = 5


@dataclass(frozen=True)
class PublicCounts:
    """Cells and total as they may be shown. None: hidden."""

    cells: Mapping[str, int | None]
    total: int | None


def hidden(counts: Mapping[str, int], *, least: int = LEAST) -> PublicCounts:
    """Hides every count from 1 to ``least`` - 1, and as many of the next smallest as it takes.

    Whoever subtracts the shown cells from the total learns the sum of the hidden ones. That must leave every hidden cell
    open: at least two are hidden, and their sum is ``least`` more than their number. Where too few are left, the total goes too.
    Zeros are shown: they speak of nobody.
    """
    order = sorted((name for name, count in counts.items() if count), key=lambda name: (counts[name], name))
    chosen = [name for name in order if counts[name] < least]
    rest = [name for name in order if counts[name] >= least]
    while chosen and rest and not _safe([counts[name] for name in chosen], least):
        chosen.append(rest.pop(0))
    safe = not chosen or _safe([counts[name] for name in chosen], least)
    cells = {name: None if name in chosen else count for name, count in counts.items()}
    return PublicCounts(cells, sum(counts.values()) if safe else None)


def _safe(hidden_counts: list[int], least: int) -> bool:
    return len(hidden_counts) >= 2 and sum(hidden_counts) >= len(hidden_counts) + least


def spoken(count: int | None) -> str:
    """The count as printed; a hidden one says that it is hidden, not how small it is."""
    return "（不单列）" if count is None else str(count)
