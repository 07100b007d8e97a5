"""Appends to the publication log and signs its head. The only code that holds the log's signing key.

A crash at any moment leaves the log as it was or longer by the whole append: everything is written beside the old
files first, and the new checkpoint, put in place by one rename, is what makes it count.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from moderation.press.paths import PressPaths, sync_folder, write_whole
from portal.core.publication_log import (
    HASH_SIZE,
    LONGEST_ENTRY,
    TILE_HEIGHT,
    TILE_WIDTH,
    BadLog,
    Checkpoint,
    LogReader,
    VerifyKey,
    fold,
    good_name,
    leaf_hash,
    node_hash,
    open_checkpoint,
    pack_entries,
    signature_line,
    tile_path,
    tile_width,
    unpack_entries,
)


class SigningKey:
    """The office's Ed25519 key for the log; ``verify_key`` is what everyone may know."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.verify_key = VerifyKey(name, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """The checkpoint as a signed note."""
        body = checkpoint.body()
        return body + b"\n" + signature_line(self.verify_key, self._key.sign(body)).encode()

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path, name: str) -> SigningKey:
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise BadLog("签名密钥不是 Ed25519 密钥")
        return cls(name, key)

    def save(self, path: Path) -> None:
        """Owner only; never replaces a key that is there."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.flush()
            os.fsync(file.fileno())


def signing_key(paths: PressPaths, origin: str) -> SigningKey:
    """The key of this data directory, made at the first use. ``origin``: the log's name, e.g. "yunling.example/log"."""
    if not good_name(origin):
        raise BadLog("日志名称不能为空，也不能含空格或加号")
    if not paths.signing_key.exists():
        SigningKey.generate(origin).save(paths.signing_key)
    return SigningKey.load(paths.signing_key, origin)


