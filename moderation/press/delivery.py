"""Delivery: brings the live site to where readers fetch it. Changed files only, pages before the lists that name them.

Where to is one address (``DISCLOSURE_SITE_TARGET``): empty (nginx serves ``var/current`` itself), a folder, ``rsync:`` with
rsync's own destination, or anything an S3-compatible store takes (``s3://bucket/prefix``, extra ``s3``). A cache in
front is told of every changed and removed page (``DISCLOSURE_PURGE``: an address to which PURGE requests go).

What was delivered is noted per target; a delivery that was cut off is taken up where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from moderation.press.paths import PressPaths, lock, write_whole
from portal.core.errors import Refusal

REVALIDATE = "no-cache"
SHORT = "public, max-age=300"
FOR_EVER = "public, max-age=31536000, immutable"

State = dict[str, str]
"""Path → what its file looked like when it was delivered (size and time of change; two names of one file look alike)."""


def cache_control(path: str) -> str:
    """Pages and data are asked for again each time, so that a withdrawal is seen at once; only full log tiles never change."""
    if (path.startswith("log/tile/") and ".p/" not in path) or path.startswith("log/manifest/"):
        return FOR_EVER
    return SHORT if path.startswith("assets/") else REVALIDATE


def content_type(path: str) -> str:
    if path.startswith("log/") and not path.endswith(".json"):
        return "text/plain; charset=utf-8" if path in {"log/checkpoint", "log/verify-key"} else "application/octet-stream"
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind in {"application/json", "application/xml"} else kind


class Target(Protocol):
    """A place readers fetch from."""

    def put(self, root: Path, paths: list[str]) -> None:
        """Brings these files there, in this order."""

    def remove(self, paths: list[str]) -> None: ...


class FolderTarget:
    """Another folder of this machine, e.g. a mounted share. Each file is put in place whole."""

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


class RsyncTarget:
    """Another machine, by rsync over ssh (rsync puts each file in place whole). Keys and hosts are ssh's business."""

    def __init__(self, destination: str, command: str = "rsync") -> None:
        self.destination = destination
        self.command = command

    def put(self, root: Path, paths: list[str]) -> None:
        self._run(["--copy-links", "--times", "--files-from=-", f"{root}/", self.destination], paths)

    def remove(self, paths: list[str]) -> None:
        # rsync removes what it is told to look at and does not find here.
        words = ["--recursive", "--delete-missing-args", "--ignore-missing-args", "--files-from=-", "/var/empty/", self.destination]
        self._run(words, paths)

    def _run(self, words: list[str], paths: list[str]) -> None:
        said = "\n".join(paths) + "\n"
        try:
            done = subprocess.run([self.command, *words], input=said, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise Refusal("这台机器没有 rsync，网站没有送出") from None
        if done.returncode != 0:
            raise Refusal(f"网站没有送出，rsync 说：{done.stderr.strip()[-400:]}")


class ObjectTarget:
    """An S3-compatible store. Keys and endpoint come from the usual AWS_* variables."""

    def __init__(self, store: Any) -> None:
        self.store = store

    @classmethod
    def at(cls, address: str) -> ObjectTarget:
        try:
            from obstore.store import from_url
        except ImportError:
            raise Refusal("要送到对象存储，请先安装 s3 组件（disclosure-portal[s3]）") from None
        return cls(from_url(address))

    def put(self, root: Path, paths: list[str]) -> None:
        for path in paths:
            about = {"Content-Type": content_type(path), "Cache-Control": cache_control(path)}
            self.store.put(path, (root / path).read_bytes(), attributes=about)

    def remove(self, paths: list[str]) -> None:
        for path in paths:
            self.store.delete(path)


def target_at(address: str) -> Target:
    """The target an address names. Raises Refusal when it names none."""
    if address.startswith("rsync:"):
        return RsyncTarget(address.removeprefix("rsync:"))
    if "://" in address:
        return ObjectTarget.at(address)
    if address:
        return FolderTarget(Path(address))
    raise Refusal("没有设置送达地址（DISCLOSURE_SITE_TARGET）")


@dataclass(frozen=True, slots=True)
class Delivered:
    """Paths that were brought and paths that were taken away."""

    put: tuple[str, ...]
    removed: tuple[str, ...]


def deliver(paths: PressPaths, address: str, *, target: Target | None = None, purge: str = "") -> Delivered:
    """Makes the target equal to the live site. Raises Refusal, and notes nothing, when it does not get through."""
    live = paths.live()
    if live is None:
        raise Refusal("网站还没有生成，没有可送的内容")
    target = target or target_at(address)
    note = paths.press / f"delivered-{hashlib.sha256(address.encode()).hexdigest()[:16]}.json"
    with lock(paths, "delivery"):
        before = _read(note)
        now = dict(_look(live))
        gone = sorted(before.keys() - now.keys())
        changed = sorted((path for path in now if before.get(path) != now[path]), key=_turn)
        # What is withdrawn goes first; a picture must not outlive its page.
        target.remove(gone)
        target.put(live, changed)
        _purge(purge, [*gone, *changed] if before else [])
        write_whole(paths, note, json.dumps(now, ensure_ascii=False).encode())
    return Delivered(tuple(changed), tuple(gone))


def _look(live: Path) -> Iterator[tuple[str, str]]:
    for folder, names in _folders(live):
        for name in names:
            path = folder / name
            seen = path.stat()
            yield path.relative_to(live).as_posix(), f"{seen.st_size}-{seen.st_mtime_ns}-{seen.st_ino}"


def _folders(live: Path) -> Iterator[tuple[Path, list[str]]]:
    # Links are followed: the log lies outside the release.
    for folder, _, names in os.walk(live, followlinks=True):
        yield Path(folder), names


def _turn(path: str) -> tuple[int, str]:
    """The order of delivery: assets, record pages, lists and the rest, the log's new head last."""
    if path.startswith("assets/"):
        return 0, path
    if path == "log/checkpoint":
        return 4, path
    deep = path.startswith("records/") and path.count("/") == 3
    return (1 if deep else 3 if path == "index.html" else 2), path


def _read(note: Path) -> State:
    try:
        state: State = json.loads(note.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return state


def _purge(address: str, paths: Iterable[str]) -> None:
    """Tells a cache which pages to forget. A cache that does not answer fails the delivery, so that it is tried again."""
    if not address:
        return
    for path in paths:
        place = f"{address.rstrip('/')}/{path.removesuffix('index.html')}"
        request = urllib.request.Request(place, method="PURGE")
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except OSError as error:
            raise Refusal(f"缓存没有清除：{place}（{error}）") from None
