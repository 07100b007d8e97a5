"""How fast the press is: full builds, one record cold and warm, withdrawal, memory; against plain MkDocs Material and bare writes.

Everything is measured in fresh processes, CPU as the system counts it (children included), on invented records of
about 1,160 Chinese characters and a table each. Sitemaps, feeds and datasets are part of a full build, as ``followers``
says; the search base is made by the worker right after it and is measured apart.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from portal.core.public_record import KINDS, Block, Event, Fact, Progress, PublicRecord, Region, Section, Status

PROJECT = Path(__file__).parents[2]
CHINA = timezone(timedelta(hours=8))
BATCH = 2_000
WARM_ROUNDS = 30
MATERIAL_MOST = 2_000
FOLLOWED = (
    *("live_ms", "live_p95_ms", "live_while_compacting_ms", "published_while_compacting"),
    *("compaction_s", "feeds_follow_s", "worker_rss_mb", "worker_tree_mb"),
)
"""What moderation.bench.following measures with the real worker. ``worker_tree_mb``: with the processes it starts, at one moment;
``rss_mb`` is the largest of any single process."""

_SENTENCES = (
    "现场检查发现料堆没有全部覆盖，运输车辆冲洗设施停用。",
    "责任单位当天派人到场，划定整改范围，明确每一处由谁负责。",
    "沿线排口逐一登记编号，来水查清后分别接管或封堵。",
    "县督办组隔周抽查一次，记录照片和时间，交整改推进组汇总。",
    "附近居民反映的气味问题，另由街道办上门回访。",
)
_UNITS = tuple(f"第{number}承办单位" for number in range(1, 41))
_REGIONS = tuple(Region(f"4103{number:02d}", f"{number}号县区") for number in range(1, 19))
_STATES = (Status("达到序时进度", "ok"), Status("已销号", "ok"), Status("滞后", "warn"), Status("逾期", "bad"))


def press_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--skip-material", action="store_true", help="不测 MkDocs Material 对照 / leave out the comparison")
    parser.add_argument("--folder", type=Path, help="临时文件放在哪里 / where to work; default the system's own")
    parser.add_argument("--part", choices=("seed", "build", "search", "warm", "follow"), help=argparse.SUPPRESS)


def press(args: argparse.Namespace) -> dict[str, object]:
    """The figures of issue 8; each part runs in a process of its own."""
    if args.part:
        return _PARTS[args.part](args.folder, args.records)
    with tempfile.TemporaryDirectory(prefix="bench-press-", dir=args.folder) as name:
        folder = Path(name)
        figures = _measure(folder / "data", args.records)
        figures |= _bare_write(folder / "bare", folder / "data", args.records)
        if not args.skip_material:
            figures |= _material(folder / "material", min(args.records, MATERIAL_MOST))
            figures |= _compared(figures)
        return figures


def _compared(figures: dict[str, Any]) -> dict[str, Any]:
    """How many times less CPU a page takes than with plain Material: without any search, and with search on both sides.

    ``times_less_than_material`` is a full build as a reader waits for it against Material with its search.
    """
    full, both = figures["full_cpu_s_per_1000"], figures["full_with_search_cpu_s_per_1000"]
    return {
        "times_less_than_material": round(figures["material_cpu_s_per_1000"] / full, 1),
        "times_less_without_search": round(figures["material_no_search_cpu_s_per_1000"] / full, 1),
        "times_less_with_search": round(figures["material_cpu_s_per_1000"] / both, 1),
    }


def _measure(data: Path, records: int) -> dict[str, Any]:
    seeded = _part("seed", data, records)
    built = _part("build", data, records)
    cold = _cold(data)
    indexed = _part("search", data, records)
    warm = _part("warm", data, records)
    followed = _part("follow", data, records)
    return {
        "records": records,
        "full_cpu_s": built["cpu_s"],
        "full_cpu_s_per_1000": round(built["cpu_s"] * 1000 / records, 3),
        "full_system_s": built["system_s"],
        "full_wall_s": built["wall_s"],
        "one_cold_s": cold,
        "one_warm_ms": warm["one_warm_ms"],
        "one_warm_p95_ms": warm["one_warm_p95_ms"],
        "withdraw_ms": warm["withdraw_ms"],
        "late_ms": warm["late_ms"],
        **{name: followed[name] for name in FOLLOWED},
        "rss_mb": max(built["rss_mb"], warm["rss_mb"], indexed["rss_mb"], followed["worker_rss_mb"]),
        "build_rss_mb": built["rss_mb"],
        "warm_rss_mb": warm["rss_mb"],
        "search_base_cpu_s": indexed["cpu_s"],
        "full_with_search_cpu_s": round(built["cpu_s"] + indexed["cpu_s"], 2),
        "full_with_search_cpu_s_per_1000": round((built["cpu_s"] + indexed["cpu_s"]) * 1000 / records, 3),
        "search_base_rss_mb": indexed["rss_mb"],
        "publish_all_cpu_s": seeded["cpu_s"],
        "followers": built["followers"],
    }


def _part(name: str, data: Path, records: int) -> dict[str, Any]:
    """One part in a fresh interpreter; adds its CPU, children included, its wall time and its largest memory."""
    words = [
        sys.executable,
        "-m",
        "moderation.cli",
        "bench",
        "press",
        "--part",
        name,
        "--folder",
        str(data),
        "--records",
        str(records),
    ]
    start, before, system = time.perf_counter(), _children_cpu(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_stime
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True, env=_environment())
    return {
        **json.loads(done.stdout),
        "cpu_s": round(_children_cpu() - before, 2),
        "system_s": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_stime - system, 2),
        "wall_s": round(time.perf_counter() - start, 2),
    }


def _environment() -> dict[str, str]:
    """As an office runs it: Python keeps what it has compiled, also where this session's settings say otherwise."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory() -> dict[str, Any]:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return {"rss_mb": round(max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024, 1)}


