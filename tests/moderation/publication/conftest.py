"""The invented county and its people."""

from tests.console.conftest import stage, staged_data

__all__ = ["stage", "staged_data"]
