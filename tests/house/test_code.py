"""The house rules about code that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import CODE, ROOT, files, name_of, text_of, tree_of

FUNCTION_LINES = 60
# Functions that may be longer, each with its reason. Keep it empty.
LONG_FUNCTIONS: set[str] = set()
# Written by Alembic from the models, one line a column.
GENERATED = "/migrations/"
CLOCK = "portal/core/clock.py"
# Written in pieces, so that this file does not find itself.
FORBIDDEN_TEXT = {
    "a path of one machine": re.compile("/" + r"(?:work|root|home/\w+|Users/\w+)/"),
    "a registry host": re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs", "deb" + r"\.debian"])),
}
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_file_is_called_utils() -> None:
    vague = {"utils", "util", "helpers", "helper", "misc", "common"}
    assert [name_of(path) for path in files(".py") if path.stem in vague] == []


def test_every_function_is_short() -> None:
    long = {
        f"{name_of(path)}:{function.name} ({function.end_lineno - function.lineno + 1} lines)"
        for path in files(".py")
        if GENERATED not in name_of(path)
        for function in functions(path)
        if function.end_lineno and function.end_lineno - function.lineno >= FUNCTION_LINES
    }
    assert long - LONG_FUNCTIONS == set()


def test_packages_wake_nothing_when_imported() -> None:
    assert [name_of(path) for path in files(".py") if path.name == "__init__.py" and path.read_text().strip()] == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = [
        f"{name_of(path)}: {what}: {hit.group()}"
        for path in files()
        for what, pattern in FORBIDDEN_TEXT.items()
        if (hit := pattern.search(text_of(path)))
    ]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    assert [name_of(path) for path in files(".py", ".html", ".css", ".js") if UNFINISHED.search(text_of(path))] == []


def test_one_file_reads_the_clock() -> None:
    readers = {
        name_of(path)
        for path in files(".py", under=CODE)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date"}
    }
    assert readers == {CLOCK}


def test_no_verb_commits() -> None:
    """Transactions are opened in portal/core/db.py and in migrations, nowhere else."""
    committers = {
        name_of(path)
        for path in files(".py", under=CODE)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    }
    assert {name for name in committers if GENERATED not in name} <= {"portal/core/db.py"}


def test_every_module_opens_with_what_it_is_for() -> None:
    silent = [
        name_of(path) for path in files(".py", under=CODE) if path.name != "__init__.py" and not ast.get_docstring(tree_of(path))
    ]
    assert silent == []


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in (ROOT / "site_docs" / "decisions").glob("[0-9]*.md")]
    assert sorted(numbers) == sorted(set(numbers))
