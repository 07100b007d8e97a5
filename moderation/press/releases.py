"""Whole builds: a fresh release beside the live one, then one switch of a symbolic link. And the way back.

A failed build leaves the live site as it is. What is published while a build runs goes live at once in the old release
and is taken into the new one before the switch.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from moderation.press import hand_over, progress
from moderation.press.forgetting import owned_files, take_away
from moderation.press.paths import PressPaths, lock, sync_folder, write_new, write_whole
from moderation.press.publishing import Press, follow, late_covered, lay_out, link_media, note_late_covered, put_file, view_of
from portal.core.errors import NotThere, Refusal
from portal.core.public_record import PublicRecord, canonical_json
from portal.core.publication_log import BadLog, Entry
from portal.site.catalogue import Catalogue, Row
from portal.site.followers import Change, Sink
from portal.site.outputs import ReadRecord, Sources, in_order, produce, record_html
from portal.site.pages import templates_digest
from portal.site.shells import ShellSet

PROJECT = Path(__file__).parents[2]
CONFIG = PROJECT / "build" / "mkdocs.yml"
KEPT_RELEASES = 3
AT_ONCE = 50
"""Records that go through each step of a full build together: the processor works a third quicker than one by one."""

OUTSIDE = ("log",)
"""Folders of the data directory that every release shows through a symbolic link."""


class BuildFailed(Refusal):
    """The site could not be built; the live one stays. ``reason`` ends with what the builder said."""


@dataclass(frozen=True, slots=True)
class Release:
    """``number``: name of its folder. ``records``: pages of records. ``size``: log entries it covers."""

    number: str
    records: int
    size: int
    replayed: int


Taken = tuple[Row, PublicRecord, bytes]

Builder = Callable[[PressPaths, Path], None]
"""Makes the hand-written pages and the shells in a folder that is not there yet; raises BuildFailed."""


def full_build(paths: PressPaths, *, press: Press | None = None, builder: Builder | None = None) -> Release:
    """Builds everything into a fresh release and puts it live. Raises BuildFailed; the live site is then untouched."""
    press = press or Press(paths)
    with lock(paths, "build"), _told(paths):
        with lock(paths, "press"):
            press.log()
        staging = _staging(paths)
        (builder or build_site)(paths, staging)
        for name in OUTSIDE:
            (staging / name).symlink_to(Path("..") / ".." / name)
        manifest = _manifest(staging)
        with _collector_off():
            catalogue, sinks = _write_records(paths, staging, press)
            _write_lists(paths, staging, catalogue)
            for sink in sinks:
                sink.close()
            followed = catalogue.size
            if paths.durable:
                # Most of it now, while publishing goes on: the wait before the switch is short then.
                os.sync()
            with lock(paths, "press"):
                replayed = _replay(paths, staging, catalogue, press)
                number = release(paths, staging, manifest, press)
                note_late_covered(paths, followed)
                catalogue.size = press.log().size
                hand_over.keep_catalogue(paths, catalogue)
                press.adopt(catalogue)
        _prune(paths)
        return Release(number, len(catalogue.rows), catalogue.size, replayed)


def build_site(paths: PressPaths, staging: Path, config: Path = CONFIG) -> None:
    """The hand-written pages and the shells, by the site builder in a process of its own."""
    command = [sys.executable, "-m", "portal.site.plugin", str(config), str(staging), str(paths.public_settings)]
    line, held = os.pipe()
    try:
        done = subprocess.run(command, cwd=PROJECT, stdin=line, capture_output=True, text=True, check=False)
    finally:
        os.close(line)
        os.close(held)
    if done.returncode != 0:
        shutil.rmtree(staging, ignore_errors=True)
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise BuildFailed(f"网站没有生成，线上仍是原来的版本。生成程序说：\n{said}")


def release(paths: PressPaths, staging: Path, manifest: bytes, press: Press) -> str:
    """Logs the manifest, moves the staging folder among the releases, and switches. Hold the press lock."""
    log = press.log()
    digest = _log_manifest(paths, manifest, press)
    number = f"{max([0, *map(int, _numbers(paths))]) + 1:06d}"
    note = json.dumps({"size": log.size, "manifest": digest}).encode()
    write_whole(paths, paths.release_note(number), note)
    _note_left(paths, log.size)
    if paths.durable:
        # Tens of thousands of files: one wait for all of them, before anybody is sent there.
        os.sync()
    staging.rename(paths.releases / number)
    sync_folder(paths, paths.releases)
    _switch(paths, number)
    return number


def rollback(paths: PressPaths, *, press: Press | None = None) -> Release:
    """Goes back to the release before the live one, with every later publication, correction and withdrawal in it."""
    press = press or Press(paths)
    with lock(paths, "build"), lock(paths, "press"):
        live = paths.live()
        older = [number for number in _numbers(paths) if live and number < live.name and paths.release_note(number).exists()]
        if not older:
            raise NotThere("没有更早的版本可以退回")
        number = max(older)
        note = json.loads(paths.release_note(number).read_bytes())
        log, catalogue = press.ready()
        replayed = _reapply(paths, paths.releases / number, catalogue, note["size"], press)
        manifest = (paths.log / "manifest" / f"{note['manifest']}.json").read_bytes()
        _log_manifest(paths, manifest, press)
        _note_left(paths, log.size)
        write_whole(paths, paths.release_note(number), json.dumps({**note, "size": log.size}).encode())
        _switch(paths, number)
        note_late_covered(paths, log.size)
        return Release(number, len(catalogue.rows), log.size, replayed)


# ---- a full build ----


def _staging(paths: PressPaths) -> Path:
    for left in paths.releases.glob(".building-*"):
        shutil.rmtree(left)
    return paths.releases / f".building-{os.getpid()}"


def _write_records(paths: PressPaths, staging: Path, press: Press) -> tuple[Catalogue, list[Sink]]:
    """Every record's page and twin, each record read once; followers take it in the same pass."""
    places, catalogue, shells = hand_over.Places(), Catalogue(), ShellSet(staging)
    places.read(hand_over.log_reader(paths, press.log_size()))
    catalogue.size = places.size
    view = view_of(paths, staging, catalogue, press.site_url())
    sinks = [follower.full(view) for follower in press.followers]
    read, ids, total = hand_over.reader(paths), places.in_order(), len(places.latest)
    while batch := list(islice(ids, AT_ONCE)):
        taken = [_read(paths, places, record_id, press, read) for record_id in batch]
        _write_pages(paths, staging, taken, shells)
        for sink in sinks:
            for row, record, data in taken:
                sink.take(row, record, data)
        catalogue.rows.add([row for row, _, _ in taken])
        progress.tell(paths, len(catalogue.rows), total)
        for record_id in batch:
            # What the row now says need not be kept twice: at 100,000 records this is 40 MB.
            del places.latest[record_id]
    catalogue.arrange()
    return catalogue, sinks


