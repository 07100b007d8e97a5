"""What every page says: plain functions from a record or the catalogue to a Fragment. No MkDocs, no files, no clock.

The same input gives the same bytes, for ever: ``disclosure verify-site`` renders pages again and compares. Therefore
nothing here may depend on the day, the machine or a setting; a deadline is a date, never "41 days left".
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, Template
from markupsafe import Markup, escape

from portal.core.public_record import KINDS, Bar, Block, LetterRow, Progress, PublicRecord
from portal.site.catalogue import DONE_WORDS, EVERY_YEAR, Catalogue, ListKey, Row, slug
from portal.site.shells import Fragment
from portal.site.templating import escaped, fill, make_environment

TEMPLATES = (Path(__file__).parent / "templates", Path(__file__).parents[1] / "web" / "templates")

WORDS = {
    "rectification": ("件", "督察反馈问题改到了哪一步，谁负责，何时完成。"),
    "exposure": ("件", "查实的环境违法问题和处理结果。"),
    "accountability": ("件", "因环境问题被问责的单位和人员。"),
    "letter-batch": ("批", "群众来信来电逐件办理的情况，按批次公开。"),
    "environment-quality": ("期", "空气和水的监测结果与排名。"),
    "notice": ("件", "公示、通知和其他公告。"),
}
"""Counter word and one line about each kind."""

NO_STATE = "未注明状态"
FACET_NAMES = {"month": "按月份", "region": "按地区", "unit": "按责任单位", "status": "按状态"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """本页存证: where this revision stands in the publication log."""

    index: int
    leaf: str

    @property
    def number(self) -> str:
        """From one, with thousands marked, as people count."""
        return f"{self.index + 1:,}"

    @property
    def short(self) -> str:
        return f"{self.leaf[:4]}…{self.leaf[-4:]}"


@lru_cache(maxsize=1)
def environment() -> Environment:
    made = make_environment(TEMPLATES)
    made.filters.update(
        day=day,
        moment=moment,
        prose=_prose,
        letter_states=_letter_states,
        letter_verdicts=_letter_verdicts,
        unbroken=_unbroken,
        progress_meter=progress_meter,
        have_states=_have_states,
        bars=_bars,
        thousands=_thousands,
        grouped=_grouped,
        tone=_tone,
    )
    made.globals.update(_=lambda words: words, kinds=KINDS, words=WORDS, rows_of_list=rows_of_list)
    # Macros as globals: an import statement costs 10 µs a page, which is a second at 100,000.
    made.globals["figure"] = made.get_template("figure.html").module
    return made


@lru_cache(maxsize=16)
def _template(name: str) -> Template:
    return environment().get_template(name)


def _filled(name: str, **values: Any) -> str:
    return fill(_template(name), values)


_CODE = ("pages.py", "catalogue.py", "outputs.py", "shells.py", "templating.py")


def templates_digest() -> str:
    """SHA-256 over everything a fragment is made with: a verifier with another digest renders other bytes."""
    digest = hashlib.sha256()
    code = (Path(__file__).parent / name for name in _CODE)
    for path in (*sorted(TEMPLATES[0].glob("*.html")), TEMPLATES[1] / "figure.html", *code):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def base_of(path: str) -> str:
    """The way from a page's folder to the root of the site."""
    return "../" * path.count("/") or "./"


# ---- the pages ----


def record_page(record: PublicRecord, stamp: Stamp) -> Fragment:
    """The page of one record; of a withdrawn one, the note that is left in its place."""
    kind = KINDS[record.kind][0]
    main = _filled("record.html", r=record, stamp=stamp, base=base_of(record.path), kind=kind)
    if record.is_withdrawn:
        return Fragment(f"已撤回 · {kind}", f"这份{kind}已撤回。", main)
    return Fragment(f"{record.title} · {kind}", record.summary or record.title, main)


