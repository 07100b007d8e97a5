"""Reads a reward schedule from TOML and explains every fault by line and field. Knows the file's form, not what is fair."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from portal.core import reward_schedule as rs
from portal.core.vocabulary import PollutionType, Term

RULES_DIRECTORY = Path(__file__).parent / "rules" / "reward_schedules"
MOST_BYTES = 1_000_000
# A county pays by hand. Above this an amount is far more likely a slip of zeros than a reward.
MOST_YUAN = 10_000_000
MOST_DAYS = 3_650
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing wrong. ``line`` counts from 1; 0: the file as a whole."""

    line: int
    field: str
    zh: str
    en: str

    def __str__(self) -> str:
        where_zh = f"第 {self.line} 行 " if self.line else ""
        where_en = f"line {self.line}: " if self.line else ""
        what = f"{self.field}：" if self.field else ""
        return f"{where_zh}{what}{self.zh}\n    {where_en}{self.field + ': ' if self.field else ''}{self.en}"


class FaultySchedule(Exception):
    """The file cannot be used; ``faults`` lists everything found, in the order of the file."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True)
class Field:
    """One field of a table: what may stand there, and the name the code gives it."""

    name: str
    kind: str
    choices: type[Term] | None = None
    least: int = 0
    optional: bool = False
    attribute: str = ""
    default: Any = None

    @property
    def target(self) -> str:
        return self.attribute or self.name


BASIS_FIELDS = (
    Field("clause", "text"),
    Field("source", "text"),
    Field("confirmed", "yes_no"),
    Field("note", "text", optional=True, default=""),
)
SCHEDULE_FIELDS = (
    Field("id", "identifier"),
    Field("name", "text"),
    Field("version", "text"),
    Field("place", "text"),
    Field("invented", "yes_no", optional=True, default=False),
    Field("valid_from", "day"),
    Field("valid_until", "day", optional=True),
)
TIER_FIELDS = (
    Field("id", "identifier"),
    Field("amount_yuan", "yuan", least=1, attribute="amount_fen"),
    Field("trigger", "choice", rs.Trigger),
    Field("forms", "choices", rs.RewardForm),
)
ACT_FIELDS = (
    Field("id", "identifier"),
    Field("term", "text"),
    Field("everyday", "text"),
    Field("everyday_en", "text"),
    Field("types", "choices", PollutionType),
)
RULES: dict[str, tuple[type[Any], tuple[Field, ...]]] = {
    "identity": (rs.IdentityRule, (Field("level", "choice", rs.IdentityNeeded),)),
    "evidence": (rs.EvidenceRule, (Field("minimum", "choices_or_none", rs.Evidence),)),
    "first_reporter": (rs.FirstReporterRule, (Field("clock", "choice", rs.FirstClock),)),
    "ties": (rs.TiesRule, (Field("tie", "choice", rs.TieRule),)),
    "succession": (rs.SuccessionRule, (Field("when_first_cannot", "choice", rs.Succession),)),
    "joint": (rs.JointRule, (Field("shares", "choice", rs.JointShares),)),
    "several_acts": (rs.SeveralActsRule, (Field("counted", "choice", rs.ManyActs),)),
    "repeat": (rs.RepeatRule, (Field("after_closure", "yes_no"),)),
    "cross_level": (rs.CrossLevelRule, (Field("once_only", "yes_no"),)),
    "exclusions": (rs.ExclusionsRule, (Field("excluded", "choices_or_none", rs.Exclusion),)),
    "clue": (rs.ClueRule, (Field("amount_yuan", "yuan", attribute="amount_fen"),)),
    "notice": (
        rs.NoticeRule,
        (
            Field("days", "whole", least=1),
            Field("unit", "choice", rs.DayUnit),
            Field("start", "choice", rs.NoticeStart),
        ),
    ),
    "claim": (
        rs.ClaimRule,
        (
            Field("days", "whole", least=1),
            Field("unit", "choice", rs.DayUnit),
            Field("start", "choice", rs.ClaimStart),
            Field("holiday_end", "choice", rs.HolidayEnd),
        ),
    ),
    "forfeiture": (
        rs.ForfeitureRule,
        (Field("late", "choice", rs.LateClaim), Field("reissue_days", "whole", optional=True, default=0)),
    ),
    "decline": (rs.DeclineRule, (Field("allowed", "yes_no"),)),
    "means": (rs.MeansRule, (Field("means", "choices", rs.Means),)),
    "budget": (rs.BudgetRule, (Field("yearly_yuan", "yuan", attribute="yearly_fen"),)),
    "approvals": (rs.ApprovalsRule, (Field("approvers", "whole", least=1),)),
}
# 0 yuan is a real answer for a clue award (none) and for a budget (no cap), never for a tier.

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-\s]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")


@dataclass
class Lines:
    """Which line a table or field stands on; tomllib does not say. Fields inside inline tables are found by their table."""

    known: dict[Place, int] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Lines:
        found = cls()
        table: Place = ()
        counts: dict[Place, int] = {}
        inside = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if inside:
                inside = "" if inside in line else inside
                continue
            header = _HEADER.match(line)
            if header:
                table = _table_place(header.group(2), header.group(1) == "[[", counts)
                found.known[table] = number
                continue
            key = _KEY.match(line)
            if key:
                found.known[(*table, key.group(1))] = number
                inside = _opens(line)
        return found

    def at(self, place: Place) -> int:
        """The line of a place, or of the nearest table around it; 0 where neither is in the file."""
        while place and place not in self.known:
            place = place[:-1]
        return self.known.get(place, 0)


def _table_place(dotted: str, repeated: bool, counts: dict[Place, int]) -> Place:
    place: Place = ()
    parts = [part.strip() for part in dotted.split(".")]
    for position, part in enumerate(parts):
        place = (*place, part)
        last = position == len(parts) - 1
        if last and repeated:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _opens(line: str) -> str:
    """What closes a value that goes on after this line; "" when it is complete."""
    for quotes in ('"""', "'''"):
        if line.count(quotes) == 1:
            return quotes
    value = re.sub(r'"[^"]*"', "", line.split("=", 1)[1])
    return "]" if value.count("[") > value.count("]") else ""


