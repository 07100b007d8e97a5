"""Random walks through the life of letters, thousands of steps, against a small model written from workflow.md, not the code."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from moderation.casework import assignment, clocks, handling, letter_lists, review, screening, undoing
from moderation.casework.letters import NEVER, BatchOrigin, Letter, LetterCount, LetterDeadline, LetterEvent, RefusalKind
from moderation.casework.machine import LetterState
from moderation.casework.review import OnSite
from moderation.demo.stage import Stage
from portal.core.audit import verify_chain
from portal.core.clock import day_of
from portal.core.errors import NotThere, Refusal
from portal.core.vocabulary import Role
from tests.effort import times
from tests.moderation.casework.office_work import STORY, WORKING, Work

# What workflow.md says, a line a step: from, verb, to, who (S 审核员, M 组员, L 组长, U 承办单位, D 纪检).
MODEL_LINES = """
received start_screening screening S
screening ask_supplement awaiting_supplement S
awaiting_supplement stop_waiting screening S
screening decline refusal_proposed S
screening transfer refusal_proposed S
refusal_proposed agree not_accepted|transferred SL
refusal_proposed disagree screening SL
screening to_discipline with_discipline S
with_discipline hand_back screening D
with_discipline conclude archived D
screening accept accepted S
screening merge merged S
merged unmerge screening S
accepted assign assigned ML
reopened assign assigned ML
return_disputed assign assigned ML
accepted return_upward returned_upward L
assigned return_to_group return_disputed UML
return_disputed insist handling L
assigned take_up handling UML
handling ask_extension extension_asked UML
extension_asked grant handling L
extension_asked deny handling L
handling report handling|under_review UML
under_review check under_review ML
under_review send_back handling ML
under_review settle settled ML
under_review settle_for_now settled_for_now ML
under_review report_up reported_up ML
reported_up recognise settled ML
reported_up returned_from_above handling ML
settled_for_now finish settled ML
settled ask_satisfaction follow_up ML
follow_up archive archived ML
settled_for_now reopen reopened ML
follow_up reopen reopened ML
archived reopen reopened ML
"""
LETTERS_OF_ROLE = {
    "S": Role.SCREENER,
    "M": Role.GROUP_MEMBER,
    "L": Role.GROUP_LEAD,
    "U": Role.UNIT_OFFICER,
    "D": Role.DISCIPLINE_OFFICER,
}
MODEL: dict[tuple[str, str], tuple[frozenset[str], frozenset[Role]]] = {}
for line in MODEL_LINES.split("\n"):
    if line:
        source, verb, targets, who = line.split()
        MODEL[source, verb] = (frozenset(targets.split("|")), frozenset(LETTERS_OF_ROLE[mark] for mark in who))
UNDONE = ("assign", "merge", "decline", "transfer")
VERBS = sorted({verb for _, verb in MODEL})
PEOPLE = (
    "shenhe",
    "shenhe2",
    "zuyuan",
    "zuzhang",
    "chengguan",
    "zhujian",
    "huanbao",
    "jijian",
    "duban",
    "lingdao",
    "guanli",
    "nigao",
)
UNITS = ("urban", "housing", "bureau")
PAPER_UNIT = "bailu"


@dataclass
class Modelled:
    """What the model remembers of one letter."""

    state: str = "received"
    handed_down: bool = False
    key: bool = False
    barred_people: frozenset[str] = frozenset()
    barred_units: frozenset[str] = frozenset()
    parts: list[str] = field(default_factory=list)
    reported: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    last_returned: str = ""
    proposer: str = ""
    kind: str = ""
    returns: int = 0
    extended: bool = False
    take_up_due: date | None = None
    handling_due: date = date(2999, 1, 1)
    checked: bool = False
    handlers: set[str] = field(default_factory=set)
    secret: bool = False


class Walk:
    """A few letters, the cast, and the model beside them."""

    def __init__(self, work: Work, seed: int) -> None:
        self.work, self.random = work, random.Random(seed)
        self.pairs: list[tuple[Letter, Modelled]] = []
        self.refused = self.taken = self.undone = self.into = 0
        for number in range(6):
            self.add(number)

    def add(self, number: int) -> None:
        work = self.work
        if number % 3 == 2:
            content = replace(WORKING, key_letter=number == 5)
            upstream = f"D3HA{number}-{len(self.pairs)}"
            row = assignment.HandedDown(upstream, content, BatchOrigin.PROVINCE, "", None, day_of(work.at))
            letter = assignment.enter_handed_down(work.session, row, by=work.who("zuyuan"), at=work.at)
            self.pairs.append((letter, Modelled("accepted", handed_down=True, key=number == 5)))
            return
        barred = {"must_not_know": ("周行简", "县住房城乡建设局")} if number == 1 else {}
        letter = work.arrived(**barred)  # type: ignore[arg-type]
        model = Modelled(key=number == 3)
        if barred:
            model.barred_people, model.barred_units = frozenset({"zuzhang"}), frozenset({"housing"})
        self.pairs.append((letter, model))

    # ---- what the model expects ----

    def may(self, m: Modelled, verb: str, login: str, units: tuple[str, ...]) -> bool:
        person = self.work.who(login)
        row = MODEL.get((m.state, verb))
        if row is None or not row[1] & person.roles:
            return False
        if login in m.barred_people or person.unit_id in m.barred_units or (m.secret and login != "jijian"):
            return False
        rule: Callable[[Modelled, str, tuple[str, ...]], bool] | None = getattr(self, f"rule_{verb}", None)
        return rule is None or rule(m, login, units)

    def rule_decline(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return not m.handed_down

    rule_transfer = rule_to_discipline = rule_decline

    def rule_merge(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        into = self.pairs[self.into][1]
        may_lead = into.state not in ("merged", "not_accepted", "transferred") and not into.secret
        return not m.handed_down and into is not m and may_lead

    def rule_agree(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return login != m.proposer

    rule_disagree = rule_agree

    def rule_assign(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return not m.barred_units & set(units)

    def rule_return_upward(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return m.handed_down

    def part(self, m: Modelled, login: str) -> str | None:
        person = self.work.who(login)
        if Role.UNIT_OFFICER in person.roles:
            return person.unit_id if person.unit_id in m.parts else None
        return PAPER_UNIT if PAPER_UNIT in m.parts and PAPER_UNIT not in m.reported else None

    def rule_take_up(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return self.part(m, login) is not None

    rule_report = rule_take_up

    def rule_return_to_group(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        part, today = self.part(m, login), day_of(self.work.at)
        in_time = m.take_up_due is None or today <= m.take_up_due
        return part is not None and part not in m.held and m.returns < 2 and in_time

    def rule_insist(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return bool(m.last_returned)

    def rule_ask_extension(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return self.part(m, login) is not None and not m.extended and day_of(self.work.at) <= m.handling_due

    def other_hand(self, m: Modelled, login: str) -> bool:
        return login not in m.handlers and self.work.who(login).unit_id not in m.parts

    def rule_check(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return self.other_hand(m, login)

    rule_send_back = rule_finish = rule_check

    def rule_settle(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return self.other_hand(m, login) and not m.handed_down and (not m.key or m.checked)

    rule_settle_for_now = rule_settle

    def rule_report_up(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return self.other_hand(m, login) and m.handed_down and (not m.key or m.checked)

    def rule_recognise(self, m: Modelled, login: str, units: tuple[str, ...]) -> bool:
        return m.handed_down

    rule_returned_from_above = rule_recognise

    # ---- what is done ----

    def do(self, letter: Letter, verb: str, login: str, units: tuple[str, ...]) -> None:
        w = self.work
        given = {"by": w.who(login), "at": w.at}
        call: dict[str, Callable[[], object]] = {
            "start_screening": lambda: screening.move(w.session, screening.LETTER, letter, "start_screening", **given),
            "ask_supplement": lambda: screening.ask_supplement(w.session, letter, "是哪一段？", **given),
            "stop_waiting": lambda: screening.stop_waiting(w.session, letter, "已查明", **given),
            "decline": lambda: self.propose(letter, RefusalKind.DECLINE, "too_vague", login),
            "transfer": lambda: self.propose(letter, RefusalKind.TRANSFER, "other_authority", login),
            "agree": lambda: screening.decide_refusal(w.session, letter, agree=True, **given),
            "disagree": lambda: screening.decide_refusal(w.session, letter, agree=False, reason="能查", **given),
            "to_discipline": lambda: screening.to_discipline(w.session, letter, "反映失职", **given),
            "hand_back": lambda: screening.hand_back(w.session, letter, "主要是环境问题", **given),
            "conclude": lambda: screening.conclude(w.session, letter, "已了结", **given),
            "accept": lambda: self.accept(letter, login),
            "merge": lambda: screening.merge(w.session, letter, self.pairs[self.into][0], **given),
            "unmerge": lambda: screening.unmerge(w.session, letter, "不同", **given),
            "assign": lambda: assignment.assign(w.session, letter, unit_ids=units, why="按职责", **given),
            "return_upward": lambda: assignment.return_upward(w.session, letter, "不在本地", **given),
            "return_to_group": lambda: assignment.return_to_group(w.session, letter, "不归我们", **given),
            "insist": lambda: assignment.insist(w.session, letter, "职责清楚", **given),
            "take_up": lambda: handling.take_up(w.session, letter, **given),
            "ask_extension": lambda: handling.ask_extension(w.session, letter, "等监测", **given),
            "grant": lambda: handling.decide_extension(w.session, letter, agree=True, **given),
            "deny": lambda: handling.decide_extension(w.session, letter, agree=False, reason="抓紧", **given),
            "report": lambda: w.report(letter, login),
            "check": lambda: review.check_on_site(w.session, letter, OnSite({}, "看过", passed=True), **given),
            "send_back": lambda: review.send_back(w.session, letter, "缺照片", **given),
            "settle": lambda: review.settle(w.session, letter, "可以", "已查处。", key=w.key, **given),
            "settle_for_now": lambda: review.settle_for_now(w.session, letter, "可以", "已查处。", key=w.key, **given),
            "report_up": lambda: review.report_up(w.session, [letter], **given),
            "recognise": lambda: review.answer_from_above(w.session, letter, recognised=True, **given),
            "returned_from_above": lambda: review.answer_from_above(
                w.session, letter, recognised=False, reason="材料不全", **given
            ),
            "finish": lambda: review.finish(w.session, letter, "整改完成", **given),
            "ask_satisfaction": lambda: review.ask_satisfaction(w.session, letter, **given),
            "archive": lambda: review.archive(w.session, letter, "", **given),
            "reopen": lambda: review.reopen(w.session, letter, "又犯了", **given),
        }
        call[verb]()

    def propose(self, letter: Letter, kind: RefusalKind, template: str, login: str) -> None:
        w = self.work
        screening.propose_refusal(w.session, letter, kind=kind, template=template, reply="请向有权的单位反映。", reason="不归我们",
                                  key=w.key, by=w.who(login), at=w.at)  # fmt: skip

    def accept(self, letter: Letter, login: str) -> None:
        w = self.work
        if letter.state is LetterState.SCREENING and letter.accepted_on is None:
            working = replace(WORKING, key_letter=letter.key_letter or self.model(letter).key)
            screening.write_summary(w.session, letter, working, key=w.key, by=w.who("shenhe"), at=w.at)
        screening.accept(w.session, letter, by=w.who(login), at=w.at)

    def model(self, letter: Letter) -> Modelled:
        return next(m for each, m in self.pairs if each is letter)

    # ---- what the model remembers ----

    def remember(self, letter: Letter, m: Modelled, verb: str, login: str, units: tuple[str, ...]) -> None:
        targets, _ = MODEL[m.state, verb]
        part = self.part(m, login)
        if verb in ("decline", "transfer"):
            m.proposer, m.kind = login, verb
        elif verb == "to_discipline":
            m.secret = True
        elif verb == "hand_back":
            m.secret = False
        elif verb == "assign":
            m.parts, m.reported, m.held = list(dict.fromkeys(units)), set(), set()
            m.take_up_due = self.due(letter, "take_up")
        elif verb == "return_to_group":
            assert part is not None
            m.parts.remove(part)
            m.last_returned, m.returns, m.take_up_due = part, m.returns + 1, None
        elif verb == "insist":
            m.parts, m.held, m.reported = [m.last_returned], {m.last_returned}, set()
        elif verb == "grant":
            m.extended = True
        elif verb == "report":
            assert part is not None
            m.reported.add(part)
            m.handlers.add(login)
            targets = frozenset({"under_review" if m.reported >= set(m.parts) else "handling"})
        elif verb == "check":
            m.checked = True
        elif verb in ("send_back", "returned_from_above", "reopen"):
            m.reported, m.checked = set(), False
        elif verb == "agree":
            targets = frozenset({"not_accepted" if m.kind == "decline" else "transferred"})
        assert letter.state.value in targets
        m.state = letter.state.value
        m.handling_due = self.due(letter, "handling") or date(2999, 1, 1)

    def due(self, letter: Letter, code: str) -> date | None:
        row = clocks.running_of(self.work.session, letter, code)
        return row.due_on if row else None

    # ---- one step ----

    def somebody(self, m: Modelled, verb: str) -> str:
        """Mostly somebody whose role fits: else a walk stands still at refusals."""
        _, roles = MODEL.get((m.state, verb), (None, frozenset()))
        fitting = [login for login in PEOPLE if roles & self.work.who(login).roles]
        return self.random.choice(fitting if fitting and self.random.random() < 0.75 else PEOPLE)

    def step(self) -> None:
        self.work.at += timedelta(seconds=1)  # no two acts on one letter share an instant
        alive = [pair for pair in self.pairs if any(state == pair[1].state for state, _ in MODEL)]
        letter, m = self.random.choice(alive if alive and self.random.random() < 0.95 else self.pairs)
        likely = [verb for state, verb in MODEL if state == m.state]
        verb = self.random.choice(likely) if likely and self.random.random() < 0.8 else self.random.choice(VERBS)
        login = self.somebody(m, verb)
        units = tuple(self.random.sample((*UNITS, PAPER_UNIT), self.random.choice((1, 1, 2))))
        self.into = self.random.randrange(len(self.pairs))
        expected = self.may(m, verb, login, units)
        before = (letter.state, letter.version, letter.due_on)
        point = self.work.session.begin_nested()
        try:
            self.do(letter, verb, login, units)
        except Refusal as refused:
            point.rollback()
            if expected:
                pytest.fail(f"{m.state} {verb} {login} {units}: {refused.reason}")
            self.work.session.refresh(letter)
            assert (letter.state, letter.version, letter.due_on) == before
            self.refused += 1
            return
        assert expected, f"{m.state} {verb} {login} {units} was allowed"
        point.commit()
        self.taken += 1
        if verb in UNDONE and self.random.random() < 0.3:
            self.undo(letter, login, before)
            return
        self.remember(letter, m, verb, login, units)
        if self.random.random() < 0.05:
            self.work.days_later(self.random.choice((1, 1, 2, 9)))

    def undo(self, letter: Letter, login: str, before: tuple[LetterState, int, date]) -> None:
        """Taken back at once, the letter stands where it stood: the model forgets the act. Its history does not."""
        work = self.work
        (offer,) = undoing.offers(work.session, work.who(login), at=work.at, letter_id=letter.id)
        undoing.undo(work.session, offer.id, by=work.who(login), at=work.at)
        assert (letter.state, letter.due_on) == (before[0], before[2])
        assert letter.version > before[1] + 1
        self.undone += 1

    def look(self) -> None:
        """What must hold at any moment."""
        session, today = self.work.session, day_of(self.work.at)
        session.flush()
        counted: dict[tuple[str, str], int] = {}
        for letter, m in self.pairs:
            assert letter.state.value == m.state
            running = clocks.running(session, letter)
            codes = [row.clock for row in running]
            assert len(codes) == len(set(codes)), "two clocks of a kind run"
            shown = [row.due_on for row in running if row.clock in clocks.ON_THE_ROW and row.paused_on is None]
            assert letter.due_on == min(shown, default=NEVER)
            assert all(row.arithmetic and row.clause for row in running)
            if m.state in ("settled", "settled_for_now", "archived", "not_accepted", "transferred", "returned_upward"):
                assert "handling" not in codes
            for login in m.barred_people:
                with pytest.raises(NotThere):
                    letter_lists.find(session, letter.id, self.work.who(login))
            counted[letter.state.value, letter.unit_id] = counted.get((letter.state.value, letter.unit_id), 0) + 1
        rows = session.scalars(select(LetterCount).execution_options(populate_existing=True))
        table: dict[tuple[str, str], int] = {}
        for row in rows:
            if row.letters:
                table[row.state, row.unit_id] = table.get((row.state, row.unit_id), 0) + row.letters
        assert table == counted
        assert today


@pytest.mark.parametrize("seed", range(times(3, 20)))
def test_random_walks_break_no_guard_role_or_clock(stage: Stage, seed: int) -> None:
    with stage.office.office.transaction() as session:
        walk = Walk(Work(stage, session), seed)
        for number in range(times(900, 3000)):
            walk.step()
            if number % 25 == 0:
                walk.look()
            if number % 40 == 39:
                walk.add(number // 40)
        walk.look()
        assert walk.taken > 100
        assert walk.refused > 80
        assert walk.undone > 3
        taken_verbs = set(session.scalars(select(LetterEvent.verb)))
        assert len(taken_verbs) > 20
        events = session.scalars(select(LetterEvent)).all()
        deadlines = session.scalars(select(LetterDeadline)).all()
        assert len(events) >= walk.taken
        assert all(row.due_on >= row.start_on for row in deadlines)
        assert verify_chain(session).broken_at is None
        assert STORY[:12] not in "".join(f"{event.text}{event.public}" for event in events)
