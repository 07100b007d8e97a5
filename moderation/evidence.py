"""The evidence store (证据): files by digest, encrypted under a key file; a folder, or an S3-compatible store by address."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from moderation.keys import symmetric_key
from moderation.office import Office
from portal.core.errors import NotThere


class Shelf(Protocol):
    """Where encrypted files lie."""

    def put(self, name: str, data: bytes) -> None: ...
    def get(self, name: str) -> bytes: ...
    def remove(self, name: str) -> None: ...


class FolderShelf:
    """A local folder; a file is whole or absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, data: bytes) -> None:
        target = self.folder / name[:2] / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = target.with_name(f".{name}.{secrets.token_hex(4)}")
        with draft.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)

    def get(self, name: str) -> bytes:
        path = self.folder / name[:2] / name
        if not path.exists():
            raise NotThere("这份证据不在库中")
        return path.read_bytes()

    def remove(self, name: str) -> None:
        (self.folder / name[:2] / name).unlink(missing_ok=True)


class ObjectShelf:
    """An S3-compatible store (needs the extra ``s3``). Keys and endpoint come from the usual AWS_* variables."""

    def __init__(self, url: str) -> None:
        from obstore.store import from_url

        self.store: Any = from_url(url)

    def put(self, name: str, data: bytes) -> None:
        self.store.put(name, data)

    def get(self, name: str) -> bytes:
        try:
            return bytes(self.store.get(name).bytes())
        except FileNotFoundError as missing:
            raise NotThere("这份证据不在库中") from missing

    def remove(self, name: str) -> None:
        self.store.delete(name)


class EvidenceStore:
    """Puts and gets files. The id of a file is the SHA-256 of its content; the shelf sees only a keyed name and ciphertext."""

    def __init__(self, shelf: Shelf, key: bytes) -> None:
        self.shelf = shelf
        self.key = key

    def _name(self, digest: str) -> str:
        return hashlib.blake2b(digest.encode(), key=self.key, digest_size=32).hexdigest()

    def put(self, data: bytes) -> str:
        """Keeps ``data``; returns its id."""
        digest = hashlib.sha256(data).hexdigest()
        nonce = secrets.token_bytes(12)
        self.shelf.put(self._name(digest), nonce + AESGCM(self.key).encrypt(nonce, data, digest.encode()))
        return digest

    def get(self, digest: str) -> bytes:
        """The file of that id. Raises NotThere when absent; a changed file does not open."""
        raw = self.shelf.get(self._name(digest))
        return AESGCM(self.key).decrypt(raw[:12], raw[12:], digest.encode())

    def remove(self, digest: str) -> None:
        """Forgets the file (destruction by two people is decided elsewhere)."""
        self.shelf.remove(self._name(digest))


def evidence_store(office: Office) -> EvidenceStore:
    """The evidence store of this office."""
    parts = urlsplit(office.evidence_url)
    shelf: Shelf = FolderShelf(Path(unquote(parts.path))) if parts.scheme == "file" else ObjectShelf(office.evidence_url)
    return EvidenceStore(shelf, symmetric_key(office.keys, "evidence.key"))
