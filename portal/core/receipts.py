"""The receipt (查询码): 40 digits in 8 groups, 106 random bits. Makes it, reads it back, and makes its keys. Stores nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import cached_property
from typing import NewType

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.core.sealing import OpeningKey, SealingKey, opened, unlock

ReceiptCode = NewType("ReceiptCode", str)
"""40 digits without spaces. Never in a URL, cookie, log, mail or error."""

GROUPS = 8
GROUP_DIGITS = 5
CODE_DIGITS = GROUPS * GROUP_DIGITS
_DATA_DIGITS = GROUPS * (GROUP_DIGITS - 1)

# Damm's table: any one wrong digit and any two neighbours changed about are caught. Each group starts from its own
# number, so two whole groups changed about are caught too.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

# As spoken and as typed on a Chinese phone: 幺 is one, 两 is two; full-width digits are digits.
_SPOKEN = str.maketrans("零〇洞一幺二两三四五六七拐八九勾０１２３４５６７８９", "00011223456778990123456789")
_FILLING = re.compile(r"[\s\-‐‑–—－_.,，。、·:：/\u200b-\u200f\u2060\ufeff]+")


class ReceiptTypo(Exception):
    """The code was mistyped. ``groups`` are the numbers, from 1, of the groups that cannot be right; empty: wrong length."""

    def __init__(self, groups: tuple[int, ...]) -> None:
        super().__init__("a mistyped code")
        self.groups = groups


def _check_digit(group: int, digits: str) -> str:
    state = group
    for digit in digits:
        state = _DAMM[state][int(digit)]
    return str(state)


def new_receipt_code(nonce: bytes, key: bytes) -> ReceiptCode:
    """The receipt of the form with this one-time ``nonce``: the same form gives the same receipt, without our storing either."""
    secret = hmac.digest(_derived(key, b"receipt code"), nonce, "sha256")
    digits = str(int.from_bytes(secret, "big") % 10**_DATA_DIGITS).zfill(_DATA_DIGITS)
    size = GROUP_DIGITS - 1
    parts = [digits[place * size : (place + 1) * size] for place in range(GROUPS)]
    return ReceiptCode("".join(part + _check_digit(group, part) for group, part in enumerate(parts)))


def in_groups(code: ReceiptCode) -> tuple[str, ...]:
    """The code as it is printed and read out: eight groups of five digits."""
    return tuple(code[place : place + GROUP_DIGITS] for place in range(0, CODE_DIGITS, GROUP_DIGITS))


def read_receipt_code(typed: str) -> ReceiptCode:
    """The code a person typed, spoke or pasted. Raises ReceiptTypo, naming the groups whose check digit does not fit."""
    digits = _FILLING.sub("", typed[:400].translate(_SPOKEN))
    if len(digits) != CODE_DIGITS or not digits.isascii() or not digits.isdigit():
        raise ReceiptTypo(())
    code = ReceiptCode(digits)
    wrong = tuple(number for number, part in enumerate(in_groups(code)) if _check_digit(number, part[:-1]) != part[-1])
    if wrong:
        raise ReceiptTypo(tuple(number + 1 for number in wrong))
    return code


def receipt_digest(code: ReceiptCode, key: bytes) -> bytes:
    """What the store keeps instead of the code: 32 bytes, keyed, so that the store alone tests no guess."""
    return hmac.digest(_derived(key, b"receipt digest"), code.encode("ascii"), "sha256")


@dataclass(frozen=True)
class ReceiptKeys:
    """All that a receipt can do: open its mail, and salt its proof. Made from the code alone, so key rotation leaves it be."""

    code: ReceiptCode

    @cached_property
    def _opening(self) -> OpeningKey:
        return OpeningKey(_stretched(self.code.encode("ascii"), b"receipt opening key", 96))

    @cached_property
    def _private(self) -> MLKEM768X25519PrivateKey:
        return self._opening.loaded()

    @cached_property
    def _publics(self) -> tuple[SealingKey, MLKEM768X25519PublicKey]:
        return self._opening.publics()

    @property
    def public(self) -> SealingKey:
        """The key to which replies and states are sealed."""
        return self._publics[0]

    @property
    def sealing(self) -> MLKEM768X25519PublicKey:
        """The same, as the library wants it."""
        return self._publics[1]

    @cached_property
    def salt(self) -> bytes:
        """Salts the digest of the printed proof: without the receipt nobody can test a guess against it."""
        return _stretched(self.code.encode("ascii"), b"receipt proof salt", 32)

    def open(self, wrapped_key: bytes, box: bytes, purpose: bytes) -> bytes:
        """Opens mail whose key was wrapped to this receipt. Raises CannotOpen."""
        return unlock(opened(wrapped_key, self._private, purpose), box, purpose)

    def __repr__(self) -> str:
        return "ReceiptKeys(…)"


def _stretched(secret: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=b"disclosure " + purpose).derive(secret)


_DERIVED: dict[tuple[bytes, bytes], bytes] = {}


def _derived(key: bytes, purpose: bytes) -> bytes:
    """One key file, one key a purpose. Kept in memory: derived for every form."""
    slot = (hashlib.sha256(key).digest(), purpose)
    if slot not in _DERIVED:
        _DERIVED[slot] = _stretched(key, purpose, 32)
    return _DERIVED[slot]


def derived_key(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose of the public process (form tokens, replay boxes), derived from its one key file."""
    return _derived(key, b"public process: " + purpose)
