"""How the press's templates are made into Python: Jinja as it is, autoescape on, with three short cuts for 100,000 pages.

An attribute is read as Python reads it; a value that is plain text is escaped without being wrapped; what was compiled
is kept beside the templates, as Python keeps its own, so that a single publish need not compile them again.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import Any

import jinja2
from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, Template, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]


class _QuickGenerator(CodeGenerator):
    """Templates are given objects with attributes only; a wrong name raises, as it should."""

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        self.write("(")
        self.visit(node.node, frame)
        self.write(f").{node.attr}")

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        """Text and values that follow one another become one piece; Python makes a single step of a literal ``%``."""
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or frame.require_output_check:
            raise AssertionError("the press's templates always escape and extend nothing")
        self.writeline("yield (" if frame.buffer is None else f"{frame.buffer}.append(", node)
        if all(isinstance(child, nodes.TemplateData) for child in node.nodes):
            self.write(repr("".join(child.data for child in node.nodes if isinstance(child, nodes.TemplateData))) + ")")
            return
        self.write(repr("".join(self._fixed(child) or "%s" for child in node.nodes)))
        self.write(" % (")
        for child in node.nodes:
            if not isinstance(child, nodes.TemplateData):
                # The same text as markupsafe.escape, without making a Markup of it: a page prints about 120 values.
                self.write("(plain(value) if type(value := (")
                self.visit(child, frame)
                self.write(")) is str else marked(value)), ")
        self.write("))")

    def _fixed(self, node: nodes.Expr) -> str:
        return node.data.replace("%", "%%") if isinstance(node, nodes.TemplateData) else ""


escaped: Callable[[str], str] = _escape_inner
"""Plain text escaped as in templates, as plain text again, for the few lines that are made without one."""


def _marked(value: Any) -> str:
    return value if type(value) is Markup else escape(value)


class _QuickTemplate(Template):
    @classmethod
    def from_code(
        cls, environment: Environment, code: CodeType, globals: Any, uptodate: Callable[[], bool] | None = None
    ) -> Template:
        made = super().from_code(environment, code, globals, uptodate)
        made.root_render_func.__globals__.update(plain=_escape_inner, marked=_marked)
        return made


def fill(template: Template, values: dict[str, Any]) -> str:
    """``Template.render`` without its handling of half-rendered pages: a failure here is ours and may rise as it is."""
    # Jinja keeps the environment's words in a ChainMap, which takes 5 µs to copy; here they are the same for all templates.
    words: dict[str, Any] = {**template.environment.globals, **values}
    return "".join(template.root_render_func(template.new_context(words, shared=True)))


class KeptBeside(FileSystemBytecodeCache):
    """Compiled templates in ``__pycache__`` beside the templates; where that cannot be written, they are compiled each time."""

    def __init__(self, folder: Path) -> None:
        made_by = f"{jinja2.__version__}\0{Path(__file__).read_text(encoding='utf-8')}"
        super().__init__(str(folder / "__pycache__"), f"%s.{hashlib.sha256(made_by.encode()).hexdigest()[:12]}.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)


def make_environment(folders: tuple[Path, ...]) -> Environment:
    """An environment that takes templates from these folders; compiled ones are kept in the first."""
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
        bytecode_cache=KeptBeside(folders[0]),
    )
    made.code_generator_class = _QuickGenerator
    made.template_class = _QuickTemplate
    return made
