"""A larger office: the whole demo on two databases of a real PostgreSQL, every desk opened, both audit chains whole."""

from __future__ import annotations

import pytest

from moderation import worker
from moderation.app import create_app
from moderation.console.navigation import entries
from moderation.demo.stage import set_stage
from moderation.office import Office
from moderation.press.paths import PressPaths
from moderation.publication import pressing
from portal.core.audit import verify_chain
from portal.core.clock import now
from tests.console.desk_client import signed_in_client


@pytest.mark.postgres
def test_every_desk_of_the_whole_demo_opens_on_postgresql(postgres_office: Office) -> None:
    stage = set_stage(postgres_office, now())
    assert worker.run_once(postgres_office, at=now()) == []
    pressing.build_whole_site(postgres_office, lambda what, done, total: None)
    app = create_app(postgres_office)
    with app.test_request_context():
        addresses = {entry.endpoint: app.url_map.bind("").build(entry.endpoint) for entry in entries()}

    for login, person in stage.cast.items():
        client = signed_in_client(stage, login)
        assert client.get("/").status_code == 200
        for entry in entries():
            if entry.roles & person.roles:
                answer = client.get(addresses[entry.endpoint], follow_redirects=True)
                assert answer.status_code == 200, (login, addresses[entry.endpoint])

    assert PressPaths(postgres_office.data).live() is not None
    for register in (postgres_office.intake, postgres_office.office):
        with register.reading() as session:
            assert verify_chain(session).broken_at is None
