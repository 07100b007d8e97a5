"""Two people act on one letter at once, over real requests: one wins, the other is told and keeps their text. Every form."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Select, func, select

from moderation import staff
from moderation.casework import assignment, handling, messages, review, screening
from moderation.casework.letters import (
    BarReason,
    BatchOrigin,
    Letter,
    LetterBar,
    LetterEvent,
    LetterMessage,
    MessageDirection,
)
from moderation.casework.machine import LetterState
from moderation.console.letter_acts import BY_SLUG
from moderation.custody import requests, retention
from moderation.custody.tables import IdentityRequest, LegalHold, Purpose
from moderation.demo import stage as demo_stage
from moderation.demo.stage import Stage
from moderation.keys import symmetric_key
from moderation.office import Office
from moderation.rewards import phone_box
from moderation.rewards.records import VerifiedOffence
from moderation.staff import SignedIn, Unit
from moderation.supervision import ladder, rechecks, samples, subjects
from moderation.supervision.machine import Ground, SubjectKind
from moderation.supervision.recheck_tables import RecheckResult
from moderation.supervision.tables import FigureCheck, InspectionRequest, PublicListing, SampleItem, SampleKind, SupervisionEvent
from portal.core.clock import day_of, now
from portal.core.report_content import MessageKind, ReporterMessage
from tests.conftest import NOON
from tests.console.desk_client import console_app, signed_in_client
from tests.moderation.casework.office_work import WORKING, Work
from tests.moderation.rewards.scenes import Scene

S = LetterState
# Two of each who could press the same button. The second of each pair is enrolled by the fixture where the cast has one only.
SCREENERS, GROUP, LEADS = ("shenhe", "shenhe2"), ("zuzhang", "zuyuan"), ("zuzhang", "zuzhang2")
UNIT, COUNTY, DISCIPLINE = ("chengguan", "chengguan2"), ("shiju", "shiju2"), ("jijian", "jijian2")
INSPECTORS, LEADERS = ("duban", "duban2"), ("lingdao", "lingdao2")
CUSTODIANS, PROPOSERS = ("baoguan", "baoguan2"), ("jiangli", "jiangli2")
OVERTAKEN = "已有新进展"


@dataclass(frozen=True)
class Meeting:
    """One form, opened by two people. ``sent``: what both send alike, hidden fields too. ``written``: fields each fills in words.

    ``history``: the rows of which exactly one may come of it. ``told``: what the second is told, as a pattern.
    """

    people: tuple[str, str]
    address: str
    history: Select
    sent: dict[str, str] = field(default_factory=dict)
    written: tuple[str, ...] = ("text",)
    told: str = OVERTAKEN
    wins: int = 303


Making = Callable[[Work], Meeting]


# ---- the letter, as far as each form needs it ----


def handed_down(work: Work) -> Letter:
    row = assignment.HandedDown(f"D3HA{work.count()}", WORKING, BatchOrigin.PROVINCE, "", None, day_of(work.at))
    return assignment.enter_handed_down(work.session, row, by=work.who("zuyuan"), at=work.at)


def handed_down_reported(work: Work) -> Letter:
    letter = handed_down(work)
    assignment.assign(work.session, letter, unit_ids=("urban",), why="按职责", by=work.who("zuzhang"), at=work.at)
    handling.take_up(work.session, letter, by=work.who("chengguan"), at=work.at)
    work.report(letter, "chengguan")
    return letter


def reported_up(work: Work) -> Letter:
    letter = handed_down_reported(work)
    review.report_up(work.session, [letter], by=work.who("zuzhang"), at=work.at)
    return letter


def waiting(work: Work) -> Letter:
    letter = work.screened()
    screening.ask_supplement(work.session, letter, "请补充具体时间。", by=work.who("shenhe"), at=work.at)
    return letter


def merged(work: Work) -> Letter:
    into, letter = work.accepted(), work.screened()
    screening.merge(work.session, letter, into, by=work.who("shenhe"), at=work.at)
    return letter


def with_discipline(work: Work) -> Letter:
    letter = work.screened()
    screening.to_discipline(work.session, letter, "反映失职", by=work.who("shenhe"), at=work.at)
    return letter


def withdrawn(work: Work) -> Letter:
    letter = work.screened()
    said = ReporterMessage("2026-11-20T04:00:00+00:00", MessageKind.WITHDRAWAL, "")
    messages.take_message(work.session, letter, f"m{work.count()}", day_of(work.at), said, at=work.at)
    return letter


def returned(work: Work) -> Letter:
    letter = work.assigned()
    assignment.return_to_group(work.session, letter, "不归本单位管", by=work.who("chengguan"), at=work.at)
    return letter


def extension_asked(work: Work) -> Letter:
    letter = work.handling()
    handling.ask_extension(work.session, letter, "检测要排队", by=work.who("chengguan"), at=work.at)
    return letter


def settled_for_now(work: Work) -> Letter:
    letter = work.reported()
    review.settle_for_now(work.session, letter, "先办结", "已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)
    return letter


def asked_for_opinion(work: Work) -> Letter:
    letter = work.settled()
    review.ask_satisfaction(work.session, letter, by=work.who("zuzhang"), at=work.at)
    return letter


def at_the_city(work: Work) -> Letter:
    return work.assigned("city-bureau")


def barred_somebody(work: Work) -> Letter:
    letter = work.screened()
    work.session.add(LetterBar(id=f"bar{work.count()}", letter_id=letter.id, unit_id="water", reason=BarReason.UNIT_NAMED))
    work.session.flush()
    return letter


# ---- every act of the letter's page ----


@dataclass(frozen=True)
class ActCase:
    """How the letter is made, who both are; ``sent``: what is chosen rather than written. ``told`` and ``history`` as above."""

    make: Callable[[Work], Letter] | str
    people: tuple[str, str]
    sent: dict[str, str] = field(default_factory=dict)
    told: str = OVERTAKEN
    history: Callable[[Letter], Select] | None = None


def bars(letter: Letter) -> Select:
    return select(LetterBar).where(LetterBar.letter_id == letter.id)


def replies(letter: Letter) -> Select:
    return select(LetterMessage).where(LetterMessage.letter_id == letter.id, LetterMessage.direction == MessageDirection.OUT)


GONE = "没有这件信访件，或者它已不归您的岗位看"
ACTS: dict[str, ActCase] = {
    "ask-supplement": ActCase("screened", SCREENERS),
    "stop-waiting": ActCase(waiting, SCREENERS),
    "merge": ActCase("screened", SCREENERS, {"into": "{lead}"}),
    "unmerge": ActCase(merged, SCREENERS),
    "decline": ActCase("screened", SCREENERS, {"template": "too_vague"}),
    "transfer": ActCase("screened", SCREENERS, {"template": "other_authority"}),
    # From then on nobody here sees the letter: the answer says no more than it does about any letter.
    "to-discipline": ActCase("screened", SCREENERS, told=GONE),
    "pursue": ActCase(withdrawn, SCREENERS),
    "hand-back": ActCase(with_discipline, DISCIPLINE, told=GONE),
    "conclude": ActCase(with_discipline, DISCIPLINE),
    "enter-bar": ActCase("accepted", GROUP, {"who": "unit:farming"}, history=bars),
    "lift-bar": ActCase(barred_somebody, SCREENERS, {"bar": "{bar}"}, history=bars),
    "assign": ActCase("accepted", GROUP, {"unit": "urban"}),
    "return-upward": ActCase(handed_down, LEADS),
    "insist": ActCase(returned, LEADS),
    "grant-extension": ActCase(extension_asked, LEADS),
    "deny-extension": ActCase(extension_asked, LEADS),
    "take-up": ActCase("assigned", UNIT),
    "return": ActCase("assigned", UNIT, told=GONE),
    "sub-assign": ActCase(at_the_city, COUNTY, {"unit": "bureau"}),
    "ask-extension": ActCase("handling", UNIT),
    "check-on-site": ActCase("reported", GROUP, {"passed": "yes"}),
    "send-back": ActCase("reported", GROUP),
    "settle": ActCase("reported", GROUP),
    "settle-for-now": ActCase("reported", GROUP),
    "report-up": ActCase(handed_down_reported, GROUP),
    "recognised": ActCase(reported_up, GROUP),
    "recognised-for-now": ActCase(reported_up, GROUP),
    "returned-from-above": ActCase(reported_up, GROUP),
    "finish": ActCase(settled_for_now, GROUP),
    "ask-satisfaction": ActCase("settled", GROUP),
    "archive": ActCase(asked_for_opinion, GROUP),
    "reopen": ActCase(asked_for_opinion, GROUP),
    "write": ActCase("accepted", GROUP, history=replies),
}


def by_act(slug: str) -> Making:
    """The meeting at the form of one act."""

    def make(work: Work) -> Meeting:
        case = ACTS[slug]
        lead = work.accepted().id if slug == "merge" else ""
        letter = getattr(work, case.make)() if isinstance(case.make, str) else case.make(work)
        bar = work.session.scalar(select(LetterBar.id).where(LetterBar.letter_id == letter.id)) or ""
        sent = {name: value.replace("{lead}", lead).replace("{bar}", bar) for name, value in case.sent.items()}
        written = tuple(ask.name for ask in BY_SLUG[slug].asks if ask.kind in ("text", "line"))
        rows = case.history(letter) if case.history else events(letter)
        sent = {"version": str(letter.version), **sent}
        return Meeting(case.people, f"/letters/{letter.id}/acts/{slug}", rows, sent, written, case.told)

    return make


def events(letter: Letter) -> Select:
    return select(LetterEvent).where(LetterEvent.letter_id == letter.id)


# ---- every other form about a letter ----


def of_findings(work: Work) -> Meeting:
    letter = work.handling()
    claims = assignment.claims_of(work.session, letter)
    sent = {"version": str(letter.version), **{f"verdict-{claim.id}": "substantiated" for claim in claims}}
    written = tuple(f"{part}-{claim.id}" for claim in claims for part in ("finding", "measures"))
    return Meeting(UNIT, f"/letters/{letter.id}/findings", events(letter), sent, written)


def of_a_check_on_site(work: Work) -> Meeting:
    letter = work.reported()
    return Meeting(GROUP, f"/letters/{letter.id}/on-site", events(letter), {"version": str(letter.version), "passed": "yes"})


def of_screening(work: Work) -> Meeting:
    letter = work.screened()
    sent = {"version": str(letter.version), "region_code": letter.region_code, "types": "air", "track": "report", "severity": "1",
            "then": "accept"}  # fmt: skip
    written = ("summary", "place", "target", "claims", "note")
    return Meeting(SCREENERS, f"/screening/{letter.id}", events(letter), sent, written)


def of_a_refusal(work: Work) -> Meeting:
    letter = work.refusal_proposed()
    sent = {"version": str(letter.version), "decision": "refuse"}
    return Meeting(("shenhe2", "zuzhang"), f"/screening/refusals/{letter.id}", events(letter), sent, ("reason",))


def of_a_recheck(work: Work) -> Meeting:
    letter = work.settled()
    today = day_of(work.at)
    found = rechecks.begin(work.session, BatchOrigin.OWN, "", today, today, by=work.who("zuzhang"), at=work.at + timedelta(days=1))
    item = rechecks.items_of(work.session, found, letter)[0].key
    rows = select(RecheckResult).where(RecheckResult.letter_id == letter.id)
    sent = {"version": str(letter.version), f"outcome-{item}": "wrong"}
    return Meeting(("zuzhang", "duban"), f"/rechecks/{found.id}/letters/{letter.id}", rows, sent, (f"text-{item}",))


def on_the_ladder(work: Work) -> tuple[str, Letter, str]:
    """Where a letter in hand stands on the ladder: its page, the letter, and how many steps it took."""
    letter = work.handling()
    subject = subjects.find(work.session, SubjectKind.LETTER, letter.id)
    assert subject is not None
    row = ladder.row_of(work.session, subject, at=work.at)
    ladder.step(work.session, row, "urge", text="", by=work.who("zuzhang"), at=work.at)
    return row.id, letter, str(row.steps)


def of_a_rung(verb: str) -> Making:
    def make(work: Work) -> Meeting:
        row, _letter, steps = on_the_ladder(work)
        rows = select(SupervisionEvent).where(SupervisionEvent.supervision_id == row)
        people = INSPECTORS if verb == "inspect" else GROUP
        sent = {"seen": steps, "ground": Ground.LATE.value}
        return Meeting(people, f"/supervision/{row}/steps/{verb}", rows, sent, told=r"已有变化.*现为")

    return make


def of_asking_the_inspectors(work: Work) -> Meeting:
    row, _letter, _steps = on_the_ladder(work)
    rows = select(InspectionRequest).where(InspectionRequest.supervision_id == row)
    return Meeting(GROUP, f"/supervision/{row}/request", rows, {"ground": Ground.LATE.value}, told="已经有一份监察申请")


def of_declining(work: Work) -> Meeting:
    row, _letter, _steps = on_the_ladder(work)
    found = ladder.find(work.session, row, work.who("zuzhang"))
    asked = ladder.request(work.session, found, Ground.LATE, "催了不动", by=work.who("zuzhang"), at=work.at)
    rows = select(InspectionRequest).where(InspectionRequest.id == asked.id, InspectionRequest.note != "")
    return Meeting(INSPECTORS, f"/supervision/requests/{asked.id}/decline", rows, told="这份申请")


def of_listing(work: Work) -> Meeting:
    row, _letter, _steps = on_the_ladder(work)
    rows = select(PublicListing).where(PublicListing.supervision_id == row)
    sent = {"from_on": "2026-11-20", "listed": "0"}
    written = ("what", "why", "by_whom", "document_number")
    return Meeting(("duban", "zuzhang"), f"/supervision/{row}/listing", rows, sent, written, told="已经登记过")


def of_releasing(work: Work) -> Meeting:
    row, _letter, _steps = on_the_ladder(work)
    found = ladder.find(work.session, row, work.who("duban"))
    listed = ladder.list_publicly(
        work.session, found, what="扬尘", why="久拖", by_whom="市委", document_number="", from_on=day_of(work.at), until_on=None,
        by=work.who("duban"), at=work.at,
    )  # fmt: skip
    rows = select(PublicListing).where(PublicListing.id == listed.id, PublicListing.released_on.is_not(None))
    return Meeting(("duban", "zuzhang"), f"/supervision/{row}/listing/{listed.id}/release", rows, told="已经解除")


def of_a_sample(work: Work) -> Meeting:
    letter = work.settled()
    today = day_of(work.at)
    drawn = samples.draw(work.session, SampleKind.SPOT_CHECK, today, today, 200, key_only=False, by=work.who("duban"), at=work.at)
    rows = select(SampleItem).where(SampleItem.sample_id == drawn.id, SampleItem.passed.is_not(None))
    return Meeting(INSPECTORS, f"/supervision/samples/{drawn.id}/{letter.id}", rows, {"result": "passed"}, told="已经有结果")


def of_a_figure(work: Work) -> Meeting:
    letter = work.handling()
    work.report(letter, "chengguan", (handling.Measure(handling.MeasureKind.ACCOUNTABILITY, 2),))
    rows = select(FigureCheck).where(FigureCheck.letter_id == letter.id, FigureCheck.found.is_not(None))
    return Meeting(INSPECTORS, f"/supervision/figures/{letter.id}", rows, {"found": "1"}, told="已经审核过")


def of_an_identity_request(verb: str) -> Making:
    def make(work: Work) -> Meeting:
        letter = work.accepted()
        asked = requests.ask(work.session, letter, purpose=Purpose.VERIFY, reason="须当面核对取证地点", by=work.who("zuyuan"),
                             at=now())  # fmt: skip
        if verb == "consent":
            requests.agree(work.session, asked, by=work.who("baoguan"), at=now())
        was = asked.state
        rows = select(IdentityRequest).where(IdentityRequest.id == asked.id, IdentityRequest.state != was)
        people = LEADERS if verb == "consent" else CUSTODIANS
        written = ("reason",) if verb == "refuse" else ()
        return Meeting(
            people, f"/identity-requests/{asked.id}/{verb}", rows, {}, written, told="“(未同意|等第二人同意|可打开一次)”"
        )

    return make


def of_lifting_a_hold(work: Work) -> Meeting:
    letter = work.settled()
    held = retention.hold(work.session, letter, "正在诉讼", by=work.who("shenji"), at=work.at)
    rows = select(LegalHold).where(LegalHold.id == held.id, LegalHold.lifted_at.is_not(None))
    return Meeting(CUSTODIANS, f"/retention/holds/{held.id}/lift", rows, {}, ("reason",), told="已经解除过")


def of_an_offence(work: Work) -> Meeting:
    letter = work.settled()
    letter.received_on, letter.closed_on = day_of(work.at), day_of(work.at)
    work.session.flush()
    sent = {"other_acts": "building_site_dust", "proof_0": "call_log", "reporters_0": "1", "verified": "0"}
    rows = select(VerifiedOffence)
    return Meeting(PROPOSERS, f"/rewards/letters/{letter.id}/verify", rows, sent, ("reference_0", "place"), told="已经认定过")


FORMS: dict[str, tuple[Making, ...]] = {
    "letters.act": tuple(by_act(slug) for slug in ACTS),
    "units.report_findings": (of_findings,),
    "on_site.check": (of_a_check_on_site,),
    "screening.save": (of_screening,),
    "screening.decide_refusal": (of_a_refusal,),
    "rechecks.check": (of_a_recheck,),
    "supervision.take": tuple(of_a_rung(verb) for verb in ("supervise", "lower", "inspect")),
    "supervision.ask": (of_asking_the_inspectors,),
    "supervision.decline": (of_declining,),
    "supervision.record_listing": (of_listing,),
    "supervision.release": (of_releasing,),
    "supervision.note": (of_a_sample,),
    "supervision.check_figure": (of_a_figure,),
    "custody.decide": tuple(of_an_identity_request(verb) for verb in ("agree", "consent", "refuse")),
    "custody.lift": (of_lifting_a_hold,),
    "rewards.verify_send": (of_an_offence,),
}
# Forms about letters at which two do not get in each other's way, each with why, or with the test that lets them meet.
OTHERWISE = {
    "letters.add_evidence": "files of both are kept",
    "on_site.photo": "photos of both are kept",
    "custody.ask": "each asks for themselves; both questions are decided",
    "custody.hold": "each hold stands until it is lifted",
    "custody.open_once": "its asker alone; tests/console/test_custody.py opens it twice",
    "custody.confirm_class": "sets a number of years, not about a letter; the newest stands, the audit log keeps both",
    "custody.propose": "about a class; tests/moderation/custody/test_custody.py lets two propose at once",
    "custody.decide_list": "about a list; tests/moderation/custody/test_custody.py lets two decide at once",
    "letters.assign_many": "letter by letter, what another did meanwhile is named: tests/console/test_long_work.py",
    "letters.report_up_many": "letter by letter, what another did meanwhile is named: tests/console/test_long_work.py",
    "long_work.carry_on": "one person's own work: tests/console/test_long_work.py",
    "reporter_messages.open_one": "reads; both may",
    "reporter_messages.file": "reads; both may",
    "screening.original_file": "reads; both may",
    "letter_tables.case_file": "reads; both may",
    "letter_tables.preview": "writes nothing",
    "letter_tables.enter": "two tables at once: tests/moderation/casework/test_letters_on_postgres.py",
    "screening.hand_down": "a new letter; the same number twice is refused",
    "hand_entry.enter": "a new report",
    "hand_entry.look_up": "reads",
    "letter_batches.draft": "a batch; drafts are disclosures, whose forms carry a version of their own",
    "rechecks.begin": "a round, not a letter; the same round twice is refused",
    "rechecks.end": "adds a conclusion beside the one that stands",
    "supervision.begin": "finds or makes the place on the ladder, the same for both",
    "supervision.draw": "each draws a sample of their own",
    "rewards.decide": "a reward, not a letter: tests/moderation/rewards/test_year.py lets two approve at once",
}
ABOUT_LETTERS = {
    "letters", "units", "on_site", "screening", "rechecks", "supervision", "custody", "reporter_messages", "letter_tables",
    "letter_batches", "long_work", "hand_entry", "rewards",
}  # fmt: skip
ABOUT_OTHER_THINGS = {
    "accountability", "accountability_exposures", "accountability_registers", "administration", "desk", "drafts", "ledger",
    "ledger_import", "ledger_overview", "ledger_reports", "letter_statistics", "notices", "publication", "publication_exceptions",
    "publication_remarks", "rewards_adoption", "rewards_books", "rewards_counter", "undo",
}  # fmt: skip


# ---- the desk ----


class Counting(Work):
    """A working day that names things one after another."""

    made = 0

    def count(self) -> int:
        Counting.made += 1
        return Counting.made


def with_colleagues(stage: Stage) -> Stage:
    """Where the cast has one person of a kind, another is enrolled: login, 2."""
    key, cast = symmetric_key(stage.office.keys, "staff.key"), dict(stage.cast)
    pairs = (LEADS, UNIT, COUNTY, DISCIPLINE, INSPECTORS, LEADERS, CUSTODIANS, PROPOSERS)
    with stage.office.office.transaction() as session:
        for first, second in pairs:
            like = cast[first]
            unit = session.get_one(Unit, like.unit_id)
            found = staff.enrol(session, login=second, name=f"{like.name}二", unit=unit, roles=like.roles, key=key,
                                by=demo_stage.SYSTEM, at=NOON, password_hash="x").member  # fmt: skip
            cast[second] = SignedIn(found.id, found.name, found.roles, unit.id, unit.name)
    return replace(stage, cast=cast)


@pytest.fixture
def desks(stage: Stage) -> Stage:
    return with_colleagues(stage)


@pytest.fixture
def postgres_desks(postgres_office: Office) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_stage, "FIXTURES", ())
        yield with_colleagues(demo_stage.set_stage(postgres_office, NOON))


def made(stage: Stage, making: Making) -> Meeting:
    with stage.office.office.transaction() as session:
        return making(Counting(stage, session))


def words(login: str, name: str) -> str:
    return f"{login} 亲手写下的一句话，写在 {name} 这一栏。"


def filled(meeting: Meeting, login: str) -> dict[str, str]:
    return {**meeting.sent, **{name: words(login, name) for name in meeting.written}}


def rows(stage: Stage, meeting: Meeting) -> int:
    with stage.office.office.reading() as session:
        return session.scalar(select(func.count()).select_from(meeting.history.subquery())) or 0


def faults(stage: Stage, meeting: Meeting, login: str, status: int, text: str) -> list[str]:
    """What is wrong with the answer to the one who came second."""
    seen = unescape(text)
    found = [f"{name} is lost" for name in meeting.written if words(login, name) not in seen]
    if status not in (409, 404):
        found.append(f"answered {status}")
    if not re.search(meeting.told, seen, re.S):
        found.append("not told: " + " ".join(re.findall(r'class="error[^>]*>(.*?)</(?:div|p)>', seen, re.S))[:300])
    return found


# ---- every form ----


def test_every_form_about_a_letter_is_here() -> None:
    assert set(ACTS) == set(BY_SLUG)


def test_every_route_that_acts_on_a_letter_is_here(desks: Stage) -> None:
    posts = {rule.endpoint for rule in console_app(desks).url_map.iter_rules() if "POST" in (rule.methods or ())}
    parts = {endpoint.partition(".")[0] for endpoint in posts}

    assert parts == ABOUT_LETTERS | ABOUT_OTHER_THINGS
    assert {each for each in posts if each.partition(".")[0] in ABOUT_LETTERS} == set(FORMS) | set(OTHERWISE)
    assert not set(FORMS) & set(OTHERWISE)


def test_of_two_who_opened_the_same_form_one_wins_and_the_other_is_told_and_keeps_their_text(desks: Stage) -> None:
    scene = Scene(desks.office, desks.at)
    phone_box.make_payer_key(desks.office, desks.at)
    scene.adopt()
    wrong = []
    for endpoint, makings in FORMS.items():
        for making in makings:
            meeting = made(desks, making)
            before = rows(desks, meeting)
            first, second = (signed_in_client(desks, login) for login in meeting.people)
            won = first.post(meeting.address, data=filled(meeting, meeting.people[0]))
            after = rows(desks, meeting)
            lost = second.post(meeting.address, data=filled(meeting, meeting.people[1]))
            found = faults(desks, meeting, meeting.people[1], lost.status_code, lost.text)
            if won.status_code != meeting.wins:
                found.append(f"the first is answered {won.status_code}: {re.findall(r'class=.error[^>]*>([^<]+)', won.text)}")
            if abs(after - before) != 1 or rows(desks, meeting) != after:
                found.append(f"{before}, {after}, {rows(desks, meeting)} rows")
            wrong += [(endpoint, meeting.address.rsplit("/", 2)[-2:], each) for each in found]
    assert wrong == []


# ---- in the same moment ----

AT_ONCE = (
    ("send-back", "settle"),
    ("assign", "assign"),
    ("write", "write"),
)  # fmt: skip


def send(client: FlaskClient, ready: threading.Barrier, address: str, data: dict[str, str], answers: list[tuple[int, str]]) -> None:
    ready.wait()
    answer = client.post(address, data=data)
    answers.append((answer.status_code, answer.text))


def meet(stage: Stage, slugs: tuple[str, str]) -> None:
    """Two threads that start together, each with its own form about the same letter."""
    meeting = made(stage, by_act(slugs[0]))
    page = meeting.address.rpartition("/")[0]
    written = [tuple(ask.name for ask in BY_SLUG[slug].asks if ask.kind == "text") for slug in slugs]
    both = [replace(meeting, address=f"{page}/{slug}", written=names) for slug, names in zip(slugs, written, strict=True)]
    before, ready = rows(stage, meeting), threading.Barrier(2)
    answered: tuple[list[tuple[int, str]], list[tuple[int, str]]] = ([], [])
    senders = [
        threading.Thread(target=send, args=(signed_in_client(stage, login), ready, each.address, filled(each, login), answers))
        for each, login, answers in zip(both, meeting.people, answered, strict=True)
    ]
    for one in senders:
        one.start()
    for one in senders:
        one.join(60)

    statuses = [status for ((status, _text),) in answered]
    assert sorted(statuses) == [303, 409], (slugs, statuses)
    loser = statuses.index(409)
    assert faults(stage, both[loser], meeting.people[loser], *answered[loser][0]) == [], slugs
    assert rows(stage, meeting) == before + 1, slugs


def test_one_wins_in_the_same_moment(desks: Stage) -> None:
    for slugs in AT_ONCE:
        meet(desks, slugs)


@pytest.mark.postgres
def test_one_wins_in_the_same_moment_on_postgresql(postgres_desks: Stage) -> None:
    for slugs in AT_ONCE:
        meet(postgres_desks, slugs)
