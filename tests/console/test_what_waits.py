"""“待我处理”: for every member of the cast one list by due day, whose tiles add up to it; what it costs does not grow."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from moderation.console import needs, what_waits
from moderation.console.navigation import desk_counts
from moderation.demo import crowd
from moderation.demo.stage import FIXTURES, Stage
from moderation.rectification.tasks import LookBack
from moderation.staff import NEVER_TOGETHER, SignedIn
from portal.core import clock
from portal.core.clock import day_of
from portal.core.db import OfficeBase
from portal.core.vocabulary import Role
from tests.console.desk_client import console_app, signed_in_client
from tests.console.test_access_table import two_tasks
from tests.console.test_letters_desks import made, report
from tests.moderation.casework.office_work import Work

LAST = date.max


@pytest.fixture
def looking(stage: Stage) -> Iterator[Session]:
    with console_app(stage).test_request_context(), stage.office.office.reading() as session:
        yield session


def whole(session: Session, person: SignedIn) -> tuple[needs.NeedsPage, list[needs.NeedLine]]:
    """The first page of a person's list, and the lines of all its pages."""
    look, counted = needs.Look(session, person, day_of(clock.now())), desk_counts(session, person)
    pages = [needs.page_of(look, what_waits.SOURCES, counted)]
    pages += [needs.page_of(look, what_waits.SOURCES, counted, number=each) for each in range(2, pages[0].pages + 1)]
    return pages[0], [line for page in pages for line in page.lines]


def standing(line: needs.NeedLine) -> date:
    """The day a line stands under: its own, today where somebody waits and none is set, the last where nothing presses."""
    if line.due.text.endswith("起等"):
        return day_of(clock.now())
    return date.fromisoformat(line.due.iso) if line.due.iso else LAST


def require_whole(session: Session, person: SignedIn) -> int:
    """Tiles and list agree, and the list is in order. Returns how many wait."""
    page, lines = whole(session, person)
    assert sum(tile.waiting or 0 for tile in page.tiles) == page.total == len(lines), person
    # What waits without a day has no date in its words: it stands at today, or last where no deadline runs at all.
    days = [standing(line) for line in lines]
    firm = [day for day in days if day != LAST]
    assert firm == sorted(firm), person
    assert all(line.url and line.why for line in lines)
    return len(lines)


def test_everybody_opens_on_one_list_by_day_whose_tiles_add_up_to_it(stage: Stage) -> None:
    report(stage)
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = clock.now()
        for how in ("screened", "refusal_proposed", "accepted", "assigned", "handling", "reported", "settled"):
            for _each in range(2):
                getattr(work, how)()
        work.at -= timedelta(days=40)
        for how in ("accepted", "handling", "reported"):
            getattr(work, how)()
    found = {}
    with console_app(stage).test_request_context(), stage.office.office.reading() as session:
        for login, person in stage.cast.items():
            found[login] = require_whole(session, person)

    assert found["shenhe"] == 3
    assert found["zuyuan"] == 6
    assert found["chengguan"] == 5
    assert found["xuncha"] == 0


def test_somebody_with_many_hats_counts_each_act_once(stage: Stage) -> None:
    """The three people of a small office hold all that may be held together."""
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = clock.now()
        for how in ("screened", "refusal_proposed", "accepted", "handling", "reported"):
            getattr(work, how)()
    barred = {role for pair in NEVER_TOGETHER for role in pair[1:]}
    person = replace(stage.cast["lingdao"], roles=frozenset(set(Role) - barred))
    with console_app(stage).test_request_context(), stage.office.office.reading() as session:
        # The letter in hand is another unit's: an officer of several hats is asked for the parts of their own.
        assert require_whole(session, person) == 4


def test_the_start_page_prints_what_and_why_and_leads_there(stage: Stage) -> None:
    letter_id = report(stage)
    page = unescape(signed_in_client(stage, "shenhe").get("/").text)

    assert f'href="/screening/{letter_id}"' in page
    assert "打开，初审" in page
    assert f"未编号·{letter_id[-4:].upper()}" in page
    assert re.search(r"\d+月\d+日收到，还没有摘要", page)
    assert "每件要您做的事只算一次" in page


def test_a_line_before_opening_says_day_type_and_town_and_nothing_of_the_reporter(stage: Stage) -> None:
    report(stage, story="我叫王小明，电话13812345678，就在东大路北段。")
    client = signed_in_client(stage, "shenhe")

    for path in ("/", "/screening"):
        page = client.get(path).text
        assert "大气" in page
        assert "青石镇" in page
        for hidden in ("王小明", "13812345678", "东大路", "宏达", "网上举报", "匿名", "实名"):
            assert hidden not in page, (path, hidden)


def test_two_unnumbered_letters_of_one_day_are_told_apart(stage: Stage) -> None:
    report(stage)
    report(stage)

    found = re.findall(r"未编号·([0-9A-Z]{4})", signed_in_client(stage, "shenhe").get("/screening").text)

    assert len(set(found)) == 2


