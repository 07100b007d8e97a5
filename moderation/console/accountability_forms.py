"""The forms of the accountability desk, and the one way they are shown, checked and answered. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Response as FileResponse
from flask import redirect, render_template
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.meta import DefaultMeta
from wtforms.validators import InputRequired, Optional

from moderation import papers
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import (
    CaseState,
    ChangeKind,
    CheckAnswer,
    Dimension,
    Level,
    Naming,
    Origin,
    PartyKind,
    PenaltyKind,
    Procedure,
    Rank,
    Rectified,
    RegisterKind,
    Tenure,
    YearGrade,
)
from moderation.console.access import office, staff
from moderation.console.undo import flash_done
from moderation.settings import public_settings
from moderation.staff import Unit
from moderation.undoing import UndoOffer
from portal.core.accountability_model import Kind
from portal.core.accountability_rules import rulebook
from portal.core.errors import Mendable, NotThere
from portal.core.public_record import Region
from portal.core.regions import RegionTree, read_regions
from portal.core.vocabulary import Term

Choices = list[tuple[str, str]]
Answer = Response | str | tuple[str, int]
NOBODY: Choices = [("", "（没有）")]


def terms(words: Iterable[Term], *, empty: str | None = None) -> Choices:
    """The words of a closed list as choices."""
    return ([("", empty)] if empty is not None else []) + [(word.value, word.zh) for word in words]


def picks(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """Pairs of value and label as WTForms wants them."""
    return [SelectChoice(value, label) for value, label in pairs]


def offer(field: Any, pairs: Iterable[tuple[str, str]]) -> None:
    """Sets what a field of a form offers."""
    field.choices = picks(pairs)


def ask(label: str, why: str = "", *, hint: str = "", **more: Any) -> StringField:
    return StringField(label, [InputRequired(why or f"请写明{label}")], description=hint, **more)


def ask_text(label: str, why: str = "", *, hint: str = "") -> TextAreaField:
    return TextAreaField(label, [InputRequired(why or f"请写明{label}")], description=hint)


def ask_day(label: str) -> DateField:
    return DateField(label, [InputRequired(f"请选择{label}")])


def may_text(label: str, *, hint: str = "") -> TextAreaField:
    return TextAreaField(label, [Optional()], default="", description=hint)


def may(label: str, *, hint: str = "") -> StringField:
    return StringField(label, [Optional()], default="", description=hint)


class DeskForm(FlaskForm):  # type: ignore[misc]
    """A form whose every message is Chinese, also those that WTForms writes itself."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        locales = ("zh",)

        def get_translations(self, form: object) -> object:
            return DefaultMeta.get_translations(self, form)


class CaseForm(DeskForm):
    """A new case."""

    title = ask("案件名称", hint="一句话说清哪里、什么事")
    facts_text = ask_text("事实", hint="用办公室自己的话写，不写举报人的信息")
    region_code = SelectField("地区", choices=[])
    unit_id = SelectField("最相关的单位", default="", choices=[])
    origin = SelectField("来源", choices=picks(terms(Origin)))
    ruleset = SelectField("适用规则", choices=[])
    polluter_id = SelectField("排污者", default="", choices=[])
    letter_id = may("信访件受理编号", hint="从哪封信访件来的")
    letter_batch = may("信访件批次的公开编号", hint="例如 xf-2026-09")
    task_id = may("整改任务编号（内部）")
    task_record = may("整改任务的公开编号", hint="例如 zj-2026-03-001")
    previous_id = SelectField("同一问题的上一个案件", default="", choices=[])
    handed_over = BooleanField("督察移交的问题", description="决定和公开前都要先得到督察组同意")
    accident = BooleanField("环境事故", description="四不放过：原因、人员、教育、措施都办完才能结案")


