"""Cuts and classes on rows whose answer is written beside them."""

import dataclasses
import types

import numpy as np
import pytest

from core.connie.event import UID
from core.connie.features import EDGE, FLAGS, JOINED
from core.connie.labels.classes import FINE
from core.connie.muons.classical import SIMULATED_PEAK, DedxBand
from core.connie.select import (
    PRESETS,
    SCHEMES,
    Cuts,
    FeatureLimit,
    class_names,
    cut_list,
    dedx_cuts,
    group,
    in_window,
    label_cuts,
    of_classes,
    statistics,
    warnings,
)
from core.data.cuts import cut_table
from core.data.splits import SplitParameters
from core.errors import DarkroomError
from core.judge.held_out import in_range
from core.parameters import build
from core.registry import EXPERIMENTS
from core.selection.selection import Selection

ROWS = [
    # truth, keV, pixels, length, flags | three, four, six, seven
    (0, 250.0, 90, 30.0, 0, 0, 0, 0, 0),
    (1, 400.0, 120, 40.0, 0, 1, 1, 1, 1),
    (2, 8.0, 12, 4.0, 0, 2, 2, 2, 2),
    (3, 200.0, 40, 8.0, 0, -1, 3, -1, 3),
    (4, 30.0, 20, 19.0, 0, -1, 3, 3, 4),
    (5, 25.0, 14, 5.0, 0, -1, 3, 4, 5),
    (6, 500.0, 200, 80.0, int(EDGE), -1, 3, 5, 6),
    (-1, 250.0, 90, 30.0, 0, -1, -1, -1, -1),  # measured
]
NAMES = ("truth_class", "energy_kev", "npix", "length_px", "flags")
TABLE = {
    name: np.array([row[i] for row in ROWS], np.float32 if name.endswith(("kev", "_px")) else np.int32)
    for i, name in enumerate(NAMES)
}
N = len(ROWS)


def data(simulated: bool = True, **columns: np.ndarray) -> types.SimpleNamespace:
    """A data set of these rows, in two images."""
    table = {
        **TABLE,
        "uid": (np.arange(N, dtype=np.int64) % 2 << UID.bits["cluster"]) + np.arange(N),
        "truth_species": np.array([0, 1, 2, 0, 4, 1, 0, -1], np.int8),
        **columns,
    }
    return types.SimpleNamespace(simulated=simulated, n_rows=N, column=table.__getitem__)


def labels(cuts: Cuts) -> np.ndarray:
    return cut_table(TABLE, cut_list(cuts), label_cuts(cuts, "truth", data())).labels


@pytest.mark.parametrize(("name", "column"), [("three", 5), ("four", 6), ("six", 7), ("seven", 8)])
def test_classes_row_by_row(name, column):
    cuts = PRESETS[name].selection.cuts
    np.testing.assert_array_equal(labels(cuts), [row[column] for row in ROWS])
    np.testing.assert_array_equal(class_names(cuts)[TABLE["truth_class"]], [row[column] for row in ROWS])


def test_the_class_map_can_be_edited():
    cuts = build(Cuts, {"muon_unsure_as": "muon sure", "worm_as": "excluded", "bad_pixel_as": "other"})
    assert list(label_cuts(cuts, "truth", data())) == ["muon sure", "spot", "other"]
    np.testing.assert_array_equal(labels(cuts), [0, -1, 1, 0, 2, -1, -1, -1])


def test_hand_labels_are_the_derived_column(monkeypatch):
    monkeypatch.setattr("core.connie.select.vote_classes", lambda _dataset: ())
    cuts_by_class = label_cuts(PRESETS["three"].selection.cuts, "hand", data())
    assert {name: (cuts[0].column, cuts[0].values) for name, cuts in cuts_by_class.items()} == {
        "muon sure": ("hand_label", (0,)),
        "worm": ("hand_label", (1,)),
        "spot": ("hand_label", (2,)),
    }


def test_votes_bring_their_own_classes(monkeypatch):
    monkeypatch.setattr("core.connie.select.vote_classes", lambda _dataset: ("dot", "line"))
    cuts_by_class = label_cuts(Cuts(), "votes", data())
    assert {name: cuts[0].values for name, cuts in cuts_by_class.items()} == {"dot": (0,), "line": (1,)}


def test_the_cuts_keep_what_they_say():
    cuts = Cuts(
        energy_low_kev=10.0, energy_high_kev=450.0, min_pixels=40, refused_flags=("edge",),
        limits=(FeatureLimit("length_px", high=35.0),),
    )  # fmt: skip
    cut_flow = cut_table(TABLE, cut_list(cuts), label_cuts(cuts, "truth", data())).preselected
    np.testing.assert_array_equal(cut_flow, [True, False, False, True, False, False, False, True])
    names = [cut.name for cut in cut_list(cuts)]
    assert names == ["energy 10-450 keV", "at least 40 pixels", "not edge", "length_px < 35"]


def test_runs_images_and_ccds_are_chosen_by_number():
    cut_flow = cut_list(Cuts(runs=(9,), images=(246, 247), ohdus=(2,)))
    assert [(cut.column, cut.values) for cut in cut_flow] == [("run", (9,)), ("runid", (246, 247)), ("ohdu", (2,))]


def test_everything_keeps_everything():
    assert cut_list(PRESETS["everything"].selection.cuts) == []
    assert list(PRESETS)[-1] == "everything"


