"""Checks a published site from the outside: nothing but its own static files and a public key is trusted.

Every page is rendered again from the logged record and the logged shell and compared byte for byte; the log is checked
against its signed head and, when one is given, against an earlier head; whatever is left unexplained is named, scripts
and hand-written pages included. Needs neither database nor secret.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from portal.core.errors import Refusal
from portal.core.public_record import KINDS, PublicRecord, commitment
from portal.core.publication_log import (
    TILE_WIDTH,
    BadLog,
    Checkpoint,
    Entry,
    LogReader,
    VerifyKey,
    leaf_hash,
    open_checkpoint,
    pack_entries,
    root_of,
    tile_path,
    tile_width,
)
from portal.site import checkpoints
from portal.site.catalogue import Catalogue, Output, Row, row_of
from portal.site.followers import Follower, SiteView
from portal.site.outputs import Sources, check_logged, produce
from portal.site.pages import templates_digest
from portal.site.search_check import check_search
from portal.site.shells import FOLDER, HOME, BadShell, Shell

LONGEST_FILE = 64_000_000
INTAKE = "r/"
"""Where the report form is served beside the site: by a program, from no file."""
_LINK = re.compile(rb'(?:href|src)="([^"#?]+)')
_UNFINISHED = re.compile(r"log/tile/(?P<level>entries|\d{1,2})/(?P<number>(?:x\d{3}/)*\d{3})\.p/(?P<width>\d{1,3})")
_DAY = re.compile(r":checkpoint-(\d{4}-\d{2}-\d{2})<")
_CANONICAL = re.compile(r'<link rel="canonical" href="(https?://[^"]*?)\[\[press:address\]\]"')


class Source(Protocol):
    """Where a site's files come from."""

    def read(self, path: str, /) -> bytes:
        """Bytes of one file; raises FileNotFoundError."""

    def listing(self) -> set[str] | None:
        """Every file of the site, or None when it cannot be listed (over HTTP)."""


class FolderSource:
    """A site in a folder. What lies behind symbolic links (the log) is read through them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str, /) -> bytes:
        try:
            return (self.root / path).read_bytes()
        except (IsADirectoryError, NotADirectoryError):
            raise FileNotFoundError(path) from None

    def listing(self) -> set[str] | None:
        found = {path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file()}
        log = self.root / "log"
        # rglob does not go through symbolic links.
        return found | {f"log/{path.relative_to(log).as_posix()}" for path in log.rglob("*") if path.is_file()}


class AddressSource:
    """A site at an http or https address. One connection; nothing but that host is asked."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Refusal("请给出网站地址（http 或 https 开头）或文件夹")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=30)
        self._prefix = parts.path.rstrip("/") + "/"

    def read(self, path: str, /) -> bytes:
        target = self._prefix + path.removesuffix("index.html")
        for last in (False, True):
            try:
                self._connection.request("GET", target, headers={"Accept-Encoding": "identity"})
                answer = self._connection.getresponse()
                data = answer.read(LONGEST_FILE)
                break
            except (http.client.RemoteDisconnected, ConnectionResetError):
                self._connection.close()
                if last:
                    raise
        if answer.status != 200:
            raise FileNotFoundError(path)
        return data

    def close(self) -> None:
        self._connection.close()

    def listing(self) -> set[str] | None:
        return None


@dataclass
class Report:
    """``faults``: what is wrong, each with its path. ``notes``: what could not be checked to the byte, and why."""

    size: int = 0
    records: int = 0
    pages: int = 0
    files: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    explained: set[str] = field(default_factory=set)
    linked: set[str] = field(default_factory=set)
    last_record: int = -1

    @property
    def sound(self) -> bool:
        return not self.faults

    def fault(self, path: str, what: str) -> None:
        self.faults.append((path, what))


