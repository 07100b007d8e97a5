"""Reads the 整改时限 of a plan: words to dates, by the grammar written here. Knows calendars, not plans, not law.

The grammar (spaces are ignored; 〔 〕 marks optional parts)::

    deadline   = clause { ("，" | "；" | "。") clause }
    clause     = at once | standing | ongoing | done | dated | progress note
    at once    = 立即整改 | 立行立改 | 立即 | 即知即改 | 边督边改 …
    standing   = 〔并〕长期坚持 | 长期保持 | 常抓不懈 …
    ongoing    = 〔并〕持续推进 | 持续整改 | 持续改进 …
    done       = 已〔经〕完成〔整改〕 | 已整改到位 | 已于 date 完成
    dated      = 〔what〕 date 〔what〕
    date       = day | month | quarter | half | year | span
    day        = 〔year〕 M月D日〔前〕 | YYYY-MM-DD | YYYY.MM.DD | YYYY/MM/DD            → that day
    month      = 〔year〕 M月 〔底|末|内|份〕 〔前 only after 底 or 末〕                    → its last day
                 〔year〕 M月 (上旬|中旬|下旬)                                          → the 10th, the 20th, the last day
    quarter    = 〔year〕 第N季度 〔末|底|内〕                                           → its last day
    half       = 〔year〕 (上半年 | 下半年) 〔末|底|内〕                                  → 30 June, 31 December
    year       = YYYY年 〔底|末|内〕 | 今年底 | 明年底 | 年底                             → 31 December
    span       = N (日|天|周|个月|年) 内                                              → counted from the base date

    A year written once is carried to the dates after it in the same deadline, never backwards.
    今年, 明年 and spans need a base date; without one they are asked.

Asked, never chosen (kind ``unclear``): 8月前, 2020年前, 第三季度前 (the start or the end?), 月初, 月中, 中旬前,
a date without any year, a carried year that would run backwards, 30 February, a span of working days,
a season (汛期前), words that are not in this grammar.

Kinds: see :data:`KINDS`. A date followed by all of the work (完成整改) is ``date``;
by a part of it (完成招投标) ``milestone_only``.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

KINDS = (
    "date",
    "dates",
    "milestone_only",
    "immediate_ongoing",
    "immediate_standing",
    "done_standing",
    "date_then_standing",
    "unclear",
)


@dataclass(frozen=True)
class Milestone:
    """A dated part of a task. ``text`` is what must be done by then, in the plan's words; it may be empty."""

    due: date
    text: str


@dataclass(frozen=True)
class Question:
    """What the reader would not decide alone. ``choices`` are the readings it sees; none when a base is missing."""

    text: str
    choices: tuple[date, ...] = ()


@dataclass(frozen=True)
class Deadline:
    """A 整改时限 as data. ``due``: the final date; None where the plan names none (长期坚持, a part only, unclear)."""

    text: str
    kind: str
    due: date | None = None
    ongoing: bool = False
    milestones: tuple[Milestone, ...] = ()
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundDate:
    """A date form found in a text: where it stands, what it means, or why it must be asked."""

    start: int
    end: int
    day: date | None
    question: Question | None = None
    by: bool = False


