"""Whole builds, the switch, and the way back."""

import json
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import CONFIG, KEPT_RELEASES, PROJECT, BuildFailed, build_site, full_build, rollback
from portal.core.errors import NotThere
from portal.site.verify import FolderSource, verify_site
from tests.moderation.press.conftest import Builder, write_docs
from tests.moderation.press.sites import differences, files_of
from tests.site.records import one_of_each, record, salt_of


@pytest.fixture
def press(paths: PressPaths, builder: Builder) -> Press:
    made = Press(paths, followers=())
    made.publish(one_of_each())
    full_build(paths, press=made, builder=builder)
    return made


def test_a_failed_build_leaves_the_site_and_says_why(paths: PressPaths, press: Press, tmp_path: Path) -> None:
    before = files_of(paths.current.resolve())
    config = write_docs(tmp_path / "broken")
    config.write_text(config.read_text().replace("docs_dir: docs", "docs_dir: nowhere"), encoding="utf-8")

    with pytest.raises(BuildFailed, match="线上仍是原来的版本") as failed:
        full_build(paths, press=press, builder=lambda paths, staging: build_site(paths, staging, config))

    assert "nowhere" in failed.value.reason
    assert differences(before, files_of(paths.current.resolve())) == []
    assert press.publish([record("notice-9", "notice")]).site


def test_a_theme_without_slots_is_no_shell_and_the_site_stays(paths: PressPaths, press: Press, builder: Builder) -> None:
    def plain(_paths: PressPaths, staging: Path) -> None:
        builder(_paths, staging)
        (staging / "shells" / "record-notice.html").write_text("<h1>no slots</h1>")

    live = paths.live()
    with pytest.raises(ValueError, match="slots"):
        full_build(paths, press=press, builder=plain)

    assert paths.live() == live


def test_what_is_published_during_a_build_is_live_at_once_and_in_the_new_release(
    paths: PressPaths, press: Press, builder: Builder
) -> None:
    other = Press(paths, followers=())
    seen = []

    def slow(_paths: PressPaths, staging: Path) -> None:
        builder(_paths, staging)
        first = one_of_each()[0]
        other.publish([record("notice-7", "notice", date(2026, 11, 1))])
        other.publish([first.withdrawn(reason="撤回", at=first.updated_at + timedelta(days=9), salt=salt_of("x", 2))])
        seen.append("notice-7 的标题" in (paths.current / "records/notice/index.html").read_text())

    built = full_build(paths, press=press, builder=slow)

    assert seen == [True]
    assert built.replayed == 2
    grown = files_of(paths.current.resolve())
    full_build(paths, press=Press(paths, followers=()), builder=builder)
    assert differences(grown, files_of(paths.current.resolve())) == []


def test_what_is_published_after_the_records_were_read_is_replayed(
    paths: PressPaths, press: Press, builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.press import releases

    write_lists = releases._write_lists
    other = Press(paths, followers=())
    first = one_of_each()[0]

    def late(*args: object) -> None:
        write_lists(*args)  # type: ignore[arg-type]
        other.publish([record("notice-7", "notice", date(2026, 11, 1))])
        other.publish([first.withdrawn(reason="撤回", at=first.updated_at + timedelta(days=9), salt=salt_of("x", 2))])

    monkeypatch.setattr(releases, "_write_lists", late)
    built = full_build(paths, press=press, builder=builder)
    monkeypatch.undo()

    assert built.replayed == 2
    grown = files_of(paths.current.resolve())
    assert "records/notice/notice-7/index.html" in grown
    full_build(paths, press=Press(paths, followers=()), builder=builder)
    assert differences(grown, files_of(paths.current.resolve())) == []


def test_going_back_keeps_later_withdrawals_corrections_and_publications(paths: PressPaths, press: Press, builder: Builder) -> None:
    first, second = one_of_each()[:2]
    old = paths.live()

    def new_look(_paths: PressPaths, staging: Path) -> None:
        builder(_paths, staging)
        for shell in (staging / "shells").iterdir():
            shell.write_text(shell.read_text().replace("</body>", "<p>新版式</p></body>"))

    full_build(paths, press=press, builder=new_look)
    press.publish([first.withdrawn(reason="撤回", at=first.updated_at + timedelta(days=9), salt=salt_of("x", 2))])
    press.publish(
        [second.revised(reason="补充", at=second.updated_at + timedelta(days=1), salt=salt_of("y", 2), title="改过的标题")]
    )
    press.publish([record("notice-7", "notice", date(2026, 11, 1))])

    rollback(paths, press=press)

    assert paths.live() == old
    pages = files_of(paths.current.resolve())
    assert not any("新版式".encode() in data for data in pages.values())
    assert "北渠沿线 6 处直排口封堵".encode() not in b"".join(pages.values())
    assert "改过的标题".encode() in pages["records/letter-batch/index.html"]
    assert "records/notice/notice-7/index.html" in pages
    assert verify_site(FolderSource(paths.current.resolve())).faults == []
    full_build(paths, press=press, builder=builder)
    assert differences(pages, files_of(paths.current.resolve())) == []


def test_without_an_earlier_release_there_is_no_way_back(paths: PressPaths, press: Press) -> None:
    with pytest.raises(NotThere, match="没有更早的版本"):
        rollback(paths, press=press)


def test_only_a_few_releases_are_kept(paths: PressPaths, press: Press, builder: Builder) -> None:
    for _ in range(KEPT_RELEASES + 2):
        full_build(paths, press=press, builder=builder)

    assert len(list(paths.releases.iterdir())) == KEPT_RELEASES


def _nobody_builds(data: Path) -> bool:
    """Whether the site builder of a killed build has ended too; it is given five seconds."""
    for _ in range(50):
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
        if not any(b"portal.site.plugin" in line and str(data).encode() in line for line in lines):
            return True
        time.sleep(0.1)
    return False


def test_a_build_that_was_killed_leaves_the_site_and_nothing_in_the_way(paths: PressPaths, press: Press, builder: Builder) -> None:
    before = files_of(paths.current.resolve())
    script = "import sys\nfrom pathlib import Path\nfrom moderation.press.paths import PressPaths\n"
    script += "from moderation.press.releases import full_build\nfull_build(PressPaths(Path(sys.argv[1]), durable=False))\n"
    for seconds in (0.3, 0.7):
        running = subprocess.Popen([sys.executable, "-c", script, str(paths.data_dir)], cwd=PROJECT, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        running.kill()
        running.wait()

    assert differences(before, files_of(paths.current.resolve())) == []
    assert _nobody_builds(paths.data_dir)
    full_build(paths, press=press, builder=builder)
    assert not list(paths.releases.glob(".building-*"))


def test_the_projects_own_pages_and_theme_give_every_shell(paths: PressPaths) -> None:
    paths.public_settings.write_text(json.dumps({"office_name": "云岭县生态环境督察公开", "site_url": "https://yunling.example/"}))
    full_build(paths, press=Press(paths, followers=()))

    home = (paths.current / "index.html").read_text(encoding="utf-8")
    assert "云岭县生态环境督察公开" in home
    assert "[[press:" not in home
    assert CONFIG.exists()
