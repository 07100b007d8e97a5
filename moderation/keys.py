"""Key files of the staff side, each of mode 0600, made once. What each key is for stands in its own module."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def symmetric_key(folder: Path, name: str) -> bytes:
    """The 32-byte key ``name`` of the key folder, made at its first use. Two processes making it at once get the same."""
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / f".{name}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(32))
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(draft, path)  # fails where another process was first: its key stands
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
