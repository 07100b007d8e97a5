"""The printed proof: signed, entered in the publication log by its day, and checked by anyone."""

from __future__ import annotations

import argparse
import io
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import intake_care, intake_commands
from moderation.office import Office
from portal.core import clock
from portal.core.statements import (
    NoProof,
    Proof,
    Statement,
    day_root,
    path_to_root,
    read_proof,
    root_of,
)
from portal.intake import paper
from tests.intake.conftest import Visitor


def proof_on(visitor: Visitor, code: str) -> str:
    page = visitor.post("/r/c/p", {"code": code})
    assert page.status == 200
    return unescape(page.text.split('id="proof">', 1)[1].split("</pre>", 1)[0])


def verified(office: Office, tmp_path: Path, text: str) -> int:
    (tmp_path / "proof.txt").write_text(text, encoding="utf-8")
    args = argparse.Namespace(data=office.data, proof=str(tmp_path / "proof.txt"), key=None, log=None, with_receipt=False)
    return intake_commands.verify_receipt(args)


def test_the_proof_is_signed_and_says_that_its_day_is_not_entered_yet(
    visitor: Visitor, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = proof_on(visitor, visitor.send().code())

    assert verified(office, tmp_path, text) == 0
    assert "签名有效" in capsys.readouterr().out


def test_once_its_day_is_over_the_proof_leads_to_the_root_in_the_log(
    visitor: Visitor, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = [visitor.send().code() for _ in range(3)][1]
    tomorrow = clock.now() + timedelta(days=1)

    intake_care.enter_receipts(office, tomorrow)
    intake_care.enter_receipts(office, tomorrow)
    monkeypatch.setattr(paper, "now", lambda: tomorrow)
    text = proof_on(visitor, code)

    assert verified(office, tmp_path, text) == 0
    assert "这一份在里面" in capsys.readouterr().out
    assert len(intake_commands.logged_days(office.data / "log")) == 1


def test_the_public_half_of_the_signing_key_is_there_for_all(visitor: Visitor, office: Office) -> None:
    answer = visitor.get("/r/c/key")

    assert answer.response.get_data() == (office.data / "intake" / "keys" / "proof-signing.pub").read_bytes()


def test_a_changed_proof_does_not_hold(
    visitor: Visitor, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = proof_on(visitor, visitor.send().code()).splitlines()
    lines[2] = "2026-01-01"

    assert verified(office, tmp_path, "\n".join(lines)) == 1
    assert "签名对不上" in capsys.readouterr().out
    assert verified(office, tmp_path, "\n".join(lines[:3])) == 1


def test_the_content_under_seal_is_compared_for_who_holds_the_receipt(
    visitor: Visitor, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, other = visitor.send().code(), visitor.send().code()
    (tmp_path / "proof.txt").write_text(proof_on(visitor, code), encoding="utf-8")
    args = argparse.Namespace(data=office.data, proof=str(tmp_path / "proof.txt"), key=None, log=None, with_receipt=True)

    monkeypatch.setattr("sys.stdin", io.StringIO(code + "\n"))
    assert intake_commands.verify_receipt(args) == 0
    assert "一个字也没有改过" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO(other + "\n"))
    assert intake_commands.verify_receipt(args) == 1


digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
statements = st.lists(
    st.builds(
        Statement, st.text("abc0123", min_size=16, max_size=16), st.dates(), st.binary(min_size=32, max_size=32).map(bytes.hex)
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda each: each.leaf(),
)


@given(statements)
def test_every_statement_of_a_day_leads_to_its_root(found: list[Statement]) -> None:
    leaves = [each.leaf() for each in found]

    for each in found:
        proof = Proof(each, bytes(64), path_to_root(leaves, each.leaf()))
        assert root_of(read_proof(proof.to_text())) == day_root(leaves)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_of_proofs(text: str) -> None:
    with pytest.raises(NoProof):
        read_proof(text)