def list_page(catalogue: Catalogue, key: ListKey, number: int) -> Fragment:
    kind, year, facet, value = key
    rows = catalogue.page(key, number)
    name = _facet_label(facet, value, rows)
    path = list_path(key, number)
    heading = f"{'' if year == EVERY_YEAR else f'{year}年'}{KINDS[kind][0]}"
    main = _filled(
        "list.html",
        rows=rows,
        kind=kind,
        label=KINDS[kind][0],
        heading=heading,
        year="" if year == EVERY_YEAR else year,
        facet=name,
        number=number,
        standing=catalogue.standing(key),
        gone=catalogue.gone[key],
        letters=dict(catalogue.letters) if key == (kind, EVERY_YEAR, "", "") and kind == "letter-batch" else {},
        newer=f"{base_of(path)}{list_path(key, number + 1)}" if number < catalogue.pages(key) else "",
        older=f"{base_of(path)}{list_path(key, number - 1)}" if number > 1 else "",
        base=base_of(path),
    )
    title = f"{heading}{'，' + name if name else ''}，第 {number} 页"
    return Fragment(title, title, main)


def year_page(catalogue: Catalogue, kind: str, year: str) -> Fragment:
    path = year_path(kind, year)
    base = base_of(path)
    key = (kind, year, "", "")
    facets = [(FACET_NAMES[facet], _facet_links(catalogue, kind, year, facet, base)) for facet in FACET_NAMES]
    pages = [(number, base + list_path(key, number)) for number in range(catalogue.pages(key), 0, -1)]
    main = _filled(
        "year.html",
        kind=kind,
        label=KINDS[kind][0],
        year=year,
        total=catalogue.standing(key),
        gone=catalogue.gone[key],
        facets=facets,
        pages=pages,
        base=base,
    )
    title = f"{year}年{KINDS[kind][0]}"
    return Fragment(title, f"{title}全部记录，按地区、单位和状态查看。", main)


def section_page(catalogue: Catalogue, kind: str) -> Fragment:
    base = base_of(f"records/{kind}/")
    label = KINDS[kind][0]
    years = [(year, catalogue.standing((kind, year, "", "")), base + year_path(kind, year)) for year in catalogue.years(kind)]
    main = _filled(
        "section.html",
        kind=kind,
        label=label,
        rows=catalogue.latest(kind),
        years=years,
        states=_linked_states(catalogue, kind, base),
        total=catalogue.standing((kind, EVERY_YEAR, "", "")),
        everything=base + newest_page(catalogue, (kind, EVERY_YEAR, "", "")),
        base=base,
    )
    return Fragment(label, WORDS[kind][1], main)


def month_page(catalogue: Catalogue, month: str) -> Fragment | None:
    """What was first published in a month, of every kind; None: nothing was."""
    base = base_of(month_path(month))
    keys = [(kind, month[:4], "month", month) for kind in KINDS]
    groups = [
        (key[0], catalogue.standing(key), base + newest_page(catalogue, key), catalogue.newest_of(key), catalogue.pages(key) > 1)
        for key in keys
        if key in catalogue.lists
    ]
    if not groups:
        return None
    title = f"{month_words(month)}公开的记录"
    main = _filled("month.html", title=title, total=sum(group[1] for group in groups), groups=groups, base=base)
    return Fragment(title, title, main)


