"""Invented public records of every kind, for tests of the site and the press. Same salt for same id and revision."""

import hashlib
from datetime import date, datetime, timedelta, timezone
from typing import Any

from portal.core.public_record import (
    Bar,
    Block,
    DisclosureCard,
    Event,
    Fact,
    Figure,
    HeldToAccount,
    LetterRow,
    NoticePeriod,
    Progress,
    PublicRecord,
    Region,
    Related,
    Section,
    Status,
)

CHINA = timezone(timedelta(hours=8))
YUNLING = Region("410399", "云岭县")
QINGSHI = Region("410399102", "青石镇")


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=CHINA)


def salt_of(record_id: str, revision: int) -> str:
    return hashlib.sha256(f"{record_id}/{revision}".encode()).hexdigest()[:32]


def record(
    record_id: str = "zj-2026-03-001", kind: str = "rectification", day: date = date(2026, 4, 15), **changes: Any
) -> PublicRecord:
    """A small record of any kind; keyword arguments replace fields."""
    plain: dict[str, Any] = {
        "id": record_id,
        "kind": kind,
        "revision": 1,
        "title": f"{record_id} 的标题",
        "region": YUNLING,
        "unit": "县住建局",
        "first_published_on": day,
        "published_on": day,
        "updated_at": at(day),
        "salt": salt_of(record_id, 1),
    }
    return PublicRecord(**(plain | changes))


def rectification() -> PublicRecord:
    return record(
        title="北渠沿线 6 处直排口封堵",
        summary="北渠两岸 6 处污水直排口逐个封堵，污水接入管网。",
        status=Status("达到序时进度", "ok"),
        programme="2026 年省级督察",
        item_number="第 2 项",
        due_on=date(2026, 12, 31),
        source="省级督察反馈问题第 2 项",
        facts=(
            Fact("整改目标", "2026 年底前封堵北渠沿线全部直排口。"),
            Fact("牵头单位", "县住建局"),
            Fact("责任单位", "北渠街道办事处、县水务集团"),
        ),
        progress=(
            Progress("封堵直排口", "4", "6", "处", Status("达到序时进度", "ok")),
            Progress("逐口建档", "6", "6", "处", Status("完成", "ok")),
            Progress("敷设截污管网", "3.1", "4.2", "公里", Status("达到序时进度", "ok")),
        ),
        timeline=(
            Event(date(2026, 12, 31), "期限；完成后现场验收，公示 7 天", "next"),
            Event(date(2026, 11, 20), "月报：第 4 处直排口封堵，现场照片已核", "now"),
            Event(date(2026, 4, 15), "任务公开"),
        ),
        sections=(
            Section(
                "cuoshi",
                "怎么改",
                (
                    Block(prose="先查清每个排口的来水，再**逐口封堵**。\n\n1. 居民污水接管\n2. 商户油水分离\n3. 雨后巡查"),
                    Block(
                        caption="排口来水",
                        header=("排口", "来水", "办法"),
                        rows=(("1 号", "居民生活污水", "接管"), ("2 号", "洗车废水", "沉淀后接管")),
                    ),
                    Block(caption="每月封堵数量", unit="处", bars=(Bar("6月", "1"), Bar("9月", "2"), Bar("11月", "1"))),
                ),
            ),
        ),
        related=(Related("letter-batch", "letters-2026-09", "来信第 9 批第 2 件：北渠气味", "letter-2"),),
        basis=("县级整改方案 第二条",),
        card=DisclosureCard(
            "YL-2026-0415", "督察整改", "县住建局", "主动公开", "云督改〔2026〕3号", date(2026, 4, 14), "有效", "北渠直排口整改任务"
        ),
        notice=NoticePeriod(date(2026, 12, 1), date(2026, 12, 7), "对整改结果有异议的，请拨打公示电话或来信。"),
    )


def letter_batch() -> PublicRecord:
    rows = (
        LetterRow(
            problem="青石镇一处料场夜间作业扬尘。",
            number="D3HA202611020017",
            region="青石镇",
            pollution="大气",
            finding="料堆未完全覆盖，夜间装车。",
            verdict="属实",
            target="覆盖到位，夜间停止装车。",
            handling="已覆盖，罚款 2 万元。",
            status="已办结",
            accountability="无",
            unit="县城管局",
            key=True,
        ),
        LetterRow(
            problem="北渠南段有气味。",
            number="X3HA202611020005",
            verdict="部分属实",
            status="阶段性办结",
            unit="县住建局、北渠街道办",
        ),
        LetterRow(problem="小区旁汽修店露天喷漆。", number="D3HA202611020031", status="未办结"),
    )
    return record(
        "letters-2026-09",
        "letter-batch",
        date(2026, 11, 12),
        title="省级督察交办信访件办理情况（第 9 批）",
        unit="信访督办组",
        item_number="第 9 批",
        letters=rows,
    )


def one_of_each() -> list[PublicRecord]:
    """A record of every kind with every part in use somewhere."""
    return [
        rectification(),
        letter_batch(),
        record(
            "exposure-2026-018",
            "exposure",
            date(2026, 11, 18),
            title="某石料厂未落实抑尘措施，顶格处罚 20 万元",
            summary="料堆没有覆盖，被查后仍不改正。",
            status=Status("已处罚", "bad"),
            unit="县生态环境分局",
            region=QINGSHI,
            sections=(Section("jingguo", "经过", (Block(prose="执法人员两次到场，料堆均未覆盖。"),)),),
            basis=("大气污染防治法 第七十二条",),
        ),
        record(
            "accountability-2026-003",
            "accountability",
            date(2026, 11, 15),
            title="北渠排口问题：2 人被诫勉，1 个单位被通报",
            unit="追责问责组",
            held=(
                HeldToAccount("person", "北渠街道办分管负责人", "诫勉", 2, "责任追究办法 第八条（二）"),
                HeldToAccount("unit", "北渠街道办事处", "通报批评", 1, "责任追究办法 第八条（一）"),
            ),
        ),
        record(
            "quality-2026-10",
            "environment-quality",
            date(2026, 11, 5),
            title="2026 年 10 月环境空气质量",
            unit="县生态环境分局",
            figures=(Figure("优良天数", "26", "天", "同比增加 2 天"), Figure("细颗粒物", "31", "微克/立方米")),
        ),
        record("notice-2026-01", "notice", date(2026, 10, 8), title="关于开展秋季扬尘检查的公告", due_words="长期坚持"),
    ]
