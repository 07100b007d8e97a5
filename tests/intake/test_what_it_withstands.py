"""Every class of hostile input the form must take calmly: nothing breaks, nothing is lost, nothing is believed."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from moderation import unsealing
from moderation.clean_copies import NoCleanCopy, clean_copy
from moderation.office import Office
from portal.core import clock, reports
from portal.core.receipts import new_receipt_code
from portal.core.report_content import ReportContent
from portal.core.reports import Report, Tray
from portal.intake import views
from portal.intake.context import Intake
from portal.settings import MEGABYTE
from tests.intake.conftest import STORY, Page, Visitor


def kept(desk: Intake) -> list[Report]:
    with desk.register.reading() as session:
        return reports.waiting_reports(session)


def content_of(office: Office, desk: Intake) -> ReportContent:
    (report,) = kept(desk)
    key = unsealing.opening_key(office, "office")
    return unsealing.unseal(office, report, key=key, by="test", reason="test", at=clock.now())


# ---- sizes ----


def test_a_story_that_is_too_long_comes_back_whole_with_its_length(visitor: Visitor) -> None:
    page = visitor.post("/r/", visitor.filled(story="灰" * 10_001))

    assert page.status == 422
    assert "10001" in page.text.replace(",", "")
    assert "灰" * 10_001 in page.text


def test_fields_beyond_all_measure_are_refused_plainly(visitor: Visitor) -> None:
    page = visitor.post("/r/", visitor.filled(story="x" * 500_000))

    assert page.status == 413
    assert "没有收到" in page.text


def test_ten_thousand_fields_are_refused_plainly(visitor: Visitor, desk: Intake) -> None:
    page = visitor.post("/r/", {**visitor.filled(go="send"), **{f"x{number}": "1" for number in range(10_000)}})

    assert page.status in {413, 200, 201, 400}
    assert len(kept(desk)) <= 1


def test_a_file_above_the_limit_is_named_and_nothing_of_it_stays(visitor: Visitor, desk: Intake) -> None:
    desk.settings = replace(desk.settings, limits=replace(desk.settings.limits, file_bytes=MEGABYTE))
    page = visitor.post("/r/", visitor.filled(files=(io.BytesIO(b"\xff\xd8\xff" + bytes(2 * MEGABYTE)), "大.jpg")))

    assert page.status == 422
    assert "大.jpg：超过 1 MB" in page.text
    assert list(desk.settings.files_folder.iterdir()) == []


def test_more_files_than_ten_are_named(visitor: Visitor) -> None:
    files = [(io.BytesIO(b"\xff\xd8\xff" + bytes(100)), f"{number}.jpg") for number in range(12)]

    page = visitor.post("/r/", visitor.filled(files=files))

    assert page.status == 422
    assert "10.jpg：已经满 10 个" in page.text
    assert "0.jpg" in page.text


# ---- encodings ----

ODD = {
    "nul": "夜里\x00装卸",
    "lone surrogate": "夜里\ud800装卸",
    "bidi override": "夜里\u202e装卸\u2066",
    "zero width": "夜\u200b里\u2060装卸\ufeff",
    "tags": "夜里\U000e0041装卸",
    "bell and escape": "夜里\x07\x1b[31m装卸",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_invisible_characters_are_taken_out_and_the_words_stay(visitor: Visitor, office: Office, desk: Intake, text: str) -> None:
    data = visitor.filled(story=text.encode("utf-8", "surrogatepass"))

    data["go"] = "send"
    page = visitor.post("/r/", data)

    assert page.status == 201, page.text
    story = content_of(office, desk).story
    assert story.startswith("夜")
    assert story.endswith("装卸")
    assert re.sub(r"%ED%A0%80|\[31m", "", story) == "夜里装卸"


def test_full_width_digits_of_a_telephone_are_digits(visitor: Visitor, office: Office, desk: Intake) -> None:
    visitor.send(identity_level="contact_only", phone="１３８００００００００", contact="phone")

    (report,) = kept(desk)
    identity = unsealing.identity_for_guard(report, key=unsealing.opening_key(office, "guard"))
    assert identity.phone == "13800000000"


def test_bytes_that_are_no_text_do_not_break_the_form(visitor: Visitor) -> None:
    page = visitor.post("/r/", b"story=%ff%fe%00&acts=%c0%80&f=%80", content_type="application/x-www-form-urlencoded")

    assert page.status == 422


# ---- markup ----

MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }} {% raw %} ${7*7} <%= 7*7 %> #{7*7}",
    "</textarea><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "'; DROP TABLE report; --",
    '=HYPERLINK("http://x")',
]


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_printed_as_it_was_typed_and_does_nothing(visitor: Visitor, text: str) -> None:
    edited = visitor.post("/r/", visitor.filled(story=text, who=text, place=text, go="edit"))
    preview = visitor.post("/r/", visitor.filled(story=text, who=text, place=text))

    for page in (edited, preview):
        assert page.status == 200
        assert "<script>alert" not in page.text
        assert "onerror=alert(1)>" not in page.text.replace(unescape(text), "") or "<img" not in page.text
        assert "<svg/onload" not in page.text
        assert text in unescape(page.text)


# ---- file names and contents ----

NAMES = ["../../etc/passwd.jpg", "..\\..\\boot.jpg", "a\x00b.jpg", "\u202egpj.exe", "con.jpg", "." * 300 + ".jpg", "<b>.jpg", ""]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_is_words_and_never_a_place(visitor: Visitor, desk: Intake, office: Office, name: str) -> None:
    page = visitor.send(files=(io.BytesIO(b"\xff\xd8\xff" + bytes(100)), name))

    assert page.status == 201
    for item in content_of(office, desk).attachments:
        assert "/" not in item.name
        assert "\\" not in item.name
        assert "\u202e" not in item.name
        assert len(item.name) <= 120
    assert all(re.fullmatch(r"[0-9a-z]{26}", path.name) for path in desk.settings.files_folder.iterdir())


WRONG_FILES = {
    "a program": b"MZ\x90\x00" + bytes(200),
    "a page": b"<html><script>alert(1)</script></html>",
    "a drawing with scripts": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a plain archive": b"PK\x03\x04" + bytes(26) + b"bomb.bin" + bytes(200),
    "a jar": b"PK\x03\x04" + bytes(26) + b"META-INF/MANIFEST.MF" + bytes(200),
    "a shell script called a photo": b"#!/bin/sh\nrm -rf /\n",
    "nothing": b"",
}


@pytest.mark.parametrize("data", WRONG_FILES.values(), ids=WRONG_FILES)
def test_what_a_file_is_is_told_by_its_content(visitor: Visitor, desk: Intake, data: bytes) -> None:
    page = visitor.post("/r/", visitor.filled(files=(io.BytesIO(data), "照片.jpg", "image/jpeg")))

    assert page.status == 422
    assert "照片.jpg：" in page.text
    assert STORY in page.text
    assert list(desk.settings.files_folder.iterdir()) == []


def starting(head: bytes) -> bytes:
    return head + bytes(2000)


KINDS = {
    "jpeg": starting(b"\xff\xd8\xff\xe0"),
    "png": starting(b"\x89PNG\r\n\x1a\n"),
    "webp": starting(b"RIFF\x00\x00\x00\x00WEBPVP8 "),
    "heic": starting(b"\x00\x00\x00\x18ftypheic"),
    "pdf": starting(b"%PDF-1.7\n"),
    "mp4": starting(b"\x00\x00\x00\x18ftypisom"),
    "m4a": starting(b"\x00\x00\x00\x18ftypM4A "),
    "mp3": starting(b"ID3\x04"),
    "wav": starting(b"RIFF\x00\x00\x00\x00WAVEfmt "),
    "amr": starting(b"#!AMR\n"),
    "ogg": starting(b"OggS"),
    "office": starting(b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml"),
    "office_old": starting(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_we_name_is_taken_whatever_it_is_called(visitor: Visitor, desk: Intake, office: Office, kind: str) -> None:
    page = visitor.send(files=(io.BytesIO(KINDS[kind]), "没有后缀", "application/x-anything"))

    assert page.status == 201
    (item,) = content_of(office, desk).attachments
    assert item.kind == kind
    assert b"".join(unsealing.original_file(office, item)) == KINDS[kind]


POLYGLOTS = {
    "a photo that is an archive too": starting(b"\xff\xd8\xff") + b"PK\x03\x04evil",
    "a photo that is a page too": b"\xff\xd8\xff\xe0<script>alert(1)</script>" + bytes(500),
    "a PDF that is a script too": b"%PDF-1.7\n#!/bin/sh\nrm -rf /\n" + bytes(500),
}


@pytest.mark.parametrize("data", POLYGLOTS.values(), ids=POLYGLOTS)
def test_a_file_that_is_two_things_at_once_is_kept_sealed_and_never_shown_as_it_is(
    visitor: Visitor, desk: Intake, office: Office, data: bytes
) -> None:
    visitor.send(files=(io.BytesIO(data), "a.jpg"))

    (item,) = content_of(office, desk).attachments
    with pytest.raises(NoCleanCopy):
        clean_copy(data, item.kind)
    assert all(data[:200] not in path.read_bytes() for path in desk.settings.files_folder.iterdir())


# ---- what is not a form at all ----


BODIES = {
    "JSON": (b'{"story": "x"}', "application/json"),
    "JSON ten thousand deep": (b"[" * 10_000 + b"]" * 10_000, "application/json"),
    "XML with entities": (b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>', "text/xml"),
    "a number beyond all measure": (b"longitude=" + b"9" * 5000 + b"&acts=x", "application/x-www-form-urlencoded"),
    "a form without its boundary": (b"--x\r\n\r\n", "multipart/form-data"),
    "nothing": (b"", "application/x-www-form-urlencoded"),
}


@pytest.mark.parametrize(("body", "kind"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/r/", "/r/c/", "/r/up"])
def test_a_body_that_is_no_form_is_answered_calmly(visitor: Visitor, desk: Intake, path: str, body: bytes, kind: str) -> None:
    assert visitor.post(path, body, content_type=kind).status in {400, 403, 413, 415, 422}
    assert kept(desk) == []


# ---- forged fields ----


def test_fields_that_are_not_the_reporter_s_are_ignored(visitor: Visitor, office: Office, desk: Intake) -> None:
    page = visitor.send(state="settled", reward_yuan="200", score="99", assignee="zhou", tray="first", taken="1", channel="phone",
                        paper="x", sent_at="1999-01-01", id="chosen")  # fmt: skip

    content = content_of(office, desk)
    assert page.status == 201
    assert content.channel.value == "web"
    assert content.paper is None
    assert content.sent_at.startswith(f"{clock.now().year}")
    (report,) = kept(desk)
    assert report.id != "chosen"
    assert report.taken is False


FORGED = {
    "act": {"acts": ["bribe_me"]},
    "region": {"region": "110000"},
    "how often": {"when_kind": "never"},
    "identity": {"identity_level": "king"},
    "contact": {"contact": "always"},
    "stop": {"stops": ["nothing"]},
    "datum": {"datum": "MARS-1"},
    "position": {"longitude": "1e99", "latitude": "NaN"},
    "half a position": {"longitude": "111.5"},
    "day": {"when_on": "2026-13-45"},
    "a day that has not come": {"when_on": "2099-01-01"},
}


@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED)
def test_a_choice_nobody_offered_is_refused_and_the_text_is_kept(
    visitor: Visitor, desk: Intake, changes: dict[str, object]
) -> None:
    page = visitor.post("/r/", visitor.filled(go="send", **changes))

    assert page.status == 422
    assert STORY in page.text
    assert kept(desk) == []


def test_a_staged_file_cannot_be_forged_nor_carried_into_another_form(visitor: Visitor, desk: Intake, office: Office) -> None:
    preview = visitor.post("/r/", visitor.filled(files=(io.BytesIO(b"\xff\xd8\xff" + bytes(100)), "a.jpg")))
    carried = dict(preview.hidden())["kept"]

    visitor.post("/r/", {**visitor.filled(go="send"), "kept": [carried, "AAAA", json.dumps({"id": "x", "key": "y"})]})

    assert content_of(office, desk).attachments == ()


# ---- who posts ----


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_a_post_made_by_another_site_is_refused(visitor: Visitor, desk: Intake, headers: dict[str, str]) -> None:
    page = visitor.post("/r/", visitor.filled(go="send"), headers=headers)

    assert page.status == 403
    assert kept(desk) == []


def test_an_old_browser_is_judged_by_its_origin(visitor: Visitor, app: object) -> None:
    client = visitor.app.test_client()
    foreign = client.post("/r/", data=visitor.filled(go="send"), headers={"Origin": "https://elsewhere.example"})
    own = client.post("/r/", data=visitor.filled(go="send"), headers={"Origin": "http://localhost"})

    assert foreign.status_code == 403
    assert own.status_code == 201


def test_forging_forwarding_headers_gives_no_second_bucket(visitor: Visitor) -> None:
    answers = [
        visitor.post("/r/c/", {"code": "0" * 40}, headers={"X-Forwarded-For": f"198.51.100.{number}"}).status
        for number in range(90)
    ]

    assert 429 in answers


@pytest.mark.parametrize("token", ["", "A", "====", "é", "A" * 5000, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="])
def test_a_forged_token_shows_the_filled_form_again(visitor: Visitor, desk: Intake, token: str) -> None:
    page = visitor.post("/r/", visitor.filled(f=token, go="send"))

    assert page.status == 422
    assert STORY in page.text
    assert kept(desk) == []


def test_an_expired_token_shows_the_filled_form_again_with_its_files(visitor: Visitor, desk: Intake, office: Office) -> None:
    old = visitor.token(minutes_ago=60 * 13)
    again = visitor.post("/r/", visitor.filled(f=old, files=(io.BytesIO(b"\xff\xd8\xff" + bytes(100)), "a.jpg"), go="send"))
    data = {**visitor.filled(go="send"), **dict(again.hidden())}

    sent = visitor.post("/r/", data)

    assert again.status == 422
    assert "过期" in again.text
    assert sent.status in {201}
    assert content_of(office, desk).attachments[0].name == "a.jpg"


# ---- floods ----


def test_a_filled_trap_and_a_form_sent_too_fast_wait_in_quarantine(visitor: Visitor, desk: Intake) -> None:
    trapped = visitor.post("/r/", visitor.filled(website="http://spam.example", go="send"))
    fast = visitor.post("/r/", visitor.filled(f=visitor.token(minutes_ago=0), go="send"))

    assert trapped.status == fast.status == 201
    assert [report.tray for report in kept(desk)] == [Tray.QUARANTINE, Tray.QUARANTINE]


def test_thirty_people_behind_one_address_all_get_through(visitor: Visitor, desk: Intake) -> None:
    answers = {visitor.post("/r/", visitor.filled(go="send", story=f"第{number}封")).status for number in range(30)}

    assert answers == {201}
    assert {report.tray for report in kept(desk)} == {Tray.FIRST}


def test_above_the_usual_rate_letters_without_place_and_evidence_take_the_second_tray(visitor: Visitor, desk: Intake) -> None:
    while desk.usual.allows("*"):
        pass

    thin = visitor.post("/r/", visitor.filled(go="send", place="路边"))
    full = visitor.post("/r/", visitor.filled(go="send"))

    assert thin.status == full.status == 201
    assert sorted(report.tray.value for report in kept(desk)) == ["first", "second"]


# ---- the same form again ----


def send_again(visitor: Visitor, **changes: object) -> tuple[Page, Page]:
    token = visitor.token()
    first = visitor.post("/r/", visitor.filled(f=token, go="send"))
    return first, visitor.post("/r/", visitor.filled(f=token, go="send", **changes))


def test_the_same_form_sent_twice_gives_one_receipt_and_one_report(visitor: Visitor, desk: Intake) -> None:
    first, second = send_again(visitor)

    assert second.status == 201
    assert first.code() == second.code()
    assert len(kept(desk)) == 1


def test_the_same_form_with_other_content_is_refused_and_the_text_kept(visitor: Visitor, desk: Intake) -> None:
    _first, second = send_again(visitor, story="完全是另一件事。")

    assert second.status == 409
    assert "完全是另一件事。" in second.text
    assert len(kept(desk)) == 1
    assert (
        visitor.post("/r/", {**visitor.filled(go="send", story="完全是另一件事。"), "f": dict(second.hidden())["f"]}).status == 201
    )


def test_the_same_form_an_hour_later_gives_no_receipt_away(visitor: Visitor, desk: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    token = visitor.token()
    visitor.post("/r/", visitor.filled(f=token, go="send"))
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(views, "now", lambda: later)

    again = visitor.post("/r/", visitor.filled(f=token, go="send"))

    assert again.status == 409
    assert "receipt-code" not in again.text


# ---- guessing ----


def test_wrong_withdrawn_and_never_given_receipts_get_the_same_answer(visitor: Visitor) -> None:
    code = visitor.send().code()
    token = visitor.token()
    withdrawn = visitor.post("/r/c/", {"code": code, "do": "withdraw", "f": token, "sure": "y", "demanded": "no"})
    assert withdrawn.status == 200

    gone = visitor.post("/r/c/", {"code": code})
    never = visitor.post("/r/c/", {"code": new_receipt_code(bytes(16), b"x" * 32)})

    assert gone.status == never.status == 404
    assert gone.text == never.text


def test_receipts_that_answer_nothing_take_the_same_way_through_the_store(visitor: Visitor, desk: Intake) -> None:
    """Same statements, same length of answer, same work: what could be measured from outside does not tell them apart."""
    code = visitor.send().code()
    gone = visitor.post("/r/c/", {"code": code, "do": "withdraw", "f": visitor.token(), "sure": "y", "demanded": "no"})
    assert gone.status == 200
    asked: list[list[str]] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked[-1].append(statement)

    with desk.register.reading() as session:
        engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)

    answers = []
    for each in (code, new_receipt_code(bytes(16), b"x" * 32), new_receipt_code(b"\xff" * 16, b"y" * 32)):
        asked.append([])
        answers.append(visitor.post("/r/c/", {"code": each}))

    assert asked[0] == asked[1] == asked[2]
    assert asked[0]
    assert len({answer.text for answer in answers}) == 1


def test_a_guesser_is_slowed_down(visitor: Visitor) -> None:
    statuses = [visitor.post("/r/c/", {"code": "0" * 40}).status for _ in range(100)]

    assert statuses[0] != 429
    assert statuses[-1] == 429


fields = st.dictionaries(
    st.sampled_from(("acts", "stops", "region", "place", "longitude", "latitude", "datum", "when_kind", "when_on", "when", "who",
                     "story", "must_not_know", "contact", "identity_level", "name", "phone", "other_contact", "notice_address",
                     "likely_twin", "website", "kept", "drop", "f", "go", "q-smell")),
    st.text(max_size=60),
    max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields)
def test_no_form_whatever_breaks_the_door(visitor: Visitor, typed: dict[str, str]) -> None:
    whole = {**visitor.filled(), **typed}
    data = {name: value.encode("utf-8", "surrogatepass") for name, value in whole.items() if isinstance(value, str)}

    assert visitor.post("/r/", data).status in {200, 201, 409, 422, 429}