class CheckForm(DeskForm):
    """The answer of one check."""

    answer = RadioField("结论", [InputRequired("请选择结论")], choices=picks(terms(CheckAnswer)))
    finding = ask_text("查到的情况")
    offices = may_text("责任人", hint="写职务，一行一个；有责时必填")
    evidence = may_text("依据的材料", hint="一行一份；有责时必填")


class FrameForm(DeskForm):
    """What is said about the whole case, beside the single facts."""

    signs = SelectMultipleField("有哪些迹象", choices=[])
    impact = RadioField("影响", default="", choices=[])
    grade = RadioField("直接确定情节等级", default="", choices=[], description="不选就按迹象和影响推定")
    grade_reason = may_text("为什么这样确定", hint="直接确定等级时必填")
    named_from_above = BooleanField("被上一级督查点名", description="本级没发现或没改到位，上提一档")
    circumstances = SelectMultipleField("从重、从轻情形", choices=[])
    state_owned = BooleanField("排污者是国有企事业单位")
    suspected_crime = BooleanField("涉嫌犯罪")
    general = BooleanField("按情节轻重的一般规定（第六条）也给出建议")


class PartyForm(DeskForm):
    """One decision."""

    kind = RadioField("对象", choices=picks(terms(PartyKind)), default="person")
    name = may("姓名", hint="单位不用填。是否公开姓名，另外逐人决定")
    born_year = IntegerField("出生年份", [Optional()], description="只用来分清同名的人，不公开")
    unit_name = ask("单位", hint="个人写当时所在的单位")
    office = may("职务", hint="当时的职务")
    rank = SelectField("职级", default="", choices=picks(terms(Rank, empty="（单位不选）")))
    tenure = SelectField("是否在任", default="", choices=picks(terms(Tenure, empty="（单位不选）")))
    subject = SelectField("属于哪类对象", choices=[])
    dimension = SelectField("哪方面的责任", default="", choices=picks(terms(Dimension, empty="（不分）")))
    measures = SelectMultipleField("处理方式", choices=[])
    detail = may("处分的具体种类", hint="例如 党内警告")
    deciding_body = ask("决定机关")
    decided_on = ask_day("决定日期")
    basis = ask("依据", hint="文件和条款")
    below_reason = may_text("低于规则建议的理由", hint="低于建议时必填，默认只在内部")
    below_reason_public = BooleanField("决定机关同意公开这个理由")
    exemption_clause = may("免责或减轻的条款")
    exemption_reason = may_text("免责或减轻的理由")


class NamingForm(DeskForm):
    """How one person is printed."""

    naming = RadioField("怎么署名", [InputRequired("请选择怎么署名")], choices=picks(terms(Naming)))
    rule = ask("按哪条规定")
    reason = ask_text("为什么这样署名")


class ChangeForm(DeskForm):
    """A later change."""

    kind = RadioField("发生了什么", [InputRequired("请选择发生了什么")], choices=picks(terms(ChangeKind)))
    on = ask_day("日期")
    reason = ask_text("原因", hint="会作为更正公开")
    document = may("文号")
    replaced_by = SelectField("改成什么", default="", choices=[], description="只有“变更”才选")
    detail = may("具体种类")


class WaiveForm(DeskForm):
    """Why a suggestion is asked of nobody."""

    reason = ask_text("为什么不追究")


class StepForm(DeskForm):
    """The words a step needs."""

    text = ask_text("说明")


class ProcedureForm(DeskForm):
    """One step of the procedure outside."""

    step = SelectField("哪一步", choices=picks(terms(Procedure)))
    on = ask_day("日期")
    body = ask("由谁办理或发给谁")
    document = may("文号")
    text = may_text("说明")
    due_on = DateField("要求落实的期限", [Optional()])


class ConsentForm(DeskForm):
    """The inspection's consent."""

    body = ask("同意的督察机构")
    on = ask_day("同意日期")
    document = may("文号")


class AgreementForm(DeskForm):
    """The deciding body agrees to show the suggestion."""

    agreed_by = ask("同意公开的决定机关")


