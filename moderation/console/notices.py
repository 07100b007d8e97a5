"""Notices at the desk: that something waits, and where; gone once somebody of the desk has looked. And where else they go."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation import outbox, undoing
from moderation.console.access import allowed, office, staff
from moderation.console.navigation import FIRST, Entry
from moderation.console.paging import PAGE, paging
from moderation.console.undo import flash_done
from moderation.mail import is_here
from moderation.outbox import Notice, To
from moderation.settings import change_setting, setting
from moderation.staff import StaffMember, Unit
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, Refusal
from portal.core.vocabulary import Role

bp = Blueprint("notices", __name__)


@bp.get("/notices")
@allowed()
def index() -> str:
    with office().office.reading() as session:
        page = paging(outbox.count_unread(session, staff()))
        found = outbox.unread(session, staff(), most=PAGE, after=page.first)
        rows = [(notice, outbox.words(notice), day_of(notice.created_at)) for notice in found]
    return render_template("desk/notices.html", rows=rows, page=page)


@bp.post("/notices")
@allowed()
def read() -> Response:
    """Marks the ticked notices as read, or the one whose page is wanted, and leads there."""
    chosen, at, offer = request.form.get("open", ""), now(), None
    with office().office.transaction() as session:
        notice = session.get(Notice, chosen) if chosen else None
        mine = notice is not None and notice.address in outbox.addresses_of(staff())
        target = notice.link if notice is not None and mine else ""
        ticked = [chosen] if chosen else request.form.getlist("notice")
        gone = outbox.mark_read(session, staff(), ticked, at=at)
        if gone and not chosen:
            facts = {"notices": gone, "read_at": at.isoformat()}
            label = f"把 {len(gone)} 条通知标为看过"
            offer = undoing.offer(session, "notices.read", [facts], label=label, link="/notices", by=staff(), at=at)
    if offer is not None:
        flash_done(f"{label}：已完成", offer)
    return redirect(request.script_root + target if target.startswith("/") else url_for("notices.index"), 303)


# ---- where they go besides ----


@dataclass(frozen=True)
class NoticeDesk:
    """A desk whose notices also go elsewhere, as the form names it."""

    address: str
    label: str
    to: tuple[str, ...]


def _notice_desks(session: Session) -> tuple[NoticeDesk, ...]:
    """Every desk that notices are addressed to: roles, the officers of each unit, people by name."""
    named = setting(session, outbox.ADDRESSES, {})
    units = session.scalars(select(Unit).where(Unit.kind != "company", Unit.has_accounts.is_(True)).order_by(Unit.name))
    people = session.scalars(select(StaffMember).where(StaffMember.disabled_at.is_(None)).order_by(StaffMember.name))
    found = [(To.role(role).address, role.zh) for role in Role if role is not Role.UNIT_OFFICER]
    found += [(To.role(Role.UNIT_OFFICER, unit.id).address, f"{unit.name}的经办人") for unit in units]
    found += [(member.id, f"{member.name}（本人）") for member in people]
    return tuple(NoticeDesk(address, label, tuple(named.get(address, ()))) for address, label in found)


@bp.get("/administration/notices")
@allowed(Role.ADMINISTRATOR)
def addresses() -> str:
    return _notices_page("")


def _notices_page(wrong: str) -> str:
    with office().office.reading() as session:
        found = [(notice, outbox.words(notice)) for notice in outbox.stuck(session)]
        desks, server = _notice_desks(session), setting(session, "mail", {})
    return render_template(
        "desk/notice_addresses.html", notices=found, desks=desks, named=[desk for desk in desks if desk.to], server=server,
        error=wrong, typed=request.form, page_has_errors=bool(wrong), encryptions=ENCRYPTIONS,
        encryption=request.form.get("encryption", next((name for name in ("starttls", "smtps") if server.get(name)), "")),
    )  # fmt: skip


@bp.post("/administration/notices")
@allowed(Role.ADMINISTRATOR)
def change_addresses() -> Response | tuple[str, int]:
    """Names or forgets an address of a desk, or sets the mail server."""
    deed = request.form.get("deed", "")
    try:
        with office().office.transaction() as session:
            if deed == "server":
                _set_mail_server(session)
            else:
                _change_addresses(session, request.form.get("desk", ""), request.form.get("address", ""), add=deed == "add")
    except Refusal as refusal:
        return _notices_page(refusal.reason), refusal.status
    flash("已保存")
    return redirect(url_for("notices.addresses"), 303)


def _change_addresses(session: Session, desk: str, address: str, *, add: bool) -> None:
    if desk not in {each.address for each in _notice_desks(session)}:
        raise Mendable("请选择谁的通知", field="desk")
    named = setting(session, outbox.ADDRESSES, {})
    kept = [each for each in named.get(desk, ()) if each != address.strip()]
    named[desk] = [*kept, outbox.require_address(address)] if add else kept
    change_setting(session, outbox.ADDRESSES, {key: to for key, to in named.items() if to}, by=staff(), at=now(), confirmed=True)


ENCRYPTIONS = (("starttls", "STARTTLS（常用端口 587）"), ("smtps", "一连接就加密（常用端口 465）"), ("", "不加密"))


def _encryption(chosen: str) -> dict[str, bool]:
    if chosen not in dict(ENCRYPTIONS):
        raise Mendable("请选择怎样加密", field="encryption")
    return {"starttls": chosen == "starttls", "smtps": chosen == "smtps"}


def _set_mail_server(session: Session) -> None:
    form, known = request.form, setting(session, "mail", {})
    if not form.get("host", "").strip() or not form.get("port", "25").isdigit():
        raise Mendable("请填写邮件服务器的地址和端口", field="host")
    host = form["host"].strip()
    # A password is never carried along to another server.
    kept = known.get("password", "") if known.get("host") == host else ""
    server = {
        "host": host, "port": int(form.get("port", "25")), "from": outbox.require_address(form.get("from", "")),
        **_encryption(form.get("encryption", "")), "user": form.get("user", "").strip(),
        "password": form.get("password", "") or kept,
    }  # fmt: skip
    if server["user"] and not (server["starttls"] or server["smtps"] or is_here(host)):
        raise Mendable("要登录的邮件服务器请选择加密，否则密码会被别人看到", field="encryption")
    change_setting(session, "mail", server, by=staff(), at=now(), confirmed=True)


ENTRIES: tuple[Entry, ...] = (
    Entry(FIRST, "通知", "notices.index", frozenset(Role), outbox.count_unread),
    Entry("系统", "通知的去向", "notices.addresses", frozenset({Role.ADMINISTRATOR}), urgent=True),
)
