"""The scene every reward test starts from: an open office whose invented rule is adopted."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from moderation import stores
from moderation.office import Office, open_office
from tests.moderation.rewards.scenes import Scene


@pytest.fixture(scope="session")
def reward_data(migrated_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an open office and no rule yet; copied, never written."""
    data = tmp_path_factory.mktemp("rewards") / "data"
    shutil.copytree(migrated_data, data)
    office = open_office(data, {})
    Scene(office).open()
    office.close()
    return data


@pytest.fixture
def bare(reward_data: Path, tmp_path: Path) -> Iterator[Scene]:
    """An office that has adopted no rule."""
    shutil.copytree(reward_data, tmp_path / "data")
    office = open_office(tmp_path / "data", {})
    yield Scene(office)
    office.close()


@pytest.fixture
def scene(bare: Scene) -> Scene:
    """An office under the invented rule, adopted on 5 January 2026."""
    bare.adopt()
    return bare


def _database(address: URL, statement: str) -> None:
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()


def _postgres_office(address: URL, names: tuple[str, str], data: Path) -> Office:
    intake, office = (address.set(database=name).render_as_string(hide_password=False) for name in names)
    return open_office(data, {"DISCLOSURE_INTAKE_URL": intake, "DISCLOSURE_OFFICE_URL": office})


@dataclass(frozen=True)
class Template:
    """Two migrated databases with the rule adopted, to be copied: migrating anew costs seconds a test."""

    address: URL
    names: tuple[str, str]
    data: Path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The template, on a real PostgreSQL."""
    address = make_url(postgres_server).set(drivername="postgresql+psycopg")
    names = ("rewards_template_intake", "rewards_template_office")
    # A server that lives for minutes need not survive a power cut.
    for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", *(f"CREATE DATABASE {name}" for name in names)):
        _database(address, statement)
    data = tmp_path_factory.mktemp("rewards-postgres") / "data"
    office = _postgres_office(address, names, data)
    stores.migrate(office)
    Scene(office).open().adopt()
    office.close()
    return Template(address, names, data)


@pytest.fixture
def postgres_scene(postgres_template: Template, tmp_path: Path) -> Iterator[Scene]:
    """An office under the invented rule on a real PostgreSQL."""
    tail = secrets.token_hex(4)
    names = (f"rewards_{tail}_intake", f"rewards_{tail}_office")
    for name, template in zip(names, postgres_template.names, strict=True):
        _database(postgres_template.address, f"CREATE DATABASE {name} TEMPLATE {template}")
    shutil.copytree(postgres_template.data, tmp_path / "postgres-data")
    office = _postgres_office(postgres_template.address, names, tmp_path / "postgres-data")
    yield Scene(office)
    # The databases go with the server: dropping one waits for a checkpoint.
    office.close()
