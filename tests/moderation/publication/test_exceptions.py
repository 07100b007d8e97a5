"""An exception: one asks with a reason, another agrees or not, both are told, and a new text ends it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from moderation import outbox
from moderation.demo.stage import Stage
from moderation.office import Office
from moderation.outbox import Notice
from moderation.publication import disclosures, exceptions, leak_guard
from moderation.publication.disclosures import Disclosure
from moderation.publication.exceptions import ExceptionState
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.vocabulary import RecordKind, Role
from tests.conftest import NOON
from tests.console.desk_client import signed_in_client
from tests.moderation.publication.test_disclosures import CALENDAR, FIELDS, LI, NONE_FOUND, QIAN, SUN, WU, person

PHONE = "13912345678"
TEXT = {"summary": f"值班电话 {PHONE}。"}


def held(session: Any, by: Any = LI, **fields: str) -> Disclosure:
    made = disclosures.draft(
        session, kind=RecordKind.NOTICE, fields={**FIELDS, **TEXT, **fields}, calendar=CALENDAR, by=by, at=NOON
    )
    disclosures.answer_checklist(session, made, NONE_FOUND, by=by, at=NOON)
    leak_guard.check(session, made, at=NOON)
    assert made.leak_notice == leak_guard.MESSAGE
    return made


def asked_for(session: Any, made: Disclosure) -> exceptions.LeakException:
    return exceptions.ask(session, made, PHONE, "公开的值班电话", by=LI, at=NOON)


def test_a_second_person_lets_just_those_words_stand(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = held(session, unit="县值班室 13800000000")
        asked = asked_for(session, made)
        exceptions.grant(session, asked, by=WU, at=NOON)

        assert (asked.state, asked.decided_by) == (ExceptionState.GRANTED, WU.id)
        assert [each.words for each in leak_guard.standing(session, made)] == ["13800000000"]
        assert made.leak_notice == leak_guard.MESSAGE


def test_who_asked_does_not_decide_nor_does_somebody_who_reviews_nothing(empty_office: Office) -> None:
    both = person("李", Role.DRAFTER, Role.REVIEWER)
    with empty_office.office.transaction() as session:
        asked = asked_for(session, held(session))
        for by in (both, SUN):
            with pytest.raises(NotAllowed):
                exceptions.grant(session, asked, by=by, at=NOON)

        assert asked.state is ExceptionState.ASKED


def test_without_a_reason_or_without_a_mark_nothing_is_asked(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = held(session)
        with pytest.raises(Mendable, match="理由"):
            exceptions.ask(session, made, PHONE, " ", by=LI, at=NOON)
        with pytest.raises(Mendable, match="标出的地方"):
            exceptions.ask(session, made, "欧阳静好", "想试试这个名字", by=LI, at=NOON)
        asked_for(session, made)
        with pytest.raises(Refusal, match="已经申请过"):
            asked_for(session, made)


def test_a_refusal_says_why_keeps_the_text_held_and_can_be_asked_anew(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = held(session)
        asked = asked_for(session, made)
        with pytest.raises(Mendable, match="为什么"):
            exceptions.refuse(session, asked, "", by=QIAN, at=NOON)
        exceptions.refuse(session, asked, "这是私人号码", by=QIAN, at=NOON)

        assert (asked.state, asked.decided_why) == (ExceptionState.REFUSED, "这是私人号码")
        assert made.leak_notice == leak_guard.MESSAGE
        with pytest.raises(Refusal, match="不用再办"):
            exceptions.grant(session, asked, by=WU, at=NOON)
        assert asked_for(session, made).state is ExceptionState.ASKED


def test_an_exception_ends_with_the_passage_it_was_asked_for(empty_office: Office) -> None:
    """The same words elsewhere, or in a passage written anew, are held again; a change in another place ends nothing."""
    with empty_office.office.transaction() as session:
        made = held(session)
        asked = asked_for(session, made)
        exceptions.grant(session, asked, by=WU, at=NOON)

        def rewrite(**fields: str) -> None:
            disclosures.edit(session, made, {**FIELDS, **TEXT, **fields}, seen=made.version, by=LI, at=NOON)
            leak_guard.check(session, made, at=NOON)

        rewrite(unit="县生态环境局")
        assert (asked.state, made.leak_notice) == (ExceptionState.GRANTED, "")
        rewrite(unit=f"值班室 {PHONE}")
        assert (asked.state, made.leak_notice) == (ExceptionState.GRANTED, leak_guard.MESSAGE)
        rewrite(summary=f"举报人电话 {PHONE}。")
        assert (asked.state, made.leak_notice) == (ExceptionState.LAPSED, leak_guard.MESSAGE)
        rewrite()
        assert (asked.state, made.leak_notice) == (ExceptionState.LAPSED, leak_guard.MESSAGE)


def sentences(session: Any, who: Any) -> list[str]:
    return [notice.sentence for notice in outbox.unread(session, who)]


def test_both_are_told_without_a_word_of_what_it_is_about_and_the_notice_leaves_once_decided(stage: Stage) -> None:
    cast = stage.cast
    with stage.office.office.transaction() as session:
        made = held(session, by=cast["nigao"])
        asked = exceptions.ask(session, made, PHONE, "公开的值班电话", by=cast["nigao"], at=NOON)
        for login in ("shengao1", "shengao2", "qianfa"):
            assert "exception_asked" in sentences(session, cast[login])
        assert "exception_asked" not in sentences(session, cast["nigao"])
        for notice in session.scalars(select(Notice).where(Notice.sentence.startswith("exception"))):
            assert PHONE not in outbox.words(notice) + notice.link
            assert "值班" not in outbox.words(notice)

        exceptions.refuse(session, asked, "私人号码", by=cast["shengao1"], at=NOON)

        assert "exception_asked" not in sentences(session, cast["qianfa"])
        assert "exception_refused" in sentences(session, cast["nigao"])


def test_a_reviewer_who_asked_is_not_told_to_decide(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        made = held(session, by=stage.cast["nigao"])
        exceptions.ask(session, made, PHONE, "值班电话", by=stage.cast["shengao1"], at=NOON)

        assert "exception_asked" not in sentences(session, stage.cast["shengao1"])
        assert "exception_asked" in sentences(session, stage.cast["shengao2"])


def test_the_second_person_finds_it_on_the_start_page_and_decides_it_there(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        made = held(session, by=stage.cast["nigao"])
    clerk, reviewer = signed_in_client(stage, "nigao"), signed_in_client(stage, "shengao1")
    page = clerk.get(f"/publication/{made.id}").text
    assert f"<option>{PHONE}</option>" in page
    said = clerk.post(f"/publication/{made.id}/exception", data={"words": PHONE, "reason": "值班电话"}, follow_redirects=True).text
    assert "已申请例外" in said

    start = reviewer.get("/").text
    assert "决定例外" in start
    assert PHONE not in start
    (link,) = set(re.findall(r"/publication/exceptions#e-([0-9a-z]+)", start))
    assert "同意这几个字公开" in reviewer.get("/publication/exceptions").text
    assert "同意这几个字公开" not in clerk.get("/publication/exceptions").text
    assert clerk.post(f"/publication/exceptions/{link}", data={"deed": "grant"}).status_code == 403

    assert "已同意例外" in reviewer.post(f"/publication/exceptions/{link}", data={"deed": "grant"}, follow_redirects=True).text

    assert "决定例外" not in reviewer.get("/").text
    assert leak_guard.MESSAGE not in clerk.get(f"/publication/{made.id}").text
