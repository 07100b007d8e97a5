"""How a record lives: machines as tables of steps, and `move`, the only way from one state to the next.

The tables themselves stand beside the records they belong to (letter, supervision, task, publication, reward).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.errors import NotAllowed, Refusal
from portal.core.vocabulary import Role, Term


class Actor(Protocol):
    """Who acts: a member of staff, or a process such as the timer."""

    @property
    def id(self) -> str: ...
    @property
    def roles(self) -> frozenset[Role]: ...


@dataclass(frozen=True)
class SystemActor:
    """A process of ours (worker, timer, importer) or the reporter behind a receipt. Fits steps whose ``by_system`` is true."""

    id: str
    roles: frozenset[Role] = frozenset()


class Living(Protocol):
    """A record with a life: an id, a state, and a memory."""

    id: Any
    state: Any

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        """Appends one line of history. Nothing is overwritten."""


Guard = Callable[[Any, Actor], str | None]
"""Returns None when the step may be taken, else the reason in Chinese."""
Tell = Callable[[Session, Any, "Step", Actor, datetime, Mapping[str, Any]], None]
"""Called after each step, in its transaction: queues the notices the row names; gets the detail given to :func:`move`."""


@dataclass(frozen=True)
class Step:
    """One row of a machine.

    ``roles``: who may take it; ``by_system``: a process or the reporter may. ``guard`` names a condition of the machine.
    ``text``: the words that must be given with it (None: none). ``public``: what a reporter or citizen is told (None: internal).
    ``clock``: effect on deadlines, in words of the machine. ``clause``: where it stands.
    """

    source: Term
    verb: str
    target: Term
    clause: str
    roles: frozenset[Role] = frozenset()
    by_system: bool = False
    guard: str | None = None
    text: str | None = None
    public: str | None = None
    notify: tuple[str, ...] = ()
    clock: str | None = None


@dataclass(frozen=True)
class Machine:
    """A named life: its steps, the guards they name, and who is told of a step (``notify``)."""

    name: str
    title: str
    steps: tuple[Step, ...]
    guards: Mapping[str, Guard] = field(default_factory=dict)
    tell: Tell | None = None

    def step(self, state: Term, verb: str) -> Step | None:
        """The step that ``verb`` takes from ``state``, if there is one."""
        return next((row for row in self.steps if row.source is state and row.verb == verb), None)

    def offered(self, record: Living, by: Actor) -> tuple[Step, ...]:
        """The steps this person could take now, guards included: what a page offers as buttons."""
        return tuple(row for row in self.steps if row.source is record.state and _refusal(self, row, record, by) is None)


def _refusal(machine: Machine, step: Step, record: Living, by: Actor) -> Refusal | None:
    system = isinstance(by, SystemActor)
    if (system and not step.by_system) or (not system and not (step.roles & by.roles)):
        return NotAllowed("您的岗位不能进行这项操作", clause=step.clause)
    if step.guard:
        reason = machine.guards[step.guard](record, by)
        if reason:
            return Refusal(reason, clause=step.clause)
    return None


def move(
    session: Session,
    machine: Machine,
    record: Living,
    verb: str,
    *,
    by: Actor,
    at: datetime,
    text: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Step:
    """Takes one step: checks row, role, guard and required words, sets the state, remembers, writes the audit line.

    Raises :class:`Refusal` (409) when no row or guard allows it, :class:`NotAllowed` (403) when the role does not fit.
    """
    step = machine.step(record.state, verb)
    if step is None:
        raise Refusal(f"“{record.state.zh}”状态下不能进行此操作", clause=machine.title)
    refused = _refusal(machine, step, record, by)
    if refused is not None:
        raise refused
    if step.text and not (text or "").strip():
        raise Refusal(f"请写明{step.text}", clause=step.clause)
    record.state = step.target
    record.remember(step, by=by.id, at=at, text=text)
    facts = {"from": step.source.value, "to": step.target.value, **(detail or {})}
    audit.record(session, by=by.id, act=f"{machine.name}.{verb}", subject=str(record.id), at=at, detail=facts)
    if machine.tell is not None:
        machine.tell(session, record, step, by, at, detail or {})
    return step
