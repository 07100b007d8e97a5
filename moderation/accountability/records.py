"""What accountability work hands to the publication desk: outcomes, exposed cases, bulletins, investigation reports, figures.

Only turns what was decided into public words; who may publish it is decided in moderation.publication.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.accountability.bulletins import Bulletin, bulletin_tally, require_publishable
from moderation.accountability.decisions import printed_name
from moderation.accountability.exposures import ExposedCase
from moderation.accountability.investigations import FINDINGS, Investigation, investigation_of, publication_word
from moderation.accountability.outcome_text import item_paragraphs, penalty_sentence, tally_sentence
from moderation.accountability.statistics import Breakdown, Tally, office_tally, tally
from moderation.accountability.tables import AccountabilityCase, Party
from moderation.accountability.words import (
    CheckAnswer,
    ExposureState,
    Naming,
    PartyKind,
    PenaltyKind,
    Procedure,
    Rectified,
)
from moderation.evidence import EvidenceStore
from moderation.publication import disclosures, leak_guard
from moderation.publication.disclosures import Disclosure
from moderation.publication.machine import DisclosureState
from moderation.staff import Unit
from portal.core.accountability_rules import rulebook
from portal.core.calendar import WorkdayCalendar
from portal.core.clock import SHANGHAI, day_of, spoken_day
from portal.core.errors import Refusal
from portal.core.public_record import (
    Bar,
    Block,
    Event,
    Fact,
    Figure,
    HeldToAccount,
    PublicRecord,
    Region,
    Related,
    Section,
    Status,
    new_salt,
)
from portal.core.vocabulary import RecordKind
from portal.core.workflow import Actor, SystemActor

CASE_SOURCE, EXPOSED_SOURCE = "accountability_case", "exposed_case"
BULLETIN_SOURCE, INVESTIGATION_SOURCE, FIGURES_SOURCE = "bulletin", "investigation", "accountability_figures"
MOST_BARS = 40
LONGEST_FACT = 240


def _plain_as_prose(text: str) -> str:
    """Plain text as Markdown that shows the same letters: nothing in it is read as markup."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~])", r"\\\1", text.replace("&", "&amp;"))
    return escaped.replace("\n", "\n\n")


def _prose(anchor: str, heading: str, text: str) -> tuple[Section, ...]:
    return (Section(anchor, heading, (Block(prose=_plain_as_prose(text.strip())),)),) if text.strip() else ()


def _frame(at: datetime) -> dict[str, Any]:
    """What every record carries until the press sets it for good."""
    moment = at.astimezone(SHANGHAI).replace(microsecond=0)
    day = day_of(at)
    return {"revision": 1, "first_published_on": day, "published_on": day, "updated_at": moment, "salt": new_salt()}


def case_record_id(case: AccountabilityCase) -> str:
    """问责〔2026〕3号 → wz-2026-003: permanent, because the number is."""
    year, number = re.findall(r"\d+", case.number)
    return f"wz-{year}-{int(number):03d}"


def exposed_record_id(exposed: ExposedCase) -> str:
    return f"bg-{exposed.id[:12]}"


def bulletin_record_id(bulletin: Bulletin) -> str:
    return f"tb-{bulletin.id[:12]}"


# ---- an outcome ----


def held_lines(parties: Iterable[Party]) -> tuple[HeldToAccount, ...]:
    """One line a measure that holds; people are counted once in the figures, measures here."""
    return tuple(
        HeldToAccount(
            subject="unit" if party.kind is PartyKind.UNIT else "person",
            who=printed_name(party),
            measure=measure.spoken,
            clause=party.basis,
        )
        for party in parties
        for measure in party.standing
    )


def _suggested_words(case: AccountabilityCase, party: Party) -> str:
    """The suggestion that stood beside this decision when it was confirmed, in words."""
    frozen = json.loads(case.frozen) if case.frozen else {"measures": []}
    for item in frozen["measures"]:
        if item["row"] == party.suggested_row and item["subject"] == party.subject:
            words = "、".join(item.get("any_of") or item.get("all_of"))
            return f"{words}{'或更重' if item['or_stricter'] else ''}（{item['clause']}）"
    return "规则没有对应的建议"


def _comparison_table(case: AccountabilityCase) -> tuple[Section, ...]:
    """The suggestion beside each decision; only where the deciding body agreed to show it."""
    if not case.suggestion_shown:
        return ()
    rows = []
    for party in case.parties:
        decided = "、".join(measure.spoken for measure in party.standing) or "原处理已变更或撤销"
        comparison = party.comparison.zh
        if party.below_reason_public and party.below_reason:
            comparison += f"：{party.below_reason}"
        if party.exemption_clause:
            comparison += f"（{party.exemption_clause}：{party.exemption_reason}）"
        rows.append((printed_name(party), _suggested_words(case, party), decided, comparison))
    header = ("对象", "规则建议", "处理决定", "与建议相比")
    return (Section("suggested", "规则建议和处理决定", (Block(header=header, rows=tuple(rows)),)),)


