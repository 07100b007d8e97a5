"""No text is lost: drafts are sealed and their writer's alone, and a post that comes too late is offered again."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from moderation import drafts, staff
from moderation.app import create_app
from moderation.console import drafts as drafts_door
from moderation.console.access import COOKIE
from moderation.demo.stage import Stage
from moderation.drafts import StaffDraft
from moderation.office import Office
from portal.core.clock import now
from portal.core.errors import Mendable
from tests.conftest import NOON
from tests.console.desk_client import console_app, signed_in_client
from tests.console.walk import Face, client_of, kind_of

TEXT = "夜里两点厂区后墙有水排进沟里，水面起白沫，有刺鼻气味，周边住户多次反映。"
FORM = "/handed-down/new"
TYPED = {"summary": TEXT, "upstream_number": "省督交〔2026〕7号", "claims": "夜间排水\n水面有白沫"}


def _keep(client: FlaskClient, place: str = FORM, **fields: str) -> int:
    return client.post("/drafts", data={"place": place, **{f"kept.{name}": value for name, value in fields.items()}}).status_code


def test_a_draft_comes_back_to_its_writer_and_to_nobody_else(stage: Stage) -> None:
    writer, other = signed_in_client(stage, "zuzhang"), signed_in_client(stage, "zuyuan")

    assert _keep(writer, summary=TEXT) == 204

    assert writer.get("/drafts", query_string={"place": FORM}).json["fields"] == {"summary": TEXT}  # type: ignore[index]
    assert other.get("/drafts", query_string={"place": FORM}).json == {"fields": {}}
    assert f'data-unsent="{FORM}"' in writer.get("/").text
    assert FORM not in other.get("/account").text.split("data-unsent", 1)[1].split(">", 1)[0]


def test_a_draft_lies_sealed_in_the_store_and_opens_for_no_other_place(stage: Stage) -> None:
    _keep(signed_in_client(stage, "zuzhang"), summary=TEXT)
    key, by = drafts.draft_key(stage.office), stage.cast["zuzhang"]

    with stage.office.office.transaction() as session:
        row = session.scalars(select(StaffDraft)).one()
        assert TEXT.encode() not in row.sealed
        row.place = "/elsewhere"
    with stage.office.office.reading() as session:
        assert drafts.kept(session, "/elsewhere", key=key, by=by, at=now()) is None


def test_the_draft_of_an_english_page_is_the_same_draft(stage: Stage) -> None:
    client = signed_in_client(stage, "zuzhang")

    assert client.post("/en/drafts", data={"place": f"/en{FORM}", "kept.summary": TEXT}).status_code == 204

    assert client.get("/drafts", query_string={"place": FORM}).json["fields"] == {"summary": TEXT}  # type: ignore[index]


def test_what_was_sent_is_no_longer_a_draft(stage: Stage) -> None:
    client = signed_in_client(stage, "zuzhang")
    _keep(client, place="/sign-out", note="x")
    with stage.office.office.reading() as session:
        region = session.scalars(select(staff.Unit.region_code).where(staff.Unit.region_code != "")).first()
    _keep(client, **TYPED)

    wrong = client.post(FORM, data=TYPED)
    assert wrong.status_code == 422
    assert client.get("/drafts", query_string={"place": FORM}).json["fields"] == TYPED  # type: ignore[index]

    right = client.post(FORM, data={**TYPED, "origin": "province", "day": "2026-11-20", "region_code": region, "types": "water",
                                    "batch": "1", "round_name": "第三轮", "place": "厂区后墙", "target": "某公司"})  # fmt: skip
    assert right.status_code == 303, re.findall(r'class="error"[^>]*>([^<]+)', right.text)
    assert client.get("/drafts", query_string={"place": FORM}).json == {"fields": {}}
    assert f'data-taken="{FORM}"' in client.get(right.location).text


def test_a_draft_nobody_comes_back_for_is_forgotten_after_a_week(stage: Stage) -> None:
    key, by = drafts.draft_key(stage.office), stage.cast["zuzhang"]
    with stage.office.office.transaction() as session:
        drafts.keep(session, FORM, TYPED, key=key, by=by, at=NOON)

    drafts.sweep(stage.office, NOON + timedelta(days=drafts.KEEP_DAYS))
    with stage.office.office.reading() as session:
        assert drafts.places(session, by=by) == (FORM,)

    drafts.sweep(stage.office, NOON + timedelta(days=drafts.KEEP_DAYS, seconds=1))
    with stage.office.office.reading() as session:
        assert drafts.places(session, by=by) == ()


def test_drafts_are_bounded_in_size_and_number(stage: Stage) -> None:
    key, by = drafts.draft_key(stage.office), stage.cast["zuzhang"]
    with stage.office.office.transaction() as session:
        with pytest.raises(Mendable):
            drafts.keep(session, FORM, {"text": "长" * drafts.MOST_BYTES}, key=key, by=by, at=NOON)
        for number in range(drafts.MOST_DRAFTS + 3):
            drafts.keep(session, f"/{number}", TYPED, key=key, by=by, at=NOON + timedelta(seconds=number))

    with stage.office.office.reading() as session:
        found = drafts.places(session, by=by)
    assert len(found) == drafts.MOST_DRAFTS
    assert "/0" not in found


def test_a_post_after_the_session_ended_is_carried_through_signing_in(stage: Stage) -> None:
    client = signed_in_client(stage, "zuzhang")
    with stage.office.office.transaction() as session:
        staff.end_sessions(session, stage.cast["zuzhang"].id, at=now())

    late = client.post(FORM, data=TYPED)
    assert late.status_code == 401
    assert "您写的都留着" in late.text
    wrong = client.post("/sign-in", data={**carried(late.text), "login": "zuzhang", "password": "x", "code": "1"})
    assert carried(wrong.text) == carried(late.text)

    again = signed_in_by_password(client, stage, carried(late.text))
    assert again.status_code == 200
    assert TEXT in again.text
    assert f'<form method="post" action="{FORM}"' in again.text
    assert hidden(again.text, "summary") == TEXT
    # The version of the letter travels too, so that a letter somebody else changed meanwhile is still refused.
    assert client.post(FORM, data=TYPED).status_code == 422


def carried(page: str) -> dict[str, str]:
    """The fields that a sign-in page carries."""
    found = dict(re.findall(r'<textarea name="(kept\.[^"]+)"[^>]*>\n(.*?)</textarea>', page, re.S))
    target = re.search(r'name="kept-for" value="([^"]+)"', page)
    return {**found, "kept-for": target.group(1)} if target else found


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<textarea name="{name}"[^>]*>\n(.*?)</textarea>', page, re.S)
    return found.group(1) if found else ""


def signed_in_by_password(client: FlaskClient, stage: Stage, fields: dict[str, str]):  # type: ignore[no-untyped-def]
    from tests.console.test_sign_in import _book, _code_now

    password = _book(stage, "zuzhang")["password"]
    return client.post("/sign-in", data={**fields, "login": "zuzhang", "password": password, "code": _code_now(stage, "zuzhang")})


def test_secrets_are_not_carried(stage: Stage) -> None:
    client = console_app(stage).test_client()

    late = client.post("/account", data={"old": "原来的密码一二三四五", "new": "新的密码六七八九十十一", "note": TEXT})

    assert late.status_code == 401
    assert "密码一二三" not in late.text
    assert "密码六七八" not in late.text
    assert TEXT in late.text


def test_a_carried_text_goes_to_no_other_host(stage: Stage) -> None:
    client = console_app(stage).test_client()

    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example/"):
        answer = signed_in_by_password(client, stage, {"kept-for": elsewhere, "kept.summary": TEXT})
        assert answer.status_code in (303, 422)
        assert f'action="{elsewhere}"' not in answer.text


def test_a_form_without_its_token_is_offered_once_more(stage: Stage) -> None:
    app = create_app(stage.office)
    client = app.test_client()
    with stage.office.office.transaction() as session:
        client.set_cookie(COOKIE, staff.open_session(session, stage.cast["zuzhang"].id, at=now()))

    refused = client.post(FORM, data=TYPED)
    assert refused.status_code == 400
    assert hidden(refused.text, "summary") == TEXT

    token = re.search(
        r'<form method="post" action="/handed[^>]*><input type="hidden" name="csrf_token" value="([^"]+)"', refused.text
    )
    assert token
    assert client.post(FORM, data={**TYPED, "csrf_token": token.group(1)}).status_code == 422

    client.delete_cookie(COOKIE)
    client.delete_cookie("desk-form")
    assert "您写的都留着" in client.post(FORM, data=TYPED).text


def test_the_page_of_an_error_keeps_what_was_typed(stage: Stage) -> None:
    client = signed_in_client(stage, "zuzhang")

    gone = client.post("/letters/0000000000000000/acts/return", data={"reason": TEXT, "version": "1"})

    assert gone.status_code == 404
    assert f"{TEXT}</textarea>" in gone.text


def test_short_texts_are_kept_too_and_what_was_only_chosen_is_left_out(stage: Stage) -> None:
    client = signed_in_client(stage, "zuzhang")
    typed = {"reason": "太短", "note": "7号 井", "type": "water", "version": "1", "unit": "0123456789abcdef", "tick": "y"}

    gone = client.post("/letters/0000000000000000/acts/return", data=typed)

    assert gone.status_code == 404
    assert re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", gone.text, re.S) == ["太短\n7号 井"]


def test_a_file_that_is_too_large_takes_no_text_with_it(stage: Stage) -> None:
    app = console_app(stage)
    client = signed_in_client(stage, "zuzhang")
    limit, app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"], 1000
    try:
        for number, order in enumerate((("file", "summary", "old"), ("summary", "old", "file"))):
            parts = {"file": (io.BytesIO(b"x" * 5000), "a.pdf"), "summary": f"{TEXT}{number}", "old": "原来的密码一二三四五"}
            refused = client.post(FORM, data={name: parts[name] for name in order}, content_type="multipart/form-data")
            assert refused.status_code == 413
            assert f"{TEXT}{number}</textarea>" in refused.text
            assert "原来的密码" not in refused.text
    finally:
        app.config["MAX_CONTENT_LENGTH"] = limit


@pytest.mark.parametrize("falls", ["before anybody is known", "on the way"])
def test_the_database_goes_away_and_the_text_stays(stage: Stage, monkeypatch: pytest.MonkeyPatch, falls: str) -> None:
    client = signed_in_client(stage, "zuzhang")
    down = stage.office.office
    asked = 0

    @contextmanager
    def away() -> Iterator[Session]:
        nonlocal asked
        asked += 1
        if falls == "before anybody is known" or asked > 1:
            raise OperationalError("select", {}, Exception("unable to open database file"))
        with real(down) as session:
            yield session

    real = type(down).reading
    monkeypatch.setattr(type(down), "reading", lambda _self: away())
    monkeypatch.setattr(type(down), "transaction", lambda _self: away())
    answer = client.post(FORM, data=TYPED)

    assert answer.status_code == 500
    assert f"{TEXT}</textarea>" in answer.text
    assert "省督交〔2026〕7号" in answer.text


def test_who_is_disabled_while_writing_can_still_copy_the_text(stage: Stage) -> None:
    client = signed_in_client(stage, "zuzhang")
    with stage.office.office.transaction() as session:
        staff.disable(session, session.get_one(staff.StaffMember, stage.cast["zuzhang"].id), by=stage.cast["guanli"], at=now())

    late = client.post(FORM, data=TYPED)

    assert late.status_code == 401
    assert f"{TEXT}</textarea>" in late.text.split("<details>", 1)[1]


# ---- every form there is ----

# Short, as a name or a number is: what fits in a box of one line must not be lost either.
MARKER = "写了第几处："
LINES = frozenset({"text", "search", "email", "tel", "url"})


class Forms(HTMLParser):
    """The forms of a page that have text in them: action, and fields as a browser would send them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str], list[str], bool]] = []
        self.form: tuple[str, dict[str, str], list[str], bool] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            post = (given.get("method") or "").lower() == "post"
            self.form = (given.get("action") or "", {}, [], post)
        elif self.form is not None and given.get("name"):
            name = str(given["name"])
            assert tag != "textarea" or self.form[3], "a long text in a form that is not posted would stand in an address"
            written = tag == "textarea" or (tag == "input" and (given.get("type") or "text") in LINES)
            if written and "readonly" not in given and name not in drafts_door.SECRETS:
                self.form[2].append(name)
            elif tag == "input" and given.get("type") == "hidden":
                self.form[1][name] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form is not None:
            if self.form[2]:
                self.found.append(self.form)
            self.form = None


