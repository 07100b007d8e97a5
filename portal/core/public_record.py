"""PublicRecord: the only shape in which anything leaves the office for the public site.

Here: the record, its parts, canonical JSON, the reading of JSON (strict), the salted commitment the publication log
keeps, and the data dictionary. Not here: who may publish (moderation.publication), how a page looks (portal.site).

How others use it
-----------------
* Make one with keyword arguments: ``PublicRecord(id="zj-2026-03-001", kind="rectification", …, salt=new_salt())``.
  Everything is checked when it is made; a bad value raises ``BadRecord`` with a Chinese sentence naming the field.
* ``record.canonical()`` → bytes (UTF-8, sorted keys, no floats, empty fields left out, one line feed at the end).
  Empty fields are left out so that a field added next year does not change the bytes of this year's records.
* ``PublicRecord.from_json(data)`` reads exactly such bytes back; anything unknown, missing or not canonical is refused.
* ``record.withdrawn(reason=…, on=…, at=…, salt=…)`` → the tombstone: next revision, same address, no words left.
* ``record.commitment()`` → hex digest the log keeps; without the record's salt it says nothing about the words.
* ``DATA_DICTIONARY`` → one row a field, for the open-data page.

Quantities are decimal text ("3.1"), never floats. Prose is Markdown; ``Block(prose="…")`` makes its clean HTML itself.
Pictures and attachments are named ``<sha256 of the bytes>.<ending>`` and lie in the press's media folder.

Kinds (vocabulary.RecordKind; the value is stored and stands in the address):
rectification 整改进展, exposure 曝光案例, accountability 问责结果, letter-batch
信访件办理情况, environment-quality 环境质量通报, notice 公告.
"""

# ruff: noqa: RUF009 - _said() is dataclasses.field(); its arguments are checks, made once, and immutable.
import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, Self, TypeVar, get_args, get_origin, get_type_hints

from portal.core.errors import Mendable
from portal.core.vocabulary import RecordKind

KINDS: dict[str, tuple[str, str]] = {kind.value: (kind.zh, kind.en) for kind in RecordKind}
STATES: dict[str, tuple[str, str]] = {"published": ("已公开", "Published"), "withdrawn": ("已撤回", "Withdrawn")}
TONES: dict[str, tuple[str, str]] = {
    "plain": ("一般", "plain"),
    "ok": ("正常", "on course"),
    "warn": ("注意", "needs attention"),
    "bad": ("严重", "overdue or serious"),
}
PHASES: dict[str, tuple[str, str]] = {"past": ("已发生", "past"), "now": ("当前", "now"), "next": ("下一步", "next")}
SUBJECTS: dict[str, tuple[str, str]] = {"person": ("人", "person"), "unit": ("单位", "unit")}

LONGEST_RECORD = 4_000_000
"""Bytes. A batch of 200 long letters is about 600 kB; more than this is a mistake, not a record."""


class BadRecord(Mendable):
    """The record cannot be published as it is; the message names the field in Chinese."""


Check = Callable[[Any, str], Any]
"""Takes the plain JSON value and the field's path; gives the value the dataclass holds, or raises BadRecord."""

_NOT_PRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def _text(most: int, *, least: int = 0, lines: bool = False, pattern: str = "") -> Check:
    shape = re.compile(pattern) if pattern else None

    def check(value: Any, where: str) -> str:
        if type(value) is not str:
            raise BadRecord(f"{where}：应为文字")
        if not least <= len(value) <= most:
            raise BadRecord(f"{where}：应为 {least} 至 {most} 个字，现为 {len(value)} 个字")
        if _NOT_PRINTABLE.search(value):
            raise BadRecord(f"{where}：含有看不见的控制字符，请删除后重新输入")
        if not lines and "\n" in value:
            raise BadRecord(f"{where}：只能写一行")
        if shape and not shape.fullmatch(value):
            raise BadRecord(f"{where}：格式不符")
        return value

    return check


def _whole(least: int, most: int = 10**9) -> Check:
    def check(value: Any, where: str) -> int:
        if type(value) is not int or not least <= value <= most:
            raise BadRecord(f"{where}：应为 {least} 至 {most} 之间的整数")
        return value

    return check