class ValidityForm(DeskForm):
    """Whether a ruleset is in force."""

    in_force = RadioField("现行效力", [InputRequired("请选择")], choices=picks([("yes", "现行有效"), ("no", "已失效")]))
    document = ask("依据的文件或复函")


class InvestigationForm(DeskForm):
    """The start of an investigation."""

    started_by = ask("由谁启动")
    why = ask_text("为什么启动")
    assisting = BooleanField("上级调查，本级配合")


class TeamForm(DeskForm):
    """The team and who approved it."""

    team = ask_text("调查组成员", hint="单位和专家，一行一个")
    team_approved_by = ask("批准机关")
    team_approved_on = ask_day("批准日期")


class ReportForm(DeskForm):
    """The separate opinion, and the report."""

    discipline_opinion = ask_text("监察机关单独的意见")
    discipline_needed = BooleanField("需要处分或组织处理")
    consulted = may("与纪委、组织部商量的情况", hint="需要处分或组织处理时必填")
    report_text = ask_text("调查报告", hint="批准后原文公开，请不要写举报人和无关个人的信息")


class ApprovalForm(DeskForm):
    """Who approved the report."""

    report_approved_by = ask("批准报告的机关")
    report_approved_on = ask_day("批准日期")


class PolluterForm(DeskForm):
    """A polluter."""

    name = ask("单位名称")
    uscc = may("统一社会信用代码", hint="18 位；没有执照的摊点可不填")
    region_code = SelectField("地区", choices=[])
    address = may("地址")
    state_owned = BooleanField("国有企事业单位")


class ExposureForm(DeskForm):
    """A new exposed case."""

    polluter_id = SelectField("排污者", default="", choices=[])
    title = ask("标题")
    facts_text = ask_text("违法事实")
    law = ask("违反的法律条款")
    unit_name = ask("查处单位")
    region_code = SelectField("地区", choices=[])
    case_id = SelectField("相关问责案件", default="", choices=[])
    letter_batch = may("信访件批次的公开编号")
    task_record = may("整改任务的公开编号")


class PenaltyForm(DeskForm):
    """One decision against a polluter."""

    kind = RadioField("处理", [InputRequired("请选择处理")], choices=picks(terms(PenaltyKind)))
    document = ask("决定书文号")
    decided_on = ask_day("决定日期")
    fine_yuan = IntegerField("罚款金额（元）", [Optional()], description="只有罚款才填，整数")
    text = may("补充说明")


class QuashForm(DeskForm):
    """A penalty was quashed."""

    on = ask_day("撤销日期")
    reason = ask_text("撤销的原因", hint="会公开；页面最迟三个工作日内撤下")


class PictureForm(DeskForm):
    """A picture with its boxes."""

    picture = FileField("图片", [FileRequired("请选择一张图片")])
    alt = ask("文字说明", hint="图片上是什么，给看不见图的人读")
    boxes = may_text("遮挡框", hint="一行一个：左 上 右 下，单位是像素。人脸、车牌、姓名都要遮住")


class BoxesForm(DeskForm):
    """Other boxes for a picture."""

    boxes = may_text("遮挡框", hint="一行一个：左 上 右 下，单位是像素")


class RectifiedForm(DeskForm):
    """Whether it is mended."""

    rectified = RadioField("整改情况", [InputRequired("请选择")], choices=picks(terms(Rectified)))
    text = may_text("怎么整改、怎么核实的", hint="已整改时必填，会公开")


class BlacklistForm(DeskForm):
    """Onto the blacklist."""

    ground = ask_text("列入原因")
    clause = ask("依据")
    effect = ask_text("列入后的影响")
    exit_conditions = ask_text("移出条件")
    on = ask_day("列入日期")
    expires_on = DateField("到期日", [Optional()], description="不填就是达到移出条件为止")


