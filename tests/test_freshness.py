"""When data were last renewed, in words: from known times."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import clock, manifest
from core.workflows import freshness

NOON = clock.stored_s("2026-12-01T12:00:00Z") or 0.0


@pytest.mark.parametrize(
    ("age_s", "text"),
    [(-5, "just now"), (0, "just now"), (59, "just now"), (61, "1 min ago"), (180, "3 min ago"), (5_399, "90 min ago"),
     (5_400, "2 h ago"), (86_400, "24 h ago"), (5 * 86_400, "5 days ago")],
)  # fmt: skip
def test_ages_in_words(age_s: float, text: str) -> None:
    assert clock.ago(NOON - age_s, NOON) == text


def test_times_are_told_in_utc_with_the_date_where_it_is_another() -> None:
    assert clock.when(NOON - 180, NOON) == "3 min ago, 11:57 UTC"
    assert clock.when(NOON - 86_400, NOON) == "24 h ago, 2026-11-30 12:00 UTC"
    assert clock.stored_s("yesterday") is None and clock.stored_s(None) is None  # type: ignore[arg-type]


def test_scores_before_the_rows_are_said_to_be(tmp_path: Path) -> None:
    run: Any = SimpleNamespace(path=tmp_path, dataset="few")
    file = tmp_path / "outputs" / "few" / "a.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    manifest.write(tmp_path, ["outputs/few/a.parquet"])
    data: Any = SimpleNamespace(name="few", meta={"made_at": "2026-12-01T11:57:00Z"})
    os.utime(file, (NOON - 60, NOON - 60))
    both = "rows of data set few renewed 3 min ago, 11:57 UTC; scores of 1 min ago, 11:59 UTC"
    assert freshness.sentence(data, run, NOON) == both
    os.utime(file, (NOON - 7_200, NOON - 7_200))
    assert freshness.sentence(data, run, NOON).endswith(
        "scores of 2 h ago, 10:00 UTC, before the rows were: some may have none"
    )
    other: Any = SimpleNamespace(name="other", meta={})
    assert freshness.sentence(other, run, NOON) == "" == freshness.sentence()
