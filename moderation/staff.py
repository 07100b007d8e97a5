"""Who works here: units, members of staff, their roles, and how they sign in (password and second factor)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import audit
from portal.core.db import Moment, OfficeBase
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.ids import new_id
from portal.core.vocabulary import Role
from portal.core.workflow import Actor

SESSION_HOURS = 10
IDLE_MINUTES = 60
MAX_FAILURES = 5
LOCKED_MINUTES = 15
TOTP_STEP_SECONDS = 30
PASSWORD_LENGTH = 12

# Hands that must stay apart, whoever is short of staff (workflow.md, "Small offices").
NEVER_TOGETHER: tuple[tuple[Role, Role], ...] = (
    (Role.REWARD_PROPOSER, Role.REWARD_APPROVER),
    (Role.REWARD_PROPOSER, Role.PAYER),
    (Role.REWARD_APPROVER, Role.PAYER),
    (Role.DRAFTER, Role.SIGNATORY),
    (Role.UNIT_OFFICER, Role.GROUP_LEAD),
    (Role.ADMINISTRATOR, Role.CUSTODIAN),
    (Role.ADMINISTRATOR, Role.AUDITOR),
)


class Unit(OfficeBase):
    """A unit (单位): department, township, county, or the office itself."""

    __tablename__ = "unit"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    region_code: Mapped[str] = mapped_column(String(12), default="", index=True)
    kind: Mapped[str] = mapped_column(String(20), comment="department, township, county, city, office, company")
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"), index=True)
    has_accounts: Mapped[bool] = mapped_column(Boolean, default=True, comment="False: answers on stamped paper")


class StaffMember(OfficeBase):
    """A member of staff. The second factor's secret is encrypted under a key file."""

    __tablename__ = "staff_member"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    role_list: Mapped[str] = mapped_column(String(400), comment="values of Role, space between")
    password_hash: Mapped[str] = mapped_column(Text, comment="Argon2id PHC string")
    totp_secret: Mapped[str] = mapped_column(String(200), comment="AES-GCM, base64")
    last_totp_step: Mapped[int] = mapped_column(Integer, default=0, comment="a code works once")
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False)
    language: Mapped[str] = mapped_column(String(5), default="zh")

    @property
    def roles(self) -> frozenset[Role]:
        """The roles this person holds."""
        return frozenset(Role(word) for word in self.role_list.split())  # type: ignore[call-arg]


class CodeCardLine(OfficeBase):
    """One code of a printed card, for those without a phone at the desk. Works once."""

    __tablename__ = "code_card_line"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff_member.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class StaffSession(OfficeBase):
    """A signed-in browser. Only the digest of its token is kept."""

    __tablename__ = "staff_session"
    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff_member.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class SignedIn:
    """Who is at the desk: an :class:`~portal.core.workflow.Actor` with a name and a unit."""

    id: str
    name: str
    roles: frozenset[Role]
    unit_id: str
    unit_name: str
    language: str = "zh"

    @property
    def role_line(self) -> str:
        """Roles and unit as the console prints them under the name."""
        return "、".join(role.zh for role in Role if role in self.roles) + " · " + self.unit_name


@dataclass(frozen=True)
class Enrolment:
    """What a new member of staff is handed once: first password, TOTP secret (base32) and card codes."""

    member: StaffMember
    password: str
    totp_secret: str
    card_codes: tuple[str, ...]


def require_fitting_roles(roles: frozenset[Role]) -> None:
    """Raises :class:`Refusal` where two of the roles must never be in one hand."""
    for one, other in NEVER_TOGETHER:
        if one in roles and other in roles:
            raise Refusal(f"{one.zh}和{other.zh}不能由同一人担任", clause="岗位分离规则")


def hash_password(password: str) -> str:
    """Argon2id PHC string (64 MiB, 3 passes, about 75 ms)."""
    return Argon2id(salt=secrets.token_bytes(16), length=32, iterations=3, lanes=1, memory_cost=64 * 1024).derive_phc_encoded(
        password.encode()
    )


def _password_fits(password: str, stored: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode(), stored)
    except InvalidKey:
        return False
    return True


@cache
def _nobody() -> str:
    """Compared when a login does not exist, so that both refusals take the same time."""
    return hash_password("nobody has this password")


def _seal_secret(secret: bytes, key: bytes) -> str:
    nonce = secrets.token_bytes(12)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, secret, b"totp")).decode()


