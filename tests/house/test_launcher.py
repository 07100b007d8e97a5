"""`./disclosure` on machines of many kinds: a real launcher and a real pip, on a small project with one library."""

import base64
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.house.tree import ROOT

PYTHON = getattr(sys, "_base_executable", sys.executable)
CLI = """
import sys
from importlib.metadata import entry_points
import lamp
print("lamp", lamp.VERSION, *sys.argv[1:])
print("plugins", *(found.value for found in entry_points(group="mkdocs.plugins")))
try:
    import probe
    print("probe here")
except ImportError:
    print("no probe")
"""


def build_wheel(folder: Path, name: str, version: str, code: str) -> str:
    """Writes a wheel of one module; returns its line for a lock file."""
    info = f"{name}-{version}.dist-info"
    contents = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for place, text in contents.items():
        checksum = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{place},sha256={checksum},{len(text.encode())}\n"
    contents[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for place, text in contents.items():
            wheel.writestr(place, text)
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@dataclass
class Checkout:
    """A small project with the real launcher, and a folder of wheels in place of a network."""

    root: Path
    wheels: Path
    environment: dict[str, str] = field(default_factory=dict)

    def words(self, *arguments: str, called: Path | None = None) -> list[str]:
        return [str(called or self.root / "disclosure"), *arguments]

    def settings(self) -> dict[str, str]:
        chosen = {"DISCLOSURE_PYTHON": PYTHON, "DISCLOSURE_WHEELS": str(self.wheels), "PATH": os.environ["PATH"]}
        return chosen | {"HOME": str(self.root.parent), "PIP_NO_CACHE_DIR": "1"} | self.environment

    def start(self, *arguments: str, called: Path | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.words(*arguments, called=called),
            cwd=cwd or self.root.parent,
            env=self.settings(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )

    @property
    def packages(self) -> Path:
        return next((self.root / ".venv" / "lib").glob("python*/site-packages"))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root, wheels = tmp_path / "a checkout", tmp_path / "wheels"
    root.mkdir()
    wheels.mkdir()
    shutil.copy(ROOT / "disclosure", root)
    shutil.copytree(ROOT / ".bootstrap", root / ".bootstrap", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "moderation").mkdir()
    (root / "moderation" / "__init__.py").touch()
    (root / "moderation" / "cli.py").write_text(CLI)
    plugin = '[project.entry-points."mkdocs.plugins"]\nours = "portal.site.plugin:Ours"\n'
    (root / "pyproject.toml").write_text(f'[project]\nname = "small-project"\nversion = "1.0"\n{plugin}')
    lamp = build_wheel(wheels, "lamp", "1.0", "VERSION = 1\n")
    (root / "requirements.lock").write_text(lamp)
    (root / "requirements-check.lock").write_text(lamp + build_wheel(wheels, "probe", "1.0", ""))
    return Checkout(root, wheels)


def test_the_first_start_installs_from_a_folder_and_the_second_does_not(checkout: Checkout) -> None:
    first = checkout.start("demo", "--port", "1")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == ["lamp 1 demo --port 1", "plugins portal.site.plugin:Ours", "no probe"]
    shutil.rmtree(checkout.wheels)
    second = checkout.start("demo")
    assert (second.returncode, second.stderr) == (0, "")


def test_check_adds_its_own_libraries_to_what_is_there(checkout: Checkout) -> None:
    checkout.start("demo")
    (checkout.packages / "left-alone").touch()
    assert "probe here" in checkout.start("check").stdout
    assert (checkout.packages / "left-alone").exists()
    assert checkout.start("demo").stderr == ""


def test_a_torn_installation_is_made_again_from_nothing(checkout: Checkout) -> None:
    checkout.start("demo")
    (checkout.root / ".venv" / "disclosure.json").unlink()
    (checkout.packages / "lamp.py").write_text("torn")
    (checkout.packages / "stray.py").touch()
    repaired = checkout.start("demo")
    assert "lamp 1 demo" in repaired.stdout, repaired.stderr
    assert not (checkout.packages / "stray.py").exists()


def test_an_environment_without_an_interpreter_is_made_again(checkout: Checkout) -> None:
    checkout.start("demo")
    (checkout.root / ".venv" / "bin" / "python").unlink()
    (checkout.root / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    (checkout.root / ".venv" / "disclosure.json").write_text("{torn")
    assert "lamp 1 demo" in checkout.start("demo").stdout


def test_an_environment_made_by_somebody_else_is_kept(checkout: Checkout) -> None:
    packages = checkout.root / ".venv" / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "theirs.py").touch()
    (checkout.root / ".venv" / "bin").mkdir()
    (checkout.root / ".venv" / "bin" / "python").symlink_to(PYTHON)
    (checkout.root / ".venv" / "pyvenv.cfg").write_text(f"home = {Path(PYTHON).parent}\n")
    assert "lamp 1 demo" in checkout.start("demo").stdout
    assert (packages / "theirs.py").exists()


def test_a_changed_list_is_installed_again_without_the_old_files(checkout: Checkout) -> None:
    checkout.start("demo")
    (checkout.root / "requirements.lock").write_text(build_wheel(checkout.wheels, "lamp", "2.0", "VERSION = 2\n"))
    assert "lamp 2 demo" in checkout.start("demo").stdout
    assert [path.name for path in checkout.packages.glob("lamp-*")] == ["lamp-2.0.dist-info"]


def test_two_starts_at_once_install_once_and_both_work(checkout: Checkout) -> None:
    both = [
        subprocess.Popen(
            checkout.words(f"start-{number}"),
            env=checkout.settings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for number in (1, 2)
    ]
    said = [running.communicate(timeout=300) for running in both]
    assert [words.splitlines()[0] for words, _ in said] == ["lamp 1 start-1", "lamp 1 start-2"]
    assert sum("Installing libraries" in errors for _, errors in said) == 1


def test_it_runs_from_anywhere_and_through_a_link(checkout: Checkout, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "moderation").mkdir(parents=True)
    (elsewhere / "moderation" / "cli.py").write_text("raise SystemExit('the wrong folder')")
    (elsewhere / "one").symlink_to("../a checkout/disclosure")
    (elsewhere / "two").symlink_to(elsewhere / "one")
    assert "lamp 1 demo" in checkout.start("demo", called=elsewhere / "two", cwd=elsewhere).stdout


def test_a_checkout_that_was_moved_still_works_without_a_new_installation(checkout: Checkout, tmp_path: Path) -> None:
    checkout.start("demo")
    checkout.root = checkout.root.rename(tmp_path / "moved")
    moved = checkout.start("demo")
    assert "lamp 1 demo" in moved.stdout
    assert "Installing" not in moved.stderr


def test_a_library_that_is_not_the_locked_one_is_refused(checkout: Checkout) -> None:
    build_wheel(checkout.wheels, "lamp", "1.0", "VERSION = 'tampered'\n")
    refused = checkout.start("demo")
    assert refused.returncode == 1
    assert "lamp" not in refused.stdout
    assert "程序库没有装好" in refused.stderr
    assert not (checkout.root / ".venv" / "disclosure.json").exists()


def test_a_pip_that_is_not_the_carried_one_is_refused(checkout: Checkout) -> None:
    with next((checkout.root / ".bootstrap").glob("pip-*.whl")).open("ab") as wheel:
        wheel.write(b"x")
    refused = checkout.start("demo")
    assert refused.returncode == 1
    assert "does not match its recorded hash" in refused.stderr


def bare_path(folder: Path, *programs: str) -> str:
    """A PATH with nothing but these programs."""
    folder.mkdir()
    for name in programs:
        (folder / name).symlink_to(str(shutil.which(name)))
    return str(folder)


def test_without_any_python_it_says_what_to_do_in_both_languages(checkout: Checkout, tmp_path: Path) -> None:
    checkout.environment = {"PATH": bare_path(tmp_path / "bin", "sh", "dirname", "readlink"), "DISCLOSURE_PYTHON": ""}
    told = checkout.start("demo")
    assert told.returncode == 1
    assert "没有找到合适的 Python" in told.stderr
    assert "No fitting Python" in told.stderr
    assert not (checkout.root / ".venv").exists()


def test_a_python_that_is_too_old_is_named(checkout: Checkout, tmp_path: Path) -> None:
    checkout.environment = {"PATH": bare_path(tmp_path / "bin", "sh", "dirname", "readlink"), "DISCLOSURE_PYTHON": ""}
    old = tmp_path / "bin" / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1\n')
    old.chmod(0o755)
    assert "Python 3.9.2" in checkout.start("demo").stderr


def test_what_only_some_offices_need_is_installed_when_it_is_named_and_kept_after(checkout: Checkout) -> None:
    (checkout.root / "requirements-pdf.lock").write_text(build_wheel(checkout.wheels, "probe", "1.0", ""))
    assert "no probe" in checkout.start("demo").stdout
    checkout.environment["DISCLOSURE_EXTRAS"] = "pdf"
    assert "probe here" in checkout.start("demo").stdout
    assert checkout.start("demo").stderr == ""
    (checkout.root / "requirements.lock").write_text(build_wheel(checkout.wheels, "lamp", "2.0", "VERSION = 2\n"))
    assert checkout.start("demo").stdout.splitlines()[0::2] == ["lamp 2 demo", "probe here"]
    checkout.environment["DISCLOSURE_EXTRAS"] = "pdf, fax"
    refused = checkout.start("demo")
    assert (refused.returncode, "fax" in refused.stderr) == (1, True)


def locked(path: Path) -> set[str]:
    """The libraries of a lock file; each has its hashes."""
    text = path.read_text(encoding="utf-8")
    names = re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)
    assert len(names) == len(re.findall(r"^\S.*\\\n +--hash=", text, re.MULTILINE))
    return set(names)


def test_the_lists_of_extras_hold_what_the_project_names_and_nothing_that_every_office_has() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    common = locked(ROOT / "requirements.lock")
    for extra in ("pdf", "postgres", "s3"):
        names = locked(ROOT / f"requirements-{extra}.lock")
        assert {re.split(r"[\[<>=]", line)[0] for line in project["optional-dependencies"][extra]} <= names
        assert not names & common


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="only root can take the network away")
def test_it_installs_from_a_folder_where_there_is_no_network_at_all(checkout: Checkout) -> None:
    without = ["unshare", "--net", *checkout.words("demo")]
    done = subprocess.run(without, cwd=checkout.root.parent, env=checkout.settings(), capture_output=True, text=True, check=False)
    assert "lamp 1 demo" in done.stdout, done.stderr


@pytest.mark.long
@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.6, 0.9, 1.2, 1.6, 2.0])
def test_a_start_killed_at_any_moment_is_repaired_by_the_next(checkout: Checkout, seconds: float) -> None:
    running = subprocess.Popen(
        checkout.words("demo"),
        env=checkout.settings(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert "lamp 1 demo" in checkout.start("demo").stdout


@pytest.mark.long
def test_the_whole_locked_set_installs_from_downloaded_wheels_alone(tmp_path: Path) -> None:
    """What an office without a network does; needs the way to the packages once, to fill the folder."""
    root, wheels = tmp_path / "checkout", tmp_path / "wheels"
    root.mkdir()
    for name in ("portal", "moderation", ".bootstrap"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("disclosure", "pyproject.toml", "requirements.lock", "requirements-check.lock"):
        shutil.copy(ROOT / name, root)
    subprocess.run([sys.executable, "-m", "moderation.cli", "wheels", str(wheels)], check=True, cwd=ROOT)
    done = Checkout(root, wheels).start("--help")
    assert done.returncode == 0, done.stderr
    assert "./disclosure" in done.stdout