def test_the_list_is_paged_and_goes_on_where_it_ended(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = clock.now()
        for _each in range(needs.PAGE + 3):
            work.accepted()
    client = signed_in_client(stage, "zuyuan")
    first, second = client.get("/").text, client.get("/?page=2").text
    rows = re.compile(r'<a href="/letters/([0-9a-z]{16})">分办')

    assert len(rows.findall(first)) == needs.PAGE
    assert len(rows.findall(second)) == 3
    assert not set(rows.findall(first)) & set(rows.findall(second))
    assert client.get("/?page=99").text.count("分办</a>") == 3


def test_a_reviewer_of_a_barred_reward_counts_nothing(stage: Stage) -> None:
    """A count gives nothing away: who must not know of a letter does not count its reward either."""
    made(stage, "settled", must_not_know=("何知秋",))
    with console_app(stage).test_request_context(), stage.office.office.reading() as session:
        assert require_whole(session, stage.cast["jiangli"]) == 0


# Registers and counters that stay short; the rows of any other table are never walked.
SHORT = ("unit", "staff_member", "reward_schedule", "setting", "holiday", "retention_due")
# Indexes that hold only what waits, and the few letters that are kept from nearly everybody.
OF_WHAT_WAITS = ("ix_supervision_sample_item_open", "ix_figure_check_open", "ix_letter_recheck_open", "ix_letter_recheck_left",
                 "ix_rectification_look_back_open", "ix_rectification_objection_open", "ix_public_listing_running",
                 "ix_reward_payment_unsampled", "ix_investigation_unpublished", "ix_exposed_case_take_down",
                 "uq_reward_second_hand_open", "ix_reward_tray_waiting", "ix_letter_discipline")  # fmt: skip


def a_million(session: Session) -> None:
    """Tells SQLite of a million letters, and nothing of tables without rows: as it knows a large office that just began a desk."""
    connection = session.connection()
    connection.exec_driver_sql("ANALYZE")
    for index in connection.exec_driver_sql("SELECT idx FROM sqlite_stat1 WHERE tbl = 'letter'").scalars().all():
        connection.exec_driver_sql(
            "UPDATE sqlite_stat1 SET stat = '1000000' || substr(stat, instr(stat, ' ')) WHERE tbl = 'letter' AND idx = ?", (index,)
        )
    connection.exec_driver_sql("ANALYZE sqlite_schema")


def test_a_desk_without_anything_walks_no_letters_of_others(stage: Stage) -> None:
    """An empty table has no statistics: joined to letters, SQLite would rather walk them all."""
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = clock.now()
        for how in ("settled", "handling", "accepted", "accepted"):
            getattr(work, how)()
    with stage.office.office.transaction() as session:
        a_million(session)
    walked = set()
    with console_app(stage).test_request_context(), stage.office.office.reading() as session:
        for person in stage.cast.values():
            look = needs.Look(session, person, day_of(clock.now()))
            for source in needs.sources_of(person, what_waits.SOURCES):
                asked = source.waits(person, look.today)
                words = asked.query.with_only_columns(asked.id).compile(
                    session.get_bind(), compile_kwargs={"render_postcompile": True}
                )
                values = tuple(words.params[name] for name in words.positiontup or ())
                plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)
                if source.count is None:
                    steps = (row[3] for row in plan)
                    walked |= {
                        (source.endpoint, step)
                        for step in steps
                        if re.match(r"SCAN letter\b(?!.*ix_letter_discipline)|SEARCH letter .*\(state=", step)
                    }

    # These two start from the letters that wait, state by state.
    assert {endpoint for endpoint, _step in walked} == {"waiting.unanswered", "screening.refusals"}, walked


def test_no_source_reads_a_growing_table_from_end_to_end(looking: Session, stage: Stage) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(_connection: object, _cursor: object, words: str, values: tuple[object, ...], _context: object, _many: bool) -> None:
        if words.startswith("SELECT"):
            asked.append((words, values))

    engine = looking.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    for person in stage.cast.values():
        whole(looking, person)
    event.remove(engine, "before_cursor_execute", note)
    plans = {
        (words, row[3])
        for words, values in asked
        for row in looking.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)
    }
    tables = set(OfficeBase.metadata.tables) - set(SHORT)
    walked = {(step, words) for words, step in plans if (found := re.match(r"SCAN (\w+)", step)) and found[1] in tables}
    mail = {step for _words, step in plans if "ix_letter_message_unread" in step}

    assert len(asked) > 100
    assert {(step, words) for step, words in walked if not step.endswith(OF_WHAT_WAITS) and "WHERE 0 = 1" not in words} == set()
    # What nobody reads, as every score, is never walked past.
    assert mail
    assert all("(kind=?" in step for step in mail)


@pytest.mark.long
def test_a_crowded_county_adds_up_for_everybody(stage: Stage) -> None:
    for name in FIXTURES:
        importlib.import_module(name).load(stage)
    crowd.crowd(stage, 2)
    with console_app(stage).test_request_context(), stage.office.office.reading() as session:
        found = {login: require_whole(session, person) for login, person in stage.cast.items()}

    quiet = {login for login, waiting in found.items() if not waiting}
    # Other units are quiet: all that waits at units waits at one.
    assert quiet <= {"chengguan", "zhujian", "nongye", "shuili", "ziran", "qingshi", "shiju"}


def test_planned_visits_are_listed_where_their_count_leads(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        task, _other = two_tasks(Work(stage, session))
        visit = LookBack(id="visit", task_id=task, planned_on=day_of(clock.now()), reason="销号后抽查", planned_by="x")
        session.add(visit)
    client = signed_in_client(stage, "xuncha")

    assert "销号后抽查" in client.get("/rectification-tasks/look-back").text
    assert re.search(r'class="num">1</b><span>回头看抽查', client.get("/").text)
