"""A walk through every desk of the demo, as each of the cast: one page of each kind, with the templates it was made of."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask, template_rendered
from flask.testing import FlaskClient
from jinja2 import Template
from sqlalchemy import select

from moderation import staff
from moderation.console.access import COOKIE
from moderation.office import Office
from moderation.staff import StaffMember
from portal.core.clock import now

EVERYBODY = (
    *("shenhe", "zuyuan", "zuzhang", "chengguan", "duban", "xuncha", "zhenggai", "wenze", "jijian", "baoguan"),
    *("jiangli", "shenpi", "duifu", "nigao", "shengao1", "qianfa", "fabu", "lingdao", "shenji", "guanli"),
)
FILES = re.compile(r"\.(xlsx|docx|csv|pdf|zip|txt|html)$|/slip|/file/|/evidence/|/pictures/|/files/|sign-out")
# Numbers and names in an address; what is left is the kind of page.
NAMES = re.compile(r"(?=[a-z]*\d)[0-9a-z]{12,}|\d+|xf-[\w-]+|(?<=/)[a-z]+-\d[\w-]*")


@dataclass(frozen=True)
class Face:
    """A page as one of the cast sees it, in English. ``template``: the first one rendered; "" for none."""

    login: str
    address: str
    text: str
    template: str


def client_of(app: Flask, office: Office, login: str) -> FlaskClient:
    """A client that holds a session of ``login``."""
    client = app.test_client()
    with office.office.transaction() as session:
        person = session.scalars(select(StaffMember.id).where(StaffMember.login == login)).one()
        client.set_cookie(COOKIE, staff.open_session(session, person, at=now()))
    return client


def kind_of(address: str) -> str:
    """The kind of page an address is."""
    return NAMES.sub("*", address.split("?", maxsplit=1)[0])


def walked(app: Flask, office: Office) -> Iterator[Face]:
    """One page of each kind that anybody reaches."""
    rendered: list[str] = []

    def note(_sender: Flask, template: Template, **_rest: object) -> None:
        rendered.append(template.name or "")

    template_rendered.connect(note, app)
    known: set[str] = set()
    for login in EVERYBODY:
        client = client_of(app, office, login)
        waiting, been = ["/en/"], set()
        for address in waiting:
            kind = kind_of(address)
            if address in been or FILES.search(kind) or (kind in known and kind != "/en/"):
                continue
            been.add(address)
            rendered.clear()
            answer = client.get(address)
            assert answer.status_code < 500, address
            if answer.mimetype != "text/html" or answer.status_code >= 300:
                continue
            known.add(kind)
            yield Face(login, address, answer.text, rendered[0] if rendered else "")
            waiting += [html.unescape(link) for link in re.findall(r'<a[^>]*href="(/en/[^"#]*)', answer.text)]
    template_rendered.disconnect(note, app)
