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
from moderation.casework.letters import BarReason, LetterBar
from moderation.console.access import COOKIE
from moderation.demo.stage import Stage
from moderation.staff import SignedIn
from portal.core.clock import now
from portal.core.ids import new_id
from portal.core.vocabulary import Role
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

    def filled(slot: re.Match[str]) -> str:
        kind = slot.group(1) or ""
        if kind.startswith("any("):
            return kind[4:-1].split(",")[0].strip()
        return "1" if kind.startswith("int") else NOWHERE

    return re.sub(r"<(?:([^:<>]+):)?\w+>", filled, rule.rule)


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


# ---- own and other: the same routes about a real letter ----

LETTER_TABLE = TABLE.with_name("letter_table.txt")
MARKS = {403: "·", 404: "-"}


def two_letters(stage: Stage) -> tuple[str, str]:
    """A letter of 县城管局, and one of 县住建局 of which nobody else in the cast may know. Both are being handled."""
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        own, other = work.handling("urban").id, work.assigned("housing").id
        for person in stage.cast.values():
            if person.unit_id != "housing":
                session.add(LetterBar(id=new_id(), letter_id=other, staff_id=person.id, reason=BarReason.REPORTER_LISTED))
        return own, other


def about(rule: Rule, letter_id: str) -> str:
    # Of the acts, one that several roles may take while a letter is being handled.
    return address(rule).replace(NOWHERE, letter_id, 1).replace(f"acts/{NOWHERE}", "acts/ask-extension")


def mark_of(client: FlaskClient, path: str, method: str) -> str:
    """One sign an answer: + the person gets at it, · not this role, - as if there were none. Posts carry no version: none acts."""
    answer = client.open(path, method=method)
    assert answer.status_code < 500, (method, path)
    return MARKS.get(answer.status_code, "+")


@pytest.mark.usefixtures("quick")
def test_every_route_about_a_letter_answers_each_role_as_printed_for_its_own_and_anothers(stage: Stage) -> None:
    """The unit officer is of 县城管局: the first letter is theirs. For every other role the second is one they must not know of."""
    app, (own, other) = console_app(stage), two_letters(stage)
    routes = [(rule, method) for rule, method in rules(app) if "<letter_id>" in rule.rule]
    officer = next(login for login, person in stage.cast.items() if person.unit_id == "urban")
    people = [officer if role is Role.UNIT_OFFICER else holder_of(stage, role) for role in Role]
    clients = [signed_in_client(stage, login) for login in people]
    lines = [f"{'':<70}{'own':<22}other"]
    for rule, method in routes:
        found = ["".join(mark_of(client, about(rule, each), method) for client in clients) for each in (own, other)]
        assert "+" not in found[1], (method, rule.rule)
        lines.append(f"{method:<5}{rule.rule:<65}{found[0]:<22}{found[1]}")
    printed_table = "\n".join(lines) + "\n"
    if os.environ.get("DISCLOSURE_WRITE_TABLE"):
        LETTER_TABLE.write_text(printed_table, encoding="utf-8")
    assert len(routes) > 10
    assert printed_table == LETTER_TABLE.read_text(encoding="utf-8")
