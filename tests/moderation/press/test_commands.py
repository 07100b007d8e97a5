"""`disclosure press` and `disclosure verify-site` as a person at a terminal meets them."""

from pathlib import Path

import pytest

from moderation import cli
from moderation.press import releases
from moderation.press.paths import PressPaths
from tests.moderation.press.conftest import Builder
from tests.site.records import one_of_each, record, rectification


@pytest.fixture
def data(paths: PressPaths, builder: Builder, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(releases, "build_site", builder)
    return str(paths.data_dir)


def file_of(folder: Path, number: int) -> str:
    made = one_of_each()[number]
    path = folder / f"{made.id}.json"
    path.write_bytes(made.canonical())
    return str(path)


def test_records_are_published_built_and_checked(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["press", "--data", data, file_of(tmp_path, 0), file_of(tmp_path, 5)]) == 0
    assert "存证第 1 号" in capsys.readouterr().out

    assert cli.main(["press", "--data", data]) == 0
    assert "2 条记录" in capsys.readouterr().out

    kept = tmp_path / "kept"
    kept.write_bytes((Path(data) / "log/checkpoint").read_bytes())
    assert cli.main(["press", "--data", data, file_of(tmp_path, 3)]) == 0
    assert cli.main(["verify-site", f"{data}/current", "--since", str(kept)]) == 0
    assert "sound" in capsys.readouterr().out


def test_a_changed_page_is_named_and_the_exit_code_is_one(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["press", "--data", data, file_of(tmp_path, 0)])
    cli.main(["press", "--data", data])
    page = Path(data) / "current" / rectification().path / "index.html"
    page.write_bytes(page.read_bytes().replace("6 处".encode(), "9 处".encode()))

    assert cli.main(["verify-site", f"{data}/current"]) == 1
    assert "zj-2026-03-001/index.html" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["verify-site", "nowhere"], ["verify-site", "gopher://x/"], ["verify-site", "x", "--key", "no key"]]
)
def test_what_is_no_site_is_told_in_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "核对不通过" in said


def test_a_record_that_does_not_fit_is_refused_in_words(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(record(revision=3).canonical())

    assert cli.main(["press", "--data", data, str(path)]) == 1
    assert "应为第 1 版" in capsys.readouterr().err


def test_there_is_no_way_back_before_there_are_two_releases(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["press", "--data", data, "--rollback"]) == 1
    assert "没有更早的版本" in capsys.readouterr().err