def _open_secret(stored: str, key: bytes) -> bytes:
    raw = base64.b64decode(stored)
    return AESGCM(key).decrypt(raw[:12], raw[12:], b"totp")


def _card_digest(staff_id: str, code: str, key: bytes) -> str:
    return hmac.new(key, f"card {staff_id} {code}".encode(), hashlib.sha256).hexdigest()


def enrol(
    session: Session, *, login: str, name: str, unit: Unit, roles: frozenset[Role], key: bytes, by: Actor, at: datetime,
    password_hash: str | None = None,
) -> Enrolment:  # fmt: skip
    """Takes a person on. ``key`` is the staff key. The password and codes are shown once and not kept in clear.

    ``password_hash``: an Argon2id string for a password set elsewhere (the demo's); else a first password is made.
    """
    require_fitting_roles(roles)
    if session.scalar(select(StaffMember.id).where(StaffMember.login == login)):
        raise Mendable(f"登录名“{login}”已有人使用", field="login")
    first, secret = new_id(PASSWORD_LENGTH), secrets.token_bytes(20)
    member = StaffMember(
        id=new_id(), login=login, name=name, unit_id=unit.id, role_list=" ".join(sorted(roles)), created_at=at,
        password_hash=password_hash or hash_password(first), totp_secret=_seal_secret(secret, key),
        must_change_password=password_hash is None,
    )  # fmt: skip
    session.add(member)
    session.flush()
    codes = tuple(f"{secrets.randbelow(10**8):08d}" for _ in range(10))
    session.add_all(CodeCardLine(id=new_id(), staff_id=member.id, digest=_card_digest(member.id, c, key)) for c in codes)
    audit.record(session, by=by.id, act="staff.enrol", subject=member.id, at=at, detail={"roles": sorted(roles)})
    return Enrolment(member, first, base64.b32encode(secret).decode().rstrip("="), codes)


def totp(secret: bytes) -> TOTP:
    """The generator that an authenticator app uses: 6 digits, 30 s, SHA-1, the one kind every app knows."""
    return TOTP(secret, 6, SHA1(), TOTP_STEP_SECONDS, enforce_key_length=False)


def _second_factor_fits(session: Session, member: StaffMember, code: str, *, key: bytes, at: datetime) -> bool:
    moment = int(at.timestamp())
    generator = totp(_open_secret(member.totp_secret, key))
    for step in (moment // TOTP_STEP_SECONDS + drift for drift in (-1, 0, 1)):
        if step <= member.last_totp_step:
            continue
        try:
            generator.verify(code.encode(), step * TOTP_STEP_SECONDS)
        except InvalidToken:
            continue
        member.last_totp_step = step
        return True
    line = session.scalar(
        select(CodeCardLine).where(
            CodeCardLine.staff_id == member.id,
            CodeCardLine.digest == _card_digest(member.id, code, key),
            CodeCardLine.used_at.is_(None),
        )
    )
    if line is not None:
        line.used_at = at
    return line is not None


def _token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class SignInResult:
    """``token`` for the browser, or None and the ``reason`` to show; a refused attempt is still to be committed."""

    token: str | None
    reason: str = ""


def sign_in(session: Session, *, login: str, password: str, code: str, key: bytes, at: datetime) -> SignInResult:
    """Opens a session for a person whose password and second factor both fit. Five failures lock the login for 15 minutes."""
    refused = SignInResult(None, "登录名、密码或动态码不对，请核对后再试")
    member = session.scalar(select(StaffMember).where(StaffMember.login == login.strip()))
    if member is None:
        _password_fits(password, _nobody())
        return refused
    if member.locked_until and at < member.locked_until:
        return SignInResult(None, f"连续输错次数过多，请 {LOCKED_MINUTES} 分钟后再试")
    fits = _password_fits(password, member.password_hash) and member.disabled_at is None
    if not fits or not _second_factor_fits(session, member, code.replace(" ", ""), key=key, at=at):
        member.failures += 1
        if member.failures >= MAX_FAILURES:
            member.failures, member.locked_until = 0, at + timedelta(minutes=LOCKED_MINUTES)
        audit.record(session, by=member.id, act="staff.sign_in_refused", subject=member.id, at=at)
        return refused
    member.failures, member.locked_until = 0, None
    return SignInResult(open_session(session, member.id, at=at))


def open_session(session: Session, staff_id: str, *, at: datetime) -> str:
    """A new browser session for a person who has shown both factors; returns its token, of which only the digest is kept."""
    token = secrets.token_urlsafe(32)
    session.add(StaffSession(token_digest=_token_digest(token), staff_id=staff_id, created_at=at, seen_at=at))
    audit.record(session, by=staff_id, act="staff.sign_in", subject=staff_id, at=at)
    return token


def signed_in(session: Session, token: str, *, at: datetime) -> SignedIn | None:
    """Who holds ``token``: None when it ended, ran out, was idle too long, or the person is disabled."""
    found = session.execute(
        select(StaffSession, StaffMember, Unit)
        .join(StaffMember, StaffMember.id == StaffSession.staff_id)
        .join(Unit, Unit.id == StaffMember.unit_id)
        .where(StaffSession.token_digest == _token_digest(token))
    ).first()
    if found is None:
        return None
    held, member, unit = found
    stale = at - held.created_at > timedelta(hours=SESSION_HOURS) or at - held.seen_at > timedelta(minutes=IDLE_MINUTES)
    if held.ended_at or member.disabled_at or stale:
        return None
    return SignedIn(member.id, member.name, member.roles, unit.id, unit.name, member.language)


def signed_in_as(session: Session, staff_id: str) -> SignedIn | None:
    """That person as an actor, for work that goes on after the request that began it; None: unknown or disabled."""
    found = session.execute(
        select(StaffMember, Unit).join(Unit, Unit.id == StaffMember.unit_id).where(StaffMember.id == staff_id)
    ).first()
    if found is None or found[0].disabled_at:
        return None
    member, unit = found
    return SignedIn(member.id, member.name, member.roles, unit.id, unit.name, member.language)


def keep_alive(session: Session, token: str, *, at: datetime) -> None:
    """Notes that the session is in use."""
    session.execute(update(StaffSession).where(StaffSession.token_digest == _token_digest(token)).values(seen_at=at))


def sign_out(session: Session, token: str, *, at: datetime) -> None:
    """Ends the session on the server; the token is worthless from then on."""
    held = session.get(StaffSession, _token_digest(token))
    if held is not None and held.ended_at is None:
        held.ended_at = at
        audit.record(session, by=held.staff_id, act="staff.sign_out", subject=held.staff_id, at=at)


def end_sessions(session: Session, staff_id: str, *, at: datetime) -> None:
    """Ends every session of a person."""
    session.execute(
        update(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None)).values(ended_at=at)
    )


