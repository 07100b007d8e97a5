"""Makes .venv from the hash-locked lists, with the pip wheel that lies beside this file. Standard library only.

Runs before every command, so the good path reads a stamp and ends. What is half made is thrown away and made again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "disclosure.json"
LOCK = VENV / "disclosure.lock"
LOG = VENV / "install.log"
PIP = Path(__file__).with_name("pip-26.3-py3-none-any.whl")
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
# What every office needs; for the check, a list that holds all of it and more.
LISTS = {"run": ROOT / "requirements.lock", "check": ROOT / "requirements-check.lock"}
# What only some offices need, on top of "run"; named by DISCLOSURE_EXTRAS. In the words of pyproject.toml.
EXTRAS = {name: ROOT / f"requirements-{name}.lock" for name in ("pdf", "postgres", "s3")}
# A line of pyvenv.cfg. An environment without it was made by somebody else and is never thrown away.
OURS = "made-by = disclosure"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def say(chinese: str, english: str) -> None:
    print(f"{chinese} / {english}", file=sys.stderr, flush=True)


def read_stamp() -> dict[str, str]:
    """What is installed; empty where nothing is, or an installation did not come to its end."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(stamp: dict[str, str]) -> None:
    """By rename, so that a stamp is whole or not there."""
    fresh = STAMP.with_suffix(".new")
    fresh.write_text(json.dumps(stamp, indent=1))
    fresh.replace(STAMP)


def chosen_extras() -> list[str]:
    """The names in DISCLOSURE_EXTRAS, in one order."""
    return sorted(set(os.environ.get("DISCLOSURE_EXTRAS", "").replace(",", " ").split()))


def wanted(names: list[str]) -> dict[str, str]:
    """The stamp of an environment that is ready for these lists."""
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "checkout": str(ROOT),
        "project": digest(ROOT / "pyproject.toml"),
        **{each: digest((LISTS | EXTRAS)[each]) for each in names},
    }


def is_ready(stamp: dict[str, str], names: list[str]) -> bool:
    return wanted(names).items() <= stamp.items()


def site_packages() -> Path:
    return VENV / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def configuration() -> str:
    try:
        return (VENV / "pyvenv.cfg").read_text()
    except OSError:
        return ""


def is_foreign(config: str) -> bool:
    return bool(config) and OURS not in config.splitlines()


def make_environment() -> None:
    """An empty environment, by hand: Debian's python3 comes without the parts that the venv module needs."""
    for entry in VENV.iterdir():
        if entry == LOCK:
            continue
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    interpreter = Path(getattr(sys, "_base_executable", "") or sys.executable)
    (VENV / "bin").mkdir()
    for name in ("python", "python3"):
        (VENV / "bin" / name).symlink_to(interpreter)
    site_packages().mkdir(parents=True)
    version = ".".join(map(str, sys.version_info[:3]))
    (VENV / "pyvenv.cfg").write_text(
        f"home = {interpreter.parent}\ninclude-system-site-packages = false\nversion = {version}\n{OURS}\n"
    )


def link_checkout() -> None:
    """Puts the checkout on the path, and its entry points where MkDocs looks for plugins."""
    # Here and not at the top: a warm start must not pay for it.
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    where = site_packages()
    (where / "disclosure-checkout.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    name = project["name"].replace("-", "_")
    for old in where.glob(f"{name}-*.dist-info"):
        shutil.rmtree(old)
    info = where / f"{name}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    (info / "INSTALLER").write_text("disclosure\n")
    sections = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in rows.items()) for group, rows in sections.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))


def pip_arguments(requirements: Path) -> list[str]:
    """The user's own pip settings stay in force; only what makes the result trustworthy is fixed here."""
    wheels = os.environ.get("DISCLOSURE_WHEELS")
    source = ["--no-index", "--find-links", str(Path(wheels).resolve())] if wheels else []
    return [
        *(str(VENV / "bin" / "python"), "-I", f"{PIP}/pip", "install"),
        # --no-compile: only what is used gets compiled, at its first import (16 s to install with it, 12 s without).
        *("--require-hashes", "--only-binary", ":all:", "--no-deps", "--no-compile", "--progress-bar", "off"),
        *("--disable-pip-version-check", "--no-input", "--no-warn-script-location", "--root-user-action", "ignore"),
        *source,
        *("-r", str(requirements)),
    ]


