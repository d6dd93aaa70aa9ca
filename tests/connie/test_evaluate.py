"""What is judged of tracks: classical cuts as baselines, the energy bins, what is said beside the numbers."""

from functools import partial

import numpy as np
import pytest

from core.connie import evaluate
from core.connie.experiment import EXPERIMENT
from core.connie.muons.classical import SHAPE, is_classical_muon
from core.judge.evaluation import evaluate as judge

judged = partial(judge, judging=EXPERIMENT.judging)


class Table:
    """Stands for a data set of made-up track features."""

    def __init__(self, columns: dict[str, np.ndarray]) -> None:
        self.columns = columns

    def defines(self, name: str) -> bool:
        return name in self.columns and not np.isnan(self.columns[name].astype(float)).all()

    def column(self, name: str) -> np.ndarray:
        return self.columns[name]


def tracks(n: int = 400) -> Table:
    """Half long straight muons at the usual dE/dx, half round spots."""
    rng = np.random.default_rng(2)
    muon = np.arange(n) % 2 == 0
    length = np.where(muon, rng.uniform(40, 60, n), 4.0)
    columns = {
        "flags": np.zeros(n, np.uint32), "length_px": length, "log_dedx_adu": np.where(muon, rng.normal(2.6, 0.05, n), 1.5),
        "e1": np.ones(n), "box_diagonal_px": length, "mean_width_px": np.where(muon, 4.4, 2.0),
        "straightness": np.where(muon, 0.95, 0.5), "x_min_px": np.zeros(n), "x_max_px": length, "y_min_px": np.zeros(n),
        "y_max_px": np.full(n, 5.0), "charge_e": np.full(n, 5e4), "npix": np.full(n, 100), "w_over_l": 3.5 / length,
        "sagitta_over_l": np.full(n, 0.01), "dedx_kev_per_um": np.full(n, 0.28),
    }  # fmt: skip
    return Table({name: np.asarray(column) for name, column in columns.items()})


def test_the_classical_cuts_keep_muons() -> None:
    table = tracks()
    rows = np.arange(0, 400)
    baselines = evaluate.class_baselines(table, rows)
    assert list(baselines) == ["dE/dx", "shape", "rules"]
    muon = rows % 2 == 0
    for name, passed in baselines.items():
        assert passed[muon].mean() > 0.95, name
        assert not passed[~muon].any(), name


def test_only_the_rows_asked_for_are_judged() -> None:
    table, rows = tracks(), np.array([1, 2, 8])
    assert evaluate.class_baselines(table, rows)["shape"].tolist() == [False, True, True]
    assert is_classical_muon({n: c[rows] for n, c in table.columns.items()}, SHAPE).tolist() == [False, True, True]


def test_pictures_without_features_have_no_cuts() -> None:
    assert evaluate.class_baselines(Table({"flags": np.zeros(3)}), np.arange(3)) == {}


def test_pictures_without_energy_have_no_cuts_and_no_rows_by_energy() -> None:
    table = tracks()
    table.columns["dedx_kev_per_um"] = np.full(400, np.nan, np.float32)
    assert evaluate.class_baselines(table, np.arange(400)) == {}
    rng = np.random.default_rng(1)
    energy = np.full(50, np.nan, np.float32)
    evaluation = judged(energy, rng.random(50), np.arange(50) % 2, np.full(50, 2), label_scheme="votes")
    assert all(not table.rows for table in evaluation.tables.values()) and evaluation.to_dict()["energy_table"] == []
    assert evaluation.network.point.signal.n == 25 and not any("mix of particles" in note for note in evaluation.notes)


def test_energies_of_all_species_have_a_bin() -> None:
    n = 200
    rng = np.random.default_rng(1)
    energy = np.exp(rng.uniform(np.log(0.2), np.log(9000), n))
    labels = rng.integers(0, 2, n)
    evaluation = judged(energy, rng.random(n), labels, np.full(n, 2), baselines={"half": (energy, 100.0)})
    assert sum(table.n_outside for table in evaluation.tables.values()) == 0
    assert sum(row.n for row in evaluation.tables["signal"].rows) == int((labels == 1).sum())
    assert list(evaluation.baselines) == ["half"]
    assert any("mix of particles" in note for note in evaluation.notes)


@pytest.mark.parametrize("scheme", list(EXPERIMENT.labels.schemes))
def test_each_label_scheme_says_what_it_cannot_tell(scheme: str) -> None:
    notes = judged(np.ones(4), np.full(4, 0.5), np.array([0, 1, 0, 1]), np.full(4, 2), label_scheme=scheme).notes
    assert len(notes) >= 3


def test_the_record_names_what_is_judged() -> None:
    assert EXPERIMENT.judging.trees == "forest"
    assert EXPERIMENT.labels.signal == "muon sure"
    axis = EXPERIMENT.judging.axis
    assert axis.range == (0.0, 800.0)
    assert all(low < high for low, high in axis.windows)
