"""What the pages of the intake print, made ready: lines of the preview, the reward as told, warnings, stop messages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from portal.core.clock import spoken_day
from portal.core.outgoing import Attachment
from portal.core.questions import QuestionSet, Stop
from portal.core.report_content import ContactPermission, RewardShown, WhenKind
from portal.core.reward_schedule import Schedule, applicable, public_rows
from portal.core.reward_schedule_words import promise_clause, promise_words, row_words
from portal.core.vocabulary import IdentityLevel
from portal.intake.context import PublicView
from portal.intake.forms import ReportForm
from portal.intake.similar import PublishedCases, Similar
from portal.intake.slips import slips
from portal.web.language import N_, gettext
from portal.web.language import LazyText as _


@dataclass(frozen=True)
class Line:
    """One line of the preview."""

    label: str
    text: str


@dataclass(frozen=True)
class Slip:
    """Something that may give the writer away, and where it stands."""

    where: str
    pieces: tuple[str, ...]


def act_notes(view: PublicView, questions: QuestionSet, language: str) -> dict[str, str]:
    """The small print under each act: its hint, and the reward with its clause."""
    place = 1 if language == "en" else 0
    rewards = {row.act_id: row_words(row)[place] for row in public_rows(view.schedule)} if view.schedule else {}
    notes = {}
    for act in questions.acts:
        parts = [part for part in (gettext(act.hint) if act.hint else "", rewards.get(act.code, "")) if part]
        if parts:
            notes[act.code] = " · ".join(parts)
    return notes


def reward_shown(view: PublicView, form: ReportForm, language: str) -> tuple[RewardShown, ...]:
    """What the person is told about the reward for these acts; kept with the report word for word."""
    if view.schedule is None or not form.acts.data:
        return ()
    chosen = (tuple(form.acts.data), str(form.identity_level.data), language)
    if chosen not in view.promises:
        view.promises[chosen] = _promise(view.schedule, *chosen)
        while len(view.promises) > PROMISES_KEPT:
            view.promises.pop(next(iter(view.promises)), None)
    return (view.promises.get(chosen) or _promise(view.schedule, *chosen),)


PROMISES_KEPT = 500


def _promise(schedule: Schedule, acts: tuple[str, ...], level: str, language: str) -> RewardShown:
    promise = applicable(schedule, acts, IdentityLevel(level))  # type: ignore[call-arg]
    return RewardShown(promise_words(promise)[1 if language == "en" else 0], promise_clause(promise), promise.confirmed)


def preview_lines(view: PublicView, questions: QuestionSet, form: ReportForm, kept: tuple[Attachment, ...]) -> tuple[Line, ...]:
    """The form as it will be sent, in the order in which it was asked. Empty answers are left out."""
    acts = "、".join(gettext(act.label) for act in questions.acts if act.code in (form.acts.data or ()))
    point = form.point()
    pairs = (
        (_("发生了什么"), acts),
        (_("在哪里"), " ".join(part for part in (view.regions.full_name(form.region.data or ""), form.place.data) if part)),
        (_("坐标"), f"{point.longitude}, {point.latitude}（{point.datum}）" if point else ""),
        (_("什么时候"), _when(form)),
        (_("谁干的"), form.who.data),
        (_("经过"), form.story.data),
        (_("照片、录音、文件"), "、".join(item.name for item in kept)),
        (_("有谁不能知道"), "、".join(form.must_not_know_list())),
        (_("怎样署名"), gettext(IdentityLevel(form.identity_level.data).zh)),  # type: ignore[call-arg]
        (_("姓名"), form.name.data),
        (_("电话"), form.phone.data),
        (_("别的联系方式"), form.other_contact.data),
        (_("可以联系您吗"), gettext(ContactPermission(form.contact.data).zh)),  # type: ignore[call-arg]
        (_("提醒地址"), form.notice_address.data),
    )
    return tuple(Line(str(label), text) for label, text in pairs if text)


def _when(form: ReportForm) -> str:
    day = spoken_day(date.fromisoformat(form.when_on.data)) if form.when_on.data else ""
    kind = gettext(WhenKind(form.when_kind.data).zh)  # type: ignore[call-arg]
    return "，".join(part for part in (kind, day, form.when.data) if part)


def form_slips(form: ReportForm) -> tuple[Slip, ...]:
    """Names and numbers in the fields that handling staff may have to read."""
    places = (
        (form.story, N_("经过")),
        (form.place, N_("具体位置")),
        (form.who, N_("谁干的")),
        (form.when, N_("什么时段")),
    )
    found = (Slip(gettext(label), slips(field.data or "")) for field, label in places)
    return tuple(slip for slip in found if slip.pieces)


def stops_chosen(questions: QuestionSet, form: ReportForm) -> tuple[Stop, ...]:
    """The stop messages that apply."""
    chosen = (stop for stop in questions.stops if stop.code in (form.stops.data or ()))
    return tuple(replace(stop, title=gettext(stop.title), text=gettext(stop.text)) for stop in chosen)


def similar_cases(published: PublishedCases, view: PublicView, questions: QuestionSet, form: ReportForm) -> tuple[Similar, ...]:
    """Published matters in the same town with words in common; what is not public yet is never hinted at."""
    acts = " ".join(act.label for act in questions.acts if act.code in (form.acts.data or ()))
    text = " ".join((acts, form.place.data or "", form.who.data or "", form.story.data or ""))
    return published.like(view.regions.name(form.region.data or ""), text)
