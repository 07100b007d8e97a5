"""Undo at the desk: one's own act, for ten minutes, and only while nobody has built on it; a counter-act, never an erasure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation import undoing
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import CaseState
from moderation.audit_table import OfficeAuditEntry
from moderation.casework.letters import Letter
from moderation.console import task_undo, undo
from moderation.console.administration import ABOUT
from moderation.custody.tables import AskState, IdentityRequest
from moderation.demo.stage import Stage
from moderation.holidays import CalendarDay
from moderation.outbox import Notice
from moderation.publication import leak_guard
from moderation.publication.disclosures import CHECKLIST, Disclosure, DisclosureHistory
from moderation.publication.fields import to_boxes
from moderation.publication.machine import DisclosureState
from moderation.rectification.tasks import RectificationTask
from moderation.settings import PUBLIC, change_setting, public_settings, setting
from moderation.staff import StaffMember
from moderation.undoing import UndoOffer
from portal.core.clock import now
from portal.core.vocabulary import PollutionType
from tests.conftest import NOON
from tests.console.desk_client import signed_in_client
from tests.console.test_ledger import PLAN, TASK, begin
from tests.console.test_publication_desk import TEXT, _only, _signed, _step, _written
from tests.moderation.casework.office_work import Work

S = DisclosureState
BUTTON = re.compile(r'action="(/recent-acts/\w+/undo)"')


def offered(client: FlaskClient) -> str:
    """Where the newest act of this person is taken back."""
    client.get("/recent-acts")  # what was flashed so far is read
    found = BUTTON.search(client.get("/recent-acts").text)
    assert found is not None
    return found.group(1)


def audited(stage: Stage, act: str) -> int:
    with stage.office.office.reading() as session:
        return len(session.scalars(select(OfficeAuditEntry).where(OfficeAuditEntry.act == act)).all())


# ---- the frame ----


def test_the_line_that_says_it_is_done_offers_to_take_it_back(stage: Stage) -> None:
    made = _written(stage)
    said = _step(stage, "nigao", "hand_in")

    assert re.search(r'<span>已办</span> <form class="undo" method="post" action="/recent-acts/\w+/undo">', said)
    assert 'data-key="u">撤销' in said
    clerk = signed_in_client(stage, "nigao")
    answer = clerk.post(offered(clerk), follow_redirects=True)

    assert "已撤销：送脱敏核对" in answer.text
    assert answer.request.path == f"/publication/{made.id}"
    assert _only(stage).state is S.DRAFTING
    assert [line.verb for line in _history(stage)] == ["hand_in", "take_back"]
    assert "撤销上一步" in answer.text
    assert audited(stage, "disclosure.take_back") == 1


def _history(stage: Stage) -> list[DisclosureHistory]:
    with stage.office.office.reading() as session:
        return list(session.scalars(select(Disclosure)).one().history)


def test_nobody_takes_back_what_another_did_and_nobody_without_a_session(stage: Stage) -> None:
    _written(stage)
    _step(stage, "nigao", "hand_in")
    address = offered(signed_in_client(stage, "nigao"))

    for login in ("qianfa", "guanli", "shengao1"):
        other = signed_in_client(stage, login)
        assert other.post(address).status_code == 403
        assert address not in other.get("/recent-acts").text
    assert signed_in_client(stage, "nigao").post("/recent-acts/nosuchoffer/undo").status_code == 404
    from tests.console.desk_client import console_app

    assert console_app(stage).test_client().post(address).status_code == 401
    assert _only(stage).state is S.REDACTION


def test_who_has_lost_the_role_takes_nothing_back(stage: Stage) -> None:
    from moderation import staff
    from portal.core.vocabulary import Role

    _written(stage)
    _step(stage, "nigao", "hand_in")
    address = offered(signed_in_client(stage, "nigao"))
    with stage.office.office.transaction() as session:
        member = session.get_one(StaffMember, stage.cast["nigao"].id)
        staff.change_roles(session, member, frozenset({Role.AUDITOR}), by=stage.cast["guanli"], at=now())

    assert signed_in_client(stage, "nigao").post(address).status_code == 403
    assert _only(stage).state is S.REDACTION


def test_after_ten_minutes_and_a_second_time_it_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    _written(stage)
    _step(stage, "nigao", "hand_in")
    clerk = signed_in_client(stage, "nigao")
    address = offered(clerk)

    monkeypatch.setattr(undo, "now", lambda: now() + undoing.FOR + timedelta(seconds=1))
    late = clerk.post(address)
    page = clerk.get("/recent-acts").text
    monkeypatch.undo()
    assert late.status_code == 409
    assert "十分钟" in late.text
    assert "不能再撤销" in page
    assert address not in page

    assert clerk.post(address).status_code == 303
    again = clerk.post(address)
    assert again.status_code == 409
    assert "已经撤销过了" in again.text


def test_offers_are_forgotten_after_a_day_and_hold_no_words_of_a_letter(stage: Stage) -> None:
    _written(stage)
    _step(stage, "nigao", "hand_in")

    with stage.office.office.reading() as session:
        step = session.scalars(select(UndoOffer).where(UndoOffer.kind == "disclosure.step")).one()
        assert set(step.facts()[0]) == {"id", "version", "name"}
    undoing.sweep(stage.office, now() + undoing.KEEP)
    with stage.office.office.reading() as session:
        assert session.scalar(select(UndoOffer.id)) is not None
    undoing.sweep(stage.office, now() + undoing.KEEP + undoing.FOR + timedelta(minutes=1))
    with stage.office.office.reading() as session:
        assert session.scalar(select(UndoOffer.id)) is None


@pytest.mark.parametrize("kind", undoing.KINDS)
def test_every_kind_of_undo_has_its_verb(kind: str) -> None:
    assert callable(undoing._verb(kind))


# ---- publication ----


@pytest.mark.parametrize(
    ("steps", "back"),
    [
        ((("nigao", "hand_in"),), S.DRAFTING),
        ((("nigao", "hand_in"), ("nigao", "redacted")), S.REDACTION),
        ((("nigao", "hand_in"), ("nigao", "redacted"), ("shengao1", "pass")), S.FIRST_REVIEW),
        ((("nigao", "hand_in"), ("nigao", "redacted"), ("shengao1", "pass"), ("shengao2", "pass")), S.SECOND_REVIEW),
        (
            (("nigao", "hand_in"), ("nigao", "redacted"), ("shengao1", "pass"), ("shengao2", "pass"), ("qianfa", "sign")),
            S.FINAL_REVIEW,
        ),
    ],
)
def test_each_step_of_a_publication_is_taken_back_and_taken_again(
    stage: Stage, steps: tuple[tuple[str, str], ...], back: DisclosureState
) -> None:
    _written(stage)
    for login, verb in steps:
        _step(stage, login, verb)
    there, hand = _only(stage).state, signed_in_client(stage, steps[-1][0])

    assert hand.post(offered(hand)).status_code == 303

    assert _only(stage).state is back
    _step(stage, *steps[-1])
    assert _only(stage).state is there, "a review that was taken back does not stand in its giver's way"


def test_a_step_somebody_has_built_on_stays(stage: Stage) -> None:
    _written(stage)
    _step(stage, "nigao", "hand_in")
    _step(stage, "nigao", "redacted")
    clerk = signed_in_client(stage, "nigao")
    address = offered(clerk)
    _step(stage, "shengao1", "pass")

    refused = clerk.post(address)

    assert refused.status_code == 409
    assert undoing.OVERTAKEN in refused.text
    assert _only(stage).state is S.SECOND_REVIEW


def test_a_changed_text_reads_again_as_it_did_unless_somebody_has_gone_on(stage: Stage) -> None:
    made = _written(stage)
    clerk, page = signed_in_client(stage, "nigao"), f"/publication/{made.id}"
    before = _only(stage)
    for gone_on in (False, True):
        boxes = {**to_boxes(_only(stage).fields()), "persons": "", "seen": str(_only(stage).version), "title": "改了一个字的标题"}
        assert clerk.post(f"{page}/edit", data=boxes).status_code == 303
        assert _only(stage).title == "改了一个字的标题"
        address = offered(clerk)
        if gone_on:
            clerk.post(f"{page}/checklist", data={question.id: "none" for question in CHECKLIST})
            _step(stage, "nigao", "hand_in")
        assert clerk.post(address).status_code == (409 if gone_on else 303)
        if not gone_on:
            after = _only(stage)
            assert (after.draft, after.title, after.due_on) == (before.draft, before.title, before.due_on)
            assert after.version == before.version + 2, "who has the changed text open is told"
    assert audited(stage, "disclosure.take_back_edit") == 1


def test_answers_of_the_checklist_are_taken_back(stage: Stage) -> None:
    made = _written(stage)
    clerk, before = signed_in_client(stage, "nigao"), _only(stage)
    answers = {question.id: "removed" for question in CHECKLIST}
    assert answers
    clerk.post(f"/publication/{made.id}/checklist", data=answers)
    assert _only(stage).checklist != before.checklist

    assert clerk.post(offered(clerk)).status_code == 303

    assert (_only(stage).checklist, _only(stage).checklist_done) == (before.checklist, before.checklist_done)
    assert audited(stage, "disclosure.take_back_checklist") == 1


def test_a_checklist_answered_for_many_at_once_is_taken_back_for_all_but_the_one_answered_since(stage: Stage) -> None:
    clerk = signed_in_client(stage, "nigao")
    for number in range(3):
        clerk.post("/publication/new/notice", data=TEXT | {"title": f"稿{number}"})
    with stage.office.office.reading() as session:
        chosen = list(session.scalars(select(Disclosure.id).where(~Disclosure.checklist_done)))
    clerk.post("/publication/bulk", data={"chosen": chosen, "verb": "clear"})
    again = {question.id: "none" for question in CHECKLIST}
    clerk.post(f"/publication/{chosen[0]}/checklist", data=again | {CHECKLIST[0].id: "removed"})
    clerk.get("/recent-acts")
    bulk = BUTTON.findall(clerk.get("/recent-acts").text)[1]

    said = clerk.post(bulk, follow_redirects=True).text

    assert "没有撤销" not in said
    assert said.count(undoing.OVERTAKEN) == 1
    with stage.office.office.reading() as session:
        done = {each.id: each.checklist_done for each in session.scalars(select(Disclosure))}
    assert [done[identity] for identity in chosen] == [True, False, False]
    assert audited(stage, "disclosure.take_back_checklist") == 2


def test_what_was_published_is_not_offered_back(stage: Stage) -> None:
    _signed(stage)
    assert 'data-key="u"' not in _step(stage, "fabu", "publish")


def test_an_hour_that_was_set_is_set_back(stage: Stage) -> None:
    made = _signed(stage)
    leak_guard.compare_with_sealed(stage.office, NOON)
    publisher = signed_in_client(stage, "fabu")
    for typed in ("2099-01-01T09:00", "2099-02-02T09:00"):
        publisher.post(f"/publication/{made.id}/schedule", data={"publish_at": typed})

    answer = publisher.post(offered(publisher))
    assert answer.status_code == 303, answer.text

    at = _only(stage).publish_at
    assert at is not None
    assert at.isoformat().startswith("2099-01-01T01:00")


# ---- notices ----


def test_notices_marked_as_seen_come_back_but_not_those_somebody_else_saw(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        Work(stage, session).assigned("urban")
        Work(stage, session).assigned("urban")
    client = signed_in_client(stage, "chengguan")
    ids = re.findall(r'name="notice" value="(\w+)"', client.get("/notices").text)
    client.post("/notices", data={"open": ids[0]})

    said = client.post("/notices", data={"notice": ids}, follow_redirects=True).text
    assert f"把 {len(ids) - 1} 条通知标为看过" in client.get("/recent-acts").text
    assert "没有新的通知" in said
    client.post(offered(client))

    assert re.findall(r'name="notice" value="(\w+)"', client.get("/notices").text) == ids[1:]
    with stage.office.office.reading() as session:
        assert session.get_one(Notice, ids[0]).read_at is not None


# ---- the ledger ----


@pytest.fixture
def keeper(stage: Stage) -> FlaskClient:
    client = signed_in_client(stage, "zhenggai")
    assert client.post(f"{begin(client, PLAN)}/apply").status_code == 303
    return client


def task(stage: Stage) -> RectificationTask:
    with stage.office.office.reading() as session:
        found = session.get_one(RectificationTask, TASK)
        _ = (found.links, found.events)
        return found


def act(stage: Stage, client: FlaskClient, slug: str, **typed: str) -> None:
    data = {"version": str(task(stage).version), **typed}
    answer = client.post(f"/rectification-tasks/{TASK}/acts/{slug}", data=data)
    assert answer.status_code == 303, answer.text


ACTS: tuple[tuple[str, dict[str, str], Callable[[RectificationTask], object]], ...] = (
    ("set-unit", {"unit_id": "urban"}, lambda found: found.reporting_unit_id),
    ("set-type", {"type": PollutionType.SOIL.value, "severity": "3"}, lambda found: (found.main_type, found.severity)),
    ("tie", {"kind": "letter", "reference": "W2030-0101-0001", "label": ""}, lambda found: len(found.links)),
)


@pytest.mark.parametrize(("slug", "typed", "seen"), ACTS, ids=[row[0] for row in ACTS])
def test_a_change_of_a_task_is_taken_back(
    stage: Stage, keeper: FlaskClient, slug: str, typed: dict[str, str], seen: Callable[[RectificationTask], object]
) -> None:
    before = seen(task(stage))
    act(stage, keeper, slug, **typed)
    assert seen(task(stage)) != before

    answer = keeper.post(offered(keeper), follow_redirects=True)

    assert "已撤销" in answer.text
    assert seen(task(stage)) == before
    assert task(stage).events[-1].verb == "take_back"


def test_a_finished_step_is_open_again_and_a_task_changed_since_is_left(stage: Stage, keeper: FlaskClient) -> None:
    with stage.office.office.transaction() as session:
        session.get_one(RectificationTask, TASK).milestones = json.dumps(
            [{"due": "2030-06-30", "text": "封堵一半", "done_on": None}]
        )
    act(stage, keeper, "finish-step", place="0", on=now().date().isoformat())
    first = offered(keeper)
    act(stage, keeper, "set-unit", unit_id="urban")

    assert keeper.post(first).status_code == 409
    assert keeper.post(offered(keeper)).status_code == 303
    assert keeper.post(first).status_code == 409, "the task has moved on, though it looks the same"
    assert json.loads(task(stage).milestones)[0]["done_on"]


def test_acts_that_can_be_taken_back_are_acts() -> None:
    from moderation.console.ledger_acts import BY_SLUG

    assert set(task_undo.BY_SLUG) <= set(BY_SLUG)
    assert {way.kind for way in task_undo.BY_SLUG.values()} <= set(undoing.KINDS)


# ---- a question for an identity ----


def test_a_question_is_taken_back_until_the_custodian_has_answered(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        letter: Letter = Work(stage, session).assigned("urban")
        letter_id = letter.id
    asker = signed_in_client(stage, "zuzhang")
    for answered in (False, True):
        asker.post(f"/letters/{letter_id}/identity-request", data={"purpose": "verify", "reason": "需要核对现场的门牌号码"})
        address = offered(asker)
        if answered:
            with stage.office.office.reading() as session:
                asked = session.scalars(select(IdentityRequest).where(IdentityRequest.state == AskState.ASKED)).one()
            signed_in_client(stage, "baoguan").post(f"/identity-requests/{asked.id}/agree")
        assert asker.post(address).status_code == (409 if answered else 303)

    with stage.office.office.reading() as session:
        states = sorted(row.state.value for row in session.scalars(select(IdentityRequest)))
    assert states == ["agreed", "taken_back"]


# ---- the administrator's desk ----


def _admin(stage: Stage) -> FlaskClient:
    return signed_in_client(stage, "guanli")


def test_what_the_office_says_of_itself_is_set_back_on_the_desk_and_for_the_public(stage: Stage) -> None:
    admin, page = _admin(stage), "/administration/about"
    with stage.office.office.reading() as session:
        told = public_settings(session)
    typed = {name: str(getattr(told, name)) for name in (*ABOUT, "accent")}
    assert admin.post(page, data={**typed, "hotline": "0000-1234567"}).status_code == 303
    assert "0000-1234567" in stage.office.public_settings_path.read_text(encoding="utf-8")

    said = admin.post(offered(admin), follow_redirects=True)

    assert "已撤销：本单位" in said.text
    with stage.office.office.reading() as session:
        assert public_settings(session) == told
    assert "0000-1234567" not in stage.office.public_settings_path.read_text(encoding="utf-8")
    assert audited(stage, "setting.change") >= 2, "both changes stand in the audit log"


def test_a_setting_somebody_else_has_changed_since_is_left(stage: Stage) -> None:
    admin, page = _admin(stage), "/administration/about"
    admin.post(page, data={"office_name": "某地", "accent": ""})
    address = offered(admin)
    with stage.office.office.transaction() as session:
        value = setting(session, PUBLIC)
        change_setting(session, PUBLIC, value, by=stage.cast["zuzhang"], at=now(), confirmed=True)

    assert admin.post(address).status_code == 409


@pytest.mark.parametrize("typed", [{"day": "2027-03-01"}, {"day": "2027-03-06", "is_workday": "y", "name": "调休"}])
def test_a_day_of_the_calendar_is_set_back(stage: Stage, typed: dict[str, str]) -> None:
    admin, page = _admin(stage), "/administration/calendar"
    admin.post(page, data={**typed, "year": "2027"})
    assert typed["day"] in admin.get(f"{page}?year=2027").text

    admin.post(offered(admin))

    with stage.office.office.reading() as session:
        assert session.get(CalendarDay, date.fromisoformat(typed["day"])) is None
    assert audited(stage, "calendar.change") == 2


def test_roles_are_given_back_unless_they_were_changed_again(stage: Stage) -> None:
    admin, member = _admin(stage), stage.cast["zuyuan"]
    with stage.office.office.reading() as session:
        before = session.get_one(StaffMember, member.id).role_list
    for again in (False, True):
        admin.post(f"/administration/people/{member.id}", data={"deed": "roles", "roles": ["auditor"]})
        address = offered(admin)
        if again:
            admin.post(f"/administration/people/{member.id}", data={"deed": "roles", "roles": ["leader"]})
        assert admin.post(address).status_code == (409 if again else 303)
        with stage.office.office.reading() as session:
            assert session.get_one(StaffMember, member.id).role_list == ("leader" if again else before)


def test_what_stood_before_is_forgotten_once_it_is_too_late_for_it(stage: Stage) -> None:
    admin = _admin(stage)
    admin.post("/administration/about", data={"office_name": "某地", "accent": ""})

    undoing.sweep(stage.office, now())
    with stage.office.office.reading() as session:
        assert session.scalars(select(UndoOffer)).one().facts()
    undoing.sweep(stage.office, now() + undoing.FOR + timedelta(minutes=1))
    with stage.office.office.reading() as session:
        assert session.scalars(select(UndoOffer)).one().facts() == []


# ---- a worksheet of accountability ----


def _worksheet(stage: Stage) -> tuple[FlaskClient, str]:
    from tests.console.test_accountability import open_case

    officer = signed_in_client(stage, "wenze")
    return officer, open_case(officer)


WRITTEN: tuple[tuple[str, dict[str, str | list[str]]], ...] = (
    ("checks/sector", {"answer": "not_failed", "finding": "查过台账"}),
    ("facts", {"impact": "", "grade": "serious", "grade_reason": "群众反映强烈"}),
    ("factors/basis", {"text": "雨污没有分流"}),
)


@pytest.mark.parametrize(("slug", "typed"), WRITTEN, ids=[slug for slug, _typed in WRITTEN])
def test_a_line_of_the_worksheet_reads_again_as_it_did(stage: Stage, slug: str, typed: dict[str, str | list[str]]) -> None:
    officer, page = _worksheet(stage)

    def stands() -> list[object]:
        with stage.office.office.reading() as session:
            case = session.scalars(select(AccountabilityCase)).one()
            checks = [(row.answer, row.finding, row.answered_by) for row in case.checks]
            return [case.said, case.grade_reason, checks, [(row.factor, row.text) for row in case.factors]]

    empty = stands()
    answer = officer.post(f"{page}/{slug}", data=typed)
    assert answer.status_code == 303, re.findall(r'class="error"[^>]*>([^<]+)', answer.text)
    first = stands()
    assert first != empty
    officer.post(f"{page}/{slug}", data={**typed, "finding": "又查过", "text": "改过", "grade_reason": "改过"})
    assert stands() != first

    newest = offered(officer)
    assert officer.post(newest).status_code == 303
    assert stands() == first
    oldest = BUTTON.search(officer.get("/recent-acts").text)
    assert oldest is not None
    assert officer.post(oldest.group(1)).status_code == 303
    assert stands() == empty


def test_a_worksheet_that_has_moved_on_is_left(stage: Stage) -> None:
    officer, page = _worksheet(stage)
    officer.post(f"{page}/factors/basis", data={"text": "雨污没有分流"})
    address = offered(officer)
    with stage.office.office.transaction() as session:
        session.scalars(select(AccountabilityCase)).one().state = CaseState.DECIDED

    assert officer.post(address).status_code == 409
