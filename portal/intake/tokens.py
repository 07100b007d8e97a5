"""The signed, stateless token of a form: its one-time nonce and when it was made. And what a form carries for its staged files."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.core.outgoing import Attachment
from portal.core.receipts import derived_key
from portal.core.reports import new_nonce
from portal.core.staging import Upload

VALID_FOR = timedelta(hours=12)
TOO_FAST = timedelta(seconds=3)
_NONCE, _WHEN, _MAC = 16, 8, 16


@dataclass(frozen=True)
class FormToken:
    """``nonce`` is never stored anywhere but in the form itself."""

    nonce: bytes
    issued_at: datetime

    def is_expired(self, at: datetime) -> bool:
        """Whether the form was opened too long ago. Its staged files live longer, so nothing is lost."""
        return at - self.issued_at > VALID_FOR

    def is_too_fast(self, at: datetime) -> bool:
        """Whether it came back faster than a person can tick two boxes."""
        return at - self.issued_at < TOO_FAST


def new_token(at: datetime) -> FormToken:
    """A fresh token."""
    return FormToken(new_nonce(), at)


def write_token(token: FormToken, key: bytes) -> str:
    """The token as the form's hidden field carries it."""
    body = token.nonce + int(token.issued_at.timestamp()).to_bytes(_WHEN, "big")
    return base64.urlsafe_b64encode(body + _mac(body, key)).decode()


def read_token(typed: str, keys: tuple[bytes, ...]) -> FormToken | None:
    """The token, if one of our keys signed it. None: absent, cut or forged."""
    try:
        raw = base64.urlsafe_b64decode(typed.encode("ascii"))
    except (ValueError, binascii.Error):
        return None
    body, mac = raw[:-_MAC], raw[-_MAC:]
    if len(body) != _NONCE + _WHEN or not any(hmac.compare_digest(mac, _mac(body, key)) for key in keys):
        return None
    try:
        return FormToken(body[:_NONCE], datetime.fromtimestamp(int.from_bytes(body[_NONCE:], "big"), UTC))
    except (OverflowError, ValueError, OSError):
        return None


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(derived_key(key, b"form token"), body, "sha256")[:_MAC]


def write_kept(attachment: Attachment, token: FormToken, key: bytes) -> str:
    """A staged file as the form carries it: its name and key, locked and bound to this form, so that it cannot be forged."""
    return _locked(asdict(attachment), b"kept file", token, key)


def read_kept(typed: str, token: FormToken, keys: tuple[bytes, ...]) -> Attachment | None:
    """The staged file, if this form carries it. None: forged, or from another form."""
    found = _unlocked(typed, b"kept file", token, keys)
    return Attachment(**found) if found else None


def write_upload(upload: Upload, token: FormToken, key: bytes) -> str:
    """A file that is still arriving, as the browser carries it from piece to piece."""
    return _locked(asdict(upload), b"upload", token, key)


def read_upload(typed: str, token: FormToken, keys: tuple[bytes, ...]) -> Upload | None:
    """The upload, if this form carries it."""
    found = _unlocked(typed, b"upload", token, keys)
    return Upload(**found) if found else None


def _locked(values: dict[str, Any], purpose: bytes, token: FormToken, key: bytes) -> str:
    nonce = os.urandom(12)
    data = json.dumps(values, ensure_ascii=False).encode()
    box = AESGCM(derived_key(key, purpose)).encrypt(nonce, data, token.nonce)
    return base64.urlsafe_b64encode(nonce + box).decode()


def _unlocked(typed: str, purpose: bytes, token: FormToken, keys: tuple[bytes, ...]) -> dict[str, Any] | None:
    try:
        raw = base64.urlsafe_b64decode(typed.encode("ascii"))
    except (ValueError, binascii.Error):
        return None
    for key in keys:
        try:
            data = AESGCM(derived_key(key, purpose)).decrypt(raw[:12], raw[12:], token.nonce)
        except (InvalidTag, ValueError):
            continue
        found: dict[str, Any] = json.loads(data)
        return found
    return None
