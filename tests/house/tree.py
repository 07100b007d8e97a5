"""The files of this checkout as the house tests see them: what is written by hand, nothing that is made."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = {".git", ".venv", "var", "__pycache__", "node_modules"}
CODE = ("portal", "moderation")


def files(*suffixes: str, under: tuple[str, ...] = ("",)) -> list[Path]:
    """Every file with one of ``suffixes`` (all, when none is named), sorted."""
    return sorted(path for path in _all_files() if path.suffix in (suffixes or {path.suffix}) and _lies_under(path, under))


def _lies_under(path: Path, folders: tuple[str, ...]) -> bool:
    return any(path.is_relative_to(ROOT / folder) for folder in folders)


@cache
def _all_files() -> tuple[Path, ...]:
    return tuple(_walk(ROOT))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in MADE or path.name.endswith("_cache") or path.name == ".hypothesis":
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def text_of(path: Path) -> str:
    """The text of a file; empty for pictures, wheels and other bytes."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
