"""The command line is a page that a clerk can read, and every example on it is real."""

import argparse
import os
import shlex
import signal
import subprocess
import sys

import pytest

from moderation import cli
from tests.house.tree import ROOT

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


def test_a_reader_who_stops_reading_gets_no_complaint() -> None:
    """`./disclosure --help | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-P", "-m", "moderation.cli", "--help"]
    done = subprocess.run(words, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 128 + signal.SIGPIPE
