"""Delivery brings changed files only, in an order that leaves no dead link, and takes withdrawn ones away."""

import http.server
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from moderation.press import delivery
from moderation.press.delivery import FolderTarget, ObjectTarget, RsyncTarget, deliver, target_at
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from portal.core.errors import Refusal
from portal.site.verify import FolderSource, verify_site
from tests.moderation.press.conftest import Builder
from tests.site.records import at, one_of_each, record, salt_of


@pytest.fixture
def press(paths: PressPaths, builder: Builder) -> Press:
    made = Press(paths, followers=())
    made.publish(one_of_each())
    full_build(paths, press=made, builder=builder)
    return made


def test_a_whole_site_arrives_and_can_be_checked_there(press: Press, tmp_path: Path) -> None:
    deliver(press.paths, str(tmp_path / "there"))

    report = verify_site(FolderSource(tmp_path / "there"))
    assert report.faults == []
    assert report.records == 6


def test_after_a_publish_only_what_changed_travels_pages_before_lists(press: Press, tmp_path: Path) -> None:
    deliver(press.paths, str(tmp_path / "there"))
    press.publish([record("notice-9", "notice")])

    sent = deliver(press.paths, str(tmp_path / "there"))

    assert 5 < len(sent.put) < 20
    assert sent.put[0] == "records/notice/notice-9/index.html"
    assert sent.put.index("records/notice/notice-9/index.html") < sent.put.index("lists/notice/2026/1/index.html")
    assert sent.put[-1] == "log/checkpoint"
    assert deliver(press.paths, str(tmp_path / "there")).put == ()


def test_after_a_full_build_with_the_same_pages_the_site_is_still_equal(press: Press, tmp_path: Path, builder: Builder) -> None:
    deliver(press.paths, str(tmp_path / "there"))
    full_build(press.paths, press=press, builder=builder)

    deliver(press.paths, str(tmp_path / "there"))

    assert verify_site(FolderSource(tmp_path / "there")).faults == []


def test_a_withdrawn_record_is_withdrawn_there_too(press: Press, tmp_path: Path) -> None:
    made = one_of_each()[2]
    deliver(press.paths, str(tmp_path / "there"))
    press.publish([made.withdrawn(reason="处罚决定已撤销", at=at(date(2026, 11, 21)), salt=salt_of("w", 2))])

    deliver(press.paths, str(tmp_path / "there"))

    assert "石料厂".encode() not in b"".join(path.read_bytes() for path in (tmp_path / "there").rglob("*.html"))


def test_a_delivery_that_was_cut_off_is_taken_up(press: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cut(FolderTarget):
        def put(self, root: Path, paths: list[str]) -> None:
            super().put(root, paths[:7])
            raise Refusal("断了")

    with pytest.raises(Refusal, match="断了"):
        deliver(press.paths, "there", target=Cut(tmp_path / "there"))
    deliver(press.paths, "there", target=FolderTarget(tmp_path / "there"))

    assert verify_site(FolderSource(tmp_path / "there")).faults == []


def test_an_object_store_gets_types_and_caching(press: Press) -> None:
    store = pytest.importorskip("obstore.store").MemoryStore()

    deliver(press.paths, "s3://site", target=ObjectTarget(store))

    page = store.get("records/notice/notice-2026-01/index.html")
    assert page.attributes["Content-Type"] == "text/html; charset=utf-8"
    assert page.attributes["Cache-Control"] == "no-cache"
    assert bytes(page.bytes()) == (press.paths.current / "records/notice/notice-2026-01/index.html").read_bytes()


def test_rsync_is_asked_for_the_changed_files_only(press: Press, tmp_path: Path) -> None:
    """Stands in for rsync: notes what it was told. rsync itself is not part of a minimal machine."""
    told = tmp_path / "told"
    fake = tmp_path / "rsync"
    fake.write_text(f'#!/bin/sh\necho "ARGS $*" >> {told}\ncat >> {told}\n')
    fake.chmod(0o755)
    target = RsyncTarget("web@site.example:/srv/site/", command=str(fake))

    deliver(press.paths, "rsync:x", target=target)
    told.unlink()
    press.publish([record("notice-9", "notice")])
    deliver(press.paths, "rsync:x", target=target)

    said = told.read_text().splitlines()
    assert "records/notice/notice-9/index.html" in said
    assert "web@site.example:/srv/site/" in said[-len(said)] or any("web@site.example:/srv/site/" in line for line in said)
    assert len(said) < 25


def test_rsync_that_is_missing_or_fails_is_told_in_words(press: Press, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="没有 rsync"):
        deliver(press.paths, "x", target=RsyncTarget("y", command=str(tmp_path / "none")))
    fake = tmp_path / "rsync"
    fake.write_text("#!/bin/sh\necho 'no route to host' >&2\nexit 12\n")
    fake.chmod(0o755)
    with pytest.raises(Refusal, match="no route to host"):
        deliver(press.paths, "x", target=RsyncTarget("y", command=str(fake)))


@pytest.fixture
def cache() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Purges(http.server.BaseHTTPRequestHandler):
        def do_PURGE(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Purges)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_cache_is_told_to_forget_a_withdrawn_page(press: Press, tmp_path: Path, cache: tuple[str, list[str]]) -> None:
    address, asked = cache
    made = one_of_each()[2]
    deliver(press.paths, str(tmp_path / "there"), purge=address)
    assert asked == []
    moment = made.updated_at + timedelta(days=1)
    press.publish([made.withdrawn(reason="处罚决定已撤销", at=moment, salt=salt_of("w", 2))])

    deliver(press.paths, str(tmp_path / "there"), purge=address)

    assert f"/{made.path}" in asked
    assert "/" in asked


def test_a_cache_that_does_not_answer_fails_the_delivery_so_that_it_is_tried_again(press: Press, tmp_path: Path) -> None:
    deliver(press.paths, str(tmp_path / "there"))
    press.publish([record("notice-9", "notice")])
    with pytest.raises(Refusal, match="缓存没有清除"):
        deliver(press.paths, str(tmp_path / "there"), purge="http://127.0.0.1:9/")

    assert "records/notice/notice-9/index.html" in deliver(press.paths, str(tmp_path / "there")).put


@pytest.mark.parametrize(
    "path", ["log/checkpoint", "log/tile/0/000.p/3", "index.html", "records/notice/a-1/record.json", "search/delta.json"]
)
def test_what_may_change_is_asked_for_again(path: str) -> None:
    assert delivery.cache_control(path) == "no-cache"


def test_an_address_names_a_target() -> None:
    assert isinstance(target_at("rsync:web@site.example:/srv/"), RsyncTarget)
    assert isinstance(target_at("/mnt/share"), FolderTarget)
    assert isinstance(target_at("memory:///"), ObjectTarget)
    with pytest.raises(Refusal, match="DISCLOSURE_SITE_TARGET"):
        target_at("")
