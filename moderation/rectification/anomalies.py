"""Names what is odd in a plan, beside the item it concerns. Reports only; nothing is put right here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from moderation.rectification.deadlines import find_dates
from moderation.rectification.plan import Anomaly, Header, Plan, PlanItem

_BY_DATE = re.compile(r"(?:\d{4}年)?(?:(?<!\d)\d{1,2}月(?:\d{1,2}日|底)|(?:(?<=年)|年)底)前?")


def find(plan: Plan, noticed: Iterable[tuple[int, str, str, str]]) -> tuple[Anomaly, ...]:
    """Anomalies of the plan and its items, in the order of the items; ``noticed`` are those seen while reading."""
    found = [*_of_the_plan(plan)]
    for item in plan.items:
        found += _of_item(item, plan.header, plan)
    found += [Anomaly(number, code, message, place) for number, code, message, place in noticed]
    return tuple(sorted(found, key=lambda one: (one.item is not None, one.item or 0)))


def _of_the_plan(plan: Plan) -> Iterator[Anomaly]:
    stated = plan.header.stated_count
    if stated is not None and stated != len(plan.items):
        yield Anomaly(None, "count_differs", f"文中写共 {stated} 项，读出 {len(plan.items)} 项")
    for printed, times in Counter(item.printed_number for item in plan.items if item.printed_number).items():
        if times > 1:
            yield Anomaly(None, "number_repeated", f"序号“{printed}”出现 {times} 次，台账按先后次序编号")
    numbers = [item.number for item in plan.items]
    missing = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
    if missing:
        yield Anomaly(None, "numbers_missing", f"缺少序号：{'、'.join(map(str, missing[:20]))}")


def _of_item(item: PlanItem, header: Header, plan: Plan) -> list[Anomaly]:
    def odd(code: str, message: str, name: str = "deadline") -> Anomaly:
        spans = item.fields[name].spans if name in item.fields else ()
        return Anomaly(item.number, code, message, plan.document.lines[spans[0].line - 1].place if spans else "")

    found = [odd(code, message, name) for code, message, name in _missing_parts(item, plan)]
    if passed := _passed(item, header):
        found.append(odd("date_passed_at_issue", f"方案印发时（{header.issued_text}）期限 {passed.isoformat()} 已过"))
    found += [odd("target_and_deadline_disagree", message) for message in _disagreements(item, item.target, "整改目标")]
    found += [
        odd("measure_and_deadline_disagree", message, "measures")
        for measure in item.measures
        for message in _disagreements(item, measure.text, "整改措施", later_only=True)
    ]
    return found


_PARTS = (
    ("lead_units", "no_lead_unit", "没有写牵头单位", "responsible_units"),
    ("responsible_units", "no_responsible_unit", "没有写责任单位", "problem"),
    ("responsible_persons", "no_responsible_persons", "没有写责任人", "responsible_units"),
    ("leaders", "no_leader", "没有写责任领导", "problem"),
    ("target", "no_target", "没有写整改目标", "problem"),
    ("measures", "no_measures", "没有写整改措施", "problem"),
)


def _missing_parts(item: PlanItem, plan: Plan) -> Iterator[tuple[str, str, str]]:
    """A part is missed only where other items of the same plan have it: layouts without the column lack nothing."""
    for name, code, message, beside in _PARTS:
        if not getattr(item, name) and any(getattr(other, name) for other in plan.items):
            yield code, message, beside
    if item.measures and not any(measure.printed for measure in item.measures):
        yield "unnumbered_measures", "整改措施没有分条编号，按一条读入", "measures"
    if item.deadline.kind == "milestone_only":
        yield "part_deadline_only", "只写了其中一步的期限，没有写全部完成的期限", "deadline"
    if item.deadline.kind == "unclear":
        yield "deadline_unclear", "整改时限要请人确定", "deadline"


def _passed(item: PlanItem, header: Header) -> date | None:
    """The last date the deadline names, when it lies before the month or day of issue."""
    dates = [milestone.due for milestone in item.deadline.milestones]
    last = item.deadline.due or max(dates, default=None)
    return last if last and header.issued_from and last < header.issued_from else None


def _disagreements(item: PlanItem, text: str, where: str, *, later_only: bool = False) -> Iterator[str]:
    """Dates by which something must be done, in ``text``, that the deadline does not bear out."""
    due = item.deadline.due
    named = {milestone.due for milestone in item.deadline.milestones} | ({due} if due else set())
    year = max(named).year if named else None
    for match in _BY_DATE.finditer(text):
        if re.search(r"已于?在?$", text[max(0, match.start() - 2) : match.start()]) or not _is_limit(match, text):
            continue
        day = next((one.day for one in find_dates(match[0], year=year or _year_before(text, match.start()))), None)
        if named and day and (day > max(named) if later_only else day not in named):
            yield f"{where}写“{match[0]}”，整改时限写“{item.deadline.text}”"
        elif not named and item.deadline.kind != "unclear":
            yield f"{where}有期限“{match[0]}”，整改时限写“{item.deadline.text}”，没有日期"


def _is_limit(match: re.Match[str], text: str) -> bool:
    return match[0].endswith("前") or (match[0].endswith("底") and text[match.end() : match.end() + 1] not in {"确", "的"})


def _year_before(text: str, position: int) -> int | None:
    years = re.findall(r"(?<!\d)(20\d{2})年", text[:position])
    return int(years[-1]) if years else None
