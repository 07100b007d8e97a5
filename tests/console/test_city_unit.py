"""A letter goes down as far as it must: city to county, county to a unit of its own; the answer goes to review in their sight."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import select

from moderation import staff
from moderation.casework import assignment, barring
from moderation.casework.letters import BarReason, Letter
from moderation.casework.machine import LetterState
from moderation.demo.stage import SYSTEM, Stage
from moderation.keys import symmetric_key
from moderation.staff import SignedIn, Unit
from portal.core import clock
from portal.core.vocabulary import Role
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


@pytest.fixture
def county(stage: Stage) -> Stage:
    """The county's bureau with two of its own below it: a brigade with an officer, and a station that answers on paper."""
    cast = dict(stage.cast)
    with stage.office.office.transaction() as session:
        brigade = Unit(id="brigade", name="县生态环境综合执法大队", region_code="990121", kind="department", parent_id="bureau",
                       has_accounts=True)  # fmt: skip
        station = Unit(id="station", name="青石镇生态环境所", region_code="990121100", kind="township", parent_id="bureau",
                       has_accounts=False)  # fmt: skip
        session.add_all((brigade, station))
        session.flush()
        key = symmetric_key(stage.office.keys, "staff.key")
        found = staff.enrol(session, login="dadui", name="方执行", unit=brigade, roles=frozenset({Role.UNIT_OFFICER}), key=key,
                            by=SYSTEM, at=stage.at, password_hash="x").member  # fmt: skip
        cast["dadui"] = SignedIn(found.id, found.name, found.roles, brigade.id, brigade.name)
    return replace(stage, cast=cast)


def test_a_county_officer_passes_on_what_the_city_gave_to_a_unit_of_the_countys_own(county: Stage) -> None:
    letter_id = made(county, "assigned", "city-bureau")
    number = the(county, letter_id).spoken_number
    assert act(county, "shiju", letter_id, "sub-assign", unit="bureau") == 303
    assert asked(county, "dadui") == []
    assert signed_in_client(county, "dadui").get(f"/letters/{letter_id}").status_code == 404

    assert offered(county, "huanbao", letter_id) == ["brigade", "station"]
    assert act(county, "huanbao", letter_id, "sub-assign", unit="urban") == 409
    assert act(county, "huanbao", letter_id, "sub-assign", unit="brigade") == 303
    assert act(county, "huanbao", letter_id, "sub-assign", unit="brigade") == 409

    assert asked(county, "shiju") == asked(county, "huanbao") == []
    assert asked(county, "dadui") == [("签收，或者退回", number)]
    assert "县生态环境综合执法大队" in signed_in_client(county, "huanbao").get(f"/letters/{letter_id}").text
    assert act(county, "dadui", letter_id, "take-up") == 303
    assert act(county, "dadui", letter_id, "sub-assign", unit="bureau") == 409
    answer = signed_in_client(county, "dadui").post(f"/letters/{letter_id}/findings", data=findings(county, letter_id))
    assert answer.status_code == 303

    assert the(county, letter_id).state is LetterState.UNDER_REVIEW
    for login in ("shiju", "huanbao"):
        assert FINDING in signed_in_client(county, login).get(f"/letters/{letter_id}").text
    assert asked(county, "zuzhang") == [("审核", number)]
    assert act(county, "zuzhang", letter_id, "settle", text="属实，已办到位", reply="您反映的扬尘已查处。") == 303
    assert asked(county, "shiju") == asked(county, "huanbao") == asked(county, "dadui") == []


def test_a_county_officer_passes_on_to_a_station_on_paper_and_the_group_enters_its_answer(county: Stage) -> None:
    letter_id = made(county, "handling", "urban", "bureau")
    number = the(county, letter_id).spoken_number
    assert act(county, "huanbao", letter_id, "sub-assign", unit="station") == 303

    assert asked(county, "huanbao") == []
    assert asked(county, "chengguan") == [("办理，报告核查情况", number)]
    assert asked(county, "zuyuan") == [("催要盖章答复，录入", number)]
    typed = findings(county, letter_id)
    assert signed_in_client(county, "zuyuan").post(f"/letters/{letter_id}/findings", data=typed).status_code == 303
    assert the(county, letter_id).state is LetterState.HANDLING
    assert asked(county, "zuyuan") == []
    typed = findings(county, letter_id)
    assert signed_in_client(county, "chengguan").post(f"/letters/{letter_id}/findings", data=typed).status_code == 303

    assert the(county, letter_id).state is LetterState.UNDER_REVIEW
    assert asked(county, "zuzhang") == [("审核", number)]
    # Who entered the paper does not review it.
    assert act(county, "zuyuan", letter_id, "settle", text="属实，已办到位", reply="您反映的扬尘已查处。") == 409


def test_a_unit_of_the_county_that_must_not_know_is_neither_offered_nor_taken(county: Stage) -> None:
    with county.office.office.transaction() as session:
        work = Work(county, session)
        work.at = clock.now()
        letter = work.assigned("bureau")
        barring.bar(session, letter, reason=BarReason.COMPLAINED_ABOUT, unit_id="brigade")
        letter_id = letter.id

    assert offered(county, "huanbao", letter_id) == ["station"]
    assert act(county, "huanbao", letter_id, "sub-assign", unit="brigade") == 409
    assert signed_in_client(county, "dadui").get(f"/letters/{letter_id}").status_code == 404