def dotted(place: Place) -> str:
    """("tier", 1, "act", 0, "term") → ``tier[2].act[1].term``; people count from one."""
    words = ""
    for part in place:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if words else part
    return words


@dataclass
class _Reader:
    """Collects faults while it turns tables into values, so that one run shows everything."""

    lines: Lines
    faults: list[Fault] = field(default_factory=list)

    def fault(self, place: Place, zh: str, en: str) -> None:
        self.faults.append(Fault(self.lines.at(place), dotted(place), zh, en))

    def table(self, parent: Mapping[str, Any], key: str, place: Place) -> Mapping[str, Any] | None:
        if key not in parent:
            self.fault(
                (*place, key), f"缺少 [{dotted((*place, key))}] 一节。", f"the section [{dotted((*place, key))}] is missing."
            )
            return None
        if not isinstance(parent[key], dict):
            self.fault((*place, key), "这里要写成一节，例如 [rule.claim]。", "this must be a section, such as [rule.claim].")
            return None
        found: Mapping[str, Any] = parent[key]
        return found

    def tables(self, parent: Mapping[str, Any], key: str, place: Place) -> list[Mapping[str, Any]]:
        rows = parent.get(key)
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            header = ".".join(str(part) for part in place if isinstance(part, str)) + ("." if place else "") + key
            self.fault((*place, key), f"至少要有一个 [[{header}]]。", f"at least one [[{header}]] is needed.")
            return []
        return rows

    def values(self, table: Mapping[str, Any], wanted: Sequence[Field], place: Place) -> dict[str, Any]:
        """Every field that could be read. A faulty one is left out, and its fault noted."""
        found: dict[str, Any] = {}
        for want in wanted:
            if want.name in table:
                value = self.value(table[want.name], want, (*place, want.name))
                if value is not None:
                    found[want.target] = value
            elif want.optional:
                found[want.target] = want.default
            else:
                self.fault((*place, want.name), "没有写这一项。", "this field is missing.")
        return found

    def unknown(self, table: Mapping[str, Any], names: Sequence[str], place: Place) -> None:
        for key in table:
            if key not in names:
                near = difflib.get_close_matches(key, names, n=1)
                zh = f"没有“{key}”这一项" + (f"，是不是“{near[0]}”？" if near else f"；可以写的有：{'、'.join(names)}。")
                en = f"unknown field {key!r}" + (f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(names)}.")
                self.fault((*place, key), zh, en)

    def value(self, raw: Any, want: Field, place: Place) -> Any:
        try:
            return READERS[want.kind](raw, want)
        except Unfit as unfit:
            self.fault(place, unfit.zh, unfit.en)
            return None

    def basis(self, table: Mapping[str, Any], place: Place) -> rs.Basis | None:
        found = self.values(table, BASIS_FIELDS, place)
        return rs.Basis(**found) if len(found) == len(BASIS_FIELDS) else None

    def row(self, kind: type[Any], table: Mapping[str, Any], wanted: Sequence[Field], place: Place, **more: Any) -> Any:
        """A value of ``kind`` from one table; None where a fault left something out."""
        basis = self.basis(table, place)
        found = self.values(table, wanted, place)
        whole = basis is not None and len(found) == len(wanted) and all(value is not None for value in more.values())
        return kind(basis=basis, **found, **more) if whole else None

    def act(self, table: Mapping[str, Any], place: Place) -> rs.Act | None:
        self.unknown(table, _names(ACT_FIELDS, BASIS_FIELDS), place)
        found: rs.Act | None = self.row(rs.Act, table, ACT_FIELDS, place)
        return found

    def tier(self, table: Mapping[str, Any], place: Place) -> rs.Tier | None:
        self.unknown(table, (*_names(TIER_FIELDS, BASIS_FIELDS), "act"), place)
        acts = None
        # A tier may stand without acts: the amount is known, what earns it is not.
        rows = self.tables(table, "act", place) if "act" in table else []
        found = [self.act(row, (*place, "act", position)) for position, row in enumerate(rows)]
        if all(act is not None for act in found):
            acts = tuple(act for act in found if act is not None)
        tier: rs.Tier | None = self.row(rs.Tier, table, TIER_FIELDS, place, acts=acts)
        return tier

    def rules(self, document: Mapping[str, Any]) -> rs.Settings | None:
        table = self.table(document, "rule", ())
        if table is None:
            return None
        self.unknown(table, tuple(RULES), ("rule",))
        found: dict[str, Any] = {}
        for name, (kind, wanted) in RULES.items():
            rule = self.table(table, name, ("rule",))
            if rule is not None:
                self.unknown(rule, _names(wanted, BASIS_FIELDS), ("rule", name))
                found[name] = self.row(kind, rule, wanted, ("rule", name))
        whole = len(found) == len(RULES) and all(value is not None for value in found.values())
        return rs.Settings(**found) if whole else None

    def schedule(self, document: Mapping[str, Any], text: str) -> rs.Schedule | None:
        self.unknown(document, ("schedule", "tier", "rule"), ())
        tiers = [self.tier(row, ("tier", at)) for at, row in enumerate(self.tables(document, "tier", ()))]
        settings = self.rules(document)
        head = self.table(document, "schedule", ())
        if head is None:
            return None
        self.unknown(head, _names(SCHEDULE_FIELDS, BASIS_FIELDS), ("schedule",))
        whole_tiers = tuple(tier for tier in tiers if tier is not None)
        found: rs.Schedule | None = self.row(
            rs.Schedule,
            head,
            SCHEDULE_FIELDS,
            ("schedule",),
            tiers=whole_tiers if len(whole_tiers) == len(tiers) else None,
            settings=settings,
            text=text,
        )
        return found


