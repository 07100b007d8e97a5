"""The measurement of the intake runs, and its JSON has the keys that figures are compared by."""

from __future__ import annotations

import argparse

import pytest

from moderation.bench import intake as bench

KEYS = {
    "sequential_per_s",
    "clients8_per_s",
    "clients64_per_s",
    "errors",
    "quarantined",
    "rss_mb",
    "bare_endpoint_per_s",
    "photo_cpu_s",
    "stalled150_p95_s",
}


def test_a_small_run_loses_nothing_and_names_every_figure(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("bench"))

    figures = bench.intake(argparse.Namespace(sequential=5, parallel=16, processes=2, threads=8))

    assert set(figures) >= KEYS
    assert figures["errors"] == 0
    assert figures["quarantined"] == 0
    assert figures["reports_kept"] == 5 + 3 * 16
