"""Every route of the console × every role, as one printed table (`access_table.txt`), executed with real requests.

A new route changes the table; look at the change, then write it anew:
DISCLOSURE_WRITE_TABLE=1 pytest tests/console/test_access_table.py
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from moderation import app as console
from moderation import staff
from moderation.accountability import worksheet
from moderation.accountability.words import Origin
from moderation.accountability.worksheet import NewCase
from moderation.casework import messages
from moderation.casework.letters import BarReason, Letter, LetterBar
from moderation.console.access import COOKIE
from moderation.custody import requests
from moderation.custody.tables import Purpose
from moderation.demo.stage import Stage
from moderation.holidays import office_calendar
from moderation.publication import disclosures
from moderation.publication.leak_guard import DisclosureLetter
from moderation.rectification.applying import write
from moderation.rectification.importing import PlanHead
from moderation.rectification.plan_reader import read_plan
from moderation.rewards import proposals
from moderation.rewards.calculation import OrderProof, ProvenAct
from moderation.rewards.letters import Standing, SubstantiatedLetter
from moderation.rewards.proposals import LetterFacts
from moderation.staff import SignedIn
from moderation.supervision import ladder, subjects
from moderation.supervision.machine import SubjectKind
from portal.core.clock import day_of, now
from portal.core.ids import new_id
from portal.core.report_content import MessageKind, ReporterMessage
from portal.core.vocabulary import Channel, IdentityLevel, RecordKind, Role, Verdict
from tests.console.desk_client import console_app, signed_in_client
from tests.moderation.casework.office_work import Work

TABLE = Path(__file__).with_name("access_table.txt")
DENIED = "您的岗位不能打开这一页"
NOWHERE = "0000000000000000"
METHODS = ("GET", "POST")
# Shut off from a role's table only because their answer ends the session of who asks.
LAST = ("desk.sign_out",)


def rules(app: Flask) -> list[tuple[Rule, str]]:
    """Every route and method of the console, in the order of the table."""
    every = [(rule, method) for rule in app.url_map.iter_rules() for method in METHODS if method in (rule.methods or ())]
    return sorted(every, key=lambda pair: (pair[0].endpoint in LAST, pair[0].rule, pair[1]))


def roles_of(app: Flask, rule: Rule) -> frozenset[Role]:
    """The roles the route declares; none: anyone, signed in or not."""
    return frozenset(getattr(app.view_functions[rule.endpoint], "roles", ()))


def printed(app: Flask) -> str:
    """The table: a line a route, a mark a role."""
    order = list(Role)
    head = ["Roles, in the order of the marks:", *(f"  {place + 1:>2} {role.zh}" for place, role in enumerate(order)), ""]
    lines = []
    for rule, method in rules(app):
        allowed = roles_of(app, rule)
        marks = "anyone" if not allowed else "".join("+" if role in allowed else "·" for role in order)
        lines.append(f"{method:<5}{rule.rule:<76}{marks}")
    return "\n".join(head + sorted(lines, key=lambda line: (line[5:], line))) + "\n"


def address(rule: Rule) -> str:
    """The route with a thing that does not exist in every slot, or the first of the few words a slot takes."""
    return address_with(rule, "", "")


def address_with(rule: Rule, name: str, record_id: str) -> str:
    """The same, with ``record_id`` in the slot ``name``."""

    def filled(slot: re.Match[str]) -> str:
        kind = slot.group(1) or ""
        if slot.group(2) == name:
            return record_id
        if kind.startswith("any("):
            return kind[4:-1].split(",")[0].strip()
        return "1" if kind.startswith("int") else NOWHERE

    return re.sub(r"<(?:([^:<>]+):)?(\w+)>", filled, rule.rule)


def holder_of(stage: Stage, role: Role) -> str:
    """Somebody of the cast who holds this role and no other."""
    return next(login for login, person in stage.cast.items() if person.roles == frozenset({role}))


def renewed(stage: Stage, client: FlaskClient, person: SignedIn) -> None:
    with stage.office.office.transaction() as session:
        client.set_cookie(COOKIE, staff.open_session(session, person.id, at=now()))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without their menu: its counts are tested elsewhere, and are most of the time of a refusal."""
    monkeypatch.setattr(console, "desk_counts", lambda session, person: ())


