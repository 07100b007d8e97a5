"""What can be done to a letter on its page, as a table: verb, words, fields, and the call. One form serves them all.

Whether a person may do it now is asked of the machine (roles, state, guards), not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from moderation.casework import answers, assignment, barring, duplicates, handling, letter_lists, messages, review, screening
from moderation.casework.guards import LETTER, units_below
from moderation.casework.letters import Letter, LetterBar, RefusalKind
from moderation.casework.machine import LetterState
from moderation.casework.review import CHECKLIST, OnSite
from moderation.staff import SignedIn, StaffMember, Unit
from portal.core.errors import Mendable
from portal.core.vocabulary import Role
from portal.web.fields import PlainField

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ActWork:
    """One act under way: everything a call needs. ``key`` is the guard key of letters."""

    session: Session
    letter: Letter
    form: MultiDict[str, str]
    by: SignedIn
    at: datetime
    key: bytes

    def text(self, name: str) -> str:
        """What was typed, without blanks around it."""
        return (self.form.get(name) or "").strip()


@dataclass(frozen=True)
class Ask:
    """One field of an act's form. ``kind``: text, line, select, check or checklist. ``options``: what a select offers."""

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    optional: bool = False
    options: Callable[[Session, Letter, SignedIn], Options] | None = None
    initial: Callable[[Session, Letter], str] | None = None


@dataclass(frozen=True)
class Act:
    """One act. ``verb`` None: no step of the machine, but ``roles`` may do it in ``states``. ``page``: it has a page of its own."""

    slug: str
    label: str
    run: Callable[[ActWork], object]
    verb: str | None = None
    asks: tuple[Ask, ...] = ()
    key: str = ""
    quiet: bool = True
    explained: str = ""
    roles: frozenset[Role] = frozenset()
    states: frozenset[LetterState] = frozenset()
    suits: Callable[[Letter], bool] = lambda _letter: True
    page: str = ""

    def offered(self, letter: Letter, by: SignedIn, verbs: frozenset[str]) -> bool:
        """Whether the page offers it to this person now."""
        if not self.suits(letter):
            return False
        if self.verb is not None:
            return self.verb in verbs
        return bool(self.roles & by.roles) and (not self.states or letter.state in self.states)


# ---- options ----


def _units(session: Session, letter: Letter, _person: SignedIn) -> Options:
    return tuple((unit.id, unit.name) for unit in assignment.may_handle(session, letter) if unit.kind != "office")


def _joint_units(session: Session, letter: Letter, person: SignedIn) -> Options:
    return (("", "没有"), *_units(session, letter, person))


def _units_below(session: Session, letter: Letter, person: SignedIn) -> Options:
    may = {unit.id for unit in assignment.may_handle(session, letter)}
    return tuple((unit.id, unit.name) for unit in units_below(session, person.unit_id) if unit.id in may)


def _suggested_unit(session: Session, letter: Letter) -> str:
    unit = assignment.suggestion(session, letter).unit
    return unit.id if unit else ""


def _why_suggested(session: Session, letter: Letter) -> str:
    return "\n".join(assignment.suggestion(session, letter).trace)


def _templates(*kinds: str) -> Callable[[Session, Letter, SignedIn], Options]:
    def options(_session: Session, _letter: Letter, _person: SignedIn) -> Options:
        return tuple((template.code, template.title) for template in answers.of_kind(*kinds))

    return options


def _first_body(kind: str) -> Callable[[Session, Letter], str]:
    return lambda _session, _letter: answers.of_kind(kind)[0].body


def _files_to_send(session: Session, letter: Letter, _person: SignedIn) -> Options:
    return (("", "不附"), *((row.id, row.name) for row in messages.files_to_send(session, letter)))


def _possible_leads(session: Session, letter: Letter, person: SignedIn) -> Options:
    found = duplicates.candidates(session, letter, person)
    return tuple((c.letter.id, f"{c.letter.spoken_number}（{c.letter.state.zh}）：{'，'.join(c.why)}") for c in found)


