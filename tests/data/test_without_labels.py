"""An experiment without labels: its rows are cut, divided and batched all the same."""

from dataclasses import replace

import numpy as np
import pytest

from core.data.dataset import open_dataset
from core.data.loader import batches
from core.errors import DarkroomError
from core.registry import EXPERIMENTS
from core.selection.schemes import usable_schemes, with_usable_labels
from core.selection.selection import from_dict, need_both_classes, rows_key, select
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from tests.data.test_loader import Marked

EXPERIMENT = replace(next(iter(EXPERIMENTS.values())), labels=None)
CUTS = {"signal_runs": [], "background_runs": [], "crystals": []}
SPLIT = {"method": "random", "validation_fraction": 0.2, "test_fraction": 0.3}


@pytest.fixture(scope="module")
def dataset(raw_files, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(tmp_path_factory.mktemp("unlabelled")))
        prepare(EXPERIMENT, raw_files, "a", default_mapping(EXPERIMENT))
        yield open_dataset("a")


def test_a_selection_has_no_scheme(dataset):
    selection = from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, {"cuts": CUTS})
    assert selection.labels == ""
    assert from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, selection.to_dict()) == selection
    assert usable_schemes(EXPERIMENT.selecting, EXPERIMENT.labels, dataset) == []
    assert with_usable_labels(EXPERIMENT.selecting, EXPERIMENT.labels, dataset, selection) == selection
    assert rows_key(EXPERIMENT.selecting, EXPERIMENT.labels, dataset, selection) == dataset.rows_id
    with pytest.raises(DarkroomError, match="have no labels: expected no label scheme, not 'truth'"):
        from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, {"cuts": CUTS, "labels": "truth"})


def test_every_row_that_passes_the_cuts_is_in_one_split_and_in_the_batches(dataset):
    selected = select(
        EXPERIMENT.selecting,
        EXPERIMENT.labels,
        dataset,
        from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, {"cuts": CUTS, "split": SPLIT}),
    )
    assert selected.classes == () and selected.soft is None and selected.counts()["train"] == {}
    rows = [selected.rows(split)[0] for split in range(3)]
    assert all(len(part) for part in rows)
    np.testing.assert_array_equal(np.sort(np.concatenate(rows)), selected.preselected)
    np.testing.assert_array_equal(selected.rows()[0], selected.preselected)
    assert [row.class_name for row in selected.cutting.flow if row.class_name] == []
    uid = np.concatenate([x[:, 0] for x, _, _ in batches(dataset, rows[0], Marked(), 64, seed=1)])
    np.testing.assert_array_equal(np.sort(uid), np.sort(dataset.column("uid")[rows[0]]))
    need_both_classes(selected)


def test_a_grouped_division_keeps_sub_runs_together(dataset):
    selected = select(
        EXPERIMENT.selecting,
        EXPERIMENT.labels,
        dataset,
        from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, {"cuts": CUTS}),
    )
    group = EXPERIMENT.selecting.group(dataset)[selected.preselected]
    assert all(len(np.unique(selected.split[group == g])) == 1 for g in np.unique(group))
    assert set(np.unique(selected.split)) <= {0, 1, 2}
