"""Delivers the built site elsewhere: folder, rsync host, S3-compatible store. Only what changed; what is gone goes first."""

from __future__ import annotations

import argparse
import hashlib
import json
import mimetypes
import os
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from moderation.administration import add_data, opened, say
from moderation.office import Office
from moderation.press.paths import PressPaths, lock, write_whole
from portal.core.errors import Refusal

MINUTE = "public, max-age=60, must-revalidate"
YEAR = "public, max-age=31536000, immutable"
PATIENCE = timedelta(minutes=2)
"""How long an object store is asked again before the delivery fails and waits for the worker's next turn."""

_FOR_EVER = ("log/tile/", "media/")


@dataclass(frozen=True)
class Delivered:
    """What one delivery did: files sent, files taken away."""

    sent: int
    removed: int


class Place(Protocol):
    """Where a site can be put."""

    def put(self, root: Path, paths: list[str]) -> None: ...
    def remove(self, paths: list[str]) -> None: ...


def cache_header(path: str) -> str:
    """How long a browser or cache may keep a file: what never changes a year, everything else a minute."""
    return YEAR if path.startswith(_FOR_EVER) else MINUTE


class FolderPlace:
    """Another folder of this machine. A file is whole or absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, root: Path, paths: list[str]) -> None:
        for path in paths:
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            half = target.with_name(f".{target.name}.half")
            shutil.copyfile(root / path, half)
            half.replace(target)

    def remove(self, paths: list[str]) -> None:
        for path in paths:
            (self.folder / path).unlink(missing_ok=True)


class RsyncPlace:
    """A folder of another host, by the system's rsync. ``target``: what rsync takes, such as web01:/srv/site."""

    def __init__(self, target: str) -> None:
        if shutil.which("rsync") is None:
            raise Refusal("本机没有 rsync。请先安装，或改用文件夹、对象存储", clause="安装说明：可选组件 rsync")
        self.target = target.rstrip("/") + "/"

    def _run(self, *words: str) -> None:
        done = subprocess.run(["rsync", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Refusal(f"rsync 没有送成：{(done.stderr or done.stdout).strip().splitlines()[-1]}")

    def put(self, root: Path, paths: list[str]) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".list") as names:
            names.write("".join(f"{path}\n" for path in paths))
            names.flush()
            # --delay-updates: every file of this delivery is put in place at the end, by rename. --ignore-times: what
            # changed is known here; rsync would take a page of the same length and second for the old one.
            self._run("-rLt", "--ignore-times", "--delay-updates", f"--files-from={names.name}", f"{root}/", self.target)

    def remove(self, paths: list[str]) -> None:
        with tempfile.TemporaryDirectory() as empty:
            rules = [f"--include=/{parent}" for path in paths for parent in _parents(path)]
            self._run("-r", "--delete", *dict.fromkeys(rules), "--exclude=*", f"{empty}/", self.target)


def _parents(path: str) -> Iterable[str]:
    parts = path.split("/")
    for depth in range(1, len(parts)):
        yield "/".join(parts[:depth]) + "/"
    yield path


class ObjectPlace:
    """An S3-compatible store (needs the extra ``s3``); each object carries its type and how long it may be kept."""

    def __init__(self, url: str) -> None:
        from obstore.store import from_url

        self.store: Any = from_url(url, retry_config={"retry_timeout": PATIENCE}) if url.startswith("s3://") else from_url(url)
        self.labelled = url.startswith("s3://")

    def put(self, root: Path, paths: list[str]) -> None:
        for path in paths:
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            labels = {"Content-Type": kind, "Cache-Control": cache_header(path)} if self.labelled else None
            with _told():
                self.store.put(path, (root / path).read_bytes(), attributes=labels)

    def remove(self, paths: list[str]) -> None:
        if paths:
            with _told():
                self.store.delete(paths)


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong at the store as one sentence for the desk."""
    from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError

    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError) as fault:
        keys = "AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY"
        raise Refusal(f"对象存储没有送成：不认这把钥匙，或这把钥匙不能写。请核对 {keys} 和桶的权限") from fault
    except (NotFoundError, FileNotFoundError) as fault:
        raise Refusal("对象存储没有送成：没有这个桶。请核对地址和桶名") from fault
    except (BaseError, OSError) as fault:
        raise Refusal(f"对象存储没有送成：{str(fault).splitlines()[0][:200]}") from fault


def place_of(target: str) -> Place:
    """The place a target names: rsync:…, s3://…, file://…, else a folder."""
    if target.startswith("rsync:"):
        return RsyncPlace(target.removeprefix("rsync:"))
    return ObjectPlace(target) if "://" in target else FolderPlace(Path(target))


def deliver_site(paths: PressPaths, target: str, place: Place, *, cache: str = "") -> Delivered:
    """Brings ``place`` to the live release. Takes away and overwrites before it adds, so that no withdrawn page outlives it.

    ``cache``: the address of a cache in front, which is told to forget every changed and removed page.
    What was delivered is noted only at the end; a delivery cut off in the middle is done again.
    """
    live = paths.live()
    if live is None:
        raise Refusal("网站还没有生成，没有可送的")
    note = paths.press / f"delivered-{hashlib.sha256(target.encode()).hexdigest()[:12]}.json"
    with lock(paths, "press"):
        now, before = _listing(live), _noted(note)
        gone = sorted(before.keys() - now.keys())
        changed = sorted(path for path in now.keys() & before.keys() if now[path] != before[path])
        new = sorted(now.keys() - before.keys())
        place.remove(gone)
        place.put(live, changed)
        # Pages last: a page must not be there before what it links to.
        place.put(live, sorted(new, key=lambda path: (path.endswith("index.html"), path)))
        purge(cache, [*gone, *changed])
        write_whole(paths, note, json.dumps(now, separators=(",", ":")).encode())
    return Delivered(len(changed) + len(new), len(gone))


def purge(cache: str, paths: Iterable[str]) -> None:
    """PURGE requests for these pages. A cache that does not answer fails the delivery, so that it is done again."""
    for path in paths if cache else ():
        place = f"{cache.rstrip('/')}/{path.removesuffix('index.html')}"
        try:
            urllib.request.urlopen(urllib.request.Request(place, method="PURGE"), timeout=10).close()
        except OSError as error:
            raise Refusal(f"缓存没有清除：{place}（{error}）") from None


def _listing(live: Path) -> dict[str, list[int]]:
    """Every public file with size and time; the log behind its link included."""
    found: dict[str, list[int]] = {}
    for folder, _, names in os.walk(live, followlinks=True):
        for name in names:
            path = Path(folder) / name
            facts = path.stat()
            found[path.relative_to(live).as_posix()] = [facts.st_size, facts.st_mtime_ns]
    return found


def _noted(note: Path) -> Mapping[str, list[int]]:
    try:
        return dict(json.loads(note.read_bytes()))
    except FileNotFoundError:
        return {}


def deliver_as_set(office: Office, at: datetime) -> None:  # noqa: ARG001
    """The worker's job: delivers to ``DISCLOSURE_DELIVER_TO`` where it is set; ``DISCLOSURE_PURGE`` names a cache in front."""
    target = os.environ.get("DISCLOSURE_DELIVER_TO")
    if target:
        deliver_site(PressPaths(office.data), target, place_of(target), cache=os.environ.get("DISCLOSURE_PURGE", ""))


def deliver_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument(
        "--to", required=True, help="文件夹、rsync:主机:路径、s3://桶/前缀 / folder, rsync:host:path, s3://bucket/prefix"
    )
    parser.add_argument("--purge", default="", help="前置缓存的地址，改动和撤下的页面叫它忘掉 / cache to purge")


def deliver(args: argparse.Namespace) -> int:
    """`disclosure deliver`: delivers the live site once."""
    try:
        done = deliver_site(PressPaths(opened(args).data), args.to, place_of(args.to), cache=args.purge)
    except Refusal as refusal:
        say(refusal.reason)
        return 1
    say(f"已送 {done.sent} 个文件，移走 {done.removed} 个。")
    return 0
