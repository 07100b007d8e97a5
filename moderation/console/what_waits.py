"""What is asked of whom: the sources of “待我处理”, desk by desk. A new act that waits for somebody is a new row of SOURCES."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date

from flask import url_for
from sqlalchemy import ColumnElement, String, and_, cast, or_, select

from moderation import outbox
from moderation.accountability.exposures import ExposedCase
from moderation.accountability.investigations import Investigation
from moderation.accountability.records import EXPOSED_SOURCE
from moderation.accountability.tables import AccountabilityCase, WorksheetCheck
from moderation.accountability.words import CaseState, CheckAnswer, ExposureState, InvestigationState
from moderation.casework import letter_lists, messages
from moderation.casework.letters import Letter, LetterAssignment, LetterMessage, LetterRefusal, MessageDirection
from moderation.casework.machine import LetterState
from moderation.console import waiting
from moderation.console.letter_views import message_line
from moderation.console.need_lines import Needs, letter_lines, rows_by_id, short, task_line
from moderation.console.needs import Look, Need, Source, Waiting
from moderation.custody import requests, retention
from moderation.custody.tables import DestructionList, IdentityRequest, ListState, RetentionDue
from moderation.publication import exceptions, lists
from moderation.publication.disclosures import Disclosure
from moderation.publication.exceptions import LeakException
from moderation.publication.machine import DisclosureState
from moderation.rectification import progress
from moderation.rectification.tasks import CloseOutRequest, LookBack, RectificationTask
from moderation.rectification.words import TaskState
from moderation.rewards.letters import tray
from moderation.rewards.machine import PaymentState, RewardState, ScheduleState, ShareState
from moderation.rewards.proposals import acts_of_two_known_to
from moderation.rewards.proposals import known_to as rewards_known_to
from moderation.rewards.records import Reward, RewardPayment, RewardSchedule, RewardShare, RewardTray, SecondHand, VerifiedOffence
from moderation.staff import SignedIn
from moderation.supervision import rechecks, samples, subjects
from moderation.supervision.machine import AskedState, Rung, SubjectKind
from moderation.supervision.recheck_tables import Recheck, RecheckLetter
from moderation.supervision.tables import FigureCheck, InspectionRequest, SampleItem, Supervision
from portal.core.clock import day_of
from portal.core.reward_schedule import yuan_text
from portal.core.vocabulary import Role
from portal.web.language import N_

S = LetterState
R = Role
GROUP = frozenset({R.GROUP_MEMBER, R.GROUP_LEAD})


def _of(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


# ---- letters ----


def _letters(endpoint: str, why: str, roles: Iterable[Role], state: LetterState, page: str = "letters.show") -> Source:
    """Letters of one state, due when their running deadline ends: each state walks its own index, and has its own counter."""

    def waits(person: SignedIn, _today: date) -> Waiting:
        query, own, day = letter_lists.in_state(state, person)
        return Waiting(query, own, day)

    return Source(
        endpoint, why, frozenset(roles), waits, lambda look, ids: letter_lines(look, ids, page),
        lambda session, person: letter_lists.count_in(session, (state,), person),
    )  # fmt: skip


def _refusals(person: SignedIn, _today: date) -> Waiting:
    query = select(LetterRefusal).join(Letter, Letter.id == LetterRefusal.letter_id)
    others = (Letter.state == S.REFUSAL_PROPOSED, LetterRefusal.decided_at.is_(None), LetterRefusal.proposed_by != person.id)
    return Waiting(letter_lists.visible(query, person).where(*others), LetterRefusal.id, Letter.due_on)


def _refusal_lines(look: Look, ids: Sequence[str]) -> Needs:
    rows = {row.id: row for row in rows_by_id(look, LetterRefusal, ids)}
    lines = letter_lines(look, [row.letter_id for row in rows.values()], "letters.show")
    found = {}
    for row in rows.values():
        line = lines[row.letter_id]
        url = url_for("screening.refusals", _anchor=row.letter_id)
        found[row.id] = replace(line, url=url, marks=(row.kind.zh, *line.marks))
    return found


def _parts(endpoint: str, why: str, state: LetterState) -> Source:
    """A unit's own parts of letters: not those it has reported already, or passed on to a unit below it."""

    def waits(person: SignedIn, _today: date) -> Waiting:
        query = select(Letter).join(LetterAssignment, LetterAssignment.letter_id == Letter.id)
        own = (LetterAssignment.unit_id == person.unit_id, LetterAssignment.ended_at.is_(None), LetterAssignment.closed.is_(False))
        mine = query.where(*own, LetterAssignment.state == state, LetterAssignment.reported_at.is_(None), ~waiting.passed_on())
        known = letter_lists.unbarred(mine.where(Letter.discipline_only.is_(False)), person)
        return Waiting(known, LetterAssignment.letter_id, LetterAssignment.due_on)

    return Source(endpoint, why, UNIT, waits, lambda look, ids: letter_lines(look, ids, "letters.show"))


