"""Campaigns are plans too: named fights, dated quantities, and deadlines that are asked because papers print none."""

from datetime import date

from moderation.rectification.plan import missing_characters
from moderation.rectification.plan_reader import read_plan
from moderation.rectification.suggestions import counts_in
from tests.seeds import seed

PAPER = """本报讯 县里昨日开会。
三场硬仗
打一场河道清理的“歼灭战”。由县水
利局牵头，环保、城管等部门配合，9
月底前封堵 12 个排口。
打一场扬尘治理的“突击战”。月底见效。
两大治理
燃煤散烧专项治理。8月底前完成剩余30台锅炉
拆改任务。
油烟专项治理。全面安装净化器。
四项措施
严格问责。
"""


def test_each_fight_is_a_task_under_its_heading() -> None:
    plan = read_plan(PAPER)

    assert missing_characters(plan) == []
    assert [(item.number, item.group, item.problem) for item in plan.items] == [
        (1, "三场硬仗", "打一场河道清理的“歼灭战”。"),
        (2, "三场硬仗", "打一场扬尘治理的“突击战”。"),
        (3, "两大治理", "燃煤散烧专项治理。"),
        (4, "两大治理", "油烟专项治理。"),
    ]
    assert (plan.items[0].lead_units, plan.items[0].supporting_units) == (("县水利局",), ("环保", "城管"))
    assert {entry.text for entry in plan.unread} >= {"本报讯 县里昨日开会。", "三场硬仗", "四项措施", "严格问责。"}


def test_no_deadline_is_made_up_and_dated_quantities_are_suggested() -> None:
    plan = read_plan(PAPER)

    assert all(item.deadline.kind == "unclear" and item.deadline.questions for item in plan.items)
    counts = [(c.total, c.unit, c.due_on) for item in plan.items for c in counts_in(item.measures[0].text, year=2026)]
    assert counts == [("12", "个", date(2026, 9, 30)), ("30", "台", date(2026, 8, 31))]


def test_the_official_campaign_has_three_fights_and_nine_treatments() -> None:
    plan = read_plan(seed("000"))

    assert missing_characters(plan) == []
    assert [item.group for item in plan.items] == ["三场硬仗"] * 3 + ["九大治理"] * 9
    counts = [(c.total, c.unit) for item in plan.items for c in counts_in(item.measures[0].text, year=2017)]
    assert {("66", "台"), ("227", "个"), ("14", "条")} <= set(counts)
