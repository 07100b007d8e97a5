"""The measurement of the queue runs from fill to figures, and counts of a filled office are exact."""

from __future__ import annotations

import argparse

from sqlalchemy import func, select

from moderation.bench import queue as bench
from moderation.casework.letters import Letter, LetterCount
from moderation.casework.search import LetterSearch
from moderation.office import Office


def test_the_figures_have_the_names_that_were_asked_for(empty_office: Office) -> None:
    bench._people(empty_office)
    bench.fill(empty_office, 150)

    figures = bench.measure(empty_office, bench._sessions(empty_office), 1)

    assert {"first_page_p95_ms", "filter_p95_ms", "search_p95_ms", "counts_p95_ms", "page_kb"} <= set(figures)
    assert isinstance(figures["page_kb"], float)
    assert figures["page_kb"] < 200
    with empty_office.office.reading() as session:
        letters = select(func.count()).select_from(Letter)
        assert session.scalar(letters) == 150
        assert session.scalar(select(func.sum(LetterCount.letters))) == 150
        assert session.scalar(select(func.count()).select_from(LetterSearch)) == 150


def test_a_million_letters_are_the_default() -> None:
    parser = argparse.ArgumentParser()
    bench.queue_arguments(parser)

    asked = parser.parse_args([])

    assert (asked.letters, asked.engine) == (1_000_000, "sqlite")