def test_the_table_of_who_may_open_what_is_the_printed_one(stage: Stage) -> None:
    found = printed(console_app(stage))
    if os.environ.get("DISCLOSURE_WRITE_TABLE"):
        TABLE.write_text(found, encoding="utf-8")
    assert found == TABLE.read_text(encoding="utf-8"), (
        "a route changed: look at it, then write the table anew (see the head of this file)"
    )


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_a_role_opens_what_the_table_says_and_nothing_else(stage: Stage, role: Role) -> None:
    app, login = console_app(stage), holder_of(stage, role)
    client, wrong = signed_in_client(stage, login), []
    for rule, method in rules(app):
        wanted = roles_of(app, rule)
        answer = client.open(address(rule), method=method)
        denied = answer.status_code == 403 and DENIED in answer.text
        if denied is not (bool(wanted) and role not in wanted) or answer.status_code >= 500:
            wrong.append(f"{method} {rule.rule}: {answer.status_code}")
        if rule.endpoint in LAST:
            renewed(stage, client, stage.cast[login])
    assert wrong == []


@pytest.mark.usefixtures("quick")
def test_nobody_who_is_not_signed_in_opens_a_desk(stage: Stage) -> None:
    app = console_app(stage)
    client, wrong = app.test_client(), []
    for rule, method in rules(app):
        if not roles_of(app, rule):
            continue
        answer = client.open(address(rule), method=method)
        # A post is not sent on: the sign-in page carries what was written in it.
        shut = answer.status_code == 401 and 'action="/sign-in"' in answer.text and 'class="side"' not in answer.text
        if not (shut if method == "POST" else answer.status_code == 303 and "/sign-in" in answer.location):
            wrong.append(f"{method} {rule.rule}: {answer.status_code}")
    assert wrong == []


# ---- own and other: the same routes about real records ----

LETTER_TABLE = TABLE.with_name("letter_table.txt")
MARKS = {403: "·", 404: "-"}
# What the two records of a slot are. The unit officer is of 县城管局; for every other role what is about the other letter is
# about one they must not know of.
SLOTS = {
    "letter_id": "own: a letter of 县城管局; other: one of 县住建局 of which nobody else in the cast may know",
    "message_id": "messages of the two reporters",
    "supervision_id": "the two letters on the ladder",
    "request_id": "questions for the identity behind the two letters",
    "reward_id": "rewards about the two letters",
    "identity": "texts for the public about the two letters",
    "task_id": "own: a rectification task of 县城管局; other: one of 县住建局",
    "case_id": "own: an accountability case about a township; other: one about 县纪委监委, from which some viewers come",
}
# Only these roles' own unit decides; what hides it from everybody else is tested with the letters.
BY_UNIT = {"task_id", "case_id"}


def two_letters(work: Work) -> tuple[Letter, Letter]:
    """Both are with their unit, each with a message."""
    own, other = work.handling("urban"), work.assigned("housing")
    for letter in (own, other):
        sent = ReporterMessage("", MessageKind.MESSAGE, "")
        messages.take_message(work.session, letter, f"m-{letter.id}", day_of(work.at), sent, at=work.at)
    return own, other


def hide(work: Work, letter: Letter) -> None:
    """Nobody but the unit that handles it may know of this letter."""
    for person in work.stage.cast.values():
        if person.unit_id != "housing":
            work.session.add(LetterBar(id=new_id(), letter_id=letter.id, staff_id=person.id, reason=BarReason.REPORTER_LISTED))


def on_the_ladder(work: Work, letter: Letter) -> str:
    subject = subjects.find(work.session, SubjectKind.LETTER, letter.id)
    assert subject is not None
    row = ladder.row_of(work.session, subject, at=work.at)
    ladder.step(work.session, row, "urge", text="请尽快反馈", by=work.who("zuzhang"), at=work.at)
    return row.id


def asked_about(work: Work, letter: Letter) -> str:
    by = work.who("zuyuan")
    return requests.ask(work.session, letter, purpose=Purpose.VERIFY, reason="须当面核对地点", by=by, at=work.at).id


def rewarded(work: Work, letter: Letter, place: str) -> str:
    today = day_of(work.at)
    standing = Standing(
        letter_id=letter.id, number=letter.spoken_number, report_id=None, received_on=today, accepted_on=today,
        identity=IdentityLevel.ANONYMOUS, channel=Channel.WEB, proof=OrderProof.SYSTEM, wants_reward=True,
    )  # fmt: skip
    found = SubstantiatedLetter(
        letter_id=letter.id, number=letter.spoken_number, region_code="990121100", place=place, target="", summary="",
        verdict=Verdict.SUBSTANTIATED, closed_on=today, acts=(ProvenAct("uncovered_dust"),), standings=(standing,),
    )  # fmt: skip
    facts = [LetterFacts(standing, OrderProof.SYSTEM)]
    by = work.who("jiangli")
    return proposals.verify(work.session, found, found.acts, facts, place=place, target="", by=by, at=work.at).id