def _bars(session: Session, letter: Letter, _person: SignedIn) -> Options:
    rows = session.execute(
        select(LetterBar, StaffMember.name, Unit.name)
        .outerjoin(StaffMember, StaffMember.id == LetterBar.staff_id)
        .outerjoin(Unit, Unit.id == LetterBar.unit_id)
        .where(LetterBar.letter_id == letter.id, LetterBar.reason.in_(barring.LIFTABLE))
    )
    return tuple((bar.id, f"{person or unit}：{bar.reason.zh}") for bar, person, unit in rows)


def _who(session: Session, _letter: Letter, _person: SignedIn) -> Options:
    """Units and people at work, to be kept out of a letter."""
    units = session.scalars(select(Unit).where(Unit.kind != "company").order_by(Unit.name))
    people = session.scalars(select(StaffMember).where(StaffMember.disabled_at.is_(None)).order_by(StaffMember.name))
    return (*((f"unit:{unit.id}", unit.name) for unit in units), *((f"staff:{each.id}", each.name) for each in people))


def _passed(_session: Session, _letter: Letter, _person: SignedIn) -> Options:
    return (("no", "未通过"), ("yes", "通过"))


# ---- calls ----


def _propose(kind: RefusalKind) -> Callable[[ActWork], object]:
    def run(w: ActWork) -> None:
        screening.propose_refusal(
            w.session, w.letter, kind=kind, template=w.text("template"), reply=w.text("reply"), reason=w.text("text"),
            key=w.key, by=w.by, at=w.at,
        )  # fmt: skip

    return run


def _merge(w: ActWork) -> None:
    if not w.text("into"):
        raise Mendable("请选择并入哪一件；没有候选的，请先核对是否真是重复", field="into")
    into = letter_lists.find(w.session, w.text("into"), w.by, to_change=True)
    screening.merge(w.session, w.letter, into, by=w.by, at=w.at)


def _enter_bar(w: ActWork) -> None:
    kind, _, found = w.text("who").partition(":")
    whom = {"staff_id": found} if kind == "staff" else {"unit_id": found}
    barring.enter(w.session, w.letter, reason=w.text("text"), by=w.by, at=w.at, **whom)


def _assign(w: ActWork) -> None:
    units = tuple(unit for unit in (w.text("unit"), w.text("joint"), w.text("joint2")) if unit)
    assignment.assign(w.session, w.letter, unit_ids=units, why=w.text("why"), by=w.by, at=w.at)


def _check_on_site(w: ActWork) -> None:
    items = {label: {"yes": "是", "no": "否"}.get(w.text(f"item-{code}"), "未查") for code, label in CHECKLIST}
    found = OnSite(items, w.text("text"), passed=w.text("passed") == "yes")
    review.check_on_site(w.session, w.letter, found, by=w.by, at=w.at)


def _settle(w: ActWork) -> None:
    review.settle(w.session, w.letter, w.text("text"), w.text("reply"), key=w.key, by=w.by, at=w.at)


def _settle_for_now(w: ActWork) -> None:
    review.settle_for_now(w.session, w.letter, w.text("text"), w.text("reply"), key=w.key, by=w.by, at=w.at)


def _write(w: ActWork) -> None:
    screening.require_own_words(w.session, w.letter, w.text("text"), key=w.key, field="text")
    messages.reply(w.session, w.letter, w.text("text"), by=w.by, at=w.at, evidence_id=w.text("evidence"))


Verb = Callable[..., object]


def _with_text(verb: Verb) -> Callable[[ActWork], object]:
    """A verb that takes session, letter and one text."""
    return lambda w: verb(w.session, w.letter, w.text("text"), by=w.by, at=w.at)


def _plain(verb: Verb) -> Callable[[ActWork], object]:
    """A verb that takes session and letter."""
    return lambda w: verb(w.session, w.letter, by=w.by, at=w.at)


