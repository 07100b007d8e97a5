"""The site is brought elsewhere: a folder, a host by rsync, an S3-compatible server. Only what changed, and nothing withdrawn."""

from __future__ import annotations

import hashlib
import http.server
import shutil
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from moderation import delivery
from moderation.delivery import MINUTE, YEAR, Delivered, FolderPlace, RsyncPlace, deliver_site, place_of
from moderation.press.following import follow_late
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from portal.core.errors import Refusal
from tests.moderation.press.conftest import Builder
from tests.object_store import BUCKET, ObjectServer, object_store, what_is_wrong
from tests.site.records import one_of_each, record, salt_of

__all__ = ["object_store"]

Files = Callable[[], dict[str, bytes]]


@pytest.fixture
def press(paths: PressPaths, builder: Builder) -> Press:
    made = Press(paths)
    made.publish(one_of_each())
    full_build(paths, press=made, builder=builder)
    return made


def files_below(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    log = folder / "log"
    return found | {path.relative_to(folder).as_posix(): path.read_bytes() for path in log.rglob("*") if path.is_file()}


@pytest.fixture(params=["folder", "rsync"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Files]:
    there = tmp_path / "there"
    if request.param == "rsync" and shutil.which("rsync") is None:
        pytest.skip("no rsync on this machine")
    return (f"rsync:{there}" if request.param == "rsync" else str(there)), lambda: files_below(there)


def deliver(press: Press, target: str) -> Delivered:
    return deliver_site(press.paths, target, place_of(target))


def test_what_arrives_is_the_site_and_nothing_is_sent_twice(press: Press, target: tuple[str, Files]) -> None:
    first = deliver(press, target[0])

    assert target[1]() == files_below(press.paths.current.resolve())
    assert first == Delivered(len(target[1]()), 0)
    assert deliver(press, target[0]) == Delivered(0, 0)


def test_one_publish_sends_only_its_own_outputs(press: Press, target: tuple[str, Files]) -> None:
    everything = deliver(press, target[0]).sent
    press.publish([record("notice-9", "notice", title="新公告")])

    sent = deliver(press, target[0]).sent

    assert 5 < sent < everything / 2
    assert target[1]() == files_below(press.paths.current.resolve())


def test_a_withdrawn_record_leaves_the_other_place_too(press: Press, target: tuple[str, Files]) -> None:
    gone = one_of_each()[2]
    deliver(press, target[0])
    press.publish([gone.withdrawn(reason="处罚决定已撤销", at=gone.updated_at + timedelta(days=1), salt=salt_of("w", 2))])
    follow_late(press)

    deliver(press, target[0])

    there = target[1]()
    assert there == files_below(press.paths.current.resolve())
    assert not [path for path, data in there.items() if gone.title.encode() in data]


def test_a_file_that_is_gone_here_is_taken_away_there(press: Press, target: tuple[str, Files]) -> None:
    extra = press.paths.current.resolve() / "old" / "deep" / "page.html"
    extra.parent.mkdir(parents=True)
    extra.write_bytes(b"old")
    deliver(press, target[0])
    assert "old/deep/page.html" in target[1]()
    extra.unlink()

    assert deliver(press, target[0]) == Delivered(0, 1)

    assert target[1]() == files_below(press.paths.current.resolve())


def test_a_delivery_cut_off_in_the_middle_is_done_again(press: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = FolderPlace(tmp_path / "there")
    put = place.put

    def breaks(root: Path, paths: list[str]) -> None:
        put(root, paths[: len(paths) // 2])
        raise OSError("the line is cut")

    monkeypatch.setattr(place, "put", breaks)
    with pytest.raises(OSError, match="cut"):
        deliver_site(press.paths, "there", place)
    monkeypatch.setattr(place, "put", put)

    deliver_site(press.paths, "there", place)

    assert files_below(tmp_path / "there") == files_below(press.paths.current.resolve())


def test_a_host_that_is_not_there_is_said(press: Press) -> None:
    if shutil.which("rsync") is None:
        pytest.skip("no rsync on this machine")

    with pytest.raises(Refusal, match="rsync 没有送成"):
        deliver_site(press.paths, "nobody", RsyncPlace("rsync://127.0.0.1:1/site"))


# ---- an S3-compatible server ----

TARGET = f"s3://{BUCKET}/site"


def kept(path: str) -> Any:
    """The object as the server holds it, read by another client than the one that put it there."""
    from obstore.store import S3Store

    return S3Store(BUCKET).get(f"site/{path}")


def test_the_server_of_these_tests_knows_a_true_signature_from_a_false_one() -> None:
    """The worked example of the protocol's own description: key, request and signature are published."""
    empty = hashlib.sha256(b"").hexdigest()
    signed = "host;range;x-amz-content-sha256;x-amz-date"
    signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
    headers = {
        "host": "examplebucket.s3.amazonaws.com", "range": "bytes=0-9", "x-amz-content-sha256": empty,
        "x-amz-date": "20130524T000000Z",
        "authorization": f"AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={signed},Signature={signature}",
    }  # fmt: skip
    key = {"key_id": "AKIAIOSFODNN7EXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}

    assert what_is_wrong("GET", "/test.txt", headers, b"", **key) == ""
    assert what_is_wrong("GET", "/other.txt", headers, b"", **key) == "SignatureDoesNotMatch"
    assert what_is_wrong("GET", "/test.txt", headers, b"x", **key) == "XAmzContentSHA256Mismatch"
    assert what_is_wrong("GET", "/test.txt", headers, b"", key_id="somebody", secret=key["secret"]) == "InvalidAccessKeyId"
    assert what_is_wrong("GET", "/test.txt", headers | {"authorization": ""}, b"", **key) == "AccessDenied"


def test_an_object_store_holds_the_site_with_type_and_cache_time(press: Press, object_store: ObjectServer) -> None:
    first = deliver(press, TARGET)

    here = files_below(press.paths.current.resolve())
    assert first.sent == len(here) == object_store.count("PUT")
    for path in here:
        assert bytes(kept(path).bytes()) == here[path]
        held = object_store.objects[f"site/{path}"].headers
        assert held["cache-control"] == (YEAR if path.startswith(("log/tile/", "media/")) else MINUTE), path
    page = kept("records/notice/index.html").attributes
    assert (page["Content-Type"], page["Cache-Control"]) == ("text/html", MINUTE)
    assert any(path.startswith("log/tile/") for path in here)


def test_an_object_store_gets_only_what_changed_and_forgets_what_is_gone(press: Press, object_store: ObjectServer) -> None:
    extra = press.paths.current.resolve() / "old.html"
    extra.write_bytes(b"old")
    everything = deliver(press, TARGET).sent
    gone = one_of_each()[2]
    extra.unlink()
    press.publish([gone.withdrawn(reason="处罚决定已撤销", at=gone.updated_at + timedelta(days=1), salt=salt_of("w", 2))])
    object_store.seen.clear()

    done = deliver(press, TARGET)

    assert done.removed >= 1
    assert done.sent == object_store.count("PUT") < everything / 2
    assert "DELETE site/old.html" in object_store.seen
    first_put = next(number for number, line in enumerate(object_store.seen) if line.startswith("PUT "))
    assert object_store.seen.index("DELETE site/old.html") < first_put
    with pytest.raises(FileNotFoundError):
        kept("old.html")
    page = bytes(kept(f"{gone.path}index.html").bytes()).decode()
    assert gone.title not in page
    assert "处罚决定已撤销" in page
    object_store.seen.clear()
    assert deliver(press, TARGET) == Delivered(0, 0)
    assert object_store.seen == []


def test_a_store_that_is_busy_or_hangs_up_is_asked_again(press: Press, object_store: ObjectServer) -> None:
    object_store.faults.statuses = [503, 500, 503]
    object_store.faults.cut_after = 9

    deliver(press, TARGET)

    here = files_below(press.paths.current.resolve())
    assert {name.removeprefix("site/"): held.data for name, held in object_store.objects.items()} == here
    assert object_store.count("PUT") == len(here) + 4


def test_a_store_that_stays_out_of_order_fails_the_delivery_which_is_then_done_again(
    press: Press, object_store: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PATIENCE", timedelta(seconds=1))
    object_store.faults.statuses = [503] * 500

    with pytest.raises(Refusal, match="对象存储没有送成"):
        deliver(press, TARGET)
    object_store.faults.statuses = []

    assert deliver(press, TARGET).sent == len(files_below(press.paths.current.resolve()))


@pytest.mark.parametrize(
    ("variable", "value"), [("AWS_SECRET_ACCESS_KEY", "another"), ("AWS_ACCESS_KEY_ID", "somebody")], ids=["secret", "key"]
)
def test_a_wrong_key_is_said_in_words_that_help(
    press: Press, object_store: ObjectServer, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(Refusal, match=r"不认这把钥匙.*AWS_SECRET_ACCESS_KEY"):
        deliver(press, TARGET)
    assert object_store.objects == {}


def test_a_bucket_that_is_not_there_is_said(press: Press, object_store: ObjectServer) -> None:
    with pytest.raises(Refusal, match="没有这个桶"):
        deliver(press, "s3://nobody/site")


def test_an_object_store_that_does_not_answer_is_said(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "x"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "office")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(delivery, "PATIENCE", timedelta(seconds=1))

    with pytest.raises(Refusal, match="对象存储没有送成"):
        deliver(press, TARGET)


def test_the_cache_in_front_is_told_of_every_page_that_was_changed_or_taken_away(press: Press, object_store: ObjectServer) -> None:
    extra = press.paths.current.resolve() / "old" / "index.html"
    extra.parent.mkdir()
    extra.write_bytes(b"old")
    deliver(press, TARGET)
    gone = one_of_each()[2]
    extra.unlink()
    press.publish([gone.withdrawn(reason="处罚决定已撤销", at=gone.updated_at + timedelta(days=1), salt=salt_of("w", 2))])
    asked: list[str] = []

    class Cache(http.server.BaseHTTPRequestHandler):
        def do_PURGE(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cache)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    deliver_site(press.paths, TARGET, place_of(TARGET), cache=f"http://127.0.0.1:{server.server_port}/")
    server.shutdown()
    server.server_close()

    assert f"/{gone.path}" in asked
    assert "/old/" in asked
