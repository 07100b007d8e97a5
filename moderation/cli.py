"""The command line `disclosure`: which commands there are and who uses them. Each command's work lives beside its capability."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One command. ``target`` is "module:function"; the module also holds ``<function>_arguments(parser)``."""

    name: str
    group: str
    summary: str
    example: str
    target: str


START = "开始 / start"
OFFICE = "办公室 / office"
PUBLISHING = "公开发布 / publishing"
CARE = "运行维护 / care"
DEVELOPERS = "开发 / development"
GROUPS = (START, OFFICE, PUBLISHING, CARE, DEVELOPERS)

# One row a command, in the order in which the help page prints them.
COMMANDS: tuple[Command, ...] = (
    Command(
        "demo",
        START,
        "用虚构的云岭县看一遍全部功能 / shows the whole product on an invented county",
        "demo",
        "moderation.demo.commands:demo",
    ),
    Command(
        "console",
        START,
        "启动工作人员工作台 / serves the staff console",
        "console --port 8701",
        "moderation.administration:console",
    ),
    Command(
        "worker",
        START,
        "启动后台任务：取件、定时、发送、发布 / pulls reports, runs timers, sends, publishes",
        "worker",
        "moderation.worker:worker",
    ),
    Command(
        "init",
        START,
        "新建一个办公室：两个库、密钥、日历、区划、第一位管理员 / makes an empty office",
        "init --name 云岭县生态环境局 --regions 区划.csv --admin deng --admin-name 邓维护",
        "moderation.administration:init",
    ),
    Command(
        "press",
        PUBLISHING,
        "生成公开网站并上线，或只发布几条记录 / builds the public site, or publishes a few records",
        "press",
        "moderation.press.commands:press",
    ),
    Command(
        "verify-site",
        PUBLISHING,
        "核对公开网站：每页重新生成比对，存证日志有没有被改 / checks a published site from the outside",
        "verify-site var/current --since checkpoint-2026-11",
        "moderation.press.commands:verify_site",
    ),
    Command(
        "site-check",
        PUBLISHING,
        "按政府网站检查的口径看公开网站 / looks at the site as inspectors do",
        "site-check",
        "moderation.site_check:site_check",
    ),
    Command(
        "deliver",
        PUBLISHING,
        "把网站送到别的文件夹、主机或对象存储，只送变了的 / delivers the site, changed files only",
        "deliver --to rsync:web01:/srv/site",
        "moderation.delivery:deliver",
    ),
    Command(
        "migrate",
        CARE,
        "把两个库升到本版本 / brings both stores to this version",
        "migrate",
        "moderation.administration:migrate",
    ),
    Command(
        "verify-receipt",
        PUBLISHING,
        "核对群众手里的收件证明 / checks the proof printed with a receipt",
        "verify-receipt 证明.txt",
        "moderation.intake_commands:verify_receipt",
    ),
    Command(
        "base-map",
        OFFICE,
        "采用或撤下一幅底图，群众可以在上面点位置 / keeps or drops a map to set pins on",
        "base-map 全县图 全县.png --bounds 111.30,33.60,111.90,33.97 --review-number 审图号",
        "moderation.base_maps:base_map",
    ),
    Command(
        "rotate-key",
        CARE,
        "换密封用的密钥，不打开任何内容 / changes a sealing key without opening anything",
        "rotate-key office",
        "moderation.intake_commands:rotate_key",
    ),
    Command(
        "verify-audit",
        CARE,
        "核对两条审计链是否被改过 / checks both audit chains",
        "verify-audit",
        "moderation.administration:verify_audit",
    ),
    Command(
        "wheels",
        CARE,
        "备好离线安装包，供不联网的办公室用 / fills a folder for an office without a network",
        "wheels 安装包",
        "moderation.wheels:wheels",
    ),
    Command(
        "bench",
        DEVELOPERS,
        "测量速度和内存，输出 JSON / measures speed and memory",
        "bench press --records 1000",
        "moderation.bench.commands:bench",
    ),
    Command(
        "import-plan",
        OFFICE,
        "读整改方案，列出任务和读不进去的文字；--apply 写入台账 / reads an official plan into the ledger",
        "import-plan 方案.docx --number 省督改〔2026〕3号 --code zj-2026-03 --apply",
        "moderation.rectification.commands:import_plan",
    ),
    Command(
        "reward-schedule",
        OFFICE,
        "检查奖励办法文件 / checks a reward schedule before it is adopted",
        "reward-schedule check 奖励办法.toml",
        "moderation.rewards.commands:reward_schedule",
    ),
    Command(
        "pictures",
        DEVELOPERS,
        "给每种页面拍照，更新说明书里的图 / takes pictures of every page, renews those in the documentation",
        "pictures --out 图",
        "moderation.check.pictures:pictures",
    ),
    Command(
        "check",
        DEVELOPERS,
        "检查全部代码并运行测试 / every check a change must pass",
        "check",
        "moderation.check.commands:check",
    ),
    Command(
        "assess",
        OFFICE,
        "按问责规则给出建议 / suggests accountability measures for a facts file",
        "assess FACTS.json --trace",
        "moderation.accountability.commands:assess",
    ),
    Command(
        "accountability-pages",
        DEVELOPERS,
        "由问责规则生成公开说明页 / writes the public rule pages from the rule files",
        "accountability-pages",
        "moderation.accountability.commands:accountability_pages",
    ),
)


def load(command: Command) -> tuple[Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]:
    """The two functions of a command; imported only when it is called, so that starting stays quick."""
    module_name, function = command.target.split(":")
    module = importlib.import_module(module_name)
    return getattr(module, f"{function}_arguments"), getattr(module, function)


def help_page() -> str:
    """What `disclosure --help` prints: commands by who uses them, each with an example."""
    lines = ["用法 / usage: ./disclosure COMMAND [OPTIONS]      ./disclosure COMMAND --help", ""]
    for group in (each for each in GROUPS if any(row.group == each for row in COMMANDS)):
        lines.append(group)
        for command in (row for row in COMMANDS if row.group == group):
            lines += [f"  {command.name:<18} {command.summary}", f"  {'':<18} $ ./disclosure {command.example}"]
        lines.append("")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Runs one command; the exit code is the command's own, 2 for a command that does not exist."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in {"-h", "--help", "help"}:
        print(help_page())
        return 0
    found = next((command for command in COMMANDS if command.name == words[0]), None)
    if found is None:
        print(f"没有“{words[0]}”这个命令。/ No command named {words[0]}.\n\n{help_page()}", file=sys.stderr)
        return 2
    arguments, run = load(found)
    parser = argparse.ArgumentParser(prog=f"disclosure {found.name}", description=found.summary)
    arguments(parser)
    return run(parser.parse_args(words[1:]))


def run_from_shell() -> int:
    """`main`, for a shell: whoever reads our words may stop reading (``| head``), and then there is nothing to complain of."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Python writes out what is left once more at its end; into nothing, then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return code


if __name__ == "__main__":
    sys.exit(run_from_shell())
