"""An identity is asked for, granted by two, shown once and told to the reporter; what is kept too long goes by two hands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from moderation import unsealing
from moderation.casework import arrival, letter_lists, originals, status
from moderation.casework.letters import Letter, LetterGuard
from moderation.custody import openings, requests, retention, timers
from moderation.custody.tables import AskState, DestructionItem, IdentityOpened, IdentityRequest, ListState, Purpose, RetentionDue
from moderation.demo.stage import Stage
from moderation.staff import SignedIn
from portal.core import reports
from portal.core.errors import Mendable, NotAllowed, NotThere, Refusal
from portal.core.intake_keys import load_intake_keys
from portal.core.report_content import Identity
from portal.core.reports import Report
from tests.moderation.casework.office_work import CONTENT, Work

WHO = Identity(name="田大山", phone="13800001234")
WHY = "情况复杂，须当面核对取证地点"


def sent(stage: Stage, identity: Identity = WHO) -> str:
    """A sealed report that the worker pulled; returns the id of its letter."""
    keys = load_intake_keys(unsealing.public_side_folder(stage.office))
    sealed = reports.seal_report(CONTENT, identity, nonce=reports.new_nonce(), keys=keys, at=stage.at)
    with stage.office.intake.transaction() as intake:
        reports.submit_report(intake, sealed, at=stage.at)
    arrival.pull(stage.office, stage.at)
    with stage.office.office.reading() as session:
        return session.scalars(select(Letter.id).where(Letter.report_id == sealed.id)).one()


def asked(stage: Stage, letter_id: str, login: str = "zuyuan") -> str:
    with stage.office.office.transaction() as session:
        letter = letter_lists.find(session, letter_id, stage.cast[login])
        return requests.ask(session, letter, purpose=Purpose.VERIFY, reason=WHY, by=stage.cast[login], at=stage.at).id


def granted(stage: Stage, letter_id: str) -> str:
    request_id = asked(stage, letter_id)
    with stage.office.office.transaction() as session:
        request = session.get_one(IdentityRequest, request_id)
        requests.agree(session, request, by=stage.cast["baoguan"], at=stage.at)
        requests.consent(session, request, by=stage.cast["lingdao"], at=stage.at)
    return request_id


def test_two_others_agree_and_the_asker_sees_it_once(stage: Stage) -> None:
    request_id = granted(stage, sent(stage))

    assert requests.show_once(stage.office, request_id, by=stage.cast["zuyuan"], at=stage.at) == WHO
    with pytest.raises(Refusal):
        requests.show_once(stage.office, request_id, by=stage.cast["zuyuan"], at=stage.at)


@pytest.mark.parametrize("login", ["baoguan", "lingdao", "zuzhang", "shenhe"])
def test_nobody_but_the_asker_opens_it(stage: Stage, login: str) -> None:
    request_id = granted(stage, sent(stage))

    with pytest.raises((NotAllowed, NotThere, Refusal)):
        requests.show_once(stage.office, request_id, by=stage.cast[login], at=stage.at)
    with stage.office.office.reading() as session:
        assert session.scalars(select(IdentityOpened)).all() == []


def test_nothing_opens_on_the_word_of_one(stage: Stage) -> None:
    request_id = asked(stage, sent(stage))
    for _step in range(2):
        with pytest.raises(Refusal):
            requests.show_once(stage.office, request_id, by=stage.cast["zuyuan"], at=stage.at)
        with stage.office.office.transaction() as session:
            request = session.get_one(IdentityRequest, request_id)
            if request.state is AskState.ASKED:
                requests.agree(session, request, by=stage.cast["baoguan"], at=stage.at)


def test_asker_custodian_and_second_are_three_people(stage: Stage) -> None:
    request_id = asked(stage, sent(stage), "zuzhang")
    with stage.office.office.transaction() as session:
        request = session.get_one(IdentityRequest, request_id)
        requests.agree(session, request, by=stage.cast["baoguan"], at=stage.at)
        with pytest.raises(Refusal, match="三个不同的人"):
            requests.consent(session, request, by=stage.cast["zuzhang"], at=stage.at)


def test_the_receipt_shows_day_role_and_purpose_but_not_who(stage: Stage) -> None:
    letter_id = sent(stage)
    request_id = granted(stage, letter_id)
    requests.show_once(stage.office, request_id, by=stage.cast["zuyuan"], at=stage.at)

    with stage.office.office.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert letter.untold > 0
        (line,) = status.snapshot(session, letter, at=stage.at).openings
    assert (line.role, line.reason) == ("信访督办组成员", "向举报人核实情况")


def test_the_question_about_an_anonymous_letter_gives_no_hint(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    plain = unsealing.unseal_identity
    monkeypatch.setattr(unsealing, "unseal_identity", lambda *args, **more: (opened.append(1), plain(*args, **more))[1])
    named, nameless = sent(stage), sent(stage, Identity())

    for letter_id, expected in ((named, WHO), (nameless, Identity())):
        request_id = granted(stage, letter_id)
        with stage.office.office.reading() as session:
            request = session.get_one(IdentityRequest, request_id)
            assert (request.state, request.purpose, request.reason) == (AskState.GRANTED, Purpose.VERIFY, WHY)
        assert requests.show_once(stage.office, request_id, by=stage.cast["zuyuan"], at=stage.at) == expected

    assert opened == [1, 1]
    with stage.office.intake.reading() as intake:
        sizes = {len(box) for box in intake.scalars(select(Report.identity_for_custodian))}
    assert len(sizes) == 1


def test_who_must_not_know_of_the_letter_sees_no_question(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.accepted(must_not_know=("秦守拙",))
        request = requests.ask(session, letter, purpose=Purpose.VERIFY, reason=WHY, by=stage.cast["zuyuan"], at=stage.at)
        session.flush()

        assert requests.lines(session, stage.cast["baoguan"]) == ()
        assert requests.waiting(session, stage.cast["baoguan"]) == 0
        with pytest.raises(NotThere):
            requests.find(session, request.id, stage.cast["baoguan"])
        assert len(requests.lines(session, stage.cast["shenji"])) == 1


def test_a_reason_is_needed_and_a_question_runs_out(stage: Stage) -> None:
    letter_id = sent(stage)
    with stage.office.office.transaction() as session:
        letter = session.get_one(Letter, letter_id)
        with pytest.raises(Mendable, match="为什么"):
            requests.ask(session, letter, purpose=Purpose.VERIFY, reason="看看", by=stage.cast["zuyuan"], at=stage.at)
    request_id = granted(stage, letter_id)
    with stage.office.office.transaction() as session:
        assert requests.expire(session, at=stage.at + timedelta(days=requests.VALID_DAYS + 1)) == 1
        assert requests.expire(session, at=stage.at + timedelta(days=requests.VALID_DAYS + 1)) == 0
    with pytest.raises(Refusal):
        requests.show_once(stage.office, request_id, by=stage.cast["zuyuan"], at=stage.at)


# ---- retention ----


def closed_long_ago(stage: Stage, letter_id: str) -> None:
    with stage.office.office.transaction() as session:
        session.get_one(Letter, letter_id).closed_on = stage.at.date() - timedelta(days=365 * 6)


def confirmed(stage: Stage, code: str = "identity") -> None:
    with stage.office.office.transaction() as session:
        retention.confirm_class(
            session, code, 5, clause="保管期限表第 3 项", source="本单位文", by=stage.cast["baoguan"], at=stage.at
        )


def proposed(stage: Stage, code: str = "identity") -> str:
    with stage.office.office.transaction() as session:
        return retention.propose(session, code, by=stage.cast["baoguan"], at=stage.at).id


def approved(stage: Stage, list_id: str) -> None:
    with stage.office.office.transaction() as session:
        made = session.get_one(retention.DestructionList, list_id)
        retention.decide(session, made, approve=True, by=stage.cast["lingdao"], at=stage.at)


def report_of(stage: Stage, letter_id: str) -> tuple[bytes, bytes]:
    with stage.office.office.reading() as session, stage.office.intake.reading() as intake:
        report_id = session.get_one(Letter, letter_id).report_id
        row = intake.execute(select(Report.identity_for_custodian, Report.body).where(Report.id == report_id)).one()
        return row[0], row[1]


def test_nothing_is_destroyed_while_the_years_are_unconfirmed(stage: Stage) -> None:
    closed_long_ago(stage, sent(stage))
    with pytest.raises(Refusal, match="未核定"):
        proposed(stage)


def test_two_people_destroy_and_twice_does_no_harm(stage: Stage) -> None:
    old, young = sent(stage), sent(stage)
    closed_long_ago(stage, old)
    confirmed(stage)
    list_id = proposed(stage)
    retention.carry_out(stage.office, stage.at)
    assert report_of(stage, old)[0]
    approved(stage, list_id)

    for _again in range(2):
        retention.carry_out(stage.office, stage.at)

    assert report_of(stage, old)[0] == b""
    assert report_of(stage, old)[1]
    assert report_of(stage, young)[0]
    with stage.office.office.reading() as session:
        assert session.get_one(retention.DestructionList, list_id).state is ListState.DONE
        assert session.get_one(LetterGuard, old).identity == b""
        report_id = session.get_one(Letter, old).report_id
    with pytest.raises(Refusal, match="已经销毁"):
        openings.open_identity(stage.office, report_id or "", role="x", reason="y", by=stage.cast["zuyuan"], at=stage.at)
    with pytest.raises(Refusal, match="没有到期"):
        proposed(stage)


def test_the_one_who_proposed_cannot_approve_and_others_cannot_propose(stage: Stage) -> None:
    closed_long_ago(stage, sent(stage))
    confirmed(stage)
    list_id = proposed(stage)
    with stage.office.office.transaction() as session:
        made = session.get_one(retention.DestructionList, list_id)
        with pytest.raises(NotAllowed):
            retention.decide(session, made, approve=True, by=stage.cast["baoguan"], at=stage.at)
        with pytest.raises(Refusal):
            retention.propose(session, "identity", by=stage.cast["lingdao"], at=stage.at)


def test_the_worker_counts_what_is_due_once_a_day(stage: Stage) -> None:
    closed_long_ago(stage, sent(stage))
    confirmed(stage)
    for days, counted in ((0, 1), (0, 1), (1, 3)):
        timers.run(stage.office, stage.at + timedelta(days=days))
        with stage.office.office.reading() as session:
            assert session.get_one(RetentionDue, "identity").letters == counted
        if not days:
            closed_long_ago(stage, sent(stage))


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Deeds of several people that start together; what each came to."""
    gate, came = threading.Barrier(len(deeds)), [None] * len(deeds)  # type: ignore[var-annotated]

    def run(place: int, deed: Callable[[], object]) -> None:
        gate.wait()
        try:
            came[place] = deed()
        except Refusal as refused:
            came[place] = refused

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return came