def _checks_table(case: AccountabilityCase) -> tuple[Section, ...]:
    """The four checks: what each answered. Findings name people by office at most and stay inside."""
    answered = [(check.dimension.zh, check.answer.zh) for check in case.checks if check.answer is not None]
    return (Section("checks", "一案四查", (Block(header=("查什么", "结论"), rows=tuple(answered)),)),) if answered else ()


def _clauses(case: AccountabilityCase) -> tuple[str, ...]:
    frozen = json.loads(case.frozen) if case.frozen else {"rows": []}
    ruleset = rulebook().rulesets[case.ruleset]
    matched = [f"{ruleset.row(row).clause}：{ruleset.row(row).situation}" for row in frozen["rows"]]
    return tuple(dict.fromkeys([*(matched if case.suggestion_shown else ()), *_bases(case)]))


def _bases(case: AccountabilityCase) -> tuple[str, ...]:
    """The clauses the decisions name."""
    return tuple(dict.fromkeys(party.basis for party in case.parties))


def corrections(case: AccountabilityCase) -> tuple[tuple[str, ...], ...]:
    """Later changes as table rows: who, what, when, why."""
    rows = [
        (
            printed_name(party),
            f"{measure.spoken}：{change.kind.zh}" + (f"为{change.replaced_by}" if change.replaced_by else ""),
            spoken_day(change.on),
            change.reason,
        )
        for party in case.parties
        for measure in party.measures
        for change in measure.changes
    ]
    return tuple(rows)


def _corrections_section(case: AccountabilityCase) -> tuple[Section, ...]:
    rows = corrections(case)
    if not rows:
        return ()
    return (Section("corrections", "更正", (Block(header=("对象", "变更", "日期", "原因"), rows=rows),)),)


def _case_timeline(case: AccountabilityCase) -> tuple[Event, ...]:
    events = [(case.opened_on, "启动核查")]
    public_steps = {Procedure.NOTICE, Procedure.LIST_APPROVED, Procedure.HANDED_OVER, Procedure.EXECUTED, Procedure.NOT_DONE}
    events += [(row.on, row.step.zh) for row in case.procedure if row.step in public_steps]
    events += [(day, "作出处理决定") for day in {party.decided_on for party in case.parties}]
    events += [(change.on, f"处理{change.kind.zh}") for party in case.parties for m in party.measures for change in m.changes]
    return tuple(Event(on, text) for on, text in sorted(set(events), reverse=True))


def _origin_links(session: Session, matter: AccountabilityCase | ExposedCase) -> list[Related]:
    """Back to the batch of letters and the task it grew from, where their pages are public or signed to be: no dead links."""
    wanted = (
        (RecordKind.LETTER_BATCH, matter.letter_batch, "来自这一批信访件"),
        (RecordKind.RECTIFICATION, matter.task_record, "相关整改任务"),
    )
    links = []
    for kind, record, label in wanted:
        disclosure = session.get(Disclosure, record) if record else None
        going = disclosure is not None and (disclosure.live_revision > 0 or disclosure.state is DisclosureState.SIGNED)
        if record and disclosure is not None and going and disclosure.state is not DisclosureState.WITHDRAWN:
            links.append(Related(kind.value, record, label))
    return links


def _case_links(session: Session, case: AccountabilityCase) -> tuple[Related, ...]:
    links = _origin_links(session, case)
    found = investigation_of(session, case.id)
    if found is not None and found.record_id:
        links.append(Related("accountability", found.record_id, "调查报告"))
    shown = ExposedCase.record_id.is_not(None), ExposedCase.state != ExposureState.WITHDRAWN
    chosen = select(ExposedCase).where(ExposedCase.case_id == case.id, *shown).order_by(ExposedCase.id)
    links += [Related("exposure", exposed_record_id(one), f"曝光案例：{one.title}"[:120]) for one in session.scalars(chosen)]
    return tuple(links)


def _people_figures(counted: Tally) -> tuple[Figure, ...]:
    figures = [Figure("问责人数", str(counted.people), "人", "同一人只计一次")]
    figures.append(Figure("处理人次", str(counted.person_measures), "人次", "一人受几种处理就计几次"))
    if counted.units:
        figures.append(Figure("处理单位", str(counted.units), "个"))
    return tuple(figures)


