"""How hard the tests try: a little in every check, hundreds of times in `disclosure check --long`."""

import os

from hypothesis import HealthCheck, settings

LONG = os.environ.get("DISCLOSURE_CHECK_LONG") == "1"

SLOWEST = (
    "test_main_job.py",
    "test_accessibility.py",
    "test_access_table.py",
    "test_larger_office.py",
    "test_letter_walks.py",
    "test_demo_command.py",
)
"""Files that take longest, first: when one of them comes last, one of two workers waits for the other."""


def times(few: int, many: int) -> int:
    """How often a random or fault test repeats itself: ``few`` in every check, ``many`` with --long."""
    return many if LONG else few


def choose_profile() -> None:
    """Every check draws the same examples, so that it fails for a change and not by luck; --long draws new ones."""
    # A slow machine is no fault of the code.
    patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile("every-check", max_examples=50, derandomize=True, **patient)
    settings.register_profile("long", max_examples=1000, print_blob=True, **patient)
    settings.load_profile("long" if LONG else "every-check")
