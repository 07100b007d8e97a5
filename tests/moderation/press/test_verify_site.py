"""`disclosure verify-site` finds whatever was changed behind the log's back, and nothing when nothing was."""

import functools
import http.server
import shutil
import subprocess
import sys
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
from moderation.press.releases import PROJECT, full_build, rollback
from moderation.press.searching import compact_search
from portal.core.public_record import PublicRecord
from portal.core.publication_log import BadLog
from portal.site.search_base import parts_of, postings_of
from portal.site.search_check import CHANGED
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
        "assets/search.js",
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


def test_a_script_added_to_a_page_is_found(site: Path) -> None:
    for path in ("index.html", "verify/index.html", f"{RECORD}index.html"):
        rewrite(site / path, lambda data: data.replace(b"</body>", b'<script src="/assets/search.js"></script></body>'))

    assert {"index.html", "verify/index.html", f"{RECORD}index.html"} <= {where for where, _ in check(site).faults}


def test_a_record_deleted_with_every_page_that_names_it_is_missed(site: Path) -> None:
    """Whoever takes a record away cannot take it out of the log."""
    shutil.rmtree(site / RECORD)
    named = [path for path in site.rglob("*") if path.is_file() and b"zj-2026-03-001" in path.read_bytes()]
    for path in named:
        rewrite(path, lambda data: data.replace(b"zj-2026-03-001", b"zj-2026-03-000"))

    faults = [where for where, _ in check(site).faults]

    assert named
    assert f"{RECORD}record.json" in faults
    assert "index.html" in faults


def test_an_earlier_head_put_back_is_seen_by_whoever_kept_a_later_one(paths: PressPaths, site: Path) -> None:
    early = (paths.log / "checkpoint").read_bytes()
    Press(paths).publish([record("notice-2026-09", "notice", date(2026, 11, 22))])
    kept = (paths.log / "checkpoint").read_bytes()
    rewrite(paths.log / "checkpoint", lambda _data: early)

    with pytest.raises(BadLog, match="存证还短"):
        check(site, since=kept)
    assert not check(site).sound


def test_a_head_that_says_another_root_is_no_head(paths: PressPaths, site: Path) -> None:
    rewrite(paths.log / "checkpoint", lambda data: data.replace(data.split(b"\n")[2], b"A" * 43 + b"=", 1))

    with pytest.raises(BadLog, match="签名不对"):
        check(site)


ELSEWHERE = """
import sys
from moderation.cli import main
code = main(sys.argv[1:])
brought = [name for name in sys.modules if name.split(".")[0] in {"sqlalchemy", "alembic", "flask", "psycopg"}]
sys.exit(code or len(brought))
"""


def test_the_check_needs_the_files_of_the_site_and_nothing_else(site: Path, paths: PressPaths, tmp_path: Path) -> None:
    """Somebody else's computer: a copy of the files, no data directory, no database, no key but the public one."""
    shutil.copytree(site, tmp_path / "copy", symlinks=False)
    shutil.move(paths.data_dir, tmp_path / "gone")
    words = [sys.executable, "-c", ELSEWHERE, "verify-site", str(tmp_path / "copy")]

    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    (tmp_path / "copy" / "about-us.html").write_text("<h1>手写</h1>")
    again = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert again.returncode == 1
    assert "about-us.html" in again.stdout


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


# ---- the search ----


@pytest.fixture
def searched(paths: PressPaths, site: Path) -> Path:
    """The same site after the worker has made the search base, and a correction and a notice that the base does not hold yet."""
    press = Press(paths)
    assert compact_search(press)
    records = one_of_each()
    first = PublicRecord.from_json(paths.record(records[0].kind, records[0].id).read_bytes())
    press.publish([first.revised(reason="补充", at=at(date(2026, 11, 22)), salt=salt_of("c", 3), title="整改进展另作说明")])
    press.publish([record("notice-2026-10", "notice", date(2026, 11, 22), title="一条新公告")])
    return site


def base_files(site: Path, ending: str) -> list[Path]:
    return sorted(path for path in (site / "search").glob(f"base-*/*{ending}") if path.stat().st_size)