@dataclass(frozen=True)
class Written:
    """One form with text in it. ``hidden``: what the page put into it."""

    login: str
    address: str
    hidden: dict[str, str]
    texts: tuple[str, ...]

    @property
    def typed(self) -> dict[str, str]:
        return {name: f"{MARKER}{place}" for place, name in enumerate(self.texts)}


@pytest.fixture(scope="module")
def written(faces: tuple[Face, ...]) -> tuple[Written, ...]:
    found: dict[tuple[str, tuple[str, ...]], Written] = {}
    for face in faces:
        reader = Forms()
        reader.feed(face.text)
        for action, hidden_fields, texts, post in reader.found:
            if not post:
                continue  # A search is an address, and stands in it.
            address = urlsplit(action).path or urlsplit(face.address).path
            found.setdefault((kind_of(address), tuple(texts)), Written(face.login, address, hidden_fields, tuple(texts)))
    return tuple(found.values())


@pytest.fixture
def nothing_kept(demo: tuple[Flask, Office], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is posted to the demo is taken back at the end of its transaction."""
    office = demo[1].office
    real = office.transaction

    @contextmanager
    def rolled_back() -> Iterator[Session]:
        with real() as session:
            yield session
            session.flush()
            session.rollback()

    monkeypatch.setattr(type(office), "transaction", lambda _self: rolled_back())


@pytest.mark.browser
def test_the_walk_finds_the_forms_with_texts(written: tuple[Written, ...]) -> None:
    kinds = {kind_of(form.address) for form in written}

    assert len(kinds) > 25
    assert {"/en/screening/*", "/en/handed-down/new"} <= kinds
    assert any(kind.startswith("/en/publication/") for kind in kinds)


@pytest.mark.browser
def test_no_form_loses_its_text_with_the_session(demo: tuple[Flask, Office], written: tuple[Written, ...]) -> None:
    app, _office = demo
    app.config.update(WTF_CSRF_ENABLED=False)
    lost = []
    for form in written:
        client = app.test_client()
        late = client.post(form.address, data={**form.hidden, **form.typed})
        if late.status_code != 401 or any(carried(late.text).get(f"kept.{name}") != text for name, text in form.typed.items()):
            lost.append(f"{form.address}: {late.status_code}")
    assert lost == []


@pytest.mark.browser
@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize("overtaken", [False, True], ids=["something is missing", "somebody was first"])
def test_no_form_loses_its_text_to_a_refusal(demo: tuple[Flask, Office], written: tuple[Written, ...], overtaken: bool) -> None:
    """What is refused comes back in its box or on the page that says no; a redirect means that it was taken."""
    app, office = demo
    app.config.update(WTF_CSRF_ENABLED=False)
    clients: dict[str, FlaskClient] = {}
    lost, refused = [], 0
    for form in written:
        client = clients.setdefault(form.login, client_of(app, office, form.login))
        old = {name: "0" for name in form.hidden if name in ("version", "seen")} if overtaken else {}
        answer = client.post(form.address, data={**form.hidden, **form.typed, **old})
        if answer.status_code == 303:
            page = client.get(answer.location)
            if 'class="notice warn"' in page.text.split("flash-list", 1)[-1].split("</ul>", 1)[0] and "flash-list" in page.text:
                lost.append(f"{form.address}: refused by a line on another page")
            continue
        refused += 1
        missing = [name for name, text in form.typed.items() if text not in answer.text]
        if missing or answer.status_code >= 500:
            lost.append(f"{form.address}: {answer.status_code}, lost {missing}")
    assert lost == []
    assert refused > 20
