"""One worker process of the public side: the app on waitress, on a port that the parent holds. Started by `portal.server`."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import socket
import sys
import threading
from typing import Any

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.utilities import Error, RequestEntityTooLarge

from portal.app import create_app
from portal.core.errors import Refusal
from portal.server import REFUSED
from portal.settings import IntakeSettings

# All bodies that are on their way to one process, together. Beyond it a new large body is told to come back: memory is
# what posted bodies wait in, and it must not run out while somebody stalls on purpose.
MOST_WAITING_BYTES = 1024 * 1024 * 1024
SMALL_BODY = 512 * 1024


class WaitingBodies:
    """Counts the bytes that announced bodies will need."""

    def __init__(self, most: int) -> None:
        self._most, self._now, self._lock = most, 0, threading.Lock()

    def take(self, size: int) -> bool:
        """Reserves ``size`` bytes; False when there is no room."""
        with self._lock:
            if self._now + size > self._most:
                return False
            self._now += size
            return True

    def give_back(self, size: int) -> None:
        """Frees what was reserved."""
        with self._lock:
            self._now -= size


WAITING = WaitingBodies(MOST_WAITING_BYTES)


class Plain(Error):  # type: ignore[misc]
    """An answer given before the app is asked, in words a person understands."""

    def __init__(self, code: int, reason: str, says: str) -> None:
        super().__init__(says)
        self.code, self.reason = code, reason

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:  # noqa: ARG002
        """A small page without a single reference to anything."""
        page = (
            f'<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>没有收到</title><h1>没有收到</h1><p>{self.body}</p>'
        )
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
        return f"{self.code} {self.reason}", headers, page.encode()


TOO_LARGE = "这次发的内容超过了上限。请返回上一页，去掉大的文件，或者分几次加。您写的内容还在那一页上。"
BUSY = "现在发文件的人太多。请返回上一页，过几分钟再发。您写的内容还在那一页上。"


class CountingParser(HTTPRequestParser):  # type: ignore[misc]
    """Looks at the announced length before a byte of the body is taken."""

    error: Any
    reserved = 0

    def received(self, data: bytes) -> int:
        """Takes bytes; as soon as the headers are whole, reserves room for the body or refuses it."""
        had_headers = self.headers_finished
        consumed: int = super().received(data)
        if self.headers_finished and not had_headers:
            self._reserve()
        if isinstance(self.error, RequestEntityTooLarge):
            self.error = Plain(413, "Request Entity Too Large", TOO_LARGE)
        return consumed

    def _reserve(self) -> None:
        if self.error or self.content_length <= SMALL_BODY:
            return
        if WAITING.take(self.content_length):
            self.reserved = self.content_length
        else:
            self.error, self.completed = Plain(503, "Service Unavailable", BUSY), True

    def close(self) -> None:
        """Frees the room when the body was answered."""
        self.free()
        super().close()

    def free(self) -> None:
        """Frees the room, once."""
        if self.reserved:
            WAITING.give_back(self.reserved)
            self.reserved = 0


class CountingChannel(HTTPChannel):  # type: ignore[misc]
    """A connection that frees the room of its body also when the sender went away in the middle."""

    parser_class = CountingParser

    def handle_close(self) -> None:
        """The connection is gone."""
        if self.request is not None:
            self.request.free()
        super().handle_close()


def public_app(settings: IntakeSettings) -> Flask:
    """The app that is served."""
    return create_app(settings)


def run(fd: int, threads: int, app: Any, settings: IntakeSettings) -> None:
    """Serves ``app`` on an open listening socket until told to stop. Logs no request."""
    logging.getLogger("waitress").setLevel(logging.ERROR)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    proxy: dict[str, Any] = {}
    if settings.trusted_proxy:
        proxy = {
            "trusted_proxy": settings.trusted_proxy,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        }
    server = create_server(
        app,
        sockets=[socket.socket(fileno=fd)],
        threads=threads,
        ident="",
        connection_limit=1000,
        channel_timeout=30,
        cleanup_interval=10,
        max_request_body_size=settings.limits.request_bytes + 1024 * 1024,
        clear_untrusted_proxy_headers=True,
        asyncore_use_poll=True,
        **proxy,
    )
    server.channel_class = CountingChannel
    # What was loaded at the start lives until the end; looking through it again and again took a tenth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    server.run()


def main() -> int:
    """`python -m portal.serving FD THREADS MODULE:FUNCTION`, with the settings in the environment."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    fd, threads, target = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    settings = IntakeSettings.from_env(os.environ)
    module, function = target.split(":")
    try:
        app = getattr(importlib.import_module(module), function)(settings)
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.reason}\n")
        return REFUSED
    run(fd, threads, app, settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
