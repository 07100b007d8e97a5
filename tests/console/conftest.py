"""The invented county with its people, and no records yet. Set once, copied for each test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from moderation.app import create_app
from moderation.check.pictures import Places, demo_served
from moderation.demo import stage as demo_stage
from moderation.demo.stage import Stage
from moderation.office import Office, open_office
from moderation.staff import SignedIn, StaffMember, Unit
from tests.conftest import NOON
from tests.console.walk import Face, walked


@pytest.fixture(scope="session")
def staged_data(migrated_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the county and its cast; copied, never written."""
    data = tmp_path_factory.mktemp("staged") / "data"
    shutil.copytree(migrated_data, data)
    office = open_office(data, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_stage, "FIXTURES", ())
        demo_stage.set_stage(office, NOON)
    office.close()
    return data


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo of ``places`` lies, or will lie."""
    return tmp_path_factory.mktemp("console") / "demo"


@pytest.fixture(scope="session")
def places(demo_data: Path) -> Iterator[Places]:
    """A whole demo, served; what one test does there the next one finds."""
    with demo_served(demo_data) as found:
        yield found


@pytest.fixture(scope="session")
def demo(places: Places, demo_data: Path) -> Iterator[tuple[Flask, Office]]:
    """The same demo, opened once more in this process."""
    office = open_office(demo_data, {})
    yield create_app(office), office
    office.close()


@pytest.fixture(scope="session")
def faces(demo: tuple[Flask, Office]) -> tuple[Face, ...]:
    """One page of each kind, as somebody of the cast sees it."""
    return tuple(walked(*demo))


@pytest.fixture
def stage(staged_data: Path, tmp_path: Path) -> Iterator[Stage]:
    """The county in a directory of its own."""
    shutil.copytree(staged_data, tmp_path / "data")
    office = open_office(tmp_path / "data", {})
    with office.office.reading() as session:
        cast = {
            member.login: SignedIn(member.id, member.name, member.roles, unit.id, unit.name)
            for member, unit in session.execute(select(StaffMember, Unit).join(Unit, Unit.id == StaffMember.unit_id))
        }
    assert json.loads((office.data / "demo" / "sign-in.json").read_text(encoding="utf-8"))
    yield Stage(office, NOON, cast)
    office.close()
