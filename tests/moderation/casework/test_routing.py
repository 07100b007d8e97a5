"""Routing is data, tells its reasons, never leads to who must not know, and is never at a loss while anybody is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import assignment, routing
from moderation.casework.letters import BarReason
from moderation.casework.routing import RoutingRule, RoutingTable, ToRoute, routing_table, suggest
from moderation.demo.stage import Stage
from moderation.office import Office
from moderation.staff import Unit
from portal.core.vocabulary import PollutionType
from tests.moderation.casework.office_work import QINGSHI, WORKING, Work


@pytest.fixture
def session(stage: Stage) -> Iterator[Session]:
    with stage.office.office.transaction() as session:
        yield session


def asked(**changes: object) -> ToRoute:
    plain = ToRoute(QINGSHI, (PollutionType.AIR,), ("uncovered_dust",), "夜间扬尘")
    return replace(plain, **changes)  # type: ignore[arg-type]


def rule(name: str, to: str, **conditions: tuple[str, ...]) -> RoutingRule:
    return RoutingRule(name, to, f"规则{name}", "第一条", "本办", date(2026, 1, 1), True, **conditions)


ACTS = sorted({act for each in routing_table().rules for act in each.acts})
WORDS = sorted({word for each in routing_table().rules for word in each.words})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    types=st.sets(st.sampled_from(list(PollutionType)), min_size=1),
    acts=st.sets(st.sampled_from(ACTS), max_size=2),
    words=st.sets(st.sampled_from(WORDS), max_size=2),
    data=st.data(),
)
def test_whatever_is_reported_the_unit_may_know_and_the_trace_says_why(
    session: Session, types: set[PollutionType], acts: set[str], words: set[str], data: st.DataObject
) -> None:
    units = {unit.id: unit for unit in session.scalars(select(Unit)) if unit.kind != "company"}
    barred = data.draw(st.sets(st.sampled_from(sorted(units)), max_size=len(units)))
    reasons = st.sampled_from([BarReason.COMPLAINED_ABOUT, BarReason.FEARED_TOWN])
    letter = asked(types=tuple(types), acts=tuple(acts), words="".join(words), barred={each: data.draw(reasons) for each in barred})

    found = suggest(session, letter)

    assert found.trace
    if found.unit is None:
        assert set(units) == barred
        assert "上一级" in found.trace[-1]
    else:
        assert found.unit.id not in barred
        assert found.trace[-1] == f"建议：{found.unit.name}" or found.trace[-1].endswith(f"上一级{found.unit.name}办理")


def test_region_type_act_and_words_each_decide(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (
        rule("区域", "name:水利", regions=("990199", QINGSHI), types=("noise",)),
        rule("类型", "name:农业农村", types=("soil",)),
        rule("行为", "name:住房城乡建设", acts=("construction_noise",)),
        rule("用词", "name:自然资源", words=("开山",)),
        rule("其余", "name:生态环境局"),
    )
    monkeypatch.setattr(routing, "routing_table", lambda: RoutingTable(rules, ()))

    def chosen(**changes: object) -> str:
        found = suggest(session, asked(**changes))
        assert found.rule is not None
        return found.rule.id

    noise = (PollutionType.NOISE,)
    assert chosen(types=noise) == "区域"
    assert chosen(types=noise, region_code="990121101") == "其余"
    assert chosen(types=(PollutionType.SOIL,)) == "类型"
    assert chosen(acts=("construction_noise",)) == "行为"
    assert chosen(words="有人开山") == "用词"
    assert chosen(types=(PollutionType.SOIL,), words="有人开山") == "类型"
    trace = suggest(session, asked(types=noise)).trace
    assert "区域在规则之列" in trace[0]
    assert "依据：第一条" in trace[0]


def test_an_office_without_the_units_of_the_rules_still_finds_somebody(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        session.add(Unit(id="own", name="青石县督察办", kind="office", region_code="990121"))
        session.flush()

        found = suggest(session, asked())

        assert found.unit is not None
        assert found.unit.id == "own"
        assert "建议：青石县督察办" in found.trace


def test_the_trace_is_kept_with_the_assignment(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.accepted(WORKING)
        found = assignment.suggestion(session, letter)
        assert found.unit is not None

        (part,) = assignment.assign(
            session, letter, unit_ids=(found.unit.id,), why="\n".join(found.trace), by=work.who("zuyuan"), at=work.at
        )

        assert part.why.splitlines() == list(found.trace)
        assert "依据：" in part.why
