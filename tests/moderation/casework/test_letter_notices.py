"""Who is told of a letter's step: the unit, the group, the second person, the discipline liaison. Never who must not know."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import letter_notices, outbox
from moderation.casework import assignment, handling, messages, review, screening
from moderation.casework.guards import LETTER
from moderation.casework.letters import Letter, RefusalKind
from moderation.demo.stage import Stage
from moderation.outbox import SENTENCES, Notice
from moderation.settings import change_setting
from portal.core.clock import day_of
from portal.core.ids import new_id
from portal.core.report_content import MessageKind, ReporterMessage
from portal.core.workflow import SystemActor
from tests.moderation.casework.office_work import SUMMARY, Work


def told(work: Work, login: str) -> list[str]:
    """What lies unread at this person's desk, the oldest first."""
    work.session.flush()
    return [outbox.words(notice) for notice in reversed(outbox.unread(work.session, work.who(login)))]


def named(work: Work, *sentences: str) -> list[str]:
    number = work.session.scalars(select(Letter.number).order_by(Letter.id.desc())).first()
    return [SENTENCES[key].format(number=number) for key in sentences]


def test_every_step_that_names_somebody_has_a_sentence_and_a_reader() -> None:
    for step in LETTER.steps:
        for word in step.notify:
            assert word in letter_notices._ROLES, step
            assert word == "reporter" or letter_notices.SENTENCE_OF[step.verb] in SENTENCES, step


