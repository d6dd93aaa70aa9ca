"""A generator judged from its run on a prepared data set to the report, and the table over all of them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core import outputs, parameters, runs
from core.analysis.analysis import Inputs, silent
from core.analysis.generation import judge_run, quality
from core.data.dataset import Dataset, open_dataset, read_array
from core.data.splits import SplitParameters, split_rows
from core.data.table import Column
from core.errors import DarkroomError
from core.figures.image_pairs import Frame, Picture
from core.judge.generating import Generating
from core.judge.generation.quality import AS_SET, FULL, QualityParameters, measure
from core.judge.generation.sample import Sample, described, sample_of
from core.judge.generation.values import readable_rows, table_of, table_of_values
from core.judge.output_table import OutputTable, open_outputs
from core.judge.report import Report
from core.learn.tasks.generate import SAMPLES, Generate
from core.statistics.axis import Axis
from core.workflows.analyse import store, stored, stored_values
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from tests.toy.experiment import EXPERIMENT

N, SEED = 6_000, 3
SPLIT = SplitParameters("random", 0.1, 0.6)
SETTINGS = QualityParameters(
    n_rows=0, seeds=1, has_network=False, fpd_rows=1_000, kpd_rows=500, neighbour_rows=500, queries=300
)
TASK = Generate(("true_mev",), noise=4)


def features(rows: np.ndarray, conditions: dict, geometry: dict) -> dict[str, np.ndarray]:
    """The response to five digits: trees see how float32 was rounded."""
    total = rows.sum(axis=(1, 2), dtype=np.float64)
    return {"response": np.round(total / conditions["true_mev"], 5), "brightest": rows.max(axis=(1, 2)) / total}


GENERATING = Generating(
    array="cells_mev", unit="MeV", conditions=(Column("true_mev", "Energy", "MeV", 0.0, 60.0, 60, 2, "of the particle"),),
    axis=Axis("true_mev", "MeV", np.array([2.0, 10.0, 50.0])), features=features,
    more_features=lambda rows, conditions, _geometry: {"first": rows[:, 0, 0] / conditions["true_mev"]},
    pixels=lambda rows, _conditions, _geometry: rows.reshape(len(rows), -1), separated={"response": "response", "brightest": "brightest"},
    channels=lambda rows: {"top": rows[:, :2].sum(axis=(1, 2)), "bottom": rows[:, 2:].sum(axis=(1, 2))},
    images=lambda drawn, _conditions: (Picture("cells", drawn["samples"], unit="MeV"),),
    frame=lambda _geometry: Frame(np.arange(4.0), np.arange(4.0), "x", "y", 1.0),
)  # fmt: skip


def shares(n: int, seed: int) -> np.ndarray:
    """How showers of the toy divide their energy among cells, float64 (n, 4, 4)."""
    share = np.random.default_rng(seed).exponential(size=(n, 4, 4))
    return np.asarray(share / share.sum(axis=(1, 2), keepdims=True))


@pytest.fixture(scope="module")
def data(once: Callable[[str, Callable[[Path], None]], Path]) -> Iterator[Dataset]:
    """A data set of toy showers without the noise of their cells, which would make some negative."""

    def fill(folder: Path) -> None:
        for path in EXPERIMENT.simulation.simulate(folder, n_events=N):
            arrays = dict(np.load(path))
            n = len(arrays["true_mev"])
            arrays["cells_mev"] = arrays["true_mev"][:, None, None] * shares(n, int(arrays["run"]))
            np.savez(path, **arrays)
        prepare(EXPERIMENT, sorted(folder.glob("*.npz")), "judged", default_mapping(EXPERIMENT))

    with pytest.MonkeyPatch.context() as patch:
        folder = once("toy-judged", lambda folder: (patch.setenv("DARKROOM_WORKSPACE", str(folder)), fill(folder))[1])
        patch.setenv("DARKROOM_WORKSPACE", str(folder))
        yield open_dataset("judged")


def run_with(data: Dataset, generate: Callable[[np.ndarray], np.ndarray], network: str = "showers") -> OutputTable:
    """A finished run whose network has `generate`d cells from the energies of all rows that it was not trained on."""
    path, uid, source = runs.create(network), data.column("uid"), data.source_of(np.arange(data.n_rows))
    split = split_rows(SPLIT, uid, uid, np.zeros(len(uid), np.int8))
    runs.write_settings(path, {"network": "showers", "parameters": {}, "training": {}}, {}, {})
    runs.write_rows(path, uid, source, np.full(len(uid), -1), split, split)
    (path / runs.MODEL).write_bytes(b"weights")
    provenance = {
        "experiment": "toy", "dataset": {"name": data.name}, "task": "generate", "classes": [], "seconds": 60.0, "n_parameters": 7,
        "ranges": {"true_mev": [1.0, 40.0]},
    }  # fmt: skip
    runs.seal(path, provenance)
    rows = np.flatnonzero(split > 1)
    samples = generate(data.column("true_mev")[rows].astype(np.float64)).astype(np.float32)
    outputs.write(path, data.name, uid[rows], data.origin_of(rows), split[rows], TASK.stored(samples))
    return open_outputs(runs.open_run(path.name), TASK, data)


def perfect(energy: np.ndarray) -> np.ndarray:
    return energy[:, None, None] * shares(len(energy), SEED)


def report_on(table: OutputTable, settings: QualityParameters = SETTINGS) -> Report:
    inputs = Inputs(dataset=table.dataset, run=table.run, home=table.dataset, scored=table)
    return judge_run(GENERATING, inputs, settings, silent)


@pytest.fixture(scope="module")
def table(data: Dataset) -> OutputTable:
    return run_with(data, perfect)


@pytest.fixture(scope="module")
def good(table: OutputTable) -> Report:
    return report_on(table)


@pytest.fixture(scope="module")
def bad(data: Dataset) -> Report:
    """3 % too much energy, too evenly spread."""
    return report_on(run_with(data, lambda energy: 1.03 * energy[:, None, None] * shares(len(energy), 5) ** 0.9))


def test_halves_are_apart_and_pairs_have_the_same_conditions(table: OutputTable) -> None:
    sample = sample_of(table, GENERATING, 1_000)
    assert len(sample) == len(sample.truth) == 1_000
    assert not set(sample.paired.rows) & set(sample.truth.rows)
    np.testing.assert_array_equal(sample.generated.conditions["true_mev"], sample.paired.conditions["true_mev"])
    np.testing.assert_array_equal(sample.paired.array, read_array(table.dataset, "cells_mev", sample.paired.rows))
    np.testing.assert_array_equal(
        sample.generated.array, table.outputs[SAMPLES][np.isin(table.rows, sample.generated.rows)]
    )
    assert set(table.split[np.isin(table.rows, sample.truth.rows)].tolist()) == {2}
    whole = sample_of(table, GENERATING)
    assert len(whole) == len(table.rows) // 2


def test_a_perfect_generator_passes_everything(good: Report) -> None:
    values = good.values
    for name in ("high", "hard"):
        for side in ("generated", "truth"):
            area = values["judges"][name][side]["auc"]
            assert area["low"] - 0.02 < 0.5 < area["high"] + 0.02
    row = values["row"]
    assert abs(row["etot_bias"]["value"]) < 1e-5 and 0.9 < row["neighbour_ratio"]["value"] < 1.1
    assert row["separation"]["brightest"]["value"] < 0.02 > row["separation_truth"]["brightest"]["value"]
    assert (
        row["auc_low"] is None and row["parameters"] == 7 and row["train_seconds"] == 60.0 and row["ms_per_row"] is None
    )
    assert [len(part["separations"]) for part in values["by_axis"]] == [2, 2]
    assert not values["refused"]


def test_what_is_wrong_is_seen_by_every_number_that_is_for_it(bad: Report) -> None:
    row = bad.values["row"]
    assert row["auc_high"]["low"] > 0.6 and row["auc_high_truth"]["low"] < 0.55
    assert row["etot_bias"]["low"] > 0.1
    assert row["separation"]["response"]["low"] > 0.5
    fakes = bad.values["judges"]["hard"]["most_fake"]
    assert len(fakes) == 50 and fakes[0]["score"] >= fakes[-1]["score"] > 0.5
    assert len({fake["uid"] for fake in fakes}) == 50


def test_the_report_holds_plain_values_and_comes_back_from_its_file(
    good: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    json.dumps(good.to_dict(), allow_nan=False)
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path))
    store("quality", good)
    back = stored("quality")
    assert back is not None and table_of([back]) == table_of([good])
    (tmp_path / "analyses" / "damaged.json").write_text("{", encoding="utf-8")
    assert table_of_values(stored_values()) == table_of([good])
    assert any("extrapolation" in note for note in good.notes)
    assert {figure.group for figure in good.figures} == {"by energy", "separation"}
    assert all(figure.columns for figure in good.figures)


def test_the_table_of_all_generators_begins_with_the_best_and_ends_with_the_truth(good: Report, bad: Report) -> None:
    rows = table_of([bad, Report(), good, bad])
    assert [row["run"] for row in rows] == [good.values["run"], bad.values["run"]]
    lines = readable_rows(rows)
    assert [line["generator"] for line in lines] == ["showers", "showers", "truth"]
    assert lines[0]["auc_low"] == "–" and lines[2]["auc_high"].startswith("0.")
    assert readable_rows([]) == []


def test_a_run_that_copies_is_found(data: Dataset) -> None:
    learned = run_with(data, perfect)
    rows = runs.read_rows(learned.run)
    cells = read_array(data, "cells_mev", np.flatnonzero(rows["split"] == 0))
    copying = run_with(data, lambda energy: cells[np.arange(len(energy)) % len(cells)])
    assert (
        report_on(copying, QualityParameters(n_rows=300, has_network=False)).values["row"]["neighbour_ratio"]["value"]
        < 0.01
    )


def test_one_energy_only_and_rows_that_are_all_alike_are_judged_too(data: Dataset) -> None:
    """A network whose only input is the energy draws the same row again: nothing fails, every judge tells it."""
    alike = run_with(data, lambda energy: energy[:, None, None] * np.full((4, 4), 1.0 / 16.0))
    row = report_on(alike).values["row"]
    assert row["auc_high"]["value"] > 0.99 and row["recall"]["value"] < 0.05
    energy = np.full(1_200, 5.0)
    parts = [
        described(
            GENERATING, {}, np.arange(1_200), energy[:, None, None] * shares(1_200, seed), energy, {"true_mev": energy}
        )
        for seed in (1, 2, 3)
    ]
    measured = measure(Sample(*parts), GENERATING, SETTINGS, None)
    assert not [sentence for sentence in measured.refused if "needs" in sentence]
    assert measured.bins[1].response.generated is None and measured.bins[0].n == 1_200


def test_what_has_too_few_rows_says_so_and_the_rest_is_answered(table: OutputTable) -> None:
    few = report_on(table, QualityParameters(n_rows=300, has_network=False))
    assert few.values["row"]["auc_high"] is None and few.values["row"]["fpd"] is None
    assert few.values["row"]["etot_bias"]["n"] == 300
    text = " ".join(few.notes)
    assert "needs 500 generated and as many true rows, there are 300 and 300" in text
    assert "needs 10,000 rows on each side, there are 300" in text
    assert table_of([few])[0]["auc_high"] is None


def test_a_stop_ends_it_and_is_no_refusal_of_a_judge(table: OutputTable) -> None:
    texts: list[str] = []

    def progress(_done: float, _total: float, text: str) -> None:
        texts.append(text)
        if text.startswith("nearest"):
            raise DarkroomError("Stopped: start it again.")

    inputs = Inputs(dataset=table.dataset, run=table.run, home=table.dataset, scored=table)
    with pytest.raises(DarkroomError, match="Stopped"):
        judge_run(GENERATING, inputs, SETTINGS, progress)
    assert texts[0] == "rows and features"


def test_without_the_data_it_was_trained_on_copies_are_not_looked_for(data: Dataset) -> None:
    table = run_with(data, perfect)
    path = runs.read_rows(table.run)
    runs.write_rows(table.run.path, path["uid"] + 1, path["source"], path["label"], path["side"], path["split"])
    runs.seal(table.run.path, table.run.provenance)
    report = report_on(table, QualityParameters(n_rows=300, has_network=False))
    assert any("copied is not known" in note for note in report.notes)
    assert "neighbour_ratio" not in report.values["numbers"]


def test_what_cannot_be_judged_is_refused(data: Dataset, table: OutputTable) -> None:
    with pytest.raises(DarkroomError, match="hold negative or undefined numbers, expected 0 or more MeV"):
        report_on(run_with(data, lambda energy: perfect(energy) - 1.0))
    with pytest.raises(DarkroomError, match=r"shape \(2, 8\), data set 'judged' holds \(4, 4\)"):
        report_on(run_with(data, lambda energy: perfect(energy).reshape(-1, 2, 8)))
    with pytest.raises(DarkroomError, match="generates no rows"):
        judge_run(GENERATING, Inputs(dataset=data, run=table.run), SETTINGS, silent)
    with pytest.raises(DarkroomError, match="name both"):
        judge_run(GENERATING, Inputs(), SETTINGS, silent)


def test_the_full_protocol_is_a_preset() -> None:
    analysis = quality(GENERATING)
    full, own = (parameters.build(analysis.parameters, {"protocol": protocol}) for protocol in (FULL, AS_SET))
    assert (full.settings.width, full.settings.epochs, full.n_seeds, full.wanted_rows) == (2_048, 50, 3, 0)
    assert (own.settings.width, own.n_seeds, own.wanted_rows) == (512, 1, 10_000)
    assert analysis.takes_long and analysis.needs["run"].task == "generate"
