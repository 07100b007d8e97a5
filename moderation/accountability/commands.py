"""The commands `assess` (a facts file in, one JSON object out) and `accountability-pages` (rules as public pages)."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path

from moderation.accountability.assess import assess as suggest
from moderation.accountability.facts import FactsFault, parse, shown
from portal.core.accountability_rules import public_pages, rulebook

NOT_UNDERSTOOD = 2


def assess_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("facts", metavar="FACTS.json", help="事实文件，- 表示标准输入 / facts file, - for standard input")
    parser.add_argument("--trace", action="store_true", help="同时给出每一行为什么符合 / add why each row was met")


def assess(args: argparse.Namespace) -> int:
    """Prints what the rules suggest. Exit code 2, with one line naming the field, when a fact is not understood."""
    _speak_utf8()
    try:
        case = parse(_text(args.facts), rulebook())
    except FactsFault as fault:
        sys.stderr.write(f"{fault}\n")
        return NOT_UNDERSTOOD
    answer = suggest(case, rulebook()).as_json(trace=args.trace)
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
    return 0


def _speak_utf8() -> None:
    """JSON is UTF-8 (RFC 8259), whatever the terminal says it speaks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


def accountability_pages_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=Path("site_docs/accountability-rules"), help="写到哪里 / where to")


def accountability_pages(args: argparse.Namespace) -> int:
    """Writes the public pages “哪种情形，问到谁，怎么问” from the rule files."""
    args.folder.mkdir(parents=True, exist_ok=True)
    for name, text in public_pages().items():
        (args.folder / name).write_text(text, encoding="utf-8")
    return 0


def _text(name: str) -> str:
    """The file's text, UTF-8 with or without a mark at its head."""
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FactsFault("FACTS.json: 不是 UTF-8 文字 / not UTF-8 text") from error
    except (OSError, ValueError) as error:
        raise FactsFault(f"FACTS.json: 打不开文件 / cannot open {shown(name)}") from error
