"""Countable things and rhythms that a plan's sentences seem to name. Suggestions only: a person ticks what is right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from moderation.rectification.deadlines import find_dates, number_of
from moderation.rectification.words import Rhythm

_UNITS = (
    "座|个|家|台|套|处|条|口|户|眼|公里|千米|米|平方米|万平方米|平方公里|亩|公顷|吨|蒸吨|万吨|辆|棵|株|盏|项|件|公顷以上|立方米"
)
_COUNT = re.compile(
    rf"(?P<date>(?:\d{{4}}年)?(?:\d{{1,2}}月(?:\d{{1,2}}日|底)|年底)前[，,]?)?"
    rf"(?P<verb>[\u4e00-\u9fff]{{0,6}}?(?:完成|治理|新建|建成|建设|安装|淘汰|拆除|取缔|关闭|整治|封堵|修复|闭库|改造|清理|敷设|新增|拆改)"
    rf"[\u4e00-\u9fff“”]{{0,10}}?)(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>{_UNITS})(?P<thing>[\u4e00-\u9fff]{{0,12}})"
)
_RHYTHM = re.compile(
    r"(?P<per>每(?:两个?|2个)月|每季度?|每个?月|每周|每年)(?:至少|不(?:少|低)于)?\s*(?P<n>\d{1,2}|[一二两三四五])?(?:次)?(?P<what>[\u4e00-\u9fff]{2,16})?"
)
_PER = {"季": Rhythm.QUARTERLY, "周": Rhythm.WEEKLY, "年": Rhythm.YEARLY}
# 周报告、月调度、季通报: a rhythm written as a noun.
_NOUNS = re.compile(r"(?P<per>[周月季年])(?P<what>报告|调度|通报|讲评|核算|研判|例会)")


@dataclass(frozen=True)
class CountSuggestion:
    """So many of something, perhaps by a day of its own."""

    label: str
    total: str
    unit: str
    due_on: date | None


@dataclass(frozen=True)
class RhythmSuggestion:
    """Something to be done so often in each period."""

    label: str
    rhythm: Rhythm
    times: int


def counts_in(text: str, *, year: int | None = None) -> tuple[CountSuggestion, ...]:
    """What the text seems to count: verb, number, unit, thing. ``year``: for dates written without one."""
    found = []
    # Papers set digits apart with spaces ("全市 14 条").
    text = re.sub(r"(?<=[\u4e00-\u9fff\d])[ \u3000]+(?=[\u4e00-\u9fff\d])", "", text)
    for match in _COUNT.finditer(text):
        day = next((one.day for one in find_dates(match["date"], year=year)), None) if match["date"] else None
        label = f"{match['verb']}{match['thing']}"
        found.append(CountSuggestion(label[:120], match["number"], match["unit"], day))
    return tuple(dict.fromkeys(found))


def rhythms_in(text: str) -> tuple[RhythmSuggestion, ...]:
    """Rhythms the text seems to set: 每周不低于2次 …, 每两个月监测1次, 周报告."""
    found = []
    for match in _RHYTHM.finditer(text):
        per = match["per"]
        kind = Rhythm.TWO_MONTHS if "两" in per or "2" in per else next((r for c, r in _PER.items() if c in per), Rhythm.MONTHLY)
        after = re.match(r"(\d{1,2})次", text[match.end() :])
        times = number_of(match["n"] or "") or (int(after[1]) if after else 1)
        before = re.search(r"[^，。；、：）)\n]{0,8}$", text[: match.start()])
        label = (before[0] if before else "") + re.split(r"[，。；、：（(\n]", text[match.start() :], maxsplit=1)[0]
        found.append(RhythmSuggestion(label[:40].strip(), kind, times))
    nouns = {"周": Rhythm.WEEKLY, "月": Rhythm.MONTHLY, "季": Rhythm.QUARTERLY, "年": Rhythm.YEARLY}
    found += [RhythmSuggestion(match[0], nouns[match["per"]], 1) for match in _NOUNS.finditer(text)]
    return tuple(dict.fromkeys(found))
