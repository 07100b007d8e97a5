"""A private folder in memory-backed storage for one server: what citizens wrote waits there in plain, and never on a disk."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

USUAL_PLACE = Path("/dev/shm")


@contextlib.contextmanager
def private_memory_folder(base: Path, prefix: str) -> Iterator[Path]:
    """A folder of our own (0700) in ``base``. What a killed run of ours left there goes first.

    Whether ``base`` is memory-backed is asked by `portal.settings.require_memory_backed`.
    """
    _sweep(base, prefix)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(base: Path, prefix: str) -> None:
    for folder in base.glob(f"{prefix}*-*"):
        owner = folder.name.removeprefix(prefix).split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists() and folder.stat().st_uid == os.getuid():
            shutil.rmtree(folder, ignore_errors=True)
