"""The health of the public site, looked at as government sites are inspected: empty and stale columns, dead links, grave slips of
the pen, letters without an answer, missing footer marks.

Source: 国办秘函〔2019〕19号 (veto items); the numbers of days and records are settings, 未核定 until an office confirms them.
"""

from __future__ import annotations

import argparse
import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.administration import add_data, opened, say
from moderation.casework.guards import CLOSED_STATES
from moderation.casework.letters import Letter
from moderation.office import Office
from moderation.press.paths import PressPaths, lock
from moderation.publication import wording
from moderation.publication.pressing import press_of
from moderation.settings import public_settings, setting
from portal.core.catalogue import tags
from portal.core.clock import day_of, now
from portal.core.public_record import KINDS, PublicRecord
from portal.site.catalogue import Catalogue

CLAUSE = "国办秘函〔2019〕19号"
LEAST_RECORDS = 1
STALE_DAYS = {"rectification": 45, "letter-batch": 30, "environment-quality": 45}
MOST_LINKS_SHOWN = 50

# What a government site prints in its footer: field of PublicSettings → its name.
FOOTER_MARKS = {
    "host_unit": "主办单位",
    "undertaking_unit": "承办单位",
    "site_code": "网站标识码",
    "icp_number": "ICP 备案号",
    "police_number": "公网安备号",
}
_LINK = re.compile(rb'\s(?:href|src)="([^"]+)"')


@dataclass(frozen=True)
class Finding:
    """One thing an inspector would note. ``grave``: a veto item. ``where``: page or column."""

    kind: str
    what: str
    where: str
    grave: bool
    clause: str = CLAUSE


def check_site(office: Office, *, today: date) -> list[Finding]:
    """Everything found, graver things first."""
    paths = PressPaths(office.data)
    live = paths.live()
    if live is None:
        return [Finding("unbuilt", "网站还没有生成", "/", True)]
    with office.office.reading() as session:
        own = wording.own_forms(session)
        found = [*_footer(session), *_unanswered(session, today), *_columns(session, _catalogue(office), today)]
    found += [*_slips(paths, own), *_dead_links(live)]
    return sorted(found, key=lambda each: (not each.grave, each.kind, each.where))


def _catalogue(office: Office) -> Catalogue:
    press = press_of(office)
    with lock(press.paths, "press"):
        _, catalogue = press.ready()
    return catalogue


def _footer(session: Session) -> Iterator[Finding]:
    told = public_settings(session)
    for name, label in FOOTER_MARKS.items():
        if not getattr(told, name):
            yield Finding("footer", f"页脚没有{label}", "每一页", False, "政府网站发展指引（国办发〔2017〕47号）")


def _unanswered(session: Session, today: date) -> Iterator[Finding]:
    # Over all letters, whoever may see them: a number says nothing about any one.
    open_still = (Letter.due_on < today, Letter.state.not_in(CLOSED_STATES))
    late = session.scalar(select(func.count()).select_from(Letter).where(*open_still)) or 0
    if late:
        yield Finding("unanswered", f"有 {late} 件来信超过期限没有办结", "信访办理", True)


def _columns(session: Session, catalogue: Catalogue, today: date) -> Iterator[Finding]:
    least = setting(session, "site_check.least_records", LEAST_RECORDS)
    days = STALE_DAYS | setting(session, "site_check.stale_days", {})
    for kind, (label, _) in KINDS.items():
        rows = catalogue.latest(kind, max(1, least))
        if len(rows) < least:
            yield Finding("empty", f"“{label}”只有 {len(rows)} 条", f"/records/{kind}/", True)
        elif kind in days and date.fromisoformat(rows[0].published_on) + timedelta(days=days[kind]) < today:
            yield Finding(
                "stale", f"“{label}”最近一次更新是 {rows[0].published_on}，已超过 {days[kind]} 天", f"/records/{kind}/", True
            )


def _slips(paths: PressPaths, own: tuple[wording.Form, ...]) -> Iterator[Finding]:
    for path in sorted(paths.records.rglob("*.json")):
        record = PublicRecord.from_logged(path.read_bytes())
        for slip in wording.slips(record.to_plain(), own):
            right = f"，应为“{slip.form.right}”" if slip.form.right else ""
            yield Finding("slip", f"“{slip.form.wrong}”{right}（{slip.form.why}）", f"/{record.path}", slip.form.grave)


def _dead_links(live: Path) -> Iterator[Finding]:
    """Links of our own site that lead nowhere. Other hosts are not asked: an inspection of ours sends nothing out."""
    known: dict[str, bool] = {}
    shown = 0
    for page in sorted(live.rglob("*.html")):
        here = page.relative_to(live).as_posix()
        if here.startswith("shells/"):
            continue
        for target in {match.group(1).decode() for match in _LINK.finditer(page.read_bytes())}:
            place = _place(here, target)
            if place is None:
                continue
            if place not in known:
                known[place] = _leads_somewhere(live, place)
            if not known[place] and shown < MOST_LINKS_SHOWN:
                shown += 1
                yield Finding("dead_link", f"链接 {target} 打不开", f"/{here}", False)


# Addresses that the public process answers, not a file of the site.
_ANSWERED = (*(f"{own}{door}/" for own in ("", *(f"{tag}/" for tag in tags()[1:])) for door in ("r", "rewards")), "look/")


def _place(here: str, target: str) -> str | None:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or target.startswith("#") or not parts.path:
        return None
    joined = posixpath.normpath(posixpath.join("/", posixpath.dirname(here), unquote(parts.path)))[1:]
    place = joined + ("/" if parts.path.endswith("/") and joined else "")
    return None if f"{place.rstrip('/')}/".startswith(_ANSWERED) else place


def _leads_somewhere(live: Path, place: str) -> bool:
    found = live / place
    return (
        (found / "index.html").is_file()
        if place == "" or place.endswith("/")
        else found.is_file() or (found / "index.html").is_file()
    )


def site_check_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("--json", action="store_true", help="输出 JSON / print JSON")


def site_check(args: argparse.Namespace) -> int:
    """`disclosure site-check`: what an inspector would note. Exit 1 when a veto item is among it."""
    found = check_site(opened(args), today=day_of(now()))
    if args.json:
        say(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=1))
    else:
        for each in found:
            say(f"{'【否决】' if each.grave else '      '} {each.what}  {each.where}  （{each.clause}）")
        say(f"共 {len(found)} 处，其中单项否决 {sum(each.grave for each in found)} 处。" if found else "没有发现问题。")
    return 1 if any(each.grave for each in found) else 0
