"""The report form (举报表): its fields, what each must hold, and how it becomes a report. Knows the browser, not the store."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice

from portal.core import datums
from portal.core.clock import day_of
from portal.core.outgoing import Attachment
from portal.core.questions import Question, QuestionSet
from portal.core.report_content import (
    Answer,
    ContactPermission,
    Identity,
    Point,
    ReportContent,
    RewardShown,
    WhenKind,
)
from portal.core.typed_text import clean_line, clean_text, plain_digits
from portal.core.vocabulary import IdentityLevel
from portal.intake.context import NOT_SURE_WHERE, PublicView
from portal.web.language import N_, current_tag, gettext
from portal.web.language import LazyText as _

STORY_MOST = 10_000
LINE_MOST = 300
SHORT_MOST = 80
MUST_NOT_KNOW_MOST = 20
DATUM_CHOICES = (
    (datums.WGS84, N_("手机定位（WGS-84）")),
    (datums.GCJ02, N_("国内地图（GCJ-02）")),
    (datums.CGCS2000, N_("国家大地坐标（CGCS2000）")),
)
MAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,120}")
MOBILE = re.compile(r"\+?\d{8,15}")
PUBLISHED_ADDRESS = re.compile(r"/records/[a-z0-9/-]{1,120}")


def _line(value: str | None) -> str:
    return clean_line(value or "")


def _paragraphs(value: str | None) -> str:
    return clean_text(value or "")


def _most(characters: int, label: str) -> Any:
    def check(_form: Any, field: Any) -> None:
        if len(field.data or "") > characters:
            said = {"label": gettext(label), "most": characters, "now": len(field.data)}
            raise ValidationError(gettext("%(label)s最多 %(most)s 字，现在有 %(now)s 字", **said))

    return check


def _text(label: _, most: int = LINE_MOST) -> StringField:
    return StringField(label, filters=[_line], validators=[_most(most, label.text)])


class ReportForm(FlaskForm):  # type: ignore[misc]
    """Every field of the form. Choices that depend on the office are filled in by :func:`report_form`."""

    class Meta:
        # The form has a signed token of its own and sets no cookie: see portal.intake.tokens.
        csrf = False

    acts = SelectMultipleField(_("发生了什么？"), validate_choice=False)
    stops = SelectMultipleField(_("是不是下面这些情况？"), validate_choice=False)
    region = SelectField(_("在哪个乡镇、街道？"), validate_choice=False)
    place = _text(_("具体位置"))
    longitude = _text(_("经度"), SHORT_MOST)
    latitude = _text(_("纬度"), SHORT_MOST)
    datum = RadioField(_("坐标从哪里来？"), default="WGS-84", validate_choice=False)
    when_kind = RadioField(_("多久一次？"), validate_choice=False, default=WhenKind.ONGOING.value)
    when_on = _text(_("哪一天"), SHORT_MOST)
    when = _text(_("什么时段"))
    who = _text(_("谁干的？"))
    story = TextAreaField(_("经过"), filters=[_paragraphs], validators=[_most(STORY_MOST, "经过")])
    must_not_know = TextAreaField(_("有谁不能知道？"), filters=[_paragraphs], validators=[_most(2000, N_("这一栏"))])
    contact = RadioField(_("可以联系您吗？"), validate_choice=False, default=ContactPermission.NOBODY.value)
    identity_level = RadioField(_("您想怎样署名？"), validate_choice=False, default=IdentityLevel.ANONYMOUS.value)
    name = _text(_("姓名"), SHORT_MOST)
    phone = _text(_("手机或电话"), SHORT_MOST)
    other_contact = _text(_("别的联系方式"), SHORT_MOST)
    no_reward = BooleanField(_("不要奖励"))
    notice_address = _text(_("有新进展时提醒我"), 120)
    likely_twin = StringField(filters=[_line])
    website = StringField()

    def validate_acts(self, field: SelectMultipleField) -> None:
        if not field.data and not self.stops.data:
            raise ValidationError(_("请至少选一项，都不像就选“别的环境问题”"))
        known = _values(field)
        if not set(field.data or ()) <= known:
            raise ValidationError(_("有一项这张表里没有，请重新选"))

    def validate_stops(self, field: SelectMultipleField) -> None:
        if not set(field.data or ()) <= _values(field):
            raise ValidationError(_("有一项这张表里没有，请重新选"))

    def validate_region(self, field: SelectField) -> None:
        known = _values(field)
        if len(known) > 1 and not field.data:
            raise ValidationError(_("请选择发生在哪个乡镇、街道"))
        if field.data and field.data not in known:
            raise ValidationError(_("请从列表里选择乡镇、街道"))

    def validate_place(self, field: StringField) -> None:
        if len(field.data or "") < 2 and not self.longitude.data:
            raise ValidationError(_("请写明发生地点，例如村名、路口、旁边的店"))

    def validate_longitude(self, field: StringField) -> None:
        _require_coordinate(field.data, self.latitude.data, 180, "经度")

    def validate_latitude(self, field: StringField) -> None:
        _require_coordinate(field.data, self.longitude.data, 90, "纬度")

    def validate_datum(self, field: RadioField) -> None:
        if field.data not in dict(DATUM_CHOICES):
            raise ValidationError(_("请选择坐标从哪里来"))

    def validate_when_kind(self, field: RadioField) -> None:
        _require_member(WhenKind, field.data, _("请选择多久一次"))

    def validate_when_on(self, field: StringField) -> None:
        if field.data and _day(field.data) is None:
            raise ValidationError(_("请按“2026-08-01”的样子写日期"))

    def validate_contact(self, field: RadioField) -> None:
        _require_member(ContactPermission, field.data, _("请选择可不可以联系您"))
        if field.data != ContactPermission.NOBODY.value and self.identity_level.data == IdentityLevel.ANONYMOUS.value:
            raise ValidationError(_("您选了匿名，我们没有办法联系您。请选“不要联系我”，或者留下联系方式"))

    def validate_identity_level(self, field: RadioField) -> None:
        _require_member(IdentityLevel, field.data, _("请选择怎样署名"))
        typed = any((self.name.data, self.phone.data, self.other_contact.data))
        if field.data == IdentityLevel.ANONYMOUS.value and typed:
            raise ValidationError(_("您选了匿名，但下面写了姓名或电话。请清空，或者改选另一项"))

    def validate_name(self, field: StringField) -> None:
        if self.identity_level.data == IdentityLevel.NAMED.value and not field.data:
            raise ValidationError(_("实名举报请写姓名"))

    def validate_phone(self, field: StringField) -> None:
        if self.identity_level.data not in {IdentityLevel.NAMED.value, IdentityLevel.CONTACT_ONLY.value}:
            return
        if not field.data and not self.other_contact.data:
            raise ValidationError(_("请留下电话，或者在下一栏写别的联系方式"))

    def validate_story(self, field: TextAreaField) -> None:
        if not field.data and not self.has_files:
            raise ValidationError(_("请写几句经过；不方便写字，可以加一段录音或一张照片"))

    def validate_notice_address(self, field: StringField) -> None:
        if field.data and not (MAIL.fullmatch(field.data) or MOBILE.fullmatch(re.sub(r"[ -]", "", plain_digits(field.data)))):
            raise ValidationError(_("请写一个邮箱或手机号，不要提醒就空着"))

    has_files = False

    def identity(self) -> Identity:
        """Who the reporter is; empty for 匿名."""
        if self.identity_level.data == IdentityLevel.ANONYMOUS.value:
            return Identity()
        phone = plain_digits(self.phone.data or "")
        return Identity(name=self.name.data or "", phone=phone, other_contact=self.other_contact.data or "")

    def point(self) -> Point | None:
        """The pin, if one was set."""
        if not self.longitude.data or not self.latitude.data:
            return None
        return Point(float(plain_digits(self.longitude.data)), float(plain_digits(self.latitude.data)), self.datum.data)

    def must_not_know_list(self) -> tuple[str, ...]:
        """People and units, one each: lines, or parts between 、；，."""
        parts = re.split(r"[\n、；;，,]", self.must_not_know.data or "")
        return tuple(part.strip() for part in parts if part.strip())[:MUST_NOT_KNOW_MOST]

    def to_content(
        self,
        questions: QuestionSet,
        *,
        attachments: tuple[Attachment, ...],
        answers: tuple[Answer, ...],
        reward_shown: tuple[RewardShown, ...],
        suspicion: str,
        language: str,
    ) -> ReportContent:
        """The report as it will be sealed. Only a form that validated may be asked; the moment is added on sealing."""
        twin = self.likely_twin.data or ""
        return ReportContent(
            sent_at="",
            questions_version=questions.version,
            acts=tuple(self.acts.data or ()),
            pollution_types=questions.types_of(self.acts.data or ()),
            region_code=self.region.data or "",
            place=self.place.data or "",
            when_kind=WhenKind(self.when_kind.data),  # type: ignore[call-arg]
            when=self.when.data or "",
            who=self.who.data or "",
            story=self.story.data or "",
            must_not_know=self.must_not_know_list(),
            contact=ContactPermission(self.contact.data),  # type: ignore[call-arg]
            identity_level=IdentityLevel(self.identity_level.data),  # type: ignore[call-arg]
            answers=answers,
            point=self.point(),
            attachments=attachments,
            reward_shown=reward_shown,
            wants_reward=not self.no_reward.data,
            likely_twin=twin if PUBLISHED_ADDRESS.fullmatch(twin) else "",
            when_on=self.when_on.data or "",
            stops=tuple(self.stops.data or ()),
            suspicion=suspicion,
            language=language,
        )


def report_form(
    view: PublicView, questions: QuestionSet, *, has_files: bool = False, kind: type[ReportForm] | None = None, **values: Any
) -> ReportForm:
    """The form with the office's own choices. ``has_files``: a voice message or picture may stand for the story.

    ``kind``: a form with more fields, as staff use for letters and calls.
    """
    form = (kind or ReportForm)(**values)
    tag = current_tag()
    form.acts.choices = _choices(tuple((act.code, act.label) for act in questions.acts), tag)
    form.stops.choices = _choices(tuple((stop.code, stop.label) for stop in questions.stops), tag)
    form.region.choices = _choices((("", "请选择"), *view.region_choices), tag)
    form.datum.choices = _choices(DATUM_CHOICES, tag)
    for field, term in ((form.when_kind, WhenKind), (form.contact, ContactPermission), (form.identity_level, IdentityLevel)):
        field.choices = _choices(tuple((member.value, member.zh) for member in term), tag)
    form.has_files = has_files
    return form


@lru_cache(maxsize=64)
def _choices(pairs: tuple[tuple[str, str], ...], tag: str) -> list[SelectChoice]:  # noqa: ARG001
    # Kept by language: made anew for every form, the choices took a tenth of its time. Nobody changes the list.
    return [SelectChoice(value=value, label=_said(label)) for value, label in pairs]


def _said(label: str) -> str:
    """The label in the reader's language. The name of a place stays; that nobody is sure where in it does not."""
    name = label.removesuffix(NOT_SURE_WHERE)
    return gettext(label) if name == label else name + gettext(NOT_SURE_WHERE)


