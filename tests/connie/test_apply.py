"""A run on new images, end to end on small simulated ones: what is counted is what was put in."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.made_up import made_up_run
from core import runs
from core.commands.data import find_dataset
from core.connie import apply, picture
from core.connie.apply import ApplyParameters
from core.connie.experiment import EXPERIMENT
from core.data.demo import default_mapping
from core.data.imaging import Window
from core.data.prepare import prepare
from core.errors import DarkroomError
from core.judge import applying
from core.judge.pressure import Pressure
from core.judge.scored import Scored, open_scored
from core.learn.predict import as_scores
from core.parameters import build

SIZE = EXPERIMENT.simulation(n_rows=400, n_columns=480, ohdus=(2,), exposure_low_h=2.0, pressure_rms_hpa=5.0)


def write_scores(run_id: str, name: str) -> None:
    """Scores of a good network: 0.9 for the true class, and an eighth of the muons called worm."""
    run, (_, data) = runs.open_run(run_id), find_dataset(name)
    truth = data.column("truth_class").astype(int)
    outputs = np.full((len(truth), len(run.classes)), 0.1 / (len(run.classes) - 1), np.float32)
    called = np.where((truth == 0) & (np.arange(len(truth)) % 8 == 0), 1, truth)
    outputs[np.arange(len(truth)), called] = 0.9
    rows = np.arange(len(truth))
    split = np.full(len(truth), 2 if name == "own" else 3, np.int8)
    runs.write_scores(
        run.path, name, data.column("uid"), data.source_of(rows), split=split, **as_scores(outputs, 0)
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    """(id of a run with the seven classes); data sets own, calibration and new, all scored."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(tmp_path_factory.mktemp("apply_workspace")))
        for seed, (name, n) in enumerate((("own", 500), ("calibration", 1_100), ("new", 700)), 21):
            raw = tmp_path_factory.mktemp(name)
            prepare(EXPERIMENT, EXPERIMENT.simulate(raw, n, seed, parameters=SIZE), name, default_mapping(EXPERIMENT))
        run_id = made_up_run("own", "seven")
        for name in ("own", "calibration", "new"):
            write_scores(run_id, name)
        yield run_id


@pytest.fixture(scope="module")
def scored(made) -> Scored:
    return open_scored(runs.open_run(made), *find_dataset("new"))


@pytest.fixture(scope="module")
def beside(scored) -> applying.Beside:
    own, calibration = (find_dataset(name)[1] for name in ("own", "calibration"))
    return applying.stand_beside(scored, calibration, None, own)


@pytest.fixture(scope="module")
def found(scored, beside) -> applying.Applied:
    return apply.apply(
        scored, ApplyParameters(bands="on 2016-08-01 2016-08-01T12:00, off 2016-08-01T12:00 2016-08-09"), beside
    )


def test_every_cluster_is_counted_once(scored, found):
    assert sum(one.called.n for one in found.counts) == len(scored.rows) == scored.dataset.n_rows
    assert [one.n_rows for one in found.images] == [f["n_clusters"] for f in scored.dataset.frames]
    assert sum(one.called["worm"] for one in found.images) == found.counts[1].called.n


def test_muons_that_share_clusters_and_those_called_worm_are_in_the_count(scored, found):
    true = int(scored.column("truth_n_muons").sum())
    called = found.counts[0].called.value
    assert called < 0.8 * true
    assert found.particles.low < true < found.particles.high
    assert found.facts["overlap_corrected"] and found.facts["calibrated_on"] == "calibration"


def test_the_rate_is_what_was_simulated(found):
    assert found.series[0].panel == "OHDU 2" and len(found.series) == 1
    mean = found.series[0].mean
    sigma = mean.value / np.sqrt(mean.n)
    assert abs(mean.value - SIZE.muons_per_cm2_min) < 4.0 * sigma + 0.03
    assert found.corrected and found.facts["pressure"]["beta_per_hpa"]["n"] == len(found.images)


def test_class_counts_are_unfolded_with_the_test_events(scored, found):
    worm = found.counts[1]
    true = int((scored.column("truth_class") == 1).sum())
    assert worm.called.value > true * 1.2
    assert worm.corrected is None or worm.corrected.low < true < worm.corrected.high
    assert worm.corrected is not None or any("Class counts are not corrected" in note for note in found.notes)


