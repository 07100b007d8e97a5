"""Who may import whom: a fresh interpreter per entrance, and every contract broken on purpose to see it object."""

import importlib.util
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from moderation.console.navigation import DESKS
from moderation.models import LISTENING
from tests.house.tree import ROOT, files

LINT = "from importlinter.cli import lint_imports_command as run; run()"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# What people and machines call from outside; everything else in moderation is a verb or a record.
DOORS = tuple(f"moderation.{name}" for name in ("app", "console", "cli", "administration", "check", "demo", "bench", "migrations"))

# One new file each that the contract must object to: where it lies and what it says.
OFFENCES = {
    "public-side": ("portal/core/offence.py", "import moderation.cli\n"),
    "core": ("portal/core/offence.py", "import flask\n"),
    "site": ("portal/site/offence.py", "import portal.core.db\n"),
    "bleach": ("moderation/offence.py", "import bleach\n"),
    "mkdocs": ("portal/site/offence.py", "import mkdocs\n"),
    "flask": ("moderation/offence.py", "import flask\n"),
    "doors": ("moderation/offence.py", "import moderation.console.access\n"),
}


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo", *chosen], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code alone, to be broken."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path in files(".py", under=("portal", "moderation")):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


def test_the_contracts_hold(copy: Path) -> None:
    found = lint(copy)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_contract_has_an_offence_to_prove_it() -> None:
    assert {contract["id"] for contract in CONTRACTS} == set(OFFENCES)


@pytest.mark.parametrize("contract", OFFENCES)
def test_a_contract_objects_when_it_is_broken(copy: Path, contract: str) -> None:
    where, what = OFFENCES[contract]
    offence = copy / where
    offence.write_text(what)
    try:
        found = lint(copy, contract)
    finally:
        offence.unlink()
    assert found.returncode == 1, found.stdout + found.stderr
    assert "offence" in found.stdout


def modules(package: str) -> list[str]:
    paths = files(".py", under=(package.replace(".", "/"),))
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths if path.name != "__init__.py"]


def loaded_by(*names: str) -> set[str]:
    """The top-level names and our own modules in ``sys.modules`` after a fresh interpreter imported ``names``."""
    lines = [*(f"import {name}" for name in names), "import sys", "print(*sys.modules)"]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.split(".")[0] for name in done.stdout.split()} | set(done.stdout.split())


@pytest.mark.parametrize(
    ("entrance", "strangers"),
    [
        ("portal.app", {"moderation", "mkdocs", "alembic"}),
        # Starting quickly: the help page must not load what a command needs.
        ("moderation.cli", {"flask", "sqlalchemy", "mkdocs", "portal"}),
    ],
)
def test_an_entrance_loads_no_stranger(entrance: str, strangers: set[str]) -> None:
    assert importlib.util.find_spec(entrance), f"{entrance} does not exist"
    assert loaded_by(entrance) & strangers == set()


def test_the_console_and_the_public_side_start_without_what_few_pages_need() -> None:
    """Each of these takes 25 to 200 ms of a start that should take two seconds."""
    desks = [f"moderation.console.{name}" for name in DESKS]
    started = loaded_by("portal.app", "moderation.app", *desks)
    assert (
        started & {"openpyxl", "docx", "segno", "pypdf", "weasyprint", "pillow_heif", "mkdocs", "alembic", "moderation.demo.stage"}
        == set()
    )


def test_what_hears_of_written_rows_is_loaded_wherever_an_office_is_opened() -> None:
    """A listener in a module that a process has not imported hears nothing: the worker would write and nothing be kept."""
    hearing = {path for path in files(".py", under=("moderation",)) if "@event.listens_for(" in path.read_text(encoding="utf-8")}
    beside_their_own_table = {ROOT / "moderation" / "casework" / "letters.py"}

    assert hearing - beside_their_own_table == {ROOT / f"{name.replace('.', '/')}.py" for name in LISTENING}


def test_the_core_loads_no_web_and_no_site() -> None:
    assert loaded_by(*modules("portal.core")) & {"moderation", "flask", "werkzeug", "jinja2", "mkdocs"} == set()


def test_the_site_loads_no_database_and_no_web_application() -> None:
    assert loaded_by(*modules("portal.site")) & {"moderation", "sqlalchemy", "flask"} == set()


def test_verbs_load_no_web_application_and_no_mkdocs() -> None:
    verbs = [name for name in modules("moderation") if not name.startswith(DOORS)]
    assert verbs
    assert loaded_by(*verbs) & {"flask", "werkzeug", "mkdocs"} == set()


def test_the_public_process_cannot_load_what_opens_reports() -> None:
    public = loaded_by("portal.app", *modules("portal.intake"), *modules("portal.web"))
    assert {name for name in public if name.startswith("moderation")} == set()
