"""What a verified offence earns, who was first, how it is shared, and until when. Pure: no database, no clock, no guess."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from portal.core import reward_schedule as rs
from portal.core.calendar import Deadline, WorkdayCalendar
from portal.core.vocabulary import IdentityLevel, Term


class OrderProof(Term):
    """What proves when a report came in."""

    SYSTEM = "system", "系统接收记录", "record of the system"
    CALL_LOG = "call_log", "通话记录", "call log"
    POSTMARK = "postmark", "邮戳扫描件", "scan of the postmark"
    UPSTREAM = "upstream", "上级交办单", "slip of the level above"
    NONE = "none", "没有凭据", "no proof"


@dataclass(frozen=True)
class ProvenAct:
    """An act handling found true. ``case_opened``: a penalty case (立案处罚) was opened for it."""

    act_id: str
    case_opened: bool = False


@dataclass(frozen=True)
class Reliance:
    """An entry the outcome rests on, named as in ``Schedule.unconfirmed``."""

    name: str
    clause: str
    confirmed: bool


@dataclass(frozen=True)
class EarningLine:
    """One proven act: what it earns, and whether it counts. ``why``: in Chinese, for the proposal."""

    act_id: str
    term: str
    tier_id: str
    amount_fen: int
    clause: str
    confirmed: bool
    counted: bool
    why: str


@dataclass(frozen=True)
class Earning:
    """What an offence earns before sharing. ``clue``: it is the award for a usable lead that was not proven."""

    amount_fen: int
    lines: tuple[EarningLine, ...]
    relies_on: tuple[Reliance, ...]
    clue: bool = False


@dataclass(frozen=True)
class Claim:
    """One letter's standing in an offence. Holds no name.

    ``received_at`` / ``accepted_at``: the exact moment where one is known, else None. ``parts``: weights the joint reporters
    agreed, one each, in their order; () when none were. ``representative``: position of the one they chose.
    ``barred``: exclusions found to apply. ``missing``: evidence the rule asks for that the letter lacks.
    """

    letter_id: str
    received_on: date
    accepted_on: date
    identity: IdentityLevel
    proof: OrderProof = OrderProof.SYSTEM
    received_at: datetime | None = None
    accepted_at: datetime | None = None
    reporters: int = 1
    parts: tuple[int, ...] = ()
    representative: int = 0
    barred: frozenset[rs.Exclusion] = frozenset()
    missing: frozenset[rs.Evidence] = frozenset()
    wants_reward: bool = True
    awarded_elsewhere: bool = False


@dataclass(frozen=True)
class Objection:
    """A reason against rewarding one letter. ``confirmed`` False: the rule behind it is 未核定, so a person must judge."""

    letter_id: str
    reason: str
    clause: str
    confirmed: bool
    entry: str


@dataclass(frozen=True)
class LineUp:
    """Who was first. ``first``: more than one where they tie. ``passed_over``: came first, but the rule keeps them from it."""

    first: tuple[Claim, ...]
    later: tuple[Claim, ...]
    passed_over: tuple[Claim, ...]
    why: str
    relies_on: tuple[Reliance, ...]


@dataclass(frozen=True)
class Share:
    """What one person gets. ``person``: position among the reporters of the letter, from 0."""

    letter_id: str
    person: int
    amount_fen: int


def _reliance(name: str, basis: rs.Basis) -> Reliance:
    return Reliance(name, basis.clause, basis.confirmed)


def earning(schedule: rs.Schedule, acts: Sequence[ProvenAct], *, usable_lead: bool = False) -> Earning:
    """What the proven acts of one offence earn. An act listed twice counts once. Clauses are in the lines."""
    lines = [_line(schedule, act) for act in {act.act_id: act for act in sorted(acts, key=_opened_last)}.values()]
    earns = [line for line in lines if line.amount_fen]
    if not earns:
        return _clue(schedule, tuple(lines), usable_lead)
    several = schedule.settings.several_acts
    top = max(earns, key=lambda line: line.amount_fen)
    counted = earns if several.counted is rs.ManyActs.SUM else [top]
    final = tuple(_counted(line, line in counted) for line in lines)
    relies = [entry for line in counted for entry in _entries(schedule, line)]
    if len(earns) > 1:
        relies.append(_reliance("rule several_acts", several.basis))
    return Earning(sum(line.amount_fen for line in counted), final, tuple(dict.fromkeys(relies)))


def _opened_last(act: ProvenAct) -> bool:
    return act.case_opened


def _line(schedule: rs.Schedule, act: ProvenAct) -> EarningLine:
    found = schedule.find(act.act_id)
    if found is None:
        return EarningLine(act.act_id, act.act_id, "", 0, "", True, False, "办法没有列出这种行为")
    tier, row = found
    confirmed = tier.basis.confirmed and row.basis.confirmed
    met = tier.trigger is rs.Trigger.SUBSTANTIATED or act.case_opened
    why = f"{tier.trigger.zh}，{rs.yuan_text(tier.amount_fen)} 元" if met else f"须{tier.trigger.zh}，目前没有"
    return EarningLine(act.act_id, row.term, tier.id, tier.amount_fen if met else 0, row.basis.clause, confirmed, False, why)


def _counted(line: EarningLine, counted: bool) -> EarningLine:
    why = line.why if counted or not line.amount_fen else f"{line.why}；不是最高一项，不计"
    return EarningLine(line.act_id, line.term, line.tier_id, line.amount_fen, line.clause, line.confirmed, counted, why)


def _entries(schedule: rs.Schedule, line: EarningLine) -> tuple[Reliance, ...]:
    found = schedule.find(line.act_id)
    if found is None:
        return ()
    tier, act = found
    return _reliance(f"tier {tier.id}", tier.basis), _reliance(f"act {act.id}", act.basis)


def _clue(schedule: rs.Schedule, lines: tuple[EarningLine, ...], usable_lead: bool) -> Earning:
    rule = schedule.settings.clue
    if not usable_lead or not rule.amount_fen:
        return Earning(0, lines, ())
    return Earning(rule.amount_fen, lines, (_reliance("rule clue", rule.basis),), clue=True)


def objections(schedule: rs.Schedule, claim: Claim) -> tuple[Objection, ...]:
    """Every reason the rule gives against rewarding this letter, whether or not it bars it in the end."""
    rules, found = schedule.settings, []

    def against(name: str, basis: rs.Basis, reason: str) -> None:
        found.append(Objection(claim.letter_id, reason, basis.clause, basis.confirmed, f"rule {name}"))

    if not rules.identity.level.met_by(claim.identity):
        against("identity", rules.identity.basis, f"办法要求{rules.identity.level.zh}，举报人选择的是{claim.identity.zh}")
    for bar in rules.exclusions.excluded:
        if bar in claim.barred:
            against("exclusions", rules.exclusions.basis, f"不予奖励的情形：{bar.zh}")
    missing = [item.zh for item in rules.evidence.minimum if item in claim.missing]
    if missing:
        against("evidence", rules.evidence.basis, f"举报缺少：{'、'.join(missing)}")
    if rules.cross_level.once_only and claim.awarded_elsewhere:
        against("cross_level", rules.cross_level.basis, "其他层级或部门已经就同一问题奖励过")
    return tuple(found)


def _moment(schedule: rs.Schedule, claim: Claim) -> tuple[date, datetime | None]:
    if schedule.settings.first_reporter.clock is rs.FirstClock.RECEIPT:
        return claim.received_on, claim.received_at
    return claim.accepted_on, claim.accepted_at


_LATEST = datetime.max.replace(tzinfo=UTC)


def line_up(schedule: rs.Schedule, claims: Iterable[Claim]) -> LineUp:
    """Puts the letters about one offence in order and says who was first, and why.

    Within a day, moments decide only where the rule says so and every moment of that day is known: an unknown moment is
    never taken for a late one. A letter that says it wants no reward keeps its place; nobody inherits it.
    """
    rules = schedule.settings
    order = sorted(claims, key=lambda claim: (_moment(schedule, claim)[0], _moment(schedule, claim)[1] or _LATEST, claim.letter_id))
    relies = [_reliance("rule identity", rules.identity.basis)]
    if len(order) > 1:
        relies.append(_reliance("rule first_reporter", rules.first_reporter.basis))
    passed: list[Claim] = []
    while order:
        heads, by_rule = _heads(schedule, order)
        rest = order[len(heads) :]
        fit = [claim for claim in heads if not objections(schedule, claim)]
        for claim in heads:
            against = objections(schedule, claim)
            if against:
                passed.append(claim)
                # Passed over by an unconfirmed rule: then whoever comes next rests on that rule too.
                relies += [Reliance(one.entry, one.clause, one.confirmed) for one in against]
        if len(heads) > 1 or by_rule:
            relies.append(_reliance("rule ties", rules.ties.basis))
        if fit:
            return _found(schedule, fit, rest, passed, relies)
        order = rest
        if order:
            relies.append(_reliance("rule succession", rules.succession.basis))
        if rules.succession.when_first_cannot is rs.Succession.NOBODY:
            break
    why = "没有符合条件的举报人" if passed else "没有举报件"
    return LineUp((), tuple(order), tuple(passed), why, tuple(dict.fromkeys(relies)))


def _heads(schedule: rs.Schedule, order: Sequence[Claim]) -> tuple[list[Claim], bool]:
    """Those who lead together, and whether the tie rule decided it within one day."""
    day = _moment(schedule, order[0])[0]
    same = [claim for claim in order if _moment(schedule, claim)[0] == day]
    moments = [_moment(schedule, claim)[1] for claim in same]
    if len(same) == 1 or schedule.settings.ties.tie is rs.TieRule.SAME_DAY_SHARES or None in moments:
        return same, False
    return [claim for claim, moment in zip(same, moments, strict=True) if moment == moments[0]], True


def _found(schedule: rs.Schedule, fit: list[Claim], rest: Sequence[Claim], passed: list[Claim], relies: list[Reliance]) -> LineUp:
    clock = schedule.settings.first_reporter.clock
    day = _moment(schedule, fit[0])[0].isoformat()
    proofs = "、".join(dict.fromkeys(claim.proof.zh for claim in fit))
    why = f"{clock.zh}最早：{day}（凭据：{proofs}）"
    if len(fit) > 1:
        why += f"；{len(fit)} 件同时，{schedule.settings.ties.tie.zh}"
    if passed:
        why += f"；在前的 {len(passed)} 件按规定不能奖励"
    if rest:
        why += f"；另有 {len(rest)} 件在后"
    return LineUp(tuple(fit), tuple(rest), tuple(passed), why, tuple(dict.fromkeys(relies)))


def split(amount_fen: int, weights: Sequence[int]) -> tuple[int, ...]:
    """``amount_fen`` in the proportion of ``weights``, exact to the fen: what is left over goes to the largest remainders,
    and among equal ones to those who stand earlier."""
    if not weights or any(weight < 0 for weight in weights) or not sum(weights) or amount_fen < 0:
        raise ValueError("an amount of at least 0 and weights that are not all 0 are needed")
    total = sum(weights)
    parts = [amount_fen * weight // total for weight in weights]
    remainders = [amount_fen * weight % total for weight in weights]
    waiting = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in waiting[: amount_fen - sum(parts)]:
        parts[place] += 1
    return tuple(parts)


def shares(schedule: rs.Schedule, amount_fen: int, first: Sequence[Claim]) -> tuple[tuple[Share, ...], tuple[Reliance, ...]]:
    """Divides an amount: equally between letters that tie (a joint letter is one), then inside each letter by the joint rule.

    Agreed shares without an agreement on paper are equal. Nobody is listed with nothing.
    """
    rule = schedule.settings.joint
    relies: list[Reliance] = []
    found: list[Share] = []
    for claim, part in zip(first, split(amount_fen, [1] * len(first)) if first else (), strict=True):
        if claim.reporters > 1:
            relies.append(_reliance("rule joint", rule.basis))
        found += [Share(claim.letter_id, person, fen) for person, fen in enumerate(_inside(rule, claim, part)) if fen]
    return tuple(found), tuple(dict.fromkeys(relies))


def _inside(rule: rs.JointRule, claim: Claim, amount_fen: int) -> tuple[int, ...]:
    if rule.shares is rs.JointShares.REPRESENTATIVE:
        return tuple(amount_fen if person == claim.representative else 0 for person in range(claim.reporters))
    agreed = rule.shares is rs.JointShares.AGREED and len(claim.parts) == claim.reporters
    return split(amount_fen, claim.parts if agreed else [1] * claim.reporters)


@dataclass(frozen=True)
class Assessment:
    """Everything the engine has to say about an offence: the amount, the order, the shares, and all reasons against.

    ``payable``: every entry relied on is confirmed. ``unconfirmed`` names those that are not.
    """

    earning: Earning
    line_up: LineUp
    shares: tuple[Share, ...]
    objections: tuple[Objection, ...]
    relies_on: tuple[Reliance, ...]

    @property
    def amount_fen(self) -> int:
        return sum(share.amount_fen for share in self.shares)

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.relies_on if not entry.confirmed)

    @property
    def payable(self) -> bool:
        return bool(self.shares) and not self.unconfirmed


def assess(schedule: rs.Schedule, acts: Sequence[ProvenAct], claims: Sequence[Claim], *, usable_lead: bool = False) -> Assessment:
    """The whole calculation for one verified offence."""
    earned = earning(schedule, acts, usable_lead=usable_lead)
    line = line_up(schedule, claims)
    parts, joint = shares(schedule, earned.amount_fen, line.first) if earned.amount_fen else ((), ())
    against = [objection for claim in claims for objection in objections(schedule, claim)]
    relies = dict.fromkeys((*earned.relies_on, *line.relies_on, *joint))
    return Assessment(earned, line, parts, tuple(against), tuple(relies))


def window(
    days: int, unit: rs.DayUnit, start: date, calendar: WorkdayCalendar, *, named: str, holiday_end: rs.HolidayEnd | None = None
) -> Deadline:
    """The last day of a window of ``days`` after ``start``, which is not counted itself, with its arithmetic in words."""
    if unit is rs.DayUnit.WORKDAY:
        return calendar.add_workdays(start, days, named=named)
    plain = calendar.add_days(start, days, named=named)
    last = plain.due_on
    if holiday_end is rs.HolidayEnd.NEXT_WORKDAY:
        while not calendar.is_workday(last):
            last += timedelta(days=1)
    words = plain.arithmetic if last == plain.due_on else f"{plain.arithmetic}，末日为休息日，顺延至 {last.isoformat()}"
    return Deadline(last, words, calendar.provisional(last) and holiday_end is rs.HolidayEnd.NEXT_WORKDAY)


def claim_window(rule: rs.ClaimRule, start: date, calendar: WorkdayCalendar, *, named: str = "") -> Deadline:
    """Until when a reward waits, once the moment the rule names (or ``named``) has come."""
    return window(rule.days, rule.unit, start, calendar, named=named or rule.start.zh, holiday_end=rule.holiday_end)


def notice_deadline(rule: rs.NoticeRule, start: date, calendar: WorkdayCalendar) -> Deadline:
    """By when the reporter must have been told."""
    return window(rule.days, rule.unit, start, calendar, named=rule.start.zh, holiday_end=rs.HolidayEnd.NEXT_WORKDAY)
