"""An office with one county, two hands at the accountability desk, and a case whose four checks are answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy.orm import Session

from moderation.accountability.decisions import MeasureGiven, NewParty
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import CheckAnswer, Dimension, Origin, PartyKind, Rank, Tenure
from moderation.accountability.worksheet import NewCase, answer_check, open_case, take_step
from moderation.office import Office
from moderation.staff import SignedIn, Unit
from portal.core.vocabulary import Role
from tests.conftest import NOON

LI = SignedIn("li", "李", frozenset({Role.ACCOUNTABILITY_OFFICER}), "discipline", "县纪委监委")
ZHAO = SignedIn("zhao", "赵", frozenset({Role.DISCIPLINE_OFFICER, Role.ACCOUNTABILITY_OFFICER}), "discipline", "县纪委监委")
ZHOU = SignedIn("zhou", "周", frozenset(), "discipline", "县纪委监委")
DAY = date(2026, 11, 10)


@pytest.fixture
def session(empty_office: Office) -> Iterator[Session]:
    with empty_office.office.transaction() as session:
        session.add_all(
            [
                Unit(id="discipline", name="县纪委监委", region_code="990121", kind="department", parent_id=None),
                Unit(id="liuxi", name="柳溪镇人民政府", region_code="990121101", kind="township", parent_id=None),
            ]
        )
        session.flush()
        yield session


def new_case(**said: object) -> NewCase:
    plain = {
        "title": "柳溪镇石料厂扬尘整改不力",
        "facts_text": "一处石料一直露天堆放，督查指出后没有改。",
        "region_code": "990121101",
        "unit_id": "liuxi",
        "origin": Origin.TASK,
    }
    return NewCase(**(plain | said))  # type: ignore[arg-type]


def answer_all(session: Session, case: AccountabilityCase, *failed: Dimension) -> None:
    for dimension in Dimension:
        answer = CheckAnswer.FAILED if dimension in failed else CheckAnswer.NOT_FAILED
        answer_check(session, case, dimension, answer, finding="查过", offices="镇环保办主任", evidence="督查记录", by=LI, at=NOON)


def checked_case(session: Session, *failed: Dimension, **said: object) -> AccountabilityCase:
    case = open_case(session, new_case(**said), by=LI, at=NOON)
    answer_all(session, case, *failed)
    take_step(session, case, "finish_checks", by=LI, at=NOON)
    return case


def person(name: str = "靳大山", *words: str, **said: object) -> NewParty:
    plain = {
        "kind": PartyKind.PERSON,
        "unit_name": "柳溪镇人民政府",
        "subject": "direct",
        "deciding_body": "县纪委监委",
        "decided_on": DAY,
        "basis": "一案四查通知 一（一）",
        "measures": tuple(MeasureGiven(word) for word in words or ("诫勉",)),
        "name": name,
        "office": "环保办主任",
        "rank": Rank.ORDINARY,
        "tenure": Tenure.PRESENT,
    }
    return NewParty(**(plain | said))  # type: ignore[arg-type]