_DIGITS = {"〇": 0, "○": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CN = "〇○零一二两三四五六七八九十"
_NUM = rf"(?:\d{{1,3}}|[{_CN}]{{1,3}})"
_EDGE = r"(?P<edge>之前|以前|前|以内|之内|内|为止|止)?"
_YEAR = r"(?:(?P<year>(?<!\d)\d{4}|二[〇○零一二三四五六七八九]{3})年|(?P<rel>今年|本年度?|当年|明年|次年|翌年|来年)(?!底?前?的))"

_DATE_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "vague",
        re.compile(
            rf"{_YEAR}?(?:(?:本|当|下个?)?月(?:底|末)(?:之?前)?|月内|(?:春节|国庆节?|汛期|主汛期|供暖季|采暖季|雨季|冬季|入冬)(?:来临)?之?前)"
        ),
    ),
    ("day", re.compile(rf"(?P<year>(?<!\d)\d{{4}})[-./](?P<month>\d{{1,2}})[-./](?P<day>\d{{1,2}})(?!\d)日?{_EDGE}")),
    ("day", re.compile(rf"{_YEAR}?度?(?P<month>(?<!\d){_NUM})月份?(?P<day>{_NUM})[日号]{_EDGE}")),
    (
        "month",
        re.compile(rf"{_YEAR}?度?(?P<month>(?<!\d){_NUM})月份?(?P<part>底|末|初|上旬|中旬|下旬|中(?!旬))?{_EDGE}"),
    ),
    ("month", re.compile(rf"(?P<year>(?<!\d)\d{{4}})[-./](?P<month>\d{{1,2}})(?![\d.])(?P<part>底|末)?{_EDGE}")),
    ("quarter", re.compile(rf"{_YEAR}?度?第?(?P<quarter>[一二三四1-4])季度(?P<part>底|末|初)?{_EDGE}")),
    ("half", re.compile(rf"{_YEAR}?度?(?P<half>上半年|下半年)(?P<part>底|末|初)?{_EDGE}")),
    ("year", re.compile(rf"{_YEAR}?度?年?(?P<part>(?<=年)底|(?<=年)末|(?<=年)初){_EDGE}")),
    ("year", re.compile(rf"{_YEAR}度?(?P<part>)?{_EDGE}")),
    (
        "span",
        re.compile(rf"(?P<count>{_NUM}|半)个?(?P<unit>工作日|日|天|周|星期|月|年)(?P<edge>以内|之内|内)"),
    ),
)

_AT_ONCE = re.compile(r"立即整改|立行立改|立整立改|立即着手|即知即改|即行即改|立查立改|边督边改|马上整改|立即落实|立即执行|立即")
_STANDING = re.compile(r"(?:整改)?(?:完成后)?[并且]?(?:长期坚持|长期保持|常抓不懈|坚持长效|长期落实|长期执行|长期)")
_ONGOING = re.compile(r"[并且]?(?:持续推进|持续整改|持续改进|持续坚持|持续落实|持续开展|长期推进|持续)")
_DONE = re.compile(r"(?:目前)?(?:已经|已)(?:全部|全面)?(?:完成整改|整改完成|整改到位|完成|于|在)")
_PROGRESS = re.compile(r"(?:现|目前|截至目前|现在)已?完成(?:[\d.]+%|[^，,；;。]*)")
_LEAD_WORD = re.compile(r"拟于?|计划于?|预计|力争|确保|原则上|到|至|于|在|其中|同时|并|[（(]\d{1,2}[)）]|\d{1,2}[.．、](?!\d)")
_CLAUSE_END = re.compile(r"[，,；;。、！!]")
_WHOLE = re.compile(
    r"(?:[要须应]?(?:全面|全部|确保|彻底)?(?:按期|如期)?(?:完成|整改到位|整改完成|完成整改|整改完毕|销号|完成销号|落实到位)"
    r"(?:整改)?(?:任务|工作)?(?:到位)?(?:并?销号)?)?"
)


def number_of(text: str) -> int | None:
    """ "12", "１２", "十二", "二〇" or "三十一" as a number; None when it is none."""
    if text.isdecimal():
        return int(text)
    if not text or any(char not in _CN for char in text):
        return None
    if "十" not in text:
        return int("".join(str(_DIGITS[char]) for char in text))
    tens, _, ones = text.partition("十")
    if "十" in ones or len(tens) > 1 or len(ones) > 1:
        return None
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def find_dates(text: str, *, base: date | None = None, year: int | None = None) -> tuple[FoundDate, ...]:
    """Every date form in ``text``, in order; a written year is carried forward, ``year`` is the one before the first."""
    found: list[FoundDate] = []
    carried, latest, position = year, None, 0
    while position < len(text):
        hit = _match_date(text, position)
        if hit is None:
            position += 1
            continue
        form, match = hit
        written = _written_year(match, base, carried)
        one = _resolve(form, match, written or carried, base)
        if written is None and one.day and latest and one.day < latest:
            one = replace(one, day=None, question=Question(f"“{match[0]}”没有写年份，按前面的年份会倒退，请确定年份"))
        carried, latest = written or carried, one.day or latest
        found.append(one)
        position = match.end()
    return tuple(found)


