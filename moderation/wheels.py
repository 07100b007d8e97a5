"""`disclosure wheels`: fills a folder with the locked libraries, for an office whose machines reach no network."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def wheels_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="放安装包的文件夹 / the folder to fill")


def wheels(args: argparse.Namespace) -> int:
    """Run it on a machine with the same system and the same Python version as the one that will have no network.

    What DISCLOSURE_EXTRAS names is fetched too.
    """
    pip = next((ROOT / ".bootstrap").glob("pip-*.whl")) / "pip"
    fixed = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--disable-pip-version-check"]
    extras = os.environ.get("DISCLOSURE_EXTRAS", "").replace(",", " ").split()
    lists = [ROOT / "requirements.lock", *(ROOT / f"requirements-{name}.lock" for name in extras)]
    words = [sys.executable, "-I", str(pip), "download", *fixed, "-d", str(args.folder)]
    words += [word for each in lists for word in ("-r", str(each))]
    code = subprocess.run(words, check=False, stdin=subprocess.DEVNULL).returncode
    if code == 0:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        sys.stdout.write(
            f"\n把本目录和 {args.folder} 一起带到不联网的机器（同一种系统，Python {version}），在那里运行：\n"
            f"Carry this checkout and {args.folder} to the machine without a network (same system, Python {version}) and run:\n"
            f"  DISCLOSURE_WHEELS={args.folder.name} ./disclosure demo\n"
        )
    return code
