"""The measurement of the look runs on the public side as it is, and says so where a tool is missing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from moderation.bench import look as bench
from tests.served import public_side

pytestmark = pytest.mark.browser
# Kilobytes as they travel: what the office promises for a first view.
MOST_OF_SITE, MOST_OF_INTAKE = 150, 30


@pytest.fixture(scope="module")
def site(migrated_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with public_side(migrated_data, tmp_path_factory.mktemp("look") / "data") as address:
        yield address


def test_the_chief_pages_are_light_and_nothing_moves_while_they_load(browser: Browser, site: str) -> None:
    pages = bench.chief_pages(site)
    assert {"home", "section", "record", "list", "report"} <= set(pages)

    for name, address in pages.items():
        seen = bench.first_view(browser, site + address)

        # On a machine under load a first paint may fall between two pieces of a page; nobody can see a thousandth.
        assert seen["layout_shift"] < 0.001, name
        assert 1 < seen["kb"] <= (MOST_OF_INTAKE if name == "report" else MOST_OF_SITE), name


def test_without_lighthouse_it_says_so(site: str) -> None:
    parser = argparse.ArgumentParser()
    bench.look_arguments(parser)

    asked = parser.parse_args(["--address", site, "--lighthouse", ""])

    assert "not installed" in bench._marks(asked, "chromium", {})["lighthouse"]
