"""The proposers' tray knows by itself which of its letters are closed and stand for themselves, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from moderation.casework.letters import Letter
from moderation.casework.machine import LetterState
from moderation.rewards.letters import tray, waiting
from moderation.rewards.records import RewardTray
from portal.core.workflow import SystemActor
from tests.moderation.rewards.scenes import Scene

PROPOSER = SystemActor("proposer")


def waits(scene: Scene) -> set[str]:
    with scene.office.office.reading() as session:
        found = set(session.scalars(tray(PROPOSER).with_only_columns(RewardTray.letter_id)))
        assert {letter.id for letter in waiting(session, PROPOSER)} == found
        return found


def change(scene: Scene, letter_id: str, **values: object) -> None:
    with scene.office.office.transaction() as session:
        letter = session.scalars(select(Letter).where(Letter.id == letter_id)).one()
        for name, value in values.items():
            setattr(letter, name, value)


def the_tray_follows_its_letters(scene: Scene) -> None:
    first, second = scene.letter(), scene.letter(place="西环路 3 号", target="云岭砖厂")
    assert waits(scene) == {first, second}

    change(scene, first, state=LetterState.REOPENED)
    assert waits(scene) == {second}
    change(scene, second, duplicate_of=first)
    assert waits(scene) == set()

    change(scene, first, state=LetterState.ARCHIVED)
    change(scene, second, duplicate_of=None)
    assert waits(scene) == {first, second}


def test_a_letter_that_is_opened_again_or_merged_waits_for_no_reward(scene: Scene) -> None:
    the_tray_follows_its_letters(scene)


@pytest.mark.postgres
def test_the_same_on_postgresql(postgres_scene: Scene) -> None:
    the_tray_follows_its_letters(postgres_scene)
