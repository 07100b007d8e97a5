"""The public side with records of every kind on a free port of this machine, for tests with a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from moderation import unsealing
from moderation.check.pictures import served
from moderation.office import open_office
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press, publish_records
from moderation.press.releases import full_build
from moderation.press.searching import compact_search
from portal import app as portal_app
from portal.core.public_record import Status
from portal.core.public_settings import PublicSettings, write_public_settings
from portal.core.reward_schedule_reader import shipped_schedules
from portal.settings import IntakeSettings
from tests.site.records import at, one_of_each, record, salt_of

REGIONS = "code,name,parent,level\n990121,云岭县,,县\n990121100,青石镇,990121,乡\n990121101,柳溪镇,990121,乡\n"
BRAND = PublicSettings(
    office_name="云岭县生态环境督察公开",
    short_name="云岭县",
    host_unit="云岭县人民政府",
    undertaking_unit="县督察整改办公室",
    site_code="0000000000",
    icp_number="云ICP备00000000号",
    police_number="云公网安备 00000000000000号",
    hotline="0000-12369",
    regions_csv=REGIONS,
    demo=True,
)
STATES = (
    (Status("已销号", "ok"),) * 12 + (Status("达到序时进度", "ok"),) * 6 + (Status("滞后", "warn"),) * 3 + (Status("逾期", "bad"),)
)
TASKS = ("青石采石场边坡修复", "规模养殖场粪污设施配套", "县城雨污管网混接改造", "柳溪镇建筑垃圾清运")


def publish_samples(paths: PressPaths) -> None:
    """A record of every kind, a withdrawn one, and enough tasks for the home page to say something."""
    tasks = [
        record(
            f"zj-2026-03-{number:03d}",
            title=f"{TASKS[number % 4]}（第 {number} 项）",
            status=status,
            programme="2026 年省级督察",
            item_number=f"第 {number} 项",
            due_on=date(2026, 12, 31),
            unit=("县自然资源局", "县农业农村局", "县住建局")[number % 3],
            day=date(2026, 3, 2) + timedelta(days=number),
        )
        for number, status in enumerate(STATES, 2)
    ]
    publish_records(paths, tasks + one_of_each())
    gone = tasks[0]
    note = gone.withdrawn(reason="处罚决定已撤销", at=at(date(2026, 11, 19)), salt=salt_of(gone.id, 2))
    publish_records(paths, [note])
    full_build(paths)
    compact_search(Press(paths))


@contextmanager
def public_side(migrated: Path, data: Path, brand: PublicSettings = BRAND) -> Iterator[str]:
    """The public process of an office with keys, settings, the invented reward rule and a built site."""
    shutil.copytree(migrated, data)
    office = open_office(data, {})
    unsealing.make_keys(office)
    rule = next(each for each in shipped_schedules() if each.invented)
    write_public_settings(office.public_settings_path, replace(brand, reward_schedule_toml=rule.text))
    office.close()
    publish_samples(PressPaths(data))
    app = portal_app.create_app(IntakeSettings.from_env({"DISCLOSURE_DATA": str(data)}))
    with served(app) as address:
        yield address
    app.extensions["intake"].close()
