"""The public page of the reward rule."""

import re

import pytest

from portal.core.public_settings import PublicSettings, write_public_settings
from portal.core.reward_schedule_reader import shipped_schedule


@pytest.fixture
def show(intake_settings, desk, visitor):
    """The page as the public sees it under these settings."""

    def shown(**settings) -> str:
        write_public_settings(intake_settings.public_settings_path, PublicSettings(office_name="县局", **settings))
        desk._view = None  # the next request reads the snapshot again, without the two seconds
        return visitor.get("/rewards/").text

    return shown


def adopted(name: str) -> dict[str, str]:
    return {"reward_schedule_toml": shipped_schedule(name).text, "reward_schedule_document": "云环〔2026〕1 号"}


def test_every_act_stands_with_its_amount_and_clause(show):
    page = show(**adopted("luoyang-2017"))

    assert "查实奖励 50 元 · 依据 第四条第（一）项第 3 目" in page
    assert "查实奖励 200 元 · 依据 第四条（条目未核定） · 未核定" in page
    assert "实名举报才能领取" in page
    assert "云环〔2026〕1 号" in page
    assert len(re.findall(r"<h1[ >]", page)) == 1


def test_an_invented_rule_says_so(show):
    assert "虚构" in show(**adopted("demo"))


def test_without_a_rule_the_page_promises_nothing(show):
    page = show()

    assert "没有采用奖励办法" in page
    assert "元" not in re.sub(r"<footer.*", "", page, flags=re.DOTALL).split("<main", 1)[1]


def test_totals_stand_without_people(show):
    rows = [{"act": "工地扬尘", "period": "2026年3月", "payments": 7, "amount": "350 元"}]

    page = show(**adopted("demo"), extra={"reward_totals": rows})

    assert "2026年3月" in page
    assert "350 元" in page
    assert "免得有人被认出来" in page
