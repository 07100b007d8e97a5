"""What a report says, once opened: the shapes the form fills, sealing hides and the office reads. No database, no keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.core.outgoing import Attachment
from portal.core.sealing import CannotOpen
from portal.core.vocabulary import Channel, IdentityLevel, PollutionType, Term


class WhenKind(Term):
    """How often it happens."""

    ONCE = "once", "一次", "once"
    ONGOING = "ongoing", "一直在发生", "ongoing"
    RECURRING = "recurring", "时有发生", "recurring"


class ContactPermission(Term):
    """Whether anybody may come back to the reporter other than through the receipt."""

    NOBODY = "nobody", "不要联系我，我自己凭查询码看", "nobody; I look with the receipt"
    PHONE = "phone", "可以打电话", "you may phone"
    VISIT = "visit", "可以打电话，也可以上门", "you may phone or visit"


class MessageKind(Term):
    """What a reporter sends with a receipt."""

    MESSAGE = "message", "留言", "message"
    SUPPLEMENT = "supplement", "补充线索", "supplement"
    WITHDRAWAL = "withdrawal", "撤回", "withdrawal"
    RETALIATION = "retaliation", "我被打击报复", "retaliation"
    SATISFACTION = "satisfaction", "评价", "satisfaction"
    REWARD_CLAIM = "reward_claim", "领取奖励", "reward claim"
    REWARD_DECLINED = "reward_declined", "不要奖励", "reward declined"


@dataclass(frozen=True)
class Point:
    """A place on the map. ``datum``: one of `portal.core.datums.DATUMS`, kept as it was set."""

    longitude: float
    latitude: float
    datum: str


@dataclass(frozen=True)
class Answer:
    """The answer to one question that fits the act."""

    question: str
    answer: str


@dataclass(frozen=True)
class RewardShown:
    """What the person was told about the reward before sending, word for word, with its clause."""

    text: str
    clause: str
    confirmed: bool


@dataclass(frozen=True)
class PaperTrail:
    """How a report that did not come by the web reached us: postmark day, number of the level above, who wrote it down."""

    postmark_on: date | None = None
    upstream_number: str = ""
    received_note: str = ""
    entered_by: str = ""


@dataclass(frozen=True)
class ReportContent:
    """The sealed body of a report. Identity is not in it: see :class:`Identity`.

    ``sent_at``: the exact instant (ISO 8601, UTC), which stands nowhere else. ``must_not_know``: people or units, one each.
    ``when_on``: a day (ISO) or "". ``stops``: codes of stop messages that applied ("official_conduct", "emergency" …).
    ``suspicion``: why it was put into quarantine, "" when it was not. ``likely_twin``: public address of a published case the
    reporter recognised.
    """

    sent_at: str
    questions_version: str
    acts: tuple[str, ...]
    pollution_types: tuple[PollutionType, ...]
    region_code: str
    place: str
    when_kind: WhenKind
    when: str
    who: str
    story: str
    must_not_know: tuple[str, ...]
    contact: ContactPermission
    identity_level: IdentityLevel
    answers: tuple[Answer, ...] = ()
    point: Point | None = None
    attachments: tuple[Attachment, ...] = ()
    reward_shown: tuple[RewardShown, ...] = ()
    wants_reward: bool = True
    likely_twin: str = ""
    when_on: str = ""
    stops: tuple[str, ...] = ()
    channel: Channel = Channel.WEB
    paper: PaperTrail | None = None
    suspicion: str = ""
    language: str = "zh"

    def to_bytes(self) -> bytes:
        """Canonical JSON, UTF-8: what is sealed and digested."""
        return _canonical(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> ReportContent:
        """Reads :meth:`to_bytes`. Raises CannotOpen when it is no report."""
        try:
            raw: dict[str, Any] = json.loads(data)
            paper = raw.pop("paper", None)
            point = raw.pop("point", None)
            return cls(
                acts=tuple(raw.pop("acts")),
                pollution_types=tuple(PollutionType(value) for value in raw.pop("pollution_types")),  # type: ignore[call-arg]
                when_kind=WhenKind(raw.pop("when_kind")),  # type: ignore[call-arg]
                must_not_know=tuple(raw.pop("must_not_know")),
                stops=tuple(raw.pop("stops", ())),
                contact=ContactPermission(raw.pop("contact")),  # type: ignore[call-arg]
                identity_level=IdentityLevel(raw.pop("identity_level")),  # type: ignore[call-arg]
                channel=Channel(raw.pop("channel")),  # type: ignore[call-arg]
                answers=tuple(Answer(**row) for row in raw.pop("answers")),
                point=Point(**point) if point else None,
                attachments=tuple(Attachment(**row) for row in raw.pop("attachments")),
                reward_shown=tuple(RewardShown(**row) for row in raw.pop("reward_shown")),
                paper=PaperTrail(**{**paper, "postmark_on": _day(paper["postmark_on"])}) if paper else None,
                **raw,
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CannotOpen from None


@dataclass(frozen=True)
class Identity:
    """Who the reporter is. All empty for 匿名; sealed all the same, so that nobody can tell from outside."""

    name: str = ""
    phone: str = ""
    other_contact: str = ""
    id_number: str = ""

    def to_bytes(self) -> bytes:
        """Canonical JSON, UTF-8: what is sealed to the custodian, and again to the guard key."""
        return _canonical(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Identity:
        """Reads :meth:`to_bytes`. Raises CannotOpen."""
        try:
            return cls(**json.loads(data))
        except (ValueError, TypeError):
            raise CannotOpen from None


@dataclass(frozen=True)
class ReporterMessage:
    """What a reporter sent with the receipt.

    ``demanded``: on withdrawal, whether somebody demanded it ("yes", "no", "": unanswered). ``score``: 1 to 5, or None.
    ``reference``: id of the reward a claim is about. ``collection``: what the claim says about being paid (code words, means).
    """

    sent_at: str
    kind: MessageKind
    text: str
    attachments: tuple[Attachment, ...] = ()
    demanded: str = ""
    score: int | None = None
    reference: str = ""
    collection: str = ""

    def to_bytes(self) -> bytes:
        """Canonical JSON, UTF-8: what is sealed."""
        return _canonical(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> ReporterMessage:
        """Reads :meth:`to_bytes`. Raises CannotOpen."""
        try:
            raw = json.loads(data)
            kind = MessageKind(raw.pop("kind"))  # type: ignore[call-arg]
            files = tuple(Attachment(**row) for row in raw.pop("attachments"))
            return cls(kind=kind, attachments=files, **raw)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CannotOpen from None


def _canonical(value: object) -> bytes:
    return json.dumps(vars(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain).encode()


def _plain(value: Any) -> Any:
    # vars, not dataclasses.asdict: that copies every leaf, and took a tenth of the whole time of a report.
    return value.isoformat() if isinstance(value, date) else vars(value)


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
