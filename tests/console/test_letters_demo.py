"""The invented letters: one in every state, counts that add up on every desk, and hostile words that stay words."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest
from flask import url_for
from sqlalchemy import select

from moderation import app as console
from moderation.casework import letter_lists
from moderation.casework.letters import Letter
from moderation.casework.machine import Desk, LetterState
from moderation.console.navigation import desk_counts
from moderation.demo import casework as demo
from moderation.demo import crowd
from moderation.demo.casework_stories import stories
from moderation.demo.stage import Stage
from moderation.office import open_office
from moderation.staff import SignedIn, StaffMember, Unit
from portal.core import clock, reports
from portal.core.intake_keys import load_intake_keys
from portal.core.receipts import ReceiptKeys, read_receipt_code
from tests.console.desk_client import console_app, signed_in_client


@contextmanager
def stage_in(data: Path) -> Iterator[Stage]:
    """The county whose data lie in ``data``, at the present moment."""
    office = open_office(data, {})
    with office.office.reading() as session:
        people = session.execute(select(StaffMember, Unit).join(Unit, Unit.id == StaffMember.unit_id))
        cast = {member.login: SignedIn(member.id, member.name, member.roles, unit.id, unit.name) for member, unit in people}
    yield Stage(office, clock.now(), cast)
    office.close()


@pytest.fixture(scope="module")
def demo_data(staged_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The county with its letters; loaded once, copied for each test."""
    data = tmp_path_factory.mktemp("letters") / "data"
    shutil.copytree(staged_data, data)
    with stage_in(data) as stage:
        demo.load(stage)
    return data


@pytest.fixture
def county(demo_data: Path, tmp_path: Path) -> Iterator[Stage]:
    shutil.copytree(demo_data, tmp_path / "county")
    with stage_in(tmp_path / "county") as stage:
        yield stage


def test_there_is_a_letter_in_every_state(county: Stage) -> None:
    with county.office.office.reading() as session:
        assert set(session.scalars(select(Letter.state))) == set(LetterState)


def test_counts_of_the_menu_are_those_of_the_lists(county: Stage) -> None:
    app = console_app(county)
    for login in ("zuzhang", "shenhe", "huanbao", "jijian", "duban"):
        person, client = county.cast[login], signed_in_client(county, login)
        with app.test_request_context(), county.office.office.reading() as session:
            counted = [(line.entry.endpoint, line.waiting) for line in desk_counts(session, person) if line.waiting is not None]
        for endpoint, waiting in counted:
            if endpoint.split(".")[0] not in ("letters", "screening", "units"):
                continue
            with app.test_request_context():
                page = client.get(url_for(endpoint)).text
            shown = re.search(r'<b class="num">(\d+)\+?</b>', page)
            assert shown, endpoint
            # The desk of what was settled also shows what still waits elsewhere on it.
            assert int(shown.group(1)) == waiting, (login, endpoint)


def test_desks_add_up_to_all_letters_a_person_may_know_of(county: Stage) -> None:
    with county.office.office.reading() as session:
        for login in ("zuzhang", "zuyuan", "shenhe", "shenhe2", "lingdao"):
            person = county.cast[login]
            every = letter_lists.count_in(session, LetterState, person)
            by_desk = [sum(letter_lists.counts_by_state(session, desk, person).values()) for desk in Desk]
            page = letter_lists.letters_in(session, letter_lists.Filter(newest_first=True), person)
            assert every == sum(by_desk) == page.total


def test_every_page_of_every_letter_opens_and_hostile_words_stay_words(county: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    # The menu's counts are most of the time of a page, and have a test of their own.
    monkeypatch.setattr(console, "desk_counts", lambda session, person: ())
    with county.office.office.reading() as session:
        letters = list(session.scalars(select(Letter)))
    readers = {"shenhe2", "zuzhang", "huanbao", "jijian"}
    opened = 0
    for login in sorted(readers):
        client = signed_in_client(county, login)
        for letter in letters:
            for path in (f"/letters/{letter.id}", f"/letters/{letter.id}/slip", f"/screening/{letter.id}"):
                answer = client.get(path)
                assert answer.status_code in (200, 403, 404, 409), path
                assert "<script>alert" not in answer.text
                opened += answer.status_code == 200
    assert opened > 60


def test_no_page_of_a_unit_carries_a_reporters_words(county: Stage) -> None:
    words = [story.story[:14] for story in stories() if len(story.story) > 30]
    client = signed_in_client(county, "huanbao")
    pages = [client.get("/unit/all").text]
    for letter_id in re.findall(r"/letters/([0-9a-z]{16})", pages[0]):
        pages += [client.get(f"/letters/{letter_id}").text, client.get(f"/letters/{letter_id}/slip").text]
    told = unescape("".join(pages))

    assert len(pages) > 10
    assert [each for each in words if each in told] == []
    assert "苏晚晴" not in told


def test_every_receipt_of_the_demo_opens_a_state_in_plain_words(county: Stage) -> None:
    rows = json.loads((county.office.data / "demo" / "receipts.json").read_text(encoding="utf-8"))
    keys = load_intake_keys(county.office.data / "intake" / "keys")
    with county.office.intake.reading() as intake:
        for row in rows:
            code = read_receipt_code(row["receipt"])
            report = reports.find_by_receipt(intake, code, keys)
            assert report is not None
            status = reports.open_mailbox(intake, report, ReceiptKeys(code)).status
            assert status is not None
            assert status.explained
            assert "并案" not in status.to_bytes().decode()


@pytest.mark.long
def test_a_crowded_county_has_as_many_waiting_on_every_list_as_asked(stage: Stage) -> None:
    crowd.crowd(stage, 2)

    with stage.office.office.reading() as session:
        for states in crowd.WAITING:
            asked = {state.replace("refusal_declined", "refusal_proposed") for state in states} - {"refusal_transferred"}
            found = [LetterState(state) for state in asked]  # type: ignore[call-arg]
            assert letter_lists.count_in(session, found, stage.cast["zuzhang"]) >= 2 or states == ("with_discipline",)
