"""What the public process is told: where its own store, keys and files lie, and the public snapshot. Nothing of the office's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.core.errors import Refusal
from portal.core.places import DATA

MEGABYTE = 1024 * 1024
MEMORY_FILESYSTEMS = frozenset({"tmpfs", "ramfs"})


@dataclass(frozen=True)
class Limits:
    """How much one person may send at once. Shown on the form before choosing."""

    files: int = 10
    file_bytes: int = 50 * MEGABYTE
    request_bytes: int = 60 * MEGABYTE
    story_characters: int = 10_000


@dataclass(frozen=True)
class IntakeSettings:
    """All settings of the public process.

    ``temporary_folder`` must be memory-backed: a posted body waits there, in plain, until it is sealed.
    ``trusted_proxy``: address of the proxy whose forwarding header is believed; "" believes none.
    ``usual_per_minute``: above this rate, letters without place or evidence go to the second tray.
    """

    intake_url: str
    keys_folder: Path
    files_folder: Path
    public_settings_path: Path
    site_folder: Path
    records_folder: Path
    temporary_folder: Path
    trusted_proxy: str = ""
    usual_per_minute: int = 600
    limits: Limits = Limits()

    @classmethod
    def from_env(cls, environ: Mapping[str, str], data: Path = DATA) -> IntakeSettings:
        """Reads DISCLOSURE_DATA and, where set, the addresses of the store, the temporary folder and the proxy."""
        data = Path(environ.get("DISCLOSURE_DATA") or data)
        return cls(
            intake_url=environ.get("DISCLOSURE_INTAKE_URL") or f"sqlite:///{data / 'intake' / 'intake.db'}",
            keys_folder=Path(environ.get("DISCLOSURE_INTAKE_KEYS") or data / "intake" / "keys"),
            files_folder=Path(environ.get("DISCLOSURE_INTAKE_FILES") or data / "intake" / "files"),
            public_settings_path=data / "public" / "settings.json",
            site_folder=data / "current",
            records_folder=data / "records",
            temporary_folder=Path(environ.get("DISCLOSURE_INTAKE_TMP") or "/dev/shm"),
            trusted_proxy=environ.get("DISCLOSURE_TRUSTED_PROXY", ""),
            usual_per_minute=int(environ.get("DISCLOSURE_USUAL_PER_MINUTE") or 600),
        )


def filesystem_of(path: Path, mounts: str) -> str:
    """The kind of file system ``path`` lies on, by the text of /proc/mounts; "" when it cannot be told."""
    real, best, kind = str(path.resolve()), "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        where = fields[1].replace("\\040", " ")
        inside = real == where or real.startswith(where.rstrip("/") + "/")
        if inside and len(where) >= len(best):
            best, kind = where, fields[2]
    return kind


def require_memory_backed(folder: Path, setting: str = "DISCLOSURE_INTAKE_TMP", mounts: str | None = None) -> None:
    """Refuses to start when posted bodies would wait on a disk, where they could be found again.

    ``setting``: the variable that names the folder. ``mounts``: the text of /proc/mounts.
    """
    text = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace") if mounts is None else mounts
    kind = filesystem_of(folder, text)
    if not folder.is_dir() or kind not in MEMORY_FILESYSTEMS:
        raise Refusal(
            f"临时目录 {folder} 不在内存里（文件系统：{kind or '未知'}），群众发来的原文可能留在磁盘上，不能启动。"
            f"请把 {setting} 设为 tmpfs 目录，例如 /dev/shm"
        )
