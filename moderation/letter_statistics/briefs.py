"""The 简报: figures of a batch, a week or any period as an official paper, and the public counts with small ones hidden."""

from __future__ import annotations

from moderation import papers
from moderation.letter_statistics.figures import Figures
from moderation.letter_statistics.public_counts import LEAST, hidden, spoken
from portal.core.clock import spoken_day
from portal.core.regions import RegionTree


def _share(part: int, of: int) -> str:
    return f"{100 * part / of:.1f}%" if of else "—"


def type_rows(found: Figures) -> tuple[tuple[str, int, str], ...]:
    """Type, letters, share of letters received; shares may add up to more than 100 %."""
    return tuple((kind.zh, count, _share(count, found.received)) for kind, count in found.types.items())


def region_rows(found: Figures, regions: RegionTree) -> tuple[tuple[str, int, str], ...]:
    """Region, letters, share; a letter of several regions counts in each."""
    return tuple((regions.name(code), count, _share(count, found.received)) for code, count in found.regions.items())


def head_rows(found: Figures) -> tuple[tuple[str, int], ...]:
    """What came in and where it stands."""
    return (
        ("收到", found.received), ("受理", found.accepted), ("不予受理", found.declined), ("转送", found.transferred),
        ("并入重复件", found.merged), ("举报人撤回", found.withdrawn), ("还在初审", found.waiting), ("办结", found.settled),
        ("阶段性办结", found.settled_for_now), ("逾期未办结", found.overdue), ("单位退回过", found.returned),
        ("审核退回重办过", found.redone),
    )  # fmt: skip


def rate_rows(found: Figures) -> tuple[tuple[str, str, str], ...]:
    """Every rate with its formula."""
    return tuple((rate.label, rate.spoken, rate.formula) for rate in found.rates)


def brief(title: str, found: Figures, regions: RegionTree, *, signed: str = "") -> papers.Paper:
    """The paper. Every table says how it counts."""
    period = f"{spoken_day(found.scope.first_on)}至{spoken_day(found.scope.last_on)}收到的信访件"
    first = f"{spoken_day(found.scope.first_on)}交办的一批" if found.scope.batch_id else period
    median = f"办结的一半在 {found.median_days} 天以内。" if found.median_days is not None else ""
    blocks: tuple[papers.Block, ...] = (
        papers.Words(f"{first}共 {found.received} 件，受理 {found.accepted} 件，办结 {found.settled} 件，阶段性办结 "
                     f"{found.settled_for_now} 件。{median}"),
        papers.Heading("一、总体情况"), papers.Table(("项目", "件数"), head_rows(found)),
        papers.Heading("二、比率和算法"), papers.Table(("指标", "数值", "算法"), rate_rows(found)),
        papers.Heading("三、污染类型"), papers.Table(("类型", "件数", "占收到"), type_rows(found)),
        papers.Heading("四、行政区域"), papers.Table(("区域", "件数", "占收到"), region_rows(found, regions)),
        papers.Heading("五、承办单位"),
        papers.Table(("单位", "件数", "办结", "按期", "超期办结", "逾期未结", "退回重办"),
                     tuple((u.unit, u.letters, u.closed, u.on_time, u.late, u.overdue, u.redone) for u in found.units)),
        papers.Heading("六、核查结论与处理"),
        papers.Table(("结论", "件数"), tuple((verdict.zh, count) for verdict, count in found.verdicts.items())),
        papers.Table(("处理措施", "数量"), tuple((kind.zh, count) for kind, count in found.measures.items())),
        papers.Table(("不受理的原因", "件数"), tuple(found.refusal_reasons.items())),
        papers.Heading("七、说明"), *(papers.Words(note) for note in found.notes),
    )  # fmt: skip
    return papers.Paper(title, blocks, signed=signed, signed_on=found.scope.last_on)


def public_sheets(found: Figures, regions: RegionTree) -> tuple[papers.Table, ...]:
    """The tables fit for the public: each hides its small counts against subtraction. Only whole, past months are offered."""
    handling = {"办结": found.settled, "阶段性办结": found.settled_for_now, "正在办理": found.accepted - found.closed,
                "不予受理或转送": found.declined + found.transferred}  # fmt: skip
    tables = (
        ("办理情况", handling),
        ("审核", {"一次办到位": found.accepted - found.redone, "审核退回重办过": found.redone}),
        ("污染类型", {kind.zh: count for kind, count in found.types.items()}),
        ("行政区域", {regions.name(code): count for code, count in found.regions.items()}),
        ("核查结论", {verdict.zh: count for verdict, count in found.verdicts.items()}),
    )
    return tuple(_public_table(caption, counts) for caption, counts in tables)


def _public_table(caption: str, counts: dict[str, int]) -> papers.Table:
    shown = hidden(counts)
    rows = [(name, spoken(count)) for name, count in shown.cells.items()]
    # One table's total must not give away what another hides: only the sum of its own shown and hidden cells is printed.
    rows.append(("合计", spoken(shown.total)))
    return papers.Table((caption, "件数"), tuple(rows), caption)


def public_paper(title: str, found: Figures, regions: RegionTree) -> papers.Paper:
    """The public counts as a paper."""
    note = f"不足 {LEAST} 件的，以及能用减法推出它的，不单列。一件可以有几个污染类型、涉及几个区域，各计一次。"
    apart = "依规定须回避、另行办理的信访件不计入。"
    return papers.Paper(title, (*public_sheets(found, regions), papers.Words(note), papers.Words(apart)))