def _yes_no(value: Any, where: str) -> bool:
    if type(value) is not bool:
        raise BadRecord(f"{where}：应为是或否")
    return value


def _one_of(words: dict[str, tuple[str, str]]) -> Check:
    def check(value: Any, where: str) -> str:
        if value not in words:
            raise BadRecord(f"{where}：应为 {'、'.join(words)} 之一")
        return str(value)  # a Term becomes its plain value: what is read back must equal what was made

    return check


def _day(value: Any, where: str) -> date:
    if type(value) is date:
        return value
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadRecord(f"{where}：应为日期，如 2026-08-01") from None
    if day.isoformat() != value:
        raise BadRecord(f"{where}：应为日期，如 2026-08-01")
    return day


def _moment(value: Any, where: str) -> datetime:
    moment = value if isinstance(value, datetime) else _read_moment(value)
    if moment is None:
        raise BadRecord(f"{where}：应为带时区的时刻，如 2026-08-01T09:30:00+08:00")
    if moment.tzinfo is None or moment.microsecond:
        raise BadRecord(f"{where}：时刻须带时区，精确到秒")
    return moment


def _read_moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.isoformat() == value else None


def _maybe(check: Check) -> Check:
    def checked(value: Any, where: str) -> Any:
        return None if value is None else check(value, where)

    return checked


def _many(check: Check, most: int) -> Check:
    def checked(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)):
            raise BadRecord(f"{where}：应为列表")
        if len(value) > most:
            raise BadRecord(f"{where}：最多 {most} 项，现为 {len(value)} 项")
        return tuple([check(each, where) for each in value])

    return checked


def _part(kind: type["Part"]) -> Check:
    def check(value: Any, where: str) -> Part:
        return value if type(value) is kind else kind.from_plain(value, where)

    return check


def _said(check: Check, label: str, meaning: str, **default: Any) -> Any:
    """A field with its check and its line in the data dictionary."""
    return field(metadata={"check": check, "label": label, "meaning": meaning}, **default)


