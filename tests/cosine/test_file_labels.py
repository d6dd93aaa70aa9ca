"""Classes that the files tell: conditions of the mapping, their label scheme, and the way to an efficiency table."""

import json

import h5py
import numpy as np
import pytest

from core.__main__ import main
from core.cosine import read
from core.cosine.mapping import Label, Mapping
from core.data.dataset import open_dataset
from core.data.mapping import load_mapping
from core.errors import DarkroomError
from core.parameters import build
from core.registry import EXPERIMENTS
from core.selection.schemes import usable_schemes
from core.selection.selection import preset, select
from core.workflows.prepare_job import prepare
from tests.cosine.test_channels import ONE, L

EXPERIMENT = EXPERIMENTS["cosine"]
MAPPING = """title = "germanium traces"
container = "hdf5"
file_name = "traces_{run}.h5"
run_branch = "run_number"
event_branch = "id"
crystal_branch = "detector"
channels = 1
waveforms = ["raw_waveform"]
sample_type = "float"
record_samples = 2000
sampling_ns = 10.0
pretrigger_samples = 480
baseline_samples = 400
n_bits = 0
fast_ns = 200.0
slow_ns = 400.0
mean_time_ns = 2000.0
shape_ns = 3000.0
charge_ns = 10000.0
energy_branch = "energy_label"
label = [
    { name = "single-site", branch = "psd_label", value = 1.0 },
    { name = "multi-site", branch = "psd_label", value = 0.0 },
]
"""


def write(path, n=240, seed=3):
    """Traces that rise within 8 or 60 samples, labelled by that, of two detectors in 20 runs at 100-2600 keV."""
    rng = np.random.default_rng(seed)
    t, label = np.arange(L), np.arange(n) % 2
    rise = np.where(label == 1, 60.0, 8.0)[:, None]
    heights = rng.uniform(300, 900, (n, 1))
    with h5py.File(path, "w") as file:
        pulse = np.where(t > 500, heights * (1 - np.exp(-(t - 500).clip(0) / rise)), 0.0)
        file["raw_waveform"] = rng.normal(0, 2, (n, L)) + pulse
        file["energy_label"] = np.linspace(110, 2590, n)
        file["psd_label"] = label.astype(bool)
        file["detector"], file["run_number"], file["id"] = (
            4 + 53 * (np.arange(n) // 2 % 2),
            17 + np.arange(n) % 20,
            np.arange(n),
        )
    return path


@pytest.fixture
def traces(tmp_path):
    (tmp_path / "mine.toml").write_text(MAPPING)
    return write(tmp_path / "traces.h5")


def chosen(*labels):
    return build(Mapping, {**ONE, "label": [vars(Label(*label)) for label in labels]})


def test_a_class_needs_all_of_its_conditions_and_two_classes_are_none(tmp_path):
    with h5py.File(tmp_path / "t_1.h5", "w") as file:
        file["trace"] = np.zeros((6, L)) + 5.0
        file["a"] = np.array([1, 1, 0, 0, 1, np.nan])
        file["b"] = np.array([5, 0, 9, 2, 9, 9], "i4")
    labels = (("good", "a", "==", 1.0, 1.0), ("good", "b", "<", 6.0, 1.0), ("bad", "b", ">=", 0.4, 0.1))
    (block,) = read.blocks(tmp_path / "t_1.h5", chosen(*labels))
    # b * 0.1 >= 0.4 for 5, 9, 9, 9; good: a is 1 and b < 6 for the first two; the first is both
    np.testing.assert_array_equal(block.table["file_label"], [-1, 0, 1, -1, 1, 1])
    with pytest.raises(DarkroomError, match=r"the data set 'c' is missing"):
        list(read.blocks(tmp_path / "t_1.h5", chosen(("x", "c", "==", 1.0, 1.0), ("y", "b", "==", 1.0, 1.0))))


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ((("a", "x", "==", 1.0, 1.0),), "All .* are of the class 'a': expected at least two"),
        ((("*a*", "x", "==", 1.0, 1.0), ("b", "x", "==", 0.0, 1.0)), "cannot name a class"),
        (
            (("a", "", "==", 1.0, 1.0), ("b", "x", "==", 0.0, 1.0)),
            "expected a name without space around it, and a branch",
        ),
    ],
)
def test_labels_that_cannot_be(labels, sentence):
    with pytest.raises(DarkroomError, match=sentence):
        chosen(*labels)


def test_the_labels_are_a_scheme_of_their_own(workspace, traces):
    del workspace
    prepare(EXPERIMENT, [traces], "ge", load_mapping(traces.parent / "mine.toml", Mapping))
    dataset = open_dataset("ge")
    assert usable_schemes(EXPERIMENT.selecting, EXPERIMENT.labels, dataset)[0] == "file"
    everything = preset(EXPERIMENT.selecting, "everything")
    selected = select(
        EXPERIMENT.selecting, EXPERIMENT.labels, dataset, type(everything)(everything.cuts, "file", everything.split)
    )
    assert selected.classes == ("single-site", "multi-site")
    np.testing.assert_array_equal(selected.cutting.labels, 1 - dataset.column("event") % 2)
    assert any("psd_label == 1" in warning for warning in selected.warnings)
    assert set(dataset.column("crystal")) == {4, 57}
    assert EXPERIMENT.table.row_facts(dataset, 0)["class in the file"] in selected.classes


@pytest.mark.network
def test_from_traces_of_another_laboratory_to_an_efficiency_table(workspace, traces, capsys):
    del workspace
    tiny = [
        "filters=8,8",
        "kernels=8,5",
        "strides=4,4",
        "dense_units=8",
        "epochs=6",
        "batch_size=16",
        "xla=no",
        "last_us=10",
        "pool_samples=8",
    ]
    settings = [word for text in tiny for word in ("--set", text)]
    selection = ["--preset", "everything", "--labels", "file"]

    def run(*words):
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    assert (
        run("preview", "cosine", str(traces), "--mapping", str(traces.parent / "mine.toml"))["mapping_problem"] is None
    )
    run("prepare", "cosine", str(traces), "--mapping", str(traces.parent / "mine.toml"), "--name", "ge")
    assert run("select", "ge", *selection)["n_single-site"] == 120
    training = run("train", "ge", *selection, "--model", "compact", *settings, "--wait")
    judged = run("evaluate", training["run"], "--split", "all")
    assert judged["labels"] == "file"
    assert judged["of"] == "single-site"
    assert judged["signal_efficiency"]["n"] == judged["background_efficiency"]["n"] == 120
    assert judged["auc"]["value"] > 0.95  # the rise tells the classes apart
    assert set(judged["baselines"]) == {"nmt500", "trees"}  # a box with the asymmetry is none for one channel
    assert judged["other_labels"] == {}
    rows = judged["energy_table"]
    assert (rows[0]["energy_low_kev"], rows[-1]["energy_high_kev"]) == (0.0, 2600.0)
    assert sum(row["n"] for row in rows) == 240
    windows = {tuple(w["window_kev"]) for w in judged["comparisons"]["leakage_at_99"] if w["window_kev"]}
    assert min(windows)[0] == 0.0
    assert max(windows)[1] == 2600.0