_UNREAD = (LetterMessage.direction == MessageDirection.IN, LetterMessage.read_at.is_(None))


def _mail(person: SignedIn, _today: date) -> Waiting:
    query = select(LetterMessage).join(Letter, Letter.id == LetterMessage.letter_id)
    wanted = letter_lists.visible(query, person).where(*_UNREAD, LetterMessage.kind.in_(messages.TO_READ))
    return Waiting(wanted, LetterMessage.id, since=LetterMessage.on)


def _told(person: SignedIn, _today: date) -> Waiting:
    query = select(LetterMessage).join(Letter, Letter.id == LetterMessage.letter_id)
    wanted = letter_lists.unbarred(query, person).where(*_UNREAD, messages.TELLS_OF_RETALIATION)
    return Waiting(wanted, LetterMessage.id, since=LetterMessage.on)


def _mail_lines(endpoint: str) -> Callable[[Look, Sequence[str]], Needs]:
    def read(look: Look, ids: Sequence[str]) -> Needs:
        query = select(LetterMessage, Letter).join(Letter, Letter.id == LetterMessage.letter_id).where(LetterMessage.id.in_(ids))
        return {
            message.id: Need(
                message_line(message).kind, url_for(endpoint, _anchor=message.message_id), letter.spoken_number, since=message.on
            )
            for message, letter in look.session.execute(query)
        }

    return read


# ---- supervision, custody ----


def _inspections(person: SignedIn, _today: date) -> Waiting:
    """What was asked of the inspectors and what they opened themselves, until they answer in writing."""
    known = letter_lists.is_known(Supervision.subject_id, person)
    asked = select(InspectionRequest.supervision_id).where(InspectionRequest.state == AskedState.OPEN)
    # One list of ids: PostgreSQL walks the whole table for an "or" beside a list.
    mine = Supervision.id.in_(asked.union(select(Supervision.id).where(Supervision.state == Rung.INSPECTED)))
    query = select(Supervision).where(mine, or_(Supervision.subject_kind != SubjectKind.LETTER, known))
    return Waiting(query, Supervision.id, since=Supervision.since_on)


def _inspection_lines(look: Look, ids: Sequence[str]) -> Needs:
    found, rows = {}, list(rows_by_id(look, Supervision, ids))
    about = subjects.find_all(look.session, [(row.subject_kind, row.subject_id) for row in rows])
    for row in rows:
        subject = about.get((row.subject_kind, row.subject_id))
        url = url_for("supervision.show", supervision_id=row.id)
        found[row.id] = Need(short(subject.summary) if subject else "", url, row.number, None, row.since_on, (row.state.zh,))
    return found


_SAMPLED = SampleItem.sample_id + ":" + SampleItem.letter_id


def _sampled(person: SignedIn, _today: date) -> Waiting:
    known = letter_lists.is_known(SampleItem.letter_id, person)
    return Waiting(select(SampleItem).where(SampleItem.passed.is_(None), known), _SAMPLED)


def _sample_lines(look: Look, ids: Sequence[str]) -> Needs:
    pairs = {each: each.split(":") for each in ids}
    lines = letter_lines(look, [letter_id for _sample, letter_id in pairs.values()], "letters.show")
    return {
        each: replace(lines[letter_id], url=url_for("supervision.sample", sample_id=sample_id), due=None, since=None)
        for each, (sample_id, letter_id) in pairs.items()
    }


_FIGURE = FigureCheck.letter_id + ":" + cast(FigureCheck.round, String)


def _figures(person: SignedIn, _today: date) -> Waiting:
    wanted = samples.checks_known_to(person).where(FigureCheck.found.is_(None), FigureCheck.reported > 0)
    return Waiting(wanted, _FIGURE, since=FigureCheck.on)


