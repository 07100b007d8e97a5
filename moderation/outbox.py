"""Notices (通知): queued in the transaction that causes them, delivered by the worker, never with content.

A notice is one of a closed list of sentences. It can say that something waits; it cannot carry a word anyone wrote.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import smtplib
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Index, Integer, Select, String, func, or_, select, text, union_all, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation import mail
from moderation.office import Office
from moderation.settings import setting
from moderation.staff import SignedIn
from portal.core.db import Moment, OfficeBase, TermColumn
from portal.core.errors import Mendable
from portal.core.ids import new_id
from portal.core.vocabulary import Role, Term

log = logging.getLogger("disclosure.outbox")
LEASE_SECONDS = 60
BATCH = 50
FIRST_RETRY = timedelta(minutes=1)
MAX_ATTEMPTS = 12
TIMEOUT_SECONDS = 15
ADDRESSES = "notice_addresses"
"""Setting: console address (a person, or a role in a unit) → mail and webhook addresses that get the same notices."""
_MAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,120}")
_SHORT = 60


class Channel(Term):
    """How a notice travels."""

    CONSOLE = "console", "工作台", "console"
    MAIL = "mail", "电子邮件", "e-mail"
    WEBHOOK = "webhook", "回调地址", "webhook"


# Everything a notice can say. ``{number}`` is the only slot: a letter's or task's number, which tells nothing of its content.
SENTENCES: dict[str, str] = {
    "letter_waiting": "有一件信访件等着分办：{number}。",
    "letter_assigned": "有一件信访件交您单位办理：{number}。请登录工作台查看。",
    "letter_returned": "承办单位退回一件，等您裁定：{number}。",
    "letter_sent_back": "一件办理结果被退回重办：{number}。",
    "letter_submitted": "一件办理结果等您审核：{number}。",
    "extension_asked": "一件申请延期，等您审批：{number}。",
    "extension_granted": "一件的延期已批准：{number}。",
    "extension_denied": "一件的延期没有批准，请按原期限办理：{number}。",
    "letter_closed": "一件已经办结：{number}。",
    "letter_reopened": "一件重新办理：{number}。",
    "letter_to_discipline": "有一件移送来的信访件等您查看。",
    "letter_overtaken": "一件的期限快到了：{number}。",
    "letter_urged": "一件已逾期，请尽快办理并反馈：{number}。",
    "letter_supervised": "一件已转督办：{number}。",
    "conduct_review": "督办监察组已就一件立项核查：{number}。",
    "message_arrived": "举报人有新留言：{number}。",
    "retaliation": "有举报人反映被打击报复：{number}。请立即处理。",
    "confirmation_needed": "有待您确认的不予受理或转送：{number}。",
    "report_due": "本月月报还没有报：{number}。",
    "task_due": "一项整改任务的期限快到了：{number}。",
    "publication_waiting": "一份公开稿等您审核：{number}。",
    "publication_sent_back": "一份公开稿被退回修改：{number}。",
    "publication_signed": "一份公开稿已经签发，等着发布：{number}。",
    "publication_due": "一份公开稿的公开期限快到了：{number}。",
    "publication_take_down": "一份公开稿写到的处罚已经撤销，要在三个工作日内撤下：{number}。",
    "publication_late": "一份公开稿过了公开期限还没有公开：{number}。",
    "publication_failed": "一份公开稿没有发布成功，原站点照常：{number}。",
    "exception_asked": "一份公开稿有一处例外申请，等您决定：{number}。",
    "exception_granted": "您申请的例外已同意：{number}。",
    "exception_refused": "您申请的例外没有同意，请改稿：{number}。",
    "leak_stopped": "一份公开稿在签发时被拦下：{number}。",
    "identity_asked": "有一项查看身份的申请等您决定：{number}。",
    "reward_waiting": "有一笔奖励等您处理：{number}。",
    "report_has_news": "您反映的事有新进展。请用查询码在网站上查看。",
}


class Notice(OfficeBase):
    """One notice to one addressee. ``key`` keeps the same cause from telling the same person twice."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_sent_at_not_before", "sent_at", "not_before"),
        Index(
            "ix_notice_desk",
            "address",
            "created_at",
            "id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_notice_link", "link"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    channel: Mapped[Channel] = mapped_column(TermColumn(Channel))
    address: Mapped[str] = mapped_column(String(300), comment="staff id, role:… or unit:… at the console; else an address")
    sentence: Mapped[str] = mapped_column(String(40), comment="key of SENTENCES")
    number: Mapped[str] = mapped_column(String(80), default="")
    link: Mapped[str] = mapped_column(String(200), default="", comment="page of the console")
    created_at: Mapped[datetime] = mapped_column(Moment)
    not_before: Mapped[datetime] = mapped_column(Moment, comment="lease or next try")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    failure: Mapped[str] = mapped_column(String(200), default="", comment="kind of the last failure; no address, no content")
    read_at: Mapped[datetime | None] = mapped_column(Moment, comment="seen at a desk; elsewhere: withdrawn before it was sent")


@dataclass(frozen=True)
class To:
    """An addressee: one of the makers below."""

    channel: Channel
    address: str

    @classmethod
    def person(cls, staff_id: str) -> To:
        return cls(Channel.CONSOLE, staff_id)

    @classmethod
    def role(cls, role: Role, unit_id: str = "") -> To:
        """Everyone who holds ``role`` (in ``unit_id``, where given)."""
        return cls(Channel.CONSOLE, f"role:{role.value}:{unit_id}")

    @classmethod
    def mail(cls, address: str) -> To:
        return cls(Channel.MAIL, address)

    @classmethod
    def webhook(cls, url: str) -> To:
        return cls(Channel.WEBHOOK, url)


def tell(
    session: Session, to: To, sentence: str, *, cause: str, at: datetime, number: str = "", link: str = "",
    hold: timedelta = timedelta(0),
) -> None:  # fmt: skip
    """Queues one notice, and its copy to every mailbox and webhook the office named for that desk.

    Told the same ``cause`` again, it does nothing. ``cause``: unique name of what happened, such as "letter.assign:<id>:<version>".
    ``hold``: how long what goes outside waits first, because the act can still be undone.
    """
    if sentence not in SENTENCES:
        raise KeyError(sentence)
    for each in (to, *_elsewhere(session, to)):
        _queue(session, each, sentence, cause=cause, at=at, number=number, link=link, hold=hold)


def _elsewhere(session: Session, to: To) -> tuple[To, ...]:
    """Where a notice of this desk goes besides. Somebody told apart from their role gets none of the role's mail."""
    if to.channel is not Channel.CONSOLE:
        return ()
    named = setting(session, ADDRESSES, {}).get(to.address, ())
    return tuple(To.webhook(address) if "://" in address else To.mail(address) for address in named)


def require_address(address: str) -> str:
    """A mail address or an https address, without blanks. Raises Mendable."""
    found = address.strip()
    if not (_MAIL.fullmatch(found) or (_is_safe_hook(found) and len(found) <= 300)):
        raise Mendable("请填写电子邮件地址，或以 https:// 开头的回调地址", field="address")
    return found


def _is_safe_hook(address: str) -> bool:
    return address.startswith(("https://", "http://127.0.0.1:", "http://localhost:"))


def _queue(
    session: Session, to: To, sentence: str, *, cause: str, at: datetime, number: str, link: str, hold: timedelta
) -> None:  # fmt: skip
    where = to.address if len(to.address) <= _SHORT else hashlib.sha256(to.address.encode()).hexdigest()[:32]
    key = f"{sentence}|{cause}|{to.channel.value}|{where}"[:160]
    if session.scalar(select(Notice.id).where(Notice.key == key)):
        return
    at_desk = to.channel is Channel.CONSOLE
    session.add(
        Notice(id=new_id(), key=key, channel=to.channel, address=to.address, sentence=sentence, number=number, link=link,
               created_at=at, not_before=at + hold, attempts=0, sent_at=at if at_desk else None, failure="")
    )  # fmt: skip


def words(notice: Notice) -> str:
    """What the notice says."""
    sentence = SENTENCES[notice.sentence]
    return sentence.format(number=notice.number) if notice.number else sentence.replace("：{number}", "")


def addresses_of(person: SignedIn) -> tuple[str, ...]:
    """Every console address that reaches this person."""
    roles = [address for role in person.roles for address in (f"role:{role.value}:", f"role:{role.value}:{person.unit_id}")]
    return (person.id, *roles)


def unread(session: Session, person: SignedIn, *, most: int = 50, after: int = 0) -> list[Notice]:
    """Notices at this person's desk that nobody has read, newest first: ``most`` of them, the first ``after`` left out."""
    # One walk an address, each along its index: of several addresses at once all would be read and sorted.
    parts = [
        select(
            select(Notice.id, Notice.created_at)
            .where(Notice.channel == Channel.CONSOLE, Notice.address == address, Notice.read_at.is_(None))
            .order_by(Notice.created_at.desc(), Notice.id.desc())
            .limit(after + most)
            .subquery()
        )
        for address in addresses_of(person)
    ]
    newest = union_all(*parts).subquery()
    wanted = select(Notice).join(newest, newest.c.id == Notice.id)
    return list(session.scalars(wanted.order_by(newest.c.created_at.desc(), newest.c.id.desc()).offset(after).limit(most)))


def overtaken(session: Session, *links: str, at: datetime) -> None:
    """What was told about these pages is past: it leaves every desk, read or not."""
    wanted = (Notice.link.in_(links), Notice.channel == Channel.CONSOLE, Notice.read_at.is_(None))
    session.execute(update(Notice).where(*wanted).values(read_at=at))


def withdraw(session: Session, *links: str, at: datetime) -> None:
    """What was told about these pages was undone: it leaves every desk, and what has not left the outbox stays there."""
    wanted = (Notice.link.in_(links), Notice.read_at.is_(None), or_(Notice.channel == Channel.CONSOLE, Notice.sent_at.is_(None)))
    session.execute(update(Notice).where(*wanted).values(read_at=at))


def count_unread(session: Session, person: SignedIn) -> int:
    """How many notices lie at this person's desk, counted to 1,000."""
    wanted = (Notice.channel == Channel.CONSOLE, Notice.address.in_(addresses_of(person)), Notice.read_at.is_(None))
    return session.scalar(select(func.count()).select_from(select(Notice.id).where(*wanted).limit(1000).subquery())) or 0


def mark_read(session: Session, person: SignedIn, notice_ids: list[str], *, at: datetime) -> list[str]:
    """Marks notices of this person's desk as read; others' stay as they are. Returns which were not read before."""
    wanted = (Notice.id.in_(notice_ids), Notice.address.in_(addresses_of(person)), Notice.read_at.is_(None))
    found = list(session.scalars(select(Notice.id).where(*wanted)))
    session.execute(update(Notice).where(Notice.id.in_(found)).values(read_at=at))
    return found


def mark_unread(session: Session, facts: Mapping[str, Any], *, by: SignedIn, at: datetime) -> None:  # noqa: ARG001
    """Puts notices back on the desk that ``by`` marked as read. ``facts``: notices (ids), read_at (ISO instant of that act).

    What somebody else read since, or what is past since, stays off the desk.
    """
    mine = (Notice.id.in_(facts["notices"]), Notice.address.in_(addresses_of(by)))
    same = Notice.read_at == datetime.fromisoformat(facts["read_at"])
    session.execute(update(Notice).where(*mine, same).values(read_at=None))


Send = Callable[[Notice, Mapping[str, Any]], None]


def _mail(notice: Notice, settings: Mapping[str, Any]) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "有新的待办", settings["from"], notice.address
    # The same id on every try, so that a mail server sees a repeat for what it is.
    message["Message-ID"] = f"<{notice.id}@{settings.get('domain', 'localhost')}>"
    message.set_content(words(notice))
    mail.send(message, settings, seconds=TIMEOUT_SECONDS)


def _webhook(notice: Notice, settings: Mapping[str, Any]) -> None:  # noqa: ARG001
    if not _is_safe_hook(notice.address):
        raise ValueError("a webhook must be https")
    body = json.dumps({"id": notice.id, "text": words(notice)}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": notice.id}
    request = urllib.request.Request(notice.address, body, headers, method="POST")
    urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS).close()


SENDERS: dict[Channel, Send] = {Channel.MAIL: _mail, Channel.WEBHOOK: _webhook}


def _claim(office: Office, at: datetime) -> tuple[list[Notice], Mapping[str, Any]]:
    """Takes a batch under a lease. A worker that dies gives it back when the lease runs out."""
    with office.office.transaction() as session:
        due = (Notice.sent_at.is_(None), Notice.read_at.is_(None), Notice.not_before <= at, Notice.attempts < MAX_ATTEMPTS)
        chosen = select(Notice).where(*due).order_by(Notice.not_before).limit(BATCH).with_for_update(skip_locked=True)
        notices = list(session.scalars(chosen))
        for notice in notices:
            notice.not_before, notice.attempts = at + timedelta(seconds=LEASE_SECONDS), notice.attempts + 1
        return notices, setting(session, "mail", {})


def deliver(office: Office, at: datetime) -> None:
    """The worker's job: sends what is due. Nothing is sent inside a transaction; each success is noted at once.

    What a slow server leaves no time for goes back before the lease runs out, so that no other worker sends it as well.
    """
    notices, settings = _claim(office, at)
    started = time.monotonic()
    for place, notice in enumerate(notices):
        if time.monotonic() - started > LEASE_SECONDS - 2 * TIMEOUT_SECONDS:
            _give_back(office, notices[place:], at)
            return
        failure = ""
        try:
            SENDERS[notice.channel](notice, settings)
        except (OSError, ValueError, KeyError, smtplib.SMTPException) as error:
            failure = type(error).__name__
            log.warning("notice %s was not sent: %s", notice.id, failure)
        retry = at + FIRST_RETRY * 2 ** min(notice.attempts - 1, 8)
        with office.office.transaction() as session:
            noted = {"failure": failure, "not_before": retry} if failure else {"failure": "", "sent_at": at}
            session.execute(update(Notice).where(Notice.id == notice.id).values(**noted))


def _give_back(office: Office, notices: list[Notice], at: datetime) -> None:
    ids = [notice.id for notice in notices]
    with office.office.transaction() as session:
        session.execute(update(Notice).where(Notice.id.in_(ids)).values(not_before=at, attempts=Notice.attempts - 1))


def given_up() -> Select[Notice]:
    """Notices tried too often, for the administrator."""
    return select(Notice).where(Notice.sent_at.is_(None), Notice.read_at.is_(None), Notice.attempts >= MAX_ATTEMPTS)


def stuck(session: Session) -> list[Notice]:
    """Those of :func:`given_up`."""
    return list(session.scalars(given_up()))


def waiting(session: Session, at: datetime) -> int:
    """How many are still to be sent now."""
    due = or_(Notice.not_before <= at, Notice.attempts == 0)
    unsent = (Notice.sent_at.is_(None), Notice.read_at.is_(None))
    return len(list(session.scalars(select(Notice.id).where(*unsent, due).limit(1000))))
