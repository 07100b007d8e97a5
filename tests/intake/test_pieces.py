"""Files in pieces: they go on where they were cut off, and nothing weaker than a file sent whole."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from moderation import unsealing
from moderation.office import Office
from portal.core import clock, reports
from portal.core.staging import PIECE_BYTES
from portal.intake.context import Intake
from tests.intake.conftest import Page, Visitor

PHOTO = b"\xff\xd8\xff" + bytes(number % 251 for number in range(2_500_000))


def piece(visitor: Visitor, token: str, data: bytes, *, offset: int = 0, upload: str = "", **more: str) -> Page:
    headers = {"X-Form": token, "X-Offset": str(offset), **more}
    headers |= {"X-Upload": upload} if upload else {"X-Name": quote("料场.jpg"), "X-Size": str(len(PHOTO)), **more}
    return visitor.post("/r/up", data, headers=headers, content_type="application/octet-stream")


def said(page: Page) -> dict[str, Any]:
    answer = page.response.get_json()
    assert isinstance(answer, dict)
    return answer


def uploaded(visitor: Visitor, token: str, data: bytes = PHOTO) -> dict[str, Any]:
    answer, received = {"upload": ""}, 0
    while "kept" not in answer:
        answer = said(piece(visitor, token, data[received : received + PIECE_BYTES], offset=received, upload=answer["upload"]))
        received = answer.get("received", received)
    return answer


def test_a_file_in_pieces_is_sealed_like_any_other(visitor: Visitor, office: Office, desk: Intake) -> None:
    token = visitor.token()

    answer = uploaded(visitor, token)
    page = visitor.post("/r/", visitor.filled(f=token, kept=answer["kept"], go="send"))

    assert page.status == 201
    with desk.register.reading() as session:
        (report,) = reports.waiting_reports(session)
    key = unsealing.opening_key(office, "office")
    (item,) = unsealing.unseal(office, report, key=key, by="t", reason="t", at=clock.now()).attachments
    assert (item.name, item.kind, item.size) == ("料场.jpg", "jpeg", len(PHOTO))
    assert b"".join(unsealing.original_file(office, item)) == PHOTO


def test_it_goes_on_where_it_was_cut_off(visitor: Visitor, desk: Intake) -> None:
    token = visitor.token()
    first = said(piece(visitor, token, PHOTO[:PIECE_BYTES]))
    # A crash in the middle of a chunk leaves half of it.
    (path,) = desk.settings.files_folder.iterdir()
    with path.open("ab") as half:
        half.write(b"half a chunk")

    asked = said(piece(visitor, token, b"", upload=first["upload"]))
    repeated = said(piece(visitor, token, PHOTO[:PIECE_BYTES], upload=first["upload"]))
    second = said(piece(visitor, token, PHOTO[PIECE_BYTES : 2 * PIECE_BYTES], offset=PIECE_BYTES, upload=first["upload"]))
    last = said(piece(visitor, token, PHOTO[2 * PIECE_BYTES :], offset=2 * PIECE_BYTES, upload=first["upload"]))

    assert asked["received"] == repeated["received"] == PIECE_BYTES
    assert second["received"] == 2 * PIECE_BYTES
    assert last["size"] == len(PHOTO)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"X-Form": "forged"}, 403),
        ({"X-Size": str(60 * 1024 * 1024)}, 422),
        ({"X-Size": "0"}, 422),
        ({"X-Size": "-1"}, 422),
        ({"X-Upload": "forged"}, 422),
    ],
)
def test_what_is_forged_or_too_large_is_refused(visitor: Visitor, more: dict[str, str], status: int) -> None:
    token = more.pop("X-Form", None) or visitor.token()

    assert piece(visitor, token, b"\xff\xd8\xff", **more).status == status


def test_an_upload_of_one_form_is_nothing_to_another(visitor: Visitor) -> None:
    first = said(piece(visitor, visitor.token(), PHOTO[:PIECE_BYTES]))

    assert piece(visitor, visitor.token(), PHOTO[PIECE_BYTES:], offset=PIECE_BYTES, upload=first["upload"]).status in {413, 422}


def test_more_than_was_announced_is_not_taken(visitor: Visitor, desk: Intake) -> None:
    answer = said(piece(visitor, visitor.token(), PHOTO[:PIECE_BYTES], **{"X-Size": "100"}))

    assert answer["received"] == 0


def test_a_program_called_a_photo_is_refused_and_gone(visitor: Visitor, desk: Intake) -> None:
    page = piece(visitor, visitor.token(), b"MZ" + bytes(98), **{"X-Size": "100"})

    assert page.status == 422
    assert "不是我们能收的种类" in said(page)["refused"]
    assert list(desk.settings.files_folder.iterdir()) == []
