"""Signing in and out of the console."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from moderation import staff
from moderation.app import create_app
from moderation.console import access
from moderation.demo.cast import demo_cast
from moderation.demo.stage import Stage
from moderation.keys import symmetric_key
from moderation.staff import StaffMember
from portal.core.clock import now
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.vocabulary import Role
from tests.conftest import NOON
from tests.console.desk_client import console_app, signed_in_client


def _book(stage: Stage, login: str) -> dict[str, object]:
    rows = json.loads((stage.office.data / "demo" / "sign-in.json").read_text(encoding="utf-8"))
    return next(row for row in rows if row["login"] == login)


def _code_now(stage: Stage, login: str) -> str:
    import base64

    secret = str(_book(stage, login)["totp_secret"])
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return staff.totp(raw).generate(int(now().timestamp())).decode()


def test_password_and_code_together_open_the_desk(stage: Stage) -> None:
    client = console_app(stage).test_client()

    answer = client.post("/sign-in", data={"login": "zuzhang", "password": _book(stage, "zuzhang")["password"],
                                           "code": _code_now(stage, "zuzhang")})  # fmt: skip

    assert answer.status_code == 303
    assert "周行简" in client.get("/").text


def test_the_right_password_with_a_wrong_code_stays_outside_and_says_the_same_as_a_wrong_password(stage: Stage) -> None:
    client, book = console_app(stage).test_client(), _book(stage, "zuzhang")

    wrong_code = client.post("/sign-in", data={"login": "zuzhang", "password": book["password"], "code": "00000000"})
    wrong_password = client.post("/sign-in", data={"login": "zuzhang", "password": "not this", "code": _code_now(stage, "zuzhang")})
    nobody = client.post("/sign-in", data={"login": "nobody", "password": "x", "code": "1"})

    said = [re.search(r'role="alert".*?</p>', page.text, re.S).group() for page in (wrong_code, wrong_password, nobody)]  # type: ignore[union-attr]
    assert {page.status_code for page in (wrong_code, wrong_password, nobody)} == {422}
    assert said[0] == said[1] == said[2]


def test_a_code_works_once(stage: Stage) -> None:
    book, key = _book(stage, "shenhe"), symmetric_key(stage.office.keys, "staff.key")
    code = _code_now(stage, "shenhe")
    with stage.office.office.transaction() as session:
        first = staff.sign_in(session, login="shenhe", password=str(book["password"]), code=code, key=key, at=now())
    with stage.office.office.transaction() as session:
        again = staff.sign_in(session, login="shenhe", password=str(book["password"]), code=code, key=key, at=now())

    assert first.token
    assert again.token is None


def test_a_card_code_works_once(stage: Stage) -> None:
    book, key = _book(stage, "shenhe"), symmetric_key(stage.office.keys, "staff.key")
    card = book["card_codes"][0]  # type: ignore[index]
    tokens = []
    for _ in range(2):
        with stage.office.office.transaction() as session:
            tokens.append(
                staff.sign_in(session, login="shenhe", password=str(book["password"]), code=card, key=key, at=now()).token
            )

    assert tokens[0]
    assert tokens[1] is None


def test_five_failures_lock_the_login_even_for_the_right_password(stage: Stage) -> None:
    book, key = _book(stage, "shenhe"), symmetric_key(stage.office.keys, "staff.key")
    card = book["card_codes"][0]  # type: ignore[index]
    for _ in range(5):
        with stage.office.office.transaction() as session:
            staff.sign_in(session, login="shenhe", password="wrong", code=card, key=key, at=NOON)

    with stage.office.office.transaction() as session:
        at_once = staff.sign_in(session, login="shenhe", password=str(book["password"]), code=card, key=key, at=NOON)
        later = staff.sign_in(
            session, login="shenhe", password=str(book["password"]), code=card, key=key, at=NOON + timedelta(minutes=16)
        )

    assert at_once.token is None
    assert later.token


def test_signing_out_ends_the_session_on_the_server(stage: Stage) -> None:
    client = signed_in_client(stage, "zuzhang")
    token = client.get_cookie(access.COOKIE)
    assert token is not None

    client.post("/sign-out")
    client.set_cookie(access.COOKIE, token.value)

    assert client.get("/").status_code == 303


@pytest.mark.parametrize("act", ["disable", "change_roles", "password"])
def test_a_session_ends_when_the_person_changes(stage: Stage, act: str) -> None:
    client, admin = signed_in_client(stage, "zuzhang"), stage.cast["guanli"]
    with stage.office.office.transaction() as session:
        member = session.get_one(StaffMember, stage.cast["zuzhang"].id)
        if act == "disable":
            staff.disable(session, member, by=admin, at=now())
        elif act == "change_roles":
            staff.change_roles(session, member, frozenset({Role.LEADER}), by=admin, at=now())
        else:
            staff.change_password(
                session, member, old=str(_book(stage, "zuzhang")["password"]), new="a new long password", at=now()
            )

    assert client.get("/").status_code == 303


def test_nobody_is_given_two_hands_that_must_stay_apart(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        member = session.get_one(StaffMember, stage.cast["zuzhang"].id)
        with pytest.raises(Refusal, match="不能由同一人担任"):
            staff.change_roles(session, member, frozenset({Role.DRAFTER, Role.SIGNATORY}), by=stage.cast["guanli"], at=NOON)
        own = session.get_one(StaffMember, stage.cast["guanli"].id)
        with pytest.raises(NotAllowed):
            staff.change_roles(session, own, frozenset({Role.AUDITOR}), by=stage.cast["guanli"], at=NOON)
        with pytest.raises(Mendable, match="至少"):
            staff.change_password(session, member, old=str(_book(stage, "zuzhang")["password"]), new="short", at=NOON)


def test_an_idle_session_ends(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        token = staff.open_session(session, stage.cast["zuzhang"].id, at=NOON)
    with stage.office.office.reading() as session:
        assert staff.signed_in(session, token, at=NOON + timedelta(minutes=59))
        assert staff.signed_in(session, token, at=NOON + timedelta(minutes=61)) is None


def test_a_route_without_a_role_cannot_start_the_app(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from flask import Blueprint

    from moderation.console import desk

    careless = Blueprint("careless", __name__)
    careless.add_url_rule("/careless", view_func=lambda: "hello", endpoint="hello")
    monkeypatch.setattr(desk, "bp", careless)

    with pytest.raises(RuntimeError, match=r"careless\.hello"):
        create_app(stage.office)


def test_the_one_press_sign_in_exists_only_in_a_demo(stage: Stage) -> None:
    key = demo_cast(stage.office)[0].key

    real = create_app(stage.office)
    real.config.update(WTF_CSRF_ENABLED=False)
    demo = create_app(stage.office, demo_cast=demo_cast(stage.office))
    demo.config.update(WTF_CSRF_ENABLED=False)

    assert real.test_client().post(f"/sign-in/demo/{key}").status_code == 404
    assert "演示" not in real.test_client().get("/sign-in").text
    assert demo.test_client().post(f"/sign-in/demo/{key}").status_code == 303
    assert demo.test_client().post("/sign-in/demo/guessed").status_code == 404


def test_a_post_from_another_site_or_without_the_form_token_changes_nothing(stage: Stage) -> None:
    app = create_app(stage.office)
    client = app.test_client()
    with stage.office.office.transaction() as session:
        client.set_cookie(access.COOKIE, staff.open_session(session, stage.cast["zuzhang"].id, at=now()))

    assert client.post("/sign-out").status_code == 400
    assert client.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/").status_code == 200


def test_after_signing_in_nobody_is_led_to_another_host(stage: Stage) -> None:
    client, book = console_app(stage).test_client(), _book(stage, "zuzhang")
    card = book["card_codes"][1]  # type: ignore[index]

    answer = client.post(
        "/sign-in", data={"login": "zuzhang", "password": book["password"], "code": card, "next": "//evil.example/"}
    )

    assert answer.headers["Location"] == "/"


def test_the_start_page_of_an_idle_desk_says_so(stage: Stage) -> None:
    assert "现在没有等您办的事" in signed_in_client(stage, "lingdao").get("/").text
