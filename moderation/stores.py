"""Makes and migrates the two stores, one process at a time, and refuses a store of another version."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect, text

from moderation.office import Office
from portal.core.db import Register
from portal.core.errors import Refusal

MIGRATIONS = Path(__file__).with_name("migrations")
STORES = ("intake", "office")


def head(store: str) -> str:
    """The revision this version of the program needs, as named in the file HEAD of ``store``."""
    return (MIGRATIONS / store / "HEAD").read_text(encoding="ascii").strip()


def current(register: Register) -> str | None:
    """The revision the store is at; None for an empty one."""
    with register.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    data.mkdir(parents=True, exist_ok=True)
    with (data / ".migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def migrate(office: Office) -> None:
    """Brings both stores to this version's head. Refuses a store that a newer version has already changed."""
    # Imported here: console and worker only look at the revision, and start a second sooner without it.
    from alembic import command
    from alembic.config import Config

    with _alone(office.data):
        for store in STORES:
            register: Register = getattr(office, store)
            found = current(register)
            if found == head(store):
                continue
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS / store))
            with register.engine.begin() as connection:
                config.attributes["connection"] = connection
                try:
                    command.upgrade(config, head(store))
                except Exception as error:
                    raise Refusal(f"{store} 库的版本（{found}）无法升级到 {head(store)}：{error}") from error


def require_current(office: Office) -> None:
    """Raises :class:`Refusal` unless both stores are at this version's head; called when console or worker starts."""
    for store in STORES:
        found = current(getattr(office, store))
        if found != head(store):
            raise Refusal(f"{store} 库的版本是 {found}，本程序需要 {head(store)}。请先运行 ./disclosure migrate")


_ROWS_LOOKED_AT = 20_000
"""Of each index: a third of a second at a million letters. With a thousand, all long indexes look alike."""


def analyse(office: Office, _at: datetime) -> None:
    """Lets SQLite look how its tables are filled, so that it chooses the right index; PostgreSQL looks by itself.

    An index that holds one letter in a hundred is otherwise passed over for one that holds them all.
    """
    for register in (office.office, office.intake):
        if register.is_sqlite:
            with register.engine.begin() as connection:
                connection.exec_driver_sql(f"PRAGMA analysis_limit = {_ROWS_LOOKED_AT}")
                connection.exec_driver_sql("ANALYZE")
