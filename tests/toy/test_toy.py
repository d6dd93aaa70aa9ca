"""An experiment that is unlike all others goes through the house: prepared, looked at, trained, killed, resumed, sampled,
analysed. Pages: `test_pages.py`.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from core import manifest, runs, workspace
from core.data.dataset import Dataset, read_array
from core.data.splits import TEST
from core.jobs import control
from core.learn.tasks.generate import Generate
from core.learn.tasks.regress import Regress
from core.selection.selection import select
from core.workflows import analyse, prediction_job, training_job
from core.workflows.analyse import Names
from tests.learn.learning_toy import Listener
from tests.learn.test_resume import DiesAfter, Killed, same_training
from tests.toy.conftest import arguments, train
from tests.toy.experiment import AXIS, EXPERIMENT, SIDE

N, N_LINES = 200, 200
SELECTION = EXPERIMENT.selecting.presets["all"].selection

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def test_it_is_no_longer_than_an_experiment_must_be() -> None:
    folder = Path(__file__).parent
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("experiment.py", "layers.py")]
    assert sum(bool(line.strip()) for text in texts for line in text.splitlines()) <= N_LINES


def test_hit_lists_and_cells_are_stored_beside_each_other(showers: Dataset) -> None:
    assert showers.n_rows == N
    time, charge, cells = (read_array(showers, stored.name, range(N)) for stored in EXPERIMENT.reading.arrays)
    np.testing.assert_array_equal(time.lengths, showers.column("n_hits"))
    np.testing.assert_allclose([hits.sum() for hits in charge], showers.column("light_pe"), rtol=1e-5)
    assert cells.shape == (N, SIDE, SIDE)
    np.testing.assert_allclose(cells.sum(axis=(1, 2)), showers.column("energy_mev"), rtol=1e-5)


def test_every_view_draws_a_shower(showers: Dataset) -> None:
    for view in EXPERIMENT.looking.views.values():
        assert isinstance(view.draw(showers, 7, view.parameters()), go.Figure)


def test_rows_are_selected_and_divided_without_labels(showers: Dataset) -> None:
    selected = select(EXPERIMENT.selecting, EXPERIMENT.labels, showers, SELECTION)
    np.testing.assert_array_equal(selected.preselected, np.flatnonzero(showers.column("energy_mev") >= 2.0))


def test_networks_regress_and_generate() -> None:
    assert {type(network.task) for network in EXPERIMENT.networks.values()} == {Regress, Generate}


@pytest.mark.network
def test_a_training_in_two_stages_that_is_killed_goes_on_and_ends_as_an_unbroken_one(
    showers: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = runs.open_run(train("energy"))
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    broken = DiesAfter(3)
    broken.arguments = arguments("energy")
    with pytest.raises(Killed):
        training_job.run_job(broken)
    job = Listener(training_job.resume(broken.run).arguments)
    training_job.run_job(job)
    assert runs.open_run(job.run).provenance["resumed_from_epoch"] == 3
    same_training(unbroken.id, job.run)
    assert [stage["input"] for stage in unbroken.provenance["stages"]] == ["base", ""]
    assert list(workspace.folder("inputs").glob("*.npy"))
    summary = workspace.read_json(manifest.checked(unbroken.path, runs.SUMMARY))["true_mev"]
    n_test = int((runs.read_rows(unbroken)["split"] == TEST).sum())
    assert (summary["unit"], summary["resolution"]["n"]) == ("MeV", n_test)
    assert (
        runs.read_outputs(unbroken, "showers")["uid"].tolist()
        == showers.column("uid")[
            select(EXPERIMENT.selecting, EXPERIMENT.labels, showers, SELECTION).preselected
        ].tolist()
    )


@pytest.mark.network
def test_showers_are_generated_with_the_energy_that_was_asked_for(showers: Dataset) -> None:
    run = runs.open_run(train("showers"))
    outputs = runs.read_outputs(run, "showers")
    rows = np.searchsorted(showers.column("uid"), outputs["uid"])
    assert outputs["samples"].shape == (len(rows), SIDE, SIDE)
    sums = outputs["samples"].sum(axis=(1, 2))
    np.testing.assert_allclose(sums, showers.column("true_mev")[rows], rtol=1e-5)
    job = Listener({"run": run.id, "dataset": "showers"})
    prediction_job.run_job(job)
    assert job.reports[-1][2] == "Every row was scored before"


IN_ANOTHER_PROCESS = """
import numpy as np
from core import runs
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.learn import explain, predict
from tests.toy.conftest import arguments, train
from tests.toy.experiment import EXPERIMENT, Cells
run, network = runs.open_run({run!r}), EXPERIMENT.networks["showers"]
model = predict.load_model(run, EXPERIMENT.networks)
samples = predict.outputs_of(model, network.task, open_dataset("showers"), np.arange(8), Cells())
print(*samples.sum(axis=(1, 2)))
try:
    explain.open_network(run, EXPERIMENT.networks, 0)
except DarkroomError as error:
    print(error)
"""


@pytest.mark.network
def test_a_network_with_a_layer_of_its_own_is_read_in_another_process(showers: Dataset) -> None:
    run = runs.open_run(train("showers"))
    code = IN_ANOTHER_PROCESS.format(run=run.id)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    *_, sums, refusal = done.stdout.splitlines()
    np.testing.assert_allclose([float(x) for x in sums.split()], showers.column("true_mev")[:8], rtol=1e-5)
    assert "cannot be explained: its last layer 'sample' is no softmax" in refusal


def test_its_analysis_tells_that_no_energy_is_lost(showers: Dataset) -> None:
    analysis = EXPERIMENT.analyses["response"]
    names = analyse.with_newest(EXPERIMENT, analysis, Names("showers"))
    report = analysis.run(analyse.open_inputs(EXPERIMENT, analysis, names), analysis.parameters(), lambda *_: None)
    columns = report.figures[0].columns
    np.testing.assert_allclose(columns["median"], 1.0, atol=0.1)
    inside = (showers.column("energy_mev") >= AXIS.range[0]) & (showers.column("energy_mev") < AXIS.range[1])
    assert sum(columns["n"]) == int(inside.sum())