class Part:
    """What every part of a record can do: check itself, become plain JSON, be read from it."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for name, check, label, _ in _plan(type(self)):
            object.__setattr__(self, name, check(getattr(self, name), label))

    def to_plain(self) -> dict[str, Any]:
        """Strings, whole numbers, lists and dicts; fields equal to their default are left out."""
        plain: dict[str, Any] = {}
        for name, _, _, default in _plan(type(self)):
            value = getattr(self, name)
            if value != default:
                plain[name] = _plain(value)
        return plain

    @classmethod
    def from_plain(cls, value: Any, where: str = "") -> Self:
        if not isinstance(value, dict):
            raise BadRecord(f"{where}：应为一组字段")
        known = _KNOWN.get(cls) or _KNOWN.setdefault(cls, frozenset(row[0] for row in _plan(cls)))
        if not known.issuperset(value):
            raise BadRecord(f"{where}：有不认识的字段 {'、'.join(sorted(set(value) - known))}")
        try:
            return cls(**value)
        except TypeError:
            missing = [row[2] for row in _plan(cls) if row[3] is MISSING and row[0] not in value]
            raise BadRecord(f"{where}：缺少 {'、'.join(missing)}") from None


_PLANS: dict[type, tuple[tuple[str, Check, str, Any], ...]] = {}
_KNOWN: dict[type, frozenset[str]] = {}


def _plan(kind: type) -> tuple[tuple[str, Check, str, Any], ...]:
    plan = _PLANS.get(kind)
    if plan is None:
        plan = _PLANS[kind] = tuple(
            (each.name, each.metadata["check"], f"{LABELS[kind]}{each.metadata['label']}", each.default) for each in fields(kind)
        )
    return plan


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return value.to_plain()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


_DECIMAL = r"-?\d{1,12}(\.\d{1,6})?"
_ANCHOR = r"[a-z][a-z0-9-]{0,63}"
_ID = r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*"
_MEDIA = r"[0-9a-f]{64}\.(jpg|png|webp|pdf|docx|xlsx|txt|csv)"


@dataclass(frozen=True, slots=True)
class Region(Part):
    """行政区划."""

    code: str = _said(_text(12, pattern=r"\d{6}(\d{3})?(\d{3})?"), "区划代码", "GB/T 2260 six digits; nine for a township")
    name: str = _said(_text(40, least=1), "区划名称", "as the office writes it")


@dataclass(frozen=True, slots=True)
class Status(Part):
    """状态: a word, and how serious it is; the word alone must carry the meaning."""

    word: str = _said(_text(20, least=1), "状态", "e.g. 达到序时进度, 逾期, 已销号, 属实")
    tone: str = _said(_one_of(TONES), "状态色调", "plain, ok, warn or bad", default="plain")


@dataclass(frozen=True, slots=True)
class DisclosureCard(Part):
    """政府信息公开卡: the metadata an official page carries (信息公开条例)."""

    index_number: str = _said(_text(60), "索引号", "index number of the disclosure directory", default="")
    catalogue: str = _said(_text(60), "公开目录", "directory heading", default="")
    department: str = _said(_text(60), "责任部门", "department answering for it", default="")
    form: str = _said(_text(20), "公开形式", "e.g. 主动公开", default="")
    document_number: str = _said(_text(60), "文号", "as printed, e.g. 省督改〔2026〕3号", default="")
    made_on: date | None = _said(_maybe(_day), "成文日期", "day the document was made", default=None)
    validity: str = _said(_text(20), "有效性", "e.g. 有效, 已废止", default="")
    abstract: str = _said(_text(300), "概述", "one sentence", default="")


@dataclass(frozen=True, slots=True)
class Fact(Part):
    """One line of the fact box."""

    label: str = _said(_text(20, least=1), "名称", "e.g. 整改目标")
    value: str = _said(_text(2000, least=1, lines=True), "内容", "plain text")


@dataclass(frozen=True, slots=True)
class Figure(Part):
    """A figure printed large."""

    label: str = _said(_text(30, least=1), "名称", "e.g. 优良天数")
    value: str = _said(_text(20, pattern=_DECIMAL), "数值", "decimal text")
    unit: str = _said(_text(12), "单位", "e.g. 天, 万元", default="")
    note: str = _said(_text(80), "说明", "e.g. 同比增加 2 天", default="")


@dataclass(frozen=True, slots=True)
class Progress(Part):
    """A countable piece of work: done of total."""

    label: str = _said(_text(200, least=1), "措施", "e.g. 敷设截污管网")
    done: str = _said(_text(20, pattern=_DECIMAL), "已完成", "decimal text")
    total: str = _said(_text(20, pattern=_DECIMAL), "总数", "decimal text, greater than nought")
    unit: str = _said(_text(12), "单位", "e.g. 处, 公里", default="")
    status: Status | None = _said(_maybe(_part(Status)), "状态", "left out when nothing is to be said", default=None)


@dataclass(frozen=True, slots=True)
class Event(Part):
    """One point of the timeline."""

    on: date = _said(_day, "日期", "day")
    text: str = _said(_text(500, least=1), "事项", "what happened or will happen")
    phase: str = _said(_one_of(PHASES), "阶段", "past, now or next", default="past")


@dataclass(frozen=True, slots=True)
class Bar(Part):
    """One bar of a chart."""

    label: str = _said(_text(30, least=1), "名称", "what the bar stands for")
    value: str = _said(_text(20, pattern=r"\d{1,12}(\.\d{1,6})?"), "数值", "decimal text, not negative")


@dataclass(frozen=True, slots=True)
class Block(Part):
    """One block of a section: exactly one of prose, table (header and rows), chart (bars) or picture (file)."""

    prose: str = _said(_text(20_000, lines=True), "正文", "Markdown", default="")
    html: str = _said(_text(80_000, lines=True), "正文网页", "the prose as clean HTML, made with the block", default="")
    caption: str = _said(_text(200), "题注", "of the table, chart or picture", default="")
    header: tuple[str, ...] = _said(_many(_text(60), 30), "表头", "column heads of a table", default=())
    rows: tuple[tuple[str, ...], ...] = _said(
        _many(_many(_text(4000, lines=True), 30), 5000), "表格行", "cells as text, one for each column head", default=()
    )
    bars: tuple[Bar, ...] = _said(_many(_part(Bar), 60), "图表数据", "bars of a chart; shown as chart and table", default=())
    unit: str = _said(_text(12), "单位", "of the chart's values", default="")
    file: str = _said(_text(80, pattern=f"({_MEDIA})?"), "图片", "picture: sha256 of its bytes and ending", default="")
    alt: str = _said(_text(300), "替代文字", "what the picture shows, for those who do not see it", default="")
    width: int = _said(_whole(0, 20_000), "宽", "pixels", default=0)
    height: int = _said(_whole(0, 20_000), "高", "pixels", default=0)

    def __post_init__(self) -> None:
        Part.__post_init__(self)
        if self.prose or self.html:
            object.__setattr__(self, "html", _clean_html(self.prose, self.html))
        if sum(map(bool, (self.prose, self.header, self.bars, self.file))) != 1:
            raise BadRecord("内容块：正文、表格、图表、图片四者只能有一种")
        if any(len(row) != len(self.header) for row in self.rows):
            raise BadRecord("表格：每行的格数应与表头相同")
        if self.file and not self.alt.strip():
            raise BadRecord("图片：请写替代文字，说明图片上是什么")


def _clean_html(prose: str, html: str) -> str:
    """The HTML of the prose; HTML that came along is only checked.

    It is kept in the record so that a page can be rendered again, byte for byte, with next year's Markdown library.
    """
    # Imported here: the intake, which never makes a record, must not load two HTML cleaners.
    from portal.core import sanitize

    if not html:
        return sanitize.prose_html(prose)
    if not prose or not sanitize.is_clean(html):
        raise BadRecord("正文：网页内容未经清洗")
    return html


@dataclass(frozen=True, slots=True)
class Section(Part):
    """A headed part of the page."""

    anchor: str = _said(_text(64, pattern=_ANCHOR), "锚点", "stable id of the heading, unique in the record")
    heading: str = _said(_text(60, least=1), "小标题", "heading")
    blocks: tuple[Block, ...] = _said(_many(_part(Block), 200), "内容块", "in order", default=())


@dataclass(frozen=True, slots=True)
class LetterRow(Part):
    """One letter of a 信访件 batch: the columns of the official table. Empty columns are normal before handling."""

    problem: str = _said(_text(4000, least=1, lines=True), "交办问题基本情况", "the office's own words, never the writer's")
    number: str = _said(_text(60), "受理编号", "as handed down; never parsed here", default="")
    region: str = _said(_text(60), "行政区域", "several joined by 、", default="")
    pollution: str = _said(_text(60), "污染类型", "several joined by 、", default="")
    finding: str = _said(_text(8000, lines=True), "调查核实情况", "what was found", default="")
    verdict: str = _said(_text(20), "是否属实", "属实, 基本属实, 部分属实, 不属实", default="")
    target: str = _said(_text(2000, lines=True), "办结目标", "what counts as done", default="")
    handling: str = _said(_text(8000, lines=True), "处理和整改情况", "what was done", default="")
    status: str = _said(_text(20), "是否办结", "已办结, 阶段性办结, 未办结", default="")
    accountability: str = _said(_text(2000, lines=True), "责任人被处理情况", "measures against persons", default="")
    unit: str = _said(_text(200), "承办单位", "several joined by 、", default="")
    key: bool = _said(_yes_no, "重点件", "marked as key letter", default=False)


@dataclass(frozen=True, slots=True)
class HeldToAccount(Part):
    """One line of an accountability result."""

    subject: str = _said(_one_of(SUBJECTS), "对象类别", "person or unit")
    who: str = _said(_text(200, least=1), "对象", "office held, or the name when it may be published")
    measure: str = _said(_text(60, least=1), "处理", "e.g. 诫勉, 通报批评")
    count: int = _said(_whole(1, 100_000), "数量", "how many persons or units", default=1)
    clause: str = _said(_text(200), "依据", "article and paragraph", default="")


@dataclass(frozen=True, slots=True)
class NoticePeriod(Part):
    """公示期."""

    first_on: date = _said(_day, "公示起", "first day, included")
    last_on: date = _said(_day, "公示止", "last day, included")
    objections: str = _said(_text(500, lines=True), "如何提出异议", "how and where to object", default="")

    def __post_init__(self) -> None:
        Part.__post_init__(self)
        if self.last_on < self.first_on:
            raise BadRecord("公示期：最后一天早于第一天")


@dataclass(frozen=True, slots=True)
class Related(Part):
    """A link to another record."""

    kind: str = _said(_one_of(KINDS), "类别", "kind of the other record")
    id: str = _said(_text(64, pattern=_ID), "编号", "id of the other record")
    label: str = _said(_text(120, least=1), "名称", "words of the link")
    anchor: str = _said(_text(64, pattern=f"({_ANCHOR})?"), "锚点", "place in the other record, may be empty", default="")


@dataclass(frozen=True, slots=True)
class Attachment(Part):
    """A file to download."""

    file: str = _said(_text(80, pattern=_MEDIA), "文件", "sha256 of its bytes and ending")
    label: str = _said(_text(120, least=1), "名称", "words of the link")
    size: int = _said(_whole(1), "大小", "bytes")


@dataclass(frozen=True, slots=True)
class Version(Part):
    """An earlier revision of the record, for the page's list of versions."""

    revision: int = _said(_whole(1, 1_000_000), "版本", "number of the revision")
    published_on: date = _said(_day, "公开日期", "day it was published")
    reason: str = _said(_text(300), "更正说明", "why it differed from the one before; empty for the first", default="")


