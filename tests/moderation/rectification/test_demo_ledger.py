"""The demo's ledger stands whatever day the demo is made on."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from moderation.demo import stage as demo_stage
from moderation.office import open_office
from moderation.publication.disclosures import Disclosure
from moderation.publication.machine import DisclosureState
from moderation.rectification.tasks import RectificationTask
from moderation.rectification.words import TaskState


@pytest.mark.parametrize("day", [pytest.param((2027, 1, 1), marks=pytest.mark.long), (2028, 2, 29)], ids=str)
def test_every_state_is_there_on_any_day(
    migrated_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: tuple[int, int, int]
) -> None:
    shutil.copytree(migrated_data, tmp_path / "data")
    office = open_office(tmp_path / "data", {})
    monkeypatch.setattr(demo_stage, "FIXTURES", ("moderation.demo.rectification",))

    demo_stage.set_stage(office, datetime(*day, 4, 0, tzinfo=UTC))

    with office.office.reading() as session:
        states = set(session.scalars(select(RectificationTask.state)))
        signed = session.scalars(select(Disclosure.id).where(Disclosure.state == DisclosureState.SIGNED)).all()
    office.close()
    assert states == set(TaskState) - {TaskState.LOOK_BACK}
    assert len(signed) == 14
