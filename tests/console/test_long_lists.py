"""Lists of very many are paged: each line stands on one page, the pages hold them all, and what presses stands first."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import event, select
from werkzeug.datastructures import MultiDict

from moderation import outbox
from moderation.casework import messages
from moderation.casework.handling import Measure
from moderation.casework.letters import MeasureKind
from moderation.console import ledger, ledger_overview, ledger_reports, notices, paging, reporter_messages, supervision
from moderation.demo.stage import Stage
from moderation.outbox import Channel, Notice, To
from moderation.rectification import overview
from moderation.rectification.progress import month_before, pace_of
from moderation.rectification.tasks import LookBack, MonthlyReport, RectificationTask
from moderation.rectification.words import Pace, TaskState
from moderation.supervision import ladder, subjects
from moderation.supervision.machine import Ground, SubjectKind
from portal.core import clock
from portal.core.clock import day_of
from portal.core.report_content import MessageKind, ReporterMessage
from portal.core.vocabulary import Role
from tests.console.desk_client import signed_in_client
from tests.console.test_access_table import two_tasks
from tests.moderation.casework.office_work import Work

SIZE = 2


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (paging, ledger, ledger_overview, ledger_reports, notices, reporter_messages, supervision):
        monkeypatch.setattr(module, "PAGE", SIZE)


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """Five of each: letters late and asked about, their mail, notices of a desk, and tasks of a unit."""
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = clock.now()
        today = day_of(work.at)
        for number in range(5):
            letter = work.handling()
            sent = ReporterMessage("", MessageKind.MESSAGE, "")
            messages.take_message(session, letter, f"mail-{number}", today, sent, at=work.at)
            subject = subjects.find(session, SubjectKind.LETTER, letter.id)
            assert subject is not None
            row = ladder.row_of(session, subject, at=work.at)
            if number < 4:
                ladder.step(session, row, "urge", by=work.who("zuyuan"), at=work.at)
            else:
                ladder.request(session, row, Ground.LATE, "多次催办", by=work.who("zuyuan"), at=work.at)
            session.add(Notice(id=f"n{number}", key=f"k{number}", channel=Channel.CONSOLE, address=To.role(Role.AUDITOR).address,
                               sentence="letter_overtaken", number=str(number), created_at=work.at, not_before=work.at,
                               sent_at=work.at, attempts=0, failure=""))  # fmt: skip
        _tasks(work)
    return stage


def _tasks(work: Work) -> None:
    """Three tasks more like the first; the report of the first is there."""
    first, _other = two_tasks(work)
    task = work.session.get_one(RectificationTask, first)
    columns = {each.key: getattr(task, each.key) for each in RectificationTask.__table__.columns}
    today = day_of(work.at)
    for number in range(3, 7):
        work.session.add(RectificationTask(**{**columns, "id": f"two-{number:03d}", "number": number}))
    work.session.flush()
    for each in work.session.query(RectificationTask):
        each.reporting_unit_id, each.starts_on, each.due_on = (
            "urban",
            today - timedelta(days=90),
            today + timedelta(days=each.number),
        )
    filed = MonthlyReport(month=month_before(today), version=1, text="清了", percent=10, pace=Pace.ON_SCHEDULE, unit_id="urban",
                          by="x", at=work.at)  # fmt: skip
    task.reports.append(filed)


def pages(stage: Stage, login: str, path: str, line: str) -> list[list[str]]:
    """What ``line`` finds on each page, followed by its links."""
    client = signed_in_client(stage, login)
    texts = [client.get(path).text]
    while f'href="{path}?page={len(texts) + 1}"' in texts[-1]:
        texts.append(client.get(f"{path}?page={len(texts) + 1}").text)
    return [re.findall(line, text) for text in texts]


@pytest.mark.parametrize(
    ("login", "path", "line", "every"),
    [
        ("zuyuan", "/mail", r'<li id="(mail-\d)"', 5),
        ("shenji", "/notices", r'name="notice" value="(n\d)"', 5),
        ("zuyuan", "/supervision", r'href="/supervision/([0-9a-z]{10,})"', 5),
        ("chengguan", "/unit/papers", r'href="/supervision/[0-9a-z]+/papers/([0-9a-z]+).docx"', 4),
        ("chengguan", "/monthly-reports", r'href="/rectification-tasks/(two-\d+)/report"', 6),
        ("duban", "/monthly-reports/missing", r'href="/rectification-tasks/(two-\d+)"', 5),
        ("duban", "/rectification-tasks", r'href="/rectification-tasks/(two-\d+)"', 6),
        ("chengguan", "/rectification-tasks", r'href="/rectification-tasks/(two-\d+)"', 6),
        ("chengguan", "/rectification-tasks/own-due", r'href="/rectification-tasks/(two-\d+)"', 6),
    ],
)
def test_a_list_of_many_has_pages_that_hold_each_line_once(busy: Stage, login: str, path: str, line: str, every: int) -> None:
    found = pages(busy, login, path, line)

    assert [len(page) for page in found] == [SIZE] * (every // SIZE) + ([every % SIZE] if every % SIZE else [])
    assert len({each for page in found for each in page}) == every


def test_what_presses_stands_on_the_first_page(busy: Stage) -> None:
    reports = [each for page in pages(busy, "chengguan", "/monthly-reports", r"two-\d+(?=/report)") for each in page]
    assert reports[-1] == "two-001", "the one that is filed comes last"
    assert "有监察申请" in signed_in_client(busy, "duban").get("/supervision").text


def test_a_page_of_notices_marked_as_read_lets_the_next_come_up(busy: Stage) -> None:
    client = signed_in_client(busy, "shenji")
    first = re.findall(r'name="notice" value="(n\d)"', client.get("/notices").text)
    client.post("/notices", data={"notice": first})

    assert [len(page) for page in pages(busy, "shenji", "/notices", r'name="notice" value="(n\d)"')] == [2, 1]
    with busy.office.office.reading() as session:
        assert outbox.count_unread(session, busy.cast["shenji"]) == 3


def asked(stage: Stage, login: str, path: str) -> int:
    """How many statements a page sends to the office store once its templates are known; each is a round trip."""
    client, heard = signed_in_client(stage, login), list[str]()

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        heard.append(statement)

    assert client.get(path).status_code == 200
    engines = {stage.office.office.engine, stage.office.office._reading_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    try:
        client.get(path)
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", hear)
    return len(heard)


def grows_by(stage: Stage, login: str, path: str, more: Callable[[], None]) -> int:
    """How many statements more a page asks after ``more`` was added to its list."""
    before = asked(stage, login, path)
    more()
    return asked(stage, login, path) - before


def test_figures_of_people_held_accountable_are_paged_and_cost_the_same_however_many(stage: Stage) -> None:
    def report(*people: int) -> list[str]:
        with stage.office.office.transaction() as session:
            work, made = Work(stage, session), []
            for number in people:
                made.append(work.handling())
                work.report(made[-1], "chengguan", (Measure(MeasureKind.TALK, number), Measure(MeasureKind.FINE, 5000)))
            return [letter.id for letter in made]

    first, *rest = report(1, 2, 3)
    assert grows_by(stage, "duban", "/supervision/figures", lambda: rest.extend(report(4, 5))) == 0
    client = signed_in_client(stage, "duban")
    client.post(f"/supervision/figures/{first}", data={"found": "1"})

    found = pages(stage, "duban", "/supervision/figures", r'<tr id="([0-9a-z]+)"')
    assert [len(page) for page in found] == [2, 2, 1]
    assert {each for page in found for each in page} == {first, *rest}
    assert found[-1] == [first], "what is checked comes last"
    assert client.post(f"/supervision/figures/{rest[0]}", data={"found": "9"}).status_code == 422


def more_tasks(stage: Stage) -> None:
    """Five tasks more, of a unit nobody set."""
    with stage.office.office.transaction() as session:
        task = session.get_one(RectificationTask, "two-002")
        columns = {each.key: getattr(task, each.key) for each in RectificationTask.__table__.columns}
        for number in range(11, 16):
            changed = {"id": f"two-{number:03d}", "number": number, "reporting_unit_id": ""}
            session.add(RectificationTask(**{**columns, **changed}))


def test_who_has_not_filed_costs_the_same_however_many_and_counts_all_of_them(busy: Stage) -> None:
    assert "1 个单位，5 项任务没有报" in signed_in_client(busy, "duban").get("/monthly-reports/missing").text
    assert grows_by(busy, "duban", "/monthly-reports/missing", lambda: more_tasks(busy)) == 0

    assert "2 个单位，10 项任务没有报" in signed_in_client(busy, "duban").get("/monthly-reports/missing").text


@pytest.mark.parametrize("path", ["/rectification-tasks", "/rectification-tasks?state=not_started&q=1&type=other"])
def test_the_list_of_tasks_costs_the_same_however_many(busy: Stage, path: str) -> None:
    assert grows_by(busy, "duban", path, lambda: more_tasks(busy)) == 0


@pytest.mark.parametrize(
    "path",
    ["/", "/rectification-tasks/overview", "/rectification-tasks/late", "/rectification-tasks?pace=no_report", "/consultations",
     "/rectification-tasks/papers/dispatch.docx", "/rectification-tasks/papers/briefing.docx", "/rectification-tasks/own-due"],
)  # fmt: skip
def test_no_page_reads_more_tasks_than_it_names(busy: Stage, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Half of the tasks are late: the page tells their number, and reads a few."""
    monkeypatch.setattr(overview, "NAMED", SIZE)
    monkeypatch.setattr(ledger_overview, "OFFERED", SIZE)
    more_tasks(busy)
    with busy.office.office.transaction() as session:
        for task in session.scalars(select(RectificationTask).where(RectificationTask.number > 10)):
            task.due_on = day_of(clock.now()) - timedelta(days=task.number)
    read: list[object] = []
    client = signed_in_client(busy, "chengguan" if path.endswith("own-due") else "duban")
    client.get(path)

    def heard(task: object, _context: object) -> None:
        read.append(task)

    event.listen(RectificationTask, "load", heard)
    try:
        page = client.get(path)
    finally:
        event.remove(RectificationTask, "load", heard)

    assert page.status_code == 200
    assert len(read) <= 2 * SIZE
    if path.endswith("/late"):
        assert "共 5 项" in page.text


