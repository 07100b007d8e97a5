"""What an office does of a morning beside the main job, by the forms of its pages alone, each act found from a start page.

Told over plain HTTP and in Chromium without scripts; three of the acts in every check. Screening to closing is `test_main_job`.
"""

from __future__ import annotations

import http.cookiejar
import re
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select
from werkzeug.serving import make_server

from moderation import staff
from moderation.app import create_app
from moderation.casework.guards import assignments
from moderation.casework.handling import evidence_of
from moderation.casework.letters import EvidenceRole, Letter, LetterOnSiteCheck
from moderation.casework.machine import LetterState
from moderation.console.access import COOKIE
from moderation.custody.tables import AskState, IdentityRequest
from moderation.demo.stage import Stage
from moderation.supervision.machine import Rung
from moderation.supervision.recheck_tables import RecheckEnd
from moderation.supervision.tables import SampleItem, Supervision
from moderation.unsealing import make_keys
from portal.core import clock
from portal.core.clock import day_of
from tests.console.test_letters_desks import report
from tests.moderation.casework.office_work import QINGSHI, Work
from tests.walks.hands import BrowserHand, Hand, HttpHand

S = LetterState
FINDING = "到场检查，料堆没有覆盖，喷淋没有开。"


@dataclass
class Morning:
    """The office, its console, a photo, and whoever sits down: each in a browser of their own."""

    stage: Stage
    address: str
    photo: Path
    sit_down: Callable[[str, str], Hand]
    desks: dict[str, Hand] = field(default_factory=dict)

    def at(self, login: str, path: str = "/") -> Hand:
        """Who ``login`` is, with their start page before them, or ``path``."""
        if login not in self.desks:
            with self.stage.office.office.transaction() as session:
                token = staff.open_session(session, self.stage.cast[login].id, at=clock.now())
            self.desks[login] = self.sit_down(token, self.address)
        self.desks[login].open(f"{self.address}{path}")
        return self.desks[login]

    def made(self, how: str, *units: str, days_ago: int = 0) -> str:
        with self.stage.office.office.transaction() as session:
            work = Work(self.stage, session)
            work.at = clock.now() - timedelta(days=days_ago)
            return str(getattr(work, how)(*units).id)

    def letter(self, letter_id: str) -> Letter:
        with self.stage.office.office.reading() as session:
            return session.get_one(Letter, letter_id)

    def act(self, hand: Hand, letter_id: str, words: str, pressed: str = "", **typed: str) -> None:
        """One act of a letter: its button on the letter's page, the form, and the button of the form."""
        hand.open(f"{self.address}/letters/{letter_id}")
        hand.choose(words)
        hand.fill(**typed)
        hand.press(pressed or words)


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    make_keys(stage.office)
    server = make_server("127.0.0.1", 0, create_app(stage.office), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "现场.jpg"
    Image.new("RGB", (64, 48), (90, 120, 60)).save(path, "JPEG")
    return path


def plain(token: str, address: str) -> Hand:
    hand, host = HttpHand(), urllib.parse.urlsplit(address).hostname or ""
    hand.jar.set_cookie(http.cookiejar.Cookie(0, COOKIE, token, None, False, host, True, False, "/", True, False, None, True, None,
                                              None, {}))  # fmt: skip
    return hand


def in_chromium(browser: Any) -> Callable[[str, str], Hand]:
    def sit_down(token: str, address: str) -> Hand:
        hand = BrowserHand(browser)
        hand.context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        return hand

    return sit_down


# ---- the acts ----


def returned_with_grounds_and_given_to_another(m: Morning) -> None:
    letter_id = m.made("assigned", "urban")
    hand = m.at("chengguan")
    hand.choose("签收，或者退回")
    hand.choose("退回")
    hand.fill(text="明沟由住建部门管养，不归我们。")
    hand.press("退回")
    assert m.letter(letter_id).state is S.RETURN_DISPUTED

    hand = m.at("zuyuan")
    hand.choose("裁定单位退回")
    assert "明沟由住建部门管养" in hand.text()
    hand.choose("分办")
    hand.fill(unit="housing", joint="urban", why="明沟归住建，路面归城管")
    hand.press("分办")
    with m.stage.office.office.reading() as session:
        parts = assignments(session, session.get_one(Letter, letter_id))
    assert [part.unit_id for part in parts] == ["housing", "urban"]
    extended(m, letter_id)
    reported_by_both(m, letter_id)
    checked_on_the_spot_and_closed(m, letter_id)


def extended(m: Morning, letter_id: str) -> None:
    hand = m.at("zhujian")
    hand.choose("签收，或者退回")
    hand.choose("签收")
    hand.press("签收")
    m.act(hand, letter_id, "申请延期", text="监测要排期，两周出报告。")
    hand = m.at("zuzhang")
    hand.choose("批延期")
    hand.choose("同意延期")
    hand.fill(text="同意")
    hand.press("同意延期")
    assert m.letter(letter_id).extended


def findings(m: Morning, hand: Hand, letter_id: str, *, photos: dict[str, Path]) -> None:
    hand.open(f"{m.address}/letters/{letter_id}")
    hand.choose("报告核查情况")
    names = re.findall(r'name="((?:verdict|finding|measures)-[^"]+)"', hand.html())
    words = {"verdict": "substantiated", "finding": FINDING, "measures": "责令当日覆盖，加装喷淋。"}
    hand.fill(**{name: words[name.split("-", maxsplit=1)[0]] for name in dict.fromkeys(names)})
    for name, file in photos.items():
        hand.attach(name, file)
    hand.press("报告")


def reported_by_both(m: Morning, letter_id: str) -> None:
    findings(m, m.at("chengguan"), letter_id, photos={"before": m.photo, "after": m.photo})
    assert m.letter(letter_id).state is S.HANDLING
    findings(m, m.at("zhujian"), letter_id, photos={})
    assert m.letter(letter_id).state is S.UNDER_REVIEW
    with m.stage.office.office.reading() as session:
        kept = {row.role for row in evidence_of(session, session.get_one(Letter, letter_id))}
    assert {EvidenceRole.BEFORE, EvidenceRole.AFTER} <= kept


def checked_on_the_spot_and_closed(m: Morning, letter_id: str) -> None:
    hand = m.at("zuyuan")
    hand.choose("审核")
    hand.choose("现场核查")
    hand.fill(**{"item-seen": "yes", "item-stopped": "yes", "passed": "yes", "text": "料堆已盖好，喷淋在用。"})
    hand.attach("file", m.photo)
    hand.press("记下现场核查")
    with m.stage.office.office.reading() as session:
        check = session.scalars(select(LetterOnSiteCheck).where(LetterOnSiteCheck.letter_id == letter_id)).one()
        photos = [row for row in evidence_of(session, session.get_one(Letter, letter_id)) if row.role is EvidenceRole.ON_SITE]
    assert check.passed
    assert len(photos) == 1

    m.act(hand, letter_id, "办结", text="属实，已办到位", reply="您反映的扬尘已查处。")
    assert m.letter(letter_id).state is S.SETTLED


def answered_on_paper(m: Morning) -> None:
    letter_id = m.made("assigned", "bailu")
    hand = m.at("zuyuan")
    hand.choose("打印交办单，送到单位")
    assert "白鹭乡人民政府" in hand.text()
    m.act(hand, letter_id, "签收")
    hand.open(f"{m.address}/")
    hand.choose("催要盖章答复，录入")
    findings(m, hand, letter_id, photos={"file": m.photo})
    assert m.letter(letter_id).state is S.UNDER_REVIEW


def passed_to_a_unit_below(m: Morning) -> None:
    letter_id = m.made("assigned", "city-bureau")
    hand = m.at("shiju")
    hand.choose("签收，或者退回")
    hand.choose("再分办")
    hand.fill(unit="bureau")
    hand.press("再分办")
    assert "签收，或者退回" not in m.at("shiju").text()
    assert "签收，或者退回" in m.at("huanbao").text()
    findings(m, _taken_up(m, letter_id, "huanbao"), letter_id, photos={})
    assert m.letter(letter_id).state is S.UNDER_REVIEW


def _taken_up(m: Morning, letter_id: str, login: str) -> Hand:
    hand = m.at(login)
    m.act(hand, letter_id, "签收")
    return hand


def handed_down_and_reported_up(m: Morning) -> None:
    today = day_of(clock.now())
    hand = m.at("zuyuan", "/handed-down/new")
    hand.fill(
        upstream_number="D3HA202611240001*", origin="province", round_name="第三轮", batch="3", day=today.isoformat(),
        due=(today + timedelta(days=7)).isoformat(), region_code=QINGSHI, act="uncovered_dust", types="air",
        summary="反映一料场夜间作业扬尘。", claims="夜间扬尘", place="东大路", target="某料场",
    )  # fmt: skip
    hand.press("登记")
    with m.stage.office.office.reading() as session:
        letter_id = session.scalars(select(Letter.id).where(Letter.upstream_number == "D3HA202611240001*")).one()
    m.act(hand, letter_id, "分办", unit="farming", why="由组里决定")
    findings(m, _taken_up(m, letter_id, "nongye"), letter_id, photos={})
    hand = m.at("zuyuan", f"/letters/{letter_id}")
    if m.letter(letter_id).key_letter:
        hand.choose("现场核查")
        hand.fill(passed="yes", text="到现场看过，与报告一致。")
        hand.press("记下现场核查")
    hand = m.at("zuzhang", "/letters/to-review")
    hand.fill(letter=letter_id)
    hand.press("上报")
    assert m.letter(letter_id).state is S.REPORTED_UP
    m.act(hand, letter_id, "上级认可", text="省里已认可")
    assert m.letter(letter_id).state is S.SETTLED


def merged_as_a_duplicate(m: Morning) -> None:
    first, second = m.made("screened"), m.made("screened")
    m.act(m.at("shenhe"), second, "并案", into=first)
    assert m.letter(second).duplicate_of == first


def asked_for_an_identity(m: Morning) -> None:
    letter_id = report(m.stage)
    hand = m.at("shenhe", f"/letters/{letter_id}/identity-request")
    hand.fill(purpose="verify", reason="须当面核对取证地点")
    hand.press("提交申请")
    for login in ("baoguan", "lingdao"):
        hand = m.at(login)
        hand.choose("决定能不能看身份")
        hand.press("同意")
    hand = m.at("shenhe")
    hand.choose("决定能不能看身份")
    hand.press("打开（只有一次）")
    assert "只显示这一次" in hand.text()
    with m.stage.office.office.reading() as session:
        assert session.scalars(select(IdentityRequest)).one().state is AskState.OPENED


def raised_on_the_ladder_and_inspected(m: Morning) -> None:
    letter_id = m.made("handling")
    number = m.letter(letter_id).spoken_number
    hand = m.at("zuyuan", "/supervision")
    hand.fill(number=number)
    hand.press("打开")
    hand.fill(text="三日内反馈")
    hand.press("催办")
    assert _rung(m, letter_id) is Rung.URGED
    hand = m.at("duban", "/supervision")
    hand.choose(number)
    hand.fill(ground="late", text="催办后仍未反馈")
    hand.press("立项核查（督办监察）")
    assert _rung(m, letter_id) is Rung.INSPECTED
    assert "答复申请，或者书面结论" in m.at("duban").text()


def _rung(m: Morning, letter_id: str) -> Rung:
    with m.stage.office.office.reading() as session:
        return session.scalars(select(Supervision.state).where(Supervision.subject_id == letter_id)).one()


def sampled_and_looked_at(m: Morning, letter_id: str) -> None:
    day = m.letter(letter_id).closed_on
    assert day is not None
    hand = m.at("duban", "/supervision/samples")
    hand.fill(first_on=day.isoformat(), last_on=day.isoformat(), size="1")
    hand.press("抽样")
    hand = m.at("duban")
    hand.choose("看抽到的这一件")
    hand.fill(text="料堆仍盖着")
    hand.press("通过")
    with m.stage.office.office.reading() as session:
        assert session.scalars(select(SampleItem.passed)).one()


def rechecked_item_by_item(m: Morning, letter_id: str) -> None:
    day = m.letter(letter_id).accepted_on
    assert day is not None
    hand = m.at("zuzhang", "/rechecks")
    hand.fill(round="own|", first_on=day.isoformat(), last_on=day.isoformat())
    hand.press("列出这一轮的信访件")
    hand = m.at("duban")
    hand.choose("逐项复核这一件")
    hand.fill(**dict.fromkeys(dict.fromkeys(re.findall(r'name="(outcome-[^"]+)"', hand.html())), "right"))
    hand.press("记下")
    hand = m.at("zuzhang")
    hand.choose("写这一轮的复核结论")
    hand.fill(text="这一轮都办到位了。")
    hand.press("写下结论，结束复核")
    with m.stage.office.office.reading() as session:
        assert session.scalars(select(RecheckEnd.text)).one() == "这一轮都办到位了。"


def walk(m: Morning) -> None:
    closed = m.made("settled", days_ago=9)
    sampled_and_looked_at(m, closed)
    rechecked_item_by_item(m, closed)
    returned_with_grounds_and_given_to_another(m)
    answered_on_paper(m)
    passed_to_a_unit_below(m)
    handed_down_and_reported_up(m)
    merged_as_a_duplicate(m)
    asked_for_an_identity(m)
    raised_on_the_ladder_and_inspected(m)
    for hand in m.desks.values():
        hand.close()


def test_paper_identity_and_the_ladder_need_nothing_but_forms(stage: Stage, address: str, photo: Path) -> None:
    """The short version: what has no test of its own over real forms."""
    morning = Morning(stage, address, photo, plain)
    answered_on_paper(morning)
    asked_for_an_identity(morning)
    raised_on_the_ladder_and_inspected(morning)


@pytest.mark.long
def test_a_morning_over_plain_http(stage: Stage, address: str, photo: Path) -> None:
    walk(Morning(stage, address, photo, plain))


@pytest.mark.long
@pytest.mark.browser
def test_a_morning_in_a_browser_without_scripts(stage: Stage, address: str, photo: Path, browser: Any) -> None:
    walk(Morning(stage, address, photo, in_chromium(browser)))
