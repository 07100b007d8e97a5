"""A withdrawn picture is nowhere in public at once; the office's own copy goes when nobody can need it any more."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from moderation.custody import retention
from moderation.demo.stage import Stage
from moderation.office import Office
from moderation.press.paths import PressPaths
from moderation.publication import disclosures, leak_guard, old_pictures, pressing
from moderation.publication.disclosures import Disclosure
from moderation.publication.old_pictures import KEPT, sweep
from tests.conftest import NOON
from tests.moderation.casework.office_work import Work
from tests.moderation.publication.test_disclosures import FIELDS, LI, QIAN, SUN, drafted, signed

PICTURE = f"{'ab' * 32}.jpg"
LATER = NOON + KEPT + timedelta(days=1)


def media(office: Office) -> Path:
    return PressPaths(office.data).media


def laid(office: Office, name: str = PICTURE, at: datetime = NOON) -> Path:
    media(office).mkdir(exist_ok=True)
    path = media(office) / name
    path.write_bytes(b"clean copy")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def with_picture() -> dict[str, object]:
    block = {"file": PICTURE, "alt": "排口已经封堵", "width": 8, "height": 6}
    return {**FIELDS, "sections": [{"anchor": "tu", "heading": "图片", "blocks": [block]}]}


def published(office: Office) -> str:
    """A notice with a picture, on the site."""
    with office.office.transaction() as session:
        made = drafted(session)
        disclosures.edit(session, made, with_picture(), seen=made.version, by=LI, at=NOON)
        signed(session, made)
        disclosures.publish(session, made, by=SUN, at=NOON)
    pressing.press_queue(office, NOON)
    return made.id


def withdraw(office: Office, identity: str) -> None:
    with office.office.transaction() as session:
        disclosures.withdraw(session, session.get_one(Disclosure, identity), reason="处罚决定已撤销", by=QIAN, at=NOON)
    pressing.press_queue(office, NOON)


@pytest.fixture
def built(empty_office: Office) -> Office:
    pressing.build_whole_site(empty_office, lambda what, done, total: None)
    return empty_office


def public_names(office: Office) -> set[str]:
    return {path.name for path in PressPaths(office.data).releases.rglob("*.jpg")}


def test_a_withdrawn_picture_is_in_no_release_within_the_workers_minute(built: Office) -> None:
    copy = laid(built)
    identity = published(built)
    pressing.build_whole_site(built, lambda what, done, total: None)
    assert public_names(built) == {PICTURE}

    withdraw(built, identity)
    pressing.follow_up(built, NOON)

    assert public_names(built) == set()
    assert copy.exists()


def test_the_offices_own_copy_stays_while_a_court_may_ask_and_then_goes(built: Office) -> None:
    copy = laid(built)
    withdraw(built, published(built))

    sweep(built, NOON + KEPT - timedelta(days=1))
    assert copy.exists()
    sweep(built, LATER)

    assert not copy.exists()


def test_what_is_public_or_may_become_so_stays_however_old(built: Office) -> None:
    copy = laid(built)
    published(built)
    sweep(built, LATER)
    assert copy.exists()

    waiting = laid(built, f"{'cd' * 32}.pdf")
    with built.office.transaction() as session:
        made = drafted(session)
        paper = {"file": waiting.name, "label": "决定书", "size": 10}
        disclosures.edit(session, made, {**FIELDS, "attachments": [paper]}, seen=made.version, by=LI, at=NOON)
    sweep(built, LATER)

    assert waiting.exists()


def test_a_file_that_was_added_and_never_used_goes(built: Office) -> None:
    unused = laid(built)

    sweep(built, NOON + timedelta(days=7))
    assert unused.exists()
    sweep(built, LATER)

    assert not unused.exists()


def test_a_hold_on_the_letter_keeps_the_picture(stage: Stage) -> None:
    office = stage.office
    copy = laid(office)
    with office.office.transaction() as session:
        letter = Work(stage, session).arrived()
        made = drafted(session)
        disclosures.edit(session, made, with_picture(), seen=made.version, by=LI, at=NOON)
        leak_guard.link_letter(session, made, letter.id)
        signed(session, made)
        disclosures.publish(session, made, by=SUN, at=NOON)
        disclosures.withdraw(session, made, reason="处罚决定已撤销", by=QIAN, at=NOON)
        retention.hold(session, letter, "诉讼未结", by=LI, at=NOON)
    with office.office.reading() as session:
        assert PICTURE in set(old_pictures.needed_files(session, LATER))

    sweep(office, LATER)

    assert copy.exists()
