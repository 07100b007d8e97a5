"""How long a plan of many items takes to read (aim: 1,000 items in under 2 s)."""

from __future__ import annotations

import argparse
import time

from moderation.rectification.plan import missing_characters
from moderation.rectification.plan_reader import read_plan


def plan_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--items", type=int, default=1000)


def plan(args: argparse.Namespace) -> dict[str, object]:
    """Seconds to read an invented plan of ``--items`` tasks, five measures each."""
    text = "\n".join(_item(number) for number in range(1, args.items + 1))
    start = time.perf_counter()
    read = read_plan(text)
    seconds = time.perf_counter() - start
    return {
        "items": len(read.items),
        "characters": len(text),
        "seconds": round(seconds, 3),
        "lost_characters": len(missing_characters(read)),
    }


def _item(number: int) -> str:
    measures = "".join(f"（{step}）分段排查清理，登记造册，每两个月监测一次，结果报整改推进组。" for step in range(1, 6))
    return (
        f"{number}.支流治理进度滞后。{'沿线截污不彻底，雨季有污水入河，群众多次反映。' * 5}\n\n整改目标：断面水质达到要求。\n"
        f"整改措施：{measures}\n责任领导：甲一山、乙二水\n牵头单位：县水利局\n责任单位：各乡镇党委、政府，县生态环境局\n"
        f"责 任 人：各单位主要负责人\n整改时限：2026年{1 + number % 12}月底前"
    )
