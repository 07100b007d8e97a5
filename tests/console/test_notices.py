"""Notices at the desk: listed, leading to their page, gone once seen; and the addresses they go to besides."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from moderation import outbox
from moderation.demo.stage import Stage
from moderation.outbox import Notice, To
from moderation.settings import setting
from tests.conftest import NOON
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import Work

STARTTLS = {"encryption": "starttls"}


def assigned(stage: Stage) -> str:
    with stage.office.office.transaction() as session:
        return Work(stage, session).assigned("urban").id


def test_a_notice_is_counted_leads_to_its_letter_and_is_gone_once_seen(stage: Stage) -> None:
    letter_id = assigned(stage)
    client = signed_in_client(stage, "chengguan")
    page = client.get("/notices").text
    notice_id = re.search(r'name="open" value="(\w+)"', page)
    assert notice_id
    assert "有一件信访件交您单位办理" in page

    answer = client.post("/notices", data={"open": notice_id.group(1)})

    assert answer.location == f"/letters/{letter_id}"
    assert "没有新的通知" in client.get("/notices").text


def test_a_whole_page_is_marked_as_seen_and_nobody_elses(stage: Stage) -> None:
    assigned(stage)
    mine, other = signed_in_client(stage, "chengguan"), signed_in_client(stage, "zhujian")
    ids = re.findall(r'name="notice" value="(\w+)"', mine.get("/notices").text)

    other.post("/notices", data={"notice": ids})
    other.post("/notices", data={"open": ids[0]})
    assert "有一件信访件交您单位办理" in mine.get("/notices").text
    mine.post("/notices", data={"notice": ids})

    assert "没有新的通知" in mine.get("/notices").text


def test_the_menu_counts_what_has_not_been_seen(stage: Stage) -> None:
    client = signed_in_client(stage, "chengguan")
    assert "<span>通知</span><b>0</b>" in client.get("/").text
    assigned(stage)
    assert "<span>通知</span><b>1</b>" in client.get("/").text


def test_the_administrator_names_where_a_desks_notices_go_and_takes_it_back(stage: Stage) -> None:
    admin = signed_in_client(stage, "guanli")
    desk = "role:unit_officer:urban"
    assert "urban" in admin.get("/administration/notices").text

    admin.post("/administration/notices", data={"deed": "add", "desk": desk, "address": " cg@example.org "})
    with stage.office.office.reading() as session:
        assert setting(session, outbox.ADDRESSES) == {desk: ["cg@example.org"]}
    assigned(stage)
    with stage.office.office.reading() as session:
        assert "cg@example.org" in session.scalars(select(Notice.address)).all()
    admin.post("/administration/notices", data={"deed": "remove", "desk": desk, "address": "cg@example.org"})

    with stage.office.office.reading() as session:
        assert setting(session, outbox.ADDRESSES) == {}


@pytest.mark.parametrize("address", ["", "nobody", "http://example.org/hook", "javascript:alert(1)", "a@b\nBcc: c@d"])
def test_an_address_nothing_can_be_sent_to_is_refused_and_kept_in_the_form(stage: Stage, address: str) -> None:
    admin = signed_in_client(stage, "guanli")

    answer = admin.post("/administration/notices", data={"deed": "add", "desk": "role:group_lead:", "address": address})

    assert answer.status_code == 422
    assert "请填写电子邮件地址" in answer.text
    with stage.office.office.reading() as session:
        assert setting(session, outbox.ADDRESSES) is None


def test_the_password_of_the_mail_server_is_kept_and_never_shown(stage: Stage) -> None:
    admin = signed_in_client(stage, "guanli")
    form = {"deed": "server", "host": "mail.example.org", "port": "587", "from": "o@example.org", "user": "o"} | STARTTLS
    admin.post("/administration/notices", data=form | {"password": "geheim-7391"})
    admin.post("/administration/notices", data=form | {"password": "", "port": "465"})

    with stage.office.office.reading() as session:
        assert setting(session, "mail")["password"] == "geheim-7391"
        assert setting(session, "mail")["port"] == 465
    for client in (admin, signed_in_client(stage, "shenji")):
        pages = [client.get(path).text for path in ("/administration/settings", "/administration/notices")]
        assert "geheim-7391" not in "".join(pages)
    assert "mail.example.org" in pages[0]


def test_a_password_is_kept_for_its_own_server_and_never_for_one_without_encryption(stage: Stage) -> None:
    admin = signed_in_client(stage, "guanli")
    form = {"deed": "server", "host": "mail.example.org", "port": "587", "from": "o@example.org", "user": "o"}
    admin.post("/administration/notices", data=form | STARTTLS | {"password": "geheim-7391"})

    plain = admin.post("/administration/notices", data=form | {"encryption": ""})
    admin.post("/administration/notices", data=form | {"encryption": "smtps", "host": "elsewhere.example.org"})

    assert plain.status_code == 422
    assert "请选择加密" in plain.text
    with stage.office.office.reading() as session:
        server = setting(session, "mail")
        assert (server["host"], server["smtps"], server["starttls"]) == ("elsewhere.example.org", True, False)
        assert server["password"] == ""


@pytest.mark.parametrize("number", ["", "D3HA202611200007", "省督交〔2026〕3号"])
def test_every_notice_is_english_at_an_english_desk_and_only_its_number_stays(stage: Stage, number: str) -> None:
    with stage.office.office.transaction() as session:
        for place, sentence in enumerate(sorted(outbox.SENTENCES)):
            to = To.person(stage.cast["zuzhang"].id)
            outbox.tell(session, to, sentence, cause=f"c{place}", at=NOON, number=number, link=f"/letters/{place}")

    page = signed_in_client(stage, "zuzhang").get("/en/notices").text

    lines = re.findall(r'<button class="link-button" name="open"[^>]*>(.*?)</button>', page)
    said = [re.sub(r"<[^>]+>", "", line) for line in lines]
    assert len(said) == len(outbox.SENTENCES)
    assert [line for line in said if re.search(r"[\u3400-\u9fff]", line.replace(number, "") if number else line)] == []
    if number:
        assert sum(number in line for line in said) == sum("{number}" in each for each in outbox.SENTENCES.values())
