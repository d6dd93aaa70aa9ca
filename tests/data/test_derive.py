"""Derived columns: made from the training part, found like any column, dropped when the rows change."""

import json

import numpy as np
import pytest

from core.__main__ import main
from core.data.dataset import open_dataset
from core.data.splits import TRAIN
from core.data.table import columns_of
from core.errors import DarkroomError
from core.jobs import queue
from core.parameters import override
from core.registry import EXPERIMENTS
from core.selection.selection import Selection, preset, select
from core.workflows import derive as deriving
from core.workflows.demo import default_mapping
from core.workflows.derive import derive
from core.workflows.prepare_job import prepare

EXPERIMENT = next(iter(EXPERIMENTS.values()))
NAME = next(iter(EXPERIMENT.table.derived))
MAPPING = default_mapping(EXPERIMENT)
SELECTION = preset(EXPERIMENT.selecting, next(iter(EXPERIMENT.selecting.presets)))


@pytest.fixture
def before(workspace, raw_files):
    del workspace
    prepare(EXPERIMENT, raw_files, "a", MAPPING)
    return open_dataset("a")


@pytest.fixture
def after(before):
    return derive(EXPERIMENT, before, NAME, SELECTION)


def test_the_column_is_there_and_the_rows_stay(before, after):
    values = after.column(NAME)
    assert values.dtype == np.float32
    assert values.shape == (after.n_rows,)
    assert np.nanmin(values) >= -1
    assert np.nanmax(values) <= 1
    assert after.derived[NAME]["n_defined"] == np.isfinite(values).sum() > 0.9 * after.n_rows
    assert after.id != before.id
    assert after.rows_id == before.rows_id == before.id
    assert after.table == before.table
    assert [p.file for p in after.parts] == [p.file for p in before.parts]
    assert open_dataset("a").id == after.id
    assert after.has(NAME)


def test_it_is_listed_where_columns_are(before, after):
    assert columns_of(EXPERIMENT.table, before) == EXPERIMENT.table.columns
    assert [column.name for column in columns_of(EXPERIMENT.table, after)][-1] == NAME


def test_it_can_be_cut_on(after):
    limit = f'limits=[{{"feature": "{NAME}", "low": 0.0}}]'
    cut = Selection(override(SELECTION.cuts, [limit]), SELECTION.labels, SELECTION.split)
    passed = select(EXPERIMENT.selecting, EXPERIMENT.labels, after, cut).preselected
    all_rows = select(EXPERIMENT.selecting, EXPERIMENT.labels, after, SELECTION).preselected
    np.testing.assert_array_equal(passed, all_rows[after.column(NAME)[all_rows] >= 0])
    assert 0 < len(passed) < len(all_rows)


def test_only_the_training_part_makes_the_templates(before, after, monkeypatch):
    selected = select(EXPERIMENT.selecting, EXPERIMENT.labels, before, SELECTION)
    rows, labels = selected.rows(TRAIN)
    assert after.derived[NAME]["n"] == {
        name: int((labels == index).sum()) for index, name in enumerate(EXPERIMENT.labels.classes)
    }
    derived, known = [], EXPERIMENT.table.derived[NAME].compute.__globals__
    batches = known["batches"]
    monkeypatch.setitem(known, "batches", lambda d, r, *rest: derived.append(r) or batches(d, r, *rest))
    derive(EXPERIMENT, before, NAME, SELECTION)
    np.testing.assert_array_equal(np.sort(np.concatenate(derived[:-1])), rows)
    np.testing.assert_array_equal(derived[-1], np.arange(before.n_rows))


def test_it_parts_the_classes_by_truth(after):
    values, truth = after.column(NAME), after.column("truth_population")
    assert np.nanmedian(values[truth == 0]) > 0.3
    assert np.nanmedian(values[truth == 1]) < -0.3  # fast noise


def test_a_data_set_that_grows_drops_it_and_says_so(workspace, raw_files):
    prepare(EXPERIMENT, raw_files[:-1], "a", MAPPING)
    opened = derive(EXPERIMENT, open_dataset("a"), NAME, SELECTION)
    assert prepare(EXPERIMENT, raw_files[:-1], "a", MAPPING)["id"] == opened.id  # the same rows: it stays
    grown = prepare(EXPERIMENT, raw_files, "a", MAPPING)
    assert grown["dropped"] == [NAME]
    assert grown["derived"] == {}
    sentence = rf"Column '{NAME}' of data set 'a' belonged to the rows before .* `python -m core derive a {NAME}`"
    with pytest.raises(DarkroomError, match=sentence):
        open_dataset("a").column(NAME)
    assert len(opened.column(NAME)) == opened.n_rows  # who has opened it goes on reading
    again = derive(EXPERIMENT, open_dataset("a"), NAME, SELECTION)
    assert again.meta["dropped"] == []
    assert len(again.column(NAME)) == grown["n_rows"]


def test_growing_while_it_is_made_is_refused(workspace, raw_files):
    prepare(EXPERIMENT, raw_files[:-1], "a", MAPPING)
    opened = open_dataset("a")
    prepare(EXPERIMENT, raw_files, "a", MAPPING)
    with pytest.raises(DarkroomError, match=rf"Data set 'a' grew while '{NAME}' was made: make it again"):
        derive(EXPERIMENT, opened, NAME, SELECTION)


def test_refusals(before, after):
    with pytest.raises(DarkroomError, match=rf"there is none. .*`python -m core derive a {NAME}`"):
        before.column(NAME)
    with pytest.raises(DarkroomError, match=rf"has no derived column 'nothing': expected one of: {NAME}"):
        derive(EXPERIMENT, before, "nothing", SELECTION)
    limit = f'limits=[{{"feature": "{NAME}", "low": 0.0}}]'
    itself = Selection(override(SELECTION.cuts, [limit]), SELECTION.labels, SELECTION.split)
    with pytest.raises(DarkroomError, match=rf"cuts on a derived column: '{NAME}' needs a selection without"):
        derive(EXPERIMENT, after, NAME, itself)
    empty = Selection(override(SELECTION.cuts, ["energy_low_kev=4000", "energy_high_kev=4001"]), SELECTION.labels)
    with pytest.raises(DarkroomError, match="both classes are needed"):
        derive(EXPERIMENT, before, NAME, empty)


class Job:
    """What a job's function is given."""

    def __init__(self, stop=False, **arguments):
        self.arguments, self.stop, self.told = arguments, stop, []

    def report(self, *message):
        self.told.append(message)

    def stop_requested(self):
        return self.stop


def test_as_a_job(before, monkeypatch):
    monkeypatch.setattr("core.jobs.control.ensure_runner", lambda: False)
    job = deriving.submit(EXPERIMENT, before, NAME, SELECTION)
    assert queue.get(job.id).kind == "derive"
    with pytest.raises(DarkroomError, match=r"Stopped after .* rows read"):
        deriving.run_job(Job(stop=True, **job.arguments))
    assert NAME not in open_dataset("a").derived
    done = Job(**job.arguments)
    deriving.run_job(done)
    assert NAME in open_dataset("a").derived
    assert done.told[-1][:2] == (1, 1)


def test_on_the_command_line(before, capsys):
    assert main(["derive", "a", NAME, "--preset", next(iter(EXPERIMENT.selecting.presets)), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["id"] == open_dataset("a").id
    assert answer["n_defined"] == open_dataset("a").derived[NAME]["n_defined"]
    assert set(answer["n"]) == set(EXPERIMENT.labels.classes)
    assert main(["derive", "a", "nothing"]) == 2
    assert "has no derived column 'nothing'" in capsys.readouterr().err
