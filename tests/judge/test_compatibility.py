"""The matrix of what was trained on one region and tested on others, against plain loops over the events."""

import dataclasses
import json

import numpy as np
import pytest

from benchmarks.compatibility import made_up_dataset, made_up_study
from core import runs, workspace
from core.cosine.experiment import EXPERIMENT
from core.data.splits import OTHER, TEST, TRAIN, VALIDATION
from core.errors import DarkroomError
from core.judge.compatibility import METRICS, RunScores, Sample, cell_evaluation, counted, matrix
from core.judge.grid import Region
from core.workflows.study_scores import open_matrix, open_sample

N_REGIONS = 3
REGIONS = tuple(Region(f"R{i}", {"crystal": i}) for i in range(N_REGIONS))


def made(n=3000, seed=1) -> Sample:
    """Regions that overlap, scores of which some are missing, and of each run the four splits in its own region."""
    rng = np.random.default_rng(seed)
    where = rng.random((N_REGIONS, n)) < 0.4
    labels = rng.integers(-1, 2, n).astype(np.int8)
    all_runs = []
    for i in range(N_REGIONS):
        score = rng.random(n).astype(np.float32)
        score[rng.random(n) < 0.05] = np.nan
        split = np.where(where[i], rng.integers(TRAIN, TEST + 1, n), OTHER).astype(np.int8)
        all_runs.append(RunScores(f"run{i}", score, split))
    members = tuple(np.flatnonzero(mask & (labels >= 0)) for mask in where)
    return Sample(REGIONS, 2 * np.arange(n), rng.uniform(0, 10, n), labels, members, tuple(all_runs), "truth")


def test_every_count_is_that_of_a_loop_over_the_events():
    sample, threshold = made(), 0.3
    table_of_cells = matrix(sample, threshold)
    for i, run in enumerate(sample.runs):
        for j, members in enumerate(sample.members):
            accepted, n = [0, 0], [0, 0]
            for event in members:
                if run.split[event] in (TRAIN, VALIDATION) or np.isnan(run.score[event]):
                    continue
                n[sample.labels[event]] += 1
                accepted[sample.labels[event]] += bool(run.score[event] >= np.float32(threshold))
            point = table_of_cells.cells[i][j].point
            assert (point.signal.k, point.signal.n) == (accepted[1], n[1])
            assert (point.background.k, point.background.n) == (n[0] - accepted[0], n[0])
            assert (point.precision.k, point.precision.n) == (accepted[1], sum(accepted))


def test_every_labelled_event_of_a_region_is_counted_left_out_or_missing():
    sample = made()
    for row in matrix(sample).cells:
        for cell, members in zip(row, sample.members, strict=True):
            n_counted = cell.point.signal.n + cell.point.background.n
            assert n_counted + cell.n_left_out + cell.n_missing == len(members)
    assert matrix(sample).cells[0][0].n_left_out > 0


def test_events_of_training_and_validation_change_no_number():
    sample = made()
    before = matrix(sample)
    shaken = []
    for run in sample.runs:
        own = run.split == TRAIN
        shaken.append(dataclasses.replace(run, score=np.where(own, 1 - run.score, run.score)))
    assert matrix(dataclasses.replace(sample, runs=tuple(shaken))) == before
    rows = sample.rows[counted(sample, 0, 1)]
    seen = 2 * np.flatnonzero(np.isin(sample.runs[0].split, (TRAIN, VALIDATION)))
    assert len(rows)
    assert not np.isin(rows, seen).any()


def test_leakage_uses_the_threshold_of_the_trainings_own_validation_else_says_so():
    sample = made()
    run = sample.runs[0]
    own = (run.split == VALIDATION) & (sample.labels == 1) & ~np.isnan(run.score)
    for cell in matrix(sample).cells[0]:
        assert cell.leakage_chosen_on == "validation"
        assert np.mean(run.score[own] >= np.float32(cell.leakage.threshold)) >= 0.99
        assert np.sum(run.score[own] > np.float32(cell.leakage.threshold)) < 0.99 * own.sum()
    without = dataclasses.replace(run, split=np.where(run.split == VALIDATION, TRAIN, run.split).astype(np.int8))
    cells = matrix(dataclasses.replace(sample, runs=(without, *sample.runs[1:]))).cells
    assert cells[0][1].leakage_chosen_on == "the same events"
    assert cells[0][1].leakage.signal.value >= 0.99


def test_a_class_that_is_absent_leaves_what_needs_it_undefined():
    sample = made()
    only = tuple(members[sample.labels[members] == 0] for members in sample.members)
    for cell in matrix(dataclasses.replace(sample, members=only)).cells[0]:
        defined = {name for name, metric in METRICS.items() if np.isfinite(metric.of(cell).value)}
        assert defined == {"background_efficiency", "leakage"}
        assert cell.few
    cell = matrix(dataclasses.replace(sample, members=(np.zeros(0, np.int64),) * N_REGIONS)).cells[0][0]
    assert not any(np.isfinite(metric.of(cell).value) for metric in METRICS.values())


