"""How far a whole build is: a small file that the build writes and the desk reads. Counted pages, never a guess."""

from __future__ import annotations

import json
from dataclasses import dataclass

from moderation.press.paths import PressPaths, write_whole

FILE = "building.json"


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` records have their pages in the release that is being made."""

    done: int
    total: int


def tell(paths: PressPaths, done: int, total: int) -> None:
    """Writes down how far the build is."""
    write_whole(paths, paths.press / FILE, json.dumps([done, total]).encode(), durable=False)


def ended(paths: PressPaths) -> None:
    """The build is over, or has failed."""
    (paths.press / FILE).unlink(missing_ok=True)


def under_way(paths: PressPaths) -> Progress | None:
    """How far it is; None: no build runs."""
    try:
        done, total = json.loads((paths.press / FILE).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return Progress(done, total)