def home_page(catalogue: Catalogue) -> Fragment:
    base = base_of("")
    parts = _linked_states(catalogue, "rectification", base)
    newest = catalogue.newest()
    red = sorted([*catalogue.latest("exposure", 5), *catalogue.latest("accountability", 5)], key=lambda row: -row.index)
    main = _filled(
        "home.html",
        parts=parts,
        total=catalogue.standing(("rectification", EVERY_YEAR, "", "")),
        everything=base + newest_page(catalogue, ("rectification", EVERY_YEAR, "", "")),
        done_words=_done_words(parts),
        done_list=base + newest_page(catalogue, ("rectification", EVERY_YEAR, "done", "")),
        newest=newest,
        stamp=Stamp(newest.index, "") if newest else None,
        under_way=[row for row in catalogue.latest("rectification", 20) if row.status_word not in DONE_WORDS][:4],
        red=red[:4],
        batches=catalogue.latest("letter-batch", 3),
        letters=dict(catalogue.letters),
        letter_list=base + newest_page(catalogue, ("letter-batch", EVERY_YEAR, "", "")),
        answers=month_answers(catalogue, newest, base) if newest else (),
        quality=catalogue.latest("environment-quality", 3),
        notices=catalogue.latest("notice", 4),
        months=_months(catalogue, base),
        base=base,
    )
    return Fragment("首页", "环境督察整改、曝光、问责和群众来信办理情况公开。", main)


# ---- addresses ----


def list_path(key: ListKey, number: int) -> str:
    kind, year, facet, value = key
    return f"lists/{kind}/{year}/{slug(facet, value) + '/' if facet else ''}{number}/"


def year_path(kind: str, year: str) -> str:
    return f"lists/{kind}/{year}/"


def month_path(month: str) -> str:
    return f"lists/month/{month}/"


def newest_page(catalogue: Catalogue, key: ListKey) -> str:
    """Where a list begins for a reader; where nobody stands in it, the front page of its kind, which says so."""
    return list_path(key, catalogue.pages(key)) if key in catalogue.lists else f"records/{key[0]}/"


def _linked_states(catalogue: Catalogue, kind: str, base: str) -> list[tuple[str, int, str, str]]:
    return [
        (colour, number, word or NO_STATE, base + newest_page(catalogue, (kind, EVERY_YEAR, "status", word)))
        for colour, number, word, _ in state_parts(catalogue, kind)
    ]


# ---- rows ----


def rows_of_list(rows: Iterable[Row], base: str, show_kind: bool = False) -> Markup:
    """The rows of a list; a withdrawn record keeps its place without its title.

    Not a macro: every record stands in eight lists, so a full build of 10,000 prints 90,000 rows, in half the time.
    """
    lines = [_withdrawn_row(row, base) if row.withdrawn else _row(row, base, show_kind) for row in rows]
    return Markup(f'<ul class="list">{"".join(lines)}</ul>')


def _row(row: Row, base: str, show_kind: bool) -> str:
    kind, unit, word = row.kind, escaped(row.unit), row.status_word
    about = f"{KINDS[kind][0]} · {unit}" if show_kind else unit
    when = f"期限 {_marked_day(row.due_on)}" if row.due_on else escaped(row.due_words) or _marked_day(row.published_on)
    letters = _letter_words(row.letters) if kind == "letter-batch" else ""
    state = f' <span class="state{_tone(row.status_tone)}">{escaped(word)}</span>' if word else ""
    link = f'<a href="{base}records/{kind}/{row.id}/">{escaped(row.title)}</a>'
    return f'<li>{link}<div class="meta">{about} · {when}{letters}</div>{state}</li>\n'


def _withdrawn_row(row: Row, base: str) -> str:
    return f'<li><a href="{base}{row.path}">已撤回</a><div class="meta">{_marked_day(row.published_on)}撤回，地址保留</div></li>\n'


# ---- figures ----

Answer = tuple[int, str, str]
"""Number, what it counts, and the address of the list it was counted from."""


def month_answers(catalogue: Catalogue, newest: Row, base: str) -> list[Answer]:
    """What was exposed and who was held to account in the month of the newest record; how many letters are settled."""
    month, year = newest.published_on[:7], newest.published_on[:4]
    spoken = f"{int(month[5:])}月"
    answers = [
        (catalogue.months[kind, month], f"{spoken}{words}", base + newest_page(catalogue, (kind, year, "month", month)))
        for kind, words in (("exposure", "曝光"), ("accountability", "公开问责"))
    ]
    letters = base + newest_page(catalogue, ("letter-batch", EVERY_YEAR, "", ""))
    return [*answers, (catalogue.letters["settled"], "群众来信已办结", letters)]


