"""The text of the invented plan and campaign of 云岭县, from `rectification_plan.toml`, with dates around the demo's present."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

Day = Callable[[int], date]
DATA = Path(__file__).with_name("rectification_plan.toml")


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Battle:
    """One row of the campaign: what is counted, how many, how far."""

    title: str
    lead: str
    counted: str
    total: str
    unit: str
    done: str
    deadline: str
    said: str


def battles() -> tuple[Battle, ...]:
    """The rows of the campaign, in order."""
    return tuple(Battle(**row) for row in _data()["battle"])


def _dated(text: str, day: Day) -> str:
    """``day(n)``: n days before the present; negative: after it."""

    def spoken(match: re.Match[str]) -> str:
        found = day(int(match[2]))
        month = f"{found.year}年{found.month}月"
        return {"month_end": f"{month}底前", "month": month, "day": f"{month}{found.day}日"}[match[1]]

    return re.sub(r"\{(month_end|month|day) (-?\d+)\}", spoken, text)


def plan_text(issued: date, day: Day) -> str:
    """The plan as an official paper in plain text; item 14 has no lead unit, item 12 a deadline that must be asked."""
    items = _data()["item"]
    head = [
        f"云政发〔{issued.year}〕12号",
        "云岭县生态环境保护督察反馈问题整改方案",
        "（虚构，仅供演示）",
        f"{issued.year}年{issued.month}月{issued.day}日",
        "一、总体要求",
        "台账式、清单式管理，逐项销号，开展回头看，反弹必追责。",
        "附件：整改任务清单",
        f"经梳理，涉及云岭县的问题共{len(items)}个：",
    ]
    return _dated("\n\n".join([*head, *(_item_text(number, item) for number, item in enumerate(items, start=1))]), day)


def _item_text(number: int, item: dict[str, Any]) -> str:
    measures = "".join(f"（{n}）{text}" for n, text in enumerate(item["measures"], start=1))
    lines = [
        f"{number}.{item['problem']}",
        f"整改目标：{item['target']}",
        f"整改措施：{measures}",
        f"责任领导：{item['leader']}",
        *([f"牵头单位：{item['lead']}"] if item["lead"] else []),
        f"责任单位：{item['units']}",
        "责 任 人：各单位主要负责人",
        f"整改时限：{item['deadline']}",
    ]
    return "\n".join(lines)


def campaign_text(day: Day) -> str:
    """The campaign as the short list that newspapers print: a task, a unit, a date."""
    lines = ["云岭县污染防治三场硬仗任务清单（虚构，仅供演示）"]
    for number, row in enumerate(battles(), start=1):
        lines += [
            f"{number}.{row.title}。",
            f"整改目标：完成{row.counted}{row.total}{row.unit}。",
            f"牵头单位：{row.lead}",
            f"责任单位：{row.lead}",
            f"整改时限：{row.deadline}",
        ]
    return _dated("\n".join(lines), day)