def _figure_lines(look: Look, ids: Sequence[str]) -> Needs:
    query = select(FigureCheck, Letter, _FIGURE).join(Letter, Letter.id == FigureCheck.letter_id).where(_FIGURE.in_(ids))
    letters = {each.split(":")[0] for each in ids}
    found = {}
    for row, letter, each in look.session.execute(query.where(FigureCheck.letter_id.in_(letters))):
        url = url_for("supervision.figures", _anchor=letter.id)
        found[each] = Need(f"上报约谈、问责 {row.reported} 人", url, letter.spoken_number, None, row.on, (letter.state.zh,))
    return found


_LEFT = RecheckLetter.recheck_id + ":" + RecheckLetter.letter_id


def _to_recheck(person: SignedIn, _today: date) -> Waiting:
    """Letters of a round that are closed and not looked at yet. What is still handled waits for its unit, not for the checker."""
    others = (Letter.id == RecheckLetter.letter_id, Letter.state.in_(rechecks.OVER), Letter.unit_id != person.unit_id)
    # Asked letter by letter: joined to a round of which nothing is left, SQLite walks every closed letter instead.
    left = (RecheckLetter.done_round.is_(None), select(Letter.id).where(*others).exists())
    query = select(RecheckLetter).where(*left, letter_lists.is_known(RecheckLetter.letter_id, person))
    return Waiting(query, _LEFT)


def _recheck_lines(look: Look, ids: Sequence[str]) -> Needs:
    pairs = {each: each.split(":") for each in ids}
    lines = letter_lines(look, [letter_id for _recheck, letter_id in pairs.values()], "letters.show")
    return {
        each: replace(
            lines[letter_id], url=url_for("rechecks.letter", recheck_id=recheck_id, letter_id=letter_id), due=None, since=None
        )
        for each, (recheck_id, letter_id) in pairs.items()
    }


def _to_conclude(person: SignedIn, _today: date) -> Waiting:
    """Rounds of which nothing that this person may know of is left, and no conclusion is written."""
    left = (RecheckLetter.recheck_id == Recheck.id, RecheckLetter.done_round.is_(None))
    open_ = select(RecheckLetter.letter_id).where(*left, letter_lists.is_known(RecheckLetter.letter_id, person))
    return Waiting(select(Recheck).where(Recheck.ended_at.is_(None), ~open_.exists()), Recheck.id, since=Recheck.opened_at)


def _round_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        row.id: Need(f"{row.origin.zh}{row.round_name}", url_for("rechecks.show", recheck_id=row.id), since=day_of(row.opened_at))
        for row in rows_by_id(look, Recheck, ids)
    }


def _identities(person: SignedIn, _today: date) -> Waiting:
    return Waiting(requests.waiting_for(person), IdentityRequest.id, since=IdentityRequest.asked_at)


def _identity_lines(look: Look, ids: Sequence[str]) -> Needs:
    query = select(IdentityRequest, Letter).join(Letter, Letter.id == IdentityRequest.letter_id).where(IdentityRequest.id.in_(ids))
    return {
        row.id: Need(
            f"{row.purpose.zh}：{short(row.reason)}", url_for("custody.index", _anchor=row.id), letter.spoken_number, None,
            day_of(row.asked_at), (row.state.zh,),
        )
        for row, letter in look.session.execute(query)
    }  # fmt: skip


def _destructions(person: SignedIn, _today: date) -> Waiting:
    query = select(DestructionList).where(DestructionList.state == ListState.PROPOSED, DestructionList.proposed_by != person.id)
    return Waiting(query, DestructionList.id, since=DestructionList.proposed_at)


def _destruction_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        row.id: Need(f"{row.closed_before.isoformat()} 前办结的信访件", url_for("custody.kept"), since=day_of(row.proposed_at))
        for row in rows_by_id(look, DestructionList, ids)
    }


def _served_their_time(_person: SignedIn, _today: date) -> Waiting:
    """Classes of which something has served its time and is on no list yet."""
    return Waiting(select(RetentionDue).where(RetentionDue.letters > 0), RetentionDue.retention_class, since=RetentionDue.since)


def _served_lines(look: Look, ids: Sequence[str]) -> Needs:
    known = {row.code: row for row in retention.classes(look.session) if row.code in ids}
    return {
        row.retention_class: Need(
            f"{known[row.retention_class].label}：{row.letters} 件已过保存年限", url_for("custody.kept"), since=row.since,
            why=PROPOSE if known[row.retention_class].confirmed else SET_YEARS,
        )
        for row in look.session.scalars(select(RetentionDue).where(RetentionDue.retention_class.in_(ids)))
    }  # fmt: skip


