"""Polluters (排污者) by their unified social credit code, the blacklist (黑名单), and where one firm turns up again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import audit
from portal.core.db import OfficeBase
from portal.core.errors import Mendable, Refusal
from portal.core.ids import new_id
from portal.core.workflow import Actor

# GB 32100-2015: no I, O, S, V, Z.
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_LENGTH = 18


class Polluter(OfficeBase):
    """A firm or other operator. ``uscc`` None: an operator without a code (个体摊点); never guessed."""

    __tablename__ = "polluter"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120), index=True)
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True, comment="统一社会信用代码, check character verified")
    region_code: Mapped[str] = mapped_column(String(12), index=True)
    address: Mapped[str] = mapped_column(String(200), default="")
    state_owned: Mapped[bool] = mapped_column(Boolean, default=False)


class PolluterMention(OfficeBase):
    """Where a polluter turns up: a letter, a case, a task, an exposed case."""

    __tablename__ = "polluter_mention"
    __table_args__ = (UniqueConstraint("polluter_id", "kind", "reference"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    polluter_id: Mapped[str] = mapped_column(ForeignKey("polluter.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20), comment="letter, task, case, exposure, register")
    reference: Mapped[str] = mapped_column(String(64), comment="id of that record")
    label: Mapped[str] = mapped_column(String(120))
    on: Mapped[date] = mapped_column("mentioned_on", Date)


class BlacklistEntry(OfficeBase):
    """One stay on the blacklist: why, what follows, how to leave, until when."""

    __tablename__ = "blacklist_entry"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    polluter_id: Mapped[str] = mapped_column(ForeignKey("polluter.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("accountability_case.id"))
    ground: Mapped[str] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(String(120))
    entered_on: Mapped[date] = mapped_column(Date, index=True)
    effect: Mapped[str] = mapped_column(Text)
    exit_conditions: Mapped[str] = mapped_column(Text)
    expires_on: Mapped[date | None] = mapped_column(Date, comment="None: until the conditions are met")
    left_on: Mapped[date | None] = mapped_column(Date)
    left_reason: Mapped[str] = mapped_column(Text, default="")

    def holds_on(self, day: date) -> bool:
        """Whether the entry has effect on ``day``. Computed, never stored."""
        ended = self.left_on is not None and self.left_on <= day
        expired = self.expires_on is not None and self.expires_on < day
        return self.entered_on <= day and not ended and not expired


def uscc_check_character(first_seventeen: str) -> str:
    """The 18th character that belongs to the first seventeen (GB 32100-2015)."""
    total = sum(USCC_ALPHABET.index(letter) * pow(3, place, 31) for place, letter in enumerate(first_seventeen))
    return USCC_ALPHABET[-total % 31]


def checked_uscc(typed: str) -> str:
    """The code in its one form. Raises Mendable saying what is wrong with it."""
    code = re.sub(r"[\s-]", "", typed).upper()
    if len(code) != USCC_LENGTH:
        raise Mendable(f"统一社会信用代码应为 18 位，现在是 {len(code)} 位", field="uscc")
    strange = [letter for letter in code if letter not in USCC_ALPHABET]
    if strange:
        raise Mendable(f"统一社会信用代码里不会有“{strange[0]}”（字母 I、O、S、V、Z 都不用）", field="uscc")
    if uscc_check_character(code[:17]) != code[17]:
        raise Mendable("统一社会信用代码的最后一位对不上，请对照营业执照核对", field="uscc")
    return code


def register_polluter(
    session: Session,
    *,
    name: str,
    uscc: str,
    region_code: str,
    address: str = "",
    state_owned: bool = False,
    by: Actor,
    at: datetime,
) -> Polluter:
    """The polluter of that code, made when new. Raises Mendable when the code is another firm's or does not check out."""
    code = checked_uscc(uscc) if uscc.strip() else None
    if not name.strip():
        raise Mendable("请写明单位名称", field="name")
    known = session.scalar(select(Polluter).where(Polluter.uscc == code)) if code else None
    if known is not None:
        if known.name != name.strip():
            raise Mendable(f"这个代码已登记为“{known.name}”，请核对名称或代码", field="uscc")
        return known
    polluter = Polluter(
        id=new_id(), name=name.strip(), uscc=code, region_code=region_code, address=address, state_owned=state_owned
    )
    session.add(polluter)
    audit.record(session, by=by.id, act="polluter.register", subject=polluter.id, at=at, detail={"uscc": code})
    return polluter


