"""The example configuration is tried with a real nginx: pages, headers, caching, the log, and what must not be served."""

import gzip
import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email.message import Message
from pathlib import Path

import pytest

from moderation.press.followers import FOLLOWERS
from moderation.press.following import follow_late
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import PROJECT, full_build
from portal.site.verify import AddressSource, verify_site
from tests.moderation.press.conftest import Builder
from tests.site.records import at, one_of_each, record, salt_of

NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else None)
pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx on this machine")
CONF = PROJECT / "build" / "nginx-site.conf"


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def configuration(folder: Path, root: Path, port: int) -> Path:
    """The example with its marked lines changed, inside the least main configuration."""
    text = CONF.read_text(encoding="utf-8")
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{port};").replace("/srv/disclosure/var/current", str(root))
    text = text.replace("/var/log/nginx/disclosure.log", str(folder / "access.log"))
    user = "user root;\n" if os.geteuid() == 0 else ""
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    file = folder / "nginx.conf"
    file.write_text(
        f"{user}daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\n{temporary}{text}\n}}\n",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def press(paths: PressPaths, builder: Builder) -> Press:
    made = Press(paths)
    made.publish(one_of_each())
    full_build(paths, press=made, builder=builder)
    follow_late(made)
    return made


@pytest.fixture
def port(press: Press, tmp_path: Path) -> Iterator[int]:
    assert NGINX
    number = free_port()
    file = configuration(tmp_path, press.paths.current, number)
    running = subprocess.Popen([NGINX, "-c", str(file), "-p", str(tmp_path)], stderr=subprocess.PIPE, text=True)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) == 0:
                break
        if running.poll() is not None:
            pytest.fail(running.communicate()[1] or "nginx did not start")
        time.sleep(0.05)
    yield number
    running.terminate()
    running.communicate()


def get(port: int, path: str, headers: dict[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    made = Answer(answer.status, answer.headers, answer.read())
    connection.close()
    return made


SERVED = (
    ("/", "text/html; charset=utf-8", "no-cache"),
    ("/records/rectification/zj-2026-03-001/", "text/html; charset=utf-8", "no-cache"),
    ("/records/rectification/zj-2026-03-001/record.json", "application/json; charset=utf-8", "no-cache"),
    ("/assets/portal.css", "text/css; charset=utf-8", "public, max-age=300"),
    ("/log/checkpoint", "text/plain; charset=utf-8", "no-cache"),
    ("/log/tile/0/000.p/7", "application/octet-stream", "no-cache"),
    ("/feeds/all/atom.xml", "application/atom+xml; charset=utf-8", "no-cache"),
    ("/sitemap.xml", "text/xml; charset=utf-8", "no-cache"),
    ("/.well-known/security.txt", "text/plain; charset=utf-8", "no-cache"),
)


def test_everything_is_served_with_its_type_strict_headers_and_the_right_caching(port: int) -> None:
    for path, kind, caching in SERVED:
        answer = get(port, path)
        assert answer.status == 200, path
        assert answer.headers["Content-Type"] == kind, path
        assert answer.headers["Cache-Control"] == caching, path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "nginx/" not in (answer.headers["Server"] or "")


def test_full_tiles_may_be_kept_for_ever(port: int, press: Press) -> None:
    press.publish([record(f"n-{number}", "notice") for number in range(260)])

    for path in ("/log/tile/0/000", "/log/tile/entries/000"):
        assert get(port, path).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_withdrawal_is_seen_at_once_by_a_reader_who_kept_the_page(port: int, press: Press) -> None:
    made = one_of_each()[2]
    kept = get(port, f"/{made.path}").headers["ETag"]
    assert get(port, f"/{made.path}", {"If-None-Match": kept}).status == 304

    press.publish([made.withdrawn(reason="处罚决定已撤销", at=at(date(2026, 11, 21)), salt=salt_of("w", 2))])

    again = get(port, f"/{made.path}", {"If-None-Match": kept})
    assert again.status == 200
    assert "已撤回".encode() in again.body


def test_a_new_release_is_served_from_the_moment_of_the_switch(port: int, press: Press, builder: Builder) -> None:
    def other(_paths: PressPaths, staging: Path) -> None:
        builder(_paths, staging)
        (staging / "verify" / "index.html").write_text("<h1>new</h1>")

    full_build(press.paths, press=press, builder=other)

    assert get(port, "/verify/").body == b"<h1>new</h1>"


def test_what_is_not_part_of_the_site_is_not_there(port: int, press: Press) -> None:
    (press.paths.current.resolve() / ".hidden").write_text("x")

    for path in ("/press/unfinished.json", "/../keys/publication-log.pem", "/.hidden", "/records/", "/nothing-here/", "/log/"):
        answer = get(port, path)
        assert answer.status in {400, 403, 404}, path
        assert b"PRIVATE" not in answer.body


def test_pages_travel_packed_to_who_can_unpack_them(port: int) -> None:
    packed = get(port, "/", {"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.body) == get(port, "/").body
    assert len(packed.body) < len(get(port, "/").body)


def test_a_folder_without_a_page_names_no_file_and_an_error_has_the_strict_headers_too(port: int, press: Press) -> None:
    folder = press.paths.current.resolve() / "folder"
    folder.mkdir()
    (folder / "secret-name.txt").write_text("x")

    for path in ("/folder/", "/media/", "/log/tile/", "/assets/"):
        answer = get(port, path)
        assert answer.status in {403, 404}, path
        assert b"secret-name" not in answer.body
        assert b"Index of" not in answer.body
        for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
            assert answer.headers[name], (path, name)


def test_a_missing_slash_is_put_right(port: int) -> None:
    answer = get(port, "/records/notice")

    assert answer.status == 301
    assert answer.headers["Location"] == "/records/notice/"


def test_no_readers_address_is_written_down(port: int, tmp_path: Path) -> None:
    get(port, "/")

    for _ in range(100):  # the line is written after the answer has gone
        log = (tmp_path / "access.log").read_text()
        if log:
            break
        time.sleep(0.02)
    assert " 200 GET /" in log
    assert not re.search(r"\d+\.\d+\.\d+\.\d+", log)


def test_the_site_behind_nginx_is_sound(port: int) -> None:
    source = AddressSource(f"http://127.0.0.1:{port}/")

    report = verify_site(source, FOLLOWERS)
    source.close()
    assert report.faults == []
