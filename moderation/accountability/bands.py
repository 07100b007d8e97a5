"""How grave a measure is: bands 1 (通报一类) to 4 (免职一类). For comparison only; people decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from portal.core.accountability_model import Measure

Bands = Mapping[str, tuple[int, int] | None]
HIGHEST = 4


def _known(measures: Iterable[str], bands: Bands) -> list[tuple[int, int]]:
    return [band for word in measures if (band := bands.get(word)) is not None]


def floor_of(measure: Measure, bands: Bands) -> int | None:
    """The lowest band that meets the measure. None: nothing in it can be compared."""
    known = _known(measure.words, bands)
    if not known:
        return None
    lows = [low for low, _ in known]
    # Whoever owes all of several measures has not met them with the mildest.
    lowest = max(lows) if measure.all_of else min(lows)
    return max(lowest, measure.floor or lowest)


def ceiling_of(measure: Measure, bands: Bands) -> int | None:
    """The highest band the measure reaches; "or stricter" reaches the top. None: nothing in it can be compared."""
    known = _known(measure.words, bands)
    if not known:
        return None
    return HIGHEST if measure.or_stricter else max(high for _, high in known)


def strictness(measures: Iterable[Measure], bands: Bands) -> tuple[int, int]:
    """(highest floor, highest ceiling) over all persons; (0, 0) where nothing can be compared."""
    listed = list(measures)
    floors = [floor for measure in listed if (floor := floor_of(measure, bands)) is not None]
    ceilings = [ceiling for measure in listed if (ceiling := ceiling_of(measure, bands)) is not None]
    return max(floors, default=0), max(ceilings, default=0)
