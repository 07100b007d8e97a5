"""`disclosure import-plan` as it is typed: the shape of its JSON, what it writes, and that a second time changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, func, select

from moderation.cli import main
from moderation.office import Office, open_office
from moderation.publication.disclosures import Disclosure
from moderation.rectification.tasks import RectificationTask
from tests.seeds import seed_path

OURS = Path(__file__).parents[1] / "plans" / "problems-and-tasks.txt"
KINDS = {
    "date", "dates", "milestone_only", "immediate_ongoing", "immediate_standing", "done_standing", "date_then_standing", "unclear",
}  # fmt: skip
ITEM = {"number", "problem", "target", "measures", "leaders", "lead_units", "responsible_units", "responsible_persons", "deadline"}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(empty_office: Office, capsys: pytest.CaptureFixture[str]) -> Run:
    data = empty_office.data
    empty_office.close()

    def once(*words: str) -> tuple[int, str, str]:
        code = main(["import-plan", *words, "--data", str(data)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return once


def rows(data: Path) -> dict[str, str]:
    """A digest of every table of the office store, the audit chain among them."""
    office = open_office(data, {})
    try:
        with office.office.reading() as session:
            tables = MetaData()
            tables.reflect(session.connection())
            return {
                name: hashlib.sha256(repr(session.execute(select(table).order_by(*table.columns)).all()).encode()).hexdigest()
                for name, table in tables.tables.items()
            }
    finally:
        office.close()


def documents() -> list[Any]:
    return [pytest.param(lambda: OURS, id="our own"), pytest.param(lambda: seed_path("001"), id="official")]


@pytest.mark.parametrize("document", documents())
def test_the_json_has_the_promised_shape(run: Run, document: Callable[[], Path]) -> None:
    code, printed, _ = run(str(document()), "--json")
    plan = json.loads(printed)

    assert code == 0
    assert {"items", "unread"} <= set(plan)
    for item in plan["items"]:
        assert set(item) >= ITEM
        deadline = item["deadline"]
        assert set(deadline) >= {"text", "kind", "due", "ongoing", "milestones"}
        assert deadline["kind"] in KINDS
        assert all(set(each) >= {"due", "text"} for each in deadline["milestones"])
        assert isinstance(deadline["ongoing"], bool)
        assert deadline["kind"] != "milestone_only" or deadline["due"] is None


def test_the_official_plan_has_its_thirty_one_items_and_nothing_lost_in_silence(run: Run) -> None:
    _, printed, _ = run(str(seed_path("001")), "--json")
    plan = json.loads(printed)

    assert [int(item["number"]) for item in plan["items"]] == list(range(1, 32))
    assert Counter(item["deadline"]["kind"] for item in plan["items"]) == {
        "date": 15, "immediate_ongoing": 9, "immediate_standing": 4, "done_standing": 1, "dates": 1, "milestone_only": 1,
    }  # fmt: skip
    assert [entry["kind"] for entry in plan["unread"] if entry["kind"] != "front_matter"] == ["duplicate_label", "closing"]


@pytest.mark.parametrize("document", documents())
def test_applying_drafts_one_disclosure_a_task_and_a_second_time_changes_nothing(
    run: Run, empty_office: Office, document: Callable[[], Path]
) -> None:
    words = (str(document()), "--number", "云政〔2026〕3号", "--code", "sd-2026", "--apply")

    assert run(*words)[0] == 0
    once = rows(empty_office.data)
    assert run(*words)[0] == 0

    assert rows(empty_office.data) == once
    office = open_office(empty_office.data, {})
    with office.office.reading() as session:
        tasks = session.scalar(select(func.count()).select_from(RectificationTask))
        drafts = session.scalar(select(func.count()).select_from(Disclosure))
    office.close()
    assert tasks
    assert tasks == drafts


def test_without_a_code_nothing_is_written_and_it_says_what_is_missing(run: Run, empty_office: Office) -> None:
    before = rows(empty_office.data)

    code, _, said = run(str(OURS), "--apply")

    assert code == 1
    assert "代码" in said
    assert rows(empty_office.data) == before
