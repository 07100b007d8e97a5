"""Numbers of letters from above are read by configured patterns; one that fits none is kept as it was typed, and said so."""

from __future__ import annotations

from datetime import date

import pytest

from moderation.casework.letter_numbers import read_number, read_patterns, shipped_patterns, spoken
from portal.core.errors import Mendable
from portal.core.vocabulary import Channel

ROW = """[[patterns]]
name = "市级编号"
regex = '市(?P<day>\\d{8})-(?P<serial>\\d+)'
example = "市20261119-7"
source = ""
confirmed = true
channels = {}
"""


@pytest.mark.parametrize(
    ("typed", "channel", "day", "serial"),
    [
        ("D3HA202611190012", Channel.PHONE, date(2026, 11, 19), 12),
        (" X2HA202105050022 ", Channel.POST, date(2021, 5, 5), 22),
        ("202611190012", None, date(2026, 11, 19), 12),
    ],
)
def test_a_known_number_tells_its_channel_its_day_and_its_place(typed: str, channel: Channel, day: date, serial: int) -> None:
    found = read_number(typed)

    assert found is not None
    assert (found.channel, found.day, found.serial) == (channel, day, serial)
    assert "样式未核定" in found.words


@pytest.mark.parametrize(
    "typed", ["", "无编号", "D3HA202613990012", "d3ha202611190012", "D3HA20261119001２", "D3HA202611190012;DROP"]
)
def test_an_unknown_number_is_kept_as_it_is(typed: str) -> None:
    assert read_number(typed) is None
    assert spoken(typed, date(2026, 11, 20)) == "编号样式没有认出，照原样保存"


def test_a_number_dated_after_the_letter_was_given_is_pointed_out() -> None:
    assert "请核对" in spoken("D3HA202611190012", date(2026, 11, 18))
    assert "请核对" not in spoken("D3HA202611190012", date(2026, 11, 20))


def test_every_shipped_pattern_reads_its_own_example() -> None:
    for pattern in shipped_patterns():
        found = read_number(pattern.example)
        assert found is not None
        assert found.pattern == pattern


def test_an_office_adds_its_own_pattern_and_a_faulty_one_is_named() -> None:
    (pattern,) = read_patterns(ROW)
    assert pattern.confirmed

    for wrong in (ROW.replace("(?P<day>", "(?P<day"), ROW.replace("市20261119-7", "x"), ROW.replace("{}", '{D = "smoke"}')):
        with pytest.raises(Mendable, match="市级编号"):
            read_patterns(wrong)
