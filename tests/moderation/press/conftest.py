"""A press with a real, once-built set of shells, so that hundreds of builds in a test cost no MkDocs run each."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from moderation.press.paths import PressPaths
from moderation.press.releases import PROJECT, build_site
from portal.core.public_settings import PublicSettings, write_public_settings

CONFIG = """\
site_name: 云岭县生态环境督察公开
site_url: https://yunling.example/
docs_dir: docs
theme: {{name: material, custom_dir: {theme}, language: zh, font: false}}
markdown_extensions: [admonition, attr_list, md_in_html, tables]
extra:
  header:
    - {{title: 首页, url: ""}}
    - {{title: 整改进展, url: records/rectification/}}
"""

Builder = Callable[[PressPaths, Path], None]


def write_docs(folder: Path) -> Path:
    """A small site_docs and its mkdocs.yml, with the project's own theme."""
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "index.md").write_text("---\nlayout: home\n---\n# 首页\n", encoding="utf-8")
    (folder / "docs" / "verify.md").write_text("# 自己核对\n\n先下载，再比较。\n", encoding="utf-8")
    config = folder / "mkdocs.yml"
    config.write_text(CONFIG.format(theme=PROJECT / "build" / "theme"), encoding="utf-8")
    return config


@pytest.fixture(scope="session")
def hand_written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hand-written pages and shells, made by MkDocs and Material."""
    folder = tmp_path_factory.mktemp("hand-written")
    paths = PressPaths(folder / "data")
    paths.make()
    build_site(paths, folder / "site", write_docs(folder))
    return folder / "site"


@pytest.fixture(scope="session")
def builder(hand_written: Path) -> Builder:
    """Stands for the MkDocs run: copies its output."""

    def copy(_paths: PressPaths, staging: Path) -> None:
        shutil.copytree(hand_written, staging)

    return copy


@pytest.fixture
def paths(tmp_path: Path) -> PressPaths:
    made = PressPaths(tmp_path / "data", durable=False)
    made.make()
    write_public_settings(made.public_settings, PublicSettings(site_url="https://yunling.example/"))
    return made
