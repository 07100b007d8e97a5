"""The public page of the reward rule: every act with amount and clause, every setting as a sentence, totals. Never a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from portal.core.reward_schedule import PublicRow, Schedule, public_rows, yuan_text
from portal.core.reward_schedule_words import public_rules, row_words
from portal.intake.context import PublicView, intake
from portal.web.language import current_tag

bp = Blueprint("rewards", __name__, url_prefix="/rewards", template_folder="templates")


@dataclass(frozen=True)
class TierShown:
    """One amount with its acts, each act with its small print in the reader's language."""

    amount: str
    acts: tuple[tuple[str, str, PublicRow], ...]
    mark: bool


@bp.get("/")
def page() -> str:
    view = intake().public()
    return render_template("intake/rewards.html", **_values(view, english=current_tag() == "en"))


def _values(view: PublicView, *, english: bool) -> dict[str, Any]:
    schedule = view.schedule
    rules = public_rules(schedule) if schedule else ()
    return {
        "schedule": schedule,
        "document": view.settings.reward_schedule_document,
        "tiers": _tiers(schedule, english=english) if schedule else (),
        "rules": [(rule.title_en, rule.text_en, rule) if english else (rule.title, rule.text, rule) for rule in rules],
        "totals": view.settings.extra.get("reward_totals", ()),
    }


def _tiers(schedule: Schedule, *, english: bool) -> tuple[TierShown, ...]:
    rows, place = public_rows(schedule), 1 if english else 0
    found = []
    for tier in sorted(schedule.tiers, key=lambda tier: tier.amount_fen):
        acts = tuple(
            (row.everyday_en if english else row.everyday, row_words(row)[place], row) for row in rows if row.tier_id == tier.id
        )
        found.append(TierShown(yuan_text(tier.amount_fen), acts, not tier.basis.confirmed))
    return tuple(found)
