"""Loads millions of rows at once, as a person who moves an office to another machine would: indexes, references and triggers are
taken off, rows go in by COPY or by one statement of many rows, and everything is put back as it was and checked by the database.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.engine import Connection

from portal.core.db import Register

POOL = 1 << 20


class Written(Protocol):
    """How one engine is given values."""

    def plain(self, value: Any) -> Any:
        """A constant: text, number, truth, nothing, bytes."""

    def blobs(self, chance: random.Random, length: int) -> Callable[[Any, list[Any]], Any]:
        """Makes other random bytes of this length each time."""


class Loader(Written, Protocol):
    """Puts rows into one store."""

    def write(self, table: str, columns: Sequence[str], rows: Sequence[list[Any]]) -> None:
        """Rows with their values in the order of ``columns``, each as this loader wants it."""

    def run(self, statement: str) -> None:
        """One statement over what was loaded."""


@contextmanager
def loading(register: Register, tables: Collection[str]) -> Iterator[Loader]:
    """A loader into empty or filled ``tables``; nobody else may use the store meanwhile."""
    opened = _sqlite if register.is_sqlite else _postgresql
    with opened(register, tables) as loader:
        yield loader


# ---- SQLite ----


class _SQLite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def plain(self, value: Any) -> Any:
        return int(value) if isinstance(value, bool) else value

    def blobs(self, chance: random.Random, length: int) -> Callable[[Any, list[Any]], Any]:
        if length <= 64:
            return lambda _w, _v: chance.randbytes(length)
        pool = chance.randbytes(POOL + length)
        return lambda _w, _v: pool[(at := int(chance.random() * POOL)) : at + length]

    def write(self, table: str, columns: Sequence[str], rows: Sequence[list[Any]]) -> None:
        names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" for _ in columns)
        self._connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)

    def run(self, statement: str) -> None:
        self._connection.execute(statement)


@contextmanager
def _sqlite(register: Register, tables: Collection[str]) -> Iterator[Loader]:
    register.close()
    path = register.engine.url.database
    assert path
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # A crash in here costs the office being filled, which nobody works in yet.
    for pragma in (
        "foreign_keys=OFF",
        "journal_mode=OFF",
        "synchronous=OFF",
        "cache_size=-1000000",
        "threads=2",
        "temp_store=FILE",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    taken = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL "
        f"AND tbl_name IN ({', '.join('?' for _ in tables)}) ORDER BY type, name",
        tuple(tables),
    ).fetchall()
    try:
        for kind, name, _sql in taken:
            connection.execute(f"DROP {kind} {name}")
        connection.execute("BEGIN")
        yield _SQLite(connection)
        for _kind, _name, sql in taken:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
    finally:
        connection.close()


# ---- PostgreSQL ----

_FOREIGN = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND (conrelid = ANY(:tables ::regclass[]) OR confrelid = ANY(:tables ::regclass[])) ORDER BY 1, 2"""
_OWN = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('p', 'u') AND conrelid = ANY(:tables ::regclass[]) ORDER BY contype, 1, 2"""
_INDEXES = """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(:tables ::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1"""


class _PostgreSQL:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cursor = connection.connection.cursor()

    def plain(self, value: Any) -> Any:
        if value is None:
            return r"\N"
        if isinstance(value, bool):
            return "t" if value else "f"
        if isinstance(value, bytes):
            return rf"\\x{value.hex()}"
        said = str(value)
        for sign, written in (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r")):
            said = said.replace(sign, written)
        return said

    def blobs(self, chance: random.Random, length: int) -> Callable[[Any, list[Any]], Any]:
        if length <= 64:
            return lambda _w, _v: rf"\\x{chance.randbytes(length).hex()}"
        pool = chance.randbytes(POOL + length).hex()
        return lambda _w, _v: rf"\\x{pool[(at := 2 * int(chance.random() * POOL)) : at + 2 * length]}"

    def write(self, table: str, columns: Sequence[str], rows: Sequence[list[Any]]) -> None:
        names = ", ".join(f'"{name}"' for name in columns)
        with self._cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for start in range(0, len(rows), 500):
                copy.write("".join(["\t".join(row) + "\n" for row in rows[start : start + 500]]))

    def run(self, statement: str) -> None:
        self._connection.exec_driver_sql(statement)


@contextmanager
def _postgresql(register: Register, tables: Collection[str]) -> Iterator[Loader]:
    wanted = {"tables": sorted(tables)}
    with register.engine.begin() as connection:
        for setting in ("synchronous_commit = off", "maintenance_work_mem = '512MB'"):
            connection.execute(text(f"SET {setting}"))
        foreign = connection.execute(text(_FOREIGN), wanted).all()
        own = connection.execute(text(_OWN), wanted).all()
        indexes = connection.execute(text(_INDEXES), wanted).all()
        for table, name, _sql in (*foreign, *own):
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        for name, _sql in indexes:
            connection.execute(text(f"DROP INDEX {name}"))
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield _PostgreSQL(connection)
        for _name, sql in indexes:
            connection.exec_driver_sql(sql)
        for table, name, sql in (*own, *foreign):
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {sql}")
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    # Its connection keeps what was set for the loading.
    register.close()