class LogWriter:
    """The log, open for appending. Hold the press lock while it lives or call ``refresh`` when it may have grown."""

    def __init__(self, paths: PressPaths, key: SigningKey) -> None:
        self.paths = paths
        self.key = key
        self.size = 0
        self.root = b""
        self._hashes: list[bytearray] = []
        self._entries: list[bytes] = []
        self._changed: set[int] = set()
        self.refresh()

    def refresh(self) -> None:
        """Reads the head and the unfinished tiles at the right edge; a new log is begun."""
        head = self.paths.log / "checkpoint"
        if not head.exists():
            self._begin()
            return
        checkpoint = open_checkpoint(head.read_bytes(), self.key.verify_key)
        if checkpoint.size == self.size and checkpoint.root == self.root:
            return
        self.size, self.root = checkpoint.size, checkpoint.root
        self._read_edge()
        if LogReader(self._read, self.size).root() != self.root:
            raise BadLog("存证日志的内容与签名不符，已停止发布")

    def append(self, entries: list[bytes]) -> int:
        """Appends and signs. Returns the index of the first; when this returns, a power cut cannot undo it."""
        first = self.size
        old_widths = self._widths()
        self._changed = set()
        written = [path for entry in entries for path in self._push(entry)]
        written += self._write_edge()
        for folder in {path.parent for path in written}:
            sync_folder(self.paths, folder)
        self.root = self._root()
        self._sign()
        self._sweep(old_widths)
        return first

    def _begin(self) -> None:
        self.size, self._hashes, self._entries = 0, [], []
        self.root = self._root()
        self._sign()
        write_whole(self.paths, self.paths.log / "verify-key", f"{self.key.verify_key}\n".encode())

    def _sign(self) -> None:
        note = self.key.sign(Checkpoint(self.key.verify_key.name, self.size, self.root))
        write_whole(self.paths, self.paths.log / "checkpoint", note)
        sync_folder(self.paths, self.paths.log)

    def _push(self, entry: bytes) -> list[Path]:
        """Adds one entry at the edge; writes each tile that became full."""
        if len(entry) > LONGEST_ENTRY:
            raise BadLog("存证条目过长")
        written = []
        self._entries.append(entry)
        self.size += 1
        if len(self._entries) == TILE_WIDTH:
            written.append(self._write(tile_path("entries", self.size // TILE_WIDTH - 1), pack_entries(self._entries)))
            self._entries = []
        rising: bytes | None = leaf_hash(entry)
        level = 0
        while rising is not None:
            if level == len(self._hashes):
                self._hashes.append(bytearray())
            tile = self._hashes[level]
            tile += rising
            self._changed.add(level)
            rising = None
            if len(tile) == TILE_WIDTH * HASH_SIZE:
                number = (self.size >> (8 * (level + 1))) - 1
                written.append(self._write(tile_path(level, number), bytes(tile)))
                rising = fold(_split_hashes(tile))
                self._hashes[level] = bytearray()
            level += 1
        return written

    def _write_edge(self) -> list[Path]:
        written = []
        if self._entries:
            number = self.size // TILE_WIDTH
            written.append(self._write(tile_path("entries", number, len(self._entries)), pack_entries(self._entries)))
        for level, tile in enumerate(self._hashes):
            path = tile_path(level, (self.size >> (8 * level)) // TILE_WIDTH, len(tile) // HASH_SIZE)
            if tile and level in self._changed:
                written.append(self._write(path, bytes(tile)))
        return written

    def _root(self) -> bytes:
        """From the right edge: the perfect subtrees left of each level's unfinished tile are already folded above it."""
        result: bytes | None = None
        for tile in self._hashes:
            hashes = _split_hashes(tile)
            while hashes:
                width = 1 << (len(hashes) & -len(hashes)).bit_length() - 1
                subtree = fold(hashes[-width:])
                hashes = hashes[:-width]
                result = subtree if result is None else node_hash(subtree, result)
        return result if result is not None else LogReader(self._read, 0).root()

    def _read_edge(self) -> None:
        width = self.size % TILE_WIDTH
        bundle = self._read(tile_path("entries", self.size // TILE_WIDTH, width)) if width else b""
        self._entries = unpack_entries(bundle)
        self._hashes = []
        level = 0
        while self.size >> (8 * level):
            number = (self.size >> (8 * level)) // TILE_WIDTH
            width = tile_width(self.size, level, number)
            self._hashes.append(bytearray(self._read(tile_path(level, number, width)) if width else b""))
            level += 1

    def _widths(self) -> list[tuple[int | str, int, int]]:
        """Level, number and width of the unfinished tiles."""
        edge: list[tuple[int | str, int, int]] = [("entries", self.size // TILE_WIDTH, len(self._entries))]
        for level, tile in enumerate(self._hashes):
            edge.append((level, (self.size >> (8 * level)) // TILE_WIDTH, len(tile) // HASH_SIZE))
        return edge

    def _sweep(self, old_widths: list[tuple[int | str, int, int]]) -> None:
        """Unfinished versions of a tile that is now full are no longer needed (tlog-tiles allows it)."""
        for level, number, width in old_widths:
            height = 0 if level == "entries" else TILE_HEIGHT * int(level)
            if width and (number + 1) * TILE_WIDTH <= self.size >> height:
                shutil.rmtree(self.paths.log / f"{tile_path(level, number)}.p", ignore_errors=True)

    def drop_strays(self) -> None:
        """Takes away what a killed append has left: tiles beyond the head, and unfinished versions of tiles that are full."""
        for level, number, width in [*self._widths(), (len(self._hashes), 0, 0)]:
            full = self.paths.log / tile_path(level, number)
            full.unlink(missing_ok=True)
            for part in full.parent.glob(f"{full.name}.p/*"):
                if int(part.name) > width:
                    part.unlink()
            while (full := self.paths.log / tile_path(level, number := number + 1)).parent.exists():
                if not full.exists() and not Path(f"{full}.p").exists():
                    break
                full.unlink(missing_ok=True)
                shutil.rmtree(f"{full}.p", ignore_errors=True)
        for unfinished in (self.paths.log / "tile").rglob("*.p"):
            if unfinished.with_suffix("").exists():
                shutil.rmtree(unfinished, ignore_errors=True)

    def _write(self, path: str, data: bytes) -> Path:
        target = self.paths.log / path
        write_whole(self.paths, target, data)
        return target

    def _read(self, path: str) -> bytes:
        return (self.paths.log / path).read_bytes()


def _split_hashes(tile: bytearray) -> list[bytes]:
    return [bytes(tile[at : at + HASH_SIZE]) for at in range(0, len(tile), HASH_SIZE)]
