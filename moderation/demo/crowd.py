"""A county on its worst morning: as many records as wanted wait on every desk. For looking at full desks; no office runs it.

The letters go through the same desks as the demo's; only those that wait for a screener are sealed, the others never opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import unsealing
from moderation.casework import arrival, messages
from moderation.casework.letters import Letter
from moderation.casework.machine import LetterState
from moderation.demo import crowd_desks
from moderation.demo.casework import Walk
from moderation.demo.casework_stories import Story, stories
from moderation.demo.stage import Stage
from moderation.rectification.disclosure import draft_task
from moderation.rectification.tasks import RectificationTask
from moderation.supervision import ladder
from portal.core.clock import day_of
from portal.core.ids import new_id
from portal.core.intake_keys import load_intake_keys
from portal.core.report_content import MessageKind, ReporterMessage
from portal.core.vocabulary import Channel

# The lists of the desks, each with the states that wait in it. What ended waits for nobody.
WAITING: tuple[tuple[str, ...], ...] = (
    ("received", "screening"),
    ("awaiting_supplement",),
    ("refusal_declined", "refusal_transferred"),
    ("with_discipline",),
    ("accepted", "reopened"),
    ("assigned",),
    ("return_disputed",),
    ("handling",),
    ("extension_asked",),
    ("under_review",),
    ("settled_for_now", "settled", "follow_up"),
)
AT_UNITS = frozenset({"assigned", "handling", "extension_asked"})
SEALED = frozenset({"received", "screening"})
FRESH = frozenset({*SEALED, "accepted", "assigned", "return_disputed", "refusal_declined", "refusal_transferred"})
ONE_UNIT = "bureau"
"""All that waits at units waits at this one, so that one unit's desk is full."""
PAPER_UNIT = "bailu"
"""Answers on stamped paper, which the group brings and enters."""
FRESH_DAYS, SPREAD_DAYS = 6, 45
"""A unit returns a letter within days or not at all; a screener's tray is not weeks old."""
AT_ONCE = 100


def crowd(stage: Stage, each: int) -> None:
    """Lets ``each`` letters wait in every list, and as much mail, questions and drafts with them."""
    for ends, share in ((state, -(-each // len(states))) for states in WAITING for state in states):
        kind = [story for story in stories() if story.ends == ends and story.channel is not Channel.HANDED_DOWN]
        wanted = islice(_varied(kind or _whole_stories(), ends), share)
        _walk(stage, tuple(wanted))
    for ends in ("assigned", "handling"):
        _walk(stage, tuple(replace(story, unit=PAPER_UNIT) for story in islice(_varied(_whole_stories(), ends), -(-each // 2))))
    with stage.office.office.transaction() as session:
        _mail(stage, session, each)
        for task in session.scalars(select(RectificationTask).limit(each)):
            draft_task(session, task, by=stage.cast["nigao"], at=stage.at)
    ladder.run(stage.office, stage.at)
    crowd_desks.fill(stage, each)


def _whole_stories() -> list[Story]:
    return [story for story in stories() if story.summary and story.claims]


def _varied(kind: list[Story], ends: str) -> Iterator[Story]:
    """The same few stories at other places and days, for ever."""
    for number, story in enumerate(cycle(kind), 1):
        ago = 2 + number * 7 % (FRESH_DAYS if ends in FRESH else SPREAD_DAYS)
        unit = ONE_UNIT if ends in AT_UNITS else story.unit
        yield replace(story, ends=ends, ago=ago, place=f"{story.place}{number} 号", must_not_know=(), unit=unit, joint="")


def _walk(stage: Stage, wanted: tuple[Story, ...]) -> None:
    keys, guard = load_intake_keys(unsealing.public_side_folder(stage.office)), arrival.guard_key(stage.office)
    for start in range(0, len(wanted), AT_ONCE):
        walks = [Walk(stage, story, guard, new_id()) for story in wanted[start : start + AT_ONCE]]
        with stage.office.intake.transaction() as intake:
            for walk in walks:
                if walk.story.ends in SEALED:
                    walk.send(intake, keys)
        with stage.office.office.transaction() as session:
            for walk in walks:
                walk.take(session, {})


def _mail(stage: Stage, session: Session, each: int) -> None:
    """A message on as many letters, word of retaliation on as many, and what as many think of how it was settled."""
    for kind, state in ((MessageKind.MESSAGE, LetterState.HANDLING), (MessageKind.RETALIATION, LetterState.FOLLOW_UP)):
        for letter in session.scalars(select(Letter).where(Letter.state == state).limit(each)):
            sent = ReporterMessage("", kind, "")
            messages.take_message(session, letter, f"crowd-{new_id()}", day_of(stage.at), sent, at=stage.at)
    for number, letter in enumerate(session.scalars(select(Letter).where(Letter.state == LetterState.FOLLOW_UP).limit(each))):
        sent = ReporterMessage("", MessageKind.SATISFACTION, "", score=1 + number % 5)
        messages.take_message(session, letter, f"crowd-{new_id()}", day_of(stage.at), sent, at=stage.at)