def _case_facts(case: AccountabilityCase) -> tuple[Fact, ...]:
    """事实、条款、决定机关 at the head of the page, above what was decided: fact → clause → decided on one screen."""
    failed = "、".join(check.dimension.zh for check in case.checks if check.answer is CheckAnswer.FAILED)
    deciders = dict.fromkeys(f"{party.deciding_body}，{spoken_day(party.decided_on)}" for party in case.parties)
    short = case.facts_text if len(case.facts_text) <= LONGEST_FACT else f"{case.facts_text[:LONGEST_FACT]}……（全文见下）"
    said = (
        ("事实", short),
        ("查出有责", failed),
        ("依据条款", "；".join(_bases(case))),
        ("决定机关", "；".join(deciders)),
        ("案号", case.number),
        ("建议公开", f"{case.suggestion_agreed_by}同意" if case.suggestion_shown else ""),
    )
    return tuple(Fact(label, value) for label, value in said if value)


def _report_fact(session: Session, case: AccountabilityCase, today: date) -> tuple[Fact, ...]:
    """Whether the investigation's report is due, public or overdue (昌吉办法 第十一条): said on the outcome's page."""
    found = investigation_of(session, case.id)
    return () if found is None else (Fact("调查报告", publication_word(found, today)),)


def outcome_record(session: Session, case: AccountabilityCase, *, region_name: str, at: datetime) -> PublicRecord:
    """The public record of an outcome. Raises Refusal while it may not leave the office (see require_publishable)."""
    require_publishable(case)
    counted = tally(case.parties, rulebook().words.bands)
    unit = session.get_one(Unit, case.unit_id)
    return PublicRecord(
        id=case_record_id(case),
        kind=RecordKind.ACCOUNTABILITY.value,
        title=case.title,
        region=Region(case.region_code, region_name),
        unit=unit.name[:60],
        status=Status(case.state.zh, "ok" if not case.gaps else "plain"),
        summary=tally_sentence(counted)[:300] or "经查不追究责任。",
        source=case.origin.zh,
        basis=_clauses(case),
        facts=(*_case_facts(case), *_report_fact(session, case, day_of(at))),
        figures=_people_figures(counted),
        timeline=_case_timeline(case),
        held=held_lines(case.parties),
        sections=(
            *_corrections_section(case),
            *_comparison_table(case),
            *_prose("facts", "事实", case.facts_text if len(case.facts_text) > LONGEST_FACT else ""),
            *_checks_table(case),
        ),
        related=_case_links(session, case),
        **_frame(at),
    )


def named_in_full(case: AccountabilityCase) -> tuple[str, ...]:
    """Names the naming decisions allow to stand in the record; the leak guard blocks all others."""
    return tuple(party.official.name for party in case.parties if party.naming is Naming.FULL and party.official is not None)


# ---- an exposed case ----


def exposure_record(
    session: Session, exposed: ExposedCase, *, region_name: str, at: datetime, case: AccountabilityCase | None = None
) -> PublicRecord:
    """The public record of an exposed case. Raises Refusal for one that is not ready or whose penalties are all quashed."""
    if exposed.state not in {ExposureState.READY, ExposureState.PUBLISHED}:
        raise Refusal(f"“{exposed.state.zh}”的案例不能公开", clause="环境保护法 第五十四条")
    if exposed.gaps:
        raise Refusal(exposed.gaps[0], clause="环境保护法 第五十四条")
    penalties = [penalty for penalty in exposed.penalties if penalty.quashed_on is None]
    fines = [penalty.fine_yuan or 0 for penalty in penalties if penalty.kind is PenaltyKind.FINE]
    facts = [Fact("当事人", exposed.polluter.name)]
    facts += [Fact("统一社会信用代码", exposed.polluter.uscc)] if exposed.polluter.uscc else []
    facts += [Fact("违反条款", exposed.law), Fact("查处单位", exposed.unit_name)]
    done = exposed.rectified is Rectified.DONE
    links = _origin_links(session, exposed)
    if case is not None and case.record_id:
        links.append(Related("accountability", case.record_id, f"问责结果：{case.title}"[:120]))
    return PublicRecord(
        id=exposed_record_id(exposed),
        kind=RecordKind.EXPOSURE.value,
        title=exposed.title,
        region=Region(exposed.region_code, region_name),
        unit=exposed.unit_name,
        status=Status(exposed.rectified.zh, "ok" if done else "warn"),
        summary="；".join(penalty_sentence(penalty).rstrip("。") for penalty in penalties)[:299] + "。",
        basis=(exposed.law[:200],),
        facts=tuple(facts),
        figures=(Figure("罚款", str(sum(fines)), "元"),) if fines else (),
        timeline=tuple(Event(penalty.decided_on, penalty_sentence(penalty)[:500]) for penalty in reversed(penalties)),
        sections=(
            *_prose("facts", "违法事实", exposed.facts_text),
            Section("penalties", "处理决定", (_penalty_table(exposed),)),
            *_prose("rectified", "整改情况", exposed.rectified_text),
            *_picture_section(exposed),
        ),
        related=tuple(links),
        **_frame(at),
    )