def test_two_custodians_propose_the_same_list_at_once_and_one_list_is_made(stage: Stage) -> None:
    closed_long_ago(stage, sent(stage))
    confirmed(stage)

    came = at_once(lambda: proposed(stage), lambda: proposed(stage))

    assert sum(isinstance(each, Refusal) for each in came) == 1
    with stage.office.office.reading() as session:
        assert len(retention.lists(session)) == 1


def test_two_leaders_decide_one_list_at_once_and_one_answer_stands(stage: Stage) -> None:
    closed_long_ago(stage, sent(stage))
    confirmed(stage)
    list_id = proposed(stage)
    leader = SignedIn("another", "另一位领导", stage.cast["lingdao"].roles, "office", "")

    def decide(by: SignedIn, *, approve: bool) -> bool:
        with stage.office.office.transaction() as session:
            found = retention.find_list(session, list_id)
            retention.decide(session, found, approve=approve, reason="" if approve else "先问档案局", by=by, at=stage.at)
        return approve

    came = at_once(lambda: decide(stage.cast["lingdao"], approve=True), lambda: decide(leader, approve=False))

    (stands,) = (each for each in came if not isinstance(each, Refusal))
    with stage.office.office.reading() as session:
        state = session.get_one(retention.DestructionList, list_id).state
    assert state is (ListState.APPROVED if stands else ListState.REFUSED)


