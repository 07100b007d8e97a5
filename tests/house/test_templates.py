"""The house rules about templates: nothing unescaped, nothing inline, nothing from elsewhere, nothing unused."""

import ast
import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.house.tree import CODE, ROOT, files, name_of, text_of, tree_of

MARKUP = (".html", ".xml", ".svg", ".j2")
JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
FORBIDDEN = {
    "unescaped": re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\("),
    # A block of data (JSON) is not a script and a strict policy lets it be.
    "inline script": re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/(?:ld\+)?json\"))"),
    "inline style": re.compile(r"<style\b|\sstyle\s*="),
    "event attribute": re.compile(r"<[^>{}]*\son[a-z]+\s*="),
    "script address": re.compile(r"javascript:"),
    # A moment is kept in UTC: its own date is yesterday's until eight in the morning.
    "a day that is not China's": re.compile(r"(?<!updated_at)\.date\(\)"),
    "another host": re.compile(r"(?:src|srcset|action)\s*=\s*\"(?:https?:)?//|<link[^>]*href\s*=\s*\"(?:https?:)?//"),
}


def templates() -> list[Path]:
    return [path for path in files(*MARKUP, under=(*CODE, "build/theme")) if "static" not in path.parts]


def markup(path: Path) -> str:
    return JINJA_COMMENT.sub("", text_of(path))


@pytest.mark.parametrize("what", FORBIDDEN)
def test_templates_hold_nothing(what: str) -> None:
    assert [f"{name_of(path)}: {hit.group()[:80]}" for path in templates() if (hit := FORBIDDEN[what].search(markup(path)))] == []


def test_style_sheets_ask_no_other_host() -> None:
    asks = re.compile(r"@import|url\(\s*[\"']?(?:https?:)?//")
    assert [name_of(path) for path in files(".css", under=(*CODE, "build")) if asks.search(text_of(path))] == []


def template_name(path: Path) -> str:
    """The name by which Jinja finds it: what follows its `templates` folder."""
    parts = path.parts
    last = len(parts) - 1 - parts[::-1].index("templates")
    return "/".join(parts[last + 1 :])


def spoken_names() -> tuple[set[str], list[re.Pattern[str]]]:
    """Template names in code and in other templates, and the patterns of names that code puts together."""
    names: set[str] = set()
    patterns = []
    for path in files(".py", under=CODE):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                pieces = [re.escape(str(piece.value)) if isinstance(piece, ast.Constant) else ".+" for piece in node.values]
                if "".join(pieces).endswith(tuple(re.escape(suffix) for suffix in MARKUP)):
                    patterns.append(re.compile("".join(pieces)))
    for path in templates():
        names.update(re.findall(r"[\"']([\w./-]+)[\"']", markup(path)))
    return names, patterns


def test_every_template_is_used() -> None:
    names, patterns = spoken_names()
    mine = [path for path in templates() if "templates" in path.parts]
    unused = [
        name_of(path)
        for path in mine
        if template_name(path) not in names and not any(pattern.fullmatch(template_name(path)) for pattern in patterns)
    ]
    assert unused == []


def test_templates_of_both_apps_say_nothing_that_cannot_be_translated() -> None:
    """Chinese stands in _("…") only: text between tags, and words handed to macros and filters."""
    environment = Environment(extensions=["jinja2.ext.i18n"])
    han = re.compile(r"[\u3400-\u9fff]")
    bare = []
    for path in templates():
        if "site" in path.parts or path.is_relative_to(ROOT / "build"):
            continue
        tree = environment.parse(text_of(path))
        compared = {id(const) for each in tree.find_all(nodes.Compare) for const in each.find_all(nodes.Const)}
        spoken = {id(const) for each in tree.find_all(nodes.Call) if _translates(each) for const in each.find_all(nodes.Const)}
        said = [(data.lineno, data.data) for data in tree.find_all(nodes.TemplateData)]
        said += [(const.lineno, const.value) for const in tree.find_all(nodes.Const) if id(const) not in spoken | compared]
        bare += [f"{name_of(path)}:{line}: {str(text).strip()[:60]}" for line, text in said if han.search(str(text))]
    assert bare == []


def _translates(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name in {"_", "gettext", "ngettext"}


def test_every_macro_that_a_template_imports_is_used_in_it() -> None:
    unused = []
    for path in templates():
        text = markup(path)
        for line in re.finditer(r"\{%-?\s*from\s+\S+\s+import\s+(.+?)(?:\s+with(?:out)?\s+context)?\s*-?%\}", text):
            for name in line.group(1).split(","):
                called = name.split(" as ")[-1].strip()
                if len(re.findall(rf"\b{re.escape(called)}\b", text)) < 2:
                    unused.append(f"{name_of(path)}: {called}")
    assert unused == []


# Pages with a script of their own → the ends of addresses that lead there, by which console.js knows to fetch them whole.
FETCHED_WHOLE = {"moderation/console/templates/letters/on_site.html": ("on-site", "check-on-site")}


def test_no_page_of_the_desk_brings_styles_or_scripts_that_a_quick_link_would_leave_behind() -> None:
    """Quick pages put in only what is inside the page: what stands in the head of one page would be missing on the next."""
    own = [
        path for path in files(".html", under=("moderation/console",)) if re.search(r"<link[^>]*stylesheet|<script", text_of(path))
    ]
    whole = re.search(r"var FILE = .*", text_of(ROOT / "portal/web/static/console.js"))

    assert {name_of(path) for path in own} == set(FETCHED_WHOLE)
    assert whole
    assert all(f"|{part}|" in whole[0] for parts in FETCHED_WHOLE.values() for part in parts)
