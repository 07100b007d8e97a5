"""PublishedRecordsPlugin: the only file that knows MkDocs.

MkDocs renders the hand-written pages of site_docs. For every page kind of the records this plugin adds one sentinel
page whose title, description and content are slots; the finished page is cut loose from its place and written to
``shells/`` in the built site, where the press fills it. No record ever becomes a MkDocs page.
"""

from __future__ import annotations

import base64
import logging
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, pass_context
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import base, config_options, load_config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

from portal.core.accent import style_sheet, tinted
from portal.core.catalogue import SOURCE, catalogue, is_right_to_left, own_name, tags
from portal.core.public_record import KINDS
from portal.core.public_settings import PublicSettings, read_public_settings
from portal.site.shells import FOLDER, HOME, MONTH, cut_loose, names_of
from portal.site.templating import KeptBeside

STATIC = Path(__file__).parents[1] / "web" / "static"
SHARED_FILES = ("portal.css", "from-the-right.css")
"""Files of the common look that the site carries as assets/, beside emblem and colour of the office."""

NOT_PRINTED = frozenset({"regions_csv", "base_maps", "emblem_png"})
LAYOUTS = {"section": "wide", "record": "record", "list": "wide"}
# "<h1" in the content keeps a theme from adding a heading of its own; the comment is taken away with the slot.
MAIN_SLOT = "<!--<h1-->[[press:main]]"


class Settings(base.Config):  # type: ignore[no-untyped-call]
    """``settings_file``: the office's public settings (JSON); without it the site is built nameless."""

    settings_file = config_options.Type(str, default="")


class PublishedRecordsPlugin(BasePlugin[Settings]):  # type: ignore[no-untyped-call]
    """Adds the shells, the office's public settings and the words of the interface to a MkDocs build."""

    def __init__(self) -> None:
        self.shells: dict[str, str] = {}
        self.sentinels: dict[str, str] = {}
        self.look = office_look(PublicSettings())

    def on_config(self, config: Any) -> Any:
        self.shells, self.sentinels = {}, {}
        if self.config.settings_file:
            settings = read_public_settings(Path(self.config.settings_file))
            config.extra["brand"] = {key: value for key, value in asdict(settings).items() if key not in NOT_PRINTED}
            self.look = office_look(settings)
            config.extra["brand"]["emblem"] = next(name for name in self.look if name.startswith("emblem"))
            config.site_name = settings.office_name or config.site_name
            config.site_url = settings.site_url or config.site_url
        config.extra["languages"] = [{"tag": tag, "name": own_name(tag), "rtl": is_right_to_left(tag)} for tag in tags()]
        return config

    def on_env(self, env: Any, **_rest: Any) -> Any:
        env.globals["_"] = _translated
        return env

    def on_files(self, files: Files, config: Any) -> Files:
        look = {name: (STATIC / name).read_bytes() for name in SHARED_FILES} | self.look
        for name, data in look.items():
            files.append(File.generated(config, f"assets/{name}", content=data))
        for page, layout in LAYOUTS.items():
            for kind, (label, _) in KINDS.items():
                place = f"records/{kind}/index.md" if page == "section" else f"records/{kind}/{page}-shell.md"
                self._add(files, config, f"{page}-{kind}", place, layout, label)
        self._add(files, config, MONTH, "lists/month/month-shell.md", "wide", "每月公开")
        for tag in tags():
            if tag != SOURCE and files.get_file_from_path(f"{tag}/index.md") is None:
                files.append(_welcome(config, tag))
        home = files.get_file_from_path("index.md")
        if home is not None:
            self.sentinels["index.md"] = HOME
        return files

    def on_page_content(self, html: str, page: Page, **_rest: Any) -> str:
        return MAIN_SLOT if page.file.src_uri in self.sentinels else _wide_tables_scroll(html)

    def on_page_context(self, context: Any, page: Page, config: Any, **_rest: Any) -> Any:
        if page.file.src_uri in self.sentinels:
            page.meta.update(title="[[press:title]]", description="[[press:description]]")
            page.canonical_url = f"{config.site_url.rstrip('/')}/[[press:address]]" if config.site_url else None
        return context

    def on_post_page(self, output: str, page: Page, **_rest: Any) -> str:
        name = self.sentinels.get(page.file.src_uri)
        if name is None:
            return output
        self.shells[name] = cut_loose(output.replace(MAIN_SLOT, "[[press:main]]"), page.url)
        return ""

    def on_post_build(self, config: Any) -> None:
        missing = names_of(self.shells)
        if missing:
            raise PluginError(f"shells missing: {', '.join(missing)}; is there an index.md?")
        for name in ("sitemap.xml", "sitemap.xml.gz"):
            # MkDocs lists only its own pages, the shells among them; portal.site.feeds writes the real ones.
            (Path(config.site_dir) / name).unlink(missing_ok=True)
        folder = Path(config.site_dir) / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.shells.items():
            (folder / f"{name}.html").write_text(text, encoding="utf-8")

    def _add(self, files: Files, config: Any, name: str, place: str, layout: str, label: str) -> None:
        front = yaml.safe_dump({"title": label, "layout": layout}, allow_unicode=True)
        page = File.generated(config, place, content=f"---\n{front}---\n# {label}\n", inclusion=InclusionLevel.NOT_IN_NAV)
        files.append(page)
        self.sentinels[place] = name


