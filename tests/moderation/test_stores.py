"""Both stores: migrations equal the models, on SQLite and PostgreSQL, and another version's store is refused."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from moderation import models, stores
from moderation.office import Office, open_office
from portal.core.db import IntakeBase, OfficeBase
from portal.core.errors import Refusal
from tests.conftest import NOON

BASES = {"intake": IntakeBase, "office": OfficeBase}


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The word index is made by the database's own means, not from a model."""
    return not (kind == "table" and (name or "").startswith("letter_words"))


def _differences(office: Office, store: str) -> list[object]:
    models.load_all()
    with getattr(office, store).engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_name": _is_ours})
        return list(compare_metadata(context, BASES[store].metadata))


@pytest.mark.parametrize("store", stores.STORES)
def test_models_equal_migrations_on_sqlite(empty_office: Office, store: str) -> None:
    assert _differences(empty_office, store) == []


@pytest.mark.postgres
@pytest.mark.parametrize("store", stores.STORES)
def test_models_equal_migrations_on_postgresql(postgres_office: Office, store: str) -> None:
    assert _differences(postgres_office, store) == []


@pytest.mark.parametrize("store", stores.STORES)
def test_every_protection_of_the_models_stands_in_the_database(empty_office: Office, store: str) -> None:
    models.load_all()
    wanted = BASES[store].metadata.info["protections"]
    with getattr(empty_office, store).engine.connect() as connection:
        there = connection.execute(text("SELECT sql FROM sqlite_master WHERE type='trigger'")).scalars().all()

    triggers = [sql for rule in wanted.values() for sql in rule.sqlite if sql.startswith("CREATE TRIGGER")]
    missing = [sql for sql in triggers if sql not in there]
    assert wanted
    assert not missing


def test_migrating_twice_changes_nothing(empty_office: Office) -> None:
    stores.migrate(empty_office)
    stores.require_current(empty_office)


def test_an_unmigrated_store_is_refused_with_what_to_do(tmp_path: Path) -> None:
    office = open_office(tmp_path, {})

    with pytest.raises(Refusal, match="disclosure migrate"):
        stores.require_current(office)
    office.close()


def test_a_store_of_a_newer_version_is_refused_and_left_alone(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num='9999'"))

    with pytest.raises(Refusal):
        stores.migrate(empty_office)

    assert stores.current(empty_office.office) == "9999"


def test_two_processes_may_make_the_stores_at_once(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def make() -> None:
        office = open_office(tmp_path, {})
        try:
            stores.migrate(office)
        except Exception as error:
            failures.append(error)
        office.close()

    makers = [threading.Thread(target=make) for _ in range(3)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert not failures


def test_a_transaction_inside_a_transaction_is_a_fault_of_ours(empty_office: Office) -> None:
    with empty_office.office.transaction(), pytest.raises(RuntimeError, match="inside"), empty_office.office.transaction():
        pass


def test_what_is_written_while_reading_is_thrown_away(empty_office: Office) -> None:
    with empty_office.office.reading() as session:
        session.execute(text("INSERT INTO calendar_day (day, is_workday, name) VALUES ('2026-01-01', 0, '')"))
    with empty_office.office.reading() as session:
        assert session.execute(text("SELECT count(*) FROM calendar_day")).scalar() == 0


def test_sqlite_keeps_every_commit_through_a_power_cut(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_what_sqlite_learnt_of_how_its_tables_are_filled_is_kept(empty_office: Office) -> None:
    stores.analyse(empty_office, NOON)

    for register in (empty_office.office, empty_office.intake):
        register.engine.dispose()
        with register.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM sqlite_stat1")).scalar_one() > 0