def test_bands_and_their_difference_are_told(found):
    assert [row["band"] for row in found.bands] == ["on", "off", "on - off"]
    assert sum(row["images"] for row in found.bands[:2]) == len(found.images)
    assert abs(found.bands[2]["sigma"]) < 4.0


def test_energies_and_angles_are_those_of_muons(found):
    muons, _ = found.spectra
    peak = {name: one for name, _, one in muons.numbers}["mpv"]
    assert 185.0 < peak.value < 210.0
    assert [one.title for one in found.angles] == ["zenith angle", "azimuth"]
    assert found.angles[0].p_value > 1e-4


def test_everything_is_plain_json(found):
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["particles"]["value"] == found.particles.value
    assert told["series"][0]["points"][0]["frame"] == 0


def test_without_calibration_clusters_are_counted_and_that_is_said(scored):
    found = apply.apply(scored, ApplyParameters(), applying.Beside())
    assert found.particles.value == found.counts[0].called.value
    assert found.counts[0].corrected is None
    assert any("muons that share a cluster are missing" in note for note in found.notes)


def test_pressures_of_a_file_win_over_those_in_headers(scored):
    start = min(f["expstart_unix_s"] for f in scored.dataset.frames)
    measured = Pressure("air.csv", start + np.array([0.0, 1e6]), np.array([990.0, 1030.0]))
    found = apply.apply(scored, ApplyParameters(), applying.Beside(pressure=measured))
    own = apply.apply(scored, ApplyParameters(), applying.Beside())
    assert found.facts["pressure"]["reference_hpa"] != own.facts["pressure"]["reference_hpa"]


def test_the_picture_loses_no_cluster(scored):
    drawn = apply.draw(scored, 0, ApplyParameters())
    assert drawn.names == ("muon sure", "worm", "spot", "rest") and drawn.step_px == 1
    here = scored.dataset.frames[0]["n_clusters"]
    assert len(drawn.rows) == here and len(drawn.row_text) == here
    # drawn coarsely, every cluster still has a cell of some group at its own place
    picture_of = pytest.MonkeyPatch()
    with picture_of.context() as patch:
        patch.setattr(picture, "MAX_CELLS", 60)
        coarse = apply.draw(scored, 0, ApplyParameters())
    assert coarse.step_px == 8
    y, x = (np.minimum(v / coarse.step_px, n - 1).astype(int) for v, n in zip((coarse.row_y, coarse.row_x), coarse.group.shape, strict=True))  # fmt: skip
    near = [(coarse.group[max(j - 1, 0) : j + 2, max(i - 1, 0) : i + 2] >= 0).any() for j, i in zip(y, x, strict=True)]
    assert np.mean(near) > 0.99


def test_a_window_shows_what_lies_in_it(scored):
    window = Window(100, 220, 50, 150)
    drawn, whole = (apply.draw(scored, 0, ApplyParameters(), w) for w in (window, None))
    assert drawn.group.shape == (100, 120)
    assert np.array_equal(drawn.group, whole.group[50:150, 100:220])
    assert 0 < len(drawn.rows) < len(whole.rows)


def test_the_threshold_decides_what_is_called_muon(scored):
    strict = apply.apply(scored, ApplyParameters(threshold=0.95), applying.Beside())
    assert strict.counts[0].called.n == 0
    assert strict.spectra[0].refused.startswith("0 energies lie from 120 to 450 keV")


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(DarkroomError, match="expected at least 50 keV"):
        build(ApplyParameters, {"fit_low_kev": 300.0, "fit_high_kev": 320.0})
    with pytest.raises(DarkroomError, match="is not a stretch of time"):
        build(ApplyParameters, {"bands": "on 2020"})


def test_the_command_gives_the_same_numbers(made, found, capsys: pytest.CaptureFixture[str]):
    from core.__main__ import main

    bands = "bands=on 2016-08-01 2016-08-01T12:00, off 2016-08-01T12:00 2016-08-09"
    assert main(["apply", made, "new", "--json", "--set", bands]) in (0, None)
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["particles"] == found.particles.to_dict()
    assert told["bands"] == json.loads(json.dumps(list(found.bands)))
    assert Path(told["dataset"]).name == "new" and told["simulated"] is True
