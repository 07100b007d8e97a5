"""The administrator's desk: people and roles, working days, what the office says of itself, what is 未核定, stuck notices."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from moderation import holidays
from moderation import staff as staff_register
from moderation.announcing import announce_year
from moderation.casework import calendar_change
from moderation.console import long_work, undo_offers
from moderation.console.access import allowed, office, staff
from moderation.console.drafts import what_was_typed
from moderation.console.navigation import Entry
from moderation.console.undo import flash_done
from moderation.emblems import LARGEST_FILE, emblem_from
from moderation.holidays import CalendarDay, CalendarYear
from moderation.keys import symmetric_key
from moderation.settings import PUBLIC, Setting, change_setting, public_settings, setting, stands, write_snapshot
from moderation.staff import StaffMember, Unit
from portal.core.accent import style_sheet
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.public_settings import PublicSettings
from portal.core.regions import read_regions
from portal.core.vocabulary import Role

bp = Blueprint("administration", __name__, url_prefix="/administration")
WHO = (Role.ADMINISTRATOR,)
SECRETS = frozenset({"password", "headers", "token"})


ENTRIES = (
    Entry("系统", "人员和岗位", "administration.people", frozenset(WHO)),
    Entry("系统", "工作日历", "administration.calendar", frozenset(WHO)),
    Entry("系统", "本单位", "administration.about", frozenset(WHO)),
    Entry("系统", "设置与核定", "administration.settings", frozenset((*WHO, Role.AUDITOR))),
)

# What an office says of itself, in the order of the form: field of PublicSettings → label.
ABOUT: dict[str, str] = {
    "office_name": "网站名称",
    "short_name": "简称",
    "host_unit": "主办单位",
    "undertaking_unit": "承办单位",
    "site_code": "网站标识码",
    "icp_number": "ICP 备案号",
    "police_number": "公网安备号",
    "hotline": "举报热线",
    "hotline_hours": "热线时间",
    "postal_address": "来信地址",
    "discipline_channel": "反映干部问题的渠道",
    "emergency_channel": "紧急情况怎么办",
    "site_url": "网站地址",
}


@bp.get("/people")
@allowed(*WHO)
def people() -> str:
    with office().office.reading() as session:
        rows = session.execute(
            select(StaffMember, Unit).join(Unit).order_by(StaffMember.disabled_at.is_not(None), StaffMember.login)
        )
        members = [(member, unit, "、".join(role.zh for role in Role if role in member.roles)) for member, unit in rows]
        units = list(session.scalars(select(Unit).order_by(Unit.name)))
    return render_template("administration/people.html", members=members, units=units, roles=list(Role))


def _roles() -> frozenset[Role]:
    words = request.form.getlist("roles")
    known = {role.value for role in Role}
    return frozenset(Role(word) for word in words if word in known)  # type: ignore[call-arg]


@bp.post("/people")
@allowed(*WHO)
def enrol() -> str | Response:
    login, name = request.form.get("login", "").strip(), request.form.get("name", "").strip()
    try:
        if not login or not name or not _roles():
            raise Mendable("请填写登录名、姓名，并至少选一个岗位")
        with office().office.transaction() as session:
            unit = session.get(Unit, request.form.get("unit", ""))
            if unit is None:
                raise Mendable("请选择单位", field="unit")
            made = staff_register.enrol(
                session, login=login, name=name, unit=unit, roles=_roles(), key=symmetric_key(office().keys, "staff.key"),
                by=staff(), at=now(),
            )  # fmt: skip
    except Refusal as refusal:
        flash(refusal.reason, "warn")
        return redirect(url_for("administration.people"), 303)
    # Shown in the answer to the post, once; never behind an address.
    return render_template("administration/enrolled.html", made=made, picture=_authenticator_picture(made))


def _authenticator_picture(made: staff_register.Enrolment) -> str:
    address = f"otpauth://totp/{made.member.login}?secret={made.totp_secret}&issuer=disclosure"
    import segno  # only when somebody is enrolled

    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="png", scale=5)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


@bp.post("/people/<staff_id>")
@allowed(*WHO)
def change_person(staff_id: str) -> Response:
    deed, undo = request.form.get("deed", ""), None
    try:
        with office().office.transaction() as session:
            member = session.get(StaffMember, staff_id)
            if member is None:
                raise NotThere("没有这个人")
            if deed == "disable":
                staff_register.disable(session, member, by=staff(), at=now())
            elif deed == "roles":
                was = member.role_list
                staff_register.change_roles(session, member, _roles(), by=staff(), at=now())
                undo = undo_offers.roles_changed(session, member, was)
            else:
                raise Mendable("请选择要办的事")
    except Refusal as refusal:
        flash(refusal.reason, "warn")
    else:
        flash_done("已更改，此人需要重新登录", undo)
    return redirect(url_for("administration.people"), 303)


@bp.get("/calendar")
@allowed(*WHO)
def calendar() -> str:
    year = request.args.get("year", day_of(now()).year, type=int)
    with office().office.reading() as session:
        inside = (CalendarDay.day >= date(year, 1, 1), CalendarDay.day <= date(year, 12, 31))
        days = list(session.scalars(select(CalendarDay).where(*inside).order_by(CalendarDay.day)))
        published = session.get(CalendarYear, year)
    return render_template("administration/calendar.html", year=year, days=days, published=published)


@bp.post("/calendar")
@allowed(*WHO)
def change_calendar() -> Response:
    year = request.form.get("year", day_of(now()).year, type=int)
    try:
        if request.form.get("deed") == "publish":
            return _announce(year, request.form.get("document_number", ""))
        with office().office.transaction() as session:
            day, name = _day(request.form.get("day", "")), request.form.get("name", "")[:40]
            was = holidays.stands(session, day.isoformat())
            holidays.change_day(session, day, is_workday=request.form.get("is_workday") == "y", name=name, by=staff(), at=now())
            undo = undo_offers.day_changed(session, day.isoformat(), was)
    except Refusal as refusal:
        if what_was_typed():
            raise
        flash(refusal.reason, "warn")
    else:
        flash_done("日历已更改", undo)
    return redirect(url_for("administration.calendar", year=year), 303)


def _announce(year: int, document_number: str) -> Response:
    """The year is official; the deadlines that waited for it are counted again, one by one, with their progress."""
    with office().office.transaction() as session:
        announce_year(session, year, document_number, by=staff(), at=now())
        certain = calendar_change.to_settle(session)
    flash("日历已更改")
    title, back = f"重算 {year} 年的暂定期限", url_for("administration.calendar", year=year)
    return long_work.start("deadlines.settle", certain, title=title, link=back, nothing="没有等着重算的期限")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise Mendable("请填写日期，如 2027-01-01", field="day") from fault


@bp.get("/about")
@allowed(*WHO)
def about() -> str:
    return _about({})


def _about(typed: Mapping[str, str]) -> str:
    """The page; what was typed and refused stays in its boxes."""
    with office().office.reading() as session:
        told = public_settings(session)
    values = {name: typed.get(name, getattr(told, name)) for name in (*ABOUT, "accent")}
    return render_template("administration/about.html", told=told, values=values, labels=ABOUT, towns=len(told.regions().by_code))


@bp.post("/about")
@allowed(*WHO)
def change_about() -> Response:
    sent = request.files.get("regions")
    try:
        regions = sent.read(2_000_000).decode("utf-8-sig") if sent and sent.filename else ""
        if regions:
            read_regions(regions)
        with office().office.transaction() as session:
            known = {field.name for field in fields(PublicSettings)}
            changed = setting(session, PUBLIC, {}) | {
                name: request.form.get(name, "").strip()[:300] for name in ABOUT if name in known
            }
            if regions:
                changed["regions_csv"] = regions
            changed |= _look_chosen()
            before = {PUBLIC: stands(session, PUBLIC)}
            change_setting(session, PUBLIC, changed, by=staff(), at=now(), confirmed=True)
            undo = undo_offers.settings_changed(session, before, label="本单位", link=url_for("administration.about"))
        write_snapshot(office())
    except (Refusal, UnicodeDecodeError) as fault:
        flash(fault.reason if isinstance(fault, Refusal) else "区划表不是 UTF-8 文字", "warn")
        return Response(_about(request.form), 422)
    flash_done("已保存。举报页和工作台马上更新，网站在下一次整站生成后更新", undo)
    return redirect(url_for("administration.about"), 303)


def _look_chosen() -> dict[str, str]:
    """Colour and emblem as the form says; an emblem stays until another comes or it is taken away."""
    chosen = {"accent": request.form.get("accent", "").strip().lower()}
    style_sheet(chosen["accent"])
    sent = request.files.get("emblem")
    if request.form.get("no_emblem") == "y":
        chosen["emblem_png"] = ""
    elif sent and sent.filename:
        chosen["emblem_png"] = emblem_from(sent.read(LARGEST_FILE + 1))
    return chosen


@bp.get("/settings")
@allowed(*WHO, Role.AUDITOR)
def settings() -> str:
    with office().office.reading() as session:
        rows = list(session.scalars(select(Setting).where(Setting.key != PUBLIC).order_by(Setting.confirmed, Setting.key)))
        shown = [(row, _without_secrets(row)) for row in rows]
    return render_template("administration/settings.html", rows=shown)


def _without_secrets(row: Setting) -> str:
    """The value as the page may print it: passwords and tokens of a gateway are nobody's to read."""
    value = json.loads(row.value)
    if isinstance(value, dict):
        value = {name: "（已设，不显示）" if name in SECRETS and part else part for name, part in value.items()}
    return json.dumps(value, ensure_ascii=False)
