"""Machines as tables: a step is taken only when row, role, guard and words allow it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from moderation.office import Office
from moderation.staff import SignedIn
from portal.core.audit import verify_chain
from portal.core.errors import NotAllowed, Refusal
from portal.core.vocabulary import Role, Term
from portal.core.workflow import Actor, Machine, Step, SystemActor, move
from tests.conftest import NOON


class Light(Term):
    RED = "red", "红灯", "red"
    GREEN = "green", "绿灯", "green"


@dataclass
class Lamp:
    id: str = "lamp"
    state: Light = Light.RED
    broken: bool = False
    memory: list[str] = field(default_factory=list)

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        self.memory.append(f"{by} {step.verb} {text}")


def _whole(lamp: Lamp, by: Actor) -> str | None:
    return "灯坏了" if lamp.broken else None


LAMPS = Machine(
    "lamp",
    "交通灯",
    (
        Step(Light.RED, "go", Light.GREEN, "规则 1", roles=frozenset({Role.LEADER}), guard="whole"),
        Step(Light.GREEN, "stop", Light.RED, "规则 2", roles=frozenset({Role.LEADER}), by_system=True, text="原因"),
    ),
    {"whole": _whole},
)
LEADER = SignedIn("钱", "钱", frozenset({Role.LEADER}), "office", "办")
NOBODY = SignedIn("周", "周", frozenset(), "office", "办")


def test_a_step_sets_the_state_remembers_and_writes_one_audit_line(empty_office: Office) -> None:
    lamp = Lamp()

    with empty_office.office.transaction() as session:
        move(session, LAMPS, lamp, "go", by=LEADER, at=NOON)

    assert lamp.state is Light.GREEN
    assert lamp.memory == ["钱 go None"]
    with empty_office.office.reading() as session:
        assert verify_chain(session).lines == 1


@pytest.mark.parametrize(
    ("lamp", "verb", "by", "refusal", "says"),
    [
        (Lamp(), "stop", LEADER, Refusal, "“红灯”状态下不能"),
        (Lamp(), "fly", LEADER, Refusal, "不能进行此操作"),
        (Lamp(), "go", NOBODY, NotAllowed, "您的岗位"),
        (Lamp(), "go", SystemActor("timer"), NotAllowed, "您的岗位"),
        (Lamp(broken=True), "go", LEADER, Refusal, "灯坏了"),
        (Lamp(state=Light.GREEN), "stop", LEADER, Refusal, "请写明原因"),
    ],
)
def test_a_refused_step_changes_nothing_and_says_why(
    empty_office: Office, lamp: Lamp, verb: str, by: Actor, refusal: type[Refusal], says: str
) -> None:
    before = lamp.state

    with pytest.raises(refusal, match=says), empty_office.office.transaction() as session:
        move(session, LAMPS, lamp, verb, by=by, at=NOON, text="  ")

    assert lamp.state is before
    assert not lamp.memory


def test_a_page_offers_only_what_would_be_allowed() -> None:
    assert [step.verb for step in LAMPS.offered(Lamp(), LEADER)] == ["go"]
    assert not LAMPS.offered(Lamp(broken=True), LEADER)
    assert not LAMPS.offered(Lamp(), NOBODY)
    assert [step.verb for step in LAMPS.offered(Lamp(state=Light.GREEN), SystemActor("timer"))] == ["stop"]
