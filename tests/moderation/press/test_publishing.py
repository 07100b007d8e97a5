"""Publishing, correcting and withdrawing: what goes live, what goes, and what is refused before anything is written."""

import hashlib
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from moderation.press import publishing
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press, publish_records
from moderation.press.releases import full_build
from portal.core.errors import Mendable, Overtaken, Refusal
from portal.core.public_record import Attachment, Block, PublicRecord, Section
from portal.core.publication_log import BadLog
from tests.moderation.press.conftest import Builder
from tests.moderation.press.sites import files_of
from tests.site.records import at, one_of_each, record, rectification, salt_of


@pytest.fixture
def press(paths: PressPaths, builder: Builder) -> Press:
    """A warm press with a built, empty site."""
    made = Press(paths, followers=())
    full_build(paths, press=made, builder=builder)
    return made


def page(press: Press, path: str) -> str:
    return (press.paths.current / path / "index.html").read_text(encoding="utf-8")


def correction(old: PublicRecord, **changes: object) -> PublicRecord:
    moment = old.updated_at + timedelta(days=1)
    return old.revised(reason="补充进展", at=moment, salt=salt_of(old.id, old.revision + 1), **changes)


def withdrawal(old: PublicRecord) -> PublicRecord:
    moment = old.updated_at + timedelta(days=2)
    return old.withdrawn(reason="处罚决定已撤销", at=moment, salt=salt_of(old.id, old.revision + 1))


def test_a_published_record_stands_on_its_page_in_its_lists_and_on_the_home_page(press: Press) -> None:
    press.publish([rectification()])

    assert "北渠沿线 6 处直排口封堵" in page(press, "records/rectification/zj-2026-03-001")
    for place in ("", "records/rectification", "lists/rectification/2026/1", "lists/rectification/2026/region-410399/1"):
        assert "北渠沿线 6 处直排口封堵" in page(press, place), place


def test_each_page_carries_its_place_in_the_log(press: Press) -> None:
    result = press.publish([rectification()])

    number = result.indices["zj-2026-03-001"] + 1
    assert re.search(
        rf"本页存证.*第 <b class=\"num\">{number}</b> 号 · ", page(press, "records/rectification/zj-2026-03-001"), re.DOTALL
    )


def test_the_data_beside_a_page_is_what_the_log_committed_to(press: Press) -> None:
    made = rectification()
    press.publish([made])

    data = (press.paths.current / made.path / "record.json").read_bytes()
    assert hashlib.sha256(data).hexdigest() == made.commitment()
    assert PublicRecord.from_json(data) == made


def test_a_correction_says_why_and_names_the_version_before(press: Press) -> None:
    first = rectification()
    press.publish([first])
    press.publish([correction(first, title="北渠沿线 7 处直排口封堵")])

    text = page(press, first.path)
    assert "北渠沿线 7 处" in text
    assert "补充进展" in text
    assert "第 2 版" in text
    assert "历次版本（2）" in text


def test_a_withdrawn_record_keeps_its_address_and_slot_and_no_word(press: Press) -> None:
    marked = replace(rectification(), title="甲乙丙丁戊标题", summary="甲乙丙丁戊摘要")
    press.publish([marked])
    press.publish([withdrawal(marked)])

    assert "处罚决定已撤销" in page(press, marked.path)
    assert "已撤回" in page(press, "lists/rectification/2026/1")
    for path, data in files_of(press.paths.current.resolve()).items():
        assert "甲乙丙丁戊".encode() not in data, path
    for path in (press.paths.records, press.paths.log):
        assert not any("甲乙丙丁戊".encode() in file.read_bytes() for file in path.rglob("*") if file.is_file())


def test_a_withdrawn_picture_is_gone(press: Press) -> None:
    data = b"\xff\xd8 not really a picture"
    name = f"{hashlib.sha256(data).hexdigest()}.jpg"
    (press.paths.media / name).write_bytes(data)
    shown = record(
        "exposure-1",
        "exposure",
        sections=(Section("zhaopian", "照片", (Block(file=name, alt="料堆没有覆盖", width=8, height=6),)),),
    )
    press.publish([shown])
    assert (press.paths.current / shown.path / name).read_bytes() == data
    assert 'alt="料堆没有覆盖"' in page(press, shown.path)

    press.publish([withdrawal(shown)])

    assert not (press.paths.current / shown.path / name).exists()


