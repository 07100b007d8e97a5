"""The measurement of the press runs with the real worker, and what the site promises holds on a small one."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.bench import press as bench
from moderation.bench.following import following

MINUTE_S = 60


@pytest.mark.long
def test_feeds_data_sets_and_search_follow_the_real_worker_within_a_minute(tmp_path: Path) -> None:
    data = tmp_path / "data"
    bench._seed(data, 30)
    bench._build(data, 30)
    bench._search(data, 30)

    figures = following(data, 30)

    assert set(figures) == set(bench.FOLLOWED)
    assert figures["compaction_s"] <= MINUTE_S
    assert figures["feeds_follow_s"] <= MINUTE_S
    assert figures["published_while_compacting"] > 0
