"""Publishing: the log grows, the hand-over folder follows, and only the pages that changed are written.

``publish_records(paths, records)`` is what the publication desk's worker calls; a worker that stays keeps one ``Press``
and calls its ``publish``. Needs no database. Safe against kill -9 at any moment: what is unfinished is noted first and
finished by whoever holds the press next.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from moderation.press import hand_over, power
from moderation.press.followers import FOLLOWERS
from moderation.press.log_writer import LogWriter, signing_key
from moderation.press.paths import PressPaths, lock, sync_folder, write_whole
from portal.core.errors import Mendable, Overtaken, Refusal
from portal.core.public_record import PublicRecord
from portal.core.public_settings import read_public_settings
from portal.site.catalogue import Catalogue, Output, Row, row_from, row_of
from portal.site.followers import Change, Follower, SiteView
from portal.site.outputs import Sources, checked_bytes, in_order, produce, read_logged
from portal.site.shells import ShellSet

DEFAULT_ORIGIN = "disclosure.example/log"


@dataclass(frozen=True, slots=True)
class PublishResult:
    """``indices``: id → log index of its entry. ``files``: paths written or removed below the site's root, in order.

    ``size``: log entries after it. ``site``: False when there is no built site yet (the records wait for the first build).
    """

    indices: dict[str, int]
    files: tuple[str, ...]
    size: int
    site: bool


def publish_records(paths: PressPaths, records: Iterable[PublicRecord]) -> PublishResult:
    """Publishes, corrects or withdraws: one call, one signed head, every page of it live when this returns.

    The same revision again is finished, not repeated. Raises Refusal before anything is written when a record is not
    the next revision of what is published, or a picture of it is not in the media folder.
    """
    return Press(paths).publish(list(records))


class Press:
    """The press of one data directory, warm: log edge, catalogue and shells stay in memory between publishes."""

    def __init__(self, paths: PressPaths, followers: Sequence[Follower] = FOLLOWERS, origin: str = "") -> None:
        self.paths = paths
        self.followers = followers
        self._origin = origin
        self._log: LogWriter | None = None
        self._catalogue: Catalogue | None = None
        self._shells: tuple[Path, ShellSet] | None = None

    def publish(self, records: list[PublicRecord]) -> PublishResult:
        with lock(self.paths, "press"):
            log, catalogue = self.ready()
            fresh = [record for record in records if not _is_published(catalogue, record)]
            for record in fresh:
                self._require_next(catalogue, record)
            try:
                first = self._log_and_settle(log, catalogue, fresh)
                changes = [self._change(catalogue, record, first + at) for at, record in enumerate(fresh)]
                files = self._bring_up_to_date(catalogue, changes, self._put(catalogue, changes))
            except BaseException:
                # Whatever was half taken in is read again from disk next time.
                self._catalogue = self._log = None
                raise
            _unfinished(self.paths).unlink(missing_ok=True)
        indices = {record.id: catalogue.rows[record.id].index for record in records}
        return PublishResult(indices, tuple(files), log.size, self.paths.live() is not None)

    def log(self) -> LogWriter:
        """The log as it is on disk now, with what another process left unfinished finished. Hold the press lock."""
        if self._log is None:
            self._log = LogWriter(self.paths, signing_key(self.paths, self.origin()))
        else:
            self._log.refresh()
        if _unfinished(self.paths).exists():
            self._finish(self._log)
        return self._log

    def warm(self) -> None:
        """Reads the kept catalogue before the press is held: at 100,000 records that takes most of a second."""
        if self._catalogue is None:
            self._catalogue = hand_over.kept_catalogue(self.paths)

    def adopt(self, catalogue: Catalogue) -> None:
        """Takes over the catalogue a full build has made, instead of reading every record a second time."""
        self._catalogue = catalogue

    def ready(self) -> tuple[LogWriter, Catalogue]:
        """Log and catalogue as they are on disk now. Hold the press lock."""
        log = self.log()
        if self._catalogue is None or self._catalogue.size > log.size:
            self._catalogue = hand_over.load_catalogue(self.paths, log.size)
        else:
            hand_over.catch_up(self.paths, self._catalogue, log.size)
        lost = power.lost_since(self.paths)
        if lost is not None:
            self._write_again(self._catalogue, lost)
        return log, self._catalogue

    def log_size(self) -> int:
        """Entries in the log when it was last looked at."""
        return self._log.size if self._log else 0

    def origin(self) -> str:
        """The log's name: what it was begun with, for ever; at first the host of the site's address."""
        begun = self.paths.log / "verify-key"
        if begun.exists():
            return begun.read_text().split("+", 1)[0]
        host = self.site_url().split("://")[-1].strip("/")
        return self._origin or (f"{host}/log" if host else DEFAULT_ORIGIN)

    def site_url(self) -> str:
        url = read_public_settings(self.paths.public_settings).site_url
        return url.rstrip("/") + "/" if url else ""

    # ---- steps of a publish ----

    def _log_and_settle(self, log: LogWriter, catalogue: Catalogue, fresh: list[PublicRecord]) -> int:
        if not fresh:
            return log.size
        power.mark(self.paths, log.size)
        self._note(catalogue, fresh, log.size)
        hand_over.lay_beside(self.paths, fresh)
        first = log.append(hand_over.entries_of(fresh))
        for record in fresh:
            hand_over.settle(self.paths, record.kind, record.id, record.commitment())
        for kind in {record.kind for record in fresh}:
            sync_folder(self.paths, self.paths.records / kind)
        return first

    def _note(self, catalogue: Catalogue, fresh: list[PublicRecord], size: int) -> None:
        """Writes down what is about to change, with the rows as they are: pages that named them must be found again."""
        old = [catalogue.rows.get(record.id) for record in fresh]
        note = {
            "size": size,
            "records": [[record.kind, record.id] for record in fresh],
            "old": old,
        }
        write_whole(self.paths, _unfinished(self.paths), json.dumps(note, ensure_ascii=False).encode())

    def _finish(self, log: LogWriter) -> None:
        """Takes up what a killed process left: settles the record files and writes the pages again."""
        note = json.loads(_unfinished(self.paths).read_bytes())
        log.drop_strays()
        places = hand_over.Places()
        places.size = note["size"]
        places.read(hand_over.log_reader(self.paths, log.size))
        for kind, record_id in note["records"]:
            logged = places.latest.get(record_id)
            hand_over.settle(self.paths, kind, record_id, logged[1].commitment if logged else None)
        catalogue = self._catalogue = hand_over.load_catalogue(self.paths, log.size)
        changes = []
        for (_, record_id), values in zip(note["records"], note["old"], strict=True):
            new = catalogue.rows.get(record_id)
            if record_id in places.latest and new is not None:
                old = row_from(values) if values else None
                catalogue.step_back(new, old)
                changes.append(Change(old, new, read_logged(new, hand_over.reader(self.paths))))
        self._bring_up_to_date(catalogue, changes, self._put(catalogue, changes))
        _unfinished(self.paths).unlink()

    def _write_again(self, catalogue: Catalogue, since: int) -> None:
        """After a power cut: the pages of what was logged from ``since`` on, and every list, may be missing or empty."""
        live = self.paths.live()
        if live is not None:
            rows = catalogue.rows.since(since)
            sources = Sources(catalogue, self._live_shells(live), hand_over.reader(self.paths))
            lay_out(self.paths, live, sources, {("record", row.kind, row.id) for row in rows} | set(catalogue.outputs()))
            changes = [Change(row, row, read_logged(row, sources.read)) for row in rows]
            follow(self.paths, live, catalogue, changes, self.followers, self.site_url())
        power.settle(self.paths)

    def _change(self, catalogue: Catalogue, record: PublicRecord, index: int) -> Change:
        old = catalogue.rows.get(record.id)
        first = old.first_index if old else index
        return Change(old, row_of(record, first_index=first, index=index, commitment=record.commitment()), record)

    def _put(self, catalogue: Catalogue, changes: list[Change]) -> set[Output]:
        return {output for change in changes for output in catalogue.put(change.new)}

    def _bring_up_to_date(self, catalogue: Catalogue, changes: list[Change], touched: set[Output]) -> list[str]:
        live = self.paths.live()
        if live is None or not changes:
            return []
        sources = Sources(catalogue, self._live_shells(live), hand_over.reader(self.paths))
        files = lay_out(self.paths, live, sources, touched)
        follow(self.paths, live, catalogue, changes, self.followers, self.site_url())
        return files

    def _live_shells(self, live: Path) -> ShellSet:
        if self._shells is None or self._shells[0] != live:
            self._shells = (live, ShellSet(live))
        return self._shells[1]

    def _require_next(self, catalogue: Catalogue, record: PublicRecord) -> None:
        row = catalogue.rows.get(record.id)
        expected = row.revision + 1 if row else 1
        if record.revision != expected:
            raise Overtaken(f"“{record.title or record.id}”应为第 {expected} 版，现为第 {record.revision} 版；请重新打开后再发布")
        if row and (row.kind != record.kind or row.first_published_on != record.first_published_on.isoformat()):
            raise Refusal(f"“{record.title or record.id}”的类别和首次公开日期不能更改：它们决定网页地址和所在列表")
        missing = [name for name in record.media() if not (self.paths.media / name).exists()]
        if missing:
            raise Mendable(f"“{record.title}”有 {len(missing)} 个图片或附件尚未入库，请重新上传")


def _is_published(catalogue: Catalogue, record: PublicRecord) -> bool:
    row = catalogue.rows.get(record.id)
    return row is not None and row.revision == record.revision and row.commitment == record.commitment()


def _unfinished(paths: PressPaths) -> Path:
    return paths.press / "unfinished.json"


# ---- files of a site ----


def lay_out(paths: PressPaths, root: Path, sources: Sources, touched: Iterable[Output]) -> list[str]:
    """Writes the files of these outputs into a site that may be live: each whole, pages before the lists that name them."""
    done = []
    for output in in_order(touched):
        for path, data in produce(output, sources).items():
            put_file(paths, root, path, data)
            done.append(path)
        if output[0] == "record":
            fit_media(paths, root, sources.catalogue.rows[output[2]], sources)
    return done


def put_file(paths: PressPaths, root: Path, path: str, data: bytes | None) -> None:
    """One file of a live site, whole; None takes it away, and folders that are empty then."""
    target = root / path
    if data is not None:
        write_whole(paths, target, data, durable=False)
        return
    target.unlink(missing_ok=True)
    with suppress(OSError):
        while target.parent != root:
            target = target.parent
            target.rmdir()


def fit_media(paths: PressPaths, root: Path, row: Row, sources: Sources) -> None:
    """Pictures and attachments lie in the record's own folder; those of an earlier revision go."""
    folder = root / row.path
    wanted = set() if row.withdrawn else set(read_logged(row, sources.read).media())
    for name in os.listdir(folder):
        if name not in wanted and name not in {"index.html", "record.json"}:
            (folder / name).unlink()
    for name in wanted:
        link_media(paths, folder, name)


