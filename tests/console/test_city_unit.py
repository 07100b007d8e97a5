"""A unit of the city: the group gives it a letter, it passes it to the county's unit, whose answer goes to review in its sight."""

from __future__ import annotations

import re
from html import unescape

from sqlalchemy import select

from moderation.casework import assignment, barring
from moderation.casework.letters import BarReason, Letter
from moderation.casework.machine import LetterState
from moderation.demo.stage import Stage
from portal.core import clock
from tests.console.desk_client import signed_in_client
from tests.console.test_letters_desks import made, the
from tests.moderation.casework.office_work import Work

FINDING = "到场检查，料堆没有覆盖，喷淋没有开。"
STARTS = re.compile(r'<td data-label="要您做的"><a href="[^"]*">([^<]+)</a></td><td class="num" data-label="编号">([^<]+)</td>')


def act(stage: Stage, login: str, letter_id: str, slug: str, **typed: str) -> int:
    """One act over a real request, on the newest version of the letter."""
    path = f"/letters/{letter_id}/acts/{slug}"
    version = str(the(stage, letter_id).version)
    return signed_in_client(stage, login).post(path, data={"version": version, **typed}).status_code


def asked(stage: Stage, login: str) -> list[tuple[str, str]]:
    return STARTS.findall(unescape(signed_in_client(stage, login).get("/").text))


def offered(stage: Stage, login: str, letter_id: str) -> list[str]:
    """The units that the form of the sub-assignment offers."""
    page = signed_in_client(stage, login).get(f"/letters/{letter_id}/acts/sub-assign")
    return re.findall(r'<option value="([^"]+)"', page.text) if page.status_code == 200 else [str(page.status_code)]


def findings(stage: Stage, letter_id: str) -> dict[str, str]:
    with stage.office.office.reading() as session:
        claims = assignment.claims_of(session, session.get_one(Letter, letter_id))
    typed = {f"{part}-{claim.id}": words for claim in claims
             for part, words in (("verdict", "substantiated"), ("finding", FINDING), ("measures", "责令当日覆盖。"))}  # fmt: skip
    return {"version": str(the(stage, letter_id).version), **typed}


def test_the_city_passes_a_letter_to_the_county_whose_answer_goes_to_review_in_its_sight(stage: Stage) -> None:
    letter_id = made(stage, "assigned", "city-bureau")
    number = the(stage, letter_id).spoken_number
    assert asked(stage, "shiju") == [("签收，或者退回", number)]
    assert asked(stage, "huanbao") == []
    assert signed_in_client(stage, "huanbao").get(f"/letters/{letter_id}").status_code == 404

    assert act(stage, "shiju", letter_id, "take-up") == 303
    below = offered(stage, "shiju", letter_id)
    assert {"bureau", "urban", "qingshi", "bailu"} <= set(below)
    assert not {"office", "city-bureau"} & set(below)
    assert act(stage, "shiju", letter_id, "sub-assign", unit="bureau") == 303

    assert asked(stage, "shiju") == []
    assert asked(stage, "huanbao") == [("办理，报告核查情况", number)]
    assert signed_in_client(stage, "chengguan").get(f"/letters/{letter_id}").status_code == 404
    answer = signed_in_client(stage, "huanbao").post(f"/letters/{letter_id}/findings", data=findings(stage, letter_id))
    assert answer.status_code == 303

    assert the(stage, letter_id).state is LetterState.UNDER_REVIEW
    assert FINDING in signed_in_client(stage, "shiju").get(f"/letters/{letter_id}").text
    assert signed_in_client(stage, "chengguan").get(f"/letters/{letter_id}").status_code == 404
    assert asked(stage, "zuzhang") == [("审核", number)]
    assert act(stage, "zuzhang", letter_id, "settle", text="属实，已办到位", reply="您反映的扬尘已查处。") == 303
    assert asked(stage, "shiju") == asked(stage, "huanbao") == []
    assert number in signed_in_client(stage, "shiju").get("/unit/all").text


def test_the_city_sees_no_letter_that_the_group_gave_to_the_county_itself(stage: Stage) -> None:
    letter_id = made(stage, "assigned", "bureau")

    assert signed_in_client(stage, "shiju").get(f"/letters/{letter_id}").status_code == 404
    assert asked(stage, "shiju") == []
    assert act(stage, "shiju", letter_id, "sub-assign", unit="bureau") == 404


def test_a_letter_sent_back_is_asked_of_the_county_again_and_a_letter_it_returns_of_the_group(stage: Stage) -> None:
    letter_id = made(stage, "assigned", "city-bureau")
    number = the(stage, letter_id).spoken_number
    assert act(stage, "shiju", letter_id, "sub-assign", unit="bureau") == 303
    assert asked(stage, "huanbao") == [("签收，或者退回", number)]
    assert act(stage, "huanbao", letter_id, "return", text="料场在邻县境内") == 303
    assert asked(stage, "zuyuan") == [("裁定单位退回", number)]

    second = made(stage, "assigned", "city-bureau")
    assert act(stage, "shiju", second, "sub-assign", unit="bureau") == 303
    assert act(stage, "huanbao", second, "take-up") == 303
    assert signed_in_client(stage, "huanbao").post(f"/letters/{second}/findings", data=findings(stage, second)).status_code == 303
    assert act(stage, "zuzhang", second, "send-back", text="没有写处罚") == 303
    assert asked(stage, "shiju") == []
    assert asked(stage, "huanbao") == [("办理，报告核查情况", the(stage, second).spoken_number)]


def test_the_unit_complained_about_is_not_offered_and_not_taken(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = clock.now()
        letter = work.assigned("city-bureau")
        barring.bar(session, letter, reason=BarReason.COMPLAINED_ABOUT, unit_id="bureau")
        letter_id = session.scalars(select(Letter.id).where(Letter.id == letter.id)).one()

    assert "bureau" not in offered(stage, "shiju", letter_id)
    assert act(stage, "shiju", letter_id, "sub-assign", unit="bureau") == 409
    assert asked(stage, "huanbao") == []


def test_a_unit_with_nobody_below_it_passes_nothing_on(stage: Stage) -> None:
    letter_id = made(stage, "assigned", "bureau")

    assert offered(stage, "huanbao", letter_id) == ["409"]
    assert act(stage, "huanbao", letter_id, "sub-assign", unit="urban") == 409