def office_look(settings: PublicSettings) -> dict[str, bytes]:
    """Emblem and colour of an office as files: its own, or the product's."""
    files: dict[str, bytes] = {}
    if settings.emblem_png:
        files["emblem.png"] = base64.b64decode(settings.emblem_png)
    else:
        files["emblem.svg"] = tinted((STATIC / "emblem.svg").read_text(encoding="utf-8"), settings.accent).encode()
    if settings.accent:
        files["office.css"] = style_sheet(settings.accent).encode()
    return files


class _WithoutIcons(FileSystemLoader):
    """Material brings 14,000 icons, which our frame does not use: MkDocs would look at each of them, a fifth of its time."""

    def list_templates(self) -> list[str]:
        found: set[str] = set()
        for folder in map(Path, self.searchpath):
            for part in folder.iterdir():
                inside = part.rglob("*") if part.is_dir() and not part.name.startswith(".") else ()
                found.update(path.relative_to(folder).as_posix() for path in (part, *inside) if path.is_file())
        return sorted(found)


def _quick(env: Environment) -> Environment:
    """The theme's templates, compiled once and kept beside the press's own."""
    assert isinstance(env.loader, FileSystemLoader)
    env.loader = _WithoutIcons(env.loader.searchpath)
    env.bytecode_cache = KeptBeside(Path(__file__).parent / "templates")
    return env


def _wide_tables_scroll(html: str) -> str:
    """A Markdown table wider than a phone moves inside its own frame, by finger and by keyboard."""
    frame = '<div class="table-scroll" tabindex="0" role="group" aria-label="表格，可左右移动">'
    return html.replace("<table>", f"{frame}<table>").replace("</table>", "</table></div>") if "<table>" in html else html


def _welcome(config: Any, tag: str) -> File:
    """The front page of a language for which nobody has written pages yet: its words are those of its catalogue."""
    front = yaml.safe_dump({"title": catalogue(tag).one("首页"), "layout": "welcome", "lang": tag}, allow_unicode=True)
    return File.generated(config, f"{tag}/index.md", content=f"---\n{front}---\n", inclusion=InclusionLevel.NOT_IN_NAV)


@pass_context
def _translated(context: Any, words: str) -> str:
    """``_`` for the theme: the source words, or their translation when the page's front matter names a language."""
    page = context.get("page")
    language = (page.meta.get("lang") if page is not None else None) or SOURCE
    return catalogue(language).one(words) if language in tags() else words


def build(config_file: Path, site_dir: Path, settings_file: Path) -> None:
    """Builds the hand-written pages and the shells into ``site_dir``, which MkDocs empties first.

    The plugin is handed over here and not looked up, so that a checkout that was never installed builds too.
    """
    plugin = PublishedRecordsPlugin()
    plugin.load_config({"settings_file": str(settings_file)})
    # A dead link in a hand-written page is reported, but never keeps a withdrawal from going out.
    config = load_config(str(config_file), plugins=[], site_dir=str(site_dir), strict=False)
    config.plugins["published-records"] = plugin
    theme_env = config.theme.get_env
    config.theme.get_env = lambda: _quick(theme_env())  # type: ignore[method-assign]
    config.plugins.on_startup(command="build", dirty=False)
    mkdocs_build(config)


def _end_with_the_press() -> None:
    """The press holds the other end of standard input: when it is killed, nothing goes on writing into its folder."""

    def wait() -> None:
        os.read(0, 1)  # the raw descriptor: a buffered stream would be locked at the end
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    _end_with_the_press()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    build(*map(Path, sys.argv[1:4]))