PROPOSE, SET_YEARS = N_("提出销毁清单"), N_("先核定保存年限")


# ---- rewards ----


def _found_true(person: SignedIn, _today: date) -> Waiting:
    return Waiting(tray(person), RewardTray.letter_id, since=RewardTray.closed_on)


def _found_true_lines(look: Look, ids: Sequence[str]) -> Needs:
    lines = letter_lines(look, ids, "rewards.verify")
    return {
        letter.id: replace(lines[letter.id], due=None, since=letter.closed_on, marks=(letter.verdict.zh,) if letter.verdict else ())
        for letter in rows_by_id(look, Letter, ids)
    }


def _to_propose(person: SignedIn, _today: date) -> Waiting:
    return Waiting(rewards_known_to(person).where(Reward.state == RewardState.PENDING), Reward.id, since=Reward.created_at)


def _to_approve(person: SignedIn, _today: date) -> Waiting:
    query = rewards_known_to(person).where(Reward.state == RewardState.PROPOSED, Reward.proposed_by != person.id)
    return Waiting(query, Reward.id, since=Reward.proposed_at)


def _reward_lines(look: Look, ids: Sequence[str]) -> Needs:
    query = select(Reward, VerifiedOffence).join(VerifiedOffence, VerifiedOffence.id == Reward.offence_id).where(Reward.id.in_(ids))
    found = {}
    for reward, offence in look.session.execute(query):
        place = short(offence.target or offence.place)
        what = f"{place} · {yuan_text(reward.amount_fen)} 元" if reward.amount_fen else place
        since = day_of(reward.proposed_at or reward.created_at)
        found[reward.id] = Need(what, url_for("rewards.show", reward_id=reward.id), since=since)
    return found


def _to_pay(_person: SignedIn, _today: date) -> Waiting:
    """Named shares and phones to charge. Who has a code comes by themselves."""
    query = select(RewardShare).join(Reward, Reward.id == RewardShare.reward_id)
    ready = (Reward.state == RewardState.APPROVED, RewardShare.state == ShareState.NOTIFIED)
    named = query.where(*ready, RewardShare.named | RewardShare.sealed_phone.is_not(None))
    return Waiting(named, RewardShare.id, RewardShare.collect_until)


def _to_tell(_person: SignedIn, _today: date) -> Waiting:
    """Shares of letters entered by hand: there is no receipt that tells, so the payer does."""
    query = select(RewardShare).join(Reward, Reward.id == RewardShare.reward_id)
    untold = (Reward.state == RewardState.APPROVED, RewardShare.state == ShareState.AWAITING, RewardShare.report_id.is_(None))
    return Waiting(query.where(*untold), RewardShare.id, RewardShare.notice_due_on)


def _untold_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        share.id: Need(
            f"{yuan_text(share.amount_fen)} 元，没有回执，要打电话或者寄信",
            url_for("rewards_counter.share_page", share_id=share.id), due=share.notice_due_on,
        )
        for share in rows_by_id(look, RewardShare, ids)
    }  # fmt: skip


def _share_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        share.id: Need(
            f"{yuan_text(share.amount_fen)} 元，{'充话费' if share.sealed_phone is not None else '实名领取'}",
            url_for("rewards_counter.share_page", share_id=share.id), due=share.collect_until,
        )
        for share in rows_by_id(look, RewardShare, ids)
    }  # fmt: skip


def _to_reconcile(person: SignedIn, _today: date) -> Waiting:
    query = select(RewardPayment).where(RewardPayment.state == PaymentState.PAID, RewardPayment.paid_by != person.id)
    return Waiting(query, RewardPayment.id, since=RewardPayment.paid_at)


def _to_sample(_person: SignedIn, _today: date) -> Waiting:
    query = select(RewardPayment).where(RewardPayment.named.is_(False), RewardPayment.sampled_on.is_(None))
    return Waiting(query, RewardPayment.id, since=RewardPayment.paid_at)


def _payment_lines(endpoint: str) -> Callable[[Look, Sequence[str]], Needs]:
    def read(look: Look, ids: Sequence[str]) -> Needs:
        return {
            row.id: Need(f"{yuan_text(row.amount_fen)} 元，{row.means.zh}", url_for(endpoint), row.voucher, None, row.paid_on)
            for row in rows_by_id(look, RewardPayment, ids)
        }

    return read


def _second_hands(person: SignedIn, _today: date) -> Waiting:
    query = acts_of_two_known_to(person).where(SecondHand.decided_at.is_(None), SecondHand.asked_by != person.id)
    return Waiting(query, SecondHand.id, since=SecondHand.asked_at)


