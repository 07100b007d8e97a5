"""The site is brought elsewhere: a folder, a host by rsync, an S3-compatible server. Only what changed, and nothing withdrawn."""

from __future__ import annotations

import shutil
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
from tests.object_store import BUCKET, object_store
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


def kept(path: str) -> Any:
    """The object as the server holds it, read by another client than the one that put it there."""
    from obstore.store import S3Store

    return S3Store(BUCKET).get(f"site/{path}")


def test_an_object_store_holds_the_site_with_type_and_cache_time(press: Press, object_store: int) -> None:
    target = f"s3://{BUCKET}/site"

    first = deliver(press, target)

    here = files_below(press.paths.current.resolve())
    assert first.sent == len(here)
    for path in here:
        assert bytes(kept(path).bytes()) == here[path]
    page = kept("records/notice/index.html").attributes
    assert (page["Content-Type"], page["Cache-Control"]) == ("text/html", MINUTE)
    assert kept(next(path for path in here if path.startswith("log/tile/"))).attributes["Cache-Control"] == YEAR


def test_an_object_store_gets_only_what_changed_and_forgets_what_is_gone(press: Press, object_store: int) -> None:
    target = f"s3://{BUCKET}/site"
    extra = press.paths.current.resolve() / "old.html"
    extra.write_bytes(b"old")
    everything = deliver(press, target).sent
    gone = one_of_each()[2]
    extra.unlink()
    press.publish([gone.withdrawn(reason="处罚决定已撤销", at=gone.updated_at + timedelta(days=1), salt=salt_of("w", 2))])

    done = deliver(press, target)

    assert done.removed >= 1
    assert done.sent < everything / 2
    with pytest.raises(FileNotFoundError):
        kept("old.html")
    page = bytes(kept(f"{gone.path}index.html").bytes()).decode()
    assert gone.title not in page
    assert "处罚决定已撤销" in page
    assert deliver(press, target) == Delivered(0, 0)


def test_an_object_store_that_does_not_answer_is_said(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("obstore")
    for name, value in {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "x"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "office")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(delivery, "PATIENCE", timedelta(seconds=1))

    with pytest.raises(Refusal, match="对象存储没有送成"):
        deliver(press, f"s3://{BUCKET}/site")