@dataclass(frozen=True, slots=True)
class PublicRecord(Part):
    """One published thing at one revision. Its id is permanent and becomes its address."""

    id: str = _said(_text(64, pattern=_ID), "编号", "permanent; small letters, digits and hyphens, with a letter; the address")
    kind: str = _said(_one_of(KINDS), "类别", "one of six kinds")
    revision: int = _said(_whole(1, 1_000_000), "版本", "1, 2, 3 …: each change is a new revision")
    title: str = _said(_text(120), "标题", "empty only in a withdrawn record")
    region: Region = _said(_part(Region), "行政区划", "the list by region it stands in")
    unit: str = _said(_text(60, least=1), "责任单位", "the list by unit it stands in; a public body")
    first_published_on: date = _said(_day, "首次公开日期", "day of revision 1; its year is the list by year it stands in")
    published_on: date = _said(_day, "公开日期", "day of this revision")
    updated_at: datetime = _said(_moment, "更新时间", "moment of this revision, with zone, whole seconds")
    salt: str = _said(
        _text(64, pattern=r"[0-9a-f]{32,64}"), "盐值", "random for each revision; needed to check the log's commitment"
    )
    state: str = _said(_one_of(STATES), "公开状态", "published or withdrawn", default="published")
    status: Status | None = _said(_maybe(_part(Status)), "状态", "state of the matter, e.g. 达到序时进度", default=None)
    summary: str = _said(_text(300), "摘要", "one or two sentences for lists and feeds", default="")
    programme: str = _said(_text(60), "督察轮次", "e.g. 2026 年省级督察", default="")
    item_number: str = _said(_text(30), "项号", "e.g. 第 2 项, 第 9 批", default="")
    due_on: date | None = _said(_maybe(_day), "期限", "last day", default=None)
    due_words: str = _said(_text(60), "期限说明", "e.g. 长期坚持; beside or instead of a day", default="")
    source: str = _said(_text(200), "来源", "where the matter comes from", default="")
    basis: tuple[str, ...] = _said(_many(_text(200, least=1), 30), "依据", "clauses", default=())
    card: DisclosureCard | None = _said(_maybe(_part(DisclosureCard)), "信息公开卡", "official metadata", default=None)
    facts: tuple[Fact, ...] = _said(_many(_part(Fact), 60), "要点", "the fact box", default=())
    figures: tuple[Figure, ...] = _said(_many(_part(Figure), 24), "关键数字", "printed large", default=())
    progress: tuple[Progress, ...] = _said(_many(_part(Progress), 200), "进展", "the first is the headline", default=())
    timeline: tuple[Event, ...] = _said(_many(_part(Event), 500), "过程", "newest first", default=())
    held: tuple[HeldToAccount, ...] = _said(_many(_part(HeldToAccount), 500), "问责情况", "measures taken", default=())
    letters: tuple[LetterRow, ...] = _said(_many(_part(LetterRow), 2000), "信访件", "rows of a batch", default=())
    sections: tuple[Section, ...] = _said(_many(_part(Section), 60), "正文各节", "prose, tables, charts, pictures", default=())
    notice: NoticePeriod | None = _said(_maybe(_part(NoticePeriod)), "公示", "period of public notice", default=None)
    related: tuple[Related, ...] = _said(_many(_part(Related), 60), "相关", "links to other records", default=())
    attachments: tuple[Attachment, ...] = _said(_many(_part(Attachment), 30), "附件", "files to download", default=())
    change_reason: str = _said(_text(300), "更正说明", "why this revision differs from the one before", default="")
    history: tuple[Version, ...] = _said(_many(_part(Version), 5000), "历次版本", "earlier revisions, oldest first", default=())
    withdrawal_reason: str = _said(_text(300), "撤回说明", "why it was withdrawn; public", default="")
    withdrawn_on: date | None = _said(_maybe(_day), "撤回日期", "day of withdrawal", default=None)

    def __post_init__(self) -> None:
        Part.__post_init__(self)
        _require_consistent(self)

    @property
    def is_withdrawn(self) -> bool:
        return self.state == "withdrawn"

    @property
    def path(self) -> str:
        """Address below the site's root, with a slash at the end: records/letter-batch/…/."""
        return f"records/{self.kind}/{self.id}/"

    def canonical(self) -> bytes:
        return canonical_json(self.to_plain())

    def commitment(self) -> str:
        """SHA-256 (hex) of the canonical bytes, which hold 128 random bits of salt: ``sha256sum record.json`` checks it.

        Without the salt the digest tells nothing about the words, so the log need not forget when a record is withdrawn.
        """
        return commitment(self.canonical())

    def media(self) -> tuple[str, ...]:
        """Names of the files the page shows or offers, each once, in order."""
        pictures = (block.file for section in self.sections for block in section.blocks if block.file)
        return tuple(dict.fromkeys((*pictures, *(each.file for each in self.attachments))))

    def withdrawn(self, *, reason: str, at: datetime, salt: str) -> "PublicRecord":
        """The tombstone that takes this record's place. Keeps the address and the slots in lists, no other word.

        Source: 行政处罚法 第四十八条、第八十五条 (a quashed penalty is taken down within three working days, with the reason).
        """
        return PublicRecord(
            id=self.id,
            kind=self.kind,
            revision=self.revision + 1,
            state="withdrawn",
            title="",
            region=self.region,
            unit=self.unit,
            status=self.status,
            first_published_on=self.first_published_on,
            published_on=at.date(),
            updated_at=at,
            withdrawn_on=at.date(),
            withdrawal_reason=reason,
            salt=salt,
        )

    def revised(self, *, reason: str, at: datetime, salt: str, **changes: Any) -> "PublicRecord":
        """The next revision, saying publicly why it differs."""
        return replace(
            self,
            revision=self.revision + 1,
            published_on=at.date(),
            updated_at=at,
            change_reason=reason,
            history=(*self.history, Version(self.revision, self.published_on, self.change_reason)),
            salt=salt,
            **changes,
        )

    @classmethod
    def from_logged(cls, data: bytes) -> "PublicRecord":
        """Reads bytes whose commitment stands in the log: they were checked then, so nothing is checked again (4× quicker)."""
        return load(cls, json.loads(data))

    @classmethod
    def from_json(cls, data: bytes) -> "PublicRecord":
        """Reads canonical bytes. Refuses unknown fields, bad values, and bytes that are not the canonical ones."""
        record = cls.from_plain(parse_json(data), "")
        if record.canonical() != data:
            raise BadRecord("记录文件不是规范格式（键的顺序、空格或空字段不对）")
        return record