def change_password(session: Session, member: StaffMember, *, old: str, new: str, at: datetime) -> None:
    """Sets a new password and ends every session of the person."""
    if not _password_fits(old, member.password_hash):
        raise Mendable("原密码不对", field="old")
    if len(new) < PASSWORD_LENGTH:
        raise Mendable(f"新密码至少 {PASSWORD_LENGTH} 个字符", field="new")
    if new == old:
        raise Mendable("新密码不能与原密码相同", field="new")
    member.password_hash, member.must_change_password = hash_password(new), False
    end_sessions(session, member.id, at=at)
    audit.record(session, by=member.id, act="staff.change_password", subject=member.id, at=at)


def disable(session: Session, member: StaffMember, *, by: Actor, at: datetime) -> None:
    """Shuts a person out at once. Nobody shuts out themselves."""
    if member.id == by.id:
        raise NotAllowed("不能停用自己的账号", clause="岗位分离规则")
    member.disabled_at = at
    end_sessions(session, member.id, at=at)
    audit.record(session, by=by.id, act="staff.disable", subject=member.id, at=at)


def change_roles(session: Session, member: StaffMember, roles: frozenset[Role], *, by: Actor, at: datetime) -> None:
    """Gives a person other roles; nobody changes their own."""
    if member.id == by.id:
        raise NotAllowed("不能更改自己的岗位", clause="岗位分离规则")
    require_fitting_roles(roles)
    member.role_list = " ".join(sorted(roles))
    end_sessions(session, member.id, at=at)
    audit.record(session, by=by.id, act="staff.change_roles", subject=member.id, at=at, detail={"roles": sorted(roles)})


def take_back_roles(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Gives a person the roles of before. ``facts``: id, was and became (as the row holds them)."""
    member = session.get_one(StaffMember, facts["id"])
    if Role.ADMINISTRATOR not in by.roles:
        raise NotAllowed("撤销要有原来的岗位", clause="岗位分离规则")
    if member.role_list != facts["became"] or member.disabled_at is not None:
        raise Refusal("别人又改过此人的岗位，不能撤销", clause="岗位分离规则")
    change_roles(session, member, frozenset(Role(word) for word in facts["was"].split()), by=by, at=at)  # type: ignore[call-arg]