class Unfit(Exception):
    """A value that cannot stand in its field."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(zh)


def _names(*groups: Sequence[Field]) -> tuple[str, ...]:
    return tuple(want.name for group in groups for want in group)


def _text(raw: Any, want: Field) -> str:
    if not isinstance(raw, str):
        raise Unfit("这里要写文字，用双引号括起来。", "write text here, in double quotes.")
    if not raw.strip() and not want.optional:
        raise Unfit("不能空着。", "this may not be empty.")
    if any(ord(char) < 32 or 0x202A <= ord(char) <= 0x202E or 0x2066 <= ord(char) <= 0x2069 for char in raw):
        raise Unfit("含有看不见的控制字符，请重新输入。", "holds invisible control characters; type it again.")
    return raw.strip()


def _identifier(raw: Any, want: Field) -> str:
    word = _text(raw, want)
    if not IDENTIFIER.fullmatch(word):
        raise Unfit(
            "编号只用小写字母、数字、下划线和连字符，最多 40 个。", "an id has lower-case letters, digits, _ and -, at most 40."
        )
    return word


def _yes_no(raw: Any, _want: Field) -> bool:
    if not isinstance(raw, bool):
        raise Unfit("这里写 true 或 false，不加引号。", "write true or false, without quotes.")
    return raw


def _number(raw: Any, least: int, most: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise Unfit(
            "这里写整数，例如 50：不加引号、小数点和单位。", "write a whole number, such as 50: no quotes, decimal point or unit."
        )
    if not least <= raw <= most:
        raise Unfit(f"应在 {least} 到 {most} 之间。", f"must lie between {least} and {most}.")
    return raw


def _whole(raw: Any, want: Field) -> int:
    return _number(raw, want.least, MOST_DAYS)


def _yuan(raw: Any, want: Field) -> int:
    """Whole yuan in the file, fen from here on: no rule pays part of a yuan, and no float ever holds money."""
    return _number(raw, want.least, MOST_YUAN) * 100


def _day(raw: Any, _want: Field) -> date:
    if isinstance(raw, datetime) or not isinstance(raw, date):
        raise Unfit("日期写成 2017-06-14，不加引号。", "write the date as 2017-06-14, without quotes.")
    return raw


def _choice(raw: Any, want: Field) -> Term:
    assert want.choices is not None
    found = next((member for member in want.choices if member.value == raw), None)
    if found is None:
        zh = "、".join(f"{member.value}（{member.zh}）" for member in want.choices)
        en = ", ".join(f"{member.value} ({member.en})" for member in want.choices)
        raise Unfit(f"不认识 {raw!r}，请从这些里选：{zh}。", f"{raw!r} is not known; choose from: {en}.")
    return found


def _choices_or_none(raw: Any, want: Field) -> tuple[Term, ...]:
    if not isinstance(raw, list):
        raise Unfit('这里写成列表，例如 ["cash"]。', 'write a list, such as ["cash"].')
    members = tuple(_choice(word, want) for word in raw)
    if len(set(members)) != len(members):
        raise Unfit("有重复的项。", "an entry is repeated.")
    return members


def _choices(raw: Any, want: Field) -> tuple[Term, ...]:
    members = _choices_or_none(raw, want)
    if not members:
        raise Unfit("至少写一个。", "write at least one.")
    return members


READERS: dict[str, Callable[[Any, Field], Any]] = {
    "text": _text,
    "identifier": _identifier,
    "yes_no": _yes_no,
    "whole": _whole,
    "yuan": _yuan,
    "day": _day,
    "choice": _choice,
    "choices": _choices,
    "choices_or_none": _choices_or_none,
}


def _repeated(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Positions of words that stood before, each with the first position."""
    first: dict[str, int] = {}
    for position, word in enumerate(words):
        if word in first:
            yield position, first[word]
        first.setdefault(word, position)