def test_the_search_is_made_again_and_compared_after_compaction(paths: PressPaths, searched: Path) -> None:
    for number in range(3):
        Press(paths).publish([record(f"notice-more-{number}", "notice", date(2026, 11, 22))])
    gone = PublicRecord.from_json(paths.record("notice", "notice-more-0").read_bytes())
    Press(paths).publish([gone.withdrawn(reason="重复", at=at(date(2026, 11, 23)), salt=salt_of("w", 9))])
    assert compact_search(Press(paths))
    follow_late(Press(paths))

    report = check(searched)

    assert report.sound
    assert report.notes == []
    for path in (*base_files(searched, ".bin"), *base_files(searched, ".json"), searched / "search/index.json"):
        kept = path.read_bytes()
        rewrite(path, lambda data: data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
        assert path.relative_to(searched).as_posix() in [where for where, _ in check(searched).faults]
        path.write_bytes(kept)


def test_before_compaction_only_what_the_delta_takes_out_is_not_compared(searched: Path) -> None:
    report = check(searched)

    assert report.faults == []
    assert [note for note in report.notes if "搜索" in note] == [
        "搜索：有 1 条记录在索引整理后变动过，旧文字已不参与搜索，下次整理时去掉"
    ]


def test_a_word_put_into_the_search_behind_the_log_is_found(searched: Path) -> None:
    delta = searched / "search" / "delta.json"
    kept = delta.read_bytes()
    rewrite(delta, lambda data: data.replace("一条新公告".encode(), "一条假公告".encode()))
    assert ("search/delta.json", CHANGED) in check(searched).faults
    rewrite(delta, lambda data: kept)
    table = base_files(searched, ".json")[0]
    rewrite(table, lambda data: data.replace("云岭县".encode(), "云岭市".encode()))

    assert (table.relative_to(searched).as_posix(), CHANGED) in check(searched).faults


def test_a_record_taken_out_of_the_search_is_found(searched: Path) -> None:
    """The fullest shard loses one entry of a record that did not change."""
    fullest = max(base_files(searched, ".bin"), key=lambda path: path.stat().st_size)
    number, part = next(parts_of(fullest.read_bytes()))
    key, places = next(item for item in postings_of(part).items() if len(item[1]) > 1)
    at = part.index(key)
    rewrite(fullest, lambda data: data[: at + len(key)] + bytes(2) + data[at + len(key) + 2 :])

    assert places
    assert number == 0
    assert (fullest.relative_to(searched).as_posix(), CHANGED) in check(searched).faults


@pytest.mark.parametrize(
    "name", ["search/extra.json", "search/base-9-9/s-1.bin", "search/{base}/s-99999.bin", "search/{base}/x.js"]
)
def test_a_stray_file_among_the_search_files_is_named(searched: Path, name: str) -> None:
    path = name.format(base=next((searched / "search").glob("base-*")).name)
    (searched / path).parent.mkdir(exist_ok=True)
    (searched / path).write_bytes(b"")

    assert (path, "没有来历：日志、清单和记录都不能解释这个文件") in check(searched).faults


def test_a_missing_part_of_the_search_is_named(searched: Path) -> None:
    path = base_files(searched, ".bin")[0]
    path.unlink()

    assert path.relative_to(searched).as_posix() in [where for where, _ in check(searched).faults]


# ---- unfinished tiles of earlier heads ----


@pytest.fixture
def long_log(site: Path, paths: PressPaths, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site when its log has just passed 256 entries, and the process was killed before it swept unfinished tiles away."""
    monkeypatch.setattr(LogWriter, "_sweep", lambda *_: None)
    press = Press(paths)
    size = int((paths.log / "checkpoint").read_text().splitlines()[1])
    notices = [record(f"gg-2026-03-{number:03d}", "notice") for number in range(258 - size)]
    press.publish(notices[:-3])
    press.publish(notices[-3:])
    follow_late(press)
    return site


def test_unfinished_tiles_of_a_full_tile_are_explained(long_log: Path) -> None:
    assert (long_log / "log/tile/0/000.p/255").exists()
    assert check(long_log).faults == []


@pytest.mark.parametrize("level", ["0", "entries"])
def test_an_unfinished_tile_must_be_the_beginning_of_the_later_one(long_log: Path, level: str) -> None:
    path = f"log/tile/{level}/000.p/255"
    rewrite(long_log / path, lambda data: data[:-1] + b"?")

    assert check(long_log).faults == [(path, "哈希文件与条目不符")]


@pytest.mark.parametrize("name", ["0/000.p/256", "0/009.p/7", "1/000.p/9", "7/000.p/1", "entries/001.p/200"])
def test_an_unfinished_tile_no_head_ever_had_is_named(long_log: Path, name: str) -> None:
    path = f"log/tile/{name}"
    (long_log / path).parent.mkdir(parents=True, exist_ok=True)
    (long_log / path).write_bytes(b"words")

    assert [where for where, _ in check(long_log).faults] == [path]


# ---- over HTTP ----


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_args: object) -> None:
            pass

        def do_GET(self) -> None:
            """Every file of the site, and the report form beside it, which is no file."""
            if not self.path.startswith("/r/"):
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"form")

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
        report = verify_site(source, FOLLOWERS)
        assert report.faults == []
        assert any("r/ 下面是举报页" in note for note in report.notes), "what is not checked is said"
        rewrite(site / RECORD / "index.html", lambda data: data.replace("直排口".encode(), "排放口".encode()))
        assert f"{RECORD}index.html" in [where for where, _ in verify_site(source, FOLLOWERS).faults]
    finally:
        source.close()