def _second_hand_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        row.id: Need(f"{row.kind.zh}：{short(row.reason)}", url_for("rewards_books.second_hands"), since=day_of(row.asked_at))
        for row in rows_by_id(look, SecondHand, ids)
    }


def _schedules(person: SignedIn, _today: date) -> Waiting:
    query = select(RewardSchedule).where(RewardSchedule.state == ScheduleState.PROPOSED, RewardSchedule.proposed_by != person.id)
    return Waiting(query, RewardSchedule.id, since=RewardSchedule.proposed_at)


def _schedule_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        row.id: Need(row.name, url_for("rewards_adoption.version", schedule_id=row.id), since=day_of(row.proposed_at))
        for row in rows_by_id(look, RewardSchedule, ids)
    }


# ---- publication, rectification ----


def _texts(person: SignedIn, _today: date) -> Waiting:
    # What is public or gone waits for nobody: said here, it walks the few open states and not every text there ever was.
    query = select(Disclosure).where(Disclosure.state.in_(lists.OPEN), lists.its_step(person), lists.may_know(person))
    return Waiting(query, Disclosure.id, Disclosure.due_on)


def _text_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        row.id: Need(
            row.title,
            url_for("publication.show", identity=row.id),
            due=row.due_on,
            marks=(row.kind.zh,),
            why="发布" if row.state is DisclosureState.SIGNED else row.state.zh,
        )
        for row in rows_by_id(look, Disclosure, ids)
    }


def _exceptions(person: SignedIn, _today: date) -> Waiting:
    return Waiting(exceptions.waiting_for(person).where(lists.may_know(person)), LeakException.id, since=LeakException.asked_at)


def _exception_lines(look: Look, ids: Sequence[str]) -> Needs:
    """The text it is about, and never the words that were asked for."""
    query = select(LeakException, Disclosure.title).join(Disclosure, Disclosure.id == LeakException.disclosure_id)
    rows = look.session.execute(query.where(LeakException.id.in_(ids)))
    page = "publication_exceptions.index"
    return {row.id: Need(title, url_for(page, _anchor=f"e-{row.id}"), since=day_of(row.asked_at)) for row, title in rows}


def _to_take_down(person: SignedIn, _today: date) -> Waiting:
    return Waiting(lists.to_take_down(person), Disclosure.id, ExposedCase.take_down_by)


def _take_down_lines(look: Look, ids: Sequence[str]) -> Needs:
    found = list(rows_by_id(look, Disclosure, ids))
    days = lists.take_downs(look.session, found)
    return {
        row.id: Need(row.title, url_for("publication.show", identity=row.id), due=days[row.id].due_on, marks=(row.kind.zh,))
        for row in found
        if row.id in days
    }


def _to_check(_person: SignedIn, _today: date) -> Waiting:
    waiting = RectificationTask.state.in_((TaskState.CHECK_REQUESTED, TaskState.ON_SITE_CHECK))
    return Waiting(select(RectificationTask).where(waiting), RectificationTask.id, RectificationTask.due_on)


def _to_close(_person: SignedIn, _today: date) -> Waiting:
    """Tasks in public notice, due when the notice ends."""
    running = (CloseOutRequest.task_id == RectificationTask.id) & CloseOutRequest.ended_on.is_(None)
    query = select(RectificationTask).outerjoin(CloseOutRequest, running)
    wanted = query.where(RectificationTask.state == TaskState.PUBLIC_NOTICE)
    return Waiting(wanted, RectificationTask.id, CloseOutRequest.notice_last_on)


def _own_due(person: SignedIn, today: date) -> Waiting:
    return Waiting(progress.due_soon_at(person.unit_id, today), RectificationTask.id, RectificationTask.due_on)


def _task_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {task.id: task_line(task, "ledger.show", task.due_on) for task in rows_by_id(look, RectificationTask, ids)}


def _notice_lines(look: Look, ids: Sequence[str]) -> Needs:
    ends: dict[str, date] = {
        row.task_id: row.notice_last_on
        for row in look.session.scalars(
            select(CloseOutRequest).where(CloseOutRequest.task_id.in_(ids), CloseOutRequest.ended_on.is_(None))
        )
        if row.notice_last_on is not None
    }
    return {task.id: task_line(task, "ledger.show", ends.get(task.id)) for task in rows_by_id(look, RectificationTask, ids)}