def link_media(paths: PressPaths, folder: Path, name: str) -> None:
    if not (folder / name).exists():
        os.link(paths.media / name, folder / name)


def follow(
    paths: PressPaths,
    root: Path,
    catalogue: Catalogue,
    changes: Sequence[Change],
    followers: Sequence[Follower],
    site_url: str,
) -> None:
    """At-once followers now; the others are noted as due."""
    view = view_of(paths, root, catalogue, site_url)
    for follower in followers:
        if follower.at_once:
            follower.changed(view, changes)
    if any(not follower.at_once for follower in followers):
        (paths.press / "followers-due").touch()


def late_covered(paths: PressPaths) -> int:
    """Log entries the late followers have taken in; 0 where nobody noted it: everything is taken in again."""
    try:
        return int((paths.press / "followers-covered").read_text())
    except (FileNotFoundError, ValueError):
        return 0


def note_late_covered(paths: PressPaths, size: int) -> None:
    """Only once it is true of the live site: what is noted too low is taken in again, what is noted too high never."""
    write_whole(paths, paths.press / "followers-covered", f"{size}\n".encode())


def view_of(paths: PressPaths, root: Path, catalogue: Catalogue, site_url: str) -> SiteView:
    read = hand_over.reader(paths)
    return SiteView(
        root,
        catalogue,
        lambda _kind, record_id: read_logged(catalogue.rows[record_id], read),
        lambda path, data: put_file(paths, root, path, data),
        site_url,
        lambda kind, record_id: checked_bytes(catalogue.rows[record_id], read(kind, record_id)),
    )
