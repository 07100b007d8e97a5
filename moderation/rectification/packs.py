"""Papers of the ledger: the monthly dispatch pack (调度), the briefing (简报), and the ledger as the table it came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy.orm import Session

from moderation.papers import Block, Heading, Paper, Sheet, Table, Words, xlsx
from moderation.rectification.overview import Overview, lead_words, overview
from moderation.rectification.progress import pace_of, task_percent
from moderation.rectification.tasks import RectificationTask
from moderation.rectification.words import SEVERITY_WORDS, Pace, UnitRole
from portal.core.clock import spoken_day


def dispatch_pack(session: Session, today: date, *, plan_id: str | None = None, office: str = "") -> Paper:
    """What a monthly dispatch meeting has on the table: counts, units, late and slow tasks by name, who has not filed."""
    seen = overview(session, today, plan_id=plan_id)
    paces = dict(seen.by_pace)
    blocks: list[Block] = [Heading("一、总体情况"), Words(_summary(seen)), _counts(seen)]
    blocks += [Heading("二、各单位情况"), _units(seen)]
    blocks += [Heading("三、逾期任务"), *_tasks(session, seen.late, today, "没有逾期任务。", paces[Pace.OVERDUE])]
    slow = _tasks(session, seen.behind, today, "没有未达序时任务。", paces[Pace.BEHIND])
    blocks += [Heading("四、未达序时任务"), *slow]
    blocks += [Heading("五、挂牌、反弹和未报月报"), Words(_listed(seen)), Words(_relapsed(seen)), Words(_missing(seen))]
    return Paper(
        title=f"{_month(seen.month)}整改任务调度材料", blocks=tuple(blocks), signed=office, signed_on=today
    )  # fmt: skip


def briefing(session: Session, today: date, *, plan_id: str | None = None, office: str = "") -> Paper:
    """One page for leaders: what stands where, and what needs them."""
    seen = overview(session, today, plan_id=plan_id)
    blocks: tuple[Block, ...] = (
        Words(_summary(seen)),
        Heading("需要协调推动的任务"),
        *_tasks(session, (*seen.late, *seen.behind)[:12], today, "目前没有逾期或滞后的任务。"),
        Words(_listed(seen)),
        Words(_missing(seen)),
    )
    return Paper(title=f"整改工作简报（{spoken_day(today)}）", blocks=blocks, signed=office, signed_on=today)


def _month(month: str) -> str:
    return f"{int(month[:4])}年{int(month[5:])}月"


def _summary(seen: Overview) -> str:
    paces = dict(seen.by_pace)
    return (
        f"截至 {spoken_day(seen.today)}，台账共 {seen.total} 项任务，已销号 {seen.closed} 项，平均进度 {seen.mean_percent}%。"
        f"按序时进度：已完成 {paces[Pace.DONE]} 项，达到序时 {paces[Pace.ON_SCHEDULE]} 项，长期推进 {paces[Pace.STANDING]} 项，"
        f"未达序时 {paces[Pace.BEHIND]} 项，逾期 {paces[Pace.OVERDUE]} 项，尚无进度 {paces[Pace.NO_REPORT]} 项。"
    )


def _counts(seen: Overview) -> Table:
    rows = tuple((state.zh, count) for state, count in seen.by_state if count)
    return Table(("状态", "项数"), rows, f"各状态任务数（合计 {seen.total} 项）")


def _units(seen: Overview) -> Table:
    rows = tuple(
        (line.unit, line.tasks, line.done, line.on_schedule, line.behind, line.overdue, line.missing_reports)
        for line in seen.by_unit
    )
    return Table(("单位", "任务", "已完成", "达到序时", "未达序时", "逾期", "未报月报"), rows, "按填报单位")


def _tasks(session: Session, tasks: Sequence[RectificationTask], today: date, none: str, every: int = 0) -> list[Block]:
    """A table of ``tasks``. ``every``: how many there are, where not all are named."""
    if not tasks:
        return [Words(none)]
    rows = tuple(
        (
            task.number, _short(task.task or task.problem), lead_words(task), f"{task_percent(task)}%",
            spoken_day(task.due_on) if task.due_on else task.deadline_text, pace_of(session, task, today).zh, _difficulty(task),
        )
        for task in tasks
    )  # fmt: skip
    table = Table(("项", "问题", "牵头单位", "完成", "期限", "进度", "困难"), rows)
    rest = (Words(f"共 {every} 项，这里列出前 {len(tasks)} 项，其余见台账（XLSX）。"),) if every > len(tasks) else ()
    return [table, *rest]


def _difficulty(task: RectificationTask) -> str:
    return _short(task.reports[-1].difficulties) if task.reports else "未报月报"


def _listed(seen: Overview) -> str:
    rows = [
        f"第 {task.number} 项（{listing.by_body}，限 {spoken_day(listing.until_on)}）"
        for task in seen.listed
        if (listing := task.open_listing()) is not None
    ]
    return f"挂牌督办：{'；'.join(rows)}。" if rows else "没有挂牌督办的任务。"


def _relapsed(seen: Overview) -> str:
    rows = [f"第 {task.number} 项（{task.relapses} 次，{SEVERITY_WORDS[task.severity]}）" for task in seen.relapsed]
    return f"出现反弹：{'；'.join(rows)}。" if rows else "没有反弹的任务。"


def _missing(seen: Overview) -> str:
    return f"未报{_month(seen.month)}月报：{'、'.join(seen.missing)}。" if seen.missing else f"{_month(seen.month)}月报已全部报送。"


def _short(text: str, most: int = 40) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1] + "…"


LEDGER_HEADER = (
    *(
        "方案",
        "序号",
        "问题",
        "整改任务",
        "整改目标",
        "整改措施",
        "责任领导",
        "牵头单位",
        "责任单位",
        "配合单位",
        "督导单位",
        "责任人",
    ),
    *("整改时限", "截止日期", "延期说明", "状态", "序时进度", "完成（%）", "最近月报", "领域", "严重程度", "长效机制"),
)


def ledger_xlsx(session: Session, tasks: Iterable[RectificationTask], today: date) -> bytes:
    """The ledger as a workbook: the columns of the annex it came from, then what became of each task."""
    rows = [_ledger_row(session, task, today) for task in tasks]
    notes = (
        f"整改台账，{spoken_day(today)} 导出，共 {len(rows)} 项",
        "完成（%）：有数量的按数量平均，否则按措施平均，再否则按月报",
    )
    return xlsx([Sheet("整改台账", LEDGER_HEADER, rows, notes)])


def _ledger_row(session: Session, task: RectificationTask, today: date) -> tuple[str | int | date | None, ...]:
    last = task.reports[-1] if task.reports else None
    return (
        task.plan.title, task.number, task.problem, task.task, task.target,
        "\n".join(f"{measure.printed}{measure.text}（{measure.percent}%）" for measure in task.measures),
        "、".join(task.leader_names()), *("、".join(task.printed_units(role)) for role in UnitRole), task.responsible_persons,
        task.deadline_text, task.due_on, task.due_note, task.state.zh, pace_of(session, task, today).zh, task_percent(task),
        f"{last.month}：{last.text}" if last else "", task.main_type.zh, SEVERITY_WORDS[task.severity],
        task.requests[-1].mechanism if task.requests else "",
    )  # fmt: skip