def verify_site(
    source: Source, followers: Sequence[Follower] = (), *, key: VerifyKey | None = None, since: bytes | None = None
) -> Report:
    """Checks a whole site. ``key``: known beforehand, else the site's own is taken, which only a ``since`` pins down.

    ``since``: an earlier checkpoint, as signed: the log must be its continuation under the same key.
    Raises BadLog when the log itself does not hold: then nothing else can be judged.
    """
    report = Report()
    key = key or VerifyKey.parse(_text(source, "log/verify-key"))
    entries = _check_log(source, report, key, since)
    files = _check_manifest(source, report, entries)
    rows, records = _check_records(source, report, entries)
    catalogue = Catalogue()
    catalogue.load(sorted(rows, key=lambda row: row.first_index))
    catalogue.size = report.size
    if files is not None:
        shells = _LoggedShells(source)
        _check_pages(source, report, catalogue, shells, records)
        _check_followers(source, report, catalogue, followers, records, _site_url(shells), files)
    _name_unexplained(source, report)
    return report


# ---- the log ----


def _check_log(source: Source, report: Report, key: VerifyKey, since: bytes | None) -> list[tuple[int, Entry]]:
    head = open_checkpoint(_bytes(source, "log/checkpoint"), key)
    report.explained |= {"log/checkpoint", "log/verify-key"}
    report.size = head.size
    log = LogReader(lambda path: source.read(f"log/{path}"), head.size)
    raw = [data for _, data in log.entries()]
    leaves = [leaf_hash(data) for data in raw]
    if root_of(leaves) != head.root:
        raise BadLog("日志的条目与签名的存证不符")
    if since is not None:
        _check_continuation(since, key, leaves)
    _check_tiles(source, report, raw, leaves)
    _check_kept_checkpoints(source, report, key, leaves)
    report.last_record = max((index for index, data in enumerate(raw) if Entry.parse(data).is_record), default=-1)
    return [(index, Entry.parse(data)) for index, data in enumerate(raw)]


def _check_continuation(since: bytes, key: VerifyKey, leaves: list[bytes]) -> None:
    earlier: Checkpoint = open_checkpoint(since, key)
    if earlier.size > len(leaves):
        raise BadLog("日志比您手里的存证还短：有条目被删除")
    if root_of(leaves[: earlier.size]) != earlier.root:
        raise BadLog("日志与您手里的存证不一致：已公开的记录被改动过")


def _check_kept_checkpoints(source: Source, report: Report, key: VerifyKey, leaves: list[bytes]) -> None:
    """The heads of earlier days must be signed and continued, and the feed must carry them as they are."""
    carried = _maybe(source, checkpoints.FEED)
    if carried is None:
        return
    listed = source.listing()
    days = _DAY.findall(carried.decode()) if listed is None else _kept_days(listed)
    notes = {}
    for day in days:
        path = f"{checkpoints.FOLDER}{day}"
        report.explained.add(path)
        note = _maybe(source, path)
        try:
            _check_continuation(note or b"", key, leaves)
        except BadLog as bad:
            report.fault(path, f"早先的检查点对不上：{bad}")
        else:
            notes[day] = note or b""
    report.explained.add(checkpoints.FEED)
    if notes and checkpoints.feed(notes) != carried:
        report.fault(checkpoints.FEED, "检查点的订阅源与检查点文件不符")


def _kept_days(listed: set[str]) -> list[str]:
    return sorted(path.removeprefix(checkpoints.FOLDER) for path in listed if path.startswith(checkpoints.FOLDER))