_WORDS = (
    *("title", "summary", "source", "basis", "facts", "figures", "progress", "timeline"),
    *("held", "letters", "sections", "attachments", "history"),
)
"""Fields that hold words of the matter: empty in a withdrawn record."""


def _require_consistent(record: PublicRecord) -> None:
    if record.is_withdrawn:
        if not record.withdrawal_reason or record.withdrawn_on is None:
            raise BadRecord("撤回：请写明公开的撤回原因和日期")
        if any(getattr(record, name) for name in _WORDS):
            raise BadRecord("撤回：撤回的记录不能再带标题或内容")
    elif not record.title.strip():
        raise BadRecord("标题：请填写标题")
    if record.published_on < record.first_published_on:
        raise BadRecord("公开日期：早于首次公开日期")
    anchors = [section.anchor for section in record.sections]
    if len(set(anchors)) != len(anchors):
        raise BadRecord("正文各节：锚点重复")


P = TypeVar("P", bound=Part)
Load = Callable[[Any], Any]
Put = Callable[[Any, Any], None]
_LOADS: dict[type, Load] = {}


def load(kind: type[P], plain: dict[str, Any]) -> P:
    """A part from plain JSON, unchecked. Only for bytes that were checked before."""
    made: P = _load_of(kind)(plain)
    return made


