"""Files that are the same for everybody travel compressed. Pages with a token never do: their length could be made to speak."""

from __future__ import annotations

import gzip
import re
from functools import lru_cache, partial

from flask import Flask, Response, request

KINDS = frozenset(
    {
        "text/html",
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/json",
        "application/xml",
        "text/xml",
        "text/plain",
        "text/csv",
        "image/svg+xml",
    }
)
# Written for whoever changes the file; a fifth of what a phone would fetch. In scripts only those that stand on lines of their own.
COMMENTS = {
    "text/css": re.compile(rb"/\*.*?\*/\n?", re.DOTALL),
    "text/javascript": re.compile(rb"^[ \t]*/\*.*?\*/\n", re.DOTALL | re.MULTILINE),
}
SMALLEST, LARGEST = 400, 262_144
"""Bytes. Shorter ones gain nothing; longer ones are tiles and data sets, fetched by programs or by range."""


def register_compression(app: Flask, *endpoints: str) -> None:
    """Compresses what these endpoints answer, for browsers that say they can read it. Name only those that serve plain files."""
    app.after_request(partial(compress, frozenset(endpoints)))


def compress(endpoints: frozenset[str], response: Response) -> Response:
    """The answer, smaller where it may be. A weak ETag still matches what the browser kept."""
    if request.endpoint not in endpoints or response.status_code != 200 or response.mimetype not in KINDS:
        return response
    response.vary.add("Accept-Encoding")
    wanted = request.accept_encodings["gzip"] > 0 and "Range" not in request.headers
    if not wanted or not SMALLEST <= (response.content_length or 0) <= LARGEST:
        return response
    response.direct_passthrough = False
    response.set_data(_squeezed(response.get_data(), response.mimetype))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)
    etag = response.get_etag()[0]
    if etag:
        response.set_etag(etag, weak=True)
    return response


@lru_cache(maxsize=256)
def _squeezed(data: bytes, kind: str) -> bytes:
    return gzip.compress(COMMENTS[kind].sub(b"", data) if kind in COMMENTS else data, 9, mtime=0)
