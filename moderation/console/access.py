"""Who may open which page. A route that declares no role cannot start the app."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from moderation import staff as staff_register
from moderation.office import Office
from moderation.staff import SignedIn
from portal.core.clock import now
from portal.core.errors import NotAllowed
from portal.core.vocabulary import Role

View = TypeVar("View", bound=Callable[..., Any])
COOKIE = "desk"
ANYONE_SIGNED_IN = frozenset(Role)


def office() -> Office:
    """The office this console serves."""
    return cast(Office, current_app.extensions["office"])


def staff() -> SignedIn:
    """Who is at the desk. Only inside a view that declares roles."""
    return cast(SignedIn, g.staff)


def allowed(*roles: Role) -> Callable[[View], View]:
    """Opens a view to people who hold one of ``roles`` (none given: to everyone who is signed in)."""
    wanted = frozenset(roles) or ANYONE_SIGNED_IN

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if g.get("staff") is None:
                return _ask_to_sign_in()
            if not (wanted & staff().roles):
                raise NotAllowed("您的岗位不能打开这一页", clause="岗位分离规则")
            return view(*args, **kwargs)

        guarded.roles = wanted  # type: ignore[attr-defined]
        return cast(View, guarded)

    return declare


def _ask_to_sign_in() -> Any:
    """A page is asked for again after signing in; what was written in a post that came too late is carried along."""
    if request.method == "GET":
        return redirect(url_for("desk.sign_in", next=request.full_path), 303)
    return current_app.extensions["late post"](), 401


def public(view: View) -> View:
    """Opens a view to anyone: signing in, style sheets, the health check."""
    view.roles = frozenset()  # type: ignore[attr-defined]
    return view


# Files of the look, which the sign-in page needs: everybody's.
LOOK = frozenset({"web.static", "web.office_style", "web.office_emblem"})


def require_declared_roles(app: Flask) -> None:
    """Refuses to start an app with a route that declares no role."""
    undeclared = sorted(name for name, view in app.view_functions.items() if name not in LOOK and not hasattr(view, "roles"))
    if undeclared:
        raise RuntimeError(f"these routes declare no role: {', '.join(undeclared)}")


def look_up_staff() -> Response | None:
    """Before each request: finds who is at the desk from the session cookie."""
    token = request.cookies.get(COOKIE, "")
    g.staff = None
    if not token or request.endpoint in LOOK:
        return None
    with office().office.reading() as session:
        g.staff = staff_register.signed_in(session, token, at=now())
    if g.staff is not None and request.method == "POST":
        with office().office.transaction() as session:
            staff_register.keep_alive(session, token, at=now())
    return None
