"""What the worker does for the press: the site is built when there is none, and again when what it is made from changed."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import cache
from pathlib import Path

from moderation.office import Office
from moderation.press.paths import PressPaths, write_whole
from moderation.press.publishing import Press
from moderation.press.releases import PROJECT, BuildFailed, full_build
from portal.site.pages import templates_digest

_SOURCES = ("site_docs", "build", "portal/web/static", "portal/translations")


def keep_built(office: Office, at: datetime) -> None:  # noqa: ARG001
    """The worker's job. A build that failed is not tried again until something it is made from has changed."""
    build_if_needed(PressPaths(office.data), _warm(str(office.data)))


@cache
def _warm(data: str) -> Press:
    # A press of its own: a long build must not hold the one that publishes, and the two see each other through the folder.
    return Press(PressPaths(Path(data)))


def build_if_needed(paths: PressPaths, press: Press | None = None) -> bool:
    """Builds when there is no site, or pages, look, words or settings changed since. True: a new release is live."""
    made_from = digest_of_sources(paths)
    if paths.live() is not None and _noted(paths).get("sources") == made_from:
        return False
    if _noted(paths).get("failed") == made_from:
        return False
    try:
        full_build(paths, press=press)
    except BuildFailed as failed:
        _note(paths, {**_noted(paths), "failed": made_from, "reason": failed.reason})
        return False
    _note(paths, {"sources": made_from})
    return True


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
