"""An intake with keys, an invented county and the demo reward rule, and a browser without JavaScript that fills its forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from moderation import unsealing
from moderation.office import Office
from portal import app as portal_app
from portal.core import clock
from portal.core.public_settings import PublicSettings, write_public_settings
from portal.core.reward_schedule_reader import shipped_schedules
from portal.intake.context import Intake
from portal.intake.tokens import FormToken, new_token, write_token
from portal.settings import IntakeSettings

REGIONS = "code,name,parent,level\n411900,云岭县,,县\n411900001,青石镇,411900,乡\n411900002,柳河乡,411900,乡\n"
STORY = "每天夜里十一点以后，料场装卸不盖不洒水，灰飘到学校里。"


def set_up(office: Office) -> None:
    """Keys and public settings."""
    unsealing.make_keys(office)
    demo = next(each for each in shipped_schedules() if each.invented)
    settings = PublicSettings(
        office_name="云岭县生态环境督察公开", regions_csv=REGIONS, reward_schedule_toml=demo.text, hotline="0000-12369"
    )
    write_public_settings(office.public_settings_path, settings)


@pytest.fixture
def office(empty_office: Office) -> Office:
    """An office with keys and public settings."""
    set_up(empty_office)
    return empty_office


@pytest.fixture
def intake_settings(office: Office) -> IntakeSettings:
    return IntakeSettings.from_env({"DISCLOSURE_DATA": str(office.data)})


@pytest.fixture
def app(intake_settings: IntakeSettings) -> Iterator[Flask]:
    app = portal_app.create_app(intake_settings)
    app.testing = False
    yield app
    app.extensions["intake"].close()


@pytest.fixture
def desk(app: Flask) -> Intake:
    found = app.extensions["intake"]
    assert isinstance(found, Intake)
    return found


@dataclass
class Page:
    """An answer, as a person without JavaScript sees it."""

    response: TestResponse
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.response.get_data().decode("utf-8", "replace")
        self.response.request.environ["wsgi.input"].close()

    @property
    def status(self) -> int:
        return self.response.status_code

    def hidden(self) -> list[tuple[str, str]]:
        """All hidden fields of the page's first form."""
        form = self.text.split("<form", 1)[1].split("</form>", 1)[0]
        pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
        return [(unescape(name), unescape(value)) for name, value in pairs]

    def code(self) -> str:
        """The receipt printed on the page."""
        found = re.search(r'class="receipt-code"[^>]*>([\d ]+)<', self.text)
        assert found, self.text[:3000]
        return found.group(1).strip()


@dataclass
class Visitor:
    """Fills forms as a browser without JavaScript would."""

    app: Flask
    address: str = "10.1.2.3"
    old_token: bool = True

    def _send(self, method: str, path: str, **options: Any) -> Page:
        client = self.app.test_client(use_cookies=False)
        headers = {"Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        environ = {"REMOTE_ADDR": self.address}
        return Page(client.open(path, method=method, headers=headers, environ_overrides=environ, **options))

    def get(self, path: str) -> Page:
        return self._send("GET", path)

    def post(self, path: str, data: Any, **options: Any) -> Page:
        return self._send("POST", path, data=data, **options)

    def token(self, *, minutes_ago: float = 2) -> str:
        """A token of a form opened a while ago."""
        desk: Intake = self.app.extensions["intake"]
        token = new_token(clock.now())
        return write_token(FormToken(token.nonce, token.issued_at - timedelta(minutes=minutes_ago)), desk.keys.receipt_keys[0])

    def filled(self, **changes: Any) -> dict[str, Any]:
        """A form as a careful person fills it."""
        fields: dict[str, Any] = {
            "f": self.token(),
            "acts": ["uncovered_dust", "construction_noise"],
            "region": "411900001",
            "place": "镇小学北边约200米的料场",
            "when_kind": "recurring",
            "when": "夜里十一点以后",
            "who": "某某石料厂",
            "story": STORY,
            "must_not_know": "村主任某某\n青石镇环保所",
            "contact": "nobody",
            "identity_level": "anonymous",
            "datum": "WGS-84",
            "go": "look",
        }
        return {**fields, **changes}

    def send(self, **changes: Any) -> Page:
        """Fills, looks at the preview, and sends what the preview carries."""
        preview = self.post("/r/", self.filled(**changes))
        assert preview.status == 200, preview.text
        data: dict[str, list[str]] = {"go": ["send"]}
        for name, value in preview.hidden():
            data.setdefault(name, []).append(value)
        return self.post("/r/", data)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)
