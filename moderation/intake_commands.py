"""Commands of the intake: `verify-receipt` for anyone who holds a proof, `rotate-key` for who looks after the system."""

from __future__ import annotations

import argparse
import getpass
import hmac
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import undefer

from moderation.administration import COMMAND_LINE, add_data, opened, say
from moderation.intake_care import all_stopped, change_key
from moderation.unsealing import public_side_folder
from portal.core.clock import now
from portal.core.errors import Refusal
from portal.core.intake_keys import SEALING_KEYS, SIGNING_PUBLIC
from portal.core.publication_log import BadLog, Entry, LogReader, VerifyKey, open_checkpoint
from portal.core.receipts import ReceiptKeys, ReceiptTypo, read_receipt_code
from portal.core.reports import BODY, Report, statement_digest
from portal.core.sealing import CannotOpen
from portal.core.statements import NoProof, Proof, read_proof, root_of, verify_signature


def verify_receipt_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("proof", help="收件证明的文本文件，- 表示从标准输入读 / the proof, - reads standard input")
    parser.add_argument("--key", type=Path, help="验证公钥文件；默认用本办公室的 / public key, this office's by default")
    parser.add_argument("--log", type=Path, help="存证记录目录；默认 数据目录/log / the publication log")
    parser.add_argument("--with-receipt", action="store_true", help="再输入查询码，核对密封的内容 / compare the content too")


def verify_receipt(args: argparse.Namespace) -> int:
    """`disclosure verify-receipt`: signature, then the day's root in the publication log, then, if asked, the sealed content."""
    text = sys.stdin.read() if args.proof == "-" else Path(args.proof).read_text(encoding="utf-8")
    key_file = args.key or args.data / "intake" / "keys" / SIGNING_PUBLIC
    try:
        proof = read_proof(text)
        verify_signature(proof, Ed25519PublicKey.from_public_bytes(key_file.read_bytes()))
        say(f"签名有效：{proof.statement.on} 收到，证明编号 {proof.statement.id}")
        _say_logged(proof, args.log or args.data / "log")
        if args.with_receipt:
            _compare_content(proof, args)
    except (NoProof, BadLog) as fault:
        say(f"不成立：{fault}")
        return 1
    return 0


def _say_logged(proof: Proof, folder: Path) -> None:
    roots = logged_days(folder)
    day = proof.statement.on.isoformat()
    if day not in roots:
        say("当天的收件总账还没有登进存证记录（次日凌晨登记）。请过一天再打印一次证明。")
    elif root_of(proof).hex() == roots[day]:
        say("当天的收件总账已登进存证记录，这一份在里面。")
    elif not proof.path:
        say("当天的收件总账已登进存证记录。请重新打印证明，新的证明带有核对路径。")
    else:
        raise NoProof("这一份不在当天的收件总账里")


def logged_days(folder: Path) -> dict[str, str]:
    """Day → root over its receipts, as the publication log has it; the log's signature is checked first."""
    if not (folder / "checkpoint").exists():
        return {}
    key = VerifyKey.parse((folder / "verify-key").read_text(encoding="utf-8").strip())
    checkpoint = open_checkpoint((folder / "checkpoint").read_bytes(), key)
    reader = LogReader(lambda path: (folder / path).read_bytes(), checkpoint.size)
    if reader.root() != checkpoint.root:
        raise BadLog("存证记录的内容与签名不符")
    entries = (Entry.parse(data) for _, data in reader.entries())
    return {entry.day: entry.commitment for entry in entries if entry.day}


def _compare_content(proof: Proof, args: argparse.Namespace) -> None:
    typed = getpass.getpass("查询码（输入时不显示）：") if sys.stdin.isatty() else sys.stdin.readline()
    try:
        receipt = ReceiptKeys(read_receipt_code(typed))
    except ReceiptTypo as typo:
        raise NoProof(f"查询码有错：第 {'、'.join(map(str, typo.groups)) or '?'} 组") from None
    office = opened(args)
    with office.intake.reading() as session:
        query = session.query(Report).filter(Report.statement_id == proof.statement.id).options(undefer(Report.body))
        report = query.one_or_none()
        if report is None:
            raise NoProof("库里没有这一份")
        try:
            body = receipt.open(report.key_for_receipt, report.body, BODY)
        except CannotOpen:
            raise NoProof("查询码和证明不是同一份举报的") from None
    office.close()
    if not hmac.compare_digest(statement_digest(receipt, body).hex(), proof.statement.digest):
        raise NoProof("密封的内容和证明上的摘要不一致")
    say("密封的内容和证明上的摘要一致，一个字也没有改过。")


def rotate_key_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("name", choices=(*SEALING_KEYS, "receipt"), help="哪一把 / which key")


def rotate_key(args: argparse.Namespace) -> int:
    """`disclosure rotate-key NAME`: everything is wrapped for a new key, nothing opened; the servers must be stopped."""
    office = opened(args)
    try:
        with all_stopped(office):
            count = change_key(office, args.name, by=COMMAND_LINE, at=now())
    except Refusal as refusal:
        say(refusal.reason)
        return 1
    finally:
        office.close()
    say(f"已换新密钥“{args.name}”，重新封装 {count} 份，没有打开任何内容。公钥在 {public_side_folder(office)}")
    say("旧密钥还在密钥目录里（文件名带 before），核对无误、备份销毁以后再删。")
    return 0
