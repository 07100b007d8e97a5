"""Two people send a form about one letter in the same moment, over real requests and on both engines: one wins, one is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.casework.letters import Letter, LetterEvent
from moderation.casework.machine import LetterState
from moderation.demo import stage as demo_stage
from moderation.demo.stage import Stage
from moderation.office import Office
from tests.conftest import NOON
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import Work

S = LetterState
# How a letter is made; who sends what; the state each would lead to.
MEETINGS = (
    ("reported", ("zuzhang", "send-back", {"text": "组长写的：缺整改后照片"}, S.HANDLING),
     ("zuyuan", "settle", {"text": "组员写的审核意见", "reply": "组员写给举报人的话：已查处。"}, S.SETTLED)),
    ("accepted", ("zuzhang", "assign", {"unit": "urban", "why": "组长写的理由"}, S.ASSIGNED),
     ("zuyuan", "assign", {"unit": "housing", "why": "组员写的理由"}, S.ASSIGNED)),
)  # fmt: skip


@pytest.fixture
def postgres_stage(postgres_office: Office) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_stage, "FIXTURES", ())
        yield demo_stage.set_stage(postgres_office, NOON)


def history(stage: Stage, letter_id: str) -> tuple[LetterState, int]:
    with stage.office.office.reading() as session:
        events = session.scalars(select(LetterEvent).where(LetterEvent.letter_id == letter_id)).all()
        return session.get_one(Letter, letter_id).state, len(events)


def send(
    client: FlaskClient, ready: threading.Barrier, address: str, data: dict[str, object], answers: list[tuple[int, str]]
) -> None:
    ready.wait()
    answer = client.post(address, data=data)
    answers.append((answer.status_code, answer.text))


def meet(stage: Stage, how: str, people: tuple[tuple[str, str, dict[str, str], LetterState], ...]) -> None:
    with stage.office.office.transaction() as session:
        letter = getattr(Work(stage, session), how)()
    _state, begun = history(stage, letter.id)
    ready, answered, senders = threading.Barrier(2), [[], []], []  # type: ignore[var-annotated]
    for (login, slug, typed, _led_to), answers in zip(people, answered, strict=True):
        client, address = signed_in_client(stage, login), f"/letters/{letter.id}/acts/{slug}"
        sent = {"version": letter.version, **typed}
        senders.append(threading.Thread(target=send, args=(client, ready, address, sent, answers)))
    for one in senders:
        one.start()
    for one in senders:
        one.join(60)

    statuses = [status for ((status, _text),) in answered]
    assert sorted(statuses) == [303, 409], (how, statuses)
    winner, loser = statuses.index(303), statuses.index(409)
    told = answered[loser][0][1]
    assert "已有新进展" in told, how
    for words in people[loser][2].values():
        assert words in told, (how, words)
    assert history(stage, letter.id) == (people[winner][3], begun + 1), how


def test_one_wins_and_the_other_keeps_what_they_typed(stage: Stage) -> None:
    for how, *people in MEETINGS:
        meet(stage, how, tuple(people))


@pytest.mark.postgres
def test_one_wins_and_the_other_keeps_what_they_typed_on_postgresql(postgres_stage: Stage) -> None:
    for how, *people in MEETINGS:
        meet(postgres_stage, how, tuple(people))