def test_a_unit_is_told_of_its_letter_and_the_other_unit_is_not(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.assigned("urban")

        assert told(work, "chengguan") == named(work, "letter_assigned")
        assert told(work, "zhujian") == []


def test_each_turn_of_a_letter_tells_whose_turn_it_is(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.handling()
        handling.ask_extension(session, letter, "等监测", by=work.who("chengguan"), at=work.at)
        assert told(work, "zuzhang") == named(work, "extension_asked")
        handling.decide_extension(session, letter, agree=True, by=work.who("zuzhang"), at=work.at)
        assert told(work, "chengguan") == named(work, "extension_granted")
        work.report(letter, "chengguan")
        assert told(work, "zuyuan") == named(work, "letter_submitted")
        review.send_back(session, letter, "缺照片", by=work.who("zuzhang"), at=work.at)

        assert told(work, "chengguan") == named(work, "letter_sent_back")


def test_a_return_is_told_to_the_group_and_the_next_unit_to_itself(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.assigned("urban")
        assignment.return_to_group(session, letter, "不归我们", by=work.who("chengguan"), at=work.at)
        assert told(work, "zuyuan") == named(work, "letter_returned")
        assignment.assign(session, letter, unit_ids=("housing",), why="按职责", by=work.who("zuzhang"), at=work.at)

        assert told(work, "zhujian") == named(work, "letter_assigned")


@pytest.mark.parametrize("kind", RefusalKind)
def test_a_proposed_refusal_is_told_to_the_second_person_and_not_to_the_first(stage: Stage, kind: RefusalKind) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.refusal_proposed(kind)
        (notice,) = outbox.unread(session, work.who("shenhe2"))

        assert (outbox.words(notice), notice.link) == ("有待您确认的不予受理或转送。", f"/screening/refusals#{letter.id}")
        assert told(work, "zuzhang") == ["有待您确认的不予受理或转送。"]
        assert told(work, "shenhe") == []


def test_who_must_not_know_is_told_nothing(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.assigned("urban", must_not_know=("陆远山", "县水利局"))
        assignment.return_to_group(session, letter, "不归我们", by=work.who("chengguan"), at=work.at)

        assert told(work, "zuyuan") == []
        assert told(work, "shuili") == []
        assert len(told(work, "zuzhang")) == 1


def test_a_letter_about_an_official_is_told_to_the_discipline_liaison_alone(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.screened()
        screening.to_discipline(session, letter, "反映失职", by=work.who("shenhe"), at=work.at)

        assert told(work, "jijian") == ["有一件移送来的信访件等您查看。"]
        assert {row.address for row in session.scalars(select(Notice))} == {"role:discipline_officer:"}


def arrive(work: Work, letter: Letter, kind: MessageKind, **more: object) -> None:
    message = ReporterMessage(work.at.isoformat(), kind, "他们来找我了", **more)  # type: ignore[arg-type]
    messages.take_message(work.session, letter, new_id(), day_of(work.at), message, at=work.at)


def test_mail_of_a_reporter_is_told_to_the_desk_that_has_the_letter(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        arrive(work, work.arrived(), MessageKind.SUPPLEMENT)
        assert told(work, "shenhe") == ["举报人有新留言。"]

        arrive(work, work.assigned(), MessageKind.MESSAGE)
        assert any("举报人有新留言" in words for words in told(work, "zuyuan"))
        assert told(work, "shenhe") == ["举报人有新留言。"]


def test_retaliation_is_told_to_the_guardians_alone(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.assigned()
        before = {login: told(work, login) for login in ("shenhe", "zuzhang", "chengguan")}
        arrive(work, letter, MessageKind.RETALIATION)
        arrive(work, letter, MessageKind.WITHDRAWAL, demanded="yes")

        for login in ("jijian", "duban"):
            assert told(work, login) == 2 * named(work, "retaliation")
        assert {login: told(work, login) for login in before} == before


def test_no_notice_of_a_letter_carries_a_word_anyone_wrote(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.settled()
        work.refusal_proposed()
        carried = "".join(f"{row.number}{row.link}{outbox.words(row)}" for row in session.scalars(select(Notice)))

        assert len(carried) > 200
        assert not {SUMMARY[at : at + 6] for at in range(len(SUMMARY) - 6)} & {carried[at : at + 6] for at in range(len(carried))}
        assert "料场" not in carried


def test_a_step_that_was_refused_tells_nobody(stage: Stage) -> None:
    def fail(session: Session) -> None:
        work = Work(stage, session)
        work.assigned()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), stage.office.office.transaction() as session:
        fail(session)
    with stage.office.office.reading() as session:
        assert session.scalars(select(Notice)).all() == []


def test_the_mail_of_a_desk_goes_where_the_office_said_and_to_nobody_of_a_letter_somebody_must_not_know(stage: Stage) -> None:
    desk = "role:group_lead:"
    with stage.office.office.transaction() as session:
        change_setting(
            session, outbox.ADDRESSES, {desk: ["zu@example.org", "https://example.org/h"]}, by=SystemActor("x"), at=stage.at
        )
        work = Work(stage, session)
        work.accepted()
        work.days_later(1)
        work.accepted(must_not_know=("陆远山",))
        elsewhere = session.scalars(select(Notice.address).where(Notice.sent_at.is_(None))).all()

        assert sorted(elsewhere) == ["https://example.org/h", "zu@example.org"]
        assert work.at - stage.at == timedelta(days=1)


def test_what_was_told_is_off_every_desk_once_the_letter_has_moved_on(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.assigned("urban")
        assert told(work, "zuyuan") == []
        assert told(work, "chengguan") == named(work, "letter_assigned")
        handling.take_up(session, letter, by=work.who("chengguan"), at=work.at)
        assert told(work, "chengguan") == []

        refused = work.refusal_proposed()
        assert len(told(work, "zuzhang")) == 1
        screening.decide_refusal(session, refused, agree=True, by=work.who("shenhe2"), at=work.at)
        assert told(work, "zuzhang") == told(work, "shenhe2") == []


def test_mail_that_was_read_is_no_longer_told(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.arrived()
        arrive(work, letter, MessageKind.MESSAGE)
        (row,) = messages.messages_of(session, letter)
        messages.mark_read(session, letter, row.message_id or "", by=work.who("shenhe"), at=work.at)

        assert told(work, "shenhe") == []
