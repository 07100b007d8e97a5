"""The publication log: an append-only Merkle tree of every revision ever published, and how anyone checks it.

Here: entries, RFC 6962 hashing, the C2SP tlog-tiles layout, signed checkpoints (signed-note format, Ed25519), proofs,
and reading. Not here: appending and signing (moderation.press.log_writer).

Layout below the log's address (``/log/`` on the site), all static files::

    checkpoint                       signed head: origin, size, root
    verify-key                       the public key, as one "vkey" line
    tile/<L>/<N>[.p/<W>]             hashes, 256 a tile; N in groups of three digits: x001/x234/067
    tile/entries/<N>[.p/<W>]         the entries themselves, each after its length (two bytes, big-endian)
    manifest/<sha256>.json           what a ``site`` entry commits to: path → sha256 of every shell and static file

An entry is canonical JSON: ``{"commitment", "id", "kind", "revision", "state", "type": "record"}`` or
``{"commitment", "type": "site"}``, or ``{"commitment", "day", "type": "receipts"}``: the root over the receipts given on a day.
The commitment of a record is the SHA-256 of its canonical bytes, salt included, so
that the log keeps no word of a record that was withdrawn.

Specifications: RFC 6962 section 2.1; C2SP tlog-tiles, tlog-checkpoint, signed-note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portal.core.public_record import PublicRecord, canonical_json

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
HASH_SIZE = 32
LONGEST_ENTRY = 65_535
ED25519 = b"\x01"


class BadLog(ValueError):
    """The log, a proof or a signature does not hold. Nothing after it can be trusted."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def empty_root() -> bytes:
    return hashlib.sha256(b"").digest()


# ---- entries ----

_RECORD = re.compile(
    rb'\{"commitment":"([0-9a-f]{64})","id":"([a-z0-9-]+)","kind":"([a-z-]+)","revision":([1-9][0-9]{0,8}),'
    rb'"state":"([a-z]+)","type":"record"\}\n'
)
"""A record's entry as nearly all are: nothing in it that JSON would write differently. Read four times as fast."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf. ``kind`` "site" entries have no id, revision or state ("" and 0); of "receipts" entries ``day`` is the day."""

    commitment: str
    id: str = ""
    kind: str = ""
    revision: int = 0
    state: str = ""
    day: str = ""

    @property
    def is_record(self) -> bool:
        return bool(self.id)

    def canonical(self) -> bytes:
        if self.day:
            return canonical_json({"commitment": self.commitment, "day": self.day, "type": "receipts"})
        if not self.is_record:
            return canonical_json({"commitment": self.commitment, "type": "site"})
        plain = (
            f'{{"commitment":"{self.commitment}","id":"{self.id}","kind":"{self.kind}","revision":{self.revision},'
            f'"state":"{self.state}","type":"record"}}\n'
        ).encode()
        if _RECORD.fullmatch(plain):
            return plain
        return canonical_json(
            {
                "commitment": self.commitment,
                "id": self.id,
                "kind": self.kind,
                "revision": self.revision,
                "state": self.state,
                "type": "record",
            }
        )

    @classmethod
    def of(cls, record: PublicRecord) -> Entry:
        return cls(record.commitment(), record.id, record.kind, record.revision, record.state)

    @classmethod
    def parse(cls, data: bytes) -> Entry:
        found = _RECORD.fullmatch(data)
        if found:
            digest, record_id, kind, revision, state = map(bytes.decode, found.groups())
            return cls(digest, record_id, kind, int(revision), state)
        try:
            plain = json.loads(data)
            kind = plain.pop("type")
            entry = cls(**plain) if kind in {"record", "site", "receipts"} else None
        except (ValueError, KeyError, TypeError, AttributeError):
            entry = None
        if entry is None or entry.canonical() != data:
            raise BadLog("存证记录中有无法识别的条目")
        return entry


def pack_entries(entries: list[bytes]) -> bytes:
    """An entry bundle: each entry after its length."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_entries(bundle: bytes) -> list[bytes]:
    entries, at = [], 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2], "big")
        entry = bundle[at + 2 : at + 2 + length]
        if len(entry) != length or at + 2 > len(bundle):
            raise BadLog("存证条目文件残缺")
        entries.append(entry)
        at += 2 + length
    return entries


# ---- tiles ----


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """``tile/0/x001/067`` for a full tile, ``tile/entries/000.p/17`` for a partial one."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    name = "/".join(reversed(groups))
    return f"tile/{level}/{name}" + ("" if width == TILE_WIDTH else f".p/{width}")