def mention(session: Session, polluter_id: str, *, kind: str, reference: str, label: str, on: date) -> None:
    """Notes once that the polluter turns up there; saying it again changes nothing."""
    found = session.scalar(
        select(PolluterMention).where(
            PolluterMention.polluter_id == polluter_id, PolluterMention.kind == kind, PolluterMention.reference == reference
        )
    )
    if found is None:
        session.add(PolluterMention(polluter_id=polluter_id, kind=kind, reference=reference, label=label, on=on))
        session.flush()


@dataclass(frozen=True)
class RepeatOffender:
    """A polluter that turned up more than once, with every place, oldest first."""

    polluter: Polluter
    mentions: tuple[PolluterMention, ...]


def repeat_offenders(session: Session, *, at_least: int = 2) -> tuple[RepeatOffender, ...]:
    """Polluters with a code that turned up ``at_least`` times, most often first."""
    found: dict[str, list[PolluterMention]] = {}
    for one in session.scalars(select(PolluterMention).order_by(PolluterMention.on, PolluterMention.id)):
        found.setdefault(one.polluter_id, []).append(one)
    repeated = {key: mentions for key, mentions in found.items() if len(mentions) >= at_least}
    polluters = session.scalars(select(Polluter).where(Polluter.id.in_(repeated), Polluter.uscc.is_not(None)))
    offenders = [RepeatOffender(polluter, tuple(repeated[polluter.id])) for polluter in polluters]
    return tuple(sorted(offenders, key=lambda offender: (-len(offender.mentions), offender.polluter.name)))


def enter_blacklist(
    session: Session,
    polluter: Polluter,
    *,
    ground: str,
    clause: str,
    effect: str,
    exit_conditions: str,
    expires_on: date | None,
    on: date,
    case_id: str | None = None,
    by: Actor,
    at: datetime,
) -> BlacklistEntry:
    """Puts a polluter on the blacklist. Refuses without ground, effect and a way out, and while it is on it already."""
    for value, label in ((ground, "列入原因"), (clause, "依据"), (effect, "列入后的影响"), (exit_conditions, "移出条件")):
        if not value.strip():
            raise Mendable(f"请写明{label}")
    if expires_on is not None and expires_on <= on:
        raise Mendable("到期日应晚于列入日", field="expires_on")
    if any(entry.holds_on(on) for entry in blacklist_entries(session, polluter)):
        raise Refusal(f"“{polluter.name}”已在黑名单上", clause=clause)
    entry = BlacklistEntry(
        id=new_id(), polluter_id=polluter.id, case_id=case_id, ground=ground, clause=clause, effect=effect,
        exit_conditions=exit_conditions, expires_on=expires_on, entered_on=on,
    )  # fmt: skip
    session.add(entry)
    audit.record(session, by=by.id, act="blacklist.enter", subject=polluter.id, at=at, detail={"clause": clause})
    return entry


def leave_blacklist(session: Session, entry: BlacklistEntry, *, reason: str, on: date, by: Actor, at: datetime) -> None:
    """Takes a polluter off the blacklist, with the reason."""
    if not reason.strip():
        raise Mendable("请写明移出的理由", field="reason")
    if entry.left_on is not None:
        raise Refusal("已经移出黑名单", clause=entry.clause)
    if on < entry.entered_on:
        raise Mendable("移出日不能早于列入日", field="on")
    entry.left_on, entry.left_reason = on, reason
    audit.record(session, by=by.id, act="blacklist.leave", subject=entry.polluter_id, at=at, detail={"on": on})


def blacklist_entries(session: Session, polluter: Polluter) -> list[BlacklistEntry]:
    """Every stay of this polluter, oldest first."""
    chosen = select(BlacklistEntry).where(BlacklistEntry.polluter_id == polluter.id)
    return list(session.scalars(chosen.order_by(BlacklistEntry.entered_on)))


def blacklisted(session: Session, day: date) -> list[tuple[BlacklistEntry, Polluter]]:
    """Who is on the blacklist on ``day``."""
    rows = session.execute(
        select(BlacklistEntry, Polluter)
        .join(Polluter, Polluter.id == BlacklistEntry.polluter_id)
        .order_by(BlacklistEntry.entered_on)
    )
    return [(entry, polluter) for entry, polluter in rows if entry.holds_on(day)]
