"""A small S3-compatible server on this machine, strict where a real one is: every signature is checked (AWS Signature Version 4).

It counts requests and can be told to fail, to be full, or to cut a line in the middle. Written from the public description of
the protocol, with another library than the client under test, so that an error of ours is not hidden by an error of ours.
"""

from __future__ import annotations

import hashlib
import hmac
import http.server
import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest

BUCKET = "yunling"
KEY_ID, SECRET, REGION = "office", "secret/of+the=office", "us-east-1"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w{64})"
)


@dataclass
class Stored:
    """An object as it was put."""

    data: bytes
    headers: dict[str, str]


@dataclass
class Faults:
    """What goes wrong. ``statuses``: answers to the next puts, in order; ``cut_after``: puts until the line is cut once."""

    statuses: list[int] = field(default_factory=list)
    cut_after: int = -1


@dataclass
class ObjectServer:
    """The state of the running server; ``seen`` lists each request as "PUT /key"."""

    port: int = 0
    objects: dict[str, Stored] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)

    def count(self, verb: str) -> int:
        return sum(line.startswith(f"{verb} ") for line in self.seen)


def what_is_wrong(
    verb: str, target: str, headers: dict[str, str], body: bytes, *, key_id: str = KEY_ID, secret: str = SECRET
) -> str:
    """The S3 error code of a request, "" where key and signature are right. Header names in lower case; ``target`` as sent."""
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        return "AccessDenied"
    named, day, region, signed, given = found.groups()
    if named != key_id:
        return "InvalidAccessKeyId"
    said = headers.get("x-amz-content-sha256", "")
    if said not in {"UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()}:
        return "XAmzContentSHA256Mismatch"
    if not {"host", "x-amz-date"} <= set(signed.split(";")):
        return "AccessDenied"
    path, _, query = target.partition("?")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    canonical = "\n".join((
        verb, quote(unquote(path), safe="/-_.~"), "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs),
        "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed.split(";")), signed, said,
    ))  # fmt: skip
    scope = f"{day}/{region}/s3/aws4_request"
    to_sign = "\n".join(("AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    right = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return "" if hmac.compare_digest(right, given) else "SignatureDoesNotMatch"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: ObjectServer

    def log_message(self, *_args: object) -> None:
        return

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        self.store.seen.append(f"{self.command} {key or parts.query}")
        wrong = what_is_wrong(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        if wrong or bucket != BUCKET:
            self._refuse(403 if wrong else 404, wrong or "NoSuchBucket")
        elif self.command == "PUT":
            self._put(key, body)
        elif self.command == "POST" and "delete" in parts.query:
            self._delete_many(body)
        elif self.command == "DELETE":
            self.store.objects.pop(key, None)
            self._answer(204)
        else:
            self._get(key)

    def _put(self, key: str, body: bytes) -> None:
        faults = self.store.faults
        faults.cut_after -= 1
        if faults.cut_after == 0:
            self.close_connection = True  # The line is cut before any answer.
            self.connection.close()
            return
        if faults.statuses:
            self._refuse(faults.statuses.pop(0), "SlowDown")
            return
        kept = ("content-type", "cache-control", "content-encoding")
        self.store.objects[key] = Stored(body, {name: self.headers[name] for name in kept if self.headers[name]})
        self._answer(200, headers={"ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'})

    def _get(self, key: str) -> None:
        found = self.store.objects.get(key)
        if found is None:
            self._refuse(404, "NoSuchKey")
            return
        tag = f'"{hashlib.md5(found.data, usedforsecurity=False).hexdigest()}"'
        self._answer(200, found.data, {"ETag": tag, "Last-Modified": "Fri, 20 Nov 2026 04:00:00 GMT", **found.headers})

    def _delete_many(self, body: bytes) -> None:
        names = [each.text or "" for each in ET.fromstring(body).iter() if each.tag.endswith("Key")]
        self.store.seen += [f"DELETE {name}" for name in names]
        for name in names:
            self.store.objects.pop(name, None)
        gone = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
        self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode(), {"Content-Type": "application/xml"})

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle


@pytest.fixture
def object_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectServer]:
    """A server with one empty bucket; the usual AWS_* variables point to it."""
    store = ObjectServer()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"store": store}))
    server.daemon_threads = True
    store.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{store.port}", "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION, "AWS_ALLOW_HTTP": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield store
    server.shutdown()
    server.server_close()
    thread.join()
