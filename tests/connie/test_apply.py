"""A run on new images, end to end on small simulated ones: what is counted is what was put in."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.made_up import made_up_run
from core import outputs, runs
from core.analysis import rate_figures as figures
from core.analysis import rates
from core.analysis.pressure import Pressure
from core.commands.find import find_dataset
from core.connie import features, overlay
from core.connie.experiment import EXPERIMENT
from core.connie.muons import counting, rate_analysis, spectra
from core.connie.muons.rate_analysis import RateParameters
from core.data.detector_images import image_of
from core.data.image_rows import Window
from core.data.splits import OTHER, TRAIN
from core.errors import DarkroomError
from core.judge.score_table import ScoreTable
from core.learn.tasks.classify import as_scores
from core.parameters import build
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from core.workflows.scored import open_scored

SIZE = EXPERIMENT.simulation.parameters(n_rows=400, n_columns=480, ohdus=(2,), exposure_low_h=2.0, pressure_rms_hpa=5.0)


def write_scores(run_id: str, name: str) -> None:
    """Scores of a good network: 0.9 for the true class, and an eighth of the muons called worm."""
    run, (_, data) = runs.open_run(run_id), find_dataset(name)
    truth = data.column("truth_class").astype(int)
    probabilities = np.full((len(truth), len(run.classes)), 0.1 / (len(run.classes) - 1), np.float32)
    predicted = np.where((truth == 0) & (np.arange(len(truth)) % 8 == 0), 1, truth)
    probabilities[np.arange(len(truth)), predicted] = 0.9
    rows = np.arange(len(truth))
    split = np.full(len(truth), 2 if name == "own" else 3, np.int8)
    outputs.write(run.path, name, data.column("uid"), data.origin_of(rows), split, as_scores(probabilities, 0))  # fmt: skip


@pytest.fixture(scope="module")
def workspace_made(tmp_path_factory: pytest.TempPathFactory):
    """(id of a run with the seven classes); data sets own, calibration and new, all scored."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(tmp_path_factory.mktemp("apply_workspace")))
        for seed, (name, n) in enumerate((("own", 500), ("calibration", 1_100), ("new", 700)), 21):
            raw = tmp_path_factory.mktemp(name)
            prepare(
                EXPERIMENT,
                EXPERIMENT.simulation.simulate(raw, n, seed, parameters=SIZE),
                name,
                default_mapping(EXPERIMENT),
            )
        run_id = made_up_run("own", "seven")
        for name in ("own", "calibration", "new"):
            write_scores(run_id, name)
        yield run_id


@pytest.fixture(scope="module")
def scored(workspace_made) -> ScoreTable:
    return open_scored(runs.open_run(workspace_made), *find_dataset("new"))


@pytest.fixture(scope="module")
def beside(scored) -> rates.Reference:
    own, calibration = (open_scored(scored.run, *find_dataset(name)) for name in ("own", "calibration"))
    return rates.Reference(own, calibration)


@pytest.fixture(scope="module")
def result(scored, beside) -> rates.RateResult:
    return rate_analysis.apply(
        scored, RateParameters(bands="on 2016-08-01 2016-08-01T12:00, off 2016-08-01T12:00 2016-08-09"), beside
    )


def test_every_cluster_is_counted_once(scored, result):
    assert sum(count.called.n for count in result.counts) == len(scored.rows) == scored.dataset.n_rows
    assert [count.n_rows for count in result.images] == [f["n_clusters"] for f in scored.dataset.images]
    assert sum(count.called["worm"] for count in result.images) == result.counts[1].called.n


def with_cuts(scored: ScoreTable, keep: np.ndarray, **cuts: object) -> ScoreTable:
    """The rows to keep, bool (n,), as scored by a run with other cuts."""
    selection = {**scored.run.selection, "cuts": {**scored.run.selection["cuts"], **cuts}}
    return dataclasses.replace(scored.where(keep), run=dataclasses.replace(scored.run, selection=selection))


def test_an_image_counts_when_the_cuts_leave_none_of_its_rows(scored):
    frame, n_images = image_of(scored.dataset, scored.rows), len(scored.dataset.images)
    assert n_images > 1
    none_left = with_cuts(scored, np.zeros(len(frame), bool), energy_low_kev=9e5)
    frames, image = counting.images_of(none_left)
    assert frames.tolist() == list(range(n_images))
    assert image.size == 0
    without = rate_analysis.apply(none_left, RateParameters(), rates.Reference())
    assert [image.n_rows for image in without.images] == [0] * n_images
    exposures = [image.live_s for image in without.images]
    whole = rate_analysis.apply(scored, RateParameters(), rates.Reference())
    assert exposures == [image.live_s for image in whole.images]  # the live time is the same, counted or not
    assert without.series[0].mean.value == 0.0