Complaint = tuple[Place, str, str]


def _repeats(schedule: rs.Schedule) -> Iterator[Complaint]:
    for at, before in _repeated([tier.id for tier in schedule.tiers]):
        yield ("tier", at, "id"), f"与第 {before + 1} 档的编号相同。", f"the id of tier {before + 1} is used again."
    for at, before in _repeated([f"{tier.amount_fen} {tier.trigger.value}" for tier in schedule.tiers]):
        yield (
            ("tier", at, "amount_yuan"),
            f"金额和条件与第 {before + 1} 档相同，请并成一档。",
            f"amount and trigger equal those of tier {before + 1}; make them one.",
        )
    places = [(t, a) for t, tier in enumerate(schedule.tiers) for a, _ in enumerate(tier.acts)]
    for at, before in _repeated([act.id for _, act in schedule.acts()]):
        tier, act = places[at]
        other = places[before]
        yield (
            ("tier", tier, "act", act, "id"),
            f"这种行为已经列在第 {other[0] + 1} 档第 {other[1] + 1} 项，一种行为只能属于一档。",
            f"this act already stands in tier {other[0] + 1}, act {other[1] + 1}; an act belongs to one tier.",
        )


def _times(schedule: rs.Schedule) -> Iterator[Complaint]:
    if schedule.valid_until is not None and schedule.valid_until < schedule.valid_from:
        yield ("schedule", "valid_until"), "早于生效日 valid_from。", "lies before valid_from."


