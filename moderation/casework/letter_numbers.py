"""Reads numbers of letters from above by configured patterns. One that fits none is kept as it was typed, and said so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from portal.core.errors import Mendable
from portal.core.vocabulary import Channel


@dataclass(frozen=True)
class NumberPattern:
    """One way of writing numbers. ``channels``: the letter in the number → how the letter came."""

    name: str
    regex: re.Pattern[str]
    example: str
    confirmed: bool
    channels: Mapping[str, Channel]


@dataclass(frozen=True)
class ReadNumber:
    """What a number says of itself. Parts it does not name are None."""

    pattern: NumberPattern
    channel: Channel | None
    day: date | None
    serial: int | None

    @property
    def words(self) -> str:
        """For the person who entered it."""
        parts = [
            self.pattern.name,
            self.channel.zh if self.channel else "",
            self.day.isoformat() if self.day else "",
            f"第 {self.serial} 件" if self.serial is not None else "",
            "" if self.pattern.confirmed else "样式未核定",
        ]
        return "，".join(part for part in parts if part)


def read_patterns(text: str) -> tuple[NumberPattern, ...]:
    """Reads the file. Raises Mendable for a pattern that cannot be, or does not fit its own example."""
    known = {channel.value: channel for channel in Channel}
    found = []
    for row in tomllib.loads(text)["patterns"]:
        try:
            pattern = re.compile(row["regex"], re.ASCII)
            channels = {letter: known[value] for letter, value in row["channels"].items()}
        except (re.error, KeyError) as fault:
            raise Mendable(f"编号样式“{row.get('name', '?')}”有错：{fault}", field="patterns") from None
        if not pattern.fullmatch(row["example"]):
            raise Mendable(f"编号样式“{row['name']}”和它自己的例子对不上", field="patterns")
        found.append(NumberPattern(row["name"], pattern, row["example"], row["confirmed"], channels))
    return tuple(found)


@cache
def shipped_patterns() -> tuple[NumberPattern, ...]:
    """The patterns of this office."""
    return read_patterns((resources.files("portal.core") / "rules" / "letter_numbers.toml").read_text("utf-8"))


def read_number(typed: str) -> ReadNumber | None:
    """What a number says. None: no pattern fits it, and it is stored as it is."""
    for pattern in shipped_patterns():
        if found := pattern.regex.fullmatch(typed.strip()):
            read = _read(pattern, found.groupdict())
            if read is not None:
                return read
    return None


def _read(pattern: NumberPattern, parts: Mapping[str, Any]) -> ReadNumber | None:
    try:
        day = date.fromisoformat(parts["day"]) if parts.get("day") else None
    except ValueError:
        return None
    serial = int(parts["serial"]) if parts.get("serial") else None
    return ReadNumber(pattern, pattern.channels.get(parts.get("channel") or ""), day, serial)


def spoken(typed: str, given_on: date) -> str:
    """What to tell the person who entered a number: how it was read, and what to look at once more."""
    found = read_number(typed)
    if found is None:
        return "编号样式没有认出，照原样保存"
    late = found.day is not None and found.day > given_on
    return f"{found.words}。编号里的日期比交办日期晚，请核对" if late else found.words
