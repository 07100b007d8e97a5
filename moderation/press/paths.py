"""Where the press keeps things below the data directory, and how a file is written so that a crash leaves it whole."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PressPaths:
    """``data_dir`` holds everything; the site is ``current`` (a symbolic link to the live release).

    records/<kind>/<id>.json   the hand-over: canonical bytes of every published record, tombstones included
    media/<sha256>.<ending>    pictures and attachments, named by their bytes
    log/                       the publication log, outside releases; ``/log/`` on the site
    releases/<number>/         built sites; each has symbolic links log, media → the two folders above
    press/                     the press's own notes: locks, what is unfinished, the catalogue; not public
    keys/                      the signing key (owner only)

    ``durable``: what is published survives a power cut (fsync, about 0.3 ms a file). Off only in tests.
    """

    data_dir: Path
    durable: bool = True

    @property
    def records(self) -> Path:
        return self.data_dir / "records"

    @property
    def media(self) -> Path:
        return self.data_dir / "media"

    @property
    def log(self) -> Path:
        return self.data_dir / "log"

    @property
    def releases(self) -> Path:
        return self.data_dir / "releases"

    @property
    def current(self) -> Path:
        return self.data_dir / "current"

    @property
    def press(self) -> Path:
        return self.data_dir / "press"

    @property
    def public_settings(self) -> Path:
        """The office's public settings (JSON), written by the office; may be missing."""
        return self.data_dir / "public" / "settings.json"

    @property
    def scratch(self) -> Path:
        """Half-written files; on the same disk, so that a rename puts them in place at once."""
        return self.press / "scratch"

    @property
    def signing_key(self) -> Path:
        return self.data_dir / "keys" / "publication-log.pem"

    def record(self, kind: str, record_id: str) -> Path:
        return self.records / kind / f"{record_id}.json"

    def release_note(self, number: str) -> Path:
        """What is known of a release; without it, it is none to go back to.

        ``size``: log entries its pages cover. ``manifest``: digest. Once it was left, ``late``: entries its feeds and data
        sets cover at least; and ``forgotten``: entries up to which words no longer public were taken out of it.
        """
        return self.press / f"release-{number}.json"

    def make(self) -> None:
        """Makes the folders that are missing."""
        for folder in (self.records, self.media, self.log, self.releases, self.scratch):
            folder.mkdir(parents=True, exist_ok=True)

    def live(self) -> Path | None:
        """The live release's folder; None: nothing was built yet."""
        return self.releases / os.readlink(self.current).split("/")[-1] if self.current.is_symlink() else None


def write_whole(paths: PressPaths, path: Path, data: bytes, *, durable: bool = True) -> None:
    """Writes a file so that a reader, or a crash at any moment, sees the old bytes or the new, never a part.

    ``durable``: also after a power cut. Pages do without: see moderation.press.power.
    """
    half = paths.scratch / f"{os.getpid()}-{threading.get_ident()}.half"
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        _write_long(handle, data)
        if durable and paths.durable:
            os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.replace(half, path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(half, path)


def write_new(path: str, data: bytes) -> None:
    """Writes a file of a site that is not live yet: nobody reads it, so it need not be whole at every moment."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        _write_long(handle, data)
    finally:
        os.close(handle)


def _write_long(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def sync_folder(paths: PressPaths, folder: Path) -> None:
    if not paths.durable:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def lock(paths: PressPaths, name: str, *, wait: bool = True) -> Iterator[None]:
    """One process at a time; the system lets go of it when the process dies. ``name``: "press", "build" or "search".

    Whoever waits for "press" and another takes the other first. Without ``wait``: BlockingIOError when somebody else has it.
    """
    paths.make()
    with (paths.press / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
