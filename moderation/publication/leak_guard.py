"""Keeps personal data out of what is published: numbers always, names and home addresses unless listed for this record.

Always the same message: whoever writes learns where to look, never what a sealed letter holds. The comparison with
sealed identities is the worker's alone, at signing, and only with letters the disclosure is linked to.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from moderation.publication import exceptions, known_names, person_names, pinyin_names, wording
from moderation.publication.disclosures import Disclosure
from moderation.publication.machine import DisclosureState
from portal.core import audit
from portal.core.db import OfficeBase
from portal.core.vocabulary import Role
from portal.core.workflow import SystemActor

MESSAGE = "文中有不能公开的内容，请改掉标出的地方，或请另一人一起批准例外"
GUARD = SystemActor("leak-guard")
ALWAYS = frozenset({MarkKind.PHONE, MarkKind.ID, MarkKind.PLATE})

_NUMBER = r"(?:\d+|[一二三四五六七八九十百]+)"
_HOME = re.compile(
    rf"{_NUMBER}\s*(?:号楼|幢|栋)\s*{_NUMBER}\s*(?:单元|号|室)(?:\s*{_NUMBER}\s*(?:号|室))*|{_NUMBER}\s*号楼"
    rf"|{_NUMBER}\s*单元\s*{_NUMBER}\s*(?:号|室)|(?:小区|家属院|公寓|花园|新村)\s*{_NUMBER}\s*[幢栋]"
    rf"|{_NUMBER}(?:村民小组|组|队|社)\s*{_NUMBER}号"
    rf"|(?:小区|家属院|宿舍|公寓|花园|新村|里弄|胡同)[^\W\d_]{{0,4}}\s*{_NUMBER}[号弄](?:院|楼)?(?:\s*[-—]?\s*{_NUMBER}(?:室|户|号))?"
    rf"|{_NUMBER}号\s*[-—]?\s*{_NUMBER}(?:室|户)"
    r"|(?:家住|现住|暂住|租住在?|住在|住址[:为是]?|家庭住址[:为是]?|户籍(?:所在)?地[:为是]?)\s*"
    r"[^\W\d_]{0,12}?[县区镇乡村路街巷庄屯社][^，。；、,;|\n]{0,16}"
)
# Words that end like a title but stand behind a place or body, not behind a surname.
_NOT_A_NAME = re.compile("[镇乡县市局办厂公司站所村部会队组委区校院街道各和]")
# 石料厂长期堆放: the word is 长期, and nobody is a 厂长.
_LONG = re.compile("[局镇乡县村科所队站厂校院]长[期远效年江时达度约久春沙城]")
# A name of two letters may be a word elsewhere in the text.
_SURE = 3
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), None)
_SPACED_DIGITS = re.compile(r"(?<=\d)[\s\-—·.,，、]{1,2}(?=\d)")


class DisclosureLetter(OfficeBase):
    """A letter that a disclosure speaks of: its reporter must not be found in the text."""

    __tablename__ = "disclosure_letter"
    disclosure_id: Mapped[str] = mapped_column(ForeignKey("disclosure.id"), primary_key=True)
    letter_id: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)


@dataclass(frozen=True)
class Finding:
    """A place that must not be published. ``field``: path in the draft, such as sections.0.blocks.1.alt."""

    field: str
    words: str
    kind: str


@dataclass(frozen=True)
class Passage:
    """A string of the draft: where it stands, and what stands above or beside it (head of a column, label of a fact)."""

    field: str
    text: str
    label: str = ""


# Columns of the draft's own tables that ask for a person.
_LABELS = {"who": "当事人", "accountability": "责任人"}


def passages(value: Any, path: str = "", label: str = "") -> Iterator[Passage]:
    """Every string of the draft with its path: text, alternative text, file names and table cells alike."""
    if isinstance(value, str):
        yield Passage(path, value, label)
    elif isinstance(value, Mapping):
        heads, beside = value.get("header", ()), value.get("label", "")
        for key, inner in value.items():
            where = f"{path}.{key}" if path else str(key)
            if key == "rows" and heads:
                yield from _cells(inner, where, heads)
            else:
                yield from passages(inner, where, beside if key == "value" else _LABELS.get(key, ""))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from passages(inner, f"{path}.{number}", label)


def _cells(rows: Any, path: str, heads: Sequence[str]) -> Iterator[Passage]:
    for down, row in enumerate(rows):
        for across, cell in enumerate(row):
            yield Passage(f"{path}.{down}.{across}", str(cell), heads[across] if across < len(heads) else "")


def _seen_through(text: str) -> str:
    """The text as a reader of digits sees it: full-width made plain, invisible letters gone, spaced numbers closed up."""
    return _SPACED_DIGITS.sub("", unicodedata.normalize("NFKC", text).translate(_INVISIBLE))


def _is_a_name(words: str, after: str) -> bool:
    taken = _NOT_A_NAME.search(words) or any(letter in person_names.lexicon().never for letter in words[1:])
    return "某" not in words and not taken and not _LONG.match(after)


def _in_text(text: str, label: str = "") -> Iterator[tuple[str, str]]:
    """What stands in one text, and its kind. ``label``: head of its column, or the label beside it (联系人)."""
    for view in dict.fromkeys((unicodedata.normalize("NFKC", text).translate(_INVISIBLE), _seen_through(text))):
        for mark in highlights(view):
            words = view[mark.start : mark.end]
            named = mark.kind is MarkKind.NAME and _is_a_name(words, view[mark.end : mark.end + 3])
            if mark.kind in ALWAYS or named:
                yield words, mark.kind.value
        for name in (*person_names.names(view), *_asked_for(view, label), *pinyin_names.names(view)):
            yield name, MarkKind.NAME.value
        for hit in _HOME.finditer(view):
            yield hit.group(), MarkKind.PLACE.value


def _asked_for(view: str, label: str) -> Iterator[str]:
    """Names that are seen only with the head of their column: 都琳 under 联系人."""
    head = unicodedata.normalize("NFKC", label).split("(")[0].strip()
    return (name for name in person_names.names(f"{head}:{view}") if name in view) if head else iter(())


_BATCH_ROW = re.compile(r"letters\.(\d+)\.")
# Machine text: digests and addresses that hold long digit runs and name nobody.
_MACHINE_FIELDS = re.compile(r"(^|\.)(file|id|anchor|code|html)$")


def _listed(words: str, kind: str, persons: frozenset[str]) -> bool:
    return kind in {MarkKind.NAME.value, MarkKind.PLACE.value} and any(words in each or each in words for each in persons)


def findings(
    fields: Mapping[str, Any],
    *,
    persons: frozenset[str] = frozenset(),
    known: frozenset[str] = frozenset(),
) -> list[Finding]:
    """What in a draft must not be published. ``persons``: names and addresses listed as publishable for this record.

    ``known``: names of persons that the office knows of beside it. What is once found to be one is marked wherever it stands.
    """
    written = [each for each in passages(fields) if not _MACHINE_FIELDS.search(each.field)]
    found = dict.fromkeys(
        Finding(each.field, words, kind)
        for each in written
        for words, kind in _in_text(each.text, each.label)
        if not _listed(words, kind, persons)
    )
    sure = {finding.words for finding in found if finding.kind == MarkKind.NAME.value and len(finding.words) >= _SURE}
    again = frozenset(name for name in known | sure if not _listed(name, MarkKind.NAME.value, persons))
    found |= dict.fromkeys(_known_in(written, again))
    return list(found)


def _known_in(written: Iterable[Passage], known: frozenset[str]) -> Iterator[Finding]:
    for each in written:
        view = re.sub(r"\s", "", _seen_through(each.text))
        yield from (Finding(each.field, name, MarkKind.NAME.value) for name in sorted(known) if name in view)


def standing(session: Session, disclosure: Disclosure) -> list[Finding]:
    """What in the draft must not go out as it stands: personal data, and grave forms of the word list; exceptions left out."""
    allowed = exceptions.granted(session, disclosure)
    texts = _texts_of(disclosure)
    return [
        each
        for each in _all_found(session, disclosure)
        if (each.words, exceptions.digest(texts.get(each.field, ""))) not in allowed
    ]


def marked(session: Session, disclosure: Disclosure) -> list[tuple[str, str]]:
    """What is held now: the words marked, and the whole passage they stand in."""
    texts = _texts_of(disclosure)
    return [(each.words, texts.get(each.field, "")) for each in standing(session, disclosure)]


def _texts_of(disclosure: Disclosure) -> dict[str, str]:
    return {each.field: each.text for each in passages(disclosure.fields())}


def _all_found(session: Session, disclosure: Disclosure) -> list[Finding]:
    persons = frozenset(filter(None, disclosure.publishable_persons.splitlines()))
    plain = disclosure.fields()
    grave = (slip for slip in wording.slips(plain, wording.own_forms(session)) if slip.form.grave)
    written = [Finding(slip.field, slip.form.wrong, "wording") for slip in grave]
    return [*findings(plain, persons=persons, known=known_names.known_names(session, disclosure)), *written]


def check(session: Session, disclosure: Disclosure, *, at: datetime) -> list[Finding]:
    """Looks through the draft, and holds or frees the disclosure accordingly. Every hold is counted in the audit log.

    A row of a batch that is held waits by itself: the other rows go. What the worker found in sealed letters this cannot
    know, so that a signed text is compared with them once more before it may go.
    """
    exceptions.lapse(session, disclosure, {exceptions.digest(text) for text in _texts_of(disclosure).values()}, at=at)
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
    texts = [each.text for each in passages(json.loads(disclosure.draft)) if not _MACHINE_FIELDS.search(each.field)]

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