class LeaveForm(DeskForm):
    """Off the blacklist, or out of a register."""

    on = ask_day("日期")
    reason = ask_text("理由和依据")


class RegisterForm(DeskForm):
    """One entry of a register."""

    kind = SelectField("登记什么", choices=picks(terms(RegisterKind)))
    unit_id = SelectField("单位", default="", choices=[])
    polluter_id = SelectField("企业", default="", choices=[])
    case_id = SelectField("相关问责案件", default="", choices=[])
    on = ask_day("日期")
    body = ask("由谁作出")
    level = SelectField("哪一级", default="", choices=picks(terms(Level, empty="（不分）")))
    reason = ask_text("原因")
    document = may("文号")
    until = DateField("到哪一天", [Optional()])
    recipients = may("抄送给谁", hint="结果抄送时必填")
    grave = BooleanField("重大事故，或造成严重影响和后果")


class ReceiptForm(DeskForm):
    """Signed for."""

    on = ask_day("签收日期")
    received_by = ask("签收人")


class YearForm(DeskForm):
    """A unit's year."""

    unit_id = SelectField("单位", default="", choices=[])
    year = IntegerField("年份", [InputRequired("请填写年份")])
    grade = RadioField("评定", [InputRequired("请选择评定")], choices=picks(terms(YearGrade)))
    rows = SelectMultipleField("十二项中的情形", choices=[])
    why = may_text("事实", hint="选了情形就要写；登记簿里已有的会自动带上")
    decided_by = ask("由谁评定")
    decided_on = ask_day("评定日期")


class BulletinForm(DeskForm):
    """A bulletin."""

    title = ask("标题")
    number = ask("文号")
    issuer = ask("发文机关")
    issued_on = ask_day("印发日期")
    opening = ask_text("开头", hint="谁检查的、什么时候、移交多少问题")
    cases = SelectMultipleField("问责结果", choices=[])
    exposed = SelectMultipleField("曝光案例", choices=[])
    closing = may_text("结尾要求")


FIELD_MAKERS: dict[str, Callable[[Any], Any]] = {
    "word": lambda field: RadioField(
        field.label, [InputRequired("请选择")] if field.required else [Optional()], choices=picks(field.words.items())
    ),
    "count": lambda field: IntegerField(field.label, [InputRequired("请填写次数")], default=1),
    "flag": lambda field: BooleanField(field.label),
    "year": lambda field: IntegerField(field.label, [Optional()]),
    "text": lambda field: ask_text(field.label) if field.required else may_text(field.label),
}


def fact_form(kind: Kind) -> FlaskForm:
    """The form of one kind of fact, made from the rules' own data."""
    made = type("FactForm", (DeskForm,), {name: FIELD_MAKERS[field.type](field) for name, field in kind.fields.items()})
    return made()


def stated(form: FlaskForm, kind: Kind) -> dict[str, Any]:
    """What was typed, as a fact: only what was said."""
    said: dict[str, Any] = {"kind": kind.name}
    for name in kind.fields:
        value = form[name].data
        if value not in (None, "", False):
            said[name] = value
    return said


def attach(form: FlaskForm, fault: Mendable) -> None:
    """Puts what is to be mended beside its field, or above the form."""
    if fault.field in form._fields:
        form[fault.field].errors = [*form[fault.field].errors, fault.reason]
    else:
        form.form_errors.append(fault.reason)


def answer(
    form: FlaskForm,
    act: Callable[[Session], str | tuple[str, UndoOffer | None]],
    *,
    title: str,
    back: str,
    hint: str = "",
    button: str = "保存",
    extra: Mapping[str, Any] | None = None,
) -> Answer:
    """Shows the form; when it is sent, runs ``act`` in one transaction and goes where it says. Keeps what was typed.

    ``act`` returns where to go, with the offer to take it back where there is one.
    """
    if form.validate_on_submit():
        try:
            with office().office.transaction() as session:
                made = act(session)
            target, undo = made if isinstance(made, tuple) else (made, None)
            if undo is not None:
                flash_done("已保存", undo)
            return redirect(target, 303)
        except Mendable as fault:
            attach(form, fault)
    shown = {"form": form, "title": title, "back": back, "hint": hint, "button": button, "groups": grouped(form), **(extra or {})}
    return render_template("accountability/form.html", **shown), 422 if form.errors else 200


