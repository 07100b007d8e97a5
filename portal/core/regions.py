"""The tree of regions (省/市/县/乡) by 行政区划代码, read from a CSV the office supplies. No boundary is shipped."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from portal.core.errors import Mendable


@dataclass(frozen=True)
class Region:
    """``code``: 6 digits (GB/T 2260), 9 for a town or street. ``parent``: the code above, "" at the root."""

    code: str
    name: str
    parent: str
    level: str


LEVELS = ("省", "市", "县", "乡")


class RegionTree:
    """All regions by code, with ways up and down."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self.by_code = {region.code: region for region in regions}

    def name(self, code: str) -> str:
        """The bare name; the code itself when it is unknown (shown, never dropped)."""
        found = self.by_code.get(code)
        return found.name if found else code

    def full_name(self, code: str) -> str:
        """From the top down: 云岭县 › 青石镇 as 云岭县青石镇."""
        return "".join(region.name for region in reversed(self.upward(code))) or code

    def upward(self, code: str) -> list[Region]:
        """The region, then the one above it, up to the root."""
        chain: list[Region] = []
        while code in self.by_code and len(chain) < 8:
            chain.append(self.by_code[code])
            code = chain[-1].parent
        return chain

    def children(self, code: str) -> list[Region]:
        """The regions directly below ``code`` ("" for the roots), by code."""
        return sorted((r for r in self.by_code.values() if r.parent == code), key=lambda r: r.code)

    def covers(self, above: str, below: str) -> bool:
        """Whether ``below`` is ``above`` or lies under it."""
        return any(region.code == above for region in self.upward(below))


def read_regions(text: str) -> RegionTree:
    """Reads ``code,name,parent,level`` with a header line. Every fault is named with its line."""
    faults: list[str] = []
    regions: dict[str, Region] = {}
    for line, row in enumerate(csv.DictReader(io.StringIO(text)), 2):
        code, name = (row.get("code") or "").strip(), (row.get("name") or "").strip()
        if not code.isdigit() or not name:
            faults.append(f"第 {line} 行：编码须为数字，名称不能为空")
            continue
        if code in regions:
            faults.append(f"第 {line} 行：编码 {code} 重复")
        level = (row.get("level") or "").strip()
        if level not in LEVELS:
            faults.append(f"第 {line} 行：级别须为{'、'.join(LEVELS)}之一")
        regions[code] = Region(code, name, (row.get("parent") or "").strip(), level)
    faults += [f"{r.name}：上级 {r.parent} 不在表中" for r in regions.values() if r.parent and r.parent not in regions]
    if faults:
        raise Mendable("；".join(faults), field="regions")
    return RegionTree(regions.values())


def write_regions(tree: RegionTree) -> str:
    """The same CSV back."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["code", "name", "parent", "level"])
    for region in sorted(tree.by_code.values(), key=lambda r: r.code):
        writer.writerow([region.code, region.name, region.parent, region.level])
    return out.getvalue()
