"""Exposed cases: only decided ones, nobody recognisable in a picture, a quashed penalty down in three working days."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from moderation import announcing, holidays
from moderation.accountability import exposures, pictures, records, timers
from moderation.accountability.words import ExposureState, PenaltyKind, Rectified
from moderation.evidence import evidence_store
from moderation.publication import disclosures
from moderation.publication.machine import DisclosureState
from portal.core.calendar import WorkdayCalendar
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.public_record import PublicRecord
from tests.conftest import NOON
from tests.moderation.accountability.conftest import LI, ZHOU
from tests.moderation.accountability.test_polluters import firm

FACE = pictures.Box(40, 40, 80, 80)


def photo(size: tuple[int, int] = (200, 120), *, turned: bool = False) -> bytes:
    image = Image.effect_noise(size, 90).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = "拍摄人姓名"
    if turned:
        exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def draft(session):
    new = exposures.NewExposure(
        title="石料厂露天堆放被罚",
        facts_text="检查时约两千吨石料没有覆盖。",
        law="大气污染防治法 第七十二条",
        unit_name="县生态环境局",
        region_code="990121101",
    )
    return exposures.draft_exposure(session, firm(session), new, by=LI, at=NOON)


def fined(session):
    exposed = draft(session)
    penalty = exposures.add_penalty(
        session,
        exposed,
        PenaltyKind.FINE,
        document="云环罚〔2026〕5号",
        decided_on=date(2026, 11, 2),
        fine_yuan=80_000,
        by=LI,
        at=NOON,
    )
    return exposed, penalty


def test_what_is_not_decided_is_not_exposed(session):
    exposed = draft(session)

    with pytest.raises(Refusal, match="只公开已作出决定的案件"):
        exposures.take_step(session, exposed, "make_ready", by=LI, at=NOON)


def test_a_fine_states_yuan_and_nothing_else_does(session):
    exposed = draft(session)
    for kind, yuan in ((PenaltyKind.FINE, None), (PenaltyKind.ORDER, 5), (PenaltyKind.FINE, 0)):
        with pytest.raises(Mendable):
            exposures.add_penalty(
                session, exposed, kind, document="号", decided_on=date(2026, 11, 2), fine_yuan=yuan, by=LI, at=NOON
            )


def test_the_copy_shows_nothing_of_what_lay_under_a_box_and_carries_no_metadata():
    copy = pictures.burnt(photo(), [FACE])

    with Image.open(io.BytesIO(copy.data)) as image:
        box = image.crop((44, 44, 76, 76)).getextrema()
        assert all(high - low <= 6 for low, high in box)
        assert not image.getexif()
    assert "拍摄人".encode() not in copy.data


@given(st.integers(0, 150), st.integers(0, 100), st.integers(8, 49), st.integers(8, 19))
def test_every_box_is_burnt_in_wherever_it_lies(left, top, width, height):
    box = pictures.Box(left, top, left + width, top + height)

    with Image.open(io.BytesIO(pictures.burnt(photo(), [box]).data)) as image:
        inner = image.crop((left, top, left + width, top + height)).getextrema()
        spread = sum(high - low for low, high in inner)
        outside = sum(high - low for low, high in image.getextrema())

    assert spread < outside / 2


def test_boxes_are_placed_on_the_picture_as_people_see_it():
    copy = pictures.burnt(photo((200, 120), turned=True), [pictures.Box(0, 150, 100, 200)])

    assert (copy.width, copy.height) == (120, 200)


@pytest.mark.parametrize("box", [pictures.Box(0, 0, 201, 50), pictures.Box(50, 50, 50, 60), pictures.Box(60, 50, 50, 60)])
def test_a_box_outside_the_picture_is_refused(box):
    with pytest.raises(Mendable, match="不在图片里"):
        pictures.burnt(photo(), [box])


@pytest.mark.parametrize("data", [b"", b"MZ not a picture", photo()[:200]])
def test_what_is_no_picture_is_refused_in_words(data):
    with pytest.raises(Mendable, match="打不开"):
        pictures.burnt(data, [])


@pytest.mark.parametrize(("typed", "count"), [("", 0), ("1 2 3 4", 1), ("1，2，3，4\n\n5 6 7 8", 2)])
def test_boxes_are_typed_one_a_line(typed, count):
    boxes = pictures.typed_boxes(typed)

    assert len(boxes) == count
    assert pictures.read_boxes(pictures.write_boxes(boxes)) == boxes


def test_a_box_typed_wrongly_names_its_line():
    with pytest.raises(Mendable, match="第 2 个"):
        pictures.typed_boxes("1 2 3 4\n1 2 三 4")


def test_a_picture_is_published_only_after_a_person_looked_at_the_copy(session, empty_office):
    exposed, _ = fined(session)
    store = evidence_store(empty_office)
    picture = exposures.add_picture(session, exposed, store, photo(), alt="没有覆盖的石料堆", by=LI, at=NOON)

    with pytest.raises(Refusal, match="人脸和车牌"):
        exposures.take_step(session, exposed, "make_ready", by=LI, at=NOON)
    exposures.confirm_picture(session, picture, by=LI, at=NOON)
    exposures.place_boxes(session, picture, store, (FACE,), by=LI, at=NOON)
    assert picture.checked_by == ""
    exposures.confirm_picture(session, picture, by=LI, at=NOON)
    exposures.take_step(session, exposed, "make_ready", by=LI, at=NOON)

    record = records.exposure_record(session, exposed, region_name="柳溪镇", at=NOON)
    assert record.media() == (f"{picture.copy}.jpg",)
    assert picture.original not in record.canonical().decode()


def test_the_public_record_says_who_what_law_and_what_was_decided(session):
    exposed, _ = fined(session)
    exposures.set_rectified(session, exposed, Rectified.DONE, text="11月15日复查，已全部覆盖。", by=LI, at=NOON)
    exposures.take_step(session, exposed, "make_ready", by=LI, at=NOON)

    record = records.exposure_record(session, exposed, region_name="柳溪镇", at=NOON)

    text = record.canonical().decode()
    assert PublicRecord.from_json(record.canonical()) == record
    assert (record.kind, record.status.word if record.status else "") == ("exposure", "已整改")
    for words in ("云岭县石料厂（虚构）", "大气污染防治法 第七十二条", "80,000 元", "云环罚〔2026〕5号"):
        assert words in text


def test_text_of_a_record_is_shown_as_written_and_never_read_as_markup(session):
    exposed, _ = fined(session)
    exposed.facts_text = "<script>alert(1)</script> [点这里](http://example.invalid) *加粗*"
    exposures.take_step(session, exposed, "make_ready", by=LI, at=NOON)

    html = records.exposure_record(session, exposed, region_name="柳溪镇", at=NOON).sections[0].blocks[0].html

    assert "<script" not in html
    assert "<a " not in html
    assert "<em>" not in html
    assert "&lt;script&gt;" in html


def handed_over(session, exposed):
    """A signed text about it, which the worker has compared."""
    record = records.exposure_record(session, exposed, region_name="柳溪镇", at=NOON)
    disclosure = records.hand_over(
        session,
        record,
        source=(records.EXPOSED_SOURCE, exposed.id),
        made_on=date(2026, 11, 2),
        calendar=WorkdayCalendar(),
        by=LI,
        at=NOON,
    )
    disclosure.state = DisclosureState.SIGNED
    disclosure.publish_at = NOON
    disclosure.compared_version = disclosure.version
    return disclosure


def published(session):
    exposed, penalty = fined(session)
    exposures.take_step(session, exposed, "make_ready", by=LI, at=NOON)
    disclosure = handed_over(session, exposed)
    disclosures.publish(session, disclosure, by=timers.TIMER, at=NOON)
    timers.follow_publications(session, at=NOON)
    return exposed, penalty, disclosure


def test_publication_is_noted_on_the_case(session):
    exposed, _, disclosure = published(session)

    assert exposed.state is ExposureState.PUBLISHED
    assert exposed.record_id == disclosure.id
    assert disclosure.leak_notice == ""
    with pytest.raises(Refusal, match="已经送到公开台"):
        records.hand_over(
            session,
            records.exposure_record(session, exposed, region_name="柳溪镇", at=NOON),
            source=(records.EXPOSED_SOURCE, exposed.id),
            made_on=date(2026, 11, 2),
            calendar=WorkdayCalendar(),
            by=LI,
            at=NOON,
        )


def test_a_quashed_penalty_is_down_by_the_third_working_day_with_the_reason(session):
    exposed, penalty, disclosure = published(session)
    exposures.quash_penalty(session, exposed, penalty, on=date(2026, 11, 20), reason="复议决定撤销", by=LI, at=NOON)

    # Friday: Saturday and Sunday do not count.
    assert (exposed.take_down_by, exposed.take_down_arithmetic) == (date(2026, 11, 25), "撤销之日 2026-11-20 + 3 个工作日")
    assert exposures.due_for_take_down(session) == [exposed]
    assert timers.take_down_due(session, at=NOON + timedelta(days=4)) == []
    assert timers.take_down_due(session, at=NOON + timedelta(days=5)) == [exposed]
    assert timers.take_down_due(session, at=NOON + timedelta(days=5)) == []

    assert (exposed.state, disclosure.state) == (ExposureState.WITHDRAWN, DisclosureState.WITHDRAWN)
    live = PublicRecord.from_json((disclosure.live_record or "").encode())
    assert live.is_withdrawn
    assert "复议决定撤销" in live.withdrawal_reason
    assert "石料厂" not in live.canonical().decode()


@pytest.mark.parametrize(
    ("quashed_on", "down_by", "arithmetic"),
    [
        # 国庆: the first seven days of October are off; the Saturday 10-10 is worked.
        (date(2026, 9, 30), date(2026, 10, 10), "撤销之日 2026-09-30 + 3 个工作日，扣除节假日 5 日，含调休上班 1 日"),
        # The Sunday 09-20 is worked.
        (date(2026, 9, 18), date(2026, 9, 22), "撤销之日 2026-09-18 + 3 个工作日，含调休上班 1 日"),
        # Quashed on a day off: the count begins with the next working day all the same.
        (date(2026, 10, 3), date(2026, 10, 10), "撤销之日 2026-10-03 + 3 个工作日，扣除节假日 3 日，含调休上班 1 日"),
    ],
)
def test_the_three_days_leave_out_holidays_and_count_the_days_made_up(session, quashed_on, down_by, arithmetic):
    holidays.seed(session, by=LI, at=NOON)
    exposed, penalty = fined(session)
    penalty.decided_on = date(2026, 9, 1)

    exposures.quash_penalty(session, exposed, penalty, on=quashed_on, reason="撤销", by=LI, at=NOON)

    assert (exposed.take_down_by, exposed.take_down_arithmetic) == (down_by, arithmetic)
    assert not exposed.take_down_provisional


def test_a_day_in_a_year_not_yet_announced_is_settled_once_it_is_and_both_days_can_be_read(session):
    holidays.seed(session, by=LI, at=NOON)
    exposed, penalty, _ = published(session)
    new_year = NOON + timedelta(days=45)
    exposures.quash_penalty(session, exposed, penalty, on=date(2026, 12, 30), reason="撤销", by=LI, at=new_year)
    assert (exposed.take_down_by, exposed.take_down_provisional) == (date(2027, 1, 4), True)

    holidays.change_day(session, date(2027, 1, 1), is_workday=False, name="元旦", by=LI, at=NOON)
    announcing.announce_year(session, 2027, "国办发明电〔2026〕9号", by=LI, at=NOON)

    assert (exposed.take_down_by, exposed.take_down_provisional) == (date(2027, 1, 5), False)
    assert exposed.take_down_arithmetic == ("撤销之日 2026-12-30 + 3 个工作日，扣除节假日 1 日（公布前暂定 2027-01-04）")


def test_of_two_quashed_penalties_the_first_sets_the_day_in_whatever_order_they_are_entered(session):
    for days in ((12, 18), (18, 12)):
        exposed, first = fined(session)
        second = exposures.add_penalty(
            session, exposed, PenaltyKind.STOP, document="云环停〔2026〕5号", decided_on=date(2026, 11, 2), by=LI, at=NOON
        )
        for penalty, day in zip((first, second), days, strict=True):
            exposures.quash_penalty(session, exposed, penalty, on=date(2026, 11, day), reason="撤销", by=LI, at=NOON)

        assert exposed.take_down_by == date(2026, 11, 17)


def test_words_about_a_quashed_penalty_do_not_go_out_any_more(session):
    exposed, penalty = fined(session)
    exposures.take_step(session, exposed, "make_ready", by=LI, at=NOON)
    disclosure = handed_over(session, exposed)
    exposures.quash_penalty(session, exposed, penalty, on=date(2026, 11, 20), reason="撤销", by=LI, at=NOON)

    with pytest.raises(Refusal, match="已经撤销或变更"):
        disclosures.publish(session, disclosure, by=timers.TIMER, at=NOON)

    assert disclosure.live_revision == 0


def test_a_record_withdrawn_at_the_desk_is_noted_on_the_case(session):
    exposed, penalty, disclosure = published(session)
    exposures.quash_penalty(session, exposed, penalty, on=date(2026, 11, 20), reason="法院判决撤销", by=LI, at=NOON)
    disclosures.withdraw(session, disclosure, reason="法院判决撤销", by=timers.TIMER, at=NOON)

    timers.follow_publications(session, at=NOON)

    assert exposed.state is ExposureState.WITHDRAWN


def test_a_quashed_penalty_needs_a_reason_and_a_day_that_fits(session):
    exposed, penalty = fined(session)
    with pytest.raises(Mendable, match="原因"):
        exposures.quash_penalty(session, exposed, penalty, on=date(2026, 11, 20), reason=" ", by=LI, at=NOON)
    with pytest.raises(Mendable, match="决定之后"):
        exposures.quash_penalty(session, exposed, penalty, on=date(2026, 11, 1), reason="撤销", by=LI, at=NOON)


def test_without_a_role_nothing_is_exposed(session):
    exposed, _ = fined(session)

    with pytest.raises(NotAllowed):
        exposures.take_step(session, exposed, "make_ready", by=ZHOU, at=NOON)
