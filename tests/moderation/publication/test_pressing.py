"""From the button to the page, with the real press: live, logged, and agreeing with the office's own record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from moderation import outbox
from moderation.office import Office
from moderation.press.paths import PressPaths
from moderation.publication import disclosures, leak_guard, pressing
from moderation.publication.disclosures import Disclosure, PressItem
from moderation.publication.machine import DisclosureState
from portal.core.vocabulary import RecordKind
from tests.conftest import NOON
from tests.moderation.publication.test_disclosures import CALENDAR, LI, NONE_FOUND, QIAN, SUN, published, signed
from tests.moderation.publication.test_exports import batch


@pytest.fixture
def built(empty_office: Office) -> Office:
    pressing.build_whole_site(empty_office, lambda what, done, total: None)
    return empty_office


def page(office: Office, identity: str) -> str:
    live = PressPaths(office.data).live()
    assert live is not None
    return (live / "records" / "notice" / identity / "index.html").read_text(encoding="utf-8")


def test_what_is_published_corrected_and_withdrawn_is_on_the_site_and_in_the_log(built: Office) -> None:
    with built.office.transaction() as session:
        made = published(session)
    pressing.press_queue(built, NOON)
    assert "北渠直排口封堵" in page(built, made.id)

    with built.office.transaction() as session:
        disclosures.withdraw(session, session.get_one(Disclosure, made.id), reason="处罚决定已撤销", by=QIAN, at=NOON)
    pressing.press_queue(built, NOON)

    assert "北渠" not in page(built, made.id)
    assert "处罚决定已撤销" in page(built, made.id)
    assert pressing.logged_revisions(built) == {f"{made.id}@1", f"{made.id}@2"}
    assert pressing.audit_and_log_differ(built) == []


def test_two_revisions_waiting_at_once_both_reach_the_log(built: Office) -> None:
    with built.office.transaction() as session:
        made = published(session)
        disclosures.withdraw(session, made, reason="发错了", by=QIAN, at=NOON)

    pressing.press_queue(built, NOON)
    pressing.press_queue(built, NOON)

    assert pressing.logged_revisions(built) == {f"{made.id}@1", f"{made.id}@2"}
    assert pressing.audit_and_log_differ(built) == []


def test_a_worker_that_died_after_pressing_and_before_noting_presses_nothing_twice(built: Office) -> None:
    with built.office.transaction() as session:
        made = published(session)
    pressing.press_queue(built, NOON)
    with built.office.transaction() as session:
        session.execute(update(PressItem).values(pressed_at=None))

    pressing.press_queue(built, NOON)

    assert pressing.logged_revisions(built) == {f"{made.id}@1"}


def test_one_that_the_press_refuses_holds_back_no_other_and_the_drafter_is_told(built: Office) -> None:
    with built.office.transaction() as session:
        good = published(session)
        bad = published(session)
        item = session.query(PressItem).filter_by(disclosure_id=bad.id).one()
        item.record = item.record.replace('"revision":1', '"revision":7')

    pressing.press_queue(built, NOON)

    assert pressing.logged_revisions(built) == {f"{good.id}@1"}
    with built.office.reading() as session:
        assert [failed.disclosure_id for failed in pressing.failures(session)] == [bad.id]
        assert [notice.sentence for notice in outbox.unread(session, LI)] == ["publication_failed"]


def test_a_disclosure_with_a_time_goes_out_when_it_comes(built: Office) -> None:
    with built.office.transaction() as session:
        made = signed(session)
        made.publish_at = NOON + timedelta(hours=1)

    pressing.publish_what_is_due(built, NOON)
    with built.office.reading() as session:
        assert session.get_one(Disclosure, made.id).state is DisclosureState.SIGNED
    pressing.publish_what_is_due(built, NOON + timedelta(hours=1))
    pressing.press_queue(built, NOON + timedelta(hours=1))

    assert "北渠直排口封堵" in page(built, made.id)


def test_a_tampered_note_of_ours_is_seen_beside_the_log(built: Office) -> None:
    with built.office.transaction() as session:
        made = signed(session)
        disclosures.publish(session, made, by=SUN, at=NOON)
    with built.office.transaction() as session:
        session.execute(update(PressItem).values(pressed_at=NOON))

    assert pressing.audit_and_log_differ(built) == [f"{made.id}@1"]


def test_of_a_batch_of_200_rows_the_199_that_may_go_are_on_the_page(built: Office) -> None:
    fields = batch(200)
    for number, row in enumerate(fields["letters"]):
        row["problem"] = f"第{number}处料场扬尘"
    fields["letters"][76]["problem"] = "请回电 13912345678"
    with built.office.transaction() as session:
        made = disclosures.draft(session, kind=RecordKind.LETTER_BATCH, fields=fields, calendar=CALENDAR, by=LI, at=NOON)
        disclosures.answer_checklist(session, made, NONE_FOUND, by=LI, at=NOON)
        leak_guard.check(session, made, at=NOON)
        signed(session, made)
        disclosures.publish(session, made, by=SUN, at=NOON)
    pressing.press_queue(built, NOON)

    live = PressPaths(built.data).live()
    assert live is not None
    shown = (live / "records" / "letter-batch" / made.id / "index.html").read_text(encoding="utf-8")
    assert [number for number in range(200) if f"第{number}处料场扬尘" not in shown] == [76]
    assert "13912345678" not in shown
