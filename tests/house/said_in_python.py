"""What Python says to people at the desk: every Chinese sentence of the console's doors and of the verbs behind them.

``已分办 {done} 件`` is read as the shape ``已分办 {0} 件``, as portal/web/spoken.py looks it up.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOT, tree_of

HAN = re.compile(r"[\u3400-\u9fff]")
REFUSALS = frozenset({"Refusal", "NotAllowed", "NotThere", "Overtaken", "Mendable"})
# Modules whose every Chinese sentence can stand on a page of the console.
SPEAKING = (
    "moderation/console/*.py",
    "moderation/*/machine.py",
    "moderation/*/words.py",
    "moderation/letter_notices.py",
    "moderation/outbox.py",
    "moderation/casework/clocks.py",
    "moderation/casework/duplicates.py",
    "moderation/casework/letter_lists.py",
    "moderation/casework/redaction.py",
    "moderation/casework/review.py",
    "moderation/rectification/deadlines.py",
    "moderation/rectification/anomalies.py",
    "moderation/rectification/keeping.py",
    "moderation/rectification/progress.py",
    "moderation/rectification/suggestions.py",
    "moderation/rectification/lists.py",
    "moderation/rewards/calculation.py",
    "moderation/rewards/lives.py",
    "moderation/publication/lists.py",
    "moderation/publication/leak_guard.py",
    "moderation/supervision/ladder.py",
    "moderation/supervision/samples.py",
    "moderation/supervision/rechecks.py",
    "moderation/supervision/recheck_tables.py",
    "moderation/casework/undoing.py",
    "moderation/casework/clock_sums.py",
    "moderation/accountability/assess.py",
    "moderation/accountability/investigations.py",
    "moderation/accountability/statistics.py",
    "moderation/casework/batches.py",
    "moderation/casework/letters.py",
    "moderation/casework/onward.py",
    "moderation/casework/routing.py",
    "moderation/letter_statistics/figures.py",
    "moderation/publication/fields.py",
    "moderation/rectification/look_backs.py",
    "moderation/rewards/payments.py",
    "moderation/rewards/phone_box.py",
    "moderation/rewards/proposals.py",
    "moderation/site_check.py",
    "portal/core/accountability_model.py",
    "portal/core/calendar.py",
    "portal/core/workflow.py",
)
# What readers of Chinese text look for, and citations of Chinese documents: never sentences to somebody.
PATTERN = re.compile(r"^\{0\} 第|\(\?|\||\\|\[[^\]/]+\]|%[md]|\$$")
CITATION = re.compile(
    r"〔\d+〕|第[\d一二三四五六七八九十]+[条项款]|第 \d+ 项$"
    r"|(?:条例|通知|规程|方案|流程|制度|规定|办法|程序|职责|法|式管理|逐一销号|审批|必追责)"
    r"(?:（[^）]+）| [一二三四五六七八九十至（）、]+)?$"
)
TOKENS = frozenset({"〇○零一二两三四五六七八九十", "一二三四五六七八九十", "次翌", "今本当", "[/表]", "[/图表]"})
# Words of letters, records and papers that are written in Chinese on purpose; and dates, which are read as dates.
WRITTEN = frozenset(
    {"环境问题", "反映{0}{1}存在{2}的问题，{3}。", "{0}问题", "{0}年{1}月{2}日", "{0}年{1}月", "{0}月{1}日", "{0}月{1}日，"}
)
LONGEST_SENTENCE = 200


def is_sentence(said: str) -> bool:
    """True: somebody reads it as words of the desk; a letter alone, a pattern of a reader and a citation are none."""
    if len(re.sub(r"\{\d\}", "", said)) < 2 or len(said) > LONGEST_SENTENCE or said in TOKENS or said in WRITTEN:
        return False
    return not PATTERN.search(said) and not CITATION.search(said)


def numbered(said: str) -> str:
    """A template of str.format in the numbering of shapes: {number} and {name} in the order they stand."""
    order: list[str] = []
    for slot in re.findall(r"\{([a-z_]\w*)\}", said):
        if slot not in order:
            order.append(slot)
    return re.sub(r"\{([a-z_]\w*)\}", lambda slot: f"{{{order.index(slot[1])}}}", said)


def shape(node: ast.expr) -> str | None:
    """The sentence of a string or f-string, with numbered slots; None where it holds no Chinese."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        said = numbered(node.value)
    elif isinstance(node, ast.JoinedStr):
        number = 0
        said = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                said += str(part.value)
            else:
                said += f"{{{number}}}"
                number += 1
    else:
        return None
    return said.strip() if HAN.search(re.sub(r"\{\d\}", "", said)) else None


def quiet(tree: ast.AST) -> set[int]:
    """Nodes that nobody at the desk reads: docstrings, parts of f-strings, comments of columns."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            found.add(id(node.body[0].value))  # type: ignore[attr-defined]
        if isinstance(node, ast.JoinedStr):
            found |= {id(part) for part in node.values}
        if isinstance(node, ast.keyword) and node.arg in {"comment", "help"}:
            found |= {id(part) for part in ast.walk(node.value)}
    return found


def refusals(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
            for said in (*node.args[:1], *(each.value for each in node.keywords if each.arg == "clause")):
                yield from (part for part in ast.walk(said) if isinstance(part, ast.Constant | ast.JoinedStr))


def said_in(path: Path, *, whole: bool) -> Iterator[tuple[str, int]]:
    tree = tree_of(path)
    silent = quiet(tree)
    nodes = ast.walk(tree) if whole else refusals(tree)
    for node in nodes:
        if id(node) not in silent and (said := shape(node)):  # type: ignore[arg-type]
            yield said, node.lineno  # type: ignore[attr-defined]


def said_in_python() -> dict[str, str]:
    """Sentence or shape → where it is said."""
    whole = {path for pattern in SPEAKING for path in ROOT.glob(pattern)}
    every = {*ROOT.glob("moderation/**/*.py"), *ROOT.glob("portal/core/*.py")}
    found: dict[str, str] = {}
    for path in sorted(every - {path for path in every if "demo" in path.parts or "bench" in path.parts}):
        for said, line in said_in(path, whole=path in whole):
            if is_sentence(said):
                found.setdefault(said, f"{path.relative_to(ROOT)}:{line}")
    return found
