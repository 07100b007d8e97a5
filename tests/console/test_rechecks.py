"""The desk of the re-check: a round is opened, its letters are looked at one after the other, the conclusion is written last."""

from __future__ import annotations

import re
from datetime import timedelta

from moderation.casework import handling, review
from moderation.casework.letters import Letter
from moderation.casework.machine import LetterState
from moderation.demo.stage import Stage
from portal.core.clock import day_of, now
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import Work


def _two_settled(stage: Stage) -> list[str]:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = now() - timedelta(days=20)
        return [work.settled().id, work.settled().id]


def _begun(stage: Stage, login: str = "zuzhang") -> str:
    first = day_of(now()) - timedelta(days=20)
    form = {"round": "own|", "first_on": first.isoformat(), "last_on": (first + timedelta(days=1)).isoformat()}
    answer = signed_in_client(stage, login).post("/rechecks", data=form)
    assert answer.status_code == 303, answer.text
    return answer.location


def _answers(page: str, outcome: str = "right") -> dict[str, str]:
    names = dict.fromkeys(re.findall(r'name="(outcome-[^"]+)"', page))
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    return {"version": version[1], **dict.fromkeys(names, outcome)}


def test_a_round_is_worked_through_letter_by_letter_and_ended(stage: Stage) -> None:
    _two_settled(stage)
    client = signed_in_client(stage, "zuzhang")
    round_page = _begun(stage)
    page = client.get(round_page).text
    assert "写下结论" not in page
    first = re.search(r'href="(/rechecks/[^"]+/letters/[^"]+)"', page)
    assert first

    at = first[1]
    for _ in range(2):
        answer = client.post(at, data=_answers(client.get(at).text))
        assert answer.status_code == 303, answer.text
        at = answer.location

    assert at == round_page
    assert "这一轮的信访件都复核完了" in client.get(round_page).text
    client.post(f"{round_page}/end", data={"text": "两件都到位，没有反弹。"})
    done = client.get(round_page).text
    assert "两件都到位，没有反弹。" in done
    assert "已结束" in client.get("/rechecks").text


def test_part_of_a_letter_is_kept_with_name_and_day_and_the_rest_is_still_asked(stage: Stage) -> None:
    _two_settled(stage)
    client = signed_in_client(stage, "duban")
    at = re.findall(r'href="(/rechecks/[^"]+/letters/[^"]+)"', client.get(_begun(stage)).text)[0]
    answers = _answers(client.get(at).text)
    one = next(name for name in answers if name.startswith("outcome-claim"))

    answer = client.post(at, data={"version": answers["version"], one: "wrong", one.replace("outcome", "text"): "日期写错"})

    assert answer.location == at
    page = client.get(at).text
    assert "记录有误" in page
    assert "日期写错" in page
    assert "严正清" in page


def test_what_was_typed_comes_back_when_a_word_is_missing(stage: Stage) -> None:
    _two_settled(stage)
    client = signed_in_client(stage, "duban")
    at = re.findall(r'href="(/rechecks/[^"]+/letters/[^"]+)"', client.get(_begun(stage)).text)[0]
    answers = _answers(client.get(at).text)
    first, second, *_ = (name for name in answers if name.startswith("outcome-"))
    form = {"version": answers["version"], first: "undone", second: "wrong", second.replace("outcome", "text"): "少写一处"}

    answer = client.post(at, data=form)

    assert answer.status_code == 422
    assert "请写明看到了什么" in answer.text
    assert 'value="少写一处"' in answer.text


def test_a_letter_not_done_leaves_the_desk_reopened(stage: Stage) -> None:
    letter_id, _other = _two_settled(stage)
    with stage.office.office.transaction() as session:
        review.ask_satisfaction(session, session.get_one(Letter, letter_id), by=handling.TIMER, at=now())
    client = signed_in_client(stage, "duban")
    at = f"{_begun(stage)}/letters/{letter_id}"
    answers = _answers(client.get(at).text)
    first = next(name for name in answers if name.startswith("outcome-claim"))

    client.post(at, data={"version": answers["version"], first: "undone", first.replace("outcome", "text"): "又堆起来了"})

    with stage.office.office.reading() as session:
        assert session.get_one(Letter, letter_id).state is LetterState.REOPENED
    assert "没有办到位" in client.get(at.partition("/letters")[0]).text


def test_a_leader_reads_and_cannot_note_and_a_unit_does_not_come_in(stage: Stage) -> None:
    letter_id, _other = _two_settled(stage)
    at = f"{_begun(stage)}/letters/{letter_id}"

    read = signed_in_client(stage, "lingdao").get(at)

    assert read.status_code == 200
    assert '<button class="button" data-key="y"' not in read.text
    assert signed_in_client(stage, "lingdao").post(at, data={}).status_code == 403
    assert signed_in_client(stage, "chengguan").get(at).status_code == 403