def show_progress(done: int, total: int, words: str) -> None:
    """One line that fills up on a terminal; every tenth step elsewhere."""
    if sys.stderr.isatty():
        filled = 30 * done // total
        print(f"\r  [{'#' * filled}{'.' * (30 - filled)}] {done}/{total} {words:<28.28}", end="", file=sys.stderr)
    elif done % 10 == 0 or done == total:
        print(f"  {done}/{total} {words}", file=sys.stderr)
    sys.stderr.flush()


def run_pip(requirements: Path, lock: int) -> int:
    """Installs one list; shows how far it is; keeps pip's own words in ``LOG``."""
    total = sum(1 for line in requirements.read_text().splitlines() if "==" in line)
    done = 0
    with (
        LOG.open("w", encoding="utf-8") as log,
        # The child inherits the lock: if we are killed, the next start waits until this pip has gone too.
        subprocess.Popen(
            pip_arguments(requirements),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=(lock,),
        ) as pip,
    ):
        assert pip.stdout is not None
        for line in pip.stdout:
            log.write(line)
            if line.startswith(("Collecting ", "Requirement already satisfied", "Ignoring ")):
                done = min(done + 1, total)
                show_progress(done, total, line.split()[3 if line.startswith("Req") else 1])
            elif line.startswith("Installing collected packages"):
                show_progress(total, total, "解包 / unpacking")
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return pip.returncode


def report_failure(code: int) -> None:
    print("".join(LOG.read_text(encoding="utf-8").splitlines(keepends=True)[-15:]), file=sys.stderr)
    say(
        "程序库没有装好，什么也没有损坏，重新运行会从头再来。没有网络的机器，请备好安装包文件夹，用 DISCLOSURE_WHEELS 指明",
        "The libraries were not installed; nothing is damaged and the next start begins anew. "
        "Without a network, point DISCLOSURE_WHEELS at a folder of wheels",
    )
    say(f"pip 的原话在 {LOG}（退出码 {code}）", f"pip's own words are in {LOG} (exit code {code})")


def install(names: list[str], lock: int) -> int:
    """Brings the environment to these lists, "run" first. The caller holds the lock."""
    stamp = read_stamp()
    target = wanted(names)
    stamped = stamp | {"checkout": target["checkout"], "project": target["project"]}
    if is_ready(stamped, names):  # only moved, or its entry points changed
        link_checkout()
        write_stamp(stamped)
        return 0
    if digest(PIP) != PIP_SHA256:
        say("随附的 pip 安装包与登记的校验值不符，已停止", "The carried pip wheel does not match its recorded hash: stopped")
        return 1
    say("正在安装程序库，只有第一次要等", f"Installing libraries ({', '.join(names)}); only the first start waits for this")
    # Adding to a finished environment keeps it; anything else is made from nothing, so no old or torn file stays.
    adds = is_ready(stamped, ["run"])
    if not adds and not (is_foreign(configuration()) and site_packages().is_dir()):
        make_environment()
    STAMP.unlink(missing_ok=True)
    for each in names:
        there = adds and stamp.get(each) == target[each]
        if there or (each == "run" and "check" in names):
            continue
        code = run_pip((LISTS | EXTRAS)[each], lock)
        if code:
            report_failure(code)
            return 1
    link_checkout()
    write_stamp(stamp | target if adds else target)
    return 0


def main() -> int:
    sys.stderr = open(2, "w", errors="replace", closefd=False)  # noqa: SIM115 - a terminal without Chinese must not stop us
    unknown = [name for name in chosen_extras() if name not in EXTRAS]
    if unknown:
        say(f"DISCLOSURE_EXTRAS 里没有这一项：{'、'.join(unknown)}", f"DISCLOSURE_EXTRAS may name: {', '.join(EXTRAS)}")
        return 1
    names = ["run", *(["check"] if sys.argv[1:2] == ["check"] else []), *chosen_extras()]
    if is_ready(read_stamp(), names):
        return 0
    VENV.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("另一个窗口正在安装，等它装完", "Another start is installing; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if is_ready(read_stamp(), names):
            return 0
        return install(names, lock.fileno())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("\n已中断，下次运行会从头再来", "Interrupted; the next start begins anew")
        sys.exit(130)