def _decides(verb: Verb, *, agree: bool) -> Callable[[ActWork], object]:
    return lambda w: verb(w.session, w.letter, agree=agree, reason=w.text("text"), by=w.by, at=w.at)


def _from_above(*, recognised: bool, for_now: bool = False) -> Callable[[ActWork], object]:
    def run(w: ActWork) -> None:
        review.answer_from_above(
            w.session, w.letter, recognised=recognised, for_now=for_now, reason=w.text("text"), by=w.by, at=w.at
        )

    return run


def _words(label: str, hint: str = "", *, optional: bool = False) -> Ask:
    return Ask("text", label, hint=hint, optional=optional)


_REPLY = Ask(
    "reply", "告诉举报人的话", hint="用自己的话写，填好花括号里的空。只有举报人凭查询码看得到。", initial=_first_body("result")
)
_WRITERS = frozenset({Role.SCREENER, Role.GROUP_MEMBER, Role.GROUP_LEAD})
S = LetterState

ACTS: tuple[Act, ...] = (
    # screening
    Act(
        "ask-supplement",
        "请举报人补充",
        _with_text(screening.ask_supplement),
        "ask_supplement",
        key="s",
        asks=(Ask("text", "要补充什么", hint="受理期限暂停，等举报人补充。", initial=_first_body("question")),),
    ),
    Act("stop-waiting", "不再等待补充", _with_text(screening.stop_waiting), "stop_waiting", asks=(_words("理由"),)),
    Act(
        "merge",
        "并案",
        _merge,
        "merge",
        key="d",
        explained="查询码、联系方式和先后次序都保留；举报人在查询页上看不出并案。",
        asks=(Ask("into", "并入哪一件", "select", options=_possible_leads),),
    ),
    Act("unmerge", "撤销并案", _with_text(screening.unmerge), "unmerge", asks=(_words("理由"),)),
    Act(
        "decline",
        "提议不予受理",
        _propose(RefusalKind.DECLINE),
        "propose_refusal",
        key="n",
        explained="由另一名工作人员在当日名单中复核后生效，举报人会看到原因和正确渠道。",
        asks=(
            Ask("template", "答复模板", "select", options=_templates("decline")),
            Ask("reply", "给举报人的答复", hint="请填好花括号里的空。", initial=_first_body("decline")),
            _words("内部理由"),
        ),
    ),
    Act(
        "transfer",
        "提议转送",
        _propose(RefusalKind.TRANSFER),
        "propose_refusal",
        key="t",
        explained="由另一名工作人员复核后生效。转送时不附身份和原话。",
        asks=(
            Ask("template", "答复模板", "select", options=_templates("transfer")),
            Ask("reply", "给举报人的答复", hint="请填好花括号里的空。", initial=_first_body("transfer")),
            _words("内部理由"),
        ),
    ),
    Act(
        "to-discipline",
        "移送纪检监察",
        _with_text(screening.to_discipline),
        "to_discipline",
        explained="反映公职人员问题的，只有纪检监察联络员能看到；移送后您也看不到了。",
        asks=(_words("理由"),),
    ),
    Act("pursue", "继续查处", _with_text(screening.pursue), "pursue", asks=(_words("理由", "举报人已撤回。违法行为仍可查处。"),)),
    Act("hand-back", "退回初审", _with_text(screening.hand_back), "hand_back", asks=(_words("理由"),)),
    Act("conclude", "办结", _with_text(screening.conclude), "conclude", asks=(_words("办理结果"),)),
    Act(
        "enter-bar",
        "登记回避",
        _enter_bar,
        roles=frozenset({Role.SCREENER, Role.GROUP_MEMBER, Role.GROUP_LEAD}),
        states=frozenset({S.SCREENING, S.ACCEPTED, S.REOPENED, S.RETURN_DISPUTED}),
        explained="登记以后，这个人或者这个单位的人看不到这件，也不会分办给它。",
        asks=(Ask("who", "谁不能知道", "select", options=_who), _words("理由")),
        suits=lambda letter: not letter.discipline_only,
    ),
    Act(
        "lift-bar",
        "解除回避",
        lambda w: barring.lift(w.session, w.letter, w.text("bar"), reason=w.text("text"), by=w.by, at=w.at),
        roles=frozenset({Role.SCREENER}),
        states=frozenset({S.SCREENING, S.ACCEPTED, S.REOPENED}),
        explained="只用于重名、只是顺带提到的情形。被反映的、举报人要求保密的不能解除。",
        asks=(Ask("bar", "哪一条", "select", options=_bars), _words("理由")),
    ),
    # assignment
    Act(
        "assign",
        "分办",
        _assign,
        "assign",
        key="a",
        quiet=False,
        explained="期限自交办日起算。须回避的单位不在名单里。",
        asks=(
            Ask("unit", "承办单位", "select", options=_units, initial=_suggested_unit),
            Ask("joint", "会同单位", "select", options=_joint_units, optional=True),
            Ask("joint2", "会同单位", "select", options=_joint_units, optional=True),
            Ask("why", "为什么交给它", hint="规则给出的理由；改派的请写明。", initial=_why_suggested),
        ),
    ),
    Act(
        "return-upward",
        "退回上级",
        _with_text(assignment.return_upward),
        "return_upward",
        asks=(_words("理由"),),
        suits=lambda letter: letter.handed_down,
    ),
    Act("insist", "仍由该单位办理", _with_text(assignment.insist), "insist", asks=(_words("理由"),)),
    Act(
        "grant-extension",
        "同意延期",
        _decides(handling.decide_extension, agree=True),
        "grant_extension",
        quiet=False,
        asks=(_words("告诉单位的话", optional=True),),
    ),
    Act("deny-extension", "不同意延期", _decides(handling.decide_extension, agree=False), "deny_extension", asks=(_words("理由"),)),
    # handling
    Act(
        "take-up",
        "签收",
        _plain(handling.take_up),
        "take_up",
        key="g",
        quiet=False,
        explained="签收后开始办理。期限自交办日起算，不因签收早晚改变。",
    ),
    Act(
        "return",
        "退回",
        _with_text(assignment.return_to_group),
        "return_to_group",
        key="r",
        explained="须在期限内、说明理由。办理期限不停；退回两次后由信访督办组决定。",
        asks=(_words("不归本单位办理的理由"),),
    ),
    Act(
        "sub-assign",
        "再分办",
        lambda w: assignment.sub_assign(w.session, w.letter, w.text("unit"), by=w.by, at=w.at),
        "sub_assign",
        asks=(Ask("unit", "下属单位", "select", options=_units_below),),
    ),
    Act(
        "ask-extension",
        "申请延期",
        _with_text(handling.ask_extension),
        "ask_extension",
        explained="期满前申请，只有一次，最多 30 日；理由会告诉举报人。",
        asks=(_words("延期的理由"),),
    ),
    # review
    Act(
        "check-on-site",
        "现场核查",
        _check_on_site,
        "check_on_site",
        key="c",
        explained="由督办组自己到现场。重点件没有通过核查不能办结。",
        asks=(Ask("items", "逐项核对", "checklist"), _words("现场情况"), Ask("passed", "结论", "select", options=_passed)),
        page="on_site.form",
    ),
    Act(
        "send-back",
        "退回重办",
        _with_text(review.send_back),
        "send_back",
        key="b",
        explained="次数会统计并公开。",
        asks=(_words("退回重办的理由"),),
    ),
    Act("settle", "办结", _settle, "settle", key="o", quiet=False, asks=(_words("审核意见"), _REPLY)),
    Act(
        "settle-for-now",
        "阶段性办结",
        _settle_for_now,
        "settle_for_now",
        explained="后续整改转为整改任务，销号后再办结。",
        asks=(_words("审核意见"), _REPLY),
    ),
    Act("report-up", "上报", lambda w: review.report_up(w.session, [w.letter], by=w.by, at=w.at), "report_up", quiet=False),
    Act("recognised", "上级认可", _from_above(recognised=True), "recognise", quiet=False, asks=(_words("备注", optional=True),)),
    Act(
        "recognised-for-now",
        "上级认可（阶段性）",
        _from_above(recognised=True, for_now=True),
        "recognise_for_now",
        asks=(_words("备注", optional=True),),
    ),
    Act("returned-from-above", "上级退回", _from_above(recognised=False), "returned_from_above", asks=(_words("上级退回的理由"),)),
    Act("finish", "整改完成，办结", _with_text(review.finish), "finish", asks=(_words("整改完成情况"),)),
    Act("ask-satisfaction", "请举报人评价", _plain(review.ask_satisfaction), "ask_satisfaction", quiet=False),
    Act(
        "archive",
        "归档",
        _with_text(review.archive),
        "archive",
        asks=(_words("备注", "没有评价不等于满意，请如实写。", optional=True),),
    ),
    Act(
        "reopen", "重开", _with_text(review.reopen), "reopen", asks=(_words("重开的理由", "不满意成立、回头看未通过或者又发生。"),)
    ),
    # at any time
    Act(
        "write",
        "给举报人回信",
        _write,
        roles=_WRITERS,
        asks=(
            _words("回信", "用自己的话写，不抄原文。"),
            Ask("evidence", "附上一份材料", "select", "先在信访件页上“加材料”，图片和 PDF 可以寄。", True, _files_to_send),
        ),
        suits=lambda letter: letter.report_id is not None and not letter.discipline_only,
    ),
)
BY_SLUG = {act.slug: act for act in ACTS}


