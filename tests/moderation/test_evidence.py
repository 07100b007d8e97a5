"""Evidence lies encrypted in a folder, or in an S3-compatible store by configuration; both keep and forget alike."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from moderation.evidence import EvidenceStore, FolderShelf, ObjectShelf, evidence_store
from moderation.keys import symmetric_key
from moderation.office import Office
from portal.core.errors import NotThere
from tests.conftest import empty_office
from tests.object_store import BUCKET, object_store

__all__ = ["empty_office", "object_store"]

WORDS = "排口照片，编号 17".encode()


@pytest.fixture(params=["folder", "object store"])
def office(request: pytest.FixtureRequest, empty_office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    symmetric_key(empty_office.keys, "evidence.key")
    if request.param == "object store":
        request.getfixturevalue("object_store")
        monkeypatch.setenv("DISCLOSURE_EVIDENCE_URL", f"s3://{BUCKET}/evidence")
    return empty_office


def test_the_configured_store_keeps_a_file_and_forgets_it(office: Office) -> None:
    store = evidence_store(office)

    kept = store.put(WORDS)

    assert kept == hashlib.sha256(WORDS).hexdigest()
    assert evidence_store(office).get(kept) == WORDS
    store.remove(kept)
    with pytest.raises(NotThere):
        store.get(kept)
    with pytest.raises(NotThere):
        store.get("0" * 64)


def test_the_store_sees_neither_name_nor_words(office: Office) -> None:
    store = evidence_store(office)
    kept = store.put(WORDS)

    name = store._name(kept)
    raw = store.shelf.get(name)

    assert kept not in name
    assert WORDS not in raw
    store.shelf.put(name, raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(InvalidTag):
        store.get(kept)


def test_an_address_chooses_the_shelf(empty_office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    symmetric_key(empty_office.keys, "evidence.key")
    assert isinstance(evidence_store(empty_office).shelf, FolderShelf)
    monkeypatch.setenv("DISCLOSURE_EVIDENCE_URL", f"s3://{BUCKET}/evidence")

    assert isinstance(evidence_store(empty_office).shelf, ObjectShelf)


def test_another_office_with_another_key_opens_nothing(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path)
    kept = EvidenceStore(shelf, b"1" * 32).put(WORDS)

    with pytest.raises(NotThere):
        EvidenceStore(shelf, b"2" * 32).get(kept)