def test_visits_ahead_are_paged_and_the_lot_reads_the_tasks_it_draws(busy: Stage) -> None:
    with busy.office.office.transaction() as session:
        for task in session.scalars(select(RectificationTask)):
            task.state, task.closed_on = TaskState.CLOSED_OUT, day_of(clock.now())
            if task.number <= 3:
                ahead = day_of(clock.now()) + timedelta(days=task.number)
                session.add(LookBack(id=f"v{task.number}", task_id=task.id, planned_on=ahead, reason="抽查", planned_by="x"))
    path = "/rectification-tasks/look-back"
    first, second = (signed_in_client(busy, "duban").get(f"{path}?count=1&page={number}").text for number in (1, 2))

    assert "可抽查 3 项" in first
    planned = [re.findall(r'<td class="t"><a href="/rectification-tasks/(two-\d+)"', text) for text in (first, second)]
    assert planned == [["two-001", "two-002"], ["two-003"]]
    assert len(re.findall(r'name="task" value="two-\d+"', first)) == 1


def test_the_list_of_tasks_holds_those_a_person_may_read_and_asked_for(busy: Stage) -> None:
    more_tasks(busy)
    day = day_of(clock.now())
    with busy.office.office.transaction() as session:
        every = list(session.scalars(select(RectificationTask)))
        every[-1].state, every[0].problem, every[1].target = TaskState.CHECK_REQUESTED, "河道100%_清淤", "清淤到底"
        session.flush()
        asked_for: dict[str, Callable[[RectificationTask], bool]] = {
            "": lambda task: True,
            "q=清淤": lambda task: "清淤" in task.problem + task.target,
            "q=0%_": lambda task: "0%_" in task.problem,
            "q=3": lambda task: task.number == 3 or "3" in task.problem + task.target,
            "unit=urban": lambda task: "urban" in task.unit_ids(),
            "unit=housing&state=not_started": lambda task: "housing" in task.unit_ids() and task.state is TaskState.NOT_STARTED,
            "state=check_requested": lambda task: task.state is TaskState.CHECK_REQUESTED,
            "state=nonsense": lambda task: True,
            "pace=no_report": lambda task: pace_of(session, task, day) is Pace.NO_REPORT,
            "pace=overdue": lambda task: pace_of(session, task, day) is Pace.OVERDUE,
        }
        for login in ("duban", "chengguan", "zhujian", "jiangli"):
            person = busy.cast[login]
            for words, holds in asked_for.items():
                found = ledger.tasks_wanted(session, person, MultiDict(parse_qsl(words)), day)
                recount = {task.id for task in every if ledger.may_read(task, person) and holds(task)}
                assert sorted(task.id for task in found) == sorted(recount), (login, words)
