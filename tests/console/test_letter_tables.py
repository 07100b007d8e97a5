"""The official table at the desk: look first, then enter; every batch in every form; the 案卷."""

from __future__ import annotations

import io
import re

from sqlalchemy import func, select

from moderation.casework.letters import Letter, LetterBatch
from moderation.demo.stage import Stage
from moderation.letter_tables import official
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import STORY, Work

TABLE = (
    "第三轮省级督察第7批,,,,\r\n受理编号,交办问题基本情况,行政区域,污染类型,网格员\r\n"
    "D3HA202611190012*,料场扬尘。,青石镇,大气,张\r\nX3HA202611190013,=HYPERLINK(1),外县,水,\r\n"
).encode()
ASKED = {"origin": "province", "round_name": "第三轮省级督察", "day": "2026-11-20", "due": "2026-11-27"}


def letters(stage: Stage) -> int:
    with stage.office.office.reading() as session:
        return session.scalar(select(func.count()).select_from(Letter)) or 0


def test_a_table_is_looked_through_before_anything_is_entered(stage: Stage) -> None:
    client = signed_in_client(stage, "zuyuan")

    page = client.post("/handed-down/table", data={**ASKED, "file": (io.BytesIO(TABLE), "第7批.csv")}).get_data(as_text=True)

    assert "可登记 1 件" in page
    assert "“外县”认不出来" in page
    assert "网格员" in page
    assert letters(stage) == 0
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    for _again in range(2):
        answer = client.post("/handed-down/table/enter", data={**ASKED, "token": token.group(1)})
        assert answer.status_code == 303
        assert letters(stage) == 1


def test_a_file_that_is_no_table_keeps_what_was_typed_and_says_what_to_do(stage: Stage) -> None:
    client = signed_in_client(stage, "zuyuan")

    answer = client.post("/handed-down/table", data={**ASKED, "file": (io.BytesIO(b"x"), "a.csv")})

    assert answer.status_code == 422
    assert "没有找到表头" in answer.get_data(as_text=True)
    assert "第三轮省级督察" in answer.get_data(as_text=True)


def test_a_token_of_somebody_else_opens_nothing(stage: Stage) -> None:
    page = signed_in_client(stage, "zuyuan").post("/handed-down/table", data={**ASKED, "file": (io.BytesIO(TABLE), "a.csv")})
    token = re.search(r'name="token" value="([^"]+)"', page.get_data(as_text=True))
    assert token is not None

    answer = signed_in_client(stage, "zuzhang").post("/handed-down/table/enter", data={**ASKED, "token": token.group(1)})

    assert answer.status_code == 422


def test_a_batch_comes_in_every_form_and_the_case_file_without_the_original(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        letter = Work(stage, session).settled()
        batch = session.get_one(LetterBatch, letter.batch_id)
        letter_id, batch_id = letter.id, batch.id
    client = signed_in_client(stage, "zuyuan")

    assert "XLSX" in client.get("/tables").get_data(as_text=True)
    for kind in ("xlsx", "csv"):
        rows = official.read(client.get(f"/batches/{batch_id}/table.{kind}").data).rows
        assert [row.get("status") for row in rows] == ["已办结"]
    for kind in ("docx", "html", "txt"):
        assert client.get(f"/batches/{batch_id}/table.{kind}").status_code == 200
    assert client.get(f"/batches/{batch_id}/table.exe").status_code == 404
    filed = client.post(f"/letters/{letter_id}/case-file.docx")
    assert filed.status_code == 200
    assert STORY.encode()[:36] not in filed.data
