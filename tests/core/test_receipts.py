"""The receipt: sayable, typo-proof, not to be guessed, and the same for the same form."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.receipts import (
    ReceiptCode,
    ReceiptKeys,
    ReceiptTypo,
    in_groups,
    new_receipt_code,
    read_receipt_code,
    receipt_digest,
)

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
codes = st.binary(min_size=16, max_size=16).map(lambda nonce: new_receipt_code(nonce, KEY))


def test_a_receipt_holds_more_than_a_hundred_random_bits() -> None:
    data_digits = 8 * 4

    assert 10**data_digits > 2**100


@given(codes)
def test_what_is_printed_can_be_typed_back(code: ReceiptCode) -> None:
    assert read_receipt_code(" ".join(in_groups(code))) == code
    assert read_receipt_code("-".join(in_groups(code))) == code


@given(codes)
def test_it_can_be_spoken_and_typed_on_a_chinese_keyboard(code: ReceiptCode) -> None:
    spoken = code.translate(str.maketrans("0123456789", "洞幺两三四五六拐八勾"))
    wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))

    assert read_receipt_code(spoken) == code
    assert read_receipt_code(f"　{wide[:20]}，{wide[20:]}\u200b") == code


@given(codes, st.integers(0, 39), st.integers(1, 9))
def test_one_wrong_digit_is_named_by_its_group(code: ReceiptCode, place: int, shift: int) -> None:
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]

    with pytest.raises(ReceiptTypo) as typo:
        read_receipt_code(wrong)

    assert typo.value.groups == (place // 5 + 1,)


@given(codes, st.integers(0, 38))
def test_two_neighbours_changed_about_are_caught(code: ReceiptCode, place: int) -> None:
    if code[place] == code[place + 1] or place % 5 == 4:
        return
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]

    with pytest.raises(ReceiptTypo):
        read_receipt_code(wrong)


@given(codes, st.integers(0, 7), st.integers(0, 7))
def test_two_groups_changed_about_are_caught(code: ReceiptCode, one: int, other: int) -> None:
    groups = list(in_groups(code))
    if one == other or groups[one][:4] == groups[other][:4]:
        return
    groups[one], groups[other] = groups[other], groups[one]

    with pytest.raises(ReceiptTypo):
        read_receipt_code("".join(groups))


@given(st.text(max_size=300))
def test_nothing_typed_can_break_the_reader(typed: str) -> None:
    with contextlib.suppress(ReceiptTypo):
        assert len(read_receipt_code(typed)) == 40


def test_the_same_form_gives_the_same_receipt_and_another_form_another() -> None:
    assert new_receipt_code(b"a" * 16, KEY) == new_receipt_code(b"a" * 16, KEY)
    assert new_receipt_code(b"a" * 16, KEY) != new_receipt_code(b"b" * 16, KEY)
    assert new_receipt_code(b"a" * 16, KEY) != new_receipt_code(b"a" * 16, OTHER_KEY)


def test_what_is_stored_cannot_be_made_without_the_key() -> None:
    code = new_receipt_code(b"a" * 16, KEY)

    assert receipt_digest(code, KEY) != receipt_digest(code, OTHER_KEY)
    assert code.encode() not in receipt_digest(code, KEY)


def test_a_receipt_never_shows_itself_in_a_trace() -> None:
    code = new_receipt_code(b"a" * 16, KEY)

    assert code not in repr(ReceiptKeys(code))
    assert code not in str(ReceiptTypo((3,)))
