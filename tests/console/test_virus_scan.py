"""What citizens send is scanned on arrival and at every opening; what is infected is opened for nobody and stays sealed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from moderation import unsealing
from moderation.casework import arrival
from moderation.casework.letters import Letter
from moderation.demo.intake import photo_with_position
from moderation.demo.stage import Stage
from moderation.settings import write_snapshot
from moderation.virus_scan import FileScan, Verdict, scan
from portal.core import clock
from tests.console.desk_client import signed_in_client
from tests.console.test_hand_entry import filled
from tests.moderation.clamav import EICAR, clamd, real_daemon, speaking

PHOTO = photo_with_position()
INFECTED = PHOTO + EICAR


@pytest.mark.parametrize(
    ("answer", "verdict", "says"),
    [
        (b"stream: OK\0", Verdict.CLEAN, "已查毒，未发现"),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", Verdict.INFECTED, "查出病毒：Win.Test.EICAR_HDB-1"),
        (b"INSTREAM size limit exceeded. ERROR\0", Verdict.NOT_SCANNED, "未查毒：超过查毒程序的上限"),
        (b"UNKNOWN COMMAND\0", Verdict.NOT_SCANNED, "未查毒：查毒程序出错"),
        (b"", Verdict.NOT_SCANNED, "未查毒：查毒程序出错"),
        (b"\xff\xfe FOUND nothing", Verdict.NOT_SCANNED, "未查毒：查毒程序出错"),
    ],
)
def test_each_answer_of_the_scanner_is_said_as_it_is(answer: bytes, verdict: Verdict, says: str) -> None:
    with speaking(answer) as (path, heard):
        found = scan([b"ab" * 100_000, b"c"], path)

    assert found.verdict is verdict
    assert found.text == says
    assert heard == [b"ab" * 100_000 + b"c"]


def test_a_scanner_that_stops_listening_at_its_limit_is_still_heard() -> None:
    with speaking(b"INSTREAM size limit exceeded. ERROR\0", hear=100_000) as (path, _heard):
        found = scan([bytes(1_000_000)] * 20, path)

    assert found.verdict is Verdict.NOT_SCANNED


def test_without_a_scanner_the_console_says_why() -> None:
    assert scan([b"data"], "").text == "未查毒：本机没有接查毒程序"
    assert scan([b"data"], "/nowhere/clamav.sock").text == "未查毒：查毒程序没有应答"


@pytest.fixture
def desk(stage: Stage) -> Stage:
    unsealing.make_keys(stage.office)
    write_snapshot(stage.office)
    return stage


def entered(desk: Stage, data: bytes, name: str = "料场.jpg") -> str:
    """A letter with one file, taken by the worker; its id."""
    answer = signed_in_client(desk, "shenhe").post(
        "/hand-entry/", data=filled(files=(io.BytesIO(data), name)), content_type="multipart/form-data"
    )
    assert answer.status_code == 201, answer.get_data(as_text=True)
    arrival.pull(desk.office, clock.now())
    with desk.office.office.reading() as session:
        return session.query(Letter).one().id


def file_address(letter_id: str, page: str) -> str:
    return page.split(f'action="/screening/{letter_id}/files/', 1)[1].split('"', 1)[0]


def test_an_infected_photo_is_named_at_the_desk_and_given_to_nobody(desk: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking(b"stream: Own.Test FOUND\0") as (path, heard):
        monkeypatch.setenv("DISCLOSURE_CLAMAV", path)
        letter_id = entered(desk, INFECTED)
        client = signed_in_client(desk, "shenhe")
        page = client.get(f"/screening/{letter_id}").get_data(as_text=True)
        address = f"/screening/{letter_id}/files/{file_address(letter_id, page)}"
        answers = [client.post(address, data={"which": which}) for which in ("clean", "original")]

    assert "查出病毒：Own.Test" in page
    assert 'value="clean"' not in page
    assert 'value="original"' not in page
    assert heard[0] == INFECTED, "scanned when it arrived, whole"
    for answer in answers:
        assert answer.status_code >= 400
        assert "查出病毒" in answer.get_data(as_text=True)
        assert EICAR not in answer.get_data()
    (sealed,) = unsealing.files_folder(desk.office).iterdir()
    assert sealed.stat().st_size > len(INFECTED), "the original is still there, sealed"


def test_a_scanner_that_learns_of_a_virus_later_stops_the_next_opening(desk: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking(b"stream: OK\0") as (path, _):
        monkeypatch.setenv("DISCLOSURE_CLAMAV", path)
        letter_id = entered(desk, INFECTED)
        client = signed_in_client(desk, "shenhe")
        page = client.get(f"/screening/{letter_id}").get_data(as_text=True)
        address = f"/screening/{letter_id}/files/{file_address(letter_id, page)}"
        assert client.post(address, data={"which": "clean"}).status_code == 200
    with speaking(b"stream: Own.Test FOUND\0") as (path, _):
        monkeypatch.setenv("DISCLOSURE_CLAMAV", path)
        assert client.post(address, data={"which": "clean"}).status_code >= 400
        assert "查出病毒" in client.get(f"/screening/{letter_id}").get_data(as_text=True)

    assert "已查毒，未发现" in page


def test_without_a_scanner_every_file_says_so_and_can_be_opened(desk: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISCLOSURE_CLAMAV", raising=False)
    letter_id = entered(desk, PHOTO)
    client = signed_in_client(desk, "shenhe")

    page = client.get(f"/screening/{letter_id}").get_data(as_text=True)
    copy = client.post(f"/screening/{letter_id}/files/{file_address(letter_id, page)}", data={"which": "clean"})

    assert "未查毒：本机没有接查毒程序" in page
    assert copy.status_code == 200
    with desk.office.office.reading() as session:
        assert session.query(FileScan).count() == 0


def test_clamav_itself_finds_its_test_string_and_lets_a_photo_pass(desk: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    program = clamd()
    if program is None:
        pytest.skip("ClamAV's daemon is not installed: only its protocol was tried")
    with real_daemon(program) as path:
        assert scan([PHOTO], path).text == "已查毒，未发现"
        assert scan([b"x" * 70_000 + EICAR], path).text == "查出病毒：Own.Test.UNOFFICIAL"
        assert scan([INFECTED[:1000], INFECTED[1000:]], path).infected
        assert scan([bytes(300_000)] * 20, path).text == "未查毒：超过查毒程序的上限"
        assert scan([b""], path).verdict is Verdict.CLEAN
        monkeypatch.setenv("DISCLOSURE_CLAMAV", path)
        letter_id = entered(desk, INFECTED)
        page = signed_in_client(desk, "shenhe").get(f"/screening/{letter_id}").get_data(as_text=True)

    assert "查出病毒：Own.Test.UNOFFICIAL" in page
    assert not Path(path).exists()