def _match_date(text: str, position: int) -> tuple[str, re.Match[str]] | None:
    for form, pattern in _DATE_FORMS:
        match = pattern.match(text, position)
        if match and match[0]:
            return form, match
    return None


def _written_year(match: re.Match[str], base: date | None, carried: int | None) -> int | None:
    """The year a form names itself: 次年 counts from the year before it in the text, 今年 and 明年 from the base date."""
    groups = match.groupdict()
    if groups.get("year"):
        return number_of(groups["year"])
    relative = groups.get("rel")
    if not relative:
        return None
    if relative[0] in "次翌" and carried:
        return carried + 1
    return base.year + (0 if relative[0] in "今本当" else 1) if base else None


def _resolve(form: str, match: re.Match[str], year: int | None, base: date | None) -> FoundDate:
    """One date form to a day, or to the question that a person must answer."""
    groups = match.groupdict()
    bare_before = (groups.get("edge") or "") in {"前", "之前", "以前"}
    start, end = match.span()

    def ask(text: str, *choices: date) -> FoundDate:
        return FoundDate(start, end, None, Question(text, choices), by=True)

    if form == "vague":
        return ask(f"“{match[0]}”没有写明是哪一天，请确定日期")
    if form == "span":
        return _resolve_span(match, base, ask_start=start)
    if year is None:
        return ask(f"“{match[0]}”没有写年份，请确定年份", *_with_year(form, groups, base))
    first, last = _bounds(form, groups, year)
    if first is None or last is None:
        return ask(f"“{match[0]}”不是有效的日期，请核对原文")
    part = groups.get("part") or ""
    if part in {"初", "中"} or (bare_before and form != "day" and part not in {"底", "末"}):
        return ask(f"“{match[0]}”可以有两种理解，请确定截止日期", first - timedelta(days=1), last)
    return FoundDate(start, end, last, by=True)


def _with_year(form: str, groups: dict[str, str | None], base: date | None) -> tuple[date, ...]:
    if base is None:
        return ()
    _, last = _bounds(form, groups, base.year)
    return (last,) if last else ()


def _bounds(form: str, groups: dict[str, str | None], year: int) -> tuple[date | None, date | None]:
    """First and last day of the period a form names; (None, None) when no such day exists."""
    if not 1900 <= year <= 2200:
        return None, None
    if form == "year":
        return date(year, 1, 1), date(year, 12, 31)
    if form == "half":
        return (date(year, 1, 1), date(year, 6, 30)) if groups["half"] == "上半年" else (date(year, 7, 1), date(year, 12, 31))
    if form == "quarter":
        month = 3 * (number_of(groups["quarter"] or "") or 1)
        return date(year, month - 2, 1), _month_end(year, month)
    month = number_of(groups["month"] or "") or 0
    if not 1 <= month <= 12:
        return None, None
    if form == "day":
        return _one_day(year, month, number_of(groups["day"] or "") or 0)
    end = _month_end(year, month)
    thirds = {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, end.day)}
    low, high = thirds.get(groups.get("part") or "", (1, end.day))
    return date(year, month, low), date(year, month, high)


def _one_day(year: int, month: int, day: int) -> tuple[date | None, date | None]:
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None, None
    return date(year, month, day), date(year, month, day)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _resolve_span(match: re.Match[str], base: date | None, *, ask_start: int) -> FoundDate:
    count, unit = number_of(match["count"]), match["unit"]
    if unit == "工作日" or base is None or count is None:
        return FoundDate(ask_start, match.end(), None, Question(f"“{match[0]}”从哪一天起算？请确定截止日期"), by=True)
    if unit in {"日", "天"}:
        return FoundDate(ask_start, match.end(), base + timedelta(days=count), by=True)
    if unit in {"周", "星期"}:
        return FoundDate(ask_start, match.end(), base + timedelta(weeks=count), by=True)
    months = base.year * 12 + base.month - 1 + count * (12 if unit == "年" else 1)
    year, month = months // 12, months % 12 + 1
    day = min(base.day, calendar.monthrange(year, month)[1])
    return FoundDate(ask_start, match.end(), date(year, month, day), by=True)