def test_images_that_are_not_scored_or_not_selected_do_not_count(scored):
    frame = image_of(scored.dataset, scored.rows)
    assert 0 not in counting.images_of(scored.where(frame != 0))[0]
    half = scored.where((frame != 0) | (np.arange(len(frame)) % 2 == 0))
    whole, n_partly = counting.countable(half)
    assert n_partly == 1
    np.testing.assert_array_equal(whole.rows, scored.rows[frame != 0])
    assert any(
        "1 images are scored in part" in n for n in rate_analysis.apply(half, RateParameters(), rates.Reference()).notes
    )
    with pytest.raises(DarkroomError, match=r"has scored no image of data set 'new'"):
        counting.images_of(with_cuts(scored, np.zeros(len(frame), bool), ohdus=[7]))


def test_only_rows_that_were_trained_on_are_warned_of(workspace_made):
    own = open_scored(runs.open_run(workspace_made), *find_dataset("own"))
    assert not any(
        "trained or validated" in note for note in rate_analysis.apply(own, RateParameters(), rates.Reference()).notes
    )
    split = np.where(np.arange(len(own.rows)) < 30, TRAIN, OTHER).astype(np.int8)
    trained = dataclasses.replace(own, split=split)
    (note,) = [
        n
        for n in rate_analysis.apply(trained, RateParameters(), rates.Reference()).notes
        if "trained or validated" in n
    ]
    assert f"trained or validated on 30 of {len(own.rows)} rows" in note


def test_muons_that_share_clusters_and_those_called_worm_are_in_the_count(scored, result):
    true = int(scored.column("truth_n_muons").sum())
    called = result.counts[0].called.value
    assert called < 0.8 * true
    assert result.particles.low < true < result.particles.high
    assert result.facts["overlap_corrected"] and result.facts["calibrated_on"] == "calibration"


def test_the_rate_is_what_was_simulated(result):
    assert result.series[0].panel == "OHDU 2" and len(result.series) == 1
    mean = result.series[0].mean
    sigma = mean.value / np.sqrt(mean.n)
    assert abs(mean.value - SIZE.muons_per_cm2_min) < 4.0 * sigma + 0.03
    assert result.corrected and result.facts["pressure"]["beta_per_hpa"]["n"] == len(result.images)


def test_class_counts_are_unfolded_with_the_test_events(scored, result):
    worm = result.counts[1]
    true = int((scored.column("truth_class") == 1).sum())
    assert worm.called.value > true * 1.2
    assert worm.corrected is None or worm.corrected.low < true < worm.corrected.high
    assert worm.corrected is not None or any("Class counts are not corrected" in note for note in result.notes)


def test_bands_and_their_difference_are_told(result):
    assert [row["band"] for row in result.bands] == ["on", "off", "on - off"]
    assert sum(row["images"] for row in result.bands[:2]) == len(result.images)
    assert abs(result.bands[2]["sigma"]) < 4.0


def test_energies_and_angles_are_those_of_muons(result):
    muons, _ = result.spectra
    peak = {name: item for name, _, item in muons.numbers}["peak"]
    assert 185.0 < peak.value < 210.0
    assert result.key_numbers[-1].value == f"{peak.value:.1f}"
    assert [item.title for item in result.angles] == ["zenith angle", "azimuth"]
    assert result.angles[0].p_value > 1e-4


def test_tracks_cut_out_of_clusters_are_in_no_spectrum(scored, result):
    muons = scored.column("truth_class") == 0  # of the scores, all but the eighth that is called worm
    muons &= np.arange(len(muons)) % 8 != 0
    cut = (scored.column("flags") & int(features.DEBLENDED | features.JOINED)) != 0
    assert (muons & cut).sum() > 10
    assert int(result.spectra[0].counts.sum()) <= (muons & ~cut).sum()


def test_a_fit_that_does_not_describe_the_data_is_marked_and_leads_nowhere(result):
    bad = dataclasses.replace(result.spectra[0], p_value=1e-9)
    assert spectra.peak_of(result.spectra) is not None and spectra.peak_of((bad,)) is None
    assert bad.in_words.startswith("BAD FIT") and bad.to_dict()["is_bad"]
    assert not result.spectra[0].in_words.startswith("BAD") and not result.spectra[0].to_dict()["is_bad"]
    names = [trace.name for trace in figures.spectrum(bad).data]
    assert "bad fit (p = 1e-09)" in names


