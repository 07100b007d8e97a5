"""The report form's acts, stop messages and follow-up questions, as an office may change them: rules/questions/*.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from portal.core.errors import Mendable
from portal.core.vocabulary import PollutionType

FOLDER = Path(__file__).with_name("rules") / "questions"


@dataclass(frozen=True)
class Act:
    """Something a person sees happening, in everyday words. ``ask``: codes of the questions that fit it."""

    code: str
    label: str
    hint: str
    types: tuple[PollutionType, ...]
    ask: tuple[str, ...]


@dataclass(frozen=True)
class Stop:
    """A case for which another channel is better; the form can still be sent."""

    code: str
    label: str
    hint: str
    title: str
    text: str
    clause: str


@dataclass(frozen=True)
class Question:
    """A follow-up. ``choices`` empty: answered in free words."""

    code: str
    label: str
    hint: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class QuestionSet:
    """One version. ``confirmed`` False: the office has not adopted it yet (未核定)."""

    version: str
    effective_from: date
    clause: str
    source: str
    confirmed: bool
    acts: tuple[Act, ...]
    stops: tuple[Stop, ...]
    questions: tuple[Question, ...]

    def act(self, code: str) -> Act | None:
        """The act of this code, if this version has it."""
        return next((act for act in self.acts if act.code == code), None)

    def types_of(self, codes: Iterable[str]) -> tuple[PollutionType, ...]:
        """All pollution types of these acts, each once, in the order of the national table."""
        chosen = {kind for code in codes if (act := self.act(code)) for kind in act.types}
        return tuple(kind for kind in PollutionType if kind in chosen)

    def fitting(self, codes: Iterable[str]) -> tuple[Question, ...]:
        """The questions that fit these acts, each once."""
        wanted = {question for code in codes if (act := self.act(code)) for question in act.ask}
        return tuple(question for question in self.questions if question.code in wanted)


def read_questions(text: str) -> QuestionSet:
    """Reads one file. Raises Mendable naming every fault: a code twice, an unknown pollution type, a question that is not there."""
    raw = tomllib.loads(text)
    known = {kind.value: kind for kind in PollutionType}
    questions = tuple(
        Question(row["code"], row["label"], row.get("hint", ""), tuple(row.get("choices", ()))) for row in raw.get("questions", ())
    )
    _require_sound(raw, known.keys(), {question.code for question in questions})
    acts = tuple(
        Act(
            row["code"],
            row["label"],
            row.get("hint", ""),
            tuple(known[kind] for kind in row["types"]),
            tuple(row.get("ask", ())),
        )
        for row in raw["acts"]
    )
    stops = tuple(
        Stop(row["code"], row["label"], row.get("hint", ""), row["title"], row["text"], row["clause"])
        for row in raw.get("stops", ())
    )
    head = (raw["version"], raw["effective_from"], raw["clause"], raw["source"], raw["confirmed"])
    return QuestionSet(*head, acts=acts, stops=stops, questions=questions)


def _require_sound(raw: dict[str, Any], types: Iterable[str], questions: set[str]) -> None:
    faults = []
    for table in ("acts", "stops", "questions"):
        codes = [row["code"] for row in raw.get(table, ())]
        faults += [f"{code} 出现了两次" for code in dict.fromkeys(codes) if codes.count(code) > 1]
    for row in raw["acts"]:
        faults += [f"{row['code']}：没有“{kind}”这种污染类型" for kind in row["types"] if kind not in set(types)]
        faults += [f"{row['code']}：没有“{code}”这个问题" for code in row.get("ask", ()) if code not in questions]
    if faults:
        raise Mendable("；".join(faults), field="questions")


@cache
def shipped_questions() -> tuple[QuestionSet, ...]:
    """Every version that ships with the program, the newest first."""
    read = [read_questions(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.toml")]
    return tuple(sorted(read, key=lambda each: each.effective_from, reverse=True))


def questions_on(day: date) -> QuestionSet:
    """The version in force on ``day``; the oldest one where none is yet."""
    every = shipped_questions()
    return next((each for each in every if each.effective_from <= day), every[-1])


def questions_version(version: str) -> QuestionSet | None:
    """A version by name, to print a report with the questions it answered."""
    return next((each for each in shipped_questions() if each.version == version), None)
