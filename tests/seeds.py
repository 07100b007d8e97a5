"""Finds the official documents and trial data that lie beside a developer's checkout; users do not have them."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def seed(number: str) -> str:
    """The text of official document ``number`` ("000" … "004"); skips the test, visibly, where it is absent."""
    found = sorted((SHARED / "seeds").glob(f"{number}_*.txt"))
    if not found:
        pytest.skip(f"official document {number} is not beside this checkout")
    return found[0].read_text(encoding="utf-8")


def seed_path(number: str) -> Path:
    """Where document ``number`` lies; skips like :func:`seed`."""
    seed(number)
    return sorted((SHARED / "seeds").glob(f"{number}_*.txt"))[0]


def trial_data(name: str) -> Path:
    """A file of ``data``; skips like :func:`seed`."""
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip(f"trial data {name} is not beside this checkout")
    return path
