"""Figures at the desk: a period, a batch, the 简报, and public counts for whole past months only."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from moderation.casework.letters import Letter
from moderation.demo.stage import Stage
from moderation.letter_statistics import kept
from moderation.long_work import LongWork
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import Work


def test_figures_are_shown_for_a_period_and_a_batch_and_go_into_a_brief(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        letter: Letter = Work(stage, session).settled()
        batch_id, day = letter.batch_id, letter.received_on
    client = signed_in_client(stage, "lingdao")

    for address in (f"first={day}&last={day}", f"batch={batch_id}"):
        page = client.get(f"/letter-statistics?{address}")
        assert "办结 ÷ 受理" in page.text
        assert "100.0%（1 ÷ 1）" in page.text
        assert client.get(f"/letter-statistics/brief.docx?{address}").data[:2] == b"PK"
    assert client.get("/letter-statistics").status_code == 200
    assert client.get("/letter-statistics?first=2026-13-01").status_code == 422
    assert client.get("/letter-statistics?first=2026-02-01&last=2026-01-01").status_code == 422


def test_a_long_period_is_counted_month_by_month_while_the_page_says_how_far(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "AT_ONCE_LETTERS", 1)
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        for month in (1, 2, 2):
            work.settled().received_on = date(2025, month, 5)
        work.settled(must_not_know=("郑巡舟",)).received_on = date(2025, 3, 5)
    leader, barred = signed_in_client(stage, "lingdao"), signed_in_client(stage, "xuncha")
    days = {"first": "2025-01-01", "last": "2025-12-31"}
    address = "/letter-statistics?first=2025-01-01&last=2025-12-31"

    page = leader.get(address)
    assert "还有 12 个月没有统计" in page.text
    assert "下载简报" not in page.text
    assert leader.get(address.replace("?", "/brief.docx?")).status_code == 303
    begun = leader.post("/letter-statistics/count", data=days)
    while "/long-work/" in begun.headers["Location"]:
        begun = leader.post(begun.headers["Location"] + "/go-on")
        with stage.office.office.reading() as session:
            if session.scalars(select(LongWork)).one().ended_at:
                break
    page = leader.get(address)
    assert re.search(r"截至今天 \d\d:\d\d 的数字", page.text)
    assert "100.0%（4 ÷ 4）" in page.text
    assert leader.get(address.replace("?", "/brief.docx?")).data[:2] == b"PK"

    assert "没有统计" in barred.get(address).text, "what others may know is not shown to who may not"
    barred.post("/letter-statistics/count", data=days)
    assert "100.0%（3 ÷ 3）" in barred.get(address).text


def test_public_counts_are_offered_for_whole_past_months_only(stage: Stage) -> None:
    client = signed_in_client(stage, "xuncha")

    assert client.get("/letter-statistics/public/2025-12.txt").status_code == 200
    assert client.get("/letter-statistics/public/2099-01.txt").status_code == 404
    assert client.get("/letter-statistics/public/2025-12-01.txt").status_code == 404


def test_public_counts_are_the_same_for_all_and_tell_a_barred_reader_of_no_letter(stage: Stage) -> None:
    month, clients = date(2025, 12, 5), {login: signed_in_client(stage, login) for login in ("xuncha", "lingdao")}

    def arrives(*, must_not_know: tuple[str, ...] = ()) -> None:
        with stage.office.office.transaction() as session:
            Work(stage, session).settled(must_not_know=must_not_know).received_on = month

    def sheets() -> list[str]:
        return [client.get("/letter-statistics/public/2025-12.txt").text for client in clients.values()]

    def received(login: str) -> str:
        page = clients[login].get("/letter-statistics?first=2025-12-01&last=2025-12-31").text
        return page.split("收到", 1)[1].split("受理", 1)[0]

    for _letter in range(6):
        arrives()
    before, own = sheets(), received("xuncha")
    assert before[0] == before[1]
    assert "合计；件数：6" in before[0]

    arrives(must_not_know=("郑巡舟",))

    assert sheets() == before
    assert received("xuncha") == own
    assert received("lingdao") != own