def _amounts(schedule: rs.Schedule) -> Iterator[Complaint]:
    amounts = [tier.amount_fen for tier in schedule.tiers]
    if schedule.settings.clue.amount_fen >= min(amounts):
        yield (
            ("rule", "clue", "amount_yuan"),
            "线索鼓励奖应低于最低一档，否则查不实反而奖得多。",
            "must be below the lowest tier, or an unproven lead would earn more than a proven one.",
        )
    if 0 < schedule.settings.budget.yearly_fen < max(amounts):
        yield (
            ("rule", "budget", "yearly_yuan"),
            "全年预算还不够付一次最高奖励；没有上限请写 0。",
            "does not cover one reward of the highest tier; write 0 for no cap.",
        )


CASH_MEANS = frozenset({rs.Means.COUNTER_CASH, rs.Means.BANK_TRANSFER, rs.Means.RED_PACKET})


def _means(schedule: rs.Schedule) -> Iterator[Complaint]:
    means = set(schedule.settings.means.means)
    for at, tier in enumerate(schedule.tiers):
        ways = {rs.RewardForm.CASH: means & CASH_MEANS, rs.RewardForm.EQUIVALENT: means - CASH_MEANS}
        for form in tier.forms:
            if not ways[form]:
                yield (
                    ("tier", at, "forms"),
                    f"列了“{form.zh}”，但 [rule.means] 里没有对应的发放方式。",
                    f"lists {form.value}, but [rule.means] has no way to pay it.",
                )


def _unnamed(schedule: rs.Schedule) -> Iterator[Complaint]:
    if not schedule.unnamed_may_collect:
        return
    if not set(schedule.settings.means.means) & rs.UNNAMED_MEANS:
        yield (
            ("rule", "means", "means"),
            "[rule.identity] 允许匿名领取，但这些发放方式都要知道姓名；请加上 counter_cash 或 phone_credit。",
            "[rule.identity] lets unnamed reporters collect, but each of these needs a name; add counter_cash or phone_credit.",
        )
    if rs.Evidence.CONTACT in schedule.settings.evidence.minimum:
        yield (
            ("rule", "evidence", "minimum"),
            "[rule.identity] 允许匿名，这里却要求联系方式。",
            "[rule.identity] allows unnamed reporters, yet a contact is demanded here.",
        )


