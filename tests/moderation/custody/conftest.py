"""The invented county and its people, for tests of identity and retention: on SQLite, and on PostgreSQL as well."""

from __future__ import annotations

import pytest

from moderation.demo.stage import Stage
from tests.console.conftest import stage as sqlite_stage
from tests.console.conftest import staged_data
from tests.moderation.casework.test_letters_on_postgres import postgres_stage

__all__ = ["postgres_stage", "sqlite_stage", "staged_data"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def stage(request: pytest.FixtureRequest) -> Stage:
    """The county in stores of its own."""
    found: Stage = request.getfixturevalue("sqlite_stage" if request.param == "sqlite" else "postgres_stage")
    return found
