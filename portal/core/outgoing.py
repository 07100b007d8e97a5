"""What a reporter is told: the state of the report and the office's replies, as shapes the worker fills and the receipt page shows.

The worker makes a :class:`StatusSnapshot`, seals it to the receipt's public key (`portal.core.reports.put_status`), and
keeps nothing of it here in clear. Every text in it is already in the plain words of the reporter; nothing is looked up later.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from portal.core.sealing import CannotOpen


@dataclass(frozen=True)
class NextDate:
    """The next day something must have happened, and how it was computed (“受理日 + 15 个工作日，扣除国庆 7 日”)."""

    what: str
    on: date
    computed: str
    provisional: bool = False


@dataclass(frozen=True)
class HistoryLine:
    """What happened so far, by day, in plain words. Merging and the order of reporters never appear here."""

    on: date
    text: str


@dataclass(frozen=True)
class IdentityOpening:
    """One opening of the reporter's identity: the day, the role of who opened it, the reason given."""

    on: date
    role: str
    reason: str


@dataclass(frozen=True)
class RewardStatus:
    """The reward in plain words. ``yuan`` None: not decided. ``may_collect``: the receipt page offers collection now.

    ``may_decline``: the reporter can still say no. ``collect_until`` None: no window is running.
    ``id``: random id of the reward, which the collection form sends back.
    """

    text: str
    yuan: int | None = None
    clause: str = ""
    may_collect: bool = False
    may_decline: bool = False
    collect_until: date | None = None
    id: str = ""


@dataclass(frozen=True)
class PublishedResult:
    """Where the result is public: an address on our own host, beginning with “/”."""

    title: str
    url: str


@dataclass(frozen=True)
class StatusSnapshot:
    """Everything the receipt page shows about a report, as of ``as_of``.

    ``state``: a short label (“正在核查”); ``explained``: what that means; ``next_step``: what happens next, and who acts.
    ``may_withdraw``: the report has not been assigned yet. ``may_evaluate``: satisfaction is asked now.
    ``asks``: the office waits for the reporter (待补正): the question, "" when it does not. ``number``: 受理编号, "" before.
    """

    as_of: date
    state: str
    explained: str
    next_step: str = ""
    number: str = ""
    next_dates: tuple[NextDate, ...] = ()
    history: tuple[HistoryLine, ...] = ()
    openings: tuple[IdentityOpening, ...] = ()
    reward: RewardStatus | None = None
    published: tuple[PublishedResult, ...] = ()
    asks: str = ""
    may_withdraw: bool = True
    may_evaluate: bool = False

    def to_bytes(self) -> bytes:
        """JSON, UTF-8: what is sealed."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=_day_text).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> StatusSnapshot:
        """Reads :meth:`to_bytes`. Raises CannotOpen when it is no snapshot (written by a newer version, say)."""
        try:
            raw: dict[str, Any] = json.loads(data)
            return cls(
                as_of=date.fromisoformat(raw.pop("as_of")),
                next_dates=tuple(NextDate(**_with_days(row)) for row in raw.pop("next_dates", ())),
                history=tuple(HistoryLine(**_with_days(row)) for row in raw.pop("history", ())),
                openings=tuple(IdentityOpening(**_with_days(row)) for row in raw.pop("openings", ())),
                reward=RewardStatus(**_with_days(reward)) if (reward := raw.pop("reward", None)) else None,
                published=tuple(PublishedResult(**row) for row in raw.pop("published", ())),
                **raw,
            )
        except (ValueError, KeyError, TypeError):
            raise CannotOpen from None


@dataclass(frozen=True)
class Attachment:
    """One file of a message or report: what it is called, what it is by content, where it lies locked, and its own key.

    ``id``: random, the name of the locked file in the intake's folder. ``key`` and ``sha256``: hexadecimal.
    ``kind``: a value of ``portal.core.evidence_kinds``; ``size``: bytes of the original.
    """

    id: str
    name: str
    kind: str
    size: int
    sha256: str
    key: str


@dataclass(frozen=True)
class OfficeMessage:
    """A reply of the office to the reporter."""

    on: date
    text: str
    attachments: tuple[Attachment, ...] = field(default=())

    def to_bytes(self) -> bytes:
        """JSON, UTF-8: what is sealed."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=_day_text).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> OfficeMessage:
        """Reads :meth:`to_bytes`. Raises CannotOpen."""
        try:
            raw = json.loads(data)
            files = tuple(Attachment(**row) for row in raw.get("attachments", ()))
            return cls(date.fromisoformat(raw["on"]), raw["text"], files)
        except (ValueError, KeyError, TypeError):
            raise CannotOpen from None


def _day_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _with_days(row: dict[str, Any]) -> dict[str, Any]:
    days = {key: date.fromisoformat(row[key]) for key in ("on", "collect_until") if row.get(key)}
    return {**row, **days}