Part = tuple[str, int, str, None]
"""Class of the colour (done, on, late, over, none), number, word, no link: what the figure macros take."""


def state_parts(catalogue: Catalogue, kind: str, programme: str | None = None) -> list[Part]:
    """How many records stand in which state, best state first, so that the numbers add up; none where no record has a state.

    ``programme``: of one programme or (None) of all.
    """
    found: dict[tuple[int, str, str], int] = {}
    for (each, named, word, tone), number in catalogue.states.items():
        if each == kind and programme in {None, named}:
            rank, colour = _colour(word, tone)
            found[rank, colour, word] = found.get((rank, colour, word), 0) + number
    if not any(word for _, _, word in found):
        return []
    return [(colour, number, word, None) for (_, colour, word), number in sorted(found.items())]


def _colour(word: str, tone: str) -> tuple[int, str]:
    if word in DONE_WORDS:
        return 0, "done"
    return {"ok": (1, "on"), "plain": (2, "none"), "warn": (3, "late"), "bad": (4, "over")}[tone]


def _done_words(parts: Sequence[tuple[str, int, str, str | None]]) -> str:
    """The second half of the headline: how many are done, in the word that stands on the tasks; "": none."""
    done = [(number, word) for colour, number, word, _ in parts if colour == "done"]
    total = sum(number for number, _ in done)
    return f"{total} 项{done[0][1] if len(done) == 1 else '已完成'}" if total else ""


def _months(catalogue: Catalogue, base: str) -> list[tuple[str, int, str, str]]:
    """The last twelve months in which anything was first published, oldest first: name, how many, their page, short name."""
    found: dict[str, int] = {}
    for (_, month), number in catalogue.months.items():
        found[month] = found.get(month, 0) + number
    return [(month_words(month), found[month], base + month_path(month), f"{int(month[5:])}月") for month in sorted(found)[-12:]]


def month_words(month: str) -> str:
    return f"{month[:4]}年{int(month[5:])}月"


def _facet_links(catalogue: Catalogue, kind: str, year: str, facet: str, base: str) -> list[tuple[str, int, str]]:
    links = []
    for value, number in catalogue.facet(kind, year, facet):
        key = (kind, year, facet, value)
        name = _facet_label(facet, value, catalogue.newest_of(key, 1))
        links.append((name, number, base + newest_page(catalogue, key)))
    return links


def _facet_label(facet: str, value: str, rows: Iterable[Row]) -> str:
    if facet == "region":
        # A region may be renamed; the list shows the name its newest record uses.
        return next((row.region_name for row in rows), value)
    if facet in {"month", "done"}:
        return f"{int(value[5:])}月" if facet == "month" else "已完成的"
    return value or (NO_STATE if facet == "status" else "")


# ---- words in templates ----


@lru_cache(maxsize=4096)
def day(value: date | str) -> Markup:
    """2026年8月1日, marked up; from a date or its ISO text."""
    return Markup(_marked_day(value if isinstance(value, str) else value.isoformat()))


@lru_cache(maxsize=4096)
def _marked_day(text: str) -> str:
    year, month, number = text[:10].split("-")
    return f'<time datetime="{int(year):04}-{int(month):02}-{int(number):02}">{int(year):04}年{int(month)}月{int(number)}日</time>'


@lru_cache(maxsize=4096)
def moment(value: datetime | str) -> Markup:
    """2026-11-20 16:42, marked up; the zone is the office's own and stands in the attribute."""
    text = value if isinstance(value, str) else value.isoformat()
    return Markup('<time datetime="{}">{} {}</time>').format(text, text[:10], text[11:16])


