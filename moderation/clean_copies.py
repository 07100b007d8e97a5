"""Clean copies (干净副本) of pictures and PDFs, made by a child that holds no key. Nothing else is ever shown."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from portal.core.evidence_kinds import BY_CODE

CHILD = Path(__file__).with_name("clean_child.py")
CLEANED = frozenset({"jpeg", "png", "webp", "heic", "pdf"})
SECONDS = 45
NO_CAGE = 3
MOST_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True)
class CleanCopy:
    """A copy made anew. ``mime`` is what was written, not what was sent."""

    data: bytes
    mime: str
    extension: str


class NoCleanCopy(Exception):
    """None can be made; ``reason`` is one sentence for the console. The original stays sealed and can be asked for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clean_copy(original: bytes, kind: str) -> CleanCopy:
    """The clean copy of an original of this evidence kind. Raises NoCleanCopy for kinds we never render, and for damaged files."""
    if kind not in CLEANED:
        name = BY_CODE[kind].zh if kind in BY_CODE else kind
        raise NoCleanCopy(f"{name}不做预览，原件密封保存，需要时申请调阅")
    if len(original) > MOST_BYTES:
        raise NoCleanCopy("文件太大，不做预览")
    data = _from_child(original, kind)
    if kind == "pdf":
        return CleanCopy(data, "application/pdf", "pdf")
    return CleanCopy(data, "image/png", "png") if data.startswith(b"\x89PNG") else CleanCopy(data, "image/jpeg", "jpg")


def _from_child(original: bytes, kind: str) -> bytes:
    # -I: no environment, no user packages, not the project's folder. The environment is empty all the same.
    command = [sys.executable, "-I", str(CHILD), kind]
    try:
        done = subprocess.run(command, input=original, capture_output=True, timeout=SECONDS, env={}, cwd="/", check=False)
    except subprocess.TimeoutExpired:
        raise NoCleanCopy("文件处理超时，可能是有意做坏的，原件已密封保存") from None
    if done.returncode == NO_CAGE:
        raise NoCleanCopy("这台机器关不住转换程序（内核没有 seccomp），不做预览，原件已密封保存")
    if done.returncode != 0 or not done.stdout:
        raise NoCleanCopy("文件打不开或已损坏，原件已密封保存")
    return done.stdout
