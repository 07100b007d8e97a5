"""Key files of the public process: four sealing (public) keys, the receipt keys, and the key that signs proofs. No opening key."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.core.errors import Refusal
from portal.core.reports import IntakeKeys
from portal.core.sealing import SealingKey

SEALING_KEYS = ("office", "custodian", "guard", "notice")
RECEIPT_KEY = "receipt.key"
SIGNING_KEY = "proof-signing.key"
SIGNING_PUBLIC = "proof-signing.pub"


def write_key_file(path: Path, data: bytes) -> None:
    """Writes a key file of mode 0600 that did not exist, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, path)
    finally:
        draft.unlink()


def read_key_file(path: Path) -> bytes:
    """The bytes of a key file. Raises Refusal, naming the file, when it is missing or open to others."""
    if not path.exists():
        raise Refusal(f"缺少密钥文件 {path.name}。请先运行 ./disclosure init")
    if path.stat().st_mode & 0o077:
        raise Refusal(f"密钥文件 {path.name} 能被别的用户读取。请运行 chmod 600 后再启动")
    return path.read_bytes()


def receipt_key_files(folder: Path) -> list[Path]:
    """The receipt key files, the current one first, then older ones (receipt-1.key, receipt-2.key …, newest first)."""
    older = sorted(folder.glob("receipt-*.key"), key=lambda path: int(path.stem.split("-")[1]), reverse=True)
    return [folder / RECEIPT_KEY, *older]


def load_intake_keys(folder: Path) -> IntakeKeys:
    """All keys the public process is given. Raises Refusal when one is missing, readable by others, or no key."""
    try:
        sealing = {name: SealingKey.from_bytes(read_key_file(folder / f"{name}.pub")).loaded() for name in SEALING_KEYS}
        receipts = tuple(read_key_file(path) for path in receipt_key_files(folder))
        signing = Ed25519PrivateKey.from_private_bytes(read_key_file(folder / SIGNING_KEY))
    except ValueError as error:
        raise Refusal("收件密钥文件已损坏，请从备份恢复") from error
    return IntakeKeys(**sealing, receipt_keys=receipts, signing=signing)


def make_public_side_keys(folder: Path) -> None:
    """Makes the two secrets the public process holds, where they are missing."""
    if not (folder / RECEIPT_KEY).exists():
        write_key_file(folder / RECEIPT_KEY, secrets.token_bytes(32))
    if not (folder / SIGNING_KEY).exists():
        key = Ed25519PrivateKey.generate()
        write_key_file(folder / SIGNING_KEY, key.private_bytes_raw())
        (folder / SIGNING_PUBLIC).write_bytes(key.public_key().public_bytes_raw())
