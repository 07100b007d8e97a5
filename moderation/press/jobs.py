"""What the worker does for the press: the site is built when there is none, and again when what it is made from changed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.press import power
from moderation.press.paths import PressPaths, lock, write_whole
from moderation.press.publishing import Press
from moderation.press.releases import PROJECT, BuildFailed, full_build
from portal.core.publication_log import BadLog
from portal.site.pages import templates_digest
from portal.site.shells import BadShell

if TYPE_CHECKING:
    # The office brings the database with it: half a second for a command that only wants the press.
    from moderation.office import Office

_SOURCES = ("site_docs", "build", "portal/web/static", "portal/translations")


_building: dict[Path, subprocess.Popen[bytes]] = {}


PAUSE_S = 600
"""Seconds before a build that failed for reasons of the machine or the records is tried again."""


def keep_built(office: Office, at: datetime) -> None:
    """The worker's job. A build that failed is not tried again until something it is made from has changed; one that
    failed because of the disk or a record, which nobody may notice being mended, also after ten minutes.

    The first build is waited for. Later ones run in a process of their own, so that publishing goes on meanwhile; what
    is published while they run is taken into the new release.
    """
    paths = PressPaths(office.data)
    _after_a_power_cut(paths)
    power.settle_meanwhile(paths)
    running = _building.get(office.data)
    if running is not None and running.poll() is None:
        return
    _building.pop(office.data, None)
    _let_try_again(paths, at)
    if paths.live() is None:
        build_if_needed(paths)
    elif needs_build(paths):
        command = [sys.executable, "-m", "moderation.cli", "press", "--if-needed", "--data", str(office.data)]
        _building[office.data] = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _after_a_power_cut(paths: PressPaths) -> None:
    """Pages that were lost are made again at once, also where nobody publishes anything."""
    if power.lost_since(paths) is not None:
        with lock(paths, "press"):
            Press(paths).ready()


def needs_build(paths: PressPaths) -> bool:
    """Whether there is no site, or what it is made from changed since the last build, failed ones included."""
    noted, made_from = _noted(paths), digest_of_sources(paths)
    if noted.get("failed") == made_from:
        return False
    return paths.live() is None or noted.get("sources") != made_from


def build_if_needed(paths: PressPaths, press: Press | None = None) -> bool:
    """Builds when there is no site, or pages, look, words or settings changed since. True: a new release is live."""
    if not needs_build(paths):
        return False
    made_from = digest_of_sources(paths)
    try:
        full_build(paths, press=press)
    except BuildFailed as failed:
        _note(paths, {**_noted(paths), "failed": made_from, "reason": failed.reason, "again": ""})
        return False
    except (BadLog, BadShell, OSError) as error:
        reason = f"网站没有生成，线上仍是原来的版本：{error}"
        _note(paths, {**_noted(paths), "failed": made_from, "reason": reason, "again": "later"})
        return False
    _note(paths, {"sources": made_from})
    return True


def _let_try_again(paths: PressPaths, at: datetime) -> None:
    noted = _noted(paths)
    if noted.get("again") and at.timestamp() - (paths.press / "built.json").stat().st_mtime > PAUSE_S:
        _note(paths, {**noted, "failed": "", "again": ""})


def last_failure(paths: PressPaths) -> str:
    """Why the last build failed, in words for the desk; "" when it did not."""
    return str(_noted(paths).get("reason", ""))


def digest_of_sources(paths: PressPaths) -> str:
    """SHA-256 over everything a release is made from, records apart."""
    digest = hashlib.sha256(templates_digest().encode())
    if paths.public_settings.exists():
        digest.update(paths.public_settings.read_bytes())
    for folder in _SOURCES:
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _noted(paths: PressPaths) -> dict[str, str]:
    try:
        noted: dict[str, str] = json.loads((paths.press / "built.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return noted


def _note(paths: PressPaths, values: dict[str, str]) -> None:
    paths.make()
    write_whole(paths, paths.press / "built.json", json.dumps(values, ensure_ascii=False).encode())