def test_a_hold_keeps_a_letter_off_the_list_and_off_the_fire(stage: Stage) -> None:
    held, late_held = sent(stage), sent(stage)
    for letter_id in (held, late_held):
        closed_long_ago(stage, letter_id)
    confirmed(stage)
    with stage.office.office.transaction() as session:
        retention.hold(session, session.get_one(Letter, held), "正在诉讼", by=stage.cast["baoguan"], at=stage.at)
    list_id = proposed(stage)
    approved(stage, list_id)
    with stage.office.office.transaction() as session:
        row = retention.hold(session, session.get_one(Letter, late_held), "法院调卷", by=stage.cast["baoguan"], at=stage.at)
        with pytest.raises(Refusal, match="解除人"):
            retention.lift(session, row, "结案", by=stage.cast["baoguan"], at=stage.at)

    retention.carry_out(stage.office, stage.at)

    assert report_of(stage, held)[0]
    assert report_of(stage, late_held)[0]
    with stage.office.office.reading() as session:
        (item,) = session.scalars(select(DestructionItem))
        assert item.outcome == retention.HELD


def test_an_original_goes_with_its_words(stage: Stage) -> None:
    letter_id = sent(stage)
    closed_long_ago(stage, letter_id)
    confirmed(stage, "original")
    approved(stage, proposed(stage, "original"))

    retention.carry_out(stage.office, stage.at)

    assert report_of(stage, letter_id)[1] == b""
    assert report_of(stage, letter_id)[0]
    with stage.office.office.reading() as session:
        assert session.get_one(LetterGuard, letter_id).runs == b""


def test_reading_a_destroyed_original_says_that_it_was_destroyed_and_not_that_something_is_broken(stage: Stage) -> None:
    letter_id = sent(stage)
    closed_long_ago(stage, letter_id)
    confirmed(stage, "original")
    approved(stage, proposed(stage, "original"))
    retention.carry_out(stage.office, stage.at)

    with stage.office.office.reading() as session:
        letter = session.get_one(Letter, letter_id)
    with pytest.raises(Refusal, match="原件已经销毁"):
        originals.open_original(stage.office, letter, by=stage.cast["shenhe"], reason="核对", at=stage.at)
