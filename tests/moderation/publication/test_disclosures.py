"""A disclosure goes through four pairs of hands, and what was published is never silently changed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DatabaseError

from moderation.office import Office
from moderation.publication import disclosures
from moderation.publication.disclosures import CHECKLIST, Disclosure, DisclosureHistory, PressItem
from moderation.publication.machine import THREE_REVIEWS, DisclosureState
from moderation.settings import change_setting
from moderation.staff import SignedIn
from portal.core.calendar import WorkdayCalendar
from portal.core.errors import Mendable, NotAllowed, Overtaken, Refusal
from portal.core.public_record import PublicRecord
from portal.core.vocabulary import RecordKind, Role
from portal.core.workflow import SystemActor
from tests.conftest import NOON

CALENDAR = WorkdayCalendar(announced=frozenset({2026}))
FIELDS: dict[str, Any] = {"title": "北渠直排口封堵", "region": {"code": "990121", "name": "云岭县"}, "unit": "县住建局"}


def person(name: str, *roles: Role) -> SignedIn:
    return SignedIn(name, name, frozenset(roles), "office", "办")


LI = person("李", Role.DRAFTER)
ZHAO = person("赵", Role.REVIEWER)
WU = person("吴", Role.REVIEWER)
QIAN = person("钱", Role.SIGNATORY)
SUN = person("孙", Role.PUBLISHER)
ZHOU = person("周")
NONE_FOUND = {question.id: "none" for question in CHECKLIST}


def drafted(session: Any) -> Disclosure:
    made = disclosures.draft(session, kind=RecordKind.NOTICE, fields=FIELDS, calendar=CALENDAR, by=LI, at=NOON)
    disclosures.answer_checklist(session, made, NONE_FOUND, by=LI, at=NOON)
    return made


def signed(session: Any, made: Disclosure | None = None) -> Disclosure:
    made = made or drafted(session)
    for verb, by in (("hand_in", LI), ("redacted", LI), ("pass", ZHAO), ("pass", WU), ("sign", QIAN)):
        disclosures.take_step(session, made, verb, by=by, at=NOON)
    made.compared_version = made.version  # the worker has been
    return made


def published(session: Any) -> Disclosure:
    made = signed(session)
    disclosures.publish(session, made, by=SUN, at=NOON)
    return made


def test_a_drafter_and_three_different_people_bring_it_to_the_public(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = published(session)

    assert made.state is DisclosureState.PUBLISHED
    with empty_office.office.reading() as session:
        record = PublicRecord.from_json(session.query(PressItem).one().record.encode())
    assert (record.title, record.revision, record.published_on) == ("北渠直排口封堵", 1, date(2026, 11, 20))


def test_the_drafter_may_press_publish_but_another_drafter_may_not(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = signed(session)
        with pytest.raises(Refusal, match="只有发布员"):
            disclosures.publish(session, made, by=person("另一位", Role.DRAFTER), at=NOON)

        disclosures.publish(session, made, by=LI, at=NOON)

    assert made.state is DisclosureState.PUBLISHED


def test_nobody_reviews_twice_and_the_drafter_never(empty_office: Office) -> None:
    both = person("李", Role.DRAFTER, Role.REVIEWER)
    with empty_office.office.transaction() as session:
        made = drafted(session)
        disclosures.take_step(session, made, "hand_in", by=LI, at=NOON)
        disclosures.take_step(session, made, "redacted", by=LI, at=NOON)
        with pytest.raises(Refusal, match="不能是拟稿人"):
            disclosures.take_step(session, made, "pass", by=both, at=NOON)
        disclosures.take_step(session, made, "pass", by=ZHAO, at=NOON)
        with pytest.raises(Refusal, match="不同的人"):
            disclosures.take_step(session, made, "pass", by=ZHAO, at=NOON)


def test_an_unanswered_checklist_stops_it_before_review(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = disclosures.draft(session, kind=RecordKind.NOTICE, fields=FIELDS, calendar=CALENDAR, by=LI, at=NOON)
        disclosures.take_step(session, made, "hand_in", by=LI, at=NOON)
        with pytest.raises(Refusal, match="审查清单"):
            disclosures.take_step(session, made, "redacted", by=LI, at=NOON)
        disclosures.answer_checklist(session, made, {**NONE_FOUND, "privacy": "found"}, by=LI, at=NOON)
        with pytest.raises(Refusal, match="审查清单"):
            disclosures.take_step(session, made, "redacted", by=LI, at=NOON)


def test_a_return_says_why_and_every_review_begins_again(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = drafted(session)
        for verb, by in (("hand_in", LI), ("redacted", LI), ("pass", ZHAO)):
            disclosures.take_step(session, made, verb, by=by, at=NOON)
        with pytest.raises(Refusal, match="退回修改的理由"):
            disclosures.take_step(session, made, "send_back", by=WU, at=NOON)
        disclosures.take_step(session, made, "send_back", by=WU, at=NOON, text="第二段数字不对")

        assert made.state is DisclosureState.DRAFTING
        assert not made.reviewers
        assert [(review.by, review.passed) for review in made.reviews] == [("赵", True), ("吴", False)]
        signed(session, made)


def test_a_signed_text_can_no_longer_be_edited(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = signed(session)
        with pytest.raises(Refusal, match="不能改动"):
            disclosures.edit(session, made, {**FIELDS, "title": "别的"}, seen=made.version, by=LI, at=NOON)


def test_a_correction_keeps_the_old_text_live_until_the_new_one_is_published(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = published(session)
        before = made.live_record
        disclosures.correct(session, made, reason="封堵数量写错", by=LI, at=NOON)
        disclosures.edit(session, made, {**FIELDS, "title": "北渠直排口封堵（更正）"}, seen=made.version, by=LI, at=NOON)
        assert made.live_record == before
        disclosures.answer_checklist(session, made, NONE_FOUND, by=LI, at=NOON)
        signed(session, made)
        assert made.live_record == before

        disclosures.publish(session, made, by=SUN, at=NOON + timedelta(days=1))

        record = PublicRecord.from_json((made.live_record or "").encode())
    assert (record.revision, record.change_reason, record.title) == (2, "封堵数量写错", "北渠直排口封堵（更正）")
    assert record.first_published_on == date(2026, 11, 20)
    assert [version.revision for version in record.history] == [1]


def test_a_withdrawal_leaves_address_reason_and_day_and_no_other_word(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = published(session)
        with pytest.raises(NotAllowed):
            disclosures.withdraw(session, made, reason="处罚决定已撤销", by=LI, at=NOON)

        item = disclosures.withdraw(session, made, reason="处罚决定已撤销", by=QIAN, at=NOON)

    record = PublicRecord.from_json(item.record.encode())
    assert record.is_withdrawn
    assert "北渠" not in item.record
    assert (record.id, record.withdrawal_reason) == (made.id, "处罚决定已撤销")


def test_what_was_never_public_cannot_be_withdrawn(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = drafted(session)
        with pytest.raises(Refusal, match="还没有公开过"):
            disclosures.withdraw(session, made, reason="不用了", by=QIAN, at=NOON)


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = drafted(session)
        seen = made.version
        disclosures.edit(session, made, {**FIELDS, "title": "先改的"}, seen=seen, by=LI, at=NOON)

        with pytest.raises(Overtaken, match="别人刚刚改动过"):
            disclosures.edit(session, made, {**FIELDS, "title": "后改的"}, seen=seen, by=LI, at=NOON)

    assert made.title == "先改的"


def test_a_held_text_is_neither_passed_nor_published(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = signed(session)
        made.leak_notice = "文中有不能公开的内容"
        made.compared_version = made.version
        for by in (SUN, LI, SystemActor("timer")):
            with pytest.raises(Refusal):
                disclosures.publish(session, made, by=by, at=NOON)


def test_the_timer_publishes_only_what_was_given_a_time(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = signed(session)
        with pytest.raises(Refusal, match="没有设定发布时间"):
            disclosures.publish(session, made, by=SystemActor("timer"), at=NOON)
        made.publish_at = NOON
        disclosures.publish(session, made, by=SystemActor("timer"), at=NOON)

    assert made.live_revision == 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [({**FIELDS, "title": ""}, "标题"), ({**FIELDS, "salt": "1" * 32}, "由系统填写"), ({**FIELDS, "colour": "red"}, "不认识的字段"),
     ({**FIELDS, "title": "a\u202eb"}, "控制字符")],
)  # fmt: skip
def test_a_bad_field_is_named(empty_office: Office, fields: dict[str, Any], says: str) -> None:
    with empty_office.office.transaction() as session, pytest.raises(Mendable, match=says):
        disclosures.draft(session, kind=RecordKind.NOTICE, fields=fields, calendar=CALENDAR, by=LI, at=NOON)


def test_a_small_office_needs_two_and_not_fewer(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        change_setting(session, "publication.reviews", 2, by=LI, at=NOON)
        made = drafted(session)
        for verb, by in (("hand_in", LI), ("redacted", LI), ("pass", ZHAO)):
            disclosures.take_step(session, made, verb, by=by, at=NOON)

        assert made.state is DisclosureState.FINAL_REVIEW


def test_the_duty_to_publish_runs_twenty_working_days_from_the_day_it_was_made(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = disclosures.draft(
            session, kind=RecordKind.NOTICE, fields=FIELDS, calendar=CALENDAR, by=LI, at=NOON, made_on=date(2026, 11, 2)
        )

    assert made.due_on == date(2026, 11, 30)
    assert made.due_arithmetic == "形成之日 2026-11-02 + 20 个工作日"


def test_history_cannot_be_rewritten(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        published(session)

    def rewrite() -> None:
        with empty_office.office.transaction() as session:
            session.query(DisclosureHistory).update({"by": "周"})

    with pytest.raises(DatabaseError, match="append-only"):
        rewrite()


@pytest.mark.parametrize("step", THREE_REVIEWS.steps, ids=lambda step: f"{step.source}-{step.verb}")
def test_every_step_cites_a_clause_and_names_a_guard_that_exists(step: Any) -> None:
    assert step.clause
    assert step.roles
    assert step.guard is None or step.guard in THREE_REVIEWS.guards


PEOPLE = (LI, ZHAO, WU, QIAN, SUN, ZHOU)
VERBS = ("hand_in", "redacted", "pass", "sign", "send_back", "publish", "correct", "withdraw")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(VERBS), st.sampled_from(PEOPLE)), max_size=60))
def test_no_walk_publishes_without_three_other_hands(empty_office: Office, walk: list[tuple[str, SignedIn]]) -> None:
    with empty_office.office.transaction() as session:
        made = drafted(session)
        for verb, by in walk:
            before = made.live_revision
            try:
                if verb == "publish":
                    disclosures.publish(session, made, by=by, at=NOON)
                elif verb == "correct":
                    disclosures.correct(session, made, reason="更正", by=by, at=NOON)
                elif verb == "withdraw":
                    disclosures.withdraw(session, made, reason="撤回", by=by, at=NOON)
                else:
                    disclosures.take_step(session, made, verb, by=by, at=NOON, text="理由")
            except Refusal:
                continue
            made.compared_version = made.version
            disclosures.answer_checklist(session, made, NONE_FOUND, by=LI, at=NOON)
            if verb == "publish":
                assert len(made.reviewers - {made.drafted_by}) == 3
            elif verb != "withdraw":
                assert made.live_revision == before


def test_a_signature_on_paper_is_entered_by_a_third_person_with_its_scan(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = drafted(session)
        for verb, by in (("hand_in", LI), ("redacted", LI), ("pass", ZHAO), ("pass", WU)):
            disclosures.take_step(session, made, verb, by=by, at=NOON)
        for entered_by in (QIAN.id, LI.id):
            with pytest.raises(NotAllowed, match="以外的人"):
                disclosures.take_step(session, made, "sign", by=QIAN, at=NOON, paper=disclosures.Paper(entered_by, "scan"))

        disclosures.take_step(session, made, "sign", by=QIAN, at=NOON, paper=disclosures.Paper(SUN.id, "scan"), deputy_for="局长")

    assert made.state is DisclosureState.SIGNED
    assert (made.reviews[-1].entered_by, made.reviews[-1].paper_evidence, made.reviews[-1].deputy_for) == ("孙", "scan", "局长")
