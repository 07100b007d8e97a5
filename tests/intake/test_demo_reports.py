"""The demo's fresh reports reach the desks like any citizen's, and their photo leaves its position behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from moderation import unsealing
from moderation.casework import arrival
from moderation.casework.letters import Letter
from moderation.clean_copies import clean_copy
from moderation.demo import county_map
from moderation.demo import intake as demo_intake
from moderation.demo.stage import Stage
from moderation.office import Office
from moderation.settings import public_settings
from portal.core import reports
from portal.core.datums import CGCS2000
from portal.core.report_content import Point
from tests.conftest import NOON


@pytest.fixture
def stage(office: Office) -> Stage:
    stage = Stage(office, NOON, {})
    demo_intake.load(stage)
    return stage


def test_every_fresh_report_becomes_a_letter(stage: Stage) -> None:
    arrival.pull(stage.office, NOON + timedelta(minutes=1))

    with stage.office.office.reading() as session:
        letters = session.query(Letter).all()
    assert len(letters) == 5
    assert sum(letter.quarantined for letter in letters) == 1


def test_the_photo_carries_a_position_and_its_clean_copy_does_not(stage: Stage) -> None:
    key = unsealing.opening_key(stage.office, "office")
    with stage.office.intake.reading() as session:
        waiting = reports.waiting_reports(session)
    contents = [unsealing.unseal(stage.office, each, key=key, by="test", reason="test", at=NOON) for each in waiting]
    (photo,) = [item for content in contents for item in content.attachments if item.kind == "jpeg"]

    original = b"".join(unsealing.original_file(stage.office, photo))
    copy = clean_copy(original, "jpeg")

    assert b"SN-0000-0000" in original
    assert b"SN-0000-0000" not in copy.data
    assert b"Exif" not in copy.data


def test_the_demo_county_has_a_map_that_says_it_is_invented(stage: Stage) -> None:
    county_map.load(stage)
    with stage.office.office.reading() as session:
        (base,) = public_settings(session).maps()

    assert "虚构" in base.source
    assert base.datum == CGCS2000
    assert {"县城", "青石镇", "石子料场"} <= {label.name for label in base.labels}
    assert all(base.holds(Point(label.longitude, label.latitude, base.datum)) for label in base.labels)
    assert not base.review_number, "an invented map has none, and pretends to none"
