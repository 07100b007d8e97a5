"""Signing in and out, the account page, and the start page that opens on what needs this person now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from moderation import staff as staff_register
from moderation.console import drafts, needs
from moderation.console.access import COOKIE, allowed, look_up_staff, office, public, staff
from moderation.console.navigation import desk_counts
from moderation.console.paging import page_numbers
from moderation.console.what_waits import SOURCES
from moderation.keys import symmetric_key
from moderation.staff import SESSION_HOURS, StaffMember
from portal.core.clock import day_of, now
from portal.core.errors import Mendable
from portal.web.language import N_

bp = Blueprint("desk", __name__)


@dataclass(frozen=True)
class CastMember:
    """An invented person of a demo: ``key`` is the secret word of the link that lets one in."""

    staff_id: str
    name: str
    roles: str
    unit: str
    key: str


class SignInForm(FlaskForm):  # type: ignore[misc]
    """登录名, 密码, 动态码."""

    login = StringField("登录名", [InputRequired("请填写登录名")])
    password = PasswordField("密码", [InputRequired("请填写密码")])
    code = StringField("动态码", [InputRequired("请填写手机上的 6 位动态码，或密码卡上的一个 8 位码")])


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """原密码, 新密码."""

    old = PasswordField("原密码", [InputRequired("请填写原密码")])
    new = PasswordField("新密码", [InputRequired("请填写新密码")])


def _own_page(target: str) -> str:
    """Only an address of this console; never another host's."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else url_for("desk.home")


def _cast() -> tuple[CastMember, ...]:
    return cast(tuple[CastMember, ...], current_app.extensions["demo_cast"])


def _let_in(token: str, target: str) -> Response:
    """Sets the session; leads to ``target``, or back to the text that came too late."""
    carried = drafts.carried_through()
    if carried is None:
        answer = redirect(_own_page(target), 303)
    else:
        with office().office.reading() as session:
            g.staff = staff_register.signed_in(session, token, at=now())
        answer = current_app.make_response(drafts.ask_again(carried, N_("您已重新登录。刚才写的还没有提交，请看过再交。")))
    answer.set_cookie(COOKIE, token, max_age=SESSION_HOURS * 3600, httponly=True, samesite="Strict", secure=request.is_secure)
    return answer


def signing_in(form: SignInForm | None = None, *, target: str = "", reason: str = "", carried: drafts.Carried | None = None) -> str:
    """The page that lets in. ``carried``: a post that came too late; the page says so and carries its text."""
    form = form or SignInForm()
    return render_template("desk/sign_in.html", form=form, next=target, cast=_cast(), reason=reason, carried=carried)


def late_post() -> str:
    """A post after the session ended: the sign-in page, which carries what was written."""
    return signing_in(carried=drafts.carried_post())


def without_token(error: CSRFError) -> tuple[str, int]:  # noqa: ARG001
    """The form's token is gone (the browser was closed in between): who is still signed in presses once more."""
    if g.get("staff") is None:
        look_up_staff()
    if g.get("staff") is None:
        return late_post(), 401
    return drafts.ask_again(drafts.carried_post(), N_("这一页开得太久，为防止别的网站冒用，请再按一次。")), 400


@bp.get("/sign-in")
@public
def sign_in() -> str:
    return signing_in(target=request.args.get("next", ""))


@bp.post("/sign-in/demo/<key>")
@public
def sign_in_demo(key: str) -> Response:
    """One press on the sign-in page of a demo. There is no cast, and so no such address, in a real office."""
    member = next((member for member in _cast() if member.key == key), None)
    if member is None:
        abort(404)
    with office().office.transaction() as session:
        token = staff_register.open_session(session, member.staff_id, at=now())
    return _let_in(token, "/")


@bp.post("/sign-in")
@public
def sign_in_send() -> Response | tuple[str, int]:
    form, target = SignInForm(), request.form.get("next", "")
    reason = ""
    if form.validate_on_submit():
        key = symmetric_key(office().keys, "staff.key")
        with office().office.transaction() as session:
            result = staff_register.sign_in(
                session, login=form.login.data, password=form.password.data, code=form.code.data, key=key, at=now()
            )
        if result.token:
            return _let_in(result.token, target)
        reason = result.reason
    return signing_in(form, target=target, reason=reason, carried=drafts.carried_through()), 422


@bp.post("/sign-out")
@allowed()
def sign_out() -> Response:
    with office().office.transaction() as session:
        staff_register.sign_out(session, request.cookies.get(COOKIE, ""), at=now())
    answer = redirect(url_for("desk.sign_in"), 303)
    answer.delete_cookie(COOKIE)
    return answer


@bp.get("/")
@allowed()
def home() -> str:
    with office().office.reading() as session:
        look = needs.Look(session, staff(), day_of(now()))
        g.counted = desk_counts(session, staff())
        page = needs.page_of(look, SOURCES, g.counted, number=request.args.get("page", 1, type=int))
    return render_template("desk/home.html", page=page, links=_page_links(page))


def _page_links(page: needs.NeedsPage) -> tuple[tuple[int, str], ...]:
    """Addresses of the pages around this one; none where one page holds all."""
    wanted = page_numbers(page.number, page.pages) if page.pages > 1 else ()
    return tuple((each, url_for("desk.home", page=each)) for each in wanted)


@bp.get("/account")
@allowed()
def account() -> str:
    return render_template("desk/account.html", form=PasswordForm())


@bp.post("/account")
@allowed()
def account_send() -> Response | tuple[str, int]:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            with office().office.transaction() as session:
                member = session.get_one(StaffMember, staff().id)
                staff_register.change_password(session, member, old=form.old.data, new=form.new.data, at=now())
        except Mendable as refused:
            form[refused.field].errors = [refused.reason]
        else:
            flash("密码已更改，请重新登录")
            return redirect(url_for("desk.sign_in"), 303)
    return render_template("desk/account.html", form=form), 422
