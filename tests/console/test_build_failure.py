"""When the site could not be built, whoever publishes reads why, and the public reads the site as it was."""

import pytest

from moderation.demo.stage import Stage
from moderation.press import jobs
from moderation.press.paths import PressPaths
from moderation.press.releases import BuildFailed
from tests.console.desk_client import signed_in_client


def test_the_desk_says_why_the_site_was_not_built(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_paths: PressPaths, **_rest: object) -> None:
        raise BuildFailed("网站没有生成，线上仍是原来的版本。生成程序说：模板坏了")

    assert "模板坏了" not in signed_in_client(stage, "nigao").get("/publication/").text
    monkeypatch.setattr(jobs, "full_build", fail)
    jobs.build_if_needed(PressPaths(stage.office.data))

    page = signed_in_client(stage, "nigao").get("/publication/").text
    assert "线上仍是原来的版本。生成程序说：模板坏了" in page
    assert "请告诉系统管理员。原因消除以后会自动再生成，不用再发一次。" in page, "and whom to tell, and what not to do"
