"""What lists of “待我处理” print of a letter or a task, whichever act is asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import url_for
from sqlalchemy import select

from moderation.casework import letter_lists
from moderation.casework.letters import Letter
from moderation.console.letter_views import line_of, names
from moderation.console.needs import Look, Need
from moderation.rectification.tasks import RectificationTask
from moderation.supervision.machine import Rung, SubjectKind
from moderation.supervision.tables import Supervision

WORDS = 60
"""Signs of a text that a line prints."""
Needs = dict[str, Need]


def rows_by_id(look: Look, table: Any, ids: Sequence[str]) -> Iterable[Any]:
    """The rows of these ids, in no order."""
    return look.session.scalars(select(table).where(table.id.in_(ids)))


def short(text: str) -> str:
    """The first line, as far as a line of the list holds it."""
    first = text.strip().split("\n", 1)[0]
    return first if len(first) <= WORDS else f"{first[:WORDS]}…"


def letter_lines(look: Look, ids: Sequence[str], page: str) -> Needs:
    """What a list of letters prints of them, and how far up the ladder they are."""
    known, rungs = names(look.session), _rungs(look, ids)
    found = {}
    for row in letter_lists.rows_of(look.session, rows_by_id(look, Letter, ids)):
        line = line_of(row, known, look.today)
        marks = (*line.marks, *rungs.get(line.id, ()))
        what = " · ".join(part for part in (line.place, line.types, short(line.summary)) if part)
        found[line.id] = Need(what, url_for(page, letter_id=line.id), line.number, row.letter.due, row.letter.received_on, marks)
    return found


def _rungs(look: Look, ids: Sequence[str]) -> Mapping[str, tuple[str]]:
    query = select(Supervision.subject_id, Supervision.state).where(
        Supervision.subject_kind == SubjectKind.LETTER, Supervision.subject_id.in_(ids), Supervision.state != Rung.NORMAL
    )
    return {letter_id: (rung.zh,) for letter_id, rung in look.session.execute(query)}


def task_line(task: RectificationTask, page: str, due: date | None) -> Need:
    """A task with its problem and state. ``due``: of the act that is asked."""
    return Need(short(task.problem), url_for(page, task_id=task.id), f"第 {task.number} 项", due, marks=(task.state.zh,))