def _load_of(kind: Any) -> Load:
    return _LOADS.get(kind) or _LOADS.setdefault(kind, _make_load(kind))


def _make_load(kind: Any) -> Load:
    """A function for one kind of part: 25 of them make a record, a hundred thousand records a site.

    Values are put by the slots' own setters, in half the time of object.__setattr__.
    """
    new = object.__new__
    hints = get_type_hints(kind)
    plainly: list[tuple[Put, str, Any]] = []
    read: list[tuple[Put, str, Load, Any]] = []
    for each in fields(kind):
        put, reader = getattr(kind, each.name).__set__, _loader(hints[each.name])
        default = None if each.default is MISSING else each.default
        if reader is None:
            plainly.append((put, each.name, default))
        else:
            read.append((put, each.name, reader, default))

    def made(plain: dict[str, Any]) -> Any:
        part, get = new(kind), plain.get
        for put, name, default in plainly:
            put(part, get(name, default))
        for put, name, reader, default in read:
            value = get(name)
            put(part, default if value is None else reader(value))
        return part

    return made


def _loader(hint: Any) -> Load | None:
    """How a JSON value becomes a value of this type; None: it already is one."""
    inner = get_args(hint)
    if get_origin(hint) is tuple:
        each = _loader(inner[0])
        return tuple if each is None else lambda values: tuple([each(value) for value in values])
    if inner:
        return _loader(inner[0])
    if hint is datetime or hint is date:
        return hint.fromisoformat
    if issubclass(hint, Part):
        return _load_of(hint)
    return None


