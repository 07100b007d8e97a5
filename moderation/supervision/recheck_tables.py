"""Tables of the re-check after a round (逐件复核): which letters, what was found of each item, who said that all is done."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.casework.letters import BatchOrigin
from portal.core.db import Moment, OfficeBase, TermColumn, protect_append_only
from portal.core.vocabulary import Term


class ItemKind(Term):
    """What is looked at again of a letter."""

    CLAIM = "claim", "反映的问题", "claim"
    MEASURE = "measure", "处罚与问责", "penalty or accountability"
    TASK = "task", "整改任务", "rectification task"
    REPLY = "reply", "告诉举报人的结果", "what the reporter was told"
    PUBLICATION = "publication", "公开情况", "publication"


class Outcome(Term):
    """What the re-check found of an item."""

    RIGHT = "right", "核对无误", "as recorded"
    WRONG = "wrong", "记录有误", "recorded wrongly"
    UNDONE = "undone", "没有办到位", "not done"


class Recheck(OfficeBase):
    """The re-check of one round: every letter accepted in its days, or handed down in its batches."""

    __tablename__ = "letter_recheck"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    origin: Mapped[BatchOrigin] = mapped_column(TermColumn(BatchOrigin))
    round_name: Mapped[str] = mapped_column(String(80), default="", comment="督察轮次")
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    opened_by: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, comment="when its first conclusion was written")
    __table_args__ = (
        UniqueConstraint("origin", "round_name", "first_on", "last_on"),
        Index("ix_letter_recheck_open", "opened_at", "id", sqlite_where=ended_at.is_(None), postgresql_where=ended_at.is_(None)),
    )


class RecheckLetter(OfficeBase):
    """One letter of a re-check. It is done while ``done_round`` is the letter's own: handled again, it is looked at again."""

    __tablename__ = "letter_recheck_letter"
    recheck_id: Mapped[str] = mapped_column(ForeignKey("letter_recheck.id"), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    done_round: Mapped[int | None] = mapped_column(Integer, comment="round of the letter in which every item was looked at")
    failed_round: Mapped[int | None] = mapped_column(Integer, comment="round in which something was not done")
    __table_args__ = (
        Index("ix_letter_recheck_letter_id", "letter_id"),
        Index("ix_letter_recheck_left", "letter_id", sqlite_where=done_round.is_(None), postgresql_where=done_round.is_(None)),
        Index(
            "ix_letter_recheck_left_of", "recheck_id", "letter_id",
            sqlite_where=done_round.is_(None), postgresql_where=done_round.is_(None),
        ),
    )  # fmt: skip


class RecheckResult(OfficeBase):
    """What somebody found of one item, with the words that stood there. A later line of the same item counts."""

    __tablename__ = "letter_recheck_result"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    recheck_id: Mapped[str] = mapped_column(ForeignKey("letter_recheck.id"))
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"))
    round: Mapped[int] = mapped_column(Integer, comment="of the letter")
    item: Mapped[str] = mapped_column(String(80), comment="key of the item")
    said: Mapped[str] = mapped_column(Text, comment="what was recorded, as it was compared; the office's own words")
    outcome: Mapped[Outcome] = mapped_column(TermColumn(Outcome))
    text: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    __table_args__ = (Index("ix_letter_recheck_result", "recheck_id", "letter_id", "round"),)


protect_append_only(OfficeBase, "letter_recheck_result")


class RecheckEnd(OfficeBase):
    """Somebody who had everything before them re-checked says what came of it. It holds while nothing is left."""

    __tablename__ = "letter_recheck_end"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    recheck_id: Mapped[str] = mapped_column(ForeignKey("letter_recheck.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)


protect_append_only(OfficeBase, "letter_recheck_end")
