"""Polluters by their code, the blacklist, and who turns up again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.accountability import polluters
from moderation.accountability.worksheet import open_case
from moderation.casework.letters import Letter, LetterLink
from moderation.casework.machine import LetterState
from portal.core.errors import Mendable, Refusal
from portal.core.vocabulary import Channel, IdentityLevel
from tests.conftest import NOON
from tests.moderation.accountability.conftest import LI, new_case

# An invented code: 99 belongs to no real register office.
CODE = "9199012100000000" + "1"
USCC = CODE + polluters.uscc_check_character(CODE)


def firm(session, name="云岭县石料厂（虚构）", uscc=USCC):
    return polluters.register_polluter(session, name=name, uscc=uscc, region_code="990121", by=LI, at=NOON)


def test_the_check_character_agrees_with_a_worked_example():
    # Worked by hand from GB 32100-2015: only the first place is set, 1 × 3^0 = 1, 31 − 1 = 30 → Y.
    assert polluters.uscc_check_character("1" + "0" * 16) == "Y"
    assert polluters.uscc_check_character("0" * 17) == "0"


@given(st.text(polluters.USCC_ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(polluters.USCC_ALPHABET))
def test_one_wrong_character_is_always_noticed(head, place, other):
    code = head + polluters.uscc_check_character(head)
    assert polluters.checked_uscc(f" {code[:8].lower()}-{code[8:]} ") == code

    wrong = code[:place] + other + code[place + 1 :]
    if wrong != code:
        with pytest.raises(Mendable, match="对不上"):
            polluters.checked_uscc(wrong)


@given(st.text(polluters.USCC_ALPHABET, min_size=17, max_size=17), st.integers(0, 15))
def test_two_swapped_characters_are_always_noticed(head, place):
    code = head + polluters.uscc_check_character(head)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        with pytest.raises(Mendable, match="对不上"):
            polluters.checked_uscc(swapped)


@pytest.mark.parametrize(("typed", "said"), [("123", "18 位"), ("O" * 18, "“O”"), (USCC[:17] + "0", "最后一位")])
def test_a_bad_code_is_refused_in_words(typed, said):
    with pytest.raises(Mendable, match=said):
        polluters.checked_uscc(typed)


def test_one_code_is_one_firm(session):
    first = firm(session)

    assert firm(session) is first
    with pytest.raises(Mendable, match="已登记为"):
        firm(session, name="另一家")


def test_an_operator_without_a_code_is_kept_without_one(session):
    assert firm(session, name="无照烧烤摊（虚构）", uscc=" ").uscc is None


def letter(session) -> Letter:
    made = Letter(
        id="letter1",
        number="D3HA202611020017",
        state=LetterState.ASSIGNED,
        channel=Channel.PHONE,
        identity_level=IdentityLevel.ANONYMOUS,
        received_on=date(2026, 11, 2),
    )
    session.add(made)
    session.flush()
    return made


def test_a_case_is_tied_to_its_letter_by_the_number_people_say(session):
    made = letter(session)
    case = open_case(session, new_case(letter_id=made.number), by=LI, at=NOON)

    assert case.letter_id == made.id
    assert session.get(LetterLink, (made.id, "case", case.id)) is not None
    with pytest.raises(Mendable, match="没有这个编号"):
        open_case(session, new_case(letter_id="D3HA000"), by=LI, at=NOON)


def test_a_firm_that_turns_up_in_letter_task_and_case_is_a_repeat_offender(session):
    polluter, number = firm(session), letter(session).number
    open_case(session, new_case(polluter_id=polluter.id, letter_id=number, task_id="t1"), by=LI, at=NOON)
    open_case(session, new_case(polluter_id=polluter.id, letter_id=number), by=LI, at=NOON)

    (offender,) = polluters.repeat_offenders(session)

    assert offender.polluter is polluter
    assert sorted(one.kind for one in offender.mentions) == ["case", "case", "letter", "task"]


def enter(session, polluter, **said):
    plain = {
        "ground": "拒不整改",
        "clause": "一案四查通知 三（三）",
        "effect": "加密检查，停止评优和补助",
        "exit_conditions": "整改到位满一年没有再犯",
        "expires_on": date(2027, 11, 20),
        "on": date(2026, 11, 20),
    }
    return polluters.enter_blacklist(session, polluter, **(plain | said), by=LI, at=NOON)


def test_the_blacklist_holds_until_its_last_day_or_until_left(session):
    entry = enter(session, firm(session))

    assert entry.holds_on(date(2027, 11, 20))
    assert not entry.holds_on(date(2027, 11, 21))
    polluters.leave_blacklist(session, entry, reason="已整改，复查合格", on=date(2027, 1, 5), by=LI, at=NOON)
    assert not entry.holds_on(date(2027, 1, 5))
    assert polluters.blacklisted(session, date(2027, 1, 4)) == [(entry, session.get_one(polluters.Polluter, entry.polluter_id))]


def test_nobody_is_put_on_the_blacklist_twice_or_without_a_way_out(session):
    polluter = firm(session)
    with pytest.raises(Mendable, match="移出条件"):
        enter(session, polluter, exit_conditions="")
    with pytest.raises(Mendable, match="到期日"):
        enter(session, polluter, expires_on=date(2026, 11, 20))
    enter(session, polluter)

    with pytest.raises(Refusal, match="已在黑名单上"):
        enter(session, polluter)