def _seed(data: Path, records: int) -> dict[str, Any]:
    """Publishes every record, as an office would over the years, before there is a site."""
    from moderation.press.paths import PressPaths
    from moderation.press.publishing import Press
    from portal.core.public_settings import PublicSettings, write_public_settings

    paths = PressPaths(data)
    paths.make()
    # With an address, or there would be no sitemaps to write.
    write_public_settings(paths.public_settings, PublicSettings(site_url="https://bench.example/"))
    press, batch = Press(paths), []
    for number in range(records):
        batch.append(invented(number))
        if len(batch) == BATCH:
            press.publish(batch)
            batch = []
    press.publish(batch)
    return _memory()


def _build(data: Path, _records: int) -> dict[str, Any]:
    from moderation.press.followers import FOLLOWERS
    from moderation.press.jobs import build_if_needed
    from moderation.press.paths import PressPaths

    if not build_if_needed(PressPaths(data)):
        raise RuntimeError("the site was not built")
    return {**_memory(), "followers": [follower.name for follower in FOLLOWERS]}


def _search(data: Path, _records: int) -> dict[str, Any]:
    """The worker's first search base, made beside the live site within seconds of a build; see `bench search` for its speed."""
    from moderation.press.paths import PressPaths
    from moderation.press.publishing import Press
    from moderation.press.searching import compact_search

    compact_search(Press(PressPaths(data)))
    return _memory()


def _cold(data: Path) -> float:
    """A fresh `disclosure press RECORD.json`, from start to live page."""
    file = data / "cold.json"
    file.write_bytes(invented(-1).canonical())
    start = time.perf_counter()
    words = [sys.executable, "-m", "moderation.cli", "press", "--data", str(data), str(file)]
    subprocess.run(words, cwd=PROJECT, capture_output=True, check=True, env=_environment())
    return round(time.perf_counter() - start, 3)