def test_everything_is_plain_json(result):
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert plain["particles"]["value"] == result.particles.value
    assert plain["series"][0]["points"][0]["frame"] == 0


def test_without_calibration_clusters_are_counted_and_that_is_said(scored):
    result = rate_analysis.apply(scored, RateParameters(), rates.Reference())
    assert result.particles.value == result.counts[0].called.value
    assert result.counts[0].corrected is None
    assert any("muons that share a cluster are missing" in note for note in result.notes)


def test_pressures_of_a_file_win_over_those_in_headers(scored):
    start = min(f["expstart_unix_s"] for f in scored.dataset.images)
    measured = Pressure("air.csv", start + np.array([0.0, 1e6]), np.array([990.0, 1030.0]))
    result = rate_analysis.apply(scored, RateParameters(), rates.Reference(pressure=measured))
    own = rate_analysis.apply(scored, RateParameters(), rates.Reference())
    assert result.facts["pressure"]["reference_hpa"] != own.facts["pressure"]["reference_hpa"]


def test_images_without_a_time_are_in_no_rate_and_that_is_said(scored, monkeypatch):
    n = len(scored.dataset.images)
    whole = rate_analysis.apply(scored, RateParameters(), rates.Reference())
    monkeypatch.setitem(scored.dataset.images[0], "expstart_unix_s", None)
    result = rate_analysis.apply(scored, RateParameters(), rates.Reference())
    sentence = f"1 of {n} images do not tell when or how long they were exposed: they are in no rate."
    assert sentence in result.notes and sentence not in whole.notes
    assert len(result.series[0].frame) == len(whole.series[0].frame) - 1
    for facts in scored.dataset.images:
        monkeypatch.setitem(facts, "expstart_unix_s", None)
    assert rate_analysis.apply(scored, RateParameters(), rates.Reference()).series == ()


def test_the_picture_loses_no_cluster(scored):
    drawn = rate_analysis.draw(scored, 0.5, 0)
    assert drawn.names == ("muon sure", "worm", "spot", "rest") and drawn.step_px == 1
    here = scored.dataset.images[0]["n_clusters"]
    assert len(drawn.rows) == here and len(drawn.row_text) == here
    # drawn coarsely, every cluster still has a cell of some group at its own place
    picture_of = pytest.MonkeyPatch()
    with picture_of.context() as patch:
        patch.setattr(overlay, "MAX_CELLS", 60)
        coarse = rate_analysis.draw(scored, 0.5, 0)
    assert coarse.step_px == 8
    y, x = (np.minimum(v / coarse.step_px, n - 1).astype(int) for v, n in zip((coarse.row_y, coarse.row_x), coarse.group.shape, strict=True))  # fmt: skip
    near = [(coarse.group[max(j - 1, 0) : j + 2, max(i - 1, 0) : i + 2] >= 0).any() for j, i in zip(y, x, strict=True)]
    assert np.mean(near) > 0.99


def test_a_window_shows_what_lies_in_it(scored):
    window = Window(100, 220, 50, 150)
    drawn, whole = (rate_analysis.draw(scored, 0.5, 0, w) for w in (window, None))
    assert drawn.group.shape == (100, 120)
    assert np.array_equal(drawn.group, whole.group[50:150, 100:220])
    assert 0 < len(drawn.rows) < len(whole.rows)


def test_the_threshold_decides_what_is_called_muon(scored):
    strict = rate_analysis.apply(scored, RateParameters(threshold=0.95), rates.Reference())
    assert strict.counts[0].called.n == 0
    assert strict.spectra[0].refused.startswith("0 energies lie from 120 to 450 keV")


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(DarkroomError, match="expected at least 50 keV"):
        build(RateParameters, {"fit_low_kev": 300.0, "fit_high_kev": 320.0})
    with pytest.raises(DarkroomError, match="is not a stretch of time"):
        build(RateParameters, {"bands": "on 2020"})


def test_the_command_gives_the_same_numbers(workspace_made, result, capsys: pytest.CaptureFixture[str]):
    from core.__main__ import main

    bands = "bands=on 2016-08-01 2016-08-01T12:00, off 2016-08-01T12:00 2016-08-09"
    assert main(["apply", workspace_made, "new", "--json", "--set", bands]) in (0, None)
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["particles"] == result.particles.to_dict()
    assert answer["bands"] == json.loads(json.dumps(list(result.bands)))
    assert Path(answer["dataset"]).name == "new" and answer["simulated"] is True
