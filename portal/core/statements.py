"""The proof (收件证明) a reporter may print: on this day we received a letter with this digest. Signed by a key of its own."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HEADING = "disclosure-receipt-1"


@dataclass(frozen=True)
class Statement:
    """``id``: random. ``digest``: 64 hexadecimal digits, salted from the receipt, so that it tells nothing to others."""

    id: str
    on: date
    digest: str

    def signed_bytes(self) -> bytes:
        """What the signature stands under."""
        return f"{HEADING}\n{self.id}\n{self.on.isoformat()}\n{self.digest}\n".encode("ascii")

    def leaf(self) -> bytes:
        """Its leaf in the tree of its day (RFC 6962: hashed behind a zero byte)."""
        return hashlib.sha256(b"\x00" + self.signed_bytes()).digest()


@dataclass(frozen=True)
class Proof:
    """A statement with its signature, and, once its day is over, its way to the day's root in the publication log."""

    statement: Statement
    signature: bytes
    path: tuple[tuple[str, bytes], ...] = ()

    def to_text(self) -> str:
        """Lines a person can print, photograph, type off or save."""
        lines = self.statement.signed_bytes().decode("ascii").splitlines()
        lines.append("signature " + base64.b64encode(self.signature).decode())
        lines += [f"{side} {node.hex()}" for side, node in self.path]
        return "\n".join(lines) + "\n"


class NoProof(Exception):
    """The text is no proof of ours; says which part does not fit, in the reader's words."""


def sign_statement(statement: Statement, key: Ed25519PrivateKey, path: tuple[tuple[str, bytes], ...] = ()) -> Proof:
    """Signs with the intake-only key."""
    return Proof(statement, key.sign(statement.signed_bytes()), path)


def read_proof(text: str) -> Proof:
    """Reads :meth:`Proof.to_text`, blanks and blank lines apart. Raises NoProof."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    try:
        heading, statement_id, day, digest, signature, *rest = lines
        if heading != HEADING or not signature.startswith("signature ") or len(bytes.fromhex(digest)) != 32:
            raise ValueError
        path = tuple((line.split(" ")[0], bytes.fromhex(line.split(" ")[1])) for line in rest)
        statement = Statement(statement_id, date.fromisoformat(day), digest)
        return Proof(statement, base64.b64decode(signature.removeprefix("signature "), validate=True), path)
    except (ValueError, IndexError):
        raise NoProof("这段文字不完整，请从 disclosure-receipt-1 这一行开始，一行不少地存下来") from None


def verify_signature(proof: Proof, key: Ed25519PublicKey) -> None:
    """Raises NoProof unless the intake key signed exactly this statement."""
    try:
        key.verify(proof.signature, proof.statement.signed_bytes())
    except InvalidSignature:
        raise NoProof("签名对不上：文字被改过，或者不是这个办公室签的") from None


def day_tree(leaves: list[bytes]) -> list[list[bytes]]:
    """All levels of the tree over a day's leaves, sorted so that the order of arrival is not in it; an odd node moves up."""
    levels = [sorted(leaves)]
    while len(levels[-1]) > 1:
        row = levels[-1]
        pairs = [node(row[i], row[i + 1]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
        levels.append(pairs)
    return levels


def node(left: bytes, right: bytes) -> bytes:
    """An inner node (RFC 6962: hashed behind a one byte)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def day_root(leaves: list[bytes]) -> bytes:
    """The root over a day's statements; of a day without any, the digest of nothing."""
    return day_tree(leaves)[-1][0] if leaves else hashlib.sha256(b"").digest()


def path_to_root(leaves: list[bytes], leaf: bytes) -> tuple[tuple[str, bytes], ...]:
    """The neighbours on the way from ``leaf`` to the root: ("L", node) stands left of it, ("R", node) right."""
    path: list[tuple[str, bytes]] = []
    levels = day_tree(leaves)
    place = levels[0].index(leaf)
    for row in levels[:-1]:
        beside = place ^ 1
        if beside < len(row):
            path.append(("R" if beside > place else "L", row[beside]))
        place //= 2
    return tuple(path)


def root_of(proof: Proof) -> bytes:
    """The root that the proof's way leads to; compare it with the one in the publication log."""
    value = proof.statement.leaf()
    for side, beside in proof.path:
        value = node(beside, value) if side == "L" else node(value, beside)
    return value