def test_a_record_whose_picture_is_not_in_the_media_folder_is_refused(press: Press) -> None:
    lost = record("exposure-1", "exposure", attachments=(Attachment(f"{'0' * 64}.pdf", "处罚决定书", 10),))
    before = (press.paths.log / "checkpoint").read_bytes()

    with pytest.raises(Mendable, match="尚未入库"):
        press.publish([lost])

    assert (press.paths.log / "checkpoint").read_bytes() == before


@pytest.mark.parametrize("revision", [1, 3])
def test_only_the_next_revision_is_taken(press: Press, revision: int) -> None:
    press.publish([rectification()])

    with pytest.raises(Overtaken, match="应为第 2 版"):
        press.publish([replace(rectification(), revision=revision, salt=salt_of("other", revision))])


def test_the_address_of_a_record_never_changes(press: Press) -> None:
    first = record("notice-1", "notice")
    press.publish([first])

    with pytest.raises(Refusal, match="类别和首次公开日期不能更改"):
        press.publish([correction(first, kind="exposure")])


def test_one_refused_record_leaves_nothing_of_the_batch(press: Press) -> None:
    good, bad = record("notice-1", "notice"), record("notice-2", "notice", revision=4)

    with pytest.raises(Overtaken):
        press.publish([good, bad])

    assert not (press.paths.current / good.path).exists()
    assert not press.paths.record("notice", "notice-1").exists()


def test_publishing_the_same_revision_again_changes_nothing(press: Press) -> None:
    first = press.publish([rectification()])
    again = press.publish([rectification()])

    assert again.indices == first.indices
    assert again.size == first.size


def test_a_batch_of_two_hundred_is_one_signed_head(press: Press) -> None:
    before = press.publish([]).size

    result = press.publish([record(f"notice-{number}", "notice") for number in range(200)])

    assert result.size == before + 200
    assert len(list((press.paths.log / "tile" / "entries" / "000.p").iterdir())) == 2


def test_records_published_before_the_first_build_wait_for_it(paths: PressPaths, builder: Builder) -> None:
    result = publish_records(paths, one_of_each())
    assert not result.site

    full_build(paths, press=Press(paths, followers=()), builder=builder)

    assert (paths.current / "records/notice/notice-2026-01/index.html").exists()


def test_two_presses_see_each_other(paths: PressPaths, press: Press) -> None:
    other = Press(paths, followers=())
    press.publish([record("notice-1", "notice")])
    other.publish([record("notice-2", "notice")])
    press.publish([record("notice-3", "notice")])

    text = page(press, "lists/notice/2026/1")
    assert all(f"notice-{number} 的标题" in text for number in (1, 2, 3))


def test_a_record_that_was_changed_in_the_folder_stops_the_press(paths: PressPaths, press: Press) -> None:
    made = rectification()
    press.publish([made])
    file = paths.record(made.kind, made.id)
    file.write_bytes(file.read_bytes().replace("6 处".encode(), "5 处".encode()))

    with pytest.raises(BadLog, match="与存证日志不符"):
        full_build(paths, press=Press(paths, followers=()))


def test_a_disk_that_fills_up_is_made_good_by_the_next_publish(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    written = publishing.put_file
    calls = iter(range(100))

    def full_disk(*args: object) -> None:
        if next(calls) == 3:
            raise OSError(28, "No space left on device")
        written(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(publishing, "put_file", full_disk)
    with pytest.raises(OSError, match="No space"):
        press.publish([record("notice-1", "notice")])
    monkeypatch.undo()

    press.publish([record("notice-2", "notice", date(2026, 4, 16), updated_at=at(date(2026, 4, 16)))])

    text = page(press, "lists/notice/2026/1")
    assert "notice-1 的标题" in text
    assert "notice-2 的标题" in text
    assert "notice-1 的标题" in page(press, "records/notice")
