"""A matrix of 6 runs on 6 regions over 100,000 rows with made-up scores: no network runs.

Beside it, in the same run, the same 36 cells by pandas, as a notebook would compute them; the counts must agree.

That it can fail: with two seconds slept in `matrix` it printed 2.27 s instead of 0.06 to 0.37 s.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks import made_up, report
from core import outputs, runs, workspace
from core.cosine import grid, select
from core.cosine.experiment import EXPERIMENT
from core.data.dataset import FORMAT, Dataset, open_dataset
from core.judge import compatibility
from core.judge.grid import grid_of
from core.parameters import to_dict
from core.selection.selection import Selection
from core.selection.selection import select as select_rows
from core.workflows import cross_training
from core.workflows.cross_training import Study
from core.workflows.study_scores import open_matrix, open_sample

ROWS = 100_000
REPEATS = 7
THRESHOLD = 0.5
NAME = "made_up"


def made_up_dataset(n_rows: int, seed: int = 1, name: str = NAME) -> Dataset:
    """A data set without waveforms: crystals 1, 3, 7, 3-10 keV, half signal by truth, twenty sub-runs."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n_rows)
    table = {
        "uid": np.arange(n_rows) + 10_000_000 * seed, "run": np.where(truth, 1765, 1858).astype(np.int32),
        "subrun": rng.integers(0, 20, n_rows).astype(np.int32), "crystal": rng.choice([1, 3, 7], n_rows).astype(np.int8),
        "energy_kev": rng.uniform(3.0, 10.0, n_rows).astype(np.float32), "coincident": truth.astype(np.int8),
        "nmt500_us": np.where(truth, 0.17, 0.05).astype(np.float32), "truth_class": truth.astype(np.int8),
        "flags": np.zeros(n_rows, np.uint32),
    }  # fmt: skip
    folder = workspace.folder("datasets", name)
    pd.DataFrame(table).to_parquet(folder / "table-made.parquet")
    meta = {
        "id": f"made-up-{seed}-{n_rows}", "format": FORMAT, "version": EXPERIMENT.reading.version, "mapping": {}, "table": "table-made.parquet", "experiment": EXPERIMENT.key,
        "n_rows": n_rows, "sampling_ns": 2.0, "record_samples": 4080, "pretrigger_samples": 1200, "simulated": True,
        "positive": True, "parts": [{"file": "none.h5", "n_rows": n_rows, "sha256": "0" * 64}],
    }  # fmt: skip
    workspace.write_json(folder / "dataset.json", meta)
    return open_dataset(name)


def made_up_study(dataset: Dataset) -> Study:
    """A study of the default grid whose runs have random scores of every row; kept in the workspace."""
    axes = grid.Axes()
    regions = grid.regions(axes)
    hull = grid_of(EXPERIMENT).widened(Selection(select.Cuts(), "truth"), regions)
    rng = np.random.default_rng(2)
    run_ids = tuple(_made_up_run(dataset, grid_of(EXPERIMENT).widened(hull, [region]), rng) for region in regions)
    study = Study(
        id="made-up", title="made up", created_at="2020-02-19T00:00:00Z", experiment=EXPERIMENT.key,
        dataset=dataset.name, rows_key=dataset.rows_id, network="compact", parameters={}, training={},
        selection=hull.to_dict(), axes=to_dict(axes), regions=regions, runs=run_ids, empty=("",) * len(regions),
    )  # fmt: skip
    cross_training.store(study)
    return study


def _made_up_run(dataset: Dataset, selection: Selection, rng: np.random.Generator) -> str:
    selected = select_rows(EXPERIMENT.selecting, EXPERIMENT.labels, dataset, selection)
    folder = runs.create("compact")
    (folder / runs.MODEL).write_bytes(b"no network: made up by a benchmark")
    runs.write_settings(
        folder, {"network": "compact", "parameters": {}, "training": {}}, {}, selected.selection.to_dict()
    )
    uid, source = dataset.column("uid"), dataset.source_of(np.arange(dataset.n_rows))
    split = np.full(dataset.n_rows, 3, np.int8)
    split[selected.preselected] = selected.split
    runs.write_rows(folder, uid[selected.preselected], source[selected.preselected], selected.labels, selected.side)
    runs.seal(folder, made_up.provenance(selected))
    truth = dataset.column("truth_class")
    score = np.where(truth == 1, rng.beta(5, 2, dataset.n_rows), rng.beta(2, 5, dataset.n_rows))
    outputs.write(folder, dataset.name, uid, dataset.origin_of(np.arange(dataset.n_rows)), split, {"score": score})
    return folder.name


def by_pandas(table: pd.DataFrame, frames: dict[str, pd.DataFrame], regions: Any) -> list[tuple[int, ...]]:
    """Counts, Clopper-Pearson intervals and the area under the ROC of every cell, by boolean indexing."""
    counts = []
    for scores in frames.values():
        joined = table.merge(scores, on="uid")
        for region in regions:
            low, high = region.facts["window_kev"]
            inside = (
                (joined.crystal == region.facts["crystal"]) & (joined.energy_kev >= low) & (joined.energy_kev < high)
            )
            free = joined[inside & joined.split.isin([2, 3])]
            signal, background = free[free.truth_class == 1], free[free.truth_class == 0]
            accepted, rejected = int((signal.score >= THRESHOLD).sum()), int((background.score < THRESHOLD).sum())
            for k, n in ((accepted, len(signal)), (rejected, len(background))):
                stats.beta.ppf([0.025], k, n - k + 1), stats.beta.ppf([0.975], k + 1, n - k)
            ranks = free.score.rank()
            ranks[free.truth_class == 1].sum()
            counts.append((accepted, len(signal), rejected, len(background)))
    return counts


def timed(function: Callable[[], Any]) -> list[float]:
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - began)
    return seconds


def measured() -> dict[str, Any]:
    """Seconds of the matrix, of it with reading what is stored, and of pandas on frames that were read before."""
    dataset = made_up_dataset(ROWS)
    study = made_up_study(dataset)
    frame = pd.read_parquet(dataset.table.paths)
    frames = {run: pd.DataFrame(runs.read_scores(runs.open_run(run), NAME)) for run in study.runs if run}
    opened = open_sample(study, EXPERIMENT, dataset)
    matrix = compatibility.matrix(opened, THRESHOLD)  # also the warm-up, which imports
    points = [cell.point for row in matrix.cells for cell in row if cell]
    ours = [(p.signal.k, p.signal.n, p.background.k, p.background.n) for p in points]
    if ours != by_pandas(frame, frames, study.regions):
        raise SystemExit("The two ways disagree on the counts of the cells.")
    alone = timed(lambda: compatibility.matrix(opened, THRESHOLD))
    stored = timed(lambda: open_matrix(study, EXPERIMENT, dataset, THRESHOLD))
    peer = timed(lambda: by_pandas(frame, frames, study.regions))
    return {
        "rows": ROWS,
        "cells": len(points),
        "seconds": statistics.median(alone),
        "seconds_min_max": [min(alone), max(alone)],
        "seconds_with_reading": statistics.median(stored),
        "pandas_seconds": statistics.median(peer),
        "pandas_seconds_min_max": [min(peer), max(peer)],
        "repeats": REPEATS,
    }


def main() -> None:
    options = report.options(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["DARKROOM_WORKSPACE"] = str(Path(temporary))
        result = measured()
    report.show(result, options.json)


if __name__ == "__main__":
    main()