def _unreported(person: SignedIn, today: date) -> Waiting:
    month = progress.month_before(today)
    missing = progress.without_report(person.unit_id, month)
    return Waiting(missing, RectificationTask.id, all_on=lambda session: progress.report_due_on(session, month))


def _report_lines(look: Look, ids: Sequence[str]) -> Needs:
    due = progress.report_due_on(look.session, progress.month_before(look.today))
    return {task.id: task_line(task, "ledger_reports.report", due) for task in rows_by_id(look, RectificationTask, ids)}


def _visits(_person: SignedIn, _today: date) -> Waiting:
    return Waiting(select(LookBack).where(LookBack.visited_on.is_(None)), LookBack.id, LookBack.planned_on)


def _visit_lines(look: Look, ids: Sequence[str]) -> Needs:
    query = select(LookBack, RectificationTask).join(RectificationTask, RectificationTask.id == LookBack.task_id)
    return {
        visit.id: task_line(task, "ledger.show", visit.planned_on)
        for visit, task in look.session.execute(query.where(LookBack.id.in_(ids)))
    }


# ---- accountability, administration ----


_UNDECIDED: ColumnElement[bool] = and_(
    AccountabilityCase.recorded_by == "",
    select(WorksheetCheck.id)
    .where(WorksheetCheck.case_id == AccountabilityCase.id, WorksheetCheck.answer == CheckAnswer.FAILED)
    .exists(),
)
"""Somebody failed, and no decision is recorded yet: whoever confirms decisions has nothing to confirm."""


def _cases(*wanted: ColumnElement[bool]) -> Callable[[SignedIn, date], Waiting]:
    def waits(person: SignedIn, _today: date) -> Waiting:
        query = select(AccountabilityCase).where(*wanted, AccountabilityCase.unit_id != person.unit_id)
        return Waiting(query, AccountabilityCase.id, since=AccountabilityCase.opened_on)

    return waits


def _to_confirm(person: SignedIn, today: date) -> Waiting:
    found = _cases(AccountabilityCase.state == CaseState.CHECKED, ~_UNDECIDED)(person, today)
    return replace(found, query=found.query.where(AccountabilityCase.recorded_by != person.id))


def _case_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        row.id: Need(row.title, url_for("accountability.case", case_id=row.id), row.number, None, row.opened_on, (row.state.zh,))
        for row in rows_by_id(look, AccountabilityCase, ids)
    }


def _investigations(states: tuple[InvestigationState, ...]) -> Callable[[SignedIn, date], Waiting]:
    def waits(person: SignedIn, _today: date) -> Waiting:
        query = select(Investigation).join(AccountabilityCase, AccountabilityCase.id == Investigation.case_id)
        wanted = query.where(Investigation.state.in_(states), AccountabilityCase.unit_id != person.unit_id)
        return Waiting(wanted, Investigation.id, since=Investigation.started_on)

    return waits


def _unpublished(person: SignedIn, _today: date) -> Waiting:
    query = select(Investigation).join(AccountabilityCase, AccountabilityCase.id == Investigation.case_id)
    wanted = query.where(
        Investigation.state == InvestigationState.APPROVED, Investigation.published_on.is_(None),
        AccountabilityCase.unit_id != person.unit_id,
    )  # fmt: skip
    return Waiting(wanted, Investigation.id, Investigation.publish_by)


def _investigation_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        row.id: Need(
            row.case.title, url_for("accountability_registers.investigation", case_id=row.case_id), row.case.number, row.publish_by,
            row.started_on, (row.state.zh,),
        )
        for row in rows_by_id(look, Investigation, ids)
    }  # fmt: skip


_HANDED_OVER = (
    select(Disclosure.id).where(Disclosure.source_kind == EXPOSED_SOURCE, Disclosure.source_id == ExposedCase.id).exists()
)


def _exposures(*wanted: ColumnElement[bool]) -> Callable[[SignedIn, date], Waiting]:
    def waits(_person: SignedIn, _today: date) -> Waiting:
        return Waiting(select(ExposedCase).where(*wanted), ExposedCase.id)

    return waits


def _quashed(_person: SignedIn, _today: date) -> Waiting:
    up = ExposedCase.state.in_((ExposureState.READY, ExposureState.PUBLISHED))
    return Waiting(select(ExposedCase).where(ExposedCase.take_down_by.is_not(None), up), ExposedCase.id, ExposedCase.take_down_by)


