"""What the pages of the publication desk print: values ready for the template."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.publication import duties, exceptions, leak_guard, lists, pictures, remarks, wording
from moderation.publication.difference import place_of
from moderation.publication.disclosures import CHECKLIST, REVIEWING, Disclosure, PressItem, Question, Review, machine
from moderation.publication.exceptions import DECIDERS, ExceptionState, LeakException
from moderation.publication.exports import EXPORTS, Export
from moderation.publication.fields import CARD_BOXES, LINE_BOXES, LIST_BOXES, MAIN_BOXES, NOTICE_BOXES
from moderation.publication.leak_guard import Finding
from moderation.publication.machine import TWO_REVIEWS, DisclosureState
from moderation.publication.wording import Slip
from moderation.staff import SignedIn, StaffMember
from portal.core.calendar import Deadline
from portal.core.clock import SHANGHAI, spoken_day
from portal.core.errors import Mendable, Refusal
from portal.core.regions import RegionTree
from portal.core.vocabulary import RecordKind, Role
from portal.web.fields import PlainField

VERB_LABELS = {
    "hand_in": "送脱敏核对",
    "redacted": "核对完毕，送审",
    "pass": "通过",
    "sign": "签发",
    "send_back": "退回",
    "publish": "发布",
    "correct": "更正",
    "withdraw": "撤回",
    "take_back": "撤销上一步",
}
_ANSWERS = (("none", "没有"), ("removed", "有，已删改"), ("found", "有，还没有处理"))
_SOON_DAYS = 3
_TONES = {DisclosureState.PUBLISHED: "", DisclosureState.WITHDRAWN: "bad"}
_MAY_SCHEDULE = frozenset({Role.DRAFTER, Role.PUBLISHER})
_MAY_ASK = frozenset({Role.DRAFTER, Role.REVIEWER, Role.SIGNATORY, Role.PUBLISHER})
BODY_HINT = "“## 小标题”开始一节；表格写在 [表] 和 [/表] 之间，格用｜隔开"


@dataclass(frozen=True)
class Row:
    """One line of a list."""

    id: str
    title: str
    kind: str
    state: str
    tone: str
    due: str
    due_class: str
    held: bool


def list_rows(found: list[Disclosure], today: date, down: Mapping[str, Deadline]) -> tuple[Row, ...]:
    """Lines for the list, late ones marked in words and class. ``down``: last days of those that must come down."""
    return tuple(_row(disclosure, today, down.get(disclosure.id)) for disclosure in found)


def _row(disclosure: Disclosure, today: date, down: Deadline | None = None) -> Row:
    open_still = disclosure.state not in (DisclosureState.PUBLISHED, DisclosureState.WITHDRAWN)
    left = (disclosure.due_on - today).days
    late = open_still and left < 0
    due = f"超期 {-left} 天" if late else f"{spoken_day(disclosure.due_on)}前" if open_still else "—"
    css = "over" if late else "soon" if open_still and left <= _SOON_DAYS else ""
    if down is not None:
        due, css = f"{spoken_day(down.due_on)}前撤下", "over"
    return Row(
        disclosure.id,
        disclosure.title,
        disclosure.kind.zh,
        disclosure.state.zh,
        _TONES.get(disclosure.state, "warn"),
        due,
        css,
        bool(disclosure.leak_notice or disclosure.held_rows),
    )


@dataclass(frozen=True)
class BulkChoice:
    """A step that may be taken for many rows at once."""

    verb: str
    label: str

    @classmethod
    def for_roles(cls, roles: frozenset[Role]) -> tuple[BulkChoice, ...]:
        """What this person could do to many."""
        by_role = (
            (
                Role.DRAFTER,
                (("clear", "清单四项都没有"), ("hand_in", VERB_LABELS["hand_in"]), ("redacted", VERB_LABELS["redacted"])),
            ),
            (Role.REVIEWER, (("pass", VERB_LABELS["pass"]),)),
            (Role.SIGNATORY, (("sign", VERB_LABELS["sign"]),)),
            (Role.PUBLISHER, (("publish", VERB_LABELS["publish"]),)),
        )
        return tuple(cls(verb, label) for role, verbs in by_role if role in roles for verb, label in verbs)


@dataclass(frozen=True)
class EditView:
    """The form: boxes in order, what went wrong, and the way back."""

    kind: str
    kind_label: str
    identity: str
    seen: int
    main: tuple[PlainField, ...]
    more: tuple[PlainField, ...]
    hints: Mapping[str, str]
    fault: str
    clause: str | None


def _field(name: str, label: str, boxes: Mapping[str, str], fault: Refusal | None) -> PlainField:
    wrong = isinstance(fault, Mendable) and fault.field == name
    return PlainField(name, label, boxes.get(name, ""), errors=(fault.reason,) if wrong and fault else ())


def edit_view(
    kind: str,
    boxes: Mapping[str, str],
    regions: RegionTree,
    unit: str,
    *,
    disclosure: Disclosure | None = None,
    fault: Refusal | None = None,
) -> EditView:
    """The form for a kind, filled from ``boxes``."""
    filled = {"unit": unit, "status_tone": "plain", **boxes}
    codes = tuple((code, regions.full_name(code)) for code in sorted(regions.by_code))
    region = PlainField("region_code", "行政区划", filled.get("region_code", ""), options=codes)
    lists = {box.name: _field(box.name, box.label, filled, fault) for box in LIST_BOXES}
    lists["body"] = _field("body", "正文", filled, fault)
    lines = [_field(name, label, filled, fault) for name, label in LINE_BOXES]
    head = (*lines[:3], region, *(lists[name] for name in MAIN_BOXES[kind]))
    tones = PlainField(
        "status_tone",
        "状态色调",
        filled["status_tone"],
        options=(("plain", "一般"), ("ok", "正常"), ("warn", "注意"), ("bad", "严重")),
    )
    rest = (
        *(_field(f"status_{part}", label, filled, fault) for part, label in (("word", "状态"),)),
        tones,
        *lines[3:],
        *(field for name, field in lists.items() if name not in MAIN_BOXES[kind]),
        _field("basis", "依据（一行一条）", filled, fault),
        _field("persons", "可以公开的姓名（一行一个）", filled, fault),
        *(_field(f"notice_{name}", label, filled, fault) for name, label in NOTICE_BOXES),
        *(_field(f"card_{name}", label, filled, fault) for name, label in CARD_BOXES),
    )
    hints = {box.name: f"一行一条：{box.hint}" for box in LIST_BOXES} | {
        "body": "“## 小标题”开始一节；表格写在 [表] 和 [/表] 之间，格用｜隔开"
    }
    return EditView(
        kind,
        RecordKind(kind).zh,  # type: ignore[call-arg]
        disclosure.id if disclosure else "",
        disclosure.version if disclosure else 0,
        head,
        rest,
        hints,
        fault.reason if fault else "",
        fault.clause if fault else None,
    )


@dataclass(frozen=True)
class Offered:
    """A button: verb, label, and what must be written with it."""

    verb: str
    label: str
    text: str


@dataclass(frozen=True)
class ReviewLine:
    """One review as the page prints it. ``counts``: it was given to the text as it is now. ``scan``: its id, if given on paper."""

    stage: str
    who: str
    passed: bool
    remarks: str
    when: str
    notes: tuple[str, ...]
    counts: bool
    scan: str


@dataclass(frozen=True)
class AskedException:
    """One request as a page prints it."""

    id: str
    disclosure_id: str
    title: str
    words: str
    reason: str
    state: str
    tone: str
    asked: str
    decided: str
    why: str
    may_decide: bool


def shown(asked: LeakException, title: str, person: SignedIn, names: Mapping[str, str]) -> AskedException:
    """A request with names instead of ids. Who asked does not decide."""
    tones = {ExceptionState.GRANTED: "", ExceptionState.REFUSED: "bad", ExceptionState.ASKED: "warn"}
    decided = ""
    if asked.decided_at is not None and asked.decided_by:
        decided = f"{names.get(asked.decided_by, asked.decided_by)} {asked.decided_at.astimezone(SHANGHAI):%m月%d日 %H:%M}"
    return AskedException(
        asked.id, asked.disclosure_id, title, asked.words, asked.reason, asked.state.zh, tones.get(asked.state, "plain"),
        f"{names.get(asked.asked_by, asked.asked_by)} {asked.asked_at.astimezone(SHANGHAI):%m月%d日 %H:%M}", decided,
        asked.decided_why,
        asked.state is ExceptionState.ASKED and asked.asked_by != person.id and bool(DECIDERS & person.roles),
    )  # fmt: skip


@dataclass(frozen=True)
class Duty:
    """The day the law sets this text, how it was counted, and by which clauses. ``label``: to publish it, or to take it down."""

    label: str
    due: str
    due_class: str
    arithmetic: str
    basis: str
    provisional: bool


def _duty(disclosure: Disclosure, today: date, down: Deadline | None) -> Duty:
    row = _row(disclosure, today, down)
    if down is not None:
        rule = duties.rule_of(duties.TAKE_DOWN, today)
        return Duty("撤下期限", row.due, row.due_class, down.arithmetic, rule.basis, down.provisional)
    rule = duties.rule_of(duties.PUBLISH, disclosure.made_on)
    return Duty("公开期限", row.due, row.due_class, disclosure.due_arithmetic, rule.basis, disclosure.due_provisional)


@dataclass(frozen=True)
class ShownDisclosure:
    """Everything the page of a disclosure prints."""

    disclosure: Disclosure
    kind: str
    state: str
    tone: str
    duty: Duty
    offered: tuple[Offered, ...]
    may_edit: bool
    may_remark: bool
    all_remarks: int
    open_remarks: int
    questions: tuple[tuple[Question, str], ...]
    answers: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    slips: tuple[Slip, ...]
    exceptions: tuple[AskedException, ...]
    held_words: tuple[str, ...]
    may_ask: bool
    reviews: tuple[ReviewLine, ...]
    may_schedule: bool
    history: tuple[tuple[str, str, str, str], ...]
    signers: tuple[tuple[str, str], ...]
    press_failure: str
    live_address: str
    compared: bool
    deputies: tuple[tuple[str, str], ...]
    held_rows: str
    reviews_needed: str
    publish_at: str
    publish_at_value: str
    exports: Mapping[str, Export] = field(default_factory=lambda: EXPORTS)
    accept: str = pictures.ACCEPT
    place_of: Callable[[str], str] = place_of


def disclosure_view(session: Session, disclosure: Disclosure, person: SignedIn, today: date) -> ShownDisclosure:
    """Gathers what the page shows, names instead of ids."""
    names = {row.id: row.name for row in session.execute(select(StaffMember.id, StaffMember.name))}
    down = lists.take_downs(session, [disclosure]).get(disclosure.id)
    answered = json.loads(disclosure.checklist)
    steps = machine(session).offered(disclosure, person)
    plain, held = disclosure.fields(), tuple(leak_guard.standing(session, disclosure))
    asked = exceptions.of_disclosure(session, disclosure)
    waiting = {each.words for each in asked if each.state is ExceptionState.ASKED}
    return ShownDisclosure(
        disclosure=disclosure,
        kind=disclosure.kind.zh,
        state=disclosure.state.zh,
        tone=_TONES.get(disclosure.state, "warn"),
        duty=_duty(disclosure, today, down),
        offered=tuple(Offered(each.verb, VERB_LABELS[each.verb], each.text or "") for each in steps),
        may_edit=disclosure.state in (DisclosureState.DRAFTING, DisclosureState.REDACTION) and Role.DRAFTER in person.roles,
        may_remark=remarks.may_remark(disclosure, person),
        all_remarks=len(disclosure.notes),
        open_remarks=disclosure.open_remarks,
        questions=tuple((question, answered.get(question.id, {}).get("answer", "")) for question in CHECKLIST),
        answers=_ANSWERS,
        findings=held,
        slips=tuple(wording.slips(plain, wording.own_forms(session))),
        exceptions=tuple(shown(each, disclosure.title, person, names) for each in asked),
        held_words=tuple(dict.fromkeys(each.words for each in held if each.words not in waiting)),
        may_ask=bool(_MAY_ASK & person.roles),
        reviews=_reviews(disclosure, names),
        may_schedule=disclosure.state is DisclosureState.SIGNED and bool(_MAY_SCHEDULE & person.roles),
        history=_history(disclosure, names),
        signers=_signers(session, disclosure),
        press_failure=_press_failure(session, disclosure),
        live_address=f"records/{disclosure.kind.value}/{disclosure.id}/",
        compared=disclosure.compared_version == disclosure.version,
        deputies=tuple(signer for signer in _signers(session, disclosure) if signer[0] != person.id),
        held_rows="、".join(str(int(number) + 1) for number in disclosure.held_rows.split()),
        reviews_needed="两审（本单位的设置）" if machine(session) is TWO_REVIEWS else "三审",
        publish_at=f"{disclosure.publish_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if disclosure.publish_at else "",
        publish_at_value=f"{disclosure.publish_at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}" if disclosure.publish_at else "",
    )


def _reviews(disclosure: Disclosure, names: Mapping[str, str]) -> tuple[ReviewLine, ...]:
    """Those of this round first: what was passed before a return or a correction says nothing about the text of today."""

    def notes(review: Review) -> tuple[str, ...]:
        said = [f"纸面签字，{names.get(review.entered_by, review.entered_by)}录入"] if review.entered_by else []
        said += [f"代{names.get(review.deputy_for, review.deputy_for)}审"] if review.deputy_for else []
        return (*said, "本人撤销") if review.taken_back_at else tuple(said)

    this_round = disclosure.round
    lines = tuple(
        ReviewLine(
            review.stage.zh, names.get(review.by, review.by), review.passed, review.remarks,
            f"{review.at.astimezone(SHANGHAI):%m月%d日 %H:%M}", notes(review),
            review.round == this_round and review.taken_back_at is None, review.id if review.paper_evidence else "",
        )
        for review in disclosure.reviews
    )  # fmt: skip
    return tuple(sorted(lines, key=lambda line: not line.counts))


def _history(disclosure: Disclosure, names: Mapping[str, str]) -> tuple[tuple[str, str, str, str], ...]:
    return tuple(
        (
            f"{line.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            names.get(line.by, line.by),
            VERB_LABELS.get(line.verb, line.verb),
            line.text,
        )
        for line in reversed(disclosure.history)
    )


def _signers(session: Session, disclosure: Disclosure) -> tuple[tuple[str, str], ...]:
    if disclosure.state not in REVIEWING:
        return ()
    wanted = Role.SIGNATORY if disclosure.state is DisclosureState.FINAL_REVIEW else Role.REVIEWER
    members = session.scalars(select(StaffMember).where(StaffMember.disabled_at.is_(None)).order_by(StaffMember.name))
    return tuple((member.id, member.name) for member in members if wanted in member.roles and member.id != disclosure.drafted_by)


def _press_failure(session: Session, disclosure: Disclosure) -> str:
    found = select(PressItem.failure).where(PressItem.disclosure_id == disclosure.id, PressItem.pressed_at.is_(None))
    return next(filter(None, session.scalars(found)), "")