def grouped(form: FlaskForm) -> list[tuple[str, Any]]:
    """Each visible field with the name of the macro that prints it."""
    return [(MACROS.get(field.type, "text"), field) for field in form if field.type not in HIDDEN]


HIDDEN = {"CSRFTokenField", "HiddenField"}
MACROS = {
    "SelectField": "select",
    "RadioField": "radio",
    "SelectMultipleField": "checkbox",
    "BooleanField": "check",
    "TextAreaField": "area",
    "DateField": "date",
    "IntegerField": "number",
    "FileField": "file",
}


PAPERS: dict[str, tuple[str, Callable[[papers.Paper], bytes]]] = {
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", papers.docx),
    "pdf": ("application/pdf", papers.pdf),
    "txt": ("text/plain; charset=utf-8", lambda paper: papers.plain_text(paper).encode()),
    "html": ("text/html; charset=utf-8", lambda paper: papers.html(paper).encode()),
}


def paper_file(paper: papers.Paper, form: str, name: str) -> FileResponse:
    """An official paper to download, as docx, pdf, txt or html."""
    if form not in PAPERS:
        raise NotThere("没有这种格式")
    kind, write = PAPERS[form]
    return FileResponse(write(paper), mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'})


def region_tree(session: Session) -> RegionTree:
    """The regions of the public settings."""
    return read_regions(public_settings(session).regions_csv)


def home_region(session: Session) -> Region:
    """The county (or city) this office is for: the first region that has others below it, lowest level first."""
    tree = region_tree(session)
    parents = {region.parent for region in tree.by_code.values()}
    own = sorted((code for code in tree.by_code if code in parents), key=lambda code: -len(tree.upward(code)))
    code = own[0] if own else next(iter(sorted(tree.by_code)), "000000")
    return Region(code, tree.name(code)[:40] or code)


def regions(session: Session) -> Choices:
    """Regions as choices, by code."""
    tree = region_tree(session)
    return [(code, tree.full_name(code)) for code in sorted(tree.by_code)]


def units(session: Session, *, empty: str | None = None) -> Choices:
    """Units as choices, by name."""
    head = [("", empty)] if empty is not None else []
    return head + [(unit.id, unit.name) for unit in session.scalars(select(Unit).order_by(Unit.name))]


def case_choices(session: Session, *states: CaseState) -> Choices:
    """Cases as choices, newest first; none about this person's own unit, whose cases they never learn of."""
    chosen = select(AccountabilityCase).where(AccountabilityCase.unit_id != staff().unit_id)
    chosen = chosen.where(AccountabilityCase.state.in_(states)) if states else chosen
    return [(one.id, f"{one.number} {one.title}") for one in session.scalars(chosen.order_by(AccountabilityCase.number.desc()))]


def measure_choices() -> Choices:
    """Every measure that can be decided against a person or a public unit: those only for polluters are left out."""
    book = rulebook()
    used = [measure for ruleset in book.rulesets.values() for row in ruleset.rows for measure in row.measures]
    for_polluters = {word for measure in used if measure.subject == "polluter" for word in measure.words + measure.state_owned}
    for_others = {word for measure in used if measure.subject != "polluter" for word in measure.words}
    return [(word, word) for word in book.words.bands if word in for_others or word not in for_polluters]


def subject_choices() -> Choices:
    return [(name, label) for name, label in rulebook().words.subjects.items() if name != "polluter"]


def ruleset_choices() -> Choices:
    return [(ruleset.id, ruleset.name) for ruleset in rulebook().rulesets.values()]
