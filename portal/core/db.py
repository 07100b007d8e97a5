"""The two stores: `intake`, all that the public process can open, and `office`, for console and worker. Knows no table."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import DateTime, Engine, MetaData, String, create_engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from portal.core.vocabulary import Term

T = TypeVar("T", bound=Term)

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class IntakeBase(DeclarativeBase):
    """Tables of the intake store."""

    metadata = MetaData(naming_convention=_NAMES)


class OfficeBase(DeclarativeBase):
    """Tables of the office store. They live with the side whose verbs write them, in moderation."""

    metadata = MetaData(naming_convention=_NAMES)


class Moment(TypeDecorator[datetime]):
    """An instant: given and returned with zone UTC, stored without."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


class TermColumn(TypeDecorator[T], Generic[T]):
    """A word of a closed list, stored as its value. An unknown stored word is an error, never a guess."""

    impl = String
    cache_ok = True

    def __init__(self, term: type[T], length: int = 40) -> None:
        super().__init__(length)
        self.term = term

    def process_bind_param(self, value: T | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else str(self.term(value).value)  # type: ignore[call-arg]

    def process_result_value(self, value: Any, dialect: Dialect) -> T | None:  # noqa: ARG002
        return None if value is None else self.term(value)  # type: ignore[call-arg]


@dataclass(frozen=True)
class Protection:
    """A rule that only the database can keep (append-only, paid once): SQL per engine, rendered into the migration."""

    name: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]


def protect(base: type[DeclarativeBase], protection: Protection) -> None:
    """Registers ``protection`` with the store of ``base``; the first migration carries its SQL."""
    base.metadata.info.setdefault("protections", {})[protection.name] = protection


def protect_append_only(base: type[DeclarativeBase], table: str) -> None:
    """Rows of ``table`` may be added, never changed or removed; the database itself refuses."""
    says = f"{table} is append-only"
    sqlite = tuple(
        f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} BEGIN SELECT RAISE(ABORT, '{says}'); END"
        for act in ("update", "delete")
    )
    postgresql = (
        f"CREATE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{says}'; END $$",
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_keep()",
    )
    protect(base, Protection(f"{table}_append_only", sqlite, postgresql))


def _tune_sqlite(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _tune_postgresql(engine: Engine) -> None:
    """Pages ask many small questions: neither compiling a plan nor starting helpers for one ever pays.

    What is asked again and again lies in memory, where a row elsewhere costs little more than the next one.
    """

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")
            cursor.execute("SET max_parallel_workers_per_gather = 0")
            cursor.execute("SET random_page_cost = 1.1")
        connection.commit()


_KEPT = "kept"


def kept(session: Session) -> dict[object, Any] | None:
    """What a reading session keeps of its answers, to ask nothing twice for one page. None while writing: there they change."""
    found: dict[object, Any] | None = session.info.get(_KEPT)
    return found


class Register:
    """One store. ``url`` is an SQLAlchemy address; SQLite and PostgreSQL are supported.

    ``audit`` is the audit table of this store; :func:`portal.core.audit.record` finds it through the session.
    """

    def __init__(self, url: str, *, audit: type[Any]) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._lock = threading.Lock()
        self._holder: int | None = None
        options: dict[str, Any] = {} if self.is_sqlite else {"pool_size": 8, "max_overflow": 8, "pool_pre_ping": True}
        self.engine = create_engine(url, **options)
        self._reading_engine = create_engine(url, **options) if self.is_sqlite else self.engine
        if self.is_sqlite:
            # IMMEDIATE: a DEFERRED write that must upgrade its lock is refused at once under load (seen with 8 threads).
            _tune_sqlite(self.engine, "BEGIN IMMEDIATE")
            _tune_sqlite(self._reading_engine, "BEGIN")
        else:
            _tune_postgresql(self.engine)
        info = {"audit": audit, "register": self}
        self._writing = sessionmaker(self.engine, expire_on_commit=False, info=info)
        self._reading = sessionmaker(self._reading_engine, expire_on_commit=False, autoflush=False, info=info)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One writing transaction: committed at the end, rolled back on any error. Hold it over nothing slow."""
        if not self.is_sqlite:
            with self._writing.begin() as session:
                yield session
            return
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction inside a transaction")
        with self._lock:
            self._holder = threading.get_ident()
            try:
                with self._writing.begin() as session:
                    yield session
            finally:
                self._holder = None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent view for reading; whatever is written in it is thrown away."""
        with self._reading() as session:
            session.info[_KEPT] = {}
            try:
                yield session
            finally:
                # First let go: a rollback would empty what was read, and a page still prints it.
                session.expunge_all()
                session.rollback()

    def close(self) -> None:
        """Gives back every connection."""
        self.engine.dispose()
        self._reading_engine.dispose()