def _exposure_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        row.id: Need(row.title, url_for("accountability_exposures.exposure", exposed_id=row.id), due=row.take_down_by)
        for row in rows_by_id(look, ExposedCase, ids)
    }


def _stuck(_person: SignedIn, _today: date) -> Waiting:
    return Waiting(outbox.given_up(), outbox.Notice.id, since=outbox.Notice.created_at)


def _stuck_lines(look: Look, ids: Sequence[str]) -> Needs:
    return {
        row.id: Need(outbox.words(row), url_for("notices.addresses"), row.number, None, day_of(row.created_at), (row.failure,))
        for row in rows_by_id(look, outbox.Notice, ids)
    }


# ---- who is asked what ----

SCREENER, LEAD, UNIT, LEADER = _of(R.SCREENER), _of(R.GROUP_LEAD), _of(R.UNIT_OFFICER), _of(R.LEADER)
DESK = frozenset({*GROUP, R.SCREENER})
DECIDERS = _of(R.DISCIPLINE_OFFICER, R.LEADER)
HANDS = _of(R.PAYER, R.REWARD_APPROVER)
INQUIRY, CASE = InvestigationState, CaseState

SOURCES: tuple[Source, ...] = (
    *waiting.SOURCES,
    _letters("screening.tray", N_("初审"), SCREENER, S.SCREENING, "screening.desk"),
    _letters("screening.tray", N_("打开，初审"), SCREENER, S.RECEIVED, "screening.desk"),
    Source("screening.refusals", N_("复核同事的提议"), SCREENER | LEAD, _refusals, _refusal_lines),
    Source(
        "reporter_messages.retaliation",
        N_("看打击报复的来信"),
        _of(*messages.GUARDIANS),
        _told,
        _mail_lines("reporter_messages.retaliation"),
    ),
    Source("reporter_messages.unread", N_("看举报人来信"), DESK, _mail, _mail_lines("reporter_messages.unread")),
    _letters("letters.returned", N_("裁定单位退回"), GROUP, S.RETURN_DISPUTED),
    _letters("letters.to_assign", N_("重开，再分办"), GROUP, S.REOPENED),
    _letters("letters.to_assign", N_("分办"), GROUP, S.ACCEPTED),
    _letters("letters.extensions", N_("批延期"), LEAD, S.EXTENSION_ASKED),
    _letters("letters.to_review", N_("审核"), GROUP, S.UNDER_REVIEW),
    _letters("letters.discipline", N_("查处或退回"), _of(R.DISCIPLINE_OFFICER), S.WITH_DISCIPLINE),
    _parts("units.to_take_up", N_("签收，或者退回"), S.ASSIGNED),
    _parts("units.in_hand", N_("办理，报告核查情况"), S.HANDLING),
    _parts("units.in_hand", N_("继续办理，延期还没有批"), S.EXTENSION_ASKED),
    Source("supervision.index", N_("答复申请，或者书面结论"), _of(R.SUPERVISION_INSPECTOR), _inspections, _inspection_lines),
    Source("supervision.figures", N_("核对追责人数"), _of(R.SUPERVISION_INSPECTOR), _figures, _figure_lines),
    Source("rechecks.index", N_("逐项复核这一件"), rechecks.CHECKERS, _to_recheck, _recheck_lines),
    Source("rechecks.index", N_("写这一轮的复核结论"), rechecks.OPENERS, _to_conclude, _round_lines),
    Source("supervision.sample_list", N_("看抽到的这一件"), _of(R.SUPERVISION_INSPECTOR), _sampled, _sample_lines),
    Source(
        "custody.index",
        N_("决定能不能看身份"),
        frozenset({*requests.CUSTODIANS, *requests.SECONDS, *requests.ASKERS}),
        _identities,
        _identity_lines,
    ),
    Source("custody.kept", N_("批准销毁清单"), LEADER, _destructions, _destruction_lines),
    Source("custody.kept", N_("处理到期材料"), requests.CUSTODIANS, _served_their_time, _served_lines),
    Source("rewards.home", N_("认定奖励"), _of(R.REWARD_PROPOSER), _found_true, _found_true_lines),
    Source("rewards.home", N_("提出奖励建议"), _of(R.REWARD_PROPOSER), _to_propose, _reward_lines),
    Source("rewards.home", N_("审批奖励"), _of(R.REWARD_APPROVER), _to_approve, _reward_lines),
    Source("rewards_counter.home", N_("告诉举报人有奖励"), _of(R.PAYER), _to_tell, _untold_lines),
    Source("rewards_counter.home", N_("兑付"), _of(R.PAYER), _to_pay, _share_lines),
    Source("rewards_books.reconcile", N_("核对兑付"), HANDS, _to_reconcile, _payment_lines("rewards_books.reconcile")),
    Source("rewards_books.second_hands", N_("第二人决定"), HANDS, _second_hands, _second_hand_lines),
    Source("rewards_books.sample", N_("抽查匿名领取"), _of(R.AUDITOR), _to_sample, _payment_lines("rewards_books.sample")),
    Source("rewards_adoption.versions", N_("批准奖励办法"), _of(R.ADMINISTRATOR, R.LEADER), _schedules, _schedule_lines),
    Source(
        "publication.index", N_("起草、审核、签发或发布"), _of(R.DRAFTER, R.REVIEWER, R.SIGNATORY, R.PUBLISHER), _texts, _text_lines
    ),
    Source("publication.index", N_("撤下写到已撤销处罚的稿子"), _of(R.SIGNATORY), _to_take_down, _take_down_lines),
    Source("publication_exceptions.index", N_("决定例外"), exceptions.DECIDERS, _exceptions, _exception_lines),
    Source("ledger.own_due", N_("完成整改，申请验收"), UNIT, _own_due, _task_lines),
    Source("ledger_reports.mine", N_("报月报"), UNIT, _unreported, _report_lines),
    Source("ledger.to_check", N_("核查"), _of(R.RECTIFICATION_OFFICER), _to_check, _task_lines),
    Source("ledger.to_close", N_("公示期满后批准销号"), LEADER, _to_close, _notice_lines),
    Source(
        "ledger_overview.look_back",
        N_("回头看"),
        _of(R.RECTIFICATION_OFFICER, R.PATROL_COORDINATOR, R.SUPERVISION_INSPECTOR),
        _visits,
        _visit_lines,
    ),
    Source(
        "accountability.cases",
        N_("查清、落实或结案"),
        _of(R.ACCOUNTABILITY_OFFICER),
        _cases(AccountabilityCase.state.in_((CASE.CHECKING, CASE.DECIDED, CASE.EXECUTED))),
        _case_lines,
    ),
    Source(
        "accountability.cases",
        N_("登记处理决定"),
        _of(R.ACCOUNTABILITY_OFFICER),
        _cases(AccountabilityCase.state == CASE.CHECKED, _UNDECIDED),
        _case_lines,
    ),
    Source("accountability.cases", N_("确认处理决定"), DECIDERS, _to_confirm, _case_lines),
    Source(
        "accountability_registers.investigation_list",
        N_("调查，报送报告"),
        _of(R.ACCOUNTABILITY_OFFICER),
        _investigations((INQUIRY.TEAM_APPROVED, INQUIRY.FOUND)),
        _investigation_lines,
    ),
    Source(
        "accountability_registers.investigation_list",
        N_("公开调查报告"),
        _of(R.ACCOUNTABILITY_OFFICER),
        _unpublished,
        _investigation_lines,
    ),
    Source(
        "accountability_registers.investigation_list",
        N_("批准调查组或报告"),
        DECIDERS,
        _investigations((INQUIRY.STARTED, INQUIRY.REPORTED)),
        _investigation_lines,
    ),
    Source(
        "accountability_registers.investigation_list",
        N_("登记处理落实到位"),
        _of(R.ACCOUNTABILITY_OFFICER),
        _investigations((INQUIRY.PUBLISHED,)),
        _investigation_lines,
    ),
    Source(
        "accountability_exposures.exposed_cases",
        N_("写完，标为可以公开"),
        _of(R.ACCOUNTABILITY_OFFICER),
        _exposures(ExposedCase.state == ExposureState.DRAFT),
        _exposure_lines,
    ),
    Source(
        "accountability_exposures.exposed_cases",
        N_("送公开台"),
        _of(R.ACCOUNTABILITY_OFFICER),
        _exposures(ExposedCase.state == ExposureState.READY, ExposedCase.take_down_by.is_(None), ~_HANDED_OVER),
        _exposure_lines,
    ),
    Source(
        "accountability_exposures.exposed_cases",
        N_("撤下已撤销的处罚"),
        _of(R.ACCOUNTABILITY_OFFICER, R.DRAFTER),
        _quashed,
        _exposure_lines,
    ),
    Source("notices.addresses", N_("重发没有发出的通知"), _of(R.ADMINISTRATOR), _stuck, _stuck_lines),
)
