"""Random, non-serial identifiers: nobody can count our letters by looking at one."""

from __future__ import annotations

import secrets

# Crockford's alphabet: no i, l, o, u to misread.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(length: int = 16) -> str:
    """A fresh random id of ``length`` characters, 5 bits each (16 characters: 80 bits)."""
    # 32 characters, 256 byte values: every character is as likely as another.
    return "".join(ALPHABET[byte & 31] for byte in secrets.token_bytes(length))