def test_the_classical_presets_are_their_cuts():
    published = {cut.column: (cut.low, cut.high) for cut in cut_list(dedx_cuts(DedxBand()))}
    assert 10 ** np.array(published["log_dedx_adu"]) == pytest.approx([351, 734], abs=1)
    moved = {cut.column: (cut.low, cut.high) for cut in cut_list(PRESETS["dE/dx"].selection.cuts)}
    assert moved["log_dedx_adu"] == pytest.approx((SIMULATED_PEAK - 0.1601, SIMULATED_PEAK + 0.1601))
    shape = {cut.column: (cut.low, cut.high) for cut in cut_list(PRESETS["shape"].selection.cuts)}
    assert shape["box_diagonal_px"][0] == 20.0
    assert shape["mean_width_px"] == pytest.approx((3.4, 5.4))
    for name in ("dE/dx", "shape"):
        bits = next(cut.refused_bits for cut in cut_list(PRESETS[name].selection.cuts) if cut.refused_bits)
        assert bits & int(EDGE)
        assert not bits & int(JOINED)


def test_tracks_of_an_image_stay_together():
    np.testing.assert_array_equal(group(data()), np.arange(N) % 2)


def test_another_energy_window():
    four = PRESETS["four"].selection.cuts
    assert in_window(four, 10.0, 100.0) == four  # nothing to widen, and rows without an energy are kept
    cuts = in_window(dataclasses.replace(four, energy_low_kev=100.0, energy_high_kev=300.0), 10.0, 100.0)
    assert (cuts.energy_low_kev, cuts.energy_high_kev, cuts.worm_as, cuts.bad_pixel_as) == (
        10.0,
        100.0,
        "worm",
        "other",
    )


def test_a_run_of_a_window_is_judged_in_the_whole_range():
    window = dataclasses.replace(PRESETS["four"].selection.cuts, energy_low_kev=100.0, energy_high_kev=300.0)
    experiment = EXPERIMENTS["connie"]
    widened = in_range(
        experiment.selecting,
        experiment.labels,
        Selection(window, "truth", SplitParameters()),
        experiment.judging.axis.range,
    )
    assert (
        (widened.cuts.energy_low_kev, widened.cuts.energy_high_kev)
        == EXPERIMENTS["connie"].judging.axis.range
        == (0.0, 800.0)
    )


def test_warnings_tell_of_excluded_labels_truth_and_few_images():
    sentences = " ".join(warnings(PRESETS["three"].selection.cuts, "truth", data()))
    assert "Excluded from training and from every efficiency: muon unsure, bad pixel, undefined" in sentences
    assert "come from 2 image(s)" in sentences
    assert "simulated" in sentences
    assert not any("Excluded" in text for text in warnings(PRESETS["seven"].selection.cuts, "truth", data()))
    assert any("has no truth" in text for text in warnings(Cuts(), "truth", data(simulated=False)))


def test_the_statistics_add_up_to_the_labelled_rows():
    selection = Selection(of_classes("seven"), "truth")
    cutting = cut_table(TABLE, [], label_cuts(selection.cuts, "truth", data()))
    counted = types.SimpleNamespace(
        dataset=data(), preselected=np.arange(N), labels=cutting.labels, split=np.arange(N) % 3, classes=FINE,
        selection=selection,
    )  # fmt: skip
    rows = statistics(counted)  # type: ignore[arg-type]
    cells = [(row, key) for row in rows for key in row if key.startswith(("train_", "validation_", "test_"))]
    assert sum(row[key] for row, key in cells) == 7
    muon = next(row for row in rows if row["species"] == 0 and row["window_kev"] == [100.0, 300.0])
    assert (muon["train_muon sure"], muon["train_muon unsure"]) == (1, 1)
    assert sum(row["no label"] for row in rows) == 1
    without = data(energy_kev=np.full(N, np.nan))
    rows = statistics(types.SimpleNamespace(**{**counted.__dict__, "dataset": without}))  # type: ignore[arg-type]
    assert {row["window_kev"] for row in rows} == {None}
    assert sum(row[key] for row in rows for key in row if key.startswith(("train_", "validation_", "test_"))) == 7


def test_every_scheme_has_a_meaning():
    assert all(scheme.title and scheme.meaning for scheme in SCHEMES.values())
    assert all(flag in FLAGS for flag in PRESETS["shape"].selection.cuts.refused_flags)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"energy_low_kev": 10, "energy_high_kev": 3}, r"The energy window is upside down \(10 to 3 keV\)"),
        ({"limits": [{"feature": "npix", "low": 2, "high": 1}]}, r"The limits of npix are upside down"),
        ({"limits": [{"feature": "colour"}]}, r"'feature' is 'colour': expected one of"),
        ({"refused_flags": ["odd"]}, r"'refused_flags' is 'odd': expected one of"),
        ({"worm_as": "excluded", "spot_as": "excluded"}, r"leaves 1 class \(muon sure\)"),
        ({"worm_as": "snake"}, r"'worm_as' is 'snake': expected one of"),
    ],
)
def test_refusals(values, sentence):
    with pytest.raises(DarkroomError, match=sentence):
        build(Cuts, values)


def test_an_unknown_class_map_is_refused():
    with pytest.raises(DarkroomError, match="Unknown class map 'five': expected one of four, seven, six, three"):
        of_classes("five")
