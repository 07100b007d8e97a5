"""Columns of a letter repeated in tables beside it, kept equal by the database itself, so that their lists walk one index.

A list by pollution type starts from `letter_type`, a unit's own from `letter_assignment`: neither asks the letter first.
"""

from __future__ import annotations

from portal.core.db import OfficeBase, Protection, protect


def keep_copies(table: str, key: str, columns: tuple[str, ...]) -> None:
    """``columns`` of ``letter`` stand in ``table`` too (primary key ``key``), whoever writes either, in whatever order."""
    names = ", ".join(columns)
    follow = f"UPDATE {table} SET " + ", ".join(f"{name} = NEW.{name}" for name in columns) + " WHERE letter_id = NEW.id"
    own = " AND ".join(f"{name} = NEW.{name}" for name in key.split(", "))
    theirs = f"(SELECT {names} FROM letter WHERE id = NEW.letter_id)"
    into = ", ".join(f"NEW.{name}" for name in columns)
    protect(
        OfficeBase,
        Protection(
            f"{table}_copies",
            sqlite=(
                f"CREATE TRIGGER {table}_copied_in AFTER INSERT ON {table} BEGIN "
                f"UPDATE {table} SET ({names}) = {theirs} WHERE {own} AND ({names}) IS NOT {theirs}; END",
                f"CREATE TRIGGER {table}_copied_over AFTER UPDATE OF {names} ON letter BEGIN {follow}; END",
            ),
            postgresql=(
                f"CREATE FUNCTION {table}_copied_in() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"SELECT {names} INTO {into} FROM letter WHERE id = NEW.letter_id; RETURN NEW; END $$",
                f"CREATE TRIGGER {table}_copied_in BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_copied_in()",
                f"CREATE FUNCTION {table}_copied_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {follow}; RETURN NULL; END $$",
                f"CREATE TRIGGER {table}_copied_over AFTER UPDATE OF {names} ON letter "
                f"FOR EACH ROW EXECUTE FUNCTION {table}_copied_over()",
            ),
        ),
    )