def test_a_region_without_a_run_is_missing_and_no_zero():
    sample = made()
    table_of_cells = matrix(dataclasses.replace(sample, runs=(None, *sample.runs[1:])))
    assert table_of_cells.cells[0] == (None,) * N_REGIONS
    rows = json.loads(json.dumps(table_of_cells.to_rows(), allow_nan=False))
    assert len(rows) == N_REGIONS**2
    assert rows[0]["run"] is None
    assert rows[0]["harmonic_efficiency"]["value"] is None
    assert rows[3]["trained_on"] == {"region": "R1", "crystal": 1}
    assert rows[3]["tested_on"]["crystal"] == 0
    assert len(counted(dataclasses.replace(sample, runs=(None,) * N_REGIONS), 0, 0)) == 0


def test_one_score_for_all_and_perfect_scores():
    sample = made()
    flat = [dataclasses.replace(run, score=np.full_like(run.score, 0.7)) for run in sample.runs]
    cell = matrix(dataclasses.replace(sample, runs=tuple(flat))).cells[0][1]
    assert (cell.point.signal.value, cell.point.background.value, cell.auc.value) == (1.0, 0.0, 0.5)
    right = [dataclasses.replace(run, score=np.clip(sample.labels, 0, 1).astype(np.float32)) for run in sample.runs]
    cell = matrix(dataclasses.replace(sample, runs=tuple(right))).cells[2][0]
    assert (cell.point.harmonic.value, cell.auc.value, cell.leakage.leakage.value) == (1.0, 1.0, 0.0)


@pytest.mark.usefixtures("workspace")
def test_what_is_stored_gives_the_cells_and_each_cell_its_evaluation():
    dataset = made_up_dataset(6000)
    study = made_up_study(dataset)
    sample = open_sample(study, EXPERIMENT, dataset)
    table_of_cells = open_matrix(study, EXPERIMENT, dataset, 0.4)
    assert table_of_cells == matrix(sample, 0.4)
    truth, energy_kev, crystal = (dataset.column(name) for name in ("truth_class", "energy_kev", "crystal"))
    for i, j in ((0, 0), (1, 4), (5, 2)):
        cell, at = table_of_cells.cells[i][j], counted(sample, i, j)
        rows = sample.rows[at]
        low, high = study.regions[j].facts["window_kev"]
        assert (crystal[rows] == study.regions[j].facts["crystal"]).all()
        assert ((energy_kev[rows] >= low) & (energy_kev[rows] < high)).all()
        np.testing.assert_array_equal(sample.labels[at], truth[rows])
        np.testing.assert_array_equal(sample.axis_values[at], energy_kev[rows])
        judged = cell_evaluation(sample, EXPERIMENT.judging, dataset, i, j, 0.4)
        assert judged.network.point == cell.point
        assert judged.network.auc == cell.auc
        assert judged.leakage[-1] == cell.leakage
        assert judged.leakage_chosen_on == cell.leakage_chosen_on
        # of another region every event counts, of the training's own only its test sample
        n_inside = int(
            ((crystal == study.regions[j].facts["crystal"]) & (energy_kev >= low) & (energy_kev < high)).sum()
        )
        assert (len(rows) == n_inside) == (i != j)


@pytest.mark.usefixtures("workspace")
def test_a_run_deleted_while_its_study_is_open_leaves_its_row_missing():
    dataset = made_up_dataset(3000)
    study = made_up_study(dataset)
    runs.delete(study.runs[2])
    table_of_cells = open_matrix(study, EXPERIMENT, dataset)
    assert table_of_cells.cells[2] == (None,) * 6
    assert all(cell is not None for row in (*table_of_cells.cells[:2], *table_of_cells.cells[3:]) for cell in row)
    with pytest.raises(
        DarkroomError, match="no scored event of C1 3-6 keV is outside the training and validation of C3 3-6"
    ):
        cell_evaluation(open_sample(study, EXPERIMENT, dataset), EXPERIMENT.judging, dataset, 2, 0)


@pytest.mark.usefixtures("workspace")
def test_runs_of_different_data_sets_are_refused_and_measured_data_have_no_truth():
    dataset = made_up_dataset(3000)
    study = made_up_study(dataset)
    other = made_up_study(made_up_dataset(3000, seed=2, name="other"))
    mixed = dataclasses.replace(study, runs=(*study.runs[:5], other.runs[5]))
    with pytest.raises(DarkroomError, match=r"Runs of different data sets are mixed: run '.*' was trained on 'other'"):
        open_matrix(mixed, EXPERIMENT, dataset)
    measured = dataclasses.replace(dataset, meta={**dataset.meta, "simulated": False})
    with pytest.raises(DarkroomError, match="is measured and has no truth"):
        open_matrix(study, EXPERIMENT, measured)
    workspace.write_json(dataset.path / "dataset.json", {**dataset.meta, "id": "grown"})
    grown = dataclasses.replace(dataset, meta={**dataset.meta, "id": "grown"})
    assert any("has changed since the study" in note for note in open_matrix(study, EXPERIMENT, grown).notes)
