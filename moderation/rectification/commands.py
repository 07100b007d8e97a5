"""The command `import-plan`: shows what an official plan says, and on request writes it to the ledger."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import stores
from moderation.office import open_office
from moderation.rectification.applying import write
from moderation.rectification.documents import Document, UnreadableDocument, read_file, read_text
from moderation.rectification.importing import PlanHead
from moderation.rectification.plan import Plan, PlanItem, plan_json
from moderation.rectification.plan_reader import REASONS, read_plan
from moderation.staff import StaffMember
from portal.core.clock import now
from portal.core.errors import NotThere, Refusal
from portal.core.places import DATA
from portal.core.workflow import Actor, SystemActor

IMPORTER = SystemActor("importer")


def import_plan_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", help="整改方案：.txt .docx .xlsx .pdf .html；“-”从标准输入读文字 / the plan; - reads standard input"
    )
    parser.add_argument("--json", action="store_true", help="以 JSON 输出 / print JSON")
    parser.add_argument("--number", default="", metavar="文号", help="方案的文号 / document number of the plan")
    parser.add_argument("--code", default="", metavar="CODE", help="方案代码，用作网址，如 zj-2026-03 / short code for addresses")
    parser.add_argument("--title", default="", help="方案名称，默认取自文中 / title, by default from the document")
    parser.add_argument("--region", default="", metavar="区划代码", help="行政区划代码 / region code of the plan")
    parser.add_argument("--programme", default="", metavar="轮次", help="督察轮次，如 2026年省级督察 / inspection round")
    parser.add_argument(
        "--base", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD", help="“三个月内”等的起算日 / day spans count from"
    )
    parser.add_argument(
        "--apply", action="store_true", help="写入台账，并为每项任务起草公开稿 / write the ledger, draft disclosures"
    )
    parser.add_argument("--by", default="", metavar="工号", help="以哪位工作人员的名义写入 / staff account that imports")
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="数据目录 / data directory")


def import_plan(args: argparse.Namespace) -> int:
    """Prints the plan; with --apply writes it. 0 when items were read, 1 when the file or the plan could not be."""
    try:
        plan = read_plan(_open(args.file), base=args.base)
    except UnreadableDocument as problem:
        print(str(problem), file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(plan_json(plan), ensure_ascii=False, indent=2))
    else:
        print(report(plan))
    if not plan.items:
        print("没有读出任何整改任务。文中没有找到“整改目标”“整改措施”“整改时限”等栏目。", file=sys.stderr)
        return 1
    return _apply(plan, args) if args.apply else 0


def _open(name: str) -> Document:
    return read_text(sys.stdin.read(), "标准输入") if name == "-" else read_file(Path(name))


def report(plan: Plan) -> str:
    """What a clerk reads before applying: the items in one line each, what is odd, what is asked, what was not placed."""
    lines = [f"{plan.document.name}：读出 {len(plan.items)} 项整改任务。", ""]
    lines += [_one_line(item) for item in plan.items]
    lines += ["", "需要核对："] + [
        f"  {'第' + str(a.item) + '项' if a.item is not None else '全文'}  {a.message}{'（' + a.place + '）' if a.place else ''}"
        for a in plan.anomalies
    ]
    questions = [f"  第{number}项  {q.text}{_choices(q.choices)}" for number, q in plan.questions()]
    lines += ["", "请人确定，不代为选择：", *questions] if questions else []
    return "\n".join([*lines, "", *_unread_lines(plan)])


def _one_line(item: PlanItem) -> str:
    due = item.deadline.due.isoformat() if item.deadline.due else "—"
    lead = "、".join(item.lead_units) or "（无牵头单位）"
    words = item.deadline.text or "（未写时限）"
    return f"{item.number:>4}  {due:<10}  {words}  措施{len(item.measures)}条  {lead}  {item.problem[:18]}…"


def _choices(choices: tuple[date, ...]) -> str:
    return f"：{' 或 '.join(day.isoformat() for day in choices)}" if choices else ""


def _unread_lines(plan: Plan) -> list[str]:
    """Front matter as one range, everything else line by line."""
    front = [entry for entry in plan.unread if entry.kind == "front_matter"]
    rest = [entry for entry in plan.unread if entry.kind != "front_matter"]
    lines = []
    if front:
        lines.append(f"任务之前的文字 {len(front)} 段，{front[0].place}至{front[-1].place}（--json 逐段列出）。")
    lines.append(f"没有归入任何一项的文字 {len(rest)} 处：" if rest else "其余文字全部归入。")
    return lines + [f"  {entry.place}  “{entry.text}”  {REASONS[entry.kind]}" for entry in rest]


def _apply(plan: Plan, args: argparse.Namespace) -> int:
    office = open_office(args.data)
    head = PlanHead(
        code=args.code, title=args.title, document_number=args.number, region_code=args.region, programme=args.programme
    )
    try:
        stores.require_current(office)
        with office.office.transaction() as session:
            found = write(session, plan, head, by=_importer(session, args.by), at=now())
    except Refusal as refused:
        print(refused.reason, file=sys.stderr)
        return 1
    finally:
        office.close()
    print(f"台账 {args.code}：{found.spoken()}。", file=sys.stderr if args.json else sys.stdout)
    return 0


def _importer(session: Session, login: str) -> Actor:
    if not login:
        return IMPORTER
    member = session.scalar(select(StaffMember).where(StaffMember.login == login))
    if member is None:
        raise NotThere(f"没有登录名“{login}”")
    return member
