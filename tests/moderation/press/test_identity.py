"""A site that grew publish by publish is the site a full build makes: byte for byte, after any sequence."""

import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from portal.core.public_record import KINDS, PublicRecord, Region, Status
from portal.site import catalogue
from tests.effort import times
from tests.moderation.press.conftest import Builder
from tests.moderation.press.sites import differences, files_of
from tests.site.records import CHINA, at, record, salt_of

STATES = (None, Status("达到序时进度", "ok"), Status("滞后", "warn"), Status("已销号", "ok"))
REGIONS = (Region("410399", "云岭县"), Region("410399102", "青石镇"))
UNITS = ("县住建局", "县水利局")
FIRST_DAY = date(2025, 12, 28)

ids = st.integers(0, 24)
Act = tuple[str, int, int, int]
steps = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("PPPCCW"), ids, st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=6),
        st.sampled_from(["publish"] * 4 + ["build", "fresh worker"]),
    ),
    min_size=1,
    max_size=10,
)


def next_revision(known: dict[str, PublicRecord], act: str, number: int, choice: int, other: int) -> PublicRecord | None:
    """The record an act makes of what is published, or None when the act makes no sense."""
    name, kind = f"r-{number}", list(KINDS)[number % 2]
    old = known.get(name)
    if act == "P" and old is None:
        day = FIRST_DAY + timedelta(days=(number * 5 + choice) % 9)
        return record(name, kind, day, status=STATES[choice], unit=UNITS[other], region=REGIONS[other])
    if old is None or old.is_withdrawn:
        return None
    moment = old.updated_at + timedelta(days=1)
    salt = salt_of(name, old.revision + 1)
    if act == "W":
        return old.withdrawn(reason="处罚决定已撤销", at=moment, salt=salt)
    changes = {"status": STATES[choice], "unit": UNITS[other], "title": f"{name} 改 {old.revision}"}
    return old.revised(reason="补充进展", at=moment, salt=salt, **changes)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows a page, so that a dozen records fill several pages."""
    monkeypatch.setattr(catalogue, "PAGE_ROWS", 2)


def pages_only(paths: PressPaths) -> Press:
    """A press without followers: search, feeds and datasets have tests of their own."""
    return Press(paths, followers=())


@settings(max_examples=times(12, 300))
@given(steps=steps)
def test_incremental_and_full_sites_are_byte_identical(steps: list[tuple[list[Act], str]], builder: Builder) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        paths = PressPaths(folder / "data", durable=False)
        press = pages_only(paths)
        full_build(paths, press=press, builder=builder)
        known: dict[str, PublicRecord] = {}
        for acts, how in steps:
            batch: dict[str, PublicRecord] = {}
            for act, number, choice, other in acts:
                made = next_revision(known, act, number, choice, other)
                if made is not None and made.id not in batch:
                    batch[made.id] = made
            if how == "build":
                full_build(paths, press=press, builder=builder)
            if how == "fresh worker":
                press = pages_only(paths)
            press.publish(list(batch.values()))
            known |= batch
        grown = files_of(paths.current.resolve())
        full_build(paths, press=pages_only(paths), builder=builder)
        assert differences(grown, files_of(paths.current.resolve())) == []
    finally:
        shutil.rmtree(folder)


def test_the_same_holds_across_years_and_many_pages(paths: PressPaths, builder: Builder) -> None:
    press = pages_only(paths)
    full_build(paths, press=press, builder=builder)
    known: dict[str, PublicRecord] = {}
    for round_number in range(3):
        for number in range(14):
            made = next_revision(known, "PCW"[round_number if number % 3 else 0], number, number % 4, number % 2)
            if made is not None:
                press.publish([made])
                known[made.id] = made
        grown = files_of(paths.current.resolve())
        assert any(path.startswith("lists/rectification/2026/2/") for path in grown)

        full_build(paths, press=pages_only(paths), builder=builder)

        assert differences(grown, files_of(paths.current.resolve())) == []


def test_two_builds_of_the_same_records_are_byte_identical(paths: PressPaths, builder: Builder) -> None:
    pages_only(paths).publish([record(f"r-{number}", day=at(date(2026, 3, 1)).astimezone(CHINA).date()) for number in range(7)])
    full_build(paths, press=pages_only(paths), builder=builder)
    first = files_of(paths.current.resolve())

    full_build(paths, press=pages_only(paths), builder=builder)

    assert differences(first, files_of(paths.current.resolve())) == []
