"""The form by which a proposer verifies an offence: reads what was posted and keeps it when something must be mended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from moderation.rewards import proposals, schedules
from moderation.rewards.calculation import OrderProof, ProvenAct
from moderation.rewards.letters import Standing, SubstantiatedLetter
from moderation.rewards.machine import ScheduleState
from moderation.rewards.proposals import LetterFacts
from moderation.rewards.records import Reward, RewardSchedule
from moderation.staff import SignedIn
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.reward_schedule import Evidence, Exclusion
from portal.core.vocabulary import Term
from portal.web.fields import PlainField

LEAD = "usable_lead"


def names_of(session: Session) -> Mapping[str, str]:
    """Act ids in the terms of the adopted versions, the newest winning."""
    query = select(RewardSchedule).where(RewardSchedule.state == ScheduleState.ADOPTED).order_by(RewardSchedule.decided_at)
    found: dict[str, str] = {}
    for row in session.scalars(query):
        found.update({act.id: act.term for _, act in schedules.schedule_of(row).acts()})
    return found


def _options(terms: type[Term]) -> tuple[tuple[str, str], ...]:
    return tuple((term.value, term.zh) for term in terms)


@dataclass(frozen=True)
class StandingFields:
    """The fields about one letter: its proof of order, joint reporters, and what stands against it."""

    standing: Standing
    proof: PlainField
    reference: PlainField
    reporters: PlainField
    parts: PlainField
    barred: PlainField
    missing: PlainField
    elsewhere: PlainField

    @classmethod
    def read(cls, place: int, standing: Standing, values: MultiDict[str, str] | None) -> StandingFields:
        def text(name: str, default: str = "") -> str:
            return default if values is None else values.get(f"{name}_{place}", default)

        def many(name: str) -> tuple[str, ...]:
            return () if values is None else tuple(values.getlist(f"{name}_{place}"))

        def made(name: str, label: str, data: str | tuple[str, ...], options: tuple[tuple[str, str], ...] = ()) -> PlainField:
            return PlainField(f"{name}_{place}", label, data, options=options)

        return cls(
            standing,
            made("proof", "先后凭据", text("proof", standing.proof.value), _options(OrderProof)),
            made("reference", "凭据编号", text("reference")),
            made("reporters", "联名人数", text("reporters", "1")),
            made("parts", "约定份额", text("parts")),
            made("barred", "不予奖励的情形", many("barred"), _options(Exclusion)),
            made("missing", "举报缺少的内容", many("missing"), _options(Evidence)),
            made("elsewhere", "别的层级或部门已经奖励过", many("elsewhere"), (("yes", "是"),)),
        )

    def facts(self) -> LetterFacts:
        """What was filled in. Raises Mendable where a number cannot be read."""
        reporters = _number(self.reporters, least=1, most=200)
        parts = tuple(_whole(word, self.parts) for word in re.split(r"[\s,，:：、]+", str(self.parts.data).strip()) if word)
        return LetterFacts(
            standing=self.standing,
            proof=OrderProof(str(self.proof.data)),  # type: ignore[call-arg]
            proof_reference=str(self.reference.data),
            reporters=reporters,
            parts=parts,
            barred=frozenset(Exclusion(word) for word in self.barred.data or ()),  # type: ignore[call-arg]
            missing=frozenset(Evidence(word) for word in self.missing.data or ()),  # type: ignore[call-arg]
            awarded_elsewhere=bool(self.elsewhere.data),
        )


def _whole(word: str, field_: PlainField) -> int:
    if not word.isascii() or not word.isdigit():
        raise Mendable(f"{field_.label}写整数，例如 3:1", field=field_.name)
    return int(word)


def _number(field_: PlainField, *, least: int, most: int) -> int:
    value = _whole(str(field_.data).strip(), field_)
    if not least <= value <= most:
        raise Mendable(f"{field_.label}在 {least} 到 {most} 之间", field=field_.name)
    return value


@dataclass
class VerifyForm:
    """Place, acts, and the fields of each letter."""

    letter: SubstantiatedLetter
    acts: PlainField
    other_acts: PlainField
    place: PlainField
    target: PlainField
    standings: tuple[StandingFields, ...]
    verified: int
    errors: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, session: Session, letter: SubstantiatedLetter) -> VerifyForm:
        """The form as it opens: what handling found, nothing against anybody."""
        return cls._made(session, letter, None)

    @classmethod
    def posted(cls, session: Session, letter: SubstantiatedLetter, values: MultiDict[str, str]) -> VerifyForm:
        """The form as it came back."""
        return cls._made(session, letter, values)

    @classmethod
    def _made(cls, session: Session, letter: SubstantiatedLetter, values: MultiDict[str, str] | None) -> VerifyForm:
        found = tuple(act.act_id for act in letter.acts)
        words = names_of(session)
        own = [*((act, words.get(act, act)) for act in found), (LEAD, "没有查实，但线索有用")]
        others = [(act, term) for act, term in words.items() if act not in found]

        def chosen(name: str, options: list[tuple[str, str]], default: tuple[str, ...]) -> tuple[str, ...]:
            known = {act for act, _ in options}
            return default if values is None else tuple(act for act in values.getlist(name) if act in known)

        return cls(
            letter=letter,
            acts=PlainField("acts", "查实的行为", chosen("acts", own, found), options=tuple(own)),
            other_acts=PlainField("other_acts", "其他行为", chosen("other_acts", others, ()), options=tuple(others)),
            place=PlainField("place", "地点", letter.place if values is None else values.get("place", "")),
            target=PlainField("target", "单位", letter.target if values is None else values.get("target", "")),
            standings=tuple(StandingFields.read(place, one, values) for place, one in enumerate(letter.standings)),
            verified=len(proposals.offences_of(session, letter.letter_id)),
        )

    def verify(self, session: Session, *, by: SignedIn, at: datetime) -> Reward:
        """Calls the verb. Raises Mendable."""
        chosen = (*(self.acts.data or ()), *(self.other_acts.data or ()))
        opened = {act.act_id: act.case_opened for act in self.letter.acts}
        case = any(opened.values())
        return proposals.verify(
            session,
            self.letter,
            [ProvenAct(act, case_opened=opened.get(act, case)) for act in chosen if act != LEAD],
            [standing.facts() for standing in self.standings],
            place=str(self.place.data),
            target=str(self.target.data),
            usable_lead=LEAD in chosen,
            by=by,
            at=at,
        )

    def join(self, session: Session, reward_id: str, *, by: SignedIn, at: datetime) -> Reward:
        """Adds the letter to an offence verified already. Raises Mendable and Refusal."""
        reward = session.get(Reward, reward_id)
        if reward is None:
            raise NotThere("没有这件奖励，或者它不归您的岗位看")
        proposals.join(session, reward, self.letter, [standing.facts() for standing in self.standings], by=by, at=at)
        return reward

    def note(self, refused: Refusal) -> None:
        """Keeps the reason, to be shown above the form."""
        self.errors.append(refused.reason)
