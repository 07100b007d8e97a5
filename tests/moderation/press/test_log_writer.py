"""Appending to the log: one signed head an append, proofs from tiles, and a file layout others can read."""

import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.press.hand_over import log_reader
from moderation.press.log_writer import LogWriter, SigningKey, signing_key
from moderation.press.paths import PressPaths
from portal.core.publication_log import (
    BadLog,
    leaf_hash,
    open_checkpoint,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.effort import times

ORIGIN = "yunling.example/log"


@settings(max_examples=times(8, 100))
@given(appends=st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_a_log_appended_in_any_portions_is_the_same_tree(tmp_path_factory: pytest.TempPathFactory, appends: list[int]) -> None:
    paths = PressPaths(tmp_path_factory.mktemp("log"), durable=False)
    paths.make()
    key = signing_key(paths, ORIGIN)
    entries: list[bytes] = []
    heads = []
    for count in appends:
        # A fresh writer each time: what it reads back must be all it needs.
        writer = LogWriter(paths, key)
        new = [f"entry {len(entries) + number}".encode() for number in range(count)]
        assert writer.append(new) == len(entries)
        entries += new
        heads.append(open_checkpoint((paths.log / "checkpoint").read_bytes(), key.verify_key))
    leaves = [leaf_hash(entry) for entry in entries]
    log = log_reader(paths, len(entries))

    assert heads[-1].root == root_of(leaves) == log.root()
    assert [data for _, data in log.entries()] == entries
    for head in heads:
        verify_consistency(head.size, head.root, len(entries), heads[-1].root, log.consistency_proof(head.size))
    for index in {0, len(entries) - 1, len(entries) // 2}:
        verify_inclusion(leaves[index], index, len(entries), log.inclusion_proof(index), heads[-1].root)


def test_unfinished_tiles_give_way_to_full_ones_but_earlier_heads_can_still_be_read(paths: PressPaths) -> None:
    writer = LogWriter(paths, signing_key(paths, ORIGIN))
    writer.append([f"{number}".encode() for number in range(200)])
    early = log_reader(paths, 200)

    writer.append([f"{number}".encode() for number in range(200, 300)])

    assert not (paths.log / "tile/0/000.p").exists()
    assert early.root() == root_of([leaf_hash(f"{number}".encode()) for number in range(200)])
    assert len(list(early.entries())) == 200


def test_unfinished_tiles_a_killed_append_has_left_are_taken_away(paths: PressPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = LogWriter(paths, signing_key(paths, ORIGIN))
    writer.append([b"entry"] * 255)
    with monkeypatch.context() as killed:
        killed.setattr(LogWriter, "_sweep", lambda *_: None)
        writer.append([b"entry"])
    left = list(paths.log.glob("tile/*/000.p/255"))
    LogWriter(paths, signing_key(paths, ORIGIN)).drop_strays()

    assert len(left) == 2
    assert list(paths.log.glob("tile/*/000.p/255")) == []


def test_the_key_is_the_owners_alone_and_is_kept(paths: PressPaths) -> None:
    key = signing_key(paths, ORIGIN)

    assert stat.S_IMODE(paths.signing_key.stat().st_mode) == 0o600
    assert signing_key(paths, ORIGIN).verify_key == key.verify_key
    with pytest.raises(FileExistsError):
        SigningKey.generate(ORIGIN).save(paths.signing_key)


def test_a_log_signed_by_another_key_is_not_continued(paths: PressPaths) -> None:
    LogWriter(paths, signing_key(paths, ORIGIN)).append([b"one"])

    with pytest.raises(BadLog):
        LogWriter(paths, SigningKey.generate(ORIGIN))


def test_a_log_whose_tiles_were_touched_is_not_continued(paths: PressPaths) -> None:
    key = signing_key(paths, ORIGIN)
    LogWriter(paths, key).append([b"one", b"two", b"three"])
    tile = paths.log / "tile/0/000.p/3"
    tile.write_bytes(tile.read_bytes()[::-1])

    with pytest.raises(BadLog, match="与签名不符"):
        LogWriter(paths, key)


@pytest.mark.parametrize("name", ["", "with space", "a+b", "line\nfeed"])
def test_a_log_needs_a_name_that_fits_a_checkpoint(paths: PressPaths, name: str) -> None:
    with pytest.raises(BadLog, match="名称"):
        signing_key(paths, name)
