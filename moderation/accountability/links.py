"""Links from a task or a batch of letters to what came of it: public outcomes and exposed cases. For other desks' records."""

from __future__ import annotations

from sqlalchemy import false, or_, select
from sqlalchemy.orm import Session

from moderation.accountability.exposures import ExposedCase
from moderation.accountability.tables import AccountabilityCase
from moderation.publication.disclosures import Disclosure
from moderation.publication.machine import DisclosureState
from portal.core.public_record import Related
from portal.core.vocabulary import RecordKind


def links_to(session: Session, *, task_record: str | None = None, letter_batch: str | None = None) -> tuple[Related, ...]:
    """Public outcomes and exposed cases that name this task or this batch (ids of public records), so that a reader can follow."""
    links = []
    for model, kind in ((AccountabilityCase, RecordKind.ACCOUNTABILITY), (ExposedCase, RecordKind.EXPOSURE)):
        named = [model.task_record == task_record] if task_record else []
        named += [model.letter_batch == letter_batch] if letter_batch else []
        chosen = (
            select(Disclosure.id, model.title)
            .join(model, model.record_id == Disclosure.id)
            .where(or_(false(), *named), Disclosure.live_revision > 0, Disclosure.state != DisclosureState.WITHDRAWN)
            .order_by(Disclosure.id)
        )
        links += [Related(kind.value, record, f"{kind.zh}：{title}"[:120]) for record, title in session.execute(chosen)]
    return tuple(links)