def _bases(schedule: rs.Schedule) -> Iterator[tuple[Place, rs.Basis]]:
    yield ("schedule",), schedule.basis
    for t, tier in enumerate(schedule.tiers):
        yield ("tier", t), tier.basis
        for a, act in enumerate(tier.acts):
            yield ("tier", t, "act", a), act.basis
    for name, basis in schedule.settings.bases():
        yield ("rule", name), basis


def _confirmations(schedule: rs.Schedule) -> Iterator[Complaint]:
    for place, basis in _bases(schedule):
        if basis.confirmed and rs.UNCONFIRMED_MARK in basis.clause + basis.source:
            yield (
                (*place, "confirmed"),
                f"条款或来源写着“{rs.UNCONFIRMED_MARK}”，confirmed 却是 true。",
                f"clause or source says {rs.UNCONFIRMED_MARK} (unconfirmed), yet confirmed is true.",
            )


CONTRADICTIONS = (_repeats, _times, _amounts, _means, _unnamed, _confirmations)


def read_schedule(text: str) -> rs.Schedule:
    """The schedule in ``text``, or FaultySchedule with everything that is wrong with it."""
    # One form of line end: the digest two people adopt must not depend on the editor.
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultySchedule([_syntax_fault(error)]) from None
    except RecursionError:
        raise FaultySchedule([Fault(0, "", "括号套得太深。", "nested too deeply.")]) from None
    reader = _Reader(Lines.of(text))
    schedule = reader.schedule(document, text)
    if schedule is not None and not reader.faults:
        for check in CONTRADICTIONS:
            for place, zh, en in check(schedule):
                reader.fault(place, zh, en)
    if reader.faults or schedule is None:
        raise FaultySchedule(reader.faults)
    return schedule


def _syntax_fault(error: tomllib.TOMLDecodeError) -> Fault:
    where = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    line = int(where.group(1)) if where else 0
    what = re.sub(r"\s*\(at .*\)$", "", str(error))
    column = f"第 {where.group(2)} 列附近" if where else "文件末尾"
    return Fault(line, "", f"这里不合 TOML 写法（{column}）：引号、括号要成对，同一节不能写两次。", f"not valid TOML: {what}.")


def schedule_text(data: bytes) -> str:
    """The text of a file's bytes. Raises FaultySchedule where it is no UTF-8, or far too long for a rule."""
    if len(data) > MOST_BYTES:
        raise FaultySchedule([Fault(0, "", "文件超过 1 MB，不像奖励办法。", "larger than 1 MB; not a reward schedule.")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        zh = f"不是 UTF-8 文字（第 {error.start + 1} 个字节）。请另存为 UTF-8。"
        raise FaultySchedule([Fault(0, "", zh, f"not UTF-8 (byte {error.start + 1}); save it as UTF-8.")]) from None


def read_schedule_file(path: Path) -> rs.Schedule:
    """Like read_schedule, from a UTF-8 file of at most 1 MB."""
    try:
        with path.open("rb") as source:
            data = source.read(MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FaultySchedule([Fault(0, "", f"打不开文件 {path}（{reason}）。", f"cannot open {path}: {reason}.")]) from None
    return read_schedule(schedule_text(data))


def shipped_schedules() -> tuple[rs.Schedule, ...]:
    """The ready sets that come with the product, in the order of their names."""
    return tuple(read_schedule_file(path) for path in sorted(RULES_DIRECTORY.glob("*.toml")))


def shipped_schedule(name: str) -> rs.Schedule:
    """One ready set: ``luoyang-2017``, ``luoyang-later`` or ``demo``."""
    return read_schedule_file(RULES_DIRECTORY / f"{name}.toml")