def _penalty_table(exposed: ExposedCase) -> Block:
    rows = tuple(
        (
            penalty.kind.zh,
            f"{penalty.fine_yuan:,} 元" if penalty.fine_yuan is not None else penalty.text or "—",
            penalty.document,
            spoken_day(penalty.decided_on),
        )
        for penalty in exposed.penalties
        if penalty.quashed_on is None
    )
    return Block(header=("处理", "内容", "文号", "日期"), rows=rows)


def _picture_section(exposed: ExposedCase) -> tuple[Section, ...]:
    blocks = tuple(
        Block(file=f"{picture.copy}.jpg", alt=picture.alt, width=picture.width, height=picture.height, caption=picture.alt[:200])
        for picture in exposed.pictures
    )
    return (Section("pictures", "现场图片", blocks),) if blocks else ()


def lay_out_pictures(exposed: ExposedCase, store: EvidenceStore, folder: Path) -> None:
    """Puts the burnt copies into the press's media folder, named by their bytes; the originals never leave the evidence store."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in exposed.pictures:
        target = folder / f"{picture.copy}.jpg"
        if not target.exists():
            draft = target.with_suffix(".draft")
            draft.write_bytes(store.get(picture.copy))
            draft.replace(target)


# ---- a bulletin, an investigation report, the figures ----


def bulletin_record(bulletin: Bulletin, *, region_name: str, at: datetime) -> PublicRecord:
    """The public page of a bulletin: the same words as its DOCX, with links to every item."""
    counted = bulletin_tally(bulletin)
    sections = [*_prose("opening", "通报", bulletin.opening)]
    links = []
    for number, item in enumerate(bulletin.items, 1):
        heading, body = item_paragraphs(item)
        sections += _prose(f"item-{number}", heading[:60], "\n".join(body))
        if item.case is not None and item.case.record_id:
            links.append(Related("accountability", item.case.record_id, heading[:120]))
        if item.exposed is not None and item.exposed.record_id:
            links.append(Related("exposure", item.exposed.record_id, heading[:120]))
    sections += _prose("closing", "要求", bulletin.closing)
    return PublicRecord(
        id=bulletin_record_id(bulletin),
        kind=RecordKind.NOTICE.value,
        title=bulletin.title,
        region=Region(bulletin.region_code, region_name),
        unit=bulletin.issuer[:60],
        summary=(tally_sentence(counted) or bulletin.opening.strip())[:300],
        facts=(Fact("文号", bulletin.number), Fact("印发日期", spoken_day(bulletin.issued_on))),
        figures=_people_figures(counted) if counted.people or counted.units else (),
        sections=tuple(sections),
        related=tuple(links),
        **_frame(at),
    )


def investigation_record(session: Session, found: Investigation, *, region_name: str, at: datetime) -> PublicRecord:
    """The published investigation report (昌吉办法 第十一条). Raises Refusal before it is approved."""
    if found.report_approved_on is None or found.publish_by is None:
        raise Refusal("报告批准后才公开", clause="昌吉办法 第十一条")
    unit = session.get_one(Unit, found.case.unit_id)
    points = ("course", "casualties", "direct_loss", "indirect_loss", "ecological_damage", "direct_cause", "indirect_cause")
    sections = [*_prose("report", "调查报告", found.report_text)]
    for name in points:
        sections += _prose(name.replace("_", "-"), FINDINGS[name], found.finding(name))
    return PublicRecord(
        id=f"dc-{found.id[:12]}",
        kind=RecordKind.ACCOUNTABILITY.value,
        title=f"调查报告：{found.case.title}"[:120],
        region=Region(found.case.region_code, region_name),
        unit=unit.name[:60],
        status=Status(found.state.zh, "ok"),
        summary=found.why[:300],
        basis=("昌吉办法 第十一条：调查报告经批准后公开",),
        facts=(
            Fact("启动", f"{found.started_by}，{spoken_day(found.started_on)}"),
            Fact("批准", f"{found.report_approved_by}，{spoken_day(found.report_approved_on)}"),
            Fact("公开期限", f"{spoken_day(found.publish_by)}（{found.publish_by_arithmetic}）"),
        ),
        sections=tuple(sections),
        related=(Related("accountability", found.case.record_id, "问责结果"),) if found.case.record_id else (),
        due_on=found.publish_by,
        due_words=publication_word(found, day_of(at))[:60],
        **_frame(at),
    )


def _drawing(anchor: str, found: Breakdown, unit: str) -> Section:
    """A breakdown as a chart with its table; what does not fit is summed in one last bar, so that the sum stays.

    One number alone is no chart: it stands in a table.
    """
    if len(found.numbers) == 1:
        rows = tuple((label, f"{number} {unit}") for label, number in found.numbers)
        return Section(anchor, found.title, (Block(header=("分类", "数量"), rows=rows),))
    shown = found.numbers[:MOST_BARS]
    rest = sum(number for _, number in found.numbers[MOST_BARS:])
    bars = [Bar(label[:30], str(number)) for label, number in shown]
    bars += [Bar("其余合计", str(rest))] if rest else []
    return Section(anchor, found.title, (Block(bars=tuple(bars), unit=unit, caption=f"合计 {found.total} {unit}"),))


def figures_record(session: Session, *, year: int, region: Region, unit: str, at: datetime) -> PublicRecord:
    """The year's accountability figures as drawings and tables."""
    counted = office_tally(session, first=date(year, 1, 1), last=date(year, 12, 31))
    breakdowns = [
        ("by-measure", counted.by_measure, "人次"),
        ("by-rank", counted.by_rank, "人"),
        ("by-unit", counted.by_unit, "人"),
        ("by-dimension", counted.by_dimension, "人"),
        ("by-gravest", counted.by_gravest, "人"),
        ("by-unit-measure", counted.by_unit_measure, "次"),
    ]
    return PublicRecord(
        id=f"wz-figures-{year}",
        kind=RecordKind.ACCOUNTABILITY.value,
        title=f"{year}年问责情况统计",
        region=region,
        unit=unit,
        summary=(tally_sentence(counted).replace("本次", f"{year}年", 1) or f"{year}年没有问责。")[:300],
        figures=_people_figures(counted),
        sections=tuple(_drawing(anchor, found, measured) for anchor, found, measured in breakdowns if found.numbers),
        **_frame(at),
    )


