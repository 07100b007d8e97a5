"""Keeps personal data out of what is published: numbers always, names and home addresses unless listed for this record.

Always the same message: whoever writes learns where to look, never what a sealed letter holds. The comparison with
sealed identities is the worker's alone, at signing, and only with letters the disclosure is linked to.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation import outbox
from moderation.audit_table import OfficeAuditEntry
from moderation.casework.arrival import guard_key
from moderation.casework.letters import LetterGuard
from moderation.casework.redaction import MarkKind, copied_run, highlights, names_reporter
from moderation.office import Office
from moderation.outbox import To
from moderation.publication import person_names, wording
from moderation.publication.disclosures import Disclosure
from moderation.publication.machine import DisclosureState
from portal.core import audit
from portal.core.db import Moment, OfficeBase
from portal.core.errors import Mendable, NotAllowed
from portal.core.ids import new_id
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, SystemActor

MESSAGE = "文中有不能公开的内容，请改掉标出的地方，或请另一人一起批准例外"
GUARD = SystemActor("leak-guard")
ALWAYS = frozenset({MarkKind.PHONE, MarkKind.ID, MarkKind.PLATE})

_HOME = re.compile(r"(?:\d+|[一二三四五六七八九十]+)(?:号楼|幢|栋|单元)(?:\s*(?:\d+|[一二三四五六七八九十]+)(?:号|室|单元))?")
# Words that end like a title but stand behind a place or body, not behind a surname.
_NOT_A_NAME = re.compile("[镇乡县市局办厂公司站所村部会队组委区校院街道各和]")
# 石料厂长期堆放: the word is 长期, and nobody is a 厂长.
_LONG = re.compile("[局镇乡县村科所队站厂校院]长[期远效年江时达度约久春沙城]")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), None)
_SPACED_DIGITS = re.compile(r"(?<=\d)[\s\-—·.,，、]{1,2}(?=\d)")


class DisclosureLetter(OfficeBase):
    """A letter that a disclosure speaks of: its reporter must not be found in the text."""

    __tablename__ = "disclosure_letter"
    disclosure_id: Mapped[str] = mapped_column(ForeignKey("disclosure.id"), primary_key=True)
    letter_id: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)


class LeakException(OfficeBase):
    """Words that may stand in one disclosure all the same: asked for by one person with a reason, granted by another."""

    __tablename__ = "leak_exception"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    disclosure_id: Mapped[str] = mapped_column(ForeignKey("disclosure.id"), index=True)
    words: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(400))
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    granted_by: Mapped[str | None] = mapped_column(String(64))
    granted_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class Finding:
    """A place that must not be published. ``field``: path in the draft, such as sections.0.blocks.1.alt."""

    field: str
    words: str
    kind: str


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string of the draft with its path: text, alternative text, file names and table cells alike."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{number}")


def _seen_through(text: str) -> str:
    """The text as a reader of digits sees it: full-width made plain, invisible letters gone, spaced numbers closed up."""
    return _SPACED_DIGITS.sub("", unicodedata.normalize("NFKC", text).translate(_INVISIBLE))


def _is_a_name(words: str, after: str) -> bool:
    return "某" not in words and not _NOT_A_NAME.search(words) and not _LONG.match(after)


def _in_text(text: str) -> Iterator[tuple[str, str]]:
    for view in dict.fromkeys((unicodedata.normalize("NFKC", text).translate(_INVISIBLE), _seen_through(text))):
        for mark in highlights(view):
            words = view[mark.start : mark.end]
            named = mark.kind is MarkKind.NAME and _is_a_name(words, view[mark.end : mark.end + 3])
            if mark.kind in ALWAYS or named:
                yield words, mark.kind.value
        for name in person_names.names(view):
            yield name, MarkKind.NAME.value
        for hit in _HOME.finditer(view):
            yield hit.group(), MarkKind.PLACE.value


_BATCH_ROW = re.compile(r"letters\.(\d+)\.")
# Machine text: digests and addresses that hold long digit runs and name nobody.
_MACHINE_FIELDS = re.compile(r"(^|\.)(file|id|anchor|code|html)$")


def _listed(words: str, kind: str, persons: frozenset[str]) -> bool:
    return kind in {MarkKind.NAME.value, MarkKind.PLACE.value} and any(words in each or each in words for each in persons)


def findings(
    fields: Mapping[str, Any], *, persons: frozenset[str] = frozenset(), allowed: frozenset[str] = frozenset()
) -> list[Finding]:
    """What in a draft must not be published. ``persons``: names and addresses listed as publishable for this record."""
    found: dict[Finding, None] = {}
    for path, text in _texts(fields):
        if _MACHINE_FIELDS.search(path):
            continue
        for words, kind in _in_text(text):
            if not _listed(words, kind, persons) and words not in allowed:
                found[Finding(path, words, kind)] = None
    return list(found)


def standing(session: Session, disclosure: Disclosure) -> list[Finding]:
    """What in the draft must not go out as it stands: personal data, and grave forms of the word list; exceptions left out."""
    persons = frozenset(filter(None, disclosure.publishable_persons.splitlines()))
    granted = select(LeakException.words).where(LeakException.disclosure_id == disclosure.id, LeakException.granted_by.is_not(None))
    allowed, plain = frozenset(session.scalars(granted)), disclosure.fields()
    grave = (slip for slip in wording.slips(plain, wording.own_forms(session)) if slip.form.grave)
    written = [Finding(slip.field, slip.form.wrong, "wording") for slip in grave if slip.form.wrong not in allowed]
    return [*findings(plain, persons=persons, allowed=allowed), *written]


def check(session: Session, disclosure: Disclosure, *, at: datetime) -> list[Finding]:
    """Looks through the draft, and holds or frees the disclosure accordingly. Every hold is counted in the audit log.

    A row of a batch that is held waits by itself: the other rows go. What the worker found in sealed letters this cannot
    know, so that a signed text is compared with them once more before it may go.
    """
    found = standing(session, disclosure)
    disclosure.compared_version = 0
    rows = {int(hit.group(1)) for each in found if (hit := _BATCH_ROW.match(each.field))}
    disclosure.held_rows = " ".join(map(str, sorted(rows)))
    disclosure.leak_notice = MESSAGE if any(not _BATCH_ROW.match(each.field) for each in found) else ""
    if found:
        audit.record(session, by=GUARD.id, act="disclosure.held", subject=disclosure.id, at=at, detail={"places": len(found)})
    return found


def link_letter(session: Session, disclosure: Disclosure, letter_id: str) -> None:
    """Says that the disclosure speaks of this letter."""
    if session.get(DisclosureLetter, (disclosure.id, letter_id)) is None:
        session.add(DisclosureLetter(disclosure_id=disclosure.id, letter_id=letter_id))


def ask_exception(session: Session, disclosure: Disclosure, words: str, reason: str, *, by: Actor, at: datetime) -> LeakException:
    """Asks that certain words may stand. Somebody else decides."""
    if not words.strip() or not reason.strip():
        raise Mendable("请写明要保留的原文和理由", field="reason")
    asked = LeakException(
        id=new_id(), disclosure_id=disclosure.id, words=words.strip(), reason=reason.strip(), asked_by=by.id, asked_at=at
    )
    session.add(asked)
    audit.record(session, by=by.id, act="disclosure.ask_exception", subject=disclosure.id, at=at)
    return asked


def grant_exception(session: Session, asked: LeakException, *, by: Actor, at: datetime) -> None:
    """A second person lets the words stand."""
    if asked.asked_by == by.id:
        raise NotAllowed("例外须由另一人批准", clause="发布规程")
    asked.granted_by, asked.granted_at = by.id, at
    session.flush()
    audit.record(session, by=by.id, act="disclosure.grant_exception", subject=asked.disclosure_id, at=at)
    check(session, session.get_one(Disclosure, asked.disclosure_id), at=at)


def compare_with_sealed(office: Office, at: datetime) -> None:
    """The worker's job: compares signed texts with the identities and words of the letters they are linked to.

    A hit holds the text with the usual message and is told to custodian and auditor, never to the writer.
    """
    with office.office.reading() as session:
        waiting = (Disclosure.state == DisclosureState.SIGNED, Disclosure.compared_version != Disclosure.version)
        signed = list(session.scalars(select(Disclosure.id).where(*waiting).limit(200)))
    key = guard_key(office)
    for identity in signed:
        with office.office.transaction() as session:
            disclosure = session.get_one(Disclosure, identity)
            if _gives_away_a_reporter(session, disclosure, key):
                _stop(session, disclosure, at)
            disclosure.compared_version = disclosure.version


def _gives_away_a_reporter(session: Session, disclosure: Disclosure, key: bytes) -> bool:
    linked = select(LetterGuard).join(DisclosureLetter, DisclosureLetter.letter_id == LetterGuard.letter_id)
    guards = list(session.scalars(linked.where(DisclosureLetter.disclosure_id == disclosure.id)))
    texts = [text for path, text in _texts(json.loads(disclosure.draft)) if not _MACHINE_FIELDS.search(path)]

    def gives_away(text: str, guard: LetterGuard) -> bool:
        return names_reporter(text, guard.identity, key) or copied_run(text, guard.runs, key) is not None

    return any(gives_away(text, guard) for guard in guards for text in texts)


def _stop(session: Session, disclosure: Disclosure, at: datetime) -> None:
    disclosure.leak_notice = MESSAGE
    tries = 1 + hits(session, disclosure)
    cause = f"{disclosure.id}:{disclosure.version}"
    for role in (Role.CUSTODIAN, Role.AUDITOR):
        outbox.tell(session, To.role(role), "leak_stopped", cause=cause, at=at, number=f"{disclosure.id}（第 {tries} 次）")
    audit.record(session, by=GUARD.id, act="disclosure.identity_hit", subject=disclosure.id, at=at, detail={"tries": tries})


def hits(session: Session, disclosure: Disclosure) -> int:
    """How often this disclosure was stopped for a sealed identity: somebody may be trying names."""
    wanted = (OfficeAuditEntry.act == "disclosure.identity_hit", OfficeAuditEntry.subject == disclosure.id)
    return session.scalar(select(func.count()).select_from(OfficeAuditEntry).where(*wanted)) or 0