@contextmanager
def _told(paths: PressPaths) -> Iterator[None]:
    """The desk sees that a build runs, and how far it is."""
    paths.make()
    progress.tell(paths, 0, 0)
    try:
        yield
    finally:
        progress.ended(paths)


@contextmanager
def _collector_off() -> Iterator[None]:
    """Without the cycle collector: records hold no cycles, and looking for them is a tenth of a build's time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(paths: PressPaths, places: hand_over.Places, record_id: str, press: Press, read: ReadRecord) -> Taken:
    try:
        return places.row_and_bytes(record_id, read)
    except BadLog:
        # Published again since the log was read? Then the newer entry explains the file; the replay writes it again.
        with lock(paths, "press"):
            log = press.log()
            newer = hand_over.Places()
            newer.size = places.size
            newer.read(hand_over.log_reader(paths, log.size))
            if record_id not in newer.latest:
                raise
            newer.first[record_id] = places.first[record_id]
            return newer.row_and_bytes(record_id, read)


def _write_pages(paths: PressPaths, staging: Path, taken: list[Taken], shells: ShellSet) -> None:
    pages = [record_html(record, row, shells) for row, record, _ in taken]
    for (row, record, _), page in zip(taken, pages, strict=True):
        folder = f"{staging}/{row.path}"
        _make_folder(folder)
        write_new(f"{folder}index.html", page)
        # The twin is the hand-over file itself: a second name, no second copy. A later revision is a new file there.
        os.link(f"{paths.data_dir}/records/{row.kind}/{row.id}.json", f"{folder}record.json")
        for name in record.media():
            link_media(paths, Path(folder), name)


def _make_folder(folder: str) -> None:
    try:
        os.mkdir(folder)
    except FileExistsError:
        pass
    except FileNotFoundError:
        _make_folder(os.path.dirname(folder.rstrip("/")))
        os.mkdir(folder)


def _write_lists(paths: PressPaths, staging: Path, catalogue: Catalogue) -> None:
    sources = Sources(catalogue, ShellSet(staging), hand_over.reader(paths))
    for output in in_order(catalogue.outputs()):
        for path, data in produce(output, sources).items():
            if data is not None:
                target = f"{staging}/{path}"
                _make_folder(os.path.dirname(target))
                write_new(target, data)


def _replay(paths: PressPaths, staging: Path, catalogue: Catalogue, press: Press) -> int:
    """Takes what was published during the build into the new release. Hold the press lock."""
    log = press.log()
    places = hand_over.Places()
    places.size = catalogue.size
    changed = places.read(hand_over.log_reader(paths, log.size))
    changes = _changes(paths, catalogue, places, changed)
    touched = {output for change in changes for output in catalogue.put(change.new)}
    catalogue.size = log.size
    if changes:
        sources = Sources(catalogue, ShellSet(staging), hand_over.reader(paths))
        lay_out(paths, staging, sources, touched)
        follow(paths, staging, catalogue, changes, press.followers, press.site_url())
    return len(changes)


def _changes(paths: PressPaths, catalogue: Catalogue, places: hand_over.Places, ids: Iterable[str]) -> list[Change]:
    changes = []
    for record_id in ids:
        old = catalogue.rows.get(record_id)
        if old is not None:
            places.first[record_id] = old.first_index
        row, record = places.row(record_id, hand_over.reader(paths))
        changes.append(Change(old, row, record))
    return changes


# ---- the way back ----


def _reapply(paths: PressPaths, root: Path, catalogue: Catalogue, since: int, press: Press) -> int:
    """Makes an old release say what the log says now: changed records, all lists, all followers."""
    log, _ = press.ready()
    places = hand_over.Places()
    places.size = since
    changed = places.read(hand_over.log_reader(paths, log.size))
    sources = Sources(catalogue, ShellSet(root), hand_over.reader(paths))
    lay_out(paths, root, sources, (("record", catalogue.rows[each].kind, each) for each in changed))
    wanted = set(lay_out(paths, root, sources, catalogue.outputs()))
    for path in (root / "lists").rglob("index.html"):
        if path.relative_to(root).as_posix() not in wanted:
            put_file(paths, root, path.relative_to(root).as_posix(), None)
    _follow_fully(paths, root, catalogue, press)
    return len(changed)


def _follow_fully(paths: PressPaths, root: Path, catalogue: Catalogue, press: Press) -> None:
    take_away(owned_files(root, press.followers))
    view = view_of(paths, root, catalogue, press.site_url())
    sinks = [follower.full(view) for follower in press.followers]
    for row in catalogue.rows.in_order():
        record = view.read(row.kind, row.id)
        for sink in sinks:
            sink.take(row, record, record.canonical())
    for sink in sinks:
        sink.close()


# ---- the manifest: what the site builder made, committed to by the log ----


def _manifest(staging: Path) -> bytes:
    """Every file the site builder made (pages, scripts, shells) with its digest, and which templates fill the shells."""
    files = {}
    for path in sorted(staging.rglob("*")):
        if path.is_file() and not path.is_symlink():
            files[path.relative_to(staging).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return canonical_json({"files": files, "templates": templates_digest()})


def _log_manifest(paths: PressPaths, manifest: bytes, press: Press) -> str:
    """Appends the manifest's commitment unless it is the one in force already."""
    digest = hashlib.sha256(manifest).hexdigest()
    target = paths.log / "manifest" / f"{digest}.json"
    if not target.exists():
        write_whole(paths, target, manifest)
    log = press.log()
    in_force = paths.press / "manifest"
    if not in_force.exists() or in_force.read_text() != digest:
        log.append([Entry(digest).canonical()])
        write_whole(paths, in_force, digest.encode())
    return digest


# ---- releases on disk ----


def _numbers(paths: PressPaths) -> list[str]:
    return sorted(path.name for path in paths.releases.iterdir() if path.name.isdigit())


def _note_left(paths: PressPaths, size: int) -> None:
    """The release that is left covers the log up to here: a way back to it starts from this."""
    live = paths.live()
    if live is not None and paths.release_note(live.name).exists():
        note = json.loads(paths.release_note(live.name).read_bytes())
        write_whole(paths, paths.release_note(live.name), json.dumps({**note, "size": size, "late": late_covered(paths)}).encode())


def _switch(paths: PressPaths, number: str) -> None:
    beside = paths.data_dir / ".current.next"
    beside.unlink(missing_ok=True)
    beside.symlink_to(Path("releases") / number)
    beside.replace(paths.current)
    sync_folder(paths, paths.data_dir)


def _prune(paths: PressPaths) -> None:
    live = paths.live()
    for number in _numbers(paths)[:-KEPT_RELEASES]:
        if live is None or number != live.name:
            # Under a name that nobody goes back to, and that is taken away should this process be killed half way.
            gone = (paths.releases / number).rename(paths.releases / f".building-gone-{number}")
            paths.release_note(number).unlink(missing_ok=True)
            shutil.rmtree(gone)