def offered(letter: Letter, by: SignedIn) -> tuple[Act, ...]:
    """What this person may do to this letter now."""
    verbs = frozenset(step.verb for step in LETTER.offered(letter, by))
    return tuple(act for act in ACTS if act.offered(letter, by, verbs))


@dataclass(frozen=True)
class AskedField:
    """A field as the form prints it."""

    ask: Ask
    field: PlainField


@dataclass(frozen=True)
class CheckItem:
    """One line of the on-site checklist."""

    name: str
    label: str
    chosen: str


def fields(
    act: Act,
    session: Session,
    letter: Letter,
    by: SignedIn,
    typed: MultiDict[str, str] | None = None,
    wrong: Mendable | None = None,
) -> tuple[AskedField, ...]:
    """The fields of an act: what was typed, else what it begins with; the error stands at its field."""
    return tuple(AskedField(ask, _field(ask, session, letter, by, typed, wrong)) for ask in act.asks)


def _field(
    ask: Ask, session: Session, letter: Letter, by: SignedIn, typed: MultiDict[str, str] | None, wrong: Mendable | None
) -> PlainField:
    data = typed.get(ask.name, "") if typed is not None else ask.initial(session, letter) if ask.initial else ""
    options = ask.options(session, letter, by) if ask.options else ()
    errors = (wrong.reason,) if wrong is not None and wrong.field == ask.name else ()
    return PlainField(ask.name, ask.label, data, errors, options)


def check_items(typed: MultiDict[str, str] | None) -> tuple[CheckItem, ...]:
    """The checklist with what was chosen."""
    return tuple(
        CheckItem(f"item-{code}", label, (typed.get(f"item-{code}", "") if typed is not None else "")) for code, label in CHECKLIST
    )


def general_error(wrong: Mendable | None, shown: Iterable[AskedField]) -> str:
    """The reason when it belongs to no field that is on the page."""
    if wrong is None or wrong.field in {each.field.name for each in shown}:
        return ""
    return wrong.reason