def _warm(data: Path, records: int) -> dict[str, Any]:
    """A worker that stays: new records, corrections of old ones, withdrawals, in turn; then feeds and data sets after one more."""
    from moderation.press.following import follow_late
    from moderation.press.paths import PressPaths
    from moderation.press.publishing import Press

    press = Press(PressPaths(data))
    press.publish([invented(-2)])
    publish, withdraw = [], []
    for step in range(WARM_ROUNDS):
        fresh, old = invented(-3 - step), invented(step * records // WARM_ROUNDS)
        moment = old.updated_at + timedelta(days=1)
        changed = old.revised(reason="补充进展", at=moment, salt=_salt(f"{old.id}-2"), status=_STATES[step % 4])
        publish += [_timed(press, fresh), _timed(press, changed)]
        withdraw.append(_timed(press, changed.withdrawn(reason="处罚决定已撤销", at=moment, salt=_salt(f"{old.id}-3"))))
    return {
        "one_warm_ms": round(statistics.median(publish), 1),
        "one_warm_p95_ms": round(sorted(publish)[int(len(publish) * 0.95)], 1),
        "withdraw_ms": round(statistics.median(withdraw), 1),
        "late_ms": _late(lambda: follow_late(press), press),
        **_memory(),
    }


def _late(follow: Callable[[], object], press: Any) -> float:
    """What the worker does within the minute after a publish, in ms; the press is held meanwhile."""
    follow()
    press.publish([invented(-3 - WARM_ROUNDS)])
    start = time.perf_counter()
    follow()
    return round((time.perf_counter() - start) * 1000, 1)


def _timed(press: Any, record: PublicRecord) -> float:
    start = time.perf_counter()
    press.publish([record])
    return (time.perf_counter() - start) * 1000


def _follow(data: Path, records: int) -> dict[str, Any]:
    from moderation.bench.following import following

    return following(data, records)


_PARTS = {"seed": _seed, "build": _build, "search": _search, "warm": _warm, "follow": _follow}


def _bare_write(folder: Path, data: Path, records: int) -> dict[str, Any]:
    """As many files of the size of a record page, written and nothing else: the disk's own floor.

    ``bare_write_system_s`` is its CPU in the system. Where much was deleted in the last five minutes, ext4 passes over every
    such place again for each new file: it is then several times what it is on a disk at rest, and so is ``full_system_s``.
    """
    size = statistics.median(path.stat().st_size for path in _some_pages(data))
    page, start, system = b"x" * int(size), time.perf_counter(), os.times().system
    for number in range(records):
        place = folder / str(number)
        place.mkdir(parents=True)
        (place / "index.html").write_bytes(page)
    return {
        "bare_write_s": round(time.perf_counter() - start, 2),
        "bare_write_system_s": round(os.times().system - system, 2),
        "page_bytes": int(size),
    }


def _some_pages(data: Path) -> Iterator[Path]:
    for number, path in enumerate((data / "current" / "records").glob("*/*/index.html")):
        if number == 200:
            return
        yield path


# ---- plain MkDocs Material, for comparison ----


def _material(folder: Path, pages: int) -> dict[str, Any]:
    """The same pages by MkDocs with Material, outside the menu: with its search (the comparison asked for) and without."""
    docs = folder / "docs"
    (docs / "records").mkdir(parents=True)
    (docs / "index.md").write_text("# 首页\n", encoding="utf-8")
    for number in range(pages):
        (docs / "records" / f"{number}.md").write_text(_markdown(invented(number)), encoding="utf-8")
    searched, plain = _material_cpu(folder, ["search"]), _material_cpu(folder, [])
    shutil.rmtree(folder)
    return {
        "material_pages": pages,
        "material_cpu_s_per_1000": round(searched * 1000 / pages, 2),
        "material_no_search_cpu_s_per_1000": round(plain * 1000 / pages, 2),
    }


def _material_cpu(folder: Path, plugins: list[str]) -> float:
    config = {
        "site_name": "对照",
        "nav": [{"首页": "index.md"}],
        "theme": {"name": "material", "language": "zh", "font": False},
        "plugins": plugins,
        "validation": {"nav": {"omitted_files": "ignore"}},
    }
    (folder / "mkdocs.yml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    before = _children_cpu()
    words = [sys.executable, "-m", "mkdocs", "build", "-q", "-f", str(folder / "mkdocs.yml"), "-d", str(folder / "site")]
    subprocess.run(words, check=True, capture_output=True, env=_environment() | {"NO_MKDOCS_2_WARNING": "1"})
    return _children_cpu() - before


def _markdown(record: PublicRecord) -> str:
    lines = [f"# {record.title}", "", record.summary, "", "| 要点 | 内容 |", "| --- | --- |"]
    lines += [f"| {fact.label} | {fact.value} |" for fact in record.facts]
    lines += ["", "| 措施 | 完成 |", "| --- | --- |"]
    lines += [f"| {step.label} | {step.done} / {step.total} {step.unit} |" for step in record.progress]
    for section in record.sections:
        lines += ["", f"## {section.heading}", "", *(block.prose for block in section.blocks)]
    lines += ["", "## 过程", "", *(f"- {event.on}：{event.text}" for event in record.timeline)]
    return "\n".join(lines)


# ---- invented records ----


def invented(number: int) -> PublicRecord:
    """Record ``number`` (below nought: later than all others), the same each time."""
    day = date(2021, 1, 4) + timedelta(days=number * 7 % 2_100) if number >= 0 else date(2026, 11, 20)
    kind = tuple(KINDS)[number % len(KINDS)]
    name = f"bench-{number:06d}" if number >= 0 else f"later-{-number}"
    moment = datetime(day.year, day.month, day.day, 9, tzinfo=CHINA)
    text = _text(number % len(_SENTENCES))
    return PublicRecord(
        id=name,
        kind=kind,
        revision=1,
        title=f"第 {number} 项：{_REGIONS[number % 18].name}料场扬尘和直排口整改",
        summary="料堆覆盖、排口封堵和雨后巡查的进展。",
        region=_REGIONS[number % len(_REGIONS)],
        unit=_UNITS[number % len(_UNITS)],
        status=_STATES[number % len(_STATES)],
        first_published_on=day,
        published_on=day,
        updated_at=moment,
        salt=_salt(name),
        programme=f"{day.year} 年省级督察",
        item_number=f"第 {number} 项",
        due_on=day + timedelta(days=200),
        facts=tuple(Fact(label, text[:40]) for label in ("整改目标", "牵头单位", "责任单位", "验收方式")),
        progress=tuple(Progress(f"措施 {step}", str(step), "9", "处", _STATES[step % 4]) for step in range(1, 6)),
        timeline=tuple(Event(day + timedelta(days=30 * step), text[:25]) for step in range(4)),
        sections=(Section("jingguo", "整改经过", (_prose(text),)),),
    )


def _text(turn: int) -> str:
    return "".join((*_SENTENCES[turn:], *_SENTENCES[:turn]))


@lru_cache(maxsize=8)
def _prose(text: str) -> Block:
    # Cleaning costs a millisecond a block; the five different texts are cleaned once each.
    return Block(prose="\n\n".join(f"**第{part}步。** {text}{text}" for part in range(1, 5)))


def _salt(name: str) -> str:
    # Fixed, so that every run measures the same bytes; real salts are random.
    return name.encode().hex().ljust(32, "0")[:64]
