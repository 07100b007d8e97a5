"""A larger office keeps its sealed reports in PostgreSQL; everything a reporter can do is the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from moderation import intake_care, unsealing
from moderation.bench.intake import Client, form_body
from moderation.hand_entry import keys_of
from moderation.office import Office
from portal import app as portal_app
from portal.core import clock, reports
from portal.core.audit import IntakeAuditEntry, verify_chain
from portal.core.db import Register
from portal.core.report_content import Identity
from portal.core.reports import new_nonce, seal_report
from portal.core.workflow import SystemActor
from portal.intake.keeper import Keeper, _Waiting
from portal.settings import IntakeSettings
from tests.effort import times
from tests.intake.conftest import Visitor, set_up
from tests.intake.test_crashes import TOWN, killed_at_random, require_all_kept, served
from tests.moderation.casework.office_work import CONTENT

pytestmark = pytest.mark.postgres


@pytest.fixture
def visitor(postgres_office: Office) -> Iterator[Visitor]:
    """Somebody at a public process whose store is PostgreSQL."""
    set_up(postgres_office)
    environment = {"DISCLOSURE_DATA": str(postgres_office.data), "DISCLOSURE_INTAKE_URL": postgres_office.intake.url}
    app = portal_app.create_app(IntakeSettings.from_env(environment))
    yield Visitor(app)
    app.extensions["intake"].close()


def test_reports_are_kept_found_followed_and_taken_back(postgres_office: Office, visitor: Visitor) -> None:
    code = visitor.send().code()
    data = visitor.filled(go="send", story="同时发两次。")
    threads = [threading.Thread(target=visitor.post, args=("/r/", data)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    intake_care.change_key(postgres_office, "office", by=SystemActor("test"), at=clock.now())

    with postgres_office.intake.reading() as session:
        waiting = reports.waiting_reports(session)
        assert verify_chain(session).broken_at is None
    key = unsealing.opening_key(postgres_office, "office")
    opened = [unsealing.unseal(postgres_office, each, key=key, by="t", reason="t", at=clock.now()).story for each in waiting]
    assert len(opened) == 2
    assert "同时发两次。" in opened
    assert visitor.post("/r/c/", {"code": code}).status == 200
    answer = visitor.post("/r/c/", {"code": code, "do": "withdraw", "f": visitor.token(), "sure": "y"})
    assert answer.status == 200
    assert visitor.post("/r/c/", {"code": code}).status == 404


def test_several_public_processes_keep_every_report_once_in_one_unbroken_chain(postgres_office: Office, visitor: Visitor) -> None:
    tokens = [visitor.token() for _ in range(96)]
    answers: list[int] = []

    def send(share: list[str], number: int) -> None:
        with Client(port, number) as client:
            for token in share:
                answers.append(client.ask("POST", "/r/", form_body(token, number, TOWN))[0])

    with served(postgres_office, processes=3) as (port, _process):
        # Each form is sent by two visitors at once, who reach different processes.
        threads = [threading.Thread(target=send, args=(tokens[part % 6 :: 6], part % 6)) for part in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == [201] * 192, sorted(set(answers))
    with postgres_office.intake.reading() as session:
        report = verify_chain(session)
        assert report.broken_at is None
        assert report.lines == 96
        assert session.query(reports.Report).count() == 96


def test_two_machines_with_the_same_forms_in_opposite_order_keep_each_once(postgres_office: Office, visitor: Visitor) -> None:
    """Neither waits for the other's row for ever, and neither takes the other's for a fault of the store."""
    keys, at, folder = keys_of(postgres_office), clock.now(), postgres_office.data
    machines = [Register(postgres_office.intake.url, audit=IntakeAuditEntry) for _ in range(2)]
    keepers = [Keeper(each, folder / "files", folder / ".turn") for each in machines]
    for _ in range(times(15, 150)):
        both = threading.Barrier(2)
        sealed = [seal_report(CONTENT, Identity(), nonce=new_nonce(), keys=keys, at=at) for _ in range(6)]
        batches = [[_Waiting(each, at) for each in order] for order in (sealed, sealed[::-1])]

        def write(number: int, both: threading.Barrier = both, batches: list[list[_Waiting]] = batches) -> None:
            both.wait()
            keepers[number]._write(batches[number])

        threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [each.outcome for batch in batches for each in batch] == [None] * 12
    with postgres_office.intake.reading() as session:
        assert session.query(reports.Report).count() == times(15, 150) * 6
    for each in machines:
        each.close()


def test_on_postgresql_too_what_was_acknowledged_is_found_after_kill_nine(postgres_office: Office, visitor: Visitor) -> None:
    codes, seed = killed_at_random(postgres_office, visitor, rounds=times(2, 50), processes=3)

    require_all_kept(postgres_office, codes, seed)