# ---- handing over ----


DESK = SystemActor("accountability desk")


def bring_up_to_date(
    session: Session, record: PublicRecord, *, source: tuple[str, str], reason: str, at: datetime
) -> Disclosure | None:
    """Puts the record's present words into its disclosure: a public one begins a correction with ``reason``, which reviewers see.

    None: it was never handed over, or reviewers hold it now; then it is brought up to date once it comes back.
    """
    disclosure = disclosures.find_by_source(session, *source)
    if disclosure is None or disclosure.state is DisclosureState.WITHDRAWN:
        return None
    if disclosure.state is DisclosureState.PUBLISHED:
        disclosures.correct(session, disclosure, reason=reason, by=DESK, at=at)
    if disclosure.state not in {DisclosureState.DRAFTING, DisclosureState.REDACTION}:
        return None
    disclosures.edit(session, disclosure, disclosures.draft_of(record), seen=disclosure.version, by=DESK, at=at)
    leak_guard.check(session, disclosure, at=at)
    return disclosure


def hand_over(
    session: Session,
    record: PublicRecord,
    *,
    source: tuple[str, str],
    made_on: date,
    names: tuple[str, ...] = (),
    letters: Iterable[str | None] = (),
    calendar: WorkdayCalendar,
    by: Actor,
    at: datetime,
) -> Disclosure:
    """Drafts the disclosure at the publication desk, once a source. Raises Refusal when it was handed over before.

    ``letters``: letters the matter grew from; the leak guard compares the text with what lies sealed in them.
    """
    known = disclosures.find_by_source(session, *source)
    if known is not None:
        raise Refusal(f"已经送到公开台（{known.state.zh}），有变动请在那里办更正", clause="发布规程")
    disclosure = disclosures.draft(
        session,
        kind=RecordKind(record.kind),  # type: ignore[call-arg]
        fields=disclosures.draft_of(record),
        calendar=calendar,
        by=by,
        at=at,
        record_id=record.id,
        made_on=made_on,
        source=source,
        publishable_persons=names,
    )
    for letter_id in filter(None, letters):
        leak_guard.link_letter(session, disclosure, letter_id)
    leak_guard.check(session, disclosure, at=at)
    return disclosure
