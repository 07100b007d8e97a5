"""The reward desks over HTTP: proposer, approver, payer, auditor and administrator, each with their own pages."""

from __future__ import annotations

import pytest

from tests.console.desk_client import signed_in_client
from tests.moderation.rewards.scenes import Scene


@pytest.fixture
def scene(stage):
    """The county under its invented rule, with the moment of the stage."""
    scene = Scene(stage.office, stage.at)
    from moderation.rewards import phone_box

    phone_box.make_payer_key(stage.office, stage.at)
    scene.adopt()
    return scene


def test_a_letter_is_verified_proposed_and_approved_at_three_desks(stage, scene):
    letter = scene.letter("building_site_dust", received=scene.today, closed=scene.today)
    proposer, approver = signed_in_client(stage, "jiangli"), signed_in_client(stage, "shenpi")
    assert f"/rewards/letters/{letter}/verify" in proposer.get("/rewards/").text
    page = proposer.get(f"/rewards/letters/{letter}/verify")
    assert page.status_code == 200
    answer = proposer.post(
        f"/rewards/letters/{letter}/verify",
        data={"acts": "building_site_dust", "target": "云岭木业", "place": "东环路 8 号", "proof_0": "system", "reporters_0": "1"},
    )
    assert answer.status_code == 303, answer.text
    where = answer.headers["Location"]
    shown = proposer.get(where).text
    assert "50" in shown and "提出建议" in shown
    assert proposer.post(f"{where}/propose").status_code == 303
    assert approver.get(where).status_code == 200
    assert approver.post(f"{where}/approve").status_code == 303
    assert "已审批" in approver.get(where).text