def _prose(block: Block) -> Markup:
    # Cleaned when the record was made, checked when it entered the log; this is the one place that trusts it.
    return Markup(block.html)


def progress_meter(step: Progress) -> Markup:
    """The figure macro ``meter`` for one done/left pair; 25 µs quicker, and a test compares the two."""
    shown, left = meter_parts(step)
    label = f"{step.label}：{step.total}{step.unit}中已完成{step.done}{step.unit}"
    return Markup(
        f'<svg class="meter" viewBox="0 0 {shown + left or 1} 1" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}">{_rect("done", 0, shown)}{_rect("none", shown, left)}</svg>'
    )


def meter_parts(step: Progress) -> tuple[Decimal | int, Decimal | int]:
    """Done and left; more than all is all. Whole numbers, which most are, are counted as such."""
    whole = step.done.isdecimal() and step.total.isdecimal()
    done, total = (int(step.done), int(step.total)) if whole else (Decimal(step.done), Decimal(step.total))
    return min(done, total), max(total - done, 0)


def _have_states(steps: Iterable[Progress]) -> bool:
    return any(step.status is not None for step in steps)


def _rect(colour: str, start: Decimal | int, width: Decimal | int) -> str:
    return f'<rect class="{colour}" x="{start}" y="-1" width="{width}" height="3"/>' if width else ""


def _bars(bars: Iterable[Bar]) -> list[tuple[str, str, Decimal]]:
    """Label, value, and the bar's length in hundredths of the longest."""
    rows = [(bar.label, bar.value, Decimal(bar.value)) for bar in bars]
    longest = max((number for _, _, number in rows), default=Decimal(0)) or Decimal(1)
    return [(label, value, (number * 100 / longest).quantize(Decimal("0.1"))) for label, value, number in rows]


_LETTER_STATES = {"已办结": (0, "done"), "办结": (0, "done"), "阶段性办结": (1, "on"), "未办结": (2, "late")}
_VERDICTS = ("属实", "基本属实", "部分属实", "不属实")


def _letter_states(letters: Iterable[LetterRow]) -> list[Part]:
    """How many letters of a batch stand in which state, settled ones first; a letter without a word is 办理中."""
    found = Counter((*_LETTER_STATES.get(letter.status, (3, "none")), letter.status or "办理中") for letter in letters)
    return [(colour, number, word, None) for (_, colour, word), number in sorted(found.items())]


def _letter_words(letters: tuple[int, int, int]) -> str:
    """How the letters of a batch stand, after what else a list says of it; "" where there are none."""
    parts = zip(("已办结", "阶段性办结", "在办"), letters, strict=True)
    return "".join(f" · {word} {number} 件" for word, number in parts if number)


def _letter_verdicts(letters: Iterable[LetterRow]) -> list[tuple[str, int]]:
    found = Counter(letter.verdict for letter in letters if letter.verdict)
    return sorted(found.items(), key=lambda pair: (_VERDICTS.index(pair[0]) if pair[0] in _VERDICTS else 9, pair[0]))


_NUMBER_AND_UNIT = re.compile(r"(?<=\d) (?=[\u4e00-\u9fff])")


def _unbroken(text: str) -> str:
    """A heading whose numbers stay on the line of what they count: 2 人, 6 处."""
    return _NUMBER_AND_UNIT.sub("\u00a0", text)


def _thousands(number: int) -> str:
    return f"{number:,}"


_LONG_NUMBER = re.compile(r"(?<!\d)[1-9]\d{4,}")


def _grouped(number: str) -> str:
    """Decimal text with its thousands marked from 10,000 on; shorter ones stay, for they may be years."""
    whole, point, rest = number.partition(".")
    return _LONG_NUMBER.sub(lambda found: f"{int(found[0]):,}", whole) + point + rest


_TONES: dict[str, str] = {"ok": "", "warn": " warn", "bad": " bad", "plain": " plain"}


def _tone(tone: str) -> str:
    return _TONES[tone]