def _values(field: Any) -> set[str]:
    return {choice.value for choice in field.choices or ()}


def answers_to(questions: tuple[Question, ...], typed: Any) -> tuple[Answer, ...]:
    """The answers to questions that fit the acts; an answer that was no choice, or to a question not asked, is left out."""
    found = []
    for question in questions:
        answer = clean_line(typed.get(f"q-{question.code}", ""))[:LINE_MOST]
        if answer and (not question.choices or answer in question.choices):
            found.append(Answer(question.code, answer))
    return tuple(found)


def _require_member(term: type[Any], value: str | None, says: _) -> None:
    if value not in {member.value for member in term}:
        raise ValidationError(says)


def _require_coordinate(value: str | None, other: str | None, most: float, label: str) -> None:
    if not value:
        if other:
            raise ValidationError(gettext("写了一个坐标，请把%(label)s也写上", label=gettext(label)))
        return
    if not re.fullmatch(r"-?\d{1,3}(\.\d{1,12})?", plain_digits(value)) or abs(float(plain_digits(value))) > most:
        example = "111.61" if most == 180 else "33.79"
        raise ValidationError(gettext("%(label)s请写成度数，例如 %(example)s", label=gettext(label), example=example))


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def is_future(value: str, at: Any) -> bool:
    """Whether a typed day has not come yet."""
    day = _day(value)
    return day is not None and day > day_of(at)
