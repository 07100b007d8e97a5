"""The command line is a page that a clerk can read, and every example on it is real."""

import argparse
import shlex

import pytest

from moderation import cli
from moderation.check.commands import summary
from moderation.check.parts import Outcome, count_tests, skipped_tests

GROUPS = {cli.START, cli.OFFICE, cli.PUBLISHING, cli.CARE, cli.DEVELOPERS}


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_every_command_has_an_example_that_parses(command: cli.Command) -> None:
    words = shlex.split(command.example)
    assert words[0] == command.name
    arguments, _run = cli.load(command)
    parser = argparse.ArgumentParser(exit_on_error=False)
    arguments(parser)
    parser.parse_args(words[1:])


def test_commands_have_names_of_their_own_and_say_what_they_do_in_both_languages() -> None:
    names = [command.name for command in cli.COMMANDS]
    assert sorted(names) == sorted(set(names))
    assert [command.name for command in cli.COMMANDS if " / " not in command.summary or command.group not in GROUPS] == []


def test_the_help_page_shows_every_command_with_its_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    page = capsys.readouterr().out
    assert [command.name for command in cli.COMMANDS if f"./disclosure {command.example}" not in page] == []


def test_an_unknown_command_is_refused_and_the_help_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["no-such-thing"]) == 2
    assert "no-such-thing" in capsys.readouterr().err


def test_the_check_counts_what_pytest_says() -> None:
    said = "..F\n1 passed in my own words\n3 failed, 20 passed, 2 skipped, 4 deselected, 1 error in 3.21s\n"
    assert count_tests(said) == {"failed": 4, "passed": 20, "skipped": 2, "deselected": 4}
    assert count_tests("no tests ran in 0.01s\n") == {}


def test_the_check_says_why_tests_were_skipped() -> None:
    said = "SKIPPED [2] tests/a.py:3: no Chromium: none\nSKIPPED [1] tests/b.py:9: no Chromium: none\n"
    assert skipped_tests(said) == ("3 项测试跳过 / tests skipped: no Chromium: none",)


def test_the_summary_names_what_failed_and_what_did_not_run_and_ends_with_the_count() -> None:
    page = summary([Outcome("mypy", False, 1.0), Outcome("tests", True, 2.0, "", ("3 skipped: why",), {"passed": 5})], ["ruff"])
    assert "FAILED: mypy" in page
    assert "3 skipped: why" in page
    assert "not asked for: ruff" in page
    assert page.splitlines()[-1] == "5 passed, 0 failed, 0 skipped"
