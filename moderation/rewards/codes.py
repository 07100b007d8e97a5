"""Collection codes (领取码): 95 random bits and a check letter, sayable over a counter. Stores nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import NewType

from portal.core.errors import Mendable
from portal.core.ids import ALPHABET, new_id

CollectionWord = NewType("CollectionWord", str)
"""20 letters and digits without hyphens. Never in a URL, log, history or error."""

LETTERS = 19
GROUP = 5
_SIZE = len(ALPHABET)
# x^5 + x^2 + 1 over GF(2): multiplying by x keeps every weight different, so that any one wrong letter
# and any two letters changed about give another check letter.
_POLYNOMIAL = 0b100101
_MISREAD = str.maketrans("ilou", "110v")
_FILLING = re.compile(r"[\s\-‐‑–—－_.,，。、]+")


def _times_x(value: int) -> int:
    shifted = value << 1
    return shifted ^ _POLYNOMIAL if shifted & _SIZE else shifted


def _check_letter(letters: str) -> str:
    total = 0
    for letter in letters:
        total = _times_x(total ^ ALPHABET.index(letter))
    return ALPHABET[total]


def new_code() -> CollectionWord:
    """A fresh code from the system's randomness."""
    letters = new_id(LETTERS)
    return CollectionWord(letters + _check_letter(letters))


def in_groups(code: CollectionWord) -> str:
    """As printed and read out: four groups of five, capitals."""
    return "-".join(code[place : place + GROUP] for place in range(0, LETTERS + 1, GROUP)).upper()


def read_code(typed: str) -> CollectionWord:
    """The code somebody typed or read out. Raises Mendable where a letter must be wrong."""
    letters = _FILLING.sub("", typed[:80].lower()).translate(_MISREAD)
    if len(letters) != LETTERS + 1 or any(letter not in ALPHABET for letter in letters):
        raise Mendable("领取码是 20 位字母和数字，分 4 组。请再核对一遍", field="code")
    if _check_letter(letters[:-1]) != letters[-1]:
        raise Mendable("领取码有一位不对，请对照通知再输一遍", field="code")
    return CollectionWord(letters)


def code_digest(code: CollectionWord, key: bytes) -> str:
    """What the store keeps instead of the code: keyed, so that the store alone tests no guess."""
    return hmac.new(key, b"collection code " + code.encode("ascii"), hashlib.sha256).hexdigest()
