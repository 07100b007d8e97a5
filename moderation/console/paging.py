"""Long lists in pages: which page is asked for, and the links around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

PAGE = 50
"""Lines a page shows."""


@dataclass(frozen=True)
class Paging:
    """Where in a list of ``total`` lines somebody stands. ``links``: number and address, none where one page holds all."""

    number: int
    total: int
    links: tuple[tuple[int, str], ...]

    @property
    def first(self) -> int:
        """How many lines stand on the pages before."""
        return (self.number - 1) * PAGE


def how_many(session: Session, query: Select[*tuple[Any, ...]], key: Any) -> int:
    """The lines of a list, by the ``key`` of its rows."""
    return session.scalar(select(func.count()).select_from(query.with_only_columns(key).subquery())) or 0


def page_numbers(number: int, pages: int) -> tuple[int, ...]:
    """The pages worth a link around this one."""
    return tuple(sorted({1, pages, *range(max(1, number - 2), min(pages, number + 2) + 1)}))


def paging(total: int, endpoint: str = "", *, name: str = "page") -> Paging:
    """The page that the present request asks for, of a list of ``total`` lines; past the end it is the last.

    ``endpoint``: where the list stands, for a list that a refused act shows again; default: where the request went.
    ``name``: of the number in the address, where a page holds two lists.
    """
    pages = max(1, -(-total // PAGE))
    number = max(1, min(request.args.get(name, 1, type=int), pages))
    kept = {key: value for key, value in request.args.items() if key != name and not key.startswith("_")}
    wanted = page_numbers(number, pages) if pages > 1 else ()
    links = tuple((each, url_for(endpoint or request.endpoint or "", **{**kept, name: each})) for each in wanted)  # type: ignore[arg-type]
    return Paging(number, total, links)