LABELS: dict[type, str] = {
    Region: "行政区划·",
    Status: "状态·",
    DisclosureCard: "信息公开卡·",
    Fact: "要点·",
    Figure: "关键数字·",
    Progress: "进展·",
    Event: "过程·",
    Bar: "图表·",
    Block: "内容块·",
    Section: "正文·",
    LetterRow: "信访件·",
    HeldToAccount: "问责·",
    NoticePeriod: "公示·",
    Related: "相关·",
    Attachment: "附件·",
    Version: "版本·",
    PublicRecord: "",
}


@dataclass(frozen=True, slots=True)
class DictionaryRow:
    """One line of the data dictionary."""

    part: str
    name: str
    label: str
    meaning: str
    required: bool


def _dictionary() -> tuple[DictionaryRow, ...]:
    return tuple(
        DictionaryRow(kind.__name__, each.name, each.metadata["label"], each.metadata["meaning"], each.default is MISSING)
        for kind in reversed(LABELS)
        for each in fields(kind)
    )


DATA_DICTIONARY: tuple[DictionaryRow, ...] = _dictionary()


def canonical_json(plain: dict[str, Any]) -> bytes:
    """UTF-8, sorted keys, no spaces, no floats, one line feed at the end."""
    return (json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _no_floats(text: str) -> Any:
    raise BadRecord(f"数值 {text}：小数请用文字写，不用浮点数")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) != len(pairs):
        raise BadRecord("同一字段出现两次")
    return plain


def parse_json(data: bytes) -> Any:
    """JSON without floats, without repeated keys, not longer than LONGEST_RECORD."""
    if len(data) > LONGEST_RECORD:
        raise BadRecord(f"记录文件过大：{len(data)} 字节")
    try:
        return json.loads(data, parse_float=_no_floats, parse_constant=_no_floats, object_pairs_hook=_no_repeats)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise BadRecord("记录文件不是有效的 JSON") from None


def commitment(canonical: bytes) -> str:
    """What the log keeps of a record: SHA-256 (hex) of its canonical bytes, salt included."""
    return hashlib.sha256(canonical).hexdigest()


def new_salt() -> str:
    """128 random bits, hex. One for each revision, never used again."""
    return secrets.token_hex(16)
