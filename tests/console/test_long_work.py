"""Long work at the desk: how far it is, told truly; it survives reload, a killed worker and the end of the session."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from moderation import long_work, staff
from moderation.casework import assignment, handling
from moderation.casework.letters import BatchOrigin, Letter, LetterDeadline
from moderation.casework.machine import LetterState
from moderation.console import long_work as door
from moderation.demo.stage import Stage
from moderation.long_work import LongWork
from moderation.staff import StaffMember
from portal.core.clock import now
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import WORKING, Work

SHOWN = re.compile(r'<progress max="(\d+)" value="(\d+)"')


def accepted(stage: Stage, count: int) -> list[str]:
    with stage.office.office.transaction() as session:
        return [Work(stage, session).accepted().id for _ in range(count)]


def states(stage: Stage) -> dict[LetterState, int]:
    with stage.office.office.reading() as session:
        found = list(session.scalars(select(Letter.state)))
    return {state: found.count(state) for state in set(found)}


@pytest.fixture(autouse=True)
def patient_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is short is done at once on the slowest machine too; where a test wants it long, it takes the time away."""
    monkeypatch.setattr(door, "AT_ONCE_S", 60.0)
    monkeypatch.setattr(door, "CARRIED_ON_S", 60.0)


@pytest.fixture
def lead(stage: Stage) -> FlaskClient:
    return signed_in_client(stage, "zuzhang")


