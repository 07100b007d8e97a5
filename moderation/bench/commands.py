"""`disclosure bench NAME`: measurements the project can run again. Each prints one JSON object; the work is in its own module."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys

# Name → "module:function"; the module also holds ``<function>_arguments(parser)``. The function returns the figures.
BENCHES: dict[str, str] = {
    "console": "moderation.bench.console:console",
    "intake": "moderation.bench.intake:intake",
    "look": "moderation.bench.look:look",
    "plan": "moderation.bench.plan:plan",
    "press": "moderation.bench.press:press",
    "queue": "moderation.bench.queue:queue",
    "search": "moderation.bench.search:search",
}


def machine() -> dict[str, object]:
    """What the figures were taken on."""
    return {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}


def bench_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="、".join(BENCHES) or "—")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="该项测量自己的参数 / options of that measurement")


def bench(args: argparse.Namespace) -> int:
    """Runs one measurement and prints its figures as JSON."""
    if args.name not in BENCHES:
        print(f"没有“{args.name}”这项测量。可用：{'、'.join(BENCHES)}", file=sys.stderr)
        return 2
    module_name, function = BENCHES[args.name].split(":")
    module = importlib.import_module(module_name)
    parser = argparse.ArgumentParser(prog=f"disclosure bench {args.name}")
    getattr(module, f"{function}_arguments")(parser)
    figures = getattr(module, function)(parser.parse_args(args.rest))
    print(json.dumps({**figures, "machine": machine()}, ensure_ascii=False, indent=1))
    return 0
