"""A virus scanner for tests: the real daemon with one signature of our own, and a socket that only speaks like it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

# The test string every scanner knows, in two halves, so that a scanner on a developer's machine leaves this file alone.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"

CONFIG = """
DatabaseDirectory {folder}/signatures
LocalSocket {folder}/socket
TemporaryDirectory {folder}
StreamMaxLength 1M
Foreground yes
"""


def clamd() -> str | None:
    """The program, where it is installed."""
    return shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")


@contextlib.contextmanager
def real_daemon(program: str) -> Iterator[str]:
    """ClamAV's own daemon, knowing one virus: the test string. The path of its socket."""
    # A short path: a socket's address has room for a hundred characters.
    with tempfile.TemporaryDirectory(prefix="clam-", dir="/dev/shm") as name:
        folder = Path(name)
        os.chmod(folder, 0o755)
        (folder / "signatures").mkdir()
        (folder / "signatures" / "own.ndb").write_text(f"Own.Test:0:*:{EICAR.hex()}\n")
        (folder / "clamd.conf").write_text(CONFIG.format(folder=folder))
        process = subprocess.Popen(
            [program, "-c", str(folder / "clamd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            for _ in range(200):
                if (folder / "socket").exists() or process.poll() is not None:
                    break
                time.sleep(0.05)
            yield str(folder / "socket")
        finally:
            process.terminate()
            process.wait(20)


@contextlib.contextmanager
def speaking(answer: bytes | None, *, hear: int | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """A socket that takes one file as the daemon does and answers ``answer``; None: it hangs up. The files it was given.

    ``hear``: it stops listening after so many bytes, as the daemon does beyond its limit.
    """
    heard: list[bytes] = []
    with tempfile.TemporaryDirectory(prefix="clam-", dir="/dev/shm") as name, socket.socket(socket.AF_UNIX) as door:
        door.bind(f"{name}/socket")
        door.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = door.accept()
                    with connection, connection.makefile("rb") as lines:
                        heard.append(_one_file(lines, hear))
                        if answer is not None:
                            connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"{name}/socket", heard
        door.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _one_file(lines: object, hear: int | None) -> bytes:
    read = lines.read  # type: ignore[attr-defined]
    assert read(10) == b"zINSTREAM\0"
    data = b""
    while size := int.from_bytes(read(4), "big"):
        data += read(size)
        if hear is not None and len(data) > hear:
            break
    return data