def drafted(work: Work, letter: Letter) -> str:
    fields = {
        "title": "来信办理情况",
        "unit": "县生态环境局",
        "region": {"code": "990121", "name": "云岭县"},
        "summary": "已查处。",
    }
    made = disclosures.draft(
        work.session,
        kind=RecordKind.NOTICE,
        fields=fields,
        calendar=office_calendar(work.session),
        by=work.who("nigao"),
        at=work.at,
    )
    work.session.add(DisclosureLetter(disclosure_id=made.id, letter_id=letter.id))
    return made.id


def two_tasks(work: Work) -> tuple[str, str]:
    """From a plan of two items, both under way."""
    lines = ["云政发〔2026〕31号", "云岭县整改清单", "经梳理，共2个问题："]
    for number, unit in ((1, "县城市管理局"), (2, "县住房城乡建设局")):
        lines += [f"{number}.渣土车抛洒。", "整改目标：密闭运输。", "整改措施：（1）路检。", f"牵头单位：{unit}",
                  f"责任单位：{unit}",
                  "整改时限：2027年3月31日前完成"]  # fmt: skip
    head = PlanHead(code="two", title="云岭县整改清单", document_number="云政发〔2026〕31号", programme="", region_code="990121")
    write(work.session, read_plan("\n\n".join(lines)), head, by=work.who("zhenggai"), at=work.at)
    return "two-001", "two-002"


def two_cases(work: Work) -> tuple[str, str]:
    found = []
    for unit_id in ("liuxi", "discipline"):
        new = NewCase(title="扬尘反复", facts_text="没有复查。", region_code="990121101", unit_id=unit_id, origin=Origin.TASK)
        found.append(worksheet.open_case(work.session, new, by=work.who("wenze"), at=work.at).id)
    return found[0], found[1]


def records(stage: Stage) -> dict[str, tuple[str, str]]:
    """The own and the other record of every slot."""
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = now()
        own, other = two_letters(work)
        found = {
            "letter_id": (own.id, other.id),
            "message_id": (f"m-{own.id}", f"m-{other.id}"),
            "supervision_id": (on_the_ladder(work, own), on_the_ladder(work, other)),
            "request_id": (asked_about(work, own), asked_about(work, other)),
            "reward_id": (rewarded(work, own, "东大路"), rewarded(work, other, "西大路")),
            "identity": (drafted(work, own), drafted(work, other)),
            "task_id": two_tasks(work),
            "case_id": two_cases(work),
        }
        hide(work, other)
        return found


def about(rule: Rule, slot: str, record_id: str) -> str:
    # Of the acts on a letter, one that several roles may take while it is being handled.
    path = address_with(rule, slot, record_id)
    return path.replace(f"acts/{NOWHERE}", "acts/ask-extension")


def mark_of(client: FlaskClient, path: str, method: str) -> str:
    """One sign an answer: + the person gets at it, · not this role, - as if there were none. Posts carry no version: none acts."""
    answer = client.open(path, method=method)
    assert answer.status_code < 500, (method, path)
    return MARKS.get(answer.status_code, "+")


def slot_of(rule: Rule) -> str | None:
    """The first record a route is about."""
    return next((name for name in re.findall(r"<(?:[^:<>]+:)?(\w+)>", rule.rule) if name in SLOTS), None)


@pytest.mark.usefixtures("quick")
def test_every_route_about_a_record_answers_each_role_as_printed_for_its_own_and_anothers(stage: Stage) -> None:
    """Every route × every role × own and other, with real requests, as one printed table."""
    app, found = console_app(stage), records(stage)
    officer = next(login for login, person in stage.cast.items() if person.unit_id == "urban")
    people = [officer if role is Role.UNIT_OFFICER else holder_of(stage, role) for role in Role]
    clients = [signed_in_client(stage, login) for login in people]
    lines: list[str] = []
    given_away: list[str] = []
    seen = 0
    for slot, words in SLOTS.items():
        lines += [f"{words}", f"{'':<70}{'own':<22}other"]
        for rule, method in ((rule, method) for rule, method in rules(app) if slot_of(rule) == slot):
            seen += 1
            marks = ["".join(mark_of(client, about(rule, slot, each), method) for client in clients) for each in found[slot]]
            given_away += [f"{method} {rule.rule}: {marks[1]}"] if slot not in BY_UNIT and "+" in marks[1] else []
            lines.append(f"{method:<5}{rule.rule:<65}{marks[0]:<22}{marks[1]}")
        lines.append("")
    assert given_away == []
    printed_table = "\n".join(lines)
    if os.environ.get("DISCLOSURE_WRITE_TABLE"):
        LETTER_TABLE.write_text(printed_table, encoding="utf-8")
    assert seen > 60
    assert printed_table == LETTER_TABLE.read_text(encoding="utf-8")
