"""What every test shares: an empty migrated office on SQLite, and the cast: 李 drafts, 赵 reviews, 钱 signs, 孙 publishes, 周 has no role."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderation import stores
from moderation.office import Office, open_office

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""Noon of 20 November 2026 in China, a Friday."""


@pytest.fixture(scope="session")
def migrated_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with both stores at the head; copied, never written."""
    data = tmp_path_factory.mktemp("migrated") / "data"
    office = open_office(data, {})
    stores.migrate(office)
    office.close()
    return data


@pytest.fixture
def empty_office(migrated_data: Path, tmp_path: Path) -> Iterator[Office]:
    """An office with both stores migrated and nothing in them."""
    shutil.copytree(migrated_data, tmp_path / "data")
    office = open_office(tmp_path / "data", {})
    yield office
    office.close()
