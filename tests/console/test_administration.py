"""The administrator's desk."""

from __future__ import annotations

import base64
import io
import re
from datetime import date

import pytest
from PIL import Image
from sqlalchemy import select

from moderation.demo.stage import Stage
from moderation.holidays import office_calendar
from moderation.settings import public_settings
from moderation.staff import StaffMember
from portal.core.public_settings import read_public_settings
from portal.core.vocabulary import Role
from tests.console.desk_client import console_app, signed_in_client


def test_a_new_person_is_shown_their_password_once_and_can_sign_in(stage: Stage) -> None:
    admin = signed_in_client(stage, "guanli")

    page = admin.post(
        "/administration/people", data={"login": "xin", "name": "新来人", "unit": "office", "roles": ["screener"]}
    ).text
    password = re.search(r'初始密码</dt><dd><b class="num">([^<]+)', page)
    card = re.search(r'<p class="num">(\d{8})', page)
    assert password
    assert card
    signed = console_app(stage).test_client().post("/sign-in", data={"login": "xin", "password": password[1], "code": card[1]})

    assert signed.status_code == 303
    assert password[1] not in admin.get("/administration/people").text


def test_hands_that_must_stay_apart_are_refused_with_the_reason(stage: Stage) -> None:
    admin = signed_in_client(stage, "guanli")

    page = admin.post(
        "/administration/people",
        data={"login": "x", "name": "甲", "unit": "office", "roles": ["reward_proposer", "payer"]},
        follow_redirects=True,
    ).text

    assert "不能由同一人担任" in page
    with stage.office.office.reading() as session:
        assert session.scalar(select(StaffMember).where(StaffMember.login == "x")) is None


def test_roles_change_and_a_disabled_person_is_out(stage: Stage) -> None:
    admin, other = signed_in_client(stage, "guanli"), stage.cast["zuzhang"].id

    admin.post(f"/administration/people/{other}", data={"deed": "roles", "roles": ["leader"]})
    with stage.office.office.reading() as session:
        assert session.get_one(StaffMember, other).roles == {Role.LEADER}
    admin.post(f"/administration/people/{other}", data={"deed": "disable"})

    assert "已停用" in admin.get("/administration/people").text


def test_a_day_of_next_year_is_entered_and_the_year_published_by_its_document(stage: Stage) -> None:
    admin = signed_in_client(stage, "guanli")

    admin.post("/administration/calendar", data={"year": "2027", "day": "2027-01-01", "name": "元旦"})
    page = admin.post("/administration/calendar", data={"year": "2027", "deed": "publish"}, follow_redirects=True).text
    assert "请填写放假安排通知的文号" in page
    admin.post("/administration/calendar", data={"year": "2027", "deed": "publish", "document_number": "国办发明电〔2026〕9号"})

    with stage.office.office.reading() as session:
        calendar = office_calendar(session)
    assert not calendar.is_workday(date(2027, 1, 1))
    assert not calendar.provisional(date(2027, 1, 1))


def test_what_the_office_says_of_itself_reaches_the_public_snapshot(stage: Stage) -> None:
    admin = signed_in_client(stage, "guanli")
    csv = "code,name,parent,level\n990000,云山省,,省\n"

    admin.post("/administration/about", data={"office_name": "新名称", "regions": (io.BytesIO(csv.encode()), "区划.csv")})

    snapshot = read_public_settings(stage.office.public_settings_path)
    assert snapshot.office_name == "新名称"
    assert len(snapshot.regions().by_code) == 1
    assert snapshot.demo


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "#0b4f9e").save(out, "JPEG", comment=b"who made this")
    return out.getvalue()


def test_the_office_chooses_its_colour_and_its_emblem(stage: Stage) -> None:
    admin = signed_in_client(stage, "guanli")

    admin.post("/administration/about", data={"accent": "#0B4F9E", "emblem": (io.BytesIO(_picture()), "徽标.jpg")})

    snapshot = read_public_settings(stage.office.public_settings_path)
    assert snapshot.accent == "#0b4f9e"
    with Image.open(io.BytesIO(base64.b64decode(snapshot.emblem_png))) as emblem:
        assert (emblem.format, emblem.size) == ("PNG", (144, 144))
        assert "comment" not in emblem.info
    page = admin.get("/administration/about").text
    style = re.search(r'href="(/look/office\.css\?v=\w+)"', page)
    emblem_address = re.search(r'<link rel="icon" href="(/look/emblem\?v=\w+)"', page)
    assert style
    assert emblem_address
    assert "--green: #0b4f9e" in admin.get(style.group(1)).text
    assert admin.get(emblem_address.group(1)).mimetype == "image/png"


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"accent": "#ffd400"}, "太浅"),
        ({"accent": "red"}, "六位颜色"),
        ({"emblem": (io.BytesIO(b"<svg onload=alert(1)>"), "a.png")}, "PNG、JPEG 或 WebP"),
    ],
)
def test_a_colour_nobody_can_read_and_a_file_that_is_no_picture_are_refused(
    stage: Stage, form: dict[str, object], says: str
) -> None:
    admin = signed_in_client(stage, "guanli")

    page = admin.post("/administration/about", data=form, follow_redirects=True).text

    assert says in page
    assert read_public_settings(stage.office.public_settings_path).accent == ""


def test_what_was_typed_beside_a_refused_value_stays_in_its_boxes(stage: Stage) -> None:
    answer = signed_in_client(stage, "guanli").post("/administration/about", data={"office_name": "新名称", "accent": "#ffd400"})

    assert answer.status_code == 422
    assert 'value="新名称"' in answer.text
    assert 'value="#ffd400"' in answer.text


def test_a_faulty_region_table_changes_nothing(stage: Stage) -> None:
    admin = signed_in_client(stage, "guanli")

    page = admin.post(
        "/administration/about", data={"regions": (io.BytesIO(b"code,name,parent,level\nx,y,,z\n"), "a.csv")}, follow_redirects=True
    ).text

    assert "第 2 行" in page
    with stage.office.office.reading() as session:
        assert len(public_settings(session).regions().by_code) == 9


def test_every_page_of_the_desk_opens(stage: Stage) -> None:
    admin = signed_in_client(stage, "guanli")

    for page in ("people", "calendar", "about", "settings", "notices"):
        assert admin.get(f"/administration/{page}").status_code == 200
