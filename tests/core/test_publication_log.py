"""The publication log: what is in it can be proved, and what was in it cannot be taken out."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.publication_log import (
    BadLog,
    Checkpoint,
    Entry,
    LogReader,
    VerifyKey,
    fold,
    leaf_hash,
    node_hash,
    open_checkpoint,
    pack_entries,
    root_of,
    tile_path,
    tile_width,
    unpack_entries,
    verify_consistency,
    verify_inclusion,
)

# RFC 6962's own test vectors (seven leaves), as published with certificate-transparency implementations.
VECTOR_LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
VECTOR_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
}


def reader(leaves: list[bytes]) -> LogReader:
    """A log of these leaf hashes, tiles and all, held in memory."""
    files: dict[str, bytes] = {}
    size, level, hashes = len(leaves), 0, leaves
    while hashes:
        for number in range(-(-len(hashes) // 256)):
            width = tile_width(size, level, number)
            files[tile_path(level, number, width)] = b"".join(hashes[number * 256 : number * 256 + width])
        hashes = [fold(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
        level += 1
    return LogReader(files.__getitem__, size)


def leaves_of(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def test_the_roots_are_those_of_the_published_vectors() -> None:
    leaves = [leaf_hash(data) for data in VECTOR_LEAVES]

    for size, root in VECTOR_ROOTS.items():
        assert root_of(leaves[:size]).hex() == root
        assert reader(leaves[:size]).root().hex() == root
    assert root_of([]) == hashlib.sha256(b"").digest()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 1100), st.data())
def test_every_leaf_can_be_proved_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    log = reader(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = log.inclusion_proof(index)

    verify_inclusion(leaves[index], index, size, proof, log.root())

    with pytest.raises(BadLog):
        verify_inclusion(leaf_hash(b"never published"), index, size, proof, log.root())
    if size > 1:
        with pytest.raises(BadLog):
            verify_inclusion(leaves[index], (index + 1) % size, size, proof, log.root())
        with pytest.raises(BadLog):
            verify_inclusion(leaves[index], index, size, proof[:-1], log.root())
        with pytest.raises(BadLog):
            verify_inclusion(leaves[index], index, size, [*proof, proof[0]], log.root())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1100), st.data())
def test_a_log_that_only_grew_proves_it(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    log = reader(leaves)
    old = data.draw(st.integers(0, size))
    proof = log.consistency_proof(old)

    verify_consistency(old, root_of(leaves[:old]), size, root_of(leaves), proof)

    if 0 < old < size:
        changed = [*leaves[:-1], leaf_hash(b"changed")] if old == size else [leaf_hash(b"changed"), *leaves[1:]]
        with pytest.raises(BadLog):
            verify_consistency(old, root_of(leaves[:old]), size, root_of(changed), reader(changed).consistency_proof(old))


def test_a_shorter_log_is_no_continuation() -> None:
    leaves = leaves_of(9)

    with pytest.raises(BadLog, match="删除"):
        verify_consistency(9, root_of(leaves), 8, root_of(leaves[:8]), [])


def test_tiles_have_the_names_of_the_specification() -> None:
    assert tile_path(0, 0) == "tile/0/000"
    assert tile_path(1, 1234067) == "tile/1/x001/x234/067"
    assert tile_path("entries", 7, 17) == "tile/entries/007.p/17"


@given(st.lists(st.binary(max_size=300), max_size=40))
def test_entry_bundles_give_back_what_was_put_in(entries: list[bytes]) -> None:
    assert unpack_entries(pack_entries(entries)) == entries


def test_a_torn_entry_bundle_is_noticed() -> None:
    with pytest.raises(BadLog):
        unpack_entries(pack_entries([b"whole", b"torn"])[:-1])


def test_entries_are_read_only_in_their_one_form() -> None:
    entry = Entry("0" * 64, "zj-1", "notice", 1, "published")

    assert Entry.parse(entry.canonical()) == entry
    with pytest.raises(BadLog):
        Entry.parse(entry.canonical().replace(b'"type"', b' "type"'))
    with pytest.raises(BadLog):
        Entry.parse(b"[]")


# An example note and key of the C2SP signed-note specification (the PeterNeumann example).
NOTE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_keys_and_signatures_are_those_of_the_signed_note_specification() -> None:
    key = VerifyKey.parse(NOTE_KEY)
    text, _, signature = NOTE.rpartition("\n\n")
    import base64

    raw = base64.b64decode(signature.split()[2])
    assert str(key) == NOTE_KEY
    assert raw[:4] == key.hash
    key.verify((text + "\n").encode(), raw[4:])
    with pytest.raises(BadLog):
        key.verify((text + "!\n").encode(), raw[4:])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.replace(b"\n3\n", b"\n4\n"),
        lambda note: note.replace(b"yunling.example/log\n", b"elsewhere.example/log\n", 1),
        lambda note: note.split("—".encode())[0],
        lambda note: b"",
        lambda note: note[:-1],
    ],
)
def test_a_checkpoint_that_was_touched_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    from moderation.press.log_writer import SigningKey

    key = SigningKey.generate("yunling.example/log")
    note = key.sign(Checkpoint("yunling.example/log", 3, root_of(leaves_of(3))))
    assert open_checkpoint(note, key.verify_key).size == 3

    with pytest.raises(BadLog):
        open_checkpoint(spoil(note), key.verify_key)
    with pytest.raises(BadLog):
        open_checkpoint(note, SigningKey.generate("yunling.example/log").verify_key)


def test_node_and_leaf_hashes_are_kept_apart() -> None:
    assert node_hash(b"a" * 32, b"b" * 32) != leaf_hash(b"a" * 32 + b"b" * 32)
