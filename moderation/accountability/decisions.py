"""Recorded decisions: who was held to account and how, beside the suggestion; how a name is printed; what changed later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.accountability.assess import SuggestedMeasure
from moderation.accountability.bands import Bands, ceiling_of, floor_of
from moderation.accountability.tables import (
    AccountabilityCase,
    MeasureChange,
    NamingDecision,
    Official,
    Party,
    PartyMeasure,
)
from moderation.accountability.words import (
    CaseState,
    ChangeKind,
    Comparison,
    Dimension,
    Naming,
    PartyKind,
    Rank,
    Tenure,
)
from moderation.accountability.worksheet import suggestion
from portal.core import audit
from portal.core.accountability_rules import rulebook
from portal.core.clock import day_of
from portal.core.errors import Mendable, Refusal
from portal.core.ids import new_id
from portal.core.workflow import Actor

COMPOUND_SURNAMES = ("欧阳", "太史", "上官", "端木", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛", "尉迟", "公羊",
                     "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容", "仲孙", "钟离", "长孙", "宇文",
                     "司徒", "鲜于", "司空", "令狐")  # fmt: skip


@dataclass(frozen=True)
class MeasureGiven:
    """One measure as decided; ``detail`` e.g. 党内警告."""

    word: str
    detail: str = ""


@dataclass(frozen=True)
class NewParty:
    """A decision as it is written down. ``name`` is empty for a unit."""

    kind: PartyKind
    unit_name: str
    subject: str
    deciding_body: str
    decided_on: date
    basis: str
    measures: tuple[MeasureGiven, ...]
    name: str = ""
    born_year: int | None = None
    office: str = ""
    rank: Rank | None = None
    tenure: Tenure | None = None
    dimension: Dimension | None = None
    below_reason: str = ""
    below_reason_public: bool = False
    exemption_clause: str = ""
    exemption_reason: str = ""


@dataclass(frozen=True)
class Compared:
    """How a decision stands to the suggestion; ``against`` is the strictest suggestion for the subject (None: there is none)."""

    result: Comparison
    against: SuggestedMeasure | None


def decided_band(words: Iterable[str], bands: Bands) -> tuple[int, int]:
    """(lowest, highest) band the gravest of the decided measures may stand for; (0, 0): nothing that can be compared."""
    known = [band for word in words if (band := bands.get(word)) is not None]
    return max((low for low, _ in known), default=0), max((high for _, high in known), default=0)


def compare(
    suggested: Iterable[SuggestedMeasure], *, subject: str, dimension: Dimension | None, words: Iterable[str], bands: Bands
) -> Compared:
    """Sets decided measures beside the strictest suggestion for that subject.

    A measure that spans bands (党政纪处分) gets the benefit of the doubt both ways: it is below only when even
    its highest band is, above only when even its lowest is.
    """
    fitting = [
        item
        for item in suggested
        if item.measure.subject == subject
        and floor_of(item.measure, bands) is not None
        and (dimension is None or item.dimension in {None, dimension.value})
    ]
    if not fitting:
        return Compared(Comparison.NONE, None)
    strictest = max(fitting, key=lambda item: floor_of(item.measure, bands) or 0)
    floor, ceiling = floor_of(strictest.measure, bands) or 0, ceiling_of(strictest.measure, bands) or 0
    low, high = decided_band(words, bands)
    if high < floor:
        return Compared(Comparison.BELOW, strictest)
    return Compared(Comparison.ABOVE if low > ceiling else Comparison.MEETS, strictest)


def official_named(session: Session, name: str, unit_name: str, born_year: int | None) -> Official:
    """The one row of that person, made when new. Two people of one name are told apart by unit or year of birth."""
    chosen = select(Official).where(Official.name == name)
    known = list(session.scalars(chosen))
    for official in known:
        same_year = born_year is not None and official.born_year == born_year
        undated_same_unit = official.unit_name == unit_name and (born_year is None or official.born_year is None)
        if same_year or undated_same_unit:
            official.born_year = official.born_year or born_year
            return official
    official = Official(id=new_id(), name=name, unit_name=unit_name, born_year=born_year)
    session.add(official)
    session.flush()
    return official


def record_party(session: Session, case: AccountabilityCase, new: NewParty, *, by: Actor, at: datetime) -> Party:
    """Records one decision and sets it beside the suggestion. Below the standard needs a reason, kept inside unless agreed."""
    if case.state is not CaseState.CHECKED:
        raise Refusal("四项都查清之后才能登记处理决定", clause="一案四查通知 五")
    _check(new, at)
    compared = compare(
        suggestion(case).measures,
        subject=new.subject,
        dimension=new.dimension,
        words=[measure.word for measure in new.measures],
        bands=rulebook().words.bands,
    )
    if compared.result is Comparison.BELOW and not new.below_reason.strip():
        raise Mendable(
            "这项处理低于规则建议，请写明理由", field="below_reason", clause=compared.against.row if compared.against else None
        )
    party = _party(session, case, new, compared)
    case.parties.append(party)
    case.recorded_by = by.id
    session.flush()
    detail = {"party": party.id, "comparison": compared.result.value, "measures": [m.word for m in new.measures]}
    audit.record(session, by=by.id, act="accountability_case.decision", subject=case.id, at=at, detail=detail)
    return party


def _party(session: Session, case: AccountabilityCase, new: NewParty, compared: Compared) -> Party:
    person = new.kind is PartyKind.PERSON
    official = official_named(session, new.name.strip(), new.unit_name, new.born_year) if person else None
    kept = {name: value for name, value in vars(new).items() if name not in {"name", "born_year", "measures"}}
    party = Party(
        id=new_id(),
        place=len(case.parties),
        official_id=official.id if official else None,
        comparison=compared.result,
        suggested_row=compared.against.row if compared.against else "",
        **kept,
    )
    party.official = official
    party.measures = [PartyMeasure(place=n, word=m.word, detail=m.detail) for n, m in enumerate(new.measures)]
    return party


def _check(new: NewParty, at: datetime) -> None:
    words = rulebook().words
    if new.subject not in words.subjects or new.subject == "polluter":
        raise Mendable("请选择追究对象的类别", field="subject")
    if not new.measures:
        raise Mendable("请至少写一种处理方式", field="measures")
    for measure in new.measures:
        if measure.word not in words.bands:
            raise Mendable(f"规则里没有“{measure.word}”这种处理方式", field="measures")
    if len({(measure.word, measure.detail) for measure in new.measures}) < len(new.measures):
        raise Mendable("同一种处理方式写了两次", field="measures")
    needed = [(new.unit_name, "单位", "unit_name"), (new.deciding_body, "决定机关", "deciding_body"), (new.basis, "依据", "basis")]
    if new.kind is PartyKind.PERSON:
        needed += [(new.name, "姓名", "name"), (new.office, "职务", "office")]
    for value, label, field in needed:
        if not value.strip():
            raise Mendable(f"请写明{label}", field=field)
    if new.kind is PartyKind.PERSON and (new.rank is None or new.tenure is None):
        raise Mendable("请选择职级和是否在任", field="rank")
    if new.decided_on > day_of(at):
        raise Mendable("决定日期不能晚于今天", field="decided_on")
    if bool(new.exemption_clause.strip()) != bool(new.exemption_reason.strip()):
        raise Mendable("免责或减轻要同时写明条款和理由", field="exemption_reason", clause="昌吉办法 第十四条（三）")


def remove_party(session: Session, case: AccountabilityCase, party: Party, *, by: Actor, at: datetime) -> None:
    """Takes back an entry that was never confirmed; after that only changes are recorded."""
    if case.state is not CaseState.CHECKED:
        raise Refusal("已确认的决定不能删除，只能登记变更或撤销", clause="内部规程")
    case.parties.remove(party)
    case.recorded_by = by.id
    audit.record(session, by=by.id, act="accountability_case.decision_removed", subject=case.id, at=at, detail={"party": party.id})


def highest_band(case: AccountabilityCase) -> int:
    """The gravest band decided in the case, over all persons (its upper end); 0: none."""
    bands = rulebook().words.bands
    return max((decided_band([m.word for m in party.measures], bands)[1] for party in case.parties), default=0)


def repeat_not_stricter(session: Session, case: AccountabilityCase) -> AccountabilityCase | None:
    """The earlier case on the same matter that this one is not stricter than; None: stricter, or no earlier case.

    Source: 一案四查通知 六（一）: each time stricter than the last. Compared by highest band, so two cases in one band
    are flagged for a person to look at.
    """
    if case.previous_id is None or not case.parties:
        return None
    previous = session.get(AccountabilityCase, case.previous_id)
    if previous is None or highest_band(case) > highest_band(previous):
        return None
    return previous


def decide_naming(session: Session, party: Party, naming: Naming, *, rule: str, reason: str, by: Actor, at: datetime) -> None:
    """How one person is printed, with the rule and the reason; every decision stays in the log, the last one holds."""
    if party.kind is PartyKind.UNIT:
        raise Refusal("单位写全称，不需要决定怎么署名", clause="内部规程")
    if not rule.strip() or not reason.strip():
        raise Mendable("请写明按哪条规定、为什么这样署名", field="reason")
    party.namings.append(NamingDecision(naming=naming, rule=rule, reason=reason, by=by.id, at=at))
    party.naming = naming
    audit.record(session, by=by.id, act="accountability_case.naming", subject=party.id, at=at, detail={"naming": naming.value})


def shortened_name(name: str) -> str:
    """靳某某: the surname and one 某 for each further character."""
    surname = next((known for known in COMPOUND_SURNAMES if name.startswith(known) and len(name) > len(known)), name[:1])
    return surname + "某" * max(len(name) - len(surname), 1)


def printed_name(party: Party) -> str:
    """The party as the public reads it: by the naming decided, by office alone until then. Never more than was decided."""
    if party.kind is PartyKind.UNIT:
        return party.unit_name
    tenure = "" if party.tenure is None else {"then": "时任", "retired": "时任"}.get(party.tenure.value, "")
    retired = "（已退休）" if party.tenure is Tenure.RETIRED else ""
    title = f"{tenure}{party.unit_name}{party.office}{retired}"
    if party.naming in {Naming.FULL, Naming.SURNAME} and party.official is not None:
        name = party.official.name if party.naming is Naming.FULL else shortened_name(party.official.name)
        return f"{title} {name}"
    return title


def change_measure(
    session: Session,
    measure: PartyMeasure,
    kind: ChangeKind,
    *,
    on: date,
    reason: str,
    document: str = "",
    replaced_by: MeasureGiven | None = None,
    by: Actor,
    at: datetime,
) -> MeasureChange:
    """Records a later change, quashing or rehabilitation; the public record is corrected, nothing is deleted."""
    if measure.ended:
        raise Refusal("这项处理已经变更或撤销", clause="内部规程")
    if measure.party.case.state in {CaseState.CHECKING, CaseState.CHECKED}:
        raise Refusal("决定还没有确认，请直接修改登记", clause="内部规程")
    if not reason.strip():
        raise Mendable("请写明变更的原因", field="reason")
    if on < measure.party.decided_on or on > day_of(at):
        raise Mendable("变更日期应在决定之后、今天以前", field="on")
    if (kind is ChangeKind.CHANGED) != (replaced_by is not None):
        raise Mendable("变更要写明改成什么；撤销和恢复名誉不写", field="replaced_by")
    if replaced_by is not None:
        _replace(measure, replaced_by)
    spoken = "" if replaced_by is None else measure.party.measures[-1].spoken
    change = MeasureChange(kind=kind, on=on, reason=reason, document=document, replaced_by=spoken, by=by.id)
    measure.changes.append(change)
    session.flush()
    audit.record(session, by=by.id, act="accountability_case.change", subject=measure.party.id, at=at, detail={"kind": kind.value})
    return change


def _replace(measure: PartyMeasure, replacement: MeasureGiven) -> None:
    if replacement.word not in rulebook().words.bands:
        raise Mendable(f"规则里没有“{replacement.word}”这种处理方式", field="replaced_by")
    measures = measure.party.measures
    measures.append(PartyMeasure(place=len(measures), word=replacement.word, detail=replacement.detail))
