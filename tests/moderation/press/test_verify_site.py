"""`disclosure verify-site` finds whatever was changed behind the log's back, and nothing when nothing was."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from moderation.press.followers import FOLLOWERS
from moderation.press.following import follow_late
from moderation.press.log_writer import LogWriter, SigningKey
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build, rollback
from portal.core.publication_log import BadLog
from portal.site.verify import AddressSource, FolderSource, Report, verify_site
from tests.moderation.press.conftest import Builder
from tests.site.records import at, one_of_each, record, salt_of

RECORD = "records/rectification/zj-2026-03-001/"


@pytest.fixture
def site(paths: PressPaths, builder: Builder) -> Path:
    """A site with one record of each kind, one corrected and one withdrawn after the build."""
    press = Press(paths)
    records = one_of_each()
    press.publish(records)
    full_build(paths, press=press, builder=builder)
    press.publish([records[0].revised(reason="补充日期", at=at(date(2026, 11, 20)), salt=salt_of("c", 2))])
    press.publish([records[2].withdrawn(reason="处罚决定已撤销", at=at(date(2026, 11, 21)), salt=salt_of("w", 2))])
    follow_late(press)
    return paths.current.resolve()


def check(site: Path, since: bytes | None = None) -> Report:
    return verify_site(FolderSource(site), FOLLOWERS, since=since)


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Replaces a file as somebody with a key to the server would; other names of the same file keep the old bytes."""
    data = change(path.read_bytes())
    path.unlink()
    path.write_bytes(data)


def test_an_untouched_site_is_sound(site: Path) -> None:
    report = check(site)

    assert report.faults == []
    assert report.records == 6
    assert report.pages > 20


@pytest.mark.parametrize(
    "path",
    [
        f"{RECORD}index.html",
        f"{RECORD}record.json",
        "records/exposure/exposure-2026-018/index.html",
        "index.html",
        "records/notice/index.html",
        "lists/notice/2026/index.html",
        "lists/notice/2026/1/index.html",
        "verify/index.html",
        "assets/portal.css",
        "shells/record-notice.html",
        "sitemap.xml",
        "datasets/notice.csv",
        "feeds/notice/atom.xml",
        "log/tile/0/000.p/9",
    ],
)
def test_one_changed_byte_anywhere_is_found(site: Path, path: str) -> None:
    rewrite(site / path, lambda data: data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])

    report = check(site)

    assert path in [where for where, _ in report.faults]


@pytest.mark.parametrize(
    "path", [f"{RECORD}index.html", f"{RECORD}record.json", "lists/notice/2026/1/index.html", "assets/portal.css"]
)
def test_a_missing_file_is_found(site: Path, path: str) -> None:
    (site / path).unlink()

    assert path in [where for where, _ in check(site).faults]


@pytest.mark.parametrize(
    "path", ["assets/extra.js", f"{RECORD}photo.jpg", "records/notice/made-up/index.html", "log/tile/0/999", "hidden.html"]
)
def test_a_file_that_nothing_explains_is_named(site: Path, path: str) -> None:
    (site / path).parent.mkdir(parents=True, exist_ok=True)
    (site / path).write_bytes(b"<h1>made up</h1>")

    assert (path, "没有来历：日志、清单和记录都不能解释这个文件") in check(site).faults


def test_an_earlier_checkpoint_is_continued(paths: PressPaths, site: Path) -> None:
    kept = (paths.log / "checkpoint").read_bytes()
    Press(paths).publish([record("notice-2026-09", "notice", date(2026, 11, 22))])

    assert check(site, since=kept).sound


def test_a_log_that_was_rewritten_does_not_continue_the_earlier_checkpoint(paths: PressPaths, site: Path, builder: Builder) -> None:
    kept = (paths.log / "checkpoint").read_bytes()
    key = SigningKey.load(paths.signing_key, (paths.log / "verify-key").read_text().split("+")[0])
    for path in sorted(paths.log.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    writer = LogWriter(paths, key)
    writer.append([f'{{"commitment":"{number:064x}","type":"site"}}\n'.encode() for number in range(12)])

    with pytest.raises(BadLog, match="不一致"):
        check(site, since=kept)


def test_another_key_is_no_answer(paths: PressPaths, site: Path) -> None:
    stranger = SigningKey.generate("yunling.example/log")

    with pytest.raises(BadLog):
        verify_site(FolderSource(site), FOLLOWERS, key=stranger.verify_key)


def test_a_site_that_was_rolled_back_is_sound(paths: PressPaths, site: Path, builder: Builder) -> None:
    full_build(paths, builder=builder)
    rollback(paths)

    assert check(paths.current.resolve()).faults == []


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_args: object) -> None:
            pass

        def list_directory(self, _path: object) -> None:
            self.send_error(404)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_site_is_checked_over_http_as_well(address: str, site: Path) -> None:
    source = AddressSource(address)
    try:
        assert verify_site(source, FOLLOWERS).faults == []
        rewrite(site / RECORD / "index.html", lambda data: data.replace("直排口".encode(), "排放口".encode()))
        assert f"{RECORD}index.html" in [where for where, _ in verify_site(source, FOLLOWERS).faults]
    finally:
        source.close()