def tile_width(size: int, level: int, number: int) -> int:
    """How many hashes tile ``number`` of ``level`` holds in a tree of ``size`` leaves."""
    return min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - number * TILE_WIDTH)


Read = Callable[[str], bytes]
"""Reads one file of the log by its path; raises FileNotFoundError when it is not there."""


class LogReader:
    """The log as its static files show it, at the size it is asked about. Hashes of full tiles are kept in memory."""

    def __init__(self, read: Read, size: int) -> None:
        self.read = read
        self.size = size
        self._kept: dict[tuple[int, int], bytes] = {}

    def node(self, height: int, number: int) -> bytes:
        """The hash of the perfect subtree of 2**height leaves with this number."""
        level, rest = divmod(height, TILE_HEIGHT)
        first = number << rest
        tile = self._tile(level, first >> TILE_HEIGHT)
        start = (first % TILE_WIDTH) * HASH_SIZE
        hashes = [tile[at : at + HASH_SIZE] for at in range(start, start + (HASH_SIZE << rest), HASH_SIZE)]
        if any(len(each) != HASH_SIZE for each in hashes):
            raise BadLog("存证哈希文件残缺")
        return fold(hashes)

    def root(self, size: int | None = None) -> bytes:
        return self.range_hash(0, self.size if size is None else size)

    def range_hash(self, start: int, end: int) -> bytes:
        """RFC 6962 MTH of the leaves start..end, where start is the start of a subtree of the tree."""
        if start == end:
            return empty_root()
        pieces = []
        while start < end:
            height = (end - start).bit_length() - 1
            pieces.append(self.node(height, start >> height))
            start += 1 << height
        result = pieces.pop()
        while pieces:
            result = node_hash(pieces.pop(), result)
        return result

    def entries(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Index and bytes of the entries from ``start`` on."""
        for number in range(start // TILE_WIDTH, -(-self.size // TILE_WIDTH)):
            width = tile_width(self.size, 0, number)
            bundle = unpack_entries(self._read("entries", number, width))[:width]
            if len(bundle) != width:
                raise BadLog("存证条目文件残缺")
            for index, entry in enumerate(bundle, number * TILE_WIDTH):
                if index >= start:
                    yield index, entry

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """RFC 6962 audit path of leaf ``index`` in the tree of ``size`` leaves, from the leaf upwards."""
        return self._path(index, 0, self.size if size is None else size)

    def consistency_proof(self, old: int, size: int | None = None) -> list[bytes]:
        """RFC 6962 proof that the tree of ``old`` leaves is the beginning of the tree of ``size`` leaves."""
        size = self.size if size is None else size
        return [] if old in {0, size} else self._subproof(old, 0, size, whole=True)

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self._path(index, start, middle), self.range_hash(middle, end)]
        return [*self._path(index, middle, end), self.range_hash(start, middle)]

    def _subproof(self, old: int, start: int, end: int, *, whole: bool) -> list[bytes]:
        if old == end:
            return [] if whole else [self.range_hash(start, end)]
        middle = start + _split(end - start)
        if old <= middle:
            return [*self._subproof(old, start, middle, whole=whole), self.range_hash(middle, end)]
        return [*self._subproof(old, middle, end, whole=False), self.range_hash(start, middle)]

    def _tile(self, level: int, number: int) -> bytes:
        kept = self._kept.get((level, number))
        if kept is None:
            width = tile_width(self.size, level, number)
            kept = self._read(level, number, width)[: width * HASH_SIZE]
            if len(kept) != width * HASH_SIZE:
                raise BadLog("存证哈希文件残缺")
            self._kept[level, number] = kept
        return kept

    def _read(self, level: int | str, number: int, width: int) -> bytes:
        try:
            return self.read(tile_path(level, number, width))
        except FileNotFoundError:
            # The log grew since the checkpoint was read: the unfinished tile has given way to the full one.
            return self.read(tile_path(level, number))


def fold(hashes: list[bytes]) -> bytes:
    """The root of a perfect tree over these hashes; their number is a power of two."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _split(width: int) -> int:
    """The largest power of two smaller than ``width``."""
    return 1 << (width - 1).bit_length() - 1


def root_of(leaves: list[bytes]) -> bytes:
    """The root over leaf hashes held in memory: what a verifier computes from the entries themselves."""
    if not leaves:
        return empty_root()
    if len(leaves) == 1:
        return leaves[0]
    level = leaves
    while len(level) > 1:
        paired = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[-1:] if len(level) % 2 else paired
    return level[0]


# ---- proofs ----


def verify_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> None:
    """Raises BadLog unless ``leaf`` (a leaf hash) stands at ``index`` in the tree of ``size`` leaves with this root."""
    if not 0 <= index < size:
        raise BadLog("存证序号不在日志范围内")
    number, last, result = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise BadLog("存证证明过长")
        if number & 1 or number == last:
            result = node_hash(step, result)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            result = node_hash(result, step)
        number, last = number >> 1, last >> 1
    if last != 0 or result != root:
        raise BadLog("存证证明与日志不符")


def verify_consistency(old: int, old_root: bytes, size: int, root: bytes, proof: list[bytes]) -> None:
    """Raises BadLog unless the tree of ``old`` leaves is the beginning of the tree of ``size`` leaves."""
    if old > size:
        raise BadLog("日志比早先的存证还短：有条目被删除")
    if old == size:
        if old_root != root or proof:
            raise BadLog("同一长度的日志有两个不同的存证：记录被改动过")
        return
    if old == 0:
        if old_root != empty_root() or proof:
            raise BadLog("空日志的存证不符")
        return
    _verify_grown(old, old_root, size, root, proof)


def _verify_grown(old: int, old_root: bytes, size: int, root: bytes, proof: list[bytes]) -> None:
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps:
        raise BadLog("一致性证明为空")
    number, last = old - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise BadLog("一致性证明过长")
        if number & 1 or number == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(second, step)
        number, last = number >> 1, last >> 1
    if last != 0 or first != old_root or second != root:
        raise BadLog("日志与早先的存证不一致：已公开的记录被改动过")


# ---- checkpoints ----


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key with its name, as in C2SP signed-note: ``<name>+<hash>+<base64>``."""

    name: str
    public: bytes

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifyKey:
        try:
            name, digest, coded = text.strip().split("+", 2)
            raw = base64.b64decode(coded, validate=True)
            key = cls(name, raw[1:])
        except (ValueError, binascii.Error):
            raise BadLog("验证公钥格式不对") from None
        if raw[:1] != ED25519 or len(key.public) != 32 or key.hash.hex() != digest or not good_name(name):
            raise BadLog("验证公钥格式不对")
        return key

    def verify(self, text: bytes, signature: bytes) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            raise BadLog("存证签名不对：不是本站密钥签发") from None


def good_name(name: str) -> bool:
    """Names of keys and logs: not empty, no white space, no plus sign."""
    return bool(name) and not re.search(r"[\s+]", name)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the log: how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    def body(self) -> bytes:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()

    @classmethod
    def parse(cls, note: bytes) -> tuple[Checkpoint, bytes, list[str]]:
        """The checkpoint, the signed bytes, and the signature lines. Checks no signature."""
        try:
            body, _, signatures = note.decode().rpartition("\n\n")
            lines = body.split("\n")
            size = int(lines[1])
            root = base64.b64decode(lines[2], validate=True)
        except (ValueError, IndexError, binascii.Error):
            raise BadLog("存证文件格式不对") from None
        if len(root) != HASH_SIZE or str(size) != lines[1] or size < 0 or not note.endswith(b"\n"):
            raise BadLog("存证文件格式不对")
        return cls(lines[0], size, root), (body + "\n").encode(), signatures.rstrip("\n").split("\n")


def signature_line(key: VerifyKey, signature: bytes) -> str:
    return f"— {key.name} {base64.b64encode(key.hash + signature).decode()}\n"


def open_checkpoint(note: bytes, key: VerifyKey) -> Checkpoint:
    """The checkpoint in a signed note, when ``key`` signed it. Signatures of other keys (witnesses) are passed over."""
    checkpoint, body, signatures = Checkpoint.parse(note)
    for line in signatures:
        words = line.split(" ")
        if len(words) != 3 or words[0] != "—" or words[1] != key.name:
            continue
        try:
            raw = base64.b64decode(words[2], validate=True)
        except binascii.Error:
            continue
        if raw[:4] == key.hash:
            key.verify(body, raw[4:])
            return checkpoint
    raise BadLog("存证没有本站密钥的签名")