def _check_tiles(source: Source, report: Report, raw: list[bytes], leaves: list[bytes]) -> None:
    """Hash tiles must hold what the entries hash to."""
    for number in range(-(-len(raw) // TILE_WIDTH)):
        report.explained.add(f"log/{tile_path('entries', number, tile_width(len(raw), 0, number))}")
    levels, hashes = [raw], leaves
    while hashes:
        for number in range(-(-len(hashes) // TILE_WIDTH)):
            expected = hashes[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
            path = f"log/{tile_path(len(levels) - 1, number, len(expected))}"
            if _maybe(source, path) != b"".join(expected):
                report.fault(path, "哈希文件与条目不符")
            report.explained.add(path)
        levels.append(hashes)
        full = range(0, len(hashes) - TILE_WIDTH + 1, TILE_WIDTH)
        hashes = [root_of(hashes[at : at + TILE_WIDTH]) for at in full]
    _check_unfinished_tiles(source, report, levels)


def _check_unfinished_tiles(source: Source, report: Report, levels: list[list[bytes]]) -> None:
    """Unfinished tiles of earlier heads are the beginning of later ones, also of one that is full by now.

    `levels` holds the entries first, then the hashes level by level.
    """
    for path in source.listing() or ():
        named = _UNFINISHED.fullmatch(path)
        if named is None or path in report.explained:
            continue
        level = 0 if named["level"] == "entries" else int(named["level"]) + 1
        start, width = int(re.sub("[x/]", "", named["number"])) * TILE_WIDTH, int(named["width"])
        held = levels[level][start : start + width] if level < len(levels) else []
        if 0 < width < TILE_WIDTH and len(held) == width:
            report.explained.add(path)
            if source.read(path) != (b"".join(held) if level else pack_entries(held)):
                report.fault(path, "哈希文件与条目不符")


# ---- what the site builder made ----


def _check_manifest(source: Source, report: Report, entries: list[tuple[int, Entry]]) -> dict[str, str] | None:
    """Scripts, styles, hand-written pages and shells against the manifest the log committed to last."""
    digests = [entry.commitment for _, entry in entries if not entry.is_record]
    report.explained |= {f"log/manifest/{digest}.json" for digest in digests}
    if not digests:
        report.fault("log", "日志里没有网页清单，页面、脚本和样式都无法核对")
        return None
    path = f"log/manifest/{digests[-1]}.json"
    data = _maybe(source, path)
    if data is None or hashlib.sha256(data).hexdigest() != digests[-1]:
        report.fault(path, "网页清单缺失或与日志不符")
        return None
    manifest = json.loads(data)
    if manifest["templates"] != templates_digest():
        report.notes.append("本站由另一版本的程序生成：记录页面可能因版式不同而比不上，请用同一版本核对")
    files: dict[str, str] = manifest["files"]
    for name, digest in files.items():
        report.explained.add(name)
        report.files += 1
        found = _maybe(source, name)
        if found is None:
            report.fault(name, "清单里有，网站上没有")
        elif hashlib.sha256(found).hexdigest() != digest:
            report.fault(name, "与清单不符：手写页面、脚本、样式或页面框架被改动")
        elif name.endswith(".html") and not name.startswith(f"{FOLDER}/"):
            report.linked |= set(_links(name, found))
    return files


class _LoggedShells:
    """The site's shells; they were compared with the manifest before."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._shells: dict[str, Shell] = {}

    def text(self, name: str) -> str:
        return self._source.read(f"{FOLDER}/{name}.html").decode()

    def __getitem__(self, name: str, /) -> Shell:
        if name not in self._shells:
            self._shells[name] = Shell(self.text(name))
        return self._shells[name]


def _site_url(shells: _LoggedShells) -> str:
    with suppress(FileNotFoundError):
        found = _CANONICAL.search(shells.text(HOME))
        return found.group(1) if found else ""
    return ""


# ---- records and the pages made from them ----


def _check_records(source: Source, report: Report, entries: list[tuple[int, Entry]]) -> tuple[list[Row], dict[str, bytes]]:
    """Each record's data against its latest log entry. Only what agrees is used further."""
    first: dict[str, int] = {}
    latest: dict[str, tuple[int, Entry]] = {}
    for index, entry in entries:
        if entry.is_record:
            first.setdefault(entry.id, index)
            _check_step(report, latest.get(entry.id), index, entry)
            latest[entry.id] = (index, entry)
    rows, kept = [], {}
    for record_id, (index, entry) in latest.items():
        path = f"records/{entry.kind}/{record_id}/record.json"
        report.explained.add(path)
        data = _maybe(source, path)
        record = _logged_record(report, path, data, entry)
        if record is not None and data is not None:
            report.records += 1
            kept[record_id] = data
            rows.append(row_of(record, first_index=first[record_id], index=index, commitment=entry.commitment))
            _check_media(source, report, record)
    return rows, kept


def _check_step(report: Report, before: tuple[int, Entry] | None, index: int, entry: Entry) -> None:
    expected = before[1].revision + 1 if before else 1
    if entry.revision != expected or (before and before[1].kind != entry.kind) or entry.kind not in KINDS:
        report.fault(f"log#{index}", f"记录 {entry.id} 的版本不连续")


def _logged_record(report: Report, path: str, data: bytes | None, entry: Entry) -> PublicRecord | None:
    if data is None:
        report.fault(path, "日志里有这条记录，网站上没有它的数据")
        return None
    if commitment(data) != entry.commitment:
        report.fault(path, "记录数据与日志不符：内容被改动过")
        return None
    try:
        record = PublicRecord.from_json(data)
    except Refusal as refusal:
        report.fault(path, f"记录数据不合格式：{refusal.reason}")
        return None
    if (record.id, record.kind, record.revision, record.state) != (entry.id, entry.kind, entry.revision, entry.state):
        report.fault(path, "记录的编号、类别、版本或状态与日志不符")
        return None
    return record


def _check_media(source: Source, report: Report, record: PublicRecord) -> None:
    for name in record.media():
        path = record.path + name
        report.explained.add(path)
        data = _maybe(source, path)
        if data is None or hashlib.sha256(data).hexdigest() != name.split(".")[0]:
            report.fault(path, "图片或附件缺失，或与记录不符")


def _check_pages(source: Source, report: Report, catalogue: Catalogue, shells: _LoggedShells, records: dict[str, bytes]) -> None:
    sources = Sources(catalogue, shells, lambda _kind, record_id: records[record_id])
    pages: list[Output] = [("record", row.kind, row.id) for row in catalogue.rows.in_order()]
    for output in (*pages, *catalogue.outputs()):
        try:
            made = produce(output, sources)
        except (BadShell, FileNotFoundError):
            report.fault(f"{FOLDER}/", "页面框架缺失或无法使用")
            return
        for path, data in made.items():
            if data is None or path.endswith("/record.json"):
                continue
            report.explained.add(path)
            report.pages += 1
            _compare(source, report, path, data)


def _compare(source: Source, report: Report, path: str, expected: bytes) -> None:
    found = _maybe(source, path)
    if found is None:
        report.fault(path, "应有这一页，网站上没有")
    elif found != expected:
        report.fault(path, "页面与记录重新生成的不同：内容被改动过")


# ---- search, sitemaps, feeds, datasets ----


def _check_followers(
    source: Source,
    report: Report,
    catalogue: Catalogue,
    followers: Sequence[Follower],
    records: dict[str, bytes],
    site_url: str,
    files: Iterable[str],
) -> None:
    """Makes what follows the records again in a folder of its own and compares."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        view = SiteView(
            root,
            catalogue,
            lambda _kind, record_id: check_logged(catalogue.rows[record_id], records[record_id]),
            lambda path, data: _put(root / path, data),
            site_url,
        )
        for path in ("index.html", *files):
            # Sitemaps list the hand-written pages that are there; what is in them was compared before.
            _put(root / path, b"")
        for follower in followers:
            if follower.same_answers:
                _check_search(source, report, view, records)
                continue
            catalogue.size = _position(source, follower) or report.size
            sink = follower.full(view)
            for row in catalogue.rows.in_order():
                sink.take(row, check_logged(row, records[row.id]), records[row.id])
            sink.close()
            _compare_follower(source, report, follower, root, catalogue.size)
        catalogue.size = report.size


_LATE_JSON = {"feeds": "feeds/all/feed.json", "datasets": "datasets/index.json"}


def _position(source: Source, follower: Follower) -> int | None:
    """Log entries a late follower says it covers; None: it says nothing, or is part of every publish."""
    data = None if follower.at_once else _maybe(source, _LATE_JSON.get(follower.name, ""))
    found = re.search(rb'"_?log_size":\s*(\d{1,12})\b', data or b"")
    return int(found.group(1)) if found else None


def _compare_follower(source: Source, report: Report, follower: Follower, root: Path, covered: int) -> None:
    made = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    owned = {path for path in made if path.startswith(follower.owns)}
    listed = source.listing()
    there = {path for path in listed if path.startswith(follower.owns)} if listed is not None else owned
    if covered > report.last_record:
        for path in sorted(owned):
            report.explained.add(path)
            report.files += 1
            _compare(source, report, path, (root / path).read_bytes())
        return
    report.explained |= there | owned
    differing = [path for path in owned | there if path not in owned or _maybe(source, path) != (root / path).read_bytes()]
    if differing:
        report.notes.append(f"{follower.name}：覆盖到存证第 {covered} 条，还没跟上最新发布，请一分钟后再核对")


def _check_search(source: Source, report: Report, view: SiteView, records: Mapping[str, bytes]) -> None:
    checked = check_search(lambda path: _maybe(source, path), view, records)
    report.explained |= checked.explained
    report.files += len(checked.explained)
    report.faults += checked.faults
    report.notes += checked.notes


def _put(target: Path, data: bytes | None) -> None:
    if data is None:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


# ---- what nobody explains ----


def _name_unexplained(source: Source, report: Report) -> None:
    listed = source.listing()
    if listed is None:
        report.notes.append("网址无法列出全部文件：只核对了日志、清单和页面链接得到的文件")
        served = {path for path in report.linked - report.explained if _maybe(source, path) is not None}
        listed = {path for path in served if not path.startswith(INTAKE)}
        if served - listed:
            report.notes.append(f"{INTAKE} 下面是举报页和查询页，由另一个程序当场生成，不在核对之内")
    for path in sorted(listed - report.explained):
        report.fault(path, "没有来历：日志、清单和记录都不能解释这个文件")


def _links(page: str, data: bytes) -> Iterator[str]:
    """Files of the same site a page links to."""
    folder = page.rpartition("/")[0]
    for match in _LINK.finditer(data):
        target = match.group(1).decode(errors="replace")
        if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|/", target):
            continue
        parts: list[str] = []
        for part in f"{folder}/{target}".split("/"):
            if part == ".." and parts:
                parts.pop()
            elif part not in {"", ".", ".."}:
                parts.append(part)
        path = "/".join(parts)
        # log/checkpoint is a file without an ending; a folder is linked with a slash.
        yield f"{path}/index.html".lstrip("/") if target.endswith(("/", ".")) else path


def _bytes(source: Source, path: str) -> bytes:
    try:
        return source.read(path)
    except FileNotFoundError:
        raise BadLog(f"网站上没有 {path}，无法核对") from None


def _text(source: Source, path: str) -> str:
    try:
        return _bytes(source, path).decode()
    except UnicodeDecodeError:
        raise BadLog(f"{path} 不是文字") from None


def _maybe(source: Source, path: str) -> bytes | None:
    try:
        return source.read(path)
    except FileNotFoundError:
        return None


def said(report: Report, *, most: int = 200) -> Iterable[str]:
    """The report in lines."""
    yield f"存证 {report.size} 条，记录 {report.records} 条，重新生成并比对 {report.pages} 页，核对其他文件 {report.files} 个。"
    yield from (f"注意：{note}" for note in report.notes)
    yield from (f"有问题：{path}  {what}" for path, what in report.faults[:most])
    if len(report.faults) > most:
        yield f"……另有 {len(report.faults) - most} 处"
    yield "核对通过 / sound" if report.sound else f"核对不通过：{len(report.faults)} 处 / {len(report.faults)} faults"
