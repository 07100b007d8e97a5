"""Which acts on a rectification task can be taken back, and what has to be known for it. The taking back itself is a verb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import url_for

from moderation import undoing
from moderation.console.ledger_acts import Act, ActWork
from moderation.rectification.tasks import RectificationTask, TaskLink
from moderation.undoing import UndoOffer

Facts = dict[str, Any]


@dataclass(frozen=True)
class CanBeTakenBack:
    """``before``: what stands there now; ``after``: what the act made of it (its result is given)."""

    kind: str
    before: Callable[[ActWork], Facts]
    after: Callable[[RectificationTask, object], Facts] = lambda _task, _made: {}


def _tie_made(_task: RectificationTask, made: object) -> Facts:
    assert isinstance(made, TaskLink)
    return {"link": made.id}


BY_SLUG: dict[str, CanBeTakenBack] = {
    "set-unit": CanBeTakenBack("task.unit", lambda w: {"was": w.task.reporting_unit_id}),
    "set-type": CanBeTakenBack(
        "task.type",
        lambda w: {"type": w.task.main_type.value, "severity": w.task.severity},
        lambda task, _made: {"became": [task.main_type.value, task.severity]},
    ),
    "finish-step": CanBeTakenBack("task.milestone", lambda w: {"place": int(w.text("place") or -1)}),
    "tie": CanBeTakenBack("task.tie", lambda _w: {}, _tie_made),
}


def run(act: Act, work: ActWork) -> UndoOffer | None:
    """Does the act; where it can be taken back, leaves the offer in the same transaction."""
    way = BY_SLUG.get(act.slug)
    if way is None:
        act.run(work)
        return None
    facts = {"task": work.task.id, **way.before(work)}
    made = act.run(work)
    work.session.flush()
    facts |= {"version": work.task.version, **way.after(work.task, made)}
    page = url_for("ledger.show", task_id=work.task.id)
    return undoing.offer(work.session, way.kind, [facts], label=act.label, link=page, by=work.by, at=work.at)
