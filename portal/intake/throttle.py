"""Slows down guessing and flooding. Buckets and the salt of their names are in memory only; no address is kept anywhere."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass


@dataclass
class _Bucket:
    left: float
    seen: float


class Throttle:
    """Token buckets by visitor. ``burst`` at once, then ``per_minute``. At most ``most`` visitors are remembered."""

    def __init__(self, burst: int, per_minute: float, most: int = 20_000) -> None:
        self._burst, self._rate, self._most = float(burst), per_minute / 60, most
        self._salt = secrets.token_bytes(16)
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, visitor: str, *, cost: float = 1.0, now: float | None = None) -> bool:
        """Takes ``cost`` from the visitor's bucket; False when it is empty."""
        moment = time.monotonic() if now is None else now
        name = hashlib.blake2b(visitor.encode(), key=self._salt, digest_size=12).digest()
        with self._lock:
            bucket = self._buckets.pop(name, None) or _Bucket(self._burst, moment)
            bucket.left = min(self._burst, bucket.left + (moment - bucket.seen) * self._rate)
            bucket.seen = moment
            allowed = bucket.left >= cost
            if allowed:
                bucket.left -= cost
            self._buckets[name] = bucket
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        return allowed
