"""Locks: they open for their key and purpose only, tell no length, and notice every change."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.sealing import (
    CHUNK_BYTES,
    CannotOpen,
    FileLock,
    OpeningKey,
    SealingKey,
    lock,
    new_key,
    opened,
    opened_padded,
    pad,
    rewrapped,
    rough_size,
    seal,
    seal_padded,
    unlock,
    unlocked_file,
    unpad,
)

OFFICE, STRANGER = OpeningKey(bytes(range(96))), OpeningKey(bytes(96))
TO_OFFICE, OFFICE_KEY, STRANGER_KEY = OFFICE.public().loaded(), OFFICE.loaded(), STRANGER.loaded()


@given(st.binary(max_size=20_000), st.sampled_from((64, 1024, 4096)))
def test_padding_gives_back_what_it_was_given(data: bytes, step: int) -> None:
    assert unpad(pad(data, step)) == data


def test_letters_of_different_length_make_boxes_of_one_size() -> None:
    key = new_key()

    assert len({len(lock(key, b"x" * size, b"p")) for size in (0, 1, 300, 2000, 4000)}) == 1
    assert len({len(seal_padded(b"x" * size, TO_OFFICE, b"p")) for size in (0, 11, 500, 1000)}) == 1


@given(st.binary(max_size=5000))
def test_a_box_opens_for_its_key_and_purpose_only(data: bytes) -> None:
    key = new_key()
    box = lock(key, data, b"report")

    assert unlock(key, box, b"report") == data
    for wrong_key, purpose in ((new_key(), b"report"), (key, b"message")):
        with pytest.raises(CannotOpen):
            unlock(wrong_key, box, purpose)


@given(st.integers(0, 4095), st.integers(1, 255))
def test_any_changed_byte_is_noticed(place: int, change: int) -> None:
    key = bytes(32)
    box = bytearray(lock(key, b"words", b"p"))
    box[place] ^= change

    with pytest.raises(CannotOpen):
        unlock(key, bytes(box), b"p")


def test_only_the_private_half_opens_what_was_sealed() -> None:
    box = seal(b"key", TO_OFFICE, b"p")

    assert opened(box, OFFICE_KEY, b"p") == b"key"
    with pytest.raises(CannotOpen):
        opened(box, STRANGER_KEY, b"p")
    with pytest.raises(CannotOpen):
        opened(box, OFFICE_KEY, b"other")


@pytest.mark.parametrize("junk", [b"", b"x", bytes(40), bytes(5000)])
def test_junk_is_refused_without_saying_why(junk: bytes) -> None:
    for attempt in (
        lambda: opened(junk, OFFICE_KEY, b"p"),
        lambda: opened_padded(junk, OFFICE_KEY, b"p"),
        lambda: unlock(bytes(32), junk, b"p"),
    ):
        with pytest.raises(CannotOpen):
            attempt()


def test_a_sealing_key_is_read_back_and_a_wrong_length_refused() -> None:
    assert SealingKey.from_bytes(OFFICE.public().to_bytes()) == OFFICE.public()
    with pytest.raises(ValueError, match="not a sealing key"):
        SealingKey.from_bytes(b"short")


def test_a_private_key_never_shows_itself() -> None:
    assert "0" not in repr(OFFICE).replace("OpeningKey", "")


def test_a_change_of_keys_wraps_again_without_opening_what_is_inside() -> None:
    box = seal_padded(b"13800000000", TO_OFFICE, b"p")

    moved = rewrapped(box, OFFICE_KEY, STRANGER.public().loaded(), b"p")

    assert opened_padded(moved, STRANGER_KEY, b"p") == b"13800000000"
    assert moved[-1052:] == box[-1052:], "the locked data itself is the same bytes"
    with pytest.raises(CannotOpen):
        opened_padded(moved, OFFICE_KEY, b"p")


sizes = st.one_of(st.integers(0, 5000), st.sampled_from((CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES)))


@settings(max_examples=40)
@given(sizes, st.integers(1, 70_000))
def test_a_file_comes_back_however_its_bytes_arrived(size: int, piece: int) -> None:
    data, key, sink = bytes(index % 251 for index in range(size)), new_key(), io.BytesIO()

    file = FileLock(key, sink)
    for start in range(0, size, piece):
        file.write(data[start : start + piece])
    file.finish()

    assert b"".join(unlocked_file(key, io.BytesIO(sink.getvalue()), size)) == data
    assert size < 20 or data[:20] not in sink.getvalue()


def test_a_cut_file_and_a_file_with_pieces_changed_about_do_not_open() -> None:
    key, sink = new_key(), io.BytesIO()
    file = FileLock(key, sink)
    file.write(bytes(3 * CHUNK_BYTES))
    file.finish()
    whole, box = sink.getvalue(), CHUNK_BYTES + 16

    for damaged in (whole[:-1], whole[: 2 * box], whole[box : 2 * box] + whole[:box] + whole[2 * box :]):
        with pytest.raises(CannotOpen):
            list(unlocked_file(key, io.BytesIO(damaged), 3 * CHUNK_BYTES))


@given(st.integers(0, 200_000_000))
def test_a_rough_size_is_never_smaller_and_at_most_an_eighth_larger(size: int) -> None:
    assert size <= rough_size(size) <= max(4096, size * 9 // 8)
