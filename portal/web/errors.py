"""What a person sees when something does not work: what happened, what is lost (usually nothing), what to do now.

One handler for refusals, one for HTTP errors, one for what we broke ourselves. The log never gets a word a person wrote.
"""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from portal.core.errors import Refusal
from portal.web.language import LazyText as _


@dataclass(frozen=True)
class Problem:
    """``what`` happened, what to do ``next``, and the words on the way ``back``."""

    title: _
    what: _
    next: _
    back: _


HOME = _("回到首页")
PROBLEMS = {
    400: Problem(
        _("这一页没有收到完整"),
        _("网络可能断过，或者页面开得太久。"),
        _("请返回上一页再发一次。您填的内容还在那一页上。"),
        HOME,
    ),
    403: Problem(
        _("这一步您不能做"),
        _("您的岗位没有这项权限，或者这次提交来自别的网站。"),
        _("请从本站的页面重新进入。需要权限的，请找管理员。"),
        HOME,
    ),
    404: Problem(
        _("没有这一页"),
        _("地址可能抄错了，或者您没有看它的权限。"),
        _("请检查地址，或从首页找起。"),
        HOME,
    ),
    405: Problem(
        _("请从页面上的按钮进入"),
        _("这个地址不能直接打开。"),
        _("请回到首页，再点您要办的事。"),
        HOME,
    ),
    409: Problem(
        _("现在还不能这样做"),
        _("有一条规定不允许这一步。什么都没有改动。"),
        _("请看上面的原因，改好以后再试。"),
        HOME,
    ),
    413: Problem(
        _("文件太大了"),
        _("这次发的内容超过了上限，没有收到。"),
        _("请返回上一页，去掉大的文件，或者分几次发。"),
        HOME,
    ),
    422: Problem(
        _("有一处需要改"),
        _("这次没有提交成功，什么都没有改动。"),
        _("请返回上一页，按上面的提示改好再发。"),
        HOME,
    ),
    429: Problem(
        _("请稍等一会儿"),
        _("短时间内试得太多了。这是为了防止有人乱猜。"),
        _("请过几分钟再试。您写的内容没有丢。"),
        HOME,
    ),
    500: Problem(
        _("我们这边出错了"),
        _("这不是您的问题。这次没有提交成功。"),
        _("请返回上一页再发一次。还是不行，请打热线，并报下面的编号。"),
        HOME,
    ),
    503: Problem(
        _("现在收不了，请稍后再来"),
        _("系统正在维护。这次的内容没有收到。"),
        _("请把写好的内容留在上一页，过十分钟再发。"),
        HOME,
    ),
}


def nothing_typed() -> tuple[str, ...]:
    """The public side prints nothing a citizen wrote on an error page."""
    return ()


def register_error_pages(
    app: Flask,
    layout: str = "layout.html",
    back_url: str = "/",
    typed: Callable[[], tuple[str, ...]] = nothing_typed,
) -> None:
    """Answers every error with a page in plain words, standing in ``layout``; its button leads to ``back_url``.

    ``typed``: the texts of the post that failed; printed so that they can be copied.
    """

    def page(code: int, **values: object) -> Response:
        problem = PROBLEMS.get(code, PROBLEMS[500 if code >= 500 else 400])
        html = render_template("errors/page.html", error_layout=layout, problem=problem, back_url=back_url, typed=typed(), **values)
        return make_response(html, code)

    def refused(refusal: Refusal) -> Response:
        return page(refusal.status, reason=str(_(refusal.reason)), clause=refusal.clause)

    def http_error(error: HTTPException) -> Response:
        code = error.code or 500
        return page(code) if code >= 400 else make_response(error.get_response())

    def broken(error: Exception) -> Response:
        reference = secrets.token_hex(4)
        app.logger.error("错误编号 %s %s", reference, outline(error))
        return page(500, reference=reference)

    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, broken)


def outline(error: BaseException) -> str:
    """Kind of error and the places it passed, without its message: a message can hold what a person wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    places = (f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} {' < '.join(places)}"
