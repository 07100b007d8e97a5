"""The invented county and its people, for tests of letters."""

from tests.console.conftest import stage, staged_data

__all__ = ["stage", "staged_data"]