def begun(stage: Stage, client: FlaskClient, letters: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Begins it with no time at all for the request itself; returns the address of its page."""
    monkeypatch.setattr(door, "AT_ONCE_S", 0.0)
    answer = client.post("/letters/assign", data={"letter": letters})
    assert answer.status_code == 303
    assert answer.location.startswith("/long-work/")
    return str(answer.location)


def shown(client: FlaskClient, page: str) -> tuple[int, int] | None:
    found = SHOWN.search(client.get(page).text)
    return (int(found.group(2)), int(found.group(1))) if found else None


def test_what_is_short_is_done_at_once_and_says_so(stage: Stage, lead: FlaskClient) -> None:
    answer = lead.post("/letters/assign", data={"letter": accepted(stage, 2)}, follow_redirects=True)

    assert answer.request.path == "/letters/to-assign"
    assert "分办：已办 2 件" in answer.text
    assert 'data-key="u"' in answer.text
    assert states(stage) == {LetterState.ASSIGNED: 2}


def test_a_page_says_how_far_it_is_and_the_worker_carries_it_to_its_end(
    stage: Stage, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = begun(stage, lead, accepted(stage, 4), monkeypatch)
    assert shown(lead, page) == (1, 4)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in lead.get(page).text
    assert f'href="{page}"' in lead.get("/recent-acts").text

    monkeypatch.setattr(long_work, "SLICE_S", 0.0)
    long_work.go_on(stage.office, page.rsplit("/", 1)[1], at=now(), seconds=0.0)
    assert shown(lead, page) == (2, 4)
    long_work.go_on(stage.office, page.rsplit("/", 1)[1], at=now(), seconds=60.0)

    ended = lead.get(page).text
    assert "<progress" not in ended
    assert 'http-equiv="refresh"' not in ended
    assert "办完了：4" in ended
    assert states(stage) == {LetterState.ASSIGNED: 4}


def test_a_refused_one_is_named_with_its_reason_and_the_others_are_done(stage: Stage, lead: FlaskClient) -> None:
    letters = accepted(stage, 3)
    lead.post("/letters/assign", data={"letter": letters[:1]})

    said = lead.post("/letters/assign", data={"letter": letters}, follow_redirects=True).text

    assert "分办：已办 2 件" in said
    assert "状态下不能进行此操作" in said


def test_it_goes_on_where_it_was_killed_and_does_nothing_twice(
    stage: Stage, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = begun(stage, lead, accepted(stage, 3), monkeypatch)
    kind = long_work.KINDS["letters.assign"]
    real = kind.load()

    def dies(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(long_work.Kind, "load", lambda _self: dies)
    with pytest.raises(KeyboardInterrupt):
        long_work.run(stage.office, now())
    assert shown(lead, page) == (1, 3)

    monkeypatch.setattr(long_work.Kind, "load", lambda _self: real)
    for _ in range(3):
        long_work.run(stage.office, now())
    assert "办完了：3" in lead.get(page).text
    assert states(stage) == {LetterState.ASSIGNED: 3}


@pytest.mark.parametrize("refused_by_the_database", [False, True])
def test_one_thing_that_nobody_foresaw_is_named_and_the_others_are_done(
    stage: Stage, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch, refused_by_the_database: bool
) -> None:
    letters = accepted(stage, 3)
    real = long_work.KINDS["letters.assign"].load()

    def breaks(session: Session, item: str, *rest: object, **named: object) -> object:
        if item == letters[1]:
            if refused_by_the_database:
                session.execute(text("INSERT INTO letter_link (letter_id) VALUES (NULL)"))
            raise ZeroDivisionError
        return real(session, item, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(long_work.Kind, "load", lambda _self: breaks)

    said = lead.post("/letters/assign", data={"letter": letters}, follow_redirects=True).text

    assert "分办：已办 2 件" in said
    assert long_work.BROKEN in said
    assert states(stage) == {LetterState.ASSIGNED: 2, LetterState.ACCEPTED: 1}


def test_two_workers_do_not_work_on_it_at_once(stage: Stage, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    page = begun(stage, lead, accepted(stage, 3), monkeypatch)
    work_id = page.rsplit("/", 1)[1]

    assert long_work._hold(stage.office, work_id, now())
    assert long_work.go_on(stage.office, work_id, at=now(), seconds=60.0) is False
    assert shown(lead, page) == (1, 3)
    assert long_work.go_on(stage.office, work_id, at=now() + long_work.LEASE * 2, seconds=60.0) is True


def test_it_is_its_beginners_alone(stage: Stage, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    page = begun(stage, lead, accepted(stage, 3), monkeypatch)
    other = signed_in_client(stage, "zuyuan")

    assert other.get(page).status_code == 404
    assert other.post(f"{page}/go-on").status_code == 404
    assert page not in other.get("/recent-acts").text


def test_the_end_of_the_session_ends_nothing_but_a_closed_account_does(
    stage: Stage, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = begun(stage, lead, accepted(stage, 3), monkeypatch)
    with stage.office.office.transaction() as session:
        staff.end_sessions(session, stage.cast["zuzhang"].id, at=now())
    long_work.go_on(stage.office, page.rsplit("/", 1)[1], at=now(), seconds=0.0)
    with stage.office.office.transaction() as session:
        staff.disable(session, session.get_one(StaffMember, stage.cast["zuzhang"].id), by=stage.cast["guanli"], at=now())
    long_work.run(stage.office, now())

    with stage.office.office.reading() as session:
        work = session.scalars(select(LongWork)).one()
    assert (work.tried, work.done, work.ended_at is not None) == (3, 2, True)
    assert work.left_lines() == ["经办人的账号已停用，没有办"]


def test_where_no_worker_runs_the_page_says_so_and_goes_on_by_hand(
    stage: Stage, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = begun(stage, lead, accepted(stage, 3), monkeypatch)
    assert "后台程序可能没有在运行" not in lead.get(page).text
    monkeypatch.setattr(door, "now", lambda: now() + door.STANDS_STILL * 2)
    assert "后台程序可能没有在运行" in lead.get(page).text

    answer = lead.post(f"{page}/go-on", follow_redirects=True)

    assert "办完了：3" in answer.text


def test_many_assignments_are_taken_back_together_but_for_the_one_a_unit_has_read(stage: Stage, lead: FlaskClient) -> None:
    letters = accepted(stage, 3)
    lead.post("/letters/assign", data={"letter": letters})
    with stage.office.office.reading() as session:
        unit = session.get_one(Letter, letters[0]).unit_id
    reader = next(login for login, person in stage.cast.items() if person.unit_id == unit)
    assert signed_in_client(stage, reader).get(f"/letters/{letters[0]}").status_code == 200
    lead.get("/recent-acts")
    address = re.search(r'action="(/recent-acts/\w+/undo)"', lead.get("/recent-acts").text)
    assert address

    said = lead.post(address.group(1), follow_redirects=True).text

    assert "已撤销：分办 3 件" in said
    assert states(stage) == {LetterState.ACCEPTED: 2, LetterState.ASSIGNED: 1}


def _from_above(work: Work, number: str) -> str:
    """A letter handed down, with findings under review."""
    row = assignment.HandedDown(number, WORKING, BatchOrigin.CENTRE, "", 1, date(2026, 11, 20))
    letter = assignment.enter_handed_down(work.session, row, by=work.who("zuyuan"), at=work.at)
    assignment.assign(work.session, letter, unit_ids=("urban",), why="", by=work.who("zuyuan"), at=work.at)
    handling.take_up(work.session, letter, by=work.who("chengguan"), at=work.at)
    work.report(letter, "chengguan")
    return letter.id


def test_many_reported_upward_have_their_progress_and_what_may_not_go_is_named(
    stage: Stage, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage.office.office.transaction() as session:
        letters = [_from_above(Work(stage, session), number) for number in ("D1", "D2", "D3")]
    letters += accepted(stage, 1)
    monkeypatch.setattr(door, "AT_ONCE_S", 0.0)

    page = lead.post("/letters/report-up", data={"letter": letters}).location
    assert shown(lead, page) == (1, 4)
    long_work.go_on(stage.office, page.rsplit("/", 1)[1], at=now(), seconds=60.0)

    ended = lead.get(page).text
    assert re.search(r"4 件里办了 <b[^>]*>3</b> 件", ended)
    assert "状态下不能进行此操作" in ended
    assert states(stage) == {LetterState.REPORTED_UP: 3, LetterState.ACCEPTED: 1}


def test_a_calendar_that_is_announced_counts_waiting_deadlines_again_one_by_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage.office.office.transaction() as session:
        letters = [Work(stage, session).assigned("urban") for _ in range(3)]
        rows = session.scalars(select(LetterDeadline).where(LetterDeadline.workdays, LetterDeadline.ended_at.is_(None)))
        open_rows = {row.letter_id: row for row in rows}
        assert set(open_rows) == {letter.id for letter in letters}
        for row in open_rows.values():
            row.provisional = True
    admin = signed_in_client(stage, "guanli")
    monkeypatch.setattr(door, "AT_ONCE_S", 0.0)
    announced = {"deed": "publish", "year": "2027", "document_number": "国办发明电〔2026〕9号"}

    page = admin.post("/administration/calendar", data=announced).location
    assert shown(admin, page) == (1, 3)
    assert "重算 2027 年的暂定期限" in admin.get(page).text
    for _ in range(3):
        long_work.run(stage.office, now())

    assert "办完了：3" in admin.get(page).text
    with stage.office.office.reading() as session:
        waiting = select(LetterDeadline.id).where(LetterDeadline.provisional, LetterDeadline.ended_at.is_(None))
        assert list(session.scalars(waiting)) == []


# ---- other long things: they have their own way of going on, and the same way of saying how far they are ----


def test_a_long_table_is_entered_row_by_row_and_each_row_left_out_is_named(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from moderation.console import letter_tables

    monkeypatch.setattr(letter_tables, "AT_ONCE", 2)
    rows = ["序号,受理编号,交办问题基本情况,行政区域,污染类型", "1,D1,某砖厂夜间冒黑烟,青石镇,大气", "2,D2,,青石镇,大气",
            "3,D1,同一个编号又来一次,青石镇,大气", "4,D4,某河道有污水直排,青石镇,水"]  # fmt: skip
    client = signed_in_client(stage, "zuzhang")
    said = {"origin": "province", "round_name": "第三轮", "batch": "1", "day": "2026-11-20", "region_code": "990121"}
    shown = client.post("/handed-down/table", data={**said, "file": (io.BytesIO("\n".join(rows).encode()), "t.csv")})
    token = re.search(r'name="token" value="([^"]+)"', shown.text)
    assert token, shown.text

    answer = client.post("/handed-down/table/enter", data={**said, "token": token.group(1)}, follow_redirects=True)

    assert "登记交办表：已办 2 件" in answer.text
    assert "（D2）：没有交办问题基本情况" in answer.text
    assert "（D1）：已经登记过，没有重复登记" in answer.text
    with stage.office.office.reading() as session:
        assert sorted(session.scalars(select(Letter.upstream_number))) == ["D1", "D4"]  # type: ignore[type-var]


def test_the_public_texts_of_a_long_plan_are_drafted_one_by_one(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from moderation.console import ledger_import
    from moderation.publication.disclosures import Disclosure
    from tests.console.test_ledger import begin

    monkeypatch.setattr(ledger_import, "AT_ONCE", 1)
    keeper = signed_in_client(stage, "zhenggai")

    answer = keeper.post(f"{begin(keeper)}/apply", follow_redirects=True)

    assert "公开稿逐项起草" in answer.text
    assert "起草整改任务的公开稿：已办 2 件" in answer.text
    with stage.office.office.reading() as session:
        assert len(session.scalars(select(Disclosure.id)).all()) == 2


def test_the_desk_sees_what_is_on_its_way_to_the_site_and_how_far_a_whole_build_is(stage: Stage) -> None:
    from moderation.press import progress
    from moderation.press.paths import PressPaths
    from moderation.publication import pressing
    from tests.console.test_publication_desk import _signed, _step

    _signed(stage)
    _step(stage, "fabu", "publish")
    publisher, paths = signed_in_client(stage, "fabu"), PressPaths(stage.office.data)
    assert re.search(r'id="progress" data-again="1">.*<b class="num">1</b> 份已发布，正在上线', publisher.get("/publication/").text)

    paths.make()
    progress.tell(paths, 50, 120)
    assert '<progress max="120" value="50"' in publisher.get("/publication/").text
    pressing.build_whole_site(stage.office, lambda _what, _done, _total: None)
    pressing.press_queue(stage.office, now())

    assert progress.under_way(paths) is None
    page = publisher.get("/publication/").text
    assert '<div id="progress"></div>' in page


def test_a_build_tells_its_progress_while_it_runs(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from moderation.press import progress
    from moderation.publication import pressing
    from tests.console.test_publication_desk import _signed, _step

    _signed(stage)
    _step(stage, "fabu", "publish")
    pressing.build_whole_site(stage.office, lambda _what, _done, _total: None)
    pressing.press_queue(stage.office, now())
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(progress, "tell", lambda _paths, done, total: told.append((done, total)))

    pressing.build_whole_site(stage.office, lambda _what, _done, _total: None)

    assert told == [(0, 0), (1, 1)]
