"""Finds Chromium for the tests that look at pages, and fetches one where the machine allows it. Nothing here runs in an office."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# libatomic1: the browser tool's own driver needs it, and a minimal Debian lacks it.
DEBIAN_BROWSER = ("chromium", "fonts-noto-cjk", "libatomic1")
FETCH_SECONDS = 900


def runs(path: str) -> bool:
    """Some distributions ship a stub of that name which only says where to get the browser."""
    try:
        answer = subprocess.run([path, "--version", "--no-sandbox"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def tool_runs() -> bool:
    """Whether the program through which tests steer a browser starts on this machine."""
    answer = subprocess.run([sys.executable, "-m", "playwright", "--version"], capture_output=True, timeout=120, check=False)
    return answer.returncode == 0


def playwright_browser() -> str | None:
    """The one that the browser tool downloaded for itself, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        path = tool.chromium.executable_path
    return path if Path(path).exists() else None


def find_browser() -> str | None:
    """The path of a Chromium that starts and can be steered, or None. DISCLOSURE_BROWSER names one by hand."""
    if not tool_runs():
        return None
    named = os.environ.get("DISCLOSURE_BROWSER")
    for name in (named,) if named else NAMES:
        path = shutil.which(name)
        if path and runs(path):
            return path
    return None if named else playwright_browser()


def has_chinese_font() -> bool:
    """Without one, pictures of our pages show boxes."""
    listing = shutil.which("fc-list")
    if listing is None:
        return False
    return bool(subprocess.run([listing, ":lang=zh"], capture_output=True, timeout=60, check=False).stdout.strip())


def _tell(words: list[str], log: list[str], **extra: str) -> bool:
    """Runs one fetching command; True when it succeeded. Its last words go into ``log``."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=FETCH_SECONDS,
            env=os.environ | extra,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as trouble:
        log.append(f"{' '.join(words)}: {trouble}")
        return False
    if done.returncode:
        log.append(f"{' '.join(words)}: {' '.join(done.stdout.split()[-30:])}")
    return done.returncode == 0


def _may_install_debian_packages() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install_debian(packages: tuple[str, ...], log: list[str]) -> bool:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    _tell(["apt-get", "update", "-q"], log, **quiet)
    return _tell(["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages], log, **quiet)


def obtain_browser() -> tuple[str | None, list[str]]:
    """A Chromium that starts, fetched if need be, and what was tried in vain on the way."""
    log: list[str] = []
    found = find_browser()
    if found is None and not os.environ.get("DISCLOSURE_BROWSER"):
        if _may_install_debian_packages():
            _install_debian(DEBIAN_BROWSER, log)
            found = find_browser()
        if found is None:
            _tell([sys.executable, "-m", "playwright", "install", "chromium"], log)
            found = find_browser()
    elif found and not has_chinese_font() and _may_install_debian_packages():
        _install_debian(("fonts-noto-cjk",), log)
    return found, log
