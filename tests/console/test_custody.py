"""The custodian's desk with real requests: a question, two yeses, one look, and the books of what is kept."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from moderation.casework.letters import Letter
from moderation.custody.tables import IdentityRequest
from moderation.demo.stage import Stage
from moderation.office import open_office
from portal.core.report_content import Identity
from tests.console.desk_client import signed_in_client
from tests.moderation.custody.test_custody import WHO, sent


def asked(stage: Stage, letter_id: str) -> str:
    form = {"purpose": "verify", "reason": "须当面核对取证地点"}
    assert signed_in_client(stage, "zuyuan").post(f"/letters/{letter_id}/identity-request", data=form).status_code == 303
    with stage.office.office.reading() as session:
        query = select(IdentityRequest.id).where(IdentityRequest.letter_id == letter_id)
        return session.scalars(query).one()


def granted(stage: Stage, letter_id: str) -> str:
    request_id = asked(stage, letter_id)
    assert signed_in_client(stage, "baoguan").post(f"/identity-requests/{request_id}/agree").status_code == 303
    assert signed_in_client(stage, "lingdao").post(f"/identity-requests/{request_id}/consent").status_code == 303
    return request_id


def test_a_question_two_yeses_and_one_look(stage: Stage) -> None:
    request_id = granted(stage, sent(stage))
    client = signed_in_client(stage, "zuyuan")

    shown = client.post(f"/identity-requests/{request_id}/open")

    assert "田大山" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    again = client.post(f"/identity-requests/{request_id}/open")
    assert again.status_code == 409
    assert "田大山" not in again.text


def _whole_way(stage: Stage, identity: Identity) -> list[tuple[int, dict[str, str], str]]:
    """Every answer on the way of a question: status, headers and body, without what is drawn by lot (ids, numbers, tokens)."""
    letter_id = sent(stage, identity)
    asker, custodian, leader, auditor = (signed_in_client(stage, login) for login in ("zuyuan", "baoguan", "lingdao", "shenji"))
    form = {"purpose": "verify", "reason": "核实地点，电话里问过两次没有问清。"}
    answers = [asker.get(f"/letters/{letter_id}"), asker.get(f"/letters/{letter_id}/identity-request")]
    answers += [asker.post(f"/letters/{letter_id}/identity-request", data=form), custodian.get("/identity-requests")]
    with stage.office.office.reading() as session:
        request_id = session.scalars(select(IdentityRequest.id)).one()
        number = session.get_one(Letter, letter_id).spoken_number
    steps = ((custodian, "agree"), (leader, "consent"))
    for client, step in steps:
        answers += [client.post(f"/identity-requests/{request_id}/{step}"), asker.get("/identity-requests")]
    answers += [auditor.get("/identity-requests"), asker.get("/notices"), leader.get("/")]

    def same(text: str) -> str:
        return re.sub(r'value="[^"]{40,}"', "", re.sub(r"\b[0-9a-z]{16}\b", "id", text.replace(number, "N")))

    left_out = {"Set-Cookie", "Date", "Content-Length"}
    return [
        (each.status_code, {name: same(value) for name, value in each.headers.items() if name not in left_out}, same(each.text))
        for each in answers
    ]


def test_every_answer_about_an_anonymous_letter_is_byte_for_byte_that_about_a_named_one(
    stage: Stage, staged_data: Path, tmp_path: Path
) -> None:
    shutil.copytree(staged_data, tmp_path / "twin")
    twin = Stage(open_office(tmp_path / "twin", {}), stage.at, stage.cast)

    named, nameless = _whole_way(stage, WHO), _whole_way(twin, Identity())
    twin.office.close()

    assert [answer[0] for answer in named] == [200, 200, 303, 200, 303, 200, 303, 200, 200, 200, 200]
    for of_named, of_nameless in zip(named, nameless, strict=True):
        assert of_named == of_nameless


def test_a_refusal_needs_a_reason(stage: Stage) -> None:
    request_id = asked(stage, sent(stage))
    client = signed_in_client(stage, "baoguan")

    assert client.post(f"/identity-requests/{request_id}/refuse").status_code == 409
    assert client.post(f"/identity-requests/{request_id}/refuse", data={"reason": "可以通过回执问"}).status_code == 303
    assert "可以通过回执问" in signed_in_client(stage, "zuyuan").get("/identity-requests").text


def test_years_are_confirmed_a_list_is_proposed_and_another_decides(stage: Stage) -> None:
    letter_id = sent(stage)
    with stage.office.office.transaction() as session:
        letter = session.get_one(Letter, letter_id)
        letter.closed_on, letter.number = stage.at.date() - timedelta(days=4000), "W2020-0101-0001"
    custodian, leader = signed_in_client(stage, "baoguan"), signed_in_client(stage, "lingdao")

    refused = custodian.post("/retention/lists", data={"retention_class": "identity"})
    assert refused.status_code == 409
    assert "未核定" in refused.text
    years = {"years": "5", "clause": "保管期限表第 3 项", "source": "本单位文"}
    assert custodian.post("/retention/classes/identity", data=years).status_code == 303
    assert custodian.post("/retention/lists", data={"retention_class": "identity"}).status_code == 303
    page = leader.get("/retention").text
    found = re.search(r"/retention/lists/(\w+)", page)
    assert found is not None
    assert leader.post(f"/retention/lists/{found.group(1)}", data={"decision": "approve"}).status_code == 303

    assert custodian.post("/retention/holds", data={"number": "X", "reason": "诉讼"}).status_code == 422
    assert custodian.post("/retention/holds", data={"number": "W2020-0101-0001", "reason": "诉讼"}).status_code == 303
    assert "诉讼" in leader.get("/retention").text
