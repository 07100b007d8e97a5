"""Names of persons that the office knows beside a text: its own people, those held to account in its case, those its letters name.

Only what the desk may see: working words of the office, never a sealed letter (those the worker compares, at signing).
"""

from __future__ import annotations

import unicodedata

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.accountability.exposures import ExposedCase
from moderation.accountability.investigations import Investigation
from moderation.accountability.tables import AccountabilityCase, Official, Party
from moderation.casework.letters import LetterText
from moderation.publication import person_names
from moderation.publication.disclosures import Disclosure
from moderation.staff import StaffMember

_LEAST = 2


def known_names(session: Session, disclosure: Disclosure) -> frozenset[str]:
    """Names to look for in this text, whatever they look like."""
    found = {*session.scalars(select(StaffMember.name)), *_held(session, disclosure), *_in_letters(session, disclosure)}
    return frozenset(name for name in found if len(name) >= _LEAST)


def _held(session: Session, disclosure: Disclosure) -> set[str]:
    """Who is held to account in the case that the text comes from."""
    case_id = _case_of(session, disclosure)
    wanted = select(Official.name).join(Party, Party.official_id == Official.id).where(Party.case_id == case_id)
    return set(session.scalars(wanted)) if case_id else set()


def _case_of(session: Session, disclosure: Disclosure) -> str | None:
    match disclosure.source_kind:
        case "accountability_case":
            found = session.get(AccountabilityCase, disclosure.source_id)
            return found.id if found else None
        case "investigation":
            looked_into = session.get(Investigation, disclosure.source_id)
            return looked_into.case_id if looked_into else None
        case "exposed_case":
            exposed = session.get(ExposedCase, disclosure.source_id)
            return exposed.case_id if exposed else None
    return None


def _in_letters(session: Session, disclosure: Disclosure) -> set[str]:
    """Whom the office's own summary of a letter names, and who is said to do it."""
    from moderation.publication.leak_guard import DisclosureLetter

    linked = select(DisclosureLetter.letter_id).where(DisclosureLetter.disclosure_id == disclosure.id)
    texts = session.execute(select(LetterText.summary, LetterText.target).where(LetterText.letter_id.in_(linked))).all()
    plain = (unicodedata.normalize("NFKC", text) for row in texts for text in row if text)
    return {name for text in plain for name in person_names.names(text)}