@dataclass
class _Reading:
    """What has been understood of one deadline while it is read."""

    at_once: bool = False
    standing: bool = False
    ongoing: bool = False
    done: bool = False
    dates: list[tuple[FoundDate, str]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_deadline(text: str, *, base: date | None = None) -> Deadline:
    """The deadline written in ``text``. ``base``: the day spans and 今年 count from, where the reader was told one."""
    compact = _compact(text)
    if not compact:
        return Deadline(text.strip(), "unclear", questions=(Question("没有写整改时限，请补充"),))
    found = {one.start: one for one in find_dates(compact, base=base)}
    reading = _Reading()
    _read_clauses(compact, found, reading)
    return _conclude(text.strip(), reading)


def _compact(text: str) -> str:
    """Without spaces, full-width digits and signs as their half-width twins where that is one character for one."""
    wide = {ord(w): n for w, n in zip("０１２３４５６７８９－／％", "0123456789-/%", strict=True)}
    return re.sub(r"\s+", "", text).translate(wide)


def _read_clauses(text: str, found: dict[int, FoundDate], reading: _Reading) -> None:
    """Walks the text once; words beside a date in its clause become what must be done by that date."""
    position, words = 0, ""

    def flush() -> None:
        nonlocal words
        if words:
            _attach(reading, words)
        words = ""

    while position < len(text):
        if position in found:
            one = found[position]
            reading.dates.append((one, words))
            words, position = "", one.end
            continue
        length, kind = _token(text, position)
        if kind == "word":
            words += text[position : position + length]
        else:
            flush()
            _note_token(reading, kind, text[position : position + length])
        position += length
    flush()


_TOKENS = (("progress", _PROGRESS), ("done", _DONE), ("at_once", _AT_ONCE), ("standing", _STANDING), ("ongoing", _ONGOING))


def _token(text: str, position: int) -> tuple[int, str]:
    for kind, pattern in _TOKENS:
        match = pattern.match(text, position)
        if match:
            return len(match[0]), kind
    end = _CLAUSE_END.match(text, position)
    if end:
        return 1, "end"
    clause_start = position == 0 or _CLAUSE_END.match(text[position - 1]) is not None
    lead = _LEAD_WORD.match(text, position) if clause_start else None
    return (len(lead[0]), "lead") if lead else (1, "word")


def _note_token(reading: _Reading, kind: str, text: str) -> None:
    if kind == "progress":
        reading.notes.append(text)
    elif kind in {"at_once", "standing", "ongoing", "done"}:
        setattr(reading, kind, True)


def _attach(reading: _Reading, words: str) -> None:
    """Words after a date belong to it; before any date, or without one, they are not understood."""
    if not reading.dates or words[0] in "（(":
        reading.lost.append(words)
        return
    one, before = reading.dates[-1]
    joint = "，" if before and words != "完成" else ""
    reading.dates[-1] = (one, f"{before}{joint}{words}")


def _conclude(text: str, reading: _Reading) -> Deadline:
    questions = [one.question for one, _ in reading.dates if one.question]
    questions += [Question(f"“{words}”不在时限的写法之内，请核对") for words in reading.lost]
    milestones = tuple(Milestone(one.day, what) for one, what in reading.dates if one.day)
    ongoing = reading.standing or reading.ongoing
    kind = _kind(reading, milestones)
    if kind == "unclear" and not questions:
        questions.append(Question(f"“{text}”没有写明完成日期，请确定"))
    if questions:
        return Deadline(text, "unclear", None, ongoing, milestones, tuple(questions), tuple(reading.notes))
    due = max(m.due for m in milestones) if kind in {"date", "dates", "date_then_standing"} else None
    kept = milestones if kind in {"dates", "milestone_only", "done_standing"} else ()
    return Deadline(text, kind, due, ongoing, kept, (), tuple(reading.notes))


def _kind(reading: _Reading, milestones: tuple[Milestone, ...]) -> str:
    ongoing = reading.standing or reading.ongoing
    if reading.done and not (len(milestones) > 1):
        return "done_standing"
    if len(milestones) > 1:
        return "dates"
    if milestones:
        if not _WHOLE.fullmatch(milestones[0].text):
            return "milestone_only"
        return "date_then_standing" if ongoing else "date"
    if reading.standing:
        return "immediate_standing"
    return "immediate_ongoing" if reading.ongoing else "unclear"
